import pytest

from stylelab.course import any_style_runs
from stylelab.course.any_style_runs import PHOTOS, STYLES, load_pairs, measure_pair


def test_every_pair_is_stored_with_the_same_ways() -> None:
    pairs = load_pairs()
    assert [(pair["photo"], pair["style"]) for pair in pairs] == [
        (photo, style) for photo in PHOTOS for style in STYLES
    ]
    assert len({tuple(pair["distances"]) for pair in pairs}) == 1


def test_the_stored_numbers_are_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the optimizer's: its last digits depend on the machine."""
    monkeypatch.setattr(any_style_runs, "CHECKED_AFTER", (1,))
    (stored, *_) = load_pairs()
    again = measure_pair(stored["photo"], stored["style"])["distances"]
    for name in ("photo", "AdaIN, block2", "whiten, colour, block3", "one pass"):
        assert again[name] == pytest.approx(stored["distances"][name], abs=2e-3), name
