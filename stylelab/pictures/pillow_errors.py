"""Pillow's errors and warnings turned into those of stylelab, and the limit on picture size."""

from __future__ import annotations

import ctypes
import os
import re
import threading
import warnings
from contextlib import contextmanager, suppress
from ctypes.util import find_library
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from stylelab.errors import PictureError, StylelabError
from stylelab.pictures.file_access import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILE_PIXELS = 250_000_000
"""Phones make up to 200 megapixels; Pillow keeps four bytes of each, together a gigabyte at most."""

# Held while settings of the whole process are changed: warnings, Pillow's and libtiff's settings.
PROCESS_LOCK = threading.RLock()


@contextmanager
def translate_pillow_errors(name: str) -> Iterator[None]:
    """Turn Pillow's errors into a `PictureError` and silence its warnings.

    Within the block, the limit on picture size is `MAX_FILE_PIXELS`; messages of libtiff are added to
    the error.
    """
    lines: list[str] = []
    try:
        with (
            PROCESS_LOCK,
            warnings.catch_warnings(),
            _raised_pixel_limit(),
            _collect_libtiff_errors(lines),
        ):
            warnings.simplefilter("ignore")
            yield
    except StylelabError:
        raise
    except Image.DecompressionBombError as error:
        pixels = re.search(r"\d+", str(error))
        count = f" of {int(pixels[0]):,} pixels" if pixels else ""
        raise _too_large_error(f"{name}{count}") from error
    except Exception as error:  # damaged files make Pillow raise almost anything
        for line in lines:
            error.add_note(line)
        reason = next(iter(lines), str(error)) or type(error).__name__
        raise PictureError(
            f"Expected an intact picture. Received: {name}, which cannot be read "
            f"({shorten(reason)}). "
            "Fetch it again, or export it as PNG or JPEG from a program that can show it."
        ) from error


def validate_pixel_count(height: int, width: int, name: str) -> None:
    """Raise a `PictureError` above 250 megapixels: scaling down would need too much memory."""
    if height * width > MAX_FILE_PIXELS:
        raise _too_large_error(f"{name} of {height} × {width} px (height × width)")


@contextmanager
def _raised_pixel_limit() -> Iterator[None]:
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = MAX_FILE_PIXELS // 2  # Pillow refuses what is twice as large
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


@contextmanager
def _collect_libtiff_errors(lines: list[str]) -> Iterator[None]:
    """Collect error messages that libtiff would write to the process's error stream.

    Redirecting that stream would also catch output of other threads.
    """
    libraries = _libtiff()
    if libraries is None:
        yield
        return
    libtiff, libc, handler_type = libraries

    def collect(module: bytes | None, template: bytes, values: int) -> None:
        line = ctypes.create_string_buffer(500)
        libc.vsnprintf(line, ctypes.c_size_t(len(line)), template, ctypes.c_void_p(values))
        text = line.value.decode("utf-8", "replace")
        lines.append(f"{module.decode('utf-8', 'replace')}: {text}" if module else text)

    handler = handler_type(collect)  # must live as long as it may be called
    before = libtiff.TIFFSetErrorHandler(ctypes.cast(handler, ctypes.c_void_p))
    try:
        yield
    finally:
        libtiff.TIFFSetErrorHandler(before)


@cache
def _libtiff() -> tuple[Any, Any, Any] | None:
    """Pillow's libtiff, the C library, and the type of an error handler; None if not found.

    Pillow for Windows links libtiff statically.
    """
    if os.name != "posix":
        return None
    package = Path(Image.__file__).parent
    bundled = [*package.parent.glob("pillow.libs/libtiff*"), *package.glob(".dylibs/libtiff*")]
    named = str(bundled[0]) if bundled else find_library("tiff")
    with suppress(OSError, AttributeError):
        libtiff, libc = ctypes.CDLL(named), ctypes.CDLL(None)
        libtiff.TIFFSetErrorHandler.argtypes = [ctypes.c_void_p]
        libtiff.TIFFSetErrorHandler.restype = ctypes.c_void_p
        kind = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
        return libtiff, libc, kind
    return None


def _too_large_error(received: str) -> PictureError:
    return PictureError(
        f"Expected a picture of at most {MAX_FILE_PIXELS // 1_000_000} megapixels. "
        f"Received: {received}. Scale it down in an image editor first."
    )
