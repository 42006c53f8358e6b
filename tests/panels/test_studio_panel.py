import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from browser_message import send
from PIL import Image
from thread_gate import ThreadGate

import stylelab as sl
from stylelab.errors import PictureError, SettingsError, StylelabError
from stylelab.losses.loss import Loss
from stylelab.optimizers.step import Step
from stylelab.panels import studio as open_studio
from stylelab.panels.studio import cell_arguments, exporter, mask_session, run_requests, run_view
from stylelab.panels.studio import studio as module
from stylelab.panels.studio.code_export import transfer_code
from stylelab.panels.studio.run_controls import ENABLED, progress_text
from stylelab.panels.studio.run_state import PAUSED, Snapshot, State
from stylelab.panels.studio.run_view import COLOUR_TIME_SHARE
from stylelab.panels.studio.studio import Studio
from stylelab.panels.studio.styles_panel import KEEP
from stylelab.panels.studio.transfer_runner import TransferRunner
from stylelab.pictures.images import Picture, load_image, resize_to
from stylelab.pictures.masks import Mask
from stylelab.pictures.saving import read_settings
from stylelab.pipeline.plan import Plan
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.settings import Settings

LIMIT = 300.0
"""Seconds after which a test gives up waiting."""


@dataclass
class ManualPainter:
    """Takes steps instead of the optimizer: one each time that a test allows it.

    The picture of step n is grey, n/100 bright, so that a test knows which one it sees. That of
    step 1 is the best.
    """

    gate: ThreadGate = field(default_factory=ThreadGate)
    fails: Exception | None = None
    colours: Picture | None = None

    def __call__(
        self, plan: Plan, *, live: Callable[[], tuple[Settings, Loss]]
    ) -> Iterator[Progress]:
        stages = plan.stages
        history: tuple[Record, ...] = ()
        in_force = plan.settings, plan.inputs.styles.part_weights.tolist()
        best: Step | None = None
        for number, stage in enumerate(stages):
            for iteration in range(stage.steps + 1):
                assert self.gate.wait_to_pass(LIMIT)
                if self.fails:
                    raise self.fails
                settings, styles = live()
                requested = settings, styles.part_weights.tolist()
                changed, in_force = requested != in_force, requested
                image = np.full((stage.height, stage.width, 3), iteration / 100, np.float32)
                terms = {"content": 1.0, "style": 2.0}
                gradient = np.zeros_like(image)
                loss = 3.0 + abs(iteration - 1)
                step = Step(
                    image, loss, terms, iteration, iteration + 1, 0.1, gradient, "lbfgs", {}
                )
                best = step if best is None or loss < best.loss else best
                size = (number, stage.height, stage.width, iteration, iteration + 1)
                history = (*history, Record(*size, loss, terms, 0.1 * len(history), changed))
                yield Progress(stages, number, step, best, history, self.colours)

    def allow(self, steps: int = 1) -> None:
        self.gate.allow(steps)


class ManualStudio:
    """A studio with optimizer steps released by the test."""

    def __init__(self, **settings: Any) -> None:
        self.painter = ManualPainter()
        self.studio = Studio(
            settings=Settings(**{"size": 32, "steps": 6} | settings), runner=self._painter
        )
        self.studio._ready.set()  # no network is needed

    def _painter(self, show: Callable[[Snapshot], object]) -> TransferRunner:
        return TransferRunner(show, frames=1e6, steps=self.painter)

    def press(self, action: str) -> None:
        send(self.studio.controls, {"press": action})

    def change(self, **changes: Any) -> None:
        self.studio.settings_form.values = self.studio.settings_form.values | changes

    def shown(self, until: Callable[[], object]) -> None:
        """Wait until the widgets show something, and nothing moves any more until a test acts."""
        ends = time.monotonic() + LIMIT
        while not (self._rests() and until()):
            assert time.monotonic() < ends, self.studio.controls.status
            time.sleep(0.001)

    def _rests(self) -> bool:
        """Tell whether the painter waits for the test, pauses or has ended, and all that is shown."""
        runner = self.studio.runner
        with runner._condition:
            rests = runner._job is None or runner.snapshot.message == PAUSED
            rests = (rests or self.painter.gate.waiting) and not runner._snapshot_queue
        return rests and not runner._show_lock.locked()

    def begin(self) -> None:
        """Press Start and take the first three steps."""
        self.press("start")
        self.painter.allow(3)
        self.shown(lambda: "step 2 of" in self.studio.controls.progress_text)

    def state(self) -> str:
        return self.studio.controls.state

    def reach(self, state: State) -> None:
        self.shown(lambda: self.state() == state.value)


@pytest.fixture
def desk() -> Iterator[ManualStudio]:
    desk = ManualStudio()
    yield desk
    desk.painter.allow(10_000)
    desk.studio.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the studio runs, and saves: empty at first."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def brightness(jpeg: bytes) -> float:
    return float(np.asarray(Image.open(BytesIO(jpeg))).mean() / 255)


def test_it_starts_with_the_default_pictures_and_a_start_button(desk: ManualStudio) -> None:
    studio = desk.studio
    assert (studio.photo.chosen, studio.painting.chosen) == ("cat", "swirling_night")
    assert studio.controls.enabled == ["start", "reset", "close"]
    assert not studio.save_panel.ready
    assert studio.view.now
    assert "not yet painted" in studio.view.alt
    assert Studio().settings_form.values["size"] == 256


def test_every_step_is_shown_with_picture_curves_shares_and_numbers(desk: ManualStudio) -> None:
    desk.begin()
    studio = desk.studio
    assert desk.state() == "running"
    assert brightness(studio.view.now) == pytest.approx(0.02, abs=0.005)
    assert "after 2 of 6 steps" in studio.view.alt
    assert "<svg" in studio.run_view.curves.value
    assert "67 %" in studio.run_view.shares.value
    assert studio.controls.progress_text.startswith("step 2 of 6 · 32 × 21 px")
    assert studio.controls.share == pytest.approx(3 / 7)
    assert studio.controls.enabled == list(ENABLED[State.RUNNING])


def test_the_status_line_does_not_change_from_step_to_step(desk: ManualStudio) -> None:
    desk.begin()
    statuses: list[str] = []
    desk.studio.controls.observe(lambda change: statuses.append(change["new"]), names="status")
    desk.painter.allow(2)
    desk.shown(lambda: "step 4 of" in desk.studio.controls.progress_text)
    assert statuses == []


def test_a_finished_run_is_kept_in_the_gallery(desk: ManualStudio) -> None:
    desk.press("start")
    desk.painter.allow(7)
    desk.reach(State.FINISHED)
    studio = desk.studio
    assert [item["key"] for item in studio.run_gallery.items] == ["photo", "run 1"]
    assert studio.controls.share == 1
    assert studio.view.name == "run 1"
    assert studio.save_panel.ready
    (run,) = studio.runs
    assert run.selection.name == "cat × swirling night"


def test_pause_stops_the_steps_and_resume_continues(desk: ManualStudio) -> None:
    desk.begin()
    desk.press("pause")
    desk.painter.allow(1)  # one that has begun is still shown
    desk.reach(State.PAUSED)
    assert "resume" in desk.studio.controls.enabled
    desk.press("resume")
    desk.painter.allow(6)
    desk.reach(State.FINISHED)


def test_stop_keeps_the_best_picture(desk: ManualStudio) -> None:
    desk.begin()
    desk.press("stop")
    desk.painter.allow()
    desk.reach(State.STOPPED)
    assert len(desk.studio.runs) == 1
    assert brightness(desk.studio.view.now) == pytest.approx(0.01, abs=0.003)
    assert desk.studio.controls.enabled == list(ENABLED[State.STOPPED])


def test_a_weight_changes_the_run_and_does_not_restart_it(desk: ManualStudio) -> None:
    desk.begin()
    desk.change(style_weight=30)
    desk.change(style_layers=desk.studio.settings_form.values["style_layers"] | {"block1_conv1": 2})
    desk.painter.allow(2)
    desk.shown(lambda: "step 4 of" in desk.studio.controls.progress_text)
    assert desk.studio.runs == ()
    assert "style weight 10 → 30" in desk.studio.run_view.curves.value
    assert "style weight 10 → 30" in desk.studio.save_panel.code
    job = desk.studio.runner.snapshot.job
    assert job is not None
    assert job.settings.style_weight == 30


def test_late_exported_code_does_not_overwrite_newer_code(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.begin()
    gate, readers = ThreadGate(), threading.Thread(target=desk.studio.exporter.update_code)

    def slowly(*values: Any, **named: Any) -> str:
        call = transfer_code(*values, **named)
        if threading.current_thread() is readers:
            assert gate.wait_to_pass(LIMIT)
        return call

    monkeypatch.setattr(exporter, "transfer_code", slowly)
    readers.start()
    ends = time.monotonic() + LIMIT
    while not gate.waiting and time.monotonic() < ends:
        time.sleep(0.001)
    desk.change(style_weight=30.0)
    desk.painter.allow()
    changing = threading.Thread(
        target=desk.shown, args=[lambda: "→ 30" in desk.studio.save_panel.code]
    )
    changing.start()
    changing.join(0.2)  # as long as it takes when nobody has to wait
    gate.allow()
    readers.join(LIMIT)
    changing.join(LIMIT)
    assert "→ 30" in desk.studio.save_panel.code


@pytest.mark.parametrize(
    "changes",
    [{"size": 48}, {"optimizer": "adam"}, {"seed": 4}, {"style_layers": {"block1_conv1": 1}}],
    ids=lambda changes: next(iter(changes)),
)
def test_other_settings_restart_with_a_message_and_keep_the_old_picture(
    desk: ManualStudio, changes: dict[str, Any]
) -> None:
    desk.begin()
    desk.change(**changes)
    studio = desk.studio
    assert studio.controls.status.startswith("This restarts the run: ")
    desk.painter.allow(3)
    desk.shown(lambda: desk.state() == "running" and "step 1 of" in studio.controls.progress_text)
    assert studio.controls.status.startswith("Restarted: ")
    assert [run.name for run in studio.runs] == ["run 1"]
    assert studio.run_gallery.pressed == studio.view.before_name == "run 1"
    assert studio.view.before
    job = studio.runner.snapshot.job
    assert job is not None
    assert job.label == "run 2"
    assert job.settings == studio.settings_form.settings


def test_changes_during_a_pending_restart_are_included(desk: ManualStudio) -> None:
    desk.begin()
    desk.change(size=48)
    desk.change(style_weight=30)
    desk.painter.allow(3)
    desk.shown(
        lambda: desk.state() == "running" and "step 1 of" in desk.studio.controls.progress_text
    )
    job = desk.studio.runner.snapshot.job
    assert job is not None
    assert (job.settings.size, job.settings.style_weight) == (48, 30)
    assert len(desk.studio.runs) == 1


def test_another_picture_does_not_hide_an_invalid_setting(desk: ManualStudio) -> None:
    desk.begin()
    desk.change(style_weight=0, content_weight=0)
    desk.studio.photo.chosen = "coffee"
    assert "nothing to paint" in desk.studio.controls.status
    assert desk.studio.controls.is_error
    assert desk.studio.runner.snapshot.state is State.RUNNING
    desk.painter.allow()
    desk.shown(lambda: "step 3 of" in desk.studio.controls.progress_text)
    assert "nothing to paint" in desk.studio.controls.status  # and it stays to be read


def test_another_picture_after_a_run_keeps_its_result_savable(desk: ManualStudio) -> None:
    desk.press("start")
    desk.painter.allow(7)
    desk.reach(State.FINISHED)
    shown = desk.studio.view.now
    desk.studio.photo.chosen = "coffee"
    assert desk.studio.view.now == shown
    assert desk.studio.save_panel.file_name.startswith("stylelab_cat")
    assert desk.studio.controls.status == "Press Start to paint coffee × swirling night."


def test_stopping_a_restarted_run_reports_only_the_stop(desk: ManualStudio) -> None:
    desk.begin()
    desk.change(size=48)
    desk.painter.allow(3)
    desk.shown(
        lambda: desk.state() == "running" and "step 1 of" in desk.studio.controls.progress_text
    )
    desk.press("stop")
    desk.painter.allow()
    desk.reach(State.STOPPED)
    assert "Restarted" not in desk.studio.controls.status


def test_nothing_starts_again_after_a_stop(desk: ManualStudio) -> None:
    desk.begin()
    desk.press("stop")
    desk.change(size=48)
    desk.painter.allow(3)
    desk.reach(State.STOPPED)
    assert desk.studio.runner.snapshot.job is not None
    assert desk.studio.runner.snapshot.job.label == "run 1"


def test_a_stop_also_cancels_a_pending_restart(desk: ManualStudio) -> None:
    desk.begin()
    desk.change(size=48)
    desk.studio.stop()
    desk.change(seed=4)
    desk.painter.allow(3)
    desk.reach(State.STOPPED)
    assert desk.studio.runner.snapshot.job is not None
    assert desk.studio.runner.snapshot.job.label == "run 1"
    assert desk.studio.runner.snapshot.job.settings.size == 32


def test_another_picture_restarts_a_run(desk: ManualStudio) -> None:
    desk.begin()
    desk.studio.photo.chosen = "coffee"
    assert "coffee" in desk.studio.controls.status
    desk.painter.allow(3)
    desk.shown(
        lambda: "step 1 of" in desk.studio.controls.progress_text and desk.state() == "running"
    )
    assert desk.studio.view.alt.startswith("coffee in the style of swirling night")
    assert [run.selection.photo.key for run in desk.studio.runs] == ["cat"]


def test_another_picture_is_shown_before_the_first_run(desk: ManualStudio) -> None:
    before = desk.studio.view.now
    desk.studio.painting.chosen = "woodcut_waves"
    desk.studio.samples.wait(LIMIT)  # its thumbnail is painted first
    assert desk.studio.view.now != before
    assert "woodcut_waves" in desk.studio.save_panel.code
    assert "woodcut_waves" in desk.studio.save_panel.file_name


def test_closing_ends_the_preparation_of_samples(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, many = threading.Event(), 1000
    prepared: list[threading.Thread] = []

    def prepare() -> bool:  # there is always another sample
        prepared.append(threading.current_thread())
        started.set()
        time.sleep(0.01)
        return len(prepared) < many

    monkeypatch.setattr(desk.studio.painting, "prepare_samples", prepare)
    desk.studio.prepare_samples()
    assert started.wait(LIMIT)
    desk.studio.close()
    assert not prepared[0].is_alive()
    assert len(prepared) < many
    desk.studio.prepare_samples()
    assert not desk.studio.samples.busy


def test_invalid_settings_do_not_disturb_a_run(desk: ManualStudio) -> None:
    desk.begin()
    desk.change(style_weight=0, content_weight=0)
    assert "nothing to paint" in desk.studio.settings_form.notice
    desk.painter.allow(5)
    desk.reach(State.FINISHED)
    desk.press("start")
    assert desk.studio.controls.is_error
    assert "nothing to paint" in desk.studio.controls.status
    assert desk.state() == "finished"
    desk.change(style_weight=10)
    desk.press("start")
    desk.painter.allow(7)
    desk.shown(lambda: len(desk.studio.runs) == 2)
    assert not desk.studio.controls.is_error


def test_an_error_in_the_run_shows_a_message_and_the_panel_keeps_working(
    desk: ManualStudio,
) -> None:
    desk.begin()
    desk.painter.fails = PictureError("Expected luck. Received: none. Try again.")
    desk.painter.allow()
    desk.reach(State.FAILED)
    assert "Expected luck" in desk.studio.controls.status
    assert desk.studio.controls.is_error
    assert len(desk.studio.runs) == 1  # the last good picture
    desk.painter.fails = None
    desk.press("start")
    desk.painter.allow(7)
    desk.shown(lambda: desk.state() == "finished")
    assert not desk.studio.controls.is_error


def test_reset_returns_to_the_start_and_keeps_the_gallery(desk: ManualStudio) -> None:
    first_picture, first_code = desk.studio.view.now, desk.studio.save_panel.code
    desk.begin()
    desk.change(size=48, style_weight=30)
    desk.painter.allow(2)
    desk.shown(lambda: len(desk.studio.runs) == 1)
    desk.press("reset")
    desk.painter.allow(3)
    desk.reach(State.IDLE)
    studio = desk.studio
    assert studio.settings_form.settings.size == 32
    assert studio.settings_form.preset == "balance"
    assert studio.view.now == first_picture
    assert studio.save_panel.code == first_code
    assert studio.view.before == b""
    assert studio.run_view.curves.value == ""
    assert not studio.save_panel.ready
    assert {"photo", "run 1"} <= {item["key"] for item in studio.run_gallery.items}


def test_a_run_ended_by_reset_keeps_its_name(desk: ManualStudio) -> None:
    desk.press("start")
    desk.press("stop")  # before any picture, so nothing of run 1 is kept
    desk.painter.allow()
    desk.reach(State.STOPPED)
    desk.painter.gate.forbid()  # left over if Stop came before the first step
    desk.begin()
    desk.press("reset")
    desk.painter.allow(3)
    desk.reach(State.IDLE)
    desk.shown(lambda: desk.studio.runs)
    assert desk.studio.runs[-1].name == "run 2"


def test_the_gallery_selects_a_run_or_the_photo_for_comparison(desk: ManualStudio) -> None:
    desk.press("start")
    desk.painter.allow(7)
    desk.reach(State.FINISHED)
    studio = desk.studio
    studio.run_gallery.press("run 1")
    assert brightness(studio.view.before) == pytest.approx(0.01, abs=0.003)
    studio.run_gallery.press("photo")
    expected = resize_to(studio.photo.picture, 64, 64).mean()
    assert brightness(studio.view.before) == pytest.approx(expected, abs=0.01)
    studio.run_gallery.press("photo")
    assert studio.view.before == b""
    assert studio.run_gallery.pressed == ""


def test_a_run_describes_its_differences_from_the_previous_one(desk: ManualStudio) -> None:
    for changes in ({}, {"style_weight": 30.0}):
        desk.change(**changes)
        number = len(desk.studio.runs) + 1
        desk.press("start")
        desk.painter.allow(7)
        desk.shown(lambda number=number: len(desk.studio.runs) == number)  # type: ignore[misc]
        desk.reach(State.FINISHED)
    lines = {item["key"]: item["line"] for item in desk.studio.run_gallery.items}
    assert lines["run 1"] == "cat × swirling night, style 10"
    assert lines["run 2"] == "style weight 10 → 30"


def test_the_picture_is_saved_with_its_settings_and_nothing_is_overwritten(
    desk: ManualStudio, folder: Path
) -> None:
    desk.begin()
    desk.change(style_weight=30)
    desk.painter.allow(5)
    desk.reach(State.FINISHED)
    save_panel = desk.studio.save_panel
    name = "stylelab_cat_swirling_night_1.png"
    save_panel.save(name)
    assert save_panel.notice == f"Saved: {folder / name}"
    kept = read_settings(name)
    assert kept is not None
    assert (kept["style_weight"], kept["size"], kept["photo"]) == (30, 32, "cat")
    assert kept["changes"] == ["style weight 10 → 30"]
    saved = (folder / name).read_bytes()
    save_panel.save(name)
    assert save_panel.is_error
    assert "there already" in save_panel.notice
    assert (folder / name).read_bytes() == saved
    assert save_panel.file_name == "stylelab_cat_swirling_night_2.png"
    for impossible in ("picture.doc", "", "a" * 300 + ".png", "\0.png", "nowhere/a.png"):
        save_panel.save(impossible)
        assert save_panel.is_error
        assert save_panel.notice.startswith("Expected")
    assert [path.name for path in folder.iterdir()] == [name]


@pytest.mark.usefixtures("folder")
def test_a_picture_can_be_saved_while_painting(desk: ManualStudio) -> None:
    desk.begin()
    desk.studio.save_panel.save("half.png")
    kept = read_settings("half.png")
    assert kept is not None
    assert kept["stopped"] == "saved at step 2 of 6"


def test_closing_leaves_no_thread_and_disables_all_buttons() -> None:
    desk = ManualStudio()
    before = set(threading.enumerate())
    desk.begin()
    assert len(set(threading.enumerate()) - before) == 1
    desk.painter.allow(100)
    desk.press("close")
    assert set(threading.enumerate()) <= before
    assert desk.studio.controls.enabled == []
    assert desk.studio.controls.status.startswith("Closed")
    desk.studio.start()
    desk.change(size=48)
    desk.studio.photo.chosen = "coffee"
    assert set(threading.enumerate()) <= before


def test_a_run_without_a_view_is_stopped(desk: ManualStudio) -> None:
    desk.begin()
    desk.studio.view.on_gone()
    desk.painter.allow(2)
    desk.reach(State.STOPPED)
    assert "no longer on any page" in desk.studio.controls.status
    assert len(desk.studio.runs) == 1


def test_start_before_the_network_is_ready_waits_for_it() -> None:
    desk = ManualStudio()
    desk.studio._ready.clear()
    desk.press("start")
    assert desk.state() == "idle"
    assert "starts by itself" in desk.studio.controls.status
    desk.painter.allow(7)
    desk.studio.warm_up()
    desk.reach(State.FINISHED)
    assert "about" in desk.studio.settings_form.cost_estimate
    desk.studio.close()


def test_without_a_kernel_a_static_picture_is_shown(desk: ManualStudio) -> None:
    bundle, metadata = desk.studio._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["image/jpeg"]
    assert "cat × swirling night" in metadata["image/jpeg"]["alt"]


def test_opening_another_studio_closes_the_first(photo: Picture) -> None:
    first = open_studio(size=32)
    second = open_studio(photo, "woodcut_waves", size=32, style_weight=3)
    assert first.controls.status.startswith("Closed, because another studio was opened")
    assert first.controls.enabled == []
    np.testing.assert_array_equal(second.photo.picture, photo)
    assert second.settings_form.settings == Settings(
        size=32,
        style_weight=3,
        content_layers={"block4_conv2": 1},
        style_layers=second.settings_form.values["style_layers"],
    )
    second.close()


def test_invalid_arguments_are_refused(photo: Picture) -> None:
    with pytest.raises(SettingsError, match="'stile_weight'"):
        open_studio(stile_weight=3)
    with pytest.raises(SettingsError, match="size"):
        open_studio(size=3)
    with pytest.raises(PictureError, match="no file"):
        open_studio("nowhere.jpg")
    with pytest.raises(PictureError, match="Received"):
        open_studio(photo, np.zeros((4, 4, 7)))


# Several styles, masks and colours


def corner(studio: Studio) -> Mask:
    mask = np.zeros(studio.photo.picture.shape[:2], np.float32)
    mask[:100, :100] = 1
    return mask


def test_another_painting_restarts_a_run_with_a_message(desk: ManualStudio) -> None:
    desk.begin()
    styles_panel = desk.studio.styles_panel
    styles_panel.add("woodcut_waves")
    assert desk.studio.controls.status == (
        "This restarts the run: cat × swirling night + woodcut waves."
    )
    desk.painter.allow(3)
    desk.shown(
        lambda: desk.state() == "running" and "step 1 of" in desk.studio.controls.progress_text
    )
    job = desk.studio.runner.snapshot.job
    assert job is not None
    assert isinstance(job.inputs.styles, Loss)
    assert len(job.inputs.styles.weighted_terms) == 2
    assert desk.studio.view.alt.startswith("cat in the style of swirling night + woodcut waves")
    assert 'sl.sample("swirling_night"), sl.sample("woodcut_waves")' in desk.studio.save_panel.code
    styles_panel.remove(1)
    assert desk.studio.controls.status.endswith(": cat × swirling night.")
    desk.painter.allow(3)
    desk.shown(lambda: len(desk.studio.runs) == 2 and desk.state() == "running")
    line = desk.studio.run_gallery.items[-1]["line"]
    assert line == "+ woodcut waves"


def styles_painted(desk: ManualStudio) -> list[float]:
    job = desk.studio.runner.snapshot.job
    assert job is not None
    assert isinstance(job.inputs.styles, Loss)
    return [weight for weight, _ in job.inputs.styles.weighted_terms]


@pytest.mark.usefixtures("folder")
def test_another_share_takes_effect_live_and_is_shown_everywhere(desk: ManualStudio) -> None:
    studio = desk.studio
    studio.styles_panel.add("woodcut_waves")
    desk.begin()
    assert styles_painted(desk) == [0.5, 0.5]
    assert "style 2.00" not in studio.run_view.curves.value
    for drawn in (studio.run_view.curves.value, studio.run_view.shares.value):
        assert "swirling night" in drawn  # a style is called as its painting
    studio.styles_panel.set_share(1, 150)
    desk.painter.allow(1)
    desk.shown(lambda: "share of woodcut waves 50 → 150" in studio.run_view.curves.value)
    assert styles_painted(desk) == [0.25, 0.75]
    assert '0.75 * sl.style(sl.sample("woodcut_waves"))' in studio.save_panel.code
    assert (
        "# Weights were changed during the run: share of woodcut waves 50 → 150."
        in studio.save_panel.code
    )
    studio.styles_panel.set_share(1, 0)
    desk.change(style_weight=30)
    desk.painter.allow(1)
    desk.shown(lambda: "share of woodcut waves 150 → 0" in studio.run_view.curves.value)
    assert styles_painted(desk) == [1, 0]
    assert "style weight 10 → 30" in studio.run_view.curves.value
    desk.painter.allow(10)
    desk.reach(State.FINISHED)
    assert len(studio.runs) == 1
    studio.save_panel.save("a.png")
    kept = read_settings("a.png")
    assert kept is not None
    styles: Any = kept["styles"]
    described = [(style["painting"], style["weight"]) for style in styles]
    assert described == [("swirling night", 1), ("woodcut waves", 0)]
    assert "“Woodcut waves”" in (sl.read_rights("a.png").credit or "")  # it had a part


def test_adding_a_share_to_a_painting_without_one_restarts(desk: ManualStudio) -> None:
    desk.studio.styles_panel.add("woodcut_waves", share=0)
    desk.begin()
    desk.studio.styles_panel.set_share(0, 20)  # all of it, as before
    assert "restarts" not in desk.studio.controls.status
    desk.studio.styles_panel.set_share(1, 20)
    assert desk.studio.controls.status == (
        "This restarts the run: cat × swirling night + woodcut waves."
    )
    desk.painter.allow(3)
    desk.shown(lambda: len(desk.studio.runs) == 1)


def test_a_share_changed_while_a_new_run_is_pending_applies_to_it(desk: ManualStudio) -> None:
    desk.studio.styles_panel.add("woodcut_waves")
    desk.begin()
    desk.change(size=48)
    desk.studio.styles_panel.set_share(1, 150)
    desk.painter.allow(4)
    desk.shown(lambda: len(desk.studio.runs) == 1 and desk.state() == "running")
    assert styles_painted(desk) == [0.25, 0.75]
    assert desk.studio.runner.snapshot.job is not None
    assert desk.studio.runner.snapshot.job.settings.size == 48


def test_without_any_share_the_run_continues_unchanged(desk: ManualStudio) -> None:
    desk.studio.styles_panel.add("woodcut_waves")
    desk.begin()
    for number in (0, 1):
        desk.studio.styles_panel.set_share(number, 0)
    assert "share above 0" in desk.studio.styles_panel.notice
    desk.painter.allow(5)
    desk.reach(State.FINISHED)
    assert styles_painted(desk) == [0, 1]
    assert len(desk.studio.runs) == 1


def test_weights_still_change_while_a_mismatched_mask_is_chosen(desk: ManualStudio) -> None:
    desk.studio.styles_panel.add("woodcut_waves")
    desk.begin()
    desk.studio.styles_panel.add_mask("square", np.eye(8, dtype=np.float32), number=0)
    desk.change(style_layers=desk.studio.settings_form.values["style_layers"] | {"block1_conv1": 2})
    desk.painter.allow(1)
    desk.shown(lambda: "style layer block1_conv1 1 → 2" in desk.studio.run_view.curves.value)
    assert "'square', which is 8 × 8" in desk.studio.styles_panel.notice


def test_choosing_the_same_values_does_not_restart(desk: ManualStudio) -> None:
    desk.begin()
    desk.studio.styles_panel.set_share(0, 50)
    desk.studio.styles_panel.set_region(0, "")
    desk.painter.allow(4)
    desk.reach(State.FINISHED)
    assert len(desk.studio.runs) == 1


def test_with_several_styles_a_weight_still_takes_effect_live(desk: ManualStudio) -> None:
    desk.studio.styles_panel.add("woodcut_waves")
    desk.begin()
    desk.change(style_weight=30)
    desk.painter.allow(2)
    desk.shown(lambda: "step 4 of" in desk.studio.controls.progress_text)
    assert desk.studio.runs == ()
    assert "style weight 10 → 30" in desk.studio.run_view.curves.value


def test_with_several_styles_the_weight_of_a_layer_takes_effect_live(desk: ManualStudio) -> None:
    desk.studio.styles_panel.add("woodcut_waves")
    desk.begin()
    desk.change(style_layers=desk.studio.settings_form.values["style_layers"] | {"block1_conv1": 2})
    desk.painter.allow(1)
    desk.shown(lambda: "style layer block1_conv1 1 → 2" in desk.studio.run_view.curves.value)
    job = desk.studio.runner.snapshot.job
    assert job is not None
    assert isinstance(job.inputs.styles, Loss)
    for described in job.inputs.styles.describe():
        assert described["layers"]["block1_conv1"] == 2
    assert desk.studio.runs == ()


def test_the_kept_region_is_passed_to_the_run_as_a_mask(desk: ManualStudio) -> None:
    mask = corner(desk.studio)
    desk.studio.styles_panel.add_mask("eye", mask, "eye", KEEP)
    assert "keep=eye" in desk.studio.save_panel.code
    desk.begin()
    job = desk.studio.runner.snapshot.job
    assert job is not None
    assert job.inputs.keep is not None
    np.testing.assert_array_equal(job.inputs.keep, mask)


def test_a_mismatched_mask_is_reported_and_disturbs_nothing_else(desk: ManualStudio) -> None:
    desk.begin()
    desk.studio.styles_panel.add_mask("square", np.eye(8, dtype=np.float32), number=0)
    assert "'square', which is 8 × 8" in desk.studio.styles_panel.notice
    assert "'square', which is 8 × 8" in desk.studio.controls.status
    assert desk.studio.controls.is_error
    desk.painter.allow(1)
    desk.shown(lambda: "step 3 of" in desk.studio.controls.progress_text)
    desk.studio.styles_panel.set_region(0, "")
    assert desk.studio.styles_panel.notice == ""
    desk.painter.allow(3)
    desk.reach(State.FINISHED)
    assert len(desk.studio.runs) == 1


def test_a_style_region_inside_the_kept_region_is_refused_at_start(
    desk: ManualStudio,
) -> None:
    mask = corner(desk.studio)
    desk.studio.styles_panel.add_mask("eye", mask, number=0)
    desk.studio.styles_panel.add_mask("eye", mask, number=KEEP)
    desk.press("start")
    assert desk.studio.controls.is_error
    assert "leaves some place for the style" in desk.studio.controls.status
    assert desk.state() == "idle"


@pytest.mark.usefixtures("folder")
def test_inputs_and_styles_are_saved_with_the_picture(desk: ManualStudio) -> None:
    studio = desk.studio
    studio.styles_panel.add("woodcut_waves")
    studio.styles_panel.set_share(1, 150)
    studio.styles_panel.add_mask("eye", corner(studio), number=1)
    studio.styles_panel.add_mask("eye", 1 - corner(studio), number=KEEP)
    desk.press("start")
    desk.painter.allow(7)
    desk.reach(State.FINISHED)
    studio.styles_panel.remove(1)  # which changes nothing of what was painted
    studio.save_panel.save("a.png")
    kept = read_settings("a.png")
    assert kept is not None
    assert (kept["painting"], kept["keep"]) == ("swirling night + woodcut waves", "all but eye")
    styles: Any = kept["styles"]
    described = [(style["painting"], style["weight"], style["place"]) for style in styles]
    assert described == [("swirling night", 0.25, "everywhere"), ("woodcut waves", 0.75, "eye")]
    credit = sl.read_rights("a.png").credit or ""
    assert "Stéfan van der Walt" in credit
    assert "“Woodcut waves”" in credit


@pytest.mark.usefixtures("folder")
def test_the_photos_colours_are_shown_while_painting_and_saved() -> None:
    desk = ManualStudio(colours="luminance")
    desk.painter.colours = desk.studio.photo.picture
    desk.begin()
    desk.press("pause")  # then the picture is shown, however long its colours took
    desk.painter.allow(1)
    desk.reach(State.PAUSED)
    desk.shown(lambda: "step 3 of" in desk.studio.controls.progress_text)
    progress = desk.studio.runner.snapshot.progress
    assert progress is not None
    live = np.asarray(Image.open(BytesIO(desk.studio.view.now)), np.float32) / 255
    assert np.abs(live - progress.picture(progress.step)).mean() < 0.03  # as far as JPEG keeps it
    assert np.ptp(progress.picture(progress.step), axis=-1).max() > 0.1  # no gray picture
    desk.studio.save_panel.save("half.png")
    np.testing.assert_allclose(load_image("half.png"), progress.image, atol=1 / 255)
    desk.painter.allow(100)
    desk.press("stop")
    desk.reach(State.STOPPED)
    result = desk.studio.runs[0].result
    np.testing.assert_allclose(result.image, progress.image, atol=1e-6)
    desk.studio.close()


def test_slow_colour_restoration_is_not_done_at_every_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = ManualStudio(colours="luminance", steps=50)
    desk.painter.colours = desk.studio.photo.picture
    clock = [1000.0]
    shown: list[int] = []

    def picture(_progress: Progress, step: Step) -> Picture:
        clock[0] += 1  # it takes a second
        shown.append(step.iteration)
        return step.image

    monkeypatch.setattr(Progress, "picture", picture)
    monkeypatch.setattr(run_view, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    desk.begin()
    assert shown == [0]
    clock[0] += 1 / COLOUR_TIME_SHARE
    desk.painter.allow(2)
    desk.shown(lambda: "step 4 of" in desk.studio.controls.progress_text)
    assert shown == [0, 3]
    desk.painter.allow(100)
    desk.reach(State.FINISHED)
    desk.studio.close()


def test_a_mask_is_drawn_in_the_studio(desk: ManualStudio) -> None:
    studio = desk.studio
    box = studio.mask_session.box
    send(studio.styles_panel, {"row": KEEP, "draw": True})
    buttons, drawing = box.children
    assert "stay a photo" in buttons.children[0].value
    use = buttons.children[1]
    use.click()
    assert "0 everywhere" in studio.controls.status  # nothing is drawn yet
    drawing.mask = corner(studio)
    use.click()
    assert box.children == ()
    assert studio.controls.status.startswith("Ready")
    np.testing.assert_array_equal(studio.masks["drawn"], corner(studio))
    assert "keep=drawn" in studio.save_panel.code
    send(studio.styles_panel, {"row": KEEP, "draw": True})
    np.testing.assert_array_equal(box.children[1].mask, corner(studio))  # to be changed
    box.children[0].children[2].click()
    assert box.children == ()
    assert list(studio.masks) == ["drawn"]


def test_a_mask_is_for_the_painting_it_was_drawn_for(desk: ManualStudio) -> None:
    studio = desk.studio
    for _ in range(3):
        send(studio.styles_panel, {"add": True})
    send(studio.styles_panel, {"row": 2, "draw": True})
    buttons, drawing = studio.mask_session.box.children
    drawing.mask = corner(studio)
    meant = studio.styles_panel.style_choice(2)
    send(studio.styles_panel, {"row": 1, "remove": True})
    buttons.children[1].click()
    assert meant is not None
    assert [
        style_choice.painting.key
        for style_choice in studio.styles_panel.style_choices
        if style_choice.place
    ] == [meant.painting.key]


def test_a_mask_of_a_removed_painting_can_be_chosen_for_others(desk: ManualStudio) -> None:
    studio = desk.studio
    for _ in range(2):
        send(studio.styles_panel, {"add": True})
    send(studio.styles_panel, {"row": 1, "draw": True})
    buttons, drawing = studio.mask_session.box.children
    drawing.mask = corner(studio)
    send(studio.styles_panel, {"row": 1, "remove": True})
    assert "was removed" in buttons.children[0].value
    buttons.children[1].click()
    assert not any(style_choice.place for style_choice in studio.styles_panel.style_choices)
    assert list(studio.masks) == ["drawn"]
    send(studio.styles_panel, {"row": 1, "draw": True})
    assert studio.mask_session.box.children == ()  # there is no such painting


def test_any_error_in_a_callback_is_reported_and_the_studio_keeps_working(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object, **__: object) -> Any:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(run_requests, "Job", no_memory)
        desk.press("start")
        assert "not enough memory" in desk.studio.controls.status
        assert desk.studio.controls.is_error
    with monkeypatch.context() as patch:
        patch.setattr(mask_session, "MaskDrawing", no_memory)
        send(desk.studio.styles_panel, {"row": KEEP, "draw": True})
        assert "not enough memory" in desk.studio.controls.status
    with monkeypatch.context() as patch:
        patch.setattr(TransferRunner, "start", no_memory)
        desk.press("start")
    desk.press("start")
    desk.painter.allow(7)
    desk.reach(State.FINISHED)
    with monkeypatch.context() as patch:
        patch.setattr(exporter, "replace", no_memory)
        desk.studio.save_panel.save("x.png")
        assert "not enough memory" in desk.studio.save_panel.notice


def test_a_failed_final_resize_leaves_the_studio_usable(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object, **__: object) -> Any:
        raise MemoryError

    desk.begin()
    with monkeypatch.context() as patch:
        patch.setattr("stylelab.pipeline.progress.resize_to", no_memory)
        desk.press("stop")
        desk.painter.allow(1)
        desk.reach(State.FAILED)
    assert "not enough memory" in desk.studio.controls.status
    assert "kept" in desk.studio.controls.status
    assert [run.name for run in desk.studio.runs] == ["run 1"]
    assert "start" in desk.studio.controls.enabled
    desk.press("start")
    desk.painter.allow(7)
    desk.reach(State.FINISHED)


def test_an_interrupted_close_still_closes(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.begin()
    join = threading.Thread.join

    def interrupted(thread: threading.Thread, timeout: float | None = None) -> None:
        if thread.name == "stylelab transfer":
            raise KeyboardInterrupt
        join(thread, timeout)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "join", interrupted)
        with pytest.raises(KeyboardInterrupt):
            desk.studio.close()
    assert desk.studio.controls.enabled == []
    assert desk.studio.controls.status.startswith("Closed")
    desk.painter.allow(1)
    ends = time.monotonic() + LIMIT
    while not desk.studio.runs:  # the picture is kept, once the present step has ended
        assert time.monotonic() < ends
        time.sleep(0.001)


def test_an_interrupt_while_loading_the_network_leaves_the_studio_usable(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "VGG19", interrupted)
        with pytest.raises(KeyboardInterrupt):
            desk.studio.warm_up()
    assert desk.studio.controls.status.startswith("Ready")
    with monkeypatch.context() as patch:
        patch.setattr(module, "VGG19", lambda *_, **__: 1 / 0)
        desk.studio.warm_up()
    assert "ZeroDivisionError" in desk.studio.controls.status
    desk.press("start")
    desk.painter.allow(7)
    desk.reach(State.FINISHED)


@pytest.mark.parametrize("end", ["reset", "close", "coffee"])
def test_a_drawing_ends_when_its_photo_or_painting_changes(desk: ManualStudio, end: str) -> None:
    send(desk.studio.styles_panel, {"row": 0, "draw": True})
    assert (
        "in the style of swirling night"
        in desk.studio.mask_session.box.children[0].children[0].value
    )
    if end == "coffee":
        desk.studio.photo.chosen = "coffee"
    else:
        desk.press(end)
    assert desk.studio.mask_session.box.children == ()


def test_arguments_of_the_cell_are_selected(
    photo: Picture, painting: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sky = np.zeros(photo.shape[:2], np.float32)
    sky[:20] = 1
    Image.fromarray((255 * sky).astype(np.uint8)).save(tmp_path / "top.png")
    names = {"night": painting, "sky": sky, "_": sky}
    monkeypatch.setattr(cell_arguments, "ipython_shell", lambda: SimpleNamespace(user_ns=names))
    opened = open_studio(
        photo,
        [painting, "woodcut_waves", painting],
        shares=(3, 1, 0),
        masks=[sky, None, 1 - sky],
        keep=tmp_path / "top.png",
        size=32,
    )
    first, second, third = opened.styles_panel.style_choices
    assert (first.painting.name, first.share) == ("night", 75)
    assert (second.painting.key, second.share, second.place) == ("woodcut_waves", 25, None)
    assert opened.styles_panel.keep_region is not None
    assert opened.styles_panel.keep_region.name == "top"
    assert first.place is not None
    assert third.place is not None
    assert first.place.region is third.place.region is opened.styles_panel.keep_region.region
    assert third.place.inverted
    assert f'top = sl.load_mask("{tmp_path}/top.png")' in opened.save_panel.code
    opened.close()


def test_the_exported_call_uses_variable_names_of_the_notebook(
    photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sky = np.zeros(photo.shape[:2], np.float32)
    sky[:20] = 1
    names = {"sky": sky, "holiday": photo}
    monkeypatch.setattr(cell_arguments, "ipython_shell", lambda: SimpleNamespace(user_ns=names))
    opened = open_studio(photo, masks=[sky], size=32)
    assert 'sl.style(sl.sample("swirling_night"), mask=sky)' in opened.save_panel.code
    opened.close()


@pytest.mark.parametrize(
    ("what", "part"),
    [
        ({"masks": [np.ones((3, 9))]}, "proportions"),
        ({"keep": np.zeros((30, 45))}, "0 everywhere"),
        ({"masks": [None, None]}, "at most one mask for each"),
        ({"shares": (1, 2)}, "1 shares"),
        ({"painting": ["cat", "cat"], "shares": (0, 0)}, "not all 0"),
        ({"painting": []}, "a painting or several"),
        ({"keep": "nowhere.png"}, "no file"),
    ],
)
def test_unusable_masks_are_refused_and_the_studio_stays_open(
    photo: Picture, what: dict[str, Any], part: str
) -> None:
    opened = open_studio(size=32)
    with pytest.raises(StylelabError, match=part):
        open_studio(photo, **what)
    assert opened.controls.enabled
    opened.close()


def test_before_the_first_picture_no_numbers_are_shown() -> None:
    assert progress_text(Snapshot(State.PREPARING, steps_total=60)) == ""


def test_a_small_real_run_with_masks_kept_colours_and_several_styles() -> None:
    sky = np.zeros((300, 451), np.float32)
    sky[:150] = 1
    studio = open_studio(
        painting=["swirling_night", "woodcut_waves"],
        masks=[sky, 1 - sky],
        keep=np.fliplr(np.tri(300, 451, dtype=np.float32)),
        size=64,
        steps=2,
        colours="luminance",
    )
    studio.start()
    snapshot = studio.runner.wait(State.FINISHED, State.FAILED, timeout=LIMIT)
    assert snapshot.state is State.FINISHED, snapshot.message
    assert list(snapshot.result.history[-1].terms)[1:3] == ["style", "style_2"]  # type: ignore[union-attr]
    studio.close()


def test_a_small_real_run_paints() -> None:
    studio = open_studio(size=32, steps=2)
    studio.start()
    snapshot = studio.runner.wait(State.FINISHED, timeout=LIMIT)
    assert snapshot.result is not None
    assert [record.iteration for record in snapshot.result.history] == [0, 1, 2]
    studio.close()
