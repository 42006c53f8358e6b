"""A job of a batch: one photo, one style, one set of settings; its folder, and what became of it.

A job's folder is named after what goes in. So the same job is found again, and another photo or
setting is another job.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stylelab.errors import PictureError
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.paths import expand_home

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from stylelab.pipeline.settings import Settings

State = Literal["done", "failed", "interrupted", "waiting"]

PICTURE, RECORD, CHECKPOINT, LOG = "picture.png", "job.json", "checkpoint", "log.txt"
"""Files of a job's folder."""

VERSION = 2
"""Of what `job.json` holds."""

MAX_STEM = 24
"""Characters of a picture's name in a folder's name: 255 bytes are allowed, a sign has up to four."""

DIGITS = 12
"""Of the digest in a folder's name: of a million jobs, two share them once in 500 times."""


@dataclass(frozen=True, eq=False)
class JobPicture:
    """A photo or painting of a job.

    Attributes:
        name: what it was given as: a path, or a sample's name; an array's is "picture" and its digest.
        source: a file, the name of a sample, or an array as `load_image` takes it.
        digest: SHA-256 of its contents, in hexadecimal digits.
        shape: (height, width).
    """

    name: str
    source: Path | str | NDArray[Any] = field(repr=False)
    digest: str = field(repr=False)
    shape: tuple[int, int]

    def read(self) -> bytes | str | NDArray[Any]:
        """What a worker needs to load it: a file's bytes, and anything else as it is.

        Raises:
            PictureError: the file cannot be read, or has changed since the batch was planned.
        """
        if not isinstance(self.source, Path):
            return self.source
        data = read_file(self.source)
        if hashlib.sha256(data).hexdigest() != self.digest:
            raise PictureError(
                "Expected a picture that stays as it is while the batch runs. Received: "
                f"{self.name}, which has changed. Start the batch again."
            )
        return data


def read_file(path: Path) -> bytes:
    """Bytes of a file.

    Raises:
        PictureError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PictureError(
            f"Expected a picture file. Received: {str(path)!r}, which cannot be read ({reason})."
        ) from error


def digest_source(source: Path | str | NDArray[Any]) -> str:
    """SHA-256 of a file's bytes, of an array's values and shape, or of a sample's name.

    Raises:
        PictureError: the file cannot be read.
    """
    if isinstance(source, Path):
        return hashlib.sha256(read_file(source)).hexdigest()
    if isinstance(source, str):
        return hashlib.sha256(f"sample {source}".encode()).hexdigest()
    header = f"{source.dtype.str} {source.shape}".encode()
    return hashlib.sha256(header + np.ascontiguousarray(source).tobytes()).hexdigest()


@dataclass(frozen=True, eq=False)
class Job:
    """One picture of a batch.

    Attributes:
        photo: what to show.
        paintings: how to show it; several share the style equally.
        settings: of the run.
        weights: the network's: `"learned"`, or None for random ones.
        others: further pictures: to `"start"` from, and where to `"keep"` the photo.
        statement: `"creator"` and `"licence"` of the picture, if they are stated.
    """

    photo: JobPicture
    paintings: tuple[JobPicture, ...]
    settings: Settings
    weights: Literal["learned"] | None = "learned"
    others: Mapping[str, JobPicture] = field(default_factory=dict)
    statement: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """Stems of photo and first painting, and a digest of all contents and settings."""
        pictures = [self.photo.digest, *(one.digest for one in self.paintings)]
        facts = [pictures, self.settings.describe(), self.weights]
        if self.others or self.statement:
            facts += [{name: one.digest for name, one in self.others.items()}, {**self.statement}]
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        stems = [_readable_stem(one.name) for one in (self.photo, self.paintings[0])]
        return "-".join([*stems, digest[:DIGITS]])

    def describe(self) -> dict[str, Any]:
        """What goes in, as plain values, besides the settings."""
        return {
            "photo": self.photo.name,
            "paintings": [one.name for one in self.paintings],
            "weights": self.weights,
            **{name: one.name for name, one in self.others.items()},
            **self.statement,
        }


def _readable_stem(name: str) -> str:
    """Letters and digits of a file's stem, in any script, and what is safe between them."""
    stem = unicodedata.normalize("NFC", Path(name).stem)
    return re.sub(r"[^\w.+]+", "_", stem)[:MAX_STEM].strip("._") or "picture"


def count_text(number: int, thing: str) -> str:
    """A number of things: "1 picture", "1,200 pictures"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


@dataclass(frozen=True)
class JobRecord:
    """What became of a job.

    ```python
    result = sl.batch("cat", "swirling_night", output="results", seed=[0, 1], size=64, dry_run=True)
    record = result.records[1]
    record.state, record.settings["seed"]
    ```

    Attributes:
        name: of the job and its folder.
        folder: the job's own.
        job: `"photo"`, `"paintings"` (a list) and `"weights"`, as they were given; `"start"`, `"keep"`,
            `"creator"` and `"licence"`, if they were.
        settings: all of `Settings`, as plain values.
        state: `"done"`; `"failed"`, with an `error`; `"interrupted"`, with a checkpoint to go on from;
            or `"waiting"`: not begun, or not far enough for a checkpoint.
        picture: the file, if there is one.
        loss: of the picture; None before there is one.
        terms: the loss by term, each times its weight.
        scores: `"content"` and `"style"`: distances by which pictures of one photo and painting can be
            compared, whatever their settings, as `score_picture` takes them; none with random weights.
        seconds: how long the optimizer worked.
        memory: bytes that the process held at its peak.
        error: why it failed, in a sentence.
    """

    name: str
    folder: Path
    job: Mapping[str, Any]
    settings: Mapping[str, Any]
    state: State = "waiting"
    picture: Path | None = None
    loss: float | None = None
    terms: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None
    memory: int | None = None
    error: str | None = None


_STORED = ("job", "settings", "state", "loss", "terms", "scores", "seconds", "memory", "error")


def write_record(record: JobRecord) -> None:
    """Write `job.json` into the job's folder, completely or not at all.

    Raises:
        OSError: it cannot be written.
    """
    facts = {"version": VERSION} | {name: getattr(record, name) for name in _STORED}
    text = json.dumps(facts, indent=1, ensure_ascii=False, default=dict)
    with atomic_write(record.folder / RECORD) as file:
        file.write(text.encode("utf-8", "surrogatepass"))


def read_record(folder: str | os.PathLike[str]) -> JobRecord | None:
    """Record of the job whose folder it is; None if there is none, or it is damaged."""
    folder = Path(folder)
    try:
        facts = json.loads((folder / RECORD).read_bytes().decode("utf-8", "surrogatepass"))
        if facts["version"] != VERSION:
            return None
        stored = {name: facts[name] for name in _STORED}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    picture = folder / PICTURE if (folder / PICTURE).is_file() else None
    if stored["state"] == "done" and picture is None:  # somebody has deleted it
        stored["state"] = "waiting"
    if stored["state"] == "waiting" and (folder / CHECKPOINT).is_file():
        stored["state"] = "interrupted"
    return JobRecord(folder.name, folder, picture=picture, **stored)


def read_records(folder: str | os.PathLike[str]) -> list[JobRecord]:
    """Records of all jobs in the output folder of a batch, by name.

    ```python
    [record.picture for record in sl.read_records("results") if record.state == "done"]
    ```
    """
    try:
        folders = sorted(expand_home(folder).iterdir())
    except OSError:
        return []
    return [record for one in folders if (record := read_record(one)) is not None]
