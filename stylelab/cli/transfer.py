"""Run `stylelab transfer` and `stylelab demo`: validate, paint, save, and print where the picture is.

Heavy modules are imported inside the functions that use them, as in `stylelab.cli.main`.
"""

from __future__ import annotations

import warnings
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stylelab.cli.console import BAD_INPUT
from stylelab.cli.style_argument import parse_style
from stylelab.cli.wording import to_cli_wording
from stylelab.errors import OutputError, StylelabError
from stylelab.pictures.paths import path_exists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stylelab.cli.style_argument import StyleArgument
    from stylelab.pictures.films import Film
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.result import Result
    from stylelab.pipeline.settings import Settings
    from stylelab.rights.record import Rights
    from stylelab.rights.writing import RightsStatement


def run_transfer(photo: str, paintings: Sequence[str], output: Path, **options: Any) -> int:
    """Validate the input, paint, save, and print where the picture is; return the exit status."""
    from stylelab.cli.snapshots import make_snapshot_callback, validate_snapshot_paths
    from stylelab.pictures.films import Film
    from stylelab.pictures.saving import validate_distinct_paths, validate_output_path
    from stylelab.rights.credentials import validate_signing_key
    from stylelab.rights.reading import list_picture_and_sidecars
    from stylelab.rights.writing import make_rights_statement

    make_folders, quiet = options.pop("make_folders", False), options.pop("quiet", False)
    save_every, film_path = options.pop("save_every", None), options.pop("film", None)
    checkpoint = options.get("checkpoint")
    style_arguments = [parse_style(painting) for painting in paintings]
    signature = options.pop("sign", None) or ()
    input_names = [photo, *(file for style in style_arguments for file in style.files)]
    input_names += [file for name in ("start", "keep") if (file := options.get(name))]
    inputs = [
        path for name in (*input_names, *signature) for path in list_picture_and_sidecars(name)
    ]
    named = {"the output": output, "the checkpoint": checkpoint, "the film": film_path}
    outputs = {purpose: Path(path) for purpose, path in named.items() if path}
    validate_distinct_paths(outputs, {f"the input {path}": path for path in inputs})
    if save_every:
        validate_snapshot_paths(output, [*inputs, *[*outputs.values()][1:]])
    validate_output_path(output, make_folders=make_folders)
    film = Film(film_path, make_folders=make_folders) if film_path else None
    stated = {name: options.pop(name, None) for name in ("creator", "licence", "title")}

    from stylelab.pipeline.inputs import load_inputs
    from stylelab.pipeline.plan import make_plan
    from stylelab.pipeline.settings import START_MODES, Settings
    from stylelab.pipeline.transfer import run_plan

    start = options.get("start", Settings.start)
    settings = _settings(photo, options)
    painted = load_inputs(
        photo,
        _styles(style_arguments, settings),
        settings,
        start=None if start in START_MODES else start,
        keep=options.get("keep"),
        strict=options.get("strict", False),
        keep_transparency=options.get("keep_transparency", False),
    )
    plan = make_plan(painted, settings)
    style_names = [style.picture for style in style_arguments]
    # It shows how the arguments were understood: the first file is the photo.
    announcement = "\n".join(
        [
            *rights_findings(painted.rights),
            f"Painting {photo} in the style of {join_words(style_names)}.",
        ]
    )
    # A forbidden licence, or a key that cannot sign, is refused before the work, not after it.
    statement = make_rights_statement(painted.rights, **stated)
    if signature:
        validate_signing_key(*signature)
    announce_download()
    metadata = {"photo": photo, "painting": paintings[0] if len(paintings) == 1 else [*paintings]}
    callbacks: list[Callable[[Progress], None]] = [film] if film else []
    if save_every:
        callbacks.append(
            make_snapshot_callback(output, save_every, metadata, statement, painted.alpha)
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # reported below
        result = run_plan(
            plan,
            progress=not quiet and announcement,
            callback=_each_of(callbacks),
            checkpoint=checkpoint,
            check_memory=not options.get("skip_memory_check", False),
        )
    saved = _save(result, output, inputs=inputs, make_folders=make_folders, **metadata, **stated)
    if signature:
        _sign(saved, signature, result.rights, [photo, *style_names])
    _report_ending(result, None if quiet else checkpoint)
    click.echo(f"Your picture: {saved.resolve()}")
    saved_all = _save_film(film, statement) and saved == output.expanduser()
    return _exit_status(result) or (0 if saved_all else BAD_INPUT)


def _each_of(callbacks: Sequence[Callable[[Progress], None]]) -> Callable[[Progress], None]:
    """One callback that calls them all."""

    def call(progress: Progress) -> None:
        for callback in callbacks:
            callback(progress)

    return call


def _save(
    result: Result, output: Path, *, inputs: Sequence[Path], make_folders: bool, **metadata: Any
) -> Path:
    """Save the result as `output`, or if that fails, to the first writable fallback path."""
    from stylelab.pictures.saving import save_to_fallback_path

    try:
        try:
            return result.save(output, inputs=inputs, make_folders=make_folders, **metadata)
        except KeyboardInterrupt:
            # Ctrl-C or SIGTERM while saving: the picture is finished, so it is saved all the same.
            return result.save(output, inputs=inputs, make_folders=make_folders, **metadata)
    except OutputError as error:
        click.echo(f"Could not save {output}: {to_cli_wording(str(error))}", err=True)
        return save_to_fallback_path(output, lambda path: result.save(path, **metadata))


def _save_film(film: Film | None, statement: RightsStatement) -> bool:
    """Save the film, if there is one; return whether that worked."""
    try:
        if film is not None:
            click.echo(f"Your film: {film.save(rights=statement).resolve()}")
    except (OutputError, KeyboardInterrupt) as error:  # the picture is saved
        click.echo(f"Film not saved: {to_cli_wording(str(error) or 'interrupted')}", err=True)
        return False
    return True


def _report_ending(result: Result, checkpoint: str | None) -> None:
    if result.stopped is not None:
        click.echo(
            f"Ended early: {to_cli_wording(result.stopped)}. The best picture so far was kept.",
            err=True,
        )
    if checkpoint is not None:
        click.echo(
            f"The state is in {checkpoint}; the same command resumes it, also with more --steps.",
            err=True,
        )


def _exit_status(result: Result) -> int:
    """Exit status of a run: 0 only if it took all its steps."""
    if result.stopped is None:
        return 0
    return BAD_INPUT if result.signal is None else 128 + result.signal


def _settings(photo: str, options: Mapping[str, Any]) -> Settings:
    """Settings from the options of the command."""
    from stylelab.pipeline.inputs import original_size
    from stylelab.pipeline.settings import START_MODES, Settings
    from stylelab.pipeline.stages import quality_steps

    names = {setting.name for setting in fields(Settings)}
    values = {n: value for n, value in options.items() if n in names and value is not None}
    if values.get("start") not in START_MODES:  # a picture
        values.pop("start", None)
    if values.get("size") == "original":
        values["size"] = original_size(photo)
    if quality := options.get("quality"):
        steps = values["steps"]
        values["steps"] = quality_steps(quality, None if steps == Settings.steps else steps)
    return Settings(**values)


def join_words(words: Sequence[str]) -> str:
    """Words with commas, and an "and" before the last."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def rights_findings(rights: Mapping[str, Rights]) -> list[str]:
    """Sentences about what forbids publishing the result, and about unknown licences."""
    from stylelab.rights.rules import combine_rights

    verdict = combine_rights(rights)
    findings = [(one.inputs, f"{one.text} [{one.source}]") for one in verdict.conflicts]
    for finding in verdict.unknown:
        missing = rights[finding.inputs[0]].missing
        verb = "is" if len(missing) == 1 else "are"
        findings.append((finding.inputs, f"{join_words(missing)} {verb} unknown"))
    return [
        f"Rights of {join_words([f'the {one}'.replace('_', ' ') for one in names])}: {text}. "
        "See: stylelab rights --help"
        for names, text in findings
    ]


def _sign(
    saved: Path, signature: Sequence[str], names: Iterable[str], sources: Iterable[str]
) -> None:
    from stylelab.rights.credentials import sign_picture
    from stylelab.samples.catalogue import load_image_or_sample

    certificate, key = signature
    inputs = {
        name: source if path_exists(source) else load_image_or_sample(source)
        for name, source in zip(names, sources, strict=True)
    }
    try:
        sign_picture(saved, certificate=certificate, key=key, inputs=inputs)
    except StylelabError as error:  # the picture is saved, and can still be signed
        click.echo(f"Not signed: {error}", err=True)


def _styles(style_arguments: Sequence[StyleArgument], settings: Settings) -> Any:
    """The name of a single painting without options, or a loss."""
    if len(style_arguments) == 1 and style_arguments[0].is_plain:
        return style_arguments[0].picture
    first, *others = [style.loss(settings) for style in style_arguments]
    return sum(others, first)


def announce_download() -> None:
    """Say so if VGG19's weights are still to be downloaded."""
    from stylelab.network.weights import find_weights

    if find_weights() is None:
        click.echo("Downloading VGG19's weights (18 MB, once) …", err=True)
