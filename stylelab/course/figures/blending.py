"""Figures of notebook 09: blends of two styles, and the minimum of two weighted distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import FAINT_INK, INK, WIDTH, CourseFigure, new_figure
from stylelab.course.figures.pictures import add_picture
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from stylelab.pictures.images import Picture

STRIP_WIDTH = 8.4
"""Width of the row of blends, in inches: pictures full of strokes make large files."""

AXIS_SHARE = 0.09
"""Share of the figure's width that the y-axis takes at the left."""

LABEL_CLEARANCE = 0.12
"""Share of the chart's height that must be free above a value; else its number is written below."""


def show_blends(
    entries: Sequence[Picture],
    shares: Sequence[float],
    distances: Mapping[str, Sequence[float]],
    *,
    xlabel: str,
    ylabel: str,
    alt: str,
) -> CourseFigure:
    """Show a row of pictures, and a chart of their distances below.

    Args:
        entries: pictures (H, W, 3) of one shape.
        shares: a number for each, written below it.
        distances: a distance of at least 0 for each picture, by what it is the distance to.
        xlabel: what the shares are.
        ylabel: the quantity on the y-axis, with its unit.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show, or not one number for each picture.
    """
    counts = {len(shares), *map(len, distances.values())}
    if not entries or counts != {len(entries)}:
        raise SettingsError(
            f"Expected a share and distances for each of {len(entries)} pictures, at least one. "
            f"Received: {len(shares)} shares and {[*map(len, distances.values())]} distances."
        )
    across = (1 - AXIS_SHARE) / len(entries)
    tall = across * STRIP_WIDTH * entries[0].shape[0] / entries[0].shape[1]
    height = tall + 3.3
    with new_figure(STRIP_WIDTH, height) as figure:
        for number, image in enumerate(entries):
            left = AXIS_SHARE + (number + 0.01) * across
            place = (left, 1 - tall / height, 0.98 * across, 0.98 * tall / height)
            add_picture(figure, place, image, interpolation="bilinear")
        chart = figure.add_axes((AXIS_SHARE, 0.62 / height, 1 - AXIS_SHARE, 2.6 / height))
        places = np.arange(len(entries))
        largest = max((max(values) for values in distances.values()), default=1.0)
        for (name, values), colour in zip(distances.items(), SERIES_COLOURS, strict=False):
            chart.plot(places, values, "o-", color=colour, label=name, markersize=6)
            for x, value in enumerate(values):
                others = [other[x] for other in distances.values() if other[x] > value]
                crowded = min(others, default=np.inf) - value < LABEL_CLEARANCE * largest
                chart.annotate(
                    f"{value:.2f}", (x, value), (0, -8 if crowded else 8),
                    textcoords="offset points", ha="center", va="top" if crowded else "bottom",
                    color=colour, fontsize=9.5,
                )  # fmt: skip
        # Each value is below the middle of its picture.
        chart.set(xlim=(-0.5, len(entries) - 0.5), ylim=(0, 1.18 * largest))
        chart.set_xticks(places, [f"{share:g}" for share in shares])
        chart.set(xlabel=xlabel, ylabel=ylabel)
        chart.legend(loc="upper center")
    return CourseFigure(figure, alt, kind="jpeg")


def plot_weighted_distances(
    one: ArrayLike,
    other: ArrayLike,
    weights: tuple[float, float],
    names: tuple[str, str],
    *,
    alt: str,
) -> CourseFigure:
    """Plot two weighted distances and their sum for Gram matrices interpolated between two paintings.

    The matrices are (1 − s)·A + s·B, with s from slightly below 0 to slightly above 1. All distances
    are relative: ‖G − A‖² / ‖A‖² and ‖G − B‖² / ‖B‖².

    Args:
        one: A, (N, N), not all 0.
        other: B, of the same shape, not all 0.
        weights: of the two distances, at least 0, not both 0.
        names: of the two styles.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: the matrices differ in shape, one is all 0, or the weights are out of range.
    """
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if first.shape != second.shape or not first.any() or not second.any():
        raise SettingsError(
            "Expected two Gram matrices of one shape, neither of them all 0. "
            f"Received: {first.shape} and {second.shape}."
        )
    if min(weights) < 0 or max(weights) == 0:
        raise SettingsError(f"Expected two weights of at least 0, not both 0. Received: {weights}.")
    shares = np.linspace(-0.15, 1.15, 131)
    distances = weighted_distances(first, second, weights, shares)
    curvatures = np.array(weights) / [(first**2).sum(), (second**2).sum()]
    lowest = curvatures[1] / sum(curvatures)
    least = float(weighted_distances(first, second, weights, np.array([lowest])).sum())
    with new_figure(WIDTH, 3.8, layout="constrained") as figure:
        axes = figure.add_subplot()
        for values, name, colour in zip(distances, names, SERIES_COLOURS, strict=False):
            axes.plot(shares, values, color=colour, label=f"weighted distance to the {name}")
        axes.plot(shares, distances.sum(0), color=INK, linewidth=3, label="their sum")
        axes.axvline(lowest, color=FAINT_INK, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        axes.plot(lowest, least, "*", color=INK, markersize=17, markeredgecolor="white", zorder=4)
        axes.set_xticks([0, 0.5, 1], [f"the {names[0]}'s", "half and half", f"the {names[1]}'s"])
        axes.set(xlim=(shares[0], shares[-1]), ylim=(0, None))
        axes.set(xlabel="Gram matrix, from the one to the other", ylabel="distance (no unit)")
        figure.legend(loc="outside upper center", ncols=3)
    return CourseFigure(figure, alt)


def weighted_distances(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    weights: tuple[float, float],
    shares: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return both weighted relative distances, (2, n), at (1 − s)·A + s·B for each of n shares s."""
    distance = float(((one - other) ** 2).sum())
    return np.array(
        [
            weights[0] * shares**2 * distance / float((one**2).sum()),
            weights[1] * (1 - shares) ** 2 * distance / float((other**2).sum()),
        ]
    )
