import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mask_arrays import random_mask
from PIL import Image, ImageFile

from stylelab.errors import PictureError, PictureWarning
from stylelab.pictures.masks import load_alpha, load_mask, resize_mask, validate_mask
from stylelab.pictures.saving import save_image

seeds = st.integers(0, 10_000)


# ── What is a mask ──


@pytest.mark.parametrize(
    "values",
    [
        random_mask(1),
        random_mask(2).astype(np.float64),
        random_mask(3) > 0.5,
        (random_mask(4) > 0.5).astype(int),
        [[0, 1]],
    ],
)
def test_booleans_and_numbers_from_0_to_1_are_masks(values: Any) -> None:
    mask = validate_mask(values)
    assert mask.dtype == np.float32
    np.testing.assert_array_equal(mask, np.asarray(values, np.float32))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.ones((4, 4, 3)), r"shape \(4, 4, 3\)"),
        (np.ones(4), r"shape \(4,\)"),
        (np.ones((0, 4)), r"shape \(0, 4\)"),
        (np.full((4, 4), 255), "from 255 to 255"),
        (np.full((4, 4), 1.01), "from 1.01 to 1.01"),
        (np.array([[-0.2, 1]]), "from -0.2 to 1"),
        (np.array([[np.nan, 1]]), "from nan"),
        (np.zeros((4, 4)), "0 everywhere"),
        (np.array([["a", "b"]]), "<U1"),
    ],
)
def test_invalid_masks_are_refused_with_a_reason(values: Any, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        validate_mask(values)


# ── From files ──


def save_mask(folder: Path, image: Image.Image, name: str = "mask.png", **options: Any) -> Path:
    image.save(folder / name, **options)
    return folder / name


LEVELS = np.tile(np.linspace(0, 255, 20).astype(np.uint8)[:, None], (1, 24))


def test_gray_files_are_read_as_brightness(tmp_path: Path) -> None:
    mask = load_mask(save_mask(tmp_path, Image.fromarray(LEVELS)))
    np.testing.assert_allclose(mask, LEVELS / 255, atol=1e-6)
    assert (mask[0].max(), mask[-1].min()) == (0, 1)


def test_one_bit_files_become_0_and_1(tmp_path: Path) -> None:
    bits = random_mask(5) > 0.5
    mask = load_mask(save_mask(tmp_path, Image.fromarray(bits), "mask.tif"))
    np.testing.assert_array_equal(mask, bits)


def test_files_of_16_bits_keep_their_precision(tmp_path: Path) -> None:
    levels = np.linspace(0, 65535, 20 * 24).reshape(20, 24).astype(np.uint16)
    mask = load_mask(save_mask(tmp_path, Image.fromarray(levels)))
    np.testing.assert_allclose(mask, levels / 65535, atol=1e-6)


@pytest.mark.parametrize("colour", [0, 255])
def test_the_opacity_of_a_transparent_picture_is_the_mask(tmp_path: Path, colour: int) -> None:
    picture = np.dstack([np.full_like(LEVELS, colour)] * 3 + [LEVELS])
    mask = load_mask(save_mask(tmp_path, Image.fromarray(picture)))
    np.testing.assert_allclose(mask, LEVELS / 255, atol=1e-6)
    gray = np.dstack([np.full_like(LEVELS, colour), LEVELS])
    np.testing.assert_allclose(load_mask(Image.fromarray(gray)), LEVELS / 255, atol=1e-6)


def test_a_palette_with_one_transparent_colour_is_a_mask_of_the_others(tmp_path: Path) -> None:
    places = (LEVELS > 100).astype(np.uint8)
    image = Image.fromarray(places, "L").convert("P")
    path = save_mask(tmp_path, image, transparency=0)
    np.testing.assert_array_equal(load_mask(path), places)


def test_an_undecoded_pillow_image_gives_the_same_mask_as_a_decoded_one(
    tmp_path: Path,
) -> None:
    # Two bits a pixel, one of the four levels transparent: Pillow drops the depth when it loads.
    head = struct.pack(">2I5B", 16, 16, 2, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes([0b00011011] * 4) for _ in range(16))
    chunks = {b"IHDR": head, b"tRNS": b"\0\1", b"IDAT": zlib.compress(rows), b"IEND": b""}
    file = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )
    (tmp_path / "mask.png").write_bytes(file)
    with Image.open(tmp_path / "mask.png") as opened, Image.open(tmp_path / "mask.png") as loaded:
        loaded.load()
        np.testing.assert_array_equal(load_mask(opened), load_mask(loaded))
    np.testing.assert_array_equal(load_mask(tmp_path / "mask.png")[:, :4], [[1, 0, 1, 1]] * 16)


def test_an_opaque_alpha_channel_is_not_a_mask(tmp_path: Path) -> None:
    picture = np.dstack([LEVELS] * 3 + [np.full_like(LEVELS, 255)])
    mask = load_mask(save_mask(tmp_path, Image.fromarray(picture)))
    np.testing.assert_allclose(mask, LEVELS / 255, atol=1e-6)


@pytest.mark.parametrize(("colour", "brightness"), [((0, 1, 0), 0.7154), ((0, 0, 1), 0.0721)])
def test_a_colour_picture_becomes_its_brightness_with_a_warning(
    colour: tuple[int, int, int], brightness: float
) -> None:
    picture = np.tile(np.array(colour, np.float32), (16, 16, 1))
    with pytest.warns(PictureWarning, match="counts as its brightness"):
        mask = load_mask(picture)
    np.testing.assert_allclose(mask, brightness, atol=1e-6)


def test_gray_jpegs_and_colours_with_opacity_are_masks_without_a_warning(tmp_path: Path) -> None:
    gray = np.repeat(LEVELS[..., None], 3, axis=2)
    load_mask(save_mask(tmp_path, Image.fromarray(gray), "mask.jpg"))
    coloured = np.dstack([np.full_like(gray, 255) * [1, 0, 0], LEVELS]).astype(np.uint8)
    load_mask(save_mask(tmp_path, Image.fromarray(coloured)))


def test_a_mask_from_an_animation_is_its_first_frame_with_a_warning(tmp_path: Path) -> None:
    frames = [Image.new("L", (16, 16), level) for level in (255, 0)]
    frames[0].save(tmp_path / "mask.gif", save_all=True, append_images=frames[1:])
    with pytest.warns(PictureWarning, match="the first frame"):
        assert load_mask(tmp_path / "mask.gif").min() == 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float64, bool])
def test_arrays_of_any_dtype_are_masks(kind: Any) -> None:
    bits = random_mask(6) > 0.5
    most = np.iinfo(kind).max if np.issubdtype(kind, np.integer) else 1
    np.testing.assert_array_equal(load_mask(bits.astype(kind) * kind(most)), bits)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("no_such_file.png", "no file"),
        (np.zeros((16, 16)), "0 everywhere"),
        (np.full((16, 16), 1.5), "1.5"),
        (np.zeros((16, 16, 4), np.uint8), "0 everywhere"),
    ],
)
def test_sources_without_a_mask_are_refused(source: Any, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        load_mask(source)


def test_a_file_that_is_not_a_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_text("not a picture")
    with pytest.raises(PictureError, match=r"mask\.png"):
        load_mask(tmp_path / "mask.png")


# ── Other sizes ──


@given(seeds, st.integers(1, 50), st.integers(1, 50))
def test_a_mask_of_another_size_covers_the_same_share(seed: int, height: int, width: int) -> None:
    mask = validate_mask(random_mask(seed) > 0.6)
    resized = resize_mask(mask, height, width)
    assert resized.shape == (height, width)
    assert resized.dtype == np.float32
    assert resized.mean() == pytest.approx(mask.mean(), abs=1e-4)
    assert 0 <= resized.min() <= resized.max() <= 1


def test_half_size_is_the_mean_of_every_four_pixels() -> None:
    mask = random_mask(8)
    means = mask.reshape(10, 2, 15, 2).mean((1, 3))
    np.testing.assert_allclose(resize_mask(mask, 10, 15), means, atol=1e-6)
    assert resize_mask(mask, 20, 30) is mask


# ── Transparency ──


def test_files_of_opaque_formats_are_not_decoded_to_find_transparency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = save_image(tmp_path / "a.jpg", np.full((32, 32, 3), 0.5, np.float32))

    def decode(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    assert load_alpha(file) is None
    assert load_alpha(file.read_bytes()) is None


def test_transparency_is_found_in_any_type_of_input(tmp_path: Path) -> None:
    values = np.full((20, 30, 4), 255, np.uint8)
    values[:, :10, 3] = 51
    image = Image.fromarray(values)
    image.save(tmp_path / "a.png")
    for source in (values, image, tmp_path / "a.png", (tmp_path / "a.png").read_bytes()):
        alpha = load_alpha(source)
        assert alpha is not None
        np.testing.assert_allclose(alpha, values[..., 3] / 255, atol=1e-6)
    for opaque in (values[..., :3], np.full((20, 30, 4), 255, np.uint8), "cat", None):
        assert load_alpha(opaque) is None
