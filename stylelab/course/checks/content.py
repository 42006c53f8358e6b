"""Exercises of notebook 04: content."""

from __future__ import annotations

from typing import Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, call_answer, call_for_gradient
from stylelab.course.checks.comparison import is_close, validate_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.course.checks.predictions import parse_predictions
from stylelab.course.figures.content import RECONSTRUCTED_LAYERS
from stylelab.errors import LayerError
from stylelab.losses.content import content
from stylelab.network.layer_facts import LAYERS, layer_facts


def _my_content_loss(maps: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    difference = maps - target
    energy = np.sum(target**2)
    return float(np.sum(difference**2) / energy), 2 * difference / energy


@exercise(
    answer=_my_content_loss,
    package_function=content,
    hints="""
    - The value is `relative_distance` of above. For the gradient, take one entry of the maps, and
      move it a little. Which of the squares in the sum change? Does ‖P‖² change?
    - So of the whole sum one square is left. What is the derivative of (F − P)² with respect to F,
      where P is a constant?
    - ‖P‖² is a constant factor too. A constant factor of a function is a factor of its derivative.
    - Each entry has such a slope, and none depends on another entry: one line of NumPy gives them
      all, from maps minus target.
    - Return both: return value, gradient. The gradient has an entry for each entry of the maps.
    """,
)
def content_loss(attempt: Any) -> str:
    """Maps and target, both (rows, columns, N) → the relative distance and its gradient."""
    random = np.random.default_rng(4)
    for shape in ((3, 5, 4), (4, 4, 4), (2, 2, 7), (6, 1, 2)):
        maps, target = (random.standard_normal(shape) + 0.5 for _ in range(2))
        value, gradient = _call_and_validate(attempt, maps, target)
        zero, flat = _call_and_validate(attempt, target, target)
        if not np.isclose(zero, 0, atol=1e-12):
            raise WrongAnswerError(
                f"Where maps and target agree, the value should be 0. Received: {zero:.4g}."
            )
        if is_close(_call_and_validate(attempt, 2 * target - maps, target)[0], -value):
            raise WrongAnswerError(
                "Differences of opposite sign cancel in your value. Square each of them before "
                "they are added."
            )
        mixed = random.permutation(maps.reshape(-1, maps.shape[-1])).reshape(maps.shape)
        if is_close(_call_and_validate(attempt, mixed, target)[0], value):
            raise WrongAnswerError(
                "Your value stays the same when the positions of the maps are shuffled and those of "
                "the target are not. Content is compared position by position: take the "
                "differences before any sum or mean."
            )
        difference, energy = maps - target, float(np.sum(target**2))
        squares = float(np.sum(difference**2))
        validate_close(
            value,
            squares / energy,
            _wrong_values(maps, target),
            "The value should be the sum of the squared differences of all entries, divided by the sum "
            "of the squared entries of the target.",
            "the value",
        )
        validate_close(
            gradient,
            2 * difference / energy,
            {
                "The gradient is half of what it should be: the square's exponent comes down as a "
                "factor when it is differentiated.": difference / energy,
                "The gradient is not divided by ‖P‖², though the value is.": 2 * difference,
                "Neither the factor of the square nor the division by ‖P‖² is in your gradient.": (
                    difference
                ),
                "The gradient is divided by the number of entries, not by ‖P‖².": 2
                * difference
                / maps.size,
                "The gradient is divided by ‖F‖², not by ‖P‖².": 2 * difference / np.sum(maps**2),
                "Only the signs of the differences are in your gradient: that belongs to absolute "
                "differences, not to squares.": np.sign(difference) / energy,
                "Your gradient squares the differences. That is the value before it is summed; the "
                "derivative of a square is not a square.": difference**2 / energy,
            },
            "The gradient should say, for each entry of the maps, how the value changes with that "
            "entry: change one entry by 0.001 and watch the value.",
            "the gradient",
        )
        if np.abs(flat).max() > 0:
            raise WrongAnswerError(
                "Where maps and target agree, the gradient should be 0 everywhere."
            )
    return "Value and gradient are right for every shape that was tried, and they agree."


def _call_and_validate(attempt: Any, maps: Array, target: Array) -> tuple[float, Array]:
    value, gradient = call_for_gradient(attempt, maps, target)
    return value, as_array(gradient, maps.shape, "the gradient")


def _wrong_values(maps: Array, target: Array) -> dict[str, float]:
    difference, energy = maps - target, float(np.sum(target**2))
    squares = float(np.sum(difference**2))
    return {
        "There is a ½ in your value. The paper's formula has it, the relative form does not: with the "
        "factor in only one of them, value and gradient disagree.": squares / energy / 2,
        "Your value is ½ Σ(F−P)², the paper's form. Here the sum is divided by ‖P‖² instead of by "
        "2.": squares / 2,
        "Not divided by ‖P‖²: a larger picture would get a larger value.": squares,
        "Your value is the mean of the squares. Divide their sum by ‖P‖², not by the number of "
        "entries: then 1 means the same at every layer.": squares / maps.size,
        "Divided by ‖F‖², the picture's own maps. The measure would change while the picture does; "
        "divide by ‖P‖², the target's.": squares / float(np.sum(maps**2)),
        "You take a root. The squared distance has none.": float(np.sqrt(squares / energy)),
        "You take a root, and do not divide by ‖P‖².": float(np.sqrt(squares)),
        "These are absolute differences. Square them instead.": float(
            np.abs(difference).sum() / np.abs(target).sum()
        ),
        "These are absolute differences, and their sum is divided by ‖P‖². Square them instead.": float(
            np.abs(difference).sum() / energy
        ),
        "Divided by ‖P‖, the root, and not by ‖P‖².": squares / float(np.sqrt(energy)),
        "Each squared difference is divided by its own squared entry of the target, and then added. "
        "Add first, then divide: one sum over the other.": float(np.sum(difference**2 / target**2)),
    }


def _my_max_pool_backward(maps: np.ndarray, at_pooled: np.ndarray) -> np.ndarray:
    pooled = np.maximum(
        np.maximum(maps[::2, ::2], maps[::2, 1::2]), np.maximum(maps[1::2, ::2], maps[1::2, 1::2])
    )
    largest = pooled.repeat(2, axis=0).repeat(2, axis=1)
    incoming = at_pooled.repeat(2, axis=0).repeat(2, axis=1)
    return incoming * (maps == largest)


@exercise(
    answer=_my_max_pool_backward,
    hints="""
    - Take one 2 × 2 square, and raise each of its four numbers by a thousandth, one at a time. For
      which of them does the largest of the four change, and by how much?
    - So what is the slope of the pooled number for each of the four? Multiply it by the gradient that
      comes in, as at the ReLU.
    - You need the largest number of each square, for each channel by itself. The four slices of
      `pool` hold the four numbers of every square; np.maximum compares two arrays.
    - Bring the pooled numbers, and the gradients that come in, back to the size of the maps, each
      number four times, as `pool_backward` does. Now every place can compare itself with the
      largest of its square.
    """,
)
def max_pool_backward(attempt: Any) -> str:
    """Maps (rows, columns, N), gradient (rows/2, columns/2, N) → gradient at the maps."""
    random = np.random.default_rng(6)
    for shape in ((2, 2, 1), (4, 6, 3), (6, 4, 2), (4, 4, 4)):
        maps = random.standard_normal(shape)
        at_pooled = random.standard_normal((shape[0] // 2, shape[1] // 2, shape[2]))
        answer = as_array(call_answer(attempt, maps, at_pooled), shape)
        squares = maps.reshape(shape[0] // 2, 2, shape[1] // 2, 2, shape[2])
        incoming = at_pooled.repeat(2, axis=0).repeat(2, axis=1)

        def pick(extreme: Array, maps: Array = maps, incoming: Array = incoming) -> Array:
            return incoming * (maps == extreme.repeat(2, axis=0).repeat(2, axis=1))

        right = pick(squares.max(axis=(1, 3)))
        validate_close(
            answer,
            right,
            {
                "Each of the four numbers gets a quarter. That is right for the mean; the largest "
                "number of a square depends on one of the four only.": incoming / 4,
                "All four numbers of a square get the whole gradient. Raise one that is not the "
                "largest by a little: the pooled number does not notice.": incoming,
                "The gradient goes to the smallest number of each square.": pick(
                    squares.min(axis=(1, 3))
                ),
                "A quarter of the gradient arrives. The pooled number rises by as much as its largest "
                "number does: what is that slope?": right / 4,
                "Your gradient is multiplied by the maps. Only *which* number is the largest "
                "matters, not how large it is.": right * maps,
                "The place is right, and a 1 stands there. Multiply it by the gradient that comes "
                "in.": pick(squares.max(axis=(1, 3)), incoming=np.ones_like(incoming)),
                "This is where the maps are above 0, as behind a ReLU. Ask for the largest of each "
                "square.": incoming * (maps > 0),
                "The largest number is sought over all channels. Each channel is pooled by "
                "itself.": pick(squares.max(axis=(1, 3, 4), keepdims=True)[:, 0, :, 0]),
            },
            "In each square and channel, the whole gradient should arrive at the largest number, and "
            "nothing at the three others.",
        )
    return (
        "The gradient goes to the one number that was passed on, whole. (Two equal largest numbers are "
        "nearly always zeros behind a ReLU, and there nothing gets through anyway.)"
    )


@exercise(
    answer=dict(RECONSTRUCTED_LAYERS),
    hints="""
    - Sort the pictures first: which one would you take for the photo itself, and which is the
      furthest from it?
    - Look at the colours. The first layers must keep them to match their maps; the last ones hardly
      depend on them.
    - Look at edges and fine texture. The deeper the layer, the larger the square that one of its
      units sees, and the less it matters where in that square something lies.
    """,
)
def which_layers(attempt: Any) -> str:
    """Letter of each picture → the layer that it was reconstructed from."""
    guesses = _parse_guesses(attempt)
    wrong = [letter for letter, layer in RECONSTRUCTED_LAYERS.items() if guesses[letter] != layer]
    if not wrong:
        return "All of them: what a reconstruction has lost shows how deep the layer is."
    depth = list(LAYERS).index
    directions = [
        f"{letter} comes from a "
        f"{'deeper' if depth(RECONSTRUCTED_LAYERS[letter]) > depth(guesses[letter]) else 'shallower'} "
        "layer than you say"
        for letter in wrong
    ]
    raise WrongAnswerError(
        f"{len(guesses) - len(wrong)} of {len(guesses)} are right. {'; '.join(directions)}."
    )


def _parse_guesses(attempt: Any) -> dict[str, str]:
    """Return a layer's name for each letter.

    Raises:
        NotWrittenError, WrongAnswerError: one is missing, is named twice or is none of the layers.
    """
    predictions = parse_predictions(attempt, RECONSTRUCTED_LAYERS)
    choices = sorted(RECONSTRUCTED_LAYERS.values())
    guesses = {}
    for letter in RECONSTRUCTED_LAYERS:
        guess = predictions[letter]
        if guess is None:
            raise WrongAnswerError(f"A prediction is missing for: {letter}.")
        try:
            guesses[letter] = layer_facts(guess).name
        except (LayerError, TypeError) as error:
            raise WrongAnswerError(
                f"For {letter}: {str(error).split(' The layers,')[0]}"
            ) from error
        if guesses[letter] not in choices:
            raise WrongAnswerError(
                f"{guess} is a layer of VGG19, but not one of these: {', '.join(choices)}."
            )
    if len(set(guesses.values())) < len(guesses):
        raise WrongAnswerError(
            "Each of the layers was used once. Your answer names one of them twice."
        )
    return guesses
