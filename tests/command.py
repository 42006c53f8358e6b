"""The command as tests run it: see the fixture `run`."""

from collections.abc import Callable
from typing import TypeAlias

RunCommand: TypeAlias = Callable[..., tuple[int, str, str]]


def assert_one_sentence(answer: tuple[int, str, str], *words: str) -> None:
    """The command refused its input: one sentence that contains the words, and status 2."""
    status, out, err = answer
    assert status == 2
    assert out == ""
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for word in words:
        assert word in err
