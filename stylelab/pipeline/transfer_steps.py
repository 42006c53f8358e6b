"""A run, one step at a time, coarse to fine.

A picture is first painted small, where a few steps settle the large shapes, then brought to the next
size, where fewer steps add the finer strokes. This is faster than painting at full size from the
start, and looks better: VGG19's receptive fields cover a larger share of a smaller picture.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.losses.tiled import TiledObjective
from stylelab.optimizers.optimizer_run import reevaluate
from stylelab.optimizers.step import Step
from stylelab.pictures.colour import as_gray, validate_colours
from stylelab.pictures.images import resize_to
from stylelab.pipeline.live_weights import LiveWeights
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.settings import OPTIMIZERS
from stylelab.pipeline.start_image import make_start_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from stylelab.losses.loss import Loss, Objective
    from stylelab.optimizers.evaluation import Evaluation
    from stylelab.pictures.images import Picture
    from stylelab.pipeline.inputs import TransferInputs
    from stylelab.pipeline.plan import Plan
    from stylelab.pipeline.settings import Settings
    from stylelab.pipeline.stages import Stage

COLOUR_NDIM = 3
"""Axes of a picture; a mask has two."""


def transfer_steps(
    plan: Plan,
    *,
    resume: Progress | None = None,
    live: Callable[[], tuple[Settings, Loss]] | None = None,
) -> Iterator[Progress]:
    """Do what `transfer` does, one step at a time: leaving the loop stops.

    ```python
    settings = sl.Settings(size=64, steps=2)
    plan = sl.make_plan(sl.load_inputs(photo, painting, settings), settings)
    losses = [progress.step.loss for progress in sl.transfer_steps(plan)]
    ```

    Args:
        plan: see `make_plan`.
        resume: where to go on from; it is yielded again first.
        live: asked before each step for the settings, and the loss of style terms, to go on with: as
            the plan's, with other weights. If the weights of terms or layers are others than before,
            the present picture is evaluated again under them and yielded again (its record says
            `changed`), and the run goes on from it. Nothing is compiled again.

    Yields:
        A `Progress` after each step of each stage, beginning with each stage's start.

    Raises:
        SettingsError: `live` answers with more changed than weights.
        DivergedError: the loss or its gradient is not a finite number.
    """
    settings, stages = plan.settings, plan.stages
    live_weights = LiveWeights(plan, live)
    inputs = plan.inputs.prepare_colours(settings)
    luminance_only = settings.colours == "luminance"
    colours = _resize_to_stage(plan.inputs.photo, stages[-1]) if luminance_only else None
    # Where nothing has colours, neither has the noise: the style alone would not take them out of it.
    from_noise = inputs.start is None and settings.start == "noise"
    gray = luminance_only or (from_noise and _all_gray(inputs))
    if resume is None:
        image, first = (
            make_start_image(inputs.photo, stages[0], settings, inputs.start, gray=gray),
            0,
        )
        if luminance_only:
            image = as_gray(image, validate_colours(settings.colours, settings.colour_space))
        history: tuple[Record, ...] = ()
    else:
        resume = replace(resume, colours=colours, colour_space=settings.colour_space)
        yield resume
        image, first, history = resume.best.image, resume.stage, resume.history
    for number in range(first, len(stages)):
        stage = stages[number]
        resumed = resume is not None and number == first
        # A resumed stage goes on from a step that was evaluated under the settings given.
        changed = not resumed and live_weights.poll() and number > first
        stage_inputs = inputs.with_size(stage, settings)
        loss = live_weights.loss(stage_inputs)
        stage_start: Any = resume.step if resumed and resume else _resize_to_stage(image, stage)
        best = resume.best if resumed and resume else None
        for step, reevaluated in _steps_of_stage(
            loss, stage_start, stage, live_weights, stage_inputs, gray=gray
        ):
            changed = changed or reevaluated
            best = step if best is None or reevaluated or step.loss < best.loss else best
            history = (*history, _record(number, stage, step, history, changed=changed))
            changed = False
            yield Progress(stages, number, step, best, history, colours, settings.colour_space)
        if best is not None:
            image = best.image
        # A compiled loss refers to itself: without this, it would still be there beside the next.
        del loss
        gc.collect()


def _steps_of_stage(
    loss: Loss,
    stage_start: Picture | Step,
    stage: Stage,
    live_weights: LiveWeights,
    inputs: TransferInputs,
    *,
    gray: bool,
) -> Iterator[tuple[Step, bool]]:
    """Take the steps of a stage; with each, whether it is an earlier one that was evaluated again."""
    optimizer = OPTIMIZERS[live_weights.settings.optimizer]
    step = stage_start if isinstance(stage_start, Step) else None
    objective = WeightedObjective.build(loss, stage, live_weights.settings.tile, gray=gray)
    steps = optimizer(objective, start=stage_start, steps=stage.steps)
    while True:
        if step is not None and step.iteration < stage.steps and live_weights.poll():
            part_weights = live_weights.loss(inputs).part_weights
            if not np.array_equal(part_weights, objective.part_weights):
                objective = replace(objective, part_weights=part_weights)
                step = reevaluate(step, objective)
                steps = optimizer(objective, start=step, steps=stage.steps)
                yield step, True
        step = next(steps, None)
        if step is None:
            return
        yield step, False


@dataclass(frozen=True, eq=False)
class WeightedObjective:
    """A compiled loss with the weights in force, as an optimizer is given it.

    Attributes:
        objective: the compiled loss.
        part_weights: of each part of each term.
        gray: whether the picture is to stay gray.
    """

    objective: Objective
    part_weights: NDArray[np.float32]
    gray: bool

    @classmethod
    def build(cls, loss: Loss, stage: Stage, tile: int | None, *, gray: bool) -> WeightedObjective:
        """Compile a loss for a stage; in tiles, if the picture is larger than they are."""
        shape = (stage.height, stage.width, 3)
        if tile is not None and max(shape) > tile:
            return cls(TiledObjective(loss, shape, tile), loss.part_weights, gray=gray)
        return cls(loss.objective(shape), loss.part_weights, gray=gray)

    def __call__(self, image: Picture) -> Evaluation:
        """Evaluate the loss at a picture; one that is to stay gray has a gradient that is."""
        evaluation = self.objective(image, part_weights=self.part_weights)
        if not self.gray:
            return evaluation
        mean = evaluation.gradient.mean(axis=2, keepdims=True)
        return evaluation._replace(gradient=np.repeat(mean, 3, axis=2))


def _all_gray(inputs: TransferInputs) -> bool:
    pictures = [array for array in inputs.arrays if array.ndim == COLOUR_NDIM]
    return all((array == array[..., :1]).all() for array in pictures)


def _resize_to_stage(image: Picture, stage: Stage) -> Picture:
    return resize_to(image, stage.height, stage.width)


def _record(
    number: int, stage: Stage, step: Step, history: tuple[Record, ...], *, changed: bool
) -> Record:
    earlier = [record.seconds for record in history if record.stage < number]
    return Record(
        stage=number,
        height=stage.height,
        width=stage.width,
        iteration=step.iteration,
        evaluations=step.evaluations,
        loss=step.loss,
        terms=dict(step.terms),
        seconds=step.seconds + (earlier[-1] if earlier else 0.0),
        changed=changed,
    )
