import errno
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylelab import checkpoint
from stylelab._files import load_arrays, save_arrays
from stylelab.checkpoint import Checkpoint, Progress, Record
from stylelab.errors import CheckpointError, OutputError
from stylelab.features import LEARNED
from stylelab.images import Picture, resize
from stylelab.optimizers import adam
from stylelab.samples import sample
from stylelab.settings import Settings
from stylelab.transfer import transfer

QUICK: dict[str, Any] = {"size": 160, "steps": 6, "progress": False}


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_stopped_run_resumes_to_the_same_bits(
    optimizer: str, photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"size": 132, "steps": 4, "progress": False, "optimizer": optimizer}
    through = transfer(photo, painting, **given)
    state = tmp_path / "state.npz"

    def stop_at(stage: int, iteration: int) -> Any:
        return lambda p: p.stage == stage and p.step.iteration == iteration

    # The start, the middle, a stage's last step, the next stage's first, one in it.
    for place in ((0, 0), (0, 2), (0, 4), (1, 0), (1, 2)):
        early = transfer(photo, painting, **given, checkpoint=state, callback=stop_at(*place))
        assert (early.history[-1].stage, early.history[-1].iteration) == place
    resumed = transfer(photo, painting, **given, checkpoint=state)
    assert resumed.stopped is None
    np.testing.assert_array_equal(resumed.image, through.image)
    assert [r.loss for r in resumed.history] == [r.loss for r in through.history]
    again = transfer(photo, painting, **given, checkpoint=state)  # finished: nothing to do
    np.testing.assert_array_equal(again.image, through.image)


def test_the_best_picture_outlives_a_stop_though_later_steps_were_worse(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    settings = Settings(size=64, steps=2, optimizer="adam")
    loss = settings.loss(photo, resize(painting, 64))
    white = next(adam(loss, start=np.ones_like(photo)))
    *_, good = adam(loss, start=photo, steps=3)
    assert good.loss < white.loss
    store = Checkpoint(tmp_path / "state.npz", (photo, painting, None, None), settings, LEARNED)
    first = Record(0, 43, 64, 0, 1, white.loss, dict(white.terms), 0.0)
    store.save(Progress(settings.stages(*photo.shape[:2]), 0, white, good, (first,)))
    result = transfer(
        photo, painting, size=64, steps=2, optimizer="adam", progress=False, checkpoint=store.path
    )
    assert [record.iteration for record in result.history] == [0, 1, 2]
    assert all(record.loss > good.loss for record in result.history)
    np.testing.assert_array_equal(result.image, good.image)


def test_records_come_back_as_they_were_also_from_files_that_know_of_no_changed_weights(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    settings = Settings(size=64, steps=2)
    start = next(adam(settings.loss(photo, resize(painting, 64)), start=photo))
    records = tuple(
        Record(0, 43, 64, 0, 1, start.loss, dict(start.terms), 0.5, changed=changed)
        for changed in (False, True)
    )
    store = Checkpoint(tmp_path / "state.npz", (photo, painting, None, None), settings, LEARNED)
    stages = settings.stages(*photo.shape[:2])
    store.save(Progress(stages, 0, start, start, records))
    loaded = store.load()
    assert loaded is not None
    assert loaded.history == records
    facts, arrays = load_arrays(tmp_path / "state.npz")
    for record in facts["history"]:
        del record["changed"]
    save_arrays(tmp_path / "state.npz", facts, arrays)
    loaded = store.load()
    assert loaded is not None
    assert [record.changed for record in loaded.history] == [False, False]


KILLED = """
import sys
import stylelab
import stylelab.checkpoint
stylelab.checkpoint.SECONDS_BETWEEN_CHECKPOINTS = 0.0
stylelab.transfer(
    stylelab.sample("cat", 64), stylelab.sample("swirling_night", 80),
    size=132, steps=40, progress=False, checkpoint=sys.argv[1],
)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_after_a_kill_at_any_moment_resuming_ends_in_the_same_bits(tmp_path: Path) -> None:
    state = tmp_path / "state.npz"
    random = np.random.default_rng(int.from_bytes(os.urandom(4)))
    for _ in range(2):  # killed, resumed, killed again
        before = state.stat().st_mtime_ns if state.exists() else 0
        with subprocess.Popen([sys.executable, "-c", KILLED, str(state)]) as run:
            while run.poll() is None:
                time.sleep(0.02)
                if state.exists() and state.stat().st_mtime_ns > before:
                    break
            time.sleep(random.uniform(0, 0.5))
            run.send_signal(signal.SIGKILL)
    given: dict[str, Any] = {"size": 132, "steps": 40, "progress": False}
    sources = sample("cat", 64), sample("swirling_night", 80)
    resumed = transfer(*sources, **given, checkpoint=state)
    np.testing.assert_array_equal(resumed.image, transfer(*sources, **given).image)


def test_a_checkpoint_of_another_run_is_refused_and_kept(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    state = tmp_path / "state.npz"
    transfer(photo, painting, **QUICK, checkpoint=state, callback=lambda _: True)
    kept = state.read_bytes()
    others: list[dict[str, Any]] = [
        {"style_weight": 11.0},
        {"weights": None},
        {"start": np.ones((30, 30, 3), np.float32)},
    ]
    for other in others:
        with pytest.raises(CheckpointError, match="belongs to other"):
            transfer(photo, painting, **QUICK, **other, checkpoint=state)
    with pytest.raises(CheckpointError, match="belongs to other"):
        transfer(photo, photo, **QUICK, checkpoint=state)
    assert state.read_bytes() == kept


@pytest.mark.parametrize("damage", [b"", b"nothing of ours", None])
def test_a_damaged_checkpoint_is_refused(
    damage: bytes | None, photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    state = tmp_path / "state.npz"
    transfer(photo, painting, **QUICK, checkpoint=state, callback=lambda _: True)
    state.write_bytes(state.read_bytes()[:-1000] if damage is None else damage)
    with pytest.raises(CheckpointError, match=r"Received.*state\.npz"):
        transfer(photo, painting, **QUICK, checkpoint=state)


def test_a_checkpoint_in_a_missing_folder_is_refused_before_the_run(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="folder that exists"):
        transfer(photo, painting, **QUICK, checkpoint=tmp_path / "none" / "state.npz")


def test_a_full_disk_ends_the_run_and_keeps_the_picture(
    photo: Picture, painting: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    monkeypatch.setattr(checkpoint, "save_arrays", full)
    with pytest.warns(RuntimeWarning, match=r"last good picture was kept.*No space left"):
        result = transfer(photo, painting, **QUICK, checkpoint=tmp_path / "state.npz")
    assert result.image.shape == (108, 160, 3)
    assert result.stopped is not None
    assert "Free some space" in result.stopped


def test_ctrl_c_while_the_state_is_written_keeps_the_picture(
    photo: Picture, painting: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN_CHECKPOINTS", math.inf)  # only at the end
    monkeypatch.setattr(checkpoint, "save_arrays", interrupted)
    result = transfer(photo, painting, **QUICK, checkpoint=tmp_path / "state.npz")
    assert result.history[-1].stage == 1
    assert result.stopped is not None
