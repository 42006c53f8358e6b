"""A channel's part in the style: its row of the Gram matrix, and its share of a layer's style loss.

A layer's style loss is that of `stylelab.losses.style.style` in its relative form, ‖G−A‖² / ‖A‖²: G is
the picture's Gram matrix and A the style's, both divided by the number of positions. A channel
contributes its row and its column. Removed channels are left out of the numerator only, so that losses
with and without a channel are comparable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.network.tensorflow import import_tensorflow
from stylelab.panels.explorer.feature_maps import iterate_layers

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from stylelab.network.vgg19 import VGG19
    from stylelab.pictures.images import Picture

    Array = NDArray[np.floating[Any]]


def layer_style_loss(gram: Array, target: Array, removed: Collection[int] = ()) -> float:
    """Style loss ‖G−A‖² / ‖A‖² of a layer, without rows and columns of some channels in ‖G−A‖².

    Args:
        gram: G, (N, N).
        target: A, (N, N).
        removed: numbers of channels.
    """
    return float(np.sum(_difference(gram, target, removed) ** 2)) / _energy(target)


def style_shares(gram: Array, target: Array) -> NDArray[np.float64]:
    """Share of ‖G−A‖² in each channel's row and column: (N,), 0 to 1.

    The layer's style loss falls by this share if the channel alone is removed. Each entry off the
    diagonal belongs to two channels, so the shares add up to more than 1 (to 2 at most).
    """
    squares = _difference(gram, target, ()) ** 2
    total = float(squares.sum())
    if total == 0:  # the style picture itself
        return np.zeros(len(squares))
    parts: NDArray[np.float64] = (2 * squares.sum(0) - squares.diagonal()) / total
    return parts


def cosines(gram: Array, channel: int) -> NDArray[np.float64]:
    """Cosine of each channel with `channel`: G_cj / √(G_cc · G_jj), (N,), 0 to 1.

    1: proportional maps. 0: never active at the same position, or silent. Unlike the row of the Gram
    matrix, it does not depend on how strong a channel is.
    """
    lengths = np.sqrt(np.maximum(gram.diagonal().astype(np.float64), 0))
    both = lengths * lengths[channel]
    row = gram[channel].astype(np.float64)
    together: NDArray[np.float64] = np.divide(row, both, out=np.zeros_like(both), where=both > 0)
    return together.clip(0, 1)  # rounding may exceed 1


def style_gradients(
    network: VGG19, image: Picture, layer: str, target: Array, removed: Collection[int] = ()
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Gradient of one layer's style loss with respect to the picture, and the part of some channels.

    Args:
        network: `VGG19(*LAYERS)`.
        image: the picture (H, W, 3).
        layer: the layer's name.
        target: A, the style's Gram matrix at this layer.
        removed: numbers of channels.

    Returns:
        Two gradients of the picture's shape: that of the layer's style loss, and the part of the
        removed channels. Their difference is the gradient of the loss without these channels.
    """
    tensorflow = import_tensorflow()
    picture = tensorflow.constant(image)
    with tensorflow.GradientTape(persistent=True) as tape:
        tape.watch(picture)
        ((_, maps),) = iterate_layers(network, picture, (layer,))
    channels = maps.shape[-1]
    by_channel = tensorflow.reshape(maps, (-1, channels)).numpy()
    gram = by_channel.T @ by_channel / len(by_channel)
    whole = _difference(gram, target, ())
    part = whole - _difference(gram, target, removed)
    # G = FᵀF/M, with a row of F for each position, so ∂‖G−A‖²/∂F = 4·F·(G−A)/M.
    factor = 4 / (len(by_channel) * _energy(target))

    def pull(difference: Array) -> NDArray[np.float32]:
        gradient = by_channel @ (factor * difference).astype(np.float32)
        shaped = tensorflow.constant(gradient.reshape(maps.shape))
        pulled: NDArray[np.float32] = tape.gradient(maps, picture, output_gradients=shaped).numpy()
        return pulled

    every = pull(whole)
    return every, pull(part) if removed else np.zeros_like(every)


def _difference(gram: Array, target: Array, removed: Collection[int]) -> NDArray[np.float64]:
    difference = gram.astype(np.float64) - target
    out = list(removed)
    difference[out] = 0
    difference[:, out] = 0
    return difference


def _energy(target: Array) -> float:
    """‖A‖², at least 1e-12, as in `stylelab.losses.loss`."""
    return max(float(np.sum(target.astype(np.float64) ** 2)), 1e-12)
