"""The studio's one widget: it shows what `render` writes, and posts what the reader does.

The browser writes none of its traits. Each message has an event's name, its values, and a number that
comes back in `answered`, so that the page knows what the kernel has handled.
"""

from __future__ import annotations

from threading import Timer
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from stylelab.panels.assets import read_module, read_stylesheet
from stylelab.panels.kernel_channel import ChannelWidget
from stylelab.panels.studio.browser_events import read_event
from stylelab.panels.studio.events import MessageRead, ViewsGone
from stylelab.panels.studio.reports import Failed
from stylelab.panels.studio.uploads import UploadBuffer

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.panels.studio.events import Event

SCRIPTS = (
    "kernel_channel", "mask_canvas", "studio/connection", "studio/elements", "studio/picture_chooser",
    "studio/styles_panel", "studio/settings_form", "studio/one_pass", "studio/run_controls",
    "studio/mask_session", "studio/picture_view", "studio/run_gallery", "studio/run_grid",
    "studio/save_panel", "studio/studio",
)  # fmt: skip
"""The studio's JavaScript files; each uses functions of those before it."""

STYLESHEETS = [
    "kernel_channel",
    "mask_drawing",
    *(
        f"studio/{name}"
        for name in (
            "studio", "picture_chooser", "settings_form", "styles_panel", "one_pass", "mask_session",
            "run_controls", "picture_view", "loss_curves", "run_gallery", "run_grid", "save_panel",
        )
    ),
]  # fmt: skip

GRACE = 8.0
"""Seconds before a missing view counts as gone: a page may be reloading."""


class StudioWidget(ChannelWidget):
    """All parts of the studio in the page.

    It also detects when no page shows it: when a view closes, the others are asked to answer, and if
    none does, `ViewsGone` is posted.

    Args:
        post: is given the events; it returns at once.
        grace_seconds: time before a missing view counts as gone.

    Attributes:
        photo, painting, styles, form, one_pass, controls, view, losses, gallery, grid, save, drawing:
            what the parts show, as plain values; see `render`.
        photo_choices, painting_choices, regions, fields: what they choose from.
        now, before: the picture, and the one that it is compared with, as JPEG files.
        drawn_on, drawn: the photo under a drawn mask, as a JPEG file, and the mask at first.
        download: a file for the browser, with its name in `download_name`.
        answered: number of the last message handled, by view.
    """

    _esm: ClassVar[str] = read_module(*SCRIPTS)
    _css: ClassVar[str] = read_stylesheet(*STYLESHEETS)

    photo = traitlets.Dict().tag(sync=True)
    painting = traitlets.Dict().tag(sync=True)
    photo_choices: traitlets.List[Any] = traitlets.List().tag(sync=True)
    painting_choices: traitlets.List[Any] = traitlets.List().tag(sync=True)
    styles = traitlets.Dict().tag(sync=True)
    regions: traitlets.List[Any] = traitlets.List().tag(sync=True)
    one_pass = traitlets.Dict().tag(sync=True)
    form = traitlets.Dict().tag(sync=True)
    fields = traitlets.Dict().tag(sync=True)
    controls = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    losses = traitlets.Dict().tag(sync=True)
    gallery = traitlets.Dict().tag(sync=True)
    grid = traitlets.Dict().tag(sync=True)
    save = traitlets.Dict().tag(sync=True)
    drawing = traitlets.Dict().tag(sync=True)
    now = traitlets.Bytes().tag(sync=True)
    before = traitlets.Bytes().tag(sync=True)
    drawn_on = traitlets.Bytes().tag(sync=True)
    drawn = traitlets.Bytes().tag(sync=True)
    download = traitlets.Bytes().tag(sync=True)
    download_name = traitlets.Unicode().tag(sync=True)
    answered = traitlets.Dict().tag(sync=True)

    def __init__(self, post: Callable[[Event], object], *, grace_seconds: float = GRACE) -> None:
        self._post = post
        self._grace = grace_seconds
        self._gone_timer: Timer | None = None
        self._uploads = UploadBuffer()
        super().__init__()
        self.on_msg(self._on_message)

    def cancel_timer(self) -> None:
        """Stop waiting for views; no thread is left."""
        waiting, self._gone_timer = self._gone_timer, None
        if waiting is not None:
            waiting.cancel()

    def _on_message(self, _widget: object, content: Any, buffers: Any) -> None:
        """Post the event of a message; an invalid one is ignored."""
        if not isinstance(content, dict):
            return
        if content.get("view_state") == "here":
            self.cancel_timer()
        elif content.get("view_state") == "gone":
            self._check_views()
        else:
            event = self._read_event(content, buffers)
            if event is not None:
                self._post(event)
            view, number = content.get("view"), content.get("number")
            if isinstance(view, str) and isinstance(number, int):
                self._post(MessageRead(view, number))  # it is handled after the event

    def _read_event(self, content: dict[str, Any], buffers: Any) -> Event | None:
        try:
            return read_event(content, buffers, self._uploads)
        except (KeyError, TypeError, ValueError) as error:  # no page of ours sends this
            return Failed(f"Expected a message of the studio's page. Received: {error!r}.")

    def _check_views(self) -> None:
        self.cancel_timer()
        self._gone_timer = Timer(self._grace, lambda: self._post(ViewsGone()))
        self._gone_timer.daemon = True
        self._gone_timer.start()
        self.send({"views": "check"})
