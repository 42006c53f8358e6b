"""What the explorer works out in the browser, against Python's own answers."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pytest

import stylelab
from stylelab.network.layer_facts import LAYERS, strongest_units
from stylelab.panels.messages import format_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from playwright.sync_api import Browser

SOURCE = Path(stylelab.__file__).parent / "panels" / "explorer" / "arithmetic.js"

# Typed arrays come and go as lists: JSON knows no others.
CALL = """async ([module, name, values]) => {
  const { [name]: wanted } = await import(module);
  const typed = values.map((value) => Array.isArray(value?.bytes) && !value.rows
    ? Uint8Array.from(value.bytes) : value);
  const plain = (value) => ArrayBuffer.isView(value) ? [...value]
    : Array.isArray(value) ? value.map(plain)
    : value?.bytes ? { ...value, bytes: [...value.bytes] } : value;
  return plain(await wanted(...typed));
}"""


class Call(Protocol):
    def __call__(self, name: str, *values: Any) -> Any: ...


@pytest.fixture(scope="module")
def call(browser: Browser) -> Iterator[Call]:
    code = base64.b64encode(SOURCE.read_bytes()).decode("ascii")
    page = browser.new_page()
    page.goto("about:blank")

    def call(name: str, *values: Any) -> Any:
        return page.evaluate(CALL, [f"data:text/javascript;base64,{code}", name, list(values)])

    yield call
    page.close()


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def as_bytes(values: NDArray[np.uint8]) -> dict[str, list[int]]:
    return {"bytes": values.ravel().tolist()}


def layer_of(name: str) -> dict[str, float]:
    facts = LAYERS[name]
    return {
        "stride": facts.stride,
        "receptive_field": facts.receptive_field,
        "first_centre": facts.first_centre,
    }


def test_halves_are_rounded_as_in_python(call: Call) -> None:
    values = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49, 0.51, -3.2]
    assert [call("roundHalfEven", value) for value in values] == [round(x) for x in values]


@pytest.mark.parametrize("name", LAYERS)
def test_receptive_fields_match_python(call: Call, name: str) -> None:
    for row, column in [(0, 0), (3, 5), (11, 2)]:
        seen = call("squareOf", layer_of(name), row, column)
        assert tuple(seen) == LAYERS[name].square(row, column)


@pytest.mark.parametrize("name", LAYERS)
def test_the_unit_at_a_pixel_matches_python_within_the_map(
    call: Call, name: str, random: np.random.Generator
) -> None:
    rows, columns, _ = LAYERS[name].shape(170, 256)
    for y, x in [(-3.0, 300.0), (169.0, 255.0), *random.uniform(0, 169, (6, 2))]:
        row, column = LAYERS[name].unit_at(y, x)
        expected = [min(row, rows - 1), min(column, columns - 1)]
        assert call("unitAt", layer_of(name), float(y), float(x), rows, columns) == expected


def test_zlib_data_is_decompressed(call: Call, random: np.random.Generator) -> None:
    values = random.integers(0, 4, 50_000).astype(np.uint8)
    packed = np.frombuffer(zlib.compress(values.tobytes(), 1), np.uint8)
    assert call("inflate", as_bytes(packed)) == values.tolist()


@pytest.mark.parametrize(("kind", "reduce"), [("avg", np.mean), ("max", np.max)])
@pytest.mark.parametrize(("rows", "columns"), [(6, 8), (5, 7)])
def test_pooling_bytes_matches_pooling_values(
    call: Call, random: np.random.Generator, kind: str, reduce: Any, rows: int, columns: int
) -> None:
    codes = random.integers(0, 256, (4, rows, columns)).astype(np.uint8)
    codes[3] = 0  # an inactive channel
    before = np.array([1.0, 300.0, 7.5, 0.0])
    values = codes / 255 * before[:, None, None]
    even = values[:, : rows // 2 * 2, : columns // 2 * 2]
    squares = even.reshape(4, rows // 2, 2, columns // 2, 2)
    expected = reduce(squares, axis=(2, 4))
    after = expected.max((1, 2))
    got = call("pool", as_bytes(codes), 4, rows, columns, kind, before.tolist(), after.tolist())
    pooled = np.reshape(got, expected.shape) / 255 * after[:, None, None]
    assert np.all(np.abs(pooled - expected) <= after[:, None, None] / 255 * 0.5001)


@pytest.mark.parametrize(("rows", "columns"), [(10, 12), (7, 3), (3, 13), (23, 17)])
def test_a_downsampled_map_keeps_the_maximum_of_each_block(
    call: Call, random: np.random.Generator, rows: int, columns: int
) -> None:
    values = random.integers(0, 256, (rows, columns)).astype(np.uint8)
    small = call("shrink", as_bytes(values), rows, columns, 5, 6)
    down, across = min(rows, 5), min(columns, 6)
    tops = [rows * part // down for part in range(down)]
    lefts = [columns * part // across for part in range(across)]
    expected = np.maximum.reduceat(np.maximum.reduceat(values, tops, 0), lefts, 1)
    assert (small["rows"], small["columns"]) == (down, across)
    assert small["bytes"] == expected.ravel().tolist()


@pytest.mark.parametrize("min_distance", [1, 1.5, 3, 40])
def test_the_strongest_units_match_python(
    call: Call, random: np.random.Generator, min_distance: float
) -> None:
    values = random.integers(0, 60, (17, 23)).astype(np.uint8)  # few values: many are equal
    found = call("strongestUnits", as_bytes(values), 17, 23, 9, min_distance)
    positions = [(unit["row"], unit["column"]) for unit in found]
    assert positions == strongest_units(values.astype(np.float32), 9, min_distance=min_distance)
    assert [unit["byte"] for unit in found] == [values[place] for place in positions]


def test_a_zero_map_has_no_strongest_unit(call: Call) -> None:
    assert call("strongestUnits", as_bytes(np.zeros((4, 4), np.uint8)), 4, 4, 3, 1) == []


def test_channels_are_sorted_descending_and_stably(call: Call, random: np.random.Generator) -> None:
    values = random.integers(0, 5, 64)
    assert call("fallingOrder", values.tolist()) == np.argsort(-values, kind="stable").tolist()


def test_channels_without_a_value_come_last(call: Call) -> None:
    assert call("fallingOrder", [None, -1, 2, None, 0]) == [2, 4, 1, 0, 3]


@pytest.mark.parametrize("count", [64, 128, 256, 512])
@pytest.mark.parametrize(("aspect", "width", "height"), [(1.5, 480, 610), (0.7, 300, 500)])
def test_the_grid_shows_every_channel_as_large_as_possible(
    call: Call, count: int, aspect: float, width: int, height: int
) -> None:
    cell = call("gridLayout", count, aspect, width, height, 12, 2)
    lines = -(-count // cell["columns"])
    assert lines * cell["columns"] >= count
    assert cell["columns"] * (cell["width"] + 2) - 2 <= width
    assert lines * (cell["height"] + 2) - 2 <= height
    assert abs(cell["width"] / aspect - cell["height"]) <= 0.5
    fewer = cell["columns"] - 1  # larger maps would not fit
    wider = (width + 2) // fewer - 2
    assert -(-count // fewer) * (round(wider / aspect) + 2) - 2 > height


def test_maps_are_never_narrower_than_requested(call: Call) -> None:
    assert call("gridLayout", 512, 1.5, 300, 100, 24, 2)["width"] >= 24


def lightness(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab's L of sRGB colours in [0, 1] (https://bottosson.github.io/posts/oklab/)."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    cones = linear @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    lightness: NDArray[np.float64] = np.cbrt(cones) @ [0.2104542553, 0.7936177850, -0.0040720468]
    return lightness


def test_lightness_increases_evenly_from_near_black_to_near_white(call: Call) -> None:
    light = lightness(np.array(call("colourTable")) / 255)
    assert light.shape == (256,)
    assert light[0] < 0.15
    assert light[-1] > 0.95
    assert np.all(np.diff(light) > 0)
    assert np.abs(light - np.linspace(light[0], light[-1], 256)).max() < 0.005


@pytest.mark.parametrize("lift", [False, True])
def test_a_byte_is_mapped_to_the_colour_of_its_value(call: Call, lift: bool) -> None:
    table = np.array(call("colourTable"))
    pixels = np.array(call("pixelsFor", 50.0, 80.0, lift), np.uint32)
    shown = pixels.astype("<u4").view(np.uint8).reshape(256, 4)  # as a canvas reads them
    part = np.arange(256) / 255 * 50 / 80
    index = 255 * (np.sqrt(part) if lift else part)
    assert np.all(shown[:, 3] == 255)
    nearest = np.ceil(index - 0.5 - 1e-9), np.floor(index + 0.5 + 1e-9)  # two of them at a half
    near_low, near_high = (np.all(shown[:, :3] == table[at.astype(int)], axis=1) for at in nearest)
    assert np.all(near_low | near_high)
    np.testing.assert_array_equal(shown[0, :3], table[0])


def test_values_above_the_scale_are_shown_as_the_brightest(call: Call) -> None:
    pixels = call("pixelsFor", 100.0, 50.0, False)
    brightest = call("pixelsFor", 1.0, 1.0, False)[255]
    assert pixels[128] == pixels[255] == brightest != pixels[100]


def test_a_scale_of_zero_is_dark(call: Call) -> None:
    darkest = call("pixelsFor", 1.0, 1.0, False)[0]
    assert set(call("pixelsFor", 0.0, 0.0, False)) == {darkest}


@pytest.mark.parametrize(
    "value", [0, 0.0123456, 0.5, 1.23456, 12.345, 123.4, 1234.5, 987654, -3.456]
)
def test_numbers_have_three_significant_digits(call: Call, value: float) -> None:
    written = call("formatNumber", value).replace(",", "").replace("−", "-")
    assert float(written) == pytest.approx(value, rel=5e-3)


@pytest.mark.parametrize(
    "value",
    [0, 0.0123, 0.5, 12.345, 99.97, 1000, 1234, 9999.6, 12345, 1e6, -4, 0.0001, 0.0000456, -2e10],
)
def test_numbers_are_written_as_in_python(call: Call, value: float) -> None:
    assert call("formatNumber", value) == format_number(value)


def test_a_missing_number_is_a_dash(call: Call) -> None:
    assert call("formatNumber", None) == "–"


def test_shares_are_percentages(call: Call) -> None:
    result = [call("percent", share) for share in (0, 0.0004, 0.0123, 0.5, 1, None)]
    assert result == ["0\xa0%", "under 0.1\xa0%", "1.2\xa0%", "50\xa0%", "100\xa0%", "–"]


def test_a_channel_is_inactive_active_everywhere_or_neither(call: Call) -> None:
    assert call("activityWord", 0, 1) == "silent"
    assert call("activityWord", 3, 0) == "fires everywhere"
    assert call("activityWord", 3, 0.2) == ""


def test_a_sentence_describes_where_a_channel_is_active(call: Call) -> None:
    data = {
        "pictures": {
            "content": {"maximum": [5.0], "zeros": [0.25]},
            "style": {"maximum": [0.0], "zeros": [1.0]},
            "result": {"maximum": [5.0], "zeros": [0.0]},
        },
        "style_share": {"content": [0.5], "result": [0.125]},
    }
    result = call("summary", data, ["content", "style", "result"], 0)
    assert result == (
        "Fires at 75\xa0% of the content, nowhere in the style and everywhere in the result. "
        "Without it, this layer's style loss of the result would be 13\xa0% smaller."
    )
