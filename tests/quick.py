"""What `pytest --quick` leaves out: notebooks, the browser, and what needs the network."""

import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from stylelab.errors import WeightsError
from stylelab.network.vgg19 import LEARNED, VGG19

SLOW_FOLDERS = {"browser", "notebooks"}
SLOW_MARKS = {"network", "notebook"}
TRAINED_WEIGHTS = "quantised"
"""The fixture that gives the file of the trained weights."""
NETWORK_ROOMS = {"network", "losses", "painting"}
"""Subpackages with tests that may use random weights: on small pictures, for single values."""


class Quick:
    """Skips a test where it makes a VGG19, so that no list of such tests needs to be kept."""

    def __init__(self) -> None:
        self._patch = pytest.MonkeyPatch()
        self._room = ""
        self._asked = False

    def pytest_configure(self) -> None:
        make_network = VGG19.__init__

        def make_or_skip(network: VGG19, *layers: str, **options: Any) -> None:
            learned = isinstance(options.get("weights", LEARNED), str)
            if learned or self._room not in NETWORK_ROOMS:
                self._skip()
            make_network(network, *layers, **options)

        self._patch.setattr(VGG19, "__init__", make_or_skip)

    def _skip(self) -> None:
        self._asked = True
        if threading.current_thread() is threading.main_thread():
            pytest.skip("needs the network")
        raise WeightsError("Expected no network in quick tests.")  # ends the work of the thread

    def pytest_unconfigure(self) -> None:
        self._patch.undo()

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        return True if collection_path.name in SLOW_FOLDERS else None

    def pytest_collection_finish(self) -> None:
        if "tensorflow" in sys.modules:
            raise pytest.UsageError(
                "Expected test files that import TensorFlow in their tests only."
            )

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._room = item.path.relative_to(Path(__file__).parent).parts[0]
        self._asked = False
        if TRAINED_WEIGHTS in getattr(item, "fixturenames", ()):
            pytest.skip("needs the trained weights")
        for mark in item.iter_markers():
            if mark.name in SLOW_MARKS:
                pytest.skip(f"needs a {mark.name}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A test with a thread that requested the network has failed for that reason."""
        report = yield
        if report.failed and self._asked:
            file, line, _ = item.location
            report.outcome = "skipped"
            report.longrepr = (file, line or 0, "Skipped: needs the network")
        return report
