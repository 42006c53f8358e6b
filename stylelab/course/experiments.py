"""Compare transfer runs with fixed scores.

```python
experiment = Experiment(sample("cat"), sample("swirling_night"))
plain, deep = experiment.run(), experiment.run(style_layers="block5_conv1")
plain.scores, deep.scores
```

Each run minimizes its own loss. Other layers, pooling or weights mean another loss, and losses of
different kinds cannot be compared. So one `Judge` scores all pictures of an experiment: relative
distances at the layers of Gatys et al. 2016, through the network of a `Loss`: average pooling,
symmetric padding and the learned weights.
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
from stylelab.pipeline.settings import START_MODES, Settings
from stylelab.pipeline.transfer_steps import transfer_steps
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.network.vgg19 import Pooling, WeightsSource
    from stylelab.pictures.images import Picture, PictureSource

SAVE_EVERY = 5
"""Steps between the pictures that a trial saves."""


@dataclass(frozen=True)
class Scores:
    """Scores of a picture, all at least 0. Content and style are 0 for the photo and the painting.

    Attributes:
        content: ‖F−P‖² / ‖P‖² at block4_conv2: distance from the photo, position by position.
        style: mean over five layers of ‖G−A‖² / ‖A‖²: distance from the painting's Gram matrices, in
            units of their own squares, or of another painting's (`Judge`).
        grain: mean difference |a − b| of neighbouring pixels, in units of 1/255.
    """

    content: float
    style: float
    grain: float

    def __str__(self) -> str:
        return f"content {self.content:.2f}, style {self.style:.3f}, grain {self.grain:.1f}"


class Judge:
    """Score pictures against one photo and one painting, always with the same network and layers.

    Args:
        photo: (H, W, 3), RGB, [0, 1]; the pictures to score have its size.
        painting: of any size; since the size of its strokes counts, resize it to the photo's long side.
        unit: the painting A whose ‖A‖², layer by layer, is the unit of style distances; by default
            `painting` itself. Distances from two paintings can be compared in one unit only.
        pooling: see `VGG19`.
        weights: see `VGG19`.
    """

    def __init__(
        self,
        photo: Picture,
        painting: Picture,
        *,
        unit: Picture | None = None,
        pooling: Pooling = "avg",
        weights: WeightsSource = LEARNED,
    ) -> None:
        self.shape = photo.shape
        self.network = VGG19(
            *CONTENT_LAYERS,
            *STYLE_LAYERS,
            pooling=pooling,
            weights=weights,
            padding_mode=Settings.padding_mode,
        )
        self.content = self.network(photo)[CONTENT_LAYERS[0]]
        maps = self.network(painting)
        self.grams = {name: gram_matrix(maps[name]) for name in STYLE_LAYERS}
        self.units = self.grams
        if unit is not None:
            maps = self.network(unit)
            self.units = {name: gram_matrix(maps[name]) for name in STYLE_LAYERS}

    def __call__(self, image: Picture) -> Scores:
        """Score a picture as it would be saved: rounded to 8 bits.

        Raises:
            PictureError: it is not a picture.
            SettingsError: it does not have the photo's size.
        """
        picture = to_uint8(validate_image(image)).astype(np.float32) / np.float32(255)
        if picture.shape != self.shape:
            raise SettingsError(
                f"Expected a picture of the photo's size, {self.shape[1]} × {self.shape[0]}. "
                f"Received: {picture.shape[1]} × {picture.shape[0]}."
            )
        maps = self.network(picture)
        distances = [
            _relative_distance(gram_matrix(maps[name]), gram, self.units[name])
            for name, gram in self.grams.items()
        ]
        content = _relative_distance(maps[CONTENT_LAYERS[0]], self.content, self.content)
        return Scores(content, float(np.mean(distances)), grain(picture))


@dataclass(frozen=True, eq=False)
class Trial:
    """One run of an experiment.

    Attributes:
        image: the final picture.
        scores: its scores.
        losses: the run's own loss at the start and after each step.
        evaluations: number of evaluations of the loss and its gradient.
        settings: settings of the run.
        saved_images: pictures by step: every `SAVE_EVERY` steps, and the last.
    """

    image: Picture = field(repr=False)
    scores: Scores
    losses: NDArray[np.float64] = field(repr=False)
    evaluations: int
    settings: Settings = field(repr=False)
    saved_images: Mapping[int, Picture] = field(repr=False)

    def image_after(self, steps: int) -> Picture:
        """Return the picture after a number of steps: 0, 5, 10, …, or the last.

        Raises:
            SettingsError: the picture of that step was not saved.
        """
        if steps not in self.saved_images:
            raise SettingsError(
                f"Expected a number of steps: {', '.join(map(str, self.saved_images))}. "
                f"Received: {steps!r}."
            )
        return self.saved_images[steps]


class Experiment:
    """Runs with one photo and one painting that differ in some settings; results are cached.

    They start from the photo as it is, so that all that changes in it comes from the loss.

    Args:
        photo: anything that `load_image_or_sample` accepts.
        painting: likewise.
        size: long side of the photo and the painting, in pixels.
        steps: steps of each run, all at that size.
        **settings: other settings that all runs share; see `Settings`.
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
        own: dict[str, Any] = {"size": size, "steps": steps, "start": "content"}
        self.shared_settings = own | settings
        self._judges: dict[str, Judge] = {}
        self._trials: dict[tuple[str, ...], Trial] = {}

    @property
    def judge(self) -> Judge:
        """The judge for this photo and this painting."""
        return self.judge_for(self.painting)

    def judge_for(self, painting: Picture) -> Judge:
        """Return the judge for another painting with the same photo."""
        key = content_key(painting)
        if key not in self._judges:
            self._judges[key] = Judge(self.photo, resize(painting, self.shared_settings["size"]))
        return self._judges[key]

    def run(
        self,
        *,
        painting: PictureSource | Sequence[PictureSource] | Loss | None = None,
        start: PictureSource | None = None,
        weights: WeightsSource = LEARNED,
        **changes: Any,
    ) -> Trial:
        """Run a transfer with the shared settings and some changes; return a cached result if any.

        Args:
            painting: another painting, several with equal shares, or a loss of style terms. The
                picture is scored against a single painting; otherwise against the experiment's.
            start: a picture to start from, or what `Settings` takes.
            weights: see `VGG19`.
            **changes: settings that differ from the shared ones; see `Settings`.

        Raises:
            StylelabError: an argument is invalid.
        """
        if isinstance(start, str) and start in START_MODES:
            changes, start = changes | {"start": start}, None
        settings = Settings(**(self.shared_settings | changes))
        key = (repr(settings), content_key(painting), content_key(start), content_key(weights))
        if key not in self._trials:
            self._trials[key] = self._run_transfer(settings, painting, start, weights)
        return self._trials[key]

    def _run_transfer(
        self,
        settings: Settings,
        painting: Any,
        start: PictureSource | None,
        weights: WeightsSource,
    ) -> Trial:
        styles = load_styles(self.painting if painting is None else painting, settings)
        start_image = None
        if start is not None:
            start_image = resize_to(load_image_or_sample(start), *self.photo.shape[:2])
        inputs = TransferInputs(self.photo, styles, start=start_image)
        is_single = not (painting is None or isinstance(painting, Loss | list | tuple))
        target = styles.arrays[0] if is_single else self.painting
        losses, saved_images = [], {}
        for progress in transfer_steps(make_plan(inputs, settings, weights=weights)):
            iteration = progress.step.iteration
            losses.append(progress.best.loss)
            if iteration % SAVE_EVERY == 0 or iteration == settings.steps:
                saved_images[iteration] = progress.best.image
        image = progress.best.image
        # An optimizer that finds no lower loss ends before its last step.
        saved_images[settings.steps] = image
        return Trial(
            image=image,
            scores=self.judge_for(target)(image),
            losses=np.array(losses),
            evaluations=progress.history[-1].evaluations,
            settings=settings,
            saved_images=saved_images,
        )


def grain(picture: Picture) -> float:
    """Return the mean difference |a − b| of neighbouring pixels of a picture, in units of 1/255."""
    down, across = np.abs(np.diff(picture, axis=0)), np.abs(np.diff(picture, axis=1))
    return float(255 * (down.sum() + across.sum()) / (down.size + across.size))


def mean_difference(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> float:
    """Return the mean difference |a − b| of two arrays of one shape, in units of 1/255."""
    return float(255 * np.abs(np.asarray(one, np.float64) - other).mean())


def format_scores(trials: Mapping[str, Trial]) -> str:
    """Format the scores of trials as a table of text, one line for each trial."""
    width = max(map(len, trials))
    lines = [f"{'':{width}}   content   style   grain"]
    for name, trial in trials.items():
        scores = trial.scores
        lines.append(
            f"{name:{width}}   {scores.content:7.2f}   {scores.style:5.3f}   {scores.grain:5.1f}"
        )
    return "\n".join(lines)


def _relative_distance(values: NDArray[Any], target: NDArray[Any], unit: NDArray[Any]) -> float:
    difference = values - target.astype(np.float64)
    return float(np.sum(difference**2) / np.sum(unit.astype(np.float64) ** 2))


def content_key(value: object) -> str:
    """Return a string that identifies a value by its content."""
    if isinstance(value, np.ndarray):
        checksum = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"{value.shape} {value.dtype} {checksum}"
    if isinstance(value, Mapping):
        return repr({name: content_key(entry) for name, entry in value.items()})
    if isinstance(value, list | tuple):
        return repr([content_key(entry) for entry in value])
    if isinstance(value, Loss):
        return repr((value.describe(), value.pooling, content_key(value.arrays)))
    return repr(value)
