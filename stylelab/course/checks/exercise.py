"""An exercise: a check that answers in a sentence, hints one at a time, and a solution."""

from __future__ import annotations

import html
import inspect
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stylelab.course.checks import answer_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

State = Literal["right", "wrong", "not written yet"]

_MARKS = {"right": ("✓", "#2e7d32"), "wrong": ("✗", "#c62828"), "not written yet": ("…", "#8a96a3")}


class WrongAnswerError(Exception):
    """An answer is wrong; the message says why, in a sentence."""


class NotWrittenError(Exception):
    """An answer is still the stub; a message, if any, replaces the usual one."""


@dataclass(frozen=True)
class CheckResult:
    """Result of a check.

    Attributes:
        exercise: the exercise's name.
        state: `"right"`, `"wrong"` or `"not written yet"`.
        message: a sentence or two for the reader; never the solution.
    """

    exercise: str
    state: State
    message: str

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.state == "right"

    def __bool__(self) -> bool:
        return self.passed

    def require(self) -> CheckResult:
        """Return the result itself if the answer is right, for automatic grading.

        Raises:
            AssertionError: the answer is wrong or not written yet.
        """
        if not self.passed:
            raise AssertionError(str(self))
        return self

    def __str__(self) -> str:
        mark, _ = _MARKS[self.state]
        return f"{mark} {self.exercise}: {self.state}. {self.message}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        mark, colour = _MARKS[self.state]
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 0.3em 0.9em">'
            f'<b style="color: {colour}">{mark} {self.state}</b> &nbsp;<code>{self.exercise}</code>'
            f"<br>{html.escape(self.message)}</div>"
        )


@dataclass(frozen=True)
class Hint:
    """One step towards the answer."""

    number: int
    total: int
    text: str

    def __repr__(self) -> str:
        return f"Hint {self.number} of {self.total}: {self.text}"


@dataclass(frozen=True)
class Solution:
    """Source of a right answer."""

    source: str
    note: str

    def __repr__(self) -> str:
        return f"{self.source}\n# {self.note}" if self.note else self.source

    def _repr_html_(self) -> str:
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return f"<pre><code>{html.escape(self.source)}</code></pre>{note}"


class Exercise:
    """A function (or a value) for the reader to write, and the check of it.

    ```python
    check.gram_matrix(my_gram_matrix)  # a CheckResult
    check.gram_matrix.hint()           # the next hint
    check.gram_matrix.solution()       # a right answer
    ```

    Args:
        test: checks an answer: raises `WrongAnswerError` or `NotWrittenError`, or returns a sentence
            to add to "right".
        answer: a right answer. A function must not use other names of its module: its source is what
            instructors see.
        hints: one step each, the last the largest; none is the solution.
        package_function: the package's own function, if there is one.

    Attributes:
        name: as in `check.NAME`; the stub is named `my_NAME`.
        answer: the right answer.
    """

    def __init__(
        self,
        test: Callable[[Any], str | None],
        *,
        answer: Any,
        hints: Sequence[str],
        package_function: Callable[..., Any] | None = None,
    ) -> None:
        self.name = test.__name__
        self.answer = answer
        self._test = test
        self._hints = tuple(hints)
        self._hints_given = 0
        self._package_function = package_function
        self.__doc__ = test.__doc__

    def __call__(self, attempt: Any) -> CheckResult:
        """Check an answer; nothing is raised for a wrong one."""
        try:
            success_message = self._test(attempt)
        except NotWrittenError as error:
            advice = str(error) or (
                f"Write it in the cell above. check.{self.name}.hint() helps, a step at a time."
            )
            return CheckResult(self.name, "not written yet", advice)
        except WrongAnswerError as error:
            return CheckResult(self.name, "wrong", str(error))
        return CheckResult(
            self.name, "right", success_message or "It is right for every case that was tried."
        )

    def __repr__(self) -> str:
        return (
            f"check.{self.name}(my_{self.name}) checks your answer; .hint() shows a hint, "
            f".solution() a solution."
        )

    def hint(self) -> Hint:
        """Return the next hint; after the last one, the first again."""
        number = self._hints_given % len(self._hints)
        self._hints_given += 1
        return Hint(number + 1, len(self._hints), self._hints[number])

    def solution(self) -> Solution:
        """Return a right answer, with the name of the package's own function."""
        note = ""
        if self._package_function is not None:
            name = f"{self._package_function.__module__}.{self._package_function.__qualname__}"
            note = f"The package's own function, which also checks its arguments: {name}"
        return Solution(self.source(), note)

    def source(self) -> str:
        """Return the answer as the reader would write it: `def my_NAME(…): …` or `my_NAME = …`."""
        if not callable(self.answer):
            return f"my_{self.name} = {self.answer!r}"
        source = textwrap.dedent(inspect.getsource(self.answer)).rstrip()
        return re.sub(r"\Adef \w+", f"def my_{self.name}", source)

    def save(self, attempt: Any, folder: Path | str = ".") -> CheckResult:
        """Check an answer and, if it is right, save it in `my_functions.py` for later notebooks.

        Raises:
            OutputError: the file cannot be written, or is not valid Python.
        """
        result = self(attempt)
        if not result:
            return result
        saved = answer_store.save_answer(
            attempt, Path(folder), is_right=lambda function: bool(self(function))
        )
        return CheckResult(self.name, "right", f"{result.message} {saved}")

    def load(self, folder: Path | str = ".") -> Any:
        """Return the reader's own function if it is saved and right, else the package's answer."""
        saved = answer_store.load_answer(f"my_{self.name}", Path(folder))
        if saved is not None and self(saved):
            print(f"{self.name}: your own")  # noqa: T201 - shown in the notebook
            return saved
        why = "is not saved yet" if saved is None else "no longer passes its check"
        print(f"{self.name}: from the package (yours {why})")  # noqa: T201 - shown in the notebook
        return self.answer


def exercise(
    *, answer: Any, hints: str, package_function: Callable[..., Any] | None = None
) -> Callable[[Callable[[Any], str | None]], Exercise]:
    """Turn a test into an exercise (see `Exercise`); each hint is an item of a list, after "- "."""
    items = re.split(r"^- ", inspect.cleandoc(hints), flags=re.MULTILINE)[1:]
    steps = [" ".join(item.split()) for item in items]
    return lambda test: Exercise(
        test, answer=answer, hints=steps, package_function=package_function
    )
