"""Loading of the explorer's pictures, and their sizes.

The receptive field of a unit has a fixed size in pixels, so a scene at half the size activates other
channels. Therefore content and result are resized to the smaller of the two, and the style to their
long side, as in `stylelab.transfer`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_picture_list
from stylelab.pictures.images import MIN_SIDE, resize, resize_to
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.pipeline.result import Result

PictureKey = Literal["content", "style", "result"]

MAX_SIDE = 512
"""Long side, in pixels, of the largest picture shown."""

MAX_PIXELS = 175_000
"""Pixels of the largest picture shown, as of 512 × 341: all its maps are 52 MB, and about half of that
when sent to the browser."""


@dataclass(frozen=True, eq=False)
class ExplorerPictures:
    """The pictures of an explorer, resized for the network.

    Attributes:
        pictures: content, style (optional) and result (optional), in this order.
        original_sizes: height and width of each before it was resized.
        steps: pictures of a run by the number of the step, all of one size.
        others: pictures that are only searched for patches.
    """

    pictures: Mapping[PictureKey, Picture]
    original_sizes: Mapping[PictureKey, tuple[int, int]] = field(repr=False)
    steps: Mapping[int, Picture] = field(repr=False)
    others: tuple[Picture, ...] = field(repr=False)

    @property
    def result_or_content(self) -> PictureKey:
        """The picture compared with the style picture: the result, or the content without one."""
        return "result" if "result" in self.pictures else "content"

    @property
    def same_size(self) -> bool:
        """Whether content and result have one size, so that their positions correspond."""
        shapes = [self.pictures[key].shape for key in ("content", "result") if key in self.pictures]
        return len(shapes) == 2 and shapes[0] == shapes[1]  # noqa: PLR2004 - two pictures

    @property
    def smallest(self) -> tuple[int, int]:
        """The least height and the least width of all pictures."""
        shapes = [
            image.shape for image in (*self.pictures.values(), *self.steps.values(), *self.others)
        ]
        return min(shape[0] for shape in shapes), min(shape[1] for shape in shapes)


def load_explorer_pictures(
    picture: PictureSource,
    style: PictureSource | None = None,
    result: PictureSource | Result | None = None,
    *,
    steps: Mapping[int, PictureSource] | Sequence[PictureSource] | None = None,
    others: Sequence[PictureSource] = (),
) -> ExplorerPictures:
    """Load the pictures and resize them to matching sizes; none is enlarged.

    Args:
        picture: the content.
        style: the style picture.
        result: the result picture, or the `Result` of `transfer`. Without it, the last of `steps`.
        steps: pictures of a run, by the number of the step or in order.
        others: more pictures.

    Raises:
        PictureError: something is not a usable picture.
        SettingsError: `steps` or `others` are invalid.
    """
    numbered = _pictures_by_step(steps)
    loaded = {number: load_image_or_sample(image) for number, image in sorted(numbered.items())}
    images: dict[PictureKey, Picture] = {"content": load_image_or_sample(picture)}
    if style is not None:
        images["style"] = load_image_or_sample(style)
    if result is not None:
        images["result"] = load_image_or_sample(_result_image(result))
    elif loaded:
        images["result"] = loaded[max(loaded)]
    original_sizes = {key: (image.shape[0], image.shape[1]) for key, image in images.items()}
    fitted = {key: fit(image) for key, image in images.items()}
    if "result" in fitted:
        fitted["content"], fitted["result"] = _to_smaller(fitted["content"], fitted["result"])
    result_or_content = fitted.get("result", fitted["content"])
    if "style" in fitted:
        fitted["style"] = _to_long_side(fitted["style"], max(result_or_content.shape))
    height, width = result_or_content.shape[:2]
    return ExplorerPictures(
        pictures=fitted,
        original_sizes=original_sizes,
        # The first steps of a coarse-to-fine run are smaller; all need one size to be compared.
        steps={number: resize_to(image, height, width) for number, image in loaded.items()},
        others=tuple(
            fit(load_image_or_sample(image)) for image in as_picture_list("others", others)
        ),
    )


def fit(image: Picture) -> Picture:
    """Scale a picture down to `MAX_SIDE` and `MAX_PIXELS`, keeping its proportions."""
    height, width = image.shape[:2]
    scale = min(MAX_SIDE / max(height, width), math.sqrt(MAX_PIXELS / (height * width)))
    if scale >= 1:
        return image
    size = int(max(height, width) * scale)
    smaller = resize(image, size)
    # The rounding of sides may add half a row.
    return smaller if smaller[..., 0].size <= MAX_PIXELS else resize(image, size - 1)


def _to_smaller(one: Picture, other: Picture) -> tuple[Picture, Picture]:
    """Resize the larger of two pictures to the size of the smaller, if their proportions agree."""
    (height, width), (other_height, other_width) = one.shape[:2], other.shape[:2]
    larger, smaller = max(width, other_width), min(width, other_width)
    tall, short = (height, other_height) if width == larger else (other_height, height)
    if abs(tall * smaller / larger - short) > 1:  # more than the rounding of a side
        return one, other
    size = min(height, other_height), smaller
    return resize_to(one, *size), resize_to(other, *size)


def _to_long_side(image: Picture, longest: int) -> Picture:
    """Scale a picture down to a long side, but its short side to `MIN_SIDE` at least."""
    height, width = image.shape[:2]
    thin = math.ceil(MIN_SIDE * max(height, width) / min(height, width))
    size = max(longest, thin)
    return resize(image, size) if size < max(height, width) else image


def _pictures_by_step(steps: Any) -> dict[int, PictureSource]:
    if steps is None:
        return {}
    if isinstance(steps, Mapping):
        numbers = list(steps)
        if not all(isinstance(number, int | np.integer) and number >= 0 for number in numbers):
            raise SettingsError(
                "Expected steps as pictures by the number of the step, such as recorder.pictures. "
                f"Received: a mapping with {numbers[:3]!r}."
            )
        return {int(number): image for number, image in steps.items()}
    if isinstance(steps, Sequence) and not isinstance(steps, str | bytes):
        return dict(enumerate(steps))
    raise SettingsError(
        "Expected steps as pictures by the number of the step, such as recorder.pictures, or a list "
        f"of pictures. Received: an object of type {type(steps).__name__}."
    )


def _result_image(result: Any) -> Any:
    from stylelab.pipeline.result import Result

    return result.image if isinstance(result, Result) else result
