"""Weights of another system → weights of ours: the same loss, written in relative terms.

Each published form of a term is, layer by layer, a known multiple of the relative one (see the table in
`stylelab.losses`): of the content, ‖P‖² times a constant; of the style, ‖A‖² times a constant. So the
weights of any of them can be written in relative terms exactly. The multiple depends on the two
pictures: that is the unit which those weights carried.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import SettingsError
from stylelab.features import LEARNED, VGG19
from stylelab.gram import gram_matrix
from stylelab.images import load_image
from stylelab.losses import CONTENT_LAYERS, STYLE_LAYERS, Loss, content, style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from stylelab.features import Pooling, WeightsSource
    from stylelab.images import PictureSource
    from stylelab.losses import Form, Layers


@dataclass(frozen=True)
class Translation:
    """The weights of a loss in relative terms.

    Attributes:
        content_weight: 1, always: only the proportion of the two weights decides on the picture.
        style_weight: how much style counts beside it.
        content_layers: weight of each layer, adding up to 1.
        style_layers: weight of each layer, adding up to 1.
        scale: the other system's loss is this many times ours.
    """

    content_weight: float
    style_weight: float
    content_layers: Mapping[str, float]
    style_layers: Mapping[str, float]
    scale: float

    def loss(self, photo: PictureSource, painting: PictureSource) -> Loss:
        """Make the loss in relative terms: the other system's, divided by `scale`."""
        likeness = self.content_weight * content(photo, self.content_layers)
        return likeness + self.style_weight * style(painting, self.style_layers)


def translate_weights(
    photo: PictureSource,
    painting: PictureSource,
    *,
    form: Form,
    content_weight: float = 1.0,
    style_weight: float = 1.0,
    content_layers: Layers = CONTENT_LAYERS,
    style_layers: Layers = STYLE_LAYERS,
    pooling: Pooling = "avg",
    weights: WeightsSource = LEARNED,
) -> Translation:
    """Write the weights of a published form of the loss as weights of relative terms.

    ```python
    ours = translate_weights(photo, painting, form="gatys2016", style_weight=1e4)
    ours.style_weight, ours.style_layers
    loss = ours.loss(photo, painting)
    ```

    Args:
        photo: the content picture, at the size to be painted: the answer depends on it.
        painting: the style picture, at the size that it is used at.
        form: whose weights these are; see the table in `stylelab.losses`.
        content_weight: theirs, above 0.
        style_weight: theirs, above 0.
        content_layers: names, or a mapping of names to weights, as they use them.
        style_layers: the same for style.
        pooling: see `VGG19`.
        weights: see `VGG19`.

    Raises:
        PictureError, LayerError, SettingsError: an argument is not what it should be.
    """
    for given in (content_weight, style_weight):
        if not (np.isfinite(given) and given > 0):
            raise SettingsError(f"Expected two finite weights above 0. Received: {given!r}.")
    photo, painting = load_image(photo), load_image(painting)
    # The losses check the layers and the form, and know the weights that layers have without any.
    likeness = _layers_of(content(photo, content_layers, form=form))
    manner = _layers_of(style(painting, style_layers, form=form))
    network = {"pooling": pooling, "weights": weights}
    content_units = {
        name: content_weight * likeness[name] * _content_unit(maps, form)
        for name, maps in _maps(photo, likeness, network).items()
    }
    style_units = {
        name: style_weight * manner[name] * _style_unit(maps, form)
        for name, maps in _maps(painting, manner, network).items()
    }
    if form == "relative":  # there the mean over layers is taken
        content_units = {
            name: unit / sum(likeness.values()) for name, unit in content_units.items()
        }
        style_units = {name: unit / sum(manner.values()) for name, unit in style_units.items()}
    scale, other = sum(content_units.values()), sum(style_units.values())
    return Translation(
        content_weight=1.0,
        style_weight=other / scale,
        content_layers=MappingProxyType({n: unit / scale for n, unit in content_units.items()}),
        style_layers=MappingProxyType({n: unit / other for n, unit in style_units.items()}),
        scale=scale,
    )


def _content_unit(maps: NDArray[np.float32], form: Form) -> float:
    """How many times the relative term the form's is: ‖P‖² times the form's constant."""
    energy = _energy(maps)
    constants = {"relative": 1 / energy, "gatys2016": 0.5}
    return energy * constants.get(form, 1 / maps.size)


def _style_unit(maps: NDArray[np.float32], form: Form) -> float:
    """How many times the relative term the form's is: ‖A‖² times the form's constant."""
    channels = maps.shape[-1]
    energy = _energy(gram_matrix(maps))
    constants: dict[str, float] = {
        "relative": 1 / energy,
        "gatys2016": 1 / (4 * channels**2),
        "gatys_notebook": 1e3 / channels**4,
        "johnson2016": 1 / channels**2,
    }
    return energy * constants[form]


def _energy(values: NDArray[np.float32]) -> float:
    return float(np.square(values, dtype=np.float64).sum())


def _layers_of(loss: Loss) -> Mapping[str, float]:
    ((_, term),) = loss.weighted_terms
    layers: Mapping[str, float] = term.layer_weights  # type: ignore[attr-defined]
    return layers


def _maps(
    picture: Any, layers: Mapping[str, float], network: Mapping[str, Any]
) -> dict[str, NDArray[np.float32]]:
    return VGG19(*layers, **network)(picture)
