"""Runs as the state asks for them: new ones, restarts, and new weights for the present one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stylelab.errors import StylelabError
from stylelab.panels.messages import error_message
from stylelab.panels.studio.run_state import Run, State
from stylelab.panels.studio.settings_form import differences
from stylelab.panels.studio.studio_state import Notice
from stylelab.panels.studio.tasks import PaintPhoto

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylelab.panels.studio.selection import Selection
    from stylelab.panels.studio.studio_state import StudioState
    from stylelab.pipeline.settings import Settings


def start_run(state: StudioState, **details: Any) -> StudioState:
    """Start a run of what is chosen now, or say why that cannot be.

    Args:
        state: the present state.
        **details: further attributes of the run.
    """
    try:
        settings = state.settings
    except StylelabError as error:
        return replace(state, alert=Notice(error_message(error), is_error=True))
    if text := state.selection.find_error():
        return replace(state, alert=Notice(text, is_error=True))
    return start_runs(state, [new_run(state.run_count + 1, state.selection, settings, **details)])


def new_run(number: int, selection: Selection, settings: Settings, **details: Any) -> Run:
    """A run that waits for its turn."""
    return Run(number, **_inputs_of_run(selection, settings), **details)


def _inputs_of_run(selection: Selection, settings: Settings) -> dict[str, Any]:
    return {
        "selection": selection,
        "settings": settings,
        "wanted_selection": selection,
        "wanted_settings": settings,
    }


def start_runs(state: StudioState, runs: Sequence[Run]) -> StudioState:
    """Start runs one after another; a run that goes on is stopped first, and its result kept."""
    count = max(state.run_count, *(run.number for run in runs))
    state = replace(state, queue=tuple(runs), run_count=count, shown=None, alert=Notice())
    one_pass = replace(state.one_pass, is_chosen=False)
    state = replace(state, drawing=None, frame=None, one_pass=one_pass)
    present = state.run
    if present is not None and (present.is_active or present.state is State.STOPPING):
        return stop_run(state, "Stopping the present run; then the new one begins.")
    return next_run(state)


def stop_run(state: StudioState, message: str = "Stopping after the present step.") -> StudioState:
    """Stop the run that goes on; runs that wait for it are not affected."""
    run = state.run
    if run is None or not (run.is_active or run.state is State.STOPPING):
        return state
    return replace(state, run=replace(run, state=State.STOPPING, message=message, reason=""))


def next_run(state: StudioState) -> StudioState:
    """Begin the first run of the queue, if there is one."""
    if not state.queue or state.is_closed:
        return state
    first, *others = state.queue
    run = replace(first, state=State.PREPARING, message="Preparing.")
    kept = any(one.number == run.replaces for one in state.runs)
    compared = run.replaces if kept else state.compared
    return replace(state, run=run, queue=tuple(others), compared=compared)


def follow_inputs(state: StudioState) -> StudioState:
    """State after pictures or settings have changed: a run takes new weights, or restarts."""
    if state.one_pass.is_chosen:
        return paint_now(state)
    waiting = state.queue[-1] if state.queue else None
    run = waiting or state.run
    if run is None or run.place is not None or not state.is_active:
        return _propose_start(state)
    try:
        settings = state.settings
    except StylelabError as error:
        return replace(state, alert=Notice(error_message(error), is_error=True))
    selection, unusable = state.selection, state.selection.find_error()
    if waiting is not None:
        selection = waiting.selection if unusable else selection
        changed = replace(waiting, **_inputs_of_run(selection, settings))
        return replace(state, queue=(*state.queue[:-1], changed))
    continuing = None if unusable else selection.continuing_from(run.wanted_selection)
    only_weights = not run.wanted_settings.non_weight_changes(settings)
    if only_weights and (continuing is not None or unusable):
        # What cannot be used is shown beside it; weights take effect all the same.
        wanted = continuing or run.wanted_selection
        return replace(state, run=replace(run, wanted_selection=wanted, wanted_settings=settings))
    return _restart(state, run, selection, settings)


def paint_now(state: StudioState) -> StudioState:
    """Paint in one pass what is wanted now, unless that is there, or another picture is being painted.

    What is wanted when that one is done is painted then: positions of a slider in between are skipped.
    """
    one_pass, wanted = state.one_pass, state.paint_request
    if wanted is None or one_pass.working is not None or state.is_closed:
        return state
    if wanted.is_same(one_pass.answered):
        return state
    tasks = (*state.tasks, PaintPhoto(wanted))
    return replace(state, one_pass=replace(one_pass, working=wanted), tasks=tasks)


def _restart(state: StudioState, run: Run, selection: Selection, settings: Settings) -> StudioState:
    """Start again with other pictures or settings, in place of a run."""
    if selection.name != run.wanted_selection.name:
        words = [selection.name]
    else:
        words = selection.differences(run.wanted_selection)
    words = [*words, *differences(run.wanted_settings, settings)]
    return start_run(state, reason="; ".join(words), replaces=run.number)


def _propose_start(state: StudioState) -> StudioState:
    """State with a sentence, if the run shown is of other pictures than the chosen ones."""
    run = state.run
    if run is None or run.is_active or run.state is State.STOPPING:
        return state
    if not state.selection.differences(run.selection):
        return state
    return replace(state, alert=Notice(f"Press Start to paint {state.selection.name}."))
