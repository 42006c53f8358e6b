"""The whole studio: pictures and settings at the left, the picture and its curves at the right.

The browser's events only ask the painter for something and return. The painter's thread answers
through `Studio._show`, which writes to nothing but the traits of widgets.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from threading import Event, Lock, RLock, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets
import numpy as np

from stylelab.course.figures.course_figure import mimebundle
from stylelab.errors import OutputError, SettingsError, StylelabError
from stylelab.losses.loss import Loss
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.vgg19 import VGG19
from stylelab.panels.arguments import pictures_of
from stylelab.panels.mask_drawing import MaskDrawing
from stylelab.panels.sentences import in_a_sentence, on_one_line
from stylelab.panels.studio.call import call_for
from stylelab.panels.studio.choosers import PictureChooser, choice_of
from stylelab.panels.studio.chosen import Chosen
from stylelab.panels.studio.controls import ENABLED, Controls
from stylelab.panels.studio.curves import loss_curves_svg, shares_html
from stylelab.panels.studio.form import Form, differences
from stylelab.panels.studio.given import regions_of, shares_of, shell, variable_of
from stylelab.panels.studio.keep import Keep, free_name
from stylelab.panels.studio.painter import PAUSED, Job, Painter, Snapshot, State, result_of
from stylelab.panels.studio.picture_view import PictureView
from stylelab.panels.studio.places import KEEP, Places
from stylelab.panels.studio.strip import Strip
from stylelab.panels.studio.thumbnails import jpeg, thumbnail
from stylelab.pictures.images import load_image, resize, resize_to
from stylelab.pictures.masks import validate_mask
from stylelab.pipeline.cost_estimate import estimate_cost
from stylelab.pipeline.inputs import fit_masks
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stylelab.panels.studio.choosers import Choice
    from stylelab.panels.studio.given import Given
    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.result import Result

SIZE = 256
"""Long side, in pixels, that the studio begins with: lively on two cores."""

LONGEST = 768
"""Long side, in pixels, at which a photo is shown before it is painted."""

CURVES_HEIGHT = 190

COLOURING = 0.04
"""Share of the time that putting a photo's colours back may take while a picture is painted."""

UNDER_WAY = (State.PREPARING, State.RUNNING, State.PAUSED)


@dataclass(frozen=True, eq=False)
class Run:
    """A run that has ended and is kept.

    Attributes:
        name: "run 3".
        sources: what was chosen.
        result: its picture and settings.
    """

    name: str
    sources: Chosen
    result: Result


class _MaskInHand(NamedTuple):
    """A mask that is being drawn: for which row, over which photo (its key), and what is shown."""

    row: int
    photo: str
    drawing: MaskDrawing
    words: Any


class Studio:
    """All parts of the studio and how they answer each other. Made by `studio`.

    Args:
        photo: what to choose first: a choice, or the name of a sample.
        painting: the same.
        settings: what the form says first.
        painter: makes the painter; a test may give another.

    Attributes:
        photo, painting: the choosers.
        places: further paintings, and the places where they count.
        form: the settings.
        controls: buttons and status.
        view: the large picture.
        strip: the runs kept.
        keep: saving and copying.
        box: all of them, to be shown.
        runs: every run that has ended with a picture, oldest first.
    """

    def __init__(
        self,
        photo: Choice | str = "cat",
        painting: Choice | str = "swirling_night",
        settings: Settings | None = None,
        *,
        painter: Callable[[Callable[[Snapshot], object]], Painter] = Painter,
    ) -> None:
        self.runs: tuple[Run, ...] = ()
        self._first = settings or Settings(size=SIZE)
        self._asked = 0  # how many runs
        self._shown = Snapshot(State.IDLE)
        self._ready, self._closed = Event(), False
        self._turn = RLock()  # widgets may be answered by several threads
        self._pen = Lock()  # so that what was read last is written last
        self._ahead: Thread | None = None
        self._start_when_ready = self._quiet = False
        self._wanted: Job | None = None  # what was asked of the painter last
        self._compare_next = ""  # the run to compare with as soon as it is kept
        self._why = ""
        self._width = 640
        self._coloured_at = self._colouring = 0.0
        self._drawing: _MaskInHand | None = None
        self.photo = PictureChooser("photo", photo)
        self.painting = PictureChooser("painting", painting)
        self.places = Places(
            self.painting, on_change=self._picture_chosen, on_draw=self._begin_drawing
        )
        self.form = Form(self._first)
        self.controls = Controls(self._act)
        self.view = PictureView(on_gone=self._nobody_looks, on_width=self._widen)
        self.strip = Strip(self._compare)
        self.keep = Keep(self._save)
        self._drawing_box = ipywidgets.Box().add_class("stylelab-drawing")
        self._curves = ipywidgets.HTML().add_class("stylelab-curves")
        self._shares = ipywidgets.HTML().add_class("stylelab-shares")
        self.box = self._arrange()
        self.painter = painter(self._show)
        self.photo.observe(self._picture_chosen, names="chosen")
        self.painting.observe(self._picture_chosen, names="chosen")
        self.form.observe(self._settings_turned, names="values")
        self._show_photo()
        self._name_file()
        self._write_call()
        self._say("Getting the network ready: a few seconds.")

    def _arrange(self) -> Any:
        pictures = ipywidgets.Box([self.photo, self.painting]).add_class("stylelab-pictures")
        left = ipywidgets.Box([pictures, self.places, self.form]).add_class("stylelab-left")
        curves = ipywidgets.Box([self._shares, self._curves]).add_class("stylelab-progress")
        shown = [self.controls, self._drawing_box, self.view, curves, self.strip, self.keep]
        right = ipywidgets.Box(shown)
        columns = ipywidgets.Box([left, right.add_class("stylelab-right")])
        # What asks how wide it is cannot answer for itself, so there is a box around the columns.
        box = ipywidgets.Box([columns.add_class("stylelab-columns")])
        return box.add_class("stylelab-studio")

    # What the reader does.

    def _act(self, action: str) -> None:
        with self._saying_what_fails():
            if action == "close":  # it waits for the painter, which may be about to tell something
                self.close()
                return
            with self._turn:
                getattr(self, action)()

    @contextmanager
    def _saying_what_fails(self) -> Iterator[None]:
        """Say whatever goes wrong in an answer to the browser: nobody else would hear of it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the studio works on
            self._say(in_a_sentence(error), wrong=True)

    def start(self) -> None:
        """Paint with the pictures and settings that are chosen now."""
        if self._closed:
            return
        if not self._ready.is_set():
            self._start_when_ready = True
            self._say("Getting the network ready; painting starts by itself.")
            return
        self._why = ""
        self._paint()

    def pause(self) -> None:
        """Hold the run."""
        self.painter.pause()

    def resume(self) -> None:
        """Go on after a pause."""
        self.painter.resume()

    def stop(self) -> None:
        """End the run and keep its best picture."""
        self._wanted, self._why = None, ""
        self.painter.stop()

    def reset(self) -> None:
        """Go back to the settings and the empty picture of the beginning. Kept runs stay."""
        self._wanted, self._why = None, ""
        self._start_when_ready = False
        self.painter.reset()
        self._quiet = True
        try:
            self.form.show(self._first)
        finally:
            self._quiet = False
        self._compare("")
        self.photo.says = self.painting.says = self.places.says = self.keep.says = ""
        self._end_drawing()
        self._write_call()
        self._forecast_if_possible()

    def close(self, why: str = "Closed. Run the cell again to open the studio anew.") -> None:
        """End the run and leave no thread behind; the last picture stays."""
        if self._closed:
            return
        self._closed = True
        self._start_when_ready = False
        self._end_drawing()
        self.view.forget()
        try:
            self.painter.close()
            if self._ahead is not None:
                self._ahead.join()  # the picture that it is at takes a second or two
        except TimeoutError as error:
            why = f"{why} {error}"
        finally:  # who is tired of waiting interrupts it; it is closed all the same
            self.controls.enabled = []
            self._say(why)

    def take_places(
        self,
        paintings: Sequence[Choice | str],
        shares: Sequence[float],
        regions: Sequence[Given | None],
    ) -> None:
        """Take what `studio` was given: paintings beyond the first, shares, and masks.

        Args:
            paintings: the first one is chosen already.
            shares: one for each.
            regions: what is kept of the photo, then where each painting counts; None for no mask.
        """
        others = [self.places.add(self.painting.offer(painting)) for painting in paintings[1:]]
        numbers = (0, *others)
        for number, share in zip(numbers, shares, strict=True):
            self.places.set_share(number, share)
        for number, region in zip((KEEP, *numbers), regions, strict=False):
            if region is not None:
                self.places.offer(*region, number=number)

    def paint_ahead(self) -> None:
        """Paint samples before they are asked for, on a thread that ends when all is there."""
        with self._turn:
            if not self._closed and (self._ahead is None or not self._ahead.is_alive()):
                self._ahead = Thread(target=self._paint_all, name="stylelab samples", daemon=True)
                self._ahead.start()

    def _paint_all(self) -> None:
        ahead = (self.painting.paint_ahead, self.places.paint_ahead, self.photo.paint_ahead)
        with self._saying_what_fails():
            while not self._closed and any(paint() for paint in ahead):
                with self._turn:
                    if self._shown.state is State.IDLE:
                        self._show_photo()

    def warm_up(self) -> None:
        """Build the network and what else takes a few seconds; on the main thread, please."""
        if self._closed:
            return
        try:
            import_tensorflow()
            settings = self.form.settings
            network = VGG19("block5_conv1", pooling=settings.pooling)
            network(np.full((32, 32, 3), 0.5, np.float32))
            _ = self.painting.picture
            self._forecast(settings)
        except Exception as error:  # noqa: BLE001 - the cell has ended, so it is said here
            # Start tries again, on the painter's thread, and says it again.
            self._say(in_a_sentence(error), wrong=True)
        except KeyboardInterrupt:
            self._say(_READY)  # Start gets ready what is missing
            raise
        else:
            if not self._closed and self._shown.state is State.IDLE:
                self._say(_READY)
        finally:
            self._ready.set()
        if self._start_when_ready and not self._closed:
            self._start_when_ready = False
            self.start()

    def _picture_chosen(self, _change: object = None) -> None:
        if self._closed:
            return
        with self._saying_what_fails():
            self.paint_ahead()
            with self._turn:
                self._take_picture()

    def _take_picture(self) -> None:
        if self._drawing is not None:
            if self._drawing.photo != self.photo.chosen:
                self._end_drawing()
            else:
                self._drawing.words.value = self._what_to_draw(self._drawing.row)
        self._name_file()
        self._forecast_if_possible()
        self._check_places()
        if self._under_way():
            if (shares := self._other_shares()) is not None:
                self._turn_weights(shares)
            elif news := self._news():
                self._restart(news)
        elif self._shown.job is None:
            self._show_photo()
            self._write_call()
        else:
            # The last picture stays, as it may not have been saved yet.
            self._say(f"Press Start to paint {self._chosen.name}.")
        self._offer_photo()

    @property
    def _chosen(self) -> Chosen:
        """What is chosen now."""
        return Chosen(self.photo.choice, self.places.portions, self.places.kept)

    @property
    def masks(self) -> dict[str, Mask]:
        """Every mask that was given, loaded or drawn, (H, W) in [0, 1], by its name."""
        return self.places.masks

    def _news(self) -> str:
        """Say what is chosen, as far as it is not what is being painted; empty if it is."""
        wanted = self._wanted.origin if self._wanted else None
        if wanted is None or self._chosen.name != wanted.name:
            return self._chosen.name
        return "; ".join(self._chosen.differences(wanted))

    def _check_places(self) -> None:
        """Say in the group of the places what would be said at Start."""
        sources = self._chosen
        shape = sources.photo.load().shape
        self.places.says = ""
        try:
            for place in (*(portion.place for portion in sources.portions), sources.keep):
                if place is not None:
                    place.mask(shape)
            sources.kept()
            _ = sources.weights
        except StylelabError as error:
            self.places.says = in_a_sentence(error)

    def _settings_turned(self, _change: object) -> None:
        if self._quiet or self._closed:
            return
        with self._saying_what_fails(), self._turn:
            self._take_settings()

    def _take_settings(self) -> None:
        try:
            settings = self.form.settings
        except SettingsError:
            return  # the form says so; a run goes on as before
        self._forecast_if_possible()
        if self._wanted is None or not self._under_way():
            self._write_call()
            return
        job = self.painter.snapshot.job
        now = self._wanted if job is None or self._waits() else job
        if self._waits() or now.settings.non_weight_changes(settings):
            self._restart("; ".join(differences(now.settings, settings)))
        else:
            self._turn_weights(self._other_shares() or self._origin_of(now))

    def _other_shares(self) -> Chosen | None:
        """Give what is chosen as other shares of the run under way; None if more than they are new."""
        job = self.painter.snapshot.job
        if job is None or self._waits():
            return None
        return self._chosen.going_on_from(self._origin_of(job))

    def _turn_weights(self, chosen: Chosen) -> None:
        """Let the run go on with other weights: those of the form, and the shares of what is chosen."""
        job = self.painter.snapshot.job
        if job is None:
            return
        try:
            settings, styles = self.form.settings, None
            if isinstance(job.painting, Loss):
                styles = chosen.reweighed(job.painting, settings)
        except SettingsError:
            return  # the form or the group of the places says so; the run goes on as before
        words = "; ".join(chosen.differences(self._origin_of(job)))
        self.painter.change(settings, styles, words, chosen)

    def _under_way(self) -> bool:
        """Whether something is painted, or is going to be by itself."""
        return self.painter.snapshot.state in UNDER_WAY or self._waits()

    def _waits(self) -> bool:
        """Whether a run was asked for that waits for the one before it to end."""
        job = self.painter.snapshot.job
        stopping = self.painter.snapshot.state is State.STOPPING
        return (
            stopping
            and self._wanted is not None
            and job is not None
            and job.label != self._wanted.label
        )

    def _restart(self, reason: str) -> None:
        self._why = f"Painting anew: {reason}. The run before is kept below."
        self._compare_next = self._shown.job.label if self._shown.job else ""
        if self._paint():
            self._say(f"This restarts the run: {reason}.")

    def _paint(self) -> bool:
        """Ask for a run of what is chosen; say what is wrong with it, if anything is."""
        try:
            job = self._job()
            before, self._wanted = self._wanted, job
            try:
                self.painter.start(job)
            except BaseException:
                self._wanted = before
                raise
        except Exception as error:  # noqa: BLE001 - it is said; the studio works on
            self._say(in_a_sentence(error), wrong=True)
            return False
        self._asked += 1
        return True

    def _job(self) -> Job:
        settings, sources = self.form.settings, self._chosen
        label = f"run {self._asked + 1}"
        photo, manner, keep = sources.photo.load(), sources.manner(settings), sources.kept()
        fit_masks(photo, manner, keep)
        return Job(photo, manner, settings, keep=keep, label=label, origin=sources)

    # A mask drawn by hand takes the place of the large picture for a while.

    def _begin_drawing(self, number: int) -> None:
        with self._saying_what_fails(), self._turn:
            if not self._closed:
                self._draw_mask(number)

    def _draw_mask(self, number: int) -> None:
        portion = self.places.portion(number)
        place = self.places.kept if portion is None else portion.place
        photo, drawn_on = self.photo.picture, self.photo.chosen
        try:
            mask = None if place is None else place.mask(photo.shape)
        except StylelabError:  # it is of another photo
            mask = None
        drawing = MaskDrawing(photo, mask)
        use, cancel = (
            ipywidgets.Button(description=words).add_class("stylelab-button")
            for words in ("Use this mask", "Cancel")
        )
        use.on_click(lambda _: self._use_drawing())
        cancel.on_click(lambda _: self._end_drawing())
        words = ipywidgets.HTML(self._what_to_draw(number))
        use.add_class("stylelab-use")
        buttons = ipywidgets.Box([words, use, cancel]).add_class("stylelab-drawing-buttons")
        self._drawing = _MaskInHand(number, drawn_on, drawing, words)
        self._drawing_box.children = (buttons, drawing)
        self._say("Paint the mask over the photo, then press Use this mask.")

    def _what_to_draw(self, number: int) -> str:
        what = "stay a photo"
        if number != KEEP:
            portion = self.places.portion(number)
            if portion is None:
                return (
                    "<p>The painting of this mask was removed. The mask can be kept for others.</p>"
                )
            what = f"be in the style of {escape(portion.painting.name)}"
        return f"<p>Paint over what shall {what}.</p>"

    def _use_drawing(self) -> None:
        with self._saying_what_fails():
            with self._turn:
                if self._drawing is None:
                    return
                number, photo, drawing, _ = self._drawing
                if photo != self.photo.chosen:  # it is of another, and about to go
                    return
                mask = validate_mask(drawing.mask)
                self._end_drawing()
            self.places.offer("drawn", mask, number=number)

    def _end_drawing(self) -> None:
        with self._turn:
            if self._drawing is not None:
                self._drawing, self._drawing_box.children = None, ()
                wrong = self._shown.state is State.FAILED
                self._say(self._status(self._shown), wrong=wrong)

    def _compare(self, key: str) -> None:
        """Lay a kept run, or the photo, under the slider; an empty key takes it away."""
        before = self.photo.picture if key == "photo" else None
        for run in self.runs:
            before = run.result.image if run.name == key else before
        self.strip.pressed = "" if before is None else key
        self.view.before_name = "" if before is None else key
        self.view.before = b"" if before is None else jpeg(_at_most(before, LONGEST))

    def _save(self, name: str) -> None:
        try:
            shown = self._shown  # the painter may show another meanwhile
            result = _present(shown)
            if result is None:
                return
            path = _new_file(name)
            changes = [change.text for change in shown.changes]
            origin = self._origin_of(shown.job)
            styles, rights = origin.named(result.styles), origin.rights()
            facts: dict[str, Any] = origin.facts() | {"changes": changes}
            saved = replace(result, styles=styles, rights=rights).save(path, **facts)
        except Exception as error:  # noqa: BLE001 - it is said, and another name may do
            self.keep.says, self.keep.wrong = in_a_sentence(error), True
        else:
            self.keep.says, self.keep.wrong = on_one_line(f"Saved: {saved.resolve()}"), False
        self._name_file()

    def _nobody_looks(self) -> None:
        if self.painter.snapshot.state in UNDER_WAY:
            self._wanted, self._why = None, "The studio was no longer on any page."
            self.painter.stop()

    def _widen(self, width: int) -> None:
        self._width = max(320, min(width, 1200))
        self._draw_curves()

    # What the painter tells.

    def _show(self, snapshot: Snapshot) -> None:
        """Write a snapshot to the widgets; called by one thread at a time, never by two."""
        before, self._shown = self._shown, snapshot
        self.controls.state = snapshot.state.value
        self.controls.enabled = [] if self._closed else list(ENABLED[snapshot.state])
        self._keep_results()
        if snapshot.state is not before.state or snapshot.message != before.message:
            self._say(self._status(snapshot), wrong=snapshot.state is State.FAILED)
        self.controls.facts = facts_in_words(snapshot)
        self.controls.share = _share(snapshot)
        if snapshot.state is State.IDLE:
            self._show_photo()
        elif snapshot.result is not None:
            self._show_picture(snapshot.result.image, snapshot)
        elif snapshot.progress is not None:
            self._show_progress(snapshot.progress, snapshot)
        self._draw_curves()
        self.keep.ready = snapshot.result is not None or snapshot.progress is not None
        if snapshot.job is not before.job or snapshot.changes != before.changes:
            self._write_call()

    def _keep_results(self) -> None:
        for job, result in self.painter.ended[len(self.runs) :]:
            name = job.label
            run = Run(name, self._origin_of(job), result)
            line = self._line(run)
            self.runs = (*self.runs, run)
            self._offer_photo()
            self.strip.put(name, name=name, line=line, thumbnail=thumbnail(result.image))
            if self._compare_next == name:
                self._compare(name)

    def _line(self, run: Run) -> str:
        """Say in what a run differs from the one before it."""
        settings = run.result.settings
        if not self.runs:
            return f"{run.sources.name}, style {settings.style_weight:g}"
        last = self.runs[-1]
        parts = run.sources.differences(last.sources)
        parts += differences(last.result.settings, settings)
        return "; ".join(parts) or "the same settings"

    def _status(self, snapshot: Snapshot) -> str:
        state, said = snapshot.state, snapshot.message
        if state is State.IDLE:
            return _READY if self._ready.is_set() else self.controls.status
        if state is State.RUNNING:
            return self._why or "Painting. Weights take effect at the next step."
        if said == PAUSED:
            return "Paused. Turn a weight or two, then resume."
        return f"{said} {self._why}" if state is State.STOPPED else said

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        self.controls.wrong = wrong
        self.controls.status = sentence

    def _show_photo(self) -> None:
        """Show what is going to be painted, and in whose manner."""
        photo = _at_most(self.photo.picture, LONGEST)
        self._proportions(photo)
        paintings = [portion.painting.thumbnail for portion in self.places.portions]
        self.view.now = jpeg(_with_insets(photo, paintings))
        self.view.alt = f"The photo, {self.photo.choice.name}, not yet painted."
        self.view.name = "photo"
        self.view.caption = self._chosen.name

    def _show_progress(self, progress: Progress, snapshot: Snapshot) -> None:
        """Show the present step, as far as its colours leave time for the next."""
        began = time.monotonic()
        spares = self._coloured_at + self._colouring / COLOURING
        if snapshot.state is State.RUNNING and self._colouring and began < spares:
            return
        picture = progress.picture(progress.step)
        self._coloured_at = time.monotonic()
        self._colouring = 0.0 if progress.colours is None else self._coloured_at - began
        self._show_picture(picture, snapshot)

    def _show_picture(self, picture: Picture, snapshot: Snapshot) -> None:
        height, width = picture.shape[:2]
        ended = snapshot.result is not None
        name = snapshot.job.label if snapshot.job else "now"
        self._proportions(picture)
        self.view.now = jpeg(picture, quality=95 if ended else 88)
        self.view.name = name if ended else "now"
        self.view.alt = (
            f"{self._origin.photo.name} in the style of {self._origin.painting}, after "
            f"{snapshot.steps_done} of {snapshot.steps_total} steps, {width} × {height} px."
        )
        self.view.caption = f"{name}: {self._origin.name}, {width} × {height} px"

    def _proportions(self, picture: Picture) -> None:
        self.view.height, self.view.width = picture.shape[:2]

    def _draw_curves(self) -> None:
        with self._pen:
            snapshot = self._shown
            progress = snapshot.progress
            if progress is None:
                if snapshot.state is State.IDLE:
                    self._curves.value = self._shares.value = ""
                return
            names = self._origin_of(snapshot.job).term_names
            self._curves.value = loss_curves_svg(
                progress.history,
                snapshot.changes,
                width=self._width,
                height=CURVES_HEIGHT,
                stages=progress.stages,
                names=names,
            )
            self._shares.value = shares_html(progress.history[-1].terms, names)

    def _offer_photo(self) -> None:
        choice = self.photo.choice
        if self.runs:
            self.strip.put("photo", name="photo", line=choice.name, thumbnail=choice.thumbnail)
        if self.strip.pressed == "photo":
            self._compare("photo")

    @property
    def _origin(self) -> Chosen:
        """What the picture shown now was made of."""
        return self._origin_of(self._shown.job)

    def _origin_of(self, job: Job | None) -> Chosen:
        return self._chosen if job is None else job.origin

    def _name_file(self) -> None:
        self.keep.file_name = free_name(self._origin.photo.name, self._origin.painting)

    def _write_call(self) -> None:
        with self._pen:
            try:
                self.keep.code = self._call()
            except StylelabError:
                return  # the field, or the group of the places, says so

    def _call(self) -> str:
        """The Python call that paints the picture shown now."""
        shown = self._shown
        job, changes = shown.job, shown.changes
        settings = self.form.settings if job is None else job.settings
        photo, manner, keep, lines = self._origin_of(job).code(variable_of(self) or "studio")
        return call_for(photo, manner, settings, changes, keep=keep, before=lines)

    def _forecast_if_possible(self) -> None:
        if self._ready.is_set():
            try:
                self._forecast(self.form.settings)
            except StylelabError:
                self.form.forecast = ""

    def _forecast(self, settings: Settings) -> None:
        self.form.forecast = f"{estimate_cost(self.photo.picture.shape[:2], settings)}."

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the live widgets, and a still picture for where they cannot be shown."""
        live: dict[str, Any] = self.box._repr_mimebundle_()
        before = "Before painting, the photo and the painting: " if self._shown.job is None else ""
        alt = f"{before}{self.view.caption}. The studio itself needs a running kernel."
        still, metadata = mimebundle(self.view.now, "image/jpeg", alt)
        return {**live, **still}, metadata


def _present(shown: Snapshot) -> Result | None:
    """The picture of a snapshot, as the result of a run, if any was painted."""
    if shown.result is not None or shown.progress is None or shown.job is None:
        return shown.result
    stopped = f"saved at step {shown.steps_done} of {shown.steps_total}"
    return result_of(shown.job, shown.progress, stopped)


def _new_file(name: str) -> Path:
    """Give the path of a file that is not there yet."""
    try:
        path = Path(name.strip()).expanduser()
        is_there = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise OutputError(
            f"Expected the name of a file. Received: {name!r}, which cannot be one ({error}). "
            "Write another."
        ) from error
    if is_there:
        raise OutputError(
            f"Expected the name of a new file. Received: {name!r}, which is there already. "
            "A free name was put in its place: press Save again, or write another."
        )
    return path


_READY = "Ready. Press Start; weights can be turned while it paints."

_open: Studio | None = None


def studio(
    photo: PictureSource = "cat",
    painting: PictureSource | Sequence[PictureSource] = "swirling_night",
    *,
    shares: Sequence[float] | None = None,
    masks: Sequence[PictureSource | None] = (),
    keep: PictureSource | None = None,
    **settings: Any,
) -> Studio:
    """Open the studio: choose, paint, watch, and turn every knob while it runs.

    ```python
    studio()
    studio("holiday.jpg", "stained_glass", size=512, style_weight=30)
    studio("holiday.jpg", [night, glass], masks=[sky, 1 - sky], keep="faces.png")
    ```

    One studio is open at a time: another one closes it.

    Args:
        photo: what to show first; the name of a sample, or anything that `load_image` takes.
        painting: how to show it; the same, or a list of several.
        shares: how much of the style each of several paintings is; equal without it.
        masks: for each painting, where it counts: (H, W) in [0, 1] of the photo's size, or a file as
            `load_mask` takes it; None for everywhere.
        keep: where the photo stays as it is; the same.
        **settings: where the knobs stand at first; see `Settings`. `size` is 256 without it.

    Raises:
        PictureError: a picture or a mask cannot be used.
        SettingsError: a setting is not what it should be.
    """
    global _open  # noqa: PLW0603 - one at a time in a kernel, so the kernel has to remember it
    checked = _settings(settings)
    paintings = [None] if painting is None else pictures_of("painting", painting)
    if not paintings:
        raise SettingsError("Expected a painting or several. Received: an empty list.")
    shown = choice_of(photo, name=variable_of(photo), role="photo")
    choices = [choice_of(each, name=variable_of(each), role="painting") for each in paintings]
    parts = shares_of(shares, len(choices))
    regions = regions_of((keep, *pictures_of("masks", masks)), len(choices), shown)
    if _open is not None:
        _open.close("Closed, because another studio was opened. The pictures stay.")
    _open = Studio(shown, choices[0], checked)
    _open.take_places(choices, parts, regions)
    _open.paint_ahead()
    _after_the_cell(_open.warm_up)
    return _open


def _settings(given: dict[str, Any]) -> Settings:
    known = Settings.__dataclass_fields__
    for name in given:
        if name not in known:
            raise SettingsError(
                f"Expected the settings {', '.join(known)}. Received: {name!r}. See Settings."
            )
    return replace(Settings(size=SIZE), **given)


def _after_the_cell(work: Callable[[], object]) -> None:
    """Do the work once the cell's output is on the page; at once where there are no cells."""
    running = shell()
    if running is None:
        work()
        return

    def once(*_: object) -> None:
        running.events.unregister("post_run_cell", once)
        work()

    running.events.register("post_run_cell", once)


def facts_in_words(snapshot: Snapshot) -> str:
    """Say where a run is: "step 34 of 100 · 128 × 85 px · 4.1 steps/s · 18 s left"."""
    if snapshot.progress is None or not snapshot.steps_total:
        return ""
    height, width = snapshot.progress.step.image.shape[:2]
    parts = [f"step {snapshot.steps_done} of {snapshot.steps_total}", f"{width} × {height} px"]
    if snapshot.state in (State.RUNNING, State.PAUSED):
        if snapshot.speed:
            parts.append(f"{snapshot.speed:.1f} steps/s")
        if snapshot.seconds_left is not None:
            parts.append(f"{_duration(snapshot.seconds_left)} left")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(1, round(seconds)), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _share(snapshot: Snapshot) -> float:
    if snapshot.state is State.FINISHED:
        return 1.0
    return snapshot.progress.share if snapshot.progress else 0.0


def _at_most(picture: Picture, longest: int) -> Picture:
    return resize(picture, longest) if max(picture.shape) > longest else picture


def _with_insets(photo: Picture, thumbnails: Sequence[bytes]) -> Picture:
    """Lay thumbnails with a white edge along the bottom of a picture, the last one at the right."""
    shown = photo.copy()
    height, width = photo.shape[:2]
    edge = max(2, round(0.012 * min(height, width)))
    right = width - 2 * edge
    for small in reversed(thumbnails):
        if not small:  # not painted yet
            continue
        inset = load_image(small)
        scale = 0.28 * min(height, width) / inset.shape[0]
        rows, columns = (max(1, round(side * scale)) for side in inset.shape[:2])
        top, left = height - rows - 3 * edge, right - columns - edge
        if top < 0 or left < 0:  # a very narrow picture, or very many
            break
        shown[top - edge : top + rows + edge, left - edge : left + columns + edge] = 1
        shown[top : top + rows, left : left + columns] = resize_to(inset, rows, columns)
        right = left - 2 * edge
    return shown
