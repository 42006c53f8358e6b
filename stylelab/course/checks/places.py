"""Exercises of notebook 10: downsampled masks, guided Gram matrices, and regions by layer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, call_answer, shape_of
from stylelab.course.checks.comparison import is_close, validate_all_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.course.checks.predictions import validate_predictions
from stylelab.losses import gram
from stylelab.losses.layer_weights import STYLE_LAYERS
from stylelab.network.layer_facts import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator


def _my_downsample_mask(mask: np.ndarray, stride: int) -> np.ndarray:
    rows, columns = mask.shape[0] // stride, mask.shape[1] // stride
    whole_cells = mask[: rows * stride, : columns * stride]
    return whole_cells.reshape(rows, stride, columns, stride).mean(axis=(1, 3))


@exercise(
    answer=_my_downsample_mask,
    hints="""
    - A layer has height // stride rows: the rest at the bottom and at the right is not a whole cell
      and has no unit. Crop it first.
    - The unit in row 0, column 0 gets the mean of mask[:stride, :stride]; its neighbour on the
      right that of mask[:stride, stride : 2 * stride]. Two loops are enough.
    - Without loops: an axis of length rows * stride can be split in two, of lengths rows and
      stride, by .reshape. Then .mean over the axes inside a cell.
    """,
)
def downsample_mask(attempt: Any) -> str:
    """Mask (H, W) and stride → mean of each cell, (H // stride, W // stride)."""
    random = np.random.default_rng(10)
    cases = []
    for shape, stride in (((8, 12), 4), ((9, 7), 2), ((5, 5), 1), ((19, 33), 8)):
        mask = random.random(shape)
        rows, columns = mask.shape[0] // stride, mask.shape[1] // stride
        answer = call_answer(attempt, mask, stride)
        rounded_up = -(-mask.shape[0] // stride), -(-mask.shape[1] // stride)
        if shape_of(answer) == rounded_up != (rows, columns):
            raise WrongAnswerError(
                f"A mask of {mask.shape} at stride {stride} has {rows} × {columns} whole cells. Yours "
                "has cells for the rest too, where the layer has no unit."
            )
        given = as_array(answer, (rows, columns), "the layer's mask")
        cells = mask[: rows * stride, : columns * stride].reshape(rows, stride, columns, stride)
        mean = cells.mean((1, 3))
        mistakes = {
            "Your mask takes one pixel of each cell, the first. A region without these pixels would "
            "be lost; take the mean of all.": cells[:, 0, :, 0],
            "Your mask takes one pixel of each cell, the middle one. A region without these pixels "
            "would be lost; take the mean of all.": cells[:, stride // 2, :, stride // 2],
            "Your values are sums over the cells, so that they leave [0, 1]. Divide by the number of "
            "pixels of a cell.": cells.sum((1, 3)),
            "Your values are the maxima of the cells: "
            "the region would grow with every layer.": cells.max((1, 3)),
            "Your values are the minima of the cells, which is part of the other mask mode. Here "
            "a cell that lies half in the region should count half.": cells.min((1, 3)),
            "Your values are rounded to 0 or 1. A cell that lies half in the region should count "
            "half.": (mean >= 0.5).astype(float),  # noqa: PLR2004 - half a cell
            "Your cells begin at the bottom right. The first unit's cell begins at the top left "
            "pixel.": mask[mask.shape[0] - rows * stride :, mask.shape[1] - columns * stride :]
            .reshape(rows, stride, columns, stride)
            .mean((1, 3)),
            "The largest value is scaled to 1. A cell that lies half in the region should count "
            "half.": mean / mean.max(),
            "Your values are medians of the cells. A cell that lies a little in the region should "
            "count a little.": np.median(cells, axis=(1, 3)),
            "Inside and outside are exchanged: where the mask is 1, yours is 0.": 1 - mean,
            "Divided by the stride; a cell has stride × stride pixels.": cells.sum((1, 3)) / stride,
            "Your mask uses only one row of each cell. Take the mean of all its pixels.": cells[
                :, 0
            ].mean(2),
        }
        cases.append((given, mean, mistakes))
    validate_all_close(
        cases,
        "Entry (r, c) should be the mean of the mask over stride × stride pixels, from row "
        "r · stride and column c · stride on.",
        "the layer's mask",
    )
    return (
        "It is right for every size that was tried, even if the last pixels are not a whole cell."
    )


def _my_guided_gram(maps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    positions = maps.reshape(-1, maps.shape[-1])  # a row for each position
    counts = weights.reshape(-1, 1)
    return positions.T @ (counts * positions) / counts.sum()


@exercise(
    answer=_my_guided_gram,
    package_function=gram.gram_matrix,
    hints="""
    - Begin with the Gram matrix of notebook 05: maps.reshape(…) to one row for each position, then
      a matrix product. The weights can become one long column in the same way.
    - Entry (i, j) is a sum over positions of channel i times channel j. Each summand gets its
      position's weight, once: multiply one of the two factors by it.
    - The divisor was the number of positions, each of which counted 1. Now each counts as much as
      its weight.
    """,
)
def guided_gram(attempt: Any) -> str:
    """Maps (rows, columns, N) and weights (rows, columns) → guided Gram matrix (N, N)."""
    random = np.random.default_rng(11)
    cases, answers = [], []
    for maps, weights in _weighted_cases(random):
        rows, columns, channels = maps.shape
        answer = call_answer(attempt, maps, weights)
        if shape_of(answer) == (rows * columns, rows * columns):
            raise WrongAnswerError(
                "Your matrix compares positions with positions: it has a row for each of the "
                f"{rows * columns} places. It should compare the {channels} channels."
            )
        given = as_array(answer, (channels, channels), "the guided Gram matrix")
        weighted = partial(np.einsum, "rc,rci,rcj->ij")
        sums = weighted(weights, maps, maps)
        squared = weighted(weights**2, maps, maps)
        everything = np.einsum("rci,rcj->ij", maps, maps)
        positions, total = rows * columns, weights.sum()
        mean = np.einsum("rc,rci->i", weights, maps) / total
        centred = maps - mean
        mistakes = {
            "Your matrix ignores the weights: positions outside the region count as much as those in "
            "it.": everything / positions,
            "Your matrix uses the weights only in the divisor, not in the sum.": everything / total,
            "Divided by the number of all positions: a small region would always have a small matrix. "
            "Divide by the sum of the weights.": sums / positions,
            "Not divided at all: a larger region would have a larger matrix.": sums,
            "The weights are squared, as if both factors had been multiplied by them. (The paper does "
            "that, and divides by the sum of their squares. Then the sums of two regions with a soft "
            "edge no longer add up to the whole.)": squared / total,
            "The weights are squared, as in the paper. Here they count once: then the sums of two "
            "regions with a soft edge add up to the whole.": squared / np.sum(weights**2),
            "The weights are squared, "
            "and the sum is divided by the number of all positions.": squared / positions,
            "Divided by channels too. Divide by the sum of the weights alone.": sums
            / total
            / channels,
            "Weights above 0 count fully in your matrix. At a soft edge, a position should count as "
            "much as its weight.": weighted((weights > 0).astype(float), maps, maps)
            / np.count_nonzero(weights),
            "The means of the channels are subtracted, as np.cov does: that is a covariance. A Gram "
            "matrix keeps them.": weighted(weights, centred, centred) / total,
            "Each channel is scaled to length 1, as np.corrcoef does. A Gram matrix keeps how strong "
            "a channel is.": sums / np.sqrt(np.outer(sums.diagonal(), sums.diagonal())),
            "The products are multiplied by the roots of the weights. Multiply both factors by the "
            "root, or one by the weight.": weighted(np.sqrt(weights), maps, maps) / total,
        }
        cases.append((given, sums / total, mistakes))
        answers.append((maps, weights, given))
    validate_all_close(
        cases,
        "Entry (i, j) should be the sum over positions of weight times channel i times channel j, "
        "divided by the sum of the weights.",
        "the matrix",
    )
    for maps, weights, given in answers:
        changed = np.where(weights[..., None] > 0, maps, 1e3)
        if not is_close(as_array(call_answer(attempt, changed, weights), given.shape), given):
            raise WrongAnswerError("Your matrix changes with the maps at positions of weight 0.")
    return "It is right for hard and soft regions, and nothing outside them counts."


def _weighted_cases(random: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    for shape in ((3, 5, 4), (4, 4, 4), (2, 3, 7), (6, 2, 2)):
        soft = random.random(shape[:2])
        soft[0, 0], soft[-1, -1] = 0, 1
        yield random.standard_normal(shape) + 0.5, soft
        yield random.standard_normal(shape) + 0.5, np.round(soft)


SIDE = 60
"""Side, in pixels, of the region of `region_survives`."""

_LAYERS = {
    name: (
        LAYERS[name].receptive_field <= SIDE,
        f"How large a square does one of its units see, and does that fit into {SIDE} × {SIDE} pixels?",
    )
    for name in STYLE_LAYERS
}
"""Whether a unit of each layer can see nothing but a region of that side, and why."""


@exercise(
    answer={name: right for name, (right, _) in _LAYERS.items()},
    hints="""
    - A unit counts only if its whole receptive field lies in the region. How large is that?
    - sl.LAYERS['block3_conv1'].receptive_field is the side of the square that a unit sees.
    - Compare that side, layer by layer, with the 60 pixels of the region.
    """,
)
def region_survives(attempt: Any) -> str:
    """Whether each of five layers has units that see only a region of 60 × 60 pixels: True or False."""
    validate_predictions(attempt, _LAYERS)
    return (
        "All of them. The deeper the layer, the larger a region must be for a unit to see it alone."
    )
