"""Exercises of notebook 09: several styles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, call_answer
from stylelab.course.checks.comparison import is_close, validate_all_close
from stylelab.course.checks.exercise import NotWrittenError, WrongAnswerError, exercise
from stylelab.course.checks.predictions import parse_predictions, validate_predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _my_blend_target(
    gram_a: np.ndarray, gram_b: np.ndarray, weight_a: float, weight_b: float
) -> np.ndarray:
    p = weight_a / (gram_a**2).sum()
    q = weight_b / (gram_b**2).sum()
    return (p * gram_a + q * gram_b) / (p + q)


@exercise(
    answer=_my_blend_target,
    hints="""
    - Call the two numbers in front of the squares p = weight_a / ‖A‖² and q = weight_b / ‖B‖². What
      is left is p·‖G − A‖² + q·‖G − B‖².
    - Look at one entry g of G alone: p·(g − a)² + q·(g − b)². Its derivative, 2p·(g − a) + 2q·(g −
      b), is 0 at the minimum. Solve that for g.
    - Every entry has the same p and q, so the answer for one entry is the answer for the matrix.
    - ‖A‖² is the sum of all squared entries: (gram_a**2).sum().
    """,
)
def blend_target(attempt: Any) -> str:
    """Gram matrices A, B and two weights → the G with the least weighted sum of relative distances."""
    random = np.random.default_rng(9)
    cases, advice = [], ""
    for case in _cases(random):
        given, right = call_answer(attempt, *case), _my_blend_target(*case)
        given = as_array(given, case[0].shape, "the matrix")
        cases.append((given, right, _wrong_targets(*case)))
        if not advice and not is_close(given, right):
            advice = _explain_slope(given, *case)
    validate_all_close(cases, advice, "the matrix")
    gram_a, gram_b, *_ = next(_cases(random))
    alone = as_array(call_answer(attempt, gram_a, gram_b, 3.0, 0.0), gram_a.shape, "the matrix")
    if not is_close(alone, gram_a):
        raise WrongAnswerError(
            "With weights 3 and 0 only A counts: your matrix should be A itself."
        )
    return "No other matrix that was tried has a smaller weighted sum, and a weight of 0 has no effect."


def _cases(random: np.random.Generator) -> Iterator[tuple[Array, Array, float, float]]:
    """Yield Gram matrices of different size, and weights that do not add up to 1."""
    for size, strength, weights in (
        (2, 3.0, (1.0, 2.0)),
        (5, 0.4, (0.7, 0.3)),
        (3, 2.0, (5.0, 20.0)),
    ):
        maps = random.standard_normal((2, 30, size)) + 0.4
        gram_a, gram_b = (np.einsum("ki,kj->ij", one, one) / len(one) for one in maps)
        yield gram_a, strength * gram_b, *weights


def _wrong_targets(
    gram_a: Array, gram_b: Array, weight_a: float, weight_b: float
) -> dict[str, Array]:
    def mean(size: Callable[[Array], Any]) -> Array:
        """Return the mean of both matrices, each with its weight divided by its size."""
        p, q = weight_a / size(gram_a), weight_b / size(gram_b)
        return (p * gram_a + q * gram_b) / (p + q)

    energies = (gram_a**2).sum(), (gram_b**2).sum()
    unit_a, unit_b = gram_a / np.sqrt(energies[0]), gram_b / np.sqrt(energies[1])
    p, q = weight_a / energies[0], weight_b / energies[1]
    exchanged = (q * gram_a + p * gram_b) / (p + q)
    unweighted = (gram_a / energies[0] + gram_b / energies[1]) / (1 / energies[0] + 1 / energies[1])
    return {
        "Each matrix is scaled to length 1 first and then weighted; the distances are relative, the "
        "target is not. Look for the minimum of the "
        "sum.": (weight_a * unit_a + weight_b * unit_b) / (weight_a + weight_b),
        "The two distances have different units: each is divided by its own ‖A‖² or ‖B‖². Your mean "
        "uses the weights alone.": mean(lambda _: 1.0),
        "The entries of each matrix are added up, not their squares: ‖A‖² is "
        "(gram_a**2).sum().": mean(np.sum),
        "The matrix is squared as a matrix product. ‖A‖² is the sum of all squared entries.": mean(
            lambda gram: (gram @ gram).sum()
        ),
        "np.linalg.norm(…, 2) of a matrix is its largest singular value. ‖A‖² is the sum of all "
        "squared entries.": mean(lambda gram: np.linalg.norm(gram, 2) ** 2),
        "Each entry is divided by its own square. The divisor is one number for the whole "
        "matrix.": mean(np.square),
        "That is half and half. The weights and sizes of both matrices count.": (gram_a + gram_b)
        / 2,
        "The larger matrix counts more: you multiply by ‖A‖² where the distance divides by "
        "it.": mean(lambda gram: 1 / (gram**2).sum()),
        "Each weight is divided by ‖A‖; in the distance it is ‖A‖², the sum of squares without a "
        "root.": mean(np.linalg.norm),
        "The matrices are added up with the right numbers in front, but not divided by the sum of "
        "these numbers.": p * gram_a + q * gram_b,
        "The two numbers in front are exchanged: "
        "at a large weight for A, G should be near A.": exchanged,
        "The weights do not count in your matrix; only the sizes do.": unweighted,
        "Divided by the sum of the weights. Divide by the sum of the numbers in front of the "
        "matrices.": (p * gram_a + q * gram_b) / (weight_a + weight_b),
    }


def _explain_slope(
    given: Array, gram_a: Array, gram_b: Array, weight_a: float, weight_b: float
) -> str:
    """Return a hint: the sum at the reader's matrix, and at the minimum."""

    def total(gram: Array) -> float:
        distances = (
            weight * ((gram - target) ** 2).sum() / (target**2).sum()
            for weight, target in ((weight_a, gram_a), (weight_b, gram_b))
        )
        return float(sum(distances))

    better = _my_blend_target(gram_a, gram_b, weight_a, weight_b)
    return (
        f"Your matrix gives a weighted sum of {total(given):.4g}; there is one that gives "
        f"{total(better):.4g}. At the minimum the derivative by every entry is 0."
    )


_FACTS = {
    "weights 1 and 0 give the first style alone": (
        True,
        "What does 0 times a distance add, and what is its gradient?",
    ),
    "exchanging the two terms changes the picture": (False, "In which order is a sum added up?"),
    "doubling both weights makes the style stronger": (
        True,
        "There is a third term, content. Has its weight been doubled?",
    ),
    "doubling both weights moves the lowest place between the two": (
        False,
        "Double both weights in the formula of the lowest place. What happens to the fraction?",
    ),
    "with equal weights, the lowest place is always half and half": (
        False,
        "What if ‖A‖² is ten times ‖B‖²? Which distance grows faster?",
    ),
    "two styles whose Gram matrices differ can both be met in full": (
        False,
        "For both distances to be 0, G would have to be A. And B.",
    ),
}
"""What is true of content + weight_a·style(a) + weight_b·style(b), and why."""


@exercise(
    answer={name: right for name, (right, _) in _FACTS.items()},
    hints="""
    - Write the loss down: content + w·(a·(distance to A) + b·(distance to B)). It is a sum.
    - The lowest place is (p·A + q·B) / (p + q), with p = a/‖A‖² and q = b/‖B‖².
    - Try small numbers: A = 1, B = 2, in place of matrices. Then p = a and q = b/4.
    """,
)
def blend_facts(attempt: Any) -> str:
    """Whether each of six sentences about blends is true: True or False."""
    for fact, prediction in parse_predictions(attempt, _FACTS).items():
        if prediction is None:
            raise NotWrittenError(f"Still open: {fact!r}.")
    validate_predictions(attempt, _FACTS)
    return "All six are right."


def _my_nth_convolution(number: int) -> str:
    blocks = {1: 2, 2: 2, 3: 4, 4: 4, 5: 4}  # convolutions in each block of VGG19
    names = [
        f"block{block}_conv{place}"
        for block, count in blocks.items()
        for place in range(1, count + 1)
    ]
    return names[number - 1]


@exercise(
    answer=_my_nth_convolution,
    hints="""
    - VGG19 has two convolutions in each of its first two blocks, and four in each of the others.
    - list(sl.LAYERS) has the layers in order, with the pooling between the blocks. Pooling is no
      convolution.
    - A list begins at 0, the count at 1.
    """,
)
def nth_convolution(attempt: Any) -> str:
    """Number of a convolution, counted from 1 in order of depth → its name."""
    answers: list[str] = []
    for number in range(1, len(_NAMES) + 1):
        try:
            answer = call_answer(attempt, number)
        except WrongAnswerError:
            if answers != list(_NAMES[: len(answers)]):
                break  # the earlier mistake explains more
            raise
        if not isinstance(answer, str):
            raise WrongAnswerError(
                f"The name of a layer was expected. Received: {type(answer).__name__}."
            )
        answers.append(answer)
    for number, (answer, name) in enumerate(zip(answers, _NAMES, strict=False), 1):
        if answer != name:
            raise WrongAnswerError(
                f"For {number} your answer is {answer!r}. {_explain_miscount(answers, answer)}"
            )
    return "All 16 are right. The fifth is still in the third block, where a unit sees little."


def _layer_names(*counts: int, pooling: bool = False) -> tuple[str, ...]:
    """Return the names of layers in blocks with these counts of convolutions."""
    return tuple(
        name
        for block, count in enumerate(counts, 1)
        for name in (
            *(f"block{block}_conv{place}" for place in range(1, count + 1)),
            *([f"block{block}_pool"] if pooling else []),
        )
    )


_NAMES = _layer_names(2, 2, 4, 4, 4)
_MISCOUNTS = {
    "The count begins at 1, a list at 0.": _NAMES[1:],
    "One is subtracted too often: the first convolution is number 1.": (_NAMES[-1], *_NAMES),
    "Counted from the end. The first convolution is the one after the picture.": _NAMES[::-1],
    "The number is used as the block's. Count convolutions: a block has several.": tuple(
        f"block{number}_conv1" for number in range(1, 17)
    ),
    "Pooling is counted too. Only convolutions count.": _layer_names(2, 2, 4, 4, 4, pooling=True),
    "That is VGG16: three convolutions in each of its last three blocks. VGG19 has four.": _layer_names(
        2, 2, 3, 3, 3
    ),
    "From the third block on there are four convolutions in a block, not two.": _layer_names(
        *[2] * 8
    ),
    "Not every block has three convolutions: "
    "the first two have two, the others four.": _layer_names(*[3] * 6),
    "The first two blocks have two convolutions each, not four.": _layer_names(*[4] * 4),
}
"""Names that wrong ways of counting lead to, as far as they go."""


def _explain_miscount(answers: list[str], answer: str) -> str:
    """Return the sentence on the way of counting that leads to these names."""
    for reason, names in _MISCOUNTS.items():
        length = min(len(answers), len(names))
        if tuple(answers[:length]) == names[:length]:
            return reason
    if answer not in {*_NAMES, *_layer_names(2, 2, 4, 4, 4, pooling=True)}:
        return "No convolution of VGG19 has that name; they look like 'block3_conv2'."
    return "Count them in list(sl.LAYERS)."
