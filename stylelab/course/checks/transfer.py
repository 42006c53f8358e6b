"""Exercise of notebook 08: the loop of the optimizer."""

# ruff: noqa: UP037 - an answer's quotes stay: my_functions.py does not have the names in them

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.assertions import as_array, as_number, as_pair, call_answer, is_close
from stylelab.course.checks.exercise import NotWrittenError, WrongAnswerError, exercise
from stylelab.optimizers.lbfgs import lbfgs, two_loop_recursion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
    Pairs = Sequence[tuple[Array, Array]]
    Loss = Callable[[np.ndarray], tuple[float, np.ndarray]]
    Direction = Callable[[np.ndarray, np.ndarray, list], np.ndarray]

MAX_PAIRS = 10
"""How many pairs the loop remembers."""

MAX_TRIES = 20
"""How many tries a step may take, the whole way among them."""

_MAX_EVALUATIONS = 5000  # a loop that never stops is stopped here
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
    hints=(
        (
            "Before the loop, four things: the picture, np.clip(start, 0, 1); its value and gradient, "
            "from one call of loss; losses = [value]; pairs = []."
        ),
        (
            "A step begins with ahead = direction(picture, gradient, pairs). Then up to 20 tries: "
            "candidate = np.clip(picture + ahead / 2**halvings, 0, 1), evaluated once. Leave the "
            "tries with break as soon as the value is lower."
        ),
        (
            "If a try was lower, the pair is s = candidate − picture and y = its gradient − the old "
            "one, both taken before the picture is replaced. Keep it if np.vdot(s, y) > 0, and only "
            "the newest ten: pairs[-10:]. Then picture, value and gradient become the candidate's, "
            "and losses grows by one."
        ),
        (
            "If no try was lower: stop if pairs is empty; else empty it and go around the loop again, "
            "without touching losses. `while len(losses) <= steps` makes that easy."
        ),
    ),
)
def optimize(attempt: Callable[..., Any]) -> str:
    """The loop: `(loss, start, steps, direction)` → the best picture and the losses on the way."""
    random = np.random.default_rng(8)
    _validate_without_halving(attempt, random)
    _validate_start_outside(attempt, random)
    _validate_long_steps(attempt, random, 40.0)
    _validate_long_steps(attempt, random, 2.0**17)
    _validate_clipped_steps(attempt, random)
    _validate_negative_curvature(attempt, random)
    _validate_many_steps(attempt, random)
    _validate_misleading_pairs(attempt, random)
    _validate_no_descent(attempt, random)
    _validate_optimum_on_bounds(attempt, random)
    return (
        "It stays in the box, never rises, remembers what it should, stops when nothing helps, and "
        "finds the lowest point where that lies on the walls."
    )


@dataclass
class _RecordedRun:
    """A loss and a direction, given to the reader's loop, that write down how they are called."""

    loss: Callable[[Array], tuple[float, Array]]
    direction: Callable[[Array, Array, Pairs], Array]
    log: list[tuple[str, Any]] = field(default_factory=list)

    def evaluate(self, picture: Any) -> tuple[float, Array]:
        at = np.array(picture, np.float64)
        if len(self.log) > _MAX_EVALUATIONS:
            raise _TooManyEvaluationsError
        value, gradient = self.loss(at)
        self.log.append(("evaluation", (at, value)))
        return value, gradient

    def point(self, picture: Any, gradient: Any, pairs: Any) -> Array:
        at, slope = np.array(picture, np.float64), np.array(gradient, np.float64)
        remembered = [(np.array(s, np.float64), np.array(y, np.float64)) for s, y in pairs]
        if len(self.log) > _MAX_EVALUATIONS:
            raise _TooManyEvaluationsError
        ahead = self.direction(at, slope, remembered)
        self.log.append(("direction", (at, slope, remembered, ahead)))
        return ahead.copy()

    @property
    def evaluated(self) -> list[tuple[Array, float]]:
        return [what for kind, what in self.log if kind == "evaluation"]

    @property
    def directions(self) -> list[tuple[Array, Array, Pairs, Array]]:
        return [what for kind, what in self.log if kind == "direction"]


class _TooManyEvaluationsError(Exception):
    """The reader's loop asks for ever more."""


def _call_loop(
    attempt: Callable[..., Any], trial: _RecordedRun, start: Array, steps: int
) -> tuple[Array, list[float]]:
    """Call the reader's loop and check what must hold of every run."""
    try:
        answer = call_answer(attempt, trial.evaluate, start, steps, trial.point)
    except NotWrittenError:
        if trial.log:
            raise WrongAnswerError(
                "Your function works, but gives nothing back. It should return the picture and losses."
            ) from None
        raise
    except WrongAnswerError as error:
        if isinstance(error.__cause__, _TooManyEvaluationsError):
            raise WrongAnswerError(
                f"Your loop does not end: asked for {steps} steps, it had evaluated the loss "
                f"{len(trial.evaluated)} times when it was stopped. Where no try is lower, and there "
                "are no pairs to forget, it should stop."
            ) from error
        raise
    first, second = as_pair(answer, "the picture and the list of losses")
    picture = as_array(first, start.shape, "the picture")
    try:
        losses = [as_number(entry, "an entry of losses") for entry in second]
    except TypeError:
        raise WrongAnswerError("A list of numbers was expected for losses.") from None
    _validate_inside(trial)
    _validate_directions_requested(trial, losses)
    _validate_losses(trial, picture, losses, steps)
    return picture, losses


def _validate_inside(trial: _RecordedRun) -> None:
    if not trial.evaluated:
        raise WrongAnswerError("Your loop never evaluates the loss.")
    if any(at.min() < 0 or at.max() > 1 for at, _ in trial.evaluated):
        raise WrongAnswerError(
            "Your loop evaluates a picture outside the box: a value below 0 or above 1. Every "
            "picture should be clipped before its loss is computed, the start too."
        )


def _validate_directions_requested(trial: _RecordedRun, losses: list[float]) -> None:
    if len(losses) > 1 and not trial.directions:
        raise WrongAnswerError("Your loop never asks direction which way to go.")


def _validate_losses(trial: _RecordedRun, picture: Array, losses: list[float], steps: int) -> None:
    if not losses or len(losses) > steps + 1:
        raise WrongAnswerError(
            f"For {steps} steps, losses should have at most {steps + 1} entries: the start's and one "
            f"a step. Received: {len(losses)}."
        )
    if not is_close(losses[0], trial.evaluated[0][1]):
        raise WrongAnswerError(
            "The first entry of losses should be the loss of the start, clipped."
        )
    if any(after > before for before, after in pairwise(losses)):
        raise WrongAnswerError(
            "The loss rises on the way. A try should be taken only if its loss is lower than the "
            "present one."
        )
    known = [value for _, value in trial.evaluated]
    if any(not any(is_close(entry, value) for value in known) for entry in losses):
        raise WrongAnswerError(
            "An entry of losses is not the loss of any picture that you evaluated."
        )
    if not is_close(trial.loss(picture)[0], losses[-1]):
        raise WrongAnswerError(
            "The last entry of losses is not the loss of the picture that you give back. It should "
            "be: what is reported is what is saved."
        )


def _validate_sequence(trial: _RecordedRun) -> None:
    """Compare what the loop asked for, in order, with what it should ask."""
    current, steps_seen = 0, 0
    tries: list[tuple[Array, float]] = []
    pending: tuple[Array, Array, Pairs, Array] | None = None
    for kind, what in trial.log[1:]:
        if kind == "direction":
            at, slope, pairs, _ = what
            _validate_request(trial, tries, pending, at, slope)
            _validate_pairs(pairs)
            pending, tries, current = what, [], 0
            steps_seen += 1
            continue
        if pending is None:
            raise WrongAnswerError(
                "Your loop evaluates the loss again before it asks for a direction. Once for the "
                "start is enough: it gives the value and the gradient."
            )
        at, _, _, ahead = pending
        expected = np.clip(at + ahead / 2**current, 0, 1)
        if not is_close(what[0], expected):
            _explain_try(what[0], tries, at, ahead, current)
        tries.append(what)
        current += 1


def _explain_try(
    tried: Array, tries: list[tuple[Array, float]], at: Array, ahead: Array, number: int
) -> None:
    if tries and is_close(tried, tries[-1][0]):
        raise WrongAnswerError(
            "Your loop evaluates the same picture twice. One call gives both value and gradient; an "
            "evaluation is what costs time."
        )
    if is_close(tried, np.clip(at - ahead / 2**number, 0, 1)):
        raise WrongAnswerError(
            "Your loop goes against the direction. direction already points downhill: add it."
        )
    if number == 0:
        raise WrongAnswerError(
            "The first try of a step should go the whole direction, clipped: t = 1, at every step "
            "anew."
        )
    raise WrongAnswerError(
        f"Try {number + 1} of a step should go half as far along the direction as the try before it, "
        "from the same picture, and then be clipped."
    )


def _validate_request(
    trial: _RecordedRun,
    tries: list[tuple[Array, float]],
    last: tuple[Array, Array, Pairs, Array] | None,
    at: Array,
    slope: Array,
) -> None:
    """Check the picture and the gradient with which a direction is asked for."""
    if last is None:
        if not is_close(at, trial.evaluated[0][0]):
            raise WrongAnswerError("The first direction should be asked for at the start, clipped.")
    elif tries:
        before = trial.loss(last[0])[0]
        lower = [picture for picture, value in tries if value < before]
        as_low = [picture for picture, value in tries if value <= before]
        should = [*lower[:1], *as_low[:1]] or [last[0]]
        if not any(is_close(at, picture) for picture in should):
            raise WrongAnswerError(
                "A step goes on from another picture than the first try that was lower."
                if lower
                else "Your loop moves although no try was lower."
            )
    if not is_close(slope, trial.loss(at)[1]):
        raise WrongAnswerError(
            "direction is given a gradient that is not that of the picture it is given."
        )


def _validate_pairs(pairs: Pairs) -> None:
    if len(pairs) > MAX_PAIRS:
        raise WrongAnswerError(
            f"Your loop remembers {len(pairs)} pairs. The newest {MAX_PAIRS} are asked for: each takes "
            "twice the memory of the picture."
        )
    if any(np.vdot(s, y) <= 0 for s, y in pairs):
        raise WrongAnswerError(
            "A pair with s·y ≤ 0 is remembered. There the valley bends downwards, and L-BFGS would "
            "take the wrong side for down."
        )


def _validate_pair_history(trial: _RecordedRun) -> None:
    """Check which pairs each direction was given, where tries are lower or higher, never as low."""
    expected: list[tuple[Array, Array]] = []
    failed = False
    for number, (at, slope, pairs, _) in enumerate(trial.directions):
        if number:
            before, slope_before, *_ = trial.directions[number - 1]
            failed = is_close(at, before)
            s, y = at - before, slope - slope_before
            if failed:
                expected = []
            elif np.vdot(s, y) > 0:
                expected = [*expected, (s, y)][-MAX_PAIRS:]
        if not _are_pairs_equal(pairs, expected):
            _explain_pairs(pairs, expected, number, failed)


def _explain_pairs(pairs: Pairs, expected: Pairs, number: int, failed: bool) -> None:
    if failed:
        raise WrongAnswerError(
            "Where no try along a direction with pairs is lower, all pairs should be forgotten. Yours "
            f"asks again with {len(pairs)} of them."
        )
    if not pairs:
        raise WrongAnswerError("direction is given no pairs after a step that made one.")
    if _are_pairs_equal(pairs, expected[::-1]):
        raise WrongAnswerError("The pairs come newest first; oldest first is asked for.")
    if _are_pairs_equal(pairs, [(y, s) for s, y in expected]):
        raise WrongAnswerError("A pair is (s, y): how the picture changed, then the gradient.")
    if len(pairs) != len(expected):
        raise WrongAnswerError(
            f"After {number} steps, direction should be given {len(expected)} pairs. "
            f"Received: {len(pairs)}."
        )
    raise WrongAnswerError(
        "A pair is not what it should be. s is how far the picture really moved, after halving and "
        "clipping; y is how its gradient changed."
    )


def _are_pairs_equal(given: Pairs, expected: Pairs) -> bool:
    return len(given) == len(expected) and all(
        is_close(s, should_s) and is_close(y, should_y)
        for (s, y), (should_s, should_y) in zip(given, expected, strict=True)
    )


def _quadratic(
    random: np.random.Generator, lowest: Array, slope: Array | None = None
) -> Callable[[Array], tuple[float, Array]]:
    """Make ½(x−c)ᵀA(x−c) whose gradient at `lowest` is `slope` (0 without it)."""
    half = random.standard_normal((lowest.size, lowest.size)) / 4
    matrix = half @ half.T + 0.5 * np.eye(lowest.size)
    pull = np.zeros(lowest.size) if slope is None else slope.ravel()

    def loss(picture: Array) -> tuple[float, Array]:
        away = picture.ravel() - lowest.ravel()
        gradient = matrix @ away + pull
        return float(1 + away @ (matrix @ away) / 2 + pull @ away), gradient.reshape(lowest.shape)

    return loss


def _negative_gradient(rate: float) -> Callable[[Array, Array, Pairs], Array]:
    return lambda _at, gradient, _pairs: -rate * gradient


def _validate_without_halving(attempt: Callable[..., Any], random: np.random.Generator) -> None:
    trial = _RecordedRun(
        _quadratic(random, random.uniform(0.3, 0.7, _SHAPE)), _negative_gradient(0.2)
    )
    start = random.uniform(0.1, 0.9, _SHAPE)
    picture, losses = _call_loop(attempt, trial, start, 6)
    if not is_close(trial.evaluated[0][0], start):
        raise WrongAnswerError("Your loop does not begin at the start that it is given.")
    _validate_sequence(trial)
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
    _validate_pair_history(trial)


def _validate_start_outside(attempt: Callable[..., Any], random: np.random.Generator) -> None:
    trial = _RecordedRun(_quadratic(random, np.full(_SHAPE, 0.5)), _negative_gradient(0.2))
    start = random.uniform(-0.5, 1.5, _SHAPE)
    _call_loop(attempt, trial, start, 2)
    if not is_close(trial.evaluated[0][0], np.clip(start, 0, 1)):
        raise WrongAnswerError(
            "A start outside the box should be clipped to [0, 1], and nothing else."
        )


def _validate_long_steps(
    attempt: Callable[..., Any], random: np.random.Generator, rate: float
) -> None:
    trial = _RecordedRun(
        _quadratic(random, random.uniform(0.4, 0.6, _SHAPE)), _negative_gradient(rate)
    )
    _, losses = _call_loop(attempt, trial, random.uniform(0.1, 0.9, _SHAPE), 5)
    _validate_sequence(trial)
    if len(losses) != 6:  # noqa: PLR2004 - the start and five steps
        raise WrongAnswerError(
            "Where the direction is too long by far, your loop gives up. Halved often enough, every "
            f"step lowers the loss; up to {MAX_TRIES} tries are asked for."
        )
    _validate_pair_history(trial)


def _validate_clipped_steps(attempt: Callable[..., Any], random: np.random.Generator) -> None:
    """Try a valley beyond the box: most steps are lower at once, and clipped."""
    lowest = np.resize([-0.6, 0.4, 1.7], _SHAPE)
    trial = _RecordedRun(_quadratic(random, lowest), _negative_gradient(0.25))
    _call_loop(attempt, trial, random.uniform(0.2, 0.8, _SHAPE), 6)
    _validate_sequence(trial)
    _validate_pair_history(trial)


def _validate_negative_curvature(attempt: Callable[..., Any], random: np.random.Generator) -> None:
    """Try a hill, concave everywhere: s·y < 0 for every step."""

    def hill(picture: Array) -> tuple[float, Array]:
        away = picture - 0.5
        return float(9 - (away**2).sum()), -2 * away

    trial = _RecordedRun(hill, _negative_gradient(0.1))
    _call_loop(attempt, trial, 0.5 + random.uniform(-0.05, 0.05, _SHAPE), 4)
    _validate_sequence(trial)


def _validate_many_steps(attempt: Callable[..., Any], random: np.random.Generator) -> None:
    trial = _RecordedRun(
        _quadratic(random, random.uniform(0.3, 0.7, _SHAPE)), _negative_gradient(0.01)
    )
    _call_loop(attempt, trial, random.uniform(0.1, 0.9, _SHAPE), MAX_PAIRS + 4)
    _validate_sequence(trial)
    _validate_pair_history(trial)


def _validate_misleading_pairs(attempt: Callable[..., Any], random: np.random.Generator) -> None:
    """Give a direction that points uphill as soon as it has one pair, or three."""
    for most, steps in ((1, 3), (3, 8)):
        trial = _RecordedRun(
            _quadratic(random, random.uniform(0.3, 0.7, _SHAPE)), _misleading_direction(most)
        )
        _, losses = _call_loop(attempt, trial, random.uniform(0.2, 0.8, _SHAPE), steps)
        _validate_sequence(trial)
        _validate_pair_history(trial)
        if len(losses) != steps + 1:
            raise WrongAnswerError(
                "Where no try along a direction with pairs is lower, your loop gives up. It should "
                "forget the pairs and try again without them."
            )


def _misleading_direction(most: int) -> Callable[[Array, Array, Pairs], Array]:
    return lambda _at, gradient, pairs: gradient if len(pairs) >= most else -0.1 * gradient


def _validate_no_descent(attempt: Callable[..., Any], random: np.random.Generator) -> None:
    lowest = random.uniform(0.3, 0.7, _SHAPE)
    trial = _RecordedRun(_quadratic(random, lowest), _negative_gradient(-1.0))
    start = random.uniform(0.1, 0.9, _SHAPE)
    picture, losses = _call_loop(attempt, trial, start, 5)
    if len(losses) != 1 or not is_close(picture, start):
        raise WrongAnswerError("Where no try is ever lower, the start should come back.")
    tries = len(trial.evaluated) - 1
    if tries != MAX_TRIES:
        raise WrongAnswerError(
            f"Where no try is lower, your loop makes {tries} tries; {MAX_TRIES} are asked for, the whole "
            "way among them."
        )


def _validate_optimum_on_bounds(attempt: Callable[..., Any], random: np.random.Generator) -> None:
    """Try a valley that goes on falling beyond the box: half of the values end at 0 or 1."""
    lowest = random.uniform(0.3, 0.7, _SHAPE)
    walls = random.random(_SHAPE)
    lowest[walls < 1 / 4] = 0.0
    lowest[walls > 3 / 4] = 1.0
    slope = np.where(lowest == 0, 1.0, np.where(lowest == 1, -1.0, 0.0))
    trial = _RecordedRun(_quadratic(random, lowest, slope), _direction_to_target)
    picture, _ = _call_loop(attempt, trial, np.full(_SHAPE, 0.5), 60)
    if np.abs(picture - lowest).max() > 1e-4:  # noqa: PLR2004 - a hundredth of an 8-bit value
        raise WrongAnswerError(
            "The lowest point of a valley that leaves the box was not found in 60 steps. Values that "
            f"should be 0 or 1 and the others are up to {np.abs(picture - lowest).max():.2g} away."
        )


def _direction_to_target(picture: Array, gradient: Array, pairs: Pairs) -> Array:
    held = ((picture <= 0) & (gradient > 0)) | ((picture >= 1) & (gradient < 0))
    free = np.where(held, 0.0, 1.0)
    return -two_loop_recursion(gradient, pairs, free=free) * (1 if pairs else 0.1)
