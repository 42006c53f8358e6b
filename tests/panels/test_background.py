import html
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
import numpy as np
import pytest
from thread_gate import keep_threads_alive

from stylelab.course.figures import CourseFigure, show_pictures
from stylelab.errors import SettingsError
from stylelab.panels.background import (
    DONE,
    STARTING,
    BackgroundControl,
    BackgroundWorker,
    WorkProgress,
    stop_workers,
)

SECONDS = 300.0
"""The longest that anything may take here; nothing waits for it to pass."""


class Gate:
    """Work with steps released one by one."""

    def __init__(self) -> None:
        self.open = threading.Semaphore(0)
        self.arrived = threading.Semaphore(0)

    def let(self, steps: int) -> None:
        """Let so many steps through, and wait until the one after them is asked for."""
        for _ in range(steps):
            self.open.release()
        for _ in range(steps):
            assert self.arrived.acquire(timeout=SECONDS)

    def steps(self) -> Iterator[int]:
        number = 0
        while True:
            self.arrived.release()
            assert self.open.acquire(timeout=SECONDS)
            yield number
            number += 1


def ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "stylelab"]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    assert ours() == []
    yield
    stop_workers()
    for thread in ours():
        thread.join(SECONDS)
    assert ours() == []


# The worker


def test_it_works_in_one_thread_of_its_own_that_ends_with_the_work() -> None:
    where: list[threading.Thread] = []
    ended: list[Any] = []

    def work() -> Iterator[None]:
        for _ in range(3):
            where.append(threading.current_thread())
            yield

    worker = BackgroundWorker(work, ended.append)
    assert not worker.busy
    worker.start()
    assert worker.wait(SECONDS)
    assert not worker.busy
    assert len(where) == 3
    assert len(set(where)) == 1
    assert where[0] is not threading.main_thread()
    assert ended == [None]


def test_stop_takes_effect_at_the_next_step() -> None:
    gate = Gate()
    worker = BackgroundWorker(gate.steps, lambda _: None)
    worker.start()
    gate.let(2)
    assert gate.arrived.acquire(timeout=SECONDS)  # it is in its third step
    worker.stop()
    assert worker.busy
    gate.open.release()
    assert worker.wait(SECONDS)
    assert not gate.arrived.acquire(blocking=False)  # there was no fourth
    assert worker.stopping


def test_a_second_start_neither_makes_a_second_thread_nor_stops_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate()
    worker = BackgroundWorker(gate.steps, lambda _: None)
    worker.start()
    gate.let(1)
    stops: list[bool] = []
    with monkeypatch.context() as patched:
        patched.setattr(worker, "stop", lambda: stops.append(True))
        worker.start()
    assert stops == []
    assert len(ours()) == 1
    worker.stop()
    gate.open.release()
    assert worker.wait(SECONDS)


def test_a_restart_abandons_the_current_work_for_the_new_request() -> None:
    gate, wanted = Gate(), ["old"]
    begun: list[str] = []
    ended: list[Any] = []

    def work() -> Iterator[int]:
        begun.append(wanted[0])
        yield from gate.steps()

    worker = BackgroundWorker(work, ended.append)
    assert not worker.restart()  # there is nothing to restart
    worker.start()
    gate.let(1)
    wanted[0] = "new"
    assert worker.restart()
    gate.let(3)
    worker.stop()
    gate.open.release()
    assert worker.wait(SECONDS)
    assert begun == ["old", "new"]
    assert ended == [None]  # once: nothing had ended in between


def test_waiting_lasts_until_the_thread_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = keep_threads_alive(monkeypatch, SECONDS)
    worker = BackgroundWorker(lambda: iter(range(1)), lambda _: None)
    worker.start()
    while worker.busy:
        time.sleep(0.001)
    assert not worker.wait(0)
    gate.set()
    assert worker.wait(SECONDS)
    assert ours() == []


def test_it_can_be_started_again_after_a_stop() -> None:
    counts: list[int] = []

    def work() -> Iterator[int]:
        counts.append(1)
        yield 1

    worker = BackgroundWorker(work, lambda _: None)
    for times in (1, 2):
        worker.stop()
        worker.start()
        assert worker.wait(SECONDS)
        assert len(counts) == times


def test_a_change_at_the_very_end_still_restarts_the_work() -> None:
    settled: list[bool] = []

    def ended(_error: BaseException | None) -> None:
        if not settled:
            assert worker.restart()  # while the end is being shown
        settled.append(True)

    worker = BackgroundWorker(lambda: iter(range(1)), ended)
    worker.start()
    assert worker.wait(SECONDS)
    assert len(settled) == 2


class UnforeseenWorkError(BaseException):
    """What nobody who catches an Exception catches."""


@pytest.mark.parametrize("kind", [OSError, MemoryError, SystemExit, UnforeseenWorkError])
@pytest.mark.parametrize("shown", [True, False])
def test_an_error_is_passed_on_and_the_thread_ends(shown: bool, kind: type[BaseException]) -> None:
    errors: list[Any] = []

    def work() -> Iterator[int]:
        yield 1
        raise kind("no")

    def ended(error: BaseException | None) -> None:
        errors.append(error)
        if not shown:
            raise kind("the widgets are gone")

    worker = BackgroundWorker(work, ended)
    worker.start()
    assert worker.wait(SECONDS)
    assert [type(error) for error in errors] == [kind]
    assert not worker.busy


def test_without_a_thread_it_is_not_busy_and_can_be_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    ended: list[object] = []
    worker = BackgroundWorker(lambda: iter(range(1)), ended.append)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        with pytest.raises(RuntimeError, match="can't start"):
            worker.start()
    assert not worker.busy
    worker.start()
    assert worker.wait(SECONDS)
    assert ended == [None]


def test_only_one_worker_runs_at_a_time() -> None:
    gates = Gate(), Gate()
    first, second = (BackgroundWorker(gate.steps, lambda _: None) for gate in gates)
    first.start()
    gates[0].let(1)
    second.start()
    assert [worker.stopping for worker in (first, second)] == [True, False]
    gates[0].open.release()
    assert first.wait(SECONDS)
    gates[1].let(2)
    assert second.busy
    assert not second.stopping
    second.stop()
    gates[1].open.release()
    assert second.wait(SECONDS)


# The control


class Counting:
    """What the control in these tests works out: a shade for each power, in three steps."""

    def __init__(self) -> None:
        self.known: dict[float, int] = {}
        self.before_step: Callable[[], object] = lambda: None

    def draw(self, power: float) -> CourseFigure:
        if power < 0:
            raise SettingsError("Expected a power < 0. Received: less.")
        steps = self.known.get(power, 0)
        gray = np.full((20, 30, 3), steps / 3, np.float32)
        return show_pictures({f"power {power:g}, {steps} steps": gray})

    def work(self, power: float) -> Iterator[WorkProgress]:
        while self.known.get(power, 0) < 3:
            self.before_step()
            self.known[power] = self.known.get(power, 0) + 1
            yield WorkProgress(
                self.known[power] / 3, f"power {power:g}: step {self.known[power]} of 3"
            )

    def missing_message(self, power: float) -> str:
        return "" if self.known.get(power) == 3 else f"Power {power:g} is missing. Press Run."

    def control(self) -> BackgroundControl:
        widgets = {"power": ipywidgets.FloatText(1)}
        return BackgroundControl(self.draw, self.work, self.missing_message, widgets)

    def computed(self) -> BackgroundControl:
        """A control with its first picture."""
        control = self.control()
        control.compute_first()
        return control


@pytest.fixture
def counting() -> Counting:
    return Counting()


def shown(control: BackgroundControl) -> str:
    picture: Any = control.box.children[-1]
    found = re.search(r'alt="([^"]*)"', picture.value)
    assert found
    return html.unescape(found[1])


def says(control: BackgroundControl) -> str:
    return html.unescape(re.sub("<.*?>", "", control.message.value))


def test_the_first_result_is_ready_when_the_cell_ends_without_a_thread(counting: Counting) -> None:
    control = counting.computed()
    assert ours() == []
    assert "power 1, 3 steps" in shown(control)
    assert says(control) == DONE
    assert control.run.disabled
    assert control.stop.disabled


class Output:
    """The output of a cell, as IPython shows it: what it held, one after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.held: list[Any] = []
        self.on_show: Callable[[], object] = lambda: None
        monkeypatch.setattr("IPython.display.display", self.display)

    def display(self, data: Any, **_: object) -> "Output":
        self.held.append(data)
        self.on_show()
        return self

    def update(self, data: Any, **_: object) -> None:
        self.held.append(data)


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Output:
    return Output(monkeypatch)


def test_a_cell_shows_the_control_before_anything_is_computed(
    counting: Counting, output: Output
) -> None:
    control = counting.control()
    known_when_shown: list[dict[float, int]] = []
    output.on_show = lambda: known_when_shown.append(dict(counting.known))
    control._ipython_display_()
    assert known_when_shown == [{}]
    assert says(control) == DONE
    assert ours() == []
    before, after = output.held
    view = "application/vnd.jupyter.widget-view+json"
    assert before[view] == after[view]
    assert ["0 steps" in before["text/plain"], "3 steps" in after["text/plain"]] == [True, True]


def test_shown_again_it_computes_nothing_by_itself(counting: Counting, output: Output) -> None:
    control = counting.control()
    control._ipython_display_()
    control.widgets["power"].value = 2
    control._ipython_display_()
    assert counting.known == {1: 3}
    assert len(output.held) == 3
    assert "power 1, 3 steps" in output.held[-1]["text/plain"]


def test_an_interrupt_of_the_cell_stops_the_first_picture(
    counting: Counting, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    let = gate.steps()
    control = counting.control()
    counting.before_step = lambda: next(let)
    wait = BackgroundWorker.wait

    def interrupted(_worker: BackgroundWorker, _timeout: float | None = None) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(BackgroundWorker, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            control._ipython_display_()
    gate.open.release()
    assert wait(control._worker, SECONDS)
    assert says(control).startswith("Stopped. Power 1 is missing.")
    assert len(output.held) == 1


def test_without_a_first_result_the_status_explains_run(counting: Counting) -> None:
    control = counting.control()
    assert "0 steps" in shown(control)
    assert says(control) == "Power 1 is missing. Press Run."
    assert not control.run.disabled
    assert control.stop.disabled


def test_only_settings_without_a_cached_result_need_run(
    counting: Counting,
) -> None:
    control = counting.computed()
    control.widgets["power"].value = 2
    assert "power 2, 0 steps" in shown(control)
    assert says(control) == "Power 2 is missing. Press Run."
    assert counting.known == {1: 3}
    control.run.click()
    assert control.wait(SECONDS)
    assert "power 2, 3 steps" in shown(control)
    assert control.drawing.alt == shown(control)
    control.widgets["power"].value = 1
    assert "power 1, 3 steps" in shown(control)
    assert control.run.disabled


def test_buttons_progress_bar_and_status_show_that_it_works(counting: Counting) -> None:
    gate = Gate()
    control = counting.control()
    let = gate.steps()
    counting.before_step = lambda: next(let)
    control.run.click()
    assert gate.arrived.acquire(timeout=SECONDS)  # in the first step, none is reported
    assert says(control) == STARTING
    gate.arrived.release()
    gate.let(2)
    assert gate.arrived.acquire(timeout=SECONDS)  # in the third step, two are reported
    assert control.run.disabled
    assert not control.stop.disabled
    assert control.bar.value == pytest.approx(2 / 3)
    assert control.bar.layout.display is None
    assert says(control).startswith("power 1: step 2 of 3")
    gate.open.release()
    assert control.wait(SECONDS)
    assert control.run.disabled
    assert control.stop.disabled
    assert control.bar.layout.display == "none"


def test_stop_keeps_partial_results_and_run_continues_from_them(counting: Counting) -> None:
    gate = Gate()
    control = counting.control()
    let = gate.steps()
    counting.before_step = lambda: next(let)
    control.run.click()
    gate.let(1)
    assert gate.arrived.acquire(timeout=SECONDS)
    control.stop.click()
    gate.open.release()
    assert control.wait(SECONDS)
    assert counting.known == {1: 2}
    assert "power 1, 2 steps" in shown(control)
    assert says(control) == "Stopped. Power 1 is missing. Press Run."
    assert not control.run.disabled
    assert control.stop.disabled
    counting.before_step = lambda: None
    control.run.click()
    assert control.wait(SECONDS)
    assert counting.known == {1: 3}
    assert says(control) == DONE


def test_a_setting_changed_during_the_work_takes_effect(counting: Counting) -> None:
    gate = Gate()
    control = counting.control()
    let = gate.steps()
    counting.before_step = lambda: next(let)
    control.run.click()
    gate.let(1)
    assert gate.arrived.acquire(timeout=SECONDS)
    control.widgets["power"].value = 4
    counting.before_step = lambda: None
    gate.open.release()
    assert control.wait(SECONDS)
    assert counting.known == {1: 2, 4: 3}
    assert "power 4, 3 steps" in shown(control)


def test_bad_input_shows_a_message_and_disables_run(counting: Counting) -> None:
    control = counting.computed()
    control.widgets["power"].value = -1
    assert "Expected a power < 0" in says(control)
    assert "power 1" in shown(control)
    assert control.run.disabled
    control.widgets["power"].value = 1
    assert says(control) == DONE


def test_an_error_in_the_work_shows_a_message_and_the_control_keeps_working(
    counting: Counting,
) -> None:
    control = counting.control()

    def fail() -> None:
        raise MemoryError

    counting.before_step = fail
    control.run.click()
    assert control.wait(SECONDS)
    assert "not enough memory" in says(control)
    assert not control.run.disabled
    counting.before_step = lambda: None
    control.run.click()
    assert control.wait(SECONDS)
    assert "3 steps" in shown(control)
    assert says(control) == DONE


def test_rerunning_the_cell_stops_the_previous_work(counting: Counting) -> None:
    gate = Gate()
    let = gate.steps()
    old = counting.control()
    counting.before_step = lambda: next(let)
    old.run.click()
    gate.let(1)
    Counting().control()
    gate.open.release()
    assert old.wait(SECONDS)
    assert counting.known[1] < 3


def test_closing_ends_the_thread(counting: Counting) -> None:
    gate = Gate()
    let = gate.steps()
    control = counting.control()
    counting.before_step = lambda: next(let)
    control.run.click()
    gate.let(1)
    for _ in range(3):
        gate.open.release()
    control.close(SECONDS)
    assert ours() == []


def test_the_static_picture_is_the_first_result(counting: Counting) -> None:
    control = counting.computed()
    control.widgets["power"].value = 5
    control.run.click()
    assert control.wait(SECONDS)
    bundle, metadata = control._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "power 1, 3 steps" in metadata["image/jpeg"]["alt"]
