"""Files that are written whole or not at all."""

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
    """A new name in `folder`; whatever is made under it is gone when the block ends."""
    path = folder / f".stylelab-{secrets.token_hex(8)}.tmp"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `path` that takes its place when the block ends well.

    Whoever reads meanwhile sees the old file or the new one, never a part. After an error, Ctrl-C
    included, the old file is as it was and nothing is left behind.
    """
    # In the same folder, because only within one file system is a replacement a single step.
    with temporary_path(path.parent) as name:
        with name.open("xb") as file:
            yield file
            file.flush()
            # Else a power cut could leave the new name with no content.
            os.fsync(file.fileno())
        name.replace(path)
