"""Gradient descent, Adam and projected L-BFGS: generators of steps.

```python
for step in lbfgs(loss, start=photo, steps=100):
    step.image, step.loss, step.terms
```

Leaving the loop stops. Every picture stays inside [0, 1] at every step, so the picture that is saved
is the picture that was optimised: clipping afterwards costs far more than the bounds do.

A loss is anything that is called with an array and answers with an `Evaluation` or a pair (loss,
gradient): a `Loss`, or a function of the reader's own. A step is all that its optimizer needs to go
on from it, so it can be given as the start of another call, saved and loaded.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from stylelab.steps import Run, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from stylelab.images import PictureSource
    from stylelab.steps import Array, LossFunction


def gradient_descent(
    loss: LossFunction,
    *,
    start: PictureSource | Step,
    steps: int = 100,
    learning_rate: float | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Iterator[Step]:
    """Go against the gradient: x ← clip(x − η ∇L(x)).

    Args:
        loss: what to make small.
        start: a picture, any array of floats, or an earlier step to go on from.
        steps: how many steps to take, those before `start` included.
        learning_rate: η. Without it, the one that makes the first step change the values by 0.01 on
            average; it then stays.
        bounds: lowest and highest value that is allowed.

    Yields:
        The start (iteration 0), then each step. Not the start again if it is an earlier step.

    Raises:
        DivergedError: the loss or its gradient is not a finite number.
        SettingsError: a setting is out of range, or `start` is a step of another optimizer.
    """
    run = Run("gradient_descent", loss, bounds)
    step, fresh = run.begin(start, steps, learning_rate=learning_rate)
    if fresh:
        yield step
    rate = learning_rate or float(step.memory.get("learning_rate", _gentle_scale(step.gradient)))
    memory = {"learning_rate": np.array(rate)}
    while step.iteration < steps:
        with run.clock():
            image = run.clip(step.image - step.image.dtype.type(rate) * step.gradient)
            evaluation = run.evaluate(image)
        step = run.accept(step, image, evaluation, memory)
        yield step


def adam(
    loss: LossFunction,
    *,
    start: PictureSource | Step,
    steps: int = 100,
    learning_rate: float = 0.02,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Iterator[Step]:
    """Divide each value's mean gradient by its usual size (Kingma and Ba 2014, arXiv:1412.6980).

    m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  x ← clip(x − η m̂ / (√v̂ + ε)), with m̂ = m/(1−β₁ᵗ) and
    v̂ = v/(1−β₂ᵗ) (algorithm 1). The learning rate is in units of the picture: a step changes a value
    by about η.

    Args, yields, raises: as `gradient_descent`.
    """
    run = Run("adam", loss, bounds)
    step, fresh = run.begin(start, steps, learning_rate=learning_rate)
    if fresh:
        yield step
    zeros = np.zeros_like(step.image)
    mean, square = step.memory.get("mean", zeros), step.memory.get("square", zeros)
    while step.iteration < steps:
        with run.clock():
            time_step, gradient = step.iteration + 1, step.gradient
            mean = beta_1 * mean + (1 - beta_1) * gradient
            square = beta_2 * square + (1 - beta_2) * gradient**2
            size = np.sqrt(square / (1 - beta_2**time_step)) + epsilon
            image = run.clip(step.image - learning_rate * mean / (1 - beta_1**time_step) / size)
            evaluation = run.evaluate(image)
        step = run.accept(step, image, evaluation, {"mean": mean, "square": square})
        yield step


def lbfgs(
    loss: LossFunction,
    *,
    start: PictureSource | Step,
    steps: int = 100,
    history: int = 10,
    coarse: bool = True,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Iterator[Step]:
    """Learn the curvature from the last few steps (Liu and Nocedal 1989), inside the bounds.

    The direction comes from the two-loop recursion over the last `history` pairs s = x₊ − x and
    y = g₊ − g, on the values that are free to move: those not held at a bound by their gradient. The
    step is projected, clip(x + t·d), with t = 1 halved only where the loss would rise; a pair is kept
    only if s·y > 0. So a step costs one evaluation, seldom two.

    Args:
        loss: what to make small.
        start: a picture, any array of floats, or an earlier step to go on from.
        steps: how many steps to take, those before `start` included.
        history: how many pairs to remember; each takes twice the picture's memory.
        coarse: start the recursion from a guess that also moves whole neighbourhoods (see
            `spread`), for pictures (H, W, channels). Fewer steps for the same loss.
        bounds: lowest and highest value that is allowed.

    Yields:
        The start (iteration 0), then each step, its loss below the one before. Ends early where no
        step lowers the loss.

    Raises:
        DivergedError: the loss or its gradient is not a finite number.
        SettingsError: a setting is out of range, or `start` is a step of another optimizer.
    """
    run = Run("lbfgs", loss, bounds)
    step, fresh = run.begin(start, steps, history=history)
    if fresh:
        yield step
    guess = spread if coarse and step.image.ndim == 3 else _unchanged  # noqa: PLR2004 - H, W, channels
    pairs = _remembered(step.memory, history)
    while step.iteration < steps:
        with run.clock():
            free = run.free(step.image, step.gradient)
            found = None
            if pairs:
                direction = -two_loop_recursion(step.gradient, pairs, free=free, guess=guess)
                downhill = _dot(direction, step.gradient) < 0
                found = run.search(step, direction, scale=1.0) if downhill else None
            if found is None:  # nothing learned yet, or it no longer holds: the gradient alone
                pairs.clear()
                direction = -two_loop_recursion(step.gradient, pairs, free=free, guess=guess)
                found = run.search(step, direction, scale=_gentle_scale(direction))
            if found is None:
                return
            image, evaluation = found
            move, change = image - step.image, evaluation.gradient - step.gradient
            if _dot(move, change) > 0:
                pairs.append((move, change))
        step = run.accept(step, image, evaluation, _memory_of(pairs))
        yield step


def revalue(step: Step, loss: LossFunction) -> Step:
    """Give a step as it is under another loss of the same picture: where its weights have changed.

    The picture and the iteration stay; loss, terms and gradient are computed anew. Gradient descent
    and Adam keep their memory. L-BFGS forgets its pairs, which hold changes of the old gradient.

    Args:
        step: a step of any optimizer here.
        loss: the loss to go on with.

    Raises:
        DivergedError: the loss or its gradient is not a finite number.
    """
    run = Run(step.optimizer, loss, (0.0, 1.0))  # it evaluates and moves nothing: any bounds do
    run.begin(step, steps=0)
    with run.clock():
        evaluation = run.evaluate(step.image)
    anew = run.accept(step, step.image, evaluation, step.memory)
    memory: Mapping[str, Array] = MappingProxyType({}) if step.optimizer == "lbfgs" else step.memory
    return replace(anew, iteration=step.iteration, memory=memory)


def two_loop_recursion(
    gradient: Array,
    pairs: Iterable[tuple[Array, Array]],
    *,
    free: Array | None = None,
    guess: Callable[[Array], Array] | None = None,
) -> Array:
    """Multiply the gradient by L-BFGS's inverse Hessian (Nocedal and Wright 2006, algorithm 7.4).

    Args:
        gradient: g.
        pairs: (s, y), oldest first: how the picture and the gradient changed, s·y > 0.
        free: 1 for values that may move, 0 for those that may not; all may without it.
        guess: P, the shape of the initial inverse Hessian, scaled here by (s·y)/(y·Py) of the
            newest pair. The identity without it.

    Returns:
        H·g, zero where nothing may move. The direction to go is its negative.
    """
    mask = np.ones((), gradient.dtype) if free is None else free
    shape = guess or _unchanged
    # q and r are zero where the mask is, so their products with s and y need no mask of their own:
    # no second copy of the pairs is held, which of a large picture would be hundreds of megabytes.
    used = [(s, y, 1 / sy) for s, y in pairs if (sy := _dot(s * mask, y)) > 0]
    q = gradient * mask
    alphas = []
    for s, y, rho in reversed(used):
        alpha = rho * _dot(s, q)
        q = (q - q.dtype.type(alpha) * y) * mask
        alphas.append(alpha)
    r = shape(q) * mask
    if used:
        _, y, rho = used[-1]
        y = y * mask
        r *= r.dtype.type(1 / (rho * _dot(y, shape(y))))
    for (s, y, rho), alpha in zip(used, reversed(alphas), strict=True):
        beta = rho * _dot(y, r)
        r = (r + r.dtype.type(alpha - beta) * s) * mask
    return r


def spread(values: Array) -> Array:
    """Add to each pixel smooth means of its neighbourhood at four scales: symmetric and positive.

    P = 1 + Σₖ 2ᵏ⁻¹ Uᵏ Dᵏ, k = 1 … 4, where D halves the size (weights 1 3 3 1 along each axis) and U,
    the transpose of D but for a factor, doubles it. A loss on deep layers is stiff against fine
    changes and soft against broad ones; this moves both at a like pace. Means over square blocks
    would do as well for the loss, but leave their edges in the picture.

    Args:
        values: shape (H, W, channels).
    """
    height, width = values.shape[:2]
    coarsest = 2**SPREAD_LEVELS
    level = np.pad(values, ((0, -height % coarsest), (0, -width % coarsest), (0, 0)))
    means = []
    for _ in range(SPREAD_LEVELS):
        level = _halve(_halve(level, 0), 1)
        means.append(level)
    total = np.zeros_like(level)
    for k, mean in reversed(list(enumerate(means))):
        total = _double(_double(total + 2**k * mean, 0), 1)
    spread_out: Array = values + total[:height, :width]
    return spread_out


SPREAD_LEVELS = 4


def _halve(level: Array, axis: int) -> Array:
    """Mean of four neighbours, weighted 1 3 3 1, at every second place; zero outside."""
    rows = np.moveaxis(level, axis, 0)
    even, odd = rows[::2], rows[1::2]
    middle = 3 * (even + odd)
    middle[1:] += odd[:-1]
    middle[:-1] += even[1:]
    return np.moveaxis(middle / 8, 0, axis)


def _double(level: Array, axis: int) -> Array:
    """Twice the transpose of `_halve`: linear interpolation; zero outside."""
    rows = np.moveaxis(level, axis, 0)
    doubled = np.repeat(3 * rows, 2, axis=0)
    doubled[2::2] += rows[:-1]
    doubled[1:-1:2] += rows[1:]
    return np.moveaxis(doubled / 4, 0, axis)


def _remembered(memory: Mapping[str, Array], history: int) -> deque[tuple[Array, Array]]:
    count = len(memory) // 2
    return deque(((memory[f"move_{i}"], memory[f"change_{i}"]) for i in range(count)), history)


def _memory_of(pairs: Iterable[tuple[Array, Array]]) -> dict[str, Array]:
    return {
        f"{name}_{i}": array
        for i, pair in enumerate(pairs)
        for name, array in zip(("move", "change"), pair, strict=True)
    }


def _gentle_scale(direction: Array) -> float:
    """Give the factor that makes a step change the values by 0.01 on average."""
    mean = float(np.abs(direction).mean(dtype=np.float64))  # float32 may overflow
    return 0.01 / mean if mean > 0 else 1.0


def _dot(one: Array, other: Array) -> float:
    return float(np.vdot(one, other))


def _unchanged(values: Array) -> Array:
    return values
