from typing import Any

import numpy as np
import pytest
from figure_contents import plain
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from stylelab.course.figures.course_figure import FAINT_INK
from stylelab.course.figures.rights import (
    PART_COLOURS,
    PERMITTED,
    RESULT,
    plot_png_sizes,
    show_credits,
    show_licence_chart,
)
from stylelab.errors import SettingsError
from stylelab.rights.licences import CHART, LICENCES, RESULT_LICENCES

INPUTS = {"photo": "CC-BY-4.0", "painting": "CC-BY-NC-3.0"}


def test_every_picture_is_above_its_credit() -> None:
    figure = show_credits(
        {"a": (plain(0.2), "by one"), "b": (plain(0.4, (20, 60)), "by two " * 30)}
    )
    axes, texts = figure.figure.axes, figure.figure.texts
    assert [one.get_title() for one in axes] == ["a", "b"]
    for panel, text, author in zip(axes, texts, ("by one", "by two"), strict=True):
        box = panel.get_position()
        assert text.get_text().startswith(author)
        assert box.x0 - 0.01 < text.get_position()[0] < box.x0 + 0.02
        assert text.get_position()[1] < box.y0
    assert texts[1].get_text().count("\n") >= 2
    assert "a: by one" in figure.alt
    for one, light in zip(axes, (0.2, 0.4), strict=True):
        np.testing.assert_allclose(np.asarray(one.images[0].get_array()), light, rtol=1e-6)
    narrow, wide = (panel.get_position() for panel in axes)
    assert wide.width / narrow.width == pytest.approx(2, rel=0.1)  # twice as wide, and as high
    assert show_credits({"a": (plain(0.2), "by one")}, alt="A grey.").alt == "A grey."


def test_a_long_credit_fits() -> None:
    figure = show_credits({"a": (plain(0.2), "word " * 200), "b": (plain(0.2), "short")})
    canvas: Any = FigureCanvasAgg(figure.figure)
    renderer = canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.figure.texts]
    assert min(box.y0 for box in boxes) >= 0
    assert boxes[0].x1 <= boxes[1].x0 + 12


def test_a_credit_below_all_goes_across_the_figure() -> None:
    entries = {"a": (plain(0.2), "by one"), "b": (plain(0.4), "by two")}
    figure = show_credits(entries, below="word " * 60)
    canvas: Any = FigureCanvasAgg(figure.figure)
    *labels, last = (one.get_window_extent(canvas.get_renderer()) for one in figure.figure.texts)
    assert 0 <= last.y0 < last.y1 < min(box.y0 for box in labels)
    assert 0.7 < last.width / figure.figure.bbox.width < 1
    assert figure.alt.count("word") == 60


def dots(axes: Any, colour: str) -> set[tuple[float, float]]:
    return {
        (float(x), float(y))
        for collection in axes.collections
        if len(collection.get_facecolor()) and to_hex(collection.get_facecolor()[0]) == colour
        for x, y in collection.get_offsets()
    }


def test_a_dot_marks_a_permitted_use_and_red_where_all_licences_permit_it() -> None:
    (axes,) = show_licence_chart(INPUTS).figure.axes
    rows = [CHART[key] for key in INPUTS.values()]
    wanted = {
        (float(x), float(y))
        for y, row in enumerate(rows)
        for x, key in enumerate(RESULT_LICENCES)
        if key in row
    }
    assert dots(axes, PERMITTED) == wanted
    both = rows[0] & rows[1]
    assert dots(axes, RESULT) == {
        (float(x), 2.0) for x, key in enumerate(RESULT_LICENCES) if key in both
    }
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["photo: CC BY 4.0", "painting: CC BY-NC 3.0", "the result"]
    assert axes.get_yticklabels()[-1].get_color() == RESULT
    assert axes.yaxis_inverted()  # the result is the lowest row
    band: Any = axes.patches[0]
    assert (band.get_y(), band.get_y() + band.get_height()) == (1.5, 2.5)
    assert axes.get_xticklabels()[1].get_text() == "BY"
    assert axes.xaxis.get_ticks_position() == "top"


def test_a_cross_marks_a_licence_that_is_not_permitted() -> None:
    (axes,) = show_licence_chart(INPUTS).figure.axes
    every = {(float(x), float(y)) for x in range(len(RESULT_LICENCES)) for y in range(3)}
    assert dots(axes, to_hex(FAINT_INK)) == every - dots(axes, PERMITTED) - dots(axes, RESULT)


def test_the_alt_text_describes_the_chart() -> None:
    assert show_licence_chart(INPUTS).alt.endswith(
        "All together: CC BY-NC 4.0, CC BY-NC-ND 4.0, CC BY-NC-SA 4.0."
    )
    permitted = [LICENCES[key].name for key in RESULT_LICENCES if key in CHART["CC-BY-4.0"]]
    assert (
        f"photo: CC BY 4.0 permits {', '.join(permitted)}. painting"
        in show_licence_chart(INPUTS).alt
    )
    assert show_licence_chart(INPUTS, alt="Dots and crosses.").alt == "Dots and crosses."
    alone = show_licence_chart({"photo": "CC-BY-SA-4.0", "painting": "CC-BY-NC-SA-4.0"}).alt
    assert alone.endswith("All together: none.")


def test_parts_of_files_are_drawn_to_scale_one_after_the_other() -> None:
    files = {"a.png": {"pixels": 3000, "rest": 1000}, "b.png": {"pixels": 3000, "settings": 500}}
    figure = plot_png_sizes(files)
    (axes,) = figure.figure.axes
    drawn: Any = axes.patches
    bars = {
        (round(bar.get_y() + bar.get_height() / 2), to_hex(bar.get_facecolor())): (
            bar.get_x(),
            bar.get_width(),
        )
        for bar in drawn
        if bar.get_width()
    }
    assert bars == {
        (0, PART_COLOURS["pixels"]): (0, 3),
        (0, PART_COLOURS["rest"]): (3, 1),
        (1, PART_COLOURS["pixels"]): (0, 3),
        (1, PART_COLOURS["settings"]): (3, 0.5),
    }
    assert [label.get_text() for label in axes.get_yticklabels()] == list(files)
    assert axes.yaxis_inverted()  # the first file is at the top
    (legend,) = figure.figure.legends
    assert {text.get_text() for text in legend.get_texts()} == {"pixels", "settings", "rest"}
    assert "b.png: pixels 3.0, settings 0.5" in figure.alt
    assert axes.get_xlabel() == "size (thousand bytes)"


@pytest.mark.parametrize("draw", [show_credits, show_licence_chart, plot_png_sizes])
def test_empty_input_is_refused(draw: Any) -> None:
    with pytest.raises(SettingsError, match="none"):
        draw({})
    with pytest.raises(SettingsError, match="CC-BY-9"):
        show_licence_chart({"photo": "CC-BY-9"})
