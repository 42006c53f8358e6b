from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.course.checks.answers import as_array, as_number, as_pair, call_answer
from stylelab.course.checks.comparison import is_close, validate_all_close, validate_close
from stylelab.course.checks.exercise import NotWrittenError, WrongAnswerError
from stylelab.course.checks.predictions import parse_predictions


@pytest.mark.parametrize("stub", [None, ..., lambda _: None, lambda _: ...])
def test_a_stub_is_not_written_yet(stub: Any) -> None:
    with pytest.raises(NotWrittenError):
        call_answer(stub, np.ones(3))


def test_non_functions_are_refused() -> None:
    with pytest.raises(WrongAnswerError, match="without parentheses"):
        call_answer(np.ones(3), np.ones(3))


def test_an_error_is_reported_with_the_shapes_of_the_arguments() -> None:
    with pytest.raises(
        WrongAnswerError, match=r"ValueError for arguments of shape \(2, 3\) and \(2, 3\)"
    ):
        call_answer(lambda a, b: a @ b, np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(
        WrongAnswerError, match=r"ZeroDivisionError for arguments of shape \(2,\): "
    ):
        call_answer(lambda _, b: 1 / b, np.ones(2), 0)
    with pytest.raises(WrongAnswerError, match="stops with ZeroDivisionError: "):
        call_answer(lambda b: 1 / b, 0)


def test_arguments_must_not_be_modified() -> None:
    given = np.ones(3)

    def changes(array: Any) -> Any:
        array += 1
        return array

    with pytest.raises(WrongAnswerError, match="changes the array"):
        call_answer(changes, given)
    assert given.tolist() == [1, 1, 1]


def test_wrong_shapes_are_refused() -> None:
    assert as_array([[1, 2]], (1, 2)).dtype == np.float64
    with pytest.raises(WrongAnswerError, match="exchanged"):
        as_array(np.ones((2, 3)), (3, 2))
    with pytest.raises(WrongAnswerError, match=r"\(4,\).*Received: \(2,\)"):
        as_array([1, 2], (4,))
    with pytest.raises(WrongAnswerError, match="NaN"):
        as_array([np.nan], (1,))
    with pytest.raises(WrongAnswerError, match="Received: str"):
        as_array("three", (1,))


def test_arrays_are_not_numbers() -> None:
    assert as_number(np.array([2.5])) == 2.5
    with pytest.raises(WrongAnswerError, match=r"shape \(3,\)"):
        as_number(np.ones(3))
    with pytest.raises(WrongAnswerError, match="Received: str"):
        as_number("two")
    with pytest.raises(WrongAnswerError, match="inf"):
        as_number(np.inf)


@pytest.mark.parametrize(
    "text", ["3", b"3", np.str_("3"), ["3"], np.array("3"), np.array("3", object)]
)
def test_text_is_not_a_number(text: Any) -> None:
    with pytest.raises(WrongAnswerError, match="One number was expected"):
        as_number(text)
    with pytest.raises(WrongAnswerError, match="array of numbers"):
        as_array(text, np.shape(text))


def test_complex_numbers_are_reported() -> None:
    with pytest.raises(WrongAnswerError, match="Received: ndarray of complex128"):
        as_array(np.ones(2, complex), (2,))
    with pytest.raises(WrongAnswerError, match="Received: complex"):
        as_number(1j)


def test_integers_and_fractions_are_numbers() -> None:
    assert as_number(Fraction(1, 2)) == 0.5
    assert as_number(np.int64(3)) == 3
    assert as_array([Fraction(1, 2), 2], (2,)).tolist() == [0.5, 2]


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ({"style": 1}, ["Missing: 'content'."]),
        ({"style": 1, "contnet": 1}, ["'contnet'. Did you mean 'content'?", "Missing: 'content'."]),
        ({"style": 1, " Content": 1}, ["' Content'. Did you mean 'content'?"]),
        ({"style": 1, "content": 1, 5: 1}, ["Received, but not expected: '5'."]),
        ({}, ["Missing: 'content', 'style'."]),
    ],
)
def test_a_missing_or_misspelt_name_is_reported(answer: Any, sentences: list[str]) -> None:
    with pytest.raises(WrongAnswerError) as caught:
        parse_predictions(answer, ("content", "style"))
    assert "Expected the keys 'content', 'style'." in str(caught.value)
    assert all(sentence in str(caught.value) for sentence in sentences)


def test_pairs_have_two_parts() -> None:
    assert as_pair([1, 2], "a and b") == (1, 2)
    with pytest.raises(WrongAnswerError, match="a and b"):
        as_pair(1, "a and b")
    with pytest.raises(WrongAnswerError, match="a and b"):
        as_pair([1, 2, 3], "a and b")


def test_only_rounding_errors_are_tolerated() -> None:
    assert is_close([1, 2], [1, 2 + 1e-9])
    assert not is_close([1, 2], [1, 2 + 1e-4])
    assert not is_close([1.0], [1.0, 1.0])
    assert not is_close([0, 1e-3], [0, 0])
    assert not is_close([1e-8], [2e-8])  # however small the numbers are


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ([2, 4, 6], r"otherwise Everything in your answer is 2 times"),
        ([0.5, 1, 1.5], "is 1/2 times"),
        ([3, 6, 9], "is 3 times"),
        ([255, 510, 765], "is 255 times"),
        ([1 / 255, 2 / 255, 3 / 255], "is 1/255 times"),
        ([1.37, 2.74, 4.11], r"\Aotherwise\Z"),  # shared, but no factor that anyone would know
        ([2, 4, 6.1], r"\Aotherwise\Z"),
        ([-1, -2, -3], "sign"),
        ([3, 2, 1], "backwards"),
        ([9, 9, 9], r"otherwise\Z"),
        ([0, 0, 0], r"otherwise\Z"),
    ],
)
def test_the_right_mistake_is_reported(answer: Any, sentence: str) -> None:
    with pytest.raises(WrongAnswerError, match=sentence):
        validate_close(answer, [1, 2, 3], {"It is backwards.": [3, 2, 1]}, "otherwise")


@pytest.mark.parametrize("factor", [2, 0.5, 1 / 3, 255, 1.7])
@pytest.mark.parametrize("expected", [0.4, [0.4], [[0.4]], [0.4, 0.0], [0.4, 0.4, 0.4]])
def test_no_factor_is_inferred_from_one_value(factor: float, expected: Any) -> None:
    with pytest.raises(WrongAnswerError, match=r"\Aotherwise\Z"):
        validate_close(factor * np.array(expected), expected, {}, "otherwise")


def test_a_known_mistake_with_the_right_result_passes() -> None:
    validate_close([1, 1], [1, 1], {"backwards": [1, 1]}, "otherwise")


@pytest.mark.parametrize(
    "exercise",
    [
        check.preprocess,
        check.undo_preprocess,
        check.neighbour_differences,
        check.conv2d,
        check.find_channel,
        check.content_loss,
        check.gram_matrix,
        check.style_distance,
        check.total_variation,
        check.style_loss,
    ],
    ids=lambda exercise: exercise.name,
)
def test_float32_results_pass(exercise: check.Exercise) -> None:
    verdict = exercise(lambda *arrays: exercise.answer(*(np.float32(array) for array in arrays)))
    assert verdict.passed, verdict


def test_a_mistake_is_reported_only_if_it_explains_every_case() -> None:
    cases: list[Any] = [(4.0, 2.0, {"squared": 4.0}), (9.0, 3.0, {"squared": 9.0})]
    with pytest.raises(WrongAnswerError, match=r"^squared$"):
        validate_all_close(cases, "otherwise")
    with pytest.raises(WrongAnswerError, match=r"^otherwise"):
        validate_all_close([*cases, (7.0, 5.0, {"squared": 25.0})], "otherwise")
    validate_all_close([(1.0, 1.0, {}), (1e-6, 1e-6, {})], "otherwise")
    with pytest.raises(WrongAnswerError):  # a small case counts as much as a large one
        validate_all_close([(1e6, 1e6, {}), (2e-6, 1e-6, {})], "otherwise")
