"""Figures of notebook 02: a kernel, where it lies, and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.maps import ONE_SIDED, TWO_SIDED
from stylelab.errors import PictureError
from stylelab.network.convolution import same_padding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from stylelab.network.convolution import Padding

    Array = NDArray[Any]

BLUE, RED = SERIES_COLOURS[0], SERIES_COLOURS[1]
ZERO_SUM = 1e-3
"""A kernel whose numbers add up to less than this answers (nearly) 0 where nothing changes."""

WIDE_FIGURE_WIDTH = 8.6
"""Width, in inches, of a row of rich pictures: all that a column shows of them."""

INTERPOLATION = "bicubic"
"""Between the pixels of rich pictures: steps would make notebooks a fifth heavier."""


def show_responses(
    arrays: Mapping[str, Array],
    *,
    columns: int | None = None,
    shared: bool = False,
    alt: str | None = None,
) -> CourseFigure:
    """Show answers to kernels (H, W) as colours; arrays (H, W, 3) among them as the pictures they are.

    Values of both signs get colours around a white 0, values from 0 up go from dark to bright. A few
    very strong answers would make all the others pale, so the colour is full from where only one
    value in a hundred is stronger; that limit and the true range stand under each.

    Args:
        arrays: arrays by title.
        columns: how many in a row; all of them without it.
        shared: one limit for all, so that strengths compare.
        alt: what is seen, in words; made from titles and ranges without it.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(arrays, "answer")
    in_row = min(columns or len(arrays), len(arrays))
    rows = -(-len(arrays) // in_row)
    tallest = max(array.shape[0] / array.shape[1] for array in arrays.values())
    limits = {title: saturation_limit(array) for title, array in arrays.items() if array.ndim == 2}  # noqa: PLR2004
    most = max(limits.values(), default=1.0)
    descriptions = []
    # One or two need not fill the page.
    side = WIDE_FIGURE_WIDTH / {1: 2.2, 2: 2.6}.get(in_row, in_row)
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
            _draw_response(axes, array, limit)
            span = f"{_format_number(float(array.min()))} … {_format_number(float(array.max()))}"
            _write_below(
                axes,
                f"{span}, full colour from {'±' * bool(array.min() < 0)}{_format_number(limit)}",
            )
            descriptions.append(f"{title}: {span}")
    words = alt or f"Answers as colours, side by side. {'; '.join(descriptions)}."
    return CourseFigure(figure, words, kind="jpeg")


def saturation_limit(values: Array) -> float:
    """Find the size of answer that one value in a hundred exceeds (the largest if it is 0)."""
    sizes = np.abs(values)
    return float(np.percentile(sizes, 99)) or float(sizes.max()) or 1.0


def _draw_response(axes: Axes, values: Array, limit: float) -> None:
    signed = bool(values.min() < 0)
    axes.imshow(
        values, cmap=TWO_SIDED if signed else ONE_SIDED, vmin=-limit if signed else 0, vmax=limit,
        interpolation=INTERPOLATION,
    )  # fmt: skip


def show_edge_profile(gray: Array, row: int, columns: slice) -> CourseFigure:
    """Show a line of a gray picture (H, W): where it lies, its values, and their differences."""
    from matplotlib.patches import Rectangle

    values = np.asarray(gray[row, columns], float)
    places = np.arange(gray.shape[1])[columns]
    steps = np.diff(values)
    largest = int(np.abs(steps).argmax())
    with new_figure(WIDE_FIGURE_WIDTH, 3.5, layout="constrained") as figure:
        parts: Any = figure.subfigures(1, 2, width_ratios=(1, 1.25))
        left, right = parts
        picture = left.add_subplot()
        picture.imshow(gray, cmap="gray", vmin=0, vmax=1, interpolation=INTERPOLATION)
        picture.set_axis_off()
        picture.add_patch(
            Rectangle((places[0] - 0.5, row - 1.5), len(places), 3, fill=False, color=RED, lw=2)
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
        f"A gray picture with a short line framed in row {row}; beside it the line's values, and "
        f"the difference of each to the next. Largest change, {steps[largest]:.2f}, between columns "
        f"{places[largest]} and {places[largest + 1]}."
    )
    return CourseFigure(figure, alt, kind="jpeg")


def show_single_response(picture: Array, kernel: Array, row: int, column: int) -> CourseFigure:
    """Show how one number of the answer comes about: window × kernel, summed.

    Args:
        picture: shape (H, W), small enough for its numbers to be read.
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
        # Darkest and lightest stop short of black and white, so that every cell stands off the page.
        _draw_numbers(grid[0], picture, "gray", (-0.35, 1.15 * float(picture.max())), "the picture")
        _draw_frame(grid[0], row, column, size)
        _draw_numbers(grid[2], kernel, TWO_SIDED, _symmetric_limits(kernel), "the kernel")
        _draw_numbers(grid[4], products, TWO_SIDED, _symmetric_limits(products), "products")
        _draw_numbers(
            grid[6], np.array([[total]]), TWO_SIDED, _symmetric_limits(products), "their sum"
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
    """Show where a kernel lies on a small square picture: its first place, and all its centres.

    Args:
        size: side of the picture, in pixels.
        cases: a padding and a stride each.
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
            axes.set_title(f'"{padding}", stride {stride}:\n{len(starts)} × {len(starts)} answers')
            axes.set_xlim(-1.7, size + 0.7)
            axes.set_ylim(size + 0.7, -1.7)
            axes.set_aspect("equal")
            axes.set_axis_off()
            descriptions.append(f"{padding}, stride {stride}: {len(starts)} × {len(starts)}")
    alt = (
        f"A picture of {size} × {size} pixels with the centres of a {kernel} × {kernel} kernel's "
        f"places marked by dots, and the kernel's first place framed. Answers: {'; '.join(descriptions)}."
    )
    return CourseFigure(figure, alt)


def show_kernels(kernels: Array, *, columns: int = 16) -> CourseFigure:
    """Show kernels (3, 3, RGB, N) as tiny colour pictures, numbered, all on one scale.

    0 is mid-gray; full light in a colour is the largest absolute value among all of them, darkness
    its negative.
    """
    most = float(np.abs(kernels).max())
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
            axes.imshow(_kernel_image(kernels[..., index], most), interpolation="nearest")
            axes.set_title(str(index), fontsize=9, pad=2, color=FAINT_INK)
        _draw_scale_note(figure, most)
    alt = (
        f"{number} kernels as tiny colour pictures on one scale: mid-gray for 0, light for up to "
        f"+{most:.2f}, dark for down to −{most:.2f}. Many go from dark to light in some direction, "
        "others from one colour to its opposite; few are one flat colour."
    )
    return CourseFigure(figure, alt)


def show_kernels_and_maps(
    kernels: Array, channels: Mapping[str, int], layer: Array
) -> CourseFigure:
    """Show some kernels (3, 3, RGB, N), each above the map (H, W) that it gives in (H, W, N)."""
    most = float(np.abs(kernels).max())
    shape = layer.shape[0] / layer.shape[1]
    side = WIDE_FIGURE_WIDTH / len(channels)
    above_maps = 0.42  # height of a kernel, in widths of a map
    height = side * (shape + above_maps) + 0.75
    with new_figure(WIDE_FIGURE_WIDTH, height) as figure:
        grid = figure.subplots(2, len(channels), height_ratios=(above_maps, shape), squeeze=False)
        figure.subplots_adjust(
            left=0.004,
            right=0.996,
            bottom=0.25 / height,
            top=1 - 0.3 / height,
            wspace=0.04,
            hspace=0.14,
        )
        for (above, below), (name, channel) in zip(grid.T, channels.items(), strict=True):
            values = layer[..., channel]
            above.imshow(_kernel_image(kernels[..., channel], most), interpolation="nearest")
            above.set_title(f"{channel}: {name}", fontsize=11)
            limit = saturation_limit(values)
            _draw_response(below, values, limit)
            _write_below(below, f"0 … {values.max():.0f}, full from {limit:.0f}")
            for axes in (above, below):
                axes.set_axis_off()
    named = "; ".join(
        f"{channel} ({name}), up to {layer[..., channel].max():.0f}"
        for name, channel in channels.items()
    )
    alt = f"Kernels as tiny colour pictures, each above the map of where it fires, bright: {named}."
    return CourseFigure(figure, alt, kind="jpeg")


def show_edited_kernel(picture: Array, kernel: Array, answer: Array) -> CourseFigure:
    """Show a picture (H, W, 3), a kernel, and its answer (H', W', 3), with its true range.

    An answer that is 0 where nothing changes is shown around a white 0, as the mean of its channels:
    it is no picture. Any other is shown as a picture, clipped to [0, 1].
    """
    total = float(kernel.sum())
    flat = total < ZERO_SUM
    values = answer.mean(-1) if flat else answer
    low, high = float(values.min()), float(values.max())
    shape = picture.shape[0] / picture.shape[1]
    ratios = (1.0, min(max(shape, 0.5), 1.0), 1.0)  # the kernel as high as the picture
    with new_figure(
        WIDE_FIGURE_WIDTH, WIDE_FIGURE_WIDTH / sum(ratios) * shape * 0.96 + 0.62
    ) as figure:
        grid = figure.subplots(1, 3, width_ratios=ratios, gridspec_kw={"wspace": 0.06})
        room = figure.get_figheight()
        figure.subplots_adjust(left=0.005, right=0.995, bottom=0.32 / room, top=1 - 0.3 / room)
        grid[0].imshow(picture.clip(0, 1), interpolation=INTERPOLATION)
        grid[0].set_title("picture")
        _draw_numbers(grid[1], kernel, TWO_SIDED, _symmetric_limits(kernel), "kernel")
        _write_below(grid[1], f"adds up to {_format_number(total)}")
        if flat:
            most = saturation_limit(values)
            grid[2].imshow(
                values, cmap=TWO_SIDED, vmin=-most, vmax=most, interpolation=INTERPOLATION
            )
        else:
            grid[2].imshow(values.clip(0, 1), interpolation=INTERPOLATION)
        grid[2].set_title("answer, mean of the colours" if flat else "answer, as a picture")
        how = (
            f"full blue and red from ±{_format_number(saturation_limit(values))}"
            if flat
            else "shown from 0 to 1"
        )
        _write_below(grid[2], f"{_format_number(low)} … {_format_number(high)}; {how}")
        for axes in grid:
            axes.set_axis_off()
    rows = "; ".join(" ".join(_format_number(float(value)) for value in row) for row in kernel)
    alt = (
        f"A picture, the kernel {rows}, and what it answers: from {_format_number(low)} to {_format_number(high)}, "
        f"{how}."
    )
    return CourseFigure(figure, alt, kind="jpeg")


def _symmetric_limits(values: Array) -> tuple[float, float]:
    most = float(np.abs(values).max()) or 1.0
    return -most, most


def _draw_numbers(
    axes: Axes, values: Array, colours: str, limits: tuple[float, float], title: str
) -> None:
    """Draw an array as colours with its numbers written in."""
    image = axes.imshow(values, cmap=colours, vmin=limits[0], vmax=limits[1])
    for (row, column), value in np.ndenumerate(values):
        light = float(np.dot(image.cmap(image.norm(value))[:3], (0.3, 0.59, 0.11)))
        axes.text(
            column, row, _format_number(float(value)), ha="center", va="center",
            color="black" if light > 0.5 else "white",  # noqa: PLR2004 - half of full light
        )  # fmt: skip
    axes.set_title(title)
    axes.set_axis_off()


def _draw_frame(axes: Axes, row: float, column: float, size: tuple[int, ...]) -> None:
    from matplotlib.patches import Rectangle

    corner = (column - 0.5, row - 0.5)
    axes.add_patch(
        Rectangle(corner, size[1], size[0], fill=False, color=RED, lw=3, clip_on=False, zorder=3)
    )


def _draw_cells(axes: Axes, size: int, before: int, after: int) -> None:
    """Draw a picture's pixels as cells, and the zeros around it as dashed ones."""
    from matplotlib.patches import Rectangle

    for row in range(-before, size + after):
        for column in range(-before, size + after):
            inside = 0 <= row < size and 0 <= column < size
            colour, line = ("#d6e8f0", "white") if inside else ("white", FAINT_INK)
            axes.add_patch(
                Rectangle(
                    (column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor=line,
                    linestyle="-" if inside else ":",
                )
            )  # fmt: skip
            if not inside:
                axes.text(column, row, "0", ha="center", va="center", color=FAINT_INK, fontsize=9)


def _kernel_image(kernel: Array, most: float) -> Array:
    """A kernel (3, 3, RGB) as a tiny picture: 0 is mid-gray."""
    tile: Array = 0.5 + 0.5 * kernel / most
    return tile


def _draw_scale_note(figure: Figure, most: float) -> None:
    words = f"one scale for all: dark −{most:.2f}, mid-gray 0, light +{most:.2f}"
    figure.text(0.5, 0.01, words, ha="center", va="bottom", fontsize=10, color=FAINT_INK)


def _write_below(axes: Axes, words: str) -> None:
    axes.text(
        0.5,
        -0.03,
        words,
        transform=axes.transAxes,
        ha="center",
        va="top",
        fontsize=9,
        color=FAINT_INK,
    )


def _format_number(value: float) -> str:
    return f"{round(value, 3) + 0:.3g}".replace("-", "−")  # + 0 turns −0 into 0
