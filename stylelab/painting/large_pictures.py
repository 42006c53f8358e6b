"""Pictures too large to be painted at once: one part of the network after the other, each in tiles.

Convolutions see a few pixels around them, so tiles that overlap by as many fit together. Instance
normalisation sees all: its means and variances are those of the whole picture, at every layer, and they
depend on those of the layers before. So they are found one layer after the other, each in a pass over
the tiles. To begin with the photo each time would take six times as long as painting at once. Here maps
of a quarter of the size are kept between the network's parts, which takes two to three times as long,
and for the usual network 48 bytes for each pixel, photo and result included.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stylelab.errors import PictureError
from stylelab.losses.tiles import divide
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.painting.normalization import Statistics
from stylelab.painting.painting_network import Layers
from stylelab.pipeline.hardware import available_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from stylelab.losses.tiles import Tile
    from stylelab.network.tensorflow import Tensor
    from stylelab.painting.painting_network import NetworkInfo, PaintingNetwork
    from stylelab.pictures.images import Picture

    Maps = NDArray[np.float32]

MARGIN = 8
"""Pixels around a tile's core that one part of the network reaches: all parts need the same."""

STEP = 4
"""Pixels from one of the inner maps' positions to the next."""

LEAST_TILE = 2 * MARGIN + STEP
"""Shortest side of a tile, in pixels."""

BYTES_AT_ONCE = 30
"""Memory for each pixel that is painted at once and each channel of the first convolution, measured."""


class Part(NamedTuple):
    """A part of the network, between maps that are kept.

    Attributes:
        layers: its convolutions that are normalised, in order, each with its stride in pixels.
        stride_in: pixels from one position to the next of what goes in.
        stride_out: the same, of what comes out.
        channels: of what comes out.
        run: what the part does with maps (1, rows, columns, channels) of a photo (1, H, W, 3).
    """

    layers: Mapping[str, int]
    stride_in: int
    stride_out: int
    channels: int
    run: Callable[[Layers, Tensor, Maps], Tensor]


def network_parts(info: NetworkInfo) -> tuple[Part, ...]:
    """List the parts of a network, in order."""

    def block(number: int) -> Part:
        layers = {f"block{number}_conv{half}": STEP for half in (1, 2)}
        return Part(layers, STEP, STEP, inner, lambda one, maps, _: one.block(number, maps))

    inner = 3 * info.width
    down = {"input": 1, "down1": 2, "down2": STEP}
    return (
        Part(down, 1, STEP, inner, lambda one, maps, _: one.down(maps)),
        *(block(number) for number in range(1, info.blocks + 1)),
        Part({"up1": 2, "up2": 1}, STEP, 1, 3, Layers.up),
    )


def validate_memory(info: NetworkInfo, height: int, width: int, tile: int) -> None:
    """Raise a `PictureError` if painting a picture, which is there already, would not fit into memory.

    Args:
        info: of the network.
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        tile: side of the square that is painted at once, in pixels.
    """
    pixels, free = height * width, available_memory()
    at_once = BYTES_AT_ONCE * info.width * min(pixels, tile**2)
    inner_bytes = 3 * info.width / STEP**2 * np.float32().itemsize
    kept = 0.0 if pixels <= tile**2 else pixels * (2 * inner_bytes + 3 * np.float32().itemsize)
    if at_once + kept <= free:
        return
    advice = f"Take tile={max(LEAST_TILE, tile // 4)}, which needs less at once"
    if kept and free > at_once:
        size = math.floor(max(height, width) * math.sqrt((free - at_once) / kept))
        advice = f"Take size={size}, or close other programs"
    raise PictureError(
        f"Expected a picture that can be painted in {free / 1e9:.1f} GB of memory. Received: {width} × "
        f"{height} px, which need {(at_once + kept) / 1e9:.1f} GB. {advice}."
    )


@run_eagerly
def paint_in_tiles(
    network: PaintingNetwork,
    image: Picture,
    weights: NDArray[np.float32],
    tile: int,
    report: Callable[[float], object] = lambda _: None,
) -> Picture:
    """Paint a picture in tiles: but for rounding, the same picture as at once.

    Args:
        network: what paints.
        image: (H, W, 3).
        weights: how much each style counts, (styles,).
        tile: longest side of a tile, in pixels, at least 20.
        report: is given the share of the work that is done, from 0 to 1, after each tile.
    """
    height, width, _ = image.shape
    tiles = divide(height, width, tile, MARGIN, STEP)
    parts = network_parts(network.info)
    total = sum(len(part.layers) + 1 for part in parts) * len(tiles)
    shares = (number / total for number in range(1, total + 1))
    statistics: dict[str, Statistics] = {}

    def run(part: Part, maps: Maps, one: Tile) -> Tensor:
        """One part of the network on one tile, up to a layer whose statistics are not known yet."""
        layers = Layers(network.parameters, weights[None], choose)
        rows, columns = (_at_stride(side, part.stride_in) for side in (one.rows, one.columns))
        return part.run(layers, maps[None, rows, columns], image[None, one.rows, one.columns])

    def choose(name: str, maps: Tensor) -> Statistics:
        if name not in statistics:
            raise _UnknownStatistics(maps)
        return statistics[name]

    kept: Maps = image
    for part in parts:
        for name, stride in part.layers.items():
            moments = []
            for one in tiles:
                try:
                    run(part, kept, one)
                except _UnknownStatistics as reached:
                    moments.append(_moments(reached.maps[(0, *_own(one, stride))]))
                report(next(shares))
            statistics[name] = pool(moments)
        size = [math.ceil(side / part.stride_out) for side in (height, width)]
        result = np.empty((*size, part.channels), np.float32)
        for one in tiles:
            core = [_at_stride(side, part.stride_out) for side in (one.core_rows, one.core_columns)]
            result[tuple(core)] = run(part, kept, one)[(0, *_own(one, part.stride_out))]
            report(next(shares))
        kept = result
    return kept


class _UnknownStatistics(Exception):  # noqa: N818 - no error: it ends a pass at the layer it measures
    """A layer is reached whose statistics are not known yet; with its maps, before normalisation."""

    def __init__(self, maps: Tensor) -> None:
        super().__init__()
        self.maps = maps


def pool(moments: Sequence[tuple[int, Maps, Maps]]) -> Statistics:
    """Mean and variance of a whole, from the count, mean and variance of each of its pieces.

    Args:
        moments: of each piece: the number of its positions, mean and variance of each channel, (C,).

    Returns:
        Tensors (1, 1, 1, C).
    """
    counts = np.array([count for count, _, _ in moments], float)
    means, variances = (np.array([one[index] for one in moments], float) for index in (1, 2))
    mean = np.average(means, axis=0, weights=counts)
    variance = np.average(variances + (means - mean) ** 2, axis=0, weights=counts)
    tensorflow = import_tensorflow()
    return Statistics(
        *(
            tensorflow.constant(one[None, None, None], tensorflow.float32)
            for one in (mean, variance)
        )
    )


def _moments(maps: Tensor) -> tuple[int, Maps, Maps]:
    """Number of positions, and mean and variance of each channel, of maps (rows, columns, C)."""
    mean, variance = import_tensorflow().nn.moments(maps, (0, 1))
    return math.prod(maps.shape[:2]), mean.numpy(), variance.numpy()


def _own(tile: Tile, stride: int) -> tuple[slice, slice]:
    """The tile's core within its cut, in positions of a stride."""
    rows, columns = (
        slice(core.start - cut.start, core.stop - cut.start)
        for core, cut in ((tile.core_rows, tile.rows), (tile.core_columns, tile.columns))
    )
    return _at_stride(rows, stride), _at_stride(columns, stride)


def _at_stride(pixels: slice, stride: int) -> slice:
    """Positions of a stride that pixels belong to; starts are multiples of it."""
    return slice(pixels.start // stride, math.ceil(pixels.stop / stride))
