"""Read rights from embedded metadata: XMP, IPTC, EXIF and PNG text.

Metadata is untrusted. XMP is parsed with defusedxml, which refuses document types and entities (a few
hundred bytes can expand to gigabytes); blocks of more than a megabyte are not read; a damaged block is
skipped, with a remark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from defusedxml import ElementTree
from PIL import ExifTags, ImageFile, IptcImagePlugin

from stylelab.rights.licences import find_licence_url
from stylelab.rights.record import Rights, declare_rights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from xml.etree.ElementTree import Element

    from PIL import Image

MAX_METADATA_BYTES = 1_000_000
"""Largest block of metadata, or sidecar file, that is read."""

NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "cc": "http://creativecommons.org/ns#",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
"""XMP's usual prefixes (XMP specification part 2; IPTC Photo Metadata Standard; ccREL)."""

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_XMP_FIELDS = {
    "title": ("dc:title",),
    "author": ("dc:creator", "cc:attributionName"),
    "source": ("cc:attributionURL", "photoshop:Source", "dc:source"),
    "copyright": ("dc:rights",),
    "credit": ("photoshop:Credit",),
    "kind": ("Iptc4xmpExt:DigitalSourceType",),
}
_XMP_INGREDIENT_FIELDS = {
    "title": ("Iptc4xmpExt:AOTitle",),
    "author": ("Iptc4xmpExt:AOCreator",),
    "source": ("Iptc4xmpExt:AOSource",),
    "copyright": ("Iptc4xmpExt:AOCopyrightNotice",),
    "licence": ("cc:license",),
}
_WEB_STATEMENT = "xmpRights:WebStatement"
_LICENCE_FIELDS = (_WEB_STATEMENT, "xmpRights:UsageTerms", "dc:rights")

# Fields of IPTC's Information Interchange Model, record 2 (IIM 4.2, chapter 6).
_IIM_FIELDS = {"title": 5, "author": 80, "credit": 110, "source": 115, "copyright": 116}
_IIM_CODING = (1, 90)
_UTF_8 = b"\x1b%G"

# Keywords of the PNG specification (section 11.3.3.2).
_PNG_FIELDS = {"title": "Title", "author": "Author", "source": "Source", "copyright": "Copyright"}


def read_embedded_rights(image: Image.Image) -> list[Rights]:
    """Rights in the metadata of an opened picture, in order of precedence: XMP, IPTC, EXIF, PNG text.

    XMP comes first because only XMP has a field for the licence and holds any script; EXIF and IPTC
    are often older, from a camera or an archive.
    """
    parsers = {
        "XMP": lambda image: parse_xmp_rights(limited_bytes(image.info.get("xmp"))),
        "IPTC": _parse_iptc,
        "EXIF": _parse_exif,
        "PNG text": _parse_png_text,
    }
    records = (_parse_safely(origin, parse, image) for origin, parse in parsers.items())
    return [one for one in records if one is not None]


def parse_xmp_rights(packet: bytes) -> dict[str, str]:
    """Rights of a picture, by field of `Rights`, from its XMP packet.

    Args:
        packet: XML, or empty.

    Raises:
        Exception: it is not XML, or has a document type.
    """
    # Only descriptions directly below rdf:RDF: nested ones are about other pictures.
    properties = _xmp_properties(*_find_elements(packet, ".//rdf:RDF/rdf:Description"))
    facts = _facts(properties, _XMP_FIELDS)
    named = properties.get("cc:license")
    if named:
        facts["licence"] = named
    else:
        urls = (find_licence_url(properties.get(name)) for name in _LICENCE_FIELDS)
        if licence := next(filter(None, urls), None):
            facts["licence"] = licence
    statement = properties.get(_WEB_STATEMENT)
    if statement and not find_licence_url(statement):
        facts.setdefault("source", statement)
    return _add_licence_from_notice(facts)


def parse_xmp_ingredients(packet: bytes) -> list[dict[str, str]]:
    """Rights of the input pictures in an XMP packet that `stylelab.rights.writing` wrote."""
    items = _find_elements(packet, ".//Iptc4xmpExt:ArtworkOrObject//rdf:li")
    records = (_facts(_xmp_properties(item), _XMP_INGREDIENT_FIELDS) for item in items)
    return list(filter(None, records))


def _facts(
    properties: Mapping[str, str], property_names: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Values by field of `Rights`, each from the first of its properties that has one."""
    return {
        name: properties[property_name]
        for name, candidates in property_names.items()
        for property_name in reversed(candidates)
        if properties.get(property_name)
    }


def _find_elements(packet: bytes, path: str) -> list[Element]:
    text = packet.strip(b"\0 \r\n")
    if not text:
        return []
    found: list[Element] = ElementTree.fromstring(text, forbid_dtd=True).findall(path, NAMESPACES)
    return found


def _xmp_properties(*elements: Element) -> dict[str, str]:
    """Properties by prefixed name; the first value counts."""
    found: dict[str, str] = {}
    for element in elements:
        for name, value in _named_values(element):
            found.setdefault(name, value)
    return found


def _named_values(element: Element) -> Iterator[tuple[str, str]]:
    for tag, value in element.attrib.items():
        if name := _prefixed_name(tag):
            yield name, value
    for child in element:
        if (name := _prefixed_name(child.tag)) and (value := _text_value(child)):
            yield name, value


def _text_value(element: Element) -> str:
    """A simple value, a URL, the default language of several, or a list joined with commas."""
    items = element.findall("*/rdf:li", NAMESPACES)
    if not items:
        return element.text or element.get(qualified_name("rdf:resource")) or ""
    if element.find("rdf:Alt", NAMESPACES) is not None:
        default_items = [one for one in items if one.get(XML_LANG) == "x-default"] or items
        return default_items[0].text or ""
    return ", ".join(one.text for one in items if one.text)


def qualified_name(name: str) -> str:
    """Name in ElementTree's notation (`{uri}title`) for a prefixed one (`dc:title`)."""
    prefix, local = name.split(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}


def _prefixed_name(tag: str) -> str:
    uri, _, local = tag.removeprefix("{").rpartition("}")
    return f"{_PREFIXES[uri]}:{local}" if uri in _PREFIXES else ""


def _parse_iptc(image: Image.Image) -> dict[str, str]:
    if not isinstance(image, ImageFile.ImageFile):
        return {}
    information = IptcImagePlugin.getiptcinfo(image) or {}
    encoding = "utf-8" if information.get(_IIM_CODING) == _UTF_8 else None
    found = {name: information.get((2, number)) for name, number in _IIM_FIELDS.items()}
    return {name: _decode_iptc_text(value, encoding) for name, value in found.items() if value}


def _decode_iptc_text(value: bytes | list[bytes], encoding: str | None) -> str:
    """Text of an IPTC field, which may be repeated: in its stated encoding, else UTF-8 or Latin-1."""
    parts = value if isinstance(value, list) else [value]
    texts = []
    for part in parts:
        try:
            texts.append(limited_bytes(part).decode(encoding or "utf-8"))
        except UnicodeDecodeError:
            texts.append(part.decode("latin-1"))
    return ", ".join(texts)


def _parse_exif(image: Image.Image) -> dict[str, str]:
    exif = image.getexif()
    facts = {}
    if isinstance(artist := exif.get(ExifTags.Base.Artist), str):
        facts["author"] = artist.strip(" \0")
    if isinstance(notice := exif.get(ExifTags.Base.Copyright), str):
        # Photographer and editor, separated by NUL (EXIF 2.32, section 4.6.5).
        facts["copyright"] = ", ".join(part for part in map(str.strip, notice.split("\0")) if part)
    return facts


def _parse_png_text(image: Image.Image) -> dict[str, str]:
    if image.format != "PNG":
        return {}
    image.load()  # text chunks may follow the pixels
    found = {name: image.info.get(word) for name, word in _PNG_FIELDS.items()}
    return {name: str(text) for name, text in found.items() if text}


def _add_licence_from_notice(facts: dict[str, str]) -> dict[str, str]:
    """Add the licence that the copyright notice states: a URL in it, or "all rights reserved"."""
    notice = facts.get("copyright", "")
    if "licence" not in facts:
        if address := find_licence_url(notice):
            facts["licence"] = address
        elif "all rights reserved" in notice.casefold():
            facts["licence"] = "all rights reserved"
    return facts


def limited_bytes(data: object) -> bytes:
    """A block of metadata as bytes; raise a `ValueError` if it exceeds `MAX_METADATA_BYTES`."""
    if isinstance(data, str):
        data = data.encode()
    block = data if isinstance(data, bytes) else b""
    if len(block) > MAX_METADATA_BYTES:
        raise ValueError(f"larger than {MAX_METADATA_BYTES} bytes")
    return block


def _parse_safely(
    origin: str, parse: Callable[[Image.Image], dict[str, str]], image: Image.Image
) -> Rights | None:
    """Rights in one block of metadata; of a damaged block, only a remark."""
    try:
        facts = _add_licence_from_notice(parse(image))
        facts = {name: text for name, text in facts.items() if text.strip()}
        return declare_rights(facts, origin=origin) if facts else None
    except Exception as error:  # noqa: BLE001 - parsers raise almost anything for damaged metadata
        name = type(error).__name__
        return Rights(remarks=(f"the file's {origin} block is damaged and was not read ({name})",))
