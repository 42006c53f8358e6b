"""Tests of the painted style pictures."""

from __future__ import annotations

import inspect
import math
import re
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from stylelab.errors import SettingsError
from stylelab.samples import painters
from stylelab.samples.painters import STYLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

PALETTES = {
    "swirling_night": painters.NIGHT_PALETTE,
    "pointillist_field": painters.MEADOW_PALETTE,
    "stained_glass": painters.JEWEL_PALETTE,
    "woodcut_waves": painters.INDIGO_PALETTE,
    "watercolour_wash": painters.WASH_PALETTE,
    "ink_hatching": painters.SEPIA_PALETTE,
    "brush_garden": painters.GARDEN_PALETTE,
}
FEWEST_COLOURS = dict.fromkeys(STYLES, 4) | {"woodcut_waves": 3, "ink_hatching": 2}

# The setting that makes each style finer or coarser, with a fine and a coarse value.
SCALES = {
    "swirling_night": ("stroke_width", 0.008, 0.02),
    "pointillist_field": ("dot_size", 0.012, 0.03),
    "stained_glass": ("cell_size", 0.04, 0.09),
    "woodcut_waves": ("line_width", 0.01, 0.02),
    "watercolour_wash": ("wash_size", 0.04, 0.12),
    "ink_hatching": ("line_width", 0.006, 0.012),
    "brush_garden": ("stroke_width", 0.01, 0.025),
}
# Settings with which a style's direction can be read from a small picture.
DIRECTED: dict[str, dict[str, float]] = {
    "swirling_night": {},
    "pointillist_field": {"dot_size": 0.025, "dot_length": 6.0},
    "stained_glass": {"cell_size": 0.05, "cell_stretch": 5.0},
    "watercolour_wash": {"wash_size": 0.05, "wash_length": 5.0, "granulation": 0.0},
    "ink_hatching": {"line_width": 0.012, "stroke_length": 0.4},
    "brush_garden": {},
}
STROKES = ("swirling_night", "brush_garden", "ink_hatching")

every_style = pytest.mark.parametrize("name", list(STYLES))


@cache
def painted(name: str, height: int = 60, width: int = 80, **chosen: Any) -> Array:
    picture = STYLES[name](height, width, **chosen)
    picture.setflags(write=False)
    return picture


def lightness(picture: Array) -> Array:
    return np.asarray(picture @ np.array([0.299, 0.587, 0.114]))


def halved(picture: Array) -> Array:
    height, width, channels = picture.shape
    return np.asarray(picture.reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3)))


def correlation(first: Array, second: Array) -> float:
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def edges(picture: Array) -> Array:
    slopes = np.gradient(picture, axis=(0, 1))
    return np.asarray(np.sqrt(sum(np.sum(slope**2, axis=-1) for slope in slopes)))


def structure(picture: Array, window: float) -> tuple[NDArray[np.complexfloating[Any]], Array]:
    # The structure tensor: twice the orientation as an angle, weighted by its clearness; energy.
    light = lightness(picture)
    light = gaussian_filter(light, 0.7) - gaussian_filter(light, 2.0)
    down, across = np.gradient(light)
    energy_x, energy_y, mixed = (
        gaussian_filter(product, window) for product in (across**2, down**2, across * down)
    )
    return (energy_x - energy_y) + 2j * mixed, energy_x + energy_y


def rotation_between(first: Array, second: Array) -> float:
    # By how many degrees, from −90 to 90, the texture of the second is rotated in place.
    (before, _), (after, _) = structure(first, 4.0), structure(second, 4.0)
    return math.degrees(np.angle(np.sum(after * np.conj(before)))) / 2


def coherence(picture: Array) -> float:
    orientation, energy = structure(picture, 2.0)
    return float(np.abs(orientation).sum() / energy.sum())


def fineness(picture: Array) -> float:
    # The spectrum's centroid in cycles per pixel, without the composition's large masses.
    light = lightness(picture)
    light = light - gaussian_filter(light, 10.0)
    window = np.outer(np.hanning(light.shape[0]), np.hanning(light.shape[1]))
    power = np.abs(np.fft.fft2(light * window)) ** 2
    frequency = np.hypot(*np.meshgrid(*map(np.fft.fftfreq, light.shape), indexing="ij"))
    return float((power * frequency).sum() / power.sum())


def rolled(palette: painters.Palette) -> tuple[tuple[float, ...], ...]:
    # Red becomes green, green becomes blue, blue becomes red.
    codes = [bytes.fromhex(str(colour)[1:]) for colour in palette]
    return tuple((code[2] / 255, code[0] / 255, code[1] / 255) for code in codes)


def greys(count: int) -> tuple[tuple[float, ...], ...]:
    return tuple((level,) * 3 for level in np.linspace(0.1, 0.9, count).tolist())


def test_styles_are_the_public_functions_and_cannot_be_changed() -> None:
    assert len(STYLES) >= 6
    for name, paint in STYLES.items():
        assert getattr(painters, name) is paint
        assert paint.__name__ == name
    with pytest.raises(TypeError):
        STYLES["another"] = STYLES["ink_hatching"]  # type: ignore[index]


@every_style
def test_every_style_has_a_seed_a_palette_and_a_scale(name: str) -> None:
    parameters = inspect.signature(STYLES[name]).parameters
    assert list(parameters)[:4] == ["height", "width", "seed", "palette"]
    assert parameters["palette"].default is PALETTES[name]
    assert SCALES[name][0] in parameters
    assert ("direction" in parameters) == (name in DIRECTED)
    assert ("stroke_length" in parameters) == (name in STROKES)
    positional = {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    assert {entry.kind for entry in list(parameters.values())[:2]} == positional
    keyword = {inspect.Parameter.KEYWORD_ONLY}
    assert {entry.kind for entry in list(parameters.values())[2:]} == keyword


@every_style
def test_docstrings_describe_own_and_shared_settings_at_one_margin(name: str) -> None:
    headings = re.findall(r"^(\w.*):$", inspect.getdoc(STYLES[name]) or "", re.MULTILINE)
    assert headings == ["Settings of this style", "Settings of every style", "Returns", "Raises"]


def test_importing_the_styles_does_not_import_scipy() -> None:
    code = "import sys, stylelab.samples.painters; sys.exit('scipy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@every_style
def test_default_size_matches_the_course(name: str) -> None:
    parameters = inspect.signature(STYLES[name]).parameters
    assert (parameters["height"].default, parameters["width"].default) == (384, 512)


@every_style
def test_same_seed_paints_the_same_picture(name: str) -> None:
    np.testing.assert_array_equal(STYLES[name](60, 80, seed=0), painted(name))


@every_style
def test_another_seed_paints_another_picture(name: str) -> None:
    difference = np.abs(painted(name) - painted(name, seed=1)).mean()
    assert difference > 0.08


def test_settings_of_numpy_types_paint_the_same_picture() -> None:
    numpy_settings = {"seed": np.uint8(3), "line_width": np.float64(0.006)}
    usual = painters.ink_hatching(24, 32, seed=3, line_width=0.006)
    other = STYLES["ink_hatching"](np.int64(24), np.int32(32), **numpy_settings)
    np.testing.assert_array_equal(usual, other)


@settings(max_examples=8)
@given(
    name=st.sampled_from(list(STYLES)),
    height=st.integers(16, 48),
    width=st.integers(16, 48),
    seed=st.integers(0, 2**63),
)
@example(name="ink_hatching", height=61, width=17, seed=0)
def test_any_size_and_seed_give_a_picture(name: str, height: int, width: int, seed: int) -> None:
    assert_is_picture(STYLES[name](height, width, seed=seed), height, width)


def assert_is_picture(picture: Array, height: int, width: int) -> None:
    assert picture.shape == (height, width, 3)
    assert picture.dtype == np.float32
    assert picture.flags.c_contiguous
    assert picture.flags.writeable
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert lightness(picture).std() > 0.05


@every_style
def test_larger_picture_shows_the_same_composition(name: str) -> None:
    assert correlation(halved(painted(name, 120, 160)), painted(name)) > 0.93


@pytest.mark.parametrize("name", list(DIRECTED))
def test_direction_rotates_the_strokes_clockwise(name: str) -> None:
    chosen = DIRECTED[name]
    usual = painted(name, 120, 160, **chosen)
    rotated = painted(name, 120, 160, direction=60.0, **chosen)
    assert rotation_between(usual, rotated) == pytest.approx(60.0, abs=18)


@pytest.mark.parametrize("name", list(DIRECTED))
def test_direction_keeps_colours_and_scale(name: str) -> None:
    chosen = DIRECTED[name]
    usual = painted(name, 120, 160, **chosen)
    rotated = painted(name, 120, 160, direction=60.0, **chosen)
    levels = np.linspace(0, 1, 11)
    for channel in range(3):
        before, after = (np.quantile(picture[..., channel], levels) for picture in (usual, rotated))
        np.testing.assert_allclose(before, after, atol=0.06)
    assert fineness(rotated) == pytest.approx(fineness(usual), rel=0.3)
    assert np.abs(usual - rotated).mean() > 0.02


@every_style
def test_another_palette_keeps_the_geometry(name: str) -> None:
    usual, other = painted(name), painted(name, palette=rolled(PALETTES[name]))
    assert correlation(edges(usual), edges(other)) > 0.95
    mixed = np.roll(usual, 1, axis=-1)
    assert np.abs(other - usual).mean() > 0.05
    # Apart from paper and white, the picture's channels change places as the palette's do.
    assert np.abs(other - mixed).mean() < 0.3 * np.abs(other - usual).mean()


@every_style
def test_the_smallest_palette_gives_all_colours_and_one_less_is_refused(name: str) -> None:
    fewest = FEWEST_COLOURS[name]
    picture = painted(name, palette=greys(fewest))
    assert lightness(picture).std() > 0.05
    chroma = picture.max(axis=-1) - picture.min(axis=-1)
    assert chroma.mean() < 0.04
    assert np.quantile(chroma, 0.99) < 0.16
    with pytest.raises(SettingsError, match=f"at least {fewest} colours.* Received: "):
        STYLES[name](palette=greys(fewest - 1))


def test_colours_may_be_strings_or_numbers() -> None:
    numbers = [[part / 255 for part in bytes.fromhex(str(c)[1:])] for c in painters.INDIGO_PALETTE]
    given_numbers = painters.woodcut_waves(24, 32, palette=numbers)
    np.testing.assert_array_equal(given_numbers, painters.woodcut_waves(24, 32))


@every_style
def test_larger_scale_paints_coarser_texture_in_the_same_composition(name: str) -> None:
    scale, fine, coarse = SCALES[name]
    first, second = (painted(name, 108, 144, **{scale: value}) for value in (fine, coarse))
    assert fineness(second) < 0.97 * fineness(first)
    masses = [gaussian_filter(lightness(picture), 6.0) for picture in (first, second)]
    assert correlation(*masses) > 0.6


@pytest.mark.parametrize("name", STROKES)
def test_longer_strokes_make_the_texture_more_coherent(name: str) -> None:
    usual = inspect.signature(STYLES[name]).parameters["stroke_length"].default
    chosen = {"line_width": 0.01} if name == "ink_hatching" else {}
    short, long = (
        painted(name, 108, 144, stroke_length=factor * usual, **chosen) for factor in (0.4, 2.0)
    )
    assert coherence(long) > 1.05 * coherence(short)


@every_style
def test_no_part_of_the_picture_is_empty(name: str) -> None:
    light = lightness(painted(name, 120, 160))
    blocks = light.reshape(12, 10, 16, 10).std(axis=(1, 3))
    assert blocks.min() > 0.015
    assert np.quantile(blocks, 0.05) > 0.03


@every_style
@pytest.mark.parametrize("setting", ["impasto", "grain", "granulation", "contrast", "lead_width"])
def test_other_settings_change_the_picture(name: str, setting: str) -> None:
    parameter = inspect.signature(STYLES[name]).parameters.get(setting)
    if parameter is None:
        return
    changed = painted(name, **{setting: 2 * parameter.default})
    assert np.abs(changed - painted(name)).mean() > 0.004


@every_style
@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"height": 15}, r"height as a whole number of pixels, at least 16\. Received: 15\."),
        ({"width": 20.0}, r"width as a whole number .* Received: 20\.0\."),
        ({"width": True}, r"width as a whole number .* Received: True\."),
        ({"seed": -1}, r"seed as a whole number of at least 0\. Received: -1\."),
        ({"seed": 1.5}, r"seed as a whole number of at least 0\. Received: 1\.5\."),
        ({"palette": "#ffffff"}, r"Expected a palette .* Received: '#ffffff'\."),
        ({"palette": None}, r"Expected a palette .* Received: None\."),
        ({"palette": [*greys(5), (0, 0, 1.2)]}, r"Expected a colour .* Received: \(0, 0, 1\.2\)\."),
        (
            {"palette": [*greys(5), (0, 0, math.nan)]},
            r"Expected a colour .* Received: \(0, 0, nan\)\.",
        ),
        ({"palette": [*greys(5), (0, 0)]}, r"Expected a colour .* Received: \(0, 0\)\."),
        ({"palette": [*greys(5), 7]}, r"Expected a colour .* Received: 7\."),
        ({"palette": [*greys(5), "red"]}, r"Expected a colour .* Received: 'red'\."),
        ({"palette": [*greys(5), "#12 345"]}, r"Expected a colour .* Received: '#12 345'\."),
        ({"palette": [*greys(5), "1234567"]}, r"Expected a colour .* Received: '1234567'\."),
        ({"palette": [*greys(5), "#12 34 56"]}, r"Expected a colour .* Received: '#12 34 56'\."),
    ],
)
def test_unusable_settings_are_refused(name: str, chosen: dict[str, object], expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        STYLES[name](**({"height": 16, "width": 16} | chosen))


NUMBERS = [
    (name, setting)
    for name, paint in STYLES.items()
    for setting, parameter in inspect.signature(paint).parameters.items()
    if isinstance(parameter.default, float)
]


@pytest.mark.parametrize(("name", "setting"), NUMBERS)
def test_numbers_out_of_range_are_refused(name: str, setting: str) -> None:
    for value in (math.nan, math.inf, -1e6, "wide", None, True):
        expected = rf"Expected {setting} as a number from .* Received: {value!r}\."
        with pytest.raises(SettingsError, match=expected):
            STYLES[name](16, 16, **{setting: value})


@every_style
@pytest.mark.parametrize("end", [0, 1])
def test_all_numbers_at_their_limits_paint_a_picture(name: str, end: int) -> None:
    chosen = {setting: limits(name, setting)[end] for style, setting in NUMBERS if style == name}
    assert np.isfinite(STYLES[name](16, 16, **chosen)).all()


def limits(name: str, setting: str) -> list[float]:
    # The message names them, so that a reader can find them without the documentation.
    with pytest.raises(SettingsError) as caught:
        STYLES[name](16, 16, **{setting: math.nan})
    words = str(caught.value).split("a number from ")[1].split(". Received")[0].split(" to ")
    return [float(word) for word in words]
