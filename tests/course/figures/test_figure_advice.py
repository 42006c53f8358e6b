from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylelab.course.experiments import Trial
from stylelab.course.figures import (
    compare_trials,
    plot_ratios,
    plot_trade_off,
    show_enlarged,
    show_trials,
    show_unscaled,
)
from stylelab.errors import PictureError, SettingsError
from stylelab.losses.judge import Scores
from stylelab.pipeline.settings import Settings


def trial(content: float, style: float, light: float = 0.5) -> Trial:
    image = np.full((20, 30, 3), light, np.float32)
    scores = Scores(content, style, 1.0)
    return Trial(image, scores, np.array([2.0, 1.0]), 2, Settings(), {0: image})


SHOWN = {"one": trial(0.25, 0.125, 0.1), "two": trial(1.5, 0.0625, 0.9)}


def test_trials_are_shown_with_names_and_scores() -> None:
    figure = show_trials(SHOWN)
    axes = figure.figure.axes
    assert [one.get_title() for one in axes] == ["one", "two"]
    assert [one.get_xlabel() for one in axes] == [
        "content 0.25, style 0.125",
        "content 1.50, style 0.062",
    ]
    lights = [float(np.asarray(one.images[0].get_array()).mean()) for one in axes]
    assert lights == pytest.approx([0.1, 0.9])
    assert "one: content 0.25, style 0.125" in figure.alt
    assert figure.kind == "jpeg"
    assert show_trials(SHOWN, alt="Two greys.").alt == "Two greys."


def test_trials_keep_the_shape_of_their_pictures() -> None:
    figure = show_trials(SHOWN).figure
    wide, high = figure.get_size_inches()
    for axes in figure.axes:
        box = axes.get_position()
        assert box.width * wide / (box.height * high) == pytest.approx(30 / 20, rel=0.04)


def test_a_long_row_of_trials_stays_on_the_page() -> None:
    many = {f"no. {number}": trial(0.1, 0.1) for number in range(9)}
    assert show_trials(many).figure.get_size_inches()[0] <= 10


def test_trials_fill_rows_from_left_to_right_without_overlap() -> None:
    four = {name: trial(0.1, 0.1) for name in "abcd"}
    for columns, down in ((None, 2), (4, 1), (3, 2)):
        boxes = [axes.get_position() for axes in show_trials(four, columns=columns).figure.axes]
        assert len({round(box.y0, 6) for box in boxes}) == down
        assert not any(box.count_overlaps(boxes) > 1 for box in boxes)
        assert all(box.x0 >= 0 and box.x1 <= 1 and box.y0 > 0 and box.y1 < 1 for box in boxes)
    few = show_trials(SHOWN).figure
    assert few.axes[0].get_position().width * few.get_size_inches()[0] * 110 > 300


def test_two_trials_are_compared_at_the_width_of_the_page() -> None:
    figure = compare_trials(("one", SHOWN["one"]), ("two", SHOWN["two"]))
    left, right = figure.figure.axes
    assert (left.get_title(), right.get_title()) == ("one", "two")
    assert left.get_xlabel() == str(SHOWN["one"].scores)
    assert right.get_position().x1 * figure.figure.get_size_inches()[0] > 9.8
    near = compare_trials(("one", SHOWN["one"]), ("two", SHOWN["two"]), zoom=4, across=1, down=1)
    part = np.asarray(near.figure.axes[1].images[0].get_array())
    np.testing.assert_array_equal(part, SHOWN["two"].image[15:, 22:])


def test_ratios_are_dots_in_a_row_each_with_their_median() -> None:
    figure = plot_ratios({"a": [0.5, 2, 4], "b": [1, 3]}, xlabel="a / b", alt="Two rows of dots.")
    (axes,) = figure.figure.axes
    lines: Any = [np.asarray(line.get_xydata()).tolist() for line in axes.lines]
    assert [[0.5, 0], [2, 0], [4, 0]] in lines
    assert [[1, 1], [3, 1]] in lines
    medians = [xy[0][0] for xy in lines if len(xy) == 2 and xy[0][0] == xy[1][0] and xy[0][1] != 0]
    assert [value for value in medians if value != 1] == [2, 2]
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b"]
    low, high = axes.get_ylim()
    assert low > high  # the first row is on top


def test_trade_offs_are_points_with_both_distances() -> None:
    figure = plot_trade_off({"all": SHOWN}, alt="Two points.")
    (axes,) = figure.figure.axes
    (line,) = axes.lines
    xy: Any = line.get_xydata()
    np.testing.assert_allclose(xy, [(0.25, 0.125), (1.5, 0.0625)])
    assert [text.get_text() for text in axes.texts] == ["one", "two"]
    assert axes.get_yscale() == "log"
    assert "photo" in axes.get_xlabel()
    assert "painting" in axes.get_ylabel()
    assert figure.alt == "Two points."


def test_labels_of_close_points_do_not_overlap() -> None:
    close = {"a long name": trial(0.50, 0.1), "another": trial(0.51, 0.1), "far": trial(1.5, 0.5)}
    figure = plot_trade_off({"all": close}, alt="Three points.").figure
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert [box.count_overlaps(boxes) for box in boxes] == [1, 1, 1]  # each with itself


def test_multiple_series_are_labelled() -> None:
    figure = plot_trade_off({"few steps": SHOWN, "many steps": SHOWN}, alt="Two lines.")
    legend = figure.figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["few steps", "many steps"]
    assert len({line.get_color() for line in figure.figure.axes[0].lines}) == 2


def test_an_unscaled_picture_is_shown_pixel_for_pixel() -> None:
    rows, columns = np.mgrid[:60, :90]
    picture = np.stack([rows / 60, columns / 90, 0 * rows + 0.5], -1).astype(np.float32)
    figure = show_unscaled(picture, alt="Two ramps of colour.")
    with Image.open(BytesIO(figure.encode("png"))) as drawn:
        assert drawn.size == (90, 60)
        assert np.abs(np.asarray(drawn.convert("RGB")) / 255 - picture).max() < 0.02
    assert figure.kind == "jpeg"
    assert figure.alt == "Two ramps of colour."
    with pytest.raises(PictureError):
        show_unscaled(2 * picture, alt="Too bright.")


@pytest.mark.parametrize("nothing", [{}, {"all": {}}])
def test_empty_input_is_refused(nothing: Any) -> None:
    with pytest.raises(SettingsError, match="Received: none"):
        plot_trade_off(nothing, alt="")
    with pytest.raises(SettingsError, match="Received: none"):
        show_trials({})
    with pytest.raises(SettingsError, match="Received: none"):
        plot_ratios({"a": []}, xlabel="", alt="")


def test_small_pictures_are_enlarged_side_by_side() -> None:
    pictures = {name: shown.image for name, shown in SHOWN.items()}
    figure = show_enlarged(pictures, alt="Two grays.")
    assert [axes.get_title() for axes in figure.figure.axes] == ["one", "two"]
    left, right = (axes.get_position() for axes in figure.figure.axes)
    assert (left.y0, left.x1 <= right.x0) == (right.y0, True)
    with Image.open(BytesIO(figure.encode())) as file:
        assert file.width * left.width > 300  # each is wide enough to be looked at
    assert (figure.kind, figure.alt) == ("jpeg", "Two grays.")
    three = show_enlarged(dict.fromkeys("abc", pictures["one"]), columns=3)
    assert three.figure.get_size_inches()[0] <= 10
    with pytest.raises(SettingsError, match="at least one picture"):
        show_enlarged({})
