"""A run, one step at a time, coarse to fine.

A picture is first painted small, where a few steps settle the large shapes, then brought to the next
size, where fewer steps add the finer strokes. This is faster than painting at full size from the
start, and looks better: VGG19's receptive fields cover a larger share of a smaller picture.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from stylelab.errors import SettingsError
from stylelab.losses.tiled import TiledObjective
from stylelab.optimizers.optimizer_run import reevaluate
from stylelab.optimizers.step import Step
from stylelab.pictures.colour import as_gray, validate_colours
from stylelab.pictures.images import resize_to
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.settings import OPTIMIZERS
from stylelab.pipeline.start import add_noise, random_noise, start_image, style_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stylelab.losses.loss import Loss, Objective
    from stylelab.optimizers.evaluation import Evaluation
    from stylelab.pictures.images import Picture
    from stylelab.pipeline.inputs import TransferInputs
    from stylelab.pipeline.plan import Plan
    from stylelab.pipeline.settings import Settings
    from stylelab.pipeline.stages import Stage

ENLARGED_NOISE = np.float32(0.15)
"""How far the values of the noise differ that is added to a picture brought to the next size.

A picture that was just enlarged is even at the scale of its pixels. There its gradient repeats from one
pooling cell of the network to the next, and the optimizer makes a lattice of it that shows as a weave.
With noise, neighbours differ, and strokes come of them instead. With half as much, some of the weave is
left; with twice as much, grain stays in calm areas.
"""


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
    last = stages[-1]
    colours = resize_to(plan.inputs.photo, last.height, last.width) if luminance_only else None
    # Where nothing has colours, neither has the noise: the style alone would not take them out of it.
    gray = luminance_only or (inputs.start is None and _all_gray(inputs))
    first, image = 0, inputs.photo
    history: tuple[Record, ...] = ()
    if resume is not None:
        resume = replace(resume, colours=colours, colour_space=settings.colour_space)
        yield resume
        image, first, history = resume.best.image, resume.stage, resume.history
    for number, stage in enumerate(stages[first:], first):
        # A resumed stage goes on from a step that was evaluated under the settings given.
        resumed = resume if number == first else None
        changed = resumed is None and live_weights.poll() and number > first
        stage_inputs = inputs.with_size(stage, settings)
        if resumed is None and number == 0:
            loss = live_weights.loss(stage_inputs)
            image = start_image(stage_inputs, loss, stage, settings, gray=gray)
            if luminance_only:
                image = as_gray(image, validate_colours(settings.colours, settings.colour_space))
        stage_start: Picture | Step
        if resumed is None:
            stage_start, best = resize_to(image, stage.height, stage.width), None
            if number:
                noise = random_noise(stage, (settings.seed, number), gray=gray)
                amplitude = ENLARGED_NOISE * style_mask(live_weights.loss(stage_inputs))
                stage_start = add_noise(stage_start, noise, amplitude)
        else:
            stage_start, best = resumed.step, resumed.best
        seconds_before = max((one.seconds for one in history if one.stage < number), default=0.0)
        for step, reevaluated in _steps_of_stage(
            stage_inputs, stage_start, stage, live_weights, gray=gray
        ):
            changed = changed or reevaluated
            best = step if best is None or reevaluated or step.loss < best.loss else best
            record = Record(
                stage=number,
                height=stage.height,
                width=stage.width,
                iteration=step.iteration,
                evaluations=step.evaluations,
                loss=step.loss,
                terms=dict(step.terms),
                seconds=step.seconds + seconds_before,
                changed=changed,
            )
            history = (*history, record)
            changed = False
            yield Progress(stages, number, step, best, history, colours, settings.colour_space)
        if best is not None:
            image = best.image


def _all_gray(inputs: TransferInputs) -> bool:
    pictures = [array for array in inputs.arrays if array.ndim == 3]  # noqa: PLR2004 - not a mask
    return all((array == array[..., :1]).all() for array in pictures)


def _steps_of_stage(
    inputs: TransferInputs,
    stage_start: Picture | Step,
    stage: Stage,
    live_weights: LiveWeights,
    *,
    gray: bool,
) -> Iterator[tuple[Step, bool]]:
    """Take the steps of a stage; with each, whether it is an earlier one that was evaluated again."""
    loss, tile = live_weights.loss(inputs), live_weights.settings.tile
    shape, part_weights = (stage.height, stage.width, 3), loss.part_weights
    if tile is not None and max(shape) > tile:
        objective: Objective = TiledObjective(loss, shape, tile)
    else:
        objective = loss.objective(shape)

    def evaluate(image: Picture) -> Evaluation:
        """Evaluate with the weights in force; a picture that is to stay gray has a gray gradient."""
        evaluation = objective(image, part_weights=part_weights)
        if not gray:
            return evaluation
        mean = evaluation.gradient.mean(axis=2, keepdims=True)
        return evaluation._replace(gradient=np.repeat(mean, 3, axis=2))

    optimizer = OPTIMIZERS[live_weights.settings.optimizer]
    step = stage_start if isinstance(stage_start, Step) else None
    steps = optimizer(evaluate, start=stage_start, steps=stage.steps)
    while True:
        if step is not None and step.iteration < stage.steps and live_weights.poll():
            new_weights = live_weights.loss(inputs).part_weights
            if not np.array_equal(new_weights, part_weights):
                part_weights = new_weights
                step = reevaluate(step, evaluate)
                steps = optimizer(evaluate, start=step, steps=stage.steps)
                yield step, True
        step = next(steps, None)
        if step is None:
            return
        yield step, False


class LiveWeights:
    """The settings and style weights in force, and those asked for meanwhile.

    Args:
        plan: of the run.
        live: asked before each step for settings and styles to go on with; None if nothing changes.

    Attributes:
        settings: in force.
        styles: a loss of style terms, of which only the weights count.
    """

    def __init__(self, plan: Plan, live: Callable[[], tuple[Settings, Loss]] | None) -> None:
        self.settings = plan.settings
        self.styles = plan.inputs.styles
        self._weights = plan.weights
        self._live = live

    def poll(self) -> bool:
        """Take over the weights asked for; whether any weight or setting has changed.

        Raises:
            SettingsError: more than weights was changed.
        """
        if self._live is None:
            return False
        settings, styles = self._live()
        if others := self.settings.non_weight_changes(settings):
            raise SettingsError(
                "Expected only weights to change during a run. Received: another "
                f"{' and another '.join(others)}. Start a new run with it."
            )
        # Raises, if they are other terms.
        part_weights = self.styles.with_weights_of(styles).part_weights
        changed = settings != self.settings or not np.array_equal(
            part_weights, self.styles.part_weights
        )
        self.settings, self.styles = settings, styles
        return changed

    def loss(self, inputs: TransferInputs) -> Loss:
        """Loss for inputs at a stage's size; with every term if their weights may change."""
        return self.settings.loss(
            inputs.photo,
            inputs.styles.with_weights_of(self.styles),
            self._weights,
            keep=inputs.keep,
            all_terms=self._live is not None,
        )
