import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.pictures.text import duration_text, size_text
from stylelab.pictures.validation import validate_whole_number


@pytest.mark.parametrize("value", [2, 3, 9, np.int64(2), np.uint8(9), 10**30])
def test_integers_within_the_limits_pass(value: object) -> None:
    validate_whole_number("columns", value, at_least=2)
    if value != 10**30:
        validate_whole_number("columns", value, at_least=2, at_most=9)


@pytest.mark.parametrize(
    "value", [1, -2, True, np.True_, 2.0, np.float32(3), "2", None, [2], np.array([2, 3])]
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(SettingsError) as error:
        validate_whole_number("columns", value, at_least=2)
    expected = "Expected columns as a whole number of at least 2."
    assert str(error.value) == f"{expected} Received: {value!r}."


def test_messages_name_both_limits_and_the_unit() -> None:
    with pytest.raises(SettingsError, match="the gap as a whole number from 0 to 5"):
        validate_whole_number("the gap", 6, at_least=0, at_most=5)
    with pytest.raises(SettingsError, match="gap as a whole number of pixels, at least 1"):
        validate_whole_number("gap", 0, at_least=1, unit="pixels")


def test_a_size_is_written_width_first() -> None:
    assert size_text(300, 400) == "400 × 300"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3725, "62 min 05 s"),
    ],
)
def test_a_duration_is_rounded_to_seconds(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
