"""What events of the kept runs change: showing, comparing, saving, continuing, and grids of runs."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.errors import SettingsError, StylelabError
from stylelab.panels.messages import display_name, error_message, label
from stylelab.panels.studio import events, reports
from stylelab.panels.studio.exporter import exported_files
from stylelab.panels.studio.requests import follow_inputs, new_run, start_runs
from stylelab.panels.studio.run_state import GridPlace, Run
from stylelab.panels.studio.selection import Selection, StyleChoice
from stylelab.panels.studio.settings_form import (
    describe_value,
    to_plain_values,
    validate_values,
)
from stylelab.panels.studio.studio_state import PHOTO, Notice, StudioState
from stylelab.panels.studio.tasks import (
    FILE_KINDS,
    KINDS_OF_ONE_RUN,
    MakeFile,
    SavePicture,
    WriteFiles,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylelab.panels.studio.one_pass import Painted
    from stylelab.pipeline.settings import Settings

MAX_GRID = 36
"""Runs in one grid: more would take very long, and be too small to look at."""


def _show_run(state: StudioState, event: events.ShowRun) -> StudioState:
    latest = state.run is not None and event.run == state.run.number
    number = None if event.run == 0 or latest else event.run
    if number is not None and state.find_run(number) is None:
        return _run_not_kept(state, event.run)
    compared = None if state.compared == event.run else state.compared
    one_pass = replace(state.one_pass, is_chosen=False)  # a run is the optimizer's
    state = replace(_without_error(state), one_pass=one_pass)
    state = replace(state, shown=number, compared=compared, frame=None)
    return state.with_notice("save")


def _run_not_kept(state: StudioState, run: int | str, purpose: str = "") -> StudioState:
    """Say that a run is not there: another page may have deleted it."""
    text = (
        f"Expected one of the kept runs{purpose}. Received: run {display_name(str(run))}. "
        "Choose one below the picture."
    )
    return replace(state, alert=Notice(text, is_error=True))


def _without_error(state: StudioState) -> StudioState:
    return replace(state, alert=Notice()) if state.alert.is_error else state


def _show_frame(state: StudioState, event: events.ShowFrame) -> StudioState:
    run = state.shown_run
    known = run is not None and 0 <= event.frame < len(run.frames)
    return replace(state, frame=event.frame if known else None)


def _compare_with(state: StudioState, event: events.CompareWith) -> StudioState:
    shown = state.shown_run
    compared: int | str | None = None
    if event.other == PHOTO:
        compared = None if state.shown_photo is None else PHOTO
    elif event.other:
        others = (run.number for run in state.runs if shown is None or run.number != shown.number)
        compared = next((number for number in others if str(number) == event.other), None)
        if compared is None:
            return _run_not_kept(state, event.other, ", and not the one shown, to compare with")
    return replace(_without_error(state), compared=compared)


def _use_settings(state: StudioState, event: events.UseSettings) -> StudioState:
    run = state.find_run(event.run)
    if run is None:
        return _run_not_kept(state, event.run)
    state = _without_error(_with_settings(state, run.settings))
    return follow_inputs(state.with_notice("settings"))


def _with_settings(state: StudioState, settings: Settings) -> StudioState:
    values = MappingProxyType(to_plain_values(settings))
    return replace(state, values=values, formulation=settings.formulation)


def _delete_run(state: StudioState, event: events.DeleteRun) -> StudioState:
    left = tuple(run for run in state.runs if run.number != event.run)
    if len(left) == len(state.runs):
        return state
    run = state.run
    if run is not None and run.number == event.run:
        run = None
    shown = None if state.shown == event.run else state.shown
    compared = None if state.compared == event.run else state.compared
    state = replace(state, runs=left, run=run, shown=shown, compared=compared)
    return replace(state, frame=None, alert=Notice()).with_notice("save")


def _continue_run(state: StudioState, event: events.ContinueRun) -> StudioState:
    """Go on from a run that has ended: with more steps, or from its picture at a larger size."""
    run = state.find_run(event.run)
    if run is None:
        return _run_not_kept(state, event.run)
    if run.result is None or run.progress is None:
        return state
    try:
        if event.steps is not None:
            steps = run.settings.steps + event.steps
            settings = replace(run.settings, steps=steps)
            details: dict[str, Any] = {"resume": run.progress, "changes": run.changes}
        else:
            settings = replace(run.settings, size=event.size or 2 * run.settings.size)
            details = {"start": run.result.image}
    except StylelabError as error:
        return replace(state, alert=Notice(error_message(error), is_error=True))
    selection = run.selection
    number = state.run_count + 1
    following = new_run(number, selection, settings, continues=run.number, **details)
    state = _with_settings(state, settings)  # or the next change would restart the run with the old
    return replace(start_runs(state, [following]), compared=run.number)


def _start_grid(state: StudioState, event: events.StartGrid) -> StudioState:
    """Start a run for each combination of two settings, row by row."""
    (row_name, row_values), (column_name, column_values) = event.rows, event.columns
    count = len(row_values) * len(column_values)
    try:
        if row_name == column_name:
            raise SettingsError(
                f"Expected two settings that differ. Received: {label(row_name)} twice. "
                "Choose another one."
            )
        if not 0 < count <= MAX_GRID:
            raise SettingsError(
                f"Expected from 1 to {MAX_GRID} combinations. Received: {count}. "
                "Choose other values."
            )
        runs = _grid_runs(state, event)
    except StylelabError as error:
        return replace(state, alert=Notice(error_message(error), is_error=True))
    state = start_runs(state, runs)
    return replace(state, grid_count=state.grid_count + 1, compared=None)


def _grid_runs(state: StudioState, event: events.StartGrid) -> list[Run]:
    runs: list[Run] = []
    (row_name, row_values), (column_name, column_values) = event.rows, event.columns
    for row in row_values:
        for column in column_values:
            selection, settings = state.selection, state.settings
            for name, value in ((row_name, row), (column_name, column)):
                selection, settings = _varied(state, selection, settings, name, value)
            if error := selection.find_error():
                raise SettingsError(error)
            place = GridPlace(
                state.grid_count + 1,
                _value_name(state, row_name, row),
                _value_name(state, column_name, column),
            )
            number = state.run_count + 1 + len(runs)
            runs.append(new_run(number, selection, settings, place=place))
    return runs


def _varied(
    state: StudioState, selection: Selection, settings: Settings, name: str, value: Any
) -> tuple[Selection, Settings]:
    """Selection and settings with another value of a setting, or another first painting."""
    if name != "painting":
        validate_values({name: value}, state.values)
        return selection, replace(settings, **{name: value})
    painting = state.paintings.find(str(value))
    if painting is None:
        raise SettingsError(f"Expected one of the paintings. Received: {value!r}.")
    first, *others = selection.style_choices
    choices = (StyleChoice(painting, first.share, first.place), *others)
    return replace(selection, style_choices=choices), settings


def _value_name(state: StudioState, name: str, value: Any) -> str:
    if name == "painting":
        painting = state.paintings.find(str(value))
        return str(value) if painting is None else painting.name
    return f"{label(name)} {describe_value(value, name)}"


# Files


def _save_run(state: StudioState, event: events.SaveRun) -> StudioState:
    shown = _saved_picture(state)
    if shown is None:
        return state
    state = state.with_loading("save", "the picture").with_notice("save")
    return replace(state, tasks=(SavePicture(shown, event.name),))


def _saved_picture(state: StudioState) -> Run | Painted | None:
    """What Save and Download take: the shown picture, if there is one."""
    run = state.shown_run
    return run if run is not None and run.has_picture else state.shown_painting


def _copy_code(state: StudioState, _event: events.CopyCode) -> StudioState:
    files = exported_files(state)
    if not files:
        return state.with_notice("save")
    return replace(state.with_notice("save"), tasks=(WriteFiles(files),))


def _export_runs(state: StudioState, event: events.ExportRuns) -> StudioState:
    shown = _saved_picture(state)
    runs: tuple[Any, ...] = state.runs
    if event.kind in KINDS_OF_ONE_RUN:
        has_steps = isinstance(shown, Run)
        runs = (shown,) if has_steps or (shown and event.kind == "picture") else ()
    elif event.kind == "sheet" and runs and runs[-1].place is not None:
        grid = runs[-1].place.grid  # a table of one grid, not of all that was painted before
        runs = tuple(run for run in runs if run.place is not None and run.place.grid == grid)
    if event.kind not in FILE_KINDS or not runs:
        return state
    state = state.with_loading("save", "the file").with_notice("save")
    return replace(state, tasks=(MakeFile(event.kind, runs, event.to_browser),))


def _saved(state: StudioState, event: reports.Saved) -> StudioState:
    state = replace(state, save_count=state.save_count + 1)
    return state.without_loading("save").with_notice("save", event.message, is_error=event.is_error)


def _file_ready(state: StudioState, event: reports.FileReady) -> StudioState:
    number = state.download[0] + 1
    state = replace(state, download=(number, event.name, event.data))
    return state.without_loading("save").with_notice("save", f"Downloaded: {event.name}")


def _adopt_runs(state: StudioState, event: events.AdoptRuns) -> StudioState:
    if not event.runs:
        return state
    count = max(state.run_count, *(run.number for run in event.runs))
    return replace(state, runs=(*event.runs, *state.runs), run_count=count)


HANDLERS: Mapping[type[events.Event], Callable[[StudioState, Any], StudioState]] = {
    events.ShowRun: _show_run,
    events.ShowFrame: _show_frame,
    events.CompareWith: _compare_with,
    events.UseSettings: _use_settings,
    events.DeleteRun: _delete_run,
    events.ContinueRun: _continue_run,
    events.StartGrid: _start_grid,
    events.SaveRun: _save_run,
    events.CopyCode: _copy_code,
    events.ExportRuns: _export_runs,
    reports.Saved: _saved,
    reports.FileReady: _file_ready,
    events.AdoptRuns: _adopt_runs,
}
"""Handlers of the events of kept runs."""
