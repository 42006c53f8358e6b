"""A training's state in a file, in full precision, from which it goes on bit for bit."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.errors import OutputError, StylelabError
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.painting.network_files import info_from_json, info_to_json
from stylelab.painting.painting_network import PaintingNetwork
from stylelab.painting.training import TrainingStep
from stylelab.pictures.npz_files import (
    is_state_file,
    load_arrays,
    save_arrays,
    unreadable_state_error,
)
from stylelab.pictures.paths import expand_home
from stylelab.pictures.saving import validate_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from pathlib import Path

KIND = "stylelab training 1"
_PARAMETER = "parameter/"
_SCALARS = ("loss", "iteration", "seconds", "progress")


def save_training(path: str | PathLike[str], step: TrainingStep) -> Path:
    """Save a step of a training to a file (NumPy's npz), to go on from it later.

    ```python
    small = {"steps": 2, "size": 32, "batch": 1, "width": 4, "blocks": 1}
    step = next(sl.train("swirling_night", photo, **small))
    sl.save_training("night.npz", step)
    ```

    Raises:
        OutputError: the file cannot be written.
        CheckpointError: a file of another kind is there.
    """
    target = validate_training_path(path)
    facts = {name: getattr(step, name) for name in _SCALARS}
    facts |= {"kind": KIND, "terms": dict(step.terms), "info": info_to_json(step.network.info)}
    arrays = {f"{_PARAMETER}{name}": values for name, values in step.network.parameters.items()}
    try:
        save_arrays(
            target, facts, {name: one.numpy() for name, one in (arrays | dict(step.state)).items()}
        )
    except OSError as error:
        raise OutputError(
            f"Expected to keep the state of the training in {target}. Received: {error}. Free some "
            "space, or name another file."
        ) from error
    return target


@run_eagerly
def load_training(path: str | PathLike[str]) -> TrainingStep:
    """Load a step that `save_training` saved; `train` goes on from it bit for bit.

    ```python
    small = {"size": 32, "batch": 1, "width": 4, "blocks": 1}
    sl.save_training("night.npz", next(sl.train("swirling_night", photo, steps=2, **small)))
    step = sl.load_training("night.npz")
    *_, last = sl.train("swirling_night", photo, steps=2, start=step, **small)
    ```

    Raises:
        CheckpointError: the file is missing, damaged or of another kind.
    """
    file = expand_home(path)
    facts, arrays = load_arrays(file)
    try:
        return _step_from_arrays(facts, arrays)
    except (KeyError, TypeError, ValueError, AttributeError, StylelabError) as error:
        raise unreadable_state_error(file, f"{type(error).__name__}: {error}") from error


def _step_from_arrays(facts: Mapping[str, Any], arrays: Mapping[str, Any]) -> TrainingStep:
    if facts["kind"] != KIND:
        raise ValueError(f"its kind is {facts['kind']!r}")
    convert = import_tensorflow().convert_to_tensor
    tensors = {name: convert(values) for name, values in arrays.items()}
    parameters = {
        name.removeprefix(_PARAMETER): tensors.pop(name)
        for name in arrays
        if name.startswith(_PARAMETER)
    }
    network = PaintingNetwork(info_from_json(facts["info"]), parameters=parameters)
    expected = {
        f"{kind}/{name}": values.shape
        for kind in ("mean", "square")
        for name, values in network.parameters.items()
    }
    if {name: values.shape for name, values in tensors.items()} != expected:
        raise ValueError("its arrays are not those of its network")
    return TrainingStep(
        network=network,
        terms=MappingProxyType(dict(facts["terms"])),
        state=MappingProxyType(tensors),
        **{name: facts[name] for name in _SCALARS},
    )


def validate_training_path(path: str | PathLike[str]) -> Path:
    """Check that a training's state can be written to a path, and nothing else is lost; return it.

    Raises:
        OutputError: its folder is missing or cannot be written to.
        CheckpointError: it is a folder, or a file of another kind.
    """
    target = expand_home(path)
    validate_folder(target.parent)
    if target.exists() and not is_state_file(target):
        raise unreadable_state_error(target, "")
    return target
