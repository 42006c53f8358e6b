import ast
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import stylelab
from stylelab.losses.layer_weights import make_layer_weights
from stylelab.network.layer_facts import LAYERS
from stylelab.panels.studio.code_export import string_literal, transfer_code
from stylelab.panels.studio.picture_choice import PictureChoice
from stylelab.panels.studio.regions import Region, RegionChoice
from stylelab.panels.studio.selection import Selection, StyleChoice
from stylelab.panels.studio.weight_changes import WeightChange
from stylelab.pipeline.settings import Settings

CAT, NIGHT = 'sl.sample("cat")', 'sl.sample("swirling_night")'


def run(code: str, **names: Any) -> tuple[Any, dict[str, Any]]:
    """Run the code with a stand-in for transfer; give what it was called with."""
    with mock.patch.object(stylelab, "transfer") as transfer:
        variables = dict(names)
        exec(code, variables)  # noqa: S102 - our own code
    assert variables["result"] is transfer.return_value
    transfer.assert_called_once()
    return transfer.call_args.args, dict(transfer.call_args.kwargs)


def plain(settings: Settings) -> dict[str, Any]:
    """Give the settings with layers as weights, however they were written."""
    return settings.describe() | {
        "content_layers": make_layer_weights(
            settings.content_layers, "content", settings.formulation
        ),
        "style_layers": make_layer_weights(settings.style_layers, "style", settings.formulation),
    }


def test_default_settings_are_omitted() -> None:
    args, kwargs = run(transfer_code("photo", "painting", Settings()), photo="one", painting="two")
    assert (args, kwargs) == (("one", "two"), {})
    alike = Settings(
        content_layers="block4_conv2", style_layers=dict.fromkeys(Settings().style_layers, 1)
    )
    assert transfer_code(CAT, NIGHT, alike) == transfer_code(CAT, NIGHT, Settings())


def test_samples_are_loaded_by_name() -> None:
    args, _ = run(transfer_code(CAT, NIGHT, Settings()))
    np.testing.assert_array_equal(args[0], stylelab.sample("cat"))
    np.testing.assert_array_equal(args[1], stylelab.sample("swirling_night"))


names = st.lists(st.sampled_from(list(LAYERS)), min_size=1, max_size=4, unique=True)
weights = st.floats(0, 1e6) | st.floats(0, 1e6, width=32).map(np.float32) | st.integers(0, 300)
layers = (
    names.map(tuple)
    | names.map(lambda some: some[0])
    | st.dictionaries(st.sampled_from(list(LAYERS)), st.floats(0.001, 100), min_size=1, max_size=4)
)


@given(
    st.fixed_dictionaries(
        {"style_weight": st.floats(0.001, 1e6)},
        optional={
            "size": st.integers(16, 2000),
            "content_weight": weights,
            "total_variation_weight": weights,
            "content_layers": layers,
            "style_layers": layers,
            "steps": st.integers(1, 500),
            "optimizer": st.sampled_from(["lbfgs", "adam", "gradient_descent"]),
            "pooling": st.sampled_from(["avg", "max"]),
            "padding_mode": st.sampled_from(["zeros", "symmetric"]),
            "coarsest_size": st.integers(16, 512),
            "formulation": st.sampled_from(["relative", "gatys2016"]),
            "start": st.sampled_from(["content", "noise"]),
            "seed": st.integers(0, 2**32),
        },
    )
)
def test_the_call_has_exactly_the_settings(chosen: dict[str, Any]) -> None:
    settings = Settings(**chosen)
    code = transfer_code("1", "2", settings, [WeightChange(3, "style weight 10 → 30")])
    _, kwargs = run(code)
    assert plain(Settings(**kwargs)) == plain(settings)
    defaults = plain(Settings(formulation=settings.formulation)) | {"formulation": "relative"}
    written = plain(Settings(**kwargs))
    assert all(written[name] != defaults[name] for name in kwargs)


def test_numbers_are_formatted_readably() -> None:
    code = transfer_code(
        CAT, NIGHT, Settings(style_weight=30.0, total_variation_weight=np.float64(0.1))
    )
    assert "style_weight=30," in code
    assert "total_variation_weight=0.1," in code


def test_layer_weights_are_written_only_where_needed() -> None:
    settings = Settings(
        content_layers=("block3_conv1",), style_layers={"block2_conv1": 3, "block1_conv1": 1}
    )
    code = transfer_code(CAT, NIGHT, settings)
    assert 'content_layers="block3_conv1"' in code
    assert 'style_layers={"block1_conv1": 1, "block2_conv1": 3}' in code
    twice = Settings(content_layers=("block3_conv1",), style_layers={"block2_conv1": 1.0})
    assert 'style_layers="block2_conv1"' in transfer_code(CAT, NIGHT, twice)


def test_lines_are_short_and_formatted_as_python() -> None:
    short = transfer_code("photo", "painting", Settings(size=256))
    assert short.splitlines()[-1] == "result = sl.transfer(photo, painting, size=256)"
    long = transfer_code(CAT, NIGHT, Settings(size=256, style_weight=30, seed=7)).splitlines()
    assert long[2:] == [
        "result = sl.transfer(",
        f"    {CAT},",
        f"    {NIGHT},",
        "    size=256,",
        "    style_weight=30,",
        "    seed=7,",
        ")",
    ]


def test_weights_changed_during_the_run_are_listed_in_a_comment() -> None:
    changes = [WeightChange(3, "style weight 10 → 30"), WeightChange(9, "style weight 30 → 3")]
    code = transfer_code(CAT, NIGHT, Settings(style_weight=3), changes)
    comments = [line for line in code.splitlines() if line.startswith("#")]
    assert comments[0].endswith("style weight 10 → 30; then style weight 30 → 3.")
    assert "will differ" in comments[1]
    assert ast.dump(ast.parse(code)) == ast.dump(
        ast.parse(transfer_code(CAT, NIGHT, Settings(style_weight=3)))
    )
    assert "#" not in transfer_code(CAT, NIGHT, Settings())


@pytest.mark.parametrize("start", ["content", "noise"])
def test_a_start_picture_replaces_the_setting(start: Any) -> None:
    code = transfer_code("1", "2", Settings(start=start), start="sketch")
    assert run(code, sketch="a sketch")[1] == {"start": "a sketch"}


def test_default_layer_weights_follow_the_formulation() -> None:
    own = make_layer_weights(Settings.style_layers, "style", "gatys2016")
    settings = Settings(formulation="gatys2016", style_layers=own)
    assert run(transfer_code("1", "2", settings))[1] == {"formulation": "gatys2016"}


anything = st.text(st.characters(codec=None)) | st.sampled_from(
    ["a\nimport os", 'a"; import os; "', "a\\", "\u202egpj.exe", "\x00", "a\r\nb", "\ud800", "'\"'"]
)


@given(anything)
def test_string_literals_evaluate_to_their_text_and_are_readable(text: str) -> None:
    code = string_literal(text)
    assert ast.literal_eval(code) == text
    assert code.isprintable()


@given(anything, anything, anything)
def test_any_file_name_gives_a_single_valid_call(photo: str, painting: str, mask: str) -> None:
    picture = np.full((16, 16, 3), 0.5, np.float32)
    one, other = (
        PictureChoice(name, name, name, b"", picture, string_literal(name))
        for name in (photo, painting)
    )
    region = Region(
        "1", mask, f"sl.load_mask({string_literal(mask)})", np.ones((16, 16), np.float32)
    )
    chosen = Selection(one, (StyleChoice(other), StyleChoice(other, place=RegionChoice(region))))
    photo_code, styles, keep, lines = chosen.code()
    changes = [WeightChange(1, f"share of {painting} 50 → 20")]
    code = transfer_code(photo_code, styles, Settings(), changes, keep=keep, setup_lines=lines)
    tree = ast.parse(code)
    kinds = [type(each).__name__ for each in tree.body]
    assert kinds == ["Import", "Assign", "Assign", "Assign"]  # the mask, the styles, the result
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    names = sorted(text for text in texts if isinstance(text, str))
    assert names == sorted([mask, painting, painting, photo])
    called = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert sorted(called) == ["sl.load_mask", "sl.style", "sl.style", "sl.transfer"]


@pytest.mark.parametrize("taken", ["photo", "night"])
def test_a_mask_variable_does_not_shadow_names_of_the_call(taken: str) -> None:
    picture = np.full((16, 16, 3), 0.5, np.float32)
    one, other = (
        PictureChoice(name, name, name, b"", picture, name) for name in ("photo", "night")
    )
    region = Region("1", taken, 'sl.load_mask("a.png")', np.ones((16, 16), np.float32))
    chosen = Selection(one, (StyleChoice(other),), RegionChoice(region))
    photo_code, styles, keep, lines = chosen.code()
    assert f"{taken} =" not in transfer_code(
        photo_code, styles, Settings(), keep=keep, setup_lines=lines
    )
