"""Instance normalisation, and its conditional form: one scale and one shift for each style.

Each channel of each picture is brought to mean 0 and variance 1 over its own positions, then scaled
and shifted: y = γ (x − μ) / √(σ² + ε) + β (Ulyanov, Vedaldi and Lempitsky 2016, arXiv:1607.08022).
A network can paint several styles with all its kernels in common, if each style has its own γ and β;
weighted means of them paint mixtures (Dumoulin, Shlens and Kudlur 2017, arXiv:1610.07629).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from stylelab.errors import PictureError, SettingsError
from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from stylelab.network.tensorflow import Tensor

Float = TypeVar("Float", bound="np.floating[Any]")

EPSILON = 1e-5
"""Added to a variance before its root: a channel may be the same everywhere."""


class Statistics(NamedTuple):
    """Mean and variance of each channel of each picture, over positions: tensors (N, 1, 1, C)."""

    mean: Tensor
    variance: Tensor


def instance_normalization(
    maps: NDArray[Float], scale: ArrayLike = 1.0, shift: ArrayLike = 0.0
) -> NDArray[Float]:
    """Bring each channel to mean 0 and variance 1 over its positions; then scale and shift it.

    ```python
    maps = sl.VGG19("block1_conv1")(photo)["block1_conv1"]
    normalised = sl.instance_normalization(maps)  # mean 0 and variance 1 in each of 64 channels
    ```

    Args:
        maps: shape (rows, columns, C).
        scale: γ, a number or shape (C,).
        shift: β, a number or shape (C,).

    Returns:
        Shape (rows, columns, C), of the maps' type.

    Raises:
        PictureError: the maps, the scale or the shift have another shape.
    """
    channels = _validate_maps(maps)
    factors = [
        _per_channel(name, one, channels) for name, one in (("scale", scale), ("shift", shift))
    ]
    mean, variance = maps.mean((0, 1)), maps.var((0, 1))
    normalised = (maps - mean) / np.sqrt(variance + EPSILON) * factors[0] + factors[1]
    result: NDArray[Float] = normalised.astype(maps.dtype)
    return result


def conditional_normalization(
    maps: NDArray[Float], scales: NDArray[Any], shifts: NDArray[Any], weights: ArrayLike
) -> NDArray[Float]:
    """Normalise with the scale and the shift of a style, or a mixture of those of several.

    ```python
    maps = sl.VGG19("block1_conv1")(photo)["block1_conv1"]
    scales, shifts = np.ones((2, 64)), np.array([[0.0], [1.0]]) * np.ones(64)
    half = sl.conditional_normalization(maps, scales, shifts, weights=(0.5, 0.5))  # means of 0.5
    ```

    Args:
        maps: shape (rows, columns, C).
        scales: γ of each style, shape (styles, C).
        shifts: β of each style, shape (styles, C).
        weights: how much each style counts, shape (styles,); (0, 1, 0) is the second of three.

    Returns:
        Shape (rows, columns, C), of the maps' type.

    Raises:
        PictureError: the maps, the scales or the shifts have another shape.
        SettingsError: there is not one weight for each style.
    """
    channels = _validate_maps(maps)
    mixture = np.asarray(weights, float)
    expected = (mixture.size, channels)
    if mixture.ndim != 1 or np.shape(scales)[:1] != mixture.shape:
        raise SettingsError(
            f"Expected one weight for each of {len(scales)} styles. Received: shape {mixture.shape}."
        )
    for name, table in (("scales", scales), ("shifts", shifts)):
        if np.shape(table) != expected:
            raise PictureError(
                f"Expected {name} of shape {expected}: styles, channels. Received: {np.shape(table)}."
            )
    return instance_normalization(maps, mixture @ scales, mixture @ shifts)


def instance_statistics(maps: Tensor) -> Statistics:
    """Compute, on tensors, mean and variance over positions of maps (N, rows, columns, C)."""
    return Statistics(*import_tensorflow().nn.moments(maps, (1, 2), keepdims=True))


def normalize(maps: Tensor, statistics: Statistics, scale: Tensor, shift: Tensor) -> Tensor:
    """Normalise maps (N, rows, columns, C), on tensors, by statistics that may be another picture's.

    Args:
        maps: shape (N, rows, columns, C).
        statistics: of N pictures, or of one for all.
        scale: γ, (N, C), or (1, C) for all.
        shift: β, of the same shape.
    """
    factor = scale[:, None, None] * import_tensorflow().math.rsqrt(statistics.variance + EPSILON)
    return (maps - statistics.mean) * factor + shift[:, None, None]


def _validate_maps(maps: NDArray[Any]) -> int:
    if np.ndim(maps) != 3 or 0 in np.shape(maps):  # noqa: PLR2004 - rows, columns, channels
        raise PictureError(
            f"Expected feature maps of shape (rows, columns, channels). Received: {np.shape(maps)}."
        )
    return int(maps.shape[-1])


def _per_channel(name: str, values: ArrayLike, channels: int) -> NDArray[Any]:
    array = np.asarray(values)
    if array.shape not in ((), (channels,)):
        raise PictureError(
            f"Expected a {name} for each of {channels} channels, or one for all. "
            f"Received: shape {array.shape}."
        )
    return array
