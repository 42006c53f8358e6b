import ast
import math
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
    r"|resize_to|complement_mask|mean_covariance|\brights="
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


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"), (0.01, "0.01"), (0.1259, "0.126"), (1, "1"), (12.589, "12.6"), (99.97, "100"),
        (1000, "1000"), (1e3, "1000"), (1234.4, "1234"), (9999.6, "10,000"), (12345, "12,345"),
        (1e6, "1,000,000"), (-4, "−4"), (-0.5, "−0.5"), (0.0001, "0.0001"),
        (0.0000456, "4.6 × 10⁻⁵"), (-2e10, "−2.0 × 10¹⁰"), (np.float32(0.5), "0.5"),
        (math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "no number"),
    ],
)  # fmt: skip
def test_a_number_is_written_in_one_way(number: float, written: str) -> None:
    assert format_number(number) == written


@given(st.floats(-1e12, 1e12))
def test_three_digits_of_a_number_are_right(number: float) -> None:
    plain = format_number(number).replace("−", "-").replace(",", "")
    figures, _, power = plain.partition(" × 10")
    exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
    digits = 1e-1 if power else 1e-2
    assert float(figures) * 10.0**exponent == pytest.approx(number, rel=digits, abs=0)


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
