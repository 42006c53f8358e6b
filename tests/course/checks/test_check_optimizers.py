from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.course.walks import walk_with_momentum


@pytest.mark.parametrize(
    "right",
    [
        0.05,
        2 / 40,
        1 / 20,
        np.float64(2) / 40,
        np.float32(0.05),
        np.array(0.05),
        np.array([0.05]),
        [0.05],
        Fraction(1, 20),
        Decimal("0.05"),
        2 / np.linalg.eigvalsh(np.diag([1.0, 40.0])).max(),
    ],
)
def test_the_right_rate_passes(right: Any) -> None:
    assert check.largest_rate(right).passed


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (1 / 40, "one step"),
        (2.0, "curved by 1"),
        (2 / 41, "equally fast"),
        (40, "curvature, not the rate"),
        (0.04, "not exactly the limit"),
        (0.0505, "not exactly the limit"),
        (-0.05, "positive rate"),
        (0.1, "You take 20·y"),
        (20, "upside down"),
        (0.15, "not exactly the limit"),
        ("fast", "One number"),
        ("0.05", "One number"),
        ([0.05, 0.05], "One number"),
        (np.nan, "finite"),
    ],
)
def test_wrong_rates_are_refused_for_the_right_reason(wrong: Any, reason: str) -> None:
    verdict = check.largest_rate(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message
    assert "times" not in verdict.message


def test_the_answer_is_the_rate_where_gradient_descent_stops_converging() -> None:
    for factor, comes_down in ((0.99, True), (1.01, False)):
        y = 1.0
        for _ in range(1000):
            y -= factor * check.largest_rate.answer * 40 * y
        assert (abs(y) < 1) == comes_down


# The rate of momentum.


@pytest.mark.parametrize(
    "right",
    [
        check.momentum_rate.answer,
        lambda rate, momentum: rate - momentum * rate,
        lambda rate, momentum: np.float64(rate) * (1 - momentum),
        lambda rate, momentum: rate / sum(momentum**n for n in range(5000)),
    ],
)
def test_right_rates_of_momentum_pass(right: Callable[..., Any]) -> None:
    verdict = check.momentum_rate(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda rate, momentum: rate, "ends up faster"),
        (lambda rate, momentum: rate * momentum, "share 1 − μ"),
        (lambda rate, momentum: rate / (1 - momentum), "upside down"),
        (lambda rate, momentum: rate / (1 + momentum), "alternate"),
        (lambda rate, momentum: rate * (1 - momentum**2), "in the long run"),
        (lambda rate, momentum: rate * (1 - momentum) ** 2, "once, not twice"),
        (lambda rate, momentum: -rate * (1 - momentum), "uphill"),
        (lambda rate, momentum: 0.1 * rate, "does not end up as fast"),
        (lambda rate, momentum: [rate, momentum], "One number"),
        (lambda rate: rate, "stops with TypeError"),
    ],
)
def test_wrong_rates_of_momentum_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.momentum_rate(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_momentum_with_that_rate_travels_as_fast_as_gradient_descent(momentum: float) -> None:
    def slope(place: Any) -> tuple[float, Any]:
        return float(place @ [3.0, -1.0]), np.array([3.0, -1.0])

    rate = check.momentum_rate.answer(0.2, momentum)
    points = walk_with_momentum(slope, np.zeros(2), 400, rate, momentum)
    np.testing.assert_allclose(points[-1] - points[-2], [-0.6, 0.2], rtol=1e-9)


# A projected step.


def step_with_minimum_and_maximum(picture: Any, gradient: Any, rate: Any) -> Any:
    return np.minimum(np.maximum(picture - rate * gradient, 0.0), 1.0)


def step_with_masks(picture: Any, gradient: Any, rate: Any) -> Any:
    moved = picture - rate * gradient
    moved[moved < 0] = 0
    moved[moved > 1] = 1
    return moved


def step_with_loops(picture: Any, gradient: Any, rate: Any) -> Any:
    moved = [
        min(max(x - rate * g, 0.0), 1.0) for x, g in zip(picture.flat, gradient.flat, strict=True)
    ]
    return np.array(moved).reshape(picture.shape)


def step_in_its_own_copy(picture: Any, gradient: Any, rate: Any) -> Any:
    new = picture.copy()
    new -= rate * gradient
    return np.clip(new, 0, 1, out=new)


def step_with_a_median(picture: Any, gradient: Any, rate: Any) -> Any:
    moved = picture - rate * gradient
    return np.median([np.zeros_like(moved), moved, np.ones_like(moved)], axis=0)


def step_with_single_precision(picture: Any, gradient: Any, rate: Any) -> Any:
    return np.clip(picture.astype(np.float32) - np.float32(rate) * gradient, 0, 1)


@pytest.mark.parametrize(
    "right",
    [
        check.projected_step.answer,
        step_with_minimum_and_maximum,
        step_with_masks,
        step_with_loops,
        step_in_its_own_copy,
        step_with_a_median,
        step_with_single_precision,
        lambda x, g, r: (x - r * g).clip(0.0, 1.0),
        lambda x, g, r: np.clip(np.subtract(x, np.multiply(g, r)), 0, 1).tolist(),
        lambda x, g, r: np.where(x - r * g > 1, 1, np.where(x - r * g < 0, 0, x - r * g)),
        lambda x, g, r: x + np.clip(-r * g, -x, 1 - x),
        lambda picture, gradient, rate: np.clip(picture + rate * -gradient, a_min=0, a_max=1),
    ],
)
def test_right_steps_pass(right: Callable[..., Any]) -> None:
    verdict = check.projected_step(right)
    assert verdict.passed, verdict


def step_in_place(picture: Any, gradient: Any, rate: Any) -> Any:
    picture -= rate * gradient
    return np.clip(picture, 0, 1)


def step_stretched(picture: Any, gradient: Any, rate: Any) -> Any:
    moved = picture - rate * gradient
    return (moved - moved.min()) / (moved.max() - moved.min())


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda x, g, r: x - r * g, "leave [0, 1]"),
        (lambda x, g, r: np.clip(x, 0, 1) - r * g, "leave [0, 1]"),
        (lambda x, g, r: np.clip(x + r * g, 0, 1), "uphill"),
        (lambda x, g, r: x + r * g, "uphill"),
        (lambda x, g, r: np.clip(x - r * g, 0, 255), "255"),
        (lambda x, g, r: np.maximum(x - r * g, 0), "above 1 are not"),
        (lambda x, g, r: np.minimum(x - r * g, 1), "below 0 are not"),
        (lambda x, g, r: np.clip(x - g, 0, 1), "rate does not count"),
        (lambda x, g, r: np.clip(x - r * np.sign(g), 0, 1), "sign counts"),
        (lambda x, g, r: x - r * np.sign(g), "sign counts"),
        (lambda x, g, r: np.clip(x - r**2 * g, 0, 1), "rate counts twice"),
        (
            lambda x, g, r: x - r**2 * g,
            "rate counts twice: it should be multiplied by the gradient once. And the values leave",
        ),
        (lambda x, g, r: np.clip(x - g / r, 0, 1), "divided by the rate"),
        (lambda x, g, r: np.clip(x - r * np.abs(g), 0, 1), "sign is lost"),
        (lambda x, g, r: 1 - np.abs((x - r * g) % 2 - 1), "reflected"),
        (
            lambda x, g, r: np.where(np.abs(x - r * g - 0.5) > 0.5, x, x - r * g),
            "stays where it was",
        ),
        (lambda x, g, r: np.clip(x - 0.1 * g, 0, 1), "old one minus"),
        (lambda x, g, r: np.clip(x - r * g, 0, 1) * 2, "old one minus"),
        (lambda x, g, r: np.clip(x - r * g / np.linalg.norm(g), 0, 1), "divided by its size"),
        (lambda x, g, r: np.clip(x - r * g / np.abs(g).max(), 0, 1), "largest value"),
        (lambda x, g, r: np.clip(x - r * g / np.abs(g).mean(), 0, 1), "mean size"),
        (lambda x, g, r: x - r * np.clip(g, 0, 1), "gradient is clipped to [0, 1]"),
        (
            lambda x, g, r: np.clip(x - r * np.clip(g, -1, 1), 0, 1),
            "gradient is clipped to [−1, 1]",
        ),
        (step_stretched, "rescaled"),
        (lambda x, g, r: (x - r * g) % 1.0, "start again at 0"),
        (step_in_place, "changes the array"),
        (lambda x, g, r: x, "old one minus"),
        (lambda x, g, r: float(x.mean()), "shape"),
        (lambda x, g: x, "stops with TypeError"),
    ],
)
def test_wrong_steps_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.projected_step(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


ALL = (check.largest_rate, check.momentum_rate, check.projected_step)


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_a_stub_is_not_written_yet(exercise: check.Exercise) -> None:
    def stub(*_: Any) -> Any:
        raise NotImplementedError

    given = None if exercise is check.largest_rate else stub
    assert exercise(given).state == "not written yet"


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_no_hint_contains_the_solution(exercise: check.Exercise) -> None:
    lines = [line.split("#")[0].strip() for line in exercise.source().splitlines()[1:]]
    hints = " ".join(exercise.hint().text for _ in range(4))
    assert not any(line in hints for line in lines if len(line) > 8)
    assert str(check.largest_rate.answer) not in hints
