"""XMP packet of a result: creator, licence, credit line, input pictures and IPTC digital source type.

PNG, JPEG, WebP and TIFF files can all contain XMP (XMP specification, part 3), and other programs read
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from stylelab.errors import RightsError
from stylelab.rights.credit import MADE_WITH, credit_line
from stylelab.rights.licences import LICENCES, Licence, find_licence
from stylelab.rights.metadata import NAMESPACES, XML_LANG, qualified_name
from stylelab.rights.record import Rights
from stylelab.rights.rules import Use, combine_rights, rights_by_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.rights.rules import Verdict

COMPOSITE_SOURCE_TYPE = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
"""IPTC digital source type of a picture that was changed with a trained model.

IPTC, Digital Source Type NewsCodes, http://cv.iptc.org/newscodes/digitalsourcetype/. The definition
assumes a generative model, and VGG19 is a classifier, but it is the closest term in the list: the
result is made from other pictures, and a trained model determines its pixels.
"""

ALL_RIGHTS_RESERVED = "LicenseRef-all-rights-reserved"
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END = '\n<?xpacket end="w"?>'


@dataclass(frozen=True)
class RightsStatement:
    """Rights of a result, for `save_image(…, rights=statement)`.

    Attributes:
        inputs: rights of the input pictures, by name.
        verdict: what their licences mean for the intended use.
        licence: licence under which the result is offered, or None.
        creator: who made the result, or None.
        title: title of the result, or None.
        credit: credit line.
        kind: IPTC digital source type (a URL).
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
        """Usage terms in words: the licence, and what the inputs require or forbid."""
        offered = f"Licence: {self.licence.name}. " if self.licence else ""
        return offered + " ".join(f"{finding}." for finding in self.verdict.findings)

    def xmp_packet(self) -> bytes:
        """XMP packet, encoded as UTF-8."""
        for prefix, uri in NAMESPACES.items():  # the usual prefixes, which some programs look for
            ET.register_namespace(prefix, uri)
        root = ET.Element(qualified_name("x:xmpmeta"))
        description = _add(root, "rdf:RDF", "rdf:Description", attributes={"rdf:about": ""})
        _add(description, "xmp:CreatorTool", text=MADE_WITH)
        _add(description, "Iptc4xmpExt:DigitalSourceType", text=self.kind)
        _add(description, "photoshop:Credit", text=self.credit)
        if self.title:
            _add_language_alternative(description, "dc:title", self.title)
        if self.creator:
            _add(description, "dc:creator", "rdf:Seq", "rdf:li", text=self.creator)
        if self.terms:
            _add_language_alternative(description, "xmpRights:UsageTerms", self.terms)
        if self.licence:
            self._add_licence(description, self.licence)
        if self.inputs:
            self._add_ingredients(description)
        ET.indent(root, " ")  # readable for people
        return (_BEGIN + ET.tostring(root, encoding="unicode") + _END).encode()

    def _add_licence(self, description: ET.Element, licence: Licence) -> None:
        owner = f"{self.creator}, " if self.creator else ""
        _add_language_alternative(description, "dc:rights", f"{owner}{licence.name}")
        if licence.url:
            _add(description, "xmpRights:WebStatement", text=licence.url)
        _add(description, "cc:license", attributes={"rdf:resource": licence.url or licence.key})

    def _add_ingredients(self, description: ET.Element) -> None:
        """Add the input pictures in the three places where programs look for them."""
        sources = [one.source or one.title or name for name, one in self.inputs.items()]
        _add(description, "dc:source", text="; ".join(sources))
        resource = {"rdf:parseType": "Resource"}
        ingredients = _add(description, "xmpMM:Ingredients", "rdf:Bag")
        for name, source in zip(self.inputs, sources, strict=True):
            item = _add(ingredients, "rdf:li", attributes=resource)
            _add(item, "stRef:filePath", text=source)
            _add(item, "stRef:partMapping", text=name)
        works = _add(description, "Iptc4xmpExt:ArtworkOrObject", "rdf:Bag")
        for name, one in self.inputs.items():
            item = _add(works, "rdf:li", attributes=resource)
            _add_language_alternative(item, "Iptc4xmpExt:AOTitle", one.title or name)
            if one.author:
                _add(item, "Iptc4xmpExt:AOCreator", "rdf:Seq", "rdf:li", text=one.author)
            if one.source:
                _add(item, "Iptc4xmpExt:AOSource", text=one.source)
            licence = one.licence or "licence unknown"
            _add(item, "Iptc4xmpExt:AOCopyrightNotice", text=one.copyright or licence)
            if one.licence:
                _add(item, "cc:license", text=one.terms.url or one.licence)


def make_rights_statement(
    inputs: Mapping[str, Rights] | Sequence[Rights],
    *,
    creator: str | None = None,
    licence: str | None = None,
    title: str | None = None,
    use: Use = "publish",
) -> RightsStatement:
    """Rights of a result made from pictures with the given rights.

    ```python
    rights = sl.read_input_rights({"photo": "coffee", "painting": "woodcut_waves"})
    statement = sl.make_rights_statement(rights, creator="A. Reader", licence="CC BY 4.0")
    statement.credit
    ```

    Args:
        inputs: rights by input name, or a sequence of them.
        creator: who made the result.
        licence: licence under which the result is offered, one that the inputs permit. Without it the
            result has none, unless a share-alike licence leaves a single choice.
        title: title of the result.
        use: intended use; see `combine_rights`.

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
        # Only share-alike, which leaves no choice, licenses a result without being asked to.
        one_left = share_alike and len(verdict.licences) == 1
        return LICENCES[verdict.licences[0]] if one_left else None
    licence = find_licence(requested)
    terms = [one.terms for one in inputs.values()]
    if licence.key == ALL_RIGHTS_RESERVED and all(
        one.share and not one.same_licence for one in terms
    ):
        return licence  # granting nothing is compatible with all but share-alike
    if licence.key not in verdict.licences:
        possible = ", ".join(LICENCES[key].name for key in verdict.licences) or "none"
        raise RightsError(
            f"Expected a licence that the input pictures permit: {possible}. Received: {requested!r}. "
            "Choose one of these, or other pictures."
        )
    return licence


def _add(
    parent: ET.Element,
    *names: str,
    text: str | None = None,
    attributes: Mapping[str, str] | None = None,
) -> ET.Element:
    """Add an element, or several inside each other; text and attributes are those of the innermost."""
    element = parent
    for name in names:
        element = ET.SubElement(element, qualified_name(name))
    element.text = text
    for name, value in (attributes or {}).items():
        element.set(qualified_name(name), value)
    return element


def _add_language_alternative(parent: ET.Element, name: str, text: str) -> None:
    """Add a text in XMP's form for several languages, with one default."""
    _add(parent, name, "rdf:Alt", "rdf:li", text=text).set(XML_LANG, "x-default")
