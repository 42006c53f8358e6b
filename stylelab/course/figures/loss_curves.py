"""The loss and its terms in the course of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.course_figure import (
    FAINT_INK,
    TERM_COLOURS,
    WIDTH,
    CourseFigure,
    logarithmic_axis,
    new_figure,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from stylelab.pipeline.progress import Record
    from stylelab.pipeline.result import Result


def plot_loss_curves(result: Result, *, alt: str | None = None) -> CourseFigure:
    """Plot the loss and its terms by step, at each size, on a logarithmic axis.

    Args:
        result: the result of `transfer`.
        alt: what the figure shows, in words; by default the first and last losses.
    """
    history = result.history
    stages = sorted({record.stage for record in history})
    with new_figure(WIDTH, 3.6, layout="constrained") as figure:
        axes = figure.add_subplot()
        offset = 0
        for stage in stages:
            records = [record for record in history if record.stage == stage]
            _draw_stage(axes, records, offset, first=stage == stages[0])
            offset += len(records)
        logarithmic_axis(axes)
        axes.set_xlim(-1, offset)
        axes.set_ylim(bottom=axes.get_ylim()[0] / 1.6)  # room for the sizes
        axes.set_xlabel("step, all sizes one after the other")
        axes.set_ylabel("loss and its terms, weighted (no unit)")
        axes.legend(loc="upper right", ncols=4)
    return CourseFigure(figure, alt or _describe_curves(history))


def _draw_stage(axes: Axes, records: Sequence[Record], offset: int, *, first: bool) -> None:
    steps = offset + np.arange(len(records))
    if not first:
        axes.axvline(offset - 0.5, color=FAINT_INK, linewidth=1, linestyle=(0, (4, 3)))
    curves = {"loss": [record.loss for record in records]}
    curves |= {name: [record.terms[name] for record in records] for name in records[0].terms}
    for name, values in curves.items():
        # The content loss starts at exactly 0, which a logarithmic axis does not have.
        drawn = np.where(np.array(values) > 0, values, np.nan)
        colour = TERM_COLOURS.get(name.split("_2")[0], FAINT_INK)
        axes.plot(
            steps, drawn, color=colour, linestyle="-" if name == "loss" else (0, (3, 1)),
            label=name.replace("_", " ") if first else None,
        )  # fmt: skip
    size = max(records[0].height, records[0].width)
    position = (offset, 0.02)
    axes.annotate(f"{size} px", position, xycoords=("data", "axes fraction"), color=FAINT_INK)


def _describe_curves(history: Sequence[Record]) -> str:
    parts = []
    for stage in sorted({record.stage for record in history}):
        records = [record for record in history if record.stage == stage]
        size = max(records[0].height, records[0].width)
        parts.append(
            f"at {size} pixels from {records[0].loss:.3g} to {records[-1].loss:.3g} in "
            f"{records[-1].iteration} steps"
        )
    terms = ", ".join(name.replace("_", " ") for name in history[0].terms)
    return f"Curves of the loss and its terms ({terms}): the loss falls {'; '.join(parts)}."
