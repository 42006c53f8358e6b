"""What the output of a cell shows while an explorer opens, which takes seconds."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def present_cell() -> str | None:
    """Id of the cell that runs now; None outside a notebook, and where no page waits for it."""
    from IPython import get_ipython

    shell: Any = get_ipython()
    message = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell: str | None = message.get("metadata", {}).get("cellId")
    return cell


class OpeningNotice:
    """A sentence in the output of the present cell, which the explorer later takes the place of.

    Attributes:
        cell: id of the cell; without one, nothing is shown.
    """

    def __init__(self) -> None:
        self.cell = present_cell()
        self._output: Any = None

    def say(self, sentence: str) -> None:
        """Show a sentence in place of the one before."""
        words = f'<p role="status" style="margin: 4px 0">{html.escape(sentence)}</p>'
        self._show({"text/plain": sentence, "text/html": words}, {})

    def give_way(self, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> bool:
        """Show something else in its place, once, in its own cell; False if that cannot be."""
        if self._output is None or present_cell() != self.cell:
            return False
        self._show(data, metadata)
        self._output = None
        return True

    def _show(self, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        from IPython.display import display

        if self._output is not None:
            self._output.update(dict(data), metadata=dict(metadata), raw=True)
        elif self.cell is not None:
            show: Any = display  # it has no type hints
            self._output = show(dict(data), metadata=dict(metadata), raw=True, display_id=True)
