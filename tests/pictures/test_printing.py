"""Tests of printing: size on paper, resolution and colour profiles."""

import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, TiffImagePlugin, TiffTags
from PIL.PngImagePlugin import PngInfo
from skimage import color

from stylelab.errors import OutputError, PictureError, SettingsError
from stylelab.pictures.icc_profiles import (
    embedded_profile,
    rgb_profile,
    srgb_profile,
    wide_gamut_profile,
)
from stylelab.pictures.images import Picture, load_image
from stylelab.pictures.printing import prepare_for_print, print_size_in_pixels, read_print_info
from stylelab.pictures.saving import read_settings, save_image

PRINTABLE = ["print.png", "print.jpg", "print.tif"]
LOSSLESS = ["print.png", "print.tif"]


def make_picture(height: int = 24, width: int = 36) -> Picture:
    return np.random.default_rng(1).random((height, width, 3), dtype=np.float32)


def pixels(path: Path) -> NDArray[np.int64]:
    with Image.open(path) as image:
        return np.asarray(image, np.int64)


def wide_photo(path: Path, name: Any = "adobe_rgb") -> Path:
    levels = np.random.default_rng(2).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    Image.fromarray(levels).save(path, icc_profile=wide_gamut_profile(name))
    return path


# The profiles: beside published numbers and formulas, not beside our own code.

# http://www.brucelindbloom.com/index.html?Eqn_RGB_XYZ_Matrix.html, Adobe RGB (1998), D50.
ADOBE_TO_XYZ = np.array(
    [
        [0.6097559, 0.2052401, 0.1492240],
        [0.3111242, 0.6256560, 0.0632197],
        [0.0194811, 0.0608902, 0.7448387],
    ]
)
SRGB_TO_XYZ = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)


def linear(values: NDArray[np.float64]) -> NDArray[np.float64]:
    curve: NDArray[np.float64] = np.where(
        values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )
    return curve


def in_adobe_rgb(srgb: NDArray[np.int64]) -> NDArray[np.float64]:
    light = linear(srgb / 255) @ SRGB_TO_XYZ.T @ np.linalg.inv(ADOBE_TO_XYZ).T
    return np.asarray(255 * light.clip(0, 1) ** (256 / 563), np.float64)


def max_difference(one: Any, other: Any) -> float:
    """By how much colours differ at most, in units of CIE's formula of 2000."""
    tools: Any = color
    return float(tools.deltaE_ciede2000(tools.rgb2lab(one), tools.rgb2lab(other)).max())


def colorants(name: Any) -> NDArray[np.float64]:
    """XYZ of red, green and blue, in columns, as Little CMS reads them."""
    read: Any = ImageCms.ImageCmsProfile(BytesIO(wide_gamut_profile(name))).profile
    rows = [read.red_colorant[0], read.green_colorant[0], read.blue_colorant[0]]
    return np.transpose(rows)


@pytest.mark.parametrize("name", ["adobe_rgb", "display_p3"])
def test_profiles_are_accepted_by_little_cms(name: Any) -> None:
    profile = ImageCms.ImageCmsProfile(BytesIO(wide_gamut_profile(name)))
    assert profile.profile.xcolor_space.strip() == "RGB"
    assert profile.profile.device_class == "mntr"
    assert profile.profile.is_matrix_shaper
    np.testing.assert_allclose(colorants(name).sum(1), (0.9642, 1, 0.8249), atol=1e-4)  # D50


def test_adobe_rgb_has_the_published_primaries() -> None:
    np.testing.assert_allclose(colorants("adobe_rgb"), ADOBE_TO_XYZ, atol=5e-4)


def test_display_p3_has_the_published_primaries() -> None:
    # As in the profile that Apple's systems come with.
    expected = [
        [0.51512, 0.29198, 0.1571],
        [0.2412, 0.69225, 0.06657],
        [-0.00105, 0.04189, 0.78407],
    ]
    np.testing.assert_allclose(colorants("display_p3"), expected, atol=3e-4)


@pytest.mark.parametrize("name", ["adobe_rgb", "display_p3"])
def test_profile_tags_are_aligned_to_four_bytes(name: Any) -> None:
    profile = wide_gamut_profile(name)
    (count,) = struct.unpack_from(">I", profile, 128)
    starts = [struct.unpack_from(">I", profile, 136 + 12 * number)[0] for number in range(count)]
    assert count == 9
    assert [start % 4 for start in starts] == [0] * count
    assert len(profile) % 4 == 0


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(SettingsError, match="adobe_rgb, display_p3"):
        wide_gamut_profile("prophoto")  # type: ignore[arg-type]


# The size on paper


@pytest.mark.parametrize("name", PRINTABLE)
def test_a_print_reports_its_size(tmp_path: Path, name: str) -> None:
    path = save_image(tmp_path / name, make_picture(240, 300))
    assert read_print_info(path).dots_per_inch in (None, 72)  # a JPEG cannot say nothing
    prepare_for_print(path, dots_per_inch=150)
    facts = read_print_info(path)
    assert facts.dots_per_inch == pytest.approx(150, abs=0.02)
    assert facts.centimetres == pytest.approx((300 / 150 * 2.54, 240 / 150 * 2.54), abs=0.001)
    assert "5.1 × 4.1 cm" in str(facts)


def test_pixels_for_a_length_on_paper() -> None:
    assert print_size_in_pixels(2.54) == 300
    assert print_size_in_pixels(25.4, 100) == 1000
    assert print_size_in_pixels(30) == 3544  # 3543.3, and not one too few
    assert [print_size_in_pixels(inches * 2.54) for inches in range(1, 99)] == [
        *range(300, 29700, 300)
    ]


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), "A4", None])
def test_invalid_lengths_are_refused(wrong: Any) -> None:
    with pytest.raises(SettingsError, match="length on paper"):
        print_size_in_pixels(wrong)


@pytest.mark.parametrize("wrong", [0, -300, float("nan"), 1e9, "300"])
def test_invalid_resolutions_are_refused(tmp_path: Path, wrong: Any) -> None:
    path = save_image(tmp_path / "print.png", make_picture())
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="dots per inch"):
        prepare_for_print(path, dots_per_inch=wrong)
    with pytest.raises(SettingsError, match="dots per inch"):
        print_size_in_pixels(10, wrong)
    assert path.read_bytes() == before


# Colours


@pytest.mark.parametrize("name", PRINTABLE)
def test_without_a_source_pixel_values_are_kept_and_tagged_srgb(tmp_path: Path, name: str) -> None:
    path = save_image(tmp_path / name, make_picture())
    before = pixels(path)
    prepare_for_print(path)
    np.testing.assert_array_equal(pixels(path), before)
    assert "sRGB" in str(read_print_info(path).profile)
    profile = ImageCms.ImageCmsProfile(BytesIO(embedded_profile(path) or b""))
    there = ImageCms.profileToProfile(
        Image.fromarray(before.astype(np.uint8)), profile, ImageCms.createProfile("sRGB")
    )
    assert np.abs(np.asarray(there, np.int64) - before).max() <= 1


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_wide_profile_is_restored_with_the_same_visible_colours(
    tmp_path: Path, name: str
) -> None:
    photo = wide_photo(tmp_path / "photo.jpg")
    path = save_image(tmp_path / name, make_picture())
    before = pixels(path)
    prepare_for_print(path, like=photo)
    assert embedded_profile(path) == embedded_profile(photo)
    assert "Adobe RGB" in str(read_print_info(path))
    # Other numbers, by the published formulas, …
    np.testing.assert_allclose(pixels(path), in_adobe_rgb(before), atol=1.5)
    assert np.abs(pixels(path) - before).max() > 20
    # … for the same colours.
    assert max_difference(load_image(path), before / 255) < 1.5  # an eye sees about 2


def test_a_jpeg_with_a_wide_profile_keeps_colours_up_to_compression(
    tmp_path: Path,
) -> None:
    smooth = np.linspace(0, 1, 48 * 48 * 3, dtype=np.float32).reshape(48, 48, 3)
    path = save_image(tmp_path / "print.jpg", smooth)
    before = load_image(path)
    prepare_for_print(path, like=wide_photo(tmp_path / "photo.png", "display_p3"))
    assert "P3" in str(read_print_info(path))
    assert np.abs(load_image(path) - before).max() < 10 / 255
    rough = save_image(tmp_path / "rough.png", make_picture())
    before = load_image(rough)
    Image.fromarray(pixels(rough).astype(np.uint8)).save(path, quality=100, subsampling=0)
    prepare_for_print(path, like=tmp_path / "photo.png")
    assert np.abs(load_image(path) - before).mean() < 6 / 255


@pytest.mark.parametrize("name", PRINTABLE)
def test_the_old_resolution_is_removed(tmp_path: Path, name: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.XResolution] = exif[ExifTags.Base.YResolution] = 72
    path = tmp_path / name
    Image.new("RGB", (20, 20)).save(path, exif=exif)
    prepare_for_print(path, dots_per_inch=150, like=wide_photo(tmp_path / "photo.png"))
    with Image.open(path) as image:
        assert image.getexif().get(ExifTags.Base.XResolution, 150) == 150


def test_a_print_as_tiff_is_compressed_without_loss(tmp_path: Path) -> None:
    path = tmp_path / "print.tif"
    Image.new("RGB", (100, 100)).save(path)
    prepare_for_print(path)
    assert path.stat().st_size < 5000  # of 30 000 bytes of pixels


def test_a_jpegs_comment_is_kept_and_hides_no_older_profile(tmp_path: Path) -> None:
    path = tmp_path / "print.jpg"
    Image.new("RGB", (20, 20)).save(path, icc_profile=srgb_profile())
    start, rest = path.read_bytes()[:2], path.read_bytes()[2:]
    path.write_bytes(start + b"\xff\xfe\0\x0bby nobody" + rest)
    prepare_for_print(path)
    assert path.read_bytes().count(b"ICC_PROFILE") == 1
    with Image.open(path) as image:
        assert image.info["comment"] == b"by nobody"


@pytest.mark.parametrize(
    "primaries",
    [
        ((0.5, 0.33), (0.3, 0.5), (0.2, 0.2)),
        ((0.63, 0.33), (0.3, 0.59), (0.152, 0.07)),  # a little
    ],
)
def test_a_narrower_profile_is_not_used_because_it_would_clip(
    tmp_path: Path, primaries: Any
) -> None:
    narrow = rgb_profile(primaries, "narrow", gamma=563 / 256)
    photo = tmp_path / "photo.png"
    Image.new("RGB", (20, 20), "red").save(photo, icc_profile=narrow)
    path = save_image(tmp_path / "print.png", make_picture())
    before = pixels(path)
    prepare_for_print(path, like=photo)
    assert "sRGB" in str(read_print_info(path))
    np.testing.assert_array_equal(pixels(path), before)


@pytest.mark.parametrize("profile", [b"nonsense", b"", None])
def test_a_source_without_a_usable_profile_gives_srgb(
    tmp_path: Path, profile: bytes | None
) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (20, 20), "red").save(photo, icc_profile=profile)
    path = save_image(tmp_path / "print.png", make_picture())
    prepare_for_print(path, like=photo)
    assert "sRGB" in str(read_print_info(path))


def test_a_source_in_lab_gives_srgb(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    photo = tmp_path / "photo.png"
    Image.new("RGB", (20, 20), "red").save(photo, icc_profile=lab)
    path = save_image(tmp_path / "print.png", make_picture())
    prepare_for_print(path, like=photo)
    assert "sRGB" in str(read_print_info(path))


def test_a_print_can_be_prepared_again(tmp_path: Path) -> None:
    path = save_image(tmp_path / "print.jpg", make_picture())
    prepare_for_print(path, dots_per_inch=100)
    prepare_for_print(path, dots_per_inch=200)
    assert read_print_info(path).dots_per_inch == 200
    assert path.read_bytes().count(b"ICC_PROFILE") == 1
    assert path.read_bytes().count(b"JFIF") == 1


def test_a_file_that_is_not_srgb_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = wide_photo(tmp_path / "photo.png")
    gray = tmp_path / "gray.png"
    Image.new("L", (20, 20)).save(gray)
    before = path.read_bytes()
    with pytest.raises(PictureError, match="Adobe RGB"):
        prepare_for_print(path)
    with pytest.raises(PictureError, match="mode L"):
        prepare_for_print(gray)
    assert path.read_bytes() == before


def test_srgb_is_recognised_by_its_primaries_not_its_name(tmp_path: Path) -> None:
    rounded = ((0.641, 0.33), (0.3, 0.6), (0.15, 0.06))  # off by 1 of 255 at most
    path = tmp_path / "print.png"
    Image.new("RGB", (20, 20), "red").save(path, icc_profile=rgb_profile(rounded, "other"))
    prepare_for_print(path)
    assert "sRGB" in str(read_print_info(path))


def test_webp_cannot_store_a_resolution(tmp_path: Path) -> None:
    path = save_image(tmp_path / "print.webp", make_picture())
    with pytest.raises(OutputError, match=r"\.tif or \.png"):
        prepare_for_print(path)


# What else is in the file


@pytest.mark.parametrize("like", [False, True])
@pytest.mark.parametrize("name", PRINTABLE)
def test_settings_are_kept_in_the_file(tmp_path: Path, name: str, *, like: bool) -> None:
    facts = {"photo": "Müller.jpg", "style_weight": 10.0}
    path = save_image(tmp_path / name, make_picture(), settings=facts)
    prepare_for_print(path, like=wide_photo(tmp_path / "photo.png") if like else None)
    assert read_settings(path) == facts


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rights>\xc2\xa9 nobody</rights></x:xmpmeta>'


@pytest.mark.parametrize("like", [False, True])
@pytest.mark.parametrize("name", PRINTABLE)
def test_rights_metadata_is_kept_in_the_file(tmp_path: Path, name: str, *, like: bool) -> None:
    path = tmp_path / name
    exif = Image.Exif()
    exif[ExifTags.Base.Copyright] = "nobody"
    exif[ExifTags.Base.Artist] = "a painter"
    exif[ExifTags.Base.DateTime] = "2026:01:02 03:04:05"
    texts = PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode(), "en", "whose")
    texts.add_text("Title", "a picture")
    metadata: dict[str, Any] = {"pnginfo": texts} if name.endswith("png") else {"xmp": XMP}
    if name.endswith("tif"):
        exif[700] = XMP
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(path, exif=exif, **metadata)
    prepare_for_print(path, like=wide_photo(tmp_path / "photo.png") if like else None)
    with Image.open(path) as image:
        image.load()
        kept = image.getexif()
        assert kept[ExifTags.Base.Copyright] == "nobody"
        assert kept[ExifTags.Base.Artist] == "a painter"
        assert kept[ExifTags.Base.DateTime] == "2026:01:02 03:04:05"
        if name.endswith("png"):
            text: Any = image.text  # type: ignore[attr-defined]
            assert text["XML:com.adobe.xmp"].encode() == XMP
            assert text["XML:com.adobe.xmp"].lang == "en"
            assert text["Title"] == "a picture"
        else:
            assert bytes(image.info["xmp"]).rstrip(b"\0") == XMP


@given(dots=st.integers(2, 2400), name=st.sampled_from(PRINTABLE))
def test_every_integer_resolution_is_read_back(tmp_path: Path, dots: int, name: str) -> None:
    path = save_image(tmp_path / name, make_picture(16, 16))
    prepare_for_print(path, dots_per_inch=dots)
    assert read_print_info(path).dots_per_inch == pytest.approx(dots, rel=5e-3, abs=0.02)


def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_image(tmp_path / "print.png", make_picture())
    before = path.read_bytes()

    def fails(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("stylelab.pictures.atomic_files.os.fsync", fails)
    with pytest.raises(OSError):  # noqa: PT011 - as the system gives it
        prepare_for_print(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["print.png"]


def test_the_profile_of_srgb_is_small_and_the_same_each_time() -> None:
    assert srgb_profile() is srgb_profile()
    assert len(srgb_profile()) < 1000


def test_unnamed_and_unreadable_profiles_are_distinguished(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    for profile, reason in (
        (rgb_profile(((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)), ""), "without a name"),
        (b"nonsense", "cannot be read"),
    ):
        Image.new("RGB", (20, 20)).save(path, icc_profile=profile)
        assert reason in str(read_print_info(path))


def test_an_infinite_resolution_is_ignored(tmp_path: Path) -> None:
    metadata = TiffImagePlugin.ImageFileDirectory_v2()
    for tag in (ExifTags.Base.XResolution, ExifTags.Base.YResolution):
        metadata.tagtype[tag] = TiffTags.FLOAT
        metadata[tag] = float("inf")
    metadata[ExifTags.Base.ResolutionUnit] = 2
    Image.new("RGB", (20, 20)).save(tmp_path / "photo.tif", tiffinfo=metadata)
    assert "no resolution" in str(read_print_info(tmp_path / "photo.tif"))


def test_a_missing_profile_is_reported(tmp_path: Path) -> None:
    path = save_image(tmp_path / "plain.png", make_picture())
    assert str(read_print_info(path)) == "36 × 24 px, no resolution, no colour profile"
    assert embedded_profile(path) is None
