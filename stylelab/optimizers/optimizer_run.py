"""Shared by all optimizers: bounds, line search, counters, and checks for finite numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from stylelab.errors import DivergedError, PictureError, SettingsError
from stylelab.optimizers.evaluation import Evaluation
from stylelab.optimizers.step import Step, _read_only
from stylelab.optimizers.working_time import WorkingTime
from stylelab.pictures.images import load_image
from stylelab.pictures.validation import as_float, describe_received, validate_whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.optimizers.evaluation import Array, LossFunction
    from stylelab.pictures.images import PictureSource

MAX_HALVINGS = 20
"""How often a line search halves a step before it gives up."""


class OptimizerRun(WorkingTime):
    """Bounds, counters, timing and checks for one call of an optimizer."""

    def __init__(self, name: str, loss: LossFunction, bounds: tuple[float, float]) -> None:
        self.name = name
        self.loss = loss
        self.low, self.high = bounds
        if not self.low < self.high:
            raise SettingsError(f"Expected bounds (lowest, highest). Received: {bounds}.")
        self.evaluations = 0

    def first_step(
        self, start: PictureSource | Step, steps: int, **positive: float | None
    ) -> tuple[Step, bool]:
        """Check the settings; the first step, and whether it is a new one."""
        validate_whole_number("steps", steps, at_least=0)
        for name, value in positive.items():
            if value is not None and not 0 < as_float(value) < math.inf:
                raise SettingsError(
                    f"Expected a finite {name} above 0. Received: {describe_received(value)}."
                )
        if not isinstance(start, Step):
            with self.timer():
                image = self.clip(_as_floats(start))
                evaluation = self.evaluate(image)
            return self.make_step(None, image, evaluation, {}), True
        if start.optimizer != self.name:
            raise SettingsError(
                f"Expected a picture, or a step of {self.name} to go on from. Received: a step of "
                f"{start.optimizer}. Start from its picture: start=step.image"
            )
        self.evaluations, self.seconds = start.evaluations, start.seconds
        return start, False

    def clip(self, image: Array) -> Array:
        """Clip the values to the bounds."""
        return np.clip(image, self.low, self.high)

    def free(self, image: Array, gradient: Array) -> Array:
        """Mask of the free values: 1, or 0 where the gradient pushes a value against its bound."""
        held = ((image <= self.low) & (gradient > 0)) | ((image >= self.high) & (gradient < 0))
        return (~held).astype(image.dtype)

    def evaluate(self, image: Array) -> Evaluation:
        """Evaluate the loss; functions that return a pair get an `Evaluation` without terms."""
        self.evaluations += 1
        image.flags.writeable = False
        answer = self.loss(image)
        loss, terms, gradient = answer if len(answer) == 3 else (answer[0], {}, answer[1])  # noqa: PLR2004
        # A copy: it is made read-only, and the array may be the caller's own.
        return Evaluation(float(loss), terms, np.array(gradient, image.dtype))

    def line_search(
        self, step: Step, direction: Array, scale: float
    ) -> tuple[Array, Evaluation] | None:
        """Backtracking line search, projected: the step is halved until the loss falls."""
        finite = True
        for halving in range(MAX_HALVINGS):
            length = step.image.dtype.type(scale / 2**halving)
            image = self.clip(step.image + length * direction)
            evaluation = self.evaluate(image)
            finite = _is_finite(evaluation)
            if finite and evaluation.loss < step.loss:
                return image, evaluation
        if not finite:
            raise _diverged_error(self.name, evaluation, step)
        return None

    def make_step(
        self, last: Step | None, image: Array, evaluation: Evaluation, state: Mapping[str, Array]
    ) -> Step:
        """Make the next step; raise a `DivergedError` if its loss or gradient is not finite."""
        if not _is_finite(evaluation):
            raise _diverged_error(self.name, evaluation, last)
        return Step(
            image=image,
            loss=evaluation.loss,
            terms=evaluation.terms,
            iteration=0 if last is None else last.iteration + 1,
            evaluations=self.evaluations,
            seconds=self.seconds,
            gradient=_read_only(evaluation.gradient),
            optimizer=self.name,
            state=MappingProxyType({name: _read_only(array) for name, array in state.items()}),
        )


def _as_floats(start: PictureSource) -> Array:
    if isinstance(start, np.ndarray) and start.dtype in (np.float32, np.float64):
        if not np.isfinite(start).all():
            raise PictureError(
                "Expected a start of finite numbers. Received: an array with NaN or infinity in it."
            )
        return start
    return load_image(start)


def _is_finite(evaluation: Evaluation) -> bool:
    return math.isfinite(evaluation.loss) and bool(np.isfinite(evaluation.gradient).all())


def _diverged_error(optimizer: str, evaluation: Evaluation, last: Step | None) -> DivergedError:
    culprits = [name for name, value in evaluation.terms.items() if not math.isfinite(value)]
    if last is None:
        cause = "the start, a target or a weight is too extreme"
    elif optimizer == "lbfgs":
        cause = "a weight is so large that float32 overflows; lower it"
    else:
        cause = "the learning rate is too large; lower it"
    where = f" in the term {' and '.join(culprits)}" if culprits else ""
    after = "at the start" if last is None else f"after {last.iteration} steps"
    return DivergedError(
        f"Expected a loss and a gradient that are finite numbers. Received: loss {evaluation.loss}"
        f"{where}, {after}. Likely cause: {cause}.",
        step=last,
    )


def reevaluate(step: Step, loss: LossFunction) -> Step:
    """Evaluate a step again under another loss of the same picture: one whose weights have changed.

    The picture and the iteration stay; loss, terms and gradient are those of the new loss. Gradient
    descent and Adam keep their state. L-BFGS drops its pairs, which are changes of the old gradient.

    Raises:
        DivergedError: the loss or its gradient is not a finite number.
    """
    # It evaluates and moves nothing: any bounds do.
    run = OptimizerRun(step.optimizer, loss, (0.0, 1.0))
    run.first_step(step, steps=0)
    with run.timer():
        evaluation = run.evaluate(step.image)
    reevaluated = run.make_step(step, step.image, evaluation, step.state)
    state: Mapping[str, Array] = MappingProxyType({}) if step.optimizer == "lbfgs" else step.state
    return replace(reevaluated, iteration=step.iteration, state=state)


def _initial_step_scale(direction: Array) -> float:
    """Factor with which a step changes the values by 0.01 on average."""
    mean = float(np.abs(direction).mean(dtype=np.float64))  # float32 may overflow
    return 0.01 / mean if mean > 0 else 1.0
