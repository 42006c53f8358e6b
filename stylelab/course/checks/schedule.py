"""Exercise of notebook 08: sizes of a coarse-to-fine run."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from stylelab.course.checks.answers import as_number, call_answer, shape_of
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.pipeline.settings import Settings

USUAL_COARSEST = 128
"""What the exercise's own signature says."""


def _my_schedule(size: int, coarsest: int = 128) -> list[int]:
    sizes = [size]
    while sizes[0] > coarsest:
        sizes.insert(0, max(coarsest, (sizes[0] + 1) // 2))
    return sizes


@exercise(
    answer=_my_schedule,
    package_function=Settings.stages,
    hints="""
    - Think backwards, from the size of the result: which size may come directly before it?
    - The one before may be half as large, rounded up, but never smaller than coarsest.
      list.insert(0, …) puts it in front.
    - Go on while the first size in your list is larger than coarsest.
    """,
)
def schedule(attempt: Any) -> str:
    """Size of the result in pixels, size of the coarsest → sizes to paint at, coarse to fine."""
    for size, coarsest in ((512, 128), (128, 128), (100, 128), (192, 96), (300, 128), (1024, 64)):
        _validate_schedule(attempt, size, coarsest)
    _validate_schedule(attempt, 400, None)
    return "Every size is at most double the one before, and there are no more than needed."


def _validate_schedule(attempt: Any, size: int, coarsest: int | None) -> None:
    given = call_answer(attempt, size) if coarsest is None else call_answer(attempt, size, coarsest)
    first = min(size, coarsest or USUAL_COARSEST)
    case = f"For size {size}" + (f" and coarsest {coarsest}" if coarsest else "")
    if not isinstance(given, list | tuple | np.ndarray) or shape_of(given) == ():
        raise WrongAnswerError(f"{case}, a list of sizes was expected. Received: {given!r}.")
    sizes = [as_number(entry, "a size") for entry in given]
    received = f"Received: {[f'{entry:g}' for entry in sizes]}.".replace("'", "")
    if not sizes:
        raise WrongAnswerError(f"{case}, at least one size is needed. {received}")
    if any(entry != round(entry) for entry in sizes):
        raise WrongAnswerError(f"{case}: a picture has a whole number of pixels. {received}")
    if sizes[-1] != size:
        reason = ": the list runs from fine to coarse" if sizes[0] == size else ""
        raise WrongAnswerError(f"{case}, the last size should be {size}{reason}. {received}")
    if max(sizes) > size:
        raise WrongAnswerError(
            f"{case}: no size should be larger than that of the result. {received}"
        )
    if any(after <= before for before, after in pairwise(sizes)):
        raise WrongAnswerError(
            f"{case}: each size should be larger than the one before. {received}"
        )
    if sizes[0] != first:
        raise WrongAnswerError(
            f"{case}, the first size should be {first}: coarsest, or size if that is smaller. "
            f"{received}"
        )
    at_most = 2.02  # double, with a margin for rounding
    if any(after > at_most * before for before, after in pairwise(sizes)):
        raise WrongAnswerError(f"{case}: a size is more than double the one before. {received}")
    fewest = 1 + max(0, math.ceil(math.log2(size / first) - 0.01))
    if len(sizes) > fewest:
        raise WrongAnswerError(
            f"{case}: {fewest} sizes are enough, and each takes time. {received}"
        )
