"""Panel of the styles: paintings with shares and regions, and the region where the photo stays.

The lists are kept here; the browser draws them and sends what the reader changes.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from itertools import count
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import numpy as np
import traitlets

from stylelab.panels.assets import read_module
from stylelab.panels.messages import display_name, error_message
from stylelab.panels.studio.code_export import string_literal
from stylelab.panels.studio.picture_chooser import choice_from_file
from stylelab.panels.studio.regions import Region, RegionChoice
from stylelab.panels.studio.selection import StyleChoice
from stylelab.panels.studio.thumbnails import thumbnail, thumbnail_item
from stylelab.panels.studio.uploads import UploadBuffer, file_notes, mask_from_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stylelab.panels.studio.picture_chooser import PictureChooser
    from stylelab.pictures.masks import Mask

KEEP = -1
"""Row number of the region where the photo stays."""

MAX_PAINTINGS = 6
"""Paintings in one picture: more would make each step slow, and each share small."""

DEFAULT_SHARE = 50.0
"""First share of a painting; only the ratios of shares matter."""


@dataclass(frozen=True)
class _StyleRow:
    number: int
    painting: str
    share: float = DEFAULT_SHARE
    place: str = ""


class StylesPanel(anywidget.AnyWidget):
    """A collapsible group: one row for each painting, and one for the kept region of the photo.

    Attributes:
        rows: number, name, key of the painting, share and region of each, the first painting first.
            A row keeps its number, 0 for the first, and numbers are never reused: a message for a
            row that was removed meanwhile reaches no other.
        keep: the region that is kept; empty for none. It is the key of a region, after a minus for
            everything but it.
        regions: key, name and thumbnail (base64) of each mask that can be chosen.
        paintings: chooser of the first painting, whose choices all rows have.
        choices: paintings to choose from, as `PictureChooser.choices`; empty while there is one row.
        notice: an error message; empty if there is none.
        summary: what is chosen, in a few words.
        on_change: called when the choices change.
        on_draw: called with the number of the row for which a mask is to be drawn.
    """

    _esm: ClassVar[str] = read_module("studio/elements", "studio/styles_panel")

    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    keep = traitlets.Unicode().tag(sync=True)
    regions: traitlets.List[Any] = traitlets.List().tag(sync=True)
    choices: traitlets.List[Any] = traitlets.List().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)
    summary = traitlets.Unicode().tag(sync=True)
    most = traitlets.Int(MAX_PAINTINGS).tag(sync=True)

    def __init__(
        self,
        paintings: PictureChooser,
        *,
        on_change: Callable[[], object] = lambda: None,
        on_draw: Callable[[int], object] = lambda _: None,
    ) -> None:
        self.on_change = on_change
        self.on_draw = on_draw
        self.paintings = paintings
        # The first painting is the chooser's.
        self._rows: tuple[_StyleRow, ...] = (_StyleRow(0, ""),)
        self._numbers = count(1)
        self._regions: dict[str, Region] = {}
        self._lock = threading.RLock()
        self._uploads = UploadBuffer()
        super().__init__()
        self._update_traits()
        paintings.observe(self._on_chooser_change, names=["choices", "chosen"])
        self.on_msg(self._on_message)

    # Choices

    @property
    def style_choices(self) -> tuple[StyleChoice, ...]:
        """Each painting with its share and region, in order."""
        return self._style_choices_of(self._rows)

    def style_choice(self, number: int) -> StyleChoice | None:
        """Painting of a row, with share and region; None if the row was removed."""
        rows = self._rows
        numbers = [row.number for row in rows]
        return self._style_choices_of(rows)[numbers.index(number)] if number in numbers else None

    def _style_choices_of(self, rows: Sequence[_StyleRow]) -> tuple[StyleChoice, ...]:
        known = {choice.key: choice for choice in self.paintings.all}
        first, *others = rows
        chosen = [(first, self.paintings.choice), *((row, known[row.painting]) for row in others)]
        return tuple(StyleChoice(each, row.share, self._place(row.place)) for row, each in chosen)

    @property
    def keep_region(self) -> RegionChoice | None:
        """Region where the photo stays as it is."""
        return self._place(self.keep)

    @property
    def masks(self) -> dict[str, Mask]:
        """Every mask that can be chosen, by its name."""
        return {region.name: region.values for region in self._regions.values()}

    def _place(self, key: str) -> RegionChoice | None:
        region = self._regions.get(key.removeprefix("-"))
        return None if region is None else RegionChoice(region, inverted=key.startswith("-"))

    # Changes

    def add(self, painting: str = "", share: float = DEFAULT_SHARE) -> int:
        """Add a painting, by its key or one that is not used yet; return its row number."""
        with self._lock:
            known = [choice.key for choice in self.paintings.all]
            used = {self.paintings.chosen, *(row.painting for row in self._rows)}
            free = [key for key in known if key not in used] or known
            row = _StyleRow(next(self._numbers), painting if painting in known else free[0], share)
            self._set_rows((*self._rows, row))
            return row.number

    def remove(self, number: int) -> None:
        """Remove a painting; the first one cannot be removed."""
        with self._lock:
            left = tuple(row for row in self._rows if row.number != number)
            if number > 0 and left != self._rows:
                self._set_rows(left)

    def choose(self, number: int, painting: str) -> None:
        """Replace a painting that is not the first, given the key of another one."""
        if number > 0 and painting in {choice.key for choice in self.paintings.all}:
            self._change(number, painting=painting)

    def set_share(self, number: int, share: float) -> None:
        """Change the share of a painting: a finite number of at least 0."""
        if math.isfinite(share) and share >= 0:
            self._change(number, share=float(share))

    def set_region(self, number: int, place: str) -> None:
        """Set the region of a painting, or with `KEEP` the kept region; empty removes it."""
        if place and self._place(place) is None:
            return
        if number == KEEP:
            with self._lock:
                self.keep = place
                self._set_rows(self._rows)
        else:
            self._change(number, place=place)

    def add_mask(self, name: str, mask: Mask, code: str = "", number: int | None = None) -> None:
        """Add a mask to the choices, and choose it for a row if its number is given.

        For a row, a mask that is there already, also inverted, is not added again.

        Args:
            name: its name; a number is added if it is taken.
            mask: (H, W) in [0, 1].
            code: see `Region`.
            number: of the row.
        """
        with self._lock:
            if number is not None and (known := self._find_region(mask)):
                self.set_region(number, known)
                return
            unique_name, again = name, 1
            while unique_name in self.masks:
                again += 1
                unique_name = f"{name} {again}"
            region = Region(f"mask {len(self._regions) + 1}", unique_name, code, mask)
            self._regions[region.key] = region
            small = thumbnail(np.repeat(mask[..., None], 3, -1))
            self.regions = [*self.regions, thumbnail_item(region.key, unique_name, small)]
            if number is not None:
                self.set_region(number, region.key)

    def _find_region(self, mask: Mask) -> str:
        for key, region in self._regions.items():
            if np.array_equal(region.values, mask):
                return key
            if np.array_equal(1 - region.values, mask):
                return f"-{key}"
        return ""

    def add_mask_file(self, number: int, name: str, data: bytes) -> None:
        """Add a mask from the bytes of a picture file, and choose it for a row.

        If it cannot be used, `notice` has the error and the choice stays as it was.
        """
        try:
            mask, odd = mask_from_file(name, data)
        except Exception as error:  # noqa: BLE001 - it is shown, and another file can be chosen
            self.notice = error_message(error)
        else:
            code = f"sl.load_mask({string_literal(name)})"
            self.add_mask(display_name(PurePath(name).stem), mask, code, number)
            self.notice = self.notice or odd

    def add_painting_file(self, number: int, name: str, data: bytes) -> None:
        """Add a painting from the bytes of a file, and choose it for a row."""
        try:
            key = self.paintings.add_choice(choice_from_file(name, data))
        except Exception as error:  # noqa: BLE001 - it is shown, and another file can be chosen
            self.notice = error_message(error)
        else:
            self.choose(number, key)
            self.notice = self.notice or file_notes(name, data)

    def _draw_for(self, number: int) -> None:
        if number == KEEP or self.style_choice(number):
            self.on_draw(number)

    def prepare_samples(self) -> bool:
        """Load one painting in advance; False if none is left."""
        for style_choice in self.style_choices:
            if not style_choice.painting.is_ready:
                style_choice.painting.load()
                return True
        return False

    # State

    def _change(self, number: int, **changes: Any) -> None:
        with self._lock:
            rows = self._rows
            if number in {row.number for row in rows}:
                changed = (replace(row, **changes) if row.number == number else row for row in rows)
                self._set_rows(tuple(changed))

    def _set_rows(self, rows: tuple[_StyleRow, ...]) -> None:
        self._rows = rows
        self.notice = ""
        self._update_traits()
        self.on_change()

    def _update_traits(self) -> None:
        with self.hold_sync():
            self.choices = self.paintings.choices if len(self._rows) > 1 else []
            self.rows = [
                {
                    "number": row.number,
                    "name": style_choice.painting.name,
                    "painting": style_choice.painting.key,
                    "share": row.share,
                    "place": row.place,
                }
                for row, style_choice in zip(self._rows, self.style_choices, strict=True)
            ]
            self.summary = self._summary()

    def _summary(self) -> str:
        paintings = len(self._rows)
        masks = sum(bool(place) for place in (self.keep, *(row.place for row in self._rows)))
        words = "one painting" if paintings == 1 else f"{paintings} paintings"
        return f"{words}, {'one mask' if masks == 1 else f'{masks} masks'}" if masks else words

    def _on_chooser_change(self, _change: object) -> None:
        with self._lock:
            self._update_traits()

    def _on_message(self, _widget: object, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        if content.get("add") is True and len(self._rows) < MAX_PAINTINGS:
            self.add()
        number = content.get("row")
        if not isinstance(number, int):
            return
        handlers: dict[str, tuple[Any, Callable[[Any], object]]] = {
            "remove": (bool, lambda _: self.remove(number)),
            "draw": (bool, lambda _: self._draw_for(number)),
            "painting": (str, lambda key: self.choose(number, key)),
            "share": (int | float, lambda share: self.set_share(number, share)),
            "place": (str, lambda place: self.set_region(number, place)),
        }
        data = self._uploads.add_part(content, buffers)
        if data is not None:
            handlers |= {
                "mask_file": (str, lambda name: self.add_mask_file(number, name, data)),
                "painting_file": (str, lambda name: self.add_painting_file(number, name, data)),
            }
        for name, (kind, follow) in handlers.items():
            if isinstance(content.get(name), kind):
                follow(content[name])
                return
