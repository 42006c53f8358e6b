"""Figures of notebook 02: kernels, their positions, and their responses."""

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
from stylelab.network.convolution import filter_image, same_padding

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

ZERO_SUM = 1e-3
"""A kernel whose weights add up to less than this responds with (nearly) 0 to constant areas."""


def show_responses(
    arrays: Mapping[str, Array], *, shared: bool = False, alt: str | None = None
) -> CourseFigure:
    """Show responses to kernels (H, W) as colours, and arrays (H, W, 3) among them as pictures.

    Values of both signs have colours around a white 0, values of at least 0 go from dark to bright. A
    few very strong responses would make all others pale, so colours saturate at the 99th percentile;
    that limit and the true range are written below each.

    Args:
        arrays: arrays by title.
        shared: use one limit for all, so that strengths can be compared.
        alt: what the figure shows, in words; by default titles and ranges.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(arrays, "response")
    tallest = max(array.shape[0] / array.shape[1] for array in arrays.values())
    limits = {title: saturation_limit(array) for title, array in arrays.items() if array.ndim == 2}  # noqa: PLR2004
    most = max(limits.values(), default=1.0)
    descriptions = []
    # One or two need not fill the page.
    side = PAGE_WIDTH / {1: 2.2, 2: 2.6}.get(len(arrays), len(arrays))
    size = (side * len(arrays), side * tallest + (0.62 if limits else 0.4))
    with new_figure(*size, layout="constrained") as figure:
        grid = figure.subplots(1, len(arrays), squeeze=False)
        for axes, (title, array) in zip(grid.flat, arrays.items(), strict=True):
            axes.set_axis_off()
            axes.set_title(title, fontsize=11)
            if title not in limits:
                axes.imshow(array.clip(0, 1), interpolation=INTERPOLATION)
                descriptions.append(f"{title}: a picture")
                continue
            limit = most if shared else limits[title]
            draw_response(axes, array, limit)
            span = " … ".join(_format_response(end) for end in (array.min(), array.max()))
            sign = "±" if array.min() < 0 else ""
            write_below(axes, f"{span}, full colour from {sign}{_format_response(limit)}")
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
        subfigures: Any = figure.subfigures(1, 2, width_ratios=(1, 1.25))
        left, right = subfigures
        picture = left.add_subplot()
        picture.imshow(gray, cmap="gray", vmin=0, vmax=1, interpolation=INTERPOLATION)
        picture.set_axis_off()
        corner = (places[0] - 0.5, row - 1.5)
        draw_rectangle(picture, corner, len(places), 3, edgecolor=RED, linewidth=2)
        picture.set_title(f"row {row}, columns {places[0]} to {places[-1]}")
        above, below = right.subplots(2, 1, sharex=True)
        above.step(places, values, where="mid", color=INK)
        above.plot(places, values, "o", color=INK, markersize=4)
        above.set(ylim=(-0.05, 1.05), ylabel="gray, 0 to 1")
        below.axhline(0, color=FAINT_INK, linewidth=1)
        colours = [RED if step > 0 else BLUE for step in steps]
        below.bar(places[:-1] + 0.5, steps, width=0.7, color=colours)
        below.set(ylabel="right − left", xlabel="column of the picture")
        for axes in (above, below):
            axes.set_axisbelow(True)
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
    products = _window(picture, size, row, column) * kernel
    total = float(products.sum())
    wide = picture.shape[1]
    ratios = (wide, 0.7, size[1], 0.7, size[1], 0.7, 1.4)
    with new_figure(WIDTH, WIDTH / sum(ratios) * picture.shape[0] + 0.5) as figure:
        grid = figure.subplots(1, 7, width_ratios=ratios)
        figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.88, wspace=0.08)
        _draw_numbers(grid[0], picture, "the picture", _gray_colours(picture))
        _draw_frame(grid[0], row, column, size)
        _draw_numbers(grid[2], kernel, "the kernel", _symmetric_colours(kernel))
        _draw_numbers(grid[4], products, "products", _symmetric_colours(products))
        _draw_numbers(grid[6], np.array([[total]]), "their sum", _symmetric_colours(products))
        for axes, sign in zip(grid[1::2], ("×", "=", "Σ"), strict=True):
            axes.set_axis_off()
            place = (0.5, 0.5)
            axes.text(*place, sign, ha="center", va="center", fontsize=20, transform=axes.transAxes)
    alt = (
        f"A picture of {picture.shape[0]} × {wide} numbers with a framed window of {size[0]} × "
        f"{size[1]}, the kernel, the products of the two, number by number, and their sum, {total:g}."
    )
    return CourseFigure(figure, alt)


def show_number_grids(arrays: Mapping[str, Array], *, gray: bool = False, alt: str) -> CourseFigure:
    """Show small arrays (rows, columns) side by side as numbers on colours, all cells of one size.

    White is 0, red above, blue below; each array has its own range of colours.

    Args:
        arrays: arrays by title.
        gray: show them as gray pictures.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(arrays, "array")
    colours = _gray_colours if gray else _symmetric_colours
    cells = sum(array.shape[1] for array in arrays.values()) + GAP * (len(arrays) - 1)
    tallest = max(array.shape[0] for array in arrays.values())
    height = CELL * tallest + 0.45
    with new_figure(CELL * cells + 0.1, height) as figure:
        left = 0.0
        for title, array in arrays.items():
            rows, columns = array.shape
            bottom = 0.05 + CELL * (tallest - rows) / 2
            place = (left / cells, bottom / height, columns / cells, CELL * rows / height)
            _draw_numbers(figure.add_axes(place), array, title, colours(array))
            left += columns + GAP
    return CourseFigure(figure, alt)


CELL, GAP = 0.52, 1.2
"""Side of a cell of a number grid, in inches; gap between two grids, in cells."""


def show_sliding_window(picture: Array, kernel: Array, row: int, column: int) -> CourseFigure:
    """Show a window on a picture, its products with the kernel, their sum, and the response so far.

    The window moves as one reads, row by row: the response has the sums of the places before it, and
    its own framed.

    Args:
        picture: shape (H, W), small enough for its numbers to be legible.
        kernel: shape (kernel rows, kernel columns).
        row: first row of the window.
        column: first column of the window.

    Raises:
        PictureError: the window does not lie inside the picture.
    """
    products = _window(picture, kernel.shape, row, column) * kernel
    total = float(products.sum())
    response = filter_image(picture[..., None], kernel, padding="valid")[..., 0]
    rows, columns = response.shape
    number = row * columns + column + 1
    so_far = np.where(np.arange(response.size).reshape(rows, columns) < number, response, np.nan)
    ratios = (picture.shape[1], 0.8, kernel.shape[1], 0.8, kernel.shape[1], 0.8, columns)
    height = WIDTH / sum(ratios) * picture.shape[0] + 1.0
    with new_figure(WIDTH, height) as figure:
        grid = figure.subplots(1, 7, width_ratios=ratios)
        figure.subplots_adjust(
            left=0.01, right=0.99, bottom=0.55 / height, top=1 - 0.4 / height, wspace=0.08
        )
        _draw_numbers(grid[0], picture, "the picture", _gray_colours(picture))
        _draw_numbers(grid[2], kernel, "the kernel", _symmetric_colours(kernel))
        _draw_numbers(grid[4], products, "the products", _symmetric_colours(products))
        _draw_numbers(grid[6], so_far, "the response so far", _symmetric_colours(response))
        _draw_frame(grid[0], row, column, kernel.shape)
        draw_rectangle(grid[6], (-0.5, -0.5), columns, rows, edgecolor=FAINT_INK, clip_on=False)
        _draw_frame(grid[6], row, column, (1, 1))
        for axes, sign in zip(grid[1::2], ("×", "=", "→"), strict=True):
            axes.set_axis_off()
            axes.text(0.5, 0.5, sign, ha="center", va="center", fontsize=20)
        summands = " + ".join(_in_brackets(value) for value in products.flat)
        line = f"the sum: {summands} = {_format_response(total)}"
        figure.text(0.5, 0.12 / height, line, ha="center", va="bottom", fontsize=12)
    alt = (
        f"A picture of {picture.shape[0]} × {picture.shape[1]} numbers with a window of "
        f"{kernel.shape[0]} × {kernel.shape[1]} at row {row}, column {column}; the kernel, the "
        f"products, and their sum, {_format_response(total)}, which is number {number} of "
        f"{response.size} in the response."
    )
    return CourseFigure(figure, alt)


def _window(picture: Array, size: tuple[int, ...], row: int, column: int) -> Array:
    """Cut a window out of a picture; raise a `PictureError` if it does not lie inside."""
    window = picture[row : row + size[0], column : column + size[1]]
    if window.shape != size or min(row, column) < 0:
        raise PictureError(
            f"Expected a window of {size[0]} × {size[1]} inside the picture. Received: row {row}, "
            f"column {column} of a picture of {picture.shape[0]} × {picture.shape[1]}."
        )
    return window


def _gray_colours(picture: Array) -> tuple[str, float, float]:
    """Return grays short of black and white, so that every cell stands out from the page."""
    return "gray", -0.35, 1.15 * float(picture.max() or 1)


def _in_brackets(value: float) -> str:
    """Format a summand: negative ones in brackets."""
    words = _format_response(value)
    return f"({words})" if words.startswith("−") else words


def show_kernel_positions(size: int, cases: Sequence[tuple[Padding, int]]) -> CourseFigure:
    """Show the positions of a 3 × 3 kernel on a small square picture: the first, and all centres.

    Args:
        size: side of the picture, in pixels.
        cases: pairs of padding and stride, a panel each.
    """
    kernel = 3
    descriptions = []
    with new_figure(WIDTH, WIDTH / len(cases) + 0.55, layout="constrained") as figure:
        grid = figure.subplots(1, len(cases), squeeze=False)
        for axes, (padding, stride) in zip(grid.flat, cases, strict=True):
            before, after = same_padding(size, kernel, stride) if padding == "same" else (0, 0)
            _draw_cells(axes, size, before, after)
            starts = range(-before, size + after - kernel + 1, stride)
            centres = [start + (kernel - 1) / 2 for start in starts]
            across, down = np.meshgrid(centres, centres)
            axes.plot(across.ravel(), down.ravel(), "o", color=INK, markersize=6)
            _draw_frame(axes, starts[0], starts[0], (kernel, kernel))
            count = f"{len(starts)} × {len(starts)}"
            axes.set_title(f'"{padding}", stride {stride}:\n{count} responses')
            axes.set(xlim=(-1.7, size + 0.7), ylim=(size + 0.7, -1.7), aspect="equal")
            axes.set_axis_off()
            descriptions.append(f"{padding}, stride {stride}: {count}")
    alt = (
        f"A picture of {size} × {size} pixels with the centres of a {kernel} × {kernel} kernel's "
        "positions marked by dots, and the kernel's first position framed. Responses: "
        f"{'; '.join(descriptions)}."
    )
    return CourseFigure(figure, alt)


def show_edited_kernel(picture: Array, kernel: Array, response: Array) -> CourseFigure:
    """Show a picture (H, W, 3), a kernel, and its response (H', W', 3), with its true range.

    The response of a kernel whose weights add up to 0 is shown around a white 0, as the mean of its
    channels: it is no picture. Any other is shown as a picture, clipped to [0, 1].
    """
    total = float(kernel.sum())
    sums_to_zero = total < ZERO_SUM
    values = response.mean(-1) if sums_to_zero else response
    low, high = _format_response(values.min()), _format_response(values.max())
    shape = picture.shape[0] / picture.shape[1]
    ratios = (1.0, min(max(shape, 0.5), 1.0), 1.0)  # the kernel as high as the picture
    height = PAGE_WIDTH / sum(ratios) * shape * 0.96 + 0.62
    with new_figure(PAGE_WIDTH, height) as figure:
        grid = figure.subplots(1, 3, width_ratios=ratios)
        figure.subplots_adjust(
            left=0.005, right=0.995, bottom=0.32 / height, top=1 - 0.3 / height, wspace=0.06
        )
        grid[0].imshow(picture.clip(0, 1), interpolation=INTERPOLATION)
        grid[0].set_title("picture")
        _draw_numbers(grid[1], kernel, "kernel", _symmetric_colours(kernel))
        write_below(grid[1], f"adds up to {_format_response(total)}")
        if sums_to_zero:
            most = saturation_limit(values)
            grid[2].imshow(
                values, cmap=TWO_SIDED, vmin=-most, vmax=most, interpolation=INTERPOLATION
            )
            grid[2].set_title("response, mean of the colours")
            how = f"full blue and red from ±{_format_response(most)}"
        else:
            grid[2].imshow(values.clip(0, 1), interpolation=INTERPOLATION)
            grid[2].set_title("response, as a picture")
            how = "shown from 0 to 1"
        write_below(grid[2], f"{low} … {high}; {how}")
        for axes in grid:
            axes.set_axis_off()
    rows = "; ".join(" ".join(map(_format_response, row)) for row in kernel)
    alt = f"A picture, the kernel {rows}, and its response: from {low} to {high}, {how}."
    return CourseFigure(figure, alt, kind="jpeg")


def _symmetric_colours(values: Array) -> tuple[str, float, float]:
    """Return a colour map and its limits around 0 that hold all values."""
    most = float(np.abs(values).max()) or 1.0
    return TWO_SIDED, -most, most


def _draw_numbers(axes: Axes, values: Array, title: str, colours: tuple[str, float, float]) -> None:
    """Draw an array (rows, columns) as colours, with its numbers written into the cells."""
    cmap, low, high = colours
    image = axes.imshow(values, cmap=cmap, vmin=low, vmax=high)
    write_values(axes, _round(values), image, fontsize=11)
    axes.set_title(title)
    axes.set_axis_off()


def _draw_frame(axes: Axes, row: float, column: float, size: tuple[int, ...]) -> None:
    corner = (column - 0.5, row - 0.5)
    style = {"edgecolor": RED, "linewidth": 3, "clip_on": False, "zorder": 3}
    draw_rectangle(axes, corner, size[1], size[0], **style)


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


def _format_response(value: float) -> str:
    """Format a response in three digits, and no finer than a thousandth."""
    return format_number(float(_round(value)))


def _round(values: Any) -> Any:
    return np.round(values, 3) + 0  # + 0 turns −0 into 0
