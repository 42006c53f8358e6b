"""Statistics of other maps: against formulas by hand, SciPy, and the distance of notebook 13."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg

import stylelab as sl
from stylelab.errors import PictureError
from stylelab.painting.feature_transforms import LEAST_VARIANCE

Array = NDArray[np.floating[Any]]
WAYS = (sl.adain, sl.whiten_and_colour, sl.gaussian_transport)
FULL = WAYS[1:]
every_way = pytest.mark.parametrize("move", WAYS)
both = pytest.mark.parametrize("move", FULL)


def make_maps(random: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    mixing = random.standard_normal((shape[2], shape[2]))
    return random.standard_normal(shape) @ mixing + random.standard_normal(shape[2])


@pytest.fixture
def pair(random: np.random.Generator) -> tuple[Array, Array]:
    return make_maps(random, (9, 11, 4)), make_maps(random, (13, 7, 4))


def moments(maps: Array) -> tuple[Array, Array]:
    points = maps.reshape(-1, maps.shape[-1])
    return points.mean(0), np.cov(points.T, ddof=0)


def test_adain_is_one_line_for_each_channel(pair: tuple[Array, Array]) -> None:
    maps, target = pair
    moved = sl.adain(maps, target)
    for channel in range(4):
        x, wanted = maps[..., channel], target[..., channel]
        expected = wanted.std() * (x - x.mean()) / x.std() + wanted.mean()
        np.testing.assert_allclose(moved[..., channel], expected)


def test_adain_keeps_the_correlations(pair: tuple[Array, Array]) -> None:
    maps, target = pair
    moved = sl.adain(maps, target)
    np.testing.assert_allclose(
        np.corrcoef(moved.reshape(-1, 4).T), np.corrcoef(maps.reshape(-1, 4).T)
    )


def test_whitened_maps_have_mean_0_and_covariance_1(pair: tuple[Array, Array]) -> None:
    mean, covariance = moments(sl.whiten(pair[0]))
    np.testing.assert_allclose(mean, 0, atol=1e-12)
    np.testing.assert_allclose(covariance, np.eye(4), atol=1e-12)


def test_whitening_is_scipys_inverse_root(pair: tuple[Array, Array]) -> None:
    mean, covariance = moments(pair[0])
    root = linalg.inv(linalg.sqrtm(covariance))
    np.testing.assert_allclose(sl.whiten(pair[0]), (pair[0] - mean) @ root)


@both
def test_mean_and_covariance_are_the_targets(
    move: Callable[[Array, Array], Array], pair: tuple[Array, Array]
) -> None:
    for one, other in zip(moments(move(*pair)), moments(pair[1]), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10)


def test_colouring_is_scipys_root_after_whitening(pair: tuple[Array, Array]) -> None:
    mean, covariance = moments(pair[1])
    expected = sl.whiten(pair[0]) @ linalg.sqrtm(covariance) + mean
    np.testing.assert_allclose(sl.whiten_and_colour(*pair), expected)


def test_the_transport_map_is_that_of_scipys_roots(pair: tuple[Array, Array]) -> None:
    (mean, own), (wanted_mean, wanted) = moments(pair[0]), moments(pair[1])
    root = linalg.sqrtm(own)
    inverse = linalg.inv(root)
    matrix = inverse @ linalg.sqrtm(root @ wanted @ root) @ inverse
    expected = (pair[0] - mean) @ matrix.T + wanted_mean
    np.testing.assert_allclose(sl.gaussian_transport(*pair), expected)


def squared_distance(maps: Array, moved: Array) -> float:
    return float(np.mean(np.sum((moved - maps) ** 2, axis=-1)))


def test_the_transport_map_moves_as_far_as_the_wasserstein_distance(
    pair: tuple[Array, Array],
) -> None:
    moved = squared_distance(pair[0], sl.gaussian_transport(*pair))
    assert moved == pytest.approx(sl.wasserstein_gaussian(*pair))


def test_every_other_map_moves_points_further(
    pair: tuple[Array, Array], random: np.random.Generator
) -> None:
    maps, target = pair
    least = squared_distance(maps, sl.gaussian_transport(maps, target))
    mean, covariance = moments(target)
    white, root = sl.whiten(maps), linalg.sqrtm(covariance)
    turns = [np.eye(4), *(linalg.qr(random.standard_normal((4, 4)))[0] for _ in range(20))]
    for turn in turns:
        moved = white @ turn @ root + mean
        for one, other in zip(moments(moved), (mean, covariance), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-10)
        assert squared_distance(maps, moved) > least


def test_of_one_channel_all_ways_are_the_same(pair: tuple[Array, Array]) -> None:
    maps, target = (one[..., :1] for one in pair)
    for move in FULL:
        np.testing.assert_allclose(move(maps, target), sl.adain(maps, target))


@every_way
def test_maps_moved_to_themselves_stay(
    move: Callable[[Array, Array], Array], pair: tuple[Array, Array]
) -> None:
    np.testing.assert_allclose(move(pair[0], pair[0]), pair[0], atol=1e-10)


@every_way
def test_the_type_and_the_arguments_stay(
    move: Callable[[Array, Array], Array], pair: tuple[Array, Array]
) -> None:
    maps, target = (one.astype(np.float32) for one in pair)
    before = maps.copy()
    assert move(maps, target).dtype == np.float32
    np.testing.assert_array_equal(maps, before)


@every_way
def test_a_flat_channel_stays_flat_and_finite(
    move: Callable[[Array, Array], Array], pair: tuple[Array, Array]
) -> None:
    maps, target = pair[0].copy(), pair[1]
    maps[..., 2] = 0.7
    moved = move(maps, target)
    assert np.isfinite(moved).all()
    if move is not sl.whiten_and_colour:  # which mixes in the other channels
        np.testing.assert_allclose(moved[..., 2], target[..., 2].mean())


def test_a_direction_of_rounding_errors_is_not_enlarged(random: np.random.Generator) -> None:
    maps = random.standard_normal((20, 20, 3))
    maps[..., 2] *= np.sqrt(LEAST_VARIANCE) / 10
    white = sl.whiten(maps)
    assert np.abs(white[..., 2]).max() < 0.1
    np.testing.assert_allclose(white[..., :2].std((0, 1)), 1, rtol=1e-3)


@every_way
def test_maps_of_other_shapes_are_refused(move: Callable[[Array, Array], Array]) -> None:
    maps = np.ones((4, 4, 3))
    for one, other in ((maps, maps[..., :2]), (maps[0], maps), (maps, maps[:0])):
        with pytest.raises(PictureError, match="Expected"):
            move(one, other)
    with pytest.raises(PictureError, match="Expected"):
        sl.whiten(maps[0])
