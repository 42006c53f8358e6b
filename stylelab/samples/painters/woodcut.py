"""Breaking waves, printed from a carved block of wood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from stylelab.samples.painters.canvas import (
    Floats,
    Palette,
    Sheet,
    colour_array,
    interpolate_palette,
    painted_style,
    random_waves,
    smoothstep,
    validate_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stylelab.pictures.images import Picture

INDIGO_PALETTE: Palette = ("#0e1b3d", "#17407a", "#3f7fae", "#a9c6c9", "#f3e7cb", "#d9593b")
# Places in the palette without its last colour, and the mark of that one.
LINE, DEEP, WATER, LIGHT, PAPER = 0.0, 0.25, 0.45, 0.62, 1.0
LEVELS, ACCENT = 250, 255

# A breaking wave of height 1, from its foot over its back to the tip, and over its face to the tip.
BACK = (
    (-2.3, -0.15), (-1.5, 0.10), (-0.85, 0.42), (-0.35, 0.80),
    (0.08, 1.0), (0.48, 0.99), (0.74, 0.80), (0.80, 0.58),
)  # fmt: skip
FACE = (
    (1.7, -0.15), (0.95, -0.02), (0.50, 0.10), (0.26, 0.30),
    (0.22, 0.52), (0.34, 0.72), (0.56, 0.77), (0.80, 0.58),
)  # fmt: skip
CURVE_POINTS = 80
# Place across and down of each wave's foot, its height in short sides, the way it breaks.
WAVES = (
    (0.95, 0.60, 0.085, -1),
    (0.64, 0.60, 0.065, 1),
    (0.33, 0.64, 0.085, 1),
    (0.81, 0.72, 0.140, -1),
    (0.47, 0.80, 0.130, 1),
    (0.19, 0.88, 0.500, 1),
    (0.98, 0.99, 0.270, -1),
    (0.60, 1.07, 0.200, 1),
)
SWELLS = 10
HORIZON = 0.52


class CarvedBlock:
    """The carved block: areas of one tone each, from the palette's first colour 0 to its paper 1."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.image = Image.new("L", (sheet.columns, sheet.rows), LEVELS)
        self._draw = ImageDraw.Draw(self.image)

    def fill(self, outline: Floats, tone: float, *, accent: bool = False) -> None:
        """Fill an outline (N, 2), in long sides."""
        level = ACCENT if accent else round(tone * LEVELS)
        points = [(x, y) for x, y in (outline * self.sheet.unit).tolist()]
        self._draw.polygon(points, fill=level)

    def band(self, line: Floats, half: Floats | float, tone: float) -> None:
        """Fill the surroundings of a line (N, 2) to a distance `half` above and below it."""
        offset = np.stack([0 * line[:, 0], half + 0 * line[:, 0]], axis=-1)
        self.fill(np.concatenate([line - offset, (line + offset)[::-1]]), tone)


@dataclass(frozen=True)
class Finger:
    """A curling finger of foam: its middle line, the normals to it, half its width along it."""

    line: Floats
    normals: Floats
    half: Floats

    def outline(self, extra: float) -> Floats:
        """The finger's outline, widened by `extra`."""
        offset = self.normals * (self.half + extra)[:, None]
        return np.concatenate([self.line + offset, (self.line - offset)[::-1]])

    def vein(self) -> Floats:
        """The outline of a line that is carved into its shaded side."""
        part = slice(2, 8)
        offset = self.normals[part] * self.half[part, None]
        near, far = self.line[part] - 0.24 * offset, self.line[part] - 0.48 * offset
        return np.concatenate([near, far[::-1]])


@painted_style
def woodcut_waves(
    height: int = 384,
    width: int = 512,
    *,
    seed: int = 0,
    palette: Palette = INDIGO_PALETTE,
    line_width: float = 0.0045,
    wave_height: float = 1.0,
    grain: float = 1.0,
) -> Picture:
    """Print breaking waves under a low sun from a carved block, in few colours.

    Settings of this style:
        palette: At least 3 colours: from the line's dark ink to the paper, and last the sun's.
        line_width: The carved lines' width as a part of the picture's long side, 0.002 to 0.03.
        wave_height: The waves' height as a part of the usual one, 0.3 to 1.5.
        grain: How much the wood's grain shows in the print, 0 to 3.
    """
    # Pillow draws hard edges, so that all smoothness comes from averaging.
    sheet = Sheet(height, width, seed, max_oversampling=6)
    colours = colour_array(palette, 3)
    line = validate_number("line_width", line_width, 0.002, 0.03)
    tall = validate_number("wave_height", wave_height, 0.3, 1.5)
    fibre = validate_number("grain", grain, 0.0, 3.0)
    rng = sheet.rng(1)
    block = CarvedBlock(sheet)
    _sky(block, rng, line)
    _sun(block, rng, line)
    _mountain(block, rng, line)
    _sea(block, rng, line, tall * sheet.short)
    return sheet.downsample(_print_block(block, colours, fibre))


def _sky(block: CarvedBlock, rng: np.random.Generator, line: float) -> None:
    """Lines across, thinner towards the horizon; clouds are where they fail."""
    sheet = block.sheet
    x = np.linspace(-0.02, sheet.right + 0.02, 200)
    phase = rng.uniform(0, 2 * np.pi)
    drift = random_waves(rng, 5.0)
    horizon, gap = HORIZON * sheet.bottom, 2.1 * line
    for level in np.arange(0, horizon + gap, gap):
        down = level / horizon
        wave = 0.004 * np.sin(9 * x + phase) + 0.0015 * drift(2 * x, 8 * level + 0 * x)
        cloud = smoothstep(0.2, 0.9, drift(0.55 * x, 2.6 * level + 0 * x))
        tone = np.clip(0.95 - down, 0.10, 0.95) * (1 - 0.85 * cloud)
        half = 0.5 * gap * np.where(tone > 0.05, tone, 0)
        block.band(np.stack([x, level + wave], -1), half, 0.30 if down < 0.35 else 0.52)


def _sun(block: CarvedBlock, rng: np.random.Generator, line: float) -> None:
    """A disc whose lower half is carved away in lines."""
    sheet = block.sheet
    angle = np.linspace(0, 2 * np.pi, 120)
    rim = np.stack([np.cos(angle), np.sin(angle)], -1)
    middle = np.array([(0.70 + rng.uniform(-0.03, 0.03)) * sheet.right, 0.24 * sheet.bottom])
    radius = 0.115 * sheet.short
    block.fill(middle + (radius + 1.2 * line) * rim, PAPER)
    block.fill(middle + radius * rim, PAPER, accent=True)
    for level in np.arange(-0.1 * radius, radius, 2.4 * line):
        reach = np.sqrt(radius**2 - level**2) * np.linspace(-1, 1, 30)
        half = 1.15 * line * (0.10 + 0.5 * level / radius) * (1 - np.linspace(-1, 1, 30) ** 4)
        block.band(middle + np.stack([reach, level + 0 * reach], -1), half, PAPER)


def _mountain(block: CarvedBlock, rng: np.random.Generator, line: float) -> None:
    """A distant mountain: white above, its flanks in lines."""
    sheet = block.sheet
    top = float(0.47 + rng.uniform(-0.02, 0.02)) * sheet.right
    phase = rng.uniform(0, 2 * np.pi)
    half, tall, foot = 0.30 * sheet.right, 0.20 * sheet.bottom, HORIZON * sheet.bottom
    side = np.linspace(-1, 1, 120)
    flank = np.stack([top + half * side, foot - tall * (1 - np.abs(side)) ** 1.6], -1)
    block.fill(flank, DEEP)
    down = np.linspace(0, 1, 24)
    for side in np.linspace(-1, 1, int(half / line / 1.35)):
        x = top + side * half * down
        edge = 1 - (1 - np.abs(side) * down) ** 1.6
        y = foot - tall * (1 - edge - 0.95 * down * (1 - np.abs(side)))
        snow = 0.34 + 0.12 * np.sin(23 * side + phase)
        carved = 0.95 * np.sqrt(np.clip(1 - down / snow, 0, 1)) + 0.34 * (down >= snow)
        offset = np.stack([line * carved, 0 * down], -1)
        spine = np.stack([x, y], -1)
        block.fill(np.concatenate([spine - offset, (spine + offset)[::-1]]), PAPER)


def _sea(block: CarvedBlock, rng: np.random.Generator, line: float, tall: float) -> None:
    """Rows of swell from the horizon to the front, and breaking waves between them."""
    sheet = block.sheet
    x = np.linspace(-0.02, sheet.right + 0.02, 240)
    phases = rng.uniform(0, 2 * np.pi, 2)
    waves = list(zip(sorted(WAVES, key=lambda wave: wave[1]), rng.spawn(len(WAVES)), strict=True))
    horizon, gap = HORIZON * sheet.bottom, 2.1 * line
    levels = horizon + (1.08 * sheet.bottom - horizon) * np.linspace(0, 1, SWELLS) ** 1.35
    deep = [(sheet.right + 0.02, sheet.bottom + 0.3), (-0.02, sheet.bottom + 0.3)]
    for row, level in enumerate(levels):
        while waves and waves[0][0][1] < level / sheet.bottom + 0.02:
            wave, own_rng = waves.pop(0)
            _wave(block, own_rng, wave, line, tall)
        near = row / (SWELLS - 1)
        waves_across = (30 - 20 * near) * x / sheet.right + phases[0] + 2.4 * row
        # Squaring sharpens the crests and widens the troughs.
        crest = ((1 + np.sin(waves_across)) / 2) ** 2
        surface = level - (0.016 + 0.070 * near) * sheet.short * (crest - 0.4)
        tone = DEEP - 0.02 + 0.10 * (row % 2)
        block.fill(np.concatenate([np.stack([x, surface], -1), deep]), tone)
        depth = levels[min(row + 2, SWELLS - 1)] - level + gap
        for number, offset in enumerate(np.arange(0.6 * gap, depth, gap * (1 + 0.5 * near))):
            width = 0.36 if number % 4 else 0.62
            swell = 0.55 + 0.45 * np.sin(0.5 * waves_across + 1.7 * number + phases[1])
            line_tone = (PAPER, 0.55, 0.74, 0.05)[number % 4]
            # Deeper lines follow the surface less and less.
            level_line = surface + offset + 0.25 * offset / depth * (level - surface)
            half = 0.5 * gap * width * swell * (1 + 0.3 * near)
            block.band(np.stack([x, level_line], -1), half, line_tone)


def _spline(points: tuple[tuple[float, float], ...]) -> Floats:
    """A smooth curve (CURVE_POINTS, 2) through the points."""
    from scipy.interpolate import CubicSpline

    through = np.array(points)
    steps = np.linalg.norm(np.diff(through, axis=0), axis=1)
    place = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
    return np.asarray(CubicSpline(place, through)(np.linspace(0, 1, CURVE_POINTS)))


def _wave(
    block: CarvedBlock,
    rng: np.random.Generator,
    wave: tuple[float, float, float, int],
    line: float,
    tall: float,
) -> None:
    """A breaking wave: water that is drawn up in lines, claws of foam, spray."""
    across, down, part, way = wave
    sheet = block.sheet
    size = part * tall
    foot = np.array([(across + rng.uniform(-0.02, 0.02)) * sheet.right, down * sheet.bottom])
    scale = size * np.array([way, -1])
    fine = line / size * (1.0 if part > 0.12 else 0.7)
    back, face = _spline(BACK), _spline(FACE)
    block.fill(foot + scale * np.concatenate([back, face[::-1]]), DEEP)
    _draw_water_lines(block, rng.spawn(1)[0], foot, scale, fine)
    for curve in (back, face):
        offset = 0.5 * fine * _normals(curve)
        block.fill(foot + scale * np.concatenate([curve + offset, (curve - offset)[::-1]]), LINE)
    for claw in _claws(rng, back, face, part):
        for extra, tone in ((0.30 * fine, LINE), (0.0, PAPER)):
            for finger in claw:
                block.fill(foot + scale * finger.outline(extra), tone)
        block.fill(foot + scale * claw[0].vein(), LIGHT)
    angle = np.linspace(0, 2 * np.pi, 12)
    rim = np.stack([np.cos(angle), np.sin(angle)], -1)
    for _ in range(40):
        heading, reach = rng.uniform(-0.9, 1.2), rng.uniform(0.15, 0.6)
        drop = np.array([0.62 + reach * np.cos(heading), 0.80 + 0.75 * reach * np.sin(heading)])
        radius = rng.uniform(0.004, 0.013)
        block.fill(foot + scale * (drop + (radius + 0.3 * fine) * rim), LINE)
        block.fill(foot + scale * (drop + radius * rim), PAPER)


def _normals(curve: Floats) -> Floats:
    """Unit normals of a curve (N, 2)."""
    tangent = np.gradient(curve, axis=0)
    tangent = tangent / np.linalg.norm(tangent, axis=1, keepdims=True)
    return np.stack([-tangent[:, 1], tangent[:, 0]], axis=-1)


def _draw_water_lines(
    block: CarvedBlock, rng: np.random.Generator, foot: Floats, scale: Floats, fine: float
) -> None:
    """Lines between the wave's back and its face, which all run together in the tip."""
    back, face = _spline(BACK), _spline(FACE)
    place = np.linspace(0, 1, CURVE_POINTS)
    count = max(int(0.83 / fine), 5)
    for number in range(count):
        share = (number + 0.5 + rng.uniform(-0.15, 0.15)) / count
        first, last = rng.uniform(0, 0.12), rng.uniform(0.82, 1.0)
        carved = (place > first) & (place < last)
        swell = np.sin(np.pi * (place[carved] - first) / (last - first)) ** 0.45
        half = (0.45 if number % 3 == 0 else 0.31) / count * swell[:, None]
        near, far = share - half, share + half
        sides = [back[carved] * (1 - side) + face[carved] * side for side in (near, far)]
        tone = (PAPER, LIGHT, LINE)[number % 3]
        block.fill(foot + scale * np.concatenate([sides[0], sides[1][::-1]]), tone)


def _claws(
    rng: np.random.Generator, back: Floats, face: Floats, part: float
) -> Iterator[list[Finger]]:
    """The foam on the wave's lip: two rows of claws outside, one inside."""
    count = max(int(20 * min(1.0, part / 0.12) ** 0.5), 10)
    rows = (
        (back, face, 0.0, (0.40, 1.0), 0.75, 0.45),
        (back, face, 0.09, (0.46, 0.98), 0.20, 0.45),
        (face, back, 0.1, (0.72, 0.99), -0.9, 0.0),
    )
    for curve, other, inward, (first, last), lean, rotation in rows:
        inside = curve is face
        for place in np.linspace(first, last, count // 2 if inside else count):
            point = min(int(place * (CURVE_POINTS - 1)), CURVE_POINTS - 2)
            heading = curve[point + 1] - curve[point - 1]
            angle = float(np.arctan2(heading[1], heading[0]))
            root = (1 - inward) * curve[point] + inward * other[point]
            root = root - 0.03 * np.array([np.cos(angle), np.sin(angle)])
            long = 0.13 if inside else 0.10 + 0.22 * place**4
            wide = 0.06 if inside else 0.075 + 0.02 * place
            curl = -1.5 if inside else -1.7 - 0.8 * rng.uniform()
            length = long * rng.uniform(0.8, 1.2)
            yield _claw(root, angle + lean - rotation * place, length, wide, curl)


def _claw(
    root: Floats, angle: float, length: float, width: float, curl: float, *, smaller: int = 1
) -> list[Finger]:
    """A curling finger with smaller ones on it."""
    place = np.linspace(0, 1, 12)
    angles = angle + curl * place**1.3
    toward = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    line = root + np.cumsum(toward * length / len(place), axis=0)
    half = 0.5 * width * (1 - place) ** 0.7 * (1 + 0.35 * np.sin(3.1 * place))
    fingers = [Finger(line, np.stack([-toward[:, 1], toward[:, 0]], axis=-1), half)]
    if smaller:
        for point, side in ((3, 1), (5, -1), (7, 1), (8, -1)):
            start, bend = angles[point] - 0.85 * side, curl * (0.9 if side > 0 else 0.7)
            branch = (0.42 * length, 0.55 * width, bend)
            fingers += _claw(line[point], start, *branch, smaller=smaller - 1)
    return fingers


def _print_block(block: CarvedBlock, colours: Floats, grain: float) -> Floats:
    """The print: the wood's grain shows in the ink, and where it is deep the paper stays bare."""
    sheet = block.sheet
    level = np.asarray(block.image)
    inks = interpolate_palette(colours[:-1], np.arange(256, dtype=np.float32) / LEVELS)
    inks[ACCENT] = colours[-1]
    fibre = 0.6 * sheet.noise(2, 240, stretch=14) + 0.5 * sheet.noise(3, 60, stretch=10)
    fibre = fibre + 0.5 * sheet.noise(4, 420, stretch=2)
    bare = 0.45 * grain * np.clip(fibre - 1.2, 0, 1) * (level < 0.8 * LEVELS)
    ink = inks[level] * (1 + 0.055 * grain * fibre[..., None])
    return np.asarray(ink + (inks[LEVELS] - ink) * bare[..., None], dtype=np.float32)
