from collections import OrderedDict
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.stats import zscore

from stylelab.course import checks as check
from stylelab.losses.distances import sliced_wasserstein
from stylelab.losses.gram import gram_matrix

GRAM_DIFFERS = check.gram_differs.answer


def with_the_packages_own(points: Any, others: Any, direction: Any) -> Any:
    return sliced_wasserstein(points[None], others[None], direction[:, None])


def with_order(points: Any, others: Any, direction: Any) -> Any:
    one, other = points @ direction, others @ direction
    difference = one[np.argsort(one)] - other[np.argsort(other)]
    return difference @ difference / len(difference)


def with_loops(points: Any, others: Any, direction: Any) -> Any:
    one = sorted(sum(x * d for x, d in zip(p, direction, strict=True)) for p in points)
    other = sorted(sum(x * d for x, d in zip(p, direction, strict=True)) for p in others)
    return sum((s - t) ** 2 for s, t in zip(one, other, strict=True)) / len(one)


def with_einsum(points: Any, others: Any, direction: Any) -> Any:
    one, other = (np.einsum("mn,n->m", each, direction) for each in (points, others))
    return np.square(np.sort(one) - np.sort(other)).mean()


def with_tensordot(points: Any, others: Any, direction: Any) -> Any:
    both = np.sort(np.tensordot(np.stack([points, others]), direction, 1))
    return np.var(both, axis=0).mean() * 4


def with_a_norm(points: Any, others: Any, direction: Any) -> Any:
    away = np.linalg.norm(np.sort(direction @ points.T) - np.sort(direction @ others.T))
    return away**2 / points.shape[0]


def with_the_best_plan(points: Any, others: Any, direction: Any) -> Any:
    costs = np.subtract.outer(points @ direction, others @ direction) ** 2
    return costs[linear_sum_assignment(costs)].mean()


def sorted_in_a_copy(points: Any, others: Any, direction: Any) -> Any:
    one, other = points.dot(direction), others.dot(direction)
    one.sort()
    other.sort()
    return np.average((one - other) ** 2)


def from_large_to_small(points: Any, others: Any, direction: Any) -> Any:
    return np.mean((np.sort(points @ direction)[::-1] - np.sort(others @ direction)[::-1]) ** 2)


def in_single_precision(points: Any, others: Any, direction: Any) -> Any:
    return with_einsum(*(each.astype(np.float32) for each in (points, others, direction)))


def as_an_array(points: Any, others: Any, direction: Any) -> Any:
    return np.array([with_order(points, others, direction)])


@pytest.mark.parametrize(
    "right",
    [
        check.projection_distance.answer,
        with_the_packages_own,
        with_order,
        with_loops,
        with_einsum,
        with_tensordot,
        with_a_norm,
        with_the_best_plan,
        sorted_in_a_copy,
        from_large_to_small,
        in_single_precision,
        as_an_array,
    ],
)
def test_right_projection_distances_pass(right: Callable[..., Any]) -> None:
    verdict = check.projection_distance(right)
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
            "mixes the points",
        ),
        (lambda p, o, d: np.mean((np.sort(p @ d) - np.sort(o @ d)[::-1]) ** 2), "downwards"),
        (lambda p, o, d: np.mean((np.sort(p @ d) - o @ d) ** 2), "Only the first"),
        (lambda p, o, d: np.mean((p @ d - np.sort(o @ d)) ** 2), "Only the second"),
        (lambda p, o, d: np.sum(ordered(p, o, d) ** 2), "This is a sum"),
        (lambda p, o, d: np.mean(np.abs(ordered(p, o, d))), "absolute"),
        (lambda p, o, d: np.mean(ordered(p, o, d) ** 2) ** 0.5, "root"),
        (lambda p, o, d: np.mean(ordered(p, o, d)) ** 2, "Only the means"),
        (lambda p, o, d: np.mean(ordered(p, o, d)), "Not squared"),
        (lambda p, o, d: np.mean(ordered(p, o, d) ** 2) / 2, "It should be the mean"),
        (lambda p, o, d: np.sum(ordered(p, o, d) ** 2) / (len(p) - 1), "minus one"),
        (lambda p, o, d: np.sum(ordered(p, o, d) ** 2) / p.size, "Divided by channels too"),
        (lambda p, o, d: np.linalg.norm(ordered(p, o, d)), "root of a sum"),
        (lambda p, o, d: np.max(ordered(p, o, d) ** 2), "largest"),
        (lambda p, o, d: np.median(ordered(p, o, d) ** 2), "median"),
        (lambda p, o, d: np.var(ordered(p, o, d)), "are subtracted"),
        (lambda p, o, d: ((p @ d).std() - (o @ d).std()) ** 2, "Only the standard deviations"),
        (
            lambda p, o, d: np.mean(
                (np.sort(p @ d) / (p @ d).std() - np.sort(o @ d) / (o @ d).std()) ** 2
            ),
            "divided by their standard deviation",
        ),
        (
            lambda p, o, d: np.mean((zscore(np.sort(p @ d)) - zscore(np.sort(o @ d))) ** 2),
            "divided by their standard deviation. Do not divide: it should count. The mean too",
        ),
        (lambda p, o, d: np.mean(np.subtract.outer(p @ d, o @ d) ** 2), "every other"),
        (lambda p, o, d: np.mean((np.argsort(p @ d) - np.argsort(o @ d)) ** 2), "argsort"),
        (lambda p, o, d: np.mean(np.sort(p @ d - o @ d) ** 2), "Not sorted"),
        (lambda p, o, d: np.mean(ordered(p, o, 2 * d) ** 2), "It should be the mean"),
        (lambda p, o, d: np.mean(ordered(p, o, d) ** 4), "It should be the mean"),
        (lambda p, o, d: np.mean(ordered(p, o, d) ** 2) + 1, "It should be the mean"),
        (lambda p, o, d: str(np.mean(ordered(p, o, d) ** 2)), "One number was expected"),
        (lambda p, o, d: ordered(p, o, d) ** 2, "One number was expected"),
        (lambda p, o, d: np.mean(d @ p - d @ o), "stops with ValueError"),
        (in_place, "changes the array"),
    ],
)
def test_wrong_projection_distances_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.projection_distance(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def colours(*points: tuple[float, float, float]) -> Any:
    return np.array([points], np.float64)


def in_grays(*values: float) -> Any:
    return np.array([[(value, value, value) for value in values]], np.float64)


LIGHT = colours((1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1))
PAIRS = {
    "shuffled": (LIGHT, LIGHT[:, ::-1]),
    "even and uneven": (in_grays(0.6), in_grays(0.6 * 2**0.5, 0)),
    "two grays, three grays": (in_grays(0.3, 0.7), in_grays(0.1, 0.9, *[0.5] * 6)),
    "in step, out of step": (
        in_grays(0, 1),
        colours(*[(float(r), float(g), float(b)) for r, g, b in np.ndindex(2, 2, 2)]),
    ),
    "light and ink": (LIGHT, 1 - LIGHT),
}


@pytest.mark.parametrize("pair", GRAM_DIFFERS)
def test_the_predictions_about_gram_matrices_are_true(pair: str) -> None:
    one, other = PAIRS[pair]
    assert np.allclose(gram_matrix(one), gram_matrix(other)) != GRAM_DIFFERS[pair]


@pytest.mark.parametrize(
    "right",
    [
        dict(GRAM_DIFFERS),
        {name: np.bool_(differs) for name, differs in GRAM_DIFFERS.items()},
        {name: name.startswith("in step") for name in GRAM_DIFFERS},
        {
            name: not np.allclose(gram_matrix(pair[0]), gram_matrix(pair[1]))
            for name, pair in PAIRS.items()
        },
        {
            name: np.any(~np.isclose(gram_matrix(pair[0]), gram_matrix(pair[1])))
            for name, pair in PAIRS.items()
        },
        dict(reversed(GRAM_DIFFERS.items())),
        dict(sorted(GRAM_DIFFERS.items())),
        OrderedDict(GRAM_DIFFERS),
        MappingProxyType(GRAM_DIFFERS),
        dict.fromkeys(GRAM_DIFFERS, False) | {"in step, out of step": True},
    ],
)
def test_right_predictions_pass(right: Any) -> None:
    assert check.gram_differs(right).passed


def test_each_wrong_prediction_is_explained_without_the_answer() -> None:
    explanations = set()
    for pair, expected in GRAM_DIFFERS.items():
        verdict = check.gram_differs(dict(GRAM_DIFFERS) | {pair: not expected})
        assert verdict.state == "wrong"
        start = f"4 of 5 are right. Think again about {pair!r}. "
        assert verdict.message.startswith(start)
        explanations.add(verdict.message.removeprefix(start))
    assert len(explanations - {""}) == len(GRAM_DIFFERS)
    assert not any("True" in sentence or "False" in sentence for sentence in explanations)


@pytest.mark.parametrize(
    ("attempt", "reason"),
    [
        (dict(GRAM_DIFFERS) | {"shuffled": None}, "missing for: shuffled"),
        (dict(GRAM_DIFFERS) | {"shuffled": "no"}, "expected True or False"),
        (dict(GRAM_DIFFERS) | {"shuffled": 0}, "expected True or False"),
        ({"shuffled": False}, "Missing: 'even and uneven'"),
        (dict(GRAM_DIFFERS) | {"mirrored": False}, "not expected: 'mirrored'"),
        (
            {name.replace("gray", "grey"): differs for name, differs in GRAM_DIFFERS.items()},
            "Did you mean 'two grays, three grays'?",
        ),
        ("shuffled", "A dictionary was expected"),
        ([False] * 5, "A dictionary was expected"),
    ],
)
def test_invalid_predictions_are_explained(attempt: Any, reason: str) -> None:
    verdict = check.gram_differs(attempt)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def stub(*_: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    "verdict",
    [
        check.projection_distance(stub),
        check.projection_distance(None),
        check.gram_differs(None),
        check.gram_differs(dict.fromkeys(GRAM_DIFFERS)),
    ],
)
def test_stubs_are_not_written_yet(verdict: Any) -> None:
    assert verdict.state == "not written yet"
