"""Axes of the loss curves: where steps and losses lie, in pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stylelab.pipeline.progress import Record
    from stylelab.pipeline.stages import Stage

DECADES = 4
"""Powers of ten that the axis covers at most."""

LEFT, ROW, BOTTOM = 50, 18, 24
"""Room, in pixels: left of the axis, for a line of text, below the axis."""

CHARACTER, BOLD = 6.6, 7.4
"""Width of a character of the text, in pixels, about."""


@dataclass(frozen=True)
class Axes:
    """Positions of steps and losses, in pixels."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float
    positions: tuple[float, ...]  # of each record
    sizes: tuple[tuple[float, float, int], ...]  # of each size: from, to, steps before it
    ticks: tuple[tuple[float, int], ...]

    def y(self, value: float) -> float:
        """Vertical position of a loss; losses below the axis, and 0, are at the bottom."""
        if value <= self.low:
            return self.bottom
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.bottom - share * (self.bottom - self.top)


def make_axes(
    history: Sequence[Record],
    curves: Mapping[str, Sequence[float]],
    names: Iterable[str],
    width: int,
    height: int,
    stages: Sequence[Stage],
    rows: int,
) -> Axes:
    """Axes of a chart with room for the names of its curves and for lines of text above.

    Args:
        history: records of the run so far.
        curves: values of each curve.
        names: names written beside the curves.
        width: of the chart, in pixels.
        height: of the chart, in pixels.
        stages: all sizes of the run.
        rows: lines of text above the curves.
    """
    longest = max(map(len, ("content", *names)))
    left, right = LEFT, width - BOLD * longest - CHARACTER * len(" 0.0123") - 14
    low, high = _range(curves)
    lengths = _lengths(history, stages)
    # A size begins one position after the end of the size before.
    starts = [sum(lengths[:number]) + number for number in range(len(lengths))]
    scale = (right - left) / max(1, starts[-1] + lengths[-1])
    sizes = tuple(
        (left + start * scale, left + (start + length) * scale, start - number)
        for number, (start, length) in enumerate(zip(starts, lengths, strict=True))
    )
    first = history[0].stage  # not 0 where a run was resumed without what was before
    positions = tuple(
        left + (starts[record.stage - first] + record.iteration) * scale for record in history
    )
    every = max(1, round(_rounded(max(sum(lengths) / 8, 1), up=True)))
    ticks = []
    for (begin, _, before), length in zip(sizes, lengths, strict=True):
        steps = range(before, before + length + 1)
        ticks += [
            (begin + (step - before) * scale, step)
            for step in steps
            if step % every == 0 and not (step == before and before)
        ]
    return Axes(
        left, right, 8 + rows * ROW, height - BOTTOM, low, high, positions, sizes, tuple(ticks)
    )


def _lengths(history: Sequence[Record], stages: Sequence[Stage]) -> list[int]:
    """Steps of each size: those taken, and those planned for the present one and the next."""
    taken: dict[int, int] = {}
    for record in history:
        taken[record.stage] = max(taken.get(record.stage, 0), record.iteration)
    present = history[-1].stage
    planned = [stage.steps for stage in stages[present:]]
    if planned:
        taken[present] = max(taken[present], planned[0])
    return [*taken.values(), *planned[1:]]


def _range(curves: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    """Lowest and highest loss on the axis, rounded so that it seldom changes as the run goes on."""
    values = [value for curve in curves.values() for value in curve if value > 0]
    if not values:
        return 0.1, 1.0
    highest = max(values)
    lowest = max(min(values), highest / 10**DECADES)
    low, high = _rounded(lowest / 1.1, up=False), _rounded(highest * 1.1, up=True)
    return (low, high) if high / low >= 4.9 else (_rounded(low / 1.1, up=False), high)  # noqa: PLR2004 - 1 to 5


def _rounded(value: float, *, up: bool) -> float:
    """The next of 1, 2, 5, 10, 20 and so on."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = [factor * power for factor in (1, 2, 5, 10)]
    if up:
        return next((step for step in steps if step >= value), steps[-1])
    return next((step for step in reversed(steps) if step <= value), steps[0])


def round_losses(low: float, high: float) -> list[float]:
    """Round losses on the axis, at which lines are drawn."""
    factors = (1, 2, 5) if high / low < 60 else (1,)  # noqa: PLR2004 - more would be too many lines
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [factor * 10.0**power for power in powers for factor in factors]
    return [value for value in values if low * 0.999 <= value <= high * 1.001]
