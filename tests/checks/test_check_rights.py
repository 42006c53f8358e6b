from typing import Any

import pytest

from stylelab import checks as check
from stylelab.checks.rights import _THOUGHTS, MAY
from stylelab.rights.facts import Rights
from stylelab.rights.licences import CHART, LICENCES
from stylelab.rights.rules import combine_rights
from stylelab.rights.rules import result_licences as ours


def with_a_comprehension(inputs: Any, chart: Any) -> Any:
    every = set().union(*chart.values())
    return {one for one in every if all(one in chart[name] for name in inputs)}


@pytest.mark.parametrize(
    "right",
    [
        check.result_licences.answer,
        with_a_comprehension,
        lambda inputs, chart: set.intersection(*(chart[name] for name in inputs)),
        lambda inputs, chart: sorted(with_a_comprehension(inputs, chart)),
    ],
)
def test_right_licences_pass(right: Any) -> None:
    verdict = check.result_licences(right)
    assert verdict.passed, verdict


def test_the_answer_is_the_packages_own_on_the_real_chart() -> None:
    names = list(CHART)
    rows = {name: set(CHART[name]) for name in names}
    for one in names:
        for other in names:
            expected = set(ours([LICENCES[one], LICENCES[other]]))
            assert check.result_licences.answer([one, other], rows) == expected


def in_place(inputs: Any, chart: Any) -> Any:
    possible = chart[inputs[0]]
    for name in inputs[1:]:
        possible &= chart[name]
    return possible


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda i, c: set().union(*(c[name] for name in i)), "some picture permits"),
        (lambda i, c: c[i[0]], "Only the first"),
        (lambda i, c: c[i[-1]], "Only the last"),
        (lambda i, c: min((c[name] for name in i), key=len), "fewest"),
        (lambda i, c: c[i[-2]] & c[i[-1]] if len(i) > 1 else c[i[0]], "does not permit"),
        (lambda i, c: set() if len(i) > 1 else c[i[0]], "missing that every"),
        (lambda i, c: set(c), "With one picture"),
        (in_place, "changes the chart"),
        (lambda i, c: True, "set of licences"),
        (lambda i, c: "CC BY 4.0", "set of licences"),
        (lambda i, c: c[i], "stops with TypeError"),
        (lambda i: i, "stops with TypeError"),
    ],
)
def test_wrong_licences_are_refused_for_the_right_reason(wrong: Any, reason: str) -> None:
    verdict = check.result_licences(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


CASES: dict[str, tuple[tuple[str, ...], Any]] = {
    "a CC BY photo and a CC BY-SA painting, sold": (("CC BY 4.0", "CC BY-SA 4.0"), "commercial"),
    "a CC BY-SA photo and a CC BY-NC painting, shown for free": (
        ("CC BY-SA 4.0", "CC BY-NC 4.0"),
        "publish",
    ),
    "a CC BY-NC photo and a CC0 painting, shown for free": (("CC BY-NC 4.0", "CC0"), "publish"),
    "a CC BY-ND 4.0 painting, kept to yourself": (("CC BY-ND 4.0",), "private"),
    "a CC BY-ND 4.0 painting, shown for free": (("CC BY-ND 4.0",), "publish"),
    "a photo that says nothing, shown for free": (("",), "publish"),
}


@pytest.mark.parametrize("case", MAY)
def test_what_may_be_published_is_what_the_rules_say(case: str) -> None:
    told, use = CASES[case]
    verdict = combine_rights([Rights(licence=one) for one in told], use=use)
    assert bool(verdict.permitted) == MAY[case]


@pytest.mark.parametrize("case", MAY)
def test_a_wrong_prediction_gives_a_thought_and_not_the_answer(case: str) -> None:
    verdict = check.may_publish(dict(MAY) | {case: not MAY[case]})
    assert verdict.state == "wrong"
    assert "5 of 6 are right" in verdict.message
    assert repr(case) in verdict.message
    assert verdict.message.endswith(_THOUGHTS[case])
    assert "True" not in verdict.message
    assert "False" not in verdict.message


def test_right_predictions_pass() -> None:
    assert check.may_publish(dict(MAY)).passed


@pytest.mark.parametrize(
    ("attempt", "reason"),
    [
        (dict(MAY) | {"a CC BY-ND 4.0 painting, shown for free": None}, "missing for: a CC BY-ND"),
        (dict(MAY) | {"a CC BY-ND 4.0 painting, shown for free": "no"}, "expected True or False"),
        ({"something": True}, "Expected these cases"),
        ([True] * 6, "A dictionary was expected"),
    ],
)
def test_predictions_that_make_no_sense_are_told_why(attempt: Any, reason: str) -> None:
    verdict = check.may_publish(attempt)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def in_words(title: Any, author: Any, source: Any, licence: Any) -> str:
    known = {"Title": title, "Author": author, "Source": source, "Licence": licence}
    return "; ".join(f"{name}: {fact or 'unknown'}" for name, fact in known.items())


def in_other_words(title: Any, author: Any, source: Any, licence: Any) -> str:
    made = f"{title or 'Untitled'}, by {author or 'anonymous'}"
    return f"{made}, {source or 'source not known'}, {licence or 'licence not known'}"


@pytest.mark.parametrize("right", [check.credit.answer, in_words, in_other_words])
def test_right_credits_pass(right: Any) -> None:
    verdict = check.credit(right)
    assert verdict.passed, verdict


def left_out(*facts: Any) -> str:
    return ", ".join(fact for fact in facts if fact)


def unknown_once(*facts: Any) -> str:
    return left_out(*facts) + (", unknown" if None in facts else "")


def two_lines(*facts: Any) -> str:
    return "\n".join(fact or "unknown" for fact in facts)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda t, a, s, l: f"{t} by {a} ({s}), {l}", "None"),  # noqa: E741
        (left_out, "says so of none"),
        (unknown_once, "says so of 1. Left out"),
        (lambda t, a, s, l: in_words(t, a and "unknown", s, l), "author is known"),  # noqa: E741
        (lambda t, a, s, l: f"{t or 'untitled'} by {a or 'unknown'}", "source is known"),  # noqa: E741
        (lambda t, a, s, l: f"{t} {a} {s}" if l else "unknown", "licence is known"),  # noqa: E741
        (two_lines, "One line"),
        (lambda *facts: in_words(*facts) + ", model unknown", "unknown that is known"),
        (lambda *facts: facts, "text was expected"),
        (lambda *facts: " ".join(facts), "stops with TypeError"),
    ],
)
def test_wrong_credits_are_refused_for_the_right_reason(wrong: Any, reason: str) -> None:
    verdict = check.credit(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def stub(*_: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    "verdict",
    [
        check.result_licences(stub),
        check.credit(stub),
        check.may_publish(None),
        check.may_publish(dict.fromkeys(MAY)),
    ],
)
def test_stubs_are_not_written_yet(verdict: Any) -> None:
    assert verdict.state == "not written yet"
