"""Colour spaces: conversion from sRGB and back, and the limits of sRGB.

| space | its three channels | luminance | statistics |
|---|---|---|---|
| `"rgb"` | red, green, blue, as stored (sRGB) | – | yes |
| `"linear_rgb"` | red, green, blue, proportional to light | – | yes |
| `"ycbcr"` | luma Y; blue and red less Y (BT.601 as in JPEG; Cb and Cr around 0) | yes | yes |
| `"yiq"` | luma Y; orange–blue I, purple–green Q (NTSC) | yes | yes |
| `"lab"` | lightness L, green–red a, blue–yellow b (CIE 1976, D65), all divided by 100 | yes | yes |

"Luminance" stands for a space's first channel, whatever its name; the other two are its chroma.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FloatArray: TypeAlias = NDArray[np.float64]
ColourSpace = Literal["rgb", "linear_rgb", "ycbcr", "yiq", "lab"]

COLOUR_SPACES: tuple[ColourSpace, ...] = get_args(ColourSpace)
"""Names of the colour spaces; see the table at the top of this module."""

# scikit-image's own conversions clip, stop at negative values and scale Cb and Cr to 8 bits of video,
# while a search for the edge of the gamut leaves the gamut on its way. So its matrices are taken where
# it has them, and the conversions stand here.
_YCBCR_FROM_RGB = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.299 / 1.772, -0.587 / 1.772, 0.5],
        [0.5, -0.587 / 1.402, -0.114 / 1.402],
    ]
)
_BISECTIONS = 24
_GAMUT_TOLERANCE = 1e-9


@dataclass(frozen=True)
class SpaceConversion:
    """Conversion to a colour space and back, for float64 arrays (…, 3); nothing is clipped.

    Attributes:
        from_rgb: from sRGB to the space.
        to_rgb: from the space to sRGB.
        has_luminance: whether the first channel is luminance and the others chroma.
    """

    from_rgb: Callable[[FloatArray], FloatArray]
    to_rgb: Callable[[FloatArray], FloatArray]
    has_luminance: bool


def validate_space(space: str) -> ColourSpace:
    """The same name as one of `COLOUR_SPACES`; raise a `SettingsError` if it is none of them."""
    for name in COLOUR_SPACES:
        if name == space:
            return name
    raise SettingsError(
        f"Expected a colour space: {join_with_or(COLOUR_SPACES)}. Received: {space!r}."
    )


def validate_luminance_space(space: str) -> ColourSpace:
    """The same name as a space with luminance and chroma; raise a `SettingsError` if it is none."""
    name = validate_space(space)
    if not CONVERSIONS[name].has_luminance:
        able = [other for other in COLOUR_SPACES if CONVERSIONS[other].has_luminance]
        raise SettingsError(
            f"Expected a colour space that separates luminance from chroma: {join_with_or(able)}. "
            f"Received: {space!r}, which has no luminance channel. "
            'The modes "mean_covariance" and "histogram" work there.'
        )
    return name


def join_with_or(names: Sequence[str]) -> str:
    """Names in quotes for a message: 'a', 'b' or 'c'."""
    *most, last = map(repr, names)
    return f"{', '.join(most)} or {last}"


def move_luminance_within_gamut(
    colours: FloatArray, target_values: FloatArray, space: SpaceConversion
) -> FloatArray:
    """Luminance moved towards a target as far as each colour stays in the gamut of sRGB.

    Args:
        colours: (…, 3), in the space; inside the gamut.
        target_values: (…), the luminance wanted.
        space: one with luminance.

    Returns:
        Luminance (…), found by bisection.
    """

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


def srgb_to_linear(rgb: FloatArray) -> FloatArray:
    """Light of stored values: sRGB's curve (IEC 61966-2-1), mirrored below 0."""
    size = np.abs(rgb)
    light = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004
    return np.copysign(light, rgb)


def _linear_to_srgb(light: FloatArray) -> FloatArray:
    """Stored values of light."""
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
    matrix = _skimage_matrix("xyz_from_rgb")
    white = matrix.sum(axis=1)  # so that a gray pixel has no chroma at all
    x, y, z = np.moveaxis(_lab_f(srgb_to_linear(rgb) @ matrix.T / white), -1, 0)
    return np.stack([1.16 * y - 0.16, 5 * (x - y), 2 * (y - z)], axis=-1)


def _lab_to_rgb(lab: FloatArray) -> FloatArray:
    lightness, red, yellow = np.moveaxis(lab, -1, 0)
    y = (lightness + 0.16) / 1.16
    roots = np.stack([y + red / 5, y, y - yellow / 2], axis=-1)
    matrix = _skimage_matrix("xyz_from_rgb")
    light = _lab_f_inverse(roots) * matrix.sum(axis=1) @ np.linalg.inv(matrix).T
    return _linear_to_srgb(light)


def _skimage_matrix(name: str) -> FloatArray:
    """Matrix (3, 3) of scikit-image; imported late, as SciPy comes with it."""
    from skimage.color import colorconv

    matrix: FloatArray = getattr(colorconv, name)
    return matrix


def _linear_space(matrix: Callable[[], FloatArray]) -> SpaceConversion:
    return SpaceConversion(
        lambda rgb: rgb @ matrix().T, lambda source: source @ np.linalg.inv(matrix()).T, True
    )


CONVERSIONS: Mapping[ColourSpace, SpaceConversion] = MappingProxyType(
    {
        "rgb": SpaceConversion(np.copy, np.copy, has_luminance=False),
        "linear_rgb": SpaceConversion(srgb_to_linear, _linear_to_srgb, has_luminance=False),
        "ycbcr": _linear_space(lambda: _YCBCR_FROM_RGB),
        "yiq": _linear_space(lambda: _skimage_matrix("yiq_from_rgb")),
        "lab": SpaceConversion(_rgb_to_lab, _lab_to_rgb, has_luminance=True),
    }
)
