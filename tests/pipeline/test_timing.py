import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stylelab.errors import SettingsError
from stylelab.network.layer_facts import LAYERS
from stylelab.network.tensorflow import import_tensorflow
from stylelab.pipeline import timing
from stylelab.pipeline.timing import best_time, convolution_seconds, peak_memory


class Clock:
    """A clock that a function under test moves on."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


def test_the_minimum_time_counts_without_the_first_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    takes = iter([0.01, 3.0, 0.5, 2.0, 9.0])  # the first would be the least

    def work() -> None:
        clock.now += next(takes)

    assert best_time(work, rounds=3) == pytest.approx(0.5)
    assert next(takes) == 9.0


def test_at_least_one_round_is_required() -> None:
    with pytest.raises(SettingsError, match="at least one round"):
        best_time(lambda: None, rounds=0)


def test_every_convolution_is_timed_with_its_own_shapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tensorflow: Any = import_tensorflow()
    seen = []
    convolve = tensorflow.nn.conv2d

    def watched(maps: Any, kernel: Any, *rest: Any) -> Any:
        answer = convolve(maps, kernel, *rest)
        seen.append((kernel.shape[2], tuple(answer.shape[1:])))
        return answer

    monkeypatch.setattr(tensorflow.nn, "conv2d", watched)
    seconds = convolution_seconds(32, 48, rounds=1)
    names = [name for name in LAYERS if "conv" in name]
    assert list(seconds) == names
    assert min(seconds.values()) > 0
    shapes = [(LAYERS[name].inputs, LAYERS[name].shape(32, 48)) for name in names]
    assert seen[1::2] == shapes


HOLDING = """
import pathlib, time
folder = pathlib.Path({folder!r})

def be_looked_at(name):
    (folder / name).touch()
    while not (folder / f"{{name}} seen").exists():
        time.sleep(0.001)

held = bytearray({size})
be_looked_at("held")
del held
be_looked_at("freed")
"""


def test_temporary_memory_of_a_program_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program waits until it has been looked at, however long that takes."""
    there: list[str] = []

    def after_a_look(seconds: float) -> None:
        for name in there:  # it was there before this look
            (folder / f"{name} seen").touch()
        there[:] = [name for name in ("held", "freed") if (folder / name).exists()]
        time.sleep(seconds)

    monkeypatch.setattr(timing, "time", SimpleNamespace(sleep=after_a_look))
    peaks = []
    for size in (1, 60_000_000):
        folder = tmp_path / str(size)
        folder.mkdir()
        there.clear()
        peaks.append(peak_memory(HOLDING.format(folder=str(folder), size=size)))
    bare, freed = peaks
    assert 1e6 < bare < 40e6
    assert 50e6 < freed - bare < 70e6


def test_a_failing_program_is_reported() -> None:
    with pytest.raises(SettingsError, match="ended with ZeroDivisionError"):
        peak_memory("1 / 0")


def test_the_passes_of_a_convolution_are_timed_with_its_own_shapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    results = []

    def timed(function: Any, rounds: int) -> float:
        results.append(function().shape)
        return float(len(results) * rounds)

    monkeypatch.setattr(timing, "best_time", timed)
    seconds = timing.pass_seconds("block2_conv1", 32, 48, rounds=2)
    assert seconds == {"forward": 2, "gradient of the maps": 4, "gradient of the kernel": 6}
    assert results == [(1, 16, 24, 128), (1, 16, 24, 64), (3, 3, 64, 128)]
