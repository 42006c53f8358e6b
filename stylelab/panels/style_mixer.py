"""Control of notebook 17: a photo that a network paints in a mixture of its styles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylelab.course.figures.normalization import show_mixture
from stylelab.errors import SettingsError
from stylelab.painting.paint import find_network, paint, style_shares
from stylelab.panels.arguments import as_number
from stylelab.panels.control import Control

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.course.figures import CourseFigure
    from stylelab.painting.paint import NetworkSource
    from stylelab.pictures.images import PictureSource

PARTS = 10
"""The end of each slider."""


def style_mixer(
    photo: PictureSource,
    network: NetworkSource = "seven_styles",
    parts: Mapping[str, float] | None = None,
    *,
    size: int = 384,
) -> Control:
    """Show a photo that is painted in a mixture of styles, with a slider for each style's part.

    Args:
        photo: anything that `load_image_or_sample` takes.
        network: a network with several styles, its file, or the name of one that comes along.
        parts: initial part of each style by name, from 0 to 10, of which only the ratios count;
            by default all of the first style.
        size: long side of the picture, in pixels.

    Raises:
        PictureError: the photo cannot be used.
        NetworkFileError: there is no such network, or its file is damaged.
        SettingsError: a style is none of the network's, or a part is not a number from 0 to 10.
    """
    from stylelab.panels.slider import Slider

    painter, _ = find_network(network)
    initial = {painter.styles[0]: PARTS} if parts is None else parts
    style_shares(painter.styles, initial)
    widgets = {
        name: Slider(
            name.replace("_", " "),
            range(PARTS + 1),
            as_number(f"the part of {name}", initial.get(name, 0), 0, PARTS),
            name_width="10em",
        )
        for name in painter.styles
    }

    def draw(**parts: float) -> CourseFigure:
        if not any(parts.values()):
            raise SettingsError(
                "Expected a part above 0 for one style or several. Received: 0 for all. Raise one."
            )
        painted = paint(photo, painter, style=parts, size=size, progress=False)
        shares = {name: painted.styles.get(name, 0.0) for name in painter.styles}
        return show_mixture(painted.image, shares)

    return Control(draw, widgets)
