"""Exercises of notebook 14: comparing advice by experiment."""

from __future__ import annotations

from typing import Any

import numpy as np

from stylelab.course.checks.answers import Array, as_number, call_answer, shape_of, validate_written
from stylelab.course.checks.comparison import is_close, validate_all_close, validate_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.course.checks.predictions import validate_predictions
from stylelab.pictures.printing import print_size_in_pixels


def _my_rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    ranks_a = np.argsort(np.argsort(a))
    ranks_b = np.argsort(np.argsort(b))
    return float(np.corrcoef(ranks_a, ranks_b)[0, 1])


@exercise(
    answer=_my_rank_correlation,
    hints="""
    - Only the order counts. So first replace each number by its rank: 0 for the smallest, 1 for the
      next, and so on.
    - np.argsort(a) says which number is the smallest, the next, …; that maps ranks to places.
      Sorting those once more, np.argsort(np.argsort(a)), gives each number its rank.
    - The correlation of two series: subtract the mean from each, multiply them entry by entry, add
      up, and divide by the product of their lengths (roots of the sums of squares). np.corrcoef
      does it and returns a 2 × 2 matrix.
    """,
)
def rank_correlation(attempt: Any) -> str:
    """Two series of n different numbers each → the correlation of their ranks, in [−1, 1]."""
    random = np.random.default_rng(14)
    cases, changes_when_stretched = [], False
    for length in (3, 5, 8, 13):
        a, b = random.standard_normal(length), random.standard_normal(length)
        given = _parse_correlation(call_answer(attempt, a, b))
        stretched = _parse_correlation(call_answer(attempt, np.exp(a), b))
        changes_when_stretched = changes_when_stretched or not is_close(given, stretched)
        cases.append((given, _correlation(_ranks(a), _ranks(b)), _wrong_correlations(a, b)))
    validate_all_close(
        cases,
        "Your number changes when one series is stretched, though its order is the same. Ranks do not "
        "change."
        if changes_when_stretched
        else "It should be the correlation of the ranks of both series.",
        "the rank correlation",
    )
    return "Equal orders give 1, opposite orders −1, and stretching changes nothing."


def _parse_correlation(answer: Any) -> float:
    if shape_of(answer) == (2, 2):
        raise WrongAnswerError(
            "This is a 2 × 2 matrix, as np.corrcoef and np.cov return it. One number was expected: the "
            "correlation of the two series is the entry [0, 1] of np.corrcoef's."
        )
    return as_number(answer, "the rank correlation")


def _ranks(values: Array) -> Array:
    return (values[:, None] > values[None, :]).sum(1).astype(np.float64)


def _correlation(a: Array, b: Array) -> float:
    first, second = a - a.mean(), b - b.mean()
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def _wrong_correlations(a: Array, b: Array) -> dict[str, float]:
    once = np.argsort(a).astype(float), np.argsort(b).astype(float)
    ranks = _ranks(a), _ranks(b)
    n = len(a)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    agreeing = np.mean([np.sign((a[i] - a[j]) * (b[i] - b[j])) for i, j in pairs])
    middle = (n - 1) / 2
    covariance = float(np.mean((ranks[0] - middle) * (ranks[1] - middle)))
    raw = float(ranks[0] @ ranks[1] / np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))
    right, variance = _correlation(*ranks), float(ranks[0].var())
    fraction = 6 * float(np.sum((ranks[0] - ranks[1]) ** 2)) / (n * (n**2 - 1))
    cov = "The ranks are right, and this is their covariance. Divide by their lengths."
    return {
        "This is the correlation of the numbers themselves. "
        "Replace them by their ranks first.": _correlation(a, b),
        "One argsort gives the places in order, "
        "not the ranks in place. Sort once more.": _correlation(*once),
        "The ranks are right; their correlation is not: the means have to be subtracted.": raw,
        cov: covariance,
        f"{cov} (It is np.cov's, with n − 1.)": covariance * n / (n - 1),
        f"{cov} (Its products are added up.)": covariance * n,
        "The ranks are right; their covariance is divided by their variances. Divide by the standard "
        "deviations, the roots of these.": covariance / variance**2,
        "Divided by the two standard deviations, but the products are added up. Take their mean.": right
        * n,
        "The covariance is divided by n − 1 and the variances by n. Take the same for both.": (
            right * n / (n - 1)
        ),
        "The covariance is divided by n and the variances by n − 1. Take the same for both.": (
            right * (n - 1) / n
        ),
        "Only the first series is replaced by its ranks; both should be.": _correlation(
            ranks[0], b
        ),
        "Only the second series is replaced by its ranks; both should be.": _correlation(
            a, ranks[1]
        ),
        "Entry [0, 0] of the matrix is the correlation of a series with itself, always 1. Take "
        "[0, 1].": 1.0,
        "A share of pairs that agree: Kendall's way to compare two orders. Take the correlation of the "
        "ranks.": float(agreeing),
        "This is the square, ρ²: it is the same for equal and opposite orders.": right**2,
        "The sign is lost: opposite orders should give −1.": abs(right),
        "This is 1 − ρ, a distance. Return ρ itself.": 1 - right,
        "One of the two orders is reversed: the sign is wrong.": -right,
        "In Spearman's formula the squared differences are multiplied by 6.": 1 - fraction / 6,
        "In Spearman's formula, the fraction is subtracted from 1.": fraction,
    }


_COMPARISONS = {
    "avg and max pooling, each by the loss of its own run": (
        False,
        (
            "Two networks see the same picture differently. A loss of 0.1 in one need not be 0.1 in "
            "the other."
        ),
    ),
    "photo and noise as start, one painting, as many steps, one judge": (
        True,
        "Count the things that differ. Is there a second one?",
    ),
    "one layer at 128 px, five layers at 256 px": (False, "Count the things that differ."),
    "the usual way with one seed, the new way with the best of five": (
        False,
        "What would be the result if both ways were the same?",
    ),
    "full contrast and a quarter of it, each in units of its own painting": (
        False,
        "How large is the Gram matrix of the faint painting? What happens to a number divided by it?",
    ),
    "full contrast and a quarter of it, both in units of the full painting": (
        True,
        "Motif, palette and strokes are those of one painting. In how many units is it measured?",
    ),
    "20 steps of one evaluation each, 20 steps of ten evaluations each": (
        False,
        "Which of the two looked at the loss more often?",
    ),
}
"""Whether one thing differs and both sides are measured in the same way, and why."""


@exercise(
    answer={name: right for name, (right, _) in _COMPARISONS.items()},
    hints="""
    - Ask two questions of each. Does exactly one thing differ between the two sides? And are both
      measured with one ruler?
    - Time spent is a thing that can differ: evaluations, seeds tried, pixels.
    - A ruler has a unit. A length of 3 in centimetres and one of 2 in inches: which is longer?
    - Three things make a comparison unfair here: two rulers, two differences, more tries for one.
    """,
)
def fair_comparisons(attempt: Any) -> str:
    """Whether each of seven comparisons is fair: True or False."""
    validate_predictions(attempt, _COMPARISONS)
    return "All of them. One difference, one ruler, as many tries for both: then the numbers can speak."


POSTER_CENTIMETRES, POSTER_DOTS = 60.0, 150.0
"""The poster of the exercise: its long side, and the dots per inch for a viewer a step away."""


@exercise(
    answer=3544,
    hints="""
    - How many inches are 60 cm? An inch has 2.54 cm.
    - Each inch takes 150 pixels. A part of a pixel cannot be printed: round up.
    """,
)
def poster_pixels(attempt: Any) -> str:
    """Pixels along the long side of a poster of 60 cm at 150 dots per inch."""
    validate_written(attempt)
    validate_close(
        as_number(attempt, "the number of pixels"),
        float(print_size_in_pixels(POSTER_CENTIMETRES, POSTER_DOTS)),
        {
            "That is for 60 inches. The poster has 60 centimetres.": 60 * 150,
            "Multiplied by 2.54. To convert centimetres to inches, divide.": 60 * 2.54 * 150,
            "That is not a whole number of pixels. Round up.": 60 / 2.54 * 150,
            "Rounded down: the poster would be slightly too short. Round up.": 3543,
            "That is the number of pixels in one centimetre.": 150 / 2.54,
            "That is for 300 dots per inch.": print_size_in_pixels(60, 300),
            "That is the number of inches. Each of them takes 150 pixels.": 60 / 2.54,
            "The inches are rounded up before they are multiplied. Round the pixels.": 24 * 150,
            "The inches are rounded down before they are multiplied. Round up, and the pixels.": (
                23 * 150
            ),
        },
        "Convert centimetres to inches, multiply by the pixels of an inch, round up.",
        "the number of pixels",
    )
    return "3544 pixels. The cost estimate says how long that takes."
