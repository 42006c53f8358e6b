"""Dask's workers: on this machine as many as fit, or those of a scheduler that runs already."""

from __future__ import annotations

import multiprocessing
import os
import signal
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from stylelab.batches.paint_job import THREADS, THREADS_VARIABLE
from stylelab.errors import SettingsError
from stylelab.network.tensorflow import has_gpu
from stylelab.pictures.validation import validate_whole_number
from stylelab.pipeline.hardware import available_cores, available_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("stylelab", "tensorflow")
"""Packages whose versions are compared between machines, besides those that Dask compares."""

RESTART_TIMEOUT = "5 minutes"
"""How long a worker that was killed may take to start again, before another is started."""

CONNECT_SECONDS = 30
"""How long is waited for a scheduler."""


def fitting_workers(memory: int, jobs: int) -> int:
    """How many workers this machine has cores and memory for; at least one, at most one a job.

    Args:
        memory: bytes that the largest job takes.
        jobs: how many there are.
    """
    if has_gpu():  # the jobs would wait for it
        return 1
    threads = int(os.environ.get(THREADS_VARIABLE) or THREADS)
    cores = available_cores() // max(1, threads)
    return max(1, min(jobs, cores, available_memory() // max(1, memory)))


def validate_main_program() -> None:
    """Raise a `SettingsError` in a worker that reads a program which would start workers again.

    Python lets every process that is started read the program's file, with another `__name__`.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SettingsError(
            "Expected sl.batch below the line: if __name__ == '__main__': Received: a program that "
            "calls it wherever it is read, also by its workers. Put that line before it."
        )


@contextmanager
def connect(
    *, workers: int | None, scheduler: str | None, client: Any, fitting: int
) -> Iterator[Any]:
    """Client of Dask's workers; what is started here ends with the block.

    Args:
        workers: processes to start on this machine; `fitting` without it.
        scheduler: address of a scheduler, such as "tcp://host:8786", in place of them.
        client: a `distributed.Client`, in place of both.
        fitting: how many workers there are place for.

    Raises:
        SettingsError: the scheduler does not answer, or more than one of them is given.
    """
    if sum(one is not None for one in (workers, scheduler, client)) > 1:
        raise SettingsError(
            "Expected one of workers, scheduler and client. Received: several of them. Leave out all "
            "but one."
        )
    if workers is not None:
        validate_whole_number("workers", workers, at_least=1)
    if client is not None:
        yield client
        return
    import dask
    from distributed import Client
    from distributed.versions import VersionMismatchWarning

    if scheduler is None:
        # A busy machine takes longer than Dask waits by itself until a killed worker is there again.
        patient = dask.config.set({"distributed.deploy.lost-worker-timeout": RESTART_TIMEOUT})
        with patient, _local_cluster(workers or fitting) as cluster, Client(cluster) as own:
            own.register_plugin(_ignoring_interrupts())
            yield own
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # `version_sentence` says it
            connected = Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(
            "Expected the address of a Dask scheduler that answers, such as tcp://host:8786. "
            f"Received: {scheduler!r} ({error or type(error).__name__}). Start it with: dask scheduler"
        ) from error
    with connected:
        yield connected


def _ignoring_interrupts() -> Any:
    """Plugin for workers on this machine, which a terminal's Ctrl-C reaches, too."""
    from distributed import WorkerPlugin

    class IgnoreInterrupts(WorkerPlugin):
        def setup(self, worker: object) -> None:  # noqa: ARG002 - Dask passes it
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return IgnoreInterrupts()


def _local_cluster(workers: int) -> Any:
    import logging

    from distributed import LocalCluster

    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=0,  # the forecast decides; Dask would count what TensorFlow keeps for later
            silence_logs=logging.CRITICAL,  # a worker that ends is said with its job
        )
    except RuntimeError as error:
        raise SettingsError(
            f"Expected workers that start. Received: {error} In a program, call sl.batch below the "
            "line: if __name__ == '__main__':"
        ) from error


def dashboard_sentence(client: Any) -> str | None:
    """Where Dask shows what its workers do, if Bokeh is there to draw it."""
    link = client.dashboard_link
    return f"Dask's dashboard: {link}" if link and find_spec("bokeh") else None


def version_sentence(client: Any) -> str | None:
    """Table of versions that differ between this machine, scheduler and workers, if any do."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client.get_versions(check=True, packages=[*PACKAGES])
    return "\n".join(str(one.message) for one in caught) or None
