import contextlib
import dataclasses
import errno
import itertools
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
from plans import plan_for

from stylelab.errors import CheckpointError, OutputError
from stylelab.losses.style import style
from stylelab.optimizers.adam import adam
from stylelab.pictures.images import Picture, resize
from stylelab.pictures.npz_files import load_arrays, save_arrays
from stylelab.pictures.saving import save_image
from stylelab.pipeline import checkpoint
from stylelab.pipeline.checkpoint import Checkpoint
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.transfer import transfer
from stylelab.samples.catalogue import sample

QUICK: dict[str, Any] = {"size": 160, "coarsest_size": 128, "steps": 6, "progress": False}


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_stopped_run_resumes_bit_for_bit(
    optimizer: str, photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    given: dict[str, Any] = {
        "size": 132,
        "coarsest_size": 128,
        "steps": 4,
        "progress": False,
        "optimizer": optimizer,
    }
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


def test_the_best_picture_survives_a_stop_after_worse_steps(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    settings = Settings(size=64, steps=2, optimizer="adam")
    loss = settings.loss(photo, settings.style_loss(resize(painting, 64)))
    white = next(adam(loss, start=np.ones_like(photo)))
    *_, good = adam(loss, start=photo, steps=3)
    assert good.loss < white.loss
    store = Checkpoint(tmp_path / "state.npz", plan_for(photo, painting, settings))
    first = Record(0, 43, 64, 0, 1, white.loss, dict(white.terms), 0.0)
    store.save(Progress(settings.stages(*photo.shape[:2]), 0, white, good, (first,)))
    result = transfer(
        photo, painting, size=64, steps=2, optimizer="adam", progress=False, checkpoint=store.path
    )
    assert [record.iteration for record in result.history] == [0, 1, 2]
    assert all(record.loss > good.loss for record in result.history)
    np.testing.assert_array_equal(result.image, good.image)


def test_records_survive_a_round_trip(photo: Picture, painting: Picture, tmp_path: Path) -> None:
    settings = Settings(size=64, steps=2)
    start = next(adam(settings.loss(photo, settings.style_loss(resize(painting, 64))), start=photo))
    records = tuple(
        Record(0, 43, 64, 0, 1, start.loss, dict(start.terms), 0.5, changed=changed)
        for changed in (False, True)
    )
    store = Checkpoint(tmp_path / "state.npz", plan_for(photo, painting, settings))
    stages = settings.stages(*photo.shape[:2])
    store.save(Progress(stages, 0, start, start, records))
    loaded = store.load()
    assert loaded is not None
    assert loaded.history == records


KILLED = """
import sys
import stylelab
import stylelab.pipeline.checkpoint
stylelab.pipeline.checkpoint.SECONDS_BETWEEN_CHECKPOINTS = 0.0
stylelab.pipeline.checkpoint.SHARE_OF_TIME = 1e9
stylelab.transfer(
    stylelab.sample("cat", 64), stylelab.sample("swirling_night", 80),
    size=132, coarsest_size=128, steps=12, progress=False, checkpoint=sys.argv[1],
)
"""


@pytest.mark.network
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_resuming_after_a_kill_at_any_moment_is_bit_identical(tmp_path: Path) -> None:
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
        assert run.returncode == -signal.SIGKILL
    given: dict[str, Any] = {"size": 132, "coarsest_size": 128, "steps": 12, "progress": False}
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


def test_a_finished_run_continues_for_more_steps_and_is_reused_for_the_same(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    state = tmp_path / "state.npz"
    given: dict[str, Any] = {"size": 64, "progress": False, "checkpoint": state}
    through = transfer(photo, painting, size=64, steps=6, progress=False)
    first = transfer(photo, painting, steps=3, **given)
    assert [record.iteration for record in first.history] == [0, 1, 2, 3]
    kept = state.read_bytes()
    again = transfer(photo, painting, steps=3, **given)
    np.testing.assert_array_equal(again.image, first.image)
    assert state.read_bytes() == kept
    # With one size only, more steps are those of a run that was never stopped.
    more = transfer(photo, painting, steps=6, **given)
    np.testing.assert_array_equal(more.image, through.image)
    with pytest.raises(CheckpointError, match=r"Ask for more steps"):
        transfer(photo, painting, steps=5, **given)


def test_additional_steps_continue_at_the_last_size(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    given: dict[str, Any] = {
        "size": 132,
        "coarsest_size": 128,
        "progress": False,
        "checkpoint": tmp_path / "state.npz",
    }
    first = transfer(photo, painting, steps=3, **given)
    more = transfer(photo, painting, steps=6, **given)
    taken = [(record.stage, record.iteration) for record in more.history]
    assert taken == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4)]
    assert more.history[: len(first.history)] == first.history
    assert more.history[-1].loss < first.history[-1].loss


@pytest.mark.parametrize("slow", [0.0, 1e-5, 1e-4])
def test_checkpoints_take_at_most_5_percent_of_the_time(
    slow: float, photo: Picture, painting: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that advances only on request: 1 s a step, and so many seconds for each byte."""
    now = 0.0
    saved = []

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return now

    class SlowBytes:
        def write(self, data: bytes) -> None:
            nonlocal now
            now += slow * len(data)

    def save(_path: Path, _facts: Any, arrays: Any) -> None:
        nonlocal now
        now += slow * sum(array.nbytes for array in arrays.values())
        saved.append(now)

    monkeypatch.setattr(checkpoint, "time", Clock)
    monkeypatch.setattr(checkpoint, "save_arrays", save)
    monkeypatch.setattr(checkpoint, "atomic_write", lambda _: contextlib.nullcontext(SlowBytes()))
    settings = Settings(size=64, steps=2)
    start = next(adam(settings.loss(photo, settings.style_loss(resize(painting, 64))), start=photo))
    store = Checkpoint(tmp_path / "state.npz", plan_for(photo, painting, settings))
    spent = 0.0
    for _ in range(2000):
        now += 1.0
        before = now
        step = dataclasses.replace(start)
        store.save_if_due(Progress(store.stages, 0, step, step, ()))
        spent += now - before
        assert spent <= 0.05 * now + slow * checkpoint.MAX_TRIAL_BYTES
    assert len(saved) >= (390 if slow == 0 else 10)
    assert all(later - sooner >= 5 for sooner, later in itertools.pairwise(saved))


@pytest.mark.parametrize("content", [b"", b"nothing of ours", b"PK\x03\x04 another archive", None])
def test_a_file_that_is_not_a_checkpoint_is_reported_and_kept(
    content: bytes | None, photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    path = tmp_path / "mine.png"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    np.savez(tmp_path / "arrays.npz", a=np.ones(3))
    for given in (path, tmp_path / "arrays.npz"):
        before = given.read_bytes() if given.is_file() else None
        with pytest.raises(CheckpointError, match=r"a folder|another kind of file") as caught:
            transfer(photo, painting, **QUICK, checkpoint=given)
        assert "elete" not in str(caught.value)
        assert (given.read_bytes() if given.is_file() else None) == before


def test_a_checkpoint_of_an_earlier_version_is_refused(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    state = tmp_path / "state.npz"
    transfer(photo, painting, **QUICK, checkpoint=state, callback=lambda _: True)
    facts, arrays = load_arrays(state)
    del facts["version"]
    save_arrays(state, facts, arrays)
    with pytest.raises(CheckpointError, match="another version"):
        transfer(photo, painting, **QUICK, checkpoint=state)


def test_a_checkpoint_never_replaces_an_input_picture(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    path = save_image(tmp_path / "photo.png", photo)
    beside = tmp_path / "photo.png.rights.toml"
    beside.write_text('author = "A. Reader"')
    style_term = style(path)
    for sources, start, state in (
        ((path, painting), "content", path),
        ((photo, [painting, path]), "content", path),
        ((photo, style_term), "content", path),
        ((photo, painting), path, path),
        ((path, painting), "content", beside),
    ):
        with pytest.raises(OutputError, match="the checkpoint to be a file of its own"):
            transfer(*sources, **QUICK, start=start, checkpoint=state)


def test_a_damaged_checkpoint_is_refused(photo: Picture, painting: Picture, tmp_path: Path) -> None:
    state = tmp_path / "state.npz"
    transfer(photo, painting, **QUICK, checkpoint=state, callback=lambda _: True)
    state.write_bytes(state.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match=r"Received.*state\.npz, which is one, but damaged"):
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
    monkeypatch.setattr(checkpoint, "MAX_TIME_SHARE", 1e9)
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
