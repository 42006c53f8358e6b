"""What becomes of a run with each step: speed, time left, changes of weights, frames, the result."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stylelab.optimizers.step import Step
from stylelab.panels.studio.picture_choice import PictureChoice
from stylelab.panels.studio.reports import Stepped
from stylelab.panels.studio.run_progress import (
    MAX_FRAMES,
    SPEED_WINDOW,
    STAGE_SETUP_STEPS,
    current_result,
    final_message,
    kept_frame,
    position_text,
    result_of,
    with_step,
)
from stylelab.panels.studio.run_state import Order, Run, State
from stylelab.panels.studio.selection import Selection, StyleChoice
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.settings import Settings

SIDE = 100
PICTURE = np.full((SIDE, SIDE, 3), 0.5, np.float32)
CHOSEN = Settings(size=256, coarsest_size=128, steps=10)
STAGES = CHOSEN.stages(SIDE, SIDE)  # 128 px for 10 steps, 256 px for 7


def choice(name: str) -> PictureChoice:
    return PictureChoice(name, name, name, b"", PICTURE)


def selection(*shares: float) -> Selection:
    names = ("night", "waves")
    styles = (StyleChoice(choice(name), share) for name, share in zip(names, shares, strict=False))
    return Selection(choice("photo"), tuple(styles))


GRAY = selection(50, 50)


def new_run(settings: Settings = CHOSEN) -> Run:
    return Run(1, GRAY, settings, GRAY, settings, State.RUNNING)


def record(stage: int, iteration: int, seconds: float, *, changed: bool = False) -> Record:
    size = STAGES[stage]
    return Record(
        stage, size.height, size.width, iteration, 1, 1.0, {"style": 1.0}, seconds, changed
    )


def first_size(count: int, seconds: float = 0.5) -> tuple[Record, ...]:
    """Records of so many pictures at the first size, each a fixed time after the one before."""
    return tuple(record(0, number, seconds * number) for number in range(count))


def step(iteration: int, brightness: float = 0.5, side: int = 8) -> Step:
    image = np.full((side, side, 3), brightness, np.float32)
    return Step(image, 1.0, {"style": 1.0}, iteration, 1, 0.5, image, "lbfgs", {"pairs": image})


def stepped(
    history: tuple[Record, ...],
    settings: Settings = CHOSEN,
    chosen: Selection = GRAY,
    **values: Any,
) -> Stepped:
    last = history[-1]
    at = step(last.iteration)
    progress = Progress(STAGES, last.stage, at, at, history)
    return Stepped(1, progress, Order(1, chosen, settings), **values)


def after(run: Run, *steps: Stepped) -> Run:
    for each in steps:
        run = with_step(run, each)
    return run


# Speed and time left


def test_the_stages_are_those_that_the_numbers_below_are_for() -> None:
    assert [(stage.width, stage.steps) for stage in STAGES] == [(128, 10), (256, 7)]


def test_the_time_left_counts_later_sizes_by_their_pixels() -> None:
    run = with_step(new_run(), stepped(first_size(3)))
    assert (run.steps_done, run.steps_total) == (2, 17)
    assert run.speed == pytest.approx(2)
    # Eight steps to go here; seven four times as large, and what the new size costs at first.
    assert run.seconds_left == pytest.approx(0.5 * (8 + 4 * (7 + STAGE_SETUP_STEPS)))


def test_there_is_no_speed_before_the_first_step() -> None:
    run = with_step(new_run(), stepped(first_size(1)))
    assert (run.steps_done, run.speed, run.seconds_left) == (0, None, None)


def test_a_new_size_begins_with_the_speed_of_the_one_before_by_its_pixels() -> None:
    begins = (*first_size(11), record(1, 0, 5.0))
    run = with_step(new_run(), stepped(begins))
    assert run.steps_done == 10
    assert run.speed == pytest.approx(2 / 4)
    assert run.seconds_left == pytest.approx(4 * 0.5 * 7)
    run = with_step(run, stepped((*begins, record(1, 1, 9.0))))
    assert run.speed == pytest.approx(1 / 4)
    assert run.seconds_left == pytest.approx(4 * 6)


def test_the_speed_is_that_of_the_last_steps() -> None:
    slow = first_size(2, seconds=60)
    fast = tuple(record(0, 2 + i, 60 + 0.25 * (i + 1)) for i in range(SPEED_WINDOW))
    run = with_step(new_run(), stepped((*slow, *fast)))
    assert run.speed == pytest.approx(4)


def test_steps_that_take_no_time_have_a_speed() -> None:
    run = with_step(new_run(), stepped(first_size(3, seconds=0)))
    assert run.speed is not None
    assert run.speed > 0
    assert run.seconds_left == pytest.approx(0, abs=1e-6)


# Changes of weights


def changed_history(at: int, count: int) -> tuple[Record, ...]:
    """Records of which one is the same picture as before, under other weights."""
    records = first_size(at)
    again = record(0, at - 1, 0.5 * at, changed=True)
    more = (record(0, at + i, 0.5 * (at + 1 + i)) for i in range(count - at - 1))
    return (*records, again, *more)


def test_changed_weights_are_described_at_the_record_that_has_them_first() -> None:
    louder = replace(CHOSEN, style_weight=30)
    run = after(
        new_run(), stepped(first_size(2)), stepped(changed_history(2, 3), louder, styles=[{"a": 1}])
    )
    (change,) = run.changes
    assert (change.record, change.text) == (2, "style weight 10 → 30")
    assert run.settings == louder
    assert run.styles == [{"a": 1}]
    later = with_step(run, stepped(changed_history(2, 4), louder))
    assert later.changes == run.changes


def test_a_change_in_steps_that_were_not_shown_is_found() -> None:
    louder = replace(CHOSEN, style_weight=30)
    run = after(new_run(), stepped(first_size(2)), stepped(changed_history(4, 7), louder))
    assert [change.record for change in run.changes] == [4]


def test_shares_and_weights_that_change_together_are_one_change() -> None:
    louder = replace(CHOSEN, style_weight=30)
    run = after(
        new_run(),
        stepped(first_size(2)),
        stepped(changed_history(2, 3), louder, selection(50, 10)),
    )
    assert [change.text for change in run.changes] == [
        "style weight 10 → 30, share of waves 50 → 10"
    ]
    assert run.selection.style_choices[1].share == 10


def test_a_change_that_is_taken_back_before_it_is_shown_is_no_change() -> None:
    run = after(new_run(), stepped(first_size(2)), stepped(changed_history(2, 3)))
    assert run.changes == ()


def test_weights_changed_before_the_first_picture_are_no_change() -> None:
    louder = replace(CHOSEN, style_weight=30)
    run = with_step(new_run(), stepped((record(0, 0, 0, changed=True),), louder))
    assert run.settings == louder
    assert run.changes == ()


def test_a_continued_run_has_only_its_own_changes() -> None:
    before = changed_history(2, 4)
    louder = replace(CHOSEN, style_weight=30)
    resumed = replace(new_run(), resume=stepped(before).progress)
    run = with_step(resumed, stepped(before, louder))
    assert (run.changes, run.settings) == ((), louder)
    again = (*before, record(0, 3, 2.5, changed=True))
    quieter = replace(louder, style_weight=3)
    run = with_step(run, stepped(again, quieter))
    assert [(change.record, change.text) for change in run.changes] == [(4, "style weight 30 → 3")]


# Frames


def test_only_steps_with_a_small_picture_add_a_frame() -> None:
    run = after(
        new_run(),
        stepped(first_size(1), frame=b"start"),
        stepped(first_size(2)),
        stepped(first_size(3), frame=b"second"),
    )
    assert run.frames == (b"start", b"second")


def test_frames_of_a_long_run_are_thinned_evenly_and_the_last_is_kept() -> None:
    run = new_run()
    one = stepped(first_size(2))
    for number in range(1000):
        run = with_step(run, replace(one, frame=str(number).encode()))
        assert len(run.frames) <= MAX_FRAMES
    shown = [int(frame) for frame in run.frames]
    assert (shown[0], shown[-1]) == (0, 999)
    assert len(shown) > MAX_FRAMES // 2
    *gaps, last = np.diff(shown)
    assert len(set(gaps)) == 1
    assert 0 < last <= gaps[0]
    run = with_step(run, stepped(first_size(2)))  # without a small picture
    assert [int(frame) for frame in run.frames] == shown


def test_a_frame_that_is_looked_at_is_found_again_when_others_are_left_out() -> None:
    run = new_run()
    one = stepped(first_size(2))
    looked_at, last = 7, b""
    for number in range(1000):
        before, run = run, with_step(run, replace(one, frame=str(number).encode()))
        if number > looked_at:
            place = kept_frame(before, run, before.frames.index(last or b"7"))
            last = run.frames[place]
    # Of 0, 8, 16, … the one before the seventh.
    assert last == b"0"
    before, run = run, with_step(run, replace(one, frame=b"1000"))
    kept = [kept_frame(before, run, place) for place in range(len(before.frames))]
    assert [run.frames[place] for place in kept[:-1]] == list(before.frames[:-1])
    assert run.frames[kept[-1]] in {before.frames[-1], before.frames[-2]}


# Messages and results


def ended(run: Run, state: State, error: str = "") -> str:
    return final_message(run, state, error)


def test_a_finished_run_tells_its_steps_and_seconds() -> None:
    whole = (*first_size(11), *(record(1, i, 5 + 2 * i) for i in range(8)))
    run = with_step(new_run(), stepped(whole))
    assert ended(run, State.FINISHED) == "Finished: 17 steps in 19 s."


def test_a_run_that_ends_early_says_why() -> None:
    early = (*first_size(11), *(record(1, i, 5 + 2 * i) for i in range(4)))
    run = with_step(new_run(), stepped(early))
    assert ended(run, State.FINISHED) == (
        "Finished: 13 steps in 11 s. No step lowers the loss any more."
    )


def test_a_stopped_run_tells_where() -> None:
    run = with_step(new_run(), stepped((*first_size(11), *(record(1, i, 5) for i in range(3)))))
    assert ended(run, State.STOPPED) == "Stopped at step 2 of 7, 256 × 256 px."
    assert run.progress is not None
    assert position_text(run.progress) == "at step 2 of 7, 256 × 256 px"


@pytest.mark.parametrize("pictures", [0, 1])
@pytest.mark.parametrize("state", [State.STOPPED, State.FINISHED])
def test_a_run_without_a_step_says_so(pictures: int, state: State) -> None:
    run = after(new_run(), *(stepped(first_size(1)) for _ in range(pictures)))
    assert ended(run, state) == "Stopped before the first step."


def test_a_continued_run_without_a_step_of_its_own_says_so() -> None:
    former = stepped(first_size(4)).progress
    run = replace(new_run(), resume=former)
    resumed = with_step(run, stepped(former.history))
    assert resumed.steps_done == 3
    assert ended(resumed, State.STOPPED) == "Stopped before the first step."
    assert ended(resumed, State.FINISHED) == "Finished: no step lowers the loss any more."
    further = with_step(resumed, stepped(first_size(5)))
    assert ended(further, State.STOPPED) == "Stopped at step 4 of 10, 128 × 128 px."


def test_a_failed_run_says_whether_its_picture_was_kept() -> None:
    run = with_step(new_run(), stepped(first_size(3)))
    assert ended(run, State.FAILED, "Expected less.") == "Expected less."
    kept = replace(run, result=current_result(run))
    message = ended(kept, State.FAILED, "Expected less.")
    assert message == "Expected less. The last good picture was kept."


def test_the_result_of_a_run_that_goes_on_is_its_best_picture_in_full_size() -> None:
    assert current_result(new_run()) is None
    history = first_size(3)
    progress = Progress(STAGES, 0, step(2, 0.2), step(1, 0.7), history)
    order = Order(1, GRAY, CHOSEN)
    run = with_step(new_run(), Stepped(1, progress, order, [{"painting": "night"}]))
    result = current_result(run)
    assert result is not None
    np.testing.assert_allclose(result.image, np.full((256, 256, 3), 0.7), rtol=1e-6)
    assert result.stopped == "saved at step 2 of 17"
    assert (result.settings, result.history, result.seconds) == (CHOSEN, history, 1.0)
    assert result.styles == [{"painting": "night"}]


def test_an_ended_run_has_the_result_that_it_ended_with() -> None:
    run = with_step(new_run(), stepped(first_size(3)))
    result = current_result(run)
    run = with_step(replace(run, result=result), stepped(first_size(5)))
    assert current_result(run) is result


def test_a_result_may_keep_the_optimizers_size() -> None:
    progress = Progress(STAGES, 0, step(2), step(1, 0.7), first_size(3))
    result = result_of(progress, CHOSEN, None, keep_optimizer_size=True)
    assert result.image is progress.best.image
