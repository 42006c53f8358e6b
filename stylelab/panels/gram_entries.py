"""Control of notebook 05: an entry of a Gram matrix, the maps it is made of, and shuffled positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.gram_entry import format_entry, show_gram_entry
from stylelab.losses.gram import gram_matrix, validate_maps
from stylelab.panels.arguments import as_integer
from stylelab.panels.control import Control

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.course.figures import CourseFigure

    Array = NDArray[np.floating[Any]]

SEED = 1
"""Of the order in which positions are shuffled."""


class GramEntries(Control):
    """Two sliders for an entry's row and column, and a box that shuffles the positions."""

    def __init__(self, maps: Array, row: int = 0, column: int = 1) -> None:
        import ipywidgets

        from stylelab.panels.slider import Slider

        validate_maps(maps, None)
        last = maps.shape[-1] - 1
        row, column = as_integer("row", row, 0, last), as_integer("column", column, 0, last)
        self._maps = maps
        self._shuffled = _shuffle_positions(maps)
        self._gram, after = (gram_matrix(m.astype(np.float64)) for m in (maps, self._shuffled))
        difference = float(np.abs(after - self._gram).max())
        self._largest_change = difference / (float(self._gram.max()) or 1.0)
        numbers = range(maps.shape[-1])
        widgets = {
            "row": Slider("row i", numbers, row),
            "column": Slider("column j", numbers, column),
            "shuffle": ipywidgets.Checkbox(
                False, description="shuffle the positions, all channels alike", indent=False,
                layout=ipywidgets.Layout(width="auto"),
            ),
        }  # fmt: skip
        super().__init__(self._draw_entry, widgets)
        self._show_message(self._describe_entry())

    def _draw_entry(self, row: float, column: float, *, shuffle: bool) -> CourseFigure:
        maps = self._shuffled if shuffle else self._maps
        return show_gram_entry(maps, int(row), int(column))

    def _show_figure(self) -> None:
        super()._show_figure()
        if not self.message.value:  # no error
            self._show_message(self._describe_entry())

    def _describe_entry(self) -> str:
        values = self.values
        i, j = int(values["row"]), int(values["column"])
        entry = format_entry(float(self._gram[i, j]))
        if not values["shuffle"]:
            return f"Entry ({i}, {j}) of G is {entry}: the mean of the product over all positions."
        return (
            "Each position is somewhere else now, with all its channels: the maps have changed. G "
            f"stands still: entry ({i}, {j}) is {entry}, as before, and of all {self._gram.size:,} "
            f"entries none has moved by more than {self._largest_change:.0e} of the largest."
        )


def gram_entries(maps: Array, row: int = 0, column: int = 1) -> GramEntries:
    """Choose an entry of a Gram matrix, see the two maps and their product, and shuffle the positions.

    ```python
    maps = sl.VGG19("block1_conv1")(photo)["block1_conv1"]
    panels.gram_entries(maps, row=5, column=25)
    ```

    Without widgets, `figures.show_coactivations(maps, [(5, 25)])` shows maps and product.

    Args:
        maps: a layer's maps (rows, columns, channels), at least 0, as after a ReLU.
        row: the initial row of the matrix, i: number of a channel.
        column: the initial column, j.

    Raises:
        PictureError: the maps have another shape.
        SettingsError: there is no channel of that number.
    """
    return GramEntries(maps, row, column)


def _shuffle_positions(maps: Array) -> Array:
    """Bring every position, with all its channels, to another place."""
    points = maps.reshape(-1, maps.shape[-1])
    shuffled: Array = np.random.default_rng(SEED).permutation(points).reshape(maps.shape)
    return shuffled
