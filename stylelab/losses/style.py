"""Style: statistics of feature maps compared, layer by layer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from stylelab.errors import PictureError, SettingsError
from stylelab.losses.formulations import gram_distance, validate_formulation
from stylelab.losses.layer_weights import STYLE_LAYERS, make_layer_weights
from stylelab.losses.loss import Loss
from stylelab.losses.statistics import STATISTICS, get_statistic, validate_additive
from stylelab.losses.term import PictureTerm, Target, source_path
from stylelab.network.layer_masks import downsample_masks, load_mask_argument
from stylelab.pictures.decoding import MIN_SIDE
from stylelab.pictures.images import resize
from stylelab.pictures.masks import fit_mask, resize_mask
from stylelab.pictures.validation import as_float, describe_received
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from stylelab.losses.formulations import Formulation
    from stylelab.losses.layer_weights import Layers
    from stylelab.losses.statistics import StatisticName
    from stylelab.losses.term import TargetMaps
    from stylelab.network.layer_masks import MaskMode
    from stylelab.network.tensorflow import Tensor
    from stylelab.pictures.images import PictureSource
    from stylelab.pictures.masks import Mask

MIN_SCALE, MAX_SCALE = 0.1, 10.0
"""How much smaller and larger than in the painting strokes may come out."""


def style(
    image: PictureSource,
    layers: Layers = STYLE_LAYERS,
    *,
    formulation: Formulation = "relative",
    statistic: StatisticName = "gram",
    mask: ArrayLike | PictureSource | None = None,
    painting_mask: ArrayLike | PictureSource | None = None,
    mask_mode: MaskMode = "centre",
    scale: float = 1.0,
) -> Loss:
    """Ask for a picture with the style of `image`: the same channels firing together.

    ```python
    sky = sl.polygon_mask([(0, 0), (0, 1), (0.5, 1), (0.5, 0)], 64, 64)
    two_places = sl.style("swirling_night", mask=sky) + 0.5 * sl.style("stained_glass", mask=1 - sky)
    ```

    Args:
        image: the painting (anything that `load_image_or_sample` takes), of any size. Its brush
            strokes come out as many pixels large as they are in it.
        layers: names, or a mapping of names to weights. In the relative formulation the mean over
            layers is taken, so only their proportions count.
        formulation: see the table in `stylelab.losses.formulations`.
        statistic: what is compared: `"gram"`, or another of `stylelab.losses.statistics`.
        mask: (H, W) in [0, 1], of the size of the picture painted: where it takes this style.
            Everywhere without it.
        painting_mask: the same for `image`: from where in it the style is taken.
        mask_mode: how masks are brought to the layers; see `layer_mask`.
        scale: how many times as large the strokes come out, above 0.

    Raises:
        PictureError, LayerError, SettingsError: an argument is not what it should be.
    """
    weights = make_layer_weights(layers, "style", formulation)
    painting = load_image_or_sample(image)
    _validate_statistic(statistic, formulation)
    validate_scale(scale)
    term = StyleTerm(
        image=painting,
        layer_weights=weights,
        formulation=validate_formulation(formulation),
        statistic=statistic,
        mask=load_mask_argument(mask, None, "picture painted", mask_mode),
        painting_mask=load_mask_argument(painting_mask, painting.shape, "painting", mask_mode),
        mask_mode=mask_mode,
        scale=float(scale),
        source=source_path(image),
    )
    return Loss(((1.0, term),))


@dataclass(frozen=True, eq=False)
class StyleTerm(PictureTerm):
    """How far a picture's statistics are from another's, layer by layer. Made by `style`.

    Attributes:
        statistic: what is compared.
        painting_mask: where in the painting the style is taken from.
        scale: how many times as large the strokes come out.
    """

    statistic: StatisticName = "gram"
    painting_mask: Mask | None = None
    scale: float = 1.0
    name: ClassVar[str] = "style"  # type: ignore[misc]
    role: ClassVar[Literal["style"]] = "style"  # type: ignore[misc]

    def targets(self, maps: TargetMaps, shape: tuple[int, int, int]) -> Mapping[str | None, Target]:
        """Statistics of the painting, which may have any size, and the mask, at each layer.

        Raises:
            PictureError: the mask has not the size of the picture painted.
            LayerError: a mask vanishes at a layer.
        """
        term = self if self.scale == 1 else self.with_size(*self.image.shape[:2])
        painting_masks = downsample_masks(
            term.painting_mask, self.layers, self.mask_mode, term.image.shape
        )
        masks = downsample_masks(self.mask, self.layers, self.mask_mode, shape)
        totals = maps.add(
            [
                self.sums(tile_maps[name], maps.weights(tile, name, painting_masks[name]))
                for name in self.layers
            ]
            for tile, tile_maps in maps.each(term.image)
        )
        return {
            name: Target(mask=masks[name], constants=self._prepare_target(total))
            for name, total in zip(self.layers, totals, strict=True)
        }

    def _prepare_target(self, total: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        statistic = STATISTICS[self.statistic]
        return statistic.prepare_target(total) if self.formulation == "relative" else total

    @property
    def graph_key(self) -> Hashable:
        """The statistic and the formulation: pictures and masks are given to the graph."""
        return ("style", self.statistic, self.formulation) if type(self) is StyleTerm else None

    def sums(
        self,
        values: Tensor,
        weights: Tensor | None = None,
        target: Tensor | None = None,  # noqa: ARG002
    ) -> tuple[Tensor, ...]:
        """What the statistic measures of a layer's maps."""
        return STATISTICS[self.statistic].measure(values, weights)

    def distance(self, sums: tuple[Tensor, ...], constants: tuple[Any, ...]) -> Tensor:
        """Style distance in the term's formulation."""
        if self.formulation == "relative":
            return STATISTICS[self.statistic].distance(sums, constants)
        return gram_distance(sums, constants, self.formulation)

    def validate_tiling(self) -> None:
        """Raise a `SettingsError` unless what the statistic measures of tiles adds up."""
        validate_additive(self.statistic)

    def fit_to(self, shape: tuple[int, ...]) -> StyleTerm:
        """Same term with its mask resized to the picture painted (H, W, 3).

        Raises:
            PictureError: the mask has other proportions.
        """
        return self if self.mask is None else replace(self, mask=fit_mask(self.mask, shape))

    def with_size(self, height: int, width: int, *, scale: float = 1.0) -> StyleTerm:
        """Same term for a picture of another size: strokes keep their share of it."""
        rows, columns = self.image.shape[:2]
        min_size = math.ceil(MIN_SIDE * max(rows, columns) / min(rows, columns))
        size = round(self.scale * scale * max(height, width))
        image = resize(self.image, max(size, min_size))
        painting_mask, mask = self.painting_mask, self.mask
        if painting_mask is not None:
            painting_mask = resize_mask(painting_mask, *image.shape[:2])
        if mask is not None:
            mask = resize_mask(mask, height, width)
        return replace(self, image=image, scale=1.0, mask=mask, painting_mask=painting_mask)

    def excluding(self, region: Mask) -> StyleTerm:
        """Same term without style inside a region: (H, W) in [0, 1].

        Raises:
            PictureError: the region covers all of the picture.
        """
        rest = 1 - region
        mask = rest if self.mask is None else rest * self.mask
        if not mask.any():
            raise PictureError(
                "Expected a region to keep that leaves some place for the style. Received: one that "
                "covers all of it. Is it inverted? Then use 1 - mask."
            )
        return replace(self, mask=mask)

    @property
    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """The picture and the masks that the term was made with."""
        arrays = (self.image, self.mask, self.painting_mask)
        return tuple(array for array in arrays if array is not None)

    def describe(self) -> dict[str, Any]:
        """What else the term was made with, as plain values, for a file's metadata."""
        metadata: dict[str, Any] = {"term": self.name, "layers": dict(self.layer_weights)}
        metadata |= {
            "formulation": self.formulation,
            "statistic": self.statistic,
            "scale": self.scale,
        }
        masks = {"masked": self.mask, "painting_masked": self.painting_mask}
        metadata |= {name: True for name, mask in masks.items() if mask is not None}
        return metadata | ({"mask_mode": self.mask_mode} if len(self.arrays) > 1 else {})


def validate_scale(scale: object) -> None:
    """Raise a `SettingsError` unless a scale of strokes is a number from 0.1 to 10."""
    if not MIN_SCALE <= as_float(scale) <= MAX_SCALE:
        raise SettingsError(
            f"Expected a scale of strokes from {MIN_SCALE} to {MAX_SCALE}. "
            f"Received: {describe_received(scale)}."
        )


def _validate_statistic(statistic: StatisticName, formulation: Formulation) -> None:
    get_statistic(statistic)
    if statistic != "gram" and formulation != "relative":
        raise SettingsError(
            f"Expected the relative formulation with the statistic {statistic!r}. Received: "
            f"formulation {formulation!r}, which is defined for Gram matrices only."
        )
