"""Style pictures painted by code, each with settings for the elements of its style.

The pictures are in the public domain (CC0), determined by a seed, and available at every size.
`STYLES` maps each style's name to its function.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from stylelab.pictures.images import Picture
from stylelab.samples.painters.canvas import Colour, Palette
from stylelab.samples.painters.dots import MEADOW_PALETTE, pointillist_field
from stylelab.samples.painters.garden import GARDEN_PALETTE, brush_garden
from stylelab.samples.painters.glass import JEWEL_PALETTE, stained_glass
from stylelab.samples.painters.ink import SEPIA_PALETTE, ink_hatching
from stylelab.samples.painters.night import NIGHT_PALETTE, swirling_night
from stylelab.samples.painters.watercolour import WASH_PALETTE, watercolour_wash
from stylelab.samples.painters.woodcut import INDIGO_PALETTE, woodcut_waves

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
    "GARDEN_PALETTE",
    "INDIGO_PALETTE",
    "JEWEL_PALETTE",
    "MEADOW_PALETTE",
    "NIGHT_PALETTE",
    "SEPIA_PALETTE",
    "STYLES",
    "WASH_PALETTE",
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
