"""Thumbnails of samples and other pictures."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import cover
from stylelab.samples.catalogue import SAMPLES, sample

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture

HEIGHT, WIDTH = 108, 144
"""Of a thumbnail, in pixels: twice what is shown, for screens of fine resolution."""


def thumbnail(picture: Picture) -> bytes:
    """A picture (H, W, 3) as a small JPEG file, cropped to the size of all thumbnails."""
    return jpeg(cover(picture, HEIGHT, WIDTH), quality=80)


def jpeg(picture: Picture, quality: int = 90) -> bytes:
    """A picture (H, W, 3), RGB, [0, 1], as a JPEG file."""
    buffer = BytesIO()
    Image.fromarray(to_uint8(picture)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@cache
def sample_thumbnail(name: str) -> bytes:
    """Thumbnail of a sample; a painted one takes up to a second at first."""
    painted = SAMPLES[name].kind == "painted"
    return thumbnail(sample(name, size=WIDTH if painted else 2 * WIDTH))
