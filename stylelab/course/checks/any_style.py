"""Exercises of notebook 18: adaptive instance normalisation, and whitening."""

from __future__ import annotations

from typing import Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, call_answer
from stylelab.course.checks.comparison import validate_all_close, validate_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.painting import feature_transforms

_TOLERANCE = 5e-3
"""How far an answer may be off, as a share of its own spread: a small ε, n − 1 for n."""


def _my_adain(maps: np.ndarray, target: np.ndarray) -> np.ndarray:
    normalised = (maps - maps.mean((0, 1))) / np.sqrt(maps.var((0, 1)) + 1e-5)
    return normalised * target.std((0, 1)) + target.mean((0, 1))


@exercise(
    answer=_my_adain,
    package_function=feature_transforms.adain,
    hints="""
    - It is instance normalisation, with another scale and another shift at the end. Which two numbers
      of the target are they?
    - Each channel has a mean and a standard deviation of its own: shape (C,). They are taken over the
      first two axes, rows and columns: axis=(0, 1).
    - First take the maps' own mean away and divide by their own deviation. Only then multiply and add.
      A channel may be 0 everywhere: with ε added to the variance before the root, nothing is divided
      by 0.
    """,
)
def adain(attempt: Any) -> str:
    """Maps (rows, columns, C) and those of a target → the first, with the target's mean and std."""
    random = np.random.default_rng(18)
    cases = []
    for shape, other in (((30, 41, 3), (53, 29, 3)), ((64, 25, 5), (24, 60, 5))):
        maps, target = (_random_maps(random, one) for one in (shape, other))
        answer = as_array(call_answer(attempt, maps, target), shape)
        right = _my_adain(maps, target)
        cases.append((answer, right, _wrong_adains(maps, target)))
    _validate_near(
        cases,
        "In each channel, mean and standard deviation should be the target's, and one factor and one "
        "shift should apply to all positions.",
    )
    maps, target = _random_maps(random, (9, 8, 3)), _random_maps(random, (7, 9, 3))
    maps[..., 1] = 0
    with np.errstate(all="ignore"):
        answer = np.asarray(call_answer(attempt, maps, target), float)
    if not np.isfinite(answer).all():
        raise WrongAnswerError(
            "It is right but for a channel that is 0 everywhere: its deviation is 0, and you divide by "
            "it. Add ε = 1e-5 to the variance before you take the root."
        )
    validate_close(
        answer[..., 1] + np.zeros((9, 8)),
        np.full((9, 8), target[..., 1].mean()),
        {},
        "It is right but for a channel that is 0 everywhere: it should become the target's mean.",
    )
    return "Each channel has the target's mean and standard deviation, whatever the two sizes."


def _random_maps(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Maps as after a ReLU: 0 or more, each channel with a size of its own."""
    size = random.uniform(0.5, 4, shape[-1])
    values: Array = np.maximum(size * (random.standard_normal(shape) + random.random(shape[-1])), 0)
    return values


def _wrong_adains(maps: Array, target: Array) -> dict[str, Array]:
    mean, deviation = maps.mean((0, 1)), maps.std((0, 1))
    other_mean, other_deviation = target.mean((0, 1)), target.std((0, 1))
    normalised = (maps - mean) / deviation
    whole = (maps - maps.mean()) / maps.std()
    by_column = (maps - maps.mean(0)) / maps.std(0)
    return {
        "This is the answer for all channels together. Each channel has its own mean and standard "
        "deviation: axis=(0, 1).": whole * target.std() + target.mean(),
        "The maps are normalised over all channels together. Take mean and deviation of each channel: "
        "axis=(0, 1).": whole * other_deviation + other_mean,
        "The scale and the shift are those of the target as a whole. Take them for each channel: "
        "axis=(0, 1).": normalised * target.std() + target.mean(),
        "Mean and deviation are taken over the rows only, axis 0. A channel has rows and columns: "
        "axis=(0, 1).": by_column * other_deviation + other_mean,
        "This is instance normalisation: mean 0, deviation 1. The target's are still missing.": (
            normalised
        ),
        "The deviations are right, but the mean is 0: add the target's.": normalised
        * other_deviation,
        "The means are right, but the deviations are 1: multiply by the target's.": normalised
        + other_mean,
        "The deviations are right, but the means are still the maps' own.": normalised
        * other_deviation
        + mean,
        "The means are right, but the deviations are still the maps' own.": maps
        - mean
        + other_mean,
        "The maps are not divided by their own deviation before they are multiplied.": (maps - mean)
        * other_deviation
        + other_mean,
        "The maps' own mean is not taken away before they are divided and multiplied.": maps
        / deviation
        * other_deviation
        + other_mean,
        "The target's mean is added before the deviation is multiplied.": (normalised + other_mean)
        * other_deviation,
        "You take variances in place of standard deviations: their roots are missing.": (
            maps - mean
        )
        / maps.var((0, 1))
        * target.var((0, 1))
        + other_mean,
        "You divide by the variance of the maps, in place of its root.": (maps - mean)
        / maps.var((0, 1))
        * other_deviation
        + other_mean,
        "You multiply by the variance of the target, in place of its root.": normalised
        * target.var((0, 1))
        + other_mean,
        "The maps come back unchanged.": maps,
    }


def _my_whiten(points: np.ndarray) -> np.ndarray:
    centred = points - points.mean(0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(points))
    return centred @ axes / np.sqrt(variances) @ axes.T


@exercise(
    answer=_my_whiten,
    package_function=feature_transforms.whiten,
    hints="""
    - Take the mean away first. The covariance is then the mean of the products of channels:
      centred.T @ centred, divided by the number of points.
    - np.linalg.eigh takes a symmetric matrix apart: its eigenvalues (N,) are the variances, its
      eigenvectors (N, N) the axes, one in each column. centred @ axes are the points in these axes.
      How far are they spread along each?
    - Along each axis, divide by the standard deviation: the root of the variance. Now the cloud is
      round, but turned. Turn it back: @ axes.T.
    """,
)
def whiten(attempt: Any) -> str:
    """Points (M, N) → the same ones with mean 0 and covariance I, by the symmetric root."""
    random = np.random.default_rng(1705)
    cases = []
    for positions, channels in ((3000, 3), (2000, 6)):
        mixing = random.standard_normal((channels, channels)) + np.eye(channels)
        points = random.standard_normal((positions, channels)) @ mixing + random.random(channels)
        answer = as_array(call_answer(attempt, points), points.shape)
        cases.append((answer, _my_whiten(points), _wrong_whitenings(points)))
    _validate_near(
        cases,
        "The mean should be 0, the covariance the unit matrix, and the matrix that the centred points "
        "are multiplied by symmetric: axes · diag(1 / √variances) · axesᵀ.",
    )
    return "Mean 0, variance 1 in every direction, and nothing turned."


def _wrong_whitenings(points: Array) -> dict[str, Array]:
    centred = points - points.mean(0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(points))
    in_axes = centred @ axes
    deviations = np.sqrt(variances)
    lower = np.linalg.cholesky(np.linalg.inv(np.cov(points.T)))
    second_moments, own_axes = np.linalg.eigh(points.T @ points / len(points))
    return {
        "The mean is not taken away, neither from the points nor for the covariance.": points
        @ own_axes
        / np.sqrt(second_moments)
        @ own_axes.T,
        "The covariance is right, but the mean is not 0: multiply the centred points.": points
        @ axes
        / deviations
        @ axes.T,
        "Mean and covariance are right, but the cloud is turned: it is still in its own axes. Turn it "
        "back with @ axes.T.": in_axes / deviations,
        "Mean and covariance are right, but this root is Cholesky's, which is not symmetric and "
        "depends on the order of the channels. Use np.linalg.eigh.": centred @ lower,
        "Each channel is divided by its own deviation. Then the channels are still correlated: divide "
        "along the axes of the covariance.": centred / centred.std(0),
        "You divide by the variances. Divide by their roots, the deviations.": in_axes
        / variances
        @ axes.T,
        "You multiply by the deviations: the cloud gets longer where it was long. Divide.": in_axes
        * deviations
        @ axes.T,
        "The axes are exchanged with their transpose: eigh returns one axis in each column, so "
        "@ axes comes first, @ axes.T last.": centred @ axes.T / deviations @ axes,
        "At the end, turn back with axes.T, not again with axes.": in_axes / deviations @ axes,
        "The covariance is a sum here, not a mean: divide by the number of points.": in_axes
        / deviations
        / np.sqrt(len(points))
        @ axes.T,
        "Only the mean is taken away. Now make the cloud round.": centred,
        "The points are turned into their axes and nothing else. Divide along each.": in_axes,
        "The points come back unchanged.": points,
    }


def _validate_near(
    cases: list[tuple[Array, Array, dict[str, Array]]],
    fallback: str,
) -> None:
    if all(np.abs(answer - right).max() < _TOLERANCE * right.std() for answer, right, _ in cases):
        return
    # What is near a mistake is that mistake, whatever the ε: rounded as the tolerance allows.
    near = [
        (
            next((wrong for wrong in wrongs.values() if _is_near(answer, wrong)), answer),
            right,
            wrongs,
        )
        for answer, right, wrongs in cases
    ]
    validate_all_close(near, fallback)


def _is_near(answer: Array, other: Array) -> bool:
    return bool(np.abs(answer - other).max() < _TOLERANCE * other.std())
