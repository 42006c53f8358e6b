"""Numbers as curves and bars, with named axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.drawing import COLOURS, WIDTH, Drawing, logarithmic_axis, look
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

SERIES = ("#0b7fab", "#d1495b", "#7a8f2a", "#b5651d", "#6a4c93", "#26323f", "#2a9d8f")
"""Colours of series that are no term of a loss; told apart by colour-blind readers too."""


def curves(
    shown: Mapping[str, ArrayLike],
    *,
    x: ArrayLike | None = None,
    xlabel: str,
    ylabel: str,
    alt: str,
    logarithmic: bool | str = False,
    markers: bool = False,
) -> Drawing:
    """Show series of numbers as curves, each named in the legend.

    Args:
        shown: values by name; a term of a loss gets its own colour. A pair (x, y) of arrays gives a
            curve its own places.
        x: places of the values; 0, 1, 2, … without it.
        xlabel: what is along, with its unit.
        ylabel: what is up, with its unit.
        alt: what is seen, in words.
        logarithmic: for the y-axis; `"both"` for both. Values of 0 or less are left out there.
        markers: mark each value: for few of them.

    Raises:
        SettingsError: there is nothing to show.
    """
    from matplotlib.figure import Figure

    if not shown:
        raise SettingsError("Expected at least one curve to show. Received: none.")
    with look():
        figure = Figure(figsize=(WIDTH, 3.8), layout="constrained")
        axes = figure.add_subplot()
        for (name, values), colour in zip(shown.items(), _colours_of(shown), strict=True):
            along, up = values if isinstance(values, tuple) else (x, values)
            height = np.asarray(up, float)
            places = np.arange(len(height)) if along is None else np.asarray(along)
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
        if len(shown) > 1:
            axes.legend()
    return Drawing(figure, alt)


def bars(
    shown: Mapping[str, float] | Mapping[str, Mapping[str, float]],
    *,
    ylabel: str,
    alt: str,
    xlabel: str = "",
    logarithmic: bool = False,
) -> Drawing:
    """Show numbers as bars; series of numbers as groups of bars, named in the legend.

    Args:
        shown: a value by name, or such a mapping by the name of its series (all with the same names).
        ylabel: what is up, with its unit.
        alt: what is seen, in words.
        xlabel: what the names are.
        logarithmic: for the y-axis.

    Raises:
        SettingsError: there is nothing to show.
    """
    from matplotlib.figure import Figure

    series = _series(shown)
    if not series or not all(series.values()):
        raise SettingsError("Expected at least one bar to show. Received: none.")
    names = list(next(iter(series.values())))
    width = 0.8 / len(series)
    with look():
        figure = Figure(figsize=(WIDTH, 3.8), layout="constrained")
        axes = figure.add_subplot()
        axes.grid(visible=False, axis="x")
        for number, ((label, values), colour) in enumerate(
            zip(series.items(), _colours_of(series), strict=True)
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
            # Above the axes: nowhere inside is free of bars for sure.
            axes.legend(ncols=len(series), loc="lower right", bbox_to_anchor=(1, 1))
    return Drawing(figure, alt)


def _series(
    shown: Mapping[str, float] | Mapping[str, Mapping[str, float]],
) -> dict[str, dict[str, float]]:
    series: dict[str, dict[str, float]] = {}
    for name, value in shown.items():
        if isinstance(value, int | float | np.number):
            series.setdefault("", {})[name] = float(value)
        else:
            series[name] = dict(value)
    return series


def _colours_of(shown: Mapping[str, Any]) -> list[str]:
    """Give a term of a loss its own colour, and the others one after the other."""
    taken = {COLOURS[name] for name in shown if name in COLOURS}
    free = [colour for colour in SERIES if colour not in taken]
    others = iter(free * (1 + len(shown) // len(free)))
    return [COLOURS[name] if name in COLOURS else next(others) for name in shown]
