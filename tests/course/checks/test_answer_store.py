import functools
import linecache
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.course.checks.answer_store import ANSWERS_FILE, load_answer, save_answer
from stylelab.errors import OutputError

RIGHT = check.gram_matrix.source()


def typed(source: str, **names: Any) -> Any:
    """Define a function as a cell does: its source can be found again."""
    import numpy as np

    file = f"<cell {hash(source)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"np": np, **names}
    exec(compile(source, file, "exec"), scope)  # noqa: S102 - our own source
    return next(value for value in reversed(scope.values()) if isinstance(value, FunctionType))


def test_a_correct_function_is_saved_and_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = check.gram_matrix.save(typed(RIGHT), tmp_path)
    assert verdict.passed
    assert "Saved in my_functions.py" in verdict.message
    yours = check.gram_matrix.load(tmp_path)
    assert yours.__name__ == "my_gram_matrix"
    assert yours is not check.gram_matrix.answer
    assert capsys.readouterr().out == "gram_matrix: your own\n"


def test_without_a_saved_function_the_packages_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.gram_matrix.load(tmp_path) is check.gram_matrix.answer
    assert "not saved yet" in capsys.readouterr().out


def test_an_incorrect_function_is_not_saved(tmp_path: Path) -> None:
    wrong = typed(RIGHT.replace(" / (rows * columns)", ""))
    assert check.gram_matrix.save(wrong, tmp_path).state == "wrong"
    assert not (tmp_path / ANSWERS_FILE).exists()


def test_a_function_that_needs_other_cells_is_not_saved(tmp_path: Path) -> None:
    leans = typed(
        "def my_gram_matrix(maps):\n    return helper(maps)\n", helper=check.gram_matrix.answer
    )
    verdict = check.gram_matrix.save(leans, tmp_path)
    assert verdict.passed
    assert "not outside this notebook" in verdict.message
    assert not (tmp_path / ANSWERS_FILE).exists()


def test_type_hints_may_use_names_of_other_cells(tmp_path: Path) -> None:
    hinted = typed(RIGHT.replace("maps: np.ndarray", "maps: Maps"), Maps=object)
    assert "Saved" in check.gram_matrix.save(hinted, tmp_path).message


def test_a_lambda_is_not_saved(tmp_path: Path) -> None:
    one = typed(
        "my_gram_matrix = lambda m: np.einsum('rci,rcj->ij', m, m) / (m.size / m.shape[2])\n"
    )
    assert "with def" in check.gram_matrix.save(one, tmp_path).message


@pytest.mark.parametrize("built_in", [np.linalg.norm, len, functools.partial(pow, 2)])
def test_a_function_not_defined_in_a_cell_is_not_saved(tmp_path: Path, built_in: Any) -> None:
    assert save_answer(built_in, tmp_path, lambda _: True).startswith("Not saved: only a function")


def test_a_function_may_use_numpy_and_be_indented_in_its_cell(tmp_path: Path) -> None:
    inside = "if True:\n    def my_ones():\n        return np.ones(2)\n"
    verdict = save_answer(typed(inside), tmp_path, lambda function: function().sum() == 2)
    assert verdict == "Saved in my_functions.py."
    assert load_answer("my_ones", tmp_path)().tolist() == [1, 1]


def test_a_function_that_cannot_be_defined_without_other_cells_is_not_saved(tmp_path: Path) -> None:
    leans = typed("def my_half(x=SIZE):\n    return x / 2\n", SIZE=2)
    assert "not outside this notebook" in save_answer(leans, tmp_path, lambda _: True)


def test_a_decorated_function_is_replaced_with_its_decorator(
    tmp_path: Path,
) -> None:
    path = tmp_path / ANSWERS_FILE
    path.write_text(
        "from functools import cache\n\n\n@cache\ndef my_one():\n    return 1\n", "utf-8"
    )
    save_answer(typed("def my_one():\n    return 2\n"), tmp_path, lambda _: True)
    assert "@cache" not in path.read_text("utf-8")
    assert load_answer("my_one", tmp_path)() == 2


def test_saving_again_replaces_only_that_function(tmp_path: Path) -> None:
    def works(_: Any) -> bool:
        return True

    save_answer(typed("def my_first():\n    return 1\n"), tmp_path, works)
    save_answer(typed("def my_second():\n    return 2\n"), tmp_path, works)
    save_answer(typed("def my_first():\n    return 3\n"), tmp_path, works)
    text = (tmp_path / ANSWERS_FILE).read_text("utf-8")
    assert text.count("def my_first") == 1
    assert (load_answer("my_first", tmp_path)(), load_answer("my_second", tmp_path)()) == (3, 2)


def test_edits_to_the_file_are_never_lost(tmp_path: Path) -> None:
    path = tmp_path / ANSWERS_FILE
    path.write_text("def broken(:\n", "utf-8")
    with pytest.raises(OutputError, match="nothing was changed"):
        check.gram_matrix.save(typed(RIGHT), tmp_path)
    assert path.read_text("utf-8") == "def broken(:\n"
    with pytest.raises(OutputError, match="Correct the file"):
        check.gram_matrix.load(tmp_path)
    path.write_text("import numpy as np\n\n# my notes\nPI = 3\n", "utf-8")
    assert check.gram_matrix.save(typed(RIGHT), tmp_path).passed
    assert "# my notes\nPI = 3\n" in path.read_text("utf-8")


def test_a_saved_function_that_is_now_wrong_is_not_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check.gram_matrix.save(typed(RIGHT), tmp_path)
    path = tmp_path / ANSWERS_FILE
    path.write_text(path.read_text("utf-8").replace("positions.T @", "2 * positions.T @"), "utf-8")
    assert check.gram_matrix.load(tmp_path) is check.gram_matrix.answer
    assert "no longer passes" in capsys.readouterr().out


def test_a_missing_folder_gives_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="can be written to"):
        check.gram_matrix.save(typed(RIGHT), tmp_path / "missing")
