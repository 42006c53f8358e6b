from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mask_arrays import Array, random_mask, rectangle
from matplotlib.path import Path as Outline

from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.images import Picture
from stylelab.pictures.mask_operations import (
    complement_mask,
    ellipse_mask,
    feather,
    partition_masks,
    polygon_mask,
    threshold_mask,
)

seeds = st.integers(0, 10_000)


# ── From the picture's light ──


def test_brighter_than_a_threshold_is_1_and_the_rest_0(photo: Picture) -> None:
    brightness = photo @ np.array([0.2125, 0.7154, 0.0721])
    mask = threshold_mask(photo, 0.4)
    np.testing.assert_array_equal(mask, brightness > 0.4)
    assert 0 < mask.mean() < 1


def test_the_default_threshold_minimizes_the_variance_within_groups(photo: Picture) -> None:
    brightness = photo @ np.array([0.2125, 0.7154, 0.0721])

    def within(above: Array) -> float:
        groups = (brightness[above], brightness[~above])
        return float(sum(group.size * group.var() for group in groups))

    found = within(threshold_mask(photo) > 0)
    others = [within(brightness > level) for level in np.linspace(0.1, 0.7, 100)]
    assert found <= min(others) * 1.001


def test_a_threshold_above_every_pixel_is_refused_with_a_message(photo: Picture) -> None:
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
def test_a_polygon_contains_the_pixels_with_their_centre_inside(size: tuple[int, int]) -> None:
    rows, columns = np.indices(size)
    centres = np.stack([(rows + 0.5) / size[0], (columns + 0.5) / size[1]], axis=-1)
    inside = Outline(HOUSE).contains_points(centres.reshape(-1, 2)).reshape(size)
    mask = polygon_mask(HOUSE, *size)
    np.testing.assert_array_equal(mask, inside)
    assert mask.dtype == np.float32


def test_polygons_can_cover_the_whole_picture_or_half_of_it() -> None:
    assert polygon_mask([(0, 0), (0, 1), (1, 1), (1, 0)], 20, 30).min() == 1
    left = polygon_mask([(0, 0), (0, 0.5), (1, 0.5), (1, 0)], 20, 30)
    np.testing.assert_array_equal(left, rectangle(20, 30, 0, 0, 20, 15))
    far = polygon_mask([(-3, -3), (-3, 0.5), (4, 0.5), (4, -3)], 20, 30)
    np.testing.assert_array_equal(far, left)


def test_an_ellipse_contains_the_pixels_with_their_centre_inside() -> None:
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
def test_invalid_shapes_are_refused(draw: Any, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        draw()


def test_a_shape_without_a_pixel_is_refused() -> None:
    with pytest.raises(PictureError, match="too small, or lies outside"):
        ellipse_mask((2, 2), (0.1, 0.1), 9, 9)
    with pytest.raises(PictureError, match="too small, or lies outside"):
        polygon_mask([(20, 30), (20, 40), (25, 40)], 100, 100)  # pixels, where shares are meant


# ── Soft edges ──


@given(seeds, st.integers(0, 5))
def test_a_soft_edge_is_a_box_filter(seed: int, pixels: int) -> None:
    mask = random_mask(seed, 12, 9)
    around = np.pad(mask, pixels, mode="edge")
    side = 2 * pixels + 1
    squares = np.lib.stride_tricks.sliding_window_view(around, (side, side))
    np.testing.assert_allclose(feather(mask, pixels), squares.mean((2, 3)), atol=1e-5)


@given(seeds, st.integers(0, 6))
def test_soft_masks_stay_valid_and_sum_to_1(seed: int, pixels: int) -> None:
    mask = random_mask(seed) > 0.5
    one, other = feather(mask, pixels), feather(~mask, pixels)
    assert min(one.min(), other.min()) >= 0
    np.testing.assert_allclose(one + other, 1, atol=2e-6)


def test_an_edge_changes_nothing_beyond_its_width() -> None:
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
def test_a_non_integer_edge_is_refused(pixels: Any) -> None:
    with pytest.raises(SettingsError, match="whole number"):
        feather(random_mask(1), pixels)


# ── Several regions ──


@given(seeds)
def test_a_partition_sums_to_1_and_keeps_proportions(seed: int) -> None:
    masks = [random_mask(seed + number) * 0.99 + 0.01 for number in range(3)]
    shared = partition_masks(*masks)
    np.testing.assert_allclose(sum(shared), 1, atol=1e-6)
    for one, share in zip(masks, shared, strict=True):
        np.testing.assert_allclose(share * sum(masks), one, atol=1e-6)


def test_the_remainder_completes_a_partition() -> None:
    sky, tree = rectangle(20, 30, 0, 0, 9, 30), rectangle(20, 30, 5, 0, 15, 12)
    left = complement_mask(sky, tree)
    np.testing.assert_array_equal(left, np.maximum(sky, tree) == 0)
    shared = partition_masks(sky, tree, left)
    np.testing.assert_array_equal(sum(shared), np.ones((20, 30)))
    assert shared[0][6, 6] == 0.5


def test_masks_with_gaps_zeros_or_different_shapes_are_refused() -> None:
    sky = rectangle(20, 30, 0, 0, 9, 30)
    with pytest.raises(PictureError, match=r"55\.0% of the picture"):
        partition_masks(sky)
    with pytest.raises(PictureError, match="0 everywhere"):
        complement_mask(sky, 1 - sky)
    with pytest.raises(PictureError, match=r"\(20, 30\) and \(30, 20\)"):
        partition_masks(sky, sky.T)
    with pytest.raises(PictureError, match="Received: none"):
        partition_masks()
