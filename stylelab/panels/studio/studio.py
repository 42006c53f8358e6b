"""The whole studio: pictures and settings at the left, the picture and its curves at the right.

The browser's events only ask the painter for something and return. The painter's thread answers
through `Studio._on_snapshot`, which writes to nothing but the traits of widgets.
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

from stylelab.course.figures.drawing import mimebundle
from stylelab.errors import OutputError, SettingsError, StylelabError
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.vgg19 import VGG19
from stylelab.panels.arguments import as_picture_list
from stylelab.panels.mask_drawing import MaskDrawing
from stylelab.panels.messages import error_message, single_line
from stylelab.panels.studio.cell_arguments import (
    ipython_shell,
    load_mask_arguments,
    normalise_shares,
    variable_name,
)
from stylelab.panels.studio.code_export import transfer_code
from stylelab.panels.studio.loss_curves import loss_curves_svg, shares_html
from stylelab.panels.studio.picture_chooser import PictureChooser, choice_from_source
from stylelab.panels.studio.picture_view import PictureView
from stylelab.panels.studio.run_controls import ENABLED, RunControls
from stylelab.panels.studio.run_gallery import RunGallery
from stylelab.panels.studio.save_panel import SavePanel, free_file_name
from stylelab.panels.studio.selection import Selection
from stylelab.panels.studio.settings_form import SettingsForm, differences
from stylelab.panels.studio.styles_panel import KEEP, StylesPanel
from stylelab.panels.studio.thumbnails import jpeg, thumbnail
from stylelab.panels.studio.transfer_runner import (
    PAUSED,
    Job,
    Snapshot,
    State,
    TransferRunner,
    result_of,
)
from stylelab.pictures.images import load_image, resize, resize_to
from stylelab.pictures.masks import validate_mask
from stylelab.pipeline.cost_estimate import estimate_cost
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stylelab.panels.studio.cell_arguments import MaskArgument
    from stylelab.panels.studio.picture_chooser import PictureChoice
    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.result import Result

SIZE = 256
"""Long side, in pixels, that the studio begins with: lively on two cores."""

MAX_SIDE = 768
"""Long side, in pixels, at which a photo is shown before it is painted."""

CURVES_HEIGHT = 190

COLOUR_TIME_SHARE = 0.04
"""Share of the time that putting a photo's colours back may take while a picture is painted."""

ACTIVE_STATES = (State.PREPARING, State.RUNNING, State.PAUSED)


@dataclass(frozen=True, eq=False)
class GalleryRun:
    """A run that has ended and is kept.

    Attributes:
        name: "run 3".
        sources: what was chosen.
        result: its picture and settings.
    """

    name: str
    selection: Selection
    result: Result


class _OpenDrawing(NamedTuple):
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
        photo: PictureChoice | str = "cat",
        painting: PictureChoice | str = "swirling_night",
        settings: Settings | None = None,
        *,
        runner: Callable[[Callable[[Snapshot], object]], TransferRunner] = TransferRunner,
    ) -> None:
        self.runs: tuple[GalleryRun, ...] = ()
        self._initial_settings = settings or Settings(size=SIZE)
        self._run_count = 0  # how many runs
        self._snapshot = Snapshot(State.IDLE)
        self._ready, self._closed = Event(), False
        self._lock = RLock()  # widgets may be answered by several threads
        self._write_lock = Lock()  # so that what was read last is written last
        self._sample_thread: Thread | None = None
        self._start_when_ready = self._ignore_form = False
        self._requested_job: Job | None = None  # what was asked of the painter last
        self._compare_next = ""  # the run to compare with as soon as it is kept
        self._reason = ""
        self._width = 640
        self._last_colour_time = self._colour_seconds = 0.0
        self._drawing: _OpenDrawing | None = None
        self.photo = PictureChooser("photo", photo)
        self.painting = PictureChooser("painting", painting)
        self.styles_panel = StylesPanel(
            self.painting, on_change=self._on_picture_change, on_draw=self._begin_drawing
        )
        self.settings_form = SettingsForm(self._initial_settings)
        self.controls = RunControls(self._on_action)
        self.view = PictureView(on_gone=self._on_view_gone, on_width=self._on_width)
        self.run_gallery = RunGallery(self._compare)
        self.save_panel = SavePanel(self._save)
        self._drawing_box = ipywidgets.Box().add_class("stylelab-drawing")
        self._curves = ipywidgets.HTML().add_class("stylelab-curves")
        self._shares = ipywidgets.HTML().add_class("stylelab-shares")
        self.box = self._arrange()
        self.runner = runner(self._on_snapshot)
        self.photo.observe(self._on_picture_change, names="chosen")
        self.painting.observe(self._on_picture_change, names="chosen")
        self.settings_form.observe(self._on_settings_change, names="values")
        self._show_photo()
        self._name_file()
        self._write_call()
        self._show_status("Getting the network ready: a few seconds.")

    def _arrange(self) -> Any:
        pictures = ipywidgets.Box([self.photo, self.painting]).add_class("stylelab-pictures")
        left = ipywidgets.Box([pictures, self.styles_panel, self.settings_form]).add_class(
            "stylelab-left"
        )
        curves = ipywidgets.Box([self._shares, self._curves]).add_class("stylelab-progress")
        shown = [
            self.controls,
            self._drawing_box,
            self.view,
            curves,
            self.run_gallery,
            self.save_panel,
        ]
        right = ipywidgets.Box(shown)
        columns = ipywidgets.Box([left, right.add_class("stylelab-right")])
        # What asks how wide it is cannot answer for itself, so there is a box around the columns.
        box = ipywidgets.Box([columns.add_class("stylelab-columns")])
        return box.add_class("stylelab-studio")

    # What the reader does.

    def _on_action(self, action: str) -> None:
        with self._showing_errors():
            if action == "close":  # it waits for the painter, which may be about to tell something
                self.close()
                return
            with self._lock:
                getattr(self, action)()

    @contextmanager
    def _showing_errors(self) -> Iterator[None]:
        """Say whatever goes wrong in an answer to the browser: nobody else would hear of it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the studio works on
            self._show_status(error_message(error), is_error=True)

    def start(self) -> None:
        """Paint with the pictures and settings that are chosen now."""
        if self._closed:
            return
        if not self._ready.is_set():
            self._start_when_ready = True
            self._show_status("Getting the network ready; painting starts by itself.")
            return
        self._reason = ""
        self._paint()

    def pause(self) -> None:
        """Hold the run."""
        self.runner.pause()

    def resume(self) -> None:
        """Go on after a pause."""
        self.runner.resume()

    def stop(self) -> None:
        """End the run and keep its best picture."""
        self._requested_job, self._reason = None, ""
        self.runner.stop()

    def reset(self) -> None:
        """Go back to the settings and the empty picture of the beginning. Kept runs stay."""
        self._requested_job, self._reason = None, ""
        self._start_when_ready = False
        self.runner.reset()
        self._ignore_form = True
        try:
            self.settings_form.show(self._initial_settings)
        finally:
            self._ignore_form = False
        self._compare("")
        self.photo.notice = self.painting.notice = self.styles_panel.notice = (
            self.save_panel.notice
        ) = ""
        self._end_drawing()
        self._write_call()
        self._update_cost_estimate()

    def close(self, why: str = "Closed. Run the cell again to open the studio anew.") -> None:
        """End the run and leave no thread behind; the last picture stays."""
        if self._closed:
            return
        self._closed = True
        self._start_when_ready = False
        self._end_drawing()
        self.view.cancel_timer()
        try:
            self.runner.close()
            if self._sample_thread is not None:
                self._sample_thread.join()  # the picture that it is at takes a second or two
        except TimeoutError as error:
            why = f"{why} {error}"
        finally:  # who is tired of waiting interrupts it; it is closed all the same
            self.controls.enabled = []
            self._show_status(why)

    def set_styles(
        self,
        paintings: Sequence[PictureChoice | str],
        shares: Sequence[float],
        regions: Sequence[MaskArgument | None],
    ) -> None:
        """Take what `studio` was given: paintings beyond the first, shares, and masks.

        Args:
            paintings: the first one is chosen already.
            shares: one for each.
            regions: what is kept of the photo, then where each painting counts; None for no mask.
        """
        others = [
            self.styles_panel.add(self.painting.add_choice(painting)) for painting in paintings[1:]
        ]
        numbers = (0, *others)
        for number, share in zip(numbers, shares, strict=True):
            self.styles_panel.set_share(number, share)
        for number, region in zip((KEEP, *numbers), regions, strict=False):
            if region is not None:
                self.styles_panel.add_mask(*region, number=number)

    def prepare_samples(self) -> None:
        """Paint samples before they are asked for, on a thread that ends when all is there."""
        with self._lock:
            if not self._closed and (
                self._sample_thread is None or not self._sample_thread.is_alive()
            ):
                self._sample_thread = Thread(
                    target=self._prepare_all_samples, name="stylelab samples", daemon=True
                )
                self._sample_thread.start()

    def _prepare_all_samples(self) -> None:
        ahead = (
            self.painting.prepare_samples,
            self.styles_panel.prepare_samples,
            self.photo.prepare_samples,
        )
        with self._showing_errors():
            while not self._closed and any(paint() for paint in ahead):
                with self._lock:
                    if self._snapshot.state is State.IDLE:
                        self._show_photo()

    def warm_up(self) -> None:
        """Build the network and what else takes a few seconds; on the main thread, please."""
        if self._closed:
            return
        try:
            import_tensorflow()
            settings = self.settings_form.settings
            network = VGG19("block5_conv1", pooling=settings.pooling)
            network(np.full((32, 32, 3), 0.5, np.float32))
            _ = self.painting.picture
            self._show_cost_estimate(settings)
        except Exception as error:  # noqa: BLE001 - the cell has ended, so it is said here
            # Start tries again, on the painter's thread, and says it again.
            self._show_status(error_message(error), is_error=True)
        except KeyboardInterrupt:
            self._show_status(_READY)  # Start gets ready what is missing
            raise
        else:
            if not self._closed and self._snapshot.state is State.IDLE:
                self._show_status(_READY)
        finally:
            self._ready.set()
        if self._start_when_ready and not self._closed:
            self._start_when_ready = False
            self.start()

    def _on_picture_change(self, _change: object = None) -> None:
        if self._closed:
            return
        with self._showing_errors():
            self.prepare_samples()
            with self._lock:
                self._apply_picture()

    def _apply_picture(self) -> None:
        if self._drawing is not None:
            if self._drawing.photo != self.photo.chosen:
                self._end_drawing()
            else:
                self._drawing.words.value = self._what_to_draw(self._drawing.row)
        self._name_file()
        self._update_cost_estimate()
        self._validate_styles()
        if self._is_active():
            if (shares := self._other_shares()) is not None:
                self._change_weights(shares)
            elif news := self._pending_changes():
                self._restart(news)
        elif self._snapshot.job is None:
            self._show_photo()
            self._write_call()
        else:
            # The last picture stays, as it may not have been saved yet.
            self._show_status(f"Press Start to paint {self._selection.name}.")
        self._update_photo_item()

    @property
    def _selection(self) -> Selection:
        """What is chosen now."""
        return Selection(
            self.photo.choice, self.styles_panel.style_choices, self.styles_panel.keep_region
        )

    @property
    def masks(self) -> dict[str, Mask]:
        """Every mask that was given, loaded or drawn, (H, W) in [0, 1], by its name."""
        return self.styles_panel.masks

    def _pending_changes(self) -> str:
        """Say what is chosen, as far as it is not what is being painted; empty if it is."""
        wanted = self._requested_job.origin if self._requested_job else None
        if wanted is None or self._selection.name != wanted.name:
            return self._selection.name
        return "; ".join(self._selection.differences(wanted))

    def _validate_styles(self) -> None:
        """Say in the group of the places what would be said at Start."""
        selection = self._selection
        shape = selection.photo.load().shape
        self.styles_panel.notice = ""
        try:
            for place in (
                *(style_choice.place for style_choice in selection.style_choices),
                selection.keep,
            ):
                if place is not None:
                    place.mask(shape)
            selection.keep_mask()
            _ = selection.weights
        except StylelabError as error:
            self.styles_panel.notice = error_message(error)

    def _on_settings_change(self, _change: object) -> None:
        if self._ignore_form or self._closed:
            return
        with self._showing_errors(), self._lock:
            self._apply_settings()

    def _apply_settings(self) -> None:
        try:
            settings = self.settings_form.settings
        except SettingsError:
            return  # the form says so; a run goes on as before
        self._update_cost_estimate()
        if self._requested_job is None or not self._is_active():
            self._write_call()
            return
        job = self.runner.snapshot.job
        now = self._requested_job if job is None or self._is_queued() else job
        if self._is_queued() or now.settings.non_weight_changes(settings):
            self._restart("; ".join(differences(now.settings, settings)))
        else:
            self._change_weights(self._other_shares() or self._origin_of(now))

    def _other_shares(self) -> Selection | None:
        """Give what is chosen as other shares of the run under way; None if more than they are new."""
        job = self.runner.snapshot.job
        if job is None or self._is_queued():
            return None
        return self._selection.continuing_from(self._origin_of(job))

    def _change_weights(self, chosen: Selection) -> None:
        """Let the run go on with other weights: those of the form, and the shares of what is chosen."""
        job = self.runner.snapshot.job
        if job is None:
            return
        try:
            settings = self.settings_form.settings
            styles = chosen.with_updated_weights(job.inputs.styles, settings)
        except SettingsError:
            return  # the form or the group of the places says so; the run goes on as before
        words = "; ".join(chosen.differences(self._origin_of(job)))
        self.runner.change(settings, styles, words, chosen)

    def _is_active(self) -> bool:
        """Whether something is painted, or is going to be by itself."""
        return self.runner.snapshot.state in ACTIVE_STATES or self._is_queued()

    def _is_queued(self) -> bool:
        """Whether a run was asked for that waits for the one before it to end."""
        job = self.runner.snapshot.job
        stopping = self.runner.snapshot.state is State.STOPPING
        return (
            stopping
            and self._requested_job is not None
            and job is not None
            and job.label != self._requested_job.label
        )

    def _restart(self, reason: str) -> None:
        self._reason = f"Painting anew: {reason}. The run before is kept below."
        self._compare_next = self._snapshot.job.label if self._snapshot.job else ""
        if self._paint():
            self._show_status(f"This restarts the run: {reason}.")

    def _paint(self) -> bool:
        """Ask for a run of what is chosen; say what is wrong with it, if anything is."""
        try:
            job = self._job()
            before, self._requested_job = self._requested_job, job
            try:
                self.runner.start(job)
            except BaseException:
                self._requested_job = before
                raise
        except Exception as error:  # noqa: BLE001 - it is said; the studio works on
            self._show_status(error_message(error), is_error=True)
            return False
        self._run_count += 1
        return True

    def _job(self) -> Job:
        settings, selection = self.settings_form.settings, self._selection
        label = f"run {self._run_count + 1}"
        return Job(selection.inputs(settings), settings, label=label, origin=selection)

    # A mask drawn by hand takes the place of the large picture for a while.

    def _begin_drawing(self, number: int) -> None:
        with self._showing_errors(), self._lock:
            if not self._closed:
                self._draw_mask(number)

    def _draw_mask(self, number: int) -> None:
        style_choice = self.styles_panel.style_choice(number)
        place = self.styles_panel.keep_region if style_choice is None else style_choice.place
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
        self._drawing = _OpenDrawing(number, drawn_on, drawing, words)
        self._drawing_box.children = (buttons, drawing)
        self._show_status("Paint the mask over the photo, then press Use this mask.")

    def _what_to_draw(self, number: int) -> str:
        what = "stay a photo"
        if number != KEEP:
            style_choice = self.styles_panel.style_choice(number)
            if style_choice is None:
                return (
                    "<p>The painting of this mask was removed. The mask can be kept for others.</p>"
                )
            what = f"be in the style of {escape(style_choice.painting.name)}"
        return f"<p>Paint over what shall {what}.</p>"

    def _use_drawing(self) -> None:
        with self._showing_errors():
            with self._lock:
                if self._drawing is None:
                    return
                number, photo, drawing, _ = self._drawing
                if photo != self.photo.chosen:  # it is of another, and about to go
                    return
                mask = validate_mask(drawing.mask)
                self._end_drawing()
            self.styles_panel.add_mask("drawn", mask, number=number)

    def _end_drawing(self) -> None:
        with self._lock:
            if self._drawing is not None:
                self._drawing, self._drawing_box.children = None, ()
                is_error = self._snapshot.state is State.FAILED
                self._show_status(self._status(self._snapshot), is_error=is_error)

    def _compare(self, key: str) -> None:
        """Lay a kept run, or the photo, under the slider; an empty key takes it away."""
        before = self.photo.picture if key == "photo" else None
        for run in self.runs:
            before = run.result.image if run.name == key else before
        self.run_gallery.pressed = "" if before is None else key
        self.view.before_name = "" if before is None else key
        self.view.before = b"" if before is None else jpeg(_shrink_to(before, MAX_SIDE))

    def _save(self, name: str) -> None:
        try:
            shown = self._snapshot  # the painter may show another meanwhile
            result = _current_result(shown)
            if result is None:
                return
            path = _new_file(name)
            changes = [change.text for change in shown.changes]
            origin = self._origin_of(shown.job)
            styles, rights = origin.add_style_names(result.styles), origin.rights()
            file_metadata: dict[str, Any] = origin.file_metadata() | {"changes": changes}
            saved = replace(result, styles=styles, rights=rights).save(path, **file_metadata)
        except Exception as error:  # noqa: BLE001 - it is said, and another name may do
            self.save_panel.notice, self.save_panel.is_error = error_message(error), True
        else:
            self.save_panel.notice, self.save_panel.is_error = (
                single_line(f"Saved: {saved.resolve()}"),
                False,
            )
        self._name_file()

    def _on_view_gone(self) -> None:
        if self.runner.snapshot.state in ACTIVE_STATES:
            self._requested_job, self._reason = None, "The studio was no longer on any page."
            self.runner.stop()

    def _on_width(self, width: int) -> None:
        self._width = max(320, min(width, 1200))
        self._draw_curves()

    # What the painter tells.

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        """Write a snapshot to the widgets; called by one thread at a time, never by two."""
        before, self._snapshot = self._snapshot, snapshot
        self.controls.state = snapshot.state.value
        self.controls.enabled = [] if self._closed else list(ENABLED[snapshot.state])
        self._add_finished_runs()
        if snapshot.state is not before.state or snapshot.message != before.message:
            self._show_status(self._status(snapshot), is_error=snapshot.state is State.FAILED)
        self.controls.progress_text = progress_text(snapshot)
        self.controls.share = _progress_share(snapshot)
        if snapshot.state is State.IDLE:
            self._show_photo()
        elif snapshot.result is not None:
            self._show_picture(snapshot.result.image, snapshot)
        elif snapshot.progress is not None:
            self._show_progress(snapshot.progress, snapshot)
        self._draw_curves()
        self.save_panel.ready = snapshot.result is not None or snapshot.progress is not None
        if snapshot.job is not before.job or snapshot.changes != before.changes:
            self._write_call()

    def _add_finished_runs(self) -> None:
        for job, result in self.runner.ended[len(self.runs) :]:
            name = job.label
            run = GalleryRun(name, self._origin_of(job), result)
            line = self._run_description(run)
            self.runs = (*self.runs, run)
            self._update_photo_item()
            self.run_gallery.set_item(name, name=name, line=line, thumbnail=thumbnail(result.image))
            if self._compare_next == name:
                self._compare(name)

    def _run_description(self, run: GalleryRun) -> str:
        """Say in what a run differs from the one before it."""
        settings = run.result.settings
        if not self.runs:
            return f"{run.selection.name}, style {settings.style_weight:g}"
        last = self.runs[-1]
        parts = run.selection.differences(last.selection)
        parts += differences(last.result.settings, settings)
        return "; ".join(parts) or "the same settings"

    def _status(self, snapshot: Snapshot) -> str:
        state, said = snapshot.state, snapshot.message
        if state is State.IDLE:
            return _READY if self._ready.is_set() else self.controls.status
        if state is State.RUNNING:
            return self._reason or "Painting. Weights take effect at the next step."
        if said == PAUSED:
            return "Paused. Turn a weight or two, then resume."
        return f"{said} {self._reason}" if state is State.STOPPED else said

    def _show_status(self, sentence: str, *, is_error: bool = False) -> None:
        self.controls.is_error = is_error
        self.controls.status = sentence

    def _show_photo(self) -> None:
        """Show what is going to be painted, and in whose manner."""
        photo = _shrink_to(self.photo.picture, MAX_SIDE)
        self._set_proportions(photo)
        paintings = [
            style_choice.painting.thumbnail for style_choice in self.styles_panel.style_choices
        ]
        self.view.now = jpeg(_with_insets(photo, paintings))
        self.view.alt = f"The photo, {self.photo.choice.name}, not yet painted."
        self.view.name = "photo"
        self.view.caption = self._selection.name

    def _show_progress(self, progress: Progress, snapshot: Snapshot) -> None:
        """Show the present step, as far as its colours leave time for the next."""
        began = time.monotonic()
        next_allowed = self._last_colour_time + self._colour_seconds / COLOUR_TIME_SHARE
        if snapshot.state is State.RUNNING and self._colour_seconds and began < next_allowed:
            return
        picture = progress.picture(progress.step)
        self._last_colour_time = time.monotonic()
        self._colour_seconds = 0.0 if progress.colours is None else self._last_colour_time - began
        self._show_picture(picture, snapshot)

    def _show_picture(self, picture: Picture, snapshot: Snapshot) -> None:
        height, width = picture.shape[:2]
        ended = snapshot.result is not None
        name = snapshot.job.label if snapshot.job else "now"
        self._set_proportions(picture)
        self.view.now = jpeg(picture, quality=95 if ended else 88)
        self.view.name = name if ended else "now"
        self.view.alt = (
            f"{self._origin.photo.name} in the style of {self._origin.painting}, after "
            f"{snapshot.steps_done} of {snapshot.steps_total} steps, {width} × {height} px."
        )
        self.view.caption = f"{name}: {self._origin.name}, {width} × {height} px"

    def _set_proportions(self, picture: Picture) -> None:
        self.view.height, self.view.width = picture.shape[:2]

    def _draw_curves(self) -> None:
        with self._write_lock:
            snapshot = self._snapshot
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

    def _update_photo_item(self) -> None:
        choice = self.photo.choice
        if self.runs:
            self.run_gallery.set_item(
                "photo", name="photo", line=choice.name, thumbnail=choice.thumbnail
            )
        if self.run_gallery.pressed == "photo":
            self._compare("photo")

    @property
    def _origin(self) -> Selection:
        """What the picture shown now was made of."""
        return self._origin_of(self._snapshot.job)

    def _origin_of(self, job: Job | None) -> Selection:
        return self._selection if job is None else job.origin

    def _name_file(self) -> None:
        self.save_panel.file_name = free_file_name(self._origin.photo.name, self._origin.painting)

    def _write_call(self) -> None:
        with self._write_lock:
            try:
                self.save_panel.code = self._python_code()
            except StylelabError:
                return  # the field, or the group of the places, says so

    def _python_code(self) -> str:
        """The Python call that paints the picture shown now."""
        shown = self._snapshot
        job, changes = shown.job, shown.changes
        settings = self.settings_form.settings if job is None else job.settings
        photo, style_target, keep, lines = self._origin_of(job).code(
            variable_name(self) or "studio"
        )
        return transfer_code(photo, style_target, settings, changes, keep=keep, setup_lines=lines)

    def _update_cost_estimate(self) -> None:
        if self._ready.is_set():
            try:
                self._show_cost_estimate(self.settings_form.settings)
            except StylelabError:
                self.settings_form.cost_estimate = ""

    def _show_cost_estimate(self, settings: Settings) -> None:
        self.settings_form.cost_estimate = (
            f"{estimate_cost(self.photo.picture.shape[:2], settings)}."
        )

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the live widgets, and a still picture for where they cannot be shown."""
        live: dict[str, Any] = self.box._repr_mimebundle_()
        before = (
            "Before painting, the photo and the painting: " if self._snapshot.job is None else ""
        )
        alt = f"{before}{self.view.caption}. The studio itself needs a running kernel."
        still, metadata = mimebundle(self.view.now, "image/jpeg", alt)
        return {**live, **still}, metadata


def _current_result(shown: Snapshot) -> Result | None:
    """The picture of a snapshot, as the result of a run, if any was painted."""
    if shown.result is not None or shown.progress is None or shown.job is None:
        return shown.result
    stopped = f"saved at step {shown.steps_done} of {shown.steps_total}"
    return result_of(shown.job, shown.progress, stopped)


def _new_file(name: str) -> Path:
    """Give the path of a file that is not there yet."""
    try:
        path = Path(name.strip()).expanduser()
        is_ready = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise OutputError(
            f"Expected the name of a file. Received: {name!r}, which cannot be one ({error}). "
            "Write another."
        ) from error
    if is_ready:
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
    paintings = [None] if painting is None else as_picture_list("painting", painting)
    if not paintings:
        raise SettingsError("Expected a painting or several. Received: an empty list.")
    shown = choice_from_source(photo, name=variable_name(photo), role="photo")
    choices = [
        choice_from_source(each, name=variable_name(each), role="painting") for each in paintings
    ]
    parts = normalise_shares(shares, len(choices))
    regions = load_mask_arguments((keep, *as_picture_list("masks", masks)), len(choices), shown)
    if _open is not None:
        _open.close("Closed, because another studio was opened. The pictures stay.")
    _open = Studio(shown, choices[0], checked)
    _open.set_styles(choices, parts, regions)
    _open.prepare_samples()
    _run_after_cell(_open.warm_up)
    return _open


def _settings(given: dict[str, Any]) -> Settings:
    known = Settings.__dataclass_fields__
    for name in given:
        if name not in known:
            raise SettingsError(
                f"Expected the settings {', '.join(known)}. Received: {name!r}. See Settings."
            )
    return replace(Settings(size=SIZE), **given)


def _run_after_cell(work: Callable[[], object]) -> None:
    """Do the work once the cell's output is on the page; at once where there are no cells."""
    running = ipython_shell()
    if running is None:
        work()
        return

    def once(*_: object) -> None:
        running.events.unregister("post_run_cell", once)
        work()

    running.events.register("post_run_cell", once)


def progress_text(snapshot: Snapshot) -> str:
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


def _progress_share(snapshot: Snapshot) -> float:
    if snapshot.state is State.FINISHED:
        return 1.0
    return snapshot.progress.share if snapshot.progress else 0.0


def _shrink_to(picture: Picture, longest: int) -> Picture:
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
