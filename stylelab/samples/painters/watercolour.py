"""Hills at sunset above a meadow, in translucent washes on rough paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stylelab.samples.painters.canvas import (
    Floats,
    Palette,
    Sheet,
    colour_array,
    interpolate_colour_wheel,
    painted_style,
    smoothstep,
    to_radians,
    validate_number,
)
from stylelab.samples.painters.strokes import jittered_grid

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture

WASH_PALETTE: Palette = (
    "#3f4f86", "#3a7fc0", "#4fb0b0", "#4f8f5a", "#93a63f",
    "#efb847", "#ee7f55", "#d9486e", "#9a5aa8",
)  # fmt: skip
# The default palette's pigments as places on its wheel; another palette takes the same places.
GREY, BLUE, TURQUOISE, GREEN, OLIVE, OCHRE, CORAL, ROSE, VIOLET = np.arange(9) / 9
PAPER = np.array([0.985, 0.972, 0.935], dtype=np.float32)
GRID_SIDE = 1024

# Height of the ridge, its swing, its waves across, its hue, its strength, its roughness.
RANGES = (
    (0.42, 0.100, 2.2, VIOLET, 0.31, 1.0),
    (0.50, 0.075, 4.6, BLUE - 0.03, 0.38, 1.6),
    (0.575, 0.060, 5.9, TURQUOISE - 0.03, 0.45, 2.0),
    (0.64, 0.045, 8.8, GREEN, 0.53, 4.0),
)


class Paper:
    """Rough paper and the pigment on it, as the light it absorbs."""

    def __init__(self, sheet: Sheet, colours: Floats, granulation: float, rim: float) -> None:
        self.sheet, self.colours = sheet, colours
        self.granulation, self.rim = granulation, rim
        self.tooth = 0.7 * sheet.noise(2, 260) + 0.6 * sheet.noise(3, 420)
        self.tooth += 0.3 * sheet.noise(4, 120)
        self.flow = sheet.noise(5, 5, octaves=5)
        self.edges = sheet.noise(6, 14, octaves=5, gain=0.6)
        specks = np.clip(sheet.noise(7, 500) - 0.6, 0, 2)
        # Pigment sinks into the paper's valleys and clots in places.
        settled = np.clip(1 + granulation * (0.17 * self.tooth + 0.22 * specks), 0.1, 3.0)
        self.uneven = settled * np.clip(1 + 0.32 * self.flow + 0.16 * self.edges, 0.15, 3.0)
        self.absorbed = np.zeros((sheet.rows, sheet.columns, 3), dtype=np.float32)

    def wash(
        self,
        inside: Floats,
        hue: float,
        strength: Floats | float,
        *,
        window: tuple[slice, slice] = (slice(None), slice(None)),
        soft: float = 0.003,
        lift: float = 0.0,
    ) -> None:
        """Lay one wash.

        Args:
            inside: How far each place lies inside the wash, in long sides; negative outside.
            hue: The pigment's place on the palette's wheel.
            strength: How much of it.
            window: The rows and columns that `inside` covers.
            soft: The half width of the wash's edge, in long sides.
            lift: How much of the paint below is washed away, 0 to 1.
        """
        cover = smoothstep(-soft, soft, inside)
        # Drying carries pigment outwards to the edge.
        rim = 0.75 * np.exp(-(((inside - 0.002) / 0.0035) ** 2))
        rim = rim + 0.30 * np.exp(-np.clip(inside, 0, None) / 0.014)
        amount = strength * cover * (1 + self.rim * rim) * self.uneven[window]
        if lift:
            self.absorbed[window] *= (1 - lift * cover)[..., None]
        pigment = interpolate_colour_wheel(self.colours, np.array(hue))
        self.absorbed[window] += amount[..., None] * -np.log(np.clip(pigment, 0.015, 0.985))

    def add_touches(
        self,
        positions: Floats,
        hues: Floats,
        strengths: Floats,
        sizes: Floats,
        angles: Floats,
        stretch: float,
        lift: float = 0.0,
    ) -> None:
        """Lay a small wash for each of N touches of a flat brush, in order.

        Args:
            positions: Their centres (N, 2), in long sides.
            hues: Their positions on the palette's wheel (N,).
            strengths: How much pigment they carry (N,).
            sizes: Their widths (N,), in long sides.
            angles: Where they are long (N,), in radians.
            stretch: Their length over their width.
            lift: How much of the paint below they wash away, 0 to 1.
        """
        sheet = self.sheet
        for number, (x, y) in enumerate(positions):
            half = 0.5 * float(sizes[number])
            reach = 1.5 * half * stretch * sheet.unit
            rows, columns = (
                slice(
                    max(int(middle * sheet.unit - reach), 0),
                    max(int(middle * sheet.unit + reach), 0),
                )
                for middle in (y, x)
            )
            aside, below = sheet.x[:, columns] - x, sheet.y[rows] - y
            cosine, sine = np.cos(angles[number]), np.sin(angles[number])
            along = np.abs(aside * cosine + below * sine) / (half * stretch)
            across = np.abs(below * cosine - aside * sine) / half
            # Between an ellipse and a rectangle, as a flat brush leaves it.
            shape = (along**2.6 + across**2.6) ** (1 / 2.6)
            inside = (1 - shape - 0.22 * self.edges[rows, columns]) * half
            hue, strength = float(hues[number]), float(strengths[number])
            self.wash(inside, hue, strength, window=(rows, columns), soft=0.0022, lift=lift)

    def render(self) -> Floats:
        """The picture: light goes through the pigment, and the paper's tooth shades it."""
        slope_y, slope_x = np.gradient(self.tooth)
        shade = np.clip((slope_x + slope_y) * self.sheet.unit / 15000, -0.06, 0.06)
        light = PAPER * np.exp(-self.absorbed) * (1 - shade)[..., None]
        return np.asarray(light, dtype=np.float32)


@dataclass(frozen=True)
class WashBrush:
    """Flat brush: its width, and length over width and rotation of its touches."""

    size: float
    stretch: float
    rotation: float


@painted_style
def watercolour_wash(
    height: int = 384,
    width: int = 512,
    *,
    seed: int = 0,
    palette: Palette = WASH_PALETTE,
    wash_size: float = 0.07,
    wash_length: float = 2.2,
    direction: float = 0.0,
    granulation: float = 1.0,
    edge_darkening: float = 1.0,
) -> Picture:
    """Paint hills at sunset above a meadow in translucent washes on rough paper.

    Settings of this style:
        palette: At least 4 pigments in the order of a colour wheel: blues, greens, yellow, reds,
            violet.
        wash_size: The touches' usual width as a part of the picture's long side, 0.03 to 0.4.
        wash_length: The touches' length over their width, 1 to 6.
        direction: Rotates each touch, in degrees clockwise.
        granulation: How grainy the pigment settles in the paper, 0 to 3.
        edge_darkening: How much pigment gathers at the washes' edges, 0 to 3.
    """
    sheet = Sheet(height, width, seed, grid_side=GRID_SIDE)
    brush = WashBrush(
        validate_number("wash_size", wash_size, 0.03, 0.4),
        validate_number("wash_length", wash_length, 1.0, 6.0),
        to_radians(direction),
    )
    paper = Paper(
        sheet,
        colour_array(palette, 4),
        validate_number("granulation", granulation, 0.0, 3.0),
        validate_number("edge_darkening", edge_darkening, 0.0, 3.0),
    )
    _sky(paper, brush, sheet.rng(8))
    for number in range(len(RANGES)):
        _hills(paper, brush, sheet.rng(9 + number), number)
    _meadow(paper, brush, sheet.rng(20))
    _spatter(paper, sheet.rng(21))
    return sheet.downsample(paper.render())


def _sky(paper: Paper, brush: WashBrush, rng: np.random.Generator) -> None:
    """Wet in wet: warm light around a sun that is left open, blue above."""
    sheet = paper.sheet
    sun = np.array([(0.66 + rng.uniform(-0.04, 0.04)) * sheet.right, 0.27 * sheet.bottom])
    far = np.hypot(sheet.x - sun[0], sheet.y - sun[1]) / sheet.short
    down = sheet.y / sheet.bottom
    above = np.clip(1 - down / 0.62, 0, 1)
    everywhere = np.ones_like(far)
    glow = 0.42 * np.exp(-((far / 0.30) ** 2)) + 0.18 * np.exp(-(((down - 0.52) / 0.1) ** 2))
    paper.wash(everywhere, OCHRE, glow)
    paper.wash(everywhere, CORAL, 0.28 * np.exp(-(((far - 0.30 + 0.06 * paper.edges) / 0.16) ** 2)))
    blue = smoothstep(0.30, 0.72, far + 0.07 * paper.flow)
    paper.wash(everywhere, BLUE, 0.54 * above * blue)
    veil = smoothstep(-0.1, 1.2, paper.flow) * smoothstep(0.25, 0.6, far)
    paper.wash(everywhere, VIOLET, 0.22 * above * veil)
    # Drops of water push the pigment out into ragged rings.
    for _ in range(7):
        x, y = rng.uniform(0, 1, 2) * [sheet.right, 0.5 * sheet.bottom]
        radius = rng.uniform(0.06, 0.15) * sheet.short
        inside = radius * (1 - 0.28 * paper.edges) - np.hypot(sheet.x - x, sheet.y - y)
        paper.wash(inside, float(rng.choice([BLUE, VIOLET, ROSE])), 0.12)
    positions = jittered_grid(sheet, rng, 0.95 * brush.size)
    positions = positions[positions[:, 1] < 0.56 * sheet.bottom]
    count = len(positions)
    near_sun = np.hypot(*(positions - sun).T) < 0.36 * sheet.short
    warm, cool = rng.choice([OCHRE, CORAL], count), rng.choice([BLUE, BLUE + 0.05, VIOLET], count)
    hues = np.where(near_sun, warm, cool)
    strengths = rng.uniform(0.04, 0.14, count)
    sizes = brush.size * rng.uniform(0.6, 1.3, count)
    angles = brush.rotation + rng.normal(-0.25, 0.18, count)
    paper.add_touches(positions, hues, strengths, sizes, angles, brush.stretch)
    inside = 0.052 * sheet.short * (1 + 0.05 * paper.edges) - far * sheet.short
    paper.wash(inside, OCHRE, 0.20, lift=0.88)


def _hills(paper: Paper, brush: WashBrush, rng: np.random.Generator, number: int) -> None:
    """A range of hills, strong along its ridge and lost in mist below."""
    sheet = paper.sheet
    level, swing, waves, hue, strength, rough = RANGES[number]
    phases = rng.uniform(0, 2 * np.pi, 3)

    def ridge(x: Floats) -> Floats:
        u = waves * x / sheet.right
        rise = np.sin(u + phases[0]) + 0.5 * np.sin(2.4 * u + phases[1])
        rise = rise + 0.22 * np.sin(6 * u + phases[2])
        return np.asarray((level - swing * rise) * sheet.bottom)

    depth = sheet.y - ridge(sheet.x) - 0.0065 * rough * sheet.short * paper.edges
    mist = np.clip(1 - depth / (0.20 * sheet.bottom), 0.15, 1.0) ** 1.2
    paper.wash(0.8 * depth, hue, strength * mist, lift=0.78)
    positions = jittered_grid(sheet, rng, 0.75 * brush.size)
    below = (positions[:, 1] - ridge(positions[:, 0])) / sheet.bottom
    positions = positions[(below > 0.03) & (below < 0.16)]
    count = len(positions)
    hues = hue + rng.normal(0, 0.055, count)
    strengths = rng.uniform(0.05, 0.16, count)
    sizes = brush.size * rng.uniform(0.4, 0.9, count)
    angles = brush.rotation + rng.choice([0.55, -0.5, 0.1], count) + rng.normal(0, 0.15, count)
    paper.add_touches(positions, hues, strengths, sizes, angles, 0.9 * brush.stretch)


def _meadow(paper: Paper, brush: WashBrush, rng: np.random.Generator) -> None:
    """Grass in upright touches and flowers of three petals, larger in front."""
    sheet = paper.sheet
    edge = 0.72 + 0.03 * np.sin(6 * sheet.x / sheet.right + rng.uniform(0, 2 * np.pi))
    inside = sheet.y - edge * sheet.bottom - 0.02 * paper.edges
    paper.wash(inside, OLIVE + 0.02, 0.16 + 0.18 * smoothstep(0, 0.25, inside), lift=0.85)
    blades = jittered_grid(sheet, rng, 0.42 * brush.size)
    blades = blades[blades[:, 1] > 0.71 * sheet.bottom]
    count, near = len(blades), (blades[:, 1] / sheet.bottom - 0.7) / 0.3
    hues = rng.choice([GREEN, GREEN + 0.04, OLIVE, TURQUOISE + 0.04, OLIVE + 0.06], count)
    sizes = brush.size * (0.15 + 0.18 * near) * rng.uniform(0.7, 1.3, count)
    angles = brush.rotation - np.pi / 2 + rng.normal(0, 0.38, count)
    strengths = rng.uniform(0.12, 0.38, count)
    paper.add_touches(blades, hues, strengths, sizes, angles, 2 * brush.stretch)
    flowers = jittered_grid(sheet, rng, 0.75 * brush.size)
    flowers = flowers[flowers[:, 1] > 0.74 * sheet.bottom]
    count, near = len(flowers), (flowers[:, 1] / sheet.bottom - 0.7) / 0.3
    own_hues = rng.choice([CORAL, ROSE, ROSE, CORAL + 0.06, OCHRE, VIOLET], count)
    size = brush.size * (0.22 + 0.45 * near)
    for petal in range(3):
        angles = rng.uniform(0, 2 * np.pi, count)
        offset = np.stack([np.cos(angles), 0.7 * np.sin(angles)], -1) * (0.32 * size)[:, None]
        hues = own_hues + rng.normal(0, 0.02, count)
        strengths = rng.uniform(0.32, 0.6, count)
        # The first petal clears the ground, so that the flower's colour stays pure.
        lift = 0.45 if petal else 0.75
        sizes = size * rng.uniform(0.7, 1.1, count)
        paper.add_touches(flowers + offset, hues, strengths, sizes, angles, 1.25, lift)
    heart = np.full(count, GREY), np.full(count, 0.7), brush.size * (0.05 + 0.12 * near)
    paper.add_touches(flowers, *heart, np.zeros(count), 1.1)


def _spatter(paper: Paper, rng: np.random.Generator) -> None:
    """Drops from a shaken brush."""
    count = 120
    positions = rng.uniform(0, 1, (count, 2)) * [paper.sheet.right, paper.sheet.bottom]
    hues = rng.choice([ROSE, OCHRE, BLUE, GREEN, CORAL], count)
    sizes = 0.004 * paper.sheet.short * np.exp(rng.normal(0.4, 0.6, count))
    strengths = rng.uniform(0.2, 0.5, count)
    paper.add_touches(positions, hues, strengths, sizes, np.zeros(count), 1.15)
