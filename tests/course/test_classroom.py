import os
import sys
from pathlib import Path
from typing import Any

import pytest

from stylelab.course import checks as check
from stylelab.course.classroom import (
    code_digest,
    execute_notebook,
    exercises_in,
    make_copies,
    make_instructor_copy,
    make_nbgrader_copy,
    make_student_copy,
    read_notebook,
)
from stylelab.errors import OutputError, SettingsError

STUB = '''def my_gram_matrix(maps: np.ndarray) -> np.ndarray:
    """Maps → Gram matrix."""
    raise NotImplementedError  # your lines go here'''


def code(source: str, *tags: str) -> Any:
    import nbformat  # not above: it takes seconds, and only this file's tests need it

    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)} if tags else {})


def write_notebook(path: Path, notebook: Any) -> None:
    import nbformat

    nbformat.write(notebook, path)


@pytest.fixture
def lesson() -> Any:
    """A notebook of one exercise."""
    import nbformat

    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# A lesson"),
            code(
                "import time\n\nimport numpy as np\n\nfrom stylelab.course import checks as check"
            ),
            code(STUB, "exercise"),
            code("check.gram_matrix(my_gram_matrix)"),
            code("time.time()", "varies"),
            code("import ipywidgets\n\nipywidgets.IntSlider(3)"),
        ]
    )


@pytest.fixture
def written(lesson: Any, tmp_path: Path) -> Path:
    path = tmp_path / "09_lesson.ipynb"
    write_notebook(path, lesson)
    return path


def text_of(cell: Any) -> str:
    return "".join(
        output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
        for output in cell.outputs
    )


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore")  # the kernel's client warns of its own ways
def test_executing_keeps_outputs_except_widgets_and_varying_ones(lesson: Any) -> None:
    done = execute_notebook(lesson)
    assert "not written yet" in text_of(done.cells[3])
    assert done.cells[4].outputs == []
    assert all("widget" not in kind for kind in done.cells[5].outputs[0].data)
    assert [cell.execution_count for cell in done.cells[1:]] == [1, 2, 3, 4, 5]
    assert lesson.cells[3].outputs == []  # the one given is as it was


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore")
def test_outputs_are_stale_after_a_code_change(lesson: Any) -> None:
    done = execute_notebook(lesson)
    assert done.metadata.stylelab.executed == code_digest(done)
    done.cells[0].source = "# Another title"
    assert done.metadata.stylelab.executed == code_digest(done)
    done.cells[1].source += "\nx = 1"
    assert done.metadata.stylelab.executed != code_digest(done)


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore")
def test_student_copies_have_stubs_and_no_outputs(lesson: Any) -> None:
    copied = make_student_copy(execute_notebook(lesson))
    assert copied.cells[2].source == STUB
    assert all(not cell.outputs for cell in copied.cells[1:])
    assert all(cell.execution_count is None for cell in copied.cells[1:])


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore")
def test_instructor_copies_have_solutions_that_pass_when_executed(lesson: Any) -> None:
    solved = execute_notebook(make_instructor_copy(lesson))
    assert "NotImplementedError" not in solved.cells[2].source
    assert solved.cells[2].source.startswith("def my_gram_matrix(")
    assert "right" in text_of(solved.cells[3])


def test_a_wrongly_tagged_exercise_cell_is_refused(lesson: Any) -> None:
    lesson.cells[2].source = "def my_grammar(): ..."
    with pytest.raises(SettingsError, match="grammar"):
        make_instructor_copy(lesson)
    with pytest.raises(SettingsError, match="x = 1"):
        exercises_in(code("x = 1", "exercise"))


def test_one_cell_may_contain_two_exercises() -> None:
    cell = code("my_horizontal_edges = None\n\n\ndef my_gram_matrix(maps): ...", "exercise")
    names = [exercise.name for exercise in exercises_in(cell)]
    assert names == ["horizontal_edges", "gram_matrix"]


def test_copies_have_separate_folders(written: Path, tmp_path: Path) -> None:
    copies = list(make_copies([written], tmp_path / "class", run=False))
    assert [copied.parent.name for copied in copies] == ["student", "instructor"]
    assert "NotImplementedError" in read_notebook(copies[0]).cells[2].source
    assert "NotImplementedError" not in read_notebook(copies[1]).cells[2].source


def test_copies_never_replace_existing_files(written: Path, tmp_path: Path) -> None:
    list(make_copies([written], tmp_path, run=False))
    mine = tmp_path / "student" / written.name
    mine.write_text("mine", "utf-8")
    with pytest.raises(OutputError, match="exists"):
        list(make_copies([written], tmp_path, run=False))
    assert mine.read_text("utf-8") == "mine"


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore")
def test_a_failing_cell_is_reported_with_a_message(lesson: Any, tmp_path: Path) -> None:
    lesson.cells.append(code("1 / 0"))
    write_notebook(tmp_path / "09_lesson.ipynb", lesson)
    with pytest.raises(SettingsError, match="ZeroDivisionError"):
        list(make_copies([tmp_path / "09_lesson.ipynb"], tmp_path))
    assert (tmp_path / "student" / "09_lesson.ipynb").exists()


def test_a_file_that_is_not_a_notebook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "poem.ipynb"
    path.write_text("Shall I compare thee", "utf-8")
    with pytest.raises(SettingsError, match=r"poem\.ipynb"):
        read_notebook(path)
    with pytest.raises(SettingsError, match=r"none\.ipynb"):
        read_notebook(tmp_path / "none.ipynb")


def test_copies_for_nbgrader_have_a_point_for_each_exercise(lesson: Any) -> None:
    graded = [cell for cell in make_nbgrader_copy(lesson).cells if "nbgrader" in cell.metadata]
    assert [cell.source for cell in graded] == ["check.gram_matrix(my_gram_matrix).require()"]
    assert graded[0].metadata.nbgrader["points"] == 1


RIGHT = check.gram_matrix.source()
WRONG = RIGHT.replace(" / (rows * columns)", "")


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore")
def test_nbgrader_grades_student_submissions(
    lesson: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    monkeypatch.chdir(tmp_path)
    # nbgrader starts a program of its own (alembic) by name.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    source = tmp_path / "source" / "grams" / "lesson.ipynb"
    source.parent.mkdir(parents=True)
    write_notebook(source, make_nbgrader_copy(lesson))
    settings = Config()
    settings.CourseDirectory.root = str(tmp_path)
    api = NbGraderAPI(config=settings)
    assert api.generate_assignment("grams")["success"]
    for student, answer in {"ada": RIGHT, "bo": WRONG, "cy": STUB}.items():
        handed_in = read_notebook(tmp_path / "release" / "grams" / "lesson.ipynb")
        handed_in.cells[2].source = answer
        path = tmp_path / "submitted" / student / "grams" / "lesson.ipynb"
        path.parent.mkdir(parents=True)
        write_notebook(path, handed_in)
        assert api.autograde("grams", student)["success"]
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        scores = {name: book.find_submission("grams", name).score for name in ("ada", "bo", "cy")}
    assert scores == {"ada": 1, "bo": 0, "cy": 0}
