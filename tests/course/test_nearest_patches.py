import numpy as np
import pytest
from scipy.spatial.distance import cdist

from stylelab.course.nearest_patches import (
    cut_patches,
    nearest_patches,
    nearest_places,
    patches,
)
from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.losses.content import content
from stylelab.losses.tiled import TiledObjective
from stylelab.network.vgg19 import VGG19
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.samples.catalogue import sample

LAYER = "block2_conv1"


def test_patches_are_cut_row_by_row() -> None:
    maps = np.arange(4 * 5 * 2).reshape(4, 5, 2).astype(np.float32)
    cut = cut_patches(maps)
    assert cut.shape == (2 * 3, 18)
    np.testing.assert_array_equal(cut[4], maps[1:4, 1:4].ravel())
    with pytest.raises(PictureError, match="3 × 3"):
        cut_patches(maps[:2])


def test_the_nearest_patch_has_the_smallest_cosine_distance() -> None:
    random = np.random.default_rng(0)
    some = random.random((30, 12)) * random.uniform(0.1, 4, (30, 1))
    others = random.random((20, 12)) * random.uniform(0.1, 4, (20, 1))
    others[7] = 0
    kept = np.delete(np.arange(20), 7)
    expected = kept[cdist(some, others[kept], "cosine").argmin(axis=1)]
    np.testing.assert_array_equal(nearest_patches(some, others), expected)


def test_a_piece_is_found_where_it_was_cut_from() -> None:
    others = np.random.default_rng(1).random((9, 7, 4)).astype(np.float32)
    places = nearest_places(3 * others[2:8, 1:6], others)  # how large the maps are does not matter
    np.testing.assert_array_equal(places, np.moveaxis(np.indices((4, 3)), 0, -1) + np.array([2, 1]))


def test_the_loss_is_the_mean_square_to_the_nearest_patches() -> None:
    picture, painting = sample("cat", size=32), sample("stained_glass", size=40)
    see = VGG19(LAYER, padding_mode="symmetric")
    mine, theirs = (cut_patches(see(one)[LAYER].astype(float)) for one in (picture, painting))
    nearest = theirs[nearest_patches(mine, theirs)]
    expected = np.mean((mine - nearest) ** 2) / np.mean(theirs**2)
    assert patches(painting, (LAYER,))(picture).loss == pytest.approx(expected, rel=1e-3)
    assert patches(painting, (LAYER,))(painting).loss == pytest.approx(0, abs=1e-6)


def test_several_layers_count_by_their_mean() -> None:
    picture, painting = sample("cat", size=32), sample("stained_glass", size=40)
    layers = ("block1_conv1", LAYER)
    each = [patches(painting, (layer,))(picture).loss for layer in layers]
    assert patches(painting, layers)(picture).loss == pytest.approx(np.mean(each), rel=1e-4)


def test_the_gradient_is_that_of_finite_differences() -> None:
    picture, painting = sample("cat", size=32), sample("stained_glass", size=32)
    loss = patches(painting, ("block1_conv1",))
    gradient = loss(picture).gradient
    direction = (gradient / np.linalg.norm(gradient)).astype(np.float32)
    step = np.float32(1e-3)
    ahead, behind = (loss(picture + sign * step * direction).loss for sign in (1, -1))
    slope = (ahead - behind) / (2 * step)
    assert slope == pytest.approx(np.linalg.norm(gradient), rel=0.05)


def test_an_optimizer_lowers_it_beside_a_content() -> None:
    picture = sample("cat", size=32)
    loss = content(picture, LAYER) + 5 * patches(sample("stained_glass", size=32), (LAYER,))
    first, *_, last = lbfgs(loss, start=picture, steps=3)
    assert last.terms["patches"] < first.terms["patches"]


def test_wrong_layers_and_tiles_are_refused() -> None:
    with pytest.raises(SettingsError, match="at least one"):
        patches("stained_glass", ())
    with pytest.raises(LayerError):
        patches("stained_glass", ("block9_conv1",))
    with pytest.raises(SettingsError, match="without tiles"):
        TiledObjective(patches(sample("stained_glass", size=32)), (64, 64, 3), tile=32)
