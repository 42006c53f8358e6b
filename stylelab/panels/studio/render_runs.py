"""What the gallery of runs and the table of a grid show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stylelab.panels.studio.run_progress import describe_run
from stylelab.panels.studio.run_state import State
from stylelab.panels.studio.studio_state import PHOTO
from stylelab.panels.studio.thumbnails import thumbnail_item

if TYPE_CHECKING:
    from stylelab.panels.studio.run_state import Run
    from stylelab.panels.studio.studio_state import StudioState


def render_gallery(state: StudioState) -> dict[str, Any]:
    """The kept runs, the one that goes on, and the photo that is shown with them."""
    shown = state.shown_run
    before: Run | None = None
    items = []
    for run in state.runs:
        line = describe_run(run, before)
        items.append(
            thumbnail_item(
                str(run.number), run.name, run.thumbnail, line=line, size=run.settings.size
            )
        )
        before = run
    live = ""
    goes_on = state.run is not None and (state.run.is_active or state.run.state is State.STOPPING)
    if state.run is not None and goes_on and state.run.has_picture:
        live = state.run.name
    photo = None
    choice = state.shown_photo
    if choice is not None and (state.runs or live or state.shown_painting is not None):
        photo = thumbnail_item(PHOTO, "photo", choice.thumbnail, line=choice.name)
    return {
        "items": items,
        "live": live,
        "photo": photo,
        "shown": 0 if shown is None else shown.number,
        "compared": "" if state.compared is None else str(state.compared),
        "is_kept": shown is not None and shown.result is not None,
    }


def render_grid(state: StudioState) -> dict[str, Any]:
    """The latest grid as a table: a cell for each run, also those that are not painted yet."""
    known = [*state.runs, *([state.run] if state.run is not None else []), *state.queue]
    places = {run.number: run for run in known if run.place is not None}
    latest = max((run.place.grid for run in places.values() if run.place), default=0)
    runs = [run for run in places.values() if run.place is not None and run.place.grid == latest]
    if not runs:
        return {}
    rows = list(dict.fromkeys(run.place.row for run in runs if run.place))
    columns = list(dict.fromkeys(run.place.column for run in runs if run.place))
    cells = [
        thumbnail_item(
            f"{run.place.row}|{run.place.column}",
            run.name,
            run.thumbnail,
            number=run.number,
            state=run.state.value if run.state is not State.STOPPING else State.RUNNING.value,
        )
        for run in runs
        if run.place
    ]
    shown = state.shown_run
    return {
        "rows": rows,
        "columns": columns,
        "cells": {cell.pop("key"): cell for cell in cells},
        "shown": 0 if shown is None else shown.number,
        "left": sum(run.result is None for run in runs),
    }
