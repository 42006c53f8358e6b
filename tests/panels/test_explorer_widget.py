from __future__ import annotations

import threading
import time
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browser_message import send

from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.network.layer_facts import LAYERS
from stylelab.panels import explorer
from stylelab.panels.explorer import explorer_model, widget
from stylelab.panels.explorer.explorer_model import ExplorerModel
from stylelab.panels.explorer.request_queue import Cancelled
from stylelab.panels.explorer.widget import SCARCE_MEMORY, Explorer, release_open_explorers
from stylelab.pipeline.activation_maximisation import activation_maximisation
from stylelab.samples.catalogue import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stylelab.panels.explorer.request_queue import Answer, Request
    from stylelab.pictures.images import Picture

LONG = 300.0  # seconds: a test that waits so long has failed

LAYER = "block1_conv2"


class Browser:
    """Sends messages as the browser does, and keeps what comes back."""

    def __init__(self, opened: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = opened
        self.messages: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        self.threads: list[str] = []
        self._came = threading.Condition()
        monkeypatch.setattr(opened, "send", self._receive)

    def _receive(self, message: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        with self._came:
            self.messages.append(message)
            self.buffers.append(buffers or [])
            self.threads.append(threading.current_thread().name)
            self._came.notify_all()

    def say(self, message: Any) -> None:
        send(self.opened, message)

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        with self._came:
            assert self._came.wait_for(lambda: any(map(wanted, self.messages)), LONG)
            return next(filter(wanted, self.messages))

    def end_of(self, number: int) -> dict[str, Any]:
        return self.wait_for(lambda each: each["id"] == number and "progress" not in each)


@pytest.fixture(autouse=True)
def _nothing_is_left_open() -> Iterator[None]:
    yield
    release_open_explorers()
    assert threads() == []


@pytest.fixture
def opened(photo: Picture, painting: Picture) -> Explorer:
    return explorer(photo, painting, layer=LAYER)


@pytest.fixture
def browser(opened: Explorer, monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(opened, monkeypatch)


@pytest.fixture
def _endless_maximisation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no maximisation end by itself before a test ends it."""
    monkeypatch.setattr(
        explorer_model, "activation_maximisation", partial(activation_maximisation, steps=1_000_000)
    )


def threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("stylelab")]


def test_it_opens_with_the_first_view_and_no_thread(opened: Explorer) -> None:
    assert opened.overview["first_layer"] == LAYER
    assert [each["key"] for each in opened.overview["pictures"]] == ["content", "style"]
    assert [png[:4] for png in opened.pixels] == [b"\x89PNG", b"\x89PNG"]
    assert len(opened.strip) > 0
    assert threads() == []


def test_messages_to_the_browser_are_serializable(opened: Explorer) -> None:
    state = opened.get_state()
    assert {"overview", "pixels", "strip", "_esm", "_css"} <= set(state)
    assert "explored" not in state


def test_a_request_is_answered_on_a_thread_that_then_ends(browser: Browser) -> None:
    browser.say({"id": 1, "ask": "layer", "layer": LAYER})
    answer = browser.end_of(1)["answer"]
    assert answer["layer"] == LAYER
    assert [len(each) > 0 for each in browser.buffers[-1]] == [True, True]
    assert browser.opened.wait(LONG)
    assert threads() == []
    assert threading.current_thread().name not in browser.threads


def test_message_handling_returns_at_once(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()

    def wait(_self: ExplorerModel, _question: Any, _request: Request) -> Answer:
        assert gate.wait(LONG)
        return {}, []

    monkeypatch.setattr(ExplorerModel, "answer", wait)
    browser.say({"id": 1, "ask": "layer", "layer": LAYER})
    assert browser.messages == []
    gate.set()
    browser.end_of(1)


def test_cached_answers_do_not_wait_for_the_network(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, answer = threading.Event(), ExplorerModel.answer

    def hold_slow_ones(self: ExplorerModel, question: Any, request: Request) -> Answer:
        if question["ask"] in {"pull", "maximise"}:
            assert gate.wait(LONG)
        return answer(self, question, request)

    monkeypatch.setattr(ExplorerModel, "answer", hold_slow_ones)
    browser.say({"id": 1, "ask": "pull", "layer": LAYER, "removed": []})
    browser.say({"id": 2, "ask": "maximise", "layer": LAYER, "channel": 0})
    browser.say({"id": 3, "ask": "gram", "layer": LAYER, "channel": 0, "removed": []})
    assert "answer" in browser.end_of(3)
    assert not any(each["id"] == 1 for each in browser.messages)
    browser.say({"ask": "cancel", "id": 2})
    gate.set()
    assert browser.end_of(2) == {"id": 2, "cancelled": True}
    assert "answer" in browser.end_of(1)


@pytest.mark.usefixtures("_endless_maximisation")
def test_maximising_can_be_cancelled(browser: Browser) -> None:
    browser.say({"id": 5, "ask": "maximise", "layer": LAYER, "channel": 1})
    browser.wait_for(lambda each: each.get("preview") == "image/jpeg")
    browser.say({"ask": "cancel", "id": 5})
    assert browser.end_of(5) == {"id": 5, "cancelled": True}
    assert browser.opened.wait(LONG)


@pytest.mark.parametrize(
    "message", [None, "hello", {}, {"ask": "layer", "layer": LAYER}, {"id": 3, "ask": "cancel"}]
)
def test_invalid_messages_are_ignored(browser: Browser, message: Any) -> None:
    browser.say(message)
    assert browser.opened.wait(LONG)
    assert browser.messages == []


def test_an_error_is_a_message_and_the_next_request_is_answered(browser: Browser) -> None:
    browser.say({"id": 1, "ask": "gram", "layer": "block7", "channel": 0})
    assert "Expected one of the layers" in browser.end_of(1)["error"]
    browser.say({"id": 2, "ask": "gram", "layer": LAYER, "channel": 0})
    assert "answer" in browser.end_of(2)


def test_two_explorers_can_be_compared(browser: Browser, photo: Picture) -> None:
    second = explorer(photo)
    browser.say({"id": 1, "ask": "gram", "layer": LAYER, "channel": 1})
    assert "answer" in browser.end_of(1)
    assert second.explorer_model is not None


@pytest.mark.usefixtures("_endless_maximisation")
def test_a_third_explorer_frees_the_memory_of_the_first(browser: Browser, photo: Picture) -> None:
    kept = weakref.ref(browser.opened.explorer_model)
    browser.say({"id": 1, "ask": "maximise", "layer": LAYER, "channel": 1})
    browser.wait_for(lambda each: each.get("preview") == "image/jpeg")
    second, third = explorer(photo), explorer(photo)
    assert threads() == []  # even a maximise has ended
    assert kept() is None  # at once, not when the garbage is collected
    browser.say({"id": 2, "ask": "layer", "layer": LAYER})
    refusal = browser.end_of(2)
    assert "Run its cell again" in refusal["error"]
    assert refusal["closed"]  # trying again would not help
    assert not any("cancelled" in each for each in browser.messages)  # it no longer speaks
    assert second.explorer_model is not None
    assert third.explorer_model is not None


class Page:
    """A notebook's page: the outputs of its cells, each with all that it showed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cell: str | None = "one"
        self.outputs: list[list[dict[str, Any]]] = []
        monkeypatch.setattr("IPython.get_ipython", lambda: self)
        monkeypatch.setattr("IPython.display.display", self._display)

    def get_parent(self) -> dict[str, Any]:
        return {"metadata": {} if self.cell is None else {"cellId": self.cell}}

    def _display(self, data: dict[str, Any], **_: object) -> Page:
        self.outputs.append([data])
        return self

    def update(self, data: dict[str, Any], **_: object) -> None:
        self.outputs[-1].append(data)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


def test_running_a_cell_again_replaces_its_explorer_and_no_other(
    page: Page, photo: Picture
) -> None:
    other = explorer(photo)
    page.cell = "two"
    before = explorer(photo)
    again = explorer(photo)
    states = [each.explorer_model is not None for each in (other, before, again)]
    assert states == [True, False, True]


def test_its_cell_says_what_goes_on_until_it_is_shown(
    page: Page, photo: Picture, painting: Picture
) -> None:
    opened = explorer(photo, painting)
    opened._ipython_display_()
    (shown,) = page.outputs
    sentences = [each["text/plain"] for each in shown[:-1]]
    assert sentences == [
        "The explorer opens: loading the network …",
        "The explorer opens: computing the feature maps of the content, picture 1 of 2 …",
        "The explorer opens: computing the feature maps of the style, picture 2 of 2 …",
        "The explorer is open.",
    ]
    assert shown[-1] == opened._repr_mimebundle_()[0]
    with pytest.raises(NotImplementedError):  # as IPython wants it: a second view is an output more
        opened._ipython_display_()


def test_shown_in_another_cell_it_leaves_the_first_cell_alone(page: Page, photo: Picture) -> None:
    opened = explorer(photo)
    shown = len(page.outputs[0])
    page.cell = "two"
    with pytest.raises(NotImplementedError):
        opened._ipython_display_()
    assert len(page.outputs[0]) == shown


def test_where_no_page_waits_nothing_is_shown(page: Page, photo: Picture) -> None:
    page.cell = None
    with pytest.raises(NotImplementedError):
        explorer(photo)._ipython_display_()
    assert page.outputs == []


def test_an_error_ends_the_notice(
    page: Page, photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(widget, "ExplorerModel", "no model")
    with pytest.raises(TypeError):
        explorer(photo)
    assert page.outputs[0][-1]["text/plain"] == "The explorer could not be opened."


def test_with_little_memory_one_explorer_alone_is_open(
    opened: Explorer, photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(widget, "available_memory", lambda: SCARCE_MEMORY - 1)
    second = explorer(photo)
    assert opened.explorer_model is None
    assert second.explorer_model is not None


@pytest.mark.usefixtures("_endless_maximisation")
def test_closing_ends_running_requests(browser: Browser) -> None:
    browser.say({"id": 1, "ask": "maximise", "layer": LAYER, "channel": 1})
    browser.wait_for(lambda each: "progress" in each)
    browser.opened.close()
    assert threads() == []
    assert browser.opened.explorer_model is None
    assert browser.opened.comm is None


def test_closing_does_not_wait_for_a_maximisation(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, called_off = threading.Event(), []

    def maximise(_self: ExplorerModel, _question: Any, request: Request) -> Answer:
        end = time.monotonic() + LONG
        began.set()
        try:
            while time.monotonic() < end:
                request.raise_if_cancelled()
                time.sleep(0.001)
        except Cancelled:
            called_off.append(True)
            raise
        return {}, []

    monkeypatch.setattr(ExplorerModel, "answer", maximise)
    browser.say({"id": 1, "ask": "maximise", "layer": LAYER, "channel": 1})
    assert began.wait(LONG)
    browser.opened.close()
    assert called_off == [True]


def test_a_refused_explorer_leaves_the_previous_one_open(opened: Explorer, photo: Picture) -> None:
    with pytest.raises(LayerError, match="block9"):
        explorer(photo, layer="block9_conv1")
    with pytest.raises(PictureError, match="Received"):
        explorer(np.zeros((4, 4, 9)))
    with pytest.raises(LayerError, match=r"32 pixels a side for block5_pool.*24"):
        explorer(sample("coffee", size=36), layer="block5_pool")
    with pytest.raises(SettingsError, match="pooling"):
        explorer(photo, pooling="mean")  # type: ignore[arg-type]
    assert opened.explorer_model is not None


def test_small_pictures_open_with_the_layers_that_fit() -> None:
    small = explorer(sample("coffee", size=36))
    assert [layer["name"] for layer in small.overview["layers"]] == list(LAYERS)[:-1]


def test_a_page_without_a_kernel_shows_the_strongest_channels_of_the_first_layer(
    opened: Explorer,
) -> None:
    bundle, metadata = opened._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == opened.model_id
    assert bundle["image/png"]
    means = (
        opened.explorer_model.picture_features["content"].maps[LAYER].mean
        if opened.explorer_model
        else np.zeros(1)
    )
    assert f"strongest first: {int(means.argmax())}, " in metadata["image/png"]["alt"]
    assert opened._repr_mimebundle_()[0]["image/png"] is bundle["image/png"]  # drawn once
    opened.release()
    assert opened._repr_mimebundle_()[0]["image/png"] == bundle["image/png"]


def test_many_concurrent_requests_are_all_answered_and_leave_nothing(browser: Browser) -> None:
    for number in range(60):
        browser.say({"id": number, "ask": "gram", "layer": LAYER, "channel": number})
        if number % 9 == 0:
            time.sleep(0)  # lets the thread end now and then
    assert browser.opened.wait(LONG)
    ends = sorted(each["id"] for each in browser.messages if "answer" in each)
    assert ends == list(range(60))


@pytest.mark.parametrize("ask", [[], {}, None, 5, "nothing", ["layer"]])
def test_an_odd_request_is_answered_with_a_message(browser: Browser, ask: Any) -> None:
    browser.say({"id": 1, "ask": ask})
    assert browser.end_of(1)["error"].startswith("Expected a request for")
