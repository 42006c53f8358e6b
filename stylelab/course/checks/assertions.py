"""Assertions for exercises: call a reader's function, compare its answer, explain what is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylelab.course.checks.exercise import NotWrittenError, WrongAnswerError

Array = NDArray[np.floating[Any]]

RELATIVE_TOLERANCE = 1e-6
"""All cases are computed in float64, where rounding is far below this."""


def call_answer(function: Any, *arguments: Any, **named: Any) -> Any:
    """Call a reader's function on copies of the arguments.

    Raises:
        NotWrittenError: it is the stub: it raises `NotImplementedError`, or returns None or `…`.
        WrongAnswerError: it is not callable, raises an error or changes its arguments.
    """
    validate_written(function)
    if not callable(function):
        raise WrongAnswerError(
            f"A function was expected. Received: {type(function).__name__}. Pass its name, without "
            "parentheses after it."
        )
    copies = [np.copy(entry) if isinstance(entry, np.ndarray) else entry for entry in arguments]
    try:
        answer = function(*copies, **named)
    except NotImplementedError:
        raise NotWrittenError from None
    except Exception as error:
        shapes = " and ".join(str(np.shape(entry)) for entry in arguments if np.ndim(entry))
        inputs = f" for arguments of shape {shapes}" if shapes else ""
        raise WrongAnswerError(
            f"Your function stops with {type(error).__name__}{inputs}: {error}"
        ) from error
    validate_written(answer)
    for before, after in zip(arguments, copies, strict=True):
        if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
            raise WrongAnswerError(
                "Your function changes the array that it is given. Work on a copy: the caller still "
                "needs the original."
            )
    return answer


def validate_written(answer: Any) -> None:
    """Raise NotWrittenError if an answer is still the stub: None or `…`."""
    if answer is None or answer is ...:
        raise NotWrittenError


def parse_predictions(answer: Any, names: Iterable[str]) -> Mapping[str, Any]:
    """Return the reader's dictionary of predictions, one for each name; some may still be None.

    Raises:
        NotWrittenError: there is no prediction yet.
        WrongAnswerError: it is not a dictionary, or has other keys.
    """
    keys = ", ".join(map(repr, names))
    validate_written(answer)
    if not isinstance(answer, Mapping):
        raise WrongAnswerError(
            f"A dictionary was expected, with the keys {keys}. Received: {type(answer).__name__}."
        )
    if set(answer) != set(names):
        raise WrongAnswerError(f"Expected the keys {keys}. {describe_name_errors(answer, names)}")
    if all(prediction is None for prediction in answer.values()):
        raise NotWrittenError
    return answer


def describe_name_errors(received: Iterable[Any], expected: Iterable[str]) -> str:
    """Name what is missing, misspelt, unknown or repeated."""
    given, names = [str(name) for name in received], list(expected)
    missing = [name for name in names if name not in given]
    sentences = []
    for name in dict.fromkeys(given):
        if name in names:
            if given.count(name) > 1:
                sentences.append(f"Received more than once: {name!r}.")
            continue
        close = difflib.get_close_matches(name.lower().strip(), missing, n=1)
        meant = f" Did you mean {close[0]!r}?" if close else ""
        sentences.append(f"Received, but not expected: {name!r}.{meant}")
    if missing:
        sentences.append(f"Missing: {', '.join(map(repr, missing))}.")
    return " ".join(sentences)


def validate_predictions(answer: Any, facts: Mapping[str, tuple[bool, str]]) -> None:
    """Compare predictions of True or False with what is right.

    Args:
        answer: the reader's dictionary of predictions, one for each name.
        facts: for each name, what is right, and what to think about if its prediction is wrong.

    Raises:
        NotWrittenError: as `parse_predictions`.
        WrongAnswerError: as `parse_predictions`, or a prediction is missing, is neither True nor
            False, or is wrong.
    """
    predictions = parse_predictions(answer, facts)
    missing = [name for name in facts if predictions[name] is None]
    if missing:
        raise WrongAnswerError(f"A prediction is missing for: {', '.join(missing)}.")
    for name, value in predictions.items():
        if not isinstance(value, bool | np.bool_):
            raise WrongAnswerError(f"For {name!r}: expected True or False. Received: {value!r}.")
    validate_none_wrong([name for name in facts if predictions[name] != facts[name][0]], facts)


def validate_none_wrong(wrong: Sequence[str], facts: Mapping[str, tuple[Any, str]]) -> None:
    """Raise WrongAnswerError if any is wrong, with their number and the first one's explanation."""
    if wrong:
        raise WrongAnswerError(
            f"{len(facts) - len(wrong)} of {len(facts)} are right. Think again about {wrong[0]!r}. "
            f"{facts[wrong[0]][1]}"
        )


def shape_of(answer: Any) -> tuple[int, ...] | None:
    """Return the shape of an answer, or None if it has none because its rows differ in length."""
    try:
        return np.shape(answer)
    except ValueError:
        return None


def as_array(answer: Any, shape: tuple[int, ...], label: str = "your answer") -> Array:
    """Return the answer as a float64 array of the expected shape.

    Raises:
        WrongAnswerError: it is not an array of finite numbers, or has another shape.
    """
    try:
        array = _as_floats(answer)
    except (TypeError, ValueError, OverflowError):
        raise WrongAnswerError(
            f"An array of numbers was expected for {label}. Received: {_describe_type(answer)}."
        ) from None
    if array.shape != shape:
        raise WrongAnswerError(
            f"The shape {shape} was expected for {label}. Received: {array.shape}."
            + (" Rows and columns are exchanged." if array.T.shape == shape else "")
        )
    if not np.isfinite(array).all():
        raise WrongAnswerError(
            f"Finite numbers were expected. Received: NaN or infinity in {label}."
        )
    return array


def as_number(answer: Any, label: str = "your answer") -> float:
    """Return the answer as a float.

    Raises:
        WrongAnswerError: it is not one finite number.
    """
    try:
        array = _as_floats(answer)
    except (TypeError, ValueError):
        array = np.empty(0)
    except OverflowError:  # a whole number larger than any float
        array = np.array(np.inf)
    if array.size != 1:
        received = f"an array of shape {array.shape}" if array.size else _describe_type(answer)
        raise WrongAnswerError(f"One number was expected for {label}. Received: {received}.")
    number = float(array.reshape(()))
    if not np.isfinite(number):
        raise WrongAnswerError(f"A finite number was expected for {label}. Received: {number}.")
    return number


def _as_floats(answer: Any) -> Array:
    """Convert to float64, except text that looks like a number and complex numbers.

    Raises:
        TypeError, ValueError, OverflowError: it holds something other than real numbers.
    """
    array = np.asarray(answer)
    if array.dtype.kind not in "biufO" or any(isinstance(one, str | bytes) for one in array.flat):
        raise TypeError
    return array.astype(np.float64)


def _describe_type(answer: Any) -> str:
    kind = type(answer).__name__
    dtype = getattr(answer, "dtype", None)
    return kind if dtype is None else f"{kind} of {dtype}"


def as_pair(answer: Any, label: str) -> tuple[Any, Any]:
    """Return the two parts of an answer.

    Raises:
        WrongAnswerError: it does not have two parts.
    """
    if not isinstance(answer, tuple | list) or len(answer) != 2:  # noqa: PLR2004 - a pair
        raise WrongAnswerError(
            f"Two things were expected, {label}. Received: {type(answer).__name__}."
        )
    return answer[0], answer[1]


def call_for_gradient(attempt: Any, *arguments: Any) -> tuple[float, Any]:
    """Call a reader's function that returns a loss and its gradient.

    Raises:
        NotWrittenError: as `call_answer`.
        WrongAnswerError: as `call_answer`, or it does not return two things, the first a number.
    """
    value, gradient = as_pair(call_answer(attempt, *arguments), "(value, gradient)")
    return as_number(value, "the value"), gradient


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
    sizes = [max(float(np.abs(expected).max(initial=0)), 1e-9) for _, expected, _ in cases]

    def joined(values: Sequence[Any]) -> Array:
        return np.concatenate(
            [np.ravel(value) / size for value, size in zip(values, sizes, strict=True)]
        )

    validate_close(
        joined([answer for answer, _, _ in cases]),
        joined([expected for _, expected, _ in cases]),
        {
            sentence: joined([mistakes[sentence] for *_, mistakes in cases])
            for sentence in cases[0][2]
        },
        fallback,
        label,
    )


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
