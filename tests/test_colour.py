"""The colour of pictures: beside scikit-image's conversions, its histograms and NumPy's covariance."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color, exposure

import stylelab as sl
from stylelab import colour

LUMINANCE_SPACES = ("ycbcr", "yiq", "lab")
STEP = 1 / 255


def picture(seed: int, height: int = 16, width: int = 20) -> Any:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def soft_picture(seed: int, height: int = 16, width: int = 20) -> Any:
    """Colours around a middle gray: none is driven out of [0, 1] by a match with another such."""
    return 0.5 + (picture(seed, height, width) - 0.5) / 5


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


def of_space(image: Any, space: str) -> Any:
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
def test_luminance_is_that_of_scikit_image(space: Any) -> None:
    image = picture(0)
    np.testing.assert_allclose(
        sl.luminance(image, space), of_space(image, space)[..., 0], atol=2e-6
    )


@pytest.mark.parametrize("space", ["rgb", *LUMINANCE_SPACES])
def test_the_spaces_are_those_of_scikit_image(space: Any) -> None:
    ours = colour._SPACES[space].of_rgb(picture(1).astype(np.float64))
    np.testing.assert_allclose(ours, of_space(picture(1), space), atol=1e-4)


def test_linear_rgb_is_light() -> None:
    light = colour._SPACES["linear_rgb"].of_rgb(picture(2).astype(np.float64))
    xyz = color.rgb2xyz(picture(2).astype(np.float64))
    np.testing.assert_allclose(light @ color.colorconv.xyz_from_rgb.T, xyz, atol=1e-12)


@pytest.mark.parametrize("space", sl.COLOUR_SPACES)
def test_the_way_to_a_space_and_back_changes_nothing_even_beyond_the_gamut(space: Any) -> None:
    values = np.random.default_rng(3).uniform(-0.5, 1.5, (10, 10, 3))
    there_and_back = colour._SPACES[space]
    np.testing.assert_allclose(there_and_back.to_rgb(there_and_back.of_rgb(values)), values)
