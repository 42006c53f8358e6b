import gc
import mmap
import os
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from stylelab.pipeline import hardware


@dataclass
class Groups:
    """A folder instead of the kernel's files about this process and its control groups."""

    folder: Path

    def process_is_in(self, *groups: str) -> None:
        (self.folder / "cgroup").write_text("".join(f"{group}\n" for group in groups))

    def mounted(self, *mounts: str) -> None:
        lines = (f"30 23 0:26 {mount}\n" for mount in ("/ / rw - ext4 /dev/sda rw", *mounts))
        (self.folder / "mountinfo").write_text("".join(lines))

    def write(self, group: str, **files: object) -> None:
        folder = self.folder / group
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name.replace("__", ".")).write_text(f"{content}\n")

    def version_2(self, group: str, limit: object, used: int, stat: str = "anon 1") -> None:
        self.write(group, memory__max=limit, memory__current=used, memory__stat=stat)

    def version_1(self, group: str, limit: int, used: int, stat: str = "cache 1") -> None:
        files = {"memory__limit_in_bytes": limit, "memory__usage_in_bytes": used}
        self.write(group, **files, memory__stat=f"{stat}\ntotal_inactive_file 0")


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Groups:
    monkeypatch.setattr(hardware, "PROCESS", tmp_path)
    free = psutil.virtual_memory()._replace(available=123_456_789)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)  # the real one never stands still
    return Groups(tmp_path)


@pytest.mark.usefixtures("groups")
def test_without_a_container_all_free_memory_is_available() -> None:
    assert hardware.available_memory() == 123_456_789


CACHE = "anon 5\nfile 900\ninactive_file 300\nactive_file 200\nunevictable 7\nslab_reclaimable 100"


def test_a_containers_limit_is_reduced_by_its_use_beyond_the_page_cache(
    groups: Groups,
) -> None:
    groups.process_is_in("0::/")
    groups.mounted(f"/ {groups.folder}/v2 rw - cgroup2 cgroup rw,nsdelegate")
    groups.version_2("v2", 2000, 1500)
    assert hardware.available_memory() == 500
    groups.version_2("v2", 2000, 1500, CACHE)
    assert hardware.available_memory() == 500 + 300 + 200 + 100
    groups.version_2("v2", 2000, 2500)
    assert hardware.available_memory() == 0
    groups.version_2("v2", 2000, 100, CACHE)  # counters are not read all at once
    assert hardware.available_memory() == 2000


def test_memory_high_counts_like_memory_max(
    groups: Groups,
) -> None:
    groups.process_is_in("0::/")
    groups.mounted(f"/ {groups.folder}/v2 rw - cgroup2 cgroup rw")
    groups.version_2("v2", "max", 1500)
    assert hardware.available_memory() == 123_456_789
    groups.write("v2", memory__high=1800)
    assert hardware.available_memory() == 300


def test_every_parent_cgroup_counts(groups: Groups) -> None:
    groups.process_is_in("0::/user.slice/job 7/step")
    mount = str(groups.folder / "v 2").replace(" ", "\\040")
    groups.mounted(f"/ {mount} rw shared:9 - cgroup2 cgroup rw")
    groups.version_2("v 2/user.slice/job 7/step", "max", 10)
    groups.version_2("v 2/user.slice/job 7", 5000, 1000)
    groups.version_2("v 2/user.slice", 9000, 8000, CACHE)
    groups.version_2("v 2/user.slice/job 8", 10, 10)  # another's
    assert hardware.available_memory() == 9000 - 8000 + 600
    groups.version_2("v 2/user.slice/job 7/step", 700, 600)
    assert hardware.available_memory() == 100


@pytest.mark.parametrize(
    ("root", "own"),
    [
        ("/docker/ab12", "/docker/ab12"),  # the host's names, only its own folder mounted
        ("/docker/ab12", "/"),  # a namespace of its own, mounted from outside
        ("/../..", "/"),
        ("/", "/../ab12"),
        ("/docker/ab12", "/docker/ab1"),
    ],
)
def test_the_mounted_cgroup_is_used_where_paths_do_not_match(
    root: str, own: str, groups: Groups
) -> None:
    groups.process_is_in(f"0::{own}")
    groups.mounted(f"{root} {groups.folder}/v2 ro - cgroup2 cgroup rw")
    groups.version_2("v2", 2000, 1500)
    assert hardware.available_memory() == 500


def test_cgroup_version_1_counts_too(groups: Groups) -> None:
    groups.process_is_in("5:cpu,cpuacct:/docker/a", "4:hugetlb,memory:/docker/a", "0::/docker/a")
    groups.mounted(
        f"/ {groups.folder}/cpu rw - cgroup cgroup rw,cpu,cpuacct",
        f"/ {groups.folder}/memory rw - cgroup cgroup rw,hugetlb,memory",
        f"/ {groups.folder}/unified rw - cgroup2 cgroup2 rw",
    )
    groups.version_1("cpu/docker/a", 0, 10)  # no group of memory
    groups.write("unified/docker/a", cgroup__procs=1)  # version 2 beside it, without memory
    groups.version_1("memory", 9_223_372_036_854_771_712, 1)
    groups.version_1("memory/docker", 2000, 1900, "total_active_file 50\nactive_file 777")
    groups.version_1("memory/docker/a", 3000, 1000)
    assert hardware.available_memory() == 150


def test_empty_files_are_skipped(groups: Groups) -> None:
    groups.process_is_in("0::/gone")
    groups.mounted(f"/ {groups.folder}/v2 rw - cgroup2 cgroup rw")
    groups.write("v2", memory__max="", memory__current="", memory__stat="")
    assert hardware.available_memory() == 123_456_789


@pytest.mark.usefixtures("groups")
@pytest.mark.parametrize("name", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_an_address_space_limit_counts_only_memory_tensorflow_can_use(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    limits = {name: 2_500_000_000 + 2 * hardware.MAPPED_PER_CORE[name] + 1000}
    names = {getattr(resource, each): each for each in ("RLIMIT_AS", "RLIMIT_DATA")}
    monkeypatch.setattr(
        resource, "getrlimit", lambda which: (limits.get(names[which], resource.RLIM_INFINITY), -1)
    )
    info = psutil.Process().memory_info()._replace(vms=2_500_000_000, data=2_500_000_000)
    monkeypatch.setattr(psutil.Process, "memory_info", lambda _: info)
    monkeypatch.setattr(hardware, "available_cores", lambda: 2)
    assert hardware.available_memory() == 1000
    limits[name] = 2_500_000_001
    assert hardware.available_memory() == 0


def test_used_memory_includes_new_allocations() -> None:
    size = 200_000_000
    gc.collect()  # what else would be freed meanwhile
    before = hardware.used_memory()
    with mmap.mmap(-1, size) as ballast:  # fresh pages, never those that were freed before
        for _ in range(200):
            ballast.write(b"x" * 1_000_000)
        held = hardware.used_memory() - before
    assert held == pytest.approx(size, rel=0.25)


def test_only_cores_available_to_this_process_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= hardware.available_cores() <= (os.cpu_count() or 1)
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
        assert hardware.available_cores() == 3


def test_convolution_speed_is_plausible() -> None:
    assert 1e8 < hardware.convolution_speed() < 1e16
