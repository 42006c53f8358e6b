"""What a picture is made of: a photo, one style or several, and a region that is kept.

They come at the sizes at which they are given, and are brought to that of each stage.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from stylelab.errors import SettingsError
from stylelab.losses.content import ContentTerm
from stylelab.losses.layer_weights import validate_weights
from stylelab.losses.loss import Loss
from stylelab.losses.style import style
from stylelab.pictures.colour import as_gray, prepare_colours, validate_colours
from stylelab.pictures.images import MIN_SIDE, picture_shape, resize, resize_to
from stylelab.pictures.masks import fit_mask, resize_mask
from stylelab.pictures.paths import is_file
from stylelab.rights.inputs import read_input_rights
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.settings import Settings, Stage
    from stylelab.rights.record import Rights


OVERSAMPLING = 4
"""How many times as large as the picture painted an input is held at most."""


@dataclass(frozen=True, eq=False)
class TransferInputs:
    """What a picture is made of, as the optimizer is to see it.

    Attributes:
        photo: (H, W, 3).
        painting: of any size, or a loss of style terms whose masks have the photo's size.
        keep: (H, W) in [0, 1]: where no style is asked for.
    """

    photo: Picture
    painting: Picture | Loss
    keep: Mask | None = None

    @classmethod
    def build(
        cls, photo: Picture, painting: Picture | Loss, keep: Mask | None, settings: Settings
    ) -> TransferInputs:
        """Bring masks to the photo's size, and change colours as the settings ask.

        Raises:
            PictureError, SettingsError: see `fit_masks` and `validate_tiling`.
        """
        painting, keep = fit_masks(photo, painting, keep)
        validate_tiling(painting, settings)
        colour_mode, space = settings.colours, settings.colour_space
        # What is said of all pixels together can be said of a smaller photo.
        small = photo if max(photo.shape) <= settings.size else resize(photo, settings.size)

        def recoloured(image: Picture) -> Picture:
            return prepare_colours(small, image, colour_mode, space)[1]

        def as_optimised(image: Picture) -> Picture:
            return (
                as_gray(image, validate_colours(colour_mode, space))
                if colour_mode == "luminance"
                else image
            )

        if isinstance(painting, Loss):
            painting = painting.transform_images("style", recoloured).transform_images(
                "content", as_optimised
            )
            return cls(as_optimised(photo), painting, keep)
        return cls(as_optimised(photo), recoloured(painting), keep)

    def with_size(self, stage: Stage, settings: Settings) -> TransferInputs:
        """Bring everything to a stage's size.

        A painting is brought to the stage's long side, times `settings.style_scale`, so that strokes
        keep their share of the picture.
        """
        height, width = stage.height, stage.width
        style_terms = self.painting if isinstance(self.painting, Loss) else style(self.painting)
        resized = style_terms.with_size(height, width, scale=settings.style_scale)
        return TransferInputs(
            photo=resize_to(self.photo, height, width),
            painting=resized if isinstance(self.painting, Loss) else resized.arrays[0],
            keep=None if self.keep is None else resize_mask(self.keep, height, width),
        )


def load_input(source: PictureSource, size: int) -> Picture:
    """Load a picture for a run of some size: no larger than four times that, to spare memory.

    Four times as many pixels a side as are painted make no difference that can be seen, as each stage
    scales the picture down once more.

    Args:
        source: anything that `load_image_or_sample` takes. An array stays as large as it is.
        size: long side, in pixels, at which the picture is looked at.

    Raises:
        PictureError: it cannot be loaded.
    """
    is_name = isinstance(source, str) and not is_file(source)
    if is_name or isinstance(source, np.ndarray):
        return load_image_or_sample(source)
    shape = picture_shape(source)
    min_long_side = math.ceil(MIN_SIDE * max(shape) / max(1, min(shape)))
    max_size = max(OVERSAMPLING * size, min_long_side)
    return load_image_or_sample(source, size=max_size if max(shape) > max_size else None)


def load_style(
    painting: PictureSource | Sequence[PictureSource] | Loss, settings: Settings
) -> Picture | Loss:
    """Load a painting; of several, make a loss in which they share the style equally.

    Raises:
        PictureError: one of them cannot be loaded.
        SettingsError: the list is empty.
    """
    if isinstance(painting, Loss):
        return painting
    size = math.ceil(settings.size * max(1, settings.style_scale))
    if not isinstance(painting, list | tuple):
        return load_input(painting, size)  # type: ignore[arg-type]
    if not painting:
        raise SettingsError("Expected a painting or several. Received: an empty list.")
    if any(isinstance(source, Loss) for source in painting):
        raise SettingsError(
            "Expected pictures in a list of paintings. Received: a loss among them. Add losses "
            "in place of listing them: style(one) + 0.5 * style(other)."
        )
    first, *others = [settings.style_loss(load_input(source, size)) for source in painting]
    return (1 / len(painting)) * sum(others, first)


def input_rights(
    photo: object,
    painting: object,
    declared: Mapping[str, Rights | Mapping[str, str]] | None = None,
    *,
    start: object = None,
    strict: bool = False,
) -> dict[str, Rights]:
    """Find out whose the pictures are that go in, by name.

    The names are `"photo"`, `"painting"`, `"painting_2"`, and so on; `"content"`, if a loss asks for
    the content of another picture than the photo; and `"start"`, if there is a picture to start from.

    Args:
        photo: as `transfer` is given it. A file tells what it knows; an array tells nothing.
        painting: the same; of a loss, the pictures of its terms are meant, in order.
        declared: what you know of them; see `read_input_rights`.
        start: what the run starts from, if it is another picture.
        strict: refuse pictures whose author, licence or source is unknown.

    Raises:
        RightsError: `strict`, and something is unknown; or `declared` names another picture.
    """
    contents: list[object] = []
    if isinstance(painting, Loss):
        terms = [term for _, term in painting.weighted_terms]
        paintings: Sequence[object] = [
            getattr(term, "source", None)
            for term in terms
            if term.arrays and not isinstance(term, ContentTerm)
        ]
        contents = [
            term.source
            for term in terms
            if isinstance(term, ContentTerm) and not _is_picture_of(term, photo)
        ]
    else:
        paintings = painting if isinstance(painting, list | tuple) else [painting]
    sources = {"photo": photo} | _numbered("painting", paintings) | _numbered("content", contents)
    if start is not None:
        sources["start"] = start
    return read_input_rights(sources, declared, strict=strict)


def _numbered(name: str, sources: Sequence[object]) -> dict[str, object]:
    return {
        name if number == 1 else f"{name}_{number}": source
        for number, source in enumerate(sources, 1)
    }


def _is_picture_of(term: ContentTerm, photo: object) -> bool:
    """Whether a term asks for the content of the very photo that a run is given."""
    if term.source is not None and isinstance(photo, str | PathLike):
        return str(term.source) == str(photo)
    return np.array_equal(term.image, load_image_or_sample(photo))  # type: ignore[arg-type]


def validate_tiling(painting: Picture | Loss, settings: Settings) -> None:
    """Make sure that what is measured of the styles can be had in tiles, if these are asked for.

    Raises:
        SettingsError: one of the statistics needs all places at once.
    """
    if settings.tile is None:
        return
    loss = painting if isinstance(painting, Loss) else settings.style_loss(painting)
    loss.validate_tiling()


def fit_masks(
    photo: Picture, painting: Picture | Loss, keep: Mask | None
) -> tuple[Picture | Loss, Mask | None]:
    """Bring masks to the photo's size, and make sure that some place is left for some style.

    Returns:
        `painting` and `keep`, their masks of the photo's size.

    Raises:
        PictureError: a mask has other proportions than the photo, or what is kept leaves no place.
        SettingsError: the weights of all styles are 0.
    """
    loss = painting if isinstance(painting, Loss) else style(painting)
    validate_weights(loss.part_weights)
    loss = loss.fit_to(photo.shape)
    if keep is not None:
        keep = fit_mask(keep, photo.shape, "photo")
        loss.excluding(keep)
    return loss if isinstance(painting, Loss) else painting, keep
