"""What a run is made of and where it stands: jobs, states, and snapshots of a run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from stylelab.losses.layer_weights import make_layer_weights

if TYPE_CHECKING:
    from stylelab.losses.loss import Loss
    from stylelab.losses.style import StyleTerm
    from stylelab.pipeline.inputs import TransferInputs
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.result import Result
    from stylelab.pipeline.settings import Settings

PAUSED = "Paused."
"""The message once a pause holds: the last step is shown, and no other is taken."""


class State(StrEnum):
    """What a painter is doing, or how its last run ended."""

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
    """What to paint.

    Attributes:
        inputs: photo, styles, start and the region to keep.
        settings: see `Settings`.
        label: what the reader calls it.
        origin: whatever the caller wants to find again with it.
    """

    inputs: TransferInputs
    settings: Settings
    label: str = ""
    origin: Any = field(default=None, repr=False)

    def with_weights(self, settings: Settings) -> Loss:
        """Styles of the job with the layers' weights of other settings."""
        layers = make_layer_weights(settings.style_layers, "style", settings.formulation)
        terms = tuple(
            (weight, replace(cast("StyleTerm", term), layer_weights=layers))
            for weight, term in self.inputs.styles.weighted_terms
        )
        return replace(self.inputs.styles, weighted_terms=terms)


class LiveWeights(NamedTuple):
    """Weights to go on with: in settings, and in a loss of style terms, with what is new in that."""

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
    """Weights that were changed on the way.

    Attributes:
        record: where in the history: the index of the first record under the new weights.
        text: what was changed, in words: "style weight 10 → 30".
    """

    record: int
    text: str


class EndedRun(NamedTuple):
    """A run that has ended with a picture: what was painted, with the last weights, and the result."""

    job: Job
    result: Result


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All there is to show of a painter at one moment.

    Attributes:
        state: what it is doing.
        job: what it paints, with the settings in force now; None if nothing was ever started.
        progress: the picture, the best one, the history; None before the first picture.
        changes: weights that were changed on the way, in order.
        steps_done: steps taken, all sizes together.
        steps_total: steps that the run will take at most.
        speed: steps a second, lately, without pauses; None before the first step at a size.
        seconds_left: an estimate; None while there is nothing to go by.
        result: the picture of a run that has ended, however it ended, if there is one.
        message: a sentence for the reader; empty if there is nothing to say.
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
