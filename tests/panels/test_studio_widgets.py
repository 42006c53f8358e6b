import threading
from pathlib import Path
from typing import Any

import pytest
from browser_message import send
from stylelab.panels.studio.picture_view import PictureView
from stylelab.panels.studio.run_controls import ACTIONS, ENABLED, RunControls
from stylelab.panels.studio.run_gallery import RunGallery
from stylelab.panels.studio.save_panel import SavePanel, free_file_name

from stylelab.panels.studio.run_state import State


def test_every_state_has_buttons_and_every_button_a_state() -> None:
    assert set(ENABLED) == set(State)
    assert {action for actions in ENABLED.values() for action in actions} == set(ACTIONS)
    for state, actions in ENABLED.items():
        assert ("pause" in actions) == (state is State.RUNNING)
        assert ("resume" in actions) == (state is State.PAUSED)
        assert not {"start", "stop"} <= set(actions)


def test_a_disabled_button_does_nothing() -> None:
    pressed: list[str] = []
    controls = RunControls(pressed.append)
    for action in ACTIONS:
        send(controls, {"press": action})
    assert pressed == ["start", "reset", "close"]
    controls.enabled = ["pause"]
    for message in ({"press": "pause"}, {"press": "eval"}, {}, None, {"press": ["pause"]}):
        send(controls, message)
    assert pressed[3:] == ["pause"]


def test_a_gallery_item_can_be_selected_and_deselected() -> None:
    pressed: list[str] = []
    gallery = RunGallery(pressed.append)
    gallery.set_item("run 1", name="run 1", line="", thumbnail=b"1")
    send(gallery, {"press": "run 1"})
    gallery.pressed = "run 1"
    send(gallery, {"press": "run 1"})
    send(gallery, {"press": "run 7"})
    assert pressed == ["run 1", ""]


def test_an_item_with_a_known_key_replaces_the_old_one() -> None:
    gallery = RunGallery(lambda _: None)
    for key, line in (("photo", "cat"), ("run 1", ""), ("photo", "coffee")):
        gallery.set_item(key, name=key, line=line, thumbnail=b"")
    assert [(item["key"], item["line"]) for item in gallery.items] == [
        ("photo", "coffee"),
        ("run 1", ""),
    ]


def test_nothing_is_saved_before_there_is_a_picture() -> None:
    saved: list[str] = []
    keep = SavePanel(saved.append)
    send(keep, {"save": "a.png"})
    assert saved == []
    keep.ready = True
    send(keep, {"save": "a.png"})
    assert saved == ["a.png"]


def test_the_suggested_name_is_unused_and_valid_for_files(tmp_path: Path) -> None:
    assert free_file_name("cat", "swirling night", tmp_path) == "stylelab_cat_swirling_night_1.png"
    (tmp_path / "stylelab_cat_swirling_night_1.png").touch()
    assert free_file_name("cat", "swirling night", tmp_path) == "stylelab_cat_swirling_night_2.png"
    assert free_file_name("../a:b/ü?", "...", tmp_path) == "stylelab_a_b_ü_picture_1.png"


class Page:
    """Stands for a browser's page with views of a `PictureView`."""

    def __init__(self, grace_seconds: float) -> None:
        self.gone = threading.Event()
        self.widths: list[int] = []
        self.asked = threading.Event()
        self.view = PictureView(
            on_gone=self.gone.set, on_width=self.widths.append, grace_seconds=grace_seconds
        )
        self.view.send = self._receive

    def _receive(self, content: Any, buffers: Any = None) -> None:
        assert buffers is None
        assert content == {"views": "check"}
        self.asked.set()

    def notice(self, **content: Any) -> None:
        send(self.view, content)


def timers() -> list[threading.Timer]:
    """Timers that are running, in whatever object."""
    return [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_closing_the_last_view_is_reported() -> None:
    page = Page(grace_seconds=0.01)
    page.notice(view="here")
    page.notice(view="gone")
    assert page.asked.is_set()
    assert page.gone.wait(300)


def test_another_view_that_responds_keeps_it_open() -> None:
    page = Page(grace_seconds=60)
    page.notice(view="gone")
    (waiting,) = timers()
    assert waiting.is_alive()
    page.notice(view="here")
    waiting.join(300)
    assert not waiting.is_alive()
    assert not page.gone.is_set()


def test_cancelling_the_timer_ends_the_wait() -> None:
    page = Page(grace_seconds=60)
    page.notice(view="gone")
    (waiting,) = timers()
    page.view.cancel_timer()
    waiting.join(300)
    assert not waiting.is_alive()


def test_the_view_reports_its_width() -> None:
    page = Page(grace_seconds=60)
    page.notice(width=640)
    page.notice(width="wide")
    assert page.widths == [640]


@pytest.mark.parametrize("invalid", [None, "gone", {}, {"view": 3}, {"width": None}])
def test_invalid_messages_do_nothing(invalid: object) -> None:
    page = Page(grace_seconds=0.01)
    send(page.view, invalid)
    assert timers() == []
    assert page.widths == []
