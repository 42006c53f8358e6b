from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from accessibility import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk import Desk
    from lab import Notebook

BEGIN = "import stylelab as sl\nfrom stylelab import panels\ncat = sl.sample('cat', size=96)\n"
SMALL_CONTROLS = {
    "kernel editor": "panels.kernel_editor(cat)",
    "smoothing": "panels.smoothing(cat)",
}
THEMES = ("JupyterLab Light", "JupyterLab Dark")


@pytest.fixture(scope="module")
def notebook(desk: Desk) -> Iterator[Notebook]:
    notebook = desk.open([BEGIN, *SMALL_CONTROLS.values()])
    notebook.run(0)
    yield notebook
    notebook.theme(THEMES[0])
    notebook.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", SMALL_CONTROLS)
def test_a_small_control_is_accessible(notebook: Notebook, name: str, theme: str) -> None:
    notebook.theme(theme)
    output = notebook.run(1 + list(SMALL_CONTROLS).index(name))
    assert violations(output.locator(".jupyter-widgets").first) == []
