"""Figure of notebook 05's control: one entry of a Gram matrix, and the two maps that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.course_figure import (
    ENLARGED_QUALITY,
    FAINT_INK,
    CourseFigure,
    draw_rectangle,
    new_figure,
)
from stylelab.course.figures.maps import ONE_SIDED
from stylelab.losses.gram import gram_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

SIDE, GAP = 2.55, 0.6
"""Inches of a panel, and between two of them."""

ROW_COLOUR, COLUMN_COLOUR = "#0b7fab", "#b5651d"
"""Colours of what belongs to row and column; lighter ones are drawn on the matrix."""

ROW_ON_DARK, COLUMN_ON_DARK = "#4cc9f0", "#ffd166"


def show_gram_entry(maps: Array, row: int, column: int) -> CourseFigure:
    """Show a Gram matrix with one entry framed, and around it the two maps and their product.

    The map of the row's channel is at the right of the matrix, that of the column's channel below it,
    and where they meet is their product, whose mean is the entry.

    Args:
        maps: a layer's maps (rows, columns, channels), at least 0, as after a ReLU.
        row: number of the first channel, i.
        column: number of the second channel, j.
    """
    gram = gram_matrix(maps.astype(np.float64))
    one, other = maps[..., row], maps[..., column]
    product = one * other
    strongest = float(max(one.max(), other.max())) or 1.0
    tall = SIDE * maps.shape[0] / maps.shape[1]
    width, height = 2 * SIDE + GAP + 0.32, SIDE + tall + GAP + 0.42
    with new_figure(width, height) as figure:

        def panel(right: bool, below: bool) -> Axes:
            place = (0.3 + right * (SIDE + GAP), 0.02 if below else tall + GAP, SIDE)
            size = tall if below or right else SIDE
            bottom = place[1] + (SIDE - size) / 2 * (not below)
            return figure.add_axes((place[0] / width, bottom / height, SIDE / width, size / height))

        _draw_matrix(panel(right=False, below=False), gram, row, column)
        at_right, at_below = panel(right=True, below=False), panel(right=False, below=True)
        _draw_map(at_right, one, strongest, f"channel i = {row}", ROW_COLOUR)
        _draw_map(at_below, other, strongest, f"channel j = {column}", COLUMN_COLOUR)
        meeting = panel(right=True, below=True)
        most = float(product.max()) or 1.0
        entry = format_entry(gram[row, column])
        _draw_map(meeting, product, most, f"their product: its mean is {entry}", FAINT_INK)
        _draw_signs(figure, width, height, tall)
    alt = (
        f"A Gram matrix of {len(gram)} channels, with entry ({row}, {column}) framed. At its right the "
        f"map of channel {row}, below it the map of channel {column}, and where they meet the product "
        f"of the two at each position, whose mean is the entry, {entry}. {_share_of_zeros(product)}"
    )
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


def format_entry(value: float) -> str:
    """Format an entry of a Gram matrix: whole from 100 on, else in three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def _share_of_zeros(product: Array) -> str:
    return f"The product is 0 at {np.mean(product == 0):.0%} of the positions."


def _draw_matrix(axes: Axes, gram: Array, row: int, column: int) -> None:
    from matplotlib.colors import PowerNorm

    norm = PowerNorm(0.5, vmin=0, vmax=float(gram.max()) or 1.0)
    axes.imshow(gram, cmap=ONE_SIDED, norm=norm, interpolation="nearest")
    axes.grid(visible=False)
    axes.set(xticks=[column], yticks=[row])
    axes.tick_params(length=0, pad=3)
    axes.tick_params(axis="x", top=False, labelbottom=True)
    axes.get_xticklabels()[0].set(color=COLUMN_COLOUR, fontweight="bold")
    axes.get_yticklabels()[0].set(color=ROW_COLOUR, fontweight="bold")
    axes.axhline(row, color=ROW_ON_DARK, linewidth=1)
    axes.axvline(column, color=COLUMN_ON_DARK, linewidth=1)
    frame = max(1.0, len(gram) / 24)
    corner = (column - frame / 2 - 0.5, row - frame / 2 - 0.5)
    draw_rectangle(axes, corner, frame + 1, frame + 1, edgecolor="white", linewidth=2)
    axes.set_title(f"G, {len(gram)} × {len(gram)}", pad=5)


def _draw_map(axes: Axes, values: Array, most: float, title: str, colour: str) -> None:
    axes.imshow(values, cmap=ONE_SIDED, vmin=0, vmax=most, interpolation="bilinear")
    axes.grid(visible=False)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, edgecolor=colour, linewidth=3)
    axes.set_title(title, pad=5, color=colour if colour != FAINT_INK else "black")


def _draw_signs(figure: Figure, width: float, height: float, tall: float) -> None:
    """Draw arrows from the matrix to the maps: along its row, and down its column."""
    right = ((0.3 + SIDE + GAP / 2) / width, (tall + GAP + SIDE / 2) / height)
    figure.text(*right, "→", ha="center", va="center", fontsize=17, color=ROW_COLOUR)
    down = ((0.3 + SIDE / 2 + 0.9) / width, (tall + GAP / 2 + 0.02) / height)
    figure.text(*down, "↓", ha="center", va="center", fontsize=17, color=COLUMN_COLOUR)
