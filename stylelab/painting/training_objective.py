"""What a painting network is trained for, and one step of Adam towards it.

For each crop of a batch, the loss is that of `sl.transfer`: content of the crop, style of a painting,
total variation, all in the relative formulation. It is the mean over the batch, and its gradient goes
to the network's weights instead of to pixels (Johnson et al. 2016, arXiv:1603.08155).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from stylelab.losses.formulations import content_distance
from stylelab.losses.layer_weights import make_layer_weights
from stylelab.losses.statistics import MIN_ENERGY
from stylelab.losses.style import StyleTerm
from stylelab.losses.term import TargetMaps
from stylelab.losses.total_variation import TotalVariationTerm
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.network.vgg19 import VGG19, fastest_convolution
from stylelab.painting.painting_network import paint_tensors, parameter_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from stylelab.network.tensorflow import Tensor
    from stylelab.network.vgg19 import WeightsSource
    from stylelab.painting.painting_network import NetworkInfo
    from stylelab.painting.training_settings import TrainingSettings
    from stylelab.pictures.images import Picture

    Tensors = Mapping[str, Tensor]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
"""Of Adam (Kingma and Ba 2014, arXiv:1412.6980)."""

STYLE_RATE = 4.0
"""How many times as far a step moves scales and shifts as kernels: they are few, have far to go from
where all styles begin, and only the crops in their style move them."""


class Weights(NamedTuple):
    """A network's parameters, and Adam's running means of their gradients, and of the squares."""

    parameters: Tensors
    means: Tensors
    squares: Tensors


class TrainingObjective:
    """Content, style and total variation of painted crops, by term.

    Args:
        paintings: one picture (H, W, 3) for each style, of the size that strokes are to have.
        settings: layers and weights of the terms.
        weights: of VGG19, as `VGG19` takes them.
    """

    @run_eagerly
    def __init__(
        self, paintings: Sequence[Picture], settings: TrainingSettings, weights: WeightsSource
    ) -> None:
        tensorflow = import_tensorflow()
        self.settings = settings
        self.content_weights = _shares(make_layer_weights(settings.content_layers, "content"))
        self.style_weights = _shares(make_layer_weights(settings.style_layers, "style"))

        def network(*layers: str) -> VGG19:
            # Symmetric: with zeros around the maps, a frame would be learned.
            return VGG19(
                *layers,
                weights=weights,
                padding_mode="symmetric",
                convolution=fastest_convolution(),
            )

        self.photo_network = network(*self.content_weights)
        self.network = network(*{*self.content_weights, *self.style_weights})
        self.terms = [StyleTerm(image, self.style_weights) for image in paintings]
        maps = TargetMaps(network(*self.style_weights))
        each = [term.targets(maps, term.image.shape) for term in self.terms]
        # What each layer is compared with, stacked: the first axis is the style.
        self.targets = {
            layer: [
                tensorflow.stack(rows)
                for rows in zip(*(one[layer].constants for one in each), strict=True)
            ]
            for layer in self.style_weights
        }

    def weighted_terms(self, photos: Tensor, painted: Tensor, styles: Tensor) -> Tensors:
        """Compute the three terms, each with its weight, of a batch.

        Args:
            photos: shape (N, size, size, 3).
            painted: the same shape.
            styles: shape (N,), number of the style that each is painted in.
        """
        tensorflow = import_tensorflow()
        count = self.settings.batch
        # One picture at a time: so the terms are those of other losses, and convolutions may be
        # Winograd's, which is for one.
        each = [self._terms(photos[i : i + 1], painted[i : i + 1], styles[i]) for i in range(count)]
        weights = (
            self.settings.content_weight,
            self.settings.style_weight,
            self.settings.total_variation_weight,
        )
        names = ("content", "style", "total_variation")
        sums = [
            weight / count * tensorflow.add_n(one)
            for weight, one in zip(weights, zip(*each, strict=True), strict=True)
        ]
        return dict(zip(names, sums, strict=True))

    def _terms(self, photo: Tensor, painted: Tensor, style: Tensor) -> tuple[Tensor, ...]:
        tensorflow = import_tensorflow()
        expected, maps = self.photo_network.model(photo), self.network.model(painted)
        content = tensorflow.add_n(
            [
                share * _relative_content(maps[layer], expected[layer])
                for layer, share in self.content_weights.items()
            ]
        )
        term = self.terms[0]
        style_distance = tensorflow.add_n(
            [
                share
                * term.distance(
                    term.sums(maps[layer][0]),
                    tuple(tensorflow.gather(one, style) for one in self.targets[layer]),
                )
                for layer, share in self.style_weights.items()
            ]
        )
        (differences,) = TotalVariationTerm().sums(painted[0])
        return content, style_distance, differences / math.prod(painted.shape[1:])


def compile_step(
    objective: TrainingObjective, info: NetworkInfo
) -> Callable[..., tuple[Weights, dict[str, float]]]:
    """Make the function that takes one step of Adam.

    Its arguments are the weights, photos (N, size, size, 3), numbers of their styles (N,), the number
    of the step, from 1, and the learning rate. It returns the new weights, and the terms of the loss
    before the step.
    """
    tensorflow = import_tensorflow()
    names = list(parameter_shapes(info))
    factors = [1.0 if name.endswith("kernel") else STYLE_RATE for name in names]

    def step(
        old: tuple[list[Tensor], ...], photos: Tensor, styles: Tensor, scalars: Tensor
    ) -> tuple[tuple[list[Tensor], ...], Tensors]:
        parameters, means, squares = old
        one_hot = tensorflow.one_hot(styles, len(info.styles))
        with tensorflow.GradientTape() as tape:
            tape.watch(parameters)
            by_name = dict(zip(names, parameters, strict=True))
            painted, _ = paint_tensors(info, by_name, photos, one_hot, None)
            terms = objective.weighted_terms(photos, painted, styles)
            loss = tensorflow.add_n(list(terms.values()))
        gradients = tape.gradient(loss, parameters)
        rate, mean_share, square_share = tensorflow.unstack(scalars)
        means = [BETA_1 * m + (1 - BETA_1) * g for m, g in zip(means, gradients, strict=True)]
        squares = [
            BETA_2 * s + (1 - BETA_2) * tensorflow.square(g)
            for s, g in zip(squares, gradients, strict=True)
        ]
        parameters = [
            p - f * rate * (m / mean_share) / (tensorflow.sqrt(s / square_share) + EPSILON)
            for f, p, m, s in zip(factors, parameters, means, squares, strict=True)
        ]
        return (parameters, means, squares), terms

    spec, size = tensorflow.TensorSpec, objective.settings.size
    specs = [spec(shape) for shape in parameter_shapes(info).values()]
    batch = objective.settings.batch
    compiled = tensorflow.function(step, autograph=False)
    # The one graph itself, as in `losses.Objective`: TensorFlow would warn of many made at one place.
    graph = compiled.get_concrete_function(
        (specs, specs, specs),
        spec((batch, size, size, 3)),
        spec((batch,), tensorflow.int32),
        spec((3,)),
    )

    @run_eagerly
    def call(
        weights: Weights, photos: Tensor, styles: NDArray[np.int32], number: int, rate: float
    ) -> tuple[Weights, dict[str, float]]:
        scalars = tensorflow.constant([rate, 1 - BETA_1**number, 1 - BETA_2**number])
        old = tuple([one[name] for name in names] for one in weights)
        new, terms = graph(old, photos, tensorflow.constant(styles, tensorflow.int32), scalars)
        lists = (dict(zip(names, one, strict=True)) for one in new)
        return Weights(*lists), {name: float(value) for name, value in terms.items()}

    return call


def _shares(layer_weights: Mapping[str, float]) -> dict[str, float]:
    """Each layer's share of a term: the mean over its layers, weighted."""
    whole = sum(layer_weights.values())
    return {name: weight / whole for name, weight in layer_weights.items()}


def _relative_content(maps: Tensor, expected: Tensor) -> Tensor:
    tensorflow = import_tensorflow()
    squares = tensorflow.reduce_sum(tensorflow.square(maps - expected))
    energy = tensorflow.maximum(tensorflow.reduce_sum(tensorflow.square(expected)), MIN_ENERGY)
    return content_distance(squares, "relative", energy=energy, entries=1.0)
