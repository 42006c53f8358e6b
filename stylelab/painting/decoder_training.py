"""Train a decoder on photographs: a generator of steps, as `train`.

Before the first step, its linear part is fitted by least squares. Then each step encodes a few crops and
decodes them, so that pixels agree. And it gives their features, in part or in full, the statistics of
another crop, and decodes those: encoded again, they are to be what they were. This is what a decoder is
for, practised on photographs alone: no painting is shown to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import DivergedError, SettingsError
from stylelab.losses.statistics import MIN_ENERGY
from stylelab.network.layer_facts import LAYERS
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.network.vgg19 import LEARNED, VGG19, fastest_convolution
from stylelab.optimizers.working_time import WorkingTime
from stylelab.painting.decoder import Decoder, DecoderInfo, decode_tensors, decoder_shapes
from stylelab.painting.normalization import EPSILON, instance_statistics
from stylelab.painting.training_objective import Weights, adam_scalars, move_by_adam
from stylelab.painting.training_photos import CropStream, find_photos
from stylelab.painting.training_settings import MAX_BATCH, MAX_CROP
from stylelab.pictures.validation import as_float, describe_received, validate_whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from stylelab.network.tensorflow import Tensor
    from stylelab.network.vgg19 import WeightsSource
    from stylelab.painting.training_photos import Photos

FIXED = ("unit", "linear/kernel", "linear/bias")
"""Parameters that are found before the first step, and not trained."""

OUTPUT_RATE = 0.1
"""How many times as far as others a step moves the last convolution. It starts at 0, beside a linear part
that is good already: a step as long as the others' would spoil the picture first."""

RIDGE = 1e-3
"""Of the least squares: the share of the mean variance that is added to all, so that a direction in which
photographs hardly vary gets no large weight (Hoerl and Kennard 1970)."""

LEAST_UNIT = 0.02
"""The least unit of a channel, as a share of the mean of all: some channels are 0 almost everywhere."""


@dataclass(frozen=True)
class DecoderSettings:
    """All that decides what a decoder learns, besides layer and photos.

    ```python
    settings = sl.DecoderSettings(size=64, batch=2, width=8)
    ```

    Attributes:
        size: side of the crops, in pixels.
        batch: crops in a step, at least 2: each lends its statistics to the next.
        seed: decides the decoder at the start, and the crops.
        width: see `DecoderInfo`.
        fitted_batches: how many batches the linear part is fitted to.
        pixel_weight, feature_weight: of the two terms: mean squared difference of pixels; relative
            difference of features, which have statistics of another crop.
        learning_rate: of Adam at the start; it falls to 0 along a cosine.

    Raises:
        SettingsError: a setting is out of its range.
    """

    size: int = 128
    batch: int = 2
    seed: int = 0
    width: int = 16
    fitted_batches: int = 20
    pixel_weight: float = 10.0
    feature_weight: float = 1.0
    learning_rate: float = 2e-3

    def __post_init__(self) -> None:
        validate_whole_number("size", self.size, at_least=32, at_most=MAX_CROP, unit="pixels")
        validate_whole_number("batch", self.batch, at_least=2, at_most=MAX_BATCH, unit="crops")
        validate_whole_number("seed", self.seed, at_least=0)
        validate_whole_number("fitted_batches", self.fitted_batches, at_least=1, at_most=10_000)
        for name in ("pixel_weight", "feature_weight", "learning_rate"):
            value = getattr(self, name)
            if not 0 <= as_float(value) < math.inf:
                raise SettingsError(
                    f"Expected {name} as a finite number, at least 0. "
                    f"Received: {describe_received(value)}."
                )


@dataclass(frozen=True, eq=False)
class DecoderStep:
    """Decoder and loss after one step of training.

    ```python
    small = {"size": 32, "batch": 2, "width": 4}
    first = next(sl.train_decoder("block1_conv1", photo, steps=2, **small))
    first.iteration, first.loss, first.decoder
    ```

    Attributes:
        decoder: as it is after the step.
        loss: of the step's crops, as the decoder before the step decoded them.
        terms: contribution of each term by name, its weight included.
        iteration: 1, 2, …
        seconds: working time so far, without the time between steps.
    """

    decoder: Decoder
    loss: float
    terms: Mapping[str, float] = field(hash=False)
    iteration: int
    seconds: float


def train_decoder(
    layer: str,
    photos: Photos = None,
    *,
    steps: int = 400,
    weights: WeightsSource = LEARNED,
    **settings: Any,
) -> Iterator[DecoderStep]:
    """Train a decoder of a layer: a generator; leaving the loop stops.

    ```python
    for step in sl.train_decoder("block1_conv1", photo, steps=2, size=32, batch=2, width=4):
        step.iteration, step.terms["pixels"]
    sl.save_decoder("mine.stylelab", step.decoder)
    ```

    Args:
        layer: of VGG19, whose maps are decoded: a convolution, such as `"block3_conv1"`. Encode with
            `padding_mode="symmetric"`, as this does.
        photos: what to learn from, as for `train`; None takes the photographs among the samples.
        steps: steps to take. The same steps with the same seed make the same decoder, bit for bit on
            one machine.
        weights: of VGG19; see there.
        **settings: any of `DecoderSettings`.

    Yields:
        A `DecoderStep` for each step.

    Raises:
        LayerError: the layer is no convolution of VGG19.
        PictureError: no photo can be read.
        SettingsError: a setting is out of its range.
        DivergedError: the loss is not a finite number.
    """
    chosen = DecoderSettings(**settings)
    validate_whole_number("steps", steps, at_least=1)
    found = find_photos(photos)
    described = {one.name: getattr(chosen, one.name) for one in fields(chosen)}
    info = DecoderInfo(layer, chosen.width, found.read_rights(), described)
    stream = CropStream(found, chosen.size, chosen.batch, chosen.seed)
    return _Run(chosen, info, stream).steps(steps, weights)


class _Run(WorkingTime):
    """One training: settings, crops, and the clock."""

    def __init__(self, settings: DecoderSettings, info: DecoderInfo, stream: CropStream) -> None:
        self.settings, self.info, self.stream = settings, info, stream

    def steps(self, count: int, vgg_weights: WeightsSource) -> Iterator[DecoderStep]:
        """Yield the steps."""
        with self.timer():
            encoder = VGG19(
                self.info.layer,
                weights=vgg_weights,
                padding_mode="symmetric",
                convolution=fastest_convolution(),
            )
            crops = self.stream.tensors()
            values = self._initial_weights(encoder, crops)
            take_step = _compile_step(encoder, self.info, self.settings)
        for number in range(1, count + 1):
            with self.timer():
                done = (number - 1) / count
                rate = self.settings.learning_rate * (1 + math.cos(math.pi * done)) / 2
                values, terms = take_step(values, next(crops), adam_scalars(number, rate))
            yield self._make_step(values, terms, number)

    @run_eagerly
    def _initial_weights(self, encoder: VGG19, crops: Iterator[Tensor]) -> Weights:
        """Unit of each channel, and the linear part, of the first batches; other weights at random."""
        zeros_like = import_tensorflow().zeros_like
        pictures = [next(crops) for _ in range(self.settings.fitted_batches)]
        unit, kernel, bias = _fit_linear_part(encoder, pictures)
        parameters = dict(Decoder(self.info, seed=self.settings.seed).parameters)
        parameters |= zip(FIXED, (unit, kernel, bias), strict=True)
        parameters = dict(Decoder(self.info, parameters=parameters).parameters)
        zeros = {name: zeros_like(values) for name, values in parameters.items()}
        return Weights(parameters, zeros, zeros)

    def _make_step(self, values: Weights, terms: Mapping[str, float], number: int) -> DecoderStep:
        loss = sum(terms.values())
        if not math.isfinite(loss):
            raise DivergedError(
                f"Expected a loss that is a finite number. Received: {loss}, in step {number}. Likely "
                "cause: the learning rate is too large; lower it."
            )
        read = {
            name: rights
            for name, rights in self.info.photo_rights.items()
            if name not in self.stream.photos.skipped
        }
        info = replace(self.info, steps=number, photo_rights=read)
        return DecoderStep(
            decoder=Decoder(info, parameters=values.parameters),
            loss=loss,
            terms=MappingProxyType(dict(terms)),
            iteration=number,
            seconds=self.seconds,
        )


def _fit_linear_part(
    encoder: VGG19, batches: Sequence[Tensor]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Unit of each channel (C,), and kernel (3, 3, C, 3 · stride²) and bias with the least squares."""
    tensorflow = import_tensorflow()
    (layer,) = encoder.layers
    stride = LAYERS[layer].stride
    unit = np.ones(LAYERS[layer].channels)
    products: Any = 0.0
    for number, pictures in enumerate(batches):
        maps = encode(encoder, pictures)
        if not number:
            deviations = maps.numpy().std((0, 1, 2), dtype=float)
            unit = np.maximum(deviations, LEAST_UNIT * deviations.mean() + 1e-9)
        around = tensorflow.pad(maps / unit, ((0, 0), (1, 1), (1, 1), (0, 0)), "SYMMETRIC")
        ones = (1, 1, 1, 1)
        around = tensorflow.image.extract_patches(around, (1, 3, 3, 1), ones, ones, "VALID")
        patches = pictures if stride == 1 else tensorflow.nn.space_to_depth(pictures, stride)
        rows = tensorflow.concat([around, tensorflow.ones_like(around[..., :1]), patches], -1)
        rows = tensorflow.reshape(rows, (-1, rows.shape[-1]))
        products += tensorflow.matmul(rows, rows, transpose_a=True).numpy().astype(float)
    inputs = 9 * len(unit) + 1
    own, common = products[:inputs, :inputs], products[:inputs, inputs:]
    ridge = np.full(inputs, RIDGE * np.trace(own) / inputs)
    ridge[-1] = 0  # the bias is left free
    solution = np.linalg.solve(own + np.diag(ridge), common)
    return unit, solution[:-1].reshape(3, 3, len(unit), -1), solution[-1]


def encode(encoder: VGG19, pictures: Tensor) -> Tensor:
    """Maps of a batch at the encoder's layer; one picture at a time, as Winograd's method is for one."""
    (layer,) = encoder.layers
    each = [encoder.model(pictures[i : i + 1])[layer] for i in range(pictures.shape[0])]
    return import_tensorflow().concat(each, 0)


def _compile_step(
    encoder: VGG19, info: DecoderInfo, settings: DecoderSettings
) -> Callable[..., tuple[Weights, dict[str, float]]]:
    """Make the function that takes one step of Adam: of weights, crops and `adam_scalars`."""
    tensorflow = import_tensorflow()
    names = list(decoder_shapes(info))
    factors = [
        0.0 if name in FIXED else OUTPUT_RATE if name.startswith("output") else 1.0
        for name in names
    ]
    strengths = tensorflow.linspace(1 / settings.batch, 1.0, settings.batch)
    strengths = tensorflow.cast(strengths, tensorflow.float32)[:, None, None, None]

    def terms_of(parameters: Mapping[str, Tensor], crops: Tensor) -> dict[str, Tensor]:
        maps = encode(encoder, crops)
        styled = maps + strengths * (_adain(maps, tensorflow.roll(maps, 1, 0)) - maps)
        both = decode_tensors(info, parameters, tensorflow.concat([maps, styled], 0))
        decoded, painted = tensorflow.split(both, 2)
        again = encode(encoder, tensorflow.clip_by_value(painted, 0.0, 1.0))
        energy = tensorflow.maximum(tensorflow.reduce_sum(styled**2), MIN_ENERGY)
        difference = tensorflow.reduce_sum((again - styled) ** 2) / energy
        return {
            "pixels": settings.pixel_weight * tensorflow.reduce_mean((decoded - crops) ** 2),
            "features": settings.feature_weight * difference,
        }

    def step(
        old: tuple[list[Tensor], ...], crops: Tensor, scalars: Tensor
    ) -> tuple[tuple[list[Tensor], ...], dict[str, Tensor]]:
        with tensorflow.GradientTape() as tape:
            tape.watch(old[0])
            terms = terms_of(dict(zip(names, old[0], strict=True)), crops)
            loss = tensorflow.add_n(list(terms.values()))
        gradients = tape.gradient(loss, old[0])
        return move_by_adam(old, gradients, scalars, factors), terms

    spec = tensorflow.TensorSpec
    specs = [spec(shape) for shape in decoder_shapes(info).values()]
    graph = tensorflow.function(step, autograph=False).get_concrete_function(
        (specs, specs, specs),
        spec((settings.batch, settings.size, settings.size, 3)),
        spec((3,)),
    )

    @run_eagerly
    def call(
        weights: Weights, crops: Tensor, scalars: list[float]
    ) -> tuple[Weights, dict[str, float]]:
        old = tuple([one[name] for name in names] for one in weights)
        new, terms = graph(old, crops, tensorflow.constant(scalars))
        lists = (dict(zip(names, one, strict=True)) for one in new)
        return Weights(*lists), {name: float(value) for name, value in terms.items()}

    return call


def _adain(maps: Tensor, target: Tensor) -> Tensor:
    """Give each channel of each picture the mean and the deviation of the target's, on tensors."""
    sqrt = import_tensorflow().sqrt
    own, other = instance_statistics(maps), instance_statistics(target)
    factor = sqrt(other.variance + EPSILON) / sqrt(own.variance + EPSILON)
    return (maps - own.mean) * factor + other.mean
