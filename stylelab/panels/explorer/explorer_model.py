"""Features of the explorer's pictures, and answers to the browser's requests, without a widget.

A request is a mapping with its kind as `ask` and its arguments, such as `{"ask": "gram", "layer":
"block3_conv1", "channel": 7, "removed": []}`. An answer is a mapping for JSON, and buffers.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import SettingsError
from stylelab.network.layer_facts import LAYERS, extract_patch, strongest_units
from stylelab.panels.arguments import as_integer
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
from stylelab.panels.messages import format_number
from stylelab.pictures.encoding import encode_jpeg, encode_png
from stylelab.pipeline.activation_maximisation import activation_maximisation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import NDArray

    from stylelab.network.vgg19 import VGG19
    from stylelab.panels.explorer.explorer_pictures import ExplorerPictures, PictureKey
    from stylelab.panels.explorer.feature_maps import QuantisedMaps
    from stylelab.panels.explorer.request_queue import Answer, Request

PATCH_DISTANCE = 0.5
"""Least distance of two patches, in receptive fields, as in the browser's own search."""

MAX_PATCHES = 48
MAX_SEED = 2**32 - 1
JPEG_QUALITY = 85

NO_STYLE: dict[str, Any] = {"content": None, "result": None}
"""Answer about the style loss without a style picture."""


class ExplorerModel:
    """Pictures with their features, and the answers computed from them.

    Args:
        inputs: the pictures.
        network: `VGG19(*LAYERS)`.
        say: called with a sentence before each forward pass, which takes seconds.

    Attributes:
        inputs, network: as passed.
        layers: the layers for which all pictures are large enough, in order of depth.
        picture_features: each picture's maps, Gram matrices and thumbnails.
    """

    def __init__(
        self,
        inputs: ExplorerPictures,
        network: VGG19,
        say: Callable[[str], object] = lambda _sentence: None,
    ) -> None:
        self.inputs = inputs
        self.network = network
        self.layers = tuple(
            name for name, facts in LAYERS.items() if min(facts.shape(*inputs.smallest)) > 0
        )
        self.picture_features: dict[PictureKey, PictureFeatures] = {}
        for number, (key, image) in enumerate(inputs.pictures.items()):
            place = f"picture {number + 1} of {len(inputs.pictures)}"
            say(f"The explorer opens: computing the feature maps of the {key}, {place} …")
            self.picture_features[key] = compute_features(network, image, self.layers)
        steps = list(inputs.steps.values())
        self._steps = LazyMaps(network, steps, "computing maps of the steps")
        self._others = LazyMaps(network, inputs.others, "computing maps of your pictures")

    def answer(self, question: Mapping[str, Any], request: Request) -> Answer:
        """Compute the answer to a request.

        Args:
            question: its kind as `ask`, and its arguments.
            request: sends progress to the browser.

        Returns:
            Fields for JSON, and buffers.

        Raises:
            StylelabError: the request is invalid.
            Cancelled: the request was cancelled.
        """
        ask = str(question.get("ask"))
        # Not an attribute: an object that refers to itself is freed late.
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
            raise SettingsError(f"Expected a request for {', '.join(known)}. Received: {ask!r}.")
        return known[ask](question, request)

    def is_slow(self, question: Mapping[str, Any]) -> bool:
        """Whether a request needs a forward pass, and is not answered from memory."""
        ask = str(question.get("ask"))
        always_slow = ask in {"pull", "steps", "step_pictures"}
        return always_slow or (ask == "patches" and bool(self.inputs.others))

    def _layer(self, question: Mapping[str, Any], request: Request) -> Answer:
        name = self._name(question)
        buffers: list[bytes] = []
        pictures = {}
        for key, features in self.picture_features.items():
            maps = features.maps[name]
            rows, columns = maps.shape
            pictures[key] = {"rows": rows, "columns": columns, "buffer": None} | {
                statistic: as_json_floats(getattr(maps, statistic))
                for statistic in ("maximum", "minimum", "mean", "zeros")
            }
            # The browser computes the pooling.
            if not name.endswith("pool"):
                request.raise_if_cancelled()
                pictures[key]["buffer"] = len(buffers)
                buffers.append(maps.compressed())
        shares = {key: as_json_floats(share) for key, share in self._style_shares(name).items()}
        return {
            "layer": name,
            "pictures": pictures,
            "differences": self._differences(name),
            "style_share": NO_STYLE | shares,
        }, buffers

    def _gram(self, question: Mapping[str, Any], _request: Request) -> Answer:
        name = self._name(question)
        channel, removed = self._channel(question, name), self._removed(question, name)
        grams = self._grams(name)
        shares = {key: float(share[channel]) for key, share in self._style_shares(name).items()}
        return {
            "layer": name,
            "channel": channel,
            "removed": removed,
            "rows": {key: as_json_floats(gram[channel]) for key, gram in grams.items()},
            "cosines": {key: as_json_floats(cosines(gram, channel)) for key, gram in grams.items()},
            "share": NO_STYLE | shares,
            "loss": self.style_losses(name),
            "loss_without": self.style_losses(name, removed),
        }, []

    def _pull(self, question: Mapping[str, Any], request: Request) -> Answer:
        name = self._name(question)
        removed = self._removed(question, name)
        (_, target), key = self._compared_grams(name), self.inputs.result_or_content
        if target is None:
            raise SettingsError(
                "Expected a style picture for the style loss. Received: none. Open the explorer with "
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
        rows, columns = image.shape[:2]
        answer = {"layer": name, "picture": key, "removed": removed, "maps": maps}
        return answer | {"rows": rows, "columns": columns}, buffers

    def _patches(self, question: Mapping[str, Any], request: Request) -> Answer:
        name = self._name(question)
        channel = self._channel(question, name)
        count = as_integer("count", question.get("count"), 1, MAX_PATCHES)
        facts = LAYERS[name]
        searched: list[tuple[str, QuantisedMaps]] = [
            (key, features.maps[name]) for key, features in self.picture_features.items()
        ]
        if self.inputs.others:
            titles = (f"other {number + 1}" for number in range(len(self.inputs.others)))
            searched += zip(titles, self._others.maps_at(name, request), strict=True)
        found = []
        min_distance = max(1.0, PATCH_DISTANCE * facts.receptive_field / facts.stride)
        for picture, maps in searched:
            request.raise_if_cancelled()
            values = maps.values(channel)
            for row, column in strongest_units(values, count, min_distance=min_distance):
                found.append((float(values[row, column]), picture, row, column))
        found.sort(key=lambda each: -each[0])  # stable: of equal ones, the one found first
        patches: list[dict[str, Any]] = []
        buffers: list[bytes] = []
        for value, picture, row, column in found[:count]:
            index = None
            if picture.startswith("other"):
                index = len(buffers)
                image = self.inputs.others[int(picture.removeprefix("other ")) - 1]
                buffers.append(encode_png(extract_patch(image, name, row, column)))
            place = {"picture": picture, "row": row, "column": column}
            square = list(facts.square(row, column))
            patches.append(place | {"value": value, "square": square, "buffer": index})
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

    def _step_pictures(self, _question: Mapping[str, Any], _request: Request) -> Answer:
        self._validate_has_steps()
        images = list(self.inputs.steps.values())
        height, width = images[0].shape[:2]
        answer = {"steps": list(self.inputs.steps), "width": width, "height": height}
        return answer, [encode_jpeg(image, quality=JPEG_QUALITY) for image in images]

    def _maximise(self, question: Mapping[str, Any], request: Request) -> Answer:
        name = self._name(question)
        channel = self._channel(question, name)
        seed = as_integer("seed", question.get("seed", 0), 0, MAX_SEED)
        request.send_progress(0.0, "preparing")
        for step in activation_maximisation(name, channel, seed=seed, network=self.network):
            note = f"step {step.iteration} of {step.steps}: activation {format_number(step.activation)}"
            preview = encode_jpeg(step.image, quality=JPEG_QUALITY)
            share = step.iteration / step.steps
            request.send_progress(share, note, [preview], preview="image/jpeg")
        height, width = step.image.shape[:2]
        answer = {"layer": name, "channel": channel, "seed": seed, "value": step.activation}
        return answer | {"width": width, "height": height}, [encode_png(step.image)]

    def _validate_has_steps(self) -> None:
        if not self.inputs.steps:
            raise SettingsError(
                "Expected steps of a run. Received: none. Record some: recorder = Recorder(), "
                "transfer(…, callback=recorder), explorer(…, steps=recorder.pictures)."
            )

    def style_losses(self, layer: str, removed: Collection[int] = ()) -> dict[str, float | None]:
        """Style loss of content and result at a layer; None without a style picture."""
        grams, target = self._compared_grams(layer)
        losses = {key: layer_style_loss(gram, target, removed) for key, gram in grams.items()}
        return NO_STYLE | losses

    def _style_shares(self, layer: str) -> dict[str, NDArray[np.float64]]:
        grams, target = self._compared_grams(layer)
        return {key: style_shares(gram, target) for key, gram in grams.items()}

    def _compared_grams(self, layer: str) -> tuple[dict[str, Any], Any]:
        """Gram matrices of content and result at a layer, and of the style; without one, none."""
        grams = self._grams(layer)
        target = grams.pop("style", None)
        return ({} if target is None else grams), target

    def _grams(self, layer: str) -> dict[str, Any]:
        return {key: features.grams[layer] for key, features in self.picture_features.items()}

    def _differences(self, layer: str) -> dict[str, Any]:
        """Difference of each channel between two pictures, for each pair."""
        pairs = {}
        for one, other in combinations(self.picture_features, 2):
            maps = [self.picture_features[key].maps[layer] for key in (one, other)]
            if {one, other} == {"content", "result"} and self.inputs.same_size:
                values, measure = mean_absolute_difference(*maps), POSITION_DIFFERENCE
            else:
                values, measure = np.abs(maps[0].mean - maps[1].mean), MEAN_DIFFERENCE
            pair = f"{one}|{other}" if one != "style" else f"{other}|{one}"
            pairs[pair] = {"values": as_json_floats(values), "measure": measure}
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
        return as_integer("channel", question.get("channel"), 0, LAYERS[layer].channels - 1)

    @staticmethod
    def _removed(question: Mapping[str, Any], layer: str) -> list[int]:
        removed = question.get("removed") or []
        last = LAYERS[layer].channels - 1
        return sorted({as_integer("removed", each, 0, last) for each in removed})


POSITION_DIFFERENCE = "mean difference, position by position"
MEAN_DIFFERENCE = "difference of the means over all positions"


def mean_absolute_difference(one: QuantisedMaps, other: QuantisedMaps) -> NDArray[np.float32]:
    """Each channel's mean |difference| over all positions of two maps of one shape: (N,)."""
    values = np.empty(len(one.codes), np.float32)
    for channel in range(len(values)):  # one at a time: all floats of a layer would be 45 MB
        values[channel] = np.abs(one.values(channel) - other.values(channel)).mean()
    return values


def as_json_floats(array: NDArray[np.floating[Any]]) -> list[float]:
    """Floats for JSON, with seven digits, the precision of float32."""
    return [float(f"{value:.7g}") for value in array]
