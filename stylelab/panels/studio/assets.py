"""JavaScript and CSS of the studio's widgets."""

from __future__ import annotations

from stylelab.panels import assets

STYLESHEETS = (
    "studio", "picture_chooser", "settings_form", "styles_panel", "mask_session", "run_controls",
    "picture_view", "loss_curves", "run_gallery", "save_panel",
)  # fmt: skip


def read_module(name: str) -> str:
    """A widget's JavaScript module, after the functions that all of them share."""
    return assets.read_module("studio/elements", f"studio/{name}")


def read_stylesheet() -> str:
    """Stylesheet of the whole studio: what all widgets share, then the rules of each."""
    folder = assets.FOLDER / "studio"
    return "\n".join((folder / f"{name}.css").read_text("utf-8") for name in STYLESHEETS)
