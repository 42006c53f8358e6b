"""Measurement behind a table of notebook 18: how much of a style three ways of painting take on.

Each photo is painted in each style: with the painting's statistics at a layer, decoded; by the stored
network that was trained on the style; and by the optimizer, looked at after some steps. What is
measured is one number for all: the style distance of the picture, relative, as in `sl.style`. The table
is stored in `any_style_runs.json`; this makes it again, in a few minutes:

    python -m stylelab.course.any_style_runs
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab.losses.content import content
from stylelab.losses.style import style
from stylelab.network.vgg19 import VGG19
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.painting.decoder_files import load_decoder
from stylelab.painting.feature_transforms import adain, whiten_and_colour
from stylelab.painting.paint import paint
from stylelab.pictures.images import cover
from stylelab.samples.catalogue import sample

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture

TABLE = Path(__file__).with_suffix(".json")
"""The stored table."""

PHOTOS = ("cat", "coffee")
STYLES = ("swirling_night", "stained_glass", "woodcut_waves")
LAYERS = ("block2_conv1", "block3_conv1")
SIZE, STYLE_SIZE = 128, 384
STYLE_WEIGHT = 10.0
CHECKED_AFTER = (10, 30)
"""Steps after which the optimizer's picture is measured."""


def paint_by_statistics(photo: Picture, painting: Picture, layer: str) -> dict[str, Picture]:
    """Paint a photo with a painting's statistics at a layer, by two ways, and decode it."""
    see, decode = VGG19(layer, padding_mode="symmetric"), load_decoder(layer)
    maps, target = see(photo)[layer], see(painting)[layer]
    ways = {"AdaIN": adain, "whiten, colour": whiten_and_colour}
    block = layer.partition("_")[0]
    return {f"{name}, {block}": decode(move(maps, target)) for name, move in ways.items()}


def measure_pair(photo_name: str, style_name: str) -> dict[str, Any]:
    """Return the style distance of the photo, and of what each way makes of it."""
    photo, painting = sample(photo_name, SIZE), sample(style_name, STYLE_SIZE)
    objective = (content(photo) + style(painting)).objective(photo.shape)
    pictures = {"photo": photo}
    for layer in LAYERS:
        pictures |= paint_by_statistics(photo, painting, layer)
    pictures["one pass"] = paint(photo, "seven_styles", style=style_name, progress=False).image
    weighted = partial(objective, weights=(1.0, STYLE_WEIGHT))
    for step in lbfgs(weighted, start=photo, steps=max(CHECKED_AFTER)):
        if step.iteration in CHECKED_AFTER:
            pictures[f"optimizer, {step.iteration} steps"] = step.image
    distances = {
        name: objective(cover(image, *photo.shape[:2]), (1, 1)).terms["style"]
        for name, image in pictures.items()
    }
    return {
        "photo": photo_name,
        "style": style_name,
        "distances": {name: round(value, 4) for name, value in distances.items()},
    }


def load_pairs() -> list[dict[str, Any]]:
    """Return the stored pairs, as `measure_pair` returned them."""
    pairs: list[dict[str, Any]] = json.loads(TABLE.read_text("utf-8"))
    return pairs


if __name__ == "__main__":
    rows: list[str] = []
    for photo in PHOTOS:
        for one in STYLES:
            rows.append(json.dumps(measure_pair(photo, one)))
            TABLE.write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")
