"""Runs as the studio requests them: new ones, and new weights for the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylelab.errors import SettingsError
from stylelab.panels.studio.run_state import Job, State
from stylelab.panels.studio.settings_form import differences

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.panels.studio.selection import Selection
    from stylelab.panels.studio.settings_form import SettingsForm
    from stylelab.panels.studio.transfer_runner import TransferRunner

ACTIVE_STATES = (State.PREPARING, State.RUNNING, State.PAUSED)


class RunRequests:
    """Requests to a runner, made from the pictures and settings that are chosen now.

    Args:
        runner: runs the transfers.
        settings_form: the settings.
        selection: returns photo, paintings and regions.
    """

    def __init__(
        self,
        runner: TransferRunner,
        settings_form: SettingsForm,
        selection: Callable[[], Selection],
    ) -> None:
        self._runner = runner
        self._settings_form = settings_form
        self._selection = selection
        self._requested: Job | None = None
        self._run_count = 0

    @property
    def is_active(self) -> bool:
        """Whether a run is going on or about to start."""
        return self._runner.snapshot.state in ACTIVE_STATES or self.is_queued

    @property
    def is_requested(self) -> bool:
        """Whether a run is active and still wanted."""
        return self._requested is not None and self.is_active

    @property
    def is_queued(self) -> bool:
        """Whether the requested run waits for the one before it to end."""
        job = self._runner.snapshot.job
        return (
            self._runner.snapshot.state is State.STOPPING
            and self._requested is not None
            and job is not None
            and job.label != self._requested.label
        )

    def start(self) -> None:
        """Start a run with the present choices; one that is going on is stopped first.

        Raises:
            StylelabError: a setting or a mask cannot be used.
        """
        settings, selection = self._settings_form.settings, self._selection()
        label = f"run {self._run_count + 1}"
        job = Job(selection.inputs(settings), settings, label=label, origin=selection)
        before, self._requested = self._requested, job
        try:
            self._runner.start(job)
        except BaseException:
            self._requested = before
            raise
        self._run_count += 1

    def withdraw(self) -> None:
        """Forget the request, so that no later change restarts the run."""
        self._requested = None

    def changed_pictures(self) -> str:
        """Differences of the chosen pictures from the requested run, in words; empty if none."""
        selection = self._selection()
        if self._requested is None or selection.name != self._requested.origin.name:
            return selection.name
        return "; ".join(selection.differences(self._requested.origin))

    def changed_settings(self) -> str | None:
        """Differences of the settings from the run, in words; None if it can take them live."""
        settings, job = self._settings_form.settings, self._runner.snapshot.job
        if job is None or self.is_queued:
            job = self._requested
        if job is None or not (self.is_queued or job.settings.non_weight_changes(settings)):
            return None
        return "; ".join(differences(job.settings, settings))

    def changed_shares(self) -> Selection | None:
        """The selection, if it differs from the run in the paintings' shares at most."""
        job = self._runner.snapshot.job
        if job is None or self.is_queued:
            return None
        return self._selection().continuing_from(job.origin)

    def change_weights(self) -> None:
        """Continue the run with the weights of the form and the chosen shares."""
        job = self._runner.snapshot.job
        if job is None:
            return
        selection: Selection = self.changed_shares() or job.origin
        try:
            settings = self._settings_form.settings
            styles = selection.with_updated_weights(job.inputs.styles, settings)
        except SettingsError:
            return  # the form or the styles panel shows the error; the run goes on as before
        words = "; ".join(selection.differences(job.origin))
        self._runner.change(settings, styles, words, selection)
