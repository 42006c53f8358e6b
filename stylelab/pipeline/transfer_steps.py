"""A run, one step at a time, coarse to fine."""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import (
    SettingsError,
)
from stylelab.losses.loss import Loss
from stylelab.losses.tiled import TiledObjective
from stylelab.network.vgg19 import LEARNED
from stylelab.optimizers.optimizer_run import reevaluate
from stylelab.optimizers.step import Step
from stylelab.pictures.colour import as_gray, validate_colours
from stylelab.pictures.images import resize_to
from stylelab.pipeline.inputs import (
    TransferInputs,
)
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.settings import OPTIMIZERS, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from stylelab.losses.loss import Objective
    from stylelab.network.vgg19 import WeightsSource
    from stylelab.optimizers.evaluation import Evaluation
    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.settings import Stage


FLAT_RANGE = 1 / 255
"""A photo whose values differ by less is one even area."""

INITIAL_NOISE = np.float32(0.2)
"""How far the values of the noise differ that is added to such a photo at the start."""

COLOUR_NDIM = 3
"""Axes of a picture; a mask has two."""


def transfer_steps(
    photo: Picture,
    painting: Picture | Loss,
    settings: Settings,
    *,
    start: Picture | None = None,
    keep: Mask | None = None,
    weights: WeightsSource = LEARNED,
    resume: Progress | None = None,
    live: Callable[[], Settings | tuple[Settings, Loss]] | None = None,
) -> Iterator[Progress]:
    """Do what `transfer` does, one step at a time: leaving the loop stops.

    Args:
        photo: a picture (H, W, 3) at full size.
        painting: another one, or a loss of style terms.
        settings: see `Settings`.
        start: a picture to start from, in place of what the settings say.
        keep: (H, W) in [0, 1], of the photo's size: where no style is asked for.
        weights: see `VGG19`.
        resume: where to go on from; it is yielded again first.
        live: asked before each step for the settings to go on with; for a loss of style terms also,
            if it answers with both, for one whose terms have the weights to go on with. If the
            weights of terms or layers are others than before, the present picture is valued anew
            under them and yielded again (its record says `changed`), and the run goes on from it.
            Nothing is compiled anew.

    Yields:
        A `Progress` after each step of each stage, beginning with each stage's start.

    Raises:
        SettingsError: `live` answers with more changed than weights.
    """
    stages = settings.stages(*photo.shape[:2])
    live_weights = _LiveWeights(settings, painting if isinstance(painting, Loss) else None, live)
    sources = TransferInputs.build(photo, painting, keep, settings)
    colours = _resize_to_stage(photo, stages[-1]) if settings.colours == "luminance" else None
    # Where nothing has colours, neither has the noise: the style alone would not take them out of it.
    from_noise = start is None and settings.start == "noise"
    gray = colours is not None or (from_noise and _all_gray(sources))
    if resume is None:
        image, first = _make_start_image(sources.photo, stages[0], settings, start, gray=gray), 0
        if colours is not None:
            image = as_gray(image, validate_colours(settings.colours, settings.colour_space))
        history: tuple[Record, ...] = ()
    else:
        resume = replace(resume, colours=colours, colour_space=settings.colour_space)
        yield resume
        image, first, history = resume.best.image, resume.stage, resume.history
    for number in range(first, len(stages)):
        stage = stages[number]
        resumed = resume is not None and number == first
        # A resumed stage goes on from a step that was valued under the settings given.
        changed = not resumed and live_weights.poll() and number > first
        stage_inputs = sources.with_size(stage, settings)
        loss = live_weights.loss(stage_inputs, weights)
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


class _LiveWeights:
    """The settings in force, and those asked for by someone who may change weights meanwhile.

    `styles` is a loss of style terms, if that is what is painted: of it, only the weights count.
    """

    def __init__(
        self,
        settings: Settings,
        styles: Loss | None,
        live: Callable[[], Settings | tuple[Settings, Loss]] | None,
    ) -> None:
        self.settings = settings
        self.styles = styles
        self.live = live

    def poll(self) -> bool:
        """Take over the weights wished for; tell whether any weight or setting has changed."""
        requested = self.settings if self.live is None else self.live()
        settings, styles = requested if isinstance(requested, tuple) else (requested, self.styles)
        changed = self._update_styles(styles)
        if settings == self.settings:
            return changed
        if others := self.settings.non_weight_changes(settings):
            raise SettingsError(
                "Expected only weights to change during a run. Received: another "
                f"{' and another '.join(others)}. Start a new run with it."
            )
        self.settings = settings
        return True

    def _update_styles(self, styles: Loss | None) -> bool:
        before = self.styles
        if styles is before:
            return False
        if before is None or styles is None:
            raise SettingsError(
                "Expected settings alone, as there is one painting. Received: a loss as well. Begin "
                "with a loss of style terms, whose weights may change."
            )
        weights = before.with_weights_of(styles).part_weights  # raises, if they are other terms
        self.styles = styles
        return not np.array_equal(weights, before.part_weights)

    def loss(self, sources: TransferInputs, weights: WeightsSource) -> Loss:
        """Build the loss; with every term if their weights may change."""
        painting = sources.painting
        if isinstance(painting, Loss) and self.styles is not None:
            painting = painting.with_weights_of(self.styles)
        return self.settings.loss(
            sources.photo,
            painting,
            weights,
            keep=sources.keep,
            all_terms=self.live is not None,
        )


def _steps_of_stage(
    loss: Loss,
    stage_start: Picture | Step,
    stage: Stage,
    live_weights: _LiveWeights,
    sources: TransferInputs,
    *,
    gray: bool,
) -> Iterator[tuple[Step, bool]]:
    """Take the steps of a stage; tell of each whether it is one valued anew."""
    optimizer = OPTIMIZERS[live_weights.settings.optimizer]
    step = stage_start if isinstance(stage_start, Step) else None
    weighted_objective = _WeightedObjective.build(loss, stage, live_weights.settings, gray=gray)
    steps = optimizer(weighted_objective, start=stage_start, steps=stage.steps)
    while True:
        if step is not None and step.iteration < stage.steps and live_weights.poll():
            part_weights = live_weights.loss(sources, loss.weights).part_weights
            if not np.array_equal(part_weights, weighted_objective.part_weights):
                weighted_objective = replace(weighted_objective, part_weights=part_weights)
                step = reevaluate(step, weighted_objective)
                steps = optimizer(weighted_objective, start=step, steps=stage.steps)
                yield step, True
        step = next(steps, None)
        if step is None:
            return
        yield step, False


@dataclass(frozen=True, eq=False)
class _WeightedObjective:
    """A compiled loss with the weights in force, as an optimizer is given it."""

    objective: Objective
    part_weights: NDArray[np.float32]
    gray: bool

    @classmethod
    def build(
        cls, loss: Loss, stage: Stage, settings: Settings, *, gray: bool
    ) -> _WeightedObjective:
        """Compile a loss for a stage; in tiles, if the picture is larger than they are."""
        shape = (stage.height, stage.width, 3)
        tiled = settings.tile is not None and max(shape) > settings.tile
        objective = (
            TiledObjective(loss, shape, settings.tile or 0) if tiled else loss.objective(shape)
        )
        return cls(objective, loss.part_weights, gray=gray)

    def __call__(self, image: Picture) -> Evaluation:
        """Evaluate the loss at a picture; one that is to stay gray has a gradient that is."""
        evaluation = self.objective(image, part_weights=self.part_weights)
        if not self.gray:
            return evaluation
        mean = evaluation.gradient.mean(axis=2, keepdims=True)
        return evaluation._replace(gradient=np.repeat(mean, 3, axis=2))


def _make_start_image(
    photo: Picture, stage: Stage, settings: Settings, start: Picture | None, *, gray: bool
) -> Picture:
    if start is not None:
        return start
    random = np.random.default_rng(settings.seed)
    noise = random.random((stage.height, stage.width, 3), dtype=np.float32)
    if gray:
        noise = np.repeat(noise[..., :1], 3, axis=2)
    if settings.start == "noise":
        return noise
    if not is_flat(photo):
        return photo
    # From an even area no style can grow: its gradient is zero, or the same everywhere.
    return np.clip(_resize_to_stage(photo, stage) + INITIAL_NOISE * (noise - np.float32(0.5)), 0, 1)


def is_flat(photo: Picture) -> bool:
    """Whether a picture is one even area."""
    return bool(np.ptp(photo, axis=(0, 1)).max() <= FLAT_RANGE)


def _arrays(painting: Picture | Loss) -> tuple[NDArray[np.float32], ...]:
    return painting.arrays if isinstance(painting, Loss) else (painting,)


def _all_gray(sources: TransferInputs) -> bool:
    pictures = [sources.photo, *_arrays(sources.painting)]
    return all((array == array[..., :1]).all() for array in pictures if array.ndim == COLOUR_NDIM)


def _resize_to_stage(image: Any, stage: Stage) -> Picture:
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
