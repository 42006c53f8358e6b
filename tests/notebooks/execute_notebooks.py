"""Execute the notebooks and keep their outputs: python tests/notebooks/execute_notebooks.py [NOTEBOOK …]

Each runs in an empty folder, as it would for a reader, and is written back with its outputs. Prints
how long each took and the memory that its kernel needed; with --measure it does nothing else.
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
    """The cells that a notebook runs."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: Any) -> list[Any]:
    """All that its cells gave."""
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def run_and_collect_warnings(path: Path) -> list[Any]:
    """Run a notebook from top to bottom; give what it wrote as warnings. An error is raised."""
    executed = execute_notebook(read_notebook(path))
    return [output for output in outputs(executed) if output.get("name") == "stderr"]


def main(paths: list[Path], *, keep: bool) -> None:
    """Execute the notebooks named, or all of them; print what each needed; write them back."""
    print(f"{'notebook':<28}{'seconds':>10}{'GB resident':>14}{'MB on disk':>13}")
    total = 0.0
    for path in paths or sorted(NOTEBOOKS.glob("*.ipynb")):
        began = time.perf_counter()
        with PeakMemory() as watch:
            notebook = execute_notebook(read_notebook(path))
        took = time.perf_counter() - began
        total += took
        if keep:
            with atomic_write(path) as file:
                file.write(f"{nbformat.writes(notebook).rstrip()}\n".encode())
        size = path.stat().st_size / 1e6
        print(f"{path.stem:<28}{took:>10.0f}{watch.peak / 1e9:>14.2f}{size:>13.2f}", flush=True)
    print(f"{'together (wanted < 1200)':<28}{total:>10.0f}")


class PeakMemory:
    """Measures the most memory that any child process has held (resident, in bytes)."""

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
    main([Path(name) for name in sys.argv[1:] if name != "--measure"], keep=not measuring)
