"""Training of painting networks: steps, schedule, resuming, and files of its state."""

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.errors import CheckpointError, DivergedError, PictureWarning, SettingsError
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.vgg19 import VGG19
from stylelab.painting import training
from stylelab.painting.training import TrainingStep, name_styles, train
from stylelab.painting.training_checkpoint import load_training, save_training
from stylelab.painting.training_objective import STYLE_RATE, TrainingObjective
from stylelab.painting.training_photos import CropStream, find_photos
from stylelab.painting.training_settings import TrainingSettings
from stylelab.pictures.images import Picture
from stylelab.pictures.npz_files import load_arrays, save_arrays
from stylelab.pictures.saving import save_image

SMALL: dict[str, Any] = {
    "size": 32,
    "batch": 2,
    "width": 4,
    "blocks": 1,
    "style_size": 64,
    "content_layers": ("block2_conv1",),
    "style_layers": ("block1_conv1", "block2_conv1"),
    "weights": None,
}


@pytest.fixture(scope="module")
def two(painting: Picture, photo: Picture) -> dict[str, Picture]:
    return {"night": painting, "cat": photo}


@pytest.fixture(scope="module")
def steps(two: dict[str, Picture], photo: Picture) -> list[TrainingStep]:
    return [*train(two, photo, steps=3, **SMALL)]


def arrays(step: TrainingStep) -> dict[str, Any]:
    return {name: one.numpy() for name, one in {**step.network.parameters, **step.state}.items()}


def assert_same(one: TrainingStep, other: TrainingStep) -> None:
    expected = arrays(other)
    assert arrays(one).keys() == expected.keys()
    for name, values in arrays(one).items():
        assert np.array_equal(values, expected[name]), name
    assert (one.loss, one.terms, one.iteration) == (other.loss, other.terms, other.iteration)
    assert one.network.info == other.network.info


def test_each_step_says_where_the_training_is(steps: list[TrainingStep]) -> None:
    assert [step.iteration for step in steps] == [1, 2, 3]
    assert [step.progress for step in steps] == [1 / 3, 2 / 3, 1]
    assert [step.network.info.steps for step in steps] == [1, 2, 3]
    assert steps[0].seconds < steps[2].seconds
    for step in steps:
        assert list(step.terms) == ["content", "style", "total_variation"]
        assert step.loss == pytest.approx(sum(step.terms.values()))


def test_steps_stay_as_they_were(two: dict[str, Picture], photo: Picture) -> None:
    run = train(two, photo, steps=2, **SMALL)
    first = next(run)
    before = arrays(first)
    next(run)
    assert all(np.array_equal(values, before[name]) for name, values in arrays(first).items())


def test_the_loss_falls(painting: Picture, photo: Picture) -> None:
    losses = [step.loss for step in train(painting, photo, steps=25, **SMALL)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_the_same_seed_makes_the_same_network(
    steps: list[TrainingStep], two: dict[str, Picture], photo: Picture
) -> None:
    *_, again = train(two, photo, steps=3, **SMALL)
    assert_same(again, steps[2])
    *_, other = train(two, photo, steps=3, seed=1, **SMALL)
    assert not np.array_equal(
        other.network.parameters["input/kernel"], again.network.parameters["input/kernel"]
    )


def test_resumed_is_uninterrupted_bit_for_bit(
    steps: list[TrainingStep], two: dict[str, Picture], photo: Picture, tmp_path: Path
) -> None:
    *_, resumed = train(two, photo, steps=3, start=steps[0], **SMALL)
    assert_same(resumed, steps[2])
    loaded = load_training(save_training(tmp_path / "training.npz", steps[1]))
    assert_same(loaded, steps[1])
    *_, from_file = train(two, photo, steps=3, start=loaded, **SMALL)
    assert_same(from_file, steps[2])


def test_a_training_that_has_ended_takes_no_more_steps(
    steps: list[TrainingStep], two: dict[str, Picture], photo: Picture
) -> None:
    assert [*train(two, photo, steps=3, start=steps[2], **SMALL)] == []


def test_the_first_step_is_that_of_adam_by_hand(painting: Picture, photo: Picture) -> None:
    """m̂ / √v̂ is the gradient's sign in the first step: so far the rate moves it."""
    step = next(train(painting, photo, steps=10, learning_rate=0.01, **SMALL))
    start = sl.PaintingNetwork(step.network.info).parameters
    for name, values in step.network.parameters.items():
        gradient = step.state[f"mean/{name}"].numpy() / 0.1
        assert np.allclose(step.state[f"square/{name}"], 0.001 * gradient**2, rtol=1e-4)
        moved = values.numpy() - start[name].numpy()
        clear = np.abs(gradient) > 1e-5
        rate = 0.01 if name.endswith("kernel") else STYLE_RATE * 0.01
        assert np.allclose(moved[clear], -rate * np.sign(gradient[clear]), atol=2e-3 * rate)


def test_the_learning_rate_falls_along_a_cosine(
    painting: Picture, photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []

    def compile_step(*_: Any) -> Any:
        def take_step(values: Any, *arguments: Any) -> Any:
            rates.append(arguments[-1])
            return values, {"content": 1.0}

        return take_step

    monkeypatch.setattr(training, "compile_step", compile_step)
    assert len([*train(painting, photo, steps=4, learning_rate=2.0, **SMALL)]) == 4
    assert rates == pytest.approx([1 + math.cos(math.pi * share) for share in (0, 0.25, 0.5, 0.75)])


def test_minutes_are_working_time(
    painting: Picture, photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that ticks 6 seconds each time that it is read: twice for each step."""
    now = iter(range(0, 10**6, 6))
    monkeypatch.setattr(time, "perf_counter", lambda: next(now))
    progress = [step.progress for step in train(painting, photo, minutes=0.5, **SMALL)]
    assert progress == pytest.approx([0.4, 0.6, 0.8, 1.0])


def test_the_terms_are_those_of_the_losses_of_the_course(
    two: dict[str, Picture], random: np.random.Generator
) -> None:
    tensorflow = import_tensorflow()
    layers = {"content_layers": ("block2_conv1",), "style_layers": ("block1_conv1", "block2_conv2")}
    settings = TrainingSettings(size=32, batch=2, **layers)  # type: ignore[arg-type]
    photos, painted = random.random((2, 2, 32, 32, 3)).astype(np.float32)
    objective = TrainingObjective([*two.values()], settings, None)
    found = objective.weighted_terms(
        tensorflow.constant(photos), tensorflow.constant(painted), tensorflow.constant([1, 0])
    )
    expected = dict.fromkeys(found, 0.0)
    for image, photo, style in zip(painted, photos, [*two.values()][::-1], strict=True):
        loss = (
            sl.content(photo, settings.content_layers)
            + 10 * sl.style(style, settings.style_layers)
            + 0.5 * sl.total_variation()
        )
        for name, value in replace(loss, weights=None)(image).terms.items():
            expected[name] += value / 2
    assert {name: float(value) for name, value in found.items()} == pytest.approx(
        expected, rel=1e-3
    )


def test_the_loss_of_a_step_is_that_of_its_crop_painted_in_its_style(
    two: dict[str, Picture], photo: Picture
) -> None:
    settings = SMALL | {"batch": 1}
    step = next(train(two, photo, steps=1, **settings))
    crops = next(CropStream(find_photos(photo), 32, 1, seed=0).batches())
    style = np.random.default_rng((0, 0, 1)).integers(2)
    start = sl.PaintingNetwork(step.network.info, seed=0)
    painted = start(crops, np.eye(2, dtype=np.float32)[style : style + 1]).numpy()[0]
    loss = (
        sl.content(crops[0], SMALL["content_layers"])
        + 10 * sl.style(sl.resize([*two.values()][style], 64), SMALL["style_layers"])
        + 0.5 * sl.total_variation()
    )
    assert step.loss == pytest.approx(replace(loss, weights=None)(painted).loss, rel=1e-3)
    for name in ("input/scale", "block1_conv1/shift"):
        gradient = step.state[f"mean/{name}"].numpy()
        assert gradient[style].any()
        assert not gradient[1 - style].any()


def test_each_crop_gets_a_style_at_random(
    two: dict[str, Picture], photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []

    def compile_step(*_: Any) -> Any:
        def take_step(values: Any, _: Any, styles: Any, *__: Any) -> Any:
            drawn.extend(styles)
            return values, {"content": 1.0}

        return take_step

    monkeypatch.setattr(training, "compile_step", compile_step)
    assert len([*train(two, photo, steps=30, **SMALL)]) == 30
    assert len(drawn) == 60
    assert 15 < sum(drawn) < 45


def test_rights_and_settings_are_in_the_network(tmp_path: Path, photo: Picture) -> None:
    file = save_image(tmp_path / "town.png", photo)
    (tmp_path / "town.png.rights.toml").write_text('author = "A. Reader"\n')
    info = next(train("swirling_night", file, steps=1, **SMALL)).network.info
    assert info.styles == ("swirling_night",)
    assert info.style_rights["swirling_night"].licence == "CC0 1.0"
    assert info.photo_rights["town.png"].author == "A. Reader"
    assert info.settings["size"] == 32
    assert info.settings["style_layers"] == {"block1_conv1": 1.0, "block2_conv1": 1.0}


def test_a_photo_that_cannot_be_read_is_named_and_not_credited(
    painting: Picture, photo: Picture, tmp_path: Path
) -> None:
    folder = tmp_path / "town"
    folder.mkdir()
    save_image(folder / "good.png", photo)
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    with pytest.warns(PictureWarning, match=r"Skipped town/bad\.png"):
        *_, step = train(painting, folder, steps=3, **SMALL)
    assert [*step.network.info.photo_rights] == ["town/good.png"]
    with pytest.warns(PictureWarning, match=r"Skipped town/bad\.png"):
        assert len([*train(painting, folder, steps=6, start=step, **SMALL)]) == 3


def test_a_step_of_another_training_is_refused(
    steps: list[TrainingStep], two: dict[str, Picture], painting: Picture, photo: Picture
) -> None:
    with pytest.raises(SettingsError, match="with other styles"):
        train(painting, photo, start=steps[0], **SMALL)
    with pytest.raises(SettingsError, match="with other batch, photos"):
        train(two, "cat", start=steps[0], **SMALL | {"batch": 1})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"steps": 3, "minutes": 2}, "steps or minutes"),
        ({"steps": 0}, "Expected steps"),
        ({"minutes": 0}, "Expected minutes"),
        ({"minutes": math.nan}, "Expected minutes"),
        ({"size": 16}, "Expected size"),
        ({"batch": 2.5}, "Expected batch"),
        ({"style_weight": -1}, "Expected style_weight"),
        ({"learning_rate": math.inf}, "Expected learning_rate"),
    ],
)
def test_settings_out_of_range_are_refused_at_once(
    wrong: dict[str, Any], words: str, painting: Picture, photo: Picture
) -> None:
    with pytest.raises(SettingsError, match=words):
        train(painting, photo, **SMALL | wrong)


def test_a_training_that_diverges_gives_the_last_good_step(
    painting: Picture, photo: Picture
) -> None:
    with pytest.raises(DivergedError, match="a finite number") as caught:
        for _ in train(painting, photo, steps=9, learning_rate=1e30, **SMALL):
            pass
    assert isinstance(caught.value.step, TrainingStep)


def test_styles_are_named_after_samples_and_files(tmp_path: Path, painting: Picture) -> None:
    file = save_image(tmp_path / "old glass.png", painting)
    names = [*name_styles(["swirling_night", file, painting])]
    assert names == ["swirling_night", "old glass", "style 3"]
    with pytest.raises(SettingsError, match="'swirling_night' twice"):
        name_styles(["swirling_night", "swirling_night"])


def test_other_files_are_no_training(tmp_path: Path, steps: list[TrainingStep]) -> None:
    path = tmp_path / "training.npz"
    with pytest.raises(CheckpointError, match="no file"):
        load_training(path)
    path.write_text("Dear reader")
    with pytest.raises(CheckpointError, match="another kind of file"):
        load_training(path)
    with pytest.raises(CheckpointError, match="another kind of file"):
        save_training(path, steps[0])
    path.unlink()
    whole = save_training(path, steps[0]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="damaged"):
        load_training(path)


@pytest.mark.parametrize(
    ("change", "left_out", "reason"),
    [
        ({"kind": "stylelab training 2"}, "nothing", "its kind is 'stylelab training 2'"),
        ({}, "square/", "its arrays are not those of its network"),
        ({}, "parameter/", "SettingsError"),
    ],
)
def test_a_training_of_another_version_or_without_some_arrays_is_refused(
    tmp_path: Path, steps: list[TrainingStep], change: dict[str, str], left_out: str, reason: str
) -> None:
    path = save_training(tmp_path / "training.npz", steps[0])
    facts, arrays = load_arrays(path)
    kept = {name: values for name, values in arrays.items() if not name.startswith(left_out)}
    save_arrays(path, facts | change, kept)
    with pytest.raises(CheckpointError, match=reason):
        load_training(path)


def test_a_step_of_an_optimizer_is_no_training(tmp_path: Path, photo: Picture) -> None:
    *_, step = sl.adam(lambda image: (0.0, np.zeros_like(image)), start=photo, steps=1)
    sl.save_step(tmp_path / "step.npz", step)
    with pytest.raises(CheckpointError, match="damaged"):
        load_training(tmp_path / "step.npz")


def test_training_looks_through_vgg19_with_edges_like_the_middle(painting: Picture) -> None:
    objective = TrainingObjective([painting], TrainingSettings(size=32), None)
    assert isinstance(objective.network, VGG19)
    assert objective.network.padding_mode == "symmetric"
