"""Access to picture files, by path or as bytes."""

from __future__ import annotations

import os
import re
import stat
from io import BytesIO
from pathlib import Path
from typing import IO, TypeAlias

from stylelab.errors import PictureError

PictureFile: TypeAlias = str | os.PathLike[str] | bytes  # where a file is, or its content

_URL = re.compile(r"[a-z][a-z0-9+.-]+:/|data:", re.IGNORECASE)  # one letter is a drive
_MAX_TEXT_LENGTH = 300  # letters of a path or a reason in a message; a data: URL has thousands


def find_file(path: str | os.PathLike[str]) -> str:
    """The path of an existing file; a `~` at its start stands for the home folder.

    Raises:
        PictureError: There is no such file, or it is a URL, a folder or a device.
    """
    name = repr(str(path))
    try:
        found = os.fspath(path)
        if not os.path.lexists(found):  # a file may really be named ~ or http:
            _validate_not_url(str(found))
            found = os.path.expanduser(found)  # noqa: PTH111 - keeps the path as it was written
        mode = os.stat(found).st_mode  # noqa: PTH116 - Path() itself fails on odd path objects
    except PictureError:
        raise
    except FileNotFoundError:
        raise PictureError(
            f"Expected the path of a picture. Received: {name}, where there is no file. "
            f"Check the spelling; relative paths start from {os.getcwd()!r}."  # noqa: PTH109 - text
        ) from None
    except (OSError, ValueError, TypeError) as error:
        raise PictureError(
            f"Expected the path of a picture. Received: {shorten(name)}, which cannot be reached "
            f"({shorten(str(error))}). Check the spelling and the permissions."
        ) from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise PictureError(
            f"Expected the path of a picture. Received: {name}, which is {kind}. "
            "Name the file itself."
        )
    return found


def is_url(path: str) -> bool:
    """Whether a text is a URL rather than a path."""
    return _URL.match(path) is not None


def describe_file(file: PictureFile) -> str:
    """Description of a file for error messages: its path, or its length."""
    return f"a file of {len(file):,} bytes" if isinstance(file, bytes) else repr(str(file))


def open_file(file: PictureFile) -> IO[bytes]:
    """A file or its bytes as an open binary stream."""
    return BytesIO(file) if isinstance(file, bytes) else Path(find_file(file)).open("rb")


def read_signature(file: PictureFile) -> bytes:
    """The first 32 bytes of a file; none if it cannot be read."""
    if isinstance(file, bytes):
        return file[:32]
    try:
        with open_file(file) as stream:
            return stream.read(32)
    except OSError:  # opening it for real reports why
        return b""


def shorten(text: str) -> str:
    """A text cut to the length that suits an error message."""
    return text if len(text) <= _MAX_TEXT_LENGTH else f"{text[:_MAX_TEXT_LENGTH]}…"


def _validate_not_url(path: str) -> None:
    if is_url(path):
        raise PictureError(
            f"Expected the path of a picture on this computer. Received: {shorten(repr(path))}, "
            "which is a URL. Download the picture first, and give the path of that file."
        )
