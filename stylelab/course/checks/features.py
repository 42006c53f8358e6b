"""Exercises of notebook 03: receptive fields, and the channel that responds to a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.answers import Array, as_number, call_answer
from stylelab.course.checks.exercise import WrongAnswerError, exercise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Layers = list[tuple[int, int]]

VGG19_TO_BLOCK3: Layers = [(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2), (3, 1)]


def _my_receptive_field(layers: list[tuple[int, int]]) -> int:
    side = 1  # before any layer, a unit is a pixel
    step = 1  # pixels from one unit to its neighbour
    for kernel, stride in layers:
        side += (kernel - 1) * step
        step *= stride
    return side


@exercise(
    answer=_my_receptive_field,
    hints="""
    - Keep two numbers from layer to layer: the side of the square, and how many pixels lie between
      two neighbouring units. Before the first layer both are 1.
    - A kernel of 3 reaches from one unit to the second after it. How many pixels is that?
    - So the side grows by (kernel − 1) times the pixels between two input units.
    - A stride moves output units apart. It counts for the layers after it, not for its own.
    """,
)
def receptive_field(attempt: Any) -> str:
    """Layers, each (kernel, stride), first to last → side of a unit's receptive field, in pixels."""
    stacks = list(_stacks())
    answers = [as_number(call_answer(attempt, list(layers)), "the side") for layers in stacks]
    right = [count_receptive_field(layers) for layers in stacks]
    if answers != right:
        mistakes = [wrong_receptive_fields(layers) for layers in stacks]
        for sentence in mistakes[0]:  # shown only if it explains every answer
            if [np.floor(answer) for answer in answers] == [each[sentence] for each in mistakes]:
                raise WrongAnswerError(sentence)
        wrong = next(n for n, answer in enumerate(answers) if answer != right[n])
        raise WrongAnswerError(
            f"For the layers {stacks[wrong]}, one unit does not see {answers[wrong]:g} pixels a side. "
            "Count on paper, with the last two layers alone."
        )
    return "It is right for VGG19 and for every stack of layers that was tried."


def _stacks() -> Iterator[Layers]:
    yield [(4, 1), (3, 2), (5, 3), (6, 2)]  # every mistake gives another side
    yield [(5, 1)]
    for depth in range(1, len(VGG19_TO_BLOCK3) + 1):
        yield VGG19_TO_BLOCK3[:depth]
    random = np.random.default_rng(3)
    for depth in (1, 2, 3, 4, 5):
        yield [(int(random.integers(1, 6)), int(random.integers(1, 4))) for _ in range(depth)]


def count_receptive_field(layers: Layers) -> int:
    """Return the side of a receptive field by marking the inputs of one unit, layer by layer."""
    marked = {0}
    for kernel, stride in reversed(layers):
        marked = {unit * stride + offset for unit in marked for offset in range(kernel)}
    return max(marked) - min(marked) + 1


def wrong_receptive_fields(layers: Layers) -> dict[str, int]:
    """Answers of known mistakes, by the sentence that explains them."""
    strides = np.array([stride for _, stride in layers])
    kernels = np.array([kernel for kernel, _ in layers])
    after = np.cumprod(strides)
    before = after // strides
    right = 1 + int(((kernels - 1) * before).sum())
    previous = np.concatenate([[1], strides[:-1]])
    return {
        "A kernel of 3 adds two steps, not three: one of its pixels is there already.": 1
        + int((kernels * before).sum()),
        "Each layer's stride already counts for its own kernel. It should count for the layers after "
        "it.": 1 + int(((kernels - 1) * after).sum()),
        "Only the layer's own stride counts, not those of the layers before it.": 1
        + int(((kernels - 1) * strides).sum()),
        "Only the stride of the layer just before counts. All strides before a layer multiply.": 1
        + int(((kernels - 1) * previous).sum()),
        "The strides change nothing in your answer. After a stride of 2, one step is two pixels.": 1
        + int((kernels - 1).sum()),
        "The kernels are multiplied. Each layer adds to what is seen.": int(kernels.prod()),
        "The kernels are added up without regard to strides.": int(kernels.sum()),
        "One pixel is missing: with no layer at all, a unit would still see one pixel.": right - 1,
        "That is how far the square reaches to one side of its middle. Return the whole side.": (
            right - 1
        )
        // 2,
        "That is the area of the square. Return its side.": right**2,
        "That is the product of the strides: how far two units are apart, not what one sees.": int(
            after[-1]
        ),
        "The last layer is left out. It has a kernel too.": count_receptive_field(layers[:-1]),
        "The first layer is left out.": count_receptive_field(layers[1:]),
        "The layers are taken in the wrong order. The first in the list is nearest to the picture; a "
        "stride spreads what comes after it.": count_receptive_field(layers[::-1]),
    }


def _my_find_channel(maps_of_pattern: np.ndarray, maps_of_other: np.ndarray) -> int:
    in_pattern = maps_of_pattern.mean(axis=(0, 1))  # one number for each channel
    in_other = maps_of_other.mean(axis=(0, 1))
    return int(np.argmax(in_pattern - in_other))


@exercise(
    answer=_my_find_channel,
    hints="""
    - Where a channel is active does not matter here, only how strongly. Reduce each channel's map
      to one number, its mean over rows and columns: maps.mean(axis=…).
    - That gives N numbers for the pattern and N for the other. Subtract.
    - np.argmax returns the index at which an array is largest.
    """,
)
def find_channel(attempt: Any) -> str:
    """Maps of a pattern and of another, both (rows, columns, N) → channel that distinguishes them.

    It is the one with the largest mean over the pattern minus mean over the other.
    """
    for pattern, other in _patterns():
        channels = pattern.shape[-1]
        number = as_number(call_answer(attempt, pattern, other), "the channel")
        if number != round(number) or number < 0:
            raise WrongAnswerError(
                f"The number of a channel was expected, 0 to {channels - 1}. Received: {number:g}."
            )
        right = _my_find_channel(pattern, other)
        if number == right:
            continue
        if number >= channels:
            raise WrongAnswerError(
                f"There are {channels} channels, so the last is {channels - 1}. Received: {number:g}. "
                "That looks like a place in the whole array: reduce each map to one number first."
            )
        for sentence, mistaken in _wrong_channels(pattern, other).items():
            if number == mistaken:
                raise WrongAnswerError(sentence)
        raise WrongAnswerError(
            "Another channel has a larger difference: its mean in the pattern minus its mean in the "
            "other."
        )
    return (
        "It finds the right channel in every pair of maps that was tried, of different sizes too."
    )


def _patterns() -> Iterator[tuple[Array, Array]]:
    """Yield pairs of maps in which each known mistake leads to another channel.

    As in a network, many channels are sparse: each has a level where it is active, and the share of
    positions where it is, counted from the bottom right (if negative, from the top left).
    """
    in_pattern, in_other = zip(
        ((10.0, 0.3), (0.6, 0.8)),  # right
        ((1.0, 1.0), (1.0, 1.0)),  # the strongest single unit, below
        ((6.0, 1.0), (9.0, 1.0)),  # strong on both
        ((0.6, 1.0), (0.0, 1.0)),  # weak, and 0 on the other
        ((0.5, 1.0), (12.0, 1.0)),  # stronger on the other
        ((5.3, 1.0), (4.9, 1.0)),  # the largest difference of sums
        ((2.5, 1.0), (3.75, 0.4)),  # of medians
        ((1.2, 1.0), (0.7, 1.0)),  # of the shares above 1
        ((6.0, -0.4), (2.0, 1.0)),  # of the parts in the top left
        ((24.0, 0.15), (2.3, 1.0)),  # of standard deviations
        strict=True,
    )
    random = np.random.default_rng(4)
    sizes = (((12, 10), (5, 6)), ((16, 8), (8, 4)), ((9, 9), (9, 9)), ((8, 9), (16, 10)))
    for number, (one, two) in enumerate(sizes):
        order = random.permutation(len(in_pattern))
        pattern = np.stack([_sparse(random, one, *channel) for channel in in_pattern], -1)
        other = np.stack([_sparse(random, two, *channel) for channel in in_other], -1)
        pattern[2, 3, 1] = 40
        step = -1 if number % 2 else 1  # every second pair is rotated by 180°
        yield pattern[::step, ::step, order], other[::step, ::step, order]


def _sparse(
    random: np.random.Generator, size: tuple[int, int], level: float, share: float
) -> Array:
    """Return a map that is active at the last positions (if `share` is negative, the first)."""
    rank = np.add(*np.indices(size)).argsort(axis=None, kind="stable").argsort()
    position = rank / (size[0] * size[1])
    active = (position >= 1 - share if share > 0 else position < -share).reshape(size)
    return active * level * random.uniform(0.9, 1.1, size)


def _wrong_channels(pattern: Array, other: Array) -> dict[str, int]:
    def most_different(statistic: Callable[..., Any]) -> int:
        return int((statistic(pattern, axis=(0, 1)) - statistic(other, axis=(0, 1))).argmax())

    here, there = pattern.mean((0, 1)), other.mean((0, 1))
    with np.errstate(divide="ignore"):
        ratio = here / there
    rows, columns = np.minimum(pattern.shape[:2], other.shape[:2])
    cut = (pattern[:rows, :columns] - other[:rows, :columns]).mean((0, 1))
    return {
        "This channel is strongest on the pattern, but as strong or stronger on the other: it does not "
        "distinguish them.": int(here.argmax()),
        "This channel has the strongest single unit. Its mean over all positions is not the highest "
        "above the other's.": most_different(np.max),
        "Your answer depends on the strongest single unit. Take the mean over all positions.": int(
            pattern.max((0, 1)).argmax()
        ),
        "This channel differs most, but with the wrong sign: it responds to the other, not to the "
        "pattern.": int((here - there).argmin()),
        "This channel has the largest ratio, which favours channels that are hardly active. Take the "
        "difference.": int(ratio.argmax()),
        "Your answer depends on the size of the pictures: sums grow with the number of positions, "
        "means do not.": most_different(np.sum),
        "This channel has the largest difference of medians. Many channels are active at few "
        "positions, which a median ignores. Take the mean.": most_different(np.median),
        "This channel is active at many more positions of the pattern, but weakly. Its strength counts "
        "too: take the mean.": most_different(lambda maps, axis: (maps > 1).mean(axis)),
        "This channel has the largest difference in the top left part, cropped to one size. Do not "
        "crop: take the mean over all positions of each.": int(cut.argmax()),
        "This channel varies most between positions. Take its mean.": most_different(np.std),
    }
