"""Pictures that go through the network only when asked for: steps of a run, the reader's others."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from stylelab.panels.explorer.feature_maps import QuantisedMaps, iterate_layers, quantise_maps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylelab.network.vgg19 import VGG19
    from stylelab.panels.explorer.request_queue import Request
    from stylelab.pictures.images import Picture

MAX_CACHED_LAYERS = 2
"""How many layers' maps are kept: one layer of one picture is 11 MB at most, all layers 52 MB."""


class LazyMaps:
    """Pictures and, of the layers asked for lately, their maps.

    Args:
        network: `VGG19(*LAYERS)`.
        pictures: (H, W, 3) each.
        doing: what to tell while they are looked at, such as "looking at the steps".
    """

    def __init__(self, network: VGG19, pictures: Sequence[Picture], progress_note: str) -> None:
        self.pictures = tuple(pictures)
        self._network = network
        self._doing = progress_note
        self._kept: OrderedDict[str, list[QuantisedMaps]] = OrderedDict()

    def maps_at(self, layer: str, request: Request) -> list[QuantisedMaps]:
        """Give every picture's maps at a layer, from memory or by a forward pass as far as there."""
        if layer in self._kept:
            self._kept.move_to_end(layer)
            return self._kept[layer]
        while len(self._kept) >= MAX_CACHED_LAYERS:
            self._kept.popitem(last=False)
        found = []
        for number, picture in enumerate(self.pictures):
            note = f"{self._doing}: {number + 1} of {len(self.pictures)}"
            request.send_progress(number / len(self.pictures), note)
            for _, tensor in iterate_layers(self._network, picture, (layer,)):
                found.append(quantise_maps(tensor))
        self._kept[layer] = found
        return found
