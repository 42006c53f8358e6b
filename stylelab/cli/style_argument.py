"""A style argument of the command: a painting and its options, `night.jpg,weight=0.5,mask=sky.png`.

| option | meaning |
|---|---|
| `weight=0.5` | weight relative to the other styles |
| `mask=sky.png` | where in the result: white yes, black no; of the photo's proportions |
| `painting-mask=face.png` | which part of the painting, in the same form |
| `scale=2` | size of the strokes relative to the painting |
| `layers=block1_conv1+block2_conv1:0.5` | style layers, each with an optional weight after a colon |
| `statistic=sliced` | what is compared; see `stylelab.losses.statistics` |
| `mask-mode=inside` | how masks are downsampled; see `stylelab.network.layer_masks.layer_mask` |
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from stylelab.errors import SettingsError
from stylelab.pictures.paths import path_exists

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylelab.losses.loss import Loss
    from stylelab.pipeline.settings import Settings


@dataclass(frozen=True)
class StyleArgument:
    """A painting and its options, as they were written.

    Attributes:
        picture: a file, or the name of a sample.
        weight: weight of the style, at least 0.
        mask, painting_mask: files.
        options: further keyword arguments of `stylelab.losses.style.style`.
    """

    picture: str
    weight: float = 1.0
    mask: str | None = None
    painting_mask: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        """The picture and its masks."""
        return tuple(filter(None, (self.picture, self.mask, self.painting_mask)))

    @property
    def is_plain(self) -> bool:
        """Whether there are no options."""
        return self == StyleArgument(self.picture)

    def loss(self, settings: Settings) -> Loss:
        """Weighted style loss; what was not written is as in the settings.

        Raises:
            StylelabError: a file cannot be read, or an option is out of its range.
        """
        from stylelab.losses.loss import Loss
        from stylelab.losses.style import StyleTerm, style
        from stylelab.pictures.masks import load_mask
        from stylelab.pipeline.inputs import load_input

        options: dict[str, Any] = {"layers": settings.style_layers, "statistic": settings.statistic}
        options |= self.options
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
    """Parse a style argument (see the table at the top of this module).

    Raises:
        SettingsError: an option cannot be parsed.
    """
    picture, *parts = re.split(rf",(?=(?:{'|'.join(_PARSERS)})=)", text)
    unknown = re.search(r",\s*([\w-]+)=[^,]*$", picture)
    if unknown and not path_exists(picture):
        raise SettingsError(
            f"Expected after the painting: {', '.join(f'{name}=…' for name in _PARSERS)}. "
            f"Received: {unknown[0].lstrip(', ')!r}, in {text!r}."
        )
    options = {}
    for part in parts:
        name, _, value = part.partition("=")
        try:
            options[name.replace("-", "_")] = _PARSERS[name](value)
        except SettingsError:
            raise
        except ValueError as error:
            raise SettingsError(
                f"Expected a number in {name}=… of the painting {picture}. Received: {value!r}."
            ) from error
    own = ("weight", "mask", "painting_mask")
    fields = {name: options.pop(name) for name in own if name in options}
    return StyleArgument(picture, **fields, options=options)


def parse_layers(text: str, between: str = ",", before_weight: str = "=") -> dict[str, float]:
    """Parse layers with optional weights: "block1_conv1,block2_conv1=0.5".

    Raises:
        SettingsError: a weight is not a number, or there is no layer.
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
