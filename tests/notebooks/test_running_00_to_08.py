from pathlib import Path

import pytest
from execute_notebooks import NOTEBOOKS, outputs, run_and_collect_warnings

from stylelab.course.classroom import execute_notebook, make_instructor_copy, read_notebook

PATHS = sorted(NOTEBOOKS.glob("0[0-8]_*.ipynb"))

# The kernel client itself warns.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_it_runs_without_warnings(path: Path) -> None:
    assert run_and_collect_warnings(path) == []


def test_a_lesson_with_its_solutions_passes_its_checks() -> None:
    (path,) = NOTEBOOKS.glob("01_*.ipynb")
    executed = execute_notebook(make_instructor_copy(read_notebook(path)))
    verdicts = [
        output.data["text/plain"]
        for output in outputs(executed)
        if output.get("data", {}).get("text/plain", "").startswith(("✓", "✗", "…"))
    ]
    assert len(verdicts) >= 2
    assert all(verdict.startswith("✓") for verdict in verdicts)
