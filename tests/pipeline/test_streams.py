"""What is printed never fails the work."""

import io
import os
import shutil
import subprocess
import sys

import pytest

from stylelab.pipeline.streams import TolerantStream

SH = shutil.which("sh") or ""
pytestmark = pytest.mark.skipif(not SH, reason="needs a shell")

PAINT = (
    "import stylelab\n"
    "result = stylelab.transfer(stylelab.sample('cat', 32), stylelab.sample('coffee', 32), size=32,\n"
    "    steps=1)\n"
    "import sys; sys.exit(7 if result.stopped is None else 1)\n"
)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_unencodable_characters_are_written_as_escapes(encoding: str) -> None:
    behind = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print("絵 é", file=TolerantStream(behind), flush=True)
    behind.seek(0)
    assert behind.read() in ("\\u7d75 \\xe9\n", "\\u7d75 é\n")


def test_a_closed_or_missing_stream_accepts_output() -> None:
    closed = io.StringIO()
    closed.close()
    for behind in (None, closed):
        stream = TolerantStream(behind)
        print("…", file=stream, flush=True)
        assert not stream.isatty()
    with pytest.raises(io.UnsupportedOperation):
        TolerantStream(None).fileno()


@pytest.fixture(params=["buffered", "unbuffered"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """Python's streams hold text back or not, and lack most signs."""
    others = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    unbuffered = {"PYTHONUNBUFFERED": "1"} if request.param == "unbuffered" else {}
    return {**others, **unbuffered, "PYTHONIOENCODING": "ascii"}


@pytest.mark.network
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_a_broken_progress_bar_does_not_fail_a_run_from_python(
    redirection: str, environment: dict[str, str]
) -> None:
    run = subprocess.run(
        [SH, "-c", f'"$0" -c "$1" {redirection}', sys.executable, PAINT],
        check=False,
        env=environment,
    )
    assert run.returncode == 7


@pytest.mark.parametrize("command", ["samples", "transfer --help", "rights cat"])
@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", "| true", "| cat >/dev/null"])
def test_a_command_works_without_a_usable_output_stream(
    command: str, redirection: str, environment: dict[str, str]
) -> None:
    if "full" in redirection and not os.path.exists("/dev/full"):  # noqa: PTH110
        pytest.skip("needs /dev/full")
    run = subprocess.run(
        [
            SH,
            "-c",
            f'"$0" -c "import sys; from stylelab.cli.main import main; main()" {command} {redirection}',
            sys.executable,
        ],
        check=False,
        capture_output=True,
        env=environment,
    )
    assert (run.returncode, run.stderr) == (0, b"")


def test_names_outside_the_code_page_are_shown_as_escapes() -> None:
    program = "from stylelab.cli.main import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", program, "rights", "絵.png"],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
    )
    assert run.returncode == 2
    assert b"Received: '\\u7d75.png'" in run.stderr
