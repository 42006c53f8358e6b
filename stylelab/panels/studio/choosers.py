"""Choosing a picture: samples and the notebook's own as thumbnails, and the reader's by drag."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import anywidget
import traitlets

from stylelab.panels.arguments import is_sample
from stylelab.panels.sentences import in_a_sentence, shown_name
from stylelab.panels.studio.assets import module
from stylelab.panels.studio.call import string_code
from stylelab.panels.studio.thumbnails import of_sample, thumbnail
from stylelab.panels.studio.uploads import LONGEST, Uploads, named, remarks_on
from stylelab.pictures.images import MIN_SIDE, load_image, picture_shape
from stylelab.rights.inputs import read_input_rights, sample_rights
from stylelab.rights.reading import read_rights
from stylelab.samples.catalogue import SAMPLES, sample

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.rights.record import Rights


@dataclass(frozen=True, eq=False)
class Choice:
    """A picture that can be chosen.

    Attributes:
        key: tells it from the others of a chooser.
        name: short, to be shown; also part of file names.
        title: what it shows, or where it comes from.
        code: how Python gets at it: `sl.sample("cat")`, a path, or a variable's name.
        thumbnail: a small JPEG file; empty until it is painted.
        source: the picture, or the name of a sample that is loaded when it is chosen.
        whose: what its file tells of author and licence; None if nobody knows.
    """

    key: str
    name: str
    title: str
    code: str
    thumbnail: bytes = field(repr=False)
    source: Picture | str = field(repr=False)
    whose: Rights | None = field(default=None, repr=False)

    @property
    def is_there(self) -> bool:
        """Whether it can be given at once."""
        return not isinstance(self.source, str) or self.source in _PAINTED

    def load(self) -> Picture:
        """Give the picture (H, W, 3), RGB, [0, 1]; painted samples take a second or three at first."""
        return _sample(self.source) if isinstance(self.source, str) else self.source


class PictureChooser(anywidget.AnyWidget):
    """Thumbnails of which one is chosen, and a place to drop one's own picture on.

    Attributes:
        role: what the picture is for: "photo" or "painting".
        choices: key, name, title and thumbnail (base64) of each.
        chosen: key of the one chosen.
        says: what went wrong, as a sentence; empty if nothing did.
    """

    _esm: ClassVar[str] = module("chooser")

    role = traitlets.Unicode().tag(sync=True)
    choices: traitlets.List[Any] = traitlets.List().tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)
    says = traitlets.Unicode().tag(sync=True)

    def __init__(self, role: Literal["photo", "painting"], first: Choice | str) -> None:
        kind = "photograph" if role == "photo" else "painted"
        known = [_of_sample(each.name) for each in SAMPLES.values() if each.kind == kind]
        if isinstance(first, str) and first not in {choice.key for choice in known}:
            known.insert(0, _of_sample(first))
        if isinstance(first, Choice):
            known.insert(0, first)
        self._turn = threading.Lock()
        self._uploads = Uploads()
        self._choices = {choice.key: choice for choice in known}
        chosen = first if isinstance(first, str) else first.key
        super().__init__(role=role, choices=self._shown(), chosen=chosen)
        self.on_msg(self._heed)

    @property
    def choice(self) -> Choice:
        """What is chosen."""
        return self._choices[self.chosen]

    @property
    def picture(self) -> Picture:
        """The picture that is chosen (H, W, 3), RGB, [0, 1]."""
        return self.choice.load()

    @property
    def all(self) -> tuple[Choice, ...]:
        """Everything that can be chosen, in the order shown."""
        return tuple(self._choices.values())

    def add(self, choice: Choice) -> None:
        """Show one more picture, before all others, and choose it."""
        key = self.offer(choice)
        self.says = ""
        self.chosen = key

    def offer(self, choice: Choice | str) -> str:
        """Show one more picture, before all others; give the key that it got.

        Of a sample, the name is enough; one that is shown already stays where it is.
        """
        with self._turn:
            if isinstance(choice, str):
                if choice in self._choices:
                    return choice
                choice = _of_sample(choice)
            while choice.key in self._choices:  # two files may have one name
                choice = replace(choice, key=f"{choice.key}+")
            self._choices = {choice.key: choice} | self._choices
            self.choices = self._shown()
        return choice.key

    def take_file(self, name: str, data: bytes) -> None:
        """Add a picture that the reader dropped, from the bytes of its file.

        What cannot be read is said in `says`, and the choice stays as it was.
        """
        try:
            self.add(picture_of_file(name, data))
            self.says = remarks_on(name, data)
        except Exception as error:  # noqa: BLE001 - the reader is told, and can take another
            self.says = in_a_sentence(error)

    def paint_ahead(self) -> bool:
        """Paint one picture before it is asked for; False if there is none left.

        First the chosen one as it will be used, then thumbnails that are missing.
        """
        choice = self.choice
        if not choice.is_there:
            self._put_thumbnail(choice.key, thumbnail(choice.load()))
            return True
        missing = [each.key for each in self._choices.values() if not each.thumbnail]
        if missing:
            self._put_thumbnail(missing[0], of_sample(missing[0]))
        return bool(missing)

    def _put_thumbnail(self, key: str, small: bytes) -> None:
        with self._turn:
            self._choices[key] = replace(self._choices[key], thumbnail=small)
            self.choices = self._shown()

    @traitlets.validate("chosen")
    def _known(self, proposal: Any) -> str:
        key: str = proposal["value"]
        return key if key in self._choices else self.chosen

    def _shown(self) -> list[dict[str, str]]:
        return [
            {
                "key": choice.key,
                "name": choice.name,
                "title": choice.title,
                "thumbnail": base64.b64encode(choice.thumbnail).decode("ascii"),
            }
            for choice in self._choices.values()
        ]

    def _heed(self, _widget: object, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict) or "file" not in content:
            return
        data = self._uploads.take(content, buffers)
        if data is not None:
            self.take_file(str(content["file"]), data)


def choice_of(
    source: PictureSource, *, name: str, role: Literal["photo", "painting"]
) -> Choice | str:
    """Make a choice of what a cell gave.

    Args:
        source: the name of a sample, a path, a Pillow image or an array.
        name: the variable's name in the notebook; empty if it has none.
        role: what it is for.

    Returns:
        A choice, or the name of a sample, which every chooser knows.

    Raises:
        PictureError: it is not a usable picture.
    """
    if is_sample(source):
        return source
    picture = load_image(source)
    whose = read_input_rights({role: source})[role]
    if isinstance(source, str | PathLike):
        path = PurePath(source)
        shown, title, code = shown_name(path.stem), shown_name(str(path)), string_code(str(path))
    else:
        shown, title, code = name or f"your {role}", "from the notebook", name or role
    return Choice(f"given {role}", shown, title, code, thumbnail(picture), picture, whose)


_PAINTED: dict[str, Picture] = {}
_PAINTING = threading.Lock()


def _sample(name: str) -> Picture:
    with _PAINTING:  # who needs what is being painted waits for it, and does not paint it too
        if name not in _PAINTED:
            picture = sample(name)
            picture.setflags(write=False)  # it is given to many
            _PAINTED[name] = picture
        return _PAINTED[name]


def _of_sample(name: str) -> Choice:
    known = SAMPLES[name]
    return Choice(
        key=name,
        name=name.replace("_", " "),
        title=f"{known.title}. {known.author}, {known.licence}",
        code=f'sl.sample("{name}")',
        thumbnail=of_sample(name) if known.kind == "photograph" else b"",
        source=name,
        whose=sample_rights(name),
    )


def picture_of_file(name: str, data: bytes) -> Choice:
    """Make a choice of a picture that the reader gave as a file.

    Raises:
        PictureError: it is none that `load_image` reads.
    """
    with named(name, data):
        sides = picture_shape(data)
        fits = max(sides) > LONGEST and min(sides) * LONGEST >= MIN_SIDE * max(sides)
        picture = load_image(data, size=LONGEST if fits else None)
        whose = read_rights(data)
    return Choice(
        f"file {shown_name(name)}",
        shown_name(PurePath(name).stem),
        shown_name(name),
        string_code(name),
        thumbnail(picture),
        picture,
        whose,
    )
