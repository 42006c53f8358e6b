"""Trying a reader's function, and saying in a sentence what is wrong with what it gives."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.exercise import NotWrittenError, WrongError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

RELATIVE_TOLERANCE = 1e-6
"""All cases are tried in float64, where rounding is far below this."""


def call(function: Any, *arguments: Any, **named: Any) -> Any:
    """Call a reader's function on copies of the arguments.

    Raises:
        NotWrittenError: it is the stub: it raises `NotImplementedError`, or gives None or `…`.
        WrongError: it stops with an error, or changes what it is given.
    """
    expect_written(function)
    if not callable(function):
        raise WrongError(
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
        raise WrongError(
            f"Your function stops with {type(error).__name__}{given}: {error}"
        ) from error
    expect_written(answer)
    for before, after in zip(arguments, copies, strict=True):
        if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
            raise WrongError(
                "Your function changes the array that it is given. Work on a new one: whoever called "
                "still needs the old."
            )
    return answer


def expect_written(answer: Any) -> None:
    """Tell an answer from a stub.

    Raises:
        NotWrittenError: it is None or `…`.
    """
    if answer is None or answer is ...:
        raise NotWrittenError


def as_predictions(answer: Any, names: Mapping[str, Any], of: str) -> Mapping[str, Any]:
    """Give a dictionary of predictions, one for each name; single ones may still be None.

    Args:
        answer: the reader's dictionary.
        names: the names expected, as keys.
        of: what they are names of, in words.

    Raises:
        NotWrittenError: no prediction is made yet.
        WrongError: it is no dictionary, or one with other names.
    """
    expect_written(answer)
    if not isinstance(answer, Mapping):
        raise WrongError(
            f"A dictionary was expected, with the {of} {', '.join(names)}. "
            f"Received: {type(answer).__name__}."
        )
    if set(answer) != set(names):
        raise WrongError(f"Expected these {of} {', '.join(names)}. {wrong_names(answer, names)}")
    if all(prediction is None for prediction in answer.values()):
        raise NotWrittenError
    return answer


def wrong_names(received: Iterable[Any], expected: Iterable[str]) -> str:
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


def expect_guesses(predictions: Mapping[str, Any]) -> None:
    """Refuse predictions of which one is still missing, or is anything else than True or False.

    Raises:
        WrongError: a value is None, or neither True nor False.
    """
    missing = [name for name, guess in predictions.items() if guess is None]
    if missing:
        raise WrongError(f"A guess is missing for: {', '.join(missing)}.")
    expect_true_or_false(predictions)


def expect_true_or_false(predictions: Mapping[str, Any]) -> None:
    """Refuse predictions of anything else.

    Raises:
        WrongError: a value is neither True nor False.
    """
    for name, value in predictions.items():
        if not isinstance(value, bool | np.bool_):
            raise WrongError(f"For {name!r}: expected True or False. Received: {value!r}.")


def shape_of(answer: Any) -> tuple[int, ...] | None:
    """Give the shape of an answer, or None if it has none: its rows differ in length."""
    try:
        return np.shape(answer)
    except ValueError:
        return None


def as_array(answer: Any, shape: tuple[int, ...], of: str = "your answer") -> Array:
    """Give the answer as a float64 array of the shape expected.

    Raises:
        WrongError: it is no array of finite numbers, or has another shape.
    """
    try:
        array = _as_floats(answer)
    except (TypeError, ValueError, OverflowError):
        raise WrongError(
            f"An array of numbers was expected for {of}. Received: {_kind_of(answer)}."
        ) from None
    if array.shape != shape:
        raise WrongError(
            f"The shape {shape} was expected for {of}. Received: {array.shape}."
            + (" Rows and columns are exchanged." if array.T.shape == shape else "")
        )
    if not np.isfinite(array).all():
        raise WrongError(f"Finite numbers were expected. Received: NaN or infinity in {of}.")
    return array


def as_number(answer: Any, of: str = "your answer") -> float:
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
        what = f"an array of shape {array.shape}" if array.size else _kind_of(answer)
        raise WrongError(f"One number was expected for {of}. Received: {what}.")
    number = float(array.reshape(()))
    if not np.isfinite(number):
        raise WrongError(f"A finite number was expected for {of}. Received: {number}.")
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


def _kind_of(answer: Any) -> str:
    kind = type(answer).__name__
    dtype = getattr(answer, "dtype", None)
    return kind if dtype is None else f"{kind} of {dtype}"


def as_pair(answer: Any, what: str) -> tuple[Any, Any]:
    """Take apart an answer of two parts.

    Raises:
        WrongError: it has not two parts.
    """
    if not isinstance(answer, tuple | list) or len(answer) != 2:  # noqa: PLR2004 - a pair
        raise WrongError(f"Two things were expected, {what}. Received: {type(answer).__name__}.")
    return answer[0], answer[1]


def expect_same_throughout(
    cases: Sequence[tuple[Any, Any, Mapping[str, Any]]], otherwise: str, of: str = "your answer"
) -> None:
    """Compare all cases at once: what is said to be wrong explains every one of them.

    Args:
        cases: for each what the reader's function gave, what is right, and what a mistake gives, by
            the sentence that says which; the same sentences in each.
        otherwise: the sentence where no known mistake fits.
        of: what is compared, in words.

    Raises:
        WrongError: the answer to a case is another.
    """
    sizes = [max(float(np.abs(expected).max(initial=0)), 1e-9) for _, expected, _ in cases]

    def joined(values: Sequence[Any]) -> Array:
        return np.concatenate(
            [np.ravel(value) / size for value, size in zip(values, sizes, strict=True)]
        )

    expect_same(
        joined([answer for answer, _, _ in cases]),
        joined([expected for _, expected, _ in cases]),
        {
            sentence: joined([mistakes[sentence] for *_, mistakes in cases])
            for sentence in cases[0][2]
        },
        otherwise,
        of,
    )


def same(one: Any, other: Any) -> bool:
    """Whether two answers agree but for rounding."""
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    size = float(np.abs(second).max(initial=0))
    return first.shape == second.shape and bool(
        np.allclose(
            first, second, rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE * max(size, 1e-9)
        )
    )


def expect_same(
    answer: Any,
    expected: Any,
    mistakes: Mapping[str, Any],
    otherwise: str,
    of: str = "your answer",
) -> None:
    """Compare with what is right, then with what known mistakes give.

    Args:
        answer: what the reader's function gave.
        expected: what is right.
        mistakes: what a mistake gives, by the sentence that says which.
        otherwise: the sentence where no known mistake fits.
        of: what is compared, in words.

    Raises:
        WrongError: the answer is another.
    """
    if same(answer, expected):
        return
    for sentence, mistaken in mistakes.items():
        if same(answer, mistaken):
            raise WrongError(sentence)
    received, right = np.asarray(answer, np.float64), np.asarray(expected, np.float64)
    if np.any(right) and same(received, -right):
        raise WrongError(f"The sign of {of} is turned around; its size is right.")
    if (factor := _simple_factor(received, right)) is not None:
        raise WrongError(f"{otherwise} Everything in {of} is {factor} times what it should be.")
    raise WrongError(otherwise)


_SIMPLE_FACTORS = (*range(2, 10), 255)
_SEVERAL = 3


def _simple_factor(answer: Array, expected: Array) -> str | None:
    """Tell by which simple factor an answer differs, if several values share it.

    Any one number is some multiple of any other, so that a single one says nothing about the reason
    and would give the answer away.
    """
    size = np.abs(expected).max(initial=0)
    if size == 0 or np.unique((expected[expected != 0] / size).round(6)).size < _SEVERAL:
        return None
    for factor in _SIMPLE_FACTORS:
        if same(answer, factor * expected):
            return str(factor)
        if same(answer, expected / factor):
            return f"1/{factor}"
    return None
