"""Jobs, states and snapshots of a run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from stylelab.losses.loss import Loss
    from stylelab.pipeline.inputs import TransferInputs
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.result import Result
    from stylelab.pipeline.settings import Settings

PAUSED = "Paused."
"""Message once a pause has begun: the last step is shown, and no other is taken."""


class State(StrEnum):
    """State of a runner, or how its last run ended."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, eq=False)
class Job:
    """Inputs and settings of a run.

    Attributes:
        inputs: photo, styles, start and the region to keep.
        settings: see `Settings`.
        label: its name for display.
        origin: any object of the caller.
    """

    inputs: TransferInputs
    settings: Settings
    label: str = ""
    origin: Any = field(default=None, repr=False)


class LiveWeights(NamedTuple):
    """Weights for the next steps: settings, styles, and the change of the styles in words."""

    settings: Settings
    styles: Loss
    words: str = ""
    origin: Any = None

    def apply_to(self, job: Job) -> Job:
        """Job with these weights."""
        inputs = replace(job.inputs, styles=self.styles)
        origin = job.origin if self.origin is None else self.origin
        return replace(job, inputs=inputs, settings=self.settings, origin=origin)


@dataclass(frozen=True)
class WeightChange:
    """A change of weights during a run.

    Attributes:
        record: index in the history of the first record with the new weights.
        text: the change in words: "style weight 10 → 30".
    """

    record: int
    text: str


class EndedRun(NamedTuple):
    """A run that has ended with a picture: its job with the last weights, and its result."""

    job: Job
    result: Result


@dataclass(frozen=True, eq=False)
class Snapshot:
    """State of a runner at one moment, for display.

    Attributes:
        state: what the runner does.
        job: the job with its present weights; None before the first run.
        progress: present and best picture, and the history; None before the first picture.
        changes: changes of weights, in order.
        steps_done: steps taken, all sizes together.
        steps_total: largest number of steps of the run.
        speed: steps per second lately, without pauses; None before the first step.
        seconds_left: an estimate; None before the first step.
        result: result of a run that has ended with a picture.
        message: a sentence for the reader, or empty.
    """

    state: State
    job: Job | None = None
    progress: Progress | None = field(default=None, repr=False)
    changes: tuple[WeightChange, ...] = ()
    steps_done: int = 0
    steps_total: int = 0
    speed: float | None = None
    seconds_left: float | None = None
    result: Result | None = field(default=None, repr=False)
    message: str = ""
