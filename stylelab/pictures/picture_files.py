"""Picture files opened with Pillow, in a fixed list of formats.

HEIC is read if `pillow-heif` is installed.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import ExifTags, Image, UnidentifiedImageError

from stylelab.errors import PictureError
from stylelab.pictures.file_access import describe_file, find_file, read_signature
from stylelab.pictures.pillow_errors import translate_pillow_errors
from stylelab.pictures.raw_files import is_raw
from stylelab.pictures.tiff_files import (
    XMP_TAG,
    float_tiff_shape,
    full_page_numbers,
    tiff_pages,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stylelab.pictures.file_access import PictureFile

# A fixed list, because some of Pillow's readers start other programs (PostScript) or accept almost
# any bytes (TGA).
_PILLOW_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "JPEG2000", "PPM", "HEIF")
_FORMAT_NAMES = "PNG, JPEG, WebP, TIFF, GIF, BMP, AVIF, HEIC, JPEG 2000 or PPM"
_HEIC_BRANDS = re.compile(rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)


@contextmanager
def open_picture(file: PictureFile) -> Iterator[Image.Image]:
    """A picture file opened with Pillow, its pixels not yet decoded.

    A TIFF file with several pages is opened at the first that is not a reduced version of another.
    Within the block, Pillow's warnings are silenced, and its errors become a `PictureError`.

    Args:
        file: Its path, or its bytes. Only a fixed list of formats is read.

    Raises:
        PictureError: It cannot be read, or has more than 250 megapixels.
    """
    name = describe_file(file)
    opened = BytesIO(file) if isinstance(file, bytes) else find_file(file)
    with translate_pillow_errors(name), _explain_unknown_format(file, name):
        Image.init()
        _register_heif()
        formats = [known for known in _PILLOW_FORMATS if known in Image.OPEN]
        with Image.open(opened, formats=formats) as image:
            if image.format == "TIFF":
                image.seek(full_page_numbers(tiff_pages(file))[0])
            yield image


def file_warnings(source: object) -> tuple[str, ...]:
    """Warnings about how a picture file is read, such as one page of many; no pixel is decoded.

    Args:
        source: Its path, or its bytes. Anything else has no warnings.

    Raises:
        PictureError: It cannot be read.
    """
    if not isinstance(source, str | os.PathLike | bytes) or is_raw(source):
        return ()
    file, name = source, describe_file(source)
    if float_tiff_shape(file):
        return ()
    with open_picture(file) as image:
        multiple, file_format = getattr(image, "is_animated", False), image.format
        if file_format == "TIFF" and len(full_page_numbers(tiff_pages(file))) > 1:
            return (f"{name} has several pages, of which the first is read.",)
        if file_format == "HEIF" and multiple:
            return (f"{name} holds several pictures, of which the main one is read.",)
        if file_format in {"GIF", "WEBP", "PNG", "AVIF"} and multiple:
            return (f"{name} is an animation, of which the first frame is read.",)
    return ()


def read_metadata_only(file: PictureFile) -> Image.Image | None:
    """Metadata of a file that Pillow does not decode, on an image of one pixel.

    Returns:
        EXIF and XMP of a RAW file or a TIFF file with floating-point colours; None for any other.
    """
    if not is_raw(file) and not float_tiff_shape(file):
        return None
    image = Image.new("L", (1, 1))
    exif = image.getexif()
    for tag, value in next(iter(tiff_pages(file)), {}).items():
        if tag in {ExifTags.Base.Artist, ExifTags.Base.Copyright} and isinstance(value, str):
            exif[tag] = value
        elif tag == XMP_TAG:
            image.info["xmp"] = value
    return image


@contextmanager
def _explain_unknown_format(file: PictureFile, name: str) -> Iterator[None]:
    """Add the reason to the error about a format that Pillow does not know."""
    try:
        yield
    except UnidentifiedImageError as error:
        if _HEIC_BRANDS.match(read_signature(file)) and "HEIF" not in Image.OPEN:
            what = (
                "a HEIC picture, which needs pillow-heif. Install it (pip install pillow-heif), or "
                "export the picture as JPEG: on an iPhone, Settings, Camera, Formats, Most Compatible."
            )
        elif is_raw(file):
            what = "a camera's RAW file. Export it as JPEG, PNG or TIFF from a photo program."
        else:
            what = (
                "which is none of these, whatever its name says. Export it as PNG or JPEG from a "
                "program that can show it."
            )
        raise PictureError(
            f"Expected a picture as {_FORMAT_NAMES}. Received: {name}, {what}"
        ) from error


@cache
def _register_heif() -> None:
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
