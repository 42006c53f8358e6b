"""Control of notebook 11: the colours of pictures as clouds in a cube, turned with a slider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stylelab.course.figures.colour import plot_turned_clouds
from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_number
from stylelab.panels.control import Control
from stylelab.pictures.images import validate_image
from stylelab.pictures.validation import describe_received

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.course.figures import CourseFigure
    from stylelab.pictures.images import Picture

TURN_STEP = 10
"""Degrees from one position of the slider to the next."""

BLUE_AT_THE_LEFT = 330
"""Turn at which blue is at the left and yellow at the right."""


def colour_cloud(
    pictures: Mapping[str, Picture],
    results: Mapping[str, Picture],
    *,
    turn: float = BLUE_AT_THE_LEFT,
) -> Control:
    """Show the colours of pictures as clouds in the cube of red, green and blue, and turn them.

    The cube stands on its black corner: height is lightness, the distance from the upright line of
    grays is the strength of the colour. Without widgets, `figures.plot_turned_clouds` draws the same.

    Args:
        pictures: (H, W, 3), RGB in [0, 1], by title; always shown.
        results: such pictures by title, one of which is chosen from a list; at first the first one.
        turn: initial angle in degrees, from 0 to 360.

    Raises:
        PictureError: one of them is not a picture.
        SettingsError: there is no result, or the angle is out of range.
    """
    import ipywidgets

    from stylelab.panels.slider import Slider

    turn = as_number("turn", turn, 0, 360)
    if not results:
        raise SettingsError(
            f"Expected results: pictures by title. Received: {describe_received(results)}. "
            "Pass at least one."
        )
    shown = {title: validate_image(picture) for title, picture in pictures.items()}
    choices = {title: validate_image(picture) for title, picture in results.items()}

    def draw(result: str, turn: float) -> CourseFigure:
        return plot_turned_clouds({**shown, result: choices[result]}, turn)

    widgets: dict[str, Any] = {
        "result": ipywidgets.Dropdown(options=list(choices), description="result"),
        "turn": Slider("turn", range(0, 361, TURN_STEP), turn),
    }
    return Control(draw, widgets)
