"""Picture → answers of small kernels: Y = relu(W * X + b), written out.

What every network calls convolution, and what is computed here, is cross-correlation: the kernel is
laid on the picture as it is. Mathematics turns it by 180° first (Goodfellow et al. 2016, *Deep
Learning*, section 9.1). For what padding and stride do to the size, see Dumoulin & Visin 2016
(arXiv:1603.07285).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from stylelab.errors import PictureError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[Any]

Float = TypeVar("Float", bound="np.floating[Any]")
Padding = Literal["same", "valid"]
PADDINGS: tuple[Padding, ...] = ("same", "valid")


def _kernel(*rows: tuple[float, float, float]) -> NDArray[np.float32]:
    kernel = np.array(rows, np.float32)
    kernel.setflags(write=False)
    return kernel


KERNELS: Mapping[str, NDArray[np.float32]] = MappingProxyType(
    {
        "identity": _kernel((0, 0, 0), (0, 1, 0), (0, 0, 0)),
        "blur": _kernel((1 / 9, 1 / 9, 1 / 9), (1 / 9, 1 / 9, 1 / 9), (1 / 9, 1 / 9, 1 / 9)),
        "sharpen": _kernel((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        "vertical edges": _kernel((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
        "horizontal edges": _kernel((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
        "Laplacian": _kernel((0, 1, 0), (1, -4, 1), (0, 1, 0)),
        "emboss": _kernel((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
    }
)
"""Well-known 3×3 kernels by name, read-only. The two for edges are Sobel's: positive where the
picture gets brighter from left to right, and from top to bottom."""


def convolve(
    maps: Array,
    kernels: Array,
    bias: Array | None = None,
    *,
    stride: int = 1,
    padding: Padding = "same",
) -> Array:
    """Compute W * X + b: at every place, how well each kernel matches what is there.

    Y[r, c, n] = b[n] + Σ over i, j, k of X[r·stride + i − top, c·stride + j − left, k] · W[i, j, k, n]

    The kernel is not turned around (cross-correlation, as in every network).

    Args:
        maps: X, shape (H, W, C): a picture, or the maps of a layer.
        kernels: W, shape (kernel rows, kernel columns, C, N): N kernels, each C channels deep.
        bias: b, shape (N,); none is added without it.
        stride: pixels from one place of the kernel to the next.
        padding: `"same"` adds zeros around, so that there are ⌈H / stride⌉ × ⌈W / stride⌉ places;
            where an odd number has to be added, bottom and right get one more, as in TensorFlow.
            `"valid"` adds none: the kernel stays inside, ⌊(H − kernel rows) / stride⌋ + 1 rows.

    Returns:
        Y, shape (H', W', N); float32 for maps of float32, float64 for float64.

    Raises:
        PictureError: the shapes do not fit each other.
        SettingsError: the stride or the padding makes no sense.
    """
    _validate_settings(stride, padding)
    _validate_shapes(maps, kernels, bias)
    dtype = np.result_type(maps, np.float32)
    inside = np.asarray(maps, dtype)
    weights = np.asarray(kernels, dtype)
    (rows, columns), (kernel_rows, kernel_columns) = inside.shape[:2], weights.shape[:2]
    if padding == "same":
        pad_widths = (
            same_padding(rows, kernel_rows, stride),
            same_padding(columns, kernel_columns, stride),
            (0, 0),
        )
        inside = np.pad(inside, pad_widths)
    last_row, last_column = inside.shape[0] - kernel_rows, inside.shape[1] - kernel_columns
    if min(last_row, last_column) < 0:
        raise PictureError(
            f"Expected maps at least as large as the kernel, {kernel_rows} × {kernel_columns}. "
            f"Received: {rows} × {columns}. Take padding='same' or larger maps."
        )
    answer = np.zeros((last_row // stride + 1, last_column // stride + 1, weights.shape[3]), dtype)
    if bias is not None:
        answer += np.asarray(bias, dtype)
    for i in range(kernel_rows):
        for j in range(kernel_columns):
            # All places at once: what lies under entry (i, j) of the kernel is the picture, moved.
            under = inside[i : i + last_row + 1 : stride, j : j + last_column + 1 : stride]
            answer += under @ weights[i, j]  # the sum over channels
    return answer


def relu(maps: NDArray[Float]) -> NDArray[Float]:
    """Keep what is above 0, and put 0 elsewhere (rectified linear unit); any shape."""
    kept: NDArray[Float] = np.maximum(maps, maps.dtype.type(0))
    return kept


def filter_image(image: Array, kernel: Array, *, padding: Padding = "same") -> Array:
    """Lay one kernel on each channel of a picture by itself.

    Args:
        image: shape (H, W, 3), or any number of channels.
        kernel: shape (kernel rows, kernel columns).
        padding: see `convolve`.

    Returns:
        Shape (H', W', 3). Values may leave [0, 1]: they are given as they come, not clipped.

    Raises:
        PictureError: the kernel is not two-dimensional, or the shapes do not fit.
        SettingsError: the padding is unknown.
    """
    if np.ndim(kernel) != 2:  # noqa: PLR2004 - rows, columns
        raise PictureError(
            f"Expected a kernel of shape (rows, columns). Received: {np.shape(kernel)}. For kernels "
            "with channels there is convolve."
        )
    if np.ndim(image) != 3:  # noqa: PLR2004 - rows, columns, channels
        raise PictureError(f"Expected a picture of shape (H, W, 3). Received: {np.shape(image)}.")
    # One kernel for each channel, which sees that channel alone: zeros off the diagonal.
    weights = np.asarray(kernel)[:, :, None, None] * np.eye(image.shape[-1])
    return convolve(image, weights, padding=padding)


def same_padding(length: int, kernel: int, stride: int) -> tuple[int, int]:
    """Count the zeros that go before and after, so that there are ⌈length / stride⌉ places."""
    places = -(-length // stride)
    missing = max((places - 1) * stride + kernel - length, 0)
    return missing // 2, missing - missing // 2


def _validate_settings(stride: object, padding: object) -> None:
    if isinstance(stride, bool) or not isinstance(stride, int | np.integer) or stride < 1:
        raise SettingsError(
            f"Expected a stride as a whole number of pixels, at least 1. Received: {stride!r}."
        )
    if padding not in PADDINGS:
        raise SettingsError(f"Expected a padding: {', '.join(PADDINGS)}. Received: {padding!r}.")


def _validate_shapes(maps: Array, kernels: Array, bias: Array | None) -> None:
    if np.ndim(maps) != 3 or 0 in np.shape(maps):  # noqa: PLR2004 - rows, columns, channels
        raise PictureError(
            f"Expected maps of shape (H, W, C). Received: {np.shape(maps)}. A gray picture becomes "
            "one by gray[..., None]."
        )
    if np.ndim(kernels) != 4 or 0 in np.shape(kernels):  # noqa: PLR2004 - and the kernels' number
        raise PictureError(
            "Expected kernels of shape (kernel rows, kernel columns, C, N). "
            f"Received: {np.shape(kernels)}. One kernel for one channel becomes one by "
            "kernel[:, :, None, None]."
        )
    channels, depth, number = np.shape(maps)[2], *np.shape(kernels)[2:]
    if channels != depth:
        raise PictureError(
            f"Expected kernels as deep as the maps, {channels} channels. Received: {depth}."
        )
    if bias is not None and np.shape(bias) != (number,):
        raise PictureError(
            f"Expected one bias for each of the {number} kernels, shape ({number},). "
            f"Received: {np.shape(bias)}."
        )
