"""Signals that ask a program to end, and leave it a moment to save its work."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ENDING_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Terminated(KeyboardInterrupt):
    """Another program asked this one to end: a batch system, a container, a closed terminal.

    Attributes:
        signal: which signal it was.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)


@contextmanager
def ending_signals() -> Iterator[None]:
    """Raise `Terminated` within the block when such a signal comes, once; then restore what was.

    Handlers that somebody has set, and signals that are ignored (`nohup`), stay as they are. Threads
    other than the main one cannot set handlers: there, nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for number in ENDING_SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _terminate)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _terminate(number: int, _frame: FrameType | None) -> None:
    # Whoever asks often asks several times; the work must be saved all the same.
    signal.signal(number, signal.SIG_IGN)
    raise Terminated(number)
