"""Exercises of notebook 14: advice put to the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.checks.exercise import WrongError, exercise
from stylelab.checks.trying import (
    as_number,
    as_predictions,
    call,
    expect_guesses,
    expect_same,
    expect_written,
    same,
)
from stylelab.printing import pixels_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def _my_rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    ranks_a = np.argsort(np.argsort(a))
    ranks_b = np.argsort(np.argsort(b))
    return float(np.corrcoef(ranks_a, ranks_b)[0, 1])


@exercise(
    answer=_my_rank_correlation,
    hints=(
        (
            "Only the order counts. So first replace each number by its rank: 0 for the smallest, 1 "
            "for the next, and so on."
        ),
        (
            "np.argsort(a) says which number is the smallest, the next, …; that is the way from ranks "
            "to places. Sorting those once more, np.argsort(np.argsort(a)), gives each its rank."
        ),
        (
            "The correlation of two series: take the mean away from each, multiply them place by "
            "place, add up, and divide by the product of their lengths (roots of the sums of squares). "
            "np.corrcoef does it and gives a 2 × 2 matrix."
        ),
    ),
)
def rank_correlation(attempt: Callable[..., Any]) -> str:
    """Two series of n different numbers each → the correlation of their ranks, in [−1, 1]."""
    random = np.random.default_rng(14)
    for length in (3, 5, 8, 13):
        a, b = random.standard_normal(length), random.standard_normal(length)
        given = as_number(call(attempt, a, b), "the rank correlation")
        stretched = as_number(call(attempt, np.exp(a), b), "the rank correlation")
        mistakes = _wrong_correlations(a, b)
        expected = _spearman(a, b)
        known = any(same(given, value) for value in mistakes.values())
        if not known and not same(given, stretched):
            raise WrongError(
                "Your number changes when one series is stretched so that its order stays. Ranks would "
                "not change."
            )
        expect_same(
            given,
            expected,
            mistakes,
            "It should be the correlation of the ranks of both series.",
            "the rank correlation",
        )
    return "One order gives 1, opposite orders give −1, and stretching changes nothing."


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    ranks: NDArray[np.float64] = (values[:, None] > values[None, :]).sum(1).astype(np.float64)
    return ranks


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    first, second = a - a.mean(), b - b.mean()
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def _spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return _correlation(_ranks(a), _ranks(b))


def _wrong_correlations(a: NDArray[np.float64], b: NDArray[np.float64]) -> dict[str, float]:
    once = np.argsort(a).astype(float), np.argsort(b).astype(float)
    ranks = _ranks(a), _ranks(b)
    pairs = [(i, j) for i in range(len(a)) for j in range(i)]
    agreeing = np.mean([np.sign((a[i] - a[j]) * (b[i] - b[j])) for i, j in pairs])
    middle = (len(a) - 1) / 2
    covariance = float(np.mean((ranks[0] - middle) * (ranks[1] - middle)))
    raw = float(ranks[0] @ ranks[1] / np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))
    return {
        "This is the correlation of the numbers themselves. Replace them by their ranks first.": (
            _correlation(a, b)
        ),
        "One argsort gives the places in order, not the ranks in place. Sort once more.": (
            _correlation(*once)
        ),
        "The ranks are right; their correlation is not: the means have to be taken away.": raw,
        "The ranks are right, and this is their covariance. Divide by their lengths.": covariance,
        "A share of pairs that agree: Kendall's way to compare two orders. Asked is the correlation of "
        "the ranks.": float(agreeing),
        "One of the two orders is turned round: the sign is wrong.": -_correlation(*ranks),
    }


FAIR = {
    "avg and max pooling, each by the loss of its own run": False,
    "photo and noise as start, one painting, as many steps, one judge": True,
    "one layer at 128 px, five layers at 256 px": False,
    "the usual way with one seed, the new way with the best of five": False,
    "one painting at its full contrast and at a quarter of it": True,
    "20 steps of one evaluation each, 20 steps of ten evaluations each": False,
}
"""Whether a comparison can tell what it is meant to tell: one thing differs, and one ruler measures."""

_THOUGHTS = {
    "avg and max pooling, each by the loss of its own run": (
        "Two networks see the same picture differently. What is 0.1 in one, need not be 0.1 in the "
        "other."
    ),
    "photo and noise as start, one painting, as many steps, one judge": (
        "Count the things that differ. Is there a second one?"
    ),
    "one layer at 128 px, five layers at 256 px": "Count the things that differ.",
    "the usual way with one seed, the new way with the best of five": (
        "What would come out if both ways were the same?"
    ),
    "one painting at its full contrast and at a quarter of it": (
        "Count the things that differ. Motif, palette and strokes are those of one painting."
    ),
    "20 steps of one evaluation each, 20 steps of ten evaluations each": (
        "Which of the two looked at the loss more often?"
    ),
}


@exercise(
    answer=dict(FAIR),
    hints=(
        (
            "Ask two questions of each. Does exactly one thing differ between the two sides? And are "
            "both measured with one ruler?"
        ),
        "Time spent is a thing that can differ: evaluations, seeds tried, pixels.",
        "Three things make a comparison unfair here: two rulers, two differences, more tries for one.",
    ),
)
def fair(attempt: Any) -> str:
    """Whether each of six comparisons is fair: True or False."""
    guesses = as_predictions(attempt, FAIR, "comparisons, as they came:")
    expect_guesses(guesses)
    missed = [name for name in FAIR if guesses[name] != FAIR[name]]
    if missed:
        raise WrongError(
            f"{len(FAIR) - len(missed)} of {len(FAIR)} are right. Think again about {missed[0]!r}. "
            f"{_THOUGHTS[missed[0]]}"
        )
    return "All of them. One difference, one ruler, as many tries for both: then the numbers can speak."


POSTER_CENTIMETRES, POSTER_DOTS = 60.0, 150.0
"""The print of the exercise: a poster's long side, and what it needs when seen from a step away."""


@exercise(
    answer=3544,
    hints=(
        "How many inches are 60 cm? An inch has 2.54 cm.",
        "Each inch takes 150 pixels. A part of a pixel cannot be printed: round up.",
    ),
)
def poster_pixels(attempt: Any) -> str:
    """How many pixels the long side of a poster of 60 cm needs at 150 dots per inch."""
    expect_written(attempt)
    given = as_number(attempt, "the number of pixels")
    expect_same(
        given,
        float(pixels_for(POSTER_CENTIMETRES, POSTER_DOTS)),
        {
            "That many pixels go to 60 inches. The poster has 60 centimetres.": 60 * 150,
            "Multiplied by 2.54; to get inches out of centimetres, divide.": 60 * 2.54 * 150,
            "That leaves a part of a pixel over. Round up.": 60 / 2.54 * 150,
            "Rounded down: the poster would be a hair too short. Round up.": 3543,
            "That many pixels go to a centimetre.": 150 / 2.54,
            "That is for 300 dots per inch.": pixels_for(60, 300),
            "That is the number of inches. Each of them takes 150 pixels.": 60 / 2.54,
        },
        "Centimetres to inches, times the pixels of an inch, rounded up.",
        "the number of pixels",
    )
    return "3544 pixels. The forecast says what that costs."
