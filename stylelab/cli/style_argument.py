"""A style on one line of text, for the command: `night.jpg,weight=0.5,mask=sky.png`.

After the picture may follow, each after a comma:

| written | meaning |
|---|---|
| `weight=0.5` | how much it counts beside the other styles |
| `mask=sky.png` | where in the finished picture: white yes, black no; of the photo's size |
| `painting-mask=face.png` | from where in the painting, the same way |
| `scale=2` | how many times as large the strokes come out |
| `layers=block1_conv1+block2_conv1:0.5` | the layers, each with a weight after a colon if wanted |
| `statistic=sliced` | what is compared; see `stylelab.losses.statistics` |
| `mask-mode=inside` | how masks are brought to the layers; see `stylelab.network.layer_masks.layer_mask` |
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from stylelab.errors import SettingsError
from stylelab.pictures.paths import is_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylelab.losses.loss import Loss
    from stylelab.pipeline.settings import Settings


@dataclass(frozen=True)
class StyleArgument:
    """What is written of one style.

    Attributes:
        picture: a file, or the name of a sample.
        weight: how much it counts, at least 0.
        mask, painting_mask: files.
        others: what else `stylelab.losses.style.style` is to be given, by name.
    """

    picture: str
    weight: float = 1.0
    mask: str | None = None
    painting_mask: str | None = None
    others: Mapping[str, Any] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The picture and the masks."""
        named = (self.picture, self.mask, self.painting_mask)
        return tuple(name for name in named if name is not None)

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the picture is written."""
        return self == StyleArgument(self.picture)

    def loss(self, settings: Settings) -> Loss:
        """Style term; what is not written of it is as in the settings.

        Raises:
            StylelabError: a file cannot be read, or an option is not what it should be.
        """
        from stylelab.losses.loss import Loss
        from stylelab.losses.style import StyleTerm, style
        from stylelab.pictures.masks import load_mask
        from stylelab.pipeline.inputs import load_input

        options: dict[str, Any] = {"layers": settings.style_layers, "statistic": settings.statistic}
        options |= dict(self.others or {})
        options |= {
            name: load_mask(file)
            for name in ("mask", "painting_mask")
            if (file := getattr(self, name))
        }
        scale = max(1.0, settings.style_scale, options.get("scale", 1.0))
        image = load_input(self.picture, math.ceil(scale * settings.size))
        ((_, term),) = style(image, **options).weighted_terms
        return self.weight * Loss(((1.0, replace(cast("StyleTerm", term), source=self.picture)),))


def parse_style(text: str) -> StyleArgument:
    """Read a style as it is written on a command line (see the table at the top of this module).

    Raises:
        SettingsError: something after the picture cannot be read.
    """
    picture, *parts = re.split(rf",(?=(?:{'|'.join(_PARSERS)})=)", text)
    unknown = re.search(r",\s*([\w-]+)=[^,]*$", picture)
    if unknown and not is_file(picture):
        raise SettingsError(
            f"Expected after a painting: {', '.join(f'{name}=…' for name in _PARSERS)}. "
            f"Received: {unknown[0].lstrip(', ')!r}, in {text!r}."
        )
    parsed = StyleArgument(picture)
    for part in parts:
        name, _, value = part.partition("=")
        try:
            read = _PARSERS[name](value)
        except SettingsError:
            raise
        except ValueError as error:
            raise SettingsError(
                f"Expected a number in {name}=… of the painting {picture}. Received: {value!r}."
            ) from error
        field = name.replace("-", "_")
        if field in ("weight", "mask", "painting_mask"):
            parsed = replace(parsed, **{field: read})
        else:
            parsed = replace(parsed, others={**(parsed.others or {}), field: read})
    return parsed


def parse_layers(text: str, between: str = ",", before_weight: str = "=") -> dict[str, float]:
    """Read layers with weights: "block1_conv1,block2_conv1=0.5".

    Raises:
        SettingsError: a weight is no number, or there is no layer.
    """
    layers: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(between))):
        name, _, weight = part.partition(before_weight)
        try:
            layers[name.strip()] = float(weight or 1)
        except ValueError:
            raise SettingsError(
                f"Expected a number as the weight of {name}. Received: {weight!r}."
            ) from None
    if not layers:
        raise SettingsError(f"Expected names of layers. Received: {text!r}.")
    return layers


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "weight": float,
    "mask": os.path.expanduser,
    "painting-mask": os.path.expanduser,
    "scale": float,
    "layers": lambda text: parse_layers(text, between="+", before_weight=":"),
    "statistic": str,
    "mask-mode": str,
}
