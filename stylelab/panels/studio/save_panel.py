"""Panel that saves the picture and shows the settings as Python."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets

from stylelab.panels.assets import read_module
from stylelab.panels.messages import error_message, single_line

if TYPE_CHECKING:
    from collections.abc import Callable


class SavePanel(anywidget.AnyWidget):
    """A file name with a button that saves, and the Python call with a button that copies.

    Attributes:
        file_name: file that the picture will be saved in.
        code: the Python code that makes the picture.
        ready: whether there is a picture to save.
        notice: where it was saved, or why not.
        is_error: whether that is an error message.
        on_save: called with the file's name; returns the path, or None if nothing was saved.
    """

    _esm: ClassVar[str] = read_module("studio/elements", "studio/save_panel")

    file_name = traitlets.Unicode().tag(sync=True)
    code = traitlets.Unicode().tag(sync=True)
    ready = traitlets.Bool(False).tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)
    is_error = traitlets.Bool(False).tag(sync=True)

    def __init__(self, on_save: Callable[[str], Path | None]) -> None:
        self.on_save = on_save
        super().__init__()
        self.on_msg(self._on_message)

    def save(self, name: str) -> None:
        """Save the picture, as the button does; show where, or why not."""
        if not self.ready:
            return
        try:
            saved = self.on_save(name)
        except Exception as error:  # noqa: BLE001 - it is shown, and another name may work
            self.notice, self.is_error = error_message(error), True
        else:
            if saved is not None:
                self.notice, self.is_error = single_line(f"Saved: {saved.resolve()}"), False

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        if isinstance(content, dict) and isinstance(content.get("save"), str):
            self.save(content["save"])


MAX_NAME_BYTES = 100
"""Bytes of a picture's name in a file's: two of them, and the rest, make less than the usual 255."""


def free_file_name(photo: str, painting: str, folder: Path | None = None) -> str:
    """File name that is not taken in the folder: `stylelab_cat_swirling_night_1.png`."""
    stem = "_".join(["stylelab", *(_file_name_part(name) for name in (photo, painting))])
    number = 1
    while ((folder or Path()) / f"{stem}_{number}.png").exists():
        number += 1
    return f"{stem}_{number}.png"


def _file_name_part(name: str) -> str:
    letters = re.sub(r"\W+", "_", name).strip("_")[:40]
    return letters.encode()[:MAX_NAME_BYTES].decode(errors="ignore") or "picture"
