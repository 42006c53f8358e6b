"""RAW files of cameras: recognised by their content, developed if `rawpy` is installed."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import ExifTags

from stylelab.errors import PictureError
from stylelab.pictures.file_access import describe_file, find_file, read_signature
from stylelab.pictures.pillow_errors import translate_pillow_errors, validate_pixel_count
from stylelab.pictures.tiff_files import is_reduced_page, tiff_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from stylelab.pictures.file_access import PictureFile

# Signatures of RAW files that are no TIFF files: Canon, Fujifilm, Olympus, Panasonic, Sigma, Minolta.
_SIGNATURES = re.compile(
    rb"....ftypcrx |II....HEAPCCDR|FUJIFILMCCD-RAW|IIR[OS]|MMOR|IIU\0|FOVb|\0MRM", re.DOTALL
)
# And of those that are: Canon's CR2, Phase One's IIQ.
_TIFF_SIGNATURES = re.compile(rb"II\*\0....(CR\x02|IIII)", re.DOTALL)
_SUFFIXES = {
    ".3fr", ".arw", ".cr2", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc",
    ".mef", ".mos", ".nef", ".nrw", ".pef", ".sr2", ".srf", ".srw",
}  # fmt: skip
_SUB_IFDS, _DNG_VERSION = 330, 50706  # tags of TIFF/EP (ISO 12234-2) and DNG 1.7
_PHOTOMETRIC_OF_RAW = {32803, 34892}  # colour filter array, linear raw
_TRANSPOSED_FLIPS = {5, 6}  # LibRaw's own numbers
_LIBRAW_LINES = re.compile(
    rb"^.*: (?:Unexpected end of file|data corrupted at -?\d+)\n", re.MULTILINE
)


def is_raw(file: PictureFile) -> bool:
    """Whether a file holds the data of a camera's sensor, judged by its content.

    Most RAW files are TIFF files whose first picture is a thumbnail.
    """
    start = read_signature(file)
    if _SIGNATURES.match(start) or _TIFF_SIGNATURES.match(start):
        return True
    if not (pages := tiff_pages(file)):
        return False
    first = pages[0]
    suffix = "" if isinstance(file, bytes) else Path(find_file(file)).suffix.lower()
    small = all(is_reduced_page(page) for page in pages)
    return (
        _DNG_VERSION in first
        or first.get(ExifTags.Base.PhotometricInterpretation) in _PHOTOMETRIC_OF_RAW
        or suffix in _SUFFIXES
        or (small and _SUB_IFDS in first)
    )


def develop_raw(file: PictureFile) -> NDArray[np.uint8]:
    """A camera's RAW file as an upright sRGB picture (height, width, 3), in the camera's white balance.

    Raises:
        PictureError: It is damaged, or `rawpy` is not installed.
    """
    with _open_raw(file) as raw:
        picture: NDArray[np.uint8] = raw.postprocess(use_camera_wb=True, output_bps=8)
        return picture


def raw_shape(file: PictureFile) -> tuple[int, int] | None:
    """Height and width of the developed picture; None if it is no RAW file.

    Raises:
        PictureError: It is damaged, or `rawpy` is not installed.
    """
    if not is_raw(file):
        return None
    with _open_raw(file) as raw:
        shape = (raw.sizes.iheight, raw.sizes.iwidth)
        return shape[::-1] if raw.sizes.flip in _TRANSPOSED_FLIPS else shape


@contextmanager
def _open_raw(file: PictureFile) -> Iterator[Any]:
    name = describe_file(file)
    try:
        import rawpy
    except ImportError:
        raise PictureError(
            f"Expected a developed picture. Received: {name}, a camera's RAW file. "
            "Export it as JPEG, PNG or TIFF from a photo program, or install rawpy "
            "(pip install rawpy), which develops it here."
        ) from None
    opened = BytesIO(file) if isinstance(file, bytes) else find_file(file)
    with translate_pillow_errors(name), _silence_libraw(), rawpy.imread(opened) as raw:
        validate_pixel_count(raw.sizes.raw_height, raw.sizes.raw_width, name)
        yield raw


@contextmanager
def _silence_libraw() -> Iterator[None]:
    """Remove LibRaw's two messages from the process's error stream.

    Everything else written meanwhile is written afterwards.
    """
    try:
        stream = os.dup(2)
    except OSError:  # a process without one
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stream, 2)
            os.close(stream)
            caught.seek(0)
            if others := _LIBRAW_LINES.sub(b"", caught.read()):
                os.write(2, others)
