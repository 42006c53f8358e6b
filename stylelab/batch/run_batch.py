"""Run the jobs of a batch on Dask's workers, and keep what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from stylelab.batch.batch_plan import BatchPlan
    from stylelab.batch.jobs import JobRecord
    from stylelab.batch.result import BatchResult


def run_batch(
    plan: BatchPlan,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    client: Any = None,
    retry_failed: bool = False,
    progress: bool | str = True,
    callback: Callable[[JobRecord], object] | None = None,
) -> BatchResult:
    """Paint the jobs of a plan; `callback` is given the record of each job as it ends."""
    raise NotImplementedError
