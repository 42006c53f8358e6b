"""What holds a thread under test until the test allows it to go on."""

import threading

import pytest


def keep_threads_alive(monkeypatch: pytest.MonkeyPatch, timeout: float) -> threading.Event:
    """Keep threads made from now on alive after their work, until the event given is set."""
    gate = threading.Event()

    class Lingering(threading.Thread):
        def run(self) -> None:
            super().run()
            assert gate.wait(timeout)

    monkeypatch.setattr(threading, "Thread", Lingering)
    return gate


class ThreadGate:
    """Holds who comes, until it is allowed to pass; knows whether anyone really waits.

    Without that knowledge a test acts while the thread is still on its way, and sees now this, now
    that.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._allowed = 0
        self._waiting = 0

    @property
    def waiting(self) -> bool:
        """Whether someone is there and may not pass: it does nothing until it is allowed to."""
        with self._condition:
            return self._waiting > self._allowed

    def allow(self, times: int = 1) -> None:
        with self._condition:
            self._allowed += times
            self._condition.notify_all()

    def forbid(self) -> None:
        """Take back what was allowed and not used."""
        with self._condition:
            self._allowed = 0

    def wait_to_pass(self, timeout: float) -> bool:
        """Pass, or wait to be allowed to; False if that did not come within so many seconds."""
        with self._condition:
            self._waiting += 1
            passes = self._condition.wait_for(lambda: self._allowed, timeout)
            self._waiting -= 1
            self._allowed -= bool(passes)
        return bool(passes)
