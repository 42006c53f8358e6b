"""Files that the browser sends: put together from their parts, and read as by their path."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stylelab.errors import PictureError
from stylelab.panels.messages import display_name, panel_message
from stylelab.pictures.masks import load_mask, resize_mask
from stylelab.pictures.picture_files import PROCESS_LOCK, describe_file, file_warnings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stylelab.pictures.masks import Mask

MAX_SIDE = 2048
"""Long side, in pixels, at which an uploaded picture is kept: twice the largest one painted here."""

MAX_PENDING = 3
"""Files that may be on their way: one of a page that was closed meanwhile would never be whole."""


class UploadBuffer:
    """The files on their way from the browser, which come in one part or several."""

    def __init__(self) -> None:
        self._parts: dict[str, bytearray] = {}

    def add_part(self, content: dict[str, Any], buffers: Sequence[Any]) -> bytes | None:
        """Take what has come of a file; give the file once it is whole.

        Args:
            content: a message. Of a file in parts it has `upload`: `{"id": …, "size": …}`, the same in
                each, with the size of the whole in bytes. Without, the file is in this message.
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
    """Make a mask of a picture that the reader gave as a file; with what is odd about it, if anything.

    Raises:
        PictureError: it is none that `load_mask` reads.
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
    """Let what is wrong with a file be said of its name: the reader knows it by no other."""
    try:
        yield
    except PictureError as error:
        raise PictureError(_with_name(str(error), name, data)) from error


def file_notes(name: str, data: bytes) -> str:
    """Say what a reader may not expect about how a picture's file is read; empty if nothing is odd."""
    return " ".join(_with_name(remark, name, data) for remark in file_warnings(data))


def _with_name(text: str, name: str, data: bytes) -> str:
    return text.replace(describe_file(data), repr(display_name(name)))
