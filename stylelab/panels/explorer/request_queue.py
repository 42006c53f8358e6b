"""Requests of the browser, answered one after another in a background thread.

A widget receives messages on any thread and must return at once, so each message becomes a request in a
queue.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from stylelab.panels.messages import error_message
from stylelab.panels.task_queue import TaskQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Send = Callable[[dict[str, Any], list[bytes]], None]
    Answer = tuple[dict[str, Any], list[bytes]]


class Cancelled(Exception):  # noqa: N818 - not an error: the browser no longer needs the answer
    """The request was cancelled."""


class Request:
    """One request of the browser; calling it computes the answer and sends it.

    Args:
        number: the browser's number of the request.
        compute_answer: returns the answer, fields and buffers. It receives the request, to send
        progress. send: sends a message to the browser.
    """

    def __init__(
        self, number: Any, compute_answer: Callable[[Request], Answer], send: Send
    ) -> None:
        self.number = number
        self._compute_answer = compute_answer
        self._send = send
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Cancel the request; it ends when it next sends progress."""
        self._cancelled.set()

    def send_progress(
        self, share: float, note: str, buffers: Sequence[bytes] = (), **more: object
    ) -> None:
        """Send progress to the browser: a share from 0 to 1, and a few words.

        Raises:
            Cancelled: the request was cancelled.
        """
        self.raise_if_cancelled()
        self._send({"id": self.number, "progress": share, "note": note, **more}, list(buffers))

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` if the request was cancelled."""
        if self._cancelled.is_set():
            raise Cancelled

    def __call__(self) -> None:
        """Compute the answer and send it, or an error message."""
        message: dict[str, Any] = {"id": self.number}
        buffers: list[bytes] = []
        try:
            self.raise_if_cancelled()
            answer, found = self._compute_answer(self)
            self.raise_if_cancelled()
            message["answer"], buffers = answer, found
        except Cancelled:
            message["cancelled"] = True
        except BaseException as error:  # noqa: BLE001 - shown in the page: a thread has no caller
            message["error"] = error_message(error)
        try:
            self._send(message, buffers)
        except BaseException as error:  # noqa: BLE001 - an answer too large to send still needs a reply
            self._send({"id": self.number, "error": error_message(error)}, [])


class RequestQueue(TaskQueue[Request]):
    """Requests that wait for each other."""

    def cancel(self, number: Any = None) -> None:
        """Cancel the request of that number, or all of them; return at once."""
        for request in self.tasks:
            if number is None or request.number == number:
                request.cancel()
