"""Fixtures of the browser tests (in `desk`, since mypy takes one conftest.py only)."""

from collections.abc import Iterator

import pytest
from desk import Desk, browser, desk

__all__ = ["browser", "desk"]


@pytest.fixture(autouse=True)
def _the_page_complains_of_nothing(desk: Desk) -> Iterator[None]:
    yield
    assert desk.complaints() == []
