"""Notebooks for a class: executed again, as student copies, or as instructor copies with solutions.

A notebook has exercises: cells tagged `exercise` that define `my_NAME`, a stub for the reader to
complete, where `stylelab.course.checks` has the exercise `NAME`. Student and instructor copies are
both made from that one source.
"""

from __future__ import annotations

import copy
import hashlib
import re
import tempfile
from typing import TYPE_CHECKING, Any

from stylelab.course import checks
from stylelab.errors import OutputError, SettingsError
from stylelab.pictures.atomic_files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CELL_TIMEOUT_S = 600
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

_CHECK_CALL = re.compile(r"check\.(\w+)(?:\.save)?\(my_\w+\)")
_STUB_NAME = re.compile(r"^(?:def )?my_(\w+)", re.MULTILINE)


def read_notebook(path: Path) -> Any:
    """Read a notebook, as an `nbformat` node.

    Raises:
        SettingsError: the file is not a notebook.
    """
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (OSError, UnicodeError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise SettingsError(f"Expected a notebook. Received: {path} ({error}).") from error


def execute_notebook(notebook: Any) -> Any:
    """Run a notebook from top to bottom in an empty folder, and return it with its outputs.

    Outputs that differ between runs (of cells tagged `varies`) and those that need a live kernel
    (widgets) are left out; a digest of the code shows later whether the outputs are up to date.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell fails.
    """
    from nbclient import NotebookClient

    notebook = copy.deepcopy(notebook)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT_S,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            coalesce_streams=True,  # a progress bar is one line, its last
            record_timing=False,
            extra_arguments=["--log-level=ERROR"],  # the kernel's own log, not the notebook's
        )
        client.execute()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        if cell.cell_type == "code":
            stored = (_stored_output(output, cell) for output in cell.outputs)
            cell.outputs = [output for output in stored if output]
    notebook.metadata = {
        "kernelspec": dict(_KERNEL),
        "language_info": {"name": "python"},
        "stylelab": {"executed": code_digest(notebook)},
    }
    return notebook


def code_digest(notebook: Any) -> str:
    """Return a digest of a notebook's code, which changes when any code cell does."""
    code = "\0".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def make_student_copy(notebook: Any) -> Any:
    """Return a copy with the stubs and without outputs."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("stylelab", None)
    return notebook


def make_instructor_copy(notebook: Any) -> Any:
    """Return a copy with a solution in place of every stub, not executed.

    Raises:
        SettingsError: a cell is tagged as an exercise that `stylelab.course.checks` does not have.
    """
    notebook = make_student_copy(notebook)
    for cell in notebook.cells:
        if is_exercise(cell):
            cell.source = "\n\n\n".join(exercise.source() for exercise in exercises_in(cell))
    return notebook


def make_nbgrader_copy(notebook: Any) -> Any:
    """Return a student copy for nbgrader: one point for each exercise that passes its check.

    The cells with checks are locked, and fail with the check's message unless the answer is right.
    """
    notebook = make_student_copy(notebook)
    for number, cell in enumerate(notebook.cells):
        checked = _CHECK_CALL.fullmatch(cell.source.strip()) if cell.cell_type == "code" else None
        if checked:
            cell.source = f"{cell.source.strip()}.require()"
            cell.metadata["nbgrader"] = {
                "schema_version": 3,
                "cell_type": "code",
                "grade_id": f"{checked[1]}-{number}",
                "grade": True,
                "points": 1,
                "locked": True,
                "solution": False,
                "task": False,
            }
    return notebook


def make_copies(
    notebooks: Sequence[Path], folder: Path, *, run: bool = True, nbgrader: bool = False
) -> Iterator[Path]:
    """Write a student and an instructor copy of each notebook, into folders of those names.

    Args:
        notebooks: the sources.
        folder: folder for the folders `student` and `instructor`; created if needed.
        run: execute the instructor copies.
        nbgrader: prepare the student copies for nbgrader (see `make_nbgrader_copy`).

    Yields:
        Each path after it is written; files written so far stay if iteration stops early.

    Raises:
        OutputError: a file of that name exists, or cannot be written.
        SettingsError: a source is not a notebook of the course, or a cell of it fails.
    """
    copies = [folder / kind / path.name for path in notebooks for kind in ("student", "instructor")]
    existing = [path for path in copies if path.exists()]
    if existing:
        raise OutputError(
            f"Expected a folder without copies of these notebooks. Received: {existing[0]} exists, "
            "and you may have changed it. Choose another folder."
        )
    for path in notebooks:
        source = read_notebook(path)
        student = make_nbgrader_copy(source) if nbgrader else make_student_copy(source)
        yield _write_copy(student, folder / "student" / path.name)
        solved = make_instructor_copy(source)
        solved = _execute_copy(solved, path) if run else solved
        yield _write_copy(solved, folder / "instructor" / path.name)


def _execute_copy(notebook: Any, path: Path) -> Any:
    from nbclient.exceptions import CellExecutionError

    try:
        return execute_notebook(notebook)
    except CellExecutionError as error:
        raise SettingsError(
            f"Expected {path.name} to run with the solutions in place. Received: {error.ename}: "
            f"{error.evalue}. Run stylelab doctor to see whether something is missing."
        ) from error


def _write_copy(notebook: Any, path: Path) -> Path:
    import nbformat

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            file.write(nbformat.writes(notebook).encode())
    except OSError as error:
        raise OutputError(
            f"Expected a folder that can be written to. Received: {path.parent} "
            f"({error.strerror}). Choose another."
        ) from error
    return path


def is_exercise(cell: Any) -> bool:
    """Return whether a cell is a stub for the reader to complete."""
    return cell.cell_type == "code" and "exercise" in cell.metadata.get("tags", ())


def exercises_in(cell: Any) -> list[checks.Exercise]:
    """Return the exercises whose stubs a cell contains.

    Raises:
        SettingsError: there is none, or one that `stylelab.course.checks` does not have.
    """
    named: dict[str, Any] = {
        name: getattr(checks, name, None) for name in _STUB_NAME.findall(cell.source)
    }
    unknown = [name for name, found in named.items() if not isinstance(found, checks.Exercise)]
    if unknown or not named:
        raise SettingsError(
            "Expected a cell tagged exercise to define my_NAME, where stylelab.course.checks has NAME. "
            f"Received: {', '.join(unknown) or cell.source!r}."
        )
    return list(named.values())


def _stored_output(output: Any, cell: Any) -> Any:
    """Return the part of an output to store: nothing that varies, no widgets, no picture twice."""
    pictures = any(kind.startswith("image/") for kind in output.get("data", {}))
    if "varies" in cell.metadata.get("tags", ()) and not pictures:
        return None
    if "data" in output:
        output.data.pop("application/vnd.jupyter.widget-view+json", None)
        if "data:image/" in output.data.get("text/html", ""):
            for kind in ("image/png", "image/jpeg"):
                output.data.pop(kind, None)
                output.metadata.pop(kind, None)
    return output
