"""Call a reader's function and read its answer, or say what is wrong with it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylelab.course.checks.exercise import NotWrittenError, WrongAnswerError

Array = NDArray[np.floating[Any]]


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
