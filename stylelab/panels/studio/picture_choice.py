"""Pictures that can be chosen as photo or painting: samples, pictures of the notebook, and files."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from stylelab.errors import PictureError
from stylelab.panels.arguments import is_sample_name
from stylelab.panels.messages import display_name
from stylelab.panels.studio.code_export import string_literal
from stylelab.panels.studio.exported_file import ExportedFile, array_file
from stylelab.panels.studio.thumbnails import sample_thumbnail, thumbnail
from stylelab.panels.studio.uploads import MAX_SIDE, naming_file
from stylelab.pictures.encoding import encode_jpeg
from stylelab.pictures.images import MIN_SIDE, load_image, picture_shape, resize
from stylelab.rights.inputs import read_input_rights, sample_rights
from stylelab.rights.reading import read_rights
from stylelab.rights.record import Rights
from stylelab.samples.catalogue import SAMPLES, sample

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture, PictureSource

PREVIEW_SIDE = 288
"""Long side, in pixels, of the whole picture where it is cropped."""

Role = Literal["photo", "painting"]


@dataclass(frozen=True, eq=False)
class PictureChoice:
    """A picture that can be chosen.

    Attributes:
        key: unique among the choices.
        name: short, for display and file names.
        title: what it shows, or where it comes from.
        thumbnail: a small JPEG file; empty until it is computed.
        source: the picture, or the name of a sample that is loaded when it is chosen.
        code: Python code for the picture as an array: `sl.sample("cat")`, a variable's name. Empty
            if it is to be read from `file`.
        file: the file that the code reads, if the picture is nowhere else.
        file_rights: Python code for the rights in a file's metadata, if there are any.
        input_rights: author and licence from its file; None if unknown.
        is_own: whether the reader added it, and may remove it.
    """

    key: str
    name: str
    title: str
    thumbnail: bytes = field(repr=False)
    source: Picture | str = field(repr=False)
    code: str = ""
    file: ExportedFile | None = field(default=None, repr=False)
    file_rights: str = ""
    input_rights: Rights | None = field(default=None, repr=False)
    is_own: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether `load` returns without computing."""
        return not isinstance(self.source, str) or self.source in _SAMPLE_CACHE

    @property
    def expression(self) -> str:
        """Python code for the picture as an array."""
        return self.code or ("" if self.file is None else self.file.code)

    def load(self) -> Picture:
        """The picture (H, W, 3), RGB, [0, 1]; painted samples take up to three seconds at first."""
        return _load_sample(self.source) if isinstance(self.source, str) else self.source

    @cached_property
    def preview(self) -> bytes:
        """The whole picture as a small JPEG file."""
        picture = self.load()
        small = resize(picture, PREVIEW_SIDE) if max(picture.shape) > PREVIEW_SIDE else picture
        return encode_jpeg(small, quality=80)

    def rotated(self) -> PictureChoice:
        """The picture turned by 90 degrees, clockwise."""
        return self._edited(np.ascontiguousarray(np.rot90(self.load(), -1)), "turned")

    def cropped(self, top: float, left: float, bottom: float, right: float) -> PictureChoice:
        """The part of the picture between four fractions of its height and width.

        Raises:
            PictureError: too little would be left.
        """
        picture = self.load()
        height, width = picture.shape[:2]
        rows = slice(round(top * height), round(bottom * height))
        columns = slice(round(left * width), round(right * width))
        part = np.ascontiguousarray(picture[rows, columns])
        if min(part.shape[:2]) < MIN_SIDE:
            raise PictureError(
                f"Expected a part of at least {MIN_SIDE} × {MIN_SIDE} pixels. "
                f"Received: {part.shape[1]} × {part.shape[0]}. Take a larger part."
            )
        return self._edited(part, "cropped")

    def _edited(self, picture: Picture, how: str) -> PictureChoice:
        name = self.name if self.name.endswith(f", {how}") else f"{self.name}, {how}"
        return PictureChoice(
            self.key,
            display_name(name),
            self.title,
            thumbnail(picture),
            picture,
            file=array_file(self.name, picture),
            input_rights=self.input_rights,
            is_own=True,
        )


@dataclass(frozen=True, eq=False)
class Choices:
    """The pictures to choose from, and the key of the chosen one.

    Attributes:
        role: what the pictures are for.
        all: the choices in the order shown.
        chosen: key of the chosen one.
    """

    role: Role
    all: tuple[PictureChoice, ...]
    chosen: str

    @classmethod
    def of_samples(cls, role: Role, first: PictureChoice | str) -> Self:
        """The samples for a role, with a first choice: one of them, another sample or a picture."""
        kind = "photograph" if role == "photo" else "painted"
        known = [choice_from_sample(each.name) for each in SAMPLES.values() if each.kind == kind]
        if isinstance(first, PictureChoice):
            known.insert(0, first)
        elif first not in {choice.key for choice in known}:
            known.insert(0, choice_from_sample(first))
        return cls(role, tuple(known), first if isinstance(first, str) else first.key)

    @property
    def choice(self) -> PictureChoice:
        """The chosen picture."""
        return self.find(self.chosen) or self.all[0]

    def find(self, key: str) -> PictureChoice | None:
        """The choice with a key, if there is one."""
        return next((choice for choice in self.all if choice.key == key), None)

    def choose(self, key: str) -> Self:
        """With another choice; unchanged if there is none with that key."""
        return self if self.find(key) is None else replace(self, chosen=key)

    def add(self, choice: PictureChoice | str) -> tuple[Self, str]:
        """With a picture before all others, and its key; a sample may be given by name."""
        if isinstance(choice, str):
            if self.find(choice) is not None:
                return self, choice
            choice = choice_from_sample(choice)
        while self.find(choice.key) is not None:  # two files may have one name
            choice = replace(choice, key=f"{choice.key}+")
        return replace(self, all=(choice, *self.all)), choice.key

    def replace(self, choice: PictureChoice) -> Self:
        """With another picture in place of that with its key."""
        return replace(
            self, all=tuple(choice if one.key == choice.key else one for one in self.all)
        )

    def remove(self, key: str) -> Self:
        """Without a picture of the reader's; the chosen one is then the first that is left."""
        left = tuple(one for one in self.all if one.key != key or not one.is_own)
        if len(left) in (0, len(self.all)):
            return self
        return replace(self, all=left, chosen=left[0].key if self.chosen == key else self.chosen)

    def with_thumbnail(self, key: str, jpeg: bytes) -> Self:
        """With the thumbnail of a sample, once it is computed."""
        choice = self.find(key)
        return self if choice is None else self.replace(replace(choice, thumbnail=jpeg))


_SAMPLE_CACHE: dict[str, Picture] = {}
_SAMPLE_LOCK = threading.Lock()


def _load_sample(name: str) -> Picture:
    if name not in _SAMPLE_CACHE:  # what is there does not wait while another is computed
        with _SAMPLE_LOCK:  # a second thread waits, and does not compute it too
            if name not in _SAMPLE_CACHE:
                picture = sample(name)
                picture.setflags(write=False)  # it is shared
                _SAMPLE_CACHE[name] = picture
    return _SAMPLE_CACHE[name]


def choice_from_sample(name: str) -> PictureChoice:
    """A sample as a choice."""
    known = SAMPLES[name]
    return PictureChoice(
        key=name,
        name=name.replace("_", " "),
        title=f"{known.title}. {known.author}, {known.licence}",
        thumbnail=sample_thumbnail(name) if known.kind == "photograph" else b"",
        source=name,
        code=f'sl.sample("{name}")',
        input_rights=sample_rights(name),
    )


def choice_from_source(
    source: PictureSource, *, name: str, role: Literal["photo", "painting"]
) -> PictureChoice | str:
    """A choice from an argument of a cell.

    Args:
        source: the name of a sample, a path, a Pillow image or an array.
        name: its variable in the notebook; empty if it has none.
        role: what the picture is for.

    Returns:
        A choice; for a sample its name.

    Raises:
        PictureError: it cannot be used as a picture.
    """
    if is_sample_name(source):
        return source
    input_rights = read_input_rights({role: source})[role]
    key, code, file, file_rights = f"given {role}", name, None, ""
    if isinstance(source, str | PathLike):
        path = PurePath(source)
        shown, title = display_name(path.stem), display_name(str(path))
        size = _size_held(picture_shape(source))
        picture, code = load_image(source, size=size), _load_code(str(path), size)
        file_rights = _rights_code(str(path), input_rights)
    else:
        picture = load_image(source)
        shown, title = name or f"your {role}", "from the notebook"
        if isinstance(source, bytes):
            code = ""
        elif name and not isinstance(source, np.ndarray):
            code = f"sl.load_image({name})"
        file = None if code else array_file(shown, picture)
    return PictureChoice(
        key, shown, title, thumbnail(picture), picture, code, file, file_rights, input_rights
    )


def choice_from_file(name: str, data: bytes) -> PictureChoice:
    """A choice from the bytes of a file.

    Raises:
        PictureError: `load_image` cannot read it.
    """
    with naming_file(name, data):
        size = _size_held(picture_shape(data))
        picture = load_image(data, size=size)
        input_rights = read_rights(data)
    file = ExportedFile.from_upload(name, data)
    return PictureChoice(
        f"file {display_name(name)}",
        display_name(PurePath(name).stem),
        display_name(name),
        thumbnail(picture),
        picture,
        _load_code(file.path, size),
        file,
        _rights_code(file.path, input_rights),
        input_rights,
        is_own=True,
    )


def _size_held(shape: tuple[int, ...]) -> int | None:
    """Long side at which a file's picture is held, if that is less than its own."""
    sides = shape[:2]
    fits = max(sides) > MAX_SIDE and min(sides) * MAX_SIDE >= MIN_SIDE * max(sides)
    return MAX_SIDE if fits else None


def _load_code(path: str, size: int | None) -> str:
    """Python code that reads a file's picture as it is held, to the last bit."""
    return f"sl.load_image({string_literal(path)}{'' if size is None else f', size={size}'})"


def _rights_code(path: str, rights: Rights | None) -> str:
    return "" if rights in (None, Rights()) else f"sl.read_rights({string_literal(path)})"
