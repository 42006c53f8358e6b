"""What `stylelab transfer` and `stylelab demo` do: check, paint, save, and say where the picture is.

Everything heavy is imported where it is used, as in `stylelab.cli.main`.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stylelab.cli.style_argument import parse_layers, parse_style
from stylelab.cli.wording import to_cli_wording
from stylelab.errors import OutputError, StylelabError
from stylelab.pictures.paths import is_file
from stylelab.pipeline.signals import ENDING_SIGNALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stylelab.cli.style_argument import StyleArgument
    from stylelab.pictures.images import Picture
    from stylelab.pipeline.result import Result
    from stylelab.rights.record import Rights

BAD_INPUT = 2
INTERRUPTED = 130


def run_transfer(photo: str, paintings: Sequence[str], output: Path, **options: Any) -> int:
    """Check everything that can be known before, paint, save, and say where the picture is."""
    from stylelab.cli.snapshots import make_snapshot_callback, validate_snapshot_paths
    from stylelab.pictures.saving import validate_distinct_paths, validate_output_path
    from stylelab.rights.credentials import validate_signing_key
    from stylelab.rights.reading import list_picture_and_sidecars
    from stylelab.rights.writing import make_rights_statement

    make_folders, quiet = options.pop("make_folders", False), options.pop("quiet", False)
    save_every = options.pop("save_every", None)
    checkpoint = options.get("checkpoint")
    style_arguments = [parse_style(painting) for painting in paintings]
    signature = options.pop("sign", None) or ()
    input_names = [photo, *(file for style in style_arguments for file in style.files)]
    input_names += [file for name in ("start", "keep") if (file := options.get(name))]
    inputs = [
        path for name in (*input_names, *signature) for path in list_picture_and_sidecars(name)
    ]
    output_paths = {"the output": output} | ({"the checkpoint": checkpoint} if checkpoint else {})
    validate_distinct_paths(output_paths, {f"the input {path}": path for path in inputs})
    if save_every:
        validate_snapshot_paths(output, [*inputs, *([Path(checkpoint)] if checkpoint else [])])
    validate_output_path(output, make_folders=make_folders)
    stated = {name: options.pop(name, None) for name in ("creator", "licence", "title")}
    settings = _settings(options)
    start = settings.get("start")
    known, findings = _input_rights(
        photo,
        style_arguments,
        start=None if start in ("content", "noise") else start,
        strict=settings.get("strict", False),
    )
    announcement = "\n".join([*findings, _describe_transfer(photo, style_arguments)])
    styles = _styles(style_arguments, settings)
    settings["rights"] = known
    # A licence that is not permitted, or a key that cannot sign, is no news for after the work.
    statement = make_rights_statement(known, **stated)
    if signature:
        validate_signing_key(*signature)
    _announce_download()
    painting_names = paintings[0] if len(paintings) == 1 else list(paintings)

    from stylelab.pictures.masks import load_alpha
    from stylelab.pipeline.transfer import transfer as paint

    if save_every:
        alpha = load_alpha(photo) if settings.get("keep_transparency") else None
        metadata = {"photo": photo, "painting": painting_names}
        settings["callback"] = make_snapshot_callback(
            output, save_every, metadata, statement, alpha
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the same is said below
        result: Result = paint(photo, styles, progress=not quiet and announcement, **settings)
    facts = {"photo": photo, "painting": painting_names, **stated}
    saved = _save(result, output, inputs=inputs, make_folders=make_folders, **facts)
    if signature:
        _sign(
            saved, signature, result.rights, [photo, *(style.picture for style in style_arguments)]
        )
    _report_ending(result, None if quiet else checkpoint)
    click.echo(f"Your picture: {saved.resolve()}")
    return _exit_status(result) or (0 if saved == output.expanduser() else BAD_INPUT)


def _save(
    result: Result, output: Path, *, inputs: Sequence[Path], make_folders: bool, **facts: Any
) -> Path:
    """Save where it was asked for, or, as the work is done, where else it can be."""
    from stylelab.pictures.saving import save_to_fallback_path

    try:
        try:
            return result.save(output, inputs=inputs, make_folders=make_folders, **facts)
        except KeyboardInterrupt:
            # A late Ctrl-C or SIGTERM: the picture is finished, so it is kept.
            return result.save(output, inputs=inputs, make_folders=make_folders, **facts)
    except OutputError as error:
        click.echo(f"Could not save it there: {to_cli_wording(str(error))}", err=True)
        return save_to_fallback_path(output, lambda place: result.save(place, **facts))


def _report_ending(result: Result, checkpoint: str | None) -> None:
    if result.stopped is not None:
        click.echo(
            f"Ended early: {to_cli_wording(result.stopped)}. The best picture so far was kept.",
            err=True,
        )
    if checkpoint is not None:
        click.echo(
            f"The state is in {checkpoint}; the same command goes on from it, also with more --steps.",
            err=True,
        )


def _exit_status(result: Result) -> int:
    """Tell the exit status of a run: 0 only if it came to its end."""
    if result.stopped is None:
        return 0
    for signal in ENDING_SIGNALS:
        if result.stopped.startswith(f"ended by {signal.name}"):
            return int(128 + signal)
    return INTERRUPTED if result.stopped.startswith("interrupted") else BAD_INPUT


def _settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the command's options into arguments of `stylelab.pipeline.transfer`."""
    settings = {name: value for name, value in options.items() if value is not None}
    settings["check_memory"] = not settings.pop("skip_memory_check", False)
    for option, setting in (("layers", "style_layers"), ("content_layers", "content_layers")):
        if option in settings:
            settings[setting] = parse_layers(settings.pop(option))
    if "smoothness" in settings:
        settings["total_variation_weight"] = settings.pop("smoothness")
    return settings


def _describe_transfer(photo: str, style_arguments: Sequence[StyleArgument]) -> str:
    """Tell in one line what was understood: a file too many changes its meaning."""
    names = [style.picture for style in style_arguments]
    styles = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"Painting {photo} in the style of {styles}."


def _input_rights(
    photo: str, style_arguments: Sequence[StyleArgument], *, start: str | None, strict: bool
) -> tuple[dict[str, Rights], list[str]]:
    """Find out whose the pictures are, and, in lines, what is unknown or forbids the result."""
    from stylelab.pipeline.inputs import input_rights
    from stylelab.rights.rules import combine_rights

    rights = input_rights(
        photo, [style.picture for style in style_arguments], start=start, strict=strict
    )
    verdict = combine_rights(rights)
    findings = (*verdict.conflicts, *verdict.unknown)
    return rights, [f"Rights: {finding}. See: stylelab rights --help" for finding in findings]


def _sign(
    saved: Path, signature: Sequence[str], names: Iterable[str], sources: Iterable[str]
) -> None:
    from stylelab.rights.credentials import sign_picture

    certificate, key = signature
    inputs = {
        name: source if is_file(source) else _picture(source)
        for name, source in zip(names, sources, strict=True)
    }
    try:
        sign_picture(saved, certificate=certificate, key=key, inputs=inputs)
    except StylelabError as error:  # the picture is there, and may be signed once more
        click.echo(f"Not signed: {error}", err=True)


def _styles(style_arguments: Sequence[StyleArgument], settings: Mapping[str, Any]) -> Any:
    """Name one painting, or make a loss of several, or of one with more written after it."""
    if len(style_arguments) == 1 and style_arguments[0].is_plain:
        return style_arguments[0].picture
    from stylelab.pictures.masks import load_mask
    from stylelab.pipeline.inputs import load_input

    defaults = {"statistic": settings["statistic"]}
    if "style_layers" in settings:
        defaults["layers"] = settings["style_layers"]
    size = settings.get("size", 512)

    def load(style: StyleArgument) -> Callable[[str], Picture]:
        if size == "original":
            return _picture
        scale = max(1.0, settings.get("style_scale", 1.0), (style.others or {}).get("scale", 1.0))
        return lambda source: load_input(source, math.ceil(scale * size))

    first, *others = [style.loss(load(style), load_mask, **defaults) for style in style_arguments]
    return sum(others, first)


def _picture(source: str) -> Any:
    """Load a file, or a sample if there is no such file."""
    from stylelab.samples.catalogue import load_image_or_sample

    return load_image_or_sample(source)


def _announce_download() -> None:
    from stylelab.network.weights import find_weights

    if find_weights() is None:
        click.echo("Fetching VGG19's weights (18 MB, once) …", err=True)
