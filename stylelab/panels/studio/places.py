"""Further paintings with a share each, places where each counts, and the place that stays a photo.

The browser only sends what a reader asks for; the lists live here, and it draws them.
"""

from __future__ import annotations

import base64
import math
import threading
from dataclasses import dataclass, replace
from itertools import count
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import numpy as np
import traitlets

from stylelab.panels.sentences import in_a_sentence, shown_name
from stylelab.panels.studio.assets import module
from stylelab.panels.studio.call import string_code
from stylelab.panels.studio.choosers import picture_of_file
from stylelab.panels.studio.chosen import Place, Portion, Region
from stylelab.panels.studio.thumbnails import thumbnail
from stylelab.panels.studio.uploads import Uploads, mask_of_file, remarks_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stylelab.panels.studio.choosers import PictureChooser
    from stylelab.pictures.masks import Mask

KEEP = -1
"""The number, in place of a painting's row, of the place where the photo stays."""

MOST = 6
"""Paintings in one picture: more would make each step slow, and each share small."""

SHARE = 50.0
"""What a painting has to begin with; only proportions count."""


@dataclass(frozen=True)
class _Row:
    number: int
    painting: str
    share: float = SHARE
    place: str = ""


class Places(anywidget.AnyWidget):
    """A folded group: one row for each painting, and one for what is kept of the photo.

    Attributes:
        rows: number, name, key of the painting, share and place of each, the first painting's first.
            A row keeps its number, 0 for the first, and no other ever gets it: so what is asked for
            a row that was removed meanwhile reaches none.
        keep: the place that stays a photo; empty for none. A place is the key of a region, with a
            minus before it for everywhere but there.
        regions: key, name and thumbnail (base64) of each mask that can be chosen.
        choices: paintings to choose from, as `PictureChooser.choices`; empty while there is one row.
        says: what is wrong, as a sentence; empty if nothing is.
        said: what is chosen, in a few words.
        on_change: called when something else is chosen.
        on_draw: called with the number of the row for which a mask is to be drawn.
    """

    _esm: ClassVar[str] = module("places")

    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    keep = traitlets.Unicode().tag(sync=True)
    regions: traitlets.List[Any] = traitlets.List().tag(sync=True)
    choices: traitlets.List[Any] = traitlets.List().tag(sync=True)
    says = traitlets.Unicode().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    most = traitlets.Int(MOST).tag(sync=True)

    def __init__(
        self,
        paintings: PictureChooser,
        *,
        on_change: Callable[[], object] = lambda: None,
        on_draw: Callable[[int], object] = lambda _: None,
    ) -> None:
        self.on_change = on_change
        self.on_draw = on_draw
        self._paintings = paintings
        self._rows: tuple[_Row, ...] = (_Row(0, ""),)  # the first painting is the chooser's
        self._numbers = count(1)
        self._regions: dict[str, Region] = {}
        self._turn = threading.RLock()
        self._uploads = Uploads()
        super().__init__()
        self._draw()
        paintings.observe(self._follow, names=["choices", "chosen"])
        self.on_msg(self._heed)

    # What is chosen

    @property
    def portions(self) -> tuple[Portion, ...]:
        """Each painting with its share and place, the first one first."""
        return self._portions_of(self._rows)

    def portion(self, number: int) -> Portion | None:
        """Give the painting of a row, with share and place; None if there is no such row any more."""
        rows = self._rows
        numbers = [row.number for row in rows]
        return self._portions_of(rows)[numbers.index(number)] if number in numbers else None

    def _portions_of(self, rows: Sequence[_Row]) -> tuple[Portion, ...]:
        known = {choice.key: choice for choice in self._paintings.all}
        first, *others = rows
        return (
            Portion(self._paintings.choice, first.share, self._place(first.place)),
            *(Portion(known[row.painting], row.share, self._place(row.place)) for row in others),
        )

    @property
    def kept(self) -> Place | None:
        """Where the photo stays as it is."""
        return self._place(self.keep)

    @property
    def masks(self) -> dict[str, Mask]:
        """Every mask that can be chosen, by its name."""
        return {region.name: region.values for region in self._regions.values()}

    def _place(self, key: str) -> Place | None:
        region = self._regions.get(key.removeprefix("-"))
        return None if region is None else Place(region, rest=key.startswith("-"))

    # What the reader asks for

    def add(self, painting: str = "", share: float = SHARE) -> int:
        """Take one more painting, of that key or else a new one; give the number of its row."""
        with self._turn:
            known = [choice.key for choice in self._paintings.all]
            used = {self._paintings.chosen, *(row.painting for row in self._rows)}
            free = [key for key in known if key not in used] or known
            row = _Row(next(self._numbers), painting if painting in known else free[0], share)
            self._put((*self._rows, row))
            return row.number

    def remove(self, number: int) -> None:
        """Let a painting go; the first one stays."""
        with self._turn:
            left = tuple(row for row in self._rows if row.number != number)
            if number > 0 and left != self._rows:
                self._put(left)

    def choose(self, number: int, painting: str) -> None:
        """Take another painting, given its key, in place of one that is not the first."""
        if number > 0 and painting in {choice.key for choice in self._paintings.all}:
            self._change(number, painting=painting)

    def set_share(self, number: int, share: float) -> None:
        """Give a painting another share: a finite number of at least 0."""
        if math.isfinite(share) and share >= 0:
            self._change(number, share=float(share))

    def put_in_place(self, number: int, place: str) -> None:
        """Say where a painting counts, or with `KEEP` what stays a photo; empty for all, or none."""
        if place and self._place(place) is None:
            return
        if number == KEEP:
            with self._turn:
                self.keep = place
                self._put(self._rows)
        else:
            self._change(number, place=place)

    def offer(self, name: str, mask: Mask, code: str = "", number: int | None = None) -> None:
        """Show one more mask to choose from, and take it for a row if its number is given.

        One that is there already, or all but one that is, is taken and not shown again.

        Args:
            name: what it is called; a number is added if there is another of that name.
            mask: (H, W) in [0, 1].
            code: see `Region`.
            number: of the row.
        """
        with self._turn:
            if number is not None and (known := self._known(mask)):
                self.put_in_place(number, known)
                return
            told, again = name, 1
            while told in self.masks:
                again += 1
                told = f"{name} {again}"
            region = Region(f"mask {len(self._regions) + 1}", told, code, mask)
            self._regions[region.key] = region
            small = base64.b64encode(thumbnail(np.repeat(mask[..., None], 3, -1))).decode("ascii")
            item = {"key": region.key, "name": told, "thumbnail": small}
            self.regions = [*self.regions, item]
            if number is not None:
                self.put_in_place(number, region.key)

    def _known(self, mask: Mask) -> str:
        for key, region in self._regions.items():
            if np.array_equal(region.values, mask):
                return key
            if np.array_equal(1 - region.values, mask):
                return f"-{key}"
        return ""

    def take_mask(self, number: int, name: str, data: bytes) -> None:
        """Add a mask for a row, from the bytes of a picture's file.

        What cannot be used is said in `says`, and the choice stays as it was.
        """
        try:
            mask, odd = mask_of_file(name, data)
        except Exception as error:  # noqa: BLE001 - the reader is told, and can take another
            self.says = in_a_sentence(error)
        else:
            code = f"sl.load_mask({string_code(name)})"
            self.offer(shown_name(PurePath(name).stem), mask, code, number)
            self.says = self.says or odd

    def take_painting(self, number: int, name: str, data: bytes) -> None:
        """Add a painting and take it for a row, from the bytes of a picture's file."""
        try:
            key = self._paintings.offer(picture_of_file(name, data))
        except Exception as error:  # noqa: BLE001 - the reader is told, and can take another
            self.says = in_a_sentence(error)
        else:
            self.choose(number, key)
            self.says = self.says or remarks_on(name, data)

    def _draw_for(self, number: int) -> None:
        if number == KEEP or self.portion(number):
            self.on_draw(number)

    def paint_ahead(self) -> bool:
        """Paint one sample before it is asked for; False if there is none left."""
        for portion in self.portions:
            if not portion.painting.is_there:
                portion.painting.load()
                return True
        return False

    # How that is kept and shown

    def _change(self, number: int, **changes: Any) -> None:
        with self._turn:
            if number in {row.number for row in self._rows}:
                self._put(
                    tuple(
                        replace(row, **changes) if row.number == number else row
                        for row in self._rows
                    )
                )

    def _put(self, rows: tuple[_Row, ...]) -> None:
        self._rows = rows
        self.says = ""
        self._draw()
        self.on_change()

    def _draw(self) -> None:
        with self.hold_sync():
            self.choices = self._paintings.choices if len(self._rows) > 1 else []
            self.rows = [
                {
                    "number": row.number,
                    "name": portion.painting.name,
                    "painting": portion.painting.key,
                    "share": row.share,
                    "place": row.place,
                }
                for row, portion in zip(self._rows, self.portions, strict=True)
            ]
            self.said = self._in_words()

    def _in_words(self) -> str:
        paintings = len(self._rows)
        masks = sum(bool(place) for place in (self.keep, *(row.place for row in self._rows)))
        words = "one painting" if paintings == 1 else f"{paintings} paintings"
        return f"{words}, {'one mask' if masks == 1 else f'{masks} masks'}" if masks else words

    def _follow(self, _change: object) -> None:
        with self._turn:
            self._draw()

    def _heed(self, _widget: object, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        if content.get("add") is True and len(self._rows) < MOST:
            self.add()
        number = content.get("row")
        if not isinstance(number, int):
            return
        wishes: dict[str, tuple[Any, Callable[[Any], object]]] = {
            "remove": (bool, lambda _: self.remove(number)),
            "draw": (bool, lambda _: self._draw_for(number)),
            "painting": (str, lambda key: self.choose(number, key)),
            "share": (int | float, lambda share: self.set_share(number, share)),
            "place": (str, lambda place: self.put_in_place(number, place)),
        }
        data = self._uploads.take(content, buffers)
        if data is not None:
            wishes |= {
                "mask_file": (str, lambda name: self.take_mask(number, name, data)),
                "painting_file": (str, lambda name: self.take_painting(number, name, data)),
            }
        for name, (kind, follow) in wishes.items():
            if isinstance(content.get(name), kind):
                follow(content[name])
                return
