from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylelab import content
from stylelab.course import checks as check
from stylelab.course.checks import content as module
from stylelab.course.figures.content import RECONSTRUCTED_LAYERS
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.vgg19 import VGG19
from stylelab.pictures.images import Picture


def written_with_loops(maps: Any, target: Any) -> Any:
    value, energy = 0.0, 0.0
    gradient = np.zeros_like(maps)
    for index in np.ndindex(maps.shape):
        value += (maps[index] - target[index]) ** 2
        energy += target[index] ** 2
        gradient[index] = 2 * (maps[index] - target[index])
    return value / energy, gradient / energy


def relative(maps: Any, target: Any) -> Any:
    return np.power(maps - target, 2).sum() / np.power(target, 2).sum()


def in_float32(maps: Any, target: Any) -> Any:
    return relative(maps, target), 2 * (maps - target) / np.sum(target * target)


def written_with_norms(maps: Any, target: Any) -> Any:
    size = np.linalg.norm(target)
    relative = (maps - target) / size
    return [np.linalg.norm(relative) ** 2, relative * 2 / size]


@pytest.mark.parametrize(
    "right",
    [
        check.content_loss.answer,
        written_with_loops,
        written_with_norms,
        lambda f, p: (relative(f, p), 2 * (f - p) / np.sum(np.square(p))),
        lambda f, p: (relative(f, p), -2 * (p - f) / np.vdot(p, p)),
        lambda f, p: (((f - p) ** 2).mean() / (p**2).mean(), 2 * (f - p) / (p**2).sum()),
        lambda f, p: (np.array([relative(f, p)]), (2 * (f - p) / (p**2).sum()).tolist()),
        lambda f, p: (
            np.einsum("rcn,rcn", f - p, f - p) / np.einsum("rcn,rcn", p, p),
            np.einsum("rcn,->rcn", f - p, 2 / np.einsum("rcn,rcn", p, p)),
        ),
        lambda f, p: (
            sum(np.linalg.norm(f[..., n] - p[..., n]) ** 2 for n in range(f.shape[-1]))
            / sum(np.linalg.norm(p[..., n]) ** 2 for n in range(f.shape[-1])),
            ((f - p) + (f - p)) / np.linalg.norm(p) ** 2,
        ),
        lambda f, p: (np.float32(relative(f, p)), (2 * (f - p) / (p**2).sum()).astype(np.float32)),
        lambda f, p: in_float32(f.astype(np.float32), p.astype(np.float32)),
    ],
)
def test_right_content_losses_pass(right: Callable[..., Any]) -> None:
    verdict = check.content_loss(right)
    assert verdict.passed, verdict


def test_the_answer_matches_the_package_for_maps_and_pixel_gradients(
    photo: Picture, random: np.random.Generator
) -> None:
    picture = random.random(photo.shape, np.float32)
    maps, pull_back = VGG19("block2_conv1", padding_mode="symmetric").vjp(picture)
    target = VGG19("block2_conv1", padding_mode="symmetric")(photo)["block2_conv1"]
    value, gradient = check.content_loss.answer(maps["block2_conv1"], target)
    ours = content(photo, "block2_conv1")(picture)
    assert value == pytest.approx(ours.loss, rel=1e-5)
    pulled = pull_back({"block2_conv1": gradient})
    np.testing.assert_allclose(pulled, ours.gradient, atol=1e-4 * np.abs(ours.gradient).max())


def parts(maps: Any, target: Any) -> tuple[Any, float, Any]:
    """Differences, ‖P‖² and the right gradient."""
    energy = float((target**2).sum())
    return maps - target, energy, 2 * (maps - target) / energy


def with_value(value: Callable[..., Any]) -> Callable[..., Any]:
    """Make an answer with the right gradient and another value: of F, P."""
    return lambda maps, target: (float(value(maps, target)), parts(maps, target)[2])


def with_gradient(gradient: Callable[..., Any]) -> Callable[..., Any]:
    """Make an answer with the right value and another gradient: of F−P, ‖P‖²."""

    def answer(maps: Any, target: Any) -> Any:
        difference, energy, _ = parts(maps, target)
        return float((difference**2).sum() / energy), gradient(difference, energy)

    return answer


def positions_averaged(maps: Any, target: Any) -> Any:
    difference = maps.mean((0, 1)) - target.mean((0, 1))
    energy = (target.mean((0, 1)) ** 2).sum()
    shared = 2 * difference / energy / (maps.shape[0] * maps.shape[1])
    return (difference**2).sum() / energy, np.broadcast_to(shared, maps.shape)


def in_place(maps: Any, target: Any) -> Any:
    maps -= target
    energy = (target**2).sum()
    return (maps**2).sum() / energy, 2 * maps / energy


def squares_of_differences_of_squares(maps: Any, target: Any) -> Any:
    return ((maps**2 - target**2) ** 2).sum() / (target**2).sum()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (with_value(lambda f, p: ((f - p) ** 2).sum() / (p**2).sum() / 2), "There is a ½"),
        (with_value(lambda f, p: ((f - p) ** 2).sum() / 2), "the paper's form"),
        (with_value(lambda f, p: ((f - p) ** 2).sum()), "Not divided by ‖P‖²"),
        (with_value(lambda f, p: ((f - p) ** 2).mean()), "mean of the squares"),
        (with_value(lambda f, p: ((f - p) ** 2).sum() / (f**2).sum()), "Divided by ‖F‖²"),
        (with_value(lambda f, p: ((f - p) ** 2).sum() / np.linalg.norm(p)), "the root, and not"),
        (
            with_value(lambda f, p: np.linalg.norm(f - p) / np.linalg.norm(p)),
            "You take a root. The",
        ),
        (with_value(lambda f, p: np.linalg.norm(f - p)), "You take a root, and do not"),
        (
            with_value(lambda f, p: np.abs(f - p).sum() / np.abs(p).sum()),
            "These are absolute differences.",
        ),
        (with_value(lambda f, p: (((f - p) / p) ** 2).sum()), "its own squared entry"),
        (with_value(lambda f, p: (f - p).sum() / p.sum()), "opposite sign cancel"),
        (with_value(lambda f, p: ((f.sum() - p.sum()) ** 2) / (p**2).sum()), "shuffled"),
        (with_value(lambda f, p: (f * p).sum() / (p**2).sum()), "agree, the value should be 0"),
        (with_value(squares_of_differences_of_squares), "sum of the squared differences"),
        (with_value(lambda f, p: -((f - p) ** 2).sum() / (p**2).sum()), "sign of the value"),
        (
            with_value(lambda f, p: 3 * ((f - p) ** 2).sum() / (p**2).sum()),
            "value should be the sum of",
        ),
        (positions_averaged, "shuffled"),
        (in_place, "changes the array"),
    ],
)
def test_wrong_values_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.content_loss(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (with_gradient(lambda d, e: d / e), "half of what it should be"),
        (with_gradient(lambda d, e: -2 * d / e), "sign of the gradient"),
        (with_gradient(lambda d, _: 2 * d), "not divided by ‖P‖²"),
        (with_gradient(lambda d, _: d), "Neither the factor"),
        (with_gradient(lambda d, _: 2 * d / d.size), "number of entries"),
        (with_gradient(lambda d, e: np.sign(d) / e), "Only the signs"),
        (with_gradient(lambda d, e: d**2 / e), "squares the differences"),
        (with_gradient(lambda d, e: 2 * np.abs(d) / e), "change one entry by 0.001"),
        (with_gradient(lambda d, e: 2 * d / e + 1e-3), "change one entry by 0.001"),
        (with_gradient(lambda d, e: (2 * d / e).sum()), "shape"),
        (with_gradient(lambda d, e: (2 * d / e).T), "Rows and columns are exchanged"),
        (lambda f, p: (((f - p) ** 2).sum() / (p**2).sum(), 2 * (f - p) / (f**2).sum()), "‖F‖²"),
        (lambda f, p: ((f - p) ** 2).sum() / (p**2).sum(), "Two things"),
        (lambda f, p: (((f - p) ** 2) / (p**2).sum(), parts(f, p)[2]), "One number"),
    ],
)
def test_wrong_gradients_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.content_loss(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_the_gradient_matches_finite_differences_of_the_value(random: np.random.Generator) -> None:
    maps, target, way = random.standard_normal((3, 4, 3, 5))
    value = check.content_loss.answer
    slope = (value(maps + 1e-6 * way, target)[0] - value(maps - 1e-6 * way, target)[0]) / 2e-6
    assert np.vdot(value(maps, target)[1], way) == pytest.approx(slope, rel=1e-6)


def stub(maps: Any, target: Any) -> Any:
    raise NotImplementedError


def test_stubs_are_not_written_yet() -> None:
    letters = dict.fromkeys(RECONSTRUCTED_LAYERS)
    for verdict in (
        check.content_loss(stub),
        check.which_layers(None),
        check.which_layers(letters),
    ):
        assert verdict.state == "not written yet"


def test_a_right_content_loss_is_saved_for_later_notebooks(tmp_path: Path) -> None:
    assert "Saved in my_functions.py" in check.content_loss.save(my_content_loss, tmp_path).message
    value, gradient = check.content_loss.load(tmp_path)(np.ones((1, 1, 2)), np.full((1, 1, 2), 2))
    assert value == pytest.approx(0.25)
    np.testing.assert_allclose(gradient, np.full((1, 1, 2), -0.25))


def my_content_loss(maps, target):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    energy = np.sum(target**2)
    return np.sum((maps - target) ** 2) / energy, 2 * (maps - target) / energy


def test_the_right_layers_pass_in_any_order() -> None:
    assert check.which_layers(dict(RECONSTRUCTED_LAYERS)).passed
    assert check.which_layers(dict(sorted(RECONSTRUCTED_LAYERS.items(), reverse=True))).passed


def test_the_puzzle_is_not_sorted_by_depth_and_uses_each_layer_once() -> None:
    layers = list(RECONSTRUCTED_LAYERS.values())
    assert len(set(layers)) == len(layers)
    assert layers not in (sorted(layers), sorted(layers, reverse=True))


def exchanged(one: str, other: str) -> dict[str, str]:
    return dict(RECONSTRUCTED_LAYERS) | {
        one: RECONSTRUCTED_LAYERS[other],
        other: RECONSTRUCTED_LAYERS[one],
    }


@pytest.mark.parametrize(("deep", "shallow"), [("C", "B"), ("A", "D"), ("C", "A"), ("D", "B")])
def test_a_wrong_layer_is_reported_only_as_too_deep_or_too_shallow(deep: str, shallow: str) -> None:
    verdict = check.which_layers(exchanged(deep, shallow))
    assert verdict.state == "wrong"
    assert "2 of 4 are right" in verdict.message
    assert f"{deep} comes from a deeper layer" in verdict.message
    assert f"{shallow} comes from a shallower layer" in verdict.message
    assert not any(name in verdict.message for name in RECONSTRUCTED_LAYERS.values())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"A": "conv4_2"}, "Did you mean 'block4_conv2'"),
        ({"B": "block9_conv1"}, "For B: Expected a layer"),
        ({"C": 5}, "For C: Expected a layer"),
        ({"A": "block2_conv2"}, "not one of these"),
        ({"A": RECONSTRUCTED_LAYERS["B"]}, "one of them twice"),
        ({"D": None}, "missing for: D"),
        ({"E": "block1_conv1"}, "keys 'A', 'B', 'C', 'D'"),
        ({"E": "block1_conv1"}, "Received, but not expected: 'E'."),
        ({"A": ""}, "For A: Expected a layer"),
        ({"A": True}, "For A: Expected a layer"),
    ],
)
def test_invalid_guesses_are_explained(change: dict[str, Any], reason: str) -> None:
    verdict = check.which_layers(dict(RECONSTRUCTED_LAYERS) | change)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_a_list_of_layers_is_not_an_answer() -> None:
    lower = {letter.lower(): layer for letter, layer in RECONSTRUCTED_LAYERS.items()}
    assert "Missing: 'A', 'B', 'C', 'D'" in check.which_layers(lower).message
    assert "dictionary" in check.which_layers(list(RECONSTRUCTED_LAYERS.values())).message


def by_tensorflow(maps: Any, at_pooled: Any) -> Any:
    tensorflow = import_tensorflow()
    before = tensorflow.constant(maps[None])
    with tensorflow.GradientTape() as tape:
        tape.watch(before)
        pooled = tensorflow.nn.max_pool2d(before, 2, 2, "VALID")
    return tape.gradient(pooled, before, tensorflow.constant(at_pooled[None])).numpy()[0]


def by_loops(maps: Any, at_pooled: Any) -> Any:
    gradient = np.zeros_like(maps)
    for row, column, channel in np.ndindex(at_pooled.shape):
        square = maps[2 * row : 2 * row + 2, 2 * column : 2 * column + 2, channel]
        down, across = np.unravel_index(square.argmax(), square.shape)
        incoming = at_pooled[row, column, channel]
        gradient[2 * row + down, 2 * column + across, channel] = incoming
    return gradient


def squares_of(maps: Any) -> Any:
    rows, columns, channels = maps.shape
    return maps.reshape(rows // 2, 2, columns // 2, 2, channels)


def enlarged(pooled: Any) -> Any:
    return pooled.repeat(2, axis=0).repeat(2, axis=1)


@pytest.mark.parametrize("right", [check.max_pool_backward.answer, by_loops, by_tensorflow])
def test_right_backward_passes_of_max_pooling_pass(right: Callable[..., Any]) -> None:
    verdict = check.max_pool_backward(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda _, g: enlarged(g) / 4, "a quarter. That is right for the mean"),
        (lambda _, g: enlarged(g), "All four numbers"),
        (
            lambda m, g: enlarged(g) * (m == enlarged(squares_of(m).min(axis=(1, 3)))),
            "smallest number",
        ),
        (lambda m, g: by_loops(m, g) / 4, "A quarter of the gradient arrives"),
        (lambda m, g: by_loops(m, g) * m, "multiplied by the maps"),
        (lambda m, g: by_loops(m, np.ones_like(g)), "a 1 stands there"),
        (lambda m, g: enlarged(g) * (m > 0), "where the maps are above 0"),
        (
            lambda m, g: (
                enlarged(g)
                * (m == enlarged(squares_of(m).max(axis=(1, 3)).max(axis=-1, keepdims=True)))
            ),
            "over all channels",
        ),
        (lambda m, g: -by_loops(m, g), "sign"),
        (lambda m, g: 2 * by_loops(m, g), "whole gradient should arrive"),
        (lambda _, g: g, "shape"),
        (lambda m, g: None, "not written"),
    ],
)
def test_wrong_backward_passes_of_max_pooling_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.max_pool_backward(wrong)
    assert not verdict.passed
    assert reason in str(verdict)


def test_hints_do_not_reveal_a_layer() -> None:
    for exercise in (module.which_layers, module.content_loss):
        for _ in range(5):
            assert "block" not in exercise.hint().text
