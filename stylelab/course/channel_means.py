"""A style of channel means alone, which notebook 05 compares with that of Gram matrices.

```python
loss = channel_means(sample("swirling_night"), ("block1_conv1", "block2_conv1"))
*_, last = sl.lbfgs(loss, start=noise, steps=100)
```

A layer of N channels gives N numbers: how much each channel responds on average, and nothing about
which of them respond at the same positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stylelab.losses.layer_weights import make_layer_weights
from stylelab.losses.loss import Loss
from stylelab.losses.statistics import energy, points_and_weights, weighted_sum
from stylelab.losses.style import StyleTerm
from stylelab.network.tensorflow import import_tensorflow
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from stylelab.network.tensorflow import Tensor
    from stylelab.pictures.images import PictureSource


def channel_means(image: PictureSource, layers: Sequence[str]) -> Loss:
    """Ask for a picture whose channels have the same means as those of `image`.

    Args:
        image: the painting: a sample's name, or anything that `load_image` takes.
        layers: names of layers. The mean over them is taken, of ‖μ − ν‖² / ‖ν‖², with the painting's
            means ν: 0 for the same means, 1 for maps that are 0 everywhere, as for a Gram matrix.

    Raises:
        PictureError, LayerError: the painting or a layer cannot be used.
    """
    weights = make_layer_weights(tuple(layers), "style", "relative")
    term = ChannelMeansTerm(image=load_image_or_sample(image), layer_weights=weights)
    return Loss(((1.0, term),))


@dataclass(frozen=True, eq=False)
class ChannelMeansTerm(StyleTerm):
    """How far a picture's channel means are from another's, layer by layer."""

    @property
    def graph_key(self) -> Hashable:
        """The kind of term: pictures and masks are given to the graph."""
        return "channel means"

    def sums(
        self,
        values: Tensor,
        weights: Tensor | None = None,
        target: Tensor | None = None,  # noqa: ARG002
    ) -> tuple[Tensor, ...]:
        """Sum up each channel, and the positions: shapes (N,) and ()."""
        points, counts = points_and_weights(values, weights)
        return weighted_sum(points, counts), import_tensorflow().reduce_sum(counts)

    def distance(self, sums: tuple[Tensor, ...], constants: tuple[Any, ...]) -> Tensor:
        """Compare two vectors of means, relative to the second."""
        tensorflow = import_tensorflow()
        means, expected = sums[0] / sums[1], constants[0] / constants[1]
        return tensorflow.reduce_sum(tensorflow.square(means - expected)) / energy(expected)
