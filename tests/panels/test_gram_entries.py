import html
from typing import Any

import numpy as np
import pytest

from stylelab.errors import PictureError, SettingsError
from stylelab.panels import gram_entries
from stylelab.panels.gram_entries import GramEntries


@pytest.fixture
def maps() -> Any:
    return np.random.default_rng(0).integers(0, 9, (5, 7, 4)).astype(np.float32)


@pytest.fixture
def control(maps: Any) -> GramEntries:
    return gram_entries(maps, row=2, column=0)


def shown(control: GramEntries) -> list[Any]:
    """The matrix, the map at its right, the one below it, and the product."""
    return [np.asarray(axes.images[0].get_array()) for axes in control.drawing.figure.axes]


def titles(control: GramEntries) -> str:
    return " | ".join(axes.get_title() for axes in control.drawing.figure.axes)


def says(control: GramEntries) -> str:
    return html.unescape(control.message.value)


def entry(maps: Any, i: int, j: int) -> float:
    return float(sum(maps[y, x, i] * maps[y, x, j] for y in range(5) for x in range(7)) / 35)


def test_it_shows_the_matrix_both_maps_and_their_product(control: GramEntries, maps: Any) -> None:
    matrix, one, other, product = shown(control)
    for i in range(4):
        for j in range(4):
            assert matrix[i, j] == pytest.approx(entry(maps, i, j))
    np.testing.assert_array_equal(one, maps[..., 2])
    np.testing.assert_array_equal(other, maps[..., 0])
    np.testing.assert_array_equal(product, maps[..., 2] * maps[..., 0])


def test_the_entry_is_written_beside_the_product_and_in_the_sentence(
    control: GramEntries, maps: Any
) -> None:
    number = f"{entry(maps, 2, 0):.3g}"
    assert f"its mean is {number}" in titles(control)
    assert f"Entry (2, 0) of G is {number}" in says(control)
    assert f"the entry, {number}." in control.drawing.alt


def test_the_sliders_choose_row_and_column(control: GramEntries, maps: Any) -> None:
    control.widgets["row"].value = 3
    control.widgets["column"].value = 1
    _, one, other, _ = shown(control)
    np.testing.assert_array_equal(one, maps[..., 3])
    np.testing.assert_array_equal(other, maps[..., 1])
    assert "channel i = 3 | channel j = 1" in titles(control)
    assert f"Entry (3, 1) of G is {entry(maps, 3, 1):.3g}" in says(control)


def test_the_sliders_have_a_step_for_each_channel(control: GramEntries) -> None:
    assert control.widgets["row"].numbers == control.widgets["column"].numbers == [0, 1, 2, 3]


def test_shuffling_moves_all_channels_alike_and_the_matrix_stands_still(
    control: GramEntries, maps: Any
) -> None:
    before = shown(control)
    control.widgets["shuffle"].value = True
    after = shown(control)
    np.testing.assert_allclose(after[0], before[0], rtol=1e-12)
    for i in (1, 2, 3):
        assert not np.array_equal(after[i], before[i])
    pairs = [sorted(zip(arrays[1].flat, arrays[2].flat, strict=True)) for arrays in (before, after)]
    assert pairs[0] == pairs[1]  # each value of one channel kept its partner of the other
    assert "G stands still" in says(control)
    assert f"is {entry(maps, 2, 0):.3g}, as before" in says(control)
    control.widgets["shuffle"].value = False
    np.testing.assert_array_equal(shown(control)[1], before[1])
    assert "stands still" not in says(control)


def test_channels_that_are_zero_everywhere_can_be_chosen() -> None:
    control = gram_entries(np.zeros((3, 3, 2), np.float32))
    assert "Entry (0, 1) of G is 0:" in says(control)
    control.widgets["shuffle"].value = True
    assert "none has moved by more than 0e+00" in says(control)


def test_the_first_picture_is_stored_for_pages_without_a_kernel(control: GramEntries) -> None:
    control.widgets["row"].value = 3
    _, metadata = control._repr_mimebundle_()
    assert "entry (2, 0) framed" in metadata["image/jpeg"]["alt"]


@pytest.mark.parametrize("wrong", [{"row": 4}, {"column": -1}, {"row": 1.5}])
def test_channels_that_do_not_exist_are_refused(maps: Any, wrong: Any) -> None:
    with pytest.raises(SettingsError, match="whole number from 0 to 3"):
        gram_entries(maps, **wrong)


def test_arrays_that_are_no_maps_are_refused() -> None:
    with pytest.raises(PictureError, match="feature maps of shape"):
        gram_entries(np.zeros((4, 4)))
