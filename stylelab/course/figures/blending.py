"""Figures of notebook 09: blends of two styles, their scores, and the minimum of two distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    FAINT_INK,
    INK,
    CourseFigure,
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

GRID_WIDTH = 9.0
"""Width of the blends, in inches: pictures full of strokes make large files."""

COLUMNS = 3
"""Blends in a row; the chart takes the place of the last one."""

CHOSEN_WIDTH = 0.46
"""Width of a single blend, as a share of the figure's."""

TITLE_HEIGHT = 0.28

LABEL_CLEARANCE = 0.15
"""Share of the chart's height that must be free above a value; else its number is written below."""


def show_blends(
    entries: Sequence[Picture],
    shares: Sequence[float],
    distances: Mapping[str, Sequence[float]],
    *,
    name: str,
    alt: str,
) -> CourseFigure:
    """Show blends in rows of three, each under its share, and a chart of their distances at the end.

    Args:
        entries: pictures (H, W, 3) of one shape.
        shares: the part of one style in each, from 0 to 1.
        distances: a distance of at least 0 for each picture, by what it is the distance to.
        name: of the style whose parts the shares are.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show, or not one number for each picture.
    """
    _validate_blends(entries, shares, distances)
    rows = -(-(len(entries) + 1) // COLUMNS)
    across = GRID_WIDTH / COLUMNS
    tall = 0.98 * across * entries[0].shape[0] / entries[0].shape[1]
    height = rows * (tall + TITLE_HEIGHT) + 0.3  # room for the chart's axis
    with new_figure(GRID_WIDTH, height) as figure:
        for number, (image, share) in enumerate(zip(entries, shares, strict=True)):
            row, column = divmod(number, COLUMNS)
            bottom = height - (row + 1) * (tall + TITLE_HEIGHT)
            place = ((column + 0.01) / COLUMNS, bottom / height, 0.98 / COLUMNS, tall / height)
            title = f"{share:g} of the {name}"
            add_picture(figure, place, image, title, interpolation="bicubic", fontsize=10.5, pad=4)
        column = len(entries) % COLUMNS
        left, wide = (column + 0.19) / COLUMNS, (COLUMNS - column - 0.21) / COLUMNS
        chart = figure.add_axes((left, 0.47 / height, wide, (tall - 0.1) / height))
        _draw_distances(chart, shares, distances, f"part of the {name}")
    return CourseFigure(figure, alt, kind="jpeg")


def show_chosen_blend(
    entries: Sequence[Picture],
    shares: Sequence[float],
    distances: Mapping[str, Sequence[float]],
    chosen: int,
    *,
    name: str,
) -> CourseFigure:
    """Show one blend, and beside it the distances of all, with its own marked.

    Args:
        entries: as for `show_blends`.
        shares: as for `show_blends`.
        distances: as for `show_blends`.
        chosen: number of the blend to show.
        name: of the style whose parts the shares are.

    Raises:
        SettingsError: there is nothing to show, or not one number for each picture.
    """
    _validate_blends(entries, shares, distances)
    image, share = entries[chosen], shares[chosen]
    across = CHOSEN_WIDTH * GRID_WIDTH
    tall = across * image.shape[0] / image.shape[1]
    height = tall + TITLE_HEIGHT
    with new_figure(GRID_WIDTH, height) as figure:
        title = f"{share:g} of the {name}"
        place = (0, 0, CHOSEN_WIDTH, tall / height)
        add_picture(figure, place, image, title, interpolation="bicubic", fontsize=10.5, pad=4)
        chart = figure.add_axes((0.53, 0.5 / height, 0.46, (tall - 0.5) / height))
        _draw_distances(chart, shares, distances, f"part of the {name}", chosen)
    words = ", ".join(f"{each[chosen]:.2f} {what}" for what, each in distances.items())
    described = f"The blend with {share:g} of the {name}, beside a chart of the distances of all"
    alt = f"{described}: its style distance is {words}."
    return CourseFigure(figure, alt, kind="jpeg")


def _validate_blends(
    entries: Sequence[Picture], shares: Sequence[float], distances: Mapping[str, Sequence[float]]
) -> None:
    counts = {len(shares), *map(len, distances.values())}
    if not entries or counts != {len(entries)}:
        raise SettingsError(
            f"Expected a share and distances for each of {len(entries)} pictures, at least one. "
            f"Received: {len(shares)} shares and {[*map(len, distances.values())]} distances. "
            "Pass as many of each as there are pictures."
        )


def _draw_distances(
    chart: Axes,
    shares: Sequence[float],
    distances: Mapping[str, Sequence[float]],
    xlabel: str,
    chosen: int | None = None,
) -> None:
    """Draw distances by share as named curves, from zero; numbers at all, or at the chosen one only."""
    places = np.asarray(shares, float)
    largest = max((max(values) for values in distances.values()), default=1.0)
    if chosen is not None:
        chart.axvline(places[chosen], color=FAINT_INK, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    for (name, values), colour in zip(distances.items(), SERIES_COLOURS, strict=False):
        chart.plot(places, values, "o-", color=colour, label=name, markersize=4)
        for number, (x, value) in enumerate(zip(places, values, strict=True)):
            if chosen not in (None, number):
                continue
            others = [other[number] for other in distances.values() if other[number] > value]
            crowded = min(others, default=np.inf) - value < LABEL_CLEARANCE * largest
            chart.annotate(
                f"{value:.2f}", (x, value), (0, -6 if crowded else 6),
                textcoords="offset points", ha="center", va="top" if crowded else "bottom",
                color=colour, fontsize=9,
            )  # fmt: skip
            if chosen is not None:
                chart.plot(x, value, "o", color=colour, markersize=9, markeredgecolor="white")
        highest = int(np.argmax(values))
        inward = 1 if 2 * highest < len(values) else -1
        chart.annotate(
            name, (places[highest], values[highest]), (inward * 17, 6), textcoords="offset points",
            ha="left" if inward > 0 else "right", va="bottom", color=colour, fontsize=9.5,
        )  # fmt: skip
    margin = 0.09 * (np.ptp(places) or 1)
    chart.set(xlim=(places[0] - margin, places[-1] + margin), ylim=(0, 1.25 * largest))
    if places[-1] < places[0]:
        chart.set_xlim(places[0] + margin, places[-1] - margin)
    chart.set_xticks(places, [f"{share:g}" for share in shares])
    chart.tick_params(labelsize=9)
    chart.set_xlabel(xlabel, fontsize=9.5)
    chart.set_ylabel("style distance", fontsize=9.5)


def plot_scores(
    entries: Mapping[str, float], lowest: float, *, xlabel: str, alt: str
) -> CourseFigure:
    """Plot numbers as horizontal bars with their values, and a line that none can be below.

    Args:
        entries: a value by name, from the top down.
        lowest: the lowest possible value.
        xlabel: the quantity, with its unit.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(entries, "bar")
    with new_figure(6.4, 0.42 * len(entries) + 1.1, layout="constrained") as figure:
        axes = figure.add_subplot()
        bars = axes.barh(
            list(entries), list(entries.values()), 0.62, color=SERIES_COLOURS[0], zorder=2
        )
        axes.bar_label(bars, fmt="%.3f", padding=4, color=INK, fontsize=10)
        axes.axvline(lowest, color=SERIES_COLOURS[1], zorder=3)
        axes.annotate(
            f"no picture is below {lowest:.3f}", (lowest, 1), (4, 3), ha="left", va="bottom",
            xycoords=("data", "axes fraction"), textcoords="offset points",
            color=SERIES_COLOURS[1], fontsize=10,
        )  # fmt: skip
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set(xlim=(0, 1.15 * max(*entries.values(), lowest)), xlabel=xlabel)
    return CourseFigure(figure, alt)


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
    with new_figure(7.4, 3.6, layout="constrained") as figure:
        axes = figure.add_subplot()
        labels = [f"weighted distance to the {name}" for name in names]
        for values, label, colour in zip(distances, labels, SERIES_COLOURS, strict=False):
            axes.plot(shares, values, color=colour, label=label)
        total = distances.sum(0)
        axes.plot(shares, total, color=INK, linewidth=3, label="their sum")
        below = [lowest, lowest], [0, least]  # from the star down to the axis
        axes.plot(*below, color=FAINT_INK, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        axes.plot(lowest, least, "*", color=INK, markersize=17, markeredgecolor="white", zorder=4)
        axes.annotate(
            "lowest", (lowest, least), (0, 12), textcoords="offset points", ha="center", color=INK
        )
        axes.set_xticks([0, 0.5, 1], [f"the {names[0]}'s", "half and half", f"the {names[1]}'s"])
        axes.set(xlim=(shares[0], shares[-1]), ylim=(0, 1.05 * total.max()))
        axes.set(xlabel="Gram matrix, from the one to the other", ylabel="distance (no unit)")
        figure.legend(loc="outside upper center", ncols=3, fontsize=10)
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
