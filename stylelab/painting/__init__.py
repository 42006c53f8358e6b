"""Style pictures that are painted by code, each with settings for what its style is made of.

The pictures are free of rights (CC0), come from a seed, and exist at every size. `STYLES` maps each
style's name to its function.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from stylelab.painting.canvas import Colour, Palette, Picture
from stylelab.painting.dots import MEADOW, pointillist_field
from stylelab.painting.garden import GARDEN, brush_garden
from stylelab.painting.glass import JEWELS, stained_glass
from stylelab.painting.ink import SEPIA, ink_hatching
from stylelab.painting.night import NIGHT, swirling_night
from stylelab.painting.watercolour import WASHES, watercolour_wash
from stylelab.painting.woodcut import INDIGO, woodcut_waves

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STYLES: Mapping[str, Callable[..., Picture]] = MappingProxyType(
    {
        "swirling_night": swirling_night,
        "pointillist_field": pointillist_field,
        "stained_glass": stained_glass,
        "woodcut_waves": woodcut_waves,
        "watercolour_wash": watercolour_wash,
        "ink_hatching": ink_hatching,
        "brush_garden": brush_garden,
    }
)

__all__ = [
    "GARDEN",
    "INDIGO",
    "JEWELS",
    "MEADOW",
    "NIGHT",
    "SEPIA",
    "STYLES",
    "WASHES",
    "Colour",
    "Palette",
    "Picture",
    "brush_garden",
    "ink_hatching",
    "pointillist_field",
    "stained_glass",
    "swirling_night",
    "watercolour_wash",
    "woodcut_waves",
]
