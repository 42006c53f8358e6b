"""A step of an optimizer, and its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.errors import CheckpointError
from stylelab.pictures.npz_files import load_arrays, save_arrays
from stylelab.pictures.paths import expand_home

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from stylelab.optimizers.evaluation import Array


@dataclass(frozen=True, eq=False)
class Step:
    """Picture, loss and optimizer state after one step.

    Attributes:
        image: the picture (H, W, 3), RGB, in [0, 1], read-only.
        loss: the loss of exactly this picture.
        terms: contribution of each term by name (empty if the loss has no terms).
        iteration: 0 for the start, then 1, 2, …
        evaluations: number of evaluations of the loss so far.
        seconds: working time of the optimizer so far, without the time between steps.
        gradient: of the loss with respect to the picture, the same shape, read-only.
        optimizer: name of the function that made the step.
        state: what that function needs of earlier steps, arrays by name.

    ```python
    loss = sl.content(photo) + 10 * sl.style(painting)
    *_, step = sl.adam(loss, start=photo, steps=2)
    *_, later = sl.adam(loss, start=step, steps=4)  # continues: the third and fourth step
    ```
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
    """Save a step, with the state of its optimizer, to a file (NumPy's npz).

    Raises:
        OSError: the file cannot be written.

    ```python
    *_, step = sl.lbfgs(sl.content(photo), start=np.zeros_like(photo), steps=2)
    sl.save_step("step.npz", step)
    ```
    """
    save_arrays(expand_home(path), *step_to_arrays(step))


def load_step(path: str | PathLike[str]) -> Step:
    """Load a step that `save_step` saved; an optimizer continues from it bit for bit.

    Raises:
        CheckpointError: the file is missing, damaged or something else.

    ```python
    loss = sl.content(photo)
    *_, step = sl.lbfgs(loss, start=np.zeros_like(photo), steps=2)
    sl.save_step("step.npz", step)
    *_, later = sl.lbfgs(loss, start=sl.load_step("step.npz"), steps=4)
    ```
    """
    facts, arrays = load_arrays(expand_home(path))
    try:
        return step_from_arrays(facts, arrays)
    except (KeyError, TypeError) as error:
        raise CheckpointError(
            f"Expected a step saved by stylelab. Received: {path}, which holds something else: {error} "
            "is missing in it. It is left as it is; name another file."
        ) from error


def step_to_arrays(step: Step) -> tuple[dict[str, Any], dict[str, Array]]:
    """Split a step into values that JSON can store and arrays by name."""
    facts = {name: getattr(step, name) for name in _SCALAR_FIELDS} | {"terms": dict(step.terms)}
    state = {f"state_{name}": array for name, array in step.state.items()}
    return facts, {"image": step.image, "gradient": step.gradient, **state}


def step_from_arrays(facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Step:
    """Rebuild a step from the parts that `step_to_arrays` returned."""
    arrays = {name: _read_only(array) for name, array in arrays.items()}
    names = set(arrays) - {"image", "gradient"}
    if not all(name.startswith("state_") for name in names):  # another version wrote it
        raise KeyError("state")
    state = {name.removeprefix("state_"): arrays[name] for name in names}
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
