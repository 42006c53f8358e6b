"""Commands about the course: `stylelab lab` and `stylelab classroom`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from stylelab.cli.console import ExpandedPath
from stylelab.errors import OutputError, SettingsError
from stylelab.pipeline.signals import Terminated

FIRST_NOTEBOOK = "00_first_picture.ipynb"


@click.command()
@click.argument("folder", type=ExpandedPath(path_type=Path))
@click.argument("notebooks", nargs=-1, type=ExpandedPath())
@click.option("--without-running", is_flag=True, help="Leave the instructor copies unexecuted.")
@click.option("--nbgrader", is_flag=True, help="Make student copies that nbgrader can grade.")
def classroom(
    folder: Path, notebooks: tuple[str, ...], *, without_running: bool, nbgrader: bool
) -> None:
    """Make student and instructor copies of the course in FOLDER.

    FOLDER/student contains the notebooks with stubs to fill in and without outputs, FOLDER/instructor
    the same notebooks with solutions, executed. NOTEBOOKS are numbers, such as 05, or files; without
    them the whole course is copied.
    """
    from stylelab.course.classroom import make_copies

    paths = [_find_notebook(name) for name in notebooks] or _course_notebooks()
    for written in make_copies(paths, folder, run=not without_running, nbgrader=nbgrader):
        click.echo(f"Written: {written}")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("folder", default="stylelab-course", type=ExpandedPath(path_type=Path))
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
def lab(folder: Path, jupyter_options: tuple[str, ...]) -> int:
    """Copy the course into FOLDER and open it in JupyterLab.

    Notebooks that are already in FOLDER are not replaced. JUPYTER_OPTIONS are passed to JupyterLab.
    """
    if count := copy_course(folder):
        click.echo(f"Copied {count} notebooks into {folder.resolve()}")
    # A URL opens the notebook also for those who follow the link that JupyterLab prints.
    options = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Usual in containers; whoever runs this command as root runs our code as root anyway.
        options.append("--allow-root")
    command = [sys.executable, "-m", "jupyterlab", *options, *jupyter_options]
    with subprocess.Popen(command) as process:  # noqa: S603 - the reader's own options
        while True:
            try:
                return process.wait()
            except Terminated as error:  # sent to this process alone
                process.send_signal(error.signal)
            except KeyboardInterrupt:  # JupyterLab receives it, too, and asks for confirmation
                continue


def copy_course(folder: Path) -> int:
    """Copy the notebooks that are not in `folder` yet; return how many, or raise an `OutputError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        missing = [path for path in _course_notebooks() if not (folder / path.name).exists()]
        for path in missing:
            shutil.copyfile(path, folder / path.name)
    except OSError as error:
        raise OutputError(
            f"Expected a folder for the course. Received: {folder} ({error.strerror}). "
            "Name another: stylelab lab FOLDER"
        ) from error
    return len(missing)


def course_folder() -> Path:
    """Folder of the notebooks: in an installed package inside it, in a checkout next to it."""
    package = Path(__file__).parents[1]
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"


def _course_notebooks() -> list[Path]:
    return sorted(course_folder().glob("*.ipynb"))


def _find_notebook(name: str) -> Path:
    """Path of a notebook, given by its path or its number in the course."""
    if Path(name).suffix == ".ipynb":
        return Path(name)
    for path in _course_notebooks():
        if path.name.startswith(f"{name}_"):
            return path
    numbers = ", ".join(path.name[:2] for path in _course_notebooks())
    raise SettingsError(f"Expected a notebook: {numbers}, or a file. Received: {name}.")
