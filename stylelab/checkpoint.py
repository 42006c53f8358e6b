"""Where a run has arrived, and the file from which it goes on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stylelab._files import load_arrays, save_arrays
from stylelab.colour import finish_colours
from stylelab.errors import CheckpointError, OutputError
from stylelab.images import resize_to
from stylelab.losses import Loss
from stylelab.saving import check_folder
from stylelab.settings import Stage
from stylelab.steps import pack, unpack

if TYPE_CHECKING:
    from os import PathLike

    from stylelab.colour import ColourSpace
    from stylelab.features import WeightsSource
    from stylelab.images import Picture
    from stylelab.masks import Mask
    from stylelab.settings import Settings
    from stylelab.steps import Step

SECONDS_BETWEEN_CHECKPOINTS = 5.0


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
        self.path = None if path is None else Path(path)
        self.fingerprint = "" if path is None else _fingerprint(pictures, settings, weights)
        self.saved_at = time.monotonic()
        if self.path is not None:
            check_folder(self.path.parent)

    def load(self) -> Progress | None:
        """Read where the run was, if there is a file."""
        if self.path is None or not self.path.exists():
            return None
        facts, arrays = load_arrays(self.path)
        if facts.get("fingerprint") != self.fingerprint:
            raise CheckpointError(
                f"Expected the checkpoint of this run. Received: {self.path}, which belongs to other "
                "pictures, settings or weights. Give back the old settings to finish that run, or "
                "delete the file to start anew."
            )
        step = unpack(facts["step"], arrays)
        best = step
        if facts["best"] is not None:
            best_arrays = {"image": arrays["best_image"], "gradient": arrays["best_gradient"]}
            best = unpack(facts["best"], best_arrays)
        return Progress(
            stages=tuple(Stage(**stage) for stage in facts["stages"]),
            stage=facts["stage"],
            step=step,
            best=best,
            history=tuple(Record(**record) for record in facts["history"]),
        )

    def save_sometimes(self, progress: Progress) -> None:
        """Write the state, if the last time is some seconds ago."""
        if time.monotonic() - self.saved_at >= SECONDS_BETWEEN_CHECKPOINTS:
            self.save(progress)

    def save(self, progress: Progress) -> None:
        """Write the state."""
        if self.path is None:
            return
        step, arrays = pack(progress.step)
        best = None
        if progress.best is not progress.step:
            best, best_arrays = pack(progress.best)
            arrays |= {f"best_{name}": best_arrays[name] for name in ("image", "gradient")}
        facts = {
            "fingerprint": self.fingerprint,
            "stages": [asdict(stage) for stage in progress.stages],
            "stage": progress.stage,
            "step": step,
            "best": best,
            "history": [asdict(record) for record in progress.history],
        }
        try:
            save_arrays(self.path, facts, arrays)
        except OSError as error:
            raise OutputError(
                f"Expected to keep the state of the run in {self.path}. Received: {error}. Free some "
                "space, or name another checkpoint."
            ) from error
        self.saved_at = time.monotonic()


def _fingerprint(
    pictures: tuple[Picture | Mask | Loss | None, ...], settings: Settings, weights: WeightsSource
) -> str:
    digest = hashlib.sha256(json.dumps(settings.describe(), sort_keys=True).encode())
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
