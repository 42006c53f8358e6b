"""Settings of the studio as a Python call of `transfer`."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from stylelab.panels.messages import single_line
from stylelab.panels.studio.presets import layer_weights_of
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stylelab.losses.layer_weights import Layers
    from stylelab.panels.studio.weight_changes import WeightChange

MAX_LINE_LENGTH = 88
"""Longest line, in characters: longer calls have one argument a line."""


STYLE_SETTINGS = ("style_layers", "statistic")
"""Settings that are arguments of `style` where styles are added up."""


class StyleCode(NamedTuple):
    """One of several styles as Python code: painting, weight, and mask."""

    painting: str
    weight: str
    mask: str | None = None


def transfer_code(
    photo: str,
    painting: str | Sequence[StyleCode],
    settings: Settings,
    changes: Iterable[WeightChange] = (),
    *,
    start: str | None = None,
    keep: str | None = None,
    rights: str = "",
    notes: Iterable[str] = (),
    setup_lines: Iterable[str] = (),
) -> str:
    """Python code that makes the same picture; defaults are left out.

    Args:
        photo: Python code for the photo: `sl.sample("cat")`, `"cat.jpg"` or the name of an array.
        painting: the same for the painting or a list of them; or styles to add up.
        settings: settings of the picture.
        changes: changes of weights during the run. No call can do that, so a comment lists them.
        start: Python code for a picture to start from, if any.
        keep: Python code for the mask of what is kept, if any.
        rights: Python code for the rights of what goes in, if there is any.
        notes: comments above the call, a line each.
        setup_lines: lines that define what the others name.
    """
    differing = dict(_changed_settings(settings))
    lines = [*setup_lines]
    if not isinstance(painting, str):
        own = {name: differing.pop(name) for name in STYLE_SETTINGS if name in differing}
        if "formulation" in differing:
            own["formulation"] = differing["formulation"]
        lines += _format_sum("styles = ", [_style_code(style, own) for style in painting])
        painting = "styles"
    if start is not None:
        differing = {k: v for k, v in differing.items() if k != "start"} | {"start": start}
    if keep is not None:
        differing["keep"] = keep
    if rights:
        differing["rights"] = rights
    lines += [f"# {note}" for note in notes]
    arguments = [photo, painting, *(f"{name}={code}" for name, code in differing.items())]
    if changes_text := "; then ".join(single_line(change.text) for change in changes):
        lines += [
            f"# Weights were changed during the run: {changes_text}.",
            "# This call takes the last ones from the start, so its picture will differ.",
        ]
    lines += _format_call("result = sl.transfer", arguments)
    imports = ["import stylelab as sl"]
    if any(re.search(r"\bnp\.", line) for line in lines):
        imports.insert(0, "import numpy as np")
    return "\n".join([*imports, "", *lines]) + "\n"


def paint_code(
    photo: str,
    network: str,
    shares: Mapping[str, float],
    *,
    size: int,
    strength: float = 1.0,
    rights: str = "",
) -> str:
    """Python code that paints the same picture in one pass.

    Args:
        photo: Python code for the photo, as for `transfer_code`.
        network: Python code for the network.
        shares: of each style that counts, by name.
        size: long side of the picture, in pixels.
        strength: how much of the picture is painted.
        rights: Python code for the rights of the photo, if there is any.
    """
    parts = [f"{string_literal(style)}: {_value_code(share)}" for style, share in shares.items()]
    style = string_literal(next(iter(shares))) if len(shares) == 1 else f"{{{', '.join(parts)}}}"
    arguments = [photo, network, f"style={style}", f"size={_value_code(size)}"]
    if strength != 1:
        arguments.append(f"strength={_value_code(strength)}")
    if rights:
        arguments.append(f'rights={{"photo": {rights}}}')
    lines = _format_call("painted = sl.paint", arguments)
    imports = ["import stylelab as sl"]
    if any(re.search(r"\bnp\.", line) for line in lines):
        imports.insert(0, "import numpy as np")
    return "\n".join([*imports, "", *lines]) + "\n"


def string_literal(text: str) -> str:
    """A text as a Python literal, in double quotes if it contains none.

    Characters that are not printable (line breaks, direction marks, lone surrogates) are escaped.
    """
    return repr(text) if '"' in text else '"' + repr("'" + text)[2:]


def _format_call(function: str, arguments: list[str]) -> list[str]:
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= MAX_LINE_LENGTH:
        return [line]
    return [f"{function}(", *(f"    {argument}," for argument in arguments), ")"]


def _style_code(style: StyleCode, own: Mapping[str, str]) -> str:
    painting, weight, mask = style
    arguments = [painting]
    if "style_layers" in own:
        arguments.append(own["style_layers"])
    arguments += [f"{name}={own[name]}" for name in ("formulation", "statistic") if name in own]
    if mask is not None:
        arguments.append(f"mask={mask}")
    term = f"sl.style({', '.join(arguments)})"
    return f"{weight} * {term}" if weight else term


def _format_sum(begin: str, terms: list[str]) -> list[str]:
    line = begin + " + ".join(terms)
    if len(line) <= MAX_LINE_LENGTH:
        return [line]
    first, *others = terms
    return [f"{begin}(", f"    {first}", *(f"    + {term}" for term in others), ")"]


def _changed_settings(settings: Settings) -> Iterable[tuple[str, str]]:
    default = Settings(formulation=settings.formulation)
    layers, usual = layer_weights_of(settings), layer_weights_of(default)
    for field in fields(settings):
        value, name = getattr(settings, field.name), field.name
        if name in layers:
            if layers[name] != usual[name]:
                yield name, _layers_code(value, layers[name], next(iter(usual[name].values())))
        elif value != field.default:
            yield name, _value_code(value)


def _layers_code(given: Layers, weights: Mapping[str, float], own: float) -> str:
    """Layers as names where all have the default weight, else with their weights."""
    names = [f'"{name}"' for name in weights]
    if set(weights.values()) == {own} or isinstance(given, str):
        return names[0] if len(names) == 1 else f"({', '.join(names)})"
    pairs = zip(names, weights.values(), strict=True)
    return "{" + ", ".join(f"{name}: {_value_code(weight)}" for name, weight in pairs) + "}"


def _value_code(value: Any) -> str:
    if isinstance(value, str):
        return string_literal(value)
    number = value.item() if hasattr(value, "item") else value
    # All digits, for the same picture; but 30, not 30.0.
    return repr(int(number) if number == int(number) and number < 1e15 else number)  # noqa: PLR2004 - beyond, floats are no longer written out
