import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylelab.errors import SettingsError
from stylelab.losses.statistics import STATISTICS
from stylelab.network.layer_facts import LAYERS
from stylelab.panels.messages import panel_message
from stylelab.panels.studio.presets import PRESETS, find_preset, layer_weights_of
from stylelab.panels.studio.settings_form import (
    SIZES,
    WHOLE_NUMBERS,
    apply_preset,
    describe_value,
    describe_values,
    differences,
    form_fields,
    settings_from_values,
    to_plain_values,
    validate_values,
)
from stylelab.pictures.colour import COLOUR_MODES, DEFAULT_COLOUR_SPACES
from stylelab.pictures.colour_spaces import COLOUR_SPACES
from stylelab.pipeline.settings import Settings

CONVOLUTIONS = [name for name in LAYERS if "conv" in name]
WEIGHTS = st.sampled_from([0, 0.1, 1, 3, 10, 300, 1000])
LAYER_WEIGHTS = st.dictionaries(
    st.sampled_from(CONVOLUTIONS), st.sampled_from([0.5, 1.0, 2.0]), min_size=1
)


def with_names(settings: Settings) -> Settings:
    """The same settings with layers as a mapping, to compare them however they were given."""
    layers = layer_weights_of(settings)
    return replace(
        settings, content_layers=layers["content_layers"], style_layers=layers["style_layers"]
    )


@given(
    st.builds(
        Settings,
        size=st.integers(16, 2000),
        style_weight=WEIGHTS,
        content_weight=st.sampled_from([0.01, 1, 5]),
        total_variation_weight=WEIGHTS,
        content_layers=LAYER_WEIGHTS,
        style_layers=LAYER_WEIGHTS,
        steps=st.integers(1, 1000),
        optimizer=st.sampled_from(["lbfgs", "adam", "gradient_descent"]),
        pooling=st.sampled_from(["avg", "max"]),
        padding_mode=st.sampled_from(["zeros", "symmetric"]),
        coarsest_size=st.integers(16, 100_000),
        formulation=st.sampled_from(["relative", "gatys2016", "gatys_notebook", "johnson2016"]),
        start=st.sampled_from(["content", "noise"]),
        seed=st.integers(0, 100),
        style_scale=st.sampled_from([0.1, 0.5, 1.0, 1.3, 10.0]),
        statistic=st.sampled_from(list(STATISTICS)),
        colours=st.sampled_from(["painting", "mean_covariance", "histogram"]),
        colour_space=st.sampled_from([None, "lab", "rgb"]),
        tile=st.sampled_from([None, 128, 512]),
    )
)
def test_settings_survive_a_round_trip_through_the_form(settings: Settings) -> None:
    values = json.loads(json.dumps(to_plain_values(settings)))  # as a browser sends them
    assert with_names(settings_from_values(values, settings.formulation)) == with_names(settings)


def test_layers_without_weights_show_the_formulations_default_weights() -> None:
    values = plain(formulation="gatys2016", style_layers="block2_conv1")
    assert values["style_layers"] == {"block2_conv1": 0.2}
    assert values["content_layers"] == {"block4_conv2": 1.0}


def plain(**settings: Any) -> dict[str, Any]:
    """Values of the form for these settings."""
    return to_plain_values(Settings(**settings))


def test_changing_one_field_changes_only_that_setting() -> None:
    before = settings_from_values(plain(), "relative")
    changed = settings_from_values(plain() | {"style_weight": 30}, "relative")
    assert changed == replace(before, style_weight=30)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"content_layers": {}}, "content layers. Received: none"),
        ({"style_layers": {}}, "style layers. Received: none"),
        ({"style_layers": {"block1_conv1": 0}}, "Raise one"),
        ({"style_weight": 0, "content_weight": 0}, "nothing to paint"),
        ({"style_weight": -1}, "style weight"),
        ({"size": 3}, "size"),
    ],
)
def test_invalid_settings_are_refused_with_a_sentence(changes: dict[str, Any], part: str) -> None:
    with pytest.raises(SettingsError, match=r"^Expected .*Received: .*\.$") as caught:
        settings_from_values(plain() | changes, "relative")
    assert part in panel_message(str(caught.value))


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"steps": 0}, "steps as a whole number from 1 to 1000. Received: 0."),
        ({"steps": 1001}, "Received: 1001. Nothing was changed."),
        ({"steps": 10.5}, "Received: 10.5."),
        ({"steps": True}, "steps as a whole number"),
        ({"steps": None}, "Received: None."),
        ({"seed": -1}, "seed as a whole number from 0 to 1,000,000. Received: −1."),
        ({"seed": "7"}, "Received: '7'."),
        ({"style_weight": 3, "unheard_of": 1}, "one of the settings. Received: 'unheard_of'."),
        ({"formulation": "gatys2016"}, "Received: 'formulation'."),
        ({"style_weight": None}, "style weight as a number. Received: None. Nothing was changed."),
        ({"content_weight": "3"}, "content weight as a number. Received: '3'."),
        ({"total_variation_weight": float("nan")}, "as a number. Received: nan."),
        ({"style_scale": float("inf")}, "as a number. Received: inf."),
        ({"style_weight": 10**400}, f"Received: 1{58 * '0'}…. Nothing was changed."),
        ({"seed": 10**400}, "seed as a whole number from 0 to 1,000,000. Received: "),
        ({"size": True}, "size as a number. Received: True."),
        ({"tile": "none"}, "as a number. Received: 'none'."),
        ({"style_layers": ["block1_conv1"]}, "style layers as weights by layer."),
        ({"content_layers": {"block1_conv1": "1"}}, "content layers as weights by layer."),
        ({"colours": []}, "colours as one of its choices. Received: []."),
        ({"statistic": 3}, "as one of its choices. Received: 3."),
    ],
)
def test_changes_that_no_field_sends_are_refused(changes: dict[str, Any], part: str) -> None:
    with pytest.raises(SettingsError) as caught:
        validate_values(changes, plain())
    assert part in str(caught.value)


def test_whole_numbers_within_their_limits_are_taken() -> None:
    for name, limits in WHOLE_NUMBERS.items():
        for limit in limits:
            validate_values({name: limit}, plain())
            settings = settings_from_values(plain() | {name: limit}, "relative")
            assert getattr(settings, name) == limit
    validate_values(plain(style_weight=3), plain())


def test_a_preset_sets_the_look_and_keeps_size_and_steps() -> None:
    values = plain(size=128, steps=9, tile=512, pooling="max")
    for preset in PRESETS:
        values |= {"style_scale": 2, "statistic": "moments"}
        values |= {"colours": "luminance", "colour_space": "lab"}
        settings = apply_preset(preset.name, values, "gatys2016")
        assert settings is not None
        assert settings.formulation == "gatys2016"
        assert settings.pooling == "max"
        assert (settings.size, settings.steps, settings.tile) == (128, 9, 512)
        assert (settings.style_scale, settings.statistic) == (1, "gram")
        assert (settings.colours, settings.colour_space) == ("painting", None)
        assert with_names(settings) == with_names(preset.apply(settings))
        assert find_preset(settings) is preset


def test_a_preset_replaces_an_invalid_weight() -> None:
    values = plain() | {"style_weight": 0, "content_weight": 0, "style_layers": {}}
    settings = apply_preset("balance", values, "relative")
    assert settings is not None
    preset = find_preset(settings)
    assert preset is not None
    assert preset.name == "balance"


def test_every_setting_but_the_formulation_has_a_field() -> None:
    form = form_fields(plain(), Settings())
    names = [item["name"] for part in ("weights", "run") for item in form[part]]
    names += [form["style"][part]["name"] for part in ("scale", "statistic")]
    names += ["style_layers", "content_layers", "colours", "colour_space"]
    assert set(names) == set(vars(Settings())) - {"formulation"}


def test_there_is_no_preset_of_an_unknown_name() -> None:
    assert apply_preset("no such", plain(), "relative") is None


def offered(fields: dict[str, Any], name: str) -> list[Any]:
    return [
        choice["value"]
        for field in fields["run"]
        if field["name"] == name
        for choice in field["choices"]
    ]


def test_a_size_that_is_not_in_the_list_is_added_to_it() -> None:
    chosen = plain(size=700, coarsest_size=80, tile=400)
    fields = form_fields(chosen, Settings(size=300, coarsest_size=90, tile=200))
    sizes, coarsest, tiles = (offered(fields, name) for name in ("size", "coarsest_size", "tile"))
    assert set(sizes) == {300, 700, *SIZES}
    assert set(coarsest) == {80, 90, *SIZES}
    assert (sizes, coarsest) == (sorted(sizes), sorted(coarsest))
    assert tiles[0] is None
    assert {200, 400} <= set(tiles[1:])
    assert tiles[1:] == sorted(tiles[1:])


def test_every_colour_method_offers_its_colour_spaces() -> None:
    ways = form_fields(plain(), Settings())["style"]["colours"]
    assert {way["value"] for way in ways} == set(COLOUR_MODES)
    for way in ways:
        spaces = {space["value"] for space in way["spaces"]}
        for space in (None, *COLOUR_SPACES):
            if space in spaces or space == DEFAULT_COLOUR_SPACES[way["value"]]:
                Settings(colours=way["value"], colour_space=space)
            else:
                with pytest.raises(SettingsError):
                    Settings(colours=way["value"], colour_space=space)


def test_new_settings_are_described_in_words() -> None:
    assert words(style_scale=0.5)["style_scale"] == "2 times finer than in the painting"
    assert words(style_scale=3)["style_scale"] == "3 times larger than in the painting"
    descriptions = [words(colours=way)["colours"] for way in COLOUR_MODES]
    descriptions += [words(statistic=name)["statistic"] for name in STATISTICS]
    assert all(descriptions)
    assert len(set(descriptions)) == len(descriptions)
    before = Settings()
    after = replace(before, colours="mean_covariance", colour_space="lab", tile=512)
    assert differences(before, after) == [
        "colours the painting's → the photo's, by mean and covariance",
        "colour space usual → Lab",
        "tiles none → 512",
    ]


def words(**changes: Any) -> dict[str, str]:
    return describe_values(to_plain_values(Settings()) | changes)


def test_the_descriptions_follow_the_weights() -> None:
    descriptions = [words(style_weight=weight)["style_weight"] for weight in (3, 10, 30, 300)]
    parts = ("keeps the photo", "balance", "freely", "takes over")
    assert all(part in sentence for part, sentence in zip(parts, descriptions, strict=True))


def test_descriptions_depend_on_the_ratio_of_style_to_content() -> None:
    assert "takes over" in words(style_weight=10, content_weight=0.05)["style_weight"]
    assert "200 to 1" in words(style_weight=10, content_weight=0.05)["style_weight"]
    assert "style weight of 5" in words(style_weight=10, content_weight=2)["content_weight"]


@pytest.mark.parametrize("name", ["style_weight", "content_weight", "total_variation_weight"])
def test_a_weight_of_0_is_described_as_off(name: str) -> None:
    assert words(**{name: 0})[name].startswith("off")
    assert not words(**{name: 5})[name].startswith("off")


def test_differences_are_described_with_both_values() -> None:
    before = Settings()
    after = replace(before, size=256, optimizer="adam", style_layers="block1_conv1")
    assert differences(before, before) == []
    assert differences(before, after) == [
        "size 512 → 256",
        "style layers − block2_conv1, − block3_conv1, − block4_conv1, − block5_conv1",
        "optimizer L-BFGS → Adam",
    ]
    weights = {"block1_conv1": 1, "block2_conv1": 1}
    first = replace(before, style_layers=weights)
    second = replace(before, style_layers=weights | {"block2_conv1": 3})
    assert differences(first, second) == ["style layers: block2_conv1 1 → 3"]
    other = replace(before, style_layers=("block1_conv1", "block4_conv2"))
    assert differences(first, other) == ["style layers + block4_conv2, − block2_conv1"]


def test_all_convolutions_are_listed_in_order_of_depth() -> None:
    fields = form_fields(plain(), Settings())
    assert [layer["name"] for layer in fields["layers"]] == CONVOLUTIONS


def test_a_browser_can_show_the_fields_and_every_default_is_among_them() -> None:
    fields = json.loads(json.dumps(form_fields(plain(), Settings())))
    usual = fields["usual"]
    assert usual == plain()
    assert [each["name"] for each in fields["presets"]] == [each.name for each in PRESETS]
    for field in (*fields["run"], fields["style"]["statistic"]):
        if "choices" in field:
            values = [choice["value"] for choice in field["choices"]]
            assert usual[field["name"]] in values
            for value in values:
                Settings(**{field["name"]: value})
        else:
            assert (field["least"], field["most"]) == WHOLE_NUMBERS[field["name"]]


@pytest.mark.parametrize(
    ("value", "name", "words"),
    [
        (None, "tile", "none"),
        (None, "colour_space", "usual"),
        ("lbfgs", "optimizer", "L-BFGS"),
        ("mean_covariance", "statistic", "mean and covariance"),
        ("mean_covariance", "colours", "the photo's, by mean and covariance"),
        (0.5, "", "0.5"),
        (1000.0, "", "1000"),
    ],
)
def test_values_are_described_in_words(value: Any, name: str, words: str) -> None:
    assert describe_value(value, name) == words
