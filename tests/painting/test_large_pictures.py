"""Pictures painted in tiles are those painted at once."""

from typing import Any

import numpy as np
import pytest

from stylelab.errors import PictureError
from stylelab.painting import large_pictures
from stylelab.painting.large_pictures import (
    LEAST_TILE,
    network_parts,
    paint_in_tiles,
    pool,
    validate_memory,
)
from stylelab.painting.normalization import Statistics, instance_statistics
from stylelab.painting.painting_network import (
    Layers,
    NetworkInfo,
    PaintingNetwork,
    convolutions,
)


@pytest.mark.parametrize("blocks", [0, 2])
@pytest.mark.parametrize(
    ("shape", "tile"), [((19, 26), LEAST_TILE), ((61, 83), 47), ((64, 96), 48), ((16, 201), 101)]
)
def test_a_picture_in_tiles_is_the_picture_at_once(
    random: np.random.Generator, blocks: int, shape: tuple[int, int], tile: int
) -> None:
    network = PaintingNetwork(("night", "glass"), width=4, blocks=blocks)
    image = random.random((*shape, 3)).astype(np.float32)
    image[:, : shape[1] // 3] *= 0.2  # tiles differ: none alone has the statistics of the whole
    weights = np.array([0.3, 0.7], np.float32)
    whole = network(image[None], weights[None]).numpy()[0]
    assert whole.std() > 0.05
    assert np.allclose(paint_in_tiles(network, image, weights, tile), whole, atol=1e-5)


def test_the_share_that_is_done_grows_to_1(random: np.random.Generator) -> None:
    network = PaintingNetwork(("night",), width=4, blocks=1)
    shares: list[float] = []
    image = random.random((40, 60, 3)).astype(np.float32)
    paint_in_tiles(network, image, np.ones(1, np.float32), 32, shares.append)
    tiles = 2 * 3
    assert len(shares) == tiles * ((3 + 1) + (2 + 1) + (2 + 1))
    assert np.allclose(np.diff([0, *shares]), 1 / len(shares))
    assert shares[-1] == 1


def test_the_parts_have_the_layers_of_the_network_and_their_strides() -> None:
    info = NetworkInfo(("night",), 4, 3)
    of_parts = {
        name: stride for part in network_parts(info) for name, stride in part.layers.items()
    }
    assert list(of_parts) == [one.name for one in convolutions(info)[:-1]]
    found: dict[str, int] = {}

    def look(name: str, maps: Any) -> Statistics:
        found[name] = 32 // maps.shape[2]
        return instance_statistics(maps)

    layers = Layers(PaintingNetwork(info).parameters, np.ones((1, 1), np.float32), look)
    maps: Any = np.zeros((1, 16, 32, 3), np.float32)
    photo = maps
    for part in network_parts(info):
        assert maps.shape[1:3] == (16 // part.stride_in, 32 // part.stride_in)
        maps = part.run(layers, maps, photo)
        assert maps.shape[1:] == (16 // part.stride_out, 32 // part.stride_out, part.channels)
    assert found == of_parts


def test_moments_of_pieces_are_pooled_to_those_of_the_whole(random: np.random.Generator) -> None:
    whole = (random.normal(3, 2, (40, 5)) * np.arange(1, 6)).astype(np.float32)
    pieces = np.split(whole, [7, 25])
    mean, variance = pool([(len(one), one.mean(0), one.var(0)) for one in pieces])
    assert mean.shape == variance.shape == (1, 1, 1, 5)
    assert np.allclose(mean.numpy().ravel(), whole.mean(0), rtol=1e-6)
    assert np.allclose(variance.numpy().ravel(), whole.var(0), rtol=1e-5)


def test_a_picture_that_does_not_fit_into_memory_is_refused_with_a_size_that_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    info = NetworkInfo(("night",), 16, 4)
    for free, advice in ((1.2e9, "size=5079"), (0.1e9, "tile=256")):
        monkeypatch.setattr(large_pictures, "available_memory", lambda free=free: free)
        with pytest.raises(PictureError, match=r"8000 × 6000 px, which need 2\.2 GB") as error:
            validate_memory(info, 6000, 8000, 1024)
        assert f"Take {advice}" in str(error.value)
    monkeypatch.setattr(large_pictures, "available_memory", lambda: 1e3)
    with pytest.raises(PictureError, match=f"Take tile={LEAST_TILE}, "):
        validate_memory(info, 6000, 8000, 2 * LEAST_TILE)
    monkeypatch.setattr(large_pictures, "available_memory", lambda: 1.2e9)
    validate_memory(info, 3809, 5079, 1024)
    with pytest.raises(PictureError):
        validate_memory(info, 3825, 5100, 1024)
    monkeypatch.setattr(large_pictures, "available_memory", lambda: 2.3e9)
    validate_memory(info, 6000, 8000, 1024)
