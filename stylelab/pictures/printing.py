"""Printing: size on paper, resolution and colour profile of picture files.

A file stores pixel values. Their size on paper and the colours they stand for are known only if the
file also has a resolution and a colour profile (ICC, International Color Consortium).
`prepare_for_print` writes both into a saved picture:

```python
result = transfer("photo.jpg", "painting.jpg", size=3000)
result.save("print.tif")
prepare_for_print("print.tif", dots_per_inch=300, like="photo.jpg")
```

Every picture of the course is sRGB (IEC 61966-2-1). A photo in a wider colour space is converted
when it is loaded: colours outside the gamut of sRGB are clipped to it, all others are kept.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from stylelab.errors import OutputError, PictureError, SettingsError
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.encoding import ENCODER_OPTIONS, encode_image
from stylelab.pictures.icc_profiles import (
    contains_srgb_gamut,
    convert_profile,
    embedded_profile,
    is_srgb_profile,
    profile_name,
    srgb_profile,
)
from stylelab.pictures.picture_files import open_picture
from stylelab.pictures.saving import validate_output_path
from stylelab.pictures.tiff_files import CENTIMETRE, INCH, XMP_TAG
from stylelab.pictures.validation import as_float, describe_received

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from stylelab.pictures.file_access import PictureFile

CENTIMETRES_PER_INCH = 2.54
SMALLEST_RESOLUTION, LARGEST_RESOLUTION = 1.0, 10_000.0

_PRINT_FORMATS = ("PNG", "JPEG", "TIFF")  # WebP has no field for a resolution


@dataclass(frozen=True)
class PrintInfo:
    """Print information of a picture file.

    Attributes:
        width: in pixels.
        height: in pixels.
        dots_per_inch: pixels per inch on paper, or None if the file has no resolution.
        profile: the name of the embedded colour profile, or None if there is none.

    ```python
    info = sl.PrintInfo(width=3000, height=2000, dots_per_inch=300, profile="sRGB")
    width_cm, height_cm = info.centimetres
    ```
    """

    width: int
    height: int
    dots_per_inch: float | None
    profile: str | None

    @property
    def centimetres(self) -> tuple[float, float] | None:
        """Width and height on paper, or None if the file has no resolution."""
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
    """Size, resolution and colour profile of a picture file.

    Args:
        path: of the file, or its bytes.

    Raises:
        PictureError: it is not a picture file.

    ```python
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = sl.save_image(f"{folder}/cat.png", photo, dots_per_inch=300)
        info = sl.read_print_info(path)
    ```
    """
    with open_picture(path) as image:
        profile = image.info.get("icc_profile")
        return PrintInfo(
            *image.size,
            dots_per_inch=read_resolution(image),
            profile=profile_name(profile) if profile else None,
        )


def read_resolution(image: Image.Image) -> float | None:
    """Pixels per inch of an opened picture file, or None."""
    resolution = image.info.get("dpi", (math.nan,))[0]
    if image.format == "WEBP":  # which stores it only in EXIF
        exif = image.getexif()
        unit = exif.get(ExifTags.Base.ResolutionUnit, INCH)
        scale = CENTIMETRES_PER_INCH if unit == CENTIMETRE else 1.0
        resolution = scale * exif.get(ExifTags.Base.XResolution, math.nan)
    # If a JPEG or TIFF states no unit, Pillow returns 1, or nothing.
    return float(resolution) if math.isfinite(resolution) and resolution > 1 else None


def print_size_in_pixels(centimetres: float, dots_per_inch: float = 300.0) -> int:
    """Pixels needed for a length on paper, rounded up.

    Args:
        centimetres: above 0.
        dots_per_inch: pixels per inch on paper. Printers usually ask for 300; 100 is enough for a
            poster seen from two metres.

    Raises:
        SettingsError: a number is out of its range.

    ```python
    assert sl.print_size_in_pixels(25.4) == 3000
    ```
    """
    _validate_resolution(dots_per_inch)
    if not 0 < as_float(centimetres) < math.inf:
        raise SettingsError(
            "Expected a length on paper above 0, in centimetres. "
            f"Received: {describe_received(centimetres)}."
        )
    # A rounding error of the division must not add a pixel.
    return math.ceil(float(centimetres) * dots_per_inch / CENTIMETRES_PER_INCH - 1e-9)


def prepare_for_print(
    path: str | os.PathLike[str],
    *,
    dots_per_inch: float = 300.0,
    like: str | os.PathLike[str] | None = None,
) -> Path:
    """Write a resolution and a colour profile into a saved picture, and return its path.

    The pixels do not change and get the profile of sRGB. With `like`, the profile of that file is used
    instead if it is an RGB profile that contains the gamut of sRGB (Adobe RGB, Display P3, …): pixels
    are then converted, so that the colours look the same. Instead of a profile of gray or CMYK, or one
    that would clip colours, sRGB is written.

    Settings, EXIF, XMP and text stay in the file. A signature of the file's bytes (C2PA) must be added
    afterwards. Only a converted JPEG loses quality, because it has to be compressed again.

    Args:
        path: a PNG, JPEG or TIFF file in sRGB, as `save_image` writes it. It is replaced in one step.
        dots_per_inch: pixels per inch on paper, from 1 to 10 000.
        like: a picture file with the colour profile wanted, usually the photo.

    Raises:
        PictureError: `path` or `like` cannot be read, or `path` has a profile other than sRGB.
        SettingsError: the resolution is out of its range.
        OutputError: it cannot be written there, or has another format.

    ```python
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = sl.save_image(f"{folder}/cat.png", photo)
        sl.prepare_for_print(path, dots_per_inch=150)
    ```
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
            f"{kind} and has no field for a resolution. Save it as .tif or .png."
        )
    _validate_srgb(image, target)
    dots = (dots_per_inch, dots_per_inch)
    if wanted is not None and contains_srgb_gamut(wanted):
        converted = convert_profile(image, srgb_profile(), wanted)
        encoded = encode_image(converted, kind, dpi=dots, icc_profile=wanted, **preserved)
    elif kind == "JPEG":
        encoded = _replace_jpeg_profile(target.read_bytes(), srgb_profile(), dots_per_inch)
    else:
        encoded = encode_image(image, kind, dpi=dots, icc_profile=srgb_profile(), **preserved)
    with atomic_write(target) as file:
        file.write(encoded)
    return target


def _validate_srgb(image: Image.Image, path: Path) -> None:
    """Raise an error unless a picture is in sRGB, by its profile or without one."""
    profile = image.info.get("icc_profile")
    if image.mode != "RGB" or (profile and not is_srgb_profile(profile)):
        what = f"profile {profile_name(profile)!r}" if profile else f"mode {image.mode}"
        raise PictureError(
            f"Expected a picture in sRGB, as save_image() writes it. Received: {str(path)!r} of "
            f"{what}. Load it with load_image() and save it, then use that file."
        )


def _replace_jpeg_profile(data: bytes, profile: bytes, dots_per_inch: float) -> bytes:
    """A JPEG file with another resolution and profile and the same compressed pixels.

    A JPEG is a sequence of segments (ITU-T T.81, annex B); the resolution is in the first (JFIF 1.02),
    a profile in segments of its own (ICC.1:2022, annex B.4).
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
"""Markers of a JPEG's segments of metadata, which precede those of the pixels."""


def _preserved_metadata(image: Image.Image, kind: str) -> dict[str, Any]:
    """Options of Pillow's `save` that keep a file's metadata, without resolution and profile."""
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
        options = {**ENCODER_OPTIONS[kind], "exif": exif}
        return options | ({"xmp": xmp} if xmp else {})
    # A TIFF's EXIF also describes the layout of its old pixels, which must not be copied.
    metadata = Image.Exif()
    for text_tag in _TEXT_TAGS:
        if text_tag in exif:
            metadata[text_tag] = exif[text_tag]
    return {**ENCODER_OPTIONS[kind], "exif": metadata}


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
    XMP_TAG,
)


def _validate_resolution(dots_per_inch: object) -> None:
    if not isinstance(dots_per_inch, int | float | np.number) or not (
        SMALLEST_RESOLUTION <= dots_per_inch <= LARGEST_RESOLUTION
    ):
        raise SettingsError(
            f"Expected a resolution from {SMALLEST_RESOLUTION:g} to {LARGEST_RESOLUTION:g} dots per "
            f"inch. Received: {dots_per_inch!r}. 300 is usual."
        )
