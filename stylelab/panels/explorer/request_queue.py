"""Questions of the browser, answered one after the other by a thread that is there only for them.

A widget's message may come on any thread, and must be let go at once. So each question becomes an
errand in a lane. A lane has one thread while it has errands, and none otherwise.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from stylelab.panels.sentences import error_message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Send = Callable[[dict[str, Any], list[bytes]], None]
    Answer = tuple[dict[str, Any], list[bytes]]


class Cancelled(Exception):  # noqa: N818 - it is no error: the browser no longer wants to know
    """The errand was called off."""


class Request:
    """One question, and the way back to who asked.

    Args:
        number: what the browser calls its question.
        find: finds the answer: fields and buffers. It is given this errand, to tell how far it is.
        send: sends a message to the browser.
    """

    def __init__(
        self, number: Any, compute_answer: Callable[[Request], Answer], send: Send
    ) -> None:
        self.number = number
        self._compute_answer = compute_answer
        self._send = send
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Call it off; it ends at its next `tell`."""
        self._cancelled.set()

    def send_progress(
        self, share: float, note: str, buffers: Sequence[bytes] = (), **more: object
    ) -> None:
        """Tell the browser how far the answer is: a share from 0 to 1, and a few words.

        Raises:
            Cancelled: nobody wants to know any more.
        """
        self.raise_if_cancelled()
        self._send({"id": self.number, "progress": share, "note": note, **more}, list(buffers))

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` if nobody wants to know any more."""
        if self._cancelled.is_set():
            raise Cancelled

    def run(self) -> None:
        """Find the answer and send it, or a sentence that says why there is none."""
        message: dict[str, Any] = {"id": self.number}
        buffers: list[bytes] = []
        try:
            self.raise_if_cancelled()
            answer, found = self._compute_answer(self)
            self.raise_if_cancelled()
            message["answer"], buffers = answer, found
        except Cancelled:
            message["cancelled"] = True
        except BaseException as error:  # noqa: BLE001 - a thread has nobody to raise to; it is shown
            message["error"] = error_message(error)
        try:
            self._send(message, buffers)
        except BaseException as error:  # noqa: BLE001 - too large an answer; the question must not stay open
            self._send({"id": self.number, "error": error_message(error)}, [])


class RequestQueue:
    """Errands that wait for each other, and a thread for as long as there are any."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._waiting: deque[Request] = deque()
        self._running: Request | None = None
        self._thread: threading.Thread | None = None
        self._latest: threading.Thread | None = None  # it may be at its very end

    def put(self, request: Request) -> None:
        """Queue an errand; start the thread if there is none. Returns at once."""
        with self._lock:
            self._waiting.append(request)
            if self._thread is None:
                thread = threading.Thread(target=self._run, daemon=True, name=self.name)
                try:
                    thread.start()  # it waits for the lock
                except RuntimeError:  # the system has no thread left
                    self._waiting.remove(request)
                    raise
                self._thread = self._latest = thread

    def cancel(self, number: Any = None) -> None:
        """Call off the errand of that number, or all of them; return at once."""
        with self._lock:
            requests = [*self._waiting, *([self._running] if self._running else [])]
        for request in requests:
            if number is None or request.number == number:
                request.cancel()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there is no thread; False if there still is one after `timeout` seconds."""
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
            with suppress(BaseException):  # the browser has gone; the next errand may have another
                self._running.run()
