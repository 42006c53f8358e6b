"""A sun over hills and flowers, in leaded glass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.samples.painters.canvas import (
    Floats,
    Palette,
    Sheet,
    border_distance,
    colour_array,
    hash_to_unit_interval,
    interpolate_colour_wheel,
    painted_style,
    rotate,
    smoothstep,
    to_radians,
    validate_number,
)
from stylelab.samples.painters.strokes import jittered_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

JEWEL_PALETTE: Palette = (
    "#16279c", "#1f62d6", "#35b3cf", "#0b7f5c", "#62b135",
    "#f7c22e", "#ef7a22", "#cf1f36", "#a01f74", "#5a2fa6",
)  # fmt: skip
# The default palette's glasses as places on its wheel; another palette takes the same places.
ULTRAMARINE, COBALT, AQUA, EMERALD, LEAF, AMBER, ORANGE, RUBY, MAGENTA, VIOLET = np.arange(10) / 10
GRID_SIDE = 1024

# The sun's rings from the outside: their hue and how many panes they have.
RINGS = ((RUBY, 20), (ORANGE + 0.01, 14), (ORANGE - 0.04, 9), (AMBER + 0.01, 1))
RAYS = 22
# Height of each hill's edge, its swing, its waves across, its hue and that of its foot.
HILLS = (
    (0.55, 0.05, 5.5, VIOLET, MAGENTA - 0.02),
    (0.64, 0.05, 4.3, EMERALD, LEAF - 0.04),
    (0.75, 0.06, 3.6, LEAF, AMBER - 0.02),
)
# Place across and down, radius, hue and petals of each flower.
FLOWERS = (
    (0.15, 0.66, 0.165, RUBY + 0.02, 7),
    (0.33, 0.83, 0.125, MAGENTA + 0.02, 6),
    (0.88, 0.70, 0.150, RUBY, 7),
    (0.71, 0.87, 0.105, ORANGE + 0.03, 6),
    (0.05, 0.91, 0.095, MAGENTA + 0.04, 7),
)


class Window:
    """The design: pane and glass at each position."""

    def __init__(self, sheet: Sheet, cells: NDArray[np.int64]) -> None:
        self.sheet, self.cells = sheet, cells
        self.x, self.y = sheet.positions
        self.u, self.v = self.x / sheet.right, self.y / sheet.bottom
        self.parts = 0
        self.pane = np.zeros(cells.shape, dtype=np.int64)
        self.hue = np.zeros(cells.shape, dtype=np.float32)
        self.variety = np.zeros(cells.shape, dtype=np.float32)

    def add_part(
        self,
        here: NDArray[np.bool_],
        hue: Floats | float,
        pieces: NDArray[np.int64],
        variety: float,
    ) -> None:
        """A new part of the design, cut into `pieces`; their hues differ by about `variety`."""
        self.parts += 1
        # Numbers of pieces stay far below this, so that each part's panes are its own.
        self.pane = np.where(here, self.parts * 10_000_000 + pieces, self.pane)
        self.hue = np.where(here, hue, self.hue)
        self.variety = np.where(here, variety, self.variety)


@painted_style
def stained_glass(
    height: int = 384,
    width: int = 512,
    *,
    seed: int = 0,
    palette: Palette = JEWEL_PALETTE,
    cell_size: float = 0.052,
    cell_stretch: float = 1.7,
    direction: float = 0.0,
    lead_width: float = 0.0065,
) -> Picture:
    """Build a window of leaded glass: a sun over hills, a stream and flowers.

    Settings of this style:
        palette: At least 4 glasses in the order of a colour wheel: blues, greens, yellow, reds,
            violet.
        cell_size: The panes' usual size as a part of the picture's long side, 0.015 to 0.5.
        cell_stretch: The panes' length over their height, 1 to 5.
        direction: Where the panes are long, in degrees clockwise from the right.
        lead_width: The leads' width as a part of the picture's long side, 0.001 to 0.05.
    """
    sheet = Sheet(height, width, seed, grid_side=GRID_SIDE)
    colours = colour_array(palette, 4)
    size = validate_number("cell_size", cell_size, 0.015, 0.5)
    stretch = validate_number("cell_stretch", cell_stretch, 1.0, 5.0)
    lead = validate_number("lead_width", lead_width, 0.001, 0.05)
    rng = sheet.rng(1)
    cells = _voronoi_cells(sheet, sheet.rng(2), size, stretch, to_radians(direction))
    window = Window(sheet, cells)
    sun = _sun(window, rng)
    _land(window, rng)
    for flower in FLOWERS:
        _flower(window, rng, flower)
    distance = border_distance(sheet, window.pane)
    frame = np.minimum(
        np.minimum(window.x, sheet.right - window.x), np.minimum(window.y, sheet.bottom - window.y)
    )
    distance = np.minimum(distance, frame)
    glass = _glass(window, colours, sun)
    # Dirt gathers along the leads.
    clean = smoothstep(0.0, 0.4 * size, distance - 0.5 * lead)
    glass = glass * (0.74 + 0.36 * clean)[..., None]
    return sheet.downsample(_draw_leads(sheet, glass, distance, lead))


def _voronoi_cells(
    sheet: Sheet, rng: np.random.Generator, size: float, stretch: float, angle: float
) -> NDArray[np.int64]:
    """For each painted pixel the number of the nearest of many places: a Voronoi mosaic.

    Nearness is measured shorter along `angle`, which makes the cells long in this direction.
    """
    from scipy.spatial import KDTree

    def measured(x: Floats, y: Floats) -> Floats:
        along, across = rotate(x, y, -angle)
        return np.stack([along / np.sqrt(stretch), across * np.sqrt(stretch)], axis=-1)

    centres = jittered_grid(sheet, rng, size)
    x, y = sheet.positions
    _, nearest = KDTree(measured(*centres.T)).query(measured(x, y).reshape(-1, 2))
    return np.asarray(nearest, dtype=np.int64).reshape(x.shape)


def _sun(window: Window, rng: np.random.Generator) -> tuple[float, float]:
    """The sky in rays of blue around a sun of rings; returns the sun's place."""
    sheet = window.sheet
    x = float(0.64 + rng.uniform(-0.05, 0.05)) * sheet.right
    y = float(0.30 + rng.uniform(-0.03, 0.03)) * sheet.bottom
    distance = np.hypot(window.x - x, window.y - y)
    angle_fraction = np.arctan2(window.y - y, window.x - x) / (2 * np.pi)
    bend = 0.016 * np.sin(9 * distance / sheet.short + rng.uniform(0, 2 * np.pi))
    ray = np.floor((angle_fraction + bend) * RAYS).astype(np.int64) % RAYS
    hues = np.array([ULTRAMARINE + 0.03, VIOLET + 0.02, COBALT, COBALT + 0.06], np.float32)
    window.add_part(distance >= 0, hues[ray % 4], window.cells * RAYS + ray, 0.055)
    for number, (hue, panes) in enumerate(RINGS):
        radius = sheet.short * (0.01 + 0.055 * (len(RINGS) - number))
        pane = np.floor((angle_fraction + 0.13 * number) * panes).astype(np.int64) % panes
        window.add_part(distance < radius, hue, pane, 0.02)
    return x, y


def _land(window: Window, rng: np.random.Generator) -> None:
    """Three hills, each with a lighter foot, and a stream that comes towards us."""
    u, v = window.u, window.v
    phases = rng.uniform(0, 2 * np.pi, 4).tolist()
    for number, (level, swing, waves, hue, foot) in enumerate(HILLS):
        edge = level + swing * np.sin(waves * u + phases[number])
        edge = edge + 0.02 * np.sin(2.3 * waves * u + phases[number + 1])
        window.add_part(v > edge, hue, window.cells, 0.045)
        window.add_part(v > edge + 0.06 + 0.02 * number, foot, window.cells, 0.04)
    near = np.clip((v - 0.60) / 0.40, 0, 1)
    middle = 0.53 + 0.13 * np.sin(3.9 * near**0.8 + 2.6) * (0.35 + near)
    half = 0.010 + 0.13 * near**1.4
    side = (u - middle) / half
    stream = (v > 0.60) & (np.abs(side) < 1)
    # Its panes grow as it comes nearer, and lie like tiles.
    row = np.floor(np.log(0.08 + near) * 5.5 + 0.25 * side).astype(np.int64)
    window.add_part(stream, AQUA - 0.04 + 0.05 * side, 100 + 2 * row + (side > 0), 0.03)


def _flower(
    window: Window, rng: np.random.Generator, flower: tuple[float, float, float, float, int]
) -> None:
    """A flower with two rings of petals on a stem with two leaves."""
    across, down, part, hue, petals = flower
    sheet = window.sheet
    x = window.x - (across + rng.uniform(-0.02, 0.02)) * sheet.right
    y = window.y - (down + rng.uniform(-0.02, 0.02)) * sheet.bottom
    radius = part * sheet.short
    stem = (np.abs(x - 0.02 * np.sin(12 * y)) < 0.009) & (y > 0)
    window.add_part(stem, EMERALD + 0.03, np.floor(y / 0.07).astype(np.int64), 0.02)
    for side in (-1.0, 1.0):
        long, wide = rotate(side * x - 0.05, y - 1.7 * radius, 0.64)
        leaf = (long / 0.062) ** 2 + (wide / 0.021) ** 2 < 1
        window.add_part(leaf, EMERALD + 0.05, (wide > 0).astype(np.int64), 0.03)
    distance = np.hypot(x, y)
    angle_fraction = petals * (np.arctan2(y, x) + rng.uniform(0, 2 * np.pi)) / (2 * np.pi)
    edge = radius * (0.80 + 0.20 * np.abs(np.cos(np.pi * angle_fraction)) ** 0.6)
    outer = (distance > 0.62 * edge).astype(np.int64)
    pane = 2 * (np.floor(angle_fraction + 0.5).astype(np.int64) % petals) + outer
    window.add_part(distance < edge, hue + 0.06 * (outer - 0.6), pane, 0.022)
    window.add_part(distance < 0.30 * radius, AMBER, pane * 0, 0.01)


def _glass(window: Window, colours: Floats, sun: tuple[float, float]) -> Floats:
    """The light that comes through the panes: hand-made glass with streaks, waves and sparks."""
    from scipy.ndimage import gaussian_filter

    sheet = window.sheet
    grain = sheet.noise(4, 26, octaves=4)
    level = sheet.noise(5, 70, stretch=9) + 0.6 * sheet.noise(6, 160, stretch=12)
    upright = sheet.noise(7, 14, stretch=0.14)
    # Each pane is cut from one of four sheets of glass.
    kind = (4 * hash_to_unit_interval(window.pane, sheet.seed, 1)).astype(np.intp)
    sheets = [level, upright, 1.1 * grain, 0.6 * grain + 0.4 * level]
    streak = np.choose(kind, sheets)
    own_hue = 3.4 * (hash_to_unit_interval(window.pane, sheet.seed, 2) - 0.5)
    own_light = 0.52 * (hash_to_unit_interval(window.pane, sheet.seed, 3) - 0.5)
    hue = window.hue + window.variety * own_hue + 0.026 * streak + 0.016 * grain
    waves = gaussian_filter((grain + 0.7 * streak).astype(np.float32), sheet.unit / 900)
    slope_y, slope_x = np.gradient(waves)
    spark = np.clip(-(slope_x + slope_y) * sheet.unit / 800, -0.15, 0.30)
    from_sun = np.hypot(window.x - sun[0], window.y - sun[1])
    light = 1.04 + 0.28 * np.exp(-from_sun / 0.45) + own_light
    light = light + 0.13 * streak + 0.06 * grain + spark
    colour = interpolate_colour_wheel(colours, hue) * np.clip(light, 0.15, 1.15)[..., None]
    white = np.clip(light - 1.12, 0, 0.6)[..., None]
    return np.asarray(colour + white * (np.array([1.0, 0.97, 0.86]) - colour), dtype=np.float32)


def _draw_leads(sheet: Sheet, glass: Floats, distance: Floats, lead: float) -> Floats:
    """The glass between round dark leads, which catch some light from the upper left."""
    rough = sheet.noise(8, 25)
    half = lead * (0.5 + 0.07 * rough)
    pixel = 1 / sheet.unit
    cover = smoothstep(half + 0.6 * pixel, half - 0.6 * pixel, distance)[..., None]
    profile = np.sqrt(1 - 0.96 * np.clip(distance / half, 0, 1) ** 2)
    slope_y, slope_x = np.gradient(profile)
    lit = np.clip(-(slope_x + slope_y) * half * sheet.unit * 0.6, -0.6, 1.0)
    metal = (0.10 + 0.11 * lit + 0.02 * rough)[..., None] * np.array([0.95, 1.0, 1.08])
    return np.asarray(glass + (metal - glass) * cover, dtype=np.float32)
