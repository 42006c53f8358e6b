from typing import Any

import numpy as np
import pytest

from stylelab.course.walks import RATES, walk_with_momentum, walks_at_best_rates
from stylelab.optimizers.adam import adam

START = np.array([-1.5, 0.5])
ANYWHERE = (-np.inf, np.inf)


def bowl(point: Any) -> tuple[float, Any]:
    return float(point[0] ** 2 + 3 * point[1] ** 2), np.array([2 * point[0], 6 * point[1]])


def test_momentum_is_polyaks_heavy_ball() -> None:
    points = [START, START]
    for _ in range(7):  # without a velocity: x + μ·(x - the x before) - η·g
        points.append(points[-1] + 0.6 * (points[-1] - points[-2]) - 0.05 * bowl(points[-1])[1])
    np.testing.assert_allclose(walk_with_momentum(bowl, START, 7, 0.05, 0.6), points[1:])


@pytest.mark.filterwarnings("error")
def test_a_walk_that_flies_away_ends() -> None:
    points = walk_with_momentum(bowl, np.array([1.0, 1.0]), 60, 1.0, 0.9)
    assert np.isfinite(points).all()
    assert len(points) < 61


def test_the_best_rate_is_the_one_that_ends_lowest() -> None:
    names = list(walks_at_best_rates(bowl, START, 6))
    ends: dict[float, float] = {}
    for rate in RATES:
        *_, last = adam(bowl, start=START, steps=6, learning_rate=rate, bounds=ANYWHERE)
        ends[rate] = last.loss
    assert names[2] == f"Adam, rate {min(ends, key=lambda rate: ends[rate]):.3g}"
    # Each step of gradient descent multiplies the numbers by 1 - 2η and 1 - 6η.
    falls = {rate: bowl(START * (1 - rate * np.array([2.0, 6.0])) ** 6)[0] for rate in RATES}
    best = min(falls, key=lambda rate: falls[rate])
    assert names[0] == f"gradient descent, rate {best:.3g}"


@pytest.mark.filterwarnings("error")
def test_rates_that_fly_away_are_passed_over() -> None:
    def steep(point: Any) -> tuple[float, Any]:
        return float(np.sum(point**4)), 4 * point**3

    for points in walks_at_best_rates(steep, np.array([2.0, -1.0]), 30).values():
        assert steep(points[-1])[0] < steep(points[0])[0]
