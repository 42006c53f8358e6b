"""Tasks in the background: one thread, which exists only while there is something to do.

A thread of `concurrent.futures` stays until it is shut down, and Python waits for it when it exits;
this one ends with the last task, and exiting does not wait for it.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Task = TypeVar("Task", bound="Callable[[], object]")


class TaskQueue(Generic[Task]):
    """Runs tasks one after another in a thread; errors of a task are its own to handle.

    Args:
        name: name of the thread.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._waiting: deque[Task] = deque()
        self._running: Task | None = None
        self._thread: threading.Thread | None = None
        self._latest: threading.Thread | None = None  # may still be ending

    @property
    def busy(self) -> bool:
        """Whether there is a thread."""
        return self._thread is not None

    @property
    def has_waiting(self) -> bool:
        """Whether a task waits for its turn."""
        return bool(self._waiting)

    @property
    def tasks(self) -> list[Task]:
        """The tasks that wait or run."""
        with self._lock:
            return [*self._waiting, *([self._running] if self._running else [])]

    def put(self, task: Task) -> None:
        """Add a task and return at once.

        Raises:
            RuntimeError: a thread is needed and the system has none left.
        """
        with self._lock:
            self._waiting.append(task)
            if self._thread is None:
                thread = threading.Thread(target=self._run, daemon=True, name=self.name)
                try:
                    thread.start()  # it waits for the lock
                except RuntimeError:
                    self._waiting.remove(task)
                    raise
                self._thread = self._latest = thread

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended; False if it has not within `timeout` seconds."""
        thread = self._latest
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = self._thread = None
                    return
                self._running = self._waiting.popleft()
            with suppress(BaseException):  # the page is gone; the next task may have another
                self._running()
