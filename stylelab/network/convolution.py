"""Convolution in NumPy, as in one layer of a network: Y = relu(W * X + b).

What networks call convolution, and what is computed here, is cross-correlation: mathematics rotates
the kernel by 180° first (Goodfellow et al. 2016, *Deep Learning*, section 9.1). For the effect of
padding and stride on the size, see Dumoulin & Visin 2016 (arXiv:1603.07285).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.validation import validate_whole_number

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
picture becomes brighter from left to right, and from top to bottom."""


def convolve(
    maps: Array,
    kernels: Array,
    bias: Array | None = None,
    *,
    stride: int = 1,
    padding: Padding = "same",
) -> Array:
    """Convolve feature maps with kernels and add a bias: W * X + b.

    Y[r, c, n] = b[n] + Σ over i, j, k of X[r·stride + i − top, c·stride + j − left, k] · W[i, j, k, n]

    The kernel is not rotated (cross-correlation, as in every network).

    Args:
        maps: X, shape (H, W, C): a picture, or the maps of a layer.
        kernels: W, shape (kernel rows, kernel columns, C, N): N kernels of C channels.
        bias: b, shape (N,); none is added without it.
        stride: pixels from one position of the kernel to the next.
        padding: `"same"` pads with zeros to ⌈H / stride⌉ × ⌈W / stride⌉ positions; an odd number puts
            one more at the bottom and right, as in TensorFlow. `"valid"` does not pad: the kernel
            stays inside, ⌊(H − kernel rows) / stride⌋ + 1 rows.

    Returns:
        Y, shape (H', W', N); float32 for maps of float32, float64 for float64.

    Raises:
        PictureError: the shapes do not match.
        SettingsError: the stride or the padding is not valid.

    ```python
    edges = sl.convolve(photo, np.random.default_rng(0).normal(size=(3, 3, 3, 8)), stride=2)
    edges.shape  # (H/2, W/2, 8)
    ```
    """
    validate_whole_number("stride", stride, at_least=1, unit="pixels")
    if padding not in PADDINGS:
        raise SettingsError(f"Expected a padding: {', '.join(PADDINGS)}. Received: {padding!r}.")
    _validate_shapes(maps, kernels, bias)
    dtype = np.result_type(maps, np.float32)
    padded = np.asarray(maps, dtype)
    weights = np.asarray(kernels, dtype)
    (rows, columns), (kernel_rows, kernel_columns) = padded.shape[:2], weights.shape[:2]
    if padding == "same":
        pad_widths = (
            same_padding(rows, kernel_rows, stride),
            same_padding(columns, kernel_columns, stride),
            (0, 0),
        )
        padded = np.pad(padded, pad_widths)
    last_row, last_column = padded.shape[0] - kernel_rows, padded.shape[1] - kernel_columns
    if min(last_row, last_column) < 0:
        raise PictureError(
            f"Expected maps at least as large as the kernel, {kernel_rows} × {kernel_columns}. "
            f"Received: {rows} × {columns}. Take padding='same' or larger maps."
        )
    result = np.zeros((last_row // stride + 1, last_column // stride + 1, weights.shape[3]), dtype)
    if bias is not None:
        result += np.asarray(bias, dtype)
    for i in range(kernel_rows):
        for j in range(kernel_columns):
            # All positions together: entry (i, j) of the kernel meets the picture, shifted.
            shifted = padded[i : i + last_row + 1 : stride, j : j + last_column + 1 : stride]
            result += shifted @ weights[i, j]  # the sum over channels
    return result


def relu(maps: NDArray[Float]) -> NDArray[Float]:
    """Rectified linear unit: max(x, 0) of each value; any shape.

    ```python
    sl.relu(np.array([-2.0, 0.5]))  # array([0. , 0.5])
    ```
    """
    result: NDArray[Float] = np.maximum(maps, maps.dtype.type(0))
    return result


def filter_image(image: Array, kernel: Array, *, padding: Padding = "same") -> Array:
    """Filter each channel of a picture with one kernel.

    Args:
        image: shape (H, W, 3), or any number of channels.
        kernel: shape (kernel rows, kernel columns).
        padding: see `convolve`.

    Returns:
        Shape (H', W', 3). Values may leave [0, 1]: they are not clipped.

    Raises:
        PictureError: the kernel is not two-dimensional, or the shapes do not match.
        SettingsError: the padding is unknown.

    ```python
    edges = sl.filter_image(photo, sl.KERNELS["vertical edges"])
    ```
    """
    if np.ndim(kernel) != 2:  # noqa: PLR2004 - rows, columns
        raise PictureError(
            f"Expected a kernel of shape (rows, columns). Received: {np.shape(kernel)}. For kernels "
            "with channels, use convolve."
        )
    if np.ndim(image) != 3:  # noqa: PLR2004 - rows, columns, channels
        raise PictureError(f"Expected a picture of shape (H, W, 3). Received: {np.shape(image)}.")
    # One kernel for each channel, zero on the other channels.
    weights = np.asarray(kernel)[:, :, None, None] * np.eye(image.shape[-1])
    return convolve(image, weights, padding=padding)


def same_padding(length: int, kernel: int, stride: int) -> tuple[int, int]:
    """Padding before and after an axis that results in ⌈length / stride⌉ positions."""
    positions = -(-length // stride)
    padding = max((positions - 1) * stride + kernel - length, 0)
    return padding // 2, padding - padding // 2


def _validate_shapes(maps: Array, kernels: Array, bias: Array | None) -> None:
    if np.ndim(maps) != 3 or 0 in np.shape(maps):  # noqa: PLR2004 - rows, columns, channels
        raise PictureError(
            f"Expected maps of shape (H, W, C). Received: {np.shape(maps)}. Of a gray picture, take "
            "gray[..., None]."
        )
    if np.ndim(kernels) != 4 or 0 in np.shape(kernels):  # noqa: PLR2004 - and the kernels' number
        raise PictureError(
            "Expected kernels of shape (kernel rows, kernel columns, C, N). "
            f"Received: {np.shape(kernels)}. Of one kernel for one channel, take "
            "kernel[:, :, None, None]."
        )
    channels, depth, number = np.shape(maps)[2], *np.shape(kernels)[2:]
    if channels != depth:
        raise PictureError(
            f"Expected kernels of {channels} channels, as the maps have. Received: {depth}."
        )
    if bias is not None and np.shape(bias) != (number,):
        raise PictureError(
            f"Expected one bias for each of the {number} kernels, shape ({number},). "
            f"Received: {np.shape(bias)}."
        )
