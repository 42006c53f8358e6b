import threading

from matplotlib import rc_context, rcParams

from stylelab.course.figures import curves
from stylelab.course.figures.drawing import look


def test_threads_that_draw_at_once_leave_the_reader_s_own_look_as_it_was() -> None:
    before = rcParams["font.size"]
    rcParams["font.size"] = 7.0
    waiting, inside = threading.Event(), threading.Event()

    def draw_beside() -> None:
        waiting.set()
        with look():
            inside.set()

    other = threading.Thread(target=draw_beside)
    try:
        with look():
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


def test_a_drawing_looks_the_same_whatever_the_reader_has_set_since() -> None:
    drawing = curves({"a": [1, 2]}, xlabel="x", ylabel="y", alt="A.")
    before = drawing.encode()
    with rc_context({"font.size": 30, "xtick.color": "red"}):
        assert drawing.encode() == before


def test_a_look_within_a_look_does_not_wait_for_itself() -> None:
    with look(), look():
        assert rcParams["font.size"] == 11
