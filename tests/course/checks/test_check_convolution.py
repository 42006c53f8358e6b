from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import signal

from stylelab.course import checks as check
from stylelab.network.convolution import KERNELS, convolve
from stylelab.network.tensorflow import import_tensorflow

answer: Callable[..., Any] = check.conv2d.answer


def with_scipy(picture: Any, kernels: Any, bias: Any) -> Any:
    planes = [
        sum(
            signal.correlate2d(picture[..., k], kernels[..., k, n], "same")
            for k in range(picture.shape[-1])
        )
        for n in range(len(bias))
    ]
    return np.stack(planes, -1) + bias


def with_tensorflow(picture: Any, kernels: Any, bias: Any) -> Any:
    tensorflow = import_tensorflow()
    return (tensorflow.nn.conv2d(picture[None], kernels, 1, "SAME")[0] + bias).numpy()


def with_loops(picture: Any, kernels: Any, bias: Any) -> Any:
    rows, columns, channels = picture.shape
    result = np.zeros((rows, columns, len(bias)))
    for r, c, n in np.ndindex(result.shape):
        total = bias[n]
        for i, j, k in np.ndindex(3, 3, channels):
            y, x = r + i - 1, c + j - 1
            if 0 <= y < rows and 0 <= x < columns:
                total += picture[y, x, k] * kernels[i, j, k, n]
        result[r, c, n] = total
    return result


def windows(picture: Any) -> Any:
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))  # rckij


def with_windows(picture: Any, kernels: Any, bias: Any) -> Any:
    return np.einsum("rckij,ijkn->rcn", windows(picture), kernels) + bias


def with_tensordot(picture: Any, kernels: Any, bias: Any) -> Any:
    return np.tensordot(windows(picture), kernels, axes=([3, 4, 2], [0, 1, 2])) + bias


def with_columns(picture: Any, kernels: Any, bias: Any) -> Any:
    rows, columns, _ = picture.shape
    flat = windows(picture).transpose(0, 1, 3, 4, 2).reshape(rows * columns, -1)
    return (flat @ kernels.reshape(-1, len(bias)) + bias).reshape(rows, columns, -1)


def with_turned_convolve(picture: Any, kernels: Any, bias: Any) -> Any:
    answer = np.zeros((*picture.shape[:2], len(bias)))
    for k, n in np.ndindex(kernels.shape[2:]):
        answer[..., n] += signal.convolve2d(picture[..., k], kernels[::-1, ::-1, k, n], "same")
    return bias + answer


def shifted(picture: Any, i: int, j: int) -> Any:
    return windows(picture)[..., i, j]


@pytest.mark.parametrize(
    "right",
    [
        answer,
        convolve,
        with_scipy,
        with_tensorflow,
        with_loops,
        with_windows,
        with_tensordot,
        with_columns,
        with_turned_convolve,
        lambda x, w, b: with_windows(x, w, b).tolist(),
        lambda x, w, b: (
            sum(np.einsum("rck,kn->rcn", shifted(x, i, j), w[i, j]) for i, j in np.ndindex(3, 3))
            + b
        ),
    ],
)
def test_right_convolutions_pass(right: Callable[..., Any]) -> None:
    verdict = check.conv2d(right)
    assert verdict.passed, verdict


def padded_by(mode: Any) -> Callable[..., Any]:
    def padded(picture: Any, kernels: Any, bias: Any) -> Any:
        around = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode=mode)
        return convolve(around, kernels, bias, padding="valid")

    return padded


def padded_once(rows: Any, columns: Any) -> Callable[..., Any]:
    def padded(picture: Any, kernels: Any, bias: Any) -> Any:
        return convolve(np.pad(picture, (rows, columns, (0, 0))), kernels, bias, padding="valid")

    return padded


def valid(picture: Any, kernels: Any, bias: Any) -> Any:
    return convolve(picture, kernels, bias, padding="valid")


def border_left_out(picture: Any, kernels: Any, bias: Any) -> Any:
    result = np.zeros((*picture.shape[:2], len(bias)))
    result[1:-1, 1:-1] = valid(picture, kernels, bias)
    return result


def channels_averaged(picture: Any, kernels: Any, bias: Any) -> Any:
    return convolve(picture / picture.shape[-1], kernels, bias)


def bias_in_the_loop(picture: Any, kernels: Any, bias: Any) -> Any:
    return convolve(picture, kernels, 9 * bias)


def in_place(picture: Any, kernels: Any, bias: Any) -> Any:
    kernels *= 1.0
    picture -= 1.0
    return convolve(picture + 1, kernels, bias)


def without_channels(picture: Any, kernels: Any, bias: Any) -> Any:
    return convolve(picture, kernels, bias).sum(-1)


def kernels_first(picture: Any, kernels: Any, bias: Any) -> Any:
    return np.moveaxis(convolve(picture, kernels, bias), -1, 0)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda x, w, b: convolve(x, w[::-1, ::-1], b), "rotated by 180°"),
        (lambda x, w, b: convolve(x, w.swapaxes(0, 1), b), "rows and columns are exchanged"),
        (lambda x, w, b: convolve(x, w[::-1], b), "mirrored from top to bottom"),
        (lambda x, w, b: convolve(x, w[:, ::-1], b), "mirrored from left to right"),
        (valid, "stays inside"),
        (padded_by("edge"), "outermost pixels are repeated"),
        (padded_by("reflect"), "mirrored there"),
        (padded_by("wrap"), "other side"),
        (padded_once((2, 0), (2, 0)), "zeros are added above and on the left"),
        (padded_once((0, 2), (0, 2)), "zeros are added below and on the right"),
        (padded_once((2, 0), (1, 1)), "summed over the 3 × 3 window"),
        (lambda x, w, b: np.maximum(convolve(x, w), 0) + b, "after the bias, not before"),
        (lambda x, w, b: convolve(x, w, b).astype(complex), "ndarray of complex128"),
        (border_left_out, "answer is 0 in the outermost"),
        (lambda x, w, b: convolve(x, w), "bias is missing"),
        (lambda x, w, b: convolve(x, w, -b), "subtracted, not added"),
        (bias_in_the_loop, "nine times"),
        (lambda x, w, b: convolve(x, w, x.shape[-1] * b), "once for each channel"),
        (lambda x, w, b: np.maximum(convolve(x, w, b), 0), "relu comes later"),
        (lambda x, w, b: convolve(x[..., :1], w[:, :, :1], b), "Only the first channel"),
        (channels_averaged, "channels are averaged"),
        (lambda x, w, b: convolve(x / 9, w, b), "nine products are averaged"),
        (lambda x, w, b: convolve(x, w, b) + 0.1, "summed over the 3 × 3 window"),
        (lambda x, w, b: 2 * convolve(x, w, b), "2 times"),
        (lambda x, w, b: -convolve(x, w, b), "sign"),
        (in_place, "changes the array"),
        (without_channels, "one map for each"),
        (kernels_first, "shape"),
        (lambda x, w, b: x @ w + b, "stops with ValueError"),
    ],
)
def test_wrong_convolutions_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.conv2d(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


SOBEL = KERNELS["horizontal edges"]


@pytest.mark.parametrize(
    "right",
    [
        check.horizontal_edges.answer,
        SOBEL,
        -SOBEL,
        SOBEL / 8,
        np.array([[0, 1, 0], [0, 0, 0], [0, -1, 0]]),
        np.array([[0, 0, 0], [0, -1, 0], [0, 1, 0]]),
        np.array([[3, 10, 3], [0, 0, 0], [-3, -10, -3]]),
        np.array([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]]),
        np.outer([1, 0, -1], [1, 3, 1]).astype(np.float32),
        [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -1.0, -1.0]],
        ((0, 1, 0), (0, -1, 0), (0, 0, 0)),
        255 * SOBEL,
    ],
)
def test_kernels_for_horizontal_edges_pass(right: Any) -> None:
    verdict = check.horizontal_edges(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (SOBEL.T, "vertical edges, and not to horizontal"),
        (KERNELS["Laplacian"], "vertical edges, as well as"),
        (np.array([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]]), "vertical edges, as well as"),
        (np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]), "vertical edges, as well as"),
        (np.array([[1, 2, 1], [0, 0, 0], [1, 2, 1]]), "flat areas"),
        (np.array([[0, 0, 0], [0, 1, 0], [0, 1, 0]]), "flat areas"),
        (KERNELS["sharpen"], "flat areas"),
        (np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]), "hardly to horizontal"),
        (np.zeros((3, 3)), "is always 0"),
        (np.array([-1, 0, 1]), "shape"),
        (np.full((3, 3), np.nan), "Finite"),
        ("Sobel", "numbers"),
    ],
)
def test_other_kernels_are_refused_for_the_right_reason(wrong: Any, reason: str) -> None:
    verdict = check.horizontal_edges(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_stubs_are_not_written_yet() -> None:
    def my_conv2d(picture: Any, kernels: Any, bias: Any) -> Any:
        raise NotImplementedError

    assert check.conv2d(my_conv2d).state == "not written yet"
    assert check.horizontal_edges(None).state == "not written yet"


def test_no_hint_contains_the_solution() -> None:
    for exercise in (check.conv2d, check.horizontal_edges):
        for _ in range(4):
            assert exercise.source() not in exercise.hint().text
