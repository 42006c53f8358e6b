"""The painting network: shapes, seeds, gradients, edges, tiles."""

from typing import Any

import numpy as np
import pytest

from stylelab.errors import PictureError, SettingsError
from stylelab.network.tensorflow import import_tensorflow
from stylelab.painting.painting_network import (
    NetworkInfo,
    PaintingNetwork,
    initial_parameters,
    parameter_shapes,
)


def small_network(styles: tuple[str, ...] = ("night",), **options: Any) -> PaintingNetwork:
    return PaintingNetwork(styles, **{"width": 4, "blocks": 1} | options)


def paint(network: PaintingNetwork, image: Any, *weights: float, **options: Any) -> Any:
    tensorflow = import_tensorflow()
    batch = tensorflow.constant(image[None], tensorflow.float32)
    return network(batch, tensorflow.constant([weights or (1.0,)]), **options).numpy()[0]


@pytest.mark.parametrize("shape", [(16, 16), (17, 18), (19, 40), (31, 29)])
def test_a_picture_keeps_its_size_and_lies_between_0_and_1(
    random: np.random.Generator, shape: tuple[int, int]
) -> None:
    painted = paint(small_network(), random.random((*shape, 3)))
    assert painted.shape == (*shape, 3)
    assert painted.min() >= 0
    assert painted.max() <= 1
    assert painted.std() > 0


def test_pictures_of_a_batch_are_painted_as_alone(random: np.random.Generator) -> None:
    images = random.random((3, 20, 24, 3)).astype(np.float32)
    network = small_network(("night", "glass"))
    weights = np.array([[1, 0], [0, 1], [0.5, 0.5]], np.float32)
    alone = [paint(network, *pair[:1], *pair[1]) for pair in zip(images, weights, strict=True)]
    assert np.allclose(network(images, weights), alone, atol=1e-5)


def test_one_row_of_weights_counts_for_all_pictures(random: np.random.Generator) -> None:
    images = random.random((2, 16, 16, 3)).astype(np.float32)
    network = small_network()
    one, each = np.ones((1, 1), np.float32), np.ones((2, 1), np.float32)
    assert np.array_equal(network(images, one), network(images, each))


def test_the_seed_decides_the_weights() -> None:
    first, same, other = (initial_parameters(NetworkInfo(("a",), 4, 1), seed) for seed in (0, 0, 1))
    assert all(np.array_equal(first[name], same[name]) for name in first)
    assert not np.array_equal(first["input/kernel"], other["input/kernel"])


def test_the_number_of_weights_is_that_of_the_kernels_scales_and_shifts() -> None:
    kernels = 25 * 3 * 16 + 9 * (16 * 32 + 32 * 48 + 8 * 48 * 48 + 48 * 32 + 32 * 16) + 25 * 16 * 3
    by_style = 2 * (16 + 32 + 48 + 8 * 48 + 32 + 16) + 3 + 3
    assert PaintingNetwork(("a",)).size == kernels + by_style
    assert PaintingNetwork(("a", "b", "c")).size == kernels + 3 * by_style


@pytest.mark.parametrize(
    "name",
    [
        "input/kernel",
        "down2/scale",
        "block1_conv2/kernel",
        "up2/shift",
        "output/kernel",
        "photo/scale",
    ],
)
def test_a_gradient_is_that_of_finite_differences(random: np.random.Generator, name: str) -> None:
    tensorflow = import_tensorflow()
    network = small_network(("night", "glass"))
    images = tensorflow.constant(random.random((1, 16, 16, 3)), tensorflow.float32)
    factors = random.normal(size=(1, 16, 16, 3))
    weights = tensorflow.constant([[0.4, 0.6]])

    def loss(values: Any) -> Any:
        changed = PaintingNetwork(
            network.info, parameters=dict(network.parameters) | {name: values}
        )
        return tensorflow.reduce_sum(changed(images, weights) * factors.astype(np.float32))

    values = tensorflow.Variable(network.parameters[name])
    with tensorflow.GradientTape() as tape:
        now = loss(values)
    gradient = tape.gradient(now, values).numpy()
    direction = random.normal(size=gradient.shape).astype(np.float32)
    step = 1e-3
    difference = (loss(values + step * direction) - loss(values - step * direction)) / (2 * step)
    assert float(difference) == pytest.approx(float((gradient * direction).sum()), rel=0.02)


def test_a_plain_picture_is_painted_alike_at_the_edge_and_in_the_middle() -> None:
    painted = paint(small_network(blocks=2), np.full((32, 32, 3), 0.4))
    assert np.allclose(painted, painted[16, 16], atol=1e-4)


def test_steps_up_leave_no_chequerboard(random: np.random.Generator) -> None:
    """A plain picture with given statistics: every pixel is reached by as many values."""
    network = small_network()
    noise = random.random((1, 32, 32, 3)).astype(np.float32)
    statistics = network.statistics(noise, np.ones((1, 1), np.float32))
    painted = paint(network, np.full((32, 32, 3), 0.7), statistics=statistics)
    assert np.ptp(painted, axis=(0, 1)).max() < 1e-5


@pytest.mark.parametrize("blocks", [0, 2])
def test_a_tile_with_its_context_and_shared_statistics_is_a_part_of_the_whole(
    random: np.random.Generator, blocks: int
) -> None:
    network = small_network(blocks=blocks)
    assert network.context % 4 == 0
    image = random.random((64, 3 * network.context, 3))
    whole = paint(network, image)
    one = np.ones((1, 1), np.float32)
    statistics = network.statistics(image[None].astype(np.float32), one)
    start = 2 * network.context
    tile = paint(network, image[:, start - network.context :], statistics=statistics)
    assert np.allclose(tile[:, network.context :], whole[:, start:], atol=1e-5)


def test_the_context_is_no_larger_than_it_must_be(random: np.random.Generator) -> None:
    """What is changed reaches nearly as far as the context says, and no further."""
    network = small_network(blocks=2)
    image = random.random((16, 3 * network.context, 3)).astype(np.float32)
    statistics = network.statistics(image[None], np.ones((1, 1), np.float32))
    changed = image.copy()
    changed[:, : network.context] = 0
    difference = paint(network, image, statistics=statistics) - paint(
        network, changed, statistics=statistics
    )
    reached = np.flatnonzero(np.abs(difference).max((0, 2)) > 1e-7).max()
    assert network.context <= reached < 2 * network.context
    assert reached >= 2 * network.context - 12


def test_what_does_not_fit_is_refused_with_a_sentence() -> None:
    network = small_network(("night", "glass"))
    zeros = np.zeros((1, 16, 16, 3), np.float32)
    with pytest.raises(
        PictureError, match=r"at least 16 pixels a side. Received: \(1, 15, 16, 3\)"
    ):
        network(zeros[:, :15], np.ones((1, 2), np.float32))
    with pytest.raises(PictureError, match=r"image\[None\]"):
        network(zeros[0], np.ones((1, 2), np.float32))
    with pytest.raises(SettingsError, match=r"\(N, 2\): one for each of the styles night, glass"):
        network(zeros, np.ones((1, 3), np.float32))


@pytest.mark.parametrize("styles", [(), "night", ("a", "a"), (1,), tuple(map(str, range(65)))])
def test_styles_are_names_that_differ(styles: Any) -> None:
    with pytest.raises(SettingsError, match="1 to 64 names of styles"):
        NetworkInfo(styles)


@pytest.mark.parametrize("wrong", [{"width": 0}, {"width": 500}, {"blocks": -1}, {"blocks": 2.0}])
def test_sizes_have_limits(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=f"Expected {next(iter(wrong))}"):
        NetworkInfo(("a",), **wrong)


def test_parameters_of_another_network_are_refused() -> None:
    parameters = initial_parameters(NetworkInfo(("a",), 4, 1), 0)
    with pytest.raises(SettingsError, match="shapes that width, blocks and styles make"):
        PaintingNetwork(("a",), width=8, blocks=1, parameters=parameters)
    assert set(parameters) == set(parameter_shapes(NetworkInfo(("a",), 4, 1)))
