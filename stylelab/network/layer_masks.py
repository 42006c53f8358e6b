"""Masks at the layers of the network: how much each unit counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.network.layer_facts import layer_facts
from stylelab.pictures.masks import Mask, as_mask, fit_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from stylelab.pictures.images import PictureSource
    from stylelab.pictures.masks import Mask

MaskMode = Literal["centre", "inside"]
MASK_MODES: tuple[MaskMode, ...] = ("centre", "inside")


def layer_mask(mask: Mask, layer: str, mask_mode: MaskMode = "centre") -> NDArray[np.float32]:
    """How much each unit of a layer counts, from a mask of the picture.

    Args:
        mask: (H, W) in [0, 1], of the picture's size.
        layer: a name of `LAYERS`.
        mask_mode: `"centre"`: the mean of the mask over the cell around the unit's centre, as large as
            the layer's stride, so that every pixel of the mask counts once. The unit sees further
            than that. `"inside"`: the least value of the mask over all that the unit sees of the
            picture (its receptive field), so that it counts only if it sees nothing else. The code
            that came with Gatys et al. 2017 (github.com/leongatys/NeuralImageSynthesis,
            SpatialControl.ipynb) calls its ways "simple" (by interpolation) and "inside".

    Returns:
        Shape (rows, columns) of the layer's maps, in [0, 1].

    Raises:
        LayerError: the mask vanishes at this layer: less than half a unit is left that counts.
        SettingsError: the mode is unknown.
    """
    validate_mask_mode(mask_mode)
    facts = layer_facts(layer)
    height, width = mask.shape
    rows, columns, _ = facts.shape(height, width)
    if min(rows, columns) < 1:  # the picture is smaller than a unit's cell
        raise LayerError(_vanishing_message(layer, mask_mode, height, width))
    if mask_mode == "centre":
        cells = mask[: rows * facts.stride, : columns * facts.stride]
        downsampled: Mask = cells.reshape(rows, facts.stride, columns, facts.stride).mean((1, 3))
    else:
        down = [facts.square(row, 0)[::2] for row in range(rows)]
        across = [facts.square(0, column)[1::2] for column in range(columns)]
        minimum = np.stack([mask[max(top, 0) : bottom].min(0) for top, bottom in down])
        downsampled = np.stack(
            [minimum[:, max(left, 0) : right].min(1) for left, right in across], 1
        )
    if downsampled.sum() < mask.max() / 2:
        raise LayerError(_vanishing_message(layer, mask_mode, height, width))
    return downsampled.astype(np.float32)


def _vanishing_message(layer: str, mask_mode: MaskMode, height: int, width: int) -> str:
    facts = layer_facts(layer)
    cell, field = (f"{side} × {side} pixels" for side in (facts.stride, facts.receptive_field))
    if mask_mode == "centre":
        reason = f"it covers less than half a unit's cell of {cell}"
        advice = ""
    else:
        reason = f"each unit sees {field}, and none sees the region alone"
        advice = ', or take mask_mode="centre"'
    return (
        f"Expected a mask that reaches {layer}. Received: one that vanishes there at "
        f"{width} × {height} px: {reason}. Take a larger region or picture, leave out the deep layers"
        f"{advice}."
    )


def downsample_masks(
    mask: Mask | None, layers: Sequence[str], mask_mode: MaskMode, shape: tuple[int, ...]
) -> dict[str, NDArray[np.float32] | None]:
    """Masks at each of the layers of a picture (H, W, 3); None for each without a mask.

    Raises:
        PictureError: the mask has not the picture's size.
        LayerError: it vanishes at one of the layers.
    """
    if mask is None:
        return dict.fromkeys(layers)
    validate_mask_size(mask, shape)
    return {name: layer_mask(mask, name, mask_mode) for name in layers}


def validate_mask_size(
    mask: Mask, shape: tuple[int, ...], picture_name: str = "picture painted"
) -> None:
    """Make sure that a mask has a picture's size.

    Raises:
        PictureError: it has another.
    """
    if mask.shape != shape[:2]:
        raise PictureError(
            f"Expected a mask of the size of the {picture_name}, {_validate_size(shape)}. "
            f"Received: {_validate_size(mask.shape)}. Bring it to that size with resize_mask()."
        )


def _validate_size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[0]}"


def load_mask_argument(
    mask: ArrayLike | PictureSource | None,
    shape: tuple[int, ...] | None,
    picture_name: str,
    mask_mode: MaskMode,
) -> Mask | None:
    """Mask that a term was given, of the size of its picture if that is known.

    Args:
        mask: (H, W) in [0, 1], or a file as `load_mask` takes it; None for none.
        shape: (H, W, …) of the picture; None if it is not known yet.
        picture_name: what the picture is called in an error.
        mask_mode: how it will be brought to the layers.

    Raises:
        PictureError: it is no mask, or has other proportions than the picture.
        SettingsError: the mode is unknown.
    """
    validate_mask_mode(mask_mode)
    if mask is None:
        return None
    loaded = as_mask(mask)
    return loaded if shape is None else fit_mask(loaded, shape, picture_name)


def validate_mask_mode(mask_mode: MaskMode) -> None:
    """Make sure that a mask mode is known.

    Raises:
        SettingsError: it is not.
    """
    if mask_mode not in MASK_MODES:
        raise SettingsError(
            f"Expected a mask mode: {' or '.join(MASK_MODES)}. Received: {mask_mode!r}."
        )
