"""Content: feature maps compared position by position."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from stylelab.errors import PictureError
from stylelab.losses.formulations import content_distance, validate_formulation
from stylelab.losses.layer_weights import CONTENT_LAYERS, make_layer_weights
from stylelab.losses.loss import Loss
from stylelab.losses.statistics import MIN_ENERGY
from stylelab.losses.term import PictureTerm, Target, source_path
from stylelab.network.layer_facts import LAYERS
from stylelab.network.layer_masks import downsample_masks, load_mask_argument
from stylelab.network.tensorflow import import_tensorflow
from stylelab.pictures.images import resize_to
from stylelab.pictures.masks import resize_mask, same_aspect_ratio
from stylelab.pictures.text import size_text
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from stylelab.losses.formulations import Formulation
    from stylelab.losses.layer_weights import Layers
    from stylelab.losses.term import TargetMaps
    from stylelab.network.layer_masks import MaskMode
    from stylelab.network.tensorflow import Tensor
    from stylelab.pictures.images import PictureSource
    from stylelab.pictures.masks import Mask


def content(
    image: PictureSource,
    layers: Layers = CONTENT_LAYERS,
    *,
    formulation: Formulation = "relative",
    mask: ArrayLike | PictureSource | None = None,
    mask_mode: MaskMode = "centre",
) -> Loss:
    """Ask for a picture with the content of `image`: the same features at the same places.

    ```python
    loss = sl.content("cat") + 10 * sl.style("swirling_night")
    ```

    Args:
        image: the photo (anything that `load_image_or_sample` takes), of the size to be painted.
        layers: names, or a mapping of names to weights.
        formulation: see the table in `stylelab.losses.formulations`.
        mask: (H, W) in [0, 1], of the picture's proportions: where its content is asked for.
            Everywhere without it.
        mask_mode: how the mask is brought to the layers; see `layer_mask`.

    Raises:
        PictureError, LayerError, SettingsError: an argument is not what it should be.
    """
    weights = make_layer_weights(layers, "content", formulation)
    photo = load_image_or_sample(image)
    term = ContentTerm(
        image=photo,
        layer_weights=weights,
        formulation=validate_formulation(formulation),
        mask=load_mask_argument(mask, photo.shape, "content's picture", mask_mode),
        mask_mode=mask_mode,
        source=source_path(image),
    )
    return Loss(((1.0, term),))


@dataclass(frozen=True, eq=False)
class ContentTerm(PictureTerm):
    """How far a picture's maps are from another's, position by position. Made by `content`."""

    name: ClassVar[str] = "content"  # type: ignore[misc]
    role: ClassVar[Literal["content"]] = "content"  # type: ignore[misc]

    def targets(self, maps: TargetMaps, shape: tuple[int, int, int]) -> Mapping[str | None, Target]:
        """Maps of the content's picture, mask and energy ‖P‖², at each layer.

        Raises:
            PictureError: picture or mask has not the size of the picture painted.
        """
        if self.image.shape != shape:
            expected, received = size_text(*self.image.shape[:2]), size_text(*shape[:2])
            raise PictureError(
                f"Expected a picture of the content's size, {expected}, because content is compared "
                f"position by position. Received: {received}. Bring one to the size of the other, "
                "for example with resize_to()."
            )
        masks = downsample_masks(self.mask, self.layers, self.mask_mode, shape)
        targets = {
            name: np.empty(LAYERS[name].shape(*shape[:2]), np.float32) for name in self.layers
        }
        for tile, tile_maps in maps.each(self.image):
            for name, target in targets.items():
                core = tile.core(LAYERS[name].stride) > 0
                target[tile.slices(LAYERS[name].stride)][core] = tile_maps[name].numpy()[core]
        return {
            name: Target(
                masks[name],
                target,
                constants=(maps.squared_norm(target, masks[name]), _entries(target, masks[name])),
            )
            for name, target in targets.items()
        }

    @property
    def graph_key(self) -> Hashable:
        """The formulation: picture and mask are given to the graph."""
        return ("content", self.formulation) if type(self) is ContentTerm else None

    def sums(
        self, values: Tensor, weights: Tensor | None = None, target: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Sum of squared differences, a scalar."""
        tensorflow = import_tensorflow()
        squares = tensorflow.square(values - target)
        if weights is not None:
            squares = tensorflow.cast(weights, squares.dtype)[..., None] * squares
        return (tensorflow.reduce_sum(squares),)

    def distance(self, sums: tuple[Tensor, ...], constants: tuple[Any, ...]) -> Tensor:
        """Content distance in the term's formulation."""
        energy, entries = constants
        energy = import_tensorflow().maximum(energy, MIN_ENERGY)
        return content_distance(sums[0], self.formulation, energy=energy, entries=entries)

    def fit_to(self, shape: tuple[int, ...]) -> ContentTerm:
        """Same term with its picture and mask resized to the picture painted (H, W, 3).

        Raises:
            PictureError: the picture has other proportions.
        """
        if not same_aspect_ratio(self.image.shape, shape):
            raise PictureError(
                "Expected content with the proportions of the picture painted, "
                f"{size_text(*shape[:2])}. Received: {size_text(*self.image.shape[:2])}. Crop one "
                "like the other."
            )
        return self if self.image.shape == shape else self.with_size(*shape[:2])

    def with_size(
        self,
        height: int,
        width: int,
        *,
        scale: float = 1.0,  # noqa: ARG002
    ) -> ContentTerm:
        """Same term for a picture of another size."""
        mask = None if self.mask is None else resize_mask(self.mask, height, width)
        return replace(self, image=resize_to(self.image, height, width), mask=mask)

    @property
    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """The picture and the mask that the term was made with."""
        return (self.image,) if self.mask is None else (self.image, self.mask)

    def describe(self) -> dict[str, Any]:
        """What else the term was made with, as plain values, for a file's metadata."""
        metadata = {
            "term": self.name,
            "layers": dict(self.layer_weights),
            "formulation": self.formulation,
        }
        masked = {"masked": True, "mask_mode": self.mask_mode}
        return metadata if self.mask is None else metadata | masked


def _entries(target: NDArray[np.float32], mask: Mask | None) -> float:
    """N·M, where a mask's M is its sum."""
    if mask is None:
        return float(math.prod(target.shape))
    return float(mask.sum()) * float(target.shape[-1])
