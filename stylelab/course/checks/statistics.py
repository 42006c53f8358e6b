"""Exercises of notebook 13: what a Gram matrix tells apart, and how far apart two shadows are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.assertions import (
    as_number,
    call_answer,
    parse_predictions,
    validate_all_close,
    validate_guesses,
)
from stylelab.course.checks.exercise import WrongAnswerError, exercise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

GRAM_DIFFERS = {
    "shuffled": False,
    "even and uneven": False,
    "two greys, three greys": False,
    "in step, out of step": True,
    "light and ink": False,
}
"""Whether the pictures of each pair have different Gram matrices, with the colours as channels."""

_EXPLANATIONS = {
    "shuffled": "Do the same colours come as often as before? Does a mean ask for more?",
    "even and uneven": "One has 0.6 everywhere. The other has 0 and 0.6·√2, as often. Square them.",
    "two greys, three greys": "Mean and variance are the same. What is the mean of the squares then?",
    "in step, out of step": "Red times green: how large on average when both are on together, and "
    "when each goes its own way?",
    "light and ink": "Write down the four colours of each as 0s and 1s. For red and green: how "
    "often are both 1?",
}


@exercise(
    answer=dict(GRAM_DIFFERS),
    hints=(
        (
            "An entry of the Gram matrix is a mean over all pixels: of red times red, red times "
            "green, and so on. Two pictures differ for it if one of these means does."
        ),
        (
            "For grey pictures red, green and blue are the same number, so there is one mean only: "
            "that of the squares, which is mean² + variance."
        ),
        'Try one: sl.gram_matrix(pairs["light and ink"][0]).',
    ),
)
def gram_differs(attempt: Any) -> str:
    """For each of five pairs of pictures, whether their Gram matrices differ: True or False."""
    guesses = parse_predictions(attempt, GRAM_DIFFERS, "pairs:")
    validate_guesses(guesses)
    missed = [pair for pair in GRAM_DIFFERS if guesses[pair] != GRAM_DIFFERS[pair]]
    if missed:
        raise WrongAnswerError(
            f"{len(GRAM_DIFFERS) - len(missed)} of {len(GRAM_DIFFERS)} are right. Think again about "
            f"{missed[0]!r}. {_EXPLANATIONS[missed[0]]}"
        )
    return "All of them. Of the five, one pair alone differs in a mean of products."


def _my_projection_distance(points: np.ndarray, others: np.ndarray, direction: np.ndarray) -> float:
    shadow = np.sort(points @ direction)  # one number for each point, the smallest first
    target = np.sort(others @ direction)
    return float(np.mean((shadow - target) ** 2))


@exercise(
    answer=_my_projection_distance,
    hints=(
        "The shadow of a point along a direction is one number: points @ direction gives them all.",
        (
            "Whose shadow belongs to whose? The smallest to the smallest, the second to the second. "
            "np.sort puts them in order."
        ),
        "Then it is a mean of squared differences, as for contents.",
    ),
)
def projection_distance(attempt: Callable[..., Any]) -> str:
    """Points (M, N), others (M, N), a direction (N,) → mean squared difference of sorted shadows."""
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
        "It should be the mean over points of (sorted shadow − sorted shadow of the others)².",
        "the distance",
    )
    return "It holds for any number of points and channels, and forgets their order."


def _wrong_distances(points: Array, others: Array, direction: Array) -> dict[str, Any]:
    """Give what known mistakes lead to, by the sentence that says which."""
    one, other = points @ direction, others @ direction
    low, high = np.sort(one), np.sort(other)
    ordered = low - high
    each = np.sort(points, axis=0) @ direction - np.sort(others, axis=0) @ direction
    spread = "The shadows are divided by their spread. That is part of what is compared: leave it."
    return {
        "Not sorted: each shadow is compared with one that happens to stand at the same place in "
        "the list.": np.mean((one - other) ** 2),
        "Sorted before the shadows are taken, each channel by itself: that takes the points "
        "apart.": np.mean(each**2),
        "One list is sorted upwards, the other downwards.": np.mean((low - high[::-1]) ** 2),
        "Only the first of the two lists is sorted.": np.mean((low - other) ** 2),
        "Only the second of the two lists is sorted.": np.mean((one - high) ** 2),
        "A sum; the mean is asked, so that the number of points does not matter.": np.sum(
            ordered**2
        ),
        "Divided by the number of points less one; the mean of all squares is asked.": (
            np.sum(ordered**2) / (len(ordered) - 1)
        ),
        "Divided by channels too; each shadow is one number.": np.mean(ordered**2)
        / points.shape[1],
        "Absolute differences in place of squared ones.": np.mean(np.abs(ordered)),
        "A root is taken; the mean of the squares itself is asked.": np.sqrt(np.mean(ordered**2)),
        "A root is taken, of a sum; the mean of the squares itself is asked.": np.linalg.norm(
            ordered
        ),
        "Only the largest difference counts; the mean is asked.": np.max(ordered**2),
        "The median of the squares; the mean is asked.": np.median(ordered**2),
        "Only the means of the shadows are compared: all else about them is forgotten.": (
            np.mean(ordered) ** 2
        ),
        "Not squared: what is above and what is below cancel out.": np.mean(ordered),
        "Only how wide the shadows are is compared: all else about them is forgotten.": (
            (one.std() - other.std()) ** 2
        ),
        "The means of the shadows are taken away. They are part of what is compared: leave them.": (
            np.var(ordered)
        ),
        spread: np.mean((low / one.std() - high / other.std()) ** 2),
        f"{spread} The mean, too.": np.mean(
            ((low - one.mean()) / one.std() - (high - other.mean()) / other.std()) ** 2
        ),
        "Every shadow is compared with every other. Sort both lists, and compare place by place.": (
            np.mean((one[:, None] - other) ** 2)
        ),
        "The places in order are compared, as argsort gives them, not the shadows.": np.mean(
            (np.argsort(one) - np.argsort(other)) ** 2
        ),
        "The squares are sorted; sort the shadows themselves, with their signs.": np.mean(
            (np.sort(one**2) - np.sort(other**2)) ** 2
        ),
        "The shadows are sorted by size without sign; −2 comes before −1.": np.mean(
            (one[np.argsort(np.abs(one))] - other[np.argsort(np.abs(other))]) ** 2
        ),
    }
