from dataclasses import replace

import pytest

from stylelab.errors import SettingsError
from stylelab.network.layer_facts import LAYERS
from stylelab.network.vgg19 import VGG19
from stylelab.pictures.images import Picture
from stylelab.pipeline import cost_estimate
from stylelab.pipeline.cost_estimate import estimate_cost, map_bytes, multiply_adds, validate_memory
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.transfer import transfer


@pytest.fixture(autouse=True)
def _one_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a very fast machine, the seconds that every start takes would be most of each forecast."""
    monkeypatch.setattr(cost_estimate, "convolution_speed", lambda: 5e10)


def test_too_little_memory_is_reported_beforehand_with_a_size_that_fits(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost_estimate, "available_memory", lambda: 1_600_000_000)
    monkeypatch.setattr(cost_estimate, "used_memory", lambda: 0)
    with pytest.raises(SettingsError, match=r"Take size=(\d+), which fits") as caught:
        transfer(photo, painting, size=2048, progress=False)
    advised = int(str(caught.value).split("size=")[2].split(",")[0])
    assert estimate_cost(photo.shape[:2], Settings(size=advised)).memory <= 1_600_000_000
    assert estimate_cost(photo.shape[:2], Settings(size=advised + 32)).memory > 1_600_000_000
    monkeypatch.setattr(cost_estimate, "available_memory", lambda: 1)
    with pytest.raises(SettingsError, match="Close other programs"):
        transfer(photo, painting, size=64, progress=False)
    transfer(photo, painting, size=64, steps=1, progress=False, check_memory=False)


def test_inputs_kept_at_full_size_count(monkeypatch: pytest.MonkeyPatch) -> None:
    phone, settings = (4000, 6000), Settings(size=2048)
    monkeypatch.setattr(cost_estimate, "available_memory", lambda: 5_000_000_000)
    monkeypatch.setattr(cost_estimate, "used_memory", lambda: 0)
    alone, held = (estimate_cost(SHAPE, settings, inputs=inputs) for inputs in ((), (phone, phone)))
    # Two of 24 megapixels took 2.8 GB where 0.8 were reported.
    assert held.memory - alone.memory == pytest.approx(2.0e9, rel=0.1)
    with pytest.raises(SettingsError, match=r"Take size=(\d+)") as caught:
        validate_memory(held, SHAPE, settings, inputs=(phone, phone))
    fitting = Settings(size=int(str(caught.value).split("Take size=")[1].split()[0].rstrip(",")))
    assert estimate_cost(SHAPE, fitting, inputs=(phone, phone)).memory <= 5_000_000_000


def test_time_and_memory_grow_with_size_and_time_with_steps() -> None:
    small, large = (estimate_cost((300, 400), Settings(size=size)) for size in (256, 512))
    assert large.seconds > 2 * small.seconds
    assert large.memory > small.memory
    assert estimate_cost((300, 400), Settings(steps=120)).seconds > 1.5 * large.seconds


SHAPE = (300, 400)


def refusal(
    monkeypatch: pytest.MonkeyPatch, available: int, settings: Settings, *layers: str
) -> str:
    monkeypatch.setattr(cost_estimate, "available_memory", lambda: available)
    monkeypatch.setattr(cost_estimate, "used_memory", lambda: 0)
    with pytest.raises(SettingsError) as caught:
        validate_memory(
            estimate_cost(SHAPE, settings, layers or None), SHAPE, settings, layers or None
        )
    return str(caught.value)


def test_tiles_are_suggested_where_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    large = Settings(size=2048)
    message = refusal(monkeypatch, 5_000_000_000, large)
    assert (
        "or tile=512, either of which fits, or try all the same with check_memory=False" in message
    )
    tiled = replace(large, tile=512)
    validate_memory(estimate_cost(SHAPE, tiled), SHAPE, tiled)
    # Where a tile is as large as the picture, or does not help, or cannot be, it is not offered.
    assert "tile" not in refusal(monkeypatch, 1_100_000_000, Settings(size=512))
    assert "tile" not in refusal(monkeypatch, 2_000_000_000, large)
    assert "tile" not in refusal(monkeypatch, 5_000_000_000, replace(large, statistic="sliced"))


def test_runs_too_large_even_for_tiles_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, 2_000_000_000, Settings(size=4096, tile=512))
    assert "Received: size=4096 with tile=512, which needs" in message
    advised = int(message.split("Take size=")[1].split(",")[0])
    assert 512 < advised < 4096
    assert estimate_cost(SHAPE, Settings(size=advised, tile=512)).memory <= 2_000_000_000


def test_tiles_need_less_memory_that_grows_slowly_and_more_time() -> None:
    whole, tiled = (estimate_cost(SHAPE, Settings(size=2048, tile=tile)) for tile in (None, 512))
    assert tiled.memory < 0.5 * whole.memory
    assert 1.5 * whole.seconds < tiled.seconds < 5 * whole.seconds
    assert whole.tiles == 1
    assert tiled.tiles > 10
    assert f"the last in {tiled.tiles} tiles" in str(tiled)
    assert "tiles" not in str(whole)
    # What is no larger than a tile is computed whole.
    small = [estimate_cost(SHAPE, Settings(size=512, tile=tile)) for tile in (None, 512)]
    assert small[0].memory == small[1].memory
    assert small[0].seconds == small[1].seconds


def test_tiles_take_three_passes_instead_of_two() -> None:
    # With hardly any border, one step a size, and areas of 1, 4, 16 and 64: only the last is in tiles.
    shallow = Settings(size=1024, steps=1, content_layers="block1_conv1")
    whole, tiled = (
        estimate_cost((512, 512), replace(shallow, tile=tile), ["block1_conv2"]).seconds
        - cost_estimate.START_SECONDS
        for tile in (None, 512)
    )
    assert tiled / whole == pytest.approx((1 + 4 + 16 + 1.5 * 64) / (1 + 4 + 16 + 64), rel=0.02)


def test_deeper_layers_need_more_and_other_optimizers_less() -> None:
    usual = estimate_cost(SHAPE, Settings(size=1024))
    deep = estimate_cost(SHAPE, Settings(size=1024), ["block5_conv4"])
    assert deep.seconds > usual.seconds
    assert deep.memory > usual.memory
    shallow = Settings(size=1024, content_layers="block2_conv2")
    assert estimate_cost(SHAPE, shallow, ["block1_conv1"]).memory < 0.9 * usual.memory
    adam, plain = (
        estimate_cost(SHAPE, Settings(size=1024, optimizer=name))
        for name in ("adam", "gradient_descent")
    )
    assert usual.memory > adam.memory > plain.memory
    assert usual.seconds == adam.seconds


def test_a_tile_too_small_for_the_layers_is_refused_beforehand() -> None:
    with pytest.raises(SettingsError, match="Expected a tile of at least"):
        estimate_cost(SHAPE, Settings(size=1024, tile=160))
    estimate_cost(
        SHAPE, Settings(size=1024, tile=160, content_layers="block1_conv1"), ["block2_conv1"]
    )


def test_maps_and_multiply_adds_match_the_network(photo: Picture) -> None:
    height, width = photo.shape[:2]
    every = tuple(LAYERS)[: tuple(LAYERS).index("block3_conv2") + 1]
    maps = VGG19(*every)(photo)
    names = ("block3_conv2", "block1_conv1")
    assert map_bytes(names, height, width) == sum(each.nbytes for each in maps.values())
    products = sum(
        each.size * 9 * LAYERS[name].inputs for name, each in maps.items() if "conv" in name
    )
    assert multiply_adds(names, height, width) == products
