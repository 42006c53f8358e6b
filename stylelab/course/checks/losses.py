"""Exercises of notebook 06: losses and their units."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, call_for_gradient
from stylelab.course.checks.comparison import is_close, validate_close
from stylelab.course.checks.exercise import NotWrittenError, WrongAnswerError, exercise
from stylelab.course.checks.formulas import correlations, gram_per_position, relative_distance
from stylelab.course.checks.predictions import parse_predictions, validate_predictions


def _my_total_variation(picture: np.ndarray) -> tuple[float, np.ndarray]:
    down = picture[1:] - picture[:-1]
    across = picture[:, 1:] - picture[:, :-1]
    value = float((down**2).sum() + (across**2).sum()) / picture.size
    gradient = np.zeros_like(picture)
    gradient[1:] += 2 * down  # a pixel counts upwards in one difference …
    gradient[:-1] -= 2 * down  # … and downwards in the next
    gradient[:, 1:] += 2 * across
    gradient[:, :-1] -= 2 * across
    return value, gradient / picture.size


@exercise(
    answer=_my_total_variation,
    hints="""
    - All differences between a row and the next are one subtraction of two slices: picture[1:] -
      picture[:-1]. Columns work the same way along the second axis.
    - The value: square both arrays of differences, add everything up, divide by picture.size.
    - The gradient, one difference at a time. Let d = lower − upper. Then d² changes by 2d when the
      lower pixel grows, and by −2d when the upper one does.
    - So start with an array of zeros, add each array of differences to the slice of its lower
      pixels and subtract it from the slice of its upper ones: four lines. Divide by picture.size at
      the end.
    """,
)
def total_variation(attempt: Any) -> str:
    """Picture (H, W, 3) → mean of squared differences of neighbours, by H·W·3; and its gradient."""
    random = np.random.default_rng(6)
    pictures = [random.random(shape) for shape in ((5, 6, 3), (4, 4, 3), (1, 7, 3), (6, 1, 3))]
    cases = [(call_for_gradient(attempt, picture), picture) for picture in pictures]
    for (value, _), picture in cases:
        _validate_variation(value, picture)
    for (_, gradient), picture in cases:
        _validate_variation_gradient(as_array(gradient, picture.shape, "the gradient"), picture)
    return "Value and gradient are right for every shape that was tried, thin strips included."


def _validate_variation(value: float, picture: Array) -> None:
    down, across = np.diff(picture, axis=0), np.diff(picture, axis=1)
    vertical, horizontal = (down**2).sum(), (across**2).sum()
    squares, size = vertical + horizontal, picture.size
    averages = sum((part**2).mean() for part in (down, across) if part.size)
    around = sum(((picture - np.roll(picture, 1, axis)) ** 2).sum() for axis in (0, 1))
    validate_close(
        value,
        squares / size,
        {
            "These are absolute differences. Square them instead.": (
                (np.abs(down).sum() + np.abs(across).sum()) / size
            ),
            "Not divided by the number of values: "
            "a larger picture would get a larger value.": squares,
            "Divided by the number of pixels. Each pixel has three values: divide by H·W·3.": squares
            / (size / 3),
            "The two directions are averaged each by its own number of differences. Add up all "
            "squares first, then divide once.": averages,
            "You take a root; the value has none.": np.sqrt(squares / size),
            "You take the root of the sum of squares; the value has no root.": np.sqrt(squares)
            / size,
            "The picture is treated as a ring: its last row or column is compared with its first. "
            "They are not neighbours.": around / size,
            "Only rows are compared with the next row; columns count too.": vertical / size,
            "Only columns are compared with the next column; rows count too.": horizontal / size,
        },
        "The value should be the sum of squared differences between neighbours in both directions, "
        "divided by H·W·3.",
        "the value",
    )


def _validate_variation_gradient(gradient: Array, picture: Array) -> None:
    _, expected = _my_total_variation(picture)
    lower = np.zeros_like(picture)
    lower[1:] += 2 * np.diff(picture, axis=0)
    lower[:, 1:] += 2 * np.diff(picture, axis=1)
    upper = expected * picture.size - lower
    rows, columns = (
        -2 * np.diff(np.diff(picture, axis=axis), axis=axis, prepend=0, append=0) / picture.size
        for axis in (0, 1)
    )
    ring = np.zeros_like(picture)
    for axis in (0, 1):
        ring += 2 * (2 * picture - np.roll(picture, 1, axis) - np.roll(picture, -1, axis))
    inside = np.s_[1:-1, 1:-1]
    if (
        expected[inside].size
        and is_close(gradient[inside], expected[inside])
        and not is_close(gradient, expected)
        and not is_close(gradient, ring / picture.size)
    ):
        raise WrongAnswerError(
            "The gradient is right inside the picture but not at its border. The pixels of the first "
            "and last row and column have neighbours too, only fewer."
        )
    validate_close(
        gradient,
        expected,
        {
            "The gradient lacks the factor 2 of the square's derivative.": expected / 2,
            "The gradient is not divided by H·W·3, but the value is.": expected * picture.size,
            "The gradient has the wrong sign: it should point to where the value grows.": -expected,
            "In the gradient each difference counts at its lower (or right) pixel only. It counts at "
            "the other one too, with the opposite sign.": lower / picture.size,
            "In the gradient each difference counts at its upper (or left) pixel only. It counts at "
            "the other one too, with the opposite sign.": upper / picture.size,
            "The gradient contains differences between rows only.": rows,
            "The gradient contains differences between columns only.": columns,
            "The gradient treats the picture as a ring: its last row or column counts as a "
            "neighbour of its first.": ring / picture.size,
        },
        "The value is right, but the gradient is not its derivative. Each difference d between two "
        "neighbours adds 2d to one of them and subtracts 2d from the other.",
        "the gradient",
    )


def _my_style_loss(maps: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    positions = maps.shape[0] * maps.shape[1]  # however many channels there are
    flat = maps.reshape(positions, -1)
    difference = flat.T @ flat / positions - target
    energy = (target**2).sum()
    value = float((difference**2).sum() / energy)
    gradient = 4 / positions * flat @ difference / energy
    return value, gradient.reshape(maps.shape)


def _broken_style_loss(maps: Array, target: Array) -> tuple[float, Array]:
    """Style loss with the two mistakes of the notebook's cell."""
    flat = maps.reshape(-1, maps.shape[-1])
    positions = maps.size // 3
    difference = flat.T @ flat / positions - target
    energy = (target**2).sum()
    gradient = 2 / positions * flat @ difference / energy
    return float((difference**2).sum() / energy), gradient.reshape(maps.shape)


@exercise(
    answer=_my_style_loss,
    hints="""
    - There are two mistakes: one makes the value wrong, the other the gradient alone. Begin with
      the value: compare the Gram matrix of your function with sl.gram_matrix(maps).
    - The line that counts positions is right for a picture, which has three channels. How many
      numbers are there at one position of these maps?
    - The gradient: the derivative of a square gives one factor 2. But the Gram matrix is itself a
      product of the maps with the maps, so each value of a map enters twice.
    """,
)
def style_loss(attempt: Any) -> str:
    """Maps and a target Gram matrix (N, N) → ‖G−A‖²/‖A‖² and its gradient at the maps."""
    random = np.random.default_rng(7)
    cases = []
    for shape, target_shape in (((4, 5, 6), (3, 3, 6)), ((3, 3, 2), (5, 4, 2)), ((2, 6, 4),) * 2):
        maps, other = random.random(shape) + 0.1, random.random(target_shape)
        cases.append((maps, gram_per_position(other)))
    answers = [call_for_gradient(attempt, *case) for case in cases]
    if all(
        is_close(value, broken[0])
        and np.shape(gradient) == case[0].shape
        and is_close(gradient, broken[1])
        for (value, gradient), case in zip(answers, cases, strict=True)
        for broken in (_broken_style_loss(*case),)
    ):
        maps = cases[0][0]
        own = call_for_gradient(attempt, maps, gram_per_position(maps))[0]
        raise NotWrittenError(
            "The function is unchanged. For maps and the Gram matrix of these same maps as target, it "
            f"should return 0. It returns {own:.2f}. Find out why and correct it; then look at the "
            "gradient. check.style_loss.hint() helps."
        )
    for (value, _), (maps, target) in zip(answers, cases, strict=True):
        _validate_style_value(value, maps, target)
    for (_, gradient), (maps, target) in zip(answers, cases, strict=True):
        _validate_style_gradient(gradient, maps, target)
    return "Both mistakes are gone: value and gradient are right for every shape that was tried."


def _validate_style_value(value: float, maps: Array, target: Array) -> None:
    channels = maps.shape[-1]
    positions = maps.size // channels
    sums = np.einsum("rci,rcj->ij", maps, maps)
    gram = sums / positions
    mixed = maps.reshape(channels, -1)
    energy = (target**2).sum()
    squares = ((gram - target) ** 2).sum()
    covariance = gram_per_position(maps - maps.mean((0, 1)))
    distance = partial(relative_distance, target=target)
    validate_close(
        value,
        squares / energy,
        {
            "The value still assumes three channels at each position, however many the layer has: the "
            "Gram matrix is too small.": distance(sums * 3 / maps.size),
            "Your Gram matrix is not divided by the number of positions; the target is.": distance(
                sums
            ),
            "Your Gram matrix is divided by the number of channels too; the target is divided by "
            "positions alone.": distance(sums / maps.size),
            "The mean of each channel is subtracted from the maps first: that is a covariance. The "
            "target keeps the means.": distance(covariance),
            "np.cov subtracts the mean of each channel and divides by one less than the number of "
            "positions. The target does neither.": distance(
                covariance * positions / (positions - 1)
            ),
            "Your matrix holds correlations: each channel is scaled to length 1. In the target "
            "strong channels count more.": distance(correlations(covariance)),
            "The maps are reshaped to (channels, positions) where they should be transposed: "
            "positions and channels are mixed.": distance(mixed @ mixed.T / positions),
            "You take a root; the value has none.": np.sqrt(squares / energy),
            "Divided by the size of the picture's own Gram matrix. Divide by the target's, which stays "
            "the same while the picture changes.": squares / (gram**2).sum(),
            "Not divided by ‖target‖²: the value would have the layer's unit.": squares,
            "The mean of the squares is not relative to anything; divide by the sum of the target's "
            "squares.": squares / channels**2,
            "These are absolute differences. Square them instead.": np.abs(gram - target).sum()
            / energy,
        },
        "The value should be the sum of (G − target)², divided by the sum of target², with G the "
        "Gram matrix of the maps per position.",
        "the value",
    )


def _validate_style_gradient(gradient: Any, maps: Array, target: Array) -> None:
    if np.shape(gradient) == target.shape != maps.shape:
        raise WrongAnswerError(
            "Your gradient has the shape of the Gram matrix. It should have an entry for each value of "
            "the maps: how the loss changes with it."
        )
    channels = maps.shape[-1]
    given = as_array(gradient, maps.shape, "the gradient")
    value, expected = _my_style_loss(maps, target)
    positions = maps.size // channels
    energy = (target**2).sum()
    validate_close(
        given,
        expected,
        {
            "The value is right. The gradient is half of what it should be: along it the value changes "
            "twice as fast as it says.": expected / 2,
            "The value is right. The gradient is a quarter of what it should be: along it the value "
            "changes four times as fast as it says.": expected / 4,
            "The gradient is that of the root of the value.": expected / (2 * np.sqrt(value)),
            "The gradient is not divided by the number of positions.": expected * positions,
            "The gradient is not divided by ‖target‖², but the value is.": expected * energy,
            "The gradient still assumes three channels at each position.": expected
            * (3 / channels),
        },
        "The value is right, but the gradient is not its derivative: a small step along it changes "
        "the value by another amount.",
        "the gradient",
    )


_TERMS = {
    "content": (
        False,
        (
            "Content compares the picture with the photo, and the two are the same here: it cannot "
            "become smaller, so its gradient is 0."
        ),
    ),
    "style": (
        True,
        "The photo's Gram matrices are not the painting's: style can fall, so it has one.",
    ),
    "total_variation": (
        True,
        "Neighbours in a photo differ; making them alike lowers total variation, so it has a gradient.",
    ),
}
"""Whether each term has a gradient other than 0 at the photo itself, and why."""


@exercise(
    answer={name: right for name, (right, _) in _TERMS.items()},
    hints="""
    - Where a term is at its minimum, its gradient is 0. Which term is as low as it can be there?
    - A photograph is not smooth everywhere, and nobody painted it in that style.
    """,
)
def gradients_at_photo(attempt: Any) -> str:
    """Which terms have a gradient other than 0 at the photo itself: True or False by name."""
    if any(prediction is None for prediction in parse_predictions(attempt, _TERMS).values()):
        raise NotWrittenError
    validate_predictions(attempt, _TERMS)
    return "At the photo, content is at its minimum of 0; the others have a gradient."
