"""A weighted sum of terms, and that sum compiled and prepared for pictures of one shape.

```python
loss = content(photo) + 5 * style(painting) + 0.1 * total_variation()
evaluation = loss(image)
evaluation.loss, evaluation.terms["style"], evaluation.gradient
```
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import PictureError, SettingsError
from stylelab.losses.graphs import compile_graph, is_shared
from stylelab.losses.layer_weights import is_weight, validate_weights
from stylelab.losses.term import Part, TargetMaps
from stylelab.network.layer_facts import sort_by_depth
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.network.vgg19 import LEARNED, VGG19, fastest_convolution
from stylelab.optimizers.evaluation import Evaluation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.losses.term import Term
    from stylelab.network.tensorflow import Tensor
    from stylelab.network.vgg19 import Parameters, Pooling, WeightsSource
    from stylelab.network.winograd import PaddingMode
    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask


@dataclass(frozen=True)
class Loss:
    """A weighted sum of terms, and the network that they look through.

    Losses add (`content(photo) + style(painting)`) and scale (`5 * style(painting)`). Call one with a
    picture (H, W, 3), RGB, [0, 1], to evaluate it; the first call at a size computes the targets, the
    next ones at that size reuse them. Losses with the same kinds of terms share one compiled graph.

    ```python
    loss = sl.content(photo) + 10 * sl.style(painting)
    evaluation = loss(photo)
    evaluation.loss, evaluation.terms["style"], evaluation.gradient.shape
    ```

    Attributes:
        weighted_terms: pairs of weight and term.
        pooling: see `VGG19`.
        weights: see `VGG19`.
        padding_mode: see `VGG19`.
    """

    weighted_terms: tuple[tuple[float, Term], ...]
    pooling: Pooling = "avg"
    weights: WeightsSource = LEARNED
    padding_mode: PaddingMode = "symmetric"
    _objectives: dict[tuple[int, ...], Objective] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def names(self) -> tuple[str, ...]:
        """The terms' names, in order; a second one of a kind is numbered (`"style_2"`)."""
        counts: Counter[str] = Counter()
        names: list[str] = []
        for _, term in self.weighted_terms:
            counts[term.name] += 1
            again = counts[term.name] > 1
            names.append(f"{term.name}_{counts[term.name]}" if again else term.name)
        return tuple(names)

    @property
    def part_weights(self) -> NDArray[np.float32]:
        """The weight of each part of each term, in order: what an `Objective` multiplies by."""
        weights = [
            weight * share for weight, term in self.weighted_terms for share in term.part_weights
        ]
        return np.array(weights, np.float32)

    def with_network(
        self,
        *,
        pooling: Pooling = "avg",
        weights: WeightsSource = LEARNED,
        padding_mode: PaddingMode = "symmetric",
    ) -> Loss:
        """Same loss seen through another network (see `VGG19`)."""
        return replace(self, pooling=pooling, weights=weights, padding_mode=padding_mode)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that any of the terms looks at, in order of depth."""
        return sort_by_depth(name for _, term in self.weighted_terms for name in term.layers)

    def with_size(self, height: int, width: int, *, scale: float = 1.0) -> Loss:
        """Same loss for a picture of another size: content and masks are resized to it.

        A style's picture is brought to its long side, times `scale` and the style's own.
        """
        return self._transform_terms(lambda term: term.with_size(height, width, scale=scale))

    @property
    def has_content(self) -> bool:
        """Whether one of the terms asks for content: such a loss needs no other term."""
        return any(term.role == "content" for _, term in self.weighted_terms)

    def fit_to(self, shape: tuple[int, ...]) -> Loss:
        """Same loss, its contents and masks resized to the picture painted (H, W, 3).

        Raises:
            PictureError: one of them has other proportions.
        """
        return self._transform_terms(lambda term: term.fit_to(shape))

    def transform_images(self, role: str, transform: Callable[[Picture], Picture]) -> Loss:
        """Same loss with the pictures of its contents or styles changed.

        Args:
            role: `"content"` or `"style"`: which terms' pictures.
            transform: takes a picture and returns another.
        """
        return self._transform_terms(lambda term: term.transform_image(role, transform))

    def excluding(self, region: Mask) -> Loss:
        """Same loss without style inside a region: (H, W) in [0, 1]."""
        return self._transform_terms(lambda term: term.excluding(region))

    def with_weights_of(self, other: Loss) -> Loss:
        """Same terms with the weights, theirs and those of layers, of another loss.

        Raises:
            SettingsError: the other has not the same kinds of terms with the same layers.
        """
        mine, theirs = self._layers_by_term, other._layers_by_term
        if mine != theirs:
            raise SettingsError(
                f"Expected a loss of the terms {_describe_layers(mine)}, to take their weights from. "
                f"Received: {_describe_layers(theirs)}."
            )
        pairs = zip(other.weighted_terms, self.weighted_terms, strict=True)
        terms = tuple(
            (weight, term.with_layer_weights_of(model)) for (weight, model), (_, term) in pairs
        )
        return replace(self, weighted_terms=terms)

    @property
    def _layers_by_term(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple((term.name, term.layers) for _, term in self.weighted_terms)

    def _transform_terms(self, transform: Callable[[Term], Term]) -> Loss:
        terms = tuple((weight, transform(term)) for weight, term in self.weighted_terms)
        return replace(self, weighted_terms=terms)

    @property
    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """The pictures and masks that the terms were made with, in order."""
        return tuple(array for _, term in self.weighted_terms for array in term.arrays)

    def describe(self) -> list[dict[str, Any]]:
        """Terms as plain values, for a file's metadata."""
        return [{"weight": weight} | term.describe() for weight, term in self.weighted_terms]

    @property
    def _network_text(self) -> str:
        kind = "given" if isinstance(self.weights, Mapping) else str(self.weights or "random")
        return f"{self.pooling} pooling and {self.padding_mode} padding with {kind} weights"

    def __add__(self, other: Loss) -> Loss:
        if not isinstance(other, Loss):
            return NotImplemented
        mine, theirs = ((loss.pooling, loss.padding_mode) for loss in (self, other))
        if mine != theirs or not _same_weights(self.weights, other.weights):
            raise SettingsError(
                "Expected two losses seen through one network. Received: "
                f"{self._network_text}, and {other._network_text}. Add first, then call with_network()."
            )
        return replace(self, weighted_terms=self.weighted_terms + other.weighted_terms)

    def __radd__(self, other: object) -> Loss:
        # sum() starts from 0.
        return self if other == 0 else NotImplemented

    def __mul__(self, factor: float) -> Loss:
        if not is_weight(factor):
            raise SettingsError(
                f"Expected a finite weight of at least 0 for a loss. Received: {factor!r}."
            )
        scaled = tuple((float(factor) * weight, term) for weight, term in self.weighted_terms)
        return replace(self, weighted_terms=scaled)

    __rmul__ = __mul__

    def __call__(self, image: NDArray[np.float32]) -> Evaluation:
        """Evaluate the loss and its gradient at a picture (H, W, 3), RGB, [0, 1]."""
        return self.objective(image.shape)(image)

    def objective(self, shape: tuple[int, ...]) -> Objective:
        """The loss for pictures of one shape (H, W, 3): compiled, targets computed, both only once."""
        if shape not in self._objectives:
            self._objectives[shape] = Objective(self, shape)
        return self._objectives[shape]

    def validate_tiling(self) -> None:
        """Raise a `SettingsError` unless each term can be computed in tiles: its sums add up."""
        for _, term in self.weighted_terms:
            term.validate_tiling()


class Objective:
    """A loss compiled for pictures of one shape: targets computed once, and one graph.

    The graph (see `stylelab.losses.graphs`) computes every part of every term without its weight. The
    weights come with each call, so they can change from one call to the next.

    Args:
        loss: what to compile.
        shape: (H, W, 3).

    Attributes:
        names: of the terms, in order.
        weights: of the terms, one each, as the loss has them.
        part_weights: of the parts of each term, as the loss has them.
        parts: the layers of all terms, with their targets.

    Raises:
        PictureError, LayerError, SettingsError: the loss does not go with pictures of that shape.
    """

    def __init__(self, loss: Loss, shape: tuple[int, ...]) -> None:
        self._compute_targets(loss, shape, tile=None)
        self._graph, self._given = self._compile()

    @run_eagerly
    def _compute_targets(self, loss: Loss, shape: tuple[int, ...], tile: int | None) -> None:
        self.shape = _validate_shape(shape)
        self.names = loss.names
        self.weights = np.array([weight for weight, _ in loss.weighted_terms], np.float32)
        self.part_weights = validate_weights(loss.part_weights)
        terms = [term for _, term in loss.weighted_terms]
        self.term_part_weights = [np.array(term.part_weights, np.float32) for term in terms]
        layers = loss.layers
        network = (
            VGG19(
                *layers,
                pooling=loss.pooling,
                weights=loss.weights,
                padding_mode=loss.padding_mode,
                convolution=fastest_convolution(),
            )
            if layers
            else None
        )
        if network is not None:
            network.validate_shape(*self.shape[:2])
        self.network = network
        self.parts = [
            Part(term, layer, targets[layer])
            for term in terms
            for targets in [term.targets(TargetMaps(network, tile), self.shape)]
            for layer in term.layers or (None,)
        ]

    @property
    def _parameters(self) -> Parameters:
        return self.network.model.parameters if self.network else {}

    def _maps(self, image: Tensor, parameters: Parameters) -> dict[str, Tensor]:
        """Feature maps (1, rows, columns, channels) of the layers, by name."""
        if self.network is None:
            return {}
        return replace(self.network.model, parameters=parameters)(image[None])

    @run_eagerly
    def _compile(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Compile the graph, and collect what else it is given than picture and weights."""
        tensorflow = import_tensorflow()
        spec, nest = tensorflow.TensorSpec, tensorflow.nest
        shared = is_shared(self.parts)
        given = nest.map_structure(
            tensorflow.convert_to_tensor,
            (
                self._parameters,
                [part.target.constants if shared else () for part in self.parts],
                [part.target.aligned for part in self.parts],
            ),
        )

        def by_position(shape: tuple[int, ...], dtype: str = "float32") -> Any:
            return spec((None, None, *shape[2:]) if shared else shape, dtype)

        *fixed, aligned = given
        signature = (
            by_position(self.shape),
            spec(self.part_weights.shape),
            *nest.map_structure(lambda one: spec(one.shape, one.dtype), fixed),
            nest.map_structure(lambda one: by_position(one.shape, one.dtype), aligned),
        )
        return compile_graph(self._trace, signature, self.network, self.parts), given

    def _evaluate(self, image: Tensor, part_weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the loss, what each part adds to it, and the gradient."""
        total, contributions, gradients = self._graph(image, part_weights, *self._given)
        return total, contributions, import_tensorflow().add(*gradients)

    def _trace(
        self,
        image: Tensor,
        weights: Tensor,
        parameters: Parameters,
        constants: Sequence[tuple[Tensor, ...]],
        aligned: Sequence[Mapping[str, Tensor]],
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        tensorflow = import_tensorflow()
        pixels = tensorflow.identity(image)
        with tensorflow.GradientTape() as tape:
            tape.watch([image, pixels])
            maps = self._maps(image, parameters)
            distances = []
            for part, given, arrays in zip(self.parts, constants, aligned, strict=True):
                values = pixels if part.layer is None else maps[part.layer][0]
                sums = part.sums(values, **arrays)
                distances.append(part.term.distance(sums, given or part.target.constants))
            contributions = weights * tensorflow.stack(distances)
            # One after the other: a part of weight 0 leaves every bit of the gradient as it is.
            total = sum(tensorflow.unstack(contributions))
        # Apart, as a graph adds more than two gradients in any order: rounding would differ.
        gradients = tape.gradient(total, [image, pixels], unconnected_gradients="zero")
        return total, contributions, gradients

    @run_eagerly
    def __call__(
        self,
        image: NDArray[np.float32],
        weights: Sequence[float] | None = None,
        *,
        part_weights: NDArray[np.float32] | None = None,
    ) -> Evaluation:
        """Evaluate the loss at a picture; other weights need no new compilation.

        Args:
            image: (H, W, 3), RGB, [0, 1].
            weights: one for each term, in place of the loss's own.
            part_weights: one for each part of each term, as `Loss.part_weights` of another loss with
                the same layers; in place of `weights`.
        """
        if part_weights is None:
            part_weights = self.part_weights if weights is None else self._expand_weights(weights)
        constant = import_tensorflow().constant
        total, contributions, gradient = self._evaluate(
            constant(image, dtype="float32"), constant(part_weights)
        )
        ends = np.cumsum([len(parts) for parts in self.term_part_weights])[:-1]
        with np.errstate(over="ignore"):  # the optimizers report infinity, with the term's name
            sums = [float(part.sum()) for part in np.split(contributions.numpy(), ends)]
        by_name = dict(zip(self.names, sums, strict=True))
        return Evaluation(float(total), MappingProxyType(by_name), gradient.numpy())

    def _expand_weights(self, weights: Sequence[float]) -> NDArray[np.float32]:
        if len(weights) != len(self.term_part_weights) or not all(map(is_weight, weights)):
            raise SettingsError(
                f"Expected {len(self.term_part_weights)} finite weights of at least 0, one for each of "
                f"{', '.join(self.names)}. Received: {weights!r}."
            )
        expanded = [
            np.float32(weight) * parts
            for weight, parts in zip(weights, self.term_part_weights, strict=True)
        ]
        return np.concatenate(expanded, dtype=np.float32)


def _validate_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    if len(shape) != 3 or shape[2] != 3:  # noqa: PLR2004 - height, width, RGB
        raise PictureError(f"Expected a picture of shape (H, W, 3). Received: {shape}.")
    return shape[0], shape[1], shape[2]


def _describe_layers(layers_by_term: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """Name terms and their layers: "style (block1_conv1, block2_conv1) and total_variation"."""
    return " and ".join(
        f"{name} ({', '.join(layers)})" if layers else name for name, layers in layers_by_term
    )


def _same_weights(one: WeightsSource, other: WeightsSource) -> bool:
    # Mappings of arrays cannot be compared with ==.
    return one is other or (not isinstance(one, Mapping) and one == other)
