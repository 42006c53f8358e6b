"""Exercise of notebook 11: the photo's colours with the painted luma."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, call_answer
from stylelab.course.checks.comparison import is_close, validate_all_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.pictures import colour

_LUMA = np.array([0.299, 0.587, 0.114])


def _my_keep_colours(painted: np.ndarray, photo: np.ndarray) -> np.ndarray:
    weights = np.array([0.299, 0.587, 0.114])
    move = (painted - photo) @ weights
    move = np.clip(move, -photo.min(axis=-1), 1 - photo.max(axis=-1))
    return photo + move[..., np.newaxis]


@exercise(
    answer=_my_keep_colours,
    package_function=colour.keep_colours,
    hints="""
    - The luma of a whole picture is one matrix product: picture @ weights has shape (H, W).
    - By how much does the luma have to change at each pixel? Add that amount to red, green and
      blue: their differences, the colour, stay as they are.
    - How far can a pixel go up until its largest channel is 1? How far down until its smallest is
      0? np.clip takes arrays as limits: clip the amount, not the picture.
    """,
)
def keep_colours(attempt: Any) -> str:
    """Painted picture and photo, both (H, W, 3) → photo with the luma of the painted one."""
    random = np.random.default_rng(12)
    cases = []
    for shape, width in (((4, 5, 3), 0.2), ((6, 3, 3), 0.2), ((5, 5, 3), 1.0), ((7, 4, 3), 1.0)):
        painted, photo = (0.5 + width * (random.random((2, *shape)) - 0.5)).astype(np.float64)
        answer = as_array(call_answer(attempt, painted, photo), shape)
        move = (painted - photo) @ _LUMA
        _validate_colours_kept(answer, painted, photo, photo + move[..., None])
        cases.append(
            (answer, _move_within_gamut(photo, move), _wrong_luma_results(painted, photo, move))
        )
    validate_all_close(
        cases,
        "The colours are right. But the luma should be that of the painted picture if the pixel "
        "has room for it, and otherwise as close to it as possible.",
        "the picture",
    )
    return "The photo's colours are exact, and the luma changes as far as each pixel has room."


def _move_within_gamut(photo: Array, move: Array) -> Array:
    """Return a photo with `move` added to all three channels, as far as each pixel has room."""
    return photo + np.clip(move, -photo.min(axis=-1), 1 - photo.max(axis=-1))[..., None]


def _wrong_luma_results(painted: Array, photo: Array, move: Array) -> dict[str, Array]:
    difference = painted - photo
    moved = partial(_move_within_gamut, photo)
    return {
        "The luma should be a weighted sum of red, green and blue. Yours is their mean.": moved(
            difference.mean(axis=-1)
        ),
        "The weights are those of another standard (0.2126, 0.7152, 0.0722). Here they are 0.299, "
        "0.587, 0.114.": moved(difference @ np.array([0.2126, 0.7152, 0.0722])),
        "The weights are in the order blue, green, red. The last axis of a picture is red, green, "
        "blue.": moved(difference @ _LUMA[::-1]),
        "This is lightness, half of the largest plus the smallest channel. Take luma, a weighted "
        "sum.": moved(
            (np.ptp(painted, -1) / 2 + painted.min(-1)) - (np.ptp(photo, -1) / 2 + photo.min(-1))
        ),
        "You take the largest channel as luma, which is a weighted sum of all three.": moved(
            painted.max(-1) - photo.max(-1)
        ),
        "The luma has the wrong sign: "
        "where the painted picture is lighter, yours gets darker.": moved(-move),
        "The painted luma is added to the photo's own. Add only the difference.": moved(
            painted @ _LUMA
        ),
        "The colours are the photo's, and so is the luma: your answer does not depend on the painted "
        "picture.": photo,
        "Values leave [0, 1], and no screen shows those: limit the amount that you add to between "
        "minus the pixel's smallest channel and 1 minus its largest.": photo + move[..., None],
        "You use one limit for the whole picture. Each pixel has its own.": photo
        + np.clip(move, -photo.min(), 1 - photo.max())[..., None],
        "A pixel without room for the whole amount does not change. It should change as far as it "
        "can.": photo + np.where(moved(move) == photo + move[..., None], move[..., None], 0),
    }


def _validate_colours_kept(answer: Array, painted: Array, photo: Array, free: Array) -> None:
    def differences(picture: Array) -> Array:
        return picture - picture[..., :1]

    if is_close(differences(answer), differences(photo)):
        return
    if is_close(differences(answer), differences(painted)):
        raise WrongAnswerError(
            "The colours are those of the painted picture. They should be the photo's."
        )
    if is_close(answer, np.clip(free, 0, 1)):
        raise WrongAnswerError(
            "Where only one of red, green and blue is clipped, the differences between the three "
            "change, and with them the colour. Limit all three together."
        )
    ratio = (painted @ _LUMA / (photo @ _LUMA))[..., None] * photo
    if is_close(answer, ratio):
        raise WrongAnswerError(
            "You multiply the photo's pixels, so the differences between red, green and blue are "
            "multiplied too. Add the same amount to all three."
        )
    raise WrongAnswerError(
        "The differences between red, green and blue are not those of the photo. They stay if the "
        "same amount is added to all three."
    )
