"""Feature maps → Gram matrices: which channels fire together, whatever the place.

With the maps of a layer written as a matrix F, one row for each of its N channels and one column for
each of its M positions, the Gram matrix is G = F·Fᵀ (Gatys et al. 2015, arXiv:1505.07376, eq. 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from stylelab.errors import PictureError, SettingsError
from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stylelab.network.tensorflow import Tensor

Float = TypeVar("Float", bound="np.floating[Any]")
Divisor = Literal["one", "positions", "entries"]
DIVISORS: tuple[Divisor, ...] = ("one", "positions", "entries")


def gram_matrix(
    maps: NDArray[Float],
    divisor: Divisor = "positions",
    *,
    weights: NDArray[np.floating[Any]] | None = None,
) -> NDArray[Float]:
    """Compute the Gram matrix of a layer's maps.

    ```python
    maps = sl.VGG19("block1_conv1")(photo)["block1_conv1"]
    gram = sl.gram_matrix(maps)  # (64, 64)
    ```

    Args:
        maps: shape (rows, columns, N channels).
        divisor: papers disagree. `"positions"` (default): by M = rows × columns, so that pictures of
            different sizes compare (Gatys's own notebook). `"one"`: not at all, G = F·Fᵀ (Gatys et
            al. 2016, who divide in the loss). `"entries"`: by M·N (Johnson et al. 2016,
            arXiv:1603.08155, eq. 3).
        weights: shape (rows, columns), in [0, 1]: how much each position counts (see
            `stylelab.network.layer_masks.layer_mask`), and M is their sum. All count fully without
            it. For 0 and 1 this is the guided Gram matrix of Gatys et al. 2017 (arXiv:1611.07865,
            eq. 4 and 5); at a soft edge they multiply the maps, so that the matrix has the
            weights' squares. Here it has the weights, so that the sums over a region and over all
            the rest add up to the whole.

    Returns:
        Shape (N, N), symmetric, positive semidefinite, of the maps' type.

    Raises:
        PictureError: the maps or the weights have another shape, or the weights are all 0.
        SettingsError: the divisor is unknown.
    """
    validate_maps(maps, weights)
    by_channel = maps.reshape(-1, maps.shape[-1])  # Fᵀ
    if weights is None:
        positions: float = len(by_channel)
        gram: NDArray[Float] = by_channel.T @ by_channel
    else:
        counts = weights.reshape(-1, 1).astype(maps.dtype)
        positions = float(counts.sum())
        gram = by_channel.T @ (counts * by_channel)
    divided: NDArray[Float] = gram / _divisor_value(positions, maps.shape[-1], divisor)
    return divided


def gram_tensor(maps: Tensor, divisor: Divisor = "positions", *, weights: Tensor = None) -> Tensor:
    """Compute `gram_matrix` on TensorFlow tensors: gradients flow through it."""
    gram, positions = gram_sums(maps, weights)
    return gram / _divisor_value(positions, maps.shape[-1], divisor)


def gram_sums(maps: Tensor, weights: Tensor = None) -> tuple[Tensor, Tensor]:
    """Compute, on tensors, the undivided Gram matrix (N, N) and the sum of the weights, M.

    Both are sums over positions: those of two halves of a picture add up to those of the whole.
    """
    tensorflow = import_tensorflow()
    by_channel = tensorflow.reshape(maps, [-1, maps.shape[-1]])
    if weights is None:
        positions = tensorflow.cast(tensorflow.shape(by_channel)[0], by_channel.dtype)
        return tensorflow.matmul(by_channel, by_channel, transpose_a=True), positions
    counts = tensorflow.reshape(tensorflow.cast(weights, by_channel.dtype), [-1, 1])
    gram = tensorflow.matmul(by_channel, counts * by_channel, transpose_a=True)
    return gram, tensorflow.reduce_sum(counts)


def validate_maps(maps: NDArray[Any], weights: NDArray[Any] | None) -> None:
    """Check the shapes of a layer's maps and of the weights of its positions.

    Raises:
        PictureError: the maps or the weights have another shape, or the weights are all 0.
    """
    if maps.ndim != 3 or 0 in maps.shape:  # noqa: PLR2004 - rows, columns, channels
        raise PictureError(
            f"Expected feature maps of shape (rows, columns, channels). Received: {maps.shape}."
        )
    if weights is not None and (weights.shape != maps.shape[:2] or not weights.any()):
        raise PictureError(
            f"Expected weights of shape {maps.shape[:2]}, as the maps have positions, not all 0. "
            f"Received: shape {weights.shape}{'' if weights.any() else ', all 0'}."
        )


def _divisor_value(positions: Any, channels: int, divisor: Divisor) -> Tensor:
    choices = {"one": 1, "positions": positions, "entries": positions * channels}
    if divisor not in choices:
        raise SettingsError(f"Expected a divisor: {', '.join(choices)}. Received: {divisor!r}.")
    return choices[divisor]
