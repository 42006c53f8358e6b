from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.optimizers.step import Step
from stylelab.panels import Recorder
from stylelab.pictures.images import Picture
from stylelab.pipeline.progress import Progress
from stylelab.pipeline.stages import Stage
from stylelab.pipeline.transfer import transfer


def run(recorder: Recorder, *stages: tuple[int, int], until: int | None = None) -> None:
    """Let a run go by: stages of (planned, taken) steps; the pictures are numbers."""
    plan = tuple(Stage(16, 16, steps) for steps, _ in stages)
    called = 0
    for number, (_, taken) in enumerate(stages):
        for iteration in range(taken + 1):
            if until is not None and called == until:
                return
            image = np.full((2, 2), 100.0 * number + iteration)
            step = Step(image, 1.0, {}, iteration, 1, 0.1, image, "lbfgs", {})
            recorder(Progress(plan, number, step, step, ()))
            called += 1


def marks(recorder: Recorder) -> dict[int, float]:
    return {number: float(image.mean()) for number, image in recorder.pictures.items()}


def test_it_keeps_start_end_and_geometrically_spaced_steps() -> None:
    recorder = Recorder()
    run(recorder, (60, 60), (40, 40))
    numbers = list(recorder.pictures)
    assert (numbers[0], numbers[-1]) == (0, 100)
    assert len(numbers) == 8
    ratios = [later / earlier for earlier, later in pairwise(numbers[1:])]
    assert all(1.5 < ratio < 3 for ratio in ratios)


def test_steps_are_counted_over_all_sizes() -> None:
    recorder = Recorder(at=(0, 3, 7, 10))
    run(recorder, (5, 5), (5, 5))
    assert marks(recorder) == {0: 0, 3: 3, 7: 102, 10: 105}


def test_a_stage_that_ends_early_loses_no_picture() -> None:
    recorder = Recorder(at=(0, 4, 7))
    run(recorder, (5, 2), (5, 5))
    # Steps 3, 4 and 5 did not happen: the next size begins after the planned 5.
    assert marks(recorder) == {0: 0, 5: 100, 7: 102}


def test_a_run_that_is_stopped_keeps_its_last_picture() -> None:
    recorder = Recorder()
    run(recorder, (100, 100), until=31)
    assert max(recorder.pictures) == 30
    assert marks(recorder)[30] == 30


def test_only_the_requested_steps_are_kept() -> None:
    recorder = Recorder(at=[2, 2, 1])
    run(recorder, (6, 6))
    assert marks(recorder) == {1: 1, 2: 2}


def test_a_second_run_starts_again() -> None:
    recorder = Recorder(at=(0, 1))
    run(recorder, (6, 6))
    run(recorder, (3, 3), until=1)
    assert list(recorder.pictures) == [0]
    run(recorder, (3, 3))
    assert marks(recorder) == {0: 0, 1: 1}


def test_short_runs_are_kept_completely() -> None:
    recorder = Recorder()
    run(recorder, (3, 3))
    assert list(recorder.pictures) == [0, 1, 2, 3]


def test_recorded_pictures_are_read_only() -> None:
    recorder = Recorder()
    assert dict(recorder.pictures) == {}
    run(recorder, (3, 3))
    pictures: Any = recorder.pictures
    with pytest.raises(TypeError):
        pictures[0] = None


@pytest.mark.parametrize("wrong", [{"count": 1}, {"at": ()}, {"at": (-1, 3)}])
def test_invalid_numbers_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="Received"):
        Recorder(**wrong)


def test_it_records_a_real_run(photo: Picture, painting: Picture) -> None:
    recorder, every = Recorder(at=(0, 2, 4)), []

    def both(progress: Any) -> None:
        every.append(progress.step.image)
        recorder(progress)

    transfer(photo, painting, size=32, steps=4, progress=False, callback=both, check_memory=False)
    assert list(recorder.pictures) == [0, 2, 4]
    for number, image in recorder.pictures.items():
        np.testing.assert_array_equal(image, every[number])


def test_pictures_have_the_colours_of_the_result(photo: Picture, painting: Picture) -> None:
    recorder = Recorder(count=3)
    shown: dict[int, Picture] = {}

    def watch(progress: Progress) -> None:
        recorder(progress)
        shown[progress.step.iteration] = progress.picture(progress.step)

    transfer(photo, painting, size=32, steps=3, colours="luminance", progress=False, callback=watch)
    assert len(recorder.pictures) == 3
    for number, picture in recorder.pictures.items():
        np.testing.assert_array_equal(picture, shown[number])
        assert np.ptp(picture, axis=-1).max() > 0.1  # not gray
