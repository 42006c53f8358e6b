"""Formulas that several exercises share, in float64 and independent of the package's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stylelab.course.checks.answers import Array


def gram_per_position(maps: Array) -> Array:
    """Return the Gram matrix of maps (rows, columns, N), divided by the number of positions."""
    return np.einsum("rci,rcj->ij", maps, maps) / np.prod(maps.shape[:2])


def correlations(matrix: Array) -> Array:
    """Return a covariance (or Gram) matrix with every channel scaled to length 1."""
    lengths = np.sqrt(np.diag(matrix))
    return matrix / np.outer(lengths, lengths)


def relative_distance(array: Array, target: Array) -> float:
    """Return ‖array − target‖² / ‖target‖²."""
    return float(np.sum((array - target) ** 2) / np.sum(target**2))
