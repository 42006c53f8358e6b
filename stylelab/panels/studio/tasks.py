"""Work of the studio that takes time: reading and writing files, computing samples.

Each task is run in a background thread and returns the event that reports it.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.transfer import show_picture_grid
from stylelab.errors import OutputError, SettingsError
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.vgg19 import VGG19, fastest_convolution
from stylelab.painting.network_files import SUFFIX
from stylelab.panels.messages import display_name, error_message, single_line
from stylelab.panels.studio.exported_file import ExportedFile
from stylelab.panels.studio.file_names import free_file_name
from stylelab.panels.studio.one_pass import NetworkChoice, Painted, PaintRequest, network_from_file
from stylelab.panels.studio.picture_choice import choice_from_file
from stylelab.panels.studio.reports import (
    FileReady,
    LoadFailed,
    MaskLoaded,
    NetworkLoaded,
    NetworkReady,
    PhotoPainted,
    PictureLoaded,
    SampleReady,
    Saved,
    SettingsLoaded,
)
from stylelab.panels.studio.run_progress import current_result, describe_run
from stylelab.panels.studio.thumbnails import sample_thumbnail, thumbnail
from stylelab.panels.studio.uploads import file_notes, mask_from_file, naming_file
from stylelab.pictures.contact_sheet import contact_sheet
from stylelab.pictures.encoding import encode_png
from stylelab.pictures.films import encode_film
from stylelab.pictures.images import picture_shape
from stylelab.pictures.paths import expand_home
from stylelab.pictures.saving import read_settings
from stylelab.pipeline.settings import Settings
from stylelab.rights.writing import make_rights_statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylelab.network.vgg19 import Pooling
    from stylelab.panels.studio.events import Event, Target
    from stylelab.panels.studio.picture_choice import PictureChoice, Role
    from stylelab.panels.studio.run_state import Run
    from stylelab.pictures.films import FilmFormat
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.result import Result

CELL_INCHES = 3.0
"""Width of a picture in the table of a grid: 330 pixels."""


class Task:
    """Base class of all tasks; they are run in a background thread."""

    is_sample = False
    """Whether it prepares a sample, for which no reader waits."""

    def run(self) -> Event:
        """Do the work and return the event that reports it."""
        raise NotImplementedError

    def failed(self, error: BaseException) -> Event:
        """The event that reports an error."""
        return Saved(error_message(error), is_error=True)


@dataclass(frozen=True, eq=False)
class PrepareNetwork(Task):
    """Build the network, which takes a few seconds at first."""

    pooling: Pooling
    is_sample = True

    def run(self) -> Event:
        """Do the work and return the event that reports it."""
        import_tensorflow()
        network = VGG19("block5_conv1", pooling=self.pooling, convolution=fastest_convolution())
        network(np.full((32, 32, 3), 0.5, np.float32))
        return NetworkReady()

    def failed(self, error: BaseException) -> Event:
        """The event that reports an error: the first run tries again, and shows it again."""
        return NetworkReady(error_message(error))


@dataclass(frozen=True, eq=False)
class PrepareSample(Task):
    """Compute a sample's thumbnail, and the sample itself if it is a chosen one."""

    role: Role
    choice: PictureChoice
    is_chosen: bool
    is_sample = True

    def run(self) -> Event:
        """Do the work and return the event that reports it."""
        choice = self.choice
        small = choice.thumbnail
        if self.is_chosen:
            small = thumbnail(choice.load())
        elif not small:
            small = sample_thumbnail(choice.key)
        return SampleReady(self.role, choice.key, small)


@dataclass(frozen=True, eq=False)
class LoadFile(Task):
    """Read an uploaded file."""

    target: Target
    name: str
    data: bytes = field(repr=False)

    def run(self) -> Event:
        """Do the work and return the event that reports it."""
        if self.target.part == "network" or self.name.endswith(SUFFIX):  # dropped anywhere
            return NetworkLoaded(self.target, network_from_file(self.name, self.data))
        if self.target.part == "mask":
            mask, notes = mask_from_file(self.name, self.data)
            file = ExportedFile.from_upload(self.name, self.data, _mask_loader(self.data, mask))
            return MaskLoaded(self.target, self.name, mask, file, notes)
        if self.target.part == "settings":
            return SettingsLoaded(self.name, _settings_in(self.data, self.name))
        choice = choice_from_file(self.name, self.data)
        return PictureLoaded(self.target, self.name, choice, file_notes(self.name, self.data))

    def failed(self, error: BaseException) -> Event:
        """The event that reports an error."""
        return LoadFailed(self.target, self.name, error_message(error))


@dataclass(frozen=True, eq=False)
class LoadNetwork(Task):
    """Load a painting network that came along."""

    target: Target
    choice: NetworkChoice

    def run(self) -> Event:
        """Do the work and return the event that reports it."""
        return NetworkLoaded(self.target, self.choice.load())

    def failed(self, error: BaseException) -> Event:
        """The event that reports an error."""
        return LoadFailed(self.target, self.choice.name, error_message(error))


@dataclass(frozen=True, eq=False)
class PaintPhoto(Task):
    """Paint a photo in one pass."""

    request: PaintRequest

    def run(self) -> Event:
        """Do the work and return the event that reports it."""
        return PhotoPainted(self.request, self.request.paint())

    def failed(self, error: BaseException) -> Event:
        """The event that reports an error."""
        return PhotoPainted(self.request, error=error_message(error))


def _mask_loader(data: bytes, mask: Mask) -> str:
    """Python code that reads a file's mask as it is held, to the last bit."""
    height, width = mask.shape
    if picture_shape(data)[:2] == (height, width):
        return "sl.load_mask({path})"
    return f"sl.resize_mask(sl.load_mask({{path}}), {height}, {width})"


def _settings_in(data: bytes, name: str) -> Settings:
    """Settings in the metadata of a saved picture.

    Raises:
        PictureError: it is no picture.
        SettingsError: there are none, or they cannot be used.
    """
    with naming_file(name, data):
        stored = read_settings(data) or {}
    known: dict[str, Any] = {
        setting: stored[setting] for setting in Settings.__dataclass_fields__ if setting in stored
    }
    if not known:
        raise SettingsError(
            f"Expected a picture that stylelab saved, with its settings. Received: "
            f"{display_name(name)!r}, which has none. Drop it on the photo or the painting to paint "
            "with it."
        )
    return Settings(**known)


@dataclass(frozen=True, eq=False)
class SavePicture(Task):
    """Save the picture of a run, or one painted in one pass, under a name that is not taken."""

    saved: Run | Painted
    name: str

    def run(self) -> Event:
        """Do the work and return the event that reports it."""
        path = save_picture(self.saved, _new_path(self.name))
        return Saved(single_line(f"Saved: {path.resolve()}"))


@dataclass(frozen=True, eq=False)
class WriteFiles(Task):
    """Write the files that exported code reads."""

    files: tuple[ExportedFile, ...]

    def run(self) -> Event:
        """Do the work and return the event that reports it."""
        paths = [file.write() for file in self.files]
        names = ", ".join(str(path) for path in paths)
        return Saved(single_line(f"Copied. The code reads {names}, written for it."))


@dataclass(frozen=True, eq=False)
class MakeFile(Task):
    """Make a file of one run or of all, and save it, or send it to the browser.

    Attributes:
        kind: "picture", "film" or "gif" (of the first run), "sheet" or "zip".
        runs: the runs; or a picture painted in one pass.
        to_browser: whether to send it.
    """

    kind: str
    runs: tuple[Any, ...]
    to_browser: bool

    def run(self) -> Event:
        """Do the work and return the event that reports it."""
        suffix, make = _MAKERS[self.kind]
        data = make(self.runs)
        name = free_file_name(_stem(self.kind, self.runs), suffix)
        if self.to_browser:
            return FileReady(name, data)
        path = _new_path(name)
        try:
            path.write_bytes(data)
        except OSError as error:
            raise OutputError(
                f"Expected a folder to save {name!r} in. Received: {error.strerror or error}. "
                "Download it instead."
            ) from error
        return Saved(single_line(f"Saved: {path.resolve()}"))


def save_picture(saved: Run | Painted, path: Path) -> Path:
    """Save a picture, with its settings and the rights of what went in.

    Raises:
        OutputError: it cannot be saved there, or there is no picture.
    """
    if isinstance(saved, Painted):
        return saved.picture.save(path, **saved.file_metadata())
    return _result_with_metadata(saved).save(path, **_metadata(saved))


def _result_with_metadata(run: Run) -> Result:
    result, selection = current_result(run), run.selection
    if result is None:
        raise OutputError("Expected a run with a picture. Received: one that has none yet.")
    styles, rights = selection.add_style_names(result.styles), selection.rights()
    return replace(result, styles=styles, rights=rights)


def _metadata(run: Run) -> dict[str, Any]:
    changes = [change.text for change in run.changes]
    return run.selection.file_metadata() | {"changes": changes}


def _new_path(name: str) -> Path:
    """Path of a file that does not exist yet."""
    try:
        path = expand_home(name.strip())
        exists = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise OutputError(
            f"Expected the name of a file. Received: {name!r}, which cannot be one ({error}). "
            "Write another."
        ) from error
    if exists:
        raise OutputError(
            f"Expected the name of a new file. Received: {name!r}, which is there already. "
            "A free name was put in its place: press Save again, or write another."
        )
    return path


def _stem(kind: str, runs: Sequence[Run]) -> tuple[str, ...]:
    if kind in KINDS_OF_ONE_RUN:
        return runs[0].file_name_parts
    return ("runs",)


def _encode_picture(runs: Sequence[Run]) -> bytes:
    with TemporaryDirectory() as folder:
        return save_picture(runs[0], Path(folder) / "picture.png").read_bytes()


def _encode_film(runs: Sequence[Run], file_format: FilmFormat = "WEBP") -> bytes:
    """The steps of a run as an animated picture."""
    rights = make_rights_statement(runs[0].selection.rights())
    return encode_film(runs[0].frames, file_format, rights=rights)


def _encode_gif(runs: Sequence[Run]) -> bytes:
    return _encode_film(runs, "GIF")


def _encode_sheet(runs: Sequence[Run]) -> bytes:
    """Table of a grid; of other runs, a contact sheet with how each differs from the one before."""
    images = {run: run.result.image for run in runs if run.result is not None}
    if not images:
        raise OutputError("Expected a run that has ended. Received: none yet.")
    placed = {(run.place.row, run.place.column): images[run] for run in images if run.place}
    if len(placed) == len(images):
        rows, columns = (dict.fromkeys(names) for names in zip(*placed, strict=True))
        table = {row: {column: placed.get((row, column)) for column in columns} for row in rows}
        return show_picture_grid(table, width=CELL_INCHES * len(columns)).encode("png")
    befores = [None, *images]
    captions = [
        f"{run.name}: {describe_run(run, before)}"
        for run, before in zip(images, befores, strict=False)
    ]
    return encode_png(contact_sheet(dict(zip(captions, images.values(), strict=True))))


def _encode_zip(runs: Sequence[Run]) -> bytes:
    """All pictures as a ZIP file, each with its metadata."""
    if not runs:
        raise OutputError("Expected a run that has ended. Received: none yet.")
    buffer = BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive,
        TemporaryDirectory() as folder,
    ):
        for run in runs:
            name = PurePath(free_file_name((run.name, *run.file_name_parts), ".png", Path(folder)))
            archive.write(save_picture(run, Path(folder) / name), f"stylelab_runs/{name}")
    return buffer.getvalue()


_MAKERS = {
    "picture": (".png", _encode_picture),
    "film": (".webp", _encode_film),
    "gif": (".gif", _encode_gif),
    "sheet": (".png", _encode_sheet),
    "zip": (".zip", _encode_zip),
}

FILE_KINDS = tuple(_MAKERS)
"""Kinds of files that can be made of runs."""

KINDS_OF_ONE_RUN = ("picture", "film", "gif")
