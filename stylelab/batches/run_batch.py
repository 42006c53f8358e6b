"""Photos × paintings × settings in one call: planned, painted by Dask's workers, and kept."""

from __future__ import annotations

from contextlib import nullcontext
from signal import Signals
from typing import TYPE_CHECKING, Any, Literal

from stylelab.batches.batch_plan import forecast_costs, plan_batch
from stylelab.batches.cluster import (
    connect,
    dashboard_sentence,
    fitting_workers,
    validate_main_program,
    version_sentence,
)
from stylelab.batches.jobs import count_text, read_record
from stylelab.batches.result import BatchResult
from stylelab.batches.running import Run
from stylelab.pictures.saving import make_folder
from stylelab.pictures.text import duration_text
from stylelab.pipeline.hardware import available_memory
from stylelab.pipeline.signals import Terminated, ending_signals
from stylelab.pipeline.streams import in_notebook, progress_stream

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from stylelab.batches.batch_plan import BatchPlan
    from stylelab.batches.jobs import JobRecord
    from stylelab.pipeline.cost_estimate import CostEstimate


def batch(
    photos: Any,
    paintings: Any,
    *,
    output: str | os.PathLike[str],
    weights: Literal["learned"] | None = "learned",
    creator: str | None = None,
    licence: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    client: Any = None,
    retry_failed: bool = False,
    dry_run: bool = False,
    progress: bool = True,
    callback: Callable[[JobRecord], object] | None = None,
    **settings: Any,
) -> BatchResult:
    """Paint many photos in many styles with many settings, on all cores or many machines.

    ```python
    result = sl.batch(
        ["cat", "coffee"], "swirling_night", output="results", style_weight=[3, 30], dry_run=True
    )
    len(result.records)  # 4, none painted yet
    ```

    Each photo is painted in each style with each combination of settings. Every picture has its own
    folder in `output`, named after what goes in: `picture.png`, `job.json` (what became of it),
    `log.txt`, and a checkpoint until it is finished. Called again, the batch goes on where it was: what
    is done stays, and what was interrupted is continued. A program that calls this does so below
    `if __name__ == "__main__":`, as Python asks of all that start processes.

    Args:
        photos: a file, a folder, a pattern such as "holiday/*.jpg", a sample's name, an array, or a
            table (CSV with a column "photo", perhaps "painting" and "keep", and any settings); or a
            list of them.
        paintings: the same without tables. In a list, each is a style of its own; a list in the list
            is one style, of several paintings that share it equally.
        output: the folder of the jobs' folders; made if it is missing.
        weights: the network's: `"learned"`, or None for random ones.
        creator: who you are, if you want to be named in the pictures' metadata.
        licence: under what terms you offer the pictures; a job whose inputs do not permit it fails.
        workers: processes on this machine; without it as many as cores and memory allow.
        scheduler: address of a Dask scheduler, such as "tcp://host:8786", whose workers paint.
        client: a `distributed.Client`, in place of an address.
        retry_failed: try again what has failed before.
        dry_run: only say what would be done.
        progress: say what is coming, and show a bar with the time left.
        callback: is given the `JobRecord` of each job as it ends.
        **settings: those of `transfer`, `size="original"` and `quality` included; each may be a list
            of several. Of layers, a list of names is one value, and a list of lists is several.

    Raises:
        SettingsError: settings are wrong; all faults are named, those of pictures too.
        PictureError: no photo or no painting can be used. Where some cannot, the others are painted.
        OutputError: the folder cannot be written to.
    """
    validate_main_program()
    plan = plan_batch(
        photos,
        paintings,
        output=output,
        weights=weights,
        creator=creator,
        licence=licence,
        **settings,
    )
    result = run_batch(
        plan,
        workers=workers,
        scheduler=scheduler,
        client=client,
        retry_failed=retry_failed,
        dry_run=dry_run,
        progress=progress,
        callback=callback,
    )
    if progress and not dry_run:
        _say(str(result))
    return result


def run_batch(
    plan: BatchPlan,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    client: Any = None,
    retry_failed: bool = False,
    dry_run: bool = False,
    progress: bool = True,
    callback: Callable[[JobRecord], object] | None = None,
) -> BatchResult:
    """Paint the jobs of a plan that are not done. For the arguments see `batch`."""
    records = plan.records()
    ended = ("done",) if retry_failed else ("done", "failed")
    to_do = [job for job in plan.jobs if records[job.name].state not in ended]
    say = _say if progress or dry_run else _keep_quiet
    say(_describe_plan(plan, records, retry_failed=retry_failed))
    if not to_do:
        return BatchResult(plan.output, tuple(records.values()), plan.faults)
    costs = forecast_costs(to_do)
    fitting = fitting_workers(max(cost.memory for cost in costs.values()), len(to_do))
    is_local = scheduler is None and client is None
    count = (workers or fitting) if is_local else None
    say(_describe_cost(list(costs.values()), count))
    stopped: KeyboardInterrupt | None = None
    if not dry_run:
        make_folder(plan.output, "the pictures", "Choose another one.")
        # A notebook's kernel is ended by its server, which asks the reader first.
        signals = nullcontext() if in_notebook() else ending_signals()
        opened = connect(workers=workers, scheduler=scheduler, client=client, fitting=fitting)
        try:
            with signals, opened as connected:
                say(dashboard_sentence(connected))
                say(None if is_local else version_sentence(connected))
                run = Run(connected, plan.output, records, costs, callback, workers=count)
                run.paint(to_do, shown=progress)
        except KeyboardInterrupt as error:
            stopped = error
        for job in to_do:  # those that were ended have left a checkpoint, or nothing
            if records[job.name].state not in ("done", "failed"):
                found = read_record(plan.output / job.name)
                records[job.name] = found or records[job.name]
    return BatchResult(
        plan.output, tuple(records.values()), plan.faults, signal=_signal_of(stopped)
    )


def _signal_of(stopped: KeyboardInterrupt | None) -> int | None:
    if stopped is None:
        return None
    return stopped.signal if isinstance(stopped, Terminated) else Signals.SIGINT


def _say(sentence: str | None) -> None:
    if sentence:
        print(sentence, file=progress_stream(), flush=True)


def _keep_quiet(_: str | None) -> None:
    pass


def _describe_plan(plan: BatchPlan, records: Mapping[str, JobRecord], *, retry_failed: bool) -> str:
    """What there is to do, and what is wrong, before anything runs."""
    states = [record.state for record in records.values()]
    words = {
        "done": "are done",
        "failed": "failed before" + (" and are tried again" if retry_failed else ""),
        "interrupted": "go on from a checkpoint",
        "waiting": "are to be painted",
    }
    counts = [f"{states.count(state):,} {text}" for state, text in words.items() if state in states]
    lines = [f"{plan.summary}, of which {', '.join(counts)}."]
    lines.append(f"Folder: {plan.output}, with a folder for each picture.")
    if plan.faults:
        lines.append(f"{count_text(len(plan.faults), 'input')} cannot be used:")
        lines += [f"  {fault}" for fault in plan.faults]
    return "\n".join(lines)


def _describe_cost(costs: Sequence[CostEstimate], workers: int | None) -> str:
    """How long it will take, and how much memory, on this machine."""
    memory = max(cost.memory for cost in costs)
    seconds = sum(cost.seconds for cost in costs)
    each = f"up to {memory / 1e9:.1f} GB of memory each"
    if workers is None:
        return f"About {duration_text(seconds)} on a machine like this one, in all; {each}."
    lines = [f"About {duration_text(seconds)} with {count_text(workers, 'worker')}, {each}."]
    too_large = sum(cost.memory > available_memory() for cost in costs)
    if too_large:
        lines.append(
            f"Of these pictures, {too_large:,} will not fit into the memory that is free now."
        )
    return "\n".join(lines)
