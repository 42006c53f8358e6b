"""Files that are written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

FACTS = "facts"


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `path` that takes its place when the block ends well.

    Whoever reads meanwhile sees the old file or the new one, never a part. After an error, Ctrl-C
    included, the old file is as it was and nothing is left behind.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_usual_mode())
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _usual_mode() -> int:
    """Permissions that a new file gets (`mkstemp` makes it private)."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def save_arrays(path: Path, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays by name, and facts that JSON can hold, to one file (NumPy's npz)."""
    text = np.array(json.dumps(facts))
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **{FACTS: text}, **arrays)


def load_arrays(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what `save_arrays` wrote.

    Raises:
        CheckpointError: the file is missing, damaged or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(file[FACTS].item())
            return facts, {name: file[name] for name in file.files if name != FACTS}
    except Exception as error:
        raise CheckpointError(
            f"Expected a state saved by stylelab. Received: {path} "
            f"({type(error).__name__}: {error}). Delete the file to start anew."
        ) from error
