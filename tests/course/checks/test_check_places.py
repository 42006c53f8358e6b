from collections import OrderedDict
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from scipy.signal import convolve2d

from stylelab.course import checks as check
from stylelab.course.checks.places import SIDE
from stylelab.errors import LayerError
from stylelab.losses.gram import gram_matrix
from stylelab.losses.layer_weights import STYLE_LAYERS
from stylelab.network.layer_facts import LAYERS
from stylelab.network.layer_masks import layer_mask
from stylelab.pictures.masks import resize_mask

SURVIVING_LAYERS = check.region_survives.answer


def downsampled_with_loops(mask: Any, stride: int) -> Any:
    rows, columns = mask.shape[0] // stride, mask.shape[1] // stride
    return [
        [
            mask[r * stride : (r + 1) * stride, c * stride : (c + 1) * stride].mean()
            for c in range(columns)
        ]
        for r in range(rows)
    ]


def cut(mask: Any, stride: int) -> Any:
    rows, columns = mask.shape[0] // stride, mask.shape[1] // stride
    return mask[: rows * stride, : columns * stride]


def cells(mask: Any, stride: int) -> Any:
    whole = cut(mask, stride)
    rows, columns = whole.shape[0] // stride, whole.shape[1] // stride
    return whole.reshape(rows, stride, columns, stride)


def resized(mask: Any, stride: int) -> Any:
    from skimage.transform import downscale_local_mean

    means: Any = downscale_local_mean  # without types
    return means(cut(mask, stride), (stride, stride))


def with_einsum(mask: Any, stride: int) -> Any:
    return np.einsum("rycx->rc", cells(mask, stride)) / stride**2


def with_a_summed_table(mask: Any, stride: int) -> Any:
    table = np.pad(cut(mask, stride).cumsum(0).cumsum(1), ((1, 0), (1, 0)))[::stride, ::stride]
    return np.diff(np.diff(table, axis=0), axis=1) / stride**2


def with_convolution(mask: Any, stride: int) -> Any:
    sums = convolve2d(mask, np.ones((stride, stride)), "valid")
    rows, columns = mask.shape[0] // stride, mask.shape[1] // stride
    return sums[::stride, ::stride][:rows, :columns] / stride**2


def with_windows(mask: Any, stride: int) -> Any:
    windows = np.lib.stride_tricks.sliding_window_view(mask, (stride, stride))
    return windows[::stride, ::stride].mean(axis=(2, 3))


def with_reduceat(mask: Any, stride: int) -> Any:
    whole = cut(mask, stride)
    sums = np.add.reduceat(whole, range(0, whole.shape[0], stride), axis=0)
    return np.add.reduceat(sums, range(0, whole.shape[1], stride), axis=1) / stride**2


def with_matrices(mask: Any, stride: int) -> Any:
    whole = cut(mask, stride)
    left, right = (np.kron(np.eye(n // stride), np.ones(stride) / stride) for n in whole.shape)
    return left @ whole @ right.T


def with_slices_added(mask: Any, stride: int) -> Any:
    whole = cut(mask, stride)
    parts = [whole[y::stride, x::stride] for y in range(stride) for x in range(stride)]
    return sum(parts) / len(parts)


@pytest.mark.parametrize(
    "right",
    [
        check.downsample_mask.answer,
        downsampled_with_loops,
        resized,
        with_einsum,
        with_a_summed_table,
        with_convolution,
        with_windows,
        with_reduceat,
        with_matrices,
        with_slices_added,
        lambda mask, stride: cells(mask.astype(np.float32), stride).mean((1, 3)),
        lambda mask, stride: cells(mask, stride).mean(3).mean(1).tolist(),
    ],
)
def test_right_downsampled_masks_pass(right: Callable[..., Any]) -> None:
    verdict = check.downsample_mask(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize("layer", STYLE_LAYERS)
def test_the_answer_matches_the_packages_centre_mask(layer: str) -> None:
    mask = np.random.default_rng(1).random((50, 70), np.float32)
    stride = 2 ** (int(layer[5]) - 1)
    np.testing.assert_allclose(
        check.downsample_mask.answer(mask, stride), layer_mask(mask, layer), atol=1e-6
    )


def from_the_end(mask: Any, stride: int) -> Any:
    return cells(mask[::-1, ::-1], stride)[::-1, :, ::-1].mean((1, 3))


def with_what_is_left_over(mask: Any, stride: int) -> Any:
    rows, columns = (-(-side // stride) for side in mask.shape)
    padded = np.pad(
        mask, ((0, rows * stride - mask.shape[0]), (0, columns * stride - mask.shape[1]))
    )
    return cells(padded, stride).mean((1, 3))


def without_cutting(mask: Any, stride: int) -> Any:
    rows, columns = mask.shape[0] // stride, mask.shape[1] // stride
    return mask.reshape(rows, stride, columns, stride).mean((1, 3))


def in_place(mask: Any, stride: int) -> Any:
    mask /= stride**2
    return cells(mask, stride).sum((1, 3))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda mask, stride: cells(mask, stride)[:, 0, :, 0], "the first"),
        (
            lambda mask, stride: cells(mask, stride)[:, stride // 2, :, stride // 2],
            "the middle one",
        ),
        (lambda mask, stride: cells(mask, stride).sum((1, 3)), "sums over the cells"),
        (lambda mask, stride: cells(mask, stride).max((1, 3)), "would grow"),
        (lambda mask, stride: cells(mask, stride).min((1, 3)), "count half"),
        (lambda mask, stride: np.round(cells(mask, stride).mean((1, 3))), "rounded"),
        (from_the_end, "bottom right"),
        (with_what_is_left_over, "cells for the rest"),
        (lambda mask, stride: cells(mask, stride).mean((0, 2)), "shape"),
        (without_cutting, "stops with ValueError"),
        (lambda mask, stride: 1 - cells(mask, stride).mean((1, 3)), "exchanged"),
        (lambda mask, stride: np.median(cells(mask, stride), axis=(1, 3)), "medians"),
        (lambda mask, stride: cells(mask, stride).sum((1, 3)) / stride, "Divided by the stride"),
        (lambda mask, stride: cells(mask, stride)[:, 0].mean(2), "only one row"),
        (lambda mask, stride: with_einsum(mask, stride) / with_einsum(mask, stride).max(), "to 1"),
        (lambda mask, stride: with_einsum(mask, stride) ** 2, "Entry (r, c)"),
        (lambda mask, stride: mask, "shape"),
        (in_place, "changes the array"),
        (
            lambda mask, stride: resize_mask(
                mask.astype(np.float32), mask.shape[0] // stride, mask.shape[1] // stride
            ),
            "Entry (r, c)",
        ),
    ],
)
def test_wrong_downsampled_masks_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.downsample_mask(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def flat(maps: Any) -> Any:
    return maps.reshape(-1, maps.shape[-1])


def column(weights: Any) -> Any:
    return weights.reshape(-1, 1)


def packages_own(maps: Any, weights: Any) -> Any:
    return gram_matrix(maps, weights=weights)


def with_roots(maps: Any, weights: Any) -> Any:
    counted = flat(maps * np.sqrt(weights)[..., None])
    return counted.T @ counted / weights.sum()


def guided_with_loops(maps: Any, weights: Any) -> Any:
    sums = np.zeros((maps.shape[-1],) * 2)
    for row, one in zip(maps, weights, strict=True):
        for position, weight in zip(row, one, strict=True):
            sums += weight * np.outer(position, position)
    return sums / weights.sum()


@pytest.mark.parametrize(
    "right",
    [
        check.guided_gram.answer,
        packages_own,
        with_roots,
        guided_with_loops,
        lambda maps, weights: np.einsum("rc,rci,rcj", weights, maps, maps) / np.sum(weights),
        lambda maps, weights: (
            np.tensordot(maps * weights[..., None], maps, ((0, 1), (0, 1))) / weights.sum()
        ),
        lambda maps, weights: flat(maps).T @ np.diag(weights.ravel()) @ flat(maps) / weights.sum(),
        lambda maps, weights: np.average(
            np.einsum("ki,kj->kij", flat(maps), flat(maps)), axis=0, weights=weights.ravel()
        ),
        lambda maps, weights: sums(maps, weights / weights.sum()),
        lambda maps, weights: (
            sums(maps.astype(np.float32), weights.astype(np.float32)) / weights.sum()
        ),
        lambda maps, weights: (sums(maps, weights) / weights.sum()).tolist(),
        lambda maps, weights: [
            [np.sum(weights * one * other) / weights.sum() for one in np.moveaxis(maps, -1, 0)]
            for other in np.moveaxis(maps, -1, 0)
        ],
        lambda maps, weights: (
            np.inner(
                np.moveaxis(maps * weights[..., None], -1, 0).reshape(maps.shape[-1], -1),
                flat(maps).T,
            )
            / weights.sum()
        ),
    ],
)
def test_right_guided_gram_matrices_pass(right: Callable[..., Any]) -> None:
    verdict = check.guided_gram(right)
    assert verdict.passed, verdict


def sums(maps: Any, weights: Any) -> Any:
    return flat(maps).T @ (column(weights) * flat(maps))


def normalised(matrix: Any) -> Any:
    return matrix / np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))


def as_in_the_paper(maps: Any, weights: Any) -> Any:
    counted = flat(maps * weights[..., None])
    return counted.T @ counted / np.sum(weights**2)


def cut_out(maps: Any, weights: Any) -> Any:
    inside = maps[weights > 0]
    return inside.T @ inside / len(inside)


def leaking(maps: Any, weights: Any, everywhere: float = 1e-3) -> Any:
    return sums(maps, weights + everywhere) / (weights + everywhere).sum()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda maps, weights: gram_matrix(maps), "ignores the weights: positions"),
        (lambda maps, weights: flat(maps).T @ flat(maps) / weights.sum(), "only in the divisor"),
        (
            lambda maps, weights: sums(maps, weights) / weights.size,
            "number of all positions: a small",
        ),
        (sums, "Not divided"),
        (lambda maps, weights: sums(maps, weights**2) / weights.sum(), "as if both factors"),
        (as_in_the_paper, "as in the paper"),
        (lambda maps, weights: sums(maps, weights**2) / weights.size, "squared, and"),
        (
            lambda maps, weights: sums(maps, weights) / weights.sum() / maps.shape[-1],
            "channels too",
        ),
        (cut_out, "soft edge, a position"),
        (leaking, "Entry (i, j)"),
        (lambda maps, weights: leaking(maps, weights, 1e-9), "maps at positions of weight 0"),
        (
            lambda maps, weights: flat(maps) @ flat(maps).T * column(weights) / weights.sum(),
            "compares positions",
        ),
        (lambda maps, weights: maps.mean((0, 1)), "shape"),
        (lambda maps, weights: 2 * packages_own(maps, weights), "2 times"),
        (
            lambda maps, weights: np.cov(flat(maps).T, aweights=weights.ravel(), ddof=0),
            "subtracted, as np.cov",
        ),
        (lambda maps, weights: normalised(sums(maps, weights)), "as np.corrcoef"),
        (
            lambda maps, weights: sums(maps, np.sqrt(weights)) / weights.sum(),
            "roots of the weights",
        ),
        (lambda maps, weights: sums(maps, 1 - weights) / weights.sum(), "Entry (i, j)"),
        (lambda maps, weights: maps * weights, "stops with ValueError"),
    ],
)
def test_wrong_guided_gram_matrices_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.guided_gram(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


@pytest.mark.parametrize("layer", STYLE_LAYERS)
def test_surviving_layers_match_the_masks(layer: str) -> None:
    mask = np.zeros((400, 400), np.float32)
    mask[176 : 176 + SIDE, 176 : 176 + SIDE] = 1
    try:
        there = bool(layer_mask(mask, layer, "inside").any())
    except LayerError:
        there = False
    assert there == SURVIVING_LAYERS[layer]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"block4_conv1": True}, "4 of 5 are right. Think again about 'block4_conv1'"),
        ({"block1_conv1": False, "block5_conv1": True}, "3 of 5 are right"),
        ({"block3_conv1": None}, "missing for: block3_conv1"),
        ({"block3_conv1": "yes"}, "True or False"),
        ({"block3_conv1": 1}, "True or False"),
        ({"conv6": True}, "not expected: 'conv6'"),
        ({"block3_conv2": True}, "not expected: 'block3_conv2'"),
        ({"block1_conv1": None, "block2_conv1": None}, "missing for: block1_conv1, block2_conv1"),
        (dict.fromkeys(SURVIVING_LAYERS, True), "are right"),
        (dict.fromkeys(SURVIVING_LAYERS, False), "are right"),
        ({"block2_conv1": "True"}, "True or False"),
    ],
)
def test_wrong_predictions_are_refused_for_the_right_reason(
    changed: dict[str, Any], reason: str
) -> None:
    verdict = check.region_survives({**SURVIVING_LAYERS, **changed})
    assert verdict.state == "wrong"
    assert reason in verdict.message


@pytest.mark.parametrize(
    "right",
    [
        SURVIVING_LAYERS,
        dict(SURVIVING_LAYERS),
        {layer: np.bool_(seen) for layer, seen in SURVIVING_LAYERS.items()},
        {layer: bool(seen) for layer, seen in SURVIVING_LAYERS.items()},
        {layer: LAYERS[layer].receptive_field <= 60 for layer in SURVIVING_LAYERS},
        {layer: not LAYERS[layer].receptive_field > 60 for layer in SURVIVING_LAYERS},
        {layer: layer < "block4" for layer in SURVIVING_LAYERS},
        dict(reversed(list(SURVIVING_LAYERS.items()))),
        OrderedDict(SURVIVING_LAYERS),
        MappingProxyType(SURVIVING_LAYERS),
        dict(zip(SURVIVING_LAYERS, np.array(list(SURVIVING_LAYERS.values())), strict=True)),
    ],
)
def test_right_predictions_pass(right: Any) -> None:
    assert check.region_survives(right).passed
    assert set(SURVIVING_LAYERS.values()) == {True, False}


def stub(*_: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("exercise", "unwritten"),
    [
        (check.downsample_mask, stub),
        (check.guided_gram, stub),
        (check.region_survives, dict.fromkeys(SURVIVING_LAYERS)),
    ],
)
def test_stubs_are_not_written_yet(exercise: Any, unwritten: Any) -> None:
    assert exercise(unwritten).state == "not written yet"


def test_missing_or_misspelt_layers_are_reported() -> None:
    fewer = {layer: seen for layer, seen in SURVIVING_LAYERS.items() if layer != "block2_conv1"}
    assert "Missing: 'block2_conv1'." in check.region_survives(fewer).message
    misspelt = fewer | {"blok2_conv1": True}
    assert "Did you mean 'block2_conv1'?" in check.region_survives(misspelt).message
    assert "A dictionary was expected" in check.region_survives([True] * 5).message
