"""Buttons of a run, its status and its progress."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets

from stylelab.panels.assets import read_module
from stylelab.panels.studio.run_state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylelab.panels.studio.run_state import Snapshot

ACTIONS = ("start", "pause", "resume", "stop", "reset", "close")

ENABLED: Mapping[State, tuple[str, ...]] = MappingProxyType(
    {
        State.PREPARING: ("stop", "reset", "close"),
        State.RUNNING: ("pause", "stop", "reset", "close"),
        State.PAUSED: ("resume", "stop", "reset", "close"),
        State.STOPPING: ("close",),
    }
    | dict.fromkeys(
        (State.IDLE, State.FINISHED, State.STOPPED, State.FAILED), ("start", "reset", "close")
    )
)
"""Buttons that are enabled in each state."""


class RunControls(anywidget.AnyWidget):
    """Buttons, a status line for changes of state, and numbers for every step.

    Attributes:
        enabled: the enabled actions.
        state: state of the run.
        status: a sentence about it; screen readers announce it, so it does not change at every step.
        progress_text: numbers that change with every step.
        share: completed share of the run, from 0 to 1.
        is_error: whether the status is an error message.
        on_action: called with the name of the button pressed, if it is enabled.
    """

    _esm: ClassVar[str] = read_module("studio/elements", "studio/run_controls")

    enabled: traitlets.List[Any] = traitlets.List().tag(sync=True)
    state = traitlets.Unicode(State.IDLE.value).tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    progress_text = traitlets.Unicode().tag(sync=True)
    share = traitlets.Float(0.0).tag(sync=True)
    is_error = traitlets.Bool(False).tag(sync=True)

    def __init__(self, on_action: Callable[[str], object], **traits: Any) -> None:
        self.on_action = on_action
        super().__init__(enabled=list(ENABLED[State.IDLE]), **traits)
        self.on_msg(self._on_message)

    def show(self, snapshot: Snapshot) -> None:
        """Show state and progress of a run."""
        self.state = snapshot.state.value
        self.enabled = list(ENABLED[snapshot.state])
        self.progress_text = progress_text(snapshot)
        share = snapshot.progress.share if snapshot.progress else 0.0
        self.share = 1.0 if snapshot.state is State.FINISHED else share

    def press(self, action: str) -> None:
        """Press a button by name; a disabled one does nothing."""
        if action in self.enabled:
            self.on_action(action)

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        if isinstance(content, dict) and content.get("press") in ACTIONS:
            self.press(content["press"])


def progress_text(snapshot: Snapshot) -> str:
    """Progress of a run: "step 34 of 100 · 128 × 85 px · 4.1 steps/s · 18 s left"."""
    if snapshot.progress is None or not snapshot.steps_total:
        return ""
    height, width = snapshot.progress.step.image.shape[:2]
    parts = [f"step {snapshot.steps_done} of {snapshot.steps_total}", f"{width} × {height} px"]
    if snapshot.state in (State.RUNNING, State.PAUSED):
        if snapshot.speed:
            parts.append(f"{snapshot.speed:.1f} steps/s")
        if snapshot.seconds_left is not None:
            parts.append(f"{_duration(snapshot.seconds_left)} left")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(1, round(seconds)), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
