import threading
from collections.abc import Iterator
from typing import Any

import pytest
from browser_message import send

from stylelab.panels.studio import events, reports
from stylelab.panels.studio.studio_widget import StudioWidget

LONG = 60.0
"""Seconds of grace that no test waits for."""


class Page:
    """Stands for a browser's page with views of the studio."""

    def __init__(self, grace_seconds: float = LONG) -> None:
        self.posted: list[events.Event] = []
        self.gone = threading.Event()
        self.asked = threading.Event()
        self.widget = StudioWidget(self._post, grace_seconds=grace_seconds)
        self.widget.send = self._receive

    def _post(self, event: events.Event) -> None:
        self.posted.append(event)
        if isinstance(event, events.ViewsGone):
            self.gone.set()

    def _receive(self, content: Any, buffers: Any = None) -> None:
        assert buffers is None
        assert content == {"views": "check"}
        self.asked.set()

    def notice(self, *buffers: bytes, **content: Any) -> None:
        send(self.widget, content, *buffers)


@pytest.fixture
def page() -> Iterator[Page]:
    page = Page()
    yield page
    page.widget.cancel_timer()
    page.widget.close()


def timers() -> list[threading.Timer]:
    """Timers that wait, in whatever object; not one that was cancelled and is about to end."""
    return [
        thread
        for thread in threading.enumerate()
        if isinstance(thread, threading.Timer) and not thread.finished.is_set()
    ]


def test_closing_the_last_view_is_reported() -> None:
    page = Page(grace_seconds=0.01)
    page.notice(view_state="here")
    page.notice(view_state="gone")
    assert page.asked.is_set()
    assert page.gone.wait(300)
    assert page.posted == [events.ViewsGone()]
    page.widget.close()


def test_another_view_that_responds_keeps_it_open(page: Page) -> None:
    page.notice(view_state="gone")
    (waiting,) = timers()
    assert waiting.is_alive()
    page.notice(view_state="here")
    waiting.join(300)
    assert not waiting.is_alive()
    assert page.posted == []


def test_views_that_close_one_after_another_wait_once(page: Page) -> None:
    page.notice(view_state="gone")
    (first,) = timers()
    page.notice(view_state="gone")
    first.join(300)
    assert len(timers()) == 1


def test_cancelling_the_timer_ends_the_wait(page: Page) -> None:
    page.notice(view_state="gone")
    (waiting,) = timers()
    page.widget.cancel_timer()
    waiting.join(300)
    assert not waiting.is_alive()


@pytest.mark.parametrize(
    ("content", "event"),
    [
        ({"event": "width", "width": 640}, events.ChangeWidth(640)),
        ({"event": "press", "action": "start"}, events.Press("start")),
        ({"event": "choose", "role": "photo", "key": "cat"}, events.ChoosePicture("photo", "cat")),
        ({"event": "share", "row": 1, "share": 0.5}, events.ChangeShare(1, 0.5)),
        ({"event": "place", "row": -1, "place": "-mask 1"}, events.ChangePlace(-1, "-mask 1")),
        ({"event": "edit_picture", "role": "photo"}, events.EditPicture("photo")),
        (
            {"event": "edit_picture", "role": "photo", "crop": [-1, 0, 0.5, 2]},
            events.EditPicture("photo", (0.0, 0.0, 0.5, 1.0)),
        ),
    ],
)
def test_a_message_posts_its_event(page: Page, content: Any, event: events.Event) -> None:
    send(page.widget, content)
    assert page.posted == [event]


@pytest.mark.parametrize(
    "content",
    [
        {}, {"event": "eval"}, {"event": ["press"]}, {"event": "press"},
        {"event": "press", "action": ["pause"]}, {"event": "width", "width": "wide"},
        {"event": "width", "width": True}, {"event": "share", "row": 1, "share": "30"},
        {"event": "share", "row": 1, "share": float("nan")},
        {"event": "choose", "role": "frame", "key": "cat"}, {"event": "settings", "values": []},
        {"event": "edit_picture", "role": "photo", "crop": [0, 1]},
        {"event": "edit_picture", "role": "photo", "crop": [float("nan"), 0, 1, 1]},
        {"event": "grid", "rows": ["seed"], "columns": ["seed", []]},
        {"event": "file", "part": "cellar", "name": "a.png"}, {"event": "use_mask"},
    ],
)  # fmt: skip
def test_an_invalid_message_is_reported_and_does_nothing_else(page: Page, content: Any) -> None:
    send(page.widget, content)
    (event,) = page.posted
    assert isinstance(event, reports.Failed)
    assert event.error.startswith("Expected a message of the studio's page.")
    assert timers() == []


@pytest.mark.parametrize("content", [None, "gone", 3, ["gone"]])
def test_what_is_no_message_is_ignored(page: Page, content: Any) -> None:
    send(page.widget, content)
    assert page.posted == []
    assert timers() == []


def test_a_file_in_parts_is_posted_once_it_is_complete(page: Page) -> None:
    content = {"event": "file", "part": "mask", "row": 2, "name": "sky.png"}
    upload = {"id": "a", "size": 5}
    page.notice(b"abc", **content, upload=upload)
    assert not any(isinstance(event, events.ReceiveFile) for event in page.posted)
    page.notice(b"de", **content, upload=upload)
    event = page.posted[-1]
    assert isinstance(event, events.ReceiveFile)
    assert (event.target, event.name, event.data) == (events.Target("mask", 2), "sky.png", b"abcde")
