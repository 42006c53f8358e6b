import html
import re
from typing import Any

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.losses.content import content
from stylelab.losses.loss import Loss, Objective
from stylelab.losses.style import style
from stylelab.optimizers.adam import adam
from stylelab.optimizers.gradient_descent import gradient_descent
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.panels import optimizer_race
from stylelab.panels.background import DONE, PREPARING, BackgroundControl
from stylelab.panels.optimizer_race import COLOURS, MAX_STEPS
from stylelab.pictures.images import Picture

SECONDS = 900.0


@pytest.fixture
def race(photo: Picture, painting: Picture) -> BackgroundControl:
    race = optimizer_race(photo, painting, optimizers=("Adam",), steps=1)
    race.compute_first()
    return race


def says(control: BackgroundControl) -> str:
    return html.unescape(re.sub("<.*?>", "", control.message.value))


def run(control: BackgroundControl) -> None:
    assert not control.run.disabled
    control.run.click()
    assert control.wait(SECONDS)


def curves(control: BackgroundControl) -> dict[str, Any]:
    """The losses that are drawn, by name."""
    axes = control.drawing.figure.axes[0]
    return {str(line.get_label()): line.get_ydata() for line in axes.lines}


def panels(control: BackgroundControl) -> dict[str, Any]:
    """The pictures that are drawn, by title; None for an empty cell."""
    return {
        axes.get_title(): axes.images[0].get_array() if axes.images else None
        for axes in control.drawing.figure.axes[1:]
    }


def test_each_run_matches_the_packages_optimizer_on_the_same_loss(
    photo: Picture, painting: Picture
) -> None:
    names = ("gradient descent", "Adam", "L-BFGS", "L-BFGS, not preconditioned")
    control = optimizer_race(photo, painting, style_weight=7, optimizers=names, steps=3)
    control.compute_first()
    loss = content(photo) + 7 * style(painting)
    expected = {
        "gradient descent, rate 2": gradient_descent(loss, start=photo, steps=3, learning_rate=2),
        "Adam, rate 0.02": adam(loss, start=photo, steps=3, learning_rate=0.02),
        "L-BFGS": lbfgs(loss, start=photo, steps=3),
        "L-BFGS, not preconditioned": lbfgs(loss, start=photo, steps=3, preconditioned=False),
    }
    drawn, pictures = curves(control), panels(control)
    assert list(drawn) == list(expected)
    np.testing.assert_allclose(pictures["the start"], photo, atol=1e-6)
    for name, steps in expected.items():
        walk = list(steps)
        np.testing.assert_allclose(drawn[name], [step.loss for step in walk], rtol=1e-4)
        image = pictures[name.replace(", ", "\n")]
        np.testing.assert_allclose(image, walk[-1].image, atol=0.01)


def test_it_opens_without_the_network_and_says_what_takes_long(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    compile_loss = Loss.objective

    def noting(loss: Loss, shape: tuple[int, ...]) -> Objective:
        compiled.append(says(control))
        return compile_loss(loss, shape)

    monkeypatch.setattr(Loss, "objective", noting)
    control = optimizer_race(photo, painting, optimizers=("Adam",), steps=1)
    assert compiled == []
    control.compute_first()
    assert set(compiled) == {PREPARING}
    assert says(control) == DONE


def test_a_rate_used_before_is_shown_at_once(race: BackgroundControl) -> None:
    first = curves(race)["Adam, rate 0.02"]
    rate = race.widgets["adam_rate"]
    rate.value = 0.3
    assert says(race) == "Not at step 1 yet: Adam, rate 0.3. Press Run."
    assert panels(race)["Adam\nrate 0.3"] is None
    run(race)
    assert says(race) == DONE
    assert curves(race)["Adam, rate 0.3"][-1] != first[-1]
    rate.value = 0.02
    np.testing.assert_array_equal(curves(race)["Adam, rate 0.02"], first)
    assert race.run.disabled


def test_more_steps_continue_a_run_and_fewer_are_cached(
    race: BackgroundControl, photo: Picture, painting: Picture
) -> None:
    race.widgets["steps"].value = 3
    assert len(curves(race)["Adam, rate 0.02"]) == 2
    run(race)
    three = curves(race)["Adam, rate 0.02"]
    whole = adam(content(photo) + 10 * style(painting), start=photo, steps=3)
    np.testing.assert_allclose(three, [step.loss for step in whole], rtol=1e-4)
    race.widgets["steps"].value = 2
    np.testing.assert_array_equal(curves(race)["Adam, rate 0.02"], three[:3])
    assert race.run.disabled


def test_the_rate_used_is_the_rate_shown(race: BackgroundControl) -> None:
    race.widgets["adam_rate"].value = 0.050118723
    assert "Adam, rate 0.0501" in says(race)
    run(race)
    race.widgets["adam_rate"].value = 0.0501
    assert race.run.disabled


def test_each_optimizer_has_a_fixed_colour(race: BackgroundControl) -> None:
    for name in ("L-BFGS", "gradient descent"):
        race.widgets[name].value = True
    race.widgets["Adam"].value = False
    run(race)
    axes = race.drawing.figure.axes[0]
    drawn = {str(line.get_label()): line.get_color() for line in axes.lines}
    assert drawn["L-BFGS"] == COLOURS["L-BFGS"]
    assert drawn["gradient descent, rate 2"] == COLOURS["gradient descent"]
    assert len(set(COLOURS.values())) == len(COLOURS)


def test_without_a_ticked_optimizer_a_message_is_shown_and_the_picture_kept(
    race: BackgroundControl,
) -> None:
    before = race.drawing
    race.widgets["Adam"].value = False
    assert "at least one optimizer" in says(race)
    assert race.drawing is before
    assert race.run.disabled
    race.widgets["Adam"].value = True
    assert says(race) == DONE


def test_rates_have_logarithmic_sliders_and_steps_increments_of_1(
    race: BackgroundControl,
) -> None:
    for name, ends in (("descent_rate", (0.1, 100)), ("adam_rate", (0.001, 1))):
        numbers = race.widgets[name].numbers
        assert (numbers[0], numbers[-1]) == ends
        np.testing.assert_allclose(np.divide(numbers[1:], numbers[:-1]), 10**0.1, rtol=0.01)
    assert race.widgets["steps"].numbers == list(range(1, MAX_STEPS + 1))


def test_the_static_picture_has_alt_text(race: BackgroundControl) -> None:
    bundle, metadata = race._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "Adam, rate 0.02: from" in metadata["image/jpeg"]["alt"]


@pytest.mark.parametrize("names", [(), ("Newton",), ("Adam", "SGD")])
def test_unknown_optimizers_are_refused(
    photo: Picture, painting: Picture, names: tuple[str, ...]
) -> None:
    with pytest.raises(SettingsError, match="gradient descent; Adam; L-BFGS"):
        optimizer_race(photo, painting, optimizers=names)


@pytest.mark.parametrize("steps", [0, MAX_STEPS + 1])
def test_steps_out_of_range_are_refused(photo: Picture, painting: Picture, steps: int) -> None:
    with pytest.raises(SettingsError, match="steps as a whole number from 1 to 40"):
        optimizer_race(photo, painting, steps=steps)
