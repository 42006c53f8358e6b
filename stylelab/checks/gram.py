"""Exercises of notebook 05: Gram matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab import gram
from stylelab.checks.exercise import WrongError, exercise
from stylelab.checks.trying import as_array, call, expect_same, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray


def _my_gram_matrix(maps: np.ndarray) -> np.ndarray:
    rows, columns, channels = maps.shape
    positions = maps.reshape(rows * columns, channels)  # a row for each position
    return positions.T @ positions / (rows * columns)


@exercise(
    answer=_my_gram_matrix,
    ours=gram.gram_matrix,
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
        answer = call(attempt, maps)
        if np.shape(answer) == (rows * columns, rows * columns) != (channels, channels):
            raise WrongError(
                "Your matrix compares positions with positions: it has a row for each of the "
                f"{rows * columns} places. It should compare the {channels} channels."
            )
        given = as_array(answer, (channels, channels), "the Gram matrix")
        shuffled = random.permutation(maps.reshape(-1, channels)).reshape(maps.shape)
        if not same(as_array(call(attempt, shuffled), given.shape), given):
            raise WrongError("Your matrix changes when positions are shuffled; it should not.")
        sums = np.einsum("rci,rcj->ij", maps, maps)
        centred = maps - maps.mean((0, 1))
        positions = rows * columns
        expect_same(
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
                "These are correlations: each channel is brought to one strength, so the strong ones "
                "no longer count more.": _correlations(sums),
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
