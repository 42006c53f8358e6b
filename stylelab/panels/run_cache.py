"""Runs of optimizers, kept by their settings: what is there is not computed again, what is not goes on.

A run can be left at any step and taken up again, by another thread as well, because a step is all that
its optimizer needs to go on from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from stylelab.pictures.images import load_image
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import Picture, PictureSource

Key = TypeVar("Key")


def load_resized(picture: PictureSource, longest: int) -> Picture:
    """Load a picture, and make it smaller if its long side has more than so many pixels."""
    image = load_image_or_sample(picture)
    return load_image(image, size=longest) if max(image.shape) > longest else image


class RecordedStep:
    """Where a run was after one step: what a figure needs of it, in a quarter of the memory."""

    def __init__(self, step: Step) -> None:
        self.loss = step.loss
        self.evaluations = step.evaluations
        self._levels = np.round(step.image * 255).astype(np.uint8)

    @property
    def image(self) -> Picture:
        """The picture (H, W, 3), in the 256 levels that a figure shows."""
        return self._levels.astype(np.float32) / np.float32(255)


class CachedRun:
    """A run so far: where it was at each step, and how to go on."""

    def __init__(self, start: Step) -> None:
        self.recorded_steps = [RecordedStep(start)]
        self.last: Step | None = start  # None where nothing is to come

    def add(self, step: Step | None, max_steps: int) -> None:
        """Take one step more into the run; None says that its optimizer has come to its end."""
        if step is not None:
            self.recorded_steps.append(RecordedStep(step))
        # The optimizer's memory is many pictures large: it is kept only for those who go on.
        self.last = step if len(self.recorded_steps) <= max_steps else None


class RunCache(Generic[Key]):
    """Runs by their settings.

    Args:
        begin: gives the steps of a run: from its start, with the start first, if there is no step
            yet; else those after that step.
        most: how many steps a run has at most.
    """

    def __init__(self, begin: Callable[[Key, Step | None], Iterator[Step]], max_steps: int) -> None:
        self._begin = begin
        self.max_steps = max_steps
        self._runs: dict[Key, CachedRun] = {}

    def steps_done(self, key: Key, steps: int) -> int:
        """Give how many of so many steps are there: all of them if the run ended early."""
        run = self._runs.get(key)
        if run is None:
            return 0
        return steps if run.last is None else min(steps, len(run.recorded_steps) - 1)

    def steps_so_far(self, key: Key, steps: int) -> Sequence[RecordedStep]:
        """Give the start of a run and those of its first steps that are there."""
        run = self._runs.get(key)
        return run.recorded_steps[: steps + 1] if run else []

    def advance(
        self, keys: Sequence[Key], steps: int, *, interleaved: bool = False
    ) -> Iterator[tuple[Key, int]]:
        """Take the steps that are missing, one at each turn; tell whose it was and which.

        Args:
            keys: the runs.
            steps: how far each is to come.
            abreast: take a step of each in turn; without it, one run after the other.
        """
        going: dict[Key, Iterator[Step]] = {}
        while behind := [key for key in keys if self.steps_done(key, steps) < steps]:
            key = min(behind, key=self._step_count) if interleaved else behind[0]
            run = self._runs.get(key)
            if key not in going:
                going[key] = self._begin(key, run.last if run else None)
            step = next(going[key], None)
            if run is not None:
                run.add(step, self.max_steps)
            elif step is not None:
                self._runs[key] = CachedRun(step)
            yield key, self.steps_done(key, steps)

    def _step_count(self, key: Key) -> int:
        run = self._runs.get(key)
        return len(run.recorded_steps) if run else 0
