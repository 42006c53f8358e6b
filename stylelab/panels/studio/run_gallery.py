"""Thumbnails of finished runs, one of which can be compared with the present picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets

from stylelab.panels.assets import read_module
from stylelab.panels.studio.thumbnails import thumbnail_item

if TYPE_CHECKING:
    from collections.abc import Callable


class RunGallery(anywidget.AnyWidget):
    """Thumbnails, each with a name and a description; at most one is pressed.

    Attributes:
        items: key, name, line and thumbnail (base64) of each, in order.
        pressed: key of the one that is compared, or empty.
        on_press: called with the key of the one pressed, or empty when it is released.
    """

    _esm: ClassVar[str] = read_module("studio/elements", "studio/run_gallery")

    items: traitlets.List[Any] = traitlets.List().tag(sync=True)
    pressed = traitlets.Unicode().tag(sync=True)

    def __init__(self, on_press: Callable[[str], object]) -> None:
        self.on_press = on_press
        super().__init__()
        self.on_msg(self._on_message)

    def set_item(self, key: str, *, name: str, line: str, thumbnail: bytes) -> None:
        """Add an item at the end, or replace the one with the same key."""
        items = {each["key"]: each for each in self.items}
        items[key] = thumbnail_item(key, name, thumbnail, line=line)
        self.items = list(items.values())

    def press(self, key: str) -> None:
        """Press an item, or release it if it was pressed."""
        if key in {item["key"] for item in self.items}:
            self.on_press("" if key == self.pressed else key)

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        if isinstance(content, dict) and isinstance(content.get("press"), str):
            self.press(content["press"])
