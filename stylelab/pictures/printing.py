"""Pictures for paper: how large they come out, and that their colours are seen as they were meant.

A file holds numbers. How many of them go to an inch of paper, and which colours they stand for, it says
only if somebody writes that down: the resolution, and a colour profile in the format of the
International Color Consortium (ICC). `prepare_for_print` writes both into a picture that is already saved:

```python
result = transfer("photo.jpg", "painting.jpg", size=3000)
result.save("print.tif")
finish_print("print.tif", dots_per_inch=300, like="photo.jpg")
```

Every picture inside the course is sRGB (IEC 61966-2-1). A photo of a wider colour space is brought to
sRGB when it is loaded, so its most vivid colours end at the border of sRGB; everything within is kept.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from stylelab.errors import OutputError, PictureError, SettingsError
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.encoding import encode_image
from stylelab.pictures.picture_files import open_picture
from stylelab.pictures.saving import validate_output_path

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from stylelab.pictures.picture_files import PictureFile

WideGamutProfile = Literal["adobe_rgb", "display_p3"]

CENTIMETRES_PER_INCH = 2.54
SMALLEST_RESOLUTION, LARGEST_RESOLUTION = 1.0, 10_000.0

_PRINT_FORMATS = ("PNG", "JPEG", "TIFF")  # WebP has no place for a resolution
_TIFF_XMP = 700  # the tag of XMP in a TIFF; in a PNG it is one of the texts

_INCH, _CENTIMETRE = 2, 3  # EXIF's numbers for these units

_MAX_ROUND_TRIP_ERROR = 8
"""By how many of 255 levels a colour may move to a profile and back by rounding alone."""


@dataclass(frozen=True)
class PrintInfo:
    """What a picture's file says to a printer.

    Attributes:
        width: in pixels.
        height: in pixels.
        dots_per_inch: pixels to an inch of paper, or None if the file does not say.
        profile: the name of the embedded colour profile, or None if there is none.
    """

    width: int
    height: int
    dots_per_inch: float | None
    profile: str | None

    @property
    def centimetres(self) -> tuple[float, float] | None:
        """Width and height on paper, or None if the file does not say."""
        if self.dots_per_inch is None:
            return None
        inch = CENTIMETRES_PER_INCH / self.dots_per_inch
        return self.width * inch, self.height * inch

    def __str__(self) -> str:
        size = f"{self.width} × {self.height} px"
        profile = f"colours as in {self.profile!r}" if self.profile else "no colour profile"
        if self.centimetres is None:
            return f"{size}, no resolution, {profile}"
        width_cm, height_cm = self.centimetres
        paper = f"{width_cm:.1f} × {height_cm:.1f} cm"
        return f"{size} at {self.dots_per_inch:.0f} dots per inch: {paper}, {profile}"


def read_print_info(path: PictureFile) -> PrintInfo:
    """Read what a picture's file, given by its path or its bytes, says to a printer.

    Raises:
        PictureError: it is not a picture file.
    """
    with open_picture(path) as image:
        profile = image.info.get("icc_profile")
        return PrintInfo(
            *image.size,
            dots_per_inch=read_resolution(image),
            profile=_profile_name(profile) if profile else None,
        )


def read_resolution(image: Image.Image) -> float | None:
    """Give the dots per inch that an opened picture file states, or None."""
    given = image.info.get("dpi", (math.nan,))[0]
    if image.format == "WEBP":  # which has no other place for it than EXIF
        exif = image.getexif()
        unit = exif.get(ExifTags.Base.ResolutionUnit, _INCH)
        scale = CENTIMETRES_PER_INCH if unit == _CENTIMETRE else 1.0
        given = scale * exif.get(ExifTags.Base.XResolution, math.nan)
    # Where a JPEG or TIFF states no unit, Pillow gives 1 dot, or none.
    return float(given) if math.isfinite(given) and given > 1 else None


def print_size_in_pixels(centimetres: float, dots_per_inch: float = 300.0) -> int:
    """Tell how many pixels a side of that length on paper needs, rounded up.

    Args:
        centimetres: above 0.
        dots_per_inch: pixels to an inch of paper. 300 is what printers usually ask for; a poster seen
            from two metres does with 100.

    Raises:
        SettingsError: a number is out of its range.
    """
    _validate_resolution(dots_per_inch)
    if not isinstance(centimetres, int | float | np.number) or not (
        centimetres > 0 and math.isfinite(centimetres)
    ):
        raise SettingsError(
            f"Expected a length on paper above 0, in centimetres. Received: {centimetres!r}."
        )
    # A rounding error of the division must not ask for one pixel more.
    return math.ceil(float(centimetres) * dots_per_inch / CENTIMETRES_PER_INCH - 1e-9)


def prepare_for_print(
    path: str | os.PathLike[str],
    *,
    dots_per_inch: float = 300.0,
    like: str | os.PathLike[str] | None = None,
) -> Path:
    """Write a resolution and a colour profile into a picture that is already saved.

    The pixels stay as they are and get the profile of sRGB, in which every picture of the course is.
    With `like`, the source's own profile is taken instead, if it is one of RGB that holds all of sRGB
    (Adobe RGB, Display P3, …): the numbers are then converted, so that the same colours are seen.
    Profiles of gray, of CMYK, and those that would clip colours are left, and sRGB is written.

    Settings, EXIF, XMP and texts stay in the file. What signs the file's bytes (C2PA) has to be added
    afterwards. Only a JPEG that is converted loses a little, because it has to be compressed anew.

    Args:
        path: a PNG, JPEG or TIFF file in sRGB, as `save_image` writes it. It is replaced in one step.
        dots_per_inch: pixels to an inch of paper, from 1 to 10 000.
        like: the file of the photo whose colour profile the print shall have.

    Returns:
        The path.

    Raises:
        PictureError: `path` or `like` cannot be read, or `path` has a profile other than sRGB.
        SettingsError: the resolution is out of its range.
        OutputError: it cannot be written there, or has another format.
    """
    _validate_resolution(dots_per_inch)
    target = validate_output_path(path)
    wanted = None if like is None else embedded_profile(like)
    with open_picture(target) as image:
        image.load()
        kind = str(image.format)
        preserved = _preserved_metadata(image, kind)
    if kind not in _PRINT_FORMATS:
        raise OutputError(
            f"Expected a print as {', '.join(_PRINT_FORMATS)}. Received: {str(target)!r}, which is "
            f"{kind} and has no place for a resolution. Save it as .tif or .png."
        )
    _validate_srgb(image, target)
    dots = (dots_per_inch, dots_per_inch)
    if wanted is not None and _contains_srgb_gamut(wanted):
        converted = _convert_profile(image, srgb_profile(), wanted)
        encoded = encode_image(converted, kind, dpi=dots, icc_profile=wanted, **preserved)
    elif kind == "JPEG":
        encoded = _replace_jpeg_profile(target.read_bytes(), srgb_profile(), dots_per_inch)
    else:
        encoded = encode_image(image, kind, dpi=dots, icc_profile=srgb_profile(), **preserved)
    with atomic_write(target) as file:
        file.write(encoded)
    return target


def embedded_profile(path: str | os.PathLike[str]) -> bytes | None:
    """Give the colour profile that a picture's file holds, or None.

    Raises:
        PictureError: it is not a picture file.
    """
    with open_picture(path) as image:
        profile = image.info.get("icc_profile")
    return bytes(profile) if profile else None


@cache
def srgb_profile() -> bytes:
    """Give a colour profile of sRGB, as Little CMS makes it."""
    made: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made


# Chromaticities (x, y) of red, green and blue. Adobe RGB (1998) Color Image Encoding, section 4.3.1;
# SMPTE EG 432-1 for P3, with the white and the curve of sRGB as on displays.
_PRIMARIES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "adobe_rgb": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    "display_p3": ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
}
_PROFILE_NAMES = {"adobe_rgb": "compatible with Adobe RGB (1998)", "display_p3": "like Display P3"}
_D65 = (0.3127, 0.3290)  # D65
_D50 = np.array([0.9642, 1.0, 0.8249])  # D50, to which every ICC profile refers

# Bradford's matrix for adapting colours to another white: ICC.1:2022, annex E.
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def wide_gamut_profile(name: WideGamutProfile) -> bytes:
    """Make the colour profile of a space wider than sRGB, as cameras and telephones embed them.

    It is a profile of three primaries and one curve (ICC.1:2001-04, version 2): light is the value to
    the power 563/256 for `"adobe_rgb"`; for `"display_p3"` it follows the curve of sRGB.

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
        curve = struct.pack(">4s4xIH", b"curv", 1, round(563 / 256 * 256))
    else:
        values = np.linspace(0, 1, 1024)
        light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - IEC 61966-2-1
        samples = np.rint(light * 65535).astype(">u2").tobytes()
        curve = struct.pack(">4s4xI", b"curv", len(values)) + samples
    columns = _primaries_at_d50(_PRIMARIES[name]).T
    tags = {
        b"desc": _description_tag(_PROFILE_NAMES[name]),
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
    """The matrix from linear RGB to XYZ, white being D50 (Lindbloom's derivation)."""
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


def _description_tag(text: str) -> bytes:
    letters = text.encode("ascii") + b"\0"
    # After the letters come the same in Unicode and for old Macintoshes, both empty.
    return struct.pack(">4s4xI", b"desc", len(letters)) + letters + bytes(8 + 3 + 67)


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


def _profile_name(profile: bytes) -> str:
    try:
        opened = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.getProfileDescription(opened).strip() or "a profile without a name"
    except Exception:  # noqa: BLE001 - a damaged profile has no name
        return "a profile that cannot be read"


def _validate_srgb(image: Image.Image, path: Path) -> None:
    """Make sure that a picture's numbers are sRGB's: as its profile has them, or without one."""
    profile = image.info.get("icc_profile")
    if image.mode != "RGB" or (profile and not _is_srgb_profile(profile)):
        what = f"profile {_profile_name(profile)!r}" if profile else f"mode {image.mode}"
        raise PictureError(
            f"Expected a picture in sRGB, as save_image() writes it. Received: {str(path)!r} of "
            f"{what}. Load it with load_image() and save it, then finish that file."
        )


def _colour_cube() -> NDArray[np.uint8]:
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)


def _convert_profile(image: Image.Image, source: bytes, target: bytes) -> Image.Image:
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


def _is_srgb_profile(profile: bytes) -> bool:
    cube = Image.fromarray(_colour_cube())
    try:
        seen = _convert_profile(cube, profile, srgb_profile())
    except Exception:  # noqa: BLE001 - not a profile for RGB
        return False
    return _max_difference(seen, cube) <= 1


def _contains_srgb_gamut(profile: bytes) -> bool:
    """Whether every colour of sRGB has numbers under that profile: there and back, all are left."""
    cube = Image.fromarray(_colour_cube())
    try:
        forward = _convert_profile(cube, srgb_profile(), profile)
        back = _convert_profile(forward, profile, srgb_profile())
    except Exception:  # noqa: BLE001 - not a profile for RGB, or not one to convert to
        return False
    return _max_difference(back, cube) <= _MAX_ROUND_TRIP_ERROR


def _max_difference(one: Image.Image, other: Image.Image) -> int:
    return int(np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).max())


def _replace_jpeg_profile(data: bytes, profile: bytes, dots_per_inch: float) -> bytes:
    """A JPEG file with another resolution and profile, its compressed picture as it was.

    A JPEG is a row of segments (ITU-T T.81, annex B); the resolution stands in the first (JFIF 1.02),
    a profile in segments of their own (ICC.1:2022, annex B.4).
    """
    preserved, offset = b"", 2
    while data[offset + 1] in _METADATA_MARKERS:
        (length,) = struct.unpack_from(">H", data, offset + 2)
        segment = data[offset : offset + 2 + length]
        if not segment[4:].startswith((b"JFIF\0", _ICC_SIGNATURE)):
            preserved += segment
        offset += 2 + length
    dots = round(dots_per_inch)
    first = struct.pack(">2sH5sHBHHBB", b"\xff\xe0", 16, b"JFIF\0", 0x0102, 1, dots, dots, 0, 0)
    payload = b"".join((_ICC_SIGNATURE, b"\1\1", profile))  # the first segment of one: it is short
    icc = struct.pack(">2sH", b"\xff\xe2", 2 + len(payload)) + payload
    return data[:2] + first + preserved + icc + data[offset:]


_ICC_SIGNATURE = b"ICC_PROFILE\0"
_METADATA_MARKERS = (*range(0xE0, 0xF0), 0xFE)
"""Codes of a JPEG's segments that say something about the picture, before those that hold it."""


def _preserved_metadata(image: Image.Image, kind: str) -> dict[str, Any]:
    """What a file says besides resolution and profile, as Pillow's `save` takes it."""
    exif = image.getexif()
    xmp = image.info.get("xmp")
    for tag in _RESOLUTION_TAGS:
        exif.pop(tag, None)
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        for key, value in getattr(image, "text", {}).items():
            language, translated = (getattr(value, name, None) or "" for name in ("lang", "tkey"))
            texts.add_itxt(key, value, language, translated)
        return {"pnginfo": texts} | ({"exif": exif} if len(exif) else {})
    if kind == "JPEG":
        options: dict[str, Any] = {"quality": 95, "subsampling": "4:4:4", "exif": exif}
        return options | ({"xmp": xmp} if xmp else {})
    # A TIFF's EXIF also says how its old pixels lie, which must not come into the new file.
    metadata = Image.Exif()
    for text_tag in _TEXT_TAGS:
        if text_tag in exif:
            metadata[text_tag] = exif[text_tag]
    return {"compression": "tiff_deflate", "exif": metadata}


_RESOLUTION_TAGS = (
    ExifTags.Base.XResolution,
    ExifTags.Base.YResolution,
    ExifTags.Base.ResolutionUnit,
)
_TEXT_TAGS = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Software,
    ExifTags.Base.Artist,
    ExifTags.Base.Copyright,
    ExifTags.Base.DateTime,
    _TIFF_XMP,
)


def _validate_resolution(dots_per_inch: object) -> None:
    if not isinstance(dots_per_inch, int | float | np.number) or not (
        SMALLEST_RESOLUTION <= dots_per_inch <= LARGEST_RESOLUTION
    ):
        raise SettingsError(
            f"Expected a resolution from {SMALLEST_RESOLUTION:g} to {LARGEST_RESOLUTION:g} dots per "
            f"inch. Received: {dots_per_inch!r}. 300 is usual."
        )
