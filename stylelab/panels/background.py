"""Base class of controls that compute for seconds: a *Run* button, a *Stop* button and a progress bar.

The work runs in a background thread, which exists only while there is work. It writes to the traits of
the control's own widgets and to nothing else. One control works at a time: when a second one starts, or
its cell is run again, the first is stopped.

A cell that ends with a control shows it at once, and waits for its first pictures, which so are in the
notebook when it is saved or exported.
"""

from __future__ import annotations

import math
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from stylelab.panels.control import Control
from stylelab.panels.messages import error_message
from stylelab.panels.task_queue import TaskQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stylelab.course.figures import CourseFigure

STARTING = "Starting …"
PREPARING = "Loading the network and compiling the loss, once: some seconds …"
DONE = "Everything is computed; nothing is left to run."

INTERRUPTIBLE_SECONDS = 0.5
"""How long an interrupt of the cell may have to wait where waiting cannot be interrupted."""

DRAWING_SHARE = 0.25
"""Share of its time that a worker may spend on drawing unfinished pictures."""


class WorkProgress(NamedTuple):
    """Progress of the work: a share from 0 to 1, and a few words."""

    share: float
    words: str


class BackgroundWorker(TaskQueue["Callable[[], None]"]):
    """Runs an iterator in a background thread, step by step; one worker runs at a time.

    Args:
        work: starts the work, or continues it; each item is a point at which it can stop.
        on_end: called in the thread when the work is done or stopped (None), or failed (the error).
    """

    def __init__(
        self, work: Callable[[], Iterator[object]], on_end: Callable[[BaseException | None], None]
    ) -> None:
        super().__init__("stylelab")
        self._work = work
        self._on_end = on_end
        self._stop = threading.Event()
        _WORKERS.add(self)

    @property
    def stopping(self) -> bool:
        """Whether it was stopped since its last start."""
        return self._stop.is_set()

    def start(self) -> None:
        """Start the work, or restart it if it runs; every other worker is stopped."""
        stop_workers(except_for=self)
        self._stop.clear()
        self._put_work()

    def restart(self) -> bool:
        """Leave the present work at its next step and call `work` again; False if nothing runs."""
        if not self.busy:
            return False
        self._put_work()
        return True

    def stop(self) -> None:
        """Stop at the next step; return at once."""
        self._stop.set()

    def _put_work(self) -> None:
        if not self.has_waiting:
            self.put(self._run_work)

    def _run_work(self) -> None:
        error = None
        try:
            if not self._stop.is_set():
                for _ in self._work():
                    if self._stop.is_set() or self.has_waiting:
                        break
        except BaseException as raised:  # noqa: BLE001 - shown in the page: a thread has no caller
            error = raised
        if error is not None or self._stop.is_set() or not self.has_waiting:
            self._on_end(error)


_WORKERS: weakref.WeakSet[BackgroundWorker] = weakref.WeakSet()


def stop_workers(except_for: BackgroundWorker | None = None) -> None:
    """Stop every worker, except one."""
    for worker in tuple(_WORKERS):
        if worker is not except_for:
            worker.stop()


class BackgroundControl(Control):
    """A control that computes its pictures when the reader presses *Run*.

    `work` caches what it computes, so settings used before are shown immediately. A setting that
    changes during the work changes the work.

    Args:
        draw: returns a `CourseFigure` of what is computed for the widgets' values. Quick.
        work: computes what is missing for the widgets' values, step by step, and caches it.
        missing_message: returns a sentence about what *Run* would compute; empty if nothing is missing.
        widgets, layout: as in `Control`.

    Attributes, besides those of `Control`:
        work: as passed.
        run, stop: the buttons.
        bar: progress of the work, from 0 to 1.
    """

    def __init__(
        self,
        draw: Callable[..., CourseFigure],
        work: Callable[..., Iterator[WorkProgress]],
        missing_message: Callable[..., str],
        widgets: Mapping[str, Any],
        layout: Callable[[Mapping[str, Any]], Any] | None = None,
    ) -> None:
        import ipywidgets

        stop_workers()  # such as one of this cell, run before
        self.work = work
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

        row = ipywidgets.Layout(flex_flow="row wrap")

        def above(widgets: Mapping[str, Any]) -> Any:
            own = layout(widgets) if layout else ipywidgets.VBox(list(widgets.values()))
            return ipywidgets.VBox(
                [own, ipywidgets.HBox([self.run, self.stop, self.bar], layout=row)]
            )

        super().__init__(draw, widgets, above)
        self._shown_before = False
        left = missing_message(**self.values)
        self._show_idle_message(left, left or DONE)

    def compute_first(self) -> None:
        """Compute what the first picture misses, and wait for it; an error is shown, not raised."""
        self._on_run(None)
        try:
            while not self._worker.wait(INTERRUPTIBLE_SECONDS):
                pass
        except KeyboardInterrupt:
            self._worker.stop()
            raise
        self._first_bundle = self._bundle

    def _ipython_display_(self) -> None:
        """Show the live widgets, then compute the first picture, and keep it in the cell's output."""
        from IPython.display import display

        data, metadata = self._repr_mimebundle_()
        show: Any = display  # it has no type hints
        output = show(data, metadata=metadata, raw=True, display_id=True)
        if not self._shown_before:
            self._shown_before = True
            self.compute_first()
            data, metadata = self._repr_mimebundle_()
            output.update(data, metadata=metadata, raw=True)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the work has ended; False if it has not within `timeout` seconds."""
        return self._worker.wait(timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Stop the work, wait for its thread, and remove the widgets."""
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

    def _show_figure(self) -> None:
        if not self._worker.restart():  # a running worker redraws by itself
            self._show_idle()

    def _run_steps(self) -> Iterator[WorkProgress]:
        """Work and show the progress, in the worker's thread."""
        self.run.disabled, self.stop.disabled = True, False
        self.bar.layout.display = None
        self._show_message(STARTING)
        took = self._timed_redraw()
        began = drawn = time.monotonic()
        before: float | None = None
        for report in self.work(**self.values):
            if before is None or report.share == 0:
                # Neither cached work nor preparation says anything about the speed.
                began, before = time.monotonic(), report.share
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
            self._redraw()
        return time.monotonic() - began

    def _on_worker_end(self, error: BaseException | None) -> None:
        stopped = "Stopped." if self._worker.stopping else ""
        self._show_idle(stopped if error is None else error_message(error))

    def _show_idle(self, first: str = "") -> None:
        """Show the figure and a message while nothing runs."""
        with self._draw_lock:
            try:
                self._redraw()
                missing_message = self._missing_message(**self.values)
            except BaseException as error:  # noqa: BLE001 - the picture stays; the message says why
                self._show_idle_message("", error_message(error))
            else:
                self._show_idle_message(
                    missing_message, f"{first} {missing_message or DONE}".strip()
                )

    def _show_idle_message(self, missing_message: str, sentence: str) -> None:
        """Show a message, and enable *Run* if something is missing."""
        self._show_message(sentence)
        self.bar.layout.display = "none"
        self.run.disabled, self.stop.disabled = not missing_message, True


def _time_left(seconds: float, done: float, to_do: float) -> str:
    """The estimated remaining time, once there is an estimate."""
    if seconds < 1 or done <= 0 or to_do <= 0:
        return ""
    return f" · about {math.ceil(seconds / done * to_do)} s left"
