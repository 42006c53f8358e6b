"""Recorded runs of a reader's optimizer loop, and what must be true of each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, as_number, as_pair, call_answer
from stylelab.course.checks.comparison import is_close
from stylelab.course.checks.exercise import NotWrittenError, WrongAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Pairs = Sequence[tuple[Array, Array]]

MAX_PAIRS = 10
"""Number of pairs that the loop stores."""

MAX_TRIES = 20
"""Number of tries that a step may take, the full step included."""

_MAX_EVALUATIONS = 5000  # a loop that never ends is stopped here


@dataclass
class RecordedRun:
    """A loss and a direction for the reader's loop that record every call."""

    loss: Callable[[Array], tuple[float, Array]]
    direction: Callable[[Array, Array, Pairs], Array]
    log: list[tuple[str, Any]] = field(default_factory=list)

    def evaluate(self, picture: Any) -> tuple[float, Array]:
        """Return loss and gradient at a picture."""
        at = np.array(picture, np.float64)
        if len(self.log) > _MAX_EVALUATIONS:
            raise _TooManyEvaluationsError
        value, gradient = self.loss(at)
        self.log.append(("evaluation", (at, value)))
        return value, gradient

    def find_direction(self, picture: Any, gradient: Any, pairs: Any) -> Array:
        """Return the direction of a step."""
        at, slope = np.array(picture, np.float64), np.array(gradient, np.float64)
        stored = [(np.array(s, np.float64), np.array(y, np.float64)) for s, y in pairs]
        if len(self.log) > _MAX_EVALUATIONS:
            raise _TooManyEvaluationsError
        ahead = self.direction(at, slope, stored)
        self.log.append(("direction", (at, slope, stored, ahead)))
        return ahead.copy()

    @property
    def evaluated(self) -> list[tuple[Array, float]]:
        """Pictures and their losses, in order."""
        return [call for kind, call in self.log if kind == "evaluation"]

    @property
    def directions(self) -> list[tuple[Array, Array, Pairs, Array]]:
        """Picture, gradient, pairs and direction of each call, in order."""
        return [call for kind, call in self.log if kind == "direction"]


class _TooManyEvaluationsError(Exception):
    """The reader's loop does not end."""


def call_loop(
    attempt: Any, trial: RecordedRun, start: Array, steps: int
) -> tuple[Array, list[float]]:
    """Return what the reader's loop returns, and validate what must be true of every run."""
    try:
        answer = call_answer(attempt, trial.evaluate, start, steps, trial.find_direction)
    except NotWrittenError:
        if trial.log:
            raise WrongAnswerError(
                "Your function works, but returns nothing. It should return the picture and losses."
            ) from None
        raise
    except WrongAnswerError as error:
        if isinstance(error.__cause__, _TooManyEvaluationsError):
            raise WrongAnswerError(
                f"Your loop does not end: called with {steps} steps, it had evaluated the loss "
                f"{len(trial.evaluated)} times when it was stopped. It should end if no "
                "try is lower and there are no pairs to delete."
            ) from error
        raise
    first, second = as_pair(answer, "the picture and the list of losses")
    picture = as_array(first, start.shape, "the picture")
    try:
        losses = [as_number(entry, "an entry of losses") for entry in second]
    except TypeError:
        raise WrongAnswerError("A list of numbers was expected for losses.") from None
    _validate_calls(trial, losses)
    _validate_losses(trial, picture, losses, steps)
    return picture, losses


def _validate_calls(trial: RecordedRun, losses: list[float]) -> None:
    if not trial.evaluated:
        raise WrongAnswerError("Your loop never evaluates the loss.")
    if any(at.min() < 0 or at.max() > 1 for at, _ in trial.evaluated):
        raise WrongAnswerError(
            "Your loop evaluates a picture with a value below 0 or above 1. Every picture should be "
            "clipped before its loss is computed, the start too."
        )
    if len(losses) > 1 and not trial.directions:
        raise WrongAnswerError("Your loop never calls direction.")


def _validate_losses(trial: RecordedRun, picture: Array, losses: list[float], steps: int) -> None:
    if not losses or len(losses) > steps + 1:
        raise WrongAnswerError(
            f"For {steps} steps, losses should have at most {steps + 1} entries: one for the start "
            f"and one for each step. Received: {len(losses)}."
        )
    if not is_close(losses[0], trial.evaluated[0][1]):
        raise WrongAnswerError(
            "The first entry of losses should be the loss of the start, clipped."
        )
    if any(after > before for before, after in pairwise(losses)):
        raise WrongAnswerError(
            "The loss rises during the run. A try should be accepted only if its loss is lower than "
            "the current one."
        )
    known = [value for _, value in trial.evaluated]
    if any(not any(is_close(entry, value) for value in known) for entry in losses):
        raise WrongAnswerError(
            "An entry of losses is not the loss of any picture that you evaluated."
        )
    if not is_close(trial.loss(picture)[0], losses[-1]):
        raise WrongAnswerError(
            "The last entry of losses is not the loss of the picture that you return. It should be."
        )


def validate_sequence(trial: RecordedRun) -> None:
    """Validate the loop's calls, in order."""
    tries: list[tuple[Array, float]] = []
    pending: tuple[Array, Array, Pairs, Array] | None = None
    for kind, call in trial.log[1:]:
        if kind == "direction":
            at, slope, pairs, _ = call
            _validate_request(trial, tries, pending, at, slope)
            _validate_pairs(pairs)
            pending, tries = call, []
            continue
        if pending is None:
            raise WrongAnswerError(
                "Your loop evaluates the loss again before it calls direction. Once for the start is "
                "enough: one call returns the value and the gradient."
            )
        at, _, _, ahead = pending
        expected = np.clip(at + ahead / 2 ** len(tries), 0, 1)
        if not is_close(call[0], expected):
            _explain_try(call[0], tries, at, ahead)
        tries.append(call)


def _explain_try(tried: Array, tries: list[tuple[Array, float]], at: Array, ahead: Array) -> None:
    if tries and is_close(tried, tries[-1][0]):
        raise WrongAnswerError(
            "Your loop evaluates the same picture twice. One call returns both value and gradient, and "
            "evaluations take most of the time."
        )
    if is_close(tried, np.clip(at - ahead / 2 ** len(tries), 0, 1)):
        raise WrongAnswerError(
            "Your loop subtracts the direction. It points downhill already: add it."
        )
    if not tries:
        raise WrongAnswerError(
            "The first try of every step should be the full step along the direction, t = 1, clipped."
        )
    raise WrongAnswerError(
        f"Try {len(tries) + 1} of a step should go half as far along the direction as the try before "
        "it, from the same picture, and then be clipped."
    )


def _validate_request(
    trial: RecordedRun,
    tries: list[tuple[Array, float]],
    last: tuple[Array, Array, Pairs, Array] | None,
    at: Array,
    slope: Array,
) -> None:
    """Validate the picture and the gradient with which direction is called."""
    if last is None:
        if not is_close(at, trial.evaluated[0][0]):
            raise WrongAnswerError("The first call of direction should be at the start, clipped.")
    elif tries:
        before = trial.loss(last[0])[0]
        lower = [picture for picture, value in tries if value < before]
        as_low = [picture for picture, value in tries if value <= before]
        allowed = [*lower[:1], *as_low[:1]] or [last[0]]
        if not any(is_close(at, picture) for picture in allowed):
            raise WrongAnswerError(
                "A step does not continue from the first try that was lower."
                if lower
                else "Your loop moves although no try was lower."
            )
    if not is_close(slope, trial.loss(at)[1]):
        raise WrongAnswerError(
            "You call direction with a gradient that is not that of its picture."
        )


def _validate_pairs(pairs: Pairs) -> None:
    if len(pairs) > MAX_PAIRS:
        raise WrongAnswerError(
            f"Your loop stores {len(pairs)} pairs. Keep the newest {MAX_PAIRS}: each takes twice the "
            "memory of the picture."
        )
    if any(np.vdot(s, y) <= 0 for s, y in pairs):
        raise WrongAnswerError(
            "Your loop stores a pair with s·y ≤ 0. There the curvature is negative, and the "
            "direction of L-BFGS could point uphill."
        )


def validate_pair_history(trial: RecordedRun) -> None:
    """Validate the pairs of each call of direction, in a run where no two losses are equal."""
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
            "If no try along a direction with pairs is lower, all pairs should be deleted. Your loop "
            f"still has {len(pairs)} of them."
        )
    if not pairs:
        raise WrongAnswerError("direction gets no pairs after a step that made one.")
    if _are_pairs_equal(pairs, expected[::-1]):
        raise WrongAnswerError("Your pairs are newest first. They should be oldest first.")
    if _are_pairs_equal(pairs, [(y, s) for s, y in expected]):
        raise WrongAnswerError("A pair is (s, y): how the picture changed, then the gradient.")
    if len(pairs) != len(expected):
        raise WrongAnswerError(
            f"After {number} steps, direction should get {len(expected)} pairs. "
            f"Received: {len(pairs)}."
        )
    raise WrongAnswerError(
        "A pair is wrong. s is how the picture really changed, after halving and clipping; y is how "
        "its gradient changed."
    )


def _are_pairs_equal(given: Pairs, expected: Pairs) -> bool:
    return len(given) == len(expected) and all(
        is_close(s, should_s) and is_close(y, should_y)
        for (s, y), (should_s, should_y) in zip(given, expected, strict=True)
    )
