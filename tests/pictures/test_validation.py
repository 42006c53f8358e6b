import math
import sys

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.pictures.text import duration_text, size_text
from stylelab.pictures.validation import as_float, describe_received, validate_whole_number


@pytest.mark.parametrize("value", [2, 3, 9, np.int64(2), np.uint8(9)])
def test_integers_within_the_limits_pass(value: object) -> None:
    validate_whole_number("columns", value, at_least=2)
    validate_whole_number("columns", value, at_least=2, at_most=9)


@pytest.mark.parametrize(
    ("value", "received"),
    [(10**30, "1" + 30 * "0"), (10**5000, "a number too large to be written")],
    ids=["30 digits", "5000 digits"],
)
def test_an_integer_that_no_array_can_count_is_refused(value: int, received: str) -> None:
    validate_whole_number("columns", sys.maxsize, at_least=2)
    with pytest.raises(SettingsError) as error:
        validate_whole_number("columns", value, at_least=2)
    expected = f"Expected columns as a whole number from 2 to {sys.maxsize}."
    assert str(error.value) == f"{expected} Received: {received}."


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (2, 2.0), (np.float32(0.5), 0.5), (-(10**400), math.inf), (10**400, math.inf),
        (True, math.nan), ("2", math.nan), (None, math.nan), (np.complex64(1), math.nan),
    ],
)  # fmt: skip
def test_anything_becomes_a_float_without_an_error(value: object, number: float) -> None:
    np.testing.assert_equal(as_float(value), number)


def test_what_was_received_is_described_in_one_short_line() -> None:
    assert describe_received("a\nb") == "'a\\nb'"
    assert describe_received(np.zeros((2, 3))) == "an array of shape (2, 3)"
    assert len(describe_received(10**300)) == 120


@pytest.mark.parametrize("value", [1, -2, True, np.True_, 2.0, np.float32(3), "2", None, [2]])
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
        (3599.6, "1 h 00 min"),
        (3725, "1 h 02 min"),
        (26_430, "7 h 20 min"),
    ],
)
def test_a_duration_is_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
