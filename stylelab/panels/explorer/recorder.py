"""Pictures of a run, kept while it goes on: at the start of a run much changes, later little."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stylelab.checkpoint import Progress
    from stylelab.images import Picture


class Recorder:
    """Keeps the pictures of some steps of a run.

    ```python
    recorder = Recorder()
    result = transfer(photo, painting, callback=recorder)
    explorer(photo, painting, result, steps=recorder.pictures)
    ```

    Steps are counted over all sizes of the run: 0 is the start. A stage that ends early leaves out the
    numbers that it did not come to.

    Args:
        count: how many pictures, spread evenly on a logarithmic scale from the first step to the last.
        at: the numbers of the steps, instead.

    Raises:
        SettingsError: `count` is below 2, or a number of `at` below 0.
    """

    def __init__(self, count: int = 8, *, at: Iterable[int] | None = None) -> None:
        self._at = None if at is None else sorted(set(at))
        if count < 2 or (self._at is not None and (not self._at or self._at[0] < 0)):  # noqa: PLR2004
            raise SettingsError(
                "Expected a count of at least 2, or numbers of steps from 0 up. "
                f"Received: count={count}, at={self._at}."
            )
        self._count = count
        self._left: list[int] = []
        self._last: tuple[int, Picture] | None = None
        self._kept: dict[int, Picture] = {}

    def __call__(self, progress: Progress) -> None:
        """Note where the run is: `transfer` calls this after each step."""
        stages = progress.stages
        number = sum(stage.steps for stage in stages[: progress.stage]) + progress.step.iteration
        if self._last is None or number < self._last[0]:  # a new run
            self._kept = {}
            self._left = self._at or _spread(sum(stage.steps for stage in stages), self._count)
        due = [wanted for wanted in self._left if wanted <= number]
        self._left = self._left[len(due) :]
        if due:
            self._kept[number] = progress.step.image
        self._last = number, progress.step.image

    @property
    def pictures(self) -> Mapping[int, Picture]:
        """The pictures kept, by the number of the step; the last one that there was is among them."""
        pictures = dict(self._kept)
        if self._last is not None and self._at is None:
            number, image = self._last
            pictures[number] = image
        return MappingProxyType(pictures)


def _spread(total: int, count: int) -> list[int]:
    """Choose the start, the last step, and steps evenly between on a logarithmic scale."""
    return sorted({0, *np.rint(np.geomspace(1, max(total, 1), count - 1)).astype(int).tolist()})
