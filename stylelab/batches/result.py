"""What became of a batch."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stylelab.batches.jobs import count_text
from stylelab.batches.page import make_page
from stylelab.batches.sheets import PictureGrid, make_grid, make_sheets
from stylelab.batches.table import encode_csv, make_table, save_table, write_file
from stylelab.pictures.encoding import encode_jpeg
from stylelab.pictures.paths import expand_home
from stylelab.pictures.saving import make_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

    from stylelab.batches.jobs import JobRecord
    from stylelab.pictures.images import Picture

TABLE, PAGE, SHEETS = "table.csv", "index.html", "sheets"
"""Files and folder of an overview."""


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    ```python
    result = sl.batch("cat", "swirling_night", output="results", size=64, dry_run=True)
    result.records[0].state, len(result.failed)
    ```

    Attributes:
        folder: where the jobs' folders are.
        records: one a job, in the order of the plan.
        faults: a sentence for each picture that could not be used, and was in no job.
        signal: the number of the signal that ended the batch early, if one did: Ctrl-C is SIGINT.
    """

    folder: Path
    records: tuple[JobRecord, ...]
    faults: tuple[str, ...] = ()
    signal: int | None = None

    @property
    def failed(self) -> tuple[JobRecord, ...]:
        """The jobs that failed."""
        return tuple(record for record in self.records if record.state == "failed")

    def table(self) -> list[dict[str, Any]]:
        """A row for each job: every setting, the loss by term, seconds, memory; for `pandas.DataFrame`.

        ```python
        result = sl.batch("cat", "swirling_night", output="results", seed=[0, 1], dry_run=True)
        [row["seed"] for row in result.table()]
        ```
        """
        return make_table(self.records)

    def save_table(self, path: str | os.PathLike[str]) -> Path:
        """Save the table as CSV, or as Parquet if pyarrow is installed, and return its path.

        Raises:
            OutputError: its name ends in neither .csv nor .parquet, or it cannot be written.
        """
        return save_table(path, self.records)

    def grid(self, rows: str, columns: str, *, size: int = 200, **chosen: Any) -> PictureGrid:
        """The pictures by two settings, with names and values; a notebook shows it.

        ```python
        result = sl.batch(
            "cat", "swirling_night", output="results", style_weight=[3, 30], seed=[0, 1], dry_run=True
        )
        result.grid(rows="style_weight", columns="seed", size=64)
        ```

        Args:
            rows: `"photo"`, `"painting"` or a setting.
            columns: another of them.
            size: longer side of each picture, in pixels.
            **chosen: values of what else the jobs differ in, as in `photo="cat"`.

        Raises:
            SettingsError: there is no such setting, or a cell would have several pictures.
        """
        return make_grid(self.records, rows, columns, size=size, **chosen)

    def sheets(self, by: str = "photo") -> dict[str, Picture]:
        """Contact sheets of the finished pictures, one for each value: of each photo, by default.

        ```python
        result = sl.batch("cat", "swirling_night", output="results", seed=[0, 1], dry_run=True)
        assert result.sheets(by="seed") == {}  # nothing is painted yet
        ```
        """
        return make_sheets(self.records, by)

    def save_page(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Save an HTML page of all pictures and their settings, to filter and to send; return its path.

        Args:
            path: where; by default `index.html` in the batch's folder.

        Raises:
            OutputError: it cannot be written.
        """
        target = self.folder / PAGE if path is None else expand_home(path)
        title = f"{self.folder.name}: {count_text(len(self.records), 'picture')}"
        page = make_page(self.records, target.absolute().parent, title)
        return write_file(target, page.encode("utf-8", "replace"))

    def save_overview(self) -> Path:
        """Save table, contact sheets and page in the batch's folder, and return the page's path.

        If nothing has changed since they were saved, they are left as they are.

        Raises:
            OutputError: one cannot be written.
            PictureError: a picture is damaged.
        """
        table, page, sheets = (self.folder / name for name in (TABLE, PAGE, SHEETS))
        content = encode_csv(self.table())
        with suppress(OSError):
            if table.read_bytes() == content and page.exists():
                return page
        advice = "Rename what is there, or choose another folder."
        make_folder(sheets, "contact sheets", advice)
        for number, (name, sheet) in enumerate(self.sheets().items(), 1):
            stem = re.sub(r"[^\w.+]+", "_", name)[:40].strip("._") or "photo"
            write_file(sheets / f"{number:03}-{stem}.jpg", encode_jpeg(sheet))
        self.save_page(page)
        write_file(table, content)  # the last: when it is there, all is
        return page

    def __str__(self) -> str:
        return self.describe()

    def describe(self, reword: Callable[[str], str] = str) -> str:
        """How many pictures are done, what failed, and what to do about it.

        Args:
            reword: puts sentences for readers of Python into other words.
        """
        done = sum(record.state == "done" for record in self.records)
        lines = [f"{done:,} of {count_text(len(self.records), 'picture')} in {self.folder} done."]
        if self.failed:
            lines.append(f"{len(self.failed):,} failed:")
            lines += [f"  {one.name}: {reword(one.error or '')}" for one in self.failed]
            lines.append(reword("To try them again, give retry_failed=True."))
        if self.faults:
            lines.append(f"{count_text(len(self.faults), 'input')} could not be used:")
            lines += [f"  {reword(fault)}" for fault in self.faults]
        if left := len(self.records) - done - len(self.failed):
            lines.append(f"{left:,} left. The same batch, started again, goes on from here.")
        return "\n".join(lines)
