"""Pictures that are saved on the way of a run, numbered by its steps: OUT-0010.png."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from stylelab._wording import in_options
from stylelab.errors import OutputError
from stylelab.masks import resize_mask
from stylelab.saving import expect_apart, save_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from stylelab.checkpoint import Progress
    from stylelab.masks import Mask
    from stylelab.rights.writing import Statement


def on_the_way(output: Path, number: int) -> Path:
    """Name the picture after a number of steps: OUT-0010.png."""
    return output.with_name(f"{output.stem}-{number:04}{output.suffix}")


def expect_none_on_the_way(output: Path, kept: Iterable[Path]) -> None:
    """Make sure that no file has a name of those that are written on the way.

    Raises:
        OutputError: one has.
    """
    for path in kept:
        if number := re.search(r"-(\d{4,})$", path.resolve().stem):
            picture = on_the_way(output, int(number[1]))
            expect_apart({"the picture on the way": picture}, {f"the input {path}": path})


def save_on_the_way(
    output: Path, every: int, about: Mapping[str, object], statement: Statement, alpha: Mask | None
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
        picture = on_the_way(output, taken)
        try:
            image = progress.image
            save_image(
                picture,
                image,
                settings={**about, "steps_taken": taken},
                rights=statement,
                alpha=None if alpha is None else resize_mask(alpha, *image.shape[:2]),
            )
        except OutputError as error:
            if not failed:
                click.echo(f"Not saved on the way: {in_options(str(error))}", err=True)
            failed = True

    return save
