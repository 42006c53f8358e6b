"""Measure batches, and disturb one for long: make bench-batches.

Photos are noise, the network's weights random, pictures small: what is measured is what a batch adds to
its runs. `--scale 0.1` does a tenth of it.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from stylelab.batches.batch_plan import BatchPlan, plan_batch
from stylelab.batches.cluster import connect
from stylelab.batches.jobs import PICTURE, write_record
from stylelab.batches.paint_job import THREADS_VARIABLE
from stylelab.batches.run_batch import run_batch
from stylelab.pictures.saving import save_image
from stylelab.pipeline.hardware import available_cores
from stylelab.pipeline.transfer import transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stylelab.batches.jobs import JobRecord
    from stylelab.batches.result import BatchResult

SECONDS_BETWEEN_KILLS = (8.0, 20.0)
"""At least and at most: a worker needs some seconds to be there again."""


def main() -> None:
    """Run every measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help="skipping, overhead, …")
    arguments = parser.parse_args()
    print(f"machine: {available_cores()} cores\n")
    print(f"{'measure':<58}{'measured':>14}   wanted")
    for measure in (skipping, overhead, throughput, memory, soak):
        if not arguments.measures or measure.__name__ in arguments.measures:
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                for name, value, wanted in measure(arguments.scale):
                    print(f"{name:<58}{value:>14}   {wanted}", flush=True)
                os.chdir("/")


def make_photos(count: int, side: int, folder: str = "photos") -> None:
    """Write photos of noise."""
    generator = np.random.default_rng(count)
    for number in range(count):
        image = generator.random((side, side, 3), dtype=np.float32)
        save_image(Path(folder) / f"{number:04}.png", image, make_folders=True)


def small_plan(output: str, photos: Any = "photos", **settings: Any) -> BatchPlan:
    """Plan pictures of 16 px, of few layers."""
    chosen: dict[str, Any] = {
        "size": 16,
        "steps": 1,
        "style_layers": "block1_conv1",
        "content_layers": "block1_conv1",
        **settings,
    }
    return plan_batch(photos, "swirling_night", output=output, weights=None, **chosen)


@contextmanager
def workers(count: int) -> Iterator[Any]:
    """A client of so many workers, each of which has TensorFlow already."""
    with connect(workers=count, scheduler=None, client=None, fitting=count) as client:
        client.run(_import)
        yield client


def _import() -> None:
    from stylelab.batches.paint_job import THREADS
    from stylelab.network.tensorflow import import_tensorflow

    os.environ.setdefault(THREADS_VARIABLE, str(THREADS))
    import_tensorflow()


def skipping(scale: float) -> Iterator[tuple[str, str, str]]:
    """Jobs that are done already."""
    count = round(1000 * scale)
    make_photos(count, 16)
    for record in small_plan("out").records().values():
        record.folder.mkdir(parents=True)
        (record.folder / PICTURE).touch()
        write_record(type(record)(**{**vars(record), "state": "done"}))
    started = time.perf_counter()
    result = run_batch(small_plan("out"), progress=False)
    seconds = time.perf_counter() - started
    assert all(record.state == "done" for record in result.records)
    yield f"{count} jobs planned and skipped", f"{seconds:.2f} s", "under 5 s for 1000"


def overhead(scale: float) -> Iterator[tuple[str, str, str]]:
    """A job of a batch beside its run alone, at 256 px and the default settings.

    Each job has another photo: so what is kept from one job to the next is of no use here.
    """
    count = max(2, round(6 * scale))
    settings: dict[str, Any] = {"size": 256}
    make_photos(count, 256)
    os.environ[THREADS_VARIABLE] = "1"
    with workers(1) as client:
        first = plan_batch("photos/0000.png", "swirling_night", output="first", **settings)
        run_batch(first, client=client, progress=False)  # compiles
        alone = client.submit(_paint_alone, str(Path.cwd()), count, settings, pure=False).result()
        planned = plan_batch("photos", "swirling_night", output="out", **settings)
        started = time.perf_counter()
        run_batch(planned, client=client, progress=False)
        seconds = time.perf_counter() - started
    yield "overhead a job, 256 px", f"{100 * (seconds / alone - 1):.1f} %", "under 5 %"


def _paint_alone(folder: str, count: int, settings: dict[str, Any]) -> float:
    started = time.perf_counter()
    for number in range(count):
        photo = f"{folder}/photos/{number:04}.png"
        result = transfer(photo, "swirling_night", progress=False, **settings)
        result.save(f"{folder}/alone.png")
    return time.perf_counter() - started


def throughput(scale: float) -> Iterator[tuple[str, str, str]]:
    """All cores: workers of one thread each, against one worker of as many threads."""
    cores = available_cores()
    make_photos(max(2, round(4 * scale)) * cores, 256)
    seconds = {}
    for threads in (1, cores):
        os.environ[THREADS_VARIABLE] = str(threads)
        with workers(cores // threads) as client:
            for output in ("first", "out"):  # the first time compiles
                planned = plan_batch(
                    "photos", "swirling_night", output=f"{output}{threads}", size=256, steps=20
                )
                started = time.perf_counter()
                run_batch(planned, client=client, progress=False)
                seconds[threads] = time.perf_counter() - started
    os.environ.pop(THREADS_VARIABLE)
    name = f"{cores} workers of a thread, pictures a second of one of {cores}"
    yield name, f"{seconds[cores] / seconds[1]:.2f} ×", "over 1 ×"


def memory(scale: float) -> Iterator[tuple[str, str, str]]:
    """What client and scheduler, both in this process, hold after few jobs and after many."""
    few, many = 10, max(20, round(1000 * scale))
    make_photos(few + many, 16)
    names = sorted(map(str, Path("photos").iterdir()))
    with workers(available_cores()) as client:
        run_batch(small_plan("few", names[:few]), client=client, progress=False)
        before = psutil.Process().memory_info().rss
        workers_before = max(client.run(_held).values())
        started = time.perf_counter()
        run_batch(small_plan("many", names[few:]), client=client, progress=False)
        seconds = time.perf_counter() - started
        grown = psutil.Process().memory_info().rss - before
        workers_grown = max(client.run(_held).values()) - workers_before
    yield f"client and scheduler: growth from {few} to {many} jobs", f"{grown / 1e6:.0f} MB", "flat"
    yield f"worker: growth from {few} to {many} jobs", f"{workers_grown / 1e6:.0f} MB", "flat"
    yield "a job of 16 px and one step, all told", f"{seconds / many:.3f} s", ""


def _held() -> int:
    return int(psutil.Process().memory_info().rss)


def soak(scale: float) -> Iterator[tuple[str, str, str]]:
    """A long batch whose workers are killed, with hostile photos: the same pictures as undisturbed."""
    count, kills = max(10, round(200 * scale)), max(2, round(20 * scale))
    make_photos(count - count // 5, 24)
    for number in range(count // 5):
        content = [b"", b"Dear reader", Path("photos/0000.png").read_bytes()[: 300 + number]]
        Path(f"photos/hostile{number:03}.png").write_bytes(content[number % 3])
    with workers(available_cores()) as client:
        expected = pictures(run_batch(disturbed_plan("out"), client=client, progress=False))
        planned, ended = disturbed_plan("disturbed"), threading.Event()
        killer = threading.Thread(target=kill_workers, args=(client, kills, ended))
        killer.start()
        found: list[JobRecord] = []
        rounds = 0
        while not ended.is_set() or rounds == 0:  # new photos until all kills are done
            result = run_batch(
                planned, client=client, progress=False, callback=found.append, retry_failed=False
            )
            rounds += 1
            assert pictures(result) == expected, "other pictures than undisturbed"
            assert len(found) == len(planned.jobs), "jobs were lost, or done twice"
            planned, found = disturbed_plan(f"disturbed{rounds}"), []
        killer.join()
    hostile = len(planned.faults)
    yield f"{count} photos, {kills} kills, {rounds} rounds: pictures equal", "all", "all"
    yield "hostile photos found before the batch, the others by it", f"{hostile}", ""


def disturbed_plan(output: str) -> BatchPlan:
    """Plan pictures that take some seconds each."""
    return small_plan(output, size=24, steps=60)


def pictures(result: BatchResult) -> dict[str, bytes | str]:
    """Each job's picture, or the sentence why it failed."""
    return {
        one.name: one.picture.read_bytes() if one.picture else str(one.error)
        for one in result.records
    }


def kill_workers(client: Any, kills: int, ended: threading.Event) -> None:
    """Kill so many workers, one at a time, at random moments."""
    generator = np.random.default_rng(20260101)
    for _ in range(kills):
        time.sleep(generator.uniform(*SECONDS_BETWEEN_KILLS))
        client.wait_for_workers(1)
        numbers = client.run(os.getpid, on_error="ignore")
        os.kill(int(generator.choice(sorted(numbers.values()))), signal.SIGKILL)
    ended.set()


if __name__ == "__main__":
    main()
