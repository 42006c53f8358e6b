"""Gradient descent, projected onto the bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.optimizers.optimizer_run import OptimizerRun, _initial_step_scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stylelab.optimizers.evaluation import LossFunction
    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import PictureSource


def gradient_descent(
    loss: LossFunction,
    *,
    start: PictureSource | Step,
    steps: int = 100,
    learning_rate: float | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Iterator[Step]:
    """Minimise a loss by projected gradient descent: x ← clip(x − η ∇L(x)).

    Args:
        loss: a `Loss`, or any function of an array that returns the loss and its gradient, an array of
            the same shape; or an `Evaluation`.
        start: a picture, any array of floats, or an earlier step to continue from.
        steps: number of steps, including those that led to an earlier step.
        learning_rate: η. Without it, the one that makes the first step change the values by 0.01 on
            average; it then stays.
        bounds: lowest and highest value allowed.

    Yields:
        A `Step` for the start (iteration 0), then one after each step. An earlier step given as the
        start is not yielded again.

    Raises:
        DivergedError: the loss or its gradient is not a finite number.
        PictureError: the start has values that are not finite.
        SettingsError: a setting is out of range, or `start` is a step of another optimizer.

    ```python
    def loss(image):
        return float(((image - painting) ** 2).sum()), 2 * (image - painting)

    for step in sl.gradient_descent(loss, start=np.zeros_like(painting), steps=5):
        step.image, step.loss
    ```
    """
    run = OptimizerRun("gradient_descent", loss, bounds)
    step, is_new = run.first_step(start, steps, learning_rate=learning_rate)
    if is_new:
        yield step
    rate = learning_rate or float(
        step.state.get("learning_rate", _initial_step_scale(step.gradient))
    )
    state = {"learning_rate": np.array(rate)}
    while step.iteration < steps:
        with run.timer():
            image = run.clip(step.image - step.image.dtype.type(rate) * step.gradient)
            evaluation = run.evaluate(image)
        step = run.make_step(step, image, evaluation, state)
        yield step
