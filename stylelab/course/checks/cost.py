"""Exercises of notebook 12: what a convolution costs, what grows with the picture, and tiles."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.assertions import (
    as_number,
    call_answer,
    is_close,
    parse_predictions,
    validate_all_close,
)
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.network.layer_facts import LayerFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _my_multiply_adds(rows: int, columns: int, inputs: int, channels: int) -> int:
    return rows * columns * channels * inputs * 3 * 3


@exercise(
    answer=_my_multiply_adds,
    package_function=LayerFacts.multiply_adds,
    hints=(
        "Begin with one number of one map: which numbers are multiplied by which for it?",
        (
            "A 3×3 window lies on every map that comes in. Each of its values meets one number of the "
            "kernel."
        ),
        "The same is done at every row and column, once for every map that goes out.",
    ),
)
def multiply_adds(attempt: Callable[..., Any]) -> str:
    """Rows, columns, maps in, maps out → multiplications of a 3×3 convolution, padded."""
    cases, missed = [], ""
    for given in ((7, 6, 5, 4), (2, 2, 3, 5), (48, 32, 64, 128)):
        answer, right = as_number(call_answer(attempt, *given)), _my_multiply_adds(*given)
        cases.append((answer, right, _wrong_counts(*given)))
        if not missed and not is_close(answer, right):
            rows, columns, inputs, channels = given
            missed = (
                f"For {rows} × {columns} positions, {inputs} maps in and {channels} out you count "
                f"{answer:g}. For {rows} × {columns} positions alone it would be at least 9 for each."
            )
    validate_all_close(cases, missed, "the count")
    return "One product for each position, each pair of maps, and each of the window's nine places."


def _wrong_counts(rows: int, columns: int, inputs: int, channels: int) -> dict[str, float]:
    right = _my_multiply_adds(rows, columns, inputs, channels)
    return {
        "The window is missing: at each position nine values are looked at, not one.": right / 9,
        "The maps that come in are missing: the window lies on each of them.": right / inputs,
        "The maps that go out are missing: each has a kernel of its own.": right / channels,
        "Products and sums are both counted here. A product with its sum counts once.": 2 * right,
        "The window has 3 × 3 = 9 places, not 3.": right / 3,
        "The window has 3 × 3 = 9 places, not 3 + 3.": right / 9 * 6,
        "Rows and columns are added. There is a position for each pair of them.": (
            (rows + columns) * inputs * channels * 9
        ),
        "The columns are missing: a map has rows × columns positions.": right / columns,
        "The rows are missing: a map has rows × columns positions.": right / rows,
        "The positions are missing: the kernel is laid on every one of them.": (
            inputs * channels * 9
        ),
        "The maps that come in are counted twice, those that go out not at all.": (
            rows * columns * inputs**2 * 9
        ),
        "The maps that go out are counted twice, those that come in not at all.": (
            rows * columns * channels**2 * 9
        ),
        "The padded border is counted as positions. There is a position for each pixel.": (
            (rows + 2) * (columns + 2) * inputs * channels * 9
        ),
        "The picture is padded: no row or column is lost at the border.": (
            max(rows - 2, 0) * max(columns - 2, 0) * inputs * channels * 9
        ),
        "The bias is an addition, no multiplication.": right + rows * columns * channels,
        "The maps in and out are added. Every one of those that go out looks at every one of those "
        "that come in.": rows * columns * (inputs + channels) * 9,
    }


GROWTH_FACTORS = {
    "multiply-adds": 4,
    "memory of the maps": 4,
    "memory of a Gram matrix": 1,
    "receptive field, in pixels": 1,
    "share of the picture that a unit sees, by area": 0.25,
    "memory of the picture": 4,
}
"""By what each is multiplied when both sides of the picture double."""

_GROWTH_EXPLANATIONS = {
    "multiply-adds": "Every layer does the same at each of its positions. How many more are there?",
    "memory of the maps": "A map has so many numbers as positions. How many more are there?",
    "memory of a Gram matrix": "It has a row and a column for each channel.",
    "receptive field, in pixels": "It follows from kernels and poolings. Do they know the picture?",
    "share of the picture that a unit sees, by area": (
        "The square it sees stays. The picture around it has grown, in both directions."
    ),
    "memory of the picture": "Three numbers for each pixel.",
}


@exercise(
    answer=dict(GROWTH_FACTORS),
    hints=(
        "Both sides double. By what is the number of pixels multiplied?",
        (
            "Ask of each: is it counted once for every position, or does it belong to the network? "
            "What belongs to the network stays as it is."
        ),
        "One of the six gets smaller: a part that stays, of a whole that grows.",
    ),
)
def cost_growth(attempt: Any) -> str:
    """By what each of six quantities is multiplied when both sides of the picture double."""
    guesses = parse_predictions(attempt, GROWTH_FACTORS, "quantities, as they came:")
    for name, guess in guesses.items():
        if guess is None:
            raise WrongAnswerError(f"A guess is missing for: {name}.")
        if isinstance(guess, bool) or not isinstance(guess, numbers.Real):
            raise WrongAnswerError(
                f"For {name!r}: expected a factor, a number. Received: {guess!r}."
            )
    missed = [
        name
        for name, factor in GROWTH_FACTORS.items()
        if not is_close(as_number(guesses[name], name), factor)
    ]
    if missed:
        raise WrongAnswerError(
            f"{len(GROWTH_FACTORS) - len(missed)} of {len(GROWTH_FACTORS)} are right. Think again about "
            f"{missed[0]!r}. {_GROWTH_EXPLANATIONS[missed[0]]}"
        )
    return "All of them. What is done at every position grows fourfold; what the network is, stays."


def _my_tiles(length: int, tile: int, border: int) -> list[tuple[int, int, int, int]]:
    tiles = []
    own_start = 0
    while own_start < length:
        start = max(0, own_start - border)
        stop = min(length, start + tile)
        own_stop = length if stop == length else stop - border
        tiles.append((start, stop, own_start, own_stop))
        own_start = own_stop
    return tiles


@exercise(
    answer=_my_tiles,
    hints=(
        (
            "Go from left to right. The first tile's own part begins at 0, and each later one's where "
            "the one before ends."
        ),
        (
            "What is cut out begins border pixels before the own part, but not before 0. It is tile "
            "pixels long, unless the picture ends before."
        ),
        (
            "If what is cut out reaches the picture's end, its own part does too. If not, the own part "
            "ends border pixels earlier."
        ),
    ),
)
def tiles(attempt: Callable[..., Any]) -> str:
    """Length, tile, border → (start, stop, own_start, own_stop) of each tile along one side."""
    for length, tile, border in _side_lengths():
        spans = _parse_spans(call_answer(attempt, length, tile, border), length)
        asked = f"For length {length}, tile {tile} and border {border}"
        _validate_own_spans(spans, length, asked)
        for start, stop, own_start, own_stop in spans:
            _validate_tile_span((start, stop, own_start, own_stop), (length, tile, border), asked)
        fewest = len(_my_tiles(length, tile, border))
        if len(spans) > fewest:
            raise WrongAnswerError(
                f"{asked}: {len(spans)} tiles, where {fewest} are enough. At the picture's two ends no "
                "border is needed, and elsewhere it need not be wider."
            )
    return "Every pixel is one tile's own, each sees its border, and no tile is too many."


def _side_lengths() -> Iterator[tuple[int, int, int]]:
    yield from ((100, 100, 20), (60, 100, 20), (101, 100, 20), (1000, 256, 80), (30, 7, 0))
    random = np.random.default_rng(12)
    for _ in range(20):
        border = int(random.integers(0, 40))
        yield int(random.integers(20, 900)), 2 * border + int(random.integers(8, 90)), border


def _parse_spans(answer: Any, length: int) -> list[tuple[int, int, int, int]]:
    if isinstance(answer, np.ndarray):
        answer = answer.tolist()
    if not isinstance(answer, Sequence) or isinstance(answer, str):
        raise WrongAnswerError(f"A list of tiles was expected. Received: {type(answer).__name__}.")
    spans = []
    for entry in answer:
        numbers_of = list(entry) if isinstance(entry, Sequence | np.ndarray) else [entry]
        if len(numbers_of) != 4 or not all(isinstance(n, int | np.integer) for n in numbers_of):  # noqa: PLR2004
            raise WrongAnswerError(
                "Each tile should be four whole numbers: start, stop, own_start, own_stop. "
                f"Received: {entry!r}."
            )
        spans.append(tuple(map(int, numbers_of)))
    if not spans:
        raise WrongAnswerError(f"No tile at all, for {length} pixels.")
    return spans  # type: ignore[return-value]


def _validate_own_spans(spans: list[tuple[int, int, int, int]], length: int, asked: str) -> None:
    if spans[0][2] != 0 or spans[-1][3] != length:
        raise WrongAnswerError(
            f"{asked}: the own parts reach from {spans[0][2]} to {spans[-1][3]}. They should reach "
            f"from 0 to {length}."
        )
    for (*_, before), (_, _, after, _) in pairwise(spans):
        if before != after:
            which = "belong to two tiles" if before > after else "belong to none"
            raise WrongAnswerError(
                f"{asked}: pixels between {min(before, after)} and {max(before, after)} {which}. Each "
                "should be one tile's own: its part of the sum counts once."
            )


def _validate_tile_span(
    span: tuple[int, int, int, int], given: tuple[int, int, int], asked: str
) -> None:
    (start, stop, own_start, own_stop), (length, tile, border) = span, given
    if own_stop <= own_start:
        raise WrongAnswerError(f"{asked}: a tile {span} has no own part.")
    if start < 0 or stop > length:
        raise WrongAnswerError(
            f"{asked}: {span} reaches out of the picture, where there is nothing to cut."
        )
    if stop - start > tile:
        raise WrongAnswerError(
            f"{asked}: {span} cuts out {stop - start} pixels, more than the tile has."
        )
    if start > max(0, own_start - border) or stop < min(length, own_stop + border):
        raise WrongAnswerError(
            f"{asked}: {span} has too little border. It needs {border} pixels on each side of its own "
            "part, except where the picture ends."
        )
