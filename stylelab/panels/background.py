"""What a control is whose answer takes seconds: a button that starts, one that stops, and a bar.

A button only signals. The work is done by one thread, which is there while there is something to do
and no longer. It writes to the traits of the control's own widgets and to nothing else. One control
works at a time: where a second one starts, or a cell is run again, the first is told to stop.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from stylelab.panels.control import Control
from stylelab.panels.sentences import error_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stylelab.course.figures import Drawing

STARTING = "Beginning …"
DONE = "All of this is there; nothing is left to run."

DRAWING_SHARE = 0.25
"""How much of its time a worker may spend on pictures of what is not finished yet."""


class WorkProgress(NamedTuple):
    """How far a piece of work has come: a share from 0 to 1, and a few words."""

    share: float
    words: str


class BackgroundWorker:
    """One thread that does what an iterator does, step by step, and then ends.

    Args:
        work: begins the work, or goes on with it; each item is a place to stop at.
        ended: is called in the thread when the work is done, stopped (None) or has failed (the error).
    """

    def __init__(
        self, work: Callable[[], Iterator[object]], on_end: Callable[[BaseException | None], None]
    ) -> None:
        self._work = work
        self._on_end = on_end
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._restart = threading.Event()
        self._thread: threading.Thread | None = None
        self._latest: threading.Thread | None = None  # it may be at its very end

    @property
    def busy(self) -> bool:
        """Whether there is a thread."""
        return self._thread is not None

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop since it was started."""
        return self._stop.is_set()

    def start(self) -> None:
        """Begin, unless it is at work already; any other worker is told to stop."""
        stop_workers(except_for=self)
        with self._lock:
            self._stop.clear()
            if self._thread is None:
                thread = threading.Thread(target=self._run, daemon=True, name="stylelab")
                thread.start()  # it needs the lock to end
                self._thread = self._latest = thread
                _ACTIVE_WORKERS.add(self)
            else:
                self._restart.set()

    def restart(self) -> bool:
        """Leave what is being done and ask `work` anew; False if nothing was being done."""
        with self._lock:
            if self._thread is None:
                return False
            self._restart.set()
            return True

    def stop(self) -> None:
        """Ask it to stop at its next step; return at once."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended; False if it has not within `timeout` seconds."""
        thread = self._latest
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _run(self) -> None:
        while True:
            self._restart.clear()
            error = None if self._stop.is_set() else self._run_once()
            if error is None and self._restart.is_set() and not self._stop.is_set():
                continue  # nothing has ended: something else is wanted
            with suppress(BaseException):  # widgets may be gone; the thread ends in any case
                self._on_end(error)
            with self._lock:
                # What was asked for meanwhile is not forgotten.
                if not self._restart.is_set():
                    self._thread = None
                    _ACTIVE_WORKERS.discard(self)
                    return

    def _run_once(self) -> BaseException | None:
        try:
            for _ in self._work():
                if self._stop.is_set() or self._restart.is_set():
                    break
        except BaseException as error:  # noqa: BLE001 - a thread has nobody to raise to; it is shown
            return error
        return None


_ACTIVE_WORKERS: set[BackgroundWorker] = set()


def stop_workers(except_for: BackgroundWorker | None = None) -> None:
    """Tell every worker to stop, except one."""
    for worker in tuple(_ACTIVE_WORKERS):
        if worker is not except_for:
            worker.stop()


class BackgroundControl(Control):
    """A control whose pictures are worked out when the reader presses *Run*.

    What was worked out is kept by whoever gives `draw`, `work` and `missing_message`: so a setting that was
    there before is answered at once. A setting that changes during the work changes the work.

    Args:
        draw: gives a `Drawing` of what there is for the widgets' values. Quick.
        work: works out what is missing for them, step by step, and keeps it.
        missing: says in a sentence what *Run* would do for them; empty if there is nothing to do.
        widgets: by the name of the argument.
        layout: arranges the widgets; below each other without it.
        opening: work out the first picture before anything is shown, in the thread of the caller.

    Attributes:
        widgets: as given.
        drawing: the figure shown now.
        run, stop: the buttons.
        bar: how far the work has come, from 0 to 1.
    """

    def __init__(
        self,
        draw: Callable[..., Drawing],
        work: Callable[..., Iterator[WorkProgress]],
        missing_message: Callable[..., str],
        widgets: Mapping[str, Any],
        layout: Callable[[Mapping[str, Any]], Any] | None = None,
        *,
        compute_first: bool = True,
    ) -> None:
        import ipywidgets

        stop_workers()  # of the same cell, run before
        self._work = work
        self._missing_message = missing_message
        self._worker = BackgroundWorker(self._run_steps, self._on_worker_end)
        self._draw_lock = threading.RLock()
        self.run = ipywidgets.Button(description="Run", icon="play", button_style="primary")
        self.stop = ipywidgets.Button(description="Stop", icon="stop", disabled=True)
        self.bar = ipywidgets.FloatProgress(min=0, max=1)
        for part, name in ((self.run, "run"), (self.stop, "stop"), (self.bar, "bar")):
            part.add_class(f"stylelab-work-{name}")
        self.run.on_click(self._on_run)
        self.stop.on_click(self._on_stop)
        if compute_first:
            for _ in work(**{name: widget.value for name, widget in widgets.items()}):
                pass

        def above(widgets: Mapping[str, Any]) -> Any:
            own = layout(widgets) if layout else ipywidgets.VBox(list(widgets.values()))
            return ipywidgets.VBox([own, ipywidgets.HBox([self.run, self.stop, self.bar])])

        super().__init__(draw, widgets, above)
        left = missing_message(**self.values)
        self._show_idle_message(left, left or DONE)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being worked out; False if that takes longer than `timeout`."""
        return self._worker.wait(timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Stop the work, wait for its thread, and take the widgets away."""
        self._worker.stop()
        self._worker.wait(timeout)
        self.box.close()

    def _on_run(self, _button: object) -> None:
        try:
            self._worker.start()
        except RuntimeError as error:  # the system has no thread left
            self._show_message(error_message(error))

    def _on_stop(self, _button: object) -> None:
        self.stop.disabled = True
        self._worker.stop()

    def _on_change(self, _change: object) -> None:
        if not self._worker.restart():  # a worker draws for itself
            self._show_idle()

    def _run_steps(self) -> Iterator[WorkProgress]:
        """Work, and show how it goes, in the worker's thread."""
        self.run.disabled, self.stop.disabled = True, False
        self.bar.layout.visibility = "visible"
        self._show_message(STARTING)
        took = self._timed_redraw()
        began = drawn = time.monotonic()
        before: float | None = None  # what is kept from earlier tells nothing of the speed
        for report in self._work(**self.values):
            before = report.share if before is None else before
            left = _time_left(time.monotonic() - began, report.share - before, 1 - report.share)
            self.bar.value = report.share
            self._show_message(report.words + left)
            if time.monotonic() - drawn > took / DRAWING_SHARE:
                took = self._timed_redraw()
                drawn = time.monotonic()
            yield report

    def _timed_redraw(self) -> float:
        began = time.monotonic()
        with self._draw_lock:
            self.drawing, _ = self._redraw()
        return time.monotonic() - began

    def _on_worker_end(self, error: BaseException | None) -> None:
        stopped = "Stopped." if self._worker.stopping else ""
        self._show_idle(stopped if error is None else error_message(error))

    def _show_idle(self, first: str = "") -> None:
        """Show how things stand while nothing is being worked out."""
        with self._draw_lock:
            try:
                self.drawing, _ = self._redraw()
                missing_message = self._missing_message(**self.values)
            except BaseException as error:  # noqa: BLE001 - the picture stays; the sentence says why
                self._show_idle_message("", error_message(error))
            else:
                self._show_idle_message(
                    missing_message, f"{first} {missing_message or DONE}".strip()
                )

    def _show_idle_message(self, missing_message: str, sentence: str) -> None:
        """Say how things stand, and let the reader press *Run* if something is missing."""
        self._show_message(sentence)
        self.bar.layout.visibility = "hidden"
        self.run.disabled, self.stop.disabled = not missing_message, True


def _time_left(seconds: float, done: float, to_do: float) -> str:
    """Say how long the rest will take, once that can be told."""
    if seconds < 1 or done <= 0 or to_do <= 0:
        return ""
    return f" · about {math.ceil(seconds / done * to_do)} s left"
