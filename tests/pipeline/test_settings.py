import dataclasses
import inspect
import itertools
import json
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylelab.errors import SettingsError, StylelabError
from stylelab.pictures.images import Picture
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.stages import Stage
from stylelab.pipeline.transfer import transfer


@given(st.integers(16, 3000), st.integers(16, 3000), st.integers(16, 4096), st.integers(16, 4096))
def test_sizes_grow_to_the_requested_size_and_at_most_double(
    height: int, width: int, size: int, coarsest: int
) -> None:
    stages = Settings(size=size, coarsest_size=coarsest).stages(height, width)
    long = [max(stage.height, stage.width) for stage in stages]
    assert long[-1] == size
    for before, after in itertools.pairwise(stages):
        assert max(before.height, before.width) < max(after.height, after.width)
        assert max(after.height, after.width) <= 2.1 * max(before.height, before.width)
        assert before.steps >= after.steps >= 1
    assert min(min(stage.height, stage.width) for stage in stages) >= 16


def test_sizes_are_doublings_of_the_coarsest_with_two_thirds_of_the_steps() -> None:
    assert Settings().stages(384, 512) == (Stage(192, 256, 60), Stage(384, 512, 40))
    assert Settings(coarsest_size=128).stages(384, 512) == (
        Stage(96, 128, 60),
        Stage(192, 256, 40),
        Stage(384, 512, 27),
    )
    assert Settings(coarsest_size=600).stages(384, 512) == (Stage(384, 512, 60),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 15},
        {"size": 256.0},
        {"size": True},
        {"coarsest_size": 15},
        {"steps": 0},
        {"seed": -1},
        {"style_weight": -1},
        {"style_weight": float("nan")},
        {"content_weight": 0, "style_weight": 0},
        {"total_variation_weight": float("inf")},
        {"optimizer": "sgd"},
        {"pooling": "mean"},
        {"padding_mode": "mirror"},
        {"formulation": "gatys"},
    ],
)
def test_settings_out_of_range_are_refused(
    wrong: dict[str, Any],
) -> None:
    with pytest.raises(SettingsError, match=r"Expected .*Received"):
        Settings(**wrong)


def test_settings_are_described_by_plain_values_for_any_layer_types() -> None:
    described = Settings(
        content_layers="block4_conv2",
        style_layers=MappingProxyType({"block1_conv1": 2.0}),
    ).describe()
    assert json.loads(json.dumps(described)) == described
    assert described["content_layers"] == "block4_conv2"
    assert described["style_layers"] == {"block1_conv1": 2.0}


def test_settings_list_differences_other_than_weights() -> None:
    plain = Settings()
    names = tuple(plain.style_layers)
    weighted = Settings(
        style_weight=3, content_weight=0, style_layers=dict.fromkeys(reversed(names), 2.0)
    )
    assert plain.non_weight_changes(weighted) == ()
    other = Settings(size=256, style_layers=names[1:], content_layers="block4_conv1", seed=1)
    assert plain.non_weight_changes(other) == ("size", "content_layers", "style_layers", "seed")
    assert plain.non_weight_changes(Settings(content_layers="block4_conv2")) == ()


@pytest.mark.parametrize("all_terms", [False, True])
def test_terms_of_weight_0_are_omitted_unless_requested(
    all_terms: bool, photo: Picture, painting: Picture
) -> None:
    settings = Settings(content_weight=0, total_variation_weight=0)
    loss = settings.loss(photo, settings.style_loss(painting), all_terms=all_terms)
    assert loss.names == (("content", "style", "total_variation") if all_terms else ("style",))


def test_settings_are_converted_to_plain_values_on_creation() -> None:
    settings = Settings(
        size=np.int64(64),  # type: ignore[arg-type]
        steps=np.uint8(3),  # type: ignore[arg-type]
        seed=np.array(7),  # type: ignore[arg-type]
        style_weight=np.float32(2.5),  # type: ignore[arg-type]
        style_scale=np.float64(1.5),
        tile=np.int32(256),  # type: ignore[arg-type]
        pooling=np.str_("max"),  # type: ignore[arg-type]
        style_layers={np.str_("block1_conv1"): np.float32(0.5)},  # type: ignore[dict-item]
        content_layers=np.array(["block4_conv2"]),  # type: ignore[arg-type]
    )
    plain = Settings(
        size=64, steps=3, seed=7, style_weight=2.5, style_scale=1.5, tile=256, pooling="max",
        style_layers={"block1_conv1": 0.5}, content_layers=("block4_conv2",),
    )  # fmt: skip
    assert settings == plain
    for field in dataclasses.fields(settings):
        assert type(getattr(settings, field.name)) is type(getattr(plain, field.name))
    assert json.loads(json.dumps(settings.describe())) == plain.describe()


def test_settings_copy_the_given_mapping() -> None:
    layers = {"block1_conv1": 1.0}
    settings = Settings(style_layers=layers)
    layers["block1_conv1"] = 7.0
    assert settings.style_layers == {"block1_conv1": 1.0}


@pytest.mark.parametrize("layers", [5, None, float("nan"), b"block1_conv1"])
def test_invalid_layers_are_refused(layers: Any) -> None:
    array: Any = np.zeros(3)
    for name in ("style_layers", "content_layers"):
        with pytest.raises(StylelabError, match=f"Expected {name}"):
            Settings(**{name: layers})
    for name in ("colours", "optimizer", "pooling", "colour_space"):
        with pytest.raises(StylelabError, match=f"Expected (a )?{name.replace('_', ' ')}"):
            Settings(**{name: array})


def test_transfer_accepts_every_setting_with_its_default() -> None:
    parameters = inspect.signature(transfer).parameters
    for setting in fields(Settings):
        assert parameters[setting.name].default == setting.default
    assert not any(one.kind is one.VAR_KEYWORD for one in parameters.values())
