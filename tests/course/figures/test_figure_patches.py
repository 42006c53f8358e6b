from typing import Any

import numpy as np
import pytest

from stylelab.course.figures import show_peaks, show_top_patches
from stylelab.course.figures.patches import PATCHES, best_by_name
from stylelab.course.patches import Peak
from stylelab.errors import SettingsError
from stylelab.network.layer_facts import extract_patch
from stylelab.samples.catalogue import sample


def peak(name: str, size: int, value: float) -> Peak:
    return Peak("block2_conv2", 56, name, size, 4, 5, value)


PEAKS = [peak("cat", 64, 7), peak("cat", 96, 9), peak("coffee", 64, 8), peak("rocket", 64, 0)]


def test_the_table_has_a_row_for_each_sample_and_a_column_for_each_size() -> None:
    figure = show_peaks(PEAKS)
    (axes,) = figure.figure.axes
    table: Any = np.ma.filled(np.ma.asarray(axes.images[0].get_array(), float), np.nan)
    np.testing.assert_array_equal(table, [[7, 9], [8, np.nan], [0, np.nan]])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "coffee", "rocket"]
    assert [text.get_text() for text in axes.texts] == ["7", "9", "8", "0"]
    assert axes.images[0].get_clim() == (0, 9)
    assert "cat 7, 9" in figure.alt


def test_each_sample_counts_with_its_strongest_size_and_zeros_are_left_out() -> None:
    assert [(one.name, one.size) for one in best_by_name(PEAKS)] == [("cat", 96), ("coffee", 64)]


def test_patches_are_those_that_the_units_see() -> None:
    excited = np.full((8, 8, 3), 0.5)
    figure = show_top_patches({"56": PEAKS}, {"56": excited})
    first, cat, coffee, *empty = figure.figure.axes
    assert len(empty) == PATCHES - 2
    np.testing.assert_array_equal(np.asarray(first.images[0].get_array()), excited)
    for axes, name, size in ((cat, "cat", 96), (coffee, "coffee", 64)):
        expected = extract_patch(sample(name, size=size), "block2_conv2", 4, 5)
        np.testing.assert_array_equal(np.asarray(axes.images[0].get_array()), expected)
    assert first.get_position().width > 1.9 * cat.get_position().width
    assert "cat 9, coffee 8" in figure.alt
    assert not any(axes.images for axes in empty)


def test_empty_input_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one"):
        show_peaks([])
    with pytest.raises(SettingsError, match="at least one"):
        show_top_patches({}, {})
