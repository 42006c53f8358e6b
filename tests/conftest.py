"""What tests share."""

import hypothesis
import numpy as np
import pytest
from command import RunCommand
from quick import Quick

from stylelab.cli.main import main
from stylelab.pictures.images import Picture
from stylelab.samples.catalogue import sample

# Tests never time: a busy machine is no failure. The same examples each time: what fails, a
# change broke. New examples are looked for with --hypothesis-profile=search.
PATIENT = hypothesis.settings(
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.function_scoped_fixture,
    ],
)
hypothesis.settings.register_profile("stylelab", PATIENT, derandomize=True, max_examples=30)
hypothesis.settings.register_profile("quick", PATIENT, derandomize=True, max_examples=5)
hypothesis.settings.register_profile("search", PATIENT, derandomize=False, max_examples=200)
hypothesis.settings.load_profile("stylelab")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="leave out notebooks, the browser and what needs the network",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("quick"):
        hypothesis.settings.load_profile("quick")
        config.pluginmanager.register(Quick())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers take files in this order, so that some compute while others mostly wait.

    The long notebooks begin, beside them the tests of the modules; then the other notebooks, beside
    them those that need a browser. Not the other way round: while Playwright is there, its event
    loop holds the thread, and notebooks could not run on theirs.
    """
    items.sort(key=_turn)


LONG_BROWSER_TESTS = ("test_accessibility.py", "test_jupyter_versions.py", "test_studio.py")


def _turn(item: pytest.Item) -> int:
    file, folder = item.path.name, item.path.parent.name
    if folder == "browser":
        return 4 if file in LONG_BROWSER_TESTS else 5  # the longest first: all end together
    if file.startswith("test_running_"):
        return 1 if file == "test_running_00_to_08.py" else 3
    return 2


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(20150826)


@pytest.fixture(scope="session")
def photo() -> Picture:
    """A small photograph, 64 pixels wide."""
    return sample("cat", size=64)


@pytest.fixture(scope="session")
def painting() -> Picture:
    """A small painting, of another shape than the photo."""
    return sample("swirling_night", size=80)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> RunCommand:
    """Run the command in this process: exit status, standard output, standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        status = ended.value.code
        assert isinstance(status, int)
        return status, *capfd.readouterr()

    return run
