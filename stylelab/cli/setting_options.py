"""Options of `stylelab transfer` for the settings, made from the fields of `Settings`."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from stylelab.cli.console import ExpandedPath
from stylelab.cli.style_argument import parse_layers
from stylelab.cli.wording import cli_option

if TYPE_CHECKING:
    from dataclasses import Field


class SizeType(click.ParamType[int | str]):
    """A number of pixels, or `original`."""

    name = "size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """The number, or `"original"`."""
        if value == "original":
            return "original"
        try:
            return int(value)
        except ValueError:
            self.fail(f"expected a number of pixels or original, received {value!r}", param, ctx)


class LayersType(click.ParamType[dict[str, float]]):
    """Layers with optional weights."""

    name = "L1,L2=W,…"

    def convert(self, value: str, param: Any, ctx: Any) -> dict[str, float]:  # noqa: ARG002
        """Weights by layer."""
        return parse_layers(value)


class TransferCommand(click.Command):
    """A command with an option for each setting, made when needed because `Settings` needs NumPy."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Parameters, the settings' after the first option."""
        params = super().get_params(ctx)
        first = sum(isinstance(one, click.Argument) for one in params) + 1
        return [*params[:first], *self.make_options(), *params[first:]]

    def make_options(self) -> list[click.Option]:
        """Options of the settings."""
        from stylelab.pipeline.settings import Settings

        return [_make_quality_option(), *map(_make_option, fields(Settings))]


class BatchCommand(TransferCommand):
    """A command whose settings take several values: --seed 0 1 2, or --seed 0 --seed 1 --seed 2."""

    def make_options(self) -> list[click.Option]:
        """Options of the settings, each a list of values, empty without it."""
        options = super().make_options()
        for one in options:
            one.multiple, one.default, one.show_default = True, (), False
        return options

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; values that follow one of a setting are its, too, if they can be."""
        options = {name: one for one in self.make_options() for name in one.opts}
        spread: list[str] = []
        current: click.Option | None = None
        for place, argument in enumerate(args):
            if current is not None and args[place - 1] not in options:
                if _is_value(argument, current, ctx):
                    spread.append(current.opts[0])
                else:
                    current = None
            if argument.startswith("-"):
                current = options.get(argument)
            spread.append(argument)
        return super().parse_args(ctx, spread)


def _is_value(argument: str, option: click.Option, ctx: click.Context) -> bool:
    from stylelab.pipeline.settings import START_MODES

    if argument.startswith("-") or isinstance(option.type, LayersType):
        return False
    if isinstance(option.type, click.Path):  # a start; a file that follows may be a photo
        return argument in START_MODES
    try:
        option.type.convert(argument, option, ctx)
    except click.BadParameter:
        return False
    return True


_TYPES: dict[str, Any] = {
    "size": SizeType(),
    "start": ExpandedPath(),
    "content_layers": LayersType(),
    "style_layers": LayersType(),
}
_MORE_HELP = {
    "size": "Or original: the photo's own.",
    "start": "One of recoloured, content, noise, or the file of a picture.",
}


def _make_quality_option() -> click.Option:
    from stylelab.pipeline.stages import QUALITIES

    return click.Option(
        ["--quality"],
        type=click.Choice(list(QUALITIES)),
        help="In place of --steps: for 512 px on two cores about 10 seconds, under a minute (the "
        "default), five minutes.",
    )


def _make_option(setting: Field[Any]) -> click.Option:
    name, choices = setting.name, setting.metadata["choices"]
    default = None if name.endswith("_layers") else setting.default
    numbers = {"int": int, "float": float}
    of_choices = click.Choice(choices) if choices else numbers.get(str(setting.type).split()[0])
    return click.Option(
        [cli_option(name), name],
        type=_TYPES.get(name, of_choices),
        default=default,
        show_default=default is not None,
        help=" ".join(filter(None, [setting.metadata["help"], _MORE_HELP.get(name)])),
    )
