import base64
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from execute_notebooks import NOTEBOOKS, code_cells, outputs
from nbconvert.exporters import HTMLExporter, MarkdownExporter
from PIL import Image

from stylelab.course.classroom import code_digest, read_notebook

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
PICTURES = ("image/png", "image/jpeg")
MOST_LINES = 15
MOST_BYTES = 1_200_000
LARGE_PICTURE = 768


def test_the_course_has_notebooks() -> None:
    assert PATHS


def alts_of(notebook: Any) -> list[str]:
    """What the pictures of a notebook say in plain text, where none can be shown."""
    found = []
    for cell in notebook.cells:
        found += re.findall(r"!\[([^]]*)\]\(attachment:", cell.source)
        found += [
            output.data["text/plain"]
            for output in cell.get("outputs", [])
            if any(kind in str(output.get("data", {}).get("text/html", "")) for kind in PICTURES)
            or any(kind in output.get("data", {}) for kind in PICTURES)
        ]
    return found


def alts_in(page: str) -> list[str]:
    """The alt texts of the pictures that a page holds."""
    page = re.sub(r"!\[([^]]*)\]\(large\.webp\)", r'<img src="data:image/webp" alt="\1">', page)
    pictures = BeautifulSoup(page, "html.parser").select('img[src^="data:image"]')
    return [str(picture.get("alt")) for picture in pictures]


@every_notebook
def test_every_picture_has_alt_text(path: Path) -> None:
    shown = alts_of(read_notebook(path))
    assert shown
    assert all(len(alt) > 20 for alt in shown)


@every_notebook
def test_no_alt_text_only_lists_titles(path: Path) -> None:
    listing = re.compile(r"(pictures side by side|A grid of pictures)[^0-9%]*$")
    assert not [alt for alt in alts_of(read_notebook(path)) if listing.search(alt)]


@pytest.mark.parametrize(
    ("path", "template"),
    [*((path, "lab") for path in PATHS), (PATHS[0], "classic"), (PATHS[0], "basic")],
    ids=lambda value: value.stem if isinstance(value, Path) else value,
)
def test_exported_pages_keep_every_alt_text(path: Path, template: str) -> None:
    notebook = read_notebook(path)
    page, _ = HTMLExporter(template_name=template).from_notebook_node(notebook)  # type: ignore[no-untyped-call]
    assert alts_in(page) == alts_of(notebook)


@every_notebook
def test_exported_text_keeps_every_alt_text(path: Path) -> None:
    notebook = read_notebook(path)
    text, _ = MarkdownExporter().from_notebook_node(notebook)  # type: ignore[no-untyped-call]
    assert alts_in(text) == alts_of(notebook)


@every_notebook
def test_it_has_a_large_picture_and_the_code_that_makes_it(path: Path) -> None:
    notebook = read_notebook(path)
    (cell,) = [one for one in notebook.cells if "large-picture" in one.metadata.get("tags", ())]
    (code,) = re.findall(r"```python\n(.*?)```", cell.source, re.DOTALL)
    assert "picture" in compile(code, path.stem, "exec").co_names
    content = base64.b64decode(cell.attachments["large.webp"]["image/webp"])
    with Image.open(BytesIO(content)) as picture:
        assert max(picture.size) >= LARGE_PICTURE


@every_notebook
def test_every_picture_is_stored_once(path: Path) -> None:
    for output in outputs(read_notebook(path)):
        data = output.get("data", {})
        assert ("<img " in data.get("text/html", "")) + sum(kind in data for kind in PICTURES) <= 1


@every_notebook
def test_it_is_stored_as_one_run_from_top_to_bottom(path: Path) -> None:
    notebook = read_notebook(path)
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert "widgets" not in notebook.metadata  # GitHub refuses them without their state
    assert not any(output.output_type == "error" for output in outputs(notebook))


@every_notebook
def test_its_outputs_match_its_source(path: Path) -> None:
    notebook = read_notebook(path)
    stored = notebook.metadata.get("stylelab", {}).get("executed")
    assert stored == code_digest(notebook), "run: make notebooks"


@every_notebook
def test_it_begins_with_its_only_title(path: Path) -> None:
    notebook = read_notebook(path)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    titles = [line for text in texts for line in text.splitlines() if line.startswith("# ")]
    assert len(titles) == 1
    assert notebook.cells[0].source.startswith("# ")


@every_notebook
def test_it_is_small_and_contains_nothing_about_the_machine(path: Path) -> None:
    assert path.stat().st_size < MOST_BYTES
    text = path.read_text("utf-8")
    for path_part in (sys.prefix, str(Path.home()), str(NOTEBOOKS.parent), "/tmp/"):  # noqa: S108
        assert path_part not in text


@every_notebook
def test_cells_are_short(path: Path) -> None:
    for cell in code_cells(read_notebook(path)):
        assert len(cell.source.splitlines()) <= MOST_LINES, cell.source


@pytest.fixture(scope="module")
def mypy_errors(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What mypy says of all notebooks: one run, since most of its time goes to what they import."""
    folder = tmp_path_factory.mktemp("programs")
    for path in PATHS:
        cells = [cell.source for cell in code_cells(read_notebook(path))]
        (folder / f"notebook_{path.stem}.py").write_text("\n\n".join(cells), "utf-8")
    # A notebook's lists and dictionaries start empty, without a hint of what comes.
    options = ["--no-error-summary", "--disable-error-code=var-annotated", "--allow-any-generics"]
    answer = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *map(str, folder.glob("*.py"))],
        cwd=NOTEBOOKS.parent,
        check=False,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == (1 if answer.stdout else 0), answer.stderr
    return answer.stdout


@every_notebook
def test_types_are_correct(path: Path, mypy_errors: str) -> None:
    name = f"notebook_{path.stem}.py"
    assert [line for line in mypy_errors.splitlines() if name in line] == []
