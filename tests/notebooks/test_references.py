"""Works that the course cites stand in docs/references.bib, each once and complete."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from execute_notebooks import NOTEBOOKS

from stylelab.course.classroom import read_notebook

ROOT = NOTEBOOKS.parent
BIBLIOGRAPHY = ROOT / "docs" / "references.bib"
SOURCES = [
    *sorted(NOTEBOOKS.glob("*.ipynb")),
    *sorted((ROOT / "stylelab").rglob("*.py")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "README.md",
]
ARXIV = re.compile(r"(?:arXiv:\s*|arxiv\.org/(?:abs|pdf)/)(\d{4}\.\d{4,5})", re.IGNORECASE)
DOI = re.compile(
    r"(?:doi:\s*|doi\.org/)(10\.\d{4,9}/(?:\([^\s()]*\)|[^\s\"'`\[\]()>,;])+)", re.IGNORECASE
)


@cache
def entries() -> dict[str, dict[str, str]]:
    """Fields of each entry, by key; its kind is the field `kind`."""
    found: dict[str, dict[str, str]] = {}
    text = BIBLIOGRAPHY.read_text("utf-8")
    for kind, key, body in re.findall(
        r"^@(\w+)\{(\w+),\n(.*?)^\}$", text, re.MULTILINE | re.DOTALL
    ):
        assert key not in found, key
        fields = re.findall(r"^  (\w+) = \{(.*)\},$", body, re.MULTILINE)
        assert len(fields) == len(body.splitlines()), key
        found[key] = {"kind": kind, **dict(fields)}
    assert len(found) == len(re.findall(r"^@", text, re.MULTILINE))
    return found


def text_of(path: Path) -> str:
    if path.suffix != ".ipynb":
        return path.read_text("utf-8")
    return "\n".join(cell.source for cell in read_notebook(path).cells)


def test_numbers_are_found_in_every_way_they_are_written() -> None:
    text = "(arXiv:1409.1556, eq. 1), https://arxiv.org/abs/1412.0035. doi:10.1000/a.b; [x](https://doi.org/10.1/b)"
    assert ARXIV.findall(text) == ["1409.1556", "1412.0035"]
    assert DOI.findall(text.replace("10.1/b", "10.1145/b")) == ["10.1000/a.b", "10.1145/b"]


def test_every_cited_number_is_in_the_bibliography() -> None:
    listed = {one.get("eprint") for one in entries().values()}
    listed |= {one.get("doi", "").lower() for one in entries().values()}
    missing = {
        f"{path.relative_to(ROOT)}: {number}"
        for path in SOURCES
        for number in (*ARXIV.findall(text_of(path)), *DOI.findall(unquote(text_of(path))))
        if number.rstrip(".").lower() not in listed
    }
    assert missing == set()


def test_every_entry_is_complete_and_has_its_own_number() -> None:
    for key, one in entries().items():
        assert {"author", "title", "year"} <= one.keys(), key
        assert re.fullmatch(r"\d{4}", one["year"]), key
        assert one["year"] in key, key
        assert one.keys() & {"eprint", "doi", "url", "number"}, key
        assert one["kind"] != "article" or "journal" in one, key
        assert one["kind"] != "inproceedings" or "booktitle" in one, key
    for field in ("eprint", "doi", "title"):
        values = [one[field] for one in entries().values() if field in one]
        assert len(values) == len(set(values)), field


def test_entries_are_in_alphabetical_order() -> None:
    assert list(entries()) == sorted(entries())


@pytest.mark.parametrize("key", ["gatys2016", "gatys2015", "simonyan2014", "huang2017"])
def test_the_works_that_the_course_stands_on_are_listed(key: str) -> None:
    assert key in entries()
