"""Rules that say how a result may be used, given the licences of the input pictures.

Every input counts as adapted, including a painting that gave only its style. Whether the law agrees
is open (see notebook 15); this is the cautious reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal, get_args

from stylelab.errors import RightsError
from stylelab.rights.html import FORBIDDEN_COLOUR, PERMITTED_COLOUR, UNKNOWN_COLOUR, html_table
from stylelab.rights.licences import CHART_SOURCE, LICENCES, RESULT_LICENCES, Licence, Question
from stylelab.rights.record import Rights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Use = Literal["private", "publish", "commercial"]
USES: tuple[Use, ...] = get_args(Use)
"""For yourself; shown to others without payment; shown to others for money."""

Kind = Literal["open", "forbids", "asks"]
_MARKS: Mapping[Kind, str] = {"forbids": "✗", "open": "?", "asks": "→"}
_CHART = CHART_SOURCE.split(",", 1)[0]


@dataclass(frozen=True)
class Rule:
    """What some licences mean for some uses of a result.

    Attributes:
        kind: `"forbids"` the use, `"asks"` for something, or leaves it `"open"`.
        uses: the uses that the rule is about.
        applies: licence → whether the rule applies to it.
        text: the rule in words.
        question: the question whose clause in the licence is the rule's source.
    """

    kind: Kind
    uses: tuple[Use, ...]
    applies: Callable[[Licence], bool]
    text: str
    question: Question


_SHARED_USES: tuple[Use, ...] = ("publish", "commercial")

RULES: tuple[Rule, ...] = (
    Rule(
        "open",
        USES,
        lambda licence: not licence.known,
        "its licence is unknown; without a licence nothing is permitted",
        "adapt",
    ),
    Rule(
        "forbids",
        USES,
        lambda licence: licence.known and not licence.adapt,
        "grants no right to make an adaptation; only an exception in your country's law could "
        "(private copying, fair use)",
        "adapt",
    ),
    Rule(
        "forbids",
        _SHARED_USES,
        lambda licence: licence.known and licence.adapt and not licence.share,
        "lets you make an adaptation for yourself, and not share it",
        "share",
    ),
    Rule(
        "forbids",
        ("commercial",),
        lambda licence: licence.known and licence.share and not licence.commercial,
        "permits no use that is meant for commercial advantage or monetary compensation",
        "commercial",
    ),
    Rule(
        "asks",
        ("private", "publish"),
        lambda licence: licence.known and licence.adapt and not licence.commercial,
        "not meant for commercial advantage or monetary compensation",
        "commercial",
    ),
    Rule(
        "asks",
        _SHARED_USES,
        lambda licence: licence.share and licence.credit,
        "name its author, link its source and its licence, and say that it was changed",
        "credit",
    ),
    Rule(
        "asks",
        _SHARED_USES,
        lambda licence: licence.share and licence.same_licence,
        "publish the result under the same licence, this version or a later one",
        "same licence",
    ),
    Rule(
        "asks",
        _SHARED_USES,
        lambda licence: licence.share and licence.notice,
        "keep its copyright notice and the text of its licence with the result",
        "notice",
    ),
)
"""Rules for a single licence. Several licences together: see `result_licences`."""


@dataclass(frozen=True)
class Finding:
    """One consequence for the result.

    Attributes:
        kind: `"forbids"`, `"asks"` or `"open"`.
        inputs: names of the pictures that it comes from.
        text: the consequence in words.
        source: clause of the licence, or web page, that says so.
    """

    kind: Kind
    inputs: tuple[str, ...]
    text: str
    source: str

    def __str__(self) -> str:
        return f"{' and '.join(self.inputs)}: {self.text} [{self.source}]"


@dataclass(frozen=True)
class Verdict:
    """What the licences of the inputs mean for one use of the result.

    Attributes:
        use: the use.
        findings: all consequences, what forbids the use first.
        licences: keys of the licences under which the result may be published; see `CHART`.
    """

    use: Use
    findings: tuple[Finding, ...]
    licences: tuple[str, ...]

    @property
    def permitted(self) -> bool | None:
        """Whether the licences permit the use; None if that depends on an unknown licence."""
        kinds = {finding.kind for finding in self.findings}
        return False if "forbids" in kinds else None if "open" in kinds else True

    @property
    def conflicts(self) -> tuple[Finding, ...]:
        """Findings that forbid the use."""
        return self._findings_of_kind("forbids")

    @property
    def obligations(self) -> tuple[Finding, ...]:
        """Findings that ask for something."""
        return self._findings_of_kind("asks")

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """Findings about unknown licences."""
        return self._findings_of_kind("open")

    def _findings_of_kind(self, kind: Kind) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind == kind)

    def __str__(self) -> str:
        heading, _ = self._heading_and_colour()
        rows = (f"{mark} {who}: {text} [{source}]" for mark, who, text, source in self._rows())
        return "\n".join([heading, *rows])

    def _repr_html_(self) -> str:
        return html_table(self._rows(), *self._heading_and_colour())

    def _heading_and_colour(self) -> tuple[str, str]:
        answer, colour = {
            True: ("permitted by the licences", PERMITTED_COLOUR),
            False: ("not permitted by the licences", FORBIDDEN_COLOUR),
            None: ("unknown", UNKNOWN_COLOUR),
        }[self.permitted]
        return f"{self.use}: {answer}", colour

    def _rows(self) -> list[tuple[str, str, str, str]]:
        """Mark, inputs, consequence and source of each finding; last, the licences of the result."""
        rows = [
            (_MARKS[finding.kind], " and ".join(finding.inputs), finding.text, finding.source)
            for finding in self.findings
        ]
        if self.use != "private" and self.permitted and self.licences:
            names = ", ".join(LICENCES[key].name for key in self.licences)
            rows.append(("→", "the result", f"may be published under {names}", _CHART))
        return rows


def combine_rights(
    inputs: Mapping[str, Rights] | Sequence[Rights], *, use: Use = "publish"
) -> Verdict:
    """Whether the licences of several pictures permit a use of a result made from all of them.

    This is a reading of the licences by programmers, not legal advice.

    ```python
    rights = sl.read_input_rights({"photo": "coffee", "painting": "woodcut_waves"})
    verdict = sl.combine_rights(rights, use="commercial")
    assert verdict.permitted
    ```

    Args:
        inputs: rights by input name, or a sequence of them.
        use: `"private"` for yourself; `"publish"` shown to others, not for money; `"commercial"`
            shown to others, for money.

    Returns:
        What forbids the use and what it requires, each with the clause that says so.

    Raises:
        RightsError: `use` is none of these, or an input is not a `Rights`.
    """
    if use not in USES:
        raise RightsError(f"Expected a use: {', '.join(USES)}. Received: {use!r}.")
    terms = {name: rights.terms for name, rights in rights_by_name(inputs).items()}
    findings = [
        Finding(rule.kind, (name,), rule.text, licence.clause(rule.question))
        for rule in RULES
        for name, licence in terms.items()
        if use in rule.uses and rule.applies(licence)
    ]
    if use != "private":
        findings += _find_incompatible_pairs(terms)
    order = {"forbids": 0, "open": 1, "asks": 2}
    findings.sort(key=lambda finding: order[finding.kind])
    return Verdict(use, tuple(findings), result_licences(terms.values()))


def result_licences(terms: Iterable[Licence]) -> tuple[str, ...]:
    """Keys of the licences under which a result of pictures with these licences may be published."""
    rows = [licence.results for licence in terms]
    return tuple(key for key in RESULT_LICENCES if all(key in row for row in rows))


def rights_by_name(inputs: Mapping[str, Rights] | Sequence[Rights]) -> dict[str, Rights]:
    """Rights by name, or by number and title for a sequence; raise a `RightsError` for others."""
    pairs = (
        list(inputs.items())
        if isinstance(inputs, Mapping)
        else [(_input_name(one, number), one) for number, one in enumerate(inputs, 1)]
    )
    for name, one in pairs:
        if not isinstance(one, Rights):
            raise RightsError(
                f"Expected Rights for {name}. Received: {type(one).__name__}. "
                "`read_rights(path)` reads them; `Rights(author=…, licence=…, source=…)` declares them."
            )
    return dict(pairs)


def _input_name(rights: object, number: int) -> str:
    title = getattr(rights, "title", None)
    return f"input {number}" + (f" ({title})" if title else "")


def _find_incompatible_pairs(terms: Mapping[str, Licence]) -> list[Finding]:
    """Pairs of inputs that may each be adapted and shared, but under no licence in common."""
    return [
        Finding(
            "forbids",
            (one, other),
            f"{terms[one].name} and {terms[other].name} have no licence in common for the result",
            CHART_SOURCE,
        )
        for one, other in combinations(terms, 2)
        if terms[one].results
        and terms[other].results
        and not terms[one].results & terms[other].results
    ]
