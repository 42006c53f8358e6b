import math
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.course import checks as check
from stylelab.network.tensorflow import import_tensorflow
from stylelab.painting.normalization import conditional_normalization, instance_normalization

FORGOTTEN = check.change_forgotten.answer
normalised: Callable[..., Any] = check.conditional_normalization.answer
counted: Callable[..., Any] = check.parameter_counts.answer


# What is forgotten


@pytest.mark.parametrize(
    "right",
    [
        dict(FORGOTTEN),
        {name: np.bool_(value) for name, value in FORGOTTEN.items()},
        dict(reversed(FORGOTTEN.items())),
        MappingProxyType(FORGOTTEN),
    ],
)
def test_right_predictions_pass(right: Any) -> None:
    assert check.change_forgotten(right).passed


def test_the_predictions_are_true_of_maps_of_random_kernels(random: np.random.Generator) -> None:
    photo = (0.15 + 0.55 * sl.sample("cat", size=64)).astype(np.float32)
    left = (np.arange(photo.shape[1]) < photo.shape[1] / 2)[:, None]
    changed = {
        "half the contrast": 0.5 * photo + 0.25,
        "brighter everywhere": photo + 0.2,
        "a darker exposure": 0.6 * photo,
        "a blue cast": photo + np.array([0, 0, 0.2]),
        "half as much red": photo * np.array([0.5, 1, 1]),
        "a shadow on the left half": np.where(left, 0.4 * photo, photo),
        "negative": 1 - photo,
    }
    kernel = random.standard_normal((5, 5, 3, 8))

    def maps(image: Any) -> Any:
        convolved = import_tensorflow().nn.conv2d(image[None].astype("float32"), kernel, 1, "VALID")
        return instance_normalization(convolved.numpy()[0])

    expected = maps(photo)
    found = {
        name: bool(np.allclose(maps(one), expected, atol=0.01)) for name, one in changed.items()
    }
    assert found == FORGOTTEN


def test_each_wrong_prediction_is_explained_without_the_answer() -> None:
    explanations = set()
    for name, expected in FORGOTTEN.items():
        verdict = check.change_forgotten(dict(FORGOTTEN) | {name: not expected})
        assert verdict.state == "wrong"
        start = f"6 of 7 are right. Think again about {name!r}. "
        assert verdict.message.startswith(start)
        explanations.add(verdict.message.removeprefix(start))
    assert len(explanations - {""}) == len(FORGOTTEN)
    assert not any("True" in sentence or "False" in sentence for sentence in explanations)


# Conditional normalisation


def with_the_packages_own(maps: Any, scales: Any, shifts: Any, weights: Any) -> Any:
    return conditional_normalization(maps, scales, shifts, weights)


def style_by_style(maps: Any, scales: Any, shifts: Any, weights: Any) -> Any:
    """The mixture of the styles' maps: the same, since all is linear in scales and shifts."""
    each = [instance_normalization(maps, *one) for one in zip(scales, shifts, strict=True)]
    return np.tensordot(weights, each, 1)


def channel_by_channel(maps: Any, scales: Any, shifts: Any, weights: Any) -> Any:
    result = np.empty_like(maps)
    for channel in range(maps.shape[2]):
        values = maps[:, :, channel]
        scale = sum(w * s for w, s in zip(weights, scales[:, channel], strict=True))
        shift = sum(w * s for w, s in zip(weights, shifts[:, channel], strict=True))
        root = math.sqrt(np.mean((values - values.mean()) ** 2) + 1e-5)
        result[:, :, channel] = scale * (values - values.mean()) / root + shift
    return result


def with_einsum(maps: Any, scales: Any, shifts: Any, weights: Any) -> Any:
    scale, shift = (np.einsum("s,sc->c", weights, table) for table in (scales, shifts))
    factor = scale * (maps.var((0, 1)) + 1e-5) ** -0.5
    return factor * maps + (shift - factor * maps.mean((0, 1)))


def with_weights_of_sum_1(maps: Any, scales: Any, shifts: Any, weights: Any) -> Any:
    return normalised(maps, scales, shifts, weights / weights.sum())


@pytest.mark.parametrize(
    "right",
    [
        normalised,
        with_the_packages_own,
        style_by_style,
        channel_by_channel,
        with_einsum,
        with_weights_of_sum_1,
        lambda *given: normalised(*given).tolist(),
    ],
)
def test_right_normalisations_pass(right: Callable[..., Any]) -> None:
    verdict = check.conditional_normalization(right)
    assert verdict.passed, verdict


def standard(maps: Any) -> Any:
    return (maps - maps.mean((0, 1))) / np.sqrt(maps.var((0, 1)) + 1e-5)


def in_place(maps: Any, scales: Any, shifts: Any, weights: Any) -> Any:
    answer = normalised(maps, scales, shifts, weights)
    maps -= maps.mean((0, 1))
    return answer


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda m, g, b, w: w @ g * m + w @ b, "Nothing is normalised"),
        (
            lambda m, g, b, w: w @ g * (m - m.mean()) / np.sqrt(m.var() + 1e-5) + w @ b,
            "for all channels together",
        ),
        (
            lambda m, g, b, w: (
                w @ g * (m - m.mean(2, keepdims=True)) / np.sqrt(m.var(2, keepdims=True) + 1e-5)
                + w @ b
            ),
            "taken over channels",
        ),
        (
            lambda m, g, b, w: w @ g * m / np.sqrt(m.var((0, 1)) + 1e-5) + w @ b,
            "mean is not subtracted",
        ),
        (lambda m, g, b, w: w @ g * (m - m.mean((0, 1))) + w @ b, "not divided"),
        (
            lambda m, g, b, w: w @ g * (m - m.mean((0, 1))) / (m.var((0, 1)) + 1e-5) + w @ b,
            "Divided by the variance",
        ),
        (
            lambda m, g, b, w: w @ g * (m - m.mean((0, 1))) / m.std((0, 1)) + w @ b,
            "under the root is missing",
        ),
        (
            lambda m, g, b, w: w @ g * (m - m.mean((0, 1))) / (m.std((0, 1)) + 1e-5) + w @ b,
            "added to the root",
        ),
        (
            lambda m, g, b, w: (
                w @ g * (m - m.mean((0, 1))) / np.sqrt(m.var((0, 1), ddof=1) + 1e-5) + w @ b
            ),
            "minus one",
        ),
        (lambda m, *_: standard(m), "not scaled and shifted"),
        (lambda m, g, b, w: w @ g * standard(m), "shift is missing"),
        (lambda m, g, b, w: standard(m) + w @ b, "scale is missing"),
        (lambda m, g, b, w: w @ g * (standard(m) + w @ b), "before scaling"),
        (lambda m, g, b, w: normalised(m, b, g, w), "exchanged"),
        (
            lambda m, g, b, w: g[np.argmax(w)] * standard(m) + b[np.argmax(w)],
            "largest weight",
        ),
        (lambda m, g, b, w: g.mean(0) * standard(m) + b.mean(0), "count the same"),
        (lambda m, g, b, w: g.sum(0) * standard(m) + b.sum(0), "without their weights"),
        (lambda m, g, b, w: w @ g * standard(m) + b.sum(0), "on the scales only"),
        (lambda m, g, b, w: g.sum(0) * standard(m) + w @ b, "on the shifts only"),
        (lambda m, g, b, w: g[0] * standard(m) + b[0], "first style"),
        (lambda *given: normalised(*given) ** 2, "It should be γ"),
        (lambda *given: normalised(*given)[0], "The shape"),
        (lambda m, g, b, w: m @ g, "stops with ValueError"),
        (in_place, "changes the array"),
    ],
)
def test_wrong_normalisations_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.conditional_normalization(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


# What is shared


def from_a_network(kernels: Any) -> Any:
    shared = own = 0
    for rows, columns, into, out in kernels:
        shared += rows * columns * into * out
        own += 2 * out
    return shared, own  # the last one's scale is missing, but three for the photo are there


@pytest.mark.parametrize(
    "right",
    [
        counted,
        from_a_network,
        lambda kernels: list(counted(kernels)),
        lambda kernels: (
            int(sum(np.prod(one) for one in kernels)),
            2 * sum(one[-1] for one in kernels[:-1]) + 6,
        ),
        lambda kernels: tuple(float(one) for one in counted(kernels)),
    ],
)
def test_right_counts_pass(right: Callable[..., Any]) -> None:
    verdict = check.parameter_counts(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(("width", "blocks", "styles"), [(4, 0, 1), (3, 2, 5), (16, 4, 7)])
def test_the_counts_are_those_of_a_network(width: int, blocks: int, styles: int) -> None:
    names = tuple(f"style {number}" for number in range(styles))
    network = sl.PaintingNetwork(names, width=width, blocks=blocks)
    kernels = [tuple(v.shape) for name, v in network.parameters.items() if name.endswith("kernel")]
    shared, own = counted(kernels)
    assert shared + styles * own == network.size


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda k: counted(k)[::-1], "exchanged"),
        (lambda k: (counted(k)[0], sum(counted(k))), "Leave the kernels out"),
        (lambda k: (sum(counted(k)), counted(k)[1]), "Kernels alone"),
        (lambda k: (counted(k)[0], counted(k)[1] - 3), "Three numbers are missing"),
        (lambda k: (counted(k)[0], counted(k)[1] - 6), "shifts are missing, and"),
        (lambda k: (counted(k)[0], counted(k)[1] + 3), "so it has no scale"),
        (lambda k: (counted(k)[0], sum(one[3] for one in k) + 3), "Only one is counted"),
        (
            lambda k: (counted(k)[0], 2 * sum(one[2] for one in k[:-1]) + 6),
            "Those that go in are counted",
        ),
        (lambda k: (len(k), counted(k)[1]), "counted as one number"),
        (lambda k: (sum(sum(one) for one in k), counted(k)[1]), "Multiply them"),
        (lambda k: (counted(k[:-1])[0], counted(k)[1]), "The last kernel is shared, too"),
        (lambda k: (counted(k)[0] + 1, counted(k)[1]), "Shared are the numbers in all kernels"),
        (lambda k: sum(counted(k)), "Two things were expected"),
        (lambda k: (counted(k)[0], "many"), "One number was expected for own"),
    ],
)
def test_wrong_counts_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.parameter_counts(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def stub(*_: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    "verdict",
    [
        check.conditional_normalization(stub),
        check.conditional_normalization(None),
        check.parameter_counts(stub),
        check.parameter_counts(lambda _: None),
        check.change_forgotten(None),
        check.change_forgotten(dict.fromkeys(FORGOTTEN)),
    ],
)
def test_stubs_are_not_written_yet(verdict: Any) -> None:
    assert verdict.state == "not written yet"
