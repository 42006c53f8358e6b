"""Weights of another system → weights of ours: the same loss, written in relative terms.

Each published formulation of a term is, layer by layer, a known multiple of the relative one (see the
table in `stylelab.losses.formulations`). The relative one is 1 for maps that are all 0, so the multiple
is what the formulation gives for these: of the content, ‖P‖² times a constant; of the style, ‖A‖² times
a constant. It depends on the two pictures: that is the unit which those weights carried.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.errors import SettingsError
from stylelab.losses.content import content
from stylelab.losses.layer_weights import CONTENT_LAYERS, STYLE_LAYERS
from stylelab.losses.style import style
from stylelab.losses.term import TargetMaps
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.network.vgg19 import LEARNED, VGG19
from stylelab.pictures.images import load_image
from stylelab.pictures.validation import as_float, describe_received

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.losses.formulations import Formulation
    from stylelab.losses.layer_weights import Layers
    from stylelab.losses.loss import Loss
    from stylelab.network.vgg19 import Pooling, WeightsSource
    from stylelab.network.winograd import PaddingMode
    from stylelab.pictures.images import Picture, PictureSource


@dataclass(frozen=True)
class WeightConversion:
    """The weights of a loss in relative terms.

    ```python
    ours = sl.convert_weights(photo, painting, formulation="johnson2016", style_weight=5)
    ours.style_weight, ours.loss(photo, painting).names
    ```

    Attributes:
        content_weight: 1, always: only the proportion of the two weights decides on the picture.
        style_weight: of the style term, relative to that.
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
        content_loss = self.content_weight * content(photo, self.content_layers)
        return content_loss + self.style_weight * style(painting, self.style_layers)


def convert_weights(
    photo: PictureSource,
    painting: PictureSource,
    *,
    formulation: Formulation,
    content_weight: float = 1.0,
    style_weight: float = 1.0,
    content_layers: Layers = CONTENT_LAYERS,
    style_layers: Layers = STYLE_LAYERS,
    pooling: Pooling = "avg",
    weights: WeightsSource = LEARNED,
    padding_mode: PaddingMode = "symmetric",
) -> WeightConversion:
    """Write the weights of a published formulation of the loss as weights of relative terms.

    ```python
    ours = sl.convert_weights(photo, painting, formulation="gatys2016", style_weight=1e4)
    ours.style_weight, ours.style_layers
    loss = ours.loss(photo, painting)
    ```

    Args:
        photo: the content picture, at the size to be painted: the answer depends on it.
        painting: the style picture, at the size that it is used at.
        formulation: in which the other system's weights are; see the table in
            `stylelab.losses.formulations`.
        content_weight: theirs, above 0.
        style_weight: theirs, above 0.
        content_layers: names, or a mapping of names to weights, as they use them.
        style_layers: the same for style.
        pooling: see `VGG19`.
        weights: see `VGG19`.
        padding_mode: see `VGG19`.

    Raises:
        PictureError, LayerError, SettingsError: an argument is not what it should be.
    """
    for weight in (content_weight, style_weight):
        if not 0 < as_float(weight) < math.inf:
            raise SettingsError(
                f"Expected two finite weights above 0. Received: {describe_received(weight)}."
            )
    photo, painting = load_image(photo), load_image(painting)
    content_loss = content_weight * content(photo, content_layers, formulation=formulation)
    style_loss = style_weight * style(painting, style_layers, formulation=formulation)
    network: Any = {"pooling": pooling, "weights": weights, "padding_mode": padding_mode}
    content_parts, style_parts = (
        _part_losses_of_nothing(loss.with_network(**network), image)
        for loss, image in ((content_loss, photo), (style_loss, painting))
    )
    scale, style_scale = sum(content_parts.values()), sum(style_parts.values())
    return WeightConversion(
        content_weight=1.0,
        style_weight=style_scale / scale,
        content_layers=MappingProxyType({n: part / scale for n, part in content_parts.items()}),
        style_layers=MappingProxyType({n: part / style_scale for n, part in style_parts.items()}),
        scale=scale,
    )


@run_eagerly
def _part_losses_of_nothing(loss: Loss, image: Picture) -> dict[str, float]:
    """What each layer of a loss with one term adds to it where all maps are 0."""
    zeros = import_tensorflow().zeros
    ((_, term),) = loss.weighted_terms
    network = VGG19(
        *term.layers, pooling=loss.pooling, weights=loss.weights, padding_mode=loss.padding_mode
    )
    height, width = image.shape[:2]
    targets = term.targets(TargetMaps(network), (height, width, 3))
    sizes = {name: maps.shape for name, maps in network.tensors(image).items()}
    part_losses = {}
    for name, weight in zip(term.layers, loss.part_weights, strict=True):
        target = targets[name]
        sums = term.sums(zeros(sizes[name]), None, target.maps)
        part_losses[name] = float(weight) * float(term.distance(sums, target.constants))
    return part_losses
