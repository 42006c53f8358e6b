from importlib.resources import files

import numpy as np
import pytest
from PIL import Image

from stylelab.errors import PictureError, SettingsError
from stylelab.rights.credit import credit_line
from stylelab.rights.inputs import read_input_rights
from stylelab.samples.catalogue import SAMPLES, sample
from stylelab.samples.painters import STYLES


def test_photographs_come_from_scikit_image() -> None:
    folder = files("skimage") / "data"
    with (folder / "chelsea.png").open("rb") as file, Image.open(file) as cat:
        np.testing.assert_array_equal(sample("cat"), np.asarray(cat) / np.float32(255))
    with (folder / "camera.png").open("rb") as file, Image.open(file) as gray:
        expected = np.repeat(np.asarray(gray)[..., None], 3, -1) / np.float32(255)
    np.testing.assert_array_equal(sample("photographer"), expected)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_has_the_requested_size_and_states_its_author(name: str) -> None:
    picture = sample(name, 96)
    assert max(picture.shape[:2]) == 96
    assert picture.dtype == np.float32
    assert 0 <= picture.min() < picture.max() <= 1
    facts = SAMPLES[name]
    assert facts.licence in ("CC0 1.0", "public domain")
    assert facts.author
    assert facts.source
    assert facts.kind == ("painted" if name in STYLES else "photograph")


def test_there_are_at_least_six_painted_styles() -> None:
    assert sum(facts.kind == "painted" for facts in SAMPLES.values()) >= 6


@pytest.mark.parametrize(
    ("name", "painter", "model"),
    [
        ("swirling_night", "Vincent van Gogh", "The Starry Night, 1889"),
        ("woodcut_waves", "Katsushika Hokusai", "The Great Wave, about 1831"),
        ("brush_garden", "Claude Monet", "Giverny"),
        ("pointillist_field", "Georges Seurat", "Paul Signac"),
    ],
)
def test_homages_name_their_models(name: str, painter: str, model: str) -> None:
    source = SAMPLES[name].source
    assert source.startswith(f"stylelab.samples.painters.{name}, after ")
    assert painter in source
    assert model in source
    assert painter in credit_line(read_input_rights({"painting": name}))


def test_painted_samples_match_the_painter() -> None:
    painted = STYLES["woodcut_waves"](96, 128)
    np.testing.assert_array_equal(sample("woodcut_waves", 128), painted)


def test_a_changed_sample_does_not_change_the_next_one() -> None:
    first = sample("woodcut_waves")
    kept = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(sample("woodcut_waves"), kept)
    np.testing.assert_array_equal(sample("woodcut_waves", 512), kept)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(PictureError, match=r"Received: 'catt'\. Did you mean 'cat'"):
        sample("catt")


@pytest.mark.parametrize("size", [0, 15, -4, 20.5, True])
def test_invalid_sizes_are_refused(size: int) -> None:
    for name in ("cat", "swirling_night"):
        with pytest.raises((SettingsError, PictureError), match="Received"):
            sample(name, size)
