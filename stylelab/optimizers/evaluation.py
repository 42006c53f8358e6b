"""A loss evaluated at one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
    LossFunction = Callable[[Any], "Evaluation | tuple[float, Any]"]


class Evaluation(NamedTuple):
    """Loss, terms and gradient at one picture.

    Attributes:
        loss: the sum of the terms.
        terms: contribution of each term by name, its weight included.
        gradient: of the loss with respect to the picture, (H, W, 3), float32.

    ```python
    loss = sl.content(photo) + 10 * sl.style(painting)
    evaluation = loss(photo)
    evaluation.terms["content"]  # 0.0: it is the photo
    ```
    """

    loss: float
    terms: Mapping[str, float]
    gradient: NDArray[np.float32]
