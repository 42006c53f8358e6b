"""A grid of a batch's pictures that grows in a notebook while the batch runs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from stylelab.batches.sheets import make_grid
from stylelab.errors import StylelabError
from stylelab.pipeline.streams import in_notebook

if TYPE_CHECKING:
    from stylelab.batches.jobs import JobRecord
    from stylelab.batches.sheets import PictureGrid


class LiveGrid:
    """Shows the pictures of a batch in a notebook as they are painted, in place of each other.

    ```python
    live = sl.LiveGrid(rows="style_weight", columns="seed")
    sl.batch(
        "cat", "swirling_night", output="results", style_weight=[3, 30], seed=[0, 1], size=64,
        callback=live, dry_run=True,
    )
    ```

    Args:
        rows, columns, size, chosen: those of `BatchResult.grid`.

    Attributes:
        records: of the jobs that have ended.
    """

    def __init__(self, rows: str, columns: str, *, size: int = 200, **chosen: Any) -> None:
        self.records: list[JobRecord] = []
        self._options: dict[str, Any] = {"rows": rows, "columns": columns, "size": size} | chosen
        self._display: Any = None
        self._is_wrong = False

    @property
    def grid(self) -> PictureGrid:
        """The grid of the jobs that have ended."""
        return make_grid(self.records, **self._options)

    def __call__(self, record: JobRecord) -> None:
        """Add a job that has ended, and show the grid in its place."""
        self.records.append(record)
        if not in_notebook() or self._is_wrong:
            return
        try:
            grid = self.grid
        except StylelabError as error:  # the batch goes on
            self._is_wrong = True
            warnings.warn(f"The grid is not shown. {error}", stacklevel=2)
            return
        if self._display is None:
            from IPython.display import display

            show: Any = display  # it has no type hints
            self._display = show(grid, display_id=True)
        else:
            self._display.update(grid)
