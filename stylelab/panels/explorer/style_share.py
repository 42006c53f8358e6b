"""What a channel has to do with style: its row of the Gram matrix, and its share of a layer's loss.

A layer's style loss is that of `stylelab.losses.style.style` in its relative form, ‖G−A‖² / ‖A‖²: G the
picture's Gram matrix, A the style's, both divided by positions. A channel takes part in it with its row
and its column. Removed channels are left out above; ‖A‖² below stays as it is, so that the loss with
and the loss without a channel compare.
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
    """Compute ‖G−A‖² / ‖A‖² with rows and columns of some channels left out of ‖G−A‖².

    Args:
        gram: G, (N, N).
        target: A, (N, N).
        removed: numbers of channels.
    """
    return float(np.sum(_difference(gram, target, removed) ** 2)) / _energy(target)


def style_shares(gram: Array, target: Array) -> NDArray[np.float64]:
    """Compute, for each channel, the share of ‖G−A‖² in its row and its column: (N,), 0 to 1.

    It is what the layer's style loss falls by where this channel alone is removed. Each entry off the
    diagonal belongs to two channels, so the shares add up to more than 1 (to 2 at most).
    """
    squares = _difference(gram, target, ()) ** 2
    total = float(squares.sum())
    if total == 0:  # the style picture itself: there is nothing to share
        return np.zeros(len(squares))
    parts: NDArray[np.float64] = (2 * squares.sum(0) - squares.diagonal()) / total
    return parts


def cosines(gram: Array, channel: int) -> NDArray[np.float64]:
    """Compute how surely each channel fires where `channel` does: G_cj / √(G_cc · G_jj), (N,), 0 to 1.

    1: wherever the other is strong, in the same proportion. 0: never together, or silent. The Gram
    matrix's own row is large for every channel that is strong at all.
    """
    lengths = np.sqrt(np.maximum(gram.diagonal().astype(np.float64), 0))
    both = lengths * lengths[channel]
    row = gram[channel].astype(np.float64)
    together: NDArray[np.float64] = np.divide(row, both, out=np.zeros_like(both), where=both > 0)
    return together.clip(0, 1)  # rounding may go past


def style_gradients(
    network: VGG19, image: Picture, layer: str, target: Array, removed: Collection[int] = ()
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute how one layer's style loss pulls at a picture, and what of it some channels do.

    Args:
        network: `VGG19(*LAYERS)`.
        image: the picture (H, W, 3).
        layer: the layer's name.
        target: A, the style's Gram matrix at this layer.
        removed: numbers of channels.

    Returns:
        Two gradients of the picture's shape: that of the layer's style loss, and the part that goes
        away where the channels are removed. Their difference is the gradient of the loss without.
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
    # G = FᵀF/M with one row of F a position, so ∂‖G−A‖²/∂F = 4·F·(G−A)/M.
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
    """‖A‖², kept from 0 as in `stylelab.losses.loss`."""
    return max(float(np.sum(target.astype(np.float64) ** 2)), 1e-12)
