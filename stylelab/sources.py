"""What a picture is made of: a photo, one style or several, and a region that is kept.

They come at the sizes at which they are given, and are brought to that of each stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylelab.colour import as_gray, check_colours, prepare_colours
from stylelab.distributions import expect_additive
from stylelab.errors import SettingsError
from stylelab.images import load_image, resize, resize_to
from stylelab.losses import Loss, expect_size, expect_weights, style
from stylelab.masks import resize_mask
from stylelab.rights.inputs import inputs_rights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.images import Picture, PictureSource
    from stylelab.masks import Mask
    from stylelab.rights.facts import Rights
    from stylelab.settings import Settings, Stage


@dataclass(frozen=True, eq=False)
class Sources:
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
    def of(
        cls, photo: Picture, painting: Picture | Loss, keep: Mask | None, settings: Settings
    ) -> Sources:
        """Check that the places fit the photo, and change colours as the settings ask.

        Raises:
            PictureError, SettingsError: see `expect_places` and `expect_tiles`.
        """
        expect_places(photo, painting, keep)
        expect_tiles(painting, settings)
        way, space = settings.colours, settings.colour_space
        # What is said of all pixels together can be said of a smaller photo.
        small = photo if max(photo.shape) <= settings.size else resize(photo, settings.size)

        def recoloured(picture: Picture) -> Picture:
            return prepare_colours(small, picture, way, space)[1]

        seen = as_gray(photo, check_colours(way, space)) if way == "luminance" else photo
        if isinstance(painting, Loss):
            return cls(seen, painting.with_paintings(recoloured), keep)
        return cls(seen, recoloured(painting), keep)

    def at(self, stage: Stage, settings: Settings) -> Sources:
        """Bring everything to a stage's size.

        A painting is brought to the stage's long side, times `settings.style_scale`, so that strokes
        keep their share of the picture.
        """
        height, width = stage.height, stage.width
        manner = self.painting if isinstance(self.painting, Loss) else style(self.painting)
        resized = manner.at(height, width, scale=settings.style_scale)
        return Sources(
            photo=resize_to(self.photo, height, width),
            painting=resized if isinstance(self.painting, Loss) else resized.arrays[0],
            keep=None if self.keep is None else resize_mask(self.keep, height, width),
        )


def load_manner(
    painting: PictureSource | Sequence[PictureSource] | Loss, settings: Settings
) -> Picture | Loss:
    """Load a painting; of several, make a loss in which they share the style equally.

    Raises:
        PictureError: one of them cannot be loaded.
        SettingsError: the list is empty.
    """
    if isinstance(painting, Loss):
        return painting
    if not isinstance(painting, list | tuple):
        return load_image(painting)  # type: ignore[arg-type]
    if not painting:
        raise SettingsError("Expected a painting or several. Received: an empty list.")
    first, *others = [settings.style_of(load_image(source)) for source in painting]
    return (1 / len(painting)) * sum(others, first)


def whose(
    photo: object,
    painting: object,
    declared: Mapping[str, Rights | Mapping[str, str]] | None = None,
    *,
    strict: bool = False,
) -> dict[str, Rights]:
    """Find out whose the pictures are that go in, by name.

    The names are `"photo"`, `"painting"`, `"painting_2"`, and so on.

    Args:
        photo: as `transfer` is given it. A file tells what it knows; an array tells nothing.
        painting: the same; of a loss, the pictures of its terms are meant, in order.
        declared: what you know of them; see `inputs_rights`.
        strict: refuse pictures whose author, licence or source is unknown.

    Raises:
        RightsError: `strict`, and something is unknown; or `declared` names another picture.
    """
    if isinstance(painting, Loss):
        terms = [term for _, term in painting.weighted_terms if term.arrays]
        paintings: Sequence[object] = [getattr(term, "source", None) for term in terms]
    else:
        paintings = painting if isinstance(painting, list | tuple) else [painting]
    numbered = {
        "painting" if number == 1 else f"painting_{number}": source
        for number, source in enumerate(paintings, 1)
    }
    return inputs_rights({"photo": photo, **numbered}, declared, strict=strict)


def expect_tiles(painting: Picture | Loss, settings: Settings) -> None:
    """Make sure that what is measured of the styles can be had in tiles, if these are asked for.

    Raises:
        SettingsError: one of the statistics needs all places at once.
    """
    if settings.tile is None:
        return
    one = (settings.statistic,)
    for name in painting.statistics if isinstance(painting, Loss) else one:
        expect_additive(name)


def expect_places(photo: Picture, painting: Picture | Loss, keep: Mask | None) -> None:
    """Make sure that masks have the photo's size, and that some place is left for some style.

    Raises:
        PictureError: a mask has another size, or what is kept leaves no place.
        SettingsError: the weights of all styles are 0.
    """
    manner = painting if isinstance(painting, Loss) else style(painting)
    expect_weights(manner.part_weights)
    manner.expect_size(photo.shape)
    if keep is not None:
        expect_size(keep, photo.shape)
        manner.outside(keep)
