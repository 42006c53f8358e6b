"""Exercises of notebook 11: colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.assertions import (
    as_array,
    call_answer,
    is_close,
    shape_of,
    validate_all_close,
)
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.pictures import colour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Values = NDArray[np.floating[Any]]

_LUMA = np.array([0.299, 0.587, 0.114])
_TOLERANCE = 5e-3
"""By how much an answer may differ, in standard deviations."""


def _my_match_mean_and_std(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    spread = values.std()
    gain = wanted.std() / spread if spread > 0 else 0.0
    return wanted.mean() + gain * (values - values.mean())


@exercise(
    answer=_my_match_mean_and_std,
    package_function=colour.match_luminance,
    hints=(
        "Three things in a row: take the mean away, change the spread, add the other mean.",
        "To change the spread from a to b, multiply by b / a. NumPy's .std() gives the spread.",
        (
            "Where all values are equal, the spread is 0 and nothing can be divided by it. What is "
            "left when the mean is taken away? Whatever you multiply it by, it stays that."
        ),
    ),
)
def match_mean_and_std(attempt: Callable[..., Any]) -> str:
    """Values and those of another picture, both (rows, columns) → the first with the other's spread."""
    random = np.random.default_rng(11)
    cases = []
    for shape, other, width in (
        ((5, 7), (7, 5), 0.8),
        ((8, 2), (4, 4), 0.3),
        ((3, 3), (3, 3), 0.6),
    ):
        values, wanted = _random_values(random, shape, width), _random_values(random, other, 0.5)
        answer = as_array(call_answer(attempt, values, wanted), shape)
        cases.append(
            (answer, _match_with_divisor(values, wanted, 0), _wrong_spreads(values, wanted))
        )
    if not all(_is_near(answer, right) for answer, right, _ in cases):
        validate_all_close(
            cases,
            "Mean and standard deviation of your answer should be those of the other picture, and "
            "each value should keep its place between darkest and lightest.",
        )
    values, wanted = _random_values(random, (6, 5), 0.6), _random_values(random, (3, 3), 0.5)
    answer = as_array(call_answer(attempt, values, wanted), values.shape)
    if not any(_is_near(answer, _match_with_divisor(values, wanted, less)) for less in (0, 1)):
        raise WrongAnswerError(
            "It holds for two pictures of as many values, but not for a large and a small one: take "
            "the spread of each as a mean, not as a sum, over its own values."
        )
    flat = np.full((4, 5), 0.25)
    with np.errstate(all="ignore"):
        answer = call_answer(attempt, flat, wanted)
    if shape_of(answer) == flat.shape and not np.isfinite(answer).all():
        raise WrongAnswerError(
            "A flat picture, with one value everywhere, gives NaN or infinity: its spread is 0, and "
            "you divide by it."
        )
    if not is_close(
        as_array(answer, flat.shape, "a flat picture"), np.full(flat.shape, wanted.mean())
    ):
        raise WrongAnswerError(
            "A flat picture should become a flat one, with the other picture's mean."
        )
    return "Mean and spread hold for every shape that was tried, and a flat picture stays flat."


def _random_values(random: np.random.Generator, shape: tuple[int, int], width: float) -> Values:
    """Give values so far from 0 and 1 that an answer which is clipped to them is the same."""
    return random.uniform(0.4, 0.6) + width * (random.random(shape) - 0.5)


def _is_near(answer: Values, right: Values) -> bool:
    """Whether they agree but for a number as small as 1e-5 that keeps a divisor from being 0."""
    return bool(np.abs(answer - right).max() < _TOLERANCE * np.std(right))


def _match_with_divisor(values: Values, wanted: Values, less: int) -> Values:
    """Give what is right, with n − `less` as divisor of both variances."""
    gain = wanted.std(ddof=less) / values.std(ddof=less)
    matched: Values = wanted.mean() + gain * (values - values.mean())
    return matched


def _wrong_spreads(values: Values, wanted: Values) -> dict[str, Values]:
    """Give what known mistakes lead to, where both pictures have as many values."""
    centred = values - values.mean()
    gain = wanted.std() / values.std()
    rounded = np.sqrt(values.size / (values.size - 1))
    mixed = "One spread is divided by n, the other by n − 1 (ddof). Take the same for both."
    return {
        "The spread is right, the mean is not: yours is still that of the values given.": (
            values.mean() + gain * centred
        ),
        "The spread is right, the mean is 0: that of the other picture has to be added.": (
            gain * centred
        ),
        "The mean is right, the spread is not: yours is still that of the values given.": (
            wanted.mean() + centred
        ),
        "The mean is right, the spread is 1: it has to be multiplied by the other's.": (
            wanted.mean() + centred / values.std()
        ),
        "The spread is multiplied by the other's, but not divided by its own before.": (
            wanted.mean() + centred * wanted.std()
        ),
        "The spread goes the wrong way: where the other picture has more, yours gets less.": (
            wanted.mean() + centred / gain
        ),
        "You multiply by the ratio of the variances. Those are squares of the spreads.": (
            wanted.mean() + gain**2 * centred
        ),
        "You divide by the variance, the square of the spread.": (
            wanted.mean() + centred * wanted.std() / values.var()
        ),
        "You multiply before the mean is taken away, so the mean is multiplied too.": (
            wanted.mean() - values.mean() + gain * values
        ),
        "You multiply after the mean is added, so the mean is multiplied too.": gain
        * (wanted.mean() + centred),
        "Light and dark are exchanged: the values are inverted.": wanted.mean() - gain * centred,
        "Darkest and lightest are those of the other picture. Mean and standard deviation are asked.": (
            wanted.min() + np.ptp(wanted) * (values - values.min()) / np.ptp(values)
        ),
        mixed: wanted.mean() + gain * rounded * centred,
        f"{mixed} As it is, the spread comes out too small.": wanted.mean()
        + gain / rounded * centred,
    }


def _my_keep_colours(painted: np.ndarray, photo: np.ndarray) -> np.ndarray:
    weights = np.array([0.299, 0.587, 0.114])
    move = (painted - photo) @ weights
    move = np.clip(move, -photo.min(axis=-1), 1 - photo.max(axis=-1))
    return photo + move[..., np.newaxis]


@exercise(
    answer=_my_keep_colours,
    package_function=colour.keep_colours,
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
    cases = []
    for shape, width in (((4, 5, 3), 0.2), ((6, 3, 3), 0.2), ((5, 5, 3), 1.0), ((7, 4, 3), 1.0)):
        painted, photo = (0.5 + width * (random.random((2, *shape)) - 0.5)).astype(np.float64)
        answer = as_array(call_answer(attempt, painted, photo), shape)
        move = (painted - photo) @ _LUMA
        _validate_colours_kept(answer, painted, photo, photo + move[..., None])
        cases.append(
            (answer, _move_within_gamut(photo, move), _wrong_luma_results(painted, photo, move))
        )
    validate_all_close(
        cases,
        "The colours are kept. But the luma should be that of the painted picture wherever the pixel "
        "has room for it, and otherwise as near to it as it gets.",
        "the picture",
    )
    return "The photo's colours are exact, and the luma goes as far as each pixel has room."


def _move_within_gamut(photo: Values, move: Values) -> Values:
    """Add to all three channels, as far as each pixel has room."""
    return photo + np.clip(move, -photo.min(axis=-1), 1 - photo.max(axis=-1))[..., None]


def _wrong_luma_results(painted: Values, photo: Values, move: Values) -> dict[str, Values]:
    away = painted - photo
    return {
        "The luma should be a weighted sum of red, green and blue. Yours is their mean.": _move_within_gamut(
            photo, away.mean(axis=-1)
        ),
        "The weights are those of another standard (0.2126, 0.7152, 0.0722). Here they are 0.299, "
        "0.587, 0.114.": _move_within_gamut(photo, away @ np.array([0.2126, 0.7152, 0.0722])),
        "The weights come in the order blue, green, red. The last axis of a picture is red, green, "
        "blue.": _move_within_gamut(photo, away @ _LUMA[::-1]),
        "The lightness is half of the largest and the smallest channel. The luma, a weighted sum, "
        "is asked.": _move_within_gamut(
            photo,
            (np.ptp(painted, -1) / 2 + painted.min(-1)) - (np.ptp(photo, -1) / 2 + photo.min(-1)),
        ),
        "The largest channel is taken for the luma, which is a weighted sum of all three.": _move_within_gamut(
            photo, painted.max(-1) - photo.max(-1)
        ),
        "The luma goes the wrong way: where the painted picture is lighter, yours gets darker.": (
            _move_within_gamut(photo, -move)
        ),
        "The painted luma is added to the photo's own. Add only what differs.": _move_within_gamut(
            photo, painted @ _LUMA
        ),
        "The colours are the photo's, and so is the luma: nothing of the painted picture is "
        "there.": photo,
        "Values leave [0, 1]. No screen shows them: hold the amount that you add between minus the "
        "pixel's smallest channel and 1 minus its largest.": photo + move[..., None],
        "One limit for the whole picture: each pixel has room of its own.": photo
        + np.clip(move, -photo.min(), 1 - photo.max())[..., None],
        "A pixel without room for the whole amount gets nothing of it. It should go as far as it "
        "can.": photo
        + np.where(_move_within_gamut(photo, move) == photo + move[..., None], move[..., None], 0),
    }


def _validate_colours_kept(answer: Values, painted: Values, photo: Values, free: Values) -> None:
    def differences(picture: Values) -> Values:
        return picture - picture[..., :1]

    if is_close(differences(answer), differences(photo)):
        return
    if is_close(differences(answer), differences(painted)):
        raise WrongAnswerError(
            "The colours are those of the painted picture. They should be the photo's."
        )
    if is_close(answer, np.clip(free, 0, 1)):
        raise WrongAnswerError(
            "Where red, green or blue is cut off at 0 or 1 alone, the differences between the three "
            "change, and with them the colour. Hold back all three together."
        )
    ratio = (painted @ _LUMA / (photo @ _LUMA))[..., None] * photo
    if is_close(answer, ratio):
        raise WrongAnswerError(
            "You multiply the photo's pixels, so the differences between red, green and blue are "
            "multiplied too. Add the same amount to all three."
        )
    raise WrongAnswerError(
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
    package_function=colour.match_mean_and_covariance,
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
        answer = as_array(call_answer(attempt, picture, target), picture.shape)
        pixels, ours, wanted = (each.reshape(-1, 3) for each in (picture, answer, target))
        if not is_close(ours.mean(axis=0), wanted.mean(axis=0)):
            raise WrongAnswerError(
                "The mean colour of your answer is still that of the picture given. It should be the "
                "target's."
                if is_close(ours.mean(axis=0), pixels.mean(axis=0))
                else "The mean colour of your answer is not that of the target."
            )
        _validate_covariance(ours, pixels, wanted)
        # A map that is the same for every pixel explains the answer but for rounding.
        design = np.column_stack([pixels, np.ones(len(pixels))])
        fitted = design @ np.linalg.lstsq(design, ours)[0]
        if not np.allclose(fitted, ours, atol=1e-5):
            raise WrongAnswerError(
                "Mean and covariance are right, but your answer is no longer this picture: equal "
                "colours of it should become equal colours, by one A and one shift for all pixels."
            )
    return "Mean and covariance are the target's, and one map does it for all pixels."


def _validate_covariance(ours: Values, pixels: Values, wanted: Values) -> None:
    after, before, asked = _covariance(ours), _covariance(pixels), _covariance(wanted)

    def is_about(other: Values) -> bool:
        return bool(np.abs(after - other).max() < 2 * _TOLERANCE * np.abs(other).max())

    # With n − 1 as divisor of both, the answer's covariance by n is a little less.
    if is_about(asked) or is_about(np.cov(wanted.T) * (1 - 1 / len(ours))):
        return
    for sentence, mistaken in _wrong_covariances(before, asked, len(pixels), len(wanted)).items():
        if is_about(mistaken):
            raise WrongAnswerError(sentence)
    if np.allclose(after.diagonal(), asked.diagonal(), rtol=2 * _TOLERANCE):
        raise WrongAnswerError(
            "Red, green and blue spread as in the target, each for itself. But how they go together, "
            "the entries off the diagonal of the covariance, is not the target's."
        )
    raise WrongAnswerError(
        "The mean is right. The covariance of your answer is not the target's: A·Σ·Aᵀ should be "
        "Σ_target, so A needs roots of both, and pixels that are rows go with A.T."
    )


def _wrong_covariances(
    before: Values, asked: Values, pixels: int, wanted: int
) -> dict[str, Values]:
    """Give the covariances that known mistakes lead to, by the sentence that says which."""

    def mapped(a: Values) -> Values:
        return a @ before @ a.T

    def correlation(matrix: Values) -> Values:
        lengths = np.sqrt(matrix.diagonal())
        return matrix / np.outer(lengths, lengths)

    target_root, inverse_root = _matrix_root(asked), np.linalg.inv(_matrix_root(before))
    factors = np.linalg.cholesky(asked) @ np.linalg.inv(np.linalg.cholesky(before))
    rows = "Pixels that are rows are multiplied by A.T, so that each x becomes A·x. Yours by A."
    mixed = (
        "One covariance is divided by n, the other by n − 1 (bias, ddof). Take the same for both."
    )
    return {
        "The mean is right. The covariance is still that of the picture given.": before,
        "Your A takes the picture's own covariance away, and gives none back: multiply by the root "
        "of the target's.": np.eye(3),
        "Your A is the root of the target's covariance alone: the picture's own has to be taken away "
        "before, by the inverse of its root.": mapped(target_root),
        "A is made of the covariances themselves. It needs roots of both.": mapped(
            asked @ np.linalg.inv(before)
        ),
        "The root of the picture's own covariance is multiplied by. Its inverse is needed.": mapped(
            target_root @ np.linalg.inv(inverse_root)
        ),
        "Picture and target are exchanged in A: it maps the target's colours to the picture's.": (
            mapped(np.linalg.inv(target_root @ inverse_root))
        ),
        "Each entry's root is taken. The root of a matrix is another: its square, as a matrix "
        "product, is the matrix.": mapped(
            np.sqrt(np.abs(asked)) @ np.linalg.pinv(np.sqrt(np.abs(before)))
        ),
        rows: mapped((target_root @ inverse_root).T),
        f"{rows} For Cholesky's factors that is another map.": mapped(factors.T),
        "A is made of correlations, as np.corrcoef gives them: the spreads of the channels are lost. "
        "np.cov gives the covariance.": mapped(
            _matrix_root(correlation(asked)) @ np.linalg.inv(_matrix_root(correlation(before)))
        ),
        mixed: asked * wanted / (wanted - 1),
        f"{mixed} As it is, the colours come out too close together.": asked
        * (pixels - 1)
        / pixels,
    }


def _matrix_root(matrix: Values) -> Values:
    variances, directions = np.linalg.eigh(matrix)
    root: Values = (directions * np.sqrt(variances)) @ directions.T
    return root


def _covariance(pixels: Values) -> Values:
    return np.cov(pixels.T, bias=True)


def _coloured_pairs() -> Iterator[tuple[Values, Values]]:
    """Give clouds so far from 0 and 1, and so round, that clipping or 1e-5 more changes little."""
    random = np.random.default_rng(13)
    for shape, other in (((6, 7, 3), (3, 14, 3)), ((5, 5, 3), (5, 5, 3)), ((9, 4, 3), (8, 8, 3))):
        one, two = (
            random.uniform(-1, 1, each)
            @ (np.diag([0.1, 0.15, 0.2]) @ np.linalg.qr(random.standard_normal((3, 3)))[0])
            + random.uniform(0.46, 0.54, 3)
            for each in (shape, other)
        )
        yield one, two
