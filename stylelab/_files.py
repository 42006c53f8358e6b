"""Files that are written whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FACTS = "facts"


@contextmanager
def temporary(folder: Path) -> Iterator[Path]:
    """A new name in `folder`; whatever is made under it is gone when the block ends."""
    path = folder / f".stylelab-{secrets.token_hex(8)}.tmp"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `path` that takes its place when the block ends well.

    Whoever reads meanwhile sees the old file or the new one, never a part. After an error, Ctrl-C
    included, the old file is as it was and nothing is left behind.
    """
    # In the same folder, because only within one file system is a replacement a single step.
    with temporary(path.parent) as name:
        with name.open("xb") as file:
            yield file
            file.flush()
            # Else a power cut could leave the new name with no content.
            os.fsync(file.fileno())
        name.replace(path)


def save_arrays(path: Path, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays by name, and facts that JSON can hold, to one file (NumPy's npz)."""
    named: dict[str, Any] = {FACTS: np.array(json.dumps(facts)), **arrays}
    with replacing(path) as file:
        np.savez(file, **named)


def load_arrays(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what `save_arrays` wrote.

    Raises:
        CheckpointError: the file is missing, damaged or something else.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            facts = json.loads(file[FACTS].item())
            return facts, {name: file[name] for name in file.files if name != FACTS}
    except Exception as error:
        raise CheckpointError(
            f"Expected a state saved by stylelab. Received: {path} "
            f"({type(error).__name__}: {error}). Delete the file to start anew."
        ) from error
