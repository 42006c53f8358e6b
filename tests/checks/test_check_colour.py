from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stylelab import checks as check
from stylelab import colour

LUMA = np.array([0.299, 0.587, 0.114])


def spread_in_standard_units(values: Any, wanted: Any) -> Any:
    if np.ptp(values) == 0:
        return np.full_like(values, wanted.mean())
    return (values - values.mean()) / values.std() * wanted.std() + wanted.mean()


def spread_by_sums(values: Any, wanted: Any) -> Any:
    centred = values - np.sum(values) / values.size
    size = np.sqrt(np.sum(centred**2) / values.size)
    other = np.sqrt(np.mean((wanted - np.mean(wanted)) ** 2))
    return centred * other / max(size, 1e-12) + np.mean(wanted)


@pytest.mark.parametrize(
    "right", [check.match_spread.answer, spread_in_standard_units, spread_by_sums]
)
def test_right_spreads_pass(right: Callable[..., Any]) -> None:
    verdict = check.match_spread(right)
    assert verdict.passed, verdict


def gain(values: Any, wanted: Any) -> Any:
    return wanted.std() / values.std()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda v, w: (v - v.mean()) * gain(v, w) + v.mean(), "mean is not"),
        (lambda v, w: (v - v.mean()) * gain(v, w), "the mean is 0"),
        (lambda v, w: v - v.mean() + w.mean(), "the spread is not"),
        (lambda v, w: (v - v.mean()) / gain(v, w) + w.mean(), "wrong way"),
        (lambda v, w: (v - v.mean()) * w.var() / v.var() + w.mean(), "variances"),
        (lambda v, w: v * gain(v, w) - v.mean() + w.mean(), "before the mean"),
        (lambda v, w: (v - v.mean()) * gain(v, w) + w.mean(), "you divide by it"),
        (
            lambda v, w: (v - v.mean()) * w.std() / max(v.std(), 0.01) + w.mean() * (v.std() > 0),
            "flat",
        ),
        (
            lambda v, w: v - v.mean() if v.std() == 0 else check.match_spread.answer(v, w),
            "a flat one",
        ),
        (lambda v, w: w, "shape"),
        (lambda v, w: np.full(v.shape, w.mean()), "keep its place"),
    ],
)
def test_wrong_spreads_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.match_spread(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def move_of(painted: Any, photo: Any) -> Any:
    return painted @ LUMA - photo @ LUMA


def kept_with_loops(painted: Any, photo: Any) -> Any:
    kept = np.empty_like(photo)
    for place in np.ndindex(photo.shape[:2]):
        move = sum(LUMA * (painted[place] - photo[place]))
        kept[place] = photo[place] + max(min(move, 1 - max(photo[place])), -min(photo[place]))
    return kept


def kept_by_the_package(painted: Any, photo: Any) -> Any:
    return colour._as_far_as_possible(  # in float64, as the check is
        colour._SPACES["ycbcr"].of_rgb(photo), painted @ LUMA, colour._SPACES["ycbcr"]
    )[..., None] + (photo - (photo @ LUMA)[..., None])


@pytest.mark.parametrize("right", [check.keep_colours.answer, kept_with_loops, kept_by_the_package])
def test_right_kept_colours_pass(right: Callable[..., Any]) -> None:
    verdict = check.keep_colours(right)
    assert verdict.passed, verdict


def kept_by_means(painted: Any, photo: Any) -> Any:
    move = (painted - photo).mean(axis=-1)
    return photo + np.clip(move, -photo.min(axis=-1), 1 - photo.max(axis=-1))[..., None]


def one_limit(painted: Any, photo: Any) -> Any:
    return photo + np.clip(move_of(painted, photo), -photo.min(), 1 - photo.max())[..., None]


def in_place(painted: Any, photo: Any) -> Any:
    photo += move_of(painted, photo)[..., None]
    return photo


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda new, own: own + move_of(new, own)[..., None], "leave [0, 1]"),
        (lambda new, own: np.clip(own + move_of(new, own)[..., None], 0, 1), "cut off"),
        (lambda new, own: own * (new @ LUMA / (own @ LUMA))[..., None], "multiply"),
        (lambda new, own: (own * (new @ LUMA / (own @ LUMA))[..., None]).clip(0, 1), "multiply"),
        (lambda new, own: check.keep_colours.answer(own, new), "those of the painted picture"),
        (lambda new, own: own, "nothing of the painted"),
        (lambda new, own: new, "those of the painted picture"),
        (kept_by_means, "their mean"),
        (one_limit, "room of its own"),
        (lambda new, own: own + move_of(new, own)[..., None] * LUMA, "same amount"),
        (lambda new, own: own - move_of(new, own)[..., None], "wherever the pixel has room"),
        (in_place, "changes the array"),
        (lambda new, own: own + move_of(new, own), "stops with ValueError"),
        (move_of, "shape"),
    ],
)
def test_wrong_kept_colours_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.keep_colours(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def rows(picture: Any) -> Any:
    return picture.reshape(-1, 3)


def mapped(picture: Any, target: Any, a: Any) -> Any:
    centred = rows(picture) - rows(picture).mean(axis=0)
    return (centred @ a.T + rows(target).mean(axis=0)).reshape(picture.shape)


def covariances(picture: Any, target: Any) -> tuple[Any, Any]:
    return np.cov(rows(picture).T, bias=True), np.cov(rows(target).T, bias=True)


def by_cholesky(picture: Any, target: Any) -> Any:
    ours, theirs = map(np.linalg.cholesky, covariances(picture, target))
    return mapped(picture, target, theirs @ np.linalg.inv(ours))


def by_transport(picture: Any, target: Any) -> Any:
    from scipy.linalg import sqrtm

    ours, theirs = covariances(picture, target)
    half = sqrtm(ours)
    inverse = np.linalg.inv(half)
    return mapped(picture, target, np.real(inverse @ sqrtm(half @ theirs @ half) @ inverse))


def by_the_package(picture: Any, target: Any) -> Any:
    ours, theirs = covariances(picture, target)
    return mapped(picture, target, colour._root(theirs) @ colour._inverse_root(ours))


@pytest.mark.parametrize(
    "right",
    [check.match_mean_and_covariance.answer, by_cholesky, by_transport, by_the_package],
)
def test_right_matches_pass(right: Callable[..., Any]) -> None:
    verdict = check.match_mean_and_covariance(right)
    assert verdict.passed, verdict


def each_channel_alone(picture: Any, target: Any) -> Any:
    one, two = rows(picture), rows(target)
    return mapped(picture, target, np.diag(two.std(axis=0) / one.std(axis=0)))


def not_transposed(picture: Any, target: Any) -> Any:
    ours, theirs = covariances(picture, target)
    return mapped(picture, target, (colour._root(theirs) @ colour._inverse_root(ours)).T)


def without_roots(picture: Any, target: Any) -> Any:
    ours, theirs = covariances(picture, target)
    return mapped(picture, target, theirs @ np.linalg.inv(ours))


def mean_forgotten(picture: Any, target: Any) -> Any:
    return by_cholesky(picture, target) - rows(target).mean(axis=0) + rows(picture).mean(axis=0)


def channels_exchanged(picture: Any, target: Any) -> Any:
    spread = by_cholesky(picture, target) - rows(target).mean(axis=0)
    return np.roll(spread, 1, axis=-1) + rows(target).mean(axis=0)


def another_picture(picture: Any, target: Any) -> Any:
    # The target's colours, shuffled over the picture: right statistics, no picture left.
    noise = np.random.default_rng(0).normal(size=picture.shape)
    return by_cholesky(noise, target)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (each_channel_alone, "off the diagonal"),
        (not_transposed, "A·Σ·Aᵀ"),
        (without_roots, "roots of both"),
        (channels_exchanged, "roots of both"),
        (mean_forgotten, "still that of the picture given"),
        (lambda one, two: by_cholesky(one, two) + 0.1, "not that of the target"),
        (lambda one, two: mapped(one, two, np.eye(3)), "still that of the picture given"),
        (lambda one, two: one, "still that of the picture given"),
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


def test_the_answers_are_what_the_package_does() -> None:
    random = np.random.default_rng(1)
    one, two = (0.4 + 0.2 * random.random((2, 9, 7, 3))).astype(np.float32)
    np.testing.assert_allclose(
        check.keep_colours.answer(one, two), colour.keep_colours(one, two), atol=1e-6
    )
    np.testing.assert_allclose(
        check.match_mean_and_covariance.answer(one, two),
        colour.match_mean_and_covariance(one, two),
        atol=1e-5,
    )
    np.testing.assert_allclose(
        check.match_spread.answer(colour.luminance(one), colour.luminance(two)),
        colour.match_luminance(one, two)[..., 0],
        atol=1e-5,
    )


@pytest.mark.parametrize(
    "exercise", [check.match_spread, check.keep_colours, check.match_mean_and_covariance]
)
def test_a_stub_is_not_written_yet(exercise: Any) -> None:
    def stub(one: Any, two: Any) -> Any:
        raise NotImplementedError

    assert exercise(stub).state == "not written yet"
    assert exercise(None).state == "not written yet"
