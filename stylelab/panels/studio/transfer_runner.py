"""Paints in a background thread, as the latest order says, and posts what comes of it.

The thread reads the order before each step: another run's number ends the run, other weights take
effect, a pause waits. So nothing has to be sent to it in the right sequence, and nothing can be lost.
"""

from __future__ import annotations

import threading
import time
import traceback
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stylelab.errors import StylelabError
from stylelab.panels.messages import error_message
from stylelab.panels.studio.reports import RunEnded, RunPaused, RunPrepared, Stepped
from stylelab.panels.studio.run_progress import has_own_step, position_text, result_of
from stylelab.panels.studio.run_state import State
from stylelab.panels.task_queue import TaskQueue
from stylelab.pictures.encoding import encode_jpeg
from stylelab.pictures.images import resize
from stylelab.pipeline.plan import make_plan
from stylelab.pipeline.transfer_steps import transfer_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.losses.loss import Loss
    from stylelab.panels.studio.events import Event
    from stylelab.panels.studio.run_state import Order
    from stylelab.pipeline.inputs import TransferInputs
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.result import Result
    from stylelab.pipeline.settings import Settings

FRAME_SIDE = 256
"""Long side, in pixels, of the small pictures kept of each step."""


class TransferRunner:
    """Runs one transfer at a time in a background thread.

    Args:
        post: is given each event; it returns at once.
        frames: largest number of steps posted per second, beside the first, the last, and those with
            other weights.
        steps: `transfer_steps`, or a function with the same arguments.

    Attributes:
        last_traceback: traceback of the last unforeseen error in a run; empty if there was none.
    """

    def __init__(
        self,
        post: Callable[[Event], object],
        *,
        frames: float = 3.0,
        steps: Callable[..., Any] = transfer_steps,
    ) -> None:
        self.last_traceback = ""
        self.post = post
        self.steps = steps
        self.seconds_between_frames = 1 / frames
        self._condition = threading.Condition()
        self._order: Order | None = None
        self._tasks: TaskQueue[Callable[[], None]] = TaskQueue("stylelab transfer")

    def follow(self, order: Order | None) -> None:
        """Do what an order says from the next step on; None ends the run. Returns at once.

        Raises:
            RuntimeError: the system has no thread left.
        """
        with self._condition:
            before, self._order = self._order, order
            self._condition.notify_all()
        if order is not None and (before is None or before.run != order.run):
            try:
                self._tasks.put(_Transfer(self, order))
            except RuntimeError:
                with self._condition:
                    self._order = None
                raise

    def order_for(self, run: int) -> Order | None:
        """The latest order, if it is for a run; None if that run is to end."""
        with self._condition:
            return self._order if self._order is not None and self._order.run == run else None

    def wait_for_other(self, order: Order) -> None:
        """Wait until the latest order is another one."""
        with self._condition:
            self._condition.wait_for(lambda: self._order is not order)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended; False if it has not within `timeout` seconds."""
        return self._tasks.wait(timeout)


class _Transfer:
    """One run, in the runner's thread."""

    def __init__(self, runner: TransferRunner, order: Order) -> None:
        self._runner = runner
        self._run = order.run
        self._order = order  # with the weights in force
        self._inputs: TransferInputs | None = None
        self._styles: Loss | None = None
        self._last: Stepped | None = None
        self._is_posted = True
        self._frame_at = 0.0

    def __call__(self) -> None:
        try:
            state, error = self._take_steps(), ""
            self._add_frame()  # a film ends with the last step, posted or not
        except BaseException as raised:  # noqa: BLE001 - it is shown, and the studio works on
            state, error = State.FAILED, self._message(raised)
        result, state, error = self._make_result(state, error)
        unposted = None if self._is_posted else self._last
        self._runner.post(RunEnded(self._run, state, error, unposted, result))
        self._inputs = self._styles = self._last = None

    def _take_steps(self) -> State:
        """Take the steps of the run; return how it ended."""
        order = self._runner.order_for(self._run)
        if order is None:
            return State.STOPPED
        self._order = order
        inputs = order.selection.inputs(order.settings)
        self._inputs = replace(inputs, start=order.start)
        self._styles = inputs.styles
        plan = make_plan(self._inputs, order.settings)
        plan.validate_memory()
        total = sum(stage.steps for stage in plan.stages)
        self._runner.post(RunPrepared(self._run, total, str(plan.cost)))
        # It may have been planned for fewer steps.
        resume = (
            {} if order.resume is None else {"resume": replace(order.resume, stages=plan.stages)}
        )
        with closing(self._runner.steps(plan, live=self._read_weights, **resume)) as steps:
            while self._may_continue():
                progress = next(steps, None)
                if progress is None:
                    return State.FINISHED
                self._record(progress)
        return State.STOPPED

    def _read_weights(self) -> tuple[Settings, Loss]:
        """Weights wanted last; `transfer_steps` reads them before each step."""
        if self._inputs is None or self._styles is None:  # they are made before the first step
            raise AssertionError
        order = self._runner.order_for(self._run)
        if order is not None and order is not self._order:
            # Weights that cannot be used are no order: the form shows the error.
            self._styles = order.selection.with_updated_weights(self._inputs.styles, order.settings)
            self._order = order
        return self._order.settings, self._styles

    def _may_continue(self) -> bool:
        """Wait while paused; return whether to take another step."""
        while (order := self._runner.order_for(self._run)) is not None and order.paused:
            self._post_last()
            # Of each order: that of a pause right after a resume is not taken for the one before.
            self._runner.post(RunPaused(self._run))
            self._runner.wait_for_other(order)
        return order is not None

    def _record(self, progress: Progress) -> None:
        """Keep a step, and post it if a frame is due."""
        if self._inputs is None or self._styles is None:
            raise AssertionError
        described = None if self._inputs.metadata is None else self._styles.describe()
        self._last = Stepped(self._run, progress, self._order, described)
        self._is_posted = False
        # The first step too: that something happens is seen as soon as it does.
        begins = len(progress.history) <= 2  # noqa: PLR2004 - the start and the first step
        due = time.monotonic() - self._frame_at >= self._runner.seconds_between_frames
        if begins or due or progress.history[-1].changed:
            self._post_last()

    def _post_last(self) -> None:
        if self._last is None or self._is_posted:
            return
        self._add_frame()
        self._runner.post(self._last)
        self._is_posted = True
        self._frame_at = time.monotonic()

    def _add_frame(self) -> None:
        """Make the small picture of the last step, unless it is there."""
        if self._last is None or self._last.frame:
            return
        image = self._last.progress.step.image
        small = resize(image, FRAME_SIDE) if max(image.shape) > FRAME_SIDE else image
        self._last = replace(self._last, frame=encode_jpeg(small, quality=80))

    def _make_result(self, state: State, error: str) -> tuple[Result | None, State, str]:
        """Result of the run; if its full size cannot be computed, at the optimizer's size."""
        last = self._last
        if last is None or not has_own_step(last.progress, self._order.resume):
            return None, state, error
        for keep_optimizer_size in (False, True):
            stopped = None
            if state is not State.FINISHED:
                stopped = f"stopped {position_text(last.progress)}{f': {error}' if error else ''}"
            try:
                result = result_of(
                    last.progress,
                    last.order.settings,
                    stopped,
                    last.styles,
                    keep_optimizer_size=keep_optimizer_size,
                )
            except BaseException as raised:  # noqa: BLE001 - else no run could ever follow this one
                state, error = State.FAILED, self._message(raised)
            else:
                return result, state, error
        return None, state, error

    def _message(self, error: BaseException) -> str:
        if not isinstance(error, StylelabError):
            self._runner.last_traceback = traceback.format_exc()
        return error_message(error)
