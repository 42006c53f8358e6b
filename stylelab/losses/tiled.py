"""The loss and gradient of a large picture, tile by tile: exact, in the memory of one tile.

Nearly all the memory goes into feature maps, and all of them are needed together only if the
picture is computed whole. The terms of a loss need sums over positions: the sum of f·fᵀ for a Gram
matrix, the sum of squares for content. Sums can be taken piece by piece. With s(tile) the sums
over a tile's own places, S = Σ s(tile), and D what a term makes of them, L = D(S), the chain rule says

    ∂L/∂x = Σ over tiles of (∂s/∂x)ᵀ · ∂D/∂S

So the picture is passed through twice: once forwards, to learn S; then, D and its derivative known
(they are small), forwards and backwards, to carry that derivative to the pixels. That is three passes
in place of two.

Each place of each layer is in one tile's *core*. For its features to be those of the whole picture, the
tile is cut out with a border as wide as the deepest layer sees beyond the cell of a unit, and begins
where a cell of the deepest layer begins, so that poolings fall on the same pixels. The borders are
computed twice or more; the larger the tile, the less they cost.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.losses.graphs import compile_graph
from stylelab.losses.loss import Objective
from stylelab.losses.term import add_sums
from stylelab.losses.tiles import plan_tiles
from stylelab.network.tensorflow import import_tensorflow, run_eagerly

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.losses.loss import Loss
    from stylelab.losses.tiles import Tile
    from stylelab.network.tensorflow import Tensor
    from stylelab.network.vgg19 import Parameters
    from stylelab.optimizers.evaluation import Array


class TiledObjective(Objective):
    """A loss for large pictures of one shape: as `Objective`, in the memory of one tile.

    Loss, terms and gradient are those of the whole picture, but for rounding. It takes half as long
    again as the whole, and longer by what the borders cost.

    What still grows with the picture: its gradient, the maps of the content picture at the layers
    compared, and masks.

    ```python
    loss = sl.content(photo) + 10 * sl.style("swirling_night")
    objective = sl.TiledObjective(loss, photo.shape, tile=256)
    objective(photo).terms["style"]
    ```

    Args:
        loss: what to compute.
        shape: (H, W, 3).
        tile: longest side of a tile, its borders included, in pixels: the memory is that of a picture
            of this size.

    Attributes:
        names, weights, part_weights, parts: as those of `Objective`.
        tiles: into which the picture is divided.

    Raises:
        SettingsError: a term cannot be computed in tiles, the tile is not larger than its borders, or
            all weights are 0.
        PictureError, LayerError: as for `Objective`.
    """

    def __init__(self, loss: Loss, shape: tuple[int, ...], tile: int = 512) -> None:
        loss.validate_tiling()
        self._compute_targets(loss, shape, tile)
        self.tiles = plan_tiles(*self.shape[:2], loss.layers, tile)
        self.strides = sorted({part.stride for part in self.parts})
        self._forward, self._backward = self._compile_passes()

    def _evaluate(self, image: Tensor, part_weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the loss, what each part adds to it, and the gradient."""
        tensorflow = import_tensorflow()
        totals = add_sums(self._forward(*self._extract(image, tile)) for tile in self.tiles)
        contributions, upstream = self._part_losses(totals, part_weights)
        gradient = np.zeros(self.shape, np.float32)
        for tile in self.tiles:
            for pulled_back in self._backward(*self._extract(image, tile), upstream):
                gradient[tile.rows, tile.columns] += pulled_back.numpy()
        return sum(contributions), tensorflow.stack(contributions), tensorflow.constant(gradient)

    def _extract(self, image: Tensor, tile: Tile) -> tuple[Tensor, Any, Any]:
        """Cut out of the picture, and out of what it is compared with, what a tile needs."""
        constant = import_tensorflow().constant
        core = {str(stride): constant(tile.core(stride)) for stride in self.strides}
        aligned = [
            {
                name: constant(array[tile.slices(part.stride)])
                for name, array in part.target.aligned.items()
            }
            for part in self.parts
        ]
        return image[tile.rows, tile.columns], core, aligned

    def _part_losses(
        self, totals: list[list[Array]], part_weights: Tensor
    ) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Compute what each part adds to the loss, and its derivative by each of its sums."""
        tensorflow = import_tensorflow()
        contributions, upstream = [], []
        for part, total, weight in zip(
            self.parts, totals, tensorflow.unstack(part_weights), strict=True
        ):
            sums = [tensorflow.constant(array) for array in total]
            with tensorflow.GradientTape() as tape:
                tape.watch(sums)
                distance = part.term.distance(tuple(sums), part.target.constants)
                distance *= tensorflow.cast(weight, sums[0].dtype)
            derivatives = tape.gradient(distance, sums, unconnected_gradients="zero")
            contributions.append(tensorflow.cast(distance, weight.dtype))
            upstream.append([tensorflow.cast(by_sum, weight.dtype) for by_sum in derivatives])
        return contributions, upstream

    @run_eagerly
    def _compile_passes(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Compile both passes for tiles of any size: forwards to the sums, and back from them."""
        tensorflow = import_tensorflow()
        spec = tensorflow.TensorSpec
        parameters = self._parameters
        inputs = (
            tensorflow.nest.map_structure(lambda one: spec(one.shape), parameters),
            spec((None, None, 3)),
            {str(stride): spec((None, None)) for stride in self.strides},
            [
                {
                    name: spec((None, None, *array.shape[2:]))
                    for name, array in part.target.aligned.items()
                }
                for part in self.parts
            ],
        )
        forward = compile_graph(self._sum_tile, inputs, self.network, self.parts)
        upstream = [
            [spec(total.shape, total.dtype) for total in sums]
            for sums in forward.structured_outputs
        ]
        backward = compile_graph(
            self._pull_back_tile, (*inputs, upstream), self.network, self.parts
        )
        return partial(forward, parameters), partial(backward, parameters)

    def _sum_tile(
        self, parameters: Parameters, image: Tensor, core: Any, aligned: Any
    ) -> list[list[Tensor]]:
        return self._sums(parameters, image, image, core, aligned)

    def _pull_back_tile(
        self, parameters: Parameters, image: Tensor, core: Any, aligned: Any, upstream: Any
    ) -> list[Tensor]:
        tensorflow = import_tensorflow()
        pixels = tensorflow.identity(image)
        with tensorflow.GradientTape() as tape:
            tape.watch([image, pixels])
            sums = self._sums(parameters, image, pixels, core, aligned)
        gradients: list[Tensor] = tape.gradient(  # apart, as in `Objective`
            sums, [image, pixels], upstream, unconnected_gradients="zero"
        )
        return gradients

    def _sums(
        self, parameters: Parameters, image: Tensor, pixels: Tensor, core: Any, aligned: Any
    ) -> list[list[Tensor]]:
        maps = self._maps(image, parameters)
        return [
            list(
                part.sums(
                    pixels if part.layer is None else maps[part.layer][0],
                    core=core[str(part.stride)],
                    **arrays,
                )
            )
            for part, arrays in zip(self.parts, aligned, strict=True)
        ]
