"""The reader's own functions, kept from one notebook to the next in a file of Python."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import TYPE_CHECKING, Any

from stylelab.errors import OutputError
from stylelab.pictures.atomic_files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANSWERS_FILE = "my_functions.py"
"""The file, in the folder of the notebooks, that holds the reader's own functions."""

_FILE_HEADER = '''"""Your own functions, kept from the course's notebooks."""

from __future__ import annotations

import numpy as np
'''


def save_answer(function: Any, folder: Path, is_right: Callable[[Any], bool]) -> str:
    """Add a function to the file, in place of an older one of its name, and say what was done.

    Args:
        function: one whose source can be found, as of any that a cell defines.
        folder: where the file is or shall be.
        is_right: tells whether the function, loaded from the file, is still right.

    Raises:
        OutputError: the file cannot be written, or holds something that is no Python.
    """
    try:
        source = textwrap.dedent(inspect.getsource(function)).rstrip() + "\n"
        name = function.__name__
    except (OSError, TypeError, AttributeError):
        return "Not kept: only a function that a cell defines can be."
    if not source.startswith(f"def {name}("):
        return "Not kept: only a function that a cell defines with def can be."
    path = folder / ANSWERS_FILE
    text = _insert_function(_read(path), name, source)
    try:
        alone = is_right(_load(text)[name])
    except Exception:  # noqa: BLE001 - whatever the reader's lines raise
        alone = False
    if not alone:
        return (
            "Not kept: it works here, but not by itself. Beside its arguments it may only use np and "
            "functions that you kept before."
        )
    try:
        with atomic_write(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise OutputError(
            f"Expected a folder that can be written to, to keep {name} in {path}. "
            f"Received: {error.strerror or error}."
        ) from error
    return f"Kept in {ANSWERS_FILE}."


def load_answer(name: str, folder: Path) -> Any:
    """Load a kept function; None if there is none.

    Raises:
        OutputError: the file holds something that is no Python.
    """
    text = _read(folder / ANSWERS_FILE)
    try:
        return _load(text).get(name)
    except Exception as error:
        raise OutputError(
            f"Expected Python in {ANSWERS_FILE}. Received: {type(error).__name__}: {error}. Correct the "
            "file or delete it."
        ) from error


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else _FILE_HEADER


def _load(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": ANSWERS_FILE.removesuffix(".py")}
    exec(compile(text, ANSWERS_FILE, "exec"), names)  # noqa: S102 - the reader's own lines, as in a cell
    return names


def _insert_function(text: str, name: str, source: str) -> str:
    """Put a function into the file's text, at the end, without touching the others."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise OutputError(
            f"Expected Python in {ANSWERS_FILE}. Received: {error}. Correct the file or delete it; "
            "nothing was changed."
        ) from error
    lines = text.splitlines(keepends=True)
    for node in reversed(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            first = min([node.lineno, *(above.lineno for above in node.decorator_list)])
            del lines[first - 1 : node.end_lineno]
    return "".join(lines).rstrip("\n") + "\n\n\n" + source
