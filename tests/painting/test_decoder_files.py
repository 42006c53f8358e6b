"""Files of decoders: saved is loaded, and networks and decoders are not taken for each other."""

from pathlib import Path

import numpy as np
import pytest

import stylelab as sl
from stylelab.errors import NetworkFileError, OutputError
from stylelab.painting.decoder import decoder_shapes

RIGHTS = sl.Rights(title="Züri", author="A. Reader", licence="CC0 1.0")
INFO = sl.DecoderInfo("block2_conv1", {"town": RIGHTS}, {"size": 64})


def make_decoder() -> sl.Decoder:
    random = np.random.default_rng(3)
    shapes = decoder_shapes(INFO)
    return sl.Decoder(INFO, {name: random.random(shape) for name, shape in shapes.items()})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return sl.save_decoder(tmp_path / "mine", make_decoder())


def test_what_was_saved_is_loaded_in_half_precision(saved: Path) -> None:
    loaded = sl.load_decoder(saved)
    for name, values in make_decoder().parameters.items():
        np.testing.assert_array_equal(
            loaded.parameters[name], values.numpy().astype(np.float16), err_msg=name
        )
    assert saved.name == "mine.stylelab"


def test_layer_settings_and_rights_are_in_the_file(saved: Path) -> None:
    info = sl.load_decoder(saved).info
    assert (info.layer, dict(info.settings)) == ("block2_conv1", {"size": 64})
    assert info.photo_rights["town"].title == "Züri"


def test_saved_again_it_is_the_same_file(saved: Path, tmp_path: Path) -> None:
    again = sl.save_decoder(tmp_path / "again", sl.load_decoder(saved))
    assert again.read_bytes() == saved.read_bytes()


def test_a_damaged_or_missing_file_is_refused(saved: Path, tmp_path: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-1])
    with pytest.raises(NetworkFileError, match=r"file of a decoder\. .*damaged .*too early"):
        sl.load_decoder(saved)
    with pytest.raises(NetworkFileError, match="no file"):
        sl.load_decoder(tmp_path / "nowhere.stylelab")
    with pytest.raises(NetworkFileError, match="folder"):
        sl.load_decoder(tmp_path)
    with pytest.raises(NetworkFileError, match="no file"):
        sl.load_decoder("x" * 5000)


def test_decoders_and_networks_are_not_taken_for_each_other(saved: Path, tmp_path: Path) -> None:
    network = sl.PaintingNetwork(("night",), width=2, blocks=0)
    other = sl.save_network(tmp_path / "network", network)
    with pytest.raises(
        NetworkFileError, match=r"another kind of file\. Name one that `save_decoder`"
    ):
        sl.load_decoder(other)
    with pytest.raises(
        NetworkFileError, match=r"another kind of file\. Name one that `stylelab train`"
    ):
        sl.load_network(saved)
    before = other.read_bytes()
    with pytest.raises(OutputError, match="one of a decoder"):
        sl.save_decoder(other, make_decoder())
    assert other.read_bytes() == before
