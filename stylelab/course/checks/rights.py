"""Exercises of notebook 15: combined licences, what they permit, and a credit line."""

from __future__ import annotations

import copy
import re
from itertools import chain, product
from typing import TYPE_CHECKING, Any

from stylelab.course.checks.answers import call_answer
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.course.checks.predictions import validate_predictions
from stylelab.rights.credit import credit_line
from stylelab.rights.rules import result_licences as package_result_licences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Not the real licences: an answer should use the chart that it is given.
_LICENCE_CASES: tuple[dict[str, set[str]], ...] = (
    {"red": {"a", "b", "c", "d"}, "green": {"b", "c"}, "blue": {"c", "d"}, "gray": set()},
    {"oak": {"x", "y", "z"}, "ash": {"y"}, "elm": {"x"}, "fir": {"x", "z", "y"}},
)


def _result_licences(inputs: list[str], chart: dict[str, set[str]]) -> set[str]:
    """Names of the inputs' licences and a chart → licences that the result may have."""
    possible = set(chart[inputs[0]])
    for licence in inputs[1:]:
        possible = possible & chart[licence]
    return possible


@exercise(
    answer=_result_licences,
    hints="""
    - With one picture, the answer is its row of the chart.
    - A second picture adds conditions. Can it add a licence that the first did not permit?
    - Keep what is in every row. Python's sets have an operator for their common elements.
    """,
    package_function=package_result_licences,
)
def result_licences(attempt: Any) -> str:
    """Names of the inputs' licences and a chart → licences in every input's row."""
    tried: list[tuple[list[set[str]], set[str]]] = []
    for chart in _LICENCE_CASES:
        given = copy.deepcopy(chart)
        for names in chain.from_iterable(product(chart, repeat=count) for count in (1, 2, 3)):
            found = _parse_licences(call_answer(attempt, list(names), given))
            tried.append(([chart[name] for name in names], found))
            if given != chart:
                raise WrongAnswerError(
                    "Your function changes the chart that it is given: the next picture would have "
                    "other rules. Work on a new set."
                )
    wrong = [(rows, found) for rows, found in tried if found != set.intersection(*rows)]
    if not wrong:
        return "It is right for every combination of up to three pictures."
    for sentence, rule in _WRONG_RULES.items():
        if all(found == rule(rows) for rows, found in tried):
            raise WrongAnswerError(sentence)
    rows, found = wrong[0]
    if len(rows) == 1:
        raise WrongAnswerError("With one picture, the answer is its row of the chart.")
    if found - rows[0].intersection(*rows):
        raise WrongAnswerError("Your set has a licence that one of the pictures does not permit.")
    raise WrongAnswerError("A licence is missing that every picture permits.")


_WRONG_RULES: dict[str, Callable[[list[set[str]]], set[str]]] = {
    "These are the licences that at least one picture permits. Every picture has to permit "
    "them.": lambda rows: set.union(*rows),
    "You use only the first picture's row.": lambda rows: rows[0],
    "You use only the last picture's row.": lambda rows: rows[-1],
    "You return the row with the fewest licences. It may have some that the others do "
    "not.": lambda rows: min(rows, key=len),
}


def _parse_licences(answer: Any) -> set[str]:
    if isinstance(answer, str | bytes) or not hasattr(answer, "__iter__"):
        raise WrongAnswerError(
            f"A set of licences was expected. Received: {type(answer).__name__}."
        )
    try:
        return set(answer)
    except Exception as error:
        raise WrongAnswerError(
            "A set of licences was expected, one by one. "
            f"Received: {type(answer).__name__}, which raises {type(error).__name__}: {error}."
        ) from error


_PUBLISHING_CASES = {
    "a CC BY photo and a CC BY-SA painting, sold": (
        True,
        "Does one of the two forbid money? Is there a licence that is in both rows of the chart?",
    ),
    "a CC BY-SA photo and a CC BY-NC painting, shown for free": (
        False,
        "Share alike demands its licence for the result. Does the other picture permit that one?",
    ),
    "a CC BY-NC photo and a CC0 painting, shown for free": (
        True,
        "NC is about money. Is any earned here, and does CC0 have conditions?",
    ),
    "a CC BY-ND 4.0 painting, kept to yourself": (
        True,
        "Version 4.0 treats making an adaptation and sharing it separately.",
    ),
    "a CC BY-ND 4.0 painting, shown for free": (
        False,
        "What do the letters ND stand for, and is showing a picture sharing it?",
    ),
    "a photo that says nothing, shown for free": (
        False,
        "Copyright needs no notice and no registration. Who has given permission?",
    ),
}
"""Whether the licences permit each case, and why; a test compares this with the rules."""


@exercise(
    answer={name: right for name, (right, _) in _PUBLISHING_CASES.items()},
    hints="""
    - BY requires the author's name, and forbids nothing. CC0 does not even require that.
    - NC forbids commercial use. ND forbids sharing changed versions. SA requires its own licence
      again.
    - A picture without a licence has an owner too.
    """,
)
def may_publish(attempt: Any) -> str:
    """Whether the licences permit each of six cases: True or False."""
    validate_predictions(attempt, _PUBLISHING_CASES)
    return "All six are right by the rules of the package."


_FACTS = {
    "title": "Käthe at the pier",
    "author": "the photographer’s name",
    "source": "https://example.org/7",
    "licence": "CC BY 4.0",
}
_UNKNOWN_WORDS = ("unknown", "untitled", "anonymous", "not known")
_LABELS = {
    "title": "title|titled",
    "author": "author|by|photographer|artist|painter",
    "source": "source|origin|url|link",
    "licence": "licen[cs]e|terms",
}
"""Words that label a fact, known or unknown, by the fact's name."""

_UNKNOWN = r"(?:unknown|not known)"


def _my_credit(
    title: str | None, author: str | None, source: str | None, licence: str | None
) -> str:
    """Four facts, each a text or None → one line with them, which says what is unknown."""
    what = title or "untitled"
    who = author or "an unknown author"
    where = source or "source unknown"
    terms = licence or "licence unknown"
    return f"“{what}” by {who} ({where}), {terms}"


@exercise(
    answer=_my_credit,
    hints="""
    - An f-string puts the four into a line.
    - What does an f-string make of None? The reader of the line should not see it.
    - `author or 'an unknown author'` gives the name if there is one.
    """,
    package_function=credit_line,
)
def credit(attempt: Any) -> str:
    """Title, author, source, licence, each a text or None → credit line that says what is unknown."""
    for known in product(*((fact, None) for fact in _FACTS.values())):
        facts = dict(zip(_FACTS, known, strict=True))
        line = call_answer(attempt, *known)
        if not isinstance(line, str):
            raise WrongAnswerError(f"A text was expected. Received: {type(line).__name__}.")
        _validate_line(line, facts)
    return "It is right with all four facts, with none, and with every selection of them."


def _validate_line(line: str, facts: dict[str, str | None]) -> None:
    if len(line.splitlines()) != 1:
        raise WrongAnswerError("One line was expected.")
    for name, fact in facts.items():
        if fact is not None and fact not in line:
            raise WrongAnswerError(f"The {name} is known, and it is not in the line.")
    _validate_roles(line, facts)
    if "None" in line:
        raise WrongAnswerError(
            "Where something is not known, the line says “None”, which is Python's word."
        )
    unknown = [name for name, fact in facts.items() if fact is None]
    count = sum(line.lower().count(word) for word in _UNKNOWN_WORDS)
    if count < len(unknown):
        raise WrongAnswerError(
            f"{len(unknown)} of the four {'is' if len(unknown) == 1 else 'are'} not known "
            f"({', '.join(unknown)}), and the line says so of {count or 'none'}. Left out, it looks as "
            "if there were nothing to find out. Say “unknown” for each (or “untitled”)."
        )
    if count > len(unknown):
        raise WrongAnswerError("Your line says “unknown” of something that is known.")


def _validate_roles(line: str, facts: dict[str, str | None]) -> None:
    """Raise if a fact has the label of another, or a known one is called unknown."""
    for name, words in _LABELS.items():
        # Directly before the fact, up to opening marks: "by “", "Author: ", "source (".
        before = rf"\b(?:{words})[\s:=(“‘«\"']*$"
        for other, fact in facts.items():
            if other != name and any(
                re.search(before, start, re.IGNORECASE) for start in _text_before(line, fact)
            ):
                raise WrongAnswerError(
                    f"The {other} stands where the line names the {name}. Are two of the four "
                    "exchanged?"
                )
        fact = facts[name]
        if fact is None:
            continue
        without_label = {"title": r"\buntitled\b", "author": r"\banonymous\b"}.get(name, r"(?!)")
        not_its_label = rf"(?!\W*{re.escape(fact)})"  # "…: unknown, source: the fact"
        unknown = (
            rf"\b(?:{words})[\s:=]*(?:is )?{_UNKNOWN}"
            rf"|{_UNKNOWN} (?:{words})\b{not_its_label}|{without_label}"
        )
        if re.search(unknown, line, re.IGNORECASE):
            raise WrongAnswerError(
                f"The {name} is known, and the line says that it is not. Are two of the four exchanged?"
            )


def _text_before(line: str, fact: str | None) -> Iterator[str]:
    """Yield the text before each occurrence of a fact, without phrases such as "unknown author"."""
    for match in re.finditer(re.escape(fact), line) if fact else ():
        yield re.sub(rf"{_UNKNOWN} \w+", "…", line[: match.start()], flags=re.IGNORECASE)
