"""How far apart the statistics of two sets of feature maps are, on NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import PictureError
from stylelab.losses.gram import validate_maps
from stylelab.losses.statistics import get_statistic, projection_directions
from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.losses.statistics import StatisticName

    Array = NDArray[np.floating[Any]]
    Spread = tuple[NDArray[np.float64], NDArray[np.float64]]


def statistic_distance(
    maps: Array,
    target: Array,
    statistic: StatisticName = "gram",
    *,
    weights: Array | None = None,
    target_weights: Array | None = None,
) -> float:
    """Compute how far a layer's maps are from others by one statistic, as a loss does.

    ```python
    one, other = (sl.VGG19("block1_conv1")(image)["block1_conv1"] for image in (photo, painting))
    sl.statistic_distance(one, other, "moments")
    ```

    Args:
        maps: shape (rows, columns, N).
        target: shape (rows, columns, N); another number of positions is welcome.
        statistic: one of `STATISTICS`.
        weights: shape (rows, columns) of `maps`, in [0, 1]: how much each position counts.
        target_weights: the same for `target`.

    Returns:
        A number without a unit: 0 if alike, 1 if `maps` are all 0.

    Raises:
        SettingsError: there is no such statistic.
        PictureError: maps or weights have another shape, or the weights are all 0.
    """
    selected = get_statistic(statistic)
    _validate_pair((maps, weights), (target, target_weights))
    constant = import_tensorflow().constant
    measures = [
        selected.measure(constant(values), None if counts is None else constant(counts))
        for values, counts in ((maps, weights), (target, target_weights))
    ]
    return float(selected.distance(measures[0], selected.prepare_target(measures[1])))


def channel_moments(maps: Array, *, weights: Array | None = None) -> NDArray[np.float64]:
    """Compute four numbers of each channel, all in the unit of the features: what `"moments"` compares.

    ```python
    maps = sl.VGG19("block1_conv1")(photo)["block1_conv1"]
    mean, deviation, *_ = sl.channel_moments(maps)
    ```

    Args:
        maps: shape (rows, columns, N).
        weights: shape (rows, columns), in [0, 1]: how much each position counts.

    Returns:
        Shape (4, N): the mean, and the second, third (with its sign) and fourth root of the central
        moments of these orders. The second is the standard deviation σ; the third over σ, cubed, is
        the skewness; the fourth over σ, to the fourth, is the kurtosis (3 for a Gaussian).

    Raises:
        PictureError: the maps or the weights have another shape, or the weights are all 0.
    """
    points, shares = _points_and_shares(maps, weights)
    mean = shares @ points
    second, third, fourth = (shares @ (points - mean) ** order for order in (2, 3, 4))
    return np.stack([mean, np.sqrt(second), np.cbrt(third), fourth**0.25])


def wasserstein_gaussian(
    maps: Array, target: Array, *, weights: Array | None = None, target_weights: Array | None = None
) -> float:
    """Compute the squared 2-Wasserstein distance of two Gaussians: those of the maps' spreads.

    ‖μ−ν‖² + tr Σ + tr T − 2 tr (Σ^½ T Σ^½)^½, in the unit of the features squared.

    ```python
    one, other = (sl.VGG19("block1_conv1")(image)["block1_conv1"] for image in (photo, painting))
    sl.wasserstein_gaussian(one, other)
    ```

    Args:
        maps: shape (rows, columns, N), with mean μ and covariance Σ.
        target: shape (rows, columns, N), with mean ν and covariance T.
        weights: shape (rows, columns) of `maps`, in [0, 1]: how much each position counts.
        target_weights: the same for `target`.

    Raises:
        PictureError: maps or weights have another shape, or the weights are all 0.
    """
    means, roots = [], []
    for points, shares in _spreads((maps, weights), (target, target_weights)):
        means.append(shares @ points)
        centred = points - means[-1]
        eigenvalues, axes = np.linalg.eigh((centred * shares[:, None]).T @ centred)
        roots.append((axes * np.sqrt(np.maximum(eigenvalues, 0))) @ axes.T)
    # tr (Σ^½ T Σ^½)^½ is the sum of the singular values of Σ^½ T^½.
    common = np.linalg.svd(roots[0] @ roots[1], compute_uv=False).sum()
    shift = np.sum((means[0] - means[1]) ** 2)
    return max(float(shift + sum(np.sum(root**2) for root in roots) - 2 * common), 0.0)


def sliced_wasserstein(
    maps: Array,
    target: Array,
    directions: Array | None = None,
    *,
    weights: Array | None = None,
    target_weights: Array | None = None,
) -> float:
    """Compute the squared 2-Wasserstein distance of two distributions, averaged over projections.

    Exactly, from all the points: no shares are taken. In the unit of the features squared.

    ```python
    one, other = (sl.VGG19("block1_conv1")(image)["block1_conv1"] for image in (photo, painting))
    sl.sliced_wasserstein(one, other)
    ```

    Args:
        maps: shape (rows, columns, N).
        target: shape (rows, columns, N); another number of positions is welcome.
        directions: shape (N, directions), each of length 1; those of `projection_directions`
            without it.
        weights: shape (rows, columns) of `maps`, in [0, 1]: how much each position counts.
        target_weights: the same for `target`.

    Raises:
        PictureError: maps, weights or directions have another shape, or the weights are all 0.
    """
    spreads = _spreads((maps, weights), (target, target_weights))
    channels = maps.shape[-1]
    given = projection_directions(channels) if directions is None else directions
    axes = np.asarray(given, np.float64)
    if axes.ndim != 2 or len(axes) != channels:  # noqa: PLR2004 - a matrix
        raise PictureError(
            f"Expected directions of shape ({channels}, any number), as the maps have {channels} "
            f"channels. Received: {axes.shape}."
        )
    distances = [
        _projection_distance(*((points @ axis, shares) for points, shares in spreads))
        for axis in axes.T
    ]
    return float(np.mean(distances))


def _projection_distance(*projections: tuple[Array, Array]) -> float:
    """∫ (F⁻¹(q) − G⁻¹(q))² dq, with the quantile functions as the staircases that they are."""
    ordered, cumulative = [], []
    for values, shares in projections:
        order = np.argsort(values)
        ordered.append(values[order])
        cumulative.append(np.cumsum(shares[order]))
    levels = np.union1d(*cumulative)
    steps = np.diff(levels, prepend=0.0)
    at = [
        values[np.minimum(np.searchsorted(ends, levels - steps / 2), len(values) - 1)]
        for values, ends in zip(ordered, cumulative, strict=True)
    ]
    return float(np.sum(steps * (at[0] - at[1]) ** 2))


def _spreads(one: tuple[Array, Array | None], other: tuple[Array, Array | None]) -> list[Spread]:
    _validate_pair(one, other)
    return [_points_and_shares(*one), _points_and_shares(*other)]


def _points_and_shares(maps: Array, weights: Array | None) -> Spread:
    """Points (M, N), and the share (M,) of the whole that each makes up."""
    validate_maps(maps, weights)
    points = np.asarray(maps, np.float64).reshape(-1, maps.shape[-1])
    counts = np.ones(len(points)) if weights is None else np.asarray(weights, np.float64).ravel()
    return points, counts / counts.sum()


def _validate_pair(one: tuple[Array, Array | None], other: tuple[Array, Array | None]) -> None:
    for maps, weights in (one, other):
        validate_maps(maps, weights)
    if one[0].shape[-1] != other[0].shape[-1]:
        raise PictureError(
            "Expected maps of one layer, with the same number of channels. "
            f"Received: {one[0].shape} and {other[0].shape}."
        )
