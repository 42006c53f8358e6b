"""A batch before it runs: photos × paintings × settings."""

from pathlib import Path

import numpy as np
import pytest

from stylelab.batches.batch_plan import BatchPlan, forecast_costs, plan_batch
from stylelab.batches.jobs import write_record
from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.images import Picture
from stylelab.pictures.saving import save_image
from stylelab.pipeline.cost_estimate import estimate_cost
from stylelab.pipeline.settings import Settings

ONE = np.full((20, 30, 3), 0.5, np.float32)
OTHER = np.full((30, 20, 3), 0.25, np.float32)


def plan(tmp_path: Path, **settings: object) -> BatchPlan:
    return plan_batch([ONE, OTHER], [ONE, [ONE, OTHER]], output=tmp_path / "out", **settings)  # type: ignore[arg-type]


def test_every_photo_is_painted_in_every_style_with_every_combination(tmp_path: Path) -> None:
    planned = plan(tmp_path, seed=[0, 1], style_weight=[3, 10, 30], size=32)
    assert len({job.name for job in planned.jobs}) == 2 * 2 * 2 * 3
    assert planned.summary == "2 photos, 2 styles and 6 combinations of settings: 24 pictures"
    assert {(job.settings.seed, job.settings.style_weight) for job in planned.jobs} == {
        (seed, weight) for seed in (0, 1) for weight in (3, 10, 30)
    }
    assert not (tmp_path / "out").exists()


def test_a_picture_that_is_given_twice_is_painted_once(tmp_path: Path) -> None:
    planned = plan_batch([ONE, ONE], [OTHER, OTHER], output=tmp_path, seed=[0, 0], size=32)
    assert len(planned.jobs) == 1


def test_the_original_size_is_each_photo_s_own(tmp_path: Path, photo: Picture) -> None:
    planned = plan_batch([ONE, photo], OTHER, output=tmp_path, size="original")
    assert [job.settings.size for job in planned.jobs] == [30, 64]


def test_a_table_s_settings_count_before_the_others(tmp_path: Path, photo: Picture) -> None:
    save_image(tmp_path / "a.png", photo)
    (tmp_path / "t.csv").write_text("photo,painting,seed\na.png,a.png,7\na.png,,\n")
    planned = plan_batch(tmp_path / "t.csv", [ONE, OTHER], output=tmp_path / "out", seed=[0, 1])
    found = [(job.paintings[0].name, job.settings.seed) for job in planned.jobs]
    one, other = (job.paintings[0].name for job in planned.jobs[1::2])
    assert found == [(str(tmp_path / "a.png"), 7), (one, 0), (one, 1), (other, 0), (other, 1)]
    (tmp_path / "t.csv").write_text("photo,seed\na.png,-7\n")
    with pytest.raises(SettingsError, match=r"a\.png: Expected seed"):
        plan_batch(tmp_path / "t.csv", ONE, output=tmp_path / "out")


def test_all_faults_of_settings_and_pictures_are_named_together(tmp_path: Path) -> None:
    given = [ONE, tmp_path / "a.png", tmp_path / "b.png"]
    with pytest.raises(SettingsError) as refused:
        plan_batch(given, [OTHER, tmp_path / "c.png"], output=tmp_path, seed=-1, steps=0)
    lines = str(refused.value).splitlines()
    words = ["seed", "steps", "a.png", "b.png", "c.png"]
    assert len(lines) == 5
    assert all(word in line for word, line in zip(words, lines, strict=True))


def test_pictures_that_cannot_be_used_do_not_stop_the_others(tmp_path: Path) -> None:
    planned = plan_batch([ONE, tmp_path / "a.png"], OTHER, output=tmp_path)
    assert len(planned.jobs) == len(planned.faults) == 1
    with pytest.raises(PictureError, match="Expected paintings to paint") as refused:
        plan_batch(ONE, [tmp_path / "a.png"], output=tmp_path)
    assert "a.png" in str(refused.value)
    with pytest.raises(PictureError, match="Expected photos to paint"):
        plan_batch([], OTHER, output=tmp_path)


def test_records_say_what_is_done_already(tmp_path: Path) -> None:
    planned = plan(tmp_path, size=32)
    records = planned.records()
    assert [record.state for record in records.values()] == ["waiting"] * 4
    first = records[planned.jobs[0].name]
    assert first.job == planned.jobs[0].describe()
    first.folder.mkdir(parents=True)
    write_record(first)
    assert planned.records() == records


def test_the_forecast_is_that_of_each_run(tmp_path: Path) -> None:
    planned = plan(tmp_path, size=[32, 64], tile=[None, 256])
    costs = forecast_costs(planned.jobs)
    assert [*costs] == [job.name for job in planned.jobs]
    job = planned.jobs[-1]
    inputs = [job.photo.shape, *(one.shape for one in job.paintings)]
    expected = estimate_cost(job.photo.shape, job.settings, inputs=inputs)
    assert costs[job.name].memory == expected.memory
    assert costs[job.name].seconds == expected.seconds


def test_a_large_input_is_held_at_four_times_the_size_at_most(tmp_path: Path) -> None:
    small, large = (
        plan_batch(np.zeros((side, 2 * side, 3), np.float32), ONE, output=tmp_path, size=32)
        for side in (64, 640)
    )
    costs = [next(iter(forecast_costs(one.jobs).values())).memory for one in (small, large)]
    assert costs[0] == costs[1]
    assert Settings(size=32) == small.jobs[0].settings


def test_a_start_may_be_a_picture_and_each_is_another_job(tmp_path: Path, photo: Picture) -> None:
    save_image(tmp_path / "a.png", photo)
    planned = plan(tmp_path, start=["content", "noise", "cat", OTHER], base=tmp_path, size=32)
    assert planned.summary.endswith("4 combinations of settings: 16 pictures")
    starts = [
        job.others["start"].name if job.others else job.settings.start for job in planned.jobs[:4]
    ]
    assert starts[:3] == ["content", "noise", "cat"]
    assert planned.jobs[2].settings.start == Settings.start
    assert len({job.name for job in planned.jobs}) == 16
    assert (
        plan(tmp_path, start="a.png", base=tmp_path).jobs[0].others["start"].shape
        == photo.shape[:2]
    )
    with pytest.raises(SettingsError) as refused:
        plan(tmp_path, start=["noise", "catt", 3], seed=-1)
    assert all(words in str(refused.value) for words in ("'cat'", "a picture", "seed"))


def test_creator_and_licence_make_another_job(tmp_path: Path) -> None:
    named = plan(tmp_path, creator="A. Reader", licence="CC0 1.0")
    assert named.jobs[0].statement == {"creator": "A. Reader", "licence": "CC0 1.0"}
    assert {job.name for job in named.jobs}.isdisjoint(job.name for job in plan(tmp_path).jobs)
    record = named.records()[named.jobs[0].name]
    assert record.job["creator"] == "A. Reader"
