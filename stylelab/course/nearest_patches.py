"""Style by patches: each piece of a picture's maps, compared with the painting's piece most like it.

The term of Li and Wand 2016 (arXiv:1601.04589, equations 2 and 3), as a loss that adds to others.
Notebook 19 paints with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stylelab.errors import PictureError, SettingsError
from stylelab.losses.loss import Loss
from stylelab.losses.term import Target, Term
from stylelab.network.layer_facts import layer_facts
from stylelab.network.tensorflow import import_tensorflow
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from stylelab.losses.term import TargetMaps
    from stylelab.network.tensorflow import Tensor
    from stylelab.pictures.images import Picture, PictureSource

    Array = NDArray[np.floating[Any]]

LAYERS = ("block3_conv1", "block4_conv1")
"""The layers that Li and Wand use."""

SIDE = 3
"""Side of a patch, in positions of the layer."""

SMALLEST = 1e-12
"""A patch of zeros has no direction: lengths are not divided by less than this."""


def cut_patches(maps: Array, side: int = SIDE) -> Array:
    """Return every patch of maps, row by row.

    Args:
        maps: shape (rows, columns, C).
        side: of a patch, in positions.

    Returns:
        Shape ((rows − side + 1) · (columns − side + 1), side² · C), of the maps' type.

    Raises:
        PictureError: the maps are smaller than a patch.
    """
    if min(maps.shape[:2]) < side:
        raise PictureError(
            f"Expected maps of at least {side} × {side} positions. Received: {maps.shape[:2]}."
        )
    windows = np.lib.stride_tricks.sliding_window_view(maps, (side, side), (0, 1))
    return windows.transpose(0, 1, 3, 4, 2).reshape(-1, side * side * maps.shape[2])


def nearest_patches(patches: Array, others: Array) -> NDArray[np.intp]:
    """Return, for each patch, which of the others is most like it by normalised cross-correlation.

    Args:
        patches: shape (M, K), one in each row; K is side² · C numbers.
        others: shape (L, K).

    Returns:
        Shape (M,): the index, from 0, of the largest p·q / (‖p‖ ‖q‖).
    """
    lengths = np.maximum(np.linalg.norm(others, axis=1), SMALLEST)
    nearest: NDArray[np.intp] = np.argmax(patches @ (others / lengths[:, None]).T, axis=1)
    return nearest


def nearest_places(maps: Array, others: Array) -> NDArray[np.intp]:
    """Return where in other maps each patch of maps has its nearest.

    Args:
        maps: shape (rows, columns, C).
        others: maps of the painting, with as many channels.

    Returns:
        Shape (rows − 2, columns − 2, 2): row and column of the nearest patch's top left position.

    Raises:
        PictureError: maps are smaller than a patch.
    """
    nearest = nearest_patches(cut_patches(maps), cut_patches(others))
    across = others.shape[1] - SIDE + 1
    rows_and_columns = np.stack(np.divmod(nearest, across), axis=-1)
    return rows_and_columns.reshape(maps.shape[0] - SIDE + 1, maps.shape[1] - SIDE + 1, 2)


def patches(painting: PictureSource, layers: tuple[str, ...] = LAYERS) -> Loss:
    """Ask for a picture of which each patch resembles a patch of the painting.

    Args:
        painting: anything that `load_image_or_sample` takes, of the size at which it is to be cut up.
        layers: names; their mean counts.

    Raises:
        PictureError, LayerError: the painting is no picture, or there is no such layer.
        SettingsError: there are no layers.
    """
    if not layers:
        raise SettingsError("Expected layers: at least one name. Received: none.")
    for name in layers:
        layer_facts(name)
    return Loss(((1.0, PatchTerm(load_image_or_sample(painting), tuple(layers))),))


@dataclass(frozen=True, eq=False)
class PatchTerm(Term):
    """How far each patch is from the painting's patch most like it; made by `patches`.

    At each layer Σ‖p − q‖² over the picture's patches p, where q is the nearest patch of the painting,
    divided by as many times the mean of the painting's ‖q‖², so that the size of the maps cancels.

    Attributes:
        image: the painting (H, W, 3).
        layer_names: the layers; their mean counts.
    """

    image: Picture
    layer_names: tuple[str, ...]
    name: ClassVar[str] = "patches"  # type: ignore[misc]

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the network that the term looks at."""
        return self.layer_names

    @property
    def part_weights(self) -> tuple[float, ...]:
        """One share each: the term is the mean of its layers."""
        return (1 / len(self.layers),) * len(self.layers)

    @property
    def graph_key(self) -> Hashable:
        """The side of a patch: the painting's patches are given to the graph."""
        return ("patches", SIDE)

    def targets(
        self,
        maps: TargetMaps,
        shape: tuple[int, int, int],  # noqa: ARG002
    ) -> Mapping[str | None, Target]:
        """Cut up the painting at each layer."""
        found: dict[str | None, Target] = {}
        for _, by_layer in maps.each(self.image):  # a whole picture is one tile
            for layer in self.layers:
                found[layer] = Target(constants=(cut_patches(by_layer[layer].numpy()),))
        return found

    def sums(
        self,
        values: Tensor,
        weights: Tensor | None = None,  # noqa: ARG002
        target: Tensor | None = None,  # noqa: ARG002
    ) -> tuple[Tensor, ...]:
        """All patches (M, side² · C): they can be compared only one by one."""
        tensorflow = import_tensorflow()
        ones, strides = (1, 1, 1, 1), (1, SIDE, SIDE, 1)
        cut = tensorflow.image.extract_patches(values[None], strides, ones, ones, "VALID")
        return (tensorflow.reshape(cut, (-1, SIDE * SIDE * values.shape[-1])),)

    def distance(self, sums: tuple[Tensor, ...], constants: tuple[Any, ...]) -> Tensor:
        """Mean of ‖p − q‖², by the mean of ‖q‖². Which q is nearest is not differentiated."""
        tensorflow = import_tensorflow()
        (mine,), (others,) = sums, constants
        unit = others / tensorflow.maximum(tensorflow.norm(others, axis=1, keepdims=True), SMALLEST)
        nearest = tensorflow.argmax(tensorflow.matmul(mine, unit, transpose_b=True), axis=1)
        squares = tensorflow.square(mine - tensorflow.gather(others, nearest))
        whole = tensorflow.maximum(tensorflow.reduce_mean(tensorflow.square(others)), SMALLEST)
        return tensorflow.reduce_mean(squares) / whole

    def validate_tiling(self) -> None:
        """Raise a `SettingsError`: patches of tiles cannot be summed up."""
        raise SettingsError(
            "Expected a loss whose terms add up over tiles. Received: patches. Paint without tiles."
        )
