"""A widget's messages while cells run and when the kernel is gone, in every way that kernels answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from shared_lab import BOTH_WAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyterlab_session import Notebook
    from playwright.sync_api import Locator
    from shared_lab import SharedLab

CELL = """
import hashlib, threading
import ipywidgets, traitlets
from stylelab.panels.assets import read_module, read_stylesheet
from stylelab.panels.kernel_channel import ChannelWidget

class Counter(ChannelWidget):
    _esm = read_module("kernel_channel") + '''
      function render({ model, el }) {
        const say = (text) => () => { state.textContent = text; };
        const channel = openChannel(model, {
          busy: say("busy"), answered: say("answered"), gone: say("gone"),
        });
        const make = elementMaker("counter-");
        const state = make("p.state", {}, "silent"), sent = make("p.sent"), count = make("p.count");
        let pressed = 0;
        const press = (buffers) => {
          pressed += 1;
          sent.textContent = String(channel.send({ press: pressed }, buffers));
        };
        const part = (value) => new Uint8Array(3_000_000).fill(value);
        el.append(
          make("button", { onclick: () => press() }, "press"),
          make("button", { onclick: () => { for (let i = 0; i < 100; i += 1) press(); } }, "hundred"),
          make("button", { onclick: () => press([part(1), part(2)]) }, "parts"),
          make("button", { onclick: () => channel.send("release") }, "release"),
          make("button", { onclick: () => channel.send("fail") }, "fail"),
          make("button", { onclick: () => channel.ping() }, "ping"),
          make("button", { onclick: () => channel.close() }, "close"), state, sent, count,
        );
        if (model.get("at_once")) press();
        const update = () => { count.textContent = model.get("count"); };
        model.on("change:count", update);
        update();
        return () => { channel.close(); model.off("change:count", update); };
      }
      export default { render };
    '''
    _css = read_stylesheet("kernel_channel")
    count = traitlets.Int(0).tag(sync=True)
    at_once = traitlets.Bool(False).tag(sync=True)

    def __init__(self, **traits):
        self.presses, self.parts, self.threads = [], [], set()
        self.released = threading.Event()
        super().__init__(**traits)
        self.on_msg(self.take)

    def take(self, _widget, content, buffers):
        self.threads.add("subshell" if "subshell" in threading.current_thread().name else "main")
        if content == "release":
            self.released.set()
        elif content == "fail":
            raise ValueError("a fault of the handler")
        else:
            self.presses.append(content["press"])
            self.parts += [hashlib.sha256(part).hexdigest() for part in buffers]
            self.count += 1
"""
SHOW = """
counter = Counter()
ipywidgets.VBox([counter]).add_class("stylelab-control")
"""
SHOW_FIRST = """
counter = Counter()
display(counter)
assert counter.released.wait(60)
"""
SHOW_AT_ONCE = """
counter = Counter(at_once=True)
counter
"""
AGAIN = "counter"
UNTIL_RELEASED = """
counter.released.clear()
print("before")
assert counter.released.wait(60)
print("after")
"""
FOR_A_WHILE = """
import time
time.sleep(4)
"""
FIGURE = """
%matplotlib inline
import matplotlib.pyplot as plt
counter.released.clear()
plt.plot([1, 2])
print("before")
assert counter.released.wait(60)
axes = plt.gca()
axes.set_title("drawn in one piece")
lines = len(axes.lines)
"""
CELLS = (CELL, SHOW, AGAIN, UNTIL_RELEASED, FOR_A_WHILE, FIGURE, SHOW_AT_ONCE, SHOW_FIRST)
DEFINE, COUNTER, SECOND, RELEASED, WHILE, PLOT, AT_ONCE, SHOWN_FIRST = range(8)
BESIDE_CELLS, AFTER_CELLS = BOTH_WAYS


@pytest.fixture(scope="module", params=BOTH_WAYS)
def setup(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def notebook(shared_lab: SharedLab, setup: str) -> Iterator[Notebook]:
    notebook = shared_lab.open(CELLS, setup)
    notebook.run(DEFINE)
    yield notebook
    notebook.close()


@pytest.fixture
def counter(notebook: Notebook) -> Locator:
    return notebook.run(COUNTER)


@pytest.fixture
def with_subshells(setup: str) -> None:
    if setup == AFTER_CELLS:
        pytest.skip("Here messages wait for the cell.")


@pytest.fixture
def without_subshells(setup: str) -> None:
    if setup == BESIDE_CELLS:
        pytest.skip("Here messages do not wait for the cell.")


def press(counter: Locator, name: str) -> None:
    counter.get_by_role("button", name=name, exact=True).click()


def expect_state(counter: Locator, state: str) -> None:
    expect(counter.locator(".counter-state")).to_have_text(state)


def expect_count(counter: Locator, count: int) -> None:
    expect(counter.locator(".counter-count")).to_have_text(str(count))


def expect_sent(counter: Locator, sent: bool) -> None:
    expect(counter.locator(".counter-sent")).to_have_text(str(sent).lower())


@pytest.mark.usefixtures("with_subshells")
def test_a_press_is_answered_while_a_cell_runs(counter: Locator, notebook: Notebook) -> None:
    notebook.start(RELEASED)
    expect(notebook.output(RELEASED)).to_contain_text("before")
    press(counter, "press")
    expect_count(counter, 1)
    press(counter, "release")  # without which the cell would fail
    notebook.wait(RELEASED)
    expect(notebook.output(RELEASED)).to_contain_text("after")  # printed after messages of others
    assert notebook.ask("counter.threads") == {"subshell"}


@pytest.mark.usefixtures("with_subshells")
def test_a_page_that_is_answered_while_a_cell_runs_says_nothing(
    counter: Locator, notebook: Notebook
) -> None:
    notebook.start(WHILE)  # for longer than the page has patience
    press(counter, "press")
    notebook.wait(WHILE)
    expect_state(counter, "silent")


@pytest.mark.usefixtures("with_subshells")
def test_the_first_widget_after_a_restart_is_answered_while_its_own_cell_runs(
    counter: Locator, notebook: Notebook
) -> None:
    press(counter, "press")
    expect_count(counter, 1)
    notebook.restart_kernel()
    notebook.run(DEFINE)
    notebook.start(SHOWN_FIRST)
    counter = notebook.output(SHOWN_FIRST)
    press(counter, "press")
    expect_count(counter, 1)
    press(counter, "release")  # without which the cell would fail
    notebook.wait(SHOWN_FIRST)


@pytest.mark.usefixtures("with_subshells")
def test_a_figure_of_the_running_cell_stays_in_one_piece(
    counter: Locator, notebook: Notebook
) -> None:
    notebook.start(PLOT)
    expect(notebook.output(PLOT)).to_contain_text("before")
    press(counter, "press")
    expect_count(counter, 1)
    press(counter, "release")
    notebook.wait(PLOT)
    expect(notebook.output(PLOT).locator("img")).to_have_count(1)
    assert notebook.ask("lines") == 1


@pytest.mark.usefixtures("without_subshells")
def test_presses_are_answered_after_the_cell_and_the_page_is_told(
    counter: Locator, notebook: Notebook
) -> None:
    notebook.start(WHILE)
    press(counter, "press")
    press(counter, "press")
    expect_state(counter, "busy")
    expect_count(counter, 0)
    notebook.wait(WHILE)
    expect_count(counter, 2)
    expect_state(counter, "answered")
    assert notebook.ask("counter.presses") == [1, 2]
    assert notebook.ask("counter.threads") == {"main"}


def test_a_question_about_the_ordinary_way_tells_that_a_cell_runs(
    counter: Locator, notebook: Notebook
) -> None:
    notebook.start(WHILE)
    press(counter, "ping")
    expect_state(counter, "busy")
    notebook.wait(WHILE)
    expect_state(counter, "answered")
    assert notebook.ask("counter.presses") == []


def test_messages_arrive_once_and_in_order(notebook: Notebook) -> None:
    counter = notebook.run(AT_ONCE)  # the first one before the channel is open
    press(counter, "hundred")
    expect_count(counter, 101)
    assert notebook.ask("counter.presses") == list(range(1, 102))


def test_buffers_arrive_whole(counter: Locator, notebook: Notebook) -> None:
    press(counter, "parts")
    expect_count(counter, 1)
    same = "[hashlib.sha256(bytes([value]) * 3_000_000).hexdigest() for value in (1, 2)]"
    assert notebook.ask(f"counter.parts == {same}")


def test_after_a_fault_of_the_handler_messages_arrive(counter: Locator) -> None:
    press(counter, "fail")
    press(counter, "press")
    expect_count(counter, 1)


def test_views_close_one_by_one_and_share_a_subshell(
    counter: Locator, notebook: Notebook, setup: str
) -> None:
    second = notebook.run(SECOND)
    press(counter, "press")
    press(second, "press")
    expect_count(second, 2)
    press(second, "close")
    press(second, "press")
    expect_sent(second, False)
    press(counter, "press")
    expect_count(counter, 3)
    assert notebook.ask("counter.presses") == [1, 1, 2]
    channels = "[each for each in comms.values() if each.target_name == 'stylelab.channel']"
    opened = notebook.ask(
        f"len({channels})", before="comms = get_ipython().kernel.comm_manager.comms"
    )
    assert opened == (1 if setup == BESIDE_CELLS else 0)


@pytest.mark.usefixtures("with_subshells")
def test_two_tabs_are_answered_while_a_cell_runs_and_one_after_it_was_loaded_again(
    counter: Locator, notebook: Notebook, shared_lab: SharedLab, setup: str
) -> None:
    tab = shared_lab.open_tab(setup)
    other = notebook.in_tab(tab).output(COUNTER)
    for count in (2, 4):
        notebook.start(RELEASED)
        expect(notebook.output(RELEASED)).to_contain_text("before")
        press(counter, "press")
        expect_count(other, count - 1)
        press(other, "press")
        expect_count(counter, count)
        press(other, "release")
        notebook.wait(RELEASED)
        tab.reload()
        other = notebook.in_tab(tab).output(COUNTER)
    assert tab.complaints == []
    tab.page.close()
    press(counter, "press")
    expect_count(counter, 5)


def test_after_a_restart_the_page_knows_and_a_new_widget_works(notebook: Notebook) -> None:
    counter = notebook.run(COUNTER)
    press(counter, "press")
    expect_count(counter, 1)
    notebook.restart_kernel()
    expect_state(counter, "gone")
    press(counter, "press")
    expect_sent(counter, False)
    icons = counter.locator(".jupyter-widgets-disconnected").evaluate_all(
        "(found) => found.map((each) => getComputedStyle(each, '::before').content)"
    )
    assert set(icons) == {"none"}
    notebook.run(DEFINE)
    counter = notebook.run(COUNTER)
    press(counter, "press")
    expect_count(counter, 1)


def test_a_kernel_that_dies_is_gone(notebook: Notebook) -> None:
    counter = notebook.run(COUNTER)
    press(counter, "press")
    expect_count(counter, 1)
    notebook.page.evaluate(
        """() => {
          const { kernel } = window.stylelabNotebook.sessionContext.session;
          kernel.requestExecute({ code: "import os; os._exit(1)" }).done.catch(() => null);
        }"""
    )
    notebook.page.get_by_role("button", name="Ok", exact=True).click()  # JupyterLab says so, too
    expect_state(counter, "gone")
    press(counter, "press")
    expect_sent(counter, False)
    notebook._wait_for_kernel()
    notebook.run(DEFINE)


def test_a_kernel_that_is_shut_down_is_gone(notebook: Notebook) -> None:
    counter = notebook.run(COUNTER)
    press(counter, "press")
    expect_count(counter, 1)
    name = notebook.page.evaluate(
        """async () => {
          const { sessionContext } = window.stylelabNotebook;
          const { name } = sessionContext.session.kernel;
          await sessionContext.shutdown();
          return name;
        }"""
    )
    expect_state(counter, "gone")
    press(counter, "press")
    expect_sent(counter, False)
    notebook.page.evaluate(
        "(name) => window.stylelabNotebook.sessionContext.changeKernel({ name }).then(() => null)",
        name,
    )
    notebook._wait_for_kernel()
    notebook.run(DEFINE)
