"""How a large picture is divided into tiles that overlap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stylelab.errors import SettingsError
from stylelab.network.layer_facts import LAYERS, sort_by_depth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Tile(NamedTuple):
    """A piece of a picture: what is cut out, and which part of that is its own. In pixels.

    Attributes:
        rows, columns: what is cut out, border included.
        core_rows, core_columns: what no other tile has as its own.
    """

    rows: slice
    columns: slice
    core_rows: slice
    core_columns: slice

    def slices(self, stride: int) -> tuple[slice, slice]:
        """Give the rows and columns of the whole picture's maps at a layer that are cut out."""
        return _slice_at_stride(self.rows, stride), _slice_at_stride(self.columns, stride)

    def core(self, stride: int) -> NDArray[np.float32]:
        """Tell a layer's units that are the tile's own (1) from its border (0), as cut out."""
        rows, columns = self.slices(stride)
        weights = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        core_rows, core_columns = (
            slice(own.start // stride - cut.start, own.stop // stride - cut.start)
            for own, cut in ((self.core_rows, rows), (self.core_columns, columns))
        )
        weights[core_rows, core_columns] = 1
        return weights


def border(layers: Sequence[str]) -> int:
    """Give how many pixels of border a tile needs on each side for these layers of VGG19.

    Raises:
        LayerError: a name is not one of VGG19's layers.
    """
    if not layers:
        return 1  # a pixel and its neighbour
    deepest = LAYERS[sort_by_depth(tuple(layers))[-1]]
    top, _, bottom, _ = deepest.square(0, 0)
    return _round_up(max(-top, bottom - deepest.stride), deepest.stride)


def plan_tiles(height: int, width: int, layers: Sequence[str], tile: int = 512) -> tuple[Tile, ...]:
    """Divide a picture into tiles of nearly equal sides.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        layers: at which the features have to be those of the whole picture.
        tile: longest side of a tile, its borders included, in pixels. A picture that is no larger
            makes one tile.

    Raises:
        SettingsError: the tile is not larger than its borders.
        LayerError: a name is not one of VGG19's layers.
    """
    if isinstance(tile, bool) or not isinstance(tile, int | np.integer) or tile < 1:
        raise SettingsError(
            f"Expected the side of a tile as a whole number of pixels. Received: {tile!r}."
        )
    wide = border(layers)
    step = LAYERS[sort_by_depth(tuple(layers))[-1]].stride if layers else 1
    least = 2 * wide + step
    if max(height, width) > tile and tile < least:
        raise SettingsError(
            f"Expected a tile of at least {least} px for layers as deep as "
            f"{sort_by_depth(tuple(layers))[-1] if layers else 'none'}, which needs {wide} px of "
            f"border on each side. Received: tile={tile}. Take tile={max(512, 2 * least)}, with which "
            "the borders cost less too, or leave out the deepest layers."
        )
    return tuple(
        Tile(rows, columns, core_rows, core_columns)
        for rows, core_rows in _split_side(height, int(tile), wide, step)
        for columns, core_columns in _split_side(width, int(tile), wide, step)
    )


def _split_side(length: int, tile: int, wide: int, step: int) -> list[tuple[slice, slice]]:
    """Divide a side: pairs of what is cut out and what is own."""
    if length <= tile:
        return [(slice(0, length), slice(0, length))]
    count = math.ceil((length - 2 * wide) / (tile // step * step - 2 * wide))
    even = _round_up((length + 2 * wide * (count - 1)) / count, step)
    fresh = even - 2 * wide
    spans = []
    for start in range(0, length - 2 * wide, fresh):
        stop = min(start + even, length)
        own = slice(start + wide if start else 0, length if stop == length else stop - wide)
        spans.append((slice(start, stop), own))
    return spans


def _round_up(number: float, step: int) -> int:
    return math.ceil(number / step) * step


def _slice_at_stride(places: slice, stride: int) -> slice:
    return slice(places.start // stride, places.stop // stride)
