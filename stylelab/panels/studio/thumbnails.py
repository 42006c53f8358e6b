"""Small pictures of the samples, kept ready: to paint all styles takes ten seconds.

`python -m stylelab.panels.studio.thumbnails` makes them anew.
"""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from stylelab.images import cover
from stylelab.samples import SAMPLES, sample
from stylelab.saving import encode_8bit

if TYPE_CHECKING:
    from stylelab.images import Picture

HEIGHT, WIDTH = 108, 144
"""Of a thumbnail, in pixels: twice what is shown, for screens of fine resolution."""

FOLDER = "pictures"


def thumbnail(picture: Picture) -> bytes:
    """Make a small JPEG of a picture (H, W, 3), cut to the proportions of all thumbnails."""
    return jpeg(cover(picture, HEIGHT, WIDTH), quality=80)


def jpeg(picture: Picture, quality: int = 90) -> bytes:
    """Encode a picture (H, W, 3), RGB, [0, 1], as a JPEG file."""
    buffer = BytesIO()
    Image.fromarray(encode_8bit(picture)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def of_sample(name: str) -> bytes:
    """Read the thumbnail of a sample, by the sample's name."""
    return (files("stylelab.panels.studio") / FOLDER / f"{name}.jpg").read_bytes()


if __name__ == "__main__":
    for known in SAMPLES:
        target = Path(__file__).parent / FOLDER / f"{known}.jpg"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(thumbnail(sample(known)))
