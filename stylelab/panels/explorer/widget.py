"""The explorer as a widget: what every channel of every layer makes of the reader's own pictures.

The picture goes through the network once, when the explorer is opened. After that the browser asks for
a layer at a time and does everything else by itself; what needs the kernel again (the Gram row of a
channel, its pull, patches, steps, activation maximisation) is a question that one thread answers.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from stylelab.errors import LayerError, SettingsError
from stylelab.network.layer_facts import LAYERS, layer_facts
from stylelab.network.vgg19 import VGG19
from stylelab.panels.explorer.explorer_model import ExplorerModel
from stylelab.panels.explorer.explorer_pictures import load_explorer_pictures
from stylelab.panels.explorer.request_queue import Request, RequestQueue
from stylelab.panels.explorer.static_preview import draw_static_preview
from stylelab.panels.sentences import error_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.network.vgg19 import Pooling
    from stylelab.pictures.images import PictureSource
    from stylelab.pipeline.result import Result

FOLDER = Path(__file__).parent

PARTS = ("arithmetic", "connection", "components", "views", "questions", "explorer")
"""The browser's files: a widget has one module, so they are read one after another as one."""

CLOSED = (
    "This explorer has given its memory back, because another one was opened or it was closed. "
    "Run its cell again to go on."
)


class Explorer(anywidget.AnyWidget):
    """The widget that `explorer` opens.

    Args:
        explored: the pictures and what the network makes of them.
        first_layer: the layer shown first.

    Attributes:
        overview, pixels, strip: what the browser knows from the start; see `ExplorerModel`.
        explored: as given; None once closed.
    """

    _esm = "\n".join((FOLDER / f"{part}.js").read_text("utf-8") for part in PARTS)
    _css = FOLDER / "explorer.css"

    overview = traitlets.Dict().tag(sync=True)
    pixels = traitlets.List(traitlets.Bytes()).tag(sync=True)
    strip = traitlets.Bytes().tag(sync=True)

    def __init__(self, explorer_model: ExplorerModel, first_layer: str) -> None:
        super().__init__(
            overview=explorer_model.overview(first_layer),
            pixels=explorer_model.pixels(),
            strip=explorer_model.strip(),
        )
        self.explorer_model: ExplorerModel | None = explorer_model
        self._first_layer = first_layer
        self._static_preview: tuple[dict[str, Any], dict[str, Any]] | None = None
        # What is answered from memory does not wait for what needs the network, nor for a dream.
        self._queues = {
            name: RequestQueue(f"stylelab explorer, {name}")
            for name in ("quick", "slow", "maximise")
        }
        self.on_msg(self._receive)

    def _receive(self, _widget: object, question: Any, _buffers: object) -> None:
        """Take a question, on whatever thread it comes, and let go of it at once."""
        if not isinstance(question, dict) or "id" not in question:
            return
        explorer_model, number = self.explorer_model, question["id"]
        if explorer_model is None:
            self.send({"id": number, "error": CLOSED})
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
        """Stop what is being worked out and give the memory back; what the browser has stays there."""
        self.explorer_model = None
        for queue in self._queues.values():
            queue.cancel()
        for queue in self._queues.values():
            queue.wait(timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no question is left; False if that takes longer than `timeout` seconds."""
        return all(queue.wait(timeout) for queue in self._queues.values())

    def close(self) -> None:
        """Stop what is being worked out, give the memory back, and take the explorer away."""
        self.release()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the live explorer, and a still picture for where there is no kernel."""
        live = super()._repr_mimebundle_(**kwargs)
        data, metadata = live if isinstance(live, tuple) else (live, {})
        if self._static_preview is None and self.explorer_model is not None:
            picture_features = self.explorer_model.picture_features["content"].maps[
                self._first_layer
            ]
            self._static_preview = draw_static_preview(
                self._first_layer, picture_features
            )._repr_mimebundle_()
        bundle, still_metadata = self._static_preview or ({}, {})
        return {**(data or {}), **bundle}, {**metadata, **still_metadata}


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
    """Look at what every channel of every layer of VGG19 makes of your pictures.

    ```python
    explorer("cat.jpg")
    explorer("cat.jpg", "starry_night.jpg", result, steps=recorder.pictures)
    ```

    Pictures are shown at 512 pixels on the long side and 175,000 pixels at most. Content and result are
    brought to the size of the smaller one, the style to their long side: what a unit sees is counted in
    pixels, so at two sizes one scene excites other channels. None is enlarged.

    One explorer is open at a time in a kernel: with another one, the former gives its memory back, up
    to 70 MB a picture, and answers no more questions.

    Args:
        picture: the content: the name of a sample, or anything that `load_image` takes.
        style: the style picture.
        result: the painted picture, or what `transfer` gave. Without it, the last of `steps`.
        steps: pictures recorded during a run (see `Recorder`), by the number of the step or in order.
        others: more pictures, searched for the patches that excite a channel most.
        pooling: `"avg"` or `"max"`, in the network.
        layer: the layer shown first.

    Raises:
        PictureError: something is not a usable picture.
        LayerError: there is no such layer, or the pictures are too small for it.
        SettingsError: the pooling or the numbers of the steps are none.
        WeightsError: the network's weights cannot be found.
    """
    if not isinstance(layer, str):
        raise LayerError(f"Expected the name of a layer. Received: {layer!r}. See stylelab.LAYERS.")
    layer_facts(layer)
    if not isinstance(pooling, str):
        raise SettingsError(f"Expected a pooling: avg or max. Received: {pooling!r}.")
    network = VGG19(*LAYERS, pooling=pooling)
    inputs = load_explorer_pictures(picture, style, result, steps=steps, others=others)
    _validate_large_enough(layer, inputs.smallest)
    release_open_explorers()  # once nothing can be refused any more, and before more memory is taken
    opened = Explorer(ExplorerModel(inputs, network), layer)
    _open.add(opened)
    return opened


_open: weakref.WeakSet[Explorer] = weakref.WeakSet()


def release_open_explorers() -> None:
    """Let every explorer that is open give its memory back."""
    for former in tuple(_open):
        former.release()
        _open.discard(former)


def _validate_large_enough(layer: str, smallest: tuple[int, int]) -> None:
    facts = layer_facts(layer)
    if min(facts.shape(*smallest)) < 1:
        raise LayerError(
            f"Expected pictures of at least {facts.stride} pixels a side for {layer}. "
            f"Received: one of {smallest[0]} × {smallest[1]}. Take larger ones, or another layer."
        )
