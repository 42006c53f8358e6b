"""Figures of notebook 16: the layers of a painting network, and its worth in evaluations."""

from __future__ import annotations

import re
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
from stylelab.painting.painting_network import convolutions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from stylelab.painting.painting_network import NetworkInfo

BOX_ROOM = 0.45
"""Room between two boxes of `show_painting_network`, in units of a box of average width."""


def show_painting_network(info: NetworkInfo, size: int, *, alt: str | None = None) -> CourseFigure:
    """Draw the maps of a painting network, one box for each convolution, from the photo to the picture.

    A box is as high as the maps' side, and the wider the more channels there are. Lines with a plus
    show what is added: a residual block's input to its result, and the photo to the output.

    Args:
        info: of the network.
        size: side of the photo, in pixels.
        alt: what the figure shows, in words; by default a list of the boxes.
    """
    boxes = [("photo", size, 3), *_maps_by_layer(info, size), ("picture", size, 3)]
    widths = [0.3 + channels / (4 * info.width) for _, _, channels in boxes]
    lefts = np.cumsum([0.0, *(width + BOX_ROOM for width in widths)])
    after = dict(zip([name for name, _, _ in boxes], lefts[1:] - BOX_ROOM / 2, strict=True))
    with new_figure(WIDTH, 3.3) as figure:
        axes = figure.add_axes((0.01, 0.0, 0.98, 1.0))
        axes.set_axis_off()
        for left in lefts[1:-1]:
            axes.plot([left - BOX_ROOM, left], [0, 0], color=INK, linewidth=1)
        for (name, side, channels), left, width in zip(boxes, lefts, widths, strict=False):
            _draw_box(axes, (left, width), side / size, name, f"{side}\n{channels}")
        before = after["down2"]
        for block in range(1, info.blocks + 1):
            _draw_addition(axes, before, after[f"block {block}b"], 0.32)
            before = after[f"block {block}b"]
        _draw_addition(axes, after["photo"], after["output"], 0.68)
        axes.text(-0.25, -0.77, "side\nchannels", ha="right", va="top", fontsize=10, color=INK)
        axes.set(xlim=(-1.6, lefts[-1] - BOX_ROOM + 0.25), ylim=(-1.15, 0.8))
    listed = "; ".join(f"{name} {side} × {side} × {channels}" for name, side, channels in boxes)
    return CourseFigure(
        figure,
        alt
        or f"Boxes for the maps of a painting network, in order: {listed}. Lines lead around each "
        "block, and from the photo to the output, to a plus where they are added.",
    )


def _maps_by_layer(info: NetworkInfo, size: int) -> list[tuple[str, int, int]]:
    """Name, side and channels of the maps after each convolution; a block's two are a and b."""
    strides = {"down1": 2, "down2": 4, "up1": 2}
    return [
        (
            re.sub(r"block(\d+)_conv([12])", lambda m: f"block {m[1]}{'ab'[int(m[2]) - 1]}", name),
            size // strides.get(name, 4 if name.startswith("block") else 1),
            kernel[-1],
        )
        for name, kernel, _ in convolutions(info)
    ]


def _draw_box(
    axes: Axes, place: tuple[float, float], height: float, name: str, numbers: str
) -> None:
    from matplotlib.patches import Rectangle

    left, width = place
    inner = name.startswith("block")
    colour = FAINT_INK if name in ("photo", "picture") else SERIES_COLOURS[1 if inner else 0]
    box = Rectangle((left, -height / 2), width, height, facecolor=colour, alpha=0.75)
    axes.add_patch(box)
    middle = left + width / 2
    style: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 10, "color": INK}
    axes.text(middle, -0.6, name, **style)
    axes.text(middle, -0.77, numbers, **style)


def _draw_addition(axes: Axes, start: float, end: float, height: float) -> None:
    """Draw a line that leaves at `start`, passes over the boxes, and ends in a plus at `end`."""
    axes.plot([start, start, end, end], [0, height, height, 0], color=INK, linewidth=1)
    circle = {"boxstyle": "circle,pad=0.1", "facecolor": "white", "edgecolor": INK}
    axes.text(end, 0, "+", ha="center", va="center", fontsize=10, color=INK, bbox=circle)


def plot_worth(
    worths: Mapping[str, Mapping[str, int]], *, xlabel: str, alt: str | None = None
) -> CourseFigure:
    """Plot numbers of evaluations as dots, a row for each photo and style, lowest first.

    Args:
        worths: evaluations by the name of a network, by the name of photo and style.
        xlabel: what the evaluations do.
        alt: what the figure shows, in words; by default the range and the median for each network.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(worths and all(worths.values()), "row")
    names = sorted(worths, key=lambda name: min(worths[name].values()))
    series = list(dict.fromkeys(network for row in worths.values() for network in row))
    with new_figure(8.6, 1.0 + 0.32 * len(names), layout="constrained") as figure:
        axes = figure.add_subplot()
        for row, name in enumerate(names):
            values = list(worths[name].values())
            axes.plot([min(values), max(values)], [row, row], color=FAINT_INK, linewidth=1)
        # The later ones are smaller, so that those below can be seen.
        for number, (network, colour) in enumerate(zip(series, SERIES_COLOURS, strict=False)):
            points = [(worths[n][network], i) for i, n in enumerate(names) if network in worths[n]]
            size = max(4, 11 - 5 * number)
            axes.plot(*zip(*points, strict=True), "o", color=colour, markersize=size, label=network)
        axes.set_yticks(range(len(names)), names)
        largest = max(max(row.values()) for row in worths.values())
        least = min(0, *(min(row.values()) for row in worths.values()))
        axes.set(xlabel=xlabel, ylim=(len(names) - 0.5, -0.5))
        axes.set_xlim(1.3 * least, 1.05 * largest)
        axes.grid(visible=False, axis="y")
        axes.legend(ncols=len(series), loc="lower right", bbox_to_anchor=(1, 1))
    return CourseFigure(figure, alt or _describe_worths(worths, series))


def _describe_worths(worths: Mapping[str, Mapping[str, int]], series: Sequence[str]) -> str:
    parts = []
    for network in series:
        values = [row[network] for row in worths.values() if network in row]
        parts.append(
            f"{network}: {min(values)} to {max(values)} evaluations, median {np.median(values):g}"
        )
    return f"Dots for {len(worths)} pairs of photo and style. {'; '.join(parts)}."
