"""Figures of notebook 14: trials, trade-off, ratios of several pairs, enlarged pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    DOTS_PER_INCH,
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    logarithmic_axis,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.pictures import add_picture, show_pictures
from stylelab.pictures.images import validate_image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.course.experiments import Trial
    from stylelab.pictures.images import Picture

QUALITY = 60
"""JPEG quality of this notebook's pictures: it has many, and most are enlarged."""

ENLARGED_WIDTH = 3.3
"""Width of a picture that `show_enlarged` shows, in inches."""

TRIAL_WIDTH = 2.85
"""Largest width of a trial's picture, in inches: enlarged, so that strokes can be looked at."""


def show_trials(
    trials: Mapping[str, Trial], *, columns: int | None = None, alt: str | None = None
) -> CourseFigure:
    """Show the pictures of trials, with their names above and their scores below.

    Args:
        trials: trials by name, with pictures of one shape.
        columns: pictures in a row; by default three, or two of four.
        alt: what they show, in words; by default the names and scores.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(trials, "trial")
    rows, across = next(iter(trials.values())).image.shape[:2]
    in_row = columns or (2 if len(trials) == 4 else 3)  # noqa: PLR2004 - two rows of two
    in_row = min(in_row, len(trials))
    down = -(-len(trials) // in_row)
    width = min(TRIAL_WIDTH, WIDTH / in_row)
    height = width * rows / across
    above, below = 0.3, 0.3
    one = above + height + below
    parts = []
    with new_figure(width * in_row, one * down) as figure:
        for number, (name, trial) in enumerate(trials.items()):
            row, column = divmod(number, in_row)
            bottom = 1 - (row * one + above + height) / (one * down)
            place = ((column + 0.01) / in_row, bottom, 0.98 / in_row, height / (one * down))
            axes = add_picture(figure, place, trial.image, name, pad=4, fontsize=11)
            scores = f"content {trial.scores.content:.2f}, style {trial.scores.style:.3f}"
            axes.set_xlabel(scores, fontsize=9, labelpad=3)
            parts.append(f"{name}: {scores}")
    words = f"Pictures of {len(trials)} trials. {'; '.join(parts)}."
    return CourseFigure(figure, alt or words, kind="jpeg", jpeg_quality=QUALITY)


def compare_trials(
    left: tuple[str, Trial],
    right: tuple[str, Trial],
    *,
    zoom: float = 1,
    across: float = 0.5,
    down: float = 0.5,
) -> CourseFigure:
    """Show two trials side by side, as large as the page allows, with their scores.

    Args:
        left: a trial with its name.
        right: another, with a picture of the same shape.
        zoom: how many times the part that is shown is enlarged; 1 shows all.
        across: where that part lies, from 0 (left) to 1 (right).
        down: from 0 (top) to 1 (bottom).
    """
    rows, columns = left[1].image.shape[:2]
    height, width = max(round(rows / zoom), 1), max(round(columns / zoom), 1)
    top, start = round(down * (rows - height)), round(across * (columns - width))
    part = slice(top, top + height), slice(start, start + width)
    side = WIDTH / 2
    high = side * height / width
    above, below = 0.32, 0.34
    full = above + high + below
    words = []
    with new_figure(WIDTH, full) as figure:
        for number, (name, trial) in enumerate((left, right)):
            place = ((number + 0.005) / 2, below / full, 0.495, high / full)
            axes = add_picture(
                figure, place, trial.image[part], name, pad=5,
                interpolation="bicubic" if zoom == 1 else "nearest",
            )  # fmt: skip
            axes.set_xlabel(str(trial.scores), fontsize=10, labelpad=4)
            words.append(f"{name}, {trial.scores}")
    shown = "" if zoom == 1 else f", enlarged {zoom:g} times"
    return CourseFigure(
        figure,
        f"Two pictures side by side{shown}: {'; '.join(words)}.",
        kind="jpeg",
        jpeg_quality=QUALITY,
    )


def plot_ratios(ratios: Mapping[str, Sequence[float]], *, xlabel: str, alt: str) -> CourseFigure:
    """Plot ratios as dots on a logarithmic axis, a row for each comparison; 1 is "no difference".

    Args:
        ratios: a ratio for each pair of pictures (and each seed), by the name of the comparison.
        xlabel: what is divided by what.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(ratios and all(map(len, ratios.values())), "ratio")
    with new_figure(8.2, 0.75 + 0.42 * len(ratios), layout="constrained") as figure:
        axes = figure.add_subplot()
        axes.axvline(1, color=FAINT_INK, linewidth=1, zorder=1)
        for row, (_, values) in enumerate(ratios.items()):
            axes.plot(
                values, [row] * len(values), "o", color=SERIES_COLOURS[0], alpha=0.6, zorder=2
            )
            middle = float(np.median(values))
            axes.plot([middle] * 2, [row - 0.3, row + 0.3], color=INK, linewidth=2, zorder=3)
        logarithmic_axis(axes, "x")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_yticks(range(len(ratios)), list(ratios))
        axes.set(ylim=(len(ratios) - 0.5, -0.5), xlabel=xlabel)
        axes.grid(visible=False, axis="y")
    return CourseFigure(figure, alt)


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


def show_enlarged(
    entries: Mapping[str, Picture], *, columns: int = 2, alt: str | None = None
) -> CourseFigure:
    """Show small pictures side by side, large enough to look at strokes, each under its title.

    Args:
        entries: pictures (H, W, 3) by title.
        columns: pictures in a row.
        alt: what they show, in words; by default titles, brightness and main colours.

    Raises:
        SettingsError: there is nothing to show.
    """
    width = min(WIDTH, ENLARGED_WIDTH * columns)
    shown = show_pictures(entries, columns=columns, width=width, alt=alt)
    return replace(shown, jpeg_quality=QUALITY)


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
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=QUALITY)
