"""Control of notebook 02: a 3×3 window that slides over a small picture, with its products and sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.convolution import show_sliding_window
from stylelab.errors import PictureError, SettingsError
from stylelab.network.convolution import KERNELS
from stylelab.panels.control import Control
from stylelab.pictures.validation import describe_received

if TYPE_CHECKING:
    from stylelab.course.figures import CourseFigure

SIZE = 3
"""Side of the window."""

MOST_ROWS, MOST_COLUMNS = 8, 9
"""Largest picture whose numbers, and those of its response, are legible side by side."""


def sliding_window(picture: Any, preset: str = "vertical edges") -> Control:
    """Slide a 3×3 window over a small picture: two sliders, the nine products, their sum.

    The window starts in the middle; the response holds the sums up to its place, as one reads.

    Args:
        picture: gray values (rows, columns), from 3 × 3 to 8 × 9.
        preset: name of the initial kernel; see `stylelab.KERNELS`.

    Raises:
        PictureError: the picture is no such array.
        SettingsError: there is no kernel of that name.
    """
    import ipywidgets

    from stylelab.panels.slider import Slider

    values = _as_small_picture(picture)
    if not isinstance(preset, str) or preset not in KERNELS:
        raise SettingsError(
            f"Expected preset: one of the kernels {', '.join(KERNELS)}. "
            f"Received: {describe_received(preset)}."
        )
    rows, columns = (length - SIZE + 1 for length in values.shape)
    widgets = {
        "kernel": ipywidgets.Dropdown(
            options=list(KERNELS), value=preset, description="kernel", tooltip="well-known kernels"
        ),
        "row": Slider("row", range(rows), (rows - 1) // 2),
        "column": Slider("column", range(columns), (columns - 1) // 2),
    }

    def draw(kernel: str, row: float, column: float) -> CourseFigure:
        return show_sliding_window(values, KERNELS[kernel], int(row), int(column))

    return Control(draw, widgets)


def _as_small_picture(picture: Any) -> Any:
    """Return gray values (rows, columns) as floats; raise a `PictureError` if they are none."""
    try:
        values = np.asarray(picture, float)
    except (TypeError, ValueError, OverflowError):
        values = np.empty(0)
    fits = (
        values.ndim == 2  # noqa: PLR2004 - rows, columns
        and SIZE <= values.shape[0] <= MOST_ROWS
        and SIZE <= values.shape[1] <= MOST_COLUMNS
    )
    if not fits or not np.isfinite(values).all():
        raise PictureError(
            f"Expected gray values (rows, columns), finite, from {SIZE} × {SIZE} to {MOST_ROWS} × "
            f"{MOST_COLUMNS}. Received: {describe_received(picture)}. A part of a photo is "
            "photo[:6, :7].mean(axis=-1)."
        )
    return values
