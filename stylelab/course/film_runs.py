"""Measure how films flicker that are painted in several ways: a table for notebook 19.

The table lies beside this file and takes five minutes to make again, on two quiet cores:

    python -m stylelab.course.film_runs
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylelab.course.film import (
    WAYS,
    make_film,
    mean_flicker,
    mean_loss,
    paint_film,
    paint_film_in_one_pass,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stylelab.course.film import Flow
    from stylelab.pictures.images import Picture

TABLE = Path(__file__).with_suffix(".json")

PAIRS = (
    ("cat", "swirling_night"),
    ("astronaut", "stained_glass"),
    ("coffee", "woodcut_waves"),
    ("rocket", "brush_garden"),
)
"""Photo and style picture."""

NETWORK = "seven_styles"
"""The network that paints in one pass: it has all of these styles."""

NETWORK_WAYS = {"one pass": False, "one pass, shared": True}
"""Whether the frames share the means and variances of the first."""


@dataclass(frozen=True)
class FilmRun:
    """One film, painted in one way.

    Attributes:
        photo: name of the sample that the camera moves over.
        painting: name of the style picture.
        way: one of `WAYS` or `NETWORK_WAYS`, or `"not painted"`.
        flicker: mean over frames, in gray levels; see `flicker`.
        loss: content + 10 × style, mean over all frames but the first.
    """

    photo: str
    painting: str
    way: str
    flicker: float
    loss: float


def measure_film(
    photo: str, painting: str, *, frames: int = 8, width: int = 128
) -> Iterator[FilmRun]:
    """Paint one film in every way, and yield what was measured.

    Args:
        photo: name of a sample.
        painting: name of a style of `NETWORK`.
        frames: of the film.
        width: of a frame, in pixels.
    """
    film, flow = make_film(photo, frames=frames, width=width)
    yield _measure(photo, painting, "not painted", film, film, flow)
    for way in WAYS:
        painted = list(paint_film(film, flow, painting, way))
        yield _measure(photo, painting, way, film, painted, flow)
    for name, shared in NETWORK_WAYS.items():
        painted = paint_film_in_one_pass(film, NETWORK, painting, shared=shared)
        yield _measure(photo, painting, name, film, painted, flow)


def _measure(
    photo: str, painting: str, way: str, film: list[Picture], painted: list[Picture], flow: Flow
) -> FilmRun:
    loss = mean_loss(film, painted, painting)
    return FilmRun(photo, painting, way, mean_flicker(painted, flow), loss)


def load_runs() -> list[FilmRun]:
    """Load the stored table."""
    return [FilmRun(**row) for row in json.loads(TABLE.read_text("utf-8"))]


def by_way(runs: list[FilmRun]) -> dict[str, list[FilmRun]]:
    """Return the runs of each way, in the order of the films."""
    return {
        way: [run for run in runs if run.way == way] for way in dict.fromkeys(r.way for r in runs)
    }


def format_table(runs: Mapping[str, list[FilmRun]]) -> str:
    """Return flicker and loss as lines of text: a row for each way, a column for each film."""
    films = [run.photo for run in next(iter(runs.values()))]
    lines = [f"{'flicker / loss':17}" + "".join(f"{film:>15}" for film in films)]
    for way, of_way in runs.items():
        cells = [f"{run.flicker:8.2f} /{run.loss:6.2f}" for run in of_way]
        lines.append(f"{way:17}" + "".join(f"{cell:>15}" for cell in cells))
    return "\n".join(lines)


def main() -> None:
    """Make the table again."""
    rows = [asdict(run) for pair in PAIRS for run in measure_film(*pair)]
    rounded = json.loads(json.dumps(rows), parse_float=lambda digits: round(float(digits), 3))
    lines = ",\n".join(json.dumps(row) for row in rounded)
    TABLE.write_text(f"[\n{lines}\n]\n", "utf-8")


if __name__ == "__main__":
    main()
