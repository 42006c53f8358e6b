"""What the browser receives when an explorer is opened: facts about layers and pictures, thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.network.layer_facts import LAYERS
from stylelab.pictures.encoding import encode_png

if TYPE_CHECKING:
    from stylelab.panels.explorer.explorer_model import ExplorerModel
    from stylelab.pictures.images import Picture


def overview(model: ExplorerModel, first_layer: str) -> dict[str, Any]:
    """Layers, pictures and settings of an explorer, for JSON."""
    layers: list[dict[str, Any]] = []
    offset = 0
    for name in model.layers:
        facts = LAYERS[name]
        strip = {}
        for key, features in model.picture_features.items():
            small = features.thumbnails[name]
            strip[key] = [*small.shape, offset]
            offset += small.size
        maps = [features.maps[name] for features in model.picture_features.values()]
        losses = model.style_losses(name)
        layers.append(
            {
                "name": name,
                "kind": "pooling" if name.endswith("pool") else "convolution",
                "channels": facts.channels,
                "stride": facts.stride,
                "receptive_field": facts.receptive_field,
                "first_centre": facts.first_centre,
                "maximum": max(float(each.maximum.max()) for each in maps),
                "mean": float(np.mean([each.mean.mean() for each in maps])),
                "shapes": {
                    key: list(features.maps[name].shape)
                    for key, features in model.picture_features.items()
                },
                "layer_style_loss": losses[model.inputs.result_or_content],
                "style_losses": losses,
                "strip": strip,
            }
        )
    return {
        "pictures": [
            {
                "key": key,
                "title": key,
                "width": image.shape[1],
                "height": image.shape[0],
                "sizes_note": _sizes_note(model.inputs.original_sizes[key], image),
            }
            for key, image in model.inputs.pictures.items()
        ],
        "layers": layers,
        "network_maximum": max(layer["maximum"] for layer in layers),
        "pooling": model.network.pooling,
        "first_layer": first_layer,
        "steps": list(model.inputs.steps),
        "others": len(model.inputs.others),
        "same_size": model.inputs.same_size,
    }


def encode_pictures(model: ExplorerModel) -> list[bytes]:
    """Each picture as the content of a PNG file."""
    return [encode_png(image) for image in model.inputs.pictures.values()]


def join_thumbnails(model: ExplorerModel) -> bytes:
    """Thumbnails of all layers and pictures, one after another; `overview` says where each begins."""
    return b"".join(
        features.thumbnails[name].tobytes()
        for name in model.layers
        for features in model.picture_features.values()
    )


def _sizes_note(original_sizes: tuple[int, int], image: Picture) -> str:
    height, width = image.shape[:2]
    if original_sizes == (height, width):
        return ""
    return f"shown at {width} × {height} pixels, given as {original_sizes[1]} × {original_sizes[0]}"
