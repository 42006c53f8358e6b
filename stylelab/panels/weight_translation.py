"""Control of notebook 06: the weights of another program in, ours out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.course.figures.losses import plot_converted_weights
from stylelab.errors import SettingsError
from stylelab.losses.layer_weights import CONTENT_LAYERS, STYLE_LAYERS
from stylelab.losses.weight_conversion import WeightConversion, convert_weights
from stylelab.network.layer_facts import LAYERS
from stylelab.panels.control import Control
from stylelab.panels.messages import format_number
from stylelab.panels.run_cache import load_resized
from stylelab.pictures.validation import as_float, describe_received

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.course.figures import CourseFigure
    from stylelab.losses.formulations import Formulation
    from stylelab.losses.layer_weights import Layers
    from stylelab.pictures.images import PictureSource

MAX_SIDE = 160
"""Long side of the pictures, in pixels: a translation takes a second."""


@dataclass(frozen=True)
class Program:
    """How a program writes its loss: a formulation of ours, and what its weights are times.

    Attributes:
        formulation: see `stylelab.losses.formulations`.
        weights: its published content and style weight, or None where it names none.
        style_factor: its style weight times this is the style weight in the formulation.
        content_layers, style_layers: its layers.
    """

    formulation: Formulation
    weights: tuple[float, float] | None = None
    style_factor: float = 1.0
    content_layers: Layers = CONTENT_LAYERS
    style_layers: Layers = STYLE_LAYERS


PROGRAMS: Mapping[str, Program] = MappingProxyType(
    {
        "neural-style": Program("gatys_notebook", (5, 100), style_factor=1e-3),
        "TensorFlow's tutorial": Program(
            "gatys_notebook",
            (10_000, 0.01),
            content_layers="block5_conv2",
            style_layers={name: LAYERS[name].channels ** 2 / 5000 for name in STYLE_LAYERS},
        ),
        "Gatys et al. 2016, the paper": Program("gatys2016"),
        "Gatys et al., their notebook": Program("gatys_notebook", (1, 1)),
        "Johnson et al. 2016": Program("johnson2016"),
    }
)
"""Programs and publications, as notebook 06 explains them. The style term of neural-style is that of
the formulation without its factor of 10³."""


class WeightTranslation(Control):
    """A list of programs, two fields for their weights, and what these are in relative terms."""

    def __init__(self, photo: PictureSource, painting: PictureSource, program: str) -> None:
        import ipywidgets

        content_picture, style_picture = (
            load_resized(photo, MAX_SIDE),
            load_resized(painting, MAX_SIDE),
        )

        @cache
        def unit(name: str) -> WeightConversion:
            """Translate both weights of 1: others differ from it by their proportion alone."""
            one = PROGRAMS[name]
            return convert_weights(
                content_picture,
                style_picture,
                formulation=one.formulation,
                style_weight=one.style_factor,
                content_layers=one.content_layers,
                style_layers=one.style_layers,
            )

        def draw(program: str, content_weight: float, style_weight: float) -> CourseFigure:
            _validate_weights(content_weight, style_weight)
            proportion = style_weight / content_weight
            conversion = unit(program)
            return plot_converted_weights(
                (content_weight, style_weight),
                proportion * conversion.style_weight,
                conversion.style_layers,
                program=program,
            )

        content_weight, style_weight = PROGRAMS[program].weights or (1, 1)
        fields = {
            name: ipywidgets.FloatText(
                value=value, description=name.replace("_", " "), tooltip=name.replace("_", " "),
                style={"description_width": "100px"}, layout=ipywidgets.Layout(width="240px"),
            )
            for name, value in (("content_weight", content_weight), ("style_weight", style_weight))
        }  # fmt: skip
        programs = ipywidgets.Dropdown(
            options=list(PROGRAMS), value=program, description="program",
            tooltip="whose weights they are", style={"description_width": "100px"},
            layout=ipywidgets.Layout(width="400px"),
        )  # fmt: skip
        super().__init__(draw, {"program": programs, **fields})

    def _update_others(self, changed: Any) -> None:
        """Fill in a chosen program's own weights, if it names some; others stay as they are."""
        programs, *fields = self.widgets.values()
        weights = PROGRAMS[programs.value].weights
        if changed is programs and weights:
            for each, value in zip(fields, weights, strict=True):
                each.value = value


def weight_translation(
    photo: PictureSource, painting: PictureSource, program: str = "neural-style"
) -> WeightTranslation:
    """Translate another program's content and style weight into weights of relative terms.

    Without widgets, `stylelab.convert_weights` does the same.

    Args:
        photo: the content picture: a sample's name, or anything that `load_image` takes; used at 160
            pixels at most. The answer depends on it.
        painting: the style picture; the same.
        program: whose weights are translated first; one of `PROGRAMS`.

    Raises:
        PictureError: a picture cannot be used.
        SettingsError: there is no such program.
    """
    if not isinstance(program, str) or program not in PROGRAMS:
        raise SettingsError(
            f"Expected program: one of {'; '.join(PROGRAMS)}. Received: {describe_received(program)}."
        )
    return WeightTranslation(photo, painting, program)


def _validate_weights(*weights: float) -> None:
    for weight in weights:
        if not 0 < as_float(weight) < math.inf:
            raise SettingsError(
                f"Expected two finite weights above 0. Received: {format_number(weight)}. Enter "
                "another number; until then the figure stays as it was."
            )
