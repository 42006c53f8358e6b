"""What became of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylelab.batches.jobs import count_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stylelab.batches.jobs import JobRecord


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    ```python
    result = sl.batch("cat", "swirling_night", output="results", size=64, dry_run=True)
    result.records[0].state, len(result.failed)
    ```

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

    @property
    def failed(self) -> tuple[JobRecord, ...]:
        """The jobs that failed."""
        return tuple(record for record in self.records if record.state == "failed")

    def __str__(self) -> str:
        return self.describe()

    def describe(self, reword: Callable[[str], str] = str) -> str:
        """How many pictures are done, what failed, and what to do about it.

        Args:
            reword: puts sentences for readers of Python into other words.
        """
        done = sum(record.state == "done" for record in self.records)
        lines = [f"{done:,} of {count_text(len(self.records), 'picture')} in {self.folder} done."]
        if self.failed:
            lines.append(f"{len(self.failed):,} failed:")
            lines += [f"  {one.name}: {reword(one.error or '')}" for one in self.failed]
            lines.append(reword("To try them again, give retry_failed=True."))
        if self.faults:
            lines.append(f"{count_text(len(self.faults), 'input')} could not be used:")
            lines += [f"  {reword(fault)}" for fault in self.faults]
        if left := len(self.records) - done - len(self.failed):
            lines.append(f"{left:,} left. The same batch, started again, goes on from here.")
        return "\n".join(lines)
