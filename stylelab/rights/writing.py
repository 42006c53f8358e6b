"""What a result says about itself: an XMP packet that other programs read.

It names the creator, the licence, the credit line, what the picture is derived from, and IPTC's
digital source type. XMP is what PNG, JPEG, WebP and TIFF have in common (XMP specification, part 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from stylelab.errors import RightsError
from stylelab.rights.credit import MADE_WITH, credit_line
from stylelab.rights.licences import LICENCES, Licence, find_licence
from stylelab.rights.metadata import NAMESPACES
from stylelab.rights.record import Rights
from stylelab.rights.rules import Use, combine_rights, rights_by_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.rights.rules import Verdict

COMPOSITE_SOURCE_TYPE = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
"""IPTC's digital source type of a picture that was changed with a trained model.

IPTC, Digital Source Type NewsCodes, http://cv.iptc.org/newscodes/digitalsourcetype/. Its definition
speaks of a generative model; VGG19 was trained to recognise, and the optimiser paints with it. It is
the nearest term of the list: the picture has other pictures for its source, and a trained model
decided its pixels.
"""

ALL_RIGHTS_RESERVED = "LicenseRef-all-rights-reserved"
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END = '\n<?xpacket end="w"?>'
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class RightsStatement:
    """What a result will say about itself; `save_image(…, rights=statement)` writes it.

    Attributes:
        inputs: rights of what went in, by name.
        verdict: what their licences say to the use that is meant.
        licence: under what terms the result is offered, or None.
        creator: who made it, or None.
        title: what it is called, or None.
        credit: the line of credit.
        kind: IPTC's digital source type.
    """

    inputs: Mapping[str, Rights]
    verdict: Verdict
    licence: Licence | None
    creator: str | None
    title: str | None
    credit: str
    kind: str = COMPOSITE_SOURCE_TYPE

    @property
    def terms(self) -> str:
        """The terms in words: the licence, and what the pictures that went in ask or forbid."""
        offered = f"Licence: {self.licence.name}. " if self.licence else ""
        return offered + " ".join(f"{finding}." for finding in self.verdict.findings)

    def xmp_packet(self) -> bytes:
        """The XMP packet, UTF-8."""
        rdf = ET.Element(_qualified_name("rdf:RDF"))
        description = ET.SubElement(
            rdf, _qualified_name("rdf:Description"), {_qualified_name("rdf:about"): ""}
        )
        _add_text(description, "xmp:CreatorTool", MADE_WITH)
        _add_text(description, "Iptc4xmpExt:DigitalSourceType", self.kind)
        _add_text(description, "photoshop:Credit", self.credit)
        if self.title:
            _add_language_alternative(description, "dc:title", self.title)
        if self.creator:
            _add_list(description, "dc:creator", "rdf:Seq", [self.creator])
        if self.terms:
            _add_language_alternative(description, "xmpRights:UsageTerms", self.terms)
        if self.licence:
            self._add_licence(description, self.licence)
        if self.inputs:
            self._add_ingredients(description)
        root = ET.Element(_qualified_name("x:xmpmeta"))
        root.append(rdf)
        return (_BEGIN + _serialize_xml(root) + _END).encode()

    def _add_licence(self, description: ET.Element, licence: Licence) -> None:
        by = f"{self.creator}, " if self.creator else ""
        _add_language_alternative(description, "dc:rights", f"{by}{licence.name}")
        if licence.url:
            _add_text(description, "xmpRights:WebStatement", licence.url)
        resource = {_qualified_name("rdf:resource"): licence.url or licence.key}
        ET.SubElement(description, _qualified_name("cc:license"), resource)

    def _add_ingredients(self, description: ET.Element) -> None:
        """Say what went in, in the three places where programs look for it."""
        sources = [one.source or one.title or name for name, one in self.inputs.items()]
        _add_text(description, "dc:source", "; ".join(sources))
        ingredients = ET.SubElement(
            ET.SubElement(description, _qualified_name("xmpMM:Ingredients")),
            _qualified_name("rdf:Bag"),
        )
        for name, source in zip(self.inputs, sources, strict=True):
            item = ET.SubElement(
                ingredients,
                _qualified_name("rdf:li"),
                {_qualified_name("rdf:parseType"): "Resource"},
            )
            _add_text(item, "stRef:filePath", source)
            _add_text(item, "stRef:partMapping", name)
        works = ET.SubElement(description, _qualified_name("Iptc4xmpExt:ArtworkOrObject"))
        bag = ET.SubElement(works, _qualified_name("rdf:Bag"))
        for name, one in self.inputs.items():
            item = ET.SubElement(
                bag, _qualified_name("rdf:li"), {_qualified_name("rdf:parseType"): "Resource"}
            )
            _add_language_alternative(item, "Iptc4xmpExt:AOTitle", one.title or name)
            if one.author:
                _add_list(item, "Iptc4xmpExt:AOCreator", "rdf:Seq", [one.author])
            if one.source:
                _add_text(item, "Iptc4xmpExt:AOSource", one.source)
            licence = one.licence or "licence unknown"
            _add_text(item, "Iptc4xmpExt:AOCopyrightNotice", one.copyright or licence)
            if one.licence:
                _add_text(item, "cc:license", one.terms.url or one.licence)


def make_rights_statement(
    inputs: Mapping[str, Rights] | Sequence[Rights],
    *,
    creator: str | None = None,
    licence: str | None = None,
    title: str | None = None,
    use: Use = "publish",
) -> RightsStatement:
    """What a result made from these pictures should say about itself.

    Args:
        inputs: rights by the name of the input, or in a row.
        creator: who made the result.
        licence: under what terms it is offered: one that the inputs permit. Without it, the only one
            that a share-alike licence leaves is taken, and else none.
        title: what it is called.
        use: what it is meant for; see `combine_rights`.

    Raises:
        RightsError: the licence is not in the table, or the inputs do not permit it.
    """
    by_name = rights_by_name(inputs)
    verdict = combine_rights(by_name, use=use)
    cleaned = Rights(author=creator, title=title)
    return RightsStatement(
        inputs=by_name,
        verdict=verdict,
        licence=_choose_licence(licence, verdict, by_name),
        creator=cleaned.author,
        title=cleaned.title,
        credit=credit_line(by_name, creator=cleaned.author),
    )


def _choose_licence(
    requested: str | None, verdict: Verdict, inputs: Mapping[str, Rights]
) -> Licence | None:
    share_alike = any(one.terms.same_licence for one in inputs.values())
    if requested is None:
        # Nobody gives a licence away unasked; but share-alike leaves no choice.
        one_left = share_alike and len(verdict.licences) == 1
        return LICENCES[verdict.licences[0]] if one_left else None
    licence = find_licence(requested)
    terms = [one.terms for one in inputs.values()]
    if licence.key == ALL_RIGHTS_RESERVED and all(
        one.share and not one.same_licence for one in terms
    ):
        return licence  # to keep one's own part to oneself is no licence at all
    if licence.key not in verdict.licences:
        possible = ", ".join(LICENCES[key].name for key in verdict.licences) or "none"
        raise RightsError(
            f"Expected a licence that what went in permits: {possible}. Received: {requested!r}. "
            "Choose one of these, or other pictures."
        )
    return licence


def _qualified_name(name: str) -> str:
    prefix, local = name.split(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def _add_text(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, _qualified_name(name)).text = value


def _add_language_alternative(parent: ET.Element, name: str, value: str) -> None:
    """A text that could be given in several languages."""
    alternatives = ET.SubElement(
        ET.SubElement(parent, _qualified_name(name)), _qualified_name("rdf:Alt")
    )
    ET.SubElement(alternatives, _qualified_name("rdf:li"), {_XML_LANG: "x-default"}).text = value


def _add_list(parent: ET.Element, name: str, kind: str, values: list[str]) -> None:
    bag = ET.SubElement(ET.SubElement(parent, _qualified_name(name)), _qualified_name(kind))
    for value in values:
        ET.SubElement(bag, _qualified_name("rdf:li")).text = value


def _serialize_xml(root: ET.Element) -> str:
    """XML with XMP's usual prefixes; some programs look for them by name."""
    for prefix, uri in NAMESPACES.items():
        ET.register_namespace(prefix, uri)
    ET.indent(root, " ")  # so that people can read it, too
    return ET.tostring(root, encoding="unicode")
