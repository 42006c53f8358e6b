from typing import Any

import pytest

from stylelab.course.figures.one_pass import plot_worth, show_painting_network
from stylelab.errors import SettingsError
from stylelab.painting.painting_network import NetworkInfo, convolutions

WORTHS = {"cat, night": {"seven": 12, "one": 9}, "cup, glass": {"seven": 6}}


def test_boxes_are_as_high_as_maps_and_as_wide_as_channels() -> None:
    info = NetworkInfo(("night",), width=8, blocks=1)
    drawn = show_painting_network(info, 64)
    (axes,) = drawn.figure.axes
    boxes: Any = axes.patches
    assert len(boxes) == 2 + len(convolutions(info))
    heights = [round(64 * box.get_height()) for box in boxes]
    assert heights == [64, 64, 32, 16, 16, 16, 32, 64, 64, 64]
    channels = [3, 8, 16, 24, 24, 24, 16, 8, 3, 3]
    widths = [box.get_width() for box in boxes]
    assert sorted(range(10), key=lambda i: (channels[i], i)) == sorted(
        range(10), key=lambda i: (round(widths[i], 6), i)
    )
    ends = [box.get_x() + box.get_width() for box in boxes]
    assert all(end < box.get_x() for end, box in zip(ends, boxes[1:], strict=False))
    assert "down2 16 × 16 × 24" in drawn.alt


def test_a_line_leads_around_each_block_and_from_the_photo_to_a_plus_after_the_output() -> None:
    (axes,) = show_painting_network(NetworkInfo(("night",), width=8, blocks=2), 64).figure.axes
    names = ["photo", "input", "down1", "down2", "block 1a", "block 1b", "block 2a", "block 2b"]
    names += ["up1", "up2", "output", "picture"]
    assert [text.get_text() for text in axes.texts if text.get_text() in names] == names
    boxes: Any = axes.patches
    rights = [box.get_x() + box.get_width() for box in boxes]
    ways: Any = [line.get_xdata() for line in axes.lines]
    around = [way for way in ways if len(way) == 4]
    boxes_before = [
        [sum(right < place for right in rights) for place in (way[0], way[-1])] for way in around
    ]
    assert boxes_before == [[4, 6], [6, 8], [1, 11]]
    pluses = [text.get_position()[0] for text in axes.texts if text.get_text() == "+"]
    assert pluses == [way[-1] for way in around]


def test_evaluations_are_dots_in_rows_sorted_by_the_lowest() -> None:
    drawn = plot_worth(WORTHS, xlabel="evaluations")
    (axes,) = drawn.figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cup, glass", "cat, night"]
    dots: dict[Any, Any] = {
        line.get_label(): line for line in axes.lines if line.get_marker() != "None"
    }
    assert list(dots["seven"].get_xdata()) == [6, 12]
    assert list(dots["seven"].get_ydata()) == [0, 1]
    assert (list(dots["one"].get_xdata()), list(dots["one"].get_ydata())) == ([9], [1])
    assert axes.get_xlim()[0] == 0
    assert "seven: 6 to 12 evaluations, median 9; one: 9 to 9" in drawn.alt


def test_evaluations_below_0_are_in_the_chart() -> None:
    (axes,) = plot_worth({"cat, night": {"saved": -2}, "cup": {"saved": 5}}, xlabel="").figure.axes
    assert axes.get_xlim()[0] < -2


@pytest.mark.parametrize("empty", [{}, {"cat, night": {}}])
def test_nothing_to_plot_is_refused(empty: dict[str, dict[str, int]]) -> None:
    with pytest.raises(SettingsError):
        plot_worth(empty, xlabel="evaluations")
