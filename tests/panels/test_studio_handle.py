"""What the studio's state becomes: single events, and any sequence of events."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stylelab.optimizers.step import Step
from stylelab.painting.paint import PaintedPhoto
from stylelab.painting.painting_network import PaintingNetwork
from stylelab.panels.studio import events, reports
from stylelab.panels.studio.exported_file import array_file
from stylelab.panels.studio.handle import handle
from stylelab.panels.studio.one_pass import NetworkChoice, OnePass, Painted, PaintRequest
from stylelab.panels.studio.picture_choice import Choices, PictureChoice
from stylelab.panels.studio.render import Renderer
from stylelab.panels.studio.render_runs import render_gallery
from stylelab.panels.studio.run_progress import MAX_FRAMES
from stylelab.panels.studio.run_state import ACTIVE_STATES, State
from stylelab.panels.studio.status import enabled_actions, status
from stylelab.panels.studio.studio_state import PHOTO, StudioState
from stylelab.panels.studio.studio_widget import StudioWidget
from stylelab.panels.studio.style_rows import KEEP
from stylelab.panels.studio.tasks import (
    LoadNetwork,
    MakeFile,
    PaintPhoto,
    PrepareSample,
    SavePicture,
)
from stylelab.panels.studio.thumbnails import thumbnail
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.result import Result
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.panels.studio.run_state import Order
    from stylelab.pictures.images import Picture

HEIGHT, WIDTH = 24, 32
NAMES = ("cat", "coffee", "rocket")
PAINTINGS = ("night", "glass", "waves")


def picture_choice(name: str) -> PictureChoice:
    """A small grey picture of its own brightness."""
    value = (1 + (*NAMES, *PAINTINGS).index(name)) / 10
    picture = np.full((HEIGHT, WIDTH, 3), value, np.float32)
    return PictureChoice(
        name, name, name, b"", picture, file=array_file(name, picture), is_own=True
    )


def new_state() -> StudioState:
    photos = Choices("photo", tuple(map(picture_choice, NAMES)), "cat")
    paintings = Choices("painting", tuple(map(picture_choice, PAINTINGS)), "night")
    return StudioState.first(photos, paintings, Settings(size=32, steps=4))


def progress_of(order: Order, iteration: int, *, changed: bool = False) -> Progress:
    """Progress of a run whose picture says which run and step it is of."""
    stages = order.settings.stages(HEIGHT, WIDTH)
    image = np.full((stages[0].height, stages[0].width, 3), order.run / 1000, np.float32)
    history: tuple[Record, ...] = ()
    for each in range(iteration + 1):
        size = (0, stages[0].height, stages[0].width, each, each + 1)
        last = changed and each == iteration
        history = (*history, Record(*size, 3.0, {"content": 1.0}, 0.1 * each, last))
    step = Step(image, 3.0, {"content": 1.0}, iteration, iteration + 1, 0.1, image, "lbfgs", {})
    return Progress(stages, 0, step, step, history)


def stepped(order: Order, iteration: int, *, changed: bool = False) -> reports.Stepped:
    return reports.Stepped(
        order.run, progress_of(order, iteration, changed=changed), order, frame=b"x"
    )


def ended(order: Order, state: State, iteration: int, error: str = "") -> reports.RunEnded:
    progress = progress_of(order, iteration)
    result = Result(progress.step.image, order.settings, progress.history, 1.0)
    last = stepped(order, iteration) if iteration else None
    return reports.RunEnded(order.run, state, error, last, result if iteration else None)


def order_of(state: StudioState) -> Order:
    assert state.order is not None
    return state.order


def after(state: StudioState, *what: events.Event) -> StudioState:
    for event in what:
        state = handle(state, event)
    return state


def started(state: StudioState, steps: int = 2) -> StudioState:
    """Start, and take some steps."""
    state = handle(state, events.Press("start"))
    order = order_of(state)
    state = handle(state, reports.RunPrepared(order.run, 4, "a run"))
    return after(state, *(stepped(order, iteration) for iteration in range(steps + 1)))


def finished(state: StudioState) -> StudioState:
    state = started(state)
    return handle(state, ended(order_of(state), State.FINISHED, 4))


def test_handling_an_event_leaves_the_state_before_as_it_was() -> None:
    before = new_state()
    after_start = handle(before, events.Press("start"))
    assert (before.run, before.queue, before.run_count) == (None, (), 0)
    assert after_start.run is not None


def test_an_unknown_event_changes_nothing() -> None:
    state = finished(new_state())
    unchanged = handle(state, events.Event())
    assert replace(unchanged, tasks=()).runs is state.runs


def test_the_last_message_of_each_view_is_answered_and_old_views_are_forgotten() -> None:
    state = new_state()
    for number in range(1, 11):
        state = handle(state, events.MessageRead(f"view {number}", number))
    state = handle(state, events.MessageRead("view 5", 50))
    assert state.answered["view 5"] == 50
    assert list(state.answered) == [f"view {number}" for number in (3, 4, 6, 7, 8, 9, 10, 5)]


def test_a_run_is_saved_under_its_own_name_after_other_pictures_were_chosen() -> None:
    state = finished(new_state())
    state = finished(handle(state, events.ChoosePicture("photo", "coffee")))
    state = finished(handle(state, events.ChoosePicture("photo", "rocket")))
    assert state.shown_run is not None
    assert state.shown_run.file_name_parts == ("rocket", "night")
    state = handle(state, events.ShowRun(2))
    assert state.shown_run is not None
    assert state.shown_run.file_name_parts == ("coffee", "night")
    (task,) = handle(state, events.SaveRun("picture.png")).tasks
    assert isinstance(task, SavePicture)
    assert task.saved is state.shown_run


def test_a_run_stopped_before_its_first_step_is_not_kept() -> None:
    state = started(new_state(), steps=0)
    state = handle(state, events.Press("stop"))
    state = handle(state, ended(order_of(started(new_state(), 0)), State.STOPPED, 0))
    assert state.runs == ()
    assert status(state).text == "Stopped before the first step."


def test_a_stopped_run_is_kept_and_the_report_of_another_run_changes_nothing() -> None:
    state = started(new_state())
    order = order_of(state)
    state = handle(state, events.Press("stop"))
    other = reports.RunEnded(99, State.FAILED, "It failed.")
    assert handle(state, other).run_state is State.STOPPING
    state = handle(state, ended(order, State.STOPPED, 2))
    assert [run.state for run in state.runs] == [State.STOPPED]


def test_a_restart_takes_changes_made_while_it_waits_and_can_be_called_off() -> None:
    state = started(new_state())
    order = order_of(state)
    state = after(state, events.ChangeSettings({"size": 48}), events.ChangeSettings({"seed": 1}))
    assert status(state).text == "This restarts the run: size 32 → 48."
    called_off = handle(handle(state, events.Press("stop")), ended(order, State.STOPPED, 2))
    assert (called_off.order, called_off.run_state) == (None, State.STOPPED)
    assert "stop" in enabled_actions(state)
    state = handle(state, ended(order, State.STOPPED, 2))
    assert (order_of(state).run, order_of(state).settings.size) == (2, 48)
    assert order_of(state).settings.seed == 1
    assert state.compared == 1


def test_a_reset_also_calls_off_the_runs_that_wait() -> None:
    state = started(new_state())
    order = order_of(state)
    state = after(state, events.ChangeSettings({"size": 48}), events.Press("reset"))
    state = handle(state, ended(order, State.STOPPED, 2))
    assert (state.run, state.order) == (None, None)
    assert state.values["size"] == 32
    assert len(state.runs) == 1


def test_a_run_is_never_compared_with_itself() -> None:
    state = finished(finished(new_state()))
    assert handle(state, events.CompareWith("2")).compared is None
    state = handle(state, events.CompareWith("1"))
    assert state.compared == 1
    assert handle(state, events.ShowRun(1)).compared is None


def test_reset_keeps_the_runs_and_they_can_be_shown_and_saved() -> None:
    state = handle(finished(new_state()), events.Press("reset"))
    assert state.shown_run is None
    state = handle(state, events.ShowRun(1))
    assert handle(state, events.SaveRun("kept.png")).tasks


def test_settings_of_a_kept_run_can_be_used_again() -> None:
    state = finished(new_state())
    state = handle(state, events.ChangeSettings({"style_weight": 300.0}))
    state = handle(state, events.UseSettings(1))
    assert state.values["style_weight"] == 10.0


def test_a_deleted_run_is_neither_shown_nor_compared() -> None:
    state = finished(finished(new_state()))
    state = after(state, events.CompareWith("1"), events.DeleteRun(1))
    assert [run.number for run in state.runs] == [2]
    assert state.compared is None
    state = handle(state, events.DeleteRun(2))
    assert (state.runs, state.shown_run) == ((), None)


def test_more_steps_go_on_from_the_runs_picture() -> None:
    state = handle(finished(new_state()), events.ContinueRun(1, steps=10))
    order = order_of(state)
    assert order.settings.steps == 14
    assert order.resume is not None
    assert order.resume.step.iteration == 4


def test_a_larger_run_starts_from_the_runs_picture() -> None:
    state = finished(new_state())
    before = state.runs[0].result
    assert before is not None
    state = handle(state, events.ContinueRun(1, size=64))
    assert order_of(state).settings.size == 64
    assert order_of(state).start is before.image
    assert state.compared == 1


@pytest.mark.parametrize("how", [{"steps": 10}, {"size": 64}])
def test_a_weight_moved_in_a_continued_run_does_not_restart_it(how: dict[str, int]) -> None:
    state = handle(finished(new_state()), events.ContinueRun(1, **how))
    state = handle(state, stepped(order_of(state), 5))
    before = order_of(state)
    state = handle(state, events.ChangeSettings({"style_weight": 30.0}))
    order = order_of(state)
    assert order.settings == replace(before.settings, style_weight=30.0)
    assert (order.start is before.start, order.resume is before.resume) == (True, True)
    assert (order.run, state.run_state) == (before.run, State.RUNNING)


@pytest.mark.parametrize("how", [{"steps": 10}, {"size": 64}])
@pytest.mark.parametrize("end", [State.STOPPED, State.FAILED, State.FINISHED])
@pytest.mark.parametrize("has_begun", [False, True])
def test_a_continued_run_without_a_step_is_not_kept_and_the_former_one_is_shown_again(
    how: dict[str, int], end: State, has_begun: bool
) -> None:
    state = handle(finished(new_state()), events.ContinueRun(1, **how))
    order = order_of(state)
    if has_begun:  # with the picture that it goes on from
        state = handle(state, stepped(order, 0 if order.resume is None else 4))
    state = handle(state, reports.RunEnded(2, end, "It failed." if end is State.FAILED else ""))
    assert [run.number for run in state.runs] == [1]
    assert (state.shown_run, state.compared) == (state.runs[0], None)
    assert handle(state, events.SaveRun("a.png")).tasks
    assert order_of(handle(state, events.ContinueRun(1, **how))).run == 3


def test_a_continued_run_without_a_step_does_not_take_away_what_is_looked_at() -> None:
    state = finished(finished(new_state()))
    state = handle(state, events.ContinueRun(1, steps=10))
    elsewhere = after(state, events.ShowRun(2), reports.RunEnded(3, State.STOPPED))
    assert (elsewhere.shown, elsewhere.compared) == (2, 1)
    deleted = after(state, events.DeleteRun(1), reports.RunEnded(3, State.STOPPED))
    assert [run.number for run in deleted.runs] == [2]
    assert deleted.shown is None
    reset = after(state, events.Press("reset"), reports.RunEnded(3, State.STOPPED))
    assert (reset.shown_run, len(reset.runs)) == (None, 2)
    restarted = handle(state, events.ChangeSettings({"size": 48, "seed": 1}))
    restarted = handle(restarted, reports.RunEnded(3, State.STOPPED))
    assert (restarted.shown, order_of(restarted).run) == (None, 4)


def test_a_grid_is_painted_row_by_row_and_a_stop_ends_it() -> None:
    grid = events.StartGrid(("style_weight", (3, 30)), ("painting", ("night", "glass")))
    state = handle(new_state(), grid)
    seen = []
    while state.order is not None:
        order = order_of(state)
        seen.append((order.settings.style_weight, order.selection.painting))
        state = handle(state, ended(order, State.FINISHED, 4))
    assert seen == [(3, "night"), (3, "glass"), (30, "night"), (30, "glass")]
    assert [run.place.row for run in state.runs if run.place] == [
        "style weight 3", "style weight 3", "style weight 30", "style weight 30",
    ]  # fmt: skip
    state = handle(handle(state, grid), events.Press("stop"))
    assert (state.queue, state.order) == ((), None)


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        (("seed", (0, 1)), ("seed", (2,)), "two settings that differ"),
        (("seed", ()), ("size", (64,)), "Received: 0"),
        (("seed", tuple(range(37))), ("size", (64,)), "Received: 37"),
        (("size", ("large",)), ("seed", (1,)), "Received: 'large'"),
        (("brush", (1,)), ("seed", (1,)), "Received: 'brush'"),
        (("seed", (10**400,)), ("size", (64,)), "seed as a whole number from 0 to 1,000,000"),
        (("colours", (["lab"],)), ("seed", (1,)), "Received: ['lab']"),
        (("painting", ("mine",)), ("seed", (1,)), "Received: 'mine'"),
    ],
)
def test_an_unusable_grid_is_refused_with_a_sentence(rows: Any, columns: Any, message: str) -> None:
    state = handle(new_state(), events.StartGrid(rows, columns))
    assert state.order is None
    assert status(state).is_error
    assert message in status(state).text


def test_a_number_out_of_range_is_refused_with_a_sentence_and_nothing_changes() -> None:
    state = handle(new_state(), events.ChangeSettings({"steps": 1_000_000}))
    assert state.values["steps"] == 4
    assert state.notice("settings").text == (
        "Expected steps as a whole number from 1 to 1000. Received: 1,000,000. Nothing was changed."
    )
    assert handle(state, events.ChangeSettings({"steps": 7})).notice("settings").text == ""


def test_another_painting_begins_with_a_fair_share() -> None:
    state = after(new_state(), events.ChangeShare(0, 100.0), events.AddRow())
    assert [row.share for row in state.styles.rows] == [100.0, 100.0]


def test_the_earlier_error_disappears_when_another_file_is_being_read() -> None:
    target = events.Target("photo")
    state = handle(new_state(), reports.LoadFailed(target, "a.png", "Expected a picture."))
    assert state.notice("photo").is_error
    state = handle(state, events.ReceiveFile(target, "huge.jpg", b"bytes"))
    assert state.notice("photo").text == ""
    assert state.loading == {"photo": "huge.jpg"}


def test_of_several_files_the_first_one_is_chosen() -> None:
    state = new_state()
    for index, name in enumerate(("one", "two")):
        choice = replace(picture_choice("cat"), key=name, name=name)
        target = events.Target("photo", choose=index == 0)
        state = handle(state, reports.PictureLoaded(target, name, choice))
    assert state.photos.chosen == "one"
    assert [choice.key for choice in state.photos.all][:2] == ["two", "one"]


def test_saving_says_so_until_it_is_done() -> None:
    state = handle(finished(new_state()), events.SaveRun("a.png"))
    assert "save" in state.loading
    state = handle(state, reports.Saved("Saved: a.png"))
    assert (dict(state.loading), state.notice("save").text) == ({}, "Saved: a.png")


def test_exports_are_of_the_shown_run_or_of_all() -> None:
    state = handle(finished(finished(new_state())), events.ShowRun(1))
    found = {
        kind: [run.number for run in task.runs]
        for kind in ("picture", "film", "gif", "sheet", "zip")
        for task in handle(state, events.ExportRuns(kind)).tasks
        if isinstance(task, MakeFile)
    }
    assert found == {"picture": [1], "film": [1], "gif": [1], "sheet": [1, 2], "zip": [1, 2]}


def test_adopted_runs_keep_their_numbers_and_new_ones_follow() -> None:
    old = finished(finished(new_state()))
    state = handle(new_state(), events.AdoptRuns(old.runs))
    state = finished(state)
    assert [run.number for run in state.runs] == [1, 2, 3]


def test_a_frame_beyond_the_last_shows_the_picture() -> None:
    state = finished(new_state())
    assert handle(state, events.ShowFrame(1)).frame == 1
    assert handle(state, events.ShowFrame(99)).frame is None


def test_the_frame_that_is_looked_at_stays_when_others_are_left_out() -> None:
    state = started(new_state())
    order, widget = order_of(state), StudioWidget(lambda _: None)
    renderer = Renderer(widget)
    for number in range(3, MAX_FRAMES):
        state = handle(state, replace(stepped(order, 3), frame=str(number).encode()))
    state = handle(state, events.ShowFrame(100))
    renderer.render(state)
    shown = widget.now
    assert widget.view["frame"] == 100
    for number in range(10):
        state = handle(state, replace(stepped(order, 3), frame=f"more {number}".encode()))
    renderer.render(state)
    assert widget.now is shown
    assert (widget.view["frame"], state.frame) == (50, 50)


@pytest.mark.parametrize("name", ["size", "coarsest_size", "tile"])
def test_a_size_that_comes_into_use_is_offered(name: str) -> None:
    widget = StudioWidget(lambda _: None)
    renderer, state = Renderer(widget), new_state()
    renderer.render(state)
    renderer.render(replace(state, values=MappingProxyType({**state.values, name: 333})))
    (offered,) = (field["choices"] for field in widget.fields["run"] if field["name"] == name)
    assert 333 in [choice["value"] for choice in offered]


def test_a_run_is_compared_only_with_a_kept_one() -> None:
    state = finished(finished(new_state()))
    for other, compared in (("1", 1), ("2", None), ("3", None), ("one", None), ("1" * 5000, None)):
        assert handle(state, events.CompareWith(other)).compared == compared


@pytest.mark.parametrize("other", ["1", "3", "9" * 5000])
def test_a_comparison_with_a_run_that_is_not_kept_is_refused_with_a_sentence(other: str) -> None:
    state = after(finished(finished(new_state())), events.DeleteRun(1), events.CompareWith(PHOTO))
    state = handle(state, events.CompareWith(other))
    assert state.compared == PHOTO
    assert status(state).is_error
    assert status(state).text.startswith(
        "Expected one of the kept runs, and not the one shown, to compare with. "
        f"Received: run {other[:50]}"
    )
    assert len(status(state).text) < 200
    assert not status(handle(state, events.CompareWith(""))).is_error


@pytest.mark.parametrize(
    "event",
    [events.ShowRun(1), events.UseSettings(1), events.ContinueRun(1, size=64)],
)
def test_what_is_asked_of_a_run_that_is_not_kept_is_refused_with_a_sentence(
    event: events.Event,
) -> None:
    before = after(finished(finished(new_state())), events.DeleteRun(1))
    state = handle(before, event)
    assert (state.runs, state.values, state.shown) == (before.runs, before.values, before.shown)
    assert (state.run, state.order, state.queue) == (before.run, before.order, before.queue)
    assert status(state).is_error
    assert status(state).text == (
        "Expected one of the kept runs. Received: run 1. Choose one below the picture."
    )
    for valid in (events.ShowRun(2), events.UseSettings(2), events.ContinueRun(2, size=64)):
        assert not status(handle(state, valid)).is_error


def test_a_comparison_leaves_what_the_status_line_proposes() -> None:
    state = handle(finished(finished(new_state())), events.ChoosePicture("photo", "coffee"))
    proposed = status(state).text
    assert proposed == "Press Start to paint coffee × night."
    assert status(handle(state, events.CompareWith("1"))).text == proposed


def test_a_run_that_was_stopped_before_its_first_step_does_not_go_on_in_the_gallery() -> None:
    state = started(new_state(), 0)
    assert render_gallery(state)["live"] == "run 1"
    state = handle(state, events.Press("stop"))
    assert render_gallery(state)["live"] == "run 1"
    state = handle(state, reports.RunEnded(1, State.STOPPED))
    assert render_gallery(state)["live"] == ""


def test_an_edited_sample_is_a_picture_of_its_own() -> None:
    sample = replace(picture_choice("cat"), is_own=False)
    state = replace(new_state(), photos=Choices("photo", (sample,), "cat"))
    state = handle(state, events.EditPicture("photo"))
    assert state.photos.choice.load().shape == (WIDTH, HEIGHT, 3)
    assert [choice.load().shape for choice in state.photos.all] == [(32, 24, 3), (24, 32, 3)]
    state = handle(state, events.RemovePicture("photo", state.photos.chosen))
    assert state.photos.chosen == "cat"


def test_a_crop_that_leaves_too_little_is_refused_with_a_sentence() -> None:
    state = handle(new_state(), events.EditPicture("photo", (0.4, 0.4, 0.5, 0.5)))
    assert "Expected a part of at least" in state.notice("photo").text
    assert state.photos.choice.load().shape == (HEIGHT, WIDTH, 3)


HALF, WHOLE = np.zeros((HEIGHT, WIDTH), np.float32), np.ones((HEIGHT, WIDTH), np.float32)
HALF[:, WIDTH // 2 :] = 1

ROLES = st.sampled_from(["photo", "painting"])
KEYS = st.sampled_from([*NAMES, *PAINTINGS])
ROWS = st.sampled_from([KEEP, 0, 1])
RUNS = st.integers(1, 4)

CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "style_weight": st.sampled_from([0.0, 3.0, 30.0]),
        "content_weight": st.sampled_from([0.0, 1.0]),
        "size": st.sampled_from([32, 48]),
        "steps": st.sampled_from([3, 4, 5000]),
        "seed": st.sampled_from([0, 1]),
    },
)


def made(
    event: Callable[..., events.Event], *values: st.SearchStrategy[Any]
) -> st.SearchStrategy[events.Event]:
    def make(each: tuple[Any, ...]) -> events.Event:
        return event(*each)

    return st.tuples(*values).map(make)


@cache
def network(*styles: str) -> PaintingNetwork:
    return PaintingNetwork(styles, width=1, blocks=0)


def networks() -> OnePass:
    """One whose styles are two of the paintings, and one that is not loaded, of another style."""
    known = NetworkChoice("both", "both", '"both"', network("night", "glass"))
    return OnePass((known, NetworkChoice("other", "other", '"other"')), "both")


def painted(request: PaintRequest) -> Painted:
    """A picture in one pass, without a network: grey."""
    assert request.network.network is not None
    image = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)
    info = request.network.network.info
    return Painted(
        request, PaintedPhoto(image, network=info, network_name=None, styles={}, strength=1)
    )


READER: st.SearchStrategy[events.Event] = st.one_of(
    made(events.Press, st.sampled_from(["start", "pause", "resume", "stop", "reset"])),
    made(events.ChoosePicture, ROLES, KEYS),
    made(events.RemovePicture, ROLES, KEYS),
    made(events.ChangeSettings, CHANGES),
    made(events.ChangeShare, st.integers(0, 2), st.sampled_from([0.0, 20.0, 50.0])),
    st.just(events.AddRow()),
    made(events.RemoveRow, st.integers(0, 2)),
    made(partial(events.AddMask, "half", HALF, ""), ROWS),
    made(partial(events.AddMask, "whole", WHOLE, ""), ROWS),
    made(events.ChangePlace, ROWS, st.sampled_from(["", "mask 1", "-mask 1"])),
    made(events.ShowRun, st.integers(0, 4)),
    made(events.CompareWith, st.sampled_from(["", PHOTO, "1", "2", "3", "nonsense"])),
    made(events.DeleteRun, RUNS),
    made(partial(events.ContinueRun, steps=10), RUNS),
    made(partial(events.ContinueRun, size=48), RUNS),
    made(events.UseSettings, RUNS),
    st.just(events.StartGrid(("style_weight", (3, 30)), ("seed", (0, 1)))),
    made(events.ShowFrame, st.integers(-1, 3)),
    st.just(events.SaveRun("picture.png")),
    made(events.ChooseMethod, st.booleans()),
    made(events.ChooseNetwork, st.sampled_from(["both", "other", "nonsense"])),
    made(
        events.ChangeMixture,
        st.dictionaries(st.sampled_from(["night", "glass", "sky"]), st.sampled_from([0.0, 50.0])),
        st.sampled_from([0.5, 1.0]),
    ),
    st.just(events.Refine()),
)
"""What a reader may do at any time."""


class StudioMachine(RuleBasedStateMachine):
    """Any sequence of events, with a runner that follows the order as the real one does."""

    def __init__(self) -> None:
        super().__init__()
        self.state = replace(new_state(), one_pass=networks())
        self.in_one_pass: list[PaintPhoto | LoadNetwork] = []
        self.orders: list[Order] = []  # the first of each run that the runner has not come to yet
        self.known = 0  # number of the last run ordered
        self.working: Order | None = None  # what the runner is at
        self.steps = 0
        self.painted: dict[int, tuple[Picture, str]] = {}  # results by run, with the photo's name
        self.deleted: set[int] = set()
        self.widget = StudioWidget(lambda _: None)
        self.renderer = Renderer(self.widget)
        self.samples: list[PrepareSample] = []

    def do(self, event: events.Event) -> None:
        self.state = handle(self.state, event)
        order = self.state.order
        if order is not None and order.run > self.known:
            self.orders.append(order)
            self.known = order.run
        for task in self.state.tasks:
            if isinstance(task, SavePicture):
                assert task.saved is (self.state.shown_run or self.state.shown_painting)
            if isinstance(task, PaintPhoto | LoadNetwork):
                self.in_one_pass.append(task)
            if isinstance(task, PrepareSample):
                self.samples.append(task)

    @initialize()
    def first(self) -> None:
        self.do(events.PrepareSamples())

    # What the reader does

    @rule(event=READER)
    def read(self, event: events.Event) -> None:
        before = {run.number for run in self.state.runs}
        self.do(event)
        self.deleted |= before - {run.number for run in self.state.runs}

    @rule(row=st.sampled_from([KEEP, 0, 1]), use=st.booleans(), value=st.sampled_from([0, 255]))
    def draw_mask(self, row: int, use: bool, value: int) -> None:
        self.do(events.DrawMask(row))
        drawing = self.state.drawing
        if drawing is not None:
            half = drawing.rows * drawing.columns // 2
            values = bytes([value]) * half + bytes(drawing.rows * drawing.columns - half)
            self.do(events.UseMask(values) if use else events.CancelMask())

    @precondition(lambda self: self.samples)
    @rule()
    def prepare_sample(self) -> None:
        task = self.samples.pop(0)
        self.do(reports.SampleReady(task.role, task.choice.key, thumbnail(task.choice.load())))

    @precondition(lambda self: self.in_one_pass)
    @rule(fails=st.booleans())
    def work_in_one_pass(self, fails: bool) -> None:
        """Paint a photo in one pass, or load a network."""
        task = self.in_one_pass.pop(0)
        if isinstance(task, LoadNetwork):
            choice = replace(task.choice, network=network("sky"))
            self.do(reports.NetworkLoaded(task.target, choice))
        elif fails:
            self.do(task.failed(ValueError("it failed")))
        else:
            self.do(reports.PhotoPainted(task.request, painted(task.request)))

    @rule(steps=st.integers(0, 3), fails=st.booleans())
    def paint(self, steps: int, fails: bool) -> None:
        """Start, and let the runner do all that it can."""
        self.do(events.Press("start"))
        for _ in range(3):
            if self.working is None and self.orders:
                self.begin()
            for _ in range(steps):
                if self.order() is not None:
                    self.take_step()
            if self.working is not None:
                self.end(fails)

    # What the runner does

    def order(self) -> Order | None:
        order = self.state.order
        at = self.working
        return order if order is not None and at is not None and order.run == at.run else None

    @precondition(lambda self: self.working is None and self.orders)
    @rule()
    def begin(self) -> None:
        self.working, self.steps = self.orders.pop(0), 0
        if self.order() is not None:
            self.do(reports.RunPrepared(self.working.run, 4, "a run"))

    @precondition(lambda self: self.order() is not None)
    @rule()
    def take_step(self) -> None:
        order = self.order()
        assert order is not None
        if order.paused:
            self.do(reports.RunPaused(order.run))
            return
        changed = self.working is not order
        self.working = order
        self.do(stepped(order, self.steps, changed=changed and self.steps > 0))
        self.steps += 1

    @precondition(lambda self: self.working is not None)
    @rule(fails=st.booleans())
    def end(self, fails: bool) -> None:
        order = self.working
        assert order is not None
        called_off = self.order() is None
        how = State.STOPPED if called_off else State.FAILED if fails else State.FINISHED
        event = ended(order, how, max(0, self.steps - 1), "It failed." if fails else "")
        if event.result is not None:
            self.painted[order.run] = event.result.image, order.selection.photo.name
        self.working = None
        self.do(event)

    # What must hold

    @invariant()
    def no_run_is_lost(self) -> None:
        kept = [run.number for run in self.state.runs]
        assert sorted(kept) == sorted(self.painted.keys() - self.deleted)

    @invariant()
    def no_picture_is_under_anothers_name(self) -> None:
        for run in self.state.runs:
            image, photo = self.painted[run.number]
            assert run.result is not None
            assert run.result.image is image
            assert run.file_name_parts[0] == run.selection.photo.name == photo

    @invariant()
    def the_runner_is_never_forgotten(self) -> None:
        run, order = self.state.run, self.state.order
        if self.working is not None:
            assert run is not None
            assert run.number == self.working.run
        if order is not None:
            assert run is not None
            assert run.state in ACTIVE_STATES
        if self.working is None and not self.orders:
            assert not self.state.is_active
            assert self.state.run_state is not State.STOPPING

    @invariant()
    def what_is_compared_is_another_picture(self) -> None:
        shown = self.state.shown_run
        if isinstance(self.state.compared, int):
            assert self.state.find_run(self.state.compared) is not None
            assert shown is None or self.state.compared != shown.number

    @invariant()
    def buttons_do_what_they_say(self) -> None:
        actions = enabled_actions(self.state)
        at_rest = self.working is None and not self.orders
        assert ("start" in actions) == (at_rest and not self.state.one_pass.is_chosen)
        if self.state.order is not None:
            assert "stop" in actions

    @invariant()
    def what_is_shown_is_what_is_saved(self) -> None:
        self.renderer.render(self.state)
        shown = self.state.shown_run
        view, saved = self.widget.view, self.widget.save
        if shown is not None and shown.has_picture:
            assert view["run"] == shown.number
            assert view["caption"].startswith(f"{shown.name}: {shown.selection.photo.name}")
            assert saved["ready"]
            assert saved["file_name"].startswith(f"stylelab_{shown.file_name_parts[0]}_")
        painting = self.state.shown_painting
        if painting is not None:
            assert view["caption"].startswith(f"one pass: {painting.request.photo.name}")
            assert saved["ready"]
            assert saved["file_name"].startswith(f"stylelab_{painting.request.photo.name}_")
        elif shown is None:
            assert not saved["ready"]
            selection = self.state.selection
            one_pass = self.state.one_pass.is_chosen
            assert view["caption"] == (selection.photo.name if one_pass else selection.name)
        assert (view["before_name"] == "") == (self.widget.before == b"")

    @invariant()
    def what_is_wanted_in_one_pass_is_painted_or_about_to_be(self) -> None:
        one_pass, wanted = self.state.one_pass, self.state.paint_request
        tasks = [task for task in self.in_one_pass if isinstance(task, PaintPhoto)]
        assert len(tasks) == (one_pass.working is not None)
        if wanted is not None and one_pass.working is None:
            assert wanted.is_same(one_pass.answered)
        if one_pass.is_chosen:
            assert self.state.order is None

    def teardown(self) -> None:
        self.do(events.Close("Closed."))
        while self.working is not None or self.orders:
            if self.working is None:
                self.begin()
            self.end(False)
        assert self.state.order is None
        assert enabled_actions(self.state) == ()
        assert all(run.state not in ACTIVE_STATES for run in self.state.runs)


StudioMachine.TestCase.settings = hypothesis_settings(stateful_step_count=60)
TestAnySequenceOfEvents = StudioMachine.TestCase
