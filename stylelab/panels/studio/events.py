"""Events of the studio: what the reader does, in the browser or in a cell.

Each is posted to the studio's mailbox and handled by `handle`, one after another. So is what threads
report: see `reports`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.panels.studio.exported_file import ExportedFile
    from stylelab.panels.studio.picture_choice import PictureChoice, Role
    from stylelab.panels.studio.run_state import Run
    from stylelab.pictures.masks import Mask


@dataclass(frozen=True)
class Target:
    """What a file is for.

    Attributes:
        part: "photo", "painting", "mask", "settings" or "network".
        row: number of the row of a mask, or of a painting that is not the first.
        choose: whether a picture is to be chosen, and not only added: of several, the first is.
    """

    part: str
    row: int = 0
    choose: bool = True


class Event:
    """Base class of all events."""


@dataclass(frozen=True)
class Press(Event):
    """A button of the run: start, pause, resume, stop, reset or close."""

    action: str


@dataclass(frozen=True)
class ChoosePicture(Event):
    """A photo, or the first painting, is chosen by its key."""

    role: Role
    key: str


@dataclass(frozen=True)
class RemovePicture(Event):
    """One of the reader's own pictures is removed."""

    role: Role
    key: str


@dataclass(frozen=True)
class EditPicture(Event):
    """The chosen photo or painting is turned, or cropped to fractions: top, left, bottom, right."""

    role: Role
    crop: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, eq=False)
class ReceiveFile(Event):
    """A file has arrived whole."""

    target: Target
    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, eq=False)
class AddRow(Event):
    """Another painting: a choice, a key, or one that is not used yet; without a share, a fair one."""

    painting: PictureChoice | str = ""
    share: float | None = None


@dataclass(frozen=True)
class RemoveRow(Event):
    """A painting is removed."""

    row: int


@dataclass(frozen=True)
class ChooseRowPainting(Event):
    """A painting that is not the first is chosen by its key."""

    row: int
    key: str


@dataclass(frozen=True)
class ChangeShare(Event):
    """A painting gets another share."""

    row: int
    share: float


@dataclass(frozen=True)
class ChangePlace(Event):
    """A painting, or with `KEEP` the photo, gets another region."""

    row: int
    place: str


@dataclass(frozen=True, eq=False)
class AddMask(Event):
    """A mask from the cell's arguments, for a row if its number is given."""

    name: str
    mask: Mask = field(repr=False)
    code: str = ""
    row: int | None = None
    file: ExportedFile | None = None


@dataclass(frozen=True, eq=False)
class ChangeSettings(Event):
    """Some settings get other values, by name."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class ChoosePreset(Event):
    """A preset is chosen by its name."""

    name: str


@dataclass(frozen=True)
class ChooseMethod(Event):
    """The studio is to paint in one pass, or with the optimizer."""

    one_pass: bool


@dataclass(frozen=True)
class ChooseNetwork(Event):
    """A painting network is chosen by its key."""

    key: str


@dataclass(frozen=True, eq=False)
class ChangeMixture(Event):
    """The network's styles get other shares, by name, and the picture another strength, from 0 to 1."""

    shares: Mapping[str, float]
    strength: float


@dataclass(frozen=True)
class Refine(Event):
    """The optimizer is to go on from the picture painted in one pass."""


@dataclass(frozen=True)
class DrawMask(Event):
    """A mask is to be drawn for a row."""

    row: int


@dataclass(frozen=True, eq=False)
class UseMask(Event):
    """The drawn mask is to be used: one byte a pixel, row by row."""

    values: bytes = field(repr=False)


@dataclass(frozen=True)
class CancelMask(Event):
    """The drawn mask is not to be used."""


@dataclass(frozen=True)
class ShowRun(Event):
    """A run is to be shown; 0 for the latest."""

    run: int


@dataclass(frozen=True)
class ShowFrame(Event):
    """A step of the shown run is to be looked at, by its frame; −1 for the picture itself."""

    frame: int


@dataclass(frozen=True)
class CompareWith(Event):
    """Something is to be compared with what is shown: "photo", a run's number, or "" for nothing."""

    other: str


@dataclass(frozen=True)
class UseSettings(Event):
    """A run's settings are to be used again."""

    run: int


@dataclass(frozen=True)
class DeleteRun(Event):
    """A kept run is to be removed."""

    run: int


@dataclass(frozen=True)
class ContinueRun(Event):
    """A run is to go on: with more steps, or from its picture at a larger size."""

    run: int
    steps: int | None = None
    size: int | None = None


@dataclass(frozen=True, eq=False)
class StartGrid(Event):
    """Runs for each combination of two settings: names and values, "painting" among the names."""

    rows: tuple[str, tuple[Any, ...]]
    columns: tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class SaveRun(Event):
    """The shown run's picture is to be saved under a name."""

    name: str


@dataclass(frozen=True)
class CopyCode(Event):
    """The shown run's code was copied, so the files that it reads are needed."""


@dataclass(frozen=True)
class ExportRuns(Event):
    """A file is to be made, and saved or downloaded.

    Attributes:
        kind: "picture", "film" or "gif" of the shown run; "sheet" or "zip" of all kept runs.
        to_browser: whether the browser is to download it.
    """

    kind: str
    to_browser: bool = True


@dataclass(frozen=True)
class ChangeWidth(Event):
    """The picture has another width in the page, in pixels."""

    width: int


@dataclass(frozen=True)
class Close(Event):
    """The studio is to be closed, and say why."""

    message: str


@dataclass(frozen=True)
class PrepareSamples(Event):
    """Samples may be computed in advance from now on."""


@dataclass(frozen=True)
class MessageRead(Event):
    """A message of a view was read, and its event posted: its number."""

    view: str
    number: int


@dataclass(frozen=True)
class ViewsGone(Event):
    """No page shows the studio any more."""


@dataclass(frozen=True, eq=False)
class AdoptRuns(Event):
    """Runs of another studio are taken over."""

    runs: tuple[Run, ...]
