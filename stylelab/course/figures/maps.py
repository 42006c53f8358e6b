"""Two-dimensional arrays as colour maps: feature maps, kernels, Gram matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stylelab.course.figures.course_figure import (
    FAINT_INK,
    WIDTH,
    CourseFigure,
    new_figure,
    text_colour_on,
    validate_not_empty,
)
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[Any]

Scale = Literal["each", "shared"]

ONE_SIDED = "magma"
"""Colour map for values of at least 0; perceptually uniform."""

TWO_SIDED = "RdBu_r"
"""Colour map for values of both signs: blue below 0, white at 0, red above."""


def show_maps(
    arrays: Mapping[str, Array] | Sequence[Array],
    *,
    scale: Scale = "each",
    columns: int | None = None,
    numbers: bool = False,
    alt: str | None = None,
) -> CourseFigure:
    """Show arrays as colours, each with the range of its values.

    Values of both signs have colours around a white 0; values of at least 0 go from dark to bright.

    Args:
        arrays: arrays (rows, columns) by title, or without titles.
        scale: with `"each"`, every array has its own range, written below it; with `"shared"`, all
            have the same, shown by a colour bar, so that they can be compared.
        columns: arrays in a row; by default up to six.
        numbers: write each value into its cell; for small arrays, such as kernels.
        alt: what the figure shows, in words; by default the titles and ranges.

    Raises:
        SettingsError: there is nothing to show, or an array is not two-dimensional.
    """
    if scale not in {"each", "shared"}:
        raise SettingsError(f"Expected scale 'each' or 'shared'. Received: {scale!r}.")
    titled = list(arrays.items() if isinstance(arrays, Mapping) else (("", a) for a in arrays))
    validate_not_empty(titled, "array")
    for title, array in titled:
        if array.ndim != 2 or 0 in array.shape:  # noqa: PLR2004 - rows, columns
            named = f" for {title!r}" if title else ""
            raise SettingsError(
                f"Expected arrays of shape (rows, columns). Received: {array.shape}{named}. One "
                "channel of feature maps is maps[..., channel]."
            )
    in_row = min(columns or 6, len(titled))
    rows = -(-len(titled) // in_row)
    lowest = min(float(array.min()) for _, array in titled)
    highest = max(float(array.max()) for _, array in titled)
    side = WIDTH / max(in_row, 3)  # a single array need not fill the page
    tallest = max(array.shape[0] / array.shape[1] for _, array in titled)
    above = 0.3 if any(title for title, _ in titled) else 0.05
    below = 0.28 if scale == "each" else 0.06
    height = rows * (side * tallest * 0.95 + above + below)
    ranges = []
    with new_figure(side * in_row, height, layout="constrained") as figure:
        grid = figure.subplots(rows, in_row, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, (title, array) in zip(grid.flat, titled, strict=False):
            low, high = float(array.min()), float(array.max())
            limits = _colour_limits(*((low, high) if scale == "each" else (lowest, highest)))
            image = axes.imshow(array, aspect="equal", interpolation="nearest", **limits)
            axes.set_title(title, fontsize=11 if in_row <= 6 else 9, pad=4)  # noqa: PLR2004
            ends = format_number(low), format_number(high)
            ranges.append(f"{title or 'untitled'} from {ends[0]} to {ends[1]}")
            if scale == "each":
                write_below(axes, " … ".join(ends))
            if numbers:
                write_values(axes, array, image)
        if scale == "shared":
            figure.colorbar(image, ax=grid, fraction=0.03, pad=0.02, aspect=25)
    words = f"{len(titled)} array{'s' if len(titled) > 1 else ''} as colours"
    if scale == "each":
        words += f": {', '.join(ranges)}."
    else:
        names = ", ".join(title for title, _ in titled if title)
        words += f": {names}." if names else "."
        words += f" One scale for all, from {format_number(lowest)} to {format_number(highest)}."
    return CourseFigure(figure, alt or words)


def _colour_limits(low: float, high: float) -> dict[str, Any]:
    if low < 0:
        most = max(-low, high)
        return {"cmap": TWO_SIDED, "vmin": -most, "vmax": most}
    return {"cmap": ONE_SIDED, "vmin": 0, "vmax": high or 1}


def write_below(axes: Axes, words: str) -> None:
    """Write words in small gray letters below the axes."""
    axes.text(
        0.5, -0.03, words, transform=axes.transAxes, ha="center", va="top", fontsize=9,
        color=FAINT_INK,
    )  # fmt: skip


def write_values(axes: Axes, array: Array, image: Any, *, fontsize: float = 10) -> None:
    """Write each value of an array (rows, columns) into its cell of the image drawn from it.

    Cells that hold NaN stay empty.
    """
    for (row, column), value in np.ndenumerate(array):
        if np.isnan(value):
            continue
        axes.text(
            column, row, format_number(float(value)), ha="center", va="center",
            color=text_colour_on(image.cmap(image.norm(value))), fontsize=fontsize,
        )  # fmt: skip


def format_number(value: float) -> str:
    """Format a number in three digits, with a true minus sign: `0.123`, `−4`, `1000`, `1.2e5`."""
    if 999.5 <= abs(value) < 1e5:  # noqa: PLR2004 - still read at a glance
        return f"{value:.0f}".replace("-", "−")
    return f"{value:.3g}".replace("e+0", "e").replace("e-0", "e-").replace("-", "−")
