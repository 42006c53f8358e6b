"""Table of licences: what each permits and requires, with the clauses that say so.

The entries for Creative Commons combine six sets of conditions with four versions; their clauses come
from the legal codes (creativecommons.org/licenses/…/legalcode). The licences under which an adaptation
may be published come from Creative Commons' own chart. This is a reading of the licences by
programmers, not legal advice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Question = Literal["adapt", "share", "commercial", "credit", "same licence", "notice"]

CHART_SOURCE = (
    "Creative Commons FAQ, «If I derive or adapt material offered under a Creative Commons license, "
    "which CC license(s) can I use?», adapter's license chart, "
    "https://creativecommons.org/faq/#if-i-derive-or-adapt-material-offered-under-a-creative-"
    "commons-license-which-cc-licenses-can-i-use"
)

RESULT_LICENCES = (
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-ND-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-SA-4.0",
)
"""Licences that a result may be offered under, in the chart's newest version."""

_CHART_ROWS: dict[str, frozenset[str]] = {
    "public domain": frozenset(RESULT_LICENCES),
    "BY": frozenset(RESULT_LICENCES) - {"CC0-1.0"},
    "BY-NC": frozenset({"CC-BY-NC-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-4.0"}),
    "BY-SA": frozenset({"CC-BY-SA-4.0"}),
    "BY-NC-SA": frozenset({"CC-BY-NC-SA-4.0"}),
    "BY-ND": frozenset(),
    "BY-NC-ND": frozenset(),
}
"""The chart: conditions of the picture → recommended licences for its adaptation."""


@dataclass(frozen=True)
class Licence:
    """What a licence permits and requires.

    Attributes:
        key: SPDX identifier (`"CC-BY-SA-4.0"`), or one that begins "LicenseRef-" if SPDX has none.
        name: usual name.
        url: URL of its text, or None.
        adapt: whether the picture may be adapted at all.
        share: whether an adaptation may be shared.
        commercial: whether it may serve "commercial advantage or monetary compensation".
        credit: whether author, licence and changes must be stated.
        same_licence: whether an adaptation must be shared under the same licence.
        notice: whether the text of the licence must be kept with the picture.
        results: keys of the licences under which an adaptation may be offered.
        clauses: question → clause that answers it.
    """

    key: str
    name: str
    url: str | None = None
    adapt: bool = True
    share: bool = True
    commercial: bool = True
    credit: bool = False
    same_licence: bool = False
    notice: bool = False
    results: frozenset[str] = frozenset()
    clauses: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)

    @property
    def known(self) -> bool:
        """Whether it is in the table, other than as unknown."""
        return not self.key.startswith("LicenseRef-unknown")

    def clause(self, question: Question) -> str:
        """Name of the licence and the clause that answers the question."""
        return f"{self.name} {self.clauses[question]}" if question in self.clauses else self.name


def _creative_commons() -> Iterator[Licence]:
    for conditions in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND"):
        for version in ("2.0", "2.5", "3.0", "4.0"):
            parts = conditions.split("-")
            yield Licence(
                key=f"CC-{conditions}-{version}",
                name=f"CC {conditions} {version}",
                url=f"https://creativecommons.org/licenses/{conditions.lower()}/{version}/",
                adapt="ND" not in parts or version == "4.0",
                share="ND" not in parts,
                commercial="NC" not in parts,
                credit=True,
                same_licence="SA" in parts,
                results=_CHART_ROWS[conditions],
                clauses=_clauses(parts, version),
            )


def _clauses(parts: list[str], version: str) -> Mapping[str, str]:
    if version == "4.0":
        return {
            "adapt": "§2(a)(1)(B)",
            "share": "§2(a)(1)(B)",
            "commercial": "§1 (NonCommercial), §2(a)(1)" if "NC" in parts else "§2(a)(1)",
            "credit": "§3(a)(1)",
            "same licence": "§3(b)(1)",
        }
    # Sections 3 and 4 of versions 2.0, 2.5 and 3.0 have the same structure. Order of the restrictions
    # in section 4: (a) terms, [share alike,] [commerce,] credit.
    letters = iter("bcd")
    same_licence = f"§4({next(letters)})" if "SA" in parts else ""
    commercial = f"§4({next(letters)})" if "NC" in parts else "§3"
    credit = f"§4({next(letters)})"
    no_adaptations = "§3, last paragraph"
    return {
        "same licence": same_licence,
        "commercial": commercial,
        "credit": credit,
        "adapt": no_adaptations if "ND" in parts else "§3(b)",
        "share": no_adaptations if "ND" in parts else "§3(d)",
    }


def _without_conditions() -> Iterator[Licence]:
    site = "https://creativecommons.org/publicdomain"
    zero = {"adapt": "§2, §3", "share": "§2, §3", "commercial": "§2, §3"}
    mark = "(a label, no licence: free of known copyright worldwide)"
    declared = "(as the source declares; terms differ from country to country)"
    own = "(your own picture: the rights are yours)"
    for key, name, url, clauses in (
        ("CC0-1.0", "CC0 1.0", f"{site}/zero/1.0/", zero),
        ("LicenseRef-PDM-1.0", "Public Domain Mark 1.0", f"{site}/mark/1.0/", {"adapt": mark}),
        ("LicenseRef-public-domain", "public domain", None, {"adapt": declared}),
        ("LicenseRef-own", "own work", None, {"adapt": own}),
    ):
        yield Licence(key, name, url, results=_CHART_ROWS["public domain"], clauses=clauses)


def _permissive() -> Iterator[Licence]:
    first = "first paragraph"
    for key, name, notice in (
        ("MIT", "MIT", "condition on copies"),
        ("BSD-2-Clause", "BSD 2-Clause", "conditions 1 and 2"),
        ("BSD-3-Clause", "BSD 3-Clause", "conditions 1 and 2"),
    ):
        yield Licence(
            key,
            name,
            f"https://opensource.org/license/{key.lower()}",
            notice=True,
            results=_CHART_ROWS["BY"],
            clauses={"adapt": first, "share": first, "notice": notice},
        )


UNKNOWN = Licence(
    key="LicenseRef-unknown",
    name="licence unknown",
    adapt=False,
    share=False,
    commercial=False,
    clauses={
        "adapt": "(Berne Convention, article 5(2): protection is not subject to any formality)"
    },
)
"""Unknown licence; the picture may not be free to use."""

LICENCES: Mapping[str, Licence] = MappingProxyType(
    {
        licence.key: licence
        for licence in (
            *_without_conditions(),
            *_creative_commons(),
            *_permissive(),
            Licence(
                "LicenseRef-all-rights-reserved",
                "all rights reserved",
                adapt=False,
                share=False,
                commercial=False,
                clauses={"adapt": "(nothing is granted: the owner has to be asked)"},
            ),
            UNKNOWN,
        )
    }
)
"""All licences that the rules cover, by key."""

CHART: Mapping[str, frozenset[str]] = MappingProxyType(
    {key: licence.results for key, licence in LICENCES.items() if licence.results or licence.credit}
)
"""Licence of a picture → licences under which its adaptation may be published; see `CHART_SOURCE`.

The rows of MIT and BSD are ours: like CC BY, they require that a notice is kept. Your own pictures
have no conditions.
"""

_CC_ABBREVIATIONS = {
    "attribution": "by",
    "noncommercial": "nc",
    "non commercial": "nc",
    "noderivatives": "nd",
    "noderivs": "nd",
    "no derivatives": "nd",
    "sharealike": "sa",
    "share alike": "sa",
}
_ALIASES = {
    "cc0": "CC0-1.0",
    "cc zero": "CC0-1.0",
    "cc zero 1 0": "CC0-1.0",
    "creative commons zero v1 0 universal": "CC0-1.0",
    "pdm": "LicenseRef-PDM-1.0",
    "pdm 1 0": "LicenseRef-PDM-1.0",
    "public domain mark": "LicenseRef-PDM-1.0",
    "pd": "LicenseRef-public-domain",
    "own": "LicenseRef-own",
    "my own work": "LicenseRef-own",
    "mit license": "MIT",
    "mit licence": "MIT",
    "expat": "MIT",
}
_CC_PATH = re.compile(
    r"/(?:licenses/(?P<conditions>by(?:-(?:nc|nd|sa))*)/(?P<version>\d\.\d)"
    r"|publicdomain/(?P<tool>zero|mark)/1\.0)(?![\w-]|\.\d)",
    re.IGNORECASE,
)
_URL_PREFIX = re.compile(
    # Before the first "//" there may be a word ("licence=") or a bracket, but not another URL.
    r"[^/@\\%?#&]*(?<![\w.+-])https?://|[^\w./@\\%?#&-]*(?://)?",
    re.IGNORECASE,
)
_CC_NAME = re.compile(
    r"(?:cc )?(by(?: (?:nc|nd|sa))*) (\d) (\d)(?: (?:international|unported|generic))?"
)
MAX_NAME_LENGTH = 200


def find_licence(licence_name: str | None) -> Licence:
    """Find a licence by its SPDX identifier, usual name or URL.

    A text that only mentions a licence ("not under CC BY 4.0") is unknown, but a URL of Creative
    Commons counts anywhere in it. Versions for one country (…/3.0/de/) count as the international one,
    whose clauses may be numbered differently. A name without a version, such as "CC BY", is unknown.

    Returns:
        An entry of the table, or `UNKNOWN` with the text as its name.
    """
    text = "" if licence_name is None else " ".join(licence_name.split())
    if not text:
        return UNKNOWN
    key = _key_from_url(text) or _key_from_name(text)
    return (
        LICENCES[key] if key and key in LICENCES else replace(UNKNOWN, name=text[:MAX_NAME_LENGTH])
    )


def find_licence_url(text: str | None) -> str | None:
    """First URL of a Creative Commons licence in a text, as it is in the table, or None."""
    key = _key_from_url(text or "")
    return LICENCES[key].url if key and key in LICENCES else None


def _key_from_url(text: str) -> str | None:
    found = next(filter(None, map(_match_cc_path, re.split(r"[\s<>\"'«»“”]+", text))), None)
    if not found:
        return None
    if tool := found["tool"]:
        return "CC0-1.0" if tool.lower() == "zero" else "LicenseRef-PDM-1.0"
    return _creative_commons_key(found["conditions"].upper().split("-"), found["version"])


def _match_cc_path(word: str) -> re.Match[str] | None:
    """Match the path of a URL on creativecommons.org or one of its subdomains."""
    before = _URL_PREFIX.match(word)
    try:
        address = urlsplit("//" + word[before.end() if before else 0 :])
        host, port = address.hostname or "", address.port
    except ValueError:  # not a URL
        return None
    # Browsers read a backslash as a slash, and resolve "/../".
    if "\\" in address.netloc or "/.." in address.path or port not in (None, 80, 443):
        return None
    own = host == "creativecommons.org" or host.endswith(".creativecommons.org")
    return _CC_PATH.match(address.path) if own else None


def _key_from_name(text: str) -> str | None:
    if len(text) > MAX_NAME_LENGTH:
        return None
    plain = re.sub(r"[\W_]+", " ", text.casefold()).strip()
    for key, licence in LICENCES.items():
        names = {re.sub(r"[^a-z0-9]+", " ", name.lower()).strip() for name in (key, licence.name)}
        if plain in names and licence is not UNKNOWN:
            return key
    if plain in _ALIASES:
        return _ALIASES[plain]
    spelled = plain.removeprefix("creative commons ")
    for word, short in _CC_ABBREVIATIONS.items():
        spelled = spelled.replace(word, short)
    spelled = spelled.replace(" license", "").replace(" licence", "")
    found = _CC_NAME.fullmatch(spelled)
    if not found:
        return None
    return _creative_commons_key(found[1].upper().split(), f"{found[2]}.{found[3]}")


def _creative_commons_key(parts: list[str], version: str) -> str:
    """Key of a Creative Commons licence, its conditions in the usual order."""
    ordered = sorted(parts, key=("BY", "NC", "ND", "SA").index)
    return f"CC-{'-'.join(ordered)}-{version}"
