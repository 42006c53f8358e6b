"""A style on one line of text, for the command: `night.jpg,weight=0.5,mask=sky.png`.

After the picture may follow, each after a comma:

| written | meaning |
|---|---|
| `weight=0.5` | how much it counts beside the other styles |
| `mask=sky.png` | where in the finished picture: white yes, black no; of the photo's size |
| `painting-mask=face.png` | from where in the painting, the same way |
| `scale=2` | how many times as large the strokes come out |
| `layers=block1_conv1+block2_conv1:0.5` | the layers, each with a weight after a colon if wanted |
| `statistic=sliced` | what is compared; see `stylelab.distributions` |
| `reach=inside` | how masks are carried to the layers; see `stylelab.masks.layer_mask` |
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stylelab._files import is_file
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylelab.images import Picture
    from stylelab.losses import Loss
    from stylelab.masks import Mask


@dataclass(frozen=True)
class WrittenStyle:
    """What is written of one style.

    Attributes:
        picture: a file, or the name of a sample.
        weight: how much it counts, at least 0.
        mask, painting_mask: files.
        others: what else `stylelab.losses.style` is to be given, by name.
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
    def plain(self) -> bool:
        """Whether nothing but the picture is written."""
        return self == WrittenStyle(self.picture)

    def loss(
        self,
        load_picture: Callable[[str], Picture],
        load_mask: Callable[[str], Mask],
        **usual: Any,
    ) -> Loss:
        """Make the term; what is not written of it is as in `usual`."""
        from stylelab.losses import style

        given = dict(usual, **(self.others or {}))
        for name in ("mask", "painting_mask"):
            if file := getattr(self, name):
                given[name] = load_mask(file)
        return self.weight * style(load_picture(self.picture), **given)


def read_style(text: str) -> WrittenStyle:
    """Read a style as it is written on a command line (see the table at the top of this module).

    Raises:
        SettingsError: something after the picture cannot be read.
    """
    picture, *parts = re.split(rf",(?=(?:{'|'.join(_READERS)})=)", text)
    unknown = re.search(r",\s*([\w-]+)=[^,]*$", picture)
    if unknown and not is_file(picture):
        raise SettingsError(
            f"Expected after a painting: {', '.join(f'{name}=…' for name in _READERS)}. "
            f"Received: {unknown[0].lstrip(', ')!r}, in {text!r}."
        )
    written = WrittenStyle(picture)
    for part in parts:
        name, _, value = part.partition("=")
        try:
            read = _READERS[name](value)
        except SettingsError:
            raise
        except ValueError as error:
            raise SettingsError(
                f"Expected a number in {name}=… of the painting {picture}. Received: {value!r}."
            ) from error
        if name in ("weight", "mask", "painting-mask"):
            written = replace(written, **{name.replace("-", "_"): read})
        else:
            written = replace(written, others={**(written.others or {}), name: read})
    return written


def read_layers(text: str, between: str = ",", before_weight: str = "=") -> dict[str, float]:
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


_READERS: Mapping[str, Callable[[str], Any]] = {
    "weight": float,
    "mask": os.path.expanduser,
    "painting-mask": os.path.expanduser,
    "scale": float,
    "layers": lambda text: read_layers(text, between="+", before_weight=":"),
    "statistic": str,
    "reach": str,
}
