"""Run `stylelab paint`: validate, paint one picture or many with a network, and print where they are.

Heavy modules are imported inside the functions that use them, as in `stylelab.cli.main`.
"""

from __future__ import annotations

import itertools
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stylelab.cli.console import BAD_INPUT, ExpandedPath, exit_status
from stylelab.cli.style_argument import parse_layers
from stylelab.cli.transfer import join_words, rights_findings
from stylelab.cli.wording import to_cli_wording
from stylelab.errors import OutputError, PictureError, RightsError
from stylelab.pictures.paths import path_exists, same_file
from stylelab.pipeline.streams import progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence


@click.command()
@click.argument("photos", metavar="PHOTO...", nargs=-1, required=True, type=ExpandedPath())
@click.argument("network", type=ExpandedPath())
@click.option(
    "-o",
    "--output",
    required=True,
    type=ExpandedPath(path_type=Path),
    metavar="OUT",
    help="Where to save the picture, or the folder for several. Missing folders are made.",
)
@click.option(
    "--style",
    metavar="S1,S2=W,…",
    help="Of a network with several styles: one of them, or several with weights.",
)
@click.option("--size", type=int, help="Long side in pixels. Without it: the photo's own.")
@click.option(
    "--strength",
    type=float,
    default=1.0,
    show_default=True,
    help="From 0, the photo as it is, to 1, all paint.",
)
@click.option("--tile", type=int, help="Side of the square that is painted at once, in pixels.")
@click.option("--keep-transparency", is_flag=True, help="Be transparent where the photo is.")
@click.option("--creator", metavar="NAME", help="Your name, for the metadata.")
@click.option("--licence", metavar="NAME", help="Licence of the result, for the metadata.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def paint(photos: tuple[str, ...], network: str, output: Path, **options: Any) -> int:
    """Paint each PHOTO in one pass with NETWORK, which stylelab train makes.

    A PHOTO is a file, the name of a sample, or a folder, whose pictures are painted. With several,
    those that cannot be painted are named, and the others are; OUT is a folder, in which only pictures
    that this command made are replaced. Ctrl-C keeps what is done.

    stylelab paint holiday/ night.stylelab -o painted/
    """
    return run_painting(photos, network, output, **options)


def run_painting(
    photos: Sequence[str],
    network: str,
    output: Path,
    *,
    style: str | None = None,
    creator: str | None = None,
    licence: str | None = None,
    quiet: bool = False,
    **options: Any,
) -> int:
    """Validate the input, paint, save, and print where the pictures are; return the exit status."""
    from stylelab.painting.paint import find_network, style_shares
    from stylelab.rights.writing import make_rights_statement

    styles = find_network(network)[0].styles
    shares = style_shares(styles, _parse_styles(style, styles))
    stated: dict[str, Any] = {"creator": creator, "licence": licence}
    make_rights_statement([], **stated)  # refuses a licence that is not in the table
    sources = [file for photo in photos for file in _list_photos(photo)]
    alone = sources == list(photos[:1])
    targets = [output] if alone and not output.is_dir() else _targets_in_folder(sources, output)
    if not quiet:
        what = photos[0] if alone else f"{len(sources)} pictures"
        click.echo(f"Painting {what} in the style of {join_words(list(shares))}.", err=True)
    options = {name: value for name, value in options.items() if value is not None}
    options |= {"network": network, "style": shares, "progress": alone and not quiet}

    def paint_one(source: str, target: Path) -> list[str]:
        return _paint_and_save(source, target, options, stated, replace=targets == [output])

    pairs = list(zip(sources, targets, strict=True))
    with progress_bar(shown=not quiet and not alone) as bar:
        done, findings, ended = _paint_each(pairs, paint_one, bar)
    for finding in () if quiet else findings:
        click.echo(finding, err=True)
    where = targets[0] if alone else output
    share = "picture" if alone else f"pictures, {done} of {len(sources)}"
    click.echo(f"Your {share}: {where.resolve()}")
    return exit_status(ended) or (0 if done == len(sources) else BAD_INPUT)


def _paint_each(
    pairs: Sequence[tuple[str, Path]], paint_one: Callable[[str, Path], list[str]], bar: Any
) -> tuple[int, Iterable[str], KeyboardInterrupt | None]:
    """Paint pictures; how many are done, what is to be said of them, and what ended it early.

    Of several, one that cannot be painted is named, and the work goes on.
    """
    done, findings = 0, dict[str, None]()
    for source, target in pairs:
        try:
            findings |= dict.fromkeys(paint_one(source, target))
            done += 1
        except (PictureError, OutputError, RightsError) as error:
            if len(pairs) == 1:
                raise
            bar.write(f"Not painted: {source!r}. {to_cli_wording(str(error))}", file=sys.stderr)
        except KeyboardInterrupt as interrupted:
            if not done:
                raise
            return done, findings, interrupted
        bar.update(1 / len(pairs))
    return done, findings, None


def _paint_and_save(
    source: str,
    target: Path,
    options: Mapping[str, Any],
    stated: Mapping[str, Any],
    *,
    replace: bool,
) -> list[str]:
    """Paint a photo and save it; return what is to be said of its rights.

    Args:
        source: the photo.
        target: where to save it.
        options: arguments of `stylelab.paint`.
        stated: creator and licence.
        replace: whether the target may be replaced if this command did not make it.
    """
    from stylelab.painting.paint import paint
    from stylelab.pictures.saving import read_settings, validate_output_path

    validate_output_path(target, inputs=[source, options["network"]], make_folders=True)
    if target.exists() and not replace and "network" not in (read_settings(target) or {}):
        raise OutputError(
            "Expected a new picture, or one that a network painted. "
            f"Received: {str(target)!r}, which is another one. Choose another folder."
        )
    result = paint(source, **options)
    result.save(target, photo=source, **stated)
    return rights_findings(result.rights)


def _parse_styles(text: str | None, styles: tuple[str, ...]) -> str | dict[str, float] | None:
    """Styles with optional weights; a text that is a style's name is that one, whatever is in it."""
    if text is None or text in styles or not text.strip(" ,"):
        return text
    return parse_layers(text)


def _list_photos(photo: str) -> list[str]:
    """A photo, or the pictures in a folder by their names."""
    from stylelab.painting.training_photos import is_picture_name

    if not Path(photo).is_dir():
        return [photo]
    try:
        files = sorted(path for path in Path(photo).iterdir() if is_picture_name(path))
    except OSError as error:
        raise PictureError(
            f"Expected a folder of pictures. Received: {photo!r}, which cannot be read "
            f"({error.strerror}). Check its permissions."
        ) from error
    if not files:
        raise PictureError(
            f"Expected a folder of pictures. Received: {photo!r}, in which no file is named as a "
            "picture. Name another one."
        )
    return [str(path) for path in files]


def _targets_in_folder(sources: Sequence[str], folder: Path) -> list[Path]:
    """Where pictures are saved in a folder, which is made: under their names, each different."""
    from stylelab.pictures.saving import FORMATS, make_folder

    if folder.suffix.lower() in FORMATS and not folder.is_dir():
        raise OutputError(
            f"Expected a folder for several pictures. Received: {str(folder)!r}, the name of one "
            "picture. Leave out its ending."
        )
    for parent in {Path(source).parent for source in sources if path_exists(source)}:
        if same_file(parent, folder):
            raise OutputError(
                f"Expected another folder than that of the photos. Received: {str(folder)!r}. "
                "Name a new one, so that your originals are kept."
            )
    make_folder(folder, "the pictures", "Name another one.")
    taken: set[str] = set()
    return [folder / _free_name(Path(source), FORMATS, taken) for source in sources]


def _free_name(source: Path, suffixes: Container[str], taken: set[str]) -> str:
    """Name of a picture like its photo's; with a number, if it is taken. It is added to the taken."""
    suffix = source.suffix if source.suffix.lower() in suffixes else ".png"
    numbers = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    for number in numbers:
        name = f"{source.stem}{number}{suffix}"
        # Some file systems ignore case, and how an accented letter is composed.
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded not in taken:
            break
    taken.add(folded)
    return name
