from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from shared_lab import INSTALLED, SETUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyterlab_session import Notebook
    from playwright.sync_api import Locator
    from shared_lab import SharedLab

EDITOR_CELL = """
import threading
import stylelab as sl
from stylelab import panels
editor = panels.kernel_editor(sl.sample("cat", size=96))
editor
"""
SMOOTHING_CELL = """
control = panels.smoothing(sl.sample("cat", size=96))
threads = []
control.widgets["fidelity"].observe(
    lambda _: threads.append(threading.current_thread() is threading.main_thread()), "value"
)
control
"""
CELLS = (EDITOR_CELL, SMOOTHING_CELL)
EDITOR, SMOOTHING = range(2)


@pytest.fixture(scope="module", params=SETUPS)
def setup(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def notebook(shared_lab: SharedLab, setup: str) -> Iterator[Notebook]:
    notebook = shared_lab.open(CELLS, setup)
    yield notebook
    notebook.close()


@pytest.fixture
def editor(notebook: Notebook) -> Locator:
    """A new kernel editor; control and picture are what a reader has before them."""
    return notebook.run(EDITOR)


@pytest.fixture
def smoothing(editor: Locator, notebook: Notebook) -> Locator:
    assert editor  # which imports what this one needs
    return notebook.run(SMOOTHING)


def test_the_setup_matches_its_name(notebook: Notebook, setup: str, smoothing: Locator) -> None:
    smoothing.get_by_role("slider").press("ArrowRight")
    expect(smoothing.get_by_role("img")).to_have_attribute("alt", re.compile("of 0.126,"))
    version = notebook.ask("__import__('ipykernel').__version__")
    on_main_thread = notebook.ask("threads")
    subshells = notebook.ask(
        "[thread.name for thread in threading.enumerate() if 'subshell-' in thread.name]"
    )
    if setup == "ipykernel 6":
        assert version.startswith("6.")
        assert (on_main_thread, subshells) == ([True], [])
    elif setup == "no subshells":
        assert version == INSTALLED
        assert (on_main_thread, subshells) == ([True], [])
    elif setup == "subshells":
        assert re.match(r"7\.[0-3]\.", version)
        assert on_main_thread == [False]
    else:
        assert version == INSTALLED


def test_choosing_a_kernel_fills_the_fields_and_draws(editor: Locator, notebook: Notebook) -> None:
    picture = editor.get_by_role("img")
    before = picture.get_attribute("src")
    editor.get_by_label("kernel").select_option("emboss")
    expect(picture).to_have_attribute("alt", re.compile("−2 −1 0; −1 1 1; 0 1 2"))
    fields = editor.get_by_role("spinbutton")
    for field, number in zip(fields.all(), (-2, -1, 0, -1, 1, 1, 0, 1, 2), strict=True):
        expect(field).to_have_value(str(number))
    assert picture.get_attribute("src") != before
    assert notebook.ask("editor.drawing.alt") == picture.get_attribute("alt")


def test_typing_a_number_makes_the_kernel_custom(editor: Locator) -> None:
    field = editor.get_by_role("spinbutton").nth(4)
    field.fill("3")
    field.press("Tab")
    expect(editor.get_by_role("img")).to_have_attribute("alt", re.compile("−2 3 2"))
    expect(editor.get_by_label("kernel")).to_have_value("your own")


def test_a_number_too_large_shows_a_message_and_keeps_the_picture(editor: Locator) -> None:
    picture = editor.get_by_role("img")
    before = picture.get_attribute("src")
    field = editor.get_by_role("spinbutton").nth(4)
    field.fill("1000000")
    field.press("Tab")
    sentence = editor.get_by_text("Expected a number from −1000 to 1000")
    expect(sentence).to_be_visible()
    assert picture.get_attribute("src") == before
    field.fill("1")
    field.press("Tab")
    expect(sentence).to_have_count(0)
    expect(picture).to_have_attribute("alt", re.compile("−2 1 2"))


def test_moving_the_slider_with_the_keyboard_updates_the_picture(
    smoothing: Locator, notebook: Notebook
) -> None:
    picture = smoothing.get_by_role("img")
    slider = smoothing.get_by_role("slider")
    before = picture.get_attribute("src")
    slider.press("End")
    expect(picture).to_have_attribute("alt", re.compile("fidelity of 100,"))
    assert picture.get_attribute("src") != before
    assert notebook.ask("control.widgets['fidelity'].value") == 100
    slider.press("ArrowLeft")
    expect(picture).to_have_attribute("alt", re.compile("fidelity of 79.4,"))


def test_after_a_restart_of_the_kernel_a_new_control_works(notebook: Notebook) -> None:
    notebook.run(EDITOR)
    notebook.restart_kernel()
    editor = notebook.run(EDITOR)
    editor.get_by_label("kernel").select_option("Laplacian")
    expect(editor.get_by_role("img")).to_have_attribute("alt", re.compile("0 1 0; 1 −4 1; 0 1 0"))
