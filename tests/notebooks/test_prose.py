"""Rules that the course's text keeps."""

import re
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from execute_notebooks import NOTEBOOKS
from spellchecker import SpellChecker

import stylelab
from stylelab.course import checks, figures
from stylelab.course.classroom import read_notebook
from stylelab.samples.catalogue import SAMPLES

ROOT = NOTEBOOKS.parent
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
PAGES = [*PATHS, *sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
every_page = pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
WORDS = Path(__file__).with_name("words.txt")

# Each is explained where it is first used, and set in bold there.
TERMS = (
    "array", "pixel", "channel", "kernel", "convolution", "stride", "padding", "bias", "relu",
    "feature map", "receptive field", "pooling", "content loss", "gradient", "texture",
    r"Gram matri(?:x|ces)", "style distance", "total variation", "learning rate", "momentum",
)  # fmt: skip


@cache
def prose(path: Path) -> tuple[str, ...]:
    """The text of a page, cell by cell, without the list of references at its end."""
    if path.suffix == ".md":
        return (path.read_text("utf-8"),)
    cells = read_notebook(path).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    return tuple(text for text in texts if not text.startswith("## References"))


def words_of(text: str) -> set[str]:
    """Words in the prose, without code, formulas, links' targets and names of people in citations."""
    for unspoken in (
        r"```.*?```",
        r"`[^`]*`",
        r"\$\$.*?\$\$",
        r"\$[^$]*\$",
        r"\]\([^)]*\)",
        r"<[^>]*>",
        r"https?://\S+",
        r"arXiv:\S+",
    ):
        text = re.sub(unspoken, " ", text, flags=re.DOTALL)
    found = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text)
    return {re.sub(r"['’]s$", "", word) for word in found if len(word) > 1}


@every_page
def test_words_are_spelled_as_in_the_dictionary(path: Path) -> None:
    dictionary = SpellChecker()
    known = {word.lower() for word in WORDS.read_text("utf-8").split()}
    used = {word.lower() for text in prose(path) for word in words_of(text)}
    unknown = {word for word in dictionary.unknown(used) if word not in known}
    assert unknown == set()


def test_the_word_list_contains_only_used_words() -> None:
    used = {word.lower() for path in PAGES for text in prose(path) for word in words_of(text)}
    listed = WORDS.read_text("utf-8").split()
    assert [word for word in listed if word.lower() not in used] == []
    assert listed == sorted(set(listed), key=str.lower)


@every_page
def test_samples_are_used_by_name(path: Path) -> None:
    quoted = {name for text in prose(path) for name in re.findall(r'"(\w+)"', text)}
    slips = {
        name: near
        for name in quoted - SAMPLES.keys()
        if "_" in name and (near := get_close_matches(name, SAMPLES, n=1))
    }
    assert slips == {}


@every_page
def test_links_lead_to_existing_pages_and_headings(path: Path) -> None:
    for text in prose(path):
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"https?://|attachment:", target):
                continue
            file, _, heading = target.partition("#")
            page = path.parent / file if file else path
            assert page.exists(), target
            if heading:
                assert heading in {anchor for text in prose(page) for anchor in anchors(text)}, (
                    target
                )


def anchors(text: str) -> list[str]:
    """The anchors that headings get, as Jupyter and GitHub make them."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return [heading.replace(" ", "-") for heading in headings] + [
        re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings
    ]


@pytest.mark.parametrize("term", TERMS)
def test_terms_are_explained_at_first_use(term: str) -> None:
    pattern = re.compile(rf"\b{term}(?:s|es)?\b", re.IGNORECASE)
    for path in PATHS[1:]:  # 00 explains nothing
        # The first cell says what is to come, tables sum up, links name what is explained elsewhere.
        for text in prose(path)[1:]:
            lines = [line for line in text.splitlines() if not line.startswith(("#", "|"))]
            spoken = re.sub(r"`[^`]*`|\$[^$]*\$|\[[^]]*\]\([^)]*\)", " ", "\n".join(lines))
            if found := pattern.search(spoken):
                bold = [span.span() for span in re.finditer(r"\*\*.+?\*\*", spoken, re.DOTALL)]
                inside = any(a <= found.start() and found.end() <= b for a, b in bold)
                around = spoken[max(0, found.start() - 60) : found.end() + 40]
                assert inside, f"{path.stem}: {around}"
                return
    pytest.fail(f"{term} is never explained")


@every_page
def test_names_in_the_prose_exist(path: Path) -> None:
    modules = {"sl": stylelab, "figures": figures, "check": checks}
    spans = "\n".join(span for text in prose(path) for span in re.findall(r"`[^`\n]+`", text))
    mentioned = set(re.findall(r"\b(sl|figures|check)\.(\w+)(?:\.(\w+))?", spans))
    for module, name, attribute in mentioned - {("check", "NAME", ""), ("check", "NAME", "load")}:
        thing = getattr(modules[module], name, None)
        assert thing is not None, f"{module}.{name}"
        assert not attribute or hasattr(thing, attribute), f"{module}.{name}.{attribute}"


def test_every_notebook_links_to_the_next() -> None:
    for path, following in pairwise(PATHS):
        assert f"({following.name})" in prose(path)[-1]


@pytest.mark.parametrize("path", PATHS[1:], ids=[path.stem for path in PATHS[1:]])
def test_every_notebook_has_exercises_and_checks_each(path: Path) -> None:
    from stylelab.course.classroom import exercises_in, is_exercise

    cells = read_notebook(path).cells
    names = [one.name for cell in cells if is_exercise(cell) for one in exercises_in(cell)]
    checked = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert len(names) >= 2
    for name in names:
        assert re.search(rf"check\.{name}(\.save)?\(my_{name}\)", checked), name
