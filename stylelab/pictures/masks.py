"""Masks: a weight in [0, 1] for each pixel of a picture, loaded and resized.

A mask is a float32 array (H, W): 1 inside, 0 outside, and values between along a soft edge. It comes
from a file, or is made by `stylelab.pictures.mask_operations` or by hand
(`stylelab.panels.mask_drawing`). `stylelab.network.layer_masks` downsamples it to the network's layers.
"""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stylelab.errors import PictureError, PictureWarning
from stylelab.pictures.decoding import open_pixels, to_float32
from stylelab.pictures.paths import path_exists
from stylelab.pictures.picture_files import file_warnings, open_picture
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from stylelab.pictures.images import Picture, PictureSource

Mask: TypeAlias = NDArray[np.float32]

_TOLERANCE = 1e-6
"""Rounding in float32 stays below this."""

_COLOUR_DIFFERENCE = 0.1
"""Channels that differ by more make a mask coloured; in a gray JPEG file they differ a little."""


def validate_mask(values: ArrayLike) -> Mask:
    """A validated copy of a mask: (H, W), float32.

    Args:
        values: shape (H, W): booleans, or numbers in [0, 1].

    Raises:
        PictureError: it has another shape, values outside [0, 1], or is 0 everywhere.
    """
    array = np.asarray(values)
    if array.ndim != 2 or 0 in array.shape:  # noqa: PLR2004 - rows, columns
        raise PictureError(
            f"Expected a mask of shape (H, W). Received: shape {array.shape}. Take one channel "
            "of a picture, or let load_mask() convert it."
        )
    if array.dtype.kind not in "bfiu":
        raise PictureError(f"Expected a mask of numbers or booleans. Received: type {array.dtype}.")
    mask = array.astype(np.float32)
    low, high = float(mask.min()), float(mask.max())
    if not (low >= 0 and high <= 1):  # NaN is neither
        raise PictureError(
            f"Expected a mask with values in [0, 1]. Received: values from {low:g} to {high:g}. "
            "Divide 8-bit values by 255, or compare with a threshold."
        )
    if high == 0:
        raise PictureError(
            "Expected a mask that is above 0 somewhere. Received: one that is 0 everywhere. "
            "Is it inverted? Then use 1 - mask."
        )
    return mask


def load_mask(source: PictureSource) -> Mask:
    """A mask (H, W), float32 in [0, 1], from a file, a Pillow image or an array.

    The mask of a picture with transparent pixels is its alpha channel, whatever the colours. Otherwise
    it is the brightness: white is 1, black is 0. A `PictureWarning` says that colours count as their
    brightness, because that is rarely intended for a segmentation map, which has a colour for each
    class.

    Args:
        source: as for `load_image`: gray, 1-bit, 16-bit, coloured or transparent files; arrays of
            uint8, uint16, bool or floats in [0, 1], of shape (H, W), (H, W, 1), (H, W, 3) or, with
            transparency, (H, W, 4).

    Raises:
        PictureError: the source cannot be read, or is 0 everywhere.

    ```python
    mask = sl.load_mask(photo[..., 0] > 0.5)
    ```
    """
    with open_pixels(source, lambda height, width: (height, width)) as (samples, _):
        light = np.empty((samples.height, samples.width), np.float32)
        opacity = np.ones_like(light)
        coloured = False
        for rows, strip in samples.strips():
            values = to_float32(strip)
            if values.shape[2] == 4:  # noqa: PLR2004 - RGBA
                opacity[rows] = values[..., 3]
            colours = np.broadcast_to(values[..., :3], (*values.shape[:2], 3))
            difference = np.ptp(colours, axis=2)
            # Of gray, no weighted sum, which would be rounded: a saved mask is read to the last bit.
            light[rows] = np.where(difference == 0, colours[..., 0], brightness_of(colours))
            coloured = coloured or bool(difference.max() > _COLOUR_DIFFERENCE)
    remarks = list(file_warnings(source))
    transparent = bool(opacity.min() < 1 - _TOLERANCE)
    if coloured and not transparent:
        remarks.append(
            "The mask has colours: each counts as its brightness. Of a segmentation map, "
            "take one colour: mask = (np.asarray(segments) == colour).all(axis=-1)."
        )
    for remark in remarks:
        warnings.warn(remark, PictureWarning, stacklevel=2)
    return validate_mask(clip_mask(opacity if transparent else light))


def as_mask(source: ArrayLike | PictureSource) -> Mask:
    """A mask from an array (H, W), or from a file or a Pillow image.

    Raises:
        PictureError: it is not a mask, or cannot be read.
    """
    if isinstance(source, str | bytes | os.PathLike | Image.Image):
        return load_mask(source)
    return validate_mask(source)


def load_alpha(source: object) -> Mask | None:
    """Alpha channel (H, W) of a picture, from 0, transparent, to 1; None if it is opaque everywhere.

    Args:
        source: as for `load_image`; anything else has no alpha channel.

    Raises:
        PictureError: the source cannot be read.
    """
    if not _may_be_transparent(source):
        return None
    with open_pixels(source, lambda height, width: (height, width)) as (samples, _):
        alpha = np.ones((samples.height, samples.width), np.float32)
        for rows, strip in samples.strips():
            if strip.shape[2] == 4:  # noqa: PLR2004 - RGBA
                alpha[rows] = to_float32(strip[..., 3])
    return alpha if alpha.min() < 1 - _TOLERANCE else None


def _may_be_transparent(source: object) -> TypeGuard[PictureSource]:
    """Whether a picture can have an alpha channel, without decoding its pixels."""
    if isinstance(source, np.ndarray):
        return bool(source.shape[2:] == (4,))
    if isinstance(source, Image.Image):
        return source.has_transparency_data
    if isinstance(source, bytes) or (isinstance(source, str | os.PathLike) and path_exists(source)):
        with suppress(PictureError), open_picture(source) as image:
            return image.has_transparency_data
        return True  # not opened by Pillow, but perhaps by us
    return False


def resize_mask(mask: Mask, height: int, width: int) -> Mask:
    """A mask (height, width), float32, scaled by area means to cover the same share of the picture.

    Args:
        mask: (H, W) in [0, 1]; it is returned itself if it has the size.
        height: of the result, in pixels.
        width: of the result, in pixels.

    Raises:
        SettingsError: `height` or `width` is not a whole number of at least 1.

    ```python
    small = sl.resize_mask(sl.threshold_mask(photo), 24, 32)
    ```
    """
    if mask.shape == (height, width):
        return mask
    size = validate_mask_size(height, width)
    resize = import_skimage("transform").resize_local_mean
    return clip_mask(resize(mask.astype(np.float64), size, preserve_range=True))


def same_aspect_ratio(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two shapes (H, W, …) have the same proportions, up to rounding to whole pixels."""
    (rows, columns), (height, width) = one[:2], other[:2]
    return 2 * abs(rows * width - columns * height) <= max(rows, columns, height, width)


def fit_mask(mask: Mask, shape: tuple[int, ...], description: str = "picture painted") -> Mask:
    """A mask scaled to the size of a picture with the same proportions.

    Args:
        mask: (H, W) in [0, 1].
        shape: (H, W, …) of the picture.
        description: of the picture, for the error message.

    Raises:
        PictureError: the proportions differ: the mask was not made for this picture.
    """
    height, width = shape[:2]
    if not same_aspect_ratio(mask.shape, shape):
        rows, columns = mask.shape
        raise PictureError(
            f"Expected a mask with the proportions of the {description}, {width} × {height}. "
            f"Received: {columns} × {rows}. Crop it like the picture, or make it from that "
            "picture."
        )
    return resize_mask(mask, height, width)


def import_skimage(part: str) -> Any:
    """A module of scikit-image; its functions are partly untyped, so it is Any."""
    return import_module(f"skimage.{part}")


def brightness_of(image: Picture) -> NDArray[Any]:
    """Brightness (H, W) of a picture, with the weights of Rec. 709."""
    brightness: NDArray[Any] = import_skimage("color").rgb2gray(image)
    return brightness


def clip_mask(values: NDArray[Any]) -> Mask:
    """Clip values to [0, 1] and remove rounding errors at 0 and 1."""
    mask: Mask = np.clip(values, 0, 1).astype(np.float32)
    mask[mask < _TOLERANCE] = 0
    mask[mask > 1 - _TOLERANCE] = 1
    return mask


def validate_mask_size(height: int, width: int) -> tuple[int, int]:
    """Height and width of a mask; raise a `SettingsError` unless both are whole numbers, at least 1."""
    validate_whole_number("height", height, at_least=1)
    validate_whole_number("width", width, at_least=1)
    return int(height), int(width)
