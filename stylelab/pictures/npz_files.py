"""Files of a run's or an optimizer's state: JSON metadata and arrays in NumPy's npz format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stylelab.errors import CheckpointError
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.paths import path_exists

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

METADATA_KEY = "facts"
# A file that `save_arrays` wrote is a ZIP archive whose first entry has this name.
_ZIP_SIGNATURE = b"PK\x03\x04"
_FIRST_ENTRY_NAME = f"{METADATA_KEY}.npy".encode()
_ZIP_NAME_OFFSET = 30  # bytes: the fixed part of an entry's header (APPNOTE.TXT, section 4.3.7)


def save_arrays(
    path: Path, metadata: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write named arrays and JSON metadata to one npz file."""
    import numpy as np

    named: dict[str, Any] = {METADATA_KEY: np.array(json.dumps(metadata)), **arrays}
    with atomic_write(path) as file:
        np.savez(file, **named)


def load_arrays(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Metadata and arrays of a file that `save_arrays` wrote.

    Raises:
        CheckpointError: the file is missing, damaged or of another kind.
    """
    import numpy as np

    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            metadata = json.loads(file[METADATA_KEY].item())
            return metadata, {name: file[name] for name in file.files if name != METADATA_KEY}
    except Exception as error:
        raise unreadable_state_error(path, f"{type(error).__name__}: {error}") from error


def unreadable_state_error(path: Path, reason: str) -> CheckpointError:
    """Error that says why a file cannot be resumed from; only one of ours may be deleted."""
    if not path_exists(path):
        what = "where there is no file."
    elif path.is_dir():
        what = "which is a folder. Name a file in it."
    elif is_state_file(path):
        what = (
            f"which is one, but damaged ({reason}). Delete it to start again, or name another file."
        )
    else:
        what = "which is another kind of file. It is left unchanged; name another file."
    return CheckpointError(f"Expected a state saved by stylelab. Received: {path}, {what}")


def is_state_file(path: Path) -> bool:
    """Whether a file was written by `save_arrays`, even if damaged since."""
    try:
        with path.open("rb") as file:
            start = file.read(_ZIP_NAME_OFFSET + len(_FIRST_ENTRY_NAME))
    except OSError:
        return False
    return start.startswith(_ZIP_SIGNATURE) and start[_ZIP_NAME_OFFSET:] == _FIRST_ENTRY_NAME
