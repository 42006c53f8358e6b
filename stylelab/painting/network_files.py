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
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import NetworkFileError, OutputError
from stylelab.painting.painting_network import NetworkInfo, PaintingNetwork, parameter_shapes
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.file_access import shorten
from stylelab.pictures.saving import validate_folder
from stylelab.rights.record import declare_rights

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from numpy.typing import NDArray

SUFFIX = ".stylelab"
"""Of the files of networks."""

FORMAT = "stylelab painting network 1"
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
    metadata = {"format": FORMAT, "info": json.dumps(info_to_json(network.info))}
    places = _places(parameter_shapes(network.info))
    header = json.dumps({"__metadata__": metadata, **places}).encode()
    header += b" " * (-len(header) % _LENGTH_BYTES)  # the arrays begin at a multiple of 8
    try:
        with atomic_write(target) as file:
            file.write(len(header).to_bytes(_LENGTH_BYTES, "little") + header)
            for name in places:
                file.write(network.parameters[name].numpy().astype("<f2").tobytes())
    except OSError as error:
        raise OutputError(
            f"Expected to write {target}. Received: {error}. Choose another folder."
        ) from error
    return target


def network_path(path: str | PathLike[str]) -> Path:
    """Where a network is saved: the path, with `.stylelab`; checked, and nothing written.

    Raises:
        OutputError: its folder is missing or cannot be written to, or a file of another kind is there.
    """
    target = Path(path).expanduser()
    if target.suffix != SUFFIX:
        target = target.with_name(target.name + SUFFIX)
    validate_folder(target.parent)
    if target.is_dir():
        raise OutputError(f"Expected the name of a file. Received: {target}, which is a folder.")
    if target.exists() and not is_network_file(target):
        raise OutputError(
            f"Expected a new file, or one of a painting network. Received: {target}, which is another "
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
    file = Path(path).expanduser()
    try:
        with file.open("rb") as stream:
            header = _read_header(stream)
            info = info_from_json(json.loads(header.pop("__metadata__")["info"]))
            parameters = _read_parameters(stream, header, parameter_shapes(info))
        return PaintingNetwork(info, parameters=parameters)
    except Exception as error:
        raise _unreadable_error(file, error) from error


def is_network_file(path: Path) -> bool:
    """Whether a file begins as those that `save_network` writes, even if it is damaged further on."""
    try:
        with path.open("rb") as stream:
            return bool(_read_header(stream))
    except (OSError, ValueError, RecursionError):
        return False


def _places(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, dict[str, Any]]:
    """Type, shape and place of each array, as the header has them."""
    places, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * math.prod(shape)
        places[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [start, end]}
    return places


def _read_header(stream: IO[bytes]) -> dict[str, Any]:
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
    if found != FORMAT:
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


def _unreadable_error(path: Path, error: Exception) -> NetworkFileError:
    if not path.exists():
        what = "where there is no file. Check the spelling."
    elif path.is_dir():
        what = "which is a folder. Name a file in it."
    elif not is_network_file(path):
        what = "which is another kind of file. Name one that `stylelab train` made."
    else:
        what = f"which is one, but damaged ({shorten(str(error))}). Copy or train it again."
    return NetworkFileError(f"Expected the file of a painting network. Received: {path}, {what}")
