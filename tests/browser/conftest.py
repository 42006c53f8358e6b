"""Fixtures of the browser tests (in `shared_lab`, since mypy takes one conftest.py only)."""

from collections.abc import Iterator

import pytest
from shared_lab import SharedLab, browser, shared_lab

__all__ = ["browser", "shared_lab"]


@pytest.fixture(autouse=True)
def _the_page_complains_of_nothing(shared_lab: SharedLab) -> Iterator[None]:
    yield
    assert shared_lab.complaints() == []
