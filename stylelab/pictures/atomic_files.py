"""Atomic file writing."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def temporary_path(folder: Path) -> Iterator[Path]:
    """An unused path in `folder`; the file made there is deleted when the block ends."""
    path = folder / f".stylelab-{secrets.token_hex(8)}.tmp"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """An open temporary file that replaces `path` when the block ends without error.

    Readers see the old file or the new one, never a part. After an error, including Ctrl-C, the old
    file is unchanged and no temporary file is left.
    """
    # In the same folder, because replacing is atomic only within one file system.
    with temporary_path(path.parent) as name:
        with name.open("xb") as file:
            yield file
            file.flush()
            # Otherwise a power cut could leave an empty file.
            os.fsync(file.fileno())
        name.replace(path)
