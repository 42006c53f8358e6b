from typing import Any

import numpy as np
import pytest
from figure_contents import texts

from stylelab.course.figures import (
    plot_edges,
    plot_magnitudes,
    plot_row_comparison,
    plot_terms_and_gradients,
    show_gradient_map,
)
from stylelab.errors import SettingsError
from stylelab.pictures.images import Picture

SCORES = {
    "one ruler": {"content": 1e-3, "style": 2e9},
    "another": {"content": 4.0, "style": 5.0},
}


def test_magnitudes_are_drawn_on_a_logarithmic_axis() -> None:
    axes: Any = plot_magnitudes(SCORES, xlabel="distance", alt="dots").figure.axes[0]
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "distance"
    dots = {
        (float(line.get_xdata()[0]), int(line.get_ydata()[0]))
        for line in axes.lines
        if line.get_marker() == "o"
    }
    assert dots == {(1e-3, 0), (2e9, 0), (4.0, 1), (5.0, 1)}
    assert [label.get_text() for label in axes.get_yticklabels()] == list(SCORES)


def test_magnitudes_use_powers_of_ten_and_label_each_series_once() -> None:
    figure = plot_magnitudes(SCORES, xlabel="distance", alt="dots").figure
    assert "2.0 × 10⁹" in texts(figure.axes[0])
    assert "0.001" in texts(figure.axes[0])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["content", "style"]


def test_labels_of_close_dots_extend_in_opposite_directions() -> None:
    (axes,) = plot_magnitudes(SCORES, xlabel="distance", alt="dots").figure.axes
    sides = {text.get_text(): text.get_horizontalalignment() for text in axes.texts}
    assert (sides["4"], sides["5"]) == ("right", "left")
    assert sides["0.001"] == "center"


@pytest.mark.parametrize("shown", [{}, {"a": {}}, {"a": {"b": 0.0}}, {"a": {"b": -1.0}}])
def test_magnitudes_of_0_or_less_are_refused(shown: Any) -> None:
    with pytest.raises(SettingsError, match="above 0"):
        plot_magnitudes(shown, xlabel="x", alt="dots")


VALUES = {"photo": {"content": 0.0, "style": 8.0}, "noise": {"content": 1.0, "style": 7.0}}
LENGTHS = {"photo": {"content": 0.0, "style": 0.7}, "noise": {"content": 0.1, "style": 0.2}}


def test_terms_and_gradients_are_drawn_left_and_right_with_their_labels() -> None:
    axes: Any = plot_terms_and_gradients(VALUES, LENGTHS, alt="bars").figure.axes
    left, right = axes
    assert sorted(bar.get_width() for bar in left.patches) == [0, 1, 7, 8]
    assert sorted(bar.get_width() for bar in right.patches) == [0, 0.1, 0.2, 0.7]
    assert "adds" in left.get_xlabel()
    assert "gradient" in right.get_xlabel()
    assert [label.get_text() for label in left.get_yticklabels()] == ["photo", "noise"]


def test_values_and_gradients_of_different_terms_are_refused() -> None:
    with pytest.raises(SettingsError, match="same terms"):
        plot_terms_and_gradients(VALUES, {"photo": LENGTHS["photo"]}, alt="bars")
    with pytest.raises(SettingsError, match="same terms"):
        plot_terms_and_gradients({}, {}, alt="bars")


def test_a_row_comparison_draws_the_brightness_of_its_row(photo: Picture) -> None:
    other = 1 - photo
    axes: Any = plot_row_comparison(photo, 7, {"X": photo, "C": other}, alt="a cut").figure.axes
    left, right = axes
    drawn = [line.get_ydata() for line in right.lines]
    np.testing.assert_allclose(drawn[0], photo[7].mean(-1))
    np.testing.assert_allclose(drawn[1], other[7].mean(-1))
    assert list(left.lines[0].get_ydata()) == [7, 7]
    assert "pixels" in right.get_xlabel()


@pytest.mark.parametrize("row", [-1, 1000])
def test_a_row_outside_the_picture_is_refused(row: int, photo: Picture) -> None:
    with pytest.raises(SettingsError, match="row"):
        plot_row_comparison(photo, row, {"X": photo}, alt="a cut")


def test_a_gradient_map_shows_lengths_relative_to_the_largest(photo: Picture) -> None:
    gradient = np.zeros_like(photo)
    gradient[3, 5], gradient[8, 2] = (3, 0, 4), (0, 1, 0)
    _, right, bar = show_gradient_map(photo, gradient, alt="a map").figure.axes
    shown = np.asarray(right.images[0].get_array())
    assert (shown[3, 5], shown[8, 2], shown[0, 0]) == pytest.approx((1, 0.2, 0))
    assert "largest" in bar.get_ylabel()


def test_a_gradient_map_refuses_a_gradient_of_another_shape(photo: Picture) -> None:
    with pytest.raises(SettingsError, match="shape"):
        show_gradient_map(photo, photo[:-1], alt="a map")


def test_edges_are_shown_as_gray_strips_above_their_values() -> None:
    rising = np.linspace(0, 1, 9)
    strip, curve = plot_edges({"soft": rising}, alt="a rising edge").figure.axes
    np.testing.assert_array_equal(np.asarray(strip.images[0].get_array()), rising[None])
    assert strip.images[0].get_clim() == (0, 1)
    np.testing.assert_array_equal(curve.lines[0].get_ydata(), rising)
    with pytest.raises(SettingsError, match="at least one edge"):
        plot_edges({}, alt="nothing")
