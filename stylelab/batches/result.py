"""What became of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from stylelab.batches.jobs import JobRecord


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    Attributes:
        folder: where the jobs' folders are.
        records: one a job, in the order of the plan.
        faults: a sentence for each picture that could not be used, and was in no job.
        signal: the number of the signal that ended the batch early, if one did: Ctrl-C is SIGINT.
    """

    folder: Path
    records: tuple[JobRecord, ...]
    faults: tuple[str, ...] = ()
    signal: int | None = None
