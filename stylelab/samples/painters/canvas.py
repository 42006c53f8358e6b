"""Canvas of the painted styles: pixel grid, colours, noise and validation of settings.

Positions are in units of the picture's long side: x runs from 0 at the left, y from 0 at the top, and
the longer of the two ends at 1. Random numbers are drawn in these units, so that a seed gives the same
picture at every size.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from numbers import Real
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stylelab.errors import SettingsError
from stylelab.pictures.images import MIN_SIDE
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture

Floats: TypeAlias = NDArray[np.floating[Any]]
Numbers: TypeAlias = Floats | NDArray[np.int64] | int
Colour: TypeAlias = str | Sequence[float]
Palette: TypeAlias = Sequence[Colour]
P = ParamSpec("P")
# A function of position: called with x and y, it returns values of their broadcast shape.
Field: TypeAlias = Callable[[Floats, Floats], Floats]

CHANNELS = 3
# Small pictures are painted larger and averaged down, so that fine strokes stay antialiased.
GRID_SIDE = 1536
MIN_OVERSAMPLING, MAX_OVERSAMPLING = 2, 3
WARM_WHITE = np.array([1.0, 0.985, 0.94], dtype=np.float32)
NOISE_DEVIATION = 0.48  # of a cubic B-spline through independent unit normals, in two dimensions

SHARED_DOCSTRING = """

Settings of every style:
    height: The picture's height in pixels, at least 16.
    width: The picture's width in pixels, at least 16.
    seed: Of the random numbers; a seed gives the same picture at every size.

Returns:
    The picture, float32 (height, width, 3), RGB in [0, 1].

Raises:
    SettingsError: A setting is out of its range.
"""


def painted_style(paint: Callable[P, Picture]) -> Callable[P, Picture]:
    """Add the settings of every style to a painter's docstring, and ignore underflow in it."""
    if paint.__doc__:
        paint.__doc__ = inspect.cleandoc(paint.__doc__) + SHARED_DOCSTRING
    return np.errstate(under="ignore")(paint)  # exp(−x²) far from a stroke is 0


class Sheet:
    """A picture's size and random numbers, and the finer grid on which it is painted.

    Args:
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.
        seed: Of all random numbers.
        grid_side: Long side of the grid aimed at, in painted pixels.
        max_oversampling: Most painted pixels along one side of a pixel of the picture.

    Attributes:
        rows, columns: Size of the grid, in painted pixels.
        unit: Its long side, in painted pixels.
        right, bottom: The ends of the sheet, in long sides.
        short: The short side, in long sides.
        x: Positions of the painted columns, shape (1, columns), in long sides.
        y: Positions of the painted rows, shape (rows, 1), in long sides.
        positions: Positions x and y of every painted pixel, both (rows, columns).
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int,
        *,
        grid_side: int = GRID_SIDE,
        max_oversampling: int = MAX_OVERSAMPLING,
    ) -> None:
        validate_whole_number("height", height, at_least=MIN_SIDE, unit="pixels")
        validate_whole_number("width", width, at_least=MIN_SIDE, unit="pixels")
        validate_whole_number("seed", seed, at_least=0)
        self.height, self.width, self.seed = int(height), int(width), int(seed)
        wanted = math.ceil(grid_side / max(self.height, self.width))
        self.oversampling = min(max(wanted, MIN_OVERSAMPLING), max_oversampling)
        self.rows, self.columns = self.height * self.oversampling, self.width * self.oversampling
        self.unit = max(self.rows, self.columns)
        self.right, self.bottom = self.columns / self.unit, self.rows / self.unit
        self.short = min(self.right, self.bottom)
        self.x: Floats = ((np.arange(self.columns, dtype=np.float32) + 0.5) / self.unit)[None, :]
        self.y: Floats = ((np.arange(self.rows, dtype=np.float32) + 0.5) / self.unit)[:, None]
        self.positions: tuple[Floats, ...] = np.broadcast_arrays(self.x, self.y)

    def rng(self, purpose: int) -> np.random.Generator:
        """Random generator for one purpose, independent of the others."""
        return np.random.default_rng([self.seed, purpose])

    def noise(
        self,
        purpose: int,
        frequency: float,
        *,
        stretch: float = 1.0,
        octaves: int = 1,
        gain: float = 0.55,
    ) -> Floats:
        """Smooth noise over the painted grid, shape (rows, columns), mean 0 and deviation near 1.

        Args:
            purpose: As for `rng`.
            frequency: Lattice points per long side along y.
            stretch: Width of the grains over their height.
            octaves: How many noises are added, each twice as fine as the one before.
            gain: How strong each is over the one before.
        """
        rng, gains = self.rng(purpose), gain ** np.arange(octaves)
        total: Floats = np.zeros((self.rows, self.columns))
        for octave, weight in enumerate(gains):
            finer = frequency * 2**octave
            points = math.ceil(finer) + 4, math.ceil(finer / stretch) + 4
            lattice = rng.standard_normal(points, dtype=np.float32)
            down = _spline_weights(self.y[:, 0] * finer, points[0])
            across = _spline_weights(self.x[0] * (finer / stretch), points[1])
            total += weight * (down @ lattice @ across.T / np.float32(NOISE_DEVIATION))
        return np.asarray(total / np.sqrt((gains**2).sum()), dtype=np.float32)

    def downsample(self, painted: Floats) -> Picture:
        """The painted grid (rows, columns, 3) averaged down to the picture, clipped to [0, 1]."""
        blocks = painted.reshape(self.height, self.oversampling, self.width, self.oversampling, 3)
        averaged = np.clip(blocks, 0.0, 1.0).mean(axis=(1, 3), dtype=np.float32)
        return np.ascontiguousarray(averaged, dtype=np.float32)


def validate_number(name: str, value: object, low: float, high: float) -> float:
    """`value` as a float, validated to lie from `low` to `high`."""
    if not isinstance(value, bool) and isinstance(value, Real) and low <= float(value) <= high:
        return float(value)
    raise SettingsError(
        f"Expected {name} as a number from {low:g} to {high:g}. Received: {value!r}."
    )


def to_radians(direction: float) -> float:
    """`direction` in degrees, validated, as an angle in radians."""
    return math.radians(validate_number("direction", direction, -3600.0, 3600.0))


def colour_array(palette: Palette, fewest: int) -> Floats:
    """The palette's colours as an array (colours, 3) in [0, 1].

    Args:
        palette: Colours, each a string "#rrggbb" or three numbers in [0, 1].
        fewest: Smallest number of colours that the style can use.

    Raises:
        SettingsError: There are too few colours, or one of them is not a colour.
    """
    if isinstance(palette, str) or not isinstance(palette, Sequence) or len(palette) < fewest:
        raise SettingsError(
            f"Expected a palette of at least {fewest} colours. "
            f"Received: {palette!r}. Pass more colours, or the style's default palette."
        )
    return np.array([_parse_colour(colour) for colour in palette], dtype=np.float32)


def _parse_colour(colour: Colour) -> tuple[float, ...]:
    """One colour as three numbers in [0, 1]."""
    parts: tuple[float, ...] = ()
    with suppress(TypeError, ValueError):
        if not isinstance(colour, str):
            parts = tuple(float(value) for value in colour)
        elif colour.startswith("#") and len(colour) == len("#rrggbb"):
            # `fromhex` accepts spaces between bytes, colours have none.
            parts = tuple(value / 255 for value in bytes.fromhex(colour[1:]))
    if len(parts) != CHANNELS or not all(0.0 <= part <= 1.0 for part in parts):
        raise SettingsError(
            'Expected a colour as a string such as "#1f4aa8" or three numbers from 0 to 1. '
            f"Received: {colour!r}."
        )
    return parts


def interpolate_palette(colours: Floats, position: Floats) -> Floats:
    """The colours at positions from 0 (the palette's first) to 1 (its last), as (…, 3).

    The transition between two colours is steep, so that most positions show a pigment almost unmixed,
    as on a painter's palette.
    """
    place = np.clip(position, 0.0, 1.0) * (len(colours) - 1)
    lower = np.minimum(place.astype(np.intp), len(colours) - 2)
    share = smoothstep(0.0, 1.0, place - lower)[..., None]
    return np.asarray(colours[lower] * (1 - share) + colours[lower + 1] * share, dtype=np.float32)


def smoothstep(start: Floats | float, end: Floats | float, value: Floats) -> Floats:
    """0 before `start`, 1 after `end`, and a smooth rise between; `start` may be the larger."""
    share = np.clip((value - start) / (end - start), 0.0, 1.0)
    return np.asarray(share * share * (3 - 2 * share), dtype=np.float32)


def _spline_weights(positions: Floats, points: int) -> Floats:
    """Cubic B-spline weights of `points` lattice points at each position, shape (positions, points)."""
    distance = np.abs(positions[:, None] + 1 - np.arange(points, dtype=np.float32))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.maximum(2 - distance, 0) ** 3 / 6
    return np.where(distance < 1, near, far).astype(np.float32)


def random_waves(rng: np.random.Generator, frequency: float, waves: int = 14) -> Field:
    """Smooth noise as a function of position, with mean 0 and standard deviation near 1."""
    heading = rng.uniform(0, 2 * np.pi, waves)
    pace = 2 * np.pi * frequency * rng.uniform(0.5, 1.3, waves)
    phase = rng.uniform(0, 2 * np.pi, waves)
    # Python numbers, unlike NumPy's, keep an array in single precision.
    terms = np.stack([pace * np.cos(heading), pace * np.sin(heading), phase], axis=-1).tolist()

    def field(x: Floats, y: Floats) -> Floats:
        total = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)), dtype=np.float32)
        for by_x, by_y, start in terms:
            total += np.sin(by_x * x + by_y * y + start).astype(np.float32)
        return np.asarray(total * math.sqrt(2 / waves), dtype=np.float32)

    return field


def interpolate_colour_wheel(colours: Floats, turns: Floats) -> Floats:
    """The colours around a wheel, as (…, 3): the palette's first colour lies at every whole turn."""
    place = np.mod(turns, 1.0) * len(colours)
    lower = np.minimum(place.astype(np.intp), len(colours) - 1)
    share = smoothstep(0.3, 0.7, place - lower)[..., None]
    following = colours[(lower + 1) % len(colours)]
    return np.asarray(colours[lower] * (1 - share) + following * share, dtype=np.float32)


def rotate(across: Floats, along: Floats, angle: float) -> tuple[Floats, Floats]:
    """Two coordinates rotated by an angle in radians."""
    cosine, sine = math.cos(angle), math.sin(angle)
    return across * cosine - along * sine, across * sine + along * cosine


def border_distance(sheet: Sheet, areas: NDArray[np.int64]) -> Floats:
    """Each painted pixel's distance to the nearest border between two areas, in long sides."""
    from scipy.ndimage import distance_transform_edt

    border = np.zeros(areas.shape, dtype=bool)
    border[:, 1:] |= areas[:, 1:] != areas[:, :-1]
    border[1:] |= areas[1:] != areas[:-1]
    if not border.any():
        return np.ones(areas.shape, dtype=np.float32)
    return np.asarray(distance_transform_edt(~border), dtype=np.float32) / sheet.unit


def mix_with_white(colours: Floats, white: Floats) -> Floats:
    """Colours (…, 3) mixed with a share of warm white (…) from 0 to 1."""
    share = np.clip(white, 0.0, 1.0)[..., None]
    return np.asarray(colours * (1 - share) + share * WARM_WHITE, dtype=np.float32)


def hash_to_unit_interval(first: Numbers, second: Numbers, third: int) -> Floats:
    """Pseudo-random numbers in [0, 1), a function of three whole numbers.

    Unlike those of a random generator, they do not depend on the order of calls.
    """
    parts = (np.asarray(part).astype(np.int64).astype(np.uint64) for part in (first, second, third))
    mixed: Any = np.uint64(0)
    for part in parts:
        # Unsigned products wrap around, which scrambles the bits.
        mixed = (mixed ^ part) * np.array(0x9E3779B97F4A7C15, dtype=np.uint64)
        mixed = mixed ^ (mixed >> np.uint64(29))
    return np.asarray((mixed >> np.uint64(40)) / np.float32(2**24), dtype=np.float32)
