"""3 × 3 convolutions with a quarter of the multiplications (Lavin & Gray 2016, arXiv:1509.09308).

In one dimension, four neighbouring responses of a kernel g of three weights depend on six numbers d:

    y = Aᵀ [(G g) ⊙ (Bᵀ d)]

with six multiplications in place of 4 · 3 = 12. Behind it are polynomials: a product of two is known
from its values at enough points. G evaluates the polynomial with the coefficients g at six points, Aᵀ
is the transpose of the evaluation of one with four coefficients, and Bᵀ the transposed inverse of the
evaluation of one with six. In two dimensions it is 36 multiplications in place of 144. G g is computed
once a kernel; with many channels, the multiplications become 36 products of matrices, and Aᵀ and Bᵀ
cost little beside them.

The gradient by d is a convolution with the kernel turned by 180°. Since g₂ + g₁p + g₀p² = p² g(1/p),
the values of g at the points p are, but for factors, those of the turned kernel at 1/p. So both
directions share one transformed kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from stylelab.network.tensorflow import Tensor

    Array = NDArray[np.float64]

PaddingMode = Literal["zeros", "symmetric"]
PADDING_MODES: tuple[PaddingMode, ...] = ("zeros", "symmetric")
PAD_WIDTHS = ((0, 0), (1, 1), (1, 1), (0, 0))
"""One unit around maps (batch, rows, columns, channels)."""

KERNEL = 3
BLOCK = 4
"""Responses, along each side, that are computed together."""
FIELD = BLOCK + KERNEL - 1
"""Numbers, along each side, that they see."""

POINTS = (0.0, 1.0, -1.0, 0.5, -2.0, np.inf)
"""Where the polynomials are evaluated. On random maps the relative error is 1.1e-6 with these, 1.7e-6
with the 0, ±1, ±2, ∞ of Lavin & Gray, and 0.9e-6 for the direct sum."""


class Transform(NamedTuple):
    """What surrounds the 36 products: Bᵀ ⊗ Bᵀ, (36, 36), and Aᵀ ⊗ Aᵀ, (16, 36)."""

    inputs: NDArray[np.float32]
    outputs: NDArray[np.float32]
    transpose_kernel: bool


def _evaluate_at(points: Sequence[float], coefficients: int) -> Array:
    """Matrix that evaluates polynomials at points; at infinity, the last coefficient."""
    powers = np.arange(coefficients)
    last = (powers == coefficients - 1).astype(float)
    return np.array([last if np.isinf(point) else point**powers for point in points])


def _make_transform(
    points: Sequence[float], factors: Sequence[float], *, transpose_kernel: bool
) -> Transform:
    inputs = np.array(factors)[:, None] * np.linalg.inv(_evaluate_at(points, FIELD)).T
    outputs = _evaluate_at(points, BLOCK).T
    return Transform(
        np.kron(inputs, inputs).astype(np.float32),
        np.kron(outputs, outputs).astype(np.float32),
        transpose_kernel,
    )


FORWARD = _make_transform(POINTS, FIELD * [1.0], transpose_kernel=False)
BACKWARD = _make_transform(
    [np.inf if point == 0 else 1 / point for point in POINTS],
    [1 if point == 0 or np.isinf(point) else point**-2 for point in POINTS],
    transpose_kernel=True,
)


def transform_kernel(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Transform a kernel (3, 3, C, N), once for all pictures: G g Gᵀ, of shape (36, C, N)."""
    evaluate = _evaluate_at(POINTS, KERNEL)
    both = np.kron(evaluate, evaluate).astype(np.float32)
    return (both @ kernel.reshape(KERNEL**2, -1)).reshape(FIELD**2, *kernel.shape[2:])


def winograd_convolution(maps: Tensor, kernel: Tensor, padding_mode: PaddingMode) -> Tensor:
    """Convolve maps (1, H, W, C) with a transformed kernel (36, C, N): (1, H, W, N).

    Responses, and the gradient by the maps, are those of a 3 × 3 convolution of stride 1, but for
    rounding. There is no gradient by the kernel.

    Args:
        maps: float32, of one picture.
        kernel: see `transform_kernel`.
        padding_mode: see `VGG19`.
    """
    tensorflow = import_tensorflow()

    @tensorflow.custom_gradient  # type: ignore[untyped-decorator]
    def convolve(values: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        height, width = _sides(values)

        def gradient(upstream: Tensor) -> Tensor:
            padding = 1 if padding_mode == "zeros" else 2
            sides = height + 2 * (padding - 1), width + 2 * (padding - 1)
            result = _convolve(upstream, kernel, BACKWARD, sides, padding, "zeros")
            if padding_mode == "zeros":
                return result
            return tensorflow.raw_ops.MirrorPadGrad(
                input=result, paddings=PAD_WIDTHS, mode="SYMMETRIC"
            )

        return _convolve(values, kernel, FORWARD, (height, width), 1, padding_mode), gradient

    return convolve(maps)


def _convolve(
    maps: Tensor,
    kernel: Tensor,
    transform: Transform,
    sides: tuple[Any, Any],
    padding: int,
    padding_mode: PaddingMode,
) -> Tensor:
    """Convolve padded maps with a kernel, or with it turned and transposed; `sides` of the result."""
    tensorflow = import_tensorflow()
    height, width = sides
    rows, columns = -(-height // BLOCK), -(-width // BLOCK)  # of blocks
    channels = maps.shape[-1]
    units = tensorflow.reshape(maps, (-1, channels))
    if padding_mode == "zeros":
        units = tensorflow.pad(units, ((0, 1), (0, 0)))  # a last one, of zeros: it lies outside
    seen = tensorflow.gather(
        units, _field_indices(*_sides(maps), rows, columns, padding, padding_mode)
    )
    fields = tensorflow.matmul(transform.inputs, tensorflow.reshape(seen, (FIELD**2, -1)))
    products = tensorflow.matmul(
        tensorflow.reshape(fields, (FIELD**2, -1, channels)),
        kernel,
        transpose_b=transform.transpose_kernel,
    )
    blocks = tensorflow.matmul(transform.outputs, tensorflow.reshape(products, (FIELD**2, -1)))
    responses = tensorflow.gather(
        tensorflow.reshape(blocks, (-1, products.shape[-1])),
        _response_indices(height, width, rows, columns),
    )
    return tensorflow.reshape(responses, (1, height, width, products.shape[-1]))


def _sides(maps: Tensor) -> tuple[Any, Any]:
    """Rows and columns of maps: numbers, or tensors where a graph is for maps of any size."""
    height, width = maps.shape[1:3]
    if height is None or width is None:
        height, width = import_tensorflow().unstack(import_tensorflow().shape(maps)[1:3])
    return height, width


def _array_module(side: Any) -> Any:
    """NumPy, so that what is known stays out of the graph; else TensorFlow's functions of its names."""
    return np if isinstance(side, int) else import_tensorflow().experimental.numpy


def _arange(length: Any) -> Any:
    return np.arange(length) if isinstance(length, int) else import_tensorflow().range(length)


def _field_indices(
    height: Any, width: Any, rows: Any, columns: Any, padding: int, padding_mode: PaddingMode
) -> Any:
    """Where the units are that each block sees: first by place in the field, then by block."""
    numpy = _array_module(height)

    def along(blocks: Any, side: Any) -> tuple[Any, Any]:
        places = BLOCK * _arange(blocks) + np.arange(FIELD)[:, None] - padding
        nearest = numpy.clip(places, 0, side - 1)
        return nearest, places == nearest

    (down, is_row), (across, is_column) = along(rows, height), along(columns, width)
    indices = down[:, None, :, None] * width + across[None, :, None, :]
    if padding_mode == "zeros":
        inside = is_row[:, None, :, None] & is_column[None, :, None, :]
        indices = numpy.where(inside, indices, height * width)
    return numpy.reshape(indices, -1)


def _response_indices(height: Any, width: Any, rows: Any, columns: Any) -> Any:
    """Where each response is among those that are sorted by place in the block, then by block."""
    down, across = _arange(height)[:, None], _arange(width)
    place = down % BLOCK * BLOCK + across % BLOCK
    block = down // BLOCK * columns + across // BLOCK
    indices = place * rows * columns + block
    return _array_module(height).reshape(indices, -1)
