"""What an optimizer gives, step by step, and what every optimizer does besides its own idea."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab._files import load_arrays, save_arrays
from stylelab.errors import CheckpointError, DivergedError, PictureError, SettingsError
from stylelab.images import load_image
from stylelab.losses import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from os import PathLike

    from numpy.typing import NDArray

    from stylelab.images import PictureSource

    Array = NDArray[np.floating[Any]]
    LossFunction = Callable[[Any], Evaluation | tuple[float, Any]]

HALVINGS = 20
"""How often a search halves a step before it counts as none at all."""


@dataclass(frozen=True, eq=False)
class Step:
    """Where an optimizer has arrived.

    Attributes:
        image: the picture (H, W, 3), RGB, in [0, 1], read-only.
        loss: the loss of exactly this picture.
        terms: what each term adds to it, by name (empty if the loss has no terms).
        iteration: 0 for the start, then 1, 2, …
        evaluations: how often the loss was computed so far.
        seconds: how long the optimizer worked so far; time between steps is not counted.
        gradient: how the loss changes with each value of the picture.
        optimizer: the name of the function that made the step.
        memory: what that function remembers of earlier steps, by name.
    """

    image: Array = field(repr=False)
    loss: float
    terms: Mapping[str, float]
    iteration: int
    evaluations: int
    seconds: float
    gradient: Array = field(repr=False)
    optimizer: str
    memory: Mapping[str, Array] = field(repr=False)


def save_step(path: str | PathLike[str], step: Step) -> None:
    """Write a step, with all that its optimizer needs to go on, to a file (NumPy's npz)."""
    save_arrays(Path(path).expanduser(), *pack(step))


def load_step(path: str | PathLike[str]) -> Step:
    """Read a step that `save_step` wrote.

    Raises:
        CheckpointError: the file is missing, damaged or something else.
    """
    facts, arrays = load_arrays(Path(path).expanduser())
    try:
        return unpack(facts, arrays)
    except (KeyError, TypeError) as error:
        raise CheckpointError(
            f"Expected a step saved by stylelab. Received: {path}, which holds something else: {error} "
            "is missing in it. It is left as it is; name another file."
        ) from error


def pack(step: Step) -> tuple[dict[str, Any], dict[str, Array]]:
    """Take a step apart into facts that JSON can hold and arrays by name."""
    facts = {name: getattr(step, name) for name in _FACTS} | {"terms": dict(step.terms)}
    memory = {f"memory_{name}": array for name, array in step.memory.items()}
    return facts, {"image": step.image, "gradient": step.gradient, **memory}


def unpack(facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Step:
    """Put together what `pack` took apart."""
    arrays = {name: _read_only(array) for name, array in arrays.items()}
    memory = {
        name.removeprefix("memory_"): array
        for name, array in arrays.items()
        if name.startswith("memory_")
    }
    return Step(
        image=arrays["image"],
        gradient=arrays["gradient"],
        terms=MappingProxyType(facts["terms"]),
        memory=MappingProxyType(memory),
        **{name: facts[name] for name in _FACTS},
    )


_FACTS = ("optimizer", "loss", "iteration", "evaluations", "seconds")


class Run:
    """What every optimizer does besides its own idea: bounds, counting, time, refusing nonsense."""

    def __init__(self, name: str, loss: LossFunction, bounds: tuple[float, float]) -> None:
        self.name = name
        self.loss = loss
        self.low, self.high = bounds
        if not self.low < self.high:
            raise SettingsError(f"Expected bounds (lowest, highest). Received: {bounds}.")
        self.evaluations = 0
        self.seconds = 0.0

    def begin(
        self, start: PictureSource | Step, steps: int, **positive: float | None
    ) -> tuple[Step, bool]:
        """Check the settings and give the first step, and whether it is a new one."""
        if steps < 0:
            raise SettingsError(f"Expected steps of at least 0. Received: {steps}.")
        for name, value in positive.items():
            if value is not None and not (math.isfinite(value) and value > 0):
                raise SettingsError(f"Expected a finite {name} above 0. Received: {value}.")
        if not isinstance(start, Step):
            with self.clock():
                image = self.clip(_as_floats(start))
                evaluation = self.evaluate(image)
            return self.accept(None, image, evaluation, {}), True
        if start.optimizer != self.name:
            raise SettingsError(
                f"Expected a picture, or a step of {self.name} to go on from. Received: a step of "
                f"{start.optimizer}. Start from its picture: start=step.image"
            )
        self.evaluations, self.seconds = start.evaluations, start.seconds
        return start, False

    @contextmanager
    def clock(self) -> Iterator[None]:
        """Count the time that the block takes."""
        before = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - before

    def clip(self, image: Array) -> Array:
        """Bring the values back between the bounds."""
        return np.clip(image, self.low, self.high)

    def free(self, image: Array, gradient: Array) -> Array:
        """Tell the values that may move (1) from those that their gradient holds at a bound (0)."""
        held = ((image <= self.low) & (gradient > 0)) | ((image >= self.high) & (gradient < 0))
        return (~held).astype(image.dtype)

    def evaluate(self, image: Array) -> Evaluation:
        """Compute the loss, in the form that all optimizers use."""
        self.evaluations += 1
        image.flags.writeable = False
        answer = self.loss(image)
        loss, terms, gradient = answer if len(answer) == 3 else (answer[0], {}, answer[1])  # noqa: PLR2004
        # A copy: it is made read-only, and the array may be the caller's own.
        return Evaluation(float(loss), terms, np.array(gradient, image.dtype))

    def search(self, step: Step, direction: Array, scale: float) -> tuple[Array, Evaluation] | None:
        """Go along the direction, projected, half as far each time that the loss does not fall."""
        finite = True
        for halving in range(HALVINGS):
            length = step.image.dtype.type(scale / 2**halving)
            image = self.clip(step.image + length * direction)
            evaluation = self.evaluate(image)
            finite = _is_finite(evaluation)
            if finite and evaluation.loss < step.loss:
                return image, evaluation
        if not finite:
            raise _diverged(self.name, evaluation, step)
        return None

    def accept(
        self,
        last: Step | None,
        image: Array,
        evaluation: Evaluation,
        memory: Mapping[str, Array],
    ) -> Step:
        """Make the next step, unless its loss or gradient is nonsense."""
        if not _is_finite(evaluation):
            raise _diverged(self.name, evaluation, last)
        return Step(
            image=image,
            loss=evaluation.loss,
            terms=evaluation.terms,
            iteration=0 if last is None else last.iteration + 1,
            evaluations=self.evaluations,
            seconds=self.seconds,
            gradient=_read_only(evaluation.gradient),
            optimizer=self.name,
            memory=MappingProxyType({name: _read_only(array) for name, array in memory.items()}),
        )


def _as_floats(start: PictureSource) -> Array:
    if isinstance(start, np.ndarray) and start.dtype in (np.float32, np.float64):
        if not np.isfinite(start).all():
            raise PictureError(
                "Expected a start of finite numbers. Received: an array with NaN or infinity in it."
            )
        return start
    return load_image(start)


def _is_finite(evaluation: Evaluation) -> bool:
    return math.isfinite(evaluation.loss) and bool(np.isfinite(evaluation.gradient).all())


def _diverged(optimizer: str, evaluation: Evaluation, last: Step | None) -> DivergedError:
    culprits = [name for name, value in evaluation.terms.items() if not math.isfinite(value)]
    if last is None:
        cause = "the start, a target or a weight is too extreme"
    elif optimizer == "lbfgs":
        cause = "a weight is so large that float32 overflows; lower it"
    else:
        cause = "the learning rate is too large; lower it"
    where = f" in the term {' and '.join(culprits)}" if culprits else ""
    after = "at the start" if last is None else f"after {last.iteration} steps"
    return DivergedError(
        f"Expected a loss and a gradient that are finite numbers. Received: loss {evaluation.loss}"
        f"{where}, {after}. Likely cause: {cause}.",
        step=last,
    )


def _read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array
