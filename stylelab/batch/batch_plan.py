"""A batch before it runs: its jobs, what they will take, and what is wrong with which input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from stylelab.batch.jobs import Job


@dataclass(frozen=True, eq=False)
class BatchPlan:
    """A batch before it runs.

    Attributes:
        jobs: photos × paintings × settings, each once.
        output: the folder of the jobs' folders.
        faults: a sentence for each picture that cannot be used; it has no jobs.
    """

    jobs: tuple[Job, ...]
    output: Path
    faults: tuple[str, ...] = ()
