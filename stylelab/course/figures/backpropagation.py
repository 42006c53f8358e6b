"""Figure of notebook 04: numbers on their way through a layer, and their gradients on the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.course_figure import FAINT_INK, INK, CourseFigure, new_figure
from stylelab.course.figures.maps import TWO_SIDED, format_number, write_values
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[Any]

NAMES = ("X", "Y", "R", "F")
TITLES = ("picture X", "response Y", "after ReLU, R", "maps F")
FORWARD = ("convolve", "ReLU", "pool")
BACKWARD = ("spread by\nthe kernel", "where\nY > 0", "a quarter\neach")

CELL, GAP, ABOVE, EDGE = 0.44, 0.9, 0.36, 0.08
"""Side of a number's cell, room for an arrow, for a title, and at the figure's edges, in inches."""


def show_backward_pass(values: Sequence[Array], gradients: Sequence[Array] = ()) -> CourseFigure:
    """Show numbers going forward through convolution, ReLU and pooling, and gradients coming back.

    Args:
        values: picture X, response Y, R after the ReLU, and maps F, each (rows, columns).
        gradients: of the loss, from the last to the first: at F, at R, at Y, at X. Those that are
            not computed yet are left out.

    Raises:
        SettingsError: there are not four arrays, or a gradient has another shape than its array.
    """
    shapes = [np.shape(array) for array in values]
    received = [np.shape(array) for array in gradients]
    if len(shapes) != len(NAMES) or received != shapes[::-1][: len(received)]:
        raise SettingsError(
            "Expected four arrays, and gradients of the same shapes from the last to the first. "
            f"Received: arrays {shapes}, gradients {received}."
        )
    columns = [shape[1] for shape in shapes]
    tall = CELL * max(shape[0] for shape in shapes)
    rows = 2 if gradients else 1
    width = CELL * sum(columns) + GAP * (len(columns) - 1) + 2 * EDGE
    height = rows * (ABOVE + tall) + (rows - 1) * EDGE + 2 * EDGE
    lefts = [EDGE + CELL * sum(columns[:index]) + GAP * index for index in range(len(columns))]
    largest = max((float(np.abs(array).max()) for array in gradients), default=0.0) or 1.0
    strongest = float(np.abs(values[1]).max()) or 1.0
    with new_figure(width, height) as figure:
        page = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
        page.set_axis_off()

        def place(index: int, array: Array, middle: float) -> Axes:
            high = CELL * array.shape[0]
            corner = (lefts[index] / width, (middle - high / 2) / height)
            return figure.add_axes((*corner, CELL * array.shape[1] / width, high / height))

        for row, arrays in enumerate((list(values), list(gradients)[::-1])[:rows]):
            middle = height - EDGE - ABOVE - tall / 2 - row * (ABOVE + tall + EDGE)
            skipped = len(values) - len(arrays)
            for index, array in enumerate(arrays, start=skipped):
                axes = place(index, array, middle)
                if row == 0 and index == 0:
                    colours: dict[str, Any] = {
                        "cmap": "gray",
                        "vmin": -1.5,
                        "vmax": array.max() + 0.5,
                    }
                    title = TITLES[0]
                else:
                    limit = largest if row else strongest
                    colours = {"cmap": TWO_SIDED, "vmin": -1.5 * limit, "vmax": 1.5 * limit}
                    title = f"∂L/∂{NAMES[index]}" if row else TITLES[index]
                image = axes.imshow(array, aspect="auto", **colours)
                write_values(axes, np.round(array, 4) + 0, image, fontsize=8.8)
                _draw_cells(axes, array)
                axes.set_title(title, fontsize=11, pad=5)
            for index in range(skipped, len(values) - 1):
                ends = lefts[index] + CELL * columns[index] + 0.1, lefts[index + 1] - 0.1
                words = BACKWARD[index] if row else FORWARD[index]
                _draw_arrow(page, ends[::-1] if row else ends, middle, words)
    return CourseFigure(figure, _describe(values, gradients))


def _draw_cells(axes: Axes, array: Array) -> None:
    """Frame every cell, so that white zeros are cells too."""
    axes.grid(visible=False)
    axes.tick_params(which="both", length=0, labelbottom=False, labelleft=False)
    axes.set_xticks(np.arange(array.shape[1] + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(array.shape[0] + 1) - 0.5, minor=True)
    axes.grid(visible=True, which="minor", color="#c9d1d8", linewidth=0.8)
    axes.spines[:].set(visible=True, color="#c9d1d8")


def _draw_arrow(page: Axes, ends: tuple[float, float], height: float, words: str) -> None:
    style = {"arrowstyle": "-|>", "color": FAINT_INK, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
    page.annotate("", (ends[1], height), (ends[0], height), arrowprops=style)
    middle = sum(ends) / 2
    page.text(middle, height + 0.09, words, ha="center", va="bottom", fontsize=9.5, color=INK)


def _describe(values: Sequence[Array], gradients: Sequence[Array]) -> str:
    def rows(array: Array) -> str:
        rounded = np.round(np.asarray(array, float), 4) + 0
        return "; ".join(" ".join(format_number(float(v)) for v in row) for row in rounded)

    forward = (f"{title}: {rows(array)}" for title, array in zip(TITLES, values, strict=True))
    parts = ["Numbers in cells, from left to right. " + ". ".join(forward) + "."]
    if gradients:
        names = NAMES[::-1][: len(gradients)]
        back = (f"at {name}: {rows(array)}" for name, array in zip(names, gradients, strict=True))
        parts.append("Below, from right to left, the gradients. " + ". ".join(back) + ".")
    return " ".join(parts)
