"""Exercises of notebook 11: matching mean and variance of brightness and colours."""

from __future__ import annotations

from typing import Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, call_answer, shape_of
from stylelab.course.checks.comparison import is_close, validate_all_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.course.checks.formulas import correlations
from stylelab.pictures import colour

_TOLERANCE = 5e-3
"""How far an answer may be off, in standard deviations."""


def _my_match_mean_and_std(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    deviation = values.std()
    gain = wanted.std() / deviation if deviation > 0 else 0.0
    return wanted.mean() + gain * (values - values.mean())


@exercise(
    answer=_my_match_mean_and_std,
    package_function=colour.match_luminance,
    hints="""
    - Three steps: subtract the mean, change the standard deviation, add the other mean.
    - To change the standard deviation from a to b, multiply by b / a. NumPy has .std().
    - If all values are equal, the standard deviation is 0, and you cannot divide by it. What is
      left when the mean is subtracted? Does a factor change it?
    """,
)
def match_mean_and_std(attempt: Any) -> str:
    """Values and those of another picture, both (rows, columns) → the first with that mean and std."""
    random = np.random.default_rng(11)
    cases = []
    for shape, other, width in (
        ((5, 7), (7, 5), 0.8),
        ((8, 2), (4, 4), 0.3),
        ((3, 3), (3, 3), 0.6),
    ):
        values, target = _random_values(random, shape, width), _random_values(random, other, 0.5)
        answer = as_array(call_answer(attempt, values, target), shape)
        right = _match_with_divisor(values, target, 0)
        cases.append((answer, right, _wrong_matches(values, target)))
    if not all(_is_near(answer, right) for answer, right, _ in cases):
        validate_all_close(
            cases,
            "Mean and standard deviation of your answer should be those of the other picture, and the "
            "same linear map should apply to every value.",
        )
    values, target = _random_values(random, (6, 5), 0.6), _random_values(random, (3, 3), 0.5)
    answer = as_array(call_answer(attempt, values, target), values.shape)
    if not any(_is_near(answer, _match_with_divisor(values, target, less)) for less in (0, 1)):
        raise WrongAnswerError(
            "It is right for two pictures of the same size, but not for a large and a small one: take "
            "the standard deviation of each as a mean over its own values, not as a sum."
        )
    flat = np.full((4, 5), 0.25)
    with np.errstate(all="ignore"):
        answer = call_answer(attempt, flat, target)
    if shape_of(answer) == flat.shape and not np.isfinite(answer).all():
        raise WrongAnswerError(
            "A flat picture, with one value everywhere, gives NaN or infinity: its standard deviation "
            "is 0, and you divide by it."
        )
    matched = as_array(answer, flat.shape, "a flat picture")
    if not is_close(matched, np.full(flat.shape, target.mean())):
        raise WrongAnswerError(
            "A flat picture should become a flat one, with the other picture's mean."
        )
    return (
        "Mean and standard deviation are right for every shape that was tried, and a flat picture "
        "stays flat."
    )


def _random_values(random: np.random.Generator, shape: tuple[int, int], width: float) -> Array:
    """Return values so far from 0 and 1 that clipping does not change an answer."""
    return random.uniform(0.4, 0.6) + width * (random.random(shape) - 0.5)


def _is_near(answer: Array, right: Array) -> bool:
    """Whether they are equal up to a number such as 1e-5, added so that a divisor is not 0."""
    return bool(np.abs(answer - right).max() < _TOLERANCE * np.std(right))


def _match_with_divisor(values: Array, target: Array, less: int) -> Array:
    """Return the right answer, with n − `less` as divisor of both variances."""
    gain = target.std(ddof=less) / values.std(ddof=less)
    return target.mean() + gain * (values - values.mean())


def _wrong_matches(values: Array, target: Array) -> dict[str, Array]:
    centred = values - values.mean()
    gain = target.std() / values.std()
    ratio = np.sqrt(values.size / (values.size - 1))
    mixed = "One variance is divided by n, the other by n − 1 (ddof). Take the same for both."
    return {
        "The standard deviation is right, "
        "but the mean is still that of the first picture.": values.mean() + gain * centred,
        "The standard deviation is right, but the mean is 0: add that of the other picture.": (
            gain * centred
        ),
        "The mean is right, "
        "but the standard deviation is still that of the first picture.": target.mean() + centred,
        "The mean is right, but the standard deviation is 1: "
        "multiply by the other's.": target.mean() + centred / values.std(),
        "You multiply by the other's standard deviation, "
        "but do not divide by the first one's.": target.mean() + centred * target.std(),
        "Your factor is the inverse of the right one: more contrast in the other picture makes less "
        "in yours.": (target.mean() + centred / gain),
        "You multiply by the ratio of the variances, "
        "the squares of the standard deviations.": target.mean() + gain**2 * centred,
        "You divide by the variance, the square of the standard deviation.": (
            target.mean() + centred * target.std() / values.var()
        ),
        "You multiply before the mean is subtracted, so the mean is multiplied too.": (
            target.mean() - values.mean() + gain * values
        ),
        "You multiply after the mean is added, so the mean is multiplied too.": gain
        * (target.mean() + centred),
        "Light and dark are exchanged: the values are inverted.": target.mean() - gain * centred,
        "Minimum and maximum are those of the other picture. Match mean and standard deviation.": (
            target.min() + np.ptp(target) * (values - values.min()) / np.ptp(values)
        ),
        mixed: target.mean() + gain * ratio * centred,
        f"{mixed} In your answer the standard deviation is too small.": target.mean()
        + gain / ratio * centred,
    }


def _my_match_mean_and_covariance(picture: np.ndarray, target: np.ndarray) -> np.ndarray:
    def root(matrix: np.ndarray) -> np.ndarray:
        variances, directions = np.linalg.eigh(matrix)
        return (directions * np.sqrt(variances)) @ directions.T

    pixels, wanted = picture.reshape(-1, 3), target.reshape(-1, 3)
    before, after = np.cov(pixels.T, bias=True), np.cov(wanted.T, bias=True)
    a = root(after) @ np.linalg.inv(root(before))
    matched = (pixels - pixels.mean(axis=0)) @ a.T + wanted.mean(axis=0)
    return matched.reshape(picture.shape)


@exercise(
    answer=_my_match_mean_and_covariance,
    package_function=colour.match_mean_and_covariance,
    hints="""
    - picture.reshape(-1, 3) has a row for each pixel. np.cov(rows.T, bias=True) is their
      covariance, rows.mean(axis=0) their mean colour.
    - The root of a symmetric matrix: variances, directions = np.linalg.eigh(matrix) decomposes it,
      (directions * np.sqrt(variances)) @ directions.T is the root.
    - A is the root of the target's covariance times the inverse (np.linalg.inv) of the root of the
      picture's own.
    - Pixels are rows here: A·x for each of them is rows @ A.T. Subtract the mean before, add the
      target's after, and reshape the rows to the picture's shape.
    """,
)
def match_mean_and_covariance(attempt: Any) -> str:
    """Picture (H, W, 3) and target of any size → picture with the target's mean and covariance."""
    random = np.random.default_rng(13)
    for shapes in (((6, 7, 3), (3, 14, 3)), ((5, 5, 3), (5, 5, 3)), ((9, 4, 3), (8, 8, 3))):
        # So far from 0 and 1, and so varied, that clipping or adding 1e-5 changes little.
        picture, target = (
            random.uniform(-1, 1, shape)
            @ (np.diag([0.1, 0.15, 0.2]) @ np.linalg.qr(random.standard_normal((3, 3)))[0])
            + random.uniform(0.46, 0.54, 3)
            for shape in shapes
        )
        matched = as_array(call_answer(attempt, picture, target), picture.shape)
        pixels, answer, wanted = (image.reshape(-1, 3) for image in (picture, matched, target))
        if not is_close(answer.mean(axis=0), wanted.mean(axis=0)):
            raise WrongAnswerError(
                "The mean colour of your answer is still that of the picture. It should be the "
                "target's."
                if is_close(answer.mean(axis=0), pixels.mean(axis=0))
                else "The mean colour of your answer is not that of the target."
            )
        _validate_covariance(answer, pixels, wanted)
        # One affine map for all pixels explains the answer up to rounding.
        design = np.column_stack([pixels, np.ones(len(pixels))])
        fitted = design @ np.linalg.lstsq(design, answer)[0]
        if not np.allclose(fitted, answer, atol=1e-5):
            raise WrongAnswerError(
                "Mean and covariance are right, but your answer is no longer this picture: equal "
                "colours should become equal colours, by one A and one shift for all pixels."
            )
    return "Mean and covariance are the target's, and one map applies to all pixels."


def _validate_covariance(answer: Array, pixels: Array, wanted: Array) -> None:
    after, before, target = (np.cov(each.T, bias=True) for each in (answer, pixels, wanted))

    def is_about(other: Array) -> bool:
        return bool(np.abs(after - other).max() < 2 * _TOLERANCE * np.abs(other).max())

    # With n − 1 as divisor of both, the answer's covariance by n is a little smaller.
    if is_about(target) or is_about(np.cov(wanted.T) * (1 - 1 / len(answer))):
        return
    for sentence, mistaken in _wrong_covariances(before, target, len(pixels), len(wanted)).items():
        if is_about(mistaken):
            raise WrongAnswerError(sentence)
    if np.allclose(after.diagonal(), target.diagonal(), rtol=2 * _TOLERANCE):
        raise WrongAnswerError(
            "Each of red, green and blue has the variance of the target. But the entries off the "
            "diagonal of the covariance, how the channels vary together, are not the target's."
        )
    raise WrongAnswerError(
        "The mean is right. The covariance of your answer is not the target's: A·Σ·Aᵀ should be "
        "Σ_target, so A needs roots of both, and pixels that are rows are multiplied by A.T."
    )


def _wrong_covariances(before: Array, target: Array, pixels: int, wanted: int) -> dict[str, Array]:
    """Covariances of known mistakes, by the sentence that explains them."""

    def mapped(a: Array) -> Array:
        return a @ before @ a.T

    target_root, inverse_root = _matrix_root(target), np.linalg.inv(_matrix_root(before))
    factors = np.linalg.cholesky(target) @ np.linalg.inv(np.linalg.cholesky(before))
    rows = "Multiply pixels that are rows by A.T, so that each x becomes A·x. You multiply by A."
    mixed = (
        "One covariance is divided by n, the other by n − 1 (bias, ddof). Take the same for both."
    )
    return {
        "The mean is right. The covariance is still that of the picture.": before,
        "Your A removes the picture's own covariance, but adds none: multiply by the root of the "
        "target's.": np.eye(3),
        "Your A is the root of the target's covariance alone: first remove the picture's own, "
        "by the inverse of its root.": mapped(target_root),
        "A is made of the covariances themselves. It needs roots of both.": mapped(
            target @ np.linalg.inv(before)
        ),
        "You multiply by the root of the picture's own covariance. Its inverse is needed.": mapped(
            target_root @ np.linalg.inv(inverse_root)
        ),
        "Picture and target are exchanged in A: it maps the target's colours to the picture's.": (
            mapped(np.linalg.inv(target_root @ inverse_root))
        ),
        "You take the root of each entry. The root of a matrix is different: its product with "
        "itself is the "
        "matrix.": mapped(np.sqrt(np.abs(target)) @ np.linalg.pinv(np.sqrt(np.abs(before)))),
        rows: mapped((target_root @ inverse_root).T),
        f"{rows} For Cholesky's factors that is a different map.": mapped(factors.T),
        "A is made of correlations, as np.corrcoef gives them, without the variances of the channels. "
        "np.cov gives the covariance.": mapped(
            _matrix_root(correlations(target)) @ np.linalg.inv(_matrix_root(correlations(before)))
        ),
        mixed: target * wanted / (wanted - 1),
        f"{mixed} In your answer the variances are too small.": target * (pixels - 1) / pixels,
    }


def _matrix_root(matrix: Array) -> Array:
    variances, directions = np.linalg.eigh(matrix)
    return (directions * np.sqrt(variances)) @ directions.T
