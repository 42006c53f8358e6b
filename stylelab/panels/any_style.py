"""Control of notebook 18: a photo with the statistics of a painting, at a layer, in part or in full."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.course.figures.course_figure import ENLARGED_QUALITY
from stylelab.course.figures.pictures import show_result
from stylelab.errors import SettingsError
from stylelab.network.vgg19 import VGG19
from stylelab.painting.decoder_files import load_decoder
from stylelab.painting.feature_transforms import adain, gaussian_transport, whiten_and_colour
from stylelab.painting.stored_decoders import CROPS
from stylelab.panels.arguments import as_number
from stylelab.panels.control import Control
from stylelab.pictures.validation import describe_received

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from stylelab.course.figures import CourseFigure
    from stylelab.pictures.images import Picture

METHODS: Mapping[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = MappingProxyType(
    {
        "mean and deviation": adain,
        "whiten and colour": whiten_and_colour,
        "shortest way": gaussian_transport,
    }
)
"""Ways to give maps the statistics of others, by the name that readers see."""

LAYERS = tuple(CROPS)
"""Layers that decoders come along for."""


def any_style(
    photo: Picture,
    paintings: Mapping[str, Picture],
    *,
    layer: str = "block2_conv1",
    method: str = "mean and deviation",
    strength: float = 1,
) -> Control:
    """Show a photo in the style of one of several paintings: choose painting, layer, way and strength.

    Maps are computed once for each layer, and moved once for each painting and way. The strength then
    only mixes them with the photo's, and decodes the mixture.

    Args:
        photo: (H, W, 3).
        paintings: pictures (H, W, 3) by name; the first is chosen at first.
        layer: at first, one of `LAYERS`.
        method: at first, one of `METHODS`.
        strength: at first, from 0, the photo's own maps, to 1, the moved ones.

    Raises:
        SettingsError: there is no painting, or an argument is not one of those named.
    """
    import ipywidgets

    from stylelab.panels.slider import Slider

    lists = {
        "painting": (tuple(paintings), next(iter(paintings), "")),
        "layer": (LAYERS, layer),
        "method": (tuple(METHODS), method),
    }
    for name, (options, value) in lists.items():
        if value not in options:
            raise SettingsError(
                f"Expected {name}: one of {', '.join(options) or 'at least one'}. "
                f"Received: {describe_received(value)}."
            )
    strength = as_number("strength", strength, 0, 1)
    widgets: dict[str, Any] = {
        name: ipywidgets.Dropdown(options=options, value=value, description=name, tooltip=name)
        for name, (options, value) in lists.items()
    }
    widgets["strength"] = Slider("strength", [number / 10 for number in range(11)], strength)
    networks = {one: VGG19(one, padding_mode="symmetric") for one in LAYERS}
    decoder = cache(load_decoder)

    @cache
    def maps(name: str | None, layer: str) -> NDArray[Any]:
        return networks[layer](photo if name is None else paintings[name])[layer]

    @cache
    def moved(painting: str, layer: str, method: str) -> NDArray[Any]:
        return METHODS[method](maps(None, layer), maps(painting, layer))

    def draw(painting: str, layer: str, method: str, strength: float) -> CourseFigure:
        own = maps(None, layer)
        mixed = own + strength * (moved(painting, layer, method) - own)
        alt = (
            f"The photo, {painting}, and the photo with that painting's statistics at {layer}: "
            f"{method}, strength {strength:g}."
        )
        inputs = {"the photo": photo, painting: paintings[painting]}
        shown = show_result(inputs, decoder(layer)(mixed), alt=alt)
        return replace(shown, jpeg_quality=ENLARGED_QUALITY)

    return Control(draw, widgets)
