import itertools
import math
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylelab.panels.studio.loss_curves import loss_curves_svg, shares_html, spread_labels
from stylelab.panels.studio.weight_changes import WeightChange
from stylelab.pipeline.progress import Record
from stylelab.pipeline.stages import Stage

STAGES = (Stage(96, 128, 8), Stage(192, 256, 5))


def record(stage: int, iteration: int, changed: bool = False, **terms: float) -> Record:
    size = STAGES[stage]
    loss = sum(terms.values())
    return Record(stage, size.height, size.width, iteration, 1, loss, terms, 0.0, changed)


def falling(steps: int = 8, stage: int = 0) -> list[Record]:
    return [
        record(stage, i, content=0.3 * i / steps, style=12 / (i + 1) ** 2, total_variation=0.0)
        for i in range(steps + 1)
    ]


CHANGED = [*falling(4), record(0, 4, changed=True, content=0.15, style=5), *falling(3, 1)]


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(re.sub(r' xmlns="[^"]*"', "", svg))  # noqa: S314 - our own


def points(root: ET.Element, name: str) -> list[list[tuple[float, float]]]:
    """Give the curve of a term as unbroken pieces."""
    path = root.find(f".//path[@class='stylelab-curve-{name}']")
    assert path is not None
    pieces = path.attrib["d"].split("M")[1:]
    return [[tuple(map(float, p.split())) for p in piece.split("L")] for piece in pieces]  # type: ignore[misc]


def texts(root: ET.Element) -> dict[str, tuple[float, float]]:
    return {
        "".join(text.itertext()): (float(text.attrib["x"]), float(text.attrib["y"]))
        for text in root.iter("text")
    }


def value_at(root: ET.Element, y: float) -> float:
    """Read a loss from the axis: the numbers beside it and the lines that they name."""
    numbers = {
        position[1] - 4: float(text)
        for text, position in texts(root).items()
        if re.fullmatch(r"[\d.]+", text) and position[0] < 50
    }
    low, high = max(numbers), min(numbers)
    share = (low - y) / (low - high)
    return float(numbers[low] * (numbers[high] / numbers[low]) ** share)


@pytest.mark.parametrize("name", ["total", "content", "style"])
def test_curves_match_the_losses_on_the_labelled_axis(name: str) -> None:
    history = falling()
    root = drawn(loss_curves_svg(history, height=400))
    losses = [r.loss if name == "total" else r.terms[name] for r in history]
    (piece,) = points(root, name)
    seen = [value_at(root, y) for _, y in piece]
    assert seen == pytest.approx([loss for loss in losses if loss > 0], rel=0.01)


def test_steps_are_aligned_with_their_labels() -> None:
    root = drawn(loss_curves_svg([*falling(8, 0), *falling(5, 1)], stages=STAGES))
    positions = [x for piece in points(root, "style") for x, _ in piece]
    written = texts(root)
    for step in (2, 4, 6, 8):
        assert written[str(step)][0] == pytest.approx(positions[step], abs=0.1)
    assert written["10"][0] == pytest.approx(
        positions[9 + 2], abs=0.1
    )  # the second size starts at 8


def test_constant_0_is_omitted_and_a_single_0_is_a_gap() -> None:
    root = drawn(loss_curves_svg(falling()))
    assert root.find(".//path[@class='stylelab-curve-total_variation']") is None
    assert "total variation" not in " ".join(texts(root))
    assert len(points(root, "content")[0]) == len(falling()) - 1
    gone = [*falling(3), record(0, 4, content=0.0, style=1.0, total_variation=0.0)]
    assert "content 0" in texts(drawn(loss_curves_svg(gone)))


def test_curves_have_gaps_between_sizes_and_where_weights_changed() -> None:
    pieces = points(drawn(loss_curves_svg(CHANGED)), "style")
    assert [len(piece) for piece in pieces] == [5, 1, 4]
    assert pieces[0][-1][0] == pieces[1][0][0]  # the same picture, evaluated again
    assert pieces[2][0][0] > pieces[1][0][0]


def test_weight_changes_are_marked_and_labelled_at_their_step() -> None:
    svg = loss_curves_svg(CHANGED, [WeightChange(5, "style weight 1 → 5 & <more>")])
    root = drawn(svg)
    group = root.find(".//g[@class='stylelab-change']")
    assert group is not None
    title, line = group.find("title"), group.find("line")
    assert title is not None
    assert line is not None
    assert title.text == "style weight 1 → 5 & <more>"
    position = points(root, "style")[1][0][0]
    assert float(line.attrib["x1"]) == float(line.attrib["x2"]) == pytest.approx(position, abs=0.1)
    assert "dasharray" in line.attrib["style"]
    assert "Weights were changed once." in root.attrib["aria-label"]


def test_labels_of_changes_do_not_overlap() -> None:
    changes = [WeightChange(index, f"style weight {index} → {index + 1}") for index in (1, 2, 6)]
    root = drawn(loss_curves_svg(falling(), changes, width=900))
    shown = [text for text in texts(root) if text.startswith("style weight")]
    assert shown == ["style weight 1 → 2", "style weight 6 → 7"]
    assert len(root.findall(".//g[@class='stylelab-change']")) == 3


def test_the_axis_covers_the_whole_planned_run() -> None:
    begun = drawn(loss_curves_svg(falling(4), stages=STAGES))
    ended = drawn(loss_curves_svg([*falling(8), *falling(5, 1)], stages=STAGES))
    first = points(begun, "style")[0]
    assert [x for x, _ in first] == [x for x, _ in points(ended, "style")[0][:5]]
    assert {"128 px", "256 px"} <= set(texts(begun))
    alone = drawn(loss_curves_svg(falling(4)))
    assert points(alone, "style")[0][-1][0] > first[-1][0]
    assert "256 px" not in texts(alone)


def test_a_size_that_ended_early_takes_only_its_actual_width() -> None:
    root = drawn(loss_curves_svg([*falling(2), *falling(5, 1)], stages=STAGES))
    first, second = points(root, "style")
    step = first[1][0] - first[0][0]
    assert second[0][0] - first[-1][0] == pytest.approx(step, abs=0.2)


def test_curves_start_where_a_resumed_run_starts() -> None:
    root = drawn(loss_curves_svg(falling(3, 1), stages=STAGES))
    assert points(root, "style")[0][0][0] == 50
    assert "256 px" in texts(root)
    assert "128 px" not in texts(root)


def test_the_curves_have_alt_text() -> None:
    label = drawn(loss_curves_svg(CHANGED)).attrib["aria-label"]
    assert "At 256 × 192 pixels, step 3: total 1.05, content 0.300, style 0.750." in label
    assert "At the first step of this size the total was 12.0." in label
    label = drawn(loss_curves_svg(CHANGED[:6], [WeightChange(5, "more")])).attrib["aria-label"]
    assert "At the first step under these weights the total was 5.15." in label


def test_long_runs_give_compact_drawings() -> None:
    long = [record(0, i, content=1.0, style=9 / (i + 1), total_variation=0.1) for i in range(9000)]
    assert len(loss_curves_svg(long)) < 40_000
    assert len(points(drawn(loss_curves_svg(long)), "style")[0]) > 300


@given(
    st.lists(
        st.tuples(st.floats(0, 1e30), st.floats(0, 1e30), st.booleans()), min_size=1, max_size=12
    ),
    st.integers(320, 1200),
)
def test_any_run_can_be_drawn_within_the_frame(
    losses: Sequence[tuple[float, float, bool]], width: int
) -> None:
    history = [
        record(0, i, changed=changed, content=one, style=other)
        for i, (one, other, changed) in enumerate(losses)
    ]
    root = drawn(loss_curves_svg(history, width=width, height=200))
    for circle in root.iter("circle"):
        assert 0 <= float(circle.attrib["cx"]) <= width
        assert 0 <= float(circle.attrib["cy"]) <= 200
    labels = [
        (x, y, text)
        for text, (x, y) in texts(root).items()
        if re.match("(total|content|style) ", text)
    ]
    for (_, one, _), (_, other, _) in itertools.combinations(labels, 2):
        assert abs(one - other) >= 14.8
    for x, y, text in labels:
        assert 0 < y < 200
        assert x + 6.4 * len(text) <= width or len(text) > len("content 0.0123")


@given(st.lists(st.floats(0, 200), min_size=1, max_size=6))
def test_labels_are_moved_apart_as_little_as_possible(heights: list[float]) -> None:
    heights.sort(reverse=True)
    placed = spread_labels(heights, 20, 180)
    assert all(a - b >= 15 - 1e-9 for a, b in itertools.pairwise(placed))
    assert all(20 - 1e-9 <= position <= 180 + 1e-9 for position in placed)
    if all(a - b >= 15 for a, b in itertools.pairwise([195, *heights, 5])):
        assert placed == pytest.approx(heights)
    # As near as may be, in the sense of least squares: no common shift of all would be nearer.
    clipped = [min(max(height, 20), 180) for height in heights]
    shift = sum(a - b for a, b in zip(placed, clipped, strict=True)) / len(placed)
    at_edge = placed[0] > 180 - 1e-6 or placed[-1] < 20 + 1e-6
    assert at_edge or math.isclose(shift, 0, abs_tol=1e-6)


# Shares


def description(markup: str) -> str:
    return str(drawn(markup).attrib["aria-label"])


def test_shares_are_drawn_and_described() -> None:
    markup = shares_html({"content": 1.0, "style": 2.985, "total_variation": 0.015})
    assert (
        description(markup) == "Share of the loss: content 25 %, style 75 %, total variation < 1 %."
    )
    shares = [float(share) for share in re.findall(r"flex: ([\d.]+)", markup)]
    assert shares == pytest.approx([0.25, 2.985 / 4, 0.015 / 4], abs=1e-4)
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert "total variation <strong>&lt; 1 %</strong>" in markup


def test_terms_of_0_have_no_share() -> None:
    assert (
        description(shares_html({"content": 0.0, "style": 2.0}))
        == "Share of the loss: style 100 %."
    )
    assert shares_html({"content": 0.0, "style": 0.0}) == ""


@pytest.mark.parametrize(
    ("loss", "written"),
    [
        (0.01234, "0.0123"),
        (4.5678, "4.57"),
        (789.4, "789"),
        (123456.0, "1.23e5"),
        (2e-7, "2.00e−7"),
    ],
)
def test_losses_have_three_significant_digits(loss: float, written: str) -> None:
    root = drawn(loss_curves_svg([record(0, 0, style=loss)]))
    assert f"style {written}" in texts(root)


def test_terms_may_have_arbitrary_names() -> None:
    names = {"style": "night", "style_2": '<b>&"holidays" in a very long name</b>'}
    terms: dict[str, Any] = {"content": 1.0, "style": 1.0, "style_2": 2.0}
    root = drawn(loss_curves_svg([record(0, 0, **terms)], names=names))
    assert {"content 1.00", "night 1.00", '<b>&"holidays"… 2.00'} <= set(texts(root))
    assert 'night 1.00, <b>&"holidays"… 2.00' in root.attrib["aria-label"]
    assert description(shares_html(terms, names)) == (
        'Share of the loss: content 25 %, night 25 %, <b>&"holidays"… 50 %.'
    )
    alike = shares_html(terms, dict.fromkeys(names, "night"))
    assert description(alike).count("night") == 2  # one painting in two regions
    alike = loss_curves_svg([record(0, 0, **terms)], names=dict.fromkeys(names, "night"))
    assert drawn(alike).attrib["aria-label"].count("night") == 2


def test_several_styles_are_several_curves() -> None:
    terms: dict[str, Any] = {"style": 1.0, "style_2": 2.0}
    root = drawn(loss_curves_svg([record(0, 0, **terms)]))
    assert {"style 1.00", "style 2 2.00"} <= set(texts(root))
    dots = re.findall(r"border-radius: 50%[^\"]*background: ([^\"]+)\"", shares_html(terms))
    assert len(dots) == len(set(dots)) == 2  # distinguished by their colours
