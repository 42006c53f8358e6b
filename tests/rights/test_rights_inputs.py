"""Rights of input pictures; a strict run refuses unknown ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from stylelab.errors import PictureError, RightsError
from stylelab.rights.inputs import read_input_rights, sample_rights
from stylelab.rights.record import Rights
from stylelab.rights.rules import combine_rights
from stylelab.samples.catalogue import SAMPLES

KNOWN = Rights(title="Pier", author="Ann", licence="CC BY 4.0", source="https://example.org")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "pier.png"
    Image.new("RGB", (16, 16)).save(path)
    return path


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_known_and_permits_commercial_use(name: str) -> None:
    (rights,) = read_input_rights({"photo": name}, strict=True).values()
    assert rights == sample_rights(name)
    assert rights.author == SAMPLES[name].author
    assert combine_rights([rights], use="commercial").permitted
    assert set(rights.provenance.values()) == {"stylelab's samples"}


@pytest.mark.parametrize("source", [np.zeros((16, 16, 3)), Image.new("RGB", (16, 16)), None])
def test_rights_of_other_objects_are_unknown(source: Any) -> None:
    assert read_input_rights({"photo": source}) == {"photo": Rights()}
    with pytest.raises(RightsError, match="photo: no author, no licence, no source"):
        read_input_rights({"photo": source}, strict=True)


def test_the_bytes_of_a_file_have_metadata_but_no_sidecar_file(photo: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ann"
    Image.new("RGB", (16, 16)).save(photo, exif=exif)
    (photo.parent / "pier.png.rights.toml").write_text('source = "a book"')
    assert read_input_rights({"photo": photo})["photo"].facts() == {
        "author": "Ann",
        "source": "a book",
    }
    assert read_input_rights({"photo": photo.read_bytes()})["photo"].facts() == {"author": "Ann"}


def test_declared_rights_take_precedence(photo: Path) -> None:
    (photo.parent / "pier.png.rights.toml").write_text('author = "Ben"\nsource = "a book"')
    found = read_input_rights({"photo": photo}, {"photo": {"author": "Ann"}})["photo"]
    assert found.facts() == {"author": "Ann", "source": "a book"}
    assert found.provenance == {"author": "declared", "source": "pier.png.rights.toml"}
    assert "different author: 'Ben'" in found.remarks[0]


def test_inputs_keep_their_names_and_order(photo: Path) -> None:
    sources = {"photo": str(photo), "painting 1": "cat", "painting 2": KNOWN}
    found = read_input_rights(sources)
    assert list(found) == list(sources)
    assert found["painting 2"] == KNOWN


def test_strict_reports_missing_fields_with_advice(photo: Path) -> None:
    (photo.parent / "pier.png.rights.toml").write_text('author = "Ann"\nlicence = "house terms"')
    with pytest.raises(RightsError) as caught:
        read_input_rights({"photo": photo, "painting": "cat"}, strict=True)
    message = str(caught.value)
    assert "photo: licence 'house terms', which is not in the table, no source" in message
    assert 'rights={\'photo\': {"licence": "…", "source": "…"}}' in message
    assert "pier.png.rights.toml" in message
    assert "painting" not in message


def test_strict_accepts_complete_rights(photo: Path) -> None:
    with pytest.raises(RightsError):
        read_input_rights({"photo": photo}, strict=True)
    read_input_rights({"photo": photo}, {"photo": KNOWN}, strict=True)
    (photo.parent / "pier.png.rights.toml").write_text(
        'author = "Ann"\nlicence = "own"\nsource = "my camera"'
    )
    read_input_rights({"photo": photo}, strict=True)


def test_strict_does_not_check_permissions() -> None:
    reserved = {"author": "Ann", "licence": "all rights reserved", "source": "a book"}
    read_input_rights({"photo": None}, {"photo": reserved}, strict=True)


def test_a_file_takes_precedence_over_a_sample_of_the_same_name(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photo.parent)
    photo.rename("cat")
    assert read_input_rights({"photo": "cat"})["photo"] == Rights()


def test_wrong_names_are_refused(photo: Path) -> None:
    with pytest.raises(RightsError, match="names of the inputs"):
        read_input_rights({"photo": photo}, {"picture": KNOWN})
    with pytest.raises(PictureError, match="no file"):
        read_input_rights({"photo": "dog"})
    with pytest.raises(RightsError, match="name of a sample"):
        sample_rights("dog")
