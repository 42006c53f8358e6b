"""Figures of notebook 14: trials, trade-off, full-size pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    DOTS_PER_INCH,
    WIDTH,
    CourseFigure,
    logarithmic_axis,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.pictures import add_picture
from stylelab.pictures.images import validate_image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.course.experiments import Trial
    from stylelab.pictures.images import Picture

TRIAL_WIDTH = 1.6
"""Width of a trial's picture, in inches: slightly more than its own pixels."""


def show_trials(trials: Mapping[str, Trial], *, alt: str | None = None) -> CourseFigure:
    """Show the pictures of trials in a row, with their names above and their scores below.

    Args:
        trials: trials by name, with pictures of one shape.
        alt: what they show, in words; by default the names and scores.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(trials, "trial")
    rows, columns = next(iter(trials.values())).image.shape[:2]
    count = len(trials)
    width = min(TRIAL_WIDTH, WIDTH / count)
    height = width * rows / columns
    above, below = 0.28, 0.45
    full = height + above + below
    parts = []
    with new_figure(width * count, full) as figure:
        for number, (name, trial) in enumerate(trials.items()):
            place = ((number + 0.015) / count, below / full, 0.97 / count, height / full)
            axes = add_picture(figure, place, trial.image, name, pad=4, fontsize=10)
            scores = f"content {trial.scores.content:.2f}", f"style {trial.scores.style:.3f}"
            axes.set_xlabel("\n".join(scores), fontsize=9, labelpad=3)
            parts.append(f"{name}: {', '.join(scores)}")
    words = f"Pictures of {count} trials. {'; '.join(parts)}."
    return CourseFigure(figure, alt or words, kind="jpeg")


def plot_trade_off(trials: Mapping[str, Mapping[str, Trial]], *, alt: str) -> CourseFigure:
    """Plot trials as points: distance from the photo against distance from the painting.

    Args:
        trials: trials by name, by the name of their series; a line joins each series.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(trials and all(trials.values()), "trial")
    with new_figure(7.5, 3.8, layout="constrained") as figure:
        axes = figure.add_subplot()
        for (series, named), colour in zip(trials.items(), SERIES_COLOURS, strict=False):
            points = [(trial.scores.content, trial.scores.style) for trial in named.values()]
            axes.plot(*zip(*points, strict=True), "o-", color=colour, label=series, linewidth=1)
        logarithmic_axis(axes)
        axes.margins(0.1, 0.15)
        axes.set(
            xlabel="content: distance from the photo", ylabel="style: distance from the painting"
        )
        _name_points(axes, trials)
        if len(trials) > 1:
            axes.legend()
    return CourseFigure(figure, alt)


def _name_points(axes: Any, trials: Mapping[str, Mapping[str, Trial]]) -> None:
    """Write a name above each point, or below it if it would overlap another name."""
    axes.get_figure().draw_without_rendering()  # the positions of points are known only after it
    taken: list[Any] = []
    for named in trials.values():
        for name, trial in named.items():
            point = (trial.scores.content, trial.scores.style)
            label = axes.annotate(name, point, (6, 5), textcoords="offset points", fontsize=9)
            if label.get_window_extent().count_overlaps(taken):
                label.xyann = (6, -14)
            taken.append(label.get_window_extent())


def show_unscaled(picture: Picture, *, alt: str) -> CourseFigure:
    """Show a finished picture or contact sheet at its full size, as a JPEG.

    Args:
        picture: (H, W, 3), RGB, in [0, 1].
        alt: what it shows, in words.
    """
    image = validate_image(picture)
    height, width = image.shape[:2]
    # Slightly more, since a fraction of a pixel is cut off: 60 / 110 · 110 may be 59.999….
    inches = ((width + 1e-6) / DOTS_PER_INCH, (height + 1e-6) / DOTS_PER_INCH)
    with new_figure(*inches) as figure:
        add_picture(figure, (0, 0, 1, 1), image, interpolation="nearest")
    return CourseFigure(figure, alt, kind="jpeg")
