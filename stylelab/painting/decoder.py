"""A decoder: feature maps of one layer of VGG19 in, the picture that has them out.

An encoder throws away what it has no use for, so no decoder is exact. This one is the best of the
linear ones: a square of pixels for each position, a weighted sum of the maps at the 3 × 3 around
it, with the weights that have the least sum of squared errors over many crops of photographs. They need
no training, only a system of linear equations. It never sees a painting, and no style: what it decodes
may be any maps, as in Li et al. 2017 (arXiv:1705.08086), whose decoders are networks, trained for long.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.losses.gram import validate_maps
from stylelab.network.layer_facts import LAYERS, layer_facts
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.network.vgg19 import LEARNED, VGG19, fastest_convolution
from stylelab.painting.training_photos import CropStream, find_photos
from stylelab.painting.training_settings import MAX_CROP
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from stylelab.network.tensorflow import Tensor
    from stylelab.network.vgg19 import WeightsSource
    from stylelab.painting.training_photos import Photos
    from stylelab.pictures.images import Picture
    from stylelab.rights.record import Rights

DEEPEST_BLOCK = 3
"""Of the layers that are decoded: deeper ones would take a hundred megabytes, and show little."""

LEAST_UNIT = 0.02
"""The least unit of a channel, as a share of the mean of all: some channels are 0 almost everywhere."""

RIDGE = 1e-4
"""Share of the mean square of all inputs that is added to the square of each, so that a direction in
which photographs hardly vary gets no large weight (ridge regression)."""

_PADS = ((0, 0), (1, 1), (1, 1), (0, 0))


@dataclass(frozen=True)
class DecoderInfo:
    """What a decoder is, and what it was made of.

    ```python
    info = sl.load_decoder("block2_conv1").info
    info.layer, info.photo_rights["astronaut"].author  # ("block2_conv1", "NASA")
    ```

    Attributes:
        layer: of VGG19, whose maps it decodes: a convolution of the first three blocks.
        photo_rights: rights of the photos that it was fitted to, by their name.
        settings: how it was fitted, as plain values.
    """

    layer: str
    photo_rights: Mapping[str, Rights] = field(default_factory=dict, hash=False)
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        name = layer_facts(self.layer).name
        if "conv" not in name or int(name[len("block")]) > DEEPEST_BLOCK:
            raise LayerError(
                f"Expected a convolution of the first {DEEPEST_BLOCK} blocks of VGG19. "
                f"Received: {self.layer!r}. Decode block2_conv1, for example."
            )
        for one in ("photo_rights", "settings"):
            object.__setattr__(self, one, MappingProxyType(dict(getattr(self, one))))


class Decoder:
    """A linear map from the feature maps of one layer back to a picture.

    ```python
    decoder = sl.load_decoder("block2_conv1")
    maps = sl.VGG19("block2_conv1", padding_mode="symmetric")(photo)["block2_conv1"]
    picture = decoder(maps)  # (2 × rows, 2 × columns, 3)
    ```

    Args:
        info: see `DecoderInfo`.
        parameters: by name: `unit`, by which each channel is divided, (C,); `kernel`, (3, 3, C,
            3 · stride²); `bias`, (3 · stride²,). The last axis has the pixels of a position's square,
            row by row, each with red, green and blue.

    Attributes:
        info, parameters: as given; the parameters are float32 tensors.

    Raises:
        SettingsError: the parameters have other shapes.
    """

    def __init__(self, info: DecoderInfo, parameters: Mapping[str, Any]) -> None:
        self.info = info
        shapes, received = decoder_shapes(info), {n: np.shape(v) for n, v in parameters.items()}
        if received != shapes:
            raise SettingsError(
                f"Expected parameters of the shapes {shapes}, for {info.layer}. Received: {received}."
            )
        self.parameters = MappingProxyType(_as_tensors(parameters))

    @property
    def layer(self) -> str:
        """Name of the layer whose maps it decodes."""
        return self.info.layer

    @run_eagerly
    def __call__(self, maps: NDArray[np.floating[Any]]) -> Picture:
        """Decode feature maps.

        Args:
            maps: shape (rows, columns, C), of the decoder's layer. Outside, each border is repeated
                once: encode with `padding_mode="symmetric"`.

        Returns:
            Picture (stride · rows, stride · columns, 3), float32, RGB, clipped to [0, 1].

        Raises:
            PictureError: the maps have another shape.
        """
        validate_maps(maps, None)
        facts = LAYERS[self.layer]
        if maps.shape[-1] != facts.channels:
            raise PictureError(
                f"Expected maps of {self.layer}, with {facts.channels} channels. "
                f"Received: {maps.shape}. Give those of this layer."
            )
        tensorflow = import_tensorflow()
        unit, kernel, bias = (self.parameters[name] for name in ("unit", "kernel", "bias"))
        padded = tensorflow.pad(
            tensorflow.constant(maps[None], "float32") / unit, _PADS, "SYMMETRIC"
        )
        patches = tensorflow.nn.conv2d(padded, kernel, 1, "VALID") + bias
        if facts.stride > 1:
            patches = tensorflow.nn.depth_to_space(patches, facts.stride)
        picture: Picture = patches[0].numpy().clip(0, 1)
        return picture

    def __repr__(self) -> str:
        return f"<Decoder of {self.layer}>"


def decoder_shapes(info: DecoderInfo) -> dict[str, tuple[int, ...]]:
    """Shape of each parameter of a decoder, by name."""
    facts = LAYERS[info.layer]
    pixels = 3 * facts.stride**2
    return {"unit": (facts.channels,), "kernel": (3, 3, facts.channels, pixels), "bias": (pixels,)}


def fit_decoder(
    layer: str,
    photos: Photos = None,
    *,
    crops: int = 40,
    size: int = 128,
    seed: int = 0,
    weights: WeightsSource = LEARNED,
) -> Decoder:
    """Fit a decoder of a layer to crops of photographs, by least squares.

    ```python
    decoder = sl.fit_decoder("block1_conv1", photo, crops=4, size=32)
    sl.save_decoder("mine.stylelab", decoder)
    ```

    Args:
        layer: of VGG19, a convolution of its first three blocks.
        photos: what to fit it to, as for `train`; None takes the photographs among the samples.
        crops: how many crops are cut from them; at block3_conv1 each takes about a second.
        size: side of the crops, in pixels.
        seed: decides the crops.
        weights: of VGG19; see there.

    Raises:
        LayerError: the layer is none that can be decoded.
        PictureError: no photo can be read.
        SettingsError: a number is out of its range.
    """
    info = DecoderInfo(layer)
    validate_whole_number("crops", crops, at_least=1, at_most=100_000)
    validate_whole_number("size", size, at_least=32, at_most=MAX_CROP, unit="pixels")
    validate_whole_number("seed", seed, at_least=0)
    found = find_photos(photos)
    stream = CropStream(found, size, 1, seed).batches()
    parameters = _least_squares(layer, (next(stream) for _ in range(crops)), weights)
    rights = {n: one for n, one in found.read_rights().items() if n not in found.skipped}
    settings = {"crops": crops, "size": size, "seed": seed}
    return Decoder(DecoderInfo(info.layer, rights, settings), parameters)


@run_eagerly
def _least_squares(
    layer: str, crops: Iterator[NDArray[np.float32]], weights: WeightsSource
) -> dict[str, NDArray[np.float64]]:
    """Parameters with the least squared error over crops (1, size, size, 3), with a ridge."""
    encoder = VGG19(
        layer, weights=weights, padding_mode="symmetric", convolution=fastest_convolution()
    )

    channels, stride = LAYERS[layer].channels, LAYERS[layer].stride
    count, products = 0, np.zeros(())
    for crop in crops:
        rows = _equations(encoder.model(import_tensorflow().constant(crop))[layer], crop, stride)
        count += len(rows)
        products = products + (rows.T @ rows).astype(float)
    inputs = 9 * channels + 1
    own, common = products[:inputs, :inputs] / count, products[:inputs, inputs:] / count
    middle = slice(4 * channels, 5 * channels)  # the position itself, among the nine around it
    variances = np.diag(own)[middle] - own[middle, -1] ** 2
    deviations = np.sqrt(np.maximum(variances, 0))
    unit = np.maximum(deviations, LEAST_UNIT * deviations.mean() + np.finfo(np.float32).tiny)
    scale = np.append(np.tile(unit, 9), 1)
    own, common = own / np.outer(scale, scale), common / scale[:, None]
    ridge = np.full(inputs, RIDGE * np.trace(own) / inputs)
    ridge[-1] = 0  # the bias is left free
    solution = np.linalg.solve(own + np.diag(ridge), common)
    kernel = solution[:-1].reshape(3, 3, channels, -1)
    return {"unit": unit, "kernel": kernel, "bias": solution[-1]}


def _equations(maps: Tensor, crop: NDArray[np.float32], stride: int) -> NDArray[np.float32]:
    """For each position, a row: maps of the nine positions around it, a 1, and its pixels."""
    tensorflow = import_tensorflow()
    ones, sides = (1, 1, 1, 1), (1, 3, 3, 1)
    padded = tensorflow.pad(maps, _PADS, "SYMMETRIC")
    around = tensorflow.image.extract_patches(padded, sides, ones, ones, "VALID")
    pixels = tensorflow.constant(crop[:, : stride * maps.shape[1], : stride * maps.shape[2]])
    squares = pixels if stride == 1 else tensorflow.nn.space_to_depth(pixels, stride)
    rows = tensorflow.concat([around, tensorflow.ones_like(around[..., :1]), squares], -1)
    equations: NDArray[np.float32] = tensorflow.reshape(rows, (-1, rows.shape[-1])).numpy()
    return equations


@run_eagerly
def _as_tensors(parameters: Mapping[str, Any]) -> dict[str, Tensor]:
    tensorflow = import_tensorflow()
    return {
        name: tensorflow.convert_to_tensor(values, tensorflow.float32)
        for name, values in parameters.items()
    }
