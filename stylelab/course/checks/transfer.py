"""Exercise of notebook 08: the optimizer's loop."""

# ruff: noqa: UP037 - the answer is shown as source, and my_functions.py does not have these names

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.comparison import is_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.course.checks.recorded_run import (
    MAX_PAIRS,
    MAX_TRIES,
    RecordedRun,
    call_loop,
    validate_pair_history,
    validate_sequence,
)
from stylelab.optimizers.lbfgs import lbfgs, two_loop_recursion

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.course.checks.answers import Array
    from stylelab.course.checks.recorded_run import Pairs

    Loss = Callable[[np.ndarray], tuple[float, np.ndarray]]
    Direction = Callable[[np.ndarray, np.ndarray, list], np.ndarray]

_SHAPE = (2, 2, 3)


def _my_optimize(
    loss: "Loss", start: np.ndarray, steps: int, direction: "Direction"
) -> tuple[np.ndarray, list[float]]:
    picture = np.clip(start, 0, 1)
    value, gradient = loss(picture)
    losses = [value]
    pairs: list = []
    while len(losses) <= steps:
        ahead = direction(picture, gradient, pairs)
        for halvings in range(20):
            candidate = np.clip(picture + ahead / 2**halvings, 0, 1)
            new_value, new_gradient = loss(candidate)
            if new_value < value:
                break
        if new_value >= value:  # no try was lower
            if not pairs:
                break
            pairs = []
            continue
        s, y = candidate - picture, new_gradient - gradient
        if np.vdot(s, y) > 0:
            pairs = [*pairs, (s, y)][-10:]
        picture, value, gradient = candidate, new_value, new_gradient
        losses.append(value)
    return picture, losses


@exercise(
    answer=_my_optimize,
    package_function=lbfgs,
    hints="""
    - Four things come before the loop: the picture, np.clip(start, 0, 1); its value and gradient,
      from one call of loss; losses = [value]; pairs = [].
    - A step begins with ahead = direction(picture, gradient, pairs). Then up to 20 tries: candidate
      = np.clip(picture + ahead / 2**halvings, 0, 1), evaluated once. Leave the tries with break as
      soon as the value is lower.
    - If a try was lower, the pair is s = candidate − picture and y = its gradient − the old one,
      both taken before the picture is replaced. Keep it if np.vdot(s, y) > 0, and only the newest
      ten: pairs[-10:]. Then picture, value and gradient become the candidate's, and losses grows by
      one.
    - If no try was lower: stop if pairs is empty; else empty it and continue with the loop, without
      changing losses. `while len(losses) <= steps` makes that easy.
    """,
)
def optimize(attempt: Any) -> str:
    """loss, start, steps, direction → the best picture and the loss at each step."""
    random = np.random.default_rng(8)
    _validate_without_halving(attempt, random)
    _validate_start_outside(attempt, random)
    _validate_long_steps(attempt, random, 40.0)
    _validate_long_steps(attempt, random, 2.0**17)
    _validate_clipped_steps(attempt, random)
    _validate_negative_curvature(attempt, random)
    _validate_many_steps(attempt, random)
    _validate_uphill_direction(attempt, random)
    _validate_no_descent(attempt, random)
    _validate_optimum_on_bounds(attempt, random)
    return (
        "It stays in [0, 1], never rises, stores the right pairs, stops if no try is lower, and finds "
        "the minimum even if it lies on the bounds."
    )


def _quadratic(
    random: np.random.Generator, lowest: Array, slope: Array | None = None
) -> Callable[[Array], tuple[float, Array]]:
    """Return 1 + ½(x−c)ᵀA(x−c) + s·(x−c) and its gradient, with c = `lowest` and s = `slope` or 0."""
    half = random.standard_normal((lowest.size, lowest.size)) / 4
    matrix = half @ half.T + 0.5 * np.eye(lowest.size)
    linear = np.zeros(lowest.size) if slope is None else slope.ravel()

    def loss(picture: Array) -> tuple[float, Array]:
        away = picture.ravel() - lowest.ravel()
        gradient = matrix @ away + linear
        return float(1 + away @ (matrix @ away) / 2 + linear @ away), gradient.reshape(lowest.shape)

    return loss


def _negative_gradient(rate: float) -> Callable[[Array, Array, Pairs], Array]:
    return lambda _at, gradient, _pairs: -rate * gradient


def _validate_without_halving(attempt: Any, random: np.random.Generator) -> None:
    trial = RecordedRun(
        _quadratic(random, random.uniform(0.3, 0.7, _SHAPE)), _negative_gradient(0.2)
    )
    start = random.uniform(0.1, 0.9, _SHAPE)
    picture, losses = call_loop(attempt, trial, start, 6)
    if not is_close(trial.evaluated[0][0], start):
        raise WrongAnswerError("Your loop does not begin at the start that it is given.")
    validate_sequence(trial)
    if len(losses) == 1 or is_close(picture, start):
        raise WrongAnswerError(
            "Your loop ends at its start, although a step along the direction lowers the loss."
        )
    if len(losses) != 7:  # noqa: PLR2004 - the start and six steps
        raise WrongAnswerError(
            f"For 6 steps that all lower the loss, losses should have 7 entries. Received: "
            f"{len(losses)}."
        )
    if len(trial.evaluated) != 7:  # noqa: PLR2004 - the same
        raise WrongAnswerError(
            f"Your loop evaluates the loss {len(trial.evaluated)} times for 6 steps whose first try "
            "is always lower; 7 are enough."
        )
    validate_pair_history(trial)


def _validate_start_outside(attempt: Any, random: np.random.Generator) -> None:
    trial = RecordedRun(_quadratic(random, np.full(_SHAPE, 0.5)), _negative_gradient(0.2))
    start = random.uniform(-0.5, 1.5, _SHAPE)
    call_loop(attempt, trial, start, 2)
    if not is_close(trial.evaluated[0][0], np.clip(start, 0, 1)):
        raise WrongAnswerError("A start outside [0, 1] should be clipped to it, and nothing else.")


def _validate_long_steps(attempt: Any, random: np.random.Generator, rate: float) -> None:
    trial = RecordedRun(
        _quadratic(random, random.uniform(0.4, 0.6, _SHAPE)), _negative_gradient(rate)
    )
    _, losses = call_loop(attempt, trial, random.uniform(0.1, 0.9, _SHAPE), 5)
    validate_sequence(trial)
    if len(losses) != 6:  # noqa: PLR2004 - the start and five steps
        raise WrongAnswerError(
            "If the direction is much too long, your loop gives up. Halved often enough, every step "
            f"lowers the loss; make up to {MAX_TRIES} tries."
        )
    validate_pair_history(trial)


def _validate_clipped_steps(attempt: Any, random: np.random.Generator) -> None:
    """Test a minimum outside [0, 1]: the first try of most steps is lower, and clipped."""
    lowest = np.resize([-0.6, 0.4, 1.7], _SHAPE)
    trial = RecordedRun(_quadratic(random, lowest), _negative_gradient(0.25))
    call_loop(attempt, trial, random.uniform(0.2, 0.8, _SHAPE), 6)
    validate_sequence(trial)
    validate_pair_history(trial)


def _validate_negative_curvature(attempt: Any, random: np.random.Generator) -> None:
    """Test a concave loss: s·y < 0 for every step."""

    def hill(picture: Array) -> tuple[float, Array]:
        away = picture - 0.5
        return float(9 - (away**2).sum()), -2 * away

    trial = RecordedRun(hill, _negative_gradient(0.1))
    call_loop(attempt, trial, 0.5 + random.uniform(-0.05, 0.05, _SHAPE), 4)
    validate_sequence(trial)


def _validate_many_steps(attempt: Any, random: np.random.Generator) -> None:
    trial = RecordedRun(
        _quadratic(random, random.uniform(0.3, 0.7, _SHAPE)), _negative_gradient(0.01)
    )
    call_loop(attempt, trial, random.uniform(0.1, 0.9, _SHAPE), MAX_PAIRS + 4)
    validate_sequence(trial)
    validate_pair_history(trial)


def _validate_uphill_direction(attempt: Any, random: np.random.Generator) -> None:
    """Test a direction that points uphill as soon as it has one pair, or three."""
    for count, steps in ((1, 3), (3, 8)):
        trial = RecordedRun(
            _quadratic(random, random.uniform(0.3, 0.7, _SHAPE)), _direction_uphill_from(count)
        )
        _, losses = call_loop(attempt, trial, random.uniform(0.2, 0.8, _SHAPE), steps)
        validate_sequence(trial)
        validate_pair_history(trial)
        if len(losses) != steps + 1:
            raise WrongAnswerError(
                "If no try along a direction with pairs is lower, your loop gives up. It should delete "
                "the pairs and try again without them."
            )


def _direction_uphill_from(count: int) -> Callable[[Array, Array, Pairs], Array]:
    return lambda _at, gradient, pairs: gradient if len(pairs) >= count else -0.1 * gradient


def _validate_no_descent(attempt: Any, random: np.random.Generator) -> None:
    lowest = random.uniform(0.3, 0.7, _SHAPE)
    trial = RecordedRun(_quadratic(random, lowest), _negative_gradient(-1.0))
    start = random.uniform(0.1, 0.9, _SHAPE)
    picture, losses = call_loop(attempt, trial, start, 5)
    if len(losses) != 1 or not is_close(picture, start):
        raise WrongAnswerError("If no try is ever lower, the loop should return the start.")
    tries = len(trial.evaluated) - 1
    if tries != MAX_TRIES:
        raise WrongAnswerError(
            f"If no try is lower, your loop makes {tries} tries; it should make {MAX_TRIES}, the full "
            "step included."
        )


def _validate_optimum_on_bounds(attempt: Any, random: np.random.Generator) -> None:
    """Test a loss that falls beyond [0, 1]: half of the values end at 0 or 1."""
    lowest = random.uniform(0.3, 0.7, _SHAPE)
    side = random.random(_SHAPE)
    lowest[side < 1 / 4] = 0.0
    lowest[side > 3 / 4] = 1.0
    slope = np.where(lowest == 0, 1.0, np.where(lowest == 1, -1.0, 0.0))
    trial = RecordedRun(_quadratic(random, lowest, slope), _direction_to_target)
    picture, _ = call_loop(attempt, trial, np.full(_SHAPE, 0.5), 60)
    if np.abs(picture - lowest).max() > 1e-4:  # noqa: PLR2004 - a hundredth of an 8-bit value
        raise WrongAnswerError(
            "A minimum on the bounds was not found in 60 steps. Values that should be 0 or 1 and the "
            f"others are up to {np.abs(picture - lowest).max():.2g} away."
        )


def _direction_to_target(picture: Array, gradient: Array, pairs: Pairs) -> Array:
    held = ((picture <= 0) & (gradient > 0)) | ((picture >= 1) & (gradient < 0))
    free = np.where(held, 0.0, 1.0)
    return -two_loop_recursion(gradient, pairs, free=free) * (1 if pairs else 0.1)
