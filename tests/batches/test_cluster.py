"""Dask's workers: how many fit, where they are, and whose versions differ."""

import multiprocessing
import warnings
from types import SimpleNamespace

import pytest

from stylelab.batches import cluster
from stylelab.batches.cluster import (
    connect,
    dashboard_sentence,
    fitting_workers,
    validate_main_program,
    version_sentence,
)
from stylelab.batches.paint_job import THREADS_VARIABLE
from stylelab.errors import SettingsError


@pytest.mark.parametrize(
    ("cores", "memory", "jobs", "threads", "gpu", "expected"),
    [
        (8, 100, 50, None, False, 8),
        (8, 3, 50, None, False, 3),
        (8, 100, 2, None, False, 2),
        (8, 100, 50, "4", False, 2),
        (2, 100, 50, "4", False, 1),
        (8, 100, 50, "0", False, 8),  # TensorFlow takes as many as it likes
        (8, 100, 50, "", False, 8),
        (8, 0, 50, None, False, 1),
        (8, 100, 50, None, True, 1),
    ],
)
def test_as_many_workers_as_fit_cores_memory_and_jobs(
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    memory: int,
    jobs: int,
    threads: str | None,
    gpu: bool,
    expected: int,
) -> None:
    monkeypatch.setattr(cluster, "available_cores", lambda: cores)
    monkeypatch.setattr(cluster, "available_memory", lambda: memory * 10**9)
    monkeypatch.setattr(cluster, "has_gpu", lambda: gpu)
    if threads is None:
        monkeypatch.delenv(THREADS_VARIABLE, raising=False)
    else:
        monkeypatch.setenv(THREADS_VARIABLE, threads)
    assert fitting_workers(10**9, jobs) == expected


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "ftp://127.0.0.1:1"])
def test_a_scheduler_that_does_not_answer_is_named(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)
    with (
        pytest.raises(SettingsError, match="dask scheduler") as refused,
        connect(workers=None, scheduler=address, client=None, fitting=1),
    ):
        pass
    assert address in str(refused.value)


def test_workers_scheduler_and_client_exclude_each_other() -> None:
    with (
        pytest.raises(SettingsError, match="one of workers, scheduler and client"),
        connect(workers=2, scheduler="tcp://host:8786", client=None, fitting=1),
    ):
        pass
    with (
        pytest.raises(SettingsError, match="workers as a whole number"),
        connect(workers=0, scheduler=None, client=None, fitting=1),
    ):
        pass


def test_a_worker_that_reads_the_program_starts_no_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    validate_main_program()
    process = multiprocessing.current_process()
    monkeypatch.setattr(
        process, "_inheriting", True, raising=False
    )  # as where it reads the program
    with pytest.raises(SettingsError, match="Put that line before it"):
        validate_main_program()


def test_a_client_that_is_given_stays_open() -> None:
    given = object()
    with connect(workers=None, scheduler=None, client=given, fitting=1) as client:
        assert client is given


def test_versions_that_differ_are_said() -> None:
    def get_versions(*, check: bool, packages: list[str]) -> None:
        assert check
        assert "stylelab" in packages
        warnings.warn("stylelab: 0.1 here, 0.2 there", stacklevel=2)

    differing = SimpleNamespace(get_versions=get_versions)
    assert version_sentence(differing) == "stylelab: 0.1 here, 0.2 there"
    assert version_sentence(SimpleNamespace(get_versions=lambda **_: None)) is None


def test_the_dashboard_is_named_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    client = SimpleNamespace(dashboard_link="http://127.0.0.1:1234/status")
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    assert dashboard_sentence(client) is None
    monkeypatch.setattr(cluster, "find_spec", lambda _: object())
    assert dashboard_sentence(client) == "Dask's dashboard: http://127.0.0.1:1234/status"
