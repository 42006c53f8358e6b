"""Feature maps → numbers that do not know where: what of a layer's maps counts as style.

A layer gives N numbers at each of M positions: M points in a space of N dimensions. Style is how these
points are spread, whatever their places. The Gram matrix is one way to say it, and not all of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from stylelab._tensorflow import import_tensorflow
from stylelab.gram import gram_sums

if TYPE_CHECKING:
    from collections.abc import Mapping

StatisticName = Literal["gram"]


class Statistic(ABC):
    """A way to measure how a layer's points are spread, and how far two spreads are apart.

    Attributes:
        additive: whether what is measured of two halves of a picture adds up to that of the whole.
    """

    additive: bool = True

    @abstractmethod
    def measure(self, maps: Any, weights: Any = None) -> tuple[Any, ...]:
        """Measure a layer's maps, on tensors: gradients flow through it.

        Args:
            maps: shape (rows, columns, N).
            weights: shape (rows, columns), in [0, 1]: how much each position counts; all fully without.
        """

    @abstractmethod
    def distance(self, measured: tuple[Any, ...], target: tuple[Any, ...]) -> Any:
        """Compute how far apart two measures are: 0 if alike, about 1 if the first is of nothing."""


class Gram(Statistic):
    """Which channels fire together: ‖G − A‖² / ‖A‖², with the Gram matrices per position."""

    def measure(self, maps: Any, weights: Any = None) -> tuple[Any, ...]:
        """Sum up f·fᵀ and the weights: shapes (N, N) and ()."""
        return gram_sums(maps, weights)

    def distance(self, measured: tuple[Any, ...], target: tuple[Any, ...]) -> Any:
        """Compare two Gram matrices, relative to the second."""
        tensorflow = import_tensorflow()
        gram, wanted = measured[0] / measured[1], target[0] / target[1]
        squares = tensorflow.reduce_sum(tensorflow.square(gram - wanted))
        return squares / energy(wanted)


def energy(target: Any) -> Any:
    """‖target‖², kept from 0: a layer may be silent for a black picture and random weights."""
    tensorflow = import_tensorflow()
    return tensorflow.maximum(tensorflow.reduce_sum(tensorflow.square(target)), 1e-12)


STATISTICS: Mapping[StatisticName, Statistic] = MappingProxyType({"gram": Gram()})
"""The statistics by name."""
