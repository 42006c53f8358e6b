"""Compare coarse to fine with painting at the full size, at equal work: a table for notebook 12.

The table lies beside this file and takes a quarter of an hour to make again, on two quiet cores:

    python -m stylelab.course.coarse_to_fine
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.losses.content import content
from stylelab.losses.judge import grain
from stylelab.losses.style import style
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import resize_to
from stylelab.samples.catalogue import sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import Picture

TABLE = Path(__file__).with_suffix(".json")

PAIRS = (
    ("cat", "swirling_night", 2),
    ("coffee", "woodcut_waves", 2),
    ("astronaut", "stained_glass", 2),
    ("cat", "swirling_night", 1),
    ("rocket", "brush_garden", 2),
    ("coffee", "swirling_night", 2),
)
"""Photo, style picture and scale of its strokes."""

WORKS = (8, 16, 32, 64)
"""Work of a run, in steps at the full size. A step at half the size is a quarter of one."""

GRAIN_WORKS = (16, 64)
"""Works at which the grain is measured as well."""

SIZE, STYLE_WEIGHT = 256, 20


@dataclass(frozen=True)
class Comparison:
    """Losses and grain of one photo and style, painted both ways, by work.

    Attributes:
        photo: name of the sample.
        style: name of the style picture.
        scale: how much it was enlarged.
        direct: loss at the full size after so many steps there.
        fine: loss at the full size, where half of the work went into the picture of half the size.
        direct_grain: mean difference of neighbouring pixels, in units of 1/255, of the first.
        fine_grain: the same of the second.
    """

    photo: str
    style: str
    scale: int
    direct: Mapping[int, float]
    fine: Mapping[int, float]
    direct_grain: Mapping[int, float]
    fine_grain: Mapping[int, float]

    @property
    def name(self) -> str:
        """Photo, style and scale in a few words."""
        return f"{self.photo}, {self.style.replace('_', ' ')} × {self.scale}"

    @property
    def ratios(self) -> dict[int, float]:
        """Loss of coarse to fine divided by that of the direct way, by work: below 1 it is ahead."""
        return {work: self.fine[work] / self.direct[work] for work in self.direct}


def load_comparisons() -> list[Comparison]:
    """Load the stored table: six pairs of a photo and a style."""
    rows = json.loads(TABLE.read_text("utf-8"))
    return [Comparison(**{name: _by_number(value) for name, value in row.items()}) for row in rows]


def compare(
    photo: str, painting: str, scale: int, *, size: int = SIZE, works: tuple[int, ...] = WORKS
) -> Comparison:
    """Paint one photo both ways, at each of several amounts of work.

    Args:
        photo: name of a sample.
        painting: name of a style picture.
        scale: enlargement of the style picture.
        size: long side of the finished picture, in pixels.
        works: even numbers of steps at that size.
    """
    large, small = sample(photo, size=size), sample(photo, size=size // 2)
    both = content(sample(photo)) + STYLE_WEIGHT * style(sample(painting), scale=scale)
    loss = both.with_size(*large.shape[:2])
    direct = _steps_at(lbfgs(loss, start=large, steps=max(works)), works)
    coarse_loss = both.with_size(*small.shape[:2])
    # A quarter of the pixels: 2 × work steps there are half of the work.
    doubled = [2 * work for work in works]
    coarse = _steps_at(lbfgs(coarse_loss, start=small, steps=max(doubled)), doubled)
    fine = {}
    for work in works:
        start = resize_to(coarse[2 * work].image, *large.shape[:2])
        *_, fine[work] = lbfgs(loss, start=start, steps=work // 2)
    return Comparison(
        photo,
        painting,
        scale,
        {work: step.loss for work, step in direct.items()},
        {work: step.loss for work, step in fine.items()},
        {work: _saved_grain(direct[work].image) for work in works if work in GRAIN_WORKS},
        {work: _saved_grain(fine[work].image) for work in works if work in GRAIN_WORKS},
    )


def _steps_at(steps: Iterator[Step], numbers: Sequence[int]) -> dict[int, Step]:
    """Take the steps of some numbers, or the last one if there are fewer."""
    taken: dict[int, Step] = {}
    for step in steps:
        taken |= {number: step for number in numbers if step.iteration <= number}
    return taken


def _saved_grain(picture: Picture) -> float:
    return grain(to_uint8(picture).astype(np.float32) / np.float32(255))


def _by_number(value: Any) -> Any:
    """JSON has no numbers as keys."""
    return {int(key): each for key, each in value.items()} if isinstance(value, dict) else value


def main() -> None:
    """Make the table again."""
    rows = [asdict(compare(*pair)) for pair in PAIRS]
    rounded = json.loads(json.dumps(rows), parse_float=lambda digits: round(float(digits), 3))
    TABLE.write_text(json.dumps(rounded, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
