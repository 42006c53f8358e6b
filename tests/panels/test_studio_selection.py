import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stylelab
from stylelab.errors import PictureError, SettingsError
from stylelab.losses.loss import Loss
from stylelab.panels.studio.code_export import transfer_code
from stylelab.panels.studio.exported_file import array_file, mask_file
from stylelab.panels.studio.picture_choice import PictureChoice
from stylelab.panels.studio.regions import Region, RegionChoice
from stylelab.panels.studio.selection import Selection, StyleChoice
from stylelab.pictures.masks import Mask, resize_mask
from stylelab.pictures.saving import save_image
from stylelab.pipeline.inputs import load_styles
from stylelab.pipeline.settings import Settings

HEIGHT, WIDTH = 40, 60


def choice(name: str, seed: int = 0, size: tuple[int, int] = (HEIGHT, WIDTH)) -> PictureChoice:
    picture = np.random.default_rng(seed).random((*size, 3), dtype=np.float32)
    return PictureChoice(name, name.replace("_", " "), "", b"", picture, name)


PHOTO, NIGHT, GLASS = choice("photo"), choice("night", 1, (48, 48)), choice("glass", 2, (32, 64))


def left(share: float = 0.5, height: int = HEIGHT, width: int = WIDTH) -> Mask:
    mask = np.zeros((height, width), np.float32)
    mask[:, : int(share * width)] = 1
    return mask


SKY = Region("mask 1", "sky", "sky", left())


def chosen(*style_choices: StyleChoice, keep: RegionChoice | None = None) -> Selection:
    return Selection(PHOTO, style_choices or (StyleChoice(NIGHT),), keep)


def terms(made: Selection, settings: Settings | None = None) -> list[tuple[float, Any]]:
    styles = made.styles(settings or Settings())
    return list(styles.weighted_terms)


def test_one_painting_everywhere_is_one_term_of_weight_1() -> None:
    settings = Settings(style_layers={"block2_conv1": 3}, statistic="moments")
    with_another = chosen(StyleChoice(NIGHT, 3), StyleChoice(GLASS, 0))
    for made in (chosen(), with_another):
        assert made.styles(settings).describe() == settings.style_loss(NIGHT.load()).describe()
        np.testing.assert_array_equal(made.styles(settings).arrays[0], NIGHT.load())
        assert made.inputs(settings).metadata is None
    assert with_another.painting == "night"


def test_shares_become_weights_that_sum_to_1() -> None:
    made = chosen(StyleChoice(NIGHT, 30), StyleChoice(GLASS, 10))
    assert [weight for weight, _ in terms(made)] == [0.75, 0.25]
    np.testing.assert_array_equal(terms(made)[1][1].image, GLASS.load())


def test_a_mask_applies_only_to_its_painting() -> None:
    made = chosen(
        StyleChoice(NIGHT, 1, RegionChoice(SKY)),
        StyleChoice(GLASS, 1, RegionChoice(SKY, inverted=True)),
    )
    masks = [term.mask for _, term in terms(made)]
    np.testing.assert_array_equal(masks[0], left())
    np.testing.assert_array_equal(masks[1], 1 - left())


def test_styles_use_the_layers_and_statistic_of_the_settings() -> None:
    settings = Settings(style_layers={"block1_conv1": 2.0}, statistic="moments")
    for _, term in terms(chosen(StyleChoice(NIGHT), StyleChoice(GLASS)), settings):
        assert (term.layer_weights, term.statistic) == ({"block1_conv1": 2.0}, "moments")


def test_without_any_share_nothing_can_be_painted() -> None:
    with pytest.raises(SettingsError, match="share above 0"):
        chosen(StyleChoice(NIGHT, 0), StyleChoice(GLASS, 0)).styles(Settings())


def test_a_mask_of_the_photos_proportions_is_scaled_to_its_size() -> None:
    large = Region("mask 1", "sky", "sky", left(height=120, width=180))
    resized = large.mask_for((60, 90, 3))
    assert resized is large.mask_for((60, 90, 3))  # so nobody may write into it
    with pytest.raises(ValueError, match="read-only"):
        resized[0] = 1
    made = chosen(keep=RegionChoice(large)).keep_mask()
    assert made is not None
    np.testing.assert_array_equal(made, resize_mask(large.values, HEIGHT, WIDTH))
    odd = Region("mask 1", "sky", "sky", left(height=HEIGHT * 10 + 4, width=WIDTH * 10))
    assert odd.mask_for((HEIGHT, WIDTH, 3)).shape == (HEIGHT, WIDTH)  # rounded somewhere


@pytest.mark.parametrize("shape", [(WIDTH, HEIGHT), (HEIGHT, WIDTH + 3), (400, 640), (2, 2)])
def test_a_mask_of_other_proportions_is_refused_stating_both_sizes(shape: tuple[int, int]) -> None:
    other = Region("mask 1", "sky", "sky", np.ones(shape, np.float32))
    with pytest.raises(PictureError, match=rf"60 × 40.*'sky', which is {shape[1]} × {shape[0]}"):
        chosen(StyleChoice(NIGHT, 1, RegionChoice(other))).styles(Settings())


def test_masks_that_leave_nothing_to_paint_are_refused() -> None:
    everything = Region("mask 1", "all", "all", np.ones((HEIGHT, WIDTH), np.float32))
    with pytest.raises(PictureError, match="leaves nothing to paint"):
        chosen(keep=RegionChoice(everything)).keep_mask()
    with pytest.raises(PictureError, match="0 everywhere"):
        chosen(StyleChoice(NIGHT, 1, RegionChoice(everything, inverted=True))).styles(Settings())


def test_differences_are_described_by_name() -> None:
    before = chosen(StyleChoice(NIGHT, 50))
    assert before.differences(before) == []
    after = Selection(
        choice("coffee"),
        (StyleChoice(NIGHT, 50, RegionChoice(SKY)), StyleChoice(GLASS, 50)),
        RegionChoice(SKY, inverted=True),
    )
    assert after.differences(before) == [
        "coffee",
        "night: everywhere → sky",
        "+ glass",
        "photo kept: nowhere → all but sky",
    ]
    assert before.differences(after)[2] == "− glass"
    shares = chosen(StyleChoice(NIGHT, 20)).differences(before)
    assert shares == ["share of night 50 → 20"]
    assert chosen(StyleChoice(GLASS, 50)).differences(before) == ["glass"]


def test_other_shares_are_the_same_run_even_if_one_is_temporarily_0() -> None:
    before = chosen(StyleChoice(NIGHT, 50), StyleChoice(GLASS, 50))
    alone = chosen(StyleChoice(NIGHT, 50), StyleChoice(GLASS, 0)).continuing_from(before)
    assert alone is not None
    assert list(alone.weights) == [1, 0]
    assert alone.painting == "night + glass"  # it was there before
    assert list(alone.rights()) == ["photo", "painting", "painting_2"]
    back = chosen(StyleChoice(NIGHT, 10), StyleChoice(GLASS, 30)).continuing_from(alone)
    assert back is not None
    assert list(back.weights) == [0.25, 0.75]
    assert back.differences(alone) == ["share of night 50 → 10", "share of glass 0 → 30"]


@pytest.mark.parametrize(
    "other",
    [
        chosen(StyleChoice(NIGHT, 50), StyleChoice(GLASS, 0), StyleChoice(GLASS, 1)),
        chosen(StyleChoice(NIGHT, 50)),
        chosen(StyleChoice(NIGHT, 50), StyleChoice(GLASS, 5)),
        chosen(StyleChoice(GLASS, 50), StyleChoice(GLASS, 0)),
        chosen(StyleChoice(NIGHT, 50, RegionChoice(SKY)), StyleChoice(GLASS, 0)),
        chosen(StyleChoice(NIGHT, 50), StyleChoice(GLASS, 0), keep=RegionChoice(SKY)),
    ],
)
def test_changes_beyond_shares_are_another_run(other: Selection) -> None:
    assert other.continuing_from(chosen(StyleChoice(NIGHT, 50), StyleChoice(GLASS, 0))) is None


def test_a_runs_styles_get_the_current_shares_and_layer_weights() -> None:
    before = chosen(StyleChoice(NIGHT, 50, RegionChoice(SKY)), StyleChoice(GLASS, 50))
    styles = before.styles(Settings())
    now = chosen(StyleChoice(NIGHT, 30, RegionChoice(SKY)), StyleChoice(GLASS, 10)).continuing_from(
        before
    )
    assert now is not None
    layers = dict.fromkeys(Settings.style_layers, 1.0) | {"block1_conv1": 4.0}
    settings = Settings(style_layers=layers)
    updated, fresh = now.with_updated_weights(styles, settings), now.styles(settings)
    assert isinstance(fresh, Loss)
    assert updated.describe() == fresh.describe()
    assert all(one is other for one, other in zip(updated.arrays, styles.arrays, strict=True))


def test_terms_of_several_styles_are_named_after_their_paintings() -> None:
    assert chosen().term_names == {}
    several = chosen(StyleChoice(NIGHT), StyleChoice(GLASS, 0), StyleChoice(GLASS))
    assert several.term_names == {"style": "night", "style_2": "glass"}
    styles = several.styles(Settings())
    assert tuple(several.term_names) == styles.names


def test_descriptions_of_styles_get_their_names() -> None:
    made = chosen(
        StyleChoice(GLASS, 0),
        StyleChoice(NIGHT, 1, RegionChoice(SKY)),
        keep=RegionChoice(SKY, inverted=True),
    )
    styles = made.styles(Settings())
    named = made.add_style_names(styles.describe())
    assert named is not None
    assert [(style["painting"], style["place"]) for style in named] == [("night", "sky")]
    assert named[0]["weight"] == 1
    assert made.add_style_names(None) is None
    assert made.file_metadata() == {"photo": "photo", "painting": "night", "keep": "all but sky"}


# As Python


def run(made: Selection, settings: Settings, **names: Any) -> tuple[Any, Any, dict[str, Any]]:
    """Run the code with a stand-in for transfer; give photo, painting and the other arguments."""
    photo, styles, keep, lines = made.code()
    code = transfer_code(photo, styles, settings, keep=keep, setup_lines=lines)
    called: list[Any] = []
    variables = {"photo": PHOTO.load(), "night": NIGHT.load(), "glass": GLASS.load(), **names}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            stylelab,
            "transfer",
            lambda *given, **more: called.append((*given, more)),
            raising=False,
        )
        exec(code, variables)  # noqa: S102 - our own code
    ((shown, painting, more),) = called
    return shown, painting, more


def same(one: Loss, other: Loss) -> None:
    assert one.describe() == other.describe()
    for mine, theirs in zip(one.arrays, other.arrays, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    "style_choices",
    [
        (StyleChoice(NIGHT, 70), StyleChoice(GLASS, 30)),
        (
            StyleChoice(NIGHT, 1, RegionChoice(SKY)),
            StyleChoice(GLASS, 1, RegionChoice(SKY, inverted=True)),
        ),
        (StyleChoice(NIGHT, 1, RegionChoice(SKY)),),
        (StyleChoice(NIGHT, 1), StyleChoice(GLASS, 1, RegionChoice(SKY)), StyleChoice(NIGHT, 1)),
    ],
)
def test_the_exported_call_gives_the_same_loss(style_choices: tuple[StyleChoice, ...]) -> None:
    settings = Settings(size=64, statistic="moments", style_layers={"block1_conv1": 3})
    made = chosen(*style_choices, keep=RegionChoice(SKY, inverted=True))
    shown, painting, more = run(made, settings, sky=left())
    styles = made.styles(settings)
    same(painting, styles)
    np.testing.assert_array_equal(shown, PHOTO.load())
    np.testing.assert_array_equal(more.pop("keep"), 1 - left())
    assert more == {"size": 64}  # what the styles have themselves is not repeated


def test_every_style_uses_the_formulation_of_the_settings() -> None:
    settings = Settings(formulation="gatys2016")
    made = chosen(StyleChoice(NIGHT, 1), StyleChoice(GLASS, 1, RegionChoice(SKY)))
    _, painting, more = run(made, settings, sky=left())
    styles = made.styles(settings)
    same(painting, styles)
    assert more == {"formulation": "gatys2016"}


def test_equal_parts_everywhere_are_a_list() -> None:
    made = chosen(StyleChoice(NIGHT, 40), StyleChoice(GLASS, 40))
    settings = Settings(statistic="sliced")
    _, painting, more = run(made, settings)
    assert isinstance(painting, list)
    assert more == {"statistic": "sliced"}
    listed, styles = load_styles(painting, settings), made.styles(settings)
    same(listed, styles)


def test_masks_are_exported_as_files_or_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written = mask_file("drawn 2", left(0.25))
    drawn = Region("mask 2", "drawn 2", written.code, left(0.25), written)
    file = Region("mask 3", "My Sky!", 'sl.load_mask("My Sky!.png")', left(0.75))
    save_image("My Sky!.png", np.repeat(left(0.75)[..., None], 3, axis=-1))
    made = chosen(
        StyleChoice(NIGHT, 1, RegionChoice(file)),
        StyleChoice(GLASS, 1, RegionChoice(SKY, inverted=True)),
        keep=RegionChoice(drawn),
    )
    assert made.exported_files == (written,)
    written.write()
    _, painting, more = run(made, Settings(), sky=left())
    same(painting, made.styles(Settings()))
    np.testing.assert_array_equal(more["keep"], left(0.25))


def test_the_exported_call_also_scales_masks_to_the_photo() -> None:
    large = Region("mask 1", "sky", "sky", left(height=80, width=120))
    _, _, more = run(chosen(keep=RegionChoice(large)), Settings(), sky=large.values)
    np.testing.assert_array_equal(more["keep"], resize_mask(large.values, HEIGHT, WIDTH))


@pytest.mark.parametrize("name", ["sl", "np", "styles", "result", "lambda", "2 clouds", "!", "Ü"])
def test_any_mask_name_becomes_a_variable(name: str) -> None:
    region = Region("mask 1", name, "np.array(sky)", left())
    night = replace(NIGHT, code="np.array(night)")  # where the mask's name is not to be read
    made = chosen(StyleChoice(night, 2, RegionChoice(region)), StyleChoice(GLASS))
    _, painting, _ = run(made, Settings(), sky=left().tolist())
    np.testing.assert_array_equal(painting.arrays[1], left())


def test_rights_are_listed_for_each_picture_by_name() -> None:
    made = chosen(StyleChoice(NIGHT), StyleChoice(GLASS))
    assert list(made.rights()) == ["photo", "painting", "painting_2"]


def with_file(name: str, rights: str = "") -> PictureChoice:
    """A picture that is nowhere but in a file that the studio writes for its code."""
    file = array_file(name, choice(name).load())
    return replace(choice(name), code="", file=file, file_rights=rights)


def test_files_are_exported_of_what_is_painted_with_each_once() -> None:
    photo, night, glass = (with_file(name) for name in ("photo", "night", "glass"))
    region = Region("mask 1", "sky", "", left(), mask_file("sky", left()))
    made = Selection(
        photo,
        (
            StyleChoice(night, 1, RegionChoice(region)),
            StyleChoice(glass, 0),
            StyleChoice(night, 1, RegionChoice(region, inverted=True)),
        ),
        RegionChoice(region),
    )
    assert made.exported_files == (photo.file, night.file, region.file)
    assert chosen(StyleChoice(GLASS, 1, RegionChoice(SKY))).exported_files == ()


def test_the_exported_call_reads_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = Selection(with_file("photo"), (StyleChoice(with_file("night")), StyleChoice(GLASS, 2)))
    for file in made.exported_files:
        file.write()
    shown, painting, _ = run(made, Settings())
    np.testing.assert_array_equal(shown, made.photo.load())
    same(painting, made.styles(Settings()))


def test_rights_that_files_say_are_part_of_the_call() -> None:
    author = '{"author": "Ada"}'
    made = Selection(
        with_file("photo", '{"author": "Bob"}'),
        (
            StyleChoice(NIGHT, 1),
            StyleChoice(with_file("glass", author), 0),
            StyleChoice(with_file("glass", author), 1),
        ),
    )
    assert ast.literal_eval(made.rights_code) == {
        "photo": {"author": "Bob"},
        "painting_2": {"author": "Ada"},
    }
    assert chosen().rights_code == ""


# What cannot be painted


@pytest.mark.parametrize("share", [1.0, 0.0])
def test_a_style_within_the_kept_region_is_an_error_if_it_is_painted(share: float) -> None:
    inside = Region("mask 2", "corner", "corner", left(0.25))
    styles = StyleChoice(NIGHT, 1), StyleChoice(GLASS, share, RegionChoice(inside))
    message = chosen(*styles, keep=RegionChoice(SKY)).find_error()
    expected = "leaves some place for the style of glass. Received: sky, which covers all of it"
    assert (expected in message) == bool(share)
    assert chosen(*styles, keep=RegionChoice(inside, inverted=True)).find_error() == ""
    assert chosen(*styles).find_error() == ""


def test_the_kept_region_may_cover_a_part_of_a_style() -> None:
    wide = Region("mask 2", "most", "most", left(0.75))
    styles = StyleChoice(NIGHT, 1, RegionChoice(wide))
    assert chosen(styles, keep=RegionChoice(SKY)).find_error() == ""


def test_an_error_names_what_is_wrong_with_shares_and_masks() -> None:
    other = Region("mask 1", "tall", "tall", np.ones((WIDTH, HEIGHT), np.float32))
    assert "'tall', which is 40 × 60" in chosen(keep=RegionChoice(other)).find_error()
    unused = StyleChoice(GLASS, 0, RegionChoice(other))
    assert "'tall', which is 40 × 60" in chosen(StyleChoice(NIGHT), unused).find_error()
    assert "share above 0" in chosen(StyleChoice(NIGHT, 0)).find_error()
    everything = Region("mask 1", "all", "all", np.ones((HEIGHT, WIDTH), np.float32))
    assert "leaves nothing to paint" in chosen(keep=RegionChoice(everything)).find_error()
    assert chosen(StyleChoice(NIGHT, 1, RegionChoice(SKY))).find_error() == ""
