"""Fixtures of the browser tests (in `shared_lab`, since mypy takes one conftest.py only)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from shared_lab import SharedLab, browser, shared_lab

__all__ = ["browser", "shared_lab"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try once more what fails here; the summary names it (RERUN), for it is to be looked into.

    Browser, server and kernel are three programs that share a busy machine with other tests.
    """
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session", autouse=True)
def _tensorflow_starts_once() -> None:
    """Leave TensorFlow alone: here it is the kernels that need it."""


@pytest.fixture(autouse=True)
def _the_page_complains_of_nothing(shared_lab: SharedLab) -> Iterator[None]:
    yield
    assert shared_lab.complaints() == []
