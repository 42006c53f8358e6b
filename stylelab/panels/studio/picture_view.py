"""The large picture: live during a run, and beside another one under a slider."""

from __future__ import annotations

from threading import Timer
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets

from stylelab.panels.assets import read_module, read_stylesheet

if TYPE_CHECKING:
    from collections.abc import Callable

STYLESHEETS = [
    f"studio/{name}"
    for name in (
        "studio", "picture_chooser", "settings_form", "styles_panel", "mask_session",
        "run_controls", "picture_view", "loss_curves", "run_gallery", "save_panel",
    )
]  # fmt: skip

GRACE = 8.0
"""Seconds before a missing view counts as gone: a page may be reloading."""


class PictureView(anywidget.AnyWidget):
    """A picture, another one to compare it with, and a caption.

    It also detects when no page shows it: when a view closes, the others are asked to answer, and if
    none does, `on_gone` is called.

    Attributes:
        now: the picture, as a JPEG file.
        alt: its alternative text.
        name: its name on the picture, when there is another.
        before: the other picture, as a JPEG file; empty for none.
        before_name: its name.
        height, width: proportions of the picture.
        caption: a line below the picture.
        on_gone: called on a thread of its own when the last view is gone for some seconds.
        on_width: called with the width of the view, in pixels of the page, when it changes.
    """

    _esm: ClassVar[str] = read_module("studio/elements", "studio/picture_view")
    _css: ClassVar[str] = read_stylesheet(*STYLESHEETS)  # the whole studio's: one widget loads it

    now = traitlets.Bytes().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    before = traitlets.Bytes().tag(sync=True)
    before_name = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(3).tag(sync=True)
    width = traitlets.Int(4).tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        *,
        on_gone: Callable[[], object] = lambda: None,
        on_width: Callable[[int], object] = lambda _: None,
        grace_seconds: float = GRACE,
        **traits: Any,
    ) -> None:
        self.on_gone = on_gone
        self.on_width = on_width
        self._grace = grace_seconds
        self._gone_timer: Timer | None = None
        super().__init__(**traits)
        self.on_msg(self._on_message)

    def cancel_timer(self) -> None:
        """Stop waiting for views; no thread is left."""
        waiting, self._gone_timer = self._gone_timer, None
        if waiting is not None:
            waiting.cancel()

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        if content.get("view") == "here":
            self.cancel_timer()
        elif content.get("view") == "gone":
            self._check_views()
        elif isinstance(content.get("width"), int | float):
            self.on_width(round(content["width"]))

    def _check_views(self) -> None:
        self.cancel_timer()
        self._gone_timer = Timer(self._grace, self.on_gone)
        self._gone_timer.daemon = True
        self._gone_timer.start()
        self.send({"views": "check"})
