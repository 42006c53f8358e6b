"""The reader's own functions, saved between notebooks in a Python file."""

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
"""Name of the file, in the folder of the notebooks, with the reader's own functions."""

_FILE_HEADER = '''"""Your own functions, saved from the course's notebooks."""

from __future__ import annotations

import numpy as np
'''


def save_answer(function: Any, folder: Path, is_right: Callable[[Any], bool]) -> str:
    """Add a function to the file, replacing an older one of its name, and return a message.

    Args:
        function: one with its source, as any that a cell defines.
        folder: where the file is or will be.
        is_right: whether the function, loaded from the file, is right.

    Raises:
        OutputError: the file cannot be written, or is not valid Python.
    """
    try:
        source = textwrap.dedent(inspect.getsource(function)).rstrip() + "\n"
        name = function.__name__
    except (OSError, TypeError, AttributeError):
        return "Not saved: only a function that a cell defines can be."
    if not source.startswith(f"def {name}("):
        return "Not saved: only a function that a cell defines with def can be."
    path = folder / ANSWERS_FILE
    text = _insert_function(_read(path), name, source)
    try:
        works_alone = is_right(_load(text)[name])
    except Exception:  # noqa: BLE001 - the reader's lines may raise anything
        works_alone = False
    if not works_alone:
        return (
            "Not saved: it works here, but not outside this notebook. Apart from its arguments it may "
            "only use np and functions that you saved before."
        )
    try:
        with atomic_write(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise OutputError(
            f"Expected a folder that can be written to, to save {name} in {path}. "
            f"Received: {error.strerror or error}."
        ) from error
    return f"Saved in {ANSWERS_FILE}."


def load_answer(name: str, folder: Path) -> Any:
    """Return a saved function, or None if there is none.

    Raises:
        OutputError: the file is not valid Python.
    """
    text = _read(folder / ANSWERS_FILE)
    try:
        return _load(text).get(name)
    except Exception as error:
        raise OutputError(
            f"Expected Python in {ANSWERS_FILE}. Received: {type(error).__name__}: {error}. "
            "Correct the file or delete it."
        ) from error


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else _FILE_HEADER


def _load(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": ANSWERS_FILE.removesuffix(".py")}
    exec(compile(text, ANSWERS_FILE, "exec"), names)  # noqa: S102 - the reader's own lines, as in a cell
    return names


def _insert_function(text: str, name: str, source: str) -> str:
    """Return the file's text with a function at its end; the others stay as they are."""
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
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            del lines[first - 1 : node.end_lineno]
    return "".join(lines).rstrip("\n") + "\n\n\n" + source
