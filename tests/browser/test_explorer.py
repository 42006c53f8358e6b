from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from appearance import broken_links
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyterlab_session import Notebook
    from playwright.sync_api import Locator
    from shared_lab import SharedLab

CELL = """
import threading
import numpy as np
import stylelab as sl
from stylelab import panels

content = sl.sample("cat", size=96)
style = sl.sample("swirling_night", size=96)
steps = {0: content, 3: 0.8 * content + 0.1, 20: 0.6 * content + 0.4 * content[::-1]}
explorer = panels.explorer(content, style, steps=steps, others=[content[:, ::-1], style[::-1]])
explorer
"""
TOOLS = """
from functools import partial
from stylelab.panels.explorer import explorer_model

def make_pictures(steps):
    explorer_model.activation_maximisation = partial(sl.activation_maximisation, steps=steps)

def maps(layer, picture):
    return sl.VGG19(layer)(picture)[layer]

def workers():
    return [each.name for each in threading.enumerate() if "stylelab" in each.name]

def settle():
    explorer.wait(60)
"""
BUSY_CELL = """
import time
from pathlib import Path

until = time.monotonic() + 300
while not Path("enough").exists() and time.monotonic() < until:
    time.sleep(0.05)
"""
EXPLORER, TOOLS_CELL, BUSY = range(3)
FIRST_LAYER = "block3_conv1"


class Explorer:
    """What a reader has before them."""

    def __init__(self, notebook: Notebook, cell: int = EXPLORER, tools: int = TOOLS_CELL) -> None:
        self.notebook = notebook
        self.root = notebook.run(cell).locator(".stylelab-explorer")
        notebook.run(tools)
        self.expect_layer(FIRST_LAYER)

    def expect_layer(self, name: str) -> None:
        """Wait until the channels of a layer are shown."""
        expect(self.channels).to_have_attribute("aria-label", re.compile(f"channels of {name},"))

    @property
    def channels(self) -> Locator:
        return self.root.get_by_role("listbox")

    @property
    def chosen(self) -> int:
        """The number of the channel that is chosen."""
        return int(self.root.get_by_role("spinbutton", name="Channel").input_value())

    def layer(self, name: str) -> Locator:
        return self.root.get_by_role("radio", name=re.compile(f"^{name},"))

    def channel(self, number: int) -> Locator:
        return self.root.get_by_role("option", name=re.compile(f"^channel {number},"))

    def map(self, picture: str) -> Locator:
        return self.root.locator(f"figure.is-{picture} .stylelab-explorer-map")

    def unit(self, picture: str) -> tuple[int, int, float]:
        """Row, column and value of the unit that is followed in a picture."""
        figure = self.root.locator(f"figure.is-{picture}")
        position = re.fullmatch(
            r"row (\d+), column (\d+)", figure.locator(".stylelab-explorer-place").inner_text()
        )
        assert position
        value = number(figure.locator(".stylelab-explorer-value").inner_text())
        return int(position[1]), int(position[2]), value

    def expect_true_value(self, layer: str, picture: str = "content") -> None:
        """Compare the value shown with the network's own, computed again."""
        row, column, value = self.unit(picture)
        expected, most = self.notebook.ask(
            "float(answer[at]), float(answer[..., at[-1]].max())",
            before=f"answer, at = maps({layer!r}, {picture}), ({row}, {column}, {self.chosen})",
        )
        assert most > 0
        # A byte a value, and three digits of it shown.
        assert value == pytest.approx(expected, abs=most / 255 + 0.006 * abs(expected))


def number(words: str) -> float:
    """Read a number as the explorer writes it."""
    return float(words.replace(",", "").replace("−", "-"))


@pytest.fixture(scope="module")
def notebook(shared_lab: SharedLab) -> Iterator[Notebook]:
    notebook = shared_lab.open((CELL, TOOLS, BUSY_CELL))
    yield notebook
    notebook.close()


@pytest.fixture
def explorer(notebook: Notebook) -> Explorer:
    return Explorer(notebook)


def test_the_mouse_selects_layer_channel_and_unit_with_the_networks_value(
    explorer: Explorer,
) -> None:
    explorer.layer("block2_conv2").click()
    explorer.expect_layer("block2_conv2")
    explorer.channel(57).click()
    expect(explorer.channel(57)).to_have_attribute("aria-selected", "true")
    assert explorer.chosen == 57
    content = explorer.map("content")
    content.scroll_into_view_if_needed()
    box = content.bounding_box()
    assert box
    content.hover(position={"x": 0.31 * box["width"], "y": 0.62 * box["height"]})
    rows, columns = explorer.notebook.ask(
        "answer.shape[:2]", "answer = maps('block2_conv2', content)"
    )
    row, column, _ = explorer.unit("content")
    # The pointer is over this unit's square of the map, or on its edge.
    assert abs(row + 0.5 - 0.62 * rows) <= 1
    assert abs(column + 0.5 - 0.31 * columns) <= 1
    explorer.expect_true_value("block2_conv2")
    explorer.expect_true_value("block2_conv2", "style")


def test_everything_works_with_the_keyboard_alone(explorer: Explorer) -> None:
    keyboard = explorer.notebook.page.keyboard

    def tab_to(wanted: Locator) -> None:
        for _ in range(60):
            keyboard.press("Tab")
            if wanted.evaluate("(element) => element === document.activeElement"):
                return
        raise AssertionError(f"60 presses of Tab do not lead to {wanted}")

    explorer.notebook.cell(EXPLORER).focus()
    tab_to(explorer.layer(FIRST_LAYER))
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    explorer.expect_layer("block3_conv3")
    tab_to(explorer.root.get_by_role("radio", name="this channel"))
    keyboard.press("ArrowRight")
    expect(explorer.root.get_by_role("radio", name="this layer")).to_be_checked()
    tab_to(explorer.channels.locator("[tabindex='0']"))
    keyboard.press("Home")
    assert explorer.chosen == 0
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    assert explorer.chosen == 2
    tab_to(explorer.map("content"))
    row, column, _ = explorer.unit("content")
    moves = {"ArrowDown": (1, 0), "ArrowUp": (-1, 0)}
    key = "ArrowUp" if row else "ArrowDown"
    keyboard.press(key)
    assert explorer.unit("content")[:2] == (row + moves[key][0], column)
    explorer.expect_true_value("block3_conv3")
    tab_to(explorer.root.get_by_role("tab", name="What excites it?"))
    keyboard.press("ArrowRight")
    expect(explorer.root.get_by_role("tabpanel", name="What fires with it?")).to_be_visible()


def test_the_scale_states_the_brightest_value(explorer: Explorer) -> None:
    explorer.channel(7).click()
    brightest = explorer.root.locator(".stylelab-explorer-numbers span").last
    own, layer = explorer.notebook.ask(
        "max(float(a[..., 7].max()) for a in answers), max(float(a.max()) for a in answers)",
        f"answers = [maps({FIRST_LAYER!r}, each) for each in (content, style, steps[20])]",
    )
    assert number(brightest.inner_text()) == pytest.approx(own, rel=0.01)
    explorer.root.get_by_role("radio", name="this layer").click()
    assert number(brightest.inner_text()) == pytest.approx(layer, rel=0.01)
    explorer.root.get_by_role("radio", name="the whole network").click()
    assert number(brightest.inner_text()) > layer


def test_channels_are_sorted_by_the_selected_statistic(explorer: Explorer) -> None:
    order = explorer.root.get_by_role("combobox", name="Order by")
    first = explorer.root.get_by_role("option", name=re.compile("^channel ")).first
    expect(first).to_have_attribute("data-channel", "0")
    order.select_option("strength (mean)")
    strongest = explorer.notebook.ask(
        "int(maps('block3_conv1', content).mean(axis=(0, 1)).argmax())"
    )
    expect(first).to_have_attribute("data-channel", str(strongest))
    order.select_option("maximum")
    highest = explorer.notebook.ask("int(maps('block3_conv1', content).max(axis=(0, 1)).argmax())")
    expect(first).to_have_attribute("data-channel", str(highest))


def test_patches_start_at_the_strongest_position_of_all_pictures(explorer: Explorer) -> None:
    explorer.channel(11).click()
    patches = explorer.root.locator(".stylelab-explorer-patches .stylelab-explorer-tile")
    expect(patches).to_have_count(8)
    picture, row, column = explorer.notebook.ask(
        "max((float(a[..., 11].max()), name, *map(int, np.unravel_index(a[..., 11].argmax(),"
        " a.shape[:2]))) for name, a in answers.items())[1:]",
        "answers = {name: maps('block3_conv1', each) for name, each in"
        " {'content': content, 'style': style, 'result': steps[20]}.items()}",
    )
    expect(patches.first).to_have_attribute(
        "aria-label", re.compile(f"^{picture}, row {row}, column {column}, value ")
    )
    patches.first.click()
    assert explorer.unit(picture)[:2] == (row, column)
    explorer.root.get_by_role("button", name="search 2 more pictures").click()
    expect(patches.get_by_text("other").first).to_be_visible()


def test_removing_a_channel_reports_the_remaining_loss(explorer: Explorer) -> None:
    explorer.channel(3).click()
    explorer.root.get_by_role("tab", name="What does it do for the style?").click()
    switch = explorer.root.get_by_role("switch")
    expect(switch).to_have_text("remove channel 3 from the loss")
    switch.click()
    expect(switch).to_be_checked()
    words = explorer.root.locator(".stylelab-explorer-loss.is-result p")
    expect(words).to_contain_text("without channel 3")
    whole, rest = (number(each) for each in re.findall(r"[\d.]+\d", words.inner_text())[:2])
    expected = explorer.notebook.ask(
        "[float((d ** 2).sum() / (a ** 2).sum()) for d in (g - a, (g - a) * kept)]",
        "g, a = (sl.gram_matrix(maps('block3_conv1', each)) for each in (steps[20], style))\n"
        "kept = np.ones_like(g); kept[3] = kept[:, 3] = 0",
    )
    assert [whole, rest] == pytest.approx(expected, rel=0.02)
    expect(explorer.channel(3)).to_have_accessible_name(re.compile("removed from the style loss"))
    expect(explorer.root.get_by_role("img", name=re.compile("without the removed"))).to_be_visible()
    explorer.root.get_by_role("button", name="put channel 3 back").click()
    expect(switch).not_to_be_checked()


def test_the_slider_selects_steps_of_a_run(explorer: Explorer) -> None:
    explorer.root.get_by_role("tab", name="How did it change during the run?").click()
    slider = explorer.root.get_by_role("slider", name="Step of the run")
    expect(slider).to_have_attribute("aria-valuetext", "step 20")
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "step 0")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "step 3")
    output = explorer.root.locator(".stylelab-explorer-slider output")
    mean, most = explorer.notebook.ask(
        f"float(a[..., {explorer.chosen}].mean()), float(a[..., {explorer.chosen}].max())",
        "a = maps('block3_conv1', steps[3])",
    )
    numbers = re.search(r"step 3: mean ([\d.]+), maximum ([\d.]+)", output.inner_text())
    assert numbers
    assert [number(numbers[1]), number(numbers[2])] == pytest.approx([mean, most], rel=0.01)
    expect(explorer.root.get_by_role("img", name="The picture at step 3")).to_be_visible()


@pytest.mark.parametrize("wrong", ["9999", "-1", "1.5", ""])
def test_a_channel_that_the_layer_has_not_is_refused_in_a_sentence(
    explorer: Explorer, wrong: str
) -> None:
    explorer.channel(21).click()
    field = explorer.root.get_by_role("spinbutton", name="Channel")
    field.fill(wrong)
    field.press("Enter")
    refused = explorer.root.get_by_role("alert")
    expect(refused).to_have_text(
        "Expected a channel of block3_conv1: a whole number from 0 to 255. "
        f"Received: {wrong or 'no number'}. Channel 21 stays."
    )
    expect(field).to_have_value("21")
    field.fill("22")
    field.press("Enter")
    expect(refused).to_have_count(0)
    assert explorer.chosen == 22


def make_pictures(explorer: Explorer, steps: int) -> None:
    explorer.notebook.ask("None", before=f"make_pictures({steps})")


FOR_EVER = 10**6  # steps: what takes so long does not end before it is looked at


def test_a_picture_is_made_with_progress_and_can_be_cancelled(explorer: Explorer) -> None:
    make_pictures(explorer, FOR_EVER)
    excites = explorer.root.get_by_role("tabpanel", name="What excites it?")
    button = excites.locator(".stylelab-explorer-made").get_by_role("button")
    expect(button).to_have_text("make a picture")
    button.click()
    expect(excites.get_by_role("progressbar")).to_be_visible()
    image = excites.locator(".stylelab-explorer-made img")
    expect(image).to_be_visible()  # a look at it
    seen = image.get_attribute("src")
    expect(image).not_to_have_attribute("src", str(seen))
    expect(button).to_have_text("stop")
    expect(button).to_be_focused()  # the same button, so that the keys stay where they are
    button.click()
    expect(button).to_have_text("make a picture")
    expect(image).to_be_hidden()
    assert explorer.notebook.ask("workers()", before="settle()") == []
    make_pictures(explorer, 64)
    button.press("Enter")
    made = excites.get_by_role("img", name=re.compile("A picture made to excite channel"))
    expect(made).to_be_visible()
    expect(button).to_have_text("make it again")
    expect(excites.get_by_role("progressbar")).to_be_hidden()


def test_the_stop_button_does_not_move_when_the_picture_appears(explorer: Explorer) -> None:
    make_pictures(explorer, FOR_EVER)
    made = explorer.root.locator(".stylelab-explorer-made")
    button, image = made.get_by_role("button"), made.locator("img")
    button.scroll_into_view_if_needed()
    before = button.bounding_box()
    button.click()
    expect(image).to_be_visible()
    after = button.bounding_box()
    assert before is not None
    assert after is not None
    assert (after["x"], after["y"]) == (before["x"], before["y"])
    button.click()
    expect(button).to_have_text("make a picture")


def test_while_a_cell_runs_loaded_data_works_and_other_requests_show_waiting(
    explorer: Explorer,
) -> None:
    notebook = explorer.notebook
    enough = notebook.folder / "enough"
    notebook.start(BUSY)
    try:
        explorer.channel(21).click()
        assert explorer.chosen == 21
        explorer.map("content").press("Home")
        followed = explorer.unit("content")
        explorer.layer("block4_conv1").click()
        waiting = explorer.root.get_by_text("The kernel is busy with a cell.")
        arrived = explorer.root.get_by_role("listbox", name=re.compile("block4_conv1"))
        expect(waiting.or_(arrived).first).to_be_visible()
    finally:
        enough.touch()
    notebook.wait(BUSY)
    enough.unlink()
    explorer.expect_layer("block4_conv1")
    expect(explorer.root.get_by_text("The kernel is busy with a cell.")).to_have_count(0)
    assert followed[2] >= 0


def test_running_the_cell_again_leaves_one_explorer_and_no_thread(explorer: Explorer) -> None:
    make_pictures(explorer, FOR_EVER)
    explorer.root.get_by_role("button", name="make a picture").click()
    expect(explorer.root.get_by_role("progressbar")).to_be_visible()
    again = Explorer(explorer.notebook)
    again.channel(5).click()
    again.expect_true_value(FIRST_LAYER)
    assert explorer.notebook.ask("workers()", before="settle()") == []


def test_after_a_restart_loaded_data_works_and_the_cell_can_be_rerun(
    explorer: Explorer,
) -> None:
    explorer.notebook.restart_kernel()
    expect(explorer.root.get_by_text("The kernel that made this control is gone.")).to_be_visible()
    assert broken_links(explorer.root.locator("xpath=..")) == 0
    explorer.channel(9).click()
    assert explorer.chosen == 9
    explorer.layer("block1_conv1").click()  # which has to be asked for
    expect(explorer.root.get_by_text("Not loaded: the kernel is gone.")).to_be_visible()
    expect(explorer.root.get_by_role("button", name="try again")).to_have_count(0)
    again = Explorer(explorer.notebook)
    again.expect_true_value(FIRST_LAYER)
