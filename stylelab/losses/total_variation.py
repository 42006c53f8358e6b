"""Total variation: differences between neighbouring pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from stylelab.errors import SettingsError
from stylelab.losses.loss import Loss
from stylelab.losses.term import Target, Term
from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from stylelab.losses.term import TargetMaps
    from stylelab.network.tensorflow import Tensor


def total_variation(kind: Literal["squared", "absolute"] = "squared") -> Loss:
    """Ask for a smooth picture: the sum of differences between neighbours, per value of the picture.

    ```python
    loss = sl.style("swirling_night") + 0.1 * sl.total_variation()
    ```

    Args:
        kind: papers and programs disagree, sometimes with themselves. `"squared"` sums (a−b)² (as
            in Mahendran and Vedaldi 2015, arXiv:1412.0035, with β = 2), `"absolute"` sums |a−b|
            (anisotropic, as TensorFlow's `total_variation`). Both are divided by H·W·3 here.

    Raises:
        SettingsError: the kind is unknown.
    """
    if kind not in ("squared", "absolute"):
        raise SettingsError(f"Expected kind 'squared' or 'absolute'. Received: {kind!r}.")
    return Loss(((1.0, TotalVariationTerm(kind)),))


@dataclass(frozen=True, eq=False)
class TotalVariationTerm(Term):
    """How much neighbouring pixels differ. Made by `total_variation`."""

    kind: Literal["squared", "absolute"] = "squared"
    name: ClassVar[str] = "total_variation"  # type: ignore[misc]

    def targets(
        self,
        maps: TargetMaps,  # noqa: ARG002
        shape: tuple[int, int, int],
    ) -> Mapping[str | None, Target]:
        """Number of values: the picture is compared with itself."""
        return {None: Target(constants=(float(math.prod(shape)),))}

    @property
    def graph_key(self) -> Hashable:
        """The kind of differences."""
        return ("total_variation", self.kind) if type(self) is TotalVariationTerm else None

    def sums(
        self,
        values: Tensor,
        weights: Tensor | None = None,
        target: Tensor | None = None,  # noqa: ARG002
    ) -> tuple[Tensor, ...]:
        """Sum of differences down and across, a scalar; each is that of its first pixel."""
        tensorflow = import_tensorflow()
        size = tensorflow.square if self.kind == "squared" else tensorflow.abs
        if weights is None:
            down, across = size(values[1:] - values[:-1]), size(values[:, 1:] - values[:, :-1])
        else:
            down = weights[:-1, :, None] * size(values[1:] - values[:-1])
            across = weights[:, :-1, None] * size(values[:, 1:] - values[:, :-1])
        return (tensorflow.reduce_sum(down) + tensorflow.reduce_sum(across),)

    def distance(self, sums: tuple[Tensor, ...], constants: tuple[Any, ...]) -> Tensor:
        """Mean difference, per value of the picture."""
        return sums[0] / constants[0]
