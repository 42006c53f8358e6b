"""What this machine has: memory, cores, and how fast it convolves."""

from __future__ import annotations

import os
import re
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from stylelab.network.tensorflow import import_tensorflow, run_eagerly

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESS = Path("/proc/self")

MAPPED_PER_CORE = {"RLIMIT_AS": 160_000_000, "RLIMIT_DATA": 75_000_000}
"""Bytes that TensorFlow maps for each core and never uses in a run, measured on two cores."""


def available_memory() -> int:
    """Bytes that this process may still take.

    The least of what is free, what is left to its control groups (a container, a batch job) and what
    is left of its address space (`ulimit -v`, `ulimit -d`). The page cache, which the kernel gives
    back when memory is asked for, counts as free. Swap does not count: a run that swaps takes hours.
    """
    import psutil

    free = psutil.virtual_memory().available
    return max(0, int(min([free, *_cgroup_memory_left(), *_rlimit_memory_left()])))


def used_memory() -> int:
    """Bytes of memory that this process holds (resident set size)."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def available_cores() -> int:
    """Number of processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


@cache
@run_eagerly
def convolution_speed() -> float:
    """Measure floating-point operations per second of a 3×3 convolution (takes about 0.1 s)."""
    tensorflow = import_tensorflow()
    picture, kernel = tensorflow.ones((1, 96, 96, 128)), tensorflow.ones((3, 3, 128, 128))
    seconds = []
    for _ in range(4):
        before = time.perf_counter()
        tensorflow.nn.conv2d(picture, kernel, 1, "SAME").numpy()
        seconds.append(time.perf_counter() - before)
    return 2 * 96 * 96 * 128 * 128 * 9 / min(seconds)


_CGROUP_FILES: dict[int, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    2: (
        ("memory.max", "memory.high"),
        "memory.current",
        ("inactive_file", "active_file", "slab_reclaimable"),
    ),
    1: (
        ("memory.limit_in_bytes",),
        "memory.usage_in_bytes",
        ("total_inactive_file", "total_active_file"),
    ),
}
"""By version of control groups: files of limits, of what is held, and what of it can be reclaimed."""


def _cgroup_memory_left() -> Iterator[int]:
    """Yield what is left to each control group, version 1 or 2, that the process is in."""
    for group in _cgroup_folders():
        stat = _read_numbers(group / "memory.stat")
        version = 2 if (group / "memory.current").is_file() else 1
        limits, used, reclaimable = _CGROUP_FILES[version]
        try:
            held = int((group / used).read_text()) - sum(stat.get(name, 0) for name in reclaimable)
        except (OSError, ValueError):  # the root of version 2 does not count
            continue
        for name in limits:
            try:
                yield int((group / name).read_text()) - max(0, held)
            except (OSError, ValueError):  # "max": no limit
                continue


def _cgroup_folders() -> Iterator[Path]:
    """Yield the folder of each control group of memory that the process is in, up to the root.

    See cgroups(7) and proc(5), on /proc/pid/cgroup and /proc/pid/mountinfo.
    """
    paths = {}
    for line in _read_lines(PROCESS / "cgroup"):
        number, controllers, path = line.split(":", 2)
        if number == "0" or "memory" in controllers.split(","):
            paths["cgroup2" if number == "0" else "cgroup"] = path
    for line in _read_lines(PROCESS / "mountinfo"):
        before, _, after = line.partition(" - ")
        root, folder = (_unescape(part) for part in before.split(" ")[3:5])
        kind, _, options = after.split(" ", 2)
        if kind not in paths or (kind == "cgroup" and "memory" not in options.split(",")):
            continue
        top = Path(folder)
        own = Path(paths[kind])
        # In a namespace the path may not lie below what is mounted; then the mount is the group.
        inside = own.is_relative_to(root) and ".." not in own.parts
        group = top / own.relative_to(root) if inside else top
        yield from [group, *(above for above in group.parents if above.is_relative_to(top))]


def _rlimit_memory_left() -> Iterator[int]:
    """Yield what the process's own limits leave, less what TensorFlow maps and never uses."""
    import psutil

    try:
        import resource
    except ImportError:  # Windows
        return
    mapped = psutil.Process().memory_info()
    for name, taken in {"RLIMIT_AS": mapped.vms, "RLIMIT_DATA": getattr(mapped, "data", 0)}.items():
        limit, _ = resource.getrlimit(getattr(resource, name))
        if limit != resource.RLIM_INFINITY:
            yield limit - taken - MAPPED_PER_CORE[name] * available_cores()


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:  # no such file on this system
        return []


def _read_numbers(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in _read_lines(path))
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}  # noqa: PLR2004


def _unescape(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), path)
