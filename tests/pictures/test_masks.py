import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline
from numpy.typing import NDArray
from PIL import Image, ImageFile

from stylelab.errors import LayerError, PictureError, PictureWarning, SettingsError
from stylelab.network.layer_facts import layer_facts
from stylelab.network.layer_masks import MASK_MODES, layer_mask
from stylelab.network.vgg19 import VGG19
from stylelab.pictures.images import Picture
from stylelab.pictures.mask_operations import (
    complement_mask,
    ellipse_mask,
    feather,
    partition_masks,
    polygon_mask,
    threshold_mask,
)
from stylelab.pictures.masks import load_alpha, load_mask, resize_mask, validate_mask
from stylelab.pictures.saving import save_image

Array = NDArray[Any]


def random_mask(seed: int, height: int = 20, width: int = 30) -> Array:
    return np.random.default_rng(seed).random((height, width), np.float32)


def rectangle(height: int, width: int, top: int, left: int, bottom: int, right: int) -> Array:
    mask = np.zeros((height, width), np.float32)
    mask[top:bottom, left:right] = 1
    return mask


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
def test_truth_values_and_numbers_up_to_1_are_masks(values: Any) -> None:
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
def test_what_is_no_mask_is_refused_and_told_why(values: Any, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        validate_mask(values)


# ── From files ──


def save_mask(folder: Path, image: Image.Image, name: str = "mask.png", **options: Any) -> Path:
    image.save(folder / name, **options)
    return folder / name


LEVELS = np.tile(np.linspace(0, 255, 20).astype(np.uint8)[:, None], (1, 24))


def test_gray_files_are_their_light(tmp_path: Path) -> None:
    mask = load_mask(save_mask(tmp_path, Image.fromarray(LEVELS)))
    np.testing.assert_allclose(mask, LEVELS / 255, atol=1e-6)
    assert (mask[0].max(), mask[-1].min()) == (0, 1)


def test_files_of_one_bit_are_0_and_1(tmp_path: Path) -> None:
    bits = random_mask(5) > 0.5
    mask = load_mask(save_mask(tmp_path, Image.fromarray(bits), "mask.tif"))
    np.testing.assert_array_equal(mask, bits)


def test_files_of_16_bits_keep_what_8_bits_cannot_hold(tmp_path: Path) -> None:
    levels = np.linspace(0, 65535, 20 * 24).reshape(20, 24).astype(np.uint16)
    mask = load_mask(save_mask(tmp_path, Image.fromarray(levels)))
    np.testing.assert_allclose(mask, levels / 65535, atol=1e-6)


@pytest.mark.parametrize("colour", [0, 255])
def test_the_opacity_of_a_transparent_picture_is_the_mask_whatever_its_colour(
    tmp_path: Path, colour: int
) -> None:
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


def test_an_image_that_pillow_has_only_opened_gives_the_mask_of_a_loaded_one(
    tmp_path: Path,
) -> None:
    # Two bits a pixel, one of the four levels transparent: Pillow forgets the depth when it loads.
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


def test_an_alpha_channel_without_a_transparent_place_is_no_mask(tmp_path: Path) -> None:
    picture = np.dstack([LEVELS] * 3 + [np.full_like(LEVELS, 255)])
    mask = load_mask(save_mask(tmp_path, Image.fromarray(picture)))
    np.testing.assert_allclose(mask, LEVELS / 255, atol=1e-6)


@pytest.mark.parametrize(("colour", "brightness"), [((0, 1, 0), 0.7154), ((0, 0, 1), 0.0721)])
def test_a_coloured_picture_counts_by_its_brightness_and_that_is_said(
    colour: tuple[int, int, int], brightness: float
) -> None:
    picture = np.tile(np.array(colour, np.float32), (16, 16, 1))
    with pytest.warns(PictureWarning, match="counts as its brightness"):
        mask = load_mask(picture)
    np.testing.assert_allclose(mask, brightness, atol=1e-6)


def test_a_gray_jpeg_file_and_colours_with_opacity_are_masks_without_a_word(tmp_path: Path) -> None:
    gray = np.repeat(LEVELS[..., None], 3, axis=2)
    load_mask(save_mask(tmp_path, Image.fromarray(gray), "mask.jpg"))
    coloured = np.dstack([np.full_like(gray, 255) * [1, 0, 0], LEVELS]).astype(np.uint8)
    load_mask(save_mask(tmp_path, Image.fromarray(coloured)))


def test_a_mask_from_an_animation_is_its_first_frame_and_that_is_said(tmp_path: Path) -> None:
    frames = [Image.new("L", (16, 16), level) for level in (255, 0)]
    frames[0].save(tmp_path / "mask.gif", save_all=True, append_images=frames[1:])
    with pytest.warns(PictureWarning, match="the first frame"):
        assert load_mask(tmp_path / "mask.gif").min() == 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float64, bool])
def test_arrays_of_any_kind_are_masks(kind: Any) -> None:
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


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_text("not a picture")
    with pytest.raises(PictureError, match=r"mask\.png"):
        load_mask(tmp_path / "mask.png")


# ── From the picture's light ──


def test_brighter_than_a_threshold_is_1_and_the_rest_0(photo: Picture) -> None:
    brightness = photo @ np.array([0.2125, 0.7154, 0.0721])
    mask = threshold_mask(photo, 0.4)
    np.testing.assert_array_equal(mask, brightness > 0.4)
    assert 0 < mask.mean() < 1


def test_without_a_threshold_two_groups_part_where_least_varies_within_them(photo: Picture) -> None:
    brightness = photo @ np.array([0.2125, 0.7154, 0.0721])

    def within(above: Array) -> float:
        groups = (brightness[above], brightness[~above])
        return float(sum(group.size * group.var() for group in groups))

    found = within(threshold_mask(photo) > 0)
    others = [within(brightness > level) for level in np.linspace(0.1, 0.7, 100)]
    assert found <= min(others) * 1.001


def test_where_nothing_is_brighter_a_sentence_says_so(photo: Picture) -> None:
    with pytest.raises(PictureError, match="Lower the threshold"):
        threshold_mask(photo, 1.0)
    with pytest.raises(PictureError, match=r"brighter than 0\.5"):
        threshold_mask(np.full((16, 16, 3), 0.5, np.float32))


@pytest.mark.parametrize("threshold", [-0.1, 1.1, 127, float("nan")])
def test_a_threshold_beyond_the_range_is_refused(photo: Picture, threshold: float) -> None:
    with pytest.raises(SettingsError, match="threshold"):
        threshold_mask(photo, threshold)


# ── Drawn ──

HOUSE = [(0.1, 0.5), (0.4, 0.9), (0.95, 0.8), (0.95, 0.15), (0.4, 0.2)]


@pytest.mark.parametrize("size", [(40, 60), (33, 17)])
def test_a_polygon_holds_the_pixels_whose_centre_it_holds(size: tuple[int, int]) -> None:
    rows, columns = np.indices(size)
    centres = np.stack([(rows + 0.5) / size[0], (columns + 0.5) / size[1]], axis=-1)
    inside = Outline(HOUSE).contains_points(centres.reshape(-1, 2)).reshape(size)
    mask = polygon_mask(HOUSE, *size)
    np.testing.assert_array_equal(mask, inside)
    assert mask.dtype == np.float32


def test_the_whole_picture_is_a_polygon_and_half_of_it_too() -> None:
    assert polygon_mask([(0, 0), (0, 1), (1, 1), (1, 0)], 20, 30).min() == 1
    left = polygon_mask([(0, 0), (0, 0.5), (1, 0.5), (1, 0)], 20, 30)
    np.testing.assert_array_equal(left, rectangle(20, 30, 0, 0, 20, 15))
    far = polygon_mask([(-3, -3), (-3, 0.5), (4, 0.5), (4, -3)], 20, 30)
    np.testing.assert_array_equal(far, left)


def test_an_ellipse_holds_the_pixels_whose_centre_it_holds() -> None:
    height, width = 41, 60
    rows, columns = np.indices((height, width)) + 0.5
    inside = ((rows / height - 0.4) / 0.3) ** 2 + ((columns / width - 0.55) / 0.2) ** 2 < 1
    np.testing.assert_array_equal(ellipse_mask((0.4, 0.55), (0.3, 0.2), height, width), inside)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: polygon_mask([(0, 0), (1, 1)], 9, 9), "three corners"),
        (lambda: polygon_mask([(0, 0, 0)] * 3, 9, 9), "three corners"),
        (lambda: polygon_mask([(0, 0), (np.nan, 1), (1, 1)], 9, 9), "finite"),
        (lambda: polygon_mask("abc", 9, 9), "finite"),
        (lambda: polygon_mask(HOUSE, 0, 9), "height"),
        (lambda: polygon_mask(HOUSE, 9, 9.5), "width"),  # type: ignore[arg-type]
        (lambda: ellipse_mask((0.5, 0.5), (0.2, 0), 9, 9), "above 0"),
        (lambda: ellipse_mask((0.5, 0.5), (0.2, 0.2), 9, -1), "width"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw: Any, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        draw()


def test_a_shape_without_a_pixel_is_refused() -> None:
    with pytest.raises(PictureError, match="too small, or lies outside"):
        ellipse_mask((2, 2), (0.1, 0.1), 9, 9)
    with pytest.raises(PictureError, match="too small, or lies outside"):
        polygon_mask([(20, 30), (20, 40), (25, 40)], 100, 100)  # pixels, where shares are meant


# ── Soft edges ──


@given(seeds, st.integers(0, 5))
def test_a_soft_edge_is_the_mean_over_a_square_around(seed: int, pixels: int) -> None:
    mask = random_mask(seed, 12, 9)
    around = np.pad(mask, pixels, mode="edge")
    side = 2 * pixels + 1
    squares = np.lib.stride_tricks.sliding_window_view(around, (side, side))
    np.testing.assert_allclose(feather(mask, pixels), squares.mean((2, 3)), atol=1e-5)


@given(seeds, st.integers(0, 6))
def test_soft_masks_stay_masks_and_still_add_up(seed: int, pixels: int) -> None:
    mask = random_mask(seed) > 0.5
    one, other = feather(mask, pixels), feather(~mask, pixels)
    assert min(one.min(), other.min()) >= 0
    np.testing.assert_allclose(one + other, 1, atol=2e-6)


def test_further_away_than_its_reach_an_edge_changes_nothing() -> None:
    mask = rectangle(40, 60, 0, 0, 40, 30)
    edge = feather(mask, 4)
    assert (edge[:, :26] == 1).all()
    assert (edge[:, 34:] == 0).all()
    assert (np.diff(edge[20, 25:35]) < 0).all()
    np.testing.assert_array_equal(feather(mask, 0), mask)
    spot = np.zeros((40, 60))
    spot[15:25, 20:30] = random_mask(12, 10, 10) * 0.7
    beyond = np.ones((40, 60), bool)
    beyond[12:28, 17:33] = False
    assert (feather(spot, 3)[beyond] == 0).all()


@pytest.mark.parametrize("pixels", [-1, 1.5, True])
def test_an_edge_of_no_whole_number_is_refused(pixels: Any) -> None:
    with pytest.raises(SettingsError, match="whole number"):
        feather(random_mask(1), pixels)


# ── Several regions ──


@given(seeds)
def test_a_partition_adds_up_to_1_and_keeps_proportions(seed: int) -> None:
    masks = [random_mask(seed + number) * 0.99 + 0.01 for number in range(3)]
    shared = partition_masks(*masks)
    np.testing.assert_allclose(sum(shared), 1, atol=1e-6)
    for one, share in zip(masks, shared, strict=True):
        np.testing.assert_allclose(share * sum(masks), one, atol=1e-6)


def test_what_is_left_completes_a_partition() -> None:
    sky, tree = rectangle(20, 30, 0, 0, 9, 30), rectangle(20, 30, 5, 0, 15, 12)
    left = complement_mask(sky, tree)
    np.testing.assert_array_equal(left, np.maximum(sky, tree) == 0)
    shared = partition_masks(sky, tree, left)
    np.testing.assert_array_equal(sum(shared), np.ones((20, 30)))
    assert shared[0][6, 6] == 0.5


def test_masks_that_leave_a_hole_nothing_or_differ_in_shape_are_refused() -> None:
    sky = rectangle(20, 30, 0, 0, 9, 30)
    with pytest.raises(PictureError, match=r"55\.0% of the picture"):
        partition_masks(sky)
    with pytest.raises(PictureError, match="0 everywhere"):
        complement_mask(sky, 1 - sky)
    with pytest.raises(PictureError, match=r"\(20, 30\) and \(30, 20\)"):
        partition_masks(sky, sky.T)
    with pytest.raises(PictureError, match="Received: none"):
        partition_masks()


# ── Other sizes ──


@settings(max_examples=30)
@given(seeds, st.integers(1, 50), st.integers(1, 50))
def test_a_mask_of_another_size_covers_the_same_share(seed: int, height: int, width: int) -> None:
    mask = validate_mask(random_mask(seed) > 0.6)
    resized = resize_mask(mask, height, width)
    assert resized.shape == (height, width)
    assert resized.dtype == np.float32
    assert resized.mean() == pytest.approx(mask.mean(), abs=1e-4)
    assert 0 <= resized.min() <= resized.max() <= 1


def test_half_the_size_is_the_mean_of_every_four_pixels() -> None:
    mask = random_mask(8)
    means = mask.reshape(10, 2, 15, 2).mean((1, 3))
    np.testing.assert_allclose(resize_mask(mask, 10, 15), means, atol=1e-6)
    assert resize_mask(mask, 20, 30) is mask


# ── Down the network ──


def test_at_the_centre_every_pixel_counts_once() -> None:
    mask = random_mask(9, 32, 48)
    downsampled = layer_mask(mask, "block3_conv1")
    means = [
        [mask[row : row + 4, column : column + 4].mean() for column in range(0, 48, 4)]
        for row in range(0, 32, 4)
    ]
    np.testing.assert_allclose(downsampled, means, atol=1e-6)
    np.testing.assert_array_equal(layer_mask(mask, "block1_conv2"), mask)


def test_pixels_beyond_the_last_unit_count_nowhere() -> None:
    mask = np.zeros((33, 35), np.float32)
    mask[:32, :32] = 1
    assert layer_mask(mask, "block5_conv1").shape == (2, 2)
    assert layer_mask(mask, "block5_conv1").min() == 1


@pytest.mark.parametrize("layer", ["block1_conv2", "block2_conv1", "block2_pool", "block3_conv2"])
def test_inside_counts_the_units_that_see_nothing_else(layer: str, photo: Picture) -> None:
    # What a unit sees is asked of the network itself: where other pixels outside change its answer.
    mask = ellipse_mask((0.55, 0.4), (0.6, 0.35), *photo.shape[:2])
    network = VGG19(layer, weights=None)
    random = np.random.default_rng(10)
    maps = []
    for _ in range(3):
        outside = random.random(photo.shape, np.float32)
        maps.append(network(np.where(mask[..., None] > 0, photo, outside))[layer])
    steady = (maps[0] == maps[1]).all(-1) & (maps[0] == maps[2]).all(-1)
    downsampled = layer_mask(mask, layer, mask_mode="inside")
    np.testing.assert_array_equal(downsampled, steady)
    assert 0 < downsampled.mean() < layer_mask(mask, layer).mean()


def test_inside_a_soft_mask_the_least_value_seen_counts() -> None:
    mask = random_mask(11, 32, 40)
    facts = layer_facts("block2_conv1")
    downsampled = layer_mask(np.maximum(mask, 0.1), facts.name, mask_mode="inside")
    top, left, bottom, right = facts.square(7, 11)
    assert downsampled[7, 11] == np.maximum(mask, 0.1)[top:bottom, left:right].min()
    assert (
        downsampled[0, 0]
        == np.maximum(mask, 0.1)[: facts.square(0, 0)[2], : facts.square(0, 0)[3]].min()
    )


@pytest.mark.parametrize("mask_mode", MASK_MODES)
@pytest.mark.parametrize("layer", ["block1_conv1", "block5_conv1", "block5_pool"])
def test_a_mask_of_everything_stays_one_of_everything(layer: str, mask_mode: Any) -> None:
    facts = layer_facts(layer)
    downsampled = layer_mask(np.ones((70, 100), np.float32), layer, mask_mode)
    np.testing.assert_array_equal(downsampled, np.ones(facts.shape(70, 100)[:2]))
    assert downsampled.dtype == np.float32


def test_a_mask_that_vanishes_is_an_error_that_says_at_which_layer_and_why() -> None:
    small = rectangle(96, 128, 40, 40, 80, 90)
    assert layer_mask(small, "block3_conv1", "inside").any()
    with pytest.raises(LayerError, match=r"block4_conv1.*128 × 96 px.*sees 68 × 68.*centre"):
        layer_mask(small, "block4_conv1", "inside")
    layer_mask(small, "block5_conv1")  # at the centre there is something left
    speck = rectangle(96, 128, 40, 40, 46, 46)
    with pytest.raises(LayerError, match=r"block5_conv1.*half a unit's cell of 16 × 16") as caught:
        layer_mask(speck, "block5_conv1")
    assert "mask_mode" not in str(caught.value).split("Take")[1]
    faint = np.float32(0.01) * rectangle(96, 128, 32, 32, 48, 48)  # of a unit, all is left
    assert layer_mask(faint, "block5_conv1").max() == pytest.approx(0.01)


def test_a_picture_smaller_than_a_unit_holds_no_mask() -> None:
    for mask_mode in MASK_MODES:
        with pytest.raises(LayerError, match="block5_conv1"):
            layer_mask(np.ones((15, 40), np.float32), "block5_conv1", mask_mode)


def test_an_unknown_reach_or_layer_is_refused() -> None:
    with pytest.raises(SettingsError, match="centre or inside"):
        layer_mask(np.ones((32, 32), np.float32), "block1_conv1", "all")  # type: ignore[arg-type]
    with pytest.raises(LayerError, match="block4_conv2"):
        layer_mask(np.ones((32, 32), np.float32), "conv4_2")


def test_a_file_that_cannot_be_transparent_is_not_decoded_to_find_that_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = save_image(tmp_path / "a.jpg", np.full((32, 32, 3), 0.5, np.float32))

    def decode(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    assert load_alpha(file) is None
    assert load_alpha(file.read_bytes()) is None


def test_transparency_is_found_whatever_a_picture_is_given_as(tmp_path: Path) -> None:
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
