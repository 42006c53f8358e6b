import html
import re
from typing import Any

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.losses.content import content
from stylelab.losses.layer_weights import STYLE_LAYERS
from stylelab.losses.loss import Loss, Objective
from stylelab.losses.style import style
from stylelab.losses.total_variation import total_variation
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.panels import layer_grid
from stylelab.panels.background import DONE, PREPARING
from stylelab.panels.layer_grid import STEPS, LayerGrid
from stylelab.pictures.images import Picture

SECONDS = 900.0


@pytest.fixture
def grid(photo: Picture, painting: Picture) -> LayerGrid:
    grid = layer_grid(photo, painting, rows=("block1_conv1",), weights=(100,))
    grid.compute_first()
    return grid


def says(control: LayerGrid) -> str:
    return html.unescape(re.sub("<.*?>", "", control.message.value))


def options(control: LayerGrid) -> list[Any]:
    return [value for _, value in control.widgets["larger"].options]


def cells(control: LayerGrid) -> list[Any]:
    """What is drawn in the cells, row by row, and at last larger; None for an empty cell."""
    return [
        np.asarray(axes.images[0].get_array()) if axes.images else None
        for axes in control.drawing.figure.axes
    ]


def run(control: LayerGrid) -> None:
    assert not control.run.disabled
    control.run.click()
    assert control.wait(SECONDS)


@pytest.mark.parametrize(
    ("row", "layers"), [("block2_conv1", ("block2_conv1",)), ("all five", STYLE_LAYERS)]
)
def test_a_cell_is_painted_with_its_layers_and_weight(
    photo: Picture, painting: Picture, row: str, layers: tuple[str, ...]
) -> None:
    control = layer_grid(photo, painting, rows=(row,), weights=(10,))
    control.compute_first()
    loss = content(photo) + 10 * style(painting, layers) + total_variation()
    *_, step = lbfgs(loss, start=photo, steps=STEPS)
    cell, larger = cells(control)
    # Sums added up in another order differ in the last digits, and each step makes more of it.
    assert loss(cell).loss == pytest.approx(step.loss, rel=0.05)
    np.testing.assert_array_equal(cell, larger)


def test_it_opens_without_the_network_and_says_what_takes_long(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    compile_loss = Loss.objective

    def noting(loss: Loss, shape: tuple[int, ...]) -> Objective:
        compiled.append(says(control))
        return compile_loss(loss, shape)

    monkeypatch.setattr(Loss, "objective", noting)
    control = layer_grid(photo, painting, rows=("block1_conv1",), weights=(1, 10))
    assert compiled == []
    assert cells(control) == [None, None, None]
    control.compute_first()
    assert compiled == [PREPARING]
    assert says(control) == DONE


def test_newly_ticked_rows_and_columns_wait_for_run_and_keep_results(
    grid: LayerGrid,
) -> None:
    first = cells(grid)[0]
    grid.widgets["weight 1"].value = True
    assert says(grid) == "1 of 2 cells are not painted yet. Press Run."
    waiting, kept, _ = cells(grid)
    assert waiting is None
    np.testing.assert_array_equal(kept, first)
    run(grid)
    assert says(grid) == DONE
    painted, kept, _ = cells(grid)
    np.testing.assert_array_equal(kept, first)
    assert np.abs(painted - kept).mean() > 0.01
    for value in (False, True):
        grid.widgets["weight 1"].value = value
        assert grid.run.disabled
    np.testing.assert_array_equal(cells(grid)[0], painted)


def test_a_larger_style_weight_changes_the_picture_more(grid: LayerGrid, photo: Picture) -> None:
    grid.widgets["weight 1"].value = True
    run(grid)
    little, much, _ = (np.abs(cell - photo).mean() for cell in cells(grid))
    assert little < much


def test_the_list_contains_the_grid_cells_and_enlarges_the_chosen_one(
    grid: LayerGrid,
) -> None:
    assert options(grid) == [("block1_conv1", 100)]
    grid.widgets["block3_conv1"].value = True
    assert options(grid) == [("block1_conv1", 100), ("block3_conv1", 100)]
    larger = grid.widgets["larger"]
    assert larger.value == ("block1_conv1", 100)  # as it was
    larger.value = ("block3_conv1", 100)
    assert grid.drawing.figure.axes[-1].get_title() == "block3_conv1, weight 100"
    assert cells(grid)[-1] is None
    grid.widgets["block3_conv1"].value = False
    assert larger.value == ("block1_conv1", 100)
    assert cells(grid)[-1] is not None


def test_each_change_draws_once(grid: LayerGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    draw = grid.draw

    def noting(**values: Any) -> Any:
        drawn.append(values)
        return draw(**values)

    monkeypatch.setattr(grid, "draw", noting)
    grid.widgets["weight 10"].value = True
    grid.widgets["larger"].value = ("block1_conv1", 10)
    grid.widgets["weight 10"].value = False
    assert len(drawn) == 3


def test_the_enlarged_cell_is_painted_first(grid: LayerGrid) -> None:
    for name in ("weight 10", "weight 1000", "block2_conv1"):
        grid.widgets[name].value = True
    grid.widgets["larger"].value = ("block2_conv1", 10)
    work = grid.work(**grid.values)
    first = next(work)
    assert first.words.startswith("block2_conv1, weight 10: step 0")
    assert first.share == pytest.approx(1 / 6)
    work.close()  # type: ignore[attr-defined]
    assert cells(grid)[0] is None


def test_an_interrupted_cell_resumes(grid: LayerGrid) -> None:
    grid.widgets["weight 1"].value = True
    grid.widgets["larger"].value = ("block1_conv1", 1)
    for report in grid.work(**grid.values):
        if "step 4" in report.words:
            break
    run(grid)
    losses = [place.loss for place in grid.cache.steps_so_far(("block1_conv1", 1), STEPS)]
    assert len(losses) == STEPS + 1
    assert (np.diff(losses) < 0).all()  # as in a run that was never left


def test_without_rows_or_columns_a_message_is_shown_and_the_picture_kept(grid: LayerGrid) -> None:
    before = grid.drawing
    grid.widgets["weight 100"].value = False
    assert "at least one layer and one weight" in says(grid)
    assert grid.drawing is before
    assert grid.run.disabled
    grid.widgets["weight 100"].value = True
    assert says(grid) == DONE


def test_the_static_picture_has_alt_text(grid: LayerGrid) -> None:
    bundle, metadata = grid._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    words = metadata["image/jpeg"]["alt"]
    assert "Rows: block1_conv1. Columns: weight 100. At the right, larger" in words


@pytest.mark.parametrize(
    "wrong",
    [{"rows": ()}, {"rows": ("block9",)}, {"rows": "all five"}, {"weights": (5,)}, {"weights": ()}],
)
def test_unknown_rows_and_weights_are_refused(
    photo: Picture, painting: Picture, wrong: dict[str, Any]
) -> None:
    with pytest.raises(SettingsError, match="some of"):
        layer_grid(photo, painting, **wrong)
