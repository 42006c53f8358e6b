"""What the browser tests rely on: a cell that fails is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyterlab_session import Notebook
    from shared_lab import SharedLab

FAILS, FINE = range(2)


@pytest.fixture(scope="module")
def notebook(shared_lab: SharedLab) -> Iterator[Notebook]:
    notebook = shared_lab.open(("print(1 / 0)", "print(1 / 1)"))
    yield notebook
    notebook.close()


@pytest.mark.parametrize("output", ["show", "hide"])
def test_a_cell_that_fails_is_seen_whether_or_not_the_page_draws_its_error(
    notebook: Notebook, output: str
) -> None:
    notebook.command(f"notebook:{output}-all-cell-outputs")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.run(FAILS)
    notebook.run(FINE)
