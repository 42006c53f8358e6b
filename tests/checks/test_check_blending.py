import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import stylelab as sl
from stylelab import checks as check
from stylelab.checks.blending import _THOUGHTS, _cases

target: Callable[..., Any] = check.blend_target.answer
counted: Callable[..., Any] = check.counted_layer.answer


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


@pytest.mark.parametrize("right", [target, as_a_share, with_norms, with_mean_squares])
def test_right_targets_pass(right: Callable[..., Any]) -> None:
    verdict = check.blend_target(right)
    assert verdict.passed, verdict


def test_the_answer_is_what_an_optimizer_finds(random: np.random.Generator) -> None:
    maps = random.standard_normal((2, 20, 3))
    a, b = (np.einsum("ki,kj->ij", one, one) / 20 for one in maps)
    b *= 3

    def loss(flat: Any) -> float:
        gram = flat.reshape(3, 3)
        return float(0.6 * norm(gram - a) / norm(a) + 0.9 * norm(gram - b) / norm(b))

    found = minimize(loss, np.zeros(9), tol=1e-12).x.reshape(3, 3)
    np.testing.assert_allclose(target(a, b, 0.6, 0.9), found, atol=1e-5)


def test_the_answer_is_the_lowest_place_of_the_package_s_blend() -> None:
    pictures = [sl.sample(name, size=32) for name in ("swirling_night", "ink_hatching")]
    layer = "block1_conv1"
    a, b = (sl.gram_matrix(sl.VGG19(layer)(one)[layer]).astype(float) for one in pictures)
    blend = 0.7 * sl.style(pictures[0], layer) + 0.3 * sl.style(pictures[1], layer)
    middle = target(a, b, 0.7, 0.3)
    steep = 0.7 / norm(a) + 0.3 / norm(b)
    rests = [
        blend(picture).loss
        - steep * norm(sl.gram_matrix(sl.VGG19(layer)(picture)[layer]).astype(float) - middle)
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
        (lambda a, b, v, w: mean(a, b, v * norm(a), w * norm(b)), "stronger matrix"),
        (lambda a, b, v, w: mean(a, b, v / norm(a) ** 0.5, w / norm(b) ** 0.5), "without a root"),
        (
            lambda a, b, v, w: mean(a / norm(a) ** 0.5, b / norm(b) ** 0.5, v, w),
            "brought to length 1",
        ),
        (lambda a, b, v, w: v / norm(a) * a + w / norm(b) * b, "not divided by the sum"),
        (
            lambda a, b, v, w: (v / norm(a) * a + w / norm(b) * b) / (v + w),
            "Divided by the sum of the weights",
        ),
        (lambda a, b, v, w: mean(a, b, w / norm(b), v / norm(a)), "exchanged"),
        (lambda a, b, *_: mean(a, b, 1 / norm(a), 1 / norm(b)), "weights do not count"),
        (lambda a, b, v, w: 2 * target(a, b, v, w), "2 times"),
        (lambda a, b, *_: np.sqrt(np.abs(a * b)), "slope of every entry"),
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


def test_a_wrong_target_is_told_how_much_lower_the_sum_can_be() -> None:
    message = check.blend_target(lambda a, b, *_: np.sqrt(np.abs(a * b))).message
    given, better = map(float, re.findall(r"[\d.]+(?=;|\. )", message))
    a, b, v, w = next(_cases(np.random.default_rng(9)))
    sums = [
        v * norm(gram - a) / norm(a) + w * norm(gram - b) / norm(b)
        for gram in (np.sqrt(np.abs(a * b)), target(a, b, v, w))
    ]
    assert [given, better] == pytest.approx(sums, rel=1e-3)
    assert better < given


def test_a_weight_of_zero_has_to_have_no_say() -> None:
    def never_alone(a: Any, b: Any, weight_a: float, weight_b: float) -> Any:
        return target(a, b, weight_a, weight_b or 0.1)

    assert "only A counts" in check.blend_target(never_alone).message


def test_a_target_can_be_kept_and_found_again(tmp_path: Any) -> None:
    names: dict[str, Any] = {"np": np}
    exec(check.blend_target.source(), names)  # noqa: S102 - a reader's cell
    assert check.blend_target(names["my_blend_target"]).passed
    assert check.blend_target.yours(tmp_path) is check.blend_target.answer


def from_the_list(number: int) -> str:
    return [name for name in sl.LAYERS if "conv" in name][number - 1]


def by_counting_down(number: int) -> str:
    for block, count in enumerate((2, 2, 4, 4, 4), 1):
        if number <= count:
            return f"block{block}_conv{number}"
        number -= count
    raise ValueError(number)


@pytest.mark.parametrize("right", [counted, from_the_list, by_counting_down])
def test_right_counts_pass(right: Callable[..., Any]) -> None:
    verdict = check.counted_layer(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda n: f"block{n}_conv1", "taken for the block's"),
        (lambda n: [*map(counted, range(1, 17)), "block6_conv1"][n], "begins at 1"),
        (lambda n: list(sl.LAYERS)[n - 1], "Pooling is counted"),
        (lambda n: f"block{(n + 1) // 2}_conv{(n + 1) % 2 + 1}", "four convolutions in a block"),
        (lambda n: f"block{(n + 3) // 4}_conv{(n + 3) % 4 + 1}", "two convolutions each"),
        (lambda n: f"conv_{n}", "look like"),
        (lambda n: "block5_conv4", "Count them"),
        (lambda n: counted(min(n, 15)), "For 16 yours is"),
        (lambda n: n, "name of a layer"),
        (lambda n: sl.LAYERS["block1_conv1"], "name of a layer"),
    ],
)
def test_wrong_counts_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.counted_layer(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


FACTS: dict[str, Any] = dict(check.blend_facts.answer)


def test_the_right_facts_pass() -> None:
    assert list(FACTS.values()) == [True, False, True, False, False, False]
    assert check.blend_facts(FACTS).passed


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_that_is_missed_gets_a_thought_of_its_own(fact: str) -> None:
    verdict = check.blend_facts(FACTS | {fact: not FACTS[fact]})
    assert verdict.state == "wrong"
    assert "5 of 6" in verdict.message
    assert repr(fact) in verdict.message
    assert verdict.message.endswith(_THOUGHTS[fact])
    assert len(set(_THOUGHTS.values())) == len(FACTS)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (FACTS | {next(iter(FACTS)): "yes"}, "True or False"),
        ({"a": True}, "sentences, as they came"),
        ([True] * 6, "dictionary"),
    ],
)
def test_answers_that_are_none_are_refused(wrong: Any, reason: str) -> None:
    verdict = check.blend_facts(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


@pytest.mark.parametrize("open_still", [None, dict.fromkeys(FACTS), FACTS | {list(FACTS)[2]: None}])
def test_facts_not_decided_are_not_written_yet(open_still: Any) -> None:
    assert check.blend_facts(open_still).state == "not written yet"


def test_the_first_fact_that_is_open_is_named() -> None:
    name = list(FACTS)[2]
    assert f"Still open: {name!r}" in check.blend_facts(FACTS | {name: None}).message


def stub(*_: object) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize("exercise", [check.blend_target, check.counted_layer])
def test_stubs_are_not_written_yet(exercise: check.Exercise) -> None:
    assert exercise(stub).state == "not written yet"


@pytest.mark.parametrize("exercise", [check.blend_target, check.blend_facts, check.counted_layer])
def test_hints_do_not_hold_the_solution(exercise: check.Exercise) -> None:
    hints = {exercise.hint().text for _ in range(4)}
    assert len(hints) >= 3
    assert all("return" not in hint and "def " not in hint for hint in hints)
