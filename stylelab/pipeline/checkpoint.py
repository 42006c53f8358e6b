"""The checkpoint of a run: its state in a file, from which it goes on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from stylelab.errors import CheckpointError, OutputError
from stylelab.optimizers.step import step_from_arrays, step_to_arrays
from stylelab.pictures.atomic_files import atomic_write, temporary_path
from stylelab.pictures.npz_files import (
    is_state_file,
    load_arrays,
    save_arrays,
    unreadable_state_error,
)
from stylelab.pictures.paths import expand_home
from stylelab.pictures.saving import validate_folder
from stylelab.pipeline.progress import Progress, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from pathlib import Path

    from stylelab.optimizers.step import Step
    from stylelab.pipeline.plan import Plan

SECONDS_BETWEEN_CHECKPOINTS = 5.0
MAX_TIME_SHARE = 0.05
"""How much of a run's time may go into writing checkpoints, besides the one at its end."""

MAX_TRIAL_BYTES = 1_000_000
"""Bytes at most that are written to find out how quick a disk is, before the first checkpoint."""

VERSION = 5
"""Of what a checkpoint holds: before 3, settings and state had other names; before 4, losses were
rounded otherwise, and a run that goes on would not come to the same picture."""


class Checkpoint:
    """The file that a run goes on from; none if no path is given."""

    def __init__(self, path: str | PathLike[str] | None, plan: Plan) -> None:
        """Check that a state can be written to the path.

        Raises:
            CheckpointError: the path is a folder, or a file that is no state of a run.
            OutputError: its folder cannot be written to.
        """
        self.path = None if path is None else expand_home(path)
        self.fingerprint = "" if path is None else _fingerprint(plan)
        self.stages = plan.stages
        self.started = self.saved_at = time.monotonic()
        self.seconds_writing = 0.0
        self.seconds_per_byte: float | None = None
        self.last: Step | None = None
        if self.path is not None:
            validate_folder(self.path.parent)
            if self.path.exists() and not is_state_file(self.path):
                raise unreadable_state_error(self.path, "")

    def load(self) -> Progress | None:
        """Read where the run was, if there is a file. It may go on for more steps than it had.

        Raises:
            CheckpointError: the file is damaged, or belongs to another run.
        """
        if self.path is None or not self.path.exists():
            return None
        facts, arrays = load_arrays(self.path)
        if facts.get("version") != VERSION:
            raise CheckpointError(
                f"Expected a checkpoint of this version of stylelab. Received: {self.path}, which "
                "another version wrote. Finish that run with it, or name another file."
            )
        if facts.get("fingerprint") != self.fingerprint:
            raise CheckpointError(
                f"Expected the checkpoint of this run. Received: {self.path}, which belongs to other "
                "pictures, settings or weights. Give back the old settings to finish that run, or "
                "name another file to start again."
            )
        try:
            progress = self._progress(facts, arrays)
        except (KeyError, TypeError, IndexError) as error:
            raise unreadable_state_error(self.path, f"{type(error).__name__}: {error}") from error
        max_steps = progress.stages[progress.stage].steps
        if progress.step.iteration > max_steps:
            raise CheckpointError(
                f"Expected at least the steps that the run in {self.path} has taken. Received: steps "
                f"that make {max_steps} at this size, where it has taken "
                f"{progress.step.iteration}. Ask for more steps, or name another file to start again."
            )
        self.last = progress.step
        return progress

    def _progress(self, facts: dict[str, Any], arrays: dict[str, Any]) -> Progress:
        step_arrays = {name: a for name, a in arrays.items() if not name.startswith("best_")}
        step = step_from_arrays(facts["step"], step_arrays)
        best = step
        if facts["best"] is not None:
            best_arrays = {"image": arrays["best_image"], "gradient": arrays["best_gradient"]}
            best = step_from_arrays(facts["best"], best_arrays)
        return Progress(
            stages=self.stages,
            stage=facts["stage"],
            step=step,
            best=best,
            history=tuple(Record(**record) for record in facts["history"]),
        )

    def save_if_due(self, progress: Progress) -> None:
        """Write the state, if the last time is some seconds ago and it costs little of the time."""
        now = time.monotonic()
        if self.path is None or now - self.saved_at < SECONDS_BETWEEN_CHECKPOINTS:
            return
        if self.seconds_per_byte is None:
            self._measure_disk_speed(self.path, min(MAX_TRIAL_BYTES, _state_size(progress)))
        expected = _state_size(progress) * (self.seconds_per_byte or 0.0)
        if self.seconds_writing + expected <= MAX_TIME_SHARE * (now - self.started):
            self.save(progress)

    def _measure_disk_speed(self, path: Path, size: int) -> None:
        started = time.monotonic()
        with (
            self._as_output_error(),
            temporary_path(path.parent) as trial,
            atomic_write(trial) as file,
        ):
            file.write(bytes(size))
        seconds = time.monotonic() - started
        self.seconds_writing += seconds
        self.seconds_per_byte = seconds / size

    def save(self, progress: Progress) -> None:
        """Write the state, unless it is there already."""
        if self.path is None or progress.step is self.last:
            return
        started = time.monotonic()
        step, arrays = step_to_arrays(progress.step)
        best = None
        if progress.best is not progress.step:
            best, best_arrays = step_to_arrays(progress.best)
            arrays |= {f"best_{name}": best_arrays[name] for name in ("image", "gradient")}
        facts = {
            "version": VERSION,
            "fingerprint": self.fingerprint,
            "stage": progress.stage,
            "step": step,
            "best": best,
            "history": [asdict(record) for record in progress.history],
        }
        with self._as_output_error():
            save_arrays(self.path, facts, arrays)
        self.last, self.saved_at = progress.step, time.monotonic()
        self.seconds_writing += self.saved_at - started
        self.seconds_per_byte = (self.saved_at - started) / _state_size(progress)

    @contextmanager
    def _as_output_error(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"Expected to keep the state of the run in {self.path}. Received: {error}. Free some "
                "space, or name another checkpoint."
            ) from error


def _state_size(progress: Progress) -> int:
    """How large a state is, about."""
    best = 0 if progress.best is progress.step else 2 * progress.best.image.nbytes
    state = sum(array.nbytes for array in progress.step.state.values())
    return 2 * progress.step.image.nbytes + state + best


def _fingerprint(plan: Plan) -> str:
    """Digest of all that decides the picture, but for the number of steps."""
    inputs = plan.inputs
    settings = {name: value for name, value in plan.settings.describe().items() if name != "steps"}
    digest = hashlib.sha256(
        json.dumps([settings, inputs.styles.describe()], sort_keys=True).encode()
    )
    for array in (*inputs.arrays, inputs.start, inputs.keep):
        digest.update(b"none" if array is None else f"{array.shape}".encode() + array.tobytes())
    if isinstance(plan.weights, Mapping):
        for name, weights in plan.weights.items():
            digest.update(name.encode() + weights.tobytes())
    else:
        digest.update(str(plan.weights).encode())
    return digest.hexdigest()
