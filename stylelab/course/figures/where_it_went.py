"""Figures of notebook 19: frames of films, where they have changed, and flicker of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.advice import show_enlarged
from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import INK, CourseFigure, new_figure, validate_not_empty
from stylelab.course.figures.pictures import show_pictures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.pictures.images import Picture

FULL_LENGTH = 60.0
"""Difference, in gray levels, that is drawn in black in maps of differences."""


def show_frame(films: Mapping[str, Sequence[Picture]], number: int) -> CourseFigure:
    """Show one frame of each of several films, large.

    Args:
        films: frames (H, W, 3) by title.
        number: of the frame, from 0.

    Raises:
        SettingsError: there are no films.
    """
    validate_not_empty(films, "film")
    words = f"Frame {number + 1} of {len(next(iter(films.values())))}: {'; '.join(films)}."
    return show_enlarged(
        {title: frames[number] for title, frames in films.items()},
        columns=min(2, len(films)),
        alt=words,
    )


def show_differences(films: Mapping[str, tuple[Picture, Picture]], *, alt: str) -> CourseFigure:
    """Show how much each place has changed from one picture to another: white is not at all.

    Args:
        films: two pictures (H, W, 3) by title, the first moved to where its places are in the second.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    maps = {}
    for title, (moved, after) in films.items():
        gray = 1 - np.clip(np.abs(after - moved).mean(axis=2) * 255 / FULL_LENGTH, 0, 1)
        maps[title] = np.repeat(gray[..., None], 3, axis=2).astype(np.float32)
    return show_pictures(maps, alt=alt)


def plot_flicker(
    runs: Mapping[str, Sequence[float]], floor: Sequence[float], *, alt: str
) -> CourseFigure:
    """Plot the flicker of each way of painting as dots, one for each film, and their medians.

    Args:
        runs: flicker in gray levels, by the name of the way.
        floor: flicker of the unpainted films: from interpolation alone.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(runs and all(map(len, runs.values())), "run")
    with new_figure(8.2, 1.1 + 0.42 * len(runs), layout="constrained") as figure:
        axes = figure.add_subplot()
        axes.axvspan(0, max(floor), color="#e9eef2", linewidth=0, zorder=0)
        for row, values in enumerate(runs.values()):
            dots: dict[str, Any] = {"color": SERIES_COLOURS[0], "alpha": 0.6, "zorder": 2}
            axes.plot(values, [row] * len(values), "o", **dots)
            axes.plot(
                [np.median(values)] * 2, [row - 0.3, row + 0.3], color=INK, linewidth=2, zorder=3
            )
        axes.set_yticks(range(len(runs)), list(runs))
        axes.set(ylim=(len(runs) - 0.5, -0.5), xlim=(0, None))
        axes.set(xlabel="flicker (gray levels); shaded: the films before painting")
        axes.grid(visible=False, axis="y")
    return CourseFigure(figure, alt)
