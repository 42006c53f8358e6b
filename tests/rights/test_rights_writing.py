"""Other programs can read the rights in a result."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optional_tools import EXIFTOOL, needs_exiftool
from PIL import Image

from stylelab.errors import OutputError, RightsError
from stylelab.pictures.images import load_image
from stylelab.pictures.saving import read_settings, save_image
from stylelab.rights.metadata import parse_xmp_ingredients, parse_xmp_rights
from stylelab.rights.reading import read_ingredient_rights, read_rights
from stylelab.rights.record import Rights
from stylelab.rights.writing import COMPOSITE_SOURCE_TYPE, make_rights_statement

SUFFIXES = ["png", "jpg", "webp", "tif"]
PHOTO = Rights(
    title="Pier & <sea>", author="Ann Ø", licence="CC BY-SA 3.0", source="https://a.org/1"
)
PAINTING = Rights(title="Night", author="絵描き", licence="CC0 1.0", source="museum 7")
INPUTS = {"photo": PHOTO, "painting": PAINTING}
PICTURE = np.random.default_rng(2).random((20, 24, 3), dtype=np.float32)


def test_the_digital_source_type_is_the_url_of_iptc() -> None:
    # cv.iptc.org/newscodes/digitalsourcetype
    scheme = "http://cv.iptc.org/newscodes/digitalsourcetype/"
    assert make_rights_statement([]).kind == scheme + "compositeWithTrainedAlgorithmicMedia"


@needs_exiftool
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_exiftool_reads_the_rights_of_a_result(tmp_path: Path, suffix: str) -> None:
    statement = make_rights_statement(INPUTS, creator="Cleo Ö", title="Pier at night")
    path = save_image(tmp_path / f"a.{suffix}", PICTURE, settings={"size": 24}, rights=statement)
    answer = subprocess.run(
        [EXIFTOOL, "-j", "-G1", "-struct", path],
        check=True,
        capture_output=True,
    )
    (tags,) = json.loads(answer.stdout)
    assert "ExifTool:Warning" not in tags
    assert tags["XMP-iptcExt:DigitalSourceType"] == COMPOSITE_SOURCE_TYPE
    assert tags["XMP-dc:Creator"] == ["Cleo Ö"]
    assert tags["XMP-dc:Title"] == "Pier at night"
    assert tags["XMP-dc:Rights"] == "Cleo Ö, CC BY-SA 4.0"
    by_sa = "https://creativecommons.org/licenses/by-sa/4.0/"
    assert tags["XMP-xmpRights:WebStatement"] == tags["XMP-cc:License"] == by_sa
    assert tags["XMP-photoshop:Credit"] == statement.credit
    assert "“Pier & <sea>” by Ann Ø (https://a.org/1), CC BY-SA 3.0" in statement.credit
    assert tags["XMP-dc:Source"] == "https://a.org/1; museum 7"
    assert [one["PartMapping"] for one in tags["XMP-xmpMM:Ingredients"]] == ["photo", "painting"]
    photo, painting = tags["XMP-iptcExt:ArtworkOrObject"]
    assert photo["AOCreator"] == ["Ann Ø"]
    assert photo["AOTitle"] == "Pier & <sea>"
    assert photo["License"] == "https://creativecommons.org/licenses/by-sa/3.0/"
    assert painting["AOCreator"] == ["絵描き"]
    assert painting["AOSource"] == "museum 7"
    assert "same licence" in tags["XMP-xmpRights:UsageTerms"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rights_and_settings_are_read_back(tmp_path: Path, suffix: str) -> None:
    statement = make_rights_statement(INPUTS, creator="Cleo", title="Pier at night")
    path = save_image(tmp_path / f"a.{suffix}", PICTURE, settings={"size": 24}, rights=statement)
    assert read_settings(path) == {"size": 24}
    rights = read_rights(path)
    assert (rights.title, rights.author) == ("Pier at night", "Cleo")
    assert rights.terms.key == "CC-BY-SA-4.0"
    assert (rights.credit, rights.kind) == (statement.credit, COMPOSITE_SOURCE_TYPE)
    assert rights.missing == ()
    assert rights.remarks == ()
    for read, given_ in zip(read_ingredient_rights(path), INPUTS.values(), strict=True):
        assert (read.title, read.author) == (given_.title, given_.author)
        assert (read.source, read.terms) == (given_.source, given_.terms)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_pixels_are_the_same_with_and_without_rights(tmp_path: Path, suffix: str) -> None:
    plain = save_image(tmp_path / f"a.{suffix}", PICTURE)
    with_rights = save_image(
        tmp_path / f"b.{suffix}", PICTURE, rights=make_rights_statement(INPUTS)
    )
    np.testing.assert_array_equal(load_image(plain), load_image(with_rights))
    with Image.open(plain) as image:
        assert "xmp" not in image.info
    assert read_settings(with_rights) is None
    assert read_ingredient_rights(plain) == ()


facts = st.builds(
    Rights,
    title=st.none() | st.text(),
    author=st.none() | st.text(),
    licence=st.none() | st.sampled_from(["CC BY 4.0", "CC0 1.0", "house terms", "CC BY-NC-SA 2.0"]),
    source=st.none() | st.text(),
)


@given(st.lists(facts, max_size=3), st.none() | st.text(), st.none() | st.text())
def test_any_rights_are_read_back(
    inputs: list[Rights], creator: str | None, title: str | None
) -> None:
    xmp_packet = make_rights_statement(inputs, creator=creator, title=title).xmp_packet()
    found = Rights(**parse_xmp_rights(xmp_packet))  # type: ignore[arg-type]
    wanted = Rights(author=creator, title=title)
    assert (found.author, found.title) == (wanted.author, wanted.title)
    read = [Rights(**one) for one in parse_xmp_ingredients(xmp_packet)]  # type: ignore[arg-type]
    assert [one.author for one in read] == [one.author for one in inputs]
    assert [one.source for one in read] == [one.source for one in inputs]
    assert [one.terms for one in read] == [one.terms for one in inputs]


def test_a_result_has_no_licence_by_default_unless_share_alike_leaves_one() -> None:
    assert make_rights_statement([PAINTING]).licence is None
    bound = make_rights_statement(INPUTS).licence
    assert bound is not None
    assert bound.key == "CC-BY-SA-4.0"


@pytest.mark.parametrize(
    ("input_licence", "asked", "key"),
    [
        ("CC0 1.0", "CC BY 4.0", "CC-BY-4.0"),
        ("CC BY-NC 3.0", "CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0"),
        ("own", "All rights reserved", "LicenseRef-all-rights-reserved"),
        ("CC BY 4.0", "all rights reserved", "LicenseRef-all-rights-reserved"),
    ],
)
def test_a_licence_that_the_pictures_permit_is_offered(
    input_licence: str, asked: str, key: str
) -> None:
    licence = make_rights_statement([Rights(licence=input_licence)], licence=asked).licence
    assert licence is not None
    assert licence.key == key


@pytest.mark.parametrize(
    ("input_licence", "asked"),
    [
        ("CC BY-SA 4.0", "CC BY 4.0"),
        ("CC BY-SA 4.0", "all rights reserved"),
        ("CC BY-NC 4.0", "CC BY 4.0"),
        ("CC BY-ND 4.0", "CC BY-ND 4.0"),
        ("CC BY-ND 4.0", "all rights reserved"),
        (None, "CC BY 4.0"),
        (None, "all rights reserved"),
        ("CC0", "house terms"),
    ],
)
def test_a_licence_that_the_pictures_do_not_permit_is_refused(
    input_licence: str | None, asked: str
) -> None:
    with pytest.raises(RightsError, match="input pictures permit"):
        make_rights_statement([Rights(licence=input_licence)], licence=asked)


def test_usage_terms_state_obligations_and_unknown_licences(tmp_path: Path) -> None:
    inputs = {"photo": Rights(licence="CC BY-NC 4.0"), "painting": Rights()}
    statement = make_rights_statement(inputs)
    assert "photo: not meant for commercial advantage" in statement.terms
    assert "painting: its licence is unknown" in statement.terms
    path = save_image(tmp_path / "a.png", PICTURE, rights=statement)
    # A result without a licence must not look free.
    assert read_rights(path).licence is None
    assert "licence" in read_rights(path).missing


@pytest.mark.parametrize("count", [1, 5, 10])
def test_many_pictures_fit_into_every_format(tmp_path: Path, count: int) -> None:
    inputs = [Rights(title="é" * 300, author="x" * 300, licence="CC0", source="a book")] * count
    for suffix in SUFFIXES:
        path = save_image(tmp_path / f"a.{suffix}", PICTURE, rights=make_rights_statement(inputs))
        assert len(read_ingredient_rights(path)) == count


def test_rights_that_are_too_large_for_jpeg_are_refused_and_fit_into_png(tmp_path: Path) -> None:
    statement = make_rights_statement([Rights(title="é" * 900, author="x" * 900)] * 30)
    with pytest.raises(OutputError, match="PNG"):
        save_image(tmp_path / "a.jpg", PICTURE, rights=statement)
    path = save_image(tmp_path / "a.png", PICTURE, rights=statement)
    assert len(read_ingredient_rights(path)) == 30
