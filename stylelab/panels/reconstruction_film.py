"""Control of notebook 04: a reconstruction from a layer as a film, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.content import show_reconstruction
from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_integer
from stylelab.panels.control import Control
from stylelab.pictures.images import validate_image
from stylelab.pictures.validation import describe_received

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.course.figures import CourseFigure
    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import Picture


def reconstruction_film(
    photo: Picture,
    runs: Mapping[str, Sequence[Step]],
    layer: str | None = None,
    step: int = 0,
) -> Control:
    """Show a reconstruction beside the photo, with the step on a slider and a list of layers.

    Nothing is computed: the pictures are those of `runs`.

    Args:
        photo: (H, W, 3), what was reconstructed.
        runs: by layer, all steps of an optimizer that made `content(photo, layer)` small, from the
            start on, as in `list(sl.lbfgs(…))`; as many for each layer.
        layer: the layer shown first; by default the first of `runs`.
        step: the step shown first.

    Raises:
        PictureError: `photo` is no picture.
        SettingsError: there are no runs, they differ in length, or there is no such layer or step.
    """
    import ipywidgets

    from stylelab.panels.slider import Slider

    validate_image(photo)
    lengths = {len(steps) for steps in runs.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise SettingsError(
            "Expected runs: for each layer a list of steps, all of the same length. Received: "
            f"{', '.join(f'{len(steps)} steps of {name}' for name, steps in runs.items()) or 'none'}."
        )
    last = lengths.pop() - 1
    first_layer = next(iter(runs)) if layer is None else layer
    if first_layer not in runs:
        raise SettingsError(
            f"Expected layer: one of {', '.join(runs)}. Received: {describe_received(layer)}."
        )
    step = as_integer("step", step, 0, last)
    layers = ipywidgets.Dropdown(
        options=list(runs), value=first_layer, description="layer", tooltip="layer that is matched"
    )
    slider = Slider("step", [float(number) for number in range(last + 1)], step)

    def draw(layer: str, step: float) -> CourseFigure:
        now = runs[layer][round(step)]
        pixels = float(np.abs(now.image - photo).mean())
        return show_reconstruction(photo, layer, now.iteration, now.image, now.loss, pixels)

    return Control(draw, {"layer": layers, "step": slider})
