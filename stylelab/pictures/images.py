"""Pictures as arrays: from a file, a Pillow image or an array to one single form.

A picture is a NumPy array of shape (height, width, 3) and type float32. Its last axis is red,
green, blue; every value lies in [0, 1], from no light to full light; it is C-contiguous. Every
other module takes and gives pictures in this form. `stylelab.pictures.saving` writes them.
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
    PictureSource,
    describe_source,
    open_pixels,
    picture_shape,
    to_float32,
    validate_range,
)
from stylelab.pictures.picture_files import PictureFile, file_warnings

if TYPE_CHECKING:
    from stylelab.pictures.decoding import PixelReader

__all__ = [
    "MAX_PIXELS",
    "MIN_SIDE",
    "Picture",
    "PictureFile",
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

_PIXELS_PER_STRIP = 1_000_000  # pixels that are scaled at a time


def load_image(
    source: PictureSource,
    *,
    size: int | None = None,
    background: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Picture:
    """A picture from a file, a Pillow image or an array, as a person would see it.

    Files and Pillow images are turned upright (EXIF orientation) and converted to sRGB (embedded
    colour profile, CMYK, Lab, palettes, gray). Of an animation comes the first frame, of a TIFF file
    the first page, which a `PictureWarning` says; of a Pillow image, the frame that it stands on.
    HEIC needs `pillow-heif` installed, a camera's RAW files `rawpy`. Formats that start other programs
    (EPS) are not read.

    Arrays are taken as sRGB, of shape (height, width), (height, width, 1), (height, width, 3) or,
    with transparency, (height, width, 4), and hold uint8 (0–255), uint16 (0–65535), bool, or
    floats in [0, 1]. OpenCV orders channels blue-green-red: give `image[..., ::-1]`.

    Args:
        source: A path, the bytes of a file, a Pillow image or an array. It is not modified.
        size: Length of the longer side of the result in pixels, at least 16. The picture is scaled
            down or up to it, antialiased, its proportions kept. None keeps the size, up to 100
            megapixels. A JPEG file of at least eight times that length is decoded at a fraction of
            its size, which is quicker; in photographs the result differs by about one level in 255.
        background: What shines through transparent pixels: red, green, blue in [0, 1].

    Returns:
        An array of shape (height, width, 3), float32, RGB in [0, 1], which shares no memory with
        the source.

    Raises:
        PictureError: The source is not a usable picture: unreadable, of a wrong type or shape,
            outside its range, smaller than 16 px on a side (also after scaling), or larger than
            250 megapixels.
        SettingsError: `size` or `background` is out of its range.
    """
    if size is not None:
        _validate_length("size", size, at_least=MIN_SIDE)
    _validate_fractions("background", background, "red, green, blue")

    def fit(height: int, width: int) -> tuple[int, int]:
        return _limit_size(height, width) if size is None else _fit_longer_side(height, width, size)

    with open_pixels(source, fit) as (samples, (height, width)):
        across = _resize_width(samples, width, background)
    del samples  # and with it what Pillow decoded
    picture = _resize_height(across, height)
    remarks = image_warnings(source) if size is None else file_warnings(source)
    for remark in remarks:
        warnings.warn(remark, PictureWarning, stacklevel=2)
    return picture


def image_warnings(source: PictureSource) -> tuple[str, ...]:
    """What a reader may not expect about how `load_image` reads a picture, in sentences.

    Of an animation, only the first frame is read, of a TIFF file with several pages the first; and
    without a size, what has more than 100 megapixels is scaled down. `load_image` says the same as a
    `PictureWarning`. Of a file, no pixel is decoded.

    Raises:
        PictureError: It is no usable picture.
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
            "Give the size that you need."
        ),
    )


def resize(image: Picture, size: int) -> Picture:
    """Scale a picture so that its longer side measures `size` pixels, proportions kept.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        size: The longer side in pixels, at least 16.

    Returns:
        A new picture, antialiased; the same values if the size is the same.

    Raises:
        PictureError: `image` is not a picture, or its shorter side would fall below 16 px.
        SettingsError: `size` is out of its range.
    """
    _validate_length("size", size, at_least=MIN_SIDE)
    picture = validate_image(image)
    height, width = picture.shape[:2]
    return _resize(picture, *_fit_longer_side(height, width, size))


def resize_to(image: Picture, height: int, width: int) -> Picture:
    """Scale a picture to exactly `height` × `width` pixels; proportions may change.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        height: Height of the result in pixels.
        width: Width of the result in pixels.

    Returns:
        A new picture, antialiased; the same values if the size is the same.

    Raises:
        PictureError: `image` is not a picture.
        SettingsError: `height` or `width` is not a positive integer, or both together are too many
            pixels.
    """
    _validate_size(height, width)
    return _resize(validate_image(image), height, width)


def crop(
    image: Picture, height: int, width: int, *, anchor: tuple[float, float] = (0.5, 0.5)
) -> Picture:
    """Cut `height` × `width` pixels out of a picture.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        height: Height of the result in pixels, at most that of the picture.
        width: Width of the result in pixels, at most that of the picture.
        anchor: Where to cut, downwards and to the right: (0, 0) is the top left corner, (0.5, 0.5)
            the centre, (1, 1) the bottom right corner.

    Returns:
        A new picture of that size; its values are those of the original.

    Raises:
        PictureError: `image` is not a picture.
        SettingsError: The size is larger than the picture, or `anchor` is outside [0, 1].
    """
    _validate_size(height, width)
    _validate_fractions("anchor", anchor, "down, right")
    picture = validate_image(image)
    spare_height, spare_width = picture.shape[0] - height, picture.shape[1] - width
    if spare_height < 0 or spare_width < 0:
        raise SettingsError(
            f"Expected a crop of at most {picture.shape[0]} × {picture.shape[1]} px "
            f"(height × width). Received: {height} × {width}. "
            "Ask for less, or let `cover` scale the picture first."
        )
    top, left = math.floor(anchor[0] * spare_height), math.floor(anchor[1] * spare_width)
    return picture[top : top + height, left : left + width].copy()


def cover(image: Picture, height: int, width: int) -> Picture:
    """Fill `height` × `width` pixels with a picture: scale it, proportions kept, and cut the rest.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        height: Height of the result in pixels.
        width: Width of the result in pixels.

    Returns:
        A new picture of that size. What stands out on two opposite sides is cut off equally.

    Raises:
        PictureError: `image` is not a picture.
        SettingsError: `height` or `width` is not a positive integer, or the scaled picture would
            have too many pixels.
    """
    _validate_size(height, width)
    picture = validate_image(image)
    scale = max(height / picture.shape[0], width / picture.shape[1])
    scaled_height = max(height, round(picture.shape[0] * scale))
    scaled_width = max(width, round(picture.shape[1] * scale))
    _validate_size(scaled_height, scaled_width)
    return crop(_resize(picture, scaled_height, scaled_width), height, width)


def validate_image(image: NDArray[Any]) -> Picture:
    """A copy of `image`, once it is certain that it is a picture.

    Args:
        image: A float array of shape (height, width, 3), RGB in [0, 1].

    Returns:
        The same values as a new C-contiguous float32 array; what leaves [0, 1] by rounding alone
        (at most 1e-6) is clipped.

    Raises:
        PictureError: It is not such an array.
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
    """Composite on the background and scale to a width, strip by strip to spare memory.

    Pillow scales across, then down. To do the first with each strip gives the same values.
    """
    scaled = np.empty((samples.height, width, 3), np.float32)
    for rows, strip in samples.strips():
        channels = strip.shape[2]
        opacity = to_float32(strip[..., 3]) if channels == 4 else None  # noqa: PLR2004 - RGBA
        for channel in range(3):
            plane = to_float32(strip[..., min(channel, channels - 1)])
            if opacity is not None:
                # Before scaling: an invisible pixel's colour must not bleed into its neighbours.
                plane = plane * opacity + np.float32(background[channel]) * (1 - opacity)
            scaled[rows, :, channel] = _resample(plane, len(plane), width)
    return scaled


def _resize_height(picture: Picture, height: int) -> Picture:
    if len(picture) == height:
        return np.clip(picture, 0, 1, out=picture)
    width = picture.shape[1]
    scaled = np.empty((height, width, 3), np.float32)
    step = max(1, _PIXELS_PER_STRIP // len(picture))
    for left in range(0, width, step):
        columns = slice(left, left + step)
        for channel in range(3):
            plane = picture[:, columns, channel]
            scaled[:, columns, channel] = _resample(plane, height, plane.shape[1])
    return np.clip(scaled, 0, 1, out=scaled)  # the filter's negative lobes overshoot at edges


def _resize(picture: Picture, height: int, width: int) -> Picture:
    if picture.shape[:2] == (height, width):
        return picture
    planes = [_resample(picture[..., channel], height, width) for channel in range(3)]
    return np.stack(planes, axis=-1).clip(0, 1)


def _resample(plane: Picture, height: int, width: int) -> Picture:
    if plane.shape == (height, width):
        return plane
    # Pillow computes with floats in mode F alone, and filters over all source pixels when it
    # scales down.
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS), dtype=np.float32)


def _limit_size(height: int, width: int) -> tuple[int, int]:
    """Height and width, scaled down if they are too many pixels for one picture."""
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
            f"{new_height} × {new_width}. Ask for a larger size, or crop the picture first."
        )
    _validate_size(new_height, new_width)
    return new_height, new_width


def _validate_size(height: int, width: int) -> None:
    _validate_length("height", height)
    _validate_length("width", width)
    if height * width > MAX_PIXELS:
        raise SettingsError(
            f"Expected a result of at most {MAX_PIXELS // 1_000_000} megapixels. "
            f"Received: {height} × {width} px (height × width). Ask for a smaller size."
        )


def _validate_length(name: str, pixels: object, *, at_least: int = 1) -> None:
    if (
        isinstance(pixels, bool)
        or not isinstance(pixels, int | np.integer)
        or not at_least <= pixels <= MAX_PIXELS
    ):
        raise SettingsError(
            f"Expected {name} as a whole number of pixels, at least {at_least}. "
            f"Received: {pixels!r}. A size such as 512 is a good start."
        )


def _validate_fractions(name: str, values: tuple[float, ...], parts: str) -> None:
    try:
        usable = len(values) == len(parts.split()) and all(0 <= value <= 1 for value in values)
    except (TypeError, ValueError):
        usable = False
    if not usable:
        raise SettingsError(
            f"Expected {name} as ({parts}), each in [0, 1]. Received: {values!r}. "
            "They are shares: 0 for none, 1 for all."
        )
