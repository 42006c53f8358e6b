"""The Python call that paints a picture of the studio again."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from stylelab.losses import layer_weights
from stylelab.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stylelab.losses import Layers
    from stylelab.panels.studio.painter import Change

LONGEST_LINE = 88
"""Arguments stand below each other if they do not fit on one line of so many characters."""


def call_for(
    photo: str,
    painting: str,
    settings: Settings,
    changes: Iterable[Change] = (),
    *,
    start: str | None = None,
) -> str:
    """Write the lines that paint the same picture; what is as by default is left out.

    Args:
        photo: Python code for the photo: `sl.sample("cat")`, `"cat.jpg"` or the name of an array.
        painting: the same for the painting.
        settings: what the picture was painted with.
        changes: weights that were changed on the way. No call does that, so a comment says it.
        start: Python code for a picture to start from, if there was one.
    """
    arguments = [photo, painting, *(f"{name}={code}" for name, code in _differing(settings))]
    if start is not None:
        arguments = [a for a in arguments if not a.startswith("start=")] + [f"start={start}"]
    lines = ["import stylelab as sl", ""]
    if told := "; then ".join(change.text for change in changes):
        lines += [
            f"# Weights were changed on the way: {told}.",
            "# This call takes the last ones from the start, so its picture will differ.",
        ]
    return "\n".join([*lines, *_call("result = sl.transfer", arguments)]) + "\n"


def _call(function: str, arguments: list[str]) -> list[str]:
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= LONGEST_LINE:
        return [line]
    return [f"{function}(", *(f"    {argument}," for argument in arguments), ")"]


def _differing(settings: Settings) -> Iterable[tuple[str, str]]:
    default = Settings(form=settings.form)
    layers = {
        "content_layers": layer_weights(settings.content_layers, "content", settings.form),
        "style_layers": layer_weights(settings.style_layers, "style", settings.form),
    }
    usual = {
        "content_layers": layer_weights(default.content_layers, "content", default.form),
        "style_layers": layer_weights(default.style_layers, "style", default.form),
    }
    for field in fields(settings):
        value, name = getattr(settings, field.name), field.name
        if name in layers:
            if layers[name] != usual[name]:
                yield name, _layers(value, layers[name], next(iter(usual[name].values())))
        elif value != field.default:
            yield name, _value(value)


def _layers(given: Layers, weights: Mapping[str, float], own: float) -> str:
    """Write layers as names where all have their own weight, else with their weights."""
    names = [f'"{name}"' for name in weights]
    if set(weights.values()) == {own} or isinstance(given, str):
        return names[0] if len(names) == 1 else f"({', '.join(names)})"
    pairs = zip(names, weights.values(), strict=True)
    return "{" + ", ".join(f"{name}: {_value(weight)}" for name, weight in pairs) + "}"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    number = value.item() if hasattr(value, "item") else value
    # All digits, so that the picture is the same; but 30, not 30.0.
    return repr(int(number) if number == int(number) and number < 1e15 else number)  # noqa: PLR2004 - beyond, floats are no longer written out
