"""Paths: whether two name the same file, and where else a file can go."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from stylelab.pictures.atomic_files import temporary_path

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    return _fold_case(first) == _fold_case(second) and is_case_insensitive(first.parent)


def _fold_case(path: Path) -> str:
    # File systems that ignore case also take a letter with its accent as one sign or as two.
    return unicodedata.normalize("NFC", str(path)).casefold()


def is_case_insensitive(folder: Path) -> bool:
    """Whether a folder's file system takes `A` and `a` for one name, by trying it."""
    try:
        existing = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
        with temporary_path(existing) as trial:
            trial.touch()
            return trial.with_name(trial.name.upper()).exists()
    except OSError:
        return os.path.normcase("A") == "a"


def fallback_paths(path: Path) -> Iterator[Path]:
    """Give new names where a file may be written that could not be written at `path`.

    In its own folder, or the nearest one above that can be written to; then in the folder of
    temporary files, then at home. Nothing stands under these names.
    """
    writable = (folder for folder in path.absolute().parents if os.access(folder, os.W_OK))
    near = next(writable, None)
    for folder in (near, Path(tempfile.gettempdir()), Path.home()):
        if folder is not None:
            yield _unused_path(folder / path.name)
            if path.suffix.lower() != ".png":  # the format may be what failed
                yield _unused_path(folder / f"{path.stem}.png")


def _unused_path(path: Path) -> Path:
    number, new = 1, path
    while new.exists() or new.is_symlink():
        number += 1
        new = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return new
