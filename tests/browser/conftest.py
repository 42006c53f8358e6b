"""Fixtures of the browser tests (in `desk`, since mypy takes one conftest.py only), and their order.

They run after all other tests: while Playwright is there, its event loop holds this thread.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk, browser, desk

__all__ = ["browser", "desk"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: Path(__file__).parent in item.path.parents)


@pytest.fixture(scope="session", autouse=True)
def _tensorflow_starts_once() -> None:
    """Leave TensorFlow alone: here it is the kernels that need it."""


@pytest.fixture(autouse=True)
def _the_page_complains_of_nothing(desk: Desk) -> Iterator[None]:
    yield
    assert desk.complaints() == []
