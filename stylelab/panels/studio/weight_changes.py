"""Changes of weights during a run, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylelab.panels.messages import format_number
from stylelab.panels.studio.presets import layer_weights_of
from stylelab.pipeline.settings import WEIGHT_SETTINGS

if TYPE_CHECKING:
    from stylelab.pipeline.settings import Settings


@dataclass(frozen=True)
class WeightChange:
    """A change of weights during a run.

    Attributes:
        record: index in the history of the first record with the new weights.
        text: the change in words: "style weight 10 → 30".
    """

    record: int
    text: str


def describe_weight_changes(before: Settings, after: Settings) -> str:
    """Weights that differ, in words: "style weight 10 → 30, style layer block1_conv1 1 → 2"."""
    old, new = _weights(before), _weights(after)
    return ", ".join(
        f"{name} {format_number(old[name])} → {format_number(new[name])}"
        for name in old
        if name in new and old[name] != new[name]
    )


def _weights(settings: Settings) -> dict[str, float]:
    weights = {name.replace("_", " "): getattr(settings, name) for name in WEIGHT_SETTINGS}
    for kind, layers in reversed(layer_weights_of(settings).items()):
        prefix = kind.replace("_layers", " layer")
        weights |= {f"{prefix} {name}": weight for name, weight in layers.items()}
    return weights
