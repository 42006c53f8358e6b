"""A summer day by a river, in dots of pure pigment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.samples.painters.canvas import (
    Floats,
    Palette,
    Sheet,
    colour_array,
    mix_with_white,
    painted_style,
    random_waves,
    smoothstep,
    to_radians,
    validate_number,
)
from stylelab.samples.painters.strokes import (
    Strokes,
    jittered_grid,
    oil_paint,
    straight_paths,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

MEADOW_PALETTE: Palette = (
    "#26389a", "#3b8fd6", "#27a59a", "#1f7a3f", "#7db83c",
    "#f6d835", "#f38a26", "#d93a34", "#e07ab0", "#6d48a5",
)  # fmt: skip
# The default palette's pigments as places on its wheel; another palette takes the same places.
NAVY, SKY, TURQUOISE, GREEN, LEAF, YELLOW, ORANGE, RED, PINK, VIOLET = np.arange(10) / 10

# Across, down and radius of each crown, as parts of the sheet's sides and its short side.
CROWNS = (
    (0.80, 0.36, 0.170),
    (0.93, 0.30, 0.190),
    (0.70, 0.47, 0.100),
    (0.90, 0.47, 0.150),
    (0.05, 0.47, 0.085),
    (0.14, 0.50, 0.060),
    (-0.01, 0.50, 0.070),
)
# Place across, waterline and height of each sail.
SAILS = ((0.36, 0.55, 0.150), (0.50, 0.52, 0.085), (0.24, 0.525, 0.070))
# Three coats: the gap between dots and their size, as parts of the usual size.
COATS = ((0.80, 1.25), (0.72, 1.0), (0.80, 0.85))


class Dots:
    """Dots of one coat, with a hue on the wheel and a share of white for each.

    The motifs are painted from back to front; each takes over the dots that lie on it.
    """

    def __init__(self, sheet: Sheet, rng: np.random.Generator, positions: Floats) -> None:
        self.sheet, self.rng = sheet, rng
        self.positions = positions
        self.x, self.y = positions.T
        self.u, self.v = self.x / sheet.right, self.y / sheet.bottom
        self.hue, self.white = np.zeros(len(positions)), np.zeros(len(positions))
        self.contrast = np.full(len(positions), 0.07)

    def paint(
        self,
        here: NDArray[np.bool_],
        hue: Floats | float,
        white: Floats | float,
        contrast: Floats | float = 0.08,
    ) -> None:
        """Set hue, share of white and share of complementary dots of the dots `here`."""
        self.hue = np.where(here, hue, self.hue)
        self.white = np.where(here, white, self.white)
        self.contrast = np.where(here, contrast, self.contrast)

    def random_subset(self, share: Floats | float) -> NDArray[np.bool_]:
        """A random part of the dots."""
        return np.asarray(self.rng.uniform(size=len(self.x)) < share)

    def random_hues(self, *hues: float) -> Floats:
        """A random one of the hues for each dot."""
        return self.rng.choice(np.asarray(hues), len(self.x))

    def colour_array(self, colours: Floats, purity: float) -> Floats:
        """The dots' colours (N, 3): single pigments, here and there the complement."""
        count = len(self.x)
        turns = self.hue + 0.05 * self.rng.standard_normal(count)
        turns = turns + 0.5 * self.random_subset(purity * self.contrast)
        chosen = colours[np.rint(turns * len(colours)).astype(np.intp) % len(colours)]
        return mix_with_white(chosen, np.minimum(self.white + self.rng.normal(0, 0.09, count), 0.9))

    def dabs(self, colours: Floats, size: float, stretch: float, angle: float) -> Strokes:
        """The dots as oval dabs of equal area: the longer they are, the thinner."""
        count = len(self.x)
        sizes = size * self.rng.uniform(0.75, 1.2, count)
        angles = angle + self.rng.normal(0, 0.15, count)
        toward = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        half = toward * (0.5 * sizes * np.sqrt(stretch))[:, None]
        widths = (sizes / np.sqrt(stretch)).astype(np.float32)
        paths = straight_paths(self.positions - half, self.positions + half)
        return Strokes(paths, widths, colours)


class Landscape:
    """A river with sails between a distant shore and a meadow with a path, trees to both sides."""

    def __init__(self, sheet: Sheet, rng: np.random.Generator) -> None:
        self.phases = rng.uniform(0, 2 * np.pi, 4).tolist()
        self.masses = random_waves(rng, 4.0, 16)
        self.tufts = random_waves(rng, 9.0, 24)
        self.leaves = random_waves(rng, 24.0, 24)
        moved = rng.uniform(-0.015, 0.015, (len(CROWNS), 2)).tolist()
        self.crowns = [
            ((u + du) * sheet.right, (v + dv) * sheet.bottom, radius * sheet.short)
            for (u, v, radius), (du, dv) in zip(CROWNS, moved, strict=True)
        ]

    def bank(self, u: Floats) -> Floats:
        """The meadow's upper edge, as a part of the sheet's height, at a part `u` of its width."""
        wave = 0.05 * np.cos(2 * np.pi * (u - 0.38)) + 0.008 * np.sin(14 * u + self.phases[3])
        return np.asarray(0.655 + wave - 0.05 * smoothstep(0.5, 1.0, u))

    def paint_landscape(self, dots: Dots) -> None:
        """Set the hue of every dot."""
        self._sky(dots)
        self._water(dots)
        for sail in SAILS:
            self._sail(dots, *sail)
        self._meadow(dots)
        for crown in self.crowns:
            x, y, radius = crown
            below = (dots.y > y) & (dots.v < self.bank(dots.u) + 0.02)
            trunk = below & (np.abs(dots.x - x - 0.006 * np.sin(40 * dots.y)) < 0.09 * radius)
            dots.paint(trunk, dots.random_hues(VIOLET, NAVY, RED), 0.0)
        for crown in self.crowns:
            self._crown(dots, *crown)

    def _sky(self, dots: Dots) -> None:
        """Blue above, warm towards the horizon, with pink clouds and violet hills."""
        everywhere = np.ones(len(dots.x), dtype=bool)
        deep = 0.5 * smoothstep(0.22, 0.0, dots.v)
        blue = np.where(dots.random_subset(deep), NAVY, SKY + 0.03 * (2 * dots.v - 0.5))
        dots.paint(everywhere, blue, 0.30 + 0.65 * dots.v, 0.07)
        billow = self.masses(0.8 * dots.x, 2.2 * dots.y) + 0.4 * self.tufts(dots.x, 2 * dots.y)
        cloud = smoothstep(0.1, 1.1, billow) * smoothstep(0.5, 0.32, dots.v) > 0.5
        shade = smoothstep(1.9, 0.7, billow)
        belly = np.where(
            dots.random_subset(0.55 * shade), dots.random_hues(VIOLET, SKY), PINK + 0.02
        )
        dots.paint(cloud, np.where(dots.random_subset(0.35), YELLOW, belly), 0.78 - 0.16 * shade)
        glow = dots.random_subset(0.65 * smoothstep(0.30, 0.50, dots.v))
        dots.paint(glow, dots.random_hues(YELLOW, ORANGE, PINK), 0.62)
        hills = 0.445 + 0.035 * np.sin(7 * dots.u + self.phases[1])
        hills += 0.02 * np.sin(15 * dots.u + self.phases[2])
        dots.paint(dots.v > hills, VIOLET + 0.12 * smoothstep(0.42, 0.5, dots.v), 0.42, 0.1)

    def _water(self, dots: Dots) -> None:
        """The river with bands of light."""
        here = dots.v > 0.50 + 0.012 * np.sin(9 * dots.u + self.phases[0])
        light = 0.2 * (self.leaves(0.3 * dots.x, 2.5 * dots.y) > 0.6)
        hue = SKY + 0.05 * self.leaves(0.4 * dots.x, 3 * dots.y)
        dots.paint(here, hue, 0.45 + light, 0.12)

    def _sail(self, dots: Dots, across: float, waterline: float, height: float) -> None:
        """A boat: the sail, its hull and the light it throws on the water."""
        wide, tall = dots.sheet.right, height * dots.sheet.bottom
        aside = dots.x - across * wide
        drop = (dots.y - waterline * dots.sheet.bottom) / tall + 1
        cloth = (drop > 0) & (drop < 1)
        cloth &= (aside > -0.015 * drop * wide) & (aside < 0.33 * height * wide * drop + 0.004)
        dots.paint(cloth, np.where(aside < 0.02 * wide, YELLOW, ORANGE), 0.8, 0.04)
        hull = (np.abs(drop - 1.04) < 0.06) & (np.abs(aside - 0.01) < 0.2 * height * wide + 0.006)
        dots.paint(hull, VIOLET, 0.0)
        light = (drop > 1.1) & (drop < 1.75) & dots.random_subset(0.6)
        light &= np.abs(aside - 0.012) < 0.24 * height * wide * (1.9 - drop)
        dots.paint(light, YELLOW, 0.7)

    def _meadow(self, dots: Dots) -> None:
        """Grass in the sun, the trees' shadow, a path and flowers."""
        u, v = dots.u, dots.v
        bank = self.bank(u)
        here = v > bank
        depth = np.clip((v - bank) / (1 - bank), 0, 1)
        clump = self.tufts(0.6 * dots.x, 2.5 * dots.y)
        hue = LEAF + 0.02 + 0.065 * clump * (1 - 0.3 * depth)
        dots.paint(here, hue, 0.18 * (1 - depth), 0.06 + 0.07 * depth)
        edge = ((u - 0.82) / 0.32) ** 2 + ((v - 0.70 - 0.02 * np.sin(30 * u)) / 0.07) ** 2
        shadow = here & (edge + 0.35 * self.tufts(dots.x, dots.y) < 1)
        cool = np.where(dots.random_subset(0.42), dots.random_hues(VIOLET, NAVY), TURQUOISE + 0.06)
        dots.paint(shadow, cool, 0.0)
        middle = 0.30 + 0.26 * np.sin(2.6 * (1 - depth) + 0.4) * (1 - 0.5 * depth)
        path = here & (np.abs(u - middle) < 0.012 + 0.10 * depth**1.3)
        earth = dots.random_hues(PINK, ORANGE, YELLOW, PINK, VIOLET)
        dots.paint(path, earth, 0.56 - 0.14 * self.tufts(dots.x, dots.y), 0.13)
        drift = self.tufts(1.2 * dots.x + 9, 3 * dots.y) > 0.55
        flowers = here & ~path & drift & dots.random_subset(0.15 + 0.42 * depth)
        dots.paint(flowers, dots.random_hues(RED, RED, PINK, YELLOW), 0.12)

    def _crown(self, dots: Dots, x: float, y: float, radius: float) -> None:
        """A tree's crown, lit from the upper left, violet and blue where it is in shade."""
        aside, below = (dots.x - x) / radius, (dots.y - y) / (1.05 * radius)
        leaves = self.leaves(dots.x, dots.y)
        edge = aside**2 + below**2 + 0.28 * self.tufts(1.3 * dots.x, 1.3 * dots.y) + 0.12 * leaves
        here = edge < 1
        light = (
            0.15 - 0.45 * aside - 0.60 * below + 0.38 * self.tufts(1.6 * dots.x + 3, 1.6 * dots.y)
        )
        lit = np.clip(light, 0, 1)
        dots.paint(here, GREEN + 0.01 + 0.16 * lit, 0.05 + 0.25 * lit)
        shade = here & (light < 0) & dots.random_subset(0.75 * np.clip(0.25 - light, 0, 1))
        dots.paint(shade, dots.random_hues(VIOLET, NAVY, TURQUOISE), 0.0)


@painted_style
def pointillist_field(
    height: int = 384,
    width: int = 512,
    *,
    seed: int = 0,
    palette: Palette = MEADOW_PALETTE,
    dot_size: float = 0.0085,
    dot_length: float = 1.0,
    direction: float = 0.0,
    contrast: float = 1.0,
) -> Picture:
    """Paint a summer day by a river in dots of pure pigment, which mix in the eye.

    Settings of this style:
        palette: At least 4 pigments in the order of a colour wheel: blues, greens, yellow, reds,
            violet. Opposite ones are laid side by side; white is always at hand.
        dot_size: The dots' diameter as a part of the picture's long side, 0.005 to 0.1.
        dot_length: The dots' length over their width, 1 (round) to 6.
        direction: Where long dots point, in degrees clockwise from the right.
        contrast: How often a dot is its place's complementary colour, 0 (never) to 4.
    """
    sheet = Sheet(height, width, seed)
    rng = sheet.rng(1)
    colours = colour_array(palette, 4)
    size = validate_number("dot_size", dot_size, 0.005, 0.1)
    stretch = validate_number("dot_length", dot_length, 1.0, 6.0)
    angle = to_radians(direction)
    complement = validate_number("contrast", contrast, 0.0, 4.0)
    landscape = Landscape(sheet, rng)
    coats = []
    for gap, part in COATS:
        dots = Dots(sheet, rng, jittered_grid(sheet, rng, size * gap))
        landscape.paint_landscape(dots)
        colour = dots.colour_array(colours, complement)
        coats.append(dots.dabs(colour, size * part, stretch, angle))
    canvas = np.array([0.93, 0.89, 0.80], dtype=np.float32)
    paint = oil_paint(sheet, coats, canvas, sheet.rng(2), bristle=0.05, relief=0.55, taper=0.5)
    return sheet.downsample(paint)
