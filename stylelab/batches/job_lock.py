"""Jobs' folders locked by one batch at a time, and their logs.

The log is the lock: whoever has it locked paints the job. The system lets go of it when the program
ends, however it ends. Without such locks (Windows), two batches may paint the same job; it comes out
the same, and is written completely or not at all.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from stylelab.batches.jobs import LOG

if TYPE_CHECKING:
    from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class JobLock:
    """A job's folder, made if it is missing, while this batch paints it.

    Args:
        folder: the job's.

    Raises:
        BlockingIOError: another batch has locked it.
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / LOG).open("a", encoding="utf-8", errors="backslashreplace")
        try:
            if fcntl is not None:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            self._file.close()
            raise

    def write(self, text: str) -> None:
        """Add lines to the log, each with the time; a full disk loses them."""
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        with suppress(OSError):
            self._file.write("".join(f"{now}  {line}\n" for line in text.splitlines() if line))
            self._file.flush()

    def close(self) -> None:
        """Let go of the folder."""
        with suppress(OSError):
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
