"""One short visit to each large panel, in every way that kernels answer, and in Notebook 7."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import test_explorer
import test_studio
from playwright.sync_api import expect
from shared_lab import NOTEBOOK_7, SETUPS

import stylelab as sl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyterlab_session import Notebook
    from shared_lab import SharedLab

CELLS = (test_studio.CELL, test_studio.TOOLS, test_explorer.CELL, test_explorer.TOOLS)
STUDIO, STUDIO_TOOLS, EXPLORER, EXPLORER_TOOLS = range(4)


# As installed, the panels have files of their own.
@pytest.fixture(scope="module", params=(*SETUPS[1:], NOTEBOOK_7))
def notebook(shared_lab: SharedLab, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    notebook = shared_lab.open(CELLS, request.param)
    yield notebook
    notebook.close()


def test_the_studio_paints_changes_pauses_resumes_stops_and_saves(notebook: Notebook) -> None:
    studio = test_studio.Studio(notebook, STUDIO, STUDIO_TOOLS)
    studio.start()
    studio.expect_pixels_other_than(studio.pixels())
    studio.root.get_by_label("style weight", exact=True).press("End")
    expect(studio.root.locator(".stylelab-change")).to_have_count(1)
    studio.pause()
    step = studio.step()
    studio.press("Resume")
    studio.expect_step_after(step)
    studio.press("Stop")
    studio.expect_state("stopped")
    name = studio.root.get_by_label("Save as").input_value()
    studio.root.get_by_role("button", name="Save").click()
    says = studio.root.locator(".stylelab-save-panel .stylelab-notice")
    expect(says).to_have_text(f"Saved: {(notebook.folder / name).resolve()}")
    assert sl.read_settings(notebook.folder / name) is not None
    assert notebook.ask("workers()", before="settle()") == []


def test_the_explorer_shows_another_layer_and_its_channels(notebook: Notebook) -> None:
    explorer = test_explorer.Explorer(notebook, EXPLORER, EXPLORER_TOOLS)
    explorer.layer("block4_conv2").click()
    explorer.expect_layer("block4_conv2")
    explorer.expect_true_value("block4_conv2")
    explorer.root.get_by_role("tab", name="What fires with it?").click()
    partners = explorer.root.get_by_role("tabpanel", name="What fires with it?")
    expect(partners.locator("svg[role=img]").first).to_be_visible()
    assert notebook.ask("workers()", before="settle()") == []
