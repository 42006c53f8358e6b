"""Batches on real workers of Dask: processes, some of which are killed."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import psutil
import pytest
from distributed import Client, LocalCluster

from stylelab.batches import running
from stylelab.batches.batch_plan import BatchPlan, plan_batch
from stylelab.batches.jobs import CHECKPOINT, LOG, PICTURE, JobRecord
from stylelab.batches.result import BatchResult
from stylelab.batches.run_batch import batch, run_batch
from stylelab.pictures.images import Picture
from stylelab.pictures.saving import read_settings, save_image
from stylelab.rights.reading import read_rights

SMALL: dict[str, Any] = {"size": 32, "style_layers": "block1_conv1", "content_layers": "block1_conv1"}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two workers, each a process of its own."""
    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0, silence_logs=50
    )
    with cluster, Client(cluster) as connected:
        yield connected


@pytest.fixture
def folder(tmp_path: Path, photo: Picture, painting: Picture) -> Path:
    """Two photos, one with rights beside it, and a painting."""
    save_image(tmp_path / "photos" / "a.png", photo, make_folders=True)
    save_image(tmp_path / "photos" / "b, 'ü'.png", photo[::-1])
    (tmp_path / "photos" / "a.png.rights.toml").write_text('author = "A. Reader"\n')
    save_image(tmp_path / "night.png", painting)
    return tmp_path


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


def patch(where: ModuleType, client: Any, **values: object) -> None:
    """Set constants of a module in all workers."""
    for name, value in values.items():
        client.run(_set, where.__name__, name, value)


def _set(module: str, name: str, value: object) -> None:
    import importlib

    setattr(importlib.import_module(module), name, value)
