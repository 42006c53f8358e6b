import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stylelab.network.layer_facts import LAYERS, extract_patch, layer_facts, strongest_units


@given(st.sampled_from(list(LAYERS)), st.integers(0, 200), st.integers(0, 200))
def test_the_unit_at_a_pixel_has_the_nearest_centre(name: str, y: int, x: int) -> None:
    facts = layer_facts(name)
    row, column = facts.unit_at(y, x)
    for place, index in ((y, row), (x, column)):
        distance = abs(facts.centre(index, index)[0] - place)
        others = [abs(facts.centre(other, other)[0] - place) for other in range(250)]
        assert distance == min(others)


def test_a_patch_is_the_receptive_field_padded_with_white(random: np.random.Generator) -> None:
    picture = random.random((40, 50, 3), dtype=np.float32)
    facts = layer_facts("block2_conv1")
    for row, column in ((0, 0), (10, 12), (19, 24)):
        top, left, bottom, right = facts.square(row, column)
        seen = extract_patch(picture, "block2_conv1", row, column)
        padded = np.pad(picture, ((30, 30), (30, 30), (0, 0)), constant_values=1)
        np.testing.assert_array_equal(seen, padded[top + 30 : bottom + 30, left + 30 : right + 30])


def test_the_strongest_units_are_separated_and_sorted() -> None:
    channel = np.zeros((6, 8))
    channel[1, 1], channel[1, 2], channel[1, 4], channel[5, 7] = 9, 8, 5, 6
    assert strongest_units(channel, 4) == [(1, 1), (1, 2), (5, 7), (1, 4)]
    assert strongest_units(channel, 9, min_distance=3) == [(1, 1), (5, 7), (1, 4)]
    assert strongest_units(np.zeros((3, 3)), 2) == []
    assert channel.sum() == 28  # what is given stays as it is


def test_layer_facts_match_published_channels_and_receptive_fields() -> None:
    fields = {name: LAYERS[name].receptive_field for name in LAYERS if name.endswith("conv1")}
    assert list(fields.values()) == [3, 10, 24, 68, 156]
    assert [LAYERS[f"block{block}_conv1"].channels for block in range(1, 6)] == [
        64, 128, 256, 512, 512,
    ]  # fmt: skip


def test_multiply_adds_are_9_times_input_times_output_channels_per_position() -> None:
    assert LAYERS["block1_conv1"].multiply_adds(10, 20) == 10 * 20 * 9 * 3 * 64
    assert LAYERS["block2_conv1"].multiply_adds(10, 20) == 5 * 10 * 9 * 64 * 128
    assert LAYERS["block1_pool"].multiply_adds(10, 20) == 0
