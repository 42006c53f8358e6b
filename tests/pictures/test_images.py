"""Tests of pictures as arrays: loading, scaling and cropping."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import Array, assert_is_picture, noise, noise_picture, over

from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.images import (
    Picture,
    cover,
    crop,
    load_image,
    resize,
    resize_to,
)

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
def test_the_source_array_is_neither_modified_nor_shared(size: int | None) -> None:
    array = noise_picture()
    before = array.copy()
    array.flags.writeable = False
    picture = load_image(array, size=size)
    assert not np.shares_memory(picture, array)
    picture[:] = 0
    np.testing.assert_array_equal(array, before)


def test_floats_outside_the_range_by_rounding_are_clipped() -> None:
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
def test_unusable_arrays_are_refused_with_advice(array: Array, says: str) -> None:
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
def test_invalid_sizes_are_refused(size: Any) -> None:
    with pytest.raises(SettingsError, match="Received"):
        load_image(noise(), size=size)
    with pytest.raises(SettingsError, match="Received"):
        resize(noise_picture(), size)


def test_numpy_integers_are_valid_sizes() -> None:
    assert load_image(noise(), size=np.int64(48)).shape == (40, 48, 3)  # type: ignore[arg-type]


def test_a_panorama_that_would_become_too_thin_is_refused() -> None:
    with pytest.raises(PictureError, match="would become 15 × 64"):
        load_image(noise(30, 128), size=64)
    with pytest.raises(PictureError, match="would become 15 × 64"):
        resize(noise_picture(30, 128), 64)
    assert load_image(noise(31, 128), size=64).shape == (16, 64, 3)


@pytest.mark.parametrize("background", [(1, 1), (1, 1, 2), (-1, 0, 0), "red", None, (np.nan, 0, 0)])
def test_invalid_background_colours_are_refused(background: Any) -> None:
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
def test_scaling_uses_antialiased_lanczos_in_float(shape: tuple[int, int]) -> None:
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


def test_fine_stripes_become_gray_without_moire() -> None:
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
def test_a_crop_lies_within_the_picture_at_its_anchor(
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
def test_crops_larger_than_the_picture_are_refused(height: Any, width: Any) -> None:
    with pytest.raises(SettingsError, match="Received"):
        crop(noise_picture(), height, width)


@pytest.mark.parametrize("anchor", [(1.1, 0), (0, -0.1), (0.5,), None, "ab"])
def test_anchors_outside_the_picture_are_refused(anchor: Any) -> None:
    with pytest.raises(SettingsError, match="anchor"):
        crop(noise_picture(), 5, 5, anchor=anchor)


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
def test_geometry_accepts_only_pictures(image: Any) -> None:
    for function in (crop, cover, resize_to):
        with pytest.raises(PictureError, match="Received"):
            function(image, 16, 16)
    with pytest.raises(PictureError, match="Received"):
        resize(image, 16)
