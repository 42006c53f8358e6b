import dataclasses
import itertools
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import stylelab.transfer  # the function of that name hides the module
from stylelab.errors import (
    CheckpointError,
    DivergedError,
    PictureError,
    SettingsError,
)
from stylelab.images import Picture
from stylelab.losses import content, style
from stylelab.samples import sample
from stylelab.saving import read_settings
from stylelab.transfer import Progress, Settings, Stage, estimate, transfer, transfer_steps

module: Any = sys.modules["stylelab.transfer"]
QUICK: dict[str, Any] = {"size": 160, "steps": 6, "progress": False}


def loss_of(picture: Any, photo: Picture, painting: Picture) -> float:
    shape = picture.shape[:2]
    from stylelab.images import resize, resize_to

    loss = content(resize_to(photo, *shape)) + 30 * style(resize(painting, max(shape)))
    return loss(picture).loss


@pytest.fixture(scope="module")
def painted(photo: Picture, painting: Picture) -> Any:
    return transfer(photo, painting, **QUICK)


def test_a_painted_picture_has_the_size_asked_for_and_is_nearer_to_both(
    painted: Any, photo: Picture, painting: Picture
) -> None:
    assert painted.image.shape == (108, 160, 3)
    assert painted.image.dtype == np.float32
    assert 0 <= painted.image.min() <= painted.image.max() <= 1
    assert painted.stopped is None
    start = loss_of(stylelab.resize(photo, 160), photo, painting)
    assert loss_of(painted.image, photo, painting) < 0.5 * start


def test_the_history_has_every_step_of_every_stage(painted: Any) -> None:
    stages = [(r.stage, r.width, r.iteration) for r in painted.history]
    first = [(0, 128, i) for i in range(7)]
    second = [(1, 160, i) for i in range(5)]
    assert stages == first + second
    seconds = [r.seconds for r in painted.history]
    assert seconds == sorted(seconds)
    assert painted.seconds == seconds[-1]


def test_the_last_loss_is_that_of_the_picture_given_back(
    painted: Any, photo: Picture, painting: Picture
) -> None:
    last = painted.history[-1]
    assert loss_of(painted.image, photo, painting) == pytest.approx(last.loss, rel=1e-3)


def test_the_same_call_gives_the_same_bits(painted: Any, photo: Picture, painting: Picture) -> None:
    np.testing.assert_array_equal(transfer(photo, painting, **QUICK).image, painted.image)


def test_noise_depends_on_the_seed_and_a_given_start_is_used(
    photo: Picture, painting: Picture
) -> None:
    def first(**given: Any) -> Any:
        return transfer(photo, painting, **QUICK, **given, callback=lambda _: True).image

    assert not np.array_equal(first(start="noise"), first(start="noise", seed=1))
    np.testing.assert_array_equal(first(start="noise"), first(start="noise"))
    white = np.ones((40, 60, 3), np.float32)
    np.testing.assert_allclose(first(start=white), 1)


def test_saved_pictures_remember_their_settings(painted: Any, tmp_path: Path) -> None:
    stored = read_settings(painted.save(tmp_path / "cat.png", photo="cat"))
    assert stored is not None
    assert stored["photo"] == "cat"
    for field in dataclasses.fields(Settings):
        value = getattr(painted.settings, field.name)
        assert stored[field.name] == (list(value) if isinstance(value, tuple) else value)


# How the sizes are planned


@given(st.integers(16, 3000), st.integers(16, 3000), st.integers(16, 4096))
def test_sizes_grow_to_the_one_asked_for_and_at_most_double(
    height: int, width: int, size: int
) -> None:
    stages = Settings(size=size).stages(height, width)
    long = [max(stage.height, stage.width) for stage in stages]
    assert long[-1] == size
    for before, after in itertools.pairwise(stages):
        assert max(before.height, before.width) < max(after.height, after.width)
        assert max(after.height, after.width) <= 2.1 * max(before.height, before.width)
        assert before.steps >= after.steps >= 1
    assert min(min(stage.height, stage.width) for stage in stages) >= 16


def test_default_sizes_are_doublings_with_two_thirds_of_the_steps() -> None:
    assert Settings().stages(384, 512) == (
        Stage(96, 128, 60),
        Stage(192, 256, 40),
        Stage(384, 512, 27),
    )


def test_a_panorama_can_be_painted(painting: Picture) -> None:
    wide = np.random.default_rng(0).random((20, 300, 3), dtype=np.float32)
    result = transfer(wide, painting, size=300, steps=1, progress=False)
    assert result.image.shape == (20, 300, 3)
    transfer(painting, wide, size=64, steps=1, progress=False)


# How a run ends early


def test_ctrl_c_keeps_the_best_picture_at_the_size_asked_for(
    photo: Picture, painting: Picture
) -> None:
    seen: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress)
        if progress.stage == 0 and progress.step.iteration == 3:
            raise KeyboardInterrupt

    result = transfer(photo, painting, **QUICK, callback=interrupt)
    assert result.stopped == "interrupted at step 3 of 6, 128 × 86 px"
    assert result.image.shape == (108, 160, 3)
    small = stylelab.resize_to(seen[-1].step.image, 108, 160)
    np.testing.assert_array_equal(result.image, small)


def test_a_callback_that_answers_true_stops(photo: Picture, painting: Picture) -> None:
    result = transfer(
        photo, painting, **QUICK, callback=lambda progress: progress.step.iteration == 2
    )
    assert len(result.history) == 3
    assert result.stopped is not None
    assert "callback" in result.stopped


def test_leaving_the_loop_of_steps_stops(photo: Picture, painting: Picture) -> None:
    steps = transfer_steps(photo, painting, Settings(size=64, steps=50))
    shares = [next(steps).share for _ in range(3)]
    steps.close()  # type: ignore[attr-defined]
    assert 0 < shares[0] < shares[1] < shares[2] < 0.1


def breaking_after(steps: int) -> Any:
    """L-BFGS on a loss that turns into NaN after some steps of a stage."""

    def optimize(loss: Any, **given: Any) -> Iterator[Any]:
        calls = 0

        def breaks(image: Any) -> Any:
            nonlocal calls
            calls += 1
            evaluation = loss(image)
            broken = evaluation._replace(loss=float("nan"), terms={"style": float("nan")})
            return evaluation if calls <= steps else broken

        yield from stylelab.lbfgs(breaks, **given)

    return optimize


def test_nonsense_on_the_way_keeps_the_last_good_picture_and_says_why(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OPTIMIZERS", {"lbfgs": breaking_after(4)})
    with pytest.warns(RuntimeWarning, match=r"last good picture.*term style.*Likely cause"):
        result = transfer(photo, painting, **QUICK)
    assert np.isfinite(result.image).all()
    assert result.stopped is not None
    assert "Likely cause" in result.stopped
    assert result.history[-1].iteration > 0


def test_nonsense_at_the_start_is_an_error(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OPTIMIZERS", {"lbfgs": breaking_after(0)})
    with pytest.raises(DivergedError, match="at the start"):
        transfer(photo, painting, **QUICK)


def test_a_weight_that_overflows_is_an_error_that_says_so(
    photo: Picture, painting: Picture
) -> None:
    with pytest.raises(DivergedError, match=r"term style.*weight"):
        transfer(photo, painting, **QUICK, style_weight=3e38, start=np.ones((32, 48, 3)))


# Checkpoints


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_stopped_run_resumes_to_the_same_bits(
    optimizer: str, photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"size": 132, "steps": 4, "progress": False, "optimizer": optimizer}
    through = transfer(photo, painting, **given)
    checkpoint = tmp_path / "state.npz"

    def stop_at(stage: int, iteration: int) -> Any:
        return lambda p: p.stage == stage and p.step.iteration == iteration

    # The start, the middle, a stage's last step, the next stage's first, one in it.
    for place in ((0, 0), (0, 2), (0, 4), (1, 0), (1, 2)):
        early = transfer(photo, painting, **given, checkpoint=checkpoint, callback=stop_at(*place))
        assert (early.history[-1].stage, early.history[-1].iteration) == place
    resumed = transfer(photo, painting, **given, checkpoint=checkpoint)
    assert resumed.stopped is None
    np.testing.assert_array_equal(resumed.image, through.image)
    assert [r.loss for r in resumed.history] == [r.loss for r in through.history]
    again = transfer(photo, painting, **given, checkpoint=checkpoint)  # finished: nothing to do
    np.testing.assert_array_equal(again.image, through.image)


KILLED = """
import sys
import stylelab, stylelab.transfer
sys.modules["stylelab.transfer"].SECONDS_BETWEEN_CHECKPOINTS = 0.0
stylelab.transfer(
    stylelab.sample("cat", 64), stylelab.sample("swirling_night", 80),
    size=132, steps=40, progress=False, checkpoint=sys.argv[1],
)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_after_a_kill_at_any_moment_resuming_ends_in_the_same_bits(tmp_path: Path) -> None:
    checkpoint = tmp_path / "state.npz"
    random = np.random.default_rng(int.from_bytes(os.urandom(4)))
    for _ in range(2):  # killed, resumed, killed again
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        with subprocess.Popen([sys.executable, "-c", KILLED, str(checkpoint)]) as run:
            while run.poll() is None:
                time.sleep(0.02)
                if checkpoint.exists() and checkpoint.stat().st_mtime_ns > before:
                    break
            time.sleep(random.uniform(0, 0.5))
            run.send_signal(signal.SIGKILL)
    given: dict[str, Any] = {"size": 132, "steps": 40, "progress": False}
    sources = sample("cat", 64), sample("swirling_night", 80)
    resumed = transfer(*sources, **given, checkpoint=checkpoint)
    np.testing.assert_array_equal(resumed.image, transfer(*sources, **given).image)


def test_a_checkpoint_of_another_run_is_refused_and_kept(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "state.npz"
    transfer(photo, painting, **QUICK, checkpoint=checkpoint, callback=lambda _: True)
    kept = checkpoint.read_bytes()
    others: list[dict[str, Any]] = [
        {"style_weight": 31.0},
        {"weights": None},
        {"start": np.ones((30, 30, 3), np.float32)},
    ]
    for other in others:
        with pytest.raises(CheckpointError, match="belongs to other"):
            transfer(photo, painting, **QUICK, **other, checkpoint=checkpoint)
    with pytest.raises(CheckpointError, match="belongs to other"):
        transfer(photo, photo, **QUICK, checkpoint=checkpoint)
    assert checkpoint.read_bytes() == kept


@pytest.mark.parametrize("damage", [b"", b"nothing of ours", None])
def test_a_damaged_checkpoint_is_refused(
    damage: bytes | None, photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "state.npz"
    transfer(photo, painting, **QUICK, checkpoint=checkpoint, callback=lambda _: True)
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1000] if damage is None else damage)
    with pytest.raises(CheckpointError, match=r"Received.*state\.npz"):
        transfer(photo, painting, **QUICK, checkpoint=checkpoint)


def test_a_checkpoint_in_a_missing_folder_is_refused_before_the_run(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match="folder that exists"):
        transfer(photo, painting, **QUICK, checkpoint=tmp_path / "none" / "state.npz")


# Memory, time, progress


def test_too_little_memory_is_said_before_with_a_size_that_fits(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "available_memory", lambda: 1_600_000_000)
    monkeypatch.setattr(module, "used_memory", lambda: 0)
    with pytest.raises(SettingsError, match=r"Take size=(\d+), which fits") as caught:
        transfer(photo, painting, size=2048, progress=False)
    advised = int(str(caught.value).split("size=")[2].split(",")[0])
    assert estimate(photo.shape[:2], Settings(size=advised)).memory <= 1_600_000_000
    assert estimate(photo.shape[:2], Settings(size=advised + 32)).memory > 1_600_000_000
    monkeypatch.setattr(module, "available_memory", lambda: 1)
    with pytest.raises(SettingsError, match="Close other programs"):
        transfer(photo, painting, size=64, progress=False)
    transfer(photo, painting, size=64, steps=1, progress=False, check_memory=False)


def test_time_and_memory_grow_with_size_and_time_with_steps() -> None:
    small, large = (estimate((300, 400), Settings(size=size)) for size in (256, 512))
    assert large.seconds > 2 * small.seconds
    assert large.memory > small.memory
    assert estimate((300, 400), Settings(steps=120)).seconds > 1.5 * large.seconds


def test_progress_says_what_is_coming_and_reaches_the_end(
    photo: Picture, painting: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    transfer(photo, painting, size=64, steps=2)
    shown = capsys.readouterr().err
    assert shown.startswith("64 × 43 px, 2 steps at 1 sizes: about ")
    assert "100%" in shown
    assert "64 px, loss" in shown


def test_quiet_is_quiet(
    photo: Picture, painting: Picture, capfd: pytest.CaptureFixture[str]
) -> None:
    transfer(photo, painting, size=64, steps=1, progress=False)
    assert capfd.readouterr() == ("", "")


# Bad input


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 15},
        {"size": 256.0},
        {"size": True},
        {"steps": 0},
        {"seed": -1},
        {"style_weight": -1},
        {"style_weight": float("nan")},
        {"content_weight": 0, "style_weight": 0},
        {"total_variation_weight": float("inf")},
        {"optimizer": "sgd"},
        {"pooling": "mean"},
        {"form": "gatys"},
    ],
)
def test_settings_out_of_range_are_refused(
    wrong: dict[str, Any], photo: Picture, painting: Picture
) -> None:
    with pytest.raises(SettingsError, match=r"Expected .*Received"):
        transfer(photo, painting, **wrong)


def test_pictures_that_are_none_are_refused(painting: Picture, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="Received"):
        transfer(tmp_path / "missing.jpg", painting)
    with pytest.raises(PictureError, match="Received"):
        transfer(painting, painting, start="contents")


def test_no_warnings_come_out_of_a_run(photo: Picture, painting: Picture) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        transfer(photo, painting, size=64, steps=1, progress=False, total_variation_weight=0.1)
