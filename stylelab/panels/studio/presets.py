"""Presets: each changes a few settings, and has a description of the effect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.losses.layer_weights import make_layer_weights
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESET_SETTINGS = (
    "style_weight",
    "content_weight",
    "total_variation_weight",
    "content_layers",
    "style_layers",
    "start",
    "style_scale",
    "statistic",
    "colours",
    "colour_space",
)
"""The settings that make the look. A preset sets all of them: those it does not name, to the usual."""


@dataclass(frozen=True)
class Preset:
    """A named set of changes to the settings.

    Attributes:
        name: for display.
        description: its effect, in a sentence.
        changes: settings that differ from the defaults, by name.
    """

    name: str
    description: str
    changes: Mapping[str, Any]

    def apply(self, settings: Settings) -> Settings:
        """The settings with this preset; size, steps and the like stay."""
        usual = {name: getattr(_DEFAULTS, name) for name in PRESET_SETTINGS}
        return replace(settings, **usual | dict(self.changes))


_DEFAULTS = Settings()


def _preset(name: str, description: str, **changes: Any) -> Preset:
    return Preset(name, description, MappingProxyType(changes))


PRESETS = (
    _preset(
        "keep the photo",
        "The photo stays, with much of its own colour, and takes on a little of the touch.",
        style_weight=1.0,
    ),
    _preset(
        "balance",
        "Painted all over, and everything in the photo can still be recognised.",
    ),
    _preset(
        "paint freely",
        "Strokes run through the photo's shapes; what is small in it is lost.",
        style_weight=30.0,
    ),
    _preset(
        "texture only",
        "No photo at all: the painting's strokes grow out of noise, wherever they find room.",
        content_weight=0.0,
        start="noise",
    ),
    _preset(
        "fine strokes",
        "Only the upper layers define the style: its colours and small strokes, no large forms.",
        style_weight=30.0,
        style_layers=("block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2"),
    ),
    _preset(
        "large shapes",
        "Only the deep layers define the style: its large forms swallow what is small.",
        style_weight=100.0,
        style_layers=("block4_conv1", "block5_conv1"),
    ),
)


def find_preset(settings: Settings) -> Preset | None:
    """The preset that the settings match; None if there is none."""
    values = _preset_values(settings)
    matching = (each for each in PRESETS if _preset_values(each.apply(settings)) == values)
    return next(matching, None)


def layer_weights_of(settings: Settings) -> dict[str, dict[str, float]]:
    """Content layers and style layers with their weights, however they were given."""
    formulation = settings.formulation
    content = make_layer_weights(settings.content_layers, "content", formulation)
    style = make_layer_weights(settings.style_layers, "style", formulation)
    return {"content_layers": dict(content), "style_layers": dict(style)}


def _preset_values(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in PRESET_SETTINGS} | layer_weights_of(settings)
