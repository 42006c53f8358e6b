from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylelab.cli.style_argument import StyleArgument, parse_layers, parse_style
from stylelab.errors import SettingsError
from stylelab.losses.style import style
from stylelab.pictures.images import load_image
from stylelab.pictures.saving import save_image
from stylelab.pipeline.settings import Settings
from stylelab.samples.catalogue import sample

names = st.text("abc.-_ /1,=", min_size=1, max_size=12).filter(lambda name: "," not in name)


@given(names, st.floats(0, 1e6), names, names)
def test_options_are_parsed(picture: str, weight: float, mask: str, source: str) -> None:
    text = f"{picture},mask={mask},weight={weight!r},painting-mask={source}"
    assert parse_style(text) == StyleArgument(picture, weight, mask, source)


def test_a_picture_without_options_is_plain() -> None:
    assert parse_style("night.jpg").is_plain
    assert not parse_style("night.jpg,weight=2").is_plain


def test_a_comma_may_be_part_of_a_name() -> None:
    parsed = parse_style("night, by me.jpg,scale=2")
    assert (parsed.picture, parsed.options) == ("night, by me.jpg", {"scale": 2.0})


def test_a_file_whose_name_looks_like_an_option_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a,b=c.png").touch()
    assert parse_style("a,b=c.png").picture == "a,b=c.png"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("night.jpg,wieght=2", ["wieght=2", "weight=…", "mask=…"]),
        ("night.jpg,weight=much", ["weight", "'much'", "number"]),
        ("night.jpg,scale=", ["scale", "number"]),
        ("night.jpg,layers=block1_conv1:x", ["block1_conv1", "'x'"]),
        ("night.jpg,layers=", ["names of layers"]),
    ],
)
def test_wrong_options_are_refused(text: str, words: list[str]) -> None:
    with pytest.raises(SettingsError) as raised:
        parse_style(text)
    assert all(word in str(raised.value) for word in words), raised.value


def test_layers_are_parsed_with_their_weights() -> None:
    assert parse_layers("a, b=0.5,") == {"a": 1.0, "b": 0.5}
    assert parse_layers("a+b:0.5", between="+", before_weight=":") == {"a": 1.0, "b": 0.5}


def test_a_style_argument_becomes_a_style_loss(tmp_path: Path) -> None:
    painting = sample("stained_glass", 64)
    mask = np.zeros((64, 64), np.float32)
    mask[:32] = 1
    glass = save_image(tmp_path / "glass.png", painting)
    top = save_image(tmp_path / "top.png", np.repeat(mask[..., None], 3, axis=2))
    text = f"{glass},weight=0.5,mask={top},scale=2,layers=block1_conv1:3+block2_conv1"
    parsed = parse_style(text).loss(Settings(size=64))
    layers = {"block1_conv1": 3.0, "block2_conv1": 1.0}
    expected = 0.5 * style(load_image(glass), layers, mask=mask, scale=2)
    assert parsed.describe() == expected.describe()
    assert all(map(np.array_equal, parsed.arrays, expected.arrays))
    assert [term.source for _, term in parsed.weighted_terms] == [str(glass)]
