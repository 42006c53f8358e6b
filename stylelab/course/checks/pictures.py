"""Exercises of notebook 01: preprocessing, its inverse, and differences of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from stylelab.course.checks.answers import as_array, as_number, call_answer, validate_written
from stylelab.course.checks.comparison import is_close, validate_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.course.checks.predictions import describe_name_errors
from stylelab.network import vgg19

_MEANS = np.array([103.939, 116.779, 123.68])
"""Mean colour of VGG19's training pictures, in the network's order: blue, green, red."""

_SHAPES = ((2, 5, 3), (4, 3, 3), (3, 3, 3), (1, 1, 3), (6, 2, 3))


def _my_preprocess(picture: np.ndarray) -> np.ndarray:
    means = np.array([103.939, 116.779, 123.68])  # blue, green, red
    return 255 * picture[..., ::-1] - means


def _my_undo_preprocess(values: np.ndarray) -> np.ndarray:
    means = np.array([103.939, 116.779, 123.68])  # blue, green, red
    return (values + means)[..., ::-1] / 255


def _my_neighbour_differences(picture: np.ndarray) -> float:
    down = picture[1:] - picture[:-1]
    across = picture[:, 1:] - picture[:, :-1]
    return float((down**2).sum() + (across**2).sum())


@exercise(
    answer=_my_preprocess,
    package_function=vgg19.preprocess,
    hints="""
    - The colours are the last axis. A step of −1 in a slice reverses an axis.
    - Multiply before you subtract: the means are given on the scale from 0 to 255.
    - An array of three numbers, subtracted from one of shape (H, W, 3), is subtracted at every
      pixel. Its order must be that of your channels at this point.
    """,
)
def preprocess(attempt: Any) -> str:
    """Picture (H, W, 3), RGB, [0, 1] → BGR, 0–255, minus the mean colour."""
    random = np.random.default_rng(1)
    for picture in (random.random(shape) for shape in _SHAPES):
        given = as_array(call_answer(attempt, picture), picture.shape)
        swapped = picture[..., ::-1]
        rgb, expected = 255 * picture - _MEANS, 255 * swapped - _MEANS
        # Those of PyTorch's networks, RGB in [0, 1].
        mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        spread = swapped.std((0, 1))
        validate_close(
            given,
            expected,
            {
                "The colours are still in the order red, green, blue; the means are in the "
                "network's order.": rgb,
                "The colours are still in the order red, green, blue, and so are the means. The "
                "network expects blue first.": 255 * picture - _MEANS[::-1],
                "The colours are exchanged, but the means are in the order red, green, blue: the mean "
                "of red is subtracted from blue.": 255 * swapped - _MEANS[::-1],
                "The rows are reversed, not the colours: the picture is upside down.": rgb[::-1],
                "The columns are reversed, not the colours: the picture is mirrored.": rgb[:, ::-1],
                "Every axis is reversed, rows and columns too; "
                "the colours alone should be.": expected[::-1, ::-1],
                "The values are not on the scale from 0 to 255 before the means are "
                "subtracted.": swapped - _MEANS,
                "The values are divided by 255. They lie in [0, 1] already; the network expects them "
                "larger.": swapped / 255 - _MEANS,
                "The means are subtracted before the values are on their scale.": 255
                * (swapped - _MEANS),
                "The means are added; they should be subtracted.": 255 * swapped + _MEANS,
                "The means are not subtracted.": 255 * swapped,
                "The scale is 256; the largest value of 8 bits is 255.": 256 * swapped - _MEANS,
                "The means are divided by 255: "
                "the values are on the scale of 0 to 255 by then.": 255 * swapped - _MEANS / 255,
                "The picture's own mean colour is subtracted, not that of the pictures the network "
                "learned from.": 255 * (swapped - swapped.mean((0, 1))),
                "This is what PyTorch's networks expect: divided by a standard deviation, RGB. These "
                "weights of VGG19 expect BGR on the scale from 0 to 255.": (picture - mean)
                / deviation,
                "This is what PyTorch's networks expect: divided by a standard deviation. These "
                "weights of VGG19 expect the scale from 0 to 255.": (
                    (swapped - mean[::-1]) / deviation[::-1]
                ),
                "Divided by a standard deviation after the means are subtracted. For VGG19 only the "
                "means are subtracted.": expected / (255 * deviation[::-1]),
                "Divided by a standard deviation after the means are subtracted, in the order red, "
                "green, blue. For VGG19 only the means are subtracted.": expected
                / (255 * deviation),
                "The picture's own mean and standard deviation are used. For VGG19 only the mean "
                "colour of the pictures that it learned from is subtracted.": (
                    (swapped - swapped.mean((0, 1))) / np.where(spread, spread, 1)
                ),
                "The values are rounded to whole numbers. Keep them as floats.": (
                    np.rint(255 * swapped) - _MEANS
                ),
                "The values are truncated to whole numbers. Keep them as floats.": (
                    np.floor(255 * swapped) - _MEANS
                ),
            },
            "Three things make the network's input: the order of colours, the scale and the means.",
            "the values",
        )
    return "Order, scale and means are the network's, for every shape that was tried."


@exercise(
    answer=_my_undo_preprocess,
    package_function=vgg19.undo_preprocess,
    hints="""
    - Undo the last step first.
    - The means are in the order blue, green, red. Add them while the channels are too.
    - Values outside [0, 1] stay as they are: clipping would hide them, not undo anything.
    """,
)
def undo_preprocess(attempt: Any) -> str:
    """Network's input (H, W, 3), BGR → picture, RGB, [0, 1], not clipped."""
    random = np.random.default_rng(2)
    for values in (random.uniform(-180, 210, shape) for shape in _SHAPES):
        given = as_array(call_answer(attempt, values), values.shape)
        added = values + _MEANS
        expected = added[..., ::-1] / 255
        validate_close(
            given,
            expected,
            {
                "The colours are still in the order blue, green, red.": added / 255,
                "The means are added after the colours were exchanged, in the order blue, green, red: "
                "red gets the mean of blue.": (values[..., ::-1] + _MEANS) / 255,
                "The colours are still in the order blue, green, red, and the means in the "
                "opposite one.": (values + _MEANS[::-1]) / 255,
                "The means are subtracted once more; to undo, add them.": (
                    (values - _MEANS)[..., ::-1] / 255
                ),
                "The means are not added back.": values[..., ::-1] / 255,
                "The values are still on the scale from 0 to 255.": added[..., ::-1],
                "The values are multiplied by 255 once more; to undo, divide.": 255
                * added[..., ::-1],
                "The values are divided by 255 before the means are added, which are on the scale "
                "from 0 to 255.": (values / 255 + _MEANS)[..., ::-1],
                "The scale is 256; in preprocessing it was 255.": added[..., ::-1] / 256,
                "The values are clipped to [0, 1]. That hides what the optimizer does outside; leave "
                "them as they are.": np.clip(expected, 0, 1),
                "The rows are reversed, not the colours.": added[::-1] / 255,
                "Every axis is reversed, rows and columns too; the colours alone should be.": (
                    added[::-1, ::-1, ::-1] / 255
                ),
            },
            "Your function followed by preprocessing should change nothing: add the means, divide by "
            "255, exchange the colours.",
            "the picture",
        )
    return "It undoes every step, outside the range of a picture too."


@exercise(
    answer=_my_neighbour_differences,
    hints="""
    - picture[1:] is the picture without its first row. Which slice is the picture without its last
      row? Subtract them.
    - Do the same along the second axis, for neighbours in a row.
    - Square each difference, then add up everything, over both directions and all three colours.
    """,
)
def neighbour_differences(attempt: Any) -> str:
    """Picture (H, W, 3) → sum of squared differences of neighbours, down and across."""
    random = np.random.default_rng(3)
    flat = np.full((4, 5, 3), 0.6)
    if not is_close(as_number(call_answer(attempt, flat)), 0):
        raise WrongAnswerError("A picture of one colour has no differences: it should give 0.")
    for picture in (random.random(shape) for shape in ((4, 6, 3), (5, 5, 3), (7, 3, 3))):
        given = as_number(call_answer(attempt, picture))
        shifted = as_number(call_answer(attempt, picture + 0.25))
        down, across = np.diff(picture, axis=0), np.diff(picture, axis=1)
        vertical, horizontal = float((down**2).sum()), float((across**2).sum())
        total = vertical + horizontal
        around = sum(((picture - np.roll(picture, 1, axis)) ** 2).sum() for axis in (0, 1))
        corner = (down[:, :-1] ** 2).sum() + (across[:-1] ** 2).sum()
        gray = picture.mean(-1)
        central = [np.gradient(picture, axis=axis) for axis in (0, 1)]
        validate_close(
            given,
            total,
            {
                "Neighbours in a column are compared, those in a row are not.": vertical,
                "Neighbours in a row are compared, those in a column are not.": horizontal,
                "The sizes of the differences are added, not their squares.": np.abs(down).sum()
                + np.abs(across).sum(),
                "The differences are added without squares, so that opposite signs cancel.": down.sum()
                + across.sum(),
                "The sum is squared, not each difference before it is added.": down.sum() ** 2
                + across.sum() ** 2,
                "It is a mean. Return the sum.": total / (down.size + across.size),
                "It is divided by the number of values. Return the sum.": total / picture.size,
                "It is the sum of two means. Return the sum of all squares.": (down**2).mean()
                + (across**2).mean(),
                "The first and the last row or column are compared as neighbours; they are at "
                "opposite sides.": around,
                "The last row and the last column are left out in one direction.": corner,
                "You take a root. Return the sum of squares itself.": np.sqrt(total),
                "Each pair of neighbours is counted twice.": 2 * total,
                "The colours of one pixel are compared with each other too. Neighbours are two "
                "pixels.": total + (np.diff(picture, axis=2) ** 2).sum(),
                "The picture is converted to gray first: differences in colour alone would not "
                "count.": sum((np.diff(gray, axis=axis) ** 2).sum() for axis in (0, 1)),
                "Only one of the colours is compared.": (down[..., 0] ** 2).sum()
                + (across[..., 0] ** 2).sum(),
                "Pixels two apart are compared (that is what np.gradient does); neighbours are one "
                "apart.": sum((part**2).sum() for part in central),
            },
            "Making the whole picture lighter by one amount changes your answer; it should not."
            if not is_close(shifted, given)
            else "It should be the sum of (below − above)² and (right − left)² over all pixels.",
            "the sum",
        )
    return "It is right for every shape that was tried, and for a picture of one colour it is 0."


_DIFFERENCE_ORDER = ["blurred", "photo", "shuffled", "noise"]


@exercise(
    answer=_DIFFERENCE_ORDER,
    hints="""
    - Each pixel of the blurred picture is a mean over many, and the next one over nearly the same
      ones.
    - In the photo, most pixels lie on a surface, next to others of it. In which two of the four
      does a pixel say nothing about the next one?
    - Where neighbours are unrelated, what counts is how far apart two values usually are. The
      coffee photo has many similar values: browns and reds.
    """,
)
def difference_order(attempt: Any) -> str:
    """Four pictures, from the least difference between neighbours to the most."""
    validate_written(attempt)
    attempt = attempt.tolist() if isinstance(attempt, np.ndarray) else attempt
    is_list = isinstance(attempt, list | tuple)
    if not is_list or sorted(map(str, attempt)) != sorted(_DIFFERENCE_ORDER):
        errors = f" {describe_name_errors(attempt, _DIFFERENCE_ORDER)}" if is_list else ""
        raise WrongAnswerError(
            "A list of four names was expected, each once, the smallest sum first: "
            f'"photo", "blurred", "noise", "shuffled".{errors}'
        )
    place = {name: list(attempt).index(name) for name in _DIFFERENCE_ORDER}
    if list(attempt) == _DIFFERENCE_ORDER[::-1]:
        raise WrongAnswerError("The order is reversed: the smallest sum comes first.")
    if place["blurred"] > place["photo"]:
        raise WrongAnswerError(
            "Blurring replaces each pixel by a mean of those around it. What does that do to its "
            "difference from the next?"
        )
    if min(place["shuffled"], place["noise"]) < place["photo"]:
        raise WrongAnswerError(
            "In the photo, neighbours mostly belong to the same thing. In which pictures do they not?"
        )
    if place["noise"] < place["shuffled"]:
        raise WrongAnswerError(
            "In both of the last two, neighbours are unrelated. But in one of them all values from 0 "
            "to 1 are equally frequent, and in the other many are similar."
        )
    return "Smooth pictures first, unrelated neighbours last."
