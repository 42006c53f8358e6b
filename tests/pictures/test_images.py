"""Pictures come in as a person would see them, or are refused in a sentence."""

import os
import re
import struct
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image

from stylelab.errors import PictureError, PictureWarning, SettingsError
from stylelab.pictures import images, picture_files
from stylelab.pictures.images import (
    Picture,
    PictureSource,
    cover,
    crop,
    image_warnings,
    load_image,
    resize,
    resize_to,
)
from stylelab.pictures.masks import load_mask
from stylelab.pictures.saving import read_settings
from stylelab.rights import read_rights

Array = NDArray[Any]

GREEN = (0.0, 1.0, 0.0)
LOSSLESS: dict[str, dict[str, Any]] = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}


def noise(height: int = 20, width: int = 24, channels: int = 3) -> NDArray[np.uint8]:
    random = np.random.default_rng(7)
    return random.integers(0, 256, (height, width, channels), dtype=np.uint8)


def noise_picture(height: int = 20, width: int = 24) -> Picture:
    return np.random.default_rng(7).random((height, width, 3), dtype=np.float32)


def png(
    width: int, height: int, depth: int, colour: int, pixels: bytes, *chunks: tuple[bytes, bytes]
) -> bytes:
    """A PNG file, byte by byte, so that no Pillow code decides what is in it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    size = len(pixels) // height  # bytes a row; 0 for a header without pixels
    rows = b"".join(b"\0" + pixels[at : at + size] for at in range(0, len(pixels), size or 1))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            *(chunk(name, data) for name, data in chunks),
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        ]
    )


def profile(space: bytes, tags: dict[bytes, bytes], *, pcs: bytes = b"XYZ ") -> bytes:
    """An ICC profile of version 2, byte by byte."""
    fixed = [struct.pack(">4sI3i", b"XYZ ", 0, 63190, 65536, 54061)]  # white: D50
    named = {b"wtpt": fixed[0], **tags}
    offset = 128 + 4 + 12 * len(named)
    table, body = struct.pack(">I", len(named)), b""
    for name, data in named.items():
        padded = data + b"\0" * (-len(data) % 4)
        table += struct.pack(">4sII", name, offset + len(body), len(data))
        body += padded
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = struct.pack(">I4sI4s4s4s", offset + len(body), b"test", 0x02400000, kind, space, pcs)
    header += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + body


# The primaries of sRGB, adapted to D50, as the ICC publishes them.
PRIMARIES = {
    "red": (0.43607, 0.22249, 0.01392),
    "green": (0.38515, 0.71687, 0.09708),
    "blue": (0.14307, 0.06061, 0.71410),
}
LINEAR = struct.pack(">4sII", b"curv", 0, 0)


def xyz(colour: str) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(value * 65536) for value in PRIMARIES[colour]))


def linear_rgb_profile(red: str = "red", blue: str = "blue") -> bytes:
    curves = {b"rTRC": LINEAR, b"gTRC": LINEAR, b"bTRC": LINEAR}
    return profile(
        b"RGB ", {b"rXYZ": xyz(red), b"gXYZ": xyz("green"), b"bXYZ": xyz(blue), **curves}
    )


def linear_gray_profile() -> bytes:
    return profile(b"GRAY", {b"kTRC": LINEAR})


def cmyk_profile(lab_of_cyan: tuple[int, int, int]) -> bytes:
    """Maps pure cyan ink to a chosen Lab colour, no ink to white, all other corners to black."""
    corners = np.zeros((2, 2, 2, 2, 3), dtype=np.uint8)
    corners[..., 1:] = 128
    corners[0, 0, 0, 0] = (255, 128, 128)
    lightness, a, b = lab_of_cyan
    corners[1, 0, 0, 0] = (round(lightness * 2.55), a + 128, b + 128)
    straight = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = struct.pack(">4sIBBBB", b"mft1", 0, 4, 3, 2, 0) + matrix
    table += straight * 4 + corners.tobytes() + straight * 3
    return profile(b"CMYK", {b"A2B0": table}, pcs=b"Lab ")


def encode_srgb(linear: Array) -> Array:
    clipped = np.clip(linear, 0, 1)
    encoded: Array = np.where(
        clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055
    )
    return encoded


def lab_to_srgb(lightness: float, a: float, b: float) -> Array:
    """Lab under D50 to sRGB, after CIE 15 and IEC 61966-2-1."""
    y = (lightness + 16) / 116
    roots = np.array([y + a / 500, y, y - b / 200])
    relative = np.where(roots > 6 / 29, roots**3, 3 * (6 / 29) ** 2 * (roots - 4 / 29))
    from_rgb = np.array([PRIMARIES[name] for name in ("red", "green", "blue")]).T
    return encode_srgb(np.linalg.solve(from_rgb, relative * (0.9642, 1.0, 0.8249)))


def over(colour: Array, alpha: Array, background: tuple[float, float, float]) -> Array:
    share = alpha[..., None]
    mixed: Array = colour * share + np.array(background) * (1 - share)
    return mixed


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def assert_is_picture(picture: Picture) -> None:
    assert picture.dtype == np.float32
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert picture.flags.c_contiguous
    assert picture.flags.writeable
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.max() <= 1


# Arrays


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (noise(), noise() / 255),
        (noise(channels=1), np.repeat(noise(channels=1) / 255, 3, axis=2)),
        (noise(channels=1)[..., 0], np.repeat(noise(channels=1) / 255, 3, axis=2)),
        (noise().astype(np.uint16) * 257, noise() / 255),
        (noise().astype(">u2") * 256 + 1, (noise() * 256.0 + 1) / 65535),
        (noise() > 127, (noise() > 127) * 1.0),
        (noise() / 255, noise() / 255),
        ((noise() / 255).astype(np.float16), (noise() / 255).astype(np.float16)),
        ((noise() / 255).astype(">f4"), noise() / 255),
        (np.asfortranarray(noise()), noise() / 255),
        (noise()[::-1, ::-1, ::-1], noise()[::-1, ::-1, ::-1] / 255),
    ],
)
def test_arrays_of_every_kind_become_pictures(array: Array, expected: Array) -> None:
    picture = load_image(array)
    assert_is_picture(picture)
    np.testing.assert_allclose(picture, expected, atol=1e-7)


@pytest.mark.parametrize("scale", [1 / 255, np.uint8(1), np.uint16(257)])
def test_arrays_with_transparency_are_composited(scale: Any) -> None:
    rgba = noise(channels=4)
    array: Array = rgba * scale
    expected = over(rgba[..., :3] / 255, rgba[..., 3] / 255, (0.25, 0.5, 1))
    picture = load_image(array, background=(0.25, 0.5, 1))
    assert_is_picture(picture)
    np.testing.assert_allclose(picture, expected, atol=1e-6)


@pytest.mark.parametrize("size", [None, 24, 40])
def test_the_source_array_stays_as_it_is_and_is_not_shared(size: int | None) -> None:
    array = noise_picture()
    before = array.copy()
    array.flags.writeable = False
    picture = load_image(array, size=size)
    assert not np.shares_memory(picture, array)
    picture[:] = 0
    np.testing.assert_array_equal(array, before)


def test_floats_a_rounding_error_outside_the_range_are_clipped() -> None:
    array = np.full((16, 16, 3), 1 + 5e-7)
    array[0] = -5e-7
    picture = load_image(array)
    assert picture[0].max() == 0
    assert picture[1].min() == 1


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (noise() / 1.0, "by 255"),
        (np.full((16, 16, 3), -0.01), r"\[0, 1\]"),
        (np.full((16, 16, 3), 1.01), r"\[0, 1\]"),
        (np.full((16, 16, 3), np.nan), "NaN or infinity"),
        (np.full((16, 16, 3), np.inf), "NaN or infinity"),
        (np.zeros((16, 16, 2)), "shape"),
        (np.zeros((3, 16, 16)), "np.moveaxis"),
        (np.zeros((1, 16, 16, 3)), r"batch\[0\]"),
        (np.zeros(16), "shape"),
        (np.array(0.5), "shape"),
        (np.zeros((0, 0, 3)), "16 px"),
        (np.zeros((15, 16, 3)), "16 px"),
        (np.zeros((16, 15)), "16 px"),
        (np.zeros((16, 16, 3), dtype=np.int64), "np.uint8"),
        (np.zeros((16, 16, 3), dtype=np.uint32), "uint32"),
        (np.zeros((16, 16, 3), dtype=complex), "complex128"),
        (np.full((16, 16, 3), None), "object"),
        (np.full((16, 16, 3), "red"), "<U3"),
        (np.broadcast_to(np.uint8(0), (25_001, 10_000, 3)), "250 megapixels"),
    ],
)
def test_unusable_arrays_are_refused_with_what_to_do(array: Array, says: str) -> None:
    with pytest.raises(PictureError, match=says) as caught:
        load_image(array)
    assert "Expected" in str(caught.value)
    assert "Received: " in str(caught.value)


@pytest.mark.parametrize("source", [None, [[0.5]], 3, bytearray(b"a.png"), object()])
def test_other_objects_are_refused_with_their_type(source: Any) -> None:
    with pytest.raises(PictureError, match=type(source).__name__):
        load_image(source)


# Sizes


@pytest.mark.parametrize(
    ("height", "width", "size", "expected"),
    [
        (40, 60, 30, (20, 30)),
        (60, 40, 30, (30, 20)),
        (20, 30, 90, (60, 90)),
        (17, 50, 49, (17, 49)),  # 16.66 rounds up
        (33, 66, 33, (17, 33)),  # 16.5 rounds up
    ],
)
def test_size_sets_the_longer_side_and_keeps_proportions(
    height: int, width: int, size: int, expected: tuple[int, int]
) -> None:
    assert load_image(noise(height, width), size=size).shape == (*expected, 3)
    assert resize(noise_picture(height, width), size).shape == (*expected, 3)


@pytest.mark.parametrize("size", [0, -5, 15, 1.5, 64.0, "64", True, 10**6, float("nan"), 10**400])
def test_sizes_that_are_no_sizes_are_refused(size: Any) -> None:
    with pytest.raises(SettingsError, match="Received"):
        load_image(noise(), size=size)
    with pytest.raises(SettingsError, match="Received"):
        resize(noise_picture(), size)


def test_numpy_integers_are_sizes() -> None:
    assert load_image(noise(), size=np.int64(48)).shape == (40, 48, 3)  # type: ignore[arg-type]


def test_a_panorama_that_would_become_too_thin_is_refused() -> None:
    with pytest.raises(PictureError, match="would become 15 × 64"):
        load_image(noise(30, 128), size=64)
    with pytest.raises(PictureError, match="would become 15 × 64"):
        resize(noise_picture(30, 128), 64)
    assert load_image(noise(31, 128), size=64).shape == (16, 64, 3)


@pytest.mark.parametrize("background", [(1, 1), (1, 1, 2), (-1, 0, 0), "red", None, (np.nan, 0, 0)])
def test_backgrounds_that_are_no_colours_are_refused(background: Any) -> None:
    with pytest.raises(SettingsError, match="background"):
        load_image(noise(), background=background)


def lanczos_matrix(source: int, target: int) -> Array:
    """Weights of Lanczos resampling with three lobes, widened when scaling down."""
    scale = source / target
    stretch = max(scale, 1.0)
    centres = (np.arange(target)[:, None] + 0.5) * scale
    distance = (np.arange(source)[None, :] + 0.5 - centres) / stretch
    weights = np.where(np.abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)
    normalised: Array = weights / weights.sum(axis=1, keepdims=True)
    return normalised


@pytest.mark.parametrize("shape", [(9, 11), (20, 11), (55, 24), (64, 70), (1, 1)])
def test_scaling_is_antialiased_lanczos_in_floats(shape: tuple[int, int]) -> None:
    picture = noise_picture()
    down, across = lanczos_matrix(20, shape[0]), lanczos_matrix(24, shape[1])
    expected = np.einsum("ih,hwc,jw->ijc", down, picture.astype(np.float64), across)
    scaled = resize_to(picture, *shape)
    assert_is_picture(scaled)
    np.testing.assert_allclose(scaled, np.clip(expected, 0, 1), atol=2e-6)


def test_scaling_on_loading_is_the_same_as_scaling_after() -> None:
    np.testing.assert_allclose(
        load_image(noise(), size=21), resize(load_image(noise()), 21), atol=1e-7
    )


def test_fine_stripes_become_gray_instead_of_moire() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.float32)
    stripes[:, ::2] = 1
    np.testing.assert_allclose(resize(stripes, 16)[:, 2:-2], 0.5, atol=0.01)


def test_overshoot_at_an_edge_is_clipped() -> None:
    edge = np.zeros((20, 20, 3), dtype=np.float32)
    edge[:, 10:] = 1
    assert_is_picture(resize(edge, 50))


@pytest.mark.parametrize(
    "same",
    [
        lambda picture: resize(picture, 24),
        lambda picture: resize_to(picture, 20, 24),
        lambda picture: crop(picture, 20, 24),
        lambda picture: cover(picture, 20, 24),
        lambda picture: load_image(picture, size=24),
    ],
)
def test_the_same_size_gives_the_same_values_in_a_new_array(
    same: Callable[[Picture], Picture],
) -> None:
    picture = noise_picture()
    result = same(picture)
    np.testing.assert_array_equal(result, picture)
    assert not np.shares_memory(result, picture)


def test_invisible_pixels_do_not_bleed_when_scaled() -> None:
    rgba = np.zeros((32, 32, 4), dtype=np.uint8)
    rgba[..., 0] = 255  # the invisible half is red as well
    rgba[:, :16] = (0, 0, 255, 255)
    scaled = load_image(rgba, size=48, background=(0, 0, 1))
    np.testing.assert_allclose(scaled, np.broadcast_to((0, 0, 1), scaled.shape), atol=1e-6)


@given(
    height=st.integers(1, 30),
    width=st.integers(1, 30),
    down=st.floats(0, 1),
    right=st.floats(0, 1),
)
def test_a_crop_lies_within_the_picture_where_its_anchor_says(
    height: int, width: int, down: float, right: float
) -> None:
    rows, columns = np.mgrid[0:30, 0:30].astype(np.float32) / 30
    picture = np.stack([rows, columns, rows], axis=-1)
    part = crop(picture, height, width, anchor=(down, right))
    assert_is_picture(part)
    assert part.shape == (height, width, 3)
    top, left = int(down * (30 - height)), int(right * (30 - width))
    np.testing.assert_array_equal(part, picture[top : top + height, left : left + width])


@pytest.mark.parametrize(("height", "width"), [(21, 24), (20, 25), (0, 5), (5, 2.0)])
def test_crops_that_do_not_fit_are_refused(height: Any, width: Any) -> None:
    with pytest.raises(SettingsError, match="Received"):
        crop(noise_picture(), height, width)


@pytest.mark.parametrize("anchor", [(1.1, 0), (0, -0.1), (0.5,), None, "ab"])
def test_anchors_outside_the_picture_are_refused(anchor: Any) -> None:
    with pytest.raises(SettingsError, match="anchor"):
        crop(noise_picture(), 5, 5, anchor=anchor)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_cover_fills_every_shape_without_distortion(
    source_height: int, source_width: int, height: int, width: int
) -> None:
    rows, columns = np.mgrid[0:source_height, 0:source_width].astype(np.float32) / 60
    filled = cover(np.stack([rows, columns, rows], axis=-1), height, width)
    assert_is_picture(filled)
    assert filled.shape == (height, width, 3)


def test_cover_keeps_the_centre_and_the_proportions() -> None:
    picture = np.zeros((40, 80, 3), dtype=np.float32)
    picture[10:30, 30:50] = 1  # a square in the centre, a quarter of the height from each edge
    filled = cover(picture, 80, 80)
    np.testing.assert_allclose(filled[20:60, 20:60].mean(), 1, atol=0.03)
    np.testing.assert_allclose(filled.mean(), 0.25, atol=0.01)


def test_results_of_more_than_100_megapixels_are_refused() -> None:
    with pytest.raises(SettingsError, match="100 megapixels"):
        resize_to(noise_picture(), 10_001, 10_000)
    with pytest.raises(SettingsError, match="100 megapixels"):
        resize(noise_picture(), 20_000)
    with pytest.raises(SettingsError, match="100 megapixels"):
        cover(noise_picture(16, 2), 200, 5000)
    with pytest.raises(SettingsError, match="100 megapixels"):
        load_image(noise(), size=20_000)


@pytest.mark.parametrize("image", [noise(), noise_picture() * 2, noise_picture()[0], None, [1.0]])
def test_geometry_takes_nothing_but_pictures(image: Any) -> None:
    for function in (crop, cover, resize_to):
        with pytest.raises(PictureError, match="Received"):
            function(image, 16, 16)
    with pytest.raises(PictureError, match="Received"):
        resize(image, 16)


# Colours of files


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "BMP", "PPM", "GIF", "JPEG2000"])
def test_lossless_formats_give_their_values(tmp_path: Path, file_format: str) -> None:
    array = noise(16, 16)  # 256 colours, which a GIF can hold
    image = Image.fromarray(array)
    if file_format == "GIF":
        image = image.quantize(256)
        array = np.asarray(image.convert("RGB"))
    path = tmp_path / "picture"
    image.save(path, file_format, **LOSSLESS.get(file_format, {}))
    picture = load_image(path)
    assert_is_picture(picture)
    np.testing.assert_allclose(picture, array / 255, atol=1e-7)
    np.testing.assert_array_equal(load_image(str(path)), picture)
    with Image.open(path) as opened:
        np.testing.assert_array_equal(load_image(opened), picture)


def test_one_bit_pictures_are_black_and_white(tmp_path: Path) -> None:
    data = png(16, 16, 1, 0, b"\xf0\x0f" * 16)
    row = np.repeat([1.0, 0.0, 1.0], [4, 8, 4])
    np.testing.assert_array_equal(load_image(write(tmp_path / "a.png", data))[3, :, 1], row)


def test_16_bit_gray_keeps_all_its_levels(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 20 * 24).astype(np.uint16).reshape(20, 24)
    expected = np.repeat(values[..., None] / 65535, 3, axis=2)
    paths = [tmp_path / "a.png", tmp_path / "little.tif", tmp_path / "big.tif", tmp_path / "a.pgm"]
    write(paths[0], png(24, 20, 16, 0, values.astype(">u2").tobytes()))
    tifffile.imwrite(paths[1], values, photometric="minisblack", byteorder="<")
    tifffile.imwrite(paths[2], values, photometric="minisblack", byteorder=">")
    write(paths[3], b"P5 24 20 65535\n" + values.astype(">u2").tobytes())
    for path in paths:
        np.testing.assert_allclose(load_image(path), expected, atol=1e-7, err_msg=path.name)
    for image in (
        Image.fromarray(values),
        Image.fromarray(values.astype(np.int32)),
        Image.frombytes("I;16B", (24, 20), values.astype(">u2").tobytes()),
    ):
        np.testing.assert_allclose(load_image(image), expected, atol=1e-7, err_msg=image.mode)


def test_gray_values_beyond_16_bits_are_refused() -> None:
    for value in (65536, -1):
        with pytest.raises(PictureError, match="65535"):
            load_image(Image.new("I", (16, 16), value))


def test_tiff_files_where_zero_is_white_are_not_negatives(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 20 * 24).astype(np.uint16).reshape(20, 24)
    tifffile.imwrite(tmp_path / "16.tif", values, photometric="miniswhite")
    tifffile.imwrite(tmp_path / "8.tif", (values >> 8).astype(np.uint8), photometric="miniswhite")
    np.testing.assert_allclose(
        load_image(tmp_path / "16.tif")[..., 0], 1 - values / 65535, atol=1e-7
    )
    tifffile.imwrite(
        tmp_path / "float.tif", (values / 65535).astype(np.float32), photometric="miniswhite"
    )
    np.testing.assert_allclose(
        load_image(tmp_path / "float.tif")[..., 0], 1 - values / 65535, atol=1e-7
    )
    np.testing.assert_allclose(
        load_image(tmp_path / "8.tif")[..., 0], 1 - (values >> 8) / 255, atol=1e-7
    )


def test_float_tiff_is_taken_in_the_unit_range_and_refused_outside(tmp_path: Path) -> None:
    values = noise_picture()[..., 0]
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    np.testing.assert_array_equal(load_image(tmp_path / "a.tif")[..., 1], values)
    tifffile.imwrite(tmp_path / "b.tif", values * 255, photometric="minisblack")
    with pytest.raises(PictureError, match="by 255"):
        load_image(tmp_path / "b.tif")
    tifffile.imwrite(tmp_path / "c.tif", values * np.nan, photometric="minisblack")
    with pytest.raises(PictureError, match="NaN"):
        load_image(tmp_path / "c.tif")


def test_cmyk_is_ink_on_white_paper(tmp_path: Path) -> None:
    inks = np.repeat(np.repeat(noise(3, 4, 4), 8, axis=0), 8, axis=1)
    share = inks / 255
    expected = (1 - share[..., :3]) * (1 - share[..., 3:])
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated")
    np.testing.assert_allclose(load_image(tmp_path / "a.tif"), expected, atol=1 / 255)
    Image.frombytes("CMYK", (32, 24), inks.tobytes()).save(tmp_path / "a.jpg", quality=100)
    assert b"Adobe" in (tmp_path / "a.jpg").read_bytes()
    np.testing.assert_allclose(load_image(tmp_path / "a.jpg"), expected, atol=4 / 255)


def test_ycbcr_follows_the_jpeg_definition() -> None:
    y, cb, cr = 120.0, 90.0, 200.0
    image = Image.new("YCbCr", (16, 16), (int(y), int(cb), int(cr)))
    expected = [
        y + 1.402 * (cr - 128),
        y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128),
        y + 1.772 * (cb - 128),
    ]
    np.testing.assert_allclose(
        load_image(image)[5, 5], np.clip(expected, 0, 255) / 255, atol=1.5 / 255
    )


@pytest.mark.parametrize("lab", [(60, 40, -30), (50, -20, 30), (100, 0, 0), (0, 0, 0), (53, 0, 0)])
def test_lab_tiff_gives_the_colour_that_lab_defines(
    tmp_path: Path, lab: tuple[int, int, int]
) -> None:
    stored = np.array([round(lab[0] * 2.55), lab[1] % 256, lab[2] % 256], dtype=np.uint8)
    path = tmp_path / "lab.tif"
    tifffile.imwrite(path, np.tile(stored, (16, 16, 1)), photometric="cielab")
    np.testing.assert_allclose(load_image(path)[3, 3], lab_to_srgb(*lab), atol=2 / 255)


def test_palette_colours_are_looked_up(tmp_path: Path) -> None:
    palette = bytes([255, 0, 0, 0, 128, 0, 0, 0, 255, 10, 20, 30])
    data = png(16, 16, 2, 3, b"\x1b" * 64, (b"PLTE", palette))
    expected = np.tile(np.frombuffer(palette, np.uint8).reshape(4, 3) / 255, (4, 1))
    np.testing.assert_allclose(load_image(write(tmp_path / "a.png", data))[7], expected, atol=1e-7)


# Transparency of files


@pytest.mark.parametrize(
    ("depth", "colour", "row", "transparent", "visible", "alpha"),
    [
        (1, 0, b"\xf0\xf0", b"\0\1", [1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1]),
        (1, 0, b"\xf0\xf0", b"\0\0", [1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0]),
        (2, 0, b"\x1b" * 4, b"\0\2", [0, 1 / 3, 2 / 3, 1], [1, 1, 0, 1]),
        (4, 0, b"\x0a\xf5" * 4, b"\0\x0a", [0, 2 / 3, 1, 1 / 3], [1, 0, 1, 1]),
        (8, 0, b"\x00\xa5" * 8, b"\0\xa5", [0, 165 / 255], [1, 0]),
        (16, 0, b"\1\0\1\1" * 8, b"\1\0", [256 / 65535, 257 / 65535], [0, 1]),
        (8, 4, b"\x80\x40\xff\xff" * 8, None, [128 / 255, 1], [64 / 255, 1]),
        (16, 4, b"\x80\x80\x40\x40\xff\xff\xff\xff" * 8, None, [128 / 255, 1], [64 / 255, 1]),
    ],
)
def test_transparent_gray_shows_the_background(
    tmp_path: Path,
    *,
    depth: int,
    colour: int,
    row: bytes,
    transparent: bytes | None,
    visible: list[float],
    alpha: list[float],
) -> None:
    chunks = [(b"tRNS", transparent)] if transparent else []
    path = write(tmp_path / "a.png", png(16, 16, depth, colour, row * 16, *chunks))
    count = 16 // len(visible)
    gray = np.tile(np.array(visible), count)[:, None].repeat(3, axis=1)
    expected = over(gray, np.tile(np.array(alpha), count), GREEN)
    np.testing.assert_allclose(load_image(path, background=GREEN)[9], expected, atol=1e-6)


ONE = b"\x12\x56\x9a"
ONE_16 = b"\x12\x34\x56\x78\x9a\xbc"
TWO = b"\x00\xff\x00"
TWO_16 = b"\x00\x00\xff\xff\x00\x00"


@pytest.mark.parametrize(
    ("data", "alpha"),
    [
        (png(16, 16, 8, 2, (ONE + TWO) * 128, (b"tRNS", b"\0\x12\0\x56\0\x9a")), [0, 1]),
        (png(16, 16, 16, 2, (ONE_16 + TWO_16) * 128, (b"tRNS", ONE_16)), [0, 1]),
        (png(16, 16, 8, 6, (ONE + b"\x33" + TWO + b"\xcc") * 128), [0.2, 0.8]),
        (png(16, 16, 16, 6, (ONE_16 + b"\x33\x33" + TWO_16 + b"\xcc\xcc") * 128), [0.2, 0.8]),
        (
            png(16, 16, 8, 3, b"\0\1" * 128, (b"PLTE", ONE + TWO), (b"tRNS", b"\x33\xcc")),
            [0.2, 0.8],
        ),
        (png(16, 16, 8, 3, b"\0\1" * 128, (b"PLTE", ONE + TWO), (b"tRNS", b"\xff\0")), [1, 0]),
    ],
    ids=["RGB+tRNS", "16-bit RGB+tRNS", "RGBA", "16-bit RGBA", "palette", "palette with one"],
)
def test_transparent_colours_show_the_background(
    tmp_path: Path, data: bytes, alpha: list[float]
) -> None:
    path = write(tmp_path / "a.png", data)
    colours = np.frombuffer((ONE + TWO) * 8, np.uint8).reshape(16, 3) / 255
    expected = over(colours, np.tile(np.array(alpha), 8), (0.5, 0.25, 1))
    picture = load_image(path, background=(0.5, 0.25, 1))
    np.testing.assert_allclose(picture[9], expected, atol=1e-6)
    np.testing.assert_allclose(
        load_image(path)[9], over(colours, np.tile(alpha, 8), (1, 1, 1)), atol=1e-6
    )


@pytest.mark.parametrize(
    ("mode", "pixel", "colour"),
    [
        ("LA", (200, 51), (200, 200, 200)),
        ("La", (40, 51), (200, 200, 200)),
        ("RGBA", (200, 100, 0, 51), (200, 100, 0)),
        ("RGBa", (40, 20, 0, 51), (200, 100, 0)),
    ],
)
def test_pillow_images_with_alpha_are_composited(
    mode: str, pixel: tuple[int, ...], colour: tuple[int, int, int]
) -> None:
    expected = 0.2 * np.array(colour) / 255 + 0.8 * np.array([0, 1, 0.5])
    picture = load_image(Image.new(mode, (16, 16), pixel), background=(0, 1, 0.5))
    np.testing.assert_allclose(picture[3, 3], expected, atol=1e-6)


def test_a_palette_with_an_alpha_channel_is_composited() -> None:
    image = Image.new("P", (16, 16), 1)
    image.putpalette([0, 0, 0, 200, 100, 0])
    with_alpha = image.convert("PA")
    with_alpha.putalpha(51)
    assert with_alpha.mode == "PA"
    expected = 0.2 * np.array([200, 100, 0]) / 255 + 0.8
    np.testing.assert_allclose(load_image(with_alpha)[3, 3], expected, atol=1e-6)


def test_a_given_pillow_image_stays_as_it_is() -> None:
    data = png(16, 16, 8, 3, b"\x00\x01" * 128, (b"PLTE", bytes(6)), (b"tRNS", b"\x33\xcc"))
    image = Image.open(BytesIO(data))
    image.load()
    before = (image.mode, image.info.copy(), image.getpalette("RGBA"), image.tobytes())
    first = load_image(image, background=GREEN)
    assert (image.mode, image.info, image.getpalette("RGBA"), image.tobytes()) == before
    np.testing.assert_array_equal(load_image(image, background=GREEN), first)


# Orientation, animation and colour profiles of files

UPRIGHT: dict[int, Callable[[Array], Array]] = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).transpose(1, 0, 2),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_pictures_stand_upright(tmp_path: Path, file_format: str, orientation: int) -> None:
    blocks = np.repeat(np.repeat(noise(2, 3), 16, axis=0), 16, axis=1)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / "picture"
    options = LOSSLESS.get(file_format, {"quality": 100, "subsampling": 0})
    Image.fromarray(blocks).save(path, file_format, exif=exif, **options)
    expected = UPRIGHT[orientation](blocks / 255)
    atol = 3 / 255 if file_format == "JPEG" else 1e-7
    np.testing.assert_allclose(load_image(path), expected, atol=atol)
    with Image.open(path) as image:
        np.testing.assert_allclose(load_image(image), expected, atol=atol)
        np.testing.assert_allclose(load_image(image), expected, atol=atol, err_msg="again")


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\1\2", b"x"]
)
def test_a_damaged_exif_block_is_no_obstacle(tmp_path: Path, exif: bytes) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(noise()).save(path, exif=exif)
    np.testing.assert_allclose(load_image(path), noise() / 255, atol=1e-7)


@pytest.mark.parametrize("value", [0, 9, 255, 65535])
def test_an_unknown_orientation_is_ignored(tmp_path: Path, value: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = value
    Image.fromarray(noise()).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_allclose(load_image(tmp_path / "a.png"), noise() / 255, atol=1e-7)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_comes_the_first_frame(tmp_path: Path, file_format: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    path = tmp_path / "picture"
    frames[0].save(
        path,
        file_format,
        save_all=True,
        append_images=frames[1:],
        duration=100,
        **LOSSLESS.get(file_format, {}),
    )
    with Image.open(path) as image:
        assert getattr(image, "n_frames", 1) == 3
    said = "several pages" if file_format == "TIFF" else "is an animation"
    with pytest.warns(PictureWarning, match=f"{re.escape(repr(str(path)))} .*{said}"):
        picture = load_image(path)
    np.testing.assert_array_equal(picture, np.broadcast_to([1, 0, 0], (16, 16, 3)))
    assert said in image_warnings(path)[0]
    assert said in image_warnings(path.read_bytes())[0]
    with Image.open(path) as image:  # who chose a frame knows of it
        image.seek(1)
        np.testing.assert_array_equal(load_image(image)[0, 0], [0, 1, 0])


def test_an_embedded_profile_is_applied(tmp_path: Path) -> None:
    linear, swapped = linear_rgb_profile(), linear_rgb_profile(red="blue", blue="red")
    expected = encode_srgb(noise() / 255)
    for file_format, options in LOSSLESS.items():
        path = tmp_path / file_format
        image = Image.fromarray(noise())
        image.save(path, file_format, icc_profile=linear, **options)
        np.testing.assert_allclose(load_image(path), expected, atol=1.5 / 255, err_msg=file_format)
        image.save(path, file_format, icc_profile=swapped, **options)
        np.testing.assert_allclose(
            load_image(path), expected[..., ::-1], atol=1.5 / 255, err_msg=file_format
        )
    assert np.abs(expected - noise() / 255).max() > 0.2  # the profile is worth applying


def test_a_profile_applies_to_transparent_gray_and_palette_pictures(tmp_path: Path) -> None:
    rgba = noise(channels=4)
    path = tmp_path / "a.png"
    linear = linear_rgb_profile()
    Image.fromarray(rgba).save(path, icc_profile=linear)
    expected = over(encode_srgb(rgba[..., :3] / 255), rgba[..., 3] / 255, GREEN)
    np.testing.assert_allclose(load_image(path, background=GREEN), expected, atol=1.5 / 255)

    palette = bytes([10, 20, 30, 100, 50, 0])
    embedded = (b"iCCP", b"p\0\0" + zlib.compress(linear))
    write(path, png(16, 16, 8, 3, b"\x00\x01" * 128, embedded, (b"PLTE", palette)))
    expected = encode_srgb(np.frombuffer(palette, np.uint8).reshape(2, 3) / 255)
    np.testing.assert_allclose(load_image(path)[0, :2], expected, atol=1.5 / 255)

    for fitting in (linear, linear_gray_profile()):
        gray = noise(channels=1)[..., 0]
        Image.fromarray(gray).save(path, icc_profile=fitting)
        np.testing.assert_allclose(
            load_image(path)[..., 2], encode_srgb(gray / 255), atol=1.5 / 255
        )
        Image.merge("LA", [Image.fromarray(gray)] * 2).save(path, icc_profile=fitting)
        expected = over(encode_srgb(gray / 255)[..., None], gray / 255, (0, 0, 0))
        picture = load_image(path, background=(0, 0, 0))
        np.testing.assert_allclose(picture, expected, atol=1.5 / 255)


def test_a_gray_profile_applies_to_16_bits_between_its_levels(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 20 * 24).astype(np.uint16).reshape(20, 24)
    path = tmp_path / "a.png"
    embedded = (b"iCCP", b"p\0\0" + zlib.compress(linear_gray_profile()))
    write(path, png(24, 20, 16, 0, values.astype(">u2").tobytes(), embedded))
    expected = encode_srgb(values / 65535)
    np.testing.assert_allclose(load_image(path)[..., 1], expected, atol=3 / 255)


def test_a_cmyk_profile_decides_about_the_inks(tmp_path: Path) -> None:
    lab = (55, 60, 40)
    pixels = np.zeros((16, 16, 4), dtype=np.uint8)
    pixels[:, 8:, 0] = 255
    Image.frombytes("CMYK", (16, 16), pixels.tobytes()).save(
        tmp_path / "a.jpg", quality=100, icc_profile=cmyk_profile(lab)
    )
    picture = load_image(tmp_path / "a.jpg")
    np.testing.assert_allclose(picture[8, 2], 1, atol=2 / 255)
    np.testing.assert_allclose(picture[8, 13], lab_to_srgb(*lab), atol=3 / 255)


@pytest.mark.parametrize(
    "embedded",
    [
        b"nonsense",
        linear_rgb_profile()[:140],
        linear_rgb_profile()[:300],
        linear_gray_profile(),
        cmyk_profile((50, 0, 0)),
    ],
)
def test_a_broken_or_unfitting_profile_is_ignored(tmp_path: Path, embedded: bytes) -> None:
    Image.fromarray(noise()).save(tmp_path / "a.png", icc_profile=embedded)
    np.testing.assert_allclose(load_image(tmp_path / "a.png"), noise() / 255, atol=1e-7)


def test_an_rgb_profile_on_inks_is_ignored(tmp_path: Path) -> None:
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    image.save(tmp_path / "a.tif", icc_profile=linear_rgb_profile())
    np.testing.assert_allclose(load_image(tmp_path / "a.tif")[0, 0], [0, 1, 1], atol=1e-7)


# What is no picture


def test_places_without_a_picture_are_refused(tmp_path: Path) -> None:
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
def test_an_address_is_refused_with_what_to_do(address: str, *, as_path: bool) -> None:
    with pytest.raises(PictureError, match=r"on this computer.*Download the picture") as caught:
        load_image(Path(address) if as_path else address)
    assert "cannot be reached" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_file_that_is_named_like_an_address_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_path_object_that_gives_no_path_is_refused() -> None:
    class Strange:
        def __fspath__(self) -> str:
            return 3  # type: ignore[return-value]

    with pytest.raises(PictureError, match="cannot be reached"):
        load_image(Strange())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
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
def test_a_header_that_claims_a_giant_is_refused_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    path = write(tmp_path / "a.png", png(side, side, 8, 2, b""))
    decoded: list[Image.Image] = []
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", decoded.append)
    with pytest.raises(PictureError, match="250 megapixels"):
        load_image(path)
    assert decoded == []


def test_the_limit_counts_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "MAX_FILE_PIXELS", 400)
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


def test_what_is_too_large_for_one_picture_is_scaled_down_and_that_is_said(
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
def test_pillow_s_own_limit_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    Image.fromarray(noise(20, 20)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert load_image(tmp_path / "a.png").shape == (20, 20, 3)
    with pytest.raises(PictureError, match="250 megapixels"):
        load_image(png(20_000, 20_000, 8, 2, b""))
    assert limit == Image.MAX_IMAGE_PIXELS


def test_loading_leaves_global_settings_alone(tmp_path: Path) -> None:
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
def test_whatever_pillow_raises_becomes_one_kind_of_error(
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
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_damaged_file_is_a_picture_or_an_error_of_ours(
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
