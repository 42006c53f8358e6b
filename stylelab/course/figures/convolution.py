"""Figures of notebook 02: a kernel, its positions, and its responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    draw_rectangle,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.maps import (
    ONE_SIDED,
    TWO_SIDED,
    format_number,
    write_below,
    write_values,
)
from stylelab.errors import PictureError
from stylelab.network.convolution import same_padding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from stylelab.network.convolution import Padding

    Array = NDArray[Any]

BLUE, RED = SERIES_COLOURS[0], SERIES_COLOURS[1]
PAGE_WIDTH = 8.6
"""Width, in inches, of a row of detailed pictures: what a notebook's column shows of them."""

INTERPOLATION = "bicubic"
"""Interpolation of detailed pictures: visible steps would make notebooks a fifth larger."""


def show_responses(
    arrays: Mapping[str, Array],
    *,
    columns: int | None = None,
    shared: bool = False,
    alt: str | None = None,
) -> CourseFigure:
    """Show responses to kernels (H, W) as colours, and arrays (H, W, 3) among them as pictures.

    Values of both signs have colours around a white 0, values of at least 0 go from dark to bright. A
    few very strong responses would make all others pale, so colours saturate at the 99th percentile;
    that limit and the true range are written below each.

    Args:
        arrays: arrays by title.
        columns: arrays in a row; by default all.
        shared: use one limit for all, so that strengths can be compared.
        alt: what the figure shows, in words; by default titles and ranges.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(arrays, "response")
    in_row = min(columns or len(arrays), len(arrays))
    rows = -(-len(arrays) // in_row)
    tallest = max(array.shape[0] / array.shape[1] for array in arrays.values())
    limits = {title: saturation_limit(array) for title, array in arrays.items() if array.ndim == 2}  # noqa: PLR2004
    most = max(limits.values(), default=1.0)
    descriptions = []
    # One or two need not fill the page.
    side = PAGE_WIDTH / {1: 2.2, 2: 2.6}.get(in_row, in_row)
    size = (side * in_row, rows * (side * tallest + 0.62))
    with new_figure(*size, layout="constrained") as figure:
        grid = figure.subplots(rows, in_row, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, (title, array) in zip(grid.flat, arrays.items(), strict=False):
            axes.set_title(title, fontsize=11)
            if title not in limits:
                axes.imshow(array.clip(0, 1), interpolation=INTERPOLATION)
                descriptions.append(f"{title}: a picture")
                continue
            limit = most if shared else limits[title]
            draw_response(axes, array, limit)
            span = f"{format_response(float(array.min()))} … {format_response(float(array.max()))}"
            sign = "±" if array.min() < 0 else ""
            write_below(axes, f"{span}, full colour from {sign}{format_response(limit)}")
            descriptions.append(f"{title}: {span}")
    words = alt or f"Responses as colours, side by side. {'; '.join(descriptions)}."
    return CourseFigure(figure, words, kind="jpeg")


def saturation_limit(values: Array) -> float:
    """Return the 99th percentile of the absolute values (the largest if that is 0)."""
    sizes = np.abs(values)
    return float(np.percentile(sizes, 99)) or float(sizes.max()) or 1.0


def draw_response(axes: Axes, values: Array, limit: float) -> None:
    """Draw a response (H, W) as colours that saturate at a limit."""
    signed = bool(values.min() < 0)
    axes.imshow(
        values, cmap=TWO_SIDED if signed else ONE_SIDED, vmin=-limit if signed else 0, vmax=limit,
        interpolation=INTERPOLATION,
    )  # fmt: skip


def show_edge_profile(gray: Array, row: int, columns: slice) -> CourseFigure:
    """Show part of a row of a gray picture (H, W): its position, its values, and their differences."""
    values = np.asarray(gray[row, columns], float)
    places = np.arange(gray.shape[1])[columns]
    steps = np.diff(values)
    largest = int(np.abs(steps).argmax())
    with new_figure(PAGE_WIDTH, 3.5, layout="constrained") as figure:
        parts: Any = figure.subfigures(1, 2, width_ratios=(1, 1.25))
        left, right = parts
        picture = left.add_subplot()
        picture.imshow(gray, cmap="gray", vmin=0, vmax=1, interpolation=INTERPOLATION)
        picture.set_axis_off()
        draw_rectangle(
            picture, (places[0] - 0.5, row - 1.5), len(places), 3, fill=False, color=RED, lw=2
        )
        picture.set_title(f"row {row}, columns {places[0]} to {places[-1]}")
        above, below = right.subplots(2, 1, sharex=True)
        above.step(places, values, where="mid", color=INK)
        above.plot(places, values, "o", color=INK, markersize=4)
        above.set_ylim(-0.05, 1.05)
        above.set_ylabel("gray, 0 to 1")
        below.axhline(0, color=FAINT_INK, lw=1)
        below.bar(
            places[:-1] + 0.5, steps, width=0.7, color=[RED if s > 0 else BLUE for s in steps]
        )
        below.set_ylabel("right − left")
        below.set_xlabel("column of the picture")
    alt = (
        f"A gray picture with a short line framed in row {row}; next to it the line's values, and "
        f"the difference of each to the next. Largest change, {steps[largest]:.2f}, between columns "
        f"{places[largest]} and {places[largest + 1]}."
    )
    return CourseFigure(figure, alt, kind="jpeg")


def show_single_response(picture: Array, kernel: Array, row: int, column: int) -> CourseFigure:
    """Show how one response is computed: window × kernel, summed.

    Args:
        picture: shape (H, W), small enough for its numbers to be legible.
        kernel: shape (kernel rows, kernel columns).
        row: first row of the window.
        column: first column of the window.

    Raises:
        PictureError: the window does not lie inside the picture.
    """
    size = kernel.shape
    window = picture[row : row + size[0], column : column + size[1]]
    if window.shape != size or min(row, column) < 0:
        raise PictureError(
            f"Expected a window of {size[0]} × {size[1]} inside the picture. Received: row {row}, "
            f"column {column} of a picture of {picture.shape[0]} × {picture.shape[1]}."
        )
    products = window * kernel
    total = float(products.sum())
    wide = picture.shape[1]
    ratios = (wide, 0.7, size[1], 0.7, size[1], 0.7, 1.4)
    with new_figure(WIDTH, WIDTH / sum(ratios) * picture.shape[0] + 0.5) as figure:
        grid = figure.subplots(1, 7, width_ratios=ratios, gridspec_kw={"wspace": 0.08})
        figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.88)
        # Short of black and white, so that every cell stands out from the page.
        draw_numbers(grid[0], picture, "gray", (-0.35, 1.15 * float(picture.max())), "the picture")
        _draw_frame(grid[0], row, column, size)
        draw_numbers(grid[2], kernel, TWO_SIDED, symmetric_limits(kernel), "the kernel")
        draw_numbers(grid[4], products, TWO_SIDED, symmetric_limits(products), "products")
        draw_numbers(
            grid[6], np.array([[total]]), TWO_SIDED, symmetric_limits(products), "their sum"
        )
        for axes, sign in zip(grid[1::2], ("×", "=", "Σ"), strict=True):
            axes.set_axis_off()
            axes.text(
                0.5, 0.5, sign, ha="center", va="center", fontsize=20, transform=axes.transAxes
            )
    alt = (
        f"A picture of {picture.shape[0]} × {wide} numbers with a framed window of {size[0]} × "
        f"{size[1]}, the kernel, the products of the two, number by number, and their sum, {total:g}."
    )
    return CourseFigure(figure, alt)


def show_kernel_positions(
    size: int, cases: Sequence[tuple[Padding, int]], kernel: int = 3
) -> CourseFigure:
    """Show the positions of a kernel on a small square picture: the first one, and all centres.

    Args:
        size: side of the picture, in pixels.
        cases: pairs of padding and stride, a panel each.
        kernel: side of the kernel.
    """
    descriptions = []
    with new_figure(WIDTH, WIDTH / len(cases) + 0.55, layout="constrained") as figure:
        for axes, (padding, stride) in zip(
            figure.subplots(1, len(cases), squeeze=False).flat, cases, strict=True
        ):
            before, after = same_padding(size, kernel, stride) if padding == "same" else (0, 0)
            _draw_cells(axes, size, before, after)
            starts = range(-before, size + after - kernel + 1, stride)
            centres = [start + (kernel - 1) / 2 for start in starts]
            across, down = np.meshgrid(centres, centres)
            axes.plot(across.ravel(), down.ravel(), "o", color=INK, markersize=6)
            _draw_frame(axes, starts[0], starts[0], (kernel, kernel))
            axes.set_title(
                f'"{padding}", stride {stride}:\n{len(starts)} × {len(starts)} responses'
            )
            axes.set_xlim(-1.7, size + 0.7)
            axes.set_ylim(size + 0.7, -1.7)
            axes.set_aspect("equal")
            axes.set_axis_off()
            descriptions.append(f"{padding}, stride {stride}: {len(starts)} × {len(starts)}")
    alt = (
        f"A picture of {size} × {size} pixels with the centres of a {kernel} × {kernel} kernel's "
        "positions marked by dots, and the kernel's first position framed. Responses: "
        f"{'; '.join(descriptions)}."
    )
    return CourseFigure(figure, alt)


def symmetric_limits(values: Array) -> tuple[float, float]:
    """Return the limits of a colour scale around 0 that holds all values."""
    most = float(np.abs(values).max()) or 1.0
    return -most, most


def draw_numbers(
    axes: Axes, values: Array, colours: str, limits: tuple[float, float], title: str
) -> None:
    """Draw an array (rows, columns) as colours, with its numbers written into the cells."""
    image = axes.imshow(values, cmap=colours, vmin=limits[0], vmax=limits[1])
    write_values(axes, _round(values), image, fontsize=11)
    axes.set_title(title)
    axes.set_axis_off()


def _draw_frame(axes: Axes, row: float, column: float, size: tuple[int, ...]) -> None:
    corner = (column - 0.5, row - 0.5)
    draw_rectangle(
        axes, corner, size[1], size[0], fill=False, color=RED, lw=3, clip_on=False, zorder=3
    )


def _draw_cells(axes: Axes, size: int, before: int, after: int) -> None:
    """Draw a picture's pixels as cells, and the padding zeros as dotted ones."""
    for row in range(-before, size + after):
        for column in range(-before, size + after):
            inside = 0 <= row < size and 0 <= column < size
            colour, line = ("#d6e8f0", "white") if inside else ("white", FAINT_INK)
            draw_rectangle(
                axes, (column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor=line,
                linestyle="-" if inside else ":",
            )  # fmt: skip
            if not inside:
                axes.text(column, row, "0", ha="center", va="center", color=FAINT_INK, fontsize=9)


def format_response(value: float) -> str:
    """Format a response in three digits, and no finer than a thousandth."""
    return format_number(float(_round(value)))


def _round(values: Any) -> Any:
    return np.round(values, 3) + 0  # + 0 turns −0 into 0
