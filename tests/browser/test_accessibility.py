from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from accessibility import violations
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyterlab_session import Notebook
    from shared_lab import SharedLab

BEGIN = """
import stylelab as sl
from stylelab import panels

cat = sl.sample("cat", size=96)
style = sl.sample("swirling_night", size=96)
half = sl.polygon_mask([(0, 0), (0, 1), (0.5, 0.5)], 300, 451)
"""
PANELS = {
    "kernel editor": "panels.kernel_editor(cat)",
    "smoothing": "panels.smoothing(cat)",
    "optimizer race": "panels.optimizer_race(cat, style)",
    "layer grid": "panels.layer_grid(cat, style)",
    "explorer": "panels.explorer(cat, style, steps={0: cat, 5: 0.8 * cat})",
    "studio": "panels.studio('cat', ['swirling_night'] * 2, keep=half, size=64, steps=2)",
}
THEMES = ("JupyterLab Light", "JupyterLab Dark")


@pytest.fixture(scope="module")
def notebook(shared_lab: SharedLab) -> Iterator[Notebook]:
    notebook = shared_lab.open([BEGIN, *PANELS.values()])
    notebook.run(0)
    yield notebook
    notebook.theme(THEMES[0])
    notebook.close()


@pytest.fixture(params=PANELS)
def panel(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_panels_are_accessible_in_light_and_dark(notebook: Notebook, panel: str) -> None:
    output = notebook.run(1 + list(PANELS).index(panel))
    root = output.locator(".jp-OutputArea-output").first
    found = {}
    if panel == "explorer":
        expect(root.get_by_role("listbox", name="256 channels")).to_be_visible()
    if panel == "studio":
        # With everything that it can show: all groups open, a run kept, a comparison.
        expect(root.locator(".stylelab-status")).to_contain_text("Ready")
        root.locator(".stylelab-start").click()
        expect(root.locator(".stylelab-controls")).to_have_attribute("data-state", "finished")
        root.locator("details").evaluate_all(
            "(groups) => groups.forEach((group) => { group.open = true; })"
        )
        root.locator(".stylelab-run").first.click()
        expect(root.locator(".stylelab-split")).to_be_visible()
    for theme in THEMES:
        notebook.theme(theme)
        found[theme] = violations(root)
        for tab in root.get_by_role("tab").all()[1:]:
            tab.click()
            found[f"{theme}, {tab.inner_text()}"] = violations(root)
    assert {where: what for where, what in found.items() if what} == {}
