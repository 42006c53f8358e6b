"""Rows of the styles: paintings with shares and regions, and the region where the photo stays."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from stylelab.panels.studio.regions import Region, RegionChoice
from stylelab.panels.studio.selection import StyleChoice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.panels.studio.exported_file import ExportedFile
    from stylelab.panels.studio.picture_choice import Choices
    from stylelab.pictures.masks import Mask

KEEP = -1
"""Row number of the region where the photo stays."""

MAX_PAINTINGS = 6
"""Paintings in one picture: more would make each step slow, and each share small."""

DEFAULT_SHARE = 50.0
"""First share of a painting; only the ratios of shares matter."""


@dataclass(frozen=True)
class StyleRow:
    """A painting with its share and region.

    Attributes:
        number: of the row, 0 for the first. A row keeps its number, and numbers are never reused: a
            message for a row that was removed meanwhile reaches no other.
        painting: key of the painting; of the first row, whose painting is the chosen one, empty.
        share: how much it contributes; only the ratios of shares matter.
        place: key of its region, after a minus for everything but it; empty for everywhere.
    """

    number: int
    painting: str = ""
    share: float = DEFAULT_SHARE
    place: str = ""


@dataclass(frozen=True, eq=False)
class StyleRows:
    """All rows, and the masks to choose from. Every method returns what it changes.

    Attributes:
        rows: the paintings, the first one first.
        next_number: number of the next row.
        keep: region where the photo stays, as `StyleRow.place`.
        regions: the masks that can be chosen.
    """

    rows: tuple[StyleRow, ...] = (StyleRow(0),)
    next_number: int = 1
    keep: str = ""
    regions: tuple[Region, ...] = ()

    def row(self, number: int) -> StyleRow | None:
        """The row with a number; None if it was removed."""
        return next((row for row in self.rows if row.number == number), None)

    def place_of(self, number: int) -> str:
        """Region of a row, or with `KEEP` the kept region; empty if there is none."""
        if number == KEEP:
            return self.keep
        row = self.row(number)
        return "" if row is None else row.place

    def region(self, place: str) -> RegionChoice | None:
        """The region that a place names."""
        key = place.removeprefix("-")
        found = next((region for region in self.regions if region.key == key), None)
        return None if found is None else RegionChoice(found, inverted=place.startswith("-"))

    def style_choices(self, paintings: Choices) -> tuple[StyleChoice, ...]:
        """Each painting with its share and region, in order."""
        return tuple(
            StyleChoice(
                paintings.find(row.painting) or paintings.choice, row.share, self.region(row.place)
            )
            for row in self.rows
        )

    def add(self, paintings: Choices, painting: str = "", share: float | None = None) -> Self:
        """With another painting: by its key, or one that is not used yet; by default a fair share."""
        if len(self.rows) >= MAX_PAINTINGS and not painting:  # a cell may name more
            return self
        known = [choice.key for choice in paintings.all]
        used = {paintings.chosen, *(row.painting for row in self.rows)}
        free = [key for key in known if key not in used] or known
        if share is None:
            share = sum(row.share for row in self.rows) / len(self.rows) or DEFAULT_SHARE
        row = StyleRow(self.next_number, painting if painting in known else free[0], share)
        return replace(self, rows=(*self.rows, row), next_number=self.next_number + 1)

    def with_paintings(self, shares: Mapping[str, float]) -> Self:
        """With these paintings alone, everywhere, by key; the first of them is the chosen one."""
        (_, first), *others = shares.items()
        rows = (
            StyleRow(number, painting, share)
            for number, (painting, share) in enumerate(others, self.next_number)
        )
        next_number = self.next_number + len(others)
        return replace(self, rows=(StyleRow(0, share=first), *rows), next_number=next_number)

    def remove(self, number: int) -> Self:
        """Without a painting; the first one cannot be removed."""
        left = tuple(row for row in self.rows if row.number != number or number == 0)
        return self if len(left) == len(self.rows) else replace(self, rows=left)

    def choose(self, number: int, painting: str, paintings: Choices) -> Self:
        """With another painting, given its key, in a row that is not the first."""
        if number == 0 or paintings.find(painting) is None:
            return self
        return self._change(number, painting=painting)

    def set_share(self, number: int, share: float) -> Self:
        """With another share of a painting: a finite number of at least 0."""
        if not (math.isfinite(share) and share >= 0):
            return self
        return self._change(number, share=float(share))

    def set_place(self, number: int, place: str) -> Self:
        """With another region of a painting, or with `KEEP` another kept one; empty removes it."""
        if place and self.region(place) is None:
            return self
        return replace(self, keep=place) if number == KEEP else self._change(number, place=place)

    def add_mask(
        self,
        name: str,
        mask: Mask,
        code: str = "",
        number: int | None = None,
        file: ExportedFile | None = None,
    ) -> Self:
        """With another mask to choose from, chosen for a row if its number is given.

        For a row, a mask that is there already, also inverted, is not added again.

        Args:
            name: its name; a number is added if it is taken.
            mask: (H, W) in [0, 1].
            code: see `Region`.
            number: of the row.
            file: see `Region`.
        """
        if number is not None and (known := self._find_region(mask)):
            return self.set_place(number, known)
        unique_name, again = name, 1
        while unique_name in {region.name for region in self.regions}:
            again += 1
            unique_name = f"{name} {again}"
        region = Region(f"mask {len(self.regions) + 1}", unique_name, code, mask, file)
        added = replace(self, regions=(*self.regions, region))
        return added if number is None else added.set_place(number, region.key)

    def without_painting(self, key: str, paintings: Choices) -> Self:
        """With the chosen painting in each row whose own painting was removed from the choices."""
        rows = (
            replace(row, painting=paintings.chosen) if row.painting == key else row
            for row in self.rows
        )
        return replace(self, rows=tuple(rows))

    @property
    def summary(self) -> str:
        """What is chosen, in a few words."""
        paintings = len(self.rows)
        masks = sum(bool(place) for place in (self.keep, *(row.place for row in self.rows)))
        words = "one painting" if paintings == 1 else f"{paintings} paintings"
        return f"{words}, {'one mask' if masks == 1 else f'{masks} masks'}" if masks else words

    def _find_region(self, mask: Mask) -> str:
        for region in self.regions:
            if np.array_equal(region.values, mask):
                return region.key
            if np.array_equal(1 - region.values, mask):
                return f"-{region.key}"
        return ""

    def _change(self, number: int, **changes: Any) -> Self:
        rows = (replace(row, **changes) if row.number == number else row for row in self.rows)
        return replace(self, rows=tuple(rows))
