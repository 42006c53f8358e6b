from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from plans import plan_for

from stylelab.errors import PictureError, RightsError, SettingsError
from stylelab.losses.content import content
from stylelab.losses.style import style
from stylelab.pictures.images import Picture, load_image, resize, resize_to
from stylelab.pictures.saving import save_image
from stylelab.pipeline.inputs import TransferInputs, input_rights, load_input, load_styles
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.stages import Stage
from stylelab.samples.catalogue import SAMPLES, sample

if TYPE_CHECKING:
    from pathlib import Path

    from stylelab.losses.loss import Loss
    from stylelab.pictures.masks import Mask

STAGE = Stage(32, 48, 1)


def fitted(photo: Picture, styles: Loss, keep: Mask | None) -> TransferInputs:
    return TransferInputs(photo, styles, keep=keep).fit_masks()


def test_a_painting_is_scaled_to_the_stages_long_side(photo: Picture, painting: Picture) -> None:
    here = TransferInputs(photo, style(painting)).with_size(STAGE, Settings(style_scale=2))
    assert here.photo.shape == (32, 48, 3)
    np.testing.assert_array_equal(here.styles.arrays[0], resize(painting, 96))


def test_a_thin_painting_stays_wide_enough_for_the_deepest_layer(photo: Picture) -> None:
    thin = np.full((20, 200, 3), 0.5, np.float32)
    here = TransferInputs(photo, style(thin)).with_size(STAGE, Settings())
    assert min(here.styles.arrays[0].shape[:2]) >= 16


def test_each_style_of_a_loss_keeps_its_scale(photo: Picture, painting: Picture) -> None:
    blend = style(painting, scale=0.5) + style(painting)
    here = TransferInputs(photo, blend).with_size(STAGE, Settings(style_scale=2))
    assert [array.shape[1] for array in here.styles.arrays] == [48, 96]


def test_every_style_is_recoloured_like_the_photo(photo: Picture, painting: Picture) -> None:
    blend = style(painting) + style(1 - painting)
    settings = Settings(colours="mean_covariance")
    for array in TransferInputs(photo, blend).prepare_colours(settings).styles.arrays:
        np.testing.assert_allclose(array.mean((0, 1)), photo.mean((0, 1)), atol=0.02)


def test_a_loss_is_kept_and_a_painting_becomes_a_loss_of_one_term(painting: Picture) -> None:
    loss = style(painting)
    assert load_styles(loss, Settings()) is loss
    settings = Settings(style_layers="block2_conv1", statistic="moments")
    one = load_styles(painting, settings)
    assert one.describe() == settings.style_loss(painting).describe()
    np.testing.assert_array_equal(one.arrays[0], painting)


def test_masks_are_validated(photo: Picture, painting: Picture) -> None:
    half = np.zeros(photo.shape[:2], np.float32)
    half[:, :32] = 1
    fitted(photo, style(painting, mask=half), 1 - half)
    with pytest.raises(PictureError, match="covers all"):
        fitted(photo, style(painting, mask=half), half)
    with pytest.raises(PictureError, match="64 × 43"):
        fitted(photo, style(painting), half[:40])
    with pytest.raises(SettingsError, match="weight above 0"):
        fitted(photo, 0 * style(painting), None)


def test_files_have_rights_and_arrays_do_not(painting: Picture, tmp_path: Path) -> None:
    file = save_image(tmp_path / "night.png", painting)
    sidecar = tmp_path / "night.png.rights.toml"
    sidecar.write_text('author = "A. Painter"\nlicence = "CC0"\nsource = "a wall"\n', "utf-8")
    blend = style(painting) + style(file)
    known = input_rights("cat", blend)
    assert [*known] == ["photo", "painting", "painting_2"]
    assert known["painting"].missing == ("author", "licence", "source")
    assert known["painting_2"].author == "A. Painter"
    assert input_rights(file, [file, painting])["painting"].author == "A. Painter"
    with pytest.raises(RightsError, match="painting: no author"):
        input_rights("cat", blend, strict=True)
    declared = {"painting": {"author": "B", "licence": "CC BY 4.0", "source": "here"}}
    assert input_rights("cat", blend, declared, strict=True)["painting"].author == "B"


def test_a_non_additive_statistic_with_tiles_is_refused_at_once(
    photo: Picture, painting: Picture
) -> None:
    with pytest.raises(SettingsError, match="adds up over tiles"):
        plan_for(photo, painting, Settings(tile=512, statistic="sliced"))
    blend = style(painting) + style(painting, statistic="sliced")
    plan_for(photo, blend, Settings())
    with pytest.raises(SettingsError, match="adds up over tiles"):
        plan_for(photo, blend, Settings(tile=512))


def test_masks_of_the_photos_proportions_are_scaled_to_its_size(
    photo: Picture, painting: Picture
) -> None:
    height, width = photo.shape[:2]
    large = np.zeros((4 * height, 4 * width), np.float32)
    large[:, : 2 * width] = 1
    small = large[::4, ::4]
    inputs = fitted(photo, style(painting, mask=large), 1 - large)
    assert inputs.keep is not None
    np.testing.assert_array_equal(inputs.styles.arrays[1], small)
    np.testing.assert_array_equal(inputs.keep, 1 - small)
    rows, columns = painting.shape[:2]
    from_where = np.zeros((2 * rows, 2 * columns), np.float32)
    from_where[:rows] = 1
    term = style(painting, painting_mask=from_where)
    np.testing.assert_array_equal(term.arrays[1], from_where[::2, ::2])
    there = np.ones((2 * height, 2 * width), np.float32)
    assert content(photo, mask=there).arrays[1].shape == (height, width)
    with pytest.raises(PictureError, match="proportions"):
        fitted(photo, style(painting, mask=large[:, :width]), None)


def test_the_content_of_a_loss_may_have_another_size_but_not_other_proportions(
    photo: Picture, painting: Picture
) -> None:
    larger = resize_to(photo, 2 * photo.shape[0], 2 * photo.shape[1])
    assert (
        fitted(photo, content(larger) + style(painting), None).styles.arrays[0].shape == photo.shape
    )
    with pytest.raises(PictureError, match="content with the proportions"):
        fitted(photo, content(painting[:, :20]) + style(painting), None)


def test_large_files_are_kept_at_four_times_the_painted_size(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    large = random.random((300, 600, 3), dtype=np.float32)
    file = save_image(tmp_path / "large.png", large)
    assert load_input(file, 100).shape == (200, 400, 3)
    np.testing.assert_array_equal(load_input(file, 100), load_image(file, size=400))
    np.testing.assert_array_equal(load_input(file, 150), load_image(file))
    assert load_input(large, 100).shape == large.shape  # in memory already
    assert load_input(file.read_bytes(), 100).shape == (200, 400, 3)
    np.testing.assert_array_equal(load_input("cat", 16), sample("cat"))
    thin = save_image(tmp_path / "thin.png", large[:20])
    assert load_input(thin, 16).shape[0] >= 16


def test_rights_include_start_pictures_and_other_contents(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    assert [*input_rights("cat", painting, start="coffee")] == ["photo", "painting", "start"]
    assert input_rights("cat", painting, start="coffee")["start"].author == SAMPLES["coffee"].author
    with pytest.raises(RightsError, match="start: no author"):
        input_rights("cat", "swirling_night", start=photo, strict=True)
    file = save_image(tmp_path / "cat.png", photo)
    same = (
        (file, content(file)),
        (photo, content(photo)),
        (file, content(load_image(file))),
        ("cat", content("cat")),
    )
    for given, term in same:
        assert [*input_rights(given, term + style(painting))] == ["photo", "painting"]
    another = input_rights("cat", content("coffee") + style("swirling_night"))
    assert [*another] == ["photo", "painting", "content"]
    assert another["content"].author == SAMPLES["coffee"].author
