"""Picture files are opened for what they hold, whatever is installed, and without a stray line."""

import builtins
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pillow_heif
import pytest
import rawpy
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image

from stylelab.errors import PictureError, PictureWarning
from stylelab.pictures.images import image_warnings, load_image, picture_shape
from stylelab.pictures.masks import load_mask
from stylelab.pictures.raw_files import is_raw
from stylelab.rights.reading import read_rights

EXIFTOOL = shutil.which("exiftool")
needs_exiftool = pytest.mark.skipif(EXIFTOOL is None, reason="needs exiftool")


def make_blocks(height: int = 120, width: int = 160) -> NDArray[np.uint8]:
    """Red, black and blue, each in its own region."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (240, 8, 8)
    pixels[height // 2 :, width // 2 :] = (4, 4, 200)
    return pixels


def hide_package(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    original = builtins.__import__

    def missing(name: str, *others: Any) -> Any:
        if name == package:
            raise ImportError(name)
        return original(name, *others)

    monkeypatch.setattr(builtins, "__import__", missing)


# Cameras' RAW files


def make_dng(orientation: int = 1, *, artist: str = "Ann") -> bytes:
    """A digital negative (DNG 1.4): a black thumbnail, and what a sensor sees of `make_blocks`."""
    colours = make_blocks().astype(np.uint16) * 250
    mosaic = colours[..., 1].copy()  # each pixel sees one colour: red, green; green, blue
    mosaic[::2, ::2] = colours[::2, ::2, 0]
    mosaic[1::2, 1::2] = colours[1::2, 1::2, 2]
    # From XYZ to the camera's colours, which are those of linear sRGB.
    matrix = np.linalg.inv(
        [[0.41246, 0.35758, 0.18044], [0.21267, 0.71515, 0.07218], [0.01933, 0.11919, 0.95030]]
    )
    rationals = tuple(int(n) for value in matrix.ravel() for n in (round(value * 10_000), 10_000))
    of_the_sensor = [
        (33421, 3, 2, (2, 2), True),
        (33422, 1, 4, bytes([0, 1, 1, 2]), True),
        (50717, 3, 1, 65535, True),
    ]
    of_the_file = [
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (271, 2, None, "Maker", True),
        (272, 2, None, "Camera", True),
        (50708, 2, None, "Maker Camera", True),
        (50721, 10, 9, rationals, True),
        (50728, 5, 3, (1, 1, 1, 1, 1, 1), True),
        (50778, 3, 1, 21, True),
        (274, 3, 1, orientation, True),
        (315, 2, None, artist, True),
    ]
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(
            np.zeros((32, 48, 3), np.uint8),
            photometric="rgb",
            subfiletype=1,
            subifds=1,
            extratags=of_the_file,
            metadata=None,
        )
        file.write(mosaic, photometric=32803, metadata=None, extratags=of_the_sensor)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda shown: shown),
        (3, lambda shown: shown[::-1, ::-1]),
        (6, lambda shown: np.rot90(shown, -1)),
    ],
)
def test_a_raw_file_is_developed_completely_and_upright(
    tmp_path: Path, orientation: int, upright: Any
) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(make_dng(orientation))
    linear = upright(make_blocks().astype(float) * 250 / 65535)
    for source in (path, make_dng(orientation)):
        picture = load_image(source)
        assert picture.shape == linear.shape
        assert picture_shape(source) == picture.shape[:2]
        for down in (20, -20):  # away from edges, which the development interpolates
            for right in (20, -20):
                seen = picture[down, right]
                assert (seen > 0.5).tolist() == (linear[down, right] > 0.5).tolist()
    assert load_image(path, size=64).shape[:2] in {(48, 64), (64, 48)}
    with pytest.warns(PictureWarning, match="has colours"):
        assert load_mask(path).shape == linear.shape[:2]


def test_a_raw_file_keeps_its_author_and_sidecar_file(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(make_dng())
    (tmp_path / "a.dng.rights.toml").write_text('source = "my camera"', "utf-8")
    assert read_rights(path).facts() == {"author": "Ann", "source": "my camera"}
    assert read_rights(make_dng()).facts() == {"author": "Ann"}


def test_without_rawpy_a_raw_file_is_refused_with_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hide_package(monkeypatch, "rawpy")
    for read in (load_image, load_mask, picture_shape):
        with pytest.raises(PictureError, match=r"RAW file.*Export it as JPEG.*pip install rawpy"):
            read(make_dng())
    assert read_rights(make_dng()).author == "Ann"


def make_tiff(**options: Any) -> bytes:
    buffer = BytesIO()
    tifffile.imwrite(buffer, make_blocks(), photometric="rgb", metadata=None, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "start",
    [
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
        b"FUJIFILMCCD-RAW 0201FF159502X-T4",
        b"IIRO\x08\0\0\0",
        b"IIU\0\x18\0\0\0",
        b"FOVb\0\0\2\0",
        b"II*\0\x10\0\0\0CR\2\0",
    ],
    ids=["CR3", "RAF", "ORF", "RW2", "X3F", "CR2"],
)
def test_raw_files_of_other_kinds_are_recognised_by_their_first_bytes(start: bytes) -> None:
    damaged = start + bytes(500)
    assert is_raw(damaged)
    with pytest.raises(PictureError, match="cannot be read"):
        load_image(damaged)
    assert read_rights(damaged).facts() == {}


def test_a_tiff_thumbnail_with_a_nested_picture_is_raw_under_any_name() -> None:
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer) as file:  # as NEF and ARW are built
        file.write(make_blocks(), photometric="rgb", subfiletype=1, subifds=1, metadata=None)
        file.write(make_blocks(480, 640), photometric="rgb", metadata=None)
    assert is_raw(buffer.getvalue())


def test_a_fake_tiff_file_is_not_recognised_as_raw(tmp_path: Path) -> None:
    camera = [(271, 2, None, "Maker", True)]
    assert not is_raw(make_tiff(extratags=camera))
    (tmp_path / "a.nef").write_bytes(make_tiff(extratags=camera))
    assert is_raw(tmp_path / "a.nef")
    Image.fromarray(make_blocks()).save(tmp_path / "b.nef", "JPEG")  # a JPEG by a wrong name
    assert load_image(tmp_path / "b.nef").shape == (120, 160, 3)


# TIFF


def test_the_first_page_of_a_tiff_file_that_is_not_a_thumbnail_is_read() -> None:
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(np.zeros((30, 40, 3), np.uint8), photometric="rgb", subfiletype=1, metadata=None)
        file.write(make_blocks(), photometric="rgb", metadata=None)
        file.write(np.zeros((60, 80, 3), np.uint8), photometric="rgb", subfiletype=1, metadata=None)
    data = buffer.getvalue()
    np.testing.assert_array_equal(load_image(data), load_image(make_blocks()))
    assert picture_shape(data) == (120, 160)
    assert image_warnings(data) == ()


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_float_colours_are_read(kind: type, planar: str, byteorder: Literal["<", ">"]) -> None:
    values: NDArray[Any] = np.random.default_rng(7).random((20, 24, 3)).astype(kind)
    buffer = BytesIO()
    stored = values if planar == "contig" else values.transpose(2, 0, 1)
    tifffile.imwrite(
        buffer, stored, photometric="rgb", planarconfig=planar, byteorder=byteorder, metadata=None
    )
    picture = load_image(buffer.getvalue())
    np.testing.assert_allclose(picture, values, atol=1e-7)
    assert picture_shape(buffer.getvalue()) == (20, 24)


def float_tiff(values: NDArray[Any], orientation: int = 1) -> bytes:
    buffer = BytesIO()
    tags = [(274, 3, 1, orientation, True), (315, 2, None, "Ann", True)]
    tifffile.imwrite(buffer, values, photometric="rgb", extratags=tags, metadata=None)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_float_colours_are_rotated_upright_like_bytes(orientation: int) -> None:
    levels = np.random.default_rng(7).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    buffer = BytesIO()
    Image.fromarray(levels).save(buffer, "TIFF", exif=exif)
    floats = float_tiff(levels.astype(np.float32) / np.float32(255), orientation)
    np.testing.assert_array_equal(load_image(floats), load_image(buffer.getvalue()))
    assert picture_shape(floats) == load_image(floats).shape[:2] == picture_shape(buffer.getvalue())
    assert read_rights(floats).author == "Ann"


@pytest.mark.parametrize(("factor", "says"), [(255, "by 255"), (np.nan, "NaN")])
def test_float_colours_outside_the_range_are_refused(factor: float, says: str) -> None:
    with pytest.raises(PictureError, match=says):
        load_image(float_tiff(np.ones((20, 24, 3), np.float32) * np.float32(factor)))


def damaged_tiff() -> bytes:
    buffer = BytesIO()
    Image.effect_noise((64, 64), 90).save(buffer, "TIFF", compression="tiff_lzw")
    data = bytearray(buffer.getvalue())
    data[200:1200] = b"\xff" * 1000
    return bytes(data)


def test_libtiff_prints_nothing_and_its_reason_is_in_the_message(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(damaged_tiff())
    program = (
        "import sys\n"
        "from stylelab.pictures.images import load_image\n"
        "try:\n"
        "    load_image(sys.argv[1])\n"
        "except ValueError as error:\n"
        "    print(error, error.__cause__.__notes__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "a.tif"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "which cannot be read (" in done.stdout
    assert "code not yet in table" in done.stdout


def test_other_output_during_raw_development_is_not_lost(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = rawpy.imread

    def meanwhile(file: BytesIO) -> Any:
        os.write(2, b"another thread: all is well\n")
        return original(file)

    monkeypatch.setattr(rawpy, "imread", meanwhile)
    with pytest.raises(PictureError, match="cannot be read"):
        load_image(make_dng()[:-5_000])
    assert capfd.readouterr().err == "another thread: all is well\n"


# HEIC


def make_heic(**options: Any) -> bytes:
    pillow_heif.register_heif_opener()
    buffer = BytesIO()
    Image.fromarray(make_blocks()).save(buffer, "HEIF", quality=-1, chroma=444, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_is_read_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = make_heic(exif=exif.tobytes())
    (tmp_path / "a.heic").write_bytes(data)
    turns = {1: 0, 3: 2, 6: -1, 8: 1}[orientation]
    expected = np.rot90(make_blocks() / 255, turns)
    for source in (data, tmp_path / "a.heic"):
        picture = load_image(source)
        assert picture.shape == (*picture_shape(source), 3) == expected.shape
        np.testing.assert_allclose(picture[::20, ::20], expected[::20, ::20], atol=0.03)


@needs_exiftool
def test_the_author_of_a_heic_file_is_read(tmp_path: Path) -> None:
    assert EXIFTOOL is not None
    path = tmp_path / "a.heic"
    path.write_bytes(make_heic())
    options = ["-q", "-overwrite_original", "-EXIF:Artist=Ben", "-XMP-dc:Creator=Ann"]
    subprocess.run([EXIFTOOL, *options, path], check=True)
    assert read_rights(path).author == "Ann"
    assert read_rights(path.read_bytes()).remarks == (
        "EXIF states a different author: 'Ben'; XMP takes precedence",
    )


def test_the_main_picture_of_a_heic_file_is_read() -> None:
    others = [Image.new("RGB", (160, 120), "lime")]
    with pytest.warns(PictureWarning, match="several pictures"):
        picture = load_image(make_heic(save_all=True, append_images=others))
    np.testing.assert_allclose(picture[20, 20], [240 / 255, 8 / 255, 8 / 255], atol=0.03)


def test_without_pillow_heif_a_heic_file_is_refused_with_advice() -> None:
    program = (
        "import sys\n"
        "sys.modules['pillow_heif'] = None\n"
        "from stylelab.pictures.images import load_image\n"
        "load_image(sys.stdin.buffer.read())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=make_heic(), capture_output=True, check=False
    )
    assert b"a HEIC picture, which needs pillow-heif" in done.stderr
    assert b"pip install pillow-heif" in done.stderr


def test_reading_heic_registers_nothing_before_it_is_needed() -> None:
    program = (
        "import stylelab.pictures.images, sys\n"
        "sys.exit('pillow_heif' in sys.modules or 'rawpy' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# Hostile files

WHOLE = {
    "dng": make_dng(),
    "float": float_tiff(np.zeros((20, 24, 3), np.float32)),
    "heic": make_heic(),
}


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=3 * settings().max_examples)
@given(data=st.data())
def test_damaged_files_give_pictures_or_our_errors_without_output(
    capfd: pytest.CaptureFixture[str], name: str, data: st.DataObject
) -> None:
    whole = WHOLE[name]
    damaged = bytearray(whole[: data.draw(st.integers(8, len(whole)))])
    places = st.integers(0, len(damaged) - 1) | st.integers(0, min(400, len(damaged) - 1))
    for place in data.draw(st.lists(places, max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))
    for read in (load_image, read_rights, picture_shape):
        with suppress(PictureError):
            read(bytes(damaged))
    assert capfd.readouterr() == ("", "")
