import dataclasses
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from types import MappingProxyType, SimpleNamespace
from typing import Any, TypeVar

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
from PIL import Image
from thread_gate import ThreadGate

from stylelab.errors import DivergedError
from stylelab.losses.loss import Loss, Objective
from stylelab.losses.style import style
from stylelab.network.tensorflow import import_tensorflow
from stylelab.optimizers.step import Step
from stylelab.panels.messages import error_message
from stylelab.panels.studio import run_progress
from stylelab.panels.studio import transfer_runner as module
from stylelab.panels.studio.events import Event
from stylelab.panels.studio.picture_choice import PictureChoice
from stylelab.panels.studio.regions import Region, RegionChoice
from stylelab.panels.studio.reports import RunEnded, RunPaused, RunPrepared, Stepped
from stylelab.panels.studio.run_state import Order, State
from stylelab.panels.studio.selection import Selection, StyleChoice
from stylelab.panels.studio.transfer_runner import FRAME_SIDE, TransferRunner
from stylelab.pictures.images import Picture, resize_to
from stylelab.pictures.masks import Mask
from stylelab.pipeline.plan import Plan
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.transfer import transfer

PICTURE = np.full((16, 16, 3), 0.5, np.float32)
TINY = Settings(size=16, steps=3)
LIMIT = 300.0  # seconds: a test that waits so long has failed
MANY = 100_000  # steps that no test waits for

AnyEvent = TypeVar("AnyEvent", bound=Event)


def choice(picture: Picture, name: str = "picture") -> PictureChoice:
    return PictureChoice(name, name, "", b"", picture, name)


def region(mask: Mask, name: str = "mask 1") -> RegionChoice:
    return RegionChoice(Region(name, name, name, mask))


def selection_of(
    photo: Picture,
    *paintings: Picture,
    shares: Sequence[float] = (1.0, 1.0),
    masks: Sequence[RegionChoice | None] = (None, None),
    keep: RegionChoice | None = None,
) -> Selection:
    styles = zip(paintings, shares, masks, strict=False)
    chosen = (
        StyleChoice(choice(painting, f"painting {number}"), share, mask)
        for number, (painting, share, mask) in enumerate(styles)
    )
    return Selection(choice(photo, "photo"), tuple(chosen), keep)


GRAY = selection_of(PICTURE, PICTURE)


def order(run: int = 1, style_weight: float = 10.0, **settings: Any) -> Order:
    chosen = dataclasses.replace(TINY, style_weight=style_weight, **settings)
    return Order(run, GRAY, chosen)


def eventually(condition: Callable[[], bool], seconds: float = LIMIT) -> bool:
    """Wait for a condition, with a limit; report whether it came true."""
    ends = time.monotonic() + seconds
    pause = threading.Event()
    while not condition() and time.monotonic() < ends:
        pause.wait(0.001)
    return condition()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "stylelab transfer"]


class Mailbox:
    """Takes the events of a runner, as the studio does, and waits for them."""

    def __init__(self, answer: Callable[[Event], object] = lambda _: None) -> None:
        self.events: list[Event] = []
        self._answer = answer
        self._came = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._came:
            self.events.append(event)
            self._came.notify_all()
        self._answer(event)

    def of(self, kind: type[AnyEvent], run: int | None = None) -> list[AnyEvent]:
        found = [event for event in self.events if isinstance(event, kind)]
        return [event for event in found if run is None or getattr(event, "run", None) == run]

    def wait_for(self, kind: type[AnyEvent], run: int = 1, count: int = 1) -> AnyEvent:
        """The last of so many events of a kind that a run has posted."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.of(kind, run)) >= count, LIMIT), self.events
            return self.of(kind, run)[count - 1]

    def end(self, run: int = 1) -> RunEnded:
        return self.wait_for(RunEnded, run)

    @property
    def iterations(self) -> list[int]:
        return [event.progress.step.iteration for event in self.of(Stepped)]


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
                size = (0, 16, 16, step.iteration, 1)
                record = Record(*size, step.loss, step.terms, step.seconds, changed)
                history = (*history, record)
                number += not changed
                yield Progress(stages, 0, step, step, history)
            if not self.open_wide:
                assert self.gate.wait_to_pass(LIMIT)
        finally:
            self.closed += 1


@pytest.fixture
def posted() -> Mailbox:
    return Mailbox()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture(name="runner")
def gated_runner(gate: Gate, posted: Mailbox) -> Iterator[TransferRunner]:
    made = TransferRunner(posted, steps=gate, frames=1e9)
    yield made
    made.follow(None)
    gate.open_wide = True
    gate.let()
    assert made.wait(LIMIT)
    assert threads() == []


def run_to_its_end(followed: Order, steps: Callable[..., Any] | None = None) -> Mailbox:
    posted = Mailbox()
    given = {} if steps is None else {"steps": steps}
    runner = TransferRunner(posted, frames=1e9, **given)
    runner.follow(followed)
    posted.end(followed.run)
    assert runner.wait(LIMIT)
    return posted


# A run from its start to its end


def test_a_run_is_prepared_takes_its_steps_and_ends_with_its_result() -> None:
    posted = run_to_its_end(order(), Gate(open_wide=True))
    prepared, *steps, end = posted.events
    assert isinstance(prepared, RunPrepared)
    assert prepared.steps_total == 3
    assert prepared.cost.startswith("16 × 16 px, 3 steps at 1 size: about")
    assert posted.of(Stepped) == steps
    assert posted.iterations == [0, 1, 2, 3]
    assert isinstance(end, RunEnded)
    assert (end.state, end.error, end.last) == (State.FINISHED, "", None)
    assert end.result is not None
    assert end.result.stopped is None
    np.testing.assert_allclose(end.result.image, 0.03)


def test_real_steps_give_the_same_picture_as_transfer(photo: Picture, painting: Picture) -> None:
    settings = Settings(size=132, coarsest_size=128, steps=4)
    result = run_to_its_end(Order(1, selection_of(photo, painting), settings)).end().result
    assert result is not None
    plain = transfer(photo, painting, size=132, coarsest_size=128, steps=4, progress=False)
    np.testing.assert_array_equal(result.image, plain.image)
    assert [r.loss for r in result.history] == [r.loss for r in plain.history]


def test_a_run_starts_from_the_start_picture(photo: Picture, painting: Picture) -> None:
    white = np.ones((30, 45, 3), np.float32)
    settings = Settings(size=64, steps=1)
    posted = run_to_its_end(Order(1, selection_of(photo, painting), settings, start=white))
    np.testing.assert_allclose(posted.of(Stepped)[0].progress.step.image, 1)


def test_a_resumed_run_gives_the_same_picture_as_one_that_was_never_stopped(
    photo: Picture, painting: Picture
) -> None:
    settings, selection = Settings(size=64, steps=5), selection_of(photo, painting)

    def stop(event: Event) -> None:
        if isinstance(event, Stepped) and event.progress.step.iteration == 2:
            runner.follow(None)

    first = Mailbox(stop)
    runner = TransferRunner(first, frames=1e9)
    runner.follow(Order(1, selection, settings))
    assert first.end().state is State.STOPPED
    resume = first.of(Stepped)[-1].progress
    assert resume.step.iteration == 2
    second = run_to_its_end(Order(2, selection, settings, resume=resume))
    assert second.iterations == [2, 3, 4, 5]
    result = second.end(2).result
    assert result is not None
    plain = transfer(photo, painting, size=64, steps=5, progress=False)
    np.testing.assert_array_equal(result.image, plain.image)
    assert [r.loss for r in result.history] == [r.loss for r in plain.history]
    assert runner.wait(LIMIT)


def test_a_resumed_run_without_a_step_of_its_own_has_no_result(
    photo: Picture, painting: Picture
) -> None:
    settings, selection = Settings(size=64, steps=1), selection_of(photo, painting)
    resume = run_to_its_end(Order(1, selection, settings)).of(Stepped)[-1].progress
    end = run_to_its_end(Order(2, selection, settings, resume=resume)).end(2)
    assert (end.state, end.result) == (State.FINISHED, None)


def test_a_resumed_run_tells_from_the_beginning_how_many_steps_it_has(
    photo: Picture, painting: Picture
) -> None:
    settings, selection = Settings(size=64, steps=1), selection_of(photo, painting)
    resume = run_to_its_end(Order(1, selection, settings)).of(Stepped)[-1].progress
    longer = dataclasses.replace(settings, steps=3)
    posted = run_to_its_end(Order(2, selection, longer, resume=resume))
    first = posted.of(Stepped)[0].progress
    assert first.step.iteration == 1
    assert [stage.steps for stage in first.stages] == [3]
    assert posted.of(RunPrepared)[0].steps_total == 3


def test_no_thread_is_left_when_a_run_has_ended(posted: Mailbox) -> None:
    runner = TransferRunner(posted, steps=Gate(open_wide=True))
    assert threads() == []
    for number in range(1, 4):
        runner.follow(order(number))
        assert posted.end(number).result is not None
        assert eventually(lambda: not threads())


EXITING_PROGRAM = """
import threading

from stylelab.panels.studio.reports import Stepped
from stylelab.panels.studio.picture_choice import choice_from_sample
from stylelab.panels.studio.run_state import Order
from stylelab.panels.studio.selection import Selection, StyleChoice
from stylelab.panels.studio.transfer_runner import TransferRunner
from stylelab.pipeline.settings import Settings

begun = threading.Event()
runner = TransferRunner(lambda event: isinstance(event, Stepped) and begun.set())
painting = StyleChoice(choice_from_sample("swirling_night"))
selection = Selection(choice_from_sample("cat"), (painting,))
runner.follow(Order(1, selection, Settings(size=64, steps=100_000)))
assert begun.wait(300)
"""


@pytest.mark.network
def test_a_program_that_exits_while_painting_prints_nothing() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", EXITING_PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * LIMIT,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


# Pause, resume, stop, another run


def paused(followed: Order) -> Order:
    return dataclasses.replace(followed, paused=True)


def test_a_pause_shows_the_current_step_and_takes_no_other(
    runner: TransferRunner, gate: Gate, posted: Mailbox
) -> None:
    runner.follow(order())
    gate.let()
    posted.wait_for(Stepped)
    assert eventually(lambda: gate.waiting)
    runner.follow(paused(order()))
    assert posted.of(RunPaused) == []  # a step is under way
    gate.let()
    posted.wait_for(RunPaused)
    assert isinstance(posted.events[-2], Stepped)
    assert posted.iterations == [0, 1]
    gate.let()
    assert not eventually(lambda: gate.waiting, seconds=0.1)
    assert posted.iterations == [0, 1]
    runner.follow(order())
    posted.wait_for(Stepped, count=3)
    assert posted.iterations == [0, 1, 2]


def test_the_last_step_before_a_pause_is_shown_at_any_frame_rate(gate: Gate) -> None:
    posted = Mailbox()
    runner = TransferRunner(posted, steps=gate, frames=1e-9)
    runner.follow(order())
    for _ in range(2):  # the start and the first step are always shown
        gate.let()
        assert eventually(lambda: gate.waiting)
    runner.follow(paused(order()))
    gate.let()
    posted.wait_for(RunPaused)
    assert posted.iterations == [0, 1, 2]
    runner.follow(None)
    end = posted.end()
    assert (end.state, end.last) == (State.STOPPED, None)
    assert runner.wait(LIMIT)


def test_a_pause_right_after_a_resume_is_reported_again(
    runner: TransferRunner, gate: Gate, posted: Mailbox
) -> None:
    runner.follow(paused(order()))
    posted.wait_for(RunPaused)
    gate.let()  # in case that the thread is quick, and already on its way to a step
    runner.follow(order())
    runner.follow(paused(order()))
    posted.wait_for(RunPaused, count=2)


def test_stop_keeps_the_best_picture_at_the_requested_size(
    photo: Picture, painting: Picture
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Stepped) and event.progress.step.iteration == 2:
            runner.follow(None)

    posted = Mailbox(stop)
    runner = TransferRunner(posted, frames=1e9)
    runner.follow(
        Order(1, selection_of(photo, painting), Settings(size=160, coarsest_size=128, steps=50))
    )
    end = posted.end()
    assert runner.wait(LIMIT)
    assert (end.state, end.error) == (State.STOPPED, "")
    assert end.result is not None
    assert end.result.stopped == "stopped at step 2 of 50, 128 × 86 px"
    best = posted.of(Stepped)[-1].progress.best
    np.testing.assert_array_equal(end.result.image, resize_to(best.image, 108, 160))


@pytest.mark.parametrize("taken", [0, 1])
def test_a_run_stopped_before_its_first_step_has_no_result(
    runner: TransferRunner, gate: Gate, posted: Mailbox, taken: int
) -> None:
    runner.follow(order())
    for _ in range(taken):
        gate.let()
        posted.wait_for(Stepped)
    assert eventually(lambda: gate.waiting)
    runner.follow(None)
    gate.let()  # the one under way: at first the picture that the steps start from
    end = posted.end()
    assert posted.iterations == list(range(taken + 1))
    assert (end.state, end.result is not None) == (State.STOPPED, bool(taken))


def test_a_start_evaluated_again_with_other_weights_is_no_step() -> None:
    def answer(event: Event) -> None:
        if isinstance(event, Stepped):
            runner.follow(order(1, 30) if len(posted.of(Stepped)) == 1 else None)

    posted = Mailbox(answer)
    runner = TransferRunner(posted, steps=Gate(open_wide=True))
    runner.follow(order())
    end = posted.end()
    assert runner.wait(LIMIT)
    assert posted.iterations == [0, 0]
    assert (end.state, end.result) == (State.STOPPED, None)


def test_another_run_ends_the_present_one_and_keeps_its_result(
    runner: TransferRunner, gate: Gate, posted: Mailbox
) -> None:
    runner.follow(order(1, 10))
    for _ in range(2):
        gate.let()
        assert eventually(lambda: gate.waiting)
    runner.follow(order(2, 30))
    assert posted.of(RunEnded) == []
    gate.let()
    posted.wait_for(RunPrepared, 2)
    first = posted.end(1)
    assert first.state is State.STOPPED
    gate.open_wide = True
    gate.let()
    results = [first.result, posted.end(2).result]
    assert [result and result.settings.style_weight for result in results] == [10, 30]


def test_a_run_that_another_one_has_replaced_takes_no_step(
    runner: TransferRunner, gate: Gate, posted: Mailbox
) -> None:
    for number in (1, 2, 3):
        runner.follow(order(number))
        assert eventually(lambda: gate.waiting)
    gate.let()
    posted.wait_for(RunPrepared, 3)
    end = posted.end(2)
    assert (end.state, end.result) == (State.STOPPED, None)
    assert posted.of(RunPrepared, 2) == []
    assert posted.of(Stepped, 2) == []


def test_a_run_that_was_stopped_before_it_began_takes_no_step(
    runner: TransferRunner, gate: Gate, posted: Mailbox
) -> None:
    runner.follow(order(1))
    assert eventually(lambda: gate.waiting)
    runner.follow(order(2))
    runner.follow(None)
    gate.let()
    assert posted.end(2).result is None
    assert posted.of(RunPrepared, 2) == []


def test_waiting_says_whether_the_thread_has_ended(
    runner: TransferRunner, gate: Gate, posted: Mailbox
) -> None:
    assert runner.wait(0)
    runner.follow(order())
    assert eventually(lambda: gate.waiting)
    assert not runner.wait(0.01)
    runner.follow(None)
    gate.let()
    assert runner.wait(LIMIT)
    assert threads() == []
    assert posted.end().state is State.STOPPED


# Weights that change on the way


def follow_later(
    posted: list[Event], runner: Callable[[], TransferRunner], later: Order
) -> Callable[[Event], None]:
    """Follow another order once, at the second step."""

    def answer(event: Event) -> None:
        if isinstance(event, Stepped) and event.progress.step.iteration == 2 and not posted:
            posted.append(event)
            runner().follow(later)

    return answer


def test_new_weights_are_used_by_the_next_step_and_nothing_is_compiled_again(
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
    first = Order(1, selection_of(photo, painting), settings)
    posted = Mailbox(follow_later([], lambda: runner, dataclasses.replace(first, settings=later)))
    runner = TransferRunner(posted, frames=1e9)
    runner.follow(first)
    end = posted.end()
    assert runner.wait(LIMIT)
    steps = posted.of(Stepped)
    assert [step.order.settings for step in steps] == [settings] * 3 + [later] * 5
    changed = [step.progress.history[-1].changed for step in steps]
    assert changed == [index == 3 for index in range(8)]
    assert posted.iterations == [0, 1, 2, 2, 3, 4, 5, 6]
    assert end.result is not None
    assert end.result.settings == later
    assert len(compiled) == 1


def test_weights_changed_while_preparing_are_used_from_the_start(
    runner: TransferRunner, gate: Gate, posted: Mailbox
) -> None:
    runner.follow(order(1, 10))
    assert eventually(lambda: gate.waiting)
    runner.follow(order(1, 30))
    gate.open_wide = True
    gate.let()
    end = posted.end()
    assert {step.order.settings.style_weight for step in posted.of(Stepped)} == {30}
    assert end.result is not None
    assert end.result.settings.style_weight == 30


def test_layer_weights_apply_to_each_of_several_styles(
    runner: TransferRunner, gate: Gate, posted: Mailbox
) -> None:
    several = selection_of(PICTURE, PICTURE, 1 - PICTURE)
    runner.follow(Order(1, several, TINY))
    gate.let()
    posted.wait_for(Stepped)
    layers = dict.fromkeys(TINY.style_layers, 1.0) | {"block1_conv1": 2.0}
    later = dataclasses.replace(TINY, style_layers=layers, style_weight=30)
    runner.follow(Order(1, several, later))
    gate.let()
    styles = posted.wait_for(Stepped, count=2).styles
    assert styles is not None
    assert [term["layers"] for term in styles] == [layers] * 2


def test_shares_of_several_styles_change_during_a_run(photo: Picture, painting: Picture) -> None:
    settings = Settings(size=64, steps=4)
    first = Order(1, selection_of(photo, painting, painting[::-1]), settings)
    shares = selection_of(photo, painting, painting[::-1], shares=(45, 5))
    posted = Mailbox(follow_later([], lambda: runner, dataclasses.replace(first, selection=shares)))
    runner = TransferRunner(posted, frames=1e9)
    runner.follow(first)
    end = posted.end()
    assert runner.wait(LIMIT)
    assert end.state is State.FINISHED
    assert [step.order.selection is shares for step in posted.of(Stepped)] == [False] * 3 + [
        True
    ] * 3
    assert end.result is not None
    assert end.result.styles is not None
    assert [recorded["weight"] for recorded in end.result.styles] == [0.9, 0.1]


def test_several_styles_masks_and_colours_give_the_same_picture_as_transfer(
    photo: Picture, painting: Picture
) -> None:
    mask = np.zeros(photo.shape[:2], np.float32)
    mask[:20] = 1
    kept = mask[:, ::-1] * np.float32(0.5)
    settings = Settings(size=64, steps=3, colours="luminance", style_scale=0.8)
    chosen = selection_of(
        photo,
        painting,
        painting[::-1],
        shares=(25, 75),
        masks=(region(mask), None),
        keep=region(kept, "mask 2"),
    )
    result = run_to_its_end(Order(1, chosen, settings)).end().result
    assert result is not None
    styles = 0.25 * style(painting, mask=mask) + 0.75 * style(painting[::-1])
    plain = transfer(photo, styles, **vars(settings) | {"keep": kept, "progress": False})
    np.testing.assert_array_equal(result.image, plain.image)
    assert result.styles == plain.styles
    assert np.ptp(result.image, axis=-1).max() > 0.1  # the photo's colours


# What is posted


def test_frames_are_limited_except_the_first_step_and_the_last(
    posted: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    steps = Gate(open_wide=True)

    def slow(*given: Any, **named: Any) -> Iterator[Progress]:
        nonlocal now
        for progress in steps(*given, **named):
            now += 0.03
            yield progress

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
    runner = TransferRunner(posted, steps=slow, frames=5)
    runner.follow(order(steps=40))
    end = posted.end()
    assert runner.wait(LIMIT)
    # Seven times 0.03 s are a fifth of a second.
    assert posted.iterations == [0, 1, 8, 15, 22, 29, 36]
    assert end.last is not None
    assert end.last.progress.step.iteration == 40
    assert brightness(end.last.frame) == pytest.approx(0.4, abs=0.01)


def test_a_step_with_other_weights_is_posted_at_any_frame_rate(posted: Mailbox, gate: Gate) -> None:
    runner = TransferRunner(posted, steps=gate, frames=1e-9)
    runner.follow(order(steps=40))
    for _ in range(5):
        gate.let()
        assert eventually(lambda: gate.waiting)
    runner.follow(order(1, 30, steps=40))
    gate.let()
    posted.wait_for(Stepped, count=3)
    assert posted.iterations == [0, 1, 4]
    assert [step.order.settings.style_weight for step in posted.of(Stepped)] == [10, 10, 30]
    runner.follow(None)
    gate.let()
    assert posted.end().last is not None
    assert runner.wait(LIMIT)


def brightness(jpeg: bytes) -> float:
    return float(np.asarray(Image.open(BytesIO(jpeg))).mean() / 255)


def test_each_posted_step_has_its_own_small_picture() -> None:
    posted = run_to_its_end(order(), Gate(open_wide=True))
    shades = [brightness(step.frame) for step in posted.of(Stepped)]
    assert shades == pytest.approx([0, 0.01, 0.02, 0.03], abs=0.005)
    wide = np.full((40, 2 * FRAME_SIDE, 3), 0.5, np.float32)
    chosen = Settings(size=2 * FRAME_SIDE, steps=1)
    posted = run_to_its_end(Order(1, selection_of(wide, PICTURE), chosen), Gate(open_wide=True))
    assert Image.open(BytesIO(posted.of(Stepped)[-1].frame)).size == (FRAME_SIDE, 20)


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

    result = run_to_its_end(order(), steps).end().result
    assert result is not None
    np.testing.assert_array_equal(result.image, PICTURE)


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
    posted: Mailbox, make: Callable[[], BaseException], sentence: str, after: int
) -> None:
    sources: list[Callable[..., Iterator[Progress]]] = [
        failing(make(), after),
        Gate(open_wide=True),
    ]

    def steps(*given: Any, **named: Any) -> Iterator[Progress]:
        return sources.pop(0)(*given, **named)

    runner = TransferRunner(posted, steps=steps)
    runner.follow(order(1))
    end = posted.end()
    assert (end.state, end.error) == (State.FAILED, sentence)
    if after:
        assert end.result is not None
        assert end.result.stopped == f"stopped at step 1 of 3, 16 × 16 px: {sentence}"
        np.testing.assert_allclose(end.result.image, 0.01)
    else:
        assert end.result is None
    runner.follow(order(2))
    assert posted.end(2).state is State.FINISHED
    assert runner.wait(LIMIT)


@pytest.mark.parametrize("error", [MemoryError, UnforeseenError, SystemExit])
@pytest.mark.parametrize("keep_optimizer_size", [True, False])
def test_an_error_at_the_end_keeps_what_it_can_and_the_runner_keeps_working(
    posted: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
    keep_optimizer_size: bool,
) -> None:
    def no_memory(*_: object, **__: object) -> Any:
        raise error

    runner = TransferRunner(posted, steps=Gate(open_wide=True))
    with monkeypatch.context() as patch:
        patch.setattr("stylelab.pipeline.progress.resize_to", no_memory)  # the picture in full size
        if not keep_optimizer_size:
            patch.setattr(run_progress, "Result", no_memory)
        runner.follow(order(1))
        end = posted.end()
        assert (end.state, end.error) == (State.FAILED, error_message(error()))
        assert error.__name__ in runner.last_traceback
        if keep_optimizer_size:
            assert end.result is not None
            np.testing.assert_allclose(end.result.image, 0.03)
        else:
            assert end.result is None
    runner.follow(order(2))
    assert posted.end(2).result is not None
    assert runner.wait(LIMIT)
    assert not threads()


def test_without_a_thread_there_is_an_error_and_the_next_run_works(
    posted: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    runner = TransferRunner(posted, steps=Gate(open_wide=True))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        with pytest.raises(RuntimeError, match="can't start"):
            runner.follow(order(1))
    assert posted.events == []
    runner.follow(order(1))
    assert posted.end().state is State.FINISHED
    assert runner.wait(LIMIT)
    assert len(posted.of(RunEnded)) == 1


def test_each_finished_run_has_its_own_settings_and_result(posted: Mailbox) -> None:
    runner = TransferRunner(posted, steps=Gate(open_wide=True))
    for number in (1, 2):
        runner.follow(order(number, number))
        posted.end(number)
    results = [end.result for end in posted.of(RunEnded)]
    assert [result and result.settings.style_weight for result in results] == [1, 2]
    assert runner.wait(LIMIT)


def test_unforeseen_errors_keep_their_traceback(posted: Mailbox) -> None:
    runner = TransferRunner(posted, steps=failing(ZeroDivisionError("by zero"), 1))
    assert runner.last_traceback == ""
    runner.follow(order())
    posted.end()
    assert runner.wait(LIMIT)
    assert "in run" in runner.last_traceback
    assert "ZeroDivisionError: by zero" in runner.last_traceback


def test_foreseen_errors_need_no_traceback(posted: Mailbox) -> None:
    runner = TransferRunner(posted, steps=failing(DivergedError("Expected less."), 1))
    runner.follow(order())
    assert posted.end().error == "Expected less."
    assert runner.wait(LIMIT)
    assert runner.last_traceback == ""


def test_runs_that_do_not_fit_into_memory_are_refused_beforehand(
    runner: TransferRunner, gate: Gate, posted: Mailbox
) -> None:
    runner.follow(order(size=100_000))
    end = posted.end()
    assert end.state is State.FAILED
    assert "Take a size of" in end.error
    assert "check_memory" not in end.error
    assert "=" not in end.error
    assert posted.of(RunPrepared) == []
    assert gate.closed == 0


def test_steps_are_closed_when_a_run_is_stopped(posted: Mailbox, gate: Gate) -> None:
    kept = []  # else Python would close what nobody holds any more

    def steps(*given: Any, **named: Any) -> Iterator[Progress]:
        kept.append(gate(*given, **named))
        return kept[0]

    runner = TransferRunner(posted, steps=steps)
    runner.follow(order())
    gate.let()
    posted.wait_for(Stepped)
    runner.follow(None)
    gate.let()
    assert posted.end().state is State.STOPPED
    assert gate.closed == 1
    assert runner.wait(LIMIT)


# Any sequence of orders

WEIGHTS = st.sampled_from([3.0, 10.0, 30.0])


def describe(event: Event) -> tuple[object, ...]:
    """An event in short: its kind, its run, and what counts of it."""
    if isinstance(event, RunPrepared):
        return ("prepared", event.run, event.steps_total)
    if isinstance(event, Stepped):
        weight = event.order.settings.style_weight
        return ("step", event.run, event.progress.step.iteration, weight)
    if isinstance(event, RunEnded):
        weight = 0.0 if event.result is None else event.result.settings.style_weight
        return ("ended", event.run, event.state, weight, event.error)
    assert isinstance(event, RunPaused)
    return ("paused", event.run)


class RunnerMachine(RuleBasedStateMachine):
    """A runner beside a model of it that has one thread and is easily read."""

    @initialize()
    def begin(self) -> None:
        self.gate = Gate()
        self.posted = Mailbox()
        self.runner = TransferRunner(self.posted, steps=self.gate, frames=1e9)
        self.order: Order | None = None
        self.waiting: list[int] = []  # runs that have not begun
        self.run: int | None = None
        self.at_gate = False
        self.weight = 0.0  # in force
        self.pictures = self.steps = self.last_run = 0
        self.expected: list[tuple[object, ...]] = []

    @property
    def own_order(self) -> Order | None:
        """The order, if it is for the run that goes on."""
        return self.order if self.order is not None and self.order.run == self.run else None

    def follow(self, following: Order | None) -> None:
        self.runner.follow(following)
        before, self.order = self.order, following
        if following is not None and (before is None or before.run != following.run):
            self.waiting.append(following.run)
        if self.run is None:
            self.take_up()
        elif not self.at_gate:
            self.go_on()

    def take_up(self) -> None:
        """Begin the next run."""
        while self.run is None and self.waiting:
            self.run = self.waiting.pop(0)
            self.pictures = self.steps = 0
            if self.own_order is None:
                self.end(State.STOPPED)
            else:
                self.weight = self.own_order.settings.style_weight
                self.expected.append(("prepared", self.run, TINY.steps))
                self.go_on()

    def go_on(self) -> None:
        """After a step, or while paused: take another, wait, or end."""
        if self.own_order is None:
            self.end(State.STOPPED)
        elif self.own_order.paused:
            self.at_gate = False
            self.expected.append(("paused", self.run))
        else:
            self.at_gate = True

    def end(self, state: State) -> None:
        weight = self.weight if self.pictures > 1 else 0.0
        self.expected.append(("ended", self.run, state, weight, ""))
        self.run, self.at_gate = None, False
        self.take_up()

    @precondition(lambda self: self.at_gate)
    @rule()
    def step(self) -> None:
        self.gate.let()
        if self.steps > TINY.steps:
            self.end(State.FINISHED)
            return
        own = self.own_order
        requested = self.weight if own is None else own.settings.style_weight
        changed = self.steps > 0 and requested != self.weight
        self.weight = requested
        self.expected.append(("step", self.run, self.steps - changed, self.weight))
        self.steps += not changed
        self.pictures += 1
        self.go_on()

    @rule(weight=WEIGHTS, is_paused=st.booleans())
    def another_run(self, weight: float, is_paused: bool) -> None:
        self.last_run += 1
        following = order(self.last_run, weight)
        self.follow(paused(following) if is_paused else following)

    @precondition(lambda self: self.order is not None)
    @rule(weight=WEIGHTS)
    def other_weights(self, weight: float) -> None:
        assert self.order is not None
        settings = dataclasses.replace(self.order.settings, style_weight=weight)
        self.follow(dataclasses.replace(self.order, settings=settings))

    @precondition(lambda self: self.order is not None)
    @rule(is_paused=st.booleans())
    def pause_or_resume(self, is_paused: bool) -> None:
        assert self.order is not None
        self.follow(dataclasses.replace(self.order, paused=is_paused))

    @rule()
    def stop(self) -> None:
        self.follow(None)

    def as_modelled(self) -> bool:
        return (
            [describe(event) for event in list(self.posted.events)] == self.expected
            and self.gate.waiting == self.at_gate
            and bool(threads()) == (self.run is not None)
        )

    @invariant()
    def the_runner_is_where_the_model_is(self) -> None:
        if hasattr(self, "runner"):
            came = [describe(event) for event in self.posted.events]
            assert eventually(self.as_modelled, 60), (came, self.expected, self.at_gate)
            assert len(threads()) <= 1

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.gate.open_wide = True
            self.runner.follow(None)
            self.gate.let()
            assert self.runner.wait(LIMIT)
            assert threads() == []
            ended = [event.run for event in self.posted.of(RunEnded)]
            assert ended == list(range(1, self.last_run + 1))  # each, once, in order
            assert self.runner.last_traceback == ""


def test_any_sequence_of_orders_is_followed() -> None:
    run_state_machine_as_test(
        RunnerMachine,
        settings=hypothesis_settings(
            max_examples=hypothesis_settings().max_examples // 2, stateful_step_count=30
        ),
    )


@pytest.mark.network
def test_real_steps_follow_any_order(photo: Picture, painting: Picture) -> None:
    chosen = Settings(size=64, steps=MANY)  # none of these ends by itself
    posted = Mailbox()
    runner = TransferRunner(posted)
    first = Order(1, selection_of(photo, painting), chosen)
    runner.follow(first)
    posted.wait_for(Stepped, count=2)
    louder = dataclasses.replace(first, settings=dataclasses.replace(chosen, style_weight=30))
    runner.follow(louder)
    runner.follow(paused(louder))
    posted.wait_for(RunPaused)
    runner.follow(louder)
    runner.follow(Order(2, first.selection, dataclasses.replace(chosen, size=80)))
    posted.end(1)
    posted.wait_for(Stepped, 2, count=2)
    runner.follow(None)
    runner.follow(Order(3, first.selection, Settings(size=64, steps=3)))
    assert posted.end(3).state is State.FINISHED
    assert runner.wait(LIMIT)
    results = [end.result for end in posted.of(RunEnded)]
    assert [result and result.settings.size for result in results] == [64, 80, 64]
    assert threads() == []
