"""Records of jobs that nobody ran, with their pictures, for tests of what shows results."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stylelab.batches.jobs import PICTURE, JobRecord, State, write_record
from stylelab.pictures.saving import save_image
from stylelab.pipeline.settings import Settings


def make_record(
    folder: Path,
    shade: float = 0.5,
    *,
    photo: str = "photos/cat.jpg",
    paintings: Sequence[str] = ("night.jpg",),
    state: State = "done",
    **settings: Any,
) -> JobRecord:
    """A job's record, written into a folder of its own; its picture is of one gray."""
    number = len(list(folder.iterdir())) if folder.exists() else 0
    own = folder / f"cat-night-{number:012}"
    own.mkdir(parents=True)
    is_done = state == "done"
    if is_done:
        save_image(own / PICTURE, np.full((24, 36, 3), shade, np.float32))
    record = JobRecord(
        own.name,
        own,
        {"photo": photo, "paintings": list(paintings), "weights": "learned"},
        Settings(**settings).describe(),
        state,
        own / PICTURE if is_done else None,
        loss=shade if is_done else None,
        terms={"content": shade / 4, "style": shade * 3 / 4} if is_done else {},
        scores={"content": 0.3, "style": 0.07} if is_done else {},
        seconds=63.2 if is_done else None,
        memory=1_400_000_000 if is_done else None,
        error=None if state != "failed" else "Expected a picture. Received: <b>none</b>.",
    )
    write_record(record)
    return record


def make_sweep(folder: Path, **lists: Sequence[Any]) -> list[JobRecord]:
    """A record for each combination, each a little brighter than the one before, from 0.1 on."""
    combinations = [
        dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())
    ]
    shades = np.linspace(0.1, 0.8, len(combinations))
    return [
        make_record(folder, float(shade), **one)
        for shade, one in zip(shades, combinations, strict=True)
    ]
