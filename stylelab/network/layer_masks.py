"""Masks at the layers of the network: the weight of each unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.network.layer_facts import layer_facts
from stylelab.pictures.masks import as_mask, fit_mask
from stylelab.pictures.text import size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from stylelab.pictures.images import PictureSource
    from stylelab.pictures.masks import Mask

MaskMode = Literal["centre", "inside"]
MASK_MODES: tuple[MaskMode, ...] = ("centre", "inside")


def layer_mask(mask: Mask, layer: str, mask_mode: MaskMode = "centre") -> NDArray[np.float32]:
    """Downsample a mask of the picture to a layer: the weight of each unit.

    Args:
        mask: (H, W) in [0, 1], of the picture's size.
        layer: a name of `LAYERS`.
        mask_mode: `"centre"`: the mean of the mask over the cell around the unit's centre, as large as
            the layer's stride, so that every pixel of the mask counts once. The unit sees further
            than that. `"inside"`: the minimum of the mask over the unit's receptive field, so that a
            unit counts only if it sees nothing else. The code published with Gatys et al. 2017
            (github.com/leongatys/NeuralImageSynthesis, SpatialControl.ipynb) calls its two modes
            "simple" (by interpolation) and "inside".

    Returns:
        Shape (rows, columns) of the layer's maps, in [0, 1], float32.

    Raises:
        LayerError: the mask vanishes at this layer: its sum is less than half a unit.
        SettingsError: the mode is unknown.

    ```python
    left_half = np.zeros(photo.shape[:2], np.float32)
    left_half[:, :32] = 1
    sl.layer_mask(left_half, "block3_conv1")  # 16 columns; 1 in the left 8, 0 in the others
    ```
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
        vertical = [facts.square(row, 0)[::2] for row in range(rows)]
        horizontal = [facts.square(0, column)[1::2] for column in range(columns)]
        minimum = np.stack([mask[max(top, 0) : bottom].min(0) for top, bottom in vertical])
        downsampled = np.stack(
            [minimum[:, max(left, 0) : right].min(1) for left, right in horizontal], 1
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
        reason = f"each unit sees {field}, and none sees only the region"
        advice = ', or take mask_mode="centre"'
    return (
        f"Expected a mask that reaches {layer}. Received: one that vanishes there at "
        f"{size_text(height, width)} px: {reason}. Take a larger region or picture, leave out the "
        f"deep layers{advice}."
    )


def downsample_masks(
    mask: Mask | None, layers: Sequence[str], mask_mode: MaskMode, shape: tuple[int, ...]
) -> dict[str, NDArray[np.float32] | None]:
    """Downsample a mask of a picture (H, W, 3) to each of the layers; without a mask, None for each.

    Raises:
        PictureError: the mask does not have the picture's size.
        LayerError: it vanishes at one of the layers.
    """
    if mask is None:
        return dict.fromkeys(layers)
    if mask.shape != shape[:2]:
        raise PictureError(
            f"Expected a mask of the size of the picture painted, {size_text(*shape[:2])}. "
            f"Received: {size_text(*mask.shape)}. Bring it to that size with resize_mask()."
        )
    return {name: layer_mask(mask, name, mask_mode) for name in layers}


def load_mask_argument(
    mask: ArrayLike | PictureSource | None,
    shape: tuple[int, ...] | None,
    picture_name: str,
    mask_mode: MaskMode,
) -> Mask | None:
    """Load the mask of a term, resized to its picture if that is known.

    Args:
        mask: (H, W) in [0, 1], or a file as `load_mask` takes it; None for no mask.
        shape: (H, W, …) of the picture; None if it is not known yet.
        picture_name: what error messages call the picture.
        mask_mode: how it will be downsampled to the layers; see `layer_mask`.

    Raises:
        PictureError: it is not a mask, or its proportions are not the picture's.
        SettingsError: the mode is unknown.
    """
    validate_mask_mode(mask_mode)
    if mask is None:
        return None
    loaded = as_mask(mask)
    return loaded if shape is None else fit_mask(loaded, shape, picture_name)


def validate_mask_mode(mask_mode: MaskMode) -> None:
    """Raise a `SettingsError` unless a mask mode is known."""
    if mask_mode not in MASK_MODES:
        raise SettingsError(
            f"Expected a mask mode: {' or '.join(MASK_MODES)}. Received: {mask_mode!r}."
        )
