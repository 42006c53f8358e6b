from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stylelab.errors import PictureError, SettingsError
from stylelab.losses import statistics
from stylelab.losses.distances import (
    channel_moments,
    sliced_wasserstein,
    statistic_distance,
    wasserstein_gaussian,
)
from stylelab.losses.statistics import (
    QUANTILE_BINS,
    STATISTICS,
    StatisticName,
    get_statistic,
    projection_directions,
)
from stylelab.network.tensorflow import import_tensorflow

Array = NDArray[np.float64]
NAMES: tuple[StatisticName, ...] = ("gram", "mean_covariance", "moments", "sliced")
each_statistic = pytest.mark.parametrize("name", NAMES)
seeds = st.integers(0, 2**20)


def random_maps(
    random: np.random.Generator, rows: int = 6, columns: int = 5, channels: int = 4
) -> Array:
    """Maps as they come out of a ReLU, channels related with each other, with some values at 0."""
    mixed = random.standard_normal((rows, columns, channels)) @ random.standard_normal(
        (channels, channels)
    )
    return np.maximum(mixed + 0.7, 0) + 1e-3 * random.random((rows, columns, channels))


def flat(maps: Array) -> Array:
    return maps.reshape(-1, maps.shape[-1])


def value_and_gradient(
    name: StatisticName,
    maps: NDArray[Any],
    target: NDArray[Any],
    weights: NDArray[Any] | None = None,
) -> tuple[float, NDArray[Any]]:
    tensorflow = import_tensorflow()
    statistic = STATISTICS[name]
    aims = statistic.prepare_target(statistic.measure(tensorflow.constant(target)))
    points = tensorflow.constant(maps)
    with tensorflow.GradientTape() as tape:
        tape.watch(points)
        distance = statistic.distance(statistic.measure(points, weights), aims)
    gradient: NDArray[Any] = tape.gradient(distance, points).numpy()
    return float(distance), gradient


def by_numpy(name: StatisticName, maps: Array, target: Array, **weights: Any) -> float:
    """Each statistic in its relative form, from the public functions or by hand."""
    nothing = np.zeros_like(maps)
    if name == "mean_covariance":
        whole = wasserstein_gaussian(nothing, target, **weights)
        return wasserstein_gaussian(maps, target, **weights) / whole
    if name == "sliced":
        whole = sliced_wasserstein(nothing, target, **weights)
        return sliced_wasserstein(maps, target, **weights) / whole
    own, aims = weights.get("weights"), weights.get("target_weights")
    if name == "moments":
        return rounded_moments(maps, target, own, aims)
    g, a = products(maps, own), products(target, aims)
    return float(np.sum((g - a) ** 2) / np.sum(a**2))


def products(maps: Array, weights: Array | None) -> Array:
    counts = np.ones(len(flat(maps))) if weights is None else weights.ravel()
    gram: Array = np.einsum("mi,mj,m->ij", flat(maps), flat(maps), counts) / counts.sum()
    return gram


def rounded_moments(
    maps: Array, target: Array, weights: Array | None = None, aims: Array | None = None
) -> float:
    """The roots rounded off near 0, as the module says, from those that are not."""
    rounded = statistics.ROOT_SMOOTHING
    counts = np.ones(len(flat(target))) if aims is None else aims.ravel()
    size = np.sqrt(counts @ (flat(target) ** 2).mean(1) / counts.sum())
    numbers = []
    for values, own in ((maps, weights), (target, aims)):
        mean, second, third, fourth = channel_moments(values, weights=own) / size
        numbers.append(
            [
                mean,
                np.hypot(second, rounded) - rounded,
                third**3 / np.cbrt(np.abs(third) ** 3 + rounded**3) ** 2,
                (fourth**4 + rounded**4) ** 0.25 - rounded,
            ]
        )
    one, other = np.array(numbers)
    return float(np.sum((one - other) ** 2) / np.sum(other**2))


def test_the_literal_lists_all_statistics() -> None:
    assert tuple(STATISTICS) == NAMES


@each_statistic
def test_a_distribution_has_distance_0_from_itself(name: StatisticName) -> None:
    maps = random_maps(np.random.default_rng(0)).astype(np.float32)
    assert 0 <= statistic_distance(maps, maps, name) < 1e-5


@each_statistic
def test_zero_maps_have_distance_1(name: StatisticName) -> None:
    maps = random_maps(np.random.default_rng(1)).astype(np.float32)
    assert statistic_distance(np.zeros_like(maps), maps, name) == pytest.approx(1, abs=1e-5)


@each_statistic
def test_distances_are_invariant_to_feature_scale(name: StatisticName) -> None:
    random = np.random.default_rng(2)
    maps, target = (random_maps(random).astype(np.float32) for _ in range(2))
    plain = statistic_distance(maps, target, name)
    assert plain > 0.01
    for factor in (1e-3, 1e4):
        scaled = statistic_distance(factor * maps, factor * target, name)
        assert scaled == pytest.approx(plain, rel=1e-3)


@each_statistic
@settings(max_examples=10)
@given(seed=seeds)
def test_positions_do_not_matter(name: StatisticName, seed: int) -> None:
    random = np.random.default_rng(seed)
    maps, target = random_maps(random), random_maps(random)
    shuffled = random.permutation(flat(maps)).reshape(5, 6, 4)
    assert statistic_distance(shuffled, target, name) == pytest.approx(
        statistic_distance(maps, target, name), rel=1e-6
    )


@each_statistic
@settings(max_examples=10)
@given(seed=seeds, weighted=st.booleans())
def test_tensors_agree_with_numpy(name: StatisticName, seed: int, weighted: bool) -> None:
    random = np.random.default_rng(seed)
    # With 16 × 4 positions shares are exact; with weights in 64ths too.
    maps, target = random_maps(random, 8, 8), random_maps(random, 4, 8)
    weights = {}
    if weighted:
        weights = {"weights": in_64ths(random, (8, 8)), "target_weights": in_64ths(random, (4, 8))}
    ours = statistic_distance(maps, target, name, **weights)
    assert ours == pytest.approx(by_numpy(name, maps, target, **weights), rel=1e-6)


def in_64ths(random: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Weights, some of them 0, summing to a multiple of 1/64: shares then end between positions."""
    cuts = np.sort(random.integers(0, 65, shape[0] * shape[1] - 1))
    return (np.diff(cuts, prepend=0, append=64) / 64).reshape(shape)


@each_statistic
@pytest.mark.parametrize("shapes", [((6, 5), (4, 7)), ((40, 40), (3, 3)), ((1, 2), (9, 5))])
def test_the_gradient_agrees_with_finite_differences(
    name: StatisticName, shapes: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    random = np.random.default_rng(3)
    maps, target = (random_maps(random, *shape) for shape in shapes)
    check_gradient(name, maps, target, None, random)


@each_statistic
@settings(max_examples=4)
@given(seed=seeds)
def test_the_gradient_agrees_with_finite_differences_where_positions_have_weights(
    name: StatisticName, seed: int
) -> None:
    random = np.random.default_rng(seed)
    weights = random.random((5, 6)) * (random.random((5, 6)) < 0.7)
    weights[0, 0] = 0.5
    maps, target = random_maps(random, 5, 6), random_maps(random, 7, 4)
    gradient = check_gradient(name, maps, target, weights, random)
    assert not gradient[weights == 0].any()


def check_gradient(
    name: StatisticName,
    maps: Array,
    target: Array,
    weights: Array | None,
    random: np.random.Generator,
) -> NDArray[Any]:
    _, exact = value_and_gradient(name, maps, target, weights)
    _, single = value_and_gradient(
        name, maps.astype(np.float32), target.astype(np.float32), weights
    )
    assert single.dtype == np.float32
    size = float(np.linalg.norm(exact))
    assert np.linalg.norm(single - exact) < 2e-3 * size
    for _ in range(4):
        way = random.standard_normal(maps.shape)
        way /= np.linalg.norm(way)
        step = 1e-6
        ends = [
            statistic_distance(maps + sign * step * way, target, name, weights=weights)
            for sign in (1, -1)
        ]
        slope = (ends[0] - ends[1]) / (2 * step)
        assert slope == pytest.approx(float(np.sum(exact * way)), rel=1e-4, abs=1e-6 * size)
    return exact


def inactive_channel(maps: Array) -> Array:
    return maps * [1, 1, 0, 1]


ODD: dict[str, Callable[[Array], Array]] = {
    "usual": lambda maps: maps,
    "all zero": lambda maps: 0 * maps,
    "an inactive channel": inactive_channel,
    "one position": lambda maps: maps[:1, :1],
    "all alike": lambda maps: 0 * maps + maps[0, 0],
    "two channels alike": lambda maps: maps[..., [0, 1, 1, 3]],
    "each other's reversed": lambda maps: maps[..., ::-1],
    "large": lambda maps: 1e4 * maps,
    "small": lambda maps: 1e-5 * maps,
}
ODD_PAIRS = sorted({pair for odd in ODD for pair in product((odd, "usual"), repeat=2)})


@each_statistic
@pytest.mark.parametrize(("one", "other"), ODD_PAIRS)
def test_value_and_gradient_stay_finite(name: StatisticName, one: str, other: str) -> None:
    maps = random_maps(np.random.default_rng(4), 3, 4)
    value, gradient = value_and_gradient(
        name, ODD[one](maps).astype(np.float32), ODD[other](maps).astype(np.float32)
    )
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


@each_statistic
def test_graph_and_eager_execution_agree(name: StatisticName) -> None:
    tensorflow = import_tensorflow()
    statistic = STATISTICS[name]
    random = np.random.default_rng(5)
    maps, target = (random_maps(random).astype(np.float32) for _ in range(2))
    aims = statistic.prepare_target(statistic.measure(tensorflow.constant(target)))

    def evaluate(points: Any, goal: Any) -> Any:
        with tensorflow.GradientTape() as tape:
            tape.watch(points)
            distance = statistic.distance(statistic.measure(points), goal)
        return distance, tape.gradient(distance, points)

    value, gradient = value_and_gradient(name, maps, target)
    spec = tensorflow.TensorSpec(maps.shape)
    closed_over = tensorflow.function(
        lambda points: evaluate(points, aims), input_signature=[spec], autograph=False
    )
    handed_in = tensorflow.function(evaluate, autograph=False)
    for distance, slope in (closed_over(maps), handed_in(tensorflow.constant(maps), aims)):
        assert float(distance) == pytest.approx(value, rel=1e-5)
        np.testing.assert_allclose(slope.numpy(), gradient, rtol=1e-3, atol=1e-6)


def test_what_is_computed_of_the_target_is_not_part_of_the_graph() -> None:
    tensorflow = import_tensorflow()
    statistic = STATISTICS["mean_covariance"]
    maps = random_maps(np.random.default_rng(6)).astype(np.float32)
    aims = statistic.prepare_target(statistic.measure(tensorflow.constant(maps)))
    graph = tensorflow.function(
        lambda points: statistic.distance(statistic.measure(points), aims), autograph=False
    ).get_concrete_function(tensorflow.TensorSpec(maps.shape))
    kinds = [operation.type for operation in graph.graph.get_operations()]
    assert kinds.count("SelfAdjointEigV2") == 1


@pytest.mark.parametrize("name", [name for name in NAMES if STATISTICS[name].additive])
@pytest.mark.parametrize("weighted", [False, True])
def test_additive_measures_of_two_halves_sum_to_that_of_the_whole(
    name: StatisticName, weighted: bool
) -> None:
    random = np.random.default_rng(7)
    maps = random_maps(random)
    weights = random.random(maps.shape[:2]) if weighted else None
    measure = STATISTICS[name].measure
    halves = [
        measure(maps[rows], None if weights is None else weights[rows])
        for rows in (slice(2), slice(2, None))
    ]
    for whole, upper, lower in zip(measure(maps, weights), *halves, strict=True):
        np.testing.assert_allclose(upper + lower, whole, rtol=1e-12)


def test_only_measures_of_sorted_projections_are_not_additive() -> None:
    assert [name for name in NAMES if not STATISTICS[name].additive] == ["sliced"]


@each_statistic
def test_positions_of_weight_0_do_not_count(name: StatisticName) -> None:
    random = np.random.default_rng(8)
    maps, target = random_maps(random, 4, 8), random_maps(random)
    weights = np.zeros((4, 8))
    weights[:, :4] = 1
    alone = statistic_distance(maps[:, :4], target, name)
    assert statistic_distance(maps, target, name, weights=weights) == pytest.approx(alone, rel=1e-6)


@each_statistic
def test_a_weight_of_one_half_counts_a_position_half_as_often(name: StatisticName) -> None:
    random = np.random.default_rng(9)
    maps, target = random_maps(random, 4, 4), random_maps(random)
    twice = np.concatenate([maps, maps[:2]])
    weights = np.array([1, 1, 0.5, 0.5])[:, None] * np.ones(4)
    assert statistic_distance(maps, target, name, weights=weights) == pytest.approx(
        statistic_distance(twice, target, name), rel=1e-6
    )


# Mean and covariance


@settings(max_examples=10)
@given(seed=seeds)
def test_the_gaussian_distance_matches_scipys_matrix_square_root(seed: int) -> None:
    random = np.random.default_rng(seed)
    f, p = random_maps(random), random_maps(random, 7, 8)
    sigma, tau = (np.cov(flat(maps).T, bias=True) for maps in (f, p))
    root = scipy.linalg.sqrtm(tau)
    common = scipy.linalg.sqrtm(root @ sigma @ root).real
    shift = np.sum((f.mean((0, 1)) - p.mean((0, 1))) ** 2)
    expected = shift + np.trace(sigma + tau - 2 * common)
    assert wasserstein_gaussian(f, p) == pytest.approx(expected, rel=1e-6)


def test_translated_gaussians_have_the_translation_as_distance() -> None:
    maps = random_maps(np.random.default_rng(10))
    assert wasserstein_gaussian(maps + np.array([3, 0, 4, 0]), maps) == pytest.approx(25)


def test_targets_may_have_fewer_positions_than_channels() -> None:
    random = np.random.default_rng(11)
    maps, target = random_maps(random, 5, 5, 40), random_maps(random, 3, 3, 40)
    expected = by_numpy("mean_covariance", maps, target)
    single = statistic_distance(
        maps.astype(np.float32), target.astype(np.float32), "mean_covariance"
    )
    assert single == pytest.approx(expected, rel=1e-4)


# Moments


@settings(max_examples=10)
@given(seed=seeds)
def test_moments_match_scipy(seed: int) -> None:
    maps = random_maps(np.random.default_rng(seed))
    mean, deviation, third, fourth = channel_moments(maps)
    np.testing.assert_allclose(mean, maps.mean((0, 1)))
    np.testing.assert_allclose(deviation, maps.std((0, 1)))
    skewness, kurtosis = (third / deviation) ** 3, (fourth / deviation) ** 4
    np.testing.assert_allclose(skewness, scipy.stats.skew(flat(maps)), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(kurtosis, scipy.stats.kurtosis(flat(maps), fisher=False), rtol=1e-6)


def test_moments_with_integer_weights_match_repeated_positions() -> None:
    random = np.random.default_rng(12)
    maps, often = random_maps(random), random.integers(0, 4, (6, 5))
    repeated = np.repeat(flat(maps), often.ravel(), axis=0)[None]
    np.testing.assert_allclose(channel_moments(maps, weights=often / 4), channel_moments(repeated))


def test_moments_do_not_depend_on_other_channels() -> None:
    random = np.random.default_rng(13)
    maps = random_maps(random)
    apart = random.permuted(flat(maps), axis=0).reshape(maps.shape)
    assert statistic_distance(apart, maps, "moments") == pytest.approx(0, abs=1e-12)
    for name in ("gram", "mean_covariance", "sliced"):
        assert statistic_distance(apart, maps, name) > 1e-3


# Sliced


@settings(max_examples=10)
@given(seed=seeds)
def test_projections_of_equally_many_points_are_compared_in_order(seed: int) -> None:
    random = np.random.default_rng(seed)
    f, p = random_maps(random), random_maps(random)
    along = projection_directions(4)
    pairs = (np.sort(flat(maps) @ along, axis=0) for maps in (f, p))
    one, other = pairs
    expected = np.mean((one - other) ** 2)
    assert sliced_wasserstein(f, p) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=10)
@given(seed=seeds)
def test_quantile_bins_of_weighted_points_match_scipys_distance(seed: int) -> None:
    # Scipy knows the distance of order 1: the mean of |F⁻¹ − G⁻¹|, from any weights.
    random = np.random.default_rng(seed)
    tensorflow = import_tensorflow()
    maps, target = random_maps(random, 8, 8, 1), random_maps(random, 4, 8, 1)
    weights, aims = in_64ths(random, (8, 8)), in_64ths(random, (4, 8))
    measure = STATISTICS["sliced"].measure
    shares = [
        measure(tensorflow.constant(values), tensorflow.constant(counts))[0].numpy()[0]
        for values, counts in ((maps, weights), (target, aims))
    ]
    axis = float(projection_directions(1)[0, 0])
    expected = scipy.stats.wasserstein_distance(
        axis * maps.ravel(), axis * target.ravel(), weights.ravel(), aims.ravel()
    )
    assert np.mean(np.abs(shares[0] - shares[1])) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("positions", [1, 3, 700, QUANTILE_BINS, 3 * QUANTILE_BINS])
def test_quantile_bins_are_means_of_sorted_values_and_weights_of_1_change_nothing(
    positions: int,
) -> None:
    tensorflow = import_tensorflow()
    maps = np.random.default_rng(14).random((positions, 1, 2))
    measure = STATISTICS["sliced"].measure
    shares = measure(tensorflow.constant(maps))[0].numpy()[:3]
    fine = np.repeat(
        np.sort(flat(maps) @ projection_directions(2)[:, :3], axis=0), QUANTILE_BINS, axis=0
    )
    expected = fine.reshape(QUANTILE_BINS, positions, 3).mean(1).T
    np.testing.assert_allclose(shares, expected, rtol=1e-9, atol=1e-12)
    ones = tensorflow.ones((positions, 1), tensorflow.float64)
    weighted = measure(tensorflow.constant(maps), ones)[0].numpy()[:3]
    np.testing.assert_allclose(weighted, shares, rtol=1e-9, atol=1e-12)


def test_quantile_bins_stay_exact_in_float32_for_values_far_from_0() -> None:
    tensorflow = import_tensorflow()
    maps = 1000 + np.random.default_rng(15).random((160, 160, 2))
    measure = STATISTICS["sliced"].measure
    single, exact = (
        measure(tensorflow.constant(maps.astype(kind)))[0].numpy() for kind in ("f4", "f8")
    )
    assert np.abs(single - exact).max() < 1e-3


@pytest.mark.parametrize("channels", [1, 3, 48, 64, 100])
def test_directions_are_unit_vectors_and_the_first_orthogonal(channels: int) -> None:
    along = projection_directions(channels)
    assert along.shape == (channels, max(channels, 64))
    np.testing.assert_allclose(np.linalg.norm(along, axis=0), 1)
    first = along[:, :channels]
    np.testing.assert_allclose(first.T @ first, np.eye(channels), atol=1e-12)


def test_directions_are_reproducible() -> None:
    before = projection_directions(5).copy()
    projection_directions.cache_clear()
    np.testing.assert_array_equal(projection_directions(5), before)


# What each statistic distinguishes


def colours(*points: tuple[float, float, float]) -> Array:
    return np.array(points, np.float64).reshape(2, -1, 3)


def test_different_distributions_can_have_the_same_gram_matrix() -> None:
    even = colours(*[(1, 1, 1)] * 4)
    bright = float(np.sqrt(2))
    uneven = colours(*[(bright, bright, bright), (0, 0, 0)] * 2)
    assert statistic_distance(uneven, even, "gram") == pytest.approx(0, abs=1e-12)
    for name in ("mean_covariance", "moments", "sliced"):
        assert statistic_distance(uneven, even, name) > 0.1


def test_only_projections_distinguish_light_from_ink() -> None:
    light = colours((1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1))
    ink = 1 - light
    for name in ("gram", "mean_covariance", "moments"):
        assert statistic_distance(light, ink, name) == pytest.approx(0, abs=1e-12)
    assert statistic_distance(light, ink, "sliced") > 0.01


# Refusals


@pytest.mark.parametrize(
    ("maps", "weights", "reason"),
    [
        (np.ones((4, 4)), None, r"rows, columns, channels.*Received: \(4, 4\)"),
        (np.ones((0, 4, 3)), None, "rows, columns, channels"),
        (np.ones((2, 2, 3)), np.ones((2, 3)), r"weights of shape \(2, 2\).*\(2, 3\)"),
        (np.ones((2, 2, 3)), np.zeros((2, 2)), "all 0"),
        (np.ones((2, 2, 4)), None, "same number of channels"),
    ],
)
@pytest.mark.parametrize("function", [statistic_distance, wasserstein_gaussian, sliced_wasserstein])
def test_maps_and_weights_of_other_shapes_are_refused(
    function: Callable[..., float], maps: Array, weights: Array | None, reason: str
) -> None:
    good = np.ones((3, 2, 3))
    with pytest.raises(PictureError, match=reason):
        function(maps, good, weights=weights)
    with pytest.raises(PictureError, match=reason):
        function(good, maps, target_weights=weights)


def test_moments_refuse_weights_of_another_shape() -> None:
    with pytest.raises(PictureError, match="weights of shape"):
        channel_moments(np.ones((2, 2, 3)), weights=np.ones(4))


def test_directions_for_other_channels_are_refused() -> None:
    with pytest.raises(PictureError, match=r"\(3, any number\)"):
        sliced_wasserstein(np.ones((2, 2, 3)), np.ones((2, 2, 3)), np.ones((4, 7)))


def test_an_unknown_statistic_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="gram, mean_covariance, moments, sliced"):
        get_statistic("variance")  # type: ignore[arg-type]
