from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from thread_gate import keep_threads_alive

from stylelab.errors import SettingsError
from stylelab.panels.explorer.request_queue import Cancelled, Request, RequestQueue

if TYPE_CHECKING:
    from stylelab.panels.explorer.request_queue import Answer

LONG = 300.0  # seconds: a test that waits so long has failed


class Browser:
    """Keeps what is sent to it."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        self.threads: set[str] = set()

    def __call__(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        self.messages.append(message)
        self.buffers.append(buffers)
        self.threads.add(threading.current_thread().name)


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def queue() -> RequestQueue:
    return RequestQueue("a queue")


def test_a_request_sends_progress_and_then_its_answer(browser: Browser) -> None:
    def compute_answer(request: Request) -> Answer:
        request.send_progress(0.5, "half way", [b"preview"], preview="image/jpeg")
        return {"loss": 1.5}, [b"map"]

    Request(7, compute_answer, browser)()
    assert browser.messages == [
        {"id": 7, "progress": 0.5, "note": "half way", "preview": "image/jpeg"},
        {"id": 7, "answer": {"loss": 1.5}},
    ]
    assert browser.buffers == [[b"preview"], [b"map"]]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (SettingsError("Expected a layer. Received: none."), "Expected a layer. Received: none."),
        (MemoryError(), "not enough memory"),
        (KeyError("gone"), "not foreseen: KeyError: 'gone'"),
        (SystemExit(1), "not foreseen: SystemExit: 1"),
    ],
)
def test_an_error_becomes_a_message(browser: Browser, error: BaseException, sentence: str) -> None:
    def compute_answer(_request: Request) -> Answer:
        raise error

    Request(1, compute_answer, browser)()
    (message,) = browser.messages
    assert message["id"] == 1
    assert sentence in message["error"]
    assert "answer" not in message


def test_an_answer_that_cannot_be_sent_becomes_an_error_message(browser: Browser) -> None:
    def send(message: dict[str, Any], buffers: list[bytes]) -> None:
        if "answer" in message:
            raise MemoryError
        browser(message, buffers)

    Request(1, lambda _: ({}, []), send)()
    (message,) = browser.messages
    assert "not enough memory" in message["error"]


def test_a_cancelled_request_ends_at_its_next_progress_report(browser: Browser) -> None:
    went_on = []

    def compute_answer(request: Request) -> Answer:
        request.cancel()
        request.send_progress(0.1, "too late")
        went_on.append(True)
        return {}, []

    Request(2, compute_answer, browser)()
    assert browser.messages == [{"id": 2, "cancelled": True}]
    assert not went_on


def test_the_answer_of_a_cancelled_request_is_not_sent(browser: Browser) -> None:
    def compute_answer(request: Request) -> Answer:
        request.cancel()
        return {"large": True}, [b"large"]

    Request(3, compute_answer, browser)()
    assert (browser.messages, browser.buffers) == ([{"id": 3, "cancelled": True}], [[]])


def test_a_queue_answers_in_order_on_a_thread_that_then_ends(
    queue: RequestQueue, browser: Browser
) -> None:
    gate = threading.Event()

    def wait(_request: Request) -> Answer:
        assert gate.wait(LONG)
        return {}, []

    for number in range(5):
        queue.put(Request(number, wait, browser))
    assert not queue.wait(0)
    assert browser.messages == []  # put() waited for nothing
    gate.set()
    assert queue.wait(LONG)
    assert [message["id"] for message in browser.messages] == [0, 1, 2, 3, 4]
    assert browser.threads == {"a queue"}
    assert "a queue" not in {thread.name for thread in threading.enumerate()}


def test_waiting_for_a_queue_lasts_until_its_thread_is_gone(
    queue: RequestQueue, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = keep_threads_alive(monkeypatch, LONG)
    queue.put(Request(1, lambda _: ({}, []), browser))
    while queue.busy:  # as long as it has something to do
        time.sleep(0.001)
    assert not queue.wait(0)
    gate.set()
    assert queue.wait(LONG)
    assert "a queue" not in {thread.name for thread in threading.enumerate()}


def test_a_finished_queue_can_start_again(queue: RequestQueue, browser: Browser) -> None:
    for number in range(3):
        queue.put(Request(number, lambda _: ({}, []), browser))
        assert queue.wait(LONG)
    assert [message["id"] for message in browser.messages] == [0, 1, 2]


def test_one_request_of_many_is_cancelled(queue: RequestQueue, browser: Browser) -> None:
    began, gate = threading.Event(), threading.Event()

    def wait(request: Request) -> Answer:
        began.set()
        assert gate.wait(LONG)
        request.raise_if_cancelled()
        return {}, []

    for number in range(4):
        queue.put(Request(number, wait, browser))
    assert began.wait(LONG)
    queue.cancel(0)  # is being done
    queue.cancel(2)  # waits
    queue.cancel(99)  # is not there
    gate.set()
    assert queue.wait(LONG)
    ends = {message["id"]: "cancelled" in message for message in browser.messages}
    assert ends == {0: True, 1: False, 2: True, 3: False}


def test_without_a_thread_a_request_is_refused_and_the_next_is_run(
    queue: RequestQueue, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        with pytest.raises(RuntimeError, match="can't start"):
            queue.put(Request(1, lambda _: ({}, []), browser))
    queue.put(Request(2, lambda _: ({}, []), browser))
    assert queue.wait(LONG)
    assert [message["id"] for message in browser.messages] == [2]


def test_all_requests_are_cancelled_at_once(queue: RequestQueue, browser: Browser) -> None:
    gate = threading.Event()

    def wait(request: Request) -> Answer:
        assert gate.wait(LONG)
        request.raise_if_cancelled()
        return {}, []

    for number in range(3):
        queue.put(Request(number, wait, browser))
    queue.cancel()
    gate.set()
    assert queue.wait(LONG)
    assert [message for message in browser.messages if "answer" in message] == []


@pytest.mark.parametrize("kind", [ConnectionError, MemoryError, SystemExit])
def test_a_disconnected_browser_does_not_end_the_queue(
    queue: RequestQueue, browser: Browser, kind: type[BaseException]
) -> None:
    def gone(_message: dict[str, Any], _buffers: list[bytes]) -> None:
        raise kind

    gate = threading.Event()

    def wait(_request: Request) -> Answer:
        assert gate.wait(LONG)
        return {}, []

    queue.put(Request(1, wait, gone))
    queue.put(Request(2, lambda _: ({"there": True}, []), browser))
    gate.set()
    assert queue.wait(LONG)
    assert browser.messages == [{"id": 2, "answer": {"there": True}}]


def test_no_request_is_lost_while_a_thread_is_about_to_end(browser: Browser) -> None:
    queue = RequestQueue("busy queue")
    for number in range(400):  # many thread ends and beginnings meet here
        queue.put(Request(number, lambda _: ({}, []), browser))
        if number % 7 == 0:
            assert queue.wait(LONG)
    assert queue.wait(LONG)
    assert [message["id"] for message in browser.messages] == list(range(400))


def test_only_a_cancelled_request_raises(browser: Browser) -> None:
    request = Request(1, lambda _: ({}, []), browser)
    request.raise_if_cancelled()
    request.cancel()
    with pytest.raises(Cancelled):
        request.raise_if_cancelled()
