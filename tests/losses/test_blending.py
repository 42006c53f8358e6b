"""Properties of blends: weighted sums of styles."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stylelab.errors import SettingsError
from stylelab.losses.content import content
from stylelab.losses.formulations import FORMULATIONS, Formulation
from stylelab.losses.gram import gram_matrix
from stylelab.losses.loss import Loss
from stylelab.losses.style import style
from stylelab.network.vgg19 import VGG19
from stylelab.optimizers.evaluation import Evaluation
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.pictures.images import Picture
from stylelab.pipeline.transfer import transfer
from stylelab.samples.catalogue import sample

SHALLOW = ("block1_conv1", "block2_conv1")
MANY = (*SHALLOW, "block1_conv2", "block2_conv2", *(f"block3_conv{n}" for n in range(1, 5)))
DEEPER = "block3_conv1"
SIDE = 32
NAMES = ("swirling_night", "stained_glass", "ink_hatching", "brush_garden")

seeds = st.integers(0, 2**32 - 1)
weights = st.floats(0.01, 100)
few = settings(max_examples=4)


def picture(seed: int, height: int = SIDE, width: int = SIDE) -> NDArray[np.float32]:
    """Patches of colour, finer and coarser ones, with their strength drawn too."""
    random = np.random.default_rng(seed)
    image = random.random() * random.random((height, width, 3), dtype=np.float32)
    blocks = random.random((height // 8 + 1, width // 8 + 1, 3), dtype=np.float32)
    coarse = blocks.repeat(8, axis=0).repeat(8, axis=1)[:height, :width]
    return (0.5 * image + 0.5 * coarse).astype(np.float32)


def assert_identical(one: Evaluation, other: Evaluation) -> None:
    assert one.loss == other.loss
    np.testing.assert_array_equal(one.gradient, other.gradient)


def assert_close(one: Evaluation, other: Evaluation) -> None:
    assert one.loss == pytest.approx(other.loss, rel=1e-5)
    size = np.linalg.norm(other.gradient)
    assert np.linalg.norm(one.gradient - other.gradient) <= 1e-4 * size


# The ends


@few
@given(seed=seeds, weight=weights, first=st.booleans())
def test_a_weight_of_0_keeps_loss_and_gradient_bit_identical(
    seed: int, weight: float, *, first: bool
) -> None:
    image, a, b = (picture(seed + n) for n in range(3))
    wanted = weight * style(a, SHALLOW)
    zero = 0 * style(b, SHALLOW)
    assert_identical((zero + wanted if first else wanted + zero)(image), wanted(image))


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_a_weight_of_0_changes_no_bit_in_any_formulation_with_content(
    formulation: Formulation,
) -> None:
    image, photo, a, b = (picture(seed) for seed in range(4))
    wanted = content(photo, DEEPER, formulation=formulation) + style(
        a, SHALLOW, formulation=formulation
    )
    assert_identical(
        (wanted + 0 * style(b, SHALLOW, formulation=formulation))(image), wanted(image)
    )


def test_a_weight_of_0_with_many_layers_keeps_the_gradient_bit_identical() -> None:
    image, photo, a, b = (picture(seed) for seed in range(4))
    wanted = content(photo, DEEPER) + style(a, MANY)
    alone, beside = wanted(image), (wanted + 0 * style(b, MANY))(image)
    np.testing.assert_array_equal(beside.gradient, alone.gradient)
    # TensorFlow may add up so many parts in another order: the loss may differ in its last bit.
    assert beside.loss == pytest.approx(alone.loss, rel=3e-7)


def test_a_style_of_weight_0_may_use_deeper_layers_or_be_black() -> None:
    image, a, b = (picture(seed) for seed in range(3))
    wanted = style(a, SHALLOW)
    assert_identical((wanted + 0 * style(b, DEEPER))(image), wanted(image))
    assert_identical((wanted + 0 * style(np.zeros_like(b), SHALLOW))(image), wanted(image))


@settings(max_examples=2)
@given(seed=seeds)
def test_a_blend_of_1_and_0_paints_the_first_styles_picture_bit_for_bit(seed: int) -> None:
    photo, a, b = (picture(seed + n) for n in range(3))
    asked: dict[str, Any] = {"size": SIDE, "steps": 4, "progress": False}
    asked |= {"content_layers": DEEPER}
    alone = transfer(photo, style(a, SHALLOW), **asked).image
    assert not np.array_equal(alone, photo)
    ends = (1 * style(a, SHALLOW) + 0 * style(b, SHALLOW), 0 * style(b, DEEPER) + style(a, SHALLOW))
    for blend in ends:
        np.testing.assert_array_equal(transfer(photo, blend, **asked).image, alone)


# Between


@few
@given(seed=seeds, shares=st.tuples(weights, weights))
def test_loss_and_gradient_of_a_blend_are_the_weighted_sums(
    seed: int, shares: tuple[float, float]
) -> None:
    image, a, b = (picture(seed + n) for n in range(3))
    one, other = style(a, SHALLOW), style(b, SHALLOW)
    blended = (shares[0] * one + shares[1] * other)(image)
    apart = [one(image), other(image)]
    total = sum(w * e.loss for w, e in zip(shares, apart, strict=True))
    assert blended.loss == pytest.approx(total, rel=1e-5)
    pulls = [w * e.gradient.astype(np.float64) for w, e in zip(shares, apart, strict=True)]
    # Pulls may all but cancel: what is left is as exact as the larger of them.
    error = np.linalg.norm(blended.gradient - sum(pulls))
    assert error <= 1e-4 * max(np.linalg.norm(pull) for pull in pulls)
    terms = [blended.terms["style"], blended.terms["style_2"]]
    parts = [w * e.loss for w, e in zip(shares, apart, strict=True)]
    np.testing.assert_allclose(terms, parts, rtol=1e-5)


@few
@given(seed=seeds, order=st.permutations(range(4)))
def test_the_order_of_terms_matters_only_for_rounding(seed: int, order: list[int]) -> None:
    image, photo = picture(seed), picture(seed + 1)
    terms = [
        content(photo, SHALLOW[1]),
        0.7 * style(picture(seed + 2), SHALLOW),
        0.2 * style(picture(seed + 3), SHALLOW),
        2 * style(picture(seed + 4), SHALLOW[0]),
    ]
    assert_close(sum((terms[n] for n in order[1:]), terms[order[0]])(image), sum_of(terms)(image))


def sum_of(terms: list[Loss]) -> Loss:
    return sum(terms[1:], terms[0])


@few
@given(seed=seeds, share=st.floats(0, 1), factor=weights)
def test_blending_a_style_with_itself_gives_that_style_and_factors_multiply(
    seed: int, share: float, factor: float
) -> None:
    image, a = picture(seed), picture(seed + 1)
    one = style(a, SHALLOW)
    assert_close((factor * (share * one + (1 - share) * one))(image), (factor * one)(image))


@few
@given(seed=seeds, shares=st.tuples(weights, weights))
def test_a_blend_is_the_distance_to_an_interpolated_matrix_plus_a_constant(
    seed: int, shares: tuple[float, float]
) -> None:
    layer = SHALLOW[0]
    a, b, *images = (picture(seed + n) for n in range(5))
    network = VGG19(layer, padding_mode="symmetric")
    gram_a, gram_b, *grams = (
        gram_matrix(network(image)[layer].astype(np.float64)) for image in (a, b, *images)
    )
    p, q = shares[0] / (gram_a**2).sum(), shares[1] / (gram_b**2).sum()
    middle = (p * gram_a + q * gram_b) / (p + q)
    rest = p * q / (p + q) * ((gram_a - gram_b) ** 2).sum()
    blend = shares[0] * style(a, layer) + shares[1] * style(b, layer)
    for image, gram in zip(images, grams, strict=True):
        by_hand = (p + q) * ((gram - middle) ** 2).sum() + rest
        assert blend(image).loss == pytest.approx(by_hand, rel=1e-3)
        assert blend(image).loss >= rest * (1 - 1e-3)


@pytest.mark.parametrize("pair", list(pairwise(NAMES)), ids=" and ".join)
def test_a_painted_blend_lies_between_the_styles_in_both_distances(
    pair: tuple[str, str], photo: Picture
) -> None:
    a, b = (sample(name, size=64) for name in pair)
    terms = content(photo, SHALLOW[1]) + style(a, SHALLOW) + style(b, SHALLOW)
    objective = terms.objective(photo.shape)

    def distances(share: float) -> tuple[float, float]:
        def loss(image: Picture) -> Evaluation:
            return objective(image, (0.1, share, 1 - share))

        *_, last = lbfgs(loss, start=photo, steps=30)
        values = objective(last.image, (1, 1, 1)).terms
        return values["style"], values["style_2"]

    (first_a, first_b), (middle_a, middle_b), (last_a, last_b) = map(distances, (1, 0.5, 0))
    assert first_a < middle_a < last_a
    assert last_b < middle_b < first_b


def test_two_pictures_side_by_side_have_the_mean_gram_matrix_except_at_the_seam() -> None:
    layer = "block1_conv1"
    a, b = (sample(name, size=96) for name in NAMES[:2])
    network = VGG19(layer, padding_mode="symmetric")
    gram_a, gram_b, both = (
        gram_matrix(network(image)[layer]) for image in (a, b, np.concatenate([a, b], axis=1))
    )
    middle = (gram_a + gram_b) / 2
    assert np.linalg.norm(both - middle) < 0.03 * np.linalg.norm(gram_a - gram_b)


# Refused


@pytest.mark.parametrize("weight", [-0.1, -1, float("nan"), float("inf"), "half", None])
def test_an_invalid_weight_is_refused_and_the_losses_stay_usable(weight: Any) -> None:
    a, b = style(picture(1), SHALLOW), style(picture(2), SHALLOW)
    before = a(picture(0))
    with pytest.raises(SettingsError, match="Expected a finite weight of at least 0"):
        _ = 0.5 * a + weight * b
    assert_identical(a(picture(0)), before)


def test_weights_that_are_all_0_are_refused_and_the_losses_stay_usable() -> None:
    a, b = style(picture(1), SHALLOW), style(picture(2), SHALLOW)
    nothing = 0 * a + 0 * b
    with pytest.raises(SettingsError, match="weight above 0"):
        nothing(picture(0))
    with pytest.raises(SettingsError, match="weight above 0"):
        transfer(picture(0), nothing, size=SIDE, steps=1, progress=False)
    assert (nothing + a)(picture(0)).loss == a(picture(0)).loss


def test_an_empty_list_of_paintings_is_refused() -> None:
    with pytest.raises(SettingsError, match="a painting or several"):
        transfer(picture(0), [], size=SIDE, steps=1, progress=False)
