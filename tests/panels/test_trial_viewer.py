from typing import Any

import numpy as np
import pytest

from stylelab.course.experiments import Trial
from stylelab.errors import SettingsError
from stylelab.losses.judge import Scores
from stylelab.panels import trial_viewer
from stylelab.pipeline.settings import Settings


def trial(level: float, rows: int = 20) -> Trial:
    image = np.random.default_rng(1).random((rows, 30, 3), dtype=np.float32) * np.float32(level)
    return Trial(image, Scores(level, 0.125, 1.0), np.array([1.0]), 1, Settings(), {0: image})


TRIALS = {"one": trial(0.25), "two": trial(0.5), "three": trial(1.0)}


def shown(control: Any) -> list[Any]:
    return [np.asarray(axes.images[0].get_array()) for axes in control.drawing.figure.axes]


def test_the_first_two_trials_are_shown_first() -> None:
    control = trial_viewer(TRIALS)
    for picture, name in zip(shown(control), ("one", "two"), strict=True):
        np.testing.assert_array_equal(picture, TRIALS[name].image)
    assert "one, content 0.25" in control.drawing.alt


def test_any_trial_can_be_chosen_for_either_side() -> None:
    control = trial_viewer(TRIALS)
    control.widgets["left"].value = "three"
    np.testing.assert_array_equal(shown(control)[0], TRIALS["three"].image)
    control.widgets["right"].value = "one"
    np.testing.assert_array_equal(shown(control)[1], TRIALS["one"].image)


def test_zoom_shows_the_part_at_the_chosen_place() -> None:
    control = trial_viewer(TRIALS)
    control.widgets["zoom"].value = 2
    np.testing.assert_array_equal(shown(control)[0], TRIALS["one"].image[5:15, 8:23])
    control.widgets["across"].value = 1
    control.widgets["down"].value = 0
    np.testing.assert_array_equal(shown(control)[1], TRIALS["two"].image[:10, 15:])
    assert "enlarged 2 times" in control.drawing.alt


def test_fewer_than_two_trials_or_other_shapes_are_refused() -> None:
    for trials in ({"one": trial(0.5)}, {"one": trial(0.5), "two": trial(0.5, rows=9)}):
        with pytest.raises(SettingsError, match="of one experiment"):
            trial_viewer(trials)
