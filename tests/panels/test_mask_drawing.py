from io import BytesIO
from typing import Any

import numpy as np
import pytest
import traitlets
from PIL import Image

from stylelab.errors import PictureError
from stylelab.panels import mask_drawing
from stylelab.panels.mask_drawing import MAX_SIDE, MaskDrawing
from stylelab.pictures.images import Picture, resize_to
from stylelab.pictures.mask_operations import ellipse_mask


@pytest.fixture
def drawing(photo: Picture) -> MaskDrawing:
    return mask_drawing(photo)


def paint(drawing: MaskDrawing, top: int, left: int, bottom: int, right: int) -> None:
    """Do what the browser does when a stroke ends."""
    values = np.frombuffer(drawing.values, np.uint8).reshape(drawing.rows, drawing.columns).copy()
    values[top:bottom, left:right] = 255
    drawing.set_state({"values": memoryview(values.tobytes())})


def test_it_starts_empty_with_the_pictures_size(drawing: MaskDrawing, photo: Picture) -> None:
    assert drawing.mask.shape == photo.shape[:2]
    assert drawing.mask.dtype == np.float32
    assert not drawing.mask.any()


def test_painted_values_become_the_mask(drawing: MaskDrawing) -> None:
    paint(drawing, 10, 20, 30, 50)
    expected = np.zeros(drawing.mask.shape)
    expected[10:30, 20:50] = 1
    np.testing.assert_array_equal(drawing.mask, expected)


def test_the_picture_is_sent_to_the_browser_unchanged(drawing: MaskDrawing, photo: Picture) -> None:
    with Image.open(BytesIO(drawing.picture)) as opened:
        shown = np.asarray(opened.convert("RGB"), np.float32) / 255
    assert shown.shape == photo.shape
    assert np.abs(shown - photo).mean() < 0.03  # JPEG


def test_it_starts_with_the_given_mask_in_8_bits(photo: Picture) -> None:
    ramp = np.linspace(0, 1, photo.shape[1], dtype=np.float32)
    soft = np.tile(ramp, (photo.shape[0], 1))
    np.testing.assert_allclose(mask_drawing(photo, soft).mask, soft, atol=0.5 / 255 + 1e-6)
    region = ellipse_mask((0.5, 0.5), (0.3, 0.3), *photo.shape[:2])
    np.testing.assert_array_equal(mask_drawing(photo, region > 0).mask, region)


def test_a_mask_can_be_replaced_later(drawing: MaskDrawing) -> None:
    region = ellipse_mask((0.5, 0.5), (0.3, 0.3), *drawing.mask.shape)
    changes: list[Any] = []
    drawing.observe(lambda change: changes.append(change["new"]), "values")
    drawing.mask = region
    np.testing.assert_array_equal(drawing.mask, region)
    assert changes == [drawing.values]


def test_a_large_picture_is_drawn_on_at_reduced_size_and_its_mask_upscaled(photo: Picture) -> None:
    large = resize_to(photo, 500, 1280)
    drawing = mask_drawing(large)
    assert (drawing.rows, drawing.columns) == (250, MAX_SIDE)
    paint(drawing, 0, 0, 125, 320)
    expected = np.zeros((500, 1280))
    expected[:250, :640] = 1
    np.testing.assert_array_equal(drawing.mask, expected)


def test_a_mask_of_the_wrong_shape_or_range_is_refused(photo: Picture) -> None:
    with pytest.raises(PictureError, match="resize_mask"):
        mask_drawing(photo, np.ones((9, 9)))
    with pytest.raises(PictureError, match=r"values in \[0, 1\]"):
        mask_drawing(photo, np.full(photo.shape[:2], 2))


def test_values_of_the_wrong_length_are_ignored(drawing: MaskDrawing) -> None:
    paint(drawing, 0, 0, 5, 5)
    before = drawing.mask
    with pytest.raises(traitlets.TraitError, match="Received: 7"):
        drawing.values = bytes(7)
    np.testing.assert_array_equal(drawing.mask, before)


def test_without_a_kernel_the_picture_is_shown_with_the_first_mask(photo: Picture) -> None:
    region = ellipse_mask((0.5, 0.25), (0.2, 0.2), *photo.shape[:2])
    drawing = mask_drawing(photo, region)
    drawing.mask = 1 - region
    bundle, metadata = drawing._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["image/jpeg"]
    assert f"{region.mean():.0%} of it is in the mask" in metadata["image/jpeg"]["alt"]
