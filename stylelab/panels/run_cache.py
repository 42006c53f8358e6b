"""Cache of optimizer runs by their settings: no step is computed twice.

A run can be left at any step and continued, also by another thread, because a step holds all that its
optimizer needs to continue.
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
    """Load a picture, and scale it down if its long side is longer than `longest` pixels."""
    image = load_image_or_sample(picture)
    return load_image(image, size=longest) if max(image.shape) > longest else image


class RecordedStep:
    """What a figure needs of one step, in a quarter of the memory."""

    def __init__(self, step: Step) -> None:
        self.loss = step.loss
        self.evaluations = step.evaluations
        self._levels = np.round(step.image * 255).astype(np.uint8)

    @property
    def image(self) -> Picture:
        """The picture (H, W, 3), in 256 levels, as a figure shows it."""
        return self._levels.astype(np.float32) / np.float32(255)


class CachedRun:
    """The steps of a run so far, and the state to continue from."""

    def __init__(self, start: Step) -> None:
        self.recorded_steps = [RecordedStep(start)]
        self.last: Step | None = start  # None if the run has ended

    def add(self, step: Step | None, max_steps: int) -> None:
        """Add a step; None if the optimizer has ended."""
        if step is not None:
            self.recorded_steps.append(RecordedStep(step))
        # The optimizer's state is many pictures large; it is kept only while the run can continue.
        self.last = step if len(self.recorded_steps) <= max_steps else None


class RunCache(Generic[Key]):
    """Runs by their settings.

    Args:
        begin: returns the steps of a run: all of them, with the start first, or those after a step.
        max_steps: maximal number of steps of a run.
    """

    def __init__(self, begin: Callable[[Key, Step | None], Iterator[Step]], max_steps: int) -> None:
        self._begin = begin
        self.max_steps = max_steps
        self._runs: dict[Key, CachedRun] = {}

    @property
    def begun(self) -> bool:
        """Whether any run has been begun."""
        return bool(self._runs)

    def steps_done(self, key: Key, steps: int) -> int:
        """Number of computed steps, of `steps`; all of them if the run ended early."""
        run = self._runs.get(key)
        if run is None:
            return 0
        return steps if run.last is None else min(steps, len(run.recorded_steps) - 1)

    def steps_so_far(self, key: Key, steps: int) -> Sequence[RecordedStep]:
        """The start of a run and the computed ones of its first `steps` steps."""
        run = self._runs.get(key)
        return run.recorded_steps[: steps + 1] if run else []

    def advance(
        self, keys: Sequence[Key], steps: int, *, interleaved: bool = False
    ) -> Iterator[tuple[Key, int]]:
        """Compute the missing steps, one in each iteration; yield its run and its number.

        Args:
            keys: the runs.
            steps: number of steps that each should have.
            interleaved: compute a step of each run in turn, and not one run after the other.
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
