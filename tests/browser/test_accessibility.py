from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from accessibility import violations
from appearance import sticking_out
from jupyterlab_session import WINDOW
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyterlab_session import Notebook
    from playwright.sync_api import Locator
    from shared_lab import SharedLab

BEGIN = """
import stylelab as sl
from stylelab import panels

cat = sl.sample("cat", size=96)
style = sl.sample("swirling_night", size=96)
network = sl.PaintingNetwork(("night",), width=2, blocks=0)
half = sl.polygon_mask([(0, 0), (0, 1), (0.5, 0.5)], 300, 451)
"""
PANELS = {
    "kernel editor": "panels.kernel_editor(cat)",
    "reconstruction film": "panels.reconstruction_film(cat, {'block1_conv1': list(sl.lbfgs("
    "sl.content(cat, 'block1_conv1'), start=0 * cat + 0.5, steps=2))})",
    "sliding window": "panels.sliding_window(cat[:6, :7].mean(axis=-1))",
    "learned kernels": "panels.learned_kernels(cat)",
    "weight translation": "panels.weight_translation(cat, style)",
    "smoothing": "panels.smoothing(cat)",
    "licence mixer": "panels.licence_mixer()",
    "optimizer race": "panels.optimizer_race(cat, style)",
    "layer grid": "panels.layer_grid(cat, style)",
    "training steps": "panels.training_steps({0: network, 9: network}, {'cat': cat})",
    "style mixer": "panels.style_mixer(cat, 'seven_styles', size=96)",
    "any style": "panels.any_style(cat, {'swirling night': style})",
    "film player": "panels.film_player({'one': [cat, 0 * cat], 'other': [0 * cat, cat]})",
    "explorer": "panels.explorer(cat, style, steps={0: cat, 5: 0.8 * cat})",
    "studio": "panels.studio('cat', ['swirling_night'] * 2, keep=half, size=64, steps=2)",
    "studio in one pass": "panels.studio('cat', network='seven_styles', size=64)",
}
THEMES = ("JupyterLab Light", "JupyterLab Dark")
APPEARANCES: tuple[tuple[int, str, Literal["none", "active"]], ...] = (
    (600, "JupyterLab Light", "none"),
    (800, "JupyterLab Dark", "none"),
    (1000, "JupyterLab Dark High Contrast", "none"),
    (1400, "JupyterLab Light", "active"),
)
"""Each width of the page with another theme; the last with colours forced by the system."""


@pytest.fixture(scope="module")
def notebook(shared_lab: SharedLab) -> Iterator[Notebook]:
    notebook = shared_lab.open([BEGIN, *PANELS.values()])
    notebook.run(0)
    yield notebook
    notebook.close()


@pytest.fixture(autouse=True)
def _as_it_was(notebook: Notebook) -> Iterator[None]:
    yield
    notebook.page.emulate_media(forced_colors="none")
    notebook.page.set_viewport_size(WINDOW)
    notebook.theme(THEMES[0])


@pytest.fixture(params=PANELS)
def panel(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def paint_and_open_everything(studio: Locator) -> None:
    """A run kept and compared, and all groups open."""
    expect(studio.locator(".stylelab-status")).to_contain_text("Ready")
    studio.locator(".stylelab-start").click()
    expect(studio.locator(".stylelab-controls")).to_have_attribute("data-state", "finished")
    studio.locator("details").evaluate_all(
        "(groups) => groups.forEach((group) => { group.open = true; })"
    )
    studio.locator(".stylelab-run").first.click()
    expect(studio.locator(".stylelab-split")).to_be_visible()


def paint_in_one_pass(studio: Locator) -> None:
    """A picture, compared with the photo, and all groups open."""
    expect(studio.locator("figcaption")).to_contain_text("one pass: cat × swirling night")
    studio.get_by_role("button", name="Compare with photo").click()
    expect(studio.locator(".stylelab-split")).to_be_visible()


def test_panels_are_accessible_in_light_and_dark(notebook: Notebook, panel: str) -> None:
    output = notebook.run(1 + list(PANELS).index(panel))
    root = output.locator(".jp-OutputArea-output").first
    found = {}
    if panel == "explorer":
        expect(root.get_by_role("listbox", name="256 channels")).to_be_visible()
    if panel == "studio":
        paint_and_open_everything(root)
    if panel == "studio in one pass":
        paint_in_one_pass(root)
    for theme in THEMES:
        notebook.theme(theme)
        found[theme] = violations(root)
        for tab in root.get_by_role("tab").all()[1:]:
            tab.click()
            found[f"{theme}, {tab.inner_text()}"] = violations(root)
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize(
    ("panel", "paint"),
    [("studio", paint_and_open_everything), ("studio in one pass", paint_in_one_pass)],
    indirect=["panel"],
)
def test_a_studio_with_a_picture_is_accessible_on_narrow_and_wide_pages_in_every_theme(
    notebook: Notebook, panel: str, paint: Callable[[Locator], None]
) -> None:
    page, found = notebook.page, {}
    studio = notebook.run(1 + list(PANELS).index(panel)).locator(".stylelab-studio")
    paint(studio)
    for width, theme, forced in APPEARANCES:
        notebook.theme(theme)
        page.emulate_media(forced_colors=forced)
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("() => new Promise(requestAnimationFrame)")
        found[f"{width} px, {theme}"] = violations(studio) + sticking_out(studio)
    assert {where: what for where, what in found.items() if what} == {}
