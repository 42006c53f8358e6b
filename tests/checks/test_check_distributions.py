from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stylelab import checks as check
from stylelab.checks.distributions import _THOUGHTS, GRAM_TELLS
from stylelab.distributions import sliced_wasserstein
from stylelab.gram import gram_matrix


def with_the_packages_own(points: Any, others: Any, direction: Any) -> Any:
    return sliced_wasserstein(points[None], others[None], direction[:, None])


def with_order(points: Any, others: Any, direction: Any) -> Any:
    one, other = points @ direction, others @ direction
    difference = one[np.argsort(one)] - other[np.argsort(other)]
    return difference @ difference / len(difference)


@pytest.mark.parametrize("right", [check.shadow_distance.answer, with_the_packages_own, with_order])
def test_right_shadow_distances_pass(right: Callable[..., Any]) -> None:
    verdict = check.shadow_distance(right)
    assert verdict.passed, verdict


def ordered(points: Any, others: Any, direction: Any) -> Any:
    return np.sort(points @ direction) - np.sort(others @ direction)


def in_place(points: Any, others: Any, direction: Any) -> Any:
    points.sort(axis=0)
    return np.mean(ordered(points, others, direction) ** 2)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda p, o, d: np.mean((p @ d - o @ d) ** 2), "Not sorted"),
        (
            lambda p, o, d: np.mean((np.sort(p, axis=0) @ d - np.sort(o, axis=0) @ d) ** 2),
            "takes the points apart",
        ),
        (lambda p, o, d: np.mean((np.sort(p @ d) - np.sort(o @ d)[::-1]) ** 2), "downwards"),
        (lambda p, o, d: np.mean((np.sort(p @ d) - o @ d) ** 2), "Only the first"),
        (lambda p, o, d: np.mean((p @ d - np.sort(o @ d)) ** 2), "Only the second"),
        (lambda p, o, d: np.sum(ordered(p, o, d) ** 2), "A sum"),
        (lambda p, o, d: np.mean(np.abs(ordered(p, o, d))), "Absolute"),
        (lambda p, o, d: np.mean(ordered(p, o, d) ** 2) ** 0.5, "root"),
        (lambda p, o, d: np.mean(ordered(p, o, d)) ** 2, "Only the means"),
        (lambda p, o, d: np.mean(ordered(p, o, d)), "Not squared"),
        (lambda p, o, d: np.mean(ordered(p, o, d) ** 2) / 2, "0.5 times"),
        (lambda p, o, d: ordered(p, o, d) ** 2, "One number was expected"),
        (lambda p, o, d: np.mean(d @ p - d @ o), "stops with ValueError"),
        (in_place, "changes the array"),
    ],
)
def test_wrong_shadow_distances_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.shadow_distance(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def colours(*points: tuple[float, float, float]) -> Any:
    return np.array([points], np.float64)


def in_greys(*values: float) -> Any:
    return np.array([[(value, value, value) for value in values]], np.float64)


LIGHT = colours((1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1))
PAIRS = {
    "shuffled": (LIGHT, LIGHT[:, ::-1]),
    "even and uneven": (in_greys(0.6), in_greys(0.6 * 2**0.5, 0)),
    "two greys, three greys": (in_greys(0.3, 0.7), in_greys(0.1, 0.9, *[0.5] * 6)),
    "in step, out of step": (
        in_greys(0, 1),
        colours(*[(float(r), float(g), float(b)) for r, g, b in np.ndindex(2, 2, 2)]),
    ),
    "light and ink": (LIGHT, 1 - LIGHT),
}


@pytest.mark.parametrize("pair", GRAM_TELLS)
def test_what_the_gram_matrix_is_said_to_tell_it_tells(pair: str) -> None:
    one, other = PAIRS[pair]
    assert np.allclose(gram_matrix(one), gram_matrix(other)) != GRAM_TELLS[pair]


def test_right_predictions_pass() -> None:
    assert check.gram_tells(dict(GRAM_TELLS)).passed
    assert check.gram_tells({name: np.bool_(tells) for name, tells in GRAM_TELLS.items()}).passed


@pytest.mark.parametrize("pair", GRAM_TELLS)
def test_a_wrong_prediction_gives_a_thought_and_not_the_answer(pair: str) -> None:
    verdict = check.gram_tells(dict(GRAM_TELLS) | {pair: not GRAM_TELLS[pair]})
    assert verdict.state == "wrong"
    assert "4 of 5 are right" in verdict.message
    assert repr(pair) in verdict.message
    assert verdict.message.endswith(_THOUGHTS[pair])
    assert "True" not in verdict.message
    assert "False" not in verdict.message


@pytest.mark.parametrize(
    ("attempt", "reason"),
    [
        (dict(GRAM_TELLS) | {"shuffled": None}, "missing for: shuffled"),
        (dict(GRAM_TELLS) | {"shuffled": "no"}, "expected True or False"),
        (dict(GRAM_TELLS) | {"shuffled": 0}, "expected True or False"),
        ({"shuffled": False}, "Expected these pairs"),
        (dict(GRAM_TELLS) | {"mirrored": False}, "Expected these pairs"),
        ([False] * 5, "A dictionary was expected"),
    ],
)
def test_predictions_that_make_no_sense_are_told_why(attempt: Any, reason: str) -> None:
    verdict = check.gram_tells(attempt)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def stub(*_: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    "verdict",
    [
        check.shadow_distance(stub),
        check.shadow_distance(None),
        check.gram_tells(None),
        check.gram_tells(dict.fromkeys(GRAM_TELLS)),
    ],
)
def test_stubs_are_not_written_yet(verdict: Any) -> None:
    assert verdict.state == "not written yet"
