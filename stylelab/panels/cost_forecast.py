"""Control of notebook 12: what a picture will take, by its size and its tiles."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from stylelab.course.figures.cost import plot_forecasts
from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_integer
from stylelab.panels.control import Control
from stylelab.pictures.validation import describe_received
from stylelab.pipeline.cost_estimate import CostEstimate, estimate_cost
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from stylelab.course.figures import CourseFigure

SIZES = (256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
TILES = (256, 512, 1024)
WHOLE = "none: whole"
"""Entry of the list of tiles for a picture that is computed at once."""

COURSE_MACHINE = "two cores of an AMD EPYC"
COURSE_SPEED = 250e9
"""Floating-point operations per second of a convolution there, as `convolution_speed` measures them."""

THIS_MACHINE = "this machine"


def cost_forecast(
    shape: tuple[int, int] = (2, 3), *, size: int = 2048, tile: int | None = 512
) -> Control:
    """Show the time and the memory that a run is expected to take, by size and tile.

    Both are those of `sl.estimate_cost` with 100 steps: on the machine this course was made on, or on
    this one, whose speed is measured once.

    Args:
        shape: (height, width) of the photo; only the proportion counts.
        size: initial long side of the picture: 256, 384, 512, 768, 1024, 1536, 2048, 3072 or 4096.
        tile: initial side of the tiles: 256, 512, 1024, or None for a picture computed at once.

    Raises:
        SettingsError: there is no such size or tile.
    """
    import ipywidgets

    from stylelab.panels.slider import Slider

    size = as_integer("size", size, SIZES[0], SIZES[-1])
    if tile is not None and tile not in TILES:
        raise SettingsError(
            f"Expected tile: {', '.join(map(str, TILES))} or None. "
            f"Received: {describe_received(tile)}. Choose one of these."
        )
    sides = {WHOLE: None} | {f"{side} px": side for side in TILES}

    @cache
    def forecast(size: int, tile: int | None, machine: str) -> CostEstimate:
        speed = None if machine == THIS_MACHINE else COURSE_SPEED
        return estimate_cost(shape, Settings(size=size, tile=tile), speed=speed)

    def draw(size: float, tile: int | None, machine: str) -> CourseFigure:
        curves = {
            name: [forecast(each, side, machine) for each in SIZES] for name, side in sides.items()
        }
        chosen = next(name for name, side in sides.items() if side == tile)
        return plot_forecasts(curves, chosen, forecast(int(size), tile, machine), machine)

    style = {"description_width": "6em"}
    widgets: dict[str, Any] = {
        "size": Slider("long side", SIZES, size, name_width="6em"),
        "tile": ipywidgets.Dropdown(
            options=list(sides.items()), value=tile, description="tiles",
            style=style,
        ),
        "machine": ipywidgets.Dropdown(
            options=[COURSE_MACHINE, THIS_MACHINE], description="machine", style=style
        ),
    }  # fmt: skip
    return Control(draw, widgets)
