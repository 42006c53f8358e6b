"""Compiled graphs are shared by losses that compute the same, and hold nothing of theirs."""

import gc
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from stylelab.losses import graphs
from stylelab.losses.content import content
from stylelab.losses.loss import Loss
from stylelab.losses.style import StyleTerm, style
from stylelab.losses.term import Target, TargetMaps, Term
from stylelab.losses.tiled import TiledObjective
from stylelab.losses.total_variation import total_variation
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.weights import random_weights
from stylelab.pictures.images import Picture
from stylelab.pictures.mask_operations import ellipse_mask
from stylelab.samples.catalogue import sample

LAYERS = ("block1_conv1", "block2_conv1")
CAT = sample("cat", size=48)
COFFEE = sample("coffee", size=64)
PAINTINGS = sample("swirling_night", size=40), sample("stained_glass", size=56)


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    """Begin each test without graphs."""
    graphs._graphs.clear()
    yield
    graphs._graphs.clear()


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Layers of each style term that was traced: its distances are asked for while it is."""
    calls: list[tuple[str, ...]] = []
    distance = StyleTerm.distance

    def counting(term: StyleTerm, *given: Any) -> Any:
        calls.append(term.layers)
        return distance(term, *given)

    monkeypatch.setattr(StyleTerm, "distance", counting)
    return calls


def loss_of(photo: Picture, painting: Picture, **arguments: Any) -> Loss:
    whole = content(photo, "block2_conv1") + 5 * style(painting, LAYERS, **arguments)
    return whole + 0.1 * total_variation()


def evaluate_alone(loss: Loss, image: Picture) -> Any:
    graphs._graphs.clear()
    return loss(image * np.float32(0.5))  # the photo itself would have no content loss


def others() -> list[tuple[Loss, Picture]]:
    """Losses that compute the same with other numbers: pictures, sizes, masks, weights, networks."""
    mask = ellipse_mask((0.5, 0.5), (0.3, 0.3), *COFFEE.shape[:2])
    smaller = ellipse_mask((0.4, 0.4), (0.3, 0.2), *CAT.shape[:2])
    return [
        (loss_of(COFFEE, PAINTINGS[1]), COFFEE),
        (loss_of(CAT, PAINTINGS[0]).with_network(weights=random_weights(3)), CAT),
        (loss_of(COFFEE, PAINTINGS[0], mask=mask), COFFEE),
        (loss_of(CAT, PAINTINGS[1], mask=smaller), CAT),
        (loss_of(CAT, PAINTINGS[1], statistic="mean_covariance"), CAT),
        (loss_of(COFFEE, PAINTINGS[0], statistic="mean_covariance"), COFFEE),
        (loss_of(CAT, PAINTINGS[1], statistic="sliced"), CAT),
        (loss_of(COFFEE, PAINTINGS[0], statistic="sliced"), COFFEE),
        (loss_of(COFFEE, PAINTINGS[0], formulation="gatys2016"), COFFEE),
        (loss_of(COFFEE, PAINTINGS[0]).with_network(padding_mode="zeros"), COFFEE),
        (loss_of(COFFEE, PAINTINGS[0]).with_network(pooling="max"), COFFEE),
        (content(CAT, "block1_conv1") + style(PAINTINGS[0], "block1_conv2"), CAT),
        (content(CAT, "block1_conv2") + style(PAINTINGS[0], "block1_conv1"), CAT),
        (content(CAT, "block1_conv1") + total_variation("absolute"), CAT),
        (content(CAT, "block1_conv1") + total_variation("squared"), CAT),
        (content(CAT, "block1_conv1", formulation="gatys2016") + total_variation(), CAT),
    ]


def test_a_shared_graph_gives_each_loss_its_own_numbers() -> None:
    expected = [evaluate_alone(loss, image) for loss, image in others()]
    graphs._graphs.clear()
    loss_of(CAT, PAINTINGS[0])(CAT)
    for (loss, image), alone in zip(others(), expected, strict=True):
        evaluation = loss(image * np.float32(0.5))
        assert evaluation.loss == alone.loss
        assert evaluation.terms == alone.terms
        np.testing.assert_array_equal(evaluation.gradient, alone.gradient)


def test_a_second_loss_with_other_pictures_sizes_and_weights_traces_nothing(
    traced: list[tuple[str, ...]],
) -> None:
    loss_of(CAT, PAINTINGS[0])(CAT)
    assert len(traced) == len(LAYERS)
    loss_of(COFFEE, PAINTINGS[1])(COFFEE)
    (3 * loss_of(CAT, PAINTINGS[1])).with_network(weights=random_weights(1))(CAT)
    assert len(traced) == len(LAYERS)


def test_tiles_of_another_picture_trace_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    sums = StyleTerm.sums

    def counting(*given: Any) -> Any:
        calls.append(import_tensorflow().executing_eagerly())
        return sums(*given)

    monkeypatch.setattr(StyleTerm, "sums", counting)
    large, other = sample("cat", size=150), sample("coffee", size=160)
    TiledObjective(loss_of(large, PAINTINGS[0]), large.shape, tile=100)(large)
    in_graphs = calls.count(False)
    assert in_graphs == 2 * len(LAYERS)  # forwards, and back
    TiledObjective(loss_of(other, PAINTINGS[1]), other.shape, tile=120)(other)
    assert calls.count(False) == in_graphs


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Switch the search for reference cycles off: what is freed is freed at once."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("tile", [None, 100])
def test_a_kept_graph_holds_no_pictures_and_a_loss_no_longer_used_is_freed_at_once(
    tile: int | None,
) -> None:
    image = sample("cat", size=150)
    loss = loss_of(image, PAINTINGS[0])
    objective = TiledObjective(loss, image.shape, tile) if tile else loss.objective(image.shape)
    objective(image)
    terms = [term for _, term in loss.weighted_terms]
    held = [weakref.ref(one) for one in (*terms, *objective.parts)]
    del loss, objective, terms
    assert graphs._graphs
    assert [reference() for reference in held] == [None] * len(held)


def test_the_graphs_used_least_recently_are_dropped(
    traced: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "MAX_GRAPHS", 2)
    for layer in ("block1_conv1", "block1_conv2", "block1_conv1", "block2_conv1", "block1_conv1"):
        style(PAINTINGS[0], layer)(CAT)
    assert [layer for (layer,) in traced] == ["block1_conv1", "block1_conv2", "block2_conv1"]
    style(PAINTINGS[0], "block1_conv2")(CAT)
    assert len(traced) == 4


class NearLevel(Term):
    """A reader's own term, with a Python number that `distance` compares."""

    name = "near_level"

    def __init__(self, level: float) -> None:
        self.level = level

    def targets(self, maps: TargetMaps, shape: tuple[int, int, int]) -> Mapping[str | None, Target]:  # noqa: ARG002
        return {None: Target(constants=(shape[0] * shape[1] * 3,))}

    def sums(self, values: Any, weights: Any = None, target: Any = None) -> tuple[Any, ...]:  # noqa: ARG002
        assert None not in values.shape  # compiled for its own size
        return (import_tensorflow().reduce_sum(values),)

    def distance(self, sums: tuple[Any, ...], constants: tuple[Any, ...]) -> Any:
        return (sums[0] / max(1, constants[0]) - self.level) ** 2


def test_terms_without_a_key_keep_their_own_graphs() -> None:
    for level in (0.25, 0.75):
        evaluation = Loss(((1.0, NearLevel(level)),))(CAT)
        assert evaluation.loss == pytest.approx((CAT.mean(dtype=np.float64) - level) ** 2, rel=1e-4)


class HalfStyle(StyleTerm):
    """A reader's own kind of style term: it must not get the graph of its parent."""

    def distance(self, sums: tuple[Any, ...], constants: tuple[Any, ...]) -> Any:
        return super().distance(sums, constants) / 2


def test_a_kind_of_style_term_with_another_distance_gets_its_own_graph() -> None:
    loss = style(PAINTINGS[0], LAYERS)
    whole = loss(CAT).loss
    ((_, term),) = loss.weighted_terms
    half = HalfStyle(image=term.arrays[0], layer_weights=dict.fromkeys(LAYERS, 1.0))
    assert Loss(((1.0, half),))(CAT).loss == pytest.approx(whole / 2, rel=1e-5)
