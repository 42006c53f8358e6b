"""Picture of the explorer for pages without a kernel: the strongest channels of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures import CourseFigure, show_maps

if TYPE_CHECKING:
    from stylelab.panels.explorer.feature_maps import QuantisedMaps

CHANNELS, COLUMNS = 24, 8


def draw_static_preview(layer: str, maps_of_layer: QuantisedMaps) -> CourseFigure:
    """Maps of the channels with the largest means, strongest first, each with its own range."""
    strongest = np.argsort(-maps_of_layer.mean, kind="stable")[:CHANNELS]
    alt = (
        f"The {len(strongest)} of {len(maps_of_layer.mean)} channels of {layer} with the largest means "
        f"for the content picture, strongest first: {', '.join(map(str, strongest))}."
    )
    shown = {f"channel {channel}": maps_of_layer.values(channel) for channel in strongest}
    drawing = show_maps(shown, columns=COLUMNS, alt=alt)
    return CourseFigure(drawing.figure, alt, kind="jpeg")
