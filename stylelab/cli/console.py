"""Terminal conventions of the command: paths with ~, warnings as plain sentences."""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from stylelab.cli.wording import to_cli_wording
from stylelab.errors import PictureWarning
from stylelab.pipeline.signals import Terminated

if TYPE_CHECKING:
    from collections.abc import Iterator

BAD_INPUT = 2
INTERRUPTED = 130
"""Exit statuses: as click's for wrong arguments, and as a shell's for Ctrl-C."""


def exit_status(ended: BaseException | None) -> int:
    """Exit status of work that an error or a signal ended early; 0 if nothing did."""
    if isinstance(ended, Terminated):
        return 128 + ended.signal
    if isinstance(ended, KeyboardInterrupt | click.Abort):
        return INTERRUPTED
    return 0 if ended is None else BAD_INPUT


@contextmanager
def warnings_as_sentences() -> Iterator[None]:
    """Print each warning for users once, as a plain sentence."""
    shown_messages = set()
    with warnings.catch_warnings():
        show = warnings.showwarning

        def show_warning(message: Warning | str, category: type[Warning], *where: Any) -> None:
            if category not in (UserWarning, PictureWarning):
                show(message, category, *where)
            elif str(message) not in shown_messages:
                shown_messages.add(str(message))
                click.echo(f"Note: {to_cli_wording(str(message))}", err=True)

        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show_warning  # type: ignore[assignment]
        yield


class ExpandedPath(click.Path):
    """A path in which ~ is the home folder, even where the shell does not expand it."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Expand ~, then convert as Click does."""
        try:
            return super().convert(os.path.expanduser(value), param, ctx)  # noqa: PTH111 - any text
        except ValueError:  # a NUL byte, reported when the file is opened
            return value
