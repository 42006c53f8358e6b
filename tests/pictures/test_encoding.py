from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stylelab.errors import PictureError
from stylelab.pictures.encoding import encode_image, encode_jpeg, encode_png, to_uint8
from stylelab.pictures.images import Picture


def decode(file: bytes) -> tuple[str | None, NDArray[Any]]:
    with Image.open(BytesIO(file)) as image:
        return image.format, np.asarray(image)


def test_png_keeps_every_8_bit_value(photo: Picture) -> None:
    kind, pixels = decode(encode_png(photo))
    assert kind == "PNG"
    assert np.array_equal(pixels, to_uint8(photo))


def test_jpeg_is_close_and_smaller_at_lower_quality(photo: Picture) -> None:
    fine, coarse = encode_jpeg(photo, quality=95), encode_jpeg(photo, quality=40)
    kind, pixels = decode(fine)
    assert kind == "JPEG"
    assert np.abs(pixels.astype(int) - to_uint8(photo)).mean() < 3
    assert len(coarse) < len(fine) / 2


def test_options_reach_the_encoder(photo: Picture) -> None:
    image = Image.fromarray(to_uint8(photo))
    kind, pixels = decode(encode_image(image, "WEBP", lossless=True))
    assert kind == "WEBP"
    assert np.array_equal(pixels, to_uint8(photo))


@pytest.mark.parametrize("encode", [encode_png, encode_jpeg])
def test_invalid_pictures_are_refused(encode: object) -> None:
    assert callable(encode)
    with pytest.raises(PictureError, match="Expected a picture"):
        encode(np.zeros((4, 4)))
