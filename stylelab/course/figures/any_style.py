"""Figures of notebook 18: the points of a layer as a cloud over two of its channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import INK, WIDTH, CourseFigure, new_figure
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MAX_DOTS = 700
"""Points drawn of one cloud at most."""


def plot_feature_clouds(
    entries: Mapping[str, NDArray[Any]],
    channels: tuple[int, int],
    *,
    like: str | None = None,
    alt: str | None = None,
) -> CourseFigure:
    """Plot the points of feature maps over two of their channels, side by side on the same axes.

    Each cloud has a cross at its mean, and the ellipse of its covariance at two standard deviations.
    Its correlation r follows its title. The frame fits the ellipses; points farther out are cut off.

    Args:
        entries: maps (rows, columns, C), or points (M, C), by title.
        channels: numbers of the two channels.
        like: title of the cloud whose ellipse is drawn in all panels, dotted.
        alt: what the figure shows, in words; by default the deviations and the correlation of each.

    Raises:
        SettingsError: there is nothing to show, or no cloud named `like`.
    """
    if not entries or not (like is None or like in entries):
        raise SettingsError(
            f"Expected maps by title, and one of the titles. Received: {[*entries]} and {like!r}."
        )
    clouds = {
        title: np.asarray(maps, float)[..., list(channels)].reshape(-1, 2)
        for title, maps in entries.items()
    }
    outlines = {title: _ellipse(points) for title, points in clouds.items()}
    everything = np.concatenate([*outlines.values()])
    low, high = everything.min(0), everything.max(0)
    room = 0.08 * (high - low)
    words = []
    with new_figure(WIDTH, WIDTH / len(entries) + 1, layout="constrained") as figure:
        panels = figure.subplots(1, len(entries), sharex=True, sharey=True, squeeze=False)[0]
        for axes, (title, points) in zip(panels, clouds.items(), strict=True):
            _draw_cloud(axes, points, outlines[title])
            if like is not None:
                axes.plot(
                    *outlines[like].T,
                    color=SERIES_COLOURS[1], linestyle=(0, (1, 1.5)), label=f"that of {like}",
                )  # fmt: skip
            correlation = np.corrcoef(points.T)[0, 1]
            axes.set_title(f"{title} · r = {correlation:z.2f}", loc="left")
            axes.set_xlabel(f"channel {channels[0]}")
            spread = " and ".join(f"{one:.0f}" for one in points.std(0))
            words.append(f"{title}: deviations {spread}, correlation {correlation:z.2f}")
        panels[0].set_ylabel(f"channel {channels[1]}")
        panels[0].set(
            xlim=(low[0] - room[0], high[0] + room[0]), ylim=(low[1] - room[1], high[1] + room[1])
        )
        figure.legend(
            *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(entries)
        )
    described = (
        f"Clouds of points over channels {channels[0]} and {channels[1]}. {'; '.join(words)}."
    )
    return CourseFigure(figure, alt or described)


def _draw_cloud(axes: Axes, points: NDArray[np.float64], outline: NDArray[np.float64]) -> None:
    some = points
    if len(points) > MAX_DOTS:
        some = points[np.random.default_rng(0).choice(len(points), MAX_DOTS, replace=False)]
    x, y = some.T
    axes.scatter(x, y, s=5, color=SERIES_COLOURS[0], alpha=0.35, linewidths=0)
    axes.plot(*outline.T, color=INK, linewidth=1.4, label="covariance, at two standard deviations")
    axes.plot(*points.mean(0), "+", color=INK, markersize=9, markeredgewidth=1.6)


def _ellipse(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on the ellipse of the covariance, two standard deviations from the mean."""
    variances, axes = np.linalg.eigh(np.cov(points.T))
    angle = np.linspace(0, 2 * np.pi, 90)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    outline: NDArray[np.float64] = (
        points.mean(0) + 2 * circle * np.sqrt(np.maximum(variances, 0)) @ axes.T
    )
    return outline
