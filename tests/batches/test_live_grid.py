"""A grid that grows while a batch runs, in one place of the notebook."""

from pathlib import Path
from typing import Any

import pytest
from job_records import make_sweep

from stylelab.batches import live_grid
from stylelab.batches.live_grid import LiveGrid
from stylelab.batches.sheets import PictureGrid


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, PictureGrid]]:
    """What a notebook shows: ("new" or "updated", the grid)."""
    calls: list[tuple[str, PictureGrid]] = []

    class Handle:
        def update(self, grid: PictureGrid) -> None:
            calls.append(("updated", grid))

    def display(grid: PictureGrid, **options: Any) -> Handle:
        assert options == {"display_id": True}
        calls.append(("new", grid))
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(live_grid, "in_notebook", lambda: True)
    return calls


def test_one_display_is_updated_as_jobs_end(
    tmp_path: Path, shown: list[tuple[str, PictureGrid]]
) -> None:
    live = LiveGrid("style_weight", "seed", size=48)
    for record in make_sweep(tmp_path, style_weight=[3, 30], seed=[0, 1]):
        live(record)
    assert [how for how, _ in shown] == ["new", "updated", "updated", "updated"]
    counts = [grid.alt.partition(":")[0] for _, grid in shown]
    assert counts == ["Grid of 1 picture", *(f"Grid of {number} pictures" for number in (2, 3, 4))]


def test_nothing_is_shown_outside_a_notebook(
    tmp_path: Path, shown: list[tuple[str, PictureGrid]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_grid, "in_notebook", lambda: False)
    live = LiveGrid("style_weight", "seed", size=48)
    for record in make_sweep(tmp_path, seed=[0, 1]):
        live(record)
    assert shown == []
    assert live.grid.alt.startswith("Grid of 2 pictures")


def test_a_grid_that_cannot_be_is_said_once_and_ends_no_batch(
    tmp_path: Path, shown: list[tuple[str, PictureGrid]]
) -> None:
    live = LiveGrid("weight", "seed")
    first, *others = make_sweep(tmp_path, seed=[0, 1, 2])
    with pytest.warns(UserWarning, match="The grid is not shown. Expected the name"):
        live(first)
    for record in others:
        live(record)
    assert shown == []
