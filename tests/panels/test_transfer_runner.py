import dataclasses
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from plans import job_for
from thread_gate import ThreadGate

from stylelab.errors import DivergedError, SettingsError
from stylelab.losses.loss import Loss, Objective
from stylelab.losses.style import style
from stylelab.network.tensorflow import import_tensorflow
from stylelab.optimizers.step import Step
from stylelab.panels.messages import error_message
from stylelab.panels.studio import run_progress
from stylelab.panels.studio import transfer_runner as module
from stylelab.panels.studio.run_progress import describe_weight_changes
from stylelab.panels.studio.run_state import PAUSED, Job, Snapshot, State
from stylelab.panels.studio.transfer_runner import TransferRunner
from stylelab.pictures.images import Picture, resize_to
from stylelab.pipeline.plan import Plan
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.transfer import transfer

PICTURE = np.full((16, 16, 3), 0.5, np.float32)
TINY = Settings(size=16, steps=3)
ENDS = (State.FINISHED, State.STOPPED, State.FAILED)
LIMIT = 300.0  # seconds: a test that waits so long has failed
MANY = 100_000  # steps that no test waits for


def job(style_weight: float = 10.0, **settings: Any) -> Job:
    chosen = dataclasses.replace(TINY, style_weight=style_weight, **settings)
    return job_for(PICTURE, PICTURE, chosen)


def eventually(condition: Callable[[], bool], seconds: float = LIMIT) -> bool:
    """Wait for a condition, with a limit; report whether it came true."""
    ends = time.monotonic() + seconds
    pause = threading.Event()
    while not condition() and time.monotonic() < ends:
        pause.wait(0.001)
    return condition()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "stylelab transfer"]


class Gate:
    """A source of steps that takes one each time that it is let, and asks for weights before."""

    def __init__(self, *, open_wide: bool = False, seconds: float = 0.1) -> None:
        self.gate = ThreadGate()
        self.open_wide = open_wide
        self.seconds = seconds
        self.closed = 0

    @property
    def waiting(self) -> bool:
        return self.gate.waiting

    def let(self) -> None:
        self.gate.allow()

    def __call__(
        self,
        plan: Plan,
        *,
        live: Callable[[], tuple[Settings, Loss]],
    ) -> Iterator[Progress]:
        photo, settings, stages = plan.inputs.photo, plan.settings, plan.stages
        history: tuple[Record, ...] = ()
        number, weight = 0, settings.style_weight
        try:
            while number <= stages[0].steps:
                if not self.open_wide:
                    assert self.gate.wait_to_pass(LIMIT)
                requested = live()[0].style_weight
                changed = requested != weight and number > 0
                weight = requested
                step = Step(
                    image=np.full_like(photo, number / 100),
                    loss=weight / (number + 1),
                    terms=MappingProxyType({"style": weight / (number + 1)}),
                    iteration=number - changed,
                    evaluations=1,
                    seconds=number * self.seconds,
                    gradient=photo,
                    optimizer="lbfgs",
                    state={},
                )
                history = (
                    *history,
                    Record(
                        0, 16, 16, step.iteration, 1, step.loss, step.terms, step.seconds, changed
                    ),
                )
                number += not changed
                yield Progress(stages, 0, step, step, history)
            if not self.open_wide:
                assert self.gate.wait_to_pass(LIMIT)
        finally:
            self.closed += 1


@pytest.fixture
def shown() -> list[Snapshot]:
    return []


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture(name="painter")
def gated_painter(gate: Gate, shown: list[Snapshot]) -> Iterator[TransferRunner]:
    made = TransferRunner(shown.append, steps=gate, frames=1e9)
    yield made
    gate.open_wide = True
    gate.let()
    made.close()
    assert threads() == []


def state(painter: TransferRunner) -> State:
    return painter.snapshot.state


def states(shown: list[Snapshot]) -> list[State]:
    """Give the states as they followed each other."""
    each = [snapshot.state for snapshot in shown]
    return each[:1] + [after for before, after in pairwise(each) if before != after]


# A run from its start to its end


def test_a_run_proceeds_from_preparing_to_finished_and_keeps_its_result(
    shown: list[Snapshot],
) -> None:
    painter = TransferRunner(shown.append, steps=Gate(open_wide=True), frames=1e9)
    painter.start(job())
    end = painter.wait(State.FINISHED, timeout=LIMIT)
    painter.close()
    assert states(shown) == [State.PREPARING, State.RUNNING, State.FINISHED]
    assert painter.results == (end.result,)
    assert end.result is not None
    assert end.result.stopped is None
    np.testing.assert_allclose(end.result.image, 0.03)
    assert end.message == "Finished: 3 steps in 0 s."
    running = [snapshot for snapshot in shown if snapshot.state is State.RUNNING]
    assert [snapshot.steps_done for snapshot in running] == [0, 1, 2, 3]
    assert {snapshot.steps_total for snapshot in running} == {3}
    assert running[0].speed is running[0].seconds_left is None
    assert running[1].speed == pytest.approx(10)
    assert running[1].seconds_left == pytest.approx(0.2)
    forecast = [snapshot.message for snapshot in shown if snapshot.state is State.PREPARING][-1]
    assert forecast.startswith("Preparing 16 × 16 px, 3 steps at 1 size: about")


def test_real_steps_give_the_same_picture_as_transfer(photo: Picture, painting: Picture) -> None:
    settings = Settings(size=132, steps=4)
    painter = TransferRunner(lambda _: None)
    painter.start(job_for(photo, painting, settings))
    result = painter.wait(*ENDS, timeout=LIMIT).result
    painter.close()
    assert result is not None
    plain = transfer(photo, painting, size=132, steps=4, progress=False)
    np.testing.assert_array_equal(result.image, plain.image)
    assert [r.loss for r in result.history] == [r.loss for r in plain.history]


def test_a_run_starts_from_the_start_picture(photo: Picture, painting: Picture) -> None:
    white = np.ones((30, 45, 3), np.float32)
    seen: list[Snapshot] = []
    painter = TransferRunner(seen.append, frames=1e9)
    painter.start(job_for(photo, painting, Settings(size=64, steps=1), start=white))
    painter.wait(*ENDS, timeout=LIMIT)
    painter.close()
    first = next(snapshot.progress for snapshot in seen if snapshot.progress)
    np.testing.assert_allclose(first.step.image, 1)


def test_no_thread_is_left_when_a_run_has_ended(shown: list[Snapshot]) -> None:
    painter = TransferRunner(shown.append, steps=Gate(open_wide=True))
    assert threads() == []
    for _ in range(3):
        painter.start(job())
        painter.wait(State.FINISHED, timeout=LIMIT)
        assert eventually(lambda: not threads())
    assert len(painter.results) == 3


ENDING_SIGNALS = """
import stylelab
from stylelab.panels.studio.run_state import Job, State
from stylelab.panels.studio.transfer_runner import TransferRunner

painter = TransferRunner(lambda snapshot: None)
settings = stylelab.Settings(size=64, steps=100_000)
painter.start(Job(stylelab.load_inputs("cat", "swirling_night", settings), settings))
painter.wait(State.RUNNING, timeout=300)
"""


@pytest.mark.network
def test_a_program_that_exits_while_painting_prints_nothing() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDING_SIGNALS],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * LIMIT,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


# Pause, resume, stop, reset, close


def test_a_pause_shows_the_current_step_and_takes_no_other(
    painter: TransferRunner, gate: Gate, shown: list[Snapshot]
) -> None:
    painter.start(job())
    gate.let()
    painter.wait(State.RUNNING, timeout=LIMIT)
    assert eventually(lambda: gate.waiting)
    painter.pause()
    assert state(painter) is State.PAUSED  # at once, though a step is under way
    assert shown[-1].message == "Pausing after the present step."
    gate.let()
    assert eventually(lambda: shown[-1].message == PAUSED)
    assert shown[-1].steps_done == 1
    gate.let()
    assert not eventually(lambda: gate.waiting, seconds=0.1)
    assert painter.snapshot.steps_done == 1
    painter.resume()
    assert eventually(lambda: painter.snapshot.steps_done == 2)


def test_the_last_step_before_a_pause_is_shown_at_any_frame_rate(gate: Gate) -> None:
    shown: list[Snapshot] = []
    painter = TransferRunner(shown.append, steps=gate, frames=1e-9)
    painter.start(job())
    for _ in range(2):  # the start and the first step are always shown
        gate.let()
        assert eventually(lambda: gate.waiting)
    painter.pause()
    gate.let()
    assert eventually(lambda: shown[-1].message == PAUSED)
    assert (shown[-1].state, shown[-1].steps_done) == (State.PAUSED, 2)
    painter.close()


def test_stop_keeps_the_best_picture_at_the_requested_size(
    photo: Picture, painting: Picture
) -> None:
    first = threading.Event()

    def show(snapshot: Snapshot) -> None:
        if snapshot.steps_done == 2:
            first.set()
            painter.stop()

    painter = TransferRunner(show, frames=1e9)
    painter.start(job_for(photo, painting, Settings(size=160, steps=50)))
    end = painter.wait(*ENDS, timeout=LIMIT)
    painter.close()
    assert first.is_set()
    assert end.state is State.STOPPED
    assert end.message == "Stopped at step 2 of 50, 128 × 86 px."
    assert end.progress is not None
    assert end.result is not None
    assert end.result.stopped == "stopped at step 2 of 50, 128 × 86 px"
    np.testing.assert_array_equal(end.result.image, resize_to(end.progress.best.image, 108, 160))


def test_a_run_stopped_before_its_first_picture_has_no_result(
    painter: TransferRunner, gate: Gate
) -> None:
    painter.start(job())
    assert eventually(lambda: gate.waiting)
    assert state(painter) is State.PREPARING
    painter.stop()
    assert state(painter) is State.STOPPING
    gate.open_wide = True
    gate.let()
    assert painter.wait(*ENDS, timeout=LIMIT).state is State.STOPPED


def test_a_new_start_ends_the_current_run_and_keeps_its_result(
    painter: TransferRunner, gate: Gate, shown: list[Snapshot]
) -> None:
    painter.start(job(10))
    gate.let()
    painter.wait(State.RUNNING, timeout=LIMIT)
    assert eventually(lambda: gate.waiting)
    painter.start(job(30))
    assert state(painter) is State.STOPPING
    gate.let()
    preparing = painter.wait(State.PREPARING, timeout=LIMIT)
    assert eventually(lambda: gate.waiting)  # all that was to be shown has been
    assert preparing.job is not None
    assert preparing.job.settings.style_weight == 30
    assert [result.settings.style_weight for result in painter.results] == [10]
    assert State.STOPPED in states(shown)
    gate.open_wide = True
    gate.let()
    painter.wait(State.FINISHED, timeout=LIMIT)
    assert [result.settings.style_weight for result in painter.results] == [10, 30]


@pytest.mark.parametrize("action", ["stop", "reset"])
def test_stop_and_reset_also_cancel_a_pending_start(
    action: str, painter: TransferRunner, gate: Gate
) -> None:
    painter.start(job(10))
    gate.let()
    painter.wait(State.RUNNING, timeout=LIMIT)
    assert eventually(lambda: gate.waiting)  # else the first run might end before the action
    painter.start(job(30))
    getattr(painter, action)()
    gate.let()
    painter.wait(State.STOPPED, State.IDLE, timeout=LIMIT)
    assert eventually(lambda: not threads())
    assert state(painter) is (State.STOPPED if action == "stop" else State.IDLE)
    assert [result.settings.style_weight for result in painter.results] == [10]


def test_reset_clears_the_runner_and_keeps_the_results(painter: TransferRunner, gate: Gate) -> None:
    painter.start(job())
    gate.let()
    painter.wait(State.RUNNING, timeout=LIMIT)
    painter.reset()
    gate.let()
    empty = painter.wait(State.IDLE, timeout=LIMIT)
    assert (empty.job, empty.progress, empty.result) == (None, None, None)
    assert len(painter.results) == 1


def test_closing_waits_for_the_thread_and_is_final(gate: Gate, shown: list[Snapshot]) -> None:
    painter = TransferRunner(shown.append, steps=gate)
    painter.start(job())
    assert eventually(lambda: gate.waiting)
    with pytest.raises(TimeoutError, match="after its present step"):
        painter.close(timeout=0.01)
    gate.let()
    painter.close()
    assert threads() == []
    with pytest.raises(SettingsError, match="Make another"):
        painter.start(job())
    painter.close()


def test_waiting_times_out(painter: TransferRunner) -> None:
    with pytest.raises(TimeoutError, match=r"running or paused within 0\.01 s\. Received: idle"):
        painter.wait(State.RUNNING, State.PAUSED, timeout=0.01)


# Weights that change on the way


def test_new_weights_are_used_by_the_next_step_and_reported(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[Any] = []
    init = Objective.__init__

    def counting(*given: Any) -> None:
        compiled.append(given)
        init(*given)

    monkeypatch.setattr(Objective, "__init__", counting)
    settings = Settings(size=64, steps=6)
    later = dataclasses.replace(
        settings,
        style_weight=30,
        style_layers=dict.fromkeys(settings.style_layers, 1.0) | {"block1_conv1": 4.0},
    )

    def show(snapshot: Snapshot) -> None:
        if snapshot.steps_done == 2 and not snapshot.changes:
            painter.change(later)

    painter = TransferRunner(show, frames=1e9)
    painter.start(job_for(photo, painting, settings))
    end = painter.wait(*ENDS, timeout=LIMIT)
    painter.close()
    (change,) = end.changes
    assert change.text == "style weight 10 → 30, style layer block1_conv1 1 → 4"
    assert end.progress is not None
    assert end.job is not None
    assert end.result is not None
    assert [r.changed for r in end.progress.history] == [i == change.record for i in range(8)]
    assert end.progress.history[change.record].iteration == 2
    assert end.job.settings == end.result.settings == later
    assert len(compiled) == 1


def test_weights_changed_while_preparing_are_used_from_the_start(
    painter: TransferRunner, gate: Gate
) -> None:
    painter.start(job(10))
    assert eventually(lambda: gate.waiting)
    painter.change(job(30).settings)
    gate.open_wide = True
    gate.let()
    end = painter.wait(State.FINISHED, timeout=LIMIT)
    assert end.changes == ()
    assert end.result is not None
    assert end.result.settings.style_weight == 30


def test_changes_other_than_weights_need_a_new_start(painter: TransferRunner, gate: Gate) -> None:
    other = dataclasses.replace(TINY, size=32, pooling="max")
    painter.change(other)  # nothing runs: nothing to do
    painter.start(job())
    with pytest.raises(SettingsError, match=r"another size and another pooling\. That needs a new"):
        painter.change(other)
    gate.let()
    painter.wait(State.RUNNING, timeout=LIMIT)


def test_layer_weights_apply_to_each_of_several_styles(painter: TransferRunner, gate: Gate) -> None:
    painter.start(job_for(PICTURE, style(PICTURE) + style(1 - PICTURE), TINY))
    gate.let()
    painter.wait(State.RUNNING, timeout=LIMIT)
    layers = dict.fromkeys(TINY.style_layers, 1.0) | {"block1_conv1": 2.0}
    painter.change(dataclasses.replace(TINY, style_layers=layers, style_weight=30))
    gate.let()
    assert eventually(lambda: len(painter.snapshot.changes) == 1)
    assert "style layer block1_conv1 1 → 2" in painter.snapshot.changes[0].text
    assert painter.snapshot.job is not None
    terms = painter.snapshot.job.inputs.styles.describe()
    assert [term["layers"] for term in terms] == [layers] * 2


def test_shares_of_several_styles_change_during_a_run_and_are_reported(
    photo: Picture, painting: Picture
) -> None:
    settings = Settings(size=64, steps=4)
    first, second = style(painting), style(painting[::-1])

    def show(snapshot: Snapshot) -> None:
        if snapshot.steps_done == 2 and not snapshot.changes:
            painter.change(settings, 0.9 * first + 0.1 * second, "share of night 50 → 450")

    painter = TransferRunner(show, frames=1e9)
    painter.start(job_for(photo, 0.5 * first + 0.5 * second, settings))
    end = painter.wait(*ENDS, timeout=LIMIT)
    painter.close()
    assert [change.text for change in end.changes] == ["share of night 50 → 450"]
    assert end.state is State.FINISHED
    assert end.result is not None
    assert end.result.styles is not None
    assert [recorded["weight"] for recorded in end.result.styles] == [0.9, 0.1]
    assert len(painter.results) == 1


def test_other_styles_need_a_new_start(painter: TransferRunner, gate: Gate) -> None:
    painter.start(job_for(PICTURE, style(PICTURE) + style(1 - PICTURE), TINY))
    with pytest.raises(SettingsError, match="Expected a loss of the terms"):
        painter.change(TINY, style(PICTURE))
    gate.let()
    painter.wait(State.RUNNING, timeout=LIMIT)


def test_several_styles_masks_and_colours_give_the_same_picture_as_transfer(
    photo: Picture, painting: Picture
) -> None:
    mask = np.zeros(photo.shape[:2], np.float32)
    mask[:20] = 1
    styles = 0.25 * style(painting, mask=mask) + 0.75 * style(painting[::-1], scale=2)
    settings = Settings(size=64, steps=3, colours="luminance", style_scale=0.8)
    painter = TransferRunner(lambda _: None)
    painter.start(job_for(photo, styles, settings, keep=mask[:, ::-1] * 0.5))
    end = painter.wait(*ENDS, timeout=LIMIT)
    painter.close()
    result = end.result
    assert result is not None
    plain = transfer(
        *(photo, styles),
        **vars(settings) | {"keep": mask[:, ::-1] * 0.5, "progress": False},
    )
    np.testing.assert_array_equal(result.image, plain.image)
    assert result.styles == plain.styles
    assert np.ptp(result.image, axis=-1).max() > 0.1  # the photo's colours


def test_changes_are_described_in_words() -> None:
    before = Settings(style_layers=("block1_conv1", "block2_conv1"))
    after = Settings(
        style_weight=31.62,
        content_weight=0,
        total_variation_weight=0.05,
        style_layers={"block2_conv1": 0.5, "block1_conv1": 1},
        content_layers={"block4_conv2": 2},
    )
    assert describe_weight_changes(before, after) == (
        "style weight 10 → 31.6, content weight 1 → 0, total variation weight 0 → 0.05, "
        "style layer block2_conv1 1 → 0.5, content layer block4_conv2 1 → 2"
    )
    assert describe_weight_changes(before, before) == ""


# What is shown


def test_frames_are_limited_except_the_first_step_and_state_changes(
    shown: list[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    steps = Gate(open_wide=True)

    def slow(*given: Any, **named: Any) -> Iterator[Progress]:
        nonlocal now
        for progress in steps(*given, **named):
            now += 0.03
            yield progress

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
    painter = TransferRunner(shown.append, steps=slow, frames=5)
    painter.start(job(steps=40))
    painter.wait(State.FINISHED, timeout=LIMIT)
    painter.close()
    running = [snapshot.steps_done for snapshot in shown if snapshot.state is State.RUNNING]
    assert running == [0, 1, 8, 15, 22, 29, 36]  # seven times 0.03 s are a fifth of a second
    assert states(shown) == [State.PREPARING, State.RUNNING, State.FINISHED]
    assert shown[-1].steps_done == 40


def test_a_failing_panel_does_not_end_the_run() -> None:
    def show(snapshot: Snapshot) -> None:
        raise RuntimeError(f"the panel broke {snapshot.state}")

    painter = TransferRunner(show, steps=Gate(open_wide=True))
    painter.start(job())
    assert painter.wait(*ENDS, timeout=LIMIT).state is State.FINISHED
    assert "the panel broke" in painter.last_traceback
    painter.close()


def test_ctrl_c_while_drawing_the_panel_leaves_the_runner_working(gate: Gate) -> None:
    interrupts = True
    shown = []

    def show(snapshot: Snapshot) -> None:
        nonlocal interrupts
        shown.append(snapshot.state)
        if snapshot.state is State.PAUSED and interrupts:
            interrupts = False
            raise KeyboardInterrupt

    painter = TransferRunner(show, steps=gate)
    painter.start(job())
    gate.let()
    painter.wait(State.RUNNING, timeout=LIMIT)
    assert eventually(lambda: gate.waiting)
    with pytest.raises(KeyboardInterrupt):
        painter.pause()
    painter.resume()
    gate.open_wide = True
    gate.let()
    painter.wait(State.FINISHED, timeout=LIMIT)
    painter.close()
    assert shown[-1] is State.FINISHED


def test_a_panel_may_call_the_runner_while_it_is_shown(shown: list[Snapshot]) -> None:
    def show(snapshot: Snapshot) -> None:
        shown.append(snapshot)
        if snapshot.state is State.FINISHED and len(painter.results) < 3:
            painter.start(job())

    painter = TransferRunner(show, steps=Gate(open_wide=True))
    painter.start(job())
    assert eventually(lambda: len(painter.results) == 3)
    painter.close()
    assert states(shown).count(State.FINISHED) == 3


def test_a_method_returns_at_once_while_another_thread_shows_its_snapshot() -> None:
    entered, released = threading.Event(), threading.Event()
    inside: list[Snapshot] = []
    shown: list[Snapshot] = []
    together: list[int] = []

    def show(snapshot: Snapshot) -> None:
        inside.append(snapshot)
        # The thread of the test, which may show the first pictures, must not wait for itself.
        other = threading.current_thread() is not threading.main_thread()
        if snapshot.state is State.RUNNING and other and not entered.is_set():
            entered.set()
            assert released.wait(LIMIT)
        shown.append(snapshot)
        together.append(len(inside))
        inside.pop()

    painter = TransferRunner(show, steps=Gate(open_wide=True), frames=1e9)
    painter.start(job(steps=MANY))
    assert entered.wait(LIMIT)
    painter.pause()
    assert len(inside) == 1
    assert state(painter) is State.PAUSED
    assert State.PAUSED not in states(shown)
    released.set()
    assert eventually(lambda: shown[-1].message == PAUSED)
    painter.close()
    assert set(together) == {1}
    assert states(shown) == [
        State.PREPARING,
        State.RUNNING,
        State.PAUSED,
        State.STOPPING,
        State.STOPPED,
    ]


def test_the_kept_picture_is_the_best_of_its_size_not_the_last() -> None:
    def steps(*_: Any, **__: Any) -> Iterator[Progress]:
        best = Step(PICTURE, 1.0, {}, 0, 1, 0.0, PICTURE, "adam", {})
        last = Step(0 * PICTURE, 2.0, {}, 1, 2, 0.0, PICTURE, "adam", {})
        for number, step in enumerate((best, last)):
            history = tuple(
                Record(0, 16, 16, i, 1, loss, {}, 0.0)
                for i, loss in enumerate((1.0, 2.0)[: number + 1])
            )
            yield Progress(TINY.stages(16, 16), 0, step, best, history)

    painter = TransferRunner(lambda _: None, steps=steps)
    painter.start(job())
    end = painter.wait(*ENDS, timeout=LIMIT)
    painter.close()
    assert end.result is not None
    np.testing.assert_array_equal(end.result.image, PICTURE)


def test_the_time_left_counts_later_sizes_by_their_pixels() -> None:
    chosen = Settings(size=256, steps=10)
    stages = chosen.stages(100, 100)
    assert [(stage.width, stage.steps) for stage in stages] == [(128, 10), (256, 7)]

    def steps(*_: Any, **__: Any) -> Iterator[Progress]:
        history: tuple[Record, ...] = ()
        for number in range(3):
            history = (*history, Record(0, 128, 128, number, 1, 1.0, {}, 0.5 * number))
            step = Step(PICTURE, 1.0, {}, number, 1, 0.5 * number, PICTURE, "lbfgs", {})
            yield Progress(stages, 0, step, step, history)

    shown: list[Snapshot] = []
    painter = TransferRunner(shown.append, steps=steps, frames=1e9)
    painter.start(job_for(PICTURE, PICTURE, chosen))
    painter.wait(*ENDS, timeout=LIMIT)
    painter.close()
    second = [snapshot for snapshot in shown if snapshot.state is State.RUNNING][-1]
    assert second.steps_done == 2
    assert second.steps_total == 17
    assert second.speed == pytest.approx(2)
    # Eight steps to go here; seven four times as large, and what the new size costs at first.
    assert second.seconds_left == pytest.approx(
        0.5 * (8 + 4 * (7 + run_progress.STAGE_SETUP_STEPS))
    )


# Errors


def failing(error: BaseException, after: int) -> Callable[..., Iterator[Progress]]:
    steps = Gate(open_wide=True)

    def run(*given: Any, **named: Any) -> Iterator[Progress]:
        for number, progress in enumerate(steps(*given, **named)):
            if number == after:
                raise error
            yield progress

    return run


class UnforeseenError(BaseException):
    """What nobody who catches an Exception catches."""


def exhausted() -> Exception:
    error: Exception = import_tensorflow().errors.ResourceExhaustedError(None, None, "OOM")
    return error


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: DivergedError("Expected finite. Received: nan."),
            "Expected finite. Received: nan.",
        ),
        (MemoryError, error_message(MemoryError())),
        (exhausted, error_message(MemoryError())),
        (UnforeseenError, "Something went wrong that was not foreseen: UnforeseenError: ."),
        (SystemExit, "Something went wrong that was not foreseen: SystemExit: ."),
        (
            lambda: ZeroDivisionError("by zero"),
            "Something went wrong that was not foreseen: ZeroDivisionError: by zero.",
        ),
    ],
)
def test_an_error_becomes_a_message_and_the_runner_keeps_working(
    make: Callable[[], BaseException], sentence: str, after: int
) -> None:
    sources: list[Callable[..., Iterator[Progress]]] = [
        failing(make(), after),
        Gate(open_wide=True),
    ]

    def steps(*given: Any, **named: Any) -> Iterator[Progress]:
        return sources.pop(0)(*given, **named)

    painter = TransferRunner(lambda _: None, steps=steps)
    painter.start(job())
    end = painter.wait(*ENDS, timeout=LIMIT)
    assert end.state is State.FAILED
    if after:
        assert end.message == f"{sentence} The last good picture was kept."
        assert end.result is not None
        assert end.result.stopped is not None
        assert end.result.stopped == f"stopped at step 1 of 3, 16 × 16 px: {sentence}"
        np.testing.assert_allclose(end.result.image, 0.01)
        assert painter.results == (end.result,)
    else:
        assert end.message == sentence
        assert painter.results == ()
    painter.start(job())
    assert painter.wait(State.FINISHED, timeout=LIMIT).result is not None
    painter.close()


@pytest.mark.parametrize("error", [MemoryError, UnforeseenError, SystemExit])
@pytest.mark.parametrize("keep_optimizer_size", [True, False])
def test_an_error_at_the_end_keeps_results_and_the_runner_keeps_working(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException], keep_optimizer_size: bool
) -> None:
    def no_memory(*_: object, **__: object) -> Any:
        raise error

    painter = TransferRunner(lambda _: None, steps=Gate(open_wide=True))
    with monkeypatch.context() as patch:
        patch.setattr("stylelab.pipeline.progress.resize_to", no_memory)  # the picture in full size
        if not keep_optimizer_size:
            patch.setattr(run_progress, "Result", no_memory)
        painter.start(job())
        end = painter.wait(*ENDS, timeout=LIMIT)
        assert end.state is State.FAILED
        assert end.message.startswith(error_message(error()))
        assert error.__name__ in painter.last_traceback
        if keep_optimizer_size:
            assert end.message.endswith("The last good picture was kept.")
            assert end.result is not None
            np.testing.assert_allclose(end.result.image, 0.03)
        else:
            assert end.result is None
            assert "kept" not in end.message
    painter.start(job())
    assert painter.wait(State.FINISHED, timeout=LIMIT).result is not None
    painter.close()
    assert not threads()


def test_no_exception_in_a_panel_ends_the_run() -> None:
    def show(_snapshot: Snapshot) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise UnforeseenError

    painter = TransferRunner(show, steps=Gate(open_wide=True))
    painter.start(job())
    assert painter.wait(*ENDS, timeout=LIMIT).state is State.FINISHED
    assert "UnforeseenError" in painter.last_traceback
    painter.close()


def test_without_a_thread_there_is_an_error_and_the_next_start_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    painter = TransferRunner(lambda _: None, steps=Gate(open_wide=True))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        with pytest.raises(RuntimeError, match="can't start"):
            painter.start(job())
    assert painter.snapshot.state is State.IDLE
    painter.start(job())
    assert painter.wait(*ENDS, timeout=LIMIT).state is State.FINISHED
    painter.close()


def test_each_finished_run_has_its_own_job_and_result() -> None:
    painter = TransferRunner(lambda _: None, steps=Gate(open_wide=True))
    first, second = job(1), job(2)
    for each in (first, second):
        painter.start(each)
        painter.wait(State.FINISHED, timeout=LIMIT)
    recorded = [(ended.job.settings, ended.result.settings) for ended in painter.ended]
    assert recorded == [(first.settings, first.settings), (second.settings, second.settings)]
    painter.close()


def test_unexpected_errors_keep_their_traceback(painter: TransferRunner) -> None:
    other = TransferRunner(lambda _: None, steps=failing(ZeroDivisionError("by zero"), 1))
    assert other.last_traceback == painter.last_traceback == ""
    other.start(job())
    other.wait(*ENDS, timeout=LIMIT)
    other.close()
    assert "in run" in other.last_traceback
    assert "ZeroDivisionError: by zero" in other.last_traceback


def test_runs_that_do_not_fit_into_memory_are_refused_beforehand(
    painter: TransferRunner, gate: Gate
) -> None:
    painter.start(job(size=100_000))
    end = painter.wait(*ENDS, timeout=LIMIT)
    assert end.state is State.FAILED
    assert "Take a size of" in end.message
    assert "check_memory" not in end.message
    assert "=" not in end.message
    assert gate.closed == 0


def test_steps_are_closed_when_a_run_is_stopped(gate: Gate) -> None:
    kept = []  # else Python would close what nobody holds any more

    def steps(*given: Any, **named: Any) -> Iterator[Progress]:
        kept.append(gate(*given, **named))
        return kept[0]

    painter = TransferRunner(lambda _: None, steps=steps)
    painter.start(job())
    gate.let()
    painter.wait(State.RUNNING, timeout=LIMIT)
    painter.stop()
    gate.let()
    painter.wait(State.STOPPED, timeout=LIMIT)
    assert gate.closed == 1
    painter.close()


# Any sequence of requests


class StudioMachine(RuleBasedStateMachine):
    """A painter beside a model of it that has one thread and is easily read."""

    @initialize()
    def begin(self) -> None:
        self.gate = Gate()
        self.shown: list[Snapshot] = []
        self.painter = TransferRunner(self.shown.append, steps=self.gate, frames=1e9)
        self.next: float | None = None
        self.weight: float | None = None  # in force
        self.requested = 0.0
        self.empties = False
        self.results: list[float] = []
        self.yields = self.steps = self.changes = 0
        self.at_gate = False
        self.state = State.IDLE
        self.passed: list[State] = []

    def enter(self, state: State) -> None:
        if state != self.state:
            self.passed.append(state)
        self.state = state

    @property
    def runs(self) -> bool:
        return self.weight is not None and self.state not in (*ENDS, State.IDLE)

    def take_up(self) -> None:
        if self.next is not None:
            self.weight = self.requested = self.next
            self.next = None
            self.yields = self.steps = self.changes = 0
            self.at_gate = True
            self.enter(State.PREPARING)

    def end(self, state: State) -> None:
        assert self.weight is not None
        self.at_gate = False
        if self.yields:
            self.results.append(self.weight)
        if self.empties:
            self.weight, self.yields = None, 0
        self.enter(State.IDLE if self.empties else state)
        self.empties = False
        self.take_up()

    @rule(weight=st.sampled_from([3.0, 10.0, 30.0]))
    def start(self, weight: float) -> None:
        self.painter.start(job(weight))
        self.next, self.empties = weight, False
        if not self.runs:
            self.take_up()
        else:
            waits = not self.at_gate
            self.enter(State.STOPPING)
            if waits:
                self.end(State.STOPPED)

    @precondition(lambda self: self.at_gate)
    @rule()
    def step(self) -> None:
        assert self.weight is not None
        self.gate.let()
        if self.steps > TINY.steps:
            self.end(State.FINISHED)
            return
        changed = self.steps > 0 and self.requested != self.weight
        self.weight = self.requested
        self.changes += changed
        self.steps += not changed
        self.yields += 1
        if self.state is State.PREPARING:
            self.enter(State.RUNNING)
        if self.state is State.STOPPING:
            self.end(State.STOPPED)
        self.at_gate = self.at_gate and self.state is not State.PAUSED

    @rule(weight=st.sampled_from([3.0, 10.0, 30.0]))
    def change(self, weight: float) -> None:
        self.painter.change(job(weight).settings)
        if self.runs and self.state is not State.STOPPING:
            self.requested = weight

    @rule()
    def change_more_than_weights(self) -> None:
        try:
            self.painter.change(job(size=64).settings)
        except SettingsError:
            refused = True
        else:
            refused = False
        assert refused == (self.runs and self.state is not State.STOPPING)

    @rule()
    def pause(self) -> None:
        self.painter.pause()
        if self.state is State.RUNNING:
            self.enter(State.PAUSED)

    @rule()
    def resume(self) -> None:
        self.painter.resume()
        if self.state is State.PAUSED:
            self.enter(State.RUNNING)
            self.at_gate = True

    @rule()
    def stop(self) -> None:
        self.painter.stop()
        self.next = None
        self.leave()

    @rule()
    def reset(self) -> None:
        self.painter.reset()
        self.next, self.empties = None, self.runs
        if not self.runs:
            self.weight, self.yields = None, 0
            self.enter(State.IDLE)
        self.leave()

    def leave(self) -> None:
        if self.runs:
            waits = not self.at_gate
            self.enter(State.STOPPING)
            if waits:
                self.end(State.STOPPED)

    @property
    def holds(self) -> bool:
        return self.state is State.PAUSED and not self.at_gate

    def as_modelled(self) -> bool:
        return (
            self.painter.snapshot.state is self.state
            and self.gate.waiting == self.at_gate
            and (self.painter.snapshot.message == PAUSED) == self.holds
            and bool(threads()) == self.runs
            and len(self.shown) > 0
            and self.shown[-1] is self.painter.snapshot
        ) or (self.passed == [] and not self.shown)

    @invariant()
    def the_painter_is_where_the_model_is(self) -> None:
        if not hasattr(self, "painter"):
            return
        assert eventually(self.as_modelled, 60), (self.painter.snapshot, self.state, self.at_gate)
        assert len(threads()) <= 1
        snapshot = self.painter.snapshot
        assert states(self.shown) == self.passed
        assert [r.settings.style_weight for r in self.painter.results] == self.results
        assert (snapshot.progress is not None) == (self.yields > 0)
        if snapshot.progress is not None:
            assert len(snapshot.progress.history) == self.yields
            assert snapshot.job is not None
            assert snapshot.job.settings.style_weight == self.weight
            assert len(snapshot.changes) == self.changes
        assert (snapshot.result is not None) == (self.state in ENDS and self.yields > 0)

    def teardown(self) -> None:
        if hasattr(self, "painter"):
            self.gate.open_wide = True
            self.gate.let()
            self.painter.close()
            assert threads() == []
            assert len(self.painter.results) >= len(self.results)
            assert self.painter.last_traceback == ""


def test_any_sequence_of_requests_is_followed() -> None:
    run_state_machine_as_test(
        StudioMachine,
        settings=hypothesis_settings(
            max_examples=hypothesis_settings().max_examples // 2, stateful_step_count=30
        ),
    )


@pytest.mark.network
def test_real_steps_follow_any_request(photo: Picture, painting: Picture) -> None:
    chosen = Settings(size=64, steps=MANY)  # none of these ends by itself
    painter = TransferRunner(lambda _: None)
    work = job_for(photo, painting, chosen)
    painter.start(work)
    painter.wait(State.RUNNING, timeout=LIMIT)
    painter.change(dataclasses.replace(chosen, style_weight=30))
    painter.pause()
    painter.resume()
    painter.start(dataclasses.replace(work, settings=dataclasses.replace(chosen, size=80)))
    assert eventually(lambda: len(painter.results) == 1)
    painter.wait(State.RUNNING, timeout=LIMIT)
    painter.reset()
    painter.start(dataclasses.replace(work, settings=Settings(size=64, steps=3)))
    painter.wait(State.FINISHED, timeout=LIMIT)
    painter.close()
    assert [result.settings.size for result in painter.results] == [64, 80, 64]
    assert threads() == []
