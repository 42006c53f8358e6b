"""VGG19: feature maps of a picture, and gradients back to it.

Layers have Keras's names: `block4_conv2` is the second convolution of the fourth block *after* its
ReLU, `block4_pool` the pooling at the end of the block. Some tutorials count convolutions in order:
their "conv_4" is `block2_conv2`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.network.layer_facts import CONVOLUTIONS, LAYERS, layers_up_to, sort_by_depth
from stylelab.network.tensorflow import has_gpu, import_tensorflow, run_eagerly
from stylelab.network.weights import load_weights, random_weights
from stylelab.network.winograd import (
    FIELD,
    PAD_WIDTHS,
    PADDING_MODES,
    BlockPlan,
    PaddingMode,
    plan_blocks,
    transform_kernel,
    winograd_convolution,
)
from stylelab.pictures.images import load_image

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from numpy.typing import NDArray

    from stylelab.network.tensorflow import Tensor
    from stylelab.network.weight_decoding import Weights
    from stylelab.pictures.images import Picture, PictureSource

    GradientsByLayer = Mapping[str, NDArray[np.floating[Any]]]
    WeightsSource = Weights | str | PathLike[str] | None
    Parameters = Mapping[str, tuple[Tensor, Tensor]]

Pooling = Literal["avg", "max"]
POOLINGS: tuple[Pooling, ...] = ("avg", "max")

ConvolutionMode = Literal["direct", "winograd"]
CONVOLUTION_MODES: tuple[ConvolutionMode, ...] = ("direct", "winograd")

WINOGRAD_CHANNELS = 128
"""Input channels from which a convolution takes less time as `winograd_convolution`, on a CPU."""

LEARNED = "learned"
"""In place of weights: those that VGG19 learned, as `load_weights` finds them."""

BGR_MEANS = (103.939, 116.779, 123.68)
"""Mean blue, green and red of the pictures that VGG19 was trained on, 0–255."""


def preprocess(image: Picture) -> NDArray[np.float32]:
    """Convert a picture (H, W, 3) to VGG19's input: BGR, 0–255, minus the mean colour."""
    return image[..., ::-1] * np.float32(255) - np.array(BGR_MEANS, np.float32)


def undo_preprocess(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Convert VGG19's input (H, W, 3) back to a picture: RGB, in [0, 1]."""
    return ((values + np.array(BGR_MEANS, np.float32)) / np.float32(255))[..., ::-1]


class VGG19:
    """Feature extractor: VGG19 (arXiv:1409.1556) up to the deepest layer named, its weights fixed.

    Args:
        *layers: names of layers; see `LAYERS`.
        pooling: `"avg"` (the default, as Gatys et al. 2016 advise for style transfer) or `"max"` (as
            the network was trained), in every pooling layer.
        weights: the learned weights (default), a file or mapping of weights, or `None` for random
            ones, which have learned nothing.
        padding_mode: what is around the maps in every convolution: `"zeros"` (the default, as the
            network was trained), or `"symmetric"`: each map's border once more. With zeros, a picture
            that is painted gets a frame; see notebook 05.
        convolution: `"direct"`, or `"winograd"`: the same but for rounding, in less time where there
            is no GPU, and in 200 MB more memory (see `stylelab.network.winograd`).

    Attributes:
        layers: the names, in order of depth.
        model: function of a batch of pictures (RGB, [0, 1]) that returns maps by name; see `Network`.
        pooling, padding_mode: as given.
        label: description of the network; says so if the weights are random.

    Raises:
        LayerError: a name is not a layer of VGG19, or none is given.
        SettingsError: the pooling, the padding or the way to convolve is unknown.
        WeightsError: the weights cannot be found, fetched or trusted.

    ```python
    features = sl.VGG19("block1_conv1", "block4_conv2")
    maps = features(photo)["block4_conv2"]  # (H/8, W/8, 512), float32, 0 or more
    ```
    """

    def __init__(
        self,
        *layers: str,
        pooling: Pooling = "avg",
        weights: WeightsSource = LEARNED,
        padding_mode: PaddingMode = "zeros",
        convolution: ConvolutionMode = "direct",
    ) -> None:
        if not layers:
            raise LayerError(
                "Expected at least one layer of VGG19. Received: none. For example: "
                'VGG19("block4_conv2").'
            )
        if pooling not in POOLINGS:
            raise SettingsError(f"Expected pooling 'avg' or 'max'. Received: {pooling!r}.")
        if padding_mode not in PADDING_MODES:
            raise SettingsError(
                f"Expected padding_mode 'zeros' or 'symmetric'. Received: {padding_mode!r}."
            )
        if convolution not in CONVOLUTION_MODES:
            raise SettingsError(
                f"Expected convolution 'direct' or 'winograd'. Received: {convolution!r}."
            )
        self.layers = sort_by_depth(layers)
        self.pooling = pooling
        self.padding_mode = padding_mode
        self.label = (
            f"VGG19, {'random' if weights is None else 'learned'} weights, {pooling} pooling"
        )
        parameters = _parameters(self.layers[-1], weights, convolution)
        self.model = Network(parameters, self.layers, pooling, padding_mode)

    @run_eagerly
    def __call__(self, image: PictureSource) -> dict[str, NDArray[np.float32]]:
        """Feature maps (rows, columns, channels), by layer name, of a picture (H, W, 3)."""
        outputs = self.tensors(import_tensorflow().constant(load_image(image)))
        return {name: maps.numpy() for name, maps in outputs.items()}

    def tensors(self, image: Tensor) -> dict[str, Tensor]:
        """Feature maps, by layer name, as tensors, of a tensor (H, W, 3): differentiable."""
        self.validate_shape(image.shape[0], image.shape[1])
        outputs = self.model(image[None])
        return {name: outputs[name][0] for name in self.layers}

    def validate_shape(self, height: int, width: int) -> None:
        """Raise a `LayerError` unless a picture is large enough for the deepest layer."""
        deepest = LAYERS[self.layers[-1]]
        if min(deepest.shape(height, width)) < 1:
            raise LayerError(
                f"Expected a picture of at least {deepest.stride} pixels a side for {deepest.name}. "
                f"Received: {height} × {width}. Take a larger picture or a shallower layer."
            )

    @run_eagerly
    def vjp(
        self, image: PictureSource
    ) -> tuple[dict[str, NDArray[np.float32]], Callable[[GradientsByLayer], Picture]]:
        """Feature maps of a picture, and the function that backpropagates gradients to the picture.

        With F(x) the maps and L any loss of them, `pull_back({layer: ∂L/∂F})` is ∂L/∂x: the
        vector-Jacobian product, by the chain rule through every layer. Layers left out count as 0.

        Returns:
            The maps, as `features(image)` returns them, and the function. It takes gradients of the
            shape of the maps and returns one of the picture's, (H, W, 3), float32. It raises
            `LayerError` for a layer that was not asked for, and `PictureError` for another shape.

        ```python
        target = features(sl.resize_to(painting, *photo.shape[:2]))["block4_conv2"]
        maps, pull_back = features.vjp(photo)
        gradient = pull_back({"block4_conv2": 2 * (maps["block4_conv2"] - target)})
        ```
        """
        tensorflow = import_tensorflow()
        pixels = tensorflow.constant(load_image(image))
        with tensorflow.GradientTape(persistent=True) as tape:
            tape.watch(pixels)
            outputs = self.tensors(pixels)

        @run_eagerly
        def pull_back(gradients: GradientsByLayer) -> Picture:
            _validate_gradients(gradients, outputs)
            gradient: Picture = tape.gradient(
                [outputs[name] for name in gradients],
                pixels,
                [tensorflow.constant(values, tensorflow.float32) for values in gradients.values()],
            ).numpy()
            return gradient

        return {name: maps.numpy() for name, maps in outputs.items()}, pull_back

    def __repr__(self) -> str:
        return f"<{self.label}: {', '.join(self.layers)}>"


def _validate_gradients(gradients: GradientsByLayer, outputs: Mapping[str, Tensor]) -> None:
    if not gradients:
        raise LayerError("Expected the gradient at one layer or more. Received: none.")
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


@dataclass(frozen=True, eq=False)
class Network:
    """VGG19's layers as TensorFlow operations: no setting of Keras changes what they compute.

    Attributes:
        parameters: kernel and bias, float32 tensors, of each convolution up to the deepest layer. A
            kernel is (3, 3, C, N), or (36, C, N) as `transform_kernel` returns it.
        outputs: names of the layers whose maps are returned, in order of depth.
        pooling, padding_mode: see `VGG19`.
    """

    parameters: Parameters = field(repr=False)
    outputs: tuple[str, ...]
    pooling: Pooling
    padding_mode: PaddingMode

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """Feature maps, by layer name, of images (batch, H, W, 3), RGB, [0, 1]."""
        maps, maps_by_layer = self.prepare(images), {}
        plans: dict[int, BlockPlan] = {}
        for name in layers_up_to(self.outputs):
            maps = self.apply(name, maps, plans)
            if name in self.outputs:
                maps_by_layer[name] = maps
        return maps_by_layer

    def prepare(self, images: Tensor) -> Tensor:
        """Preprocess a batch of images (batch, H, W, 3); see `preprocess`."""
        means = import_tensorflow().constant([-mean for mean in BGR_MEANS], "float32")
        return images[..., ::-1] * 255.0 + means

    def apply(self, name: str, maps: Tensor, plans: dict[int, BlockPlan] | None = None) -> Tensor:
        """Apply one layer to the maps (batch, rows, columns, channels) of the layer before it.

        `plans` keeps what Winograd's method needs to know of maps of each stride, for the next layers.
        """
        tensorflow = import_tensorflow()
        nn = tensorflow.nn
        if name.endswith("pool"):
            pool = nn.avg_pool2d if self.pooling == "avg" else nn.max_pool2d
            return pool(maps, 2, 2, "VALID")
        kernel, bias = self.parameters[name]
        if kernel.shape[0] == FIELD**2:
            plans, stride = {} if plans is None else plans, LAYERS[name].stride
            if stride not in plans:
                plans[stride] = plan_blocks(maps, self.padding_mode)
            responses = winograd_convolution(maps, kernel, plans[stride])
        elif self.padding_mode == "zeros":
            responses = nn.conv2d(maps, kernel, 1, "SAME")
        else:
            padded = tensorflow.pad(maps, PAD_WIDTHS, "SYMMETRIC")
            responses = nn.conv2d(padded, kernel, 1, "VALID")
        return nn.relu(nn.bias_add(responses, bias))


def fastest_convolution() -> ConvolutionMode:
    """Return how convolutions take the least time on this machine."""
    return "direct" if has_gpu() else "winograd"


def _parameters(deepest: str, weights: WeightsSource, convolution: ConvolutionMode) -> Parameters:
    """Parameters of the convolutions up to `deepest`; kept for the next network unless a mapping."""
    names = [name for name in layers_up_to((deepest,)) if name in CONVOLUTIONS]
    if isinstance(weights, Mapping):
        return _parameter_tensors(names, weights, convolution)
    kept = _kept_parameters(None if weights is None else str(weights), convolution)
    if missing := [name for name in names if name not in kept]:
        source = None if weights == LEARNED else weights
        loaded = random_weights() if weights is None else load_weights(source)
        kept.update(_parameter_tensors(missing, loaded, convolution))
    return {name: kept[name] for name in names}


@lru_cache(maxsize=4)  # few are in use at a time; each holds up to 80 MB, and 230 MB with winograd
def _kept_parameters(
    source: str | None,  # noqa: ARG001 - what is kept is kept for each
    convolution: ConvolutionMode,  # noqa: ARG001 - see above
) -> dict[str, tuple[Tensor, Tensor]]:
    """Return what was loaded so far, by layer, to be used and added to."""
    return {}


@run_eagerly
def _parameter_tensors(
    names: Sequence[str], weights: Weights, convolution: ConvolutionMode
) -> dict[str, tuple[Tensor, Tensor]]:
    tensorflow = import_tensorflow()
    parameters = {}
    for name in names:
        kernel = weights[f"{name}/kernel"]
        if convolution == "winograd" and CONVOLUTIONS[name][0] >= WINOGRAD_CHANNELS:
            kernel = transform_kernel(kernel)
        # TensorFlow keeps the arrays that it has copied until its next operation, here identity.
        parameters[name] = (
            tensorflow.identity(tensorflow.constant(kernel, "float32")),
            tensorflow.constant(weights[f"{name}/bias"], "float32"),
        )
    return parameters
