"""Everything that is true of a studio at one moment, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.panels.studio.one_pass import OnePass
from stylelab.panels.studio.run_state import ACTIVE_STATES, Order, Run, State
from stylelab.panels.studio.selection import Selection
from stylelab.panels.studio.settings_form import settings_from_values, to_plain_values
from stylelab.panels.studio.style_rows import StyleRows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from stylelab.losses.formulations import Formulation
    from stylelab.panels.studio.one_pass import Painted, PaintRequest
    from stylelab.panels.studio.picture_choice import Choices, PictureChoice
    from stylelab.panels.studio.tasks import Task
    from stylelab.pipeline.settings import Settings

PHOTO = "photo"
"""What the shown picture is compared with, if not with a run: its own photo."""

PARTS = ("photo", "painting", "styles", "settings", "network", "save")
"""Parts of the panel that have a line for notices."""


@dataclass(frozen=True)
class Notice:
    """A sentence for the reader; empty for none."""

    text: str = ""
    is_error: bool = False


@dataclass(frozen=True, eq=False)
class Drawing:
    """A mask that is being drawn.

    Attributes:
        row: the row that it is for.
        photo: key of the photo that it is drawn on.
        rows, columns: its size.
        number: counts the drawings, so that a new one is a new canvas.
    """

    row: int
    photo: str
    rows: int
    columns: int
    number: int


@dataclass(frozen=True, eq=False)
class StudioState:
    """State of a studio.

    Attributes:
        photos, paintings: the pictures to choose from; the first painting is the chosen one.
        styles: shares and regions of all paintings.
        values: the form's settings as plain values, by name.
        formulation: the one setting that the form does not have.
        initial: the first settings, which Reset restores.
        one_pass: painting in one pass: the networks, the mixture, and the last picture.
        run: the run that goes on, or the latest one.
        queue: runs to follow, in order.
        runs: every run that has ended with a picture, oldest first.
        run_count, grid_count, drawing_count: numbers given so far.
        shown: number of the run that is looked at; None for the latest.
        frame: which of its frames is shown; None for its picture.
        compared: what it is compared with: a run's number or `PHOTO`; None for nothing.
        drawing: the mask that is being drawn.
        notices: of the parts of the panel.
        loading: name of the file that is being read, by part.
        alert: what the status line says instead of the state of the run.
        save_count: how often something was saved, as a proposed name is then another one.
        is_ready: whether the network is built.
        preparing: key of the sample that is being computed, or empty.
        download: number, name and content of a file for the browser to download.
        closed_message: why it was closed; empty while it is open.
        answered: number of the last message handled, by view.
        width: of the picture in the page, in pixels.
        tasks: work for background threads that the last event asks for.
    """

    photos: Choices
    paintings: Choices
    values: Mapping[str, Any]
    initial: Settings
    formulation: Formulation
    styles: StyleRows = field(default_factory=StyleRows)
    one_pass: OnePass = field(default_factory=OnePass.of_stored)
    run: Run | None = None
    queue: tuple[Run, ...] = ()
    runs: tuple[Run, ...] = ()
    run_count: int = 0
    grid_count: int = 0
    drawing_count: int = 0
    shown: int | None = None
    frame: int | None = None
    compared: int | str | None = None
    drawing: Drawing | None = None
    notices: Mapping[str, Notice] = field(default_factory=lambda: MappingProxyType({}))
    loading: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    alert: Notice = field(default_factory=Notice)
    save_count: int = 0
    is_ready: bool = False
    preparing: str = ""
    download: tuple[int, str, bytes] = (0, "", b"")
    closed_message: str = ""
    answered: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    width: int = 640
    tasks: tuple[Task, ...] = ()

    @classmethod
    def first(cls, photos: Choices, paintings: Choices, settings: Settings) -> Self:
        """State of a studio that was just opened."""
        values = MappingProxyType(to_plain_values(settings))
        return cls(photos, paintings, values, settings, settings.formulation)

    @property
    def selection(self) -> Selection:
        """Photo, paintings and regions that are chosen now."""
        styles = self.styles
        choices = styles.style_choices(self.paintings)
        return Selection(self.photos.choice, choices, styles.region(styles.keep))

    @property
    def settings(self) -> Settings:
        """The form's settings.

        Raises:
            SettingsError: a value is out of its range, or two contradict each other.
        """
        return settings_from_values(self.values, self.formulation)

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return bool(self.closed_message)

    @property
    def is_active(self) -> bool:
        """Whether a run goes on or is about to begin."""
        return bool(self.queue) or (self.run is not None and self.run.is_active)

    @property
    def run_state(self) -> State:
        """State of the latest run."""
        return State.IDLE if self.run is None else self.run.state

    @property
    def shown_run(self) -> Run | None:
        """The run that is looked at; None if there is none yet, or what is painted in one pass is."""
        if self.one_pass.is_chosen:
            return None
        return self.run if self.shown is None else self.find_run(self.shown)

    @property
    def shown_painting(self) -> Painted | None:
        """The picture painted in one pass, if that is looked at."""
        return self.one_pass.painted if self.one_pass.is_chosen else None

    @property
    def shown_photo(self) -> PictureChoice | None:
        """The photo of the picture that is looked at; None before the first picture."""
        if self.shown_painting is not None:
            return self.shown_painting.request.photo
        return None if self.shown_run is None else self.shown_run.selection.photo

    @property
    def paint_request(self) -> PaintRequest | None:
        """What is to be painted in one pass now; None if that is not chosen, or not possible."""
        return self.one_pass.request(self.photos.choice, self.values["size"])

    def find_run(self, number: int) -> Run | None:
        """A kept run, or the latest one, by its number."""
        known = self.runs if self.run is None else (*self.runs, self.run)
        return next((run for run in reversed(known) if run.number == number), None)

    @property
    def order(self) -> Order | None:
        """What the background runner is to do."""
        run = self.run
        if self.is_closed or run is None or run.state not in ACTIVE_STATES:
            return None
        return Order(
            run.number,
            run.wanted_selection,
            run.wanted_settings,
            run.start,
            run.resume,
            paused=run.state is State.PAUSED,
        )

    def with_notice(self, part: str, text: str = "", *, is_error: bool = False) -> Self:
        """With another notice of a part; empty for none."""
        notices = {**self.notices, part: Notice(text, is_error)}
        return replace(self, notices=MappingProxyType(notices))

    def with_loading(self, part: str, name: str) -> Self:
        """With the name of a file that is being read or written, in a part."""
        return replace(self, loading=MappingProxyType({**self.loading, part: name}))

    def without_loading(self, part: str) -> Self:
        """Without it, once that is done."""
        left = {other: name for other, name in self.loading.items() if other != part}
        return replace(self, loading=MappingProxyType(left))

    def notice(self, part: str) -> Notice:
        """Notice of a part."""
        return self.notices.get(part, Notice())
