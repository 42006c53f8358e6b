"""Scores of finished pictures: by the same distances for all, whatever loss made them.

Each run minimizes its own loss. Other layers, pooling or weights mean another loss, and losses of
different kinds cannot be compared. So one `Judge` scores all pictures of a photo and a painting:
relative distances at the layers of Gatys et al. 2016 (Proc. CVPR), through the network of a `Loss`:
average pooling, symmetric padding and the learned weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import SettingsError
from stylelab.losses.gram import gram_matrix
from stylelab.losses.layer_weights import CONTENT_LAYERS, STYLE_LAYERS
from stylelab.network.vgg19 import LEARNED, VGG19
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import validate_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.network.vgg19 import ConvolutionMode, Pooling, WeightsSource
    from stylelab.pictures.images import Picture


@dataclass(frozen=True)
class Scores:
    """Scores of a picture, all at least 0. Content and style are 0 for the photo and the painting.

    Attributes:
        content: ‖F−P‖² / ‖P‖² at block4_conv2: distance from the photo, position by position.
        style: mean over five layers of ‖G−A‖² / ‖A‖²: distance from the painting's Gram matrices, in
            units of their own squares, or of another painting's (`Judge`).
        grain: mean difference |a − b| of neighbouring pixels, in units of 1/255.
    """

    content: float
    style: float
    grain: float

    def __str__(self) -> str:
        return f"content {self.content:.2f}, style {self.style:.3f}, grain {self.grain:.1f}"


class Judge:
    """Score pictures against one photo and one painting, always with the same network and layers.

    Args:
        photo: (H, W, 3), RGB, [0, 1]; the pictures to score have its size.
        painting: of any size; since the size of its strokes counts, resize it to the photo's long side.
        unit: the painting A whose ‖A‖², layer by layer, is the unit of style distances; by default
            `painting` itself. Distances from two paintings can be compared in one unit only.
        pooling, weights, convolution: see `VGG19`.
    """

    def __init__(
        self,
        photo: Picture,
        painting: Picture,
        *,
        unit: Picture | None = None,
        pooling: Pooling = "avg",
        weights: WeightsSource = LEARNED,
        convolution: ConvolutionMode = "direct",
    ) -> None:
        self.shape = photo.shape
        self.network = VGG19(
            *CONTENT_LAYERS,
            *STYLE_LAYERS,
            pooling=pooling,
            weights=weights,
            padding_mode="symmetric",
            convolution=convolution,
        )
        self.content = self.network(photo)[CONTENT_LAYERS[0]]
        maps = self.network(painting)
        self.grams = {name: gram_matrix(maps[name]) for name in STYLE_LAYERS}
        self.units = self.grams
        if unit is not None:
            maps = self.network(unit)
            self.units = {name: gram_matrix(maps[name]) for name in STYLE_LAYERS}

    def __call__(self, image: Picture) -> Scores:
        """Score a picture as it would be saved: rounded to 8 bits.

        Raises:
            PictureError: it is not a picture.
            SettingsError: it does not have the photo's size.
        """
        picture = to_uint8(validate_image(image)).astype(np.float32) / np.float32(255)
        if picture.shape != self.shape:
            raise SettingsError(
                f"Expected a picture of the photo's size, {self.shape[1]} × {self.shape[0]}. "
                f"Received: {picture.shape[1]} × {picture.shape[0]}."
            )
        maps = self.network(picture)
        distances = [
            _relative_distance(gram_matrix(maps[name]), gram, self.units[name])
            for name, gram in self.grams.items()
        ]
        content = _relative_distance(maps[CONTENT_LAYERS[0]], self.content, self.content)
        return Scores(content, float(np.mean(distances)), grain(picture))


def grain(picture: Picture) -> float:
    """Return the mean difference |a − b| of neighbouring pixels of a picture, in units of 1/255."""
    down, across = np.abs(np.diff(picture, axis=0)), np.abs(np.diff(picture, axis=1))
    return float(255 * (down.sum() + across.sum()) / (down.size + across.size))


def _relative_distance(values: NDArray[Any], target: NDArray[Any], unit: NDArray[Any]) -> float:
    difference = values - target.astype(np.float64)
    return float(np.sum(difference**2) / np.sum(unit.astype(np.float64) ** 2))
