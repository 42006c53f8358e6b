"""Exercises of notebook 16: instance normalisation, a training step, and what is learned once."""

# ruff: noqa: UP037 - the answer is shown as source, and my_functions.py does not have these names

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, call_answer, shape_of
from stylelab.course.checks.comparison import is_close, validate_all_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.course.checks.predictions import validate_predictions
from stylelab.painting import normalization

if TYPE_CHECKING:
    from collections.abc import Callable

_TOLERANCE = 2e-3
"""How far a normalised map may be off, as a share of its scale: so ε may be anything small."""


def _my_instance_normalization(
    maps: np.ndarray, scale: np.ndarray, shift: np.ndarray
) -> np.ndarray:
    mean = maps.mean(axis=(0, 1))  # over the positions: one number for each channel
    variance = maps.var(axis=(0, 1))
    return scale * (maps - mean) / np.sqrt(variance + 1e-5) + shift


@exercise(
    answer=_my_instance_normalization,
    package_function=normalization.instance_normalization,
    hints="""
    - Each channel has its own mean and its own variance. Over which two axes of (rows, columns,
      channels) are they taken? NumPy's mean and var take a pair: axis=(…, …).
    - The result of that has shape (channels,). NumPy broadcasts it over rows and columns by itself.
    - The order: subtract the mean, divide by the root of variance + ε, multiply by the scale, add
      the shift.
    - A channel that is the same everywhere has the variance 0. What would you divide by without ε,
      and what should come out?
    """,
)
def instance_normalization(attempt: Any) -> str:
    """Maps (rows, columns, C), scale (C,), shift (C,) → each channel with that spread and mean."""
    random = np.random.default_rng(16)
    cases = []
    for shape in ((5, 4, 3), (3, 7, 2), (4, 4, 4)):
        maps = random.standard_normal(shape) * random.uniform(1, 4, shape[-1])
        maps += random.uniform(-3, 3, shape[-1])
        scale = random.uniform(0.5, 2, shape[-1])
        shift = random.uniform(1, 2, shape[-1]) * random.choice((-1, 1), shape[-1])
        given = as_array(call_answer(attempt, maps, scale, shift), shape, "the normalised maps")
        right = _normalize(maps, scale, shift)
        cases.append((given, right, _wrong_normalisations(maps, scale, shift)))
    if not all(_is_near(given, right) for given, right, _ in cases):
        for sentence in cases[0][2]:
            if all(_is_near(given, wrong[sentence]) for given, _, wrong in cases):
                raise WrongAnswerError(sentence)
        raise WrongAnswerError(
            "Each channel should end with the mean of its shift, and the standard deviation of its "
            "scale."
        )
    flat, scale, shift = np.full((3, 4, 2), 0.75), np.array([2.0, 3.0]), np.array([0.5, -1.0])
    with np.errstate(all="ignore"):
        answer = call_answer(attempt, flat, scale, shift)
    if shape_of(answer) == flat.shape and not np.isfinite(answer).all():
        raise WrongAnswerError(
            "A channel that is the same everywhere gives NaN or infinity: its variance is 0, and you "
            "divide by its root. That is what ε is for."
        )
    if not is_close(as_array(answer, flat.shape, "flat maps"), shift + 0 * flat):
        raise WrongAnswerError(
            "A channel that is the same everywhere should become its shift, everywhere."
        )
    return "Mean and spread are right in every channel, and flat channels do no harm."


def _is_near(answer: Array, right: Array) -> bool:
    """Whether they are equal up to what a small ε makes of a variance."""
    return bool(np.abs(answer - right).max() < _TOLERANCE)


def _normalize(
    maps: Array, scale: Array, shift: Array, axis: Any = (0, 1), *, less: int = 0
) -> Array:
    mean = maps.mean(axis=axis, keepdims=True)
    deviation = np.sqrt(maps.var(axis=axis, ddof=less, keepdims=True) + normalization.EPSILON)
    normalised: Array = scale * (maps - mean) / deviation + shift
    return normalised


def _wrong_normalisations(maps: Array, scale: Array, shift: Array) -> dict[str, Array]:
    centred = maps - maps.mean(axis=(0, 1))
    variance = maps.var(axis=(0, 1)) + normalization.EPSILON
    deviation = np.sqrt(variance)
    normal = centred / deviation
    return {
        "Mean and variance are those of all channels together. Each channel has its own.": (
            _normalize(maps, scale, shift, None)
        ),
        "Mean and variance are taken over the channels at each position. Take them over the "
        "positions, for each channel.": _normalize(maps, scale, shift, -1),
        "Mean and variance are taken over the rows alone: each column is normalised for itself. "
        "Take them over rows and columns.": _normalize(maps, scale, shift, 0),
        "Mean and variance are taken over the columns alone: each row is normalised for itself. "
        "Take them over rows and columns.": _normalize(maps, scale, shift, 1),
        "You divide by the variance. Divide by its root, the standard deviation.": (
            scale * centred / variance + shift
        ),
        "The mean is subtracted, but nothing is divided by the standard deviation.": (
            scale * centred + shift
        ),
        "You divide by the standard deviation, but the mean is still there.": (
            scale * maps / deviation + shift
        ),
        "The mean is subtracted after the division. Subtract it before.": (
            scale * (maps / deviation - maps.mean(axis=(0, 1))) + shift
        ),
        "Scale and shift do not count yet: every channel has mean 0 and standard deviation 1.": (
            normal
        ),
        "The shift is missing.": scale * normal,
        "The scale is missing.": normal + shift,
        "Scale and shift are exchanged.": shift * normal + scale,
        "The shift is added before the scale multiplies: so it is multiplied too.": (
            scale * (normal + shift)
        ),
        "The shift is subtracted. Add it.": scale * normal - shift,
        "You divide by the scale. Multiply by it.": normal / scale + shift,
        "The mean is put back at the end. The shift takes its place.": (
            scale * normal + shift + maps.mean(axis=(0, 1))
        ),
        "You divide by the root of the mean square. Take the variance, which is around the mean.": (
            scale * centred / np.sqrt((maps**2).mean(axis=(0, 1)) + normalization.EPSILON) + shift
        ),
        "The variance is divided by n − 1 (ddof=1). Take the mean over all n positions.": (
            _normalize(maps, scale, shift, less=1)
        ),
        "You bring each channel's smallest value to 0 and its largest to 1. Use mean and standard "
        "deviation.": scale * (maps - maps.min(axis=(0, 1))) / np.ptp(maps, axis=(0, 1)) + shift,
    }


def _my_training_step(
    weights: np.ndarray, photo: np.ndarray, gradient_at: "Callable", rate: float
) -> np.ndarray:
    painted = photo @ weights
    g = gradient_at(painted)  # what each value of the picture should do
    g_weights = np.einsum("hwi,hwj->ij", photo, g)  # each weight's gradient: summed over all pixels
    return weights - rate * g_weights


@exercise(
    answer=_my_training_step,
    hints="""
    - First paint: the picture is photo @ weights. At which picture does the loss have to be asked
      for its gradient?
    - One value of the picture is a sum: painted[h, w, j] = Σᵢ photo[h, w, i] · weights[i, j]. What is
      its derivative with respect to weights[i, j]?
    - By the chain rule, the derivative of the loss with respect to weights[i, j] adds up
      photo[h, w, i] · g[h, w, j] over all pixels, where g is the gradient at the painted picture.
    - That sum is one matrix product if pixels are rows: (pixels, 3), transposed, times (pixels, 3).
      Or np.einsum. Then go downhill, as in notebook 07.
    """,
)
def training_step(attempt: Any) -> str:
    """Weights (3, 3), photo (H, W, 3), gradient of the loss at a picture, rate → the next weights."""
    random = np.random.default_rng(161)
    cases = []
    for height, width, rate in ((4, 3, 0.1), (2, 5, 0.7), (6, 2, 2.5), (1, 1, 0.3)):
        photo, weights = random.random((height, width, 3)), random.standard_normal((3, 3))
        gradient_at = _gradient_of(random, photo.shape)
        answer = call_answer(attempt, weights, photo, gradient_at, rate)
        if shape_of(answer) == photo.shape:
            raise WrongAnswerError(
                "A picture came back. That is a step of the optimizer; a step of training changes the "
                "weights, and the photo's pixels stay as they are."
            )
        given = as_array(answer, (3, 3), "the next weights")
        wrong = _wrong_steps(weights, photo, gradient_at, rate)
        cases.append((given, _my_training_step(weights, photo, gradient_at, rate), wrong))
    validate_all_close(
        cases,
        "Each weight should move against the derivative of the loss with respect to it: photo times "
        "gradient, added up over all pixels.",
        "the next weights",
    )
    return "The weights go downhill, by what all pixels together ask for; the photo stays as it is."


def _gradient_of(
    random: np.random.Generator, shape: tuple[int, ...]
) -> "Callable[[np.ndarray], np.ndarray]":
    """Gradient of the loss Σ ½ c (x − t)², which is another one at each picture x."""
    target, curvature = random.random(shape), random.uniform(0.5, 2, shape)

    def gradient_at(picture: np.ndarray) -> np.ndarray:
        if np.shape(picture) != shape:
            raise ValueError(
                f"gradient_at takes a picture of shape {shape}, and received {np.shape(picture)}"
            )
        gradient: np.ndarray = curvature * (picture - target)
        return gradient

    return gradient_at


def _wrong_steps(
    weights: Array, photo: Array, gradient_at: "Callable[[Array], Array]", rate: float
) -> dict[str, Array]:
    painted = photo @ weights
    at_painted, at_photo = gradient_at(painted), gradient_at(photo)

    def summed(one: Array, other: Array) -> Array:
        return one.reshape(-1, 3).T @ other.reshape(-1, 3)

    change, pixels = summed(photo, at_painted), photo.shape[0] * photo.shape[1]
    return {
        "The gradient is asked for at the photo. Ask at the picture that the weights paint.": (
            weights - rate * summed(photo, at_photo)
        ),
        "It goes uphill: the gradient points to where the loss grows.": weights + rate * change,
        "Rows and columns of the change are exchanged: weights[i, j] takes the photo's channel i to "
        "the picture's channel j.": weights - rate * change.T,
        "The picture is painted with the weights transposed. It is photo @ weights.": (
            weights - rate * summed(photo, gradient_at(photo @ weights.T))
        ),
        "The gradient is multiplied by the painted picture. The derivative of the picture "
        "with respect to a weight is the photo's value.": weights
        - rate * summed(painted, at_painted),
        "The photo does not count: how much a weight changes a pixel depends on how bright the photo "
        "is there.": weights - rate * at_painted.sum(axis=(0, 1)),
        "This is the mean over pixels. The loss is one number for the whole picture: add up what all "
        "pixels ask for.": weights - rate * change / pixels,
        "The rate does not count.": weights - change,
        "The rate is the divisor. A larger rate should make a larger step.": weights
        - change / rate,
        "This is the change alone. Return the weights after it.": -rate * change,
        "This is the gradient of the weights. Take the step too: subtract rate × gradient.": change,
        "Only the gradient's sign counts in your step, not how large it is.": weights
        - rate * np.sign(change),
        "The gradient is divided by its length: near the minimum the steps would not get "
        "shorter.": weights - rate * change / np.linalg.norm(change),
        "The weights are multiplied by the change. Subtract it from them.": weights
        * (1 - rate * change),
    }


_LEARNED_ONCE = {
    "a new photo needs a new training": (
        False,
        "What did the training change, and is any of it the photo's own?",
    ),
    "a painting that it was not trained on needs a new training": (
        True,
        "Where in the loss does the painting stand? When is that loss last looked at?",
    ),
    "training needs photos that somebody has painted": (
        False,
        "Which pictures does the loss compare the result with?",
    ),
    "the style weight can be turned up afterwards": (
        False,
        "Is the style weight an input of the network, or a number in its loss?",
    ),
    "in a photo twice as large, strokes are twice as wide in pixels": (
        False,
        "How many pixels does a kernel see? Does that depend on the picture's size?",
    ),
    "a photo twice as wide and high takes about four times as long": (
        True,
        "How many positions does each convolution visit?",
    ),
}
"""Whether each sentence about a trained network is true, and why."""


@exercise(
    answer={name: right for name, (right, _) in _LEARNED_ONCE.items()},
    hints="""
    - Write down both problems: the smallest loss over pixels, for one photo, and the smallest mean
      loss over weights, for many. What is fixed in each, and when?
    - Into the trained network go the photo, and which of its learned styles to paint. Everything else
      is in the weights, and stays as it was when they were trained.
    - A network of convolutions has no fixed size: the same kernels visit more positions.
    """,
)
def learned_once(attempt: Any) -> str:
    """Whether each of six sentences about a trained network is true: True or False."""
    validate_predictions(attempt, _LEARNED_ONCE)
    return (
        "All six: photo and learned style are free, everything else was decided when the network was "
        "trained."
    )
