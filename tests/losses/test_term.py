"""A term of the reader's own: evaluated whole and in tiles, weighted, added, and refused in tiles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.losses.content import content
from stylelab.losses.loss import Loss
from stylelab.losses.style import style
from stylelab.losses.term import Target, TargetMaps, Term
from stylelab.losses.tiled import TiledObjective
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.vgg19 import VGG19
from stylelab.pictures.images import Picture
from stylelab.samples.catalogue import sample


class Brightness(Term):
    """How far the mean of the picture is from one half."""

    name = "brightness"

    def targets(self, maps: TargetMaps, shape: tuple[int, int, int]) -> Mapping[str | None, Target]:  # noqa: ARG002
        return {None: Target(constants=(shape[0] * shape[1] * 3,))}

    def sums(self, values: Any, weights: Any = None, target: Any = None) -> tuple[Any, ...]:  # noqa: ARG002
        tensorflow = import_tensorflow()
        return (tensorflow.reduce_sum(values if weights is None else weights[..., None] * values),)

    def distance(self, sums: tuple[Any, ...], constants: tuple[Any, ...]) -> Any:
        return (0.5 - sums[0] / constants[0]) ** 2


@dataclass(frozen=True, eq=False)
class MeanActivation(Term):
    """How far the mean of each channel of a layer is from another picture's."""

    image: Picture
    name = "mean_activation"

    @property
    def layers(self) -> tuple[str, ...]:
        return ("block2_conv1",)

    def targets(self, maps: TargetMaps, shape: tuple[int, int, int]) -> Mapping[str | None, Target]:  # noqa: ARG002
        totals = maps.add(
            [self.sums(tile_maps[name], maps.weights(tile, name, None)) for name in self.layers]
            for tile, tile_maps in maps.each(self.image)
        )
        return {name: Target(constants=t) for name, t in zip(self.layers, totals, strict=True)}

    def sums(self, values: Any, weights: Any = None, target: Any = None) -> tuple[Any, ...]:  # noqa: ARG002
        tensorflow = import_tensorflow()
        ones = tensorflow.ones(tensorflow.shape(values)[:2], values.dtype)
        weights = ones if weights is None else weights
        return (
            tensorflow.reduce_sum(weights[..., None] * values, axis=[0, 1]),
            tensorflow.reduce_sum(weights),
        )

    def distance(self, sums: tuple[Any, ...], constants: tuple[Any, ...]) -> Any:
        tensorflow = import_tensorflow()
        return tensorflow.reduce_sum((sums[0] / sums[1] - constants[0] / constants[1]) ** 2)


@pytest.fixture(scope="module")
def picture() -> Picture:
    return sample("coffee", size=200)


def test_a_term_on_the_picture_matches_its_formula(picture: Picture) -> None:
    evaluation = (3 * Loss(((1.0, Brightness()),)))(picture)
    mean = picture.mean(dtype=np.float64)
    assert evaluation.loss == pytest.approx(3 * (0.5 - mean) ** 2, rel=1e-4)
    np.testing.assert_allclose(
        evaluation.gradient, -6 * (0.5 - mean) / picture.size, rtol=1e-3, atol=1e-9
    )


def test_a_term_on_a_layer_matches_its_formula(picture: Picture, painting: Picture) -> None:
    evaluation = Loss(((1.0, MeanActivation(painting)),))(picture)
    network = VGG19("block2_conv1", padding_mode="symmetric")
    here, there = (
        network(image)["block2_conv1"].mean((0, 1), dtype=np.float64)
        for image in (picture, painting)
    )
    assert evaluation.loss == pytest.approx(((here - there) ** 2).sum(), rel=1e-4)


def test_tiles_match_the_whole_picture(picture: Picture, painting: Picture) -> None:
    own = Loss(((2.0, Brightness()), (0.01, MeanActivation(painting))))
    loss = own + content(picture * 0.9, "block2_conv1") + style(painting, "block1_conv1")
    whole, tiled = loss(picture), TiledObjective(loss, picture.shape, 96)(picture)
    assert len(TiledObjective(loss, picture.shape, 96).tiles) > 1
    assert tiled.terms == pytest.approx(dict(whole.terms), rel=1e-4)
    assert [*tiled.terms] == ["brightness", "mean_activation", "content", "style"]
    np.testing.assert_allclose(
        tiled.gradient, whole.gradient, atol=1e-4 * np.abs(whole.gradient).max()
    )


def test_a_non_additive_term_can_refuse_tiles(picture: Picture) -> None:
    class Whole(Brightness):
        def validate_tiling(self) -> None:
            raise SettingsError("Expected a picture computed whole. Received: tiles.")

    loss = Loss(((1.0, Whole()),))
    assert loss(picture).loss >= 0
    with pytest.raises(SettingsError, match="Received: tiles"):
        TiledObjective(loss, picture.shape, 96)
