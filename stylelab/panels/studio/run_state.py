"""Runs: what is to be painted, where it has arrived, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.panels.studio.thumbnails import thumbnail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.panels.studio.selection import Selection
    from stylelab.panels.studio.weight_changes import WeightChange
    from stylelab.pictures.images import Picture
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.result import Result
    from stylelab.pipeline.settings import Settings


class State(StrEnum):
    """State of a run, or how it ended; idle where there is none."""

    IDLE = "idle"
    WAITING = "waiting"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


ACTIVE_STATES = (State.PREPARING, State.RUNNING, State.PAUSED)
"""States of a run that goes on."""


@dataclass(frozen=True)
class GridPlace:
    """Place of a run in a grid of settings.

    Attributes:
        grid: number of the grid.
        row, column: what distinguishes the run, in words: "style weight 30", "seed 1".
    """

    grid: int
    row: str
    column: str


@dataclass(frozen=True, eq=False)
class Run:
    """A run: one that waits, goes on, or has ended.

    Attributes:
        number: counted from 1 in a studio.
        selection, settings: what is painted, and how: with the weights of the last step.
        wanted_selection, wanted_settings: the same with the weights wanted for the next step.
        state: what it does, or how it ended.
        message: a sentence for the reader, or empty.
        reason: why it began by itself, or ended so; empty if the reader started and stopped it.
        replaces: number of the run that it was started in place of.
        start: a picture to start from in place of what the settings say.
        resume: progress of the run that it continues, with `continues` for that run's number.
        progress: present and best picture, and the history; None before the first picture.
        changes: changes of weights, in order.
        steps_total: largest number of steps of the run.
        speed: steps per second lately, without pauses; None before the first step.
        seconds_left: an estimate; None before the first step.
        styles: the styles as plain values, if there are several.
        result: result of a run that has ended with a picture.
        frames: a small JPEG file of each step that was shown; of many, see `MAX_FRAMES`.
        frame_count: how many steps were shown.
        place: place in a grid, if it is part of one.
        dismissed: whether it is not to be shown any more once it has ended.
    """

    number: int
    selection: Selection
    settings: Settings
    wanted_selection: Selection
    wanted_settings: Settings
    state: State = State.WAITING
    message: str = ""
    reason: str = ""
    replaces: int | None = None
    start: Picture | None = field(default=None, repr=False)
    resume: Progress | None = field(default=None, repr=False)
    continues: int | None = None
    progress: Progress | None = field(default=None, repr=False)
    changes: tuple[WeightChange, ...] = ()
    steps_total: int = 0
    speed: float | None = None
    seconds_left: float | None = None
    styles: Sequence[Mapping[str, Any]] | None = field(default=None, repr=False)
    result: Result | None = field(default=None, repr=False)
    frames: tuple[bytes, ...] = field(default=(), repr=False)
    frame_count: int = 0
    place: GridPlace | None = None
    dismissed: bool = False

    @property
    def name(self) -> str:
        """Name for display: "run 3"."""
        return f"run {self.number}"

    @property
    def is_active(self) -> bool:
        """Whether it goes on."""
        return self.state in ACTIVE_STATES

    @property
    def steps_done(self) -> int:
        """Steps taken, all sizes together."""
        if self.progress is None:
            return 0
        before = self.progress.stages[: self.progress.stage]
        return sum(stage.steps for stage in before) + self.progress.step.iteration

    @cached_property
    def thumbnail(self) -> bytes:
        """A small JPEG file of its result; empty if it has none."""
        return b"" if self.result is None else thumbnail(self.result.image)

    @property
    def has_picture(self) -> bool:
        """Whether there is anything of it to look at."""
        return self.progress is not None

    def without_optimizer_state(self) -> Run:
        """The run without what only the next step needs, many pictures in size.

        It can still be continued, from its best picture.
        """
        if self.progress is None:
            return replace(self, resume=None)
        best = replace(self.progress.best, state=MappingProxyType({}))
        step = replace(best, iteration=self.progress.step.iteration)
        progress = replace(self.progress, step=step, best=best)
        return replace(self, progress=progress, resume=None)

    @property
    def file_name_parts(self) -> tuple[str, str]:
        """Names of photo and paintings, for a file's name."""
        return self.selection.photo.name, self.selection.painting


@dataclass(frozen=True, eq=False)
class Order:
    """What the background runner is to do now; it reads it before each step.

    Attributes:
        run: number of the run.
        selection, settings: what to paint; the weights may change while it goes on.
        start, resume: see `Run`.
        paused: whether to take no further step for now.
    """

    run: int
    selection: Selection
    settings: Settings
    start: Picture | None = field(default=None, repr=False)
    resume: Progress | None = field(default=None, repr=False)
    paused: bool = False
