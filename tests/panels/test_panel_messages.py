import ast
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import stylelab
from stylelab.errors import PictureError, SettingsError, StylelabError
from stylelab.losses.tiles import plan_tiles
from stylelab.panels.messages import (
    MAX_NAME_LENGTH,
    display_name,
    error_message,
    format_number,
    label,
    single_line,
)
from stylelab.pictures.masks import validate_mask
from stylelab.pictures.saving import save_image
from stylelab.pipeline.cost_estimate import CostEstimate, validate_memory
from stylelab.pipeline.settings import Settings

PYTHON_ONLY = re.compile(
    r"make_folders|check_memory|1 - mask|resize_mask|\b(size|tile)=|isfinite|np\.clip"
    r"|(style|content|total_variation)_(weight|layers)|style_scale|colour_space"
)
"""What nobody can do anything with who has buttons only."""


def test_our_messages_are_kept_and_others_rephrased() -> None:
    assert error_message(SettingsError("Expected this.")) == "Expected this."
    assert "not enough memory" in error_message(MemoryError())
    exhausted = type("ResourceExhaustedError", (Exception,), {})
    assert "not enough memory" in error_message(exhausted("OOM when allocating tensor"))
    assert "ZeroDivisionError: by nought" in error_message(ZeroDivisionError("by nought"))


def raised() -> list[str]:
    """Read every message from the source, with a number instead of whatever is put in."""
    messages = []
    package = Path(stylelab.__file__).parent
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] in ("cli", "course", "rights", "panels"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error"):
                messages += [_text(argument) for argument in node.args[:1]]
    return messages


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "64" for part in parts)


def test_panel_messages_contain_no_python() -> None:
    messages = raised()
    assert len(messages) > 100
    assert any(PYTHON_ONLY.search(message) for message in messages)
    speaking = [
        message for message in messages if PYTHON_ONLY.search(error_message(StylelabError(message)))
    ]
    assert speaking == []


def test_size_mismatches_are_reported_in_pixels() -> None:
    settings = Settings(size=4096)
    stages = settings.stages(300, 400)
    large = CostEstimate(stages=stages, memory=10**14, available=3 * 10**9, seconds=1.0)
    with pytest.raises(SettingsError, match="size=4096") as caught:
        validate_memory(large, (300, 400), settings)
    message = error_message(caught.value)
    assert "a size of 4096 px" in message
    assert not PYTHON_ONLY.search(message)
    with pytest.raises(SettingsError, match="tile=16") as caught:
        plan_tiles(1000, 1000, ("block5_conv1",), 16)
    assert "Received: tiles of 16 px. Take tiles of" in error_message(caught.value)


def test_a_missing_folder_and_an_empty_mask_are_explained(tmp_path: Path) -> None:
    with pytest.raises(StylelabError, match="make_folders") as caught:
        save_image(tmp_path / "not" / "there.png", np.zeros((16, 16, 3), np.float32))
    assert not PYTHON_ONLY.search(error_message(caught.value))
    with pytest.raises(PictureError, match="1 - mask") as caught:
        validate_mask(np.zeros((3, 3)))
    assert 'choose "all but" it' in error_message(caught.value)


def test_settings_are_named_as_in_the_form() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(style_weight=0, content_weight=0)
    assert label("style_weight") in error_message(caught.value)


@given(st.text(st.characters(codec=None)))
def test_any_name_becomes_one_line_that_can_be_sent(name: str) -> None:
    shown = display_name(name)
    assert shown
    assert shown.isprintable()
    assert len(shown) <= MAX_NAME_LENGTH
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert error_message(OSError(name)).isprintable()


def test_readable_names_are_kept() -> None:
    assert display_name("Müller & Söhne (2).jpg") == "Müller & Söhne (2).jpg"
    assert single_line("one\nimport os\u202egpj") == "one import os gpj"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (30, "30"), (30.0, "30"), (1000.0, "1000"), (-2.0, "-2"), (0.0, "0"), (1.5, "1.5"),
        (31.62, "31.6"), (0.05, "0.05"), (1 / 3, "0.333"), (0.00002, "0.00002"), (2.999, "3"),
        (1234.5, "1230"), (10.04, "10"), (123456, "123456"), (np.float32(0.1), "0.1"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_readers_write_them(number: float, text: str) -> None:
    assert format_number(number) == text


@given(st.floats(1e-6, 1e14) | st.floats(-1e14, -1e-6))
def test_any_number_is_written_to_three_digits_without_an_exponent(number: float) -> None:
    text = format_number(number)
    assert "e" not in text
    if number.is_integer():
        assert float(text) == number
    else:
        assert float(text) == float(f"{number:.3g}")
        assert len(text.strip("-").replace(".", "").strip("0")) <= 3
