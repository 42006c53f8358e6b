"""Adam, projected onto the bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.optimizers.optimizer_run import OptimizerRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stylelab.optimizers.evaluation import LossFunction
    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import PictureSource


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
    """Minimise a loss with Adam (Kingma and Ba 2014, arXiv:1412.6980), inside the bounds.

    m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  x ← clip(x − η m̂ / (√v̂ + ε)), with m̂ = m/(1−β₁ᵗ) and
    v̂ = v/(1−β₂ᵗ) (algorithm 1). The learning rate is in units of the picture: a step changes a value
    by about η.

    Args, yields, raises: as `gradient_descent`.

    ```python
    loss = sl.content(photo) + 10 * sl.style(painting)
    for step in sl.adam(loss, start=photo, steps=3, learning_rate=0.01):
        step.iteration, step.loss
    ```
    """
    run = OptimizerRun("adam", loss, bounds)
    step, is_new = run.first_step(start, steps, learning_rate=learning_rate)
    if is_new:
        yield step
    zeros = np.zeros_like(step.image)
    mean, square = step.state.get("mean", zeros), step.state.get("square", zeros)
    while step.iteration < steps:
        with run.timer():
            time_step, gradient = step.iteration + 1, step.gradient
            mean = beta_1 * mean + (1 - beta_1) * gradient
            square = beta_2 * square + (1 - beta_2) * gradient**2
            size = np.sqrt(square / (1 - beta_2**time_step)) + epsilon
            image = run.clip(step.image - learning_rate * mean / (1 - beta_1**time_step) / size)
            evaluation = run.evaluate(image)
        step = run.make_step(step, image, evaluation, {"mean": mean, "square": square})
        yield step
