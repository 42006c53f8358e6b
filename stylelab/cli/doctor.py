"""Check that everything that the course needs is installed; for `stylelab doctor`."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from stylelab.errors import StylelabError
from stylelab.network.weights import cache_folder, decode_weights, find_weights
from stylelab.pipeline.cost_estimate import estimate_cost
from stylelab.pipeline.hardware import available_cores, available_memory, convolution_speed
from stylelab.pipeline.settings import Settings

PACKAGES = ("stylelab", "tensorflow", "keras", "numpy", "ipywidgets")
EXTRAS = (
    ("pillow-heif", "heif", "HEIC and HEIF pictures"),
    ("rawpy", "raw", "cameras' RAW files"),
    ("c2pa-python", "credentials", "Content Credentials"),
    ("av", "film", "films as MP4"),
)
"""Optional packages: name, our extra that installs it, what it adds."""


@dataclass(frozen=True)
class SetupCheck:
    """Result of one check.

    Attributes:
        name: what was checked.
        found: what was found, and what to do if that is a problem.
        ok: whether there is no problem.
    """

    name: str
    found: str
    ok: bool = True

    def __str__(self) -> str:
        return f"{'ok ' if self.ok else '!! '} {self.name:<10} {self.found}"


@dataclass(frozen=True)
class SetupReport:
    """Results of all checks, printed as one line each."""

    checks: tuple[SetupCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether no check found a problem."""
        return all(check.ok for check in self.checks)

    def __str__(self) -> str:
        return "\n".join(map(str, self.checks))

    __repr__ = __str__


def check_setup() -> SetupReport:
    """Check Python, packages, Jupyter, weights and memory, and say what to do about problems.

    ```python
    report = sl.check_setup()
    print(report)
    ```

    Returns:
        A report that prints one line per check; its `ok` is False if there is a problem.
    """
    found = []
    for check in (_python, _packages, _jupyter, _weights, _machine, _extras):
        try:
            found.append(check())
        except Exception as error:  # noqa: BLE001 - the other checks still run
            kind = "" if isinstance(error, StylelabError) else f"{type(error).__name__}: "
            found.append(SetupCheck(check.__name__.lstrip("_"), f"{kind}{error}", ok=False))
    return SetupReport(tuple(found))


def _python() -> SetupCheck:
    environment = Path(sys.prefix).name
    found = f"{platform.python_version()} on {platform.system()}, in {environment}"
    return SetupCheck("python", found)


def _packages() -> SetupCheck:
    found = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return SetupCheck("packages", found)


def _jupyter() -> SetupCheck:
    try:
        lab, kernel = version("jupyterlab"), version("ipykernel")
    except PackageNotFoundError as error:
        return SetupCheck(
            "jupyter", f"{error.name} is missing; run: pip install jupyterlab", ok=False
        )
    return SetupCheck("jupyter", f"JupyterLab {lab}, ipykernel {kernel}")


def _weights() -> SetupCheck:
    path = find_weights()
    if path is None:
        advice = f"no complete file in {cache_folder()}; run: stylelab weights"
        return SetupCheck("weights", advice, ok=False)
    decode_weights(path)
    return SetupCheck("weights", f"{path.name} in {_abbreviate_home(path.parent)}, verified")


def _abbreviate_home(folder: Path) -> str:
    """A path as `~/…`, so that shared notebooks do not contain the name of the user."""
    home = Path.home()
    return (
        f"~/{folder.relative_to(home).as_posix()}" if folder.is_relative_to(home) else str(folder)
    )


def _machine() -> SetupCheck:
    settings = Settings()
    cost = estimate_cost((384, 512), settings)
    found = (
        f"{available_cores()} cores, {available_memory() / 1e9:.1f} GB free, "
        f"{convolution_speed() / 1e9:.0f} GFLOP/s; {settings.size} px take about "
        f"{round(cost.seconds)} s and {cost.memory / 1e9:.1f} GB"
    )
    if cost.memory <= cost.available:
        return SetupCheck("machine", found)
    return SetupCheck("machine", f"{found}, more than is free: take a smaller size", ok=False)


def _extras() -> SetupCheck:
    return SetupCheck("extras", "; ".join(_extra(*extra) for extra in EXTRAS))


def _extra(package: str, extra: str, purpose: str) -> str:
    try:
        return f"{package} {version(package)} ({purpose})"
    except PackageNotFoundError:
        return f'no {package} ({purpose}): pip install "stylelab[{extra}]"'
