"""Writing to a terminal, a pipe or nothing, so that what is printed can never fail the work."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

# A full disk, a pipe that nobody reads; a stream that is closed.
STREAM_ERRORS = (OSError, ValueError)


class TolerantStream(io.TextIOBase):
    r"""A stream of text that passes on what the one behind it can take.

    Signs that its encoding lacks are written as escapes (`\u2026`). Where nothing can be written, or
    there is no stream (a program without a console has none), text goes nowhere.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream behind."""
        return getattr(self.stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        """How signs are written that the encoding lacks."""
        return "backslashreplace"

    def writable(self) -> bool:
        """Whether text is taken: always."""
        return True

    def isatty(self) -> bool:
        """Whether the stream behind is a terminal."""
        with suppress(*STREAM_ERRORS):
            return self.stream is not None and self.stream.isatty()
        return False

    def fileno(self) -> int:
        """Descriptor of the wrapped stream."""
        if self.stream is None:
            raise io.UnsupportedOperation("fileno")
        return self.stream.fileno()

    def write(self, text: str) -> int:
        """Write what can be written."""
        if self.stream is not None:
            try:
                self.stream.write(text)
            except UnicodeEncodeError:
                known = text.encode(self.encoding, self.errors).decode(self.encoding)
                self.write(known)
            except STREAM_ERRORS:
                _discard(self.stream)
        return len(text)

    def flush(self) -> None:
        """Pass on what is waiting, or drop it."""
        if self.stream is not None:
            try:
                self.stream.flush()
            except STREAM_ERRORS:
                _discard(self.stream)


def in_notebook() -> bool:
    """Whether this program is a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def progress_stream() -> TolerantStream:
    """Standard error; in a notebook standard output, as Jupyter shows the other on red."""
    return TolerantStream(sys.stdout if in_notebook() else sys.stderr)


def progress_bar(*, shown: bool = True) -> Any:
    """Bar of tqdm from 0 to 1, with the time left."""
    from tqdm import tqdm

    return tqdm(
        total=1.0,
        file=progress_stream(),
        disable=not shown,
        ncols=80,
        miniters=0,  # its own guess would let the bar stand still where steps get slower
        bar_format="{percentage:3.0f}% {bar} {elapsed} < {remaining}{postfix}",
    )


def _discard(stream: TextIO) -> None:
    """Drop what is waiting in a stream that takes nothing.

    Otherwise Python itself would try once more at the end of the program, and fail.
    """
    with suppress(*STREAM_ERRORS), Path(os.devnull).open("wb") as nowhere:
        descriptor = stream.fileno()
        kept = os.dup(descriptor)
        os.dup2(nowhere.fileno(), descriptor)
        try:
            stream.flush()
        finally:
            os.dup2(kept, descriptor)
            os.close(kept)
