"""Figures of notebook 11: colour distributions as point clouds, and values by layer."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

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
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

MAX_DOTS = 1000
"""Pixels drawn of each picture, at equal intervals: enough to show the distribution."""

ELLIPSE_DEVIATIONS = 2.0
"""Radius of the ellipse, in standard deviations."""


def plot_colour_clouds(entries: Mapping[str, Picture], *, alt: str | None = None) -> CourseFigure:
    """Plot the colours of pictures as point clouds: a dot for each pixel, red against blue.

    Each dot has the colour of its pixel. A cross marks the mean; the ellipse shows the covariance of
    red and blue, at two standard deviations.

    Args:
        entries: pictures (H, W, 3), RGB in [0, 1], by title.
        alt: what the figure shows, in words; by default the means.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(entries, "picture")
    words = []
    side = 0.72 * WIDTH / max(3, len(entries))
    with new_figure(side * len(entries), side + 0.45, layout="constrained") as figure:
        panels = figure.subplots(1, len(entries), squeeze=False, sharey=True)[0]
        panels[0].set_ylabel("blue")
        for axes, (title, picture) in zip(panels, entries.items(), strict=True):
            pixels = picture.reshape(-1, 3)
            dots = pixels[:: -(-len(pixels) // MAX_DOTS)]
            axes.scatter(dots[:, 0], dots[:, 2], s=7, c=dots, linewidths=0, zorder=2)
            plane = pixels[:, [0, 2]].astype(np.float64)
            _draw_ellipse(axes, plane)
            axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal", title=title)
            axes.set(facecolor="#d9dde1", xlabel="red")
            axes.grid(visible=False)
            for put in (axes.set_xticks, axes.set_yticks):
                put([0, 0.5, 1], ["0", "½", "1"])
            red, blue = plane.mean(axis=0)
            words.append(f"{title}: mean red {red:.2f}, mean blue {blue:.2f}")
    described = f"Clouds of pixels, red along, blue up. {'; '.join(words)}."
    return CourseFigure(figure, alt or described, kind="jpeg")


def _draw_ellipse(axes: Axes, plane: NDArray[np.float64]) -> None:
    """Draw the mean, and the points at `ELLIPSE_DEVIATIONS` standard deviations around it."""
    mean, covariance = plane.mean(axis=0), np.cov(plane.T, bias=True)
    variances, directions = np.linalg.eigh(covariance)
    angle = np.linspace(0, 2 * np.pi, 90)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    around = mean + ELLIPSE_DEVIATIONS * circle * np.sqrt(np.maximum(variances, 0)) @ directions.T
    for colour, width in (("white", 3.5), (INK, 1.6)):
        axes.plot(*around.T, color=colour, linewidth=width, zorder=3)
        axes.plot(*mean, "+", color=colour, markersize=12, markeredgewidth=width, zorder=3)


def plot_by_layer(
    entries: Mapping[str, Mapping[str, float]], *, ylabel: str, alt: str
) -> CourseFigure:
    """Plot a number for each layer, in order of depth, as curves; lines separate the blocks.

    Args:
        entries: values by layer (`"block1_conv1"`, …), by the name of the curve.
        ylabel: the quantity on the y-axis, with its unit.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show, or the curves have different layers.
    """
    curves = list(entries.values())
    layers = list(curves[0]) if curves else []
    if not layers or any(list(curve) != layers for curve in curves):
        raise SettingsError(
            "Expected at least one curve, all with the same layers in one order. "
            f"Received: { ({name: list(curve) for name, curve in entries.items()}) }."
        )
    blocks = [layer.partition("_")[0] for layer in layers]
    places = np.arange(len(layers), dtype=float)
    with new_figure(WIDTH, 3.8, layout="constrained") as figure:
        axes = figure.add_subplot()
        for (name, curve), colour in zip(entries.items(), SERIES_COLOURS, strict=False):
            axes.plot(places, list(curve.values()), "o-", color=colour, label=name, markersize=5)
        for number, (before, after) in enumerate(pairwise(blocks)):
            if before != after:
                axes.axvline(number + 0.5, color=FAINT_INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xticks(places, [layer.partition("_")[2] for layer in layers], rotation=60)
        for block in dict.fromkeys(blocks):
            middle = float(places[np.array(blocks) == block].mean())
            axes.text(
                middle, 1.02, block.replace("block", "block "), ha="center", color=INK,
                transform=axes.get_xaxis_transform(),
            )  # fmt: skip
        axes.set_ylim(bottom=0)
        axes.set_ylabel(ylabel)
        if len(entries) > 1:
            axes.legend()
    return CourseFigure(figure, alt)
