"""Rules that the repository keeps about itself."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import stylelab

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "stylelab"

# The rooms in the order of the course: a room imports only from those before it.
ROOMS = (
    "errors", "pictures", "samples", "rights", "network", "optimizers", "losses", "pipeline",
    "painting", "batches", "course", "panels", "cli",
)  # fmt: skip

LONGEST_FILE = 400
LONGER_FILES: dict[str, str] = {}


def files_of(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py")) or [PACKAGE / f"{room}.py"]


def imported_rooms(path: Path) -> set[str]:
    """Names of the rooms that a file imports from, for type hints too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            package, *rest = node.module.split(".")
            if package == "stylelab":
                found |= {rest[0]} if rest else {alias.name for alias in node.names}
    return found


def test_every_subpackage_is_in_the_order() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    single = {path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__"}
    assert rooms | single == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_subpackage_imports_only_from_earlier_ones(room: str) -> None:
    allowed = {*ROOMS[: ROOMS.index(room)], room}
    for path in files_of(room):
        assert imported_rooms(path) <= allowed, path.name


@pytest.mark.parametrize("room", ROOMS[1:])
def test_modules_of_a_subpackage_have_no_import_cycle(room: str) -> None:
    imports = {
        path.relative_to(PACKAGE).with_suffix("").as_posix(): {
            node.module.removeprefix("stylelab.").replace(".", "/")
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        for path in files_of(room)
        if path.stem != "__init__"
    }
    while free := {name for name, used in imports.items() if not used & set(imports)}:
        imports = {name: used for name, used in imports.items() if name not in free}
    assert not imports


def test_long_files_have_a_reason() -> None:
    paths = [path for kind in ("py", "js", "css") for path in PACKAGE.rglob(f"*.{kind}")]
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in paths}
    long = {path.relative_to(PACKAGE).as_posix() for path in lines if lines[path] > LONGEST_FILE}
    assert long == set(LONGER_FILES)


@pytest.mark.parametrize("room", ROOMS[1:])
def test_the_tests_mirror_the_subpackages(room: str) -> None:
    assert list((ROOT / "tests" / room).rglob("test_*.py"))


def test_the_subpackages_are_described_in_their_order() -> None:
    table = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    described = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", table, re.MULTILINE)
    assert tuple(described) == ROOMS


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_files_and_names_in_the_documents_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for file in re.findall(r"`([\w./]+(?:/|\.pyi?|\.toml|\.yml|\.txt))`", text):
        assert any((folder / file).exists() for folder in (ROOT, PACKAGE)), file
    for name, file in re.findall(r"`(\w+)`\s\(`([\w/]+\.py)`\)", text):
        defined = (PACKAGE / file).read_text("utf-8")
        assert re.search(rf"^(?:def |class )?{name}\b", defined, re.MULTILINE), (name, file)


def test_importing_the_package_imports_no_heavy_dependency() -> None:
    program = (
        "import sys, stylelab\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'PIL'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_tests_of_subpackages_without_a_network_do_not_import_tensorflow() -> None:
    program = (
        "import sys, pytest\n"
        "status = pytest.main(['-q', '--quick', '-p', 'no:cacheprovider', *sys.argv[1:]])\n"
        "sys.exit('TensorFlow was imported' if 'tensorflow' in sys.modules else status)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, "rights/test_rights_rules.py"],
        cwd=ROOT / "tests",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_tab_completion_shows_public_names_and_all_of_them_load() -> None:
    assert dir(stylelab) == sorted(stylelab.__all__)
    for name in stylelab.__all__:
        assert getattr(stylelab, name) is not None


def test_every_public_name_has_a_docstring() -> None:
    for name in stylelab.__all__:
        thing = getattr(stylelab, name)
        if callable(thing):
            assert thing.__doc__, name


def test_conda_installs_only_python_and_jupyterlab_itself() -> None:
    lines = [
        line.strip()
        for line in (ROOT / "environment.yml").read_text("utf-8").splitlines()
        if line.strip().startswith("- ")
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    python = f"- python{project['requires-python']}"
    assert lines == ["- conda-forge", python, "- jupyterlab>=4.2", "- pip", "- pip:", "- -e ."]
    assert "jupyterlab>=4.2" in project["dependencies"]
