"""Is everything there that the course needs? One line for each thing, with what to do if not."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from stylelab.errors import StylelabError
from stylelab.network.weights import cache_folder, decode_weights, find_weights
from stylelab.pipeline.cost_estimate import estimate_cost
from stylelab.pipeline.hardware import available_cores, available_memory, convolution_speed
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGES = ("stylelab", "tensorflow", "keras", "numpy", "ipywidgets")
EXTRAS = (
    ("pillow-heif", "heif", "HEIC and HEIF pictures"),
    ("rawpy", "raw", "cameras' RAW files"),
    ("c2pa-python", "credentials", "Content Credentials"),
)
"""Packages that add something: name, our extra that installs it, and what for."""


@dataclass(frozen=True)
class SetupCheck:
    """One thing that was looked at.

    Attributes:
        name: what.
        found: what was found; what to do, if it is not as it should be.
        good: whether it is as it should be.
    """

    name: str
    found: str
    ok: bool = True

    def __str__(self) -> str:
        return f"{'ok ' if self.ok else '!! '} {self.name:<10} {self.found}"


@dataclass(frozen=True)
class SetupReport:
    """All checks; shows itself as one line each."""

    checks: tuple[SetupCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether all is as it should be."""
        return all(check.ok for check in self.checks)

    def __str__(self) -> str:
        return "\n".join(map(str, self.checks))

    __repr__ = __str__


def check_setup() -> SetupReport:
    """Look at everything that the course needs, and say what to do where something is missing."""
    checks: tuple[Callable[[], SetupCheck], ...] = (
        _python,
        _packages,
        _jupyter,
        _weights,
        _machine,
        _extras,
    )
    return SetupReport(tuple(_run(checks)))


def _run(checks: tuple[Callable[[], SetupCheck], ...]) -> Iterator[SetupCheck]:
    for check in checks:
        try:
            yield check()
        except Exception as error:  # noqa: BLE001 - the other checks say what they found all the same
            kind = "" if isinstance(error, StylelabError) else f"{type(error).__name__}: "
            yield SetupCheck(check.__name__.lstrip("_"), f"{kind}{error}", ok=False)


def _python() -> SetupCheck:
    place = Path(sys.prefix).name
    return SetupCheck("python", f"{platform.python_version()} on {platform.system()}, in {place}")


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
        advice = f"none in {cache_folder()} that are whole; run: stylelab weights"
        return SetupCheck("weights", advice, ok=False)
    decode_weights(path)
    return SetupCheck("weights", f"{path.name} in {_abbreviate_home(path.parent)}, verified")


def _abbreviate_home(folder: Path) -> str:
    """Write a path as `~/…`: a notebook that is passed on need not tell whose it was."""
    home = Path.home()
    return (
        f"~/{folder.relative_to(home).as_posix()}" if folder.is_relative_to(home) else str(folder)
    )


def _machine() -> SetupCheck:
    settings = Settings()
    forecast = estimate_cost((384, 512), settings)
    found = (
        f"{available_cores()} cores, {available_memory() / 1e9:.1f} GB free, "
        f"{convolution_speed() / 1e9:.0f} GFLOP/s; {settings.size} px take about "
        f"{round(forecast.seconds)} s and {forecast.memory / 1e9:.1f} GB"
    )
    if forecast.memory <= forecast.available:
        return SetupCheck("machine", found)
    return SetupCheck("machine", f"{found}, which is not free: take a smaller size", ok=False)


def _extras() -> SetupCheck:
    return SetupCheck("extras", "; ".join(_extra(*extra) for extra in EXTRAS))


def _extra(package: str, extra: str, purpose: str) -> str:
    try:
        return f"{package} {version(package)} ({purpose})"
    except PackageNotFoundError:
        return f'no {package} ({purpose}): pip install "stylelab[{extra}]"'
