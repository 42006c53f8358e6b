"""The bytes of a PNG are counted whole, and each by what it holds."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylelab.errors import PictureError
from stylelab.rights.credentials import sign_picture
from stylelab.rights.facts import Rights
from stylelab.rights.parts import parts_of_png
from stylelab.rights.rehearsal import rehearsal_certificates
from stylelab.rights.writing import state_rights
from stylelab.saving import save_image

PICTURE = np.random.default_rng(1).random((32, 40, 3), dtype=np.float32)


def test_parts_are_as_large_as_what_was_put_in(tmp_path: Path) -> None:
    path = save_image(tmp_path / "a.png", PICTURE)
    plain = parts_of_png(path)
    assert set(plain) == {"pixels", "rest"}
    assert sum(plain.values()) == path.stat().st_size

    statement = state_rights([Rights(author="Ann")])
    save_image(path, PICTURE, settings={"size": 40}, rights=statement)
    more = parts_of_png(path)
    assert sum(more.values()) == path.stat().st_size
    assert more["pixels"] == plain["pixels"]
    around = 12 + len("XML:com.adobe.xmp") + 5  # the chunk's frame, the keyword and its flags
    assert more["rights (XMP)"] == len(statement.packet()) + around
    assert more["settings"] == len('{"size": 40}') + 12 + len("stylelab") + 5


@pytest.mark.skipif(importlib.util.find_spec("c2pa") is None, reason="needs c2pa-python")
def test_a_signed_account_has_a_part_of_its_own(tmp_path: Path) -> None:
    path = save_image(tmp_path / "a.png", PICTURE)
    before = parts_of_png(path)
    files = rehearsal_certificates(tmp_path / "keys")
    sign_picture(path, certificate=files["certificate"], key=files["key"])
    after = parts_of_png(path)
    assert after.pop("signed account (C2PA)") > 1000
    assert after == before


def test_other_files_and_torn_ones_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "a.jpg")
    with pytest.raises(PictureError, match="PNG"):
        parts_of_png(tmp_path / "a.jpg")
    whole = save_image(tmp_path / "a.png", PICTURE).read_bytes()
    (tmp_path / "a.png").write_bytes(whole[:-20])
    with pytest.raises(PictureError, match="ends too early"):
        parts_of_png(tmp_path / "a.png")
