"""What each event changes: `handle` returns the next state, and touches nothing else.

Handlers of the pictures, of the kept runs and of painting in one pass are in `handle_pictures`,
`handle_runs` and `handle_one_pass`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from stylelab.errors import StylelabError
from stylelab.panels.messages import error_message
from stylelab.panels.studio import events, handle_one_pass, handle_pictures, handle_runs, reports
from stylelab.panels.studio.requests import (
    follow_inputs,
    next_run,
    paint_now,
    start_run,
    stop_run,
)
from stylelab.panels.studio.run_progress import final_message, kept_frame, with_step
from stylelab.panels.studio.run_state import Run, State
from stylelab.panels.studio.settings_form import apply_preset, to_plain_values, validate_values
from stylelab.panels.studio.studio_state import Notice, StudioState

Handler = Callable[[StudioState, Any], StudioState]

MAX_VIEWS = 8
"""Views of which the last message handled is remembered: closed ones are not reported."""

CLOSED = "Closed. Run the cell again to open a new studio."


def handle(state: StudioState, event: events.Event) -> StudioState:
    """State after an event, with the tasks that it asks for."""
    handler = HANDLERS.get(type(event))
    state = replace(state, tasks=())
    return state if handler is None else handler(state, event)


def _press(state: StudioState, event: events.Press) -> StudioState:
    if state.is_closed:
        return state
    state = replace(state, alert=Notice())
    return _ACTIONS[event.action](state) if event.action in _ACTIONS else state


def _start(state: StudioState) -> StudioState:
    if state.one_pass.is_chosen:  # it paints by itself
        return state
    if state.is_active:
        return _resume(state)
    return start_run(state)


def _pause(state: StudioState) -> StudioState:
    run = state.run
    if run is None or run.state is not State.RUNNING:
        return state
    paused = replace(run, state=State.PAUSED, message="Pausing after the present step.")
    return replace(state, run=paused)


def _resume(state: StudioState) -> StudioState:
    run = state.run
    if run is None or run.state is not State.PAUSED:
        return state
    return replace(state, run=replace(run, state=State.RUNNING, message=""))


def _reset(state: StudioState) -> StudioState:
    state = stop_run(replace(state, queue=()))
    run = state.run
    if run is not None:
        run = replace(run, dismissed=True) if run.state is State.STOPPING else None
    state = replace(
        state,
        run=run,
        one_pass=state.one_pass.with_style(state.paintings.chosen),
        values=MappingProxyType(to_plain_values(state.initial)),
        formulation=state.initial.formulation,
        shown=None,
        compared=None,
        drawing=None,
        notices=MappingProxyType({}),
    )
    return paint_now(state)


def _close(state: StudioState) -> StudioState:
    return replace(stop_run(replace(state, queue=())), drawing=None, closed_message=CLOSED)


_ACTIONS: Mapping[str, Callable[[StudioState], StudioState]] = {
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "stop": lambda state: stop_run(replace(state, queue=())),
    "reset": _reset,
    "close": _close,
}


def _close_with_message(state: StudioState, event: events.Close) -> StudioState:
    return state if state.is_closed else replace(_close(state), closed_message=event.message)


def _views_gone(state: StudioState, _event: events.ViewsGone) -> StudioState:
    if not state.is_active:
        return state
    state = stop_run(replace(state, queue=()))
    reason = "The studio was no longer on any page."
    return state if state.run is None else replace(state, run=replace(state.run, reason=reason))


def _change_settings(state: StudioState, event: events.ChangeSettings) -> StudioState:
    try:
        validate_values(event.values, state.values)
    except StylelabError as error:
        return state.with_notice("settings", error_message(error), is_error=True)
    return _with_values(state, {**state.values, **event.values})


def _choose_preset(state: StudioState, event: events.ChoosePreset) -> StudioState:
    settings = apply_preset(event.name, state.values, state.formulation)
    return state if settings is None else _with_values(state, to_plain_values(settings))


def _settings_loaded(state: StudioState, event: reports.SettingsLoaded) -> StudioState:
    state = replace(state, formulation=event.settings.formulation)
    state = state.without_loading("settings").with_notice("settings")
    state = _with_values(state, to_plain_values(event.settings))
    return state.with_notice("save", f"The settings of {event.name} are in the form now.")


def _with_values(state: StudioState, values: Mapping[str, Any]) -> StudioState:
    state = replace(state, values=MappingProxyType(dict(values))).with_notice("settings")
    try:
        _ = state.settings
    except StylelabError as error:  # the settings cannot be used; a run goes on as before
        return state.with_notice("settings", error_message(error), is_error=True)
    return follow_inputs(state)


# Reports of the run's thread


def _run_prepared(state: StudioState, event: reports.RunPrepared) -> StudioState:
    run = state.run
    if run is None or run.number != event.run:
        return state
    message = f"Preparing {event.cost}." if run.state is State.PREPARING else run.message
    return replace(state, run=replace(run, steps_total=event.steps_total, message=message))


def _stepped(state: StudioState, event: reports.Stepped) -> StudioState:
    run = state.run
    if run is None or run.number != event.run:
        return state
    state, run = _with_step(state, run, event)
    if run.state is State.PREPARING:
        run = replace(run, state=State.RUNNING, message="")
    return replace(state, run=run)


def _with_step(state: StudioState, run: Run, event: reports.Stepped) -> tuple[StudioState, Run]:
    """A run after a step, and the state in which the same of its small pictures is looked at."""
    after = with_step(run, event)
    if state.frame is not None and state.shown_run is run:
        state = replace(state, frame=kept_frame(run, after, state.frame))
    return state, after


def _run_paused(state: StudioState, event: reports.RunPaused) -> StudioState:
    run = state.run
    if run is None or run.number != event.run or run.state is not State.PAUSED:
        return state
    message = "Paused. Change weights if you like, then resume."
    return replace(state, run=replace(run, message=message))


def _run_ended(state: StudioState, event: reports.RunEnded) -> StudioState:
    run = state.run
    if run is None or run.number != event.run:
        return state
    if event.last is not None:
        state, run = _with_step(state, run, event.last)
    run = replace(run, result=event.result, state=event.state, seconds_left=None)
    message = final_message(run, event.state, event.error)
    run = replace(run, message=message).without_optimizer_state()
    if run.result is None and not run.dismissed:
        state = _show_former_run(state, run)
    kept = (*state.runs, run) if run.result is not None else state.runs
    return next_run(replace(state, runs=kept, run=None if run.dismissed else run))


def _show_former_run(state: StudioState, run: Run) -> StudioState:
    """State that shows the run that another one was to continue, which has ended without a step."""
    former = run.continues
    looks_elsewhere = state.shown is not None or state.queue
    if former is None or looks_elsewhere or state.find_run(former) is None:
        return state
    compared = None if state.compared == former else state.compared
    return replace(state, shown=former, compared=compared, frame=None)


def _network_ready(state: StudioState, event: reports.NetworkReady) -> StudioState:
    if event.error:  # the first run tries again
        state = replace(state, alert=Notice(event.error, is_error=True))
    return replace(state, is_ready=True)


def _failed(state: StudioState, event: reports.Failed) -> StudioState:
    return replace(state, alert=Notice(event.error, is_error=True))


def _message_read(state: StudioState, event: events.MessageRead) -> StudioState:
    others = [each for each in state.answered.items() if each[0] != event.view]
    kept = dict(others[1 - MAX_VIEWS :]) | {event.view: event.number}
    return replace(state, answered=MappingProxyType(kept))


def _change_width(state: StudioState, event: events.ChangeWidth) -> StudioState:
    return replace(state, width=max(320, min(event.width, 1200)))


HANDLERS: Mapping[type[events.Event], Handler] = {
    events.Press: _press,
    events.Close: _close_with_message,
    events.ViewsGone: _views_gone,
    events.ChangeSettings: _change_settings,
    events.ChoosePreset: _choose_preset,
    reports.SettingsLoaded: _settings_loaded,
    reports.RunPrepared: _run_prepared,
    reports.Stepped: _stepped,
    reports.RunPaused: _run_paused,
    reports.RunEnded: _run_ended,
    reports.NetworkReady: _network_ready,
    reports.Failed: _failed,
    events.ChangeWidth: _change_width,
    events.MessageRead: _message_read,
    **handle_pictures.HANDLERS,
    **handle_runs.HANDLERS,
    **handle_one_pass.HANDLERS,
}
"""Handler of each kind of event."""
