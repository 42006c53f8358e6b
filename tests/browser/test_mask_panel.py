from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from accessibility import violations
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyterlab_session import Notebook
    from playwright.sync_api import Locator
    from shared_lab import SharedLab

CELL = """
import numpy as np
import stylelab as sl
from stylelab import panels
drawing = panels.mask_drawing(sl.sample("cat", size=96))
drawing
"""
AGAIN = "drawing"  # a second view of the same panel
DRAW = 0
EMPTY = "nothing is painted yet"


@pytest.fixture(scope="module")
def notebook(shared_lab: SharedLab) -> Iterator[Notebook]:
    notebook = shared_lab.open((CELL, AGAIN))
    yield notebook
    notebook.close()


@pytest.fixture
def panel(notebook: Notebook) -> Locator:
    """A new panel, with nothing painted."""
    return notebook.run(DRAW)


def stage(panel: Locator) -> Locator:
    return panel.get_by_role("application")


def push(panel: Locator, name: str) -> None:
    panel.get_by_role("button", name=name).click()


def at(panel: Locator, right: float, down: float) -> tuple[float, float]:
    """A position on the page, from fractions of the picture."""
    stage(panel).scroll_into_view_if_needed()
    box = stage(panel).bounding_box()
    assert box is not None
    return box["x"] + right * box["width"], box["y"] + down * box["height"]


def stroke(panel: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    mouse = panel.page.mouse
    mouse.move(*at(panel, *start))
    mouse.down()
    mouse.move(*at(panel, *end), steps=5)
    mouse.up()


def says(panel: Locator, words: str) -> None:
    expect(panel.get_by_role("status")).to_contain_text(words)


def masked(*positions: tuple[float, float]) -> str:
    """Request the mask at positions given as fractions of the picture (right, down)."""
    asked = [
        f"float(drawing.mask[int({down} * drawing.rows), int({right} * drawing.columns)])"
        for right, down in positions
    ]
    return f"[{', '.join(asked)}]"


def test_a_mouse_stroke_reaches_the_kernels_mask(panel: Locator, notebook: Notebook) -> None:
    says(panel, EMPTY)
    stroke(panel, (0.2, 0.5), (0.8, 0.5))
    says(panel, "% of the picture is in the mask")
    notebook.expect_answer(masked((0.2, 0.5), (0.5, 0.5), (0.8, 0.5)), [1, 1, 1])
    notebook.expect_answer(masked((0.5, 0.2), (0.95, 0.5), (0.5, 0.8)), [0, 0, 0])
    # A capsule: a bar as thick as the brush, with round ends.
    brush, columns = notebook.ask("(drawing.brush, drawing.columns)")
    area = 0.6 * columns * brush + 3.14 * (brush / 2) ** 2
    assert notebook.ask("float(drawing.mask.sum())") == pytest.approx(area, rel=0.05)


def test_the_eraser_removes_and_undo_restores(panel: Locator, notebook: Notebook) -> None:
    push(panel, "Fill")
    says(panel, "100.0 %")
    push(panel, "Erase")
    expect(panel.get_by_role("button", name="Erase")).to_have_attribute("aria-pressed", "true")
    stroke(panel, (0.5, 0.3), (0.5, 0.7))
    expect(panel.get_by_role("status")).to_contain_text(re.compile(r"^9\d\.\d %"))
    notebook.expect_answer(masked((0.5, 0.5), (0.1, 0.5)), [0, 1])
    push(panel, "Invert")
    notebook.expect_answer(masked((0.5, 0.5), (0.1, 0.5)), [1, 0])
    push(panel, "Undo")
    push(panel, "Undo")
    says(panel, "100.0 %")
    notebook.expect_answer("float(drawing.mask.mean())", 1)
    push(panel, "Undo")
    says(panel, EMPTY)
    undo = panel.get_by_role("button", name="Undo")
    expect(undo).to_have_attribute("aria-disabled", "true")


def test_it_can_be_painted_with_the_keyboard_alone(panel: Locator, notebook: Notebook) -> None:
    panel.get_by_role("slider", name="Brush").press("Home")
    for key in ("ArrowRight",) * 9:
        panel.get_by_role("slider", name="Brush").press(key)  # 10 pixels
    stage(panel).focus()
    for _ in range(3):
        stage(panel).press("ArrowLeft")
    says(panel, "Brush at column 33, row 32")
    stage(panel).press(" ")
    says(panel, "% of the picture")
    notebook.expect_answer("(float(drawing.mask[32, 33]), float(drawing.mask[32, 45]))", (1, 0))
    panel.page.keyboard.down(" ")
    for _ in range(3):
        panel.page.keyboard.press("ArrowRight")
    panel.page.keyboard.up(" ")
    says(panel, "% of the picture")
    notebook.expect_answer("drawing.mask[32, 30:52].min().item()", 1)
    stage(panel).press("Control+z")
    notebook.expect_answer("(float(drawing.mask[32, 33]), float(drawing.mask[32, 45]))", (1, 0))
    stage(panel).press("Shift+ArrowUp")
    says(panel, "row 31")


def test_a_mask_set_in_the_kernel_is_shown_in_every_view_and_can_be_undone(
    panel: Locator, notebook: Notebook
) -> None:
    other = notebook.run(1)
    notebook.ask("None", before="drawing.mask = sl.ellipse_mask((.5, .5), (.4, .4), 64, 96)")
    for view in (panel, other):
        says(view, "50.")
    stroke(other, (0.02, 0.05), (0.02, 0.1))
    says(panel, "51.")
    push(panel, "Clear")
    says(other, EMPTY)
    push(other, "Undo")
    says(panel, "51.")


def test_touch_input_paints(panel: Locator, notebook: Notebook) -> None:
    right, down = at(panel, 0.5, 0.5)
    event = {"pointerId": 7, "pointerType": "touch", "clientX": right, "clientY": down, "button": 0}
    panel.page.evaluate("() => { Element.prototype.setPointerCapture = () => {}; }")
    for kind in ("pointerdown", "pointermove", "pointerup"):
        stage(panel).dispatch_event(kind, event | {"clientX": right + 5 * (kind != "pointerdown")})
    says(panel, "% of the picture")
    notebook.expect_answer(masked((0.5, 0.5), (0.1, 0.1)), [1, 0])


def test_names_are_accessible_in_light_and_dark_and_focus_is_visible(
    panel: Locator, notebook: Notebook
) -> None:
    push(panel, "Fill")
    found = {}
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        notebook.theme(theme)
        found[theme] = violations(panel)
    assert {where: what for where, what in found.items() if what} == {}
    panel.get_by_role("button", name="Invert").focus()
    panel.page.keyboard.press("Shift+Tab")
    panel.page.keyboard.press("Tab")
    panel.page.keyboard.press("Tab")
    assert stage(panel).evaluate("(element) => document.activeElement === element")
    assert stage(panel).evaluate("(element) => getComputedStyle(element).outlineStyle") == "solid"
