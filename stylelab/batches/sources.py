"""The pictures of a batch: by file, folder, pattern, list or table, each looked at before it runs."""

from __future__ import annotations

import csv
import glob
import io
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.batches.jobs import JobPicture, digest_source, read_file
from stylelab.errors import PictureError, StylelabError
from stylelab.painting.training_photos import is_picture_name, list_sources
from stylelab.pictures.images import load_image, picture_shape
from stylelab.pictures.paths import expand_home, path_exists
from stylelab.pipeline.settings import START_MODES
from stylelab.samples.catalogue import SAMPLES, load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PICTURE_COLUMNS = PHOTO_COLUMN, PAINTING_COLUMN, KEEP_COLUMN = "photo", "painting", "keep"
"""Columns of a table with pictures."""

START_COLUMN = "start"
"""A column with the name of a start, or a picture; the others are settings."""


@dataclass(frozen=True, eq=False)
class BatchPhoto:
    """A photo of a batch.

    Attributes:
        picture: the photo.
        painting: one of its own, in place of the batch's, if its table names one.
        keep: a mask of its own: where no style is asked for.
        settings: of its own, if its table has any.
    """

    picture: JobPicture
    painting: JobPicture | None = None
    keep: JobPicture | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class PictureFinder:
    """Finds the pictures of a batch, and notes what is wrong with which.

    Args:
        base: folder that relative paths start from.
        output: folder of results, which are not taken for photos.
        place: gives the words before a sentence about what was named, such as its line in a file.

    Attributes:
        faults: a sentence for each picture that cannot be used, in the order in which they were found.
    """

    def __init__(
        self, base: Path, output: Path, place: Callable[[str], str] = lambda _: ""
    ) -> None:
        self.base, self.output, self.place = base, output.absolute(), place
        self.faults: dict[str, str] = {}
        self._found: dict[str, JobPicture | None] = {}

    def photos(self, given: Any) -> list[BatchPhoto]:
        """Photos that were given in any of the ways, in order."""
        return [photo for source in list_sources(given) for photo in self._photos_of(source)]

    def styles(self, given: Any) -> list[tuple[JobPicture, ...]]:
        """Styles: each a painting, or a list of paintings that share it equally."""
        styles: list[tuple[JobPicture, ...]] = []
        sources: list[Any] = list_sources(given)
        for source in sources:
            if isinstance(source, list | tuple):
                pictures = [self.picture(one) for one in source]
                if pictures and all(pictures):
                    styles.append(tuple(filter(None, pictures)))
            else:
                pictures = [*self._pictures_of(source)]
                styles += [(one,) for one in pictures if one is not None]
        return styles

    def start(self, given: Any, place: str | None = None) -> Any:
        """A start, as `transfer` takes it; None in place of a picture that cannot be used."""
        is_mode = isinstance(given, str) and given in START_MODES
        return given if is_mode else self.picture(given, place)

    def picture(self, source: Any, place: str | None = None) -> JobPicture | None:
        """Look at one picture; None if it cannot be used.

        Args:
            source: as `load_image_or_sample` takes it.
            place: the words before a sentence about it; those of the finder's `place` without it.
        """
        if not isinstance(source, str | os.PathLike):
            return self._look("a picture", source, "")
        name = os.fspath(source)
        path: Path | str = _joined(self.base, name)
        if not path_exists(path):  # a sample, or an error that suggests one of a similar name
            path = name if name in SAMPLES else str(path)
        return self._look_once(path, self.place(name) if place is None else place)

    def _look_once(self, path: Path | str, place: str) -> JobPicture | None:
        if str(path) not in self._found:
            self._found[str(path)] = self._look(str(path), path, place)
        return self._found[str(path)]

    def _look(self, name: str, source: Any, place: str) -> JobPicture | None:
        try:
            if isinstance(source, Path):
                shape = picture_shape(source)
            else:
                if not isinstance(source, str | np.ndarray):
                    source = load_image(source)
                shape = load_image_or_sample(source).shape[:2]
            digest = digest_source(source)
        except StylelabError as error:
            named = "" if name in str(error) else f"{name}: "
            self.faults[f"{place}{name}"] = f"{place}{named}{error}"
            return None
        if isinstance(source, np.ndarray):
            name = f"picture_{digest[:8]}"
        return JobPicture(name, source, digest, (int(shape[0]), int(shape[1])))

    def _photos_of(self, source: Any) -> Iterator[BatchPhoto]:
        if isinstance(source, str | os.PathLike) and os.fspath(source).lower().endswith(".csv"):
            yield from self._table(_joined(self.base, os.fspath(source)))
        else:
            yield from (BatchPhoto(one) for one in self._pictures_of(source) if one is not None)

    def _pictures_of(self, source: Any) -> Iterator[JobPicture | None]:
        """Pictures that a folder, a pattern, or one source stands for."""
        if not isinstance(source, str | os.PathLike):
            yield self.picture(source)
            return
        name = os.fspath(source)
        path = _joined(self.base, name)
        if path_exists(path) and path.is_dir():
            files = self._without_results(path.rglob("*"))
            what = "a folder with pictures"
        elif not path_exists(path) and glob.has_magic(str(path)):
            files = self._without_results(map(Path, glob.glob(str(path), recursive=True)))  # noqa: PTH207 - whole paths
            what = "a pattern of pictures' names"
        else:
            yield self.picture(source)
            return
        if not files:
            self.faults[str(path)] = (
                f"{self.place(name)}{path}: Expected {what}. Received: one without any. Name another."
            )
        for file in files:
            yield self._look_once(file, "")

    def _without_results(self, files: Any) -> list[Path]:
        return sorted(
            one
            for one in files
            if is_picture_name(one) and not one.absolute().is_relative_to(self.output)
        )

    def _table(self, path: Path) -> Iterator[BatchPhoto]:
        """Photos of a table, CSV with a line of names: photo, perhaps painting, and any settings."""
        try:
            text = read_file(path).decode("utf-8-sig")
        except (PictureError, UnicodeDecodeError) as error:
            self.faults[str(path)] = f"{path}: Expected a table as UTF-8 text. Received: {error}."
            return
        first = text.partition("\n")[0]
        rows = csv.DictReader(
            io.StringIO(text), delimiter=";" if ";" in first and "," not in first else ","
        )
        columns = [name.strip() for name in rows.fieldnames or ()]
        if PHOTO_COLUMN not in columns:
            self.faults[str(path)] = (
                f"{path}, line 1: Expected a column {PHOTO_COLUMN!r}. Received: "
                f"{', '.join(columns) or 'an empty table'}. Name the columns in the first line."
            )
            return
        rows.fieldnames = columns
        here = PictureFinder(path.parent, self.output)
        here.faults, here._found = self.faults, self._found
        for row in rows:
            place = f"{path}, line {rows.line_num}: "
            cells = {name: text.strip() for name, text in row.items() if name and text}
            cells = {PHOTO_COLUMN: ""} | {name: text for name, text in cells.items() if text}
            found: dict[str, Any] = {
                name: here.picture(cells.pop(name), place)
                for name in PICTURE_COLUMNS
                if name in cells
            }
            if START_COLUMN in cells:
                found[START_COLUMN] = here.start(cells.pop(START_COLUMN), place)
            if all(one is not None for one in found.values()):
                photo, painting, keep = map(found.pop, PICTURE_COLUMNS, (None,) * 3)
                settings = {name: _parse_cell(text) for name, text in cells.items()} | found
                yield BatchPhoto(photo, painting, keep, settings)


def _joined(base: Path, name: str) -> Path:
    try:
        return base / expand_home(name)
    except RuntimeError:  # the home of nobody
        return base / name


def _parse_cell(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
