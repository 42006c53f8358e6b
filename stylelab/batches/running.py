"""Jobs given to Dask's workers, and what they give kept.

Pictures travel as bytes with each job and come back as bytes, and this program alone writes them: so it
does not matter where a worker is. Only the checkpoint is written by the worker, into the job's folder,
if it sees that folder. If not, it paints in slices, and gives the checkpoint back after each.
"""

from __future__ import annotations

import secrets
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from stylelab.batches.job_lock import JobLock
from stylelab.batches.jobs import CHECKPOINT, PICTURE, read_record, write_record
from stylelab.batches.paint_job import PaintTask, paint_job
from stylelab.batches.scores import scored_size
from stylelab.errors import OutputError, StylelabError
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pipeline.inputs import numbered
from stylelab.pipeline.streams import progress_bar
from stylelab.rights.reading import read_rights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stylelab.batches.jobs import Job, JobRecord
    from stylelab.batches.paint_job import Outcome
    from stylelab.pipeline.cost_estimate import CostEstimate

MAX_AHEAD = 32
"""Jobs that are given to a scheduler beyond one for each thread of its workers: enough for those that
join, and few enough that memory does not grow with the batch."""

POLL_SECONDS = 0.5
"""How often progress is shown, and new workers and other batches are looked for."""


class Run:
    """The jobs of a batch while they are painted.

    Args:
        client: a `distributed.Client`.
        output: the folder of the jobs' folders.
        records: what has become of each job, by name; kept up to date.
        costs: what each job that is to be painted will take, by name.
        callback: is given the record of each job as it ends.
        workers: how many there are, if they are those of this batch alone.
    """

    def __init__(
        self,
        client: Any,
        output: Path,
        records: dict[str, JobRecord],
        costs: Mapping[str, CostEstimate],
        callback: Callable[[JobRecord], object] | None = None,
        *,
        workers: int | None = None,
    ) -> None:
        self.client, self.output, self.records = client, output.absolute(), records
        self.costs, self.callback = costs, callback
        # Where nobody joins, no job waits at a worker: it would be blamed if that worker died.
        self.ahead = MAX_AHEAD if workers is None else 0
        self.workers = workers
        self.threads = 0
        self.shown = ""
        self.topic = f"stylelab {secrets.token_hex(8)}"
        self.shares: dict[str, float] = {}
        self.pending: dict[Any, tuple[Job, JobLock, PaintTask]] = {}
        self.ended: SimpleQueue[Any] = SimpleQueue()

    def paint(self, jobs: Iterable[Job], *, shown: bool = True) -> None:
        """Paint all of them; what is done is kept, however this ends.

        Raises:
            OutputError: the scheduler was lost.
        """
        waiting = deque(jobs)
        self.client.subscribe_topic(self.topic, self._note_progress)
        with progress_bar(shown=shown) as bar:
            try:
                while waiting or self.pending:
                    self._fill(waiting)
                    with suppress(Empty):
                        self._collect(self.ended.get(timeout=POLL_SECONDS), waiting)
                    self._show(bar)
            finally:
                self._let_go()

    def _let_go(self) -> None:
        """Cancel what is not finished, and let other batches have it."""
        with suppress(Exception):  # the scheduler may be gone
            self.client.unsubscribe_topic(self.topic)
            self.client.cancel(list(self.pending))
        for _, lock, _ in self.pending.values():
            lock.close()
        self.pending.clear()

    def _note_progress(self, event: tuple[float, Mapping[str, Any]]) -> None:
        self.shares[event[1]["name"]] = event[1]["share"]

    def _show(self, bar: Any) -> None:
        done = sum(self.costs[name].seconds * share for name, share in [*self.shares.items()])
        ended = sum(share == 1 for share in self.shares.values())
        failed = sum(self.records[name].state == "failed" for name in self.costs)
        share = done / sum(cost.seconds for cost in self.costs.values())
        text = f"{ended} of {len(self.costs)}"
        text += f", {failed} failed" if failed else ""
        text += "" if self.threads else ", no workers"
        if share > bar.n or text != self.shown:
            self.shown = text
            bar.set_postfix_str(text, refresh=False)
            bar.update(max(0.0, share - bar.n))

    def _fill(self, waiting: deque[Job]) -> None:
        """Give Dask as many jobs as its workers have use for."""
        if self.client.status == "closed":
            raise OutputError(
                "Expected a scheduler that answers until the batch is done. Received: a broken "
                "connection. What is done is kept. Start scheduler and workers again, and then the "
                "same batch: it goes on."
            )
        self.threads = 0
        if self.client.status != "running":  # lost: for a while, Dask tries to find it again
            return
        with suppress(OSError):  # being lost
            self.threads = sum(self.client.nthreads().values())
        threads = self.threads
        if self.workers is not None and threads < self.workers:
            self.client.cluster.scale(self.workers)  # one that has not come back is replaced
        room = threads + (min(threads, self.ahead) + 1 if self.ahead else 0) - len(self.pending)
        for _ in range(len(waiting)):
            if room <= 0:
                return
            job = waiting.popleft()
            try:
                lock = JobLock(self.output / job.name)
            except BlockingIOError:  # another batch paints it; it is looked at again
                waiting.append(job)
            except OSError as error:
                self._end(job, None, _failure(_unwritable(self.output / job.name, error)))
            else:
                room -= self._start(job, lock)

    def _start(self, job: Job, lock: JobLock) -> bool:
        """Give a locked job to Dask, unless another batch has painted it meanwhile."""
        folder = self.output / job.name
        before, now = self.records[job.name], read_record(folder)
        if now is not None and now.state in ("done", "failed") and before.state != now.state:
            self._end(job, lock, vars(now))
            return False
        token = secrets.token_hex(8)
        lock.write(f"Begun by batch {token}")
        try:
            task = self._make_task(job, token)
            write_record(replace(before, state="waiting", error=None))
        except StylelabError as error:
            self._end(job, lock, _failure(str(error)))
        except OSError as error:
            self._end(job, lock, _failure(_unwritable(folder, error)))
        else:
            self._submit(job, lock, task)
            return True
        return False

    def _make_task(self, job: Job, token: str) -> PaintTask:
        pictures: dict[str, Any] = {"photo": job.photo} | numbered("painting", job.paintings)
        start = job.others.get("start")
        pictures |= {"start": start} if start else {}
        names, shown = [one.name for one in job.paintings], (job.photo, *job.paintings)
        folder = self.output / job.name
        return PaintTask(
            photo=job.photo.read(),
            paintings=tuple(one.read() for one in job.paintings),
            digests=tuple(one.digest for one in shown),
            scored_size=scored_size(one.shape for one in shown),
            names={"photo": job.photo.name, "painting": names if len(names) > 1 else names[0]},
            others={name: one.read() for name, one in job.others.items()},
            start_name=start.name if start else None,
            statement=job.statement,
            settings=job.settings,
            weights=job.weights,
            rights={
                name: read_rights(one.source)
                for name, one in pictures.items()
                if isinstance(one.source, Path)
            },
            folder=str(folder),
            token=token,
            topic=self.topic,
            has_checkpoint=(folder / CHECKPOINT).is_file(),
        )

    def _submit(self, job: Job, lock: JobLock, task: PaintTask) -> None:
        import dask

        # The pictures travel with the job: so it can be given to another worker.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
            key = ("stylelab", job.name, secrets.token_hex(8))
            future = self.client.submit(paint_job, task, key=key, pure=False)
        self.pending[future] = (job, lock, task)
        future.add_done_callback(self.ended.put)

    def _collect(self, future: Any, waiting: deque[Job]) -> None:
        """Keep what a job has come to."""
        job, lock, task = self.pending.pop(future)
        if future.status in ("cancelled", "lost"):  # with the scheduler, which may be back soon
            lock.write("The scheduler was lost")
            lock.close()
            waiting.appendleft(job)
            with suppress(Exception):  # the client may have given up
                self.client.subscribe_topic(self.topic, self._note_progress)
            return
        try:
            outcome = future.result()
        except Exception as error:  # noqa: BLE001 - one job's error stops no other
            self._end(job, lock, _failure(_describe_loss(error)))
            return
        lock.write(outcome.log)
        if outcome.facts:
            self._end(job, lock, outcome.facts, outcome)
            return
        checkpoint = self.output / job.name / CHECKPOINT
        try:
            if outcome.state is not None:
                with atomic_write(checkpoint) as file:
                    file.write(outcome.state)
            state = outcome.state
            if outcome.needs_state:
                state = checkpoint.read_bytes()
        except OSError as error:
            self._end(job, lock, _failure(_unwritable(checkpoint, error)))
        else:
            self._submit(job, lock, replace(task, has_checkpoint=state is not None, state=state))

    def _end(
        self,
        job: Job,
        lock: JobLock | None,
        facts: Mapping[str, Any],
        outcome: Outcome | None = None,
    ) -> None:
        """Keep the picture and the record of a job that has ended, and let go of its folder."""
        record = replace(self.records[job.name], **facts)
        try:
            if outcome is not None:
                record = self._write(record, outcome)
            elif record.state == "failed":
                write_record(record)
        except OSError as error:  # nothing is written of it, so that it is tried again
            record = replace(record, **_failure(_unwritable(record.folder, error)))
        if lock is not None:
            lock.write(record.error or ("Done" if outcome else "It was done by another batch"))
            lock.close()
        self.records[job.name] = record
        self.shares[job.name] = 1.0
        if self.callback is not None:
            self.callback(record)

    def _write(self, record: JobRecord, outcome: Outcome) -> JobRecord:
        if outcome.picture is not None:
            picture = record.folder / PICTURE
            with atomic_write(picture) as file:
                file.write(outcome.picture)
            record = replace(record, picture=picture)
        write_record(record)
        if record.state == "done":
            (record.folder / CHECKPOINT).unlink(missing_ok=True)
        return record


def _failure(sentence: str) -> dict[str, Any]:
    return {"state": "failed", "error": sentence}


def _unwritable(path: Path, error: OSError) -> str:
    return (
        f"Expected to write into {path}. Received: {error.strerror or error}. Free some space, and "
        "start the batch again."
    )


def _describe_loss(error: Exception) -> str:
    """Why Dask gave no outcome, in a sentence."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return (
            f"Expected a worker that lives until the picture is painted. Received: "
            f"{error.allowed_failures + 1} that ended on it, as they do where memory runs out. Take a "
            "smaller size, tiles or fewer workers."
        )
    return (
        "Expected workers with the same stylelab as here. Received: "
        f"{type(error).__name__}: {error}. Install the same versions there."
    )
