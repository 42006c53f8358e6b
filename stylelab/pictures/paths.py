"""Paths: the home folder, comparison, and fallbacks where a file can be written."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from stylelab.pictures.atomic_files import temporary_path

if TYPE_CHECKING:
    from collections.abc import Iterator


def expand_home(path: str | os.PathLike[str]) -> Path:
    """A path with the home folder in place of "~"; an unknown user's "~name" stays as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser fails for that one


def path_exists(path: str | os.PathLike[str]) -> bool:
    """Whether a path exists; False for text that cannot be a path."""
    try:
        return expand_home(path).exists()
    except (OSError, ValueError):  # too long a name, a NUL byte
        return False


def same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether two paths lead to the same file, now or once it is written.

    Links are followed. Names of files that do not exist yet are compared as their file system does:
    ignoring case where it ignores case.
    """
    try:
        first, second = expand_home(one), expand_home(other)
        if first.exists() and second.exists():
            return first.samefile(second)
        first, second = first.resolve(), second.resolve()
    except (OSError, ValueError, TypeError, RuntimeError):
        return False  # not paths
    if first == second:
        return True
    return _fold_case(first) == _fold_case(second) and is_case_insensitive(first.parent)


def _fold_case(path: Path) -> str:
    # File systems that ignore case also ignore how an accented letter is composed.
    return unicodedata.normalize("NFC", str(path)).casefold()


def is_case_insensitive(folder: Path) -> bool:
    """Whether a folder's file system ignores case, found out by a trial file."""
    try:
        existing = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
        with temporary_path(existing) as trial:
            trial.touch()
            return trial.with_name(trial.name.upper()).exists()
    except OSError:
        return os.path.normcase("A") == "a"


def fallback_paths(path: Path) -> Iterator[Path]:
    """Unused paths for a file that could not be written at `path`.

    First in its own folder, or the nearest writable one above; then in the folder of temporary files;
    then in the home folder.
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
