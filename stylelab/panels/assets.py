"""JavaScript and CSS of the panels' widgets."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def read_module(*names: str) -> str:
    """Join JavaScript files to the one module that a widget has, with `elements.js` before them.

    Args:
        names: paths below `stylelab/panels`, without the suffix.
    """
    return "\n".join((FOLDER / f"{name}.js").read_text("utf-8") for name in ("elements", *names))


def read_stylesheet(*names: str) -> str:
    """Join CSS files, given their paths below `stylelab/panels`, without the suffix."""
    return "\n".join((FOLDER / f"{name}.css").read_text("utf-8") for name in names)
