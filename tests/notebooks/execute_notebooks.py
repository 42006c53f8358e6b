"""Execute notebooks and store their outputs: python tests/notebooks/execute_notebooks.py [NOTEBOOK …]

Each notebook runs in an empty folder, as for a reader, and is written back with its outputs. Prints
the time and the memory that each needed; with --measure nothing is written.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

import nbformat
import psutil

from stylelab.course.classroom import execute_notebook, read_notebook
from stylelab.pictures.atomic_files import atomic_write

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def code_cells(notebook: Any) -> list[Any]:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: Any) -> list[Any]:
    """Return the outputs of all cells of a notebook."""
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def run_and_collect_warnings(path: Path) -> list[Any]:
    """Run a notebook from top to bottom; return its outputs to stderr. An error is raised."""
    executed = execute_notebook(read_notebook(path))
    return [output for output in outputs(executed) if output.get("name") == "stderr"]


def main(paths: list[Path], *, write: bool) -> None:
    """Execute some notebooks, or all; print the time and memory of each; write them back if `write`."""
    print(f"{'notebook':<28}{'seconds':>10}{'GB resident':>14}{'MB on disk':>13}")
    total = 0.0
    for path in paths or sorted(NOTEBOOKS.glob("*.ipynb")):
        start = time.perf_counter()
        with PeakMemory() as memory:
            notebook = execute_notebook(read_notebook(path))
        seconds = time.perf_counter() - start
        total += seconds
        if write:
            with atomic_write(path) as file:
                file.write(f"{nbformat.writes(notebook).rstrip()}\n".encode())
        size = path.stat().st_size / 1e6
        print(f"{path.stem:<28}{seconds:>10.0f}{memory.peak / 1e9:>14.2f}{size:>13.2f}", flush=True)
    print(f"{'total (limit 1200)':<28}{total:>10.0f}")


class PeakMemory:
    """Measure the largest resident memory of any child process, in bytes."""

    def __init__(self) -> None:
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample_memory, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample_memory(self) -> None:
        while not self._over.wait(0.2):
            for child in psutil.Process().children(recursive=True):
                try:
                    self.peak = max(self.peak, child.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue


if __name__ == "__main__":
    measuring = "--measure" in sys.argv
    main([Path(name) for name in sys.argv[1:] if name != "--measure"], write=not measuring)
