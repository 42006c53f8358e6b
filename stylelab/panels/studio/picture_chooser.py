"""Choice of a picture: samples, pictures of the notebook, and files of the reader."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import anywidget
import traitlets

from stylelab.panels.arguments import is_sample_name
from stylelab.panels.assets import read_module
from stylelab.panels.messages import display_name, error_message
from stylelab.panels.studio.code_export import string_literal
from stylelab.panels.studio.thumbnails import sample_thumbnail, thumbnail, thumbnail_item
from stylelab.panels.studio.uploads import MAX_SIDE, UploadBuffer, file_notes, naming_file
from stylelab.pictures.images import MIN_SIDE, load_image, picture_shape
from stylelab.rights.inputs import read_input_rights, sample_rights
from stylelab.rights.reading import read_rights
from stylelab.samples.catalogue import SAMPLES, sample

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.rights.record import Rights


@dataclass(frozen=True, eq=False)
class PictureChoice:
    """A picture that can be chosen.

    Attributes:
        key: unique in a chooser.
        name: short, for display and file names.
        title: what it shows, or where it comes from.
        code: Python code for it: `sl.sample("cat")`, a path, or a variable's name.
        thumbnail: a small JPEG file; empty until it is computed.
        source: the picture, or the name of a sample that is loaded when it is chosen.
        input_rights: author and licence from its file; None if unknown.
    """

    key: str
    name: str
    title: str
    code: str
    thumbnail: bytes = field(repr=False)
    source: Picture | str = field(repr=False)
    input_rights: Rights | None = field(default=None, repr=False)

    @property
    def is_ready(self) -> bool:
        """Whether `load` returns without computing."""
        return not isinstance(self.source, str) or self.source in _SAMPLE_CACHE

    def load(self) -> Picture:
        """The picture (H, W, 3), RGB, [0, 1]; painted samples take up to three seconds at first."""
        return _load_sample(self.source) if isinstance(self.source, str) else self.source


class PictureChooser(anywidget.AnyWidget):
    """Thumbnails, one of them chosen, and a drop area for files.

    Attributes:
        role: what the picture is for: "photo" or "painting".
        choices: key, name, title and thumbnail (base64) of each.
        chosen: key of the chosen one.
        notice: an error message; empty if there is none.
    """

    _esm: ClassVar[str] = read_module("studio/elements", "studio/picture_chooser")

    role = traitlets.Unicode().tag(sync=True)
    choices: traitlets.List[Any] = traitlets.List().tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)

    def __init__(self, role: Literal["photo", "painting"], first: PictureChoice | str) -> None:
        kind = "photograph" if role == "photo" else "painted"
        known = [_choice_from_sample(each.name) for each in SAMPLES.values() if each.kind == kind]
        if isinstance(first, str) and first not in {choice.key for choice in known}:
            known.insert(0, _choice_from_sample(first))
        if isinstance(first, PictureChoice):
            known.insert(0, first)
        self._lock = threading.Lock()
        self._uploads = UploadBuffer()
        self._choices = {choice.key: choice for choice in known}
        chosen = first if isinstance(first, str) else first.key
        super().__init__(role=role, choices=self._choice_items(), chosen=chosen)
        self.on_msg(self._on_message)

    @property
    def choice(self) -> PictureChoice:
        """The chosen picture and its metadata."""
        return self._choices[self.chosen]

    @property
    def picture(self) -> Picture:
        """The chosen picture (H, W, 3), RGB, [0, 1]."""
        return self.choice.load()

    @property
    def all(self) -> tuple[PictureChoice, ...]:
        """All choices in the order shown."""
        return tuple(self._choices.values())

    def add(self, choice: PictureChoice) -> None:
        """Add a picture before all others, and choose it."""
        key = self.add_choice(choice)
        self.notice = ""
        self.chosen = key

    def add_choice(self, choice: PictureChoice | str) -> str:
        """Add a picture before all others; return its key.

        A sample may be given by name; one that is there already stays where it is.
        """
        with self._lock:
            if isinstance(choice, str):
                if choice in self._choices:
                    return choice
                choice = _choice_from_sample(choice)
            while choice.key in self._choices:  # two files may have one name
                choice = replace(choice, key=f"{choice.key}+")
            self._choices = {choice.key: choice} | self._choices
            self.choices = self._choice_items()
        return choice.key

    def add_file(self, name: str, data: bytes) -> None:
        """Add a picture from the bytes of a file, and choose it.

        If it cannot be read, `notice` has the error and the choice stays as it was.
        """
        try:
            self.add(choice_from_file(name, data))
            self.notice = file_notes(name, data)
        except Exception as error:  # noqa: BLE001 - it is shown, and another file can be chosen
            self.notice = error_message(error)

    def prepare_samples(self) -> bool:
        """Compute one picture or thumbnail in advance; False if none is left.

        First the chosen picture at full size, then missing thumbnails.
        """
        choice = self.choice
        if not choice.is_ready:
            self._set_thumbnail(choice.key, thumbnail(choice.load()))
            return True
        missing = [each.key for each in self._choices.values() if not each.thumbnail]
        if missing:
            self._set_thumbnail(missing[0], sample_thumbnail(missing[0]))
        return bool(missing)

    def _set_thumbnail(self, key: str, small: bytes) -> None:
        with self._lock:
            self._choices[key] = replace(self._choices[key], thumbnail=small)
            self.choices = self._choice_items()

    @traitlets.validate("chosen")
    def _validate_chosen(self, proposal: Any) -> str:
        key: str = proposal["value"]
        return key if key in self._choices else self.chosen

    def _choice_items(self) -> list[dict[str, str]]:
        return [
            thumbnail_item(choice.key, choice.name, choice.thumbnail, title=choice.title)
            for choice in self._choices.values()
        ]

    def _on_message(self, _widget: object, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict) or "file" not in content:
            return
        data = self._uploads.add_part(content, buffers)
        if data is not None:
            self.add_file(str(content["file"]), data)


def choice_from_source(
    source: PictureSource, *, name: str, role: Literal["photo", "painting"]
) -> PictureChoice | str:
    """A choice from an argument of a cell.

    Args:
        source: the name of a sample, a path, a Pillow image or an array.
        name: its variable in the notebook; empty if it has none.
        role: what the picture is for.

    Returns:
        A choice; for a sample its name, which every chooser knows.

    Raises:
        PictureError: it cannot be used as a picture.
    """
    if is_sample_name(source):
        return source
    picture = load_image(source)
    input_rights = read_input_rights({role: source})[role]
    if isinstance(source, str | PathLike):
        path = PurePath(source)
        shown, title = display_name(path.stem), display_name(str(path))
        code = string_literal(str(path))
    else:
        shown, title, code = name or f"your {role}", "from the notebook", name or role
    return PictureChoice(
        f"given {role}", shown, title, code, thumbnail(picture), picture, input_rights
    )


_SAMPLE_CACHE: dict[str, Picture] = {}
_SAMPLE_LOCK = threading.Lock()


def _load_sample(name: str) -> Picture:
    with _SAMPLE_LOCK:  # a second thread waits, and does not compute it too
        if name not in _SAMPLE_CACHE:
            picture = sample(name)
            picture.setflags(write=False)  # it is shared
            _SAMPLE_CACHE[name] = picture
        return _SAMPLE_CACHE[name]


def _choice_from_sample(name: str) -> PictureChoice:
    known = SAMPLES[name]
    return PictureChoice(
        key=name,
        name=name.replace("_", " "),
        title=f"{known.title}. {known.author}, {known.licence}",
        code=f'sl.sample("{name}")',
        thumbnail=sample_thumbnail(name) if known.kind == "photograph" else b"",
        source=name,
        input_rights=sample_rights(name),
    )


def choice_from_file(name: str, data: bytes) -> PictureChoice:
    """A choice from the bytes of a file.

    Raises:
        PictureError: `load_image` cannot read it.
    """
    with naming_file(name, data):
        sides = picture_shape(data)
        fits = max(sides) > MAX_SIDE and min(sides) * MAX_SIDE >= MIN_SIDE * max(sides)
        picture = load_image(data, size=MAX_SIDE if fits else None)
        input_rights = read_rights(data)
    return PictureChoice(
        f"file {display_name(name)}",
        display_name(PurePath(name).stem),
        display_name(name),
        string_literal(name),
        thumbnail(picture),
        picture,
        input_rights,
    )
