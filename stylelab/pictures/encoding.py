"""Pictures as PNG and JPEG files in memory."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from stylelab.pictures.images import validate_image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

ENCODER_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "PNG": {},
    "JPEG": {"quality": 95, "subsampling": "4:4:4"},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_deflate"},
}
"""Pillow's options for pictures that are kept: lossless, or JPEG of high quality."""


def to_uint8(image: Picture) -> NDArray[np.uint8]:
    """The nearest 8-bit values of a picture: 0 for 0.0, 255 for 1.0.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].

    Returns:
        An array of the same shape, uint8. Converting it back is off by at most 1/510.

    Raises:
        PictureError: `image` is not a picture.
    """
    nearest: NDArray[np.uint8] = np.rint(validate_image(image) * np.float32(255)).astype(np.uint8)
    return nearest


def encode_png(image: Picture) -> bytes:
    """The content of a PNG file with a picture's 8-bit values; errors are those of `to_uint8`."""
    return encode_image(Image.fromarray(to_uint8(image)), "PNG")


def encode_jpeg(image: Picture, *, quality: int = 90) -> bytes:
    """The content of a JPEG file, of a quality from 0 to 95; errors are those of `encode_png`."""
    return encode_image(Image.fromarray(to_uint8(image)), "JPEG", quality=quality)


def encode_image(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """The content of a file with a Pillow image, in any of Pillow's formats and its options."""
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()
