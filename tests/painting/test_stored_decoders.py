"""The decoders that come along: small, known, and good on photographs that they never saw."""

from pathlib import Path

import numpy as np
import pytest

import stylelab as sl
from stylelab.painting import stored_decoders
from stylelab.painting.decoder_files import STORED_DECODERS
from stylelab.painting.stored_decoders import CROPS, HELD_OUT, fit_stored
from stylelab.painting.training_photos import SAMPLE_PHOTOS
from stylelab.rights.rules import combine_rights

every_layer = pytest.mark.parametrize("layer", CROPS)
LARGEST_ERROR = {"block1_conv1": 0.03, "block2_conv1": 0.06, "block3_conv1": 0.10}
"""Root of the mean squared difference of pixels of a photo that was decoded."""


def test_there_is_one_for_each_layer() -> None:
    assert sorted(path.stem for path in STORED_DECODERS.iterdir()) == [*CROPS]


@every_layer
def test_it_is_small_and_all_it_is_made_of_may_be_used_for_anything(layer: str) -> None:
    assert (STORED_DECODERS / f"{layer}.stylelab").stat().st_size < 400_000
    info = sl.load_decoder(layer).info
    assert (info.layer, info.settings["crops"]) == (layer, CROPS[layer])
    assert set(info.photo_rights) == set(SAMPLE_PHOTOS) - set(HELD_OUT)
    verdict = combine_rights(info.photo_rights, use="commercial")
    assert not verdict.conflicts
    assert not verdict.unknown


@every_layer
@pytest.mark.parametrize("name", HELD_OUT)
def test_a_photo_that_it_never_saw_comes_back(layer: str, name: str) -> None:
    photo = sl.sample(name, size=128)
    again = sl.load_decoder(layer)(sl.VGG19(layer, padding_mode="symmetric")(photo)[layer])
    rows, columns = again.shape[:2]
    error = np.sqrt(np.mean((again - photo[:rows, :columns]) ** 2))
    assert error < LARGEST_ERROR[layer]
    assert error < photo.std() / 2


def test_the_command_that_makes_them_leaves_out_two_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_decoders, "CROPS", {"block1_conv1": 1})
    fit_stored(tmp_path)
    info = sl.load_decoder(tmp_path / "block1_conv1.stylelab").info
    assert set(info.photo_rights) == set(SAMPLE_PHOTOS) - set(HELD_OUT)


def test_the_makefile_has_the_command() -> None:
    makefile = (STORED_DECODERS.parents[2] / "Makefile").read_text("utf-8")
    assert "-m stylelab.painting.stored_decoders" in makefile
