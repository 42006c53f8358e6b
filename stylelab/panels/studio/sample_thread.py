"""Samples computed in advance, so that choosing one takes no time."""

from __future__ import annotations

from threading import Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class SampleThread:
    """A thread that runs until nothing is left to compute.

    Args:
        prepare: computes one sample; returns False if none is left.
    """

    def __init__(self, prepare: Callable[[], bool]) -> None:
        self._prepare = prepare
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stopped = False

    def start(self) -> None:
        """Start the thread, unless it runs or was stopped."""
        with self._lock:
            if self._stopped or (self._thread is not None and self._thread.is_alive()):
                return
            self._thread = Thread(target=self._run, name="stylelab samples", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Compute no further sample."""
        self._stopped = True

    def join(self, timeout: float | None = None) -> None:
        """Wait for the thread to end; its present sample takes a second or two."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopped and self._prepare():
            pass
