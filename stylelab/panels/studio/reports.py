"""Events of the studio: what threads report of a run, of files, and of the network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stylelab.panels.studio.events import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.panels.studio.events import Target
    from stylelab.panels.studio.exported_file import ExportedFile
    from stylelab.panels.studio.one_pass import NetworkChoice, Painted, PaintRequest
    from stylelab.panels.studio.picture_choice import PictureChoice, Role
    from stylelab.panels.studio.run_state import Order, State
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.result import Result
    from stylelab.pipeline.settings import Settings


@dataclass(frozen=True)
class NetworkReady(Event):
    """TensorFlow is imported and the network built; with a message, that failed."""

    error: str = ""


@dataclass(frozen=True, eq=False)
class SampleReady(Event):
    """A sample's thumbnail is there, and the sample itself if it is the chosen one."""

    role: Role
    key: str
    thumbnail: bytes = field(repr=False)


@dataclass(frozen=True, eq=False)
class PictureLoaded(Event):
    """An uploaded picture was read, with notes on how."""

    target: Target
    name: str
    choice: PictureChoice
    notes: str = ""


@dataclass(frozen=True, eq=False)
class MaskLoaded(Event):
    """An uploaded mask was read, with notes on how."""

    target: Target
    name: str
    mask: Mask = field(repr=False)
    file: ExportedFile | None = None
    notes: str = ""


@dataclass(frozen=True, eq=False)
class SettingsLoaded(Event):
    """The settings in a saved picture's metadata were read."""

    name: str
    settings: Settings


@dataclass(frozen=True, eq=False)
class NetworkLoaded(Event):
    """A painting network was loaded."""

    target: Target
    choice: NetworkChoice


@dataclass(frozen=True, eq=False)
class PhotoPainted(Event):
    """A photo was painted in one pass; without a picture, the error says why not."""

    request: PaintRequest
    painted: Painted | None = None
    error: str = ""


@dataclass(frozen=True)
class LoadFailed(Event):
    """An uploaded file could not be used."""

    target: Target
    name: str
    error: str


@dataclass(frozen=True)
class Saved(Event):
    """Files were written: a message for the save panel."""

    message: str
    is_error: bool = False


@dataclass(frozen=True, eq=False)
class FileReady(Event):
    """A file was made that the browser is to download."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class RunPrepared(Event):
    """A run is about to take its first step."""

    run: int
    steps_total: int
    cost: str


@dataclass(frozen=True, eq=False)
class Stepped(Event):
    """A run has taken a step.

    Attributes:
        run: its number.
        progress: where it has arrived.
        order: with the weights of the step.
        styles: the styles as plain values, if there are several.
        frame: the step's picture as a small JPEG file.
    """

    run: int
    progress: Progress
    order: Order
    styles: Sequence[Mapping[str, Any]] | None = None
    frame: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class RunPaused(Event):
    """A run has shown its last step, and waits."""

    run: int


@dataclass(frozen=True, eq=False)
class RunEnded(Event):
    """A run has ended.

    Attributes:
        run: its number.
        state: finished, stopped or failed.
        error: a message if it failed.
        last: the last step, if it was not posted yet.
        result: the picture at its full size, if there is one.
    """

    run: int
    state: State
    error: str = ""
    last: Stepped | None = None
    result: Result | None = None


@dataclass(frozen=True)
class Failed(Event):
    """Something unforeseen went wrong outside of a run."""

    error: str
