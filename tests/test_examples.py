"""The examples in the docstrings of the public names, each run as a reader would run it."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.pictures.images import Picture

FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

WITHOUT = {
    "fetch_weights": "it downloads",
    "Credentials": "in the example of sign_picture",
    "read_credentials": "in the example of sign_picture",
    "RightsStatement": "in the example of make_rights_statement",
    "Verdict": "in the example of combine_rights",
}
"""Names that need no example, with the reason. Errors and constants need none either."""


def docstrings_of(name: str) -> Iterator[str]:
    """Docstring of a public name and, for a class, of its public methods and properties."""
    public = getattr(sl, name)
    members = vars(public).items() if inspect.isclass(public) else ()
    documented = [public, *(member for own, member in members if not own.startswith("_"))]
    for documented_object in documented:
        yield inspect.cleandoc(documented_object.__doc__ or "")


def examples_of(name: str) -> list[str]:
    return [example for text in docstrings_of(name) for example in FENCE.findall(text)]


def needs_example(name: str) -> bool:
    public: Any = getattr(sl, name)
    is_error = inspect.isclass(public) and issubclass(public, Exception)
    return callable(public) and not is_error and name not in WITHOUT


WITH_EXAMPLES = [name for name in sl.__all__ if needs_example(name) and examples_of(name)]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_example_runs(
    name: str,
    photo: Picture,
    painting: Picture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = {"sl": sl, "np": np, "photo": photo, "painting": painting}
    for example in examples_of(name):
        exec(compile(example, f"<example of {name}>", "exec"), namespace)  # noqa: S102 - our own text


def test_every_public_name_has_an_example() -> None:
    assert [name for name in sl.__all__ if needs_example(name) and not examples_of(name)] == []
