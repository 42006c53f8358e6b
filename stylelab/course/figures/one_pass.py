"""Figures of notebook 16: the layers of a painting network, and its worth in evaluations."""

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
from stylelab.painting.painting_network import convolutions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from stylelab.painting.painting_network import NetworkInfo

BOX_ROOM = 0.45
"""Room between two boxes of `show_painting_network`, in units of a box of average width."""


def show_painting_network(info: NetworkInfo, size: int, *, alt: str | None = None) -> CourseFigure:
    """Draw the maps of a painting network, one box for each convolution, from the photo to the picture.

    A box is as high as the maps' side, and the wider the more channels there are.

    Args:
        info: of the network.
        size: side of the photo, in pixels.
        alt: what the figure shows, in words; by default a list of the boxes.
    """
    boxes = [("photo", size, 3), *_maps_by_layer(info, size)]
    widths = [0.15 + channels / (4 * info.width) for _, _, channels in boxes]
    with new_figure(WIDTH, 3.3) as figure:
        axes = figure.add_axes((0.01, 0.0, 0.98, 1.0))
        axes.set_axis_off()
        left = 0.0
        for (name, side, channels), width in zip(boxes, widths, strict=True):
            _draw_box(axes, (left, width), side / size, name, f"{side}\n{channels}")
            left += width + BOX_ROOM
        axes.set(xlim=(-0.25, left - BOX_ROOM + 0.25), ylim=(-1.0, 0.95))
    listed = "; ".join(f"{name} {side} × {side} × {channels}" for name, side, channels in boxes)
    return CourseFigure(
        figure, alt or f"Boxes for the maps of a painting network, in order: {listed}."
    )


def _maps_by_layer(info: NetworkInfo, size: int) -> list[tuple[str, int, int]]:
    """Name, side and channels of the maps after each convolution."""
    strides = {"down1": 2, "down2": 4, "up1": 2}
    return [
        (name, size // strides.get(name, 4 if name.startswith("block") else 1), kernel[-1])
        for name, kernel, _ in convolutions(info)
    ]


def _draw_box(
    axes: Axes, place: tuple[float, float], height: float, name: str, numbers: str
) -> None:
    from matplotlib.patches import Rectangle

    left, width = place
    inner = name.startswith("block")
    colour = FAINT_INK if name == "photo" else SERIES_COLOURS[1 if inner else 0]
    box = Rectangle((left, -height / 2), width, height, facecolor=colour, alpha=0.75)
    axes.add_patch(box)
    middle = left + width / 2
    style: dict[str, Any] = {"ha": "center", "fontsize": 10}
    axes.text(middle, 0.62, name.replace("_", "\n"), va="bottom", color=INK, **style)
    axes.text(middle, -0.62, numbers, va="top", color=INK, **style)


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
        axes.set(xlabel=xlabel, xlim=(0, 1.05 * largest), ylim=(len(names) - 0.5, -0.5))
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
