"""A decoder: feature maps of one layer of VGG19 in, the picture that has them out.

An encoder throws away what it has no use for, so no decoder is exact: one learns what pictures look like
whose maps these are. It never sees a painting, and no style: what it decodes may be any maps (Li et al.
2017, arXiv:1705.08086; Huang and Belongie 2017, arXiv:1703.06868).

It has two parts, whose results are added:

- A linear one: each position's patch of pixels as a weighted sum of the 3 × 3 positions around it. Its
  weights need no training: they are those with the least mean square of errors, in closed form.
- VGG19 backwards and thinner: channels are reduced, position by position; then each pooling is answered
  by repeating each value 2 × 2 times, with a convolution before and after it. It is trained, to mend
  what a linear map cannot.

Borders are padded by repeating them once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.losses.gram import validate_maps
from stylelab.network.layer_facts import LAYERS, layer_facts
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from stylelab.network.tensorflow import Tensor
    from stylelab.pictures.images import Picture
    from stylelab.rights.record import Rights

MAX_WIDTH = 128
"""Limit of a decoder's width, and so of what a file may ask memory for."""


@dataclass(frozen=True)
class DecoderInfo:
    """What a decoder is, and what it was made of.

    ```python
    info = sl.DecoderInfo("block2_conv1", width=8)
    info.layer, info.steps  # ("block2_conv1", 0)
    ```

    Attributes:
        layer: of VGG19, whose maps it decodes: a convolution.
        width: channels of its last convolution but one; where maps are of half the size there are
            twice as many, of a quarter three times as many, and so on.
        photo_rights: rights of the photos that it was trained on, by their name.
        settings: how it was trained, as plain values.
        steps: training steps taken.
    """

    layer: str
    width: int = 16
    photo_rights: Mapping[str, Rights] = field(default_factory=dict, hash=False)
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    steps: int = 0

    def __post_init__(self) -> None:
        if layer_facts(self.layer).name.endswith("pool"):
            raise LayerError(
                f"Expected a convolution of VGG19. Received: {self.layer!r}. Decode block3_conv1, "
                "for example."
            )
        validate_whole_number("width", self.width, at_least=1, at_most=MAX_WIDTH, unit="channels")
        validate_whole_number("steps", self.steps, at_least=0)
        for name in ("photo_rights", "settings"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


class Decoder:
    """A network from feature maps of one layer back to a picture.

    It holds no state but its parameters, which do not change: training makes a new one each step.

    ```python
    decoder = sl.Decoder("block2_conv1", width=8)  # untrained
    maps = sl.VGG19("block2_conv1", padding_mode="symmetric")(photo)["block2_conv1"]
    picture = decoder(maps)  # (2 × rows, 2 × columns, 3)
    ```

    Args:
        layer: name of the layer, or the whole `DecoderInfo`.
        width: see `DecoderInfo`.
        seed: decides the weights at the start.
        parameters: weights by name, as `decoder_shapes` lists them; random ones without.

    Attributes:
        info: see `DecoderInfo`.
        parameters: read-only, float32 tensors by name.

    Raises:
        LayerError: the layer is no convolution of VGG19.
        SettingsError: another argument is out of its range, or the parameters have other shapes.
    """

    def __init__(
        self,
        layer: str | DecoderInfo,
        *,
        width: int = 16,
        seed: int = 0,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.info = layer if isinstance(layer, DecoderInfo) else DecoderInfo(layer, width)
        shapes = decoder_shapes(self.info)
        if parameters is None:
            parameters = _initial_parameters(shapes, seed)
        received = {name: tuple(values.shape) for name, values in parameters.items()}
        if received != shapes:
            raise SettingsError(
                "Expected parameters of the shapes that layer and width make. Received others: "
                f"{sorted(set(received.items()) ^ set(shapes.items()))[0]}."
            )
        self.parameters = MappingProxyType(_as_tensors(parameters))

    @property
    def layer(self) -> str:
        """Name of the layer whose maps it decodes."""
        return self.info.layer

    @property
    def size(self) -> int:
        """Number of weights."""
        return sum(math.prod(shape) for shape in decoder_shapes(self.info).values())

    @run_eagerly
    def __call__(self, maps: NDArray[np.floating[Any]]) -> Picture:
        """Decode feature maps.

        Args:
            maps: shape (rows, columns, C), of the decoder's layer.

        Returns:
            Picture (stride · rows, stride · columns, 3), float32, RGB, in [0, 1].

        Raises:
            PictureError: the maps have another shape.
        """
        validate_maps(maps, None)
        if maps.shape[-1] != LAYERS[self.layer].channels:
            raise PictureError(
                f"Expected maps of {self.layer}, with {LAYERS[self.layer].channels} channels. "
                f"Received: {maps.shape}. Give those of this layer."
            )
        batch = import_tensorflow().constant(maps[None], "float32")
        picture: Picture = decode_tensors(self.info, self.parameters, batch)[0].numpy()
        return picture.clip(0, 1)

    def __repr__(self) -> str:
        return f"<Decoder of {self.layer}: {self.size:,} weights>"


def decoder_kernels(info: DecoderInfo) -> dict[str, tuple[int, int, int, int]]:
    """List the convolutions that are trained, in order, each with the shape of its kernel."""
    facts = LAYERS[info.layer]
    poolings = facts.stride.bit_length() - 1
    widths = [(number + 1) * info.width for number in range(poolings + 1)]
    kernels = {"reduce": (1, 1, facts.channels, widths[-1])}
    for number in range(poolings, -1, -1):
        here = widths[number]
        kernels[f"conv{number}"] = (3, 3, here, here)
        if number:
            kernels[f"up{number}"] = (3, 3, here, widths[number - 1])
    return kernels | {"output": (3, 3, info.width, 3)}


def decoder_shapes(info: DecoderInfo) -> dict[str, tuple[int, ...]]:
    """Shape of each parameter by name: the unit of each channel, kernels and biases."""
    facts = LAYERS[info.layer]
    kernels = {"linear": (3, 3, facts.channels, 3 * facts.stride**2)} | decoder_kernels(info)
    shapes: dict[str, tuple[int, ...]] = {"unit": (facts.channels,)}
    for name, kernel in kernels.items():
        shapes |= {f"{name}/kernel": kernel, f"{name}/bias": kernel[-1:]}
    return shapes


def decode_tensors(info: DecoderInfo, parameters: Mapping[str, Tensor], maps: Tensor) -> Tensor:
    """Decode maps (N, rows, columns, C) to pictures (N, H, W, 3), on tensors; not clipped."""
    tensorflow = import_tensorflow()
    maps = maps / parameters["unit"]
    patches = _convolve(parameters, "linear", maps)
    stride = LAYERS[info.layer].stride
    picture = patches if stride == 1 else tensorflow.nn.depth_to_space(patches, stride)
    for name in decoder_kernels(info):
        maps = _convolve(parameters, name, maps)
        if name != "output":
            maps = tensorflow.nn.relu(maps)
        if name.startswith("up"):
            maps = tensorflow.repeat(tensorflow.repeat(maps, 2, axis=1), 2, axis=2)
    return picture + maps


def _convolve(parameters: Mapping[str, Tensor], name: str, maps: Tensor) -> Tensor:
    tensorflow = import_tensorflow()
    kernel = parameters[f"{name}/kernel"]
    pad = kernel.shape[0] // 2
    padded = tensorflow.pad(maps, ((0, 0), (pad, pad), (pad, pad), (0, 0)), "SYMMETRIC")
    return tensorflow.nn.conv2d(padded, kernel, 1, "VALID") + parameters[f"{name}/bias"]


def _initial_parameters(
    shapes: Mapping[str, tuple[int, ...]], seed: int
) -> dict[str, NDArray[np.float32]]:
    """Draw kernels from normal distributions (He et al. 2015, arXiv:1502.01852); units are 1.

    What is added to the picture is 0 at first, so that training starts at the linear part.
    """
    validate_whole_number("seed", seed, at_least=0)
    random = np.random.default_rng(seed)
    parameters = {}
    for name, shape in shapes.items():
        if name.endswith("kernel") and name not in ("linear/kernel", "output/kernel"):
            deviation = np.float32(math.sqrt(2 / math.prod(shape[:3])))
            parameters[name] = deviation * random.standard_normal(shape, np.float32)
        else:
            parameters[name] = np.full(shape, name == "unit", np.float32)
    return parameters


@run_eagerly
def _as_tensors(parameters: Mapping[str, Any]) -> dict[str, Tensor]:
    tensorflow = import_tensorflow()
    return {
        name: tensorflow.convert_to_tensor(values, tensorflow.float32)
        for name, values in parameters.items()
    }
