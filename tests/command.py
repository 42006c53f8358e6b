"""The command as tests run it: see the fixture `run`."""

from collections.abc import Callable
from typing import TypeAlias

RunCommand: TypeAlias = Callable[..., tuple[int, str, str]]
