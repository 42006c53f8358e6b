"""Exercises of notebook 12: cost of a convolution, growth with the picture, and tiles."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from stylelab.course.checks.answers import as_number, call_answer
from stylelab.course.checks.comparison import is_close, validate_all_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.course.checks.predictions import parse_predictions, validate_none_wrong
from stylelab.network.layer_facts import LayerFacts


def _my_multiply_adds(rows: int, columns: int, inputs: int, channels: int) -> int:
    return rows * columns * channels * inputs * 3 * 3


@exercise(
    answer=_my_multiply_adds,
    package_function=LayerFacts.multiply_adds,
    hints="""
    - Begin with one value of one output map: which numbers are multiplied for it?
    - A 3×3 window lies on every input map. Each of its values is multiplied by one number of the
      kernel.
    - The same is done at every row and column, once for every output map.
    """,
)
def multiply_adds(attempt: Any) -> str:
    """Rows, columns, input maps, output maps → multiply-adds of a padded 3×3 convolution."""
    cases, fallback = [], ""
    for arguments in ((7, 6, 5, 4), (2, 2, 3, 5), (48, 32, 64, 128)):
        answer, right = as_number(call_answer(attempt, *arguments)), _my_multiply_adds(*arguments)
        cases.append((answer, right, _wrong_counts(*arguments)))
        if not fallback and not is_close(answer, right):
            rows, columns, inputs, channels = arguments
            fallback = (
                f"For {rows} × {columns} positions, {inputs} input and {channels} output maps you "
                f"count {answer:g}. Each position alone needs at least 9."
            )
    validate_all_close(cases, fallback, "the count")
    return "One product for each position, each pair of maps, and each of the window's nine pixels."


def _wrong_counts(rows: int, columns: int, inputs: int, channels: int) -> dict[str, float]:
    positions, kernels = rows * columns, inputs * channels * 9
    right, window = positions * kernels, positions * 9
    return {
        "The window is missing: each position needs nine values, not one.": right / 9,
        "The input maps are missing: the window lies on each of them.": right / inputs,
        "The output maps are missing: each has a kernel of its own.": right / channels,
        "Products and sums are both counted. A product with its sum counts once.": 2 * right,
        "The window has 3 × 3 = 9 pixels, not 3.": right / 3,
        "The window has 3 × 3 = 9 pixels, not 3 + 3.": right / 9 * 6,
        "Rows and columns are added. There is a position for each pair of them.": (
            (rows + columns) * kernels
        ),
        "The columns are missing: a map has rows × columns positions.": right / columns,
        "The rows are missing: a map has rows × columns positions.": right / rows,
        "The positions are missing: the kernel is applied at every one of them.": kernels,
        "The input maps are counted twice, the output maps not at all.": window * inputs**2,
        "The output maps are counted twice, the input maps not at all.": window * channels**2,
        "The padded border is counted as positions. There is a position for each pixel.": (
            (rows + 2) * (columns + 2) * kernels
        ),
        "The picture is padded: no row or column is lost at the border.": (
            max(rows - 2, 0) * max(columns - 2, 0) * kernels
        ),
        "The bias is an addition, not a multiplication.": right + positions * channels,
        "Input and output maps are added. "
        "Each output map depends on every input map: multiply.": window * (inputs + channels),
    }


_GROWTH_FACTORS = {
    "multiply-adds": (
        4,
        "Every layer does the same at each of its positions. How many more are there?",
    ),
    "memory of the maps": (4, "A map has one number for each position. How many more are there?"),
    "memory of a Gram matrix": (1, "It has a row and a column for each channel."),
    "receptive field, in pixels": (
        1,
        "It follows from kernels and pooling. Do these depend on the picture?",
    ),
    "share of the picture that a unit sees, by area": (
        0.25,
        "The square it sees stays the same. The picture has grown, in both directions.",
    ),
    "memory of the picture": (4, "Three numbers for each pixel."),
}
"""Factor by which each grows when both sides of the picture double, and why."""


@exercise(
    answer={name: right for name, (right, _) in _GROWTH_FACTORS.items()},
    hints="""
    - Both sides double. By what is the number of pixels multiplied?
    - Ask for each: does it count once for every position, or does it belong to the network? What
      belongs to the network stays the same.
    - One of the six gets smaller: a constant part of a growing whole.
    """,
)
def cost_growth(attempt: Any) -> str:
    """Factor by which each of six quantities grows when both sides of the picture double."""
    predictions = parse_predictions(attempt, _GROWTH_FACTORS)
    for name, factor in predictions.items():
        if factor is None:
            raise WrongAnswerError(f"A prediction is missing for: {name}.")
        if isinstance(factor, bool) or not isinstance(factor, numbers.Real):
            raise WrongAnswerError(f"For {name!r}: expected a number. Received: {factor!r}.")
    wrong = [
        name
        for name, (factor, _) in _GROWTH_FACTORS.items()
        if not is_close(as_number(predictions[name], name), factor)
    ]
    validate_none_wrong(wrong, _GROWTH_FACTORS)
    return "All of them. What is done at every position grows fourfold; the network stays the same."


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
    hints="""
    - Go from left to right. The first tile's own part begins at 0, and each later one's where the
      one before ends.
    - What is cut out begins border pixels before the own part, but not before 0. It is tile pixels
      long, unless the picture ends before.
    - If what is cut out reaches the picture's end, its own part does too. If not, the own part ends
      border pixels earlier.
    """,
)
def tiles(attempt: Any) -> str:
    """Length, tile, border → (start, stop, own_start, own_stop) of each tile along one side."""
    random = np.random.default_rng(12)
    sides = [(100, 100, 20), (60, 100, 20), (101, 100, 20), (1000, 256, 80), (30, 7, 0)]
    for _ in range(20):
        border, length, own = (
            int(random.integers(*ends)) for ends in ((0, 40), (20, 900), (8, 90))
        )
        sides.append((length, 2 * border + own, border))
    for length, tile, border in sides:
        spans = _parse_spans(call_answer(attempt, length, tile, border), length)
        case = f"For length {length}, tile {tile} and border {border}"
        _validate_own_spans(spans, length, case)
        for span in spans:
            _validate_tile_span(span, (length, tile, border), case)
        fewest = len(_my_tiles(length, tile, border))
        if len(spans) > fewest:
            raise WrongAnswerError(
                f"{case}: {len(spans)} tiles, where {fewest} are enough. At the picture's two ends no "
                "border is needed, and elsewhere it need not be wider."
            )
    return "Every pixel belongs to one tile, each tile has its border, and none is superfluous."


def _parse_spans(answer: Any, length: int) -> list[tuple[int, int, int, int]]:
    if isinstance(answer, np.ndarray):
        answer = answer.tolist()
    if not isinstance(answer, Sequence) or isinstance(answer, str):
        raise WrongAnswerError(f"A list of tiles was expected. Received: {type(answer).__name__}.")
    spans = []
    for entry in answer:
        ends = list(entry) if isinstance(entry, Sequence | np.ndarray) else [entry]
        if len(ends) != 4 or not all(isinstance(end, int | np.integer) for end in ends):  # noqa: PLR2004
            raise WrongAnswerError(
                "Each tile should be four whole numbers: start, stop, own_start, own_stop. "
                f"Received: {entry!r}."
            )
        spans.append(tuple(map(int, ends)))
    if not spans:
        raise WrongAnswerError(f"Expected at least one tile for {length} pixels. Received: none.")
    return spans  # type: ignore[return-value]


def _validate_own_spans(spans: list[tuple[int, int, int, int]], length: int, case: str) -> None:
    if spans[0][2] != 0 or spans[-1][3] != length:
        raise WrongAnswerError(
            f"{case}: the own parts reach from {spans[0][2]} to {spans[-1][3]}. They should reach "
            f"from 0 to {length}."
        )
    for (*_, before), (_, _, after, _) in pairwise(spans):
        if before != after:
            which = "belong to two tiles" if before > after else "belong to none"
            raise WrongAnswerError(
                f"{case}: pixels between {min(before, after)} and {max(before, after)} {which}. Each "
                "should be one tile's own: its part of the sum counts once."
            )


def _validate_tile_span(
    span: tuple[int, int, int, int], arguments: tuple[int, int, int], case: str
) -> None:
    (start, stop, own_start, own_stop), (length, tile, border) = span, arguments
    if own_stop <= own_start:
        raise WrongAnswerError(f"{case}: a tile {span} has no own part.")
    if start < 0 or stop > length:
        raise WrongAnswerError(f"{case}: {span} reaches beyond the picture.")
    if stop - start > tile:
        raise WrongAnswerError(
            f"{case}: {span} cuts out {stop - start} pixels, more than the tile has."
        )
    if start > max(0, own_start - border) or stop < min(length, own_stop + border):
        raise WrongAnswerError(
            f"{case}: {span} has too little border. It needs {border} pixels on each side of its own "
            "part, except where the picture ends."
        )
