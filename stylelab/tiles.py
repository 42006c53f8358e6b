"""The loss and gradient of a large picture, tile by tile: exact, in the memory of one tile.

Nearly all the memory goes into feature maps, and all of them are needed at once only if the picture is
looked at all at once. The terms of a loss look at sums over places: the sum of f·fᵀ for a Gram matrix,
the sum of squares for content. Sums can be taken piece by piece. With s(tile) the sums over a tile's
own places, S = Σ s(tile), and D what a term makes of them, L = D(S), the chain rule says

    ∂L/∂x = Σ over tiles of (∂s/∂x)ᵀ · ∂D/∂S

So the picture is passed through twice: once forwards, to learn S; then, D and its derivative known
(they are small), forwards and backwards, to carry that derivative to the pixels. That is three passes
in place of two.

Each place of each layer is one tile's *own*. For its features to be those of the whole picture, the
tile is cut out with a border as wide as the deepest layer sees beyond the cell of a unit, and begins
where a cell of the deepest layer begins, so that poolings fall on the same pixels. The borders are
computed twice or more; the larger the tile, the less they cost.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from stylelab._tensorflow import eagerly, import_tensorflow
from stylelab.distributions import energy, expect_additive
from stylelab.errors import PictureError, SettingsError
from stylelab.features import LAYERS, VGG19, in_order_of_depth
from stylelab.losses import (
    ContentTerm,
    Objective,
    StyleTerm,
    TotalVariationTerm,
    carried,
    expect_weights,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from stylelab.losses import Loss, Term
    from stylelab.masks import Mask

Array = np.ndarray[Any, np.dtype[np.floating[Any]]]


class Tile(NamedTuple):
    """A piece of a picture: what is cut out, and which part of that is its own. In pixels.

    Attributes:
        rows, columns: what is cut out, border included.
        own_rows, own_columns: what no other tile has as its own.
    """

    rows: slice
    columns: slice
    own_rows: slice
    own_columns: slice

    def cut(self, stride: int) -> tuple[slice, slice]:
        """Give the rows and columns of the whole picture's maps at a layer that are cut out."""
        return _at_stride(self.rows, stride), _at_stride(self.columns, stride)

    def own(self, stride: int) -> NDArray[np.float32]:
        """Tell a layer's units that are the tile's own (1) from its border (0), as cut out."""
        rows, columns = self.cut(stride)
        weights = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        own_rows, own_columns = (
            slice(own.start // stride - cut.start, own.stop // stride - cut.start)
            for own, cut in ((self.own_rows, rows), (self.own_columns, columns))
        )
        weights[own_rows, own_columns] = 1
        return weights


def border(layers: Sequence[str]) -> int:
    """Give how many pixels of border a tile needs on each side for these layers of VGG19.

    Raises:
        LayerError: a name is not one of VGG19's layers.
    """
    if not layers:
        return 1  # a pixel and its neighbour
    deepest = LAYERS[in_order_of_depth(tuple(layers))[-1]]
    top, _, bottom, _ = deepest.square(0, 0)
    return _up(max(-top, bottom - deepest.stride), deepest.stride)


def plan_tiles(height: int, width: int, layers: Sequence[str], tile: int = 512) -> tuple[Tile, ...]:
    """Divide a picture into tiles of nearly equal sides.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        layers: at which the features have to be those of the whole picture.
        tile: longest side of a tile, its borders included, in pixels. A picture that is no larger
            makes one tile.

    Raises:
        SettingsError: the tile is not larger than its borders.
        LayerError: a name is not one of VGG19's layers.
    """
    if isinstance(tile, bool) or not isinstance(tile, int | np.integer) or tile < 1:
        raise SettingsError(
            f"Expected the side of a tile as a whole number of pixels. Received: {tile!r}."
        )
    wide = border(layers)
    step = LAYERS[in_order_of_depth(tuple(layers))[-1]].stride if layers else 1
    least = 2 * wide + step
    if max(height, width) > tile and tile < least:
        raise SettingsError(
            f"Expected a tile of at least {least} px for layers as deep as "
            f"{in_order_of_depth(tuple(layers))[-1] if layers else 'none'}, which needs {wide} px of "
            f"border on each side. Received: tile={tile}. Take tile={max(512, 2 * least)}, with which "
            "the borders cost less too, or leave out the deepest layers."
        )
    return tuple(
        Tile(rows, columns, own_rows, own_columns)
        for rows, own_rows in _spans(height, int(tile), wide, step)
        for columns, own_columns in _spans(width, int(tile), wide, step)
    )


class TiledObjective(Objective):
    """A loss for large pictures of one shape: as `Objective`, in the memory of one tile.

    Loss, terms and gradient are those of the whole picture, but for rounding. It takes half as long
    again as the whole, and longer by what the borders cost.

    What still grows with the picture: its gradient, the maps of the content picture at the layers
    compared, and masks.

    Args:
        loss: what to compute.
        shape: (H, W, 3).
        tile: longest side of a tile, its borders included, in pixels: the memory is that of a picture
            of this size.

    Attributes:
        names, weights, part_weights: as those of `Objective`.
        tiles: into which the picture is divided.

    Raises:
        SettingsError: a term cannot be computed in tiles, the tile is not larger than its borders, or
            all weights are 0.
        PictureError, LayerError: as for `Objective`.
    """

    @eagerly
    def __init__(self, loss: Loss, shape: tuple[int, ...], tile: int = 512) -> None:
        if len(shape) != 3 or shape[2] != 3:  # noqa: PLR2004 - height, width, RGB
            raise PictureError(f"Expected a picture of shape (H, W, 3). Received: {shape}.")
        height, width = shape[:2]
        self.names = loss.names
        self.weights = np.array([weight for weight, _ in loss.weighted_terms], np.float32)
        self.part_weights = expect_weights(loss.part_weights)
        terms = [term for _, term in loss.weighted_terms]
        self.term_parts = [np.array(term.part_weights, np.float32) for term in terms]
        self.shape = (height, width, 3)
        self.tiles = plan_tiles(height, width, loss.layers, tile)
        cutter = _Cutter.for_loss(loss, self.shape, tile)
        self.parts = [part for term in terms for part in _parts(term, cutter, self.shape)]
        self.strides = sorted({part.stride for part in self.parts})
        self._measure, self._pull_back = _compile(self.parts, self.strides, cutter.network)
        self.compiled = self._evaluate

    def _evaluate(self, image: Any, part_weights: Any) -> tuple[Any, Any, Any]:
        """Compute, as `Objective`'s graph does: the loss, what each part adds, the gradient."""
        tensorflow = import_tensorflow()
        totals = _added(self._measure(*self._cut(image, tile)) for tile in self.tiles)
        contributions, pulls = self._distances(totals, part_weights)
        gradient = np.zeros(self.shape, np.float32)
        for tile in self.tiles:
            pulled = self._pull_back(*self._cut(image, tile), pulls)
            gradient[tile.rows, tile.columns] += pulled.numpy()
        return sum(contributions), tensorflow.stack(contributions), tensorflow.constant(gradient)

    def _cut(self, image: Any, tile: Tile) -> tuple[Any, Any, Any]:
        """Cut out of the picture, and out of what it is compared with, what a tile needs."""
        constant = import_tensorflow().constant
        own = {str(stride): constant(tile.own(stride)) for stride in self.strides}
        beside = [
            {name: constant(whole[tile.cut(part.stride)]) for name, whole in part.beside.items()}
            for part in self.parts
        ]
        return image[tile.rows, tile.columns], own, beside

    def _distances(self, totals: list[list[Array]], part_weights: Any) -> tuple[Any, Any]:
        """Compute what each part adds to the loss, and its derivative by each of its sums."""
        tensorflow = import_tensorflow()
        contributions, pulls = [], []
        for part, total, weight in zip(
            self.parts, totals, tensorflow.unstack(part_weights), strict=True
        ):
            sums = [tensorflow.constant(array) for array in total]
            with tensorflow.GradientTape() as tape:
                tape.watch(sums)
                distance = tensorflow.cast(weight, sums[0].dtype) * part.distance(tuple(sums))
            derivatives = tape.gradient(distance, sums, unconnected_gradients="zero")
            contributions.append(tensorflow.cast(distance, weight.dtype))
            pulls.append([tensorflow.cast(by_sum, weight.dtype) for by_sum in derivatives])
        return contributions, pulls


@dataclass(frozen=True, eq=False)
class _Part(ABC):
    """One layer of one term: sums over places, and what the term makes of them.

    Attributes:
        layer: the layer's name, or None for the picture itself.
        beside: arrays, one value or vector for each of the layer's units, that its sums need.
    """

    layer: str | None
    beside: dict[str, Array]

    @property
    def stride(self) -> int:
        """Pixels of the picture from one place to the next."""
        return 1 if self.layer is None else LAYERS[self.layer].stride

    @abstractmethod
    def sums(self, values: Any, own: Any, beside: dict[str, Any]) -> tuple[Any, ...]:
        """Sum up over a tile's own places, on tensors.

        Args:
            values: the layer's maps, or the picture, (rows, columns, channels).
            own: (rows, columns), how much each place counts.
            beside: what `beside` holds, cut out.
        """

    @abstractmethod
    def distance(self, sums: tuple[Any, ...]) -> Any:
        """Compute the part, unweighted, from the sums over all places."""


@dataclass(frozen=True, eq=False)
class _StylePart(_Part):
    term: StyleTerm
    target: tuple[Any, ...]

    def sums(self, values: Any, own: Any, beside: dict[str, Any]) -> tuple[Any, ...]:
        return self.term.measure(values, own * beside["mask"] if "mask" in beside else own)

    def distance(self, sums: tuple[Any, ...]) -> Any:
        return self.term.distance(sums, self.target)


@dataclass(frozen=True, eq=False)
class _ContentPart(_Part):
    factor: float

    def sums(self, values: Any, own: Any, beside: dict[str, Any]) -> tuple[Any, ...]:
        tensorflow = import_tensorflow()
        weights = own * beside["mask"] if "mask" in beside else own
        squares = tensorflow.square(values - beside["target"])
        return (tensorflow.reduce_sum(weights[..., None] * squares),)

    def distance(self, sums: tuple[Any, ...]) -> Any:
        return self.factor * sums[0]


@dataclass(frozen=True, eq=False)
class _VariationPart(_Part):
    term: TotalVariationTerm
    entries: float

    def sums(self, values: Any, own: Any, beside: dict[str, Any]) -> tuple[Any, ...]:  # noqa: ARG002
        tensorflow = import_tensorflow()
        size = tensorflow.square if self.term.kind == "squared" else tensorflow.abs
        # A difference is the first pixel's own.
        down = own[:-1, :, None] * size(values[1:] - values[:-1])
        across = own[:, :-1, None] * size(values[:, 1:] - values[:, :-1])
        return (tensorflow.reduce_sum(down) + tensorflow.reduce_sum(across),)

    def distance(self, sums: tuple[Any, ...]) -> Any:
        return sums[0] / self.entries


class _Cutter(NamedTuple):
    """Maps of pictures of any size, computed in tiles."""

    network: VGG19 | None
    layers: tuple[str, ...]
    tile: int

    @classmethod
    def for_loss(cls, loss: Loss, shape: tuple[int, int, int], tile: int) -> _Cutter:
        layers = loss.layers
        network = VGG19(*layers, pooling=loss.pooling, weights=loss.weights) if layers else None
        if network and min(LAYERS[layers[-1]].shape(*shape[:2])) < 1:
            network.tensors(np.zeros(shape, np.float32))  # says that the picture is too small
        return cls(network, layers, tile)

    def each(self, picture: Array) -> Iterator[tuple[Tile, dict[str, Any]]]:
        """Yield each tile of a picture with its maps, border included, as tensors."""
        if self.network is None:
            return
        constant = import_tensorflow().constant
        height, width = picture.shape[:2]
        for tile in plan_tiles(height, width, self.layers, self.tile):
            yield tile, self.network.tensors(constant(picture[tile.rows, tile.columns]))


def _parts(term: Term, cutter: _Cutter, shape: tuple[int, int, int]) -> Sequence[_Part]:
    """Take a term apart, its targets computed."""
    if isinstance(term, StyleTerm):
        return _style_parts(term, cutter, shape)
    if isinstance(term, ContentTerm):
        return _content_parts(term, cutter, shape)
    if isinstance(term, TotalVariationTerm):
        return [_VariationPart(None, {}, term, float(math.prod(shape)))]
    raise SettingsError(
        "Expected terms of content, style or total variation, which can be computed in tiles. "
        f"Received: {term.name}. Leave it out, or compute the picture whole: without a tile."
    )


def _style_parts(term: StyleTerm, cutter: _Cutter, shape: tuple[int, int, int]) -> list[_Part]:
    expect_additive(term.statistic)
    masks = carried(term.mask, term.layers, term.reach, shape)
    targets = _style_targets(term, cutter)
    return [
        _StylePart(name, _without_none(mask=masks[name]), term, targets[name])
        for name in term.layers
    ]


def _style_targets(term: StyleTerm, cutter: _Cutter) -> dict[str, tuple[Any, ...]]:
    """Measure a style's picture, of any size."""
    constant = import_tensorflow().constant
    term = term if term.scale == 1 else term.at(*term.picture.shape[:2])
    masks = carried(term.painting_mask, term.layers, term.reach, term.picture.shape)

    def measured(tile: Tile, name: str, maps: Any) -> tuple[Any, ...]:
        stride, mask = LAYERS[name].stride, masks[name]
        own = tile.own(stride)
        return term.measure(maps, constant(own if mask is None else own * mask[tile.cut(stride)]))

    totals = _added(
        [measured(tile, name, maps[name]) for name in term.layers]
        for tile, maps in cutter.each(term.picture)
    )
    return {
        name: tuple(constant(array) for array in total)
        for name, total in zip(term.layers, totals, strict=True)
    }


def _content_parts(term: ContentTerm, cutter: _Cutter, shape: tuple[int, int, int]) -> list[_Part]:
    if term.picture.shape != shape:
        term.targets(None, shape)  # says that it must have the picture's size
    masks = carried(term.mask, term.layers, term.reach, shape)
    targets = {name: np.empty(LAYERS[name].shape(*shape[:2]), np.float32) for name in term.layers}
    for tile, maps in cutter.each(term.picture):
        for name, target in targets.items():
            stride = LAYERS[name].stride
            own = tile.own(stride) > 0
            target[tile.cut(stride)][own] = maps[name].numpy()[own]
    return [
        _ContentPart(
            name,
            _without_none(target=target, mask=masks[name]),
            _content_factor(term.form, target, masks[name]),
        )
        for name, target in targets.items()
    ]


def _content_factor(form: str, target: Array, mask: Mask | None) -> float:
    """Give by what the form multiplies the sum of squares (see the table in `stylelab.losses`)."""
    places = float(math.prod(target.shape[:2])) if mask is None else float(mask.sum())
    if form == "relative":
        squares = np.einsum("yxc,yxc->yx", target, target)
        whole = (squares if mask is None else mask * squares).sum(dtype=np.float64)
        # The same floor as that of `energy`, which wants a root.
        return float(1 / energy(np.sqrt(whole)))
    return 0.5 if form == "gatys2016" else 1 / (places * target.shape[-1])


def _compile(
    parts: Sequence[_Part], strides: Sequence[int], network: VGG19 | None
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Compile both passes for tiles of any size: forwards to the sums, and back from them."""
    tensorflow = import_tensorflow()

    def measure(image: Any, own: Any, beside: Any) -> list[list[Any]]:
        maps = network.model(image[None]) if network else {}
        return [
            list(
                part.sums(
                    image if part.layer is None else maps[part.layer][0],
                    own[str(part.stride)],
                    its_beside,
                )
            )
            for part, its_beside in zip(parts, beside, strict=True)
        ]

    def pull_back(image: Any, own: Any, beside: Any, pulls: Any) -> Any:
        with tensorflow.GradientTape() as tape:
            tape.watch(image)
            sums = measure(image, own, beside)
        return tape.gradient(sums, image, pulls)

    spec = tensorflow.TensorSpec
    given = (
        spec((None, None, 3)),
        {str(stride): spec((None, None)) for stride in strides},
        [
            {name: spec((None, None, *whole.shape[2:])) for name, whole in part.beside.items()}
            for part in parts
        ],
    )

    def graph(function: Callable[..., Any], *signature: Any) -> Any:
        compiled = tensorflow.function(function, autograph=False)
        return compiled.get_concrete_function(*signature)

    measuring = graph(measure, *given)
    pulls = [
        [spec(total.shape, total.dtype) for total in sums] for sums in measuring.structured_outputs
    ]
    return measuring, graph(pull_back, *given, pulls)


def _added(measured: Iterator[Any]) -> list[list[Array]]:
    """Add up tiles' sums, in float64: a large picture has more places than float32 can count."""
    totals: list[list[Array]] = []
    for parts in measured:
        found = [[np.array(each, np.float64) for each in sums] for sums in parts]
        totals = totals or [[np.zeros_like(each) for each in sums] for sums in found]
        for total, sums in zip(totals, found, strict=True):
            for index, more in enumerate(sums):
                total[index] = total[index] + more
    return totals


def _spans(length: int, tile: int, wide: int, step: int) -> list[tuple[slice, slice]]:
    """Divide a side: pairs of what is cut out and what is own."""
    if length <= tile:
        return [(slice(0, length), slice(0, length))]
    count = math.ceil((length - 2 * wide) / (tile // step * step - 2 * wide))
    even = _up((length + 2 * wide * (count - 1)) / count, step)
    fresh = even - 2 * wide
    spans = []
    for start in range(0, length - 2 * wide, fresh):
        stop = min(start + even, length)
        own = slice(start + wide if start else 0, length if stop == length else stop - wide)
        spans.append((slice(start, stop), own))
    return spans


def _up(number: float, step: int) -> int:
    return math.ceil(number / step) * step


def _at_stride(places: slice, stride: int) -> slice:
    return slice(places.start // stride, places.stop // stride)


def _without_none(**arrays: Array | None) -> dict[str, Array]:
    return {name: array for name, array in arrays.items() if array is not None}
