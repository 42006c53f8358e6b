"""Messages of widgets that reach Python while a cell runs.

The page opens a comm over a subshell of the kernel, if both have them (see `kernel_channel.js`), and
sends the messages of all widgets through it. They reach the same handlers as ordinary ones. Either way
the page is told of each message that has arrived.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import anywidget
import comm
import traitlets

NAME = "stylelab.channel"
"""Name of the comm, and of what is ours in ordinary messages; the same in `kernel_channel.js`."""

_widgets: WeakValueDictionary[str, ChannelWidget] = WeakValueDictionary()
"""Widgets by the key that their pages have."""


class ChannelWidget(anywidget.AnyWidget):
    """A widget that receives messages while a cell runs, where kernel and page allow it.

    Handlers of `on_msg` may then be called in another thread than cells run in. Messages arrive in
    order, but a trait that the page has changed may arrive later than a message sent after it.

    Attributes:
        channel_key: the widget's model id, for the page.
    """

    channel_key = traitlets.Unicode().tag(sync=True)

    @traitlets.observe("comm")
    def _on_comm(self, change: Any) -> None:
        if change["new"] is not None:
            comm.get_comm_manager().register_target(NAME, _open)
            _widgets[self.model_id] = self
            self.channel_key = self.model_id

    def receive(self, content: Any, buffers: Any) -> None:
        """Hand a message to the handlers of `on_msg`."""
        self._msg_callbacks(self, content, buffers)

    def _handle_custom_msg(self, content: Any, buffers: Any) -> None:
        """Answer and unwrap a message that the page has sent the ordinary way."""
        wrapped = content.get(NAME) if isinstance(content, dict) else None
        if wrapped is None:
            self.receive(content, buffers)
            return
        self.send({NAME: {"received": wrapped["id"]}})
        if "content" in wrapped:  # otherwise the page asks only whether anyone answers
            self.receive(wrapped["content"], buffers)


def _open(channel: Any, _message: Any) -> None:
    """Receive messages on a comm that a page has opened; called in the subshell."""
    # Not by on_msg: around its callbacks IPython reports the end of a cell, whereupon matplotlib shows
    # and closes the figures of the one that runs.
    channel.handle_msg = partial(_receive, channel)
    channel.send({"opened": True})


def _receive(channel: Any, message: Any) -> None:
    data = message["content"]["data"]
    channel.send({"received": data["id"]})
    widget = _widgets.get(data["to"])
    if widget is not None and widget.comm is not None:
        widget.receive(data["content"], message["buffers"])
