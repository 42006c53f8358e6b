"""The studio as a page and a notebook meet it: messages in, what the widget shows, files."""

import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from browser_message import send
from manual_studio import LIMIT, ManualStudio
from PIL import Image
from thread_gate import ThreadGate

import stylelab as sl
from stylelab.errors import PictureError, SettingsError, StylelabError
from stylelab.optimizers.step import Step
from stylelab.panels import studio as open_studio
from stylelab.panels.studio import (
    cell_arguments,
    events,
    picture_choice,
    render,
    reports,
    requests,
    selection,
    shown_picture,
    tasks,
)
from stylelab.panels.studio.run_state import State
from stylelab.panels.studio.shown_picture import COLOUR_TIME_SHARE
from stylelab.panels.studio.status import ENABLED
from stylelab.panels.studio.studio import Studio
from stylelab.panels.studio.style_rows import KEEP
from stylelab.panels.studio.transfer_runner import TransferRunner
from stylelab.pictures.images import Picture, load_image, resize_to
from stylelab.pictures.masks import Mask
from stylelab.pictures.saving import read_settings
from stylelab.pipeline.progress import Progress


@pytest.fixture
def desk() -> Iterator[ManualStudio]:
    desk = ManualStudio()
    yield desk
    desk.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the studio runs, and saves: empty at first."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def brightness(jpeg: bytes) -> float:
    return float(np.asarray(Image.open(BytesIO(jpeg))).mean() / 255)


def save(desk: ManualStudio, name: str) -> str:
    """Save, and return what is said of it."""
    desk.send("save", name=name)
    desk.shown(lambda: not desk.widget.save["loading"])
    return str(desk.widget.save["notice"])


def test_it_starts_with_the_default_pictures_and_a_start_button(desk: ManualStudio) -> None:
    widget = desk.widget
    assert (widget.photo["chosen"], widget.painting["chosen"]) == ("cat", "swirling_night")
    assert desk.controls["enabled"] == ["start", "reset", "close"]
    assert not widget.save["ready"]
    assert widget.now
    assert "not yet painted" in widget.view["alt"]
    assert Studio().widget.form["values"]["size"] == 256


def test_every_step_is_shown_with_picture_curves_shares_and_numbers(desk: ManualStudio) -> None:
    desk.begin()
    assert desk.controls["state"] == "running"
    assert brightness(desk.widget.now) == pytest.approx(0.02, abs=0.005)
    assert "after 2 of 6 steps" in desk.widget.view["alt"]
    assert "<svg" in desk.widget.losses["curves"]
    assert "67 %" in desk.widget.losses["shares"]
    assert desk.controls["progress_text"].startswith("step 2 of 6 · 32 × 21 px")
    assert desk.controls["share"] == pytest.approx(3 / 7)
    assert desk.controls["enabled"] == list(ENABLED[State.RUNNING])


def test_the_status_line_does_not_change_from_step_to_step(desk: ManualStudio) -> None:
    desk.begin()
    before = desk.status
    desk.allow(2)
    desk.shown(lambda: "step 4 of" in desk.controls["progress_text"])
    assert desk.status == before


def test_a_finished_run_is_kept_in_the_gallery(desk: ManualStudio) -> None:
    desk.finish()
    assert [item["name"] for item in desk.widget.gallery["items"]] == ["run 1"]
    assert desk.widget.gallery["photo"]["line"] == "cat"
    assert desk.controls["share"] == 1
    assert desk.widget.view["name"] == "run 1"
    assert desk.widget.save["ready"]
    (run,) = desk.studio.runs
    assert run.selection.name == "cat × swirling night"


def test_pause_stops_the_steps_and_resume_continues(desk: ManualStudio) -> None:
    desk.begin()
    desk.press("pause")
    desk.allow(1)  # one that has begun is still shown
    desk.reach(State.PAUSED)
    assert "resume" in desk.controls["enabled"]
    desk.press("resume")
    desk.allow(6)
    desk.reach(State.FINISHED)


def test_stop_keeps_the_best_picture(desk: ManualStudio) -> None:
    desk.begin()
    desk.press("stop")
    desk.allow()
    desk.reach(State.STOPPED)
    assert desk.runs == ["run 1"]
    assert brightness(desk.widget.now) == pytest.approx(0.01, abs=0.003)
    assert desk.controls["enabled"] == list(ENABLED[State.STOPPED])


def test_a_weight_changes_the_run_and_does_not_restart_it(desk: ManualStudio) -> None:
    desk.begin()
    desk.change(style_weight=30)
    desk.change(style_layers=desk.form["values"]["style_layers"] | {"block1_conv1": 2})
    desk.allow(2)
    desk.shown(lambda: "step 4 of" in desk.controls["progress_text"])
    assert desk.runs == []
    assert "style weight 10 → 30" in desk.widget.losses["curves"]
    assert "style weight 10 → 30" in desk.widget.save["code"]
    run = desk.studio.state.run
    assert run is not None
    assert run.settings.style_weight == 30


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
    assert desk.status.startswith("This restarts the run: ")
    desk.allow(3)
    desk.shown(
        lambda: (
            desk.controls["state"] == "running" and "step 1 of" in desk.controls["progress_text"]
        )
    )
    assert desk.status.startswith("Restarted: ")
    assert desk.runs == ["run 1"]
    assert (desk.widget.gallery["compared"], desk.widget.view["before_name"]) == ("1", "run 1")
    assert desk.widget.before
    run = desk.studio.state.run
    assert run is not None
    assert (run.name, run.settings) == ("run 2", desk.studio.state.settings)


def test_another_picture_does_not_hide_an_invalid_setting(desk: ManualStudio) -> None:
    desk.begin()
    desk.change(style_weight=0, content_weight=0)
    desk.choose("photo", "coffee")
    assert "nothing to paint" in desk.status
    assert desk.controls["is_error"]
    assert desk.controls["state"] == "running"
    desk.allow()
    desk.shown(lambda: "step 3 of" in desk.controls["progress_text"])
    assert "nothing to paint" in desk.status  # and it stays to be read


def test_another_picture_after_a_run_keeps_its_result_savable(desk: ManualStudio) -> None:
    desk.finish()
    shown = desk.widget.now
    desk.choose("photo", "coffee")
    assert desk.widget.now == shown
    assert desk.widget.save["file_name"].startswith("stylelab_cat")
    assert desk.status == "Press Start to paint coffee × swirling night."


def test_each_run_is_saved_under_its_own_name(desk: ManualStudio, folder: Path) -> None:
    for photo in ("cat", "coffee", "rocket"):
        desk.choose("photo", photo)
        desk.finish()
        assert desk.widget.save["file_name"] == f"stylelab_{photo}_swirling_night_1.png"
    desk.send("show_run", run=2)
    assert desk.widget.save["file_name"] == "stylelab_coffee_swirling_night_1.png"
    save(desk, desk.widget.save["file_name"])
    stored = read_settings(folder / "stylelab_coffee_swirling_night_1.png")
    assert stored is not None
    assert stored["photo"] == "coffee"


def test_stopping_a_restarted_run_reports_only_the_stop(desk: ManualStudio) -> None:
    desk.begin()
    desk.change(size=48)
    desk.allow(3)
    desk.shown(
        lambda: (
            desk.controls["state"] == "running" and "step 1 of" in desk.controls["progress_text"]
        )
    )
    desk.press("stop")
    desk.allow()
    desk.reach(State.STOPPED)
    assert "Restarted" not in desk.status


def test_nothing_starts_again_after_a_stop(desk: ManualStudio) -> None:
    desk.begin()
    desk.press("stop")
    desk.change(size=48)
    desk.allow(3)
    desk.reach(State.STOPPED)
    assert desk.runs == ["run 1"]
    assert desk.studio.state.run_count == 1


def test_another_picture_restarts_a_run(desk: ManualStudio) -> None:
    desk.begin()
    desk.choose("photo", "coffee")
    assert desk.status == "This restarts the run: coffee × swirling night."
    desk.allow(3)
    desk.shown(lambda: len(desk.runs) == 1 and desk.controls["state"] == "running")
    assert desk.widget.view["alt"].startswith("coffee in the style of swirling night")
    assert desk.studio.runs[0].selection.name == "cat × swirling night"


def test_another_picture_is_shown_before_the_first_run(desk: ManualStudio) -> None:
    before = desk.widget.now
    desk.choose("photo", "coffee")
    assert desk.widget.now != before
    assert "coffee" in desk.widget.view["alt"]
    assert desk.widget.save["file_name"].startswith("stylelab_coffee")
    assert 'sl.sample("coffee")' in desk.widget.save["code"]


def test_closing_ends_the_preparation_of_samples(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, prepared = threading.Event(), []

    def prepare(task: tasks.PrepareSample) -> events.Event:
        prepared.append(task)
        started.set()
        time.sleep(0.01)
        return reports.SampleReady(task.role, task.choice.key, b"")  # so it is missing again

    monkeypatch.setattr(tasks.PrepareSample, "run", prepare)
    desk.studio.post(events.PrepareSamples())
    assert started.wait(LIMIT)
    desk.studio.close()
    count = len(prepared)
    desk.choose("photo", "coffee")
    assert len(prepared) == count
    assert not [one for one in threading.enumerate() if "stylelab" in one.name]


def test_closing_leaves_out_what_is_still_to_be_prepared(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, gate, built = threading.Event(), threading.Event(), threading.Event()

    def wait(task: tasks.PrepareSample) -> events.Event:
        begun.set()
        assert gate.wait(LIMIT)
        return reports.SampleReady(task.role, task.choice.key, task.choice.thumbnail)

    monkeypatch.setattr(tasks.PrepareSample, "run", wait)
    monkeypatch.setattr(tasks, "VGG19", lambda *_, **__: built.set())
    desk.post(events.PrepareSamples())
    assert begun.wait(LIMIT)
    desk.studio.prepare()
    desk.press("close")
    gate.set()
    desk.studio.close()
    assert not built.is_set()


def test_invalid_settings_do_not_disturb_a_run(desk: ManualStudio) -> None:
    desk.begin()
    desk.change(style_weight=0, content_weight=0)
    assert "nothing to paint" in desk.form["notice"]
    desk.allow(5)
    desk.reach(State.FINISHED)
    desk.press("start")
    assert desk.controls["is_error"]
    assert "nothing to paint" in desk.status
    assert desk.controls["state"] == "finished"
    desk.change(style_weight=10)
    desk.press("start")
    desk.allow(7)
    desk.shown(lambda: len(desk.runs) == 2)
    assert not desk.controls["is_error"]


def test_an_error_in_the_run_shows_a_message_and_the_panel_keeps_working(
    desk: ManualStudio,
) -> None:
    desk.begin()
    desk.painter.fails = PictureError("Expected luck. Received: none. Try again.")
    desk.allow()
    desk.reach(State.FAILED)
    assert "Expected luck" in desk.status
    assert desk.controls["is_error"]
    assert desk.runs == ["run 1"]  # the last good picture
    desk.painter.fails = None
    desk.finish()
    assert not desk.controls["is_error"]


def test_reset_returns_to_the_start_and_keeps_the_gallery(desk: ManualStudio) -> None:
    first_picture, first_code = desk.widget.now, desk.widget.save["code"]
    desk.begin()
    desk.change(size=48, style_weight=30)
    desk.allow(2)
    desk.shown(lambda: desk.runs == ["run 1"])
    desk.press("reset")
    desk.allow(3)
    desk.reach(State.IDLE)
    assert desk.form["values"]["size"] == 32
    assert desk.form["preset"] == "balance"
    assert desk.widget.now == first_picture
    assert desk.widget.save["code"] == first_code
    assert desk.widget.before == b""
    assert desk.widget.losses["curves"] == ""
    assert not desk.widget.save["ready"]
    assert "run 1" in [item["name"] for item in desk.widget.gallery["items"]]


def test_a_run_ended_by_reset_keeps_its_name(desk: ManualStudio) -> None:
    desk.press("start")
    desk.press("stop")  # before any picture, so nothing of run 1 is kept
    desk.allow()
    desk.reach(State.STOPPED)
    desk.painter.gate.forbid()  # left over if Stop came before the first step
    desk.begin()
    desk.press("reset")
    desk.allow(3)
    desk.reach(State.IDLE)
    assert desk.runs == ["run 2"]


def test_a_run_is_compared_with_another_or_with_its_own_photo(desk: ManualStudio) -> None:
    desk.finish()
    desk.choose("photo", "coffee")
    desk.finish()
    desk.send("compare", other="1")
    assert brightness(desk.widget.before) == pytest.approx(0.01, abs=0.003)
    desk.send("compare", other="photo")
    photos = {name: float(sl.sample(name).mean()) for name in ("cat", "coffee")}
    assert brightness(desk.widget.before) == pytest.approx(photos["coffee"], abs=0.01)
    desk.send("show_run", run=1)
    assert brightness(desk.widget.before) == pytest.approx(photos["cat"], abs=0.01)
    desk.send("compare", other="")
    assert desk.widget.before == b""
    assert desk.widget.gallery["compared"] == ""


def test_a_run_describes_its_differences_from_the_previous_one(desk: ManualStudio) -> None:
    desk.finish()
    desk.change(style_weight=30.0)
    desk.finish()
    lines = [item["line"] for item in desk.widget.gallery["items"]]
    assert lines == ["cat × swirling night, style 10", "style weight 10 → 30"]


def test_each_step_can_be_looked_at_again(desk: ManualStudio) -> None:
    desk.finish()
    assert desk.widget.view["frames"] == 7
    desk.send("show_frame", frame=3)
    assert brightness(desk.widget.now) == pytest.approx(0.03, abs=0.005)
    desk.send("show_frame", frame=-1)
    assert brightness(desk.widget.now) == pytest.approx(0.01, abs=0.003)  # the best


def test_the_picture_is_saved_with_its_settings_and_nothing_is_overwritten(
    desk: ManualStudio, folder: Path
) -> None:
    desk.begin()
    desk.change(style_weight=30)
    desk.allow(5)
    desk.reach(State.FINISHED)
    name = "stylelab_cat_swirling_night_1.png"
    assert save(desk, name) == f"Saved: {folder / name}"
    kept = read_settings(name)
    assert kept is not None
    assert (kept["style_weight"], kept["size"], kept["photo"]) == (30, 32, "cat")
    assert kept["changes"] == ["style weight 10 → 30"]
    saved = (folder / name).read_bytes()
    assert "there already" in save(desk, name)
    assert desk.widget.save["is_error"]
    assert (folder / name).read_bytes() == saved
    assert desk.widget.save["file_name"] == "stylelab_cat_swirling_night_2.png"
    for impossible in ("picture.doc", "", "a" * 300 + ".png", "\0.png", "nowhere/a.png"):
        assert save(desk, impossible).startswith("Expected")
        assert desk.widget.save["is_error"]
    assert [path.name for path in folder.iterdir()] == [name]


@pytest.mark.usefixtures("folder")
def test_a_picture_can_be_saved_while_painting(desk: ManualStudio) -> None:
    desk.begin()
    save(desk, "half.png")
    kept = read_settings("half.png")
    assert kept is not None
    assert kept["stopped"] == "saved at step 2 of 6"


def test_closing_leaves_no_thread_and_disables_all_buttons() -> None:
    desk = ManualStudio()
    before = set(threading.enumerate())
    desk.begin()
    assert [one.name for one in set(threading.enumerate()) - before] == ["stylelab transfer"]
    desk.allow(100)
    desk.press("close")
    desk.studio.close()
    assert set(threading.enumerate()) <= before
    assert desk.controls["enabled"] == []
    assert desk.status.startswith("Closed")
    desk.press("start")
    desk.change(size=48)
    desk.choose("photo", "coffee")
    desk.studio.close()
    assert set(threading.enumerate()) <= before


def test_a_run_without_a_view_is_stopped(desk: ManualStudio) -> None:
    desk.begin()
    desk.post(events.ViewsGone())
    desk.allow(2)
    desk.reach(State.STOPPED)
    assert "no longer on any page" in desk.status
    assert desk.runs == ["run 1"]


@pytest.mark.network
def test_the_network_is_built_in_the_background(desk: ManualStudio) -> None:
    assert "Start may be pressed" in desk.status
    desk.studio.prepare()
    desk.shown(lambda: desk.status.startswith("Ready"))
    assert "about" in desk.form["cost_estimate"]


def test_without_a_kernel_a_static_picture_is_shown(desk: ManualStudio) -> None:
    bundle, metadata = desk.studio._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["image/jpeg"]
    assert "cat × swirling night" in metadata["image/jpeg"]["alt"]


def test_the_page_learns_which_of_its_messages_were_handled(desk: ManualStudio) -> None:
    desk.send("add_row", view="one", number=3)
    desk.send("add_row", view="two", number=1)
    desk.shown(lambda: desk.widget.answered == {"one": 3, "two": 1})
    desk.send("nonsense", view="one", number=4)
    desk.shown(lambda: desk.widget.answered["one"] == 4)
    assert "Received: KeyError('nonsense')" in desk.status


def test_an_event_that_finds_no_thread_is_handled_with_the_next_one(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        desk.studio.post(events.ChangeSettings({"seed": 3}))
    desk.change(steps=5)
    assert (desk.form["values"]["seed"], desk.form["values"]["steps"]) == (3, 5)


@pytest.mark.network
def test_opening_another_studio_closes_the_first_and_takes_its_runs(photo: Picture) -> None:
    first = open_studio(size=32, steps=1, runs=[])
    first.post(events.Press("start"))
    first.wait(lambda state: state.runs, timeout=LIMIT)
    second = open_studio(photo, "woodcut_waves", size=32, style_weight=3)
    assert first.widget.controls["status"].startswith("Closed, because another studio was opened")
    assert first.widget.controls["enabled"] == []
    assert second.runs == first.runs
    np.testing.assert_array_equal(second.state.photos.choice.load(), photo)
    values = second.widget.form["values"]
    assert (values["size"], values["style_weight"]) == (32, 3)
    third = open_studio(runs=[])
    assert third.runs == ()
    fourth = open_studio(runs=first)
    assert fourth.runs == first.runs
    fourth.close()


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


def corner() -> Mask:
    mask = np.zeros(sl.sample("cat").shape[:2], np.float32)
    mask[:100, :100] = 1
    return mask


def add_mask(desk: ManualStudio, name: str, mask: Mask, row: int, code: str = "") -> None:
    desk.post(events.AddMask(name, mask, code, row))


def add_painting(desk: ManualStudio, key: str = "woodcut_waves", share: float = 50.0) -> None:
    desk.post(events.AddRow(key, share))


def test_another_painting_restarts_a_run_with_a_message(desk: ManualStudio) -> None:
    desk.begin()
    add_painting(desk)
    assert desk.status == "This restarts the run: cat × swirling night + woodcut waves."
    desk.allow(3)
    desk.shown(
        lambda: (
            desk.controls["state"] == "running" and "step 1 of" in desk.controls["progress_text"]
        )
    )
    assert len(desk.painter.plans[-1].inputs.styles.weighted_terms) == 2
    assert desk.widget.view["alt"].startswith("cat in the style of swirling night + woodcut waves")
    assert 'sl.sample("swirling_night"), sl.sample("woodcut_waves")' in desk.widget.save["code"]
    desk.send("remove_row", row=1)
    assert desk.status.endswith(": cat × swirling night.")
    desk.allow(3)
    desk.shown(lambda: len(desk.runs) == 2 and desk.controls["state"] == "running")
    assert desk.widget.gallery["items"][-1]["line"] == "+ woodcut waves"


def styles_painted(desk: ManualStudio) -> list[float]:
    assert desk.painter.styles is not None
    return [weight for weight, _ in desk.painter.styles.weighted_terms]


@pytest.mark.usefixtures("folder")
def test_another_share_takes_effect_live_and_is_shown_everywhere(desk: ManualStudio) -> None:
    add_painting(desk)
    desk.begin()
    assert styles_painted(desk) == [0.5, 0.5]
    assert "style 2.00" not in desk.widget.losses["curves"]
    for drawn in (desk.widget.losses["curves"], desk.widget.losses["shares"]):
        assert "swirling night" in drawn  # a style is called as its painting
    desk.send("share", row=1, share=150)
    desk.allow(1)
    desk.shown(lambda: "share of woodcut waves 50 → 150" in desk.widget.losses["curves"])
    assert styles_painted(desk) == [0.25, 0.75]
    assert '0.75 * sl.style(sl.sample("woodcut_waves"))' in desk.widget.save["code"]
    changed = "# Weights were changed during the run: share of woodcut waves 50 → 150."
    assert changed in desk.widget.save["code"]
    desk.send("share", row=1, share=0)
    desk.change(style_weight=30)
    desk.allow(1)
    desk.shown(lambda: "share of woodcut waves 150 → 0" in desk.widget.losses["curves"])
    assert styles_painted(desk) == [1, 0]
    assert "style weight 10 → 30" in desk.widget.losses["curves"]
    desk.allow(10)
    desk.reach(State.FINISHED)
    assert desk.runs == ["run 1"]
    save(desk, "a.png")
    kept = read_settings("a.png")
    assert kept is not None
    styles: Any = kept["styles"]
    described = [(style["painting"], style["weight"]) for style in styles]
    assert described == [("swirling night", 1), ("woodcut waves", 0)]
    assert "“Woodcut waves”" in (sl.read_rights("a.png").credit or "")  # it had a part


def test_adding_a_share_to_a_painting_without_one_restarts(desk: ManualStudio) -> None:
    add_painting(desk, share=0)
    desk.begin()
    desk.send("share", row=0, share=20)  # all of it, as before
    assert "restarts" not in desk.status
    desk.send("share", row=1, share=20)
    assert desk.status == "This restarts the run: cat × swirling night + woodcut waves."
    desk.allow(3)
    desk.shown(lambda: len(desk.runs) == 1)


def test_a_share_changed_while_a_new_run_is_pending_applies_to_it(desk: ManualStudio) -> None:
    add_painting(desk)
    desk.begin()
    desk.change(size=48)
    desk.send("share", row=1, share=150)
    desk.allow(4)
    desk.shown(lambda: len(desk.runs) == 1 and desk.controls["state"] == "running")
    assert styles_painted(desk) == [0.25, 0.75]
    assert desk.painter.plans[-1].settings.size == 48


def test_without_any_share_the_run_continues_unchanged(desk: ManualStudio) -> None:
    add_painting(desk)
    desk.begin()
    for number in (0, 1):
        desk.send("share", row=number, share=0)
    assert "share above 0" in desk.widget.styles["notice"]
    desk.allow(5)
    desk.reach(State.FINISHED)
    assert styles_painted(desk) == [0, 1]
    assert desk.runs == ["run 1"]


def test_weights_still_change_while_a_mismatched_mask_is_chosen(desk: ManualStudio) -> None:
    add_painting(desk)
    desk.begin()
    add_mask(desk, "square", np.eye(8, dtype=np.float32), 0)
    desk.change(style_layers=desk.form["values"]["style_layers"] | {"block1_conv1": 2})
    desk.allow(1)
    desk.shown(lambda: "style layer block1_conv1 1 → 2" in desk.widget.losses["curves"])
    assert "'square', which is 8 × 8" in desk.widget.styles["notice"]


def test_choosing_the_same_values_does_not_restart(desk: ManualStudio) -> None:
    desk.begin()
    desk.send("share", row=0, share=50)
    desk.send("place", row=0, place="")
    desk.allow(4)
    desk.reach(State.FINISHED)
    assert desk.runs == ["run 1"]


def test_with_several_styles_weights_take_effect_live(desk: ManualStudio) -> None:
    add_painting(desk)
    desk.begin()
    desk.change(style_weight=30)
    desk.change(style_layers=desk.form["values"]["style_layers"] | {"block1_conv1": 2})
    desk.allow(2)
    desk.shown(lambda: "step 4 of" in desk.controls["progress_text"])
    assert desk.runs == []
    curves = desk.widget.losses["curves"]
    assert "style weight 10 → 30" in curves
    assert "style layer block1_conv1 1 → 2" in curves
    assert desk.painter.styles is not None
    for described in desk.painter.styles.describe():
        assert described["layers"]["block1_conv1"] == 2


def test_the_kept_region_is_passed_to_the_run_as_a_mask(desk: ManualStudio) -> None:
    add_mask(desk, "eye", corner(), KEEP, "eye")
    assert "keep=eye" in desk.widget.save["code"]
    desk.begin()
    np.testing.assert_array_equal(desk.painter.plans[-1].inputs.keep, corner())


def test_a_mismatched_mask_is_reported_and_disturbs_nothing_else(desk: ManualStudio) -> None:
    desk.begin()
    add_mask(desk, "square", np.eye(8, dtype=np.float32), 0)
    assert "'square', which is 8 × 8" in desk.widget.styles["notice"]
    assert desk.widget.styles["is_error"]
    desk.allow(1)
    desk.shown(lambda: "step 3 of" in desk.controls["progress_text"])
    desk.send("place", row=0, place="")
    assert desk.widget.styles["notice"] == ""
    desk.allow(3)
    desk.reach(State.FINISHED)
    assert desk.runs == ["run 1"]


def test_a_style_region_inside_the_kept_region_is_refused_at_start(desk: ManualStudio) -> None:
    add_mask(desk, "eye", corner(), 0)
    add_mask(desk, "eye", corner(), KEEP)
    desk.press("start")
    assert desk.controls["is_error"]
    assert "leaves some place for the style" in desk.status
    assert desk.controls["state"] == "idle"


@pytest.mark.usefixtures("folder")
def test_inputs_and_styles_are_saved_with_the_picture(desk: ManualStudio) -> None:
    add_painting(desk, share=150)
    add_mask(desk, "eye", corner(), 1)
    add_mask(desk, "eye", 1 - corner(), KEEP)
    desk.finish()
    desk.send("remove_row", row=1)  # which changes nothing of what was painted
    save(desk, "a.png")
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
    desk.painter.colours = sl.sample("cat")
    desk.begin()
    desk.press("pause")  # then the picture is shown, however long its colours took
    desk.allow(1)
    desk.reach(State.PAUSED)
    desk.shown(lambda: "step 3 of" in desk.controls["progress_text"])
    run = desk.studio.state.run
    assert run is not None
    progress = run.progress
    assert progress is not None
    live = np.asarray(Image.open(BytesIO(desk.widget.now)), np.float32) / 255
    assert np.abs(live - progress.picture(progress.step)).mean() < 0.03  # as far as JPEG keeps it
    assert np.ptp(progress.picture(progress.step), axis=-1).max() > 0.1  # no gray picture
    save(desk, "half.png")
    np.testing.assert_allclose(load_image("half.png"), progress.image, atol=1 / 255)
    desk.allow(100)
    desk.press("stop")
    desk.reach(State.STOPPED)
    result = desk.studio.runs[0].result
    assert result is not None
    np.testing.assert_allclose(result.image, progress.image, atol=1e-6)
    desk.close()


def test_slow_colour_restoration_is_not_done_at_every_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = ManualStudio(colours="luminance", steps=50)
    desk.painter.colours = sl.sample("cat")
    clock = [1000.0]
    shown: list[int] = []

    def picture(_progress: Progress, step: Step) -> Picture:
        clock[0] += 1  # it takes a second
        shown.append(step.iteration)
        return step.image

    monkeypatch.setattr(Progress, "picture", picture)
    monkeypatch.setattr(shown_picture, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    desk.press("start")
    for step in range(3):
        desk.allow()
        desk.shown(lambda step=step: f"step {step} of" in desk.controls["progress_text"])  # type: ignore[misc]
    assert shown == [0]
    clock[0] += 1 / COLOUR_TIME_SHARE
    for step in (3, 4):
        desk.allow()
        desk.shown(lambda step=step: f"step {step} of" in desk.controls["progress_text"])  # type: ignore[misc]
    assert shown == [0, 3]
    desk.allow(100)
    desk.reach(State.FINISHED)
    desk.close()


def test_a_mask_is_drawn_in_the_studio(desk: ManualStudio, folder: Path) -> None:
    desk.send("draw_mask", row=KEEP)
    assert "stay a photo" in desk.widget.drawing["instruction"]
    desk.use(np.zeros_like(corner()))
    assert "0 everywhere" in desk.status  # nothing is drawn yet
    desk.use(corner())
    assert desk.widget.drawing == {}
    assert desk.status.startswith("Getting the network ready")
    np.testing.assert_array_equal(desk.studio.masks["drawn"], corner())
    code = desk.widget.save["code"]
    assert "keep=drawn" in code
    desk.send("copy_code")
    desk.shown(lambda: "Copied." in desk.widget.save["notice"])
    (written,) = (folder / "stylelab_files").iterdir()
    assert f'drawn = sl.load_mask("stylelab_files/{written.name}")' in code
    np.testing.assert_array_equal(sl.load_mask(written), corner())
    desk.send("draw_mask", row=KEEP)
    assert desk.widget.drawn == np.rint(255 * corner()).astype(np.uint8).tobytes()  # to be changed
    desk.send("cancel_mask")
    assert desk.widget.drawing == {}
    assert list(desk.studio.masks) == ["drawn"]


def test_a_mask_is_for_the_painting_it_was_drawn_for(desk: ManualStudio) -> None:
    for _ in range(3):
        desk.send("add_row")
    desk.send("draw_mask", row=2)
    meant = desk.widget.styles["rows"][2]["painting"]
    desk.send("remove_row", row=1)
    desk.use(corner())
    assert [row["painting"] for row in desk.widget.styles["rows"] if row["place"]] == [meant]


def test_a_mask_of_a_removed_painting_can_be_chosen_for_others(desk: ManualStudio) -> None:
    for _ in range(2):
        desk.send("add_row")
    desk.send("draw_mask", row=1)
    desk.send("remove_row", row=1)
    assert "was removed" in desk.widget.drawing["instruction"]
    desk.use(corner())
    assert not any(row["place"] for row in desk.widget.styles["rows"])
    assert list(desk.studio.masks) == ["drawn"]
    desk.send("draw_mask", row=1)
    assert desk.widget.drawing == {}  # there is no such painting


@pytest.mark.parametrize("end", ["reset", "close", "coffee"])
def test_a_drawing_ends_when_its_photo_changes(desk: ManualStudio, end: str) -> None:
    desk.send("draw_mask", row=0)
    assert "in the style of swirling night" in desk.widget.drawing["instruction"]
    if end == "coffee":
        desk.choose("photo", "coffee")
    else:
        desk.press(end)
    assert desk.widget.drawing == {}


def no_memory(*_: object, **__: object) -> Any:
    raise MemoryError


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (requests, "Run"),
        (render, "status"),
        (selection, "TransferInputs"),
        (TransferRunner, "follow"),
    ],
)
def test_any_error_is_reported_and_the_studio_keeps_working(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, no_memory)
        desk.press("start")
        desk.shown(lambda: "not enough memory" in desk.status)
        assert desk.controls["is_error"]
    desk.press("stop")
    desk.allow()
    desk.reach(State.STOPPED if name == "status" else desk.studio.state.run_state)
    desk.painter.gate.forbid()
    desk.finish()
    assert not desk.controls["is_error"]


def test_an_error_undoes_its_own_event_and_not_those_handled_with_it(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post_two(_: object) -> None:  # in the thread that handles events: it takes both at once
        desk.widget.unobserve(post_two, "form")
        desk.studio.post(events.ChangeSettings({"style_weight": 30}))
        desk.studio.post(events.Press("start"))

    monkeypatch.setattr(requests, "Run", no_memory)
    desk.widget.observe(post_two, "form")
    desk.change(seed=3)
    desk.shown(lambda: "not enough memory" in desk.status)
    assert desk.form["values"]["style_weight"] == 30


def test_a_part_that_could_not_be_shown_is_shown_with_the_next_event(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(render, "describe_values", no_memory)
        desk.change(seed=3)
        assert desk.form["values"]["seed"] == 0
    desk.post(events.ChangeWidth(500))
    assert desk.form["values"]["seed"] == 3


@pytest.mark.usefixtures("folder")
def test_an_error_while_saving_is_reported(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.finish()
    monkeypatch.setattr(tasks, "replace", no_memory)
    assert "not enough memory" in save(desk, "x.png")


def test_a_failed_final_resize_leaves_the_studio_usable(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.begin()
    with monkeypatch.context() as patch:
        patch.setattr("stylelab.pipeline.progress.resize_to", no_memory)
        desk.press("stop")
        desk.allow(1)
        desk.reach(State.FAILED)
    assert "not enough memory" in desk.status
    assert "kept" in desk.status
    assert desk.runs == ["run 1"]
    assert "start" in desk.controls["enabled"]
    desk.finish()


def test_a_failing_preparation_of_the_network_is_shown_and_start_tries_again(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "VGG19", lambda *_, **__: 1 / 0)
    desk.studio.prepare()
    desk.shown(lambda: "ZeroDivisionError" in desk.status)
    desk.finish()
    assert not desk.controls["is_error"]


def test_uploaded_pictures_and_masks_are_read_in_the_background(desk: ManualStudio) -> None:
    mine = BytesIO()
    Image.fromarray(np.full((40, 60, 3), 200, np.uint8)).save(mine, "PNG")
    half = {"part": "photo", "name": "mine.png", "upload": {"id": "a", "size": mine.tell()}}
    desk.send("file", mine.getvalue()[:50], **half)
    assert desk.widget.photo["chosen"] == "cat"
    desk.send("file", mine.getvalue()[50:], **half)
    desk.shown(lambda: desk.widget.photo["chosen"] == "file mine.png")
    desk.send("file", mine.getvalue(), part="mask", row=0, name="sky.png")
    desk.shown(lambda: desk.widget.regions)
    assert desk.widget.regions[0]["name"] == "sky"
    desk.send("file", b"no picture", part="painting", name="poem.png")
    desk.shown(lambda: desk.widget.painting["notice"])
    assert desk.widget.painting["is_error"]
    assert "'poem.png'" in desk.widget.painting["notice"]
    assert desk.widget.painting["loading"] == ""


@pytest.mark.usefixtures("folder")
def test_settings_are_read_from_a_saved_picture(desk: ManualStudio) -> None:
    desk.change(style_weight=30, seed=3)
    desk.finish()
    save(desk, "a.png")
    desk.change(style_weight=1, seed=0)
    desk.send("file", Path("a.png").read_bytes(), part="settings", name="a.png")
    desk.shown(lambda: desk.form["values"]["style_weight"] == 30)
    assert desk.form["values"]["seed"] == 3
    plain = BytesIO()
    Image.new("RGB", (40, 40)).save(plain, "PNG")
    desk.send("file", plain.getvalue(), part="settings", name="plain.png")
    desk.shown(lambda: desk.form["is_error"])
    assert "Expected a picture that stylelab saved" in desk.form["notice"]


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
    first, second, third = opened.state.selection.style_choices
    assert (first.painting.name, first.share) == ("night", 75)
    assert (second.painting.key, second.share, second.place) == ("woodcut_waves", 25, None)
    keep = opened.state.selection.keep
    assert keep is not None
    assert keep.name == "top"
    assert first.place is not None
    assert third.place is not None
    assert first.place.region is third.place.region is keep.region
    assert third.place.inverted
    assert f'top = sl.load_mask("{tmp_path}/top.png")' in opened.widget.save["code"]
    opened.close()


def test_the_exported_call_uses_variable_names_of_the_notebook(
    photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sky = np.zeros(photo.shape[:2], np.float32)
    sky[:20] = 1
    names = {"sky": sky, "holiday": photo}
    monkeypatch.setattr(cell_arguments, "ipython_shell", lambda: SimpleNamespace(user_ns=names))
    opened = open_studio(photo, masks=[sky], size=32)
    assert 'sl.style(sl.sample("swirling_night"), mask=sky)' in opened.widget.save["code"]
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
    assert opened.widget.controls["enabled"]
    opened.close()


def noisy(height: int, width: int) -> bytes:
    """A PNG file of noise, with an author."""
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    written = BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def run_code(code: str) -> Picture:
    """The picture that exported code paints."""
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - it is the code that readers run
    image: Picture = names["result"].image
    return image


@pytest.mark.network
def test_copied_code_paints_the_same_picture_from_uploads_masks_and_arrays(
    folder: Path, painting: Picture
) -> None:
    studio = open_studio(painting=[painting, "woodcut_waves"], size=64, steps=2, runs=[])
    send(studio.widget, {"event": "file", "part": "photo", "name": "my photo.png"}, noisy(90, 120))
    studio.wait(lambda state: state.photos.chosen.startswith("file"), timeout=LIMIT)
    send(studio.widget, {"event": "draw_mask", "row": 1})
    drawn = bytes([0, 255] * (90 * 60))
    send(studio.widget, {"event": "use_mask"}, drawn)
    send(studio.widget, {"event": "press", "action": "start"})
    studio.wait(lambda state: len(state.runs) == 1, timeout=LIMIT)
    send(studio.widget, {"event": "copy_code"})
    studio.wait(lambda state: "Copied" in state.notice("save").text, timeout=LIMIT)
    result = studio.runs[0].result
    assert result is not None
    np.testing.assert_array_equal(run_code(studio.widget.save["code"]), result.image)
    send(studio.widget, {"event": "larger", "run": 1, "size": 96})
    studio.wait(lambda state: len(state.runs) == 2, timeout=LIMIT)
    send(studio.widget, {"event": "copy_code"})
    studio.wait(lambda state: "start_of_run" in state.notice("save").text, timeout=LIMIT)
    result = studio.runs[1].result
    assert result is not None
    np.testing.assert_array_equal(run_code(studio.widget.save["code"]), result.image)
    assert len(list((folder / "stylelab_files").iterdir())) == 4
    studio.close()


def test_a_paused_run_is_left_alone_until_something_changes(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = []
    follow = TransferRunner.follow

    def counting(runner: TransferRunner, order: Any) -> None:
        orders.append(order)
        follow(runner, order)

    monkeypatch.setattr(TransferRunner, "follow", counting)
    desk.begin()
    desk.press("pause")
    desk.allow()
    desk.reach(State.PAUSED)
    before = len(orders)
    for width in (640, 800, 1060):
        desk.post(events.ChangeWidth(width))
    assert len(orders) == before


def test_a_sample_is_chosen_before_it_is_loaded(
    desk: ManualStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = ThreadGate()

    def load_slowly(name: str) -> Picture:
        assert gate.wait_to_pass(LIMIT)
        return sl.sample(name, 64)

    monkeypatch.setattr(picture_choice, "sample", load_slowly)
    desk.shown(lambda: desk.widget.painting["preview"])  # those of the beginning are loaded
    for name in ("woodcut_waves", "stained_glass"):
        monkeypatch.delitem(picture_choice._SAMPLE_CACHE, name, raising=False)
        desk.choose("painting", name)  # the second one is not kept waiting by the first
        assert desk.widget.painting["chosen"] == name
        assert desk.widget.painting["preview"] == ""
    gate.allow(100)
    desk.shown(lambda: desk.widget.painting["preview"])


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
        runs=[],
    )
    studio.post(events.Press("start"))
    state = studio.wait(lambda state: state.run and not state.is_active, timeout=LIMIT)
    assert state.run is not None
    assert state.run.state is State.FINISHED, state.run.message
    assert state.run.result is not None
    assert list(state.run.result.history[-1].terms)[1:3] == ["style", "style_2"]
    studio.close()


@pytest.mark.network
def test_a_small_real_run_paints_and_goes_on_from_its_picture() -> None:
    studio = open_studio(size=32, steps=2, runs=[])
    studio.post(events.Press("start"))
    studio.wait(lambda state: len(state.runs) == 1, timeout=LIMIT)
    studio.post(events.ContinueRun(1, steps=3))
    state = studio.wait(lambda state: len(state.runs) == 2, timeout=LIMIT)
    first, second = (run.result for run in state.runs)
    assert first is not None
    assert second is not None
    assert [record.iteration for record in first.history] == [0, 1, 2]
    assert [record.iteration for record in second.history] == [0, 1, 2, 3, 4, 5]
    assert second.history[-1].loss < first.history[-1].loss
    resized = resize_to(first.image, *second.image.shape[:2])
    assert np.abs(second.image - resized).mean() < 0.1
    studio.close()
