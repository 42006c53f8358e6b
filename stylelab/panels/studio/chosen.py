"""What a picture is made of: a photo, one painting or several, and the places where each counts."""

from __future__ import annotations

import keyword
import re
import unicodedata
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeVar, cast

from stylelab.errors import PictureError, SettingsError
from stylelab.losses.layer_weights import make_layer_weights
from stylelab.losses.style import style
from stylelab.panels.studio.call import StyleCode, string_code
from stylelab.pictures.masks import resize_mask, validate_mask
from stylelab.rights.inputs import read_input_rights

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stylelab.losses.loss import Loss
    from stylelab.losses.style import StyleTerm
    from stylelab.panels.studio.choosers import Choice
    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.settings import Settings
    from stylelab.rights.record import Rights

_T = TypeVar("_T")

EVERYWHERE = "everywhere"
NOWHERE = "nowhere"


@dataclass(frozen=True, eq=False)
class Region:
    """A mask that can be chosen.

    Attributes:
        key: tells it from the others of a studio.
        name: short, to be shown.
        code: how Python gets at it: `sl.load_mask("sky.png")` or a variable's name; empty for one
            that only the studio has.
        values: (H, W) in [0, 1].
    """

    key: str
    name: str
    code: str
    values: Mask = field(repr=False)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether it has the size of a picture (H, W, 3)."""
        return self.values.shape == shape[:2]

    def at(self, shape: tuple[int, ...]) -> Mask:
        """Give the mask for a photo (H, W, 3): as it is, or brought to the photo's size.

        Raises:
            PictureError: it has other proportions.
        """
        height, width = shape[:2]
        rows, columns = self.values.shape
        # Sides are rounded to whole pixels when a picture is made smaller.
        if 2 * abs(rows * width - columns * height) > max(rows, columns, height, width):
            raise PictureError(
                f"Expected a mask of the photo's proportions, {width} × {height}. Received: "
                f"{self.name!r}, which is {columns} × {rows}. Make one from this very photo, or "
                "choose another place."
            )
        return resize_mask(self.values, height, width)


@dataclass(frozen=True)
class Place:
    """Where something counts: inside a region, or everywhere but there."""

    region: Region
    rest: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        return f"all but {self.region.name}" if self.rest else self.region.name

    def mask(self, shape: tuple[int, ...]) -> Mask:
        """Give its mask for a photo (H, W, 3).

        Raises:
            PictureError: it does not fit the photo, or nothing is left of it.
        """
        inside = self.region.at(shape)
        return validate_mask(1 - inside) if self.rest else inside


@dataclass(frozen=True)
class Portion:
    """A painting, how much of the style it is beside others, and where.

    `stays` is set where it counted when the run began: its share may be 0 now, and come back.
    """

    painting: Choice
    share: float = 1.0
    place: Place | None = None
    stays: bool = False

    @property
    def counts(self) -> bool:
        """Whether it has a part in the picture."""
        return self.share > 0 or self.stays


@dataclass(frozen=True)
class Chosen:
    """All that is chosen to be painted from.

    Attributes:
        photo: what to show.
        portions: in whose manner, one or more.
        keep: where the photo stays as it is.
    """

    photo: Choice
    portions: tuple[Portion, ...]
    keep: Place | None = None

    @property
    def painting(self) -> str:
        """What the paintings that count are called: "swirling night + woodcut waves"."""
        return " + ".join(portion.painting.name for portion in self._counting)

    @property
    def name(self) -> str:
        """What photo and paintings are called: "cat × swirling night"."""
        return f"{self.photo.name} × {self.painting}"

    @property
    def _counting(self) -> tuple[Portion, ...]:
        return tuple(each for each in self.portions if each.counts) or self.portions[:1]

    @property
    def _alike(self) -> bool:
        return len({portion.share for portion in self._counting}) == 1

    @property
    def weights(self) -> tuple[float, ...]:
        """The weight of each painting that counts; together 1, but for rounding to three digits.

        Raises:
            SettingsError: none has a share.
        """
        whole = sum(portion.share for portion in self.portions)
        if not whole:
            raise SettingsError(
                "Expected a share above 0 for at least one of the paintings. Received: 0 for all. "
                "Raise one of them; a style weight of 0 leaves all of them out."
            )
        if self._alike:
            return (1 / len(self._counting),) * len(self._counting)
        return tuple(round(portion.share / whole, 3) for portion in self._counting)

    def manner(self, settings: Settings) -> Picture | Loss:
        """Give the one painting, or a loss of several or of some in places.

        Raises:
            StylelabError: a mask or a share is not what it should be.
        """
        weights = self.weights
        if self._is_one:
            return self._counting[0].painting.load()
        shape = self.photo.load().shape
        terms = [
            weight
            * style(
                portion.painting.load(),
                settings.style_layers,
                formulation=settings.formulation,
                statistic=settings.statistic,
                mask=None if portion.place is None else portion.place.mask(shape),
            )
            for weight, portion in zip(weights, self._counting, strict=True)
        ]
        return sum(terms[1:], terms[0])

    def going_on_from(self, before: Chosen) -> Chosen | None:
        """Give what is chosen as other shares of a run that began with something else.

        None if more than shares differs, or a painting is to count that did not: that is another run.
        """
        if len(self.portions) != len(before.portions):
            return None
        began = [
            replace(new, stays=old.counts)
            for old, new in zip(before.portions, self.portions, strict=True)
        ]
        as_before = [
            replace(portion, share=old.share, stays=old.stays)
            for old, portion in zip(before.portions, began, strict=True)
        ]
        if replace(self, portions=tuple(as_before)).differences(before) or any(
            portion.share > 0 and not portion.stays for portion in began
        ):
            return None
        return replace(self, portions=tuple(began))

    def reweighed(self, manner: Loss, settings: Settings) -> Loss:
        """Give the styles of a run with the shares that are chosen now, and the layers' weights.

        Raises:
            SettingsError: no painting has a share, or no layer a weight.
        """
        layers = make_layer_weights(settings.style_layers, "style", settings.formulation)
        terms = tuple(
            (weight, replace(cast("StyleTerm", term), layer_weights=layers))
            for weight, (_, term) in zip(self.weights, manner.weighted_terms, strict=True)
        )
        return replace(manner, weighted_terms=terms)

    def kept(self) -> Mask | None:
        """Give the mask of what stays.

        Raises:
            PictureError: it does not fit the photo, or leaves no place for the style.
        """
        if self.keep is None:
            return None
        mask = self.keep.mask(self.photo.load().shape)
        if mask.min() == 1:
            raise PictureError(
                "Expected a part of the photo to keep. Received: all of it, which leaves nothing to "
                'paint. Was it turned round? Then take "all but" it.'
            )
        return mask

    def differences(self, before: Chosen) -> list[str]:
        """Say what else was chosen before: `["+ woodcut waves", "keep: nowhere → sky"]`."""
        told = []
        if self.photo.key != before.photo.key:
            told.append(self.photo.name)
        for old, new in zip_longest(before.portions, self.portions):
            if old is None:
                told.append(f"+ {new.painting.name}")
            elif new is None:
                told.append(f"− {old.painting.name}")
            else:
                told.extend(_changes(old, new))
        if _key(self.keep) != _key(before.keep):
            told.append(
                f"photo kept: {_where(before.keep, NOWHERE)} → {_where(self.keep, NOWHERE)}"
            )
        return told

    @property
    def term_names(self) -> dict[str, str]:
        """What the terms of several styles are called, by their names in a step's `terms`."""
        names = _numbered("style", [each.painting.name for each in self._counting])
        return names if len(names) > 1 else {}

    def facts(self) -> dict[str, object]:
        """Say by name what a picture was made of, for a file's metadata."""
        facts: dict[str, object] = {"photo": self.photo.name, "painting": self.painting}
        return facts if self.keep is None else facts | {"keep": self.keep.name}

    def named(self, styles: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
        """Add the names of paintings and places to what a result tells of its styles."""
        if styles is None:
            return None
        return [
            {"painting": portion.painting.name, "place": _where(portion.place, EVERYWHERE), **told}
            for portion, told in zip(self._counting, styles, strict=True)
        ]

    def rights(self) -> dict[str, Rights]:
        """Say whose the pictures are, as `Result.rights` has it."""
        paintings = _numbered("painting", [each.painting.whose for each in self._counting])
        return read_input_rights({"photo": self.photo.whose} | paintings)

    # As Python

    def code(self, panel: str) -> tuple[str, str | list[StyleCode], str | None, list[str]]:
        """Write photo, painting or styles, and the place to keep, as `call_for` takes them.

        Args:
            panel: what a notebook calls the studio, where masks are found that only it has.

        Returns:
            Photo, painting or styles, the place to keep, and lines that have to come before.
        """
        names, lines = self._mask_names(panel)
        keep = _place_code(self.keep, names)
        if self._is_one:
            return self.photo.code, self._counting[0].painting.code, keep, lines
        if self._alike and not any(portion.place for portion in self._counting):
            listed = ", ".join(portion.painting.code for portion in self._counting)
            return self.photo.code, f"[{listed}]", keep, lines
        alike = f"1 / {len(self._counting)}"
        if len(self._counting) == 1:
            alike = ""
        elif len(self._counting) == 2:  # noqa: PLR2004 - a half is short as a decimal
            alike = "0.5"
        styles = [
            StyleCode(
                portion.painting.code,
                alike if self._alike else f"{weight:g}",
                _place_code(portion.place, names),
            )
            for weight, portion in zip(self.weights, self._counting, strict=True)
        ]
        return self.photo.code, styles, keep, lines

    @property
    def _is_one(self) -> bool:
        return len(self._counting) == 1 and self._counting[0].place is None

    def _regions(self) -> Iterator[Region]:
        places = [*(portion.place for portion in self._counting), self.keep]
        seen = set()
        for place in places:
            if place is not None and place.region.key not in seen:
                seen.add(place.region.key)
                yield place.region

    def _mask_names(self, panel: str) -> tuple[dict[str, str], list[str]]:
        """Find a variable for each mask, by its key, and write the lines that make it."""
        names: dict[str, str] = {}
        lines: list[str] = []
        shape = self.photo.load().shape
        # A mask's variable must not take the place of one that the call uses.
        variables = {each.code for each in (self.photo, *(one.painting for one in self._counting))}
        variables |= {region.code for region in self._regions()}
        for region in self._regions():
            code = region.code or f"{panel}.masks[{string_code(region.name)}]"
            variable = _variable_for(region.name, {*names.values(), *variables, panel})
            if not region.fits(shape):
                code = f"sl.resize_mask({code}, *sl.load_image({self.photo.code}).shape[:2])"
            if code.isidentifier():
                variable = code
            else:
                lines.append(f"{variable} = {code}")
            names[region.key] = variable
        return names, lines


def _numbered(kind: str, values: Sequence[_T]) -> dict[str, _T]:
    """Name values of a kind: `{"style": …, "style_2": …}`."""
    return {
        kind if number == 1 else f"{kind}_{number}": value
        for number, value in enumerate(values, start=1)
    }


def _changes(old: Portion, new: Portion) -> Iterator[str]:
    if old.painting.key != new.painting.key:
        yield new.painting.name
    if old.share != new.share:
        yield f"share of {new.painting.name} {old.share:g} → {new.share:g}"
    if _key(old.place) != _key(new.place):
        there = f"{_where(old.place, EVERYWHERE)} → {_where(new.place, EVERYWHERE)}"
        yield f"{new.painting.name}: {there}"


def _key(place: Place | None) -> tuple[str, bool] | None:
    return None if place is None else (place.region.key, place.rest)


def _where(place: Place | None, otherwise: str) -> str:
    return otherwise if place is None else place.name


def _place_code(place: Place | None, names: Mapping[str, str]) -> str | None:
    if place is None:
        return None
    name = names[place.region.key]
    return f"1 - {name}" if place.rest else name


_TAKEN = ("sl", "styles", "result")


def _variable_for(name: str, others: Iterable[str]) -> str:
    """Make a variable's name of a mask's: `"Sky (2)"` becomes `sky_2`."""
    plain = unicodedata.normalize("NFKC", name).lower()  # as Python itself reads names
    variable = re.sub(r"\W+", "_", plain).strip("_")
    if variable and not variable.isidentifier():
        variable = f"mask_{variable}"
    if not variable.isidentifier():
        variable = "mask"
    taken = {*_TAKEN, *others}
    while variable in taken or keyword.iskeyword(variable):
        variable += "_"
    return variable
