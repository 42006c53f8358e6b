"""Scores by which pictures of one photo and painting can be compared, whatever loss made each."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from stylelab.errors import PictureWarning
from stylelab.losses.judge import Judge
from stylelab.network.vgg19 import fastest_convolution
from stylelab.pictures.decoding import MIN_SIDE
from stylelab.pictures.images import load_image, resize_to
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stylelab.pictures.images import PictureSource

SCORED_SIZE = 256
"""Longer side at which pictures are scored, in pixels. One size for all, so that pictures of different
sizes have scores in one unit; a large one is judged as it looks from further away."""


def scored_size(shapes: Iterable[tuple[int, int]]) -> int:
    """Longer side at which pictures of these shapes (H, W) are scored, in pixels.

    It is `SCORED_SIZE`, or more if the shorter side of a panorama would be too small for the network.
    """
    return max(SCORED_SIZE, *(math.ceil(MIN_SIDE * max(one) / min(one)) for one in shapes))


def make_judges(
    photo: PictureSource, paintings: Sequence[PictureSource], size: int = SCORED_SIZE
) -> tuple[Judge, ...]:
    """A judge for each painting with the photo, all of them with a longer side of `size` pixels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PictureWarning)  # the run has given it already
        small, *others = (load_image_or_sample(one, size=size) for one in (photo, *paintings))
    convolution = fastest_convolution()
    return tuple(Judge(small, one, convolution=convolution) for one in others)


def score_picture(picture: PictureSource, judges: Sequence[Judge]) -> dict[str, float]:
    """Distances of a picture from the photo (`"content"`) and the painting (`"style"`); see `Scores`.

    Args:
        picture: anything that `load_image` takes, of the photo's proportions and any size.
        judges: of one photo. With several paintings, the style's score is the mean of all.
    """
    small = resize_to(load_image(picture), *judges[0].shape[:2])
    scores = [judge(small) for judge in judges]
    return {
        "content": scores[0].content,
        "style": float(np.mean([score.style for score in scores])),
    }
