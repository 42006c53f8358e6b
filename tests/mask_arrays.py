"""Masks as arrays, for tests."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def random_mask(seed: int, height: int = 20, width: int = 30) -> Array:
    return np.random.default_rng(seed).random((height, width), np.float32)


def rectangle(height: int, width: int, top: int, left: int, bottom: int, right: int) -> Array:
    mask = np.zeros((height, width), np.float32)
    mask[top:bottom, left:right] = 1
    return mask
