"""Brush strokes: paths, rasterization, and shading of thick paint."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stylelab.samples.painters.canvas import colour_array, to_radians, validate_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from stylelab.samples.painters.canvas import Field, Floats, Palette, Sheet

POINTS = 16  # of a stroke's path
MAX_BATCH_SAMPLES = 1_500_000  # bounds the memory that a batch of strokes takes
# A sample's stroke, position along it and position across it, packed so that one write keeps all three.
ACROSS_BITS, ALONG_BITS = 8, 12
BRISTLES, BRUSHES = 24, 97
RIDGE_SMOOTHNESS = 1400  # ridges narrower than a long side over this run together


class Strokes(NamedTuple):
    """N strokes in the order in which they are painted.

    Attributes:
        paths: Their points (N, POINTS, 2) as (x, y), in long sides.
        widths: Their widths (N,) where they are widest, in long sides.
        colours: Their colours (N, 3) in [0, 1].
    """

    paths: Floats
    widths: Floats
    colours: Floats


def jittered_grid(sheet: Sheet, rng: np.random.Generator, spacing: float) -> Floats:
    """Positions (N, 2) about `spacing` long sides apart over the sheet, in random order.

    They lie on a jittered grid: random, but without the gaps and clusters of independent positions.
    """
    side = np.arange(-spacing, 1 + spacing, spacing, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    grid = grid + rng.uniform(0, spacing, grid.shape).astype(np.float32)
    grid = grid[rng.permutation(len(grid))]
    inside = (grid[:, 0] < sheet.right + spacing) & (grid[:, 1] < sheet.bottom + spacing)
    return grid[inside]


def trace_paths(starts: Floats, direction: Field, lengths: Floats | float) -> Floats:
    """Paths (N, POINTS, 2) which follow `direction` (radians) through the middle point `starts`."""
    step = np.broadcast_to(np.asarray(lengths, np.float32) / (POINTS - 1), (len(starts),))
    halves = []
    for sign in (-1.0, 1.0):
        x, y = starts.T
        half = []
        # The first step is half a step, so that both halves together have one point a step.
        for part in [0.5] + [1.0] * (POINTS // 2 - 1):
            angle = direction(x, y)
            reach = sign * part * step
            middle = direction(x + np.cos(angle) * reach / 2, y + np.sin(angle) * reach / 2)
            x = x + np.cos(middle) * reach
            y = y + np.sin(middle) * reach
            half.append(np.stack([x, y], axis=-1))
        halves.append(half)
    return np.stack(halves[0][::-1] + halves[1], axis=1).astype(np.float32)


class Brush:
    """A brush, whose strokes differ a little in length, width and lightness.

    Args:
        sheet: The sheet to paint on.
        palette: At least four colours.
        length: The strokes' usual length, in long sides, 0.01 to 0.5.
        width: Their usual width, in long sides, 0.005 to 0.1.
        direction: Rotates each stroke, in degrees clockwise.
    """

    def __init__(
        self, sheet: Sheet, palette: Palette, length: float, width: float, direction: float
    ) -> None:
        self.rng = sheet.rng(2)
        self.colours = colour_array(palette, 4)
        self.length = validate_number("stroke_length", length, 0.01, 0.5)
        self.width = validate_number("stroke_width", width, 0.005, 0.1)
        self.rotation = to_radians(direction)
        self.size = float(np.sqrt(self.length * self.width))

    def make_strokes(
        self,
        positions: Floats,
        direction: Field,
        colours: Floats,
        *,
        length: Floats | float,
        width: Floats | float,
        shade: float,
    ) -> Strokes:
        """Strokes that follow a direction.

        Args:
            positions: Their centres (N, 2), in the order in which they are painted.
            direction: The angle in radians which they follow, not yet rotated.
            colours: Their colours (N, 3).
            length: Their usual length, as a part of the brush's.
            width: Their usual width, as a part of the brush's.
            shade: The deviation of their lightness, as a factor.
        """
        count, rng = len(positions), self.rng
        lengths = length * self.length * rng.uniform(0.6, 1.25, count)
        widths = width * self.width * rng.uniform(0.65, 1.25, count)
        mixed = colours * (1 + shade * rng.standard_normal((count, 1)))
        mixed = np.clip(mixed + 0.018 * rng.standard_normal((count, 3)), 0, 1)
        paths = trace_paths(positions, lambda x, y: direction(x, y) + self.rotation, lengths)
        return Strokes(paths, widths.astype(np.float32), mixed.astype(np.float32))


def straight_paths(start: Floats, end: Floats) -> Floats:
    """Straight paths (N, POINTS, 2) from `start` (N, 2) to `end` (N, 2)."""
    share = np.linspace(0, 1, POINTS, dtype=np.float32)[None, :, None]
    return np.asarray(start[:, None] * (1 - share) + end[:, None] * share, dtype=np.float32)


def rasterize_strokes(
    sheet: Sheet, paths: Floats, widths: Floats, taper: float
) -> tuple[NDArray[np.int32], Floats, Floats]:
    """The topmost stroke at each painted pixel, and the position along and across it.

    Args:
        sheet: The sheet to paint on.
        paths: The strokes' points (N, POINTS, 2), in long sides.
        widths: Their widths (N,), in long sides.
        taper: The part of a stroke's length over which its ends narrow, in (0, 0.5].

    Returns:
        Three arrays (rows, columns): the number of the topmost stroke, −1 where there is none; the
        position along it, from 0 at its start to 1 at its end; the position across it, from −1 at
        its left edge to 1 at its right edge.
    """
    # A border of one pixel collects whatever falls outside.
    codes = np.full((sheet.rows + 2, sheet.columns + 2), -1, dtype=np.int64)
    flat = codes.reshape(-1)
    lengths = np.linalg.norm(np.diff(paths, axis=1), axis=-1).sum(axis=1) * sheet.unit
    first = 0
    while first < len(paths):
        batch, steps_along, steps_across = _next_batch(lengths, widths * sheet.unit, first)
        x, y = _sample_strokes(paths[batch], widths[batch], steps_along, steps_across, taper)
        column = np.clip(x * sheet.unit + 1, 0, sheet.columns + 1).astype(np.int64)
        row = np.clip(y * sheet.unit + 1, 0, sheet.rows + 1).astype(np.int64)
        flat[row * (sheet.columns + 2) + column] = _pack_samples(batch, steps_along, steps_across)
        first = batch.stop
    codes = codes[1:-1, 1:-1]
    stroke_index = (codes >> (ALONG_BITS + ACROSS_BITS)).astype(np.int32)
    along = ((codes >> ACROSS_BITS) & (2**ALONG_BITS - 1)) / np.float32(2**ALONG_BITS - 1)
    across = (codes & (2**ACROSS_BITS - 1)) / np.float32(2 ** (ACROSS_BITS - 1)) - 1
    return stroke_index, along.astype(np.float32), across.astype(np.float32)


def _next_batch(lengths: Floats, widths: Floats, first: int) -> tuple[slice, int, int]:
    """The next strokes to sample together, with the number of samples along and across each."""
    # Neighbouring samples lie closer than a pixel, also on the outside of a bend.
    steps_along = np.ceil(np.maximum.accumulate(lengths[first:]) * 1.4).astype(np.int64) + 3
    steps_across = np.ceil(np.maximum.accumulate(widths[first:]) * 1.4).astype(np.int64) + 2
    needed = steps_along * steps_across * np.arange(1, len(steps_along) + 1)
    count = max(int(np.searchsorted(needed, MAX_BATCH_SAMPLES)), 1)
    return slice(first, first + count), int(steps_along[count - 1]), int(steps_across[count - 1])


def _sample_strokes(
    paths: Floats, widths: Floats, steps_along: int, steps_across: int, taper: float
) -> tuple[Floats, Floats]:
    """Positions x and y of samples (strokes, along, across) that fill the strokes."""
    place = np.linspace(0, POINTS - 1, steps_along, dtype=np.float32)
    before = np.minimum(place.astype(np.intp), POINTS - 2)
    share = (place - before)[None, :, None]
    centre = paths[:, before] * (1 - share) + paths[:, before + 1] * share
    tangent = np.gradient(paths, axis=1)
    tangent = tangent[:, before] * (1 - share) + tangent[:, before + 1] * share
    tangent /= np.linalg.norm(tangent, axis=-1, keepdims=True) + 1e-9
    end = np.minimum(place, POINTS - 1 - place) / (POINTS - 1)
    narrowing = np.sqrt(np.clip(1 - (1 - np.minimum(end / taper, 1)) ** 2, 0, 1))
    half = (widths[:, None] / 2 * narrowing)[..., None]
    step_across = np.linspace(-1, 1, steps_across, dtype=np.float32)
    x = centre[..., :1] - tangent[..., 1:] * half * step_across
    y = centre[..., 1:] + tangent[..., :1] * half * step_across
    return x.astype(np.float32), y.astype(np.float32)


def _pack_samples(batch: slice, steps_along: int, steps_across: int) -> NDArray[np.int64]:
    """Packed samples (strokes, along, across) of a batch."""
    stroke_index = np.arange(batch.start, batch.stop, dtype=np.int64)[:, None, None]
    along = np.linspace(0, 2**ALONG_BITS - 1, steps_along).astype(np.int64)[:, None]
    across = np.linspace(0, 2**ACROSS_BITS - 1, steps_across).astype(np.int64)
    return (stroke_index << (ALONG_BITS + ACROSS_BITS)) + (along << ACROSS_BITS) + across


def oil_paint(
    sheet: Sheet,
    parts: Iterable[Strokes],
    ground: Floats,
    rng: np.random.Generator,
    *,
    bristle: float = 0.15,
    relief: float = 1.0,
    taper: float = 0.25,
) -> Floats:
    """Thick paint, (rows, columns, 3): each stroke ploughed by bristles and lit from the upper left.

    Args:
        sheet: The sheet to paint on.
        parts: The strokes; the first part is painted first.
        ground: The colour (3,) or picture (rows, columns, 3) where no stroke lies.
        rng: Random generator of the bristles.
        bristle: How much lighter and darker the bristles make the paint.
        relief: How strongly the paint's ridges catch the light.
        taper: As for `rasterize_strokes`.
    """
    from scipy.ndimage import gaussian_filter

    paths, widths, colours = (np.concatenate(each) for each in zip(*parts, strict=True))
    stroke_index, along, across = rasterize_strokes(sheet, paths, widths, taper)
    painted = stroke_index >= 0
    brush = gaussian_filter(
        rng.standard_normal((BRUSHES, BRISTLES)).astype(np.float32), (0, 0.7), mode="wrap"
    )
    brush /= brush.std()
    brush_thickness = rng.uniform(0, 1, BRUSHES).astype(np.float32)
    which = stroke_index % BRUSHES
    bristle_index = np.clip((across + 1) * (BRISTLES / 2), 0, BRISTLES - 1).astype(np.intp)
    groove = brush[which, bristle_index] * (0.55 + 0.45 * along)
    # The brush lays paint down where it lands and drags it thin towards its end.
    paint_load = np.sqrt(np.clip(1 - across**2, 0, 1)) * (1.15 - 0.5 * along)
    thickness = np.where(painted, paint_load + 0.3 * groove + 1.0 * brush_thickness[which], 0)
    thickness = gaussian_filter(thickness.astype(np.float32), sheet.unit / RIDGE_SMOOTHNESS)
    slope_y, slope_x = np.gradient(thickness)
    light = -(slope_x + slope_y) * np.float32(sheet.unit / 1536 * relief * 0.5)
    # Where no stroke lies, the index −1 takes the last colour, which the ground replaces.
    picture = np.where(painted[..., None], colours[stroke_index], ground)
    gain = 1 + bristle * groove * painted + np.clip(light, -0.35, 0.45)
    # Light on a ridge is white, its shade keeps the paint's own colour.
    shine = np.clip(light - 0.12, 0, 0.3)[..., None] * np.float32(0.6)
    return np.asarray((picture * gain[..., None] + shine).astype(np.float32))
