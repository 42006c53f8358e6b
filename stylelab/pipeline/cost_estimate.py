"""What a run will take, said before it starts."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stylelab.errors import SettingsError
from stylelab.losses.statistics import STATISTICS
from stylelab.losses.tiles import plan_tiles
from stylelab.network.layer_facts import LAYERS, layers_up_to
from stylelab.pictures.text import duration_text
from stylelab.pipeline.hardware import available_memory, convolution_speed, used_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylelab.losses.layer_weights import Layers
    from stylelab.pipeline.settings import OptimizerName, Settings
    from stylelab.pipeline.stages import Stage

# Measured on two cores; tests/benchmarks shows how far off they are.
START_SECONDS = 5.0
TYPICAL_EFFICIENCY = 1.2
"""Multiply-adds of the direct sums in the time that one direct convolution takes for one: Winograd's
method more than makes up for what is not convolution."""
BASE_MEMORY = 1_030_000_000

OVERHEAD_FACTOR = 1.1
"""Memory beyond the maps that are needed together: copies, and what is freed but kept."""

WORKING_MAPS = 3 * 64
"""Values per pixel that the backward pass through the first block holds besides all maps."""

IMAGES_HELD: dict[OptimizerName, int] = {"lbfgs": 35, "adam": 16, "gradient_descent": 10}
"""How many arrays of the picture's size an optimizer holds: L-BFGS's ten pairs, and some more."""

BYTES_PER_PIXEL = 12
"""Per pixel: three colours of 4 bytes."""

INPUT_BYTES = 42
"""Per pixel of an input held at full size while it is scaled; measured with two of 24 megapixels."""

DEFAULT_TILE = 512
"""Tile that is suggested where the memory is not enough."""


@dataclass(frozen=True)
class CostEstimate:
    """What a run will take on this machine, roughly.

    ```python
    cost = sl.estimate_cost((300, 451), sl.Settings(size=256))
    print(cost)  # 256 × 170 px, 100 steps at 2 sizes: about …
    cost.memory / 1e9
    ```

    Attributes:
        stages: the sizes and steps.
        seconds: time, give or take a third.
        memory: bytes that the process will hold at its peak.
        available: bytes that it can hold.
        tiles: into how many the last size is divided; 1 if it is computed whole.
    """

    stages: tuple[Stage, ...]
    seconds: float
    memory: int
    available: int
    tiles: int = 1

    def __str__(self) -> str:
        last = self.stages[-1]
        steps = sum(stage.steps for stage in self.stages)
        in_tiles = "" if self.tiles == 1 else f", the last in {self.tiles} tiles"
        return (
            f"{last.width} × {last.height} px, {_count(steps, 'step')} at "
            f"{_count(len(self.stages), 'size')}{in_tiles}: about "
            f"{duration_text(self.seconds)} and {self.memory / 1e9:.1f} GB of memory"
        )


def estimate_cost(
    shape: tuple[int, int],
    settings: Settings,
    layers: Sequence[str] | None = None,
    *,
    inputs: Sequence[tuple[int, int]] = (),
    speed: float | None = None,
) -> CostEstimate:
    """Estimate time and memory of a run before it starts.

    ```python
    whole = sl.estimate_cost((300, 451), sl.Settings(size=2048))
    tiled = sl.estimate_cost((300, 451), sl.Settings(size=2048, tile=512))
    whole.memory > tiled.memory
    ```

    Args:
        shape: (height, width) of the photo.
        settings: see `Settings`.
        layers: those of a loss given in place of a painting; the settings' style layers without it.
        inputs: (height, width) of each picture that is held at full size.
        speed: floating-point operations per second of a convolution; that of this machine, measured
            once, without it.

    Raises:
        SettingsError: the tile is too small for the layers.
    """
    speed = convolution_speed() if speed is None else speed
    stages = settings.stages(*shape)
    names = _all_layers(settings, layers)
    seconds = START_SECONDS
    for stage in stages:
        # Forward and backward cost alike; a product and a sum are two operations. Tiles go forward
        # twice.
        passes = 3 if _is_tiled(stage, settings) else 2
        products = sum(
            multiply_adds(names, *size) for size in _computed_shapes(stage, settings, names)
        )
        seconds += (stage.steps + 3) * 2 * passes * products / (speed * TYPICAL_EFFICIENCY)
    return CostEstimate(
        stages,
        seconds,
        _memory(stages, settings, names) + _input_bytes(inputs),
        available_memory() + used_memory(),
        tiles=len(_computed_shapes(stages[-1], settings, names)),
    )


def validate_memory(
    forecast: CostEstimate,
    shape: tuple[int, int],
    settings: Settings,
    layers: Sequence[str] | None = None,
    *,
    inputs: Sequence[tuple[int, int]] = (),
) -> None:
    """Raise a `SettingsError` for a run that would not fit into memory; it names a size that would.

    It also names tiles, if they would fit. `forecast` is what `estimate_cost` returned for the same
    shape, settings, layers and inputs.
    """
    if forecast.memory <= forecast.available:
        return
    names = _all_layers(settings, layers)
    left = forecast.available - _input_bytes(inputs)

    def exceeds(changed: Settings) -> bool:
        return _memory(changed.stages(*shape), changed, names) > left

    def too_large(size: int) -> bool:
        return exceeds(replace(settings, size=size))

    # Memory grows with the size. The largest multiple of 16 that fits, or 0 if none does.
    size = 16 * bisect_left(range(16, settings.size, 16), True, key=too_large)
    options = [f"size={size}"] if size * min(shape) >= 16 * max(shape) else []
    can_be_tiled = settings.tile is None and STATISTICS[settings.statistic].additive
    if can_be_tiled and not exceeds(replace(settings, tile=DEFAULT_TILE)):
        options.append(f"tile={DEFAULT_TILE}")
    which = "which fits" if len(options) == 1 else "either of which fits"
    advice = f"Take {' or '.join(options)}, {which}" if options else "Close other programs"
    tile = "" if settings.tile is None else f" with tile={settings.tile}"
    raise SettingsError(
        f"Expected a size that fits into memory, of which {forecast.available / 1e9:.1f} GB can be "
        f"had. Received: size={settings.size}{tile}, which needs about {forecast.memory / 1e9:.1f} "
        f"GB. {advice}, or try all the same with check_memory=False."
    )


def multiply_adds(layers: Sequence[str], height: int, width: int) -> int:
    """Count the products (each with its sum) to pass a picture forwards down to the deepest layer."""
    return sum(LAYERS[name].multiply_adds(height, width) for name in layers_up_to(layers))


def map_bytes(layers: Sequence[str], height: int, width: int) -> int:
    """Count the bytes of all maps, float32, from the first layer down to the deepest of those named.

    All of them are kept in the forward pass, because the backward pass needs them.
    """
    return 4 * sum(math.prod(LAYERS[name].shape(height, width)) for name in layers_up_to(layers))


def _input_bytes(inputs: Sequence[tuple[int, int]]) -> int:
    return INPUT_BYTES * sum(map(math.prod, inputs))


def _memory(stages: Sequence[Stage], settings: Settings, names: Sequence[str]) -> int:
    return max(_memory_at(stage, settings, names) for stage in stages)


def _memory_at(stage: Stage, settings: Settings, names: Sequence[str]) -> int:
    pixels = stage.height * stage.width
    at_once = max(
        map_bytes(names, *size) + 4 * WORKING_MAPS * math.prod(size)
        for size in _computed_shapes(stage, settings, names)
    )
    held = IMAGES_HELD[settings.optimizer] * BYTES_PER_PIXEL * pixels
    if _is_tiled(stage, settings):  # the content's maps, which the others hold among all
        targets = (
            LAYERS[name].shape(stage.height, stage.width)
            for name in _layer_names(settings.content_layers)
        )
        held += 4 * sum(map(math.prod, targets))
    return round(BASE_MEMORY + OVERHEAD_FACTOR * at_once + held)


def _is_tiled(stage: Stage, settings: Settings) -> bool:
    return settings.tile is not None and max(stage.height, stage.width) > settings.tile


def _computed_shapes(
    stage: Stage, settings: Settings, names: Sequence[str]
) -> list[tuple[int, int]]:
    """(height, width) of each piece that is computed in one go."""
    if settings.tile is None:
        return [(stage.height, stage.width)]
    return [
        (tile.rows.stop - tile.rows.start, tile.columns.stop - tile.columns.start)
        for tile in plan_tiles(stage.height, stage.width, names, settings.tile)
    ]


def _all_layers(settings: Settings, layers: Sequence[str] | None) -> tuple[str, ...]:
    style = _layer_names(settings.style_layers) if layers is None else tuple(layers)
    return (*_layer_names(settings.content_layers), *style)


def _layer_names(layers: Layers) -> tuple[str, ...]:
    return (layers,) if isinstance(layers, str) else tuple(layers)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
