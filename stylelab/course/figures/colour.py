"""Figures of notebook 11: pictures in rows, clouds of colours, and values by layer."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    ENLARGED_QUALITY,
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.pictures import show_pictures
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

MAX_DOTS = 600
"""Pixels drawn of each picture, at equal intervals: enough to show the distribution."""

LAYERS_WIDTH = 8.2
"""Width of a chart with a tick for each convolution, in inches."""

CLOUD_WIDTH = 3.05
"""Width of one cloud, in inches."""

ELLIPSE_DEVIATIONS = 2.0
"""Radius of the ellipse, in standard deviations."""


def show_picture_row(
    entries: Mapping[str, Picture],
    *,
    alt: str,
    columns: int | None = None,
    width: float = WIDTH,
) -> CourseFigure:
    """Show pictures in rows of a given width, magnified smoothly.

    Args:
        entries: pictures (H, W, 3) by title.
        alt: what they show, in words.
        columns: pictures in a row; by default all.
        width: of the figure, in inches.

    Raises:
        SettingsError: there is nothing to show.
    """
    shown = show_pictures(entries, columns=columns, alt=alt)
    across, tall = shown.figure.get_size_inches()
    shown.figure.set_size_inches(width, tall * width / across)
    for axes in shown.figure.axes:
        axes.set_title(axes.get_title(), fontsize=10.5, pad=4)
        axes.images[0].set_interpolation("bicubic")
    return replace(shown, jpeg_quality=ENLARGED_QUALITY)


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
    with new_figure(CLOUD_WIDTH * len(entries), CLOUD_WIDTH + 0.35, layout="constrained") as figure:
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


def plot_turned_clouds(
    entries: Mapping[str, Picture], turn: float = 0, *, alt: str | None = None
) -> CourseFigure:
    """Plot the colours of pictures in the cube of red, green and blue, standing on its black corner.

    The line from black to white is upright, so height is lightness and the distance from the line is
    the strength of the colour. The cube is turned about that line.

    Args:
        entries: pictures (H, W, 3), RGB in [0, 1], by title.
        turn: angle in degrees. At 0 red is in front, at 120 green, at 240 blue.
        alt: what the figure shows, in words; by default the mean lightness and strength of colour.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(entries, "picture")
    words = []
    with new_figure(CLOUD_WIDTH * len(entries), CLOUD_WIDTH + 0.35) as figure:
        for number, (title, picture) in enumerate(entries.items()):
            axes = figure.add_axes((number / len(entries), 0, 1 / len(entries), 0.92))
            axes.set_title(title, pad=3)
            pixels = picture.reshape(-1, 3).astype(np.float64)
            _draw_turned_cube(axes, pixels[:: -(-len(pixels) // MAX_DOTS)], turn)
            gray = pixels.mean(axis=1, keepdims=True)
            strength = np.linalg.norm(pixels - gray, axis=1).mean()
            words.append(f"{title}: mean lightness {gray.mean():.2f}, mean colour {strength:.2f}")
    described = (
        "Clouds of pixels in cubes of red, green and blue. Each cube stands on its black corner, white "
        f"is on top, turned by {turn:g} degrees. {'; '.join(words)} from the line of grays."
    )
    return CourseFigure(figure, alt or described, kind="jpeg")


def turned_positions(
    colours: NDArray[np.float64], turn: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project colours (n, 3) onto the page: (n, 2) to the right and up, and (n,) towards the viewer."""
    red, green, blue = np.moveaxis(np.asarray(colours, np.float64), -1, 0)
    angle = np.deg2rad(turn)
    right, front = (green - blue) / np.sqrt(2), (2 * red - green - blue) / np.sqrt(6)
    right, front = (
        np.cos(angle) * right - np.sin(angle) * front,
        np.sin(angle) * right + np.cos(angle) * front,
    )
    up, tilt = (red + green + blue) / np.sqrt(3), np.deg2rad(TILT)
    flat = np.stack([right, np.cos(tilt) * up - np.sin(tilt) * front], axis=-1)
    return flat, np.cos(tilt) * front + np.sin(tilt) * up


TILT = 14.0
"""How far the viewer looks down on the cube, in degrees."""

_CORNERS = {
    "black": (0, 0, 0), "white": (1, 1, 1), "red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1),
    "yellow": (1, 1, 0), "cyan": (0, 1, 1), "magenta": (1, 0, 1),
}  # fmt: skip


def _draw_turned_cube(axes: Axes, dots: NDArray[np.float64], turn: float) -> None:
    axes.set_axis_off()
    axes.set_aspect("equal")
    corners = np.array(list(_CORNERS.values()), np.float64)
    places, depths = turned_positions(corners, turn)
    hidden = int(depths.argmin())
    for one, other in combinations(range(len(corners)), 2):
        if np.abs(corners[other] - corners[one]).sum() == 1:
            behind = hidden in (one, other)
            style: Any = {"linestyle": (0, (3, 3)), "zorder": 1} if behind else {"zorder": 3}
            axes.plot(*places[[one, other]].T, color="#9aa5b0", linewidth=0.9, **style)
    axes.plot(*places[:2].T, color=INK, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
    positions, order = turned_positions(dots, turn)
    nearest_last = np.argsort(order, kind="stable")
    face: Any = np.clip(dots[nearest_last], 0, 1)
    x, y = positions[nearest_last].T
    axes.scatter(x, y, s=9, c=face, edgecolors=INK, linewidths=0.15, zorder=2)
    middle = places.mean(axis=0)
    for name, (x, y) in zip(_CORNERS, places, strict=True):
        away = np.array([x, y]) - middle
        away /= np.linalg.norm(away)
        colour: Any = {"black": INK, "white": FAINT_INK, "yellow": "#b59b00", "cyan": "#00969e"}
        axes.annotate(
            name, (x, y), tuple(11 * away), textcoords="offset points", ha="center", va="center",
            fontsize=9, color=colour.get(name, name), zorder=4,
        )  # fmt: skip
    axes.set(xlim=(-1.12, 1.12), ylim=(-0.2, 1.93))


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
    with new_figure(LAYERS_WIDTH, 3.6, layout="constrained") as figure:
        axes = figure.add_subplot()
        for (name, curve), colour in zip(entries.items(), SERIES_COLOURS, strict=False):
            axes.plot(places, list(curve.values()), "o-", color=colour, label=name, markersize=5)
        for number, (before, after) in enumerate(pairwise(blocks)):
            if before != after:
                axes.axvline(number + 0.5, color=FAINT_INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xticks(places, [layer.partition("_conv")[2] for layer in layers])
        axes.set_xlabel("number of the convolution in its block")
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
