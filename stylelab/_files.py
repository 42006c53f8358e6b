"""Files that are written whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import unicodedata
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from stylelab.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

FACTS = "facts"
# A file that `save_arrays` wrote is a ZIP archive whose first entry has this name.
_BEGINS = b"PK\x03\x04"
_FIRST_ENTRY = f"{FACTS}.npy".encode()
_NAME_STARTS = 30  # bytes: the fixed part of an entry's header (APPNOTE.TXT, section 4.3.7)


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
    import numpy as np

    named: dict[str, Any] = {FACTS: np.array(json.dumps(facts)), **arrays}
    with replacing(path) as file:
        np.savez(file, **named)


def load_arrays(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what `save_arrays` wrote.

    Raises:
        CheckpointError: the file is missing, damaged or something else.
    """
    import numpy as np

    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            facts = json.loads(file[FACTS].item())
            return facts, {name: file[name] for name in file.files if name != FACTS}
    except Exception as error:
        raise unusable_state(path, f"{type(error).__name__}: {error}") from error


def unusable_state(path: Path, reason: str) -> CheckpointError:
    """Say why a file is no state to go on from; only of a file of ours, that it may be deleted."""
    expected = "Expected a state saved by stylelab."
    if not path.exists():
        return CheckpointError(f"{expected} Received: {path}, where there is no file.")
    if path.is_dir():
        return CheckpointError(
            f"{expected} Received: {path}, which is a folder. Name a file in it."
        )
    if is_state(path):
        return CheckpointError(
            f"{expected} Received: {path}, which is one, but damaged ({reason}). Delete it to start "
            "anew, or name another file."
        )
    return CheckpointError(
        f"{expected} Received: {path}, which is something else. It is left as it is; name another "
        "file."
    )


def is_state(path: Path) -> bool:
    """Whether a file was written by `save_arrays`, perhaps damaged since."""
    try:
        with path.open("rb") as file:
            start = file.read(_NAME_STARTS + len(_FIRST_ENTRY))
    except OSError:
        return False
    return start.startswith(_BEGINS) and start[_NAME_STARTS:] == _FIRST_ENTRY


def is_file(path: str | os.PathLike[str]) -> bool:
    """Whether there is something under a path; what cannot be a path leads nowhere."""
    try:
        return Path(path).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long a name, a NUL byte, no home
        return False


def same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether two paths lead to one file, now or once it is written.

    Links are followed. Names of files that are not there yet are compared as their file system does:
    without case, where it ignores case.
    """
    try:
        first, second = Path(one).expanduser(), Path(other).expanduser()
        if first.exists() and second.exists():
            return first.samefile(second)
        first, second = first.resolve(), second.resolve()
    except (OSError, ValueError, TypeError, RuntimeError):
        return False  # what is no path cannot be written
    if first == second:
        return True
    return _without_case(first) == _without_case(second) and ignores_case(first.parent)


def _without_case(path: Path) -> str:
    # File systems that ignore case also take a letter with its accent as one sign or as two.
    return unicodedata.normalize("NFC", str(path)).casefold()


def ignores_case(folder: Path) -> bool:
    """Whether a folder's file system takes `A` and `a` for one name, by trying it."""
    try:
        existing = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
        with temporary(existing) as trial:
            trial.touch()
            return trial.with_name(trial.name.upper()).exists()
    except OSError:
        return os.path.normcase("A") == "a"


def other_places(path: Path) -> Iterator[Path]:
    """Give new names where a file may be written that could not be written at `path`.

    In its own folder, or the nearest one above that can be written to; then in the folder of
    temporary files, then at home. Nothing stands under these names.
    """
    writable = (folder for folder in path.absolute().parents if os.access(folder, os.W_OK))
    near = next(writable, None)
    for folder in (near, Path(tempfile.gettempdir()), Path.home()):
        if folder is not None:
            yield _new_name(folder / path.name)
            if path.suffix.lower() != ".png":  # the format may be what failed
                yield _new_name(folder / f"{path.stem}.png")


def _new_name(path: Path) -> Path:
    number, new = 1, path
    while new.exists() or new.is_symlink():
        number += 1
        new = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return new
