from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from stylelab.optimizers.lbfgs import lbfgs
from stylelab.optimizers.step import Step
from stylelab.panels.run_cache import RecordedStep, RunCache, load_resized
from stylelab.pictures.images import Picture
from stylelab.samples.catalogue import sample

TARGET = np.linspace(0.2, 0.8, 48).reshape(4, 4, 3)
STIFF = np.linspace(1, 30, 48).reshape(4, 4, 3)


@pytest.fixture
def evaluations() -> Counter[str]:
    return Counter()


@pytest.fixture
def runs(evaluations: Counter[str]) -> RunCache[str]:
    def begin(key: str, last: Step | None) -> Iterator[Step]:
        def loss(image: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            evaluations[key] += 1
            away = image - TARGET
            return float((STIFF * away**2).sum()), 2 * STIFF * away

        return lbfgs(loss, start=last or np.full((4, 4, 3), 0.5), steps=12)

    return RunCache(begin, 12)


def advance(runs: RunCache[str], keys: list[str], steps: int, **how: bool) -> list[tuple[str, int]]:
    return list(runs.advance(keys, steps, **how))


def test_cached_steps_are_not_recomputed(runs: RunCache[str], evaluations: Counter[str]) -> None:
    advance(runs, ["a"], 5)
    before = evaluations["a"]
    assert advance(runs, ["a"], 5) == advance(runs, ["a"], 3) == []
    assert evaluations["a"] == before
    assert len(runs.steps_so_far("a", 3)) == 4
    assert runs.steps_done("a", 3) == 3


def test_a_resumed_run_matches_an_uninterrupted_one(runs: RunCache[str]) -> None:
    for _, steps_done in runs.advance(["left"], 9):
        if steps_done == 4:
            break  # in the middle, as a reader's stop does
    assert len(runs.steps_so_far("left", 9)) == 5
    advance(runs, ["left"], 6)
    advance(runs, ["left"], 9)
    advance(runs, ["whole"], 9)
    for one, other in zip(runs.steps_so_far("left", 9), runs.steps_so_far("whole", 9), strict=True):
        assert one.loss == other.loss
        assert one.evaluations == other.evaluations
        np.testing.assert_array_equal(one.image, other.image)


def test_interleaved_runs_alternate_steps_and_others_run_sequentially(runs: RunCache[str]) -> None:
    taken = advance(runs, ["a", "b"], 3, interleaved=True)
    assert [steps_done for _, steps_done in taken] == [0, 0, 1, 1, 2, 2, 3, 3]
    taken = advance(runs, ["c", "d"], 2)
    assert [key for key, _ in taken] == ["c"] * 3 + ["d"] * 3


def test_interleaved_runs_that_are_behind_catch_up_first(runs: RunCache[str]) -> None:
    advance(runs, ["a"], 3)
    taken = advance(runs, ["a", "b"], 4, interleaved=True)
    assert [key for key, _ in taken][:4] == ["b"] * 4


def test_a_run_with_a_finished_optimizer_is_done() -> None:
    def begin(_key: str, _last: Step | None) -> Iterator[Step]:
        return lbfgs(lambda x: (float((x**2).sum()), 2 * x), start=np.ones((2, 2, 3)), steps=50)

    runs: RunCache[str] = RunCache(begin, 50)
    taken = advance(runs, ["a"], 50)
    assert taken[-1] == ("a", 50)
    assert len(runs.steps_so_far("a", 50)) < 50
    assert runs.steps_done("a", 50) == 50


def test_pictures_are_stored_with_256_levels(
    runs: RunCache[str], random: np.random.Generator
) -> None:
    advance(runs, ["a"], 1)
    last = runs._runs["a"].last
    assert last is not None
    image = random.random((5, 4, 3))
    kept = RecordedStep(replace(last, image=image)).image
    assert 0.25 / 255 < np.abs(kept - image).max() <= 0.5 / 255 + 1e-6
    assert kept.dtype == np.float32


def test_optimizer_state_is_not_kept_unnecessarily(runs: RunCache[str]) -> None:
    advance(runs, ["a"], 11)
    (run,) = runs._runs.values()
    assert isinstance(run.last, Step)
    advance(runs, ["a"], 12)
    assert vars(run)["last"] is None
    assert advance(runs, ["a"], 12) == []


def test_large_pictures_are_scaled_down_and_small_ones_kept(photo: Picture) -> None:
    assert max(load_resized(sample("cat", size=200), 128).shape) == 128
    np.testing.assert_array_equal(load_resized(photo, 128), photo)
