"""Exercises of notebook 11: colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab import colour
from stylelab.checks.exercise import WrongError, exercise
from stylelab.checks.trying import as_array, call, expect_same, same, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Values = NDArray[np.floating[Any]]

_LUMA = np.array([0.299, 0.587, 0.114])


def _my_match_spread(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    spread = values.std()
    gain = wanted.std() / spread if spread > 0 else 0.0
    return wanted.mean() + gain * (values - values.mean())


@exercise(
    answer=_my_match_spread,
    ours=colour.match_luminance,
    hints=(
        "Three things in a row: take the mean away, change the spread, add the other mean.",
        "To change the spread from a to b, multiply by b / a. NumPy's .std() gives the spread.",
        (
            "Where all values are equal, the spread is 0 and nothing can be divided by it. What is "
            "left when the mean is taken away? Whatever you multiply it by, it stays that."
        ),
    ),
)
def match_spread(attempt: Callable[..., Any]) -> str:
    """Values and those of another picture, both (rows, columns) → the first with the other's spread."""
    random = np.random.default_rng(11)
    for shape, other in (((5, 7), (4, 3)), ((8, 2), (9, 9)), ((3, 3), (3, 3))):
        values = random.normal(3, random.uniform(0.5, 2), shape)
        wanted = random.normal(-1, random.uniform(0.5, 2), other)
        answer = as_array(call(attempt, values, wanted), shape)
        centred = values - values.mean()
        gain = wanted.std() / values.std()
        expect_same(
            answer,
            wanted.mean() + gain * centred,
            {
                "The spread is right, the mean is not: yours is still that of the values given.": (
                    values.mean() + gain * centred
                ),
                "The spread is right, the mean is 0: that of the other picture has to be added.": (
                    gain * centred
                ),
                "The mean is right, the spread is not: yours is still that of the values given.": (
                    wanted.mean() + centred
                ),
                "The spread goes the wrong way: where the other picture has more, yours gets less.": (
                    wanted.mean() + centred / gain
                ),
                "You multiply by the ratio of the variances. Those are squares of the spreads.": (
                    wanted.mean() + gain**2 * centred
                ),
                "You multiply before the mean is taken away, so the mean is multiplied too.": (
                    wanted.mean() - values.mean() + gain * values
                ),
            },
            "Mean and standard deviation of your answer should be those of the other picture, and "
            "each value should keep its place between darkest and lightest.",
        )
    flat = np.full((4, 5), 0.25)
    with np.errstate(all="ignore"):
        answer = call(attempt, flat, wanted)
    if shape_of(answer) == flat.shape and not np.isfinite(answer).all():
        raise WrongError(
            "A flat picture, with one value everywhere, gives NaN or infinity: its spread is 0, and "
            "you divide by it."
        )
    if not same(as_array(answer, flat.shape, "a flat picture"), np.full(flat.shape, wanted.mean())):
        raise WrongError("A flat picture should become a flat one, with the other picture's mean.")
    return "Mean and spread hold for every shape that was tried, and a flat picture stays flat."


def _my_keep_colours(painted: np.ndarray, photo: np.ndarray) -> np.ndarray:
    weights = np.array([0.299, 0.587, 0.114])
    move = (painted - photo) @ weights
    move = np.clip(move, -photo.min(axis=-1), 1 - photo.max(axis=-1))
    return photo + move[..., np.newaxis]


@exercise(
    answer=_my_keep_colours,
    ours=colour.keep_colours,
    hints=(
        "The luma of a whole picture is one matrix product: picture @ weights has shape (H, W).",
        (
            "By how much does the luma have to change at each pixel? Add that amount to red, green and "
            "blue alike: their differences, the colour, stay as they are."
        ),
        (
            "How far can a pixel go up until its largest channel is 1? How far down until its smallest "
            "is 0? np.clip takes arrays as limits: clip the amount, not the picture."
        ),
    ),
)
def keep_colours(attempt: Callable[..., Any]) -> str:
    """Painted picture and photo, both (H, W, 3) → the photo with the luma of the painted one."""
    random = np.random.default_rng(12)
    for shape, width in (((4, 5, 3), 0.2), ((6, 3, 3), 0.2), ((5, 5, 3), 1.0), ((7, 4, 3), 1.0)):
        painted, photo = (0.5 + width * (random.random((2, *shape)) - 0.5)).astype(np.float64)
        answer = as_array(call(attempt, painted, photo), shape)
        move = (painted - photo) @ _LUMA
        held = np.clip(move, -photo.min(axis=-1), 1 - photo.max(axis=-1))
        free = photo + move[..., None]
        _expect_colours_kept(answer, painted, photo, free)
        plain = (painted - photo).mean(axis=-1)
        expect_same(
            answer,
            photo + held[..., None],
            {
                "The luma should be a weighted sum of red, green and blue. Yours is their mean.": (
                    photo + np.clip(plain, -photo.min(axis=-1), 1 - photo.max(axis=-1))[..., None]
                ),
                "The colours are the photo's, and so is the luma: nothing of the painted picture is "
                "there.": photo,
                "Values leave [0, 1]. No screen shows them: hold the amount that you add between "
                "minus the pixel's smallest channel and 1 minus its largest.": free,
                "One limit for the whole picture: each pixel has room of its own.": photo
                + np.clip(move, -photo.min(), 1 - photo.max())[..., None],
            },
            "The colours are kept. But the luma should be that of the painted picture wherever the "
            "pixel has room for it, and otherwise as near to it as it gets.",
            "the picture",
        )
    return "The photo's colours are exact, and the luma goes as far as each pixel has room."


def _expect_colours_kept(answer: Values, painted: Values, photo: Values, free: Values) -> None:
    def differences(picture: Values) -> Values:
        return picture - picture[..., :1]

    if same(differences(answer), differences(photo)):
        return
    if same(differences(answer), differences(painted)):
        raise WrongError(
            "The colours are those of the painted picture. They should be the photo's."
        )
    if same(answer, np.clip(free, 0, 1)):
        raise WrongError(
            "Where red, green or blue is cut off at 0 or 1 alone, the differences between the three "
            "change, and with them the colour. Hold back all three together."
        )
    ratio = (painted @ _LUMA / (photo @ _LUMA))[..., None] * photo
    if same(answer, ratio):
        raise WrongError(
            "You multiply the photo's pixels, so the differences between red, green and blue are "
            "multiplied too. Add the same amount to all three."
        )
    raise WrongError(
        "The differences between red, green and blue are not those of the photo. They stay if the "
        "same amount is added to all three."
    )


def _my_match_mean_and_covariance(picture: np.ndarray, target: np.ndarray) -> np.ndarray:
    def root(matrix: np.ndarray) -> np.ndarray:
        variances, directions = np.linalg.eigh(matrix)
        return (directions * np.sqrt(variances)) @ directions.T

    pixels, wanted = picture.reshape(-1, 3), target.reshape(-1, 3)
    ours, theirs = np.cov(pixels.T, bias=True), np.cov(wanted.T, bias=True)
    a = root(theirs) @ np.linalg.inv(root(ours))
    matched = (pixels - pixels.mean(axis=0)) @ a.T + wanted.mean(axis=0)
    return matched.reshape(picture.shape)


@exercise(
    answer=_my_match_mean_and_covariance,
    ours=colour.match_mean_and_covariance,
    hints=(
        (
            "picture.reshape(-1, 3) has a row for each pixel. np.cov(rows.T, bias=True) is their "
            "covariance, rows.mean(axis=0) their mean colour."
        ),
        (
            "The root of a symmetric matrix: variances, directions = np.linalg.eigh(matrix) takes it "
            "apart, (directions * np.sqrt(variances)) @ directions.T puts the root together."
        ),
        (
            "A is the root of the target's covariance times the inverse (np.linalg.inv) of the root of "
            "the picture's own."
        ),
        (
            "Pixels are rows here: A·x for each of them is rows @ A.T. Take the mean away before, add "
            "the target's after, and bring the rows back to the picture's shape."
        ),
    ),
)
def match_mean_and_covariance(attempt: Callable[..., Any]) -> str:
    """Picture (H, W, 3) and target of any size → the picture with the target's mean and covariance."""
    for picture, target in _coloured_pairs():
        answer = as_array(call(attempt, picture, target), picture.shape)
        pixels, ours, wanted = (each.reshape(-1, 3) for each in (picture, answer, target))
        if not same(ours.mean(axis=0), wanted.mean(axis=0)):
            raise WrongError(
                "The mean colour of your answer is still that of the picture given. It should be the "
                "target's."
                if same(ours.mean(axis=0), pixels.mean(axis=0))
                else "The mean colour of your answer is not that of the target."
            )
        _expect_covariance(_cov(ours), _cov(pixels), _cov(wanted))
        # A map that is the same for every pixel explains the answer to the last digit.
        design = np.column_stack([pixels, np.ones(len(pixels))])
        fitted = design @ np.linalg.lstsq(design, ours)[0]
        if not np.allclose(fitted, ours, atol=1e-8):
            raise WrongError(
                "Mean and covariance are right, but your answer is no longer this picture: equal "
                "colours of it should become equal colours, by one A and one shift for all pixels."
            )
    return "Mean and covariance are the target's, and one map does it for all pixels."


def _expect_covariance(ours: Values, before: Values, wanted: Values) -> None:
    if np.allclose(ours, wanted, rtol=1e-6, atol=1e-9):
        return
    if np.allclose(ours, before, rtol=1e-6, atol=1e-9):
        raise WrongError("The mean is right. The covariance is still that of the picture given.")
    if np.allclose(ours.diagonal(), wanted.diagonal(), rtol=1e-6):
        raise WrongError(
            "Red, green and blue spread as in the target, each for itself. But how they go together, "
            "the entries off the diagonal of the covariance, is not the target's."
        )
    raise WrongError(
        "The mean is right. The covariance of your answer is not the target's: A·Σ·Aᵀ should be "
        "Σ_target, so A needs roots of both, and pixels that are rows go with A.T."
    )


def _cov(pixels: Values) -> Values:
    return np.cov(pixels.T, bias=True)


def _coloured_pairs() -> Iterator[tuple[Values, Values]]:
    random = np.random.default_rng(13)
    for shape, other in (((6, 7, 3), (5, 4, 3)), ((9, 4, 3), (8, 8, 3)), ((5, 5, 3), (5, 5, 3))):
        one, two = (
            random.normal(0, 0.1, each) @ random.uniform(-1, 1, (3, 3))
            + random.uniform(0.3, 0.7, 3)
            for each in (shape, other)
        )
        yield one, two
