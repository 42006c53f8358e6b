from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from stylelab import checks as check
from stylelab.checks.advice import _THOUGHTS, FAIR, POSTER_CENTIMETRES, POSTER_DOTS
from stylelab.printing import pixels_for


def by_scipy(a: Any, b: Any) -> Any:
    return stats.spearmanr(a, b).statistic


def by_differences(a: Any, b: Any) -> Any:
    # Spearman's own formula, for ranks without ties.
    differences = stats.rankdata(a) - stats.rankdata(b)
    return 1 - 6 * np.sum(differences**2) / (len(a) * (len(a) ** 2 - 1))


def by_counting(a: Any, b: Any) -> Any:
    def ranks(values: Any) -> list[int]:
        return [sum(other < value for other in values) for value in values]

    return np.corrcoef(ranks(a), ranks(b))[0][1]


@pytest.mark.parametrize(
    "right", [check.rank_correlation.answer, by_scipy, by_differences, by_counting]
)
def test_right_rank_correlations_pass(right: Callable[..., Any]) -> None:
    verdict = check.rank_correlation(right)
    assert verdict.passed, verdict


def ranks(values: Any) -> Any:
    return np.argsort(np.argsort(values)).astype(float)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda a, b: np.corrcoef(a, b)[0, 1], "numbers themselves"),
        (lambda a, b: np.corrcoef(np.argsort(a), np.argsort(b))[0, 1], "Sort once more"),
        (lambda a, b: -by_scipy(a, b), "sign"),
        (lambda a, b: stats.kendalltau(a, b).statistic, "Kendall"),
        (lambda a, b: np.cov(ranks(a), ranks(b), bias=True)[0, 1], "covariance"),
        (
            lambda a, b: ranks(a) @ ranks(b) / np.linalg.norm(ranks(a)) / np.linalg.norm(ranks(b)),
            "means have to be taken away",
        ),
        (lambda a, b: np.mean(a * b), "stretched"),
        (lambda a, b: np.corrcoef(ranks(a), ranks(b)), "One number"),
        (lambda a, b: 0.5 * by_scipy(a, b), "0.5 times"),
        (lambda a, b: abs(by_scipy(a, b)), "sign"),
        (lambda a, b: a.sort() or by_scipy(a, b), "changes the array"),
    ],
)
def test_wrong_rank_correlations_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.rank_correlation(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def all_fair(**changes: Any) -> dict[str, Any]:
    return dict(FAIR) | changes


def test_right_guesses_of_what_is_fair_pass() -> None:
    assert check.fair(check.fair.answer).passed
    assert check.fair({name: np.bool_(value) for name, value in FAIR.items()}).passed


@pytest.mark.parametrize("name", FAIR)
def test_each_wrong_guess_is_named_and_thought_about(name: str) -> None:
    verdict = check.fair(dict(FAIR) | {name: not FAIR[name]})
    assert verdict.state == "wrong"
    assert name in verdict.message
    assert "5 of 6" in verdict.message
    assert verdict.message.endswith(_THOUGHTS[name])


def test_guesses_that_are_missing_or_no_guesses_are_refused() -> None:
    first = next(iter(FAIR))
    assert "missing for" in check.fair(dict(FAIR) | {first: None}).message
    assert "True or False" in check.fair(dict(FAIR) | {first: "yes"}).message
    assert check.fair({"something else": True}).state == "wrong"
    assert check.fair([True] * 6).state == "wrong"


def test_two_comparisons_are_fair_and_four_are_not_each_for_its_own_reason() -> None:
    assert sum(FAIR.values()) == 2
    assert len(set(_THOUGHTS.values())) == len(FAIR)


@pytest.mark.parametrize("right", [3544, 3544.0, np.int64(3544), check.poster_pixels.answer])
def test_the_right_number_of_pixels_passes(right: Any) -> None:
    assert check.poster_pixels(right).passed


def test_the_poster_is_the_one_of_the_package() -> None:
    assert pixels_for(POSTER_CENTIMETRES, POSTER_DOTS) == check.poster_pixels.answer


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (9000, "60 inches"),
        (22860, "divide"),
        (60 / 2.54 * 150, "Round up"),
        (3543, "Rounded down"),
        (59.055118110236, "to a centimetre"),
        (7087, "300 dots"),
        (3000, "Centimetres to inches"),
        ("many", "One number"),
    ],
)
def test_wrong_numbers_of_pixels_are_refused_for_the_right_reason(wrong: Any, reason: str) -> None:
    verdict = check.poster_pixels(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def stub(a: Any, b: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("exercise", "attempt"),
    [
        (check.rank_correlation, stub),
        (check.fair, dict.fromkeys(FAIR)),
        (check.fair, None),
        (check.poster_pixels, None),
    ],
)
def test_what_is_not_written_yet_is_told_from_what_is_wrong(exercise: Any, attempt: Any) -> None:
    assert exercise(attempt).state == "not written yet"
