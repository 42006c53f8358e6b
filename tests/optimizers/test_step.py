from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from objectives import ALL_OPTIMIZERS, Array, QuadraticBowl, last_step

from stylelab.errors import CheckpointError, DivergedError, PictureError, SettingsError
from stylelab.optimizers import working_time
from stylelab.optimizers.adam import adam
from stylelab.optimizers.evaluation import Evaluation
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.optimizers.step import Step, load_step, save_step
from stylelab.pictures.npz_files import load_arrays, save_arrays

every_optimizer = pytest.mark.parametrize("optimize", ALL_OPTIMIZERS.values(), ids=ALL_OPTIMIZERS)


@every_optimizer
def test_a_step_reports_the_loss_of_its_own_picture(optimize: Any) -> None:
    bowl = QuadraticBowl((3, 3, 3))
    for number, step in enumerate(optimize(bowl, start=np.full((3, 3, 3), 0.2), steps=7)):
        assert step.iteration == number
        assert step.evaluations == bowl.calls
        assert step.loss == pytest.approx(bowl(step.image)[0])
        bowl.calls -= 1


@every_optimizer
@given(seed=st.integers(0, 999))
def test_every_picture_stays_between_the_bounds(optimize: Any, seed: int) -> None:
    start = np.random.default_rng(seed).uniform(-1, 2, (3, 4, 3))
    for step in optimize(QuadraticBowl((3, 4, 3), seed), start=start, steps=15):
        assert step.image.min() >= 0
        assert step.image.max() <= 1


@every_optimizer
def test_pictures_of_steps_are_read_only_and_the_start_is_not_modified(optimize: Any) -> None:
    start = np.full((3, 3, 3), 0.5)
    kept = start.copy()
    for step in optimize(QuadraticBowl((3, 3, 3)), start=start, steps=3):
        with pytest.raises(ValueError, match="read-only"):
            step.image[0] = 0
    np.testing.assert_array_equal(start, kept)
    start[0] = 1  # still the caller's own


@every_optimizer
def test_breaking_the_loop_stops(optimize: Any) -> None:
    bowl = QuadraticBowl((3, 3, 3))
    for step in optimize(bowl, start=np.full((3, 3, 3), 0.5), steps=1000):
        if step.iteration == 2:
            break
    assert bowl.calls < 10


@every_optimizer
def test_zero_steps_give_only_the_start(optimize: Any) -> None:
    (step,) = optimize(QuadraticBowl((3, 3, 3)), start=np.full((3, 3, 3), 0.5), steps=0)
    assert step.iteration == 0


@every_optimizer
@pytest.mark.parametrize("stop", [0, 1, 7, 20])
def test_a_saved_step_resumes_bit_for_bit(optimize: Any, stop: int, tmp_path: Path) -> None:
    start = np.full((4, 5, 3), 0.5, np.float32)
    bowl = QuadraticBowl((4, 5, 3))
    through = list(optimize(bowl, start=start, steps=30))
    save_step(tmp_path / "step.npz", through[stop])
    resumed = list(optimize(bowl, start=load_step(tmp_path / "step.npz"), steps=30))
    assert [step.iteration for step in resumed] == list(range(stop + 1, 31))
    for before, after in zip(through[stop + 1 :], resumed, strict=True):
        np.testing.assert_array_equal(before.image, after.image)
        assert (before.loss, before.evaluations) == (after.loss, after.evaluations)


@every_optimizer
def test_a_non_finite_loss_at_the_start_is_refused(optimize: Any) -> None:
    loss = lambda x: (float("nan"), x)  # noqa: E731
    with pytest.raises(DivergedError, match=r"finite.*nan, at the start") as caught:
        last_step(optimize(loss, start=np.full((3, 3, 3), 0.5)))
    assert caught.value.step is None


@every_optimizer
@pytest.mark.parametrize("where", ["loss", "gradient"])
@pytest.mark.parametrize("invalid", [np.nan, np.inf, -np.inf])
def test_a_later_non_finite_loss_keeps_the_last_good_step_and_names_the_term(
    optimize: Any, where: str, invalid: float
) -> None:
    bowl = QuadraticBowl((3, 3, 3))

    def breaks(x: Array) -> Evaluation:
        loss, gradient = bowl(x)
        broken = bowl.calls > 4
        if broken and where == "gradient":
            gradient[0, 0, 0] = invalid
        value = invalid if broken and where == "loss" else loss
        terms = {"content": 0.0, "style": value}
        return Evaluation(value, terms, gradient.astype(np.float32))

    good: list[Step] = []
    with pytest.raises(DivergedError, match="Likely cause") as caught:
        good.extend(optimize(breaks, start=np.full((3, 3, 3), 0.5), steps=50))
    assert caught.value.step is not None
    assert np.isfinite(caught.value.step.loss)
    assert np.isfinite(caught.value.step.image).all()
    assert ("term style" in str(caught.value)) == (where == "loss")


@every_optimizer
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_start_with_invalid_values_is_refused(optimize: Any, value: float) -> None:
    with pytest.raises(PictureError, match="finite"):
        last_step(optimize(QuadraticBowl((3, 3, 3)), start=np.full((3, 3, 3), value)))


def test_a_step_of_another_optimizer_is_refused_with_advice() -> None:
    step = last_step(adam(QuadraticBowl((3, 3, 3)), start=np.full((3, 3, 3), 0.5), steps=2))
    with pytest.raises(SettingsError, match=r"step of adam.*step\.image"):
        last_step(lbfgs(QuadraticBowl((3, 3, 3)), start=step))


@pytest.mark.parametrize(
    "wrong", [{"steps": -1}, {"bounds": (1, 0)}, {"learning_rate": 0}, {"learning_rate": np.nan}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="Received"):
        last_step(adam(QuadraticBowl((3, 3, 3)), start=np.full((3, 3, 3), 0.5), **wrong))


@pytest.mark.parametrize("content_of_file", [b"", b"not a step", b"PK\x03\x04 half a zip"])
def test_a_damaged_step_is_refused(content_of_file: bytes, tmp_path: Path) -> None:
    path = tmp_path / "step.npz"
    path.write_bytes(content_of_file)
    with pytest.raises(CheckpointError, match=r"step\.npz"):
        load_step(path)


def test_a_file_of_other_arrays_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", facts=np.array("{}"))
    with pytest.raises(CheckpointError, match=r"other\.npz"):
        load_step(tmp_path / "other.npz")


@every_optimizer
def test_a_step_measures_its_own_time_and_none_between_steps(
    optimize: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bowl, now = QuadraticBowl((3, 3, 3)), 0.0

    def slow(image: Array) -> Any:
        nonlocal now
        now += 1.0
        return bowl(image)

    monkeypatch.setattr(working_time, "time", SimpleNamespace(perf_counter=lambda: now))
    for step in optimize(slow, start=np.full((3, 3, 3), 0.2), steps=7):
        assert step.seconds == step.evaluations
        now += 100.0


def test_a_step_whose_state_has_other_names_is_refused(tmp_path: Path) -> None:
    step = last_step(adam(QuadraticBowl((3, 3, 3)), start=np.full((3, 3, 3), 0.5), steps=2))
    path = tmp_path / "step.npz"
    save_step(path, step)
    facts, arrays = load_arrays(path)
    older = {name.replace("state_", "memory_"): array for name, array in arrays.items()}
    save_arrays(path, facts, older)
    with pytest.raises(CheckpointError, match="state"):
        load_step(path)
