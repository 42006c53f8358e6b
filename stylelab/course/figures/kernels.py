"""Figures of notebook 02: kernels of VGG19 as pictures, with their maps, and a kernel to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.convolution import (
    INTERPOLATION,
    PAGE_WIDTH,
    draw_numbers,
    draw_response,
    format_response,
    saturation_limit,
    symmetric_limits,
)
from stylelab.course.figures.course_figure import FAINT_INK, WIDTH, CourseFigure, new_figure
from stylelab.course.figures.maps import TWO_SIDED, write_below

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[Any]

ZERO_SUM = 1e-3
"""A kernel whose weights add up to less than this responds with (nearly) 0 to constant areas."""


def show_kernels(kernels: Array, *, columns: int = 16) -> CourseFigure:
    """Show kernels (3, 3, RGB, N) as tiny colour pictures, numbered, all on one scale.

    0 is mid-gray; a colour at full brightness is the largest absolute weight of all kernels, black its
    negative.
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
    """Show some kernels (3, 3, RGB, N), each above its map (H, W) in a layer (H, W, N)."""
    most = float(np.abs(kernels).max())
    shape = layer.shape[0] / layer.shape[1]
    side = PAGE_WIDTH / len(channels)
    above_maps = 0.42  # height of a kernel, in widths of a map
    height = side * (shape + above_maps) + 0.75
    with new_figure(PAGE_WIDTH, height) as figure:
        grid = figure.subplots(2, len(channels), height_ratios=(above_maps, shape), squeeze=False)
        figure.subplots_adjust(
            left=0.004, right=0.996, bottom=0.25 / height, top=1 - 0.3 / height, wspace=0.04,
            hspace=0.14,
        )  # fmt: skip
        for (above, below), (name, channel) in zip(grid.T, channels.items(), strict=True):
            values = layer[..., channel]
            above.imshow(_kernel_image(kernels[..., channel], most), interpolation="nearest")
            above.set_title(f"{channel}: {name}", fontsize=11)
            limit = saturation_limit(values)
            draw_response(below, values, limit)
            write_below(below, f"0 … {values.max():.0f}, full from {limit:.0f}")
            for axes in (above, below):
                axes.set_axis_off()
    named = "; ".join(
        f"{channel} ({name}), up to {layer[..., channel].max():.0f}"
        for name, channel in channels.items()
    )
    alt = f"Kernels as tiny colour pictures, each above the map of where it fires, bright: {named}."
    return CourseFigure(figure, alt, kind="jpeg")


def show_edited_kernel(picture: Array, kernel: Array, response: Array) -> CourseFigure:
    """Show a picture (H, W, 3), a kernel, and its response (H', W', 3), with its true range.

    The response of a kernel whose weights add up to 0 is shown around a white 0, as the mean of its
    channels: it is no picture. Any other is shown as a picture, clipped to [0, 1].
    """
    total = float(kernel.sum())
    sums_to_zero = total < ZERO_SUM
    values = response.mean(-1) if sums_to_zero else response
    low, high = float(values.min()), float(values.max())
    shape = picture.shape[0] / picture.shape[1]
    ratios = (1.0, min(max(shape, 0.5), 1.0), 1.0)  # the kernel as high as the picture
    with new_figure(PAGE_WIDTH, PAGE_WIDTH / sum(ratios) * shape * 0.96 + 0.62) as figure:
        grid = figure.subplots(1, 3, width_ratios=ratios, gridspec_kw={"wspace": 0.06})
        room = figure.get_figheight()
        figure.subplots_adjust(left=0.005, right=0.995, bottom=0.32 / room, top=1 - 0.3 / room)
        grid[0].imshow(picture.clip(0, 1), interpolation=INTERPOLATION)
        grid[0].set_title("picture")
        draw_numbers(grid[1], kernel, TWO_SIDED, symmetric_limits(kernel), "kernel")
        write_below(grid[1], f"adds up to {format_response(total)}")
        if sums_to_zero:
            most = saturation_limit(values)
            colours: dict[str, Any] = {"cmap": TWO_SIDED, "vmin": -most, "vmax": most}
            grid[2].imshow(values, interpolation=INTERPOLATION, **colours)
            grid[2].set_title("response, mean of the colours")
            how = f"full blue and red from ±{format_response(most)}"
        else:
            grid[2].imshow(values.clip(0, 1), interpolation=INTERPOLATION)
            grid[2].set_title("response, as a picture")
            how = "shown from 0 to 1"
        write_below(grid[2], f"{format_response(low)} … {format_response(high)}; {how}")
        for axes in grid:
            axes.set_axis_off()
    rows = "; ".join(" ".join(format_response(float(value)) for value in row) for row in kernel)
    alt = (
        f"A picture, the kernel {rows}, and its response: from {format_response(low)} to "
        f"{format_response(high)}, {how}."
    )
    return CourseFigure(figure, alt, kind="jpeg")


def _kernel_image(kernel: Array, most: float) -> Array:
    """Return a kernel (3, 3, RGB) as a tiny picture: 0 is mid-gray."""
    tile: Array = 0.5 + 0.5 * kernel / most
    return tile


def _draw_scale_note(figure: Figure, most: float) -> None:
    words = f"one scale for all: dark −{most:.2f}, mid-gray 0, light +{most:.2f}"
    figure.text(0.5, 0.01, words, ha="center", va="bottom", fontsize=10, color=FAINT_INK)
