"""Figures of notebook 05: channels that fire together, Gram matrices, and how changes move them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    ENLARGED_QUALITY,
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    draw_rectangle,
    logarithmic_axis,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.maps import ONE_SIDED
from stylelab.course.figures.transfer import show_picture_grid
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

    Array = NDArray[np.floating[Any]]


def show_textures(
    entries: Mapping[str, Mapping[str, Picture]], *, alt: str, width: float = 8.2
) -> CourseFigure:
    """Show small pictures enlarged in a grid, as `show_picture_grid` does, in fewer bytes.

    Args:
        entries: pictures (H, W, 3) by column, by row.
        alt: what they show, in words.
        width: of the figure, in inches.

    Raises:
        SettingsError: there is nothing to show, or the rows have different columns.
    """
    grid = show_picture_grid(entries, alt=alt, width=width)
    return replace(grid, jpeg_quality=ENLARGED_QUALITY)


def show_coactivations(maps: Array, pairs: Sequence[tuple[int, int]]) -> CourseFigure:
    """Show pairs of channels, their product at each position, and its mean: a Gram entry.

    Args:
        maps: a layer's maps (rows, columns, channels), at least 0, as after a ReLU.
        pairs: numbers of two channels, one pair for each row of the figure. All channels share one
            colour scale and all products another, so that rows can be compared.

    Raises:
        SettingsError: there is no pair to show.
    """
    validate_not_empty(pairs, "pair of channels")
    rows = [(maps[..., i], maps[..., j], maps[..., i] * maps[..., j]) for i, j in pairs]
    strongest = max(float(max(one.max(), other.max())) for one, other, _ in rows)
    largest = max(float(product.max()) for _, _, product in rows)
    side = 2.36  # 260 pixels
    down = side * maps.shape[0] / maps.shape[1] + 0.34
    width = 3 * (side + 0.28) + 0.9
    means = []
    with new_figure(width, down * len(rows)) as figure:
        for number, ((i, j), panels) in enumerate(zip(pairs, rows, strict=True)):
            titles = (f"channel {i}", f"channel {j}", "their product")
            height = (down - 0.34) / (down * len(rows))
            bottom = 1 - (number + 1) / len(rows)
            for place, (panel, title) in enumerate(zip(panels, titles, strict=True)):
                left = place * (side + 0.28) / width
                axes = figure.add_axes((left, bottom, side / width, height))
                most = largest if place == len(titles) - 1 else strongest
                axes.imshow(panel, cmap=ONE_SIDED, vmin=0, vmax=most, interpolation="antialiased")
                axes.set_axis_off()
                axes.set_title(title, pad=5)
                sign = "×=→"[place]
                middle = (left + (side + 0.14) / width, bottom + height / 2)
                figure.text(*middle, sign, ha="center", va="center", fontsize=17)
            entry = float(panels[-1].mean())
            mean = f"mean\n{entry:,.0f}" if entry >= 1 else f"mean\n{entry:.2g}"
            right = (3 * (side + 0.28) / width, bottom + height / 2)
            figure.text(*right, mean, ha="left", va="center", fontsize=13)
            means.append(f"channels {i} and {j}: the mean of their product is {entry:.3g}")
    alt = (
        "In each row two feature maps and, at their right, the product of the two at each position, "
        f"bright only where both are. {'; '.join(means)}."
    )
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


def show_gram_product(f: Array) -> CourseFigure:
    """Show F, Fᵀ and F·Fᵀ as tables of numbers, with cells of one size.

    Entry (0, 1) of the product is framed, and so are the row and column that it is computed from.

    Args:
        f: maps (N channels, M positions), small whole numbers of at least 0.

    Raises:
        SettingsError: `f` is not a matrix.
    """
    matrix = np.asarray(f)
    if matrix.ndim != 2:  # noqa: PLR2004 - rows, columns
        raise SettingsError(f"Expected a matrix (N, M). Received: {matrix.shape}.")
    channels, positions = matrix.shape
    product = matrix @ matrix.T
    tall, gap = max(channels, positions), 1.3
    tables = [  # the last: left, top, width and height of the frame
        ("F", matrix, "position", "channel", (0, 0, positions, 1)),
        ("Fᵀ", matrix.T, "channel", "", (1, 0, 1, positions)),
        ("G = F·Fᵀ", product, "channel", " ", (1, 0, 1, 1)),
    ]
    across = 1.4 + 2 * channels + positions + 2 * gap
    with new_figure(WIDTH * 0.86, WIDTH * 0.86 * (tall + 1.3) / across) as figure:
        axes = figure.add_axes((0, 0, 1, 1), xlim=(-1.2, across - 1.2), ylim=(tall + 0.1, -1.2))
        axes.set_axis_off()
        left = 0.0
        for (title, table, above, side, frame), sign in zip(tables, ("·", "=", ""), strict=True):
            top = (tall - len(table)) / 2
            _draw_table(axes, table, (left, top))
            corner = (left + frame[0], top + frame[1])
            draw_rectangle(axes, corner, *frame[2:], edgecolor=SERIES_COLOURS[1], linewidth=2.5)
            width = table.shape[1]
            axes.text(left + width / 2, top - 0.66, title, ha="center", va="center", fontsize=14)
            for number in range(width):
                axes.text(left + number + 0.5, top - 0.2, str(number), **_FAINT_LABEL)
            axes.text(left - 0.15, top - 0.2, above, **{**_FAINT_LABEL, "ha": "right"})
            for number in range(len(table) if side else 0):
                axes.text(left - 0.2, top + number + 0.5, str(number), **_FAINT_LABEL)
            axes.text(left - 0.55, top + len(table) / 2, side, rotation=90, **_FAINT_LABEL)
            left += width + gap
            axes.text(left - 0.9, tall / 2, sign, ha="center", va="center", fontsize=20)
    rows = "; ".join(", ".join(f"{value:g}" for value in row) for row in product)
    alt = (
        f"A table F with {channels} rows for the channels and {positions} columns for the positions, "
        f"its transpose, and their product G, whose rows are: {rows}. Framed are row 0 of F, column "
        f"1 of its transpose, and the entry that they make, {product[0, 1]:g}."
    )
    return CourseFigure(figure, alt)


_FAINT_LABEL: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 9.5, "color": FAINT_INK}


def _draw_table(axes: Axes, table: Array, corner: tuple[float, float]) -> None:
    from matplotlib import colormaps

    shade = colormaps["GnBu"]
    left, top = corner
    for (row, column), value in np.ndenumerate(table):
        place = (left + column + 0.03, top + row + 0.03)
        colour = shade(0.75 * float(value) / float(table.max() or 1))
        draw_rectangle(axes, place, 0.94, 0.94, facecolor=colour, edgecolor="none")
        middle = (left + column + 0.5, top + row + 0.5)
        axes.text(*middle, f"{value:g}", ha="center", va="center", fontsize=14, color=INK)


def show_gram_matrices(grams: Mapping[str, Array]) -> CourseFigure:
    """Show Gram matrices as colours, on one scale and with the channels in one order.

    Channels that fire together in the first matrix are next to each other: a Gram matrix has no order
    of its own. Colours follow the square root of an entry, since sizes span several orders of
    magnitude; the colour bar shows the entries themselves.

    Args:
        grams: matrices (N, N), at least 0, by title; all of one size.

    Raises:
        SettingsError: there is nothing to show, or the sizes differ.
    """
    from matplotlib.colors import PowerNorm

    shapes = [np.shape(gram) for gram in grams.values()]
    side = shapes[0][0] if shapes and shapes[0] else 0
    if set(shapes) != {(side, side)}:
        raise SettingsError(
            f"Expected Gram matrices (N, N), all of one size. Received: {shapes or 'none'}."
        )
    order = order_by_similarity(next(iter(grams.values())))
    most = max(float(gram.max()) for gram in grams.values())
    norm = PowerNorm(0.5, vmin=0, vmax=most)
    panels = max(len(grams), 2)
    width = 0.85 * WIDTH
    with new_figure(width * len(grams) / panels, width / panels, layout="constrained") as figure:
        row = list(figure.subplots(1, len(grams), squeeze=False).flat)
        for axes, (title, gram) in zip(row, grams.items(), strict=True):
            ordered = np.asarray(gram)[np.ix_(order, order)]
            image = axes.imshow(ordered, cmap=ONE_SIDED, norm=norm, interpolation="nearest")
            axes.grid(visible=False)
            axes.set(title=title, xticks=[], yticks=[], xlabel=f"{side} channels")
        row[0].set_ylabel(f"the same {side} channels")
        label = "entry: mean of the product"
        figure.colorbar(image, ax=row, fraction=0.05, pad=0.02, aspect=22, label=label)
    ranges = "; ".join(
        f"{title}: from {gram.min():.3g} to {gram.max():.3g}" for title, gram in grams.items()
    )
    alt = f"Gram matrices as colours, on one scale. {ranges}."
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


def order_by_similarity(gram: Array) -> list[int]:
    """Return an order of the channels in which those that fire together are neighbours.

    Args:
        gram: (N, N), at least 0.

    Returns:
        The numbers of the channels, each once: the leaves of a tree of clusters (average linkage)
        over the distance 1 − cosine, the silent ones last.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    strengths = np.sqrt(np.diag(np.asarray(gram, np.float64)))
    firing = np.flatnonzero(strengths > 0)
    silent = np.flatnonzero(strengths == 0)
    if len(firing) < 3:  # noqa: PLR2004 - two are neighbours in any order
        return [*firing.tolist(), *silent.tolist()]
    part = np.asarray(gram, np.float64)[np.ix_(firing, firing)]
    cosines = part / np.outer(strengths[firing], strengths[firing])
    distances = np.clip(1 - cosines, 0, None)
    np.fill_diagonal(distances, 0)
    condensed = squareform(distances, checks=False)
    leaves = leaves_list(linkage(condensed, "average", optimal_ordering=True))
    return [*firing[leaves].tolist(), *silent.tolist()]


def plot_distances(
    series: Mapping[str, Mapping[str, float]], *, xlabel: str, alt: str
) -> CourseFigure:
    """Plot distances as horizontal bars, each with its number; several series below each other.

    Args:
        series: distances by the picture's name, by the name of the series; all with the same pictures.
        xlabel: the quantity, with its unit.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(series and all(series.values()), "distance")
    names = list(next(iter(series.values())))
    thick = 0.8 / len(series)
    with new_figure(
        6.2, 0.75 + 0.42 * len(names) * len(series) ** 0.6, layout="constrained"
    ) as figure:
        axes = figure.add_subplot()
        axes.grid(visible=False, axis="y")
        for number, ((label, distances), colour) in enumerate(
            zip(series.items(), SERIES_COLOURS, strict=False)
        ):
            places = np.arange(len(names)) + (number - (len(series) - 1) / 2) * thick
            values = [distances[name] for name in names]
            bars = axes.barh(places, values, 0.88 * thick, color=colour, label=label, zorder=2)
            axes.bar_label(
                bars,
                [f"{value:.2f}" if value >= SMALL else f"{value:.2g}" for value in values],
                padding=4,
                fontsize=10,
            )
        axes.set_yticks(np.arange(len(names)), names)
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.set_xlabel(xlabel)
        if len(series) > 1:
            figure.legend(loc="outside upper left", ncols=len(series))
    return CourseFigure(figure, alt)


SMALL = 0.1
"""Below it, two decimals are fewer than two digits."""


def plot_gram_changes(
    changes: Mapping[str, Mapping[str, float]], *, floor: Sequence[Mapping[str, float]]
) -> CourseFigure:
    """Plot how far each change moves the Gram matrix of each layer, and how far random noise does.

    Args:
        changes: the distance ‖G−A‖²/‖A‖² by layer, by the name of the change.
        floor: the same distances between pictures that differ by chance only; the area up to the
            largest of them is gray.

    Raises:
        SettingsError: there is nothing to show, or no floor.
    """
    if not changes or not floor:
        raise SettingsError(
            "Expected at least one change and one floor of distances by layer. "
            f"Received: {len(changes)} and {len(floor)}."
        )
    layers = list(next(iter(changes.values())))
    highest = [max(chance[layer] for chance in floor) for layer in layers]
    lowest = min(min(distances.values()) for distances in (*changes.values(), *floor)) / 2
    places = np.arange(len(layers))
    with new_figure(0.88 * WIDTH, 4.0, layout="constrained") as figure:
        axes = figure.add_subplot()
        axes.fill_between(places, lowest, highest, color=FAINT_INK, alpha=0.28, linewidth=0)
        axes.text(0.04, lowest * 1.25, "other seeds: chance alone", color=INK, fontsize=10)
        curves = {name: [by_layer[layer] for layer in layers] for name, by_layer in changes.items()}
        heights = _spread_labels([values[-1] for values in curves.values()], factor=1.45)
        for (name, values), height, colour in zip(
            curves.items(), heights, SERIES_COLOURS, strict=False
        ):
            axes.plot(places, values, color=colour, marker="o", markersize=6)
            axes.text(places[-1] + 0.09, height, name, color=colour, va="center")
        axes.set_xticks(places, layers)
        axes.set_xlim(-0.15, len(layers) - 1 + 0.85)
        logarithmic_axis(axes)
        axes.set_ylim(bottom=lowest)
        axes.set_xlabel("layer: from shallow to deep")
        axes.set_ylabel("distance of the Gram matrices\n‖G−A‖² / ‖A‖² (no unit)")
    parts = []
    for name, values in curves.items():
        times = np.divide(values, highest)
        best = int(np.argmax(times))
        parts.append(f"{name} stands out most at {layers[best]}, {times[best]:.0f} times chance")
    return CourseFigure(
        figure,
        f"Curves over the layers {layers[0]} to {layers[-1]}, on a logarithmic axis, above a gray "
        f"ground that shows what another seed does: {'; '.join(parts)}.",
    )


def _spread_labels(heights: Sequence[float], factor: float) -> list[float]:
    """Move heights on a logarithmic axis up until each is at least `factor` times the one below."""
    moved = list(heights)
    order = sorted(range(len(moved)), key=moved.__getitem__)
    for below, above in pairwise(order):
        moved[above] = max(moved[above], factor * moved[below])
    return moved
