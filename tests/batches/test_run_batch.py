"""Batches on real workers of Dask: processes, some of which are killed."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest

from stylelab.batches import running
from stylelab.batches.batch_plan import BatchPlan, plan_batch
from stylelab.batches.cluster import connect
from stylelab.batches.jobs import CHECKPOINT, LOG, PICTURE, JobRecord
from stylelab.batches.paint_job import _load_inputs, _Watch
from stylelab.batches.result import BatchResult
from stylelab.batches.run_batch import batch, run_batch
from stylelab.batches.scores import make_judges, score_picture
from stylelab.batches.table import python_call
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.images import Picture, load_image
from stylelab.pictures.saving import read_settings, save_image
from stylelab.pipeline.progress import Progress
from stylelab.pipeline.transfer import transfer
from stylelab.rights.reading import read_rights

SMALL: dict[str, Any] = {
    "size": 32,
    "style_layers": "block1_conv1",
    "content_layers": "block1_conv1",
}

STEPS = 16


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two workers, each a process of its own."""
    with connect(workers=2, scheduler=None, client=None, fitting=2) as connected:
        yield connected


@pytest.fixture
def folder(
    tmp_path: Path, photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Two photos, one with rights beside it, and a painting."""
    save_image(tmp_path / "photos" / "a.png", photo, make_folders=True)
    save_image(tmp_path / "photos" / "b, 'ü'.png", photo[::-1])
    (tmp_path / "photos" / "a.png.rights.toml").write_text('author = "A. Reader"\n')
    save_image(tmp_path / "night.png", painting)
    # The pictures' metadata names what went in: here the same in each test.
    monkeypatch.chdir(tmp_path)
    return Path()


def plan(folder: Path, output: str = "out", **settings: Any) -> BatchPlan:
    return plan_batch(
        folder / "photos",
        folder / "night.png",
        output=folder / output,
        weights=None,
        **{**SMALL, "steps": 2, **settings},
    )


def run(planned: BatchPlan, client: Any, **options: Any) -> BatchResult:
    return run_batch(planned, client=client, progress=False, **options)


def pictures(result: BatchResult) -> dict[str, bytes]:
    assert [record.error for record in result.records] == [None] * len(result.records)
    return {one.name: one.picture.read_bytes() for one in result.records if one.picture}


def test_each_job_leaves_its_folder_and_is_not_done_again(folder: Path, client: Any) -> None:
    ended: list[JobRecord] = []
    planned = plan(folder, seed=[0, 1])
    result = run(planned, client, callback=ended.append)
    assert sorted(record.name for record in ended) == sorted(job.name for job in planned.jobs)
    assert result.records == tuple(planned.records().values())
    for record in result.records:
        assert record.state == "done"
        assert {path.name for path in record.folder.iterdir()} == {PICTURE, "job.json", LOG}
        assert record.loss == pytest.approx(sum(record.terms.values()), rel=1e-5)
        assert record.scores == {}  # with weights that have learned nothing they would mean nothing
        assert record.seconds is not None
        assert record.memory is not None
        assert record.memory > 10**8
        stored = read_settings(record.folder / PICTURE)
        assert stored is not None
        assert stored["photo"] == record.job["photo"]
        assert stored["seed"] == record.settings["seed"]
    rights = [read_rights(one.folder / PICTURE) for one in result.records]
    assert "A. Reader" in str(rights)
    again = run(planned, None, workers=None, callback=lambda _: pytest.fail("painted again"))
    assert again == result


def test_order_and_number_of_workers_do_not_change_a_byte(folder: Path, client: Any) -> None:
    first = plan(folder, seed=[0, 1], start="noise")
    second = plan(folder, "second", seed=[0, 1], start="noise")
    expected = pictures(run(first, client))
    client.cluster.scale(1)
    turned = BatchPlan(second.jobs[::-1], second.output)
    try:
        assert pictures(run(turned, client)) == expected
    finally:
        client.cluster.scale(2)
        client.wait_for_workers(2)
    assert len(set(expected.values())) == 4


def patch(client: Any, name: str, value: object) -> None:
    """Set a constant, by its module and name, in all workers."""
    client.run(_set, *name.rsplit(".", 1), value)


def _set(module: str, name: str, value: object) -> None:
    import importlib

    setattr(importlib.import_module(f"stylelab.{module}"), name, value)


@pytest.fixture
def eager(client: Any) -> Iterator[None]:
    """Workers that write a checkpoint and report progress at every step."""
    values = {
        "pipeline.checkpoint.SECONDS_BETWEEN_CHECKPOINTS": (0.0, 5.0),
        "pipeline.checkpoint.MAX_TIME_SHARE": (10.0, 0.05),
        "batches.paint_job.SECONDS_BETWEEN_REPORTS": (0.0, 1.0),
    }
    for name, (value, _) in values.items():
        patch(client, name, value)
    yield
    for name, (_, value) in values.items():
        patch(client, name, value)


@pytest.fixture
def expected(folder: Path, client: Any) -> dict[str, bytes]:
    """The pictures of a longer run that nothing disturbs."""
    if not _expected:
        _expected.update(pictures(run(plan(folder, "undisturbed", steps=STEPS), client)))
    return _expected


_expected: dict[str, bytes] = {}


class _Halt(_Watch):
    """Takes three steps, and then waits as long as the job is wanted."""

    def __call__(self, progress: Progress) -> bool:
        ended = super().__call__(progress)
        while self.steps == 3 and self.is_wanted():
            time.sleep(0.01)
        return ended


def _restore() -> None:
    for value in (_Watch, _load_inputs):  # in the worker: as they were when this was imported
        _set("batches.paint_job", value.__name__, value)


def halt(client: Any, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let every job wait after three steps; the event says that one does."""
    patch(client, "batches.paint_job._Watch", _Halt)
    halted = threading.Event()
    reports: dict[str, int] = {}

    def note(_: running.Run, event: Any) -> None:
        name = event[1]["name"]
        reports[name] = reports.get(name, 0) + 1
        if reports[name] > 3:
            halted.set()

    monkeypatch.setattr(running.Run, "_note_progress", note)
    return halted


def log_of(record: JobRecord) -> str:
    return (record.folder / LOG).read_text("utf-8")


@pytest.mark.usefixtures("eager")
def test_a_worker_killed_in_mid_job_takes_nothing_with_it(
    folder: Path, client: Any, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    half_done = halt(client, monkeypatch)
    processes = client.run(os.getpid)

    def kill() -> None:
        half_done.wait()
        for number in processes.values():
            os.kill(number, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    ended: list[JobRecord] = []
    result = run(plan(folder, "killed", steps=STEPS), client, callback=ended.append)
    killer.join()
    assert not {*processes.values()} & {*client.run(os.getpid).values()}
    assert pictures(result) == expected
    assert len(ended) == len(result.records)
    assert any("goes on from its checkpoint" in log_of(record) for record in result.records)
    client.wait_for_workers(2)


def test_workers_that_do_not_see_the_folder_give_their_checkpoints_back(
    folder: Path, client: Any, expected: dict[str, bytes]
) -> None:
    patch(client, "batches.paint_job.LOG", "of_another_disk.txt")
    patch(client, "batches.paint_job.SLICE_SECONDS", 0.0)
    try:
        result = run(plan(folder, "away", steps=STEPS), client)
    finally:
        patch(client, "batches.paint_job.SLICE_SECONDS", 120.0)
        patch(client, "batches.paint_job.LOG", LOG)
    assert pictures(result) == expected
    assert all(log_of(one).count("goes on from its checkpoint") > 2 for one in result.records)
    assert not any((one.folder / CHECKPOINT).exists() for one in result.records)


@pytest.mark.usefixtures("eager")
def test_what_was_interrupted_goes_on_from_its_checkpoint(
    folder: Path, client: Any, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(folder, "stopped", steps=STEPS)
    half_done = halt(client, monkeypatch)

    def interrupt() -> None:
        half_done.wait()
        os.kill(os.getpid(), signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    stopped = run(planned, client)
    interrupter.join()
    client.run(_restore)
    assert stopped.signal == signal.SIGINT
    assert not {record.state for record in stopped.records} & {"failed"}
    assert "goes on from here" in str(stopped)
    while not any(record.state == "interrupted" for record in planned.records().values()):
        time.sleep(0.01)  # the workers end by themselves
    result = run(planned, client)
    assert pictures(result) == expected
    assert any("goes on from its checkpoint" in log_of(record) for record in result.records)


def test_a_checkpoint_of_another_version_is_begun_again(folder: Path, client: Any) -> None:
    planned = plan(folder)
    record = planned.records()[planned.jobs[0].name]
    record.folder.mkdir(parents=True)
    (record.folder / CHECKPOINT).write_bytes(b"of another time")
    result = run(planned, client)
    assert len(pictures(result)) == 2
    assert "Begun again" in log_of(record)


def test_hostile_pictures_among_good_ones_fail_with_their_sentence(
    folder: Path, client: Any
) -> None:
    good = (folder / "night.png").read_bytes()
    (folder / "photos" / "cut.png").write_bytes(good[: len(good) // 2])  # its header is good
    (folder / "photos" / "letter.png").write_text("Dear reader")
    planned = plan(folder)
    assert len(planned.faults) == 1
    result = run(planned, client)
    assert [record.state for record in result.records] == ["done", "done", "failed"]
    assert result.failed[0].error is not None
    assert "cut.png" in result.failed[0].name.replace("cut-", "cut.png")
    assert "Expected" in result.failed[0].error
    for text in ("2 of 3 pictures", "1 failed", "letter.png", "retry_failed=True"):
        assert text in str(result)
    again = run(planned, None, callback=lambda _: pytest.fail("tried again"))
    assert again.records == result.records
    tried: list[JobRecord] = []
    run(planned, client, retry_failed=True, callback=tried.append)
    assert [one.state for one in tried] == ["failed"]


def test_a_photo_that_changes_while_the_batch_runs_fails_alone(folder: Path, client: Any) -> None:
    planned = plan(folder)
    (folder / "photos" / "a.png").write_bytes((folder / "night.png").read_bytes())
    result = run(planned, client)
    assert [record.state for record in result.records] == ["failed", "done"]
    assert "has changed" in str(result.failed[0].error)
    assert {job.name for job in plan(folder).jobs} != {job.name for job in planned.jobs}


def test_a_full_disk_loses_one_picture_and_no_other(
    folder: Path, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([OSError(28, "No space left on device")])

    def full(path: Path) -> Any:
        if path.name == PICTURE and (error := next(failures, None)):
            raise error
        return atomic_write(path)

    monkeypatch.setattr("stylelab.batches.running.atomic_write", full)
    planned = plan(folder)
    result = run(planned, client)
    assert sorted(record.state for record in result.records) == ["done", "failed"]
    assert "No space left on device" in str(result.failed[0].error)
    assert pictures(run(planned, client)).keys() == {job.name for job in planned.jobs}


def test_a_folder_that_cannot_be_made_fails_one_job(folder: Path, client: Any) -> None:
    planned = plan(folder)
    (folder / "out").mkdir()
    (folder / "out" / planned.jobs[0].name).write_text("in the way")
    result = run(planned, client)
    assert [record.state for record in result.records] == ["failed", "done"]
    assert "Expected to write into" in str(result.failed[0].error)


def test_two_batches_into_one_folder_share_the_work(folder: Path, client: Any) -> None:
    planned = plan(folder, seed=[0, 1, 2])
    results: list[BatchResult] = []
    threads = [
        threading.Thread(target=lambda: results.append(run(planned, client))) for _ in range(2)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    first, second = results
    assert pictures(first) == pictures(second)
    assert len(first.records) == 6
    assert all(log_of(record).count("Done") == 1 for record in first.records)


def _fail(*_: object) -> None:
    raise ZeroDivisionError("by accident")


def test_an_unexpected_error_fails_its_job_and_leaves_a_traceback(
    folder: Path, client: Any
) -> None:
    patch(client, "batches.paint_job._load_inputs", _fail)
    try:
        result = run(plan(folder), client)
    finally:
        client.run(_restore)
    for record in result.records:
        assert record.error is not None
        assert record.error.startswith("Unexpected error (ZeroDivisionError: by accident)")
        assert "Traceback" in log_of(record)


def _describe_worker(dask_worker: Any) -> tuple[str, int, int | None]:
    return (
        dask_worker.address,
        dask_worker.state.nthreads,
        dask_worker.memory_manager.memory_limit,
    )


def test_workers_of_this_machine_are_reached_from_it_alone_and_ignore_ctrl_c(client: Any) -> None:
    assert {*client.run(signal.getsignal, signal.SIGINT).values()} == {signal.SIG_IGN}
    facts = client.run(_describe_worker).values()
    assert len(facts) == 2
    for address, threads, memory_limit in facts:
        assert address.startswith("tcp://127.0.0.1:")
        assert (threads, memory_limit) == (1, None)


def test_a_dry_run_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments: dict[str, Any] = {**SMALL, "output": folder / "dry", "dry_run": True}
    result = batch(folder / "photos", [folder / "night.png", "nigth.png"], seed=[0, 1], **arguments)
    assert [record.state for record in result.records] == ["waiting"] * 4
    assert not (folder / "dry").exists()
    said = capsys.readouterr().err
    for words in ("4 pictures, of which 4 are to be painted", "nigth.png", "GB of memory each"):
        assert words in said


@pytest.mark.usefixtures("eager")
def test_start_mask_creator_and_licence_are_those_of_a_single_run(
    folder: Path, photo: Picture, client: Any
) -> None:
    keep = np.zeros((*photo.shape[:2], 1), np.float32)
    keep[:, :30] = 1
    save_image(folder / "keep.png", np.repeat(keep, 3, axis=2))
    for name, licence in {
        "photos/a.png": "CC BY-SA 4.0",
        "photos/b, 'ü'.png": "CC0 1.0",
        "night.png": "CC0 1.0",
    }.items():
        facts = f'author = "A. Reader"\nsource = "a walk"\nlicence = "{licence}"\n'
        (folder / f"{name}.rights.toml").write_text(facts)
    (folder / "table.csv").write_text("photo,keep\nphotos/a.png,\n\"photos/b, 'ü'.png\",keep.png\n")
    names: dict[str, Any] = {"creator": "B. Painter", "licence": "CC BY 4.0"}
    chosen: dict[str, Any] = {**SMALL, "steps": 3, "start": "night.png", "weights": None}
    planned = plan_batch("table.csv", "swirling_night", output="out", **names, **chosen)
    result = run(planned, client)
    refused, done = result.records
    assert "permit: CC BY-SA 4.0. Received: 'CC BY 4.0'" in str(refused.error)
    assert not (refused.folder / CHECKPOINT).exists()  # it was found before it was painted
    assert log_of(refused).count("Expected a licence") == 1
    assert refused.picture is None
    assert done.picture is not None
    saved = read_rights(done.picture)
    assert (saved.author, saved.licence) == (
        "B. Painter",
        "https://creativecommons.org/licenses/by/4.0/",
    )
    stored = read_settings(done.picture)
    assert stored is not None
    assert stored["start"] == "night.png"
    alone = transfer(
        "photos/b, 'ü'.png", "swirling_night", **chosen, keep="keep.png", progress=False
    )
    alone.save("alone.png")
    assert done.loss == pytest.approx(min(one.loss for one in alone.history), rel=1e-4)
    assert np.abs(load_image(done.picture) - load_image("alone.png")).max() <= 1 / 255
    assert python_call(done).endswith("start='night.png', keep='keep.png', weights=None)")


@pytest.mark.network
def test_finished_pictures_are_scored(folder: Path, client: Any) -> None:
    # Three for two workers: one of them paints another photo after its first.
    photos: list[Any] = [folder / "photos/a.png", folder / "photos/b, 'ü'.png", "cat"]
    planned = plan_batch(photos, "night.png", output="out", steps=1, **SMALL)
    for record, photo in zip(run(planned, client).records, photos, strict=True):
        assert record.picture is not None
        expected = score_picture(record.picture, make_judges(photo, ["night.png"]))
        assert record.scores == pytest.approx(expected, rel=1e-4)


# Read by each worker as it starts, and so by each that takes the place of one that was killed.
NO_MEMORY = """
import os, signal
from stylelab.batches import paint_job

paint = paint_job._paint if paint_job._paint.__module__ == paint_job.__name__ else paint

def paint_or_die(task, scratch):
    if task.names["photo"].endswith("a.png"):
        os.kill(os.getpid(), signal.SIGKILL)  # as the system does where memory runs out
    return paint(task, scratch)

paint_job._paint = paint_or_die  # Dask may read this twice
"""


def test_a_picture_for_which_memory_never_suffices_fails_alone(folder: Path) -> None:
    Path("no_memory.py").write_text(NO_MEMORY)
    impatient = {
        "distributed.worker.preload": [str(Path("no_memory.py").absolute())],
        "distributed.scheduler.allowed-failures": 1,
    }
    with dask.config.set(impatient):
        failed, done = run_batch(plan(folder), workers=2, progress=False).records
    assert done.state == "done"
    assert failed.state == "failed"
    assert failed.error is not None
    assert "Received: 2 that ended on it" in failed.error
    assert "smaller size, tiles or fewer workers" in failed.error
    assert log_of(failed).endswith(f"{failed.error}\n")
