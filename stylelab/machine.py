"""What this machine has: memory, cores, and how fast it convolves."""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path

from stylelab._tensorflow import import_tensorflow

CGROUPS = Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Bytes that this process may still take: what is free, or what its container has left."""
    import psutil

    free = psutil.virtual_memory().available
    return int(min([free, *(max(0, limit - used) for limit, used in _container_limits())]))


def used_memory() -> int:
    """Bytes of memory that this process holds (resident set size)."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def cores() -> int:
    """Number of processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


@cache
def convolution_speed() -> float:
    """Measure floating-point operations per second of a 3×3 convolution (takes about 0.1 s)."""
    tf = import_tensorflow()
    picture, kernel = tf.ones((1, 96, 96, 128)), tf.ones((3, 3, 128, 128))
    seconds = []
    for _ in range(4):
        before = time.perf_counter()
        tf.nn.conv2d(picture, kernel, 1, "SAME").numpy()
        seconds.append(time.perf_counter() - before)
    return 2 * 96 * 96 * 128 * 128 * 9 / min(seconds)


def _container_limits() -> list[tuple[int, int]]:
    """Pairs (limit, used) of the container's control group, version 2 or 1, if there is one."""
    files = [
        (CGROUPS / "memory.max", CGROUPS / "memory.current"),
        (CGROUPS / "memory/memory.limit_in_bytes", CGROUPS / "memory/memory.usage_in_bytes"),
    ]
    found = []
    for limit, used in files:
        try:
            found.append((int(limit.read_text()), int(used.read_text())))
        except (OSError, ValueError):  # no such group, or "max": no limit
            continue
    return found
