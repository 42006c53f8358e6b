"""Exercises of notebook 17: what normalisation forgets, its conditional form, what styles share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, as_number, as_pair, call_answer
from stylelab.course.checks.comparison import validate_all_close
from stylelab.course.checks.exercise import exercise
from stylelab.course.checks.predictions import validate_predictions

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHANGES = {
    "half the contrast": (
        True,
        "Each pixel becomes 0.5·x + 0.25. What happens to mean and standard deviation of a channel?",
    ),
    "brighter everywhere": (
        True,
        "A number is added to all pixels. What is it after subtracting the mean?",
    ),
    "a darker exposure": (
        True,
        "Each pixel becomes 0.6·x, and so does each map. By what is a map divided?",
    ),
    "a blue cast": (
        True,
        (
            "The same number is added to the blue of all pixels. A kernel makes a sum of red, green "
            "and blue: by how much is that sum larger, here and there?"
        ),
    ),
    "half as much red": (
        False,
        (
            "A kernel adds up red, green and blue, each with its own factor. Is the new sum a multiple "
            "of the old one, if only one of the three is halved?"
        ),
    ),
    "a shadow on the left half": (
        False,
        "There is one mean for the whole channel. Does it know left from right?",
    ),
    "negative": (
        False,
        "Each pixel becomes 1 − x. The mean is subtracted; but has a standard deviation a sign?",
    ),
}
"""Whether the network paints the same picture of the changed photo, and what to think about."""


@exercise(
    answer={name: right for name, (right, _) in _CHANGES.items()},
    hints="""
    - Follow a channel through the first convolution: a kernel adds up neighbours and colours, each
      with a factor. There is no constant in it.
    - If a channel of maps x becomes a·x + b, with the same a > 0 and the same b at all positions, its
      normalised values stay as they are. So for each change ask: are the new maps a·x + b?
    - b may be another one for each channel, and so may a. But neither may depend on the position, nor
      on what is in the photo.
    """,
)
def change_forgotten(attempt: Any) -> str:
    """For each change: is the picture the same, without the added photo? True or False."""
    validate_predictions(attempt, _CHANGES)
    return "All of them. What is forgotten is one positive factor and one number for each channel."


def _my_conditional_normalization(
    maps: np.ndarray, scales: np.ndarray, shifts: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    mean, variance = maps.mean((0, 1)), maps.var((0, 1))
    normalised = (maps - mean) / np.sqrt(variance + 1e-5)
    return (weights @ scales) * normalised + weights @ shifts


@exercise(
    answer=_my_conditional_normalization,
    hints="""
    - First normalise as in notebook 16: subtract each channel's mean over rows and columns, and divide
      by the root of its variance + 1e-5.
    - scales has a row for each style. weights @ scales is the weighted sum of the rows: one number for
      each channel.
    - NumPy multiplies an array (rows, columns, channels) by one of (channels,) channel by channel.
    - The same with shifts, which are added last.
    """,
)
def conditional_normalization(attempt: Any) -> str:
    """Maps (rows, columns, C), scales, shifts (styles, C), weights (styles,) → maps, normalised."""
    random = np.random.default_rng(17)
    cases = []
    for case in _maps_and_styles(random):
        given = as_array(call_answer(attempt, *case), case[0].shape, "the maps")
        right = _my_conditional_normalization(*case)
        cases.append((given, right, _wrong_maps(*case)))
    validate_all_close(
        cases,
        "It should be γ (x − μ) / √(σ² + 1e-5) + β in each channel, with γ and β as weighted sums of "
        "the styles' own.",
        "the maps",
    )
    return "It is right for one style, for mixtures, and for a channel that hardly changes."


def _maps_and_styles(random: np.random.Generator) -> Iterator[tuple[Array, Array, Array, Array]]:
    for shape, weights in (
        ((5, 7, 3), (0.3, 0.7)),
        ((6, 4, 2), (0.0, 1.0, 0.0)),
        ((3, 3, 4), (0.1, 0.2, 0.3, 0.4)),
    ):
        # One channel hardly changes, so that the number under the root counts.
        spread = np.array([0.004, *random.uniform(0.5, 3, shape[2] - 1)])
        maps = spread * random.standard_normal(shape) + random.normal(2, 1, shape[2])
        tables = random.normal(1, 1, (2, len(weights), shape[2]))
        yield maps, tables[0], tables[1], np.array(weights)


def _wrong_maps(maps: Array, scales: Array, shifts: Array, weights: Array) -> dict[str, Any]:
    scale, shift = weights @ scales, weights @ shifts
    mean, variance = maps.mean((0, 1)), maps.var((0, 1))
    centred = maps - mean
    normalised = centred / np.sqrt(variance + 1e-5)
    count = maps.shape[0] * maps.shape[1]
    all_channels = (maps - maps.mean()) / np.sqrt(maps.var() + 1e-5)
    by_position = (maps - maps.mean(2, keepdims=True)) / np.sqrt(maps.var(2, keepdims=True) + 1e-5)
    return {
        "Nothing is normalised: the maps are only scaled and shifted.": scale * maps + shift,
        "One mean and one variance for all channels together. "
        "Each channel has its own: take them over rows and columns only.": scale * all_channels + shift,
        "Mean and variance are taken over channels, at each position. "
        "Take them over rows and columns, in each channel.": scale * by_position + shift,
        "The mean is not subtracted.": scale * maps / np.sqrt(variance + 1e-5) + shift,
        "The maps are not divided by their standard deviation.": scale * centred + shift,
        "Divided by the variance. Divide by its root.": scale * centred / (variance + 1e-5) + shift,
        "The 1e-5 under the root is missing. "
        "In a channel that hardly changes it counts.": scale * centred / np.sqrt(variance) + shift,
        "The 1e-5 is added to the root. "
        "It belongs under it, to the variance.": scale * centred / (np.sqrt(variance) + 1e-5) + shift,
        "The variance is divided by the number of positions minus one. "
        "Take the mean of the squares, as var does.": (
            scale * centred / np.sqrt(variance * count / (count - 1) + 1e-5) + shift
        ),
        "The maps are normalised, but not scaled and shifted.": normalised,
        "The shift is missing.": scale * normalised,
        "The scale is missing.": normalised + shift,
        "The shift is added before scaling. Scale first, then shift.": scale * (normalised + shift),
        "Scales and shifts are exchanged.": shift * normalised + scale,
        "Only the style with the largest weight counts. "
        "Take the weighted sum of all.": (
            scales[weights.argmax()] * normalised + shifts[weights.argmax()]
        ),
        "All styles count the same. Use the weights.": scales.mean(0) * normalised + shifts.mean(0),
        "The styles are added up without their weights.": scales.sum(0) * normalised + shifts.sum(0),
        "The weights have an effect on the scales only.": scale * normalised + shifts.sum(0),
        "The weights have an effect on the shifts only.": scales.sum(0) * normalised + shift,
        "It is the first style whatever the weights are.": scales[0] * normalised + shifts[0],
    }  # fmt: skip


def _my_parameter_counts(kernels: list[tuple[int, ...]]) -> tuple[int, int]:
    shared = sum(int(np.prod(kernel)) for kernel in kernels)
    normalised = sum(kernel[3] for kernel in kernels[:-1])
    return shared, 2 * normalised + kernels[-1][3] + 3


@exercise(
    answer=_my_parameter_counts,
    hints="""
    - A kernel of shape (5, 5, 3, 16) has 5·5·3·16 numbers. All kernels together are what is shared.
    - It has 16 channels out: the last number of its shape. Each of them has a scale and a shift of the
      style's own.
    - The last convolution makes the picture, and is not normalised: a shift, and no scale.
    - Three numbers of the style's own say how much of the photo's red, green and blue is added at the
      end.
    """,
)
def parameter_counts(attempt: Any) -> str:
    """Shapes of a network's kernels, in order → (numbers that styles share, numbers of one style)."""
    cases = []
    for kernels in _KERNELS:
        given = as_pair(call_answer(attempt, list(kernels)), "(shared, of one style)")
        pair = np.array(
            [as_number(one, name) for one, name in zip(given, ("shared", "own"), strict=True)]
        )
        cases.append((pair, np.array(_my_parameter_counts(kernels)), _wrong_counts(kernels)))
    validate_all_close(
        cases,
        "Shared are the numbers in all kernels. A style's own: a scale and a shift for each channel "
        "out, of the last convolution a shift alone, and three for the photo's colours.",
        "the counts",
    )
    return "It is right for networks of any width and depth."


_KERNELS: list[list[tuple[int, ...]]] = [
    [(5, 5, 3, 4), (3, 3, 4, 8), (3, 3, 8, 12), (3, 3, 12, 8), (5, 5, 8, 3)],
    [(9, 9, 3, 7), (3, 3, 7, 3)],
    [(1, 1, 3, 11), (3, 3, 11, 5), (7, 7, 5, 3)],
]
"""Of three networks, each of which ends in a picture of three channels."""


def _wrong_counts(kernels: list[tuple[int, ...]]) -> dict[str, Any]:
    shared, own = _my_parameter_counts(kernels)
    out = [kernel[3] for kernel in kernels]
    into = sum(kernel[2] for kernel in kernels[:-1])
    return {
        "The two numbers are exchanged: first what is shared.": np.array([own, shared]),
        "The second number is that of the whole network. Leave the kernels out.": np.array(
            [shared, shared + own]
        ),
        "The first number is that of the whole network. Kernels alone are shared.": np.array(
            [shared + own, own]
        ),
        "Three numbers are missing: the shifts of the last convolution, or the factors of the "
        "photo's red, green and blue.": np.array([shared, own - 3]),
        "The last convolution's shifts are missing, and the factors of the photo's red, green and "
        "blue.": np.array([shared, own - 6]),
        "The last convolution is not normalised, so it has no scale.": np.array([shared, own + 3]),
        "Each channel has two numbers of the style's own, a scale and a shift. "
        "Only one is counted.": np.array([shared, sum(out[:-1]) + 6]),
        "Scales and shifts belong to channels that come out of a convolution. "
        "Those that go in are counted.": np.array([shared, 2 * into + 6]),
        "Each kernel is counted as one number. Multiply what is in its shape.": np.array(
            [len(kernels), own]
        ),
        "The numbers in a shape are added up. Multiply them.": np.array(
            [sum(map(sum, kernels)), own]
        ),
        "The last kernel is shared, too.": np.array([shared - np.prod(kernels[-1]), own]),
    }
