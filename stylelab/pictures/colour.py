"""Colour transfer between photo and painting, before and after the optimizer runs.

Gatys, Bethge, Hertzmann and Shechtman 2016 (arXiv:1606.05897) keep a photo's colours in two ways.
Either the optimizer sees luminance only, and the photo's chroma is restored afterwards; or the
painting is first recoloured like the photo, by a linear map or by matching histograms, and the
optimizer runs as usual. All of it works on pictures: no network is involved. The colour spaces stand
in `stylelab.pictures.colour_spaces`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.colour_spaces import (
    CONVERSIONS,
    join_with_or,
    move_luminance_within_gamut,
    validate_luminance_space,
    validate_space,
)
from stylelab.pictures.images import resize_to, validate_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from stylelab.pictures.colour_spaces import ColourSpace, FloatArray, SpaceConversion
    from stylelab.pictures.images import Picture

ColourMode = Literal["painting", "luminance", "mean_covariance", "histogram"]

COLOUR_MODES: tuple[ColourMode, ...] = get_args(ColourMode)
"""Source of the result's colours: the painting, or the photo by one of three methods."""

DEFAULT_COLOUR_SPACES: Mapping[ColourMode, ColourSpace] = MappingProxyType(
    {"painting": "rgb", "luminance": "ycbcr", "mean_covariance": "rgb", "histogram": "rgb"}
)
"""Default colour space of each mode."""

MIN_STANDARD_DEVIATION = 0.5 / 255
"""A standard deviation below half a step of 8 bits counts as zero and is not amplified."""

PIXELS_PER_STRIP = 1 << 18
"""Pixels processed at a time."""


def luminance(image: Picture, space: ColourSpace = "ycbcr") -> NDArray[np.float32]:
    """Luminance of each pixel, (H, W) in [0, 1].

    Args:
        image: (H, W, 3), RGB in [0, 1].
        space: `"ycbcr"` or `"yiq"`: luma, 0.299·R + 0.587·G + 0.114·B; `"lab"`: L / 100.

    Raises:
        PictureError: `image` is not a picture.
        SettingsError: the space is unknown, or has no luminance.

    ```python
    brightness = sl.luminance(photo)
    ```
    """
    colour_space = CONVERSIONS[validate_luminance_space(space)]
    return _map_in_strips(lambda rgb: colour_space.from_rgb(rgb)[..., 0], validate_image(image))


def as_gray(image: Picture, space: ColourSpace = "ycbcr") -> Picture:
    """The picture in gray, with its luminance: (H, W, 3), three equal channels.

    Args:
        image: (H, W, 3), RGB in [0, 1].
        space: as for `luminance`.

    Raises:
        PictureError, SettingsError: as for `luminance`.

    ```python
    gray_photo = sl.as_gray(photo)
    ```
    """
    return _gray_from_luminance(luminance(image, space), space)


def match_luminance(painting: Picture, photo: Picture, space: ColourSpace = "ycbcr") -> Picture:
    """The painting in gray (H, W, 3), with mean and standard deviation of the photo's luminance.

    L′ = σ_photo / σ_painting · (L − μ_painting) + μ_photo, from Gatys et al. 2016
    (arXiv:1606.05897), who do this (in `"yiq"`) before luminance alone is transferred. Values outside
    [0, 1] are clipped. A flat painting becomes a flat gray of the photo's mean.

    Args:
        painting: (H, W, 3), RGB in [0, 1].
        photo: a picture of any size.
        space: as for `luminance`.

    Raises:
        PictureError, SettingsError: as for `luminance`.

    ```python
    gray_painting = sl.match_luminance(painting, photo)
    ```
    """
    values, target_values = (luminance(one, space).astype(np.float64) for one in (painting, photo))
    spread = values.std()
    gain = target_values.std() / spread if spread > MIN_STANDARD_DEVIATION else 0.0
    matched = np.clip(gain * (values - values.mean()) + target_values.mean(), 0, 1)
    return _gray_from_luminance(matched, space)


def keep_colours(image: Picture, photo: Picture, space: ColourSpace = "ycbcr") -> Picture:
    """Luminance of one picture with the chroma of another, exact up to float32 rounding.

    A strong red cannot be as light as white nor as dark as black: where luminance and chroma together
    lie outside the gamut of sRGB, chroma is kept, and luminance moves from the photo's towards that of
    `image` as far as the gamut allows. (Clipping red, green and blue one by one would change the
    chroma.) `"ycbcr"` and `"yiq"` describe the same chroma plane along different axes, so they give
    the same picture.

    Args:
        image: (H, W, 3), RGB in [0, 1]; supplies the luminance.
        photo: a picture of the same size; supplies the chroma.
        space: as for `luminance`.

    Raises:
        PictureError: one of them is not a picture, or their sizes differ.
        SettingsError: as for `luminance`.

    ```python
    lighter = sl.keep_colours(photo**0.5, photo)
    ```
    """
    colour_space = CONVERSIONS[validate_luminance_space(space)]
    new, source = validate_image(image), validate_image(photo)
    if new.shape != source.shape:
        raise PictureError(
            "Expected a painted picture and a photo of the same size. Received: "
            f"{new.shape[1]} × {new.shape[0]} px and {source.shape[1]} × {source.shape[0]} px. "
            "`resize_to` brings one to the size of the other."
        )

    def join(new: FloatArray, source: FloatArray) -> FloatArray:
        colours, target_values = colour_space.from_rgb(source), colour_space.from_rgb(new)[..., 0]
        colours[..., 0] = move_luminance_within_gamut(colours, target_values, colour_space)
        return colour_space.to_rgb(colours)

    return _map_in_strips(join, new, source)


def match_mean_and_covariance(
    image: Picture, target: Picture, space: ColourSpace = "rgb"
) -> Picture:
    """A picture recoloured by a linear map to the colour mean and covariance of another.

    Each colour x becomes A·(x − μ) + μ_target with A·Σ·Aᵀ = Σ_target. Gatys et al. 2016
    (arXiv:1606.05897) name two such A: one from Cholesky factors, which depends on the order of the
    channels, and that of Image Analogies (Hertzmann et al. 2001), from symmetric square roots, which
    does not. This is the latter: A = Σ_target^½ · Σ^−½.

    Along directions of the space without variance (in a gray or flat picture), A is 0. Values outside
    [0, 1] are clipped, after which mean and covariance agree only roughly.

    Args:
        image: (H, W, 3), RGB in [0, 1].
        target: a picture of any size, with the mean and covariance wanted.
        space: the space in which both are computed.

    Raises:
        PictureError: one of them is not a picture.
        SettingsError: the space is unknown.

    ```python
    recoloured = sl.match_mean_and_covariance(painting, photo)
    ```
    """
    colour_space = CONVERSIONS[validate_space(space)]
    checked = validate_image(image)
    mean, covariance = _mean_and_covariance(checked, colour_space)
    wanted_mean, wanted_covariance = _mean_and_covariance(validate_image(target), colour_space)
    a = matrix_square_root(wanted_covariance) @ inverse_matrix_square_root(covariance)

    def recolour(rgb: FloatArray) -> FloatArray:
        return colour_space.to_rgb((colour_space.from_rgb(rgb) - mean) @ a.T + wanted_mean)

    return _map_in_strips(recolour, checked)


def match_histogram(image: Picture, target: Picture, space: ColourSpace = "rgb") -> Picture:
    """A picture recoloured channel by channel to the histograms of another.

    Each value becomes the one with the same cumulative share in the target's channel (Gonzalez and
    Woods, Digital Image Processing, section 3.3). Equal values stand in the middle of the shares they
    take up, so that a flat channel becomes the target's median, where
    `skimage.exposure.match_histograms` returns the target's largest value.

    Args:
        image: (H, W, 3), RGB in [0, 1].
        target: a picture of any size, with the histograms wanted.
        space: the space whose three channels are matched. Outside `"rgb"` and `"linear_rgb"`, the
            result may lie outside the gamut of sRGB; it is clipped to [0, 1].

    Raises:
        PictureError: one of them is not a picture.
        SettingsError: the space is unknown.

    ```python
    recoloured = sl.match_histogram(painting, photo)
    ```
    """
    colour_space = CONVERSIONS[validate_space(space)]
    values, target_values = (
        colour_space.from_rgb(validate_image(one).astype(np.float64)) for one in (image, target)
    )
    for channel in range(3):
        values[..., channel] = _match_channel_histogram(
            values[..., channel], target_values[..., channel]
        )
    return _map_in_strips(colour_space.to_rgb, values)


def prepare_colours(
    photo: Picture,
    painting: Picture,
    colours: ColourMode,
    space: ColourSpace | None = None,
) -> tuple[Picture, Picture]:
    """Photo and painting as the optimizer sees them, as new arrays.

    Args:
        photo: (H, W, 3), RGB in [0, 1].
        painting: a picture of any size.
        colours: `"painting"`: both unchanged. `"luminance"`: both in gray, the painting by
            `match_luminance`. `"mean_covariance"`, `"histogram"`: the painting recoloured like the
            photo.
        space: None takes the mode's default.

    Raises:
        PictureError: one of them is not a picture.
        SettingsError: mode or space is unknown, or they do not go together.

    ```python
    gray_photo, gray_painting = sl.prepare_colours(photo, painting, "luminance")
    ```
    """
    colour_space = validate_colours(colours, space)
    if colours == "luminance":
        return as_gray(photo, colour_space), match_luminance(painting, photo, colour_space)
    if colours == "mean_covariance":
        return validate_image(photo), match_mean_and_covariance(painting, photo, colour_space)
    if colours == "histogram":
        return validate_image(photo), match_histogram(painting, photo, colour_space)
    return validate_image(photo), validate_image(painting)


def finish_colours(
    image: Picture, photo: Picture, colours: ColourMode, space: ColourSpace | None = None
) -> Picture:
    """The optimizer's picture with its final colours, as a new array.

    Args:
        image: (H, W, 3), RGB in [0, 1].
        photo: the photo in colour, of any size; scaled to that of `image`.
        colours: `"luminance"` restores the photo's chroma by `keep_colours`; the others change
            nothing.
        space: None takes the mode's default.

    Raises:
        PictureError: one of them is not a picture.
        SettingsError: mode or space is unknown, or they do not go together.

    ```python
    coloured = sl.finish_colours(sl.as_gray(photo), photo, "luminance")
    ```
    """
    colour_space = validate_colours(colours, space)
    if colours != "luminance":
        return validate_image(image)
    return keep_colours(image, resize_to(photo, *image.shape[:2]), colour_space)


def validate_colours(colours: str, space: str | None = None) -> ColourSpace:
    """The colour space in which a mode works: the one named, or the mode's default.

    Raises:
        SettingsError: mode or space is unknown, or `"luminance"` is asked for in a space without.
    """
    if colours not in COLOUR_MODES:
        raise SettingsError(
            f"Expected colours: {join_with_or(COLOUR_MODES)}. Received: {colours!r}."
        )
    if space is None:
        return DEFAULT_COLOUR_SPACES[colours]
    return validate_luminance_space(space) if colours == "luminance" else validate_space(space)


def _map_in_strips(change: Callable[..., FloatArray], *arrays: NDArray[Any]) -> NDArray[np.float32]:
    """Change each pixel in float64 and clip to [0, 1], some rows at a time."""
    strips = (change(*rows) for rows in _iterate_strips(*arrays))
    return np.concatenate([np.clip(strip, 0, 1).astype(np.float32) for strip in strips])


def _iterate_strips(*arrays: NDArray[Any]) -> Iterator[tuple[FloatArray, ...]]:
    """Rows of pictures of one size, a strip at a time: float64 of all would need much memory."""
    height, width = arrays[0].shape[:2]
    rows = max(1, PIXELS_PER_STRIP // width)
    for top in range(0, height, rows):
        yield tuple(array[top : top + rows].astype(np.float64) for array in arrays)


def _gray_from_luminance(light: NDArray[np.floating[Any]], space: ColourSpace) -> Picture:
    """Three equal channels with a given luminance."""
    colour_space = CONVERSIONS[space]

    def without_chroma(light: FloatArray) -> FloatArray:
        colours = np.zeros((*light.shape, 3))
        colours[..., 0] = light
        # The three channels differ by rounding alone, so one of them stands for all.
        gray: FloatArray = colour_space.to_rgb(colours)[..., 1]
        return gray

    return np.repeat(_map_in_strips(without_chroma, light)[..., np.newaxis], 3, axis=-1)


def _mean_and_covariance(image: Picture, space: SpaceConversion) -> tuple[FloatArray, FloatArray]:
    total, products = np.zeros(3), np.zeros((3, 3))
    for (rgb,) in _iterate_strips(image):
        values = space.from_rgb(rgb).reshape(-1, 3)
        total += values.sum(axis=0)
        products += values.T @ values
    pixels = image.shape[0] * image.shape[1]
    mean = total / pixels
    return mean, products / pixels - np.outer(mean, mean)


def matrix_square_root(covariance: FloatArray) -> FloatArray:
    """Σ^½ of a covariance, symmetric."""
    variances, directions = np.linalg.eigh(covariance)
    root: FloatArray = (directions * np.sqrt(np.maximum(variances, 0))) @ directions.T
    return root


def inverse_matrix_square_root(covariance: FloatArray) -> FloatArray:
    """Σ^−½ of a covariance, with 0 along directions without variance."""
    variances, directions = np.linalg.eigh(covariance)
    spread = np.sqrt(np.maximum(variances, 0))
    inverse = np.divide(1, spread, out=np.zeros(3), where=spread > MIN_STANDARD_DEVIATION)
    root: FloatArray = (directions * inverse) @ directions.T
    return root


def _match_channel_histogram(values: FloatArray, target_values: FloatArray) -> FloatArray:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    levels, level_counts = np.unique(target_values, return_counts=True)
    matched = np.interp(_cumulative_fractions(counts), _cumulative_fractions(level_counts), levels)
    return matched[places].reshape(values.shape)


def _cumulative_fractions(counts: NDArray[np.intp]) -> FloatArray:
    """Share of values below each level, plus half of those at it."""
    shares: FloatArray = (np.cumsum(counts) - counts / 2) / counts.sum()
    return shares
