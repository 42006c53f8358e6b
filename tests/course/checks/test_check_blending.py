import itertools
import re
from collections import OrderedDict
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import stylelab as sl
from stylelab.course import checks as check

target: Callable[..., Any] = check.blend_target.answer
counted: Callable[..., Any] = check.nth_convolution.answer


def norm(matrix: Any) -> Any:
    return (matrix**2).sum()


def as_a_share(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
    """The same as a way from A to B, p and q multiplied by both energies."""
    p, q = weight_a * norm(b), weight_b * norm(a)
    return a + q / (p + q) * (b - a)


def with_norms(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
    p, q = weight_a / np.linalg.norm(a) ** 2, weight_b / np.linalg.norm(b) ** 2
    return np.average([a, b], axis=0, weights=[p, q])


def with_mean_squares(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
    p, q = weight_a / (a**2).mean(), weight_b / (b**2).mean()
    return (p * a + q * b) / (p + q)


def entry_by_entry(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
    p = weight_a / sum(entry**2 for entry in a.flat)
    q = weight_b / sum(entry**2 for entry in b.flat)
    rows, columns = a.shape
    return [[(p * a[i, j] + q * b[i, j]) / (p + q) for j in range(columns)] for i in range(rows)]


def by_least_squares(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
    p, q = np.sqrt(weight_a / norm(a)), np.sqrt(weight_b / norm(b))
    wanted = np.stack([p * a.ravel(), q * b.ravel()])
    return np.linalg.lstsq(np.array([[p], [q]]), wanted)[0].reshape(a.shape)


def by_one_newton_step(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
    p, q = weight_a / norm(a), weight_b / norm(b)
    slope = 2 * p * (0 - a) + 2 * q * (0 - b)
    return -slope / (2 * p + 2 * q)


def with_traces(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
    p, q = weight_a / np.trace(a @ a.T), weight_b / np.trace(b.T @ b)
    return np.tensordot([p, q], [a, b], axes=1) / (p + q)


def with_einsum(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
    p, q = weight_a / np.einsum("ij,ij", a, a), weight_b / np.vdot(b, b)
    return np.einsum("k,kij->ij", [p / (p + q), q / (p + q)], np.stack([a, b]))


def in_single_precision(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
    return target(a.astype(np.float32), b.astype(np.float32), weight_a, weight_b)


@pytest.mark.parametrize(
    "right",
    [
        target,
        as_a_share,
        with_norms,
        with_mean_squares,
        entry_by_entry,
        by_least_squares,
        by_one_newton_step,
        with_traces,
        with_einsum,
        in_single_precision,
        lambda a, b, v, w: target(b, a, w, v),
        lambda a, b, v, w: target(a, b, 10 * v, 10 * w).tolist(),
    ],
)
def test_right_targets_pass(right: Callable[..., Any]) -> None:
    verdict = check.blend_target(right)
    assert verdict.passed, verdict


def test_the_answer_matches_a_numerical_minimum(random: np.random.Generator) -> None:
    maps = random.standard_normal((2, 20, 3))
    a, b = (np.einsum("ki,kj->ij", one, one) / 20 for one in maps)
    b *= 3

    def loss(flat: Any) -> float:
        gram = flat.reshape(3, 3)
        return float(0.6 * norm(gram - a) / norm(a) + 0.9 * norm(gram - b) / norm(b))

    found = minimize(loss, np.zeros(9), tol=1e-12).x.reshape(3, 3)
    np.testing.assert_allclose(target(a, b, 0.6, 0.9), found, atol=1e-5)


def test_the_answer_minimizes_the_packages_blend() -> None:
    pictures = [sl.sample(name, size=32) for name in ("swirling_night", "ink_hatching")]
    layer = "block1_conv1"
    network = sl.VGG19(layer, padding_mode="symmetric")
    a, b = (sl.gram_matrix(network(one)[layer]).astype(float) for one in pictures)
    blend = 0.7 * sl.style(pictures[0], layer) + 0.3 * sl.style(pictures[1], layer)
    middle = target(a, b, 0.7, 0.3)
    steep = 0.7 / norm(a) + 0.3 / norm(b)
    rests = [
        blend(picture).loss
        - steep * norm(sl.gram_matrix(network(picture)[layer]).astype(float) - middle)
        for picture in (*pictures, sl.sample("cat", size=32))
    ]
    rest = 0.7 * 0.3 * norm(a - b) / (0.7 * norm(b) + 0.3 * norm(a))
    np.testing.assert_allclose(rests, rest, rtol=1e-3)


def mean(a: Any, b: Any, p: Any, q: Any) -> Any:
    return (p * a + q * b) / (p + q)


def in_place(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
    answer = target(a, b, weight_a, weight_b)
    a *= weight_a
    return answer


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (mean, "the weights alone"),
        (lambda a, b, *_: (a + b) / 2, "half and half"),
        (lambda a, b, v, w: mean(a, b, v / a.sum(), w / b.sum()), "not their squares"),
        (lambda a, b, v, w: mean(a, b, v / (a @ a).sum(), w / (b @ b).sum()), "matrix product"),
        (
            lambda a, b, v, w: mean(
                a, b, v / np.linalg.norm(a, 2) ** 2, w / np.linalg.norm(b, 2) ** 2
            ),
            "largest singular value",
        ),
        (lambda a, b, v, w: mean(a, b, v / a**2, w / b**2), "own square"),
        (lambda a, b, v, w: mean(a, b, v * norm(a), w * norm(b)), "larger matrix counts more"),
        (lambda a, b, v, w: mean(a, b, v / norm(a) ** 0.5, w / norm(b) ** 0.5), "without a root"),
        (
            lambda a, b, v, w: mean(a / norm(a) ** 0.5, b / norm(b) ** 0.5, v, w),
            "scaled to length 1",
        ),
        (lambda a, b, v, w: v / norm(a) * a + w / norm(b) * b, "not divided by the sum"),
        (
            lambda a, b, v, w: (v / norm(a) * a + w / norm(b) * b) / (v + w),
            "Divided by the sum of the weights",
        ),
        (lambda a, b, v, w: mean(a, b, w / norm(b), v / norm(a)), "exchanged"),
        (lambda a, b, *_: mean(a, b, 1 / norm(a), 1 / norm(b)), "weights do not count"),
        (lambda a, b, v, w: 2 * target(a, b, v, w), "2 times"),
        (lambda a, b, *_: np.sqrt(np.abs(a * b)), "derivative by every entry"),
        (lambda a, b, v, w: target(a, b, v, w).sum(), "shape"),
        (lambda a, b, v, w: np.nan * a, "Finite numbers"),
        (in_place, "changes the array"),
    ],
)
def test_wrong_targets_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.blend_target(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_a_wrong_target_is_compared_with_the_smallest_sum() -> None:
    calls: list[Any] = []

    def geometric_mean(a: Any, b: Any, v: Any, w: Any) -> Any:
        calls.append((a, b, v, w))
        return np.sqrt(np.abs(a * b))

    message = check.blend_target(geometric_mean).message
    given, better = map(float, re.findall(r"[\d.]+(?=;|\. )", message))
    a, b, v, w = calls[0]
    sums = [
        v * norm(gram - a) / norm(a) + w * norm(gram - b) / norm(b)
        for gram in (np.sqrt(np.abs(a * b)), target(a, b, v, w))
    ]
    assert [given, better] == pytest.approx(sums, rel=1e-3)
    assert better < given


def test_a_weight_of_zero_has_no_effect() -> None:
    def never_alone(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
        return target(a, b, weight_a, weight_b or 0.1)

    assert "only A counts" in check.blend_target(never_alone).message


def test_a_target_can_be_saved_and_loaded(tmp_path: Any) -> None:
    names: dict[str, Any] = {"np": np}
    exec(check.blend_target.source(), names)  # noqa: S102 - a reader's cell
    assert check.blend_target(names["my_blend_target"]).passed
    assert check.blend_target.load(tmp_path) is check.blend_target.answer


def from_the_list(number: int) -> str:
    return [name for name in sl.LAYERS if "conv" in name][number - 1]


VGG16 = [
    f"block{block}_conv{place}"
    for block, count in enumerate((2, 2, 3, 3, 3), 1)
    for place in range(1, count + 1)
]


def by_counting_down(number: int) -> str:
    for block, count in enumerate((2, 2, 4, 4, 4), 1):
        if number <= count:
            return f"block{block}_conv{number}"
        number -= count
    raise ValueError(number)


NAMES = [name for name in sl.LAYERS if "conv" in name]


@pytest.mark.parametrize(
    "right",
    [
        counted,
        from_the_list,
        by_counting_down,
        lambda n: dict(enumerate(NAMES, 1))[n],
        lambda n: [None, *NAMES][n],
        lambda n: np.array(NAMES)[n - 1],
        lambda n: next(itertools.islice(NAMES, n - 1, None)),
        lambda n: sorted(NAMES)[n - 1],
        lambda n: NAMES[n - 17],
        lambda n: (
            f"block{(n + 1) // 2}_conv{2 - n % 2}"
            if n < 5
            else f"block{(n + 7) // 4}_conv{(n - 5) % 4 + 1}"
        ),
        lambda n: [*filter(lambda name: "pool" not in name, sl.LAYERS)][n - 1],
        lambda number: [
            f"block{b}_conv{c}" for b in range(1, 6) for c in range(1, 3 + 2 * (b > 2))
        ][number - 1],
    ],
)
def test_right_counts_pass(right: Callable[..., Any]) -> None:
    verdict = check.nth_convolution(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda n: f"block{n}_conv1", "used as the block's"),
        (lambda n: [*map(counted, range(1, 17)), "block6_conv1"][n], "begins at 1"),
        (lambda n: list(sl.LAYERS)[n - 1], "Pooling is counted"),
        (lambda n: counted(n + 1), "begins at 1, a list at 0"),
        (lambda n: NAMES[n], "begins at 1, a list at 0"),
        (lambda n: NAMES[n - 2], "subtracted too often"),
        (lambda n: NAMES[-n], "Counted from the end"),
        (lambda n: VGG16[n - 1], "That is VGG16"),
        (lambda n: (VGG16 + ["?"] * 3)[n - 1], "That is VGG16"),
        (lambda n: f"block{(n + 2) // 3}_conv{(n + 2) % 3 + 1}", "Not every block has three"),
        (lambda n: f"conv{counted(n)[5:]}", "look like"),
        (lambda n: f"block{(n + 1) // 2}_conv{(n + 1) % 2 + 1}", "four convolutions in a block"),
        (lambda n: f"block{(n + 3) // 4}_conv{(n + 3) % 4 + 1}", "two convolutions each"),
        (lambda n: f"conv_{n}", "look like"),
        (lambda n: "block5_conv4", "Count them"),
        (lambda n: counted(min(n, 15)), "For 16 your answer is"),
        (lambda n: n, "name of a layer"),
        (lambda n: sl.LAYERS["block1_conv1"], "name of a layer"),
    ],
)
def test_wrong_counts_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.nth_convolution(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


FACTS: dict[str, Any] = dict(check.blend_facts.answer)


@pytest.mark.parametrize(
    "right",
    [
        FACTS,
        dict(FACTS),
        {fact: np.bool_(holds) for fact, holds in FACTS.items()},
        {fact: bool(int(holds)) for fact, holds in FACTS.items()},
        {fact: fact.startswith(("weights 1", "doubling both weights makes")) for fact in FACTS},
        dict(zip(FACTS, np.array([1, 0, 1, 0, 0, 0]) > 0, strict=True)),
        dict(zip(FACTS, [True, False, True, False, False, False], strict=True)),
        dict(reversed(FACTS.items())),
        dict(sorted(FACTS.items())),
        OrderedDict(FACTS),
        MappingProxyType(FACTS),
    ],
)
def test_the_right_facts_pass(right: Any) -> None:
    assert check.blend_facts(right).passed


def test_each_wrong_fact_has_its_own_explanation() -> None:
    explanations = set()
    for fact, holds in FACTS.items():
        verdict = check.blend_facts(FACTS | {fact: not holds})
        assert verdict.state == "wrong"
        start = f"5 of 6 are right. Think again about {fact!r}. "
        assert verdict.message.startswith(start)
        explanations.add(verdict.message.removeprefix(start))
    assert len(explanations - {""}) == len(FACTS)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (FACTS | {next(iter(FACTS)): "yes"}, "True or False"),
        ({"a": True}, "Expected the keys"),
        (dict(list(FACTS.items())[1:]), "Missing: 'weights 1 and 0 give the first style alone'."),
        (
            {fact.replace("both", "boht"): holds for fact, holds in FACTS.items()},
            "Did you mean 'doubling both weights makes the style stronger'?",
        ),
        ([True] * 6, "dictionary"),
    ],
)
def test_invalid_answers_are_refused(wrong: Any, reason: str) -> None:
    verdict = check.blend_facts(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


@pytest.mark.parametrize("open_still", [None, dict.fromkeys(FACTS), FACTS | {list(FACTS)[2]: None}])
def test_undecided_facts_are_not_written_yet(open_still: Any) -> None:
    assert check.blend_facts(open_still).state == "not written yet"


def test_the_first_undecided_fact_is_reported() -> None:
    name = list(FACTS)[2]
    assert f"Still open: {name!r}" in check.blend_facts(FACTS | {name: None}).message


def stub(*_: object) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize("exercise", [check.blend_target, check.nth_convolution])
def test_stubs_are_not_written_yet(exercise: check.Exercise) -> None:
    assert exercise(stub).state == "not written yet"


@pytest.mark.parametrize("exercise", [check.blend_target, check.blend_facts, check.nth_convolution])
def test_hints_do_not_contain_the_solution(exercise: check.Exercise) -> None:
    hints = {exercise.hint().text for _ in range(4)}
    assert len(hints) >= 3
    assert all("return" not in hint and "def " not in hint for hint in hints)
