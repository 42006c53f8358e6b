"""Runs transfers in a background thread and reports snapshots.

Methods may be called from any thread: each records a request and returns. One worker thread takes
the steps of a run, reads the requests between them, and ends with the run.
"""

from __future__ import annotations

import gc
import threading
import time
import traceback
from collections import deque
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stylelab.errors import SettingsError
from stylelab.panels.messages import error_message
from stylelab.panels.studio.run_progress import final_message, result_so_far, with_progress
from stylelab.panels.studio.run_state import PAUSED, EndedRun, LiveWeights, Snapshot, State
from stylelab.pipeline.plan import make_plan
from stylelab.pipeline.transfer_steps import transfer_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.losses.loss import Loss
    from stylelab.panels.studio.run_state import Job
    from stylelab.pipeline.plan import Plan
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.result import Result
    from stylelab.pipeline.settings import Settings


class TransferRunner:
    """Runs one transfer at a time in a background thread.

    Every method returns immediately, except `close` and `wait`. A method that does not apply to the
    present state does nothing.

    Args:
        show: is given a `Snapshot` at each change of state, at the first step, and at most `frames`
            times a second in between; in order, and never by two threads at a time. Most calls come
            from the runner's thread; those after a method (`pause`, `stop`, …) may come from the
            thread that called it. If it raises, the run goes on.
        frames: largest number of snapshots of a running transfer per second.
        steps: `transfer_steps`, or a function with the same arguments.

    Attributes:
        last_traceback: traceback of the last unforeseen error, in a run or in `show`; empty if
            there was none.
    """

    def __init__(
        self,
        show: Callable[[Snapshot], object],
        *,
        frames: float = 5.0,
        steps: Callable[..., Any] = transfer_steps,
    ) -> None:
        self.last_traceback = ""
        self._show = show
        self._between_frames = 1 / frames
        self._steps = steps
        # Guards all that follows. While it is held, nothing slow and no callback runs.
        self._condition = threading.Condition()
        self._snapshot = Snapshot(State.IDLE)
        self._ended: tuple[EndedRun, ...] = ()
        self._job: Job | None = None
        self._next_job: Job | None = None
        self._requested_weights: LiveWeights | None = None
        self._weights_in_use: LiveWeights | None = None
        self._reset_pending = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._snapshot_queue: deque[Snapshot] = deque()
        self._has_unshown = False
        self._show_lock = threading.Lock()
        self._frame_at = 0.0

    @property
    def snapshot(self) -> Snapshot:
        """The latest snapshot."""
        return self._snapshot

    @property
    def ended(self) -> tuple[EndedRun, ...]:
        """Every ended run that had a picture, oldest first."""
        return self._ended

    @property
    def results(self) -> tuple[Result, ...]:
        """The results of these runs."""
        return tuple(ended.result for ended in self._ended)

    def start(self, job: Job) -> None:
        """Start a run, from any state; a run that is going on is stopped first, and its result kept.

        Raises:
            SettingsError: the runner is closed.
        """
        with self._condition:
            if self._closed:
                raise SettingsError(
                    "Expected an open runner. Received: a closed one. Make another."
                )
            self._next_job, self._reset_pending = job, False
            if self._job is not None:
                self._set(State.STOPPING, "Stopping the present run; then the new one begins.")
            else:
                thread = threading.Thread(
                    target=self._run_jobs,
                    args=(self._thread,),
                    name="stylelab transfer",
                    daemon=True,
                )
                try:
                    thread.start()  # it waits for the lock
                except RuntimeError:  # the system has no thread left
                    self._next_job = None
                    raise
                self._thread = thread
                self._begin()
        self._show_all()

    def change(
        self,
        settings: Settings,
        styles: Loss | None = None,
        words: str = "",
        origin: Any = None,
    ) -> None:
        """Use other weights from the next step on; without a run, do nothing.

        Args:
            settings: with the weights of terms and layers.
            styles: the job's styles with other weights; by default, layer weights of the settings.
            words: the change of the styles in words, for the loss curves: "share of glass 50 → 20".
            origin: the job's origin from then on; by default the same as before.

        Raises:
            SettingsError: something other than weights differs, which needs a restart (`start`).
        """
        with self._condition:
            job = self._snapshot.job
            if job is None or self._snapshot.state not in _ACTIVE_STATES:
                return
            if others := job.settings.non_weight_changes(settings):
                raise SettingsError(
                    "Expected only weights to change during a run. Received: another "
                    f"{' and another '.join(others)}. That needs a new start."
                )
            styles = settings.with_layer_weights(job.inputs.styles) if styles is None else styles
            job.inputs.styles.with_weights_of(styles)  # raises, if they are other terms
            self._requested_weights = LiveWeights(settings, styles, words, origin)

    def pause(self) -> None:
        """Pause after the present step, which is still shown; the message is then `PAUSED`."""
        with self._condition:
            if self._snapshot.state is State.RUNNING:
                self._set(State.PAUSED, "Pausing after the present step.")
        self._show_all()

    def resume(self) -> None:
        """Continue after a pause."""
        with self._condition:
            if self._snapshot.state is State.PAUSED:
                self._set(State.RUNNING)
        self._show_all()

    def stop(self) -> None:
        """End the run after the present step and keep its best picture."""
        with self._condition:
            self._next_job = None
            if self._job is not None:
                self._set(State.STOPPING, "Stopping after the present step.")
        self._show_all()

    def reset(self) -> None:
        """End the run, keep its result, and go back to the empty state."""
        with self._condition:
            self._next_job, self._reset_pending = None, self._job is not None
            if self._job is not None:
                self._set(State.STOPPING, "Stopping after the present step.")
            elif self._snapshot.state is not State.IDLE:
                self._set_snapshot(Snapshot(State.IDLE))
        self._show_all()

    def close(self, timeout: float = 30.0) -> None:
        """End the run, keep its result, and wait for the thread to end. It cannot be started again.

        Raises:
            TimeoutError: the present step took longer than `timeout` seconds. The thread ends after it.
        """
        with self._condition:
            self._closed = True
            thread = self._thread
        self.stop()
        if thread is None or thread is threading.current_thread():
            return
        thread.join(timeout)
        if thread.is_alive():
            raise TimeoutError(
                f"Expected the run to end within {timeout:g} s. It ends after its present step."
            )

    def wait(self, *states: State, timeout: float = 60.0) -> Snapshot:
        """Wait until the runner is in one of the states; return its snapshot.

        Raises:
            TimeoutError: it was in none of them within `timeout` seconds.
        """
        with self._condition:
            if self._condition.wait_for(lambda: self._snapshot.state in states, timeout):
                return self._snapshot
        raise TimeoutError(
            f"Expected the state {' or '.join(states)} within {timeout:g} s. "
            f"Received: {self._snapshot.state}."
        )

    # These methods change the snapshot; the caller holds the lock.

    def _begin(self) -> None:
        """Begin the next job, if there is one."""
        self._job, self._next_job = self._next_job, None
        if self._job is not None:
            self._requested_weights = self._weights_in_use = LiveWeights(
                self._job.settings, self._job.inputs.styles
            )
            self._set_snapshot(Snapshot(State.PREPARING, self._job, message="Preparing."))

    def _set(self, state: State, message: str = "") -> None:
        if (state, message) != (self._snapshot.state, self._snapshot.message):
            self._set_snapshot(replace(self._snapshot, state=state, message=message))

    def _set_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot, self._has_unshown = snapshot, False
        self._snapshot_queue.append(snapshot)
        self._condition.notify_all()

    # These methods show snapshots; the caller does not hold the lock.

    def _show_all(self) -> None:
        """Show all queued snapshots, unless another thread is doing so, which then shows these too."""
        while self._snapshot_queue and self._show_lock.acquire(blocking=False):
            try:
                while self._snapshot_queue:
                    self._show_one(self._snapshot_queue.popleft())
            finally:
                self._show_lock.release()

    def _show_one(self, snapshot: Snapshot) -> None:
        try:
            self._show(snapshot)
        except BaseException as error:
            self.last_traceback = traceback.format_exc()
            # A panel that fails must not end the run; Ctrl-C belongs to who called.
            if threading.current_thread() is not self._thread and not isinstance(error, Exception):
                raise

    # These methods run in the worker thread.

    def _run_jobs(self, former: threading.Thread | None) -> None:
        if former is not None:
            former.join()  # it is at its very end
        with self._condition:
            job = self._job
        while job is not None:
            job = self._finish_job(*self._run_job(job))
            self._show_all()
            gc.collect()  # a compiled loss refers to itself

    def _run_job(self, job: Job) -> tuple[State, str]:
        """Take the steps of a run; return how it ended, and an error message if any."""
        try:
            plan = make_plan(job.inputs, job.settings)
            self._show_cost_estimate(plan)
            steps = self._steps(plan, live=self._read_weights)
            with closing(steps):
                while self._wait_while_paused():
                    progress = next(steps, None)
                    if progress is None:
                        return State.FINISHED, ""
                    self._record_step(progress)
        except KeyboardInterrupt:
            return State.STOPPED, ""
        except BaseException as error:  # noqa: BLE001 - it is shown, and the panel works on
            self.last_traceback = traceback.format_exc()
            return State.FAILED, error_message(error)
        return State.STOPPED, ""

    def _show_cost_estimate(self, plan: Plan) -> None:
        """Show the cost estimate; raise if the run does not fit into memory."""
        plan.validate_memory()
        steps = sum(stage.steps for stage in plan.stages)
        with self._condition:
            if self._snapshot.state is State.PREPARING:
                message = f"Preparing {plan.cost}."
                self._set_snapshot(replace(self._snapshot, steps_total=steps, message=message))
        self._show_all()

    def _read_weights(self) -> tuple[Settings, Loss]:
        """Weights requested last; `transfer_steps` reads them before each step."""
        with self._condition:
            self._weights_in_use = requested = self._requested_weights
        if requested is None:  # a run has weights
            raise AssertionError
        return requested.settings, requested.styles

    def _wait_while_paused(self) -> bool:
        """Wait while paused; return whether to take another step."""
        while True:
            with self._condition:
                if self._snapshot.state is not State.PAUSED:
                    return self._snapshot.state is not State.STOPPING
                if self._snapshot.message == PAUSED:
                    self._condition.wait()
                    continue
                self._set(State.PAUSED, PAUSED)
            self._show_all()

    def _record_step(self, progress: Progress) -> None:
        """Record a step, and show it if a frame is due."""
        with self._condition:
            known = with_progress(self._snapshot, progress, self._weights_in_use)
            if known.state is State.PREPARING:
                known = replace(known, state=State.RUNNING, message="")
            # The first step too: that something happens is seen as soon as it does.
            begins = len(progress.history) <= 2  # noqa: PLR2004 - the start and the first step
            if begins or time.monotonic() - self._frame_at >= self._between_frames:
                self._set_snapshot(known)
            else:
                self._snapshot, self._has_unshown = known, True
            shows = not self._has_unshown
        self._show_all()
        if shows:  # counted from when it was shown: a slow panel slows the run no further
            self._frame_at = time.monotonic()

    def _finish_job(self, state: State, message: str) -> Job | None:
        """Keep the result, show the end, and begin the next job if there is one."""
        result, state, message = self._make_result(state, message)
        with self._condition:
            if result is not None and self._snapshot.job is not None:
                self._ended = (*self._ended, EndedRun(self._snapshot.job, result))
            if self._reset_pending:
                self._set_snapshot(Snapshot(State.IDLE))
            else:
                text = final_message(self._snapshot, state, message, kept=result is not None)
                ended = replace(self._snapshot, state=state, result=result, message=text)
                self._set_snapshot(replace(ended, seconds_left=None))
            self._reset_pending = False
            self._begin()
            return self._job

    def _make_result(self, state: State, message: str) -> tuple[Result | None, State, str]:
        """Result of the run; if its full size cannot be computed, at the optimizer's size."""
        try:
            return result_so_far(self._snapshot, state, message), state, message
        except BaseException as error:  # noqa: BLE001 - else no run could ever follow this one
            self.last_traceback = traceback.format_exc()
            state, message = State.FAILED, error_message(error)
        try:
            return (
                result_so_far(self._snapshot, state, message, keep_optimizer_size=True),
                state,
                message,
            )
        except BaseException:  # noqa: BLE001 - then there is no picture
            return None, state, message


_ACTIVE_STATES = (State.PREPARING, State.RUNNING, State.PAUSED)
