"""What became of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from stylelab.batch.jobs import JobRecord


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    Attributes:
        folder: where the jobs' folders are.
        records: one a job, in the order of the plan.
    """

    folder: Path
    records: tuple[JobRecord, ...]
