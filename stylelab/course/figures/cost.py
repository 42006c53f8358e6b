"""Figures of notebook 12: cost by layer, pictures at one scale, tiles, and a roofline plot."""

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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from stylelab.losses.tiles import Tile
    from stylelab.pictures.images import Picture

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
        _draw_layer_bars(left, names, work, "to compute: multiply-adds, in thousands of millions")
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
            draw_rectangle(axes, *place, edgecolor="white", linewidth=1.6)
        core = _rectangle_of(tile.core_rows, tile.core_columns)
        whole = _rectangle_of(tile.rows, tile.columns)
        for place, line in ((core, "-"), (whole, "--")):
            draw_rectangle(axes, *place, edgecolor=OUTLINE, linewidth=3, linestyle=line)
        axes.set(xlim=(-2, width + 2), ylim=(height + 2, -2))
    own, cut = (f"{across} by {down}" for _, across, down in (core, whole))
    return CourseFigure(
        figure,
        f"A picture of {width} by {height} pixels, divided into {len(tiles)} tiles by white lines. One "
        f"of them, {own} pixels, is outlined; a dashed outline around it, {cut} pixels, shows what is "
        "cut out for it: it reaches into its neighbours.",
        kind="jpeg",
    )


OUTLINE = "#e6007e"
"""Colour of the chosen tile's outline."""


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
    along = np.geomspace(places.min() / 3, places.max() * 3, 200)
    with new_figure(WIDTH, 3.9, layout="constrained") as figure:
        axes = figure.add_subplot()
        axes.plot(along, np.minimum(peak, bandwidth * along) / GIGA, color=INK, zorder=1)
        by_intensity = sorted(points, key=points.__getitem__)
        for name, intensity in points.items():
            bound = min(peak, bandwidth * intensity) / GIGA
            colour = _layer_colour(name)
            axes.plot(intensity, bound, "o", color=colour, markersize=9, markeredgecolor="white")
            if name in (by_intensity[0], by_intensity[-1]):
                axes.annotate(
                    name, (intensity, bound), (12, -4) if intensity < ridge else (0, -18),
                    textcoords="offset points", ha="left" if intensity < ridge else "center",
                    fontsize=10,
                )  # fmt: skip
        logarithmic_axis(axes)
        logarithmic_axis(axes, "x")
        axes.set(xlabel="operations for each byte moved", ylabel="at most, GFLOP/s", title=machine)
    under = [name for name, intensity in points.items() if intensity < ridge]
    return CourseFigure(
        figure,
        f"The roofline of {machine}, both axes logarithmic: it rises to {peak / GIGA:g} GFLOP/s at "
        f"{ridge:.0f} operations per byte, and is flat beyond. {len(points)} points lie on it. On the "
        f"slope: {', '.join(under) or 'none'}; all others under the flat part.",
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
