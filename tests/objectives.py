"""Losses with a known minimum, for the tests of optimizers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylelab.optimizers.adam import adam
from stylelab.optimizers.gradient_descent import gradient_descent
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.optimizers.step import Step

Array = NDArray[np.float64]
ALL_OPTIMIZERS: dict[str, Any] = {
    "gradient_descent": gradient_descent,
    "adam": adam,
    "lbfgs": lbfgs,
}


class QuadraticBowl:
    """½ (x−c)ᵀ A (x−c), badly conditioned, with a minimum outside the box at some values."""

    def __init__(self, shape: tuple[int, ...], seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        size = int(np.prod(shape))
        basis = np.linalg.qr(random.standard_normal((size, size)))[0]
        self.matrix = basis @ np.diag(np.geomspace(1, 100, size)) @ basis.T
        self.centre = random.uniform(-0.5, 1.5, size)
        self.calls = 0

    def __call__(self, x: Array) -> tuple[float, Array]:
        self.calls += 1
        away = x.ravel() - self.centre
        return float(away @ self.matrix @ away / 2), (self.matrix @ away).reshape(x.shape)


def last_step(steps: Any) -> Step:
    *_, step = steps
    assert isinstance(step, Step)
    return step
