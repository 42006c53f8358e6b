from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from stylelab.course import checks as check
from stylelab.course import nearest_patches as patches_of

WHICH = check.which_films_flicker.answer


def unit(rows: Any) -> Any:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def with_loops(patches: Any, others: Any) -> Any:
    def most_like(patch: Any) -> int:
        return max(range(len(others)), key=lambda i: patch @ others[i] / sum(others[i] ** 2) ** 0.5)

    return [most_like(patch) for patch in patches]


@pytest.mark.parametrize(
    "right",
    [
        check.nearest_patches.answer,
        patches_of.nearest_patches,
        with_loops,
        lambda p, o: (unit(p) @ unit(o).T).argmax(axis=1),
        lambda p, o: cdist(p, o, "cosine").argmin(axis=1),
        lambda p, o: np.argsort(p @ unit(o).T, axis=1)[:, -1],
        lambda p, o: cdist(unit(p), unit(o)).argmin(axis=1),
    ],
)
def test_right_nearest_patches_pass(right: Callable[..., Any]) -> None:
    verdict = check.nearest_patches(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda p, o: (p @ o.T).argmax(axis=1), "not divided by the lengths of the others"),
        (lambda p, o: (unit(p) @ o.T).argmax(axis=1), "not divided by the lengths of the others"),
        (lambda p, o: (p @ unit(o).T).argmin(axis=1), "least like it"),
        (lambda p, o: cdist(p, o).argmin(axis=1), "smallest distance"),
        (
            lambda p, o: (p @ (o / np.sum(o**2, 1)[:, None]).T).argmax(axis=1),
            "squares of the lengths",
        ),
        (lambda p, o: (p @ (unit(o) * np.sum(o**2, 1)[:, None]).T).argmax(axis=1), "Multiplied"),
        (lambda p, o: cdist(p, o, "correlation").argmin(axis=1), "means of the patches"),
        (lambda p, o: (p @ (o / o.sum(1)[:, None]).T).argmax(axis=1), "by sums"),
        (lambda p, o: (p @ unit(o).T).argmax(axis=1) + 1, "Counted from 1"),
        (lambda p, o: (unit(p) @ unit(o).T).max(axis=1), "likenesses themselves"),
        (lambda p, o: (p @ unit(o).T).max(axis=1), "largest products"),
        (lambda p, o: (p @ unit(o).T).argmax(axis=0), "The shape"),
        (lambda p, o: p @ o, "stops with ValueError"),
        (lambda p, o: 0 * p[:, 0], "it should be the index of the q"),
    ],
)
def test_wrong_nearest_patches_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.nearest_patches(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


@pytest.mark.parametrize(
    "right",
    [
        check.flicker.answer,
        lambda m, a, s: 255 * np.abs(m - a)[s].mean(),
        lambda m, a, s: 255 * np.sum(np.abs(m - a) * s[..., None]) / (3 * s.sum()),
        lambda m, a, s: np.average(np.abs(255 * m - 255 * a).mean(axis=2), weights=s),
        lambda m, a, s: np.nanmean(np.where(s[..., None], np.abs(m - a), np.nan)) * 255,
    ],
)
def test_right_flickers_pass(right: Callable[..., Any]) -> None:
    verdict = check.flicker(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda m, a, s: 255 * np.abs(a - m).mean(), "Every pixel counts here"),
        (lambda m, a, s: 255 * (np.abs(a - m) * s[..., None]).mean(), "still counts in the mean"),
        (lambda m, a, s: 255 * np.abs(a - m)[~s].mean(), "Take the others"),
        (lambda m, a, s: np.abs(a - m)[s].mean(), "times 255"),
        (lambda m, a, s: np.abs(a - m).mean(), "and every pixel counts"),
        (lambda m, a, s: 255 * (a - m)[s].mean(), "cancel"),
        (lambda m, a, s: 255 * abs((a - m)[s].mean()), "mean of the sizes"),
        (lambda m, a, s: 255 * ((a - m)[s] ** 2).mean(), "These are squares"),
        (lambda m, a, s: np.mean((255 * (a - m)[s]) ** 2), "multiply by 255 after"),
        (lambda m, a, s: 255 * np.mean((a - m)[s] ** 2) ** 0.5, "root of the mean square"),
        (lambda m, a, s: 255 * np.abs(a - m)[s].sum(), "This is a sum"),
        (lambda m, a, s: 255 * np.abs(a - m)[s].sum() / s.sum(), "three values"),
        (lambda m, a, s: 255 * np.abs(a - m)[s].max(), "largest"),
        (lambda m, a, s: 255 * np.median(np.abs(a - m)[s]), "median"),
        (lambda m, a, s: 255 * (a - m)[s].std(), "standard deviation"),
        (lambda m, a, s: 255 * abs(a[s].mean() - m.mean()), "Means of two pictures"),
        (lambda m, a, s: 100 * np.abs(a - m)[s].mean(), "It should be 255 times"),
        (lambda m, a, s: np.abs(a - m)[s], "One number was expected"),
    ],
)
def test_wrong_flickers_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.flicker(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


@pytest.mark.parametrize("right", [dict(WHICH), MappingProxyType(WHICH)])
def test_right_predictions_pass(right: Any) -> None:
    assert check.which_films_flicker(right).passed


def test_each_wrong_prediction_is_explained_without_the_answer() -> None:
    explanations = set()
    for film, expected in WHICH.items():
        verdict = check.which_films_flicker(dict(WHICH) | {film: not expected})
        assert verdict.state == "wrong"
        start = f"3 of 4 are right. Think again about {film!r}. "
        assert verdict.message.startswith(start)
        explanations.add(verdict.message.removeprefix(start))
    assert len(explanations - {""}) == len(WHICH)
    assert not any("True" in sentence or "False" in sentence for sentence in explanations)


@pytest.mark.parametrize("name", ["nearest_patches", "flicker", "which_films_flicker"])
def test_hints_lead_on_and_nothing_is_right_before_it_is_written(name: str) -> None:
    exercise = getattr(check, name)
    assert exercise(None).state == "not written yet"
    assert len({str(exercise.hint()) for _ in range(3)}) == 3
