"""A night over a lake, in long strokes that follow a whirling sky."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.samples.painters.canvas import (
    Field,
    Floats,
    Palette,
    Sheet,
    interpolate_palette,
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
    straight_paths,
    trace_paths,
)

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture

NIGHT_PALETTE: Palette = (
    "#0a1418", "#16302f", "#0d1c4d", "#1b3a94", "#2a63b8",
    "#5ba3d0", "#a9d3d6", "#f2edca", "#f8d552", "#ee9a2a",
)  # fmt: skip

# Eddies, then lights: across, down, radius, turning sense and, of a light, the radius of its disc, as
# parts of the sheet's sides and its short side.
VORTICES = (
    (0.52, 0.30, 0.270, 1, 0),
    (0.83, 0.40, 0.170, -1, 0),
    (0.06, 0.50, 0.200, -1, 0),
    (0.27, 0.08, 0.150, -1, 0),
    (0.20, 0.27, 0.125, -1, 0.070),
    (0.93, 0.12, 0.070, 1, 0.030),
    (0.72, 0.10, 0.060, -1, 0.024),
    (0.39, 0.13, 0.050, 1, 0.018),
    (0.06, 0.10, 0.055, -1, 0.022),
    (0.36, 0.47, 0.060, 1, 0.024),
    (0.68, 0.50, 0.050, -1, 0.020),
    (0.95, 0.56, 0.050, 1, 0.020),
    (0.08, 0.62, 0.045, -1, 0.016),
    (0.52, 0.03, 0.040, 1, 0.016),
)
# Place across, height and half width of each poplar, as parts of the sheet's sides.
POPLARS = (
    (0.755, 0.46, 0.017),
    (0.92, 0.55, 0.019),
    (0.80, 0.66, 0.021),
    (0.865, 0.80, 0.025),
    (0.97, 0.60, 0.020),
)
HOUSES = 9

STRAY_SHARE, TWIG_SHARE, DARK = 0.05, 0.12, 0.25


@dataclass(frozen=True)
class Vortex:
    """A place around which the sky turns; where it is a light, `disc` is its radius."""

    x: float
    y: float
    radius: float
    sense: float
    disc: float

    def distance(self, x: Floats, y: Floats) -> Floats:
        """The distance to the middle, in long sides."""
        return np.asarray(np.hypot(x - self.x, y - self.y) + 1e-6)


class NightScene:
    """The scene: flow of the sky, outlines of the land, and tones."""

    def __init__(self, sheet: Sheet, rng: np.random.Generator) -> None:
        self.right, self.bottom = sheet.right, sheet.bottom
        moved = rng.uniform(-0.025, 0.025, (len(VORTICES), 2)).tolist()
        size = sheet.short
        self.vortices = [
            Vortex((u + du) * self.right, (v + dv) * self.bottom, radius * size, sense, disc * size)
            for (u, v, radius, sense, disc), (du, dv) in zip(VORTICES, moved, strict=True)
        ]
        self.phases = rng.uniform(0, 2 * np.pi, 4).tolist()
        self.bands = random_waves(rng, 9.0, 40)
        self.speckle = random_waves(rng, 30.0, 40)

    def flow(self, x: Floats, y: Floats) -> Floats:
        """The sky's direction in radians."""
        sway = 2 * np.pi * (1.1 * x / self.right + 0.6 * y / self.bottom) + self.phases[0]
        heading = 0.5 * np.sin(sway)
        flow_x, flow_y = np.cos(heading), np.sin(heading)
        for vortex in self.vortices:
            out_x, out_y = x - vortex.x, y - vortex.y
            squared = out_x * out_x + out_y * out_y + 1e-12
            distance = np.sqrt(squared)
            out_x, out_y = out_x / distance, out_y / distance
            # Eddies draw the sky in as they turn; around a light it closes to rings.
            if vortex.disc:
                pull, reach = 0.0, squared / (1.25 * vortex.radius) ** 2
            else:
                pull, reach = 0.28, distance / vortex.radius
            share = np.exp(-reach * reach)
            flow_x += share * (-out_y * vortex.sense - pull * out_x - flow_x)
            flow_y += share * (out_x * vortex.sense - pull * out_y - flow_y)
        return np.asarray(np.arctan2(flow_y, flow_x))

    def mountains(self, x: Floats) -> Floats:
        """The mountains' upper edge."""
        across = x / self.right
        edge = 0.73 - 0.07 * np.sin(2.2 * np.pi * across + self.phases[1])
        edge = edge - 0.022 * np.sin(9 * across + self.phases[2])
        return np.asarray(self.bottom * edge)

    def wood(self, x: Floats) -> Floats:
        """The upper edge of the wood before the mountains."""
        across = x / self.right
        edge = 0.80 - 0.035 * np.sin(5 * across + self.phases[3])
        edge = edge - 0.012 * np.sin(13 * across + self.phases[1])
        return np.asarray(self.bottom * edge)

    def shore(self, x: Floats) -> Floats:
        """The lake's far shore."""
        return np.asarray(
            self.bottom * (0.875 + 0.008 * np.sin(11 * x / self.right + self.phases[2]))
        )

    def sky_tone(self, positions: Floats) -> Floats:
        """The sky's place in the palette, from 0 to 1."""
        x, y = positions.T
        # Noise that is averaged along the flow becomes bands which follow it.
        stream = np.moveaxis(trace_paths(positions, self.flow, 0.3), -1, 0)
        stripe = 2.2 * self.bands(*stream).mean(axis=1) + 0.5 * self.speckle(*stream).mean(axis=1)
        tone = 0.37 + 0.12 * stripe + 0.10 * y / self.bottom
        over_land = (self.mountains(x) - y) / self.bottom - 0.06
        tone = np.clip(tone + 0.16 * np.exp(-((over_land / 0.06) ** 2)), 0.2, 0.74)
        for vortex in self.vortices:
            if vortex.disc:
                distance = vortex.distance(x, y)
                ring = 0.05 * np.sin(5.5 * distance / vortex.disc)
                halo = smoothstep(vortex.radius * 1.25, vortex.disc * 0.9, distance)
                tone = tone + halo * (0.83 + ring - tone)
                tone = np.where(distance < 0.75 * vortex.disc, 0.93 + 0.5 * ring, tone)
        return np.asarray(tone)


class StrokeBrush(Brush):
    """Brush for strokes of a tone in the palette."""

    def strokes(
        self,
        positions: Floats,
        direction: Field,
        tone: Floats,
        *,
        length: Floats | float = 1.0,
        width: float = 1.0,
    ) -> Strokes:
        """Strokes at places (N, 2) of tone (N,); `length` and `width` are parts of the brush's."""
        # A few strokes carry paint from lighter parts, which keeps the dark ones alive.
        stray = 0.22 * (self.rng.uniform(size=len(positions)) < STRAY_SHARE) * (tone > DARK)
        mixed = tone + stray + self.rng.normal(0, 0.045, len(positions))
        colours = interpolate_palette(self.colours, mixed)
        return self.make_strokes(
            positions, direction, colours, length=length, width=width, shade=0.08
        )

    def lines(self, start: Floats, end: Floats, tone: Floats, width: float) -> Strokes:
        """Straight strokes of one width from start (N, 2) to end (N, 2)."""
        widths = np.full(len(start), width, np.float32)
        return Strokes(straight_paths(start, end), widths, interpolate_palette(self.colours, tone))


@painted_style
def swirling_night(
    height: int = 384,
    width: int = 512,
    *,
    seed: int = 0,
    palette: Palette = NIGHT_PALETTE,
    stroke_length: float = 0.075,
    stroke_width: float = 0.0085,
    direction: float = 0.0,
    impasto: float = 1.0,
) -> Picture:
    """Paint a night over a lake: long curved strokes of thick paint follow a whirling sky.

    Settings of this style:
        palette: At least 4 colours, from the darkest shadow to the brightest light.
        stroke_length: The strokes' length as a part of the picture's long side, 0.01 to 0.5.
        stroke_width: The strokes' width as a part of the picture's long side, 0.005 to 0.1.
        direction: Rotates each stroke, in degrees clockwise.
        impasto: How thick the paint is, 0 (flat) to 3.
    """
    sheet = Sheet(height, width, seed)
    rng = sheet.rng(1)
    painter = StrokeBrush(sheet, palette, stroke_length, stroke_width, direction)
    relief = validate_number("impasto", impasto, 0.0, 3.0)
    night = NightScene(sheet, rng)
    positions = jittered_grid(sheet, sheet.rng(3), 0.62 * painter.size)
    parts = [
        *_sky(night, painter, positions),
        *_land(night, painter, positions),
        _lake(night, painter, positions),
        *_village(sheet, night, painter, sheet.rng(4)),
        *_poplars(sheet, painter, sheet.rng(5)),
    ]
    ground = interpolate_palette(painter.colours, np.array(0.26))
    paint = oil_paint(sheet, parts, ground, sheet.rng(6), relief=relief)
    return sheet.downsample(paint)


def _sky(night: NightScene, painter: StrokeBrush, positions: Floats) -> list[Strokes]:
    """The whole sky, and once more the lights with shorter strokes."""
    parts = [painter.strokes(positions, night.flow, night.sky_tone(positions))]
    for vortex in night.vortices:
        distance = vortex.distance(*positions.T)
        here = distance < vortex.radius * bool(vortex.disc)
        # A stroke around a small ring would leave it if it were long.
        length = np.minimum(0.6, (1.3 * distance[here] + 0.01) / painter.length)
        tone = night.sky_tone(positions[here])
        parts.append(painter.strokes(positions[here], night.flow, tone, length=length, width=0.9))
    return parts


def _land(night: NightScene, painter: StrokeBrush, positions: Floats) -> list[Strokes]:
    """The mountains, and the wood before them."""
    parts = []
    edges = (
        (night.mountains, night.wood, 0.22, 0.10, 0.020, 0.6),
        (night.wood, night.shore, 0.13, 0.20, 0.015, 0.5),
    )
    for top, end, dark, rim, rim_width, length in edges:
        x, y = positions.T
        here = positions[(y > top(x)) & (y < end(x) + 0.03)]
        x, y = here.T
        tone = dark + 0.09 * night.speckle(x, y)
        tone = tone + rim * np.exp(-(y - top(x)) / (rim_width * night.bottom))

        def slope(x: Floats, y: Floats, top: Any = top) -> Floats:
            rise = np.arctan((top(x + 0.001) - top(x - 0.001)) / 0.002)
            return np.asarray(rise + 0.35 * np.sin(22 * x + 30 * y))

        parts.append(painter.strokes(here, slope, tone, length=length))
    return parts


def _lake(night: NightScene, painter: StrokeBrush, positions: Floats) -> Strokes:
    """The water, which shows the sky upside down."""
    x, y = positions.T
    here = positions[y > night.shore(x)]
    x, y = here.T
    mirrored = 2 * night.shore(x) - y - 0.33 * night.bottom
    sky = night.sky_tone(np.stack([x, np.clip(mirrored, 0, None)], axis=-1))
    tone = 0.85 * sky + 0.05 * night.speckle(0.3 * x, 2 * y)
    return painter.strokes(
        here, lambda x, y: 0.12 * np.sin(40 * x + 90 * y), tone, length=0.7, width=0.8
    )


def _village(
    sheet: Sheet, night: NightScene, painter: StrokeBrush, rng: np.random.Generator
) -> list[Strokes]:
    """Houses on the far shore, some with a lit window and its path of light on the water."""
    parts = []
    for number in range(HOUSES):
        middle = (0.10 + 0.58 * (number + rng.uniform(0.1, 0.9)) / HOUSES) * sheet.right
        size = 0.034 * sheet.short * rng.uniform(0.8, 1.25)
        half = 0.5 * size * rng.uniform(0.9, 1.4)
        base = float(night.shore(np.array(middle)))
        rows = base - size * np.linspace(0, 1, 5)
        left, right = (np.stack([np.full(5, middle + side), rows], -1) for side in (-half, half))
        wall = rng.uniform(0.3, 0.5) + rng.normal(0, 0.03, 5)
        parts.append(painter.lines(left, right, wall, 0.32 * size))
        eaves = middle + half * np.array([-1.36, -0.5, 1.36, 0.5])
        start = np.stack([eaves, np.full(4, base - 0.9 * size)], -1)
        ridge = np.tile([middle, base - 1.75 * size], (4, 1))
        parts.append(painter.lines(start, ridge, np.array([0.02, 0.1, 0.2, 0.3]), 0.36 * size))
        window = middle - 0.4 * half
        glints = rng.normal(0, 0.004, 9), rng.uniform(0.006, 0.018, 9), rng.uniform(0.78, 0.95, 9)
        if number % 3 < 2:
            pane = np.array([[window, base - 0.62 * size]]), np.array([[window, base - 0.2 * size]])
            parts.append(painter.lines(*pane, np.array([0.9]), 0.34 * size))
            depth = base + sheet.bottom * np.linspace(0.012, 0.085, 9)
            start = np.stack([window + glints[0] - glints[1], depth], -1)
            end = np.stack([window + glints[0] + glints[1], depth], -1)
            parts.append(painter.lines(start, end, glints[2], 0.55 * painter.width))
    return parts


def _poplars(sheet: Sheet, painter: StrokeBrush, rng: np.random.Generator) -> list[Strokes]:
    """Dark poplars on the right, in strokes that rise like flames."""
    feet = rng.uniform(-0.015, 0.015, len(POPLARS))
    parts = []
    for number, (across, rise, half) in enumerate(POPLARS):
        foot = sheet.right * (across + feet[number])
        tall = rise * sheet.bottom
        positions = jittered_grid(sheet, rng, 0.4 * painter.size)
        height = (1.03 * sheet.bottom - positions[:, 1]) / tall
        middle = foot + 0.006 * np.sin(9 * height + number)
        inside = np.clip(height, 0, 1)
        bulge = 1.6 * inside**0.3 * (1 - inside) ** 0.6
        bulge = bulge * (1 + 0.16 * np.sin(31 * height + 7 * number))
        side = (positions[:, 0] - middle) / (half * sheet.right)
        here = (height > 0) & (height < 1) & (np.abs(side) < bulge)
        tone = 0.05 + 0.05 * side[here] + 0.05 * rng.standard_normal(here.sum())
        tone = tone + 0.14 * (rng.uniform(size=len(tone)) < TWIG_SHARE)

        def rising(x: Floats, y: Floats, foot: float = foot, half: float = half) -> Floats:
            lean = np.clip((x - foot) / (half * sheet.right), -1, 1)
            return np.asarray(-np.pi / 2 - 0.25 * lean + 0.35 * np.sin(30 * y + 20 * x))

        parts.append(painter.strokes(positions[here], rising, tone, length=0.65, width=0.85))
    return parts
