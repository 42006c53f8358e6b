"""Style statistics: what a layer's maps have in common regardless of position.

A layer gives N numbers at each of M positions: M points in a space of N dimensions. Style is the
distribution of these points. The Gram matrix is one summary of it, and not a complete one.

| statistic | what is compared | how far apart |
|---|---|---|
| `"gram"` | means of products of two channels | ‖G − A‖² |
| `"mean_covariance"` | mean μ and covariance Σ | ‖μ−ν‖² + tr(Σ + T − 2(Σ^½ T Σ^½)^½) |
| `"moments"` | channels' means and central moments m₂, m₃, m₄ | squares of differences of their roots |
| `"sliced"` | all points, as seen along fixed directions | mean of ∫ (F⁻¹(q) − G⁻¹(q))² dq |

Each is divided by what it gives for points that are all 0, so it has no unit.

- Gram: Gatys et al. 2015, arXiv:1505.07376. Their distance compares means of (f·g)² over all pairs of
  points (Li et al. 2017, arXiv:1701.01036).
- Mean and covariance: the 2-Wasserstein distance between two Gaussians (Dowson and Landau 1982,
  Journal of Multivariate Analysis 12).
- Moments: Li et al. 2017 compare each channel's mean and standard deviation, Kalischek et al. 2021
  (arXiv:2103.07208) central moments of higher orders too. Here a root gives each the features' unit.
- Sliced: Heitz et al. 2021, arXiv:2006.07229, who draw new directions at each step. Here they stay.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stylelab.errors import SettingsError
from stylelab.losses.gram import gram_sums
from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from stylelab.network.tensorflow import Tensor

StatisticName = Literal["gram", "mean_covariance", "moments", "sliced"]

MIN_ENERGY = 1e-12
"""Least energy of a target: a layer may be 0 everywhere for a black picture and random weights."""


class Statistic(ABC):
    """A summary of the distribution of a layer's points, and the distance between two of them.

    Attributes:
        additive: whether what is measured of two halves of a picture adds up to that of the whole.
    """

    additive: bool = True

    @abstractmethod
    def measure(self, maps: Tensor, weights: Tensor = None) -> tuple[Tensor, ...]:
        """Measure a layer's maps, on tensors: gradients flow through it.

        Args:
            maps: shape (rows, columns, N).
            weights: shape (rows, columns), in [0, 1]: how much each position counts; all fully without.
        """

    def prepare_target(self, measured: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Compute, once, from what was measured of the target, what `distance` compares with."""
        return measured

    @abstractmethod
    def distance(self, measured: tuple[Tensor, ...], target: tuple[Tensor, ...]) -> Tensor:
        """Compute how far what was measured is from a target: 0 if alike, 1 if it is that of nothing.

        Args:
            measured: what `measure` returned, or sums of it over tiles.
            target: what `prepare_target` returned.
        """


class Gram(Statistic):
    """Which channels fire together: ‖G − A‖² / ‖A‖², with the Gram matrices per position."""

    def measure(self, maps: Tensor, weights: Tensor = None) -> tuple[Tensor, ...]:
        """Sum up f·fᵀ and the weights: shapes (N, N) and ()."""
        return gram_sums(maps, weights)

    def distance(self, measured: tuple[Tensor, ...], target: tuple[Tensor, ...]) -> Tensor:
        """Compare two Gram matrices, relative to the second."""
        tensorflow = import_tensorflow()
        gram, expected = measured[0] / measured[1], target[0] / target[1]
        squares = tensorflow.reduce_sum(tensorflow.square(gram - expected))
        return squares / energy(expected)


class MeanCovariance(Statistic):
    """Mean and covariance of the points: two Gaussians are compared.

    The squared 2-Wasserstein distance ‖μ−ν‖² + tr Σ + tr T − 2 tr (Σ^½ T Σ^½)^½ over ‖ν‖² + tr T, its
    value for points that are all 0. With any matrix L for which L·Lᵀ = T, that last trace is the sum
    of the roots of the eigenvalues of Lᵀ Σ L: the target's L is computed once, and one matrix of N × N
    is taken apart at each step, in float64, because roots make small errors large.
    """

    def measure(self, maps: Tensor, weights: Tensor = None) -> tuple[Tensor, ...]:
        """Sum up f·fᵀ, f and the weights: shapes (N, N), (N,) and ()."""
        products, total = gram_sums(maps, weights)
        return products, weighted_sum(*points_and_weights(maps, weights)), total

    def prepare_target(self, measured: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Find the mean, the trace of the covariance, and a matrix L with L·Lᵀ = the covariance.

        L has N rows, and a column for each direction in which the points vary by more than rounding.
        """
        tensorflow = import_tensorflow()
        mean, covariance = _mean_and_covariance(measured)
        eigenvalues, axes = tensorflow.linalg.eigh(covariance)
        significant = eigenvalues >= MIN_VARIANCE_RATIO * eigenvalues[-1]
        columns = axes * tensorflow.sqrt(tensorflow.maximum(eigenvalues, 0))
        factor = tensorflow.boolean_mask(columns, significant, axis=1)
        return mean, tensorflow.linalg.trace(covariance), factor

    def distance(self, measured: tuple[Tensor, ...], target: tuple[Tensor, ...]) -> Tensor:
        """Compare the two Gaussians with these means and covariances, relative to the second."""
        tensorflow = import_tensorflow()
        mean, covariance = _mean_and_covariance(measured)
        centre, variance, factor = target
        shift = tensorflow.reduce_sum(tensorflow.square(mean - centre))
        common = _trace_of_sqrt(covariance, factor)
        squared_distance = shift + tensorflow.linalg.trace(covariance) + variance - 2 * common
        whole = tensorflow.reduce_sum(tensorflow.square(centre)) + variance
        relative = tensorflow.maximum(squared_distance, 0) / tensorflow.maximum(whole, MIN_ENERGY)
        return tensorflow.cast(relative, measured[0].dtype)


class Moments(Statistic):
    """Mean and three central moments of each channel by itself: four numbers a channel.

    They are the mean and the second, third and fourth root of the central moments of these orders: the
    standard deviation σ, σ·skewness^⅓ and σ·kurtosis^¼, all in the unit of the features, so that no
    channel and no order dominates. Near 0, where a root is infinitely steep, it is rounded
    off, within `ROOT_SMOOTHING` of the layer's size.
    """

    def measure(self, maps: Tensor, weights: Tensor = None) -> tuple[Tensor, ...]:
        """Sum up f, f², f³, f⁴ and the weights: shapes (4, N) and ()."""
        tensorflow = import_tensorflow()
        points, counts = points_and_weights(maps, weights)
        squares = tensorflow.square(points)
        powers = (points, squares, squares * points, tensorflow.square(squares))
        sums = tensorflow.stack([weighted_sum(power, counts) for power in powers])
        return sums, tensorflow.reduce_sum(counts)

    def distance(self, measured: tuple[Tensor, ...], target: tuple[Tensor, ...]) -> Tensor:
        """Compare the four numbers of all channels, relative to the second's."""
        tensorflow = import_tensorflow()
        expected = target[0] / target[1]
        # Measured in the layer's own size, fourth powers stay within what float32 can hold.
        size = tensorflow.maximum(tensorflow.sqrt(tensorflow.reduce_mean(expected[1])), MIN_RMS)
        numbers = _moment_roots(measured[0] / measured[1], size)
        target_moments = _moment_roots(expected, size)
        squares = tensorflow.reduce_sum(tensorflow.square(numbers - target_moments))
        return squares / energy(target_moments)


MIN_RMS = 1e-4
"""What a layer's size is kept from, so that fourth powers can be divided by its own."""

ROOT_SMOOTHING = 0.05
"""Up to which share of a layer's size (the root of its mean square) the roots are rounded off."""


class Sliced(Statistic):
    """The whole distribution, by its projections onto fixed directions, which are sorted.

    Along a direction each point has one number. Sorted, these numbers are the quantiles; the mean
    squared difference of two sorted lists is the squared 2-Wasserstein distance of the
    projections. It is averaged over the directions and divided by its value for points that are all 0.

    Lists of different lengths, or with weights, are brought to `QUANTILE_BINS` numbers: the mean of the
    lowest 1/1024 of all weight, of the next, and so on. What differs within a share is not seen.
    """

    additive = False

    def measure(self, maps: Tensor, weights: Tensor = None) -> tuple[Tensor, ...]:
        """Project and sort the points: the mean of each share, shape (directions, SHARES)."""
        tensorflow = import_tensorflow()
        points, counts = points_and_weights(maps, weights)
        bases = tensorflow.constant(projection_directions(maps.shape[-1]), points.dtype)
        projections = tensorflow.matmul(bases, points, transpose_a=True, transpose_b=True)
        fixed = tensorflow.stop_gradient(projections)
        middle = tensorflow.reduce_mean(fixed, axis=1, keepdims=True)
        # Sums of many numbers are more exact around their middle.
        centred = projections - middle
        if weights is None:
            levels = _uniform_bin_sums(tensorflow.sort(centred, axis=1))
        else:
            levels = _weighted_bin_sums(centred, counts)
        levels = tensorflow.pad(levels, [[0, 0], [1, 0]])
        return (QUANTILE_BINS * (levels[:, 1:] - levels[:, :-1]) + middle,)

    def distance(self, measured: tuple[Tensor, ...], target: tuple[Tensor, ...]) -> Tensor:
        """Compare the shares one by one, relative to the second's."""
        tensorflow = import_tensorflow()
        squares = tensorflow.reduce_sum(tensorflow.square(measured[0] - target[0]))
        return squares / energy(target[0])


QUANTILE_BINS = 1024
"""Number of quantile bins into which the sorted projections along a direction are brought."""

MIN_DIRECTIONS = 64
"""Along how many directions points of few dimensions are seen; of more dimensions N, along N."""

STATISTICS: Mapping[StatisticName, Statistic] = MappingProxyType(
    {"gram": Gram(), "mean_covariance": MeanCovariance(), "moments": Moments(), "sliced": Sliced()}
)
"""The statistics by name."""


def energy(target: Tensor) -> Tensor:
    """‖target‖², kept from 0 by `MIN_ENERGY`."""
    tensorflow = import_tensorflow()
    return tensorflow.maximum(tensorflow.reduce_sum(tensorflow.square(target)), MIN_ENERGY)


@lru_cache(maxsize=8)  # one for each number of channels that VGG19 has, and a few
def projection_directions(channels: int) -> NDArray[np.float64]:
    """Draw the directions along which points of N dimensions are seen: (N, directions), of length 1.

    They are the axes of turned coordinate systems, drawn once for all from a fixed seed: one system
    for N ≥ 64, as many as give 64 directions for fewer.
    """
    random = np.random.default_rng(channels)
    systems = -(-MIN_DIRECTIONS // channels)
    drawn = [np.linalg.qr(random.standard_normal((channels, channels)))[0] for _ in range(systems)]
    return np.concatenate(drawn, axis=1)[:, : max(channels, MIN_DIRECTIONS)]


def get_statistic(name: StatisticName) -> Statistic:
    """Look up a statistic; raise a `SettingsError` if there is none of that name."""
    if name not in STATISTICS:
        raise SettingsError(f"Expected a statistic: {', '.join(STATISTICS)}. Received: {name!r}.")
    return STATISTICS[name]


def points_and_weights(maps: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Points (M, N) and the weight (M,) of each, of the points' type."""
    tensorflow = import_tensorflow()
    points = tensorflow.reshape(maps, [-1, maps.shape[-1]])
    if weights is None:
        return points, tensorflow.ones(tensorflow.shape(points)[:1], points.dtype)
    return points, tensorflow.reshape(tensorflow.cast(weights, points.dtype), [-1])


def weighted_sum(points: Tensor, counts: Tensor) -> Tensor:
    """Sum of points (M, N), each counted as often as `counts` (M,) say: shape (N,)."""
    # A matrix product adds up in blocks: more exactly than one after the other.
    return import_tensorflow().matmul(counts[None], points)[0]


def _mean_and_covariance(measured: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    tensorflow = import_tensorflow()
    products, sums, total = (tensorflow.cast(part, tensorflow.float64) for part in measured)
    mean = sums / total
    return mean, products / total - mean[:, None] * mean[None]


MIN_VARIANCE_RATIO = 1e-7
"""Variances below this share of the largest are rounding, as sums over positions are float32; so are
roots of products of variances, in float64."""


def _trace_of_sqrt(covariance: Tensor, factor: Tensor) -> Tensor:
    """Compute tr (Lᵀ Σ L)^½. Its derivative by Σ is ½ L (Lᵀ Σ L)^−½ Lᵀ.

    Where neither points nor target vary, the root is infinitely steep; but no change of the points
    leads there at first order, so these directions are left out. TensorFlow's own derivative would
    divide by the differences of eigenvalues, and some are equal.
    """
    tensorflow = import_tensorflow()

    @tensorflow.custom_gradient  # type: ignore[untyped-decorator]
    def trace(covariance: Tensor) -> tuple[Any, Callable[[Any], Any]]:
        between = tensorflow.matmul(factor, covariance @ factor, transpose_a=True)
        eigenvalues, axes = tensorflow.linalg.eigh((between + tensorflow.transpose(between)) / 2)
        roots = tensorflow.sqrt(tensorflow.maximum(eigenvalues, 0))
        significant = roots > MIN_VARIANCE_RATIO * roots[-1]

        def derivative(upstream: Tensor) -> Tensor:
            inverse = tensorflow.where(significant, 1 / tensorflow.where(significant, roots, 1), 0)
            spanned = factor @ axes
            return upstream / 2 * tensorflow.matmul(spanned * inverse, spanned, transpose_b=True)

        return tensorflow.reduce_sum(tensorflow.where(significant, roots, 0)), derivative

    return trace(covariance)


def _moment_roots(raw: Tensor, size: Tensor) -> Tensor:
    """Bring raw moments (4, N) to the mean and the roots of the central moments, by the size."""
    tensorflow = import_tensorflow()
    first, second, third, fourth = (raw[i] / size ** (i + 1) for i in range(4))
    square = tensorflow.square(first)
    variance = second - square
    skewed = third - 3 * first * second + 2 * first * square
    tailed = fourth - 4 * first * third + 6 * square * second - 3 * tensorflow.square(square)
    return tensorflow.stack(
        [
            first,
            tensorflow.sqrt(tensorflow.maximum(variance, 0) + ROOT_SMOOTHING**2) - ROOT_SMOOTHING,
            skewed / (tensorflow.abs(skewed) + ROOT_SMOOTHING**3) ** (2 / 3),
            (tensorflow.maximum(tailed, 0) + ROOT_SMOOTHING**4) ** 0.25 - ROOT_SMOOTHING,
        ]
    )


def _uniform_bin_sums(ordered: Tensor) -> Tensor:
    """Sum up the lowest of (directions, M) sorted numbers, of weight 1/M each, to each share's end."""
    tensorflow = import_tensorflow()
    positions = tensorflow.shape(ordered, "int64")[1]
    ends = np.arange(1, QUANTILE_BINS + 1) * positions
    bin_end = -(-ends // QUANTILE_BINS) - 1  # the position within which a share ends
    inside = tensorflow.cast(
        ends / QUANTILE_BINS - tensorflow.cast(bin_end, "float64"), ordered.dtype
    )
    sums = tensorflow.cumsum(ordered, axis=1, exclusive=True)
    below, last = (tensorflow.gather(values, bin_end, axis=1) for values in (sums, ordered))
    return (below + inside * last) / tensorflow.cast(positions, ordered.dtype)


def _weighted_bin_sums(projections: Tensor, counts: Tensor) -> Tensor:
    """Sum up the lowest of (directions, M) numbers with weights (M,), up to each share's end."""
    tensorflow = import_tensorflow()
    order = tensorflow.argsort(projections, axis=1)
    ordered = tensorflow.gather(projections, order, batch_dims=1)
    part = counts / tensorflow.maximum(tensorflow.reduce_sum(counts), MIN_ENERGY)
    parts = tensorflow.gather(part, order)
    cumulative = tensorflow.cumsum(parts, axis=1)
    cumulative /= cumulative[:, -1:]
    ends = tensorflow.range(1, QUANTILE_BINS + 1, dtype=projections.dtype) / QUANTILE_BINS
    ends = tensorflow.broadcast_to(ends, (projections.shape[0], QUANTILE_BINS))
    last = tensorflow.shape(projections)[1] - 1
    bin_end = tensorflow.minimum(tensorflow.searchsorted(cumulative, ends), last)
    before = tensorflow.gather(cumulative - parts, bin_end, batch_dims=1)
    sums = tensorflow.cumsum(parts * ordered, axis=1, exclusive=True)
    inside = (ends - before) * tensorflow.gather(ordered, bin_end, batch_dims=1)
    return tensorflow.gather(sums, bin_end, batch_dims=1) + inside


def validate_additive(statistic: StatisticName) -> None:
    """Raise a `SettingsError` unless the measures of two halves add up, as tiles require."""
    if not STATISTICS[statistic].additive:
        additive = [f'"{name}"' for name, one in STATISTICS.items() if one.additive]
        raise SettingsError(
            f"Expected a statistic that adds up over tiles: {', '.join(additive)}. "
            f'Received: "{statistic}", which needs all positions together. Take one of the others, '
            "or compute the picture whole: without a tile, at a size that fits into memory."
        )
