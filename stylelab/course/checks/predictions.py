"""Predictions by name: read them, compare them with what is right, and explain."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from stylelab.course.checks.answers import validate_written
from stylelab.course.checks.exercise import NotWrittenError, WrongAnswerError


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
