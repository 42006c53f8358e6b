"""Settings with several values: all combinations, and what is wrong with which."""

import math
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from stylelab.batches.sweep import combine_values, list_values, make_settings
from stylelab.errors import SettingsError
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.stages import QUALITIES

VALUES = {
    "seed": strategies.integers(0, 99),
    "style_weight": strategies.floats(0.5, 99),
    "steps": strategies.integers(1, 9),
    "optimizer": strategies.sampled_from(["lbfgs", "adam"]),
}


@hypothesis.given(
    strategies.fixed_dictionaries(
        {},
        optional={
            name: strategies.lists(one, min_size=1, max_size=3) for name, one in VALUES.items()
        },
    )
)
def test_every_combination_is_there_once(given: dict[str, list[Any]]) -> None:
    combinations, faults = combine_values(given)
    assert not faults
    assert len(combinations) == math.prod(len(values) for values in given.values())
    assert all(one[name] in values for one in combinations for name, values in given.items())


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("seed", 3, [3]),
        ("seed", range(3), [0, 1, 2]),
        ("style_weight", np.array([1.0, 2.0]), [1.0, 2.0]),
        ("style_layers", "block1_conv1", ["block1_conv1"]),
        ("style_layers", ["block1_conv1", "block2_conv1"], [["block1_conv1", "block2_conv1"]]),
        ("style_layers", [["block1_conv1"], "block2_conv1"], [["block1_conv1"], "block2_conv1"]),
        ("style_layers", [{"block1_conv1": 2}], [{"block1_conv1": 2}]),
    ],
)
def test_one_value_is_a_list_of_one(name: str, given: object, expected: object) -> None:
    assert list_values(name, given) == expected


@pytest.mark.parametrize(
    ("given", "name", "words"),
    [
        ({"style_weigth": 3}, "style_weigth", "Did you mean style_weight?"),
        ({"seed": [0, -1, 0.5]}, "seed", "Received: -1. Expected seed"),
        ({"seed": []}, "seed", "an empty list"),
        ({"style_layers": [["block1_conv1"], ["block9"]]}, "style_layers", "'block9'"),
        ({"style_weight": [3, 0], "content_weight": 0}, "", "leaves nothing to paint towards"),
        ({"quality": "best", "steps": [3]}, "", "steps or a quality, not both"),
        ({"quality": "quick"}, "quality", "quick"),
        ({"statistic": ["gram", "sliced"], "tile": 256}, "", "adds up over tiles"),
        ({"size": ["huge"]}, "size", "huge"),
        ({"steps": None}, "steps", "None"),
        ({"optimizer": {"lbfgs": 1}}, "optimizer", "optimizer"),
    ],
)
def test_what_is_wrong_is_said_with_its_setting(given: Any, name: str, words: str) -> None:
    _, faults = combine_values(given)
    assert [*faults] == [name]
    assert words in faults[name]


def test_all_faults_are_named_not_the_first() -> None:
    _, faults = combine_values({"seed": [-1], "steps": [0, 1], "size": [64, 8]})
    assert [*faults] == ["seed", "steps", "size"]


def test_settings_that_need_each_other_are_no_fault() -> None:
    _, faults = combine_values({"colour_space": ["lab", "yiq"], "colours": "luminance"})
    assert not faults


def test_size_and_quality_are_as_in_transfer() -> None:
    assert make_settings({"size": "original"}, (40, 30)) == Settings(size=40)
    assert make_settings({"quality": "draft"}) == Settings(steps=QUALITIES["draft"])
    with pytest.raises(SettingsError, match="There are: size"):
        make_settings({"xyz": 1})
