"""A pond among flowers, in short thick dabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.samples.painters.canvas import (
    Field,
    Floats,
    Palette,
    Sheet,
    interpolate_colour_wheel,
    mix_with_white,
    painted_style,
    random_waves,
    smoothstep,
    validate_number,
)
from stylelab.samples.painters.strokes import (
    Brush,
    Strokes,
    jittered_grid,
    oil_paint,
)

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture

GARDEN_PALETTE: Palette = (
    "#1d2f5e", "#3f62b0", "#8fb4dc", "#2f8f86", "#14503c", "#3f8f3f",
    "#a3c64f", "#f4e27a", "#f2a6b8", "#d84a86", "#8a4fae", "#4a2c78",
)  # fmt: skip
# The default palette's colours as places on its wheel; another palette takes the same places.
DEEP, BLUE, PALE, TEAL, FOREST, LEAF, LIME, SUN, PINK, ROSE, VIOLET, DUSK = np.arange(12) / 12
RAFTS = 15


class GardenScene:
    """The scene: the pond's edge and the plants."""

    def __init__(self, sheet: Sheet, rng: np.random.Generator) -> None:
        self.right, self.bottom = sheet.right, sheet.bottom
        self.phases = rng.uniform(0, 2 * np.pi, 4).tolist()
        self.masses = random_waves(rng, 4.0, 24)
        self.tufts = random_waves(rng, 13.0, 30)

    def bank(self, x: Floats) -> Floats:
        """The pond's far edge."""
        u = x / self.right
        return np.asarray(
            self.bottom * (0.50 + 0.03 * np.sin(7 * u + self.phases[0]) - 0.06 * (2 * u - 1) ** 2)
        )

    def near(self, x: Floats) -> Floats:
        """The upper edge of the flowers at the near bank."""
        u = x / self.right
        rise = 0.30 * smoothstep(0.42, 0.0, u) + 0.40 * smoothstep(0.66, 1.0, u)
        return np.asarray(self.bottom * (0.97 - rise + 0.025 * np.sin(17 * u + self.phases[1])))


class DabBrush(Brush):
    """Brush for dabs of a hue on the palette's wheel, lightened by white."""

    def random_hues(self, count: int, *hues: float) -> Floats:
        """A random one of the hues for each of `count` dabs."""
        return self.rng.choice(np.asarray(hues), count)

    def dabs(
        self,
        positions: Floats,
        direction: Field,
        hue: Floats,
        white: Floats | float,
        *,
        length: Floats | float = 1.0,
        width: Floats | float = 1.0,
    ) -> Strokes:
        """Dabs at places (N, 2); `length` and `width` are parts of the brush's."""
        count = len(positions)
        mixed = interpolate_colour_wheel(self.colours, hue + self.rng.normal(0, 0.022, count))
        colours = mix_with_white(mixed, white + self.rng.normal(0, 0.08, count))
        return self.make_strokes(
            positions, direction, colours, length=length, width=width, shade=0.10
        )


@painted_style
def brush_garden(
    height: int = 384,
    width: int = 512,
    *,
    seed: int = 0,
    palette: Palette = GARDEN_PALETTE,
    stroke_length: float = 0.028,
    stroke_width: float = 0.0125,
    direction: float = 0.0,
    impasto: float = 1.0,
) -> Picture:
    """Paint a pond among flowers in short thick dabs: hanging above, level on the water.

    Settings of this style:
        palette: At least 4 colours, in the order of a colour wheel: blues, greens, yellow, pinks,
            violets.
        stroke_length: The dabs' length as a part of the picture's long side, 0.01 to 0.5.
        stroke_width: The dabs' width as a part of the picture's long side, 0.005 to 0.1.
        direction: Rotates each dab, in degrees clockwise.
        impasto: How thick the paint is, 0 (flat) to 3.
    """
    sheet = Sheet(height, width, seed)
    rng = sheet.rng(1)
    painter = DabBrush(sheet, palette, stroke_length, stroke_width, direction)
    relief = validate_number("impasto", impasto, 0.0, 3.0)
    garden = GardenScene(sheet, rng)
    spacing = 0.62 * painter.size
    positions = jittered_grid(sheet, sheet.rng(3), spacing)
    parts = [
        _trees(garden, painter, positions),
        _water(garden, painter, positions),
        _bushes(garden, painter, positions),
        *_lilies(sheet, painter, sheet.rng(4)),
        *_flowers(garden, painter, jittered_grid(sheet, sheet.rng(5), spacing)),
    ]
    ground = interpolate_colour_wheel(painter.colours, np.array(FOREST))
    paint = oil_paint(sheet, parts, ground, sheet.rng(6), bristle=0.12, relief=1.1 * relief)
    return sheet.downsample(paint)


def _foliage(garden: GardenScene, painter: DabBrush, positions: Floats) -> tuple[Floats, Floats]:
    """Hue and white of the trees and of the sky between them."""
    x, y = positions.T
    count = len(positions)
    height = y / garden.bottom
    mass = garden.masses(x, 0.8 * y) + 0.45 * garden.tufts(x, y)
    hue = painter.random_hues(count, FOREST, FOREST, TEAL, LEAF, DUSK)
    white = np.full(count, 0.05)
    lit = mass + 0.5 * painter.rng.standard_normal(count) > 0.35
    hue = np.where(lit, painter.random_hues(count, LEAF, LIME, LEAF, SUN), hue)
    white = np.where(lit, 0.14, white)
    gap = garden.masses(1.4 * x + 3, 1.2 * y + 1) - 1.6 * height + 0.25 * garden.tufts(x, y)
    sky = gap + 0.2 * painter.rng.standard_normal(count) > 0.3
    hue = np.where(sky, painter.random_hues(count, PALE, PALE, BLUE, PINK, SUN), hue)
    return hue, np.where(sky, 0.5, white)


def _trees(garden: GardenScene, painter: DabBrush, positions: Floats) -> Strokes:
    """Hanging leaves, the sky behind them."""
    here = positions[positions[:, 1] < garden.bank(positions[:, 0]) + 0.01]
    hue, white = _foliage(garden, painter, here)
    return painter.dabs(
        here, lambda x, y: np.pi / 2 + 0.55 * garden.masses(x, y), hue, white, length=1.15
    )


def _water(garden: GardenScene, painter: DabBrush, positions: Floats) -> Strokes:
    """The pond, which shows the trees upside down, darker and bluer."""
    here = positions[positions[:, 1] > garden.bank(positions[:, 0])]
    x, y = here.T
    count = len(here)
    mirrored = np.stack([x, 2 * garden.bank(x) - y], axis=-1)
    hue, white = _foliage(garden, painter, mirrored)
    cool = painter.rng.uniform(size=count) < 0.52
    hue = np.where(cool, painter.random_hues(count, BLUE, DEEP, DUSK, TEAL, BLUE, DEEP), hue)
    glint = garden.tufts(0.5 * x, 3 * y) + 0.4 * painter.rng.standard_normal(count) > 1.25
    hue = np.where(glint, painter.random_hues(count, PALE, PINK, PALE), hue)
    white = np.where(glint, 0.55, np.where(cool, 0.06, 0.6 * white))
    return painter.dabs(
        here, lambda x, y: 0.10 * np.sin(50 * y + 9 * x), hue, white, length=1.35, width=0.85
    )


def _bushes(garden: GardenScene, painter: DabBrush, positions: Floats) -> Strokes:
    """Roses and grass along the far bank."""
    x, y = positions.T
    top = garden.bank(x) - garden.bottom * (0.07 + 0.035 * garden.masses(1.5 * x, 0 * y))
    here = positions[(y > top) & (y < garden.bank(x) + 0.008)]
    x, y = here.T
    count = len(here)
    hue = painter.random_hues(count, LEAF, FOREST, LIME, TEAL)
    bloom = garden.tufts(1.2 * x, y) + 0.6 * painter.rng.standard_normal(count) > 0.4
    hue = np.where(bloom, painter.random_hues(count, PINK, ROSE, PINK, VIOLET), hue)
    white = np.where(bloom, 0.25, 0.05)
    return painter.dabs(
        here, lambda x, y: np.pi / 2 + 0.9 * garden.tufts(x, y), hue, white, length=0.8
    )


def _lilies(sheet: Sheet, painter: DabBrush, rng: np.random.Generator) -> list[Strokes]:
    """Rafts of lily pads with a few flowers; nearer rafts are larger."""
    parts = []
    for depth, across, part, flowers in zip(
        np.sort(rng.uniform(0.10, 0.9, RAFTS)),
        rng.uniform(0.05, 0.95, RAFTS),
        rng.uniform(0.8, 1.3, RAFTS),
        rng.uniform(-0.7, 0.7, (RAFTS, 3, 2)),
        strict=True,
    ):
        middle = np.array([across * sheet.right, (0.52 + 0.44 * depth) * sheet.bottom])
        size = sheet.short * (0.055 + 0.085 * depth) * part
        parts.append(_pads(painter, middle, size))
        for aside, below in flowers[: 1 + int(3 * across)]:
            parts.append(_lily(painter, middle + size * np.array([aside, 0.25 * below]), size))
    return parts


def _pads(painter: DabBrush, middle: Floats, size: float) -> Strokes:
    """A flat raft of pads, dark along its near rim."""
    rng = painter.rng
    count = int(np.clip(0.9 * size * size / (painter.length * painter.width), 8, 900))
    radius, angle = np.sqrt(rng.uniform(size=count)), rng.uniform(0, 2 * np.pi, count)
    offset = np.stack([radius * np.cos(angle), 0.30 * radius * np.sin(angle)], -1) * size
    rim = offset[:, 1] > 0.12 * size
    hue = np.where(
        rim, painter.random_hues(count, FOREST, TEAL), painter.random_hues(count, LIME, LEAF, TEAL)
    )
    # The rim is painted first, so that the lit pads lie over it.
    order = np.argsort(~rim, kind="stable")
    white = np.where(rim, 0.02, 0.12)
    pads = (middle + offset)[order]
    # They float: their direction is level.
    return painter.dabs(
        pads, lambda x, y: 0 * x * y, hue[order], white[order], length=0.85, width=0.8
    )


def _lily(painter: DabBrush, heart: Floats, size: float) -> Strokes:
    """A flower: a fan of petals, whiter towards one side."""
    fan = np.linspace(-np.pi, 0, 11)
    petals = heart + 0.14 * size * np.stack([np.cos(fan), 0.75 * np.sin(fan)], -1)

    def outwards(x: Floats, y: Floats) -> Floats:
        return np.asarray(np.arctan2(y - heart[1] - 0.004, x - heart[0]))

    hue = painter.random_hues(len(fan), PINK, ROSE, PINK)
    white = np.linspace(0.2, 0.65, len(fan))
    return painter.dabs(petals, outwards, hue, white, length=0.65, width=0.65)


def _flowers(garden: GardenScene, painter: DabBrush, positions: Floats) -> list[Strokes]:
    """The near bank: blades of grass, and blossoms in drifts of one colour."""
    here = positions[positions[:, 1] > garden.near(positions[:, 0])]
    x, y = here.T
    count = len(here)

    def growing(x: Floats, y: Floats) -> Floats:
        return np.asarray(-np.pi / 2 + 0.5 * garden.tufts(x, 0.5 * y))

    hue = painter.random_hues(count, LEAF, FOREST, LIME, TEAL, LEAF)
    blades = painter.dabs(here, growing, hue, 0.05, length=1.5, width=0.7)
    drift = garden.masses(2 * x, 2.5 * y)
    bloom = painter.rng.uniform(size=count) < 0.34
    hue = np.where(
        drift > 0.5,
        painter.random_hues(count, ROSE, PINK),
        painter.random_hues(count, VIOLET, DUSK),
    )
    hue = np.where(drift < -0.5, painter.random_hues(count, SUN, PINK, SUN), hue)
    blossoms = painter.dabs(here[bloom], garden.tufts, hue[bloom], 0.22, length=0.62, width=1.05)
    return [blades, blossoms]
