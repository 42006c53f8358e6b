"""Exercises of notebook 18: right answers pass, each likely mistake has its sentence."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import linalg

import stylelab as sl
from stylelab.course import checks as check

AXES = (0, 1)


def with_loops(maps: Any, target: Any) -> Any:
    result = np.empty_like(maps)
    for c in range(maps.shape[2]):
        x, wanted = maps[:, :, c], target[:, :, c]
        result[:, :, c] = wanted.std() * (x - x.mean()) / (x.std() + 1e-6) + wanted.mean()
    return result


def with_epsilon(maps: Any, target: Any) -> Any:
    normalised = (maps - maps.mean(AXES)) / np.sqrt(maps.var(AXES) + 1e-5)
    return normalised * np.sqrt(target.var(AXES) + 1e-5) + target.mean(AXES)


def as_points(maps: Any, target: Any) -> Any:
    points, others = (one.reshape(-1, one.shape[-1]) for one in (maps, target))
    factor = others.std(0, ddof=1) / np.maximum(points.std(0, ddof=1), 1e-9)
    return ((points - points.mean(0)) * factor + others.mean(0)).reshape(maps.shape)


@pytest.mark.parametrize(
    "right",
    [
        check.adain.answer,
        sl.adain,
        with_loops,
        with_epsilon,
        as_points,
        lambda m, t: sl.instance_normalization(m, t.std(AXES), t.mean(AXES)),
    ],
)
def test_right_adains_pass(right: Callable[..., Any]) -> None:
    verdict = check.adain(right)
    assert verdict.passed, verdict


def normalise(maps: Any) -> Any:
    return (maps - maps.mean(AXES)) / maps.std(AXES)


def in_place(maps: Any, target: Any) -> Any:
    maps -= maps.mean(AXES)
    return maps / maps.std(AXES) * target.std(AXES) + target.mean(AXES)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (
            lambda m, t: (m - m.mean()) / m.std() * t.std() + t.mean(),
            "all channels together. Each channel",
        ),
        (
            lambda m, t: (m - m.mean()) / m.std() * t.std(AXES) + t.mean(AXES),
            "normalised over all channels",
        ),
        (lambda m, t: normalise(m) * t.std() + t.mean(), "target as a whole"),
        (
            lambda m, t: (m - m.mean(0)) / m.std(0) * t.std(AXES) + t.mean(AXES),
            "over the rows only",
        ),
        (
            lambda m, t: (
                (m - m.mean(AXES)) / (m.var(AXES) + 1e-4) ** 0.5 * t.std(AXES) + m.mean(AXES)
            ),
            "the means are still the maps' own",
        ),
        (lambda m, t: normalise(m), "still missing"),
        (lambda m, t: normalise(m) * t.std(AXES), "mean is 0"),
        (lambda m, t: normalise(m) + t.mean(AXES), "deviations are 1"),
        (lambda m, t: normalise(m) * t.std(AXES) + m.mean(AXES), "still the maps' own"),
        (lambda m, t: m - m.mean(AXES) + t.mean(AXES), "deviations are still the maps' own"),
        (
            lambda m, t: (m - m.mean(AXES)) * t.std(AXES) + t.mean(AXES),
            "not divided by their own",
        ),
        (
            lambda m, t: m / m.std(AXES) * t.std(AXES) + t.mean(AXES),
            "own mean is not taken away",
        ),
        (lambda m, t: (normalise(m) + t.mean(AXES)) * t.std(AXES), "added before"),
        (
            lambda m, t: (m - m.mean(AXES)) / m.var(AXES) * t.var(AXES) + t.mean(AXES),
            "variances in place",
        ),
        (
            lambda m, t: (m - m.mean(AXES)) / m.var(AXES) * t.std(AXES) + t.mean(AXES),
            "divide by the variance",
        ),
        (lambda m, t: normalise(m) * t.var(AXES) + t.mean(AXES), "multiply by the variance"),
        (lambda m, t: m.copy(), "unchanged"),
        (lambda m, t: with_loops(t, m), "shape"),
        (lambda m, t: 1 + with_loops(m, t), "one factor and one shift"),
        (in_place, "changes the array"),
        (lambda m, t: normalise(m) * t.std(AXES) + t.mean(AXES), "divide by it"),
        (
            lambda m, t: np.nan_to_num(normalise(m) * t.std(AXES) + t.mean(AXES)),
            "should become the target's mean",
        ),
    ],
)
def test_wrong_adains_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.adain(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def take_apart(points: Any) -> tuple[Any, Any, Any]:
    centred = points - points.mean(0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(points))
    return centred, variances, axes


def with_a_root(points: Any) -> Any:
    return (points - points.mean(0)) @ linalg.inv(linalg.sqrtm(np.cov(points.T)))


def with_singular_values(points: Any) -> Any:
    left, _, right = np.linalg.svd(points - points.mean(0), full_matrices=False)
    return np.sqrt(len(points)) * left @ right


def by_the_package(points: Any) -> Any:
    return sl.whiten(points[:, None])[:, 0]


def with_epsilon_in_it(points: Any) -> Any:
    centred, variances, axes = take_apart(points)
    return centred @ axes @ np.diag((variances + 1e-6) ** -0.5) @ axes.T


@pytest.mark.parametrize(
    "right",
    [check.whiten.answer, with_a_root, with_singular_values, by_the_package, with_epsilon_in_it],
)
def test_right_whitenings_pass(right: Callable[..., Any]) -> None:
    verdict = check.whiten(right)
    assert verdict.passed, verdict


def not_centred(points: Any) -> Any:
    variances, axes = np.linalg.eigh(points.T @ points / len(points))
    return points @ axes / np.sqrt(variances) @ axes.T


def mean_left_in(points: Any) -> Any:
    _, variances, axes = take_apart(points)
    return points @ axes / np.sqrt(variances) @ axes.T


def in_its_axes(points: Any) -> Any:
    centred, variances, axes = take_apart(points)
    return centred @ axes / np.sqrt(variances)


def by_cholesky(points: Any) -> Any:
    return (points - points.mean(0)) @ np.linalg.cholesky(np.linalg.inv(np.cov(points.T)))


def channel_by_channel(points: Any) -> Any:
    return (points - points.mean(0)) / points.std(0)


def by_variances(points: Any) -> Any:
    centred, variances, axes = take_apart(points)
    return centred @ axes / variances @ axes.T


def longer(points: Any) -> Any:
    centred, variances, axes = take_apart(points)
    return centred @ axes * np.sqrt(variances) @ axes.T


def transposed_axes(points: Any) -> Any:
    centred, variances, axes = take_apart(points)
    return centred @ axes.T / np.sqrt(variances) @ axes


def turned_twice(points: Any) -> Any:
    centred, variances, axes = take_apart(points)
    return centred @ axes / np.sqrt(variances) @ axes


def by_a_sum(points: Any) -> Any:
    centred, variances, axes = take_apart(points)
    return centred @ axes / np.sqrt(len(points) * variances) @ axes.T


def only_turned(points: Any) -> Any:
    centred, _, axes = take_apart(points)
    return centred @ axes


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (not_centred, "neither from the points"),
        (mean_left_in, "the mean is not 0"),
        (in_its_axes, "still in its own axes"),
        (by_cholesky, "Cholesky"),
        (channel_by_channel, "still correlated"),
        (by_variances, "Divide by their roots"),
        (longer, "gets longer"),
        (transposed_axes, "exchanged with their transpose"),
        (turned_twice, "not again with axes"),
        (by_a_sum, "divide by the number of points"),
        (lambda p: p - p.mean(0), "Only the mean"),
        (only_turned, "nothing else"),
        (lambda p: p.copy(), "unchanged"),
        (lambda p: check.whiten.answer(p) @ np.diag([-1] + [1] * (p.shape[1] - 1)), "symmetric"),
        (lambda p: check.whiten.answer(p).T, "Rows and columns are exchanged"),
        (lambda p: check.whiten.answer(p) + np.nan, "NaN"),
    ],
)
def test_wrong_whitenings_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.whiten(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def stub(*_: Any) -> Any:
    raise NotImplementedError


def test_stubs_are_not_written_yet() -> None:
    for exercise in (check.adain, check.whiten):
        assert exercise(stub).state == exercise(None).state == "not written yet"


def test_no_hint_is_the_solution() -> None:
    for exercise in (check.adain, check.whiten):
        last_line = exercise.source().splitlines()[-1].strip().removeprefix("return ")
        hints = [exercise.hint().text for _ in range(3)]
        assert len(set(hints)) == 3
        assert not any(last_line in hint for hint in hints)
