from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.losses.content import content
from stylelab.losses.formulations import FORMULATIONS, Formulation
from stylelab.losses.gram import gram_matrix
from stylelab.losses.loss import Loss
from stylelab.losses.style import StyleTerm, style
from stylelab.losses.total_variation import total_variation
from stylelab.network.vgg19 import VGG19
from stylelab.pictures.images import Picture, resize

CONTENT = "block2_conv2"
STYLE = ("block1_conv1", "block2_conv1", "block3_conv1")


def maps_of(picture: Picture, *layers: str) -> dict[str, NDArray[np.float64]]:
    network = VGG19(*layers, padding_mode="symmetric")
    return {name: maps.astype(np.float64) for name, maps in network(picture).items()}


def gram(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """F·Fᵀ."""
    product: NDArray[np.float64] = np.einsum("yxi,yxj->ij", maps, maps)
    return product


def content_by_hand(
    formulation: Formulation, f: NDArray[np.float64], p: NDArray[np.float64]
) -> float:
    squares = float(((f - p) ** 2).sum())
    divided_by = {
        "relative": float((p**2).sum()),
        "gatys2016": 2.0,
        "gatys_notebook": float(p.size),
        "johnson2016": float(p.size),
    }
    return squares / divided_by[formulation]


def style_by_hand(
    formulation: Formulation, f: NDArray[np.float64], p: NDArray[np.float64]
) -> float:
    m, m_target, n = f[..., 0].size, p[..., 0].size, f.shape[-1]
    g, a = gram(f), gram(p)
    per_position = float(((g / m - a / m_target) ** 2).sum())
    by_hand = {
        "relative": per_position / float(((a / m_target) ** 2).sum()),
        "gatys2016": per_position / (4 * n**2),
        "gatys_notebook": 1e3 / n**2 * per_position / n**2,
        "johnson2016": float(((g / (m * n) - a / (m_target * n)) ** 2).sum()),
    }
    return float(by_hand[formulation])


@pytest.fixture(scope="module")
def picture(photo: Picture) -> Picture:
    """A picture away from the photo, of its size."""
    random = np.random.default_rng(1)
    mixed = 0.6 * photo + 0.4 * random.random(photo.shape, dtype=np.float32)
    return mixed.astype(np.float32)


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_each_content_formulation_matches_its_published_formula(
    formulation: Formulation, photo: Picture, picture: Picture
) -> None:
    ours = content(photo, CONTENT, formulation=formulation)(picture).loss
    by_hand = content_by_hand(
        formulation, maps_of(picture, CONTENT)[CONTENT], maps_of(photo, CONTENT)[CONTENT]
    )
    assert ours == pytest.approx(by_hand, rel=1e-4)


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_each_style_formulation_matches_its_published_formula(
    formulation: Formulation, picture: Picture, painting: Picture
) -> None:
    ours = style(painting, STYLE, formulation=formulation)(picture).loss
    f, p = maps_of(picture, *STYLE), maps_of(painting, *STYLE)
    layers = [style_by_hand(formulation, f[name], p[name]) for name in STYLE]
    weights = {"relative": 1 / 3, "gatys2016": 1 / 5}
    assert ours == pytest.approx(weights.get(formulation, 1.0) * sum(layers), rel=1e-4)


def test_the_papers_style_loss_has_its_factor_for_pictures_of_equal_size(
    photo: Picture, picture: Picture
) -> None:
    ours = style(photo, "block1_conv1", formulation="gatys2016")(picture).loss
    f, p = (maps_of(image, "block1_conv1")["block1_conv1"] for image in (picture, photo))
    n, m = f.shape[-1], f[..., 0].size
    literal = ((gram(f) - gram(p)) ** 2).sum() / (4 * n**2 * m**2) / 5
    assert ours == pytest.approx(float(literal), rel=1e-4)


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_in_a_region_each_formulation_matches_its_weighted_formula(
    formulation: Formulation, photo: Picture, picture: Picture, painting: Picture
) -> None:
    layer, mask = "block2_conv1", soft(photo)
    cells = mask[: mask.shape[0] // 2 * 2].reshape(-1, 2, mask.shape[1] // 2, 2).mean((1, 3))
    roots = np.sqrt(cells.astype(np.float64))[..., None]  # weights on squares and on products
    f, p, a = (maps_of(each, layer)[layer] for each in (picture, photo, painting))
    # As many positions as there is weight: a picture of that many, for the formulas by hand.
    share = cells.size / cells.sum()
    by_hand = content_by_hand(formulation, roots * f, roots * p)
    by_hand *= share if formulation in ("gatys_notebook", "johnson2016") else 1
    ours = content(photo, layer, formulation=formulation, mask=mask)(picture).loss
    assert ours == pytest.approx(by_hand, rel=1e-4)
    by_hand = style_by_hand(formulation, np.sqrt(share) * roots * f, a)
    ours = style(painting, {layer: 1}, formulation=formulation, mask=mask)(picture).loss
    assert ours == pytest.approx(by_hand, rel=1e-4)


@pytest.mark.parametrize("mask_mode", ["centre", "inside"])
def test_a_mask_that_is_1_everywhere_changes_nothing(
    mask_mode: Any, photo: Picture, painting: Picture, picture: Picture
) -> None:
    everywhere = np.ones(photo.shape[:2])
    plain = (content(photo, CONTENT) + style(painting, STYLE))(picture)
    masked = (
        content(photo, CONTENT, mask=everywhere, mask_mode=mask_mode)
        + style(painting, STYLE, mask=everywhere, mask_mode=mask_mode)
    )(picture)
    assert masked.loss == pytest.approx(plain.loss, rel=1e-5)
    np.testing.assert_allclose(
        masked.gradient, plain.gradient, atol=1e-5 * float(np.ptp(plain.gradient))
    )


def test_pixels_outside_the_paintings_mask_do_not_matter(
    painting: Picture, picture: Picture
) -> None:
    left = np.zeros(painting.shape[:2])
    left[:, :40] = 1
    other = painting.copy()
    other[:, 40:] = 1 - other[:, 40:]
    one, two = (
        style(each, STYLE, painting_mask=left, mask_mode="inside")(picture).loss
        for each in (painting, other)
    )
    assert one == pytest.approx(two, rel=1e-5)


def test_scale_matches_a_scaled_painting(painting: Picture, picture: Picture) -> None:
    ours = style(painting, STYLE, scale=0.5)(picture).loss
    assert ours == pytest.approx(style(resize(painting, 40), STYLE)(picture).loss, rel=1e-6)


def test_a_resized_loss_has_pictures_and_masks_of_that_size(
    photo: Picture, painting: Picture
) -> None:
    region = soft(photo)
    loss = (
        content(photo, mask=region) + style(painting, mask=1 - region, scale=2) + total_variation()
    )
    small = loss.with_size(32, 48)
    assert [array.shape[:2] for array in small.arrays] == [(32, 48), (32, 48), (72, 96), (32, 48)]
    assert small.names == loss.names
    np.testing.assert_array_equal(small.part_weights, loss.part_weights)
    twice_as_large = loss.with_size(32, 48, scale=2).arrays[2]
    assert twice_as_large.shape == (144, 192, 3)
    small(np.full((32, 48, 3), 0.5, np.float32))


def test_excluding_a_region_subtracts_it_from_the_terms_own_mask(
    photo: Picture, painting: Picture, picture: Picture
) -> None:
    left = np.zeros(photo.shape[:2], np.float32)
    left[:, :32] = 1
    above = np.zeros_like(left)
    above[:20] = 1
    ours = style(painting, STYLE, mask=above).excluding(left)(picture).loss
    assert ours == style(painting, STYLE, mask=above * (1 - left))(picture).loss
    with pytest.raises(PictureError, match=r"covers all of it.*1 - mask"):
        style(painting, mask=left).excluding(left)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mask": np.ones((43, 63))}, "64 × 43.*Received: 63 × 43"),
        ({"painting_mask": np.ones((43, 64))}, "80 × 60.*Received: 64 × 43"),
        ({"mask": np.zeros((43, 64))}, "above 0 somewhere"),
        ({"mask": np.full((43, 64), 1.5)}, r"\[0, 1\].*1.5"),
        ({"mask": np.full((43, 64), np.nan)}, r"\[0, 1\].*nan"),
        ({"mask": np.ones((43, 64)), "mask_mode": "far"}, "centre or inside"),
        ({"scale": 0}, "0.1 to 10"),
        ({"scale": "2"}, "0.1 to 10"),
        ({"statistic": "mean"}, "gram"),
        ({"statistic": "sliced", "formulation": "gatys2016"}, "relative"),
    ],
)
def test_invalid_regions_and_scales_are_refused(
    given: dict[str, Any], words: str, photo: Picture, painting: Picture
) -> None:
    with pytest.raises((PictureError, SettingsError), match=words):
        style(painting, **given)(photo)


def test_a_vanishing_mask_reports_the_layer(photo: Picture, painting: Picture) -> None:
    dot = np.zeros(photo.shape[:2])
    dot[20:22, 20:22] = 1
    with pytest.raises(LayerError, match=r"block3_conv1.*vanishes"):
        style(painting, STYLE, mask=dot)(photo)


def test_a_loss_without_weights_above_0_is_refused(photo: Picture, painting: Picture) -> None:
    with pytest.raises(SettingsError, match="weight above 0"):
        (0 * style(painting) + 0 * total_variation())(photo)


@pytest.mark.parametrize("kind", ["squared", "absolute"])
def test_total_variation_is_the_mean_difference_of_neighbouring_pixels(
    kind: Any, picture: Picture
) -> None:
    x = picture.astype(np.float64)
    size = np.square if kind == "squared" else np.abs
    by_hand = (size(np.diff(x, axis=0)).sum() + size(np.diff(x, axis=1)).sum()) / x.size
    assert total_variation(kind)(picture).loss == pytest.approx(by_hand, rel=1e-5)


def every_loss(photo: Picture, painting: Picture) -> dict[str, Loss]:
    return {
        **{
            f"content {formulation}": content(photo, CONTENT, formulation=formulation)
            for formulation in FORMULATIONS
        },
        **{
            f"style {formulation}": style(painting, STYLE, formulation=formulation)
            for formulation in FORMULATIONS
        },
        "total variation squared": total_variation(),
        "total variation absolute": total_variation("absolute"),
        "sum": content(photo, CONTENT) + 3 * style(painting, STYLE) + total_variation(),
        **{
            f"content in a place {formulation}": content(
                photo, CONTENT, formulation=formulation, mask=soft(photo)
            )
            for formulation in FORMULATIONS
        },
        **{
            f"style in a place {formulation}": style(
                painting, STYLE, formulation=formulation, mask=soft(photo)
            )
            for formulation in FORMULATIONS
        },
        "one painting's part": style(painting, STYLE, painting_mask=soft(painting), scale=0.5),
    }


def soft(picture: Picture) -> NDArray[np.float32]:
    """A mask that rises from 0 at the left to 1 in the middle."""
    height, width = picture.shape[:2]
    return np.tile(np.linspace(0, 2, width, dtype=np.float32).clip(0, 1), (height, 1))


NAMES = [f"{kind} {formulation}" for kind in ("content", "style") for formulation in FORMULATIONS]
NAMES += [
    f"{kind} in a place {formulation}"
    for kind in ("content", "style")
    for formulation in FORMULATIONS
]
NAMES += ["total variation squared", "total variation absolute", "sum", "one painting's part"]


@pytest.mark.parametrize("name", NAMES)
def test_each_gradient_agrees_with_finite_differences(
    name: str, photo: Picture, painting: Picture, picture: Picture, random: np.random.Generator
) -> None:
    loss = every_loss(photo, painting)[name]
    gradient = loss(picture).gradient.astype(np.float64)
    # Along the gradient and askew to it: far enough for float32, near enough for the curvature.
    for askew in (0.0, 1.0):
        direction = gradient / np.linalg.norm(gradient)
        direction += askew * random.standard_normal(direction.shape) / direction.size**0.5
        h = 0.05
        ahead, behind = (
            loss((picture + sign * h * direction).astype(np.float32)).loss for sign in (1, -1)
        )
        assert (ahead - behind) / (2 * h) == pytest.approx(np.vdot(gradient, direction), rel=0.02)


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_a_picture_has_distance_0_to_itself(formulation: Formulation, photo: Picture) -> None:
    loss = content(photo, CONTENT, formulation=formulation) + style(
        photo, STYLE, formulation=formulation
    )
    assert loss(photo).loss == pytest.approx(0, abs=1e-6)


def test_relative_terms_are_1_for_zero_maps(photo: Picture) -> None:
    maps = maps_of(photo, CONTENT)[CONTENT]
    assert content_by_hand("relative", 0 * maps, maps) == 1
    assert style_by_hand("relative", 0 * maps, maps) == 1


def test_weights_are_copied_from_a_loss_with_the_same_terms(
    photo: Picture, painting: Picture
) -> None:
    mine = (
        content(photo) + 2 * style(painting, ("block1_conv1", "block2_conv1")) + total_variation()
    )
    model = (
        3 * content(1 - photo, {"block4_conv2": 2.0})
        + 5 * style(1 - painting, {"block2_conv1": 1.0, "block1_conv1": 4.0})
        + 0 * total_variation()
    )
    taken = mine.with_weights_of(model)
    np.testing.assert_array_equal(taken.part_weights, model.part_weights)
    assert all(one is other for one, other in zip(taken.arrays, mine.arrays, strict=True))
    assert [entry["weight"] for entry in taken.describe()] == [3, 5, 0]
    assert taken.describe()[1]["layers"] == {"block1_conv1": 4.0, "block2_conv1": 1.0}


TWO_LAYERS = ("block1_conv1", "block2_conv1")


@pytest.mark.parametrize(
    ("layers", "more"),
    [(("block1_conv1", "block3_conv1"), 0), (("block1_conv1",), 0), (TWO_LAYERS, 1)],
)
def test_weights_are_not_copied_from_other_terms(layers: Any, more: int, painting: Picture) -> None:
    mine = style(painting, TWO_LAYERS)
    other = style(painting, layers)
    if more:
        other += total_variation()
    with pytest.raises(SettingsError, match=r"Expected .* style \(block1_conv1, block2_conv1\),"):
        mine.with_weights_of(other)


@settings(max_examples=8)
@given(weights=st.tuples(*[st.just(0.0) | st.floats(1e-3, 100)] * 3).filter(any))
def test_terms_are_weighted_named_and_add_up(
    weights: tuple[float, float, float], photo: Picture, painting: Picture, picture: Picture
) -> None:
    parts = (content(photo, CONTENT), style(painting, STYLE), total_variation())
    a, b, c = weights
    whole = (a * parts[0] + parts[1] * b + c * parts[2])(picture)
    alone = [part(picture).loss for part in parts]
    assert list(whole.terms) == ["content", "style", "total_variation"]
    np.testing.assert_allclose(list(whole.terms.values()), np.multiply(weights, alone), rtol=1e-4)
    assert whole.loss == pytest.approx(sum(whole.terms.values()), rel=1e-5)


def test_scaling_a_sum_scales_each_of_its_terms(photo: Picture, picture: Picture) -> None:
    once, twice = total_variation() + content(photo, CONTENT), None
    twice = 2 * once
    np.testing.assert_allclose(
        list(twice(picture).terms.values()),
        [2 * value for value in once(picture).terms.values()],
        rtol=1e-5,
    )


def test_sum_of_a_list_of_losses_is_their_sum(painting: Picture) -> None:
    assert sum([style(painting), total_variation()], start=0) is not None
    added: Any = sum([total_variation(), total_variation("absolute")])
    assert added.names == ("total_variation", "total_variation_2")


def test_two_terms_of_a_kind_are_numbered(photo: Picture, painting: Picture) -> None:
    loss = style(photo, STYLE) + style(painting, STYLE) + style(painting, CONTENT)
    assert loss.names == ("style", "style_2", "style_3")


def test_only_the_ratio_of_layer_weights_matters_in_the_relative_formulation(
    painting: Picture, picture: Picture
) -> None:
    one, two = STYLE[:2]
    alone = [style(painting, name)(picture).loss for name in (one, two)]
    mixed = style(painting, {two: 30, one: 10})(picture).loss
    assert mixed == pytest.approx(0.25 * alone[0] + 0.75 * alone[1], rel=1e-5)


def test_targets_are_computed_once_without_retracing(
    monkeypatch: pytest.MonkeyPatch, painting: Picture, picture: Picture
) -> None:
    targets = counted(monkeypatch, "targets")
    distances = counted(monkeypatch, "distance")
    loss = style(painting, STYLE)
    for step in range(3):
        loss(picture * np.float32(1 - step / 10))
    assert targets() == 1
    assert distances() <= len(STYLE)  # none, where the graph was kept


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> Callable[[], int]:
    """Count the calls of a method of the style term; returns how many there were."""
    calls = []
    method = getattr(StyleTerm, name)

    def counting(*given: Any) -> Any:
        calls.append(name)
        return method(*given)

    monkeypatch.setattr(StyleTerm, name, counting)
    return lambda: len(calls)


def test_many_losses_in_a_row_cause_no_warning(
    photo: Picture, caplog: pytest.LogCaptureFixture
) -> None:
    # TensorFlow suspects retracing where functions made at one line are traced again and again.
    for _ in range(7):
        content(photo, "block1_conv1")(photo)
    assert caplog.text == ""


def test_new_weights_of_a_compiled_loss_change_terms_without_retracing(
    monkeypatch: pytest.MonkeyPatch, photo: Picture, painting: Picture, picture: Picture
) -> None:
    distances = counted(monkeypatch, "distance")
    objective = (content(photo, CONTENT) + style(painting, STYLE)).objective(picture.shape)
    before, after = objective(picture), objective(picture, [1, 7])
    assert after.terms["style"] == pytest.approx(7 * before.terms["style"], rel=1e-5)
    assert after.terms["content"] == pytest.approx(before.terms["content"], rel=1e-5)
    assert distances() <= len(STYLE)


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_layer_weights_of_a_compiled_loss_change_without_retracing(
    formulation: Formulation,
    monkeypatch: pytest.MonkeyPatch,
    photo: Picture,
    painting: Picture,
    picture: Picture,
) -> None:
    one, two = STYLE[:2]

    def weighted(content_weight: float, style_weight: float, first: float, second: float) -> Loss:
        painted = style(painting, {one: first, two: second}, formulation=formulation)
        return (
            content_weight * content(photo, CONTENT, formulation=formulation)
            + style_weight * painted
        )

    other = weighted(0.5, 40, 1, 3)
    fresh = other(picture)
    distances = counted(monkeypatch, "distance")
    objective = weighted(1, 10, 1, 0).objective(picture.shape)
    evaluation = objective(picture, part_weights=other.part_weights)
    assert distances() <= 2
    assert evaluation.loss == fresh.loss
    assert evaluation.terms == fresh.terms
    np.testing.assert_array_equal(evaluation.gradient, fresh.gradient)
    back = objective(picture)
    alone = (
        content(photo, CONTENT, formulation=formulation)
        + 10 * style(painting, {one: 1}, formulation=formulation)
    )(picture)
    assert back.loss == pytest.approx(alone.loss, rel=1e-5)
    assert distances() <= 3  # `alone` is another loss


def test_part_weights_are_term_weights_times_layer_weights(
    photo: Picture, painting: Picture
) -> None:
    loss = 2 * content(photo, CONTENT) + 12 * style(
        painting, dict(zip(STYLE, (1, 2, 3), strict=True))
    )
    np.testing.assert_allclose(loss.part_weights, [2, 2, 4, 6])
    published = style(painting, STYLE, formulation="gatys2016") + 3 * total_variation()
    np.testing.assert_allclose(published.part_weights, [0.2, 0.2, 0.2, 3])


def test_a_term_of_weight_0_changes_no_bit(
    photo: Picture, painting: Picture, picture: Picture
) -> None:
    without = content(photo) + 10 * style(painting)
    evaluation, bare = (without + 0 * total_variation())(picture), without(picture)
    assert evaluation.loss == bare.loss
    np.testing.assert_array_equal(evaluation.gradient, bare.gradient)


def test_repeated_evaluation_is_bit_identical(photo: Picture, picture: Picture) -> None:
    loss = content(photo) + style(photo)
    first, second = loss(picture), loss(picture)
    assert first.loss == second.loss
    np.testing.assert_array_equal(first.gradient, second.gradient)


def test_a_black_picture_and_random_weights_give_finite_numbers() -> None:
    black = np.zeros((32, 32, 3), np.float32)
    loss = (content(black) + style(black)).with_network(weights=None)
    evaluation = loss(np.full_like(black, 0.5))
    assert np.isfinite(evaluation.loss)
    assert np.isfinite(evaluation.gradient).all()


def test_another_network_is_another_loss(photo: Picture, painting: Picture) -> None:
    loss = style(painting)
    others = (
        loss.with_network(pooling="max"),
        loss.with_network(weights=None),
        loss.with_network(padding_mode="zeros"),
    )
    scores = {seen(photo).loss for seen in (loss, *others)}
    assert len(scores) == 4


def test_style_through_zero_padding_matches_its_own_gram_matrix(
    photo: Picture, painting: Picture
) -> None:
    layer = "block3_conv1"
    features = VGG19(layer)
    gram, target = (gram_matrix(features(picture)[layer]) for picture in (photo, painting))
    loss = style(painting, layer).with_network(padding_mode="zeros")
    expected = ((gram - target) ** 2).sum() / (target**2).sum()
    assert loss(photo).loss == pytest.approx(expected, rel=1e-4)


def test_every_evaluation_gives_the_same_gradient_to_the_bit(
    photo: Picture, painting: Picture, random: np.random.Generator
) -> None:
    # Style and total variation have several gradients at a pixel: in which order they are added must
    # not depend on which thread is done first.
    loss = content(photo) + 60 * style(painting) + 0.2 * total_variation()
    image = random.random(photo.shape, dtype=np.float32)
    gradients = [loss(image).gradient for _ in range(30)]
    for gradient in gradients[1:]:
        np.testing.assert_array_equal(gradient, gradients[0])


def test_losses_of_different_networks_cannot_be_added(photo: Picture) -> None:
    with pytest.raises(SettingsError, match=r"one network.*Add first"):
        content(photo) + style(photo).with_network(pooling="max")
    with pytest.raises(SettingsError, match=r"symmetric padding.*zeros padding"):
        content(photo) + style(photo).with_network(padding_mode="zeros")


def test_content_of_another_size_is_refused_stating_both_sizes(photo: Picture) -> None:
    with pytest.raises(PictureError, match=r"64 × 43.*Received: 32 × 48"):
        content(photo)(np.zeros((48, 32, 3), np.float32))


@pytest.mark.parametrize("factor", [-1, float("nan"), float("inf"), "3"])
def test_invalid_weights_are_refused(factor: Any) -> None:
    with pytest.raises(SettingsError, match="at least 0"):
        factor * total_variation()


@pytest.mark.parametrize("layers", [{}, (), {"block1_conv1": 0}, {"block1_conv1": -1}])
def test_layers_without_weight_are_refused(photo: Picture, layers: Any) -> None:
    with pytest.raises(SettingsError, match="not all 0"):
        style(photo, layers)


def test_unknown_names_are_refused_at_construction(photo: Picture) -> None:
    with pytest.raises(LayerError, match="block4_conv2"):
        content(photo, "conv4_2")
    with pytest.raises(SettingsError, match="relative, gatys2016"):
        style(photo, formulation="gatys")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="'squared' or 'absolute'"):
        total_variation("cubed")  # type: ignore[arg-type]
    with pytest.raises(PictureError, match=r"\(H, W, 3\)"):
        total_variation()(np.zeros((32, 32), np.float32))
