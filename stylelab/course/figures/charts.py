"""Curves and bar charts, with named axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.course_figure import (
    TERM_COLOURS,
    WIDTH,
    CourseFigure,
    logarithmic_axis,
    new_figure,
    validate_not_empty,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

SERIES_COLOURS = ("#0b7fab", "#d1495b", "#7a8f2a", "#b5651d", "#6a4c93", "#26323f", "#2a9d8f")
"""Colours of series other than the terms of a loss; colour-blind readers can distinguish them."""


def plot_curves(
    entries: Mapping[str, ArrayLike],
    *,
    x: ArrayLike | None = None,
    xlabel: str,
    ylabel: str,
    alt: str,
    logarithmic: bool | str = False,
    markers: bool = False,
) -> CourseFigure:
    """Plot series of numbers as curves, named in a legend.

    Args:
        entries: values by name; a term of a loss has its own colour. A pair (x, y) of arrays gives a
            curve its own x values.
        x: x values of all curves; by default 0, 1, 2, ….
        xlabel: the quantity on the x-axis, with its unit.
        ylabel: the quantity on the y-axis, with its unit.
        alt: what the figure shows, in words.
        logarithmic: the y-axis is logarithmic; with `"both"`, both are. Values of 0 or less are left
            out.
        markers: mark each value; for short series.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(entries, "curve")
    with new_figure(WIDTH, 3.8, layout="constrained") as figure:
        axes = figure.add_subplot()
        for (name, values), colour in zip(entries.items(), _series_colours(entries), strict=True):
            own_x, y = values if isinstance(values, tuple) else (x, values)
            height = np.asarray(y, float)
            places = np.arange(len(height)) if own_x is None else np.asarray(own_x)
            drawn = np.where(height > 0, height, np.nan) if logarithmic else height
            style: dict[str, Any] = {"marker": "o", "markersize": 5} if markers else {}
            axes.plot(places, drawn, color=colour, label=name, **style)
        if logarithmic:
            logarithmic_axis(axes)
        if logarithmic == "both":
            logarithmic_axis(axes, "x")
        elif x is None:
            axes.locator_params(axis="x", integer=True)
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        if len(entries) > 1:
            axes.legend()
    return CourseFigure(figure, alt)


def plot_bars(
    entries: Mapping[str, float] | Mapping[str, Mapping[str, float]],
    *,
    ylabel: str,
    alt: str,
    xlabel: str = "",
    logarithmic: bool = False,
) -> CourseFigure:
    """Plot numbers as bars; several series as groups of bars, named in a legend.

    Args:
        entries: a value by name, or such a mapping by the name of its series (all with the same names).
        ylabel: the quantity on the y-axis, with its unit.
        alt: what the figure shows, in words.
        xlabel: what the names stand for.
        logarithmic: whether the y-axis is logarithmic.

    Raises:
        SettingsError: there is nothing to show.
    """
    series = _as_series(entries)
    validate_not_empty(series and all(series.values()), "bar")
    names = list(next(iter(series.values())))
    width = 0.8 / len(series)
    with new_figure(WIDTH, 3.8, layout="constrained") as figure:
        axes = figure.add_subplot()
        axes.grid(visible=False, axis="x")
        for number, ((label, values), colour) in enumerate(
            zip(series.items(), _series_colours(series), strict=True)
        ):
            places = np.arange(len(names)) + (number - (len(series) - 1) / 2) * width
            heights = [values[name] for name in names]
            axes.bar(places, heights, width * 0.92, color=colour, label=label, zorder=2)
        axes.set_xticks(np.arange(len(names)), names)
        if len("".join(names)) > 90:  # noqa: PLR2004 - letters that fit side by side
            axes.tick_params(axis="x", labelrotation=30)
            for text in axes.get_xticklabels():
                text.set_horizontalalignment("right")
        if logarithmic:
            logarithmic_axis(axes)
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        if len(series) > 1:
            # Above the axes, since bars may be anywhere inside.
            axes.legend(ncols=len(series), loc="lower right", bbox_to_anchor=(1, 1))
    return CourseFigure(figure, alt)


def _as_series(
    entries: Mapping[str, float] | Mapping[str, Mapping[str, float]],
) -> dict[str, dict[str, float]]:
    series: dict[str, dict[str, float]] = {}
    for name, value in entries.items():
        if isinstance(value, int | float | np.number):
            series.setdefault("", {})[name] = float(value)
        else:
            series[name] = dict(value)
    return series


def _series_colours(entries: Mapping[str, Any]) -> list[str]:
    """Return a colour for each series: a term's own, or the next free one."""
    taken = {TERM_COLOURS[name] for name in entries if name in TERM_COLOURS}
    free = [colour for colour in SERIES_COLOURS if colour not in taken]
    others = iter(free * (1 + len(entries) // len(free)))
    return [TERM_COLOURS[name] if name in TERM_COLOURS else next(others) for name in entries]
