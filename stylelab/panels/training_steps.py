"""Control of notebook 16: photos painted by a network as it was after each of some training steps."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from stylelab.course.figures import CourseFigure, show_enlarged
from stylelab.errors import SettingsError
from stylelab.painting.paint import paint_image
from stylelab.panels.control import Control
from stylelab.pictures.images import validate_image
from stylelab.pictures.validation import describe_received

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.painting.painting_network import PaintingNetwork
    from stylelab.pictures.images import Picture

NAME_WIDTH = "8em"


def training_steps(
    networks: Mapping[int, PaintingNetwork], photos: Mapping[str, Picture], step: int | None = None
) -> Control:
    """Show a photo, and how a network paints it after a number of training steps, on a slider.

    A photo is painted when the slider first gets there: it takes one pass.

    Args:
        networks: the network, of one style, by the number of steps that it was trained for.
        photos: (H, W, 3), by name.
        step: number of steps at first; by default the largest.

    Raises:
        PictureError: a photo is no picture.
        SettingsError: there is no network, no photo, or no such step.
    """
    import ipywidgets

    from stylelab.panels.slider import Slider

    if not networks or not photos:
        missing = "photo" if networks else "network"
        raise SettingsError(f"Expected at least one {missing}. Received: none.")
    kept = sorted(networks)
    step = kept[-1] if step is None else step
    if step not in networks:
        raise SettingsError(
            f"Expected step as one of {', '.join(map(str, kept))}. "
            f"Received: {describe_received(step)}."
        )
    images = {name: validate_image(photo) for name, photo in photos.items()}

    @cache
    def paint(step: int, photo: str) -> Picture:
        return paint_image(images[photo], networks[step])

    def draw(step: float, photo: str) -> CourseFigure:
        number = min(kept, key=lambda one: abs(one - step))
        after = "before training" if number == 0 else f"after {number} steps"
        return show_enlarged(
            {f"{photo}, never seen in training": images[photo], after: paint(number, photo)},
            alt=f"The photo {photo}, and beside it how the network paints it {after}.",
        )

    widgets: dict[str, Any] = {
        "step": Slider("training steps", kept, step, name_width=NAME_WIDTH),
        "photo": ipywidgets.Dropdown(
            options=list(images), description="photo", style={"description_width": NAME_WIDTH}
        ),
    }
    return Control(draw, widgets)
