"""The decoders that come along: small, known, and good on photographs that they never saw."""

from pathlib import Path

import numpy as np
import pytest

import stylelab as sl
from stylelab.painting.decoder_files import STORED_DECODERS
from stylelab.painting.stored_decoders import HELD_OUT, STEPS, train_stored
from stylelab.painting.training_photos import SAMPLE_PHOTOS
from stylelab.rights.rules import combine_rights

every_layer = pytest.mark.parametrize("layer", STEPS)
LARGEST_ERROR = {"block1_conv1": 0.03, "block2_conv1": 0.06, "block3_conv1": 0.10}
"""Root of the mean squared difference of pixels of a photo that was decoded."""


def test_there_is_one_for_each_layer_with_its_log() -> None:
    assert {path.name for path in STORED_DECODERS.iterdir()} == {
        f"{layer}.{suffix}" for layer in STEPS for suffix in ("stylelab", "txt")
    }


@every_layer
def test_it_is_small_and_all_it_is_made_of_may_be_used_for_anything(layer: str) -> None:
    assert (STORED_DECODERS / f"{layer}.stylelab").stat().st_size < 400_000
    info = sl.load_decoder(layer).info
    assert (info.layer, info.steps) == (layer, STEPS[layer])
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


def test_the_command_that_makes_them_saves_each_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stylelab.painting import stored_decoders

    def train_a_little(layer: str, photos: list[str], *, steps: int, width: int) -> object:
        assert not set(photos) & set(HELD_OUT)
        assert (steps, width) == (1, stored_decoders.WIDTHS[layer])
        return sl.train_decoder(
            layer, "cat", steps=1, size=32, width=width, fitted_batches=1, weights=None
        )

    monkeypatch.setattr(stored_decoders, "STEPS", {"block1_conv1": 1})
    monkeypatch.setattr(stored_decoders, "train_decoder", train_a_little)
    train_stored(tmp_path)
    assert sl.load_decoder(tmp_path / "block1_conv1.stylelab").info.steps == 1
    assert len((tmp_path / "block1_conv1.txt").read_text("utf-8").splitlines()) == 2


def test_the_makefile_has_the_command() -> None:
    makefile = (Path(STORED_DECODERS).parents[2] / "Makefile").read_text("utf-8")
    assert "-m stylelab.painting.stored_decoders" in makefile
