"""Figures of notebook 12: cost by layer and by size, tiles, and a roofline plot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
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
from stylelab.network.layer_facts import LAYERS, layer_facts
from stylelab.pictures.text import duration_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from stylelab.course.coarse_to_fine import Comparison
    from stylelab.losses.tiles import Tile
    from stylelab.pictures.images import Picture
    from stylelab.pipeline.cost_estimate import CostEstimate

GIGA = 1e9
MEGA = 1e6


def plot_layer_costs(height: int, width: int, deepest: str = "block5_conv1") -> CourseFigure:
    """Plot the number of operations and the memory of each layer.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        deepest: the last layer shown.

    Raises:
        LayerError: there is no layer of that name.
    """
    layer_facts(deepest)
    names = list(LAYERS)[: list(LAYERS).index(deepest) + 1]
    work = [LAYERS[name].multiply_adds(height, width) / GIGA for name in names]
    memory = [4 * math.prod(LAYERS[name].shape(height, width)) / MEGA for name in names]
    with new_figure(WIDTH, 0.31 * len(names) + 0.9, layout="constrained") as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        _draw_layer_bars(left, names, work, "to compute: multiply-adds, in billions")
        _draw_layer_bars(right, names, memory, "to keep: memory of the maps, in MB")
        left.invert_yaxis()
    parts = []
    for block in dict.fromkeys(name[5] for name in names):
        inside = [name[5] == block for name in names]
        of_work, of_memory = (np.dot(inside, values) / sum(values) for values in (work, memory))
        parts.append(f"block {block}: {of_work:.0%} of the work, {of_memory:.0%} of the memory")
    return CourseFigure(
        figure,
        f"Two rows of bars, one bar for each layer from {names[0]} to {names[-1]} of a picture of "
        f"{width} by {height} pixels. Left, multiply-adds; right, memory of the maps. "
        f"{'; '.join(parts)}.",
    )


def show_at_same_scale(entries: Mapping[str, Picture]) -> CourseFigure:
    """Show pictures of different sizes at one scale, under their titles.

    Args:
        entries: pictures (H, W, 3) by title.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(entries, "picture")
    shapes = [picture.shape[:2] for picture in entries.values()]
    gap, title = 0.1, 0.5  # in inches
    across = sum(width for _, width in shapes)
    scale = (WIDTH - gap * (len(shapes) - 1)) / across
    tall = max(height for height, _ in shapes) * scale + title
    left, parts = 0.0, []
    with new_figure(WIDTH, tall) as figure:
        for (name, picture), (height, width) in zip(entries.items(), shapes, strict=True):
            place = (left / WIDTH, 0.0, scale * width / WIDTH, scale * height / tall)
            add_picture(figure, place, picture, f"{name}\n{width} × {height}", fontsize=10, pad=4)
            left += scale * width + gap
            parts.append(f"{name}, {width} by {height} pixels")
    alt = f"Pictures at one magnification: {'; '.join(parts)}."
    return CourseFigure(figure, alt, kind="jpeg")


def show_tiles(picture: Picture, tiles: Sequence[Tile], chosen: int = 0) -> CourseFigure:
    """Show a picture divided into tiles, one of them with its overlap.

    Args:
        picture: (H, W, 3).
        tiles: tiles as returned by `plan_tiles`.
        chosen: number of the tile to show with its overlap.

    Raises:
        SettingsError: there is no tile of that number.
    """
    if not 0 <= chosen < len(tiles):
        raise SettingsError(f"Expected a tile from 0 to {len(tiles) - 1}. Received: {chosen}.")
    height, width = picture.shape[:2]
    tile = tiles[chosen]
    faded = 0.45 * picture + 0.55
    faded[tile.rows, tile.columns] = picture[tile.rows, tile.columns]
    with new_figure(0.72 * WIDTH, 0.72 * WIDTH * height / width) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(np.clip(faded, 0, 1), extent=(0, width, height, 0), interpolation="antialiased")
        axes.set_axis_off()
        for each in tiles:
            place = _rectangle_of(each.core_rows, each.core_columns)
            draw_rectangle(axes, *place, edgecolor=INK, linewidth=1)
        core = _rectangle_of(tile.core_rows, tile.core_columns)
        whole = _rectangle_of(tile.rows, tile.columns)
        for (corner, across, down), line, words in (
            (core, "-", "its own"), (whole, "--", "cut out for it")
        ):  # fmt: skip
            draw_rectangle(
                axes, corner, across, down, edgecolor=OUTLINE, linewidth=3, linestyle=line
            )
            axes.annotate(
                f"{words}: {across} × {down}", (corner[0], corner[1] + down), (5, 6),
                textcoords="offset points", color="white", fontsize=10.5,
                bbox={"facecolor": OUTLINE, "edgecolor": "none", "pad": 2.5},
            )  # fmt: skip
        axes.set(xlim=(-3, width + 3), ylim=(height + 3, -3))
    own, cut = (f"{across} by {down}" for _, across, down in (core, whole))
    return CourseFigure(
        figure,
        f"A picture of {width} by {height} pixels, divided into {len(tiles)} tiles by thin lines. One "
        f"of them, {own} pixels, is outlined; a dashed outline around it, {cut} pixels, shows what is "
        "cut out for it: it reaches into its neighbours.",
        kind="jpeg",
    )


OUTLINE = "#e6007e"
"""Colour of the chosen tile's outline."""


def plot_growth(
    entries: Mapping[str, Sequence[float]], sides: Sequence[int], *, ylabel: str, alt: str
) -> CourseFigure:
    """Plot quantities by the side of the picture, on two logarithmic axes, each named at its end.

    Args:
        entries: a value above 0 for each side, by name.
        sides: of a square picture, in pixels.
        ylabel: the quantity, with its unit.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(entries, "curve")
    with new_figure(7.4, 4.0, layout="constrained") as figure:
        axes = figure.add_subplot()
        for (name, values), colour in zip(entries.items(), SERIES_COLOURS, strict=False):
            axes.plot(sides, values, "o-", color=colour, markersize=5)
            _label_end(axes, name, sides[-1], values[-1], colour)
        axes.set(xscale="log", yscale="log")
        _tick_sizes(axes, sides)
        _tick_plainly(axes)
        axes.set(xlabel="side of a square picture, in pixels", ylabel=ylabel)
    return CourseFigure(figure, alt)


def plot_forecasts(
    curves: Mapping[str, Sequence[CostEstimate]],
    chosen: str,
    forecast: CostEstimate,
    machine: str = "this machine",
) -> CourseFigure:
    """Plot the memory and the time of runs by size, a curve for each side of tiles, one run marked.

    Args:
        curves: forecasts in ascending order of size, by the name of the tiles.
        chosen: name of the curve on which the marked run lies.
        forecast: the marked run.
        machine: on which it takes that time.

    Raises:
        SettingsError: there is no curve of that name.
    """
    if chosen not in curves:
        raise SettingsError(
            f"Expected one of {', '.join(curves) or 'no curves'}. Received: {chosen}. Choose another."
        )
    size = max(forecast.stages[-1].height, forecast.stages[-1].width)
    sides = [max(each.stages[-1].height, each.stages[-1].width) for each in curves[chosen]]
    with new_figure(9.6, 3.9, layout="constrained") as figure:
        left, right = figure.subplots(1, 2)
        for axes, measure, here in (
            (left, _memory_of, _memory_of(forecast)),
            (right, _minutes_of, _minutes_of(forecast)),
        ):
            for (name, runs), colour in zip(curves.items(), SERIES_COLOURS, strict=False):
                faint = {} if name == chosen else {"alpha": 0.35, "linewidth": 1.3}
                axes.plot(sides, [measure(run) for run in runs], color=colour, label=name, **faint)
                if name == chosen:
                    axes.plot(size, here, "o", color=colour, markersize=11, markeredgecolor="white")
            axes.set_xscale("log")
            logarithmic_axis(axes)
            _tick_sizes(axes, [side for side in sides if side & (side - 1) == 0])
            axes.set_xlabel("long side, in pixels")
        left.set_title(f"memory: {forecast.memory / GIGA:.1f} GB")
        right.set_title(f"time: {duration_text(forecast.seconds)}")
        left.set_ylabel("GB")
        right.set_ylabel(f"minutes on {machine}")
        left.legend(title="tiles", loc="upper left", fontsize=9.5)
    last = forecast.stages[-1]
    return CourseFigure(
        figure,
        "Two charts, of memory and of time by the picture's size, with a curve for each side of tiles. "
        f"Marked: {last.width} by {last.height} pixels, tiles {chosen}: "
        f"{forecast.memory / GIGA:.1f} GB and {duration_text(forecast.seconds)} on {machine}.",
    )


def _memory_of(run: CostEstimate) -> float:
    return run.memory / GIGA


def _minutes_of(run: CostEstimate) -> float:
    return run.seconds / 60


def _label_end(axes: Axes, name: str, x: float, y: float, colour: str) -> None:
    """Write a curve's name to the right of its last point."""
    axes.annotate(
        name, (x, y), (9, 0), textcoords="offset points", va="center", color=colour, fontsize=10.5,
        annotation_clip=False,
    )  # fmt: skip


def _tick_sizes(axes: Axes, sides: Sequence[int]) -> None:
    axes.set_xticks(sides, [f"{side}" for side in sides])
    axes.set_xticks([], minor=True)


def _tick_plainly(axes: Axes) -> None:
    """Label the powers of ten of a logarithmic y-axis with plain numbers."""
    from matplotlib import ticker

    axes.yaxis.set_major_locator(ticker.LogLocator())
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(ticker.NullFormatter())


def plot_loss_ratios(comparisons: Sequence[Comparison], *, alt: str) -> CourseFigure:
    """Plot the loss of coarse to fine divided by the direct way's, by work: a curve for each pair.

    Args:
        comparisons: as `stylelab.course.coarse_to_fine.load_comparisons` returns them.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(comparisons, "comparison")
    works = list(comparisons[0].ratios)
    with new_figure(8.6, 4.0, layout="constrained") as figure:
        axes = figure.add_subplot()
        axes.axhline(1, color=INK, linewidth=1.2, zorder=1)
        for pair, colour in zip(comparisons, SERIES_COLOURS, strict=False):
            ratios = list(pair.ratios.values())
            axes.plot(works, ratios, "o-", color=colour, markersize=5, label=pair.name)
        axes.text(works[-1], 0.93, "coarse to fine ahead", ha="right", va="top", color=INK)
        axes.text(works[0], 1.02, "direct ahead", ha="left", va="bottom", color=INK)
        axes.set_xscale("log")
        _tick_sizes(axes, works)
        axes.set_ylim(0, 1.25)
        axes.set(
            xlabel="work, in steps at the full size", ylabel="loss, as a share of the direct one's"
        )
        figure.legend(loc="outside right center", fontsize=9.5)
    return CourseFigure(figure, alt)


def plot_roofline(
    points: Mapping[str, float], *, peak: float, bandwidth: float, machine: str
) -> CourseFigure:
    """Plot the roofline of a machine: the highest speed by arithmetic intensity.

    After Williams, Waterman and Patterson (2009, Communications of the ACM 52): speed is at most the
    smaller of the peak and of bandwidth × intensity.

    Args:
        points: intensity, in operations per byte, by name; layers of one block share a colour.
        peak: operations per second.
        bandwidth: bytes per second.
        machine: name of the machine.

    Raises:
        SettingsError: there is no point, or a number is not above 0.
    """
    if not points or min(*points.values(), peak, bandwidth) <= 0:
        raise SettingsError(
            "Expected at least one intensity, a peak and a bandwidth, all above 0. "
            f"Received: {dict(points)}, {peak} and {bandwidth}."
        )
    ridge = peak / bandwidth
    places = np.array([*points.values(), ridge])
    along = np.geomspace(places.min() / 7, places.max() * 3, 200)
    with new_figure(7.6, 4.0, layout="constrained") as figure:
        axes = figure.add_subplot()
        axes.plot(
            along, np.minimum(peak, bandwidth * along) / GIGA, color=INK, zorder=1, label="_roof"
        )
        by_intensity = sorted(points, key=points.__getitem__)
        for name, intensity in points.items():
            bound = min(peak, bandwidth * intensity) / GIGA
            colour = _layer_colour(name)
            block = f"block {name[5]}" if name in LAYERS else name
            named = {text.get_label() for text in axes.lines}
            label = f"_{name}" if block in named else block
            axes.plot(
                intensity,
                bound,
                "o",
                color=colour,
                markersize=9,
                markeredgecolor="white",
                label=label,
            )
            if name in (by_intensity[0], by_intensity[-1]):
                axes.annotate(
                    name, (intensity, bound), (12, -4) if intensity < ridge else (0, -20),
                    textcoords="offset points", ha="left" if intensity < ridge else "center",
                    fontsize=10, color=colour,
                )  # fmt: skip
        axes.set_ylim(bandwidth * along[0] / GIGA / 1.1, 2 * peak / GIGA)
        logarithmic_axis(axes)
        logarithmic_axis(axes, "x")
        axes.legend(loc="lower right", fontsize=9.5)
        middle = np.sqrt(along[0] * ridge)
        axes.annotate(
            f"memory: {bandwidth / GIGA:g} GB/s", (middle, bandwidth * middle / GIGA), (-8, 8),
            textcoords="offset points", ha="right", color=INK, fontsize=10,
        )  # fmt: skip
        axes.text(
            np.sqrt(ridge * along[-1]), 1.2 * peak / GIGA, f"arithmetic: {peak / GIGA:g} GFLOP/s",
            ha="center", color=INK, fontsize=10,
        )  # fmt: skip
        axes.set(xlabel="operations for each byte moved", ylabel="at most, GFLOP/s", title=machine)
    under = [name for name, intensity in points.items() if intensity < ridge]
    return CourseFigure(
        figure,
        f"The roofline of {machine}, both axes logarithmic: it rises to {peak / GIGA:g} GFLOP/s at "
        f"{ridge:.0f} operations per byte, and is flat beyond. {len(points)} points lie on it. On the "
        f"slope: {', '.join(under) or 'none'}; all others on the flat part.",
    )


def _draw_layer_bars(axes: Axes, names: Sequence[str], values: Sequence[float], label: str) -> None:
    axes.grid(visible=False, axis="y")
    axes.barh(names, values, color=[_layer_colour(name) for name in names], height=0.72, zorder=2)
    axes.set_xlabel(label)
    axes.tick_params(axis="y", length=0, labelsize=10)


def _layer_colour(name: str) -> str:
    return SERIES_COLOURS[int(name[5]) - 1] if name in LAYERS else INK


def _rectangle_of(rows: slice, columns: slice) -> tuple[tuple[int, int], int, int]:
    return (columns.start, rows.start), columns.stop - columns.start, rows.stop - rows.start
