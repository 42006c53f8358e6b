"""How long things take on this machine and how much they hold, measured to be trusted."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from stylelab.errors import SettingsError
from stylelab.network.layer_facts import LAYERS, layer_facts
from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable


def best_time(function: Callable[[], object], rounds: int = 5) -> float:
    """Measure the least of several times, in seconds, after one call that is not counted.

    Whatever else a machine does can only make a program slower. So the least time says most about the
    program, and the first call, which may compile or fetch something, says little.

    Args:
        function: what to measure; called without arguments.
        rounds: how many times are taken.

    Raises:
        SettingsError: `rounds` is less than 1.
    """
    if rounds < 1:
        raise SettingsError(f"Expected at least one round. Received: {rounds}.")
    function()
    seconds = []
    for _ in range(rounds):
        before = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - before)
    return min(seconds)


def convolution_seconds(height: int, width: int, rounds: int = 3) -> dict[str, float]:
    """Measure each convolution of VGG19, forwards, by layer name.

    Each gets maps and a kernel of the right shapes, all ones: how long a convolution takes does not
    hang on the values.

    Args:
        height: of the picture, in pixels; at least 16.
        width: of the picture, in pixels; at least 16.
        rounds: how many times are taken of each; the least counts.
    """
    tensorflow = import_tensorflow()
    seconds = {}
    for name, facts in LAYERS.items():
        if name.endswith("pool"):
            continue
        rows, columns, channels = facts.shape(height, width)
        maps = tensorflow.ones((1, rows, columns, facts.inputs))
        kernel = tensorflow.ones((3, 3, facts.inputs, channels))
        convolve = partial(tensorflow.nn.conv2d, maps, kernel, 1, "SAME")
        seconds[name] = best_time(lambda convolve=convolve: convolve().numpy(), rounds)  # type: ignore[misc]
    return seconds


def pass_seconds(name: str, height: int, width: int, rounds: int = 5) -> dict[str, float]:
    """Measure one convolution of VGG19 three ways: forward, and both gradients of the way back.

    Args:
        name: of the layer.
        height: of the picture, in pixels; at least 16.
        width: of the picture, in pixels; at least 16.
        rounds: how many times are taken of each; the least counts.

    Returns:
        Seconds of `"forward"`, `"gradient of the maps"` and `"gradient of the kernel"`.
    """
    operations: Any = import_tensorflow().raw_ops
    ones = import_tensorflow().ones
    facts = layer_facts(name)
    rows, columns, channels = facts.shape(height, width)
    maps, kernel = (1, rows, columns, facts.inputs), (3, 3, facts.inputs, channels)
    given: Any = {"strides": [1, 1, 1, 1], "padding": "SAME"}
    into, by, out = ones(maps), ones(kernel), ones((1, rows, columns, channels))
    calls = {
        "forward": partial(operations.Conv2D, input=into, filter=by, **given),
        "gradient of the maps": partial(
            operations.Conv2DBackpropInput, input_sizes=maps, filter=by, out_backprop=out, **given
        ),
        "gradient of the kernel": partial(
            operations.Conv2DBackpropFilter,
            input=into,
            filter_sizes=kernel,
            out_backprop=out,
            **given,
        ),
    }
    return {
        what: best_time(lambda call=call: call().numpy(), rounds)  # type: ignore[misc]
        for what, call in calls.items()
    }


def peak_memory(program: str) -> int:
    """Run a Python program in a process of its own, and measure the most memory that it held, in bytes.

    A process of its own, because one that has freed memory may not have given it back, and uses it
    again unseen. It is looked at every few milliseconds (its resident memory).

    Args:
        program: the text of a program, which may import stylelab.

    Raises:
        SettingsError: the program ended with an error.
    """
    import psutil

    peak = 0
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:  # noqa: S603 - their own
        child = psutil.Process(process.pid)
        while process.poll() is None:
            with suppress(psutil.Error):  # it may end at this moment
                peak = max(peak, int(child.memory_info().rss))
            time.sleep(POLL_SECONDS)
        stderr_text = (process.stderr.read() if process.stderr else b"").decode().strip()
    if process.returncode:
        raise SettingsError(
            f"Expected a program that runs to its end. Received: one that ended with "
            f"{(stderr_text or str(process.returncode)).splitlines()[-1]}."
        )
    return peak


POLL_SECONDS = 0.005
"""Seconds from one look at the memory to the next."""
