"""What the buttons and the status line say about a state."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from stylelab.panels.studio.run_state import Run, State
from stylelab.panels.studio.studio_state import Notice, StudioState

if TYPE_CHECKING:
    from collections.abc import Mapping

READY = "Ready. Press Start; weights can be changed while it paints."
NOT_READY = "Getting the network ready: a few seconds. Start may be pressed already."

AT_ONCE = (
    "Painted in one pass. Photo and sliders take effect at once; Refine goes on with the optimizer."
)
NO_NETWORK_YET = "Getting the painting network ready: a few seconds."

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


def enabled_actions(state: StudioState) -> tuple[str, ...]:
    """Buttons that are enabled."""
    if state.is_closed:
        return ()
    if state.run_state is State.STOPPING and state.queue:  # the run that follows can be called off
        return ("stop", *ENABLED[State.STOPPING])
    if state.one_pass.is_chosen:  # it paints by itself
        return tuple(action for action in ENABLED[state.run_state] if action != "start")
    return ENABLED[state.run_state]


def status(state: StudioState) -> Notice:
    """The status line."""
    if state.is_closed:
        return Notice(state.closed_message)
    if state.alert.text:
        return state.alert
    if state.one_pass.is_chosen:
        return _one_pass_status(state)
    if state.queue and state.queue[0].reason:
        return Notice(f"This restarts the run: {state.queue[0].reason}.")
    run = state.run
    if run is None:
        return Notice(READY if state.is_ready else NOT_READY)
    return Notice(_run_text(state, run), run.state is State.FAILED)


def _one_pass_status(state: StudioState) -> Notice:
    if state.one_pass.painted is not None:
        return Notice(AT_ONCE)
    said = state.notice("network")
    return said if said.is_error else Notice(NO_NETWORK_YET)


def _run_text(state: StudioState, run: Run) -> str:
    if run.state is State.RUNNING:
        if run.reason:
            return f"Restarted: {run.reason}. The run before is kept below."
        if run.place is not None:
            left = sum(one.place is not None for one in state.queue)
            more = f" {left} more to follow." if left else ""
            return f"Painting {run.place.row}, {run.place.column}.{more}"
        return "Painting. Weights take effect at the next step."
    if run.state is State.PREPARING and not state.is_ready:
        return "Getting the network ready; painting starts by itself."
    if run.state is State.STOPPED and run.reason:
        return f"{run.message} {run.reason}"
    return run.message


def progress_text(run: Run) -> str:
    """Progress of a run: "step 34 of 100 · 128 × 85 px · 4.1 steps/s · 18 s left"."""
    if run.progress is None or not run.steps_total:
        return ""
    height, width = run.progress.step.image.shape[:2]
    parts = [f"step {run.steps_done} of {run.steps_total}", f"{width} × {height} px"]
    if run.state in (State.RUNNING, State.PAUSED):
        if run.speed:
            parts.append(f"{run.speed:.1f} steps/s")
        if run.seconds_left is not None:
            parts.append(f"{_duration(run.seconds_left)} left")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(1, round(seconds)), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
