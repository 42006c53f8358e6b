"""Stages of a run, coarse to fine: how large the picture is at each, and for how many steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stylelab.pictures.decoding import MIN_SIDE

COARSEST_SIZE = 128
"""Long side, in pixels, of the first stage."""


@dataclass(frozen=True)
class Stage:
    """One size at which the picture is painted, and for how many steps.

    Attributes:
        height: in pixels.
        width: in pixels.
        steps: steps at this size.
    """

    height: int
    width: int
    steps: int


def plan_stages(height: int, width: int, *, size: int, steps: int) -> tuple[Stage, ...]:
    """Sizes at which a photo of that shape is painted, each about twice as large as the one before.

    For `size` and `steps` see `Settings`.
    """
    coarsest = max(COARSEST_SIZE, math.ceil(MIN_SIDE * max(height, width) / min(height, width)))
    doublings = max(0, math.ceil(math.log2(size / coarsest) - 0.01))
    sizes = [round(coarsest * (size / coarsest) ** (i / doublings)) for i in range(doublings)]
    return tuple(
        Stage(*_stage_shape(height, width, side), steps=max(1, round(steps * (2 / 3) ** i)))
        for i, side in enumerate([*sizes, size])
    )


def _stage_shape(height: int, width: int, size: int) -> tuple[int, int]:
    scale = size / max(height, width)
    return max(MIN_SIDE, round(height * scale)), max(MIN_SIDE, round(width * scale))
