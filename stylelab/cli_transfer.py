"""What `stylelab transfer` and `stylelab demo` do: check, paint, save, and say where the picture is.

Everything heavy is imported where it is used, as in `stylelab.cli`.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stylelab._files import is_file
from stylelab._signals import ENDING
from stylelab._wording import in_options
from stylelab.errors import OutputError, StylelabError
from stylelab.notation import read_layers, read_style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stylelab.images import Picture
    from stylelab.notation import WrittenStyle
    from stylelab.rights.facts import Rights
    from stylelab.transfer import Result

BAD_INPUT = 2
INTERRUPTED = 130


def paint_and_save(photo: str, paintings: Sequence[str], output: Path, **options: Any) -> int:
    """Check everything that can be known before, paint, save, and say where the picture is."""
    from stylelab._snapshots import expect_none_on_the_way, save_on_the_way
    from stylelab.rights.credentials import expect_signature
    from stylelab.rights.reading import with_sidecars
    from stylelab.rights.writing import state_rights
    from stylelab.saving import check_output, expect_apart

    make_folders, quiet = options.pop("make_folders", False), options.pop("quiet", False)
    save_every = options.pop("save_every", None)
    checkpoint = options.get("checkpoint")
    written = [read_style(painting) for painting in paintings]
    signature = options.pop("sign", None) or ()
    named = [photo, *(file for style in written for file in style.files)]
    named += [file for name in ("start", "keep") if (file := options.get(name))]
    inputs = [path for name in (*named, *signature) for path in with_sidecars(name)]
    written_to = {"the output": output} | ({"the checkpoint": checkpoint} if checkpoint else {})
    expect_apart(written_to, {f"the input {path}": path for path in inputs})
    if save_every:
        expect_none_on_the_way(output, [*inputs, *([Path(checkpoint)] if checkpoint else [])])
    check_output(output, make_folders=make_folders)
    stated = {name: options.pop(name, None) for name in ("creator", "licence", "title")}
    settings = _settings(options)
    start = settings.get("start")
    known, findings = _whose(
        photo,
        written,
        start=None if start in ("content", "noise") else start,
        strict=settings.get("strict", False),
    )
    words = "\n".join([*findings, _what_is_painted(photo, written)])
    styles = _styles(written, settings)
    settings["rights"] = known
    # A licence that is not permitted, or a key that cannot sign, is no news for after the work.
    statement = state_rights(known, **stated)
    if signature:
        expect_signature(*signature)
    _say_if_weights_come_first()
    told = paintings[0] if len(paintings) == 1 else list(paintings)

    from stylelab.masks import transparency
    from stylelab.transfer import transfer as paint

    if save_every:
        alpha = transparency(photo) if settings.get("keep_transparency") else None
        about = {"photo": photo, "painting": told}
        settings["callback"] = save_on_the_way(output, save_every, about, statement, alpha)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the same is said below
        result: Result = paint(photo, styles, progress=not quiet and words, **settings)
    facts = {"photo": photo, "painting": told, **stated}
    saved = _save(result, output, inputs=inputs, make_folders=make_folders, **facts)
    if signature:
        _sign(saved, signature, result.rights, [photo, *(style.picture for style in written)])
    _say_how_it_ended(result, None if quiet else checkpoint)
    click.echo(f"Your picture: {saved.resolve()}")
    return _status(result) or (0 if saved == output.expanduser() else BAD_INPUT)


def _save(
    result: Result, output: Path, *, inputs: Sequence[Path], make_folders: bool, **facts: Any
) -> Path:
    """Save where it was asked for, or, as the work is done, where else it can be."""
    from stylelab.saving import save_somewhere

    try:
        try:
            return result.save(output, inputs=inputs, make_folders=make_folders, **facts)
        except KeyboardInterrupt:
            # A late Ctrl-C or SIGTERM: the picture is finished, so it is kept.
            return result.save(output, inputs=inputs, make_folders=make_folders, **facts)
    except OutputError as error:
        click.echo(f"Could not save it there: {in_options(str(error))}", err=True)
        return save_somewhere(output, lambda place: result.save(place, **facts))


def _say_how_it_ended(result: Result, checkpoint: str | None) -> None:
    if result.stopped is not None:
        click.echo(
            f"Ended early: {in_options(result.stopped)}. The best picture so far was kept.",
            err=True,
        )
    if checkpoint is not None:
        click.echo(
            f"The state is in {checkpoint}; the same command goes on from it, also with more --steps.",
            err=True,
        )


def _status(result: Result) -> int:
    """Tell the exit status of a run: 0 only if it came to its end."""
    if result.stopped is None:
        return 0
    for signal in ENDING:
        if result.stopped.startswith(f"ended by {signal.name}"):
            return int(128 + signal)
    return INTERRUPTED if result.stopped.startswith("interrupted") else BAD_INPUT


def _settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the command's options into arguments of `stylelab.transfer`."""
    settings = {name: value for name, value in options.items() if value is not None}
    settings["check_memory"] = not settings.pop("skip_memory_check", False)
    for option, setting in (("layers", "style_layers"), ("content_layers", "content_layers")):
        if option in settings:
            settings[setting] = read_layers(settings.pop(option))
    if "smoothness" in settings:
        settings["total_variation_weight"] = settings.pop("smoothness")
    return settings


def _what_is_painted(photo: str, written: Sequence[WrittenStyle]) -> str:
    """Tell in one line what was understood: a file too many changes its meaning."""
    names = [style.picture for style in written]
    styles = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"Painting {photo} in the style of {styles}."


def _whose(
    photo: str, written: Sequence[WrittenStyle], *, start: str | None, strict: bool
) -> tuple[dict[str, Rights], list[str]]:
    """Find out whose the pictures are, and, in lines, what is unknown or forbids the result."""
    from stylelab.rights.rules import combine_rights
    from stylelab.sources import whose

    rights = whose(photo, [style.picture for style in written], start=start, strict=strict)
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


def _styles(written: Sequence[WrittenStyle], settings: Mapping[str, Any]) -> Any:
    """Name one painting, or make a loss of several, or of one with more written after it."""
    if len(written) == 1 and written[0].plain:
        return written[0].picture
    from stylelab.masks import load_mask
    from stylelab.sources import load_input

    usual = {"statistic": settings["statistic"]}
    if "style_layers" in settings:
        usual["layers"] = settings["style_layers"]
    size = settings.get("size", 512)

    def load(style: WrittenStyle) -> Callable[[str], Picture]:
        if size == "original":
            return _picture
        scale = max(1.0, settings.get("style_scale", 1.0), (style.others or {}).get("scale", 1.0))
        return lambda source: load_input(source, math.ceil(scale * size))

    first, *others = [style.loss(load(style), load_mask, **usual) for style in written]
    return sum(others, first)


def _picture(source: str) -> Any:
    """Load a file, or a sample if there is no such file."""
    from stylelab.samples import load_picture

    return load_picture(source)


def _say_if_weights_come_first() -> None:
    from stylelab.weights import find_weights

    if find_weights() is None:
        click.echo("Fetching VGG19's weights (18 MB, once) …", err=True)
