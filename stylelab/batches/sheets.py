"""Pictures of a batch side by side: contact sheets, and a grid of two settings with their values."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from stylelab.batches.jobs import count_text
from stylelab.batches.table import (
    job_values,
    select_records,
    validate_job_name,
    value_text,
    value_texts,
    varying_names,
)
from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.contact_sheet import caption_font, contact_sheet, shorten_line
from stylelab.pictures.encoding import encode_png, to_uint8
from stylelab.pictures.images import MAX_PIXELS, load_image, resize
from stylelab.pictures.notebook_output import mimebundle
from stylelab.pictures.saving import save_image
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from stylelab.batches.jobs import JobRecord
    from stylelab.pictures.images import Picture

MAX_ON_SHEET = 60
"""Pictures on a contact sheet; more go on another."""

STATE_WORDS = {"failed": "failed", "interrupted": "interrupted", "waiting": "not yet"}
"""What stands in a cell that has no picture."""

_INK, _FAINT, _EMPTY = (38, 50, 63), (96, 108, 120), (240, 242, 244)


@dataclass(frozen=True, eq=False)
class PictureGrid:
    """Pictures in rows and columns, each with its value; a notebook shows it.

    ```python
    result = sl.batch("cat", "swirling_night", output="results", seed=[0, 1], size=64, dry_run=True)
    grid = result.grid(rows="painting", columns="seed")
    grid.save("seeds.png")
    ```

    Attributes:
        image: the picture (H, W, 3), RGB, in [0, 1].
        alt: what it shows, in words.
    """

    image: Picture = field(repr=False)
    alt: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save it as a picture; see `save_image`."""
        return save_image(path, self.image)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, Any]]:
        return mimebundle(encode_png(self.image), "image/png", self.alt)


def make_grid(
    records: Sequence[JobRecord],
    rows: str,
    columns: str,
    *,
    size: int = 200,
    **chosen: Any,
) -> PictureGrid:
    """Pictures by two settings, with their names and values.

    Args:
        records: of the jobs.
        rows: `"photo"`, `"painting"` or a setting. Values are in the order of the records.
        columns: another of them.
        size: longer side of each picture, in pixels, at least 32.
        chosen: values of what else the jobs differ in: of several photos, which.

    Raises:
        SettingsError: there is no such setting, or a cell would have several pictures.
        PictureError: one of the pictures cannot be read.
    """
    validate_whole_number("size", size, at_least=32, unit="pixels")
    for name in (rows, columns):
        validate_job_name(name, records)
    if rows == columns:
        raise SettingsError(f"Expected two settings. Received: {rows!r} for rows and columns.")
    records = select_records(records, chosen)
    values = [job_values(record) for record in records]
    keys = [tuple(json.dumps(one[name]) for name in (rows, columns)) for one in values]
    cells = dict(zip(keys, records, strict=True))
    if len(cells) < len(records):
        _raise_ambiguous(records, (rows, columns))
    row_keys, column_keys = (list(dict.fromkeys(several)) for several in zip(*keys, strict=True))
    if len(row_keys) * len(column_keys) * size**2 > MAX_PIXELS:
        raise SettingsError(
            f"Expected a grid of at most {MAX_PIXELS // 1_000_000} megapixels. Received: "
            f"{len(row_keys)} × {len(column_keys)} pictures of {size} px. Choose a smaller size."
        )
    row_texts, column_texts = (
        value_texts([json.loads(key) for key in several]) for several in (row_keys, column_keys)
    )
    table = [[cells.get((row, column)) for column in column_keys] for row in row_keys]
    image = _draw_grid(table, (rows, columns), row_texts, column_texts, size)
    states = [record.state for record in records]
    alt = (
        f"Grid of {count_text(states.count('done'), 'picture')}: {setting_words(rows)} "
        f"{', '.join(row_texts)} from top to bottom, {setting_words(columns)} "
        f"{', '.join(column_texts)} from left to right."
    )
    return PictureGrid(image, alt)


def make_sheets(records: Sequence[JobRecord], by: str = "photo") -> dict[str, Picture]:
    """Contact sheets of the finished pictures, by the value of one setting, or by photo or painting.

    Args:
        records: of the jobs.
        by: what all pictures on a sheet share. Captions say what else they differ in.

    Returns:
        The sheets (H, W, 3) by that value; where there are more than 60 pictures, on several sheets,
        with their numbers.

    Raises:
        SettingsError: there is no such setting.
        PictureError: one of the pictures cannot be read.
    """
    validate_job_name(by, records)
    done = [record for record in records if record.picture is not None]
    values = [job_values(record)[by] for record in done]
    groups: dict[str, list[JobRecord]] = {}
    for text, record in zip(value_texts(values), done, strict=True):
        groups.setdefault(text, []).append(record)
    names = [name for name in varying_names(records) if name != by]
    sheets = {}
    for text, group in groups.items():
        captions = describe_jobs(group, names)
        for start in range(0, len(group), MAX_ON_SHEET):
            part = slice(start, start + MAX_ON_SHEET)
            pictures = dict(
                zip(captions[part], [load_small(one, 256) for one in group[part]], strict=True)
            )
            number = "" if len(group) <= MAX_ON_SHEET else f" {start // MAX_ON_SHEET + 1}"
            sheets[f"{text}{number}"] = contact_sheet(pictures)
    return sheets


def describe_jobs(records: Sequence[JobRecord], names: Sequence[str]) -> list[str]:
    """A caption for each job, none twice: its values of these names."""
    texts = {name: value_texts([job_values(one)[name] for one in records]) for name in names}
    captions = []
    for number, record in enumerate(records):
        words = [
            texts[name][number]
            if name in ("photo", "painting")
            else f"{setting_words(name)} {texts[name][number]}".replace(" ", "\xa0")
            for name in names
        ]
        caption = ", ".join(words) or value_text(record.job["photo"])
        captions.append(f"{caption} ({record.name[-4:]})" if caption in captions else caption)
    return captions


def setting_words(name: str) -> str:
    """A setting's name in a text."""
    return name.replace("_", " ")


def load_small(record: JobRecord, size: int) -> Picture:
    """A job's picture, of a longer side of at most `size` pixels.

    Raises:
        PictureError: it has none, or it cannot be read.
    """
    if record.picture is None:
        raise PictureError(
            f"Expected a job with a picture. Received: {record.name}, which is {record.state}."
        )
    try:
        changed = record.picture.stat().st_mtime_ns
    except OSError:  # loading it says why
        changed = 0
    return _load_small(record.picture, size, changed)


@lru_cache(maxsize=100)  # a live grid draws the same pictures again and again
def _load_small(path: Path, size: int, _changed: int) -> Picture:
    image = load_image(path)
    small = resize(image, size) if max(image.shape[:2]) > size else image
    small.flags.writeable = False
    return small


def _raise_ambiguous(records: Sequence[JobRecord], axes: tuple[str, str]) -> None:
    left = {
        name: dict.fromkeys(value_texts([job_values(one)[name] for one in records]))
        for name in varying_names(records)
        if name not in axes
    }
    words = "; ".join(f"{name} {', '.join(texts)}" for name, texts in left.items())
    name, texts = next(iter(left.items()), ("name", {records[0].name: None}))
    raise SettingsError(
        f"Expected one picture for each cell. Received: several, of {words or 'one name'}. "
        f"Choose one, as in {name}={next(iter(texts))!r}."
    )


def _draw_grid(
    table: Sequence[Sequence[JobRecord | None]],
    axes: tuple[str, str],
    row_texts: Sequence[str],
    column_texts: Sequence[str],
    size: int,
) -> Picture:
    """The grid (H, W, 3), with the names of both settings and all values."""
    font = caption_font(max(11, round(0.075 * size)))
    line, gap = round(1.7 * font.size), max(4, size // 32)
    pictures = [
        [None if one is None or one.picture is None else load_small(one, size) for one in row]
        for row in table
    ]
    heights = [
        max([len(one) for one in row if one is not None], default=size * 2 // 3) for row in pictures
    ]
    row_names = [shorten_line(text, font, size) for text in row_texts]
    left = line + round(max(font.getlength(name) for name in row_names)) + 2 * gap
    top = 2 * line + gap
    width = left + len(column_texts) * (size + gap)
    sheet = Image.new("RGB", (width, top + sum(heights) + gap * len(heights)), "white")
    draw = ImageDraw.Draw(sheet)
    middle = (left + width - gap) / 2
    title = shorten_line(setting_words(axes[1]), font, width - left)
    draw.text((middle, line / 2), title, _FAINT, font, anchor="mm")
    for number, text in enumerate(column_texts):
        centre = left + number * (size + gap) + size / 2
        draw.text((centre, 1.5 * line), shorten_line(text, font, size), _INK, font, anchor="mm")
    y = top
    for row, cells, name, height in zip(table, pictures, row_names, heights, strict=True):
        draw.text((left - 2 * gap, y + height / 2), name, _INK, font, anchor="rm")
        for number, (record, picture) in enumerate(zip(row, cells, strict=True)):
            x = left + number * (size + gap)
            if picture is not None:
                at = x + (size - picture.shape[1]) // 2, y + (height - len(picture)) // 2
                sheet.paste(Image.fromarray(to_uint8(picture)), at)
                continue
            draw.rectangle((x, y, x + size - 1, y + height - 1), _EMPTY)
            words = "" if record is None else STATE_WORDS.get(record.state, record.state)
            draw.text((x + size / 2, y + height / 2), words, _FAINT, font, anchor="mm")
        y += height + gap
    title = shorten_line(setting_words(axes[0]), font, y - top)
    upright = Image.new("RGB", (y - top, line), "white")
    place = ((y - top) / 2, line / 2)
    ImageDraw.Draw(upright).text(place, title, _FAINT, font, anchor="mm")
    sheet.paste(upright.rotate(90, expand=True), (0, top))
    return np.asarray(sheet, np.float32) / np.float32(255)
