from pathlib import Path

import pytest
from execute import NOTEBOOKS, complaints

PATHS = sorted(set(NOTEBOOKS.glob("*.ipynb")) - set(NOTEBOOKS.glob("0[0-8]_*.ipynb")))

# The kernel's client warns of its own ways.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_it_runs_from_top_to_bottom_and_complains_of_nothing(path: Path) -> None:
    assert complaints(path) == []
