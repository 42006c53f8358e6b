"""Paints on a thread of its own and tells what it sees: the studio without its widgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from stylelab.transfer import transfer_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.checkpoint import Progress
    from stylelab.images import Picture
    from stylelab.settings import Settings
    from stylelab.transfer import Result


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
        photo: (H, W, 3), RGB, in [0, 1], at full size.
        painting: the same.
        settings: see `Settings`.
        start: a picture to start from, in place of what the settings say.
        label: what the reader calls it.
    """

    photo: Picture = field(repr=False)
    painting: Picture = field(repr=False)
    settings: Settings
    start: Picture | None = field(default=None, repr=False)
    label: str = ""


@dataclass(frozen=True)
class Change:
    """Weights that were changed on the way.

    Attributes:
        record: where in the history: the index of the first record under the new weights.
        text: what was changed, in words: "style weight 10 → 30".
    """

    record: int
    text: str


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
        speed: steps a second, lately; None before the second step at a size.
        seconds_left: an estimate; None while there is nothing to go by.
        result: the picture of a run that has ended, however it ended, if there is one.
        message: a sentence for the reader; empty if there is nothing to say.
    """

    state: State
    job: Job | None = None
    progress: Progress | None = field(default=None, repr=False)
    changes: tuple[Change, ...] = ()
    steps_done: int = 0
    steps_total: int = 0
    speed: float | None = None
    seconds_left: float | None = None
    result: Result | None = field(default=None, repr=False)
    message: str = ""


class Painter:
    """Takes the steps of a run on one thread, and shows them.

    Every method returns at once, except `close` and `wait`. A method that means nothing in the
    present state does nothing.

    Args:
        show: is given a `Snapshot` at each change of state and at most `frames` times a second in
            between; never by two threads at a time. Most calls come from the painter's thread; those
            that answer a method at once (`pause`, `stop`, …) come from the thread that called it.
        frames: how often a running picture is shown, at most, in a second.
        steps: takes the steps; `transfer_steps`, or a stand-in with the same arguments.
    """

    def __init__(
        self,
        show: Callable[[Snapshot], object],
        *,
        frames: float = 5.0,
        steps: Callable[..., Any] = transfer_steps,
    ) -> None:
        self._show = show
        self._frames = frames
        self._steps = steps
        self._snapshot = Snapshot(State.IDLE)

    @property
    def snapshot(self) -> Snapshot:
        """Where the painter is now."""
        return self._snapshot

    @property
    def results(self) -> tuple[Result, ...]:
        """Every ended run that had a picture, oldest first."""
        return ()

    def start(self, job: Job) -> None:
        """Begin a run, from any state; one under way is stopped first, and its result kept."""

    def change(self, settings: Settings) -> None:
        """Take other weights from the next step on.

        Raises:
            SettingsError: something other than weights differs, which needs a restart (`start`).
        """

    def pause(self) -> None:
        """Take no further step for now."""

    def resume(self) -> None:
        """Go on after a pause."""

    def stop(self) -> None:
        """End the run after the present step and keep its best picture."""

    def reset(self) -> None:
        """End the run, keep its result, and go back to the empty state."""

    def close(self, timeout: float = 30.0) -> None:
        """End the run and wait for the thread to end. A closed painter cannot be started again."""

    def wait(self, *states: State, timeout: float = 60.0) -> Snapshot:
        """Wait until the painter is in one of the states.

        Raises:
            TimeoutError: it was not, in `timeout` seconds.
        """
        raise NotImplementedError
