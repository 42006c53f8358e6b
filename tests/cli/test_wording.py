"""Messages of the command name its options."""

import ast
import re
from pathlib import Path

import click
import pytest

import stylelab
from stylelab.cli import main as cli
from stylelab.cli.wording import PYTHON_ONLY, cli_options, to_cli_wording

PACKAGE = Path(stylelab.__file__).parent


def messages() -> list[str]:
    """Every message of an error or a warning in the package, with X for what is filled in."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = ast.unparse(node.func)
                if name.endswith(("Error", "warnings.warn")):
                    found.append(text_of(node.args[0]))
    return [message for message in found if message.startswith(("Expected", "The "))]


def text_of(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "X"


def test_messages_on_the_command_line_contain_no_python() -> None:
    python = re.compile(rf"{PYTHON_ONLY.pattern}|1 - mask|=\w+_")
    every_message = messages()
    assert len(every_message) > 150
    with_python = [message for message in every_message if python.search(message)]
    assert len(with_python) > 10
    for message in with_python:
        rephrased = to_cli_wording(message)
        _, _, advice = rephrased.partition("Received: ")
        assert not python.search(advice.partition(". ")[2]), rephrased


@pytest.mark.parametrize(
    ("python", "options"),
    [
        ("Expected size as a number. Received: 5.", "Expected --size as a number. Received: 5."),
        (
            "Received: size=9000. Take size=512 or tile=512, or try it with check_memory=False.",
            "Received: --size 9000. Take --size 512 or --tile 512, or try it with --skip-memory-check.",
        ),
        (
            "Received: 0. Is it inverted? Then use 1 - mask.",
            "Received: 0. Is it inverted? Then exchange black and white in it.",
        ),
        ("Received: 300. Use `np.clip(array, 0, 1)`. Or PNG.", "Received: 300. Or PNG."),
        ("Received: 'style_weight.png'.", "Received: 'style_weight.png'."),
        (
            "A mask was in colours. Of a map, take one: mask = (np.asarray(map) == 3).all(axis=1).",
            "A mask was in colours.",
        ),
    ],
)
def test_arguments_become_options_and_advice_for_python_is_left_out(
    python: str, options: str
) -> None:
    assert to_cli_wording(python) == options


def test_options_named_in_messages_are_options_of_the_commands() -> None:
    options = {
        option
        for name in ("transfer", "train", "paint")
        for parameter in cli.command.commands[name].get_params(click.Context(cli.command))
        for option in parameter.opts
    }
    assert set(cli_options().values()) <= options
