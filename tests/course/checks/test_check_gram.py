from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.losses.gram import gram_matrix
from stylelab.losses.style import style

GRAM_INVARIANCES = check.gram_unchanged.answer


def written_with_loops(maps: Any) -> Any:
    rows, columns, channels = maps.shape
    gram = np.zeros((channels, channels))
    for row in range(rows):
        for column in range(columns):
            gram += np.outer(maps[row, column], maps[row, column]) / (rows * columns)
    return gram


def written_by_channel(maps: Any) -> Any:
    a = np.moveaxis(maps, -1, 0).reshape(maps.shape[-1], -1)
    return (a @ a.T) / a.shape[1]


@pytest.mark.parametrize(
    "right",
    [
        check.gram_matrix.answer,
        gram_matrix,
        written_with_loops,
        written_by_channel,
        lambda m: np.einsum("rci,rcj->ij", m, m) / (m.shape[0] * m.shape[1]),
        lambda m: np.tensordot(m, m, axes=([0, 1], [0, 1])) / m[..., 0].size,
        lambda m: np.mean([np.outer(v, v) for v in flat(m)], axis=0),
        lambda m: (m[..., :, None] * m[..., None, :]).mean((0, 1)),
        lambda m: np.dot(flat(m).T / len(flat(m)), flat(m)).tolist(),
        lambda m: (flat(m) / np.sqrt(len(flat(m)))).T @ (flat(m) / np.sqrt(len(flat(m)))),
        lambda m: sum(row.T @ row for row in m) / m.shape[0] / m.shape[1],
        lambda m: np.cov(flat(m).T, bias=True) + np.outer(m.mean((0, 1)), m.mean((0, 1))),
        lambda m: [[(a * b).mean() for b in np.moveaxis(m, -1, 0)] for a in np.moveaxis(m, -1, 0)],
        lambda m: gram_matrix(m.astype(np.float32)).astype(np.float32),
    ],
)
def test_right_gram_matrices_pass(right: Callable[..., Any]) -> None:
    verdict = check.gram_matrix(right)
    assert verdict.passed, verdict


def flat(maps: Any) -> Any:
    return maps.reshape(-1, maps.shape[-1])


def unit(columns: Any) -> Any:
    return columns / np.linalg.norm(columns, axis=0)


def channels_first(maps: Any) -> Any:
    # Reshaping mixes positions and channels where a transpose is meant.
    a = maps.reshape(maps.shape[-1], -1)
    return a @ a.T / a.shape[1]


def in_place(maps: Any) -> Any:
    maps /= np.sqrt(maps.shape[0] * maps.shape[1])
    return flat(maps).T @ flat(maps)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda maps: flat(maps).T @ flat(maps), "Not divided"),
        (lambda maps: flat(maps).T @ flat(maps) / maps.size, "Divided by channels too"),
        (lambda maps: flat(maps).T @ flat(maps) / maps.shape[-1], "not by positions"),
        (lambda maps: flat(maps) @ flat(maps).T / len(flat(maps)), "compares positions"),
        (lambda maps: np.cov(flat(maps).T, bias=True), "mean of each channel"),
        (lambda maps: flat(maps).T @ flat(maps) / (len(flat(maps)) - 1), "one less"),
        (lambda maps: np.cov(flat(maps).T), "as np.cov does"),
        (lambda maps: np.cov(flat(maps), rowvar=False), "as np.cov does"),
        (lambda maps: np.corrcoef(flat(maps).T), "as np.corrcoef gives"),
        (lambda maps: unit(flat(maps)).T @ unit(flat(maps)), "no longer count more"),
        (lambda maps: np.triu(check.gram_matrix.answer(maps)), "mean over all positions of"),
        (lambda maps: check.gram_matrix.answer(maps) / 2, "is 1/2 times"),
        (lambda maps: 1.3 * check.gram_matrix.answer(maps), "channel i times channel j."),
        (lambda maps: 2 * check.gram_matrix.answer(maps), "2 times"),
        (lambda maps: -check.gram_matrix.answer(maps), "sign"),
        (channels_first, "shuffled"),
        (in_place, "changes the array"),
        (lambda maps: maps.mean((0, 1)), "shape"),
        (lambda maps: maps @ maps.T, "stops with ValueError"),
    ],
)
def test_wrong_gram_matrices_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.gram_matrix(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def my_gram_matrix(maps):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    return np.einsum("rci,rcj->ij", maps, maps) / (maps.shape[0] * maps.shape[1])


def test_a_right_gram_matrix_is_saved_for_later_notebooks(tmp_path: Path) -> None:
    assert "Saved in my_functions.py" in check.gram_matrix.save(my_gram_matrix, tmp_path).message
    maps = np.arange(12.0).reshape(2, 2, 3)
    np.testing.assert_allclose(check.gram_matrix.load(tmp_path)(maps), gram_matrix(maps))


def per_position(maps: Any) -> Any:
    return flat(maps).T @ flat(maps) / len(flat(maps))


def mean_square(one: Any, other: Any) -> Any:
    return np.mean(np.einsum("ki,li->kl", flat(one), flat(other)) ** 2)


def by_loops(maps: Any, painting: Any) -> Any:
    def alike(one: Any, other: Any) -> Any:
        return np.mean([[np.dot(f, p) ** 2 for p in flat(other)] for f in flat(one)])

    return (alike(maps, maps) - 2 * alike(maps, painting)) / alike(painting, painting) + 1


def by_one_large_table(maps: Any, painting: Any) -> Any:
    # Positions of both below each other, the painting's counted as below 0.
    signs = np.repeat([1 / len(flat(maps)), -1 / len(flat(painting))], [len(flat(maps)), 15])
    both = np.concatenate([flat(maps), flat(painting)])
    return signs @ (both @ both.T) ** 2 @ signs / mean_square(painting, painting)


def from_means(own: Any, crossed: Any, target: Any) -> Any:
    return (own - 2 * crossed + target) / target


@pytest.mark.parametrize(
    "right",
    [
        check.style_distance.answer,
        by_loops,
        lambda m, p: from_means(mean_square(m, m), mean_square(m, p), mean_square(p, p)),
        lambda m, p: (
            np.array([from_means(mean_square(m, m), mean_square(p, m), mean_square(p, p))])
        ),
        lambda m, p: from_means(
            *[np.linalg.norm(flat(a) @ flat(b).T) ** 2 / len(flat(a)) / len(flat(b))
              for a, b in ((m, m), (m, p), (p, p))]
        ),
    ],
)  # fmt: skip
def test_right_style_distances_pass(right: Callable[..., Any]) -> None:
    verdict = check.style_distance(right)
    assert verdict.passed, verdict


def test_one_table_of_all_positions_gives_the_distance_too() -> None:
    random = np.random.default_rng(1)
    maps, painting = random.random((2, 2, 6)), random.random((5, 3, 6))
    expected = relative(per_position(maps), per_position(painting))
    assert by_one_large_table(maps, painting) == pytest.approx(expected)
    assert check.style_distance.answer(maps, painting) == pytest.approx(expected)


def test_the_answer_is_the_style_loss_of_one_layer(photo: Any, painting: Any) -> None:
    from stylelab.network.vgg19 import VGG19

    features = VGG19("block1_conv1", weights=None, padding_mode="symmetric")
    loss = style(painting, "block1_conv1").with_network(weights=None)
    maps = [features(picture)["block1_conv1"].astype(float) for picture in (photo, painting)]
    assert check.style_distance.answer(*maps) == pytest.approx(loss(photo).loss, rel=1e-4)


def relative(gram: Any, target: Any) -> Any:
    return np.sum((gram - target) ** 2) / np.sum(target**2)


def from_grams(maps: Any, painting: Any) -> Any:
    return relative(per_position(maps), per_position(painting))


def at_its_own_place(maps: Any, painting: Any) -> Any:
    shared = min(len(flat(maps)), len(flat(painting)))
    return np.mean((flat(maps)[:shared] - flat(painting)[:shared]) ** 2)


def squares(maps: Any, painting: Any) -> Any:
    return np.sum((per_position(maps) - per_position(painting)) ** 2)


def in_place_distance(maps: Any, painting: Any) -> Any:
    painting *= 2
    return from_grams(maps, painting)


def changed_products(change: Callable[[Any], Any], means: Callable[[Any], Any] = np.mean) -> Any:
    def wrong(maps: Any, painting: Any) -> Any:
        pairs = ((maps, maps), (maps, painting), (painting, painting))
        return from_means(*[means(change(flat(a) @ flat(b).T)) for a, b in pairs])

    return wrong


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (from_grams, "a table with an entry for each pair of channels"),
        (changed_products(lambda products: products), "you have ‖μ − ν‖² / ‖ν‖²"),
        (changed_products(np.abs), "made positive, not squared"),
        (changed_products(np.square, np.sum), "take means"),
        (lambda m, p: from_grams(m, p) + np.vdot(per_position(m), per_position(p))
            / np.sum(per_position(p) ** 2), "counts twice"),
        (lambda m, p: relative(per_position(m), -per_position(p)), "it is subtracted"),
        (squares, "Not divided by ‖A‖²"),
        (lambda m, p: squares(m, p) / np.sum(per_position(m) ** 2), "Divided by ‖G‖²"),
        (lambda m, p: from_grams(m, p) ** 0.5, "You take a root"),
        (lambda m, p: squares(m, p) / np.linalg.norm(per_position(p)), "Divided by ‖A‖, not by"),
        (lambda m, p: np.vdot(per_position(m), per_position(p)) / np.sum(per_position(p) ** 2),
            "It is 1, not 0"),
        (lambda m, p: 1.3 * from_grams(m, p), "that of the Gram matrices"),
        (lambda m, p: str(from_grams(m, p)), "Received: str"),
        (at_its_own_place, "changes when positions are shuffled"),
        (lambda m, p: -from_grams(m, p), "sign"),
        (lambda m, p: (flat(m) @ flat(p).T) ** 2, "One number was expected"),
        (lambda m, p: np.sum((m - p) ** 2), "stops with ValueError"),
        (in_place_distance, "changes the array"),
    ],
)  # fmt: skip
def test_wrong_style_distances_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.style_distance(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_memory_is_measured_within_a_measurement_of_the_reader_too() -> None:
    import tracemalloc

    tracemalloc.start()
    try:
        assert "for each pair of channels" in check.style_distance(from_grams).message
        assert check.style_distance(check.style_distance.answer).passed
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
    assert not check.style_distance(from_grams)
    assert not tracemalloc.is_tracing()


def changed(change: str, maps: Any) -> Any:
    random = np.random.default_rng(3)
    changes: dict[str, Callable[[], Any]] = {
        "shuffle all positions": lambda: random.permutation(flat(maps)).reshape(maps.shape),
        "mirror the maps": lambda: maps[:, ::-1],
        "exchange two channels": lambda: maps[..., [1, 0, 2]],
        "lay the maps twice side by side": lambda: np.concatenate([maps, maps], axis=1),
        "double every value": lambda: 2 * maps,
        "shuffle each channel by itself": lambda: random.permuted(flat(maps), axis=0).reshape(
            maps.shape
        ),
    }
    return changes[change]()


@pytest.mark.parametrize("change", GRAM_INVARIANCES)
def test_the_predictions_about_changes_of_maps_are_true(change: str) -> None:
    maps = np.random.default_rng(2).random((4, 5, 3))
    stays = np.allclose(gram_matrix(changed(change, maps)), gram_matrix(maps))
    assert stays == GRAM_INVARIANCES[change]


def test_right_predictions_pass_in_any_order() -> None:
    assert check.gram_unchanged(dict(GRAM_INVARIANCES)).passed
    assert check.gram_unchanged(
        {name: np.bool_(GRAM_INVARIANCES[name]) for name in sorted(GRAM_INVARIANCES)}
    ).passed


@pytest.mark.parametrize("change", GRAM_INVARIANCES)
def test_a_wrong_prediction_is_explained_without_the_answer(change: str) -> None:
    verdict = check.gram_unchanged(dict(GRAM_INVARIANCES) | {change: not GRAM_INVARIANCES[change]})
    assert verdict.state == "wrong"
    assert "5 of 6 are right" in verdict.message
    assert repr(change) in verdict.message
    assert "True" not in verdict.message
    assert "False" not in verdict.message


@pytest.mark.parametrize(
    ("attempt", "reason"),
    [
        (dict(GRAM_INVARIANCES) | {"mirror the maps": None}, "missing for: mirror the maps"),
        (dict(GRAM_INVARIANCES) | {"mirror the maps": "yes"}, "expected True or False"),
        (dict(GRAM_INVARIANCES) | {"mirror the maps": 1}, "expected True or False"),
        (dict(GRAM_INVARIANCES) | {"turn the maps": True}, "not expected: 'turn the maps'"),
        (
            {name.replace("mirror", "miror"): GRAM_INVARIANCES[name] for name in GRAM_INVARIANCES},
            "'miror the maps'. Did you mean 'mirror the maps'?",
        ),
        (
            {name: True for name in GRAM_INVARIANCES if "mirror" not in name},
            "Missing: 'mirror the maps'.",
        ),
        (dict(GRAM_INVARIANCES) | {"mirror the maps": 0.5}, "expected True or False"),
        ({"mirror the maps": True}, "Expected the keys"),
        ([True] * 6, "A dictionary was expected"),
    ],
)
def test_invalid_predictions_are_explained(attempt: Any, reason: str) -> None:
    verdict = check.gram_unchanged(attempt)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def stub(*_: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    "verdict",
    [
        check.gram_matrix(stub),
        check.style_distance(stub),
        check.style_distance(None),
        check.gram_unchanged(None),
        check.gram_unchanged(dict.fromkeys(GRAM_INVARIANCES)),
    ],
)
def test_stubs_are_not_written_yet(verdict: Any) -> None:
    assert verdict.state == "not written yet"
