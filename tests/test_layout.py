"""Rules that the repository keeps about itself."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import stylelab

ROOT = Path(__file__).parent.parent

# The order of the course: a module imports only from those before it.
ORDER = (
    "errors", "_files", "_signals", "_streams", "_wording", "_console", "_tensorflow",
    "picture_files", "decoding", "images", "saving", "printing", "contact_sheet", "painting",
    "samples", "rights", "colour", "convolution", "weights", "features", "masks", "gram",
    "distributions", "losses", "tiles", "variational", "translation", "steps", "optimizers",
    "activation", "settings", "sources", "machine", "timing", "forecast", "checkpoint",
    "transfer", "_snapshots", "experiments", "figures", "panels", "checks", "classroom", "doctor",
    "notation", "cli_transfer", "cli",
)  # fmt: skip


def modules() -> dict[str, list[Path]]:
    package = ROOT / "stylelab"
    single = {path.stem: [path] for path in package.glob("*.py") if path.stem != "__init__"}
    folders = {path.parent.name: list(path.parent.rglob("*.py")) for path in package.glob("*/*.py")}
    return single | folders


def imported_by(path: Path) -> set[str]:
    """Names of the package's modules that a file imports, except only for type hints."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            package, *rest = node.module.split(".")
            if package == "stylelab":
                found |= {rest[0]} if rest else {alias.name for alias in node.names}
    return found


def test_every_module_has_its_place_in_the_order() -> None:
    assert set(modules()) == set(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_a_module_imports_only_from_those_before_it(name: str) -> None:
    allowed = {*ORDER[: ORDER.index(name)], name}
    for path in modules()[name]:
        assert imported_by(path) <= allowed, path.name


@pytest.mark.parametrize("name", [name for name in ORDER if not name.startswith("_")])
def test_every_module_has_a_test_file(name: str) -> None:
    tested_elsewhere = {"errors"}
    tests = ROOT / "tests"
    found = (tests / f"test_{name}.py").exists() or any((tests / name).glob("test_*.py"))
    assert found or name in tested_elsewhere


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = (
        "import sys, stylelab\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'PIL'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_tab_completion_shows_public_names_and_all_of_them_load() -> None:
    assert dir(stylelab) == sorted(stylelab.__all__)
    for name in stylelab.__all__:
        assert getattr(stylelab, name) is not None


def test_transfer_is_the_function_whichever_is_imported_first() -> None:
    program = "import stylelab.transfer; import stylelab; assert callable(stylelab.transfer)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_public_name_says_what_it_is() -> None:
    for name in stylelab.__all__:
        thing = getattr(stylelab, name)
        if callable(thing):
            assert thing.__doc__, name


def test_conda_takes_everything_but_python_and_jupyterlab_from_the_package() -> None:
    lines = [
        line.strip()
        for line in (ROOT / "environment.yml").read_text("utf-8").splitlines()
        if line.strip().startswith("- ")
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    python = f"- python{project['requires-python']}"
    assert lines == ["- conda-forge", python, "- jupyterlab>=4.2", "- pip", "- pip:", "- -e ."]
    assert "jupyterlab>=4.2" in project["dependencies"]
