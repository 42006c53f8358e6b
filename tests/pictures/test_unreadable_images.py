"""Tests of what is no picture: refused in a sentence, without harm."""

import os
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import assert_is_picture, linear_rgb_profile, noise, png, write
from PIL import ExifTags, Image

from stylelab.errors import PictureError, PictureWarning
from stylelab.pictures import images, pillow_errors
from stylelab.pictures.images import (
    PictureSource,
    image_warnings,
    load_image,
    resize_to,
)
from stylelab.pictures.masks import load_mask
from stylelab.pictures.saving import read_settings
from stylelab.rights.reading import read_rights

if TYPE_CHECKING:
    from collections.abc import Callable

# What is no picture


def test_paths_without_a_picture_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    write(tmp_path / "empty.png", b"")
    write(tmp_path / "text.png", b"This is not a picture.\n" * 100)
    write(tmp_path / "zeros.png", bytes(5000))
    write(tmp_path / "script.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n")
    for name, says in {
        "missing.png": "no file",
        "folder.png": "a folder",
        "loop.png": "cannot be reached",
        "empty.png": "none of these",
        "text.png": "none of these",
        "zeros.png": "none of these",
        "script.eps": "none of these",
        "text.png/a.png": "cannot be reached",
        "a\0b.png": "cannot be reached",
        "\udc80.png": "no file",
        "x" * 5000: "cannot be reached",
    }.items():
        with pytest.raises(PictureError, match=says) as caught:
            load_image(tmp_path / name)
        assert "Received: " in str(caught.value)
    with pytest.raises(PictureError, match=r"folder|no file"):
        load_image("")


def encoded(file_format: str) -> bytes:
    buffer = BytesIO()
    Image.fromarray(noise(32, 32)).save(buffer, file_format)
    return buffer.getvalue()


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "TIFF", "WEBP"])
def test_the_bytes_of_a_file_give_the_same_picture_as_its_path(
    tmp_path: Path, file_format: str
) -> None:
    path = write(tmp_path / "picture", encoded(file_format))
    np.testing.assert_array_equal(load_image(encoded(file_format)), load_image(path))


@pytest.mark.parametrize("file_format", ["EPS", "TGA", "ICO", "DDS", "PDF", "SGI", "PCX"])
def test_formats_beyond_the_list_are_refused_alike_by_path_and_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    started: list[object] = []
    monkeypatch.setattr("subprocess.check_call", lambda command, **_: started.append(command))
    data = encoded(file_format)
    path = write(tmp_path / "picture.png", data)
    readers: list[Callable[[Any], object]] = [load_image, read_rights, read_settings, load_mask]
    for reader in readers:
        sentences = []
        for source, name in ((path, repr(str(path))), (data, f"a file of {len(data):,} bytes")):
            with pytest.raises(PictureError, match="none of these") as caught:
                reader(source)
            assert name in str(caught.value)
            sentences.append(str(caught.value).replace(name, "…"))
        assert sentences[0] == sentences[1]
    assert started == []


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/cat.jpg",
        "http://example.org/cat.jpg",
        "ftp://example.org/cat.jpg",
        "file:///home/ann/cat.jpg",
        "s3://photos/cat.jpg",
        "HTTPS://EXAMPLE.ORG/CAT.JPG",
        f"data:image/png;base64,{'A' * 100_000}",
    ],
)
@pytest.mark.parametrize("as_path", [False, True])
def test_a_url_is_refused_with_advice(address: str, *, as_path: bool) -> None:
    with pytest.raises(PictureError, match=r"on this computer.*Download the picture") as caught:
        load_image(Path(address) if as_path else address)
    assert "cannot be reached" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_file_named_like_a_url_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "https:").mkdir()
    write(tmp_path / "https:" / "a.png", encoded("PNG"))
    assert load_image("https://a.png").shape == (32, 32, 3)


def test_a_tilde_stands_for_the_home_folder_unless_a_file_has_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    for folder in (home, here):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(here)
    write(home / "a.png", png(32, 32, 8, 0, bytes([128]) * 1024))
    (home / "a.png.rights.toml").write_text('author = "Ann"', "utf-8")
    for path in ("~/a.png", Path("~/a.png")):
        assert load_image(path).shape == (32, 32, 3)
        assert load_mask(path).shape == (32, 32)
        assert read_rights(path).author == "Ann"
    (here / "~").mkdir()
    Image.fromarray(noise(16, 16)).save(here / "~" / "a.png")
    assert load_image("~/a.png").shape == (16, 16, 3)
    with pytest.raises(PictureError, match=r"'~/b\.png', where there is no file"):
        load_image("~/b.png")


def test_an_invalid_path_object_is_refused() -> None:
    class Strange:
        def __fspath__(self) -> str:
            return 3  # type: ignore[return-value]

    with pytest.raises(PictureError, match="cannot be reached"):
        load_image(Strange())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_refused_without_blocking(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PictureError, match="not a regular file"):
        load_image(tmp_path / "pipe.png")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user"
)
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(noise()).save(path)
    path.chmod(0)
    with pytest.raises(PictureError, match=r"[Pp]ermission"):
        load_image(path)


@pytest.mark.parametrize("shape", [(15, 16), (16, 15), (1, 1)])
def test_tiny_pictures_are_refused(tmp_path: Path, shape: tuple[int, int]) -> None:
    image = Image.fromarray(noise(*shape))
    image.save(tmp_path / "a.png")
    for source in (tmp_path / "a.png", image):
        with pytest.raises(PictureError, match=f"{shape[0]} × {shape[1]} px"):
            load_image(source)


@pytest.mark.parametrize("side", [15_812, 20_000, 100_000, 2**31 - 1])
def test_a_huge_size_in_the_header_is_refused_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    path = write(tmp_path / "a.png", png(side, side, 8, 2, b""))
    decoded: list[Image.Image] = []
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", decoded.append)
    with pytest.raises(PictureError, match="250 megapixels"):
        load_image(path)
    assert decoded == []


def test_the_limit_counts_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pillow_errors, "MAX_FILE_PIXELS", 400)
    for height, width in ((20, 20), (25, 16)):
        path = tmp_path / "a.png"
        Image.fromarray(noise(height, width)).save(path)
        for source in (path, noise(height, width)):
            assert load_image(source).shape == (height, width, 3)
    Image.fromarray(noise(20, 21)).save(tmp_path / "b.png")
    large = noise(20, 21)
    refused: tuple[PictureSource, ...] = (tmp_path / "b.png", large, Image.fromarray(large))
    for too_large in refused:
        with pytest.raises(PictureError, match=r"20 × 21 px|420 pixels"):
            load_image(too_large)


def test_pictures_above_the_limit_are_scaled_down_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = noise(80, 50)
    scaled = resize_to(load_image(large), 56, 35)
    monkeypatch.setattr(images, "MAX_PIXELS", 2_000)
    Image.fromarray(large).save(tmp_path / "a.png")
    sources: tuple[PictureSource, ...] = (tmp_path / "a.png", large, Image.fromarray(large))
    for source in sources:
        with pytest.warns(PictureWarning, match="80 × 50 px .* was scaled down to 56 × 35"):
            picture = load_image(source)
        np.testing.assert_array_equal(picture, scaled)
        assert load_image(source, size=40).shape == (40, 25, 3)
        assert "80 × 50 px" in image_warnings(source)[0]


@pytest.mark.parametrize("limit", [None, 1, 100, 300])
def test_pillows_own_limit_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    Image.fromarray(noise(20, 20)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert load_image(tmp_path / "a.png").shape == (20, 20, 3)
    with pytest.raises(PictureError, match="250 megapixels"):
        load_image(png(20_000, 20_000, 8, 2, b""))
    assert limit == Image.MAX_IMAGE_PIXELS


def test_loading_does_not_change_global_settings(tmp_path: Path) -> None:
    Image.fromarray(noise()).save(tmp_path / "a.png")
    filters, limit = list(warnings.filters), Image.MAX_IMAGE_PIXELS
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(load_image, [tmp_path / "a.png"] * 64))
    assert list(warnings.filters) == filters
    assert limit == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize(
    "error",
    [
        SyntaxError("bad"),
        struct.error("bad"),
        OverflowError("bad"),
        zlib.error("bad"),
        EOFError(),
        MemoryError(),
        RecursionError("bad"),
        KeyError("bad"),
        AssertionError(),
    ],
)
def test_all_pillow_errors_become_picture_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(_image: Image.Image) -> None:
        raise error

    Image.fromarray(noise()).save(tmp_path / "a.png")
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
    with pytest.raises(PictureError, match="cannot be read"):
        load_image(tmp_path / "a.png")


def test_a_closed_pillow_image_is_refused(tmp_path: Path) -> None:
    Image.fromarray(noise()).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        pass
    with pytest.raises(PictureError, match="a Pillow image"):
        load_image(image)


def sound_files() -> dict[str, bytes]:
    files = {}
    image = Image.fromarray(noise(18, 21))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    for name, file_format, options in (
        ("png", "PNG", {"exif": exif, "icc_profile": linear_rgb_profile()}),
        ("jpeg", "JPEG", {"exif": exif, "icc_profile": linear_rgb_profile()}),
        ("progressive", "JPEG", {"progressive": True}),
        ("gif", "GIF", {"save_all": True, "append_images": [image.rotate(90)]}),
        ("tiff", "TIFF", {"exif": exif, "icc_profile": linear_rgb_profile()}),
        ("lzw", "TIFF", {"compression": "tiff_lzw"}),
        ("webp", "WEBP", {"exif": exif, "icc_profile": linear_rgb_profile()}),
        ("bmp", "BMP", {}),
        ("ppm", "PPM", {}),
        ("jpeg2000", "JPEG2000", {}),
    ):
        buffer = BytesIO()
        options_: dict[str, Any] = options
        image.save(buffer, file_format, **options_)
        files[name] = buffer.getvalue()
    files["palette"] = png(
        16, 16, 8, 3, b"\x00\x01" * 128, (b"PLTE", bytes(6)), (b"tRNS", b"\x33\xcc")
    )
    return files


SOUND_FILES = sound_files()


@pytest.mark.parametrize("name", SOUND_FILES)
@settings(max_examples=3 * settings().max_examples)
@given(data=st.data())
@pytest.mark.filterwarnings(
    "ignore::stylelab.errors.PictureWarning"
)  # intact but for its second frame
def test_a_damaged_file_gives_a_picture_or_our_error(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    sound = SOUND_FILES[name]
    damaged = bytearray(sound[: data.draw(st.integers(0, len(sound)), label="length")])
    if damaged:
        places = st.integers(0, len(damaged) - 1) | st.integers(0, min(200, len(damaged) - 1))
        for place in data.draw(st.lists(places, max_size=6), label="places"):
            damaged[place] = data.draw(st.integers(0, 255))
    path = write(tmp_path / "damaged", bytes(damaged))
    try:
        picture = load_image(path)
    except PictureError:
        return
    assert_is_picture(picture)


@pytest.mark.parametrize("name", ["png", "jpeg", "gif", "tiff", "webp"])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str) -> None:
    sound = SOUND_FILES[name]
    for share in (0.1, 0.3, 0.5):
        path = write(tmp_path / "truncated", sound[: int(len(sound) * share)])
        with pytest.raises(PictureError, match="Received: "):
            load_image(path)
