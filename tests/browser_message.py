"""Messages to a widget's Python side, as its view in the browser sends them."""

from typing import Any
from unittest import TestCase

import ipywidgets


def send(widget: ipywidgets.Widget, content: Any, *buffers: bytes | memoryview) -> None:
    """Send a custom message; an exception while it is handled, which ipywidgets logs, is a failure."""
    data = {"method": "custom", "content": content}
    message = {"content": {"data": data}, "buffers": [memoryview(each) for each in buffers]}
    with TestCase().assertNoLogs(widget.log, "WARNING"):
        widget.comm.handle_msg(message)
