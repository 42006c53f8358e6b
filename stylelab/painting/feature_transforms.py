"""Feature maps with the statistics of others: a style that nobody trained for.

Style is how a layer's points are spread. Each function here moves the points of one picture so that
their mean, and their spread, are those of another. What moves them is a formula: nothing is learned.

- `adain`: mean and standard deviation of each channel (Huang and Belongie 2017, arXiv:1703.06868).
- `whiten_and_colour`: mean and covariance, by way of a round cloud (Li et al. 2017, arXiv:1705.08086).
- `gaussian_transport`: mean and covariance, on the shortest way: the optimal transport map between two
  Gaussians, whose cost is `wasserstein_gaussian` (Dowson and Landau 1982; Mroueh 2020,
  arXiv:1905.12828).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from stylelab.errors import PictureError
from stylelab.losses.gram import validate_maps

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

Float = TypeVar("Float", bound="np.floating[Any]")

LEAST_VARIANCE = 1e-5
"""A direction with less than this share of the largest variance counts as one without: what varies
so little would be rounding and noise, enlarged."""


ROUNDING = 1e-6
"""A channel with a smaller deviation than this share of its largest value counts as flat."""


def adain(maps: NDArray[Float], target: NDArray[Any]) -> NDArray[Float]:
    """Give each channel the mean and the standard deviation that it has in other maps.

    Adaptive instance normalisation: y = σ_target (x − μ) / σ + μ_target, in each channel.

    ```python
    see = sl.VGG19("block2_conv1")
    one, other = (see(image)["block2_conv1"] for image in (photo, painting))
    styled = sl.adain(one, other)
    ```

    Args:
        maps: shape (rows, columns, C).
        target: shape (rows, columns, C); another number of positions is welcome.

    Returns:
        Shape of `maps`, of their type. A channel that is the same everywhere stays so.

    Raises:
        PictureError: the maps have other shapes.
    """
    _validate_pair(maps, target)
    points, wanted = np.asarray(maps, np.float64), np.asarray(target, np.float64)
    mean, deviation = points.mean((0, 1)), points.std((0, 1))
    varies = deviation > ROUNDING * np.abs(points).max((0, 1))
    factor = np.divide(wanted.std((0, 1)), deviation, out=np.zeros_like(deviation), where=varies)
    result: NDArray[Float] = ((points - mean) * factor + wanted.mean((0, 1))).astype(maps.dtype)
    return result


def whiten(maps: NDArray[Float]) -> NDArray[Float]:
    """Make the cloud of a layer's points round: mean 0, variance 1 in every direction, 0 covariance.

    y = Σ^−½ (x − μ), with the symmetric root, which changes the points as little as possible.

    ```python
    maps = sl.VGG19("block1_conv1")(photo)["block1_conv1"]
    white = sl.whiten(maps)
    ```

    Args:
        maps: shape (rows, columns, C).

    Returns:
        Shape of `maps`, of their type. A direction without variance stays at 0.

    Raises:
        PictureError: the maps have another shape.
    """
    validate_maps(maps, None)
    mean, covariance = _mean_and_covariance(maps)
    return _move(maps, mean, _power(covariance, -0.5), np.zeros_like(mean))


def whiten_and_colour(maps: NDArray[Float], target: NDArray[Any]) -> NDArray[Float]:
    """Give a layer's points mean and covariance of others, by way of a round cloud.

    y = T^½ Σ^−½ (x − μ) + ν, with μ, Σ of the maps and ν, T of the target.

    Args, returns, raises: as `adain`. A direction without variance stays so.

    ```python
    see = sl.VGG19("block2_conv1")
    one, other = (see(image)["block2_conv1"] for image in (photo, painting))
    styled = sl.whiten_and_colour(one, other)
    ```
    """
    return _match(maps, target, lambda s, t: _power(t, 0.5) @ _power(s, -0.5))


def gaussian_transport(maps: NDArray[Float], target: NDArray[Any]) -> NDArray[Float]:
    """Give a layer's points mean and covariance of others, moving them as little as possible.

    y = Σ^−½ (Σ^½ T Σ^½)^½ Σ^−½ (x − μ) + ν. Of all maps that do it, this one has the least mean of
    squared distances moved: `wasserstein_gaussian`.

    Args, returns, raises: as `adain`. A direction without variance stays so.

    ```python
    see = sl.VGG19("block2_conv1")
    one, other = (see(image)["block2_conv1"] for image in (photo, painting))
    styled = sl.gaussian_transport(one, other)
    ```
    """

    def matrix(s: Matrix, t: Matrix) -> Matrix:
        root, inverse = _power(s, 0.5), _power(s, -0.5)
        return inverse @ _power(root @ t @ root, 0.5) @ inverse

    return _match(maps, target, matrix)


def _match(
    maps: NDArray[Float], target: NDArray[Any], matrix: Callable[[Matrix, Matrix], Matrix]
) -> NDArray[Float]:
    _validate_pair(maps, target)
    mean, covariance = _mean_and_covariance(maps)
    wanted_mean, wanted_covariance = _mean_and_covariance(target)
    return _move(maps, mean, matrix(covariance, wanted_covariance), wanted_mean)


def _move(maps: NDArray[Float], mean: Matrix, matrix: Matrix, to: Matrix) -> NDArray[Float]:
    result: NDArray[Float] = ((maps - mean) @ matrix.T + to).astype(maps.dtype)
    return result


def _mean_and_covariance(maps: NDArray[Any]) -> tuple[Matrix, Matrix]:
    points = np.asarray(maps, np.float64).reshape(-1, maps.shape[-1])
    mean = points.mean(0)
    centred = points - mean
    return mean, centred.T @ centred / len(points)


def _power(covariance: Matrix, exponent: float) -> Matrix:
    """Power of a symmetric matrix, with 0 along directions without variance."""
    variances, axes = np.linalg.eigh(covariance)
    counts = variances > LEAST_VARIANCE * max(variances[-1], 0)
    powers = np.zeros_like(variances)
    powers[counts] = variances[counts] ** exponent
    root: Matrix = (axes * powers) @ axes.T
    return root


def _validate_pair(maps: NDArray[Any], target: NDArray[Any]) -> None:
    for one in (maps, target):
        validate_maps(one, None)
    if maps.shape[-1] != target.shape[-1]:
        raise PictureError(
            "Expected maps of one layer, with the same number of channels. "
            f"Received: {maps.shape} and {target.shape}."
        )
