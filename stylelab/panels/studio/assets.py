"""JavaScript and CSS of the studio's widgets."""

from __future__ import annotations

from stylelab.panels import assets


def read_module(name: str) -> str:
    """The JavaScript module of one of the studio's widgets."""
    return assets.read_module("studio/parts", f"studio/{name}")


def read_stylesheet() -> str:
    """The stylesheet of the whole studio."""
    return (assets.FOLDER / "studio" / "studio.css").read_text("utf-8")
