"""The picture shown now, as a file and as Python code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from stylelab.errors import OutputError, StylelabError
from stylelab.panels.studio.code_export import transfer_code
from stylelab.panels.studio.run_progress import result_of
from stylelab.panels.studio.save_panel import SavePanel, free_file_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.panels.studio.run_state import Snapshot
    from stylelab.panels.studio.run_view import RunView
    from stylelab.panels.studio.settings_form import SettingsForm
    from stylelab.pipeline.result import Result


class Exporter:
    """Saves the picture shown now, and writes the Python code that makes it.

    Args:
        run_view: view of the picture.
        settings_form: settings of the code before the first run.
        variable: returns the studio's name in the notebook.

    Attributes:
        panel: file name and code, with their buttons.
    """

    def __init__(
        self, run_view: RunView, settings_form: SettingsForm, variable: Callable[[], str]
    ) -> None:
        self.panel = SavePanel(self._save)
        self._run_view = run_view
        self._settings_form = settings_form
        self._variable = variable
        self._code_lock = Lock()  # the snapshot read last is written last

    def update_file_name(self) -> None:
        """Propose a file name that is not taken."""
        selection = self._run_view.selection
        self.panel.file_name = free_file_name(selection.photo.name, selection.painting)

    def update_code(self) -> None:
        """Write the code of the picture shown now, or of a first run."""
        with self._code_lock:
            try:
                self.panel.code = self._code()
            except StylelabError:
                return  # the form or the styles panel shows the error

    def _code(self) -> str:
        shown = self._run_view.snapshot
        settings = self._settings_form.settings if shown.job is None else shown.job.settings
        selection = self._run_view.selection_of(shown.job)
        photo, styles, keep, lines = selection.code(self._variable())
        return transfer_code(photo, styles, settings, shown.changes, keep=keep, setup_lines=lines)

    def _save(self, name: str) -> Path | None:
        try:
            shown = self._run_view.snapshot  # the runner may show another one meanwhile
            result = _current_result(shown)
            if result is None:
                return None
            path = _new_file(name)
            selection = self._run_view.selection_of(shown.job)
            changes = [change.text for change in shown.changes]
            metadata: dict[str, Any] = selection.file_metadata() | {"changes": changes}
            styles, rights = selection.add_style_names(result.styles), selection.rights()
            return replace(result, styles=styles, rights=rights).save(path, **metadata)
        finally:
            self.update_file_name()


def _current_result(shown: Snapshot) -> Result | None:
    """Picture of a snapshot as the result of a run; None if it has no picture."""
    if shown.result is not None or shown.progress is None or shown.job is None:
        return shown.result
    stopped = f"saved at step {shown.steps_done} of {shown.steps_total}"
    return result_of(shown.job, shown.progress, stopped)


def _new_file(name: str) -> Path:
    """Path of a file that does not exist yet."""
    try:
        path = Path(name.strip()).expanduser()
        exists = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise OutputError(
            f"Expected the name of a file. Received: {name!r}, which cannot be one ({error}). "
            "Write another."
        ) from error
    if exists:
        raise OutputError(
            f"Expected the name of a new file. Received: {name!r}, which is there already. "
            "A free name was put in its place: press Save again, or write another."
        )
    return path
