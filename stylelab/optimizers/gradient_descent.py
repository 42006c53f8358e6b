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
