"""The oracle is the whole: `Objective`, which looks at the picture all at once."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.losses.content import content
from stylelab.losses.formulations import FORMULATIONS
from stylelab.losses.loss import Objective
from stylelab.losses.style import style
from stylelab.losses.tiled import TiledObjective
from stylelab.losses.tiles import border, plan_tiles
from stylelab.losses.total_variation import total_variation
from stylelab.network.layer_facts import LAYERS
from stylelab.network.vgg19 import VGG19
from stylelab.optimizers.evaluation import Evaluation
from stylelab.pictures.images import Picture, resize_to

DEEP = ("block1_conv1", "block3_conv1")


def assert_same_evaluation(found: Evaluation, whole: Evaluation) -> None:
    assert found.loss == pytest.approx(whole.loss, rel=1e-5)
    assert dict(found.terms) == pytest.approx(dict(whole.terms), rel=2e-5)
    apart = np.linalg.norm(found.gradient - whole.gradient)
    assert apart <= 2e-5 * np.linalg.norm(whole.gradient)
    assert np.abs(found.gradient - whole.gradient).max() <= 1e-4 * np.abs(whole.gradient).max()
    assert found.gradient.dtype == np.float32


def random_picture(random: np.random.Generator, height: int, width: int) -> Picture:
    coarse = random.random((height // 8 + 2, width // 8 + 2, 3), dtype=np.float32)
    fine = random.random((height, width, 3), dtype=np.float32)
    mixed: Picture = (0.7 * resize_to(coarse, height, width) + 0.3 * fine).astype(np.float32)
    return mixed


def halves(random: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """A mask of a soft diagonal edge."""
    down, across = np.mgrid[:height, :width]
    place = down / height + across / width - random.uniform(0.7, 1.3)
    mask: NDArray[np.float32] = np.clip(0.5 + 4 * place, 0, 1).astype(np.float32)
    return mask


@settings(max_examples=4)
@given(
    height=st.integers(33, 80),
    width=st.integers(33, 80),
    tile=st.integers(40, 90),
    seed=st.integers(0, 100),
    masked=st.booleans(),
)
@example(height=75, width=53, tile=40, seed=0, masked=True)
def test_loss_terms_and_gradient_match_the_whole_picture(
    height: int, width: int, tile: int, seed: int, masked: bool
) -> None:
    random = np.random.default_rng(seed)
    photo, image = (random_picture(random, height, width) for _ in range(2))
    one, two = random_picture(random, 90, 71), random_picture(random, 60, 60)
    region = halves(random, height, width) if masked else None
    others = None if region is None else np.maximum(1 - region, 0.01)
    source = halves(random, 90, 71) if masked else None
    loss = (
        2 * content(photo, ("block1_conv2", "block3_conv1"), mask=region)
        + 5 * style(one, DEEP, mask=others, painting_mask=source)
        + 3 * style(two, "block2_conv1", mask=region, scale=1.4)
        + 0.5 * total_variation()
        + 0.1 * total_variation("absolute")
    )
    assert_same_evaluation(
        TiledObjective(loss, image.shape, tile)(image), Objective(loss, image.shape)(image)
    )


@pytest.mark.parametrize(("pooling", "padding_mode"), [("avg", "zeros"), ("max", "symmetric")])
def test_the_deepest_layers_agree_too(
    pooling: Any, padding_mode: Any, random: np.random.Generator
) -> None:
    photo, image = (random_picture(random, 37, 305) for _ in range(2))
    loss = content(photo) + 10 * style(photo[:, ::-1].copy(), ("block2_conv2", "block5_conv1"))
    loss = loss.with_network(pooling=pooling, padding_mode=padding_mode)
    objective = TiledObjective(loss, image.shape, 224)
    assert len(objective.tiles) > 1
    assert_same_evaluation(objective(image), Objective(loss, image.shape)(image))


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_every_formulation_agrees(formulation: Any, random: np.random.Generator) -> None:
    photo, image = (random_picture(random, 45, 70) for _ in range(2))
    region = halves(random, 45, 70)
    loss = content(photo, "block2_conv1", formulation=formulation) + style(
        photo[::-1].copy(), DEEP, formulation=formulation
    )
    loss = loss + content(photo, "block1_conv1", formulation=formulation, mask=region)
    assert_same_evaluation(
        TiledObjective(loss, image.shape, 44)(image), Objective(loss, image.shape)(image)
    )


@pytest.mark.parametrize("statistic", ["mean_covariance", "moments"])
def test_other_additive_statistics_agree(statistic: Any, random: np.random.Generator) -> None:
    image, painting = random_picture(random, 45, 70), random_picture(random, 50, 50)
    loss = style(painting, DEEP, statistic=statistic, mask=halves(random, 45, 70))
    whole, found = Objective(loss, image.shape)(image), TiledObjective(loss, image.shape, 44)(image)
    assert found.loss == pytest.approx(whole.loss, rel=1e-4)
    # The whole takes roots of float32's noise; the tiles' sums are kept in float64.
    apart = np.linalg.norm(found.gradient - whole.gradient)
    assert apart <= 1e-3 * np.linalg.norm(whole.gradient)


def test_inside_masks_agree(random: np.random.Generator) -> None:
    image, painting = random_picture(random, 45, 70), random_picture(random, 50, 50)
    region = (np.arange(70) > 30)[None].repeat(45, 0).astype(np.float32)
    loss = style(painting, DEEP, mask=region, mask_mode="inside")
    assert_same_evaluation(
        TiledObjective(loss, image.shape, 44)(image), Objective(loss, image.shape)(image)
    )


def test_other_weights_need_no_new_objective(random: np.random.Generator) -> None:
    photo, image = (random_picture(random, 45, 70) for _ in range(2))
    loss = content(photo, "block2_conv1") + 5 * style(photo[::-1].copy(), DEEP)
    tiled, whole = TiledObjective(loss, image.shape, 44), Objective(loss, image.shape)
    assert_same_evaluation(tiled(image, [3, 0.5]), whole(image, [3, 0.5]))
    parts = np.array([0.5, 2, 0], np.float32)
    assert_same_evaluation(tiled(image, part_weights=parts), whole(image, part_weights=parts))
    assert tiled.names == whole.names
    np.testing.assert_array_equal(tiled.weights, whole.weights)
    np.testing.assert_array_equal(tiled.part_weights, whole.part_weights)


@pytest.mark.parametrize("kind", [Objective, TiledObjective])
def test_invalid_weights_are_refused(kind: Any, random: np.random.Generator) -> None:
    image = random_picture(random, 20, 24)
    loss = content(image, "block1_conv1") + 5 * total_variation()
    with pytest.raises(SettingsError, match="a weight above 0"):
        kind(0 * loss, image.shape)
    objective = kind(loss, image.shape)
    for weights in ([1], [1, 2, 3], [1, -1], [np.nan, 1], [1, np.inf], ["1", "2"]):
        with pytest.raises(SettingsError, match="2 finite weights of at least 0"):
            objective(image, weights)


def test_random_weights_and_no_network_at_all_agree(random: np.random.Generator) -> None:
    image = random_picture(random, 45, 70)
    for loss in (style(image[::-1].copy(), DEEP).with_network(weights=None), total_variation()):
        assert_same_evaluation(
            TiledObjective(loss, image.shape, 44)(image), Objective(loss, image.shape)(image)
        )


@given(
    height=st.integers(16, 3000),
    width=st.integers(16, 3000),
    tile=st.integers(300, 1200),
    deepest=st.sampled_from(list(LAYERS)),
)
@example(height=2048, width=1365, tile=512, deepest="block5_conv1")
def test_tiles_cover_every_pixel_once_with_the_border_they_need(
    height: int, width: int, tile: int, deepest: str
) -> None:
    facts = LAYERS[deepest]
    owned = np.zeros((height, width), int)
    for piece in plan_tiles(height, width, (deepest,), tile):
        owned[piece.core_rows, piece.core_columns] += 1
        for slices, core, length in (
            (piece.rows, piece.core_rows, height),
            (piece.columns, piece.core_columns, width),
        ):
            assert slices.stop - slices.start <= tile
            assert slices.start % facts.stride == 0
            first, last = core.start // facts.stride, core.stop // facts.stride - 1
            if last >= first:  # it has a unit of its own
                assert slices.start <= max(0, facts.square(first, 0)[0])
                assert slices.stop >= min(length, facts.square(last, 0)[2])
    assert (owned == 1).all()


def test_units_belong_to_one_tile_at_every_layer() -> None:
    height, width = 611, 405
    for stride in (1, 2, 4, 8, 16):
        owned = np.zeros((height // stride, width // stride))
        for piece in plan_tiles(height, width, ("block5_conv1",), 240):
            owned[piece.slices(stride)] += piece.core(stride)
        assert (owned == 1).all()


@pytest.mark.parametrize("deepest", ["block1_conv1", "block2_pool", "block3_conv4", "block4_conv2"])
def test_the_border_covers_the_gradient_and_is_no_wider_than_necessary(deepest: str) -> None:
    # The gradient of the units of one cell, by the network itself: how far does it reach?
    wide, stride = border([deepest]), LAYERS[deepest].stride
    random = np.random.default_rng(0)
    side = 2 * wide + 4 * stride + 32
    picture = random_picture(random, side, side)
    maps, pull_back = VGG19(deepest, weights=None).vjp(picture)
    gradient = np.zeros_like(maps[deepest])
    unit = (wide + 16) // stride + 1
    gradient[unit, unit] = 1
    reached = np.flatnonzero(np.abs(pull_back({deepest: gradient})).max((1, 2)))
    beyond = max(unit * stride - reached[0], reached[-1] + 1 - (unit + 1) * stride)
    assert beyond <= wide < beyond + stride + 1


def test_a_tile_as_large_as_the_picture_gives_one_tile() -> None:
    (only,) = plan_tiles(100, 300, ("block5_conv1",), 300)
    assert only.rows == only.core_rows == slice(0, 100)
    assert len(plan_tiles(100, 301, ("block5_conv1",), 300)) == 2


def test_unsupported_tiling_gives_advice(photo: Picture, painting: Picture) -> None:
    with pytest.raises(SettingsError, match=r'"sliced".*Take one of the others.*without a tile'):
        TiledObjective(style(painting, DEEP, statistic="sliced"), (64, 64, 3), 32)
    with pytest.raises(SettingsError, match=r"at least 176 px.*block5_conv1.*Take tile=512"):
        TiledObjective(style(painting), (300, 300, 3), 170)
    for tile in (0, -5, True, 300.0):
        with pytest.raises(SettingsError, match="whole number of pixels"):
            plan_tiles(300, 300, (), tile)  # type: ignore[arg-type]
    with pytest.raises(PictureError, match="content's size"):
        TiledObjective(content(photo), (300, 300, 3), 240)
    with pytest.raises(PictureError, match="shape"):
        TiledObjective(content(photo), (300, 300), 240)
    with pytest.raises(LayerError, match="at least 16 pixels"):
        TiledObjective(style(painting), (300, 9, 3), 240)


def test_large_paintings_are_processed_in_tiles(
    monkeypatch: pytest.MonkeyPatch, random: np.random.Generator
) -> None:
    seen: list[int] = []
    tensors = VGG19.tensors

    def watched(self: VGG19, image: Any) -> Any:
        seen.append(max(image.shape[:2]))
        return tensors(self, image)

    monkeypatch.setattr(VGG19, "tensors", watched)
    loss = content(random_picture(random, 100, 80), "block2_conv1")
    TiledObjective(loss + style(random_picture(random, 130, 90), DEEP), (100, 80, 3), 52)
    assert max(seen) <= 52
