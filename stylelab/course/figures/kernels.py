"""Figures of notebook 02: the learned kernels of the first layer, and their maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.convolution import (
    INTERPOLATION,
    PAGE_WIDTH,
    draw_response,
    saturation_limit,
)
from stylelab.course.figures.course_figure import (
    FAINT_INK,
    CourseFigure,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.maps import write_below

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[Any]

IN_ROW = 3
"""Pictures in a row: each is large enough to be looked at."""


def show_kernels(kernels: Array, *, columns: int = 16) -> CourseFigure:
    """Show kernels (3, 3, RGB, N) as tiny colour pictures, numbered, each on its own scale.

    0 is mid-gray; a colour at full brightness is the kernel's own largest absolute weight, black its
    negative.
    """
    number = kernels.shape[-1]
    rows = -(-number // columns)
    side = PAGE_WIDTH / columns
    with new_figure(PAGE_WIDTH, rows * (side + 0.2)) as figure:
        grid = figure.subplots(rows, columns, squeeze=False)
        figure.subplots_adjust(
            left=0.005, right=0.995, top=1 - 0.22 / figure.get_figheight(), bottom=0.005,
            wspace=0.12, hspace=0.35,
        )  # fmt: skip
        for axes in grid.flat:
            axes.set_axis_off()
        for index, axes in zip(range(number), grid.flat, strict=False):
            _draw_kernel(axes, kernels[..., index])
            axes.set_title(str(index), fontsize=9, pad=2, color=FAINT_INK)
    alt = (
        f"{number} kernels as tiny colour pictures, each on its own scale: mid-gray for 0, light for "
        "weights above 0, dark for weights below. Many go from dark to light in some direction, "
        "others from one colour to its opposite; few are one flat colour."
    )
    return CourseFigure(figure, alt)


def show_kernels_and_maps(
    picture: Array, kernels: Array, channels: Mapping[str, int], layer: Array
) -> CourseFigure:
    """Show a picture (H, W, 3), and maps of a layer (H, W, N), each with its kernel in a corner.

    Args:
        picture: what the layer responds to.
        kernels: of the layer, (3, 3, RGB, N).
        channels: numbers of the channels to show, by a word for each.
        layer: the layer's maps.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(channels, "channel")
    shape = layer.shape[0] / layer.shape[1]
    in_row = min(IN_ROW, 1 + len(channels))
    rows = -(-(1 + len(channels)) // in_row)
    side = PAGE_WIDTH / IN_ROW
    named = []
    with new_figure(side * in_row, rows * (side * shape + 0.5), layout="constrained") as figure:
        first, *others = figure.subplots(rows, in_row, squeeze=False).flat
        for axes in (first, *others):
            axes.set_axis_off()
        first.imshow(picture.clip(0, 1), interpolation=INTERPOLATION)
        first.set_title("the picture", fontsize=11)
        for axes, (name, channel) in zip(others, channels.items(), strict=False):
            values = layer[..., channel]
            limit = saturation_limit(values)
            draw_response(axes, values, limit)
            axes.set_title(f"{channel}: {name}", fontsize=11)
            write_below(axes, f"0 … {values.max():.0f}, full colour from {limit:.0f}")
            _draw_kernel(axes.inset_axes((0.015, 0.67, 0.31 * shape, 0.31)), kernels[..., channel])
            named.append(f"{channel} ({name}), up to {values.max():.0f}")
    alt = (
        "A picture, and maps of where kernels fire, bright, each with its kernel in a corner: "
        f"{'; '.join(named)}."
    )
    return CourseFigure(figure, alt, kind="jpeg")


def _draw_kernel(axes: Axes, kernel: Array) -> None:
    """Draw a kernel (3, 3, RGB) as a tiny picture on its own scale, with mid-gray for 0."""
    most = float(np.abs(kernel).max()) or 1.0
    axes.imshow(0.5 + 0.5 * kernel / most, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set(visible=True, color="white", linewidth=1.5)
