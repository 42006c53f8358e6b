"""Where in a picture something counts: masks, and how they are carried down the network.

A mask is a float32 array (H, W) in [0, 1]: 1 where it counts, 0 where it does not, and anything between
at a soft edge. It comes from a file (`load_mask`), from the picture's own light (`threshold_mask`) or is
drawn (`polygon_mask`, `ellipse_mask`, or by hand: `stylelab.panels.mask_drawing`).

The network's layers have fewer positions than the picture has pixels, so each of them needs a mask of
its own: `layer_mask` makes it from what each unit sees. The idea, and the name "guidance channels", are
those of Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer"
(arXiv:1611.07865, section 4).
"""

from __future__ import annotations

import math
import os
import warnings
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stylelab.errors import PictureError, PictureWarning, SettingsError
from stylelab.pictures.decoding import open_pixels, to_float32
from stylelab.pictures.images import validate_image
from stylelab.pictures.paths import is_file
from stylelab.pictures.picture_files import file_warnings, open_picture

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from stylelab.pictures.images import Picture, PictureSource

Mask: TypeAlias = NDArray[np.float32]

_TOLERANCE = 1e-6
"""Rounding in float32 stays below this."""

_COLOUR_DIFFERENCE = 0.1
"""How far a pixel's channels differ if a mask is in colours; in a gray JPEG file they do a little."""


def validate_mask(values: ArrayLike) -> Mask:
    """Make sure that an array is a mask, and give it as one.

    Args:
        values: shape (H, W): truth values, or numbers in [0, 1].

    Raises:
        PictureError: it has another shape, values beyond [0, 1], or is 0 everywhere.
    """
    array = np.asarray(values)
    if array.ndim != 2 or 0 in array.shape:  # noqa: PLR2004 - rows, columns
        raise PictureError(
            f"Expected a mask of shape (H, W). Received: shape {array.shape}. Of a picture, take one "
            "channel, or let load_mask() convert it."
        )
    if array.dtype.kind not in "bfiu":
        raise PictureError(
            f"Expected a mask of numbers or truth values. Received: type {array.dtype}."
        )
    mask = array.astype(np.float32)
    low, high = float(mask.min()), float(mask.max())
    if not (low >= 0 and high <= 1):  # NaN is neither
        raise PictureError(
            f"Expected a mask with values in [0, 1]. Received: values from {low:g} to {high:g}. "
            "Divide 8-bit values by 255, or compare with a threshold."
        )
    if high == 0:
        raise PictureError(
            "Expected a mask that is above 0 somewhere. Received: one that is 0 everywhere, so there "
            "would be no place left. Was it turned round? Then use 1 - mask."
        )
    return mask


def load_mask(source: PictureSource) -> Mask:
    """Load a mask from a file, a Pillow image or an array.

    Of a picture with transparent places, the opacity is the mask, whatever the colours are. Of any
    other, the light is: white is 1, black is 0, a colour counts as its brightness.

    Args:
        source: as `load_image` takes it: gray, 1-bit, 16-bit, coloured or transparent files; arrays
            of uint8, uint16, bool or floats in [0, 1], of shape (H, W), (H, W, 1), (H, W, 3) or,
            with transparency, (H, W, 4).

    A `PictureWarning` says that colours count as their brightness: in a map of segments, where each
    kind of thing has a colour of its own, that is seldom what is wanted.

    Raises:
        PictureError: the source cannot be read, or is 0 everywhere.
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
            light[rows] = _to_brightness(colours)
            coloured = coloured or bool(np.ptp(colours, axis=2).max() > _COLOUR_DIFFERENCE)
    remarks = file_warnings(source)
    transparent = bool(opacity.min() < 1 - _TOLERANCE)
    if coloured and not transparent:
        remarks += (
            (
                "A mask was given in colours: each counts as its brightness. Of a map of segments, "
                "take one colour: mask = (np.asarray(segments) == colour).all(axis=-1)."
            ),
        )
    for remark in remarks:
        warnings.warn(remark, PictureWarning, stacklevel=2)
    return validate_mask(_clean_mask(opacity if transparent else light))


def as_mask(source: ArrayLike | PictureSource) -> Mask:
    """Give a mask that is one already, or load it from a file or a Pillow image.

    Raises:
        PictureError: it is no mask, or cannot be read.
    """
    if isinstance(source, str | bytes | os.PathLike | Image.Image):
        return load_mask(source)
    return validate_mask(source)


def load_alpha(source: object) -> Mask | None:
    """Give the alpha channel of a picture, (H, W): 0 is transparent, 1 is opaque.

    Args:
        source: as `load_image` takes it; what else is given has none.

    Returns:
        None if the picture is opaque everywhere.

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
    """Whether a picture can have an alpha channel, as far as that is known without its pixels."""
    if isinstance(source, np.ndarray):
        return bool(source.shape[2:] == (4,))
    if isinstance(source, Image.Image):
        return source.has_transparency_data
    if isinstance(source, bytes) or (isinstance(source, str | os.PathLike) and is_file(source)):
        with suppress(PictureError), open_picture(source) as image:
            return image.has_transparency_data
        return True  # Pillow does not open it, but we may
    return False


def threshold_mask(image: Picture, threshold: float | None = None) -> Mask:
    """Make a mask of what is brighter than a threshold: 1 there, 0 elsewhere.

    Brightness is the weighted sum 0.2125 R + 0.7154 G + 0.0721 B of the picture's values
    (`skimage.color.rgb2gray`, the weights of Rec. 709). For what is darker, take 1 - mask.

    Args:
        image: (H, W, 3), RGB, [0, 1].
        threshold: in [0, 1]. Without it, the one that divides the brightnesses into the two groups
            with the least variance within them (Otsu 1979, "A threshold selection method from
            gray-level histograms"; `skimage.filters.threshold_otsu`).

    Raises:
        PictureError: it is no picture, or no pixel is brighter.
        SettingsError: the threshold is not in [0, 1].
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise SettingsError(f"Expected a threshold in [0, 1]. Received: {threshold!r}.")
    brightness = _to_brightness(validate_image(image))
    level = (
        float(_import_skimage("filters").threshold_otsu(brightness))
        if threshold is None
        else threshold
    )
    brighter = brightness > level
    if not brighter.any():
        raise PictureError(
            f"Expected a picture with pixels brighter than {level:.3g}. Received: one whose brightest "
            f"has {brightness.max():.3g}. Lower the threshold."
        )
    return brighter.astype(np.float32)


def polygon_mask(corners: ArrayLike, height: int, width: int) -> Mask:
    """Make a mask that is 1 inside a polygon: at the pixels whose centre lies in it.

    Args:
        corners: (n, 2), at least three, in order: how far down and how far to the right, as shares of
            the height and the width: (0, 0) is the top left corner, (1, 1) the bottom right one. A
            corner may lie outside the picture. The last is joined to the first.
        height: of the mask, in pixels.
        width: of the mask, in pixels.

    Raises:
        PictureError: no pixel lies inside.
        SettingsError: the corners or the size are not what they should be.
    """
    points = _validate_finite(corners, "corners")
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 3:  # noqa: PLR2004 - a triangle
        raise SettingsError(
            "Expected at least three corners, each (down, right) in shares of the picture. "
            f"Received: an array of shape {points.shape}."
        )
    down, right = (points * (height, width) - 0.5).T  # the first pixel's centre is half a pixel in
    return _mask_from_indices(
        _import_skimage("draw").polygon(down, right, _validate_size(height, width)), height, width
    )


def ellipse_mask(
    centre: tuple[float, float], radii: tuple[float, float], height: int, width: int
) -> Mask:
    """Make a mask that is 1 inside an ellipse: at the pixels whose centre lies in it.

    Args:
        centre: how far down and to the right, as shares of the height and the width.
        radii: down and to the right, as shares of the height and the width; above 0.
        height: of the mask, in pixels.
        width: of the mask, in pixels.

    Raises:
        PictureError: no pixel lies inside.
        SettingsError: the centre, the radii or the size are not what they should be.
    """
    middle, half = _validate_finite(centre, "centre"), _validate_finite(radii, "radii")
    if middle.shape != (2,) or half.shape != (2,) or not (half > 0).all():
        raise SettingsError(
            "Expected a centre (down, right) and two radii above 0, in shares of the picture. "
            f"Received: {centre!r} and {radii!r}."
        )
    down, right = middle * (height, width) - 0.5
    vertical_radius, horizontal_radius = half * (height, width)
    return _mask_from_indices(
        _import_skimage("draw").ellipse(
            down, right, vertical_radius, horizontal_radius, _validate_size(height, width)
        ),
        height,
        width,
    )


def feather(mask: ArrayLike, pixels: int) -> Mask:
    """Make the edge of a mask soft: each pixel becomes the mean over a square around it.

    The square reaches `pixels` to each side, so the edge becomes 2 · `pixels` wide, and further away
    nothing changes. Beyond the border, the mask goes on as it ends there. Masks that add up to 1
    still do so afterwards.

    Args:
        mask: (H, W) in [0, 1].
        pixels: at least 0; 0 leaves the mask as it is.

    Raises:
        PictureError: it is no mask.
        SettingsError: `pixels` is no whole number of at least 0.
    """
    from scipy.ndimage import uniform_filter

    if isinstance(pixels, bool) or not isinstance(pixels, int | np.integer) or pixels < 0:
        raise SettingsError(
            f"Expected the reach of the edge as a whole number of pixels. Received: {pixels!r}."
        )
    means = uniform_filter(
        validate_mask(mask).astype(np.float64), 2 * int(pixels) + 1, mode="nearest"
    )
    return _clean_mask(means)


def partition_masks(*masks: ArrayLike) -> tuple[Mask, ...]:
    """Make masks add up to 1 at every pixel: where they overlap, each gets its share.

    What none of them covers goes to none of them: give `complement_mask(…)` as one more mask.

    Args:
        *masks: all of one shape, (H, W) in [0, 1].

    Raises:
        PictureError: they differ in shape, or leave a place that none of them covers.
    """
    total = _sum_masks(masks)
    if total.min() <= 0:
        raise PictureError(
            "Expected masks that cover every pixel together. Received: masks that leave "
            f"{np.mean(total <= 0):.1%} of the picture to none of them. Give rest_mask(…) of them as "
            "one more."
        )
    return tuple((validate_mask(mask) / total).astype(np.float32) for mask in masks)


def complement_mask(*masks: ArrayLike) -> Mask:
    """Make a mask of what is left by others: 1 minus their sum, and 0 where that is above 1.

    Args:
        *masks: all of one shape, (H, W) in [0, 1].

    Raises:
        PictureError: they differ in shape, or leave nothing.
    """
    return validate_mask(_clean_mask(1 - _sum_masks(masks)))


def resize_mask(mask: Mask, height: int, width: int) -> Mask:
    """Bring a mask to another size by means over areas, so that it covers the same share.

    Args:
        mask: (H, W) in [0, 1].
        height: of the result, in pixels.
        width: of the result, in pixels.
    """
    if mask.shape == (height, width):
        return mask
    resize_by_means = _import_skimage("transform").resize_local_mean
    means = resize_by_means(
        mask.astype(np.float64), _validate_size(height, width), preserve_range=True
    )
    return _clean_mask(means)


def same_aspect_ratio(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two pictures (H, W, …) have the same proportions, but for sides in whole pixels."""
    (rows, columns), (height, width) = one[:2], other[:2]
    return 2 * abs(rows * width - columns * height) <= max(rows, columns, height, width)


def fit_mask(mask: Mask, shape: tuple[int, ...], image: str = "picture painted") -> Mask:
    """Bring a mask to a picture's size, if it has the picture's proportions.

    Args:
        mask: (H, W) in [0, 1].
        shape: (H, W, …) of the picture.
        image: what the picture is called in the error.

    Raises:
        PictureError: it has other proportions: it was not made for this picture.
    """
    height, width = shape[:2]
    if not same_aspect_ratio(mask.shape, shape):
        rows, columns = mask.shape
        raise PictureError(
            f"Expected a mask with the proportions of the {image}, {width} × {height}. "
            f"Received: {columns} × {rows}. Cut it as the picture was cut, or make it from that "
            "picture."
        )
    return resize_mask(mask, height, width)


def _import_skimage(part: str) -> Any:
    # Its functions have no types; what is imported by name is Any.
    return import_module(f"skimage.{part}")


def _to_brightness(image: Picture) -> NDArray[Any]:
    brightness: NDArray[Any] = _import_skimage("color").rgb2gray(image)
    return brightness


def _clean_mask(values: NDArray[Any]) -> Mask:
    """Give values near a mask's as a mask, 0 and 1 exact where only rounding is between."""
    mask: Mask = np.clip(values, 0, 1).astype(np.float32)
    mask[mask < _TOLERANCE] = 0
    mask[mask > 1 - _TOLERANCE] = 1
    return mask


def _sum_masks(masks: tuple[ArrayLike, ...]) -> NDArray[np.float64]:
    checked = [validate_mask(mask) for mask in masks]
    shapes = sorted({mask.shape for mask in checked})
    if len(shapes) != 1:
        raise PictureError(
            "Expected one mask or more, all of one shape. "
            f"Received: {' and '.join(map(str, shapes)) or 'none'}. resize_mask() brings a mask to "
            "another size."
        )
    total: NDArray[np.float64] = np.sum(checked, axis=0, dtype=np.float64)
    return total


def _validate_finite(values: ArrayLike, of: str) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        numbers = np.array(math.nan)
    if not np.isfinite(numbers).all():
        raise SettingsError(f"Expected finite numbers for {of}. Received: {values!r}.")
    return numbers


def _validate_size(height: int, width: int) -> tuple[int, int]:
    for name, value in (("height", height), ("width", width)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise SettingsError(
                f"Expected {name} as a whole number of at least 1. Received: {value!r}."
            )
    return int(height), int(width)


def _mask_from_indices(points: tuple[NDArray[Any], NDArray[Any]], height: int, width: int) -> Mask:
    mask = np.zeros((height, width), np.float32)
    mask[points] = 1
    if not mask.any():
        raise PictureError(
            f"Expected a shape that covers a pixel of {width} × {height}. Received: one that covers "
            "none: it is too small, or lies outside. Corners, centre and radii are shares of the "
            "picture, (down, right)."
        )
    return mask
