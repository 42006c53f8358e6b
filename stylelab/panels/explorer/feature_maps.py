"""Feature maps of a picture at every layer: in 8 bits, with statistics and Gram matrices.

The forward pass runs layer by layer, and each layer's maps are quantised before the next one: floats of
all layers would take four times the memory. A channel's map is kept as bytes, 255 for its own maximum:
a value is `byte × maximum / 255`, with an error of 1/510 of the maximum at most. Statistics and Gram
matrices are computed from the floats.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.losses.gram import gram_tensor
from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from stylelab.network.vgg19 import VGG19
    from stylelab.pictures.images import Picture

    Floats = NDArray[np.float32]
    Bytes = NDArray[np.uint8]

MAX_THUMBNAIL_SIDE = 64
"""Long side of a layer's thumbnail, in units."""

COMPRESSION = 1
"""zlib's fastest level: the next ones take three times as long for a tenth less."""


@dataclass(frozen=True, eq=False)
class QuantisedMaps:
    """Maps of one picture at one layer of N channels, in 8 bits.

    Attributes:
        codes: (N, rows, columns), uint8: round(255 · value / the channel's maximum).
        maximum, minimum, mean: statistics of each channel, (N,), float32.
        zeros: share of each channel's units that are exactly 0, (N,), float32.
    """

    codes: Bytes = field(repr=False)
    maximum: Floats = field(repr=False)
    minimum: Floats = field(repr=False)
    mean: Floats = field(repr=False)
    zeros: Floats = field(repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.codes.shape[1], self.codes.shape[2]

    def values(self, channel: int) -> Floats:
        """The values of one channel: (rows, columns), float32."""
        scale = np.float32(self.maximum[channel] / 255)
        decoded: Floats = self.codes[channel] * scale
        return decoded

    def compressed(self) -> bytes:
        """The bytes of all channels, for the browser's `DecompressionStream("deflate")`."""
        return compress_codes(self.codes)


@dataclass(frozen=True, eq=False)
class PictureFeatures:
    """Features of one picture, by layer.

    Attributes:
        maps: quantised maps.
        grams: Gram matrices (N, N), divided by the number of positions.
        thumbnails: the mean over channels, scaled down, uint8, 255 for its maximum.
    """

    maps: Mapping[str, QuantisedMaps] = field(repr=False)
    grams: Mapping[str, Floats] = field(repr=False)
    thumbnails: Mapping[str, Bytes] = field(repr=False)


def compute_features(network: VGG19, image: Picture, layers: Sequence[str]) -> PictureFeatures:
    """Features of a picture (H, W, 3) at `layers`, from one forward pass."""
    maps: dict[str, QuantisedMaps] = {}
    grams: dict[str, Floats] = {}
    thumbnails: dict[str, Bytes] = {}
    for name, tensor in iterate_layers(network, image, layers):
        maps[name] = quantise_maps(tensor)
        grams[name] = gram_tensor(tensor).numpy()
        thumbnails[name] = _thumbnail(tensor)
    return PictureFeatures(maps, grams, thumbnails)


def iterate_layers(network: VGG19, image: Any, layers: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Run the forward pass one layer at a time, to the deepest of `layers`.

    Args:
        network: a network with all layers, `VGG19(*LAYERS)`.
        image: a picture (H, W, 3), as an array or a tensor, with gradients.
        layers: names of the layers to yield.

    Yields:
        The layer's name and its maps (rows, columns, channels), a tensor. Leaving the loop ends the
        forward pass.
    """
    tensorflow = import_tensorflow()
    values = network.model.prepare(tensorflow.convert_to_tensor(image, "float32")[None])
    left = set(layers)
    for name in network.layers:
        values = network.model.apply(name, values)
        if name in left:
            yield name, values[0]
            left.remove(name)
        if not left:
            return


def quantise_maps(tensor: Any) -> QuantisedMaps:
    """Quantise a layer's maps (rows, columns, N), a tensor, and compute their statistics."""
    tensorflow = import_tensorflow()
    rows, columns, channels = tensor.shape
    # Each channel contiguous: the rest takes a third of the time.
    by_channel = tensorflow.transpose(tensorflow.reshape(tensor, (-1, channels)))
    maximum = tensorflow.reduce_max(by_channel, 1)
    factor = tensorflow.math.divide_no_nan(255.0, maximum)  # a silent channel has a maximum of 0
    # Values are ≥ 0, so truncation after adding a half rounds.
    codes = tensorflow.cast(by_channel * factor[:, None] + 0.5, "uint8")
    silent = tensorflow.cast(by_channel == 0, "float32")
    return QuantisedMaps(
        codes=codes.numpy().reshape(channels, rows, columns),
        maximum=maximum.numpy(),
        minimum=tensorflow.reduce_min(by_channel, 1).numpy(),
        mean=tensorflow.reduce_mean(by_channel, 1).numpy(),
        zeros=tensorflow.reduce_mean(silent, 1).numpy(),
    )


def compress_codes(codes: Bytes) -> bytes:
    """Compress bytes for the browser."""
    contiguous: Any = np.ascontiguousarray(codes)  # a buffer, unknown to the type hints
    return zlib.compress(contiguous, COMPRESSION)


def quantise(values: NDArray[np.floating[Any]]) -> tuple[Bytes, float]:
    """Quantise values ≥ 0 on one scale; returns the bytes and the value of byte 255."""
    maximum = float(values.max(initial=0))
    return np.rint(values * (255 / (maximum or 1))).astype(np.uint8), maximum


def _thumbnail(tensor: Any) -> Bytes:
    from PIL import Image

    tensorflow = import_tensorflow()
    mean = tensorflow.reduce_mean(tensor, -1).numpy()
    rows, columns = mean.shape
    scale = min(1.0, MAX_THUMBNAIL_SIDE / max(rows, columns))
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    small = np.asarray(Image.fromarray(mean).resize(size, Image.Resampling.BOX))
    return quantise(small)[0]
