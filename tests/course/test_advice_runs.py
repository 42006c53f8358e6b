"""The stored runs of notebook 14, and the ratios drawn from them."""

from dataclasses import replace

import numpy as np
import pytest

from stylelab.batches.plan_file import read_plan
from stylelab.course import advice_runs
from stylelab.course.advice_runs import (
    FOUR,
    PAINTINGS,
    PAIRS,
    PHOTOS,
    PLAN,
    SIZE,
    STEPS,
    describe_ratios,
    faint,
    load_records,
    pick,
    ratios,
    score_job,
)
from stylelab.course.experiments import Experiment
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import load_image, resize
from stylelab.pipeline.settings import Settings
from stylelab.samples.catalogue import sample


def record(photo: str, trial: str, style: float, steps: int = STEPS) -> advice_runs.Record:
    return {"photo": photo, "painting": "p", "trial": trial, "steps": steps, "style": style}


RECORDS = [
    record("a", "usual", 0.5),
    record("b", "usual", 0.25),
    record("a", "usual", 0.2, 2 * STEPS),
    record("a", "other", 1.0),
    record("b", "other", 0.125),
    record("b", "other", 0.75),
]


def test_every_pair_has_every_trial_and_every_photo_every_painting() -> None:
    records = load_records()
    trials = {one["trial"] for one in records} - {"alone", "blend of four"}
    assert len(trials) == 9
    for photo, painting in PAIRS:
        pair = pick(records, photo=photo, painting=painting)
        assert trials <= {one["trial"] for one in pair}
        seeds = {one["seed"] for one in pair if one["trial"] in ("noise", "random weights")}
        assert seeds == {1, 2}
    for photo in PHOTOS:
        assert {one["painting"] for one in pick(records, photo=photo, trial="alone")} == set(
            PAINTINGS
        )
        blended = pick(records, photo=photo, trial="blend of four")
        assert {one["painting"] for one in blended} == set(FOUR)
    assert all(one["style"] > 0 and one["content"] > 0 for one in records)


def test_the_paintings_beside_the_plan_are_samples_at_the_size_of_the_runs() -> None:
    for name in PAINTINGS:
        file = load_image(PLAN.parent / "advice_paintings" / f"{name}.png")
        np.testing.assert_array_equal(to_uint8(file), to_uint8(sample(name, SIZE)))


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Settings, advice_runs.Record]]:
    """The plan's jobs of one photo, as if each had painted the photo itself."""
    plan = read_plan(PLAN, output=tmp_path_factory.mktemp("advice"))
    assert plan.faults == ()
    photo = resize(sample("rocket"), SIZE)
    jobs = [job for job in plan.jobs if job.photo.name == "rocket"]
    return [(job.settings, one) for job in jobs for one in score_job(job, photo)]


def test_the_pictures_of_the_plan_are_those_of_the_table(
    scored: list[tuple[Settings, advice_runs.Record]],
) -> None:
    records = [one for _, one in scored]
    assert max(one["content"] for one in records) < 1e-3  # the photo itself, in 8 bits
    (hatching,) = {one["style"] for one in records if one["painting"] == "ink_hatching"}
    place = Experiment("rocket", sample("ink_hatching", SIZE), size=SIZE)
    assert hatching == pytest.approx(place.judge(place.photo).style, rel=1e-3)
    others = ("a quarter of the contrast", "random weights")
    stored = [one for one in pick(load_records(), photo="rocket") if one["trial"] not in others]
    assert sorted(map(facts, records)) == sorted(map(facts, stored))


def test_a_trial_of_the_plan_is_named_after_what_differs(
    scored: list[tuple[Settings, advice_runs.Record]],
) -> None:
    usual = Settings(size=SIZE, start="content")
    found = {
        one["trial"]: replace(settings, seed=usual.seed, steps=usual.steps)
        for settings, one in scored
    }
    assert found == {
        "usual": usual,
        "alone": usual,
        "blend of four": usual,
        "block 1 alone": replace(usual, style_layers="block1_conv1"),
        "block 5 alone": replace(usual, style_layers="block5_conv1"),
        "λ = 1": replace(usual, style_weight=1),
        "λ = 100": replace(usual, style_weight=100),
        "max pooling": replace(usual, pooling="max"),
        "noise": replace(usual, start="noise"),
    }


def facts(one: advice_runs.Record) -> str:
    """What a record is about, and the names of its scores."""
    own = [one[key] for key in ("painting", "trial", "seed", "steps")]
    return f"{own} {list(one)}"


def test_stored_scores_are_those_of_a_run() -> None:
    place = Experiment("coffee", sample("woodcut_waves", size=SIZE), size=SIZE, steps=2)
    scores = place.run(style_layers="block1_conv1").scores
    assert scores.style > 0
    stored = pick(load_records(), photo="coffee", painting="woodcut_waves", trial="usual")
    assert [one["steps"] for one in stored] == [STEPS, 2 * STEPS]
    assert stored[1]["style"] < stored[0]["style"] < scores.style


def test_ratios_compare_runs_of_one_pair() -> None:
    assert ratios(RECORDS, "other") == pytest.approx([2, 0.5, 3])
    assert ratios(RECORDS[:3], "usual", steps=2 * STEPS, base_steps=STEPS) == pytest.approx([0.4])


def test_ratios_are_described_by_median_range_and_count() -> None:
    assert describe_ratios([2, 0.5, 3]) == "2 (0.5 to 3), above 1 in 2 of 3"


def test_a_faint_picture_has_a_quarter_of_the_contrast() -> None:
    picture = np.random.default_rng(0).random((5, 6, 3), dtype=np.float32)
    assert faint(picture).std() == pytest.approx(picture.std() / 4, rel=1e-5)
    np.testing.assert_allclose(faint(np.full((1, 1, 3), 0.5, np.float32)), 0.5)


def test_the_summary_has_a_ratio_for_every_pair_and_seed() -> None:
    records = load_records()
    summary = advice_runs.summary_ratios(records)
    counts = {name: len(values) for name, values in summary.items()}
    assert counts["blend / one source"] == len(PHOTOS) * len(FOUR)
    assert counts["noise / photo"] == counts["random / learned weights"] == 2 * len(PAIRS)
    assert counts["faint / full, one unit"] == counts["40 steps / 20 steps"] == len(PAIRS)
    usual = pick(records, photo="cat", painting="swirling_night", trial="usual")
    shares = summary["40 steps / 20 steps"]
    assert shares[0] == pytest.approx(usual[1]["style"] / usual[0]["style"])
