"""Figures of notebook 13: colours in a cube, projections, and what each statistic distinguishes."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    draw_rectangle,
    logarithmic_axis,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.pictures import add_picture
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from stylelab.pictures.images import Picture

ROUNDING_ERROR = 1e-6
"""Distances below this are rounding errors and count as 0."""

EQUAL_COLOUR, DIFFERENT_COLOUR = "#eef1f4", "#bfe0ea"
"""Colours of a distance that counts as 0, and of any other."""


def show_statistic_distances(
    pairs: Mapping[str, tuple[Picture, Picture]],
    distances: Mapping[str, Mapping[Any, float]],
    *,
    alt: str | None = None,
) -> CourseFigure:
    """Show pairs of pictures, with the distance that each statistic finds between them.

    Args:
        pairs: two pictures of one shape (H, W, 3), by the pair's name.
        distances: distances by statistic, by the pair's name; below `ROUNDING_ERROR` drawn as 0.
        alt: what the figure shows, in words; by default which statistics distinguish which pair.

    Raises:
        SettingsError: there is no pair, or distances are missing.
    """
    statistics = list(next(iter(distances.values()), {}))
    if not pairs or set(distances) != set(pairs) or not statistics:
        raise SettingsError(
            "Expected pairs of pictures, each with its distances by statistic. "
            f"Received: pairs {list(pairs)}, distances of {list(distances)}."
        )
    side, gap, cell, head, name_width = 0.86, 0.08, 1.45, 0.42, 2.0  # in inches
    left_columns = name_width + 2 * (side + gap)
    across, down = left_columns + len(statistics) * cell, head + len(pairs) * (side + gap)
    scale = min(1.0, WIDTH / across)
    with new_figure(scale * across, scale * down) as figure:
        table = figure.add_axes((0, 0, 1, 1), xlim=(0, across), ylim=(down, 0))
        table.set_axis_off()
        for column, statistic in enumerate(statistics):
            place = (left_columns + (column + 0.5) * cell, head / 2)
            table.text(*place, statistic, ha="center", va="center", fontsize=11)
        for row, (name, pictures) in enumerate(pairs.items()):
            top = head + row * (side + gap)
            table.text(0.06, top + side / 2, name, ha="left", va="center", fontsize=11)
            for number, picture in enumerate(pictures):
                left = name_width + number * (side + gap)
                box = (left / across, 1 - (top + side) / down, side / across, side / down)
                add_picture(figure, box, picture, interpolation="bilinear")
            for column, statistic in enumerate(statistics):
                value = distances[name][statistic]
                differs = abs(value) >= ROUNDING_ERROR
                corner = (left_columns + column * cell + gap / 2, top)
                colour = DIFFERENT_COLOUR if differs else EQUAL_COLOUR
                draw_rectangle(table, corner, cell - gap, side, facecolor=colour)
                table.text(
                    corner[0] + (cell - gap) / 2, top + side / 2, f"{value:#.2g}" if differs else "0",
                    ha="center", va="center", fontsize=14, color=INK if differs else FAINT_INK,
                )  # fmt: skip
    rows = []
    for name, by_statistic in distances.items():
        differing = [which for which, value in by_statistic.items() if abs(value) >= ROUNDING_ERROR]
        rows.append(f"{name}: distinguished by {' and '.join(differing) or 'none'}")
    words = f"Pairs of pictures, and a table of distances by statistic. {'; '.join(rows)}."
    return CourseFigure(figure, alt or words, kind="jpeg")


def plot_colour_cubes(entries: Mapping[str, Picture], *, alt: str | None = None) -> CourseFigure:
    """Plot the colours of pictures as points in the cube of red, green and blue.

    Args:
        entries: pictures (H, W, 3) by title. A point's area is the share of the pixels of its colour;
            of pictures with more than `MAX_COLOURS` colours, a sample of the pixels is shown.
        alt: what the figure shows, in words; by default the number of colours.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(entries, "picture")
    width = min(WIDTH, 3.1 * len(entries))
    counted = []
    with new_figure(width, width / len(entries)) as figure:
        for number, (title, picture) in enumerate(entries.items()):
            axes = figure.add_axes((number / len(entries), 0, 1 / len(entries), 0.92))
            counted.append(f"{title}: {_draw_cube(axes, picture)} colours")
            axes.set_title(title, pad=4, loc="left")
    words = f"Colours as points in the cube of red, green, blue. {'; '.join(counted)}."
    return CourseFigure(figure, alt or words)


MAX_COLOURS = 400
"""Points drawn of one picture at most."""

_CUBE_AXES = np.array([[0.80, -0.32], [-0.52, -0.50], [0.0, 0.92]])
"""Projection of one unit of red, green and blue onto the page."""

_AXIS_LABELS: tuple[tuple[str, Any, tuple[float, float]], ...] = (
    ("red", "left", (0.13, -0.06)),
    ("green", "right", (-0.14, -0.04)),
    ("blue", "left", (0.13, 0.06)),
)


def _draw_cube(axes: Axes, picture: Picture) -> int:
    axes.set_axis_off()
    axes.set_aspect("equal")
    corners = np.array(list(np.ndindex(2, 2, 2)), float)
    for one, other in combinations(corners, 2):
        if np.abs(other - one).sum() == 1:
            edge = np.array([one, other]) @ _CUBE_AXES
            axes.plot(*edge.T, color="#c5ccd3", linewidth=1, zorder=1)
    for (name, side, (x, y)), end in zip(_AXIS_LABELS, np.eye(3) @ _CUBE_AXES, strict=True):
        axes.text(end[0] + x, end[1] + y, name, ha=side, va="center", fontsize=10, color=FAINT_INK)
    colours, shares = _count_colours(picture)
    depth = np.argsort(colours @ [1.0, 1.0, 0.6])  # nearer points are drawn over those behind
    x, y = (colours[depth] @ _CUBE_AXES).T
    face: Any = np.clip(colours[depth], 0, 1)
    axes.scatter(x, y, s=60 + 900 * shares[depth], c=face, edgecolors=INK, linewidths=0.8, zorder=3)
    axes.set(xlim=(-1.0, 1.15), ylim=(-0.95, 1.1))
    return len(colours)


def _count_colours(picture: Picture) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the distinct colours of a picture (n, 3), and the share of the pixels of each (n)."""
    pixels = np.asarray(picture, float).reshape(-1, 3)
    colours, counts = np.unique(np.round(pixels, 3), axis=0, return_counts=True)
    if len(colours) > MAX_COLOURS:
        some = np.random.default_rng(0).choice(len(pixels), MAX_COLOURS, replace=False)
        return pixels[some], np.full(MAX_COLOURS, 1 / MAX_COLOURS)
    return colours, counts / counts.sum()


def plot_projections(
    pictures: Mapping[str, Picture], direction: ArrayLike, *, alt: str | None = None
) -> CourseFigure:
    """Plot two pictures' colours in cubes with a direction, and their sorted projections onto it.

    Args:
        pictures: two pictures (H, W, 3) with as many pixels, by title.
        direction: (3,), of any length but 0: how much of red, green and blue.
        alt: what the figure shows, in words; by default the direction and the distance.

    Raises:
        SettingsError: there are not two pictures with as many pixels, or the direction has no length.
    """
    sizes = [np.asarray(picture).size for picture in pictures.values()]
    length = float(np.linalg.norm(np.asarray(direction, float)))
    if len(sizes) != 2 or sizes[0] != sizes[1] or not length:  # noqa: PLR2004 - a pair
        raise SettingsError(
            "Expected two pictures with as many pixels, and a direction that is not 0. "
            f"Received: {len(sizes)} pictures of {sizes} numbers, direction {direction!r}."
        )
    unit = np.asarray(direction, float) / length
    lists = [np.sort(np.asarray(one, float).reshape(-1, 3) @ unit) for one in pictures.values()]
    distance = float(np.mean((lists[0] - lists[1]) ** 2))
    with new_figure(WIDTH, 3.6) as figure:
        for number, (title, picture) in enumerate(pictures.items()):
            axes = figure.add_axes((0.01 + 0.245 * number, 0.0, 0.24, 0.88))
            _draw_cube(axes, picture)
            _draw_direction(axes, picture, unit, SERIES_COLOURS[number])
            axes.set_title(title, pad=4, loc="left", color=SERIES_COLOURS[number])
        axes = figure.add_axes((0.57, 0.17, 0.40, 0.69))
        share = np.linspace(0, 100, len(lists[0]))
        axes.fill_between(share, lists[0], lists[1], color="#e9eef2", linewidth=0)
        for title, ordered, colour, style in zip(
            pictures, lists, SERIES_COLOURS, ("-", (0, (3, 1.5))), strict=False
        ):
            axes.plot(share, ordered, color=colour, linestyle=style, label=title)
        axes.set(xlim=(0, 100), ylim=(-1.8, 1.8))
        axes.set(xlabel="share of the pixels (%), sorted", ylabel="projection")
        axes.set_title(f"mean squared difference {distance:.3f}", loc="left", pad=6)
        axes.legend(loc="lower right", ncols=2)
    words = ", ".join(f"{part:.2f}" for part in unit)
    described = (
        f"Two cubes of colours with the direction ({words}), and the sorted projections onto it of "
        f"{' and '.join(pictures)}: their mean squared difference is {distance:.3f}."
    )
    return CourseFigure(figure, alt or described)


def _draw_direction(axes: Axes, picture: Picture, unit: NDArray[Any], colour: str) -> None:
    """Draw the direction through the middle of the cube, and the foot of each colour on it."""
    middle = np.full(3, 0.5)
    ends = np.array([middle - 0.95 * unit, middle + 0.95 * unit]) @ _CUBE_AXES
    arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", ends[1], ends[0], arrowprops=arrow, zorder=2)
    colours, _ = _count_colours(picture)
    feet = middle + np.outer((colours - middle) @ unit, unit)
    for point, foot in zip(colours @ _CUBE_AXES, feet @ _CUBE_AXES, strict=True):
        way = np.array([point, foot]).T
        axes.plot(*way, color=colour, linewidth=1, linestyle=(0, (2, 2)), zorder=2)
        axes.plot(*foot, "o", color=colour, markersize=4, zorder=4)


PANEL_WIDTH = 6.0
"""Largest width of a panel of `plot_repeated_runs`, in inches."""


def plot_repeated_runs(
    runs: Mapping[str, Mapping[str, Sequence[Sequence[float]]]],
    *,
    x: Sequence[float],
    xlabel: str,
    ylabel: str,
    alt: str,
    logarithmic: bool = False,
) -> CourseFigure:
    """Plot runs that are repeats of each other: each as a thin line, their mean as a thick one.

    Args:
        runs: for each panel, by its title, and each series, by its name, the values of all runs at `x`.
        x: where the values were measured; marked on a logarithmic axis, from left to right.
        xlabel: the quantity on the x-axis.
        ylabel: the quantity on the y-axis, which begins at 0.
        alt: what the figure shows, in words.
        logarithmic: the y-axis is logarithmic instead.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(runs and all(runs.values()), "run")
    with new_figure(min(WIDTH, PANEL_WIDTH * len(runs)), 3.9, layout="constrained") as figure:
        panels = figure.subplots(1, len(runs), sharey=True, squeeze=False)[0]
        for axes, (title, by_series) in zip(panels, runs.items(), strict=True):
            logarithmic_axis(axes, "x")
            for (name, values), colour in zip(by_series.items(), SERIES_COLOURS, strict=False):
                for run in values:
                    axes.plot(x, run, color=colour, linewidth=0.8, alpha=0.5)
                mean = np.mean(values, axis=0)
                axes.plot(x, mean, "o-", color=colour, markersize=4, label=name)
            axes.set_xticks(x, [f"{place:g}" for place in x])
            axes.set_xticks([], minor=True)
            axes.xaxis.set_inverted(x[0] > x[-1])
            axes.set_title(title.replace("_", " "), loc="left")
            axes.set_xlabel(xlabel)
        # Only now, since the panels share the axis, and it no longer grows once its limits are set.
        panels[0].set_ylabel(ylabel)
        if logarithmic:
            logarithmic_axis(panels[0])
        else:
            panels[0].set_ylim(0, None)
        panels[-1].legend()
    return CourseFigure(figure, alt)
