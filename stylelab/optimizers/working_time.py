"""The seconds that a run has worked, without the time between its steps."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class WorkingTime:
    """What a run that yields steps adds its own time to, and not that of whoever takes them.

    Attributes:
        seconds: so far.
    """

    seconds = 0.0

    @contextmanager
    def timer(self) -> Iterator[None]:
        """Add the time that the block takes to `seconds`."""
        before = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - before
