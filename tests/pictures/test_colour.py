"""The colour of pictures: beside scikit-image's conversions, its histograms and NumPy's covariance."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import color, exposure

import stylelab as sl
from stylelab.pictures import colour
from stylelab.pictures.colour_spaces import CONVERSIONS

LUMINANCE_SPACES = ("ycbcr", "yiq", "lab")


def picture(seed: int, height: int = 16, width: int = 20) -> Any:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def soft_picture(seed: int, height: int = 16, width: int = 20) -> Any:
    """Colours around a middle gray: none is driven out of [0, 1] by a match with another such."""
    return 0.5 + (picture(seed, height, width) - 0.5) / 5


def without_ties(seed: int) -> Any:
    ranks = np.random.default_rng(seed).permutation(16 * 20 * 3).reshape(16, 20, 3)
    return ((ranks + 0.5) / ranks.size).astype(np.float32)


def one_colour(red: float, green: float, blue: float) -> Any:
    return np.full((16, 20, 3), (red, green, blue), np.float32)


def chroma(image: Any, space: str) -> Any:
    """By scikit-image, in the steps of 8 bits in which each space is stored."""
    image = image.astype(np.float64)
    if space == "lab":
        return color.rgb2lab(image)[..., 1:]
    if space == "yiq":
        return 255 * color.rgb2yiq(image)[..., 1:]
    return 255 / 224 * color.rgb2ycbcr(image)[..., 1:]


def to_colour_space(image: Any, space: str) -> Any:
    """By scikit-image, in the package's units."""
    image = image.astype(np.float64)
    if space == "ycbcr":
        return (color.rgb2ycbcr(image) - (16, 128, 128)) / (219, 224, 224)
    if space == "lab":
        return color.rgb2lab(image) / 100
    return color.rgb2yiq(image) if space == "yiq" else image


seeds = st.integers(0, 2**32 - 1)
light_and_dark = st.floats(0, 1, width=32)
flat_pictures = st.builds(one_colour, light_and_dark, light_and_dark, light_and_dark)
gray_pictures = st.builds(lambda seed: picture(seed)[..., [0, 0, 0]], seeds)
pictures = st.one_of(
    st.builds(picture, seeds),
    st.builds(soft_picture, seeds),
    st.builds(lambda seed: np.round(picture(seed)), seeds),  # nothing but the gamut's corners
    gray_pictures,
    flat_pictures,
)


@pytest.mark.parametrize("space", LUMINANCE_SPACES)
def test_luminance_matches_scikit_image(space: Any) -> None:
    image = picture(0)
    np.testing.assert_allclose(
        sl.luminance(image, space), to_colour_space(image, space)[..., 0], atol=2e-6
    )


@pytest.mark.parametrize("space", ["rgb", *LUMINANCE_SPACES])
def test_colour_spaces_match_scikit_image(space: Any) -> None:
    ours = CONVERSIONS[space].from_rgb(picture(1).astype(np.float64))
    np.testing.assert_allclose(ours, to_colour_space(picture(1), space), atol=1e-4)


def test_linear_rgb_is_light() -> None:
    light = CONVERSIONS["linear_rgb"].from_rgb(picture(2).astype(np.float64))
    xyz = color.rgb2xyz(picture(2).astype(np.float64))
    np.testing.assert_allclose(light @ color.colorconv.xyz_from_rgb.T, xyz, atol=1e-12)


@pytest.mark.parametrize("space", sl.COLOUR_SPACES)
def test_colour_spaces_round_trip_even_outside_the_gamut(space: Any) -> None:
    values = np.random.default_rng(3).uniform(-0.5, 1.5, (10, 10, 3))
    there_and_back = CONVERSIONS[space]
    np.testing.assert_allclose(there_and_back.to_rgb(there_and_back.from_rgb(values)), values)


@given(pictures, pictures)
def test_kept_colours_have_the_chroma_of_the_photo_in_every_space(painted: Any, photo: Any) -> None:
    for space in LUMINANCE_SPACES:
        kept = sl.keep_colours(painted, photo, space)  # type: ignore[arg-type]
        assert kept.dtype == np.float32
        assert kept.min() >= 0
        assert kept.max() <= 1
        # In steps of 8 bits: a hundredth of what is asked for.
        assert np.abs(chroma(kept, space) - chroma(photo, space)).max() < 0.01


@given(pictures, pictures)
def test_kept_luma_is_limited_by_the_gamut(painted: Any, photo: Any) -> None:
    # With the chroma of YCbCr held, red, green and blue move together: the room is simple arithmetic.
    move = (painted.astype(np.float64) - photo) @ (0.299, 0.587, 0.114)
    held = np.clip(move, -photo.min(axis=-1), 1 - photo.max(axis=-1))
    for space in ("ycbcr", "yiq"):
        kept = sl.keep_colours(painted, photo, space)
        np.testing.assert_allclose(kept, photo + held[..., None], atol=1e-6)


@given(pictures, pictures)
def test_kept_lightness_matches_the_painted_picture_within_the_gamut(
    painted: Any, photo: Any
) -> None:
    kept = sl.keep_colours(painted, photo, "lab")
    missing = np.abs(to_colour_space(kept, "lab") - to_colour_space(painted, "lab"))[..., 0] > 1e-3
    edge = np.minimum(kept, 1 - kept).min(axis=-1)
    assert (edge[missing] < 1e-3).all()


def test_a_low_contrast_photo_takes_the_full_luminance() -> None:
    painted, photo = soft_picture(4), np.full_like(soft_picture(4), 0.5)
    for space in LUMINANCE_SPACES:
        kept = sl.keep_colours(painted, photo, space)  # type: ignore[arg-type]
        difference = to_colour_space(kept, space) - to_colour_space(painted, space)
        assert np.abs(difference[..., 0]).max() < 1e-5


def test_keeping_the_colours_of_the_same_photo_changes_nothing() -> None:
    for space in LUMINANCE_SPACES:
        kept = sl.keep_colours(picture(5), picture(5), space)  # type: ignore[arg-type]
        np.testing.assert_allclose(kept, picture(5), atol=1e-6)


@pytest.mark.parametrize("space", LUMINANCE_SPACES)
def test_gray_keeps_luminance_without_chroma(space: Any) -> None:
    gray = sl.as_gray(picture(6), space)
    assert (gray == gray[..., :1]).all()
    np.testing.assert_allclose(
        to_colour_space(gray, space)[..., 0], to_colour_space(picture(6), space)[..., 0], atol=1e-5
    )


@pytest.mark.parametrize("space", LUMINANCE_SPACES)
def test_matched_luminance_has_the_photos_mean_and_standard_deviation(space: Any) -> None:
    painting, photo = soft_picture(7), 0.2 + soft_picture(8, 18, 16) / 2
    matched = sl.match_luminance(painting, photo, space)
    assert matched.shape == painting.shape
    assert (matched == matched[..., :1]).all()
    ours, theirs = sl.luminance(matched, space), sl.luminance(photo, space)
    np.testing.assert_allclose([ours.mean(), ours.std()], [theirs.mean(), theirs.std()], atol=1e-5)
    order = np.corrcoef(ours.ravel(), sl.luminance(painting, space).ravel())
    assert order[0, 1] > 0.9999


def test_a_uniform_paintings_luminance_becomes_the_photos_mean() -> None:
    photo = picture(9)
    # Noise far below a step of 8 bits counts as flat: it is not blown up to the photo's contrast.
    for noise in (0.0, 1e-4):
        painting = one_colour(0.2, 0.3, 0.4) + np.float32(noise) * photo
        matched = sl.match_luminance(painting, photo)
        np.testing.assert_allclose(matched, sl.luminance(photo).mean(), atol=1e-6)


@given(seeds, seeds)
def test_mean_and_covariance_match_the_target(one: int, other: int) -> None:
    mixing = np.random.default_rng(other).uniform(-0.5, 0.5, (3, 3))
    target = (0.5 + (picture(other, 16, 18) - 0.5) @ mixing / 4).astype(np.float32)
    for space in ("rgb", "ycbcr", "yiq"):
        matched = sl.match_mean_and_covariance(soft_picture(one), target, space)
        ours, theirs = matched.reshape(-1, 3), target.reshape(-1, 3)
        np.testing.assert_allclose(ours.mean(axis=0), theirs.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(
            np.cov(ours.T, bias=True), np.cov(theirs.T, bias=True), atol=1e-5
        )


@pytest.mark.parametrize("space", ["linear_rgb", "lab"])
def test_mean_and_covariance_are_matched_in_the_space_named(space: Any) -> None:
    matched = sl.match_mean_and_covariance(soft_picture(10), soft_picture(11) * 0.9, space)
    own = CONVERSIONS[space].from_rgb
    ours = own(matched.astype(np.float64)).reshape(-1, 3)
    theirs = own((soft_picture(11) * 0.9).astype(np.float64)).reshape(-1, 3)
    np.testing.assert_allclose(ours.mean(axis=0), theirs.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(np.cov(ours.T), np.cov(theirs.T), atol=1e-5)


def test_mean_and_covariance_do_not_depend_on_the_order_of_the_channels() -> None:
    # As a match with Cholesky's factors would.
    matched = sl.match_mean_and_covariance(soft_picture(12), picture(13))
    swapped = sl.match_mean_and_covariance(
        soft_picture(12)[..., [2, 0, 1]], picture(13)[..., [2, 0, 1]]
    )
    np.testing.assert_allclose(swapped, matched[..., [2, 0, 1]], atol=1e-5)


def test_a_gray_picture_takes_the_mean_and_varies_along_one_line() -> None:
    gray, target = soft_picture(14)[..., [0, 0, 0]], soft_picture(15)
    for tint in (0.0, 1e-4):  # what is below a step of 8 bits is no colour to be blown up
        matched = sl.match_mean_and_covariance(gray + np.float32(tint) * target, target)
        np.testing.assert_allclose(matched.mean(axis=(0, 1)), target.mean(axis=(0, 1)), atol=1e-5)
        variances = np.linalg.eigvalsh(np.cov(matched.reshape(-1, 3).T))
        assert variances[1] < 1e-3 * variances[2]


@pytest.mark.parametrize("space", sl.COLOUR_SPACES)
def test_matching_a_uniform_picture_gives_that_picture(space: Any) -> None:
    flat = one_colour(0.7, 0.4, 0.2)
    for match in (sl.match_mean_and_covariance, sl.match_histogram):
        np.testing.assert_allclose(match(picture(16), flat, space), flat, atol=1e-5)


def test_a_uniform_picture_takes_the_mean_or_the_median() -> None:
    flat, target = one_colour(0.7, 0.4, 0.2), picture(17) ** 2
    mean = sl.match_mean_and_covariance(flat, target)
    median = sl.match_histogram(flat, target)
    np.testing.assert_allclose(mean[3, 3], target.mean(axis=(0, 1)), atol=1e-5)
    np.testing.assert_allclose(median[3, 3], np.median(target, axis=(0, 1)), atol=1e-5)
    assert np.ptp(mean, axis=(0, 1)).max() == 0
    assert np.ptp(median, axis=(0, 1)).max() == 0


@given(seeds, seeds)
def test_a_histogram_match_without_ties_agrees_with_scikit_image(one: int, other: int) -> None:
    image, target = without_ties(one), without_ties(other) ** 3
    expected = exposure.match_histograms(image, target, channel_axis=-1)
    np.testing.assert_allclose(sl.match_histogram(image, target), expected, atol=1e-6)


@pytest.mark.parametrize("space", ["linear_rgb", "lab", "yiq"])
def test_a_histogram_is_matched_in_the_space_named(space: Any) -> None:
    image, target = soft_picture(18), 0.9 * soft_picture(19)
    own = CONVERSIONS[space].from_rgb
    ours, theirs = (
        np.sort(own(one.astype(np.float64)).reshape(-1, 3), axis=0)
        for one in (sl.match_histogram(image, target, space), target)
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_histogram_match_keeps_order_and_ties() -> None:
    image = np.round(picture(20) * 9) / 9
    matched = sl.match_histogram(image, picture(21))
    for channel in range(3):
        pairs = sorted({*zip(image[..., channel].flat, matched[..., channel].flat, strict=True)})
        assert len(pairs) == 10
        assert [after for _, after in pairs] == sorted(after for _, after in pairs)


@given(pictures, pictures, st.sampled_from(sl.COLOUR_SPACES))
def test_every_match_gives_a_valid_picture(one: Any, other: Any, space: Any) -> None:
    before = one.copy(), other.copy()
    for match in (sl.match_mean_and_covariance, sl.match_histogram):
        matched = match(one, other, space)
        assert matched.dtype == np.float32
        assert matched.shape == one.shape
        assert np.isfinite(matched).all()
        assert matched.min() >= 0
        assert matched.max() <= 1
    np.testing.assert_array_equal(one, before[0])
    np.testing.assert_array_equal(other, before[1])


def test_every_method_prepares_its_inputs_for_the_optimizer() -> None:
    photo, painting = picture(22), picture(23, 18, 17)
    np.testing.assert_array_equal(sl.prepare_colours(photo, painting, "painting")[1], painting)
    gray, matched = sl.prepare_colours(photo, painting, "luminance", "lab")
    np.testing.assert_array_equal(gray, sl.as_gray(photo, "lab"))
    np.testing.assert_array_equal(matched, sl.match_luminance(painting, photo, "lab"))
    for way, match in (
        ("mean_covariance", sl.match_mean_and_covariance),
        ("histogram", sl.match_histogram),
    ):
        same, recoloured = sl.prepare_colours(photo, painting, way)  # type: ignore[arg-type]
        np.testing.assert_array_equal(same, photo)
        np.testing.assert_array_equal(recoloured, match(painting, photo, "rgb"))
        elsewhere = sl.prepare_colours(photo, painting, way, "lab")[1]  # type: ignore[arg-type]
        np.testing.assert_array_equal(elsewhere, match(painting, photo, "lab"))


def test_only_luminance_adds_the_photos_chroma_at_the_painted_size() -> None:
    painted, photo = picture(24), picture(25, 32, 40)
    for way in ("painting", "mean_covariance", "histogram"):
        finished = sl.finish_colours(painted, photo, way)
        np.testing.assert_array_equal(finished, painted)
    kept = sl.finish_colours(painted, photo, "luminance", "lab")
    small = sl.resize_to(photo, 16, 20)
    np.testing.assert_array_equal(kept, sl.keep_colours(painted, small, "lab"))


def test_each_method_has_a_default_colour_space() -> None:
    assert set(colour.DEFAULT_COLOUR_SPACES) == set(sl.COLOUR_MODES)
    for way, space in product(sl.COLOUR_MODES, sl.COLOUR_SPACES):
        assert colour.validate_colours(
            way, colour.DEFAULT_COLOUR_SPACES[way]
        ) == colour.validate_colours(way)
        if way != "luminance" or space in LUMINANCE_SPACES:
            assert colour.validate_colours(way, space) == space


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(sl.SettingsError, match=r"'luminance'.* or 'histogram'.*Received: 'color'"):
        sl.prepare_colours(picture(26), picture(27), "color")  # type: ignore[arg-type]
    with pytest.raises(sl.SettingsError, match="Received: 'photo'"):
        sl.finish_colours(picture(26), picture(27), "photo")  # type: ignore[arg-type]


def test_an_unknown_space_is_refused_with_the_known_ones() -> None:
    image: Any = picture(28)
    calls: Any = [
        lambda: sl.luminance(image, "hsv"),  # type: ignore[arg-type]
        lambda: sl.as_gray(image, "hsv"),  # type: ignore[arg-type]
        lambda: sl.match_luminance(image, image, "hsv"),  # type: ignore[arg-type]
        lambda: sl.keep_colours(image, image, "hsv"),  # type: ignore[arg-type]
        lambda: sl.match_mean_and_covariance(image, image, "hsv"),  # type: ignore[arg-type]
        lambda: sl.match_histogram(image, image, "hsv"),  # type: ignore[arg-type]
        lambda: sl.prepare_colours(image, image, "painting", "hsv"),  # type: ignore[arg-type]
        lambda: sl.prepare_colours(image, image, "luminance", "hsv"),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(sl.SettingsError, match=r"'ycbcr', 'yiq' or 'lab'. Received: 'hsv'"):
            call()


@pytest.mark.parametrize("space", ["rgb", "linear_rgb"])
def test_a_space_without_luminance_is_refused_with_its_uses(space: Any) -> None:
    for call in (
        lambda: sl.luminance(picture(29), space),
        lambda: sl.keep_colours(picture(29), picture(30), space),
        lambda: colour.validate_colours("luminance", space),
    ):
        with pytest.raises(sl.SettingsError, match=f"Received: '{space}'.*mean_covariance"):
            call()


def test_pictures_of_different_sizes_cannot_be_combined() -> None:
    with pytest.raises(sl.PictureError, match=r"20 × 16 px and 17 × 18 px. `resize_to`"):
        sl.keep_colours(picture(31), picture(32, 18, 17))


@pytest.mark.parametrize("space", LUMINANCE_SPACES)
def test_the_number_of_strips_does_not_change_the_result(
    space: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = picture(34), soft_picture(35)
    calls: Any = [
        lambda: sl.luminance(one, space),
        lambda: sl.as_gray(one, space),
        lambda: sl.keep_colours(one, two, space),
        lambda: sl.match_histogram(one, two, space),
        lambda: sl.match_mean_and_covariance(one, two, space),
    ]
    at_once = [call() for call in calls]
    for pixels in (1, 60):  # a row at a time, or three with one left over
        monkeypatch.setattr(colour, "PIXELS_PER_STRIP", pixels)
        for call, expected in zip(calls, at_once, strict=True):
            np.testing.assert_allclose(call(), expected, atol=1e-6)


def test_invalid_pictures_are_refused() -> None:
    wrong: Any = np.zeros((16, 20), np.float32)
    calls: Any = [
        lambda: sl.luminance(wrong),
        lambda: sl.match_histogram(wrong, picture(33)),
        lambda: sl.match_mean_and_covariance(picture(33), wrong),
        lambda: sl.prepare_colours(wrong, picture(33), "painting"),
        lambda: sl.finish_colours(wrong, picture(33), "histogram"),
    ]
    for call in calls:
        with pytest.raises(sl.PictureError, match="Expected a picture"):
            call()
