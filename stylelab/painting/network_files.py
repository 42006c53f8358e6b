"""Painting networks in files: half precision, and what they were made of, in the safetensors format.

A file of safetensors is 8 bytes that say how long the header is, the header, which is JSON with name,
type, shape and place of each array, and the arrays one after the other. Nothing in it can be a program
(https://huggingface.co/docs/safetensors). So reading one is short, and needs no package; every program
that knows the format reads these files, too.
"""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import IO, TYPE_CHECKING, Any, TypeVar

import numpy as np

from stylelab.errors import NetworkFileError, OutputError
from stylelab.painting.painting_network import NetworkInfo, PaintingNetwork, parameter_shapes
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.file_access import shorten
from stylelab.pictures.paths import expand_home, path_exists
from stylelab.pictures.saving import validate_folder
from stylelab.rights.record import declare_rights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike
    from pathlib import Path

    from numpy.typing import NDArray

Info = TypeVar("Info")

SUFFIX = ".stylelab"
"""Of the files of networks."""

FORMAT, DECODER_FORMAT = "stylelab painting network 1", "stylelab decoder 1"
NAMES = {FORMAT: "a painting network", DECODER_FORMAT: "a decoder"}
"""What there are files of."""

MAX_HEADER_BYTES = 4_000_000
"""Thousands of training pictures with their rights fit in it."""
_LENGTH_BYTES = 8
_ANOTHER_KIND = "another kind of file"
_RIGHTS = ("style_rights", "photo_rights")


def save_network(path: str | PathLike[str], network: PaintingNetwork) -> Path:
    """Save a network, in half precision, with its settings and the rights of what it was made of.

    ```python
    network = sl.PaintingNetwork(("night",), width=4, blocks=1)
    sl.save_network("night.stylelab", network)
    ```

    Args:
        path: where; `.stylelab` is added to a name without it.
        network: what to save.

    Returns:
        The path of the file.

    Raises:
        OutputError: the file cannot be written, or a file of another kind is there.
    """
    target = network_path(path)
    shapes = parameter_shapes(network.info)
    write_parameters(target, FORMAT, info_to_json(network.info), network.parameters, shapes)
    return target


def write_parameters(
    target: Path,
    kind: str,
    info: Mapping[str, Any],
    parameters: Mapping[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
) -> None:
    """Write parameters in half precision, with a description that JSON can hold.

    Args:
        target: the file.
        kind: what it is a file of: the header's format.
        info: the description.
        parameters: tensors by name.
        shapes: of each of them, in the order in which they are written.

    Raises:
        OutputError: the file cannot be written.
    """
    metadata = {"format": kind, "info": json.dumps(info)}
    header = json.dumps({"__metadata__": metadata, **_places(shapes)}).encode()
    header += b" " * (-len(header) % _LENGTH_BYTES)  # the arrays begin at a multiple of 8
    try:
        with atomic_write(target) as file:
            file.write(len(header).to_bytes(_LENGTH_BYTES, "little") + header)
            for name in shapes:
                file.write(parameters[name].numpy().astype("<f2").tobytes())
    except OSError as error:
        raise OutputError(
            f"Expected to write {target}. Received: {error}. Choose another folder."
        ) from error


def network_path(path: str | PathLike[str], kind: str = FORMAT) -> Path:
    """Where a network is saved: the path, with `.stylelab`; checked, and nothing written.

    Args:
        path: where, with or without the suffix.
        kind: what it is to be a file of; one of another kind is not replaced.

    Raises:
        OutputError: its folder is missing or cannot be written to, or a file of another kind is there.
    """
    target = expand_home(path)
    if target.suffix != SUFFIX:
        target = target.with_name(target.name + SUFFIX)
    validate_folder(target.parent)
    if target.is_dir():
        raise OutputError(f"Expected the name of a file. Received: {target}, which is a folder.")
    if target.exists() and not is_network_file(target, kind):
        raise OutputError(
            f"Expected a new file, or one of {NAMES[kind]}. Received: {target}, which is another "
            "kind of file. It is left unchanged; name another."
        )
    return target


def load_network(path: str | PathLike[str]) -> PaintingNetwork:
    """Load a network that `save_network` saved.

    Nothing in the file is run, and no more of it is read than a network of its settings has.

    ```python
    path = sl.save_network("night.stylelab", sl.PaintingNetwork(("night",), width=4, blocks=1))
    network = sl.load_network(path)
    network.info.styles  # ("night",)
    ```

    Raises:
        NetworkFileError: the file is missing, damaged or of another kind.
    """
    file = expand_home(path)
    try:
        info, parameters = read_parameters(file, FORMAT, info_from_json, parameter_shapes)
        return PaintingNetwork(info, parameters=parameters)
    except Exception as error:
        raise unreadable_error(file, error, FORMAT) from error


def read_parameters(
    file: Path,
    kind: str,
    describe: Callable[[dict[str, Any]], Info],
    list_shapes: Callable[[Info], Mapping[str, tuple[int, ...]]],
) -> tuple[Info, dict[str, NDArray[np.float32]]]:
    """Read what `write_parameters` wrote: the description, and the parameters by name.

    Args:
        file: the file.
        kind: what it is a file of.
        describe: makes the description of what JSON holds, or refuses it.
        list_shapes: shape of each parameter of what is so described.

    Raises:
        OSError, ValueError, StylelabError: it cannot be read: see `unreadable_error`.
    """
    with file.open("rb") as stream:
        header = _read_header(stream, kind)
        info = describe(json.loads(header.pop("__metadata__")["info"]))
        return info, _read_parameters(stream, header, list_shapes(info))


def is_network_file(path: Path, kind: str = FORMAT) -> bool:
    """Whether a file begins as those of its kind do, even if it is damaged further on."""
    try:
        with path.open("rb") as stream:
            return bool(_read_header(stream, kind))
    except (OSError, ValueError, RecursionError):
        return False


def _places(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, dict[str, Any]]:
    """Type, shape and place of each array, as the header has them."""
    places, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * math.prod(shape)
        places[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [start, end]}
    return places


def _read_header(stream: IO[bytes], kind: str) -> dict[str, Any]:
    """Header of a network's file; a `ValueError` if it is that of another kind of file."""
    start = stream.read(_LENGTH_BYTES)
    length = int.from_bytes(start, "little")
    if len(start) != _LENGTH_BYTES or not 0 < length <= MAX_HEADER_BYTES:
        raise ValueError(_ANOTHER_KIND)
    try:
        header: dict[str, Any] = json.loads(stream.read(length))
        found = header["__metadata__"]["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(_ANOTHER_KIND) from error
    if found != kind:
        raise ValueError(_ANOTHER_KIND)
    return header


def _read_parameters(
    stream: IO[bytes], header: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray[np.float32]]:
    """Arrays after the header; a `ValueError` unless they are those that the settings make."""
    if header != _places(shapes):
        raise ValueError("its arrays are not those that its settings make")
    counts = [math.prod(shape) for shape in shapes.values()]
    data = stream.read(2 * sum(counts) + 1)
    if len(data) != 2 * sum(counts):
        raise ValueError(f"it ends too {'early' if len(data) < 2 * sum(counts) else 'late'}")
    values = np.frombuffer(data, "<f2").astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("a weight in it is not a finite number")
    parts = np.split(values, np.cumsum(counts)[:-1])
    return {
        name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }


def info_to_json(info: NetworkInfo) -> dict[str, Any]:
    """Description of a network as JSON can hold it."""
    rights = {
        name: {key: one.facts() for key, one in getattr(info, name).items()} for name in _RIGHTS
    }
    return (
        {one.name: getattr(info, one.name) for one in fields(info)}
        | rights
        | {"settings": dict(info.settings)}
    )


def info_from_json(values: dict[str, Any]) -> NetworkInfo:
    """Rebuild the description of a network from what `info_to_json` returned."""
    rights = {
        name: {key: declare_rights(one, "network") for key, one in values[name].items()}
        for name in _RIGHTS
    }
    return NetworkInfo(**values | rights)


def unreadable_error(path: Path, error: Exception, kind: str) -> NetworkFileError:
    """Error that says why a file of a network, of that kind, cannot be read."""
    if not path_exists(path):
        what = "where there is no file. Check the spelling."
    elif path.is_dir():
        what = "which is a folder. Name a file in it."
    elif not is_network_file(path, kind):
        maker = "`stylelab train` made" if kind == FORMAT else "`save_decoder` saved"
        what = f"which is another kind of file. Name one that {maker}."
    else:
        what = f"which is one, but damaged ({shorten(str(error))}). Copy or train it again."
    return NetworkFileError(f"Expected the file of {NAMES[kind]}. Received: {path}, {what}")
