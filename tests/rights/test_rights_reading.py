"""Rights read from files that an independent program wrote, and from hostile files."""

import json
import subprocess
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optional_tools import EXIFTOOL, needs_exiftool
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from stylelab.errors import OutputError, PictureError, RightsError
from stylelab.rights.metadata import MAX_METADATA_BYTES, parse_xmp_rights
from stylelab.rights.reading import read_ingredient_rights, read_rights, write_sidecar
from stylelab.rights.record import Rights

BY = "https://creativecommons.org/licenses/by/4.0/"
RDF = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://creativecommons.org/ns#" '
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
    'xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">{}</rdf:RDF></x:xmpmeta>'
)


def save_blank(path: Path, **options: object) -> Path:
    Image.new("RGB", (16, 16), "teal").save(path, **options)  # type: ignore[arg-type]
    return path


def write(path: Path, *tags: str) -> Path:
    subprocess.run([EXIFTOOL, "-q", "-overwrite_original", *tags, path], check=True)
    return path


@needs_exiftool
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_xmp_is_read_as_exiftool_wrote_it(tmp_path: Path, suffix: str) -> None:
    path = write(
        save_blank(tmp_path / f"a.{suffix}"),
        "-XMP-dc:Creator=Ann Ø",
        "-XMP-dc:Creator=絵描き",
        "-XMP-dc:Title=Pier & <sea>",
        "-XMP-dc:Title-de=Steg",
        "-XMP-dc:Rights=© Ann",
        "-XMP-dc:Source=archive 7",
        "-XMP-photoshop:Credit=Photo: Ann",
        f"-XMP-cc:License={BY}",
        "-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/composite",
    )
    assert read_rights(path).facts() == {
        "title": "Pier & <sea>",
        "author": "Ann Ø, 絵描き",
        "licence": BY,
        "source": "archive 7",
        "copyright": "© Ann",
        "credit": "Photo: Ann",
        "kind": "http://cv.iptc.org/newscodes/digitalsourcetype/composite",
    }
    assert set(read_rights(path).provenance.values()) == {"XMP"}


@needs_exiftool
@pytest.mark.parametrize("suffix", ["jpg", "tif"])
@pytest.mark.parametrize("coding", ["utf8", "latin"])
def test_iptc_is_read_as_exiftool_wrote_it(tmp_path: Path, suffix: str, coding: str) -> None:
    characters = ["-CodedCharacterSet=UTF8"] if coding == "utf8" else []
    path = write(
        save_blank(tmp_path / f"a.{suffix}"),
        *characters,
        "-IPTC:By-line=Ann Øre",
        "-IPTC:ObjectName=Pier",
        "-IPTC:Credit=Agency",
        "-IPTC:Source=archive 7",
        "-IPTC:CopyrightNotice=© Ann. All rights reserved",
    )
    rights = read_rights(path)
    assert rights.facts() == {
        "title": "Pier",
        "author": "Ann Øre",
        "licence": "all rights reserved",
        "source": "archive 7",
        "copyright": "© Ann. All rights reserved",
        "credit": "Agency",
    }
    assert set(rights.provenance.values()) == {"IPTC"}


@needs_exiftool
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_exif_is_read_as_exiftool_wrote_it(tmp_path: Path, suffix: str) -> None:
    notice = f"-EXIF:Copyright=Ann, {BY}"
    path = write(save_blank(tmp_path / f"a.{suffix}"), "-EXIF:Artist=Ann", notice)
    rights = read_rights(path)
    assert rights.facts() == {"author": "Ann", "licence": BY, "copyright": f"Ann, {BY}"}
    assert set(rights.provenance.values()) == {"EXIF"}
    assert rights.missing == ("source",)


@needs_exiftool
def test_xmp_takes_precedence_over_iptc_and_iptc_over_exif(tmp_path: Path) -> None:
    path = save_blank(tmp_path / "a.jpg")
    write(path, "-EXIF:Artist=one", "-EXIF:Copyright=one")
    assert read_rights(path).author == "one"
    write(path, "-IPTC:By-line=two")
    assert read_rights(path).author == "two"
    write(path, "-XMP-dc:Creator=three")
    rights = read_rights(path)
    assert (rights.author, rights.copyright) == ("three", "one")
    assert rights.remarks == (
        "IPTC states a different author: 'two'; XMP takes precedence",
        "EXIF states a different author: 'one'; XMP takes precedence",
    )


@needs_exiftool
def test_xmp_sidecar_files_are_read(tmp_path: Path) -> None:
    path = write(save_blank(tmp_path / "a.jpg"), "-EXIF:Artist=one")
    for name, author in (("a.xmp", "two"), ("a.jpg.xmp", "three")):
        write(tmp_path / name, f"-XMP-dc:Creator={author}")
        assert read_rights(path).author == author
        assert read_rights(path).provenance["author"] == name


def test_our_sidecar_file_takes_precedence(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "a camera"
    path = save_blank(tmp_path / "cat.jpg", exif=exif)
    (tmp_path / "cat.jpg.rights.toml").write_text(
        'title = "Käthe"\nauthor = "Ann"\nlicense = "CC BY 4.0"\nsource = "https://example.org"\n',
        "utf-8",
    )
    rights = read_rights(str(path))
    assert rights.missing == ()
    assert (rights.title, rights.author, rights.terms.key) == ("Käthe", "Ann", "CC-BY-4.0")
    assert rights.provenance["author"] == "cat.jpg.rights.toml"
    assert rights.remarks == (
        "EXIF states a different author: 'a camera'; cat.jpg.rights.toml takes precedence",
    )


def test_a_written_sidecar_file_is_read_back(tmp_path: Path) -> None:
    picture = save_blank(tmp_path / "a b.jpg")
    facts: dict[str, Any] = {
        "author": 'Zoë "Z" \\ Ångström',
        "licence": "CC BY 4.0",
        "source": "here 🎨",
    }
    assert write_sidecar(picture, Rights(**facts)).name == "a b.jpg.rights.toml"
    assert read_rights(picture).facts() == facts
    with pytest.raises(OutputError, match="another folder"):
        write_sidecar(tmp_path / "none" / "a.png", Rights(author="A"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("author = Ann", "TOML"),
        ('artist = "Ann"', "artist in"),
        ("author = 3", "author in"),
        ("[author]\nname = 'Ann'", "author in"),
        ("a = " + "[" * 5_000, "TOML"),
        ("# " + "x" * MAX_METADATA_BYTES, "larger than"),
        ("author = '\ud800'", "TOML"),
    ],
)
def test_a_damaged_sidecar_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = save_blank(tmp_path / "cat.png")
    (tmp_path / "cat.png.rights.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RightsError, match=words) as caught:
        read_rights(path)
    assert 'licence = "CC BY 4.0"' in str(caught.value)


@pytest.mark.parametrize("with_exif", [False, True])
def test_png_text_is_read_before_and_after_the_pixels(tmp_path: Path, *, with_exif: bool) -> None:
    info = PngInfo()
    info.add_text("Author", "Ann")
    info.add_itxt("Copyright", f"© Ann, {BY}")
    info.add_text("Source", "archive 7", zip=True)
    info.add(b"tEXt", b"Title\0Pier", after_idat=True)
    path = save_blank(tmp_path / "a.png", pnginfo=info)
    if with_exif:  # without EXIF before the pixels, Pillow reads on after them by itself
        exif = Image.Exif()
        exif[ExifTags.Base.Software] = "a camera"
        part = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
        framed = (len(part) - 4).to_bytes(4, "big") + part + zlib.crc32(part).to_bytes(4, "big")
        whole = path.read_bytes()
        path.write_bytes(whole[:33] + framed + whole[33:])  # after the header
    rights = read_rights(path)
    assert rights.missing == ()
    assert (rights.title, rights.licence) == ("Pier", BY)
    assert set(rights.provenance.values()) == {"PNG text"}


def test_rights_of_a_picture_without_metadata_are_unknown(tmp_path: Path) -> None:
    for suffix in ("png", "jpg", "webp", "tif", "gif", "bmp"):
        rights = read_rights(save_blank(tmp_path / f"a.{suffix}"))
        assert rights == Rights()
        assert len(rights.missing) == 3


@pytest.mark.parametrize("name", ["missing.png", "text.png", "", "a\0.png"])
def test_files_that_are_not_pictures_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.png").write_bytes(b"no picture")
    with pytest.raises(PictureError, match="Received"):
        read_rights(tmp_path / name)


# XMP in its many spellings


@pytest.mark.parametrize(
    "author",
    [
        '<rdf:Description dc:creator="Ann"/>',
        "<rdf:Description><dc:creator>Ann</dc:creator></rdf:Description>",
        (
            "<rdf:Description><dc:creator><rdf:Seq><rdf:li>Ann</rdf:li></rdf:Seq></dc:creator>"
            "</rdf:Description>"
        ),
        (
            "<rdf:Description/><rdf:Description><cc:attributionName>Ann</cc:attributionName>"
            "</rdf:Description>"
        ),
    ],
)
def test_xmp_may_be_spelled_in_many_ways(author: str) -> None:
    assert parse_xmp_rights(RDF.format(author).encode()) == {"author": "Ann"}


@pytest.mark.parametrize(
    ("element", "licence"),
    [
        (f'<cc:license rdf:resource="{BY}"/>', BY),
        (f"<xmpRights:WebStatement>{BY}</xmpRights:WebStatement>", BY),
        (f"<dc:rights>© Ann, see {BY}</dc:rights>", BY),
        (
            (
                f"<xmpRights:WebStatement>{BY}</xmpRights:WebStatement>"
                "<dc:rights>https://creativecommons.org/licenses/by-nd/2.0/</dc:rights>"
            ),
            BY,
        ),
        ("<cc:license>house terms</cc:license>", "house terms"),
        ("<dc:rights>(c) Ann, all rights RESERVED</dc:rights>", "all rights reserved"),
        ("<dc:rights>© Ann</dc:rights>", None),
        ("<xmpRights:WebStatement>https://example.org</xmpRights:WebStatement>", None),
    ],
)
def test_the_licence_is_found_where_programs_put_it(element: str, licence: str | None) -> None:
    packet = RDF.format(f"<rdf:Description>{element}</rdf:Description>").encode()
    assert parse_xmp_rights(packet).get("licence") == licence


def test_nested_descriptions_are_not_about_this_picture() -> None:
    inner = '<rdf:Description dc:creator="somebody else"/>'
    packet = RDF.format(f"<rdf:Description><dc:relation>{inner}</dc:relation></rdf:Description>")
    assert parse_xmp_rights(packet.encode()) == {}


# Hostile files

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{10 * f"&{a};"}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
FETCH = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (LAUGHS + RDF.format('<rdf:Description dc:creator="&i;"/>'), "DTDForbidden"),
        (FETCH + RDF.format("<rdf:Description><dc:creator>&i;</dc:creator></rdf:Description>"), ""),
        ("<x/>" + " " * MAX_METADATA_BYTES, "ValueError"),
        ("<a>" * 20_000, "ParseError"),
        ("no XML", "ParseError"),
        (RDF.format("<rdf:Description dc:creator='Ann'/>")[:-20], "ParseError"),
    ],
)
@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_hostile_packet_is_skipped_with_a_remark(
    tmp_path: Path, packet: str, why: str, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "png":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet, zip=True)
        save_blank(path, pnginfo=info)
    else:
        save_blank(path, xmp=packet.encode())
    rights = read_rights(path)
    assert rights.facts() == {}
    assert "XMP block is damaged" in rights.remarks[0]
    assert why in rights.remarks[0]
    assert read_ingredient_rights(path) == ()


def test_a_deeply_nested_packet_is_skipped(tmp_path: Path) -> None:
    deep = "<dc:creator>" * 20_000 + "Ann" + "</dc:creator>" * 20_000
    path = save_blank(
        tmp_path / "a.webp",
        xmp=RDF.format(f"<rdf:Description>{deep}</rdf:Description>").encode(),
    )
    assert read_rights(path).author is None


def test_a_hostile_sidecar_file_is_refused(tmp_path: Path) -> None:
    path = save_blank(tmp_path / "a.png")
    (tmp_path / "a.xmp").write_text(LAUGHS + RDF.format(""), "utf-8")
    with pytest.raises(RightsError, match="document type"):
        read_rights(path)


def make_fully_tagged(file_format: str) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ann"
    info = PngInfo()
    info.add_itxt("Author", "Ann")
    packet = RDF.format('<rdf:Description dc:creator="Ann"/>')
    info.add_itxt("XML:com.adobe.xmp", packet)
    buffer = BytesIO()
    Image.new("RGB", (16, 16)).save(
        buffer, file_format, exif=exif, pnginfo=info, xmp=packet.encode()
    )
    return buffer.getvalue()


TAGGED_FILES = {
    file_format: make_fully_tagged(file_format) for file_format in ("PNG", "JPEG", "WEBP", "TIFF")
}


@pytest.mark.parametrize("file_format", TAGGED_FILES)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(
    tmp_path: Path, file_format: str, data: st.DataObject
) -> None:
    whole = TAGGED_FILES[file_format]
    damaged = bytearray(whole[: data.draw(st.integers(len(whole) // 4, len(whole)))])
    for offset in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=6)):
        damaged[offset] = data.draw(st.integers(0, 255))
    (tmp_path / "damaged").write_bytes(bytes(damaged))
    try:
        rights = read_rights(tmp_path / "damaged")
    except PictureError:
        return
    assert json.dumps(rights.facts())
