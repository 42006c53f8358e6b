from collections import Counter, OrderedDict
from functools import reduce
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.rights.credit import input_credit
from stylelab.rights.licences import CHART, LICENCES
from stylelab.rights.record import Rights
from stylelab.rights.rules import combine_rights
from stylelab.rights.rules import result_licences as ours

PUBLISHING_CASES = check.may_publish.answer


def with_a_comprehension(inputs: Any, chart: Any) -> Any:
    every = set().union(*chart.values())
    return {one for one in every if all(one in chart[name] for name in inputs)}


def by_counting(inputs: Any, chart: Any) -> Any:
    counts = Counter(one for name in inputs for one in chart[name])
    return {one for one, count in counts.items() if count == len(inputs)}


def by_taking_away(inputs: Any, chart: Any) -> Any:
    every, possible = set().union(*chart.values()), set(chart[inputs[0]])
    for name in inputs:
        possible -= every - chart[name]
    return possible


@pytest.mark.parametrize(
    "right",
    [
        check.result_licences.answer,
        with_a_comprehension,
        lambda inputs, chart: set.intersection(*(chart[name] for name in inputs)),
        lambda inputs, chart: sorted(with_a_comprehension(inputs, chart)),
        lambda inputs, chart: frozenset(with_a_comprehension(inputs, chart)),
        lambda inputs, chart: tuple(with_a_comprehension(inputs, chart)),
        lambda inputs, chart: dict.fromkeys(with_a_comprehension(inputs, chart)),
        lambda inputs, chart: reduce(lambda one, two: one & two, (chart[name] for name in inputs)),
        lambda inputs, chart: chart[inputs[0]].intersection(*(chart[name] for name in inputs[1:])),
        lambda inputs, chart: {
            one for one in chart[inputs[-1]] if all(one in chart[n] for n in inputs)
        },
        lambda inputs, chart: (one for one in with_a_comprehension(inputs, chart)),
        by_counting,
        by_taking_away,
    ],
)
def test_right_licences_pass(right: Any) -> None:
    verdict = check.result_licences(right)
    assert verdict.passed, verdict


def test_the_answer_matches_the_package_on_the_real_chart() -> None:
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
        (lambda i, c: set().union(*(c[name] for name in i)), "at least one picture permits"),
        (lambda i, c: c[i[0]], "only the first"),
        (lambda i, c: c[i[-1]], "only the last"),
        (lambda i, c: min((c[name] for name in i), key=len), "fewest"),
        (lambda i, c: c[i[-2]] & c[i[-1]] if len(i) > 1 else c[i[0]], "does not permit"),
        (lambda i, c: set() if len(i) > 1 else c[i[0]], "missing that every"),
        (lambda i, c: set(c), "With one picture"),
        (in_place, "changes the chart"),
        (lambda i, c: True, "set of licences"),
        (lambda i, c: "CC BY 4.0", "set of licences"),
        (lambda i, c: set(i), "With one picture"),
        (lambda i, c: c[i[0]] ^ c[i[-1]] if len(i) > 1 else c[i[0]], "A licence is missing"),
        (lambda i, c: max((c[name] for name in i), key=len), "does not permit"),
        (lambda i, c: 3, "set of licences"),
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


@pytest.mark.parametrize("case", PUBLISHING_CASES)
def test_publishable_pictures_match_the_rules(case: str) -> None:
    licences, use = CASES[case]
    verdict = combine_rights([Rights(licence=one) for one in licences], use=use)
    assert bool(verdict.permitted) == PUBLISHING_CASES[case]


def test_each_wrong_prediction_is_explained_without_the_answer() -> None:
    explanations = set()
    for case, expected in PUBLISHING_CASES.items():
        verdict = check.may_publish(dict(PUBLISHING_CASES) | {case: not expected})
        assert verdict.state == "wrong"
        start = f"5 of 6 are right. Think again about {case!r}. "
        assert verdict.message.startswith(start)
        explanations.add(verdict.message.removeprefix(start))
    assert len(explanations - {""}) == len(PUBLISHING_CASES)
    assert not any("True" in sentence or "False" in sentence for sentence in explanations)


@pytest.mark.parametrize(
    "right",
    [
        PUBLISHING_CASES,
        dict(PUBLISHING_CASES),
        {case: np.bool_(may) for case, may in PUBLISHING_CASES.items()},
        {case: bool(int(may)) for case, may in PUBLISHING_CASES.items()},
        {case: may is True for case, may in PUBLISHING_CASES.items()},
        dict(reversed(PUBLISHING_CASES.items())),
        dict(sorted(PUBLISHING_CASES.items())),
        OrderedDict(PUBLISHING_CASES),
        MappingProxyType(PUBLISHING_CASES),
        {
            case: bool(combine_rights([Rights(licence=one) for one in licences], use=use).permitted)
            for case, (licences, use) in CASES.items()
        },
    ],
)
def test_right_predictions_pass(right: Any) -> None:
    assert check.may_publish(right).passed


@pytest.mark.parametrize(
    ("attempt", "reason"),
    [
        (
            dict(PUBLISHING_CASES) | {"a CC BY-ND 4.0 painting, shown for free": None},
            "missing for: a CC BY-ND",
        ),
        (
            dict(PUBLISHING_CASES) | {"a CC BY-ND 4.0 painting, shown for free": "no"},
            "expected True or False",
        ),
        ({"something": True}, "Received, but not expected: 'something'. Missing: 'a CC BY photo"),
        (
            dict(list(PUBLISHING_CASES.items())[1:]),
            "Missing: 'a CC BY photo and a CC BY-SA painting, sold'",
        ),
        (
            {case.replace("sold", "solt"): may for case, may in PUBLISHING_CASES.items()},
            "Did you mean 'a CC BY photo and a CC BY-SA painting, sold'?",
        ),
        (
            dict(PUBLISHING_CASES) | {"a CC BY-ND 4.0 painting, shown for free": 0},
            "expected True or False",
        ),
        ([True] * 6, "A dictionary was expected"),
    ],
)
def test_invalid_predictions_are_explained(attempt: Any, reason: str) -> None:
    verdict = check.may_publish(attempt)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def in_words(title: Any, author: Any, source: Any, licence: Any) -> str:
    known = {"Title": title, "Author": author, "Source": source, "Licence": licence}
    return "; ".join(f"{name}: {fact or 'unknown'}" for name, fact in known.items())


def in_other_words(title: Any, author: Any, source: Any, licence: Any) -> str:
    made = f"{title or 'Untitled'}, by {author or 'anonymous'}"
    return f"{made}, {source or 'source not known'}, {licence or 'licence not known'}"


def joined(title: Any, author: Any, source: Any, licence: Any) -> str:
    return " | ".join(
        fact if fact is not None else "unknown" for fact in (title, author, source, licence)
    )


def by_parts(title: Any, author: Any, source: Any, licence: Any) -> str:
    parts = [title or "Untitled", f"by {author}" if author else "author not known"]
    parts.append(f"from {source}" if source else "source unknown")
    parts.append(f"under {licence}" if licence else "license unknown")
    return ", ".join(parts)


def with_a_label_behind(title: Any, author: Any, source: Any, licence: Any) -> str:
    return (
        f"{title or 'unknown'} (title), {author or 'unknown'} (author), {source or 'unknown'} "
        f"(source), {licence or 'unknown'} (licence)"
    )


def author_first(title: Any, author: Any, source: Any, licence: Any) -> str:
    return (
        f"{author or 'Unknown author'}: “{title or 'untitled'}”. {licence or 'Licence unknown'}. "
        f"{source or 'Source unknown'}"
    )


def in_a_sentence(title: Any, author: Any, source: Any, licence: Any) -> str:
    return (
        f"The author of «{title or 'an untitled picture'}» is {author or 'not known'}; its source is "
        f"{source or 'unknown'} and its licence is {licence or 'unknown'}."
    )


def as_a_link(title: Any, author: Any, source: Any, licence: Any) -> str:
    return (
        f"[{title or 'untitled'}]({source or 'unknown'}) by {author or 'anonymous'} is licensed "
        f"{licence or 'unknown'}\n"
    )


def with_percent(title: Any, author: Any, source: Any, licence: Any) -> str:
    known = tuple(fact or "UNKNOWN" for fact in (title, author, source, licence))
    return "'%s', photo by %s, source: %s, licence: %s" % known  # noqa: UP031 - as some write


def of_the_package(title: Any, author: Any, source: Any, licence: Any) -> str:
    known = Rights(
        title=title or "", author=author or "", source=source or "", licence=licence or ""
    )
    return input_credit(known, links=False)


def without_signs(title: Any, author: Any, source: Any, licence: Any) -> str:
    return (
        f"title {title or 'unknown'} author {author or 'unknown'} source {source or 'unknown'} "
        f"licence {licence or 'unknown'}"
    )


def with_unknown_in_front(title: Any, author: Any, source: Any, licence: Any) -> str:
    return (
        f"{title or 'Unknown title'}: {author or 'unknown author'} ({source or 'unknown source'}; "
        f"{licence or 'unknown licence'})"
    )


def with_unknown_before_by(title: Any, author: Any, source: Any, licence: Any) -> str:
    made = f"{title or 'unknown'} by {author or 'unknown'}"
    return f"{made}, {source or 'unknown'}, {licence or 'unknown'}"


@pytest.mark.parametrize(
    "right",
    [
        check.credit.answer,
        in_words,
        in_other_words,
        joined,
        by_parts,
        with_a_label_behind,
        author_first,
        in_a_sentence,
        as_a_link,
        with_percent,
        of_the_package,
        without_signs,
        with_unknown_in_front,
        with_unknown_before_by,
    ],
)
def test_right_credits_pass(right: Any) -> None:
    verdict = check.credit(right)
    assert verdict.passed, verdict


def exchanged(line: Any, order: str) -> Any:
    def wrong(title: Any, author: Any, source: Any, licence: Any) -> Any:
        facts = {"t": title, "a": author, "s": source, "l": licence}
        return line(*(facts[letter] for letter in order))

    return wrong


def untitled_for_the_author(title: Any, author: Any, source: Any, licence: Any) -> str:
    return f"{author or 'untitled'}, {joined(title, source, licence, '')}"


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
        (exchanged(check.credit.answer, "atsl"), "title stands where the line names the author"),
        (exchanged(check.credit.answer, "satl"), "is known, and the line says that it is not"),
        (exchanged(in_words, "atsl"), "author stands where the line names the title"),
        (exchanged(in_words, "tals"), "licence stands where the line names the source"),
        (exchanged(in_words, "tsal"), "source stands where the line names the author"),
        (exchanged(in_words, "lsat"), "licence stands where the line names the title"),
        (exchanged(by_parts, "atsl"), "title stands where the line names the author"),
        (exchanged(in_other_words, "tlsa"), "licence stands where the line names the author"),
        (exchanged(without_signs, "last"), "stands where the line names"),
        (untitled_for_the_author, "is known, and the line says that it is not"),
        (two_lines, "One line"),
        (lambda *facts: "", "One line"),
        (lambda *facts: "credit", "title is known, and it is not in the line"),
        (lambda *facts: in_words(*facts) + ", model unknown", "of something that is known"),
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
        check.may_publish(dict.fromkeys(PUBLISHING_CASES)),
    ],
)
def test_stubs_are_not_written_yet(verdict: Any) -> None:
    assert verdict.state == "not written yet"
