"""Farmland in the sun, hatched with a pen on warm paper."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians
from typing import TYPE_CHECKING

import numpy as np

from stylelab.samples.painters.canvas import (
    Floats,
    Palette,
    Sheet,
    border_distance,
    colour_array,
    hash_to_unit_interval,
    painted_style,
    rotate,
    smoothstep,
    to_radians,
    validate_number,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

SEPIA_PALETTE: Palette = ("#17161d", "#4a2c1c", "#d0a873", "#f5e8cd")
GRID_SIDE = 1024

# Height of the ridge, its swing, its waves across, the hatching's angle and the hill's tone.
HILLS = (
    (0.46, 0.05, 5.0, 40.0, 0.50),
    (0.54, 0.06, 4.2, -48.0, 0.60),
    (0.64, 0.06, 3.4, 55.0, 0.62),
    (0.76, 0.05, 2.6, -35.0, 0.66),
)
VINEYARD, HAMLET, FIELD = 1, 2, 3  # which hill carries them
# Place across and height of the trees on each hill.
TREES = (
    (),
    ((0.12, 0.13), (0.17, 0.10), (0.66, 0.11), (0.71, 0.15), (0.76, 0.10)),
    ((0.34, 0.12), (0.38, 0.15), (0.92, 0.13)),
    ((0.83, 0.44), (0.92, 0.36), (0.755, 0.25), (0.06, 0.30), (0.125, 0.20)),
)
# Place across, down and half length.
CLOUDS = ((0.60, 0.17, 0.17), (0.92, 0.28, 0.16), (0.06, 0.36, 0.10), (0.43, 0.36, 0.09))
PUFFS = 9
HOUSES = ((0.50, 1.0), (0.545, 0.8), (0.585, 1.1), (0.635, 0.85))
# The hatchings: angle to the form's lines, the tone from which they are drawn, their gap in lines.
HATCHINGS = (
    (0.0, 0.07, 2.9),
    (0.0, 0.40, 2.9),
    (58.0, 0.50, 3.0),
    (-46.0, 0.68, 2.9),
    (95.0, 0.84, 2.8),
)


class HatchedScene:
    """The scene: areas with outlines, their tone, and the direction of their lines.

    Attributes:
        area: A number for each area; where it changes there is an outline.
        tone: From 0 (paper) to 1 (black).
        across: A length which grows across the form's lines.
        along: A length which grows along them.
    """

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.rng = sheet.rng(1)
        self.phases = self.rng.uniform(0, 2 * np.pi, 12).tolist()
        self.broad = sheet.noise(2, 5, octaves=4)
        self.fine = sheet.noise(3, 24, octaves=3)
        self.x, self.y = sheet.positions
        self.areas = 0
        self.area = np.zeros(self.x.shape, dtype=np.int64)
        self.tone = np.zeros(self.x.shape, dtype=np.float32)
        self.across, self.along = self.y, self.x

    def add_area(
        self, here: NDArray[np.bool_], tone: Floats | float, across: Floats, along: Floats
    ) -> None:
        """A new area over whatever was there."""
        self.areas += 1
        self.area[here] = self.areas
        self.tone = np.where(here, tone, self.tone).astype(np.float32)
        self.across = np.where(here, across, self.across)
        self.along = np.where(here, along, self.along)

    def ridge(self, number: int, x: Floats) -> Floats:
        """A hill's upper edge."""
        level, swing, waves, _, _ = HILLS[number]
        u = waves * x / self.sheet.right
        rise = np.sin(u + self.phases[number]) + 0.35 * np.sin(2.7 * u + self.phases[number + 4])
        return np.asarray(self.sheet.bottom * (level - swing * rise))


@painted_style
def ink_hatching(
    height: int = 384,
    width: int = 512,
    *,
    seed: int = 0,
    palette: Palette = SEPIA_PALETTE,
    line_width: float = 0.0026,
    stroke_length: float = 0.09,
    direction: float = 0.0,
    contrast: float = 1.0,
) -> Picture:
    """Draw farmland with a pen: hatching follows the forms and is crossed where it is darker.

    Settings of this style:
        palette: At least 2 colours: the ink, a second ink that is mixed into it here and there, the
            shade of the paper, the paper. With two, the ink and the paper.
        line_width: The pen's width as a part of the picture's long side, 0.001 to 0.03; the lines'
            distance grows with it.
        stroke_length: The strokes' length as a part of the picture's long side, 0.01 to 1.
        direction: Rotates each hatching, in degrees clockwise.
        contrast: How dark the drawing is, 0.2 to 3.
    """
    sheet = Sheet(height, width, seed, grid_side=GRID_SIDE)
    colours = colour_array(palette, 2)
    pen = Pen(
        validate_number("line_width", line_width, 0.001, 0.03),
        validate_number("stroke_length", stroke_length, 0.01, 1.0),
        to_radians(direction),
    )
    strength = validate_number("contrast", contrast, 0.2, 3.0)
    scene = HatchedScene(sheet)
    _sky(scene)
    for number in range(len(HILLS)):
        _hill(scene, number)
        if number == HAMLET:
            _hamlet(scene)
        for across, tall in TREES[number]:
            _tree(scene, number, across, tall)
    scene.tone = np.clip(scene.tone * strength, 0, 1.1)
    ink = np.maximum(pen.outlines(scene), pen.hatching(scene))
    return sheet.downsample(_print_ink(scene, ink, colours))


def _sky(scene: HatchedScene) -> None:
    """Level lines which bulge around the sun, and clouds before them."""
    sheet, x, y = scene.sheet, scene.x, scene.y
    sun_x = (0.27 + scene.rng.uniform(-0.04, 0.04)) * sheet.right
    sun_y, radius = 0.22 * sheet.bottom, 0.075 * sheet.short
    distance = np.hypot(x - sun_x, y - sun_y)
    tone = 0.52 - 0.34 * np.exp(-((distance / (0.22 * sheet.short)) ** 2))
    tone = tone + 0.55 * (0.26 - y / sheet.bottom) + 0.07 * scene.broad
    off_centre = 1 - np.exp(-(((y - sun_y) / (0.1 * sheet.short)) ** 2))
    bulge = np.exp(-((distance / (0.3 * sheet.short)) ** 2)) * np.sign(y - sun_y) * off_centre
    wave = 0.012 * np.sin(7 * x / sheet.right + scene.phases[0])
    level = y + 0.09 * sheet.short * bulge + wave
    scene.add_area(distance >= 0, tone, level, x)
    scene.add_area(distance < radius, 0.0, level, x)
    for cloud in CLOUDS:
        _cloud(scene, *cloud)


def _cloud(scene: HatchedScene, across: float, down: float, long: float) -> None:
    """Puffs on a level base, open on top and hatched below."""
    sheet, rng = scene.sheet, scene.rng
    middle = (across + rng.uniform(-0.03, 0.03)) * sheet.right
    base, size = (down + rng.uniform(-0.02, 0.02)) * sheet.bottom, long * sheet.short
    positions = np.linspace(-1, 1, PUFFS) + rng.uniform(-0.12, 0.12, PUFFS)
    sizes = (
        size
        * (0.16 + 0.22 * np.cos(0.5 * np.pi * np.clip(positions, -1, 1)))
        * rng.uniform(0.75, 1.15, PUFFS)
    )
    for place, radius in zip(positions, sizes, strict=True):
        aside = (scene.x - middle - place * size) / radius
        up = (base - scene.y) / radius
        rim = 1 + 0.05 * scene.fine
        here = (np.hypot(aside, up - 0.45) < rim) & (up > 0.10 * scene.fine)
        tone = 0.12 + 0.34 * aside + 0.45 * (0.55 - up) + 0.08 * scene.broad
        scene.add_area(here, tone, *rotate(scene.y + 0.3 * radius * aside**2, scene.x, 0.5))


def _hill(scene: HatchedScene, number: int) -> None:
    """A hill, light along its ridge and on the slope that faces the sun."""
    sheet, x, y = scene.sheet, scene.x, scene.y
    ridge = scene.ridge(number, sheet.x)
    depth = y - ridge
    below = np.clip(depth, 0, 1)
    slope = np.gradient(ridge, axis=1) * sheet.unit
    tone = HILLS[number][-1] + 0.10 * scene.broad
    if number == FIELD:
        furrow = np.sin(26 * (x - 0.45 * sheet.right) / (y - 0.56 * sheet.bottom))
        tone = 0.40 + 0.34 * furrow + 0.10 * scene.broad
        tone = tone - 0.25 * np.exp(-below / (0.03 * sheet.bottom))
    else:
        tone = tone - 0.50 * np.exp(-below / (0.05 * sheet.bottom)) - 0.7 * slope
    if number == VINEYARD:
        rows = np.sin(5.5 * below / (0.012 * sheet.bottom + 0.10 * below))
        tone = tone + 0.20 * rows * (depth > 0.02 * sheet.bottom)
    across, along = rotate(depth, x, radians(HILLS[number][-2]))
    scene.add_area(depth > 0, tone, across + 0.5 * depth * depth, along)


def _hamlet(scene: HatchedScene) -> None:
    """A few houses and a tower, lit from the left."""
    sheet, x, y = scene.sheet, scene.x, scene.y
    for place, part in HOUSES:
        aside, size = x - place * sheet.right, 0.036 * sheet.short * part
        base = float(scene.ridge(HAMLET, np.array(place * sheet.right)))
        up = (base + 0.02 * sheet.bottom - y) / size
        wall = (np.abs(aside) < 0.7 * size) & (up > 0) & (up < 1)
        scene.add_area(wall, np.where(aside > 0.1 * size, 0.72, 0.06), x, y)
        gable = size * 0.85 * (1 - 0.83 * (up - 1))
        roof = (up >= 1) & (up < 1.75) & (np.abs(aside) < gable)
        scene.add_area(roof, 0.80, *rotate(y, x, 0.45))
        door = (np.abs(aside + 0.25 * size) < 0.13 * size) & (up > 0) & (up < 0.5)
        scene.add_area(door, 1.0, x, y)
    aside, size = x - 0.605 * sheet.right, 0.05 * sheet.short
    base = float(scene.ridge(HAMLET, np.array(0.605 * sheet.right)))
    up = (base + 0.01 * sheet.bottom - y) / size
    wall = (np.abs(aside) < 0.28 * size) & (up > 0) & (up < 1.9)
    scene.add_area(wall, np.where(aside > 0, 0.8, 0.1), y, x)
    spire = (up >= 1.9) & (np.abs(aside) < 0.34 * size * (1 - (up - 1.9) / 1.5))
    scene.add_area(spire, np.where(aside > 0, 0.95, 0.45), x, y)


def _tree(scene: HatchedScene, number: int, across: float, tall: float) -> None:
    """A poplar, round in its hatching, with the shadow it casts to the right."""
    sheet, rng, x, y = scene.sheet, scene.rng, scene.x, scene.y
    aside = x - (across + rng.uniform(-0.012, 0.012)) * sheet.right
    size = tall * sheet.bottom * rng.uniform(0.92, 1.08)
    root = 0.05 if number == FIELD else 0.025
    base = float(scene.ridge(number, np.array(across * sheet.right))) + root * sheet.bottom
    low = (y - base) / size
    stroke_position = (aside / size - 0.40) / 0.42
    cast = stroke_position**2 + ((low - 0.05 - 0.02 * scene.fine) / 0.05) ** 2 < 1
    cast &= y > scene.ridge(number, sheet.x)
    scene.tone = np.where(cast, np.maximum(scene.tone, 0.82), scene.tone)
    trunk = (np.abs(aside) < 0.02 * size) & (low < 0) & (low > -0.2)
    scene.add_area(trunk, 0.95, x, y)
    up = (-low - 0.07) / 0.93
    rise = np.clip(up, 0, 1)
    half = 0.16 * size * np.clip(np.sin(np.pi * rise**0.7), 0, 1) ** 0.65
    half = half * (1 + 0.16 * scene.fine + 0.08 * np.sin(30 * rise + across * 99)) + 1e-4
    side = aside / half
    leaves = (up > 0) & (up < 1) & (np.abs(side) < 1)
    round_lines = rotate(y + 0.35 * half * side**2, x, radians(-38.0))
    scene.add_area(leaves, 0.70 + 0.38 * side + 0.22 * scene.fine, *round_lines)


@dataclass(frozen=True)
class Pen:
    """The pen: its width and its strokes' length in long sides, and how they are turned."""

    width: float
    length: float
    rotation: float

    def outlines(self, scene: HatchedScene) -> Floats:
        """The ink of the outlines, from 0 to 1, a little thicker here and there."""
        half = 0.5 * self.width * (0.75 + 0.35 * scene.broad + 0.1 * scene.fine)
        pixel = 1 / scene.sheet.unit
        distance = border_distance(scene.sheet, scene.area)
        return smoothstep(0.5 * pixel, -0.5 * pixel, distance - half)

    def hatching(self, scene: HatchedScene) -> Floats:
        """The ink of all hatchings, from 0 to 1."""
        tremble = 0.0012 * scene.sheet.noise(5, 9) + 0.00025 * scene.sheet.noise(6, 40)
        ink = np.zeros(scene.x.shape, dtype=np.float32)
        for number in range(len(HATCHINGS)):
            ink = np.maximum(ink, self._lines(scene, scene.across + tremble, number))
        return ink

    def _lines(self, scene: HatchedScene, across: Floats, number: int) -> Floats:
        """One hatching: parallel lines, broken into strokes which swell with the tone."""
        angle, lightest, gap = HATCHINGS[number]
        gap = gap * self.width
        across, along = rotate(across, scene.along, radians(angle) + self.rotation)
        # The second hatching runs between the lines of the first.
        across = across + 0.5 * gap * (number == 1)
        line = np.floor(across / gap)
        line_random = hash_to_unit_interval(line, scene.area, number)
        stroke_position = along / (self.length * (0.7 + 0.6 * line_random)) + 7 * line_random
        piece = np.floor(stroke_position)
        stroke_random = hash_to_unit_interval(line, piece, number + 10)
        # No stroke lies exactly on its line.
        distance = np.abs(across / gap - line - 0.5 + 0.35 * (stroke_random - 0.5)) * gap
        steepness = np.hypot(*np.gradient(across)) * scene.sheet.unit
        distance = distance / np.clip(steepness, 0.4, 3.0)
        tone = scene.tone + 0.05 * scene.fine
        press = smoothstep(lightest, lightest + 0.22, tone + 0.10 * (stroke_random - 0.5))
        from_end = np.minimum(stroke_position - piece, 1 - stroke_position + piece)
        taper = np.sqrt(np.clip(9 * from_end, 0, 1))
        weight = 0.72 + 0.4 * stroke_random + 0.35 * np.clip(tone - lightest, 0, 1)
        half = 0.5 * self.width * press * taper * weight
        pixel = 1 / scene.sheet.unit
        drawn = smoothstep(0.6 * pixel, -0.6 * pixel, distance - half) * (half > 0.15 * pixel)
        return np.asarray(drawn * (0.80 + 0.20 * line_random), dtype=np.float32)


def _print_ink(scene: HatchedScene, ink: Floats, colours: Floats) -> Floats:
    """The paper with a light wash in the shadows, and the ink on it."""
    from scipy.ndimage import gaussian_filter

    sheet = scene.sheet
    tooth = sheet.noise(10, 330) + 0.6 * sheet.noise(11, 160, stretch=5)
    mottle = sheet.noise(12, 4, octaves=6, gain=0.6)
    shadow = np.clip(scene.tone - 0.30 + 0.12 * mottle, 0, 0.8)
    wash = gaussian_filter(shadow, 0.005 * sheet.unit)
    shade = np.clip(0.05 + 0.045 * mottle + 0.02 * tooth + 0.75 * wash, 0, 1)[..., None]
    light_paper, dark_ink = colours[-1], colours[0]
    has_shade, has_second_ink = len(colours) >= 3, len(colours) >= 4
    shaded_paper = colours[-2] if has_shade else light_paper * 0.85 + dark_ink * 0.15
    paper = light_paper + (shaded_paper - light_paper) * shade
    paper = paper * (1 + 0.012 * tooth[..., None])
    share = 0.8 * smoothstep(-0.6, 1.4, scene.broad + 0.5 * scene.fine)[..., None]
    pen_ink = dark_ink + (colours[1] - dark_ink) * share * has_second_ink
    cover = np.clip(ink * (0.94 + 0.05 * tooth), 0, 1)[..., None]
    return np.asarray(paper + (pen_ink - paper) * cover, dtype=np.float32)
