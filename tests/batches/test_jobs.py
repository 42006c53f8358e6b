"""Jobs: their names, their folders, and what is written of them."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from stylelab.batches.jobs import (
    CHECKPOINT,
    PICTURE,
    RECORD,
    Job,
    JobPicture,
    JobRecord,
    count_text,
    digest_source,
    read_record,
    read_records,
    write_record,
)
from stylelab.errors import PictureError
from stylelab.pipeline.settings import Settings


def picture(name: str, source: str = "cat") -> JobPicture:
    return JobPicture(name, source, digest_source(source), (300, 451))


def job(photo: str = "holiday/cat.png", source: str = "cat", **settings: object) -> Job:
    return Job(picture(photo, source), (picture("night.jpg", "night"),), Settings(**settings))  # type: ignore[arg-type]


def test_a_name_says_photo_and_painting_and_ends_in_a_digest() -> None:
    stem, _, digest = job().name.rpartition("-")
    assert stem == "cat-night"
    assert len(digest) == 12
    assert job().name == job().name


def test_another_content_or_setting_is_another_job() -> None:
    photo, night = picture("cat.png"), picture("night.jpg", "night")
    jobs = [
        job(),
        job(source="dog"),
        job(seed=1),
        job(size=256),
        Job(photo, (night,), Settings(), weights=None),
        Job(photo, (night, night), Settings()),
        Job(photo, (photo,), Settings()),
    ]
    assert len({one.name.rpartition("-")[2] for one in jobs}) == len(jobs)


def test_the_same_contents_in_another_place_are_the_same_job() -> None:
    assert job("elsewhere/cat.jpg").name == job().name


def test_a_name_is_the_same_however_its_letters_are_composed() -> None:
    assert job("Kätzchen.png").name == job("Ka\u0308tzchen.png").name
    assert job("!!!.png").name.startswith("picture-night-")


@hypothesis.given(strategies.text(min_size=1, max_size=60))
def test_whatever_the_names_of_the_pictures_a_folder_can_be_made(name: str) -> None:
    found = Job(picture(name), (picture("x" * 300),), Settings()).name
    assert len(found.encode("utf-8", "surrogatepass")) < 255
    assert not set(found) & set('/\\:*?"<>|\0\n ')
    assert not found.startswith(".")


def test_arrays_are_told_apart_by_values_shape_and_type() -> None:
    zeros = np.zeros((4, 6, 3), np.float32)
    others: list[Any] = [zeros + 1, zeros.reshape(6, 4, 3), zeros.astype(np.uint8)]
    assert len({digest_source(one) for one in [zeros, *others]}) == 4
    assert digest_source(np.asfortranarray(zeros)) == digest_source(zeros)


def test_a_file_that_changes_after_the_plan_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "photo.png"
    file.write_bytes(b"one")
    planned = JobPicture("photo.png", file, digest_source(file), (20, 20))
    assert planned.read() == b"one"
    file.write_bytes(b"two")
    with pytest.raises(PictureError, match=r"photo\.png, which has changed"):
        planned.read()
    file.unlink()
    with pytest.raises(PictureError, match="cannot be read"):
        planned.read()


def make_record(folder: Path, **fields: object) -> JobRecord:
    described = job().describe()
    folder.mkdir(parents=True)
    return JobRecord(folder.name, folder, described, Settings().describe(), **fields)  # type: ignore[arg-type]


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = make_record(
        tmp_path / "one",
        state="done",
        picture=tmp_path / "one" / PICTURE,
        loss=2.5,
        terms={"style": 2.0, "content": 0.5},
        seconds=3.0,
        memory=10**9,
    )
    (tmp_path / "one" / PICTURE).touch()
    write_record(record)
    assert read_record(tmp_path / "one") == record
    failed = replace(make_record(tmp_path / "two", state="failed"), error="Expected “ü” \ud800")
    write_record(failed)
    assert read_records(tmp_path) == [record, failed]


def test_the_state_follows_the_files(tmp_path: Path) -> None:
    record = make_record(tmp_path / "one")
    write_record(record)
    assert record.state == "waiting"
    (tmp_path / "one" / CHECKPOINT).touch()
    assert read_records(tmp_path) == [replace(record, state="interrupted")]
    write_record(replace(record, state="failed"))
    assert read_records(tmp_path)[0].state == "failed"
    write_record(replace(record, state="done"))  # its picture has been deleted
    assert read_records(tmp_path)[0].state == "interrupted"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 99}', '{"version": 1}', "\xff"])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    write_record(make_record(tmp_path / "good"))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / RECORD).write_text(text, "latin-1")
    (tmp_path / "letter.txt").touch()
    assert [record.name for record in read_records(tmp_path)] == ["good"]
    assert read_records(tmp_path / "missing") == []
    assert read_records(os.fspath(tmp_path / "letter.txt")) == []


def test_counts_are_written_with_their_thing() -> None:
    assert [count_text(number, "picture") for number in (1, 2000)] == [
        "1 picture",
        "2,000 pictures",
    ]
