"""Rules for results, checked against Creative Commons' remix chart."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylelab.errors import RightsError
from stylelab.rights.licences import LICENCES
from stylelab.rights.record import Rights
from stylelab.rights.rules import RULES, USES, Use, combine_rights

# Creative Commons FAQ, "Can I combine material under different Creative Commons licenses in my work?",
# chart for remixes: which pairs may be combined in one adaptation.
COMPATIBLE = {
    "PD": "PD BY BY-NC BY-NC-SA BY-SA",
    "BY": "PD BY BY-NC BY-NC-SA BY-SA",
    "BY-SA": "PD BY BY-SA",
    "BY-NC": "PD BY BY-NC BY-NC-SA",
    "BY-NC-SA": "PD BY BY-NC BY-NC-SA",
    "BY-ND": "",
    "BY-NC-ND": "",
}
KEYS = list(LICENCES)
some_rights = st.lists(
    st.sampled_from(KEYS).map(lambda key: Rights(licence=key)), min_size=1, max_size=4
)


def make_inputs(*licences: str) -> dict[str, Rights]:
    return {f"picture {number}": Rights(licence=one) for number, one in enumerate(licences)}


def licence(conditions: str, version: str = "4.0") -> str:
    return "CC0-1.0" if conditions == "PD" else f"CC-{conditions}-{version}"


@pytest.mark.parametrize(("one", "other"), list(product(COMPATIBLE, repeat=2)))
@pytest.mark.parametrize("version", ["2.0", "4.0"])
def test_two_pictures_may_be_combined_where_creative_commons_says_so(
    one: str, other: str, version: str
) -> None:
    verdict = combine_rights(make_inputs(licence(one, version), licence(other)))
    assert verdict.permitted == (other in COMPATIBLE[one].split())
    assert bool(verdict.licences) == verdict.permitted


@pytest.mark.parametrize(
    ("licence_name", "use", "permitted"),
    [
        ("CC BY-NC 4.0", "publish", True),
        ("CC BY-NC 4.0", "commercial", False),
        ("CC BY-NC 3.0", "private", True),
        ("CC BY-SA 4.0", "commercial", True),
        ("CC BY-ND 4.0", "private", True),
        ("CC BY-ND 4.0", "publish", False),
        ("CC BY-ND 3.0", "private", False),
        ("all rights reserved", "private", False),
        ("all rights reserved", "publish", False),
        ("MIT", "commercial", True),
        ("public domain", "commercial", True),
        ("own", "commercial", True),
        (None, "private", None),
        ("some licence of ours", "publish", None),
    ],
)
def test_uses_that_a_single_licence_permits(
    licence_name: str | None, use: Use, permitted: bool | None
) -> None:
    verdict = combine_rights({"photo": Rights(licence=licence_name)}, use=use)
    assert verdict.permitted is permitted


@given(some_rights, st.sampled_from(USES), st.randoms())
def test_the_order_of_the_pictures_does_not_matter(
    inputs: list[Rights], use: Use, random: st.DataObject
) -> None:
    shuffled = list(inputs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = combine_rights(inputs, use=use), combine_rights(shuffled, use=use)
    assert one.permitted == other.permitted
    assert one.licences == other.licences
    assert len(one.findings) == len(other.findings)


@given(some_rights, st.sampled_from(KEYS), st.sampled_from(USES))
def test_one_more_picture_never_permits_more(inputs: list[Rights], more: str, use: Use) -> None:
    fewer = combine_rights(inputs, use=use)
    with_more = combine_rights([*inputs, Rights(licence=more)], use=use)
    assert set(with_more.licences) <= set(fewer.licences)
    assert not (with_more.permitted and not fewer.permitted)
    if fewer.permitted is False:
        assert with_more.permitted is False


@given(some_rights)
def test_commercial_use_implies_publishing_and_publishing_implies_private_use(
    inputs: list[Rights],
) -> None:
    private, publish, commercial = (combine_rights(inputs, use=use).permitted for use in USES)
    assert not (commercial and not publish)
    assert not (publish and not private)


@pytest.mark.parametrize("key", [key for key, known in LICENCES.items() if known.same_licence])
def test_share_alike_binds_the_result_to_the_same_conditions(key: str) -> None:
    verdict = combine_rights(make_inputs(key, "CC0-1.0", "CC-BY-3.0"))
    (only,) = verdict.licences
    assert only.rsplit("-", 1)[0] == key.rsplit("-", 1)[0]
    assert any("same licence" in duty.text for duty in verdict.obligations)


def test_every_finding_names_the_picture_and_its_source() -> None:
    verdict = combine_rights(
        {"photo": Rights(licence="CC BY-SA 4.0"), "painting": Rights(licence="CC BY-NC-SA 3.0")}
    )
    (conflict,) = verdict.conflicts
    assert conflict.inputs == ("photo", "painting")
    assert "creativecommons.org" in conflict.source
    sources = {(duty.inputs, duty.source) for duty in verdict.obligations}
    assert (("photo",), "CC BY-SA 4.0 §3(b)(1)") in sources
    assert (("painting",), "CC BY-NC-SA 3.0 §4(c)") in sources
    assert all(finding.text and finding.source for finding in verdict.findings)


def test_incompatible_licences_still_permit_private_use() -> None:
    inputs = make_inputs("CC BY-SA 4.0", "CC BY-NC 4.0")
    assert combine_rights(inputs, use="private").permitted
    assert combine_rights(inputs, use="publish").permitted is False


def test_each_rule_applies_to_some_licence_and_names_its_clause() -> None:
    for rule in RULES:
        concerned = [known for known in LICENCES.values() if rule.applies(known)]
        assert concerned
        for known in concerned:
            assert rule.question in known.clauses, (rule.text, known.key)


def test_a_verdict_prints_its_findings() -> None:
    text = str(combine_rights(make_inputs("CC BY 4.0", "CC BY-NC 4.0")))
    assert text.startswith("publish: permitted by the licences")
    assert "→ picture 0: name its author" in text
    assert "may be published under CC BY-NC 4.0, CC BY-NC-ND 4.0, CC BY-NC-SA 4.0" in text
    text = str(combine_rights(make_inputs("CC BY-ND 2.0", None), use="publish"))  # type: ignore[arg-type]
    assert text.startswith("publish: not permitted")
    assert "✗ picture 0: grants no right" in text
    assert "? picture 1: its licence is unknown" in text
    assert "published under" not in text
    assert str(combine_rights(make_inputs(""), use="private")).startswith("private: unknown")


def test_pictures_in_a_sequence_are_named_by_number_and_title() -> None:
    inputs = [Rights(title="Cat"), Rights()]
    names = [finding.inputs for finding in combine_rights(inputs).findings]
    assert names == [("input 1 (Cat)",), ("input 2",)]


def test_wrong_uses_and_inputs_are_refused() -> None:
    with pytest.raises(RightsError, match="private, publish, commercial"):
        combine_rights([], use="fun")  # type: ignore[arg-type]
    with pytest.raises(RightsError, match="read_rights"):
        combine_rights({"photo": "cat.jpg"})  # type: ignore[dict-item]
