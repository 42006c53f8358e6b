"""Measurement behind a table of notebook 13: stray colours by statistic, painted to convergence.

Mosaics of light (white, red, green, blue) or of ink (black, cyan, magenta, yellow) are painted from
noise, by each statistic and from several noises. A pixel is stray if the nearest corner of the colour
cube is a colour of the other mosaic. The shares are stored in `stray_colours.json`; this makes them
again, in ten to fifteen minutes:

    python -m stylelab.course.stray_colours
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.losses.statistics import STATISTICS, StatisticName
from stylelab.losses.style import style
from stylelab.optimizers.lbfgs import lbfgs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stylelab.pictures.images import Picture

TABLE = Path(__file__).with_suffix(".json")
"""The stored table."""

COLOURS = {
    "light": ((1.0, 1.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "ink": ((0.0, 0.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)),
}
"""The colours of each mosaic: the corners of the cube with an odd or an even number of ones."""

LAYERS = tuple(f"block{block}_conv1" for block in (1, 2, 3, 4))
SEEDS = (0, 1, 2)
CHECKED_AFTER = (20, 40, 80, 160, 320)
"""Steps after which stray colours are counted."""


def colour_mosaic(name: str, *, tiles: int = 8, side: int = 8, seed: int = 1) -> Picture:
    """Return a mosaic of square tiles, as many of each colour, in random order.

    Args:
        name: `"light"` or `"ink"`.
        tiles: tiles in a row, and rows.
        side: side of a tile, in pixels.
        seed: seed of the order.
    """
    each = np.repeat(np.array(COLOURS[name], np.float32), tiles * tiles // 4, axis=0)
    shuffled = np.random.default_rng(seed).permutation(each).reshape(tiles, tiles, 3)
    return np.asarray(shuffled.repeat(side, axis=0).repeat(side, axis=1), np.float32)


def stray_share(picture: Picture, name: str) -> float:
    """Return the share of pixels whose nearest corner of the cube is a colour of the other mosaic."""
    ones = np.rint(picture).sum(-1).astype(int)
    return float(np.mean(ones % 2 == (0 if name == "light" else 1)))


def measure_run(
    name: str, statistic: StatisticName, seed: int, checked_after: Iterable[int] = CHECKED_AFTER
) -> dict[str, Any]:
    """Paint one mosaic from noise, and return the stray share and the loss after some steps."""
    target = colour_mosaic(name)
    noise = np.random.default_rng(seed).uniform(0.25, 0.75, target.shape).astype(np.float32)
    checked = sorted(checked_after)
    strays, losses = [], []
    for step in lbfgs(style(target, LAYERS, statistic=statistic), start=noise, steps=checked[-1]):
        if step.iteration in checked:
            strays.append(round(stray_share(step.image, name), 4))
            losses.append(float(f"{step.loss:.4g}"))
    return {
        "mosaic": name,
        "statistic": statistic,
        "seed": seed,
        "steps": checked[: len(strays)],
        "stray": strays,
        "loss": losses,
    }


def load_runs() -> list[dict[str, Any]]:
    """Return the stored runs; the keys are those of `measure_run`."""
    runs: list[dict[str, Any]] = json.loads(TABLE.read_text("utf-8"))
    return runs


def save_runs(runs: list[dict[str, Any]]) -> None:
    """Store runs, one in a line."""
    lines = ",\n".join(json.dumps(run) for run in runs)
    TABLE.write_text(f"[\n{lines}\n]\n", "utf-8")


if __name__ == "__main__":
    done: list[dict[str, Any]] = []
    for seed in SEEDS:
        for name in COLOURS:
            for statistic in STATISTICS:
                done.append(measure_run(name, statistic, seed))
                save_runs(done)
