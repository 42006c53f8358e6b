from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from stylelab.course import one_pass
from stylelab.course.one_pass import (
    COUNTS,
    EVALUATIONS,
    GOING_ON,
    PAIRS,
    SEEDS,
    SEVEN,
    SMALL_STYLES,
    Comparison,
    SmallTraining,
    choose_photos,
    compare,
    evaluations_to,
    held_out_photos,
    load_comparisons,
    load_small_trainings,
    losses_by_evaluation,
    losses_by_photo_count,
    losses_by_start,
    picture_loss,
    save_tables,
    train_on_few,
)
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.network.vgg19 import LEARNED
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.painting.paint import find_network, paint_image
from stylelab.painting.training import train
from stylelab.painting.training_objective import TrainingObjective
from stylelab.painting.training_photos import SAMPLE_PHOTOS
from stylelab.painting.training_settings import TrainingSettings
from stylelab.pictures.images import Picture, resize
from stylelab.samples.catalogue import SAMPLES, sample


def test_the_table_has_every_pair_and_descents() -> None:
    table = load_comparisons()
    assert tuple((row.photo, row.style) for row in table) == PAIRS
    for row in table:
        assert set(row.networks) == {SEVEN, row.style}
        assert (len(row.from_photo), len(row.from_network)) == (EVALUATIONS, GOING_ON)
        for losses in (row.from_photo, row.from_network):
            assert list(losses) == sorted(losses, reverse=True)
        assert row.from_network[0] == row.networks[SEVEN]


def test_the_table_has_every_small_training() -> None:
    table = load_small_trainings()
    expected = {(style, n, seed) for style in SMALL_STYLES for n in COUNTS for seed in SEEDS}
    assert {(row.style, row.photos, row.seed) for row in table} == expected
    assert len(table) == len(expected)
    assert all(0 < row.held_out < row.untouched for row in table)


def test_worth_and_savings_are_counted_in_evaluations() -> None:
    row = Comparison("cat", "night", {SEVEN: 3.0, "night": 1.5}, [9, 5, 3, 2, 1], [3, 1, 0.5])
    assert (row.worth(), row.worth("night")) == (3, 5)
    # 3 is reached after 3 evaluations instead of 1, 1 after 5 instead of 2, and 0.5 not after 5.
    assert [row.saved(evaluations) for evaluations in (1, 2, 3)] == [2, 3, 3]
    assert row.name == "cat, night"
    assert evaluations_to([2.0, 1.0], 0.9) is None


def test_a_step_counts_after_the_last_of_its_evaluations() -> None:
    steps: Any = [
        SimpleNamespace(loss=loss, evaluations=count) for loss, count in ((5, 1), (3, 3), (2, 4))
    ]
    assert losses_by_evaluation(iter(steps), 4) == [5, 5, 3, 2]
    assert losses_by_evaluation(iter(steps), 6) == [5, 5, 3, 2, 2, 2]
    assert losses_by_evaluation(iter(steps), 2) == [5, 5]


def test_held_out_photos_are_none_of_the_samples() -> None:
    photos = held_out_photos(32)
    assert list(photos) == ["motorcycle", "portrait", "coins", "tissue"]
    known = [sample(name, size=32) for name, one in SAMPLES.items() if one.kind == "photograph"]
    for photo in photos.values():
        assert max(photo.shape[:2]) == 32
        assert photo.dtype == np.float32
        same = [one for one in known if one.shape == photo.shape]
        assert all(np.abs(one - photo).mean() > 0.05 for one in same)


@run_eagerly
def test_the_loss_of_a_picture_is_that_of_training(photo: Picture) -> None:
    tensorflow = import_tensorflow()
    crop = resize(photo, 48)[:32, :32]
    painted = np.random.default_rng(0).random(crop.shape, np.float32)
    settings = TrainingSettings(size=32, batch=1, style_size=64, style_weight=3.0)
    painting = sample("stained_glass")
    objective = TrainingObjective([resize(painting, 64)], settings, LEARNED)
    photos, pictures = (tensorflow.constant(one[None]) for one in (crop, painted))
    terms = objective.weighted_terms(photos, pictures, tensorflow.constant([0]))
    evaluation = picture_loss(crop, "stained_glass", settings)(painted)
    for name, value in evaluation.terms.items():
        assert value == pytest.approx(float(terms[name]), rel=1e-4)


def test_a_comparison_uses_one_loss_for_all() -> None:
    row = compare("coins", "swirling_night", size=48, evaluations=3, going_on=2)
    photo = held_out_photos(48)["coins"]
    loss = picture_loss(photo, "swirling_night")
    painted = paint_image(photo, find_network(SEVEN)[0], "swirling_night")
    assert row.networks[SEVEN] == pytest.approx(loss(painted).loss, rel=1e-4)
    assert row.from_photo[0] == pytest.approx(loss(photo).loss, rel=1e-4)
    assert row.from_network[0] == pytest.approx(row.networks[SEVEN], rel=1e-4)
    steps = [step.loss for step in lbfgs(loss, start=photo, steps=3) if step.evaluations <= 3]
    assert row.from_photo[-1] == pytest.approx(steps[-1], rel=1e-3)


def test_a_small_training_is_measured_on_photos_it_did_not_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tiny: dict[str, Any] = {"size": 32, "batch": 1, "width": 2, "blocks": 0, "style_size": 32}
    monkeypatch.setattr(one_pass, "SMALL", tiny)
    row = train_on_few("woodcut_waves", 2, 5, steps=2, size=32)
    names = [name for name, one in SAMPLES.items() if one.kind == "photograph"]
    chosen = np.random.default_rng(5).permutation(names)[:2].tolist()
    last = next(islice(train("woodcut_waves", chosen, steps=2, seed=5, **tiny), 1, None))
    losses = [
        picture_loss(one, "woodcut_waves", TrainingSettings(**tiny))(paint_image(one, last.network))
        for one in held_out_photos(32).values()
    ]
    assert row.held_out == pytest.approx(np.mean([one.loss for one in losses]), rel=1e-4)
    assert (row.style, row.photos, row.seed) == ("woodcut_waves", 2, 5)


def test_tables_are_stored_with_four_digits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = Comparison("cat", "night", {SEVEN: 1 / 3}, [2 / 3, 0.1], [1 / 3])
    training = SmallTraining("night", 2, 0, 1 / 7, 2.0, 5.0)
    path = tmp_path / "tables.json"
    save_tables([comparison], [training], path)
    monkeypatch.setattr(one_pass, "TABLE", path)
    (loaded,), (few,) = load_comparisons(), load_small_trainings()
    assert loaded == Comparison("cat", "night", {SEVEN: 0.3333}, [0.6667, 0.1], [0.3333])
    assert few.seen == 0.1429


def test_the_first_photos_of_the_seeds_are_those_that_the_notebook_names() -> None:
    first = [np.random.default_rng(seed).permutation(SAMPLE_PHOTOS)[0] for seed in SEEDS]
    assert first == ["astronaut", "deep_field"]
    assert [*losses_by_photo_count(load_small_trainings())] == first


def test_the_photos_of_a_seed_stay_when_others_join_them() -> None:
    chosen = [choose_photos(count, 3) for count in (1, 2, 7)]
    assert chosen[2][:2] == chosen[1]
    assert chosen[1][:1] == chosen[0]
    assert set(chosen[2]) == set(SAMPLE_PHOTOS)


def test_losses_are_sorted_by_first_photo_and_style() -> None:
    numbers = iter(range(100))
    trainings = [
        SmallTraining(style, photos, seed, next(numbers), next(numbers), 99)
        for seed in SEEDS
        for style in SMALL_STYLES
        for photos in COUNTS[:2]
    ]
    tables = losses_by_photo_count(trainings)
    assert tables["astronaut"]["the first photo"] == [[0, 2], [4, 6]]
    assert tables["deep_field"]["held-out photos"] == [[9, 11], [13, 15]]


def test_losses_of_both_starts_are_shares_of_the_networks() -> None:
    rows = [
        Comparison("cat", "night", {SEVEN: 2.0, "night": 1.0}, [8, 4, 1], [2, 1, 0.5]),
        Comparison("cup", "night", {SEVEN: 4.0, "night": 1.0}, [8, 4, 2], [4, 3, 1]),
    ]
    tables = losses_by_start(rows, (1, 3))
    assert tables == {
        "from the photo": [[4, 0.5], [2, 0.5]],
        "from the network's picture": [[1, 0.25], [1, 0.25]],
    }
