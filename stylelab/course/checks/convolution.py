"""Exercises of notebook 02: convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, call_answer, shape_of, validate_written
from stylelab.course.checks.comparison import is_close, validate_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.network import convolution


@exercise(
    answer=[[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    hints="""
    - At a vertical edge, left and right differ. What differs at a horizontal edge? Which numbers of
      the kernel lie on one side of it, and which on the other?
    - On a flat area every pixel is the same, so the response is that gray times the sum of all nine
      numbers. What must the sum be?
    - Along a vertical edge, every column of the window has one gray. So each column of the kernel
      must add up to 0: the number at its top, with the opposite sign, belongs at the bottom.
    """,
)
def horizontal_edges(attempt: Any) -> str:
    """A kernel (3, 3) that responds to horizontal edges, but not to vertical ones or flat areas."""
    validate_written(attempt)
    kernel = as_array(attempt, (3, 3), "the kernel")
    if not kernel.any():
        raise WrongAnswerError("The response of this kernel is always 0, at horizontal edges too.")
    size = np.abs(kernel).sum()
    flat = kernel.sum() / size
    across = np.abs(kernel.sum(axis=0)).max() / size  # a vertical edge: columns of one gray each
    # Steps from dark to bright, below the window's first row and below its second.
    along = max(abs(kernel[1:].sum()), abs(kernel[2:].sum())) / size
    if not is_close(flat, 0):
        raise WrongAnswerError(
            "Your kernel responds to flat areas: where every pixel is 1, it gives "
            f"{kernel.sum():.4g}, not 0."
        )
    if not np.isclose(across, 0, atol=1e-6):
        rest = "as well as" if along > MIN_RESPONSE else "and not"
        raise WrongAnswerError(
            f"Your kernel responds to vertical edges, {rest} to horizontal ones."
        )
    if along < MIN_RESPONSE:
        raise WrongAnswerError(
            "Your kernel responds neither to flat areas nor to vertical edges, but hardly to "
            "horizontal edges either: dark above and bright below gives (nearly) 0."
        )
    return "It gives 0 on flat areas and on vertical edges, and responds to horizontal ones."


MIN_RESPONSE = 0.1
"""Least response to an edge, as a share of the kernel's absolute sum; usual ones have ¼ or ½."""


def _my_conv2d(picture: np.ndarray, kernels: np.ndarray, bias: np.ndarray) -> np.ndarray:
    rows, columns, _ = picture.shape
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)))  # a ring of zeros
    answer = np.zeros((rows, columns, len(bias))) + bias
    for i in range(3):
        for j in range(3):
            answer += padded[i : i + rows, j : j + columns] @ kernels[i, j]
    return answer


@exercise(
    answer=_my_conv2d,
    package_function=convolution.convolve,
    hints="""
    - The result should be as large as the picture, so the kernel has to lie over its border too.
      np.pad(picture, ((1, 1), (1, 1), (0, 0))) puts a ring of zeros around it.
    - Nine small steps are enough: for each entry (i, j) of the kernels, take the part of the padded
      picture that lies under it, for all positions together: padded[i : i + rows, j : j + columns],
      of shape (H, W, C).
    - kernels[i, j] has the shape (C, N). A part (H, W, C) @ (C, N) sums over the C channels for
      each of the N kernels. Add up the nine.
    - The bias, of shape (N,), is added once, not nine times; NumPy repeats it at every position.
    """,
)
def conv2d(attempt: Any) -> str:
    """Picture (H, W, C), kernels (3, 3, C, N), bias (N,) → W * X + b, shape (H, W, N)."""
    random = np.random.default_rng(2)
    for rows, columns, channels, number in ((5, 6, 3, 4), (6, 4, 2, 1), (5, 5, 1, 3), (3, 7, 4, 4)):
        picture = random.standard_normal((rows, columns, channels))
        kernels = random.standard_normal((3, 3, channels, number))
        bias = random.standard_normal(number)
        shape = (rows, columns, number)
        answer = call_answer(attempt, picture, kernels, bias)
        if shape_of(answer) == (rows - 2, columns - 2, number):
            raise WrongAnswerError(
                f"Your answer has two rows and two columns fewer than the picture, {rows} × {columns}: "
                "your kernel stays inside. It should cover the border too, with zeros outside."
            )
        if shape_of(answer) in ((rows, columns), (*shape, channels)):
            raise WrongAnswerError(
                f"Your answer has the shape {np.shape(answer)}; {shape} was expected: one map for each "
                f"of the {number} kernels, each a sum over all {channels} channels."
            )
        given = as_array(answer, shape, "the answer")
        right = convolution.convolve(picture, kernels, bias)
        if not is_close(given, right) and is_close(given[1:-1, 1:-1], right[1:-1, 1:-1]):
            raise WrongAnswerError(_explain_padding(given, picture, kernels, bias))
        validate_close(
            given,
            right,
            _wrong_convolutions(picture, kernels, bias),
            "At each position, picture × kernel should be summed over the 3 × 3 window and over all "
            "channels, and that kernel's bias added.",
            "the answer",
        )
    return "It is right for every shape that was tried, at the borders too."


def _wrong_convolutions(picture: Array, kernels: Array, bias: Array) -> dict[str, Any]:
    convolve = convolution.convolve
    right = convolve(picture, kernels, bias)
    alone = right - bias
    channels = picture.shape[-1]
    first = convolve(picture[..., :1], kernels[:, :, :1], bias)
    before = np.pad(picture, ((2, 0), (2, 0), (0, 0)))
    after = np.pad(picture, ((0, 2), (0, 2), (0, 0)))
    return {
        "The kernel is rotated by 180°. Networks use it as it is.": convolve(
            picture, kernels[::-1, ::-1], bias
        ),
        "The kernel's rows and columns are exchanged: what should compare above with below compares "
        "left with right.": convolve(picture, kernels.swapaxes(0, 1), bias),
        "The kernel is mirrored from top to bottom.": convolve(picture, kernels[::-1], bias),
        "The kernel is mirrored from left to right.": convolve(picture, kernels[:, ::-1], bias),
        "The bias is missing: on a picture of zeros, the answer should be the bias.": alone,
        "The bias is subtracted, not added.": alone - bias,
        "The bias is added nine times, once for each entry of the kernel.": alone + 9 * bias,
        "The bias is added once for each channel. Add it once in all.": alone + channels * bias,
        "Nothing in your answer is below 0. The relu comes later; leave it out here.": np.maximum(
            right, 0
        ),
        "The relu comes later; leave it out here. "
        "(And it comes after the bias, not before.)": np.maximum(alone, 0) + bias,
        "Both rows and columns of zeros are added above and on the left, and none below and on the "
        "right: the answer is shifted. Add one on each side.": convolve(
            before, kernels, bias, padding="valid"
        ),
        "Both rows and columns of zeros are added below and on the right, and none above and on the "
        "left: the answer is shifted. Add one on each side.": convolve(
            after, kernels, bias, padding="valid"
        ),
        "Only the first channel counts: the other channels of the picture change nothing.": first,
        "The channels are averaged. They should be summed.": alone / channels + bias,
        "The nine products are averaged. They should be summed.": alone / 9 + bias,
    }


def _explain_padding(given: Array, picture: Array, kernels: Array, bias: Array) -> str:
    """Return the sentence on what lies outside the picture instead of zeros."""
    for mode, words in (
        ("edge", "the picture's outermost pixels are repeated there"),
        ("reflect", "the picture is mirrored there"),
        ("symmetric", "the picture is mirrored there"),
        ("wrap", "the picture's other side appears there"),
    ):
        padding: Any = mode
        padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode=padding)
        if is_close(given, convolution.convolve(padded, kernels, bias, padding="valid")):
            return f"Right inside, but not at the border: outside should be zeros; {words}."
    ring = np.ones(given.shape[:2], bool)
    ring[1:-1, 1:-1] = False
    if not given[ring].any():
        return "Right inside, but your answer is 0 in the outermost rows and columns."
    return "Right inside, but not at the border: there should be zeros outside the picture."
