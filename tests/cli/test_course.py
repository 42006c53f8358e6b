import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from command import RunCommand, assert_one_sentence

from stylelab.cli.course import FIRST_NOTEBOOK, copy_course, course_folder

ROOT = Path(__file__).parents[2]


def test_a_copy_of_the_course_keeps_changed_notebooks(tmp_path: Path) -> None:
    notebooks = sorted(path.name for path in course_folder().glob("*.ipynb"))
    assert notebooks[0] == FIRST_NOTEBOOK
    assert copy_course(tmp_path / "mine") == len(notebooks)
    (tmp_path / "mine" / notebooks[0]).write_text("changed")
    assert copy_course(tmp_path / "mine") == 0
    assert (tmp_path / "mine" / notebooks[0]).read_text() == "changed"


@pytest.mark.parametrize(("user", "allowed"), [(1000, []), (0, ["--allow-root"])])
def test_lab_opens_the_first_notebook_of_the_copy(
    user: int, allowed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: RunCommand
) -> None:
    """A fake JupyterLab, first on the path, prints its arguments."""
    fake = tmp_path / "modules" / "jupyterlab.py"
    fake.parent.mkdir()
    fake.write_text("import json, sys; print(json.dumps(sys.argv[1:]))")
    monkeypatch.setenv("PYTHONPATH", str(fake.parent))
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    status, output, _ = run("lab", tmp_path / "mine", "--no-browser")
    assert status == 0
    *_, arguments = output.splitlines()
    assert json.loads(arguments) == [
        f"--ServerApp.root_dir={tmp_path / 'mine'}",
        f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}",
        *allowed,
        "--no-browser",
    ]


@pytest.mark.notebook
def test_the_built_package_contains_the_course(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*build, str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for notebook in course_folder().glob("*.ipynb"):
        assert f"stylelab/notebooks/{notebook.name}" in names
    assert "stylelab/__init__.pyi" in names
    assert not any("test" in name for name in names)
    assert np.all([not name.endswith(".pyc") for name in names])


def test_classroom_copies_the_named_notebooks(run: RunCommand, tmp_path: Path) -> None:
    status, out, _ = run("classroom", tmp_path / "class", "05", "--without-running")
    assert status == 0
    assert out.count("Written") == 2
    copies = sorted(path.relative_to(tmp_path / "class") for path in tmp_path.rglob("*.ipynb"))
    name = "05_gram_matrices.ipynb"
    assert copies == [Path("instructor") / name, Path("student") / name]
    for copied in copies:
        written = "NotImplementedError" not in (tmp_path / "class" / copied).read_text("utf-8")
        assert written == (copied.parent.name == "instructor")


def test_classroom_refuses_unknown_notebooks_and_existing_copies(
    run: RunCommand, tmp_path: Path
) -> None:
    assert_one_sentence(run("classroom", tmp_path / "class", "77"), "77", "05")
    assert_one_sentence(run("classroom", tmp_path, tmp_path / "none.ipynb"), "none.ipynb")
    assert list(tmp_path.iterdir()) == []
    assert run("classroom", tmp_path, "05", "--without-running")[0] == 0
    assert_one_sentence(run("classroom", tmp_path, "05", "--without-running"), "exist")
