"""Control of notebook 09: blends of two styles that are painted already, with the share on a slider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.blending import show_chosen_blend
from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_number
from stylelab.panels.control import Control

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.course.figures import CourseFigure
    from stylelab.pictures.images import Picture


def blend_slider(
    pictures: Sequence[Picture],
    shares: Sequence[float],
    distances: Mapping[str, Sequence[float]],
    *,
    name: str,
    share: float = 0.5,
) -> Control:
    """Show one of several blends, with its share on a slider, and its distances among those of all.

    Nothing is painted: the slider has the shares of the given pictures. Without widgets,
    `figures.show_blends` shows all of them.

    Args:
        pictures: blends (H, W, 3) of one shape.
        shares: the part of one style in each, from 0 to 1, no two alike.
        distances: a distance for each picture, by what it is the distance to.
        name: of the style whose parts the shares are.
        share: initial share; the nearest one is shown.

    Raises:
        SettingsError: there are not as many shares and distances as pictures, or a share is wrong.
    """
    from stylelab.panels.slider import Slider

    parts = [as_number("each share", each, 0, 1) for each in shares]
    if not parts or len(set(parts)) != len(parts):
        raise SettingsError(
            "Expected shares: at least one, no two of them alike. "
            f"Received: {parts}. Pass one picture for each share."
        )
    share = as_number("share", share, 0, 1)

    def draw(share: float) -> CourseFigure:
        chosen = int(np.argmin(np.abs(np.array(parts) - share)))
        return show_chosen_blend(pictures, parts, distances, chosen, name=name)

    nearest = min(parts, key=lambda part: abs(part - share))
    slider = Slider(f"part of the {name}", sorted(parts), nearest, name_width="10em")
    return Control(draw, {"share": slider})
