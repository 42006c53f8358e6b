import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stylelab.errors import PictureError, SettingsError
from stylelab.panels.explorer.explorer_pictures import (
    MAX_PIXELS,
    MAX_SIDE,
    fit,
    load_explorer_pictures,
)
from stylelab.pictures.images import Picture, resize_to
from stylelab.pipeline.result import Result
from stylelab.pipeline.settings import Settings
from stylelab.samples.catalogue import sample


def grey(height: int, width: int, value: float = 0.5) -> Picture:
    return np.full((height, width, 3), value, np.float32)


@example(384, 553)  # rounding would go one row past the limit
@given(st.integers(32, 900), st.integers(32, 900))
def test_a_picture_is_scaled_below_the_limits_and_never_enlarged(height: int, width: int) -> None:
    rows, columns = fit(grey(height, width)).shape[:2]
    assert max(rows, columns) <= MAX_SIDE
    assert rows * columns <= MAX_PIXELS
    assert rows <= height
    assert columns <= width
    assert abs(rows / height * width - columns) <= 0.5 + width / height  # proportions
    if max(height, width) <= MAX_SIDE and height * width <= MAX_PIXELS:
        assert (rows, columns) == (height, width)
    else:
        # As large as the limits let it be, to two pixels.
        scale = min(MAX_SIDE / max(height, width), math.sqrt(MAX_PIXELS / (height * width)))
        assert max(rows, columns) >= scale * max(height, width) - 2


def test_the_limits_match_a_3_by_2_picture_and_a_square() -> None:
    assert fit(grey(800, 1200)).shape[:2] == (341, 512)
    assert fit(grey(900, 900)).shape[:2] == (418, 418)


def test_content_and_result_are_shown_at_the_size_of_the_smaller_one(painting: Picture) -> None:
    photo = sample("cat", size=128)
    small = sample("cat", size=64)
    for result, size in ((small, small.shape), (sample("cat", size=200), photo.shape)):
        shown = load_explorer_pictures(photo, painting, result)
        assert shown.pictures["content"].shape == shown.pictures["result"].shape == size
        assert shown.same_size
        assert shown.original_sizes["content"] == photo.shape[:2]
    np.testing.assert_array_equal(
        load_explorer_pictures(photo, result=small).pictures["result"], small
    )
    np.testing.assert_array_equal(
        load_explorer_pictures(photo, result=small).pictures["content"],
        resize_to(photo, *small.shape[:2]),
    )


def test_pictures_of_other_proportions_keep_their_size() -> None:
    shown = load_explorer_pictures(grey(64, 96), result=grey(80, 60))
    assert shown.pictures["content"].shape[:2] == (64, 96)
    assert shown.pictures["result"].shape[:2] == (80, 60)
    assert not shown.same_size
    assert not load_explorer_pictures(grey(64, 96)).same_size


def test_the_style_is_scaled_to_the_long_side_of_the_painted_picture() -> None:
    assert load_explorer_pictures(grey(64, 96), grey(200, 100)).pictures["style"].shape[:2] == (
        96,
        48,
    )
    assert load_explorer_pictures(grey(64, 96), grey(40, 20)).pictures["style"].shape[:2] == (
        40,
        20,
    )
    shown = load_explorer_pictures(grey(128, 192), grey(300, 300), grey(64, 96))
    assert shown.pictures["style"].shape[:2] == (96, 96)
    # A long, thin style stays wide enough for the network.
    assert load_explorer_pictures(grey(32, 32), grey(16, 200)).pictures["style"].shape[:2] == (
        16,
        200,
    )


def test_pictures_are_ordered_and_the_result_is_compared_if_present() -> None:
    shown = load_explorer_pictures(grey(32, 32), grey(32, 32), grey(32, 32))
    assert list(shown.pictures) == ["content", "style", "result"]
    assert shown.result_or_content == "result"
    assert load_explorer_pictures(grey(32, 32), grey(32, 32)).result_or_content == "content"


def test_steps_are_in_order_at_one_size_and_the_last_is_the_result() -> None:
    shown = load_explorer_pictures(grey(64, 96), steps={9: grey(64, 96, 0.9), 0: grey(32, 48, 0.1)})
    assert list(shown.steps) == [0, 9]
    assert {image.shape for image in shown.steps.values()} == {(64, 96, 3)}
    assert shown.steps[0].mean() == pytest.approx(0.1)
    np.testing.assert_array_equal(shown.pictures["result"], grey(64, 96, 0.9))
    in_a_list = load_explorer_pictures(
        grey(64, 96), steps=[grey(64, 96), grey(64, 96)], result=grey(64, 96, 0.2)
    )
    assert list(in_a_list.steps) == [0, 1]
    assert in_a_list.pictures["result"].mean() == pytest.approx(0.2)


def test_a_transfer_result_is_accepted_as_a_result() -> None:
    result = Result(grey(32, 48, 0.3), Settings(), (), 1.0)
    assert load_explorer_pictures(grey(32, 48), result=result).pictures[
        "result"
    ].mean() == pytest.approx(0.3)


def test_other_pictures_are_scaled_below_the_limits_and_may_be_the_smallest() -> None:
    shown = load_explorer_pictures(grey(64, 96), others=[grey(20, 40), grey(600, 900)])
    assert [image.shape[:2] for image in shown.others] == [(20, 40), (341, 512)]
    assert shown.smallest == (20, 40)


@pytest.mark.parametrize("steps", [{"a": grey(32, 32)}, {-1: grey(32, 32)}, "path", 3])
def test_invalid_steps_are_refused(steps: Any) -> None:
    with pytest.raises(SettingsError, match="number of the step"):
        load_explorer_pictures(grey(32, 32), steps=steps)


def test_invalid_pictures_are_refused() -> None:
    with pytest.raises(PictureError, match="Received"):
        load_explorer_pictures(grey(32, 32), np.zeros((3, 3, 7)))
