from typing import Any

import numpy as np
import pytest
from figure_contents import texts

from stylelab.course.figures import (
    show_channels_by_layer,
    show_layer_table,
    show_receptive_fields_by_layer,
    show_sensitivities,
    show_strongest_activations,
)
from stylelab.errors import LayerError, SettingsError
from stylelab.network.layer_facts import LAYERS, extract_patch
from stylelab.pictures.images import Picture


def frames(axes: Any) -> Any:
    """Left, top and side of each frame, without the dark rims beneath."""
    squares = [(*patch.get_xy(), patch.get_width()) for patch in axes.patches]
    return squares[1::2]


@pytest.fixture
def bright_spots() -> dict[str, Any]:
    maps = np.zeros((20, 24, 3))
    maps[4, 5, 1], maps[12, 18, 1], maps[4, 6, 1], maps[9, 9, 0] = 8, 5, 7, 99
    return {"block2_conv1": maps}


def test_the_network_has_a_row_per_layer_with_shape_receptive_field_and_cost() -> None:
    parts: Any = show_layer_table(64, 96).figure.axes
    table, sees, costly = parts
    for name, facts in LAYERS.items():
        assert name in texts(table)
        assert " × ".join(map(str, facts.shape(64, 96))) in texts(table)
        assert str(facts.receptive_field) in texts(sees)
    costs = [facts.multiply_adds(64, 96) / 1e6 for facts in LAYERS.values()]
    drawn = [bar.get_width() for bar in costly.patches]
    np.testing.assert_allclose(drawn, [cost for cost in costs if cost])


def test_the_alt_text_of_the_network_states_sizes_and_costs() -> None:
    alt = show_layer_table(224, 224).alt
    for words in ("(224, 224, 64)", "(7, 7, 512)", "3 to 268", "1850 million", "21 layers"):
        assert words in alt


def test_the_strongest_positions_are_framed_and_cropped(
    photo: Picture, bright_spots: dict[str, Any]
) -> None:
    figure = show_strongest_activations([(photo, bright_spots)], {"block2_conv1": 1}, places=2)
    picture, shown, first, second = figure.figure.axes
    facts = LAYERS["block2_conv1"]
    for frame, unit, cut in zip(frames(picture), [(4, 5), (12, 18)], (first, second), strict=True):
        top, left, _, _ = facts.square(*unit)
        assert frame == (left - 0.5, top - 0.5, facts.receptive_field)
        np.testing.assert_array_equal(
            cut.images[0].get_array(), extract_patch(photo, "block2_conv1", *unit)
        )
    np.testing.assert_array_equal(shown.images[0].get_array(), bright_spots["block2_conv1"][..., 1])
    assert "0 … 8" in shown.get_title()
    assert ["8" in first.get_title(), "5" in second.get_title()] == [True, True]


def test_the_strongest_positions_are_described_in_pixels(
    photo: Picture, bright_spots: dict[str, Any]
) -> None:
    alt = show_strongest_activations([(photo, bright_spots)], {"block2_conv1": 1}, places=1).alt
    y, x = LAYERS["block2_conv1"].centre(4, 5)
    assert f"({y:.0f}, {x:.0f})" in alt
    assert "channel 1" in alt


def test_a_channel_of_zeros_has_no_frames(photo: Picture) -> None:
    zeros = {"block2_conv1": np.zeros((20, 24, 2))}
    axes = show_strongest_activations([(photo, zeros)], {"block2_conv1": 0}, places=2).figure.axes
    assert frames(axes[0]) == []


def test_maps_by_layer_are_the_channels_requested(random: np.random.Generator) -> None:
    maps = {"block1_conv1": random.random((8, 9, 5)), "block2_conv1": 3 * random.random((4, 4, 6))}
    chosen = {"block1_conv1": [4, 0], "block2_conv1": [5, 2]}
    figure = show_channels_by_layer(maps, chosen).figure
    first, second = (part.get_suptitle() for part in figure.subfigs)
    assert ["8 × 9" in first, "6 channels" in second] == [True, True]
    axes = figure.axes
    shown = [one for one in axes if one.images]
    expected = [(layer, number) for layer, numbers in chosen.items() for number in numbers]
    for one, (layer, number) in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(one.images[0].get_array(), maps[layer][..., number])
        assert one.get_title().startswith(f"{number}:")
        # each with its own range, from 0
        assert one.images[0].get_clim() == (0, maps[layer][..., number].max())


def test_more_than_three_channels_of_a_layer_are_shown_in_two_rows(
    random: np.random.Generator,
) -> None:
    maps = {"block2_conv1": random.random((4, 6, 8))}
    names = ["0°", "45°", "90°", "135°"]
    figure = show_channels_by_layer(maps, {"block2_conv1": [7, 1, 3, 2]}, titles=names).figure
    axes: Any = figure.axes
    assert [one.get_title().split(":")[0] for one in axes] == [
        "0°, 7",
        "45°, 1",
        "90°, 3",
        "135°, 2",
    ]
    assert [one.get_subplotspec().rowspan.start for one in axes] == [0, 0, 1, 1]


def test_frames_are_the_receptive_fields_of_units(photo: Picture) -> None:
    layers = ["block1_conv2", "block3_conv1", "block5_conv1"]
    figure = show_receptive_fields_by_layer(photo, layers, (40.0, 30.0))
    axes: Any = figure.figure.axes[0]
    for name, frame in zip(layers, frames(axes), strict=True):
        facts = LAYERS[name]
        top, left, bottom, right = facts.square(*facts.unit_at(40, 30))
        assert frame == (left - 0.5, top - 0.5, right - left)
        assert f"{name} {facts.receptive_field}" in figure.alt
        # in view, even where it leaves the picture
        low, high = axes.get_xlim()
        assert low < left < right - 1 < high
        low, high = sorted(axes.get_ylim())
        assert low < top < bottom - 1 < high


def test_sensitivities_are_framed_by_the_receptive_field(random: np.random.Generator) -> None:
    gradient = random.standard_normal((60, 80, 3))
    figure = show_sensitivities({"block2_conv2": gradient}, (30.0, 40.0))
    (axes,) = figure.figure.axes
    facts = LAYERS["block2_conv2"]
    top, left, _, _ = facts.square(*facts.unit_at(30, 40))
    assert frames(axes) == [(left - 0.5, top - 0.5, facts.receptive_field)]
    size = np.abs(gradient).sum(-1)
    drawn = np.asarray(axes.images[0].get_array())
    np.testing.assert_allclose(drawn**2, size / size.max())
    assert str(facts.receptive_field) in axes.get_title()


def test_empty_input_or_an_unknown_layer_is_refused(photo: Picture) -> None:
    with pytest.raises(SettingsError, match="Received: none"):
        show_strongest_activations([], {"block1_conv1": 0})
    with pytest.raises(SettingsError, match="Received: none"):
        show_channels_by_layer({}, {})
    with pytest.raises(SettingsError, match="Received: none"):
        show_receptive_fields_by_layer(photo, [], (0, 0))
    with pytest.raises(SettingsError, match="Received: none"):
        show_sensitivities({}, (0, 0))
    with pytest.raises(LayerError, match="block4_conv2"):
        show_receptive_fields_by_layer(photo, ["conv4_2"], (0, 0))
