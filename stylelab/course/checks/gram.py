"""Exercises of notebook 05: Gram matrices."""

from __future__ import annotations

import tracemalloc
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


def _my_style_distance(maps: np.ndarray, painting: np.ndarray) -> float:
    def alike(one: np.ndarray, other: np.ndarray) -> float:
        channels = one.shape[-1]
        products = one.reshape(-1, channels) @ other.reshape(-1, channels).T
        return float(np.mean(products**2))

    own, target = alike(maps, maps), alike(painting, painting)
    return (own - 2 * alike(maps, painting) + target) / target


@exercise(
    answer=_my_style_distance,
    hints="""
    - Multiply the square out: ‖G − A‖² is ⟨G, G⟩ − 2⟨G, A⟩ + ⟨A, A⟩, where ⟨G, A⟩ is the sum of
      G_ij · A_ij over all i and j. So one small function is enough, called with different arguments.
    - In ⟨G, A⟩ write G_ij as a mean over the positions k of the picture, and A_ij as one over the
      positions l of the painting. Then exchange the sums: i and j first, k and l last. What is left
      inside falls into two equal factors.
    - Each factor is the dot product of two vectors of N numbers: all channels at position k of the
      picture, and all channels at position l of the painting. One matrix product makes the table of
      all of them.
    - Square the table's entries and take their mean. Mind that picture and painting may have different
      numbers of positions: a mean takes care of that, a sum does not.
    """,
)
def style_distance(attempt: Any) -> str:
    """Maps of picture and painting → ‖G − A‖² / ‖A‖², without a matrix (N, N)."""
    random = np.random.default_rng(6)
    for maps in (random.standard_normal(shape) + 0.5 for shape in _SHAPES):
        painting = random.standard_normal((5, 3, maps.shape[-1])) + 0.3
        given = as_number(call_answer(attempt, maps, painting), "the distance")
        shuffled = random.permutation(maps.reshape(-1, maps.shape[-1])).reshape(maps.shape)
        if not is_close(as_number(call_answer(attempt, shuffled, painting), "the distance"), given):
            raise WrongAnswerError(
                "Your distance changes when positions are shuffled. Each position of the picture meets "
                "each position of the painting, not only the one at its own place."
            )
        validate_close(
            given,
            relative_distance(gram_per_position(maps), gram_per_position(painting)),
            _wrong_distances(maps, painting),
            "The distance should be that of the Gram matrices per position, ‖G − A‖² / ‖A‖²: compare "
            "with sl.gram_matrix, which you may use for trying.",
            "the distance",
        )
    alike = random.standard_normal((3, 4, 5))
    if abs(as_number(call_answer(attempt, alike, alike))) > ROUNDING_ERROR:
        raise WrongAnswerError("A picture should be at distance 0 from itself.")
    of_zeros = as_number(call_answer(attempt, np.zeros((3, 4, 5)), alike))
    if not is_close(of_zeros, 1.0):
        raise WrongAnswerError(f"Maps of zeros should be at distance 1. Received: {of_zeros:.4g}.")
    _validate_no_large_matrix(attempt, random)
    return (
        "It is right for every size, and no table of channels was needed: each position of the "
        "picture meets each position of the painting, so no place counts."
    )


ROUNDING_ERROR = 1e-12
"""Largest value that rounding may make of a distance of 0."""

MANY_CHANNELS = 600


def _validate_no_large_matrix(attempt: Any, random: np.random.Generator) -> None:
    """Raise a WrongAnswerError if the answer needs memory for a matrix of channels by channels."""
    maps, painting = (random.standard_normal((*side, MANY_CHANNELS)) for side in ((3, 4), (2, 5)))
    begun_here = not tracemalloc.is_tracing()
    if begun_here:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        call_answer(attempt, maps, painting)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        if begun_here:
            tracemalloc.stop()
    if peak - before > 4 * MANY_CHANNELS**2:  # bytes of a matrix (N, N) in float32
        raise WrongAnswerError(
            "The number is right, but a table with an entry for each pair of channels was made on the "
            f"way: {(peak - before) / 1e6:.1f} MB for {MANY_CHANNELS} channels. The pictures have 12 "
            "and 10 positions. Which table is small?"
        )


def _wrong_distances(maps: Array, painting: Array) -> dict[str, float]:
    one, other = (array.reshape(-1, array.shape[-1]) for array in (maps, painting))
    gram, target = gram_per_position(maps), gram_per_position(painting)
    squares, energy = float(np.sum((gram - target) ** 2)), float(np.sum(target**2))
    own, crossed = float(np.sum(gram**2)), float(np.sum(gram * target))
    means, expected = one.mean(0), other.mean(0)
    sums, target_sums = gram * len(one), target * len(other)
    sizes = [float(np.mean(np.abs(a @ b.T))) for a, b in ((one, one), (one, other), (other, other))]
    return {
        "The products of two positions are not squared. Without the square, their mean is that of the "
        "channels' means alone: you have ‖μ − ν‖² / ‖ν‖².": relative_distance(means, expected),
        "The products of two positions are made positive, not squared.": (
            (sizes[0] - 2 * sizes[1] + sizes[2]) / sizes[2]
        ),
        "The product of picture and painting counts twice when the square is multiplied out.": (
            (own - crossed + energy) / energy
        ),
        "The product of picture and painting is added; in (G − A)² it is subtracted.": (
            (own + 2 * crossed + energy) / energy
        ),
        "You have summed over positions. Picture and painting differ in their numbers of positions: "
        "take means.": relative_distance(sums, target_sums),
        "Not divided by ‖A‖²: a strong layer would have larger distances than a weak one.": squares,
        "Divided by ‖G‖², which changes with the picture. Divide by the painting's.": squares / own,
        "You take a root; the distance is a ratio of squares.": float(np.sqrt(squares / energy)),
        "Divided by ‖A‖, not by ‖A‖².": squares / float(np.sqrt(energy)),
        "Only what picture and painting have in common is there: ⟨G, A⟩ / ‖A‖². It is 1, not 0, for "
        "the same picture.": crossed / energy,
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
