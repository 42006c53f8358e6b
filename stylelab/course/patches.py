"""Where three channels of the network fire most in all samples: notebook 03 tests their names with it.

The network looks at every sample in four sizes, which takes a minute; the answers are stored beside
this file. `python -m stylelab.course.patches` computes them again and writes them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylelab.network.layer_facts import extract_patch, strongest_units
from stylelab.network.vgg19 import VGG19
from stylelab.pictures.atomic_files import atomic_write
from stylelab.samples.catalogue import SAMPLES, sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stylelab.pictures.images import Picture

CHANNELS: Mapping[str, int] = {"block2_conv2": 56, "block3_conv4": 166, "block4_conv4": 171}
"""The channels that the notebook names, by layer."""

SIZES = (128, 192, 256, 384)
"""Long sides of the samples, in pixels."""

STORED = Path(__file__).with_name("channel_peaks.json")


@dataclass(frozen=True)
class Peak:
    """The unit of a channel that fires most in one sample.

    Attributes:
        layer: the channel's layer.
        channel: its number.
        name: the sample's.
        size: the sample's long side, in pixels.
        row: the unit's row in the map.
        column: its column.
        value: its activation; 0 if the channel fires nowhere.
    """

    layer: str
    channel: int
    name: str
    size: int
    row: int
    column: int
    value: float

    def patch(self) -> Picture:
        """What the unit sees: (side, side, 3), white outside the sample."""
        return extract_patch(sample(self.name, size=self.size), self.layer, self.row, self.column)


def find_peaks(
    names: Iterable[str], channels: Mapping[str, int] = CHANNELS, sizes: Sequence[int] = SIZES
) -> list[Peak]:
    """Find in some samples, in several sizes, the unit of each channel that fires most.

    Args:
        names: samples.
        channels: a channel's number by its layer's name.
        sizes: long sides, in pixels.

    Raises:
        LayerError: there is no such layer.
        PictureError: there is no such sample.
    """
    network = VGG19(*channels)
    peaks = []
    for name in names:
        for size in sizes:
            maps = network(sample(name, size=size))
            for layer, channel in channels.items():
                one = maps[layer][..., channel]
                row, column = (strongest_units(one) or [(0, 0)])[0]
                value = round(float(one[row, column]), 1)
                peaks.append(Peak(layer, channel, name, size, row, column, value))
    return peaks


def load_peaks(layer: str) -> list[Peak]:
    """The stored peaks of the channel of one layer, in all samples and sizes."""
    peaks = (Peak(**row) for row in json.loads(STORED.read_text("utf-8")))
    return [peak for peak in peaks if peak.layer == layer]


def main() -> None:
    """Compute the peaks of all samples again and store them."""
    rows = ",\n".join(json.dumps(asdict(peak)) for peak in find_peaks(SAMPLES))
    with atomic_write(STORED) as file:
        file.write(f"[\n{rows}\n]\n".encode())


if __name__ == "__main__":
    main()
