"""Picture → feature maps, by VGG19; and what is known of each of its layers without running it.

Layers have Keras's names: `block4_conv2` is the second convolution of the fourth block *after* its
ReLU, `block4_pool` the pooling that ends the block. Counting convolutions in order is something else
("conv_4" in some tutorials is `block2_conv2`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stylelab._tensorflow import eagerly, import_tensorflow
from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.images import load_image
from stylelab.weights import CONVOLUTIONS, load_weights, random_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from numpy.typing import NDArray

    from stylelab.images import Picture, PictureSource
    from stylelab.weights import Weights

    GradientsByLayer = Mapping[str, NDArray[np.floating[Any]]]
    WeightsSource = Weights | str | PathLike[str] | None
    Parameters = Mapping[str, tuple[Any, Any]]

Pooling = Literal["avg", "max"]
POOLINGS: tuple[Pooling, ...] = ("avg", "max")

LEARNED = "learned"
"""Stands for the weights that VGG19 learned, wherever they are found (see `load_weights`)."""

BGR_MEANS = (103.939, 116.779, 123.68)
"""Mean blue, green and red of the pictures that VGG19 learned from, 0–255."""


@dataclass(frozen=True)
class LayerFacts:
    """What is known of a layer of VGG19 without running it.

    Attributes:
        name: Keras's name, such as `"block3_conv1"`.
        channels: number of feature maps.
        stride: pixels of the picture from one unit to the next.
        receptive_field: side, in pixels, of the square of the picture that one unit sees.
        first_centre: centre of the first unit's square, in pixels from the centre of the first pixel.
        inputs: channels that come in.
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
        """Where in the picture (y, x, in pixels) the unit at `row`, `column` looks."""
        return self.first_centre + row * self.stride, self.first_centre + column * self.stride

    def square(self, row: int, column: int) -> tuple[int, int, int, int]:
        """The square of the picture that the unit at `row`, `column` sees: top, left, bottom, right.

        In pixels, bottom and right excluded, as slices count. Near the picture's border, a part of the
        square lies outside: there the network sees the zeros of its padding.
        """
        y, x = self.centre(row, column)
        half = (self.receptive_field - 1) / 2
        top, left = round(y - half), round(x - half)
        return top, left, top + self.receptive_field, left + self.receptive_field

    def unit_at(self, y: float, x: float) -> tuple[int, int]:
        """The row and column of the unit whose square has its centre nearest to the pixel (y, x)."""
        row, column = (round((place - self.first_centre) / self.stride) for place in (y, x))
        return max(row, 0), max(column, 0)

    def multiply_adds(self, height: int, width: int) -> int:
        """Multiplications (each with its addition) to compute this layer from the one before it."""
        rows, columns, channels = self.shape(height, width)
        return 0 if self.name.endswith("pool") else rows * columns * channels * self.inputs * 9


def _all_facts() -> dict[str, LayerFacts]:
    """Walk down the network: what a unit sees grows by (kernel − 1) × stride at each layer."""
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


LAYERS: Mapping[str, LayerFacts] = MappingProxyType(_all_facts())
"""The facts of every layer, in order of depth."""


def layer_facts(name: str) -> LayerFacts:
    """Look up what is known of a layer.

    Raises:
        LayerError: there is no layer of that name; the message suggests the nearest.
    """
    if name in LAYERS:
        return LAYERS[name]
    near = _nearest(str(name))
    suggestion = f" Did you mean {near!r}?" if near else ""
    raise LayerError(
        f"Expected a layer of VGG19. Received: {name!r}.{suggestion} The layers, in order of depth: "
        f"{', '.join(LAYERS)}."
    )


def _nearest(name: str) -> str | None:
    # Papers write conv4_2, relu4_2 or pool4.
    written = re.fullmatch(r"(conv|relu|pool)_?(\d)(?:_(\d))?", name)
    if written:
        kind, block, index = written.groups()
        meant = f"block{block}_pool" if kind == "pool" else f"block{block}_conv{index or 1}"
        if meant in LAYERS:
            return meant
    near = difflib.get_close_matches(name, LAYERS, n=1, cutoff=0.5)
    return near[0] if near else None


def in_order_of_depth(names: Mapping[str, object] | tuple[str, ...]) -> tuple[str, ...]:
    """Sort layer names by depth, each once, after checking them."""
    wanted = {layer_facts(name).name for name in names}
    return tuple(name for name in LAYERS if name in wanted)


def passed(layers: tuple[str, ...]) -> tuple[str, ...]:
    """Name the layers that a picture passes, from the first to the deepest of those named."""
    names = tuple(LAYERS)
    return names[: names.index(in_order_of_depth(layers)[-1]) + 1]


def preprocess(image: Picture) -> NDArray[np.float32]:
    """Turn a picture into what VGG19 learned from: BGR, 0–255, minus the mean colour (H, W, 3)."""
    return image[..., ::-1] * np.float32(255) - np.array(BGR_MEANS, np.float32)


def undo_preprocess(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Undo `preprocess`: RGB, in [0, 1] wherever the picture was."""
    return ((values + np.array(BGR_MEANS, np.float32)) / np.float32(255))[..., ::-1]


def patch(image: Picture, layer: str, row: int, column: int) -> Picture:
    """Cut out of a picture (H, W, 3) what one unit sees: (side, side, 3), white outside the picture.

    The side is the layer's receptive field.
    """
    top, left, bottom, right = layer_facts(layer).square(row, column)
    height, width = image.shape[:2]
    seen = np.ones((bottom - top, right - left, 3), np.float32)
    rows = slice(max(top, 0), min(bottom, height))
    columns = slice(max(left, 0), min(right, width))
    inside = image[rows, columns]
    seen[rows.start - top :, columns.start - left :][: len(inside), : inside.shape[1]] = inside
    return seen


def strongest_units(
    channel: NDArray[np.floating[Any]], count: int = 1, *, apart: float = 1.0
) -> list[tuple[int, int]]:
    """Find where one channel fires most: (row, column) of its strongest units, strongest first.

    Args:
        channel: one channel's map (rows, columns).
        count: how many units at most; those at 0 are left out, as they do not fire.
        apart: least distance of two of them, in rows or columns of the map, whichever is larger:
            neighbours see nearly the same, and would all be found at one place.
    """
    left = np.array(channel, np.float64)
    rows, columns = np.indices(left.shape)
    found: list[tuple[int, int]] = []
    while len(found) < count and left.max(initial=0) > 0:
        row, column = (int(index) for index in np.unravel_index(left.argmax(), left.shape))
        found.append((row, column))
        left[np.maximum(np.abs(rows - row), np.abs(columns - column)) < apart] = 0
    return found


class VGG19:
    """VGG19, cut off after the deepest layer asked for, frozen.

    ```python
    features = VGG19("block1_conv1", "block4_conv2")
    maps = features(photo)["block4_conv2"]  # (H/8, W/8, 512)
    ```

    Args:
        *layers: names of the layers wanted; see `LAYERS`.
        pooling: `"avg"` (the default, as Gatys et al. 2016 advise for painting) or `"max"` (as the
            network was trained), at every pooling of the body.
        weights: the learned weights (default), a file or mapping of weights, or `None` for random
            ones, which have learned nothing.

    Attributes:
        layers: the names, in order of depth.
        model: from a batch of pictures (RGB, [0, 1]) to their maps by name; see `Network`.
        pooling: as given.
        label: the network in words; says so if the weights are random.

    Raises:
        LayerError: a name is not a layer of VGG19, or none is given.
        WeightsError: the weights cannot be found, fetched or trusted.
    """

    def __init__(
        self, *layers: str, pooling: Pooling = "avg", weights: WeightsSource = LEARNED
    ) -> None:
        if not layers:
            raise LayerError(f"Expected at least one layer of VGG19. Received: none. {_EXAMPLE}")
        if pooling not in POOLINGS:
            raise SettingsError(f"Expected pooling 'avg' or 'max'. Received: {pooling!r}.")
        self.layers = in_order_of_depth(layers)
        self.pooling = pooling
        self.label = (
            f"VGG19, {'random' if weights is None else 'learned'} weights, {pooling} pooling"
        )
        self.model = Network(_parameters(self.layers[-1], weights), self.layers, pooling)

    @eagerly
    def __call__(self, image: PictureSource) -> dict[str, NDArray[np.float32]]:
        """Compute the maps (rows, columns, channels), by layer name, of a picture (H, W, 3)."""
        outputs = self.tensors(import_tensorflow().constant(load_image(image)))
        return {name: maps.numpy() for name, maps in outputs.items()}

    def tensors(self, image: Any) -> dict[str, Any]:
        """The same for a TensorFlow tensor (H, W, 3), giving tensors: gradients flow through it."""
        height, width = image.shape[0], image.shape[1]
        if min(LAYERS[self.layers[-1]].shape(height, width)) < 1:
            raise LayerError(
                f"Expected a picture of at least {LAYERS[self.layers[-1]].stride} pixels a side for "
                f"{self.layers[-1]}. Received: {height} × {width}. Take a larger picture or a layer "
                "further up."
            )
        outputs = self.model(image[None])
        return {name: outputs[name][0] for name in self.layers}

    @eagerly
    def vjp(
        self, image: PictureSource
    ) -> tuple[dict[str, NDArray[np.float32]], Callable[[GradientsByLayer], Picture]]:
        """Compute the maps, and a way to carry gradients at them back to the picture.

        ```python
        maps, pull_back = features.vjp(picture)
        gradient = pull_back({"block4_conv2": 2 * (maps["block4_conv2"] - target)})
        ```

        With F(x) the maps and L any loss of them, `pull_back({layer: ∂L/∂F})` is ∂L/∂x: the
        vector-Jacobian product, by the chain rule through every layer. Layers left out count as 0.

        Returns:
            The maps, as `features(image)` gives them, and the function. It takes gradients of the
            shape of the maps and gives one of the picture's, (H, W, 3), float32. It raises
            `LayerError` for a layer that was not asked for, and `PictureError` for another shape.
        """
        tensorflow = import_tensorflow()
        picture = tensorflow.constant(load_image(image))
        with tensorflow.GradientTape(persistent=True) as tape:
            tape.watch(picture)
            outputs = self.tensors(picture)

        @eagerly
        def pull_back(gradients: GradientsByLayer) -> Picture:
            _check_gradients(gradients, outputs)
            gradient = tape.gradient(
                [outputs[name] for name in gradients],
                picture,
                [tensorflow.constant(values, tensorflow.float32) for values in gradients.values()],
            )
            pulled: Picture = gradient.numpy()
            return pulled

        return {name: maps.numpy() for name, maps in outputs.items()}, pull_back

    def __repr__(self) -> str:
        return f"<{self.label}: {', '.join(self.layers)}>"


def _check_gradients(gradients: GradientsByLayer, outputs: Mapping[str, Any]) -> None:
    if not gradients:
        raise LayerError("Expected the gradient at one layer at least. Received: none.")
    for name, values in gradients.items():
        if name not in outputs:
            raise LayerError(
                f"Expected gradients at the layers asked for: {', '.join(outputs)}. "
                f"Received: {name!r}. Name it when making the VGG19."
            )
        if np.shape(values) != tuple(outputs[name].shape):
            raise PictureError(
                f"Expected a gradient of the maps' shape, {tuple(outputs[name].shape)}, for {name}. "
                f"Received: {np.shape(values)}."
            )


_EXAMPLE = 'For example: VGG19("block4_conv2").'


@dataclass(frozen=True, eq=False)
class Network:
    """VGG19's layers as TensorFlow's own operations: no setting of Keras changes what they compute.

    Attributes:
        parameters: of each convolution, down to the deepest layer: kernel and bias, float32 tensors.
        outputs: names of the layers whose maps are given, in order of depth.
        pooling: `"avg"` or `"max"`.
    """

    parameters: Parameters = field(repr=False)
    outputs: tuple[str, ...]
    pooling: Pooling

    def __call__(self, pictures: Any) -> dict[str, Any]:
        """Pass pictures (batch, H, W, 3), RGB, [0, 1], down to the deepest layer."""
        maps, found = self.prepare(pictures), {}
        for name in passed(self.outputs):
            maps = self.apply(name, maps)
            if name in self.outputs:
                found[name] = maps
        return found

    def prepare(self, pictures: Any) -> Any:
        """Do what `preprocess` does, on tensors (batch, H, W, 3)."""
        means = import_tensorflow().constant([-mean for mean in BGR_MEANS], "float32")
        return pictures[..., ::-1] * 255.0 + means

    def apply(self, name: str, maps: Any) -> Any:
        """Apply one layer to the maps (batch, rows, columns, channels) of the layer before it."""
        nn = import_tensorflow().nn
        if name.endswith("pool"):
            pool = nn.avg_pool2d if self.pooling == "avg" else nn.max_pool2d
            return pool(maps, 2, 2, "VALID")
        kernel, bias = self.parameters[name]
        return nn.relu(nn.bias_add(nn.conv2d(maps, kernel, 1, "SAME"), bias))


def _parameters(deepest: str, weights: WeightsSource) -> Parameters:
    """Find or make the tensors of the convolutions down to `deepest`."""
    if isinstance(weights, Mapping):
        return _tensors(deepest, weights)
    return _shared_parameters(deepest, None if weights is None else str(weights))


@lru_cache(maxsize=4)  # a few networks are in use at a time; each holds up to 80 MB
def _shared_parameters(deepest: str, source: str | None) -> Parameters:
    if source is None:
        return _tensors(deepest, random_weights())
    return _tensors(deepest, load_weights(None if source == LEARNED else source))


@eagerly
def _tensors(deepest: str, weights: Weights) -> Parameters:
    constant = import_tensorflow().constant
    return {
        name: (
            constant(weights[f"{name}/kernel"], "float32"),
            constant(weights[f"{name}/bias"], "float32"),
        )
        for name in passed((deepest,))
        if name in CONVOLUTIONS
    }
