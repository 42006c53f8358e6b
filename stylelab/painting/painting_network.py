"""A network that paints in one pass: a photo in, its picture in a style out.

The architecture is that of Johnson et al. 2016 (arXiv:1603.08155) with what was learned since:

- A convolution of 5 × 5, two of stride 2, residual blocks at a quarter of the size, and two steps up.
- Every convolution is followed by conditional instance normalisation: see
  `stylelab.painting.normalization`.
- On the way up, each value is repeated, then convolved. A transposed convolution would reach some
  pixels more often than others, and leave a chequerboard (Odena et al., "Deconvolution and Checkerboard
  Artifacts", Distill 2016).
- The photo itself is added before the last sigmoid, as much of it as each style wants. So the network
  has to learn only what is to change, and fine lines need not pass through maps of a quarter of the
  size.
- Borders are padded by reflection in every convolution, so that edges look like the middle.

It is made of TensorFlow operations, as VGG19 is here: no setting of Keras changes what it computes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from stylelab.errors import PictureError, SettingsError
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.painting.normalization import Statistics, instance_statistics, normalize
from stylelab.pictures.decoding import MIN_SIDE
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from stylelab.network.tensorflow import Tensor
    from stylelab.rights.record import Rights

    StatisticsByLayer = Mapping[str, Statistics]

MAX_WIDTH, MAX_BLOCKS, MAX_STYLES = 128, 16, 64
"""Limits of a network: far above what a laptop trains, and what a file may ask memory for."""


class ConvolutionFacts(NamedTuple):
    """One convolution: its name, its kernel, and pixels from one of its positions to the next."""

    name: str
    kernel: tuple[int, int, int, int]
    stride: int


@dataclass(frozen=True)
class NetworkInfo:
    """What a painting network is, and what it was made of.

    ```python
    network = sl.PaintingNetwork(("night", "glass"), width=4, blocks=1)
    network.info.styles, network.info.steps  # (("night", "glass"), 0)
    ```

    Attributes:
        styles: name of each style.
        width: channels of the first convolution; the inner ones have two and three times as many.
        blocks: number of residual blocks.
        style_rights: rights of each style's picture, by name of the style.
        photo_rights: rights of the photos that it was trained on, by their name.
        settings: how it was trained, as plain values.
        steps: training steps taken.
    """

    styles: tuple[str, ...]
    width: int = 16
    blocks: int = 4
    style_rights: Mapping[str, Rights] = field(default_factory=dict, hash=False)
    photo_rights: Mapping[str, Rights] = field(default_factory=dict, hash=False)
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    steps: int = 0

    def __post_init__(self) -> None:
        given: Any = self.styles  # as it may come from a file
        names = () if isinstance(given, str) else tuple(given)
        usable = 1 <= len(names) <= MAX_STYLES and all(isinstance(name, str) for name in names)
        if not usable or len(set(names)) < len(names):
            raise SettingsError(
                f"Expected 1 to {MAX_STYLES} names of styles, all different. Received: {self.styles!r}."
            )
        validate_whole_number("width", self.width, at_least=1, at_most=MAX_WIDTH, unit="channels")
        validate_whole_number("blocks", self.blocks, at_least=0, at_most=MAX_BLOCKS)
        validate_whole_number("steps", self.steps, at_least=0)
        object.__setattr__(self, "styles", names)
        for name in ("style_rights", "photo_rights", "settings"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def rights(self) -> dict[str, Rights]:
        """Rights of all that went in, by name: styles first, then photos."""
        return {**self.style_rights, **self.photo_rights}


class PaintingNetwork:
    """A network that paints pictures in one style, in several, and in mixtures of them.

    It holds no state but its parameters, which do not change: training makes a new network each step.

    ```python
    network = sl.PaintingNetwork(("night", "glass"), width=4, blocks=1)
    tf = sl.import_tensorflow()
    mixed = network(tf.constant(photo[None]), tf.constant([[0.5, 0.5]]))  # (1, H, W, 3)
    ```

    Args:
        styles: name of each style, or the whole `NetworkInfo`.
        width: see `NetworkInfo`; with 4 blocks and one style a width of 16 makes 206,214 weights.
        blocks: number of residual blocks.
        seed: decides the weights at the start.
        parameters: weights by name, as `parameter_shapes` lists them; random ones without.

    Attributes:
        info: see `NetworkInfo`.
        parameters: read-only, float32 tensors by name.
        styles: name of each style.
        context: number of pixels around a tile that its picture depends on through the convolutions.
            The means and variances of the normalisation depend on the whole: see `statistics`.

    Raises:
        SettingsError: an argument is out of its range, or the parameters have other shapes.
    """

    def __init__(
        self,
        styles: tuple[str, ...] | NetworkInfo,
        *,
        width: int = 16,
        blocks: int = 4,
        seed: int = 0,
        parameters: Mapping[str, Tensor] | None = None,
    ) -> None:
        if not isinstance(styles, NetworkInfo):
            styles = NetworkInfo(styles, width, blocks)
        self.info = styles
        if parameters is None:
            parameters = initial_parameters(self.info, seed)
        _validate_parameters(parameters, parameter_shapes(self.info))
        self.parameters = MappingProxyType(_as_tensors(parameters))

    @property
    def styles(self) -> tuple[str, ...]:
        """Name of each style."""
        return self.info.styles

    @property
    def context(self) -> int:
        """Pixels around a tile that its picture depends on through the convolutions: a multiple of 4.

        Tiles, too, have to start at multiples of 4: positions of the inner maps are 4 pixels apart.
        """
        reach = sum(kernel[0] // 2 * stride for _, kernel, stride in convolutions(self.info))
        # A value that is repeated twice reaches up to 3 pixels further than its own position.
        return 4 * math.ceil((reach + 3) / 4)

    @property
    def size(self) -> int:
        """Number of weights."""
        return sum(math.prod(shape) for shape in parameter_shapes(self.info).values())

    def __call__(
        self, images: Tensor, weights: Tensor, statistics: StatisticsByLayer | None = None
    ) -> Tensor:
        """Paint pictures, on tensors: gradients flow through it.

        Args:
            images: shape (N, H, W, 3), RGB, in [0, 1]; at least 16 pixels a side.
            weights: how much each style counts, (N, styles), or (1, styles) for all.
            statistics: those of another picture, which replace the picture's own in the
                normalisation. Tiles of a picture that are given those of the whole, scaled down, fit
                together.

        Returns:
            Shape (N, H, W, 3), RGB, in [0, 1].

        Raises:
            PictureError: the pictures have another shape.
            SettingsError: the weights have another shape.
        """
        self._validate_call(images, weights)
        return paint_tensors(self.info, self.parameters, images, weights, statistics)[0]

    def statistics(self, images: Tensor, weights: Tensor) -> dict[str, Statistics]:
        """Mean and variance of each channel, (N, 1, 1, channels), by convolution, of painting pictures.

        ```python
        whole = tf.constant(photo[None])
        one_style = tf.constant([[1.0, 0.0]])
        shared = network.statistics(whole, one_style)
        tile = network(whole[:, :32, :32], one_style, shared)
        ```

        Args, raises: as for painting.
        """
        self._validate_call(images, weights)
        return paint_tensors(self.info, self.parameters, images, weights, None)[1]

    def with_info(self, **changes: Any) -> PaintingNetwork:
        """Same network with another description: rights, settings, steps.

        ```python
        credited = network.with_info(style_rights={"night": sl.Rights(author="A. Painter")})
        ```
        """
        return PaintingNetwork(replace(self.info, **changes), parameters=self.parameters)

    def _validate_call(self, images: Tensor, weights: Tensor) -> None:
        shape = tuple(images.shape)
        sides = [side for side in shape[1:3] if side is not None]
        if len(shape) != 4 or shape[3] != 3 or any(side < MIN_SIDE for side in sides):  # noqa: PLR2004
            raise PictureError(
                f"Expected pictures of shape (N, H, W, 3), of at least {MIN_SIDE} pixels a side. "
                f"Received: {shape}. One picture is image[None]."
            )
        if len(weights.shape) != 2 or weights.shape[1] != len(self.styles):  # noqa: PLR2004
            raise SettingsError(
                f"Expected weights of shape (N, {len(self.styles)}): one for each of the styles "
                f"{', '.join(self.styles)}. Received: {tuple(weights.shape)}."
            )

    def __repr__(self) -> str:
        return f"<PaintingNetwork: {', '.join(self.styles)}; {self.size:,} weights>"


def convolutions(info: NetworkInfo) -> list[ConvolutionFacts]:
    """List the convolutions of a network, in order; strides are those of their input."""
    one, two, three = (factor * info.width for factor in (1, 2, 3))
    inner = [
        ConvolutionFacts(f"block{block}_conv{half}", (3, 3, three, three), 4)
        for block in range(1, info.blocks + 1)
        for half in (1, 2)
    ]
    return [
        ConvolutionFacts("input", (5, 5, 3, one), 1),
        ConvolutionFacts("down1", (3, 3, one, two), 1),
        ConvolutionFacts("down2", (3, 3, two, three), 2),
        *inner,
        ConvolutionFacts("up1", (3, 3, three, two), 2),
        ConvolutionFacts("up2", (3, 3, two, one), 1),
        ConvolutionFacts("output", (5, 5, one, 3), 1),
    ]


def parameter_shapes(info: NetworkInfo) -> dict[str, tuple[int, ...]]:
    """Shape of each parameter by name: kernels, and a scale and a shift for each style and channel.

    All but the last convolution are normalised, which makes a bias needless; the last one has one for
    each style. `photo/scale` is how much of the photo's red, green and blue is added to its result.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for name, kernel, _ in convolutions(info):
        by_style = len(info.styles), kernel[-1]
        shapes[f"{name}/kernel"] = kernel
        if name != "output":
            shapes[f"{name}/scale"] = by_style
        shapes[f"{name}/shift"] = by_style
    shapes["photo/scale"] = len(info.styles), 3
    return shapes


def initial_parameters(info: NetworkInfo, seed: int) -> dict[str, NDArray[np.float32]]:
    """Draw kernels from normal distributions (He et al. 2015, arXiv:1502.01852); scales 1, shifts 0."""
    validate_whole_number("seed", seed, at_least=0)
    random = np.random.default_rng(seed)
    parameters = {}
    for name, shape in parameter_shapes(info).items():
        if name.endswith("kernel"):
            deviation = np.float32(math.sqrt(2 / math.prod(shape[:3])))
            parameters[name] = deviation * random.standard_normal(shape, np.float32)
        else:
            parameters[name] = np.full(shape, name.endswith("scale"), np.float32)
    return parameters


def paint_tensors(
    info: NetworkInfo,
    parameters: Mapping[str, Tensor],
    images: Tensor,
    weights: Tensor,
    statistics: StatisticsByLayer | None,
    measure: Callable[[Tensor], Statistics] = instance_statistics,
) -> tuple[Tensor, dict[str, Statistics]]:
    """Paint pictures (N, H, W, 3); also return the statistics that the normalisation used.

    Args: see `PaintingNetwork`; `measure` gives the statistics of maps where none are given.
    """
    used: dict[str, Statistics] = {}

    def choose(name: str, maps: Tensor) -> Statistics:
        used[name] = measure(maps) if statistics is None else statistics[name]
        return used[name]

    layers = Layers(parameters, weights, choose)
    maps = layers.down(images)
    for block in range(1, info.blocks + 1):
        maps = layers.block(block, maps)
    return layers.up(maps, images), used


@dataclass(frozen=True)
class Layers:
    """The layers of a network, on tensors, in three parts that follow each other.

    Attributes:
        parameters: by name.
        weights: how much each style counts, (N, styles).
        choose: gives the statistics to normalise with, of a convolution's name and maps.
    """

    parameters: Mapping[str, Tensor]
    weights: Tensor
    choose: Callable[[str, Tensor], Statistics]

    def down(self, images: Tensor) -> Tensor:
        """Pictures (N, H, W, 3) to maps of a quarter of the size, which is rounded up."""
        relu = import_tensorflow().nn.relu
        maps = relu(self._normalize("input", 2 * images - 1))
        maps = relu(self._normalize("down1", maps, stride=2))
        return relu(self._normalize("down2", maps, stride=2))

    def block(self, number: int, maps: Tensor) -> Tensor:
        """Maps, and a change of them, in one residual block; blocks are counted from 1."""
        change = import_tensorflow().nn.relu(self._normalize(f"block{number}_conv1", maps))
        return maps + self._normalize(f"block{number}_conv2", change)

    def up(self, maps: Tensor, images: Tensor) -> Tensor:
        """Maps to pictures (N, H, W, 3), to which the photos are added that `down` was given."""
        tensorflow = import_tensorflow()
        height, width = tensorflow.unstack(tensorflow.shape(images)[1:3])
        maps = _enlarge(maps, (height + 1) // 2, (width + 1) // 2)
        maps = tensorflow.nn.relu(self._normalize("up1", maps))
        maps = tensorflow.nn.relu(self._normalize("up2", _enlarge(maps, height, width)))
        values = self._convolve("output", maps) + self._by_style("output/shift")[:, None, None]
        values += self._by_style("photo/scale")[:, None, None] * (2 * images - 1)
        return tensorflow.sigmoid(values)

    def _normalize(self, name: str, maps: Tensor, stride: int = 1) -> Tensor:
        maps = self._convolve(name, maps, stride)
        scale, shift = self._by_style(f"{name}/scale"), self._by_style(f"{name}/shift")
        return normalize(maps, self.choose(name, maps), scale, shift)

    def _convolve(self, name: str, maps: Tensor, stride: int = 1) -> Tensor:
        tensorflow = import_tensorflow()
        kernel = self.parameters[f"{name}/kernel"]
        pad = kernel.shape[0] // 2
        padded = tensorflow.pad(maps, ((0, 0), (pad, pad), (pad, pad), (0, 0)), "REFLECT")
        return tensorflow.nn.conv2d(padded, kernel, stride, "VALID")

    def _by_style(self, name: str) -> Tensor:
        return import_tensorflow().matmul(self.weights, self.parameters[name])


def _enlarge(maps: Tensor, height: Tensor, width: Tensor) -> Tensor:
    """Repeat each value of maps 2 × 2 times, up to a size."""
    tensorflow = import_tensorflow()
    doubled = tensorflow.repeat(tensorflow.repeat(maps, 2, axis=1), 2, axis=2)
    return doubled[:, :height, :width]


def _validate_parameters(
    parameters: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]
) -> None:
    received = {name: tuple(values.shape) for name, values in parameters.items()}
    if received != dict(shapes):
        wrong = sorted(set(received.items()) ^ set(shapes.items()))
        raise SettingsError(
            f"Expected parameters of the shapes that width, blocks and styles make. Received another "
            f"one: {wrong[0][0]}, {wrong[0][1]}. Give the info of the network they belong to."
        )


@run_eagerly
def _as_tensors(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    tensorflow = import_tensorflow()
    return {
        name: tensorflow.convert_to_tensor(values, tensorflow.float32)
        for name, values in parameters.items()
    }
