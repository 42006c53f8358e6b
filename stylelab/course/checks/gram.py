"""Exercises of notebook 05: Gram matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.assertions import (
    as_array,
    as_number,
    call_answer,
    is_close,
    parse_predictions,
    shape_of,
    validate_close,
    validate_guesses,
)
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.losses import gram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray


def _my_gram_matrix(maps: np.ndarray) -> np.ndarray:
    rows, columns, channels = maps.shape
    positions = maps.reshape(rows * columns, channels)  # a row for each position
    return positions.T @ positions / (rows * columns)


@exercise(
    answer=_my_gram_matrix,
    package_function=gram.gram_matrix,
    hints=(
        (
            "Where a channel fires does not matter, only with which others. So rows and columns of "
            "the picture can become one long axis: maps.reshape(…)."
        ),
        (
            "With one row for each position and one column for each channel, entry (i, j) is the sum "
            "over positions of column i times column j. That is one matrix product."
        ),
        "Divide by the number of positions, so that a large picture and a small one compare.",
    ),
)
def gram_matrix(attempt: Callable[..., Any]) -> str:
    """Maps (rows, columns, N) → their Gram matrix (N, N), divided by the number of positions."""
    random = np.random.default_rng(5)
    for maps in _cases(random):
        rows, columns, channels = maps.shape
        answer = call_answer(attempt, maps)
        if shape_of(answer) == (rows * columns, rows * columns) != (channels, channels):
            raise WrongAnswerError(
                "Your matrix compares positions with positions: it has a row for each of the "
                f"{rows * columns} places. It should compare the {channels} channels."
            )
        given = as_array(answer, (channels, channels), "the Gram matrix")
        shuffled = random.permutation(maps.reshape(-1, channels)).reshape(maps.shape)
        if not is_close(as_array(call_answer(attempt, shuffled), given.shape), given):
            raise WrongAnswerError(
                "Your matrix changes when positions are shuffled; it should not."
            )
        sums = np.einsum("rci,rcj->ij", maps, maps)
        centred = maps - maps.mean((0, 1))
        positions = rows * columns
        validate_close(
            given,
            sums / positions,
            {
                "Not divided by the number of positions: a larger picture would get a larger "
                "matrix.": sums,
                "Divided by channels too: by the number of positions alone is asked here.": sums
                / (positions * channels),
                "Divided by channels, not by positions.": sums / channels,
                "Divided by one less than the number of positions, as for a sample's covariance; "
                "the mean over all positions is asked.": sums / (positions - 1 or 1),
                "The mean of each channel is taken away first. That is a covariance: a channel that "
                "is on everywhere would count as silent.": np.einsum(
                    "rci,rcj->ij", centred, centred
                )
                / positions,
                "The mean of each channel is taken away first, and it is divided by one less than the "
                "number of positions, as np.cov does. A Gram matrix keeps the means.": np.einsum(
                    "rci,rcj->ij", centred, centred
                )
                / (positions - 1 or 1),
                "These are correlations: each channel is brought to one strength, so the strong ones "
                "no longer count more.": _correlations(sums),
                "These are correlations, as np.corrcoef gives them: each channel's mean is taken away "
                "and its strength brought to 1. A Gram matrix keeps both.": _correlations(
                    np.einsum("rci,rcj->ij", centred, centred)
                ),
            },
            "Entry (i, j) should be the mean over all positions of channel i times channel j.",
            "the matrix",
        )
    return "It holds for every shape that was tried, and shuffling positions changes nothing."


def _cases(random: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    for shape in ((3, 5, 4), (4, 4, 4), (2, 2, 7), (6, 1, 2)):
        yield random.standard_normal(shape) + 0.5


def _correlations(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    sizes = np.sqrt(np.diag(sums))
    correlations: NDArray[np.float64] = sums / np.outer(sizes, sizes)
    return correlations


def _my_style_distance(maps: np.ndarray, target: np.ndarray) -> float:
    rows, columns, channels = maps.shape
    positions = maps.reshape(rows * columns, channels)
    gram = positions.T @ positions / (rows * columns)
    return float(np.sum((gram - target) ** 2) / np.sum(target**2))


@exercise(
    answer=_my_style_distance,
    hints=(
        (
            "First bring both sides to one kind: the target is a Gram matrix already, the maps are "
            "not yet. sl.gram_matrix divides by the number of positions, as the target's maker did."
        ),
        "Subtract entry by entry, and square each difference. One sum over all of them.",
        "‖A‖² is the same kind of sum, over the squared entries of the target alone.",
    ),
)
def style_distance(attempt: Callable[..., Any]) -> str:
    """Maps (rows, columns, N) and a target (N, N), per position → ‖G − A‖² / ‖A‖²."""
    random = np.random.default_rng(6)
    for maps, target in _cases_with_target(random):
        given = as_number(call_answer(attempt, maps, target), "the distance")
        shuffled = random.permutation(maps.reshape(-1, maps.shape[-1])).reshape(maps.shape)
        if not is_close(as_number(call_answer(attempt, shuffled, target), "the distance"), given):
            raise WrongAnswerError(
                "Your distance changes when positions are shuffled. The Gram matrix of the maps does "
                "not; is it what you compare?"
            )
        validate_close(
            given,
            _relative(_per_position(maps), target),
            _wrong_distances(maps, target),
            "The distance should be the sum of all squared differences between the two matrices, "
            "divided by the sum of the target's squared entries.",
            "the distance",
        )
    alike = random.standard_normal((3, 4, 5))
    if abs(as_number(call_answer(attempt, alike, _per_position(alike)))) > ROUNDING_ERROR:
        raise WrongAnswerError("Maps with the target's own Gram matrix should be at distance 0.")
    silent = as_number(call_answer(attempt, np.zeros((3, 4, 5)), _per_position(alike)))
    if not is_close(silent, 1.0):
        raise WrongAnswerError(f"Silent maps, all 0, should be at distance 1. Yours: {silent:.4g}.")
    return "It holds for every shape; the same Gram matrix gives 0, and silence gives 1."


ROUNDING_ERROR = 1e-12
"""What rounding may leave of a distance of 0."""


def _cases_with_target(
    random: np.random.Generator,
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Maps, and the Gram matrix of others: of another number of positions, as paintings have."""
    for maps in _cases(random):
        yield maps, _per_position(random.standard_normal((5, 3, maps.shape[-1])) + 0.3)


def _per_position(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    gram: NDArray[np.float64] = np.einsum("rci,rcj->ij", maps, maps) / np.prod(maps.shape[:2])
    return gram


def _relative(gram: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    return float(np.sum((gram - target) ** 2) / np.sum(target**2))


def _wrong_distances(maps: NDArray[np.float64], target: NDArray[np.float64]) -> Mapping[str, float]:
    rows, columns, channels = maps.shape
    gram = _per_position(maps)
    squares, energy = float(np.sum((gram - target) ** 2)), float(np.sum(target**2))
    upper = np.triu_indices(channels)
    centred = maps - maps.mean((0, 1))
    covariance = _per_position(centred)
    positions = rows * columns
    return {
        "The mean of each channel is taken away from the maps first. That is a covariance; the target "
        "keeps the means.": _relative(covariance, target),
        "np.cov takes the mean of each channel away and divides by one less than the number of "
        "positions. The target does neither.": _relative(
            covariance * positions / (positions - 1 or 1), target
        ),
        "The correlations of the maps are compared: each channel is brought to one strength, but in "
        "the target the strong ones count more.": _relative(_correlations(covariance), target),
        "The Gram matrix of the maps is not divided by the number of positions; that of the target "
        "is. They would not compare.": _relative(gram * rows * columns, target),
        "The Gram matrix of the maps is divided by all entries of the maps, channels too; the target "
        "is divided by positions alone.": _relative(gram / channels, target),
        "Not divided by ‖A‖²: a strong layer would have larger distances than a weak one.": squares,
        "Divided by the number of entries: a mean of squares. Divide by ‖A‖², so that the distance "
        "has no unit.": squares / channels**2,
        "Divided by ‖G‖², which changes with the maps. Divide by the target's.": squares
        / float(np.sum(gram**2)),
        "A root is taken; the distance is a ratio of squares.": float(np.sqrt(squares / energy)),
        "A root is taken, and nothing is divided by.": float(np.sqrt(squares)),
        "Divided by ‖A‖, not by ‖A‖².": squares / float(np.sqrt(energy)),
        "Absolute differences in place of squared ones.": float(
            np.abs(gram - target).sum() / np.abs(target).sum()
        ),
        "Each difference is divided by its own entry of the target. Add first, then divide: one sum "
        "over the other.": float(np.sum(((gram - target) / target) ** 2)),
        "Only the diagonal counts: each channel with itself. The pairs say which fire together.": (
            _relative(np.diag(gram), np.diag(target))
        ),
        "Each pair of channels counts once. ‖ ‖² is over all entries of the matrix, above the "
        "diagonal and below it.": _relative(gram[upper], target[upper]),
    }


GRAM_INVARIANCES = {
    "shuffle all positions": True,
    "mirror the maps": True,
    "exchange two channels": False,
    "lay the maps twice side by side": True,
    "double every value": False,
    "shuffle each channel by itself": False,
}
"""Whether a change of the maps leaves the Gram matrix, divided by positions, as it is."""

_EXPLANATIONS = {
    "shuffle all positions": "A sum does not ask in which order it is added up.",
    "mirror the maps": "A mirror brings every position to another place, with all its channels.",
    "exchange two channels": "Entry (i, j) belongs to channel i and channel j by number.",
    "lay the maps twice side by side": "Twice the sum, over how many positions?",
    "double every value": "Each entry is made of two factors.",
    "shuffle each channel by itself": "What one channel has at a position, then meets what?",
}


@exercise(
    answer=dict(GRAM_INVARIANCES),
    hints=(
        "Entry (i, j) is a mean over positions: of channel i times channel j, at the same position.",
        (
            "For each change ask: are the same products still there, only in another order? And by "
            "how many positions is the sum divided?"
        ),
        (
            "You can try them: rng.permutation(…) shuffles rows, maps[:, ::-1] mirrors, "
            "np.concatenate([maps, maps], axis=1) lays side by side. Then np.allclose on the matrices."
        ),
    ),
)
def gram_unchanged(attempt: Any) -> str:
    """Whether each of six changes of the maps leaves their Gram matrix as it is: True or False."""
    guesses = parse_predictions(attempt, GRAM_INVARIANCES, "changes, as they came:")
    validate_guesses(guesses)
    missed = [change for change in GRAM_INVARIANCES if guesses[change] != GRAM_INVARIANCES[change]]
    if missed:
        raise WrongAnswerError(
            f"{len(GRAM_INVARIANCES) - len(missed)} of {len(GRAM_INVARIANCES)} are right. Think again about "
            f"{missed[0]!r}. {_EXPLANATIONS[missed[0]]}"
        )
    return "All of them. Only which channels meet at a position counts, not where the position is."
