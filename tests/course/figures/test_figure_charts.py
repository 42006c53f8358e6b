from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylelab.course.figures import TERM_COLOURS, plot_bars, plot_curves, show_pictures
from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import WIDTH, reduce_palette
from stylelab.errors import SettingsError
from stylelab.samples.catalogue import sample


def axes_of(figure: Any) -> Any:
    (axes,) = figure.figure.axes
    return axes


def test_curves_are_drawn_at_their_values() -> None:
    axes = axes_of(
        plot_curves({"a": [3, 1, 2]}, x=[10, 20, 40], xlabel="px", ylabel="loss", alt="A.")
    )
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [10, 20, 40]
    assert line.get_ydata().tolist() == [3, 1, 2]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("px", "loss")
    assert axes.get_legend() is None  # the axis names the only curve


def test_negative_values_are_drawn_on_linear_axes() -> None:
    axes = axes_of(plot_curves({"a": [-1, 0, 2], "b": [0, 0, 0]}, xlabel="x", ylabel="y", alt="A."))
    assert axes.lines[0].get_ydata().tolist() == [-1, 0, 2]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]


def test_step_axes_have_integer_ticks() -> None:
    axes = axes_of(plot_curves({"a": [3, 1, 2]}, xlabel="step", ylabel="y", alt="A."))
    assert all(float(tick).is_integer() for tick in axes.get_xticks())


def test_values_can_be_marked_and_both_axes_logarithmic() -> None:
    shown = {"a": [3, 1, 2]}
    names: dict[str, Any] = {"x": [1, 10, 100], "xlabel": "x", "ylabel": "y", "alt": "A."}
    marked = axes_of(plot_curves(shown, logarithmic="both", markers=True, **names))
    assert (marked.get_xscale(), marked.get_yscale()) == ("log", "log")
    assert marked.lines[0].get_marker() == "o"
    plain = axes_of(plot_curves(shown, logarithmic=True, **names))
    assert (plain.get_xscale(), plain.get_yscale()) == ("linear", "log")
    assert plain.lines[0].get_marker() == "None"


def test_more_curves_than_colours_can_be_drawn() -> None:
    many = {f"no. {number}": [number, 1] for number in range(2 * len(SERIES_COLOURS))}
    assert len(axes_of(plot_curves(many, xlabel="x", ylabel="y", alt="A.")).lines) == len(many)


def test_charts_keep_their_alt_text() -> None:
    assert plot_curves({"a": [1]}, xlabel="x", ylabel="y", alt="A curve.").alt == "A curve."
    assert plot_bars({"a": 1}, ylabel="y", alt="A bar.").alt == "A bar."


def test_a_curve_may_have_its_own_x_values() -> None:
    shown: dict[str, Any] = {"a": (np.array([1, 5]), np.array([2, 3])), "b": [7, 8, 9]}
    first, second = axes_of(plot_curves(shown, xlabel="x", ylabel="y", alt="A.")).lines
    assert first.get_xdata().tolist() == [1, 5]
    assert second.get_xdata().tolist() == [0, 1, 2]


def test_terms_of_a_loss_have_fixed_colours_and_labels() -> None:
    shown = {"style": [1, 2], "other": [1, 2], "content": [1, 2]}
    axes = axes_of(plot_curves(shown, xlabel="x", ylabel="y", alt="A."))
    assert axes.lines[0].get_color() == TERM_COLOURS["style"]
    assert axes.lines[2].get_color() == TERM_COLOURS["content"]
    assert len({line.get_color() for line in axes.lines}) == 3
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(shown)


def test_logarithmic_axes_omit_zeros_and_use_plain_numbers() -> None:
    figure = plot_curves({"a": [0, 2, 30]}, xlabel="x", ylabel="y", alt="A.", logarithmic=True)
    axes = axes_of(figure)
    assert axes.get_yscale() == "log"
    assert np.isnan(axes.lines[0].get_ydata()[0])
    figure.encode()
    assert {"2", "5", "10"} <= {label.get_text() for label in axes.get_yticklabels()}
    assert not any(label.get_text() for label in axes.get_yticklabels(minor=True))
    wide: dict[str, Any] = {"x": [1, 800], "logarithmic": "both"}
    far = plot_curves({"a": [1, 3000]}, xlabel="x", ylabel="y", alt="A.", **wide)
    far.encode()
    for ticks in (axes_of(far).get_xticklabels(), axes_of(far).get_yticklabels()):
        assert {"1", "10", "100"} <= {label.get_text() for label in ticks}
        assert not {"2", "5"} & {label.get_text() for label in ticks}


def test_bars_are_as_high_as_their_values() -> None:
    shown: Any = {"cat": 3, "dog": np.float32(5.5)}
    axes = axes_of(plot_bars(shown, ylabel="legs", xlabel="animal", alt="B."))
    assert [bar.get_height() for bar in axes.patches] == [3, 5.5]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("animal", "legs")
    assert axes.get_yscale() == "linear"
    assert (
        axes_of(plot_bars(shown, ylabel="legs", alt="B.", logarithmic=True)).get_yscale() == "log"
    )
    assert [label.get_text() for label in axes.get_xticklabels()] == ["cat", "dog"]


def test_series_of_bars_are_side_by_side() -> None:
    shown = {"photo": {"a": 1, "b": 2}, "noise": {"b": 4, "a": 3}}  # found by name
    axes = axes_of(plot_bars(shown, ylabel="y", alt="B."))
    positions = [bar.get_x() for bar in axes.patches]
    assert [bar.get_height() for bar in axes.patches] == [1, 2, 3, 4]
    assert len(set(positions)) == 4
    assert positions[0] < positions[2] < positions[1]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(shown)


def test_long_bar_labels_do_not_overlap() -> None:
    long = {f"a name of thirty letters, no. {number}": number for number in range(1, 6)}
    figure = plot_bars(long, ylabel="y", alt="B.")
    figure.figure.draw_without_rendering()
    slopes = [label.get_rotation() for label in axes_of(figure).get_xticklabels()]
    assert slopes == [30] * 5
    short = axes_of(plot_bars({"a": 1, "b": 2}, ylabel="y", alt="B."))
    assert [label.get_rotation() for label in short.get_xticklabels()] == [0, 0]


def test_charts_are_as_wide_as_what_they_show() -> None:
    def bars(count: int) -> float:
        shown = {f"bar {number}": 1 for number in range(count)}
        return float(plot_bars(shown, ylabel="y", alt="B.").figure.get_figwidth())

    def curve(count: int) -> float:
        shown = plot_curves({"a": np.ones(count)}, xlabel="x", ylabel="y", alt="A.")
        return float(shown.figure.get_figwidth())

    assert bars(3) < bars(8) < bars(12) <= bars(100) == WIDTH
    assert curve(3) < curve(40) < curve(400) < WIDTH


def test_a_legend_fits_above_few_bars() -> None:
    shown = {f"a series with a long name, no. {number}": {"a": 1, "b": 2} for number in range(3)}
    figure = plot_bars(shown, ylabel="y", alt="B.").figure
    figure.draw_without_rendering()
    legend = figure.axes[0].get_legend()
    assert legend is not None
    left, _, right, _ = legend.get_window_extent().extents
    assert 0 <= left < right <= figure.bbox.width


def test_a_bar_of_zero_is_written_at_its_place() -> None:
    axes = axes_of(plot_bars({"a": 3, "b": 0, "c": 2}, ylabel="y", alt="B."))
    assert [(text.get_text(), text.xy) for text in axes.texts] == [("0", (1, 0))]
    above = axes_of(plot_bars({"a": 3, "b": 0}, ylabel="y", alt="B.", logarithmic=True))
    assert not above.texts


@pytest.mark.parametrize("nothing", [{}, {"a": {}}])
def test_empty_input_is_refused(nothing: Any) -> None:
    with pytest.raises(SettingsError, match="at least one"):
        plot_bars(nothing, ylabel="y", alt="B.")
    if not nothing:
        with pytest.raises(SettingsError, match="at least one"):
            plot_curves(nothing, xlabel="x", ylabel="y", alt="A.")


def test_charts_are_compressed_without_visible_change() -> None:
    figure = plot_curves({"a": [3, 1, 2], "b": [1, 2, 3]}, xlabel="x", ylabel="y", alt="A.")
    full = BytesIO()
    figure.figure.savefig(full, format="png", dpi=110)
    small = figure.encode()
    assert len(small) < 0.6 * len(full.getvalue())
    with Image.open(full) as before, Image.open(BytesIO(small)) as after:
        error = np.abs(
            np.asarray(before.convert("RGB"), int) - np.asarray(after.convert("RGB"), int)
        )
    assert error.mean() < 1


def test_photographs_keep_their_colours_in_a_png() -> None:
    figure = show_pictures([sample("coffee", 200)])
    with Image.open(BytesIO(figure.encode("png"))) as image:
        assert image.format == "PNG"
        assert image.mode != "P"


def test_a_palette_is_used_only_if_256_colours_suffice(random: np.random.Generator) -> None:
    few = np.full((300, 300, 3), 255, np.uint8)
    spot = few.copy()  # a small photograph in a chart
    spot[:20, :20] = random.integers(0, 256, (20, 20, 3))
    rows, columns = np.mgrid[:128, :128].astype(np.uint8)
    ramp = np.stack([rows, columns, 0 * rows], -1)  # everywhere a little off
    for shown, mode in ((few, "P"), (spot, "RGB"), (ramp, "RGB")):
        file = BytesIO()
        Image.fromarray(shown).save(file, "PNG")
        with Image.open(BytesIO(reduce_palette(file))) as image:
            assert image.mode == mode
