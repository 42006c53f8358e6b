"""Control of notebook 13: a direction to turn, and the sorted projections of two pictures onto it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.statistics import plot_projections
from stylelab.panels.arguments import as_number
from stylelab.panels.control import Control

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from stylelab.course.figures import CourseFigure
    from stylelab.pictures.images import Picture

MAX_ANGLE, STEP = 90, 5
"""The ends of both sliders, and their step, in degrees."""


def projections(pictures: Mapping[str, Picture], around: float = 0, up: float = 0) -> Control:
    """Show the colours of two pictures, a direction to turn, and the sorted projections onto it.

    Args:
        pictures: two pictures (H, W, 3) with as many pixels, by title.
        around: initial angle from red (0) towards green (90), in degrees, from −90 to 90.
        up: initial angle from there towards blue (90), in degrees, from −90 to 90.

    Raises:
        SettingsError: there are not two pictures with as many pixels, or an angle is out of range.
    """
    from stylelab.panels.slider import Slider

    numbers = range(-MAX_ANGLE, MAX_ANGLE + 1, STEP)
    angles = {"around": around, "up": up}
    names = {"around": "red to green (°)", "up": "up to blue (°)"}
    widgets = {
        name: Slider(
            names[name],
            numbers,
            as_number(name, angle, -MAX_ANGLE, MAX_ANGLE),
            name_width="9em",
        )
        for name, angle in angles.items()
    }

    def draw(around: float, up: float) -> CourseFigure:
        return plot_projections(pictures, direction_of(around, up))

    return Control(draw, widgets)


def direction_of(around: float, up: float) -> NDArray[np.float64]:
    """Return the direction (3,), of length 1, for two angles in degrees."""
    turn, rise = np.radians([around, up])
    flat = np.cos(rise) * np.array([np.cos(turn), np.sin(turn), 0.0])
    direction: NDArray[np.float64] = flat + np.array([0.0, 0.0, np.sin(rise)])
    return direction
