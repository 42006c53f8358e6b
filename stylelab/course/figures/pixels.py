"""Figures of notebook 01: pixels, channels, and differences between neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.course_figure import (
    ENLARGED_QUALITY,
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    draw_rectangle,
    new_figure,
    text_colour_on,
)
from stylelab.course.figures.maps import show_maps
from stylelab.course.figures.pictures import show_pictures
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from stylelab.course.figures.maps import Scale
    from stylelab.pictures.images import Picture

CHANNELS = {"red": "#c8372d", "green": "#2f8a3c", "blue": "#2c5fc9"}
"""Colour of each channel in curves and titles, in the order of a picture's last axis."""

MARK_COLOUR = "#ffd400"
"""Colour of marks on a photograph; seldom a colour of the photograph itself."""

SMALL_SCALE = 0.66
"""Size of small pictures relative to `show_pictures`."""

MAX_PIXELS = 8
"""Largest side of an enlargement, in pixels, in which three numbers in each pixel are legible."""


def show_pixel_zoom(picture: Picture, row: int, column: int, side: int = 5) -> CourseFigure:
    """Show a picture with a square marked, and that square's pixels enlarged, with their values.

    Args:
        picture: shape (H, W, 3), RGB, [0, 1].
        row: top row of the square, from 0.
        column: left column of the square, from 0.
        side: side of the square in pixels, 2 to 8.

    Raises:
        SettingsError: the square is not inside the picture, or too large to be legible.
    """
    from matplotlib.patches import ConnectionPatch

    height, width = picture.shape[:2]
    inside = 0 <= row <= height - side and 0 <= column <= width - side
    if not (inside and 2 <= side <= MAX_PIXELS):  # noqa: PLR2004 - one pixel has no neighbours
        raise SettingsError(
            f"Expected a square of 2 to {MAX_PIXELS} pixels a side inside a picture of {height} rows "
            f"and {width} columns. Received: row {row}, column {column}, side {side}."
        )
    patch = picture[row : row + side, column : column + side]
    with new_figure(0.77 * WIDTH, 3.3, layout="constrained") as figure:
        picture_axes, zoom = figure.subplots(1, 2, width_ratios=(1.15, 1))
        picture_axes.imshow(picture, interpolation="nearest")
        corner = (column - 0.5, row - 0.5)
        draw_rectangle(picture_axes, corner, side, side, edgecolor=MARK_COLOUR, linewidth=2)
        picture_axes.set(xlabel="column →", ylabel="← row")
        zoom.imshow(patch, interpolation="nearest", vmin=0, vmax=1)
        zoom.set(xlabel="column", ylabel="row")
        zoom.set_xticks(range(side), [str(column + place) for place in range(side)])
        zoom.set_yticks(range(side), [str(row + place) for place in range(side)])
        for axes in (picture_axes, zoom):
            axes.grid(visible=False)
        for y, x in np.ndindex(side, side):
            numbers = "\n".join(f"{value:.2f}" for value in patch[y, x])
            zoom.text(
                x, y, numbers, ha="center", va="center", fontsize=9, linespacing=1.15,
                color=text_colour_on(patch[y, x].tolist()),
            )  # fmt: skip
        for top in (True, False):  # from the square's right corners to the enlargement's left ones
            line = ConnectionPatch(
                (column + side - 0.5, row - 0.5 if top else row + side - 0.5), (0, 1 if top else 0),
                picture_axes.transData, zoom.transAxes, color=MARK_COLOUR, linewidth=1.2,
            )  # fmt: skip
            figure.add_artist(line)
    red, green, blue = patch[0, 0]
    alt = (
        f"A picture of {height} rows and {width} columns; next to it {side} × {side} of its pixels, "
        f"enlarged, each with three numbers. At row {row}, column {column}: red {red:.2f}, "
        f"green {green:.2f}, blue {blue:.2f}."
    )
    return CourseFigure(figure, alt, kind="jpeg")


def show_channels(picture: Picture) -> CourseFigure:
    """Show a picture and its three channels, each as a gray picture: white where it is 1.

    Args:
        picture: shape (H, W, 3), RGB, [0, 1].
    """
    height, width = picture.shape[:2]
    side = 2 * THIRD
    with new_figure(side, side * height / width + 0.6, layout="constrained") as figure:
        grid = figure.subplots(2, 2)
        first, *others = grid.flat
        first.imshow(picture, interpolation="antialiased")
        first.set_title("picture")
        for number, (axes, (name, colour)) in enumerate(zip(others, CHANNELS.items(), strict=True)):
            plane = picture[..., number]
            axes.imshow(plane, cmap="gray", vmin=0, vmax=1, interpolation="antialiased")
            axes.set_title(f"[..., {number}] {name}", color=colour)
        for axes in grid.flat:
            axes.set_axis_off()
    means = ", ".join(f"{name} {picture[..., n].mean():.2f}" for n, name in enumerate(CHANNELS))
    alt = f"A picture and its three channels in gray, white for 1. Their means: {means}."
    return CourseFigure(figure, alt, kind="jpeg")


def show_photo_maps(
    entries: Mapping[str, NDArray[Any]], *, scale: Scale = "each", alt: str
) -> CourseFigure:
    """Show maps in one row as wide as the page: `show_maps` as JPEG, a fifth of the size of a PNG.

    Args:
        entries: arrays (rows, columns) by title.
        scale: as for `show_maps`.
        alt: what the figure shows, in words.
    """
    figure = show_maps(entries, scale=scale, columns=len(entries), alt=alt)
    return replace(figure, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


def show_small_pictures(
    entries: Mapping[str, Picture], *, columns: int | None = None, alt: str
) -> CourseFigure:
    """Show pictures smaller than with `show_pictures` and with half the file size.

    Args:
        entries: pictures (H, W, 3) by title.
        columns: pictures in a row, each a third of the page wide; by default all, in one narrow row.
        alt: what they show, in words.
    """
    figure = show_pictures(entries, columns=columns, alt=alt)
    scale = SMALL_SCALE if columns is None else columns * THIRD / figure.figure.get_figwidth()
    figure.figure.set_size_inches(*(scale * figure.figure.get_size_inches()))
    for axes in figure.figure.axes:
        axes.set_title(axes.get_title(), fontsize=9 if columns is None else 11, pad=3)
    return replace(figure, jpeg_quality=ENLARGED_QUALITY)


THIRD = 2.8
"""A third of the page, in inches: 300 pixels and a few."""


def plot_row_profile(picture: Picture, row: int) -> CourseFigure:
    """Plot the brightness along one row of a picture, and the differences between neighbours.

    Brightness is the mean of the three channels, in [0, 1].

    Args:
        picture: shape (H, W, 3), RGB, [0, 1].
        row: number of the row, from 0.

    Raises:
        SettingsError: the picture has no such row.
    """
    height, width = picture.shape[:2]
    if not 0 <= row < height:
        raise SettingsError(f"Expected a row from 0 to {height - 1}. Received: {row}.")
    brightness = picture[row].mean(-1)
    steps = np.diff(brightness)
    # The photograph keeps its shape because its panel has that shape: all three share columns.
    across, above = 0.46 * WIDTH, 0.46 * WIDTH * height / width
    total = above + 3.5
    with new_figure(across + 1.1, total) as figure:
        places = [(total - above - 0.1, above), (2.15, 1.2), (0.6, 1.2)]
        left = 0.95 / (across + 1.1)
        photo, curve, jumps = (
            figure.add_axes((left, bottom / total, across / (across + 1.1), tall / total))
            for bottom, tall in places
        )
        photo.imshow(picture, aspect="auto", interpolation="antialiased")
        photo.axhline(row, color=MARK_COLOUR, linewidth=2)
        photo.set(ylabel="row")
        photo.grid(visible=False)
        curve.plot(np.arange(width), brightness, color=INK, linewidth=1.6)
        curve.set(ylabel="brightness", ylim=(0, 1.02))
        jumps.axhline(0, color=FAINT_INK, linewidth=1)
        jumps.vlines(np.arange(width - 1) + 0.5, 0, steps, color=CHANNELS["red"], linewidth=1.4)
        jumps.set(ylabel="right − left", xlabel="column")
        for axes in (photo, curve, jumps):
            axes.set_xlim(-0.5, width - 0.5)
            axes.tick_params(labelbottom=axes is jumps)
        figure.align_ylabels()
    largest = int(np.abs(steps).argmax())
    alt = (
        f"A picture with row {row} marked; below it the brightness along that row, from "
        f"{brightness.min():.2f} to {brightness.max():.2f}, and the differences of neighbours: mostly "
        f"near 0, the largest {steps[largest]:.2f} between columns {largest} and {largest + 1}."
    )
    return CourseFigure(figure, alt, kind="jpeg")
