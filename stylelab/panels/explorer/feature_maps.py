"""Picture → what the explorer shows of every layer: maps in 8 bits, their statistics, Gram matrices.

The network is gone through once, layer by layer, and of each layer only a compact part is kept: floats
of all layers at once would take four times the memory. A channel's map is kept as bytes, 255 for its
own maximum: a value is `byte × maximum / 255`, off by 1/510 of the maximum at most. Statistics and Gram
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
"""Long side, in units, of the small map that stands for a layer."""

COMPRESSION = 1
"""zlib's quickest level: the next ones take three times as long for a tenth less."""


@dataclass(frozen=True, eq=False)
class QuantisedMaps:
    """One picture's maps at one layer of N channels.

    Attributes:
        codes: (N, rows, columns), uint8: round(255 · value / the channel's maximum).
        maximum, minimum, mean: of each channel's values, (N,), float32.
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
        """Decode one channel: (rows, columns), float32."""
        scale = np.float32(self.maximum[channel] / 255)
        decoded: Floats = self.codes[channel] * scale
        return decoded

    def compressed(self) -> bytes:
        """All channels' bytes, compressed as the browser's `DecompressionStream("deflate")` reads."""
        return compress_codes(self.codes)


@dataclass(frozen=True, eq=False)
class PictureFeatures:
    """What is kept of one picture's way through the network, by layer.

    Attributes:
        maps: see `Maps`.
        grams: Gram matrices (N, N), divided by positions.
        thumbnails: the mean over channels, small, uint8, 255 for its largest value.
    """

    maps: Mapping[str, QuantisedMaps] = field(repr=False)
    grams: Mapping[str, Floats] = field(repr=False)
    thumbnails: Mapping[str, Bytes] = field(repr=False)


def compute_features(network: VGG19, image: Picture, layers: Sequence[str]) -> PictureFeatures:
    """Pass a picture (H, W, 3) through the network, once, and keep what is shown of `layers`."""
    maps: dict[str, QuantisedMaps] = {}
    grams: dict[str, Floats] = {}
    thumbnails: dict[str, Bytes] = {}
    for name, tensor in iterate_layers(network, image, layers):
        maps[name] = quantise_maps(tensor)
        grams[name] = gram_tensor(tensor).numpy()
        thumbnails[name] = _thumbnail(tensor)
    return PictureFeatures(maps, grams, thumbnails)


def iterate_layers(network: VGG19, image: Any, layers: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Go down the network one layer at a time, to the deepest of `layers`.

    Args:
        network: one with all the layers on the way, `VGG19(*LAYERS)`.
        image: a picture (H, W, 3), as an array or a tensor; gradients flow through.
        layers: which ones to give.

    Yields:
        The layer's name and its maps (rows, columns, channels), a tensor. Leaving the loop saves the
        rest of the way, and maps that nobody holds are freed on it.
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
    """Compute statistics and bytes of a layer's maps (rows, columns, N), a tensor."""
    tensorflow = import_tensorflow()
    rows, columns, channels = tensor.shape
    # A channel in one piece: what follows takes a third of the time then.
    by_channel = tensorflow.transpose(tensorflow.reshape(tensor, (-1, channels)))
    maximum = tensorflow.reduce_max(by_channel, 1)
    factor = tensorflow.math.divide_no_nan(255.0, maximum)  # a silent channel has no scale
    # No value is below 0, so that cutting off after adding a half is rounding.
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
    contiguous: Any = np.ascontiguousarray(codes)  # a buffer, which the type hints do not know
    return zlib.compress(contiguous, COMPRESSION)


def quantise(values: NDArray[np.floating[Any]]) -> tuple[Bytes, float]:
    """Turn values from 0 up into bytes on one scale, and give the value of 255."""
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
