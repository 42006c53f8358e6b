"""Schedulers and workers as commands start them on machines of their own, and what ends them."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stylelab.batches.batch_plan import BatchPlan, plan_batch
from stylelab.batches.cluster import connect
from stylelab.batches.jobs import LOG, JobRecord
from stylelab.batches.result import BatchResult
from stylelab.batches.run_batch import run_batch
from stylelab.errors import OutputError
from stylelab.pictures.images import Picture
from stylelab.pictures.saving import save_image

# Read by each worker as it starts: it sees no folder of the batch, and has no weights at first. Who is
# first to fetch them waits until the other worker has looked for them, too.
OTHER_MACHINE = """
import os
from pathlib import Path
from stylelab.batches import paint_job
from stylelab.network import weights

home = Path.home()

def find():
    (home / f"looked-{os.getpid()}").touch()
    return home / "weights" if (home / "weights").exists() else None

def fetch():
    with (home / "fetched.txt").open("a") as file:
        file.write("once\\n")
    while len([*home.glob("looked-*")]) < 2:
        pass
    (home / "weights").touch()

paint_job.LOG = "of_another_disk.txt"
paint_job.SLICE_SECONDS = 0.0
weights.find_weights, weights.fetch_weights = find, fetch
weights.decode_weights = lambda _: weights.random_weights()
"""


class Machines:
    """A scheduler and workers, each a process of its own that is ended with the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"

    def start(self, *words: str, home: str) -> subprocess.Popen[bytes]:
        folders = {name: self.folder / home / name for name in ("HOME", "TMPDIR", "work")}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *words],
            cwd=folders["work"],
            env={**os.environ, "HOME": str(folders["HOME"]), "TMPDIR": str(folders["TMPDIR"])},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        where = ("--host", "127.0.0.1", "--port", str(self.port), "--dashboard-address", ":0")
        return self.start("scheduler", *where, home="scheduler")

    def start_worker(self, *options: str, home: str = "worker") -> subprocess.Popen[bytes]:
        words = ("--nthreads", "1", "--memory-limit", "0", "--no-dashboard", *options)
        return self.start("worker", self.address, *words, home=home)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    started = Machines(tmp_path / "machines")
    yield started
    for process in started.processes:
        process.terminate()
    for process in started.processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # a worker that has lost its scheduler may never end
            process.kill()
            process.wait()


def make_plan(photo: Picture, output: str, **options: Any) -> BatchPlan:
    for number in range(3):
        save_image(Path("photos") / f"{number}.png", photo[number:], make_folders=True)
    small = {
        "size": 32,
        "style_layers": "block1_conv1",
        "content_layers": "block1_conv1",
        "steps": 2,
    }
    return plan_batch("photos", "swirling_night", output=output, **{**small, **options})


def pictures(result: BatchResult) -> dict[str, bytes]:
    assert [record.error for record in result.records] == [None] * len(result.records)
    return {one.name: one.picture.read_bytes() for one in result.records if one.picture}


def log_of(record: JobRecord) -> str:
    return (record.folder / LOG).read_text("utf-8")


def test_a_batch_outlives_its_scheduler(
    tmp_path: Path, photo: Picture, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client

    monkeypatch.chdir(tmp_path)
    plan = make_plan(photo, "out", weights=None)
    ended: list[JobRecord] = []
    schedulers = [machines.start_scheduler()]
    machines.start_worker("--no-nanny")

    def kill(record: JobRecord) -> None:
        ended.append(record)
        schedulers.pop().kill()

    with Client(machines.address, timeout=300) as client:
        client._timeout = 0.01  # how long it looks for a scheduler that it has lost
        with pytest.raises(OutputError, match="What is done is kept"):
            run_batch(plan, client=client, progress=False, callback=kill)
    assert [record.state for record in plan.records().values()].count("done") == 1

    def kill_once(record: JobRecord) -> None:
        ended.append(record)
        if len(ended) == 2:
            schedulers.pop().kill()
            start()

    def start() -> None:
        schedulers.append(machines.start_scheduler())
        machines.start_worker("--no-nanny")

    start()
    with Client(machines.address, timeout=300) as client:
        result = run_batch(plan, client=client, progress=False, callback=kill_once)
    assert sorted(one.name for one in ended) == sorted(job.name for job in plan.jobs)
    assert all(log_of(record).count("Done") == 1 for record in result.records)
    with connect(workers=1, scheduler=None, client=None, fitting=1) as client:
        undisturbed = make_plan(photo, "undisturbed", weights=None)
        assert pictures(result) == pictures(run_batch(undisturbed, client=client, progress=False))


def test_workers_of_another_machine_need_no_folder_and_fetch_the_weights_once(
    tmp_path: Path, photo: Picture, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("stylelab.batches.cluster.CONNECT_SECONDS", 300)
    (tmp_path / "other_machine.py").write_text(OTHER_MACHINE)
    machines.start_scheduler()
    machines.start_worker("--nworkers", "2", "--preload", str(tmp_path / "other_machine.py"))
    plan = make_plan(photo, "out")
    result = run_batch(plan, scheduler=machines.address, progress=False)
    assert len(pictures(result)) == 3
    home = machines.folder / "worker" / "HOME"
    assert (home / "fetched.txt").read_text() == "once\n"
    assert all("goes on from its checkpoint" in log_of(record) for record in result.records)
    left = [path for path in (home.parent / "work").rglob("*") if path.is_file()]
    assert left == []
