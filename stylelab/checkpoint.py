"""Where a run has arrived, and the file from which it goes on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stylelab._files import is_state, load_arrays, replacing, save_arrays, temporary, unusable_state
from stylelab.colour import finish_colours
from stylelab.errors import CheckpointError, OutputError
from stylelab.images import resize_to
from stylelab.losses import Loss
from stylelab.saving import check_folder
from stylelab.steps import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from stylelab.colour import ColourSpace
    from stylelab.features import WeightsSource
    from stylelab.images import Picture
    from stylelab.masks import Mask
    from stylelab.settings import Settings, Stage
    from stylelab.steps import Step

SECONDS_BETWEEN_CHECKPOINTS = 5.0
SHARE_OF_TIME = 0.05
"""How much of a run's time may go into writing checkpoints, besides the one at its end."""

TRIAL = 1_000_000
"""Bytes at most that are written to find out how quick a disk is, before the first checkpoint."""

VERSION = 2
"""Of what a checkpoint holds: before, the number of steps could not change."""


@dataclass(frozen=True)
class Record:
    """One step of a finished run, without its picture: for curves.

    Attributes:
        stage: number of the stage, from 0.
        height, width: size of the picture at that stage.
        iteration: number of the step in its stage; 0 is what the stage started from.
        evaluations: how often the stage had computed its loss.
        loss, terms: as in `Step`. Losses of different stages do not compare.
        seconds: how long the optimizer had worked, all stages together.
        changed: whether the weights are others than those of the record before. Where they changed
            within a stage, the same picture is valued anew: the iteration is that of the record before.
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
        """Give a step's picture (H, W, 3) as it is to be shown: with its colours."""
        if self.colours is None:
            return step.image
        return finish_colours(step.image, self.colours, "luminance", self.colour_space)

    @property
    def image(self) -> Picture:
        """The best picture so far, at the last stage's size, as it is to be shown."""
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


class Checkpoint:
    """The file that a run goes on from; none if no path is given."""

    def __init__(
        self,
        path: str | PathLike[str] | None,
        pictures: tuple[Picture | Mask | Loss | None, ...],
        settings: Settings,
        weights: WeightsSource,
    ) -> None:
        """Check that a state can be written to the path.

        Args:
            path: the file, or None.
            pictures: all that the picture is made of, the photo first.
            settings: those of the run.
            weights: the network's.

        Raises:
            CheckpointError: the path is a folder, or a file that is no state of a run.
            OutputError: its folder cannot be written to.
        """
        self.path = None if path is None else Path(path).expanduser()
        self.fingerprint = "" if path is None else _fingerprint(pictures, settings, weights)
        self.stages = settings.stages(*cast("Picture", pictures[0]).shape[:2])
        self.began = self.saved_at = time.monotonic()
        self.spent = 0.0
        self.seconds_per_byte: float | None = None
        self.last: Step | None = None
        if self.path is not None:
            check_folder(self.path.parent)
            if self.path.exists() and not is_state(self.path):
                raise unusable_state(self.path, "")

    def load(self) -> Progress | None:
        """Read where the run was, if there is a file. It may go on for more steps than it had.

        Raises:
            CheckpointError: the file is damaged, or belongs to another run.
        """
        if self.path is None or not self.path.exists():
            return None
        facts, arrays = load_arrays(self.path)
        if facts.get("version") != VERSION:
            raise CheckpointError(
                f"Expected a checkpoint of this version of stylelab. Received: {self.path}, which "
                "another version wrote. Finish that run with it, or name another file."
            )
        if facts.get("fingerprint") != self.fingerprint:
            raise CheckpointError(
                f"Expected the checkpoint of this run. Received: {self.path}, which belongs to other "
                "pictures, settings or weights. Give back the old settings to finish that run, or "
                "name another file to start anew."
            )
        try:
            progress = self._progress(facts, arrays)
        except (KeyError, TypeError, IndexError) as error:
            raise unusable_state(self.path, f"{type(error).__name__}: {error}") from error
        most = progress.stages[progress.stage].steps
        if progress.step.iteration > most:
            raise CheckpointError(
                f"Expected at least the steps that the run in {self.path} has taken. Received: steps "
                f"that make {most} at this size, where it has taken {progress.step.iteration}. Ask "
                "for more steps, or name another file to start anew."
            )
        self.last = progress.step
        return progress

    def _progress(self, facts: dict[str, Any], arrays: dict[str, Any]) -> Progress:
        step = unpack(facts["step"], arrays)
        best = step
        if facts["best"] is not None:
            best_arrays = {"image": arrays["best_image"], "gradient": arrays["best_gradient"]}
            best = unpack(facts["best"], best_arrays)
        return Progress(
            stages=self.stages,
            stage=facts["stage"],
            step=step,
            best=best,
            history=tuple(Record(**record) for record in facts["history"]),
        )

    def save_sometimes(self, progress: Progress) -> None:
        """Write the state, if the last time is some seconds ago and it costs little of the time."""
        now = time.monotonic()
        if self.path is None or now - self.saved_at < SECONDS_BETWEEN_CHECKPOINTS:
            return
        if self.seconds_per_byte is None:
            self._try_speed(self.path, min(TRIAL, _bytes(progress)))
        expected = _bytes(progress) * (self.seconds_per_byte or 0.0)
        if self.spent + expected <= SHARE_OF_TIME * (now - self.began):
            self.save(progress)

    def _try_speed(self, path: Path, size: int) -> None:
        began = time.monotonic()
        with self._errors(), temporary(path.parent) as trial, replacing(trial) as file:
            file.write(bytes(size))
        seconds = time.monotonic() - began
        self.spent += seconds
        self.seconds_per_byte = seconds / size

    def save(self, progress: Progress) -> None:
        """Write the state, unless it is there already."""
        if self.path is None or progress.step is self.last:
            return
        began = time.monotonic()
        step, arrays = pack(progress.step)
        best = None
        if progress.best is not progress.step:
            best, best_arrays = pack(progress.best)
            arrays |= {f"best_{name}": best_arrays[name] for name in ("image", "gradient")}
        facts = {
            "version": VERSION,
            "fingerprint": self.fingerprint,
            "stage": progress.stage,
            "step": step,
            "best": best,
            "history": [asdict(record) for record in progress.history],
        }
        with self._errors():
            save_arrays(self.path, facts, arrays)
        self.last, self.saved_at = progress.step, time.monotonic()
        self.spent += self.saved_at - began
        self.seconds_per_byte = (self.saved_at - began) / _bytes(progress)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"Expected to keep the state of the run in {self.path}. Received: {error}. Free some "
                "space, or name another checkpoint."
            ) from error


def _bytes(progress: Progress) -> int:
    """How large a state is, about."""
    best = 0 if progress.best is progress.step else 2 * progress.best.image.nbytes
    memory = sum(array.nbytes for array in progress.step.memory.values())
    return 2 * progress.step.image.nbytes + memory + best


def _fingerprint(
    pictures: tuple[Picture | Mask | Loss | None, ...], settings: Settings, weights: WeightsSource
) -> str:
    decisive = {name: value for name, value in settings.describe().items() if name != "steps"}
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode())
    for picture in pictures:
        if isinstance(picture, Loss):
            digest.update(json.dumps(picture.describe(), sort_keys=True).encode())
        for array in picture.arrays if isinstance(picture, Loss) else (picture,):
            digest.update(b"none" if array is None else f"{array.shape}".encode() + array.tobytes())
    if isinstance(weights, Mapping):
        for name, array in weights.items():
            digest.update(name.encode() + array.tobytes())
    else:
        digest.update(str(weights).encode())
    return digest.hexdigest()
