from collections.abc import Callable
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylelab.course import checks as check
from stylelab.course.checks.features import count_receptive_field, wrong_receptive_fields
from stylelab.network.layer_facts import LAYERS


def from_the_last_layer(layers: Any) -> int:
    side = 1
    for kernel, stride in reversed(layers):
        side = (side - 1) * stride + kernel
    return int(side)


def by_the_sum(layers: Any) -> Any:
    kernels, strides = np.array(layers).T
    return np.sum((kernels - 1) * np.cumprod([1, *strides[:-1]])) + 1


def recursively(layers: Any) -> int:
    if not layers:
        return 1
    *before, (kernel, _) = layers
    return int(recursively(before) + (kernel - 1) * np.prod([s for _, s in before], dtype=int))


def by_trying(layers: Any) -> int:
    # Which pixels of a line change one unit?
    length = 600
    line = np.eye(length)
    for kernel, stride in layers:
        windows = np.lib.stride_tricks.sliding_window_view(line, kernel, axis=0)[::stride]
        line = windows.sum(-1)
    return int((line[len(line) // 2] > 0).sum())


@pytest.mark.parametrize(
    "right",
    [
        check.receptive_field.answer,
        from_the_last_layer,
        by_the_sum,
        by_trying,
        count_receptive_field,
        lambda layers: float(by_the_sum(layers)),
        lambda layers: np.array([by_the_sum(layers)]),
        lambda layers: reduce(lambda side, one: (side - 1) * one[1] + one[0], layers[::-1], 1),
        lambda layers: (
            1 + sum((k - 1) * prod(s for _, s in layers[:at]) for at, (k, _) in enumerate(layers))
        ),
        lambda layers: reduce(
            lambda at, one: (at[0] + (one[0] - 1) * at[1], at[1] * one[1]), layers, (1, 1)
        )[0],
        recursively,
    ],
)
def test_right_receptive_fields_pass(right: Callable[..., Any]) -> None:
    verdict = check.receptive_field(right)
    assert verdict.passed, verdict


def test_the_answer_gives_the_receptive_fields_of_vgg19() -> None:
    layers: list[tuple[int, int]] = []
    for name, facts in LAYERS.items():
        layers.append((2, 2) if name.endswith("pool") else (3, 1))
        assert check.receptive_field.answer(layers) == facts.receptive_field


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=4))
def test_receptive_fields_match_brute_force_where_no_pixel_is_skipped(
    layers: list[tuple[int, int]],
) -> None:
    assert count_receptive_field(layers) == from_the_last_layer(layers)
    if all(kernel >= stride for kernel, stride in layers):
        assert count_receptive_field(layers) == by_trying(layers)


def walk(layers: Any, grow: Callable[[int, int, int], int], *, first: int = 1) -> int:
    side, step = first, 1
    for kernel, stride in layers:
        side += grow(kernel, stride, step)
        step *= stride
    return side


def stride_of_the_layer_before(layers: Any) -> int:
    side, before = 1, 1
    for kernel, stride in layers:
        side += (kernel - 1) * before
        before = stride
    return side


def forward_recursion(layers: Any) -> int:
    side = 1
    for kernel, stride in layers:
        side = (side - 1) * stride + kernel
    return int(side)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda layers: walk(layers, lambda k, _, step: k * step), "two steps, not three"),
        (lambda layers: walk(layers, lambda k, s, step: (k - 1) * s * step), "its own kernel"),
        (lambda layers: walk(layers, lambda k, s, _: (k - 1) * s), "own stride"),
        (stride_of_the_layer_before, "just before"),
        (lambda layers: walk(layers, lambda k, _, __: k - 1), "change nothing"),
        (lambda layers: int(np.prod([k for k, _ in layers])), "multiplied"),
        (lambda layers: sum(k for k, _ in layers), "added up without"),
        (lambda layers: walk(layers, lambda k, _, step: (k - 1) * step, first=0), "One pixel"),
        (lambda layers: (from_the_last_layer(layers) - 1) / 2, "one side of its middle"),
        (lambda layers: from_the_last_layer(layers) ** 2, "area"),
        (lambda layers: int(np.prod([s for _, s in layers])), "product of the strides"),
        (forward_recursion, "wrong order"),
        (lambda layers: from_the_last_layer(layers[:-1]), "The last layer is left out"),
        (lambda layers: from_the_last_layer(layers[1:]), "The first layer is left out"),
        (lambda layers: str(from_the_last_layer(layers)), "Received: str"),
        (lambda layers: from_the_last_layer(layers) + 4, "Count on paper"),
        (lambda layers: [from_the_last_layer(layers)] * 2, "One number"),
        (lambda layers: layers.kernel, "stops with AttributeError"),
    ],
)
def test_wrong_receptive_fields_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.receptive_field(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_every_mistake_gives_a_different_size_for_the_first_stack() -> None:
    stacks: list[Any] = []

    def recording(layers: Any) -> int:
        stacks.append(layers)
        return count_receptive_field(layers)

    assert check.receptive_field(recording).passed
    sides = [count_receptive_field(stacks[0]), *wrong_receptive_fields(stacks[0]).values()]
    assert len(set(sides)) == len(sides)


def test_an_answer_only_valid_for_vgg19_is_refused() -> None:
    verdict = check.receptive_field(lambda layers: 1 + sum(2 for _ in layers))
    assert verdict.state == "wrong"


def mean(maps: Any) -> Any:
    return maps.mean((0, 1))


def with_a_loop(pattern: Any, other: Any) -> int:
    best, largest = 0, -np.inf
    for channel in range(pattern.shape[-1]):
        difference = pattern[..., channel].mean() - other[..., channel].mean()
        if difference > largest:
            best, largest = channel, difference
    return best


def with_reshape(pattern: Any, other: Any) -> Any:
    def mean(maps: Any) -> Any:
        flat = maps.reshape(-1, maps.shape[-1])
        return flat.sum(0) / len(flat)

    return np.argmax(mean(pattern) - mean(other))


@pytest.mark.parametrize(
    "right",
    [
        check.find_channel.answer,
        with_a_loop,
        with_reshape,
        lambda p, o: int((mean(p) - mean(o)).argmax()),
        lambda p, o: (mean(o) - mean(p)).argmin(),
        lambda p, o: np.argsort(mean(p) - mean(o))[-1],
        lambda p, o: float(np.argmax(p.mean(0).mean(0) - o.mean(0).mean(0))),
        lambda p, o: max(range(p.shape[-1]), key=lambda n: p[..., n].mean() - o[..., n].mean()),
        lambda p, o: (np.einsum("rcn->n", p) / p[..., 0].size - mean(o)).argmax(),
        lambda p, o: list(mean(p) - mean(o)).index(max(mean(p) - mean(o))),
        lambda p, o: np.argmax(mean(p.astype(np.float32)) - mean(o.astype(np.float32))),
    ],
)
def test_right_channels_pass(right: Callable[..., Any]) -> None:
    verdict = check.find_channel(right)
    assert verdict.passed, verdict


def most(maps: Any) -> Any:
    return maps.max((0, 1))


def total(maps: Any) -> Any:
    return maps.sum((0, 1))


def cropped(pattern: Any, other: Any) -> Any:
    rows, columns = np.minimum(pattern.shape[:2], other.shape[:2])
    return mean(pattern[:rows, :columns] - other[:rows, :columns]).argmax()


def ratio(pattern: Any, other: Any) -> Any:
    with np.errstate(divide="ignore"):
        return (mean(pattern) / mean(other)).argmax()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda pattern, other: mean(pattern).argmax() + 0 * other.size, "as strong or stronger"),
        (lambda pattern, other: (most(pattern) - most(other)).argmax(), "single unit"),
        (lambda pattern, other: (mean(pattern) - mean(other)).argmin(), "the wrong sign"),
        (lambda pattern, other: np.abs(mean(pattern) - mean(other)).argmax(), "the wrong sign"),
        (lambda pattern, other: (mean(other) - mean(pattern)).argmax(), "the wrong sign"),
        (ratio, "ratio"),
        (lambda p, o: (np.median(p, (0, 1)) - np.median(o, (0, 1))).argmax(), "medians"),
        (lambda p, o: (mean(p > 1) - mean(o > 1)).argmax(), "Its strength counts too"),
        (lambda p, o: (mean(p > 0) - mean(o > 0)).argmax(), "hardly active"),
        (cropped, "top left part"),
        (lambda p, o: (p.std((0, 1)) - o.std((0, 1))).argmax(), "varies most"),
        (lambda p, o: (mean(p**2) - mean(o**2)).argmax(), "varies most"),
        (lambda p, o: str((mean(p) - mean(o)).argmax()), "Received: str"),
        (lambda pattern, other: (total(pattern) - total(other)).argmax(), "size of the pictures"),
        (lambda pattern, other: pattern.argmax() + 0 * other.size, "whole array"),
        (lambda pattern, other: (mean(pattern) - mean(other)).max(), "number of a channel"),
        (lambda pattern, other: mean(pattern) - mean(other), "One number"),
        (lambda pattern, other: (pattern - other).mean((0, 1)).argmax(), "stops with ValueError"),
    ],
)
def test_wrong_channels_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.find_channel(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def stub(*_: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize("exercise", [check.receptive_field, check.find_channel])
def test_stubs_are_not_written_yet(exercise: Any) -> None:
    assert exercise(stub).state == "not written yet"
    assert exercise(None).state == "not written yet"
