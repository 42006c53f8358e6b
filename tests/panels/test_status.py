from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stylelab.optimizers.step import Step
from stylelab.panels.studio.picture_choice import Choices, PictureChoice
from stylelab.panels.studio.run_state import GridPlace, Run, State
from stylelab.panels.studio.status import ENABLED, enabled_actions, progress_text, status
from stylelab.panels.studio.studio_state import Notice, StudioState
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.settings import Settings

ACTIONS = {"start", "pause", "resume", "stop", "reset", "close"}
SHOWN_STATES = set(State) - {State.WAITING}  # which only runs have that follow another

SETTINGS = Settings(size=256, steps=10)
PICTURE = np.full((64, 128, 3), 0.5, np.float32)


def choices(role: Any, name: str) -> Choices:
    return Choices(role, (PictureChoice(name, name, name, b"", PICTURE),), name)


NEW = StudioState.first(choices("photo", "cat"), choices("painting", "night"), SETTINGS)


def new_run(state: State, **details: Any) -> Run:
    inputs = (NEW.selection, SETTINGS)
    return Run(1, *inputs, *inputs, state, **details)


def with_run(state: State, **details: Any) -> StudioState:
    return replace(NEW, run=new_run(state, **details), is_ready=True)


# Buttons


def test_every_state_has_buttons_and_every_button_a_state() -> None:
    assert set(ENABLED) == SHOWN_STATES
    assert {action for actions in ENABLED.values() for action in actions} == ACTIONS


@pytest.mark.parametrize("state", sorted(SHOWN_STATES))
def test_the_enabled_buttons_can_do_what_they_say(state: State) -> None:
    actions = ENABLED[state]
    assert ("pause" in actions) == (state is State.RUNNING)
    assert ("resume" in actions) == (state is State.PAUSED)
    assert not {"start", "stop"} <= set(actions)
    assert "close" in actions


def test_buttons_follow_the_run() -> None:
    assert enabled_actions(NEW) == ENABLED[State.IDLE]
    for state in SHOWN_STATES - {State.IDLE}:
        assert enabled_actions(with_run(state)) == ENABLED[state]


def test_a_run_that_is_to_follow_can_be_called_off() -> None:
    stopping = with_run(State.STOPPING)
    assert "stop" not in enabled_actions(stopping)
    assert "stop" in enabled_actions(replace(stopping, queue=(new_run(State.WAITING),)))


def test_a_closed_studio_has_no_buttons() -> None:
    assert enabled_actions(replace(with_run(State.RUNNING), closed_message="Closed.")) == ()


# The status line


def test_before_a_run_it_says_whether_the_network_is_ready() -> None:
    assert "network" in status(NEW).text
    assert status(replace(NEW, is_ready=True)).text.startswith("Ready. Press Start")
    early = replace(with_run(State.PREPARING, message="Preparing."), is_ready=False)
    assert "painting starts by itself" in status(early).text
    assert status(replace(early, is_ready=True)).text == "Preparing."


@pytest.mark.parametrize("state", sorted(SHOWN_STATES - {State.IDLE, State.RUNNING}))
def test_a_run_says_what_its_message_says(state: State) -> None:
    said = status(with_run(state, message="At work."))
    assert said == Notice("At work.", is_error=state is State.FAILED)


def test_a_running_run_says_what_can_be_done_or_why_it_began() -> None:
    plain = with_run(State.RUNNING)
    assert status(plain).text == "Painting. Weights take effect at the next step."
    again = with_run(State.RUNNING, reason="size 256 → 128")
    assert status(again).text == "Restarted: size 256 → 128. The run before is kept below."


def test_a_run_of_a_grid_says_where_it_is_and_how_many_follow() -> None:
    place = GridPlace(1, "style weight 30", "seed 1")
    state = with_run(State.RUNNING, place=place)
    assert status(state).text == "Painting style weight 30, seed 1."
    follow = (new_run(State.WAITING, place=place),) * 3
    assert status(replace(state, queue=follow)).text.endswith(" 3 more to follow.")


def test_a_run_that_stopped_by_itself_says_why() -> None:
    message, reason = "Stopped at step 2 of 10.", "The studio was no longer on any page."
    assert status(with_run(State.STOPPED, message=message, reason=reason)).text == (
        f"{message} {reason}"
    )


def test_what_is_more_urgent_comes_first() -> None:
    state = with_run(State.STOPPING, message="Stopping.")
    assert status(state).text == "Stopping."
    state = replace(state, queue=(new_run(State.WAITING, reason="size 256 → 128"),))
    assert status(state).text == "This restarts the run: size 256 → 128."
    state = replace(state, alert=Notice("Nothing to paint.", is_error=True))
    assert status(state) == Notice("Nothing to paint.", is_error=True)
    state = replace(state, closed_message="Closed.")
    assert status(state) == Notice("Closed.")


# The numbers beside the bar


def arrived(state: State = State.RUNNING, **details: Any) -> Run:
    """A run at the third step of the second size, of 17 steps in all."""
    step = Step(PICTURE, 1.0, {}, 3, 4, 1.0, PICTURE, "lbfgs", {})
    history = (Record(1, 64, 128, 3, 4, 1.0, {}, 1.0),)
    progress = Progress(SETTINGS.stages(100, 200), 1, step, step, history)
    return new_run(state, progress=progress, steps_total=17, **details)


def test_before_the_first_picture_no_numbers_are_shown() -> None:
    assert progress_text(new_run(State.PREPARING, steps_total=17)) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "1 s"), (0.4, "1 s"), (18.2, "18 s"), (59.4, "59 s"), (59.6, "1 min 00 s"),
        (65.0, "1 min 05 s"), (3661.0, "61 min 01 s"),
    ],
)  # fmt: skip
def test_the_numbers_are_position_size_speed_and_time_left(seconds: float, words: str) -> None:
    run = arrived(speed=4.123, seconds_left=seconds)
    assert progress_text(run) == f"step 13 of 17 · 128 × 64 px · 4.1 steps/s · {words} left"


def test_speed_and_time_left_are_shown_only_while_they_are_known_and_count() -> None:
    where = "step 13 of 17 · 128 × 64 px"
    assert progress_text(arrived()) == where
    for state in (State.STOPPING, State.FINISHED, State.STOPPED, State.FAILED):
        assert progress_text(arrived(state, speed=4.0, seconds_left=2.0)) == where
    paused = arrived(State.PAUSED, speed=4.0, seconds_left=2.0)
    assert progress_text(paused) == f"{where} · 4.0 steps/s · 2 s left"
