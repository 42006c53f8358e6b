import itertools
import math
from collections import OrderedDict
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from operator import mul
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.losses.tiles import plan_tiles
from stylelab.network.layer_facts import LAYERS, LayerFacts

GROWTH_FACTORS = check.cost_growth.answer
Spans = list[tuple[int, int, int, int]]


def of_the_package(rows: int, columns: int, inputs: int, channels: int) -> int:
    facts = LayerFacts("of_the_test", channels, 1, 3, 0.0, inputs)
    return facts.multiply_adds(rows, columns)


def by_counting(rows: int, columns: int, inputs: int, channels: int) -> int:
    maps, kernel = np.ones((rows, columns, inputs)), np.ones((channels, inputs, 3, 3))
    return maps[..., 0].size * kernel.size


def by_loops(rows: int, columns: int, inputs: int, channels: int) -> int:
    count = 0
    for _ in range(channels):
        for _ in range(inputs):
            for _ in range(9):
                count += rows * columns
    return count


@pytest.mark.parametrize(
    "right",
    [
        check.multiply_adds.answer,
        of_the_package,
        by_counting,
        by_loops,
        lambda r, c, i, o: math.prod((r, c, i, o, 3, 3)),
        lambda r, c, i, o: np.prod([r, c, i, o, 9]),
        lambda r, c, i, o: float(9 * r * c * i * o),
        lambda r, c, i, o: np.int64(3**2) * i * o * (r * c),
        lambda r, c, i, o: np.array(9 * r * c * i * o),
        lambda r, c, i, o: [9 * r * c * i * o],
        lambda rows, columns, inputs, channels: sum([9 * inputs * rows * columns] * channels),
        lambda r, c, i, o: reduce(mul, [r, c, i, o], 9),
    ],
)
def test_right_counts_pass(right: Callable[..., Any]) -> None:
    verdict = check.multiply_adds(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda r, c, i, o: r * c * i * o, "The window is missing"),
        (lambda r, c, i, o: r * c * o * 9, "input maps are missing"),
        (lambda r, c, i, o: r * c * i * 9, "output maps are missing"),
        (lambda r, c, i, o: 2 * r * c * i * o * 9, "counts once"),
        (lambda r, c, i, o: r * c * i * o * 3, "9 pixels, not 3"),
        (lambda r, c, i, o: (r - 2) * (c - 2) * i * o * 9, "padded"),
        (lambda r, c, i, o: r * c * o * (9 * i + 1), "bias"),
        (lambda r, c, i, o: r * c * (i + o) * 9, "are added"),
        (lambda r, c, i, o: r * c * i * o * 6, "not 3 + 3"),
        (lambda r, c, i, o: (r + c) * i * o * 9, "Rows and columns are added"),
        (lambda r, c, i, o: r * i * o * 9, "columns are missing"),
        (lambda r, c, i, o: c * i * o * 9, "rows are missing"),
        (lambda r, c, i, o: i * o * 9, "positions are missing"),
        (lambda r, c, i, o: r * c * i * i * 9, "input maps are counted twice"),
        (lambda r, c, i, o: r * c * o * o * 9, "output maps are counted twice"),
        (lambda r, c, i, o: (r + 2) * (c + 2) * i * o * 9, "border is counted"),
        (lambda r, c, i, o: r * c * i * o * 25, "you count 21000"),
        (lambda r, c, i, o: str(r * c * i * o * 9), "One number was expected"),
        (lambda r, c, i, o: 7, "you count 7"),
        (lambda r, c, i, o: [r, c], "One number was expected"),
        (lambda r, c: 9, "stops with TypeError"),
    ],
)
def test_wrong_counts_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.multiply_adds(wrong)
    assert verdict.state == "wrong", verdict
    assert reason in verdict.message


def test_growth_factors_match_the_layers() -> None:
    facts, channels = LAYERS["block4_conv2"], LAYERS["block4_conv2"].channels
    once, twice = (64, 96), (128, 192)
    products = facts.multiply_adds(*twice) / facts.multiply_adds(*once)
    maps = np.prod(facts.shape(*twice)) / np.prod(facts.shape(*once))
    seen = [facts.receptive_field**2 / np.prod(size) for size in (once, twice)]
    gram = [np.zeros((facts.shape(*size)[2], channels)).size for size in (once, twice)]
    measured = [products, maps, gram[1] / gram[0], 1, seen[1] / seen[0], 4]
    assert list(GROWTH_FACTORS.values()) == pytest.approx(measured)


@pytest.mark.parametrize(
    "right",
    [
        GROWTH_FACTORS,
        dict(GROWTH_FACTORS),
        {name: float(factor) for name, factor in GROWTH_FACTORS.items()},
        {name: np.float64(factor) for name, factor in GROWTH_FACTORS.items()},
        {name: np.float32(factor) for name, factor in GROWTH_FACTORS.items()},
        {name: Fraction(factor) for name, factor in GROWTH_FACTORS.items()},
        {name: 2 ** math.log2(factor) for name, factor in GROWTH_FACTORS.items()},
        dict(reversed(GROWTH_FACTORS.items())),
        OrderedDict(GROWTH_FACTORS),
        MappingProxyType(GROWTH_FACTORS),
        GROWTH_FACTORS | {"share of the picture that a unit sees, by area": 1 / 4},
        GROWTH_FACTORS | {"memory of the picture": np.int64(4)},
    ],
)
def test_right_growth_factors_pass(right: Any) -> None:
    assert check.cost_growth(right).passed


@pytest.mark.parametrize(
    ("name", "guess", "reason"),
    [
        ("multiply-adds", 2, "How many more are there"),
        ("memory of the maps", 16, "one number for each position"),
        ("memory of a Gram matrix", 4, "row and a column for each channel"),
        ("receptive field, in pixels", 2, "depend on the picture"),
        ("share of the picture that a unit sees, by area", 0.5, "in both directions"),
        ("memory of the picture", 2, "each pixel"),
        ("memory of the picture", "four", "expected a number"),
        ("memory of the picture", True, "expected a number"),
        ("memory of the picture", "4", "expected a number"),
        ("memory of the picture", [4], "expected a number"),
        ("memory of the picture", np.nan, "finite"),
        ("memory of the picture", None, "missing for: memory of the picture"),
    ],
)
def test_wrong_factors_are_refused_with_an_explanation(name: str, guess: Any, reason: str) -> None:
    verdict = check.cost_growth(GROWTH_FACTORS | {name: guess})
    assert verdict.state == "wrong", verdict
    assert reason in verdict.message


def test_unknown_quantities_are_refused() -> None:
    assert (
        "not expected: 'work'. Missing: 'multiply-adds'" in check.cost_growth({"work": 4}).message
    )
    misspelt = {name.replace("adds", "add"): factor for name, factor in GROWTH_FACTORS.items()}
    assert "Did you mean 'multiply-adds'?" in check.cost_growth(misspelt).message


def of_the_package_along_a_side(length: int, tile: int, border: int) -> Spans:
    if border != 80:  # the package knows what border its layers need
        return check.tiles.answer(length, tile, border)  # type: ignore[no-any-return]
    planned = plan_tiles(16, length, ["block5_conv1"], tile)
    return [
        (each.columns.start, each.columns.stop, each.core_columns.start, each.core_columns.stop)
        for each in planned
    ]


def from_the_right(length: int, tile: int, border: int) -> Spans:
    mirrored = check.tiles.answer(length, tile, border)
    return [(length - b, length - a, length - d, length - c) for a, b, c, d in mirrored][::-1]


def by_counting_tiles(length: int, tile: int, border: int) -> Spans:
    """Only the first and the last own part are longer than the others."""
    if length <= tile:
        return [(0, length, 0, length)]
    own, first = tile - 2 * border, tile - border
    bounds = [0, first]
    while bounds[-1] + tile - border < length:
        bounds.append(bounds[-1] + own)
    bounds.append(length)
    return [
        (max(0, a - border), min(length, b + border), a, b) for a, b in itertools.pairwise(bounds)
    ]


def by_recursion(length: int, tile: int, border: int, own: int = 0) -> Spans:
    start = max(0, own - border)
    if start + tile >= length:
        return [(start, length, own, length)]
    stop = start + tile - border
    return [(start, start + tile, own, stop), *by_recursion(length, tile, border, stop)]


def as_even_as_possible(length: int, tile: int, border: int) -> Spans:
    """The same number of tiles, with own parts as alike as they can be."""
    count = len(by_recursion(length, tile, border))
    if count == 1:
        return [(0, length, 0, length)]
    inner = (length - 2 * border) / count  # the first and the last have one border less
    bounds = [0, *(border + round(inner * i) for i in range(1, count)), length]
    return [
        (max(0, a - border), min(length, b + border), a, b) for a, b in itertools.pairwise(bounds)
    ]


def in_an_array(length: int, tile: int, border: int) -> Any:
    return np.array(check.tiles.answer(length, tile, border))


@pytest.mark.parametrize(
    "right",
    [
        check.tiles.answer,
        of_the_package_along_a_side,
        from_the_right,
        in_an_array,
        lambda *given: list(in_an_array(*given)),
        lambda *given: tuple(map(list, check.tiles.answer(*given))),
        lambda *given: [[np.int32(n) for n in span] for span in check.tiles.answer(*given)],
        by_counting_tiles,
        by_recursion,
        as_even_as_possible,
    ],
)
def test_right_tiles_pass(right: Callable[..., Any]) -> None:
    verdict = check.tiles(right)
    assert verdict.passed, verdict


def changed(change: Callable[..., Any]) -> Callable[..., Any]:
    """Change each tile of the right answer."""

    def wrong(length: int, tile: int, border: int) -> Any:
        return [change(*span, length, border) for span in check.tiles.answer(length, tile, border)]

    return wrong


def one_by_one(length: int, tile: int, border: int) -> Spans:
    assert tile > border
    return [(max(0, i - border), min(length, i + 1 + border), i, i + 1) for i in range(length)]


def no_border(length: int, tile: int, border: int) -> Spans:
    assert border >= 0
    starts = range(0, length, tile)
    return [(a, min(a + tile, length), a, min(a + tile, length)) for a in starts]


def with_an_empty_one(length: int, tile: int, border: int) -> Spans:
    return [(0, 0, 0, 0), *check.tiles.answer(length, tile, border)]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (no_border, "too little border"),
        (one_by_one, "are enough"),
        (changed(lambda a, b, c, d, *_: (a, b, a, b)), "belong to two tiles"),
        (changed(lambda a, b, c, d, n, _: (a, b, c, d - (d < n))), "belong to none"),
        (changed(lambda a, b, c, d, n, e: (c - e, d + e, c, d)), "reaches beyond the picture"),
        (changed(lambda a, b, c, d, *_: (a - (a == 0), b, c, d)), "reaches beyond the picture"),
        (changed(lambda a, b, c, d, n, _: (a, b + (b == n), c, d)), "reaches beyond the picture"),
        (changed(lambda a, b, c, d, *_: (a + (a < c), b, c, d)), "too little border"),
        (changed(lambda a, b, c, d, *_: (a, b - (b > d), c, d)), "too little border"),
        (lambda length, tile, border: check.tiles.answer(length, tile, border + 1), "are enough"),
        (changed(lambda a, b, c, d, n, e: (max(a - 9, 0), b, c, d)), "more than the tile has"),
        (changed(lambda a, b, c, d, n, e: (a, b, c, d - (d == n))), "should reach from 0"),
        (changed(lambda a, b, c, d, *_: (a, b, c + (c == 0), d)), "should reach from 0"),
        (changed(lambda a, b, c, d, *_: (a, b)), "four whole numbers"),
        (changed(lambda a, b, c, d, *_: (a, b, c, float(d))), "four whole numbers"),
        (lambda length, tile, border: [], "at least one tile"),
        (lambda length, tile, border: length, "A list of tiles"),
        (lambda length, tile, border: [(0, length, 0, length)], "more than the tile has"),
        (with_an_empty_one, "no own part"),
    ],
)
def test_wrong_tiles_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.tiles(wrong)
    assert verdict.state == "wrong", verdict
    assert reason in verdict.message


@pytest.mark.parametrize("exercise", [check.multiply_adds, check.tiles])
def test_stubs_are_not_written_yet(exercise: Any) -> None:
    def stub(*_: Any) -> Any:
        raise NotImplementedError

    assert exercise(stub).state == "not written yet"


def test_a_missing_prediction_is_not_written_yet() -> None:
    assert check.cost_growth(dict.fromkeys(GROWTH_FACTORS)).state == "not written yet"
