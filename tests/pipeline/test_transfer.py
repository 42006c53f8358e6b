import dataclasses
import gc
import itertools
import math
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import tifffile
from plans import plan_for

import stylelab
from stylelab.errors import (
    CheckpointError,
    DivergedError,
    OutputError,
    PictureError,
    PictureWarning,
    RightsError,
    SettingsError,
)
from stylelab.losses.content import content
from stylelab.losses.loss import Loss, Objective
from stylelab.losses.style import style
from stylelab.losses.tiled import TiledObjective
from stylelab.pictures.colour import luminance, match_mean_and_covariance
from stylelab.pictures.images import Picture, load_image, resize_to
from stylelab.pictures.saving import read_settings, save_image
from stylelab.pipeline import cost_estimate
from stylelab.pipeline.progress import Progress
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.transfer import transfer
from stylelab.pipeline.transfer_steps import ENLARGED_NOISE, transfer_steps
from stylelab.rights.reading import read_rights
from stylelab.samples.catalogue import sample

module: Any = sys.modules["stylelab.pipeline.transfer"]
transfer_steps_module: Any = sys.modules["stylelab.pipeline.transfer_steps"]
QUICK: dict[str, Any] = {"size": 160, "coarsest_size": 128, "steps": 6, "progress": False}


def loss_of(picture: Any, photo: Picture, painting: Picture) -> float:
    shape = picture.shape[:2]
    from stylelab.pictures.images import resize, resize_to

    loss = content(resize_to(photo, *shape)) + Settings.style_weight * style(
        resize(painting, max(shape))
    )
    return loss(picture).loss


@pytest.fixture(scope="module")
def painted(photo: Picture, painting: Picture) -> Any:
    return transfer(photo, painting, **QUICK)


def test_a_painted_picture_has_the_requested_size_and_is_closer_to_both(
    painted: Any, photo: Picture, painting: Picture
) -> None:
    assert painted.image.shape == (108, 160, 3)
    assert painted.image.dtype == np.float32
    assert 0 <= painted.image.min() <= painted.image.max() <= 1
    assert painted.stopped is None
    start = loss_of(stylelab.resize(photo, 160), photo, painting)
    assert loss_of(painted.image, photo, painting) < 0.6 * start


def test_the_history_has_every_step_of_every_stage(painted: Any) -> None:
    stages = [(r.stage, r.width, r.iteration) for r in painted.history]
    first = [(0, 128, i) for i in range(7)]
    second = [(1, 160, i) for i in range(5)]
    assert stages == first + second
    seconds = [r.seconds for r in painted.history]
    assert seconds == sorted(seconds)
    assert painted.seconds == seconds[-1]


def test_the_last_loss_is_that_of_the_returned_picture(
    painted: Any, photo: Picture, painting: Picture
) -> None:
    last = painted.history[-1]
    assert loss_of(painted.image, photo, painting) == pytest.approx(last.loss, rel=1e-3)


def test_the_same_call_is_bit_identical(painted: Any, photo: Picture, painting: Picture) -> None:
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


def test_saved_pictures_contain_their_settings(painted: Any, tmp_path: Path) -> None:
    stored = read_settings(painted.save(tmp_path / "cat.png", photo="cat"))
    assert stored is not None
    assert stored["photo"] == "cat"
    for field in dataclasses.fields(Settings):
        value = getattr(painted.settings, field.name)
        assert stored[field.name] == (list(value) if isinstance(value, tuple) else value)


def test_a_panorama_can_be_painted(painting: Picture) -> None:
    wide = np.random.default_rng(0).random((20, 300, 3), dtype=np.float32)
    result = transfer(wide, painting, size=300, steps=1, progress=False)
    assert result.image.shape == (20, 300, 3)
    transfer(painting, wide, size=64, steps=1, progress=False)


def test_a_non_additive_statistic_with_tiles_is_refused_before_any_output(
    photo: Picture, painting: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SettingsError, match="adds up over tiles"):
        transfer(photo, painting, size=132, coarsest_size=128, tile=128, statistic="sliced")
    assert tuple(capsys.readouterr()) == ("", "")


def test_the_estimate_counts_the_layers_of_the_styles(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(size=128, steps=1, content_layers="block1_conv1")
    needs, usual = (
        cost_estimate.estimate_cost(photo.shape[:2], settings, layers).memory
        for layers in (["block1_conv1"], None)
    )
    assert needs < usual
    monkeypatch.setattr(cost_estimate, "available_memory", lambda: (needs + usual) // 2)
    monkeypatch.setattr(cost_estimate, "used_memory", lambda: 0)
    given: dict[str, Any] = {"size": 128, "steps": 1, "content_layers": "block1_conv1"}
    transfer(photo, style(painting, "block1_conv1"), **given, progress=False)
    with pytest.raises(SettingsError, match="memory"):
        transfer(photo, style(painting), **given, progress=False)


# Weights that change on the way


def last_of(steps: Iterator[Progress]) -> Progress:
    *_, progress = steps
    return progress


def following(
    settings: Settings, painting: Picture, changes: dict[int, dict[str, Any]]
) -> Callable[[], tuple[Settings, Loss]]:
    """Answer as a reader does who changes the settings before the n-th time of asking."""
    asked = itertools.count()
    requested = settings

    def live() -> tuple[Settings, Loss]:
        nonlocal requested
        requested = dataclasses.replace(requested, **changes.get(next(asked), {}))
        return requested, requested.style_loss(painting)

    return live


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_run_with_live_but_unchanged_weights_is_bit_identical(
    optimizer: Any, photo: Picture, painting: Picture
) -> None:
    settings = Settings(size=132, coarsest_size=128, steps=4, optimizer=optimizer)
    plain = last_of(transfer_steps(plan_for(photo, painting, settings)))
    live = last_of(
        transfer_steps(
            plan_for(photo, painting, settings),
            live=lambda: (settings, settings.style_loss(painting)),
        )
    )
    np.testing.assert_array_equal(plain.best.image, live.best.image)
    assert [r.loss for r in plain.history] == [r.loss for r in live.history]
    assert not any(record.changed for record in live.history)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam", "gradient_descent"])
def test_new_weights_reevaluate_the_current_picture_and_the_run_continues(
    optimizer: Any, photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    traces: list[tuple[int, ...]] = []
    init = Objective.__init__

    def counting(self: Any, loss: Any, shape: tuple[int, ...]) -> None:
        traces.append(shape)
        init(self, loss, shape)

    settings = Settings(size=64, steps=5, optimizer=optimizer)
    names = settings.style_layers
    new: dict[str, Any] = {
        "style_weight": 60,
        "content_weight": 0.5,
        "total_variation_weight": 0.2,
        "style_layers": {name: 1 + i for i, name in enumerate(names)},
    }
    with monkeypatch.context() as patched:
        patched.setattr(Objective, "__init__", counting)
        live = following(
            settings, painting, {3: new}
        )  # asked first at the stage, then before each step
        run = list(transfer_steps(plan_for(photo, painting, settings), live=live))
    assert traces == [(43, 64, 3)]
    assert [(p.step.iteration, p.history[-1].changed) for p in run] == [
        (0, False), (1, False), (2, False), (2, True), (3, False), (4, False), (5, False),
    ]  # fmt: skip
    before, reevaluated = run[2].step, run[3].step
    assert reevaluated.image is before.image
    after = dataclasses.replace(settings, **new)
    fresh = after.loss(photo, after.style_loss(stylelab.resize(painting, 64)))(before.image)
    assert reevaluated.loss == fresh.loss
    assert reevaluated.terms == fresh.terms
    np.testing.assert_array_equal(reevaluated.gradient, fresh.gradient)
    assert run[3].best is reevaluated  # losses under other weights do not compare
    assert reevaluated.evaluations == before.evaluations + 1
    assert len(reevaluated.state) == (0 if optimizer == "lbfgs" else len(before.state))
    assert run[-1].step.loss < reevaluated.loss
    assert len(run[-1].history) == 7


def test_weights_of_0_can_become_positive_during_a_run(photo: Picture, painting: Picture) -> None:
    settings = Settings(size=64, steps=3, content_weight=0)
    live = following(
        settings, painting, {2: {"content_weight": 2.0, "total_variation_weight": 1.0}}
    )
    before, after = (
        record
        for record in last_of(
            transfer_steps(plan_for(photo, painting, settings), live=live)
        ).history
        if record.iteration == 1
    )
    assert before.terms["content"] == before.terms["total_variation"] == 0
    assert after.terms["content"] > 0
    assert after.terms["total_variation"] > 0


def test_later_sizes_use_the_latest_weights(photo: Picture, painting: Picture) -> None:
    settings = Settings(size=132, coarsest_size=128, steps=2)
    # Asked for stage 0, before its two steps, for stage 1: there the weights change.
    live = following(settings, painting, {3: {"style_weight": 50}})
    run = list(transfer_steps(plan_for(photo, painting, settings), live=live))
    changed = [(p.stage, p.step.iteration) for p in run if p.history[-1].changed]
    assert changed == [(1, 0)]
    assert run[3].stage == 1
    target = stylelab.resize_to(photo, 89, 132)
    after = dataclasses.replace(settings, style_weight=50)
    loss = after.loss(target, after.style_loss(stylelab.resize(painting, 132)))
    assert run[3].step.loss == loss(run[3].step.image).loss


def test_weights_requested_at_the_start_are_used_from_the_start(
    photo: Picture, painting: Picture
) -> None:
    settings = Settings(size=64, steps=1)
    other = dataclasses.replace(settings, style_weight=3)
    run = list(
        transfer_steps(
            plan_for(photo, painting, settings), live=lambda: (other, other.style_loss(painting))
        )
    )
    assert not any(record.changed for record in run[-1].history)
    plain = list(transfer_steps(plan_for(photo, painting, other)))
    assert [p.step.loss for p in run] == [p.step.loss for p in plain]


def test_layer_weights_of_equal_ratios_change_nothing(photo: Picture, painting: Picture) -> None:
    settings = Settings(size=64, steps=2)
    doubled = dict.fromkeys(settings.style_layers, 2.0)
    live = following(settings, painting, {1: {"style_layers": doubled}})
    history = last_of(transfer_steps(plan_for(photo, painting, settings), live=live)).history
    assert [record.changed for record in history] == [False] * 3


@pytest.mark.parametrize("tile", [None, 128])
def test_shares_of_several_styles_change_without_a_restart(
    tile: int | None, photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[Any] = []
    for kind in (Objective, TiledObjective):
        init = kind.__init__
        monkeypatch.setattr(
            kind, "__init__", lambda *given, init=init: compiled.append(init(*given))
        )
    mask = np.zeros(photo.shape[:2], np.float32)
    mask[:20] = 1
    settings = Settings(size=132, coarsest_size=128, steps=3, tile=tile, style_scale=0.8)
    layers = ("block1_conv1", "block2_conv1")
    first, second = style(painting, layers, mask=mask), style(painting[::-1], layers)
    asked = itertools.count()
    run = list(
        transfer_steps(
            plan_for(photo, 0.5 * first + 0.5 * second, settings, keep=mask[::-1] * 0.5),
            # The first size asks four times.
            live=lambda: (settings, 0.5 * first + (0.5 if next(asked) < 6 else 0.0) * second),
        )
    )
    changed = [(p.stage, p.step.iteration) for p in run if p.history[-1].changed]
    assert changed == [(1, 1)]
    assert len(compiled) == 2  # once for each size
    place = next(number for number, p in enumerate(run) if p.history[-1].changed)
    before, reevaluated = run[place - 1].step, run[place].step
    assert reevaluated.image is before.image
    assert reevaluated.terms["style_2"] == 0
    np.testing.assert_allclose(reevaluated.terms["style"], before.terms["style"], rtol=1e-6)
    np.testing.assert_allclose(reevaluated.loss, before.loss - before.terms["style_2"], rtol=1e-5)
    assert run[-1].step.loss < reevaluated.loss


def test_shares_requested_at_the_start_are_used_from_the_start(
    photo: Picture, painting: Picture
) -> None:
    settings = Settings(size=64, steps=2)
    first, second = style(painting), style(painting[::-1])
    requested = 0.9 * first + 0.1 * second
    run = list(
        transfer_steps(
            plan_for(photo, first + second, settings), live=lambda: (settings, requested)
        )
    )
    plain = list(transfer_steps(plan_for(photo, requested, settings)))
    assert not any(record.changed for record in run[-1].history)
    np.testing.assert_allclose(run[-1].best.image, plain[-1].best.image, atol=1e-6)


def test_styles_cannot_be_added_during_a_run(photo: Picture, painting: Picture) -> None:
    settings = Settings(size=64, steps=2)
    other = style(painting) + style(painting[::-1])
    with pytest.raises(SettingsError, match="Expected a loss of the terms style"):
        list(
            transfer_steps(
                plan_for(photo, style(painting), settings), live=lambda: (settings, other)
            )
        )


def test_only_weights_can_change_during_a_run(photo: Picture, painting: Picture) -> None:
    settings = Settings(size=64, steps=3)
    live = following(settings, painting, {2: {"size": 80, "style_layers": "block1_conv1"}})
    run = transfer_steps(plan_for(photo, painting, settings), live=live)
    with pytest.raises(SettingsError, match=r"another size and another style_layers\. Start a new"):
        list(run)


def test_a_resumed_run_is_reevaluated_if_other_weights_are_requested(
    photo: Picture, painting: Picture
) -> None:
    settings = Settings(size=64, steps=3)
    *_, second = [
        p for p in transfer_steps(plan_for(photo, painting, settings)) if p.step.iteration <= 2
    ]
    other = dataclasses.replace(settings, style_weight=3)
    run = list(
        transfer_steps(
            plan_for(photo, painting, settings),
            resume=second,
            live=lambda: (other, other.style_loss(painting)),
        )
    )
    assert [(p.step.iteration, p.history[-1].changed) for p in run] == [
        (2, False), (2, True), (3, False),
    ]  # fmt: skip


# How a run ends early


def test_ctrl_c_keeps_the_best_picture_at_the_requested_size(
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


def test_a_callback_returning_numpy_true_stops(photo: Picture, painting: Picture) -> None:
    result = transfer(photo, painting, **QUICK, callback=lambda _: np.bool_(True))
    assert result.stopped is not None


def test_a_callback_returning_true_stops(photo: Picture, painting: Picture) -> None:
    result = transfer(
        photo, painting, **QUICK, callback=lambda progress: progress.step.iteration == 2
    )
    assert len(result.history) == 3
    assert result.stopped is not None
    assert "callback" in result.stopped


def test_breaking_the_loop_of_steps_stops(photo: Picture, painting: Picture) -> None:
    steps = transfer_steps(plan_for(photo, painting, Settings(size=64, steps=50)))
    shares = [next(steps).share for _ in range(3)]
    steps.close()  # type: ignore[attr-defined]
    assert 0 < shares[0] < shares[1] < shares[2] < 0.1


def breaking_after(steps: int) -> Any:
    """L-BFGS on a loss that becomes NaN after some steps of a stage."""

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


def test_a_non_finite_loss_keeps_the_last_good_picture_and_reports_the_cause(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_steps_module, "OPTIMIZERS", {"lbfgs": breaking_after(4)})
    with pytest.warns(RuntimeWarning, match=r"last good picture.*term style.*Likely cause"):
        result = transfer(photo, painting, **QUICK)
    assert np.isfinite(result.image).all()
    assert result.stopped is not None
    assert "Likely cause" in result.stopped
    assert result.history[-1].iteration > 0


def test_a_non_finite_loss_at_the_start_is_an_error(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_steps_module, "OPTIMIZERS", {"lbfgs": breaking_after(0)})
    with pytest.raises(DivergedError, match="at the start"):
        transfer(photo, painting, **QUICK)


def test_an_overflowing_weight_is_reported(photo: Picture, painting: Picture) -> None:
    with pytest.raises(DivergedError, match=r"term style.*weight"):
        transfer(photo, painting, **QUICK, style_weight=3e38, start=np.ones((32, 48, 3)))


# Progress


def test_progress_describes_the_run_and_reaches_the_end(
    photo: Picture, painting: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    transfer(photo, painting, size=64, steps=2)
    shown = capsys.readouterr().err
    assert shown.startswith("64 × 43 px, 2 steps at 1 size: about ")
    assert "100%" in shown
    assert "64 px, loss" in shown


def test_without_progress_nothing_is_printed(
    photo: Picture, painting: Picture, capfd: pytest.CaptureFixture[str]
) -> None:
    transfer(photo, painting, size=64, steps=1, progress=False)
    assert capfd.readouterr() == ("", "")


# Bad input


def test_invalid_pictures_are_refused(painting: Picture, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="Received"):
        transfer(tmp_path / "missing.jpg", painting)
    with pytest.raises(PictureError, match="Received"):
        transfer(painting, painting, start="contents")


def test_a_run_emits_no_warnings(photo: Picture, painting: Picture) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        transfer(photo, painting, size=64, steps=1, progress=False, total_variation_weight=0.1)


TINY: dict[str, Any] = {"size": 64, "steps": 3, "progress": False}


@pytest.mark.parametrize("quality", ["draft", "good", "best"])
def test_a_quality_stands_for_a_number_of_steps(
    quality: Any, photo: Picture, painting: Picture
) -> None:
    first: dict[str, Any] = {"size": 64, "progress": False, "callback": lambda _: True}
    by_quality, default = (
        transfer(photo, painting, **given, **first) for given in ({"quality": quality}, {})
    )
    steps = {"draft": 10, "good": default.settings.steps, "best": 500}[quality]
    assert by_quality.settings.steps == steps


def test_an_unknown_quality_or_one_besides_steps_is_refused(
    photo: Picture, painting: Picture
) -> None:
    with pytest.raises(SettingsError, match=r"draft, good, best. Received: 'better'. .* steps"):
        transfer(photo, painting, quality=cast("Any", "better"))
    with pytest.raises(SettingsError, match="Received: quality=draft and steps=5"):
        transfer(photo, painting, quality="draft", steps=5)


def test_a_blend_of_1_and_0_paints_the_first_styles_picture(
    photo: Picture, painting: Picture
) -> None:
    alone = transfer(photo, painting, **TINY)
    blend = transfer(photo, 1 * style(painting) + 0 * style(photo), **TINY)
    np.testing.assert_array_equal(blend.image, alone.image)


def enlarged_starts(photo: Picture, painting: Any, **given: Any) -> tuple[Picture, Picture]:
    """Picture at the end of a run's first size, brought to the next, and the one that starts there."""
    settings = Settings(size=160, coarsest_size=128, steps=1, **given.pop("settings", {}))
    steps = list(transfer_steps(plan_for(photo, painting, settings, **given)))
    before = [one.best.image for one in steps if one.stage == 0][-1]
    after = next(one.step.image for one in steps if one.stage == 1)
    return resize_to(before, *after.shape[:2]), after


def test_an_enlarged_picture_starts_with_noise_of_the_seed(
    photo: Picture, painting: Picture
) -> None:
    enlarged, start = enlarged_starts(photo, painting)
    noise = start - enlarged
    inside = (enlarged > 0.1) & (enlarged < 0.9)  # elsewhere it may be clipped
    assert noise[inside].std() == pytest.approx(ENLARGED_NOISE / math.sqrt(12), rel=0.02)
    assert abs(noise).max() <= ENLARGED_NOISE / 2 + 1e-6
    np.testing.assert_array_equal(enlarged_starts(photo, painting)[1], start)
    other = enlarged_starts(photo, painting, settings={"seed": 1})[1]
    assert abs(other - start).mean() > ENLARGED_NOISE / 10


def lattice(image: Picture) -> float:
    """Power of the finest waves along the axes of the pixels, over that in all directions."""
    light = luminance(image)[16:-16, 16:-16]
    light = (light - light.mean()) * np.outer(*map(np.hanning, light.shape))
    down, across = np.meshgrid(*map(np.fft.fftfreq, light.shape), indexing="ij")
    finest = (np.hypot(down, across) > 0.4) & (np.hypot(down, across) < 0.5)
    on_axes = np.minimum(abs(down), abs(across)) < 0.02
    power = abs(np.fft.fft2(light)) ** 2
    return float(power[finest & on_axes].mean() / power[finest & ~on_axes].mean())


def test_no_lattice_of_the_pixel_grid_grows_in_even_areas() -> None:
    result = transfer(
        "rocket", "swirling_night", size=160, coarsest_size=128, steps=15, progress=False
    )
    assert lattice(result.image) < 2.5  # 5.5 without the noise


def test_no_noise_is_added_where_no_style_is_asked_for(photo: Picture, painting: Picture) -> None:
    left = np.zeros(photo.shape[:2], np.float32)
    left[:, :32] = 1
    masked = 1 * style(painting, mask=1 - left) + 0 * style(painting)
    for enlarged, start in (
        enlarged_starts(photo, painting, keep=left),
        enlarged_starts(photo, masked),
    ):
        np.testing.assert_array_equal(start[:, :78], enlarged[:, :78])
        assert abs(start - enlarged)[:, 82:].mean() > ENLARGED_NOISE / 10
    enlarged, start = enlarged_starts(photo, painting, settings={"style_weight": 0})
    np.testing.assert_array_equal(start, enlarged)


def test_several_paintings_share_the_style_equally(photo: Picture, painting: Picture) -> None:
    listed = transfer(photo, [painting, photo], **TINY)
    added = transfer(photo, 0.5 * style(painting) + 0.5 * style(photo), **TINY)
    np.testing.assert_array_equal(listed.image, added.image)
    assert listed.styles is not None
    assert [each["weight"] for each in listed.styles] == [0.5, 0.5]


def test_settings_apply_to_a_painting_like_arguments_of_a_term(
    photo: Picture, painting: Picture
) -> None:
    by_settings = transfer(photo, painting, style_scale=0.5, statistic="moments", **TINY)
    term = transfer(photo, style(painting, statistic="moments", scale=0.5), **TINY)
    np.testing.assert_array_equal(by_settings.image, term.image)


def test_kept_colours_are_the_photos_at_every_step(photo: Picture, painting: Picture) -> None:
    settings = Settings(size=64, steps=2, colours="luminance")
    run = list(transfer_steps(plan_for(photo, painting, settings)))
    chroma = np.ptp(photo, axis=2)
    for progress in run:
        assert np.ptp(progress.step.image, axis=2).max() < 1e-6  # the optimizer sees gray
        np.testing.assert_allclose(
            np.ptp(progress.picture(progress.step), axis=2), chroma, atol=1 / 255
        )
    again = list(transfer_steps(plan_for(photo, painting, settings), resume=run[-2]))
    np.testing.assert_array_equal(again[-1].image, run[-1].image)


def test_noise_and_given_starts_are_gray_if_the_photos_colours_are_kept(
    photo: Picture, painting: Picture
) -> None:
    settings = Settings(size=64, steps=1, colours="luminance", start="noise")
    for start in (None, painting):
        first = next(transfer_steps(plan_for(photo, painting, settings, start=start)))
        assert np.ptp(first.step.image, axis=2).max() < 1e-6


def test_the_style_is_taken_from_the_recoloured_painting(photo: Picture, painting: Picture) -> None:
    ours = transfer(photo, style(painting), colours="mean_covariance", **TINY)
    recoloured = match_mean_and_covariance(painting, photo)
    np.testing.assert_array_equal(ours.image, transfer(photo, recoloured, **TINY).image)


def test_no_style_is_applied_in_a_kept_region(photo: Picture, painting: Picture) -> None:
    left = np.zeros(photo.shape[:2])
    left[:, :32] = 1
    free = transfer(photo, painting, **TINY).image
    kept = transfer(photo, painting, keep=left, **TINY).image
    term = transfer(photo, style(painting, mask=1 - left), **TINY).image
    np.testing.assert_array_equal(kept, term)

    def change(picture: Picture) -> Any:
        return np.abs(picture - photo)[:, :24].mean()

    assert change(kept) < 0.5 * change(free)


def test_a_blend_resumes_only_from_its_own_checkpoint(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    def blend(weight: float) -> Any:
        return style(painting) + weight * style(photo)

    state = tmp_path / "state.npz"
    whole = transfer(photo, blend(0.5), **TINY).image
    transfer(photo, blend(0.5), checkpoint=state, callback=stop_at(2), **TINY)
    resumed = transfer(photo, blend(0.5), checkpoint=state, **TINY)
    np.testing.assert_array_equal(resumed.image, whole)
    with pytest.raises(CheckpointError, match="other pictures"):
        transfer(photo, blend(0.6), checkpoint=state, **TINY)


def stop_at(iteration: int) -> Callable[[Progress], bool]:
    return lambda progress: progress.step.iteration == iteration


def test_mismatched_masks_are_refused_before_painting(
    photo: Picture, painting: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = np.ones((10, 10))
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (style(painting, mask=wrong), {}, "64 × 43.*Received: 10 × 10"),
        (painting, {"keep": wrong}, "64 × 43.*Received: 10 × 10"),
        (painting, {"keep": np.ones(photo.shape[:2])}, "covers all"),
        ([], {}, "empty list"),
        (0 * style(painting), {}, "weight above 0"),
    ]
    for given, settings, words in cases:
        with pytest.raises((PictureError, SettingsError), match=words):
            transfer(photo, given, size=64, **settings)
    assert capsys.readouterr() == ("", "")


def test_a_result_states_the_rights_of_its_inputs(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    declare_rights = {
        "photo": {"author": "A. Reader", "licence": "CC BY-SA 4.0", "source": "a walk"}
    }
    result = transfer(photo, painting, rights=declare_rights, **TINY)
    assert result.rights["painting"].missing
    saved = read_rights(result.save(tmp_path / "out.png", creator="B. Painter"))
    assert (saved.author, saved.terms.known) == ("B. Painter", False)
    assert "A. Reader" in str(saved.credit)
    with pytest.raises(RightsError, match="painting: no author"):
        transfer(photo, painting, rights=declare_rights, strict=True, **TINY)


FEW: dict[str, Any] = {"size": 64, "steps": 3, "progress": False}


def test_a_loss_with_content_is_the_complete_loss(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    whole = content(photo) + 5 * style(painting)
    result = transfer(photo, whole, **FEW)
    same = transfer(photo, painting, style_weight=5, **FEW)
    np.testing.assert_array_equal(result.image, same.image)
    assert [*result.history[-1].terms] == ["content", "style"]
    assert [*result.rights] == ["photo", "painting"]
    saved = read_settings(result.save(tmp_path / "out.png"))
    assert saved is not None
    assert [term["weight"] for term in saved["loss"]] == [1.0, 5.0]  # type: ignore[attr-defined]
    assert not {"style_weight", "content_weight", "style_layers", "styles"} & set(saved)
    halved = transfer(photo, 0.5 * content(photo) + 2.5 * style(painting), **FEW)
    assert halved.history[0].loss == pytest.approx(result.history[0].loss / 2, rel=1e-5)


def test_weights_with_a_complete_loss_are_refused(photo: Picture, painting: Picture) -> None:
    whole = content(photo) + style(painting)
    for name in ("style_weight", "content_weight", "total_variation_weight"):
        given: dict[str, Any] = FEW | {name: 2.5}
        with pytest.raises(SettingsError, match="weights in the loss alone"):
            transfer(photo, whole, **given)
    transfer(photo, style(painting), style_weight=2.5, **FEW)


def test_a_complete_loss_keeps_regions_and_luminance(photo: Picture, painting: Picture) -> None:
    keep = np.zeros(photo.shape[:2], np.float32)
    keep[:, :32] = 1
    whole = content(photo) + 10 * style(painting)
    for settings in ({"keep": keep}, {"colours": "luminance"}):
        given: dict[str, Any] = settings | FEW
        result, same = transfer(photo, whole, **given), transfer(photo, painting, **given)
        np.testing.assert_array_equal(result.image, same.image)


def test_the_network_of_a_loss_is_used(photo: Picture, painting: Picture) -> None:
    network: dict[str, Any] = {"pooling": "max", "padding_mode": "zeros"}
    result = transfer(photo, style(painting).with_network(**network), **FEW)
    assert network.items() <= vars(result.settings).items()
    same = transfer(photo, painting, **network, **FEW)
    np.testing.assert_array_equal(result.image, same.image)


def test_samples_are_found_by_name_after_files(
    painting: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_name = transfer("cat", "swirling_night", **FEW)
    assert by_name.rights["photo"].licence == "CC0 1.0"
    pictures = transfer(sample("cat"), sample("swirling_night"), **FEW)
    np.testing.assert_array_equal(by_name.image, pictures.image)
    np.testing.assert_array_equal(style("cat").arrays[0], sample("cat"))
    np.testing.assert_array_equal(content("cat").arrays[0], sample("cat"))
    monkeypatch.chdir(tmp_path)
    save_image("cat.png", painting).rename("cat")
    np.testing.assert_array_equal(content("cat").arrays[0], load_image(Path("cat")))
    with pytest.raises(PictureError, match="the sample 'coffee'"):
        transfer("cofee", painting, **FEW)


def test_the_original_size_is_that_of_the_photo(painting: Picture) -> None:
    photo = sample("cat", size=48)
    result = transfer(photo, painting, size="original", steps=1, progress=False)
    assert result.image.shape == photo.shape
    assert result.settings.size == 48
    with pytest.raises(SettingsError, match="Expected size"):
        transfer(photo, painting, size="originel", progress=False)  # type: ignore[arg-type]


def test_a_start_picture_is_listed_in_metadata_with_its_rights(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    file = save_image(tmp_path / "begin.png", photo)
    declare_rights = {
        name: {"author": "A", "licence": "CC0", "source": "here"} for name in ("photo", "painting")
    }
    with pytest.raises(RightsError, match="start: no author"):
        transfer(photo, painting, start=file, rights=declare_rights, strict=True, **FEW)
    result = transfer(photo, painting, start=file, **FEW)
    assert [*result.rights] == ["photo", "painting", "start"]
    settings = read_settings(result.save(tmp_path / "out.png"))
    assert settings is not None
    assert settings["start"] == str(file)
    unnamed = transfer(photo, painting, start=photo, **FEW).save(tmp_path / "other.png")
    assert (read_settings(unnamed) or {})["start"] == "a picture"


@pytest.mark.parametrize(
    "settings",
    [
        {"start": "noise"},
        {"start": "noise", "optimizer": "adam"},
        {"size": 160, "coarsest_size": 128, "steps": 2},  # with noise when it is enlarged
    ],
)
def test_gray_pictures_give_a_gray_picture(
    photo: Picture, painting: Picture, settings: Any
) -> None:
    def gray(picture: Picture) -> Picture:
        return np.repeat(picture[..., :1], 3, axis=2)

    given: dict[str, Any] = FEW | settings
    image = transfer(gray(photo), gray(painting), **given).image
    np.testing.assert_array_equal(image, gray(image))
    coloured = transfer(gray(photo), painting, **given).image
    assert np.ptp(coloured, axis=2).max() > 0.01


@pytest.mark.parametrize("level", [0.0, 0.45, 0.5, 1.0])
def test_a_uniform_photo_gains_texture(painting: Picture, level: float) -> None:
    even = np.full((48, 64, 3), level, np.float32)
    seen: list[Picture] = []
    with pytest.warns(PictureWarning, match="one even area"):
        result = transfer(
            even,
            painting,
            start="content",
            content_weight=0,
            callback=lambda progress: seen.append(progress.step.image),
            **(FEW | {"steps": 8}),
        )
    assert seen[0].std() > 0.02  # at the start, before any step
    np.testing.assert_allclose(seen[0], even, atol=0.11)
    assert result.image.std() > 0.03
    assert result.history[-1].loss < 0.9 * result.history[0].loss
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        transfer(even, painting, start="noise", **FEW)


def test_settings_of_numpy_types_can_be_saved_and_resumed(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    given: dict[str, Any] = {
        "size": np.int64(64),
        "steps": np.int32(3),
        "style_weight": np.float32(5),
        "style_layers": {"block1_conv1": np.float64(1), "block2_conv1": np.float32(0.5)},
        "progress": False,
        "checkpoint": tmp_path / "state.npz",
    }
    first = transfer(photo, painting, **given)
    again = transfer(photo, painting, **given)
    np.testing.assert_array_equal(first.image, again.image)


def test_a_failing_callback_keeps_the_checkpoint(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    def fail(progress: Progress) -> None:
        if progress.step.iteration == 2:
            raise ZeroDivisionError

    state = tmp_path / "state.npz"
    with pytest.raises(ZeroDivisionError):
        transfer(photo, painting, callback=fail, checkpoint=state, **FEW)
    seen: list[int] = []
    transfer(
        photo,
        painting,
        callback=lambda progress: seen.append(progress.step.iteration),
        checkpoint=state,
        **FEW,
    )
    assert seen == [2, 3]


def test_extra_metadata_cannot_replace_settings(painted: Any, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Received: steps"):
        painted.save(tmp_path / "out.png", steps="many")
    assert (read_settings(painted.save(tmp_path / "out.png", day="Monday")) or {})[
        "day"
    ] == "Monday"


def test_masks_may_be_files(photo: Picture, painting: Picture, tmp_path: Path) -> None:
    half = np.zeros((*photo.shape[:2], 3), np.float32)
    half[:, :32] = 1
    file = save_image(tmp_path / "half.png", half)
    kept = transfer(photo, painting, keep=file, **FEW)
    same = transfer(photo, painting, keep=half[..., 0], **FEW)
    np.testing.assert_array_equal(kept.image, same.image)
    np.testing.assert_array_equal(style(painting, mask=str(file)).arrays[1], half[..., 0])


def test_a_list_of_losses_is_refused_with_advice_to_add_them(
    photo: Picture, painting: Picture
) -> None:
    given: Any = [style(painting), painting]
    with pytest.raises(SettingsError, match="Add losses"):
        transfer(photo, given, **FEW)


def test_a_photo_with_metadata_unreadable_by_pillow_is_painted(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    tifffile.imwrite(tmp_path / "floats.tif", photo, photometric="rgb")
    result = transfer(tmp_path / "floats.tif", painting, **FEW)
    np.testing.assert_array_equal(result.image, transfer(photo, painting, **FEW).image)
    assert result.dots_per_inch is None


def test_the_photos_resolution_is_also_read_from_bytes(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    file = save_image(tmp_path / "photo.png", photo, dots_per_inch=240)
    for given in (file, file.read_bytes()):
        dots = transfer(given, painting, **FEW).dots_per_inch
        assert dots == pytest.approx(240, abs=0.1)


def test_a_callbacks_error_is_raised_if_the_state_cannot_be_saved(
    photo: Picture, painting: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Progress) -> None:
        monkeypatch.setattr(module.Checkpoint, "save", full)
        raise ZeroDivisionError

    def full(*_: object) -> None:
        raise OutputError

    with pytest.raises(ZeroDivisionError):
        transfer(photo, painting, callback=fail, checkpoint=tmp_path / "state.npz", **FEW)


def test_the_loss_of_one_size_is_freed_before_the_next() -> None:
    plan = plan_for("cat", "swirling_night", Settings(size=96, coarsest_size=64, steps=2))
    assert len(plan.stages) > 1
    list(transfer_steps(plan))  # what is imported and compiled once leaves cycles behind, once
    gc.collect()
    gc.disable()  # what is freed is freed at once, without a search for cycles
    try:
        others = alive_objectives()
        for _ in transfer_steps(plan):
            assert alive_objectives() == others + 1
        assert alive_objectives() == others
    finally:
        gc.enable()


def alive_objectives() -> int:
    return sum(isinstance(one, Objective) for one in gc.get_objects())


def test_the_time_left_is_that_of_the_steps_and_not_of_what_came_before(
    photo: Picture,
    painting: Picture,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = 0.0

    def slow_to_compile(*arguments: Any, **options: Any) -> Any:
        nonlocal seconds
        seconds += 7200
        yield from transfer_steps(*arguments, **options)

    def take_a_second(_: object) -> None:
        nonlocal seconds
        seconds += 1

    monkeypatch.setattr("tqdm.std.time", lambda: seconds)
    monkeypatch.setattr("stylelab.pipeline.transfer.transfer_steps", slow_to_compile)
    transfer(photo, painting, size=64, steps=4, callback=take_a_second)
    shown = re.findall(r"< ([\d:]+),", capsys.readouterr().err)
    assert shown
    assert all(left <= "00:04" for left in shown)
