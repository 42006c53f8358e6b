"""One term of a loss: what it sums over positions, and how far apart it calls two such sums.

A term looks at the maps of some layers, or at the picture itself. At each of them it sums something up
over positions (for a Gram matrix, f·fᵀ; for content, squares of differences), and makes a number of
the sums. So a term can be computed piece by piece: the whole picture is the case of one tile (see
`stylelab.losses.tiled`).

A term of your own says `name`, `layers`, `targets`, `sums` and `distance`:

```python
class Brightness(Term):
    name = "brightness"

    def targets(self, maps, shape):
        return {None: Target(constants=(shape[0] * shape[1] * 3,))}  # None: the picture itself

    def sums(self, values, weights=None, target=None):
        return (tf.reduce_sum(values if weights is None else weights[..., None] * values),)

    def distance(self, sums, constants):
        return (1 - sums[0] / constants[0]) ** 2
```
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import numpy as np

from stylelab.losses.tiles import Tile, plan_tiles
from stylelab.network.layer_facts import LAYERS
from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from stylelab.losses.formulations import Formulation
    from stylelab.network.layer_masks import MaskMode
    from stylelab.network.tensorflow import Tensor
    from stylelab.network.vgg19 import VGG19
    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.pictures.masks import Mask

    Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Target:
    """What the picture is compared with, at one layer.

    Attributes:
        mask: (rows, columns), how much each position counts; all fully without it.
        maps: (rows, columns, channels), what is compared position by position.
        constants: what else `Term.distance` needs: arrays, tensors and numbers.
    """

    mask: Array | None = None
    maps: Array | None = None
    constants: tuple[Any, ...] = ()

    @property
    def aligned(self) -> dict[str, Array]:
        """The arrays that have one value or vector for each position, by argument of `Part.sums`."""
        arrays = {"mask": self.mask, "target": self.maps}
        return {name: array for name, array in arrays.items() if array is not None}


class Term(ABC):
    """One term of a loss, before it is weighted: one part for each of its layers.

    Attributes:
        name: what the term is called in a step's `terms`.
        role: `"content"` or `"style"`, if the term compares with a photo or a painting.
        source: the file or sample that this picture was given as, if it was.
        mask: (H, W) in [0, 1], where in the picture painted it asks for something; all over without.
    """

    name: str
    role: Literal["content", "style"] | None = None
    source: str | PathLike[str] | None = None
    mask: Mask | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the network that the term looks at; none: it looks at the picture."""
        return ()

    @property
    def part_weights(self) -> tuple[float, ...]:
        """The weight of each part: the term is their weighted sum."""
        return (1.0,) * max(1, len(self.layers))

    @property
    def graph_key(self) -> Hashable:
        """What `sums` and `distance` depend on besides their arguments; None: on the term itself.

        Losses with equal keys of their terms share one compiled graph, for pictures of any size: sides
        are None in `values.shape`, and the constants of the targets come as tensors.
        """
        return None

    @abstractmethod
    def targets(self, maps: TargetMaps, shape: tuple[int, int, int]) -> Mapping[str | None, Target]:
        """Compute, once, what a picture is compared with, by layer; at None, the picture itself.

        Args:
            maps: computes the feature maps of pictures.
            shape: (H, W, 3) of the picture painted.
        """

    @abstractmethod
    def sums(
        self, values: Tensor, weights: Tensor | None = None, target: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Sum up over positions.

        Args:
            values: (rows, columns, channels), a layer's maps, or the picture.
            weights: (rows, columns), how much each position counts; all fully without it.
            target: (rows, columns, channels), the target's maps, if it has some.
        """

    @abstractmethod
    def distance(self, sums: tuple[Tensor, ...], constants: tuple[Any, ...]) -> Tensor:
        """Unweighted distance, a scalar, from the sums over all positions and the constants."""

    def with_size(self, height: int, width: int, *, scale: float = 1.0) -> Term:  # noqa: ARG002
        """Same term for a picture of another size, its strokes `scale` times as large."""
        return self

    def fit_to(self, shape: tuple[int, ...]) -> Term:  # noqa: ARG002
        """Same term with its content and mask resized to the picture painted (H, W, 3)."""
        return self

    def excluding(self, region: Mask) -> Term:  # noqa: ARG002
        """Same term without style inside a region: (H, W) in [0, 1]."""
        return self

    def transform_image(self, role: str, transform: Callable[[Picture], Picture]) -> Term:  # noqa: ARG002
        """Same term with the picture that it compares with changed, if that has this role."""
        return self

    def with_layer_weights_of(self, other: Term) -> Term:  # noqa: ARG002
        """Same term with the layers' weights of another term of its kind, with the same layers."""
        return self

    @property
    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """The pictures and masks that the term was made with."""
        return ()

    def describe(self) -> dict[str, Any]:
        """What else the term was made with, as plain values, for a file's metadata."""
        return {"term": self.name}

    def validate_tiling(self) -> None:  # noqa: B027 - most terms can
        """Raise a `SettingsError` unless the term can be computed in tiles: its sums add up."""


@dataclass(frozen=True, eq=False)
class PictureTerm(Term):
    """A term that compares with another picture, at some layers.

    Attributes:
        image: the other picture (H, W, 3).
        layer_weights: weight of each layer, by name.
        formulation: see the table in `stylelab.losses.formulations`.
        mask: (H, W) in [0, 1], where in the picture painted the term asks for something.
        mask_mode: how masks are brought to the layers; see `layer_mask`.
    """

    image: Picture
    layer_weights: Mapping[str, float]
    formulation: Formulation = "relative"
    mask: Mask | None = None
    mask_mode: MaskMode = "centre"
    source: str | PathLike[str] | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the network that the term looks at."""
        return tuple(self.layer_weights)

    @property
    def part_weights(self) -> tuple[float, ...]:
        """Weight of each layer: a relative term is their mean, the others are a sum."""
        whole = sum(self.layer_weights.values()) if self.formulation == "relative" else 1.0
        return tuple(weight / whole for weight in self.layer_weights.values())

    def transform_image(self, role: str, transform: Callable[[Picture], Picture]) -> Self:
        """Same term with its picture changed, if the role is the term's own."""
        return replace(self, image=transform(self.image)) if role == self.role else self

    def with_layer_weights_of(self, other: Term) -> Self:
        """Same term with the layers' weights of another term of its kind, with the same layers."""
        return replace(self, layer_weights=cast("PictureTerm", other).layer_weights)


@dataclass(frozen=True, eq=False)
class Part:
    """One layer of one term, and its target: what an objective computes.

    Attributes:
        term: of which it is a layer.
        layer: the layer's name, or None for the picture itself.
        target: what the layer is compared with.
    """

    term: Term
    layer: str | None
    target: Target

    @property
    def stride(self) -> int:
        """Pixels of the picture from one position to the next."""
        return 1 if self.layer is None else LAYERS[self.layer].stride

    def sums(
        self,
        values: Tensor,
        *,
        mask: Tensor | None = None,
        target: Tensor | None = None,
        core: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        """Sum up over positions, as `Term.sums`, with the target's mask and maps there, if it has them.

        `core`, (rows, columns), is 1 where a position counts; without it, all count.
        """
        weights = mask if core is None else core if mask is None else core * mask
        return self.term.sums(values, weights, target)


@dataclass(frozen=True)
class TargetMaps:
    """Computes feature maps of the pictures that terms compare with: whole, or in tiles.

    Attributes:
        network: VGG19; None if no term looks at a layer.
        tile: side of the tiles in pixels; None computes pictures whole.
    """

    network: VGG19 | None
    tile: int | None = None

    def each(self, image: Picture) -> Iterator[tuple[Tile, dict[str, Tensor]]]:
        """Tiles of a picture, each with its maps, border included, by layer."""
        if self.network is None:
            return
        constant = import_tensorflow().constant
        height, width = image.shape[:2]
        side = self.tile or max(height, width)
        for tile in plan_tiles(height, width, self.network.layers, side):
            yield tile, self.network.tensors(constant(image[tile.rows, tile.columns]))

    def weights(self, tile: Tile, layer: str, mask: Array | None) -> Tensor | None:
        """How much each position of a tile counts, (rows, columns); None: all of them fully."""
        if self.tile is None:
            return None if mask is None else import_tensorflow().constant(mask)
        stride = LAYERS[layer].stride
        core = tile.core(stride)
        return import_tensorflow().constant(
            core if mask is None else core * mask[tile.slices(stride)]
        )

    def squared_norm(self, maps: Array, mask: Array | None) -> Tensor:
        """‖maps‖², each position counted as much as the mask does there, a scalar.

        In float64 for pictures in tiles: they have more positions than float32 counts.
        """
        tensorflow = import_tensorflow()
        if self.tile is None:
            weighted = maps if mask is None else tensorflow.sqrt(mask)[..., None] * maps
            return tensorflow.reduce_sum(tensorflow.square(weighted))
        squares = np.einsum("yxc,yxc->yx", maps, maps)
        total = (squares if mask is None else mask * squares).sum(dtype=np.float64)
        return tensorflow.constant(total)

    def add(self, sums_by_tile: Iterable[Sequence[tuple[Tensor, ...]]]) -> list[tuple[Tensor, ...]]:
        """Sums over all tiles, from those over each: one tuple of tensors for each layer."""
        if self.tile is None:
            (sums,) = sums_by_tile
            return list(sums)
        constant = import_tensorflow().constant
        return [tuple(map(constant, arrays)) for arrays in add_sums(sums_by_tile)]


def add_sums(sums_by_tile: Iterable[Sequence[Sequence[Tensor]]]) -> list[list[Array]]:
    """Sums over all tiles, in float64: a large picture has more positions than float32 counts."""
    totals: list[list[Array]] = []
    for parts in sums_by_tile:
        found = [[np.array(one, np.float64) for one in sums] for sums in parts]
        if not totals:
            totals = [[np.zeros_like(one) for one in sums] for sums in found]
        totals = [
            [total + more for total, more in zip(*pair, strict=True)]
            for pair in zip(totals, found, strict=True)
        ]
    return totals


def source_path(source: PictureSource) -> str | PathLike[str] | None:
    """File or sample that a picture was given as: it may state author and licence; arrays do not."""
    return source if isinstance(source, str | PathLike) else None
