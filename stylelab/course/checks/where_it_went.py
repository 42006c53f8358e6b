"""Exercises of notebook 19: the nearest patch, which films flicker, and how much."""

from __future__ import annotations

from typing import Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, as_number, call_answer
from stylelab.course.checks.comparison import validate_all_close
from stylelab.course.checks.exercise import exercise
from stylelab.course.checks.predictions import validate_predictions


def _my_nearest_patches(patches: np.ndarray, others: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(others, axis=1, keepdims=True)
    return np.argmax(patches @ (others / lengths).T, axis=1)


@exercise(
    answer=_my_nearest_patches,
    hints="""
    - patches @ others.T has a row for each patch and a column for each of the others: all products at
      once.
    - A long patch has a large product with everything. So first divide each of the others by its
      length, np.linalg.norm(others, axis=1, keepdims=True).
    - Must you divide by the lengths of the patches, too? Each divides a whole row by one number:
      does that change where in the row the largest stands?
    - np.argmax(…, axis=1) is where the largest of each row stands.
    """,
)
def nearest_patches(attempt: Any) -> str:
    """Patches (M, K), others (L, K) → for each patch, the index of the row of others most like it."""
    random = np.random.default_rng(19)
    cases = []
    for many, several, numbers in ((40, 23, 6), (17, 31, 4), (30, 12, 3)):
        patches = 0.4 + random.random((many, numbers)) * random.uniform(0.2, 3, (many, 1))
        others = 0.4 + random.random((several, numbers)) * random.uniform(0.2, 3, (several, 1))
        given = as_array(call_answer(attempt, patches, others), (many,), "the indices")
        cases.append((given, _my_nearest_patches(patches, others), _wrong_nearest(patches, others)))
    validate_all_close(
        cases,
        "For each patch p it should be the index of the q with the largest p·q / (‖p‖ ‖q‖).",
        "the indices",
    )
    return "It is right for any number of patches, of any length."


def _wrong_nearest(patches: Array, others: Array) -> dict[str, Any]:
    lengths = np.linalg.norm(others, axis=1)
    products = patches @ others.T
    alike = products / lengths
    apart = np.linalg.norm(patches[:, None] - others, axis=2)
    centred = [each - each.mean(axis=1, keepdims=True) for each in (patches, others)]
    correlation = centred[0] @ (centred[1] / np.linalg.norm(centred[1], axis=1)[:, None]).T
    return {
        "The products are not divided by the lengths of the others, so the longest wins too often. "
        "(Dividing by the lengths of the patches alone changes nothing.)": products.argmax(axis=1),
        "This is the patch least like it. Take the largest, argmax.": alike.argmin(axis=1),
        "This is the other at the smallest distance. Compare directions instead: products, divided "
        "by lengths.": apart.argmin(axis=1),
        "Divided by the squares of the lengths. Once is enough.": (alike / lengths).argmax(axis=1),
        "Multiplied by the lengths. Divide by them.": (products * lengths).argmax(axis=1),
        "The means of the patches are subtracted. Leave them in: which channels fire is what counts.": (
            correlation.argmax(axis=1)
        ),
        "Divided by sums, not by lengths: take the root of the sum of squares.": (
            (products / others.sum(axis=1)).argmax(axis=1)
        ),
        "Counted from 1. Python's indices begin with 0.": alike.argmax(axis=1) + 1,
        "These are the likenesses themselves. Return where the largest stands.": (
            alike / np.linalg.norm(patches, axis=1)[:, None]
        ).max(axis=1),
        "These are the largest products. Return where they stand.": alike.max(axis=1),
    }


_FILMS = {
    "gray": (
        False,
        "Move an even gray along any flow. What has changed?",
    ),
    "strokes on the glass": (
        True,
        "The stars stay on the screen, the camera moves on. Is a star still on the same thing?",
    ),
    "strokes on the things": (
        False,
        "Each frame is the one before, moved along the flow. What is subtracted from what?",
    ),
    "new noise": (
        True,
        "Is a pixel of one noise anything to a pixel of another?",
    ),
}
"""Whether each of four films flickers, and why."""


@exercise(
    answer={name: right for name, (right, _) in _FILMS.items()},
    hints="""
    - Flicker compares a frame with the one before *after that has been moved along*. A place that
      keeps its colour adds nothing, wherever it goes.
    - Go through them. Pick one place, a star or a gray spot: where does the flow say that it goes? Has
      the next frame its colour there?
    - Nothing is said about what a good film is. A dull one may have no flicker.
    """,
)
def which_films_flicker(attempt: Any) -> str:
    """Whether each of four films has a flicker above zero: True or False."""
    validate_predictions(attempt, _FILMS)
    return "All of them. Mind the gray: no flicker is no proof of a good film."


def _my_flicker(moved: np.ndarray, after: np.ndarray, seen: np.ndarray) -> float:
    differences = np.abs(after - moved)[seen]  # (pixels in view, 3)
    return 255 * float(differences.mean())


@exercise(
    answer=_my_flicker,
    hints="""
    - How far is each value of the frame from the one that was moved there? The sign does not matter.
    - seen is True where a place was in view before. differences[seen] keeps those pixels alone.
    - Take the mean of what is left, over pixels and colours; times 255 it is in gray levels.
    """,
)
def flicker(attempt: Any) -> str:
    """Moved (H, W, 3), after (H, W, 3), seen (H, W) → mean difference where seen, in gray levels."""
    random = np.random.default_rng(8)
    cases = []
    for height, width, share in ((5, 7, 0.7), (6, 4, 0.4), (9, 9, 0.9)):
        moved, after = random.random((2, height, width, 3))
        seen = random.random((height, width)) < share
        given = as_number(call_answer(attempt, moved, after, seen), "the flicker")
        cases.append((given, _my_flicker(moved, after, seen), _wrong_flickers(moved, after, seen)))
    validate_all_close(
        cases,
        "It should be 255 times the mean of |after − moved| over the pixels that were in view.",
        "the flicker",
    )
    return "It is right for any frames, and leaves out what comes into view."


def _wrong_flickers(moved: Array, after: Array, mask: Any) -> dict[str, Any]:
    signed = (after - moved)[mask]
    everywhere = np.abs(after - moved)
    return {
        "Every pixel counts here, also those that have just come into view.": 255
        * everywhere.mean(),
        "What was not in view is set to 0, but still counts in the mean. Leave it out: [seen].": (
            255 * (everywhere * mask[..., None]).mean()
        ),
        "These are the pixels that were not in view. Take the others.": (
            255 * everywhere[~mask].mean()
        ),
        "Not in gray levels yet: times 255.": np.abs(signed).mean(),
        "Not in gray levels yet, and every pixel counts, also those that have just come into view.": (
            everywhere.mean()
        ),
        "Positive and negative differences cancel: take their size, np.abs.": 255 * signed.mean(),
        "The size is taken of the mean. Take the mean of the sizes.": 255 * abs(signed.mean()),
        "These are squares. Take the size of each difference.": 255 * np.mean(signed**2),
        "These are squares. Take the size of each difference, and multiply by 255 after that.": (
            255**2 * np.mean(signed**2)
        ),
        "This is the root of the mean square. Take the mean of the sizes.": (
            255 * np.sqrt(np.mean(signed**2))
        ),
        "This is a sum. Take the mean.": 255 * np.abs(signed).sum(),
        "Divided by the number of pixels; each has three values.": 3 * 255 * np.abs(signed).mean(),
        "This is the largest difference. Take the mean.": 255 * np.abs(signed).max(),
        "This is the median. Take the mean.": 255 * np.median(np.abs(signed)),
        "This is the standard deviation of the differences. Take the mean of their sizes.": (
            255 * signed.std()
        ),
        "Means of two pictures are compared: take the difference first.": (
            255 * abs(after[mask].mean() - moved.mean())
        ),
    }
