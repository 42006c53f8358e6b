"""Thumbnails of samples and other pictures."""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.pictures.encoding import encode_jpeg
from stylelab.pictures.images import cover
from stylelab.samples.catalogue import SAMPLES, sample

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask

HEIGHT, WIDTH = 108, 144
"""Of a thumbnail, in pixels: twice what is shown, for screens of fine resolution."""


def thumbnail(picture: Picture) -> bytes:
    """A picture (H, W, 3) as a small JPEG file, cropped to the size of all thumbnails."""
    return encode_jpeg(cover(picture, HEIGHT, WIDTH), quality=80)


def mask_thumbnail(mask: Mask) -> bytes:
    """A mask (H, W) as a small JPEG file."""
    return thumbnail(np.repeat(mask[..., None], 3, -1))


def thumbnail_item(key: str, name: str, jpeg: bytes, **more: object) -> dict[str, Any]:
    """A thumbnail as the browser takes it, in base64, with its key, its name and other values."""
    return {"key": key, "name": name, "thumbnail": encode_base64(jpeg), **more}


def encode_base64(data: bytes) -> str:
    """Bytes as text, as the browser takes them within other values."""
    return base64.b64encode(data).decode("ascii")


@cache
def sample_thumbnail(name: str) -> bytes:
    """Thumbnail of a sample; a painted one takes up to a second at first."""
    painted = SAMPLES[name].kind == "painted"
    return thumbnail(sample(name, size=WIDTH if painted else 2 * WIDTH))
