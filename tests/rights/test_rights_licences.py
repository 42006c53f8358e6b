"""The table of licences, checked against Creative Commons' charts and legal codes."""

import re
from urllib.parse import urlparse

import pytest

from stylelab.rights.licences import CHART, LICENCES, UNKNOWN, find_licence, find_licence_url

# The adapter's licence chart in Creative Commons' FAQ: recommended (green) cells only.
GREEN = {
    "BY": "BY BY-NC BY-NC-ND BY-NC-SA BY-ND BY-SA",
    "BY-NC": "BY-NC BY-NC-ND BY-NC-SA",
    "BY-NC-ND": "",
    "BY-NC-SA": "BY-NC-SA",
    "BY-ND": "",
    "BY-SA": "BY-SA",
}
VERSIONS = ("2.0", "2.5", "3.0", "4.0")
EVERY = [(conditions, version) for conditions in GREEN for version in VERSIONS]


@pytest.mark.parametrize(("conditions", "version"), EVERY)
def test_the_chart_matches_the_creative_commons_chart(conditions: str, version: str) -> None:
    expected = {f"CC-{cell}-4.0" for cell in GREEN[conditions].split()}
    assert CHART[f"CC-{conditions}-{version}"] == expected


def test_without_conditions_everything_is_permitted() -> None:
    for free in ("CC0-1.0", "LicenseRef-PDM-1.0", "LicenseRef-public-domain", "LicenseRef-own"):
        assert CHART[free] == {"CC0-1.0"} | {f"CC-{cell}-4.0" for cell in GREEN}


@pytest.mark.parametrize(("conditions", "version"), EVERY)
def test_conditions_match_the_licence_name(conditions: str, version: str) -> None:
    licence = LICENCES[f"CC-{conditions}-{version}"]
    assert licence.credit
    assert licence.commercial == ("NC" not in conditions)
    assert licence.same_licence == ("SA" in conditions)
    assert licence.share == ("ND" not in conditions)
    # Version 4.0 lets everybody adapt for themselves (§2(a)(1)(B)); those before did not (§3).
    assert licence.adapt == ("ND" not in conditions or version == "4.0")


# Read in the legal codes.
@pytest.mark.parametrize(
    ("key", "question", "clause"),
    [
        ("CC-BY-2.0", "credit", "§4(b)"),
        ("CC-BY-3.0", "adapt", "§3(b)"),
        ("CC-BY-SA-3.0", "same licence", "§4(b)"),
        ("CC-BY-SA-3.0", "credit", "§4(c)"),
        ("CC-BY-NC-3.0", "commercial", "§4(b)"),
        ("CC-BY-NC-3.0", "credit", "§4(c)"),
        ("CC-BY-NC-SA-2.0", "same licence", "§4(b)"),
        ("CC-BY-NC-SA-2.0", "commercial", "§4(c)"),
        ("CC-BY-NC-SA-2.0", "credit", "§4(d)"),
        ("CC-BY-NC-ND-3.0", "commercial", "§4(b)"),
        ("CC-BY-NC-ND-3.0", "credit", "§4(c)"),
        ("CC-BY-NC-ND-3.0", "adapt", "§3, last paragraph"),
        ("CC-BY-NC-ND-4.0", "share", "§2(a)(1)(B)"),
        ("CC-BY-NC-ND-4.0", "commercial", "§1 (NonCommercial), §2(a)(1)"),
        ("CC-BY-SA-4.0", "same licence", "§3(b)(1)"),
        ("CC-BY-4.0", "credit", "§3(a)(1)"),
    ],
)
def test_clauses_match_the_legal_codes(key: str, question: str, clause: str) -> None:
    assert LICENCES[key].clauses[question] == clause
    assert LICENCES[key].clause(question) == f"{LICENCES[key].name} {clause}"  # type: ignore[arg-type]


def test_every_licence_with_a_text_has_its_url() -> None:
    for key, licence in LICENCES.items():
        assert licence.key == key
        if key.startswith("LicenseRef-") and "PDM" not in key:
            assert licence.url is None
        else:
            assert urlparse(licence.url).scheme == "https"
            assert find_licence(str(licence.url)).key == key or "opensource.org" in str(licence.url)


def test_unknown_and_reserved_licences_permit_nothing() -> None:
    for key in ("LicenseRef-unknown", "LicenseRef-all-rights-reserved"):
        licence = LICENCES[key]
        assert not (licence.adapt)
        assert not (licence.share)
        assert not (licence.commercial)
        assert not (licence.results)
    assert not UNKNOWN.known
    assert LICENCES["LicenseRef-all-rights-reserved"].known


@pytest.mark.parametrize("key", LICENCES)
def test_every_licence_is_found_by_its_key_and_name(key: str) -> None:
    for text in (key, key.lower(), LICENCES[key].name, f"  {LICENCES[key].name.upper()}\n"):
        assert find_licence(text).key == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("cc by sa 4.0", "CC-BY-SA-4.0"),
        ("CC-BY-NC-SA-3.0", "CC-BY-NC-SA-3.0"),
        ("CC BY-SA-NC 3.0", "CC-BY-NC-SA-3.0"),
        ("Creative Commons Attribution-ShareAlike 4.0 International License", "CC-BY-SA-4.0"),
        ("Creative Commons Attribution-NonCommercial-NoDerivs 3.0 Unported", "CC-BY-NC-ND-3.0"),
        ("Attribution 2.0 Generic", "CC-BY-2.0"),
        ("http://creativecommons.org/licenses/by-nc/2.5/", "CC-BY-NC-2.5"),
        ("https://creativecommons.org/licenses/by-sa/3.0/de/deed.de", "CC-BY-SA-3.0"),
        ("See https://creativecommons.org/licenses/by/4.0/legalcode for terms", "CC-BY-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/deed.en", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "LicenseRef-PDM-1.0"),
        ("https://www.creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("HTTPS://CreativeCommons.org:443/Licenses/BY/4.0?lang=de#1", "CC-BY-4.0"),
        ("creativecommons.org/licenses/by/4.0", "CC-BY-4.0"),
        ("//creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("Free: see (https://creativecommons.org/licenses/by/4.0).", "CC-BY-4.0"),
        ("licence=https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ('<a href="https://creativecommons.org/licenses/by/4.0/">free</a>', "CC-BY-4.0"),
        ("[CC](https://creativecommons.org/licenses/by/4.0/)", "CC-BY-4.0"),
        ("https://mine.org/1, https://creativecommons.org/licenses/by/4.0/, 2020", "CC-BY-4.0"),
        ("CC0", "CC0-1.0"),
        ("Public domain", "LicenseRef-public-domain"),
        ("All rights reserved.", "LicenseRef-all-rights-reserved"),
        ("own", "LicenseRef-own"),
        ("MIT License", "MIT"),
    ],
)
def test_licences_are_found_in_many_spellings(text: str, key: str) -> None:
    assert find_licence(text).key == key


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "CC BY",  # which version?
        "CC BY 1.0",
        "CC BY 5.0",
        "CC BY-SA-ND 4.0",  # there is none: share alike is about adaptations
        "not under CC BY 4.0",
        "https://creativecommons.org/licenses/by/4.01/",
        "https://creativecommons.org/licenses/",
        "free",
        "unknown",
        "x" * 100_000,
        # Names followed by words that may revoke them.
        "CC-BY-4.0-evil",
        "CC BY 4.0 禁止商用",
        "CC BY 4.0 нет",
        "СС BY 4.0",
        "CC BY 4.0 " + "." * 200 + " is not what this is under",
        "CC BY-NC-NC 4.0",
        # URLs of other sites.
        *(
            f"{before}/licenses/by/4.0/"
            for before in (
                "https://evil-creativecommons.org",
                "evil-creativecommons.org",
                "evil.creativecommons.org.evil.net",
                "https://creativecommons.org.evil.net",
                "https://creativecommons.org@evil.net",
                "https://evil.net/creativecommons.org",
                "evil.net/creativecommons.org",
                "evil.net/(creativecommons.org",
                "evil.net?creativecommons.org",
                "https://evil.net#creativecommons.org",
                "https://evil.net/?to=https://creativecommons.org",
                "evil.net?to=https://creativecommons.org",
                "https://evil.net\\@creativecommons.org",
                "https://evil.net%2f@creativecommons.org%2eevil.net",
                "https://creativecommons.org:8080",
                "https://creativecommons.org:port",
                "https://[creativecommons.org",
                "https://creativec\u043emmons.org",
                "ecreativecommons.org",
                "ftp://creativecommons.org",
                "https://creativecommons.org/other",
                "creativecommons.com",
            )
        ),
        "https://creativecommons.org/licenses/by/4.0/../../by-nc/4.0/",
        "https://creativecommons.org/licenses/by/4.0x/",
        "https://creativecommons.org/licenses/by/4.0-fake/",
        "https://creativecommons.org/licenses/by-evil/4.0/",
        "https://creativecommons.org/licensesby/4.0/",
    ],
)
def test_other_licences_are_unknown_and_keep_their_name(text: str | None) -> None:
    found = find_licence(text)
    assert not found.known
    assert not found.share
    if text and len(text) < 200:
        assert found.name in (text, "licence unknown")


def test_a_url_is_returned_as_it_is_in_the_table() -> None:
    url = "https://creativecommons.org/licenses/by-sa/3.0/"
    assert find_licence_url(f"© me, {url.upper()}at/deed.en!") == url
    assert find_licence_url("© me, CC BY-SA 3.0") is None
    assert find_licence_url(None) is None


def test_long_texts_are_searched_quickly() -> None:
    hostile = "creativecommons.org/licenses/by" + "-nc" * 50_000
    assert find_licence_url(hostile) is None
    assert not re.search("CC", find_licence(hostile).key)
