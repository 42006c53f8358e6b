"""Exercises of notebook 05: Gram matrices."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, as_number, call_answer, shape_of
from stylelab.course.checks.comparison import is_close, validate_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.course.checks.formulas import correlations, gram_per_position, relative_distance
from stylelab.course.checks.predictions import validate_predictions
from stylelab.losses import gram

_SHAPES = ((3, 5, 4), (4, 4, 4), (2, 2, 7), (6, 1, 2))


def _my_gram_matrix(maps: np.ndarray) -> np.ndarray:
    rows, columns, channels = maps.shape
    positions = maps.reshape(rows * columns, channels)  # a row for each position
    return positions.T @ positions / (rows * columns)


@exercise(
    answer=_my_gram_matrix,
    package_function=gram.gram_matrix,
    hints="""
    - Where a channel is active does not matter, only with which others. So rows and columns of the
      picture can become one long axis: maps.reshape(…).
    - With one row for each position and one column for each channel, entry (i, j) is the sum over
      positions of column i times column j. That is one matrix product.
    - Divide by the number of positions, so that pictures of different sizes are comparable.
    """,
)
def gram_matrix(attempt: Any) -> str:
    """Maps (rows, columns, N) → their Gram matrix (N, N), divided by the number of positions."""
    random = np.random.default_rng(5)
    for maps in (random.standard_normal(shape) + 0.5 for shape in _SHAPES):
        rows, columns, channels = maps.shape
        positions = rows * columns
        answer = call_answer(attempt, maps)
        if shape_of(answer) == (positions, positions) != (channels, channels):
            raise WrongAnswerError(
                "Your matrix compares positions with positions: it has a row for each of the "
                f"{positions} places. It should compare the {channels} channels."
            )
        given = as_array(answer, (channels, channels), "the Gram matrix")
        shuffled = random.permutation(maps.reshape(-1, channels)).reshape(maps.shape)
        if not is_close(as_array(call_answer(attempt, shuffled), given.shape), given):
            raise WrongAnswerError(
                "Your matrix changes when positions are shuffled; it should not."
            )
        sums = np.einsum("rci,rcj->ij", maps, maps)
        centred = maps - maps.mean((0, 1))
        products = np.einsum("rci,rcj->ij", centred, centred)
        validate_close(
            given,
            sums / positions,
            {
                "Not divided by the number of positions: a larger picture would get a larger "
                "matrix.": sums,
                "Divided by channels too. Divide by the number of positions alone.": sums
                / (positions * channels),
                "Divided by channels, not by positions.": sums / channels,
                "Divided by one less than the number of positions, as for a sample's covariance. "
                "Divide by the number of positions.": sums / (positions - 1 or 1),
                "The mean of each channel is subtracted first. That is a covariance: a channel that "
                "is active everywhere would count as 0.": products / positions,
                "The mean of each channel is subtracted first, and the sum divided by one less "
                "than the number of positions, as np.cov does. A Gram matrix keeps the means.": products
                / (positions - 1 or 1),
                "These are correlations: each channel is scaled to length 1, so strong channels no "
                "longer count more.": correlations(sums),
                "These are correlations, as np.corrcoef gives them: each channel's mean is subtracted "
                "and its length scaled to 1. A Gram matrix keeps both.": correlations(products),
            },
            "Entry (i, j) should be the mean over all positions of channel i times channel j.",
            "the matrix",
        )
    return "It is right for every shape that was tried, and shuffling positions changes nothing."


def _my_style_distance(maps: np.ndarray, target: np.ndarray) -> float:
    rows, columns, channels = maps.shape
    positions = maps.reshape(rows * columns, channels)
    gram = positions.T @ positions / (rows * columns)
    return float(np.sum((gram - target) ** 2) / np.sum(target**2))


@exercise(
    answer=_my_style_distance,
    hints="""
    - First make both sides the same kind of thing: the target is a Gram matrix already, the maps
      are not. sl.gram_matrix divides by the number of positions, and so was the target.
    - Subtract entry by entry, and square each difference. One sum over all of them.
    - ‖A‖² is the same kind of sum, over the squared entries of the target alone.
    """,
)
def style_distance(attempt: Any) -> str:
    """Maps (rows, columns, N) and a target (N, N), per position → ‖G − A‖² / ‖A‖²."""
    random = np.random.default_rng(6)
    for maps in (random.standard_normal(shape) + 0.5 for shape in _SHAPES):
        # Of other maps, with another number of positions, as paintings have.
        target = gram_per_position(random.standard_normal((5, 3, maps.shape[-1])) + 0.3)
        given = as_number(call_answer(attempt, maps, target), "the distance")
        shuffled = random.permutation(maps.reshape(-1, maps.shape[-1])).reshape(maps.shape)
        if not is_close(as_number(call_answer(attempt, shuffled, target), "the distance"), given):
            raise WrongAnswerError(
                "Your distance changes when positions are shuffled. The Gram matrix of the maps does "
                "not. Is that what you compare?"
            )
        validate_close(
            given,
            relative_distance(gram_per_position(maps), target),
            _wrong_distances(maps, target),
            "The distance should be the sum of all squared differences between the two matrices, "
            "divided by the sum of the target's squared entries.",
            "the distance",
        )
    alike = random.standard_normal((3, 4, 5))
    if abs(as_number(call_answer(attempt, alike, gram_per_position(alike)))) > ROUNDING_ERROR:
        raise WrongAnswerError("Maps with the target's own Gram matrix should be at distance 0.")
    of_zeros = as_number(call_answer(attempt, np.zeros((3, 4, 5)), gram_per_position(alike)))
    if not is_close(of_zeros, 1.0):
        raise WrongAnswerError(f"Maps of zeros should be at distance 1. Received: {of_zeros:.4g}.")
    return "It is right for every shape; the same Gram matrix gives 0, and maps of zeros give 1."


ROUNDING_ERROR = 1e-12
"""Largest value that rounding may make of a distance of 0."""


def _wrong_distances(maps: Array, target: Array) -> dict[str, float]:
    rows, columns, channels = maps.shape
    gram = gram_per_position(maps)
    squares, energy = float(np.sum((gram - target) ** 2)), float(np.sum(target**2))
    upper = np.triu_indices(channels)
    centred = maps - maps.mean((0, 1))
    covariance = gram_per_position(centred)
    positions = rows * columns
    distance = partial(relative_distance, target=target)
    return {
        "The mean of each channel is subtracted from the maps first. That is a covariance; the target "
        "keeps the means.": distance(covariance),
        "np.cov subtracts the mean of each channel and divides by one less than the number of "
        "positions. The target does neither.": distance(
            covariance * positions / (positions - 1 or 1)
        ),
        "The correlations of the maps are compared: each channel is scaled to length 1, but in the "
        "target strong channels count more.": distance(correlations(covariance)),
        "The Gram matrix of the maps is not divided by the number of positions; that of the target "
        "is. They are not comparable.": distance(gram * rows * columns),
        "The Gram matrix of the maps is divided by all entries of the maps, channels too; the target "
        "is divided by positions alone.": distance(gram / channels),
        "Not divided by ‖A‖²: a strong layer would have larger distances than a weak one.": squares,
        "Divided by the number of entries: a mean of squares. Divide by ‖A‖², so that the distance "
        "has no unit.": squares / channels**2,
        "Divided by ‖G‖², which changes with the maps. Divide by the target's.": squares
        / float(np.sum(gram**2)),
        "You take a root; the distance is a ratio of squares.": float(np.sqrt(squares / energy)),
        "You take a root, and do not divide by ‖A‖².": float(np.sqrt(squares)),
        "Divided by ‖A‖, not by ‖A‖².": squares / float(np.sqrt(energy)),
        "These are absolute differences. Square them instead.": float(
            np.abs(gram - target).sum() / np.abs(target).sum()
        ),
        "Each difference is divided by its own entry of the target. Add first, then divide: one sum "
        "over the other.": float(np.sum(((gram - target) / target) ** 2)),
        "Only the diagonal counts: each channel with itself. The pairs say which are active "
        "together.": (relative_distance(np.diag(gram), np.diag(target))),
        "Each pair of channels counts once. ‖ ‖² is over all entries of the matrix, above the "
        "diagonal and below it.": relative_distance(gram[upper], target[upper]),
    }


_CHANGES = {
    "shuffle all positions": (True, "A sum does not depend on the order of its summands."),
    "mirror the maps": (
        True,
        "A mirror brings every position to another place, with all its channels.",
    ),
    "exchange two channels": (False, "Entry (i, j) belongs to channel i and channel j by number."),
    "lay the maps twice side by side": (True, "Twice the sum, over how many positions?"),
    "double every value": (False, "Each entry is made of two factors."),
    "shuffle each channel by itself": (False, "Which values are multiplied with each other then?"),
}
"""Whether the Gram matrix, divided by positions, is unchanged by a change of the maps, and why."""


@exercise(
    answer={name: right for name, (right, _) in _CHANGES.items()},
    hints="""
    - Entry (i, j) is a mean over positions: of channel i times channel j, at the same position.
    - For each change ask: are the same products still there, only in another order? And by how many
      positions is the sum divided?
    - You can try them: rng.permutation(…) shuffles rows, maps[:, ::-1] mirrors,
      np.concatenate([maps, maps], axis=1) lays side by side. Then np.allclose on the matrices.
    """,
)
def gram_unchanged(attempt: Any) -> str:
    """Whether the Gram matrix is unchanged by each of six changes of the maps: True or False."""
    validate_predictions(attempt, _CHANGES)
    return "All of them. What counts is which channels are active together, not where."
