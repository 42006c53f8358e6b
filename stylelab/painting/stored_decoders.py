"""Train the decoders that come along, in about ten minutes on two cores:

    python -m stylelab.painting.stored_decoders

They learn from the photographs among the samples, without the cat and the coffee: so the course can try
them on photographs that they never saw.
"""

from __future__ import annotations

from pathlib import Path

from stylelab.painting.decoder_files import STORED_DECODERS, save_decoder
from stylelab.painting.decoder_training import train_decoder
from stylelab.painting.training_photos import SAMPLE_PHOTOS

HELD_OUT = ("cat", "coffee")
"""Photographs that the stored decoders do not learn from."""

STEPS = {"block1_conv1": 60, "block2_conv1": 200, "block3_conv1": 400}
WIDTHS = {"block1_conv1": 16, "block2_conv1": 16, "block3_conv1": 18}


def train_stored(folder: Path = STORED_DECODERS) -> None:
    """Train the decoder of each layer, and save it with a log of its loss."""
    photos = [name for name in SAMPLE_PHOTOS if name not in HELD_OUT]
    for layer, steps in STEPS.items():
        lines = ["step  pixels  features"]
        for step in train_decoder(layer, photos, steps=steps, width=WIDTHS[layer]):
            if step.iteration == 1 or step.iteration % 25 == 0:
                numbers = (f"{step.terms[name]:9.4f}" for name in ("pixels", "features"))
                lines.append(f"{step.iteration:4}{''.join(numbers)}")
        save_decoder(folder / layer, step.decoder)
        (folder / f"{layer}.txt").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    STORED_DECODERS.mkdir(exist_ok=True)
    train_stored()
