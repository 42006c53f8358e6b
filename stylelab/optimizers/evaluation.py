"""A loss at one picture: its value, what each term adds, and the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
    LossFunction = Callable[[Any], "Evaluation | tuple[float, Any]"]


class Evaluation(NamedTuple):
    """A loss at one picture.

    Attributes:
        loss: the sum of the terms.
        terms: what each term adds to it, by name, its weight included.
        gradient: how the loss changes with each value of the picture, (H, W, 3), float32.
    """

    loss: float
    terms: Mapping[str, float]
    gradient: NDArray[np.float32]
