"""Compare transfer runs with fixed scores.

```python
experiment = Experiment(sample("cat"), sample("swirling_night"))
plain, deep = experiment.run(), experiment.run(style_layers="block5_conv1")
plain.scores, deep.scores
```

Each run minimizes its own loss. So one `stylelab.losses.judge.Judge` scores all pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import SettingsError
from stylelab.losses.judge import Judge
from stylelab.losses.loss import Loss
from stylelab.network.vgg19 import LEARNED
from stylelab.pictures.images import resize, resize_to
from stylelab.pipeline.inputs import TransferInputs, load_styles
from stylelab.pipeline.plan import make_plan
from stylelab.pipeline.settings import START_MODES, Settings
from stylelab.pipeline.transfer_steps import transfer_steps
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.losses.judge import Scores
    from stylelab.network.vgg19 import WeightsSource
    from stylelab.pictures.images import Picture, PictureSource

SAVE_EVERY = 5
"""Steps between the pictures that a trial saves."""


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
