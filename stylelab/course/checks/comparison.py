"""Compare an answer with the right one, then with those of known mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.exercise import WrongAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stylelab.course.checks.answers import Array

RELATIVE_TOLERANCE = 1e-6
"""All cases are computed in float64, where rounding is far below this."""


def is_close(one: Any, other: Any) -> bool:
    """Whether two answers are equal up to rounding."""
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    size = float(np.abs(second).max(initial=0))
    return first.shape == second.shape and bool(
        np.allclose(
            first, second, rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE * max(size, 1e-9)
        )
    )


def validate_close(
    answer: Any,
    expected: Any,
    mistakes: Mapping[str, Any],
    fallback: str,
    label: str = "your answer",
) -> None:
    """Compare an answer with the expected one, then with those of known mistakes.

    Args:
        answer: the reader's answer.
        expected: the right answer.
        mistakes: the answers of known mistakes, by the sentence that explains them.
        fallback: the sentence if no known mistake fits.
        label: what is compared, in words.

    Raises:
        WrongAnswerError: the answer differs from the expected one.
    """
    if is_close(answer, expected):
        return
    for sentence, mistaken in mistakes.items():
        if is_close(answer, mistaken):
            raise WrongAnswerError(sentence)
    received, right = np.asarray(answer, np.float64), np.asarray(expected, np.float64)
    if np.any(right) and is_close(received, -right):
        raise WrongAnswerError(f"The sign of {label} is wrong; its size is right.")
    if (factor := _simple_factor(received, right)) is not None:
        raise WrongAnswerError(
            f"{fallback} Everything in {label} is {factor} times what it should be."
        )
    raise WrongAnswerError(fallback)


def validate_all_close(
    cases: Sequence[tuple[Any, Any, Mapping[str, Any]]], fallback: str, label: str = "your answer"
) -> None:
    """Compare all cases: a mistake is named only if it explains every one of them.

    Args:
        cases: for each, `answer`, `expected` and `mistakes` as in `validate_close`; all mistakes have
            the same sentences.
        fallback: as in `validate_close`.
        label: as in `validate_close`.

    Raises:
        WrongAnswerError: an answer differs from the expected one.
    """
    answers, rights, mistakes = zip(*cases, strict=True)
    sizes = [max(float(np.abs(right).max(initial=0)), 1e-9) for right in rights]

    def joined(values: Iterable[Any]) -> Array:
        return np.concatenate(
            [np.ravel(value) / size for value, size in zip(values, sizes, strict=True)]
        )

    validate_close(
        joined(answers),
        joined(rights),
        {sentence: joined(each[sentence] for each in mistakes) for sentence in mistakes[0]},
        fallback,
        label,
    )


_SIMPLE_FACTORS = (*range(2, 10), 255)

_MIN_DISTINCT_VALUES = 3


def _simple_factor(answer: Array, expected: Array) -> str | None:
    """Return the simple factor by which an answer differs, if several values share it.

    Any number is some multiple of any other: the factor of a single one says nothing about the
    reason and would give the answer away.
    """
    size = np.abs(expected).max(initial=0)
    if (
        size == 0
        or np.unique((expected[expected != 0] / size).round(6)).size < _MIN_DISTINCT_VALUES
    ):
        return None
    for factor in _SIMPLE_FACTORS:
        if is_close(answer, factor * expected):
            return str(factor)
        if is_close(answer, expected / factor):
            return f"1/{factor}"
    return None
