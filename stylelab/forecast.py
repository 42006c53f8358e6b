"""What a run will take, said before it starts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylelab.errors import SettingsError
from stylelab.features import LAYERS, in_order_of_depth
from stylelab.machine import available_memory, convolution_speed, used_memory

if TYPE_CHECKING:
    from stylelab.losses import Layers
    from stylelab.settings import Settings, Stage

# Measured on two cores; tests/benchmarks shows how far off they are.
START_SECONDS = 4.0
USUAL_EFFICIENCY = 0.6
BASE_MEMORY = 820_000_000
BYTES_PER_PIXEL = 3_400


@dataclass(frozen=True)
class Estimate:
    """What a run will take on this machine, roughly.

    Attributes:
        stages: the sizes and steps.
        seconds: time, give or take a third.
        memory: bytes that the process will hold at its peak.
        available: bytes that it can hold.
    """

    stages: tuple[Stage, ...]
    seconds: float
    memory: int
    available: int

    def __str__(self) -> str:
        last = self.stages[-1]
        steps = sum(stage.steps for stage in self.stages)
        return (
            f"{last.width} × {last.height} px, {_count(steps, 'step')} at "
            f"{_count(len(self.stages), 'size')}: about "
            f"{_duration(self.seconds)} and {self.memory / 1e9:.1f} GB of memory"
        )


def estimate(shape: tuple[int, int], settings: Settings) -> Estimate:
    """Estimate time and memory of a run before it starts.

    Args:
        shape: (height, width) of the photo.
        settings: see `Settings`.
    """
    stages = settings.stages(*shape)
    names = (*_names(settings.content_layers), *_names(settings.style_layers))
    deepest = in_order_of_depth(names)[-1]
    passed = list(LAYERS)[: list(LAYERS).index(deepest) + 1]
    seconds = START_SECONDS
    for stage in stages:
        products = sum(LAYERS[name].multiply_adds(stage.height, stage.width) for name in passed)
        # Forward and backward cost alike; a product and a sum are two operations.
        seconds += (stage.steps + 3) * 4 * products / (convolution_speed() * USUAL_EFFICIENCY)
    memory = BASE_MEMORY + BYTES_PER_PIXEL * stages[-1].height * stages[-1].width
    return Estimate(stages, seconds, memory, available_memory() + used_memory())


def expect_memory(forecast: Estimate, shape: tuple[int, int], settings: Settings) -> None:
    """Refuse a run that would not fit into memory, naming a size that would.

    Args:
        forecast: what `estimate` gave.
        shape: (height, width) of the photo.
        settings: what `estimate` was given.

    Raises:
        SettingsError: the run would not fit.
    """
    if forecast.memory <= forecast.available:
        return
    ratio = min(shape) / max(shape)
    pixels = max(0, forecast.available - BASE_MEMORY) / BYTES_PER_PIXEL
    fits = int(math.sqrt(pixels / ratio)) // 16 * 16
    advice = (
        f"Take size={fits}, which fits" if fits * ratio >= 16 else "Close other programs"  # noqa: PLR2004
    )
    raise SettingsError(
        f"Expected a size that fits into memory, of which {forecast.available / 1e9:.1f} GB can be "
        f"had. Received: size={settings.size}, which needs about {forecast.memory / 1e9:.1f} GB. "
        f"{advice}, or try all the same with check_memory=False."
    )


def _names(layers: Layers) -> tuple[str, ...]:
    return (layers,) if isinstance(layers, str) else tuple(layers)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
