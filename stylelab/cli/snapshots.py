"""Pictures that are saved on the way of a run, numbered by its steps: OUT-0010.png."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from stylelab.cli.wording import to_cli_wording
from stylelab.errors import OutputError
from stylelab.pictures.masks import resize_mask
from stylelab.pictures.saving import save_image, validate_distinct_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.progress import Progress
    from stylelab.rights.writing import RightsStatement


def snapshot_path(output: Path, number: int) -> Path:
    """Name the picture after a number of steps: OUT-0010.png."""
    return output.with_name(f"{output.stem}-{number:04}{output.suffix}")


def validate_snapshot_paths(output: Path, kept: Iterable[Path]) -> None:
    """Make sure that no file has a name of those that are written on the way.

    Raises:
        OutputError: one has.
    """
    for path in kept:
        if number := re.search(r"-(\d{4,})$", path.resolve().stem):
            path_of_snapshot = snapshot_path(output, int(number[1]))
            validate_distinct_paths(
                {"the picture on the way": path_of_snapshot}, {f"the input {path}": path}
            )


def make_snapshot_callback(
    output: Path,
    every: int,
    metadata: Mapping[str, object],
    statement: RightsStatement,
    alpha: Mask | None,
) -> Callable[[Progress], None]:
    """Make a callback that saves the best picture so far after every so many steps.

    Where that fails, it is said once, and the run goes on.
    """
    failed = False
    if output.suffix.lower() in (".jpg", ".jpeg"):  # has none; said once, when OUT itself is saved
        alpha = None

    def save(progress: Progress) -> None:
        nonlocal failed
        taken = sum(record.iteration > 0 for record in progress.history)
        if taken % every or not progress.step.iteration:
            return
        path_of_snapshot = snapshot_path(output, taken)
        try:
            image = progress.image
            save_image(
                path_of_snapshot,
                image,
                settings={**metadata, "steps_taken": taken},
                rights=statement,
                alpha=None if alpha is None else resize_mask(alpha, *image.shape[:2]),
            )
        except OutputError as error:
            if not failed:
                click.echo(f"Not saved on the way: {to_cli_wording(str(error))}", err=True)
            failed = True

    return save
