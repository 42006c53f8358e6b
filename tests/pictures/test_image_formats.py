"""Tests of the colours, transparency and orientation of image files."""

import re
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import tifffile
from image_files import (
    GREEN,
    LOSSLESS,
    Array,
    assert_is_picture,
    cmyk_profile,
    encode_srgb,
    lab_to_srgb,
    linear_gray_profile,
    linear_rgb_profile,
    noise,
    noise_picture,
    over,
    png,
    write,
)
from PIL import ExifTags, Image

from stylelab.errors import PictureError, PictureWarning
from stylelab.pictures.images import (
    image_warnings,
    load_image,
)

# Colours of files


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "BMP", "PPM", "GIF", "JPEG2000"])
def test_lossless_formats_are_read_exactly(tmp_path: Path, file_format: str) -> None:
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


def test_one_bit_pictures_become_black_and_white(tmp_path: Path) -> None:
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


def test_tiff_files_with_white_as_zero_are_not_inverted(tmp_path: Path) -> None:
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


def test_float_tiff_is_accepted_from_0_to_1_and_refused_outside(tmp_path: Path) -> None:
    values = noise_picture()[..., 0]
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    np.testing.assert_array_equal(load_image(tmp_path / "a.tif")[..., 1], values)
    tifffile.imwrite(tmp_path / "b.tif", values * 255, photometric="minisblack")
    with pytest.raises(PictureError, match="by 255"):
        load_image(tmp_path / "b.tif")
    tifffile.imwrite(tmp_path / "c.tif", values * np.nan, photometric="minisblack")
    with pytest.raises(PictureError, match="NaN"):
        load_image(tmp_path / "c.tif")


def test_cmyk_is_converted_as_ink_on_white_paper(tmp_path: Path) -> None:
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
def test_lab_tiff_is_converted_by_the_definition_of_lab(
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


def test_a_pillow_image_is_not_modified() -> None:
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
def test_pictures_are_rotated_upright(tmp_path: Path, file_format: str, orientation: int) -> None:
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
def test_a_damaged_exif_block_is_ignored(tmp_path: Path, exif: bytes) -> None:
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
def test_the_first_frame_of_an_animation_is_read(tmp_path: Path, file_format: str) -> None:
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
    warning = "several pages" if file_format == "TIFF" else "is an animation"
    with pytest.warns(PictureWarning, match=f"{re.escape(repr(str(path)))} .*{warning}"):
        picture = load_image(path)
    np.testing.assert_array_equal(picture, np.broadcast_to([1, 0, 0], (16, 16, 3)))
    assert warning in image_warnings(path)[0]
    assert warning in image_warnings(path.read_bytes())[0]
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


def test_a_cmyk_profile_defines_the_inks(tmp_path: Path) -> None:
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
def test_a_broken_or_mismatched_profile_is_ignored(tmp_path: Path, embedded: bytes) -> None:
    Image.fromarray(noise()).save(tmp_path / "a.png", icc_profile=embedded)
    np.testing.assert_allclose(load_image(tmp_path / "a.png"), noise() / 255, atol=1e-7)


def test_an_rgb_profile_on_inks_is_ignored(tmp_path: Path) -> None:
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    image.save(tmp_path / "a.tif", icc_profile=linear_rgb_profile())
    np.testing.assert_allclose(load_image(tmp_path / "a.tif")[0, 0], [0, 1, 1], atol=1e-7)
