"""The JavaScript and CSS that stand beside the Python of a widget."""

from __future__ import annotations

from importlib.resources import files


def read_module(name: str) -> str:
    """Read a widget's JavaScript module, with the small functions that all of them share before it."""
    folder = files("stylelab.panels.studio")
    return (folder / "elements.js").read_text("utf-8") + (folder / f"{name}.js").read_text("utf-8")


def read_stylesheet() -> str:
    """Read the stylesheet of the whole studio."""
    return (files("stylelab.panels.studio") / "studio.css").read_text("utf-8")
