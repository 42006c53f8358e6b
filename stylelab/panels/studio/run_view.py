"""Picture of a run with its loss curves; before the first run, the photo with its paintings."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING

import ipywidgets

from stylelab.panels.studio.loss_curves import loss_curves_svg, shares_html
from stylelab.panels.studio.picture_view import PictureView
from stylelab.panels.studio.run_state import Snapshot, State
from stylelab.pictures.encoding import encode_jpeg
from stylelab.pictures.images import load_image, resize, resize_to

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stylelab.panels.studio.run_state import Job
    from stylelab.panels.studio.selection import Selection
    from stylelab.pictures.images import Picture
    from stylelab.pipeline.progress import Progress

MAX_SIDE = 768
"""Long side, in pixels, at which a photo is shown before the first run."""

CURVES_HEIGHT = 190

COLOUR_TIME_SHARE = 0.04
"""Largest share of a run's time that restoring the photo's colours for display may take."""


class RunView:
    """Large picture, loss curves, and the share of each term, for the latest snapshot.

    Args:
        selection: returns the pictures chosen now; used while there is no run.
        on_gone: called when no page shows the picture any more.

    Attributes:
        snapshot: the latest one.
        picture: the large picture.
        curves: loss at each step, as SVG.
        shares: share of each term, as HTML.
        losses: box of curves and shares.
    """

    def __init__(self, selection: Callable[[], Selection], on_gone: Callable[[], object]) -> None:
        self.snapshot = Snapshot(State.IDLE)
        self.picture = PictureView(on_gone=on_gone, on_width=self._on_width)
        self.curves = ipywidgets.HTML().add_class("stylelab-curves")
        self.shares = ipywidgets.HTML().add_class("stylelab-shares")
        self.losses = ipywidgets.Box([self.shares, self.curves]).add_class("stylelab-progress")
        self._selection = selection
        self._width = 640
        self._last_colour_time = self._colour_seconds = 0.0
        self._draw_lock = Lock()  # the snapshot read last is drawn last

    @property
    def selection(self) -> Selection:
        """Photo and paintings of the picture shown now."""
        return self.selection_of(self.snapshot.job)

    def selection_of(self, job: Job | None) -> Selection:
        """Photo and paintings of a job; those chosen now without one."""
        return self._selection() if job is None else job.origin

    def draw(self) -> None:
        """Show the latest snapshot."""
        if self.snapshot.state is State.IDLE:
            self.show_photo()
        elif self.snapshot.result is not None:
            self._show_picture(self.snapshot.result.image)
        elif self.snapshot.progress is not None:
            self._show_progress(self.snapshot.progress)
        self._draw_curves()

    def show_photo(self) -> None:
        """Show the chosen photo, with the chosen paintings small along its bottom."""
        selection = self._selection()
        photo = _shrink_to(selection.photo.load(), MAX_SIDE)
        self.picture.height, self.picture.width = photo.shape[:2]
        paintings = [each.painting.thumbnail for each in selection.style_choices]
        self.picture.now = encode_jpeg(_with_insets(photo, paintings))
        self.picture.alt = f"The photo, {selection.photo.name}, not yet painted."
        self.picture.name = "photo"
        self.picture.caption = selection.name

    def compare(self, picture: Picture | None, name: str) -> None:
        """Show another picture beside the present one, under a slider; None shows none."""
        self.picture.before_name = "" if picture is None else name
        shown = None if picture is None else _shrink_to(picture, MAX_SIDE)
        self.picture.before = b"" if shown is None else encode_jpeg(shown)

    def _show_progress(self, progress: Progress) -> None:
        """Show the present step, unless restoring its colours would slow the run."""
        began = time.monotonic()
        is_running = self.snapshot.state is State.RUNNING
        next_allowed = self._last_colour_time + self._colour_seconds / COLOUR_TIME_SHARE
        if is_running and self._colour_seconds and began < next_allowed:
            return
        picture = progress.picture(progress.step)
        self._last_colour_time = time.monotonic()
        self._colour_seconds = 0.0 if progress.colours is None else self._last_colour_time - began
        self._show_picture(picture)

    def _show_picture(self, picture: Picture) -> None:
        snapshot, selection = self.snapshot, self.selection
        height, width = picture.shape[:2]
        ended = snapshot.result is not None
        name = snapshot.job.label if snapshot.job else "now"
        self.picture.height, self.picture.width = height, width
        self.picture.now = encode_jpeg(picture, quality=95 if ended else 88)
        self.picture.name = name if ended else "now"
        self.picture.alt = (
            f"{selection.photo.name} in the style of {selection.painting}, after "
            f"{snapshot.steps_done} of {snapshot.steps_total} steps, {width} × {height} px."
        )
        self.picture.caption = f"{name}: {selection.name}, {width} × {height} px"

    def _on_width(self, width: int) -> None:
        self._width = max(320, min(width, 1200))
        self._draw_curves()

    def _draw_curves(self) -> None:
        with self._draw_lock:
            snapshot = self.snapshot
            progress = snapshot.progress
            if progress is None:
                if snapshot.state is State.IDLE:
                    self.curves.value = self.shares.value = ""
                return
            names = self.selection_of(snapshot.job).term_names
            self.curves.value = loss_curves_svg(
                progress.history,
                snapshot.changes,
                width=self._width,
                height=CURVES_HEIGHT,
                stages=progress.stages,
                names=names,
            )
            self.shares.value = shares_html(progress.history[-1].terms, names)


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
