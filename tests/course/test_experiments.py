"""Runs that differ in one thing, and one judge for all of them."""

from typing import Any

import numpy as np
import pytest

from stylelab.course.experiments import (
    Experiment,
    Trial,
    content_key,
    format_scores,
    mean_difference,
)
from stylelab.errors import SettingsError
from stylelab.losses.style import style
from stylelab.network.weights import random_weights
from stylelab.pictures.images import Picture, resize, resize_to
from stylelab.pipeline.transfer import transfer
from stylelab.samples.catalogue import sample

SIZE = 48


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return Experiment(
        sample("cat"), sample("swirling_night", size=64), size=SIZE, steps=6, style_weight=10.0
    )


@pytest.fixture(scope="module")
def usual(experiment: Experiment) -> Trial:
    return experiment.run()


def noise(height: int = 32, width: int = 32) -> Picture:
    return np.random.default_rng(height).random((height, width, 3), dtype=np.float32)


# The runs


def test_a_painting_is_judged_at_the_size_of_the_photo(experiment: Experiment) -> None:
    large = sample("ink_hatching", size=96)
    judges = experiment.judge_for(large), experiment.judge_for(resize(large, SIZE))
    for name, gram in judges[0].grams.items():
        np.testing.assert_array_equal(gram, judges[1].grams[name])


def test_a_trial_gives_the_same_picture_as_transfer(experiment: Experiment, usual: Trial) -> None:
    result = transfer(
        sample("cat", size=SIZE),
        resize(sample("swirling_night", size=64), SIZE),
        size=SIZE,
        steps=6,
        style_weight=10.0,
        start="content",
        progress=False,
    )
    np.testing.assert_array_equal(usual.image, result.image)
    assert usual.evaluations == result.history[-1].evaluations
    assert usual.scores == experiment.judge(usual.image)
    assert len(usual.losses) == 7
    assert (np.diff(usual.losses) <= 0).all()
    assert usual.losses[-1] == min(record.loss for record in result.history)


def test_runs_are_cached(experiment: Experiment, usual: Trial) -> None:
    assert experiment.run() is usual
    assert experiment.run(style_weight=10.0, steps=6) is usual
    assert experiment.run(start="content") is usual
    assert experiment.run(painting=experiment.painting.copy()) is not None


def test_every_change_makes_a_separate_run(experiment: Experiment, usual: Trial) -> None:
    trials = [
        usual,
        experiment.run(start="noise", seed=1),
        experiment.run(start="noise", seed=2),
        experiment.run(weights=random_weights(0)),
    ]
    for number, trial in enumerate(trials):
        for other in trials[:number]:
            assert mean_difference(trial.image, other.image) > 0.1


def test_a_run_can_start_from_a_picture_of_any_size(experiment: Experiment) -> None:
    start = noise(20, 30)
    trial = experiment.run(start=start, steps=1)
    fitted = resize_to(start, *experiment.photo.shape[:2])
    np.testing.assert_allclose(trial.image_after(0), fitted, atol=1e-6)
    assert experiment.run(start=start.copy(), steps=1) is trial
    assert experiment.run(steps=1) is not trial


def test_runs_are_cached_by_the_content_of_their_inputs() -> None:
    one, other = noise(), noise()
    other[5, 5, 0] += 0.01
    sources: list[Any] = [
        None,
        one,
        other,
        one.reshape(16, 64, 3),
        one.view(np.int32),
        [one, other],
        [other, one],
        style(one),
        style(one, scale=2),
        0.5 * style(one),
        style(other),
        style(one).with_network(pooling="max"),
        "content",
        random_weights(0),
        random_weights(1),
    ]
    keys = [content_key(source) for source in sources]
    assert len(set(keys)) == len(keys)
    assert content_key(one.copy()) == content_key(one)
    assert content_key(random_weights(1)) == keys[-1]
    assert content_key(style(one.copy())) == content_key(style(one))


def test_a_longer_run_starts_with_the_steps_of_a_shorter_one(
    experiment: Experiment, usual: Trial
) -> None:
    longer = experiment.run(steps=11)
    assert list(longer.saved_images) == [0, 5, 10, 11]
    np.testing.assert_array_equal(longer.image_after(5), usual.image_after(5))
    np.testing.assert_array_equal(longer.image_after(0), experiment.photo)
    np.testing.assert_array_equal(longer.image_after(11), longer.image)
    with pytest.raises(SettingsError, match="0, 5, 10, 11"):
        longer.image_after(7)


def test_a_run_that_converges_early_has_a_picture_of_its_last_step(
    experiment: Experiment,
) -> None:
    trial = experiment.run(painting=experiment.photo, steps=9)  # nothing is left to change
    assert len(trial.losses) < 10
    np.testing.assert_array_equal(trial.image_after(9), trial.image)


def test_a_run_is_scored_against_a_single_painting_or_the_experiment_s(
    experiment: Experiment,
) -> None:
    other = sample("ink_hatching", size=SIZE)
    alone = experiment.run(painting=other)
    assert alone.scores == experiment.judge_for(other)(alone.image)
    assert alone.scores != experiment.judge(alone.image)
    blend = experiment.run(painting=[experiment.painting, other])
    assert blend.scores == experiment.judge(blend.image)
    halves = 0.5 * style(experiment.painting) + 0.5 * style(other)
    by_loss = experiment.run(painting=halves)
    assert mean_difference(by_loss.image, blend.image) < 1e-3
    assert experiment.run(painting=halves) is by_loss
    assert experiment.run(painting=0.1 * style(experiment.painting) + style(other)) is not by_loss


def test_a_blend_takes_layers_and_statistic_from_the_settings(experiment: Experiment) -> None:
    paintings = [experiment.painting, noise(40, 40)]
    changes: Any = {"style_layers": "block2_conv1", "statistic": "mean_covariance"}
    listed = experiment.run(painting=paintings, **changes)
    settings = listed.settings
    halves = 0.5 * settings.style_loss(paintings[0]) + 0.5 * settings.style_loss(paintings[1])
    np.testing.assert_array_equal(listed.image, experiment.run(painting=halves, **changes).image)
    assert not np.array_equal(listed.image, experiment.run(painting=paintings).image)
    with pytest.raises(SettingsError, match="empty list"):
        experiment.run(painting=[])


# The measures


def test_mean_difference_is_in_steps_of_8_bits() -> None:
    one, other = np.zeros((4, 4, 3), np.float32), np.zeros((4, 4, 3), np.float32)
    other[:2] = 1 / 255
    assert mean_difference(one, other) == pytest.approx(0.5)
    assert mean_difference(other, one) == pytest.approx(0.5)


def test_a_table_has_a_line_for_each_trial(usual: Trial) -> None:
    lines = format_scores({"usual": usual, "another name": usual}).splitlines()
    scores = usual.scores
    assert lines[0].split() == ["content", "style", "grain"]
    assert lines[1].split()[1:] == [
        f"{scores.content:.2f}",
        f"{scores.style:.3f}",
        f"{scores.grain:.1f}",
    ]
    assert len(lines) == 3
    assert lines[1].split()[1:] == lines[2].split()[2:]
    assert f"{usual.scores.style:.3f}" in lines[1]


def test_settings_are_validated(experiment: Experiment) -> None:
    wrong: Any = {"pooling": "median"}
    with pytest.raises(SettingsError, match="pooling"):
        experiment.run(**wrong)
