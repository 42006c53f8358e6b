"""What the browser tests share: one Chromium, and a JupyterLab for each way of answering widgets."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from jupyterlab_session import (
    SECONDS_TO_ANSWER,
    Lab,
    Notebook,
    Window,
    find_chromium,
    launch,
    new_context,
)
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

expect.set_options(timeout=SECONDS_TO_ANSWER * 1000)

SETUPS = ("as installed", "no subshells", "ipykernel 6")
"""Ways in which a kernel answers widgets.

ipykernel 7.4 answers from where the widget last spoke, which is the main thread for one made in a
cell. JupyterLab's setting may forbid subshells; ipykernel 6 has none.
"""

NOTEBOOK_7 = "Notebook 7"
"""Another program, which shows one notebook on a page; its kernels are those installed."""

BOTH_WAYS = SETUPS[:2]
"""One setup that answers while a cell runs, and one that does not."""

OLDER = {"ipykernel 6": ("ipykernel>=6.29,<7", "nest-asyncio")}
"""What a setup installs beside the environment, in a folder of its own."""

INSTALLED = importlib.metadata.version("ipykernel")

SETTINGS = {
    "no subshells": {"apputils-extension/kernels-settings": {"commsOverSubshells": "disabled"}},
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = find_chromium(playwright)
        if chromium is None:
            pytest.skip(
                "No Chromium was found, so the panels were not tried in a browser. "
                "Install one: apt install chromium, or playwright install chromium."
            )
        browser = launch(playwright, chromium)
        yield browser
        browser.close()


class SharedLab:
    """The servers started, each with its window; all are closed when the session ends."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._context = new_context(browser)
        self._folder = folder
        self._windows: dict[str, Window] = {}

    def open(self, cells: Sequence[str], setup: str = SETUPS[0]) -> Notebook:
        """Open a notebook of these cells; close it before the next one."""
        return Notebook(self._window(setup), cells)

    def open_tab(self, setup: str = SETUPS[0]) -> Window:
        """Open JupyterLab in one more tab; close its page in the end."""
        return Window(self._window(setup).lab, self._context)

    def complaints(self) -> list[str]:
        """What the pages have complained of since this was asked last."""
        heard = [each for window in self._windows.values() for each in window.complaints]
        for window in self._windows.values():
            window.complaints.clear()
        return heard

    def _window(self, setup: str) -> Window:
        if setup not in self._windows:
            folder = self._folder / setup.replace(" ", "_")
            folder.mkdir(exist_ok=True)
            packages = None
            if setup in OLDER:
                packages = folder / "packages"
                _install(OLDER[setup], packages)
            program = "notebook" if setup == NOTEBOOK_7 else "jupyterlab"
            lab = Lab(folder, SETTINGS.get(setup), packages, program)
            try:
                self._windows[setup] = Window(lab, self._context)
            except BaseException:
                lab.close()
                raise
        return self._windows[setup]

    def close(self) -> None:
        """Close the windows and end the servers."""
        self._context.close()
        for window in self._windows.values():
            window.lab.close()


def _install(packages: Sequence[str], folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--target", str(folder), *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{packages[0]} could not be installed: {done.stderr.strip()[-300:]}")


@pytest.fixture(scope="session")
def shared_lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedLab]:
    shared_lab = SharedLab(browser, tmp_path_factory.mktemp("jupyter"))
    yield shared_lab
    shared_lab.close()
