"""Advice put to the test: runs that differ in one thing, and one judge for all of them.

```python
laboratory = Laboratory(sample("cat"), sample("swirling_night"))
plain, deep = laboratory.run(), laboratory.run(style_layers="block5_conv1")
plain.scores, deep.scores
```

A run lowers a loss of its own; another layer, another pooling or other weights give another loss, and
their numbers do not compare. So every picture is looked at by one `Judge`, which never changes: the
relative distances of `stylelab.losses.loss` at the layers of Gatys et al. 2016, with average pooling and the
learned weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import SettingsError
from stylelab.losses.gram import gram_matrix
from stylelab.losses.layer_weights import CONTENT_LAYERS, STYLE_LAYERS
from stylelab.losses.loss import Loss
from stylelab.network.vgg19 import LEARNED, VGG19
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import resize, resize_to, validate_image
from stylelab.pipeline.inputs import TransferInputs, load_styles
from stylelab.pipeline.plan import make_plan
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.transfer_steps import transfer_steps
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.network.vgg19 import Pooling, WeightsSource
    from stylelab.pictures.images import Picture, PictureSource

KEPT_EVERY = 5
"""A trial keeps its picture after every so many steps."""


@dataclass(frozen=True)
class Scores:
    """What a judge says of a picture. All are at least 0; 0 is like the source.

    Attributes:
        content: ‖F−P‖² / ‖P‖² at block4_conv2: how far from the photo, position by position.
        style: the mean over five layers of ‖G−A‖² / ‖A‖²: how far from the painting's Gram matrices.
        grain: how much neighbouring pixels differ, in units of 1/255: the mean of |a − b|.
    """

    content: float
    style: float
    grain: float

    def __str__(self) -> str:
        return f"content {self.content:.2f}, style {self.style:.3f}, grain {self.grain:.1f}"


class Judge:
    """Scores pictures of one photo and one painting, always by the same network and layers.

    Args:
        photo: (H, W, 3), RGB, [0, 1]; pictures to be judged have its size.
        painting: of any size; the size of its strokes counts, so bring it to the photo's long side.
        pooling: see `VGG19`.
        weights: see `VGG19`.
    """

    def __init__(
        self,
        photo: Picture,
        painting: Picture,
        *,
        pooling: Pooling = "avg",
        weights: WeightsSource = LEARNED,
    ) -> None:
        self.shape = photo.shape
        self.network = VGG19(*CONTENT_LAYERS, *STYLE_LAYERS, pooling=pooling, weights=weights)
        self.content = self.network(photo)[CONTENT_LAYERS[0]]
        maps = self.network(painting)
        self.grams = {name: gram_matrix(maps[name]) for name in STYLE_LAYERS}

    def __call__(self, image: Picture) -> Scores:
        """Score a picture as it would be saved: rounded to 8 bits.

        Raises:
            PictureError: it is no picture.
            SettingsError: it has not the photo's size.
        """
        picture = to_uint8(validate_image(image)).astype(np.float32) / np.float32(255)
        if picture.shape != self.shape:
            raise SettingsError(
                f"Expected a picture of the photo's size, {self.shape[1]} × {self.shape[0]}. "
                f"Received: {picture.shape[1]} × {picture.shape[0]}."
            )
        maps = self.network(picture)
        distances = [_relative(gram_matrix(maps[name]), gram) for name, gram in self.grams.items()]
        content = _relative(maps[CONTENT_LAYERS[0]], self.content)
        return Scores(content, float(np.mean(distances)), grain(picture))


@dataclass(frozen=True, eq=False)
class Trial:
    """One run of an experiment.

    Attributes:
        image: the picture it came to.
        scores: what the laboratory's judge says of it.
        losses: the run's own loss after each step, beginning with its start.
        evaluations: how often the loss and its gradient were computed.
        settings: what it was painted with.
    """

    image: Picture = field(repr=False)
    scores: Scores
    losses: NDArray[np.float64] = field(repr=False)
    evaluations: int
    settings: Settings = field(repr=False)
    kept: Mapping[int, Picture] = field(repr=False)

    def after(self, steps: int) -> Picture:
        """Give the picture as it was after so many steps: 0, 5, 10, …, or the last.

        Raises:
            SettingsError: the picture of that step was not kept.
        """
        if steps not in self.kept:
            raise SettingsError(
                f"Expected a number of steps: {', '.join(map(str, self.kept))}. Received: {steps!r}."
            )
        return self.kept[steps]


class Laboratory:
    """A photo, a painting, and runs that differ in what is named; no run is made twice.

    Args:
        photo: anything that `load_image_or_sample` takes.
        painting: the same.
        size: long side in pixels, of the photo and the painting.
        steps: steps of each run, all at that size.
        **settings: what else all runs have in common; see `Settings`.
    """

    def __init__(
        self,
        photo: PictureSource,
        painting: PictureSource,
        *,
        size: int = 128,
        steps: int = 20,
        **settings: Any,
    ) -> None:
        self.photo = resize(load_image_or_sample(photo), size)
        self.painting = resize(load_image_or_sample(painting), size)
        self.common = {"size": size, "steps": steps} | settings
        self._judges: dict[str, Judge] = {}
        self._trials: dict[tuple[str, ...], Trial] = {}

    @property
    def judge(self) -> Judge:
        """The judge of every trial of this photo and this painting."""
        return self.judge_of(self.painting)

    def judge_of(self, painting: Picture) -> Judge:
        """Give the judge for another painting with the same photo."""
        key = _key(painting)
        if key not in self._judges:
            self._judges[key] = Judge(self.photo, resize(painting, self.common["size"]))
        return self._judges[key]

    def run(
        self,
        *,
        painting: PictureSource | Sequence[PictureSource] | Loss | None = None,
        start: PictureSource | None = None,
        weights: WeightsSource = LEARNED,
        **changes: Any,
    ) -> Trial:
        """Paint with what all runs have in common, but for the changes named; or find it painted.

        Args:
            painting: another painting, several that share the style equally, or a loss of style
                terms. A single painting is judged by itself, several by the laboratory's own.
            start: a picture to start from. For photo or noise, `start` of the settings is
                `"content"` or `"noise"`.
            weights: see `VGG19`.
            **changes: see `Settings`.

        Raises:
            StylelabError: an argument is not what it should be.
        """
        if isinstance(start, str) and start in ("content", "noise"):
            changes, start = changes | {"start": start}, None
        settings = Settings(**(self.common | changes))
        key = (repr(settings), _key(painting), _key(start), _key(weights))
        if key not in self._trials:
            self._trials[key] = self._paint(settings, painting, start, weights)
        return self._trials[key]

    def _paint(
        self,
        settings: Settings,
        painting: Any,
        start: PictureSource | None,
        weights: WeightsSource,
    ) -> Trial:
        styles = self._styles(painting, settings)
        inputs = TransferInputs(
            self.photo,
            styles,
            start=None
            if start is None
            else resize_to(load_image_or_sample(start), *self.photo.shape[:2]),
        )
        is_single = not (painting is None or isinstance(painting, Loss | list | tuple))
        judged_by = styles.arrays[0] if is_single else self.painting
        losses, kept, progress = [], {}, None
        for progress in transfer_steps(make_plan(inputs, settings, weights=weights)):
            iteration = progress.step.iteration
            losses.append(progress.best.loss)
            if iteration % KEPT_EVERY == 0 or iteration == settings.steps:
                kept[iteration] = progress.best.image
        if progress is None:  # a run yields its start or raises
            raise AssertionError
        image = progress.best.image
        # An optimizer that can get no further ends before its last step.
        kept[settings.steps] = image
        return Trial(
            image=image,
            scores=self.judge_of(judged_by)(image),
            losses=np.array(losses),
            evaluations=progress.history[-1].evaluations,
            settings=settings,
            kept=kept,
        )

    def _styles(self, painting: Any, settings: Settings) -> Loss:
        """What the style is taken from; the laboratory's own painting without one."""
        return load_styles(self.painting if painting is None else painting, settings)


def grain(picture: Picture) -> float:
    """How much neighbouring pixels differ: the mean of |a − b| over all pairs, in units of 1/255."""
    down, across = np.abs(np.diff(picture, axis=0)), np.abs(np.diff(picture, axis=1))
    return float(255 * (down.sum() + across.sum()) / (down.size + across.size))


def difference(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> float:
    """How far two arrays of one shape are apart: the mean of |a − b|, in units of 1/255."""
    return float(255 * np.abs(np.asarray(one, np.float64) - other).mean())


def table(trials: Mapping[str, Trial]) -> str:
    """Write the scores of trials as lines of text, one trial each."""
    width = max(map(len, trials))
    lines = [f"{'':{width}}   content   style   grain"]
    for name, trial in trials.items():
        scores = trial.scores
        lines.append(
            f"{name:{width}}   {scores.content:7.2f}   {scores.style:5.3f}   {scores.grain:5.1f}"
        )
    return "\n".join(lines)


def _relative(values: NDArray[Any], target: NDArray[Any]) -> float:
    wide = target.astype(np.float64)
    return float(np.sum((values - wide) ** 2) / np.sum(wide**2))


def _key(value: object) -> str:
    """Name a value by what is in it."""
    if isinstance(value, np.ndarray):
        told = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"{value.shape} {value.dtype} {told}"
    if isinstance(value, Mapping):
        return repr({name: _key(entry) for name, entry in value.items()})
    if isinstance(value, list | tuple):
        return repr([_key(entry) for entry in value])
    if isinstance(value, Loss):
        return repr((value.describe(), value.pooling, [_key(array) for array in value.arrays]))
    return repr(value)
