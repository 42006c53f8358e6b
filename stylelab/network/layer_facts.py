"""Layers of VGG19, known without running it: names, channels, stride, receptive field."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

CONVOLUTIONS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        f"block{block}_conv{index}": (before if index == 1 else channels, channels)
        for block, (before, channels, count) in enumerate(
            [(3, 64, 2), (64, 128, 2), (128, 256, 4), (256, 512, 4), (512, 512, 4)], start=1
        )
        for index in range(1, count + 1)
    }
)
"""Name of each convolution, in order, with its numbers of input and output channels."""


@dataclass(frozen=True)
class LayerFacts:
    """Channels, stride and receptive field of a layer of VGG19.

    Attributes:
        name: Keras's name, such as `"block3_conv1"`.
        channels: number of feature maps.
        stride: pixels of the picture from one unit to the next.
        receptive_field: side, in pixels, of the square of the picture that one unit sees.
        first_centre: centre of the first unit's square, in pixels from the centre of the first pixel.
        inputs: number of input channels.

    ```python
    facts = sl.layer_facts("block4_conv2")
    facts.shape(64, 96)  # (8, 12, 512)
    facts.square(4, 6)  # what one unit sees: top, left, bottom, right
    ```
    """

    name: str
    channels: int
    stride: int
    receptive_field: int
    first_centre: float
    inputs: int

    def shape(self, height: int, width: int) -> tuple[int, int, int]:
        """Shape (rows, columns, channels) of the layer's output for a picture of that size."""
        return height // self.stride, width // self.stride, self.channels

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """Centre (y, x), in pixels, of the square that the unit at `row`, `column` sees."""
        return self.first_centre + row * self.stride, self.first_centre + column * self.stride

    def square(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Square of the picture that the unit at `row`, `column` sees: top, left, bottom, right.

        In pixels, bottom and right excluded, as in slices. Near the picture's border, part of the
        square lies outside: there the network sees the zeros of its padding.
        """
        y, x = self.centre(row, column)
        half = (self.receptive_field - 1) / 2
        top, left = round(y - half), round(x - half)
        return top, left, top + self.receptive_field, left + self.receptive_field

    def unit_at(self, y: float, x: float) -> tuple[int, int]:
        """Row and column of the unit whose square has its centre nearest to the pixel (y, x)."""
        row, column = (round((pixel - self.first_centre) / self.stride) for pixel in (y, x))
        return max(row, 0), max(column, 0)

    def multiply_adds(self, height: int, width: int) -> int:
        """Multiply-add operations to compute this layer from the one before it."""
        rows, columns, channels = self.shape(height, width)
        return 0 if self.name.endswith("pool") else rows * columns * channels * self.inputs * 9


def _compute_layer_facts() -> dict[str, LayerFacts]:
    """Follow the layers: the receptive field grows by (kernel − 1) × stride at each."""
    facts: dict[str, LayerFacts] = {}
    stride, field, centre = 1, 1, 0.0
    last_of_block = {name[:6]: name for name in CONVOLUTIONS}
    for name, (inputs, channels) in CONVOLUTIONS.items():
        field += 2 * stride  # 3×3, padded by 1: the centre stays
        facts[name] = LayerFacts(name, channels, stride, field, centre, inputs)
        if name == last_of_block[name[:6]]:
            field, centre, stride = field + stride, centre + stride / 2, stride * 2
            pool = f"{name[:6]}_pool"
            facts[pool] = LayerFacts(pool, channels, stride, field, centre, channels)
    return facts


LAYERS: Mapping[str, LayerFacts] = MappingProxyType(_compute_layer_facts())
"""Name → `LayerFacts` of every layer, in order of depth."""


def layer_facts(name: str) -> LayerFacts:
    """Look up the facts of a layer by its name.

    Raises:
        LayerError: there is no layer of that name; the message suggests the closest.

    ```python
    sl.layer_facts("block5_conv1").receptive_field  # 156
    ```
    """
    if name in LAYERS:
        return LAYERS[name]
    closest = _closest_layer(str(name))
    suggestion = f" Did you mean {closest!r}?" if closest else ""
    raise LayerError(
        f"Expected a layer of VGG19. Received: {name!r}.{suggestion} The layers, in order of depth: "
        f"{', '.join(LAYERS)}."
    )


def _closest_layer(name: str) -> str | None:
    # Papers write conv4_2, relu4_2 or pool4.
    match = re.fullmatch(r"(conv|relu|pool)_?(\d)(?:_(\d))?", name)
    if match:
        kind, block, index = match.groups()
        candidate = f"block{block}_pool" if kind == "pool" else f"block{block}_conv{index or 1}"
        if candidate in LAYERS:
            return candidate
    matches = difflib.get_close_matches(name, LAYERS, n=1, cutoff=0.5)
    return matches[0] if matches else None


def sort_by_depth(names: Iterable[str]) -> tuple[str, ...]:
    """Sort layer names by depth, without duplicates; raise a `LayerError` if one is not a layer."""
    wanted = {layer_facts(name).name for name in names}
    return tuple(name for name in LAYERS if name in wanted)


def layers_up_to(layers: Iterable[str]) -> tuple[str, ...]:
    """Names of all layers from the first to the deepest of those given."""
    names = tuple(LAYERS)
    return names[: names.index(sort_by_depth(layers)[-1]) + 1]


def extract_patch(image: Picture, layer: str, row: int, column: int) -> Picture:
    """Patch of a picture (H, W, 3) that one unit sees: (side, side, 3), white outside the picture.

    The side is the layer's receptive field.
    """
    top, left, bottom, right = layer_facts(layer).square(row, column)
    height, width = image.shape[:2]
    patch = np.ones((bottom - top, right - left, 3), np.float32)
    rows = slice(max(top, 0), min(bottom, height))
    columns = slice(max(left, 0), min(right, width))
    inside = image[rows, columns]
    patch[rows.start - top :, columns.start - left :][: len(inside), : inside.shape[1]] = inside
    return patch


def strongest_units(
    channel: NDArray[np.floating[Any]], count: int = 1, *, min_distance: float = 1.0
) -> list[tuple[int, int]]:
    """Find the units of one channel with the highest values: (row, column), strongest first.

    Args:
        channel: one channel's map (rows, columns).
        count: how many units at most; those at 0 are left out, as they do not fire.
        min_distance: minimum distance between two of them, in rows or columns of the map, whichever is
            larger: neighbours see nearly the same, and would all be found together.
    """
    remaining = np.array(channel, np.float64)
    rows, columns = np.indices(remaining.shape)
    found: list[tuple[int, int]] = []
    while len(found) < count and remaining.max(initial=0) > 0:
        row, column = (int(i) for i in np.unravel_index(remaining.argmax(), remaining.shape))
        found.append((row, column))
        remaining[np.maximum(np.abs(rows - row), np.abs(columns - column)) < min_distance] = 0
    return found
