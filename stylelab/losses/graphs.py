"""Compiled graphs, kept for the next loss that computes the same.

To compile a graph takes as long as ten steps at 128 px. What it computes depends on the layers and on
the kinds of terms. Pictures and their sizes, masks, targets and the network's weights are what it is
given. So a run compiles once for all its sizes, and the next run with the same layers not at all.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from stylelab.losses.term import Part
    from stylelab.network.vgg19 import VGG19

MAX_GRAPHS = 16
"""How many are kept, the last ones used; each holds some megabytes."""

_graphs: OrderedDict[Hashable, Any] = OrderedDict()
_lock = Lock()


def compile_graph(
    function: Callable[..., Any],
    signature: Sequence[Any],
    network: VGG19 | None,
    parts: Sequence[Part],
) -> Any:
    """Compile a function of tensors, a `ConcreteFunction`, unless one is kept that computes the same.

    Args:
        function: a method of an objective, which depends on the network's layers and on the parts'
            layers and terms, and on what it is called with.
        signature: `TensorSpec`s of its arguments, nested.
        network: that the parts look through.
        parts: see `Objective`.
    """
    if not is_shared(parts):
        return _trace(function, signature)
    key = (
        function.__qualname__,
        network and (network.layers, network.pooling, network.padding_mode),
        *((part.term.graph_key, part.layer) for part in parts),
        repr(signature),
    )
    with _lock:
        graph = _graphs.pop(key) if key in _graphs else _trace(function, signature)
        _graphs[key] = graph
        if len(_graphs) > MAX_GRAPHS:
            _graphs.popitem(last=False)
    return graph


def is_shared(parts: Sequence[Part]) -> bool:
    """Whether other losses may use the graph: it is given all that is theirs with each call."""
    return all(part.term.graph_key is not None for part in parts)


def _trace(function: Callable[..., Any], signature: Sequence[Any]) -> Any:
    compiled = import_tensorflow().function(
        function, autograph=False
    )  # Python's own loops are meant
    # The one graph itself: TensorFlow warns of "retracing" where several losses are made at one place
    # of a program, although each is traced once.
    return compiled.get_concrete_function(*signature)
