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
    limits = {title: _saturation_limit(array) for title, array in arrays.items() if array.ndim == 2}  # noqa: PLR2004
    most = max(limits.values(), default=1.0)
    descriptions = []
    # One or two need not fill the page.
    side = PAGE_WIDTH / {1: 2.2, 2: 2.6}.get(len(arrays), len(arrays))
    size = (side * len(arrays), side * tallest + 0.62)
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
            _draw_response(axes, array, limit)
            span = " … ".join(_format_response(end) for end in (array.min(), array.max()))
            sign = "±" if array.min() < 0 else ""
            write_below(axes, f"{span}, full colour from {sign}{_format_response(limit)}")
            descriptions.append(f"{title}: {span}")
    words = alt or f"Responses as colours, side by side. {'; '.join(descriptions)}."
    return CourseFigure(figure, words, kind="jpeg")


def _saturation_limit(values: Array) -> float:
    """Return the 99th percentile of the absolute values (the largest if that is 0)."""
    sizes = np.abs(values)
    return float(np.percentile(sizes, 99)) or float(sizes.max()) or 1.0


def _draw_response(axes: Axes, values: Array, limit: float) -> None:
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
        grid = figure.subplots(1, 7, width_ratios=ratios)
        figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.88, wspace=0.08)
        # Short of black and white, so that every cell stands out from the page.
        gray = ("gray", -0.35, 1.15 * float(picture.max()))
        _draw_numbers(grid[0], picture, "the picture", gray)
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


def show_kernels(kernels: Array, *, columns: int = 16) -> CourseFigure:
    """Show kernels (3, 3, RGB, N) as tiny colour pictures, numbered, all on one scale.

    0 is mid-gray; a colour at full brightness is the largest absolute weight of all kernels, black its
    negative.
    """
    most = float(np.abs(kernels).max())
    tiles = 0.5 + 0.5 * kernels / most  # 0 is mid-gray
    number = kernels.shape[-1]
    rows = -(-number // columns)
    side = WIDTH / columns
    with new_figure(WIDTH, rows * (side + 0.12) + 0.3) as figure:
        grid = figure.subplots(rows, columns, squeeze=False)
        figure.subplots_adjust(
            left=0.005, right=0.995, top=0.96, bottom=0.3 / figure.get_figheight(), wspace=0.12,
            hspace=0.4,
        )  # fmt: skip
        for axes in grid.flat:
            axes.set_axis_off()
        for index, axes in zip(range(number), grid.flat, strict=False):
            axes.imshow(tiles[..., index], interpolation="nearest")
            axes.set_title(str(index), fontsize=9, pad=2, color=FAINT_INK)
        words = f"one scale for all: dark −{most:.2f}, mid-gray 0, light +{most:.2f}"
        figure.text(0.5, 0.01, words, ha="center", va="bottom", fontsize=10, color=FAINT_INK)
    alt = (
        f"{number} kernels as tiny colour pictures on one scale: mid-gray for 0, light for up to "
        f"+{most:.2f}, dark for down to −{most:.2f}. Many go from dark to light in some direction, "
        "others from one colour to its opposite; few are one flat colour."
    )
    return CourseFigure(figure, alt)


def show_kernels_and_maps(
    kernels: Array, channels: Mapping[str, int], layer: Array
) -> CourseFigure:
    """Show some kernels (3, 3, RGB, N), each above its map (H, W) in a layer (H, W, N)."""
    tiles = 0.5 + 0.5 * kernels / float(np.abs(kernels).max())  # 0 is mid-gray
    shape = layer.shape[0] / layer.shape[1]
    side = PAGE_WIDTH / len(channels)
    above_maps = 0.42  # height of a kernel, in widths of a map
    height = side * (shape + above_maps) + 0.75
    named = []
    with new_figure(PAGE_WIDTH, height) as figure:
        grid = figure.subplots(2, len(channels), height_ratios=(above_maps, shape), squeeze=False)
        figure.subplots_adjust(
            left=0.004, right=0.996, bottom=0.25 / height, top=1 - 0.3 / height, wspace=0.04,
            hspace=0.14,
        )  # fmt: skip
        for (above, below), (name, channel) in zip(grid.T, channels.items(), strict=True):
            values = layer[..., channel]
            above.imshow(tiles[..., channel], interpolation="nearest")
            above.set_title(f"{channel}: {name}", fontsize=11)
            limit = _saturation_limit(values)
            _draw_response(below, values, limit)
            write_below(below, f"0 … {values.max():.0f}, full from {limit:.0f}")
            for axes in (above, below):
                axes.set_axis_off()
            named.append(f"{channel} ({name}), up to {values.max():.0f}")
    alt = (
        "Kernels as tiny colour pictures, each above the map of where it fires, bright: "
        f"{'; '.join(named)}."
    )
    return CourseFigure(figure, alt, kind="jpeg")


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
            most = _saturation_limit(values)
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
