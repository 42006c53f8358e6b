"""The multiscale preconditioner of L-BFGS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stylelab.optimizers.evaluation import Array


def multiscale_preconditioner(values: Array) -> Array:
    """Add to each pixel smooth means of its neighbourhood at four scales: symmetric and positive.

    P = 1 + Σₖ 2ᵏ⁻¹ Uᵏ Dᵏ, k = 1 … 4, where D halves the size (weights 1 3 3 1 along each axis) and U,
    the transpose of D but for a factor, doubles it. A loss on deep layers is stiff for fine changes
    and soft for broad ones; with P, both converge at a similar rate. Means over square blocks would
    lower the loss as well, but leave their edges in the picture.

    Args:
        values: shape (H, W, channels).

    Returns:
        P · values, the same shape.
    """
    height, width = values.shape[:2]
    coarsest = 2**PRECONDITIONER_LEVELS
    level = np.pad(values, ((0, -height % coarsest), (0, -width % coarsest), (0, 0)))
    means = []
    for _ in range(PRECONDITIONER_LEVELS):
        level = _downsample(_downsample(level, 0), 1)
        means.append(level)
    total = np.zeros_like(level)
    for k, mean in reversed(list(enumerate(means))):
        total = _upsample(_upsample(total + 2**k * mean, 0), 1)
    result: Array = values + total[:height, :width]
    return result


PRECONDITIONER_LEVELS = 4


def _downsample(level: Array, axis: int) -> Array:
    """Mean of four neighbours, weighted 1 3 3 1, at every second place; zero outside."""
    rows = np.moveaxis(level, axis, 0)
    even, odd = rows[::2], rows[1::2]
    middle = 3 * (even + odd)
    middle[1:] += odd[:-1]
    middle[:-1] += even[1:]
    return np.moveaxis(middle / 8, 0, axis)


def _upsample(level: Array, axis: int) -> Array:
    """Twice the transpose of `_downsample`: linear interpolation; zero outside."""
    rows = np.moveaxis(level, axis, 0)
    doubled = np.repeat(3 * rows, 2, axis=0)
    doubled[2::2] += rows[:-1]
    doubled[1:-1:2] += rows[1:]
    return np.moveaxis(doubled / 4, 0, axis)
