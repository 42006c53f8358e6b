from typing import Any

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.optimizers.evaluation import Evaluation
from stylelab.optimizers.gradient_descent import gradient_descent
from stylelab.optimizers.step import Step
from stylelab.panels import run_replay
from stylelab.pictures.images import Picture


@pytest.fixture
def steps(photo: Picture) -> list[Step]:
    def loss(image: Any) -> Evaluation:
        value = float(((image - 0.5) ** 2).sum())
        return Evaluation(value, {"content": value / 4, "style": 3 * value / 4}, 2 * (image - 0.5))

    return list(gradient_descent(loss, start=photo, steps=6, learning_rate=0.05))


def picture(control: Any) -> Any:
    return control.drawing.figure.axes[0].images[0].get_array()


def test_it_opens_with_the_last_picture_and_shows_any_other(steps: list[Step]) -> None:
    control = run_replay(steps)
    np.testing.assert_allclose(picture(control), steps[-1].image, atol=1e-6)
    control.widgets["step"].value = 2
    np.testing.assert_allclose(picture(control), steps[2].image, atol=1e-6)


def test_the_curves_are_the_losses_of_all_steps_and_the_points_those_of_this_one(
    steps: list[Step],
) -> None:
    axes = run_replay(steps, step=3).drawing.figure.axes[1]
    drawn: list[Any] = [np.array(line.get_xydata(), float) for line in axes.lines]
    curves = [points for points in drawn if len(points) == len(steps)]
    marks = [points for points in drawn if len(points) == 1]
    losses = np.array([step.loss for step in steps])
    for curve, mark, share in zip(curves, marks, (1, 0.25, 0.75), strict=True):
        np.testing.assert_allclose(curve[:, 1], share * losses)
        np.testing.assert_allclose(mark[0], [3, share * losses[3]])
    assert axes.get_ylim()[0] == 0


def test_the_alt_text_has_the_step_and_its_losses(steps: list[Step]) -> None:
    alt = run_replay(steps, step=1).drawing.alt
    assert alt.startswith("Step 1 of 6: ")
    assert f"loss {steps[1].loss:.2f}, content {steps[1].loss / 4:.2f}" in alt


def test_the_slider_has_every_step(steps: list[Step]) -> None:
    assert run_replay(steps).widgets["step"].numbers == list(range(7))


@pytest.mark.parametrize("step", [-1, 7])
def test_steps_that_do_not_exist_are_refused(steps: list[Step], step: int) -> None:
    with pytest.raises(SettingsError, match="from 0 to 6"):
        run_replay(steps, step)


def test_a_run_without_steps_is_refused(steps: list[Step]) -> None:
    with pytest.raises(SettingsError, match=r"at least two steps .* Received: 1"):
        run_replay(steps[:1])
