"""Fit the decoders that come along.

This makes them again, in about two minutes on two cores:

    python -m stylelab.painting.stored_decoders

They are fitted to the photographs among the samples, without the cat and the coffee: so the course can
try them on photographs that they never saw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylelab.painting.decoder import fit_decoder
from stylelab.painting.decoder_files import STORED_DECODERS, save_decoder
from stylelab.painting.training_photos import SAMPLE_PHOTOS

if TYPE_CHECKING:
    from pathlib import Path

HELD_OUT = ("cat", "coffee")
"""Photographs that the stored decoders were not fitted to."""

CROPS = {"block1_conv1": 10, "block2_conv1": 20, "block3_conv1": 40}
"""Layers that decoders come along for, and how many crops each is fitted to: deeper ones have fewer
positions in a crop, and more weights."""


def fit_stored(folder: Path = STORED_DECODERS) -> None:
    """Fit the decoder of each layer, and save it."""
    photos = [name for name in SAMPLE_PHOTOS if name not in HELD_OUT]
    for layer, crops in CROPS.items():
        save_decoder(folder / layer, fit_decoder(layer, photos, crops=crops))


if __name__ == "__main__":
    STORED_DECODERS.mkdir(exist_ok=True)
    fit_stored()
