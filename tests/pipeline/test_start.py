"""The picture that a run starts from, beside means and covariances by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stylelab.errors import PictureWarning
from stylelab.losses.style import style
from stylelab.pictures.colour import match_mean_and_covariance
from stylelab.pipeline.inputs import load_inputs
from stylelab.pipeline.plan import make_plan
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.start import recolour_photo
from stylelab.pipeline.transfer_steps import transfer_steps

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture

WIDE = (24, 40)
LEFT = np.repeat(np.arange(WIDE[1])[None] < WIDE[1] // 2, WIDE[0], axis=0).astype(np.float32)


def random_picture(seed: int, mean: float = 0.5) -> Picture:
    """Correlated channels that stay far from 0 and 1, so that nothing is clipped."""
    random = np.random.default_rng(seed)
    mixed = random.standard_normal((*WIDE, 3)) @ random.uniform(-0.5, 1, (3, 3))
    return (mean + 0.03 * mixed).astype(np.float32)


def colour_statistics(image: Picture) -> tuple[Any, Any]:
    pixels = image.reshape(-1, 3).astype(np.float64)
    return pixels.mean(0), np.cov(pixels.T)


@pytest.fixture
def photo() -> Picture:
    return random_picture(0, 0.4)


def first_picture(photo: Picture, painting: Any, **options: Any) -> Picture:
    keep = options.pop("keep", None)
    settings = Settings(size=max(WIDE), coarsest_size=max(WIDE), steps=1, **options)
    plan = make_plan(load_inputs(photo, painting, settings, keep=keep), settings, weights=None)
    return next(transfer_steps(plan)).step.image


def test_a_run_starts_from_the_photo_in_the_mean_and_covariance_of_the_painting(
    photo: Picture,
) -> None:
    painting = random_picture(1, 0.6)
    mean, covariance = colour_statistics(first_picture(photo, painting))
    wanted_mean, wanted_covariance = colour_statistics(painting)
    np.testing.assert_allclose(mean, wanted_mean, atol=1e-5)
    np.testing.assert_allclose(covariance, wanted_covariance, atol=1e-6)


def test_a_run_can_start_from_the_photo_as_it_is(photo: Picture) -> None:
    image = first_picture(photo, random_picture(1, 0.6), start="content")
    np.testing.assert_array_equal(image, photo)


def test_paintings_lend_their_colours_where_their_styles_are_asked_for(photo: Picture) -> None:
    night, glass = random_picture(1, 0.6), random_picture(2, 0.3)
    start = recolour_photo(photo, style(night, mask=LEFT) + style(glass, mask=1 - LEFT))
    as_night, as_glass = (match_mean_and_covariance(photo, one) for one in (night, glass))
    half = WIDE[1] // 2
    np.testing.assert_allclose(start[:, :half], as_night[:, :half], atol=1e-6)
    np.testing.assert_allclose(start[:, half:], as_glass[:, half:], atol=1e-6)


def test_several_styles_of_one_place_lend_a_weighted_mean(photo: Picture) -> None:
    night, glass = random_picture(1, 0.6), random_picture(2, 0.3)
    start = recolour_photo(photo, 3 * style(night) + style(glass))
    as_night, as_glass = (match_mean_and_covariance(photo, one) for one in (night, glass))
    np.testing.assert_allclose(start, 0.75 * as_night + 0.25 * as_glass, atol=1e-6)


def test_the_photo_keeps_its_colours_where_no_style_is_asked_for(photo: Picture) -> None:
    painting, half = random_picture(1, 0.6), WIDE[1] // 2
    kept = first_picture(photo, painting, keep=LEFT)
    np.testing.assert_array_equal(kept[:, :half], photo[:, :half])
    whole = first_picture(photo, painting)
    np.testing.assert_allclose(kept[:, half:], whole[:, half:], atol=1e-6)
    np.testing.assert_array_equal(first_picture(photo, painting, style_weight=0), photo)


def test_colours_come_from_the_part_of_the_painting_that_its_mask_names(photo: Picture) -> None:
    night, glass = random_picture(1, 0.6), random_picture(2, 0.3)
    joined = np.where(LEFT[..., None] > 0, night, glass)
    start = recolour_photo(photo, style(joined, painting_mask=LEFT))
    left_half = joined[:, : WIDE[1] // 2]
    np.testing.assert_allclose(start, match_mean_and_covariance(photo, left_half), atol=1e-6)


def test_a_gray_start_has_no_colours(photo: Picture) -> None:
    gray = np.repeat(photo[..., :1], 3, axis=2)
    image = first_picture(gray, np.repeat(random_picture(1)[..., :1], 3, axis=2))
    np.testing.assert_allclose(image, np.repeat(image[..., :1], 3, axis=2), atol=1e-6)


def test_an_even_photo_becomes_noise_around_the_mean_colour_of_the_painting() -> None:
    painting = random_picture(1, 0.6)
    with pytest.warns(PictureWarning, match="one even area"):
        image = first_picture(np.full_like(painting, 0.3), painting)
    assert image.std(axis=(0, 1)).min() > 0.02
    np.testing.assert_allclose(image.mean((0, 1)), painting.mean((0, 1)), atol=0.01)
