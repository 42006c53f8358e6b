import threading

from matplotlib import rc_context, rcParams

from stylelab.course.figures import plot_curves
from stylelab.course.figures.course_figure import figure_style


def test_concurrent_drawing_leaves_the_users_style_unchanged() -> None:
    before = rcParams["font.size"]
    rcParams["font.size"] = 7.0
    waiting, inside = threading.Event(), threading.Event()

    def draw_beside() -> None:
        waiting.set()
        with figure_style():
            inside.set()

    other = threading.Thread(target=draw_beside)
    try:
        with figure_style():
            other.start()
            assert waiting.wait(300)
            # It must not come in before this one has left: each would put back the other's settings.
            assert not inside.wait(0.2)
            assert rcParams["font.size"] == 11
        other.join(300)
        assert inside.is_set()
        assert rcParams["font.size"] == 7.0
    finally:
        rcParams["font.size"] = before


def test_a_figure_does_not_depend_on_later_user_settings() -> None:
    figure = plot_curves({"a": [1, 2]}, xlabel="x", ylabel="y", alt="A.")
    before = figure.encode()
    with rc_context({"font.size": 30, "xtick.color": "red"}):
        assert figure.encode() == before


def test_nested_styles_do_not_deadlock() -> None:
    with figure_style(), figure_style():
        assert rcParams["font.size"] == 11
