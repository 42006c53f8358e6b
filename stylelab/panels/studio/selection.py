"""Selection for a run: photo, paintings with shares and regions, and the region to keep."""

from __future__ import annotations

import keyword
import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeVar

from stylelab.errors import PictureError, SettingsError, StylelabError
from stylelab.losses.style import style
from stylelab.panels.messages import error_message
from stylelab.panels.studio.code_export import StyleCode
from stylelab.pipeline.inputs import TransferInputs
from stylelab.rights.inputs import read_input_rights

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stylelab.losses.loss import Loss
    from stylelab.panels.studio.exported_file import ExportedFile
    from stylelab.panels.studio.picture_choice import PictureChoice
    from stylelab.panels.studio.regions import Region, RegionChoice
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.settings import Settings
    from stylelab.rights.record import Rights

_T = TypeVar("_T")

EVERYWHERE = "everywhere"
NOWHERE = "nowhere"


@dataclass(frozen=True)
class StyleChoice:
    """A painting with its share of the style and its region.

    `was_active` is set if it had a share when the run began: the share may be 0 now, and rise again.
    """

    painting: PictureChoice
    share: float = 1.0
    place: RegionChoice | None = None
    was_active: bool = False

    @property
    def is_active(self) -> bool:
        """Whether it is part of the run."""
        return self.share > 0 or self.was_active


@dataclass(frozen=True)
class Selection:
    """Everything that is chosen for a run.

    Attributes:
        photo: the photo.
        style_choices: the paintings, one or more.
        keep: region where the photo stays as it is.
    """

    photo: PictureChoice
    style_choices: tuple[StyleChoice, ...]
    keep: RegionChoice | None = None

    @property
    def painting(self) -> str:
        """Names of the active paintings: "swirling night + woodcut waves"."""
        return " + ".join(style_choice.painting.name for style_choice in self._active_choices)

    @property
    def name(self) -> str:
        """Names of photo and paintings: "cat × swirling night"."""
        return f"{self.photo.name} × {self.painting}"

    @property
    def _active_choices(self) -> tuple[StyleChoice, ...]:
        active = tuple(each for each in self.style_choices if each.is_active)
        return active or self.style_choices[:1]

    @property
    def _has_equal_shares(self) -> bool:
        return len({style_choice.share for style_choice in self._active_choices}) == 1

    @property
    def weights(self) -> tuple[float, ...]:
        """Weight of each active painting; their sum is 1, up to rounding to three digits.

        Raises:
            SettingsError: none has a share.
        """
        whole = sum(style_choice.share for style_choice in self.style_choices)
        if not whole:
            raise SettingsError(
                "Expected a share above 0 for at least one of the paintings. Received: 0 for all. "
                "Raise one of them; a style weight of 0 leaves all of them out."
            )
        active = self._active_choices
        if self._has_equal_shares:
            return (1 / len(active),) * len(active)
        return tuple(round(style_choice.share / whole, 3) for style_choice in active)

    def styles(self, settings: Settings) -> Loss:
        """Style loss: one term for each active painting, in its region.

        Raises:
            StylelabError: a mask or a share cannot be used.
        """
        shape = self.photo.load().shape
        terms = [
            weight
            * style(
                each.painting.load(),
                settings.style_layers,
                formulation=settings.formulation,
                statistic=settings.statistic,
                mask=None if each.place is None else each.place.mask(shape),
            )
            for weight, each in zip(self.weights, self._active_choices, strict=True)
        ]
        return sum(terms[1:], terms[0])

    def inputs(self, settings: Settings) -> TransferInputs:
        """Inputs of a run, masks of the photo's size.

        Raises:
            StylelabError: a mask or a share cannot be used.
        """
        styles = self.styles(settings)
        return TransferInputs(
            self.photo.load(),
            styles,
            keep=self.keep_mask(),
            metadata=None if self._is_one else styles.describe(),
        ).fit_masks()

    def continuing_from(self, before: Selection) -> Selection | None:
        """This selection as new shares of a run that began with another one.

        None if more than shares differs, or a painting without a share gets one: that needs a new run.
        """
        if len(self.style_choices) != len(before.style_choices):
            return None
        began = [
            replace(new, was_active=old.is_active)
            for old, new in zip(before.style_choices, self.style_choices, strict=True)
        ]
        as_before = [
            replace(style_choice, share=old.share, was_active=old.was_active)
            for old, style_choice in zip(before.style_choices, began, strict=True)
        ]
        has_new = any(each.share > 0 and not each.was_active for each in began)
        if has_new or replace(self, style_choices=tuple(as_before)).differences(before):
            return None
        return replace(self, style_choices=tuple(began))

    def with_updated_weights(self, style_target: Loss, settings: Settings) -> Loss:
        """Styles of a run with the shares of this selection and the layer weights of settings.

        Raises:
            SettingsError: no painting has a share, or no layer a weight.
        """
        styles = settings.with_layer_weights(style_target)
        terms = [term for _, term in styles.weighted_terms]
        return replace(styles, weighted_terms=tuple(zip(self.weights, terms, strict=True)))

    def keep_mask(self) -> Mask | None:
        """Mask of what is kept; None for nothing.

        Raises:
            PictureError: it does not fit the photo, or covers the whole photo.
        """
        if self.keep is None:
            return None
        mask = self.keep.mask(self.photo.load().shape)
        if mask.min() == 1:
            raise PictureError(
                "Expected a part of the photo to keep. Received: all of it, which leaves nothing to "
                'paint. Was it inverted? Then choose "all but" it.'
            )
        return mask

    def _validate_kept(self, kept: Mask | None, shape: tuple[int, ...]) -> None:
        """Raise a `PictureError` if a painting's region lies within the kept one."""
        for each in self._active_choices:
            if kept is not None and each.place is not None:
                rest = (1 - kept) * each.place.mask(shape)
                if not rest.any():
                    raise PictureError(
                        "Expected a region to keep that leaves some place for the style of "
                        f"{each.painting.name}. Received: {self.keep_name}, which covers all of it. "
                        "Choose another place."
                    )

    @property
    def keep_name(self) -> str:
        """Name of the kept region."""
        return _region_name(self.keep, NOWHERE)

    def find_error(self) -> str:
        """Message about a mask or share that cannot be used; empty if there is none."""
        shape = self.photo.load().shape
        try:
            for place in (*(each.place for each in self.style_choices), self.keep):
                if place is not None:
                    place.mask(shape)
            self._validate_kept(self.keep_mask(), shape)
            _ = self.weights
        except StylelabError as error:
            return error_message(error)
        return ""

    def differences(self, before: Selection) -> list[str]:
        """Differences from a selection before: `["+ woodcut waves", "photo kept: nowhere → sky"]`."""
        parts = []
        if self.photo.key != before.photo.key:
            parts.append(self.photo.name)
        for old, new in zip_longest(before.style_choices, self.style_choices):
            if old is None:
                parts.append(f"+ {new.painting.name}")
            elif new is None:
                parts.append(f"− {old.painting.name}")
            else:
                parts.extend(_style_changes(old, new))
        if _region_key(self.keep) != _region_key(before.keep):
            was, kept = (_region_name(place, NOWHERE) for place in (before.keep, self.keep))
            parts.append(f"photo kept: {was} → {kept}")
        return parts

    @property
    def term_names(self) -> dict[str, str]:
        """Names for display of several styles, by their names in a step's `terms`."""
        names = _numbered("style", [each.painting.name for each in self._active_choices])
        return names if len(names) > 1 else {}

    def file_metadata(self) -> dict[str, object]:
        """Names of photo, paintings and kept region, for a file's metadata."""
        file_metadata: dict[str, object] = {"photo": self.photo.name, "painting": self.painting}
        return file_metadata if self.keep is None else file_metadata | {"keep": self.keep.name}

    def add_style_names(
        self, styles: Sequence[Mapping[str, Any]] | None
    ) -> list[dict[str, Any]] | None:
        """Descriptions of styles with the names of paintings and regions."""
        if styles is None:
            return None
        names = [
            {"painting": each.painting.name, "place": _region_name(each.place, EVERYWHERE)}
            for each in self._active_choices
        ]
        return [{**named, **parts} for named, parts in zip(names, styles, strict=True)]

    def rights(self) -> dict[str, Rights]:
        """Rights of photo and paintings, as in `Result.rights`."""
        own = [each.painting.input_rights for each in self._active_choices]
        paintings = _numbered("painting", own)
        return read_input_rights({"photo": self.photo.input_rights} | paintings)

    # As Python

    def code(self) -> tuple[str, str | list[StyleCode], str | None, list[str]]:
        """Photo, styles and region to keep as Python code, as `transfer_code` takes them.

        Returns:
            Photo, painting or styles, region to keep, and lines that define the masks.
        """
        names, lines = self._mask_names()
        keep, active = _region_code(self.keep, names), self._active_choices
        photo = self.photo.expression
        if self._is_one:
            return photo, active[0].painting.expression, keep, lines
        if self._has_equal_shares and not any(each.place for each in active):
            listed = ", ".join(each.painting.expression for each in active)
            return photo, f"[{listed}]", keep, lines
        # A half is short as a decimal.
        equal_weight = {1: "", 2: "0.5"}.get(len(active), f"1 / {len(active)}")
        styles = [
            StyleCode(
                each.painting.expression,
                equal_weight if self._has_equal_shares else f"{weight:g}",
                _region_code(each.place, names),
            )
            for weight, each in zip(self.weights, active, strict=True)
        ]
        return photo, styles, keep, lines

    @property
    def rights_code(self) -> str:
        """Python code for the rights that files say; empty if none does."""
        paintings = _numbered("painting", [each.painting for each in self._active_choices])
        named = {"photo": self.photo, **paintings}
        entries = [
            f'"{name}": {choice.file_rights}'
            for name, choice in named.items()
            if choice.file_rights
        ]
        return f"{{{', '.join(entries)}}}" if entries else ""

    @property
    def exported_files(self) -> tuple[ExportedFile, ...]:
        """Files that the code reads and that the studio alone has: uploads and drawn masks."""
        pictures = (self.photo, *(each.painting for each in self._active_choices))
        held = [picture.file for picture in pictures] + [region.file for region in self._regions]
        return tuple({file.path: file for file in held if file is not None}.values())

    @property
    def _regions(self) -> list[Region]:
        places = [*(each.place for each in self._active_choices), self.keep]
        return list({place.region.key: place.region for place in places if place}.values())

    @property
    def _is_one(self) -> bool:
        return len(self._active_choices) == 1 and self._active_choices[0].place is None

    def _mask_names(self) -> tuple[dict[str, str], list[str]]:
        """Variable of each mask, by its key, and the lines that define them."""
        names: dict[str, str] = {}
        lines: list[str] = []
        shape = self.photo.load().shape
        photo = self.photo.expression
        # A mask's variable must not replace one that the call uses.
        variables = {photo, *(one.painting.expression for one in self._active_choices)}
        variables |= {region.code for region in self._regions}
        for region in self._regions:
            code = region.code
            variable = _variable_for(region.name, {*names.values(), *variables})
            if not region.fits(shape):
                code = f"sl.resize_mask({code}, *sl.load_image({photo}).shape[:2])"
            if code.isidentifier():
                variable = code
            else:
                lines.append(f"{variable} = {code}")
            names[region.key] = variable
        return names, lines


def _numbered(kind: str, values: Sequence[_T]) -> dict[str, _T]:
    """Values of a kind by name: `{"style": …, "style_2": …}`."""
    return {
        kind if number == 1 else f"{kind}_{number}": value
        for number, value in enumerate(values, start=1)
    }


def _style_changes(old: StyleChoice, new: StyleChoice) -> Iterator[str]:
    if old.painting.key != new.painting.key:
        yield new.painting.name
    if old.share != new.share:
        yield f"share of {new.painting.name} {old.share:g} → {new.share:g}"
    if _region_key(old.place) != _region_key(new.place):
        there = f"{_region_name(old.place, EVERYWHERE)} → {_region_name(new.place, EVERYWHERE)}"
        yield f"{new.painting.name}: {there}"


def _region_key(place: RegionChoice | None) -> tuple[str, bool] | None:
    return None if place is None else (place.region.key, place.inverted)


def _region_name(place: RegionChoice | None, otherwise: str) -> str:
    return otherwise if place is None else place.name


def _region_code(place: RegionChoice | None, names: Mapping[str, str]) -> str | None:
    if place is None:
        return None
    name = names[place.region.key]
    return f"1 - {name}" if place.inverted else name


_RESERVED_NAMES = ("sl", "np", "styles", "result")


def _variable_for(name: str, others: Iterable[str]) -> str:
    """Name of a variable for a mask: `sky_2` for `"Sky (2)"`."""
    plain = unicodedata.normalize("NFKC", name).lower()  # as Python itself reads names
    variable = re.sub(r"\W+", "_", plain).strip("_")
    if variable and not variable.isidentifier():
        variable = f"mask_{variable}"
    if not variable.isidentifier():
        variable = "mask"
    taken = {*_RESERVED_NAMES, *others}
    while variable in taken or keyword.iskeyword(variable):
        variable += "_"
    return variable
