"""ICC colour profiles: sRGB, wider colour spaces, and conversion between profiles."""

from __future__ import annotations

import math
import struct
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageCms

from stylelab.errors import SettingsError
from stylelab.pictures.colour_spaces import srgb_to_linear
from stylelab.pictures.picture_files import open_picture

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

WideGamutProfile = Literal["adobe_rgb", "display_p3"]

# Chromaticities (x, y) of red, green and blue: Adobe RGB (1998) Color Image Encoding, section 4.3.1;
# SMPTE EG 432-1 for P3, with the white point and the curve of sRGB as on displays.
_PRIMARIES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "adobe_rgb": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    "display_p3": ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
}
_D65 = (0.3127, 0.3290)
_D50 = np.array([0.9642, 1.0, 0.8249])  # white point of every ICC profile

# Bradford's chromatic adaptation: ICC.1:2022, annex E.
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)

_MAX_ROUND_TRIP_ERROR = 8
"""Largest error of a colour, of 255 levels, that rounding causes in a profile and back."""


def embedded_profile(path: str | os.PathLike[str]) -> bytes | None:
    """Colour profile embedded in a picture file, or None.

    Raises:
        PictureError: it is not a picture file.
    """
    with open_picture(path) as image:
        profile = image.info.get("icc_profile")
    return bytes(profile) if profile else None


@cache
def srgb_profile() -> bytes:
    """Colour profile of sRGB, as Little CMS makes it."""
    made: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made


def wide_gamut_profile(name: WideGamutProfile) -> bytes:
    """Colour profile of a space wider than sRGB, as cameras and telephones embed them.

    Its curve is a power of 563/256 for `"adobe_rgb"`, that of sRGB for `"display_p3"`.

    Args:
        name: `"adobe_rgb"` or `"display_p3"`.

    Raises:
        SettingsError: the name is unknown.
    """
    if name not in _PRIMARIES:
        raise SettingsError(
            f"Expected the name of a profile: {', '.join(_PRIMARIES)}. Received: {name!r}."
        )
    if name == "adobe_rgb":
        return rgb_profile(_PRIMARIES[name], "compatible with Adobe RGB (1998)", gamma=563 / 256)
    return rgb_profile(_PRIMARIES[name], "like Display P3")


def rgb_profile(
    primaries: tuple[tuple[float, float], ...], description: str, *, gamma: float | None = None
) -> bytes:
    """Colour profile with three primaries, white point D65 and one curve (ICC.1:2001-04, version 2).

    Args:
        primaries: chromaticities (x, y) of red, green and blue.
        description: the profile's name.
        gamma: exponent of the curve, in steps of 1/256; None takes the curve of sRGB.
    """
    if gamma is not None:
        curve = struct.pack(">4s4xIH", b"curv", 1, round(gamma * 256))
    else:
        values = np.linspace(0, 1, 1024)
        samples = np.rint(srgb_to_linear(values) * 65535).astype(">u2").tobytes()
        curve = struct.pack(">4s4xI", b"curv", len(values)) + samples
    columns = _primaries_at_d50(primaries).T
    name = description.encode("ascii") + b"\0"
    tags = {
        # The same text in Unicode and for old Macintoshes follows, both empty.
        b"desc": struct.pack(">4s4xI", b"desc", len(name)) + name + bytes(8 + 3 + 67),
        b"cprt": b"text\0\0\0\0No rights reserved (CC0)\0",
        b"wtpt": _xyz_tag(_D50),
        b"rXYZ": _xyz_tag(columns[0]),
        b"gXYZ": _xyz_tag(columns[1]),
        b"bXYZ": _xyz_tag(columns[2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return _build_profile(tags)


def _primaries_at_d50(chromaticities: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """Matrix from linear RGB to XYZ with white point D50 (Lindbloom's derivation)."""
    unscaled = np.stack([_xy_to_xyz(*xy) for xy in chromaticities], axis=1)
    white = _xy_to_xyz(*_D65)
    matrix = unscaled * np.linalg.solve(unscaled, white)
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted: NDArray[np.float64] = np.linalg.solve(_BRADFORD, cones[:, None] * (_BRADFORD @ matrix))
    return adapted


def _xy_to_xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _xyz_tag(values: NDArray[np.float64]) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(float(value) * 65536) for value in values))


def _build_profile(tags: Mapping[bytes, bytes]) -> bytes:
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for signature, data in tags.items():
        table += struct.pack(">4sII", signature, offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(
        ">I4xI4s4s4s6H4s4xI4x8xI3i",
        offset + len(body),
        0x02100000,  # version 2.1
        b"mntr",
        b"RGB ",
        b"XYZ ",
        *(2026, 1, 1, 0, 0, 0),
        b"acsp",
        0,
        0,
        *(round(float(value) * 65536) for value in _D50),
    )
    return header.ljust(128, b"\0") + table + body


def profile_name(profile: bytes) -> str:
    """Description stored in a colour profile."""
    try:
        opened = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.getProfileDescription(opened).strip() or "a profile without a name"
    except Exception:  # noqa: BLE001 - a damaged profile has no name
        return "a profile that cannot be read"


def convert_profile(image: Image.Image, source: bytes, target: bytes) -> Image.Image:
    """An RGB image converted from one colour profile to another."""
    converted = ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(BytesIO(source)),
        ImageCms.ImageCmsProfile(BytesIO(target)),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.NOOPTIMIZE,
    )
    if converted is None:  # only where it works in place
        raise AssertionError
    return converted


def is_srgb_profile(profile: bytes) -> bool:
    """Whether the colours of a profile are those of sRGB, up to rounding."""
    return _largest_error((profile, srgb_profile())) <= 1


def contains_srgb_gamut(profile: bytes) -> bool:
    """Whether a profile can represent every colour of sRGB, tested by a round trip."""
    return (
        _largest_error((srgb_profile(), profile), (profile, srgb_profile()))
        <= _MAX_ROUND_TRIP_ERROR
    )


def _largest_error(*conversions: tuple[bytes, bytes]) -> float:
    """How far conversions from profile to profile move a colour, of 255 levels."""
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    image = Image.fromarray(cube)
    try:
        for source, target in conversions:
            image = convert_profile(image, source, target)
    except Exception:  # noqa: BLE001 - not a profile for RGB, or not one to convert to
        return math.inf
    return int(np.abs(np.asarray(image, np.int16) - cube).max())
