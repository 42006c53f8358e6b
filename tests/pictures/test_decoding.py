"""Large pictures are scaled as whole ones are, in little memory, and measured without decoding."""

import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image

from stylelab.errors import PictureError
from stylelab.pictures import decoding
from stylelab.pictures.images import PictureSource, load_image, picture_shape

GREEN = (0.0, 1.0, 0.0)


def make_photograph(height: int, width: int) -> NDArray[np.uint8]:
    """Blurred noise: smooth regions and edges, as photographs have them."""
    random = np.random.default_rng(7)
    small = random.integers(0, 256, (height // 24, width // 24, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def encoded(pixels: NDArray[Any], file_format: str, **options: Any) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, file_format, **options)
    return buffer.getvalue()


def decode_whole(data: bytes) -> NDArray[np.uint8]:
    """All pixels of a file, as Pillow decodes them."""
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("options", [{"subsampling": 0}, {"progressive": True}])
@pytest.mark.parametrize("size", [150, 100, 40])
def test_a_reduced_jpeg_matches_the_fully_decoded_picture(
    options: dict[str, Any], size: int
) -> None:
    data = encoded(make_photograph(840, 1212), "JPEG", quality=92, **options)
    small = load_image(data, size=size)
    reference = load_image(decode_whole(data), size=size)
    assert small.shape == reference.shape
    np.testing.assert_allclose(small, reference, atol=2 / 255)
    assert np.sqrt(np.mean((small - reference) ** 2)) < 0.3 / 255


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_file_is_decoded_no_larger_than_needed(
    monkeypatch: pytest.MonkeyPatch, orientation: int
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = encoded(make_photograph(840, 1212), "JPEG", exif=exif)
    decoded: list[tuple[int, int]] = []
    monkeypatch.setattr(
        "PIL.ImageFile.ImageFile.load_end", lambda image: decoded.append(image.size)
    )
    for size, largest in ((64, 303), (150, 606), (151, 606), (152, 1212), (None, 1212)):
        load_image(data, size=size)
        assert max(decoded[-1]) == largest, size


@pytest.mark.parametrize("size", [None, 100, 152, 400])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "JPEG2000"])
def test_other_formats_and_sizes_are_bit_identical(file_format: str, size: int | None) -> None:
    data = encoded(make_photograph(240, 312), file_format)
    np.testing.assert_array_equal(
        load_image(data, size=size), load_image(decode_whole(data), size=size)
    )


def test_a_pillow_image_is_decoded_at_full_size_and_not_modified() -> None:
    with Image.open(BytesIO(encoded(make_photograph(840, 1212), "JPEG"))) as image:
        load_image(image, size=40)
        assert image.size == (1212, 840)
        assert np.asarray(image).shape == (840, 1212, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("strip", [1, 700, 10**9])
def test_strips_of_any_height_give_the_same_picture(
    monkeypatch: pytest.MonkeyPatch, orientation: int, strip: int
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = encoded(make_photograph(60, 72), "PNG", exif=exif)
    for size in (None, 31, 100):
        reference = load_image(data, size=size)
        with monkeypatch.context() as patch:
            patch.setattr(decoding, "PIXELS_PER_STRIP", strip)
            np.testing.assert_array_equal(load_image(data, size=size), reference)


@pytest.mark.parametrize(
    ("file_format", "options", "largest"),
    [
        ("JPEG", {}, 40),
        ("PNG", {"compress_level": 1}, 130),
        ("TIFF", {"compression": "packbits"}, 150),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
def test_no_full_size_float_picture_is_allocated(
    tmp_path: Path, file_format: str, options: dict[str, Any], largest: int
) -> None:
    """16 megapixels: Pillow keeps 64 MB of them, floats would take 192."""
    (tmp_path / "large").write_bytes(encoded(make_photograph(3264, 4896), file_format, **options))
    (tmp_path / "small").write_bytes(encoded(make_photograph(48, 48), file_format, **options))
    program = (
        "import sys\n"
        "from stylelab.pictures.images import load_image\n"
        "def most():\n"
        "    lines = open('/proc/self/status').read().splitlines()\n"
        "    return next(int(line.split()[1]) / 1000 for line in lines if 'VmHWM' in line)\n"
        "load_image(sys.argv[1], size=32)\n"
        "before = most()\n"
        "load_image(sys.argv[2], size=256)\n"
        "print(most() - before)\n"
    )
    paths = [tmp_path / "small", tmp_path / "large"]
    done = subprocess.run(
        [sys.executable, "-c", program, *paths], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < largest


# Shapes


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "JPEG", "AVIF"])
def test_the_shape_is_read_without_decoding(
    monkeypatch: pytest.MonkeyPatch, file_format: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = encoded(make_photograph(48, 60), file_format, exif=exif)
    without = encoded(make_photograph(48, 60), file_format)  # without EXIF
    expected = load_image(data).shape[:2]
    assert expected == ((48, 60) if orientation < 5 else (60, 48))

    decoded: list[Image.Image] = []
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded.append)
    assert picture_shape(data) == expected
    assert picture_shape(without) == (48, 60)
    assert decoded == []


def test_shapes_of_arrays_and_pillow_images_are_reported() -> None:
    pixels = make_photograph(48, 60)
    sources: tuple[PictureSource, ...] = (pixels, pixels[..., 0], Image.fromarray(pixels))
    for source in sources:
        assert picture_shape(source) == (48, 60)


@pytest.mark.parametrize(
    "source", [None, "missing.png", b"no picture", np.zeros(3), np.zeros((3, 4))]
)
def test_invalid_pictures_have_no_shape(source: Any) -> None:
    with pytest.raises(PictureError, match="Received"):
        picture_shape(source)


# Transparency that a decoded image no longer reports


@pytest.mark.parametrize(
    ("depth", "levels"), [(2, [0, 1, 2, 3]), (4, [0, 1, 7, 15]), (8, [0, 3, 9, 255])]
)
@pytest.mark.parametrize("which", range(4))
def test_transparent_gray_survives_decoding_by_pillow(
    depth: int, levels: list[int], which: int
) -> None:
    bits = "".join(f"{level:0{depth}b}" for level in levels * 4)
    row = int(bits, 2).to_bytes(len(bits) // 8, "big")
    data = gray_png(depth, row, levels[which])
    expected = np.repeat(np.array(levels * 4)[:, None] / (2**depth - 1), 3, axis=1)
    expected[which::4] = GREEN
    with Image.open(BytesIO(data)) as image:
        image.load()
        np.testing.assert_allclose(load_image(image, background=GREEN)[3], expected, atol=1e-6)
    np.testing.assert_allclose(load_image(data, background=GREEN)[3], expected, atol=1e-6)


def gray_png(depth: int, row: bytes, transparent: int) -> bytes:
    """A gray PNG file of 16 × 16 pixels, byte by byte."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + name + data + check

    header = bytes([0, 0, 0, 16, 0, 0, 0, 16, depth, 0, 0, 0, 0])
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"tRNS", transparent.to_bytes(2, "big")),
            chunk(b"IDAT", zlib.compress((b"\0" + row) * 16)),
            chunk(b"IEND", b""),
        ]
    )
