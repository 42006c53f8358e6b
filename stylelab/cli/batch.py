"""Run `stylelab batch`: plan many pictures, paint them, and print what became of them.

Heavy modules are imported inside the functions that use them, as in `stylelab.cli.main`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stylelab.cli.console import BAD_INPUT, ExpandedPath
from stylelab.cli.setting_options import BatchCommand
from stylelab.cli.transfer import announce_download
from stylelab.cli.wording import cli_option, to_cli_wording
from stylelab.errors import SettingsError, StylelabError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.batches.batch_plan import BatchPlan


@click.command(cls=BatchCommand)
@click.argument(
    "photos", metavar="PHOTO|FOLDER|PLAN...", nargs=-1, required=True, type=ExpandedPath()
)
@click.option(
    "-o",
    "--output",
    type=ExpandedPath(),
    metavar="FOLDER",
    help="Where to save them: a folder for each picture, named after what goes in.",
)
@click.option(
    "--painting",
    "paintings",
    multiple=True,
    type=ExpandedPath(),
    metavar="PAINTING",
    help="A painting; each is a style of its own.",
)
@click.option("--creator", metavar="NAME", help="Your name, for the pictures' metadata.")
@click.option("--licence", metavar="NAME", help="Licence of the pictures, for their metadata.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes on this machine; as many as cores and memory allow without it.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Of a Dask scheduler, such as tcp://host:8786, whose workers paint.",
)
@click.option("--retry-failed", is_flag=True, help="Try again what has failed before.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def batch(photos: tuple[str, ...], output: str | None, **options: Any) -> int:
    """Paint every PHOTO in the style of every painting, with every combination of settings.

    Each PHOTO is a file, a folder, a pattern in quotes, a table (CSV with a column "photo") or the name
    of a sample. Each setting may have several values:

    stylelab batch photos/ --painting night.jpg --painting glass.jpg --style-weight 3 10 30 -o results

    Or all of it stands in a plan: stylelab batch plan.toml. The same command again goes on where the
    last one was ended, by Ctrl-C, SIGTERM or a power cut; what is done is not painted again.
    """
    return run_batch_command(photos, output, **options)


def run_batch_command(
    photos: Sequence[str],
    output: str | None,
    *,
    paintings: Sequence[str],
    creator: str | None,
    licence: str | None,
    workers: int | None,
    scheduler: str | None,
    retry_failed: bool,
    dry_run: bool,
    quiet: bool,
    **settings: Sequence[Any],
) -> int:
    """Plan the batch, paint it, and print what became of it; return the exit status."""
    from stylelab.batches.run_batch import run_batch

    given: dict[str, Any] = {name: list(values) for name, values in settings.items() if values}
    stated = {"creator": creator, "licence": licence}
    given |= {name: text for name, text in stated.items() if text is not None}
    try:
        plan = _make_plan(photos, output, paintings, given)
    except StylelabError as error:  # it may have many lines, each a sentence with its own wording
        is_plan = photos[0].endswith(".toml")
        lines = [one if is_plan else to_cli_wording(one) for one in str(error).splitlines()]
        click.echo("\n".join(f"Error: {line}" for line in lines), err=True)
        return BAD_INPUT
    if not dry_run and scheduler is None and any(job.weights == "learned" for job in plan.jobs):
        announce_download()
    result = run_batch(
        plan,
        workers=workers,
        scheduler=scheduler,
        retry_failed=retry_failed,
        dry_run=dry_run,
        progress=not quiet,
    )
    if dry_run:
        return BAD_INPUT if result.faults else 0
    click.echo(result.describe(to_cli_wording))
    click.echo(f"Look at them: {result.save_overview().resolve()}")
    if result.signal is not None:
        return 128 + result.signal
    return BAD_INPUT if result.failed or result.faults else 0


def _make_plan(
    photos: Sequence[str],
    output: str | None,
    paintings: Sequence[str],
    settings: Mapping[str, Any],
) -> BatchPlan:
    """Plan of a file, or of the arguments.

    Raises:
        StylelabError: see `plan_batch` and `read_plan`.
    """
    from stylelab.batches.batch_plan import plan_batch
    from stylelab.batches.plan_file import read_plan

    if any(photo.endswith(".toml") for photo in photos):
        others = [*photos[1:], *("--painting" for _ in paintings[:1]), *map(cli_option, settings)]
        if others:
            raise SettingsError(
                "Expected a plan's file without further photos, paintings and settings, which are in "
                f"it. Received: {', '.join(others)} besides."
            )
        return read_plan(photos[0], output=output)
    for name, value in {"--painting": paintings, "--output": output}.items():
        if not value:
            raise SettingsError(
                f"Expected the option {name}. Received: none. See: stylelab batch --help"
            )
    return plan_batch(list(photos), list(paintings), output=Path(output or ""), **settings)
