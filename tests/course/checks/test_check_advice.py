import math
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from stylelab.course import checks as check
from stylelab.course.checks.advice import (
    _COMPARISONS,
    POSTER_CENTIMETRES,
    POSTER_DOTS,
)
from stylelab.pictures.printing import print_size_in_pixels

FAIR_COMPARISONS = check.fair_comparisons.answer


def ranks(values: Any) -> Any:
    return np.argsort(np.argsort(values)).astype(float)


def by_counting(a: Any, b: Any) -> Any:
    def count_smaller(values: Any) -> list[int]:
        return [sum(other < value for other in values) for value in values]

    return np.corrcoef(count_smaller(a), count_smaller(b))[0][1]


def by_scipy(a: Any, b: Any) -> Any:
    return stats.spearmanr(a, b).statistic


def by_differences(a: Any, b: Any) -> Any:
    # Spearman's own formula, for ranks without ties.
    differences = stats.rankdata(a) - stats.rankdata(b)
    return 1 - 6 * np.sum(differences**2) / (len(a) * (len(a) ** 2 - 1))


def by_sorting(a: Any, b: Any) -> Any:
    rank_of = [{value: rank for rank, value in enumerate(sorted(one))} for one in (a, b)]
    x = np.array([rank_of[0][value] for value in a]) - (len(a) - 1) / 2
    y = np.array([rank_of[1][value] for value in b]) - (len(b) - 1) / 2
    return sum(x * y) / sum(x * x)


def by_filling(a: Any, b: Any) -> Any:
    first, second = np.empty(len(a)), np.empty(len(b))
    first[a.argsort()] = second[b.argsort()] = np.arange(1, len(a) + 1)
    return ((first - first.mean()) * (second - second.mean())).mean() / first.std() / second.std()


def by_np_cov(a: Any, b: Any) -> Any:
    matrix = np.cov(ranks(a), ranks(b))
    return matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1])


def by_standard_units(a: Any, b: Any) -> Any:
    one, other = ((ranks(x) - ranks(x).mean()) / ranks(x).std(ddof=1) for x in (a, b))
    return one @ other / (len(a) - 1)


def in_single_precision(a: Any, b: Any) -> Any:
    return np.float32(by_filling(a.astype(np.float32), b.astype(np.float32)))


@pytest.mark.parametrize(
    "right",
    [
        check.rank_correlation.answer,
        by_scipy,
        by_differences,
        by_counting,
        by_sorting,
        by_filling,
        by_np_cov,
        by_standard_units,
        in_single_precision,
        lambda a, b: stats.pearsonr(stats.rankdata(a), stats.rankdata(b))[0],
        lambda a, b: [by_scipy(list(a), list(b))],
        lambda a, b: by_filling(-a, -b),
    ],
)
def test_right_rank_correlations_pass(right: Callable[..., Any]) -> None:
    verdict = check.rank_correlation(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda a, b: np.corrcoef(a, b)[0, 1], "numbers themselves"),
        (lambda a, b: np.corrcoef(np.argsort(a), np.argsort(b))[0, 1], "Sort once more"),
        (lambda a, b: -by_scipy(a, b), "sign is wrong"),
        (lambda a, b: stats.kendalltau(a, b).statistic, "Kendall"),
        (lambda a, b: np.cov(ranks(a), ranks(b), bias=True)[0, 1], "covariance"),
        (
            lambda a, b: ranks(a) @ ranks(b) / np.linalg.norm(ranks(a)) / np.linalg.norm(ranks(b)),
            "means have to be subtracted",
        ),
        (lambda a, b: np.cov(ranks(a), ranks(b))[0, 1], "this is their covariance"),
        (lambda a, b: np.sum((ranks(a) - ranks(a).mean()) * ranks(b)), "this is their covariance"),
        (lambda a, b: np.cov(a, b)[0, 1], "stretched"),
        (lambda a, b: np.mean(a * b), "stretched"),
        (lambda a, b: np.corrcoef(ranks(a), ranks(b)), "a 2 × 2 matrix, as np.corrcoef"),
        (lambda a, b: np.cov(ranks(a), ranks(b)), "a 2 × 2 matrix, as np.corrcoef and np.cov"),
        (lambda a, b: np.corrcoef(ranks(a), ranks(b))[0, 0], "always 1"),
        (
            lambda a, b: np.cov(ranks(a), ranks(b))[0, 1] / ranks(a).std() / ranks(b).std(),
            "divided by n − 1 and the variances by n",
        ),
        (
            lambda a, b: np.cov(ranks(a), ranks(b), ddof=0)[0, 1] / ranks(a).std(ddof=1) ** 2,
            "divided by n and the variances by n − 1",
        ),
        (
            lambda a, b: np.cov(ranks(a), ranks(b), ddof=0)[0, 1] / ranks(a).var() / ranks(b).var(),
            "divided by their variances",
        ),
        (
            lambda a, b: np.sum((ranks(a) - ranks(a).mean()) * ranks(b)) / ranks(a).var(),
            "the products are added up. Take their mean",
        ),
        (lambda a, b: np.corrcoef(ranks(a), b)[0, 1], "Only the first series"),
        (lambda a, b: np.corrcoef(a, ranks(b))[0, 1], "Only the second series"),
        (lambda a, b: by_scipy(a, b) ** 2, "the square, ρ²"),
        (lambda a, b: 1 - by_scipy(a, b), "1 − ρ"),
        (lambda a, b: 1 - (1 - by_scipy(a, b)) / 6, "multiplied by 6"),
        (lambda a, b: stats.spearmanr(a, b).pvalue, "should be the correlation of the ranks"),
        (stats.spearmanr, "One number"),
        (lambda a, b: str(by_scipy(a, b)), "One number"),
        (lambda a, b: 0.5 * by_scipy(a, b), "correlation of the ranks of both"),
        (lambda a, b: abs(by_scipy(a, b)), "sign is lost"),
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
    return dict(FAIR_COMPARISONS) | changes


@pytest.mark.parametrize(
    "right",
    [
        check.fair_comparisons.answer,
        {name: np.bool_(value) for name, value in FAIR_COMPARISONS.items()},
        {name: value == 1 for name, value in FAIR_COMPARISONS.items()},
        {name: np.array(value)[()] for name, value in FAIR_COMPARISONS.items()},
        dict(reversed(FAIR_COMPARISONS.items())),
        dict(sorted(FAIR_COMPARISONS.items())),
        dict(zip(FAIR_COMPARISONS, FAIR_COMPARISONS.values(), strict=True)),
        OrderedDict(FAIR_COMPARISONS),
        MappingProxyType(FAIR_COMPARISONS),
        dict.fromkeys(FAIR_COMPARISONS, False)
        | {name: True for name, value in FAIR_COMPARISONS.items() if value},
    ],
)
def test_right_fairness_predictions_pass(right: Any) -> None:
    assert check.fair_comparisons(right).passed


@pytest.mark.parametrize("name", FAIR_COMPARISONS)
def test_each_wrong_prediction_is_explained(name: str) -> None:
    verdict = check.fair_comparisons(dict(FAIR_COMPARISONS) | {name: not FAIR_COMPARISONS[name]})
    assert verdict.state == "wrong"
    assert name in verdict.message
    assert "6 of 7" in verdict.message
    assert verdict.message.endswith(_COMPARISONS[name][1])


def test_missing_or_invalid_predictions_are_refused() -> None:
    first = next(iter(FAIR_COMPARISONS))
    assert "missing for" in check.fair_comparisons(dict(FAIR_COMPARISONS) | {first: None}).message
    assert (
        "True or False" in check.fair_comparisons(dict(FAIR_COMPARISONS) | {first: "yes"}).message
    )
    assert "True or False" in check.fair_comparisons(dict(FAIR_COMPARISONS) | {first: 1}).message
    assert (
        f"Missing: {first!r}."
        in check.fair_comparisons({**dict(list(FAIR_COMPARISONS.items())[1:])}).message
    )
    misspelt = {
        name.replace("pooling", "poling"): value for name, value in FAIR_COMPARISONS.items()
    }
    assert f"Did you mean {first!r}?" in check.fair_comparisons(misspelt).message
    assert (
        "not expected: 'something else'"
        in check.fair_comparisons(dict(FAIR_COMPARISONS) | {"something else": True}).message
    )
    assert check.fair_comparisons([True] * 7).state == "wrong"


def test_two_comparisons_are_fair_and_five_unfair_for_different_reasons() -> None:
    assert sum(FAIR_COMPARISONS.values()) == 2
    assert len({why for _, why in _COMPARISONS.values()}) == len(FAIR_COMPARISONS)


@pytest.mark.parametrize(
    "right",
    [
        check.poster_pixels.answer,
        3544.0,
        np.int64(3544),
        np.uint16(3544),
        np.float32(3544),
        np.array(3544),
        [3544],
        Fraction(3544),
        Decimal(3544),
        math.ceil(60 / 2.54 * 150),
        np.ceil(60 * 150 / 2.54),
        -(-60 * 150 * 100 // 254),
        int(60 / 2.54 * 150) + 1,
        round(60 / 2.54 * 150 + 0.5),
        print_size_in_pixels(60, 150),
    ],
)
def test_the_right_number_of_pixels_passes(right: Any) -> None:
    assert check.poster_pixels(right).passed


def test_the_poster_size_matches_the_package() -> None:
    assert print_size_in_pixels(POSTER_CENTIMETRES, POSTER_DOTS) == check.poster_pixels.answer


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (9000, "60 inches"),
        (22860, "divide"),
        (60 / 2.54 * 150, "Round up"),
        (3543, "Rounded down"),
        (59.055118110236, "in one centimetre"),
        (7087, "300 dots"),
        (24 * 150, "inches are rounded up"),
        (23 * 150, "inches are rounded down"),
        (60 / 2.54, "number of inches"),
        (3000, "Convert centimetres to inches"),
        (7088, "Convert centimetres to inches"),
        (True, "Convert centimetres to inches"),
        ("many", "One number"),
        ("3544", "One number was expected for the number of pixels. Received: str"),
        (b"3544", "One number"),
        (["3544"], "One number"),
        ((3544, 2362), "One number"),
        (math.inf, "finite"),
    ],
)
def test_wrong_numbers_of_pixels_are_refused_for_the_right_reason(wrong: Any, reason: str) -> None:
    verdict = check.poster_pixels(wrong)
    assert verdict.state == "wrong"
    assert "times what" not in verdict.message
    assert reason in verdict.message


def stub(a: Any, b: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("exercise", "attempt"),
    [
        (check.rank_correlation, stub),
        (check.fair_comparisons, dict.fromkeys(FAIR_COMPARISONS)),
        (check.fair_comparisons, None),
        (check.poster_pixels, None),
    ],
)
def test_stubs_are_not_reported_as_wrong(exercise: Any, attempt: Any) -> None:
    assert exercise(attempt).state == "not written yet"
