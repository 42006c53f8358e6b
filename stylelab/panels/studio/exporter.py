"""The shown picture, or the one that Start would paint, as Python code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylelab.panels.studio.code_export import paint_code, transfer_code
from stylelab.panels.studio.exported_file import ExportedFile, array_file

if TYPE_CHECKING:
    from stylelab.panels.studio.one_pass import PaintRequest
    from stylelab.panels.studio.run_state import Run
    from stylelab.panels.studio.studio_state import StudioState


def exported_code(state: StudioState) -> str:
    """Python code that makes the shown picture again.

    Raises:
        StylelabError: there is no run, and what is chosen now cannot be painted.
    """
    request = _shown_request(state)
    if request is not None:
        return paint_code(
            request.photo.expression,
            request.network.code,
            request.shares,
            size=request.size,
            strength=request.strength,
            rights=request.photo.file_rights,
        )
    run = state.shown_run
    selection = state.selection if run is None else run.selection
    settings = state.settings if run is None else run.settings
    photo, styles, keep, lines = selection.code()
    start = None if run is None or run.start is None else _start_file(run).code
    return transfer_code(
        photo,
        styles,
        settings,
        () if run is None else run.changes,
        start=start,
        keep=keep,
        rights=selection.rights_code,
        notes=_notes(run),
        setup_lines=lines,
    )


def exported_files(state: StudioState) -> tuple[ExportedFile, ...]:
    """Files that this code reads and that are not on disk yet."""
    request = _shown_request(state)
    if request is not None:
        return tuple(
            file for file in (request.photo.file, request.network.file) if file is not None
        )
    run = state.shown_run
    selection = state.selection if run is None else run.selection
    own = () if run is None or run.start is None else (_start_file(run),)
    return (*selection.exported_files, *own)


def _shown_request(state: StudioState) -> PaintRequest | None:
    """What the picture painted in one pass was asked for with, or is to be, if that is looked at."""
    painted = state.shown_painting
    return state.paint_request if painted is None else painted.request


def _start_file(run: Run) -> ExportedFile:
    if run.start is None:  # asked for by callers that have looked
        raise AssertionError
    return array_file(f"start_of_{run.name}", run.start)


def _notes(run: Run | None) -> list[str]:
    """What the call does in another way than the run did."""
    if run is None or run.continues is None or run.start is not None:
        return []
    return [
        f"The run went on from run {run.continues} when that had ended; this call takes all steps",
        "at once, so its picture will differ a little.",
    ]
