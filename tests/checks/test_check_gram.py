from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stylelab import checks as check
from stylelab.gram import gram_matrix


def written_with_loops(maps: Any) -> Any:
    rows, columns, channels = maps.shape
    gram = np.zeros((channels, channels))
    for row in range(rows):
        for column in range(columns):
            gram += np.outer(maps[row, column], maps[row, column]) / (rows * columns)
    return gram


def written_by_channel(maps: Any) -> Any:
    a = np.moveaxis(maps, -1, 0).reshape(maps.shape[-1], -1)
    return (a @ a.T) / a.shape[1]


@pytest.mark.parametrize(
    "right", [check.gram_matrix.answer, gram_matrix, written_with_loops, written_by_channel]
)
def test_right_gram_matrices_pass(right: Callable[..., Any]) -> None:
    verdict = check.gram_matrix(right)
    assert verdict.passed, verdict


def flat(maps: Any) -> Any:
    return maps.reshape(-1, maps.shape[-1])


def channels_first(maps: Any) -> Any:
    # Reshaping mixes positions and channels where a transpose is meant.
    a = maps.reshape(maps.shape[-1], -1)
    return a @ a.T / a.shape[1]


def in_place(maps: Any) -> Any:
    maps /= np.sqrt(maps.shape[0] * maps.shape[1])
    return flat(maps).T @ flat(maps)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda maps: flat(maps).T @ flat(maps), "Not divided"),
        (lambda maps: flat(maps).T @ flat(maps) / maps.size, "Divided by channels too"),
        (lambda maps: flat(maps).T @ flat(maps) / maps.shape[-1], "not by positions"),
        (lambda maps: flat(maps) @ flat(maps).T / len(flat(maps)), "compares positions"),
        (lambda maps: np.cov(flat(maps).T, bias=True), "mean of each channel"),
        (lambda maps: flat(maps).T @ flat(maps) / (len(flat(maps)) - 1), "one less"),
        (lambda maps: 2 * check.gram_matrix.answer(maps), "2 times"),
        (lambda maps: -check.gram_matrix.answer(maps), "sign"),
        (channels_first, "shuffled"),
        (in_place, "changes the array"),
        (lambda maps: maps.mean((0, 1)), "shape"),
        (lambda maps: maps @ maps.T, "stops with ValueError"),
    ],
)
def test_wrong_gram_matrices_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.gram_matrix(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message
