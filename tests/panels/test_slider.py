import numpy as np
import pytest

from stylelab.panels.slider import Slider, log_spaced


def test_logarithmic_numbers_are_geometrically_spaced() -> None:
    numbers = log_spaced(-2, 2)
    assert (numbers[0], numbers[-1], len(numbers)) == (0.01, 100, 41)
    np.testing.assert_allclose(np.divide(numbers[1:], numbers[:-1]), 10**0.1, rtol=0.01)
    assert {0.1, 1, 10} <= set(numbers)


def test_it_shows_the_number_and_not_its_index() -> None:
    slider = Slider("λ", log_spaced(-2, 2), 0.1)
    assert (slider.value, slider.text) == (0.1, "0.1")
    slider.value = 12.589
    assert slider.text == "12.6"
    assert slider.texts[-1] == "100"


@pytest.mark.parametrize(("asked", "taken"), [(0.15, 0.15), (0, 0.01), (1e6, 100)])
def test_intermediate_numbers_are_kept_and_numbers_outside_are_clipped(
    asked: float, taken: float
) -> None:
    assert Slider("λ", log_spaced(-2, 2), asked).value == taken


def test_an_initial_number_of_0_is_written() -> None:
    assert Slider("channel", range(3), 0).text == "0"
