"""A step of an optimizer, and the file it is saved in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.errors import CheckpointError
from stylelab.pictures.state_files import load_arrays, save_arrays

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from stylelab.optimizers.evaluation import Array


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
    state: Mapping[str, Array] = field(repr=False)


def save_step(path: str | PathLike[str], step: Step) -> None:
    """Write a step, with all that its optimizer needs to go on, to a file (NumPy's npz)."""
    save_arrays(Path(path).expanduser(), *step_to_arrays(step))


def load_step(path: str | PathLike[str]) -> Step:
    """Read a step that `save_step` wrote.

    Raises:
        CheckpointError: the file is missing, damaged or something else.
    """
    facts, arrays = load_arrays(Path(path).expanduser())
    try:
        return step_from_arrays(facts, arrays)
    except (KeyError, TypeError) as error:
        raise CheckpointError(
            f"Expected a step saved by stylelab. Received: {path}, which holds something else: {error} "
            "is missing in it. It is left as it is; name another file."
        ) from error


def step_to_arrays(step: Step) -> tuple[dict[str, Any], dict[str, Array]]:
    """Take a step apart into facts that JSON can hold and arrays by name."""
    facts = {name: getattr(step, name) for name in _SCALAR_FIELDS} | {"terms": dict(step.terms)}
    state = {f"state_{name}": array for name, array in step.state.items()}
    return facts, {"image": step.image, "gradient": step.gradient, **state}


def step_from_arrays(facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Step:
    """Put together what `step_to_arrays` took apart."""
    arrays = {name: _read_only(array) for name, array in arrays.items()}
    state = {
        name.removeprefix("state_"): array
        for name, array in arrays.items()
        if name.startswith("state_")
    }
    if len(state) + 2 != len(
        arrays
    ):  # image and gradient; what else there is, another version wrote
        raise KeyError("state")
    return Step(
        image=arrays["image"],
        gradient=arrays["gradient"],
        terms=MappingProxyType(facts["terms"]),
        state=MappingProxyType(state),
        **{name: facts[name] for name in _SCALAR_FIELDS},
    )


_SCALAR_FIELDS = ("optimizer", "loss", "iteration", "evaluations", "seconds")


def _read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array
