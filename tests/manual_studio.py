"""A studio whose optimizer takes a step each time that a test allows it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from browser_message import send
from thread_gate import ThreadGate

from stylelab.optimizers.step import Step
from stylelab.panels.studio.run_state import State
from stylelab.panels.studio.studio import Studio
from stylelab.panels.studio.transfer_runner import TransferRunner
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stylelab.losses.loss import Loss
    from stylelab.panels.studio.events import Event
    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.plan import Plan

LIMIT = 300.0
"""Seconds after which a test gives up waiting."""


@dataclass
class ManualPainter:
    """Takes steps instead of the optimizer: one each time that a test allows it.

    The picture of step n is grey, n/100 bright, so that a test knows which one it sees. That of
    step 1 is the best.
    """

    gate: ThreadGate = field(default_factory=ThreadGate)
    fails: Exception | None = None
    colours: Picture | None = None
    plans: list[Plan] = field(default_factory=list)
    styles: Loss | None = None

    def __call__(
        self, plan: Plan, *, live: Callable[[], tuple[Settings, Loss]]
    ) -> Iterator[Progress]:
        self.plans.append(plan)
        stages = plan.stages
        history: tuple[Record, ...] = ()
        in_force = plan.settings, plan.inputs.styles.part_weights.tolist()
        best: Step | None = None
        for number, stage in enumerate(stages):
            for iteration in range(stage.steps + 1):
                assert self.gate.wait_to_pass(LIMIT)
                if self.fails:
                    raise self.fails
                settings, self.styles = live()
                requested = settings, self.styles.part_weights.tolist()
                changed, in_force = requested != in_force, requested
                image = np.full((stage.height, stage.width, 3), iteration / 100, np.float32)
                terms = {"content": 1.0, "style": 2.0}
                gradient = np.zeros_like(image)
                loss = 3.0 + abs(iteration - 1)
                step = Step(
                    image, loss, terms, iteration, iteration + 1, 0.1, gradient, "lbfgs", {}
                )
                best = step if best is None or loss < best.loss else best
                size = (number, stage.height, stage.width, iteration, iteration + 1)
                history = (*history, Record(*size, loss, terms, 0.1 * len(history), changed))
                yield Progress(stages, number, step, best, history, self.colours)


class ManualStudio:
    """A studio with optimizer steps released by the test, and messages as its page sends them."""

    def __init__(self, **settings: Any) -> None:
        self.painter = ManualPainter()
        self.studio = Studio(
            settings=Settings(**{"size": 32, "steps": 6} | settings), runner=self._runner
        )
        self.widget = self.studio.widget

    def _runner(self, post: Callable[[Event], object]) -> TransferRunner:
        return TransferRunner(post, frames=1e6, steps=self.painter)

    def send(self, event: str, *buffers: bytes, **values: Any) -> None:
        """Send a message of the page, and wait until it is handled."""
        send(self.widget, {"event": event, **values}, *buffers)
        self.studio.wait(lambda _: True, LIMIT)

    def post(self, event: Event) -> None:
        """Post an event, and wait until it is handled."""
        self.studio.post(event)
        self.studio.wait(lambda _: True, LIMIT)

    def press(self, action: str) -> None:
        self.send("press", action=action)

    def change(self, **changes: Any) -> None:
        self.send("settings", values=changes)

    def choose(self, role: str, key: str) -> None:
        self.send("choose", role=role, key=key)

    def draw(self, row: int, mask: Mask) -> None:
        """Draw a mask of the photo's shape for a row, and use it."""
        self.send("draw_mask", row=row)
        self.use(mask)

    def use(self, mask: Mask) -> None:
        self.send("use_mask", np.rint(255 * mask).astype(np.uint8).tobytes())

    def shown(self, until: Callable[[], object]) -> None:
        """Wait until the widget shows something, and nothing moves any more until a test acts."""
        ends = time.monotonic() + LIMIT
        while not (self.rests and until()):
            assert time.monotonic() < ends, self.controls["status"]
            time.sleep(0.001)

    @property
    def rests(self) -> bool:
        """Whether the painter waits for the test, pauses or has ended, and all that is shown."""
        waits = self.painter.gate.waiting
        state = self.studio.wait(lambda _: True, LIMIT)
        if state.run_state is State.PAUSED and state.run is not None:
            return state.run.message.startswith("Paused")
        active = state.is_active or state.run_state is State.STOPPING
        return waits if active else True

    def begin(self) -> None:
        """Press Start and take the first three steps."""
        self.press("start")
        self.allow(3)
        self.shown(lambda: "step 2 of" in self.controls["progress_text"])

    def allow(self, steps: int = 1) -> None:
        self.painter.gate.allow(steps)

    def finish(self) -> None:
        """Paint to the end."""
        self.press("start")
        self.allow(7)
        self.reach(State.FINISHED)

    def reach(self, state: State) -> None:
        self.shown(lambda: self.controls["state"] == state.value)

    @property
    def controls(self) -> dict[str, Any]:
        return self.widget.controls

    @property
    def form(self) -> dict[str, Any]:
        return self.widget.form

    @property
    def status(self) -> str:
        return str(self.controls["status"])

    @property
    def runs(self) -> list[str]:
        return [run.name for run in self.studio.runs]

    def close(self) -> None:
        self.allow(10_000)
        self.studio.close()
