import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.panels import blend_slider
from stylelab.panels.control import Control
from stylelab.pictures.images import Picture

SHARES = (1, 0.4, 0)
DISTANCES = {"to A": [0.1, 0.3, 0.9], "to B": [0.7, 0.35, 0.2]}


def plain(shade: float) -> Picture:
    return np.full((20, 30, 3), shade, np.float32)


@pytest.fixture
def control() -> Control:
    return blend_slider([plain(0.2), plain(0.5), plain(0.8)], SHARES, DISTANCES, name="night")


def shade(control: Control) -> float:
    shown = control.drawing.figure.axes[0].images[0].get_array()
    return float(np.asarray(shown).mean())


def test_the_slider_has_the_shares_of_the_pictures(control: Control) -> None:
    slider = control.widgets["share"]
    assert slider.numbers == [0, 0.4, 1]
    assert slider.name == "part of the night"
    assert slider.value == 0.4  # the nearest to a half


def test_each_share_shows_its_picture_and_its_distances(control: Control) -> None:
    for share, expected, words in ((0.4, 0.5, "0.30"), (1, 0.2, "0.10"), (0, 0.8, "0.90")):
        control.widgets["share"].value = share
        assert shade(control) == pytest.approx(expected)
        assert f"{share:g} of the night" in control.drawing.alt
        assert f"{words} to A" in control.drawing.alt


def test_the_first_picture_is_shown_without_a_kernel(control: Control) -> None:
    control.widgets["share"].value = 1
    bundle, metadata = control._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "0.4 of the night" in metadata["image/jpeg"]["alt"]


def test_the_initial_share_can_be_chosen() -> None:
    control = blend_slider([plain(0.2), plain(0.5)], [1, 0], {}, name="night", share=0.9)
    assert shade(control) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("shares", "share", "reason"),
    [
        ((), 0.5, "at least one"),
        ((1, 1), 0.5, "no two of them alike"),
        ((1, 2), 0.5, "each share as a number from 0 to 1"),
        ((1, 0), 3, "share as a number from 0 to 1"),
        ((1,), 0.5, "for each of 2 pictures"),
    ],
)
def test_wrong_shares_are_refused(shares: tuple[float, ...], share: float, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        blend_slider([plain(0.2), plain(0.5)], shares, {}, name="night", share=share)
