from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from stylelab.course import checks as check
from stylelab.pictures import colour


def match_in_standard_units(values: Any, wanted: Any) -> Any:
    if np.ptp(values) == 0:
        return np.full_like(values, wanted.mean())
    return (values - values.mean()) / values.std() * wanted.std() + wanted.mean()


def match_by_sums(values: Any, wanted: Any) -> Any:
    centred = values - np.sum(values) / values.size
    size = np.sqrt(np.sum(centred**2) / values.size)
    other = np.sqrt(np.mean((wanted - np.mean(wanted)) ** 2))
    return centred * other / max(size, 1e-12) + np.mean(wanted)


def match_with_loops(values: Any, wanted: Any) -> Any:
    def mean_and_std(numbers: Any) -> tuple[float, float]:
        mean = sum(numbers) / len(numbers)
        return mean, (sum((x - mean) ** 2 for x in numbers) / len(numbers)) ** 0.5

    ours, std = mean_and_std(values.ravel().tolist())
    mean, other = mean_and_std(wanted.ravel().tolist())
    if std < 1e-9:
        return [[mean for _ in row] for row in values]
    return [[(x - ours) / std * other + mean for x in row] for row in values]


def match_with_a_small_number(small: float, less: int = 0) -> Callable[..., Any]:
    return lambda v, w: (v - v.mean()) * w.std(ddof=less) / (v.std(ddof=less) + small) + w.mean()


def match_by_one_less(values: Any, wanted: Any) -> Any:
    std = values.std(ddof=1)
    return (values - values.mean()) * (wanted.std(ddof=1) / std if std else 0) + wanted.mean()


def match_by_the_package(values: Any, wanted: Any) -> Any:
    photo, painting = (
        np.repeat(each[..., None], 3, -1).astype(np.float32) for each in (values, wanted)
    )
    return colour.match_luminance(photo, painting)[..., 0]


def match_by_a_line(values: Any, wanted: Any) -> Any:
    slope = np.sqrt(wanted.var() / values.var()) if values.var() else 0
    return np.polyval([slope, wanted.mean() - slope * values.mean()], values)


@pytest.mark.parametrize(
    "right",
    [
        check.match_mean_and_std.answer,
        match_in_standard_units,
        match_by_sums,
        match_with_loops,
        match_with_a_small_number(1e-5),
        match_with_a_small_number(1e-8),
        match_with_a_small_number(1e-5, less=1),
        match_by_one_less,
        match_by_the_package,
        match_by_a_line,
        lambda v, w: (v - v.mean()) / np.sqrt(v.var() + 1e-5) * np.sqrt(w.var()) + w.mean(),
        lambda v, w: (v - v.mean()) / max(v.std(), 1e-5) * max(w.std(), 1e-5) + w.mean(),
        lambda v, w: np.clip(check.match_mean_and_std.answer(v, w), 0, 1),
        lambda v, w: np.nan_to_num((v - v.mean()) * (w.std() / (v.std() or 1))) + w.mean(),
        lambda v, w: check.match_mean_and_std.answer(v, w).astype(np.float32),
        lambda v, w: (
            (stats.zscore(v, axis=None) * w.std() if np.ptp(v) else np.zeros(v.shape)) + w.mean()
        ),
    ],
)
def test_right_mean_and_std_matches_pass(right: Callable[..., Any]) -> None:
    verdict = check.match_mean_and_std(right)
    assert verdict.passed, verdict


def gain(values: Any, wanted: Any) -> Any:
    return wanted.std() / values.std()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda v, w: (v - v.mean()) * gain(v, w) + v.mean(), "mean is still"),
        (lambda v, w: (v - v.mean()) * gain(v, w), "the mean is 0"),
        (lambda v, w: v - v.mean() + w.mean(), "deviation is still"),
        (lambda v, w: (v - v.mean()) / gain(v, w) + w.mean(), "inverse of the right one"),
        (lambda v, w: (v - v.mean()) * w.var() / v.var() + w.mean(), "variances"),
        (lambda v, w: v * gain(v, w) - v.mean() + w.mean(), "before the mean"),
        (lambda v, w: (v - v.mean() + w.mean()) * gain(v, w), "after the mean"),
        (lambda v, w: (v - v.mean()) / v.std() + w.mean(), "deviation is 1"),
        (lambda v, w: (v - v.mean()) * w.std() + w.mean(), "do not divide by"),
        (lambda v, w: (v - v.mean()) * w.std() / v.var() + w.mean(), "divide by the variance"),
        (lambda v, w: w.mean() - (v - v.mean()) * gain(v, w), "exchanged"),
        (
            lambda v, w: w.min() + np.ptp(w) * (v - v.min()) / np.ptp(v),
            "Minimum and maximum are those",
        ),
        (
            lambda v, w: (v - v.mean()) * w.std(ddof=1) / v.std() + w.mean(),
            "n − 1 (ddof). Take the same for both.",
        ),
        (
            lambda v, w: (v - v.mean()) * w.std() / v.std(ddof=1) + w.mean(),
            "deviation is too small",
        ),
        (
            lambda v, w: (
                (v - v.mean()) * np.sqrt(((w - w.mean()) ** 2).sum() / ((v - v.mean()) ** 2).sum())
                + w.mean()
            ),
            "mean over its own values, not as a sum",
        ),
        (
            lambda v, w: (v - v.mean()) * w.std() / (v.std() + 0.1) + w.mean(),
            "Mean and standard deviation",
        ),
        (lambda v, w: np.clip((v - v.mean()) * gain(v, w) + w.mean(), 0.4, 0.6), "same linear map"),
        (lambda v, w: (v - v.mean()) * gain(v, w) + w.mean(), "you divide by it"),
        (
            lambda v, w: (v - v.mean()) * w.std() / max(v.std(), 0.01) + w.mean() * (v.std() > 0),
            "flat",
        ),
        (
            lambda v, w: v - v.mean() if v.std() == 0 else check.match_mean_and_std.answer(v, w),
            "a flat one",
        ),
        (lambda v, w: w, "shape"),
        (lambda v, w: np.full(v.shape, w.mean()), "same linear map"),
    ],
)
def test_wrong_mean_and_std_matches_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.match_mean_and_std(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def rows(picture: Any) -> Any:
    return picture.reshape(-1, 3)


def mapped(picture: Any, target: Any, a: Any) -> Any:
    centred = rows(picture) - rows(picture).mean(axis=0)
    return (centred @ a.T + rows(target).mean(axis=0)).reshape(picture.shape)


def covariances(picture: Any, target: Any) -> tuple[Any, Any]:
    return np.cov(rows(picture).T, bias=True), np.cov(rows(target).T, bias=True)


def matrix_root(matrix: Any) -> Any:
    from scipy.linalg import sqrtm

    return np.real(sqrtm(matrix))


def by_cholesky(picture: Any, target: Any) -> Any:
    ours, theirs = map(np.linalg.cholesky, covariances(picture, target))
    return mapped(picture, target, theirs @ np.linalg.inv(ours))


def by_transport(picture: Any, target: Any) -> Any:
    from scipy.linalg import sqrtm

    ours, theirs = covariances(picture, target)
    half = sqrtm(ours)
    inverse = np.linalg.inv(half)
    return mapped(picture, target, np.real(inverse @ sqrtm(half @ theirs @ half) @ inverse))


def by_symmetric_roots(picture: Any, target: Any) -> Any:
    ours, theirs = covariances(picture, target)
    return mapped(
        picture,
        target,
        matrix_root(theirs) @ np.linalg.inv(matrix_root(ours)),
    )


def by_np_cov(picture: Any, target: Any) -> Any:
    ours, theirs = (
        np.linalg.cholesky(np.cov(rows(each), rowvar=False)) for each in (picture, target)
    )
    return mapped(picture, target, theirs @ np.linalg.inv(ours))


def with_a_small_number(picture: Any, target: Any) -> Any:
    ours, theirs = (each + 1e-5 * np.eye(3) for each in covariances(picture, target))
    return mapped(
        picture,
        target,
        matrix_root(theirs) @ np.linalg.inv(matrix_root(ours)),
    )


def by_np_cov_with_a_small_number(picture: Any, target: Any) -> Any:
    ours, theirs = (np.cov(rows(each).T) + 1e-5 * np.eye(3) for each in (picture, target))
    return mapped(
        picture,
        target,
        matrix_root(theirs) @ np.linalg.inv(matrix_root(ours)),
    )


def by_sums(picture: Any, target: Any) -> Any:
    one, two = (rows(each) - rows(each).mean(0) for each in (picture, target))
    ours, theirs = one.T @ one / len(one), np.einsum("ki,kj->ij", two, two) / len(two)
    solved = np.linalg.solve(np.linalg.cholesky(ours), one.T)
    return (np.linalg.cholesky(theirs) @ solved).T.reshape(picture.shape) + rows(target).mean(0)


def by_singular_values(picture: Any, target: Any) -> Any:
    one, two = (rows(each) - rows(each).mean(0) for each in (picture, target))
    left, _, _ = np.linalg.svd(one, full_matrices=False)
    _, sizes, right = np.linalg.svd(two / len(two) ** 0.5, full_matrices=False)
    white = left * len(one) ** 0.5
    return (white @ (sizes[:, None] * right)).reshape(picture.shape) + rows(target).mean(0)


def by_pixels(picture: Any, target: Any) -> Any:
    ours, theirs = covariances(picture, target)
    a = matrix_root(theirs) @ np.linalg.inv(matrix_root(ours))
    mean, other = picture.mean((0, 1)), target.mean((0, 1))
    return [[(a @ (x - mean) + other).tolist() for x in line] for line in picture]


@pytest.mark.parametrize(
    "right",
    [
        check.match_mean_and_covariance.answer,
        by_cholesky,
        by_transport,
        by_symmetric_roots,
        by_np_cov,
        with_a_small_number,
        by_np_cov_with_a_small_number,
        by_sums,
        by_singular_values,
        by_pixels,
        lambda one, two: np.clip(by_np_cov(one, two), 0, 1),
        lambda one, two: np.clip(with_a_small_number(one, two), 0, 1),
        lambda one, two: by_cholesky(one, two).astype(np.float32),
        lambda one, two: by_np_cov(one.astype(np.float32), two.astype(np.float32)),
        lambda one, two: by_cholesky(one[..., ::-1], two[..., ::-1])[..., ::-1],
        colour.match_mean_and_covariance,
    ],
)
def test_right_matches_pass(right: Callable[..., Any]) -> None:
    verdict = check.match_mean_and_covariance(right)
    assert verdict.passed, verdict


def each_channel_alone(picture: Any, target: Any) -> Any:
    one, two = rows(picture), rows(target)
    return mapped(picture, target, np.diag(two.std(axis=0) / one.std(axis=0)))


def not_transposed(picture: Any, target: Any) -> Any:
    ours, theirs = covariances(picture, target)
    return mapped(
        picture,
        target,
        (matrix_root(theirs) @ np.linalg.inv(matrix_root(ours))).T,
    )


def without_roots(picture: Any, target: Any) -> Any:
    ours, theirs = covariances(picture, target)
    return mapped(picture, target, theirs @ np.linalg.inv(ours))


def by_correlations(picture: Any, target: Any) -> Any:
    ours, theirs = (np.corrcoef(rows(each).T) for each in (picture, target))
    return mapped(
        picture,
        target,
        matrix_root(theirs) @ np.linalg.inv(matrix_root(ours)),
    )


def with_divisors(first: int, second: int) -> Callable[..., Any]:
    def wrong(picture: Any, target: Any) -> Any:
        ours = np.cov(rows(picture).T, ddof=first)
        theirs = np.cov(rows(target).T, ddof=second)
        return mapped(
            picture,
            target,
            matrix_root(theirs) @ np.linalg.inv(matrix_root(ours)),
        )

    return wrong


def with_roots(change: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(picture: Any, target: Any) -> Any:
        ours, theirs = map(matrix_root, covariances(picture, target))
        return mapped(picture, target, change(ours, theirs))

    return wrong


def mean_forgotten(picture: Any, target: Any) -> Any:
    return by_cholesky(picture, target) - rows(target).mean(axis=0) + rows(picture).mean(axis=0)


def channels_exchanged(picture: Any, target: Any) -> Any:
    centred = by_cholesky(picture, target) - rows(target).mean(axis=0)
    return np.roll(centred, 1, axis=-1) + rows(target).mean(axis=0)


def another_picture(picture: Any, target: Any) -> Any:
    # The target's colours, shuffled over the picture: right statistics, no picture left.
    noise = np.random.default_rng(0).normal(size=picture.shape)
    return by_cholesky(noise, target)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (each_channel_alone, "off the diagonal"),
        (not_transposed, "You multiply by A."),
        (without_roots, "roots of both"),
        (by_correlations, "np.corrcoef"),
        (with_divisors(1, 0), "variances are too small"),
        (with_divisors(0, 1), "n − 1 (bias, ddof). Take the same for both."),
        (with_roots(lambda ours, theirs: theirs), "target's covariance alone"),
        (with_roots(lambda ours, theirs: np.linalg.inv(ours)), "but adds none"),
        (with_roots(lambda ours, theirs: theirs @ ours), "Its inverse is needed"),
        (with_roots(lambda ours, theirs: ours @ np.linalg.inv(theirs)), "exchanged in A"),
        (with_roots(lambda ours, theirs: 1.2 * theirs @ np.linalg.inv(ours)), "A·Σ·Aᵀ"),
        (channels_exchanged, "roots of both"),
        (mean_forgotten, "still that of the picture"),
        (lambda one, two: by_cholesky(one, two) + 0.1, "not that of the target"),
        (lambda one, two: mapped(one, two, np.eye(3)), "still that of the picture"),
        (lambda one, two: one, "still that of the picture"),
        (another_picture, "one A and one shift"),
        (lambda one, two: rows(by_cholesky(one, two)), "shape"),
        (lambda one, two: one @ two, "stops with ValueError"),
        (lambda one, two: np.full(one.shape, np.nan), "Finite numbers"),
    ],
)
def test_wrong_matches_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.match_mean_and_covariance(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


@pytest.mark.parametrize("right", [check.match_mean_and_std, check.match_mean_and_covariance])
def test_right_answers_stay_within_the_picture_range(right: Any) -> None:
    def inside(one: Any, two: Any) -> Any:
        answer = right.answer(one, two)
        assert (answer >= 0).all()
        assert (answer <= 1).all()
        return answer

    assert right(inside).passed


def test_the_answers_match_the_package() -> None:
    random = np.random.default_rng(1)
    one, two = (0.4 + 0.2 * random.random((2, 9, 7, 3))).astype(np.float32)
    np.testing.assert_allclose(
        check.match_mean_and_covariance.answer(one, two),
        colour.match_mean_and_covariance(one, two),
        atol=1e-5,
    )
    np.testing.assert_allclose(
        check.match_mean_and_std.answer(colour.luminance(one), colour.luminance(two)),
        colour.match_luminance(one, two)[..., 0],
        atol=1e-5,
    )


@pytest.mark.parametrize("exercise", [check.match_mean_and_std, check.match_mean_and_covariance])
def test_a_stub_is_not_written_yet(exercise: Any) -> None:
    def stub(one: Any, two: Any) -> Any:
        raise NotImplementedError

    assert exercise(stub).state == "not written yet"
    assert exercise(None).state == "not written yet"
