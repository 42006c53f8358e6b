from typing import Any

import numpy as np
import pytest
from figure_contents import images

from stylelab.course.figures import show_maps
from stylelab.errors import SettingsError


def test_every_array_is_drawn_with_its_range_labelled() -> None:
    figure = show_maps({"weak": np.array([[0, 2.0]]), "strong": np.array([[0, 500.0]])})
    assert [image.get_clim() for image in images(figure)] == [(0, 2), (0, 500)]
    labels = [text.get_text() for axes in figure.figure.axes for text in axes.texts]
    assert labels == ["0 … 2", "0 … 500"]
    assert "strong from 0 to 500" in figure.alt


def test_a_shared_scale_makes_maps_comparable() -> None:
    figure = show_maps([np.array([[0, 2.0]]), np.array([[1, 500.0]])], scale="shared")
    assert {image.get_clim() for image in images(figure)[:2]} == {(0, 500)}
    assert "from 0 to 500" in figure.alt


def test_signed_values_use_a_diverging_scale_with_white_at_0() -> None:
    (image,) = images(show_maps([np.array([[-1, 4.0]])]))
    assert image.get_clim() == (-4, 4)
    np.testing.assert_allclose(image.cmap(image.norm(0.0))[:3], [1, 1, 1], atol=0.05)


def test_numbers_are_written_at_their_positions() -> None:
    figure = show_maps([np.array([[1.0, -2.5]])], numbers=True)
    written = {text.get_text(): text.get_position() for text in figure.figure.axes[0].texts}
    assert written["−2.5"] == (1, 0)


def test_constant_arrays_can_be_shown() -> None:
    show_maps([np.zeros((2, 2)), np.ones((2, 2)), -np.ones((2, 2))]).encode()


@pytest.mark.parametrize("shown", [[], [np.zeros((2, 2, 3))], {"a": np.zeros((0, 2))}])
def test_invalid_arrays_are_refused(shown: Any) -> None:
    with pytest.raises(SettingsError, match="Expected"):
        show_maps(shown)


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"scale 'each' or 'shared'\. Received: 'all'"):
        show_maps([np.ones((2, 2))], scale="all")  # type: ignore[arg-type]
