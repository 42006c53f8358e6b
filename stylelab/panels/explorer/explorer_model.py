"""What the explorer knows, and its answers to the browser's questions; no widget in sight.

A question is a mapping with an `ask` and what belongs to it, such as `{"ask": "gram", "layer":
"block3_conv1", "channel": 7, "removed": []}`. An answer is a mapping that JSON can hold, and buffers.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import SettingsError
from stylelab.network.layer_facts import LAYERS, extract_patch, strongest_units
from stylelab.panels.explorer.feature_maps import (
    PictureFeatures,
    compress_codes,
    compute_features,
    quantise,
)
from stylelab.panels.explorer.lazy_maps import LazyMaps
from stylelab.panels.explorer.style_share import (
    cosines,
    layer_style_loss,
    style_gradients,
    style_shares,
)
from stylelab.pictures.saving import to_uint8
from stylelab.pipeline.activation_maximisation import activation_maximisation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from stylelab.network.vgg19 import VGG19
    from stylelab.panels.explorer.explorer_pictures import ExplorerPictures, PictureKey
    from stylelab.panels.explorer.feature_maps import QuantisedMaps
    from stylelab.panels.explorer.request_queue import Answer, Request
    from stylelab.pictures.images import Picture

PATCH_DISTANCE = 0.5
"""Least distance of two patches, in sides of what a unit sees, as the browser's own search has it."""

MAX_PATCHES = 48
MAX_SEED = 2**32 - 1
JPEG_QUALITY = 85


class ExplorerModel:
    """Pictures, what the network makes of them, and the answers that follow.

    Args:
        shown: the pictures.
        network: `VGG19(*LAYERS)`.

    Attributes:
        shown, network: as given.
        layers: the layers that fit all pictures, in order of depth.
        seen: what is kept of each picture's way through the network.
    """

    def __init__(self, inputs: ExplorerPictures, network: VGG19) -> None:
        self.inputs = inputs
        self.network = network
        self.layers = tuple(
            name for name, facts in LAYERS.items() if min(facts.shape(*inputs.smallest)) > 0
        )
        self.picture_features: dict[PictureKey, PictureFeatures] = {
            key: compute_features(self.network, image, self.layers)
            for key, image in inputs.pictures.items()
        }
        self._steps = LazyMaps(self.network, list(inputs.steps.values()), "looking at the steps")
        self._others = LazyMaps(self.network, inputs.others, "looking at your pictures")

    def answer(self, question: Mapping[str, Any], request: Request) -> Answer:
        """Answer one question.

        Args:
            question: its `ask`, and what belongs to it.
            errand: is told how far the answer is.

        Returns:
            What JSON can hold, and buffers.

        Raises:
            StylelabError: the question makes no sense; the message says why.
            Cancelled: nobody wants to know any more.
        """
        ask = str(question.get("ask"))
        # Made here and not kept: an object that refers to itself gives its memory back late.
        known = {
            "layer": self._layer,
            "gram": self._gram,
            "pull": self._pull,
            "patches": self._patches,
            "steps": self._steps_of,
            "step_pictures": self._step_pictures,
            "maximise": self._maximise,
        }
        if ask not in known:
            raise SettingsError(f"Expected to be asked for {', '.join(known)}. Received: {ask!r}.")
        return known[ask](question, request)

    def is_slow(self, question: Mapping[str, Any]) -> bool:
        """Tell whether a question needs the network, or is answered from memory."""
        ask = str(question.get("ask"))
        return ask in {"pull", "steps", "step_pictures"} or (
            ask == "patches" and bool(self.inputs.others)
        )

    def overview(self, first_layer: str) -> dict[str, Any]:
        """Everything small that the browser knows from the start."""
        layers: list[dict[str, Any]] = []
        offset = 0
        for name in self.layers:
            facts = LAYERS[name]
            strip = {}
            for key, picture_features in self.picture_features.items():
                small = picture_features.thumbnails[name]
                strip[key] = [*small.shape, offset]
                offset += small.size
            maps = [
                picture_features.maps[name] for picture_features in self.picture_features.values()
            ]
            losses = self._losses(name)
            layers.append(
                {
                    "name": name,
                    "kind": "pooling" if name.endswith("pool") else "convolution",
                    "channels": facts.channels,
                    "stride": facts.stride,
                    "receptive_field": facts.receptive_field,
                    "first_centre": facts.first_centre,
                    "maximum": max(float(each.maximum.max()) for each in maps),
                    "mean": float(np.mean([each.mean.mean() for each in maps])),
                    "shapes": {
                        key: list(picture_features.maps[name].shape)
                        for key, picture_features in self.picture_features.items()
                    },
                    "layer_style_loss": losses[self.inputs.result_or_content],
                    "style_losses": losses,
                    "strip": strip,
                }
            )
        return {
            "pictures": [
                {
                    "key": key,
                    "title": key,
                    "width": image.shape[1],
                    "height": image.shape[0],
                    "sizes_note": _sizes_note(self.inputs.original_sizes[key], image),
                }
                for key, image in self.inputs.pictures.items()
            ],
            "layers": layers,
            "network_maximum": max(layer["maximum"] for layer in layers),
            "pooling": self.network.pooling,
            "first_layer": first_layer,
            "steps": list(self.inputs.steps),
            "others": len(self.inputs.others),
            "same_size": self.inputs.same_size,
        }

    def pixels(self) -> list[bytes]:
        """Each picture as a PNG file."""
        return [encode(image, "PNG") for image in self.inputs.pictures.values()]

    def strip(self) -> bytes:
        """The small maps of all layers and pictures, in the order that `overview` says."""
        return b"".join(
            picture_features.thumbnails[name].tobytes()
            for name in self.layers
            for picture_features in self.picture_features.values()
        )

    def _layer(self, question: Mapping[str, Any], request: Request) -> Answer:
        name = self._name(question)
        buffers: list[bytes] = []
        pictures = {}
        for key, picture_features in self.picture_features.items():
            maps = picture_features.maps[name]
            rows, columns = maps.shape
            pictures[key] = {
                "rows": rows,
                "columns": columns,
                "maximum": as_json_floats(maps.maximum),
                "minimum": as_json_floats(maps.minimum),
                "mean": as_json_floats(maps.mean),
                "zeros": as_json_floats(maps.zeros),
                "buffer": None,
            }
            # The browser pools by itself.
            if not name.endswith("pool"):
                request.raise_if_cancelled()
                pictures[key]["buffer"] = len(buffers)
                buffers.append(maps.compressed())
        shares: dict[str, Any] = {"content": None, "result": None}
        target = self._target(name)
        if target is not None:
            for key in self._compared_keys():
                shares[key] = as_json_floats(
                    style_shares(self.picture_features[key].grams[name], target)
                )
        answer = {
            "layer": name,
            "pictures": pictures,
            "differences": self._differences(name),
            "style_share": shares,
        }
        return answer, buffers

    def _gram(self, question: Mapping[str, Any], _errand: Request) -> Answer:
        name = self._name(question)
        channel, removed = self._channel(question, name), self._removed(question, name)
        target = self._target(name)
        shares: dict[str, float | None] = {"content": None, "result": None}
        if target is not None:
            for key in self._compared_keys():
                shares[key] = float(
                    style_shares(self.picture_features[key].grams[name], target)[channel]
                )
        grams = {
            key: picture_features.grams[name]
            for key, picture_features in self.picture_features.items()
        }
        return {
            "layer": name,
            "channel": channel,
            "removed": removed,
            "rows": {key: as_json_floats(gram[channel]) for key, gram in grams.items()},
            "cosines": {key: as_json_floats(cosines(gram, channel)) for key, gram in grams.items()},
            "share": shares,
            "loss": self._losses(name),
            "loss_without": self._losses(name, removed),
        }, []

    def _pull(self, question: Mapping[str, Any], request: Request) -> Answer:
        name = self._name(question)
        removed = self._removed(question, name)
        target, key = self._target(name), self.inputs.result_or_content
        if target is None:
            raise SettingsError(
                "Expected a style picture to pull towards. Received: none. Open the explorer with "
                "one: explorer(photo, painting)."
            )
        request.send_progress(0.0, "computing the gradient of the style loss")
        image = self.inputs.pictures[key]
        every, part = style_gradients(self.network, image, name, target, removed)
        gradients = {"all": every}
        if removed:
            gradients |= {"without": every - part, "removed": part}
        maps: list[dict[str, Any]] = []
        buffers: list[bytes] = []
        for number, (title, gradient) in enumerate(gradients.items()):
            codes, maximum = quantise(np.linalg.norm(gradient, axis=-1))
            maps.append({"name": title, "maximum": maximum, "buffer": number})
            buffers.append(compress_codes(codes))
        answer = {
            "layer": name,
            "picture": key,
            "removed": removed,
            "rows": image.shape[0],
            "columns": image.shape[1],
            "maps": maps,
        }
        return answer, buffers

    def _patches(self, question: Mapping[str, Any], request: Request) -> Answer:
        name = self._name(question)
        channel = self._channel(question, name)
        count = _int_in_question(question, "count", 1, MAX_PATCHES)
        facts = LAYERS[name]
        searched: list[tuple[str, QuantisedMaps]] = [
            (key, picture_features.maps[name])
            for key, picture_features in self.picture_features.items()
        ]
        if self.inputs.others:
            titles = (f"other {number + 1}" for number in range(len(self.inputs.others)))
            searched += zip(titles, self._others.maps_at(name, request), strict=True)
        found = []
        for picture, maps in searched:
            request.raise_if_cancelled()
            values = maps.values(channel)
            min_distance = max(1.0, PATCH_DISTANCE * facts.receptive_field / facts.stride)
            for row, column in strongest_units(values, count, min_distance=min_distance):
                found.append((float(values[row, column]), picture, row, column))
        found.sort(key=lambda each: -each[0])  # stable: of two alike, the one found first
        patches: list[dict[str, Any]] = []
        buffers: list[bytes] = []
        for value, picture, row, column in found[:count]:
            index = None
            if picture.startswith("other"):
                index = len(buffers)
                image = self.inputs.others[int(picture.removeprefix("other ")) - 1]
                buffers.append(encode(extract_patch(image, name, row, column), "PNG"))
            patches.append(
                {
                    "picture": picture,
                    "row": row,
                    "column": column,
                    "value": value,
                    "square": list(facts.square(row, column)),
                    "buffer": index,
                }
            )
        return {"layer": name, "channel": channel, "patches": patches}, buffers

    def _steps_of(self, question: Mapping[str, Any], request: Request) -> Answer:
        name = self._name(question)
        channel = self._channel(question, name)
        self._validate_has_steps()
        every = self._steps.maps_at(name, request)
        codes, maximum = quantise(np.stack([maps.values(channel) for maps in every]))
        rows, columns = every[0].shape
        answer = {
            "layer": name,
            "channel": channel,
            "steps": list(self.inputs.steps),
            "rows": rows,
            "columns": columns,
            "maximum": maximum,
            "maxima": [float(maps.maximum[channel]) for maps in every],
            "means": [float(maps.mean[channel]) for maps in every],
        }
        return answer, [compress_codes(codes)]

    def _step_pictures(self, _question: Mapping[str, Any], _errand: Request) -> Answer:
        self._validate_has_steps()
        images = list(self.inputs.steps.values())
        answer = {
            "steps": list(self.inputs.steps),
            "width": images[0].shape[1],
            "height": images[0].shape[0],
        }
        return answer, [encode(image, "JPEG") for image in images]

    def _maximise(self, question: Mapping[str, Any], request: Request) -> Answer:
        name = self._name(question)
        channel = self._channel(question, name)
        seed = _int_in_question({"seed": 0, **question}, "seed", 0, MAX_SEED)
        request.send_progress(0.0, "preparing")
        for step in activation_maximisation(name, channel, seed=seed, network=self.network):
            note = f"step {step.iteration} of {step.steps}: it fires with {step.activation:.4g}"
            preview = encode(step.image, "JPEG")
            request.send_progress(
                step.iteration / step.steps, note, [preview], preview="image/jpeg"
            )
        answer = {
            "layer": name,
            "channel": channel,
            "seed": seed,
            "width": step.image.shape[1],
            "height": step.image.shape[0],
            "value": step.activation,
        }
        return answer, [encode(step.image, "PNG")]

    def _validate_has_steps(self) -> None:
        if not self.inputs.steps:
            raise SettingsError(
                "Expected steps of a run. Received: none. Record some: recorder = Recorder(), "
                "transfer(…, callback=recorder), explorer(…, steps=recorder.pictures)."
            )

    def _target(self, layer: str) -> NDArray[np.float32] | None:
        """The style's Gram matrix at a layer, if there is a style."""
        return (
            self.picture_features["style"].grams[layer]
            if "style" in self.picture_features
            else None
        )

    def _compared_keys(self) -> Iterable[PictureKey]:
        """The pictures whose style is compared with the style picture's."""
        return (key for key in self.picture_features if key != "style")

    def _losses(self, layer: str, removed: Collection[int] = ()) -> dict[str, float | None]:
        losses: dict[str, float | None] = {"content": None, "result": None}
        target = self._target(layer)
        if target is not None:
            for key in self._compared_keys():
                losses[key] = layer_style_loss(
                    self.picture_features[key].grams[layer], target, removed
                )
        return losses

    def _differences(self, layer: str) -> dict[str, Any]:
        """How much each channel differs between two pictures, for each pair."""
        keys, pairs = list(self.picture_features), {}
        for number, one in enumerate(keys):
            for other in keys[number + 1 :]:
                maps = (
                    self.picture_features[one].maps[layer],
                    self.picture_features[other].maps[layer],
                )
                if {one, other} == {"content", "result"} and self.inputs.same_size:
                    values, quantise_maps = mean_absolute_difference(*maps), POSITION_DIFFERENCE
                else:
                    values, quantise_maps = np.abs(maps[0].mean - maps[1].mean), MEAN_DIFFERENCE
                pair = f"{one}|{other}" if one != "style" else f"{other}|{one}"
                pairs[pair] = {"values": as_json_floats(values), "measure": quantise_maps}
        return pairs

    def _name(self, question: Mapping[str, Any]) -> str:
        name = question.get("layer")
        if name not in self.layers:
            raise SettingsError(
                f"Expected one of the layers {self.layers[0]} to {self.layers[-1]}. "
                f"Received: {name!r}."
            )
        return str(name)

    @staticmethod
    def _channel(question: Mapping[str, Any], layer: str) -> int:
        return _int_in_question(question, "channel", 0, LAYERS[layer].channels - 1)

    @staticmethod
    def _removed(question: Mapping[str, Any], layer: str) -> list[int]:
        removed = question.get("removed") or []
        last = LAYERS[layer].channels - 1
        return sorted({_int_in_question({"removed": each}, "removed", 0, last) for each in removed})


POSITION_DIFFERENCE = "mean difference, place by place"
MEAN_DIFFERENCE = "difference of the means over all places"


def mean_absolute_difference(one: QuantisedMaps, other: QuantisedMaps) -> NDArray[np.float32]:
    """Compute each channel's mean |difference| over all places of two maps of one shape: (N,)."""
    values = np.empty(len(one.codes), np.float32)
    for channel in range(len(values)):  # one at a time: all floats of a layer would be 45 MB
        values[channel] = np.abs(one.values(channel) - other.values(channel)).mean()
    return values


def encode(image: Picture, kind: str) -> bytes:
    """A picture as a PNG or JPEG file."""
    from PIL import Image

    buffer = BytesIO()
    Image.fromarray(to_uint8(image)).save(buffer, kind, quality=JPEG_QUALITY)
    return buffer.getvalue()


def as_json_floats(array: NDArray[np.floating[Any]]) -> list[float]:
    """Floats for JSON, with the digits that float32 holds and no more."""
    return [float(f"{value:.7g}") for value in array]


def _int_in_question(question: Mapping[str, Any], name: str, lowest: int, highest: int) -> int:
    value = question.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise SettingsError(
            f"Expected {name} as a whole number from {lowest} to {highest}. Received: {value!r}."
        )
    return value


def _sizes_note(original_sizes: tuple[int, int], image: Picture) -> str:
    height, width = image.shape[:2]
    if original_sizes == (height, width):
        return ""
    return f"shown at {width} × {height} pixels, given as {original_sizes[1]} × {original_sizes[0]}"
