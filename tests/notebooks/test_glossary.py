"""The glossary: in order, one sentence each, and each word is in the notebook that it leads to."""

import re

from execute_notebooks import NOTEBOOKS

from stylelab.course.classroom import read_notebook

GLOSSARY = NOTEBOOKS.parent / "docs" / "glossary.md"
ROW = re.compile(
    r"^\| \*\*(.+?)\*\* \| (.+?) \| \[(\d\d)\]\(\.\./notebooks/(.+?)\) \|$", re.MULTILINE
)


def rows() -> list[tuple[str, str, str, str]]:
    """Word, sentence, number and file of each entry."""
    text = GLOSSARY.read_text("utf-8")
    found = ROW.findall(text)
    assert len(found) == text.count("\n| **")
    return found


def test_it_has_enough_words_in_alphabetical_order() -> None:
    words = [word.casefold() for word, *_ in rows()]
    assert len(words) >= 60
    assert words == sorted(set(words))


def test_each_word_has_one_sentence() -> None:
    for word, sentence, *_ in rows():
        assert re.fullmatch(r"[^.]*(?:\(?\d\.\d[^.]*)?\.", sentence), word


def test_each_word_is_in_its_notebook() -> None:
    missing = []
    for word, _, number, name in rows():
        path = NOTEBOOKS / name
        assert path.name.startswith(number)
        cells = read_notebook(path).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        stem = re.escape(word).replace("matrix", "matri(?:x|ces)").replace("color", "colou?r")
        if not re.search(rf"\b{stem}", text, re.IGNORECASE):
            missing.append(f"{word}: {name}")
    assert missing == []
