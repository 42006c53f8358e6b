from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from appearance import broken_links
from jupyterlab_session import SECONDS_TO_RUN
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
BUSY_CELL = """
import time
from pathlib import Path

Path("begun").touch()
until = time.monotonic() + 300
while not Path("enough").exists() and time.monotonic() < until:
    time.sleep(0.05)
"""
GRID_CELL = """
import time
from pathlib import Path
import stylelab as sl
from stylelab import panels
from stylelab.losses.loss import Loss

def objective(loss, shape, compile=Loss.objective):
    until = time.monotonic() + 300
    while not Path("enough").exists() and time.monotonic() < until:
        time.sleep(0.05)
    return compile(loss, shape)

Loss.objective = objective
cat, style = sl.sample("cat", size=64), sl.sample("swirling_night", size=64)
panels.layer_grid(cat, style, rows=["block1_conv1"], weights=[100])
"""
ENTRIES_CELL = """
import numpy as np
entries = panels.gram_entries(np.random.default_rng(0).random((6, 8, 5)), row=3, column=1)
entries
"""
TRAINING_CELL = """
cat = sl.sample("cat", size=64)
networks = {step: sl.PaintingNetwork(("night",), width=2, blocks=0, seed=step) for step in (0, 9)}
control = panels.training_steps(networks, {"cat": cat, "dark cat": cat / 2})
control
"""
MIXER_CELL = """
control = panels.style_mixer(
    sl.sample("cat", size=64), sl.PaintingNetwork(("night", "ink_lines"), width=2, blocks=0)
)
control
"""
ANY_STYLE_CELL = """
paintings = {name: sl.sample(name, size=64) for name in ("swirling_night", "stained_glass")}
control = panels.any_style(sl.sample("cat", size=64), paintings, layer="block1_conv1")
control
"""
FILM_CELL = """
import numpy as np
film = [np.full((16, 24, 3), shade, np.float32) for shade in (0.1, 0.5, 0.9)]
control = panels.film_player({"brighter": film, "darker": film[::-1]})
control
"""
CELLS = (
    *(EDITOR_CELL, SMOOTHING_CELL, BUSY_CELL, GRID_CELL, ENTRIES_CELL),
    *(TRAINING_CELL, MIXER_CELL, ANY_STYLE_CELL, FILM_CELL),
)
EDITOR, SMOOTHING, BUSY, GRID, ENTRIES, TRAINING, MIXER, ANY_STYLE, FILM = range(9)


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
def as_installed(setup: str) -> None:
    if setup != SETUPS[0]:
        pytest.skip("The page does this by itself, whatever the kernel.")


@pytest.fixture
def editor(notebook: Notebook) -> Locator:
    """A new kernel editor; control and picture are what a reader has before them."""
    editor = notebook.run(EDITOR)
    expect(editor.locator(".stylelab-control-guard p")).to_be_attached()
    notebook.page.evaluate("() => new Promise(requestAnimationFrame)")
    return editor


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


@pytest.mark.usefixtures("as_installed")
@pytest.mark.parametrize("key", ["Tab", "Enter"])
def test_typing_a_number_makes_the_kernel_custom(editor: Locator, key: str) -> None:
    field = editor.get_by_role("spinbutton").nth(4)
    field.fill("3")
    field.press(key)
    expect(editor.get_by_role("img")).to_have_attribute("alt", re.compile("−2 3 2"))
    expect(editor.get_by_label("kernel")).to_have_value("your own")


@pytest.mark.usefixtures("as_installed")
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


@pytest.mark.usefixtures("as_installed")
@pytest.mark.parametrize("wrong", ["", "e"])
def test_a_field_without_a_number_is_refused_in_a_sentence(editor: Locator, wrong: str) -> None:
    field = editor.get_by_role("spinbutton").nth(4)
    before = field.input_value()
    field.click()
    field.press("Control+a")
    field.press("Delete")
    field.press_sequentially(wrong)
    field.press("Tab")
    received = "something that is no number" if wrong else "an empty field"
    refused = editor.get_by_text(f"Expected a number. Received: {received}. The field keeps")
    expect(refused).to_be_visible()
    expect(field).to_have_value(before)
    field.fill("3")
    field.press("Tab")
    expect(refused).to_have_count(0)


def test_while_a_cell_runs_the_control_says_that_the_kernel_is_busy(
    editor: Locator, notebook: Notebook
) -> None:
    picture, emboss = editor.get_by_role("img"), re.compile("−2 −1 0; −1 1 1; 0 1 2")
    busy = editor.get_by_text("The kernel is busy with a cell. This change takes effect")
    begun, enough = notebook.folder / "begun", notebook.folder / "enough"
    notebook.start(BUSY)
    try:
        until = time.monotonic() + SECONDS_TO_RUN
        while not begun.exists() and time.monotonic() < until:
            time.sleep(0.05)  # between two looks; nothing notifies us
        editor.get_by_label("kernel").select_option("emboss")
        expect(busy).to_be_visible()
    finally:
        enough.touch()
    notebook.wait(BUSY)
    expect(picture).to_have_attribute("alt", emboss)
    expect(busy).to_have_count(0)
    begun.unlink()
    enough.unlink()


def test_a_slow_control_is_on_the_page_before_its_pictures(notebook: Notebook) -> None:
    enough = notebook.folder / "enough"
    notebook.start(GRID)
    grid = notebook.output(GRID)
    try:
        expect(grid.get_by_role("button", name="Run")).to_be_disabled()
        expect(grid.get_by_text("Loading the network and compiling the loss")).to_be_visible()
    finally:
        enough.touch()
    notebook.wait(GRID)
    expect(grid.get_by_text("Everything is computed")).to_be_visible()
    expect(grid.locator(".stylelab-control")).to_have_count(1)
    enough.unlink()


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


@pytest.mark.usefixtures("as_installed", "editor")  # which imports what this one needs
def test_keys_choose_an_entry_and_shuffle_the_positions(notebook: Notebook) -> None:
    entries = notebook.run(ENTRIES)
    picture = entries.get_by_role("img")
    entries.get_by_role("slider", name="row i").press("ArrowRight")
    expect(picture).to_have_attribute("alt", re.compile(r"entry \(4, 1\) framed"))
    entries.get_by_role("slider", name="column j").press("Home")
    expect(picture).to_have_attribute("alt", re.compile(r"entry \(4, 0\) framed"))
    before = picture.get_attribute("src")
    entries.get_by_role("checkbox").press("Space")
    expect(entries.get_by_text("G stands still")).to_be_visible()
    assert picture.get_attribute("src") != before


def click_at(slider: Locator, share: float) -> None:
    """Press the mouse on a slider, so far from its left end to its right."""
    box = slider.bounding_box()
    assert box
    slider.click(position={"x": share * (box["width"] - 1), "y": box["height"] / 2})


def expect_picture(control: Locator, notebook: Notebook, alt: str, values: str) -> None:
    """The picture on the page is the one that belongs to these values."""
    picture = control.get_by_role("img")
    expect(picture).to_have_attribute("alt", re.compile(alt))
    source = picture.get_attribute("src")
    assert source in notebook.ask(f"control.draw({values})._repr_mimebundle_()[0]['text/html']")


@pytest.mark.usefixtures("as_installed", "editor")  # which imports what this one needs
def test_mouse_and_keys_choose_training_steps_and_photo(notebook: Notebook) -> None:
    control = notebook.run(TRAINING)
    steps = control.get_by_role("slider", name="training steps")
    photo = control.get_by_role("combobox", name="photo")
    expect_picture(control, notebook, "photo cat.*after 9 steps", "step=9, photo='cat'")
    click_at(steps, 0)
    expect_picture(control, notebook, "photo cat.*before training", "step=0, photo='cat'")
    photo.press("ArrowDown")
    expect_picture(control, notebook, "dark cat.*before training", "step=0, photo='dark cat'")
    steps.press("End")
    expect_picture(control, notebook, "dark cat.*after 9 steps", "step=9, photo='dark cat'")
    photo.select_option("cat")
    expect_picture(control, notebook, "photo cat.*after 9 steps", "step=9, photo='cat'")


@pytest.mark.usefixtures("as_installed", "editor")  # which imports what this one needs
def test_mouse_and_keys_mix_styles_and_a_mixture_of_none_is_refused(notebook: Notebook) -> None:
    control = notebook.run(MIXER)
    night = control.get_by_role("slider", name="night")
    lines = control.get_by_role("slider", name="ink lines")
    expect_picture(control, notebook, "100% night", "night=10, ink_lines=0")
    click_at(lines, 1)
    expect_picture(control, notebook, "50% night", "night=10, ink_lines=10")
    night.press("Home")
    expect_picture(control, notebook, "100% ink lines", "night=0, ink_lines=10")
    lines.press("Home")
    expect(control.get_by_text("Raise one")).to_be_visible()
    expect_picture(control, notebook, "100% ink lines", "night=0, ink_lines=10")


@pytest.mark.usefixtures("as_installed", "editor")  # which imports what this one needs
def test_mouse_and_keys_choose_painting_layer_method_and_strength(notebook: Notebook) -> None:
    control = notebook.run(ANY_STYLE)
    strength = control.get_by_role("slider", name="strength")
    values = ["swirling_night", "block1_conv1", "mean and deviation"]

    def expect_chosen(strength: float) -> None:
        painting, layer, method = values
        alt = f"{painting}.*{layer}: {method}, strength {strength:g}"
        expect_picture(control, notebook, alt, f"*{values}, {strength}")

    expect_chosen(1)
    click_at(strength, 0)
    expect_chosen(0)
    strength.press("ArrowRight")
    expect_chosen(0.1)
    control.get_by_role("combobox", name="painting").press("ArrowDown")
    values[0] = "stained_glass"
    expect_chosen(0.1)
    control.get_by_role("combobox", name="layer").press("ArrowDown")
    values[1] = "block2_conv1"
    expect_chosen(0.1)
    control.get_by_role("combobox", name="method").select_option("shortest way")
    values[2] = "shortest way"
    expect_chosen(0.1)


@pytest.mark.usefixtures("as_installed", "editor")  # which imports what this one needs
def test_mouse_and_keys_choose_a_frame_and_play_the_film(notebook: Notebook) -> None:
    control = notebook.run(FILM)
    frame = control.get_by_role("slider", name="frame")
    play = control.get_by_role("button", name="Play")
    expect_picture(control, notebook, "Frame 1 of 3", "1")
    click_at(frame, 0.5)
    expect_picture(control, notebook, "Frame 2 of 3", "2")
    frame.press("Home")
    expect_picture(control, notebook, "Frame 1 of 3", "1")
    play.click()
    expect(frame).to_have_attribute("aria-valuetext", "3")
    assert notebook.ask(f"control.wait({SECONDS_TO_RUN})")
    expect_picture(control, notebook, "Frame 3 of 3", "3")
    frame.press("Home")
    play.press("Enter")
    expect(frame).to_have_attribute("aria-valuetext", "3")
    assert notebook.ask(f"control.wait({SECONDS_TO_RUN})")
    expect_picture(control, notebook, "Frame 3 of 3", "3")


def test_after_a_restart_of_the_kernel_a_new_control_works(notebook: Notebook) -> None:
    editor = notebook.run(EDITOR)
    notebook.restart_kernel()
    gone = editor.get_by_text("The kernel that made this control is gone. Run its cell again")
    expect(gone).to_be_visible()
    assert broken_links(editor) == 0
    editor = notebook.run(EDITOR)
    expect(gone).to_have_count(0)
    editor.get_by_label("kernel").select_option("Laplacian")
    expect(editor.get_by_role("img")).to_have_attribute("alt", re.compile("0 1 0; 1 −4 1; 0 1 0"))
