"""Notebooks for a class: executed anew, as stubs without outputs, or with the solutions in place.

A notebook has exercises: cells tagged `exercise`, each defining `my_NAME`, a stub for the reader to
fill in, where `stylelab.course.checks` has the exercise `NAME`. Student and instructor copies are both made
from that one source.
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

_CHECK_CALL = re.compile(r"check\.(\w+)(?:\.save)?\(my_\w+\)")
_STUB_NAME = re.compile(r"^(?:def )?my_(\w+)", re.MULTILINE)


def read_notebook(path: Path) -> Any:
    """Read a notebook (an `nbformat` node).

    Raises:
        SettingsError: the file is no notebook.
    """
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (OSError, UnicodeError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise SettingsError(f"Expected a notebook. Received: {path} ({error}).") from error


def execute_notebook(notebook: Any) -> Any:
    """Run a notebook from top to bottom in an empty folder, and give it with its outputs.

    What varies from run to run (outputs of cells tagged `varies`) and what only a live kernel can
    show (widgets) is left out; a digest of the source tells later whether the outputs are still its.

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
            cell.outputs = [
                kept for output in cell.outputs if (kept := _stored_output(output, cell))
            ]
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
        "stylelab": {"executed": code_digest(notebook)},
    }
    return notebook


def code_digest(notebook: Any) -> str:
    """Sum up the source of a notebook's code: it changes when any of it does."""
    code = "\0".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def make_student_copy(notebook: Any) -> Any:
    """Give a copy with the stubs and without outputs."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("stylelab", None)
    return notebook


def make_instructor_copy(notebook: Any) -> Any:
    """Give a copy with a right answer in place of every stub, not yet executed.

    Raises:
        SettingsError: a cell is tagged as an exercise that `stylelab.course.checks` does not have.
    """
    notebook = make_student_copy(notebook)
    for cell in notebook.cells:
        if is_exercise(cell):
            cell.source = "\n\n\n".join(exercise.source() for exercise in exercises_in(cell))
    return notebook


def make_nbgrader_copy(notebook: Any) -> Any:
    """Give a student copy that nbgrader can grade: a point for each exercise that passes its check.

    The cells that check are locked, and stop with the check's sentence where the answer is not right.
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
        folder: where the folders `student` and `instructor` are or shall be.
        run: execute the instructor copies.
        nbgrader: make the student copies fit for nbgrader (see `make_nbgrader_copy`).

    Yields:
        Each file as it is written; those yielded stay if the rest is given up.

    Raises:
        OutputError: a file of that name is there already, or cannot be written.
        SettingsError: a source is no notebook of the course, or a cell of it fails.
    """
    copies = [folder / kind / path.name for path in notebooks for kind in ("student", "instructor")]
    there = [copied for copied in copies if copied.exists()]
    if there:
        raise OutputError(
            f"Expected a folder without copies of these notebooks. Received: {there[0]} is there "
            "already, and you may have changed it. Name another folder."
        )
    for path in notebooks:
        source = read_notebook(path)
        yield _write_copy(
            make_nbgrader_copy(source) if nbgrader else make_student_copy(source),
            folder,
            "student",
            path,
        )
        solved = make_instructor_copy(source)
        yield _write_copy(
            _execute_copy(solved, path) if run else solved, folder, "instructor", path
        )


def _execute_copy(notebook: Any, path: Path) -> Any:
    from nbclient.exceptions import CellExecutionError

    try:
        return execute_notebook(notebook)
    except CellExecutionError as error:
        raise SettingsError(
            f"Expected {path.name} to run with the solutions in place. Received: {error.ename}: "
            f"{error.evalue}. Run stylelab doctor to see whether something is missing."
        ) from error


def _write_copy(notebook: Any, folder: Path, kind: str, path: Path) -> Path:
    import nbformat

    copied = folder / kind / path.name
    try:
        copied.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(copied) as file:
            file.write(nbformat.writes(notebook).encode())
    except OSError as error:
        raise OutputError(
            f"Expected a folder that can be written to. Received: {copied.parent} "
            f"({error.strerror}). Name another."
        ) from error
    return copied


def is_exercise(cell: Any) -> bool:
    """Whether a cell is a stub for the reader to fill in."""
    return cell.cell_type == "code" and "exercise" in cell.metadata.get("tags", ())


def exercises_in(cell: Any) -> list[checks.Exercise]:
    """Find the exercises whose stubs a cell holds.

    Raises:
        SettingsError: there is none, or one that `stylelab.course.checks` does not have.
    """
    names = list(dict.fromkeys(_STUB_NAME.findall(cell.source)))
    unknown = [
        name for name in names if not isinstance(getattr(checks, name, None), checks.Exercise)
    ]
    if unknown or not names:
        raise SettingsError(
            "Expected a cell tagged exercise to define my_NAME, where stylelab.course.checks has NAME. "
            f"Received: {', '.join(unknown) or cell.source!r}."
        )
    return [getattr(checks, name) for name in names]


def _stored_output(output: Any, cell: Any) -> Any:
    """What is stored of an output: nothing that varies, no widgets, no picture twice."""
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
