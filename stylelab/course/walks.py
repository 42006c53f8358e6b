"""Walks of optimizers down a loss of two numbers, at rates chosen by one rule, for notebook 07."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import DivergedError
from stylelab.optimizers.adam import adam
from stylelab.optimizers.gradient_descent import gradient_descent
from stylelab.optimizers.lbfgs import lbfgs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from stylelab.optimizers.step import Step

    Function = Callable[[Any], tuple[float, Any]]
    Points = NDArray[np.float64]

RATES = tuple(2.0**power for power in range(-9, 3))
"""Rates to choose from, each twice the one before: 1/512 to 4."""

FAR = 1e6
"""A point as far from the origin as this has left every picture of the walk."""


def walk_with_momentum(
    function: Function, start: Points, steps: int, rate: float, momentum: float
) -> Points:
    """Points (N, 2) of gradient descent with momentum; it ends early if they grow without limit.

    Sutskever et al. (2013, equations 1 and 2): v ← μ·v − η·∇L(x), x ← x + v.

    Args:
        function: returns (loss, gradient) for an array of two numbers.
        start: the first point.
        steps: number of steps.
        rate: the learning rate η.
        momentum: μ, the share of a step that the next one keeps.
    """
    point, velocity, points = start, np.zeros_like(start), [start]
    for _ in range(steps):
        velocity = momentum * velocity - rate * np.asarray(function(point)[1])
        point = point + velocity
        if not np.abs(point).max() < FAR:
            break
        points.append(point)
    return np.array(points)


def walks(
    function: Function, start: Points, steps: int, *, rate: float, momentum: float, adam_rate: float
) -> dict[str, Points]:
    """Points (N, 2) of gradient descent, momentum, Adam and L-BFGS from one start, by name.

    Args:
        function: returns (loss, gradient) for an array of two numbers.
        start: the first point.
        steps: number of steps.
        rate: the learning rate of gradient descent and of momentum.
        momentum: μ, the share of a step that the next one keeps.
        adam_rate: the learning rate of Adam.
    """
    common: Any = {"start": start, "steps": steps, "bounds": (-np.inf, np.inf)}
    return {
        "gradient descent": walk_with_momentum(function, start, steps, rate, 0.0),
        "momentum": walk_with_momentum(function, start, steps, rate, momentum),
        "Adam": _points(adam(function, learning_rate=adam_rate, **common)),
        "L-BFGS": _points(lbfgs(function, **common)),
    }


def walks_at_best_rates(
    function: Function, start: Points, steps: int, *, momentum: float = 0.9
) -> dict[str, Points]:
    """Points of the same four, each at the rate of `RATES` whose walk ends with the lowest loss.

    The names of those that need a rate have it: `"Adam, rate 0.5"`. L-BFGS needs none.

    Args:
        function: returns (loss, gradient) for an array of two numbers.
        start: the first point.
        steps: number of steps.
        momentum: μ, the share of a step that the next one keeps.
    """
    common: Any = {"start": start, "steps": steps, "bounds": (-np.inf, np.inf)}

    walks_at: dict[str, Callable[[float], Points]] = {
        "gradient descent": lambda rate: _points(
            gradient_descent(function, learning_rate=rate, **common)
        ),
        f"momentum {momentum:g}": lambda rate: walk_with_momentum(
            function, start, steps, rate, momentum
        ),
        "Adam": lambda rate: _points(adam(function, learning_rate=rate, **common)),
    }
    chosen: dict[str, Points] = {}
    for name, walk_at in walks_at.items():
        rate = _best_rate(function, walk_at, steps)
        chosen[f"{name}, rate {rate:.3g}"] = walk_at(rate)
    return chosen | {"L-BFGS": _points(lbfgs(function, **common))}


def _points(run: Iterable[Step]) -> Points:
    return np.array([step.image for step in run])


def _best_rate(function: Function, walk_at: Callable[[float], Points], steps: int) -> float:
    """The rate of `RATES` whose whole walk ends with the lowest loss."""
    ends: dict[float, float] = {}
    with np.errstate(all="ignore"):  # walks whose rate is too large grow without limit
        for rate in RATES:
            try:
                points = walk_at(rate)
            except DivergedError:
                continue
            if len(points) == steps + 1:
                ends[rate] = float(function(points[-1])[0])
    return min(ends, key=lambda rate: ends[rate])
