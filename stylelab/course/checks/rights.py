"""Exercises of notebook 15: licences together, what they permit, and a line of credit."""

from __future__ import annotations

import copy
import re
from itertools import chain, product
from typing import TYPE_CHECKING, Any

from stylelab.course.checks.assertions import call_answer, parse_predictions, validate_booleans
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.rights.credit import credit_line
from stylelab.rights.rules import result_licences as ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Not the real licences: an answer should read the chart, not know it.
_LICENCE_CASES: tuple[dict[str, set[str]], ...] = (
    {"red": {"a", "b", "c", "d"}, "green": {"b", "c"}, "blue": {"c", "d"}, "gray": set()},
    {"oak": {"x", "y", "z"}, "ash": {"y"}, "elm": {"x"}, "fir": {"x", "z", "y"}},
)


def _result_licences(inputs: list[str], chart: dict[str, set[str]]) -> set[str]:
    """Names of the inputs' licences → the licences that a result of all of them may carry."""
    possible = set(chart[inputs[0]])
    for licence in inputs[1:]:
        possible = possible & chart[licence]
    return possible


@exercise(
    answer=_result_licences,
    hints=(
        "With one picture, the answer is its row of the chart.",
        "A second picture adds conditions. Can it add a licence that the first did not permit?",
        "Keep what is in every row. Python's sets have an operator for what two have in common.",
    ),
    package_function=ours,
)
def result_licences(attempt: Any) -> str:
    """The licences that a result may carry: those in the row of every picture that went in."""
    tried: list[tuple[list[set[str]], set[str]]] = []
    for chart in _LICENCE_CASES:
        given = copy.deepcopy(chart)
        for names in chain.from_iterable(product(chart, repeat=count) for count in (1, 2, 3)):
            found = _parse_licences(call_answer(attempt, list(names), given))
            tried.append(([chart[name] for name in names], found))
            if given != chart:
                raise WrongAnswerError(
                    "Your function changes the chart that it is given: the next picture would be "
                    "judged by other rules. Work on a new set."
                )
    if all(found == _intersect(rows) for rows, found in tried):
        return "It holds for every one, two and three of the pictures that were tried."
    for what_it_is, instead in _WRONG_RULES.items():
        if all(found == instead(rows) for rows, found in tried):
            raise WrongAnswerError(what_it_is)
    rows, found = next(one for one in tried if one[1] != _intersect(one[0]))
    if len(rows) == 1:
        raise WrongAnswerError("With one picture, the answer is its row of the chart.")
    if found - _intersect(rows):
        raise WrongAnswerError("There is a licence in it that one of the pictures does not permit.")
    raise WrongAnswerError("A licence is missing that every picture permits.")


_WRONG_RULES: dict[str, Callable[[list[set[str]]], set[str]]] = {
    "These are the licences that some picture permits. A picture that does not permit one would be "
    "passed over.": lambda rows: set.union(*rows),
    "Only the first picture's row is looked at.": lambda rows: rows[0],
    "Only the last picture's row is looked at.": lambda rows: rows[-1],
    "The row with the fewest licences is given. It need not lie inside the others.": lambda rows: (
        min(rows, key=len)
    ),
}


def _intersect(rows: list[set[str]]) -> set[str]:
    return {licence for licence in rows[0] if all(licence in row for row in rows)}


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
            f"Received: {type(answer).__name__}, which gives {type(error).__name__}: {error}."
        ) from error


PUBLISHING_CASES = {
    "a CC BY photo and a CC BY-SA painting, sold": True,
    "a CC BY-SA photo and a CC BY-NC painting, shown for free": False,
    "a CC BY-NC photo and a CC0 painting, shown for free": True,
    "a CC BY-ND 4.0 painting, kept to yourself": True,
    "a CC BY-ND 4.0 painting, shown for free": False,
    "a photo that says nothing, shown for free": False,
}
"""What the licences permit; a test compares it with the rules."""

_EXPLANATIONS = {
    "a CC BY photo and a CC BY-SA painting, sold": (
        "Does one of the two forbid money? Is there a licence that is in both rows of the chart?"
    ),
    "a CC BY-SA photo and a CC BY-NC painting, shown for free": (
        "Share alike wants one licence for the result, and the other picture has a say in it, too."
    ),
    "a CC BY-NC photo and a CC0 painting, shown for free": (
        "NC is about money. Is any earned here, and does CC0 ask for anything?"
    ),
    "a CC BY-ND 4.0 painting, kept to yourself": (
        "Version 4.0 speaks of making an adaptation and of sharing it, separately."
    ),
    "a CC BY-ND 4.0 painting, shown for free": (
        "What do the letters ND stand for, and what is showing?"
    ),
    "a photo that says nothing, shown for free": (
        "Protection needs no sign and no registration. Who has said yes?"
    ),
}


@exercise(
    answer=PUBLISHING_CASES,
    hints=(
        "BY asks for the author's name, and forbids nothing. CC0 does not even ask.",
        "NC forbids earning. ND forbids showing what was changed. SA wants its own licence again.",
        "A picture that says nothing has an owner, too.",
    ),
)
def may_publish(attempt: Any) -> str:
    """For each case, whether the licences permit it."""
    predictions = parse_predictions(attempt, PUBLISHING_CASES, "cases")
    missing = [name for name, guess in predictions.items() if guess is None]
    if missing:
        raise WrongAnswerError(f"A prediction is missing for: {', '.join(missing)}.")
    validate_booleans(predictions)
    wrong = [name for name, guess in predictions.items() if bool(guess) != PUBLISHING_CASES[name]]
    if wrong:
        raise WrongAnswerError(
            f"{len(PUBLISHING_CASES) - len(wrong)} of {len(PUBLISHING_CASES)} are right. Think again about {wrong[0]!r}: "
            f"{_EXPLANATIONS[wrong[0]]}"
        )
    return "All six, as the rules of the package see it."


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
"""Words that stand before a fact, or at what is unknown, by what they are the label of."""

_UNKNOWN = r"(?:unknown|not known)"


def _my_credit(
    title: str | None, author: str | None, source: str | None, licence: str | None
) -> str:
    """Four facts, each a text or None → one line that names them, and says what is unknown."""
    what = title or "untitled"
    who = author or "an unknown author"
    where = source or "source unknown"
    terms = licence or "licence unknown"
    return f"“{what}” by {who} ({where}), {terms}"


@exercise(
    answer=_my_credit,
    hints=(
        "An f-string puts the four into a line.",
        "What does an f-string make of None? The reader of the line should not see it.",
        "`author or 'an unknown author'` gives the name if there is one.",
    ),
    package_function=credit_line,
)
def credit(attempt: Any) -> str:
    """A line of credit in which what is not known is said, and not left out."""
    for known in product([True, False], repeat=len(_FACTS)):
        given = {
            name: fact if here else None
            for (name, fact), here in zip(_FACTS.items(), known, strict=True)
        }
        line = call_answer(attempt, *given.values())
        if not isinstance(line, str):
            raise WrongAnswerError(f"A text was expected. Received: {type(line).__name__}.")
        _read_line(line, given)
    return "It holds with all four facts, with none, and with every choice between."


def _read_line(line: str, given: dict[str, str | None]) -> None:
    if len(line.splitlines()) != 1:
        raise WrongAnswerError("One line was expected.")
    for name, fact in given.items():
        if fact is not None and fact not in line:
            raise WrongAnswerError(f"The {name} is known, and it is not in the line.")
    _validate_roles(line, given)
    if "None" in line:
        raise WrongAnswerError(
            "Where something is not known, the line says “None”: Python's word, not ours."
        )
    unknown = [name for name, fact in given.items() if fact is None]
    said = sum(line.lower().count(word) for word in _UNKNOWN_WORDS)
    if said < len(unknown):
        raise WrongAnswerError(
            f"{len(unknown)} of the four {'is' if len(unknown) == 1 else 'are'} not known "
            f"({', '.join(unknown)}), and the line says so of {said or 'none'}. Left out, it looks as "
            "if there were nothing to ask. Say “unknown” for each (or “untitled”)."
        )
    if said > len(unknown):
        raise WrongAnswerError("Something is called unknown that is known.")


def _validate_roles(line: str, given: dict[str, str | None]) -> None:
    """Refuse a fact with the label of another, and what is known called unknown."""
    for name, words in _LABELS.items():
        # Right before the fact, but for what may open it: "by “", "Author: ", "source (".
        before = rf"\b(?:{words})[\s:=(“‘«\"']*$"
        for other, fact in given.items():
            if other != name and any(
                re.search(before, start, re.IGNORECASE) for start in _text_before(line, fact)
            ):
                raise WrongAnswerError(
                    f"The {other} stands where the line names the {name}. Are two of the four "
                    "exchanged?"
                )
        fact = given[name]
        if fact is None:
            continue
        alone = {"title": r"\buntitled\b", "author": r"\banonymous\b"}.get(name, r"(?!)")
        its_own = rf"(?!\W*{re.escape(fact)})"  # "…: unknown, source: the fact"
        unknown = (
            rf"\b(?:{words})[\s:=]*(?:is )?{_UNKNOWN}|{_UNKNOWN} (?:{words})\b{its_own}|{alone}"
        )
        if re.search(unknown, line, re.IGNORECASE):
            raise WrongAnswerError(
                f"The {name} is known, and the line says that it is not. Are two of the four exchanged?"
            )


def _text_before(line: str, fact: str | None) -> Iterator[str]:
    """Give what stands before a fact, without what is called unknown: "an unknown author (…"."""
    for match in re.finditer(re.escape(fact), line) if fact else ():
        yield re.sub(rf"{_UNKNOWN} \w+", "…", line[: match.start()], flags=re.IGNORECASE)
