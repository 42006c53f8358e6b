"""Measurement of notebook 17: networks trained with three kinds of normalisation."""

from typing import Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.course import normalization_runs as runs
from stylelab.painting.normalization import Statistics
from stylelab.painting.painting_network import PaintingNetwork, paint_tensors
from stylelab.painting.training_photos import CropStream, find_photos
from stylelab.painting.training_settings import TrainingSettings
from stylelab.pictures.images import Picture

TINY = TrainingSettings(
    size=32,
    batch=2,
    width=2,
    blocks=0,
    style_size=32,
    content_layers="block1_conv1",
    style_layers="block1_conv1",
)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SETTINGS", TINY)
    monkeypatch.setattr(runs, "POPULATION_BATCHES", 2)


def as_tensor(values: Any) -> Any:
    return sl.import_tensorflow().constant(values, "float32")


def test_contrast_is_taken_around_middle_gray(photo: Picture) -> None:
    faint = runs.with_contrast(photo, 0.25)
    assert faint.std() == pytest.approx(0.25 * photo.std(), rel=1e-5)
    assert np.allclose(faint - 0.5, 0.25 * (photo - 0.5), atol=1e-6)
    assert np.array_equal(runs.with_contrast(photo, 1), np.float32(0.5) + (photo - np.float32(0.5)))


def test_a_batch_has_one_mean_and_one_variance_in_each_channel(random: np.random.Generator) -> None:
    maps = random.random((3, 5, 4, 2), dtype=np.float32)
    statistics = runs.batch_statistics(as_tensor(maps))
    for channel in range(2):
        values = maps[..., channel].ravel().astype(float)
        assert statistics.mean.numpy()[0, 0, 0, channel] == pytest.approx(values.mean())
        assert statistics.variance.numpy()[0, 0, 0, channel] == pytest.approx(values.var())


def test_fixed_statistics_depend_on_nothing(random: np.random.Generator) -> None:
    statistics = runs.fixed_statistics(as_tensor(random.random((3, 5, 4, 2))))
    assert statistics.mean.numpy().tolist() == [[[[0, 0]]]]
    assert statistics.variance.numpy().tolist() == [[[[1, 1]]]]


def with_random_tables(random: np.random.Generator) -> PaintingNetwork:
    network = PaintingNetwork(("night",), width=3, blocks=1)
    tables = {
        name: values if name.endswith("kernel") else as_tensor(random.normal(1, 0.5, values.shape))
        for name, values in network.parameters.items()
    }
    return PaintingNetwork(network.info, parameters=tables)


def test_a_folded_network_paints_as_with_the_statistics(
    random: np.random.Generator, photo: Picture
) -> None:
    network = with_random_tables(random)
    other = random.random((2, 32, 32, 3), dtype=np.float32)
    one = np.ones((1, 1), np.float32)
    statistics = {
        name: Statistics(*(part.numpy().mean(0, keepdims=True) for part in each))
        for name, each in network.statistics(as_tensor(other), as_tensor(one)).items()
    }
    expected = network(as_tensor(photo[None]), as_tensor(one), statistics).numpy()[0]
    folded = runs.fold(network, statistics)
    painted = runs.paint_with(folded, photo, own_statistics=False)
    assert np.allclose(painted, expected, atol=1e-4)
    assert not np.allclose(painted, runs.paint_with(network, photo, own_statistics=True), atol=1e-2)


def test_with_its_own_statistics_a_photo_is_painted_as_by_paint(photo: Picture) -> None:
    network = PaintingNetwork(("night",), width=3, blocks=1)
    own = runs.paint_with(network, photo, own_statistics=True)
    assert np.allclose(own, sl.paint(photo, network).image, atol=1e-6)


def test_without_the_photo_only_the_convolutions_paint(photo: Picture) -> None:
    network = PaintingNetwork(("night",), width=3, blocks=1)
    own = runs.paint_with(runs.without_photo(network), photo, own_statistics=True)
    added = np.log(1 / own - 1) - np.log(1 / sl.paint(photo, network).image - 1)
    scale = network.parameters["photo/scale"].numpy()[0]
    assert np.allclose(added, scale * (2 * photo - 1), atol=0.01)
    other = {name for name in network.parameters if name != "photo/scale"}
    bare = runs.without_photo(network).parameters
    assert all(bare[name] is network.parameters[name] for name in other)


@pytest.mark.usefixtures("tiny")
def test_population_statistics_are_means_over_batches() -> None:
    """The first convolution's: of a batch, from those of its pictures, by the law of total variance."""
    network = PaintingNetwork(("night",), width=3, blocks=1)
    found = runs.population_statistics(network)["input"]
    stream = CropStream(find_photos(runs.TRAINING_PHOTOS), 32, 2, 1_000).batches()
    means, variances = [], []
    for _ in range(2):
        each = network.statistics(as_tensor(next(stream)), as_tensor([[1]]))["input"]
        means.append(each.mean.numpy().mean(0))
        variances.append(each.variance.numpy().mean(0) + each.mean.numpy().var(0))
    assert np.allclose(found.mean[0], np.mean(means, 0), atol=1e-5)
    assert np.allclose(found.variance[0], np.mean(variances, 0), rtol=1e-3)


@pytest.mark.usefixtures("tiny")
def test_instance_normalisation_is_trained_as_by_train_and_no_other() -> None:
    settings = TINY.describe() | {"seed": 3, "learning_rate": 0.01}
    painting = {"swirling_night": sl.sample("swirling_night", size=TINY.style_size)}
    step = next(sl.train(painting, runs.TRAINING_PHOTOS, steps=2, **settings))
    for kind in ("instance", "none"):
        network = next(runs.train_kind(kind, "swirling_night", 3, 0.01, steps=2))
        same = [
            np.array_equal(network.parameters[name], values)
            for name, values in step.network.parameters.items()
        ]
        assert all(same) == (kind == "instance")


@pytest.mark.usefixtures("tiny")
def test_a_run_is_scored_after_the_steps_and_at_the_contrasts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runs, "SCORED_AFTER", (1, 2))
    monkeypatch.setattr(runs, "SCORED_SIZE", 32)
    monkeypatch.setattr(runs, "STEPS", 2)
    run, network = runs.measure_run("batch", "swirling_night", 0, 0.01)
    assert np.shape(run["style_by_steps"]) == np.shape(run["content_by_steps"]) == (2, 3)
    assert np.shape(run["style_by_contrast"]) == np.shape(run["content_by_contrast"]) == (4, 3)
    assert run["style_by_contrast"][0] == run["style_by_steps"][-1]
    photo = sl.sample(runs.HELD_OUT[1], size=32)
    painted = runs.paint_with(network, runs.with_contrast(photo, 0.5), own_statistics=False)
    loss = sl.style(sl.sample("swirling_night", size=32), "block1_conv1")
    assert run["style_by_contrast"][1][1] == pytest.approx(loss(painted).loss, rel=1e-3)


def test_every_planned_run_is_stored() -> None:
    stored = runs.load_runs()
    keys = [(run["kind"], run["style"], run["seed"], run["rate"]) for run in stored]
    assert sorted(keys) == sorted(runs.planned_runs())
    for run in stored:
        for name in ("style", "content"):
            assert np.shape(run[f"{name}_by_steps"]) == (len(runs.SCORED_AFTER), len(runs.HELD_OUT))
            assert np.shape(run[f"{name}_by_contrast"]) == (len(runs.CONTRASTS), len(runs.HELD_OUT))


def test_runs_are_loaded_by_their_learning_rate() -> None:
    by_rate = [runs.load_runs(rate) for rate in (runs.USUAL_RATE, runs.SMALLER_RATE)]
    assert [len(some) for some in by_rate] == [18, 2]
    assert {run["kind"] for run in by_rate[1]} == {"none"}
    assert len(runs.load_runs()) == 20


def test_seed_by_seed_the_stored_losses_end_in_the_order_of_the_kinds() -> None:
    losses = runs.by_style_and_kind(runs.load_runs(runs.USUAL_RATE), runs.losses_by_steps)
    for of_kinds in losses.values():
        for instance, batch, none in zip(*(of_kinds[kind] for kind in runs.KINDS), strict=True):
            assert instance[-1] < batch[-1] < none[-1]
    hatching = losses["ink_hatching"]["none"]
    assert sum(one[-1] > one[0] for one in hatching) == 2


def test_seed_by_seed_only_instance_normalisation_paints_fog_as_well() -> None:
    """At a quarter of the contrast, against all of it."""
    in_fog = runs.by_style_and_kind(runs.load_runs(runs.USUAL_RATE), runs.distances_by_contrast)
    for of_kinds in in_fog.values():
        for instance, *others in zip(*(of_kinds[kind] for kind in runs.KINDS), strict=True):
            assert instance[2] < min(other[0] for other in others)
            assert instance[2] / instance[0] < 1.2 < min(other[2] / other[0] for other in others)


def test_runs_are_ordered_by_style_and_kind() -> None:
    stored = runs.load_runs()
    losses = runs.by_style_and_kind(stored[:6], runs.losses_by_steps)
    run = stored[4]
    place = losses[run["style"]][run["kind"]]
    last = [
        c + 10 * s
        for c, s in zip(run["content_by_steps"][-1], run["style_by_steps"][-1], strict=True)
    ]
    assert [one[-1] for one in place] == [pytest.approx(sum(last) / 3)]
    distances = runs.by_style_and_kind([run], runs.distances_by_contrast)
    assert distances[run["style"]][run["kind"]][0][2] == pytest.approx(
        np.mean(run["style_by_contrast"][2])
    )


@pytest.mark.parametrize("kind", runs.KINDS)
def test_a_network_of_each_kind_is_stored_as_it_was_scored(kind: runs.Kind) -> None:
    network = runs.load_kind(kind)
    assert network.info.settings["normalization"] == kind
    assert set(network.info.photo_rights) == set(runs.TRAINING_PHOTOS)
    assert network.styles == runs.STYLES[:1]
    score = runs.Scorer(runs.STYLES[0])(network, 0.25, own_statistics=kind == "instance")
    run = next(run for run in runs.load_runs() if run["kind"] == kind)
    assert score["style"] == pytest.approx(run["style_by_contrast"][2], rel=0.02)  # half precision


def test_tensors_are_normalised_by_what_a_function_measures(photo: Picture) -> None:
    network = PaintingNetwork(("night",), width=3, blocks=1)
    images, weights = as_tensor(photo[None]), as_tensor([[1]])
    painted, used = paint_tensors(
        network.info, network.parameters, images, weights, None, runs.fixed_statistics
    )
    assert np.array_equal(painted[0], runs.paint_with(network, photo, own_statistics=False))
    assert {float(one.variance[0, 0, 0, 0]) for one in used.values()} == {1}
