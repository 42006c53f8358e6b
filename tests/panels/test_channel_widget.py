from __future__ import annotations

from typing import Any

import comm
import pytest

from stylelab.panels.kernel_channel import NAME, ChannelWidget


class Channel:
    """A comm that a page has opened."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.handle_msg: Any = None
        comm.get_comm_manager().targets[NAME](self, {})  # type: ignore[arg-type]

    def send(self, data: dict[str, Any]) -> None:
        self.sent.append(data)

    def receive(self, data: dict[str, Any], buffers: list[bytes]) -> None:
        self.handle_msg({"content": {"data": data}, "buffers": buffers})


class Receiver(ChannelWidget):
    """Keeps what it receives, and what it sends."""

    def __init__(self) -> None:
        self.received: list[tuple[Any, Any]] = []
        self.sent: list[Any] = []
        super().__init__()
        self.on_msg(lambda _, content, buffers: self.received.append((content, buffers)))

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append((content, buffers))


@pytest.fixture
def widget() -> Receiver:
    return Receiver()


def arrive(widget: Receiver, content: Any, buffers: list[bytes]) -> None:
    """Have a message arrive on the widget's own comm."""
    widget.comm.handle_msg(
        {"content": {"data": {"method": "custom", "content": content}}, "buffers": buffers}
    )


def test_a_message_on_the_channel_reaches_its_widget_and_is_answered(widget: Receiver) -> None:
    other, channel = Receiver(), Channel()
    channel.receive({"to": widget.channel_key, "id": "a-1", "content": {"press": 1}}, [b"bytes"])
    assert (widget.received, other.received) == ([({"press": 1}, [b"bytes"])], [])
    assert channel.sent == [{"opened": True}, {"received": "a-1"}]


def test_a_message_to_a_closed_widget_is_answered_and_dropped(widget: Receiver) -> None:
    channel, key = Channel(), widget.channel_key
    widget.close()
    channel.receive({"to": key, "id": "a-1", "content": "press"}, [])
    assert channel.sent[1:] == [{"received": "a-1"}]
    assert widget.received == []


def test_an_ordinary_message_of_the_channel_is_unwrapped_and_answered(widget: Receiver) -> None:
    arrive(widget, {NAME: {"id": "a-1", "content": {"press": 1}}}, [b"bytes"])
    assert widget.received == [({"press": 1}, [b"bytes"])]
    assert widget.sent == [({NAME: {"received": "a-1"}}, None)]


def test_a_question_whether_anyone_answers_reaches_no_handler(widget: Receiver) -> None:
    arrive(widget, {NAME: {"id": "a-1"}}, [])
    assert widget.received == []
    assert widget.sent == [({NAME: {"received": "a-1"}}, None)]


@pytest.mark.parametrize("content", [{"press": 1}, "press", None])
def test_a_plain_message_arrives_as_it_is(widget: Receiver, content: object) -> None:
    arrive(widget, content, [])
    assert widget.received == [(content, [])]
    assert widget.sent == []


def test_a_widget_has_a_key_again_after_it_was_opened_again(widget: Receiver) -> None:
    widget.close()
    widget.open()
    assert widget.channel_key == widget.model_id
