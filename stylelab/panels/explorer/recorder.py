"""Recording of pictures during a run, more often at its start, where the picture changes most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_integer
from stylelab.pictures.validation import describe_received

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.pictures.images import Picture
    from stylelab.pipeline.progress import Progress


MAX_STEP = 1_000_000
"""Larger numbers of steps are invalid."""


class Recorder:
    """Records the pictures of some steps of a run, with their final colours.

    ```python
    recorder = Recorder()
    result = transfer(photo, painting, callback=recorder)
    explorer(photo, painting, result, steps=recorder.pictures)
    ```

    Steps are counted over all stages of the run: 0 is the start. A stage that ends early skips its
    remaining numbers.

    Args:
        count: number of pictures, evenly spaced on a logarithmic scale from the first step to the last.
        at: numbers of the steps to record, instead of `count`.

    Raises:
        SettingsError: `count` is below 2, or a number of `at` below 0.
    """

    def __init__(self, count: int = 8, *, at: Iterable[int] | None = None) -> None:
        self._count = as_integer("count", count, 2, MAX_STEP)
        self._at: list[int] | None = None
        if at is not None:
            numbers = list(at) if isinstance(at, Iterable) else []
            if not numbers:
                raise SettingsError(
                    f"Expected at: numbers of steps, from 0 up. Received: {describe_received(at)}."
                )
            self._at = sorted({as_integer("a step of at", each, 0, MAX_STEP) for each in numbers})
        self._remaining: list[int] = []
        self._last: tuple[int, Progress] | None = None
        self._kept: dict[int, Picture] = {}

    def __call__(self, progress: Progress) -> None:
        """Record the step if its number is due; `transfer` calls this after each step."""
        stages = progress.stages
        number = sum(stage.steps for stage in stages[: progress.stage]) + progress.step.iteration
        if self._last is None or number < self._last[0]:  # a new run
            self._kept = {}
            self._remaining = self._at or _log_spaced_steps(
                sum(stage.steps for stage in stages), self._count
            )
        due = [wanted for wanted in self._remaining if wanted <= number]
        self._remaining = self._remaining[len(due) :]
        if due:
            self._kept[number] = progress.picture(progress.step)
        # What its picture needs, without the optimizer's state, which is many pictures large.
        bare = replace(progress.step, state={}, gradient=progress.step.image)
        self._last = number, replace(progress, step=bare, best=bare, history=())

    @property
    def pictures(self) -> Mapping[int, Picture]:
        """The recorded pictures by the number of the step, including the last step."""
        pictures = dict(self._kept)
        if self._last is not None and self._at is None:
            number, progress = self._last
            pictures.setdefault(number, progress.picture(progress.step))
        return MappingProxyType(pictures)


def _log_spaced_steps(total: int, count: int) -> list[int]:
    """The start, the last step, and steps between, evenly spaced on a logarithmic scale."""
    return sorted({0, *np.rint(np.geomspace(1, max(total, 1), count - 1)).astype(int).tolist()})
