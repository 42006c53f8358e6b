"""The studio: pictures and settings at the left, the picture and its loss curves at the right.

Messages of the browser only request something from the runner and return. The runner's thread
answers through `Studio._on_snapshot`, which writes to nothing but the traits of widgets.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, RLock
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np

from stylelab.course.figures.course_figure import mimebundle
from stylelab.errors import StylelabError
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.vgg19 import VGG19
from stylelab.panels.control import join_bundles
from stylelab.panels.messages import error_message
from stylelab.panels.studio.cell_arguments import variable_name
from stylelab.panels.studio.exporter import Exporter
from stylelab.panels.studio.finished_runs import FinishedRuns
from stylelab.panels.studio.mask_session import MaskSession
from stylelab.panels.studio.picture_chooser import PictureChooser
from stylelab.panels.studio.run_controls import RunControls
from stylelab.panels.studio.run_requests import ACTIVE_STATES, RunRequests
from stylelab.panels.studio.run_state import PAUSED, Snapshot, State
from stylelab.panels.studio.run_view import RunView
from stylelab.panels.studio.selection import Selection
from stylelab.panels.studio.settings_form import SettingsForm
from stylelab.panels.studio.styles_panel import StylesPanel
from stylelab.panels.studio.transfer_runner import TransferRunner
from stylelab.panels.task_queue import TaskQueue
from stylelab.pipeline.cost_estimate import estimate_cost
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stylelab.panels.studio.finished_runs import GalleryRun
    from stylelab.panels.studio.picture_chooser import PictureChoice
    from stylelab.pictures.masks import Mask

SIZE = 256
"""Long side, in pixels, of the studio's first settings: a step takes a fraction of a second."""

READY = "Ready. Press Start; weights can be changed while it paints."


class Studio:
    """All parts of the studio, and how they act on each other. Opened by `studio`.

    Args:
        photo: what is chosen first: a choice, or the name of a sample.
        painting: the same.
        settings: the form's first settings.
        runner: makes the runner; tests pass another one.

    Attributes:
        photo, painting: the choosers.
        styles_panel: further paintings, and the masks of all.
        settings_form: the settings.
        controls: buttons and status.
        mask_session: drawing of a mask.
        run_view, view: the picture with its loss curves; the picture alone.
        run_gallery: thumbnails of finished runs.
        exporter, save_panel: the picture as a file, and the settings as Python.
        samples: thread that computes samples in advance.
        box: all of these, for display.
        runner: runs the transfers.
    """

    def __init__(
        self,
        photo: PictureChoice | str = "cat",
        painting: PictureChoice | str = "swirling_night",
        settings: Settings | None = None,
        *,
        runner: Callable[[Callable[[Snapshot], object]], TransferRunner] = TransferRunner,
    ) -> None:
        self._initial_settings = settings or Settings(size=SIZE)
        self._ready, self._closed = Event(), False
        self._lock = RLock()  # widgets may be answered by several threads
        self.samples: TaskQueue[Callable[[], None]] = TaskQueue("stylelab samples")
        self._start_when_ready = self._ignore_form = False
        self._reason = ""
        self.photo = PictureChooser("photo", photo)
        self.painting = PictureChooser("painting", painting)
        self.styles_panel = StylesPanel(
            self.painting, on_change=self._on_picture_change, on_draw=self._begin_drawing
        )
        self.settings_form = SettingsForm(self._initial_settings)
        self.controls = RunControls(self._on_action)
        self.mask_session = MaskSession(
            self.photo, self.styles_panel, on_use=self._use_drawing, on_cancel=self._end_drawing
        )
        self.run_view = RunView(lambda: self._selection, self._on_view_gone)
        self.view = self.run_view.picture
        self._finished = FinishedRuns(self.photo, self.run_view)
        self.run_gallery = self._finished.gallery
        self.exporter = Exporter(
            self.run_view, self.settings_form, lambda: variable_name(self) or "studio"
        )
        self.save_panel = self.exporter.panel
        self.box = self._arrange()
        self.runner = runner(self._on_snapshot)
        self._requests = RunRequests(self.runner, self.settings_form, lambda: self._selection)
        self.photo.observe(self._on_picture_change, names="chosen")
        self.painting.observe(self._on_picture_change, names="chosen")
        self.settings_form.observe(self._on_settings_change, names="values")
        self.run_view.show_photo()
        self.exporter.update_file_name()
        self.exporter.update_code()
        self._show_status("Getting the network ready: a few seconds.")

    def _arrange(self) -> Any:
        pictures = ipywidgets.Box([self.photo, self.painting]).add_class("stylelab-pictures")
        left = ipywidgets.Box([pictures, self.styles_panel, self.settings_form])
        run = [self.controls, self.mask_session.box, self.view, self.run_view.losses]
        right = ipywidgets.Box([*run, self.run_gallery, self.save_panel])
        columns = ipywidgets.Box(
            [left.add_class("stylelab-left"), right.add_class("stylelab-right")]
        )
        # A container query cannot style the container itself, so there is a box around the columns.
        box = ipywidgets.Box([columns.add_class("stylelab-columns")])
        return box.add_class("stylelab-studio")

    @property
    def runs(self) -> tuple[GalleryRun, ...]:
        """Every run that has ended with a picture, oldest first."""
        return self._finished.runs

    def _on_action(self, action: str) -> None:
        with self._showing_errors():
            if action == "close":  # it waits for the runner, which may be about to show something
                self.close()
                return
            with self._lock:
                getattr(self, action)()

    @contextmanager
    def _showing_errors(self) -> Iterator[None]:
        """Show every error in the status line: in an answer to the browser it would be lost."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the studio works on
            self._show_status(error_message(error), is_error=True)

    def start(self) -> None:
        """Start a run with the pictures and settings that are chosen now."""
        if self._closed:
            return
        if not self._ready.is_set():
            self._start_when_ready = True
            self._show_status("Getting the network ready; painting starts by itself.")
            return
        self._reason = ""
        self._start_run()

    def pause(self) -> None:
        """Pause the run after the present step."""
        self.runner.pause()

    def resume(self) -> None:
        """Continue after a pause."""
        self.runner.resume()

    def stop(self) -> None:
        """End the run and keep its best picture."""
        self._requests.withdraw()
        self._reason = ""
        self.runner.stop()

    def reset(self) -> None:
        """Restore the first settings and show no run. Finished runs stay in the gallery."""
        self._requests.withdraw()
        self._reason = ""
        self._start_when_ready = False
        self.runner.reset()
        self._ignore_form = True
        try:
            self.settings_form.show(self._initial_settings)
        finally:
            self._ignore_form = False
        self._finished.compare("")
        for part in (self.photo, self.painting, self.styles_panel, self.save_panel):
            part.notice = ""
        self._end_drawing()
        self.exporter.update_code()
        self._update_cost_estimate()

    def close(self, message: str = "Closed. Run the cell again to open a new studio.") -> None:
        """End the run and all threads; the last picture stays."""
        if self._closed:
            return
        self._closed = True
        self._start_when_ready = False
        self._end_drawing()
        self.view.cancel_timer()
        try:
            self.runner.close()
            self.samples.wait()
        except TimeoutError as error:
            message = f"{message} {error}"
        finally:  # also closed where an interrupt ends the waiting
            self.controls.enabled = []
            self._show_status(message)

    def prepare_samples(self) -> None:
        """Compute samples in advance, on a thread that ends when all are there."""
        if not self._closed:
            self.samples.put(self._prepare_samples)

    def _prepare_samples(self) -> None:
        parts = (self.painting, self.styles_panel, self.photo)
        with self._showing_errors():
            while not self._closed and any(part.prepare_samples() for part in parts):
                with self._lock:
                    if self.run_view.snapshot.state is State.IDLE:
                        self.run_view.show_photo()

    def warm_up(self) -> None:
        """Build the network and load the painting, which takes a few seconds."""
        if self._closed:
            return
        try:
            import_tensorflow()
            settings = self.settings_form.settings
            network = VGG19("block5_conv1", pooling=settings.pooling)
            network(np.full((32, 32, 3), 0.5, np.float32))
            _ = self.painting.picture
            self._show_cost_estimate(settings)
        except Exception as error:  # noqa: BLE001 - the cell has ended, so it is shown here
            # Start tries again, on the runner's thread, and shows it again.
            self._show_status(error_message(error), is_error=True)
        except KeyboardInterrupt:
            self._show_status(READY)  # Start prepares what is missing
            raise
        else:
            if not self._closed and self.run_view.snapshot.state is State.IDLE:
                self._show_status(READY)
        finally:
            self._ready.set()
        if self._start_when_ready and not self._closed:
            self._start_when_ready = False
            self.start()

    @property
    def _selection(self) -> Selection:
        """Photo, paintings and regions that are chosen now."""
        return Selection(
            self.photo.choice, self.styles_panel.style_choices, self.styles_panel.keep_region
        )

    @property
    def masks(self) -> dict[str, Mask]:
        """Every mask passed, loaded or drawn, (H, W) in [0, 1], by its name."""
        return self.styles_panel.masks

    def _on_picture_change(self, _change: object = None) -> None:
        if self._closed:
            return
        with self._showing_errors():
            self.prepare_samples()
            with self._lock:
                self._apply_picture()

    def _apply_picture(self) -> None:
        if self.mask_session.is_outdated:
            self._end_drawing()
        self.mask_session.update_instruction()
        self.exporter.update_file_name()
        self._update_cost_estimate()
        self.styles_panel.notice = self._selection.find_error()
        if self._requests.is_active:
            if self._requests.changed_shares() is not None:
                self._requests.change_weights()
            elif changes := self._requests.changed_pictures():
                self._restart(changes)
        elif self.run_view.snapshot.job is None:
            self.run_view.show_photo()
            self.exporter.update_code()
        else:
            # The last picture stays, as it may not have been saved yet.
            self._show_status(f"Press Start to paint {self._selection.name}.")
        self._finished.update_photo()

    def _on_settings_change(self, _change: object) -> None:
        if self._ignore_form or self._closed:
            return
        with self._showing_errors(), self._lock:
            if self.settings_form.notice:
                return  # the settings cannot be used; a run goes on as before
            self._update_cost_estimate()
            if not self._requests.is_requested:
                self.exporter.update_code()
            elif (changes := self._requests.changed_settings()) is not None:
                self._restart(changes)
            else:
                self._requests.change_weights()

    def _restart(self, reason: str) -> None:
        job = self.run_view.snapshot.job
        self._reason = f"Restarted: {reason}. The run before is kept below."
        self._finished.compare_next = job.label if job else ""
        if self._start_run():
            self._show_status(f"This restarts the run: {reason}.")

    def _start_run(self) -> bool:
        """Request a run of what is chosen; show the error and return False if there is one."""
        try:
            self._requests.start()
        except Exception as error:  # noqa: BLE001 - it is shown; the studio works on
            self._show_status(error_message(error), is_error=True)
            return False
        return True

    # Drawing a mask

    def _begin_drawing(self, row: int) -> None:
        with self._showing_errors(), self._lock:
            if not self._closed:
                self.mask_session.begin(row)
                self._show_status("Paint the mask over the photo, then press Use this mask.")

    def _use_drawing(self) -> None:
        with self._showing_errors():
            with self._lock:
                drawn = self.mask_session.read()
                if drawn is None:
                    return
                self._end_drawing()
            row, mask = drawn
            self.styles_panel.add_mask("drawn", mask, number=row)

    def _end_drawing(self) -> None:
        with self._lock:
            if self.mask_session.end():
                self._show_state()

    # Snapshots of the runner

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        """Write a snapshot to the widgets; never called by two threads at a time."""
        before, self.run_view.snapshot = self.run_view.snapshot, snapshot
        self.controls.show(snapshot)
        if self._closed:
            self.controls.enabled = []
        self._finished.add(self.runner.ended[len(self.runs) :])
        if (snapshot.state, snapshot.message) != (before.state, before.message):
            self._show_state()
        self.run_view.draw()
        self.save_panel.ready = snapshot.result is not None or snapshot.progress is not None
        if snapshot.job is not before.job or snapshot.changes != before.changes:
            self.exporter.update_code()

    def _on_view_gone(self) -> None:
        if self.runner.snapshot.state in ACTIVE_STATES:
            self._requests.withdraw()
            self._reason = "The studio was no longer on any page."
            self.runner.stop()

    def _show_state(self) -> None:
        state, text = self.run_view.snapshot.state, self.run_view.snapshot.message
        if state is State.IDLE:
            text = READY if self._ready.is_set() else self.controls.status
        elif state is State.RUNNING:
            text = self._reason or "Painting. Weights take effect at the next step."
        elif text == PAUSED:
            text = "Paused. Change weights if you like, then resume."
        elif state is State.STOPPED:
            text = f"{text} {self._reason}"
        self._show_status(text, is_error=state is State.FAILED)

    def _show_status(self, text: str, *, is_error: bool = False) -> None:
        self.controls.is_error = is_error
        self.controls.status = text

    def _update_cost_estimate(self) -> None:
        if self._ready.is_set():
            try:
                self._show_cost_estimate(self.settings_form.settings)
            except StylelabError:
                self.settings_form.cost_estimate = ""

    def _show_cost_estimate(self, settings: Settings) -> None:
        estimate = estimate_cost(self.photo.picture.shape[:2], settings)
        self.settings_form.cost_estimate = f"{estimate}."

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live widgets, and the picture alone for pages without a kernel."""
        is_new = self.run_view.snapshot.job is None
        before = "Before painting, the photo and the painting: " if is_new else ""
        alt = f"{before}{self.view.caption}. The studio itself needs a running kernel."
        still = mimebundle(self.view.now, "image/jpeg", alt)
        return join_bundles(self.box._repr_mimebundle_(), still)
