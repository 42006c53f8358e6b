from pathlib import Path

import pytest
from execute_notebooks import NOTEBOOKS, run_and_collect_warnings

PATHS = sorted(NOTEBOOKS.glob("1[45]_*.ipynb"))

# The kernel client itself warns.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_it_runs_without_warnings(path: Path) -> None:
    assert run_and_collect_warnings(path) == []
