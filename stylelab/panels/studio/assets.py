"""JavaScript and CSS of the widgets."""

from __future__ import annotations

from importlib.resources import files

STYLESHEETS = (
    "studio", "picture_chooser", "settings_form", "styles_panel", "mask_session", "run_controls",
    "picture_view", "loss_curves", "run_gallery", "save_panel",
)  # fmt: skip


def read_module(name: str) -> str:
    """A widget's JavaScript module, after the functions that all of them share."""
    folder = files("stylelab.panels.studio")
    return (folder / "elements.js").read_text("utf-8") + (folder / f"{name}.js").read_text("utf-8")


def read_stylesheet() -> str:
    """Stylesheet of the whole studio: what all widgets share, then the rules of each."""
    folder = files("stylelab.panels.studio")
    return "\n".join((folder / f"{name}.css").read_text("utf-8") for name in STYLESHEETS)
