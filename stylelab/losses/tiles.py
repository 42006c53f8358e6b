"""How a large picture is divided into tiles that overlap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stylelab.errors import SettingsError
from stylelab.network.layer_facts import LAYERS, sort_by_depth
from stylelab.pictures.validation import validate_whole_number

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
        """Rows and columns of the whole picture's maps at a layer that are cut out."""
        return _slice_at_stride(self.rows, stride), _slice_at_stride(self.columns, stride)

    def core(self, stride: int) -> NDArray[np.float32]:
        """Mask of a layer's units, as cut out: 1 in the core, 0 in the border."""
        rows, columns = self.slices(stride)
        weights = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        core_rows, core_columns = (
            slice(core.start // stride - cut.start, core.stop // stride - cut.start)
            for core, cut in ((self.core_rows, rows), (self.core_columns, columns))
        )
        weights[core_rows, core_columns] = 1
        return weights


def border(layers: Sequence[str]) -> int:
    """Border of a tile on each side, in pixels; raise a `LayerError` if a name is not a layer's."""
    if not layers:
        return 1  # a pixel and its neighbour
    deepest = LAYERS[sort_by_depth(layers)[-1]]
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
    validate_whole_number("tile", tile, at_least=1, unit="pixels")
    margin = border(layers)
    deepest, step = "none", 1
    if layers:
        deepest = sort_by_depth(layers)[-1]
        step = LAYERS[deepest].stride
    least = 2 * margin + step
    if max(height, width) > tile and tile < least:
        raise SettingsError(
            f"Expected a tile of at least {least} px for layers as deep as {deepest}, which needs "
            f"{margin} px of border on each side. Received: tile={tile}. Take "
            f"tile={max(512, 2 * least)}, with which the borders cost less too, or leave out the "
            "deepest layers."
        )
    return divide(height, width, int(tile), margin, step)


def divide(height: int, width: int, tile: int, margin: int, step: int) -> tuple[Tile, ...]:
    """Divide a picture into tiles of nearly equal sides, row by row.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        tile: longest side of a tile, its borders included; at least two borders and a step.
        margin: border on each side, a multiple of the step.
        step: what the places of tiles and cores are multiples of, except at the picture's edges.
    """
    return tuple(
        Tile(rows, columns, core_rows, core_columns)
        for rows, core_rows in _split_side(height, tile, margin, step)
        for columns, core_columns in _split_side(width, tile, margin, step)
    )


def _split_side(length: int, tile: int, margin: int, step: int) -> list[tuple[slice, slice]]:
    """Divide a side: pairs of what is cut out and its core."""
    if length <= tile:
        return [(slice(0, length), slice(0, length))]
    count = math.ceil((length - 2 * margin) / (tile // step * step - 2 * margin))
    side = _round_up((length + 2 * margin * (count - 1)) / count, step)
    advance = side - 2 * margin
    spans = []
    for start in range(0, length - 2 * margin, advance):
        stop = min(start + side, length)
        core = slice(start + margin if start else 0, length if stop == length else stop - margin)
        spans.append((slice(start, stop), core))
    return spans


def _round_up(number: float, step: int) -> int:
    return math.ceil(number / step) * step


def _slice_at_stride(pixels: slice, stride: int) -> slice:
    return slice(pixels.start // stride, pixels.stop // stride)
