from typing import Any

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.optimizers.adam import adam
from stylelab.optimizers.gradient_descent import gradient_descent
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.panels import optimizer_walks

BOX = (-2.0, 2.0, -1.0, 1.0)
ANYWHERE = (-np.inf, np.inf)


def bowl(point: Any) -> tuple[float, Any]:
    return float(point[0] ** 2 + 3 * point[1] ** 2), np.array([2 * point[0], 6 * point[1]])


def paths(control: Any) -> dict[str, Any]:
    """The points that are drawn, by the first words of the title."""
    return {
        axes.get_title().split(",")[0]: np.transpose(axes.lines[0].get_data())
        for axes in control.drawing.figure.axes
    }


def test_each_path_is_that_of_its_optimizer() -> None:
    control = optimizer_walks(
        bowl, (-1.5, 0.5), box=BOX, rate=0.05, momentum=0.6, adam_rate=0.2, steps=7
    )
    common: Any = {"start": np.array([-1.5, 0.5]), "steps": 7, "bounds": ANYWHERE}
    drawn = paths(control)
    runs = {
        "gradient descent": gradient_descent(bowl, learning_rate=0.05, **common),
        "Adam": adam(bowl, learning_rate=0.2, **common),
        "L-BFGS": lbfgs(bowl, **common),
    }
    assert list(drawn) == ["gradient descent", "momentum 0.6", "Adam", "L-BFGS"]
    for name, run in runs.items():
        np.testing.assert_allclose(drawn[name], [step.image for step in run])
    # Polyak's form, without a velocity: x + μ·(x − the x before) − η·g.
    points = [np.array([-1.5, 0.5])] * 2
    for _ in range(7):
        points.append(points[-1] + 0.6 * (points[-1] - points[-2]) - 0.05 * bowl(points[-1])[1])
    np.testing.assert_allclose(drawn["momentum 0.6"], points[1:])


def test_all_begin_where_the_sliders_say() -> None:
    control = optimizer_walks(bowl, (-1.5, 0.5), box=BOX)
    control.widgets["x"].value = 1.2
    control.widgets["y"].value = -0.7
    for points in paths(control).values():
        np.testing.assert_allclose(points[0], [1.2, -0.7])


def test_without_momentum_it_is_gradient_descent() -> None:
    control = optimizer_walks(bowl, (-1.5, 0.5), box=BOX, rate=0.02)
    before = paths(control)
    assert not np.allclose(before["momentum 0.9"], before["gradient descent"])
    control.widgets["momentum"].value = 0
    np.testing.assert_allclose(paths(control)["momentum 0"], before["gradient descent"])
    assert "momentum 0, rate 0.02: 20 steps" in control.drawing.alt


def test_the_start_can_be_moved_all_over_the_box() -> None:
    widgets = optimizer_walks(bowl, (0.0, 0.0), box=BOX).widgets
    assert (widgets["x"].numbers[0], widgets["x"].numbers[-1]) == BOX[:2]
    assert (widgets["y"].numbers[0], widgets["y"].numbers[-1]) == BOX[2:]


@pytest.mark.parametrize("start", [(3.0, 0.0), (0.0, 1.5), (0.0,)])
def test_a_start_outside_the_box_is_refused(start: tuple[float, ...]) -> None:
    with pytest.raises(SettingsError, match=r"start \(x, y\) inside the box .* Received"):
        optimizer_walks(bowl, start, box=BOX)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"momentum": 1.0}, "momentum"),
        ({"rate": 0.0}, "rate"),
        ({"adam_rate": 11}, "adam_rate"),
        ({"steps": 0}, "steps"),
    ],
)
def test_numbers_out_of_range_are_refused(settings: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=f"Expected {message} .* Received"):
        optimizer_walks(bowl, (0.0, 0.0), box=BOX, **settings)
