"""What a worker does: paint one job, and give back what it came to."""

from __future__ import annotations

import os
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from stylelab.batches.jobs import CHECKPOINT, LOG, PICTURE
from stylelab.errors import CheckpointError, StylelabError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.losses.judge import Judge
    from stylelab.pipeline.inputs import TransferInputs
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.settings import Settings
    from stylelab.rights.record import Rights

THREADS = 1
"""TensorFlow's threads in each worker, wherever it runs. Sums depend on their number in the last bits:
so it hangs neither on the machine nor on how many workers there are. The environment variable
TF_NUM_INTRAOP_THREADS overrules it."""

THREADS_VARIABLE = "TF_NUM_INTRAOP_THREADS"

SLICE_SECONDS = 120.0
"""How long a worker that does not see the job's folder paints, before it gives back the checkpoint."""

SECONDS_BETWEEN_REPORTS = 1.0

_one_at_a_time = Lock()
"""Memory and log are a process's: a worker of several threads paints one job after the other."""


@dataclass(frozen=True, eq=False)
class PaintTask:
    """What a worker is given.

    Attributes:
        photo: what `transfer` is given: a file's bytes, a sample's name or an array.
        paintings: the same, one or several.
        digests: SHA-256 of photo and paintings.
        scored_size: see `stylelab.batches.scores`.
        names: of photo and paintings, for the picture's metadata.
        others: pictures to `"start"` from and to `"keep"`, as `transfer` takes them.
        start_name: of the picture to start from.
        statement: creator and licence, as `Result.save` takes them.
        settings: of the run.
        weights: the network's.
        rights: of the pictures that are files, by the names that `transfer` gives inputs.
        folder: the job's own.
        token: a text in the folder's log, from which a worker knows that it sees the same folder.
        topic: of the reports of progress.
        has_checkpoint: whether there is a checkpoint to go on from.
        state: its bytes, where the folder is not shared.
    """

    photo: Any = field(repr=False)
    paintings: tuple[Any, ...] = field(repr=False)
    digests: tuple[str, ...]
    scored_size: int
    names: Mapping[str, Any]
    others: Mapping[str, Any] = field(repr=False)
    start_name: str | None
    statement: Mapping[str, Any]
    settings: Settings
    weights: Literal["learned"] | None
    rights: Mapping[str, Rights]
    folder: str
    token: str
    topic: str
    has_checkpoint: bool = False
    state: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a worker gives back.

    Attributes:
        picture: bytes of the picture's file, if there is one.
        state: a checkpoint's bytes, if the job is not finished and its folder is not shared.
        needs_state: whether the worker can only begin with the checkpoint's bytes.
        facts: fields of the job's record, if it has ended.
        log: what to add to the log.
    """

    picture: bytes | None = field(default=None, repr=False)
    state: bytes | None = field(default=None, repr=False)
    needs_state: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    log: str = ""


def paint_job(task: PaintTask) -> Outcome:
    """Paint a job, or go on with it. An error is part of the outcome, not raised."""
    # Before TensorFlow is imported, which reads them once.
    os.environ.setdefault(THREADS_VARIABLE, str(THREADS))
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # workers may share a GPU
    with (
        _one_at_a_time,
        tempfile.TemporaryDirectory() as scratch,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always", UserWarning)
        warnings.simplefilter("always", RuntimeWarning)
        started = time.time()
        try:
            outcome = _paint(task, Path(scratch))
        except StylelabError as error:
            outcome = _failure(str(error))
        except Exception as error:  # noqa: BLE001 - one job's error stops no other
            sentence = (
                f"Unexpected error ({type(error).__name__}: {error}). The log has the traceback."
            )
            outcome = _failure(sentence, traceback.format_exc())
        facts = {**outcome.facts, "memory": _peak_memory(started)} if outcome.facts else {}
        log = "\n".join([*(str(one.message) for one in caught), outcome.log])
    return replace(outcome, facts=facts, log=log)


def _failure(sentence: str, log: str = "") -> Outcome:
    return Outcome(facts={"state": "failed", "error": sentence}, log=log)


def _paint(task: PaintTask, scratch: Path) -> Outcome:
    from stylelab.pipeline.plan import make_plan
    from stylelab.pipeline.transfer import run_plan

    shared = _sees_folder(task)
    checkpoint = (Path(task.folder) if shared else scratch) / CHECKPOINT
    if not shared and task.has_checkpoint:
        if task.state is None:
            return Outcome(needs_state=True)
        checkpoint.write_bytes(task.state)
    if checkpoint.exists():
        warnings.warn("It goes on from its checkpoint.", stacklevel=2)
    _fetch_weights(task.weights)
    watch = _Watch(task.topic, Path(task.folder).name, None if shared else SLICE_SECONDS)
    inputs = _load_inputs(task)
    plan = make_plan(inputs, task.settings, weights=task.weights)
    try:
        result = run_plan(plan, progress=False, callback=watch, checkpoint=checkpoint)
    except CheckpointError as error:
        # Of another version of stylelab, or damaged: the picture comes out the same from its start.
        warnings.warn(f"Begun again. {error}", stacklevel=2)
        checkpoint.unlink(missing_ok=True)
        result = run_plan(plan, progress=False, callback=watch, checkpoint=checkpoint)
    if watch.ended:
        return Outcome(state=None if shared else checkpoint.read_bytes(), log=str(result.stopped))
    named = replace(result, start=task.start_name)
    picture = named.save(scratch / PICTURE, **task.names, **task.statement).read_bytes()
    last = result.history[-1]
    best = min(
        (record for record in result.history if record.stage == last.stage),
        key=lambda record: record.loss,
    )
    facts = {
        "state": "done" if result.stopped is None else "failed",
        "error": result.stopped,
        "loss": best.loss,
        "terms": dict(best.terms),
        "scores": {} if task.weights is None else _score(task, picture),
        "seconds": result.seconds,
    }
    return Outcome(
        picture, facts=facts, log=f"{len(result.history)} steps in {result.seconds:.1f} s"
    )


def _load_inputs(task: PaintTask) -> TransferInputs:
    from stylelab.pipeline.inputs import load_inputs
    from stylelab.rights.writing import make_rights_statement

    paintings = list(task.paintings)
    inputs = load_inputs(
        task.photo,
        paintings if len(paintings) > 1 else paintings[0],
        task.settings,
        rights=task.rights,
        **task.others,
    )
    # A licence that the pictures forbid is refused before the work, not after it.
    make_rights_statement(inputs.rights, **task.statement)
    return inputs


_judges: dict[tuple[str, ...], tuple[Judge, ...]] = {}
"""Those of the last job: the next one is often of the same photo and painting."""


def _score(task: PaintTask, picture: bytes) -> dict[str, float]:
    from stylelab.batches.scores import make_judges, score_picture

    if task.digests not in _judges:
        _judges.clear()
        _judges[task.digests] = make_judges(task.photo, task.paintings, task.scored_size)
    return score_picture(picture, _judges[task.digests])


def _sees_folder(task: PaintTask) -> bool:
    """Whether the job's folder is the one that the batch writes to, and not another of that name."""
    try:
        return task.token.encode() in (Path(task.folder) / LOG).read_bytes()
    except OSError:
        return False


class _Watch:
    """A callback of `transfer` that reports progress, and ends what is not wanted any more.

    Attributes:
        ended: whether it has ended the run.
    """

    def __init__(self, topic: str, name: str, seconds: float | None) -> None:
        from distributed import get_worker

        self.topic, self.name, self.seconds, self.ended = topic, name, seconds, False
        self.worker = get_worker()
        self.key = self.worker.get_current_task()
        self.started = self.reported = time.monotonic()
        self.steps = -1

    def __call__(self, progress: Progress) -> bool:
        now = time.monotonic()
        self.steps += 1  # the first call is where the run goes on from
        if now - self.reported > SECONDS_BETWEEN_REPORTS:
            self.reported = now
            self.worker.log_event(self.topic, {"name": self.name, "share": progress.share})
            self.ended = not self.is_wanted()
        if self.seconds is not None and self.steps and now - self.started > self.seconds:
            self.ended = self.ended or progress.share < 1
        return self.ended

    def is_wanted(self) -> bool:
        """Whether somebody waits for the job: not if its batch, scheduler or worker has ended."""
        if self.worker.status.name in ("closing", "closed"):
            return False
        task = self.worker.state.tasks.get(self.key)
        return task is not None and task.state != "cancelled"


def _fetch_weights(weights: Literal["learned"] | None) -> None:
    """Fetch the weights once a machine, however many workers it has."""
    from stylelab.network.weights import fetch_weights, find_weights

    if weights is None or find_weights() is not None:
        return
    import socket

    from distributed import Lock as SharedLock

    with SharedLock(f"stylelab: weights on {socket.gethostname()}"):
        if find_weights() is None:
            fetch_weights()


def _peak_memory(started: float) -> int:
    """Bytes of memory that the worker held at most since a time, as Dask has measured it."""
    from distributed import get_worker

    from stylelab.pipeline.hardware import used_memory

    samples = get_worker().monitor.quantities
    held = [
        int(memory)
        for at, memory in zip([*samples["time"]], [*samples["memory"]], strict=False)
        if at >= started
    ]
    return max([*held, used_memory()])
