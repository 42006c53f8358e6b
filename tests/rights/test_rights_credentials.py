"""A signature holds as long as nothing is changed, and says who signed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from optional_tools import EXIFTOOL, needs_c2pa, needs_exiftool
from PIL import Image

from stylelab.errors import PictureError, RightsError
from stylelab.pictures.saving import read_settings, save_image
from stylelab.rights.credentials import read_credentials, sign_picture, validate_signing_key
from stylelab.rights.example_certificates import make_test_certificates
from stylelab.rights.reading import read_rights
from stylelab.rights.record import Rights
from stylelab.rights.writing import COMPOSITE_SOURCE_TYPE, make_rights_statement

PICTURE = np.random.default_rng(1).random((32, 40, 3), dtype=np.float32)
SUFFIXES = ["png", "jpg", "webp", "tif"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    pytest.importorskip("cryptography")
    return make_test_certificates(tmp_path_factory.mktemp("certificates"), "Cleo")


@pytest.fixture
def sign(files: dict[str, Path]) -> Callable[..., Path]:
    def signed(path: Path, **options: Any) -> Path:
        given = {"certificate": files["certificate"], "key": files["key"]} | options
        return sign_picture(path, **given)

    return signed


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    rights = make_rights_statement(
        [Rights(author="Ann", licence="CC0", source="here")], creator="Cleo"
    )
    return save_image(tmp_path / "result.png", PICTURE, settings={"size": 40}, rights=rights)


@needs_c2pa
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_signed_picture_says_how_it_was_made(
    tmp_path: Path, files: dict[str, Path], sign: Callable[..., Path], suffix: str
) -> None:
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (32, 32), "teal").save(photo)
    path = save_image(tmp_path / f"result.{suffix}", PICTURE)
    assert read_credentials(path) is None
    assert sign(path, inputs={"photo": photo, "painting": PICTURE}) == path
    credentials = read_credentials(path)
    assert credentials is not None
    assert (credentials.state, credentials.signer, credentials.issuer) == (
        "valid",
        "Cleo",
        "stylelab test",
    )
    assert (credentials.program, credentials.kind) == ("stylelab", COMPOSITE_SOURCE_TYPE)
    assert credentials.inputs == ("photo", "painting")
    assert credentials.problems == ("signingCredential.untrusted",)
    trusted = read_credentials(path, trust=files["authority"])
    assert trusted is not None
    assert (trusted.state, trusted.problems) == ("trusted", ())


@needs_c2pa
def test_the_manifest_states_what_was_opened_and_that_a_model_edited_it(
    saved: Path, sign: Callable[..., Path]
) -> None:
    import c2pa

    sign(saved, inputs={"photo": PICTURE, "first": PICTURE, "second": PICTURE})
    with c2pa.Reader(str(saved)) as reader:
        manifest = reader.get_active_manifest()
    assert [one["relationship"] for one in manifest["ingredients"]] == [
        "parentOf",
        "inputTo",
        "inputTo",
    ]
    (assertion,) = manifest["assertions"]
    opened, edited = assertion["data"]["actions"]
    assert opened["action"] == "c2pa.opened"
    assert len(opened["parameters"]["ingredients"]) == 1
    assert edited["action"] == "c2pa.edited"
    assert edited["digitalSourceType"] == COMPOSITE_SOURCE_TYPE
    assert len(edited["parameters"]["ingredients"]) == 2


@needs_c2pa
def test_a_picture_without_inputs_was_created(saved: Path, sign: Callable[..., Path]) -> None:
    credentials = read_credentials(sign(saved, title="Pier"))
    assert credentials is not None
    assert (credentials.state, credentials.kind, credentials.inputs) == (
        "valid",
        COMPOSITE_SOURCE_TYPE,
        (),
    )


@needs_c2pa
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_settings_and_rights_are_preserved(
    tmp_path: Path, sign: Callable[..., Path], suffix: str
) -> None:
    rights = make_rights_statement([Rights(author="Ann", licence="CC BY-SA 4.0")], creator="Cleo")
    path = save_image(tmp_path / f"a.{suffix}", PICTURE, settings={"size": 40}, rights=rights)
    before = read_rights(path)
    sign(path)
    assert read_settings(path) == {"size": 40}
    assert read_rights(path) == before


@needs_c2pa
@pytest.mark.parametrize("what", ["metadata", "pixels"])
def test_one_changed_byte_breaks_the_signature(
    tmp_path: Path, sign: Callable[..., Path], what: str
) -> None:
    path = save_image(tmp_path / "a.jpg", PICTURE, rights=make_rights_statement([], creator="Cleo"))
    whole = sign(path).read_bytes()
    offset = whole.index(b"Cleo</rdf:li>") if what == "metadata" else len(whole) - 200
    path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
    credentials = read_credentials(path)
    assert credentials is not None
    assert credentials.state == "invalid"
    assert "assertion.dataHash.mismatch" in credentials.problems


@needs_c2pa
@needs_exiftool
def test_editing_the_metadata_breaks_the_signature(saved: Path, sign: Callable[..., Path]) -> None:
    sign(saved)
    subprocess.run(
        [EXIFTOOL, "-q", "-overwrite_original", "-XMP-dc:Creator=me", saved],
        check=True,
    )
    assert read_rights(saved).author == "me"
    credentials = read_credentials(saved)
    assert credentials is not None
    assert credentials.state == "invalid"


@needs_c2pa
def test_another_authority_does_not_make_a_signature_trusted(
    saved: Path, sign: Callable[..., Path], tmp_path: Path
) -> None:
    other = make_test_certificates(tmp_path / "others")
    credentials = read_credentials(sign(saved), trust=other["authority"])
    assert credentials is not None
    assert credentials.state == "valid"


@needs_c2pa
def test_unusable_keys_and_inputs_are_refused_and_the_picture_is_unchanged(
    saved: Path, sign: Callable[..., Path], files: dict[str, Path], tmp_path: Path
) -> None:
    before = saved.read_bytes()
    no_purpose = make_test_certificates(tmp_path / "no_purpose", purpose=False)
    other = make_test_certificates(tmp_path / "other")
    for options in (
        {"certificate": no_purpose["certificate"], "key": no_purpose["key"]},
        {"key": other["key"]},
        {"algorithm": "ps256"},
    ):
        with pytest.raises(RightsError, match="extended key usage"):
            sign(saved, **options)
    with pytest.raises(RightsError, match="no line «BEGIN PRIVATE KEY»"):
        sign(saved, key=files["certificate"])
    with pytest.raises(RightsError, match="certificate"):
        sign(saved, certificate=tmp_path / "missing.pem")
    with pytest.raises(RightsError, match="es256"):
        sign(saved, algorithm="rot13")
    with pytest.raises(RightsError, match="file or a picture"):
        sign(saved, inputs={"photo": 3})
    assert saved.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


@needs_c2pa
def test_only_formats_that_can_contain_a_manifest_are_signed(
    tmp_path: Path, sign: Callable[..., Path]
) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "a.bmp")
    with pytest.raises(RightsError, match="PNG, JPEG, WebP or TIFF"):
        sign(tmp_path / "a.bmp")
    with pytest.raises(PictureError):
        sign(tmp_path / "missing.png")
    with pytest.raises(PictureError):
        read_credentials(tmp_path / "missing.png")


@needs_c2pa
def test_inputs_in_other_formats_are_converted(
    saved: Path, sign: Callable[..., Path], tmp_path: Path
) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "a.gif")
    Image.new("RGB", (16, 16)).save(tmp_path / "a.jpg")
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((16, 16, 3), np.float32), photometric="rgb")
    inputs = {
        "photo": tmp_path / "a.gif",
        "floats": tmp_path / "a.tif",
        "bytes": (tmp_path / "a.jpg").read_bytes(),
    }
    credentials = read_credentials(sign(saved, inputs=inputs))
    assert credentials is not None
    assert (credentials.state, credentials.inputs) == ("valid", tuple(inputs))


def test_a_missing_library_is_named_with_how_to_install_it(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(RightsError, match=r"stylelab\[credentials\]"):
        read_credentials(saved)
    with pytest.raises(RightsError, match=r"stylelab\[credentials\]"):
        sign_picture(saved, certificate="a", key="b")
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(RightsError, match=r"stylelab\[credentials\]"):
        make_test_certificates(saved.parent / "none")


@needs_c2pa
def test_a_key_is_validated_without_a_picture(tmp_path: Path, files: dict[str, Path]) -> None:
    validate_signing_key(files["certificate"], files["key"])
    other = make_test_certificates(tmp_path, "Dora")
    with pytest.raises(RightsError, match="belong together"):
        validate_signing_key(files["certificate"], other["key"])
