"""Trying a reader's function, and saying in a sentence what is wrong with what it gives."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.exercise import NotWrittenError, WrongAnswerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

RELATIVE_TOLERANCE = 1e-6
"""All cases are tried in float64, where rounding is far below this."""


def call_answer(function: Any, *arguments: Any, **named: Any) -> Any:
    """Call a reader's function on copies of the arguments.

    Raises:
        NotWrittenError: it is the stub: it raises `NotImplementedError`, or gives None or `…`.
        WrongError: it stops with an error, or changes what it is given.
    """
    validate_written(function)
    if not callable(function):
        raise WrongAnswerError(
            f"A function was expected. Received: {type(function).__name__}. Give its name, without "
            "parentheses after it."
        )
    copies = [np.copy(entry) if isinstance(entry, np.ndarray) else entry for entry in arguments]
    try:
        answer = function(*copies, **named)
    except NotImplementedError:
        raise NotWrittenError from None
    except Exception as error:
        shapes = " and ".join(str(np.shape(entry)) for entry in arguments if np.ndim(entry))
        given = f" when given {shapes}" if shapes else ""
        raise WrongAnswerError(
            f"Your function stops with {type(error).__name__}{given}: {error}"
        ) from error
    validate_written(answer)
    for before, after in zip(arguments, copies, strict=True):
        if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
            raise WrongAnswerError(
                "Your function changes the array that it is given. Work on a new one: whoever called "
                "still needs the old."
            )
    return answer


def validate_written(answer: Any) -> None:
    """Tell an answer from a stub.

    Raises:
        NotWrittenError: it is None or `…`.
    """
    if answer is None or answer is ...:
        raise NotWrittenError


def parse_predictions(answer: Any, names: Mapping[str, Any], label: str) -> Mapping[str, Any]:
    """Give a dictionary of predictions, one for each name; single ones may still be None.

    Args:
        answer: the reader's dictionary.
        names: the names expected, as keys.
        label: what they are names of, in words.

    Raises:
        NotWrittenError: no prediction is made yet.
        WrongError: it is no dictionary, or one with other names.
    """
    validate_written(answer)
    if not isinstance(answer, Mapping):
        raise WrongAnswerError(
            f"A dictionary was expected, with the {label} {', '.join(names)}. "
            f"Received: {type(answer).__name__}."
        )
    if set(answer) != set(names):
        raise WrongAnswerError(
            f"Expected these {label} {', '.join(names)}. {describe_name_errors(answer, names)}"
        )
    if all(prediction is None for prediction in answer.values()):
        raise NotWrittenError
    return answer


def describe_name_errors(received: Iterable[Any], expected: Iterable[str]) -> str:
    """Say which names are missing, which are misspelt or unknown, and which came twice."""
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


def validate_guesses(predictions: Mapping[str, Any]) -> None:
    """Refuse predictions of which one is still missing, or is anything else than True or False.

    Raises:
        WrongError: a value is None, or neither True nor False.
    """
    missing = [name for name, guess in predictions.items() if guess is None]
    if missing:
        raise WrongAnswerError(f"A guess is missing for: {', '.join(missing)}.")
    validate_booleans(predictions)


def validate_booleans(predictions: Mapping[str, Any]) -> None:
    """Refuse predictions of anything else.

    Raises:
        WrongError: a value is neither True nor False.
    """
    for name, value in predictions.items():
        if not isinstance(value, bool | np.bool_):
            raise WrongAnswerError(f"For {name!r}: expected True or False. Received: {value!r}.")


def shape_of(answer: Any) -> tuple[int, ...] | None:
    """Give the shape of an answer, or None if it has none: its rows differ in length."""
    try:
        return np.shape(answer)
    except ValueError:
        return None


def as_array(answer: Any, shape: tuple[int, ...], label: str = "your answer") -> Array:
    """Give the answer as a float64 array of the shape expected.

    Raises:
        WrongError: it is no array of finite numbers, or has another shape.
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
    """Give the answer as a float.

    Raises:
        WrongError: it is not one finite number.
    """
    try:
        array = _as_floats(answer)
    except (TypeError, ValueError):
        array = np.empty(0)
    except OverflowError:  # a whole number beyond all floats
        array = np.array(np.inf)
    if array.size != 1:
        what = f"an array of shape {array.shape}" if array.size else _describe_type(answer)
        raise WrongAnswerError(f"One number was expected for {label}. Received: {what}.")
    number = float(array.reshape(()))
    if not np.isfinite(number):
        raise WrongAnswerError(f"A finite number was expected for {label}. Received: {number}.")
    return number


def _as_floats(answer: Any) -> Array:
    """Convert to float64, but neither text that looks like a number nor complex numbers.

    Raises:
        TypeError, ValueError, OverflowError: it holds anything else than real numbers.
    """
    array = np.asarray(answer)
    if array.dtype.kind not in "biufO" or any(isinstance(one, str | bytes) for one in array.flat):
        raise TypeError
    return array.astype(np.float64)


def _describe_type(answer: Any) -> str:
    kind = type(answer).__name__
    dtype = getattr(answer, "dtype", None)
    return kind if dtype is None else f"{kind} of {dtype}"


def as_pair(answer: Any, what: str) -> tuple[Any, Any]:
    """Take apart an answer of two parts.

    Raises:
        WrongError: it has not two parts.
    """
    if not isinstance(answer, tuple | list) or len(answer) != 2:  # noqa: PLR2004 - a pair
        raise WrongAnswerError(
            f"Two things were expected, {what}. Received: {type(answer).__name__}."
        )
    return answer[0], answer[1]


def validate_all_close(
    cases: Sequence[tuple[Any, Any, Mapping[str, Any]]], fallback: str, label: str = "your answer"
) -> None:
    """Compare all cases at once: what is said to be wrong explains every one of them.

    Args:
        cases: for each what the reader's function gave, what is right, and what a mistake gives, by
            the sentence that says which; the same sentences in each.
        fallback: the sentence where no known mistake fits.
        label: what is compared, in words.

    Raises:
        WrongError: the answer to a case is another.
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
    """Whether two answers agree but for rounding."""
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
    """Compare with what is right, then with what known mistakes give.

    Args:
        answer: what the reader's function gave.
        expected: what is right.
        mistakes: what a mistake gives, by the sentence that says which.
        fallback: the sentence where no known mistake fits.
        label: what is compared, in words.

    Raises:
        WrongError: the answer is another.
    """
    if is_close(answer, expected):
        return
    for sentence, mistaken in mistakes.items():
        if is_close(answer, mistaken):
            raise WrongAnswerError(sentence)
    received, right = np.asarray(answer, np.float64), np.asarray(expected, np.float64)
    if np.any(right) and is_close(received, -right):
        raise WrongAnswerError(f"The sign of {label} is turned around; its size is right.")
    if (factor := _simple_factor(received, right)) is not None:
        raise WrongAnswerError(
            f"{fallback} Everything in {label} is {factor} times what it should be."
        )
    raise WrongAnswerError(fallback)


_SIMPLE_FACTORS = (*range(2, 10), 255)
_MIN_DISTINCT_VALUES = 3


def _simple_factor(answer: Array, expected: Array) -> str | None:
    """Tell by which simple factor an answer differs, if several values share it.

    Any one number is some multiple of any other, so that a single one says nothing about the reason
    and would give the answer away.
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
