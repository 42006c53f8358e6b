import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.pipeline.settings import Settings


def of_the_package(size: int, coarsest: int = 128) -> list[int]:
    settings = Settings(size=size, coarsest_size=coarsest)
    return [stage.width for stage in settings.stages(size, size)]


def with_even_ratios(size: int, coarsest: int = 128) -> list[int]:
    doublings = max(0, math.ceil(math.log2(size / coarsest)))
    return [
        round(size * (coarsest / size) ** (i / max(1, doublings))) for i in range(doublings, -1, -1)
    ]


def from_below(size: int, coarsest: int = 128) -> list[int]:
    sizes = [min(size, coarsest)]
    while sizes[-1] < size:
        sizes.append(min(size, 2 * sizes[-1]))
    return sizes


def by_recursion(size: int, coarsest: int = 128) -> list[int]:
    if size <= coarsest:
        return [size]
    return [*by_recursion(max(coarsest, -(-size // 2)), coarsest), size]


def as_a_generator(size: int, coarsest: int = 128) -> Any:
    count = math.ceil(math.log2(max(1, size / coarsest)))
    return [*(coarsest * 2**i for i in range(count)), size]


def turned_at_the_end(size: int, coarsest: int = 128) -> Any:
    sizes = []
    while size > coarsest:
        sizes.append(size)
        size = max(math.ceil(size / 2), coarsest)
    return [*sizes, size][::-1]


@pytest.mark.parametrize(
    "right",
    [
        check.schedule.answer,
        of_the_package,
        with_even_ratios,
        from_below,
        by_recursion,
        as_a_generator,
        turned_at_the_end,
        lambda size, coarsest=128: np.array(from_below(size, coarsest)),
        lambda size, coarsest=128: tuple(from_below(size, coarsest)),
        lambda size, coarsest=128: [float(entry) for entry in from_below(size, coarsest)],
        lambda size, coarsest=128: [np.int32(entry) for entry in from_below(size, coarsest)],
        lambda size, coarsest=128: np.array(with_even_ratios(size, coarsest), np.float32),
        lambda size, coarsest=128: sorted(set(by_recursion(size, coarsest))),
    ],
)
def test_right_schedules_pass(right: Callable[..., Any]) -> None:
    verdict = check.schedule(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize("size", [100, 128, 200, 256, 300, 512, 1024])
def test_the_package_uses_as_many_sizes(size: int) -> None:
    ours, answer = of_the_package(size), check.schedule.answer(size)
    assert (ours[0], ours[-1], len(ours)) == (answer[0], answer[-1], len(answer))


def quartered(size: int, coarsest: int = 128) -> list[int]:
    sizes = [size]
    while sizes[0] > coarsest:
        sizes.insert(0, max(coarsest, sizes[0] // 4))
    return sizes


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda size, coarsest=128: check.schedule.answer(size, coarsest)[::-1], "fine to coarse"),
        (
            lambda size, coarsest=128: check.schedule.answer(size, coarsest)[:-1] or [7],
            "last size should be",
        ),
        (lambda size, coarsest=128: sorted({min(size, coarsest), size}), "more than double"),
        (lambda size, coarsest=128: [size], "first size should be 128"),
        (lambda size, coarsest=128: [*range(min(size, coarsest), size, 16), size], "enough"),
        (lambda size, coarsest=128: [coarsest, coarsest, size], "larger than the one before"),
        (lambda size, coarsest=128: [size / 4, size / 2, size], "first size should be 128"),
        (lambda size, coarsest=128: [127.5, 255, size], "whole number"),
        (lambda size, coarsest=128: from_below(size), "first size should be 96"),
        (lambda size, coarsest=128: size, "a list of sizes"),
        (lambda size, coarsest=128: [128, 1024, size], "no size should be larger"),
        (lambda size, coarsest=128: [0, *from_below(size, coarsest)], "first size should be"),
        (lambda size, coarsest=128: [], "at least one size"),
        (lambda size, coarsest=128: ["128", "256", "512"], "One number was expected"),
        (lambda size, coarsest=128: {128, 256, 512}, "a list of sizes"),
        (lambda size, coarsest=64: from_below(size, coarsest), "first size should be 128"),
        (lambda size: [size], "stops with TypeError"),
        (quartered, "more than double"),
    ],
)
def test_wrong_schedules_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.schedule(wrong)
    assert verdict.state == "wrong", verdict
    assert reason in verdict.message


def test_the_schedule_stub_is_not_written_yet() -> None:
    def stub(size: int, coarsest: int = 128) -> list[int]:
        raise NotImplementedError

    assert check.schedule(stub).state == "not written yet"
