"""Feature maps → Gram matrices: which channels fire together, whatever the place.

With the maps of a layer written as a matrix A, one row for each of its N channels and one column for
each of its M positions, the Gram matrix is G = A·Aᵀ (Gatys et al. 2015, arXiv:1505.07376, eq. 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from stylelab._tensorflow import import_tensorflow
from stylelab.errors import PictureError, SettingsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Float = TypeVar("Float", bound="np.floating[Any]")
Divisor = Literal["one", "positions", "entries"]
DIVISORS: tuple[Divisor, ...] = ("one", "positions", "entries")


def gram_matrix(maps: NDArray[Float], divisor: Divisor = "positions") -> NDArray[Float]:
    """Compute the Gram matrix of a layer's maps.

    Args:
        maps: shape (rows, columns, N channels).
        divisor: papers disagree. `"positions"` (default): by M = rows × columns, so that pictures of
            different sizes compare (Gatys's own notebook). `"one"`: not at all, G = A·Aᵀ (Gatys et
            al. 2016, who divide in the loss). `"entries"`: by M·N (Johnson et al. 2016,
            arXiv:1603.08155, eq. 3).

    Returns:
        Shape (N, N), symmetric, positive semidefinite, of the maps' type.

    Raises:
        PictureError: the maps have another shape.
        SettingsError: the divisor is unknown.
    """
    if maps.ndim != 3 or 0 in maps.shape:  # noqa: PLR2004 - rows, columns, channels
        raise PictureError(
            f"Expected feature maps of shape (rows, columns, channels). Received: {maps.shape}."
        )
    by_channel = maps.reshape(-1, maps.shape[-1])  # Aᵀ
    gram: NDArray[Float] = by_channel.T @ by_channel
    gram /= _divide_by((len(by_channel), len(gram)), divisor)
    return gram


def gram_tensor(maps: Any, divisor: Divisor = "positions") -> Any:
    """Compute `gram_matrix` on TensorFlow tensors: gradients flow through it."""
    tensorflow = import_tensorflow()
    by_channel = tensorflow.reshape(maps, [-1, maps.shape[-1]])
    gram = tensorflow.matmul(by_channel, by_channel, transpose_a=True)
    return gram / float(_divide_by(by_channel.shape, divisor))


def _divide_by(shape: tuple[int, int], divisor: Divisor) -> int:
    positions, channels = shape
    choices = {"one": 1, "positions": positions, "entries": positions * channels}
    if divisor not in choices:
        raise SettingsError(f"Expected a divisor: {', '.join(choices)}. Received: {divisor!r}.")
    return choices[divisor]
