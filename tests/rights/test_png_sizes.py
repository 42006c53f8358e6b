"""Sizes of the parts of a PNG file."""

from pathlib import Path

import numpy as np
import pytest
from optional_tools import needs_c2pa
from PIL import Image

from stylelab.errors import PictureError
from stylelab.pictures.saving import save_image
from stylelab.rights.credentials import sign_picture
from stylelab.rights.example_certificates import make_test_certificates
from stylelab.rights.png_sizes import png_part_sizes
from stylelab.rights.record import Rights
from stylelab.rights.writing import make_rights_statement

PICTURE = np.random.default_rng(1).random((32, 40, 3), dtype=np.float32)


def test_parts_have_the_size_of_their_contents(tmp_path: Path) -> None:
    path = save_image(tmp_path / "a.png", PICTURE)
    plain = png_part_sizes(path)
    assert set(plain) == {"pixels", "rest"}
    assert sum(plain.values()) == path.stat().st_size

    statement = make_rights_statement([Rights(author="Ann")])
    save_image(path, PICTURE, settings={"size": 40}, rights=statement)
    more = png_part_sizes(path)
    assert sum(more.values()) == path.stat().st_size
    assert more["pixels"] == plain["pixels"]
    overhead = 12 + len("XML:com.adobe.xmp") + 5  # chunk header and checksum, keyword, flags
    assert more["rights (XMP)"] == len(statement.xmp_packet()) + overhead
    assert more["settings"] == len('{"size": 40}') + 12 + len("stylelab") + 5


@needs_c2pa
def test_a_c2pa_manifest_is_a_part(tmp_path: Path) -> None:
    path = save_image(tmp_path / "a.png", PICTURE)
    before = png_part_sizes(path)
    files = make_test_certificates(tmp_path / "keys")
    sign_picture(path, certificate=files["certificate"], key=files["key"])
    after = png_part_sizes(path)
    assert after.pop("C2PA manifest") > 1000
    assert after == before


def test_other_and_incomplete_files_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "a.jpg")
    with pytest.raises(PictureError, match="PNG"):
        png_part_sizes(tmp_path / "a.jpg")
    whole = save_image(tmp_path / "a.png", PICTURE).read_bytes()
    (tmp_path / "a.png").write_bytes(whole[:-20])
    with pytest.raises(PictureError, match="ends too early"):
        png_part_sizes(tmp_path / "a.png")
