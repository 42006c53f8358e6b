"""What goes into a picture: a photo, styles, a start, a region to keep, and their rights.

All of it is read and checked here, once, before anything else. Pictures stay at the sizes at which they
are given, and are brought to that of each stage.
"""

from __future__ import annotations

import math
import warnings
from contextlib import suppress
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from stylelab.errors import PictureError, PictureWarning, SettingsError
from stylelab.losses.layer_weights import validate_weights
from stylelab.losses.loss import Loss
from stylelab.pictures.colour import as_gray, prepare_colours, validate_colours
from stylelab.pictures.decoding import MIN_SIDE
from stylelab.pictures.images import MAX_PIXELS, picture_shape, resize, resize_to
from stylelab.pictures.masks import as_mask, fit_mask, load_alpha, resize_mask
from stylelab.pictures.paths import path_exists
from stylelab.pictures.printing import read_print_info, read_resolution
from stylelab.pipeline.settings import WEIGHT_SETTINGS, Settings
from stylelab.rights.inputs import read_input_rights
from stylelab.rights.reading import list_picture_and_sidecars
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from stylelab.losses.term import Term
    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.stages import Stage
    from stylelab.rights.record import Rights


FLAT_RANGE = 1 / 255
"""A photo whose values differ by less is one even area."""

OVERSAMPLING = 4
"""How many times as large as the picture painted an input is held at most."""


@dataclass(frozen=True, eq=False)
class TransferInputs:
    """What a picture is made of.

    ```python
    inputs = sl.load_inputs("cat", "swirling_night", sl.Settings(size=64))
    inputs.photo.shape, inputs.rights["photo"].author
    ```

    Attributes:
        photo: (H, W, 3).
        styles: a loss of style terms, one for each painting, of any size. With a content term among
            them it is the whole loss.
        start: a picture to start from, in place of what the settings say.
        keep: (H, W) in [0, 1]: where no style is asked for.
        rights: author, licence and source of each picture, by name.
        files: the files that were read, with their sidecar files of rights.
        alpha: the photo's transparency, (H, W), if the result is to have it.
        dots_per_inch: the photo's resolution on paper, if its file states one.
        start_name: what the start picture is called in metadata.
        metadata: the styles as plain values, unless there is just one painting.
    """

    photo: Picture = field(repr=False)
    styles: Loss = field(repr=False)
    start: Picture | None = field(default=None, repr=False)
    keep: Mask | None = field(default=None, repr=False)
    rights: Mapping[str, Rights] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    alpha: Mask | None = field(default=None, repr=False)
    dots_per_inch: float | None = None
    start_name: str | None = None
    metadata: Sequence[Mapping[str, Any]] | None = None

    @property
    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """Photo, paintings and masks, as they are held in memory."""
        return (self.photo, *self.styles.arrays)

    def fit_masks(self) -> TransferInputs:
        """Same inputs with masks and contents of the photo's size.

        Raises:
            PictureError: a mask has other proportions than the photo, or the region to keep leaves no
                place for a style.
            SettingsError: the weights of all styles are 0.
        """
        validate_weights(self.styles.part_weights)
        styles, keep = self.styles.fit_to(self.photo.shape), self.keep
        if keep is not None:
            keep = fit_mask(keep, self.photo.shape, "photo")
            styles.excluding(keep)
        return replace(self, styles=styles, keep=keep)

    def prepare_colours(self, settings: Settings) -> TransferInputs:
        """Same inputs in the colours that the optimizer works with, as `settings.colours` asks."""
        mode, space = settings.colours, settings.colour_space
        # Statistics of all pixels can be taken from a smaller photo.
        is_large = max(self.photo.shape) > settings.size
        small = resize(self.photo, settings.size) if is_large else self.photo

        def recoloured(image: Picture) -> Picture:
            return prepare_colours(small, image, mode, space)[1]

        def optimised(image: Picture) -> Picture:
            return as_gray(image, validate_colours(mode, space)) if mode == "luminance" else image

        styles = self.styles.transform_images("style", recoloured)
        styles = styles.transform_images("content", optimised)
        return replace(self, photo=optimised(self.photo), styles=styles)

    def with_size(self, stage: Stage, settings: Settings) -> TransferInputs:
        """Same inputs at a stage's size.

        A painting is brought to the stage's long side, times `settings.style_scale`, so that strokes
        keep their share of the picture.
        """
        size = stage.height, stage.width
        return replace(
            self,
            photo=resize_to(self.photo, *size),
            styles=self.styles.with_size(*size, scale=settings.style_scale),
            keep=None if self.keep is None else resize_mask(self.keep, *size),
        )


def load_inputs(
    photo: PictureSource,
    painting: PictureSource | Sequence[PictureSource] | Loss,
    settings: Settings,
    *,
    start: PictureSource | None = None,
    keep: ArrayLike | PictureSource | None = None,
    rights: Mapping[str, Rights | Mapping[str, str]] | None = None,
    strict: bool = False,
    keep_transparency: bool = False,
) -> TransferInputs:
    """Read and check all that goes into a picture.

    ```python
    settings = sl.Settings(size=64)
    inputs = sl.load_inputs(photo, [painting, "stained_glass"], settings, start="coffee")
    inputs.styles.names, inputs.start.shape
    ```

    Args:
        photo: anything that `load_image_or_sample` takes.
        painting: the same, several of them, which share the style equally, or a loss of style terms.
        settings: of the run.
        start: a picture to start from, in place of what the settings say.
        keep: (H, W) in [0, 1], or a file as `load_mask` takes it: where no style is asked for.
        rights: what you know of the rights; see `read_input_rights`.
        strict: refuse pictures whose author, licence or source is unknown.
        keep_transparency: let the result be transparent where the photo is.

    Raises:
        PictureError: a picture or mask cannot be loaded, or does not fit the photo.
        RightsError: `strict`, and something is unknown; or `rights` names another picture.
        SettingsError: the list of paintings is empty, or the weights of all styles are 0.
    """
    photo_image = load_input(photo, settings.size)
    styles = load_styles(painting, settings)
    start_image = None if start is None else load_input(start, settings.size)
    if start is None and settings.start != "noise" and is_flat(photo_image):
        warnings.warn(
            "The photo is one even area, so noise is added to it at the start. If little comes of it, "
            "give content_weight=0, for the style alone.",
            PictureWarning,
            stacklevel=3,
        )
    if styles.has_content and any(
        getattr(settings, name) != getattr(Settings, name) for name in WEIGHT_SETTINGS
    ):
        raise SettingsError(
            "Expected weights in the loss alone, as it has a content term and is painted towards as "
            f"it is. Received: {' and '.join(WEIGHT_SETTINGS)} besides. Multiply the loss's terms by "
            "them."
        )
    is_one_painting = not isinstance(painting, Loss | list | tuple)
    return TransferInputs(
        photo=photo_image,
        styles=styles,
        start=start_image,
        keep=None if keep is None else as_mask(keep),
        rights=input_rights(photo, painting, rights, start=start, strict=strict),
        files=input_files(photo, painting, start),
        alpha=photo_alpha(photo, keep=keep_transparency),
        dots_per_inch=dots_per_inch(photo),
        start_name=_start_name(start),
        metadata=None if is_one_painting else styles.describe(),
    ).fit_masks()


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
    if _is_held(source):
        return load_image_or_sample(source)
    shape = picture_shape(source)
    min_long_side = math.ceil(MIN_SIDE * max(shape) / max(1, min(shape)))
    max_size = max(OVERSAMPLING * size, min_long_side)
    return load_image_or_sample(source, size=max_size if max(shape) > max_size else None)


def is_flat(photo: Picture) -> bool:
    """Whether a picture is one even area."""
    return bool(np.ptp(photo, axis=(0, 1)).max() <= FLAT_RANGE)


def original_size(photo: PictureSource) -> int:
    """Long side of a photo as it is loaded, in pixels."""
    if not _is_held(photo):
        shape = picture_shape(photo)
        if math.prod(shape) <= MAX_PIXELS:
            return max(shape)
    return int(max(load_image_or_sample(photo).shape))


def load_styles(
    painting: PictureSource | Sequence[PictureSource] | Loss, settings: Settings
) -> Loss:
    """Load a painting, or several that share the style equally, as a loss of style terms.

    Raises:
        PictureError: one of them cannot be loaded.
        SettingsError: the list is empty.
    """
    if isinstance(painting, Loss):
        return painting
    size = math.ceil(settings.size * max(1, settings.style_scale))
    if not isinstance(painting, list | tuple):
        return settings.style_loss(load_input(painting, size))  # type: ignore[arg-type]
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
    """Rights of the pictures that go in, by name.

    The names are `"photo"`, `"painting"`, `"painting_2"`, and so on; `"content"`, if a loss asks for
    the content of another picture than the photo; and `"start"`, if there is a picture to start from.

    Args:
        photo: as `transfer` is given it. A file has metadata; an array has none.
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
        paintings: Sequence[object] = [term.source for term in terms if term.role == "style"]
        contents = [
            term.source
            for term in terms
            if term.role == "content" and not _is_picture_of(term, photo)
        ]
    else:
        paintings = painting if isinstance(painting, list | tuple) else [painting]
    sources = {"photo": photo} | numbered("painting", paintings) | numbered("content", contents)
    if start is not None:
        sources["start"] = start
    return read_input_rights(sources, declared, strict=strict)


def _is_held(source: object) -> bool:
    """Whether a picture is in memory anyway, or comes with the package."""
    return isinstance(source, np.ndarray) or (isinstance(source, str) and not path_exists(source))


def _start_name(start: object) -> str | None:
    if start is None:
        return None
    return str(start) if isinstance(start, str | PathLike) else "a picture"


def numbered(name: str, sources: Sequence[object]) -> dict[str, object]:
    """Sources by a name and, from the second on, their number: painting, painting_2, ..."""
    return {
        name if number == 1 else f"{name}_{number}": source
        for number, source in enumerate(sources, 1)
    }


def _is_picture_of(term: Term, photo: object) -> bool:
    """Whether a term asks for the content of the very photo that a run is given."""
    if term.source is not None and isinstance(photo, str | PathLike):
        return str(term.source) == str(photo)
    return np.array_equal(term.arrays[0], load_image_or_sample(photo))  # type: ignore[arg-type]


def photo_alpha(photo: object, *, keep: bool) -> Mask | None:
    """Alpha channel of a photo, (H, W), if it is to be kept; a warning where it is lost."""
    alpha = load_alpha(photo)
    if alpha is not None and not keep:
        warnings.warn(
            "The photo's transparency is not kept: what is transparent is painted as if it were on "
            "white. To keep it, give keep_transparency=True.",
            stacklevel=4,
        )
    return alpha if keep else None


def dots_per_inch(photo: object) -> float | None:
    """Resolution of a photo on paper, if it states one that can be read."""
    if isinstance(photo, Image.Image):
        return read_resolution(photo)
    if isinstance(photo, bytes) or (isinstance(photo, str | PathLike) and path_exists(photo)):
        with suppress(PictureError):  # what Pillow does not open, such as floats in colours
            return read_print_info(photo).dots_per_inch
    return None


def input_files(*sources: object) -> tuple[Path, ...]:
    """Files among the inputs, with their sidecar files of rights."""
    found: list[Path] = []
    for source in sources:
        if isinstance(source, list | tuple):
            found += input_files(*source)
        elif isinstance(source, Loss):
            found += input_files(*(term.source for _, term in source.weighted_terms))
        elif isinstance(source, str | PathLike):
            found += list_picture_and_sidecars(source)
    return tuple(found)
