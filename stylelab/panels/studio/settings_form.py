"""Form of the settings: plain values, which a browser can show, and words beside the numbers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from stylelab.errors import SettingsError
from stylelab.losses.statistics import STATISTICS
from stylelab.network.layer_facts import LAYERS
from stylelab.network.vgg19 import POOLINGS
from stylelab.network.winograd import PADDING_MODES
from stylelab.panels.messages import format_number, label
from stylelab.panels.studio.presets import PRESET_SETTINGS, PRESETS, layer_weights_of
from stylelab.pictures.colour import DEFAULT_COLOUR_SPACES, validate_colours
from stylelab.pictures.colour_spaces import COLOUR_SPACES
from stylelab.pipeline.settings import OPTIMIZERS, START_MODES, WEIGHT_SETTINGS, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.losses.formulations import Formulation

SIZES = (128, 192, 256, 384, 512, 768, 1024)
TILES = (256, 384, 512, 768)

WHOLE_NUMBERS = {"steps": (1, 1000), "seed": (0, 1_000_000)}
"""Lowest and highest value of the settings that are written as whole numbers."""

MAX_RECEIVED = 60
"""Characters of a value that cannot be used, in the sentence about it."""

_COLOURS = {"mean_covariance": "the photo's, by mean and covariance"}
"""Labels of `colours` where another setting has the same value."""


def settings_from_values(values: Mapping[str, Any], formulation: Formulation) -> Settings:
    """Settings from the form's plain values.

    Raises:
        SettingsError: a value is out of its range, or two contradict each other.
    """
    for name in ("content_layers", "style_layers"):
        if not values[name]:
            raise SettingsError(
                f"Expected at least one of the {label(name)}. Received: none. Choose one of "
                "them; a weight of 0 leaves the whole term out."
            )
        if not any(values[name].values()):
            raise SettingsError(
                f"Expected a weight above 0 for at least one of the {label(name)}. Received: "
                "0 for all. Raise one of them."
            )
    return Settings(**values, formulation=formulation)


def validate_values(changes: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Validate the type of values that the browser changes, given all of them.

    Raises:
        SettingsError: there is no such setting, a value has another type than the form's, or a whole
            number is not in its range.
    """
    for name, value in changes.items():
        if name not in values:
            raise SettingsError(f"Expected one of the settings. Received: {name!r}.")
        limits = WHOLE_NUMBERS.get(name)
        if limits is None:
            _validate_type(name, value)
            continue
        lowest, highest = limits
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not lowest <= value <= highest:
            raise SettingsError(
                f"Expected {label(name)} as a whole number from {format_number(lowest)} to "
                f"{format_number(highest)}. Received: {_received(value)}. Nothing was changed."
            )


def _validate_type(name: str, value: object) -> None:
    """Raise a `SettingsError` if a value could not even be shown in the form."""
    if name in ("content_layers", "style_layers"):
        kind = "weights by layer"
        is_usable = isinstance(value, dict) and all(map(_is_number, value.values()))
    elif (
        name in ("size", "coarsest_size", "tile")
        or name in WEIGHT_SETTINGS
        or name == "style_scale"
    ):
        kind = "a number"
        is_usable = _is_number(value) or (name == "tile" and value is None)
    else:
        kind = "one of its choices"
        is_usable = isinstance(value, str) or (name == "colour_space" and value is None)
    if not is_usable:
        raise SettingsError(
            f"Expected {label(name)} as {kind}. Received: {_received(value)}. Nothing was changed."
        )


def _is_number(value: object) -> bool:
    """Whether it is a number that is finite as a float."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max


def _received(value: object) -> str:
    if isinstance(value, int | float) and _is_number(value):
        return format_number(value)
    text = repr(value)
    return text if len(text) <= MAX_RECEIVED else f"{text[: MAX_RECEIVED - 1]}…"


def apply_preset(name: str, values: Mapping[str, Any], formulation: Formulation) -> Settings | None:
    """Settings with a preset, given its name; None if there is no such preset."""
    for preset in PRESETS:
        if preset.name == name:
            # Only size, steps and the like are kept, so a wrong weight is no obstacle.
            kept = {name: values[name] for name in values if name not in PRESET_SETTINGS}
            return preset.apply(Settings(**kept, formulation=formulation))
    return None


GRID_VALUES = {
    "style_weight": "3, 10, 30",
    "content_weight": "0.5, 1, 2",
    "total_variation_weight": "0, 30, 300",
    "style_scale": "0.5, 1, 2",
    "seed": "0, 1, 2",
    "steps": "30, 60, 120",
    "size": "128, 256",
    "coarsest_size": "128, 256",
    "pooling": "avg, max",
    "padding_mode": "zeros, symmetric",
    "optimizer": "lbfgs, adam",
    "statistic": "gram, mean_covariance",
}
"""Settings that can be compared in a grid, with values to begin with."""


def form_fields(values: Mapping[str, Any], initial: Settings) -> dict[str, Any]:
    """Fields of the form: ranges, choices, labels and layers, with all sizes in use among them."""
    sizes = _with(_with(SIZES, initial.size), values["size"])
    coarsest = _with(_with(SIZES, initial.coarsest_size), values["coarsest_size"])
    return _fields(sizes, coarsest, _with(_with(TILES, initial.tile), values["tile"]))


def to_plain_values(settings: Settings) -> dict[str, Any]:
    """Settings as plain values for the browser; layers with their weights."""
    values = settings.describe() | layer_weights_of(settings)
    del values["formulation"]
    return values


def describe_values(values: Any) -> dict[str, str]:
    """Effect of each value in words, by name."""
    style, content = values["style_weight"], values["content_weight"]
    return {
        "style_weight": _style_in_words(style, content),
        "content_weight": _content_in_words(style, content),
        "total_variation_weight": _look_up_words(_SMOOTHNESS, values["total_variation_weight"]),
        "style_scale": _scale_in_words(values["style_scale"]),
        "colours": _COLOURS_IN_WORDS.get(values["colours"], ""),
        "statistic": _STATISTICS_IN_WORDS.get(values["statistic"], ""),
    }


_COLOURS_IN_WORDS = {
    "painting": "whatever the style asks for",
    "luminance": "only light and dark are painted; the photo's colours are laid over it",
    "mean_covariance": "the painting is tinted like the photo before, by one linear map",
    "histogram": "the painting is tinted like the photo before, each channel shade by shade",
}

_STATISTICS_IN_WORDS = {
    "gram": "which features come together, and how strongly; the usual",
    "mean_covariance": "where a layer's features lie and how far they spread",
    "moments": "how each feature is spread, whatever the others do",
    "sliced": "all of the features' distribution, seen along many directions",
}


def _scale_in_words(scale: float) -> str:
    if scale == 1:
        return "as large as in the painting"
    if scale <= 0:
        return ""
    word, times = ("larger", scale) if scale > 1 else ("finer", 1 / scale)
    return f"{times:.2g} times {word} than in the painting"


_STYLE = (
    (0.0, "a trace of the painting"),
    (0.5, "keeps the photo, and much of its own colour"),
    (2.0, "keeps the photo, in the painting's colours"),
    (6.0, "photo and painting in balance"),
    (20.0, "paints freely"),
    (100.0, "the style takes over"),
)
"""What the style weight does, from a value upwards, for a content weight of 1."""

_SMOOTHNESS = (
    (0.0, "hardly to be seen"),
    (8.0, "takes off the finest grain"),
    (50.0, "calms small strokes"),
    (300.0, "soft, as if out of focus"),
    (800.0, "little more than a blur"),
)


def _style_in_words(style: float, content: float) -> str:
    if style == 0:
        return "off: the painting has no say"
    if content == 0:
        return "nothing but style, as the photo has no say"
    words = _look_up_words(_STYLE, style / content)
    return words if content == 1 else f"{style / content:.3g} to 1 for the style: {words}"


def _content_in_words(style: float, content: float) -> str:
    if content == 0:
        return "off: the photo has no say"
    if content == 1:
        return "the usual; what counts is style to content"
    return f"does what a style weight of {format_number(style / content)} would do with 1 here"


def _look_up_words(table: tuple[tuple[float, str], ...], value: float) -> str:
    if value == 0:
        return "off: nothing is smoothed"
    return [words for least, words in table if max(value, 0) >= least][-1]


def differences(before: Settings, after: Settings) -> list[str]:
    """Differences between two settings: `["style weight 10 → 30", …]`."""
    old, new = to_plain_values(before), to_plain_values(after)
    return [
        _difference(name, old[name], new[name])
        for name in old
        if name in new and old[name] != new[name]
    ]


def _difference(name: str, old: Any, new: Any) -> str:
    if not isinstance(old, dict):
        return f"{label(name)} {describe_value(old, name)} → {describe_value(new, name)}"
    if old.keys() == new.keys():
        changed = [
            f"{layer} {describe_value(old[layer])} → {describe_value(new[layer])}"
            for layer in old
            if old[layer] != new[layer]
        ]
        return f"{label(name)}: {', '.join(changed)}"
    added = [f"+ {layer}" for layer in new if layer not in old]
    gone = [f"− {layer}" for layer in old if layer not in new]
    return f"{label(name)} {', '.join(added + gone)}"


def describe_value(value: Any, name: str = "") -> str:
    """A value of a setting in words: "L-BFGS", "0.5"."""
    if value is None:
        return "usual" if name == "colour_space" else "none"
    if name == "colours":
        return _COLOURS.get(str(value), label(str(value)))
    return label(value) if isinstance(value, str) else format_number(value)


def _with(known: tuple[int, ...], value: int | None) -> tuple[int, ...]:
    return known if value is None else tuple(sorted({*known, value}))


def _spaces(way: Any) -> list[dict[str, Any]]:
    """Colour spaces for a way of keeping colours, its default first."""
    able = []
    for space in COLOUR_SPACES:
        try:
            able.append(validate_colours(way, space))
        except SettingsError:  # it has no luminance to keep apart
            continue
    usual = {"value": None, "label": f"{label(DEFAULT_COLOUR_SPACES[way])}, the usual"}
    others = [space for space in able if space != DEFAULT_COLOUR_SPACES[way]]
    return [usual, *({"value": space, "label": label(space)} for space in others)]


def _fields(
    sizes: tuple[int, ...], coarsest: tuple[int, ...], tiles: tuple[int, ...]
) -> dict[str, Any]:
    """Describe what the browser draws: ranges, choices, labels, layers."""
    usual = Settings()
    style_tip = "How much the painting counts. 10 is the usual."
    content_tip = "How much the photo counts. 1 is the usual."
    smoothness_tip = (
        "Total variation: how much differences between neighbouring pixels are held down. "
        "Usually off."
    )
    weights = [
        _field("style_weight", style_tip, lowest=0.1, highest=1000),
        _field("content_weight", content_tip, lowest=0.01, highest=100),
        _field("total_variation_weight", smoothness_tip, lowest=1, highest=1000),
    ]
    layers = [
        {
            "name": name,
            "receptive_field": facts.receptive_field,
            "block": int(name[5]),
            "channels": facts.channels,
        }
        for name, facts in LAYERS.items()
        if "conv" in name
    ]
    ways = [
        {"value": way, "label": describe_value(way, "colours"), "spaces": _spaces(way)}
        for way in DEFAULT_COLOUR_SPACES
    ]
    scale_tip = "Size of the strokes relative to the painting."
    style_fields = {
        "colours": ways,
        "scale": _field("style_scale", scale_tip, lowest=0.25, highest=4),
        "statistic": _choice("statistic", tuple(STATISTICS), "What is compared of the two styles."),
    }
    tiled = _choice("tile", tiles, "Larger pictures part by part: slower, with less memory.", " px")
    tiled["choices"].insert(0, {"value": None, "label": "none"})
    run = [
        _choice("size", sizes, "Long side of the finished picture.", " px"),
        _choice(
            "coarsest_size", coarsest, "Long side at first, from which the picture grows.", " px"
        ),
        _whole_number("steps", "At the coarsest size; each finer one takes two thirds."),
        _choice("optimizer", tuple(OPTIMIZERS), "How the picture is moved at each step."),
        _choice("pooling", POOLINGS, "How the network makes its maps smaller."),
        _choice("padding_mode", PADDING_MODES, "Beyond the border: zeros leave a frame."),
        _choice("start", START_MODES, "The photo in the painting's colours, in its own, or noise."),
        _whole_number("seed", "Decides the noise."),
        tiled,
    ]
    presets = [{"name": preset.name, "description": preset.description} for preset in PRESETS]
    return {
        "weights": weights,
        "layers": layers,
        "style": style_fields,
        "run": run,
        "presets": presets,
        "grid": [
            {"name": name, "label": label(name), "values": values}
            for name, values in GRID_VALUES.items()
        ],
        "usual": to_plain_values(usual),
    }


def _field(name: str, tip: str, **limits: Any) -> dict[str, Any]:
    return {"name": name, "label": label(name), "tip": tip, **limits}


def _whole_number(name: str, tip: str) -> dict[str, Any]:
    lowest, highest = WHOLE_NUMBERS[name]
    return _field(name, tip, least=lowest, most=highest)


def _choice(name: str, values: tuple[Any, ...], tip: str, unit: str = "") -> dict[str, Any]:
    choices = [{"value": value, "label": label(str(value)) + unit} for value in values]
    return _field(name, tip, choices=choices)
