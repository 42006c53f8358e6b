"""Content, style and total variation: terms that add up to a loss.

```python
loss = content(photo) + 5 * style(painting) + 0.1 * total_variation()
evaluation = loss(picture)
evaluation.loss, evaluation.terms["style"], evaluation.gradient
```

A term comes in one of four *forms*. `"relative"`, the default, has no units: 1 means "as far from the
target as nothing at all", whatever the layer, the size and the network, so weights carry over. The
others are published ones, so that the weights of another system can be used as they are:

| form | content | style, per layer |
|---|---|---|
| `"relative"` | ‖F−P‖² / ‖P‖² | ‖G−A‖² / ‖A‖², G per position |
| `"gatys2016"` | ½ Σ(F−P)² (eq. 1) | Σ(G−A)² / (4N²M²), G = F·Fᵀ (eq. 4), layers weighted 1/5 |
| `"gatys_notebook"` | mean (F−P)² | 1e3/N² · mean (G−A)², G = F·Fᵀ/M |
| `"johnson2016"` | Σ(F−P)² / (NM) (eq. 2) | Σ(G−A)², G = F·Fᵀ/(NM) (eq. 3, 4) |

A style may also be measured by another statistic than the Gram matrix (see
`stylelab.distributions`), always in relative form; and both terms may be held to a region by a mask:
sums over positions then count each as much as the mask does there, and M is the sum of the mask.

F, G belong to the picture, P, A to the target; N channels, M positions. Gatys et al. 2016 is "Image
Style Transfer Using Convolutional Neural Networks" (CVPR); its authors' notebook is
PytorchNeuralStyleTransfer; Johnson et al. 2016 is arXiv:1603.08155 (which uses VGG16). Where the
paper divides both Gram matrices by one M, each is divided by its own here: the same for pictures of
one size, and still meaningful for two.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from stylelab._tensorflow import eagerly, import_tensorflow
from stylelab.distributions import STATISTICS, energy
from stylelab.errors import PictureError, SettingsError
from stylelab.features import LEARNED, VGG19, in_order_of_depth
from stylelab.images import resize, resize_to
from stylelab.masks import (
    REACHES,
    fit_mask,
    layer_mask,
    mask_of,
    resize_mask,
    same_proportions,
)
from stylelab.samples import load_picture

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from stylelab.distributions import StatisticName
    from stylelab.features import Pooling, WeightsSource
    from stylelab.images import Picture, PictureSource
    from stylelab.masks import Mask, Reach

Form = Literal["relative", "gatys2016", "gatys_notebook", "johnson2016"]
FORMS: tuple[Form, ...] = ("relative", "gatys2016", "gatys_notebook", "johnson2016")

Layers = str | Sequence[str] | Mapping[str, float]

CONTENT_LAYERS = ("block4_conv2",)
"""Where Gatys et al. 2016 compare content."""

STYLE_LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))
"""Where Gatys et al. 2016 compare style."""


LARGEST_WEIGHT = 3.4e38
"""What float32 can hold."""

SHORTEST_SIDE = 16
"""The least side, in pixels, that reaches the deepest layers."""

SMALLEST_SCALE, LARGEST_SCALE = 0.1, 10.0
"""How much smaller and larger than in the painting strokes may come out."""


class Evaluation(NamedTuple):
    """A loss at one picture.

    Attributes:
        loss: the sum of the terms.
        terms: what each term adds to it, by name, its weight included.
        gradient: how the loss changes with each value of the picture, (H, W, 3), float32.
    """

    loss: float
    terms: Mapping[str, float]
    gradient: NDArray[np.float32]


class Term(ABC):
    """One term of a loss, before it is weighted: one part, or one for each of its layers."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the term is called in a step's `terms`."""

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the network that the term looks at."""
        return ()

    @property
    def part_weights(self) -> tuple[float, ...]:
        """The weight of each part: the term is their weighted sum."""
        return (1.0,)

    def at(self, height: int, width: int, *, scale: float = 1.0) -> Term:  # noqa: ARG002
        """Give the same term for a picture of another size, its strokes `scale` times as large."""
        return self

    def fitted(self, shape: tuple[int, ...]) -> Term:  # noqa: ARG002
        """Give the same term, its content and mask resized to the picture painted (H, W, 3)."""
        return self

    def with_content(self, change: Callable[[Picture], Picture]) -> Term:  # noqa: ARG002
        """Give the same term with its content's picture changed."""
        return self

    def outside(self, region: Mask) -> Term:  # noqa: ARG002
        """Give the same term, asking for no style inside a region."""
        return self

    def with_painting(self, change: Callable[[Picture], Picture]) -> Term:  # noqa: ARG002
        """Give the same term with its style's picture changed."""
        return self

    def with_layer_weights(self, weights: Mapping[str, float]) -> Term:  # noqa: ARG002
        """Give the same term with other weights of its layers."""
        return self

    @property
    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """The pictures and masks that the term was made with."""
        return ()

    def describe(self) -> dict[str, Any]:
        """Give what else the term was made with, as plain values."""
        return {"term": self.name}

    @abstractmethod
    def targets(self, network: VGG19 | None, shape: tuple[int, int, int]) -> Mapping[str, Any]:
        """Compute, once, what a picture of that shape is compared with, by layer."""

    @abstractmethod
    def parts(
        self, image: Any, maps: Mapping[str, Any], targets: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Compute each part, unweighted, from tensors: the picture, its maps and the targets."""


@dataclass(frozen=True, eq=False)
class ContentTerm(Term):
    """How far a picture's maps are from another's, position by position. Made by `content`.

    `source` is what the picture was given as.
    """

    picture: Picture
    layer_weights: Mapping[str, float]
    form: Form = "relative"
    mask: Mask | None = None
    reach: Reach = "centre"
    source: str | PathLike[str] | None = None

    @property
    def name(self) -> str:
        """What the term is called in a step's `terms`."""
        return "content"

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the network that the term looks at."""
        return tuple(self.layer_weights)

    @property
    def part_weights(self) -> tuple[float, ...]:
        """The weight of each layer; in the relative form its share of all."""
        return _part_weights(self.layer_weights, self.form)

    def fitted(self, shape: tuple[int, ...]) -> ContentTerm:
        """Give the same term, its picture and mask resized to the picture painted (H, W, 3).

        Raises:
            PictureError: the picture has other proportions.
        """
        if not same_proportions(self.picture.shape, shape):
            raise PictureError(
                "Expected content with the proportions of the picture painted, "
                f"{_size(shape)}. Received: {_size(self.picture.shape)}. Crop one like the other."
            )
        return self if self.picture.shape == shape else self.at(*shape[:2])

    def expect_size(self, shape: tuple[int, ...]) -> None:
        """Make sure that the content's picture has the size of the picture painted (H, W, 3)."""
        if self.picture.shape != shape:
            raise PictureError(
                f"Expected a picture of the content's size, {_size(self.picture.shape)}, because "
                f"content is compared position by position. Received: {_size(shape)}. Bring one to "
                "the size of the other, for example with resize_to()."
            )

    def at(self, height: int, width: int, *, scale: float = 1.0) -> ContentTerm:  # noqa: ARG002
        """Give the same term for a picture of another size."""
        mask = None if self.mask is None else resize_mask(self.mask, height, width)
        return replace(self, picture=resize_to(self.picture, height, width), mask=mask)

    def with_content(self, change: Callable[[Picture], Picture]) -> ContentTerm:
        """Give the same term with its content's picture changed."""
        return replace(self, picture=change(self.picture))

    def with_layer_weights(self, weights: Mapping[str, float]) -> ContentTerm:
        """Give the same term with other weights of its layers."""
        return replace(self, layer_weights=weights)

    @property
    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """The pictures and masks that the term was made with."""
        return (self.picture,) if self.mask is None else (self.picture, self.mask)

    def describe(self) -> dict[str, Any]:
        """Give what else the term was made with, as plain values."""
        told = {"term": self.name, "layers": dict(self.layer_weights), "form": self.form}
        return told if self.mask is None else told | {"masked": True, "reach": self.reach}

    def targets(self, network: VGG19 | None, shape: tuple[int, int, int]) -> Mapping[str, Any]:
        """Compute the content picture's maps, and the mask's, at each layer.

        Both must have the size of the picture painted.
        """
        self.expect_size(shape)
        masks = carried(self.mask, self.layers, self.reach, shape)
        maps = _maps(network, self.picture)
        return {name: (maps[name], masks[name]) for name in self.layers}

    def parts(
        self,
        image: Any,  # noqa: ARG002
        maps: Mapping[str, Any],
        targets: Mapping[str, Any],
    ) -> Sequence[Any]:
        """Compute each layer's distance from tensors: the picture, its maps and the targets."""
        distances = []
        for name in self.layers:
            target, mask = targets[name]
            distances.append(_content_distance(maps[name], target, mask, self.form))
        return distances


@dataclass(frozen=True, eq=False)
class StyleTerm(Term):
    """How far a picture's statistics are from another's, layer by layer. Made by `style`.

    `source` is what the picture was given as.
    """

    picture: Picture
    layer_weights: Mapping[str, float]
    form: Form = "relative"
    statistic: StatisticName = "gram"
    mask: Mask | None = None
    painting_mask: Mask | None = None
    reach: Reach = "centre"
    scale: float = 1.0
    source: str | PathLike[str] | None = None

    @property
    def name(self) -> str:
        """What the term is called in a step's `terms`."""
        return "style"

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the network that the term looks at."""
        return tuple(self.layer_weights)

    @property
    def part_weights(self) -> tuple[float, ...]:
        """The weight of each layer; in the relative form its share of all."""
        return _part_weights(self.layer_weights, self.form)

    def fitted(self, shape: tuple[int, ...]) -> StyleTerm:
        """Give the same term with its mask brought to the size of the picture painted (H, W, 3)."""
        return self if self.mask is None else replace(self, mask=fit_mask(self.mask, shape))

    def at(self, height: int, width: int, *, scale: float = 1.0) -> StyleTerm:
        """Give the same term for a picture of another size: strokes keep their share of it."""
        rows, columns = self.picture.shape[:2]
        thin = math.ceil(SHORTEST_SIDE * max(rows, columns) / min(rows, columns))
        size = round(self.scale * scale * max(height, width))
        picture = resize(self.picture, max(size, thin))
        source, mask = self.painting_mask, self.mask
        return replace(
            self,
            picture=picture,
            scale=1.0,
            painting_mask=None if source is None else resize_mask(source, *picture.shape[:2]),
            mask=None if mask is None else resize_mask(mask, height, width),
        )

    def outside(self, region: Mask) -> StyleTerm:
        """Give the same term, asking for no style inside a region."""
        rest = 1 - region
        mask = rest if self.mask is None else rest * self.mask
        if not mask.any():
            raise PictureError(
                "Expected a region to keep that leaves some place for the style. Received: one that "
                "covers all of it. Was it turned round? Then use 1 - mask."
            )
        return replace(self, mask=mask)

    def with_painting(self, change: Callable[[Picture], Picture]) -> StyleTerm:
        """Give the same term with its style's picture changed."""
        return replace(self, picture=change(self.picture))

    def with_layer_weights(self, weights: Mapping[str, float]) -> StyleTerm:
        """Give the same term with other weights of its layers."""
        return replace(self, layer_weights=weights)

    @property
    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """The pictures and masks that the term was made with."""
        given = (self.picture, self.mask, self.painting_mask)
        return tuple(array for array in given if array is not None)

    def describe(self) -> dict[str, Any]:
        """Give what else the term was made with, as plain values."""
        told: dict[str, Any] = {"term": self.name, "layers": dict(self.layer_weights)}
        told |= {"form": self.form, "statistic": self.statistic, "scale": self.scale}
        masks = {"masked": self.mask, "painting_masked": self.painting_mask}
        told |= {name: True for name, mask in masks.items() if mask is not None}
        return told | ({"reach": self.reach} if len(self.arrays) > 1 else {})

    def targets(self, network: VGG19 | None, shape: tuple[int, int, int]) -> Mapping[str, Any]:
        """Measure the style picture, which may have any size, and carry the mask to each layer."""
        term = self if self.scale == 1 else self.at(*self.picture.shape[:2])
        sources = carried(term.painting_mask, self.layers, self.reach, term.picture.shape)
        masks = carried(self.mask, self.layers, self.reach, shape)
        maps = _maps(network, term.picture)
        return {
            name: (self.measure(maps[name], sources[name]), masks[name]) for name in self.layers
        }

    def parts(
        self,
        image: Any,  # noqa: ARG002
        maps: Mapping[str, Any],
        targets: Mapping[str, Any],
    ) -> Sequence[Any]:
        """Compute each layer's distance from tensors: the picture, its maps and the targets."""
        return [
            self.distance(self.measure(maps[name], targets[name][1]), targets[name][0])
            for name in self.layers
        ]

    def measure(self, maps: Any, weights: Any = None) -> tuple[Any, ...]:
        """Measure a layer's maps, positions weighted: what is compared."""
        return STATISTICS[self.statistic].measure(maps, weights)

    def distance(self, measured: tuple[Any, ...], target: tuple[Any, ...]) -> Any:
        """Compute how far apart two measures are, in the term's form."""
        if self.form == "relative":
            return STATISTICS[self.statistic].distance(measured, target)
        return _gram_distance(_gram(measured, self.form), _gram(target, self.form), self.form)


@dataclass(frozen=True, eq=False)
class TotalVariationTerm(Term):
    """How much neighbouring pixels differ. Made by `total_variation`."""

    kind: Literal["squared", "absolute"] = "squared"

    @property
    def name(self) -> str:
        """What the term is called in a step's `terms`."""
        return "total_variation"

    def targets(self, network: VGG19 | None, shape: tuple[int, int, int]) -> Mapping[str, Any]:  # noqa: ARG002
        """Nothing: the picture is compared with itself."""
        return {}

    def parts(
        self,
        image: Any,
        maps: Mapping[str, Any],  # noqa: ARG002
        targets: Mapping[str, Any],  # noqa: ARG002
    ) -> Sequence[Any]:
        """Compute the term from tensors: the picture, its maps and the targets."""
        tensorflow = import_tensorflow()
        size = tensorflow.square if self.kind == "squared" else tensorflow.abs
        down = tensorflow.reduce_sum(size(image[1:] - image[:-1]))
        across = tensorflow.reduce_sum(size(image[:, 1:] - image[:, :-1]))
        return [(down + across) / float(math.prod(image.shape))]


@dataclass(frozen=True)
class Loss:
    """A weighted sum of terms, and the network that they look through.

    Losses add (`content(photo) + style(painting)`) and scale (`5 * style(painting)`). Call one with a
    picture (H, W, 3), RGB, [0, 1], to evaluate it; the first call at a size computes the targets and
    compiles, the next ones at that size reuse both.

    Attributes:
        weighted_terms: pairs of weight and term.
        pooling: see `VGG19`.
        weights: see `VGG19`.
    """

    weighted_terms: tuple[tuple[float, Term], ...]
    pooling: Pooling = "avg"
    weights: WeightsSource = LEARNED
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

    def with_network(self, *, pooling: Pooling = "avg", weights: WeightsSource = LEARNED) -> Loss:
        """Give the same loss seen through another network (see `VGG19`)."""
        return replace(self, pooling=pooling, weights=weights)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that any of the terms looks at, in order of depth."""
        return in_order_of_depth(tuple(n for _, term in self.weighted_terms for n in term.layers))

    @property
    def statistics(self) -> tuple[StatisticName, ...]:
        """What is compared of the styles, a name for each style term."""
        terms = [term for _, term in self.weighted_terms if isinstance(term, StyleTerm)]
        return tuple(term.statistic for term in terms)

    def at(self, height: int, width: int, *, scale: float = 1.0) -> Loss:
        """Give the same loss for a picture of another size: content and masks are resized to it.

        A style's picture is brought to its long side, times `scale` and the style's own.
        """
        return self._with_terms(lambda term: term.at(height, width, scale=scale))

    @property
    def has_content(self) -> bool:
        """Whether one of the terms asks for content: such a loss needs no other term."""
        return any(isinstance(term, ContentTerm) for _, term in self.weighted_terms)

    def fitted(self, shape: tuple[int, ...]) -> Loss:
        """Give the same loss, its contents and masks resized to the picture painted (H, W, 3).

        Raises:
            PictureError: one of them has other proportions.
        """
        return self._with_terms(lambda term: term.fitted(shape))

    def with_contents(self, change: Callable[[Picture], Picture]) -> Loss:
        """Give the same loss with the pictures of its contents changed."""
        return self._with_terms(lambda term: term.with_content(change))

    def outside(self, region: Mask) -> Loss:
        """Give the same loss, asking for no style inside a region: (H, W) in [0, 1]."""
        return self._with_terms(lambda term: term.outside(region))

    def with_paintings(self, change: Callable[[Picture], Picture]) -> Loss:
        """Give the same loss with the pictures of its styles changed."""
        return self._with_terms(lambda term: term.with_painting(change))

    def weighted_as(self, other: Loss) -> Loss:
        """Give the same terms with the weights, theirs and those of layers, of another loss's.

        Raises:
            SettingsError: the other has not the same kinds of terms with the same layers.
        """
        mine, theirs = self._outline, other._outline
        if mine != theirs:
            raise SettingsError(
                f"Expected a loss of the terms {_in_words(mine)}, to take their weights from. "
                f"Received: {_in_words(theirs)}."
            )
        terms = tuple(
            (weight, term.with_layer_weights(getattr(model, "layer_weights", {})))
            for (weight, model), (_, term) in zip(
                other.weighted_terms, self.weighted_terms, strict=True
            )
        )
        return replace(self, weighted_terms=terms)

    @property
    def _outline(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple((term.name, term.layers) for _, term in self.weighted_terms)

    def _with_terms(self, change: Callable[[Term], Term]) -> Loss:
        terms = tuple((weight, change(term)) for weight, term in self.weighted_terms)
        return replace(self, weighted_terms=terms)

    @property
    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """The pictures and masks that the terms were made with, in order."""
        return tuple(array for _, term in self.weighted_terms for array in term.arrays)

    def describe(self) -> list[dict[str, Any]]:
        """Give the terms as plain values, for a file's metadata."""
        return [{"weight": weight} | term.describe() for weight, term in self.weighted_terms]

    def __add__(self, other: Loss) -> Loss:
        if not isinstance(other, Loss):
            return NotImplemented
        if self.pooling != other.pooling or not _same(self.weights, other.weights):
            raise SettingsError(
                "Expected two losses seen through one network. Received: "
                f"{self.pooling} pooling with {_source(self.weights)} weights, and {other.pooling} "
                f"pooling with {_source(other.weights)} weights. Add first, then call with_network()."
            )
        return replace(self, weighted_terms=self.weighted_terms + other.weighted_terms)

    def __radd__(self, other: object) -> Loss:
        # sum() starts from 0.
        return self if other == 0 else NotImplemented

    def __mul__(self, factor: float) -> Loss:
        if not _is_weight(factor):
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
        """Compile the loss for pictures of one shape (H, W, 3), or find it compiled."""
        if shape not in self._objectives:
            self._objectives[shape] = Objective(self, shape)
        return self._objectives[shape]


class Objective:
    """A loss compiled for pictures of one shape: targets computed, one graph, never traced again.

    The graph computes every part of every term without its weight. The weights come with each call,
    so they can change from one call to the next.

    Args:
        loss: what to compile.
        shape: (H, W, 3).

    Attributes:
        names: of the terms, in order.
        weights: of the terms, one each, as the loss has them.
    """

    @eagerly
    def __init__(self, loss: Loss, shape: tuple[int, ...]) -> None:
        height, width, channels = _checked_shape(shape)
        self.names = loss.names
        self.weights = np.array([weight for weight, _ in loss.weighted_terms], np.float32)
        self.part_weights = expect_weights(loss.part_weights)
        terms = [term for _, term in loss.weighted_terms]
        self.term_parts = [np.array(term.part_weights, np.float32) for term in terms]
        wanted = in_order_of_depth(tuple(name for term in terms for name in term.layers))
        network = VGG19(*wanted, pooling=loss.pooling, weights=loss.weights) if wanted else None
        targets = [term.targets(network, (height, width, channels)) for term in terms]
        tensorflow = import_tensorflow()

        def evaluate(image: Any, weights: Any) -> tuple[Any, Any, Any]:
            with tensorflow.GradientTape() as tape:
                tape.watch(image)
                maps = network.tensors(image) if network else {}
                parts = [
                    part
                    for term, target in zip(terms, targets, strict=True)
                    for part in term.parts(image, maps, target)
                ]
                contributions = weights * tensorflow.stack(parts)
                # One after the other: a part of weight 0 leaves every bit of the gradient as it is.
                total = sum(tensorflow.unstack(contributions))
            return total, contributions, tape.gradient(total, image)

        spec = tensorflow.TensorSpec
        compiled = tensorflow.function(
            evaluate,
            input_signature=[spec((height, width, channels)), spec(self.part_weights.shape)],
            autograph=False,  # Python's own loops and branches are meant here
        )
        # The one graph itself: TensorFlow warns of "retracing" where several losses are made at one
        # place of a program, although each is traced once.
        self.compiled = compiled.get_concrete_function()

    @eagerly
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
            part_weights = self.part_weights if weights is None else self._spread(weights)
        constant = import_tensorflow().constant
        total, contributions, gradient = self.compiled(
            constant(image, dtype="float32"), constant(part_weights)
        )
        ends = np.cumsum([len(parts) for parts in self.term_parts])[:-1]
        with np.errstate(over="ignore"):  # infinity is told by the optimizers, with the term's name
            sums = [float(part.sum()) for part in np.split(contributions.numpy(), ends)]
        by_name = dict(zip(self.names, sums, strict=True))
        return Evaluation(float(total), MappingProxyType(by_name), gradient.numpy())

    def _spread(self, weights: Sequence[float]) -> NDArray[np.float32]:
        if len(weights) != len(self.term_parts) or not all(map(_is_weight, weights)):
            raise SettingsError(
                f"Expected {len(self.term_parts)} finite weights of at least 0, one for each of "
                f"{', '.join(self.names)}. Received: {weights!r}."
            )
        spread = [
            np.float32(weight) * parts
            for weight, parts in zip(weights, self.term_parts, strict=True)
        ]
        return np.concatenate(spread, dtype=np.float32)


def content(
    picture: PictureSource,
    layers: Layers = CONTENT_LAYERS,
    *,
    form: Form = "relative",
    mask: ArrayLike | PictureSource | None = None,
    reach: Reach = "centre",
) -> Loss:
    """Ask for a picture with the content of `picture`: the same features at the same places.

    Args:
        picture: the photo (anything that `load_picture` takes), of the size to be painted.
        layers: names, or a mapping of names to weights.
        form: see the table at the top of this module.
        mask: (H, W) in [0, 1], of the picture's proportions: where its content is asked for.
            Everywhere without it.
        reach: how the mask is carried to the layers; see `layer_mask`.

    Raises:
        PictureError, LayerError, SettingsError: an argument is not what it should be.
    """
    weights = layer_weights(layers, "content", form)
    photo = load_picture(picture)
    region = _checked_mask(mask, photo.shape, "content's picture", reach)
    term = ContentTerm(photo, weights, _checked_form(form), region, reach, source=_file(picture))
    return Loss(((1.0, term),))


def style(
    picture: PictureSource,
    layers: Layers = STYLE_LAYERS,
    *,
    form: Form = "relative",
    statistic: StatisticName = "gram",
    mask: ArrayLike | PictureSource | None = None,
    painting_mask: ArrayLike | PictureSource | None = None,
    reach: Reach = "centre",
    scale: float = 1.0,
) -> Loss:
    """Ask for a picture with the style of `picture`: the same channels firing together.

    ```python
    two_places = style(night, mask=sky) + 0.5 * style(glass, mask=1 - sky)
    ```

    Args:
        picture: the painting (anything that `load_picture` takes), of any size. Its brush strokes come
            out as many pixels large as they are in it.
        layers: names, or a mapping of names to weights. In the relative form the mean over layers is
            taken, so only their proportions count.
        form: see the table at the top of this module.
        statistic: what is compared: `"gram"`, or another of `stylelab.distributions`.
        mask: (H, W) in [0, 1], of the size of the picture painted: where it takes this style.
            Everywhere without it.
        painting_mask: the same for `picture`: from where in it the style is taken.
        reach: how masks are carried to the layers; see `layer_mask`.
        scale: how many times as large the strokes come out, above 0.

    Raises:
        PictureError, LayerError, SettingsError: an argument is not what it should be.
    """
    weights = layer_weights(layers, "style", form)
    painting = load_picture(picture)
    _check_statistic(statistic, form)
    expect_scale(scale)
    term = StyleTerm(
        picture=painting,
        layer_weights=weights,
        form=_checked_form(form),
        statistic=statistic,
        mask=_checked_mask(mask, None, "picture painted", reach),
        painting_mask=_checked_mask(painting_mask, painting.shape, "painting", reach),
        reach=reach,
        scale=float(scale),
        source=_file(picture),
    )
    return Loss(((1.0, term),))


def total_variation(kind: Literal["squared", "absolute"] = "squared") -> Loss:
    """Ask for a smooth picture: the sum of differences between neighbours, per value of the picture.

    Args:
        kind: papers and programs disagree, sometimes with themselves. `"squared"` sums (a−b)² (as
            in Mahendran and Vedaldi 2015, arXiv:1412.0035, with β = 2), `"absolute"` sums |a−b|
            (anisotropic, as TensorFlow's `total_variation`). Both are divided by H·W·3 here.
    """
    if kind not in ("squared", "absolute"):
        raise SettingsError(f"Expected kind 'squared' or 'absolute'. Received: {kind!r}.")
    return Loss(((1.0, TotalVariationTerm(kind)),))


def layer_weights(
    layers: Layers, kind: Literal["content", "style"], form: Form = "relative"
) -> Mapping[str, float]:
    """Give the weight of each layer by name, in order of depth: those given, or the form's own.

    Raises:
        LayerError, SettingsError: the layers or their weights are not what they should be.
    """
    own = 0.2 if kind == "style" and form == "gatys2016" else 1.0
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    given = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(names, own)
    ordered = {name: given[name] for name in in_order_of_depth(names)}
    if not all(map(_is_weight, ordered.values())) or not any(ordered.values()):
        raise SettingsError(
            "Expected layers with weights that are finite, at least 0, and not all 0. "
            f"Received: {ordered}."
        )
    return MappingProxyType({name: float(value) for name, value in ordered.items()})


def _in_words(outline: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """Name terms and their layers: "style (block1_conv1, block2_conv1) and total_variation"."""
    return " and ".join(
        f"{name} ({', '.join(layers)})" if layers else name for name, layers in outline
    )


def carried(
    mask: Mask | None, layers: Sequence[str], reach: Reach, shape: tuple[int, ...]
) -> dict[str, NDArray[np.float32] | None]:
    """Carry a mask to each of the layers of a picture (H, W, 3); None for each without a mask.

    Raises:
        PictureError: the mask has not the picture's size.
        LayerError: it vanishes at one of the layers.
    """
    if mask is None:
        return dict.fromkeys(layers)
    expect_size(mask, shape)
    return {name: layer_mask(mask, name, reach) for name in layers}


def expect_weights(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make sure that a loss asks for something, and give its weights.

    Raises:
        SettingsError: all weights are 0.
    """
    if weights.size and not weights.any():
        raise SettingsError(
            "Expected a loss with a weight above 0. Received: 0 for every term, which leaves nothing "
            "to paint towards."
        )
    return weights


def expect_size(mask: Mask, shape: tuple[int, ...], whose: str = "picture painted") -> None:
    """Make sure that a mask has a picture's size.

    Raises:
        PictureError: it has another.
    """
    if mask.shape != shape[:2]:
        raise PictureError(
            f"Expected a mask of the size of the {whose}, {_size(shape)}. "
            f"Received: {_size(mask.shape)}. Bring it to that size with resize_mask()."
        )


def expect_scale(scale: object) -> None:
    """Make sure that a factor of size is one.

    Raises:
        SettingsError: it is not a number from 0.1 to 10.
    """
    if not isinstance(scale, int | float | np.number) or not (
        SMALLEST_SCALE <= scale <= LARGEST_SCALE
    ):
        raise SettingsError(
            f"Expected a scale of strokes from {SMALLEST_SCALE} to {LARGEST_SCALE}. "
            f"Received: {scale!r}."
        )


def _content_distance(maps: Any, target: Any, mask: Any, form: Form) -> Any:
    tensorflow = import_tensorflow()
    squares = tensorflow.square(maps - target)
    entries = float(math.prod(maps.shape))
    if mask is not None:
        weights = tensorflow.constant(mask, maps.dtype)[..., None]
        squares, entries = weights * squares, float(mask.sum()) * float(maps.shape[-1])
        target = tensorflow.sqrt(weights) * target
    squares = tensorflow.reduce_sum(squares)
    if form == "relative":
        return squares / energy(target)
    return squares / 2 if form == "gatys2016" else squares / entries


def _gram(sums: tuple[Any, ...], form: Form) -> Any:
    gram, positions = sums
    return gram / (positions * (gram.shape[0] if form == "johnson2016" else 1.0))


def _gram_distance(gram: Any, target: Any, form: Form) -> Any:
    tensorflow = import_tensorflow()
    squares = tensorflow.reduce_sum(tensorflow.square(gram - target))
    channels = float(gram.shape[0])
    divisors = {"gatys2016": 4 * channels**2, "gatys_notebook": channels**4 / 1e3}
    return squares / divisors.get(form, 1.0)


def _part_weights(layer_weights: Mapping[str, float], form: Form) -> tuple[float, ...]:
    whole = sum(layer_weights.values()) if form == "relative" else 1.0
    return tuple(weight / whole for weight in layer_weights.values())


def _maps(network: VGG19 | None, picture: Picture) -> dict[str, Any]:
    if network is None:
        return {}
    return network.tensors(import_tensorflow().constant(picture))


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float | np.number) and 0 <= float(value) <= LARGEST_WEIGHT


def _check_statistic(statistic: str, form: Form) -> None:
    if statistic not in STATISTICS:
        raise SettingsError(
            f"Expected a statistic: {', '.join(STATISTICS)}. Received: {statistic!r}."
        )
    if statistic != "gram" and form != "relative":
        raise SettingsError(
            f"Expected the relative form with the statistic {statistic!r}. Received: form {form!r}, "
            "which is defined for Gram matrices only."
        )


def _checked_mask(
    mask: ArrayLike | PictureSource | None, shape: tuple[int, ...] | None, whose: str, reach: Reach
) -> Mask | None:
    if reach not in REACHES:
        raise SettingsError(f"Expected a reach: {' or '.join(REACHES)}. Received: {reach!r}.")
    if mask is None:
        return None
    checked = mask_of(mask)
    return checked if shape is None else fit_mask(checked, shape, whose)


def _file(picture: PictureSource) -> str | PathLike[str] | None:
    """What can tell of a picture's author and licence: its file. Arrays cannot."""
    return picture if isinstance(picture, str | PathLike) else None


def _checked_form(form: Form) -> Form:
    if form not in FORMS:
        raise SettingsError(f"Expected a form of loss: {', '.join(FORMS)}. Received: {form!r}.")
    return form


def _checked_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    if len(shape) != 3 or shape[2] != 3:  # noqa: PLR2004 - height, width, RGB
        raise PictureError(f"Expected a picture of shape (H, W, 3). Received: {shape}.")
    return shape[0], shape[1], shape[2]


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[0]}"


def _same(one: WeightsSource, other: WeightsSource) -> bool:
    # Mappings of arrays cannot be compared with ==.
    return one is other or (not isinstance(one, Mapping) and one == other)


def _source(weights: WeightsSource) -> str:
    return (
        "random" if weights is None else "given" if isinstance(weights, Mapping) else str(weights)
    )
