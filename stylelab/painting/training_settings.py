"""All that decides what a painting network learns, besides its pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from stylelab.errors import SettingsError
from stylelab.losses.layer_weights import Layers, make_layer_weights
from stylelab.painting.painting_network import MAX_BLOCKS, MAX_WIDTH
from stylelab.pictures.validation import as_float, describe_received, validate_whole_number

MAX_CROP, MAX_BATCH = 1024, 64
"""Limits of a batch: far above what fits into memory together."""

STYLE_LAYERS: Mapping[str, float] = MappingProxyType(
    {"block1_conv1": 0.5, "block2_conv1": 1.0, "block3_conv1": 1.5, "block4_conv1": 1.5}
)
"""Where style is compared: deeper layers, which see larger forms, count for more."""


@dataclass(frozen=True)
class TrainingSettings:
    """All that decides what a network learns, besides its pictures.

    ```python
    settings = sl.TrainingSettings(size=64, batch=2, style_weight=5)
    ```

    Attributes:
        size: side of the crops, in pixels.
        batch: crops in a step.
        seed: decides the network at the start, the crops and their styles.
        width: channels of the first convolution; the inner ones have two and three times as many.
        blocks: residual blocks.
        style_size: long side to which paintings are scaled: strokes come out as large as in them.
        content_weight, style_weight, total_variation_weight: of the three terms, relative ones.
        content_layers, style_layers: as in `content` and `style`.
        learning_rate: of Adam at the start, for kernels; it falls to 0 along a cosine. That of scales
            and shifts is four times as high.

    Raises:
        SettingsError: a setting is out of its range.
        LayerError: a layer is none of VGG19.
    """

    size: int = 128
    batch: int = 2
    seed: int = 0
    width: int = 16
    blocks: int = 4
    style_size: int = 384
    content_weight: float = 1.0
    style_weight: float = 10.0
    total_variation_weight: float = 0.5
    content_layers: Layers = "block3_conv1"
    style_layers: Layers = field(default_factory=lambda: STYLE_LAYERS)
    learning_rate: float = 3e-3

    def __post_init__(self) -> None:
        validate_whole_number("size", self.size, at_least=32, at_most=MAX_CROP, unit="pixels")
        validate_whole_number("batch", self.batch, at_least=1, at_most=MAX_BATCH, unit="crops")
        validate_whole_number("seed", self.seed, at_least=0)
        validate_whole_number("width", self.width, at_least=1, at_most=MAX_WIDTH, unit="channels")
        validate_whole_number("blocks", self.blocks, at_least=0, at_most=MAX_BLOCKS)
        validate_whole_number(
            "style_size", self.style_size, at_least=32, at_most=4 * MAX_CROP, unit="pixels"
        )
        for name in ("content_weight", "style_weight", "total_variation_weight", "learning_rate"):
            value = getattr(self, name)
            if not 0 <= as_float(value) < math.inf:
                raise SettingsError(
                    f"Expected {name} as a finite number, at least 0. "
                    f"Received: {describe_received(value)}."
                )
        object.__setattr__(
            self, "content_layers", make_layer_weights(self.content_layers, "content")
        )
        object.__setattr__(self, "style_layers", make_layer_weights(self.style_layers, "style"))

    def describe(self) -> dict[str, Any]:
        """All settings, as JSON can hold them."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in values.items()
        }
