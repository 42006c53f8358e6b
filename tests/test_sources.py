from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from stylelab.errors import PictureError, RightsError, SettingsError
from stylelab.images import Picture, resize
from stylelab.losses import Loss, style
from stylelab.saving import save_image
from stylelab.settings import Settings, Stage
from stylelab.sources import Sources, fit_places, load_manner, whose

if TYPE_CHECKING:
    from pathlib import Path

STAGE = Stage(32, 48, 1)


def test_a_painting_is_brought_to_the_stage_s_long_side(photo: Picture, painting: Picture) -> None:
    here = Sources(photo, painting).at(STAGE, Settings(style_scale=2))
    assert here.photo.shape == (32, 48, 3)
    np.testing.assert_array_equal(here.painting, resize(painting, 96))


def test_a_thin_painting_stays_wide_enough_for_the_deepest_layer(photo: Picture) -> None:
    thin = np.full((20, 200, 3), 0.5, np.float32)
    here = Sources(photo, thin).at(STAGE, Settings())
    assert not isinstance(here.painting, Loss)
    assert min(here.painting.shape[:2]) >= 16


def test_each_style_of_a_loss_keeps_its_own_scale(photo: Picture, painting: Picture) -> None:
    blend = style(painting, scale=0.5) + style(painting)
    here = Sources(photo, blend).at(STAGE, Settings(style_scale=2))
    assert isinstance(here.painting, Loss)
    assert [array.shape[1] for array in here.painting.arrays] == [48, 96]


def test_every_style_is_recoloured_like_the_photo(photo: Picture, painting: Picture) -> None:
    blend = style(painting) + style(1 - painting)
    settings = Settings(colours="mean_covariance")
    seen = Sources.of(photo, blend, None, settings)
    assert isinstance(seen.painting, Loss)
    for array in seen.painting.arrays:
        np.testing.assert_allclose(array.mean((0, 1)), photo.mean((0, 1)), atol=0.02)


def test_a_loss_and_one_painting_are_taken_as_they_are(painting: Picture) -> None:
    loss = style(painting)
    assert load_manner(loss, Settings()) is loss
    np.testing.assert_array_equal(load_manner(painting, Settings()), painting)


def test_places_are_checked(photo: Picture, painting: Picture) -> None:
    half = np.zeros(photo.shape[:2], np.float32)
    half[:, :32] = 1
    fit_places(photo, style(painting, mask=half), 1 - half)
    with pytest.raises(PictureError, match="covers all"):
        fit_places(photo, style(painting, mask=half), half)
    with pytest.raises(PictureError, match="64 × 43"):
        fit_places(photo, painting, half[:40])
    with pytest.raises(SettingsError, match="weight above 0"):
        fit_places(photo, 0 * style(painting), None)


def test_files_tell_whose_they_are_and_arrays_do_not(painting: Picture, tmp_path: Path) -> None:
    file = save_image(tmp_path / "night.png", painting)
    sidecar = tmp_path / "night.png.rights.toml"
    sidecar.write_text('author = "A. Painter"\nlicence = "CC0"\nsource = "a wall"\n', "utf-8")
    blend = style(painting) + style(file)
    known = whose("cat", blend)
    assert [*known] == ["photo", "painting", "painting_2"]
    assert known["painting"].missing == ("author", "licence", "source")
    assert known["painting_2"].author == "A. Painter"
    assert whose(file, [file, painting])["painting"].author == "A. Painter"
    with pytest.raises(RightsError, match="painting: no author"):
        whose("cat", blend, strict=True)
    declared = {"painting": {"author": "B", "licence": "CC BY 4.0", "source": "here"}}
    assert whose("cat", blend, declared, strict=True)["painting"].author == "B"


def test_a_statistic_that_does_not_go_with_tiles_is_refused_at_once(
    photo: Picture, painting: Picture
) -> None:
    with pytest.raises(SettingsError, match="adds up over tiles"):
        Sources.of(photo, painting, None, Settings(tile=512, statistic="sliced"))
    blend = style(painting) + style(painting, statistic="sliced")
    Sources.of(photo, blend, None, Settings())
    with pytest.raises(SettingsError, match="adds up over tiles"):
        Sources.of(photo, blend, None, Settings(tile=512))
