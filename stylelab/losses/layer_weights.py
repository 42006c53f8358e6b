"""Which layers a term compares, and how much each counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from stylelab.errors import SettingsError
from stylelab.network.layer_facts import sort_by_depth
from stylelab.pictures.validation import as_float

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stylelab.losses.formulations import Formulation

Layers = str | Sequence[str] | Mapping[str, float]

CONTENT_LAYERS = ("block4_conv2",)
"""Where Gatys et al. 2016 compare content."""

STYLE_LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))
"""Where Gatys et al. 2016 compare style."""


MAX_WEIGHT = 3.4e38
"""What float32 can hold."""


def make_layer_weights(
    layers: Layers, kind: Literal["content", "style"], formulation: Formulation = "relative"
) -> Mapping[str, float]:
    """Weight of each layer by name, in order of depth: those given, or the formulation's default.

    Raises:
        LayerError, SettingsError: the layers or their weights are not what they should be.
    """
    default = 0.2 if kind == "style" and formulation == "gatys2016" else 1.0
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    given = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(names, default)
    ordered = {name: given[name] for name in sort_by_depth(names)}
    if not all(map(is_weight, ordered.values())) or not any(ordered.values()):
        raise SettingsError(
            "Expected layers with weights that are finite, at least 0, and not all 0. "
            f"Received: {ordered}."
        )
    return MappingProxyType({name: float(value) for name, value in ordered.items()})


def validate_weights(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weights of a loss; raise a `SettingsError` if all of them are 0."""
    if weights.size and not weights.any():
        raise SettingsError(
            "Expected a loss with a weight above 0. Received: 0 for every term, which leaves nothing "
            "to paint towards."
        )
    return weights


def is_weight(value: object) -> bool:
    """Whether a value is a number that float32 can hold, at least 0."""
    return 0 <= as_float(value) <= MAX_WEIGHT
