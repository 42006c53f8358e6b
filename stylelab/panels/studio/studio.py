"""The studio: a mailbox of events, one thread that handles them, and a widget that shows the state.

Every event, from the browser, the run's thread or a task, is posted to the mailbox. One thread takes
them in order: the next state is `handle(state, event)`, the widget is written by `render(state)`, and
the background threads get their order and their tasks. Nothing else changes the state.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stylelab.panels.control import join_bundles
from stylelab.panels.messages import error_message
from stylelab.panels.studio.events import Close, Event, PrepareSamples
from stylelab.panels.studio.handle import CLOSED, handle
from stylelab.panels.studio.picture_choice import Choices
from stylelab.panels.studio.render import Renderer
from stylelab.panels.studio.reports import Failed, RunEnded
from stylelab.panels.studio.run_state import State
from stylelab.panels.studio.studio_state import StudioState
from stylelab.panels.studio.studio_widget import StudioWidget
from stylelab.panels.studio.tasks import PrepareNetwork
from stylelab.panels.studio.transfer_runner import TransferRunner
from stylelab.panels.task_queue import TaskQueue
from stylelab.pictures.notebook_output import mimebundle
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stylelab.panels.studio.picture_choice import PictureChoice
    from stylelab.panels.studio.run_state import Order, Run
    from stylelab.panels.studio.tasks import Task
    from stylelab.pictures.masks import Mask

SIZE = 256
"""Long side, in pixels, of the studio's first settings: a step takes a fraction of a second."""


class Studio:
    """The studio. Opened by `studio`.

    Args:
        photo: what is chosen first: a choice, or the name of a sample.
        painting: the same.
        settings: the form's first settings.
        first_events: what is chosen beyond that, handled before the studio is shown.
        runner: makes the runner; tests pass another one.

    Attributes:
        widget: what the page shows.
        runner: paints.
    """

    def __init__(
        self,
        photo: PictureChoice | str = "cat",
        painting: PictureChoice | str = "swirling_night",
        settings: Settings | None = None,
        *,
        first_events: Iterable[Event] = (),
        runner: Callable[[Callable[[Event], object]], TransferRunner] = TransferRunner,
    ) -> None:
        self._state = StudioState.first(
            Choices.of_samples("photo", photo),
            Choices.of_samples("painting", painting),
            settings or Settings(size=SIZE),
        )
        self._events: deque[Event] = deque()
        self._mailbox: TaskQueue[Callable[[], None]] = TaskQueue("stylelab studio")
        self._samples: TaskQueue[Callable[[], None]] = TaskQueue("stylelab samples")
        self._files: TaskQueue[Callable[[], None]] = TaskQueue("stylelab files")
        self._order: Order | None = None
        self._changed = threading.Condition()
        self.runner = runner(self.post)
        self.widget = StudioWidget(self.post)
        self._renderer = Renderer(self.widget)
        for event in first_events:
            self._state = handle(self._state, event)
            self._start_tasks(self._state.tasks)
        self._renderer.render(self._state)
        self._shown = self._state

    @property
    def state(self) -> StudioState:
        """The present state."""
        return self._state

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run that has ended with a picture, oldest first."""
        return self._state.runs

    @property
    def masks(self) -> dict[str, Mask]:
        """Every mask passed, loaded or drawn, (H, W) in [0, 1], by its name."""
        return {region.name: region.values for region in self._state.styles.regions}

    def post(self, event: Event) -> None:
        """Have an event handled after those before it; return at once."""
        self._events.append(event)
        if not self._mailbox.has_waiting:
            with suppress(RuntimeError):  # the system has no thread left: it waits for the next one
                self._mailbox.put(self._handle_events)

    def prepare(self) -> None:
        """Build the network and compute samples, in the background."""
        self.post(PrepareSamples())
        self._run_task(PrepareNetwork(self._state.settings.pooling))

    def wait(
        self, until: Callable[[StudioState], object] | None = None, timeout: float = 60.0
    ) -> StudioState:
        """Wait until a state is shown; by default one in which no run goes on. Return it.

        Raises:
            TimeoutError: there was none within `timeout` seconds.
        """
        found = until or (
            lambda state: not state.is_active and state.run_state is not State.STOPPING
        )
        with self._changed:
            if self._changed.wait_for(lambda: self._is_settled and found(self._state), timeout):
                return self._state
        raise TimeoutError(
            f"Expected another state within {timeout:g} s. Received: {self._state.run_state}."
        )

    @property
    def _is_settled(self) -> bool:
        """Whether all events that have come are handled and shown."""
        return not self._events and self._shown is self._state

    def close(self, message: str = CLOSED, timeout: float = 30.0) -> None:
        """End the run, keep its picture, and wait for all threads to end.

        Raises:
            TimeoutError: the present step took longer than `timeout` seconds. The threads end after it.
        """
        self.widget.cancel_timer()
        self.post(Close(message))
        queues = (self._mailbox, self.runner, self._mailbox, self._samples, self._files)
        for queue in (*queues, self._mailbox):
            if not queue.wait(timeout):
                raise TimeoutError(
                    f"Expected the run to end within {timeout:g} s. It ends after its present step."
                )

    # In the mailbox's thread

    def _handle_events(self) -> None:
        """Handle all events that have come, and show the state after them once."""
        while self._events:
            try:
                while self._events:
                    before = self._state  # an error undoes its own event, not those before
                    event = self._events.popleft()
                    self._state = handle(self._state, event)
                    self._start_tasks(self._state.tasks)
                    self._follow_order()  # also an order that the next event takes back
            except Exception as error:  # noqa: BLE001 - it is shown, and the studio works on
                self._state = handle(replace(before, tasks=()), Failed(error_message(error)))
            self._show()
            with self._changed:
                self._shown = self._state
                self._changed.notify_all()

    def _follow_order(self) -> None:
        """Give the runner its order, if it is another one."""
        order = self._state.order
        if _is_same(order, self._order):
            return
        self._order = order
        try:
            self.runner.follow(order)
        except RuntimeError as error:  # the system has no thread left
            self._order = None
            if order is not None:
                self.post(RunEnded(order.run, State.FAILED, error_message(error)))

    def _show(self) -> None:
        try:
            self._renderer.render(self._state)
        except Exception as error:  # noqa: BLE001 - the next state is shown again
            self._state = handle(self._state, Failed(error_message(error)))
            self.widget.controls = {
                **self.widget.controls, "status": error_message(error), "is_error": True
            }  # fmt: skip

    def _start_tasks(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            self._run_task(task)

    def _run_task(self, task: Task) -> None:
        def run() -> None:
            if self._state.is_closed and task.is_sample:
                return
            try:
                event = task.run()
            except BaseException as error:  # noqa: BLE001 - a thread has no caller
                event = task.failed(error)
            self.post(event)

        queue = self._samples if task.is_sample else self._files
        try:
            queue.put(run)
        except RuntimeError as error:  # the system has no thread left
            self.post(task.failed(error))

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live widget, and the picture alone for pages without a kernel."""
        view = self.widget.view
        is_new = self._state.shown_photo is None
        before = "Before painting, the photo and the painting: " if is_new else ""
        alt = f"{before}{view['caption']}. The studio itself needs a running kernel."
        still = mimebundle(self.widget.now, "image/jpeg", alt)
        return join_bundles(self.widget._repr_mimebundle_(), still)


def _is_same(order: Order | None, other: Order | None) -> bool:
    """Whether two orders say the same."""
    if order is None or other is None:
        return order is other
    return (
        order.run == other.run
        and order.paused == other.paused
        and order.selection is other.selection
        and order.settings is other.settings
    )
