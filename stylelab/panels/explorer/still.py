"""The picture for where there is no kernel: the strongest channels of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures import CourseFigure, show_maps

if TYPE_CHECKING:
    from stylelab.panels.explorer.maps import Maps

CHANNELS, COLUMNS = 24, 8


def still(layer: str, seen: Maps) -> CourseFigure:
    """Show the channels of a layer that fire most, strongest first, each with its own range."""
    strongest = np.argsort(-seen.mean, kind="stable")[:CHANNELS]
    alt = (
        f"The {len(strongest)} of {len(seen.mean)} channels of {layer} with the largest means for the "
        f"content picture, strongest first: {', '.join(map(str, strongest))}."
    )
    shown = {f"channel {channel}": seen.values(channel) for channel in strongest}
    drawing = show_maps(shown, columns=COLUMNS, alt=alt)
    return CourseFigure(drawing.figure, alt, kind="jpeg")
