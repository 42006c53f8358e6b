"""The large picture, and the one that it is compared with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from stylelab.panels.studio.run_state import State
from stylelab.panels.studio.studio_state import PHOTO
from stylelab.pictures.encoding import encode_jpeg
from stylelab.pictures.images import load_image, resize, resize_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylelab.panels.studio.one_pass import Painted
    from stylelab.panels.studio.run_state import Run
    from stylelab.panels.studio.studio_state import StudioState
    from stylelab.panels.studio.studio_widget import StudioWidget
    from stylelab.pictures.images import Picture

MAX_SIDE = 768
"""Long side, in pixels, at which a photo is shown before the first run."""

COLOUR_TIME_SHARE = 0.04
"""Largest share of a run's time that restoring the photo's colours for display may take."""


class ShownPicture:
    """Writes the pictures to the widget, and encodes them only when they are others."""

    def __init__(self, widget: StudioWidget) -> None:
        self._widget = widget
        self._shown: tuple[object, ...] = ()
        self._compared: object = None
        self._last_colour_time = self._colour_seconds = 0.0
        self._view: dict[str, Any] = {}

    def render(self, state: StudioState) -> None:
        """Show the run or the painting that is looked at; without one, the photo with its paintings."""
        run = state.shown_run
        if state.shown_painting is not None:
            self._show_painting(state.shown_painting)
        elif run is None or not run.has_picture:
            if run is None or not self._shown:
                self._show_photo(state)
        else:
            self._show_run(run, state.frame)
        self._show_compared(state)
        self._widget.view = self._view

    def _show_photo(self, state: StudioState) -> None:
        """Show the chosen photo, with the chosen paintings small along its bottom."""
        selection = state.selection
        paintings = [each.painting.thumbnail for each in selection.style_choices]
        caption = selection.name
        if state.one_pass.is_chosen:
            paintings, caption = [], selection.photo.name
        shown = (selection.photo.source, caption, *paintings)
        if self._is_shown(*shown):
            return
        photo = _shrink_to(selection.photo.load(), MAX_SIDE)
        self._widget.now = encode_jpeg(_with_insets(photo, paintings))
        self._view = {
            "height": photo.shape[0],
            "width": photo.shape[1],
            "alt": f"The photo, {selection.photo.name}, not yet painted.",
            "name": PHOTO,
            "caption": caption,
            "run": 0,
            "frame": -1,
            "frames": 0,
        }

    def _show_painting(self, painted: Painted) -> None:
        if self._is_shown(painted):
            return
        picture, request = painted.picture.image, painted.request
        height, width = picture.shape[:2]
        self._widget.now = encode_jpeg(picture, quality=90)
        self._view = {
            "height": height,
            "width": width,
            "alt": (
                f"{request.photo.name} in the style of {request.styles}, painted in one pass, "
                f"{width} × {height} px."
            ),
            "name": "one pass",
            "caption": f"one pass: {request.photo.name} × {request.styles}, {width} × {height} px",
            "run": 0,
            "frame": -1,
            "frames": 0,
        }

    def _show_run(self, run: Run, frame: int | None) -> None:
        if run.progress is None:
            return
        if frame is not None:
            if not self._is_shown(run.frames[frame]):
                self._widget.now = run.frames[frame]
            self._view = {**self._view, "frame": frame, "frames": len(run.frames)}
            return
        if self._is_shown(run.number, run.progress, run.result):
            return
        ended = run.result is not None
        picture = run.result.image if run.result is not None else self._present_picture(run)
        if picture is None:
            self._shown = ()  # the next step is shown
            return
        height, width = picture.shape[:2]
        selection = run.selection
        self._widget.now = encode_jpeg(picture, quality=95 if ended else 88)
        self._view = {
            "height": height,
            "width": width,
            "alt": (
                f"{selection.photo.name} in the style of {selection.painting}, after "
                f"{run.steps_done} of {run.steps_total} steps, {width} × {height} px."
            ),
            "name": run.name if ended else "now",
            "caption": f"{run.name}: {selection.name}, {width} × {height} px",
            "run": run.number,
            "frame": -1,
            "frames": len(run.frames),
        }

    def _present_picture(self, run: Run) -> Picture | None:
        """Picture of the present step; None if restoring its colours would slow the run."""
        progress = run.progress
        if progress is None:
            return None
        began = time.monotonic()
        next_allowed = self._last_colour_time + self._colour_seconds / COLOUR_TIME_SHARE
        if run.state is State.RUNNING and self._colour_seconds and began < next_allowed:
            return None
        picture = progress.picture(progress.step)
        self._last_colour_time = time.monotonic()
        self._colour_seconds = 0.0 if progress.colours is None else self._last_colour_time - began
        return picture

    def _show_compared(self, state: StudioState) -> None:
        shown, photo, name = state.shown_run, state.shown_photo, ""
        picture: Picture | None = None
        if state.compared == PHOTO and photo is not None:
            picture, name = photo.load(), PHOTO
        elif isinstance(state.compared, int):
            run = state.find_run(state.compared)
            if run is not None and run.result is not None and run is not shown:
                picture, name = run.result.image, run.name
        self._view = {**self._view, "before_name": name}
        if picture is not self._compared:
            self._compared = picture
            small = None if picture is None else _shrink_to(picture, MAX_SIDE)
            self._widget.before = b"" if small is None else encode_jpeg(small)

    def _is_shown(self, *parts: object) -> bool:
        """Whether just these parts were shown before; they are from now on."""
        before, self._shown = self._shown, parts
        return len(before) == len(parts) and all(
            one is other or (isinstance(one, str) and one == other)
            for one, other in zip(before, parts, strict=True)
        )


def photo_jpeg(photo: Picture, longest: int) -> bytes:
    """A photo at a long side of so many pixels at most, as a JPEG file."""
    return encode_jpeg(_shrink_to(photo, longest))


def _shrink_to(picture: Picture, longest: int) -> Picture:
    return resize(picture, longest) if max(picture.shape) > longest else picture


def _with_insets(photo: Picture, thumbnails: Sequence[bytes]) -> Picture:
    """Photo with white-edged thumbnails along its bottom, the last one at the right."""
    shown = photo.copy()
    height, width = photo.shape[:2]
    edge = max(2, round(0.012 * min(height, width)))
    right = width - 2 * edge
    for small in reversed(thumbnails):
        if not small:  # not computed yet
            continue
        inset = load_image(small)
        scale = 0.28 * min(height, width) / inset.shape[0]
        rows, columns = (max(1, round(side * scale)) for side in inset.shape[:2])
        top, left = height - rows - 3 * edge, right - columns - edge
        if top < 0 or left < 0:  # a very narrow picture, or very many
            break
        shown[top - edge : top + rows + edge, left - edge : left + columns + edge] = 1
        shown[top : top + rows, left : left + columns] = resize_to(inset, rows, columns)
        right = left - 2 * edge
    return shown
