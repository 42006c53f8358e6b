"""Pictures as arrays of one format, from a file, a Pillow image or an array.

A picture is a C-contiguous NumPy array of shape (height, width, 3) and type float32. Its last axis is
red, green, blue; every value lies in [0, 1], from black to full intensity. All other modules take and
return pictures in this format. `stylelab.pictures.saving` writes them.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stylelab.errors import PictureError, PictureWarning, SettingsError
from stylelab.pictures.decoding import (
    MIN_SIDE,
    PIXELS_PER_STRIP,
    PictureSource,
    describe_source,
    open_pixels,
    picture_shape,
    to_float32,
    validate_range,
)
from stylelab.pictures.picture_files import file_warnings
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    from stylelab.pictures.decoding import PixelReader

__all__ = [
    "MAX_PIXELS",
    "MIN_SIDE",
    "Picture",
    "PictureSource",
    "cover",
    "crop",
    "image_warnings",
    "load_image",
    "picture_shape",
    "resize",
    "resize_to",
    "validate_image",
]

Picture: TypeAlias = NDArray[np.float32]

MAX_PIXELS = 100_000_000


def load_image(
    source: PictureSource,
    *,
    size: int | None = None,
    background: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Picture:
    """A picture from a file, a Pillow image or an array, upright and in sRGB.

    Files and Pillow images are rotated upright (EXIF orientation) and converted to sRGB (embedded
    colour profile, CMYK, Lab, palettes, gray). Of an animation, the first frame is read, of a TIFF
    file the first page, with a `PictureWarning`; of a Pillow image, its current frame. HEIC needs
    `pillow-heif` installed, a camera's RAW files `rawpy`. Formats that start other programs (EPS) are
    not read.

    Arrays are sRGB, of shape (height, width), (height, width, 1), (height, width, 3) or, with
    transparency, (height, width, 4), and hold uint8 (0–255), uint16 (0–65535), bool, or floats in
    [0, 1]. OpenCV orders channels blue-green-red: pass `image[..., ::-1]`.

    Args:
        source: A path, the bytes of a file, a Pillow image or an array. It is not modified.
        size: Length of the longer side of the result in pixels, at least 16. The picture is scaled
            down or up to it, antialiased, with its proportions. None keeps the size, up to 100
            megapixels. A JPEG file of at least eight times that length is decoded at a fraction of
            its size, which is quicker; in photographs the result differs by about one level in 255.
        background: Colour behind transparent pixels: red, green, blue in [0, 1].

    Returns:
        An array of shape (height, width, 3), float32, RGB in [0, 1], which shares no memory with
        the source.

    Raises:
        PictureError: The source is not a usable picture: unreadable, of a wrong type or shape,
            outside its range, smaller than 16 px on a side (also after scaling), or larger than
            250 megapixels.
        SettingsError: `size` or `background` is out of its range.

    ```python
    small = sl.load_image(photo, size=32)
    ```
    """
    if size is not None:
        validate_whole_number("size", size, at_least=MIN_SIDE, at_most=MAX_PIXELS, unit="pixels")
    _validate_fractions("background", background, "red, green, blue")

    def fit(height: int, width: int) -> tuple[int, int]:
        return _limit_size(height, width) if size is None else _fit_longer_side(height, width, size)

    with open_pixels(source, fit) as (samples, (height, width)):
        across = _resize_width(samples, width, background)
    del samples  # frees the decoded image
    picture = _resize_height(across, height)
    remarks = image_warnings(source) if size is None else file_warnings(source)
    for remark in remarks:
        warnings.warn(remark, PictureWarning, stacklevel=2)
    return picture


def image_warnings(source: PictureSource) -> tuple[str, ...]:
    """Warnings of `load_image` about a picture, without decoding a file's pixels.

    Of an animation, only the first frame is read, of a TIFF file with several pages the first; and
    without a size, a picture of more than 100 megapixels is scaled down.

    Args:
        source: A path, the bytes of a file, a Pillow image or an array.

    Returns:
        The sentences of each `PictureWarning`; empty if there is none.

    Raises:
        PictureError: The source is not a usable picture.

    ```python
    assert sl.image_warnings(photo) == ()
    ```
    """
    height, width = picture_shape(source)
    smaller = _limit_size(height, width)
    remarks = file_warnings(source)
    if smaller == (height, width):
        return remarks
    return (
        *remarks,
        (
            f"A picture of {height} × {width} px (height × width) was scaled down to "
            f"{smaller[0]} × {smaller[1]}, {MAX_PIXELS // 1_000_000} megapixels. "
            "Pass the size that you need."
        ),
    )


def resize(image: Picture, size: int) -> Picture:
    """A picture scaled, antialiased, to a longer side of `size` pixels, with its proportions.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        size: The longer side in pixels, at least 16.

    Returns:
        A new picture; at the same size, with the same values.

    Raises:
        PictureError: `image` is not a picture, or its shorter side would fall below 16 px.
        SettingsError: `size` is out of its range.

    ```python
    small = sl.resize(photo, 32)
    ```
    """
    validate_whole_number("size", size, at_least=MIN_SIDE, at_most=MAX_PIXELS, unit="pixels")
    picture = validate_image(image)
    height, width = picture.shape[:2]
    return _resize(picture, *_fit_longer_side(height, width, size))


def resize_to(image: Picture, height: int, width: int) -> Picture:
    """A picture scaled, antialiased, to exactly `height` × `width` pixels; proportions may change.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        height: Height of the result in pixels.
        width: Width of the result in pixels.

    Returns:
        A new picture; at the same size, with the same values.

    Raises:
        PictureError: `image` is not a picture.
        SettingsError: `height` or `width` is not a positive integer, or both together are too many
            pixels.

    ```python
    square = sl.resize_to(photo, 32, 32)
    ```
    """
    _validate_size(height, width)
    return _resize(validate_image(image), height, width)


def crop(
    image: Picture, height: int, width: int, *, anchor: tuple[float, float] = (0.5, 0.5)
) -> Picture:
    """A part of `height` × `width` pixels of a picture, as a new picture.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        height: Height of the result in pixels, at most that of the picture.
        width: Width of the result in pixels, at most that of the picture.
        anchor: Position of the part, (down, right): (0, 0) is the top left corner, (0.5, 0.5) the
            centre, (1, 1) the bottom right corner.

    Raises:
        PictureError: `image` is not a picture.
        SettingsError: The size is larger than the picture, or `anchor` is outside [0, 1].

    ```python
    corner = sl.crop(photo, 32, 32, anchor=(0, 0))
    ```
    """
    _validate_size(height, width)
    _validate_fractions("anchor", anchor, "down, right")
    picture = validate_image(image)
    spare_height, spare_width = picture.shape[0] - height, picture.shape[1] - width
    if spare_height < 0 or spare_width < 0:
        raise SettingsError(
            f"Expected a crop of at most {picture.shape[0]} × {picture.shape[1]} px "
            f"(height × width). Received: {height} × {width}. "
            "Choose a smaller size, or let `cover` scale the picture first."
        )
    top, left = math.floor(anchor[0] * spare_height), math.floor(anchor[1] * spare_width)
    return picture[top : top + height, left : left + width].copy()


def cover(image: Picture, height: int, width: int) -> Picture:
    """A picture scaled, with its proportions, to cover `height` × `width` pixels, and cropped.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        height: Height of the result in pixels.
        width: Width of the result in pixels.

    Returns:
        A new picture of that size, cropped equally on two opposite sides.

    Raises:
        PictureError: `image` is not a picture.
        SettingsError: `height` or `width` is not a positive integer, or the scaled picture would
            have too many pixels.

    ```python
    square = sl.cover(photo, 32, 32)
    ```
    """
    _validate_size(height, width)
    picture = validate_image(image)
    scale = max(height / picture.shape[0], width / picture.shape[1])
    scaled_height = max(height, round(picture.shape[0] * scale))
    scaled_width = max(width, round(picture.shape[1] * scale))
    _validate_size(scaled_height, scaled_width)
    return crop(_resize(picture, scaled_height, scaled_width), height, width)


def validate_image(image: NDArray[Any]) -> Picture:
    """A validated copy of a picture.

    Args:
        image: A float array of shape (height, width, 3), RGB in [0, 1].

    Returns:
        The same values as a new C-contiguous float32 array; rounding errors outside [0, 1] (at most
        1e-6) are clipped.

    Raises:
        PictureError: `image` is not such an array.
    """
    if (
        not isinstance(image, np.ndarray)
        or image.dtype.kind != "f"
        or image.ndim != 3  # noqa: PLR2004 - height, width, channels
        or image.shape[2] != 3  # noqa: PLR2004 - red, green, blue
        or image.size == 0
    ):
        raise PictureError(
            "Expected a picture: a float array of shape (height, width, 3) in [0, 1]. "
            f"Received: {describe_source(image)}. Let `load_image` convert it."
        )
    validate_range(image)
    picture = image.astype(np.float32, order="C")
    return np.clip(picture, 0, 1, out=picture)


def _resize_width(
    samples: PixelReader, width: int, background: tuple[float, float, float]
) -> Picture:
    """Composite on the background and scale to a width, strip by strip to save memory.

    Pillow scales across, then down; doing the first per strip gives the same values.
    """
    scaled = np.empty((samples.height, width, 3), np.float32)
    for rows, strip in samples.strips():
        channels = strip.shape[2]
        opacity = to_float32(strip[..., 3]) if channels == 4 else None  # noqa: PLR2004 - RGBA
        for channel in range(3):
            plane = to_float32(strip[..., min(channel, channels - 1)])
            if opacity is not None:
                # Before scaling, so that the colour of invisible pixels does not bleed into others.
                plane = plane * opacity + np.float32(background[channel]) * (1 - opacity)
            scaled[rows, :, channel] = _resample(plane, len(plane), width)
    return scaled


def _resize_height(picture: Picture, height: int) -> Picture:
    if len(picture) == height:
        return np.clip(picture, 0, 1, out=picture)
    width = picture.shape[1]
    scaled = np.empty((height, width, 3), np.float32)
    step = max(1, PIXELS_PER_STRIP // len(picture))
    for left in range(0, width, step):
        columns = picture[:, left : left + step]
        scaled[:, left : left + step] = _resize(columns, height, columns.shape[1])
    return scaled


def _resize(picture: Picture, height: int, width: int) -> Picture:
    if picture.shape[:2] == (height, width):
        return picture
    planes = [_resample(picture[..., channel], height, width) for channel in range(3)]
    return np.stack(planes, axis=-1).clip(0, 1)  # the filter's negative lobes overshoot at edges


def _resample(plane: Picture, height: int, width: int) -> Picture:
    if plane.shape == (height, width):
        return plane
    # Pillow computes in floats only in mode F, and filters over all source pixels on scaling down.
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS), dtype=np.float32)


def _limit_size(height: int, width: int) -> tuple[int, int]:
    """Height and width, scaled down to at most `MAX_PIXELS` pixels."""
    share = min(1, math.sqrt(MAX_PIXELS / (height * width)))
    return math.floor(height * share), math.floor(width * share)


def _fit_longer_side(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width, scaled so that the longer one is `size`; the other is rounded."""
    longer = max(height, width)
    new_height, new_width = (
        max(1, (2 * side * size + longer) // (2 * longer)) for side in (height, width)
    )
    if min(new_height, new_width) < MIN_SIDE:
        raise PictureError(
            f"Expected a picture that keeps {MIN_SIDE} px on each side when its longer side is "
            f"{size} px. Received: {height} × {width} px (height × width), which would become "
            f"{new_height} × {new_width}. Choose a larger size, or crop the picture first."
        )
    _validate_size(new_height, new_width)
    return new_height, new_width


def _validate_size(height: int, width: int) -> None:
    validate_whole_number("height", height, at_least=1, unit="pixels")
    validate_whole_number("width", width, at_least=1, unit="pixels")
    if height * width > MAX_PIXELS:
        raise SettingsError(
            f"Expected a result of at most {MAX_PIXELS // 1_000_000} megapixels. "
            f"Received: {height} × {width} px (height × width). Choose a smaller size."
        )


def _validate_fractions(name: str, values: tuple[float, ...], parts: str) -> None:
    try:
        usable = len(values) == len(parts.split()) and all(0 <= value <= 1 for value in values)
    except (TypeError, ValueError):
        usable = False
    if not usable:
        raise SettingsError(
            f"Expected {name} as ({parts}), each in [0, 1]. Received: {values!r}. "
            "They are fractions: 0 for none, 1 for all."
        )
