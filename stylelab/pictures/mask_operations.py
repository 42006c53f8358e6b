"""Masks made from shapes, from the brightness of a picture, and from other masks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.images import validate_image
from stylelab.pictures.masks import (
    brightness_of,
    clip_mask,
    import_skimage,
    validate_mask,
    validate_mask_size,
)
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask


def threshold_mask(image: Picture, threshold: float | None = None) -> Mask:
    """A mask (H, W), float32, that is 1 at pixels brighter than a threshold and 0 elsewhere.

    Brightness is the weighted sum 0.2125 R + 0.7154 G + 0.0721 B of the picture's values
    (`skimage.color.rgb2gray`, the weights of Rec. 709). The darker pixels are 1 - mask.

    Args:
        image: (H, W, 3), RGB, in [0, 1].
        threshold: in [0, 1]. None takes the one that splits the pixels into two classes with the
            least variance within them (Otsu 1979, "A threshold selection method from gray-level
            histograms"; `skimage.filters.threshold_otsu`).

    Raises:
        PictureError: `image` is not a picture, or no pixel is brighter.
        SettingsError: the threshold is not in [0, 1].

    ```python
    bright = sl.threshold_mask(photo)
    ```
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise SettingsError(f"Expected a threshold in [0, 1]. Received: {threshold!r}.")
    brightness = brightness_of(validate_image(image))
    level = threshold
    if level is None:
        level = float(import_skimage("filters").threshold_otsu(brightness))
    brighter = brightness > level
    if not brighter.any():
        raise PictureError(
            f"Expected a picture with pixels brighter than {level:.3g}. Received: one whose brightest "
            f"has {brightness.max():.3g}. Lower the threshold."
        )
    return brighter.astype(np.float32)


def polygon_mask(corners: ArrayLike, height: int, width: int) -> Mask:
    """A mask that is 1 where a pixel's centre lies in a polygon, else 0: (height, width), float32.

    Args:
        corners: (n, 2), at least three, in order, each (down, right) as fractions of height and width:
            (0, 0) is the top left corner, (1, 1) the bottom right one. A corner may lie outside the
            picture. The last is joined to the first.
        height: of the mask, in pixels.
        width: of the mask, in pixels.

    Raises:
        PictureError: no pixel lies inside.
        SettingsError: the corners or the size are invalid.

    ```python
    triangle = sl.polygon_mask([(0, 0), (0, 1), (1, 0.5)], 48, 64)
    ```
    """
    points = _validate_finite(corners, "corners")
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 3:  # noqa: PLR2004 - a triangle
        raise SettingsError(
            "Expected at least three corners, each (down, right) as fractions of the picture. "
            f"Received: an array of shape {points.shape}."
        )
    down, right = (points * (height, width) - 0.5).T  # the first pixel's centre is half a pixel in
    return _draw_mask("polygon", (down, right), height, width)


def ellipse_mask(
    centre: tuple[float, float], radii: tuple[float, float], height: int, width: int
) -> Mask:
    """A mask that is 1 where a pixel's centre lies in an ellipse, else 0: (height, width), float32.

    Args:
        centre: (down, right) as fractions of height and width.
        radii: (down, right) as fractions of height and width; above 0.
        height: of the mask, in pixels.
        width: of the mask, in pixels.

    Raises:
        PictureError: no pixel lies inside.
        SettingsError: the centre, the radii or the size are invalid.

    ```python
    face = sl.ellipse_mask((0.5, 0.5), (0.4, 0.3), 48, 64)
    ```
    """
    middle, half = _validate_finite(centre, "centre"), _validate_finite(radii, "radii")
    if middle.shape != (2,) or half.shape != (2,) or not (half > 0).all():
        raise SettingsError(
            "Expected a centre (down, right) and two radii above 0, as fractions of the picture. "
            f"Received: {centre!r} and {radii!r}."
        )
    down, right = middle * (height, width) - 0.5
    radius_down, radius_right = half * (height, width)
    return _draw_mask("ellipse", (down, right, radius_down, radius_right), height, width)


def feather(mask: ArrayLike, pixels: int) -> Mask:
    """A mask with a soft edge: each pixel becomes the mean over a square around it.

    The square extends `pixels` to each side, so the edge becomes 2 · `pixels` wide, and the mask
    further away does not change. Outside the picture, the mask continues with its border values. Masks
    that add up to 1 still do so afterwards.

    Args:
        mask: (H, W) in [0, 1]; the result is of its shape, float32.
        pixels: at least 0; 0 leaves the mask unchanged.

    Raises:
        PictureError: `mask` is not a mask.
        SettingsError: `pixels` is not a whole number of at least 0.

    ```python
    soft = sl.feather(sl.ellipse_mask((0.5, 0.5), (0.4, 0.3), 48, 64), 4)
    ```
    """
    from scipy.ndimage import uniform_filter

    validate_whole_number("the width of the edge", pixels, at_least=0, unit="pixels")
    values = validate_mask(mask).astype(np.float64)
    return clip_mask(uniform_filter(values, 2 * int(pixels) + 1, mode="nearest"))


def partition_masks(*masks: ArrayLike) -> tuple[Mask, ...]:
    """Masks divided by their sum, so that they add up to 1 at every pixel.

    Together they must cover the picture: pass `complement_mask(…)` as one more mask for the rest.

    Args:
        *masks: all of one shape, (H, W) in [0, 1]; the results are of that shape, float32.

    Raises:
        PictureError: they differ in shape, or some pixel has no mask.

    ```python
    bright = sl.threshold_mask(photo)
    parts = sl.partition_masks(bright, sl.complement_mask(bright))
    ```
    """
    total = _sum_masks(masks)
    if total.min() <= 0:
        raise PictureError(
            "Expected masks that cover every pixel together. Received: masks that leave "
            f"{np.mean(total <= 0):.1%} of the picture uncovered. Pass their complement_mask(…) as "
            "one more."
        )
    return tuple((validate_mask(mask) / total).astype(np.float32) for mask in masks)


def complement_mask(*masks: ArrayLike) -> Mask:
    """The complement of masks: 1 minus their sum, and 0 where the sum is above 1.

    Args:
        *masks: all of one shape, (H, W) in [0, 1]; the result is of that shape, float32.

    Raises:
        PictureError: they differ in shape, or cover everything.

    ```python
    dark = sl.complement_mask(sl.threshold_mask(photo))
    ```
    """
    return validate_mask(clip_mask(1 - _sum_masks(masks)))


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


def _draw_mask(kind: str, position: tuple[Any, ...], height: int, width: int) -> Mask:
    """A mask that is 1 in a shape that `skimage.draw` has a function for, given in pixels."""
    size = validate_mask_size(height, width)
    draw = getattr(import_skimage("draw"), kind)
    mask = np.zeros(size, np.float32)
    mask[draw(*position, size)] = 1
    if not mask.any():
        raise PictureError(
            f"Expected a shape that covers a pixel of {width} × {height}. Received: one that covers "
            "none: it is too small, or lies outside. Corners, centre and radii are (down, right), as "
            "fractions of the picture."
        )
    return mask
