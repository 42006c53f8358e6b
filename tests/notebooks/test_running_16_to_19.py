from pathlib import Path

import pytest
from execute_notebooks import NOTEBOOKS, run_and_collect_warnings

EARLIER = {*NOTEBOOKS.glob("0*.ipynb"), *NOTEBOOKS.glob("1[0-5]_*.ipynb")}
PATHS = sorted({*NOTEBOOKS.glob("*.ipynb")} - EARLIER)

# The kernel client itself warns.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_it_runs_without_warnings(path: Path) -> None:
    assert run_and_collect_warnings(path) == []
