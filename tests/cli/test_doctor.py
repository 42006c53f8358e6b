from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from stylelab.cli import doctor
from stylelab.cli.doctor import check_setup
from stylelab.network import weights
from stylelab.pipeline import cost_estimate


def test_nothing_is_missing_in_this_environment() -> None:
    setup = check_setup()
    assert setup.ok, str(setup)
    assert all(line.startswith("ok ") for line in repr(setup).splitlines())
    assert version("tensorflow") in str(setup)


def test_damaged_weights_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights.bin").write_text("damaged")
    monkeypatch.setenv("STYLELAB_WEIGHTS", str(tmp_path / "weights.bin"))
    setup = check_setup()
    assert not setup.ok
    (line,) = [line for line in str(setup).splitlines() if line.startswith("!!")]
    assert "weights" in line
    assert "run: stylelab weights" in line


def test_missing_weights_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STYLELAB_WEIGHTS", raising=False)
    monkeypatch.setattr(weights, "cache_folder", lambda: tmp_path)
    assert "run: stylelab weights" in str(check_setup())


def test_missing_jupyter_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        if name == "jupyterlab":
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(doctor, "version", missing)
    assert "pip install jupyterlab" in str(check_setup())


def test_too_little_memory_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_estimate, "available_memory", lambda: 0)
    monkeypatch.setattr(cost_estimate, "used_memory", lambda: 0)
    assert "take a smaller size" in str(check_setup())
