"""Stages of a run, coarse to fine: how large the picture is at each, and for how many steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from stylelab.errors import SettingsError
from stylelab.pictures.decoding import MIN_SIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

Quality = Literal["draft", "good", "best"]
QUALITIES: Mapping[Quality, int] = MappingProxyType({"draft": 10, "good": 60, "best": 500})
"""Steps at the coarsest size. For 512 px on two cores they take about 10 seconds, 40, and 5 minutes."""


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


def plan_stages(
    height: int, width: int, *, size: int, coarsest_size: int, steps: int
) -> tuple[Stage, ...]:
    """Sizes at which a photo of that shape is painted, each about twice as large as the one before.

    For `size`, `coarsest_size` and `steps` see `Settings`.
    """
    coarsest = max(coarsest_size, math.ceil(MIN_SIDE * max(height, width) / min(height, width)))
    doublings = max(0, math.ceil(math.log2(size / coarsest) - 0.01))
    sizes = [round(coarsest * (size / coarsest) ** (i / doublings)) for i in range(doublings)]
    return tuple(
        Stage(*_stage_shape(height, width, side), steps=max(1, round(steps * (2 / 3) ** i)))
        for i, side in enumerate([*sizes, size])
    )


def quality_steps(quality: Quality, steps: int | None = None) -> int:
    """Steps at the coarsest size for a quality.

    Raises:
        SettingsError: the quality is unknown, or steps are given besides.
    """
    if quality not in QUALITIES:
        raise SettingsError(
            f"Expected quality: {', '.join(QUALITIES)}. Received: {quality!r}. For anything between, "
            "give steps instead."
        )
    if steps is not None:
        raise SettingsError(
            f"Expected steps or a quality, not both. Received: quality={quality} and steps={steps}. "
            "Leave one of them out."
        )
    return QUALITIES[quality]


def _stage_shape(height: int, width: int, size: int) -> tuple[int, int]:
    scale = size / max(height, width)
    return max(MIN_SIDE, round(height * scale)), max(MIN_SIDE, round(width * scale))
