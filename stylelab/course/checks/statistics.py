"""Exercises of notebook 13: what Gram matrices distinguish, and a distance of projections."""

from __future__ import annotations

from typing import Any

import numpy as np

from stylelab.course.checks.answers import Array, as_number, call_answer
from stylelab.course.checks.comparison import validate_all_close
from stylelab.course.checks.exercise import exercise
from stylelab.course.checks.predictions import validate_predictions

_PAIRS = {
    "shuffled": (
        False,
        "Is each colour as frequent as before? Does a mean depend on anything else?",
    ),
    "even and uneven": (
        False,
        "One has 0.6 everywhere. The other has 0 and 0.6·√2, equally often. Square them.",
    ),
    "two grays, three grays": (
        False,
        "Mean and variance are the same. What is the mean of the squares then?",
    ),
    "in step, out of step": (
        True,
        (
            "How large is red times green on average if both are bright together, and if they are "
            "independent?"
        ),
    ),
    "light and ink": (
        False,
        "Write down the four colours of each as 0s and 1s. For red and green: how often are both 1?",
    ),
}
"""Whether the pictures of each pair have different Gram matrices, colours as channels, and why."""


@exercise(
    answer={name: right for name, (right, _) in _PAIRS.items()},
    hints="""
    - An entry of the Gram matrix is a mean over all pixels: of red times red, red times green, and
      so on. Two Gram matrices differ if one of these means does.
    - In gray pictures red, green and blue are the same number, so there is only one mean: that of
      the squares, which is mean² + variance.
    - Try one: sl.gram_matrix(pairs["light and ink"][0]).
    """,
)
def gram_differs(attempt: Any) -> str:
    """Whether the Gram matrices of each of five pairs of pictures differ: True or False."""
    validate_predictions(attempt, _PAIRS)
    return "All of them. Of the five, one pair alone differs in a mean of products."


def _my_projection_distance(points: np.ndarray, others: np.ndarray, direction: np.ndarray) -> float:
    projected = np.sort(points @ direction)  # one number for each point, the smallest first
    target = np.sort(others @ direction)
    return float(np.mean((projected - target) ** 2))


@exercise(
    answer=_my_projection_distance,
    hints="""
    - The projection of a point along a direction is one number: points @ direction is all of them.
    - Which projection is compared with which? The smallest with the smallest, the second with the
      second. np.sort puts them in order.
    - Then it is a mean of squared differences.
    """,
)
def projection_distance(attempt: Any) -> str:
    """Points (M, N), others (M, N), direction (N,) → mean squared difference of projections, sorted."""
    random = np.random.default_rng(13)
    cases = []
    for positions, channels in ((7, 3), (12, 5), (5, 4), (9, 1)):
        points = random.standard_normal((positions, channels))
        others = 0.5 + 2 * random.standard_normal((positions, channels))
        direction = random.standard_normal(channels)
        direction /= np.linalg.norm(direction)
        given = as_number(call_answer(attempt, points, others, direction), "the distance")
        right = np.mean((np.sort(points @ direction) - np.sort(others @ direction)) ** 2)
        cases.append((given, right, _wrong_distances(points, others, direction)))
    validate_all_close(
        cases,
        "It should be the mean over points of (sorted projection − sorted projection of the others)².",
        "the distance",
    )
    return "It is right for any number of points and channels, and does not depend on their order."


def _wrong_distances(points: Array, others: Array, direction: Array) -> dict[str, Any]:

    def mean_square(differences: np.ndarray) -> Any:
        return np.mean(differences**2)

    one, other = points @ direction, others @ direction
    low, high = np.sort(one), np.sort(other)
    ordered = low - high
    each = np.sort(points, axis=0) @ direction - np.sort(others, axis=0) @ direction
    spread = "Projections are divided by their standard deviation. Do not divide: it should count."
    return {
        "Not sorted: each projection is compared with one that happens to have the same "
        "index.": mean_square(one - other),
        "Each channel is sorted by itself before the projection: "
        "that mixes the points.": mean_square(each),
        "One list is sorted upwards, the other downwards.": mean_square(low - high[::-1]),
        "Only the first of the two lists is sorted.": mean_square(low - other),
        "Only the second of the two lists is sorted.": mean_square(one - high),
        "This is a sum. Take the mean, so that the number of points does not matter.": np.sum(
            ordered**2
        ),
        "Divided by the number of points minus one. Take the mean of all squares.": (
            np.sum(ordered**2) / (len(ordered) - 1)
        ),
        "Divided by channels too; each projection is one number.": mean_square(ordered)
        / points.shape[1],
        "These are absolute differences. Square them instead.": np.mean(np.abs(ordered)),
        "You take a root. Return the mean of the squares itself.": np.sqrt(mean_square(ordered)),
        "You take the root of a sum. Return the mean of the squares itself.": np.linalg.norm(
            ordered
        ),
        "Only the largest difference counts. Take the mean of all.": np.max(ordered**2),
        "This is the median of the squares. Take the mean.": np.median(ordered**2),
        "Only the means of the projections are compared. Compare them one by one.": (
            np.mean(ordered) ** 2
        ),
        "Not squared: differences of opposite sign cancel.": np.mean(ordered),
        "Only the standard deviations of the projections are compared. Compare them one by one.": (
            (one.std() - other.std()) ** 2
        ),
        "The means of the projections are subtracted. "
        "They should be compared: leave them in.": np.var(ordered),
        spread: mean_square(low / one.std() - high / other.std()),
        f"{spread} The mean too.": mean_square(
            (low - one.mean()) / one.std() - (high - other.mean()) / other.std()
        ),
        "Every projection is compared with every other. "
        "Sort both lists, and compare entry by entry.": mean_square(one[:, None] - other),
        "You compare the indices that argsort returns, not the projections.": mean_square(
            np.argsort(one) - np.argsort(other)
        ),
        "You sort the squares. Sort the projections themselves, with their signs.": mean_square(
            np.sort(one**2) - np.sort(other**2)
        ),
        "The projections are sorted by absolute value. −2 comes before −1.": mean_square(
            one[np.argsort(np.abs(one))] - other[np.argsort(np.abs(other))]
        ),
    }
