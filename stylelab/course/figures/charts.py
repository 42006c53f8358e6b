"""Curves and bar charts, with named axes, and the loss in the course of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.course_figure import (
    FAINT_INK,
    TERM_COLOURS,
    WIDTH,
    CourseFigure,
    logarithmic_axis,
    new_figure,
    validate_not_empty,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from stylelab.pipeline.progress import Record
    from stylelab.pipeline.result import Result

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
    """Plot series of numbers as curves, named in a legend; the more values, the wider the chart.

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
    style: dict[str, Any] = {"marker": "o", "markersize": 5} if markers else {}
    with new_figure(_curves_width(entries), 3.8, layout="constrained") as figure:
        axes = figure.add_subplot()
        for (name, values), colour in zip(entries.items(), _series_colours(entries), strict=True):
            own_x, y = values if isinstance(values, tuple) else (x, values)
            height = np.asarray(y, float)
            places = np.arange(len(height)) if own_x is None else own_x
            drawn = np.where(height > 0, height, np.nan) if logarithmic else height
            axes.plot(places, drawn, color=colour, label=name, **style)
        if logarithmic:
            logarithmic_axis(axes)
        if logarithmic == "both":
            logarithmic_axis(axes, "x")
        elif x is None:
            axes.locator_params(axis="x", integer=True)
        axes.set(xlabel=xlabel, ylabel=ylabel)
        if len(entries) > 1:
            axes.legend()
    return CourseFigure(figure, alt)


def _curves_width(entries: Mapping[str, ArrayLike]) -> float:
    """Return the width of a chart of curves, in inches."""
    longest = max(
        np.size(values[-1] if isinstance(values, tuple) else values) for values in entries.values()
    )
    return float(np.clip(5.2 + 0.04 * longest, 6, 8.6))


def plot_bars(
    entries: Mapping[str, float] | Mapping[str, Mapping[str, float]],
    *,
    ylabel: str,
    alt: str,
    xlabel: str = "",
    logarithmic: bool = False,
) -> CourseFigure:
    """Plot numbers as bars; several series as groups of bars, named in a legend.

    The chart is as wide as its bars and their names need. A value of 0 has no bar: it is written there.

    Args:
        entries: a value by name, or such a mapping by the name of its series (all with the same names).
        ylabel: the quantity on the y-axis, with its unit.
        alt: what the figure shows, in words.
        xlabel: what the names stand for.
        logarithmic: whether the y-axis is logarithmic.

    Raises:
        SettingsError: there is nothing to show.
    """
    series: dict[str, dict[str, float]] = {}
    for name, value in entries.items():
        if isinstance(value, int | float | np.number):
            series.setdefault("", {})[name] = float(value)
        else:
            series[name] = dict(value)
    validate_not_empty(series and all(series.values()), "bar")
    names = list(next(iter(series.values())))
    width = 0.8 / len(series)
    with new_figure(_bars_width(names, list(series)), 3.8, layout="constrained") as figure:
        axes = figure.add_subplot()
        axes.grid(visible=False, axis="x")
        for number, ((label, values), colour) in enumerate(
            zip(series.items(), _series_colours(series), strict=True)
        ):
            places = np.arange(len(names)) + (number - (len(series) - 1) / 2) * width
            heights = [values[name] for name in names]
            axes.bar(places, heights, width * 0.92, color=colour, label=label, zorder=2)
            for place in places[np.equal(heights, 0)] if not logarithmic else ():
                axes.annotate("0", (place, 0), (0, 2), textcoords="offset points", ha="center",
                              color=colour)  # fmt: skip
        slanted = len("".join(names)) > 90  # noqa: PLR2004 - letters that fit side by side
        style: dict[str, Any] = {"rotation": 30, "ha": "right"} if slanted else {}
        axes.set_xticks(np.arange(len(names)), names, **style)
        if logarithmic:
            logarithmic_axis(axes)
        axes.set(xlabel=xlabel, ylabel=ylabel)
        if len(series) > 1:
            # Above the axes, since bars may be anywhere inside.
            axes.legend(ncols=len(series), loc="lower right", bbox_to_anchor=(1, 1))
    return CourseFigure(figure, alt)


def _bars_width(names: Sequence[str], series: Sequence[str]) -> float:
    """Return the width of a chart of bars, in inches: for its bars, their names and its legend."""
    group = max(0.35 * len(series) + 0.25, LETTER * max(map(len, names)) + 0.2)
    legend = sum(LETTER * len(label) + 0.7 for label in series)
    return float(np.clip(max(1 + group * len(names), 0.7 + legend), 4, WIDTH))


LETTER = 0.085
"""Mean width of a letter at an axis or in a legend, in inches."""


def _series_colours(entries: Mapping[str, Any]) -> list[str]:
    """Return a colour for each series: a term's own, or the next free one."""
    taken = {TERM_COLOURS[name] for name in entries if name in TERM_COLOURS}
    free = [colour for colour in SERIES_COLOURS if colour not in taken]
    others = iter(free * (1 + len(entries) // len(free)))
    return [TERM_COLOURS[name] if name in TERM_COLOURS else next(others) for name in entries]


def plot_loss_curves(result: Result) -> CourseFigure:
    """Plot the loss by step, as the sum of its terms, at each size.

    The terms are areas, one on top of the other, from 0 up; the line above them is the loss.

    Args:
        result: the result of `transfer`.
    """
    history = result.history
    names = list(history[0].terms)
    highest = max(record.loss for record in history)
    offset, parts = 0, []
    with new_figure(WIDTH, 4.0, layout="constrained") as figure:
        axes = figure.add_subplot()
        for stage in sorted({record.stage for record in history}):
            records = [record for record in history if record.stage == stage]
            size = max(records[0].height, records[0].width)
            _draw_stage(axes, records, offset)
            axes.annotate(f"{size} px", (offset, 1.06 * highest), xytext=(3, 0),
                          textcoords="offset points", color=FAINT_INK)  # fmt: skip
            parts.append(
                f"at {size} pixels from {records[0].loss:.3g} to {records[-1].loss:.3g} in "
                f"{records[-1].iteration} steps"
            )
            offset += len(records)
        last, below = history[-1], 0.0
        for name in names:
            value = last.terms[name]
            if value > NAMED_FROM * highest:
                colour = TERM_COLOURS.get(name.split("_2")[0], FAINT_INK)
                axes.annotate(f"{name.replace('_', ' ')} {value:.2f}", (offset - 1, below + value / 2),
                              xytext=(6, 0), textcoords="offset points", va="center",
                              color=colour)  # fmt: skip
            below += value
        axes.set(xlim=(0, 1.13 * offset), ylim=(0, 1.16 * highest))
        axes.set(xlabel="step, one size after the other", ylabel="loss: the sum of its parts")
        axes.set_xticks(np.arange(0, offset, max(20, 20 * (offset // 200))))
        axes.set_axisbelow(True)
        axes.legend(loc="upper right", reverse=True)
        axes.grid(visible=False, axis="x")
    terms = ", ".join(name.replace("_", " ") for name in names)
    alt = f"Areas: the loss as the sum of its terms ({terms}). It falls {'; '.join(parts)}."
    return CourseFigure(figure, alt)


NAMED_FROM = 0.02
"""Smallest share of the chart's height at which a term's last value is written beside it."""


def _draw_stage(axes: Axes, records: Sequence[Record], offset: int) -> None:
    if offset:
        axes.axvline(offset - 0.5, color=FAINT_INK, linewidth=1, linestyle=(0, (4, 3)))
    steps = offset + np.arange(len(records))
    below = np.zeros(len(records))
    for name in records[0].terms:
        above = below + [record.terms[name] for record in records]
        colour = TERM_COLOURS.get(name.split("_2")[0], FAINT_INK)
        label = None if offset or not above.any() else name.replace("_", " ")
        axes.fill_between(steps, below, above, color=colour, alpha=0.75, linewidth=0, label=label)
        below = above
    losses = [record.loss for record in records]
    axes.plot(steps, losses, color=TERM_COLOURS["loss"], label=None if offset else "loss")
