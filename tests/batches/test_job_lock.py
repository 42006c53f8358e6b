"""Jobs' folders are locked by one batch at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

from stylelab.batches import job_lock
from stylelab.batches.job_lock import JobLock
from stylelab.batches.jobs import LOG


def test_a_locked_folder_is_free_again_when_it_is_let_go(tmp_path: Path) -> None:
    with JobLock(tmp_path / "job") as lock:
        lock.write("first\nsecond")
        with pytest.raises(BlockingIOError):
            JobLock(tmp_path / "job")
    with JobLock(tmp_path / "job") as lock:
        lock.write("third")
    lines = (tmp_path / "job" / LOG).read_text().splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == ["first", "second", "third"]


def test_names_that_are_no_text_and_a_full_disk_do_not_stop_a_log(tmp_path: Path) -> None:
    with JobLock(tmp_path / "job") as lock:
        lock.write("a file's name: \udcff")
    assert (tmp_path / "job" / LOG).read_text().endswith("a file's name: \\udcff\n")
    if Path("/dev/full").exists():
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / LOG).symlink_to("/dev/full")
        with JobLock(tmp_path / "full") as lock:
            lock.write("lost")


def test_a_program_that_dies_lets_go(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from stylelab.batches.job_lock import JobLock\n"
        "lock = JobLock(Path(sys.argv[1]))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, tmp_path / "job"], check=False)
    assert ended.returncode == -9
    JobLock(tmp_path / "job").close()


def test_without_locks_a_folder_can_be_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lock, "fcntl", None)
    with JobLock(tmp_path), JobLock(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        JobLock(tmp_path / "file" / "job")
