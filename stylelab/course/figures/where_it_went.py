"""Figures of notebook 19: frames of films, where they have changed, and flicker of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.advice import show_enlarged
from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    CourseFigure,
    logarithmic_axis,
    new_figure,
    validate_not_empty,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

FULL_LENGTH = 60.0
"""Difference, in gray levels, that is drawn in black in maps of differences."""

OUT_OF_VIEW = (0.75, 0.83, 0.91)
"""Colour of places that were not in view before."""


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


def show_differences(
    films: Mapping[str, tuple[Picture, Picture]], seen: NDArray[np.bool_], *, alt: str
) -> CourseFigure:
    """Show how much each place has changed from one picture to another: white is not at all.

    Args:
        films: two pictures (H, W, 3) by title, the first moved to where its places are in the second.
        seen: (H, W), which places were in view before; the others are pale blue.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    maps = {}
    for title, (moved, after) in films.items():
        gray = 1 - np.clip(np.abs(after - moved).mean(axis=2) * 255 / FULL_LENGTH, 0, 1)
        maps[title] = np.where(seen[..., None], gray[..., None], OUT_OF_VIEW).astype(np.float32)
    return show_enlarged(maps, alt=alt)


def plot_flicker(runs: Mapping[str, Mapping[str, float]], *, alt: str) -> CourseFigure:
    """Plot the flicker of each way of painting: a row for each way, a colour for each film.

    Args:
        runs: flicker in gray levels, above 0, by the name of the film, by the name of the way; all ways
            have the same films.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(runs and all(map(len, runs.values())), "run")
    rows = range(len(runs))
    with new_figure(8.2, 1.4 + 0.42 * len(runs), layout="constrained") as figure:
        axes = figure.add_subplot()
        for film, colour in zip(next(iter(runs.values())), SERIES_COLOURS, strict=False):
            flicker = [of_way[film] for of_way in runs.values()]
            axes.plot(flicker, rows, "o", color=colour, alpha=0.8, label=film)
        axes.set_yticks(rows, list(runs))
        axes.set(ylim=(len(runs) - 0.5, -0.5), xlabel="flicker (gray levels)")
        logarithmic_axis(axes, "x")
        axes.set_xticks((0.5, 1, 2, 5, 10, 20, 50))
        axes.grid(visible=False, axis="y")
        axes.legend(ncols=len(SERIES_COLOURS), loc="lower left", bbox_to_anchor=(0, 1))
    return CourseFigure(figure, alt)
