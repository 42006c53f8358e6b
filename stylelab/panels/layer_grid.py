"""Control of notebook 08: style layers and style weights compared in a grid of pictures."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.course.figures.transfer import show_picture_grid
from stylelab.errors import SettingsError
from stylelab.losses.content import content
from stylelab.losses.layer_weights import STYLE_LAYERS
from stylelab.losses.style import style
from stylelab.losses.total_variation import total_variation
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.panels.arguments import as_subset
from stylelab.panels.background import PREPARING, BackgroundControl, WorkProgress
from stylelab.panels.run_cache import RunCache, load_resized

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stylelab.course.figures import CourseFigure
    from stylelab.losses.loss import Loss, Objective
    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import Picture, PictureSource

MAX_SIDE = 128
"""Long side of the results, in pixels: a cell takes about five seconds."""

STEPS = 40
"""Steps of L-BFGS for each cell: after ten, the colours of deep layers are still far from settled."""

ROWS: Mapping[str, Sequence[str]] = MappingProxyType(
    {layer: (layer,) for layer in STYLE_LAYERS} | {"all five": STYLE_LAYERS}
)
"""Style layers, by the name of the row."""

WEIGHTS = (1, 10, 100, 1000)
"""Style weights of the columns."""

WIDTH = 8.6
"""Width of the figure, in inches: its pictures have few pixels."""

LABEL = "5em"
"""Width of the label in front of a row of widgets, a CSS length."""

Cell = tuple[str, int]
"""A row's name and a style weight."""


class LayerGrid(BackgroundControl):
    """Checkboxes for rows and columns, a list for the cell shown larger, and the grid."""

    def __init__(
        self,
        photo: PictureSource,
        painting: PictureSource,
        rows: Sequence[str],
        weights: Sequence[int],
    ) -> None:
        import ipywidgets

        self._photo, self._painting = (
            load_resized(photo, MAX_SIDE),
            load_resized(painting, MAX_SIDE),
        )
        self._objective: Objective | None = None  # compiled when it is needed
        self.cache: RunCache[Cell] = RunCache(self._begin, STEPS)
        ticked = {name: name in rows for name in ROWS}
        ticked |= {_column_name(weight): weight in weights for weight in WEIGHTS}
        widgets = {
            name: ipywidgets.Checkbox(
                on, description=name, indent=False,
                layout=ipywidgets.Layout(width="auto", margin="0 1.5em 0 0"),
            )
            for name, on in ticked.items()
        }  # fmt: skip
        cells = _cells(ticked)
        larger = ipywidgets.Dropdown(
            options=_options(cells), value=cells[-1], description="larger:",
            tooltip="the cell that is shown larger", style={"description_width": LABEL},
        )  # fmt: skip
        super().__init__(
            self._draw_grid,
            self._run_cells,
            self._missing_message,
            {**widgets, "larger": larger},
            _layout,
        )

    def _loss(self, cell: Cell) -> Loss:
        """A cell's loss, with all style layers, most of them with a weight of 0."""
        row, weight = cell
        layers = {layer: float(layer in ROWS[row]) for layer in STYLE_LAYERS}
        return content(self._photo) + weight * style(self._painting, layers) + total_variation()

    def _begin(self, cell: Cell, last: Step | None) -> Iterator[Step]:
        if self._objective is None:
            # One graph for all cells, which differ in their weights only.
            self._objective = self._loss(("all five", 1)).objective(self._photo.shape)
        evaluate = partial(self._objective, part_weights=self._loss(cell).part_weights)
        return lbfgs(evaluate, start=last or self._photo, steps=STEPS)

    def _draw_grid(self, *, larger: Cell, **ticked: bool) -> CourseFigure:
        cells = _cells(ticked)
        shown: dict[str, dict[str, Picture | None]] = {row: {} for row, _ in cells}
        for row, weight in cells:
            steps_so_far = self.cache.steps_so_far((row, weight), STEPS)
            shown[row][_column_name(weight)] = steps_so_far[-1].image if steps_so_far else None
        enlarged = (larger[0], _column_name(larger[1])) if larger in cells else None
        return show_picture_grid(shown, larger=enlarged, width=WIDTH)

    def _run_cells(self, *, larger: Cell, **ticked: bool) -> Iterator[WorkProgress]:
        cells = _cells(ticked)
        # The cell shown larger comes first.
        cells.sort(key=lambda cell: cell != larger)
        if not self.cache.begun:
            yield WorkProgress(0, PREPARING)
        for cell, step in self.cache.advance(cells, STEPS):
            steps_done = [self.cache.steps_done(each, STEPS) for each in cells]
            place = f"cell {1 + sum(count == STEPS for count in steps_done)} of {len(cells)}"
            if step == STEPS:
                place = f"{steps_done.count(STEPS)} of {len(cells)} cells are done"
            words = f"{_cell_name(cell)}: step {step} of {STEPS} · {place}"
            yield WorkProgress(sum(steps_done) / (STEPS * len(cells)), words)

    def _missing_message(self, **values: Any) -> str:
        cells = _cells(values)
        left = sum(self.cache.steps_done(cell, STEPS) < STEPS for cell in cells)
        return f"{left} of {len(cells)} cells are not painted yet. Press Run." if left else ""

    def _update_others(self, changed: Any) -> None:
        """Update the list of cells from the checkboxes."""
        list_of_cells = self.widgets["larger"]
        if changed is list_of_cells:
            return
        with suppress(SettingsError):  # nothing is selected; redrawing reports it
            cells, chosen = _cells(self.values), list_of_cells.value
            list_of_cells.options = _options(cells)
            list_of_cells.value = chosen if chosen in cells else cells[-1]


def layer_grid(
    photo: PictureSource,
    painting: PictureSource,
    *,
    rows: Sequence[str] = ("block1_conv1", "block4_conv1"),
    weights: Sequence[int] = (10, 100),
) -> LayerGrid:
    """Style transfer of one photo with several style layers and style weights, in a grid.

    Each cell takes 40 steps of L-BFGS at 128 pixels at most, with a loss of content, style and total
    variation. Computed cells are cached. Without widgets,
    `figures.show_picture_grid({row: {column: picture, …}, …})` draws the same.

    Args:
        photo: the content picture, from which each cell starts: a sample's name, or anything that
            `load_image` takes.
        painting: the style picture; the same.
        rows: initially selected rows: names of
            `stylelab.losses.layer_weights.STYLE_LAYERS`, or "all five".
        weights: initially selected style weights, of 1, 10, 100 and 1000.

    Raises:
        PictureError: a picture cannot be used.
        SettingsError: there is no such row or weight, or none is selected.
    """
    rows, weights = as_subset("rows", rows, tuple(ROWS)), as_subset("weights", weights, WEIGHTS)
    return LayerGrid(photo, painting, rows, weights)


def _column_name(weight: int) -> str:
    return f"weight {weight}"


def _cell_name(cell: Cell) -> str:
    return f"{cell[0]}, {_column_name(cell[1])}"


def _options(cells: Sequence[Cell]) -> list[tuple[str, Cell]]:
    return [(_cell_name(cell), cell) for cell in cells]


def _cells(ticked: Mapping[str, Any]) -> list[Cell]:
    """The cells of the selected rows and columns, row by row."""
    cells = [
        (row, weight)
        for row in ROWS
        if ticked[row]
        for weight in WEIGHTS
        if ticked[_column_name(weight)]
    ]
    if not cells:
        raise SettingsError(
            "Expected at least one layer and one weight. Received: none of one kind. Select one above."
        )
    return cells


def _layout(widgets: Mapping[str, Any]) -> Any:
    import ipywidgets

    def row(label: str, names: Sequence[str]) -> Any:
        title = ipywidgets.HTML(
            f'<div style="text-align: right">{label}</div>',
            layout=ipywidgets.Layout(width=LABEL, margin="0 8px 0 2px"),
        )
        boxes = [widgets[name] for name in names]
        wrapping = ipywidgets.Layout(flex="1 1 0", flex_flow="row wrap")
        return ipywidgets.HBox([title, ipywidgets.HBox(boxes, layout=wrapping)])

    columns = [_column_name(weight) for weight in WEIGHTS]
    return ipywidgets.VBox([row("style at:", list(ROWS)), row("with:", columns), widgets["larger"]])
