"""Maps of pictures that are computed on demand: steps of a run, and further pictures."""

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
"""Number of cached layers: one layer of one picture is 11 MB at most, all layers 52 MB."""


class LazyMaps:
    """Pictures, and a cache of their maps at the layers requested last.

    Args:
        network: `VGG19(*LAYERS)`.
        pictures: (H, W, 3) each.
        progress_note: sent while maps are computed, such as "computing maps of the steps".
    """

    def __init__(self, network: VGG19, pictures: Sequence[Picture], progress_note: str) -> None:
        self.pictures = tuple(pictures)
        self._network = network
        self._progress_note = progress_note
        self._cache: OrderedDict[str, list[QuantisedMaps]] = OrderedDict()

    def maps_at(self, layer: str, request: Request) -> list[QuantisedMaps]:
        """Maps of every picture at a layer, from the cache or by a forward pass to this layer."""
        if layer in self._cache:
            self._cache.move_to_end(layer)
            return self._cache[layer]
        while len(self._cache) >= MAX_CACHED_LAYERS:
            self._cache.popitem(last=False)
        found = []
        for number, picture in enumerate(self.pictures):
            note = f"{self._progress_note}: {number + 1} of {len(self.pictures)}"
            request.send_progress(number / len(self.pictures), note)
            for _, tensor in iterate_layers(self._network, picture, (layer,)):
                found.append(quantise_maps(tensor))
        self._cache[layer] = found
        return found
