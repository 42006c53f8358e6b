"""Where a run has arrived."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stylelab.pictures.colour import finish_colours
from stylelab.pictures.images import resize_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.optimizers.step import Step
    from stylelab.pictures.colour_spaces import ColourSpace
    from stylelab.pictures.images import Picture
    from stylelab.pipeline.stages import Stage


@dataclass(frozen=True)
class Record:
    """One step of a finished run, without its picture: for curves.

    ```python
    result = sl.transfer(photo, painting, size=64, steps=2, progress=False)
    losses = [record.loss for record in result.history]
    ```

    Attributes:
        stage: number of the stage, from 0.
        height, width: size of the picture at that stage.
        iteration: number of the step in its stage; 0 is what the stage started from.
        evaluations: how often the stage had computed its loss.
        loss, terms: as in `Step`. Losses of different stages do not compare.
        seconds: how long the optimizer had worked, all stages together.
        changed: whether the weights are others than those of the record before. Where they changed
            within a stage, the same picture is evaluated again: the iteration is that of the
            record before.
    """

    stage: int
    height: int
    width: int
    iteration: int
    evaluations: int
    loss: float
    terms: Mapping[str, float]
    seconds: float
    changed: bool = False


@dataclass(frozen=True, eq=False)
class Progress:
    """Where a run has arrived.

    ```python
    settings = sl.Settings(size=64, steps=2)
    plan = sl.make_plan(sl.load_inputs(photo, painting, settings), settings)
    progress = next(sl.transfer_steps(plan))
    progress.image.shape, progress.share
    ```

    Attributes:
        stages: all sizes, coarse to fine.
        stage: number of the present one, from 0.
        step: the optimizer's step, with the picture at the present size.
        best: the step with the lowest loss in this stage.
        history: a record of every step so far, this one included.
        colours: the photo, if the optimizer sees luminance only and its colours are put back.
        colour_space: in which they are.
    """

    stages: tuple[Stage, ...]
    stage: int
    step: Step = field(repr=False)
    best: Step = field(repr=False)
    history: tuple[Record, ...] = field(repr=False)
    colours: Picture | None = field(default=None, repr=False)
    colour_space: ColourSpace | None = None

    def picture(self, step: Step) -> Picture:
        """A step's picture (H, W, 3) with the colours that it is shown and saved in."""
        if self.colours is None:
            return step.image
        return finish_colours(step.image, self.colours, "luminance", self.colour_space)

    @property
    def image(self) -> Picture:
        """The best picture so far, at the last stage's size, with the colours that it is saved in."""
        last = self.stages[-1]
        best = resize_to(self.best.image, last.height, last.width)
        return self.picture(replace(self.best, image=best))

    @property
    def share(self) -> float:
        """How much of the work is done, from 0 to 1, counted in pixels times steps."""
        work = [stage.height * stage.width * (stage.steps + 1) for stage in self.stages]
        now = self.stages[self.stage]
        present = now.height * now.width * (self.step.iteration + 1)
        return (sum(work[: self.stage]) + present) / sum(work)
