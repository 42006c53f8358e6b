"""Finished runs of a studio, and the one that the picture is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylelab.panels.studio.run_gallery import RunGallery
from stylelab.panels.studio.settings_form import differences
from stylelab.panels.studio.thumbnails import thumbnail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stylelab.panels.studio.picture_chooser import PictureChooser
    from stylelab.panels.studio.run_state import EndedRun
    from stylelab.panels.studio.run_view import RunView
    from stylelab.panels.studio.selection import Selection
    from stylelab.pipeline.result import Result


@dataclass(frozen=True, eq=False)
class GalleryRun:
    """A run that has ended with a picture.

    Attributes:
        name: "run 3".
        selection: its photo, paintings and regions.
        result: its picture and settings.
    """

    name: str
    selection: Selection
    result: Result

    def description(self, before: GalleryRun | None) -> str:
        """How the run differs from the one before it, in words."""
        settings = self.result.settings
        if before is None:
            return f"{self.selection.name}, style {settings.style_weight:g}"
        parts = self.selection.differences(before.selection)
        parts += differences(before.result.settings, settings)
        return "; ".join(parts) or "the same settings"


class FinishedRuns:
    """Gallery of the photo and the finished runs, to compare with the present picture.

    Args:
        photo: chooser of the photo.
        run_view: view of the present picture.

    Attributes:
        runs: every run that has ended with a picture, oldest first.
        gallery: the thumbnails.
        compare_next: name of a run to compare with once it has ended.
    """

    def __init__(self, photo: PictureChooser, run_view: RunView) -> None:
        self.runs: tuple[GalleryRun, ...] = ()
        self.gallery = RunGallery(self.compare)
        self.compare_next = ""
        self._photo = photo
        self._run_view = run_view

    def add(self, ended: Iterable[EndedRun]) -> None:
        """Add runs to the gallery."""
        for job, result in ended:
            run = GalleryRun(job.label, job.origin, result)
            line = run.description(self.runs[-1] if self.runs else None)
            self.runs = (*self.runs, run)
            self.update_photo()
            small = thumbnail(result.image)
            self.gallery.set_item(run.name, name=run.name, line=line, thumbnail=small)
            if self.compare_next == run.name:
                self.compare(run.name)

    def update_photo(self) -> None:
        """Show the chosen photo in the gallery, beside the runs."""
        choice = self._photo.choice
        if self.runs:
            self.gallery.set_item(
                "photo", name="photo", line=choice.name, thumbnail=choice.thumbnail
            )
        if self.gallery.pressed == "photo":
            self.compare("photo")

    def compare(self, key: str) -> None:
        """Show a finished run, or the photo, beside the picture; an empty key shows neither."""
        pictures = {run.name: run.result.image for run in self.runs}
        picture = self._photo.picture if key == "photo" else pictures.get(key)
        self.gallery.pressed = "" if picture is None else key
        self._run_view.compare(picture, key)
