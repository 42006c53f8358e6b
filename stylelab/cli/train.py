"""Run `stylelab train`: validate, train a painting network, save it, and print where it is.

Heavy modules are imported inside the functions that use them, as in `stylelab.cli.main`.
"""

from __future__ import annotations

import time
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stylelab.cli.console import ExpandedPath, exit_status
from stylelab.cli.setting_options import LayersType
from stylelab.cli.transfer import announce_download, join_words
from stylelab.cli.wording import cli_option, to_cli_wording
from stylelab.errors import DivergedError
from stylelab.pictures.paths import path_exists
from stylelab.pipeline.streams import progress_bar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stylelab.painting.training import TrainingStep

DEFAULT_MINUTES = 5.0
SECONDS_BETWEEN_CHECKPOINTS = 30.0

_HELP = {
    "size": "Side of the crops of photos, in pixels.",
    "batch": "Crops in a step.",
    "seed": "Decides the network at the start, the crops and their styles.",
    "width": "Channels of the first convolution; others have two and three times as many.",
    "blocks": "Residual blocks.",
    "style_size": "Long side that paintings are scaled to: strokes come out as large as in them.",
    "content_weight": "Weight of the content term.",
    "style_weight": "Weight of the style term.",
    "total_variation_weight": "Weight of the total variation.",
    "content_layers": "Layers that compare content, with optional weights.",
    "style_layers": "Layers that compare style, with optional weights.",
    "learning_rate": "Of Adam, at the start.",
}


class TrainCommand(click.Command):
    """A command with an option for each setting, made when needed because settings need NumPy."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Parameters, the settings' at the end."""
        from stylelab.painting.training_settings import TrainingSettings

        options: list[click.Parameter] = [
            click.Option(
                [cli_option(one.name), one.name],
                type=LayersType() if one.name.endswith("_layers") else type(one.default),
                default=None if one.name.endswith("_layers") else one.default,
                show_default=not one.name.endswith("_layers"),
                help=_HELP[one.name],
            )
            for one in fields(TrainingSettings)
        ]
        *params, help_option = super().get_params(ctx)
        return [*params, *options, help_option]


@click.command(cls=TrainCommand)
@click.argument("paintings", metavar="PAINTING...", nargs=-1, required=True, type=ExpandedPath())
@click.option(
    "-o",
    "--output",
    required=True,
    type=ExpandedPath(),
    metavar="OUT",
    help="Where to save the network; its suffix is .stylelab.",
)
@click.option(
    "--photos",
    multiple=True,
    type=ExpandedPath(),
    metavar="PHOTO|FOLDER",
    help="What to learn from: a photo, a folder of them, the name of a sample; may be repeated. "
    "Without it: the photographs that come along.",
)
@click.option("--minutes", type=float, help=f"How long to train: {DEFAULT_MINUTES:g} without it.")
@click.option("--steps", type=int, help="Steps to take, in place of minutes.")
@click.option(
    "--checkpoint",
    type=ExpandedPath(),
    metavar="FILE",
    help="Keep the state of the training in FILE and resume it, also for longer.",
)
@click.option("--quiet", is_flag=True, help="Show no progress.")
def train(paintings: tuple[str, ...], output: str, **options: Any) -> int:
    """Train a network that paints in the style of one or more PAINTINGs in one pass.

    Each is a file or the name of a sample (see: stylelab samples). One network learns all of them.
    Ctrl-C or SIGTERM ends the training and saves the network as it is then.

    stylelab train swirling_night -o night.stylelab --minutes 5
    """
    return run_training(paintings, Path(output), **options)


def run_training(
    paintings: Sequence[str],
    output: Path,
    *,
    photos: Sequence[str] = (),
    minutes: float | None = None,
    steps: int | None = None,
    checkpoint: str | None = None,
    quiet: bool = False,
    **settings: Any,
) -> int:
    """Validate the input, train, save, and print where the network is; return the exit status."""
    from stylelab.painting.network_files import network_path, save_network
    from stylelab.painting.training import train
    from stylelab.painting.training_checkpoint import load_training, validate_training_path
    from stylelab.pictures.saving import validate_distinct_paths

    target = network_path(output)
    outputs = {"the output": target} | ({"the checkpoint": checkpoint} if checkpoint else {})
    inputs = {f"the input {name}": name for name in (*paintings, *photos) if path_exists(name)}
    validate_distinct_paths(outputs, inputs)
    start = None
    if checkpoint is not None and validate_training_path(checkpoint).exists():
        start = load_training(checkpoint)
    if minutes is None and steps is None:
        minutes = DEFAULT_MINUTES
    training = train(
        list(paintings),
        list(photos) or None,
        steps=steps,
        minutes=minutes,
        start=start,
        **{name: value for name, value in settings.items() if value is not None},
    )
    if not quiet:
        length = f"for {minutes:g} minutes" if steps is None else f"in {steps} steps"
        click.echo(f"Learning to paint like {join_words(paintings)}, {length}.", err=True)
    announce_download()
    step, ended = _run(training, start, checkpoint, quiet=quiet)
    if step is None:
        raise KeyboardInterrupt from ended
    saved = save_network(target, step.network)
    click.echo(f"Your network, after {step.iteration:,} steps: {saved.resolve()}")
    return exit_status(ended)


def _run(
    training: Iterator[TrainingStep],
    step: TrainingStep | None,
    checkpoint: str | None,
    *,
    quiet: bool,
) -> tuple[TrainingStep | None, BaseException | None]:
    """Take the steps; the last one, and what ended the training early, if something did."""
    from stylelab.painting.training_checkpoint import save_training

    saved_at, first, ended = time.monotonic(), step, None
    with progress_bar(shown=not quiet) as bar:
        try:
            for step in training:  # noqa: PLR1704 - the last one is kept
                terms = ", ".join(f"{name} {step.terms[name]:.2g}" for name in ("content", "style"))
                bar.set_postfix_str(terms, refresh=False)
                bar.update(step.progress - bar.n)
                if checkpoint and time.monotonic() - saved_at > SECONDS_BETWEEN_CHECKPOINTS:
                    save_training(checkpoint, step)
                    saved_at = time.monotonic()
        except (KeyboardInterrupt, DivergedError) as error:
            ended = error
    if isinstance(ended, DivergedError):
        if step is None:
            raise ended
        click.echo(f"Ended early: {to_cli_wording(str(ended))}", err=True)
    if checkpoint and step is not None and step is not first:
        save_training(checkpoint, step)
        click.echo(f"The state is in {checkpoint}; the same command resumes it.", err=True)
    return step, ended
