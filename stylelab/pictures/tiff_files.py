"""TIFF files: pages and tags, and pictures in floating point, which Pillow does not read."""

from __future__ import annotations

import logging
import warnings
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import ExifTags, TiffImagePlugin

from stylelab.pictures.file_access import describe_file, find_file, open_file, read_signature
from stylelab.pictures.pillow_errors import (
    PROCESS_LOCK,
    translate_pillow_errors,
    validate_pixel_count,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from stylelab.pictures.file_access import PictureFile

TRANSPOSED_ORIENTATIONS = frozenset({5, 6, 7, 8})
"""EXIF orientations in which rows are stored as columns."""

_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SUBFILE_TYPE, _SAMPLE_FORMAT = 254, 339  # tags of TIFF 6.0
INCH, CENTIMETRE = 2, 3  # units of resolution, in EXIF too
XMP_TAG = 700  # XMP specification, part 3, section 1.1.6
_FLOAT_SAMPLES = 3  # among sample formats
_REDUCED_OR_MASK = 1 | 4  # a smaller version of another picture, or a mask of it
_MAX_PAGES = 64


def tiff_pages(file: PictureFile) -> list[Mapping[int, Any]]:
    """Tags of each page of a TIFF file, including thumbnails; empty for any other file."""
    pages: list[Mapping[int, Any]] = []
    if not read_signature(file).startswith(_SIGNATURES):
        return pages
    with PROCESS_LOCK, warnings.catch_warnings(), suppress(Exception), open_file(file) as stream:
        warnings.simplefilter("ignore")
        header = stream.read(8)
        if header[2:3] == b"+" or header[3:4] == b"+":
            header += stream.read(8)
        offset, seen = TiffImagePlugin.ImageFileDirectory_v2(header).next, set[int]()
        while offset and offset not in seen and len(pages) < _MAX_PAGES:
            seen.add(offset)
            page = TiffImagePlugin.ImageFileDirectory_v2(header)
            stream.seek(offset)
            page.load(stream)
            tags = {}
            for tag in page:
                with suppress(Exception):  # a damaged tag
                    tags[tag] = page[tag]
            pages.append(tags)
            offset = page.next
    return pages


def read_float_tiff(file: PictureFile) -> tuple[NDArray[Any], int] | None:
    """Samples of a TIFF file with floating-point colours.

    Returns:
        An array of shape (height, width, channels), as stored, and its EXIF orientation; None for any
        other file.

    Raises:
        PictureError: It is damaged.
    """
    if not (shape := float_tiff_shape(file)):
        return None
    import tifffile

    # Without a handler, its log of damaged files would go to the terminal.
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    name = describe_file(file)
    validate_pixel_count(*shape, name)
    opened = BytesIO(file) if isinstance(file, bytes) else find_file(file)
    with translate_pillow_errors(name), tifffile.TiffFile(opened) as tiff:
        page = tiff.pages.first
        samples: NDArray[Any] = page.asarray()
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
            samples = samples.transpose(1, 2, 0)
        return samples, read_orientation(tiff_pages(file)[0])


def float_tiff_shape(file: PictureFile) -> tuple[int, int] | None:
    """Upright height and width of a TIFF file with floating-point colours; None for others."""
    page = next(iter(tiff_pages(file)), {})
    kinds = page.get(_SAMPLE_FORMAT)
    if (
        not isinstance(kinds, tuple)
        or _FLOAT_SAMPLES not in kinds
        or page.get(ExifTags.Base.SamplesPerPixel, 1) == 1
    ):
        return None
    shape = (page.get(ExifTags.Base.ImageLength), page.get(ExifTags.Base.ImageWidth))
    height, width = (side if isinstance(side, int) else 0 for side in shape)
    return (width, height) if read_orientation(page) in TRANSPOSED_ORIENTATIONS else (height, width)


def read_orientation(tags: Mapping[int, Any]) -> int:
    """EXIF orientation among the tags of a file, 1 (upright) if it has none."""
    value = tags.get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) else 1


def full_page_numbers(pages: list[Mapping[int, Any]]) -> list[int]:
    """Pages that are not reduced versions of others; the first one if all are."""
    return [number for number, page in enumerate(pages) if not is_reduced_page(page)] or [0]


def is_reduced_page(page: Mapping[int, Any]) -> bool:
    """Whether the tags of a page mark it as a reduced version of another, or as a mask."""
    kind = page.get(_SUBFILE_TYPE)
    return isinstance(kind, int) and bool(kind & _REDUCED_OR_MASK)
