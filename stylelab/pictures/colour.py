"""Whose colours? The painting's, or those of the photo: four ways, as arrays before and after.

Gatys, Bethge, Hertzmann and Shechtman 2016 (arXiv:1606.05897) keep a photo's colours in two ways.
Either the optimizer sees luminance only, and the photo's chroma is put back afterwards; or the
painting is first recoloured like the photo, by a linear map or by matching histograms, and the
optimizer goes to work as ever. All of it happens to pictures: no network is asked.

| space | its three numbers | luminance | statistics |
|---|---|---|---|
| `"rgb"` | red, green, blue, as stored (sRGB) | – | yes |
| `"linear_rgb"` | red, green, blue in proportion to the light | – | yes |
| `"ycbcr"` | luma Y; blue and red less Y (BT.601 as in JPEG; Cb and Cr around 0) | yes | yes |
| `"yiq"` | luma Y; orange–blue I, purple–green Q (NTSC) | yes | yes |
| `"lab"` | lightness L, green–red a, blue–yellow b (CIE 1976, D65), all divided by 100 | yes | yes |

"Luminance" stands for a space's first number, whatever its name there; the other two are its chroma.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.images import resize_to, validate_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stylelab.pictures.images import Picture

FloatArray: TypeAlias = NDArray[np.float64]
ColourSpace = Literal["rgb", "linear_rgb", "ycbcr", "yiq", "lab"]
ColourMode = Literal["painting", "luminance", "mean_covariance", "histogram"]

COLOUR_MODES: tuple[ColourMode, ...] = get_args(ColourMode)
"""Whose colours a result has: the painting's, or the photo's in one of three ways."""

COLOUR_SPACES: tuple[ColourSpace, ...] = get_args(ColourSpace)
"""The names of the colour spaces; see the table at the top of this module."""

DEFAULT_COLOUR_SPACES: Mapping[ColourMode, ColourSpace] = MappingProxyType(
    {"painting": "rgb", "luminance": "ycbcr", "mean_covariance": "rgb", "histogram": "rgb"}
)
"""The space that each way works in unless another is named."""

MIN_STANDARD_DEVIATION = 0.5 / 255
"""A standard deviation below half a step of 8 bits is taken for none: it is not blown up."""

PIXELS_PER_STRIP = 1 << 18
"""Pixels that are computed at a time."""

_RGB_TO_YCBCR = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.299 / 1.772, -0.587 / 1.772, 0.5],
        [0.5, -0.587 / 1.402, -0.114 / 1.402],
    ]
)
_RGB_TO_YIQ = np.array(
    [
        [0.299, 0.587, 0.114],
        [0.59590059, -0.27455667, -0.32134392],
        [0.21153661, -0.52273617, 0.31119955],
    ]
)
_RGB_TO_XYZ = np.array(  # of linear sRGB light (IEC 61966-2-1)
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_WHITE = _RGB_TO_XYZ.sum(axis=1)  # so that a gray pixel has no chroma at all
_BISECTIONS = 24
_GAMUT_TOLERANCE = 1e-9


@dataclass(frozen=True)
class _Space:
    """A colour space: the way there and back, for float64 arrays (…, 3); nothing is clipped."""

    from_rgb: Callable[[FloatArray], FloatArray]
    to_rgb: Callable[[FloatArray], FloatArray]
    has_luminance: bool


def luminance(image: Picture, space: ColourSpace = "ycbcr") -> NDArray[np.float32]:
    """How light each pixel is.

    Args:
        image: (H, W, 3), RGB in [0, 1].
        space: `"ycbcr"` or `"yiq"`: luma, 0.299·R + 0.587·G + 0.114·B; `"lab"`: L / 100.

    Returns:
        (H, W), in [0, 1].

    Raises:
        PictureError: it is not a picture.
        SettingsError: the space is unknown, or no number of it is a luminance.
    """
    colour_space = _SPACES[_validate_luminance_space(space)]
    return _map_in_strips(lambda rgb: colour_space.from_rgb(rgb)[..., 0], validate_image(image))


def as_gray(image: Picture, space: ColourSpace = "ycbcr") -> Picture:
    """The same picture without its colours: luminance as it was, three equal channels.

    Raises:
        PictureError, SettingsError: as for `luminance`.
    """
    return _gray_from_luminance(luminance(image, space), space)


def match_luminance(painting: Picture, photo: Picture, space: ColourSpace = "ycbcr") -> Picture:
    """The painting in gray, with the mean and the spread of the photo's luminance.

    L′ = σ_photo / σ_painting · (L − μ_painting) + μ_photo, from Gatys et al. 2016
    (arXiv:1606.05897), who do so (in `"yiq"`) before luminance alone is transferred. What leaves
    [0, 1] is clipped. A flat painting becomes a flat gray of the photo's mean.

    Args:
        painting: (H, W, 3), RGB in [0, 1].
        photo: a picture of any size.
        space: as for `luminance`.

    Returns:
        A new picture of the painting's size, with three equal channels.

    Raises:
        PictureError, SettingsError: as for `luminance`.
    """
    values, target_values = (luminance(one, space).astype(np.float64) for one in (painting, photo))
    spread = values.std()
    gain = target_values.std() / spread if spread > MIN_STANDARD_DEVIATION else 0.0
    matched = np.clip(gain * (values - values.mean()) + target_values.mean(), 0, 1)
    return _gray_from_luminance(matched, space)


def keep_colours(image: Picture, photo: Picture, space: ColourSpace = "ycbcr") -> Picture:
    """Join the luminance of one picture and the chroma of another.

    A colour that is strongly red cannot be as light as white nor as dark as black: where luminance
    and chroma together are no colour of a screen, chroma is kept and the luminance goes from the
    photo's towards that of `image` as far as it can. (To clip red, green and blue one by one would
    change the chroma.) Luma and chroma of `"ycbcr"` and `"yiq"` are the same plane seen along
    different axes, so these two give the same picture.

    Args:
        image: (H, W, 3), RGB in [0, 1]: its luminance is taken.
        photo: a picture of the same size: its chroma is taken.
        space: as for `luminance`.

    Returns:
        A new picture. Its chroma is that of the photo but for float32's rounding.

    Raises:
        PictureError: one of them is not a picture, or their sizes differ.
        SettingsError: as for `luminance`.
    """
    colour_space = _SPACES[_validate_luminance_space(space)]
    new, source = validate_image(image), validate_image(photo)
    if new.shape != source.shape:
        raise PictureError(
            "Expected a painted picture and a photo of the same size. Received: "
            f"{new.shape[1]} × {new.shape[0]} px and {source.shape[1]} × {source.shape[0]} px. "
            "`resize_to` brings one to the size of the other."
        )

    def join(new: FloatArray, source: FloatArray) -> FloatArray:
        colours, target_values = colour_space.from_rgb(source), colour_space.from_rgb(new)[..., 0]
        colours[..., 0] = _move_luminance_within_gamut(colours, target_values, colour_space)
        return colour_space.to_rgb(colours)

    return _map_in_strips(join, new, source)


def match_mean_and_covariance(
    image: Picture, target: Picture, space: ColourSpace = "rgb"
) -> Picture:
    """Recolour a picture by a linear map, so that its colours spread as those of another.

    Each colour x becomes A·(x − μ) + μ_target with A·Σ·Aᵀ = Σ_target. Gatys et al. 2016
    (arXiv:1606.05897) name two such A: one from the Cholesky factors, which depends on the order of
    the channels, and that of Image Analogies (Hertzmann et al. 2001), from symmetric roots, which
    does not. This is the latter: A = Σ_target^½ · Σ^−½.

    Where the picture does not spread in some direction of the space (a gray one, a flat one), it
    cannot be made to: there A is 0. What leaves [0, 1] is clipped, and after that mean and covariance
    agree only roughly.

    Args:
        image: (H, W, 3), RGB in [0, 1].
        target: a picture of any size, whose mean and covariance are wanted.
        space: the space in which they are taken.

    Returns:
        A new picture of the size of the first.

    Raises:
        PictureError: one of them is not a picture.
        SettingsError: the space is unknown.
    """
    colour_space = _SPACES[_validate_space(space)]
    checked = validate_image(image)
    mean, covariance = _mean_and_covariance(checked, colour_space)
    wanted_mean, wanted_covariance = _mean_and_covariance(validate_image(target), colour_space)
    a = _matrix_square_root(wanted_covariance) @ _inverse_matrix_square_root(covariance)

    def recolour(rgb: FloatArray) -> FloatArray:
        return colour_space.to_rgb((colour_space.from_rgb(rgb) - mean) @ a.T + wanted_mean)

    return _map_in_strips(recolour, checked)


def match_histogram(image: Picture, target: Picture, space: ColourSpace = "rgb") -> Picture:
    """Recolour a picture channel by channel, so that each has the histogram of another's.

    A value that is larger than a share q of its channel becomes the one that is larger than the
    same share of the target's channel (Gonzalez and Woods, Digital Image Processing, section 3.3).
    Equal values stand in the middle of the shares they take up, so that a flat channel takes the
    target's median, where `skimage.exposure.match_histograms` gives it the target's largest value.

    Args:
        image: (H, W, 3), RGB in [0, 1].
        target: a picture of any size, whose histograms are wanted.
        space: the space whose three channels are matched. Outside `"rgb"` and `"linear_rgb"` the
            three together may be no colour of a screen; what leaves [0, 1] is clipped.

    Returns:
        A new picture of the size of the first.

    Raises:
        PictureError: one of them is not a picture.
        SettingsError: the space is unknown.
    """
    colour_space = _SPACES[_validate_space(space)]
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
    """Make of a photo and a painting what the optimizer is to see.

    Args:
        photo: (H, W, 3), RGB in [0, 1].
        painting: a picture of any size.
        colours: `"painting"`: both as they are. `"luminance"`: both in gray, the painting with the
            photo's mean and spread. `"mean_covariance"`, `"histogram"`: the painting recoloured
            like the photo.
        space: None takes the way's own (`DEFAULT_COLOUR_SPACES`).

    Returns:
        The photo and the painting, as new arrays.

    Raises:
        PictureError: one of them is not a picture.
        SettingsError: `validate_colours` refuses.
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
    """Make of what the optimizer painted the picture that is shown.

    Args:
        image: (H, W, 3), RGB in [0, 1].
        photo: the photo in its colours, of any size; scaled to that of `image`.
        colours: `"luminance"`: `keep_colours`. Otherwise nothing is left to do.
        space: None takes the way's own (`DEFAULT_COLOUR_SPACES`).

    Raises:
        PictureError: one of them is not a picture.
        SettingsError: `validate_colours` refuses.
    """
    colour_space = validate_colours(colours, space)
    if colours != "luminance":
        return validate_image(image)
    return keep_colours(image, resize_to(photo, *image.shape[:2]), colour_space)


def validate_colours(colours: str, space: str | None = None) -> ColourSpace:
    """Give the space to work in, once it is certain that there is such a way and it can go there.

    Raises:
        SettingsError: the way or the space is unknown, or the space has no luminance for
            `"luminance"` to keep apart.
    """
    if colours not in COLOUR_MODES:
        raise SettingsError(
            f"Expected colours: {_join_with_or(COLOUR_MODES)}. Received: {colours!r}."
        )
    if space is None:
        return DEFAULT_COLOUR_SPACES[colours]
    return _validate_luminance_space(space) if colours == "luminance" else _validate_space(space)


def _validate_space(space: str) -> ColourSpace:
    for name in COLOUR_SPACES:
        if name == space:
            return name
    raise SettingsError(
        f"Expected a colour space: {_join_with_or(COLOUR_SPACES)}. Received: {space!r}."
    )


def _validate_luminance_space(space: str) -> ColourSpace:
    name = _validate_space(space)
    if not _SPACES[name].has_luminance:
        able = [other for other in COLOUR_SPACES if _SPACES[other].has_luminance]
        raise SettingsError(
            f"Expected a colour space that keeps luminance apart from chroma: {_join_with_or(able)}. "
            f"Received: {space!r}, where all three numbers are colours. "
            'The ways "mean_covariance" and "histogram" can work there.'
        )
    return name


def _join_with_or(names: Any) -> str:
    *most, last = map(repr, names)
    return f"{', '.join(most)} or {last}"


def _map_in_strips(change: Callable[..., FloatArray], *arrays: NDArray[Any]) -> NDArray[np.float32]:
    """Change each pixel for itself, in float64, and clip to [0, 1]; some rows at a time."""
    strips = (change(*rows) for rows in _iterate_strips(*arrays))
    return np.concatenate([np.clip(strip, 0, 1).astype(np.float32) for strip in strips])


def _iterate_strips(*arrays: NDArray[Any]) -> Iterator[tuple[FloatArray, ...]]:
    """Go through pictures of one size some rows at a time: float64 of all would be much memory."""
    height, width = arrays[0].shape[:2]
    rows = max(1, PIXELS_PER_STRIP // width)
    for top in range(0, height, rows):
        yield tuple(array[top : top + rows].astype(np.float64) for array in arrays)


def _gray_from_luminance(light: NDArray[np.floating[Any]], space: ColourSpace) -> Picture:
    """Three equal channels with that luminance."""
    colour_space = _SPACES[space]

    def without_chroma(light: FloatArray) -> FloatArray:
        colours = np.zeros((*light.shape, 3))
        colours[..., 0] = light
        # The three channels differ by rounding alone, so one of them stands for all.
        gray: FloatArray = colour_space.to_rgb(colours)[..., 1]
        return gray

    return np.repeat(_map_in_strips(without_chroma, light)[..., np.newaxis], 3, axis=-1)


def _move_luminance_within_gamut(
    colours: FloatArray, target_values: FloatArray, space: _Space
) -> FloatArray:
    """Take luminance from where it is towards `wanted`, as far as each colour remains one."""

    def shift_luminance(share: Any, places: Any) -> FloatArray:
        shifted: FloatArray = colours[places].copy()
        shifted[..., 0] += share * (target_values[places] - shifted[..., 0])
        return shifted

    share = np.ones(target_values.shape)
    outside = ~_is_in_gamut(space.to_rgb(shift_luminance(1.0, ...)))
    inner, outer = np.zeros(outside.sum()), np.ones(outside.sum())
    for _ in range(_BISECTIONS):
        middle = (inner + outer) / 2
        fits = _is_in_gamut(space.to_rgb(shift_luminance(middle, outside)))
        inner, outer = np.where(fits, middle, inner), np.where(fits, outer, middle)
    share[outside] = inner
    reached: FloatArray = shift_luminance(share, ...)[..., 0]
    return reached


def _is_in_gamut(rgb: FloatArray) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.all(
        (rgb >= -_GAMUT_TOLERANCE) & (rgb <= 1 + _GAMUT_TOLERANCE), axis=-1
    )
    return inside


def _mean_and_covariance(image: Picture, space: _Space) -> tuple[FloatArray, FloatArray]:
    total, products = np.zeros(3), np.zeros((3, 3))
    for (rgb,) in _iterate_strips(image):
        values = space.from_rgb(rgb).reshape(-1, 3)
        total += values.sum(axis=0)
        products += values.T @ values
    pixels = image.shape[0] * image.shape[1]
    mean = total / pixels
    return mean, products / pixels - np.outer(mean, mean)


def _matrix_square_root(covariance: FloatArray) -> FloatArray:
    variances, directions = np.linalg.eigh(covariance)
    root: FloatArray = (directions * np.sqrt(np.maximum(variances, 0))) @ directions.T
    return root


def _inverse_matrix_square_root(covariance: FloatArray) -> FloatArray:
    """Σ^−½, with 0 for the directions in which nothing spreads."""
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
    """The share of values below each level, and half of those at it."""
    shares: FloatArray = (np.cumsum(counts) - counts / 2) / counts.sum()
    return shares


def _srgb_to_linear(rgb: FloatArray) -> FloatArray:
    """The light of stored values (sRGB's curve, carried on below 0 as its mirror image)."""
    size = np.abs(rgb)
    light = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004
    return np.copysign(light, rgb)


def _linear_to_srgb(light: FloatArray) -> FloatArray:
    """The values that are stored for some light."""
    size = np.abs(light)
    rgb = np.where(size <= 0.04045 / 12.92, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055)
    return np.copysign(rgb, light)


# CIE 1976 L*a*b*: f(t) = ∛t, below (6/29)³ a straight line; L = 116·f(Y) − 16.
_LAB_DELTA = 6 / 29


def _lab_f(light: FloatArray) -> FloatArray:
    return np.where(light > _LAB_DELTA**3, np.cbrt(light), light / (3 * _LAB_DELTA**2) + 4 / 29)


def _lab_f_inverse(root: FloatArray) -> FloatArray:
    return np.where(root > _LAB_DELTA, root**3, 3 * _LAB_DELTA**2 * (root - 4 / 29))


def _rgb_to_lab(rgb: FloatArray) -> FloatArray:
    x, y, z = np.moveaxis(_lab_f(_srgb_to_linear(rgb) @ _RGB_TO_XYZ.T / _WHITE), -1, 0)
    return np.stack([1.16 * y - 0.16, 5 * (x - y), 2 * (y - z)], axis=-1)


def _lab_to_rgb(lab: FloatArray) -> FloatArray:
    light, red, yellow = np.moveaxis(lab, -1, 0)
    y = (light + 0.16) / 1.16
    roots = np.stack([y + red / 5, y, y - yellow / 2], axis=-1)
    return _linear_to_srgb(_lab_f_inverse(roots) * _WHITE @ np.linalg.inv(_RGB_TO_XYZ).T)


def _linear_space(matrix: FloatArray) -> _Space:
    return _Space(lambda rgb: rgb @ matrix.T, lambda source: source @ np.linalg.inv(matrix).T, True)


_SPACES: Mapping[ColourSpace, _Space] = MappingProxyType(
    {
        "rgb": _Space(np.copy, np.copy, has_luminance=False),
        "linear_rgb": _Space(_srgb_to_linear, _linear_to_srgb, has_luminance=False),
        "ycbcr": _linear_space(_RGB_TO_YCBCR),
        "yiq": _linear_space(_RGB_TO_YIQ),
        "lab": _Space(_rgb_to_lab, _lab_to_rgb, has_luminance=True),
    }
)
