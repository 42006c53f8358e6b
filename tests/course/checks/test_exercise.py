import pickle
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.course.checks.answers import call_answer
from stylelab.course.checks.exercise import (
    Exercise,
    NotWrittenError,
    Solution,
    WrongAnswerError,
    exercise,
)

EXERCISES = [value for name in check.__all__ if isinstance(value := getattr(check, name), Exercise)]
every_exercise = pytest.mark.parametrize("one", EXERCISES, ids=lambda one: one.name)


@exercise(answer=lambda: 42, hints="- Deep thought.\n- Six by\n  nine.")
def forty_two(attempt: Any) -> str | None:
    """The answer."""
    if call_answer(attempt) != 42:
        raise WrongAnswerError("<not> it")
    return None


def stub() -> int:
    raise NotImplementedError


@every_exercise
def test_every_exercise_accepts_its_answer(one: Exercise) -> None:
    assert one(one.answer).passed, one(one.answer)


@every_exercise
def test_every_exercise_recognises_a_stub(one: Exercise) -> None:
    assert one(None).state == "not written yet"


NO_ANSWERS: tuple[Any, ...] = (
    "text",
    [[1, 2], [3]],  # rows of different lengths
    [{1}, {2}],
    [[]],
    [None, None],
    (1, 2),
    {"a": 1},
    {},
    object(),
    int,
    1j,
    10**400,
    float("nan"),
    np.array(3),
    np.array(["a"]),
    np.zeros((0, 3)),
)


@every_exercise
def test_invalid_answers_are_wrong_and_break_no_check(one: Exercise) -> None:
    attempts = [*NO_ANSWERS, *(lambda *_, given=given: given for given in NO_ANSWERS)]
    if isinstance(one.answer, dict):
        attempts += [one.answer | {next(iter(one.answer)): given} for given in NO_ANSWERS]
    for attempt in attempts:
        assert one(attempt).state == "wrong", attempt


@every_exercise
def test_every_answer_is_self_contained(one: Exercise) -> None:
    names: dict[str, Any] = {}
    exec("import numpy as np\n\n" + one.source(), names)  # noqa: S102 - our own source
    assert one(names[f"my_{one.name}"]).passed


@every_exercise
def test_every_exercise_has_hints_that_do_not_reveal_the_solution(one: Exercise) -> None:
    hints = [one.hint() for _ in range(2)]
    assert 2 <= hints[0].total <= 6
    assert hints[0].number == 1 or hints[0].total >= hints[0].number
    lines = [line.strip() for line in one.source().splitlines()[1:] if line.strip()]
    whole = [line for line in lines if line.startswith("return ") and len(line) > 24]
    for hint in hints:
        assert not any(line in hint.text for line in whole)


@every_exercise
def test_every_exercise_describes_its_task(one: Exercise) -> None:
    assert one.__doc__
    assert one.name in repr(one)


@pytest.mark.parametrize(
    ("attempt", "state"),
    [
        (lambda: 42, "right"),
        (lambda: 41, "wrong"),
        (stub, "not written yet"),
        (..., "not written yet"),
    ],
)
def test_a_verdict_is_true_only_for_a_right_answer(attempt: Any, state: str) -> None:
    verdict = forty_two(attempt)
    assert verdict.state == state
    assert bool(verdict) is verdict.passed is (state == "right")
    assert state in str(verdict)
    assert verdict == pickle.loads(pickle.dumps(verdict))  # noqa: S301 - graders send it on


def test_an_autograder_can_require_a_right_answer() -> None:
    assert forty_two(lambda: 42).require().passed
    with pytest.raises(AssertionError, match="not written yet"):
        forty_two(stub).require()


def test_check_messages_are_shown_as_text_not_as_html() -> None:
    assert "&lt;not&gt; it" in forty_two(lambda: 0)._repr_html_()


def test_hints_are_shown_one_at_a_time_and_start_again() -> None:
    shown = [repr(forty_two.hint()) for _ in range(3)]
    assert shown[0] == shown[2] == "Hint 1 of 2: Deep thought."
    assert shown[1] == "Hint 2 of 2: Six by nine."


def test_the_solution_is_source_code_with_the_users_function_name() -> None:
    solution = check.gram_matrix.solution()
    assert solution.source.startswith("def my_gram_matrix(")
    assert "stylelab.losses.gram.gram_matrix" in repr(solution)
    assert "stylelab.losses.gram.gram_matrix" in solution._repr_html_()
    assert "a &lt; b" in Solution("a < b", "")._repr_html_()


def test_errors_in_user_code_are_reported_as_wrong() -> None:
    def breaks() -> int:
        return int("forty-two")

    verdict = forty_two(breaks)
    assert verdict.state == "wrong"
    assert "ValueError" in verdict.message


def test_hints_are_the_items_at_the_margin_of_the_list() -> None:
    @exercise(
        answer=1,
        hints="""
        - One, with a
          - b over two lines.
        - Two.
        """,
    )
    def one(_: Any) -> str | None:
        return None

    assert [one.hint().text for _ in range(3)] == [
        "One, with a - b over two lines.",
        "Two.",
        "One, with a - b over two lines.",
    ]


def test_errors_in_a_check_itself_are_raised() -> None:
    @exercise(answer=1, hints="- One.\n- Two.")
    def broken(_: Any) -> str | None:
        raise KeyError("a bug of ours")

    with pytest.raises(KeyError):
        broken(1)


def test_not_written_differs_from_wrong() -> None:
    with pytest.raises(NotWrittenError):
        call_answer(stub)
