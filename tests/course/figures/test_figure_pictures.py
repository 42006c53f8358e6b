import base64
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from figure_contents import pixels
from matplotlib.figure import Figure

from stylelab.course.figures import CourseFigure, plot_loss_curves, show_pictures, show_result
from stylelab.course.figures.pictures import add_picture
from stylelab.errors import SettingsError
from stylelab.pictures.images import Picture
from stylelab.pipeline.transfer import transfer


@pytest.fixture(scope="module")
def curves(photo: Picture, painting: Picture) -> CourseFigure:
    return plot_loss_curves(
        transfer(photo, painting, size=140, coarsest_size=128, steps=3, progress=False)
    )


def test_pictures_are_shown_in_colour_and_in_order() -> None:
    red, blue = np.zeros((2, 40, 60, 3), np.float32)
    red[..., 0], blue[..., 2] = 1, 1
    drawn = pixels(show_pictures({"red": red, "blue": blue}))
    middle = drawn[int(0.6 * len(drawn))]
    np.testing.assert_allclose(middle[len(middle) // 4], [1, 0, 0], atol=0.02)
    np.testing.assert_allclose(middle[3 * len(middle) // 4], [0, 0, 1], atol=0.02)


def test_pictures_keep_their_aspect_ratio() -> None:
    black = np.zeros((50, 100, 3), np.float32)
    drawn = pixels(show_pictures([black, black])).mean(-1) < 0.1
    rows, columns = drawn.any(1).sum(), drawn.any(0).sum()
    assert columns / 2 / rows == pytest.approx(2, rel=0.05)


def test_pictures_are_as_wide_together_as_they_are_asked_to_be() -> None:
    black = np.zeros((50, 100, 3), np.float32)
    assert pixels(show_pictures([black, black], width=6)).shape[1] == 660


def test_pictures_in_several_rows_are_all_shown() -> None:
    shades = [np.full((30, 40, 3), shade, np.float32) for shade in (0.1, 0.3, 0.5, 0.7, 0.85)]
    drawn = pixels(show_pictures(shades, columns=2)).round(2)
    for shade in shades:
        assert (np.abs(drawn[..., 0] - shade[0, 0, 0]) < 0.01).sum() > 1000


def test_pictures_are_laid_out_by_rows_at_equal_height_below_their_titles() -> None:
    shown = {
        name: np.full((30, width, 3), 0.5, np.float32)
        for name, width in (("a", 60), ("b", 30), ("c", 60))
    }
    figure = show_pictures(shown, columns=2)
    first, second, third = figure.figure.axes
    assert [axes.get_title() for axes in figure.figure.axes] == ["a", "b", "c"]
    one, other, below = (axes.get_position() for axes in (first, second, third))
    assert one.x1 < other.x0
    assert below.y1 < one.y0
    assert below.x0 == one.x0
    assert one.width / other.width == pytest.approx(2, rel=0.05)
    assert one.height == pytest.approx(other.height) == pytest.approx(below.height)
    titles = [axes.title.get_window_extent() for axes in figure.figure.axes]
    for axes, title in ((first, titles[2]), (second, titles[2])):
        assert title.y1 < axes.get_window_extent().y0
    assert max(title.y1 for title in titles) <= figure.figure.bbox.y1
    assert re.match(r"3 pictures side by side: a, .+; b, .+; c, .+\.", figure.alt)
    assert show_pictures(shown, alt="Three greys.").alt == "Three greys."


def test_a_single_picture_does_not_fill_the_page() -> None:
    alone = show_pictures([np.zeros((40, 40, 3), np.float32)]).figure
    assert alone.get_size_inches()[0] < 5
    assert len(show_pictures([np.zeros((40, 40, 3), np.float32)], columns=9).figure.axes) == 1


def test_values_outside_0_to_1_are_clipped_without_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bright = np.full((40, 40, 3), 1.2, np.float32)
    (axes,) = show_pictures([bright]).figure.axes
    np.testing.assert_array_equal(np.asarray(axes.images[0].get_array()), 1)
    assert not caplog.records  # Matplotlib would warn


def test_a_placeholder_states_what_is_missing() -> None:
    axes = add_picture(Figure(), (0, 0, 1, 1), None, placeholder="comes in step 3")
    assert [text.get_text() for text in axes.texts] == ["comes in step 3"]
    assert not axes.images


def test_figures_display_their_alt_text_in_the_notebook(
    curves: CourseFigure, photo: Picture
) -> None:
    for figure, mime, magic in (
        (curves, "image/png", b"\x89PNG"),
        (show_pictures({"a cat": photo}), "image/jpeg", b"\xff\xd8\xff"),
    ):
        bundle, metadata = figure._repr_mimebundle_()
        assert base64.b64decode(bundle[mime]).startswith(magic)
        assert metadata[mime]["alt"] == figure.alt == bundle["text/plain"]
        (shown,) = BeautifulSoup(bundle["text/html"], "html.parser").find_all("img")
        assert shown["alt"] == figure.alt
        assert shown["src"] == f"data:{mime};base64,{bundle[mime]}"


def test_alt_text_in_html_may_contain_any_character() -> None:
    alt = "A < B & \"C\" > 'D'"
    figure = show_pictures([np.zeros((4, 4, 3), np.float32)], alt=alt)
    page = figure._repr_mimebundle_()[0]["text/html"]
    (shown,) = BeautifulSoup(page, "html.parser").find_all("img")
    assert shown["alt"] == alt


def test_the_alt_text_of_pictures_names_lightness_and_main_colours() -> None:
    red, blue, brown = np.array([[9, 1, 1], [1, 1, 9], [5, 3, 1]], np.float32) / 10
    half = np.tile(red, (10, 10, 1))
    half[:, 4:] = blue
    black, white = np.zeros((4, 4, 3), np.float32), np.ones((4, 4, 3), np.float32)
    figure = show_pictures({"flag": half, "night": black, "snow": white})
    assert "flag, of middle brightness, 60% blue, 40% red" in figure.alt
    assert "night, dark, 100% gray; snow, light, 100% gray" in figure.alt
    assert "100% brown" in show_pictures([np.tile(brown, (4, 4, 1))]).alt


def test_the_alt_text_of_curves_names_sizes_terms_and_losses(curves: CourseFigure) -> None:
    for words in ("content, style", "at 128 pixels from", "at 140 pixels from", "in 3 steps"):
        assert words in curves.alt


def test_curves_start_at_zero_with_labelled_axes_and_one_entry_per_term(
    curves: CourseFigure,
) -> None:
    (axes,) = curves.figure.axes
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[0] == 0
    assert "step" in axes.get_xlabel()
    assert "loss" in axes.get_ylabel()
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["loss", "style", "content"]


def test_the_areas_of_the_terms_add_up_to_the_loss(photo: Picture, painting: Picture) -> None:
    result = transfer(photo, painting, size=64, steps=2, progress=False)
    (axes,) = plot_loss_curves(result).figure.axes
    losses = [record.loss for record in result.history]
    (line,) = (line for line in axes.lines if line.get_label() == "loss")
    assert list(np.asarray(line.get_ydata())) == losses
    *_, style = axes.collections
    top = np.asarray(style.get_paths()[0].vertices)[:, 1].max()
    assert top == pytest.approx(max(losses), rel=1e-5)


def test_a_result_is_as_high_as_all_its_inputs_and_keeps_its_proportions() -> None:
    wide, high = np.zeros((40, 60, 3), np.float32), np.zeros((50, 40, 3), np.float32)
    figure = show_result({"photo": wide, "painting": high}, wide, alt="A result beside two inputs.")
    photo, painting, result = (axes.get_position() for axes in figure.figure.axes)
    width, height = figure.figure.get_size_inches()
    for place, ratio in ((photo, 1.5), (painting, 0.8), (result, 1.5)):
        assert place.width * width / (place.height * height) == pytest.approx(ratio)
    assert (painting.y0, photo.y1) == (pytest.approx(result.y0), pytest.approx(result.y1))
    assert photo.x1 < result.x0
    assert photo.y0 > painting.y1
    assert result.x1 == pytest.approx(1)


def test_empty_input_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one"):
        show_pictures([])
    with pytest.raises(SettingsError, match="at least one"):
        show_result({}, np.zeros((4, 4, 3), np.float32), alt="")
