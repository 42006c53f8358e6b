"""Files uploaded from the browser: joined from their parts, and read like files on disk."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stylelab.errors import PictureError
from stylelab.panels.messages import display_name, panel_message
from stylelab.pictures.file_access import describe_file
from stylelab.pictures.masks import load_mask, resize_mask
from stylelab.pictures.picture_files import file_warnings
from stylelab.pictures.pillow_errors import PROCESS_LOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stylelab.pictures.masks import Mask

MAX_SIDE = 2048
"""Long side, in pixels, at which an uploaded picture is kept: twice the largest size of the form."""

MAX_PENDING = 3
"""Incomplete files kept at a time: those of a closed page are never completed."""


class UploadBuffer:
    """Incomplete uploads from the browser."""

    def __init__(self) -> None:
        self._parts: dict[str, bytearray] = {}

    def add_part(self, content: dict[str, Any], buffers: Sequence[Any]) -> bytes | None:
        """Add a part of a file; return the file once it is complete.

        Args:
            content: a message. For a file in parts it has `upload`: `{"id": …, "size": …}`, the same in
                each, with the size of the file in bytes. Without it, the file is complete.
            buffers: the part.
        """
        if not buffers:
            return None
        upload = content.get("upload")
        if not isinstance(upload, dict) or not isinstance(upload.get("size"), int):
            return bytes(buffers[0])
        key = str(upload.get("id"))
        parts = self._parts.pop(key, bytearray())
        parts += buffers[0]
        if len(parts) >= upload["size"]:
            return bytes(parts)
        self._parts[key] = parts
        while len(self._parts) > MAX_PENDING:
            del self._parts[next(iter(self._parts))]
        return None


def mask_from_file(name: str, data: bytes) -> tuple[Mask, str]:
    """Mask from the bytes of a picture file, and notes on how it was read.

    Raises:
        PictureError: `load_mask` cannot read it.
    """
    # One thread at a time, as `warnings` belongs to all of them.
    with naming_file(name, data), PROCESS_LOCK, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        mask = load_mask(data)
    said = " ".join(_with_name(str(each.message), name, data) for each in heard)
    height, width = mask.shape
    scale = min(1.0, MAX_SIDE / max(height, width))
    small = resize_mask(mask, *(max(1, round(scale * side)) for side in (height, width)))
    return small, panel_message(said)


@contextmanager
def naming_file(name: str, data: bytes) -> Iterator[None]:
    """Errors about a file name it as the reader knows it."""
    try:
        yield
    except PictureError as error:
        raise PictureError(_with_name(str(error), name, data)) from error


def file_notes(name: str, data: bytes) -> str:
    """Notes on how a picture file is read, such as the first frame of an animation; empty if none."""
    return " ".join(_with_name(remark, name, data) for remark in file_warnings(data))


def _with_name(text: str, name: str, data: bytes) -> str:
    return text.replace(describe_file(data), repr(display_name(name)))
