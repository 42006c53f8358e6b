"""A real JupyterLab, or Notebook 7, and a headless Chromium, for tests of what readers see and touch.

A `Lab` is a JupyterLab server with folders of its own, so that nothing of the person who runs the
tests is read or changed. A `Window` is JupyterLab in the browser, and keeps whatever the page
complains of. A `Notebook` is open in a window, one at a time: its cells are run, and its kernel is
asked for values.
"""

from __future__ import annotations

import ast
import copy
import itertools
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import nbformat
import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Locator,
        Page,
        Playwright,
        ViewportSize,
    )

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""What Chromium is called on one system or another."""

SECONDS_TO_START = 180
SECONDS_TO_RUN = 300
SECONDS_TO_ANSWER = 60
"""How long a server, a cell, or the page may take on a busy machine before a test gives up."""

WINDOW: ViewportSize = {"width": 1280, "height": 900}
"""The browser's window."""

SETTINGS = {
    # Neither question nor message may lie over the notebook.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

WIDGETS_SHOWN = """() => ![...document.querySelectorAll(".jp-OutputArea-output")].some(
  (output) => output.textContent.startsWith("Loading widget"),
)"""
"""Whether each output is a widget, or an error, and no longer waits for one."""

EXPLAINED: tuple[tuple[str, str], ...] = (
    (
        r"(?s)reading 'schema'.*/static/notebook/notebook_core",
        "Notebook 7 asks for a plugin's shortcuts before it has its settings, with any notebook.",
    ),
)
"""Complaints of the page that are not ours: a pattern, and why it is let pass."""


ERRORS = """(index) => {
  const outputs = window.stylelabNotebook.content.widgets[index].model.outputs.toJSON();
  return outputs.filter(({ output_type }) => output_type === "error");
}"""
"""The errors of a cell, drawn or not."""


def find_chromium(playwright: Playwright) -> Path | None:
    """Find a Chromium on the search path, or the one that Playwright brought."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


def launch(playwright: Playwright, chromium: Path) -> Browser:
    """Start Chromium without a window, and without the messages it would send on its own."""
    arguments = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-gpu",
        "--disable-quic",
        "--disable-sync",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses to run as root with it
    return playwright.chromium.launch(executable_path=chromium, args=arguments)


def new_context(browser: Browser) -> BrowserContext:
    """What a reader's browser keeps: pages of one context share what they have loaded."""
    context = browser.new_context(viewport=WINDOW)
    context.set_default_timeout(SECONDS_TO_ANSWER * 1000)
    return context


class Lab:
    """A JupyterLab server on a free port.

    Args:
        folder: an empty folder for all that the server reads and writes.
        settings: of JupyterLab, by the name of the plugin, beside those that every test needs.
        packages: a folder of packages that the kernels import before all others.
        program: "jupyterlab", or "notebook", which shows one notebook on a page.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        packages: Path | None = None,
        program: str = "jupyterlab",
    ) -> None:
        self.program = program
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir()
        self._token = secrets.token_hex(16)
        self._runtime = folder / "runtime"
        self._log = folder / "log.txt"
        self._workspaces = itertools.count(1)
        _write_settings(folder / "settings", {**SETTINGS, **(settings or {})})
        self._kernel = "python3"
        if packages is not None:
            self._kernel = "python3-with-packages"  # the name python3 is taken, always
            _write_kernel(folder / "data" / "kernels" / self._kernel, packages)
        own = {
            "JUPYTER_CONFIG_DIR": folder / "config",
            "JUPYTER_DATA_DIR": folder / "data",
            "JUPYTER_RUNTIME_DIR": self._runtime,
            "JUPYTERLAB_SETTINGS_DIR": folder / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces",
            "IPYTHONDIR": folder / "ipython",
        }
        command = [
            *(sys.executable, "-m", program, "--no-browser", "--allow-root"),
            "--expose-app-in-browser",
            "--ServerApp.port=0",  # any that is free
            f"--ServerApp.root_dir={self.notebooks}",
            f"--IdentityProvider.token={self._token}",
        ]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **{name: str(path) for name, path in own.items()}},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._url = self._wait_for_url()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait_for_url(self) -> str:
        until = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            for path in self._runtime.glob("jpserver-*.json"):
                try:
                    url: str = json.loads(path.read_text("utf-8"))["url"]
                    with urllib.request.urlopen(f"{url}api?token={self._token}", timeout=5):  # noqa: S310 - our own server
                        return url
                except (OSError, ValueError):
                    continue  # half written, or not listening yet
            time.sleep(0.05)  # between two looks; nothing notifies us
        raise RuntimeError(f"JupyterLab did not start:\n{self._log.read_text('utf-8')[-4000:]}")

    def new_address(self) -> str:
        """Where the program is found; JupyterLab in another, empty workspace each time.

        A second window without a name is given the first one's workspace if that does not answer within
        a moment, and opens its notebooks as they were saved then, with widgets long closed.
        """
        program = (
            "tree" if self.program == "notebook" else f"lab/workspaces/w{next(self._workspaces)}"
        )
        return f"{self._url}{program}?token={self._token}"

    def address_of(self, path: str) -> str:
        """Where Notebook 7 shows a notebook."""
        return f"{self._url}notebooks/{path}?token={self._token}"

    def write(self, cells: Sequence[str]) -> str:
        """Make a notebook of these code cells; give its name."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": self._kernel, "display_name": "Python 3"}},
        )
        name = f"notebook{len(list(self.notebooks.glob('*.ipynb'))) + 1}.ipynb"
        (self.notebooks / name).write_text(nbformat.writes(notebook), "utf-8")
        return name

    def close(self) -> None:
        """End the server and its kernels."""
        try:
            family = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for process in psutil.wait_procs(family, timeout=5)[1]:
            process.kill()


def _write_settings(folder: Path, settings: Mapping[str, Mapping[str, Any]]) -> None:
    for plugin, values in settings.items():
        path = folder / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), "utf-8")


def _write_kernel(folder: Path, packages: Path) -> None:
    folder.mkdir(parents=True)
    paths = (str(packages), os.environ.get("PYTHONPATH"))
    description = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "env": {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
    }
    (folder / "kernel.json").write_text(json.dumps(description), "utf-8")


class Window:
    """JupyterLab or Notebook 7, open in the browser.

    Attributes:
        lab: its server.
        page: the browser's page.
        complaints: errors in the console and on the page that nobody has explained.
    """

    def __init__(self, lab: Lab, context: BrowserContext) -> None:
        self.lab = lab
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._note(f"page error: {error.stack or error}"))
        self.go_to(lab.new_address())

    def go_to(self, address: str) -> None:
        """Load another page of the program."""
        self.page.goto(address)
        self._wait_until_loaded()

    def reload(self) -> None:
        """Load the page again."""
        self.page.reload()
        self._wait_until_loaded()

    def _wait_until_loaded(self) -> None:
        self.page.wait_for_function(
            "() => window.jupyterapp?.restored.then(() => true)", timeout=SECONDS_TO_START * 1000
        )

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"console: {message.text} ({message.location.get('url', '')})")

    def _note(self, complaint: str) -> None:
        if not any(re.search(pattern, complaint) for pattern, _ in EXPLAINED):
            self.complaints.append(complaint)


class Notebook:
    """A notebook in a window, made of code cells.

    Attributes:
        folder: where its kernel runs.
        page: the browser's page.
    """

    def __init__(self, window: Window, cells: Sequence[str]) -> None:
        self.page = window.page
        self.folder = window.lab.notebooks
        self._window = window
        self._open(window.lab.write(cells))

    def _open(self, path: str) -> None:
        if self._window.lab.program == "notebook":
            self._window.go_to(self._window.lab.address_of(path))
            self.page.wait_for_function("() => window.jupyterapp.shell.currentWidget?.context")
        self.page.evaluate(
            """async (path) => {
              const { commands, shell } = window.jupyterapp;
              window.stylelabNotebook = shell.currentWidget?.context?.path === path
                ? shell.currentWidget : await commands.execute("docmanager:open", { path });
              window.stylelabRuns = {};
            }""",
            path,
        )
        self._wait_for_kernel()

    def _save(self) -> str:
        path: str = self.page.evaluate(
            """async () => {
              const { context } = window.stylelabNotebook;
              await context.save();
              return context.path;
            }"""
        )
        return path

    def reload(self) -> None:
        """Save the notebook and load its page again; its kernel goes on."""
        path = self._save()
        complaints = list(self._window.complaints)
        self._window.reload()
        self._open(path)
        self.page.wait_for_function(WIDGETS_SHOWN)
        # A page that looks for a widget just before the kernel has named it never finds it, seldom and
        # on a busy machine (ipywidgets' issue 4026): as a reader would, it is loaded once more.
        if self.page.get_by_text("Error displaying widget: model not found").count():
            self._window.complaints[:] = complaints
            self._window.reload()
            self._open(path)

    def in_tab(self, window: Window) -> Self:
        """Save the notebook and open it in another tab, too."""
        path = self._save()
        other = copy.copy(self)
        other.page, other._window = window.page, window
        other._open(path)
        return other

    def _wait_for_kernel(self) -> None:
        self.page.wait_for_function(
            "() => window.stylelabNotebook.sessionContext.session?.kernel?.status === 'idle'",
            timeout=SECONDS_TO_START * 1000,
        )

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Locator:
        return self.cell(index).locator(".jp-Cell-outputArea")

    def start(self, index: int) -> None:
        """Run a cell, and do not wait for it."""
        self.page.evaluate(
            """(index) => {
              const runs = window.stylelabRuns;
              window.stylelabNotebook.content.activeCellIndex = index;
              runs[index] = "running";
              window.jupyterapp.commands.execute("notebook:run-cell").then(
                (succeeded) => { runs[index] = succeeded ? "done" : "failed"; },
                (error) => { runs[index] = `failed: ${error}`; },
              );
            }""",
            index,
        )

    def wait(self, index: int, seconds: float = SECONDS_TO_RUN) -> None:
        """Wait until a cell that was started has been run, without an error."""
        self.page.wait_for_function(
            "(index) => window.stylelabRuns[index] !== 'running'",
            arg=index,
            timeout=seconds * 1000,
        )
        outcome = self.page.evaluate("(index) => window.stylelabRuns[index]", index)
        # The kernel's reply says whether a cell has failed; the page may draw its error later.
        assert outcome == "done", self.page.evaluate(ERRORS, index)

    def run(self, index: int, seconds: float = SECONDS_TO_RUN) -> Locator:
        """Run a cell to its end; give its output."""
        self.start(index)
        self.wait(index, seconds)
        return self.output(index)

    def ask(self, expression: str, before: str = "", seconds: float = 2 * SECONDS_TO_ANSWER) -> Any:
        """Give the value of an expression in the kernel (a Python literal).

        Statements `before` are run first, as cells are: after those that wait.
        """
        reply = self.page.evaluate(
            """async ([expression, before, seconds]) => {
              const kernel = window.stylelabNotebook.sessionContext.session.kernel;
              const request = kernel.requestExecute({
                code: before, store_history: false, user_expressions: { answer: expression },
              });
              const limit = new Promise((_, reject) => setTimeout(
                () => reject(new Error(`no answer within ${seconds} s: ${expression}`)),
                1000 * seconds,
              ));
              return (await Promise.race([request.done, limit])).content;
            }""",
            [expression, before, seconds],
        )
        answer = reply.get("user_expressions", {}).get("answer", reply)
        assert answer["status"] == "ok", answer
        return ast.literal_eval(answer["data"]["text/plain"])

    def expect_answer(self, expression: str, wanted: object) -> None:
        """Ask until an expression has a value.

        The page shows at once what it sends; another thread of the kernel may take it up only after
        the first question.
        """
        until = time.monotonic() + SECONDS_TO_ANSWER
        while (found := self.ask(expression)) != wanted and time.monotonic() < until:
            pass
        assert found == wanted

    def restart_kernel(self) -> None:
        """Restart the kernel, as the menu does, without its question."""
        self.page.evaluate("() => window.stylelabNotebook.sessionContext.restartKernel()")
        self._wait_for_kernel()

    def command(self, name: str, arguments: Mapping[str, Any] | None = None) -> None:
        """Do what one of JupyterLab's menu entries does."""
        self.page.evaluate(
            "([name, arguments_]) => window.jupyterapp.commands.execute(name, arguments_)"
            ".then(() => null)",
            [name, dict(arguments or {})],
        )

    def theme(self, name: str) -> None:
        """Change to "JupyterLab Light" or "JupyterLab Dark"."""
        self.command("apputils:change-theme", {"theme": name})
        self.page.wait_for_function(
            "(name) => document.body.dataset.jpThemeName === name", arg=name
        )
        # JupyterLab covers a change of theme by its splash screen. A second change while that
        # fades makes it take the screen away twice, of which the page complains.
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def close(self) -> None:
        """End the kernel and close the notebook, without keeping it."""
        self.page.evaluate(
            """async () => {
              const notebook = window.stylelabNotebook;
              await notebook.sessionContext.shutdown();
              notebook.context.model.dirty = false;
              notebook.dispose();
            }"""
        )
