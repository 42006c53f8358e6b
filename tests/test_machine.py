import gc
import mmap
import os
from pathlib import Path

import psutil
import pytest

from stylelab import machine


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of the kernel's control groups."""
    monkeypatch.setattr(machine, "CGROUPS", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("groups")
def test_without_a_container_all_free_memory_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    free = psutil.virtual_memory()._replace(
        available=123_456_789
    )  # the real one never stands still
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert machine.available_memory() == 123_456_789


def test_a_container_s_limit_counts_less_what_it_uses(groups: Path) -> None:
    (groups / "memory.max").write_text("2000\n")
    (groups / "memory.current").write_text("1500\n")
    assert machine.available_memory() == 500
    (groups / "memory.current").write_text("2500\n")
    assert machine.available_memory() == 0


def test_an_older_container_s_limit_counts_too(groups: Path) -> None:
    (groups / "memory").mkdir()
    (groups / "memory" / "memory.limit_in_bytes").write_text("2000")
    (groups / "memory" / "memory.usage_in_bytes").write_text("1999")
    assert machine.available_memory() == 1


def test_a_container_without_a_limit_is_none(groups: Path) -> None:
    (groups / "memory.max").write_text("max\n")
    (groups / "memory.current").write_text("1500\n")
    assert machine.available_memory() > 1_000_000


def test_this_process_holds_what_the_system_says_it_holds() -> None:
    size = 200_000_000
    gc.collect()  # what else would be freed meanwhile
    before = machine.used_memory()
    with mmap.mmap(-1, size) as ballast:  # fresh pages, never those that were freed before
        for _ in range(200):
            ballast.write(b"x" * 1_000_000)
        held = machine.used_memory() - before
    assert held == pytest.approx(size, rel=0.25)


def test_cores_are_those_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= machine.cores() <= (os.cpu_count() or 1)
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
        assert machine.cores() == 3


def test_speed_is_that_of_a_processor_of_this_century() -> None:
    assert 1e8 < machine.convolution_speed() < 1e16
