"""Snapshots: pictures saved during a run, numbered by its steps (OUT-0010.png)."""

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
    """Path of the snapshot after a number of steps: OUT-0010.png."""
    return output.with_name(f"{output.stem}-{number:04}{output.suffix}")


def validate_snapshot_paths(output: Path, inputs: Iterable[Path]) -> None:
    """Raise an `OutputError` if a snapshot would overwrite an input."""
    for path in inputs:
        if number := re.search(r"-(\d{4,})$", path.resolve().stem):
            snapshot = snapshot_path(output, int(number[1]))
            validate_distinct_paths({"the snapshot": snapshot}, {f"the input {path}": path})


def make_snapshot_callback(
    output: Path,
    every: int,
    metadata: Mapping[str, object],
    statement: RightsStatement,
    alpha: Mask | None,
) -> Callable[[Progress], None]:
    """Callback that saves the best picture so far after every `every` steps.

    If that fails, it prints one message, and the run goes on.
    """
    failed = False
    if output.suffix.lower() in (".jpg", ".jpeg"):  # a note is printed when OUT itself is saved
        alpha = None

    def save(progress: Progress) -> None:
        nonlocal failed
        steps = sum(record.iteration > 0 for record in progress.history)
        if steps % every or not progress.step.iteration:
            return
        try:
            image = progress.image
            save_image(
                snapshot_path(output, steps),
                image,
                settings={**metadata, "steps_taken": steps},
                rights=statement,
                alpha=None if alpha is None else resize_mask(alpha, *image.shape[:2]),
            )
        except OutputError as error:
            if not failed:
                click.echo(f"Snapshot not saved: {to_cli_wording(str(error))}", err=True)
            failed = True

    return save
