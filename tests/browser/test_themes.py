"""What readers can tell apart in dark, high-contrast and forced colours, and on narrow pages."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from appearance import scrolled_sideways, sticking_out
from jupyterlab_session import WINDOW
from PIL import Image
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyterlab_session import Notebook
    from numpy.typing import NDArray
    from playwright.sync_api import Locator
    from shared_lab import SharedLab

BEGIN = """
import stylelab as sl
from stylelab import panels

cat = sl.sample("cat", size=96)
style = sl.sample("swirling_night", size=96)
network = sl.PaintingNetwork(("night",), width=2, blocks=0)
"""
ONE_PASS = {
    "training steps": "panels.training_steps({0: network, 1000: network}, {'cat': cat})",
    "style mixer": "panels.style_mixer(cat, 'seven_styles', size=96)",
    "any style": "panels.any_style(cat, {'swirling_night': style})",
    "film player": "panels.film_player({'one': [cat, 0 * cat], 'other': [0 * cat, cat]})",
}
PANELS = {
    "kernel editor": "panels.kernel_editor(cat)",
    "smoothing": "panels.smoothing(cat)",
    "licence mixer": "panels.licence_mixer()",
    "optimizer race": "race = panels.optimizer_race(cat, style, steps=1)\nrace",
    "layer grid": "panels.layer_grid(cat, style, rows=['block1_conv1'], weights=[10])",
    "mask": "panels.mask_drawing(cat)",
    "explorer": "panels.explorer(cat, style, steps={0: cat, 5: 0.8 * cat})",
    **ONE_PASS,
}
DROPDOWNS = ("kernel editor", "licence mixer", "training steps", "any style")
LIGHT, DARK, CONTRAST = "JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"


@pytest.fixture(scope="module")
def notebook(shared_lab: SharedLab) -> Iterator[Notebook]:
    notebook = shared_lab.open([BEGIN, *PANELS.values()])
    notebook.run(0)
    for index in range(len(PANELS)):
        notebook.run(1 + index)
    explorer = shown(notebook, "explorer")
    expect(explorer.get_by_role("listbox", name="256 channels")).to_be_visible()
    yield notebook
    notebook.close()


@pytest.fixture(autouse=True)
def _as_it_was(notebook: Notebook) -> Iterator[None]:
    yield
    notebook.page.emulate_media(forced_colors="none")
    notebook.page.set_viewport_size(WINDOW)
    notebook.theme(LIGHT)


def shown(notebook: Notebook, panel: str) -> Locator:
    output = notebook.output(1 + list(PANELS).index(panel))
    return output.locator(".stylelab-control, .stylelab-mask, .stylelab-explorer")


def pixels(element: Locator) -> NDArray[np.int16]:
    """What is on the screen in the place of an element."""
    taken = element.screenshot(animations="disabled")
    return np.asarray(Image.open(BytesIO(taken)).convert("RGB"), np.int16)


def main_colour(element: Locator) -> NDArray[np.int16]:
    """The colour that most of an element has."""
    colours, counts = np.unique(pixels(element).reshape(-1, 3), axis=0, return_counts=True)
    main: NDArray[np.int16] = colours[counts.argmax()]
    return main


def contrast(one: NDArray[np.int16], other: NDArray[np.int16]) -> int:
    return int(np.abs(one - other).max())


VISIBLE = 60  # of 255


def test_in_forced_colours_sliders_bars_and_scales_can_be_seen(notebook: Notebook) -> None:
    notebook.page.emulate_media(forced_colors="active")
    race, explorer = shown(notebook, "optimizer race"), shown(notebook, "explorer")
    notebook.ask("None", before="race.bar.value = 0.9; race.bar.layout.display = None")
    bar = race.get_by_role("progressbar").or_(race.locator(".progress")).first
    expect(bar).to_be_visible()
    for part in (
        race.get_by_role("slider").first,
        bar,
        explorer.locator(".stylelab-explorer-bar"),
        explorer.locator(".stylelab-explorer-layer i").first,
        shown(notebook, "mask").get_by_role("slider"),
    ):
        seen = pixels(part).astype(int)
        assert np.ptp(seen, axis=(0, 1)).max() > VISIBLE, part
    ground = main_colour(explorer.locator(".stylelab-explorer-facts"))
    assert contrast(main_colour(bar), ground) > VISIBLE


def test_in_forced_colours_the_choice_differs_from_the_others(notebook: Notebook) -> None:
    notebook.page.emulate_media(forced_colors="active")
    explorer = shown(notebook, "explorer")
    mask = shown(notebook, "mask")
    scale = explorer.get_by_role("radiogroup", name="Scale").get_by_role("radio")
    tab = explorer.get_by_role("tab")
    for chosen, other in (
        (scale.first, scale.last),
        (tab.first, tab.last),
        (mask.get_by_role("button", name="Paint"), mask.get_by_role("button", name="Erase")),
    ):
        assert contrast(main_colour(chosen), main_colour(other)) > VISIBLE


def test_a_figure_is_a_sheet_of_paper_on_a_dark_page(notebook: Notebook) -> None:
    for theme, padding in ((LIGHT, "0px"), (DARK, "12px"), (CONTRAST, "12px")):
        notebook.theme(theme)
        for panel in ("smoothing", "layer grid", *ONE_PASS):
            picture = shown(notebook, panel).locator(".stylelab-control-figure img")
            expect(picture).to_have_css("padding-top", padding)


@pytest.mark.parametrize("theme", [LIGHT, DARK, CONTRAST])
def test_the_arrow_of_a_list_can_be_seen(notebook: Notebook, theme: str) -> None:
    notebook.theme(theme)
    for panel in DROPDOWNS:
        arrow = pixels(shown(notebook, panel).get_by_role("combobox").first)[4:-4, -20:-4]
        assert np.ptp(arrow, axis=(0, 1)).max() > VISIBLE, panel


@pytest.mark.parametrize("forced", ["none", "active"])
def test_in_high_contrast_a_disabled_button_looks_disabled(notebook: Notebook, forced: str) -> None:
    notebook.theme(CONTRAST)
    notebook.page.emulate_media(forced_colors="active" if forced == "active" else "none")
    grid = shown(notebook, "layer grid")
    disabled = grid.get_by_role("button", name="Run")
    expect(disabled).to_be_disabled()
    expect(disabled).to_have_css("border-top-style", "dashed")
    grid.get_by_role("checkbox", name="weight 100", exact=True).check()
    expect(disabled).to_be_enabled()
    expect(disabled).not_to_have_css("border-top-style", "dashed")
    grid.get_by_role("checkbox", name="weight 100", exact=True).uncheck()
    expect(disabled).to_be_disabled()


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("width", [600])
def test_nothing_sticks_out_of_a_panel_on_a_narrow_page(
    notebook: Notebook, panel: str, width: int
) -> None:
    notebook.page.set_viewport_size({"width": width, "height": 900})
    root = shown(notebook, panel)
    notebook.page.wait_for_function("() => new Promise(requestAnimationFrame)")
    assert sticking_out(root) == []
    tabs = root.get_by_role("tab").all()
    for tab in tabs:
        tab.click()
        assert sticking_out(root) == [], tab.inner_text()
    assert root.evaluate("(element) => element.scrollWidth - element.clientWidth") <= 1


def test_on_a_page_as_narrow_as_a_phone_small_controls_are_not_scrolled_sideways(
    notebook: Notebook,
) -> None:
    small = [panel for panel in PANELS if panel != "explorer"]
    notebook.command("application:toggle-left-area")
    try:
        notebook.page.set_viewport_size({"width": 400, "height": 900})
        notebook.page.wait_for_function("() => new Promise(requestAnimationFrame)")
        found = {panel: scrolled_sideways(shown(notebook, panel)) for panel in small}
    finally:
        notebook.command("application:toggle-left-area")
    assert {panel: parts for panel, parts in found.items() if parts} == {}
