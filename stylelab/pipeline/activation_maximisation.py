"""A picture that excites one channel of VGG19 as much as it can: what the channel looks for.

The picture starts as coloured noise and climbs: every step changes it so that the channel's mean
activation rises (activation maximisation, Erhan et al. 2009). Climbing on the pixels themselves ends
in fine noise that the network likes and nobody can read (see Mahendran and Vedaldi 2015,
arXiv:1412.0035). Three means against it come from Olah, Mordvintsev and Schubert, "Feature
Visualization", Distill 2017:

- The optimizer moves waves, not pixels (`Waves`): slow waves count for more, as in photographs, where
  a wave's amplitude falls with its frequency.
- Colours are mixed from brightness, warmth and purpleness, which in photographs vary independently,
  not from red, green and blue, which do not.
- Before each look the network is given the picture shifted, so that no line of pixels, and no border,
  stays where it could be exploited. The picture wraps round, so it can be laid side by side as tiles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import LayerError
from stylelab.network.layer_facts import layer_facts, layers_up_to
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.network.vgg19 import LEARNED, VGG19
from stylelab.optimizers.adam import adam
from stylelab.optimizers.evaluation import Evaluation
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from stylelab.network.vgg19 import Pooling, WeightsSource
    from stylelab.optimizers.evaluation import Array
    from stylelab.pictures.images import Picture

SIZE_RANGE = (32, 1024)
"""Smallest and largest side of a picture, in pixels."""

YIELD_EVERY = 4
"""Every fourth picture is looked at as it is, not shifted, and yielded."""

LEARNING_RATE = 0.1
INITIAL_STD = 0.1
"""How strong the noise at the start is, as a standard deviation; Adam's steps are in its units."""

LEAKY_SLOPE = 0.01
"""How much counts of what the ReLU cuts off, so that a channel that is silent at the start can wake."""

SPECTRUM_DECAY = 1.25
"""How fast a wave's amplitude falls with its frequency: as 1/frequency to this power. At 1, as in
photographs, dots remain that only pooling sees; at 1.5, fine textures are lost."""

COLOUR_DIRECTIONS = np.array(
    [[0.72, 0.8, 0.7], [0.58, -0.13, -0.44], [0.08, -0.24, 0.2]], np.float32
)
"""Rows: what brightness, warmth and purpleness add to red, green and blue. The directions in which the
colours of photographs vary independently; colour is given more weight than it has in them."""


@dataclass(frozen=True, eq=False)
class ActivationStep:
    """One step towards a picture that excites a channel.

    ```python
    first = next(sl.activation_maximisation("block1_conv1", 5, size=32))
    first.image.shape, first.activation
    ```

    Attributes:
        image: the picture (H, W, 3), RGB, in [0, 1], read-only.
        iteration: 0 for the start, then 4, 8, … and the last step.
        steps: the iteration at which it will be finished.
        activation: the channel's mean, after the ReLU, over all positions, for exactly this picture.
    """

    image: Picture = field(repr=False)
    iteration: int
    steps: int
    activation: float


def activation_maximisation(
    layer: str,
    channel: int,
    *,
    size: int = 128,
    steps: int = 64,
    seed: int = 0,
    pooling: Pooling = "avg",
    weights: WeightsSource = LEARNED,
    network: VGG19 | None = None,
) -> Iterator[ActivationStep]:
    """Make a picture that excites one channel of VGG19 most: a generator; leaving the loop stops.

    ```python
    for step in sl.activation_maximisation("block3_conv1", 50, size=32, steps=4):
        step.image, step.activation
    ```

    Args:
        layer: name of a layer; see `LAYERS`.
        channel: number of the channel, from 0.
        size: side of the picture, in pixels, 32 to 1024. The time grows with its square.
        steps: steps to take.
        seed: decides the noise at the start and the shifts. The same seed gives the same picture.
        pooling: see `VGG19`.
        weights: see `VGG19`.
        network: a network that has the layer, to look through, in place of a new one with `pooling`
            and `weights`.

    Yields:
        An `ActivationStep` for the start, for every fourth step, and for the last.

    Raises:
        LayerError: there is no such layer or channel; or, later, the channel stays silent.
        SettingsError: the size, the number of steps or the seed is out of range.
    """
    facts = layer_facts(layer)
    if not isinstance(channel, int | np.integer) or not 0 <= channel < facts.channels:
        raise LayerError(
            f"Expected a channel of {layer}: a whole number from 0 to {facts.channels - 1}. "
            f"Received: {channel!r}."
        )
    smallest, largest = SIZE_RANGE
    validate_whole_number("size", size, at_least=smallest, at_most=largest)
    validate_whole_number("steps", steps, at_least=1)
    validate_whole_number("seed", seed, at_least=0)
    if network is None:
        network = VGG19(layer, pooling=pooling, weights=weights)
    elif layer not in network.layers:
        raise LayerError(
            f"Expected a network that has the layer {layer}. Received: {network!r}. Name the layer "
            "when making the VGG19."
        )
    evaluate = _compile_objective(network, layer, int(size))
    return _ascend(evaluate, layer, int(channel), int(size), int(steps), seed)


def _ascend(
    evaluate: ActivationFunction, layer: str, channel: int, size: int, steps: int, seed: int
) -> Iterator[ActivationStep]:
    random = np.random.default_rng(seed)
    fourier = FourierImage(size)
    start = INITIAL_STD * random.standard_normal(fourier.shape, np.float32)
    shifts = random.integers(0, size, (steps + 1, 2), np.int32)
    shifts[::YIELD_EVERY] = shifts[steps] = 0
    next_shift = iter(shifts)  # Adam evaluates once a step

    def loss(spectrum: Array) -> Evaluation:
        image = fourier.image(spectrum)
        objective, activation, gradient = evaluate(image, channel, next(next_shift))
        terms = MappingProxyType({"activation": activation})
        return Evaluation(-objective, terms, -fourier.pull_back(image, gradient))

    unbounded = (-np.inf, np.inf)
    for step in adam(loss, start=start, steps=steps, learning_rate=LEARNING_RATE, bounds=unbounded):
        activation = step.terms["activation"]
        if activation == 0 and (step.iteration == steps or not step.gradient.any()):
            raise _silent_error(layer, channel, step.iteration)
        if step.iteration % YIELD_EVERY == 0 or step.iteration == steps:
            image = fourier.image(step.image)
            image.flags.writeable = False
            yield ActivationStep(image, step.iteration, steps, activation)


def _silent_error(layer: str, channel: int, iteration: int) -> LayerError:
    if iteration == 0:
        why = "It fires nowhere in the picture, and no small change of the picture would alter that"
    else:
        why = f"After {iteration} steps it still fires nowhere in the picture"
    return LayerError(
        f"Expected a channel that can be excited. Received: channel {channel} of {layer}. {why}. "
        "Try another seed, more steps or another channel."
    )


class FourierImage:
    """A square picture as a sum of waves in three colours, whatever their numbers are.

    picture = sigmoid(C · F⁻¹(gain · spectrum)): F⁻¹ is the inverse Fourier transform, the gain of a
    wave falls with its frequency, C mixes colours, and the sigmoid keeps all values in [0, 1].

    Args:
        size: side of the picture, in pixels.

    Attributes:
        shape: the spectrum's, (size, size // 2 + 1, 3, 2): real and imaginary part of each wave.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.shape = (size, size // 2 + 1, 3, 2)
        down, across = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)
        gain = np.maximum(np.hypot(down, across), 1 / size) ** -SPECTRUM_DECAY
        # Each wave stands for itself and its mirror image, but for the first and, if even, the last.
        self_conjugate = np.isin(np.arange(size // 2 + 1), [0, size / 2])
        self.multiplicity = np.where(self_conjugate, 1, 2).astype(np.float32)[:, None]
        # Scaled so that a spectrum of standard deviation 1 gives values of standard deviation 1.
        deviation = np.linalg.norm(gain * self.multiplicity[:, 0]) / size
        self.gain = (gain / deviation).astype(np.float32)[..., None]

    def image(self, spectrum: Array) -> Picture:
        """Add up the waves: (size, size, 3), RGB, in [0, 1]."""
        fourier = self.gain * (spectrum[..., 0] + 1j * spectrum[..., 1])
        values = np.fft.irfft2(fourier, (self.size, self.size), axes=(0, 1), norm="ortho")
        return _sigmoid(values @ COLOUR_DIRECTIONS)

    def pull_back(self, image: Picture, gradient: Array) -> Array:
        """Gradient at the spectrum, from that at the picture, by the chain rule."""
        values = (gradient * image * (1 - image)) @ COLOUR_DIRECTIONS.T
        fourier = self.gain * self.multiplicity * np.fft.rfft2(values, axes=(0, 1), norm="ortho")
        return np.stack([fourier.real, fourier.imag], -1)


@np.errstate(under="ignore")
def _sigmoid(values: Array) -> Array:
    return 1 / (1 + np.exp(-values))


if TYPE_CHECKING:
    ActivationFunction = Callable[
        [Picture, int, NDArray[np.int32]], tuple[float, float, NDArray[np.float32]]
    ]


@run_eagerly
def _compile_objective(network: VGG19, layer: str, size: int) -> ActivationFunction:
    """Make the function (picture, channel, shift) → height to climb, mean activation, gradient.

    The height is the mean of the channel with a leaky ReLU in place of its own.
    """
    tensorflow = import_tensorflow()
    model, names = network.model, layers_up_to((layer,))
    convolution = names[-2] if layer.endswith("pool") else layer
    kernels, biases = model.parameters[convolution]

    def pool(maps: Any) -> Any:
        return maps if layer == convolution else model.apply(layer, maps)

    def evaluate(image: Any, channel: Any, shift: Any) -> tuple[Any, Any, Any]:
        with tensorflow.GradientTape() as tape:
            tape.watch(image)
            maps = model.prepare(tensorflow.roll(image, shift, (0, 1))[None])
            for name in names[: names.index(convolution)]:
                maps = model.apply(name, maps)
            kernel = tensorflow.gather(kernels, [channel], axis=-1)
            summed = tensorflow.nn.conv2d(maps, kernel, 1, "SAME")
            summed += tensorflow.gather(biases, [channel])
            objective = tensorflow.reduce_mean(pool(tensorflow.nn.leaky_relu(summed, LEAKY_SLOPE)))
        activation = tensorflow.reduce_mean(pool(tensorflow.nn.relu(summed)))
        return objective, activation, tape.gradient(objective, image)

    spec, int32 = tensorflow.TensorSpec, tensorflow.int32
    signature = [spec((size, size, 3)), spec((), int32), spec((2,), int32)]
    compiled = tensorflow.function(evaluate, input_signature=signature, autograph=False)
    # The one graph itself, as in `losses.Objective`: TensorFlow would warn of many made at one place.
    graph = compiled.get_concrete_function()

    @run_eagerly
    def call(
        image: Picture, channel: int, shift: NDArray[np.int32]
    ) -> tuple[float, float, NDArray[np.float32]]:
        constant = tensorflow.constant
        objective, activation, gradient = graph(
            constant(image), constant(channel, int32), constant(shift, int32)
        )
        return float(objective), float(activation), gradient.numpy()

    return call
