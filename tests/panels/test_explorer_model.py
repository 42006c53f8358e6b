import importlib
import json
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stylelab.errors import SettingsError
from stylelab.losses.style import style
from stylelab.network.layer_facts import LAYERS, extract_patch
from stylelab.network.vgg19 import VGG19
from stylelab.panels.explorer.explorer_model import ExplorerModel
from stylelab.panels.explorer.explorer_overview import encode_pictures, join_thumbnails, overview
from stylelab.panels.explorer.explorer_pictures import load_explorer_pictures
from stylelab.panels.explorer.request_queue import Cancelled, Request
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import Picture, resize_to
from stylelab.pipeline.activation_maximisation import activation_maximisation
from stylelab.samples.catalogue import sample

LAYER = "block2_conv2"


@pytest.fixture(scope="module")
def result(photo: Picture, painting: Picture) -> Picture:
    """Somewhere between the two, as a painted picture is."""
    return photo * np.float32(0.6) + np.float32(0.4) * resize_to(painting, *photo.shape[:2])


@pytest.fixture(scope="module")
def pictures(photo: Picture, painting: Picture, result: Picture) -> dict[str, Picture]:
    inputs = load_explorer_pictures(photo, painting, result)
    return {str(key): image for key, image in inputs.pictures.items()}


@pytest.fixture(scope="module")
def explorer_model(
    photo: Picture, painting: Picture, result: Picture, network: VGG19
) -> ExplorerModel:
    middle = np.float32(0.5) * (photo + result)
    steps = {0: photo, 5: middle, 60: result}
    others = [sample("coffee", size=60), sample("astronaut", size=48)]
    return ExplorerModel(
        load_explorer_pictures(photo, painting, result, steps=steps, others=others), network
    )


@pytest.fixture(scope="module")
def alone(photo: Picture, network: VGG19) -> ExplorerModel:
    return ExplorerModel(load_explorer_pictures(photo), network)


@pytest.fixture(scope="module")
def network() -> VGG19:
    return VGG19(*LAYERS)


@pytest.fixture(scope="module")
def floats(network: VGG19, pictures: dict[str, Picture]) -> dict[str, NDArray[np.float64]]:
    """The maps of LAYER, by picture."""
    return {key: network(image)[LAYER].astype(np.float64) for key, image in pictures.items()}


SentMessages = list[dict[str, Any]]


def ask(
    explorer_model: ExplorerModel, **question: Any
) -> tuple[dict[str, Any], list[bytes], SentMessages]:
    """Ask as the browser does: the question and the answer go through JSON."""
    sent: SentMessages = []
    request = Request(1, lambda _: ({}, []), lambda message, _: sent.append(message))
    answer, buffers = explorer_model.answer(json.loads(json.dumps(question)), request)
    return json.loads(json.dumps(answer, allow_nan=False)), buffers, sent


def inflate(buffer: bytes, *shape: int) -> NDArray[np.uint8]:
    return np.frombuffer(zlib.decompress(buffer), np.uint8).reshape(shape)


def test_the_overview_is_small_and_lists_layers_and_pictures(
    explorer_model: ExplorerModel, pictures: dict[str, Picture], network: VGG19
) -> None:
    opening = json.loads(json.dumps(overview(explorer_model, LAYER), allow_nan=False))
    assert len(json.dumps(opening)) < 20_000
    inputs = {each["key"]: (each["height"], each["width"]) for each in opening["pictures"]}
    assert inputs == {key: image.shape[:2] for key, image in pictures.items()}
    assert list(inputs) == ["content", "style", "result"]
    assert [layer["name"] for layer in opening["layers"]] == list(LAYERS)
    assert opening["steps"] == [0, 5, 60]
    assert (opening["others"], opening["pooling"], opening["first_layer"]) == (2, "avg", LAYER)
    maps = {key: network(image) for key, image in pictures.items()}
    for layer in opening["layers"]:
        name, facts = layer["name"], LAYERS[layer["name"]]
        every = [maps[key][name] for key in pictures]
        assert layer["maximum"] == pytest.approx(max(each.max() for each in every), rel=1e-3)
        assert layer["mean"] == pytest.approx(np.mean([each.mean() for each in every]), rel=1e-3)
        assert layer["kind"] == ("pooling" if "pool" in name else "convolution")
        assert (layer["channels"], layer["stride"]) == (facts.channels, facts.stride)
        assert layer["receptive_field"] == facts.receptive_field
        assert layer["shapes"] == {key: list(maps[key][name].shape[:2]) for key in pictures}
        expected = (
            style(pictures["style"], name)
            .with_network(padding_mode="zeros")(pictures["result"])
            .loss
        )
        assert layer["layer_style_loss"] == pytest.approx(expected, rel=1e-3)
    highest = max(float(each[name].max()) for each in maps.values() for name in LAYERS)
    assert opening["network_maximum"] == pytest.approx(highest, rel=1e-3)


def test_the_small_maps_are_at_the_offsets_in_the_overview(explorer_model: ExplorerModel) -> None:
    joined = np.frombuffer(join_thumbnails(explorer_model), np.uint8)
    end = 0
    for layer in overview(explorer_model, LAYER)["layers"]:
        for key, (rows, columns, offset) in layer["strip"].items():
            small = explorer_model.picture_features[key].thumbnails[layer["name"]]
            assert offset == end
            end += rows * columns
            np.testing.assert_array_equal(joined[offset:end].reshape(rows, columns), small)
    assert end == len(joined)


def test_pixels_are_exactly_the_network_inputs(
    explorer_model: ExplorerModel, pictures: dict[str, Picture]
) -> None:
    for png, image in zip(encode_pictures(explorer_model), pictures.values(), strict=True):
        assert png.startswith(b"\x89PNG")
        with Image.open(BytesIO(png)) as opened:
            np.testing.assert_array_equal(np.asarray(opened), to_uint8(image))


def test_a_layer_has_maps_and_statistics_of_every_picture(
    explorer_model: ExplorerModel, floats: dict[str, NDArray[np.float64]]
) -> None:
    answer, buffers, _ = ask(explorer_model, ask="layer", layer=LAYER)
    assert list(answer["pictures"]) == list(floats)
    assert len(buffers) == 3
    for key, values in floats.items():
        sent = answer["pictures"][key]
        rows, columns, count = values.shape
        assert (sent["rows"], sent["columns"]) == (rows, columns)
        maximum = np.array(sent["maximum"])
        np.testing.assert_allclose(maximum, values.max((0, 1)), rtol=1e-3, atol=1e-2)
        np.testing.assert_allclose(sent["minimum"], values.min((0, 1)), rtol=1e-3, atol=1e-2)
        np.testing.assert_allclose(sent["mean"], values.mean((0, 1)), rtol=1e-3, atol=1e-2)
        np.testing.assert_allclose(sent["zeros"], (values == 0).mean((0, 1)), atol=2e-3)
        codes = inflate(buffers[sent["buffer"]], count, rows, columns)
        decoded = (codes * (maximum / 255)[:, None, None]).transpose(1, 2, 0)
        assert np.abs(decoded - values).max() <= maximum.max() / 510 * 1.01 + 0.1


def test_a_pooling_layer_has_statistics_but_no_maps(explorer_model: ExplorerModel) -> None:
    answer, buffers, _ = ask(explorer_model, ask="layer", layer="block2_pool")
    assert buffers == []
    assert all(each["buffer"] is None for each in answer["pictures"].values())
    assert len(answer["pictures"]["style"]["mean"]) == 128


def test_differences_are_positionwise_for_pictures_of_one_size(
    explorer_model: ExplorerModel, floats: dict[str, NDArray[np.float64]]
) -> None:
    differences = ask(explorer_model, ask="layer", layer=LAYER)[0]["differences"]
    assert set(differences) == {"content|style", "content|result", "result|style"}
    expected = np.abs(floats["content"] - floats["result"]).mean((0, 1))
    step = (floats["content"].max((0, 1)) + floats["result"].max((0, 1))) / 510
    off = np.abs(differences["content|result"]["values"] - expected)
    assert (off <= step + 1e-2).all()
    assert "position by position" in differences["content|result"]["measure"]
    for pair in ("content|style", "result|style"):
        one, other = (floats[key].mean((0, 1)) for key in pair.split("|"))
        np.testing.assert_allclose(
            differences[pair]["values"], np.abs(one - other), rtol=1e-3, atol=1e-2
        )
        assert "means" in differences[pair]["measure"]


def test_differences_of_pictures_of_different_sizes_use_their_means(
    photo: Picture, network: VGG19
) -> None:
    explorer_model = ExplorerModel(
        load_explorer_pictures(photo, result=sample("astronaut", size=48)), network
    )
    pair = ask(explorer_model, ask="layer", layer=LAYER)[0]["differences"]["content|result"]
    means = [explorer_model.picture_features[key].maps[LAYER].mean for key in ("content", "result")]
    np.testing.assert_allclose(pair["values"], np.abs(means[0] - means[1]), rtol=1e-5)
    assert "means" in pair["measure"]


def loss_by_hand(floats: Mapping[str, NDArray[np.float64]], key: str, removed: list[int]) -> float:
    def gram(values: NDArray[np.float64], out: list[int]) -> NDArray[np.float64]:
        flat = values.reshape(-1, values.shape[-1]).copy()
        flat[:, out] = 0
        product: NDArray[np.float64] = flat.T @ flat / len(flat)
        return product

    difference = gram(floats[key], removed) - gram(floats["style"], removed)
    return float((difference**2).sum() / (gram(floats["style"], []) ** 2).sum())


def test_a_channels_row_share_and_loss_match_the_float_maps(
    explorer_model: ExplorerModel, floats: dict[str, NDArray[np.float64]]
) -> None:
    answer, buffers, _ = ask(explorer_model, ask="gram", layer=LAYER, channel=9, removed=[9, 30, 9])
    assert buffers == []
    assert answer["removed"] == [9, 30]
    for key, values in floats.items():
        flat = values.reshape(-1, 128)
        row = flat[:, 9] @ flat / len(flat)
        np.testing.assert_allclose(answer["rows"][key], row, rtol=1e-3, atol=1e-4 * row.max())
    for key in ("content", "result"):
        whole = loss_by_hand(floats, key, [])
        assert answer["loss"][key] == pytest.approx(whole, rel=1e-3)
        without = loss_by_hand(floats, key, [9, 30])
        assert answer["loss_without"][key] == pytest.approx(without, rel=1e-3)
        share = 1 - loss_by_hand(floats, key, [9]) / whole
        assert answer["share"][key] == pytest.approx(share, abs=1e-4)
    shares = ask(explorer_model, ask="layer", layer=LAYER)[0]["style_share"]
    assert shares["result"][9] == pytest.approx(answer["share"]["result"])


def test_without_a_style_there_is_no_share_and_no_gradient_map(alone: ExplorerModel) -> None:
    layer, _, _ = ask(alone, ask="layer", layer=LAYER)
    assert layer["style_share"] == {"content": None, "result": None}
    assert layer["differences"] == {}
    gram, _, _ = ask(alone, ask="gram", layer=LAYER, channel=0, removed=[])
    assert gram["loss"] == gram["loss_without"] == {"content": None, "result": None}
    assert list(gram["rows"]) == ["content"]
    opening = overview(alone, LAYER)
    assert [layer["layer_style_loss"] for layer in opening["layers"]] == [None] * len(LAYERS)
    with pytest.raises(SettingsError, match="style picture"):
        ask(alone, ask="pull", layer=LAYER, removed=[])


def test_a_gradient_map_is_the_gradient_norm_at_each_pixel(
    explorer_model: ExplorerModel, pictures: dict[str, Picture]
) -> None:
    answer, buffers, _ = ask(explorer_model, ask="pull", layer=LAYER, removed=[])
    (sent,) = answer["maps"]
    assert (answer["picture"], sent["name"]) == ("result", "all")
    rows, columns = pictures["result"].shape[:2]
    assert (answer["rows"], answer["columns"]) == (rows, columns)
    gradient = (
        style(pictures["style"], LAYER)
        .with_network(padding_mode="zeros")(pictures["result"])
        .gradient
    )
    expected = np.sqrt((gradient.astype(np.float64) ** 2).sum(-1))
    decoded = inflate(buffers[0], rows, columns) * (sent["maximum"] / 255)
    assert np.abs(decoded - expected).max() <= expected.max() / 255


def test_removed_channels_split_the_gradient_map_in_two(explorer_model: ExplorerModel) -> None:
    answer, buffers, _ = ask(explorer_model, ask="pull", layer=LAYER, removed=[3, 4])
    every, without, removed = (
        inflate(buffers[sent["buffer"]], answer["rows"], answer["columns"])
        * (sent["maximum"] / 255)
        for sent in answer["maps"]
    )
    assert [sent["name"] for sent in answer["maps"]] == ["all", "without", "removed"]
    # By the triangle inequality, to the steps of the bytes.
    room = sum(sent["maximum"] for sent in answer["maps"]) / 255
    assert (every <= without + removed + room).all()
    assert (removed <= every + without + room).all()
    assert removed.max() > 0
    nothing = ask(explorer_model, ask="pull", layer=LAYER, removed=list(range(128)))[0]["maps"]
    assert nothing[1]["maximum"] == pytest.approx(0, abs=1e-6 * nothing[0]["maximum"])


def test_patches_show_the_strongest_positions_of_all_pictures(
    explorer_model: ExplorerModel, pictures: dict[str, Picture], network: VGG19
) -> None:
    everything = {**pictures}
    for number, other in enumerate(explorer_model.inputs.others):
        everything[f"other {number + 1}"] = other
    maps = {key: network(image)[LAYER][..., 11] for key, image in everything.items()}
    answer, buffers, _ = ask(explorer_model, ask="patches", layer=LAYER, channel=11, count=12)
    found = answer["patches"]
    values = [each["value"] for each in found]
    assert len(found) == 12
    assert values == sorted(values, reverse=True)
    strongest = max(maps, key=lambda key: float(maps[key].max()))
    assert found[0]["picture"] == strongest
    for each in found:
        map_ = maps[each["picture"]]
        exact = float(map_[each["row"], each["column"]])
        assert each["value"] == pytest.approx(exact, abs=float(map_.max()) / 500)
        if each["picture"].startswith("other"):
            with Image.open(BytesIO(buffers[each["buffer"]])) as opened:
                patch = extract_patch(
                    everything[each["picture"]], LAYER, each["row"], each["column"]
                )
                np.testing.assert_array_equal(np.asarray(opened), to_uint8(patch))
        else:
            assert each["buffer"] is None
    apart = 0.5 * LAYERS[LAYER].receptive_field / LAYERS[LAYER].stride
    for number, one in enumerate(found):
        for other_one in found[:number]:
            if one["picture"] == other_one["picture"]:
                distances = (abs(one[side] - other_one[side]) for side in ("row", "column"))
                assert max(distances) >= apart


def test_a_patch_contains_the_receptive_field_of_its_unit(
    explorer_model: ExplorerModel,
    pictures: dict[str, Picture],
    network: VGG19,
    random: np.random.Generator,
) -> None:
    found = ask(explorer_model, ask="patches", layer=LAYER, channel=11, count=12)[0]["patches"]
    tried = 0
    for each in found:
        if each["picture"] not in pictures:
            continue
        image = pictures[each["picture"]]
        top, left, bottom, right = (max(0, place) for place in each["square"])

        def value(changed: Picture, unit: dict[str, Any] = each) -> float:
            return float(network(changed)[LAYER][unit["row"], unit["column"], 11])

        noise = random.random(image.shape, dtype=np.float32)
        outside = noise.copy()
        outside[top:bottom, left:right] = image[top:bottom, left:right]
        assert value(outside) == pytest.approx(value(image), rel=1e-4)
        # One line of pixels more or less would be a wrong square.
        for line in (np.s_[top, left:right], np.s_[top:bottom, left]):
            changed = image.copy()
            changed[line] = 1 - np.round(image[line])
            assert abs(value(changed) - value(image)) > 1e-3
        tried += 1
    assert tried > 0


def test_maps_of_steps_share_one_scale(explorer_model: ExplorerModel, network: VGG19) -> None:
    answer, buffers, sent = ask(explorer_model, ask="steps", layer=LAYER, channel=5)
    images = list(explorer_model.inputs.steps.values())
    expected = np.stack([network(image)[LAYER][..., 5] for image in images]).astype(np.float64)
    assert answer["steps"] == [0, 5, 60]
    assert answer["maximum"] == pytest.approx(expected.max(), rel=1e-4)
    np.testing.assert_allclose(answer["means"], expected.mean((1, 2)), rtol=1e-3)
    np.testing.assert_allclose(answer["maxima"], expected.max((1, 2)), rtol=1e-3)
    codes = inflate(buffers[0], *expected.shape)
    assert np.abs(codes * (answer["maximum"] / 255) - expected).max() <= expected.max() / 255
    assert [message["progress"] for message in sent] in ([], [0, 1 / 3, 2 / 3])


def test_pictures_of_the_steps_are_sent_once_as_files(explorer_model: ExplorerModel) -> None:
    answer, buffers, _ = ask(explorer_model, ask="step_pictures")
    assert answer["steps"] == [0, 5, 60]
    for data, image in zip(buffers, explorer_model.inputs.steps.values(), strict=True):
        with Image.open(BytesIO(data)) as opened:
            assert opened.size == (answer["width"], answer["height"])
            assert np.abs(np.asarray(opened) / 255 - image).mean() < 0.05


def test_maps_of_steps_are_cached_for_recent_layers(
    explorer_model: ExplorerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []
    lazy_maps = importlib.import_module("stylelab.panels.explorer.lazy_maps")
    iterate_layers = lazy_maps.iterate_layers

    def noting(network: VGG19, image: Picture, layers: tuple[str, ...]) -> Any:
        passes.append(layers)
        return iterate_layers(network, image, layers)

    monkeypatch.setattr(lazy_maps, "iterate_layers", noting)
    for layer, expected in (
        ("block1_conv1", 3),
        ("block1_conv1", 0),  # another channel of it
        ("block1_conv2", 3),
        ("block1_conv1", 0),
        ("block2_conv1", 3),  # the third: block1_conv2 is the one longest not asked for
        ("block1_conv1", 0),
        ("block1_conv2", 3),
    ):
        passes.clear()
        ask(explorer_model, ask="steps", layer=layer, channel=0)
        assert len(passes) == expected, layer


def test_a_cancelled_search_stops_before_the_next_picture(photo: Picture, network: VGG19) -> None:
    explorer_model = ExplorerModel(
        load_explorer_pictures(photo, others=[photo, photo, photo]), network
    )
    notes = []

    def send(message: dict[str, Any], _buffers: list[bytes]) -> None:
        notes.append(message["note"])
        request.cancel()

    request = Request(1, lambda _: ({}, []), send)
    question = {"ask": "patches", "layer": LAYER, "channel": 0, "count": 3}
    with pytest.raises(Cancelled):
        explorer_model.answer(question, request)
    assert notes == ["computing maps of your pictures: 1 of 3"]


def test_activation_maximisation_sends_previews(alone: ExplorerModel) -> None:
    sent: list[tuple[dict[str, Any], list[bytes]]] = []
    request = Request(
        1, lambda _: ({}, []), lambda message, buffers: sent.append((message, buffers))
    )
    question = {"ask": "maximise", "layer": "block1_conv2", "channel": 3, "seed": 1}
    answer, buffers = alone.answer(question, request)
    *_, last = activation_maximisation("block1_conv2", 3, seed=1)
    with Image.open(BytesIO(buffers[0])) as opened:
        off = np.abs(np.asarray(opened, np.int16) - to_uint8(last.image)).max()
    assert off <= 1
    assert answer["value"] == pytest.approx(last.activation, rel=1e-3)
    shares = [message["progress"] for message, _ in sent]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    previews = [each for message, each in sent if message.get("preview") == "image/jpeg"]
    assert len(previews) >= 5
    assert all(preview.startswith(b"\xff\xd8") for (preview,) in previews)


@pytest.mark.parametrize(
    "question",
    [
        {"ask": "everything"},
        {},
        {"ask": "layer"},
        {"ask": "layer", "layer": "block9_conv1"},
        {"ask": "gram", "layer": LAYER, "channel": 128, "removed": []},
        {"ask": "gram", "layer": LAYER, "channel": -1, "removed": []},
        {"ask": "gram", "layer": LAYER, "channel": "0", "removed": []},
        {"ask": "gram", "layer": LAYER, "channel": True, "removed": []},
        {"ask": "gram", "layer": LAYER, "channel": 0, "removed": [128]},
        {"ask": "patches", "layer": LAYER, "channel": 0, "count": 0},
        {"ask": "patches", "layer": LAYER, "channel": 0, "count": 10_000},
        {"ask": "maximise", "layer": LAYER, "channel": 0, "seed": -1},
        {"ask": "steps", "layer": LAYER, "channel": 0},
        {"ask": "step_pictures"},
    ],
)
def test_invalid_requests_are_answered_with_a_message(
    alone: ExplorerModel, question: dict[str, Any]
) -> None:
    with pytest.raises(SettingsError, match=r"Expected .* Received"):
        ask(alone, **question)


def test_only_requests_that_need_the_network_are_slow(
    explorer_model: ExplorerModel, alone: ExplorerModel
) -> None:
    for each, expected in (("layer", False), ("gram", False), ("pull", True), ("steps", True)):
        assert explorer_model.is_slow({"ask": each}) is expected
    assert explorer_model.is_slow({"ask": "patches"})
    assert not alone.is_slow({"ask": "patches"})


def test_layers_too_deep_for_the_smallest_picture_are_omitted(
    photo: Picture, network: VGG19
) -> None:
    explorer_model = ExplorerModel(
        load_explorer_pictures(photo, others=[sample("cat", size=24)]), network
    )
    assert explorer_model.layers[-1] == "block5_conv4"
    opening = overview(explorer_model, LAYER)
    assert len(opening["layers"]) == len(LAYERS) - 1
    with pytest.raises(SettingsError, match="block5_pool"):
        ask(explorer_model, ask="layer", layer="block5_pool")


def test_pooling_is_the_requested_one(photo: Picture) -> None:
    network = VGG19(*LAYERS, pooling="max")
    most = ExplorerModel(load_explorer_pictures(photo), network)
    expected = network(photo)["block2_pool"]
    np.testing.assert_allclose(
        most.picture_features["content"].maps["block2_pool"].mean, expected.mean((0, 1)), rtol=1e-3
    )
    assert overview(most, LAYER)["pooling"] == "max"


def test_a_picture_shown_smaller_is_noted_with_both_sizes(
    photo: Picture, alone: ExplorerModel, network: VGG19
) -> None:
    assert overview(alone, LAYER)["pictures"][0]["sizes_note"] == ""
    half = resize_to(photo, photo.shape[0] // 2, photo.shape[1] // 2)
    note = overview(ExplorerModel(load_explorer_pictures(photo, result=half), network), LAYER)[
        "pictures"
    ][0]["sizes_note"]
    assert f"{half.shape[1]} × {half.shape[0]}" in note
    assert f"{photo.shape[1]} × {photo.shape[0]}" in note
