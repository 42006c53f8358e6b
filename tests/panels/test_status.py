import pytest

from stylelab.panels.studio.run_state import State
from stylelab.panels.studio.status import ENABLED

ACTIONS = {"start", "pause", "resume", "stop", "reset", "close"}
SHOWN_STATES = set(State) - {State.WAITING}  # which only runs have that follow another


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
