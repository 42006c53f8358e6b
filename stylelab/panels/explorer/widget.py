"""The explorer as a widget.

Opening it runs one forward pass for each picture, while its cell says so. Afterwards the browser
requests one layer at a time and does everything else by itself, except what needs the kernel again (a
channel's row of the Gram matrix, gradients, patches, steps, activation maximisation), which background
threads compute.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from stylelab.course.figures import CourseFigure, show_maps
from stylelab.errors import LayerError, SettingsError
from stylelab.network.layer_facts import LAYERS, layer_facts
from stylelab.network.vgg19 import VGG19
from stylelab.panels.assets import read_module, read_stylesheet
from stylelab.panels.control import join_bundles
from stylelab.panels.explorer.explorer_model import ExplorerModel
from stylelab.panels.explorer.explorer_overview import encode_pictures, join_thumbnails, overview
from stylelab.panels.explorer.explorer_pictures import load_explorer_pictures
from stylelab.panels.explorer.opening import OpeningNotice
from stylelab.panels.explorer.request_queue import Request, RequestQueue
from stylelab.panels.kernel_channel import ChannelWidget
from stylelab.panels.messages import error_message
from stylelab.pictures.validation import describe_received
from stylelab.pipeline.hardware import available_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.network.vgg19 import Pooling
    from stylelab.panels.explorer.feature_maps import QuantisedMaps
    from stylelab.pictures.images import PictureSource
    from stylelab.pipeline.result import Result

SCRIPTS = (
    "arithmetic", "connection", "components", "layer_strip", "channel_grid", "channel_view",
    "questions", "explorer",
)  # fmt: skip
"""The explorer's JavaScript files; each uses functions of those before it."""

CLOSED = (
    "This explorer has released its memory, because others were opened after it or it was closed. "
    "Run its cell again to go on."
)

MAX_OPEN = 2
"""Number of explorers that keep their memory: two can be compared."""

SCARCE_MEMORY = 1_000_000_000
"""With fewer free bytes, one explorer alone keeps its memory."""

PREVIEW_CHANNELS, PREVIEW_COLUMNS = 24, 8
"""Channels in the picture for pages without a kernel."""


class Explorer(ChannelWidget):
    """The widget that `explorer` opens.

    Args:
        explorer_model: the pictures and their features.
        first_layer: the layer shown first.
        notice: what its cell shows until it is shown itself.

    Attributes:
        overview, pixels, strip: what the browser receives at the start; see `explorer_overview`.
        explorer_model: the pictures and their features; None after `release`.
        cell: id of the cell that opened it; None outside a notebook.
    """

    _esm = read_module("kernel_channel", *(f"explorer/{name}" for name in SCRIPTS))
    _css = read_stylesheet("kernel_channel", "explorer/explorer")

    overview = traitlets.Dict().tag(sync=True)
    pixels = traitlets.List(traitlets.Bytes()).tag(sync=True)
    strip = traitlets.Bytes().tag(sync=True)

    def __init__(
        self, explorer_model: ExplorerModel, first_layer: str, notice: OpeningNotice | None = None
    ) -> None:
        super().__init__(
            overview=overview(explorer_model, first_layer),
            pixels=encode_pictures(explorer_model),
            strip=join_thumbnails(explorer_model),
        )
        self.explorer_model: ExplorerModel | None = explorer_model
        self._first_layer = first_layer
        self._notice = notice
        self.cell = notice.cell if notice else None
        self._static_preview: tuple[dict[str, Any], dict[str, Any]] | None = None
        # Answers from memory wait neither for a forward pass nor for activation maximisation.
        self._queues = {
            name: RequestQueue(f"stylelab explorer, {name}")
            for name in ("quick", "slow", "maximise")
        }
        self.on_msg(self._receive)

    def _receive(self, _widget: object, question: Any, _buffers: object) -> None:
        """Queue a request; may run in any thread."""
        if not isinstance(question, dict) or "id" not in question:
            return
        explorer_model, number = self.explorer_model, question["id"]
        if explorer_model is None:
            self.send({"id": number, "error": CLOSED, "closed": True})
        elif question.get("ask") == "cancel":
            for queue in self._queues.values():
                queue.cancel(number)
        else:
            slow = "slow" if explorer_model.is_slow(question) else "quick"
            name = "maximise" if question.get("ask") == "maximise" else slow
            request = Request(
                number, lambda request: explorer_model.answer(question, request), self._send_answer
            )
            try:
                self._queues[name].put(request)
            except RuntimeError as error:  # the system has no thread left
                self.send({"id": number, "error": error_message(error)})

    def _send_answer(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        if self.explorer_model is not None:
            self.send(message, buffers)

    def release(self, timeout: float = 10.0) -> None:
        """Cancel all requests and release the memory; the page stays as it is."""
        self.explorer_model = None
        for queue in self._queues.values():
            queue.cancel()
        for queue in self._queues.values():
            queue.wait(timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all requests are answered; False if that takes longer than `timeout` seconds."""
        return all(queue.wait(timeout) for queue in self._queues.values())

    def close(self) -> None:
        """Cancel all requests, release the memory, and remove the widget."""
        self.release()
        super().close()

    def _ipython_display_(self) -> None:
        """Take the place of the notice; without one, IPython shows the MIME bundle."""
        if self._notice is None or not self._notice.give_way(*self._repr_mimebundle_()):
            raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """MIME bundle of the live widget, with a picture for pages without a kernel."""
        if self._static_preview is None and self.explorer_model is not None:
            maps = self.explorer_model.picture_features["content"].maps[self._first_layer]
            self._static_preview = draw_static_preview(self._first_layer, maps)._repr_mimebundle_()
        return join_bundles(super()._repr_mimebundle_(**kwargs), self._static_preview or ({}, {}))


def explorer(
    picture: PictureSource,
    style: PictureSource | None = None,
    result: PictureSource | Result | None = None,
    *,
    steps: Mapping[int, PictureSource] | Sequence[PictureSource] | None = None,
    others: Sequence[PictureSource] = (),
    pooling: Pooling = "avg",
    layer: str = "block3_conv1",
) -> Explorer:
    """Explore the feature maps of VGG19 for your own pictures, channel by channel.

    ```python
    explorer("cat.jpg")
    explorer("cat.jpg", "starry_night.jpg", result, steps=recorder.pictures)
    ```

    Pictures are scaled down to a long side of 512 pixels and 175,000 pixels at most. Content and result
    are resized to the smaller one, and the style to their long side: receptive fields are measured in
    pixels, so a scene activates other channels at another size. No picture is enlarged.

    Two explorers are open at a time in a kernel, so that they can be compared. Opening a third releases
    the memory of the first, up to 70 MB a picture, and it answers no more requests; so does running its
    cell again. With less than 1 GB of free memory, opening one releases all others.

    Args:
        picture: the content: a sample's name, or anything that `load_image` takes.
        style: the style picture.
        result: the result picture, or the `Result` of `transfer`. Without it, the last of `steps`.
        steps: pictures of a run (see `Recorder`), by the number of the step or in order.
        others: more pictures, searched for the patches with a channel's largest activations.
        pooling: pooling of the network, `"avg"` or `"max"`.
        layer: the layer shown first.

    Raises:
        PictureError: something is not a usable picture.
        LayerError: there is no such layer, or the pictures are too small for it.
        SettingsError: `pooling` or the numbers of the steps are invalid.
        WeightsError: the network's weights cannot be found.
    """
    if not isinstance(layer, str):
        raise LayerError(
            f"Expected layer: the name of a layer. Received: {describe_received(layer)}. "
            "See stylelab.LAYERS."
        )
    layer_facts(layer)
    if not isinstance(pooling, str):
        raise SettingsError(
            f"Expected a pooling: avg or max. Received: {describe_received(pooling)}."
        )
    inputs = load_explorer_pictures(picture, style, result, steps=steps, others=others)
    _validate_large_enough(layer, inputs.smallest)
    notice = OpeningNotice()
    try:
        notice.say("The explorer opens: loading the network …")
        network = VGG19(*LAYERS, pooling=pooling)
        _make_room(notice.cell)  # after validation, and before more memory is used
        opened = Explorer(ExplorerModel(inputs, network, notice.say), layer, notice)
    except BaseException:
        notice.say("The explorer could not be opened.")
        raise
    notice.say("The explorer is open.")  # seen only if it is shown elsewhere
    _opened.append(weakref.ref(opened))
    return opened


_opened: list[weakref.ref[Explorer]] = []
"""The explorers opened so far, in order; those that have released their memory are left out later."""


def _make_room(cell: str | None) -> None:
    """Release explorers, that of the same cell and the oldest, so that one more may be open."""
    scarce = available_memory() < SCARCE_MEMORY
    others = [each for each in _open_explorers() if cell is None or each.cell != cell]
    kept = [] if scarce else others[1 - MAX_OPEN :]
    for each in _open_explorers():
        if each not in kept:
            each.release()
    _opened[:] = map(weakref.ref, kept)


def _open_explorers() -> list[Explorer]:
    opened = [reference() for reference in _opened]
    return [each for each in opened if each is not None and each.explorer_model is not None]


def release_open_explorers() -> None:
    """Release the memory of every open explorer."""
    for each in _open_explorers():
        each.release()


def draw_static_preview(layer: str, maps: QuantisedMaps) -> CourseFigure:
    """Maps of the channels with the largest means, strongest first, each with its own range."""
    strongest = np.argsort(-maps.mean, kind="stable")[:PREVIEW_CHANNELS]
    alt = (
        f"The {len(strongest)} of {len(maps.mean)} channels of {layer} with the largest means "
        f"for the content picture, strongest first: {', '.join(map(str, strongest))}."
    )
    shown = {f"channel {channel}": maps.values(channel) for channel in strongest}
    return show_maps(shown, columns=PREVIEW_COLUMNS, alt=alt)


def _validate_large_enough(layer: str, smallest: tuple[int, int]) -> None:
    facts = layer_facts(layer)
    if min(facts.shape(*smallest)) < 1:
        raise LayerError(
            f"Expected pictures of at least {facts.stride} pixels a side for {layer}. "
            f"Received: one of {smallest[0]} × {smallest[1]}. Use larger ones, or another layer."
        )
