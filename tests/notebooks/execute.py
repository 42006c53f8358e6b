"""Execute the notebooks and keep their outputs: python tests/notebooks/execute.py NOTEBOOK …

Each runs in an empty folder, as it would for a reader, and is written back with its outputs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SECONDS_PER_CELL = 300


def execute(path: Path) -> nbformat.NotebookNode:
    """Run a notebook from top to bottom in an empty folder.

    Raises:
        CellExecutionError: a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            coalesce_streams=True,  # a progress bar is one line, its last
            record_timing=False,
        )
        return client.execute()


def main(paths: list[Path]) -> None:
    """Execute the notebooks named, or all of them, and write them back."""
    for path in paths or sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = execute(path)
        # GitHub refuses notebooks with widgets but without their state.
        notebook.metadata.pop("widgets", None)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
