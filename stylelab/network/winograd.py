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


class Blocks(NamedTuple):
    """How the responses (1, height, width, N) to maps of one size are divided into blocks.

    Attributes:
        height, width: of the responses.
        seen: where among the maps' units those are that each block sees: first by place in the
            field, then by block.
        zeros: whether `seen` has an index past the last unit: a zero, as it lies outside.
        placed: where each response is among those that are sorted by place in the block, then by block.
    """

    height: Any
    width: Any
    seen: Any
    zeros: bool
    placed: Any


class BlockPlan(NamedTuple):
    """The blocks of both directions, for all convolutions of maps of one size."""

    forward: Blocks
    backward: Blocks
    padding_mode: PaddingMode


def plan_blocks(maps: Tensor, padding_mode: PaddingMode) -> BlockPlan:
    """Divide maps (1, H, W, C) into blocks; also where a graph is for maps of any size.

    Args:
        maps: of one picture; of them, only the size counts.
        padding_mode: see `VGG19`.
    """
    height, width = maps.shape[1:3]
    if height is None or width is None:
        height, width = import_tensorflow().unstack(import_tensorflow().shape(maps)[1:3])
    forward = _divide(height, width, height, width, 1, padding_mode)
    if padding_mode == "zeros":
        return BlockPlan(forward, forward, padding_mode)
    backward = _divide(height, width, height + 2, width + 2, 2, "zeros")
    return BlockPlan(forward, backward, padding_mode)


def winograd_convolution(maps: Tensor, kernel: Tensor, plan: BlockPlan) -> Tensor:
    """Convolve maps (1, H, W, C) with a transformed kernel (36, C, N): (1, H, W, N).

    Responses, and the gradient by the maps, are those of a 3 × 3 convolution of stride 1, but for
    rounding. There is no gradient by the kernel.

    Args:
        maps: float32, of one picture.
        kernel: see `transform_kernel`.
        plan: what `plan_blocks` returned for maps of this size.
    """
    tensorflow = import_tensorflow()
    forward, backward, padding_mode = plan

    @tensorflow.custom_gradient  # type: ignore[untyped-decorator]
    def convolve(values: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        def gradient(upstream: Tensor) -> Tensor:
            result = _convolve(upstream, kernel, BACKWARD, backward)
            if padding_mode == "zeros":
                return result
            return tensorflow.raw_ops.MirrorPadGrad(
                input=result, paddings=PAD_WIDTHS, mode="SYMMETRIC"
            )

        return _convolve(values, kernel, FORWARD, forward), gradient

    return convolve(maps)


def _convolve(maps: Tensor, kernel: Tensor, transform: Transform, blocks: Blocks) -> Tensor:
    """Convolve padded maps with a kernel, or with it turned and transposed."""
    tensorflow = import_tensorflow()
    channels = maps.shape[-1]
    units = tensorflow.reshape(maps, (-1, channels))
    if blocks.zeros:
        units = tensorflow.pad(units, ((0, 1), (0, 0)))
    fields = tensorflow.matmul(
        transform.inputs,
        tensorflow.reshape(tensorflow.gather(units, blocks.seen), (FIELD**2, -1)),
    )
    products = tensorflow.matmul(
        tensorflow.reshape(fields, (FIELD**2, -1, channels)),
        kernel,
        transpose_b=transform.transpose_kernel,
    )
    by_place = tensorflow.matmul(transform.outputs, tensorflow.reshape(products, (FIELD**2, -1)))
    responses = tensorflow.gather(
        tensorflow.reshape(by_place, (-1, products.shape[-1])), blocks.placed
    )
    return tensorflow.reshape(responses, (1, blocks.height, blocks.width, products.shape[-1]))


def _divide(
    rows: Any, columns: Any, height: Any, width: Any, padding: int, padding_mode: PaddingMode
) -> Blocks:
    """Divide responses of `height` and `width` to padded maps of `rows` and `columns`."""
    if isinstance(rows, int):  # known, it stays out of the graph
        numpy, arange = np, np.arange
    else:
        numpy, arange = import_tensorflow().experimental.numpy, import_tensorflow().range

    def along(length: Any, side: Any) -> tuple[Any, Any]:
        places = BLOCK * arange(-(-length // BLOCK)) + np.arange(FIELD)[:, None] - padding
        nearest = numpy.clip(places, 0, side - 1)
        return nearest, places == nearest

    (down, is_row), (across, is_column) = along(height, rows), along(width, columns)
    seen = down[:, None, :, None] * columns + across[None, :, None, :]
    if zeros := padding_mode == "zeros":
        inside = is_row[:, None, :, None] & is_column[None, :, None, :]
        seen = numpy.where(inside, seen, rows * columns)
    row, column = arange(height)[:, None], arange(width)
    block = row // BLOCK * -(-width // BLOCK) + column // BLOCK
    place = row % BLOCK * BLOCK + column % BLOCK
    placed = place * (-(-height // BLOCK) * -(-width // BLOCK)) + block
    return Blocks(height, width, numpy.reshape(seen, -1), zeros, numpy.reshape(placed, -1))
